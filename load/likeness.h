/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Are these the same message?  A likeness is what is kept of a message's
 * bytes to tell, when the servers between may have rewritten them in the
 * ways that servers are known for: bare LF to CRLF, a bare CR dropped, a last
 * line end added (Courier), NUL to 0x80 (Dovecot), header fields added
 * (delivery agents, other migration tools).
 *
 * One pass, any chunks, flat memory: the message is hashed as it is, and
 * once more without CRs, without the last line end and with NUL as 0x80: the
 * body as a whole, the header field by field.
 *
 *	like_begin -> like_add* -> like_end -> like_compare
 */
#ifndef LOAD_LIKENESS_H
#define LOAD_LIKENESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/digest.h"

#define LIKE_FIELDS 2000 /* header fields told apart; more count as one */
#define LIKE_NAME   24

struct like_field {
	uint8_t hash[16];
	char name[LIKE_NAME]; /* cut, for people */
};

struct likeness {
	uint64_t size;
	uint8_t sha256[DIGEST_BYTES]; /* of the bytes as they are */
	uint8_t body[DIGEST_BYTES];   /* of the canonical body */
	uint64_t bare_lf, bare_cr, nul;
	unsigned end; /* how it ends: enum like_end */
	struct like_field *fields;
	size_t n_fields;

	/* likeness.c's own */
	struct digest *raw, *canon, *field;
	size_t field_bytes, name_len, cap;
	bool in_body, line_start, last_cr, ended;
	bool field_held, body_held; /* a line end, perhaps the last one */
	bool any_body;
};

/* Where the message stops; a last line end that is added goes upward. */
enum like_end {
	LIKE_END_FIELD, /* in the middle of a header line */
	LIKE_END_HEAD,	/* behind one */
	LIKE_END_BLANK, /* behind the blank line */
	LIKE_END_TEXT,	/* in the middle of a body line */
	LIKE_END_LINE	/* behind one */
};

/* Ready for a message; use and reuse the same struct, zeroed at first. */
void like_begin(struct likeness *l);
void like_add(struct likeness *l, const void *p, size_t n);
void like_end(struct likeness *l);
void like_free(struct likeness *l);

/* As bytes, to lay it away, and back (only for like_compare). */
void like_pack(struct buf *out, const struct likeness *l);
bool like_unpack(struct likeness *l, struct slice packed);

enum {
	LIKE_CRLF = 1,	 /* every bare LF is CRLF */
	LIKE_CR = 2,	 /* every bare CR is gone */
	LIKE_LAST = 4,	 /* a last line end was added */
	LIKE_NUL = 8,	 /* every NUL is 0x80 */
	LIKE_ADDED = 16, /* header fields were added */
	LIKE_ODD = 32	 /* line ends or NULs changed, but not as servers are
			 * known to: lost, half of them, the other way */
};

enum like { LIKE_SAME, LIKE_REWRITTEN, LIKE_OTHER };

/*
 * How does what a server has ('there') relate to what was sent ('ours')?
 * With LIKE_REWRITTEN *how_r says in which ways, and 'added', if not NULL,
 * gets the names of the added fields, separated by ", ".
 */
enum like like_compare(const struct likeness *ours,
    const struct likeness *there, unsigned *how_r, struct buf *added);

#endif
