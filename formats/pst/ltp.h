/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The middle layer of a PST, [MS-PST] 2.3: a heap on a node, trees in a heap,
 * and what is made of them: a node's properties (PC) and tables (TC).
 *
 * Nothing is held but where things are: values are read when asked for, small
 * ones whole, big ones as streams.  A heap lives as long as its ndb.
 */
#ifndef FORMATS_PST_LTP_H
#define FORMATS_PST_LTP_H

#include "core/arena.h"
#include "core/buf.h"
#include "formats/pst/item.h"
#include "formats/pst/ndb.h"

/* ------------------------------------------------------------- the heap */

enum { LTP_TABLE = 0x7c, LTP_TREE = 0xb5, LTP_PROPS = 0xbc };

struct ltp_heap {
	struct ndb *n;
	struct ndb_data data;
	struct ndb_node node; /* whose heap it is */
	uint8_t kind;	      /* LTP_TABLE, ... as its header has it */
	uint32_t root;	      /* HID */
};

int ltp_heap_open(struct ltp_heap *h_r, struct ndb *n,
    const struct ndb_node *node, struct err *err);
/* What lies at 'hid'; valid until the next call with this ndb.  HID 0 is
 * empty. */
int ltp_heap_get(struct ltp_heap *h, uint32_t hid, struct slice *s_r,
    struct err *err);

/* ------------------------------------------------------- trees in a heap */

#define LTP_TREE_DEPTH 8
#define LTP_RECORD_MAX 32

struct ltp_tree {
	struct ltp_heap *heap;
	unsigned key, entry, levels;
	uint32_t root;
	/* where a walk is */
	unsigned depth;
	uint64_t visits;
	struct {
		uint32_t hid;
		unsigned at;
	} path[LTP_TREE_DEPTH];
	uint8_t record[LTP_RECORD_MAX]; /* key, then entry */
};

/* The tree at 'hid'; a record is at least 'least' bytes. */
int ltp_tree_open(struct ltp_tree *t_r, struct ltp_heap *h, uint32_t hid,
    unsigned least, struct err *err);
/* The next record into t->record, in order of the keys.  1, 0, or -1: what
 * hangs from a damaged place is lost, call again for what is behind. */
int ltp_tree_next(struct ltp_tree *t, struct err *err);

/* ----------------------------------------------------------- properties */

/* Where a value is. */
struct ltp_value {
	uint16_t id, type;
	bool direct; /* in 'number'; else at 'hnid' */
	uint32_t hnid;
	uint64_t number;
};

struct ltp_props {
	struct ltp_heap heap;
	struct ltp_value *v; /* in the arena, by id */
	size_t n;
	bool damaged; /* some are lost */
};

/* All properties of a node.  0, or -1 with SCOPE_MSG: there are none. */
int ltp_props_open(struct ltp_props *p_r, struct ndb *n,
    const struct ndb_node *node, struct arena *a, struct err *err);
/* NULL if there is none. */
const struct ltp_value *ltp_prop(const struct ltp_props *p, unsigned id);

/* ---------------------------------------------------------------- tables */

struct ltp_column {
	uint16_t id, type;
	unsigned at, width, bit;
};

struct ltp_table {
	struct ltp_heap heap;
	struct ltp_column *columns;
	unsigned n_columns;
	unsigned row_bytes, bits_at;
	uint32_t rows; /* HNID */
	struct ltp_tree index;
	bool no_index; /* damaged: rows are taken as they lie */
	uint32_t next;
	struct ndb_data matrix;
	unsigned per_block;
	uint32_t row_id; /* of the current row */
	uint8_t *row;	 /* row_bytes, in the arena */
};

/* The table of a node; its columns live in 'a'.  0, or -1 with SCOPE_MSG. */
int ltp_table_open(struct ltp_table *t_r, struct ndb *n,
    const struct ndb_node *node, struct arena *a, struct err *err);
/* The next row.  1, 0, or -1: a row is lost, call again. */
int ltp_table_next(struct ltp_table *t, struct err *err);
/* A cell of it; false if it is empty. */
bool ltp_cell(const struct ltp_table *t, unsigned id, struct ltp_value *v_r);

/* ---------------------------------------------------------------- values */

/* The whole of a value, at most 'max' bytes: 1, 0 if it is bigger (its
 * beginning is there), or -1 with SCOPE_MSG. */
int ltp_bytes(struct ltp_heap *h, const struct ltp_value *v, size_t max,
    struct buf *out, struct err *err);
/* Integers, booleans and times; 'none' if it is something else. */
int64_t ltp_number(struct ltp_heap *h, const struct ltp_value *v, int64_t none);
/* How long it says it is; 0 if that is not known. */
uint64_t ltp_size(struct ltp_heap *h, const struct ltp_value *v);
/* Its bytes in pieces; returns as item_stream.copy() does. */
int ltp_copy(struct ltp_heap *h, const struct ltp_value *v,
    const struct item_sink *to, struct err *err);
/* The same of a node's data. */
int ltp_copy_data(struct ndb *n, uint64_t bid, const struct item_sink *to,
    struct err *err);
/* The subnode that an object (type 0x0d) lies in.  1, 0, -1 */
int ltp_object(struct ltp_heap *h, const struct ltp_value *v,
    struct ndb_node *node_r, struct err *err);

#endif
