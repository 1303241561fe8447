/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A heap on a node and the trees in it, [MS-PST] 2.3.1 and 2.3.2; see
 * ltp.h. */
#include "formats/pst/ltp.h"

#include <string.h>

#include "formats/pst/bytes.h"

#define HEAP_SIGNATURE 0xec
#define TREE_HEAD      8

static int
bad_heap(struct err *err, const struct ltp_heap *h, const char *why)
{
	return err_set(err, SCOPE_MSG, EX_DATAERR, "node 0x%x: %s", h->node.nid,
	    why);
}

int
ltp_heap_open(struct ltp_heap *h_r, struct ndb *n, const struct ndb_node *node,
    struct err *err)
{
	struct slice s;
	const uint8_t *p;
	int rc;

	memset(h_r, 0, sizeof(*h_r));
	h_r->n = n;
	h_r->node = *node;
	if (ndb_data_open(n, node->data, &h_r->data, err) != 0)
		return err_within(err, "node 0x%x", node->nid);
	rc = ndb_data_block(n, &h_r->data, 0, &s, err);
	if (rc < 0)
		return err_within(err, "node 0x%x", node->nid);
	p = (const uint8_t *)s.p;
	if (rc == 0 || s.n < 12 || p[2] != HEAP_SIGNATURE)
		return bad_heap(err, h_r, "has no heap");
	h_r->kind = p[3];
	h_r->root = pst_u32(p + 4);
	return 0;
}

int
ltp_heap_get(struct ltp_heap *h, uint32_t hid, struct slice *s_r,
    struct err *err)
{
	bool big = ndb_info(h->n)->format == NDB_4K;
	unsigned index = hid >> 5 & (big ? 0x3fff : 0x7ff);
	unsigned map, from, to;
	struct slice s;
	int rc;

	*s_r = slice_of("", 0);
	if (hid == 0)
		return 0;
	if (ndb_type(hid) != NID_TYPE_HID || index == 0)
		return bad_heap(err, h, "a value is not in its heap");
	rc = ndb_data_block(h->n, &h->data, hid >> (big ? 19 : 16), &s, err);
	if (rc < 0)
		return err_within(err, "node 0x%x", h->node.nid);
	if (rc == 0 || s.n < 2)
		return bad_heap(err, h, "its heap ends before a value");
	map = pst_u16(s.p);
	if (map + 4u > s.n || index > pst_u16(s.p + map) ||
	    map + 4u + 2u * (index + 1u) > s.n)
		return bad_heap(err, h, "a value is missing in its heap");
	from = pst_u16(s.p + map + 4 + 2 * (index - 1));
	to = pst_u16(s.p + map + 4 + 2 * index);
	if (from > to || to > s.n)
		return bad_heap(err, h, "a value lies outside of its heap");
	*s_r = slice_of(s.p + from, to - from);
	return 0;
}

int
ltp_tree_open(struct ltp_tree *t_r, struct ltp_heap *h, uint32_t hid,
    unsigned least, struct err *err)
{
	struct slice s;
	const uint8_t *p;

	memset(t_r, 0, sizeof(*t_r));
	t_r->heap = h;
	if (ltp_heap_get(h, hid, &s, err) != 0)
		return -1;
	p = (const uint8_t *)s.p;
	if (s.n < TREE_HEAD || p[0] != LTP_TREE)
		return bad_heap(err, h, "has no tree in its heap");
	t_r->key = p[1];
	t_r->entry = p[2];
	t_r->levels = p[3];
	t_r->root = pst_u32(p + 4);
	if (t_r->key == 0 || t_r->key + t_r->entry < least ||
	    t_r->key + t_r->entry > LTP_RECORD_MAX ||
	    t_r->levels >= LTP_TREE_DEPTH)
		return bad_heap(err, h, "has no such tree in its heap");
	t_r->path[0].hid = t_r->root;
	t_r->depth = t_r->root == 0 ? 0 : 1;
	return 0;
}

/* No sound tree has more nodes than its heap has bytes. */
static bool
too_long(struct ltp_tree *t)
{
	uint64_t size = t->heap->data.size, file = ndb_info(t->heap->n)->size;

	return t->visits++ > (size < file ? size : file) / 2 + 64;
}

int
ltp_tree_next(struct ltp_tree *t, struct err *err)
{
	unsigned at, width;
	bool leaf;
	struct slice s;

	while (t->depth > 0) {
		leaf = t->depth - 1 == t->levels;
		width = t->key + (leaf ? t->entry : 4);
		at = t->path[t->depth - 1].at++;
		if (too_long(t)) {
			t->depth = 0;
			return bad_heap(err, t->heap,
			    "the tree in its heap is endless");
		}
		if (ltp_heap_get(t->heap, t->path[t->depth - 1].hid, &s, err) !=
		    0) {
			t->depth--;
			return -1;
		}
		if (at >= s.n / width) {
			t->depth--;
			continue;
		}
		memcpy(t->record, s.p + at * width, width);
		if (leaf)
			return 1;
		t->path[t->depth].hid = pst_u32(t->record + t->key);
		t->path[t->depth++].at = 0;
	}
	return 0;
}
