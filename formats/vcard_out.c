/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Content lines of a vCard, folded where no character is cut; RFC 6350 3. */
#include "formats/vcard_impl.h"

#include "core/limits.h"
#include "core/text.h"

#define BLOCK 16384

int
vcard_flush(struct vcard_out *o)
{
	if (!o->failed && o->block.n > 0 &&
	    o->to->put(o->to->arg, o->block.p, o->block.n, o->err) != 0)
		o->failed = true;
	buf_clear(&o->block);
	return o->failed ? -1 : 0;
}

/* How many bytes a character of UTF-8 has, by its first. */
static size_t
length_of(unsigned char c)
{
	return c < 0x80 ? 1 : c < 0xc0 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

void
vcard_put(struct vcard_out *o, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (o->col + length_of((unsigned char)p[i]) > VCARD_LINE) {
			buf_puts(&o->block, "\r\n ");
			o->col = 1;
		}
		buf_putc(&o->block, p[i]);
		o->col++;
	}
	if (o->block.n >= BLOCK)
		vcard_flush(o);
}

void
vcard_puts(struct vcard_out *o, const char *s)
{
	vcard_put(o, s, strlen(s));
}

void
vcard_end_line(struct vcard_out *o)
{
	buf_puts(&o->block, "\r\n");
	o->col = 0;
	o->was_cr = false;
	if (o->block.n >= BLOCK)
		vcard_flush(o);
}

static bool
is_control(uint32_t cp)
{
	return (cp < 0x20 && cp != '\t') || (cp >= 0x7f && cp < 0xa0);
}

static void
put_one(struct vcard_out *o, const char *p, size_t len, uint32_t cp)
{
	bool after_cr = o->was_cr;

	o->was_cr = cp == '\r';
	if (cp == '\n' && after_cr)
		return;
	if (cp == '\n' || cp == '\r') {
		vcard_put(o, "\\n", 2);
	} else if (!is_control(cp)) {
		if (cp == '\\' || cp == ',' || cp == ';')
			vcard_put(o, "\\", 1);
		vcard_put(o, p, len);
	}
}

void
vcard_put_text(struct vcard_out *o, struct slice s)
{
	uint32_t cp;
	size_t len;

	for (; s.n > 0; s = slice_from(s, len)) {
		len = text_utf8(s.p, s.n, &cp);
		if (len == 0) {
			len = 1;
			vcard_put(o, "\xef\xbf\xbd", 3);
		} else {
			put_one(o, s.p, len, cp);
		}
	}
}

void
vcard_put_uri(struct vcard_out *o, struct slice s)
{
	uint32_t cp;
	size_t len;

	for (; s.n > 0; s = slice_from(s, len)) {
		len = text_utf8(s.p, s.n, &cp);
		if (len > 0 && !is_control(cp) && cp != '\t')
			vcard_put(o, s.p, len);
		len = len == 0 ? 1 : len;
	}
}

void
vcard_put_param(struct vcard_out *o, const char *name, struct slice value)
{
	struct buf b = { 0 };
	bool quote = false;
	uint32_t cp;
	size_t len;

	for (; value.n > 0; value = slice_from(value, len)) {
		len = text_utf8(value.p, value.n, &cp);
		if (len == 0) {
			len = 1;
			continue;
		}
		if (cp == '\n')
			buf_puts(&b, "^n");
		else if (cp == '^')
			buf_puts(&b, "^^");
		else if (cp == '"')
			buf_puts(&b, "^'");
		else if (!is_control(cp))
			buf_put(&b, value.p, len);
		quote = quote || cp == ',' || cp == ';' || cp == ':' ||
		    cp == '"' || cp == ' ' || cp > 0x7e;
	}
	vcard_put(o, ";", 1);
	vcard_puts(o, name);
	vcard_put(o, quote || b.n == 0 ? "=\"" : "=",
	    quote || b.n == 0 ? 2 : 1);
	vcard_put(o, buf_str(&b), b.n);
	if (quote || b.n == 0)
		vcard_put(o, "\"", 1);
	buf_free(&b);
}

/* ----------------------------------------------------------------- base64 */

/* The same where every byte is a character. */
static void
put_ascii(struct vcard_out *o, const char *p, size_t n)
{
	size_t some;

	while (n > 0) {
		if (o->col >= VCARD_LINE) {
			buf_puts(&o->block, "\r\n ");
			o->col = 1;
		}
		some = VCARD_LINE - o->col < n ? VCARD_LINE - o->col : n;
		buf_put(&o->block, p, some);
		o->col += some;
		p += some;
		n -= some;
	}
	if (o->block.n >= BLOCK)
		vcard_flush(o);
}

static int
on_base64(void *arg, const void *data, size_t len, struct err *err)
{
	struct vcard_out *o = arg;
	struct buf text = { 0 };

	base64_put(&o->base64, &text, data, len);
	put_ascii(o, text.p, text.n);
	buf_free(&text);
	if (o->failed)
		return err_set(err, SCOPE_STORE, EX_OK, "nobody listens");
	return 0;
}

int
vcard_put_base64(struct vcard_out *o, const struct item_stream *s,
    struct err *why_r)
{
	struct item_sink to = { on_base64, o };
	struct buf text = { 0 };
	int rc;

	o->base64 = (struct base64){ 0 };
	rc = s->copy == NULL ? 1 : s->copy(s->arg, &to, why_r);
	base64_end(&o->base64, &text);
	vcard_put(o, text.p, text.n);
	buf_free(&text);
	return rc < 0 || o->failed ? -1 : rc == 0;
}
