/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What mail programs wrote into a message's header about its state: Status
 * and X-Status (mutt, Dovecot, UW), X-Mozilla-* (Thunderbird), X-Keywords,
 * X-Gmail-Labels (Google Takeout).
 *
 * A struct marks is zeroed once, filled again and again, freed at the end.
 */
#ifndef EXTRACT_MARKS_H
#define EXTRACT_MARKS_H

#include <stdbool.h>

#include "core/digest.h"
#include "formats/msg.h"

struct marks {
	uint32_t flags;
	struct buf keywords; /* as in struct msg */
	struct buf subject;  /* unfolded, RFC 2047 words as they are */
	bool has_labels;
	struct buf labels; /* X-Gmail-Labels, decoded: one a line */
	bool partial;	   /* only part of it was fetched (Thunderbird) */
	bool internal;	   /* UW's "FOLDER INTERNAL DATA", no message */
	bool mutable;	   /* has fields that a mail program changes */
};

/*
 * Look through 'head', a message's beginning.  If 'd' is not NULL, add to it
 * the bytes of the header less the fields that tell the state; '*rest_r'
 * then is how much of 'head' was dealt with.
 */
void marks_read(struct marks *m, struct slice head, struct digest *d,
    size_t *rest_r);

/*
 * One label of m->labels, cut off the front of *rest: false at the end.
 */
bool marks_next_label(struct slice *rest, struct slice *label_r);

void marks_free(struct marks *m);

#endif
