/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One walk over a message; see mime_scan.h. */
#include "formats/mime_scan.h"

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/io.h"
#include "core/mem.h"
#include "formats/head.h"

#define ROOM	     ((size_t)2 << 16)
#define BOUNDARY_MAX 16000 /* RFC 2046 allows 70 */
#define LOOK_MIN     256   /* of a line, to see what it is */
#define MULTI_MAX    100   /* multiparts in multiparts */

struct open_multi {
	struct entity *e;
	const char *boundary;
	size_t n;
};

struct scan {
	int fd;
	struct arena *a;
	char *room;
	size_t at, n;	 /* bytes [at, n) of 'room' are to come */
	uint64_t base;	 /* offset of room[0] in the file */
	bool end;	 /* the file has no more */
	size_t line_end; /* bytes of the line end passed last: 0, 1, 2 */
	struct entity *root, *cur;
	bool in_head;
	struct buf head; /* of 'cur' */
	size_t heads;
	unsigned parts;
	struct open_multi multi[MULTI_MAX];
	size_t n_multi;
	size_t look; /* bytes of a line: the longest boundary fits */
};

static uint64_t
offset(const struct scan *s)
{
	return s->base + s->at;
}

/* Have 'want' bytes there, or all there are.  False at the end, or -1. */
static int
fill(struct scan *s, size_t want, struct err *err)
{
	ssize_t got;

	if (s->n - s->at >= want || s->end)
		return s->at < s->n;
	memmove(s->room, s->room + s->at, s->n - s->at);
	s->base += s->at;
	s->n -= s->at;
	s->at = 0;
	got = io_pread_full(s->fd, s->room + s->n, ROOM - s->n, s->base + s->n);
	if (got < 0)
		return err_sys(err, SCOPE_RUN, EX_IOERR, "reading a message");
	s->n += (size_t)got;
	s->end = s->n < ROOM;
	return s->n > 0;
}

/* Step over the rest of the line; into 'to' if not NULL. */
static int
take_line(struct scan *s, struct buf *to, struct err *err)
{
	const char *p, *nl;
	size_t len;
	bool cr = false;
	int rc;

	s->line_end = 0;
	while ((rc = fill(s, 1, err)) > 0) {
		p = s->room + s->at;
		nl = memchr(p, '\n', s->n - s->at);
		len = nl == NULL ? s->n - s->at : (size_t)(nl - p) + 1;
		if (to != NULL) {
			s->heads += len;
			if (s->heads > MIME_HEADS_MAX)
				return err_set(err, SCOPE_MSG, EX_DATAERR,
				    "more than %zu MiB of headers",
				    MIME_HEADS_MAX >> 20);
			buf_put(to, p, len);
		}
		if (nl != NULL) {
			if (len > 1)
				cr = p[len - 2] == '\r';
			s->line_end = cr ? 2 : 1;
			s->at += len;
			return 0;
		}
		cr = len > 0 && p[len - 1] == '\r';
		s->at += len;
	}
	return rc;
}

/* -------------------------------------------------------------- entities */

static int
begin_entity(struct scan *s, struct entity *up, unsigned depth, struct err *err)
{
	struct entity *e;

	if (++s->parts > MIME_PARTS_MAX)
		return err_set(err, SCOPE_MSG, EX_DATAERR, "more than %d parts",
		    MIME_PARTS_MAX);
	e = arena_alloc(s->a, sizeof(*e));
	e->from = e->body = e->end = offset(s);
	e->up = up;
	e->depth = depth;
	if (up != NULL) {
		if (up->last == NULL)
			up->first = e;
		else
			up->last->next = e;
		up->last = e;
	} else {
		s->root = e;
	}
	s->cur = e;
	s->in_head = true;
	buf_clear(&s->head);
	return 0;
}

/* The header of 'cur' is complete, its content begins here. */
static int
end_head(struct scan *s, struct err *err)
{
	struct entity *e = s->cur;
	bool digest =
	    e->up != NULL && strcmp(e->up->type, "multipart/digest") == 0;

	s->in_head = false;
	e->body = e->end = offset(s);
	mime_scan_head(e, buf_slice(&s->head), digest, s->a);
	if (e->kind == ENTITY_MESSAGE && e->depth + 1 >= MIME_NESTED_MAX)
		e->kind = ENTITY_LEAF;
	if (e->kind == ENTITY_MULTI &&
	    (s->n_multi == MULTI_MAX || strlen(e->boundary) > BOUNDARY_MAX)) {
		e->kind = ENTITY_LEAF;
		e->type = "text/plain";
	}
	if (e->kind == ENTITY_MULTI && strlen(e->boundary) + 8 > s->look)
		s->look = strlen(e->boundary) + 8;
	if (e->kind == ENTITY_MULTI)
		s->multi[s->n_multi++] =
		    (struct open_multi){ e, e->boundary, strlen(e->boundary) };
	if (e->kind == ENTITY_MESSAGE)
		return begin_entity(s, e, e->depth + 1, err);
	return 0;
}

/* Everything that lies in 'upto' (NULL: all), and is not closed, ends at
 * 'at'. */
static void
close_to(struct scan *s, const struct entity *upto, uint64_t at)
{
	struct entity *e;

	/* the empty line behind a header may be all that a part has: then
	 * what is around it does not end before it */
	for (e = s->cur; e != NULL && e != upto; e = e->up)
		at = e->end = at > e->body ? at : e->body;
}

/* ------------------------------------------------------------ boundaries */

/* Which open multipart does the line here belong to?  -1: none.  *last_r: it
 * is the one that closes it. */
static int
find_boundary(const struct scan *s, bool *last_r)
{
	const char *p = s->room + s->at + 2;
	size_t left = s->n - s->at - 2, i, k;

	for (i = s->n_multi; i-- > 0;) {
		const struct open_multi *m = &s->multi[i];

		if (left < m->n || memcmp(p, m->boundary, m->n) != 0)
			continue;
		k = m->n;
		*last_r = left >= k + 2 && p[k] == '-' && p[k + 1] == '-';
		if (*last_r)
			k += 2;
		while (k < left && (p[k] == ' ' || p[k] == '\t'))
			k++;
		while (k < left && p[k] == '\r')
			k++;
		if (k == left || p[k] == '\n')
			return (int)i;
	}
	return -1;
}

/* A boundary line ends what is in its multipart; what comes next is a part,
 * or an epilogue. */
static int
pass_boundary(struct scan *s, size_t i, bool last, struct err *err)
{
	uint64_t at = offset(s);
	struct entity *e = s->multi[i].e;

	if (s->in_head && end_head(s, err) < 0)
		return -1;
	/* a multipart or message that this very line ends before it began */
	if (s->in_head && end_head(s, err) < 0)
		return -1;
	close_to(s, e, at - s->line_end);
	s->cur = e;
	s->in_head = false;
	s->n_multi = last ? i : i + 1;
	if (take_line(s, NULL, err) < 0)
		return -1;
	return last ? 0 : begin_entity(s, e, e->depth, err);
}

/* --------------------------------------------------------------- headers */

/* Can the line here be one of a header?  A name of printable characters and
 * a ':', the rest of one, or a line that mailboxes put before it. */
static bool
is_head_line(const struct scan *s)
{
	const char *p = s->room + s->at;
	size_t left = s->n - s->at, i = 0;

	if (p[0] == ' ' || p[0] == '\t')
		return true;
	if (s->head.n == 0 &&
	    ((left > 5 && memcmp(p, "From ", 5) == 0) ||
		(left > 6 && memcmp(p, ">From ", 6) == 0)))
		return true;
	while (i < left && p[i] > ' ' && p[i] < 0x7f && p[i] != ':')
		i++;
	if (i == 0)
		return false;
	while (i < left && (p[i] == ' ' || p[i] == '\t'))
		i++;
	/* a name longer than what is looked at is a name, too */
	return i == left || p[i] == ':';
}

static int
head_line(struct scan *s, struct err *err)
{
	struct slice text = slice_of(s->room + s->at, s->n - s->at);

	if (head_is_empty_line(text)) {
		s->cur->closed = true;
		if (take_line(s, NULL, err) < 0)
			return -1;
		return end_head(s, err);
	}
	if (is_head_line(s))
		return take_line(s, &s->head, err);
	return end_head(s, err);
}

/* ------------------------------------------------------------------ whole */

static int
scan_lines(struct scan *s, struct err *err)
{
	bool last = false;
	int rc, i;

	while ((rc = fill(s, s->look, err)) > 0) {
		const char *p = s->room + s->at;

		i = -1;
		if (s->n_multi > 0 && s->n - s->at > 2 && p[0] == '-' &&
		    p[1] == '-')
			i = find_boundary(s, &last);
		if (i >= 0)
			rc = pass_boundary(s, (size_t)i, last, err);
		else if (s->in_head)
			rc = head_line(s, err);
		else
			rc = take_line(s, NULL, err);
		if (rc < 0)
			return -1;
	}
	while (rc == 0 && s->in_head)
		rc = end_head(s, err);
	return rc;
}

/* A multipart whose boundary never came is a text. */
static void
mend(struct entity *e)
{
	if (e->kind == ENTITY_MULTI && e->first == NULL) {
		e->kind = ENTITY_LEAF;
		e->type = "text/plain";
	}
	for (e = e->first; e != NULL; e = e->next)
		mend(e);
}

int
mime_scan(int fd, struct arena *a, struct entity **root_r, struct err *err)
{
	struct scan *s = mem_alloc(1, sizeof(*s));
	int rc;

	s->fd = fd;
	s->a = a;
	s->look = LOOK_MIN;
	s->room = mem_alloc(1, ROOM);
	rc = begin_entity(s, NULL, 0, err);
	if (rc == 0)
		rc = scan_lines(s, err);
	if (rc == 0) {
		close_to(s, NULL, offset(s));
		mend(s->root);
		*root_r = s->root;
	}
	buf_free(&s->head);
	free(s->room);
	free(s);
	return rc;
}
