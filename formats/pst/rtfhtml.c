/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See rtfhtml.h.  Words are those of RTF 1.9.1. */
#include "formats/pst/rtfhtml.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/mem.h"

#define COLORS_MAX	256
#define INSTRUCTION_MAX 2048
/* A field's text may be cut into many pieces, each with the whole link. */
#define LINK_TIMES 256

struct rich {
	struct buf *out;
	bool inside; /* a paragraph is open */
	bool blank;  /* a blank here would not be seen */
	/* what is open: bits, color (RGB), link */
	unsigned bits, link;
	uint32_t color;
	uint32_t colors[COLORS_MAX], next_color;
	size_t n_colors;
	struct buf instruction, href;
	unsigned current; /* link of the last field */
	unsigned links, times;
};

static const char *const tags[] = { "b", "i", "u", "s", "sup", "sub" };

#define TAGS (sizeof(tags) / sizeof(tags[0]))

unsigned
rich_bits(const char *word)
{
	static const struct {
		const char *word;
		unsigned bits;
	} words[] = { { "b", RICH_BOLD }, { "i", RICH_ITALIC },
		{ "ul", RICH_UNDER }, { "uld", RICH_UNDER },
		{ "uldash", RICH_UNDER }, { "uldashd", RICH_UNDER },
		{ "uldb", RICH_UNDER }, { "ulth", RICH_UNDER },
		{ "ulw", RICH_UNDER }, { "ulwave", RICH_UNDER },
		{ "strike", RICH_STRUCK }, { "striked", RICH_STRUCK },
		{ "super", RICH_RAISED }, { "sub", RICH_LOWERED } };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].bits;
	return 0;
}

struct rich *
rich_new(struct buf *out)
{
	struct rich *r = mem_alloc(1, sizeof(*r));

	r->out = out;
	buf_puts(out,
	    "<html><head><meta http-equiv=\"Content-Type\" "
	    "content=\"text/html; charset=utf-8\"></head><body>\r\n");
	return r;
}

void
rich_free(struct rich **r)
{
	if (*r == NULL)
		return;
	buf_free(&(*r)->instruction);
	buf_free(&(*r)->href);
	free(*r);
	*r = NULL;
}

/* ------------------------------------------------------------------ tags */

static void
put_tag(struct rich *r, const char *before, const char *tag)
{
	buf_puts(r->out, before);
	buf_puts(r->out, tag);
	buf_puts(r->out, ">");
}

static void
close_tags(struct rich *r, bool and_link)
{
	size_t i;

	for (i = TAGS; i-- > 0;)
		if (r->bits & 1u << i)
			put_tag(r, "</", tags[i]);
	r->bits = 0;
	if (r->color != 0)
		buf_puts(r->out, "</span>");
	r->color = 0;
	if (and_link && r->link != 0) {
		buf_puts(r->out, "</a>");
		r->link = 0;
	}
}

static void
open_link(struct rich *r, unsigned link)
{
	/* only the last field's address is still known */
	if (link == 0 || link != r->links || r->times >= LINK_TIMES)
		return;
	r->times++;
	r->link = link;
	buf_puts(r->out, "<a href=\"");
	buf_put(r->out, r->href.p, r->href.n);
	buf_puts(r->out, "\">");
}

static void
open_tags(struct rich *r, unsigned bits, uint32_t color)
{
	static const char digits[] = "0123456789abcdef";
	int shift;
	size_t i;

	r->color = color;
	if (color != 0) {
		buf_puts(r->out, "<span style=\"color:#");
		for (shift = 20; shift >= 0; shift -= 4)
			buf_putc(r->out, digits[color >> shift & 0xf]);
		buf_puts(r->out, "\">");
	}
	r->bits = bits & RICH_ALL;
	for (i = 0; i < TAGS; i++)
		if (r->bits & 1u << i)
			put_tag(r, "<", tags[i]);
}

static void
dress(struct rich *r, const struct rich_style *s)
{
	uint32_t color = s->color < r->n_colors ? r->colors[s->color] : 0;
	unsigned link = s->link == r->links ? s->link : 0;

	if (!r->inside) {
		buf_puts(r->out, "<div>");
		r->inside = r->blank = true;
	}
	if (link == r->link && s->bits == r->bits && color == r->color)
		return;
	close_tags(r, link != r->link);
	if (r->link != link)
		open_link(r, link);
	open_tags(r, s->bits, color);
}

/* ------------------------------------------------------------------ text */

static const char *
escaped(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	default:
		return NULL;
	}
}

static void
put_char(struct rich *r, char c)
{
	const char *e = escaped(c);

	if (c == '\t') {
		buf_puts(r->out, "&nbsp;&nbsp;&nbsp; ");
		r->blank = true;
	} else if (c == ' ') {
		buf_puts(r->out, r->blank ? "&nbsp;" : " ");
		r->blank = true;
	} else if (e != NULL) {
		buf_puts(r->out, e);
		r->blank = false;
	} else if ((unsigned char)c >= 0x20) {
		buf_putc(r->out, c);
		r->blank = false;
	}
}

void
rich_text(struct rich *r, struct slice text, const struct rich_style *s)
{
	size_t i;

	if (text.n == 0)
		return;
	dress(r, s);
	for (i = 0; i < text.n; i++)
		put_char(r, text.p[i]);
}

void
rich_line(struct rich *r)
{
	static const struct rich_style plain;

	if (!r->inside)
		dress(r, &plain);
	buf_puts(r->out, "<br>\r\n");
	r->blank = true;
}

void
rich_paragraph(struct rich *r)
{
	close_tags(r, true);
	buf_puts(r->out, r->inside ? "</div>\r\n" : "<div><br></div>\r\n");
	r->inside = false;
}

void
rich_end(struct rich *r)
{
	if (r->inside)
		rich_paragraph(r);
	buf_puts(r->out, "</body></html>\r\n");
}

/* ---------------------------------------------------------------- colors */

void
rich_color_part(struct rich *r, const char *word, long value)
{
	int shift = strcmp(word, "red") == 0 ? 16
	    : strcmp(word, "green") == 0     ? 8
	    : strcmp(word, "blue") == 0	     ? 0
					     : -1;

	if (shift < 0 || value < 0 || value > 255)
		return;
	r->next_color &= ~((uint32_t)0xff << shift);
	r->next_color |= (uint32_t)value << shift;
}

/* An entry without parts is the reader's own color, and black is that of any
 * text: both are 0. */
void
rich_color_end(struct rich *r)
{
	if (r->n_colors < COLORS_MAX)
		r->colors[r->n_colors++] = r->next_color;
	r->next_color = 0;
}

/* ----------------------------------------------------------------- links */

void
rich_field(struct rich *r)
{
	buf_clear(&r->instruction);
	r->current = 0;
}

void
rich_instruction(struct rich *r, struct slice text)
{
	/* one byte more than may be: it is seen that it was too long */
	if (text.n > INSTRUCTION_MAX + 1 - r->instruction.n)
		text.n = INSTRUCTION_MAX + 1 - r->instruction.n;
	buf_put(&r->instruction, text.p, text.n);
}

/* The next word, or what stands in quotes. */
static struct slice
next_argument(struct slice *s)
{
	struct slice word;
	size_t n = 0;
	bool quoted;

	*s = slice_trim(*s);
	quoted = s->n > 0 && s->p[0] == '"';
	if (quoted)
		*s = slice_from(*s, 1);
	while (n < s->n && s->p[n] != '"' && (quoted || s->p[n] != ' '))
		n++;
	word = slice_of(s->p, n);
	*s = slice_from(*s, n < s->n && s->p[n] == '"' ? n + 1 : n);
	return word;
}

static bool
may_lead_to(struct slice url)
{
	static const char *const schemes[] = { "http:", "https:", "ftp:",
		"mailto:" };
	size_t i, n;

	for (i = 0; i < url.n; i++)
		if ((unsigned char)url.p[i] <= 0x20)
			return false;
	for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		n = strlen(schemes[i]);
		if (url.n > n && strncasecmp(url.p, schemes[i], n) == 0)
			return true;
	}
	return false;
}

static void
set_link(struct rich *r, struct slice url)
{
	const char *e;
	size_t i;

	buf_clear(&r->href);
	for (i = 0; i < url.n; i++) {
		e = escaped(url.p[i]);
		if (e != NULL)
			buf_puts(&r->href, e);
		else
			buf_putc(&r->href, url.p[i]);
	}
	r->current = ++r->links;
	r->times = 0;
}

/* HYPERLINK "address", switches before or behind it: \l \m \n \o \t */
void
rich_instruction_end(struct rich *r)
{
	struct slice s = buf_slice(&r->instruction), word;

	r->current = 0;
	if (s.n > INSTRUCTION_MAX ||
	    !slice_is_nocase(next_argument(&s), "HYPERLINK"))
		return;
	while (slice_trim(s).n > 0) {
		word = next_argument(&s);
		if (word.n == 2 && word.p[0] == '\\') {
			if (strchr("lot", word.p[1]) != NULL)
				next_argument(&s);
			continue;
		}
		if (may_lead_to(word))
			set_link(r, word);
		return;
	}
}

unsigned
rich_link(const struct rich *r)
{
	return r->current;
}
