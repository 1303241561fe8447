/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that are complete or not there; see out_files.h. */
#include "load/export/out_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/step.h"

#define ENDING ".pst"

struct out_files {
	char *out;
	bool force;
	unsigned n; /* files so far */
	int fd;	    /* of the last; -1 */
	int lock;   /* the first, held open */
	bool done;
};

char *
outfile_name(const char *out, unsigned number)
{
	size_t n = strlen(out), e = strlen(ENDING);

	if (number == 1)
		return mem_str(out);
	if (n > e && strcasecmp(out + n - e, ENDING) == 0)
		return mem_fmt("%.*s-%u%s", (int)(n - e), out, number,
		    out + n - e);
	return mem_fmt("%s-%u", out, number);
}

/* The hidden name: ".OUT.pst.partial" in the same directory. */
static char *
hidden(const char *out, unsigned number, const char *what)
{
	char *name = outfile_name(out, number), *slash = strrchr(name, '/'), *h;
	size_t dir = slash == NULL ? 0 : (size_t)(slash - name) + 1;

	h = mem_fmt("%.*s.%s.%s", (int)dir, name, name + dir, what);
	free(name);
	return h;
}

static char *
partial(const struct out_files *o, unsigned number)
{
	return hidden(o->out, number, "partial");
}

/* Stands where OUT will: the names of the others are being given. */
static char *
complete(const struct out_files *o)
{
	return hidden(o->out, 1, "complete");
}

static int
refuse(const char *name, struct err *err)
{
	struct stat st;

	if (lstat(name, &st) != 0) {
		if (errno == ENOENT)
			return 0;
		return err_sys(err, SCOPE_RUN, EX_CANTCREAT, "%s", name);
	}
	err_set(err, SCOPE_RUN, EX_CANTCREAT, "%s is there already", name);
	if (S_ISREG(st.st_mode))
		return err_hint(err,
		    "give another name, move it away, or use --force to have "
		    "it replaced");
	return err_hint(err, "it is no file: give another name");
}

static int
check_target(const struct out_files *o, unsigned number, struct err *err)
{
	char *name = outfile_name(o->out, number);
	struct stat st;
	int rc = 0;

	if (!o->force)
		rc = refuse(name, err);
	else if (lstat(name, &st) == 0 && !S_ISREG(st.st_mode))
		rc = refuse(name, err);
	free(name);
	return rc;
}

/* A run that was killed while it gave names had all its files complete:
 * those that have one already are its own. */
static void
clean_up(const struct out_files *o)
{
	char *mark = complete(o), *name;
	struct stat st;
	bool ours = lstat(mark, &st) == 0;
	unsigned i;
	int rc, gone;

	for (i = 2, gone = 0; gone == 0; i++) {
		name = partial(o, i);
		gone = unlink(name);
		free(name);
		if (!ours)
			continue;
		name = outfile_name(o->out, i);
		rc = unlink(name);
		free(name);
		gone = gone != 0 && rc != 0;
	}
	unlink(mark);
	free(mark);
}

static int
begin_file(struct out_files *o, struct err *err)
{
	char *name = partial(o, o->n + 1);

	o->fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (o->fd >= 0) {
		o->n++;
	} else {
		err_sys(err, SCOPE_RUN, EX_CANTCREAT, "%s", name);
		err_hint(err,
		    "it is written under this name first: the directory must "
		    "be there, and writable");
	}
	free(name);
	return o->fd < 0 ? -1 : 0;
}

int
outfile_open(struct out_files **o_r, const char *out, bool force, bool many,
    struct err *err)
{
	struct out_files *o = mem_alloc(1, sizeof(*o));

	o->out = mem_str(out);
	o->force = force;
	o->fd = o->lock = -1;
	*o_r = o;
	if (check_target(o, 1, err) < 0 || begin_file(o, err) < 0)
		goto fail;
	o->lock = fcntl(o->fd, F_DUPFD_CLOEXEC, 3);
	if (flock(o->fd, LOCK_EX | LOCK_NB) != 0) {
		o->n = 0; /* it is another's */
		err_set(err, SCOPE_RUN, EX_TEMPFAIL,
		    "another export writes to %s now", out);
		goto fail;
	}
	clean_up(o);
	if (many && check_target(o, 2, err) < 0)
		goto fail;
	if (ftruncate(o->fd, 0) != 0) {
		err_sys(err, SCOPE_RUN, EX_CANTCREAT, "%s", out);
		goto fail;
	}
	return 0;
fail:
	outfile_close(o_r);
	return -1;
}

int
outfile_fd(const struct out_files *o)
{
	return o->fd;
}

unsigned
outfile_number(const struct out_files *o)
{
	return o->n;
}

int
outfile_end(struct out_files *o, struct err *err)
{
	int rc = 0;

	step("export.sync");
	if (fsync(o->fd) != 0)
		rc = err_sys(err, SCOPE_RUN, EX_IOERR, "writing %s", o->out);
	close(o->fd);
	o->fd = -1;
	return rc;
}

int
outfile_next(struct out_files *o, struct err *err)
{
	if (check_target(o, o->n + 1, err) < 0 || begin_file(o, err) < 0)
		return -1;
	if (ftruncate(o->fd, 0) != 0)
		return err_sys(err, SCOPE_RUN, EX_CANTCREAT, "%s", o->out);
	return 0;
}

static int
give_name(const struct out_files *o, const char *from, const char *to,
    struct err *err)
{
	step("export.rename");
	if (rename(from, to) != 0)
		return err_sys(err, SCOPE_RUN, EX_CANTCREAT, "%s", to);
	(void)o;
	return 0;
}

static int
sync_directory(const struct out_files *o, struct err *err)
{
	const char *slash = strrchr(o->out, '/');
	char *dir = slash == NULL ? mem_str(".")
	    : slash == o->out	  ? mem_str("/")
				  : mem_strn(o->out, (size_t)(slash - o->out));
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;

	if (fd >= 0 && fsync(fd) != 0)
		rc = err_sys(err, SCOPE_RUN, EX_IOERR, "%s", dir);
	if (fd >= 0)
		close(fd);
	free(dir);
	return rc;
}

int
outfile_commit(struct out_files *o, struct err *err)
{
	char *mark = complete(o), *from = partial(o, 1), *to;
	unsigned i;
	int rc = 0;

	for (i = 1; rc == 0 && i <= o->n; i++)
		rc = check_target(o, i, err);
	if (rc == 0)
		rc = give_name(o, from, mark, err);
	free(from);
	for (i = 2; rc == 0 && i <= o->n; i++) {
		from = partial(o, i);
		to = outfile_name(o->out, i);
		rc = give_name(o, from, to, err);
		free(from);
		free(to);
	}
	if (rc == 0 && o->n > 1)
		rc = sync_directory(o, err);
	if (rc == 0)
		rc = give_name(o, mark, o->out, err);
	if (rc == 0)
		rc = sync_directory(o, err);
	free(mark);
	o->done = rc == 0;
	return rc;
}

void
outfile_close(struct out_files **op)
{
	struct out_files *o = *op;
	char *name;
	unsigned i;

	if (o == NULL)
		return;
	for (i = 1; !o->done && i <= o->n; i++) {
		name = partial(o, i);
		unlink(name);
		free(name);
	}
	if (o->fd >= 0)
		close(o->fd);
	if (o->lock >= 0)
		close(o->lock);
	free(o->out);
	free(o);
	*op = NULL;
}
