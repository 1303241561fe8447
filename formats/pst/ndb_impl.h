/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For formats/pst/ndb.c and block.c only. */
#ifndef FORMATS_PST_NDB_IMPL_H
#define FORMATS_PST_NDB_IMPL_H

#include "formats/pst/bytes.h"
#include "formats/pst/ndb.h"

#define NDB_PAGE_MAX  4096
#define NDB_BLOCK_MAX 65536
#define NDB_PAGES     64 /* slots of the cache */
#define NDB_BLOCKS    20
#define NDB_NOTED     256

/* What differs between the three formats. */
struct ndb_shape {
	unsigned page;	      /* bytes of a page */
	unsigned page_data;   /* of them, before the tree's own numbers */
	unsigned trailer;     /* of a page or a block */
	unsigned id;	      /* bytes of a block id, an offset, a key */
	unsigned block_align; /* blocks end at multiples of this */
	unsigned block_max;   /* data in one block */
};

struct ndb_page {
	uint64_t ib;
	bool filled;
	unsigned n, entry, level; /* entries, bytes of one, 0: leaf */
	uint64_t bid;
	uint8_t bytes[NDB_PAGE_MAX];
};

struct ndb_block {
	uint64_t bid; /* 0: unused */
	uint64_t used;
	uint8_t *p;
	size_t n, cap;
};

struct ndb_ref {
	uint64_t bid, ib;
};

struct ndb_rescue; /* rescue.c */

struct ndb {
	int fd;
	struct ndb_rescue *rescue; /* NULL: the trees are whole */
	struct ndb_watch watch;
	struct ndb_info info;
	struct ndb_shape shape;
	struct ndb_ref nodes, blocks; /* the roots */
	uint32_t at;		      /* the node being read */
	uint64_t noted[NDB_NOTED];
	size_t n_noted;
	uint64_t clock;
	struct ndb_page pages[NDB_PAGES];
	struct ndb_block cache[NDB_BLOCKS];
	uint8_t raw[NDB_BLOCK_MAX];
};

/* A block of the B-tree of blocks. */
struct ndb_place {
	uint64_t ib;
	unsigned stored;   /* bytes in the file */
	unsigned inflated; /* bytes of data */
};

/* What the three formats look like. */
void ndb_set_format(struct ndb *n, enum ndb_format format);

/* Where block 'bid' is.  0, or -1 with SCOPE_MSG. */
int ndb_place(struct ndb *n, uint64_t bid, struct ndb_place *at_r,
    struct err *err);

/* The same from the tree alone. */
bool ndb_tree_place(struct ndb *n, uint64_t bid, struct ndb_place *at_r);

/* The block's bytes, decoded unless it is internal; valid until the next
 * call.  0, or -1 with SCOPE_MSG. */
int ndb_block(struct ndb *n, uint64_t bid, struct slice *s_r, struct err *err);

/* ---- pages of the trees, in ndb.c */
#define NDB_PAGE_BLOCKS 0x80 /* ptypeBBT */
#define NDB_PAGE_NODES	0x81 /* ptypeNBT */

/* The page, in the cache.  0, or -1 with SCOPE_MSG and told. */
int ndb_page(struct ndb *n, const struct ndb_ref *ref, unsigned type,
    struct ndb_page **pg_r, struct err *err);
const uint8_t *ndb_page_entry(const struct ndb_page *pg, unsigned i);
struct ndb_ref ndb_entry_ref(const struct ndb *n, const uint8_t *e);
void ndb_read_node(const struct ndb *n, const uint8_t *e,
    struct ndb_node *node_r);

/* ---- in rescue.c: look whether all pages are there; if not, search the
 * file for what they said. */
void ndb_rescue(struct ndb *n);
void ndb_rescue_free(struct ndb *n);
bool ndb_rescued_node(const struct ndb *n, uint32_t nid,
    struct ndb_node *node_r);
bool ndb_rescued_place(const struct ndb *n, uint64_t bid,
    struct ndb_place *at_r);
/* All nodes, *i from 0 on. */
bool ndb_rescued_next(const struct ndb *n, size_t *i, struct ndb_node *node_r);

/* An id or offset as wide as the format has them. */
static inline uint64_t
ndb_id(const struct ndb *n, const void *p)
{
	return n->shape.id == 8 ? pst_u64(p) : pst_u32(p);
}

/* The signature of what lies at 'ib' ([MS-PST] 5.5). */
static inline uint16_t
ndb_signature(uint64_t ib, uint64_t bid)
{
	uint32_t x = (uint32_t)ib ^ (uint32_t)bid;

	return (uint16_t)(x >> 16 ^ x);
}

/* Blocks that hold lists of other blocks are internal. */
static inline bool
ndb_is_internal(uint64_t bid)
{
	return bid & 2;
}

#endif
