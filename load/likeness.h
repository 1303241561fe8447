/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Are these the same message?  A likeness is what is kept of a message's
 * bytes to tell, when the servers between may have rewritten them in the
 * ways that servers are known for: bare LF to CRLF, a bare CR dropped, NUL
 * to 0x80 (Dovecot, Courier), header fields added (delivery agents, other
 * migration tools).
 *
 * One pass, any chunks, flat memory: the message is hashed as it is, and
 * once more without CRs and with NUL as 0x80: the body as a whole, the header
 * field by field.
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
	struct like_field *fields;
	size_t n_fields;

	/* likeness.c's own */
	struct digest *raw, *canon, *field;
	size_t field_bytes, name_len, cap;
	bool in_body, line_start, last_cr, ended;
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
	LIKE_LINE_ENDS = 1, /* LF and CRLF, bare CRs */
	LIKE_NUL = 2,	    /* NUL and 0x80 */
	LIKE_ADDED = 4	    /* header fields were added */
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
