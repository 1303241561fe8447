/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A stretch of a message written otherwise, in blocks, so that what it means
 * stays the same: line ends, transfer encodings (RFC 2045 6), long lines of
 * them.  Bytes in, bytes out; nothing is parsed but what an encoding is made
 * of.  Never fails but by its sink.
 *
 *	recode_begin -> recode_put* -> recode_end
 */
#ifndef FORMATS_MIME_RECODE_H
#define FORMATS_MIME_RECODE_H

#include <stdbool.h>

#include "core/buf.h"
#include "formats/pst/item.h"

enum recode_how {
	RECODE_COPY,
	/* Headers and boundaries: LF becomes CRLF; CRs before it go; a CR
	 * alone becomes a blank, since a new line might be a new field. */
	RECODE_FRAME,
	/* LF and CR alone become CRLF; any CRs before a LF are one end */
	RECODE_TEXT,
	RECODE_QP,	    /* encoded */
	RECODE_BASE64,	    /* encoded, byte for byte */
	RECODE_WRAP_BASE64, /* is base64: its lines broken */
	RECODE_WRAP_QP,	    /* is quoted-printable: likewise */
	RECODE_HOWS
};

enum {
	RECODE_ENDS = 1,    /* line ends likewise, NULs are escaped; in base64
			     * NULs are dropped */
	RECODE_AS_TEXT = 2, /* line ends may be changed: else those of
			     * quoted-printable are kept, escaped */
	RECODE_LAST = 4	    /* the end of the message: end the last line */
};

struct recode;

struct recode *recode_begin(enum recode_how how, unsigned flags,
    const struct item_sink *to);
/* 0, or -1 with the sink's error. */
int recode_put(struct recode *r, const void *data, size_t len, struct err *err);
/* Also frees it; *r is NULL then. */
int recode_end(struct recode **r, struct err *err);
void recode_free(struct recode **r);

/* All of 'in', appended to 'out'. */
void recode_text(enum recode_how how, unsigned flags, struct slice in,
    struct buf *out);

#endif
