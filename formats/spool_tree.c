/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Folders as directories.  Every component is opened with O_NOFOLLOW: a
 * symbolic link inside a spool never leads out of it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/limits.h"
#include "core/mem.h"
#include "core/step.h"
#include "formats/folder.h"
#include "formats/spool_impl.h"

#define OPEN_DIR (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

static bool
is_dot(const char *name)
{
	return name[0] == '.' &&
	    (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

/* A DIR of its own for a directory descriptor that stays ours. */
static DIR *
dir_of(int fd)
{
	int own = openat(fd, ".", OPEN_DIR);
	DIR *d = own < 0 ? NULL : fdopendir(own);

	if (d == NULL && own >= 0)
		close(own);
	return d;
}

bool
spool_dir_is_empty(int fd)
{
	DIR *d = dir_of(fd);
	struct dirent *e;
	bool empty = true;

	while (d != NULL && empty && (e = readdir(d)) != NULL)
		empty = is_dot(e->d_name);
	if (d != NULL)
		closedir(d);
	return empty;
}

int
spool_dir_each(int fd,
    int (*fn)(void *arg, int fd, const char *name, struct err *err), void *arg,
    struct err *err)
{
	DIR *d = dir_of(fd);
	struct dirent *e;
	struct stat st;
	int rc = 0;

	while (d != NULL && rc == 0 && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' &&
		    fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode))
			rc = fn(arg, fd, e->d_name, err);
	if (d != NULL)
		closedir(d);
	return rc;
}

static int
open_failed(struct spool *sp, const char *path, const char *sub,
    struct err *err)
{
	if (errno == ELOOP || errno == ENOTDIR) {
		err_set(err, SCOPE_RUN, EX_CANTCREAT,
		    "spool '%s': mail/%s/%s is not a directory (a symbolic "
		    "link?)",
		    sp->dir, path, sub);
		return err_hint(err,
		    "a spool must not lead out of its "
		    "directory; put the real directory there");
	}
	return err_sys(err, SCOPE_RUN,
	    errno == EACCES ? EX_NOPERM : EX_CANTCREAT, "spool '%s': mail/%s",
	    sp->dir, path);
}

/* Step from *fd into its entry 'name' (made if 'make'); *fd is replaced. */
static int
descend(int *fd, struct slice name, bool make)
{
	char part[LIMIT_COMPONENT_BYTES + 1];
	int next;

	if (name.n > LIMIT_COMPONENT_BYTES) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(part, name.p, name.n);
	part[name.n] = '\0';
	if (make && mkdirat(*fd, part, 0700) < 0 && errno != EEXIST)
		return -1;
	next = openat(*fd, part, OPEN_DIR);
	if (next < 0)
		return -1;
	close(*fd);
	*fd = next;
	return 0;
}

/* mail/PATH, opened (and made). */
static int
open_path(struct spool *sp, const char *path, bool make)
{
	struct slice rest = slice_str(path), part;
	int fd = fcntl(sp->mailfd, F_DUPFD_CLOEXEC, 3);

	while (fd >= 0 && folder_next(&rest, &part)) {
		if (descend(&fd, part, make) < 0) {
			close(fd);
			return -1;
		}
	}
	return fd;
}

int
spool_tree_make(struct spool *sp, const char *path, struct err *err)
{
	static const char *const subs[] = { "cur", "new", "tmp" };
	size_t i;
	int fd;

	if (!folder_is_path(slice_str(path)))
		return err_set(err, SCOPE_FOLDER, EX_DATAERR,
		    "folder '%s': this name cannot be in a spool", path);
	step("spool.make_folder");
	fd = open_path(sp, path, true);
	if (fd < 0)
		return open_failed(sp, path, "", err);
	for (i = 0; i < 3; i++) {
		if (mkdirat(fd, subs[i], 0700) < 0 && errno != EEXIST) {
			open_failed(sp, path, subs[i], err);
			close(fd);
			return -1;
		}
	}
	close(fd);
	return 0;
}

int
spool_tree_open(struct spool *sp, const char *path, const char *sub,
    struct err *err)
{
	int fd = open_path(sp, path, false);

	if (fd >= 0 && sub[0] != '\0' &&
	    descend(&fd, slice_str(sub), false) < 0) {
		close(fd);
		fd = -1;
	}
	if (fd < 0)
		return open_failed(sp, path, sub, err);
	return fd;
}

int
spool_cur(struct spool *sp, int64_t folder, struct err *err)
{
	const char *path;

	if (sp->cur_fd >= 0 && sp->cur_folder == folder)
		return sp->cur_fd;
	path = folder < 0 ? "" : spool_folder_path(sp, folder, err);
	if (path == NULL)
		return -1;
	if (sp->cur_fd >= 0)
		close(sp->cur_fd);
	sp->cur_fd = folder < 0
	    ? spool_items_dir(sp, (enum item_place) - folder, true, err)
	    : spool_tree_open(sp, path, "cur", err);
	sp->cur_folder = folder;
	return sp->cur_fd;
}

int
spool_tree_state(struct spool *sp, const char *path, int64_t *mtime_ns_r,
    bool *new_r, struct err *err)
{
	struct stat st;
	int fd;

	*mtime_ns_r = -1;
	*new_r = false;
	fd = spool_tree_open(sp, path, "cur", err);
	if (fd < 0)
		return err->sys == ENOENT ? 0 : -1;
	if (fstat(fd, &st) == 0)
		*mtime_ns_r = (int64_t)st.st_mtim.tv_sec * 1000000000 +
		    st.st_mtim.tv_nsec;
	close(fd);
	fd = spool_tree_open(sp, path, "new", err);
	if (fd < 0)
		return err->sys == ENOENT ? 0 : -1;
	*new_r = !spool_dir_is_empty(fd);
	close(fd);
	return 0;
}

struct walk {
	struct spool *sp;
	int (*fn)(void *arg, const char *path, struct err *err);
	void *arg;
	struct err *err;
	int depth;
};

static bool
is_directory(int fd, const struct dirent *e)
{
	struct stat st;

	if (e->d_type != DT_UNKNOWN)
		return e->d_type == DT_DIR;
	return fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISDIR(st.st_mode);
}

static int walk_dir(struct walk *w, int fd, struct buf *path);

static int
walk_entry(struct walk *w, int fd, const struct dirent *e, struct buf *path)
{
	size_t before = path->n;
	int sub, rc;

	if (path->n + strlen(e->d_name) + 1 > LIMIT_PATH_BYTES)
		return 0;
	if (path->n > 0)
		buf_putc(path, '/');
	buf_puts(path, e->d_name);
	sub = openat(fd, e->d_name, OPEN_DIR);
	if (sub < 0)
		return open_failed(w->sp, buf_str(path), "", w->err);
	rc = walk_dir(w, sub, path);
	close(sub);
	path->n = before;
	if (path->p != NULL)
		path->p[before] = '\0';
	return rc;
}

static int
walk_dir(struct walk *w, int fd, struct buf *path)
{
	DIR *d = dir_of(fd);
	struct dirent *e;
	int rc = 0;

	if (d == NULL || w->depth > LIMIT_FOLDER_DEPTH)
		return open_failed(w->sp, buf_str(path), "", w->err);
	w->depth++;
	while (rc == 0 && (e = readdir(d)) != NULL) {
		if (is_dot(e->d_name) || !is_directory(fd, e))
			continue;
		if (strcmp(e->d_name, "cur") == 0) {
			if (path->n > 0 && folder_is_path(buf_slice(path)))
				rc = w->fn(w->arg, buf_str(path), w->err);
		} else if (strcmp(e->d_name, "new") != 0 &&
		    strcmp(e->d_name, "tmp") != 0) {
			rc = walk_entry(w, fd, e, path);
		}
	}
	w->depth--;
	closedir(d);
	return rc;
}

int
spool_tree_walk(struct spool *sp,
    int (*fn)(void *arg, const char *path, struct err *err), void *arg,
    struct err *err)
{
	struct walk w = { sp, fn, arg, err, 0 };
	struct buf path = { 0 };
	int rc = walk_dir(&w, sp->mailfd, &path);

	buf_free(&path);
	return rc;
}
