/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages that are the same: an mbox may hold one twice, and both are to
 * have a key of their own, the same in every run.  So equals are numbered in
 * the order they come.  8 bytes a message in a table at most 3/4 full, 16
 * more for one that has twins.
 */
#ifndef EXTRACT_EQUALS_H
#define EXTRACT_EQUALS_H

#include <stddef.h>
#include <stdint.h>

struct equals {
	uint64_t *seen; /* open addressing; 0: free */
	size_t nseen, seen_cap;
	struct twin *twin;
	size_t ntwin, twin_cap;
};

/*
 * One more message, known by 8 bytes of its hash.  Returns its number among
 * its equals: 1 for the first.  (Two that are equal in these 8 bytes only
 * are numbered too, which does no harm.)
 */
uint64_t equals_number(struct equals *t, uint64_t hash);

void equals_free(struct equals *t);

#endif
