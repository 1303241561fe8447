/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Named properties by their set and number.  Each item asks for dozens, a
 * store has thousands: what was found once is remembered.
 */
#include "formats/pst/own_impl.h"

#include <stdlib.h>

#include "core/mem.h"
#include "formats/pst/bytes.h"

#define SLOTS 1024 /* more names than all items together ask for */

struct own_lids {
	struct pst_names names;
	struct {
		uint32_t number;
		uint8_t set; /* enum pst_set; PST_SET_NONE: free */
		uint16_t id;
	} slot[SLOTS];
};

struct own_lids *
own_lids_new(struct ndb *n)
{
	struct own_lids *l = mem_alloc(1, sizeof(*l));

	pst_names_load(&l->names, n);
	return l;
}

void
own_lids_free(struct own_lids **l)
{
	if (*l == NULL)
		return;
	pst_names_free(&(*l)->names);
	free(*l);
	*l = NULL;
}

const struct pst_names *
own_names(const struct pst_reader *r)
{
	return r->lids == NULL ? NULL : &r->lids->names;
}

unsigned
own_lid(struct pst_reader *r, enum pst_set set, uint32_t number)
{
	struct own_lids *l = r->lids;
	size_t at = (number * 31u + (unsigned)set * 131u) % SLOTS, n;

	if (l == NULL)
		return 0;
	for (n = 0; n < SLOTS && l->slot[at].set != PST_SET_NONE; n++) {
		if (l->slot[at].set == set && l->slot[at].number == number)
			return l->slot[at].id;
		at = (at + 1) % SLOTS;
	}
	if (n == SLOTS)
		return pst_names_number(&l->names, pst_set_guid(set), number);
	l->slot[at].set = (uint8_t)set;
	l->slot[at].number = number;
	l->slot[at].id =
	    (uint16_t)pst_names_number(&l->names, pst_set_guid(set), number);
	return l->slot[at].id;
}

struct slice
own_named_text(struct own_item *oi, enum pst_set set, uint32_t number)
{
	unsigned id = own_lid(oi->r, set, number);

	return id == 0 ? slice_of("", 0)
		       : own_prop(&oi->a, &oi->props, id, oi->codepage);
}

int64_t
own_named_number(struct own_item *oi, enum pst_set set, uint32_t number,
    int64_t none)
{
	unsigned id = own_lid(oi->r, set, number);

	return id == 0 ? none : own_number(&oi->props, id, none);
}

int64_t
own_named_time(struct own_item *oi, enum pst_set set, uint32_t number)
{
	unsigned id = own_lid(oi->r, set, number);

	return id == 0 ? DATE_UNKNOWN : own_time(&oi->props, id);
}

struct slice
own_bytes(struct own_item *oi, unsigned id, size_t max)
{
	const struct ltp_value *v = id == 0 ? NULL : ltp_prop(&oi->props, id);
	struct buf b = { 0 };
	struct err err = { 0 };
	struct slice s = slice_of("", 0);

	if (v != NULL && v->type == PtypBinary &&
	    ltp_bytes(&oi->props.heap, v, max, &b, &err) > 0 && b.n > 0)
		s = slice_of(arena_slice(&oi->a, buf_slice(&b)), b.n);
	buf_free(&b);
	return s;
}

size_t
own_many(struct own_item *oi, unsigned id, size_t max, struct slice **v_r)
{
	const struct ltp_value *v = id == 0 ? NULL : ltp_prop(&oi->props, id);
	struct slice all, one;
	struct buf b = { 0 };
	struct err err = { 0 };
	uint32_t n = 0, i, from, to;

	*v_r = NULL;
	if (v != NULL &&
	    (v->type == PtypMultipleString || v->type == PtypMultipleString8 ||
		v->type == PtypMultipleBinary) &&
	    ltp_bytes(&oi->props.heap, v, OWN_MANY_MAX, &b, &err) > 0 &&
	    b.n >= 4)
		n = pst_u32(b.p);
	if (n > max || 4 + 4 * (uint64_t)n > b.n)
		n = 0;
	all = buf_slice(&b);
	*v_r = arena_alloc(&oi->a, n * sizeof(**v_r) + 1);
	for (i = 0; i < n; i++) {
		from = pst_u32(all.p + 4 + 4 * (size_t)i);
		to = i + 1 < n ? pst_u32(all.p + 8 + 4 * (size_t)i)
			       : (uint32_t)all.n;
		one = slice_of("", 0);
		if (from <= to && to <= all.n)
			one = slice_of(all.p + from, to - from);
		if (v->type == PtypMultipleBinary)
			(*v_r)[i] = slice_of(arena_slice(&oi->a, one), one.n);
		else
			(*v_r)[i] = own_decode(&oi->a, one,
			    v->type == PtypMultipleString, oi->codepage, NULL);
	}
	buf_free(&b);
	return n;
}
