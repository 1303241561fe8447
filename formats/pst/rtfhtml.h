/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The HTML that true RTF becomes: paragraphs, line ends, bold, italic,
 * underlined, struck, raised and lowered text, colors, and links of
 * HYPERLINK fields.  Lists stay the text that the RTF has for readers without
 * lists.  All text is escaped; links lead to http, https, ftp and mailto only.
 *
 * The caller (formats/pst/rtfex.c) reads the RTF; what comes out grows a
 * buffer of the caller's by a small multiple of what went in.
 */
#ifndef FORMATS_PST_RTFHTML_H
#define FORMATS_PST_RTFHTML_H

#include "core/buf.h"

enum {
	RICH_BOLD = 1 << 0,
	RICH_ITALIC = 1 << 1,
	RICH_UNDER = 1 << 2,
	RICH_STRUCK = 1 << 3,
	RICH_RAISED = 1 << 4,
	RICH_LOWERED = 1 << 5,
	RICH_ALL = (1 << 6) - 1
};

/* How a piece of text looks; all 0: like any. */
struct rich_style {
	unsigned bits;
	unsigned color; /* place in the table of colors; 0: none */
	unsigned link;	/* of rich_link() */
};

struct rich;

/* Begin a document in 'out', which must live as long. */
struct rich *rich_new(struct buf *out);
void rich_free(struct rich **r);

/* UTF-8, tabs in it, no line ends. */
void rich_text(struct rich *r, struct slice text, const struct rich_style *s);
void rich_line(struct rich *r);	     /* a new line of the same paragraph */
void rich_paragraph(struct rich *r); /* the paragraph ends */
void rich_end(struct rich *r);	     /* the document ends */

/* The bits that the control word 'word' sets, or 0: it is no such word. */
unsigned rich_bits(const char *word);

/* \red, \green, \blue in a color table, and its ';'. */
void rich_color_part(struct rich *r, const char *word, long value);
void rich_color_end(struct rich *r);

/* A field: it begins, a piece of its instruction, the instruction's end. */
void rich_field(struct rich *r);
void rich_instruction(struct rich *r, struct slice text);
void rich_instruction_end(struct rich *r);
/* Of the last field, for struct rich_style; 0: it is no link. */
unsigned rich_link(const struct rich *r);

#endif
