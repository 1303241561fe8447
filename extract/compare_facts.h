/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The facts of one item, told twice, and where the tellers differ. */
#ifndef EXTRACT_COMPARE_FACTS_H
#define EXTRACT_COMPARE_FACTS_H

#include <stdbool.h>

#include "core/buf.h"

struct facts_diff {
	unsigned fields; /* that differ */
	unsigned known;	 /* that differ by a known limit of libpst */
	struct buf text; /* "subject: own 'a', libpst 'b'; ..." */
};

/* The value of a field, empty if there is none. */
struct slice facts_get(struct slice facts, const char *field);

/* Add to *d (zeroed; the caller frees its text) how they differ. */
void facts_compare(struct facts_diff *d, struct slice own, struct slice libpst);

#endif
