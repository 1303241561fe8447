/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sorted names, a window at a time; see listing.h. */
#include "extract/listing.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/mem.h"

/* What may be held; when it is full, the greater half is let go. */
#define WINDOW_BYTES ((size_t)8 << 20)

struct rec {
	uint32_t off; /* in text */
	uint16_t len, stem;
	uint8_t where;
};

/* A name outside the window: the last one given, the first one let go. */
struct mark {
	char s[1024]; /* NAME_MAX is 255 */
	struct rec rec;
	bool set;
};

struct listing {
	DIR *dir[LISTING_DIRS];
	size_t (*stem)(const char *name);
	struct buf text;
	struct rec *rec;
	size_t n, cap, at;
	struct mark last;   /* everything up to here was given */
	struct mark beyond; /* this and what is greater is for later */
	bool read;
};

struct listing *
listing_new(const int dirs[LISTING_DIRS], size_t (*stem)(const char *name))
{
	struct listing *l = mem_alloc(1, sizeof(*l));
	size_t i;

	l->stem = stem;
	for (i = 0; i < LISTING_DIRS; i++) {
		if (dirs[i] < 0)
			continue;
		l->dir[i] = fdopendir(dirs[i]);
		if (l->dir[i] == NULL)
			mem_exhausted(); /* the one way it can fail here */
	}
	return l;
}

static int
compare_bytes(const char *a, size_t an, const char *b, size_t bn)
{
	int c = memcmp(a, b, an < bn ? an : bn);

	return c != 0 ? c : (an > bn) - (an < bn);
}

static int
compare(const char *a, const struct rec *ar, const char *b,
    const struct rec *br)
{
	int c = compare_bytes(a, ar->stem, b, br->stem);

	if (c == 0)
		c = (ar->where > br->where) - (ar->where < br->where);
	if (c == 0)
		c = compare_bytes(a, ar->len, b, br->len);
	return c;
}

static int
by_name(const void *a, const void *b, void *text)
{
	const struct rec *ar = a, *br = b;
	const char *t = text;

	return compare(t + ar->off, ar, t + br->off, br);
}

static int
by_offset(const void *a, const void *b)
{
	const struct rec *ar = a, *br = b;

	return (ar->off > br->off) - (ar->off < br->off);
}

static void
sort(struct listing *l)
{
	if (l->n > 1)
		qsort_r(l->rec, l->n, sizeof(*l->rec), by_name, l->text.p);
}

static void
set_mark(struct listing *l, struct mark *m, const struct rec *r)
{
	m->rec = *r;
	m->set = true;
	memcpy(m->s, l->text.p + r->off, (size_t)r->len + 1);
}

/* Keep the smaller half of what is held. */
static void
halve(struct listing *l)
{
	size_t i, to = 0;

	sort(l);
	l->n /= 2;
	set_mark(l, &l->beyond, &l->rec[l->n]);
	qsort(l->rec, l->n, sizeof(*l->rec), by_offset);
	for (i = 0; i < l->n; i++) {
		memmove(l->text.p + to, l->text.p + l->rec[i].off,
		    (size_t)l->rec[i].len + 1);
		l->rec[i].off = (uint32_t)to;
		to += (size_t)l->rec[i].len + 1;
	}
	l->text.n = to;
}

static void
add(struct listing *l, const char *s, size_t where)
{
	size_t len = strlen(s);
	struct rec r = { .len = (uint16_t)len, .where = (uint8_t)where };

	if (len >= sizeof(l->last.s))
		return; /* no file system of ours has such names */
	r.stem = (uint16_t)(l->stem == NULL ? len : l->stem(s));
	if ((l->last.set && compare(s, &r, l->last.s, &l->last.rec) <= 0) ||
	    (l->beyond.set && compare(s, &r, l->beyond.s, &l->beyond.rec) >= 0))
		return;
	if (l->n == l->cap) {
		l->cap = l->cap == 0 ? 256 : l->cap * 2;
		l->rec = mem_grow(l->rec, l->cap, sizeof(*l->rec));
	}
	r.off = (uint32_t)l->text.n;
	buf_put(&l->text, s, len + 1);
	l->rec[l->n++] = r;
	if (l->text.n + l->n * sizeof(*l->rec) > WINDOW_BYTES)
		halve(l);
}

static bool
is_dots(const char *s)
{
	return strcmp(s, ".") == 0 || strcmp(s, "..") == 0;
}

/* The window behind 'last'. */
static int
fill(struct listing *l, struct err *err)
{
	struct dirent *e;
	size_t i;

	l->n = l->at = 0;
	l->beyond.set = false;
	buf_clear(&l->text);
	/* the last one first: what moves from new to cur in between is seen
	 * in both rather than in neither */
	for (i = LISTING_DIRS; i-- > 0;) {
		if (l->dir[i] == NULL)
			continue;
		rewinddir(l->dir[i]);
		while (errno = 0, (e = readdir(l->dir[i])) != NULL)
			if (!is_dots(e->d_name))
				add(l, e->d_name, i);
		if (errno != 0) {
			err_sys(err, SCOPE_FOLDER, EX_NOINPUT,
			    "the directory cannot be read");
			err->scope = SCOPE_FOLDER;
			return -1;
		}
	}
	sort(l);
	l->read = true;
	return 0;
}

int
listing_next(struct listing *l, struct name *out, struct err *err)
{
	const struct rec *r;

	if (l->at == l->n) {
		if (l->read && !l->beyond.set)
			return 0;
		if (l->n > 0)
			set_mark(l, &l->last, &l->rec[l->n - 1]);
		if (fill(l, err) < 0)
			return -1;
		if (l->n == 0)
			return 0;
	}
	r = &l->rec[l->at++];
	*out = (struct name){ .s = l->text.p + r->off,
		.stem = r->stem,
		.where = r->where };
	return 1;
}

int
listing_dir(const struct listing *l, size_t where)
{
	return l->dir[where] == NULL ? -1 : dirfd(l->dir[where]);
}

void
listing_free(struct listing **l)
{
	size_t i;

	if (*l == NULL)
		return;
	for (i = 0; i < LISTING_DIRS; i++)
		if ((*l)->dir[i] != NULL)
			closedir((*l)->dir[i]);
	buf_free(&(*l)->text);
	free((*l)->rec);
	free(*l);
	*l = NULL;
}
