/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For formats/pst_ndb.c and pst_block.c only. */
#ifndef FORMATS_PST_NDB_IMPL_H
#define FORMATS_PST_NDB_IMPL_H

#include "formats/pst_bytes.h"
#include "formats/pst_ndb.h"

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

struct ndb {
	int fd;
	struct ndb_watch watch;
	struct ndb_info info;
	struct ndb_shape shape;
	struct ndb_ref nodes, blocks; /* the roots */
	uint32_t at; /* the node being read */
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

/* Where block 'bid' is.  0, or -1 with SCOPE_MSG. */
int ndb_place(struct ndb *n, uint64_t bid, struct ndb_place *at_r,
    struct err *err);

/* The block's bytes, decoded unless it is internal; valid until the next
 * call.  0, or -1 with SCOPE_MSG. */
int ndb_block(struct ndb *n, uint64_t bid, struct slice *s_r, struct err *err);

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
