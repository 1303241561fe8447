/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What formats/mime_fix*.c share; for them only. */
#ifndef FORMATS_MIME_FIX_IMPL_H
#define FORMATS_MIME_FIX_IMPL_H

#include "formats/mime_fix.h"
#include "formats/mime_lines.h"
#include "formats/mime_scan.h"

/* What becomes of one header. */
struct fix_head {
	const struct fix_want *want;
	bool receipts;	    /* it is the message's own */
	bool version;	    /* it is a message's: encodings need MIME-Version */
	const char *encode; /* its new transfer encoding, or NULL */
	bool stub;	    /* what it was a header of is text now */
	bool body;	    /* something follows it */
	bool apart;	    /* ... which may begin like an empty line */
};

/*
 * Append the new header to 'out'.  Returns the FIX_ bits of what changed.
 * *long_r: a line that is too long and cannot be folded, in bytes, else 0.
 */
unsigned fix_head(const struct fix_head *h, struct slice raw, struct buf *out,
    uint64_t *long_r);

/* What becomes of the bytes of a leaf. */
struct fix_choice {
	enum recode_how how;
	unsigned flags;
	const char *encode; /* its new transfer encoding, or NULL */
	const char *left;   /* why it stays, or NULL: then 'how' is at most
			     * what its line ends can have */
	bool boundary;	    /* true line ends could make one in it */
	bool begins_cr;	    /* its first byte is one; not for fix_choose() */
};

/* 'l': of its bytes.  'in_multi': it is in a multipart.  0, -1: SCOPE_MSG. */
int fix_choose(int fd, const struct fix_want *want, const struct entity *e,
    bool in_multi, const struct lines *l, struct fix_choice *c,
    struct err *err);

/*
 * Did a line that is no field end its header?  Some readers only pass over
 * such a line: what follows is a header to them.
 */
bool fix_is_open(const struct entity *e);

/* Do its bytes mean what they meant, line ends too? */
bool fix_is_exact(const struct fix_choice *c);

/*
 * What is wrong in n bytes of quoted-printable (RFC 2045 6.7): a '=' with
 * something else behind it than two hexadecimal digits, or a line's end and
 * blanks before it.
 */
struct qp_faults {
	bool any;
	bool at_cr; /* a CR alone there */
};

/* 0, or -1 with SCOPE_MSG. */
int qp_faults_of(int fd, uint64_t from, uint64_t n, struct qp_faults *f_r,
    struct err *err);
/* Is that base64 and nothing else?  Other readers might make something else of
 * the rest.  1, 0, -1. */
int base64_is_clean(int fd, uint64_t from, uint64_t n, struct err *err);

#endif
