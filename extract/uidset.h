/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A set of UIDs as ranges: a folder of a million messages whose numbers have
 * no gaps costs eight bytes, the worst one eight bytes a message.  A zeroed
 * struct is the empty set.
 *
 * Sets are in order for all calls but uidset_add(), which takes UIDs as they
 * come: call uidset_settle() before anything else.
 */
#ifndef EXTRACT_UIDSET_H
#define EXTRACT_UIDSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct uid_range {
	uint32_t lo, hi; /* both in it */
};

struct uidset {
	struct uid_range *v;
	size_t at, n, cap; /* v[at..n) */
	bool unsorted;
};

void uidset_add(struct uidset *s, uint32_t uid);
void uidset_settle(struct uidset *s);

bool uidset_has(const struct uidset *s, uint32_t uid);
uint64_t uidset_count(const struct uidset *s);
uint32_t uidset_last(const struct uidset *s); /* 0: empty */
/* *out = a without b, and how many are in both; 'out' is emptied first. */
uint64_t uidset_minus(const struct uidset *a, const struct uidset *b,
    struct uidset *out);
/* Take the smallest one out; 0: empty. */
uint32_t uidset_take(struct uidset *s);

void uidset_clear(struct uidset *s);
void uidset_free(struct uidset *s);

#endif
