/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For formats/pst/carve*.c only. */
#ifndef FORMATS_PST_CARVE_IMPL_H
#define FORMATS_PST_CARVE_IMPL_H

#include "formats/pst/carve.h"
#include "formats/pst/ltp.h"

/* Block ids, without their two lowest bits' first: exact up to 2^33, and
 * nothing in the file is that young. */
struct carve_ids {
	uint32_t *v;
	size_t n, cap;
};

void carve_ids_put(struct carve_ids *s, uint64_t bid);
void carve_ids_sort(struct carve_ids *s); /* and each once */
bool carve_ids_have(const struct carve_ids *s, uint64_t bid);
/* Where the first that is not below 'bid' is. */
size_t carve_ids_at(const struct carve_ids *s, uint64_t bid);

static inline uint64_t
carve_id(const struct carve_ids *s, size_t i)
{
	return (uint64_t)s->v[i] << 1;
}

/* What tells one message from all others, and one version of it from none:
 * 0 if it has nothing that does. */
uint64_t carve_print(struct ltp_props *p);

/* Which of the lists of subnodes 'subs' belongs to the message whose
 * properties are in block 'bid'?  0: none does, or more than one may. */
uint64_t carve_find_subs(struct ndb *n, struct ltp_props *p, uint64_t bid,
    const struct carve_ids *subs, int beside);
/* Do lists stand before (-1) or behind (1) their messages in the order of
 * numbers, where they are neighbors?  Programs have their habits. */
int carve_beside(const struct carve_ids *heaps, const struct carve_ids *subs);
/* Does the message need one? */
bool carve_wants_subs(const struct ltp_props *p);

#endif
