/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words of an HTML text; see html_text.h. */
#include "formats/html_text.h"

#include "core/num.h"
#include "core/text.h"

#define NAME_MAX 12

struct state {
	struct buf *out;
	size_t begin;	/* of our own in 'out' */
	unsigned lines; /* line ends that are due */
	bool blank;	/* a blank is due */
};

static const struct {
	const char *name;
	uint32_t cp;
} entities[] = {
	{ "amp", '&' },
	{ "lt", '<' },
	{ "gt", '>' },
	{ "quot", '"' },
	{ "apos", '\'' },
	{ "nbsp", ' ' },
	{ "iexcl", 0xa1 },
	{ "pound", 0xa3 },
	{ "sect", 0xa7 },
	{ "copy", 0xa9 },
	{ "laquo", 0xab },
	{ "reg", 0xae },
	{ "deg", 0xb0 },
	{ "middot", 0xb7 },
	{ "raquo", 0xbb },
	{ "iquest", 0xbf },
	{ "Agrave", 0xc0 },
	{ "Auml", 0xc4 },
	{ "Aring", 0xc5 },
	{ "AElig", 0xc6 },
	{ "Ccedil", 0xc7 },
	{ "Eacute", 0xc9 },
	{ "Ntilde", 0xd1 },
	{ "Ouml", 0xd6 },
	{ "Oslash", 0xd8 },
	{ "Uuml", 0xdc },
	{ "szlig", 0xdf },
	{ "agrave", 0xe0 },
	{ "aacute", 0xe1 },
	{ "acirc", 0xe2 },
	{ "auml", 0xe4 },
	{ "aring", 0xe5 },
	{ "aelig", 0xe6 },
	{ "ccedil", 0xe7 },
	{ "egrave", 0xe8 },
	{ "eacute", 0xe9 },
	{ "ecirc", 0xea },
	{ "euml", 0xeb },
	{ "iacute", 0xed },
	{ "icirc", 0xee },
	{ "iuml", 0xef },
	{ "ntilde", 0xf1 },
	{ "oacute", 0xf3 },
	{ "ocirc", 0xf4 },
	{ "ouml", 0xf6 },
	{ "oslash", 0xf8 },
	{ "ugrave", 0xf9 },
	{ "uacute", 0xfa },
	{ "ucirc", 0xfb },
	{ "uuml", 0xfc },
	{ "ndash", 0x2013 },
	{ "mdash", 0x2014 },
	{ "lsquo", 0x2018 },
	{ "rsquo", 0x2019 },
	{ "ldquo", 0x201c },
	{ "rdquo", 0x201d },
	{ "bull", 0x2022 },
	{ "hellip", 0x2026 },
	{ "euro", 0x20ac },
	{ "trade", 0x2122 },
};

static void
put(struct state *st, const char *p, size_t n)
{
	if (st->out->n > st->begin) {
		for (; st->lines > 0; st->lines--) {
			buf_putc(st->out, '\n');
			st->blank = false;
		}
		if (st->blank)
			buf_putc(st->out, ' ');
	}
	st->lines = 0;
	st->blank = false;
	buf_put(st->out, p, n);
}

static bool
number_of(struct slice name, uint32_t *cp_r)
{
	uint64_t v = 0;
	size_t i;

	if (name.n > 2 && (name.p[1] == 'x' || name.p[1] == 'X')) {
		for (i = 2; i < name.n; i++) {
			const char *hex = "0123456789abcdef";
			const char *at = strchr(hex, name.p[i] | 0x20);

			if (name.p[i] == '\0' || at == NULL)
				return false;
			v = v * 16 + (uint64_t)(at - hex);
		}
	} else if (!num_u64(slice_from(name, 1), 0x10ffff, &v)) {
		return false;
	}
	*cp_r = (uint32_t)v;
	return v >= 0x20 && v <= 0x10ffff && (v < 0xd800 || v > 0xdfff);
}

/* "&...;" at the front: its character, and how long it is; 0: it is none. */
static size_t
entity(struct slice s, uint32_t *cp_r)
{
	struct slice name;
	size_t n, i;

	for (n = 1; n < s.n && n <= NAME_MAX && s.p[n] != ';'; n++)
		;
	if (n < 2 || n >= s.n || s.p[n] != ';')
		return 0;
	name = slice_of(s.p + 1, n - 1);
	if (name.p[0] == '#')
		return number_of(name, cp_r) ? n + 1 : 0;
	for (i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
		if (slice_is(name, entities[i].name)) {
			*cp_r = entities[i].cp;
			return n + 1;
		}
	return 0;
}

/* Is the tag at 's' ("<p ...", "</p>") of that name? */
static bool
is_tag(struct slice s, const char *name)
{
	size_t at = s.n > 1 && s.p[1] == '/' ? 2 : 1, n = strlen(name);

	return s.n > at + n && strncasecmp(s.p + at, name, n) == 0 &&
	    strchr(" \t\r\n/>", s.p[at + n]) != NULL && s.p[at + n] != '\0';
}

/* Behind the tag; quoted values may hold a '>'. */
static struct slice
behind_tag(struct slice s)
{
	char quote = '\0';
	size_t i;

	if (slice_starts(s, "<!--")) {
		const char *end = memmem(s.p, s.n, "-->", 3);

		return end == NULL ? slice_from(s, s.n)
				   : slice_from(s, (size_t)(end - s.p) + 3);
	}
	for (i = 1; i < s.n; i++) {
		if (quote != '\0') {
			if (s.p[i] == quote)
				quote = '\0';
		} else if ((s.p[i] == '"' || s.p[i] == '\'') &&
		    s.p[i - 1] == '=') {
			quote = s.p[i];
		} else if (s.p[i] == '>') {
			return slice_from(s, i + 1);
		}
	}
	return slice_from(s, s.n);
}

/* All up to the end of that element. */
static struct slice
behind_element(struct slice s, const char *name)
{
	for (s = behind_tag(s); s.n > 0;) {
		const char *p = memchr(s.p, '<', s.n);

		if (p == NULL)
			return slice_from(s, s.n);
		s = slice_from(s, (size_t)(p - s.p));
		if (s.n > 1 && s.p[1] == '/' && is_tag(s, name))
			return behind_tag(s);
		s = slice_from(s, 1);
	}
	return s;
}

static struct slice
take_tag(struct state *st, struct slice s)
{
	static const char *const skipped[] = { "head", "style", "script",
		"title" };
	static const char *const lines[] = { "br", "div", "tr", "li", "ul",
		"ol", "table", "hr", "blockquote", "pre", "dt", "dd" };
	static const char *const paragraphs[] = { "p", "h1", "h2", "h3", "h4",
		"h5", "h6" };
	bool closing = s.n > 1 && s.p[1] == '/';
	size_t i;

	for (i = 0; i < sizeof(skipped) / sizeof(skipped[0]); i++)
		if (!closing && is_tag(s, skipped[i]))
			return behind_element(s, skipped[i]);
	if (is_tag(s, "br"))
		st->lines++;
	for (i = 1; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (is_tag(s, lines[i]) && st->lines == 0)
			st->lines = 1;
	for (i = 0; i < sizeof(paragraphs) / sizeof(paragraphs[0]); i++)
		if (is_tag(s, paragraphs[i]) && st->lines < 2)
			st->lines = 2;
	if (is_tag(s, "td") || is_tag(s, "th"))
		st->blank = true;
	if (!closing && is_tag(s, "li"))
		put(st, "* ", 2);
	return behind_tag(s);
}

void
html_to_text(struct buf *out, struct slice html)
{
	struct state st = { .out = out, .begin = out->n };
	struct buf one = { 0 };
	uint32_t cp;
	size_t n;

	buf_put(out, "", 0);
	while (html.n > 0) {
		n = 1;
		if (html.p[0] == '<' && html.n > 1 &&
		    (html.p[1] == '/' || html.p[1] == '!' || html.p[1] == '?' ||
			(html.p[1] | 0x20) >= 'a')) {
			html = take_tag(&st, html);
			continue;
		}
		if (html.p[0] == '&' && (n = entity(html, &cp)) > 0) {
			buf_clear(&one);
			text_put_utf8(&one, cp);
			put(&st, one.p, one.n);
		} else if (memchr(" \t\r\n", html.p[0], 4) != NULL) {
			st.blank = true;
			n = 1;
		} else {
			n = 1;
			put(&st, html.p, 1);
		}
		html = slice_from(html, n);
	}
	buf_free(&one);
}
