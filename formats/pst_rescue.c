/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When pages of the trees are gone: what they said, found again in the file.
 * Blocks say in their trailers who they are ([MS-PST] 2.2.2.8.1), leaves of
 * the tree of nodes stand at multiples of their size, often in older copies,
 * too; the page with the highest number is the newest.  Used only for what
 * the trees do not say.
 *
 * Memory: 24 bytes a block and 40 a node, and only where there is damage.
 */
#include "formats/pst_ndb_impl.h"

#include <stdlib.h>
#include <string.h>

#include "core/io.h"
#include "core/limits.h"
#include "core/mem.h"

#define GAPS_MAX   64
#define BLOCKS_MAX 1000000
#define NODES_MAX  500000

/* Keys that a lost page had: from <= key < to. */
struct gap {
	uint64_t from, to;
};

struct found_node {
	struct ndb_node node;
	uint64_t page; /* number of the page it stood in */
};

struct found_block {
	uint64_t bid, ib;
	uint16_t stored, inflated;
};

struct ndb_rescue {
	struct gap gaps[GAPS_MAX];
	size_t n_gaps;
	bool blocks_lost;
	struct found_node *nodes;
	size_t n_nodes, cap_nodes;
	struct found_block *blocks;
	size_t n_blocks, cap_blocks;
	uint64_t block_end; /* blocks do not overlap */
	uint64_t effort;    /* bytes that may still be checked in vain */
};

/* ---------------------------------------------------- what is damaged? */

static void
add_gap(struct ndb_rescue *r, uint64_t from, uint64_t to)
{
	if (r->n_gaps == GAPS_MAX) {
		r->gaps[0] = (struct gap){ 0, UINT64_MAX };
		return;
	}
	r->gaps[r->n_gaps++] = (struct gap){ from, to };
}

static bool
in_gap(const struct ndb_rescue *r, uint64_t key)
{
	size_t i;

	for (i = 0; i < r->n_gaps; i++)
		if (key >= r->gaps[i].from && key < r->gaps[i].to)
			return true;
	return false;
}

struct survey {
	struct ndb *n;
	struct ndb_rescue *r;
	unsigned type;
	uint64_t pages;
};

/* Look at all pages from 'ref' down, which hold keys from <= key < to. */
static void
survey_page(struct survey *s, const struct ndb_ref *ref, unsigned below,
    uint64_t from, uint64_t to)
{
	struct ndb_page *pg;
	struct ndb_ref child;
	struct err err = { 0 };
	uint64_t key, next;
	unsigned i, n, level;

	if (s->pages++ > s->n->info.size / s->n->shape.page)
		return;
	if (ndb_page(s->n, ref, s->type, &pg, &err) != 0 ||
	    pg->level >= below) {
		if (s->type == NDB_PAGE_NODES)
			add_gap(s->r, from, to);
		else
			s->r->blocks_lost = true;
		return;
	}
	n = pg->n;
	level = pg->level;
	for (i = 0; level > 0 && i < n; i++) {
		/* the page may have left the cache meanwhile */
		if (ndb_page(s->n, ref, s->type, &pg, &err) != 0 || i >= pg->n)
			return;
		key = ndb_id(s->n, ndb_page_entry(pg, i));
		next = i + 1 < pg->n ? ndb_id(s->n, ndb_page_entry(pg, i + 1))
				     : to;
		child = ndb_entry_ref(s->n, ndb_page_entry(pg, i));
		survey_page(s, &child, level, key, next);
	}
}

/* ------------------------------------------------------------ the search */

static void
add_node(struct ndb *n, struct ndb_rescue *r, const uint8_t *e, uint64_t page)
{
	struct found_node *f;

	if (r->n_nodes == NODES_MAX || !in_gap(r, pst_u32(e)))
		return;
	if (r->n_nodes == r->cap_nodes) {
		r->cap_nodes = r->cap_nodes * 2 + 64;
		r->nodes = mem_grow(r->nodes, r->cap_nodes, sizeof(*r->nodes));
	}
	f = &r->nodes[r->n_nodes++];
	ndb_read_node(n, e, &f->node);
	f->page = page;
}

/* Is a leaf of the tree of nodes at 'p', the place 'ib' of the file? */
static void
try_page(struct ndb *n, struct ndb_rescue *r, const uint8_t *p, uint64_t ib)
{
	unsigned end = n->shape.page - n->shape.trailer, count, width, i;
	const uint8_t *t = p + end, *m = p + n->shape.page_data;
	bool wide = n->shape.id == 8, big = n->info.format == NDB_4K;
	uint64_t bid = ndb_id(n, t + (wide ? 8 : 4));

	if (t[0] != NDB_PAGE_NODES || t[1] != NDB_PAGE_NODES ||
	    pst_u16(t + 2) != ndb_signature(ib, bid) ||
	    pst_u32(t + (wide ? 4 : 8)) != pst_crc(0, p, end))
		return;
	count = big ? pst_u16(m) : m[0];
	width = big ? m[4] : m[2];
	if ((big ? m[5] : m[3]) != 0 || width < (wide ? 28 : 16) ||
	    count * width > n->shape.page_data)
		return;
	for (i = 0; i < count; i++)
		add_node(n, r, p + i * width, bid);
}

/* Does a block end at 'end', behind the trailer 't'? */
static void
try_block(struct ndb *n, struct ndb_rescue *r, const uint8_t *t, uint64_t end)
{
	bool wide = n->shape.id == 8;
	unsigned align = n->shape.block_align, stored = pst_u16(t);
	uint64_t bid = ndb_id(n, t + (wide ? 8 : 4)), whole;
	struct found_block *f;

	whole = (stored + n->shape.trailer + align - 1) / align * align;
	if (bid == 0 || (bid & 1) || stored == 0 ||
	    stored > n->shape.block_max || whole > end - r->block_end ||
	    pst_u16(t + 2) != ndb_signature(end - whole, bid) ||
	    r->n_blocks == BLOCKS_MAX || r->effort < stored)
		return;
	r->effort -= stored;
	if (io_pread_full(n->fd, n->raw, stored, end - whole) !=
		(ssize_t)stored ||
	    pst_crc(0, n->raw, stored) != pst_u32(t + (wide ? 4 : 8)))
		return;
	if (r->n_blocks == r->cap_blocks) {
		r->cap_blocks = r->cap_blocks * 2 + 64;
		r->blocks =
		    mem_grow(r->blocks, r->cap_blocks, sizeof(*r->blocks));
	}
	f = &r->blocks[r->n_blocks++];
	f->bid = bid;
	f->ib = end - whole;
	f->stored = (uint16_t)stored;
	f->inflated = n->info.format == NDB_4K ? pst_u16(t + 18) : f->stored;
	r->block_end = end;
}

/* Both at once, in one pass over the file. */
static void
search_file(struct ndb *n, struct ndb_rescue *r)
{
	uint8_t *b = mem_alloc(1, LIMIT_BLOCK);
	unsigned page = n->shape.page, align = n->shape.block_align;
	uint64_t at;
	size_t i, got;
	ssize_t rc;

	for (at = 0; at < n->info.size; at += got) {
		rc = io_pread_full(n->fd, b, LIMIT_BLOCK, at);
		if (rc <= 0)
			break;
		got = (size_t)rc;
		for (i = 0; r->n_gaps > 0 && i + page <= got; i += page)
			try_page(n, r, b + i, at + i);
		for (i = align; r->blocks_lost && i <= got; i += align)
			try_block(n, r, b + i - n->shape.trailer, at + i);
	}
	free(b);
}

static int
by_nid(const void *a, const void *b)
{
	const struct found_node *x = a, *y = b;

	if (x->node.nid != y->node.nid)
		return x->node.nid < y->node.nid ? -1 : 1;
	return (x->page < y->page) - (x->page > y->page);
}

static int
by_bid(const void *a, const void *b)
{
	const struct found_block *x = a, *y = b;

	if (x->bid != y->bid)
		return x->bid < y->bid ? -1 : 1;
	return (x->ib > y->ib) - (x->ib < y->ib);
}

/* Of each node the newest. */
static void
sort_found(struct ndb_rescue *r)
{
	size_t i, n;

	if (r->n_nodes > 0)
		qsort(r->nodes, r->n_nodes, sizeof(*r->nodes), by_nid);
	for (i = n = 0; i < r->n_nodes; i++)
		if (n == 0 || r->nodes[i].node.nid != r->nodes[n - 1].node.nid)
			r->nodes[n++] = r->nodes[i];
	r->n_nodes = n;
	if (r->n_blocks > 0)
		qsort(r->blocks, r->n_blocks, sizeof(*r->blocks), by_bid);
}

/* ---------------------------------------------------------------- public */

void
ndb_rescue(struct ndb *n)
{
	struct ndb_rescue *r = mem_alloc(1, sizeof(*r));
	struct survey s = { .n = n, .r = r, .type = NDB_PAGE_NODES };

	survey_page(&s, &n->nodes, NDB_DEPTH, 0, UINT64_MAX);
	s.type = NDB_PAGE_BLOCKS;
	s.pages = 0;
	survey_page(&s, &n->blocks, NDB_DEPTH, 0, UINT64_MAX);
	if (r->n_gaps == 0 && !r->blocks_lost) {
		free(r);
		return;
	}
	r->effort = 4 * n->info.size;
	search_file(n, r);
	sort_found(r);
	n->rescue = r;
	ndb_note(n, true, 4,
	    "pages of its lists are gone; searching the file found %zu nodes "
	    "and %zu blocks again",
	    r->n_nodes, r->n_blocks);
}

void
ndb_rescue_free(struct ndb *n)
{
	if (n->rescue != NULL) {
		free(n->rescue->nodes);
		free(n->rescue->blocks);
	}
	free(n->rescue);
	n->rescue = NULL;
}

bool
ndb_rescued_node(const struct ndb *n, uint32_t nid, struct ndb_node *node_r)
{
	const struct ndb_rescue *r = n->rescue;
	size_t low = 0, high = r == NULL ? 0 : r->n_nodes, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (r->nodes[mid].node.nid == nid) {
			*node_r = r->nodes[mid].node;
			return true;
		}
		if (r->nodes[mid].node.nid < nid)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

bool
ndb_rescued_place(const struct ndb *n, uint64_t bid, struct ndb_place *at_r)
{
	const struct ndb_rescue *r = n->rescue;
	size_t low = 0, high = r == NULL ? 0 : r->n_blocks, mid;

	bid &= ~(uint64_t)1;
	while (low < high) {
		mid = low + (high - low) / 2;
		if (r->blocks[mid].bid == bid) {
			at_r->ib = r->blocks[mid].ib;
			at_r->stored = r->blocks[mid].stored;
			at_r->inflated = r->blocks[mid].inflated;
			return true;
		}
		if (r->blocks[mid].bid < bid)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

bool
ndb_rescued_next(const struct ndb *n, size_t *i, struct ndb_node *node_r)
{
	if (n->rescue == NULL || *i >= n->rescue->n_nodes)
		return false;
	*node_r = n->rescue->nodes[(*i)++].node;
	return true;
}
