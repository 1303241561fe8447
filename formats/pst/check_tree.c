/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The B-trees of blocks and of nodes, page by page: [MS-PST] 2.2.2.7.1 and
 * 2.2.2.7.7; see check_impl.h. */
#include <stdio.h>
#include <stdlib.h>

#include "core/mem.h"
#include "formats/pst/check_impl.h"

#define TRAILER "2.2.2.7.1"
#define BTPAGE	"2.2.2.7.7.1"
#define ENTRY	"2.2.2.7.7.2"

enum { PAGE_BBT = 0x80, PAGE_NBT = 0x81, PAGE_FMAP = 0x82, PAGE_FPMAP = 0x85 };

/* One page that is being walked. */
struct visit {
	struct check *c;
	unsigned type;
	uint64_t low, high; /* keys it may hold: low..high-1 */
	uint64_t last;	    /* the last leaf's key */
	bool any;
	unsigned depth;
};

void
check_page_trailer(struct check *c, const uint8_t *page, unsigned type,
    uint64_t at, uint64_t bid)
{
	const uint8_t *t = page + c->page - c->trailer;
	bool map = type >= PAGE_FMAP && type <= PAGE_FPMAP, wide = c->id == 8;
	uint64_t own = wide ? pst_u64(t + 8) : pst_u32(t + 4);
	uint32_t crc = pst_u32(t + (wide ? 4 : 8));

	check_same(c, TRAILER, at, "ptype of a page", t[0], type);
	check_same(c, TRAILER, at, "ptypeRepeat of a page", t[1], type);
	check_same(c, TRAILER, at, "dwCRC of a page", crc,
	    pst_crc(0, page, c->page - c->trailer));
	if (bid != UINT64_MAX)
		check_same(c, TRAILER, at, "bid of a page", own, bid);
	check_same(c, TRAILER, at, "wSig of a page", pst_u16(t + 2),
	    map ? 0 : check_signature(at, own));
	if (bid != UINT64_MAX && !map && own >= c->next_page)
		check_bad(c, "2.2.2.6", at, "bid of a page",
		    "to be below bidNextP", "0x%llx, bidNextP is 0x%llx",
		    (unsigned long long)own, (unsigned long long)c->next_page);
}

static bool
note_page(struct check *c, uint64_t at)
{
	size_t i;

	/* circles are bounded by depth; a page in two places is found by its
	 * overlapping itself */
	if (c->npages > c->size / c->page)
		return false;
	i = c->npages++;
	if ((i & 1023) == 0)
		c->pages = mem_grow(c->pages, i + 1024, sizeof(*c->pages));
	c->pages[i] = at;
	return true;
}

static void
too_many(struct check *c, uint64_t at)
{
	check_bad(c, BTPAGE, at, "entries of a B-tree",
	    "no more than the file has room for", "more");
	c->stop = true;
}

static void
take_block(struct check *c, const uint8_t *e, uint64_t at)
{
	struct check_block *b;
	unsigned id = c->id;
	uint64_t ib = check_id(c, e + id);

	/* no file holds more blocks than fit into it */
	if (c->nblocks > c->size / 64) {
		too_many(c, at);
		return;
	}
	if ((c->nblocks & 1023) == 0)
		c->blocks =
		    mem_grow(c->blocks, c->nblocks + 1024, sizeof(*c->blocks));
	b = &c->blocks[c->nblocks++];
	*b = (struct check_block){ .bid = check_id(c, e),
		.place = ib / 64 << 16 | pst_u16(e + 2 * id) };
	if (c->format == NDB_4K) {
		b->inflated = pst_u16(e + 18);
		b->cref = pst_u16(e + 20);
	} else {
		b->cref = pst_u16(e + 2 * id + 2);
	}
	if (ib % c->align != 0)
		check_bad(c, "2.2.2.8", at, "ib of a block", "aligned",
		    "0x%llx", (unsigned long long)ib);
	if (check_cb(b) == 0 || check_cb(b) > c->block_max)
		check_bad(c, "2.2.2.7.7.3", at, "cb of a block",
		    "1 to the largest block", "%u", check_cb(b));
	if (b->cref == 0)
		check_bad(c, "2.2.2.7.7.3", at, "cRef of a block", "1 or more",
		    "0");
	if (b->bid >= c->next_bid)
		check_bad(c, "2.2.2.6", at, "bid of a block",
		    "to be below bidNextB", "0x%llx, bidNextB is 0x%llx",
		    (unsigned long long)b->bid,
		    (unsigned long long)c->next_bid);
}

static void
take_node(struct check *c, const uint8_t *e, uint64_t at)
{
	struct check_node *n;
	unsigned id = c->id;

	if (c->nnodes > c->size / 16) {
		too_many(c, at);
		return;
	}
	if ((c->nnodes & 1023) == 0)
		c->nodes =
		    mem_grow(c->nodes, c->nnodes + 1024, sizeof(*c->nodes));
	n = &c->nodes[c->nnodes++];
	*n = (struct check_node){ .nid = pst_u32(e),
		.data = check_id(c, e + id),
		.sub = check_id(c, e + 2 * id),
		.parent = pst_u32(e + 3 * id) };
	if (id == 8 && pst_u32(e + 4) != 0)
		check_bad(c, "2.2.2.7.7.4", at, "nid of a node", "32 bits",
		    "0x%llx", (unsigned long long)pst_u64(e));
	c->node = n->nid;
	if (n->nid >> 5 > c->rgnid[n->nid & 0x1f] >> 0 &&
	    (n->nid & 0x1f) != NID_TYPE_INTERNAL)
		check_bad(c, "2.2.2.6", at, "rgnid of the header",
		    "no lower than any node's index", "0x%x of type 0x%x",
		    c->rgnid[n->nid & 0x1f], n->nid & 0x1f);
	c->node = 0;
}

struct shape {
	unsigned n, max, size, level;
};

static bool
take_shape(struct visit *v, const uint8_t *page, uint64_t at, int parent,
    struct shape *s_r)
{
	struct check *c = v->c;
	const uint8_t *t = page + c->page_data;
	bool k4 = c->format == NDB_4K;
	unsigned want;

	s_r->n = k4 ? pst_u16(t) : t[0];
	s_r->max = k4 ? pst_u16(t + 2) : t[1];
	s_r->size = k4 ? t[4] : t[2];
	s_r->level = k4 ? t[5] : t[3];
	if (parent >= 0 && s_r->level + 1 != (unsigned)parent) {
		check_bad(c, BTPAGE, at, "cLevel", "one below its parent's",
		    "%u below %d", s_r->level, parent);
		return false;
	}
	if (s_r->level > 0)
		want = 3 * c->id;
	else if (v->type == PAGE_NBT)
		want = 4 * c->id;
	else
		want = c->id == 8 ? 24 : 12;
	if (!check_same(c, BTPAGE, at, "cbEnt", s_r->size, want))
		return false;
	check_same(c, BTPAGE, at, "cEntMax", s_r->max, c->page_data / want);
	if (s_r->n > c->page_data / want) {
		check_bad(c, BTPAGE, at, "cEnt", "at most cEntMax", "%u",
		    s_r->n);
		return false;
	}
	if (s_r->n == 0 && parent >= 0)
		check_bad(c, BTPAGE, at, "cEnt", "1 or more", "0");
	return true;
}

/* Is the key where it may be? */
static void
check_key(struct visit *v, uint64_t at, uint64_t key)
{
	struct check *c = v->c;

	if (key < v->low || (v->high != 0 && key >= v->high))
		check_bad(c, ENTRY, at, "a key", "within its parent's",
		    "0x%llx, not in 0x%llx..0x%llx", (unsigned long long)key,
		    (unsigned long long)v->low, (unsigned long long)v->high);
}

static void walk(struct visit *v, uint64_t bid, uint64_t at, int parent);

static void
walk_down(struct visit *v, const uint8_t *page, uint64_t at,
    const struct shape *s)
{
	struct check *c = v->c;
	uint64_t low = v->low, high = v->high, key, last = 0;
	const uint8_t *e;
	unsigned i;

	for (i = 0; i < s->n && !c->stop; i++) {
		e = page + i * s->size;
		key = check_id(c, e);
		check_key(v, at + i * s->size, key);
		if (i > 0 && key <= last)
			check_bad(c, ENTRY, at + i * s->size, "a key",
			    "above the one before", "0x%llx behind 0x%llx",
			    (unsigned long long)key, (unsigned long long)last);
		last = key;
		v->low = key;
		v->high = i + 1 < s->n ? check_id(c, e + s->size) : high;
		walk(v, check_id(c, e + c->id), check_id(c, e + 2 * c->id),
		    (int)s->level);
		v->low = low;
		v->high = high;
	}
}

static void
walk_leaf(struct visit *v, const uint8_t *page, uint64_t at,
    const struct shape *s)
{
	struct check *c = v->c;
	uint64_t key, where;
	const uint8_t *e;
	unsigned i;

	for (i = 0; i < s->n && !c->stop; i++) {
		e = page + i * s->size;
		where = at + i * s->size;
		key = check_id(c, e);
		if (v->type == PAGE_NBT)
			key = pst_u32(e);
		check_key(v, where, key);
		if (v->any && key <= v->last)
			check_bad(c, ENTRY, where, "a key",
			    "above the one before", "0x%llx behind 0x%llx",
			    (unsigned long long)key,
			    (unsigned long long)v->last);
		v->any = true;
		v->last = key;
		if (v->type == PAGE_NBT)
			take_node(c, e, where);
		else
			take_block(c, e, where);
	}
}

static void
walk(struct visit *v, uint64_t bid, uint64_t at, int parent)
{
	struct check *c = v->c;
	uint8_t page[CHECK_PAGE_MAX];
	struct shape s;

	if (v->depth >= CHECK_DEPTH || !check_at(c, PST_CHECK_TREES, 0) ||
	    !check_read(c, TRAILER, at, page, c->page) || !note_page(c, at))
		return;
	if (at % c->page != 0)
		check_bad(c, "2.2.2.7", at, "a page", "aligned", "0x%llx",
		    (unsigned long long)at);
	check_page_trailer(c, page, v->type, at, bid);
	if (!take_shape(v, page, at, parent, &s))
		return;
	v->depth++;
	if (s.level > 0)
		walk_down(v, page, at, &s);
	else
		walk_leaf(v, page, at, &s);
	v->depth--;
}

static int
by_bid(const void *a, const void *b)
{
	const struct check_block *x = a, *y = b;

	return x->bid < y->bid ? -1 : x->bid > y->bid;
}

static int
by_nid(const void *a, const void *b)
{
	const struct check_node *x = a, *y = b;

	return x->nid < y->nid ? -1 : x->nid > y->nid;
}

void
check_trees(struct check *c)
{
	struct visit blocks = { .c = c, .type = PAGE_BBT };
	struct visit nodes = { .c = c, .type = PAGE_NBT };

	walk(&blocks, c->bbt_bid, c->bbt_at, -1);
	walk(&nodes, c->nbt_bid, c->nbt_at, -1);
	check_sort(c->blocks, c->nblocks, sizeof(*c->blocks), by_bid);
	check_sort(c->nodes, c->nnodes, sizeof(*c->nodes), by_nid);
}

struct check_block *
check_find_block(struct check *c, uint64_t bid)
{
	/* the lowest bit is the reader's */
	struct check_block key = { .bid = bid & ~(uint64_t)1 }, *b;

	if (c->nblocks == 0)
		return NULL;
	b = bsearch(&key, c->blocks, c->nblocks, sizeof(*c->blocks), by_bid);
	key.bid |= 1;
	return b != NULL
	    ? b
	    : bsearch(&key, c->blocks, c->nblocks, sizeof(*c->blocks), by_bid);
}

struct check_node *
check_find_node(struct check *c, uint32_t nid)
{
	struct check_node key = { .nid = nid };

	return c->nnodes == 0
	    ? NULL
	    : bsearch(&key, c->nodes, c->nnodes, sizeof(*c->nodes), by_nid);
}
