/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A reader of RTF 1.9.1 that keeps what [MS-OXRTFEX] wants; see rtfex.h.
 */
#include "formats/pst/rtfex.h"

#include <stdlib.h>

#include "core/buf.h"
#include "core/mem.h"
#include "core/text.h"
#include "formats/pst/codepage.h"
#include "formats/pst/rtfhtml.h"

#define DEPTH_MAX 256 /* groups deeper than this share one state */
#define FONTS_MAX 512
#define WORD_MAX  32
#define FLUSH_AT  8192

enum token { T_TEXT, T_SLASH, T_WORD, T_NUMBER, T_HEX1, T_HEX2, T_BIN };

/* What a group inherits. */
struct group {
	bool hidden;  /* a destination that is not shown */
	bool tag;     /* \*\htmltag: its text is HTML */
	bool htmlrtf; /* RTF that stands beside the HTML it repeats */
	bool fonts;   /* \fonttbl */
	bool vanish;  /* \v */
	bool colors;  /* \colortbl */
	bool inst;    /* \*\fldinst: what a field does */
	struct rich_style style;
	unsigned uc; /* characters that stand in for a \u */
	unsigned codepage;
};

struct rtfex {
	struct item_sink to;
	bool html;
	struct rich *rich;     /* true RTF becomes HTML; or NULL */
	struct buf text;       /* on its way there */
	struct buf out, bytes; /* 8-bit characters not decoded yet */
	struct group now, stack[DEPTH_MAX];
	size_t depth, over;
	bool ended, fresh; /* a group has just begun */
	bool star;
	unsigned skip;	 /* stand-ins of the last \u that are still to come */
	uint32_t high;	 /* first half of a surrogate pair */
	unsigned ansi;	 /* \ansicpg */
	long font, deff; /* \f in the table, \deff */
	struct {
		long number;
		unsigned codepage;
	} fonts[FONTS_MAX];
	size_t n_fonts;
	/* the token that is being read */
	enum token token;
	char word[WORD_MAX + 1];
	size_t word_n;
	long number;
	bool has_number, minus;
	unsigned hex;
	long bin;
};

/* ---------------------------------------------------------------- output */

static bool
is_shown(const struct rtfex *x)
{
	if (x->depth == 0 || x->ended || x->now.hidden || x->now.vanish)
		return false;
	return !x->html || x->now.tag || !x->now.htmlrtf;
}

/* Where text goes; hand_over() when it is there. */
static struct buf *
text_buf(struct rtfex *x)
{
	return x->rich != NULL ? &x->text : &x->out;
}

static void
hand_over(struct rtfex *x)
{
	if (x->rich == NULL)
		return;
	if (x->now.inst)
		rich_instruction(x->rich, buf_slice(&x->text));
	else
		rich_text(x->rich, buf_slice(&x->text), &x->now.style);
	buf_clear(&x->text);
}

/* 8-bit characters are decoded together: two may make one letter. */
static void
decode(struct rtfex *x)
{
	if (x->bytes.n > 0) {
		codepage_to_utf8(text_buf(x), buf_slice(&x->bytes),
		    x->now.tag ? x->ansi : x->now.codepage);
		hand_over(x);
	}
	buf_clear(&x->bytes);
}

static void
put_string(struct rtfex *x, const char *s)
{
	if (x->skip > 0) {
		x->skip--;
		return;
	}
	decode(x);
	if (!is_shown(x))
		return;
	if (x->rich != NULL && !x->now.inst && strcmp(s, "\r\n") == 0) {
		rich_paragraph(x->rich);
		return;
	}
	buf_puts(text_buf(x), s);
	hand_over(x);
}

static void
put_byte(struct rtfex *x, char c)
{
	if (x->skip > 0) {
		x->skip--;
		return;
	}
	if (x->now.colors && c == ';')
		rich_color_end(x->rich);
	if (!is_shown(x) || c == '\0')
		return;
	buf_putc(&x->bytes, c);
	if (x->bytes.n >= FLUSH_AT && (unsigned char)c < 0x40)
		decode(x);
}

static void
put_unicode(struct rtfex *x, long n)
{
	uint32_t c = (uint32_t)(n < 0 ? n + 65536 : n) & 0xffff;

	decode(x);
	x->skip = x->now.uc;
	if (!is_shown(x))
		return;
	if (c >= 0xd800 && c < 0xdc00) {
		x->high = c;
		return;
	}
	if (c >= 0xdc00 && c < 0xe000)
		c = x->high == 0
		    ? 0xfffd
		    : 0x10000 + ((x->high - 0xd800) << 10) + (c - 0xdc00);
	x->high = 0;
	if (c == 0)
		return;
	text_put_utf8(text_buf(x), c);
	hand_over(x);
}

/* ---------------------------------------------------------------- fonts */

/* \fcharset: RTF 1.9.1, "Font Table" */
static unsigned
charset_codepage(const struct rtfex *x, long charset)
{
	static const struct {
		long charset;
		unsigned codepage;
	} known[] = { { 128, 932 }, { 129, 949 }, { 130, 1361 }, { 134, 936 },
		{ 136, 950 }, { 161, 1253 }, { 162, 1254 }, { 163, 1258 },
		{ 177, 1255 }, { 178, 1256 }, { 186, 1257 }, { 204, 1251 },
		{ 222, 874 }, { 238, 1250 }, { 254, 437 }, { 255, 850 } };
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].charset == charset)
			return known[i].codepage;
	return charset == 0 ? CODEPAGE_WESTERN : x->ansi;
}

static void
set_font_codepage(struct rtfex *x, unsigned codepage)
{
	size_t i;

	for (i = 0; i < x->n_fonts; i++)
		if (x->fonts[i].number == x->font)
			break;
	if (i == FONTS_MAX)
		return;
	if (i == x->n_fonts)
		x->n_fonts++;
	x->fonts[i].number = x->font;
	x->fonts[i].codepage = codepage;
}

static void
use_font(struct rtfex *x, long number)
{
	size_t i;

	decode(x);
	x->now.codepage = x->ansi;
	for (i = 0; i < x->n_fonts; i++)
		if (x->fonts[i].number == number)
			x->now.codepage = x->fonts[i].codepage;
}

/* ---------------------------------------------------------------- words */

/* Destinations without \* whose text is not the message's. */
static bool
is_aside(const char *word)
{
	static const char *const words[] = { "colortbl", "stylesheet", "info",
		"pict", "object", "header", "headerl", "headerr", "headerf",
		"footer", "footerl", "footerr", "footerf", "nonshppict",
		"filetbl", "listtable", "listoverridetable", "revtbl", "xe",
		"tc", "private", "themedata", "datafield" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return false;
}

/* Words that are a character, [MS-OXRTFEX] 2.1.3 and RTF 1.9.1 */
static const char *
special(const struct rtfex *x, const char *word)
{
	static const struct {
		const char *word, *text, *html;
	} words[] = { { "par", "\r\n", "\r\n" }, { "line", "\r\n", "\r\n" },
		{ "tab", "\t", "\t" }, { "lquote", "\u2018", "&lsquo;" },
		{ "rquote", "\u2019", "&rsquo;" },
		{ "ldblquote", "\u201c", "&ldquo;" },
		{ "rdblquote", "\u201d", "&rdquo;" },
		{ "bullet", "\u2022", "&bull;" },
		{ "endash", "\u2013", "&ndash;" },
		{ "emdash", "\u2014", "&mdash;" }, { "cell", "\t", "" },
		{ "nestcell", "\t", "" }, { "row", "\r\n", "" },
		{ "nestrow", "\r\n", "" }, { "page", "\r\n", "" },
		{ "sect", "\r\n", "" }, { "emspace", " ", " " },
		{ "enspace", " ", " " }, { "qmspace", " ", " " } };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].word, word) == 0)
			return x->html ? words[i].html : words[i].text;
	return NULL;
}

/* Destinations that only matter where true RTF becomes HTML. */
static bool
begin_rich(struct rtfex *x, const char *word)
{
	if (strcmp(word, "colortbl") == 0)
		x->now.colors = x->now.hidden = true;
	else if (strcmp(word, "fldinst") == 0)
		x->now.inst = true;
	else if (strcmp(word, "fldrslt") == 0)
		x->now.style.link = rich_link(x->rich);
	else
		return false;
	return true;
}

/* The first word of a group may make it a destination. */
static bool
begin_destination(struct rtfex *x, const char *word)
{
	bool star = x->star;

	x->star = false;
	if (x->rich != NULL && begin_rich(x, word))
		return true;
	if (strcmp(word, "fonttbl") == 0) {
		x->now.fonts = x->now.hidden = true;
		return true;
	}
	if (strcmp(word, "htmltag") == 0 && star) {
		if (!x->html)
			x->now.hidden = true;
		else
			x->now.tag = !x->now.htmlrtf;
		return true;
	}
	if (star || is_aside(word)) {
		x->now.hidden = true;
		return true;
	}
	return false;
}

static void
set_number(struct rtfex *x, const char *word, long n, bool has)
{
	if (strcmp(word, "u") == 0) {
		put_unicode(x, n);
	} else if (strcmp(word, "uc") == 0) {
		x->now.uc = n < 0 || n > 100 ? 1 : (unsigned)n;
	} else if (strcmp(word, "mac") == 0 || strcmp(word, "pc") == 0 ||
	    strcmp(word, "pca") == 0) {
		x->ansi = x->now.codepage = word[0] == 'm' ? 10000
		    : word[2] == 'a'			   ? 850
							   : 437;
	} else if (strcmp(word, "ansicpg") == 0 && n > 0 && n < 65536) {
		x->ansi = x->now.codepage = (unsigned)n;
	} else if (strcmp(word, "deff") == 0) {
		x->deff = n;
	} else if (strcmp(word, "f") == 0) {
		if (x->now.fonts)
			x->font = n;
		else
			use_font(x, n);
	} else if (strcmp(word, "fcharset") == 0 && x->now.fonts) {
		set_font_codepage(x, charset_codepage(x, n));
	} else if (strcmp(word, "cpg") == 0 && x->now.fonts && n > 0) {
		set_font_codepage(x, (unsigned)n & 0xffff);
	} else if (strcmp(word, "plain") == 0) {
		use_font(x, x->deff);
		x->now.vanish = false;
		x->now.style.bits = x->now.style.color = 0;
	} else if (strcmp(word, "v") == 0) {
		decode(x);
		x->now.vanish = !has || n != 0;
	} else if (strcmp(word, "htmlrtf") == 0) {
		decode(x);
		x->now.htmlrtf = !has || n != 0;
	} else if (strcmp(word, "bin") == 0 && n > 0) {
		x->bin = n;
		x->token = T_BIN;
	}
}

/* How true RTF looks.  False: the word says nothing about that. */
static bool
set_style(struct rtfex *x, const char *word, long n, bool has)
{
	unsigned bits = rich_bits(word);
	struct rich_style *s = &x->now.style;

	decode(x);
	if (x->now.colors && has)
		rich_color_part(x->rich, word, n);
	if (bits != 0 && (!has || n != 0))
		s->bits |= bits;
	else if (bits != 0)
		s->bits &= ~bits;
	else if (strcmp(word, "ulnone") == 0)
		s->bits &= ~(unsigned)RICH_UNDER;
	else if (strcmp(word, "nosupersub") == 0)
		s->bits &= ~(unsigned)(RICH_RAISED | RICH_LOWERED);
	else if (strcmp(word, "cf") == 0)
		s->color = n < 0 ? 0 : (unsigned)n;
	else if (strcmp(word, "field") == 0)
		rich_field(x->rich);
	else if (strcmp(word, "line") == 0 && is_shown(x) && !x->now.inst)
		rich_line(x->rich);
	else
		return false;
	return true;
}

static void
end_word(struct rtfex *x)
{
	long n = x->minus ? -x->number : x->number;
	bool fresh = x->fresh;
	const char *s;

	x->word[x->word_n] = '\0';
	x->token = T_TEXT;
	x->fresh = false;
	if (fresh && begin_destination(x, x->word))
		return;
	/* a word may be a stand-in, too */
	if (x->skip > 0 && strcmp(x->word, "bin") != 0 &&
	    strcmp(x->word, "u") != 0) {
		x->skip--;
		return;
	}
	if (x->rich != NULL && set_style(x, x->word, n, x->has_number))
		return;
	s = special(x, x->word);
	if (s != NULL)
		put_string(x, s);
	else
		set_number(x, x->word, n, x->has_number);
}

/* --------------------------------------------------------------- tokens */

static void
open_group(struct rtfex *x)
{
	decode(x);
	x->skip = 0;
	x->fresh = true;
	x->star = false;
	if (x->depth == DEPTH_MAX) {
		x->over++;
		return;
	}
	x->stack[x->depth++] = x->now;
}

static void
close_group(struct rtfex *x)
{
	decode(x);
	x->skip = 0;
	x->fresh = false;
	if (x->over > 0) {
		x->over--;
	} else if (x->depth > 0) {
		x->depth--;
		if (x->now.inst && !x->stack[x->depth].inst)
			rich_instruction_end(x->rich);
		x->now = x->stack[x->depth];
		x->ended = x->depth == 0;
	}
}

static void
read_slash(struct rtfex *x, char c)
{
	x->token = T_TEXT;
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
		x->token = T_WORD;
		x->word[0] = c;
		x->word_n = 1;
		x->number = 0;
		x->has_number = x->minus = false;
		return;
	}
	if (c == '*') {
		x->star = x->fresh;
		return;
	}
	x->fresh = false;
	if (c == '\'')
		x->token = T_HEX1;
	else if (c == '~')
		put_string(x, x->html ? "&nbsp;" : "\u00a0");
	else if (c == '_')
		put_string(x, x->html ? "&shy;" : "\u2011");
	else if (c == '\r' || c == '\n')
		put_string(x, "\r\n");
	else if (c == '\\' || c == '{' || c == '}')
		put_byte(x, c);
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void
read_text(struct rtfex *x, char c)
{
	if (c == '{') {
		open_group(x);
	} else if (c == '}') {
		close_group(x);
	} else if (c == '\\') {
		x->token = T_SLASH;
	} else if (c != '\r' && c != '\n') {
		x->fresh = false;
		put_byte(x, c);
	}
}

/* A letter more, a digit, or the end.  True: 'c' is not part of it. */
static bool
read_word(struct rtfex *x, char c)
{
	if (x->token == T_WORD && x->word_n < WORD_MAX &&
	    ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) {
		x->word[x->word_n++] = c;
		return false;
	}
	if (x->token == T_WORD && c == '-') {
		x->minus = true;
		x->token = T_NUMBER;
		return false;
	}
	if (c >= '0' && c <= '9' && x->number < 100000000) {
		x->token = T_NUMBER;
		x->has_number = true;
		x->number = x->number * 10 + (c - '0');
		return false;
	}
	end_word(x);
	return c != ' ';
}

static void
read_hex(struct rtfex *x, char c)
{
	int digit = hex_digit(c);

	if (digit < 0) {
		x->token = T_TEXT;
		read_text(x, c);
	} else if (x->token == T_HEX1) {
		x->hex = (unsigned)digit;
		x->token = T_HEX2;
	} else {
		x->token = T_TEXT;
		put_byte(x, (char)(x->hex << 4 | (unsigned)digit));
	}
}

static void
read_bin(struct rtfex *x)
{
	if (--x->bin <= 0)
		x->token = T_TEXT;
}

static void
read_byte(struct rtfex *x, char c)
{
	switch (x->token) {
	case T_SLASH:
		read_slash(x, c);
		return;
	case T_HEX1:
	case T_HEX2:
		read_hex(x, c);
		return;
	case T_BIN:
		read_bin(x);
		return;
	case T_WORD:
	case T_NUMBER:
		if (!read_word(x, c))
			return;
		if (x->token == T_BIN) {
			read_bin(x);
			return;
		}
		break;
	case T_TEXT:
		break;
	}
	read_text(x, c);
}

/* ---------------------------------------------------------------- public */

enum rtf_kind
rtfex_kind(struct slice head)
{
	size_t i, from;
	struct slice word;

	if (!slice_starts(head, "{\\rtf"))
		return RTF_NOT;
	/* it is among the words before the first group or text */
	for (i = 1; i < head.n && head.p[i] != '{' && head.p[i] != '}';) {
		if (head.p[i++] != '\\')
			continue;
		for (from = i;
		     i < head.n && head.p[i] >= 'a' && head.p[i] <= 'z';)
			i++;
		word = slice_of(head.p + from, i - from);
		if (slice_is(word, "fromhtml"))
			return RTF_FROM_HTML;
		if (slice_is(word, "fromtext"))
			return RTF_FROM_TEXT;
	}
	return RTF_TRUE;
}

struct rtfex *
rtfex_new(bool html, const struct item_sink *to)
{
	struct rtfex *x = mem_alloc(1, sizeof(*x));

	x->html = html;
	x->to = *to;
	x->now.uc = 1;
	x->ansi = x->now.codepage = CODEPAGE_WESTERN;
	return x;
}

struct rtfex *
rtfex_new_rich(const struct item_sink *to)
{
	struct rtfex *x = rtfex_new(false, to);

	x->rich = rich_new(&x->out);
	return x;
}

static int
flush(struct rtfex *x, struct err *err)
{
	int rc = 0;

	if (x->out.n > 0)
		rc = x->to.put(x->to.arg, x->out.p, x->out.n, err);
	buf_clear(&x->out);
	return rc;
}

int
rtfex_put(struct rtfex *x, const void *data, size_t len, struct err *err)
{
	const char *p = data;
	size_t i;

	for (i = 0; i < len && !x->ended; i++) {
		read_byte(x, p[i]);
		if (x->bytes.n >= 2 * FLUSH_AT)
			decode(x);
		if (x->out.n >= FLUSH_AT && flush(x, err) != 0)
			return -1;
	}
	return 0;
}

int
rtfex_end(struct rtfex *x, struct err *err)
{
	decode(x);
	if (x->rich != NULL)
		rich_end(x->rich);
	return flush(x, err);
}

void
rtfex_free(struct rtfex **x)
{
	if (*x == NULL)
		return;
	buf_free(&(*x)->out);
	buf_free(&(*x)->bytes);
	buf_free(&(*x)->text);
	rich_free(&(*x)->rich);
	free(*x);
	*x = NULL;
}
