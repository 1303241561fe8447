/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An item in lines to compare; see pst_facts.h. */
#include "extract/pst_facts.h"

#include <stdio.h>

#include "core/buf.h"
#include "core/digest.h"
#include "core/limits.h"
#include "core/text.h"
#include "formats/pst/codepage.h"

#define TEXT_MAX  80	     /* longer text is compared by its hash */
#define BODY_MAX  (4u << 20) /* of a body is converted to UTF-8 */
#define SHORT	  8	     /* bytes of a hash that are told */
#define DEPTH_MAX 24
#define TAIL	  1000 /* bytes kept free for "rest" and "backing" */

struct facts {
	struct buf out;
	struct digest *hash, *rest;
	uint64_t left_out; /* bytes of lines that are only in 'rest' */
	bool whole;	   /* only the last lines are to come */
	struct buf body;   /* a body's first bytes */
	uint64_t size;	   /* of a stream */
};

static void
put(struct facts *f, const char *prefix, const char *field, struct slice value)
{
	struct buf line = { 0 };

	buf_putf(&line, "%s%s\t", prefix, field);
	buf_put(&line, value.p, value.n);
	buf_putc(&line, '\n');
	if (f->whole ||
	    (f->left_out == 0 && f->out.n + line.n <= FACTS_MAX - TAIL)) {
		buf_put(&f->out, line.p, line.n);
	} else {
		digest_add(f->rest, line.p, line.n);
		f->left_out += line.n;
	}
	buf_free(&line);
}

static void
put_hash(struct facts *f, const char *prefix, const char *field, uint64_t size,
    struct digest *d, const char *how)
{
	uint8_t sha256[DIGEST_BYTES];
	char hex[DIGEST_HEX], text[DIGEST_HEX + 60];

	digest_end(d, sha256);
	snprintf(text, sizeof(text), "%llu bytes, %s%s",
	    (unsigned long long)size, digest_hex(hex, sha256, SHORT), how);
	put(f, prefix, field, slice_str(text));
}

/* Nothing is said of what is empty. */
static void
put_text(struct facts *f, const char *prefix, const char *field, struct slice s)
{
	struct buf safe = { 0 };

	while (s.n > 0 && s.p[s.n - 1] == '\0')
		s.n--;
	if (s.n == 0)
		return;
	if (s.n > TEXT_MAX) {
		digest_reset(f->hash);
		digest_add(f->hash, s.p, s.n);
		put_hash(f, prefix, field, s.n, f->hash, "");
		return;
	}
	text_escape(&safe, s);
	put(f, prefix, field, buf_slice(&safe));
	buf_free(&safe);
}

static void
put_number(struct facts *f, const char *prefix, const char *field, int64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)n);
	put(f, prefix, field, slice_str(text));
}

static void
put_time(struct facts *f, const char *prefix, const char *field, int64_t t)
{
	char text[32];

	if (t != DATE_UNKNOWN)
		put(f, prefix, field, slice_str(date_format_iso(text, t)));
}

/* -------------------------------------------------------------- streams */

static int
take(void *arg, const void *data, size_t len, struct err *err)
{
	struct facts *f = arg;

	(void)err;
	digest_add(f->hash, data, len);
	if (f->body.n < BODY_MAX)
		buf_put(&f->body, data,
		    len < BODY_MAX - f->body.n ? len : BODY_MAX - f->body.n);
	f->size += len;
	return 0;
}

static int
take_all(void *arg, const void *data, size_t len, struct err *err)
{
	struct facts *f = arg;

	(void)err;
	digest_add(f->hash, data, len);
	f->size += len;
	return 0;
}

static const char *
how_it_ended(int rc)
{
	return rc > 0 ? "" : rc == 0 ? ", cut off" : ", unreadable";
}

/* Where 'exact' is false, only what came is told, not whether it is all. */
static void
put_stream(struct facts *f, const char *prefix, const char *field,
    const struct item_stream *s, bool exact)
{
	struct item_sink sink = { take_all, f };
	struct err err = { 0 };
	int rc;

	if (s->copy == NULL)
		return;
	f->size = 0;
	digest_reset(f->hash);
	rc = s->copy(s->arg, &sink, &err);
	put_hash(f, prefix, field, f->size, f->hash,
	    exact ? how_it_ended(rc) : "");
}

/* Readers may differ in whether they have converted it already. */
static void
put_body(struct facts *f, const char *prefix, const char *field,
    const struct item_body *b)
{
	struct item_sink sink = { take, f };
	struct buf text = { 0 };
	struct err err = { 0 };
	int rc;

	if (b->stream.copy == NULL)
		return;
	f->size = 0;
	buf_clear(&f->body);
	digest_reset(f->hash);
	rc = b->stream.copy(b->stream.arg, &sink, &err);
	while (f->body.n > 0 && f->size < BODY_MAX &&
	    f->body.p[f->body.n - 1] == '\0')
		f->body.n--;
	codepage_to_utf8(&text, buf_slice(&f->body),
	    b->codepage == 0 ? CODEPAGE_WESTERN : b->codepage);
	if (f->size < BODY_MAX)
		f->size = text.n;
	digest_reset(f->hash);
	digest_add(f->hash, text.p, text.n);
	if (f->size > 0)
		put_hash(f, prefix, field, f->size, f->hash, how_it_ended(rc));
	buf_free(&text);
	buf_clear(&f->body);
}

/* ---------------------------------------------------------------- parts */

static void
put_person(struct facts *f, const char *prefix, const char *field,
    const struct item_person *p)
{
	char name[40];

	snprintf(name, sizeof(name), "%s.name", field);
	put_text(f, prefix, name, p->name);
	snprintf(name, sizeof(name), "%s.smtp", field);
	put_text(f, prefix, name, p->smtp);
	snprintf(name, sizeof(name), "%s.x500", field);
	put_text(f, prefix, name, p->x500);
}

static void
put_recipients(struct facts *f, const char *prefix, const struct item *it)
{
	char field[24];
	size_t i;

	put_number(f, prefix, "recipients", (int64_t)it->n_recipients);
	for (i = 0; i < it->n_recipients; i++) {
		snprintf(field, sizeof(field), "%s%zu",
		    it->recipients[i].type == ITEM_TO	    ? "to"
			: it->recipients[i].type == ITEM_CC ? "cc"
							    : "bcc",
		    i + 1);
		put_person(f, prefix, field, &it->recipients[i].who);
	}
}

static void put_item(struct facts *f, const char *prefix, unsigned depth,
    const struct item *it, bool mail);

static void
put_embedded(struct facts *f, const char *prefix, unsigned depth,
    const struct item_attach *a)
{
	struct item *in = NULL;
	struct err err = { 0 };
	struct buf below = { 0 };

	buf_puts(&below, prefix);
	below.p[below.n - 1] = '/';
	if (depth >= DEPTH_MAX) {
		put(f, prefix, "item", slice_str("too deep"));
	} else if (a->open(a->arg, &in, &err) != 0) {
		put(f, prefix, "item", slice_str("unreadable"));
	} else {
		put_item(f, buf_str(&below), depth + 1, in, true);
		item_close(&in);
	}
	buf_free(&below);
}

static void
put_attachment(struct facts *f, const char *up, unsigned depth, size_t i,
    const struct item_attach *a)
{
	struct buf prefix = { 0 };
	const char *p;

	buf_putf(&prefix, "%sattach%zu.", up, i);
	p = buf_str(&prefix);
	put_number(f, p, "method", a->method);
	put_text(f, p, "name", a->name);
	put_text(f, p, "mime", a->mime);
	put_text(f, p, "cid", a->cid);
	put_text(f, p, "location", a->location);
	put_text(f, p, "path", a->path);
	if (a->method == ITEM_ATTACH_ITEM && a->open != NULL)
		put_embedded(f, p, depth, a);
	else
		put_stream(f, p, "data", &a->data, true);
	buf_free(&prefix);
}

static void
put_address(struct buf *b, struct slice addr)
{
	if (addr.n == 0 || memchr(addr.p, '@', addr.n) == NULL)
		return;
	if (b->n > 0)
		buf_putc(b, ' ');
	buf_put(b, addr.p, addr.n);
}

/* The addresses to answer to; one reader has names beside them. */
static void
put_reply_to(struct facts *f, const char *p, const struct item *it)
{
	struct slice list = it->reply_to, one;
	struct buf b = { 0 };
	size_t n, i;

	for (i = 0; i < it->n_reply_people; i++)
		put_address(&b, it->reply_people[i].smtp);
	while (list.n > 0 && it->n_reply_people == 0) {
		for (n = 0; n < list.n && list.p[n] != ';'; n++)
			;
		one = slice_trim(slice_of(list.p, n));
		list = slice_from(list, n + 1);
		put_address(&b, one);
	}
	put_text(f, p, "reply_to", buf_slice(&b));
	buf_free(&b);
}

static void
put_head(struct facts *f, const char *p, const struct item *it)
{
	size_t i;

	put_text(f, p, "subject", it->subject);
	put_text(f, p, "headers", it->headers);
	put_text(f, p, "message_id", it->message_id);
	put_text(f, p, "in_reply_to", it->in_reply_to);
	put_text(f, p, "references", it->references);
	put_time(f, p, "submitted", it->submitted);
	put_time(f, p, "delivered", it->delivered);
	/* who sent it is not told by this flag, but by the names */
	put_number(f, p, "flags", it->flags & ~(unsigned)ITEM_FROM_ME);
	put_number(f, p, "importance", it->importance);
	put_number(f, p, "sensitivity", it->sensitivity);
	for (i = 0; i < it->n_categories; i++)
		put_text(f, p, "category", it->categories[i]);
	put_person(f, p, "from", &it->from);
	put_person(f, p, "sender", &it->sender);
	put_reply_to(f, p, it);
	put_text(f, p, "report", it->report.text);
}

/* Of what becomes no message only this: each reader knows kinds of items that
 * the other has no eye for. */
static void
put_item(struct facts *f, const char *prefix, unsigned depth,
    const struct item *it, bool mail)
{
	size_t i;

	put_text(f, prefix, "class", it->class);
	if (!mail)
		return;
	put_head(f, prefix, it);
	put_recipients(f, prefix, it);
	put_body(f, prefix, "plain", &it->plain);
	put_body(f, prefix, "html", &it->html);
	/* libpst does not look at the RTF's own checksum */
	put_stream(f, prefix, "rtf", &it->rtf, false);
	put_number(f, prefix, "attachments", (int64_t)it->n_attachments);
	for (i = 0; i < it->n_attachments; i++)
		put_attachment(f, prefix, depth, i + 1, &it->attachments[i]);
}

/* ------------------------------------------------------------------ whole */

/* What in the file stands behind the item: no fact to compare, but to tell
 * beside what differs. */
static void
put_backing(struct facts *f, const struct item *it, const struct facts_in *in)
{
	char text[200];
	bool sound;

	if (in->damage_now == NULL)
		return;
	sound = *in->damage_now == in->damage;
	snprintf(text, sizeof(text), "%s its folder's list, %s",
	    it->listed ? "in" : "not in",
	    sound ? "checksums hold" : "blocks of it are damaged");
	put(f, "", "backing", slice_str(text));
}

static void
put_rest(struct facts *f)
{
	f->whole = true;
	if (f->left_out > 0)
		put_hash(f, "", "rest", f->left_out, f->rest, "");
}

static int
send_all(const struct buf *b, const struct item_sink *to, struct err *err)
{
	size_t at, n;

	for (at = 0; at < b->n; at += n) {
		n = b->n - at < LIMIT_BLOCK ? b->n - at : LIMIT_BLOCK;
		if (to->put(to->arg, b->p + at, n, err) != 0)
			return -1;
	}
	return 0;
}

int
pst_facts(const struct item *it, const struct facts_in *in,
    const struct item_sink *to, struct err *err)
{
	struct facts f = { .hash = digest_new(), .rest = digest_new() };
	int rc;

	put(&f, "", "mail", slice_str(in->mail ? "yes" : "no"));
	put_item(&f, "", 0, it, in->mail);
	put_rest(&f);
	put_backing(&f, it, in);
	rc = send_all(&f.out, to, err);
	digest_free(&f.hash);
	digest_free(&f.rest);
	buf_free(&f.body);
	buf_free(&f.out);
	return rc;
}
