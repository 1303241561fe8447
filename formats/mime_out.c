/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes on their way out of the builder, and transfer encodings. */
#include "formats/mime_impl.h"

#include <stdarg.h>
#include <stdio.h>

#define QP_LINE	      75 /* and the '=' of a soft break */
#define BASE64_LINE   57 /* bytes that make 76 characters */
#define LINE_MAX_7BIT 998

/* A boundary's beginning must not come up in a text that travels as it is. */
#define BOUNDARY_MARK "--=_"

static void
flush(struct mime_out *o)
{
	if (!o->failed && o->n > 0 &&
	    o->to->put(o->to->arg, o->room, o->n, o->err) != 0)
		o->failed = true;
	o->n = 0;
}

void
out_put(struct mime_out *o, const void *p, size_t n)
{
	const char *from = p;
	size_t part;

	if (n > 0)
		o->last = from[n - 1];
	while (n > 0 && !o->failed) {
		part = sizeof(o->room) - o->n;
		if (part > n)
			part = n;
		memcpy(o->room + o->n, from, part);
		o->n += part;
		from += part;
		n -= part;
		if (o->n == sizeof(o->room))
			flush(o);
	}
}

void
out_str(struct mime_out *o, const char *s)
{
	out_put(o, s, strlen(s));
}

void
out_fmt(struct mime_out *o, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	out_str(o, text);
}

void
mime_put_lines(struct mime_out *o, struct slice value)
{
	struct slice line;

	do {
		line.n = 0;
		slice_next_line(&value, &line);
		while (line.n > 0 &&
		    (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
			line.n--;
		out_put(o, line.p, line.n);
		out_str(o, "\r\n");
	} while (value.n > 0);
}

int
out_end(struct mime_out *o)
{
	flush(o);
	return o->failed ? -1 : 0;
}

void
out_problem(struct mime_out *o, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	if (o->opts == NULL || o->opts->problem == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	o->opts->problem(o->opts->arg, text);
}

const char *
mime_encoding_name(enum mime_encoding e)
{
	static const char *const names[] = { "7bit", "8bit", "quoted-printable",
		"base64" };

	return names[e];
}

/* ------------------------------------------------------ looking at a text */

struct scan {
	uint64_t n, high, column, longest;
	bool odd;    /* a byte that only an encoding carries */
	size_t mark; /* bytes of BOUNDARY_MARK matched at the line's start */
};

static void
scan_byte(struct scan *s, unsigned char c)
{
	static const char mark[] = BOUNDARY_MARK;

	if (c == '\n' || c == '\r') {
		s->column = 0;
		s->mark = 0;
		return;
	}
	if (s->column == s->mark && c == (unsigned char)mark[s->mark] &&
	    ++s->mark == sizeof(mark) - 1)
		s->odd = true;
	if (s->mark == sizeof(mark) - 1)
		s->mark = 0;
	s->high += c >= 0x80;
	/* iso-2022-* is made of ESC and printable bytes */
	if ((c < 0x20 && c != '\t' && c != '\f' && c != 0x1b) || c == 0x7f)
		s->odd = true;
	if (++s->column > s->longest)
		s->longest = s->column;
}

/* Bytes within a line that say nothing: how many come next. */
static size_t
scan_run(struct scan *s, const unsigned char *p, size_t n)
{
	size_t i = 0;

	if (s->column == s->mark)
		return 0;
	while (i < n && p[i] >= 0x20 && p[i] < 0x7f)
		i++;
	s->column += i;
	if (s->column > s->longest)
		s->longest = s->column;
	return i;
}

static int
scan_put(void *arg, const void *data, size_t len, struct err *err)
{
	struct scan *s = arg;
	const unsigned char *p = data;
	size_t i = 0;

	(void)err;
	while (i < len) {
		scan_byte(s, p[i++]);
		i += scan_run(s, p + i, len - i);
	}
	s->n += len;
	return 0;
}

enum mime_encoding
mime_text_encoding(const struct item_stream *s)
{
	struct scan scan = { 0 };
	struct item_sink sink = { .put = scan_put, .arg = &scan };
	struct err ignored = { 0 };

	/* an error comes up again when the text is written */
	if (s->copy(s->arg, &sink, &ignored) < 0)
		return MIME_BASE64;
	if (scan.high == 0 && !scan.odd && scan.longest <= LINE_MAX_7BIT)
		return MIME_7BIT;
	return scan.high > scan.n / 5 ? MIME_BASE64 : MIME_QP;
}

/* ------------------------------------------------------------- encoders */

struct encoder {
	struct mime_out *o;
	enum mime_encoding how;
	bool text;    /* all line ends become CRLF */
	bool bare_cr; /* a CR alone is one, too */
	bool cr;      /* the last byte was a CR */
	char blank;   /* a space or tab that may end the line, or 0 */
	size_t column;
	size_t held; /* bytes of a base64 line */
	unsigned char hold[BASE64_LINE];
	uint64_t skip;
};

static void
qp_token(struct encoder *e, const char *token, size_t n)
{
	if (e->column + n > QP_LINE) {
		out_str(e->o, "=\r\n");
		e->column = 0;
	}
	out_put(e->o, token, n);
	e->column += n;
}

static void
qp_hex(struct encoder *e, unsigned char c)
{
	static const char hex[] = "0123456789ABCDEF";
	char token[3] = { '=', hex[c >> 4], hex[c & 15] };

	qp_token(e, token, 3);
}

/* A blank may stand as it is unless the line ends behind it. */
static void
qp_blank(struct encoder *e, bool at_end)
{
	char c = e->blank;

	e->blank = 0;
	if (c != 0 && at_end)
		qp_hex(e, (unsigned char)c);
	else if (c != 0)
		qp_token(e, &c, 1);
}

static void
qp_byte(struct encoder *e, unsigned char c)
{
	char literal = (char)c;

	qp_blank(e, false);
	if (c == ' ' || c == '\t')
		e->blank = literal;
	else if (c < 0x20 || c == '=' || c > 0x7e)
		qp_hex(e, c);
	else
		qp_token(e, &literal, 1);
}

static void
base64_line(struct encoder *e)
{
	static const char abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz0123456789+/";
	char line[BASE64_LINE / 3 * 4 + 2];
	size_t i, n = 0, left;
	uint32_t v;

	for (i = 0; i < e->held; i += 3) {
		left = e->held - i;
		v = (uint32_t)e->hold[i] << 16;
		v |= left > 1 ? (uint32_t)e->hold[i + 1] << 8 : 0;
		v |= left > 2 ? (uint32_t)e->hold[i + 2] : 0;
		line[n++] = abc[v >> 18];
		line[n++] = abc[v >> 12 & 63];
		line[n++] = left > 1 ? abc[v >> 6 & 63] : '=';
		line[n++] = left > 2 ? abc[v & 63] : '=';
	}
	line[n++] = '\r';
	line[n++] = '\n';
	if (e->held > 0)
		out_put(e->o, line, n);
	e->held = 0;
}

static void
encode_byte(struct encoder *e, unsigned char c)
{
	if (e->how == MIME_QP) {
		qp_byte(e, c);
	} else if (e->how == MIME_BASE64) {
		e->hold[e->held++] = c;
		if (e->held == BASE64_LINE)
			base64_line(e);
	} else {
		out_put(e->o, &c, 1);
	}
}

static void
encode_line_end(struct encoder *e)
{
	if (e->how == MIME_BASE64) {
		encode_byte(e, '\r');
		encode_byte(e, '\n');
		return;
	}
	qp_blank(e, true);
	out_str(e->o, "\r\n");
	e->column = 0;
}

static void
text_byte(struct encoder *e, unsigned char c)
{
	bool after_cr = e->cr;

	e->cr = false;
	if (c == '\n') {
		encode_line_end(e);
		return;
	}
	if (after_cr && e->bare_cr)
		encode_line_end(e);
	else if (after_cr)
		encode_byte(e, '\r');
	if (c == '\r')
		e->cr = true;
	else
		encode_byte(e, c);
}

/* Bytes that can go all at once: how many went, at 'p'; 0: the next one is to
 * be looked at. */
static size_t
encode_run(struct encoder *e, const unsigned char *p, size_t n)
{
	size_t i = 0;

	if (e->how == MIME_BASE64) {
		if (e->text)
			return 0;
		i = BASE64_LINE - e->held;
		i = i < n ? i : n;
		memcpy(e->hold + e->held, p, i);
		e->held += i;
		if (e->held == BASE64_LINE)
			base64_line(e);
		return i;
	}
	if (e->cr || e->blank != 0)
		return 0;
	if (e->how == MIME_QP) {
		n = n < QP_LINE - e->column ? n : QP_LINE - e->column;
		while (i < n && p[i] > 0x20 && p[i] < 0x7f && p[i] != '=')
			i++;
		e->column += i;
	} else if (!e->text) {
		i = n;
	} else {
		while (i < n && p[i] != '\n' && p[i] != '\r')
			i++;
	}
	out_put(e->o, p, i);
	return i;
}

static int
encode_put(void *arg, const void *data, size_t len, struct err *err)
{
	struct encoder *e = arg;
	const unsigned char *p = data;
	size_t i = 0, run;

	(void)err; /* out_put() has the same one */
	if (e->skip > 0) {
		i = e->skip < len ? (size_t)e->skip : len;
		e->skip -= i;
	}
	while (i < len && !e->o->failed) {
		run = encode_run(e, p + i, len - i);
		i += run;
		if (run > 0)
			continue;
		if (e->text)
			text_byte(e, p[i++]);
		else
			encode_byte(e, p[i++]);
	}
	return e->o->failed ? -1 : 0;
}

static int
encode(struct encoder *e, const struct item_stream *s)
{
	struct item_sink sink = { .put = encode_put, .arg = e };
	int rc = s->copy == NULL ? 1 : s->copy(s->arg, &sink, e->o->err);

	if (e->cr && e->bare_cr)
		encode_line_end(e);
	else if (e->cr)
		encode_byte(e, '\r');
	qp_blank(e, true);
	base64_line(e);
	if (rc < 0)
		e->o->failed = true;
	return e->o->failed ? -1 : rc;
}

int
mime_put_text(struct mime_out *o, const struct item_stream *s,
    enum mime_encoding how)
{
	struct encoder e = { .o = o,
		.how = how,
		.text = true,
		.bare_cr = true };

	return encode(&e, s);
}

int
mime_put_base64(struct mime_out *o, const struct item_stream *s)
{
	struct encoder e = { .o = o, .how = MIME_BASE64 };

	return encode(&e, s);
}

int
mime_put_raw(struct mime_out *o, const struct item_stream *s, uint64_t from)
{
	struct encoder e = { .o = o,
		.how = MIME_8BIT,
		.text = true,
		.skip = from };

	return encode(&e, s);
}

/* -------------------------------------------------------------- peeking */

struct peek {
	struct buf *b;
	size_t max;
};

static int
peek_put(void *arg, const void *data, size_t len, struct err *err)
{
	struct peek *p = arg;

	if (len > p->max - p->b->n)
		len = p->max - p->b->n;
	buf_put(p->b, data, len);
	if (p->b->n < p->max)
		return 0;
	return err_set(err, SCOPE_MSG, EX_OK, "seen enough");
}

void
mime_peek(const struct item_stream *s, size_t max, struct buf *b)
{
	struct peek p = { .b = b, .max = max };
	struct item_sink sink = { .put = peek_put, .arg = &p };
	struct err enough = { 0 };

	buf_clear(b);
	buf_put(b, "", 0);
	if (s->copy != NULL)
		s->copy(s->arg, &sink, &enough);
}
