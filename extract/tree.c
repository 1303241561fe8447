/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Directory trees, read-only; see tree.h. */
#include "extract/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/digest.h"
#include "core/io.h"
#include "core/js.h"
#include "core/limits.h"
#include "core/mem.h"
#include "core/stop.h"

/* Above the folders' own depth: a Maildir's cur, an export's top. */
#define DEPTH_MAX (LIMIT_FOLDER_DEPTH + 4)

#define OPEN_DIR  (O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
#define OPEN_FILE (O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK)

/* Only the owner may ask that access times stay. */
static int
open_quietly(int at, const char *name, int flags)
{
	int fd = openat(at, name, flags | O_NOATIME);

	if (fd < 0 && errno == EPERM)
		fd = openat(at, name, flags);
	return fd;
}

int
tree_openat(int at, const char *name)
{
	return open_quietly(at, name, OPEN_DIR);
}

int
tree_open(struct tree *t, const char *path, const char *kind,
    struct report *report, struct err *err)
{
	int flags = OPEN_DIR & ~O_NOFOLLOW; /* the user may give a link */

	t->kind = kind;
	t->report = report;
	t->root = open_quietly(AT_FDCWD, path, flags);
	if (t->root >= 0)
		return 0;
	if (errno == ENOTDIR)
		return err_set(err, SCOPE_STORE, EX_DATAERR,
		    "'%s' is not a directory", path);
	return err_sys(err, SCOPE_STORE,
	    errno == EACCES ? EX_NOPERM : EX_NOINPUT, "'%s'", path);
}

void
tree_close(struct tree *t)
{
	if (t->root >= 0)
		close(t->root);
	t->root = -1;
}

int
tree_dir(const struct tree *t, const char *dir)
{
	char name[1024];
	const char *end;
	int at = open_quietly(t->root, ".", OPEN_DIR), next, saved;
	size_t n;

	while (at >= 0 && *dir != '\0') {
		end = strchrnul(dir, '/');
		n = (size_t)(end - dir);
		errno = ENAMETOOLONG;
		next = -1;
		if (n < sizeof(name)) {
			memcpy(name, dir, n);
			name[n] = '\0';
			next = open_quietly(at, name, OPEN_DIR);
		}
		saved = errno;
		close(at);
		errno = saved;
		at = next;
		dir = *end == '/' ? end + 1 : end;
	}
	return at;
}

/* ------------------------------------------------------------- problems */

void
tree_join(struct buf *path, const char *dir, const char *name)
{
	buf_puts(path, dir);
	if (*dir != '\0' && *name != '\0')
		buf_putc(path, '/');
	buf_puts(path, name);
}

void
tree_source(struct buf *out, const struct tree *t, const char *path)
{
	struct js *o = js_obj();

	js_set_str(o, "kind", t->kind);
	js_set_str(o, "path", path);
	js_put(out, o);
	js_free(&o);
}

void
tree_problem(const struct tree *t, const char *dir, const char *name,
    const struct err *why, bool warning)
{
	struct buf path = { 0 }, source = { 0 };
	struct problem p = { .err = why, .warning = warning };

	tree_join(&path, dir, name);
	tree_source(&source, t, path.n == 0 ? "." : buf_str(&path));
	p.source = buf_str(&source);
	report_problem(t->report, &p);
	buf_free(&path);
	buf_free(&source);
}

void
tree_key(struct buf *out, char c, const char *dir, const char *name, size_t len)
{
	struct digest *d = digest_new();
	uint8_t hash[DIGEST_BYTES];
	char hex[DIGEST_HEX];

	if (dir != NULL)
		digest_add(d, dir, strlen(dir) + 1);
	digest_add(d, name, len);
	digest_end(d, hash);
	digest_free(&d);
	buf_putc(out, c);
	buf_puts(out, digest_hex(hex, hash, DIGEST_BYTES / 2));
}

/* ----------------------------------------------------------------- links */

/* Follow a link that stays in the tree; -1 with errno (EXDEV: it leaves). */
static int
open_beneath(const struct tree *t, const char *dir, const char *name, int flags)
{
	struct open_how how = { .resolve =
				    RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
	struct buf path = { 0 };
	long fd;

	tree_join(&path, dir, name);
	how.flags = (unsigned)flags;
	fd = syscall(SYS_openat2, t->root, buf_str(&path), &how, sizeof(how));
	if (fd < 0 && errno == EPERM && (flags & O_NOATIME) != 0) {
		how.flags = (unsigned)(flags & ~O_NOATIME);
		fd = syscall(SYS_openat2, t->root, buf_str(&path), &how,
		    sizeof(how));
	}
	buf_free(&path);
	return (int)fd;
}

static int
link_problem(struct err *err)
{
	switch (errno) {
	case ENOENT:
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "a symbolic link that leads nowhere");
	case EXDEV:
	case ENOSYS: /* a kernel that cannot tell */
		err_set(err, SCOPE_MSG, EX_DATAERR,
		    "a symbolic link out of the tree: not followed");
		return err_hint(err, "put the file itself there");
	default:
		return err_sys(err, SCOPE_MSG, EX_DATAERR,
		    "a symbolic link that cannot be followed");
	}
}

static int
what_is(const struct stat *st)
{
	if (S_ISREG(st->st_mode))
		return TREE_FILE;
	return S_ISDIR(st->st_mode) ? TREE_DIRECTORY : TREE_SPECIAL;
}

/* Errors of single files; a bad block costs the message, not the run. */
static int
file_problem(struct err *err, const char *what)
{
	int status = EX_IOERR;

	if (errno == ENOENT)
		status = EX_NOINPUT;
	else if (errno == EACCES || errno == EPERM)
		status = EX_NOPERM;
	err_sys(err, SCOPE_MSG, status, "%s", what);
	err->scope = SCOPE_MSG;
	return -1;
}

int
tree_look(const struct tree *t, const char *dir, int at, const char *name,
    struct stat *st, struct err *err)
{
	struct stat to;
	int fd, rc;

	if (fstatat(at, name, st, AT_SYMLINK_NOFOLLOW) < 0)
		return file_problem(err, "the file is gone");
	if (!S_ISLNK(st->st_mode))
		return what_is(st);
	if (fstatat(at, name, &to, 0) == 0 && S_ISDIR(to.st_mode))
		return TREE_DIRECTORY;
	fd = open_beneath(t, dir, name, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return link_problem(err);
	rc = fstat(fd, st) < 0 ? link_problem(err) : what_is(st);
	close(fd);
	return rc;
}

/* ----------------------------------------------------------------- files */

int
tree_file_open(struct tree_file *f, const struct tree *t, const char *dir,
    int at, const char *name, struct err *err)
{
	*f = (struct tree_file){ .fd = open_quietly(at, name, OPEN_FILE) };
	if (f->fd < 0 && errno == ELOOP) {
		f->fd = open_beneath(t, dir, name,
		    (OPEN_FILE & ~O_NOFOLLOW) | O_NOATIME);
		if (f->fd < 0 && errno != EACCES)
			return link_problem(err);
	}
	if (f->fd < 0)
		return file_problem(err,
		    errno == ENOENT ? "the file is gone"
				    : "it cannot be opened");
	if (fstat(f->fd, &f->st) < 0 || !S_ISREG(f->st.st_mode)) {
		tree_file_close(f);
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "it is not a regular file");
	}
	f->end = (uint64_t)f->st.st_size;
	posix_fadvise(f->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return 0;
}

static int
check_unchanged(const struct tree_file *f, struct err *err)
{
	const struct timespec *was = &f->st.st_mtim;
	struct stat st;

	if (fstat(f->fd, &st) < 0)
		return file_problem(err, "it cannot be read");
	if (st.st_size == f->st.st_size && st.st_mtim.tv_sec == was->tv_sec &&
	    st.st_mtim.tv_nsec == was->tv_nsec)
		return 0;
	err_set(err, SCOPE_MSG, EX_TEMPFAIL,
	    "the file was changed while it was read");
	return err_hint(err, "run it again when nothing writes there");
}

ssize_t
tree_file_look(const struct tree_file *f, void *buf, size_t cap, uint64_t at,
    struct err *err)
{
	uint64_t left = at >= f->end ? 0 : f->end - at;
	ssize_t n;

	n = io_pread_full(f->fd, buf, left < cap ? (size_t)left : cap, at);
	return n < 0 ? file_problem(err, "it cannot be read") : n;
}

ssize_t
tree_file_read(struct tree_file *f, void *buf, size_t cap, struct err *err)
{
	ssize_t n = tree_file_look(f, buf, cap, f->at, err);

	if (n < 0)
		return -1;
	f->at += (uint64_t)n;
	/* the end, or where it was cut: say so before the last bytes count */
	if (n == 0 && check_unchanged(f, err) < 0)
		return -1;
	return n;
}

void
tree_file_close(struct tree_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	*f = (struct tree_file){ .fd = -1 };
}

/* ------------------------------------------------------------------ walk */

/* Directories that are still to be looked into: paths, NUL after each. */
struct todo {
	char **path;
	size_t n, cap;
};

static void
todo_add(struct todo *w, const char *dir, const char *name)
{
	struct buf path = { 0 };

	if (w->n == w->cap) {
		w->cap = w->cap == 0 ? 64 : w->cap * 2;
		w->path = mem_grow(w->path, w->cap, sizeof(*w->path));
	}
	tree_join(&path, dir, name);
	w->path[w->n++] = mem_str(buf_str(&path));
	buf_free(&path);
}

static bool
is_marker(const char *name)
{
	return strcmp(name, "maildirfolder") == 0 ||
	    strncmp(name, "dovecot-", 8) == 0 ||
	    strncmp(name, "dovecot.index", 13) == 0 ||
	    strncmp(name, "courierimap", 11) == 0;
}

static bool
is_maildir_dir(const char *name)
{
	return strcmp(name, "cur") == 0 || strcmp(name, "new") == 0 ||
	    strcmp(name, "tmp") == 0;
}

/* A link: to a directory it is named, and what is there not read here. */
static void
look_at_link(struct tree *t, const struct tree_dir *d, const char *name)
{
	struct stat st;
	struct err why;
	bool inside;
	int fd;

	if (fstatat(d->fd, name, &st, 0) < 0 || !S_ISDIR(st.st_mode))
		return; /* a file's link: for whoever reads the files */
	fd = open_beneath(t, d->path, name, O_PATH | O_CLOEXEC);
	inside = fd >= 0;
	if (fd >= 0)
		close(fd);
	err_set(&why, SCOPE_FOLDER, EX_DATAERR,
	    inside ? "a symbolic link to a directory of this tree: it is "
		     "read once, where it lies"
		   : "a symbolic link to a directory out of the tree: not "
		     "followed");
	if (!inside)
		err_hint(&why,
		    "extract that directory by itself, or move it "
		    "here");
	tree_problem(t, d->path, name, &why, inside);
}

/* One entry of a directory. */
static void
look_at(struct tree *t, struct tree_dir *d, const struct dirent *e,
    struct todo *below)
{
	unsigned char type = e->d_type;
	struct stat st;

	if (type == DT_UNKNOWN &&
	    fstatat(d->fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		type = (unsigned char)IFTODT(st.st_mode);
	d->empty = false;
	d->marker = d->marker || is_marker(e->d_name);
	if (type == DT_LNK) {
		look_at_link(t, d, e->d_name);
	} else if (type != DT_DIR) {
		return;
	} else if (is_maildir_dir(e->d_name)) {
		d->cur = d->cur || e->d_name[0] == 'c';
		d->new = d->new || e->d_name[0] == 'n';
		d->tmp = d->tmp || e->d_name[0] == 't';
		if (t->enter_cur)
			todo_add(below, d->path, e->d_name);
	} else {
		d->dotted = d->dotted || e->d_name[0] == '.';
		todo_add(below, d->path, e->d_name);
	}
}

/* Fill in 'd' and the directories below it.  -1 with errno. */
static int
list_dir(struct tree *t, struct tree_dir *d, struct todo *below)
{
	int fd = tree_dir(t, d->path);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	int saved;

	if (dir == NULL)
		return -1;
	d->fd = dirfd(dir);
	d->empty = true;
	while (errno = 0, (e = readdir(dir)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			look_at(t, d, e, below);
	saved = errno;
	d->fd = dup(d->fd);
	if (closedir(dir) < 0 || d->fd < 0)
		saved = saved != 0 ? saved : errno;
	errno = saved;
	return saved == 0 ? 0 : -1;
}

static size_t
depth_of(const char *path)
{
	size_t n = *path != '\0';

	for (; *path != '\0'; path++)
		n += *path == '/';
	return n;
}

static void
walk_one(struct tree *t, bool (*fn)(void *arg, const struct tree_dir *d),
    void *arg, const char *path, struct todo *todo)
{
	struct tree_dir d = { .path = path, .fd = -1 };
	struct todo below = { 0 };
	struct err why;
	bool enter = false;
	size_t i;

	if (depth_of(path) > DEPTH_MAX) {
		err_set(&why, SCOPE_FOLDER, EX_DATAERR,
		    "more than %d directories deep: what is below is not read",
		    DEPTH_MAX);
		tree_problem(t, path, "", &why, false);
		return;
	}
	if (list_dir(t, &d, &below) < 0) {
		err_sys(&why, SCOPE_FOLDER, EX_NOPERM,
		    "the directory cannot be read");
		tree_problem(t, path, "", &why, false);
	} else {
		enter = fn(arg, &d);
	}
	if (d.fd >= 0)
		close(d.fd);
	for (i = 0; i < below.n; i++) {
		if (enter)
			todo_add(todo, "", below.path[i]);
		free(below.path[i]);
	}
	free(below.path);
}

int
tree_walk(struct tree *t, bool (*fn)(void *arg, const struct tree_dir *d),
    void *arg, struct err *err)
{
	struct todo todo = { 0 };
	char *path;
	int rc = 0;

	todo_add(&todo, "", "");
	while (todo.n > 0) {
		path = todo.path[--todo.n];
		rc = rc < 0 ? rc : stop_check(err);
		if (rc == 0)
			walk_one(t, fn, arg, path, &todo);
		free(path);
	}
	free(todo.path);
	return rc;
}
