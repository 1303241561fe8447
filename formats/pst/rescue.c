/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When pages of the trees are gone: what they said, found again in the file.
 * Blocks say in their trailers who they are ([MS-PST] 2.2.2.8.1), leaves of
 * the tree of nodes stand at multiples of their size, often in older copies,
 * too; the page with the highest number is the newest.  Used only for what
 * the trees do not say.
 *
 * Memory: 16 bytes a block and 40 a node, and only where there is damage.
 */
#include "formats/pst/scan.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

#define GAPS_MAX   64
#define BLOCKS_MAX 4000000
#define NODES_MAX  500000
#define BLOCK_UNIT 64 /* blocks begin at multiples of it */

/* Keys that a lost page had: from <= key < to. */
struct gap {
	uint64_t from, to;
};

struct found_node {
	struct ndb_node node;
	uint64_t page; /* number of the page it stood in */
};

struct found_block {
	uint64_t bid;
	uint32_t at; /* in units of BLOCK_UNIT */
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
	struct ndb *n;		     /* while the file is searched */
	bool only_loose;	     /* keep no block that the tree has */
	const struct ndb_scan *also; /* who wants to see them, too */
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

/* A leaf of the tree of nodes, of whatever age. */
static void
on_page(void *arg, const struct scan_page *p)
{
	struct ndb_rescue *r = arg;
	unsigned i;

	if (!p->sound || p->type != NDB_PAGE_NODES || p->level != 0)
		return;
	for (i = 0; i < p->n; i++)
		add_node(r->n, r, p->bytes + i * p->entry, p->bid);
}

static void
keep_block(struct ndb_rescue *r, const struct scan_block *b)
{
	struct found_block *f;

	if (r->n_blocks == BLOCKS_MAX || b->ib / BLOCK_UNIT > UINT32_MAX) {
		ndb_note(r->n, true, 9,
		    "more blocks are in the file than are kept apart: some "
		    "of what is left may be missing");
		return;
	}
	if (r->n_blocks == r->cap_blocks) {
		r->cap_blocks += r->cap_blocks / 4 + 1024;
		r->blocks =
		    mem_grow(r->blocks, r->cap_blocks, sizeof(*r->blocks));
	}
	f = &r->blocks[r->n_blocks++];
	f->bid = b->bid;
	f->at = (uint32_t)(b->ib / BLOCK_UNIT);
	f->stored = b->stored;
	f->inflated = b->inflated;
}

static void
on_block(void *arg, const struct scan_block *b)
{
	struct ndb_rescue *r = arg;
	struct ndb_place at;

	if (!r->only_loose || !ndb_tree_place(r->n, b->bid, &at))
		keep_block(r, b);
	if (r->also != NULL)
		r->also->block(r->also->arg, b);
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
	return (x->at > y->at) - (x->at < y->at);
}

/* Of each node the newest. */
static void
sort_found(struct ndb_rescue *r)
{
	size_t i, n;

	scan_sort(r->nodes, r->n_nodes, sizeof(*r->nodes), by_nid);
	for (i = n = 0; i < r->n_nodes; i++)
		if (n == 0 || r->nodes[i].node.nid != r->nodes[n - 1].node.nid)
			r->nodes[n++] = r->nodes[i];
	r->n_nodes = n;
	scan_sort(r->blocks, r->n_blocks, sizeof(*r->blocks), by_bid);
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
	r->n = n;
	ndb_scan(n,
	    &(struct ndb_scan){ .page = r->n_gaps > 0 ? on_page : NULL,
		.block = r->blocks_lost ? on_block : NULL,
		.arg = r });
	sort_found(r);
	n->rescue = r;
	ndb_note(n, true, 4,
	    "pages of its lists are gone; searching the file found %zu nodes "
	    "and %zu blocks again",
	    r->n_nodes, r->n_blocks);
}

static void
on_also_page(void *arg, const struct scan_page *p)
{
	struct ndb_rescue *r = arg;

	r->also->page(r->also->arg, p);
}

static bool
on_also_go_on(void *arg)
{
	struct ndb_rescue *r = arg;

	return r->also->go_on == NULL || r->also->go_on(r->also->arg);
}

void
ndb_rescue_all(struct ndb *n, const struct ndb_scan *also)
{
	struct ndb_rescue *r = n->rescue;

	if (r == NULL)
		r = n->rescue = mem_alloc(1, sizeof(*r));
	r->n = n;
	r->n_blocks = 0;
	r->only_loose = true;
	r->also = also;
	ndb_scan(n,
	    &(struct ndb_scan){ .page = on_also_page,
		.block = on_block,
		.go_on = on_also_go_on,
		.arg = r });
	r->also = NULL;
	scan_sort(r->blocks, r->n_blocks, sizeof(*r->blocks), by_bid);
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
			at_r->ib = (uint64_t)r->blocks[mid].at * BLOCK_UNIT;
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
