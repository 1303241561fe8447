/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text of an item; see item_text.h. */
#include "formats/item_text.h"

#include "core/buf.h"
#include "core/text.h"
#include "formats/pst/codepage.h"

#define PIECE	   32768
#define NO_LINES   ((size_t)1 << 20) /* a line longer than that is cut */
#define TAG_MAX	   16
#define ENTITY_MAX 12

struct utf8 {
	const struct item_sink *to;
	unsigned codepage;
	struct buf in, out;
	size_t lines; /* of 'in', up to the last line's end */
	bool begun;
};

/* Whole characters of the beginning, without NULs. */
static int
pass(struct utf8 *u, struct slice s, struct err *err)
{
	size_t i, from = 0;

	if (!u->begun && slice_starts(s, "\xef\xbb\xbf"))
		s = slice_from(s, 3);
	u->begun = u->begun || s.n > 0;
	buf_clear(&u->out);
	for (i = 0; i <= s.n; i++) {
		if (i < s.n && s.p[i] != '\0')
			continue;
		text_repair(&u->out, slice_of(s.p + from, i - from));
		from = i + 1;
	}
	return u->out.n == 0 ? 0
			     : u->to->put(u->to->arg, u->out.p, u->out.n, err);
}

/* How much of it ends between characters: UTF-8 anywhere, others at a line's
 * end, which no double-byte code page has inside a character. */
static size_t
whole(const struct utf8 *u)
{
	const char *p = u->in.p;
	size_t n = u->in.n, back = 0;

	if (u->codepage != CODEPAGE_UTF8)
		return u->lines > 0 ? u->lines : n > NO_LINES ? n : 0;
	while (back < 3 && back < n &&
	    ((unsigned char)p[n - 1 - back] & 0xc0) == 0x80)
		back++;
	if (back < n && ((unsigned char)p[n - 1 - back] & 0xc0) == 0xc0)
		n -= back + 1;
	return n;
}

static int
convert(struct utf8 *u, size_t n, struct err *err)
{
	struct buf wide = { 0 };
	int rc;

	if (n == 0)
		return 0;
	if (u->codepage == CODEPAGE_UTF8) {
		rc = pass(u, slice_of(u->in.p, n), err);
	} else {
		codepage_to_utf8(&wide, slice_of(u->in.p, n),
		    u->codepage != 0 ? u->codepage : CODEPAGE_WESTERN);
		rc = pass(u, buf_slice(&wide), err);
		buf_free(&wide);
	}
	buf_eat(&u->in, n);
	u->lines = 0;
	return rc;
}

static int
on_bytes(void *arg, const void *data, size_t len, struct err *err)
{
	struct utf8 *u = arg;
	const char *nl = len == 0 ? NULL : memrchr(data, '\n', len);

	if (nl != NULL)
		u->lines = u->in.n + (size_t)(nl + 1 - (const char *)data);
	buf_put(&u->in, data, len);
	return u->in.n < PIECE ? 0 : convert(u, whole(u), err);
}

/* ------------------------------------------------------------------- HTML */

struct strip {
	const struct item_sink *to;
	struct buf out;
	enum { IN_TEXT, IN_TAG, IN_ENTITY, IN_COMMENT } at;
	char word[TAG_MAX + 1]; /* a tag's name, or an entity's */
	size_t n;
	bool named;    /* the tag's name is over */
	bool gap;      /* blanks came */
	bool empty;    /* nothing stands in this line yet */
	size_t hidden; /* in <style>, <script>, <head> */
	char last[2];
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void
put_text(struct strip *h, const char *p, size_t n)
{
	if (h->hidden > 0)
		return;
	if (h->gap && !h->empty)
		buf_putc(&h->out, ' ');
	h->gap = h->empty = false;
	buf_put(&h->out, p, n);
}

static void
new_line(struct strip *h, bool always)
{
	if (h->hidden == 0 && (always || !h->empty))
		buf_puts(&h->out, "\r\n");
	h->gap = false;
	h->empty = true;
}

static void
end_tag(struct strip *h)
{
	static const char *const blocks[] = { "p", "/p", "div", "/div", "tr",
		"li", "h1", "h2", "h3", "h4", "/h1", "/h2", "/h3", "/h4",
		"table", "/table", "ul", "/ul", "ol", "/ol", "blockquote",
		"/blockquote", "hr" };
	static const char *const hide[] = { "style", "script", "head" };
	size_t i;

	h->word[h->n] = '\0';
	for (i = 0; i < 3; i++) {
		if (strcasecmp(h->word, hide[i]) == 0)
			h->hidden |= (size_t)1 << i;
		if (h->word[0] == '/' && strcasecmp(h->word + 1, hide[i]) == 0)
			h->hidden &= ~((size_t)1 << i);
	}
	if (strcasecmp(h->word, "br") == 0 || strcasecmp(h->word, "br/") == 0)
		new_line(h, true);
	for (i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
		if (strcasecmp(h->word, blocks[i]) == 0)
			new_line(h, false);
}

static void
end_entity(struct strip *h)
{
	static const struct {
		const char *name;
		uint32_t cp;
	} names[] = { { "amp", '&' }, { "lt", '<' }, { "gt", '>' },
		{ "quot", '"' }, { "apos", '\'' }, { "nbsp", 0xa0 },
		{ "eacute", 0xe9 }, { "auml", 0xe4 }, { "ouml", 0xf6 },
		{ "uuml", 0xfc }, { "szlig", 0xdf }, { "euro", 0x20ac },
		{ "ndash", 0x2013 }, { "mdash", 0x2014 } };
	struct buf b = { 0 };
	uint32_t cp = 0;
	size_t i = 1;

	h->word[h->n] = '\0';
	if (h->word[0] == '#' && (h->word[1] == 'x' || h->word[1] == 'X')) {
		for (i = 2; i < h->n && cp < 0x110000; i++)
			cp = cp * 16 +
			    (uint32_t)(h->word[i] <= '9'
				    ? h->word[i] - '0'
				    : (h->word[i] | 32) - 'a' + 10);
	} else if (h->word[0] == '#') {
		for (; i < h->n && cp < 0x110000; i++)
			cp = cp * 10 + (uint32_t)(h->word[i] - '0');
	}
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(h->word, names[i].name) == 0)
			cp = names[i].cp;
	if (cp >= 0x20 && cp < 0x110000 && (cp < 0xd800 || cp > 0xdfff)) {
		text_put_utf8(&b, cp);
	} else {
		buf_putc(&b, '&');
		buf_put(&b, h->word, h->n);
		buf_putc(&b, ';');
	}
	put_text(h, b.p, b.n);
	buf_free(&b);
}

static bool
in_entity(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '#';
}

static void
one(struct strip *h, char c)
{
	switch (h->at) {
	case IN_COMMENT:
		if (c == '>' && h->last[0] == '-' && h->last[1] == '-')
			h->at = IN_TEXT;
		h->last[0] = h->last[1];
		h->last[1] = c;
		break;
	case IN_TAG:
		if (c == '>') {
			h->at = IN_TEXT;
			end_tag(h);
		} else if (is_blank(c)) {
			h->named = true;
		} else if (!h->named && h->n < TAG_MAX) {
			h->word[h->n++] = c;
			if (h->n == 3 && memcmp(h->word, "!--", 3) == 0)
				h->at = IN_COMMENT;
		}
		break;
	case IN_ENTITY:
		if (in_entity(c) && h->n < ENTITY_MAX) {
			h->word[h->n++] = c;
			break;
		}
		h->at = IN_TEXT;
		if (c == ';' && h->n > 0) {
			end_entity(h);
			break;
		}
		put_text(h, "&", 1);
		put_text(h, h->word, h->n);
		/* fall through: it is text */
		__attribute__((fallthrough));
	default:
		h->n = 0;
		h->named = false;
		h->last[0] = h->last[1] = ' ';
		if (c == '<')
			h->at = IN_TAG;
		else if (c == '&')
			h->at = IN_ENTITY;
		else if (is_blank(c))
			h->gap = true;
		else
			put_text(h, &c, 1);
	}
}

static int
on_html(void *arg, const void *data, size_t len, struct err *err)
{
	struct strip *h = arg;
	const char *p = data;
	int rc = 0;

	for (; len > 0; len--)
		one(h, *p++);
	if (h->out.n > 0)
		rc = h->to->put(h->to->arg, h->out.p, h->out.n, err);
	buf_clear(&h->out);
	return rc;
}

int
item_text(const struct item *it, const struct item_sink *to, struct err *err)
{
	struct strip h = { .to = to, .empty = true };
	struct item_sink stripped = { on_html, &h };
	bool html = it->plain.stream.copy == NULL;
	const struct item_body *b = html ? &it->html : &it->plain;
	struct utf8 u = { .to = html ? &stripped : to,
		.codepage = b->codepage };
	struct item_sink mine = { on_bytes, &u };
	int rc = 1;

	if (b->stream.copy != NULL) {
		rc = b->stream.copy(b->stream.arg, &mine, err);
		if (rc >= 0 && convert(&u, u.in.n, err) != 0)
			rc = -1;
	}
	buf_free(&u.in);
	buf_free(&u.out);
	buf_free(&h.out);
	return rc;
}
