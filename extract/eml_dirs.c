/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Directories of message files; see eml_dirs.h. */
#include "extract/eml_dirs.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"
#include "formats/folder.h"

static bool
cut_end(struct slice *s, const char *end)
{
	size_t n = strlen(end);

	if (s->n <= n || strncasecmp(s->p + s->n - n, end, n) != 0)
		return false;
	s->n -= n;
	return true;
}

/* 8-4-4-4-12 hex digits */
static bool
is_uuid(struct slice c)
{
	size_t i;

	if (c.n != 36)
		return false;
	for (i = 0; i < c.n; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23
			? c.p[i] != '-'
			: strchr("0123456789abcdefABCDEF", c.p[i]) == NULL)
			return false;
	return true;
}

/* A directory that Apple Mail made for itself within a mailbox. */
static bool
is_apple_shelf(struct slice c)
{
	return is_uuid(c) || slice_is(c, "Data") || slice_is(c, "Messages") ||
	    (c.n == 1 && c.p[0] >= '0' && c.p[0] <= '9');
}

void
eml_dir_path(struct buf *path, struct buf *name, const char *dir)
{
	struct slice rest = slice_str(dir), c;
	bool apple = false;

	while (folder_next(&rest, &c)) {
		if (apple && is_apple_shelf(c))
			continue;
		if (!cut_end(&c, ".sbd"))
			apple = cut_end(&c, ".mbox") || apple;
		folder_join(path, c);
		if (name->n > 0)
			buf_putc(name, '/');
		buf_put(name, c.p, c.n);
	}
	if (path->n == 0) {
		buf_puts(path, "INBOX");
		buf_puts(name, "INBOX");
	}
}

/* ------------------------------------------------------------------ walk */

struct find {
	struct eml_dirs *d;
	struct tree *t;
};

static uint64_t
count_bytes(int at)
{
	int fd = dup(at);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	uint64_t sum = 0;
	struct stat st;

	if (dir == NULL)
		return 0;
	rewinddir(dir);
	while ((e = readdir(dir)) != NULL)
		if (fstatat(at, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode))
			sum += (uint64_t)st.st_size;
	closedir(dir);
	return sum;
}

static void
add_dir(struct eml_dirs *d, const char *dir, const char *path, bool empty)
{
	if (d->n == d->cap) {
		d->cap = d->cap == 0 ? 16 : d->cap * 2;
		d->dir = mem_grow(d->dir, d->cap, sizeof(*d->dir));
	}
	d->dir[d->n++] = (struct eml_dir){ .dir = mem_str(dir),
		.path = mem_str(path),
		.empty = empty };
}

static bool
refuse_dir(struct find *f, const char *dir, const char *what, const char *hint)
{
	struct err why;

	err_set(&why, SCOPE_FOLDER, EX_DATAERR, "%s", what);
	err_hint(&why, "%s", hint);
	tree_problem(f->t, dir, "", &why, false);
	return false;
}

static bool
found_dir(void *arg, const struct tree_dir *d)
{
	struct find *f = arg;
	const char *slash = strrchr(d->path, '/');
	const char *last = slash == NULL ? d->path : slash + 1;
	struct buf path = { 0 }, name = { 0 };
	bool enter = true;

	if (*last == '.') {
		f->d->hidden++;
		return false;
	}
	if (strcmp(last, "Attachments") == 0 &&
	    strstr(d->path, ".mbox/") != NULL) {
		f->d->attachments++;
		return false;
	}
	if (d->cur + d->new + d->tmp >= 2 && *d->path == '\0') {
		f->d->is_maildir = true;
		return false;
	}
	if (d->cur + d->new + d->tmp >= 2)
		return refuse_dir(f, d->path,
		    "a Maildir in a folder of message files: not read",
		    "extract it by itself, as maildir:PATH");
	eml_dir_path(&path, &name, d->path);
	if (folder_is_path(buf_slice(&path))) {
		add_dir(f->d, d->path, buf_str(&path), d->empty);
		f->d->bytes += count_bytes(d->fd);
	} else {
		enter = refuse_dir(f, d->path,
		    "too deep or too long for a folder: what is in it is not "
		    "read",
		    "move it up, or extract it by itself");
	}
	buf_free(&path);
	buf_free(&name);
	return enter;
}

static int
compare_dirs(const void *a, const void *b)
{
	const struct eml_dir *x = a, *y = b;
	bool xi = strcmp(x->path, "INBOX") == 0;
	bool yi = strcmp(y->path, "INBOX") == 0;
	int c = xi != yi ? yi - xi : strcmp(x->path, y->path);

	return c != 0 ? c : strcmp(x->dir, y->dir);
}

int
eml_dirs_find(struct eml_dirs *d, struct tree *t, struct err *err)
{
	struct find f = { d, t };

	/* a single one of these is a folder like any other */
	t->enter_cur = true;
	if (tree_walk(t, found_dir, &f, err) < 0)
		return -1;
	if (d->n > 1)
		qsort(d->dir, d->n, sizeof(*d->dir), compare_dirs);
	return 0;
}

void
eml_dirs_single(struct eml_dirs *d)
{
	add_dir(d, "", "INBOX", false);
}

void
eml_dirs_free(struct eml_dirs *d)
{
	size_t i;

	for (i = 0; i < d->n; i++) {
		free(d->dir[i].dir);
		free(d->dir[i].path);
	}
	free(d->dir);
	*d = (struct eml_dirs){ 0 };
}
