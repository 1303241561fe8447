/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A header with other fields in it; see mime_fix_impl.h. */
#include "formats/mime_fix_impl.h"

#include "formats/head.h"
#include "formats/mime_lines.h"

#define FOLD_AT 998 /* RFC 5322 2.1.1: bytes of a line without its end */

struct out {
	const struct fix_head *h;
	struct buf *to;
	const char *end; /* how its lines end */
	bool encoded;	 /* its encoding is told */
	bool version;	 /* it has MIME-Version */
	bool blank;	 /* the empty line came */
	unsigned done;
};

static bool
is_one_of(struct slice name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (slice_is_nocase(name, *names))
			return true;
	return false;
}

static bool
asks_receipt(struct slice name)
{
	static const char *const names[] = { "Disposition-Notification-To",
		"Return-Receipt-To", "X-Confirm-Reading-To", "Read-Receipt-To",
		"Return-Receipt-Requested", NULL };

	return is_one_of(name, names);
}

bool
mime_fix_asks_receipt(struct slice head)
{
	struct slice name, value;

	while (head_next(&head, &name, &value))
		if (asks_receipt(slice_trim(name)))
			return true;
	return false;
}

/* The name of the field in 'line'; empty: it has none. */
static struct slice
name_of(struct slice line)
{
	const char *colon = line.n == 0 ? NULL : memchr(line.p, ':', line.n);

	return colon == NULL
	    ? slice_of(line.p, 0)
	    : slice_trim(slice_of(line.p, (size_t)(colon - line.p)));
}

static void
put_field(struct out *o, const char *name, const char *value)
{
	buf_puts(o->to, name);
	buf_puts(o->to, ": ");
	buf_puts(o->to, value);
	buf_puts(o->to, o->end);
}

static void
put_encoding(struct out *o)
{
	put_field(o, "Content-Transfer-Encoding", o->h->encode);
	o->encoded = true;
}

/* One field with its continuation lines. */
static void
take_field(struct out *o, struct slice field)
{
	static const char *const of_content[] = { "Content-Type",
		"Content-Transfer-Encoding", "Content-Disposition",
		"Content-MD5", "Content-Length", NULL };
	struct slice name = name_of(field);

	if (slice_is_nocase(name, "MIME-Version"))
		o->version = true;
	if (o->h->stub && is_one_of(name, of_content))
		return;
	if (o->h->encode != NULL &&
	    slice_is_nocase(name, "Content-Transfer-Encoding")) {
		put_encoding(o);
		return;
	}
	if (o->h->receipts && asks_receipt(name)) {
		buf_puts(o->to, "X-Disarmed-");
		o->done |= FIX_RECEIPTS;
	}
	buf_put(o->to, field.p, field.n);
}

/* What is new, behind the fields that there are. */
static void
add_fields(struct out *o)
{
	size_t before = o->to->n;

	if (o->h->encode == NULL && !o->h->stub)
		return;
	if (before > 0 && o->to->p[before - 1] != '\n')
		buf_puts(o->to, o->end);
	if (o->h->version && !o->version)
		put_field(o, "MIME-Version", "1.0");
	if (o->h->stub) {
		put_field(o, "Content-Type", "text/plain; charset=utf-8");
		put_field(o, "Content-Transfer-Encoding", "quoted-printable");
		put_field(o, "Content-Disposition", "inline");
	} else if (!o->encoded) {
		put_encoding(o);
	}
}

static void
take_fields(struct out *o, struct slice raw)
{
	struct slice line, field = slice_of(raw.p, 0), left;

	while (left = raw, slice_next_line(&left, &line)) {
		if (head_is_empty_line(line))
			break;
		if (field.n > 0 && line.p[0] != ' ' && line.p[0] != '\t') {
			take_field(o, field);
			field = slice_of(line.p, 0);
		}
		field.n += line.n;
		raw = left;
	}
	if (field.n > 0)
		take_field(o, field);
	add_fields(o);
	if (raw.n > 0)
		buf_put(o->to, raw.p, raw.n);
	else if (o->h->body &&
	    (o->h->encode != NULL || o->h->stub || o->h->apart))
		buf_puts(o->to, o->end);
}

/* ------------------------------------------------------------- long lines */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* What a line goes on with.  Readers take the value of a parameter, a boundary
 * above all, as it stands in its quotes: there a field of MIME has no fold. */
struct fold {
	bool mime;    /* a Content-... field */
	bool quoted;  /* within a string */
	bool escaped; /* behind a backslash there */
};

static void
fold_pass(struct fold *f, char c)
{
	if (f->escaped)
		f->escaped = false;
	else if (f->quoted && c == '\\')
		f->escaped = true;
	else if (c == '"')
		f->quoted = !f->quoted;
}

/*
 * Where to fold a line, so that neither half is nothing but blanks: the last
 * blank within 'near' bytes, else the first within 'far'; 0: nowhere.
 */
static size_t
find_fold(struct fold f, struct slice s, size_t near, size_t far)
{
	size_t first = 0, last = s.n, best = 0, i;

	while (first < s.n && is_blank(s.p[first]))
		first++;
	while (last > first && is_blank(s.p[last - 1]))
		last--;
	for (i = 0; i < last && i <= far; i++) {
		if (i > near && best > 0)
			break;
		if (i > first && is_blank(s.p[i]) && !(f.mime && f.quoted))
			best = i;
		fold_pass(&f, s.p[i]);
	}
	return best;
}

/* The bytes of a line without its end. */
static size_t
content(struct slice line)
{
	size_t n = line.n;

	if (n > 0 && line.p[n - 1] == '\n')
		n--;
	if (n > 0 && line.p[n - 1] == '\r')
		n--;
	return n;
}

static void
fold_line(struct fold *f, struct slice line, size_t most, struct buf *out,
    uint64_t *long_r)
{
	size_t near = most < FOLD_AT ? most : FOLD_AT, before = out->n, at, i;
	struct slice rest = line, s = slice_of(line.p, content(line));

	if (s.n > 0 && !is_blank(*s.p))
		*f = (struct fold){ .mime = s.n > 8 &&
			    slice_is_nocase(slice_of(s.p, 8), "Content-") };
	while (s.n > most) {
		at = find_fold(*f, s, near, most);
		if (at == 0) {
			*long_r = s.n + 2;
			out->n = before;
			rest = line;
			break;
		}
		buf_put(out, s.p, at);
		buf_puts(out, "\r\n");
		for (i = 0; i < at; i++)
			fold_pass(f, s.p[i]);
		rest = slice_from(rest, at);
		s = slice_from(s, at);
	}
	for (i = 0; i < s.n; i++)
		fold_pass(f, s.p[i]);
	buf_put(out, rest.p, rest.n);
}

/* ------------------------------------------------------------------ whole */

unsigned
fix_head(const struct fix_head *h, struct slice raw, struct buf *out,
    uint64_t *long_r)
{
	struct out o = { .h = h, .to = out, .end = "\r\n" };
	struct buf other = { 0 };
	struct lines lines = { 0 };
	struct slice rest, line;
	struct fold fold = { 0 };
	size_t first;

	*long_r = 0;
	rest = raw;
	if (!h->want->newlines && slice_next_line(&rest, &line) &&
	    content(line) + 1 == line.n)
		o.end = "\n";
	take_fields(&o, raw);
	lines_put(&lines, out->p, out->n);
	lines_end(&lines);
	if (h->want->newlines && (lines.lf > 0 || lines.cr > 0)) {
		recode_text(RECODE_FRAME, 0, buf_slice(out), &other);
		buf_clear(out);
		buf_put(out, other.p, other.n);
		o.done |= FIX_NEWLINES;
	}
	if (h->want->line > 2 && lines.longest > h->want->line) {
		buf_clear(&other);
		rest = buf_slice(out);
		while (slice_next_line(&rest, &line))
			fold_line(&fold, line, (size_t)(h->want->line - 2),
			    &other, long_r);
		first = out->n;
		if (other.n != first)
			o.done |= FIX_LINES;
		buf_clear(out);
		buf_put(out, other.p, other.n);
	}
	buf_free(&other);
	return o.done;
}
