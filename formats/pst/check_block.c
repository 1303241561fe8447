/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blocks, and what they and nodes refer to: [MS-PST] 2.2.2.8; see
 * check_impl.h. */
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "formats/pst/check_impl.h"

#define TRAILER "2.2.2.8.1"
#define XBLOCK	"2.2.2.8.3.2"
#define SLBLOCK "2.2.2.8.3.3.1"
#define SIBLOCK "2.2.2.8.3.3.2"
#define BBT	"2.2.2.7.7.3"

/* ---------------------------------------------------- blocks by themselves */

static bool
is_internal(uint64_t bid)
{
	return bid & 2;
}

static void
check_block(struct check *c, struct check_block *b)
{
	uint64_t whole = ((uint64_t)check_cb(b) + c->trailer + c->align - 1) /
	    c->align * c->align;
	const uint8_t *t;
	bool wide = c->id == 8;

	if (check_cb(b) == 0 || check_cb(b) > c->block_max ||
	    whole > sizeof(c->raw) ||
	    !check_read(c, "2.2.2.8", check_ib(b), c->raw, (size_t)whole))
		return;
	t = c->raw + whole - c->trailer;
	check_same(c, TRAILER, check_ib(b), "cb of a block", pst_u16(t),
	    check_cb(b));
	check_same(c, TRAILER, check_ib(b), "bid of a block",
	    (wide ? pst_u64(t + 8) : pst_u32(t + 4)) & ~(uint64_t)1,
	    b->bid & ~(uint64_t)1);
	check_same(c, TRAILER, check_ib(b), "wSig of a block", pst_u16(t + 2),
	    check_signature(check_ib(b),
		wide ? pst_u64(t + 8) : pst_u32(t + 4)));
	check_same(c, TRAILER, check_ib(b), "dwCRC of a block",
	    pst_u32(t + (wide ? 4 : 8)), pst_crc(0, c->raw, check_cb(b)));
}

void
check_blocks(struct check *c)
{
	size_t i;

	for (i = 0; i < c->nblocks && !c->stop; i++) {
		if (i % 256 == 0)
			check_at(c, PST_CHECK_BLOCKS, 0);
		check_block(c, &c->blocks[i]);
	}
}

/* ---------------------------------------------------------------- bytes */

static const uint8_t *
inflated(struct check *c, const struct check_block *b, size_t *n_r)
{
	size_t n = sizeof(c->inflate);

	if (!pst_inflate(c->inflate, &n, c->raw, check_cb(b)) ||
	    n != b->inflated) {
		check_bad(c, "4k", check_ib(b), "a compressed block",
		    "the bytes it promises", "other bytes");
		return NULL;
	}
	*n_r = n;
	return c->inflate;
}

const uint8_t *
check_block_bytes(struct check *c, uint64_t bid, size_t *n_r)
{
	struct check_block *b = check_find_block(c, bid);

	if (b == NULL || check_cb(b) > c->block_max || check_ib(b) > c->size ||
	    c->size - check_ib(b) < check_cb(b) ||
	    !check_budget(c, check_cb(b)))
		return NULL;
	if (!check_read(c, "2.2.2.8", check_ib(b), c->raw, check_cb(b)))
		return NULL;
	*n_r = check_cb(b);
	if (c->format == NDB_4K && b->inflated != 0 &&
	    b->inflated != check_cb(b))
		return inflated(c, b, n_r);
	if (!is_internal(b->bid)) {
		if (c->crypt == PST_CRYPT_PERMUTE)
			pst_permute_decode(c->raw, check_cb(b));
		else if (c->crypt == PST_CRYPT_CYCLIC)
			pst_cyclic(c->raw, check_cb(b), (uint32_t)b->bid);
	}
	return c->raw;
}

/* A list block of this type and level, or any level where it is -1; a copy.
 * Entries that its size allows. */
struct list {
	unsigned level, n, head, width;
	uint32_t total;
	uint64_t at;
	uint8_t bytes[CHECK_BLOCK_MAX];
};

static bool
read_list(struct check *c, uint64_t bid, unsigned type, struct list *l)
{
	const struct check_block *b = check_find_block(c, bid);
	const uint8_t *p;
	size_t n = 0;

	if (b == NULL)
		return false;
	p = check_block_bytes(c, bid, &n);
	l->at = check_ib(b);
	l->head = type == 1 || c->id == 8 ? 8 : 4;
	if (p == NULL || n < l->head || p[0] != type)
		return false;
	l->level = p[1];
	l->n = pst_u16(p + 2);
	l->total = type == 1 ? pst_u32(p + 4) : 0;
	l->width = type == 1 ? c->id : (l->level == 0 ? 3 : 2) * c->id;
	if (l->n > (n - l->head) / l->width)
		l->n = (unsigned)((n - l->head) / l->width);
	memcpy(l->bytes, p, n);
	return true;
}

bool
check_data_open(struct check *c, uint64_t bid, struct check_data *d_r)
{
	struct check_block *b;
	struct list *l;
	unsigned i;
	bool ok = true;

	*d_r = (struct check_data){ .bid = bid };
	if (bid == 0)
		return true;
	b = check_find_block(c, bid);
	if (b == NULL)
		return false;
	d_r->nblocks = 1;
	d_r->size = b->inflated != 0 ? b->inflated : check_cb(b);
	if (!is_internal(bid))
		return true;
	l = mem_alloc(1, sizeof(*l));
	ok = read_list(c, bid, 1, l);
	d_r->size = l->total;
	d_r->nblocks = l->level == 1 ? l->n : 0;
	if (ok && l->level == 2) {
		struct list *x = mem_alloc(1, sizeof(*x));

		for (i = 0; ok && i < l->n; i++) {
			ok = read_list(c,
			    check_id(c, l->bytes + l->head + i * l->width), 1,
			    x);
			d_r->nblocks += x->n;
		}
		free(x);
	}
	free(l);
	return ok;
}

/* Block 'i' of the list at 'bid'; all XBLOCKs but the last are full. */
static uint64_t
data_bid(struct check *c, uint64_t bid, size_t i)
{
	const uint8_t *p;
	size_t n, per = (c->block_max - 8) / c->id;
	unsigned guard;

	for (guard = 0; guard < 2; guard++) {
		p = check_block_bytes(c, bid, &n);
		if (p == NULL || n < 8 || p[0] != 1)
			return 0;
		if (p[1] == 1)
			return i < (n - 8) / c->id
			    ? check_id(c, p + 8 + i * c->id)
			    : 0;
		if (i / per >= (n - 8) / c->id)
			return 0;
		bid = check_id(c, p + 8 + i / per * c->id);
		i %= per;
	}
	return 0;
}

const uint8_t *
check_data_block(struct check *c, const struct check_data *d, size_t i,
    size_t *n_r)
{
	uint64_t bid = d->bid;

	if (i >= d->nblocks)
		return NULL;
	if (is_internal(bid))
		bid = data_bid(c, bid, i);
	return bid == 0 || is_internal(bid) ? NULL
					    : check_block_bytes(c, bid, n_r);
}

/* ------------------------------------------------------------- references */

static void refer_sub(struct check *c, uint64_t bid, int depth);

/* Somebody refers to a block: it must be there.  The block, the first time
 * only; NULL otherwise. */
static struct check_block *
refer(struct check *c, const char *rule, uint64_t bid, const char *what)
{
	struct check_block *b = check_find_block(c, bid);
	bool first;

	if (b == NULL) {
		check_bad(c, rule, PST_NOWHERE, what, "a block of the BBT",
		    "block 0x%llx, which is none", (unsigned long long)bid);
		return NULL;
	}
	if (b->refs < UINT16_MAX)
		b->refs++;
	if (b->flags & CHECK_LIST) {
		check_bad(c, rule, check_ib(b), what, "no circle",
		    "block 0x%llx, which leads back to itself",
		    (unsigned long long)bid);
		return NULL;
	}
	first = (b->flags & CHECK_SEEN) == 0;
	b->flags |= CHECK_SEEN;
	return first ? b : NULL;
}

/* Sum of the sizes below; blocks that are not last must be full. */
static uint64_t
refer_list(struct check *c, struct check_block *b, unsigned level)
{
	struct list *l = mem_alloc(1, sizeof(*l));
	uint64_t total = 0, bid;
	struct check_block *x;
	unsigned i;
	size_t n = 0;

	b->flags |= CHECK_LIST;
	if (check_block_bytes(c, b->bid, &n) == NULL)
		goto out;
	if (!read_list(c, b->bid, 1, l)) {
		check_bad(c, XBLOCK, check_ib(b), "btype", "0x1",
		    "a block that is no list of blocks");
		goto out;
	}
	if (level != 0)
		check_same(c, XBLOCK, check_ib(b), "cLevel", l->level, level);
	else if (l->level != 1 && l->level != 2)
		check_bad(c, XBLOCK, check_ib(b), "cLevel", "1 or 2", "%u",
		    l->level);
	check_same(c, XBLOCK, check_ib(b), "cEnt", pst_u16(l->bytes + 2),
	    (n - 8) / c->id);
	for (i = 0; i < l->n && !c->stop && l->level <= 2; i++) {
		bid = check_id(c, l->bytes + 8 + i * c->id);
		if (is_internal(bid) != (l->level == 2)) {
			check_bad(c, "2.2.2.2", check_ib(b),
			    "a bid of the list",
			    l->level == 2 ? "internal" : "not internal",
			    "0x%llx", (unsigned long long)bid);
			continue;
		}
		x = refer(c, XBLOCK, bid, "a bid of the list");
		if (l->level == 2 && x != NULL) {
			total += refer_list(c, x, 1);
			continue;
		}
		x = check_find_block(c, bid);
		if (x == NULL)
			continue;
		total += x->inflated != 0 ? x->inflated : check_cb(x);
		if (l->level == 1 && i + 1 < l->n &&
		    (x->inflated != 0 ? x->inflated : check_cb(x)) !=
			c->block_max)
			check_bad(c, XBLOCK, check_ib(x), "a block of the list",
			    "full, for it is not the last", "%u bytes",
			    check_cb(x));
	}
	check_same(c, XBLOCK, check_ib(b), "lcbTotal", l->total, total);
out:
	b->flags &= (uint8_t)~CHECK_LIST;
	free(l);
	return total;
}

static void
refer_data(struct check *c, uint64_t bid, const char *rule)
{
	struct check_block *b;

	if (bid == 0)
		return;
	b = refer(c, rule, bid, "bidData");
	if (b != NULL && is_internal(bid))
		refer_list(c, b, 0);
}

static void
refer_sub_leaf(struct check *c, const struct list *l, uint32_t low, int depth)
{
	const uint8_t *e;
	uint32_t last = 0;
	uint64_t data, sub;
	unsigned i;

	for (i = 0; i < l->n && !c->stop; i++) {
		e = l->bytes + l->head + i * l->width;
		c->sub = pst_u32(e);
		if (i > 0 && c->sub <= last)
			check_bad(c, SLBLOCK, l->at, "nid of a subnode",
			    "above the one before", "0x%x behind 0x%x", c->sub,
			    last);
		if (c->sub < low)
			check_bad(c, SIBLOCK, l->at, "nid of a subnode",
			    "not below its SIENTRY's", "0x%x, not 0x%x", c->sub,
			    low);
		last = c->sub;
		data = check_id(c, e + c->id);
		sub = check_id(c, e + 2 * c->id);
		refer_data(c, data, SLBLOCK);
		if (sub != 0)
			refer_sub(c, sub, depth + 1);
	}
	c->sub = 0;
}

static void
refer_sub(struct check *c, uint64_t bid, int depth)
{
	struct check_block *b = refer(c, SLBLOCK, bid, "bidSub"), *x;
	struct list *l, *leaf;
	uint32_t key, last = 0;
	unsigned i;
	size_t n;

	if (b == NULL || depth > 4 * CHECK_DEPTH * CHECK_DEPTH)
		return;
	if (!is_internal(bid)) {
		check_bad(c, "2.2.2.2", check_ib(b), "bidSub", "internal",
		    "0x%llx", (unsigned long long)bid);
		return;
	}
	if (check_block_bytes(c, bid, &n) == NULL)
		return;
	l = mem_alloc(1, sizeof(*l));
	if (!read_list(c, bid, 2, l) || l->level > 1) {
		check_bad(c, SLBLOCK, check_ib(b), "btype and cLevel of bidSub",
		    "an SLBLOCK or SIBLOCK", "neither");
		free(l);
		return;
	}
	check_same(c, l->level == 0 ? SLBLOCK : SIBLOCK, check_ib(b), "cEnt",
	    pst_u16(l->bytes + 2), (n - l->head) / l->width);
	b->flags |= CHECK_LIST;
	if (l->level == 0)
		refer_sub_leaf(c, l, 0, depth);
	for (i = 0; l->level == 1 && i < l->n && !c->stop; i++) {
		const uint8_t *e = l->bytes + l->head + i * l->width;

		key = pst_u32(e);
		if (i > 0 && key <= last)
			check_bad(c, SIBLOCK, check_ib(b), "nid of an SIENTRY",
			    "above the one before", "0x%x behind 0x%x", key,
			    last);
		last = key;
		x = refer(c, SIBLOCK, check_id(c, e + c->id),
		    "bid of an SIENTRY");
		leaf = mem_alloc(1, sizeof(*leaf));
		if (x != NULL && read_list(c, x->bid, 2, leaf) &&
		    leaf->level == 0)
			refer_sub_leaf(c, leaf, key, depth);
		else if (x != NULL)
			check_bad(c, SIBLOCK, check_ib(x), "an SIENTRY's block",
			    "an SLBLOCK", "none");
		free(leaf);
	}
	b->flags &= (uint8_t)~CHECK_LIST;
	free(l);
}

void
check_references(struct check *c)
{
	size_t i;

	for (i = 0; i < c->nnodes && !c->stop; i++) {
		c->node = c->nodes[i].nid;
		if (i % 64 == 0)
			check_at(c, PST_CHECK_NODES, c->node);
		if (is_internal(c->nodes[i].data) &&
		    c->nodes[i].data == c->nodes[i].sub)
			check_bad(c, "2.2.2.7.7.4", PST_NOWHERE, "bidData",
			    "not the same as bidSub", "0x%llx",
			    (unsigned long long)c->nodes[i].data);
		refer_data(c, c->nodes[i].data, "2.2.2.7.7.4");
		if (c->nodes[i].sub != 0)
			refer_sub(c, c->nodes[i].sub, 0);
	}
	c->node = 0;
	/* counted by the tree itself, and by everybody who refers to it; a
	 * count of one is a block to be freed some day */
	for (i = 0; i < c->nblocks && !c->stop; i++)
		check_same(c, BBT, check_ib(&c->blocks[i]), "cRef of a block",
		    c->blocks[i].cref, c->blocks[i].refs + 1u);
}

/* -------------------------------------------------------------- subnodes */

struct find {
	uint32_t nid;
	struct ndb_node node;
	bool found;
};

static void
find_each(void *arg, const struct ndb_node *node)
{
	struct find *f = arg;

	if (node->nid == f->nid && !f->found) {
		f->node = *node;
		f->found = true;
	}
}

bool
check_sub_find(struct check *c, uint64_t sub, uint32_t nid,
    struct ndb_node *node_r)
{
	struct find f = { .nid = nid };

	check_sub_each(c, sub, find_each, &f);
	*node_r = f.node;
	return f.found;
}

static void
each_leaf(struct check *c, const struct list *l,
    void (*each)(void *arg, const struct ndb_node *node), void *arg)
{
	const uint8_t *e;
	unsigned i;

	for (i = 0; i < l->n; i++) {
		e = l->bytes + l->head + i * l->width;
		each(arg,
		    &(struct ndb_node){ .nid = pst_u32(e),
			.data = check_id(c, e + c->id),
			.sub = check_id(c, e + 2 * c->id) });
	}
}

void
check_sub_each(struct check *c, uint64_t sub,
    void (*each)(void *arg, const struct ndb_node *node), void *arg)
{
	struct list *l, *leaf;
	unsigned i;

	if (sub == 0)
		return;
	l = mem_alloc(1, sizeof(*l));
	if (read_list(c, sub, 2, l)) {
		if (l->level == 0)
			each_leaf(c, l, each, arg);
		leaf = l->level == 1 ? mem_alloc(1, sizeof(*leaf)) : NULL;
		for (i = 0; leaf != NULL && i < l->n; i++)
			if (read_list(c,
				check_id(c,
				    l->bytes + l->head + i * l->width + c->id),
				2, leaf) &&
			    leaf->level == 0)
				each_leaf(c, leaf, each, arg);
		free(leaf);
	}
	free(l);
}
