/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stretches written otherwise; see mime_recode.h. */
#include "formats/mime_recode.h"

#include <stdlib.h>
#include <string.h>

#include "core/base64.h"
#include "core/limits.h"
#include "core/mem.h"

#define LINE_MOST 76 /* RFC 2045 6.7 and 6.8 */
#define LINE_RAW  57 /* bytes of a line of base64 */

struct recode {
	enum recode_how how;
	bool ends, text, last;
	struct item_sink to;
	struct buf out;
	size_t col;    /* bytes in the line */
	size_t crs;    /* CRs that came last, not written yet */
	char blank;    /* a blank that may end the line, not written yet */
	char token[3]; /* '=' and what follows it, not written yet */
	size_t n_token;
	bool soft;	 /* a '=' was written that may be a soft break */
	struct buf line; /* bytes for a line of base64 */
};

struct recode *
recode_begin(enum recode_how how, unsigned flags, const struct item_sink *to)
{
	struct recode *r = mem_alloc(1, sizeof(*r));

	r->how = how;
	r->ends = (flags & RECODE_ENDS) != 0;
	r->text = (flags & RECODE_AS_TEXT) != 0;
	r->last = (flags & RECODE_LAST) != 0;
	r->to = *to;
	return r;
}

void
recode_free(struct recode **rp)
{
	if (*rp == NULL)
		return;
	buf_free(&(*rp)->out);
	buf_free(&(*rp)->line);
	free(*rp);
	*rp = NULL;
}

static void
put(struct recode *r, char c)
{
	buf_putc(&r->out, c);
	r->col++;
}

static void
put_crlf(struct recode *r)
{
	buf_put(&r->out, "\r\n", 2);
	r->col = 0;
}

/* -------------------------------------------- line ends, frames and texts */

/* CRs that turned out to stand alone. */
static void
end_crs(struct recode *r, char next)
{
	if (r->how == RECODE_TEXT) {
		for (; r->crs > 0; r->crs--)
			put_crlf(r);
		return;
	}
	if (r->crs > 0 && next != ' ' && next != '\t')
		put(r, ' ');
	r->crs = 0;
}

static void
ends_byte(struct recode *r, char c)
{
	if (c == '\r') {
		r->crs++;
		return;
	}
	if (c != '\n') {
		end_crs(r, c);
		put(r, c);
		return;
	}
	r->crs = 0; /* however many: they are of this line's end */
	put_crlf(r);
}

/* ----------------------------------------------------- quoted-printable */

/* As much as must stay together; a soft break before it where it does not
 * fit.  A line never begins with what might be a boundary. */
static void
qp_unit(struct recode *r, const char *p, size_t n)
{
	if (r->col + n > LINE_MOST - 1) {
		buf_putc(&r->out, '=');
		put_crlf(r);
	}
	if (r->col == 0 && n == 1 && p[0] == '-') {
		p = "=2D";
		n = 3;
	}
	buf_put(&r->out, p, n);
	r->col += n;
}

static void
qp_escape(struct recode *r, char c)
{
	static const char hex[] = "0123456789ABCDEF";
	unsigned char u = (unsigned char)c;
	char unit[3] = { '=', hex[u >> 4], hex[u & 15] };

	qp_unit(r, unit, 3);
}

static void
qp_blank(struct recode *r, bool ends_line)
{
	if (r->blank != 0 && ends_line)
		qp_escape(r, r->blank);
	else if (r->blank != 0)
		qp_unit(r, &r->blank, 1);
	r->blank = 0;
}

static void
qp_line_end(struct recode *r)
{
	qp_blank(r, true);
	put_crlf(r);
}

/* A line end that stands alone: a true one, or kept as it is. */
static void
qp_odd_end(struct recode *r, char c)
{
	if (r->ends && r->text) {
		qp_line_end(r);
		return;
	}
	qp_blank(r, false);
	qp_escape(r, c);
	if (c == '\n') {
		buf_putc(&r->out, '=');
		put_crlf(r);
	}
}

static void
qp_byte(struct recode *r, char c)
{
	if (c == '\n' && r->crs > 0) {
		for (; r->crs > 1 && !(r->ends && r->text); r->crs--)
			qp_odd_end(r, '\r');
		r->crs = 0;
		qp_line_end(r);
		return;
	}
	for (; c != '\r' && r->crs > 0; r->crs--)
		qp_odd_end(r, '\r');
	if (c == '\r') {
		r->crs++;
	} else if (c == '\n') {
		qp_odd_end(r, c);
	} else if (c == ' ' || c == '\t') {
		qp_blank(r, false);
		r->blank = c;
	} else {
		qp_blank(r, false);
		if (c > ' ' && c <= '~' && c != '=')
			qp_unit(r, &c, 1);
		else
			qp_escape(r, c);
	}
}

/* --------------------------------------- what is quoted-printable, wrapped */

static bool
is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') ||
	    (c >= 'a' && c <= 'f');
}

static void
wrap_unit(struct recode *r, const char *p, size_t n)
{
	/* between a '=' and the line's end nothing may come */
	if (r->soft) {
		buf_put(&r->out, p, n);
		r->col += n;
	} else {
		qp_unit(r, p, n);
	}
}

/* What began as an escape and is none stays as it is. */
static void
wrap_token(struct recode *r)
{
	if (r->n_token > 0) {
		wrap_unit(r, r->token, r->n_token);
		r->soft = r->n_token == 1;
	}
	r->n_token = 0;
}

static void
wrap_line_end(struct recode *r, char c, bool odd)
{
	if (odd && !r->ends) {
		put(r, c);
		if (c == '\n')
			r->col = 0;
	} else if (odd && !r->text && !r->soft) {
		qp_escape(r, c);
		buf_putc(&r->out, '=');
		put_crlf(r);
	} else {
		put_crlf(r);
	}
	r->soft = false;
}

static void
wrap_byte(struct recode *r, char c)
{
	bool one; /* CRs and a LF are one line end */

	if (r->n_token > 0 && is_hex(c)) {
		r->token[r->n_token++] = c;
		if (r->n_token == 3)
			wrap_token(r);
		return;
	}
	wrap_token(r);
	if (c == '\n' && r->crs > 0) {
		one = r->ends && (r->text || r->soft);
		for (; r->crs > 1 && !one; r->crs--)
			wrap_line_end(r, '\r', true);
		r->crs = 0;
		wrap_line_end(r, c, false);
		return;
	}
	for (; c != '\r' && r->crs > 0; r->crs--)
		wrap_line_end(r, '\r', true);
	if (c == '\r') {
		r->crs++;
	} else if (c == '\n') {
		wrap_line_end(r, c, true);
	} else if (c == '=') {
		r->token[r->n_token++] = c;
	} else if (c == '\0' && r->ends) {
		r->soft = false;
		qp_escape(r, c);
	} else {
		wrap_unit(r, &c, 1);
		r->soft = r->soft && (c == ' ' || c == '\t');
	}
}

/* -------------------------------------------------------------- base64 */

static void
base64_line(struct recode *r)
{
	struct base64 b = { { 0 }, 0, false };

	if (r->line.n == 0)
		return;
	if (r->col > 0)
		put_crlf(r);
	base64_put(&b, &r->out, r->line.p, r->line.n);
	base64_end(&b, &r->out);
	r->col = LINE_MOST;
	buf_clear(&r->line);
}

static void
base64_byte(struct recode *r, char c)
{
	buf_putc(&r->line, c);
	if (r->line.n == LINE_RAW)
		base64_line(r);
}

/* Line ends mean nothing in it: where there are none, they may be added. */
static void
base64_wrap(struct recode *r, char c)
{
	if (c == '\n' && (r->ends || r->crs > 0)) {
		r->crs = 0;
		put_crlf(r);
		return;
	}
	if (r->crs > 0 && r->ends && c != '\r') {
		put_crlf(r);
		r->crs = 0;
	}
	for (; r->crs > 0 && c != '\r'; r->crs--)
		put(r, '\r');
	if (c == '\r') {
		r->crs++;
	} else if (c == '\n') {
		put(r, c);
		r->col = 0;
	} else if (c != '\0' || !r->ends) {
		/* a '-' is no base64, and might begin a boundary */
		if (r->col >= LINE_MOST && c != '-')
			put_crlf(r);
		put(r, c);
	}
}

/* ------------------------------------------------------------------ all */

static int
flush(struct recode *r, struct err *err)
{
	int rc = 0;

	if (r->out.n > 0)
		rc = r->to.put(r->to.arg, r->out.p, r->out.n, err);
	buf_clear(&r->out);
	return rc;
}

int
recode_put(struct recode *r, const void *data, size_t len, struct err *err)
{
	static void (*const byte[RECODE_HOWS])(struct recode *, char) = {
		[RECODE_FRAME] = ends_byte,
		[RECODE_TEXT] = ends_byte,
		[RECODE_QP] = qp_byte,
		[RECODE_BASE64] = base64_byte,
		[RECODE_WRAP_BASE64] = base64_wrap,
		[RECODE_WRAP_QP] = wrap_byte,
	};
	const char *p = data;
	size_t i;

	if (r->how == RECODE_COPY)
		return len == 0 ? 0 : r->to.put(r->to.arg, data, len, err);
	for (i = 0; i < len; i++) {
		byte[r->how](r, p[i]);
		if (r->out.n >= LIMIT_BLOCK && flush(r, err) < 0)
			return -1;
	}
	return 0;
}

/* What was held back. */
static void
finish(struct recode *r)
{
	switch (r->how) {
	case RECODE_FRAME:
		if (r->crs > 0)
			put_crlf(r);
		break;
	case RECODE_TEXT:
		end_crs(r, '\0');
		break;
	case RECODE_QP:
		for (; r->crs > 0; r->crs--)
			qp_odd_end(r, '\r');
		qp_blank(r, true);
		break;
	case RECODE_WRAP_QP:
		wrap_token(r);
		for (; r->crs > 0; r->crs--)
			wrap_line_end(r, '\r', true);
		break;
	case RECODE_BASE64:
		base64_line(r);
		if (r->last && r->col > 0)
			put_crlf(r);
		break;
	case RECODE_WRAP_BASE64:
		for (; r->crs > 0 && !r->ends; r->crs--)
			put(r, '\r');
		if (r->crs > 0)
			put_crlf(r);
		break;
	default:
		break;
	}
	r->crs = 0;
}

int
recode_end(struct recode **rp, struct err *err)
{
	int rc;

	finish(*rp);
	rc = flush(*rp, err);
	recode_free(rp);
	return rc;
}

static int
put_buf(void *arg, const void *data, size_t len, struct err *err)
{
	(void)err;
	buf_put(arg, data, len);
	return 0;
}

void
recode_text(enum recode_how how, unsigned flags, struct slice in,
    struct buf *out)
{
	struct item_sink to = { put_buf, out };
	struct recode *r = recode_begin(how, flags, &to);
	struct err err = { 0 };

	recode_put(r, in.p, in.n, &err);
	recode_end(&r, &err);
}
