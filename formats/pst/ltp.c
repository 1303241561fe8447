/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Properties and tables, [MS-PST] 2.3.3 and 2.3.4; see ltp.h. */
#include "formats/pst/ltp.h"

#include <string.h>

#include "formats/pst/bytes.h"
#include "formats/pst/prop.h"

#define PROPS_MAX   8192 /* properties of one node */
#define COLUMNS_MAX 1024

/* The names of damaged things that were stepped over are worth a note. */
static void
note_loss(struct ndb *n, uint32_t nid, const struct err *err)
{
	ndb_note(n, true, (uint64_t)nid << 8 | 4, "%s", err->text);
}

/* ----------------------------------------------------------- properties */

static bool
fits_in_hnid(unsigned type)
{
	return type == PtypInteger16 || type == PtypInteger32 ||
	    type == PtypFloating32 || type == PtypErrorCode ||
	    type == PtypBoolean;
}

static void
read_prop(const uint8_t *rec, struct ltp_value *v_r)
{
	memset(v_r, 0, sizeof(*v_r));
	v_r->id = pst_u16(rec);
	v_r->type = pst_u16(rec + 2);
	v_r->direct = fits_in_hnid(v_r->type);
	if (v_r->direct)
		v_r->number = pst_u32(rec + 4);
	else
		v_r->hnid = pst_u32(rec + 4);
}

int
ltp_props_open(struct ltp_props *p_r, struct ndb *n,
    const struct ndb_node *node, struct arena *a, struct err *err)
{
	struct buf found = { 0 };
	struct ltp_value v;
	struct ltp_tree t;
	int rc;

	memset(p_r, 0, sizeof(*p_r));
	if (ltp_heap_open(&p_r->heap, n, node, err) != 0)
		return -1;
	if (p_r->heap.kind != LTP_PROPS)
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "node 0x%x has no properties", node->nid);
	if (ltp_tree_open(&t, &p_r->heap, p_r->heap.root, 8, err) != 0)
		return -1;
	if (t.key != 2)
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "node 0x%x has no properties", node->nid);
	while ((rc = ltp_tree_next(&t, err)) != 0) {
		if (rc < 0) {
			p_r->damaged = true;
			note_loss(n, node->nid, err);
			continue;
		}
		if (p_r->n == PROPS_MAX)
			break;
		read_prop(t.record, &v);
		buf_put(&found, &v, sizeof(v));
		p_r->n++;
	}
	if (p_r->n > 0) {
		p_r->v = arena_alloc(a, found.n);
		memcpy(p_r->v, found.p, found.n);
	}
	buf_free(&found);
	/* what was told is over: the caller has what there is */
	if (p_r->n == 0 && p_r->damaged)
		return -1;
	return 0;
}

const struct ltp_value *
ltp_prop(const struct ltp_props *p, unsigned id)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->v[i].id == id)
			return &p->v[i];
	return NULL;
}

/* ---------------------------------------------------------------- tables */

/* TCINFO, [MS-PST] 2.3.4.1 */
static int
read_columns(struct ltp_table *t, struct arena *a, uint32_t *index_r,
    struct err *err)
{
	struct slice s;
	const uint8_t *p;
	unsigned i;

	if (ltp_heap_get(&t->heap, t->heap.root, &s, err) != 0)
		return -1;
	p = (const uint8_t *)s.p;
	if (s.n < 22 || p[0] != LTP_TABLE || 22u + p[1] * 8u > s.n)
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "node 0x%x: the head of its table is damaged",
		    t->heap.node.nid);
	t->n_columns = p[1];
	t->bits_at = pst_u16(p + 6);
	t->row_bytes = pst_u16(p + 8);
	*index_r = pst_u32(p + 10);
	t->rows = pst_u32(p + 14);
	if (t->row_bytes < 4 || t->bits_at > t->row_bytes)
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "node 0x%x: the rows of its table are damaged",
		    t->heap.node.nid);
	t->columns = arena_alloc(a, t->n_columns * sizeof(*t->columns) + 1);
	for (i = 0; i < t->n_columns; i++) {
		const uint8_t *c = p + 22 + 8 * i;

		t->columns[i] = (struct ltp_column){ .type = pst_u16(c),
			.id = pst_u16(c + 2),
			.at = pst_u16(c + 4),
			.width = c[6],
			.bit = c[7] };
	}
	t->row = arena_alloc(a, t->row_bytes);
	return 0;
}

/* Where the rows lie: in the heap, or in a subnode of their own. */
static int
find_rows(struct ltp_table *t, struct err *err)
{
	struct ndb_node sub;
	struct slice s;
	int rc;

	if (t->rows == 0 || ndb_type(t->rows) == NID_TYPE_HID)
		return 0;
	rc = ndb_sub_find(t->heap.n, t->heap.node.sub, t->rows, &sub, err);
	if (rc == 0)
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "node 0x%x: the rows of its table are missing",
		    t->heap.node.nid);
	if (rc < 0 || ndb_data_open(t->heap.n, sub.data, &t->matrix, err) != 0)
		return err_within(err, "node 0x%x", t->heap.node.nid);
	/* rows do not cross blocks; all blocks but the last are alike */
	rc = ndb_data_block(t->heap.n, &t->matrix, 0, &s, err);
	if (rc < 0)
		return err_within(err, "node 0x%x", t->heap.node.nid);
	t->per_block = rc == 0 ? 1 : (unsigned)(s.n / t->row_bytes);
	if (t->per_block == 0)
		t->per_block = 1;
	return 0;
}

int
ltp_table_open(struct ltp_table *t_r, struct ndb *n,
    const struct ndb_node *node, struct arena *a, struct err *err)
{
	uint32_t index = 0;

	memset(t_r, 0, sizeof(*t_r));
	if (ltp_heap_open(&t_r->heap, n, node, err) != 0)
		return -1;
	if (t_r->heap.kind != LTP_TABLE)
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "node 0x%x has no table", node->nid);
	if (read_columns(t_r, a, &index, err) != 0 || find_rows(t_r, err) != 0)
		return -1;
	if (ltp_tree_open(&t_r->index, &t_r->heap, index, 6, err) != 0 ||
	    t_r->index.key != 4) {
		t_r->no_index = true;
		note_loss(n, node->nid, err);
	}
	return 0;
}

/* Row number 'i' into t->row.  1, 0 behind the last, or -1. */
static int
read_row(struct ltp_table *t, uint32_t i, struct err *err)
{
	struct slice s = { 0 };
	int rc = 1;

	if (t->rows == 0)
		return 0;
	if (ndb_type(t->rows) == NID_TYPE_HID) {
		if (ltp_heap_get(&t->heap, t->rows, &s, err) != 0)
			return -1;
	} else {
		rc = ndb_data_block(t->heap.n, &t->matrix, i / t->per_block, &s,
		    err);
		i %= t->per_block;
	}
	if (rc <= 0)
		return rc;
	if (i >= s.n / t->row_bytes)
		return 0;
	memcpy(t->row, s.p + (size_t)i * t->row_bytes, t->row_bytes);
	t->row_id = pst_u32(t->row);
	return 1;
}

int
ltp_table_next(struct ltp_table *t, struct err *err)
{
	const uint8_t *rec = t->index.record;
	uint32_t at;
	int rc;

	if (t->no_index) {
		rc = read_row(t, t->next++, err);
		if (rc < 0) /* nor is there anything behind it */
			t->rows = 0;
		return rc;
	}
	t->row_id = 0;
	rc = ltp_tree_next(&t->index, err);
	if (rc <= 0)
		return rc;
	at = t->index.entry >= 4 ? pst_u32(rec + 4) : pst_u16(rec + 4);
	rc = read_row(t, at, err);
	if (rc == 1 && t->row_id == pst_u32(rec))
		return 1;
	/* the index still says who it was */
	t->row_id = pst_u32(rec);
	memset(t->row, 0, t->row_bytes);
	if (rc >= 0)
		err_set(err, SCOPE_MSG, EX_DATAERR,
		    "node 0x%x: row 0x%x of its table is missing",
		    t->heap.node.nid, t->row_id);
	return -1;
}

bool
ltp_cell(const struct ltp_table *t, unsigned id, struct ltp_value *v_r)
{
	const struct ltp_column *c = t->columns, *end = c + t->n_columns;
	size_t bit_at;

	while (c < end && c->id != id)
		c++;
	if (c == end)
		return false;
	bit_at = t->bits_at + c->bit / 8;
	if (bit_at >= t->row_bytes || c->at + c->width > t->row_bytes ||
	    !(t->row[bit_at] & 0x80 >> c->bit % 8))
		return false;
	memset(v_r, 0, sizeof(*v_r));
	v_r->id = c->id;
	v_r->type = c->type;
	v_r->direct = fits_in_hnid(c->type) || c->type == PtypInteger64 ||
	    c->type == PtypTime || c->type == PtypFloating64;
	if (!v_r->direct && c->width >= 4)
		v_r->hnid = pst_u32(t->row + c->at);
	else if (c->width >= 8)
		v_r->number = pst_u64(t->row + c->at);
	else if (c->width >= 4)
		v_r->number = pst_u32(t->row + c->at);
	else if (c->width >= 2)
		v_r->number = pst_u16(t->row + c->at);
	else if (c->width == 1)
		v_r->number = t->row[c->at];
	return true;
}
