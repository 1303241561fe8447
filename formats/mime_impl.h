/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For formats/mime_*.c only: what the builder's parts share. */
#ifndef FORMATS_MIME_IMPL_H
#define FORMATS_MIME_IMPL_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/limits.h"
#include "formats/mime_build.h"

/* An embedded message in an embedded message ...; and all of one item's. */
#define MIME_DEPTH_MAX	  50
#define MIME_EMBEDDED_MAX 10000
/* A header field made from one property is cut here. */
#define MIME_VALUE_MAX (1 << 20)

/* ------------------------------------------------------------ mime_out.c */

/* Where the message goes.  The first failure sticks: check out_end(). */
struct mime_out {
	const struct item_sink *to;
	const struct mime_opts *opts;
	struct err *err;
	bool failed;
	unsigned embedded; /* messages in messages so far */
	char last;	   /* byte written */
	size_t n;
	char room[LIMIT_BLOCK];
};

void out_put(struct mime_out *o, const void *p, size_t n);
void out_str(struct mime_out *o, const char *s);
void out_fmt(struct mime_out *o, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* A field's value as it stands, its lines ended by CRLF. */
void mime_put_lines(struct mime_out *o, struct slice value);
/* Send what is waiting.  0 or -1. */
int out_end(struct mime_out *o);
void out_problem(struct mime_out *o, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

enum mime_encoding { MIME_7BIT, MIME_8BIT, MIME_QP, MIME_BASE64 };

const char *mime_encoding_name(enum mime_encoding e);

/* How a text must travel. */
enum mime_encoding mime_text_encoding(const struct item_stream *s);

/*
 * Write a stream: text gets CRLF at the end of each line, whatever stood
 * there.  1 all, 0 it came short, -1 failed.
 */
int mime_put_text(struct mime_out *o, const struct item_stream *s,
    enum mime_encoding how);
int mime_put_base64(struct mime_out *o, const struct item_stream *s);
/* As it is from byte 'from' on, but with CRLF line ends. */
int mime_put_raw(struct mime_out *o, const struct item_stream *s,
    uint64_t from);

/* The first bytes of a stream, up to 'max', into 'b'. */
void mime_peek(const struct item_stream *s, size_t max, struct buf *b);

/* ----------------------------------------------------------- mime_text.c */

/* A field being written: knows its column, folds between words. */
struct mime_field {
	struct buf text; /* the whole field, CRLF at its end once done */
	size_t column;
};

void field_begin(struct mime_field *f, const char *name);
/* One piece that must not be broken, after a space or a fold. */
void field_word(struct mime_field *f, struct slice word);
/* Free text: folded, or in encoded words (RFC 2047) where it must. */
void field_text(struct mime_field *f, struct slice utf8);
/* A display name: atoms, a quoted string or encoded words. */
void field_phrase(struct mime_field *f, struct slice utf8);
/* name <address>; 'comma' stands behind it if another follows. */
void field_mailbox(struct mime_field *f, struct slice name,
    struct slice address, bool comma);
/* "; name=value": quoted, or RFC 2231 in UTF-8. */
void field_param(struct mime_field *f, const char *name, struct slice utf8);
/* The same for programs that know RFC 2047 only, in quotes. */
void field_param_old(struct mime_field *f, const char *name, struct slice utf8);
/* End the line, write it out, free it. */
void field_end(struct mime_field *f, struct mime_out *o);

/* A field of free text in one go. */
void mime_put_field(struct mime_out *o, const char *name, struct slice utf8);
bool mime_is_ascii(struct slice s);
/* Can this stand between < and > as it is? */
bool mime_is_address(struct slice s);
/*
 * Append it in the form that can: a local part in quotes where it must be,
 * letters beyond ASCII as they are (RFC 6532).  False: it is no address.
 */
bool mime_put_address(struct buf *out, struct slice s);

/* ----------------------------------------------------------- mime_head.c */

/* The header but for MIME-Version and Content-*. */
void mime_put_head(struct mime_out *o, const struct item *it);

/* ----------------------------------------------------------- mime_tree.c */

enum part_kind {
	PART_MULTI,  /* parts between boundaries */
	PART_TEXT,   /* a text, encoded as its bytes need */
	PART_DATA,   /* bytes, base64 */
	PART_PLAIN,  /* ASCII lines, as they are (message/delivery-status) */
	PART_MESSAGE /* an embedded item */
};

struct part {
	enum part_kind kind;
	const char *type;   /* "text/plain" */
	const char *params; /* "; charset=utf-8", or "" */
	struct slice name;  /* file name, sane, or empty */
	struct slice cid, location;
	bool attached, inlined;
	struct item_stream bytes;
	const struct item_attach *attach;
	struct part *first, *last, *next;
	char boundary[40];
};

struct mime_plan {
	struct arena *a;
	const struct item *it;
	struct mime_out *o;
	struct buf text; /* made from RTF */
	struct buf report;
	struct buf calendar;
	unsigned parts; /* multiparts so far, for boundaries */
};

struct mime_bytes {
	struct slice s;
};

/* The item's parts. */
struct part *mime_plan_item(struct mime_plan *p);
struct part *plan_part(struct mime_plan *p, enum part_kind kind,
    const char *type);
struct part *plan_multi(struct mime_plan *p, const char *type,
    const char *params);
void plan_add(struct part *to, struct part *child);
/* A stream over memory that outlives the plan. */
struct item_stream plan_bytes(struct mime_plan *p, struct slice s);

/* ----------------------------------------------------------- mime_item.c */

/* An embedded item that is no mail, as a file: its part without a name, and
 * what the name should end in.  NULL: it is a message. */
struct part *mime_plan_embedded(struct mime_plan *p,
    const struct item_attach *at, const char **ending_r);

/* --------------------------------------------------------- mime_report.c */

/* The machine-readable part of a REPORT.* item, or NULL: it is no report, or
 * nothing is known. */
struct part *mime_plan_report(struct mime_plan *p);

/* ------------------------------------------------------- mime_calendar.c */

/* The text/calendar part of a meeting request or answer, or NULL. */
struct part *mime_plan_calendar(struct mime_plan *p);

/* ---------------------------------------------------------- mime_smime.c */

/* An S/MIME item whose one attachment is the message: write its content
 * fields and body.  False: it is not, build it like others. */
bool mime_put_smime(struct mime_out *o, const struct item *it);

#endif
