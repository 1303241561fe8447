/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blocks of a PST, and the trees that are made of them; see ndb.h. */
#include "formats/pst/scan.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "core/io.h"
#include "core/mem.h"

#define BLOCK_LIST     0x01 /* XBLOCK, XXBLOCK */
#define BLOCK_SUBNODES 0x02 /* SLBLOCK, SIBLOCK */
#define LIST_HEAD      8
#define SUBNODE_LEVELS 1

uint32_t
pst_crc(uint32_t crc, const void *p, size_t n)
{
	/* zlib inverts before and after; the PST does neither */
	return ~(uint32_t)crc32(~crc & 0xffffffff, p, (uInt)n);
}

bool
pst_inflate(void *out, size_t *n, const void *in, size_t n_in)
{
	uLongf len = (uLongf)*n;
	int rc = uncompress(out, &len, in, (uLong)n_in);

	*n = (size_t)len;
	return rc == Z_OK;
}

/* --------------------------------------------------------------- reading */

static int
bad_block(struct err *err, uint64_t bid, const char *why)
{
	return err_set(err, SCOPE_MSG, EX_DATAERR, "block 0x%llx %s",
	    (unsigned long long)bid, why);
}

/* The trailer behind the data ([MS-PST] 2.2.2.8.1): all of it is told, none
 * of it stops us. */
static void
check_trailer(struct ndb *n, uint64_t bid, const struct ndb_place *at,
    const uint8_t *t)
{
	bool wide = n->shape.id == 8;
	uint64_t own = ndb_id(n, t + (wide ? 8 : 4));
	const char *what = NULL;

	if (pst_u32(t + (wide ? 4 : 8)) != pst_crc(0, n->raw, at->stored))
		what = "checksum";
	else if (pst_u16(t) != at->stored)
		what = "size";
	else if ((own ^ bid) & ~(uint64_t)1)
		what = "number";
	else if (pst_u16(t + 2) != ndb_signature(at->ib, own))
		what = "signature";
	if (what != NULL)
		ndb_note(n, true, bid << 8 | 3,
		    "block 0x%llx at 0x%llx: its %s is not what it should be",
		    (unsigned long long)bid, (unsigned long long)at->ib, what);
}

/* Its bytes into n->raw, as they are stored. */
static int
read_raw(struct ndb *n, uint64_t bid, const struct ndb_place *at,
    struct err *err)
{
	unsigned align = n->shape.block_align;
	size_t whole = at->stored + n->shape.trailer;

	whole = (whole + align - 1) / align * align;
	if (at->stored > n->shape.block_max || whole > sizeof(n->raw))
		return bad_block(err, bid, "is too big");
	if (at->ib == 0 || at->ib > n->info.size ||
	    n->info.size - at->ib < at->stored)
		return bad_block(err, bid, "lies outside of the file");
	if (n->info.size - at->ib < whole) {
		ndb_note(n, true, bid << 8 | 3,
		    "block 0x%llx: the file ends within it",
		    (unsigned long long)bid);
		whole = at->stored;
	}
	if (io_pread_full(n->fd, n->raw, whole, at->ib) != (ssize_t)whole)
		return err_sys(err, SCOPE_MSG, EX_DATAERR,
		    "block 0x%llx cannot be read", (unsigned long long)bid);
	if (whole > at->stored)
		check_trailer(n, bid, at, n->raw + whole - n->shape.trailer);
	return 0;
}

static int
inflate_block(struct ndb *n, uint64_t bid, const struct ndb_place *at,
    struct ndb_block *b, struct err *err)
{
	uLongf len = at->inflated;

	if (uncompress(b->p, &len, n->raw, at->stored) != Z_OK &&
	    len != at->inflated)
		return bad_block(err, bid, "does not decompress");
	b->n = len;
	return 0;
}

static void
decode(enum pst_crypt crypt, uint64_t bid, uint8_t *p, size_t len)
{
	if (!ndb_is_internal(bid) && crypt == PST_CRYPT_PERMUTE)
		pst_permute_decode(p, len);
	else if (!ndb_is_internal(bid) && crypt == PST_CRYPT_CYCLIC)
		pst_cyclic(p, len, (uint32_t)bid);
}

/* What is compressed was encoded before, as other readers have it; the
 * specification is silent, so it may be the other way round, too. */
static int
unpack_block(struct ndb *n, uint64_t bid, const struct ndb_place *at,
    struct ndb_block *b, struct err *err)
{
	if (inflate_block(n, bid, at, b, err) == 0) {
		decode(n->info.crypt, bid, b->p, b->n);
		return 0;
	}
	decode(n->info.crypt, bid, n->raw, at->stored);
	return inflate_block(n, bid, at, b, err);
}

static int
fill_block(struct ndb *n, uint64_t bid, struct ndb_block *b, struct err *err)
{
	struct ndb_place at;
	size_t need;

	b->bid = 0;
	if (ndb_place(n, bid, &at, err) != 0 || read_raw(n, bid, &at, err) != 0)
		return -1;
	need = at.inflated > at.stored ? at.inflated : at.stored;
	if (need > b->cap || b->p == NULL) {
		b->cap = need <= 8192 ? 8192 : NDB_BLOCK_MAX;
		b->p = mem_grow(b->p, b->cap, 1);
	}
	if (at.inflated != at.stored && at.inflated != 0) {
		if (unpack_block(n, bid, &at, b, err) != 0)
			return -1;
	} else {
		memcpy(b->p, n->raw, at.stored);
		b->n = at.stored;
		decode(n->info.crypt, bid, b->p, b->n);
	}
	b->bid = bid;
	return 0;
}

int
ndb_block(struct ndb *n, uint64_t bid, struct slice *s_r, struct err *err)
{
	struct ndb_block *b, *oldest = &n->cache[0];
	size_t i;

	bid &= ~(uint64_t)1;
	if (bid == 0)
		return err_set(err, SCOPE_MSG, EX_DATAERR, "there is no data");
	for (i = 0; i < NDB_BLOCKS; i++) {
		b = &n->cache[i];
		if (b->bid == bid)
			break;
		if (b->used < oldest->used)
			oldest = b;
	}
	if (i == NDB_BLOCKS) {
		b = oldest;
		if (fill_block(n, bid, b, err) != 0)
			return -1;
	}
	b->used = ++n->clock;
	*s_r = slice_of(b->p, b->n);
	return 0;
}

bool
scan_head(const struct scan_block *b, enum pst_crypt crypt, uint8_t p[4])
{
	size_t n = b->stored;
	uint8_t *room;
	bool ok = n >= 4;

	if (!ok)
		return false;
	memcpy(p, b->bytes, 4);
	if (b->inflated != b->stored && b->inflated != 0) {
		/* inside or outside of what was compressed */
		room = mem_alloc(2, NDB_BLOCK_MAX);
		n = NDB_BLOCK_MAX;
		ok = pst_inflate(room, &n, b->bytes, b->stored) && n >= 4;
		memcpy(p, room, 4);
		if (!ok) {
			memcpy(room + NDB_BLOCK_MAX, b->bytes, b->stored);
			decode(crypt, b->bid, room + NDB_BLOCK_MAX, b->stored);
			n = NDB_BLOCK_MAX;
			ok = pst_inflate(room, &n, room + NDB_BLOCK_MAX,
				 b->stored) &&
			    n >= 4;
			memcpy(p, room, 4);
			free(room);
			return ok;
		}
		free(room);
	}
	decode(crypt, b->bid, p, 4);
	return ok;
}

/* ------------------------------------------------------------ data trees */

/* The block of type 'type' at 'bid' with 'entries' of 'width' bytes. */
static int
list_block(struct ndb *n, uint64_t bid, unsigned type, unsigned head,
    struct slice *s_r, unsigned *level_r, unsigned *entries_r, struct err *err)
{
	const uint8_t *p;

	if (ndb_block(n, bid, s_r, err) != 0)
		return -1;
	p = (const uint8_t *)s_r->p;
	if (s_r->n < head || p[0] != type)
		return bad_block(err, bid, "is not the list it should be");
	*level_r = p[1];
	*entries_r = pst_u16(p + 2);
	return 0;
}

/* An XBLOCK or XXBLOCK: its ids fit into it. */
static int
data_list(struct ndb *n, uint64_t bid, unsigned level, struct slice *s_r,
    unsigned *entries_r, struct err *err)
{
	unsigned own = 0;

	if (list_block(n, bid, BLOCK_LIST, LIST_HEAD, s_r, &own, entries_r,
		err) != 0)
		return -1;
	if (own != level || *entries_r > (s_r->n - LIST_HEAD) / n->shape.id)
		return bad_block(err, bid, "is not the list it should be");
	return 0;
}

int
ndb_data_open(struct ndb *n, uint64_t bid, struct ndb_data *d_r,
    struct err *err)
{
	struct ndb_place at;
	struct slice s;
	unsigned entries;

	memset(d_r, 0, sizeof(*d_r));
	d_r->bid = bid & ~(uint64_t)1;
	d_r->x_at = UINT32_MAX;
	if (!ndb_is_internal(bid)) {
		if (d_r->bid == 0)
			return err_set(err, SCOPE_MSG, EX_DATAERR,
			    "there is no data");
		if (ndb_place(n, bid, &at, err) != 0)
			return -1;
		d_r->size = at.inflated != 0 ? at.inflated : at.stored;
		return 0;
	}
	if (list_block(n, bid, BLOCK_LIST, LIST_HEAD, &s, &d_r->level, &entries,
		err) != 0)
		return -1;
	if (d_r->level < 1 || d_r->level > 2)
		return bad_block(err, bid, "is not the list it should be");
	d_r->size = pst_u32(s.p + 4);
	return 0;
}

/* Of level 2: move to the XBLOCK that has block 'i'.  1, 0, or -1. */
static int
data_seek(struct ndb *n, struct ndb_data *d, uint32_t i, struct err *err)
{
	unsigned outer, inner;
	struct slice s;

	if (d->x_at == UINT32_MAX || i < d->x_first) {
		d->x_at = 0;
		d->x_first = 0;
	}
	for (;; d->x_at++, d->x_first += inner) {
		if (data_list(n, d->bid, 2, &s, &outer, err) != 0)
			return -1;
		if (d->x_at >= outer)
			return 0;
		d->x_bid = ndb_id(n, s.p + LIST_HEAD + d->x_at * n->shape.id);
		/* its length is lost: as long as they are when full */
		if (data_list(n, d->x_bid, 1, &s, &inner, err) != 0)
			inner = (n->shape.block_max - LIST_HEAD) / n->shape.id;
		if (i - d->x_first < inner)
			return 1;
	}
}

int
ndb_data_block(struct ndb *n, struct ndb_data *d, uint32_t i, struct slice *s_r,
    struct err *err)
{
	uint64_t bid = d->bid;
	unsigned entries;
	int rc = 1;

	/* no file holds more blocks than fit into it */
	if ((uint64_t)i * n->shape.block_align > n->info.size)
		return 0;
	if (d->level == 0) {
		if (i > 0)
			return 0;
		return ndb_block(n, bid, s_r, err) == 0 ? 1 : -1;
	}
	if (d->level == 2) {
		rc = data_seek(n, d, i, err);
		i -= d->x_first;
		bid = d->x_bid;
	}
	if (rc <= 0)
		return rc;
	if (data_list(n, bid, 1, s_r, &entries, err) != 0)
		return -1;
	if (i >= entries)
		return 0;
	bid = ndb_id(n, s_r->p + LIST_HEAD + i * n->shape.id);
	if (ndb_is_internal(bid))
		return bad_block(err, bid, "is a list where data should be");
	return ndb_block(n, bid, s_r, err) == 0 ? 1 : -1;
}

/* -------------------------------------------------------------- subnodes */

struct sub_list {
	struct slice s;
	unsigned level, entries, head, width;
};

/* An SLBLOCK or SIBLOCK, [MS-PST] 2.2.2.8.3.3 */
static int
sub_list(struct ndb *n, uint64_t bid, struct sub_list *l_r, struct err *err)
{
	unsigned id = n->shape.id;

	l_r->head = id == 8 ? 8 : 4;
	if (list_block(n, bid, BLOCK_SUBNODES, l_r->head, &l_r->s, &l_r->level,
		&l_r->entries, err) != 0)
		return -1;
	l_r->width = (l_r->level == 0 ? 3 : 2) * id;
	if (l_r->level > SUBNODE_LEVELS ||
	    l_r->entries > (l_r->s.n - l_r->head) / l_r->width)
		return bad_block(err, bid, "is not the list it should be");
	return 0;
}

static void
read_sub(const struct ndb *n, const struct sub_list *l, unsigned i,
    struct ndb_node *node_r)
{
	const char *e = l->s.p + l->head + i * l->width;

	node_r->nid = pst_u32(e);
	node_r->data = ndb_id(n, e + n->shape.id);
	node_r->sub = l->level == 0 ? ndb_id(n, e + 2 * n->shape.id) : 0;
	node_r->parent = 0;
}

/* In a leaf.  1 or 0. */
static int
sub_in_leaf(struct ndb *n, const struct sub_list *l, uint32_t nid,
    struct ndb_node *node_r)
{
	unsigned i;

	for (i = 0; i < l->entries; i++) {
		read_sub(n, l, i, node_r);
		if (node_r->nid == nid)
			return 1;
	}
	return 0;
}

int
ndb_sub_find(struct ndb *n, uint64_t sub, uint32_t nid, struct ndb_node *node_r,
    struct err *err)
{
	struct ndb_node leaf = { 0 }, e;
	struct sub_list l;
	unsigned i;

	if (sub == 0)
		return 0;
	if (sub_list(n, sub, &l, err) != 0)
		return -1;
	if (l.level == 0)
		return sub_in_leaf(n, &l, nid, node_r);
	for (i = 0; i < l.entries; i++) {
		read_sub(n, &l, i, &e);
		if (e.nid <= nid)
			leaf = e;
	}
	if (leaf.data == 0)
		return 0;
	if (sub_list(n, leaf.data, &l, err) != 0)
		return -1;
	if (l.level != 0)
		return bad_block(err, leaf.data, "is a list of lists of lists");
	return sub_in_leaf(n, &l, nid, node_r);
}

/* All of a leaf; the block may leave the cache while 'each' works.  1, 0 when
 * 'each' had enough, or -1. */
static int
sub_each_leaf(struct ndb *n, uint64_t bid,
    bool (*each)(void *arg, const struct ndb_node *node), void *arg,
    struct err *err)
{
	struct ndb_node node;
	struct sub_list l;
	unsigned i;

	for (i = 0;; i++) {
		if (sub_list(n, bid, &l, err) != 0)
			return -1;
		if (l.level != 0)
			return bad_block(err, bid,
			    "is a list of lists of lists");
		if (i >= l.entries)
			return 1;
		read_sub(n, &l, i, &node);
		if (!each(arg, &node))
			return 0;
	}
}

int
ndb_sub_each(struct ndb *n, uint64_t sub,
    bool (*each)(void *arg, const struct ndb_node *node), void *arg,
    struct err *err)
{
	struct ndb_node leaf;
	struct sub_list l;
	unsigned i;
	int rc, bad = 0;

	if (sub == 0)
		return 0;
	if (sub_list(n, sub, &l, err) != 0)
		return -1;
	if (l.level == 0)
		return sub_each_leaf(n, sub, each, arg, err) < 0 ? -1 : 0;
	for (i = 0;; i++) {
		if (sub_list(n, sub, &l, err) != 0)
			return -1;
		if (l.level == 0 || i >= l.entries)
			return bad;
		read_sub(n, &l, i, &leaf);
		rc = sub_each_leaf(n, leaf.data, each, arg, err);
		if (rc < 0)
			bad = -1;
		if (rc == 0)
			return bad;
	}
}
