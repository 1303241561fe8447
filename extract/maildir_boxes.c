/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The folders of a Maildir tree; see maildir_boxes.h. */
#include "extract/maildir_boxes.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/io.h"
#include "core/mem.h"
#include "formats/folder.h"
#include "formats/maildir.h"
#include "wire/mutf7.h"

#define SUBSCRIPTIONS_MAX (4 << 20)

/* -------------------------------------------------------------- names */

/* One component as the tree spells it; a name that is no modified UTF-7 (a
 * UTF-8 layout, a broken program) is taken as it is. */
static void
join_spelled(struct buf *path, struct slice spelled)
{
	struct buf name = { 0 };

	if (!mutf7_decode(&name, spelled)) {
		buf_clear(&name);
		buf_put(&name, spelled.p, spelled.n);
	}
	folder_join(path, buf_slice(&name));
	buf_free(&name);
}

/* Components between 'delimiter's; empty ones say nothing. */
static void
join_all(struct buf *path, struct slice rest, char delimiter)
{
	const char *at;
	size_t n;

	while (rest.n > 0) {
		at = memchr(rest.p, delimiter, rest.n);
		n = at == NULL ? rest.n : (size_t)(at - rest.p);
		if (n > 0)
			join_spelled(path, slice_of(rest.p, n));
		rest = slice_from(rest, at == NULL ? n : n + 1);
	}
}

void
maildir_box_path(struct buf *path, const char *dir)
{
	struct slice rest = slice_str(dir), c;
	size_t from;

	while (folder_next(&rest, &c)) {
		from = path->n;
		if (c.n > 1 && c.p[0] == '.')
			join_all(path, slice_from(c, 1), '.');
		if (path->n == from) /* plain, or nothing but dots */
			join_spelled(path, c);
	}
	if (path->n == 0)
		buf_puts(path, "INBOX");
}

/* -------------------------------------------------------------- finding */

struct find {
	struct maildir_boxes *b;
	struct tree *t;
};

static const char *
last_component(const char *dir)
{
	const char *p = strrchr(dir, '/');

	return p == NULL ? dir : p + 1;
}

static bool
add_box(struct find *f, const char *dir, bool is_box, bool strange)
{
	struct maildir_boxes *b = f->b;
	struct buf path = { 0 };
	struct maildir_box *x;
	struct err why;
	bool dotted = *dir == '.';

	maildir_box_path(&path, dir);
	if (!folder_is_path(buf_slice(&path))) {
		err_set(&why, SCOPE_FOLDER, EX_DATAERR,
		    "too deep or too long for a folder: not read");
		tree_problem(f->t, dir, "", &why, false);
		buf_free(&path);
		return false;
	}
	if (b->n == b->cap) {
		b->cap = b->cap == 0 ? 16 : b->cap * 2;
		b->box = mem_grow(b->box, b->cap, sizeof(*b->box));
	}
	x = &b->box[b->n++];
	*x = (struct maildir_box){ .dir = mem_str(dir),
		.is_box = is_box,
		.strange = strange,
		.delimiter = dotted ? '.' : '/',
		.subscribed = -1,
		.path = mem_str(buf_str(&path)),
		.name = mem_str(*dir == '\0' ? "INBOX" : dir + dotted) };
	buf_free(&path);
	return true;
}

/* How many bytes the files of one directory have, by their names if these
 * tell. */
static uint64_t
count_bytes(int at, const char *name)
{
	int fd = tree_openat(at, name);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	uint64_t sum = 0, size;
	struct stat st;

	if (dir == NULL)
		return 0;
	while ((e = readdir(dir)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		if (maildir_size(e->d_name, &size))
			sum += size;
		else if (fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			sum += S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
	}
	closedir(dir);
	return sum;
}

static bool
found_dir(void *arg, const struct tree_dir *d)
{
	struct find *f = arg;
	const char *name = last_component(d->path);
	bool dotted = *name == '.';
	bool is_box = d->cur || d->new || d->marker ||
	    (d->tmp && (dotted || d->dotted)) || (dotted && d->empty);

	if (strcmp(name, "courierimapkeywords") == 0) {
		report_note(f->t->report,
		    "keywords that Courier keeps in courierimapkeywords/ are "
		    "not carried");
		return false;
	}
	if (!add_box(f, d->path, is_box, dotted && !is_box))
		return false;
	if (d->cur)
		f->b->bytes += count_bytes(d->fd, "cur");
	if (d->new)
		f->b->bytes += count_bytes(d->fd, "new");
	return is_box || !dotted; /* what is below ".git" is not mail */
}

static int
compare_boxes(const void *a, const void *b)
{
	const struct maildir_box *x = a, *y = b;
	bool xi = strcmp(x->path, "INBOX") == 0;
	bool yi = strcmp(y->path, "INBOX") == 0;
	int c = xi != yi ? yi - xi : strcmp(x->path, y->path);

	return c != 0 ? c : strcmp(x->dir, y->dir);
}

/* -------------------------------------------------------- subscriptions */

/* Mark the folder of a subscribed name; false if there is none. */
static bool
subscribe(struct maildir_boxes *b, const char *path)
{
	bool found = false;
	size_t i;

	for (i = 0; i < b->n; i++) {
		if (strcmp(b->box[i].path, path) == 0) {
			b->box[i].subscribed = 1;
			found = true;
		}
	}
	return found;
}

static void
subscribe_name(struct maildir_boxes *b, struct slice name, char delimiter)
{
	struct buf path = { 0 };

	join_all(&path, name, delimiter);
	/* under a namespace "INBOX." all are spelled with it */
	if (path.n > 0 && !subscribe(b, buf_str(&path)) &&
	    slice_starts(buf_slice(&path), "INBOX/"))
		subscribe(b, buf_str(&path) + 6);
	buf_free(&path);
}

static bool
is_dotted_layout(const struct maildir_boxes *b)
{
	size_t i;

	for (i = 0; i < b->n; i++)
		if (b->box[i].is_box && b->box[i].dir[0] == '.')
			return true;
	return false;
}

/* Dovecot's file: names with the layout's delimiter; from version 2 on (a
 * first line "V", TAB, "2") with TABs. */
static void
parse_subscriptions(struct maildir_boxes *b, struct slice text)
{
	char delimiter = is_dotted_layout(b) ? '.' : '/';
	struct slice line;
	bool first = true;
	size_t i;

	for (i = 0; i < b->n; i++)
		b->box[i].subscribed = 0;
	while (slice_next_line(&text, &line)) {
		while (line.n > 0 && strchr("\r\n", line.p[line.n - 1]) != NULL)
			line.n--;
		if (first && slice_starts(line, "V\t"))
			delimiter = '\t';
		else if (line.n > 0)
			subscribe_name(b, line, delimiter);
		first = false;
	}
}

static void
read_subscriptions(struct maildir_boxes *b, const struct tree *t)
{
	static const char *const files[] = { "subscriptions",
		"courierimapsubscribed" };
	struct tree_file f;
	struct buf text = { 0 };
	struct err ignored;
	struct stat st;
	ssize_t n;
	size_t i;

	for (i = 0; i < 2; i++) {
		if (tree_look(t, "", t->root, files[i], &st, &ignored) !=
			TREE_FILE ||
		    tree_file_open(&f, t, "", t->root, files[i], &ignored) < 0)
			continue;
		n = tree_file_look(&f, buf_room(&text, SUBSCRIPTIONS_MAX),
		    SUBSCRIPTIONS_MAX, 0, &ignored);
		tree_file_close(&f);
		text.n = n < 0 ? 0 : (size_t)n;
		parse_subscriptions(b, buf_slice(&text));
		break;
	}
	buf_free(&text);
}

/* ---------------------------------------------------------------- public */

int
maildir_boxes_find(struct maildir_boxes *b, struct tree *t, struct err *err)
{
	struct find f = { b, t };
	size_t i;

	if (tree_walk(t, found_dir, &f, err) < 0)
		return -1;
	if (b->n > 1)
		qsort(b->box, b->n, sizeof(*b->box), compare_boxes);
	for (i = 1; i < b->n; i++)
		b->box[i].merged =
		    strcmp(b->box[i].path, b->box[i - 1].path) == 0;
	read_subscriptions(b, t);
	return 0;
}

void
maildir_boxes_free(struct maildir_boxes *b)
{
	size_t i;

	for (i = 0; i < b->n; i++) {
		free(b->box[i].dir);
		free(b->box[i].path);
		free(b->box[i].name);
	}
	free(b->box);
	*b = (struct maildir_boxes){ 0 };
}

/* ----------------------------------------------------------------- probe */

/* Enough to find the first folder of any tree that people have. */
#define PROBE_DEPTH 3
#define PROBE_DIRS  1000

static int
probe_dir(int at, const char *name, int depth, int *budget)
{
	int fd = tree_openat(at, name);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	bool cur = false, new = false, tmp = false, marker = false;
	const struct dirent *e;
	int best = 0;

	if (dir == NULL)
		return 0;
	while ((e = readdir(dir)) != NULL) {
		cur = cur || strcmp(e->d_name, "cur") == 0;
		new = new || strcmp(e->d_name, "new") == 0;
		tmp = tmp || strcmp(e->d_name, "tmp") == 0;
		marker = marker || strcmp(e->d_name, "maildirfolder") == 0 ||
		    strncmp(e->d_name, "dovecot-uid", 11) == 0;
		if ((e->d_type != DT_DIR && e->d_type != DT_UNKNOWN) ||
		    strcmp(e->d_name, ".") == 0 ||
		    strcmp(e->d_name, "..") == 0 || best >= 80 || depth == 0 ||
		    (*budget)-- <= 0)
			continue;
		if (probe_dir(fd, e->d_name, depth - 1, budget) > 0)
			best = 80;
	}
	closedir(dir);
	if (cur + new + tmp >= 2 || ((cur || new) && marker))
		return 95;
	if (cur || marker || (new &&*name == '.'))
		return 85;
	return best;
}

int
maildir_boxes_probe(int fd)
{
	int budget = PROBE_DIRS;

	return probe_dir(fd, ".", PROBE_DEPTH, &budget);
}
