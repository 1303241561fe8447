/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small reader of RTF 1.9 that keeps only the text; see rtf.h. */
#include "formats/pst/rtf.h"

#include <stdlib.h>

#include "core/mem.h"
#include "core/text.h"
#include "formats/pst/codepage.h"

#define DEPTH_MAX 200 /* groups deeper than this are read flat */
#define FONTS_MAX 512
#define WORD_MAX  32

/* What a group inherits. */
struct group {
	bool hidden;   /* a destination that is no text */
	bool htmlrtf;  /* RTF that stands for a HTML tag */
	unsigned skip; /* characters that stand for a \u (\uc) */
	unsigned codepage;
	bool fonttbl;
};

struct rtf {
	struct slice in;
	struct buf *out;
	struct group now, stack[DEPTH_MAX];
	size_t depth;
	unsigned skipping; /* substitutes of the last \u left */
	uint32_t high;	   /* first half of a surrogate pair */
	struct buf bytes;  /* 8-bit characters not decoded yet */
	bool star;	   /* \* was seen: unknown destinations are hidden */

	unsigned font;
	struct {
		unsigned number, codepage;
	} fonts[FONTS_MAX];
	size_t n_fonts;
};

/* 8-bit characters are decoded together: two may make one letter. */
static void
flush_bytes(struct rtf *r)
{
	if (r->bytes.n > 0)
		codepage_to_utf8(r->out, buf_slice(&r->bytes), r->now.codepage);
	buf_clear(&r->bytes);
}

static bool
is_shown(const struct rtf *r)
{
	return !r->now.hidden && !r->now.htmlrtf;
}

static void
put_byte(struct rtf *r, unsigned char c)
{
	if (r->skipping > 0) {
		r->skipping--;
		return;
	}
	if (is_shown(r))
		buf_putc(&r->bytes, (char)c);
}

static void
put_text(struct rtf *r, const char *s)
{
	flush_bytes(r);
	if (is_shown(r))
		buf_puts(r->out, s);
}

static void
put_unicode(struct rtf *r, long value)
{
	uint32_t cp = (uint32_t)(value < 0 ? value + 65536 : value);

	flush_bytes(r);
	r->skipping = r->now.skip;
	if (!is_shown(r))
		return;
	if (cp >= 0xd800 && cp < 0xdc00) {
		r->high = cp;
		return;
	}
	if (cp >= 0xdc00 && cp < 0xe000)
		cp = r->high == 0
		    ? 0xfffd
		    : 0x10000 + ((r->high - 0xd800) << 10) + (cp - 0xdc00);
	r->high = 0;
	text_put_utf8(r->out, cp > 0x10ffff ? 0xfffd : cp);
}

/* Windows character sets of fonts, RTF 1.9 "\fcharset". */
static unsigned
codepage_of_charset(long charset)
{
	static const struct {
		long charset;
		unsigned codepage;
	} sets[] = { { 0, 1252 }, { 128, 932 }, { 129, 949 }, { 134, 936 },
		{ 136, 950 }, { 161, 1253 }, { 162, 1254 }, { 163, 1258 },
		{ 177, 1255 }, { 178, 1256 }, { 186, 1257 }, { 204, 1251 },
		{ 222, 874 }, { 238, 1250 } };
	size_t i;

	for (i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		if (sets[i].charset == charset)
			return sets[i].codepage;
	return 0;
}

static void
select_font(struct rtf *r, unsigned number)
{
	size_t i;

	r->font = number;
	if (r->now.fonttbl)
		return;
	for (i = 0; i < r->n_fonts; i++)
		if (r->fonts[i].number == number) {
			flush_bytes(r);
			r->now.codepage = r->fonts[i].codepage;
		}
}

static void
declare_font(struct rtf *r, long charset)
{
	unsigned cp = codepage_of_charset(charset);

	if (!r->now.fonttbl || cp == 0 || r->n_fonts == FONTS_MAX)
		return;
	r->fonts[r->n_fonts].number = r->font;
	r->fonts[r->n_fonts++].codepage = cp;
}

static bool
is_hidden_word(const char *w)
{
	static const char *const words[] = { "fonttbl", "colortbl",
		"stylesheet", "info", "pict", "object", "header", "footer",
		"headerl", "headerr", "headerf", "footerl", "footerr",
		"footerf", "footnote", "fldinst", "listtable",
		"listoverridetable", "generator", "themedata", "xmlnstbl",
		"datastore", "latentstyles", "rsidtbl", "mmathPr", "filetbl",
		"revtbl", "pntext", "pntxta", "pntxtb", "htmltag", "mhtmltag",
		"bkmkstart", "bkmkend", "nonshppict", "shpinst" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(w, words[i]) == 0)
			return true;
	return false;
}

static const char *
text_of_word(const char *w)
{
	static const struct {
		const char *word, *text;
	} texts[] = { { "par", "\r\n" }, { "line", "\r\n" }, { "row", "\r\n" },
		{ "sect", "\r\n" }, { "page", "\r\n" }, { "tab", "\t" },
		{ "cell", "\t" }, { "emdash", "\xe2\x80\x94" },
		{ "endash", "\xe2\x80\x93" }, { "lquote", "\xe2\x80\x98" },
		{ "rquote", "\xe2\x80\x99" }, { "ldblquote", "\xe2\x80\x9c" },
		{ "rdblquote", "\xe2\x80\x9d" }, { "bullet", "\xe2\x80\xa2" },
		{ "emspace", "\xe2\x80\x83" }, { "enspace", "\xe2\x80\x82" } };
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(w, texts[i].word) == 0)
			return texts[i].text;
	return NULL;
}

static void
control_word(struct rtf *r, const char *w, bool has_value, long value)
{
	const char *t = text_of_word(w);
	bool star = r->star;

	r->star = false;
	if (t != NULL) {
		put_text(r, t);
	} else if (is_hidden_word(w)) {
		flush_bytes(r);
		r->now.hidden = true;
		r->now.fonttbl |= strcmp(w, "fonttbl") == 0;
	} else if (strcmp(w, "u") == 0 && has_value) {
		put_unicode(r, value);
	} else if (strcmp(w, "uc") == 0 && has_value && value >= 0) {
		r->now.skip = (unsigned)value;
	} else if (strcmp(w, "ansicpg") == 0 && value > 0) {
		r->now.codepage = (unsigned)value;
	} else if (strcmp(w, "f") == 0 && has_value && value >= 0) {
		select_font(r, (unsigned)value);
	} else if (strcmp(w, "fcharset") == 0) {
		declare_font(r, value);
	} else if (strcmp(w, "htmlrtf") == 0) {
		flush_bytes(r);
		r->now.htmlrtf = !has_value || value != 0;
	} else if (star) {
		flush_bytes(r);
		r->now.hidden = true;
	}
}

static void
open_group(struct rtf *r)
{
	flush_bytes(r);
	if (r->depth < DEPTH_MAX)
		r->stack[r->depth] = r->now;
	r->depth++;
	r->star = false;
	r->skipping = 0;
}

static void
close_group(struct rtf *r)
{
	flush_bytes(r);
	if (r->depth > 0 && --r->depth < DEPTH_MAX)
		r->now = r->stack[r->depth];
	r->skipping = 0;
}

static int
hex(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* \'hh; returns the bytes it took behind the backslash. */
static size_t
hex_character(struct rtf *r, struct slice s)
{
	int hi = s.n > 1 ? hex((unsigned char)s.p[1]) : -1;
	int lo = s.n > 2 ? hex((unsigned char)s.p[2]) : -1;

	if (hi < 0 || lo < 0)
		return 1;
	put_byte(r, (unsigned char)(hi * 16 + lo));
	return 3;
}

static size_t
symbol(struct rtf *r, struct slice s)
{
	switch (s.p[0]) {
	case '\'':
		return hex_character(r, s);
	case '\\':
	case '{':
	case '}':
		put_byte(r, (unsigned char)s.p[0]);
		break;
	case '~':
		put_text(r, "\xc2\xa0");
		break;
	case '_':
		put_text(r, "\xe2\x80\x91");
		break;
	case '*':
		r->star = true;
		break;
	case '\r':
	case '\n':
		put_text(r, "\r\n");
		break;
	default:
		break;
	}
	return 1;
}

/* What stands behind a backslash; returns how much that was. */
static size_t
control(struct rtf *r, struct slice s)
{
	char word[WORD_MAX + 1];
	size_t n = 0, len = 0;
	bool minus = false, has_value = false;
	long value = 0;

	while (n < s.n && ((s.p[n] | 0x20) >= 'a' && (s.p[n] | 0x20) <= 'z')) {
		if (len < WORD_MAX)
			word[len++] = s.p[n];
		n++;
	}
	if (n == 0)
		return s.n == 0 ? 0 : symbol(r, s);
	word[len] = '\0';
	if (n < s.n && s.p[n] == '-') {
		minus = true;
		n++;
	}
	for (; n < s.n && s.p[n] >= '0' && s.p[n] <= '9'; n++) {
		has_value = true;
		if (value < 100000000)
			value = value * 10 + (s.p[n] - '0');
	}
	if (n < s.n && s.p[n] == ' ')
		n++;
	/* \bin: that many bytes of anything */
	if (strcmp(word, "bin") == 0 && !minus && value > 0)
		return (size_t)value < s.n - n ? n + (size_t)value : s.n;
	control_word(r, word, has_value, minus ? -value : value);
	return n;
}

void
rtf_to_text(struct buf *out, struct slice rtf)
{
	struct rtf *r;
	char c;

	buf_put(out, "", 0);
	if (!slice_starts(rtf, "{\\rtf"))
		return;
	r = mem_alloc(1, sizeof(*r));
	r->in = rtf;
	r->out = out;
	r->now = (struct group){ .skip = 1, .codepage = CODEPAGE_WESTERN };
	while (r->in.n > 0) {
		c = r->in.p[0];
		r->in = slice_from(r->in, 1);
		if (c == '{')
			open_group(r);
		else if (c == '}')
			close_group(r);
		else if (c == '\\')
			r->in = slice_from(r->in, control(r, r->in));
		else if (c != '\r' && c != '\n' && c != '\0')
			put_byte(r, (unsigned char)c);
	}
	flush_bytes(r);
	buf_free(&r->bytes);
	free(r);
}
