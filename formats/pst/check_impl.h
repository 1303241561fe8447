/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What formats/pst/check*.c share; for them only. */
#ifndef FORMATS_PST_CHECK_IMPL_H
#define FORMATS_PST_CHECK_IMPL_H

#include "core/arena.h"
#include "core/buf.h"
#include "formats/pst/bytes.h"
#include "formats/pst/check.h"
#include "formats/pst/ndb.h"
#include "formats/pst/prop.h"

#define CHECK_PAGE_MAX	4096
#define CHECK_BLOCK_MAX 65536
#define CHECK_DEPTH	8 /* of attached messages, and of trees */

enum {
	CHECK_SEEN = 1, /* its bytes were looked at */
	CHECK_LIST = 2, /* it is on the way: a circle */
	CHECK_PAGE = 4	/* it is a page of a B-tree, among the blocks */
};

/* An entry of the BBT, packed: there may be millions. */
struct check_block {
	uint64_t bid;
	uint64_t place; /* ib / 64 << 16 | cb: in order of the file */
	uint16_t inflated, cref, refs;
	uint8_t flags;
};

static inline uint64_t
check_ib(const struct check_block *b)
{
	return (b->place >> 16) * 64;
}

static inline uint16_t
check_cb(const struct check_block *b)
{
	return (uint16_t)b->place;
}

/* An entry of the NBT, and what is found of it later. */
struct check_node {
	uint32_t nid, parent;
	uint64_t data, sub;
	bool listed; /* a table of its folder names it */
};

struct check {
	struct pst_check_in in;
	struct pst_checked r;
	bool stop;
	uint64_t size;
	enum ndb_format format;
	unsigned page, page_data, trailer, id, align, block_max, crypt;
	bool ost;
	uint64_t next_page, next_bid, eof, last_amap, amap_free, pmap_free;
	unsigned amap_valid;
	uint32_t rgnid[32];
	uint64_t nbt_bid, nbt_at, bbt_bid, bbt_at;
	struct check_block *blocks; /* by bid */
	size_t nblocks;
	struct check_node *nodes; /* by nid */
	size_t nnodes;
	uint64_t *pages; /* offsets of B-tree pages */
	size_t npages;
	/* where we are */
	enum pst_check_phase phase;
	uint32_t node, sub;
	unsigned quiet; /* what is looked at now is told elsewhere */
	uint64_t work;	/* bytes of blocks taken so far */
	size_t names;	/* entries of the name-to-id map */
	uint8_t store_key[16];
	bool has_key;
	uint8_t raw[CHECK_BLOCK_MAX], inflate[CHECK_BLOCK_MAX];
};

/* ---- check.c: saying it */
#define AT_NODE PST_NOWHERE
void check_bad(struct check *c, const char *rule, uint64_t at, const char *what,
    const char *expected, const char *found, ...)
    __attribute__((format(printf, 6, 7)));
void check_remark(struct check *c, const char *rule, uint64_t at,
    const char *what, const char *expected, const char *found, ...)
    __attribute__((format(printf, 6, 7)));
/* Are they the same?  If not, it is told. */
bool check_same(struct check *c, const char *rule, uint64_t at,
    const char *what, uint64_t found, uint64_t expected);
/* A sign of life; false: stop. */
bool check_at(struct check *c, enum pst_check_phase phase, uint64_t nid);
/* Read; false: told that the file ends before. */
bool check_read(struct check *c, const char *rule, uint64_t at, void *out,
    size_t len);
uint64_t check_id(const struct check *c, const void *p);
uint16_t check_signature(uint64_t at, uint64_t bid);

/* In place, where qsort(3) takes as much memory again; mostly all is in order
 * already. */
void check_sort(void *v, size_t n, size_t size,
    int (*compare)(const void *a, const void *b));
/* Bytes that were taken: a file whose lists lead to the same blocks over and
 * over is not looked at forever.  False: it is enough. */
bool check_budget(struct check *c, size_t n);

/* ---- check_file.c: header and maps */
int check_header(struct check *c, struct err *err);
/* Last of all: the blocks are sorted another way for it. */
void check_maps(struct check *c);

/* ---- check_tree.c */
/* What a page's trailer says, against what it should say. */
void check_page_trailer(struct check *c, const uint8_t *page, unsigned type,
    uint64_t at, uint64_t bid);
void check_trees(struct check *c);
struct check_block *check_find_block(struct check *c, uint64_t bid);
struct check_node *check_find_node(struct check *c, uint32_t nid);

/* ---- check_block.c */
/* All blocks themselves, and what nodes refer to. */
void check_blocks(struct check *c);
void check_references(struct check *c);
/* The bytes of a block, decoded; valid until the next call.  NULL: told. */
const uint8_t *check_block_bytes(struct check *c, uint64_t bid, size_t *n_r);
/* The data of a node, block by block.  0: no such block, -1: told. */
struct check_data {
	uint64_t bid;
	size_t nblocks;
	uint64_t size;
};
bool check_data_open(struct check *c, uint64_t bid, struct check_data *d_r);
const uint8_t *check_data_block(struct check *c, const struct check_data *d,
    size_t i, size_t *n_r);
/* A subnode; false: there is none. */
bool check_sub_find(struct check *c, uint64_t sub, uint32_t nid,
    struct ndb_node *node_r);
void check_sub_each(struct check *c, uint64_t sub,
    void (*each)(void *arg, const struct ndb_node *node), void *arg);

/* ---- check_heap.c */
struct check_heap {
	struct check *c;
	struct check_data data;
	uint64_t sub;	 /* the subnodes of the node */
	unsigned client; /* bClientSig */
	uint32_t root;
	size_t cached; /* block in 'block' + 1, or 0 */
	size_t len;
	uint8_t block[CHECK_BLOCK_MAX];
};
/* All of the heap's own rules.  NULL: it is none, and told. */
struct check_heap *check_heap_open(struct check *c, uint64_t data, uint64_t sub,
    unsigned client);
void check_heap_free(struct check_heap **h);
/* An item; valid until the next call.  False: there is none (not told). */
bool check_heap_get(struct check_heap *h, uint32_t hid, struct slice *s_r);
/* A BTH: each() for each record in order.  Widths: 0 any.  False: told. */
bool check_bth(struct check_heap *h, uint32_t hid, unsigned key, unsigned value,
    const char *rule, bool (*each)(void *arg, const uint8_t *record),
    void *arg);

/* ---- check_props.c */
/* Bytes of a value of a fixed size; 0: any, -1: no type that there is. */
int check_fixed_size(unsigned type);
/* Does a value of this type stand where the HNID would? */
bool check_in_hnid(unsigned type);
/* Is it a type, and the one that this property has? */
void check_tag(struct check *c, const char *rule, unsigned id, unsigned type);
/* The bytes at a HNID: at most 'max' appended to 'out'; their full size, or
 * -1: there are none. */
int64_t check_take_bytes(struct check_heap *h, uint32_t hnid, size_t max,
    struct buf *out);
/* The value at a HNID, by its type. */
void check_value(struct check_heap *h, unsigned id, unsigned type,
    uint32_t value);
struct check_prop {
	uint16_t id, type;
	uint32_t value; /* the number, or HNID */
};
/* A PC; its properties by id in *v_r, to be freed. */
struct check_props {
	struct check_heap *heap;
	struct check_prop *v;
	size_t n;
};
bool check_props_open(struct check *c, uint64_t data, uint64_t sub,
    struct check_props *p_r);
void check_props_free(struct check_props *p);
const struct check_prop *check_prop(const struct check_props *p, unsigned id);
/* Its bytes, at most 16 MiB, to be freed by the caller; false: none. */
bool check_prop_bytes(struct check_props *p, unsigned id, struct buf *out);
/* It must be there and of this type; told if not. */
bool check_prop_must(struct check *c, struct check_props *p, const char *rule,
    const char *name, unsigned id, unsigned type);

/* ---- check_table.c */
struct check_column {
	uint16_t id, type, at;
	uint8_t width, bit;
};
struct check_table {
	struct check_heap *heap;
	struct check_column col[256];
	unsigned ncol, row_bytes, bits_at;
	uint64_t rows;
};
/* A TC, all its rules; each() for each row, in row order. */
bool check_table(struct check *c, uint64_t data, uint64_t sub,
    struct check_table *t_r,
    void (*each)(void *arg, const struct check_table *t, const uint8_t *row),
    void *arg);
/* A cell of up to four bytes; false: it is empty. */
bool check_cell(const struct check_table *t, const uint8_t *row, unsigned id,
    uint32_t *v_r);
/* Does a row say the same as the properties of what it names? */
void check_row_agrees(struct check *c, const struct check_table *t,
    const uint8_t *row, struct check_props *p, const char *rule);
/* Columns that must be there. */
void check_columns(struct check *c, const struct check_table *t,
    const char *rule, const uint32_t *tags, size_t n);

/* ---- check_store.c */
void check_store(struct check *c);
void check_folders(struct check *c);
/* ---- check_names.c */
void check_names(struct check *c);
/* ---- check_item.c */
/* A message, or one that is attached. */
void check_message(struct check *c, uint64_t data, uint64_t sub, int depth,
    int32_t *flags_r);

#endif
