/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Items as JSON; see item_json.h. */
#include "formats/item_json.h"

#include <stdio.h>

#include "core/base64.h"
#include "core/buf.h"
#include "core/js.h"
#include "core/text.h"
#include "formats/item_props.h"

#define BLOCK 16384

struct writer {
	const struct item_sink *to;
	const struct item_json_opts *opts;
	struct err *err;
	bool failed;
	struct buf block;
	struct base64 b64;
	struct buf carry; /* the beginning of a character */
	unsigned depth;
};

static void
flush(struct writer *w)
{
	if (!w->failed && w->block.n > 0 &&
	    w->to->put(w->to->arg, w->block.p, w->block.n, w->err) != 0)
		w->failed = true;
	buf_clear(&w->block);
}

static void
put(struct writer *w, const char *s)
{
	buf_puts(&w->block, s);
	if (w->block.n >= BLOCK)
		flush(w);
}

static void
put_value(struct writer *w, struct js *v)
{
	js_put(&w->block, v);
	js_free(&v);
	if (w->block.n >= BLOCK)
		flush(w);
}

static void
new_line(struct writer *w, unsigned more)
{
	put(w, "\n");
	for (more += w->depth; more > 0; more--)
		put(w, "  ");
}

static void
put_key(struct writer *w, const char *key)
{
	put(w, "\"");
	put(w, key);
	put(w, "\": ");
}

static void
put_string(struct writer *w, const char *key, struct slice s)
{
	put_key(w, key);
	put_value(w, js_str(s));
}

/* ------------------------------------------------------- values as streams */

/* A piece of text without the quotes around it. */
static void
put_piece(struct writer *w, struct slice s)
{
	struct buf b = { 0 };
	struct js *v = js_str(s);

	js_put(&b, v);
	js_free(&v);
	if (b.n > 2)
		buf_put(&w->block, b.p + 1, b.n - 2);
	buf_free(&b);
	if (w->block.n >= BLOCK)
		flush(w);
}

static int
on_text(void *arg, const void *data, size_t len, struct err *err)
{
	struct writer *w = arg;
	const char *p;
	size_t n;

	buf_put(&w->carry, data, len);
	p = w->carry.p;
	n = w->carry.n;
	while (n > 0 && w->carry.n - n < 4 &&
	    ((unsigned char)p[n - 1] & 0xc0) == 0x80)
		n--;
	if (n > 0 && ((unsigned char)p[n - 1] & 0xc0) == 0xc0)
		n--;
	put_piece(w, slice_of(p, n));
	buf_eat(&w->carry, n);
	return w->failed ? err_set(err, SCOPE_STORE, EX_OK, "nobody listens")
			 : 0;
}

static int
on_bytes(void *arg, const void *data, size_t len, struct err *err)
{
	struct writer *w = arg;

	base64_put(&w->b64, &w->block, data, len);
	if (w->block.n >= BLOCK)
		flush(w);
	return w->failed ? err_set(err, SCOPE_STORE, EX_OK, "nobody listens")
			 : 0;
}

static void
problem(struct writer *w, const char *what, const struct err *why)
{
	struct buf b = { 0 };

	if (w->opts->problem == NULL || w->failed)
		return;
	buf_putf(&b, "%s%s%s", what, why->text[0] != '\0' ? ": " : "",
	    why->text);
	w->opts->problem(w->opts->arg, buf_str(&b));
	buf_free(&b);
}

static void
put_stream(struct writer *w, const struct item_stream *s, bool text,
    const char *what)
{
	struct item_sink to = { text ? on_text : on_bytes, w };
	struct err why = { 0 };
	int rc;

	put(w, "\"");
	buf_clear(&w->carry);
	w->b64 = (struct base64){ 0 };
	rc = s->copy == NULL ? 1 : s->copy(s->arg, &to, &why);
	if (text)
		put_piece(w, buf_slice(&w->carry));
	else
		base64_end(&w->b64, &w->block);
	put(w, "\"");
	if (rc != 1)
		problem(w, what, &why);
}

static void
put_base64(struct writer *w, struct slice s)
{
	put(w, "\"");
	w->b64 = (struct base64){ 0 };
	base64_put(&w->b64, &w->block, s.p, s.n);
	base64_end(&w->b64, &w->block);
	put(w, "\"");
}

/* -------------------------------------------------------------- properties */

static const char *
type_name(unsigned type)
{
	static const struct {
		unsigned type;
		const char *name;
	} names[] = {
		{ 0x0002, "integer16" },
		{ 0x0003, "integer32" },
		{ 0x0004, "floating32" },
		{ 0x0005, "floating64" },
		{ 0x0006, "currency" },
		{ 0x0007, "floating time" },
		{ 0x000a, "error" },
		{ 0x000b, "boolean" },
		{ 0x000d, "object" },
		{ 0x0014, "integer64" },
		{ 0x001e, "string8" },
		{ 0x001f, "string" },
		{ 0x0040, "time" },
		{ 0x0048, "guid" },
		{ 0x0102, "binary" },
		{ 0x1002, "integers16" },
		{ 0x1003, "integers32" },
		{ 0x1014, "integers64" },
		{ 0x101e, "strings8" },
		{ 0x101f, "strings" },
		{ 0x1040, "times" },
		{ 0x1048, "guids" },
		{ 0x1102, "binaries" },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].type == type)
			return names[i].name;
	return "unknown";
}

static void
put_guid(struct writer *w, const uint8_t g[16])
{
	char text[40];

	snprintf(text, sizeof(text),
	    "\"%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
	    "%02x%02x%02x%02x%02x%02x\"",
	    g[3], g[2], g[1], g[0], g[5], g[4], g[7], g[6], g[8], g[9], g[10],
	    g[11], g[12], g[13], g[14], g[15]);
	put(w, text);
}

static void
put_name(struct writer *w, const struct item_prop *p)
{
	char text[16];

	if (!p->named)
		return;
	put(w, ", ");
	put_key(w, "set");
	put_guid(w, p->set);
	put(w, ", ");
	if (p->by_string) {
		put_string(w, "name", p->string);
	} else {
		snprintf(text, sizeof(text), "0x%04x", p->number);
		put_string(w, "number", slice_str(text));
	}
}

static void
put_time(struct writer *w, int64_t t)
{
	char iso[32];

	if (t == DATE_UNKNOWN || t < -62135596800 || t > 253402300799)
		put(w, "null");
	else
		put_value(w, js_str(slice_str(date_format_iso(iso, t))));
}

static void
put_many(struct writer *w, const struct item_prop *p)
{
	size_t i;

	put(w, "[");
	for (i = 0; i < p->n_many; i++) {
		if (i > 0)
			put(w, ", ");
		if (p->form == PROP_TEXTS)
			put_value(w, js_str(p->many[i]));
		else
			put_base64(w, p->many[i]);
	}
	put(w, "]");
}

static void
put_property(struct writer *w, const struct item_prop *p)
{
	static const char what[] = "a property cannot be read whole";
	char text[16];

	snprintf(text, sizeof(text), "0x%04x", p->id);
	put(w, "{");
	put_string(w, "id", slice_str(text));
	put(w, ", ");
	put_string(w, "type", slice_str(type_name(p->type)));
	put_name(w, p);
	put(w, ", ");
	put_key(w,
	    p->form == PROP_BYTES || p->form == PROP_BYTESES ? "base64"
							     : "value");
	switch (p->form) {
	case PROP_INT:
		put_value(w, js_int(p->value));
		break;
	case PROP_BOOL:
		put(w, p->value != 0 ? "true" : "false");
		break;
	case PROP_REAL:
		put_value(w, p->real == p->real ? js_real(p->real) : js_null());
		break;
	case PROP_TIME:
		put_time(w, p->value);
		break;
	case PROP_TEXT:
		if (p->stream.copy != NULL)
			put_stream(w, &p->stream, true, what);
		else
			put_value(w, js_str(p->text));
		break;
	case PROP_BYTES:
		put_stream(w, &p->stream, false, what);
		break;
	case PROP_TEXTS:
	case PROP_BYTESES:
		put_many(w, p);
		break;
	default:
		put(w, "null");
	}
	put(w, "}");
}

static void
put_properties(struct writer *w, const struct item *it)
{
	struct arena a = { 0 };
	struct item_prop p;
	size_t i;

	put_key(w, "properties");
	put(w, "[");
	for (i = 0; it->props != NULL && i < it->props->n; i++) {
		put(w, i > 0 ? "," : "");
		new_line(w, 2);
		it->props->get(it->props->arg, i, &a, &p);
		put_property(w, &p);
		arena_reset(&a);
	}
	new_line(w, 1);
	put(w, "]");
	arena_free(&a);
}

/* ----------------------------------------------------- people, parts, all */

static void
put_recipients(struct writer *w, const struct item *it)
{
	static const char *const types[] = { "", "to", "cc", "bcc" };
	const struct item_recipient *to;
	size_t i;

	put_key(w, "recipients");
	put(w, "[");
	for (i = 0; i < it->n_recipients; i++) {
		to = &it->recipients[i];
		put(w, i > 0 ? "," : "");
		new_line(w, 2);
		put(w, "{");
		put_string(w, "type", slice_str(types[to->type & 3]));
		put(w, ", ");
		put_string(w, "name", to->who.name);
		put(w, ", ");
		put_string(w, "address",
		    to->who.smtp.n > 0 ? to->who.smtp : to->who.x500);
		put(w, "}");
	}
	if (i > 0)
		new_line(w, 1);
	put(w, "]");
}

static void put_item(struct writer *w, const struct item *it);

static void
put_embedded(struct writer *w, const struct item_attach *at)
{
	struct item *it = NULL;
	struct err why = { 0 };

	put(w, ", ");
	put_key(w, "item");
	if (at->open == NULL || at->open(at->arg, &it, &why) != 0) {
		put(w, "null");
		problem(w, "an item in it cannot be read", &why);
		return;
	}
	w->depth += 2;
	put_item(w, it);
	w->depth -= 2;
	item_close(&it);
}

static void
put_attachments(struct writer *w, const struct item *it)
{
	const struct item_attach *at;
	size_t i;

	put_key(w, "attachments");
	put(w, "[");
	for (i = 0; i < it->n_attachments; i++) {
		at = &it->attachments[i];
		put(w, i > 0 ? "," : "");
		new_line(w, 2);
		put(w, "{");
		put_string(w, "name", at->name);
		put(w, ", ");
		put_string(w, "type", at->mime);
		put(w, ", ");
		put_key(w, "method");
		put_value(w, js_int(at->method));
		if (at->path.n > 0) {
			put(w, ", ");
			put_string(w, "path", at->path);
		}
		if (at->method == ITEM_ATTACH_ITEM) {
			put_embedded(w, at);
		} else if (at->data.copy != NULL) {
			put(w, ", ");
			put_key(w, "base64");
			put_stream(w, &at->data, false,
			    "an attachment cannot be read whole");
		}
		put(w, "}");
	}
	if (i > 0)
		new_line(w, 1);
	put(w, "]");
}

static void
put_item(struct writer *w, const struct item *it)
{
	put(w, "{");
	new_line(w, 1);
	put_string(w, "class", it->class);
	put(w, ",");
	new_line(w, 1);
	put_string(w, "subject", it->subject);
	put(w, ",");
	new_line(w, 1);
	put_properties(w, it);
	put(w, ",");
	new_line(w, 1);
	put_recipients(w, it);
	put(w, ",");
	new_line(w, 1);
	put_attachments(w, it);
	new_line(w, 0);
	put(w, "}");
}

int
item_json(const struct item *it, const struct item_json_opts *opts,
    const struct item_sink *to, struct err *err)
{
	struct writer w = { .to = to, .opts = opts, .err = err };

	put_item(&w, it);
	put(&w, "\n");
	flush(&w);
	buf_free(&w.block);
	buf_free(&w.carry);
	return w.failed ? -1 : 0;
}
