/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values and property contexts: [MS-PST] 2.3.3; see check_impl.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "formats/pst/check_impl.h"

#define PC	  "2.3.3.3"
#define VALUES	  "2.3.3.4"
#define VALUE_MAX (16u << 20)

#define HEAP_PC 0xbc

/* Bytes of a value of a fixed size; 0: any, -1: no type that there is. */
int
check_fixed_size(unsigned type)
{
	switch (type) {
	case PtypInteger16:
		return 2;
	case PtypInteger32:
	case PtypFloating32:
	case PtypErrorCode:
		return 4;
	case PtypBoolean:
		return 1;
	case PtypFloating64:
	case PtypInteger64:
	case PtypTime:
	case 0x0006: /* PtypCurrency */
	case 0x0007: /* PtypFloatingTime */
		return 8;
	case PtypGuid:
		return 16;
	case PtypObject:
	case PtypString8:
	case PtypString:
	case PtypBinary:
	case 0x00fb: /* PtypServerId */
	case 0x00fd: /* PtypRestriction */
	case 0x00fe: /* PtypRuleAction */
		return 0;
	default:
		if ((type & 0x1000) != 0 && (type & 0xfff) != PtypObject &&
		    check_fixed_size(type & 0xfff) >= 0)
			return 0;
		return -1;
	}
}

bool
check_in_hnid(unsigned type)
{
	int n = check_fixed_size(type);

	return n > 0 && n <= 4;
}

/* Tags whose type is known, and that a reader takes for it. */
static unsigned
known_type(unsigned id)
{
	static const struct {
		uint16_t id, type;
	} known[] = { { 0x0017, PtypInteger32 }, { 0x001a, PtypString },
		{ 0x0026, PtypInteger32 }, { 0x0036, PtypInteger32 },
		{ 0x0037, PtypString }, { 0x0039, PtypTime },
		{ 0x003b, PtypBinary }, { 0x0042, PtypString },
		{ 0x0064, PtypString }, { 0x0065, PtypString },
		{ 0x0070, PtypString }, { 0x0071, PtypBinary },
		{ 0x007d, PtypString }, { 0x0c15, PtypInteger32 },
		{ 0x0c1a, PtypString }, { 0x0c1d, PtypBinary },
		{ 0x0c1e, PtypString }, { 0x0c1f, PtypString },
		{ 0x0e02, PtypString }, { 0x0e03, PtypString },
		{ 0x0e04, PtypString }, { 0x0e06, PtypTime },
		{ 0x0e07, PtypInteger32 }, { 0x0e08, PtypInteger32 },
		{ 0x0e17, PtypInteger32 }, { 0x0e1b, PtypBoolean },
		{ 0x0e1f, PtypBoolean }, { 0x0e20, PtypInteger32 },
		{ 0x0ff9, PtypBinary }, { 0x0fff, PtypBinary },
		{ 0x1000, PtypString }, { 0x1009, PtypBinary },
		{ 0x1035, PtypString }, { 0x1080, PtypInteger32 },
		{ 0x1081, PtypInteger32 }, { 0x1090, PtypInteger32 },
		{ 0x3001, PtypString }, { 0x3002, PtypString },
		{ 0x3003, PtypString }, { 0x3007, PtypTime },
		{ 0x3008, PtypTime }, { 0x300b, PtypBinary },
		{ 0x35df, PtypInteger32 }, { 0x35e0, PtypBinary },
		{ 0x35e3, PtypBinary }, { 0x35e7, PtypBinary },
		{ 0x3602, PtypInteger32 }, { 0x3603, PtypInteger32 },
		{ 0x360a, PtypBoolean }, { 0x3613, PtypString },
		{ 0x3704, PtypString }, { 0x3705, PtypInteger32 },
		{ 0x3707, PtypString }, { 0x370b, PtypInteger32 },
		{ 0x370e, PtypString }, { 0x39fe, PtypString },
		{ 0x67f2, PtypInteger32 }, { 0x67f3, PtypInteger32 },
		{ 0x67ff, PtypInteger32 } };
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].id == id)
			return known[i].type;
	return 0;
}

void
check_tag(struct check *c, const char *rule, unsigned id, unsigned type)
{
	unsigned known = known_type(id);
	char what[48], want[16];

	if (check_fixed_size(type) < 0) {
		snprintf(what, sizeof(what), "the type of property 0x%04x", id);
		check_bad(c, rule, AT_NODE, what, "one that there is", "0x%04x",
		    type);
		return;
	}
	/* text may be 8-bit in ANSI files, and what comes from them; a value
	 * may be an error in its place */
	if (known == 0 || known == type || type == PtypErrorCode ||
	    (known == PtypString && type == PtypString8))
		return;
	snprintf(what, sizeof(what), "the type of property 0x%04x", id);
	snprintf(want, sizeof(want), "0x%04x", known);
	if (c->ost) /* what a server put there */
		check_remark(c, rule, AT_NODE, what, want, "0x%04x", type);
	else
		check_bad(c, rule, AT_NODE, what, want, "0x%04x", type);
}

/* ---------------------------------------------------------------- values */

/* The bytes at a HNID: at most 'max' into 'out'; their full size.  -1: there
 * are none. */
int64_t
check_take_bytes(struct check_heap *h, uint32_t hnid, size_t max,
    struct buf *out)
{
	struct check *c = h->c;
	struct check_data d;
	struct ndb_node node;
	const uint8_t *p;
	struct slice s;
	size_t i, n;

	if (hnid == 0)
		return 0;
	if ((hnid & 0x1f) == 0) {
		if (!check_heap_get(h, hnid, &s))
			return -1;
		buf_put(out, s.p, s.n < max ? s.n : max);
		return (int64_t)s.n;
	}
	if (!check_sub_find(c, h->sub, hnid, &node) ||
	    !check_data_open(c, node.data, &d))
		return -1;
	for (i = 0; i < d.nblocks && out->n < max; i++) {
		p = check_data_block(c, &d, i, &n);
		if (p == NULL)
			return -1;
		buf_put(out, p, n < max - out->n ? n : max - out->n);
	}
	return (int64_t)d.size;
}

static void
bad_value(struct check *c, unsigned id, unsigned type, const char *want,
    const char *found)
{
	char what[48];

	snprintf(what, sizeof(what), "property 0x%04x of type 0x%04x", id,
	    type);
	check_bad(c, VALUES, AT_NODE, what, want, "%s", found);
}

/* PtypMultiple of strings and the like: count, offsets, values. */
static bool
offsets_good(const struct buf *b)
{
	uint32_t n, i, at, last;

	if (b->n == 0)
		return true;
	if (b->n < 4)
		return false;
	n = pst_u32(b->p);
	if (n > (b->n - 4) / 4)
		return false;
	last = 4 + 4 * n;
	for (i = 0; i < n; i++) {
		at = pst_u32(b->p + 4 + 4 * i);
		if (at < last || at > b->n || (i == 0 && at != 4 + 4 * n))
			return false;
		last = at;
	}
	return true;
}

void
check_value(struct check_heap *h, unsigned id, unsigned type, uint32_t value)
{
	struct check *c = h->c;
	struct buf b = { 0 };
	struct ndb_node node;
	int64_t n;
	int fixed = check_fixed_size(type & 0xfff);
	bool many = (type & 0x1000) != 0;
	char text[40];

	if (fixed < 0 || (check_in_hnid(type) && !many))
		return;
	n = check_take_bytes(h, value, many ? VALUE_MAX : 64, &b);
	snprintf(text, sizeof(text), "%lld bytes", (long long)n);
	if (n < 0) {
		snprintf(text, sizeof(text), "HNID 0x%x", value);
		bad_value(c, id, type, "an item of the heap or a subnode",
		    text);
	} else if (!many && type == PtypObject) {
		if (n != 8)
			bad_value(c, id, type, "8 bytes", text);
		else if (!check_sub_find(c, h->sub, pst_u32(b.p), &node))
			bad_value(c, id, type, "the number of a subnode",
			    "none");
	} else if (!many && fixed > 0) {
		if (n != fixed)
			bad_value(c, id, type, "the bytes of its type", text);
	} else if (!many && type == PtypString) {
		/* files of 4096-byte pages have 8-bit ones, too */
		if (n % 2 != 0 && c->format != NDB_4K)
			bad_value(c, id, type, "whole UTF-16 units", text);
	} else if (many && fixed > 0) {
		if (n % fixed != 0)
			bad_value(c, id, type, "whole values", text);
	} else if (many && n <= VALUE_MAX) {
		if (!offsets_good(&b))
			bad_value(c, id, type,
			    "a count, rising offsets and values", "none");
	}
	buf_free(&b);
}

/* ----------------------------------------------------- property contexts */

static bool
take_prop(void *arg, const uint8_t *rec)
{
	struct check_props *p = arg;

	if ((p->n & 31) == 0)
		p->v = mem_grow(p->v, p->n + 32, sizeof(*p->v));
	p->v[p->n++] = (struct check_prop){ .id = pst_u16(rec),
		.type = pst_u16(rec + 2),
		.value = pst_u32(rec + 4) };
	return p->n < 65536;
}

bool
check_props_open(struct check *c, uint64_t data, uint64_t sub,
    struct check_props *p_r)
{
	size_t i;

	*p_r = (struct check_props){ 0 };
	p_r->heap = check_heap_open(c, data, sub, HEAP_PC);
	if (p_r->heap == NULL)
		return false;
	if (!check_bth(p_r->heap, p_r->heap->root, 2, 6, PC, take_prop, p_r)) {
		check_props_free(p_r);
		return false;
	}
	for (i = 0; i < p_r->n && !c->stop; i++) {
		const struct check_prop *v = &p_r->v[i];

		/* the name-to-id map has tags of its own */
		if (c->node != NID_NAMES)
			check_tag(c, PC, v->id, v->type);
		check_value(p_r->heap, v->id, v->type, v->value);
		if (v->type == PtypBoolean && v->value > 1)
			check_remark(c, PC, AT_NODE, "a boolean", "0 or 1",
			    "0x%x in property 0x%04x", v->value, v->id);
	}
	return true;
}

void
check_props_free(struct check_props *p)
{
	check_heap_free(&p->heap);
	free(p->v);
	p->v = NULL;
	p->n = 0;
}

const struct check_prop *
check_prop(const struct check_props *p, unsigned id)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->v[i].id == id)
			return &p->v[i];
	return NULL;
}

bool
check_prop_bytes(struct check_props *p, unsigned id, struct buf *out)
{
	const struct check_prop *v = check_prop(p, id);

	buf_clear(out);
	return v != NULL && !check_in_hnid(v->type) &&
	    check_take_bytes(p->heap, v->value, VALUE_MAX, out) >= 0;
}

bool
check_prop_must(struct check *c, struct check_props *p, const char *rule,
    const char *name, unsigned id, unsigned type)
{
	const struct check_prop *v = check_prop(p, id);

	if (v == NULL) {
		check_bad(c, rule, AT_NODE, name, "to be there", "none");
		return false;
	}
	return v->type == type ||
	    (type == PtypString && v->type == PtypString8);
}
