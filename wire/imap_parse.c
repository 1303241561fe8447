/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From bytes to responses: where lines end and where literals begin.  Every
 * byte is looked at once; what is held is one line at most.
 */
#include <stdlib.h>
#include <string.h>

#include "core/limits.h"
#include "core/mem.h"
#include "core/num.h"
#include "wire/imap_parse_impl.h"

#define SEARCH_PIECE 16384 /* bytes of numbers handed on at a time */

enum where { IN_LINE, IN_STRING, IN_BODY };

struct imap_parser {
	struct imap_sink sink;
	enum where where;
	struct buf line; /* what is kept of this response */
	size_t fragment; /* where in it the last literal ended */
	uint64_t left;	 /* bytes of the literal to come */
	struct imap_items items;
	bool dead;
};

struct imap_parser *
imap_parser_new(const struct imap_sink *sink)
{
	struct imap_parser *p = mem_alloc(1, sizeof(*p));

	p->sink = *sink;
	return p;
}

void
imap_parser_free(struct imap_parser **p)
{
	if (*p == NULL)
		return;
	buf_free(&(*p)->line);
	imap_items_free(&(*p)->items);
	free(*p);
	*p = NULL;
}

bool
imap_parser_is_inside(const struct imap_parser *p)
{
	return p->line.n > 0 || p->where != IN_LINE || p->items.active;
}

static void
trace(const struct imap_parser *p, struct slice line, uint64_t body)
{
	if (p->sink.trace != NULL)
		p->sink.trace(p->sink.arg, line, body);
}

static void
start_over(struct imap_parser *p)
{
	if (p->line.cap > LIMIT_BLOCK)
		buf_free(&p->line);
	buf_clear(&p->line);
	p->fragment = 0;
	p->where = IN_LINE;
}

/* ---------------------------------------------------------------- lines */

/* A line may have CR and LF only as its end, and no NUL at all. */
static int
check_bytes(const struct imap_parser *p, const char *data, size_t len,
    bool ends, struct err *err)
{
	bool cr_before =
	    p->line.n > p->fragment && p->line.p[p->line.n - 1] == '\r';
	const char *cr;

	if (memchr(data, '\0', len) != NULL)
		return imap_parse_error(err, "a NUL in a line",
		    buf_slice(&p->line));
	if (cr_before && data[0] != '\n')
		return imap_parse_error(err, "a bare CR", buf_slice(&p->line));
	if (ends && !(len > 1 ? data[len - 2] == '\r' : cr_before))
		return imap_parse_error(err, "a bare LF", buf_slice(&p->line));
	cr = memchr(data, '\r', len);
	if (cr != NULL && (size_t)(cr - data) != len - (ends ? 2 : 1))
		return imap_parse_error(err, "a bare CR",
		    slice_of(data, (size_t)(cr - data)));
	return 0;
}

/* A long SEARCH: hand on the whole numbers, keep what begins behind. */
static int
flush_search(struct imap_parser *p, struct err *err)
{
	static const char head[] = "* SEARCH ";
	struct slice s = buf_slice(&p->line);
	const char *blank;
	size_t n;

	if (s.n < SEARCH_PIECE || !slice_starts(s, head) || p->fragment > 0)
		return 0;
	blank = memrchr(s.p, ' ', s.n);
	n = (size_t)(blank - s.p) + 1;
	if (n == sizeof(head) - 1)
		return 0;
	s.n = n - 1;
	trace(p, s, 0);
	if (imap_resp_line(&p->sink, s, true, err) < 0)
		return -1;
	buf_eat(&p->line, n - (sizeof(head) - 1));
	memcpy(p->line.p, head, sizeof(head) - 1);
	return 0;
}

/* Take up to the end of the line.  1: it is whole, 0: more to come, -1. */
static int
take_line(struct imap_parser *p, const char *data, size_t n, size_t *used_r,
    struct err *err)
{
	const char *lf;
	size_t len;

	if (n > LIMIT_BLOCK)
		n = LIMIT_BLOCK;
	lf = memchr(data, '\n', n);
	len = lf == NULL ? n : (size_t)(lf - data) + 1;
	*used_r = len;
	if (check_bytes(p, data, len, lf != NULL, err) < 0)
		return -1;
	if (flush_search(p, err) < 0)
		return -1;
	if (p->line.n + len > LIMIT_IMAP_LINE)
		return imap_parse_error(err, "a line without end",
		    buf_slice(&p->line));
	buf_put(&p->line, data, len);
	return lf != NULL;
}

/* Does the fragment end with "{123}"?  1 with the number and where the '{'
 * is, 0, or -1: it is meant to be one, but makes no sense. */
static int
find_literal(struct imap_parser *p, uint64_t *n_r, size_t *at_r,
    struct err *err)
{
	struct slice s =
	    slice_of(p->line.p + p->fragment, p->line.n - p->fragment - 2);
	struct slice digits;
	const char *open;
	size_t i;

	if (s.n == 0 || s.p[s.n - 1] != '}')
		return 0;
	open = memrchr(s.p, '{', s.n);
	if (open == NULL)
		return 0;
	*at_r = (size_t)(open - p->line.p);
	digits = slice_of(open + 1, s.n - (size_t)(open - s.p) - 2);
	for (i = 0; i < digits.n; i++)
		if (memchr("0123456789+- ", digits.p[i], 13) == NULL)
			return 0;
	if (!num_u64(digits, LIMIT_IMAP_LITERAL, n_r) ||
	    (digits.n > 1 && digits.p[0] == '0'))
		return imap_parse_error(err, "a literal of no sane size", s);
	return 1;
}

static bool
is_fetch(const struct imap_parser *p, uint32_t *seq_r, struct slice *items_r)
{
	if (p->items.active) {
		*items_r = buf_slice(&p->line);
		return true;
	}
	return imap_resp_is_fetch(buf_slice(&p->line), seq_r, items_r);
}

/* A literal of 'n' bytes comes; its '{' is at 'at'. */
static int
begin_literal(struct imap_parser *p, uint64_t n, size_t at, struct err *err)
{
	struct slice items = { 0 };
	uint32_t seq = 0;

	p->left = n;
	if (is_fetch(p, &seq, &items)) {
		items.n = (size_t)(p->line.p + at - items.p);
		if (items.n > 0 && items.p[items.n - 1] == '~')
			items.n--;
		while (items.n > 0 && items.p[items.n - 1] == ' ')
			items.n--;
		if (imap_items_body_key(items) > 0) {
			trace(p, buf_slice(&p->line), 0);
			if (!p->items.active)
				imap_items_begin(&p->items, seq);
			if (imap_items_read(&p->items, &p->sink, items, true, n,
				err) < 0)
				return -1;
			start_over(p);
			p->where = IN_BODY;
			trace(p, slice_of("", 0), n);
			return 0;
		}
	}
	if (n > LIMIT_LITERAL_INLINE || p->line.n + n > LIMIT_IMAP_LINE)
		return imap_parse_error(err, "a string too large",
		    buf_slice(&p->line));
	p->where = IN_STRING;
	return 0;
}

static int
end_response(struct imap_parser *p, struct err *err)
{
	struct slice line = slice_of(p->line.p, p->line.n - 2), items;
	uint32_t seq = 0;
	int rc;

	trace(p, line, 0);
	if (is_fetch(p, &seq, &items)) {
		items.n -= 2;
		if (!p->items.active)
			imap_items_begin(&p->items, seq);
		rc = imap_items_read(&p->items, &p->sink, items, false, 0, err);
		if (rc == 0)
			rc = imap_items_end(&p->items, &p->sink, err);
	} else {
		rc = imap_resp_line(&p->sink, line, false, err);
	}
	start_over(p);
	return rc;
}

/* The line in p->line is whole.  1: so is the response, 0, -1. */
static int
end_line(struct imap_parser *p, struct err *err)
{
	uint64_t n;
	size_t at;
	int rc = 0;

	if (p->items.active || p->fragment > 0 ||
	    imap_resp_has_literals(buf_slice(&p->line)))
		rc = find_literal(p, &n, &at, err);
	if (rc < 0)
		return -1;
	if (rc > 0)
		return begin_literal(p, n, at, err);
	return end_response(p, err) < 0 ? -1 : 1;
}

/* ------------------------------------------------------------- literals */

static void
take_string(struct imap_parser *p, const char *data, size_t n)
{
	buf_put(&p->line, data, n);
	p->left -= n;
	if (p->left == 0) {
		p->fragment = p->line.n;
		p->where = IN_LINE;
	}
}

static int
take_body(struct imap_parser *p, const char *data, size_t n, struct err *err)
{
	struct imap_body *b = &p->items.body;

	if (p->sink.body != NULL &&
	    p->sink.body(p->sink.arg, b, data, n, err) < 0)
		return -1;
	b->at += n;
	p->left -= n;
	if (p->left == 0)
		p->where = IN_LINE;
	return 0;
}

/* One step: part of a line or of a literal.  1: a response ended, 0, -1. */
static int
step_on(struct imap_parser *p, const char *data, size_t n, size_t *used_r,
    struct err *err)
{
	int rc;

	if (p->where == IN_LINE) {
		rc = take_line(p, data, n, used_r, err);
		rc = rc <= 0 ? rc : end_line(p, err);
		/* an empty literal has nothing to wait for */
		if (rc == 0 && p->where == IN_BODY && p->left == 0)
			rc = take_body(p, "", 0, err);
		else if (rc == 0 && p->where == IN_STRING && p->left == 0)
			take_string(p, "", 0);
		return rc;
	}
	*used_r = n < p->left ? n : (size_t)p->left;
	if (p->where == IN_BODY)
		return take_body(p, data, *used_r, err);
	take_string(p, data, *used_r);
	return 0;
}

ssize_t
imap_parser_feed(struct imap_parser *p, const void *data, size_t n, bool one,
    struct err *err)
{
	const char *at = data;
	size_t done = 0, used;
	int rc = 0;

	if (p->dead)
		return err_set(err, SCOPE_STORE, EX_PROTOCOL,
		    "the session has ended");
	while (done < n && !(one && rc == 1)) {
		rc = step_on(p, at + done, n - done, &used, err);
		if (rc < 0) {
			p->dead = true;
			return -1;
		}
		done += used;
	}
	return (ssize_t)done;
}
