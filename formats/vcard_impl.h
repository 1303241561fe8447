/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For formats/vcard*.c only: content lines, and which property is which. */
#ifndef FORMATS_VCARD_IMPL_H
#define FORMATS_VCARD_IMPL_H

#include "core/arena.h"
#include "core/base64.h"
#include "core/buf.h"
#include "formats/vcard.h"

#define VCARD_PRODID "-//postroad//postroad//EN"
#define VCARD_LINE   75 /* octets, without the line end; RFC 6350 3.2 */

/* ---- vcard_out.c: lines on their way out, folded as they come */

struct vcard_out {
	const struct item_sink *to;
	struct err *err;
	struct buf block;
	size_t col;
	bool old;    /* version 3 */
	bool failed; /* *err is filled in: nothing is written any more */
	struct base64 base64;
	/* of a text value */
	bool was_cr;
};

void vcard_put(struct vcard_out *o, const char *p, size_t n);
void vcard_puts(struct vcard_out *o, const char *s);
/* A TEXT value, or a part of one: '\', ',', ';' and line ends escaped, other
 * controls left out, broken bytes replaced.  May come in pieces that end
 * between characters. */
void vcard_put_text(struct vcard_out *o, struct slice s);
/* A value that has no escapes (a URI): without controls. */
void vcard_put_uri(struct vcard_out *o, struct slice s);
/* ";NAME=value", quoted where it must be, RFC 6868. */
void vcard_put_param(struct vcard_out *o, const char *name, struct slice value);
/* A stream as base64; 0, 1 it ended early, -1 (the sink's error is in
 * o->err and o->failed is set, else a reason is in *why_r). */
int vcard_put_base64(struct vcard_out *o, const struct item_stream *s,
    struct err *why_r);
void vcard_end_line(struct vcard_out *o);
int vcard_flush(struct vcard_out *o);

/* ---- vcard.c: tables that the reader uses, too */

/* A text property that has a line of its own. */
struct vcard_text {
	enum contact_text what;
	const char *name;     /* in version 4 */
	const char *old_name; /* in version 3; NULL: the same */
	const char *type;     /* TYPE, or NULL */
	bool uri;
};
extern const struct vcard_text vcard_texts[];
extern const size_t vcard_n_texts;

/* TYPEs of a telephone number, with commas between; version 3's, or NULL. */
struct vcard_phone {
	const char *types, *old_types;
	int pref; /* 0: none */
};
extern const struct vcard_phone vcard_phones[CONTACT_PHONES];
extern const char *const vcard_wheres[CONTACT_WHERES];

/* ---- vcard_lines.c: lines of a file, unfolded, long values left in it */

#define VCARD_KEEP   262144 /* bytes of a line that are held */
#define VCARD_PARAMS 32

struct vcard_param {
	struct slice name, value; /* the value without quotes and carets */
};

struct vcard_line {
	struct slice raw;  /* all that is held of it, unfolded */
	struct slice name; /* upper case, without its group */
	struct vcard_param param[VCARD_PARAMS];
	size_t n_params;
	struct slice value; /* as it lies there, as much of it as is held */
	uint64_t from, to;  /* the value in the file, folded */
	bool cut;	    /* 'value' is not all of it */
};

struct vcard_lines; /* reads ahead of one file */

/* At most 'keep' bytes of a line are held. */
struct vcard_lines *vcard_lines_new(int fd, size_t keep);
void vcard_lines_free(struct vcard_lines **l);
/* The next line; what it points to lives in 'a'.  1, 0 at the end, -1. */
int vcard_lines_next(struct vcard_lines *l, struct arena *a,
    struct vcard_line *line_r, struct err *err);

/* The value of a parameter, or an empty slice. */
struct slice vcard_param(const struct vcard_line *line, const char *name);
/* TYPE parameters have it (also a bare one, as in vCard 2.1). */
bool vcard_has_type(const struct vcard_line *line, const char *type);

/* A TEXT value without its escapes, in 'a'. */
struct slice vcard_untext(struct arena *a, struct slice s);
/* The next part of a structured value, up to 'end' (';' or ','). */
bool vcard_part(struct slice *rest, char end, struct slice *part_r);

/* A value that stays in the file.  As bytes, 'skip' characters before them
 * left out ("data:image/png;base64,"), or as text. */
struct item_stream vcard_value_bytes(struct arena *a, int fd,
    const struct vcard_line *line, size_t skip);
struct item_stream vcard_value_text(struct arena *a, int fd,
    const struct vcard_line *line);

#endif
