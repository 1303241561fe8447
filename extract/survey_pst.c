/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A survey of a PST, in the parent (survey.h).  The child that reads it is
 * not believed; when it dies, the survey begins again without the folder that
 * it died of.
 */
#include "extract/survey.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/io.h"
#include "core/mem.h"
#include "extract/survey_impl.h"
#include "formats/pst/codepage.h"

#define TIMEOUT_S   30
#define MEMORY_MIN  ((uint64_t)224 << 20)
#define BYTES_PER_S (4u << 20)
#define HANGS_MAX   1

/* --------------------------------------------------- the child's life */

static int
start_child(struct survey_look *l, struct err *err)
{
	const char *cp = l->spec->codepage;
	struct buf out = { 0 };
	struct pst_start start = { .leave = l->leave | PST_SURVEY,
		.codepage = cp == NULL ? 0 : codepage_of(slice_str(cp)),
		.memory = MEMORY_MIN + (uint64_t)l->st.st_size / 64,
		.too_big = l->too_big,
		.poison = l->poison,
		.n_poison = l->n_poison };

	if (proc_start(&l->proc, PST_CHILD_ARG, l->fd, err) != 0)
		return -1;
	frame_put_start(&out, &start);
	proc_tell(&l->proc, PST_START, &out);
	buf_free(&out);
	return 0;
}

/* Nothing of what the last child said stays. */
static void
begin(struct survey_look *l)
{
	survey_free(l->s);
	l->s->kind = "pst";
	l->s->bytes = (uint64_t)l->st.st_size;
	l->s->total.oldest = l->s->total.newest = DATE_UNKNOWN;
	l->phase = PST_PHASE_OPEN;
	l->at = 0;
	l->text = 0;
	l->patience = l->s->bytes / 8 + 10000;
	l->hello = l->facts = false;
}

/* What the next child leaves out, since this one died of it.  0, or -1. */
static int
leave_out(struct survey_look *l, const char *why, struct err *err)
{
	uint32_t leave = 0;

	if (l->phase == PST_PHASE_NAMES)
		leave = PST_LEAVE_NAMES;
	else if (l->phase == PST_PHASE_STORE)
		leave = PST_LEAVE_STORE;
	if (leave != 0 && (l->leave & leave) == 0) {
		l->leave |= leave;
		return 0;
	}
	if (l->phase != PST_PHASE_WALK || l->at == 0 ||
	    l->n_poison == SURVEY_RESTARTS)
		return err_set(err, SCOPE_STORE, EX_DATAERR,
		    "'%s': the PST reader %s", l->spec->path, why);
	l->poison[l->n_poison++] = l->at;
	return 0;
}

/* All that one child says.  1: all is told, 0: it died, look again, -1. */
static int
listen(struct survey_look *l, struct err *err)
{
	uint64_t wait = TIMEOUT_S + l->s->bytes / BYTES_PER_S;
	enum proc_heard heard;
	struct frame f;
	struct slice text;
	char why[200];
	bool bad = false;

	if (wait > INT_MAX / 1000)
		wait = INT_MAX / 1000;
	while ((heard = proc_hear(&l->proc, (unsigned)wait * 1000, &f, err)) ==
	    PROC_HEARD_FRAME) {
		if (f.type == PST_BYE && l->facts)
			return 1;
		if (f.type == PST_FAIL) {
			text = frame_str(&f.payload, FRAME_TEXT_MAX, &bad);
			err_set(err, SCOPE_STORE, EX_DATAERR, "'%s': %.*s",
			    l->spec->path, (int)text.n, text.p);
			return err_hint(err,
			    "'postroad extract --carve' searches the whole "
			    "file for what is left of its messages");
		}
		if (!survey_heard(l, &f)) {
			heard = PROC_HEARD_GARBAGE;
			break;
		}
	}
	if (heard == PROC_HEARD_STOP)
		return -1;
	if (heard == PROC_HEARD_END)
		proc_end(&l->proc, why, sizeof(why));
	else
		snprintf(why, sizeof(why), "%s",
		    heard == PROC_HEARD_NOTHING ? "made no progress"
						: "sent nonsense");
	/* each costs a whole timeout */
	if (heard == PROC_HEARD_NOTHING && l->hangs++ == HANGS_MAX)
		return err_set(err, SCOPE_STORE, EX_DATAERR,
		    "'%s': the PST reader %s, again and again", l->spec->path,
		    why);
	return leave_out(l, why, err);
}

/* What had to be left out is damage, too. */
static void
say_left_out(struct survey_look *l)
{
	char text[120];
	size_t i;

	if ((l->leave & PST_LEAVE_STORE) != 0)
		survey_damage(l,
		    "the message store object is not read: the "
		    "PST reader died of it");
	if ((l->leave & PST_LEAVE_NAMES) != 0)
		survey_damage(l,
		    "the named properties are not read: the "
		    "PST reader died of them");
	for (i = 0; i < l->n_poison; i++) {
		/* a list's number is its folder's, with another type */
		bool list = (l->poison[i] & 0x1f) == 0xe;

		snprintf(text, sizeof(text),
		    "the %s of folder 0x%llx are not read: the PST reader "
		    "died of them",
		    list ? "items in the list" : "name and properties",
		    (unsigned long long)(list
			    ? (l->poison[i] & ~(uint64_t)0x1f) | 2
			    : l->poison[i]));
		survey_damage(l, text);
	}
}

static void
check_changed(struct survey_look *l)
{
	struct stat now;

	if (fstat(l->fd, &now) == 0 &&
	    (now.st_size != l->st.st_size ||
		now.st_mtim.tv_sec != l->st.st_mtim.tv_sec ||
		now.st_mtim.tv_nsec != l->st.st_mtim.tv_nsec))
		survey_damage(l, "the file was changed while it was read");
}

/* ----------------------------------------------------------- the file */

/* Is it a PST by its first bytes?  1, 0, or -1 with *err. */
static int
open_pst(const char *path, int *fd_r, struct stat *st_r, struct err *err)
{
	int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	char head[4];

	*fd_r = open(path, flags | O_NOATIME);
	if (*fd_r < 0 && errno == EPERM)
		*fd_r = open(path, flags);
	if (*fd_r < 0 || fstat(*fd_r, st_r) != 0)
		return err_sys(err, SCOPE_STORE,
		    errno == EACCES ? EX_NOPERM : EX_NOINPUT, "'%s'", path);
	if (!S_ISREG(st_r->st_mode))
		return 0;
	return io_pread_full(*fd_r, head, sizeof(head), 0) == sizeof(head) &&
	    memcmp(head, "!BDN", sizeof(head)) == 0;
}

/* Some other kind of source, or none at all: source_open() knows. */
static int
refuse(const struct source_spec *spec, struct err *err)
{
	struct source *src;

	if (spec->account == NULL) {
		if (source_open(&src, spec, err) != 0)
			return -1;
		source_close(&src);
	}
	return err_set(err, SCOPE_RUN, EX_USAGE,
	    "only PST and OST files can be checked");
}

bool
survey_is_pst(const struct source_spec *spec)
{
	struct err ignored = { 0 };
	struct stat st;
	int fd = -1;
	bool is = spec->account == NULL &&
	    (spec->kind == NULL || strcmp(spec->kind, "pst") == 0) &&
	    open_pst(spec->path, &fd, &st, &ignored) == 1;

	if (fd >= 0)
		close(fd);
	return is;
}

int
survey_open(const struct source_spec *spec, int *fd_r, struct stat *st_r,
    struct err *err)
{
	*fd_r = -1;
	if (!survey_is_pst(spec))
		return refuse(spec, err);
	if (open_pst(spec->path, fd_r, st_r, err) == 1)
		return 0;
	if (*fd_r >= 0)
		close(*fd_r);
	*fd_r = -1;
	return err_set(err, SCOPE_STORE, EX_DATAERR, "'%s' has changed",
	    spec->path);
}

int
survey_pst(struct survey *s_r, const struct source_spec *spec,
    const struct survey_want *want, struct err *err)
{
	struct survey_look *l = mem_alloc(1, sizeof(*l));
	int rc;

	l->s = s_r;
	l->spec = spec;
	l->too_big =
	    want->max_size / 100 * 73 + want->max_size % 100 * 73 / 100;
	l->fd = l->proc.to = l->proc.from = -1;
	rc = survey_open(spec, &l->fd, &l->st, err);
	if (rc == 0 && spec->codepage != NULL &&
	    codepage_of(slice_str(spec->codepage)) == 0)
		rc = err_set(err, SCOPE_RUN, EX_USAGE,
		    "--codepage %s: there is no such code page",
		    spec->codepage);
	while (rc == 0) {
		begin(l);
		rc = start_child(l, err) != 0 ? -1 : listen(l, err);
		proc_end(&l->proc, NULL, 0);
	}
	if (rc == 1) {
		say_left_out(l);
		check_changed(l);
	}
	if (l->fd >= 0)
		close(l->fd);
	free(l);
	return rc == 1 ? 0 : -1;
}
