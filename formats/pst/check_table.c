/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Table contexts: [MS-PST] 2.3.4; see check_impl.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "formats/pst/check_impl.h"

#define TCINFO	 "2.3.4.1"
#define TCOLDESC "2.3.4.2"
#define TCROWID	 "2.3.4.3.1"
#define MATRIX	 "2.3.4.4"
#define ROW_ID	 0x67f2
#define ROW_VER	 0x67f3
#define HEAP_TC	 0x7c

static unsigned
column_width(unsigned type)
{
	int n = check_fixed_size(type);

	return n == 1 || n == 2 || n == 4 || n == 8 ? (unsigned)n : 4;
}

/* Where cells may be, by their width: the three groups of a row. */
static void
check_column(struct check *c, const struct check_column *col,
    const uint16_t ends[4])
{
	unsigned from, to, end = col->at + col->width;
	char what[48];

	snprintf(what, sizeof(what), "ibData of column 0x%04x", col->id);
	from = col->width >= 4 ? 0 : col->width == 2 ? ends[0] : ends[1];
	to = col->width >= 4 ? ends[0] : col->width == 2 ? ends[1] : ends[2];
	if (col->at < from || end > to)
		check_bad(c, TCOLDESC, AT_NODE, what, "among cells of its size",
		    "%u..%u, not in %u..%u", col->at, end, from, to);
	snprintf(what, sizeof(what), "cbData of column 0x%04x", col->id);
	check_same(c, TCOLDESC, AT_NODE, what, col->width,
	    column_width(col->type));
	if ((col->id == ROW_ID && (col->at != 0 || col->bit != 0)) ||
	    (col->id == ROW_VER && (col->at != 4 || col->bit != 1)))
		check_bad(c, TCOLDESC, AT_NODE,
		    col->id == ROW_ID ? "PidTagLtpRowId" : "PidTagLtpRowVer",
		    "the first and second cell and bit", "%u and %u", col->at,
		    col->bit);
}

static uint32_t
tag_of(const struct check_column *col)
{
	return (uint32_t)col->id << 16 | col->type;
}

static void
check_layout(struct check *c, const struct check_table *t,
    const uint16_t ends[4])
{
	uint8_t *used = mem_alloc(t->row_bytes + 1u, 1);
	bool bits[256] = { false }, twice = false;
	unsigned i, k;

	for (i = 0; i < t->ncol; i++) {
		const struct check_column *col = &t->col[i];

		check_tag(c, TCOLDESC, col->id, col->type);
		check_column(c, col, ends);
		if (i > 0 && tag_of(&col[-1]) >= tag_of(col))
			check_bad(c, TCINFO, AT_NODE, "rgTCOLDESC",
			    "sorted by tag", "0x%04x behind 0x%04x", col->id,
			    col[-1].id);
		if (col->bit >= t->ncol || bits[col->bit])
			check_bad(c, TCOLDESC, AT_NODE, "iBit",
			    "one of its own below cCols", "%u", col->bit);
		bits[col->bit] = true;
		for (k = col->at;
		     k < col->at + (unsigned)col->width && k < t->row_bytes;
		     k++) {
			twice |= used[k] != 0;
			used[k] = 1;
		}
	}
	if (twice)
		check_bad(c, TCOLDESC, AT_NODE, "the cells of a row",
		    "apart from each other", "some overlap");
	free(used);
}

static bool
take_info(struct check *c, struct check_table *t, uint32_t *index_r,
    uint32_t *rows_r)
{
	uint16_t ends[4];
	struct slice s;
	const uint8_t *p;
	unsigned i, has = 0;

	if (!check_heap_get(t->heap, t->heap->root, &s) || s.n < 22 ||
	    (uint8_t)s.p[0] != HEAP_TC ||
	    s.n < 22 + 8 * (size_t)(uint8_t)s.p[1]) {
		check_bad(c, TCINFO, AT_NODE, "TCINFO", "at hidUserRoot",
		    "HID 0x%x is none", t->heap->root);
		return false;
	}
	p = (const uint8_t *)s.p;
	t->ncol = p[1];
	for (i = 0; i < 4; i++)
		ends[i] = pst_u16(p + 2 + 2 * i);
	*index_r = pst_u32(p + 10);
	*rows_r = pst_u32(p + 14);
	check_same(c, TCINFO, AT_NODE, "the size of TCINFO", s.n,
	    22 + 8 * (uint64_t)t->ncol);
	if (ends[0] > ends[1] || ends[1] > ends[2] ||
	    ends[3] - ends[2] != (int)(t->ncol + 7) / 8) {
		check_bad(c, TCINFO, AT_NODE, "rgib",
		    "rising, with a bit for each column",
		    "%u, %u, %u, %u for %u columns", ends[0], ends[1], ends[2],
		    ends[3], t->ncol);
		return false;
	}
	t->bits_at = ends[2];
	t->row_bytes = ends[3];
	for (i = 0; i < t->ncol; i++) {
		const uint8_t *d = p + 22 + 8 * i;

		t->col[i] = (struct check_column){ .type = pst_u16(d),
			.id = pst_u16(d + 2),
			.at = pst_u16(d + 4),
			.width = d[6],
			.bit = d[7] };
		has += t->col[i].id == ROW_ID || t->col[i].id == ROW_VER;
	}
	check_layout(c, t, ends);
	if (has != 2)
		check_bad(c, "2.3.4.4.1", AT_NODE, "columns of the table",
		    "PidTagLtpRowId and PidTagLtpRowVer among them",
		    "%u of them", has);
	return t->row_bytes >= 9;
}

/* The rows, and who is in which. */
struct rows {
	struct check *c;
	const struct check_table *t;
	uint32_t hnid;
	struct check_data d;
	size_t per_block;
	uint64_t n;
	uint8_t *seen;
	size_t cached; /* block + 1 */
	size_t len;
	uint8_t block[CHECK_BLOCK_MAX];
};

static bool
open_rows(struct check *c, const struct check_table *t, struct rows *r)
{
	struct ndb_node node;
	struct slice s;
	const uint8_t *p;
	size_t i, n = 0, bytes = t->row_bytes, last = 0;

	if (r->hnid == 0)
		return true;
	if ((r->hnid & 0x1f) == 0) {
		if (!check_heap_get(t->heap, r->hnid, &s)) {
			check_bad(c, MATRIX, AT_NODE, "hnidRows",
			    "an item of the heap or a subnode", "HID 0x%x",
			    r->hnid);
			return false;
		}
		if (s.n % bytes != 0)
			check_bad(c, MATRIX, AT_NODE, "the row matrix",
			    "whole rows", "%zu bytes in rows of %zu", s.n,
			    bytes);
		memcpy(r->block, s.p, s.n);
		r->len = s.n;
		r->cached = 1;
		r->n = r->per_block = s.n / bytes;
		return true;
	}
	if (!check_sub_find(c, t->heap->sub, r->hnid, &node) ||
	    !check_data_open(c, node.data, &r->d)) {
		check_bad(c, MATRIX, AT_NODE, "hnidRows",
		    "an item of the heap or a subnode", "NID 0x%x", r->hnid);
		return false;
	}
	r->per_block = c->block_max / bytes;
	if (r->d.nblocks > 0) {
		p = check_data_block(c, &r->d, r->d.nblocks - 1, &n);
		if (p != NULL)
			last = n / bytes;
		r->n = (r->d.nblocks - 1) * r->per_block + last;
		if (n % bytes != 0 && n != c->block_max)
			check_bad(c, MATRIX, AT_NODE, "the last block of rows",
			    "whole rows", "%zu bytes in rows of %zu", n, bytes);
	}
	for (i = 0; i + 1 < r->d.nblocks; i++)
		if (check_data_block(c, &r->d, i, &n) != NULL &&
		    n / bytes != r->per_block)
			check_bad(c, MATRIX, AT_NODE, "a block of rows",
			    "full, for it is not the last", "%zu bytes", n);
	return true;
}

static const uint8_t *
row_at(struct rows *r, uint64_t i)
{
	size_t block = (size_t)(i / r->per_block), n = 0;
	size_t at = (size_t)(i % r->per_block) * r->t->row_bytes;
	const uint8_t *p;

	if ((r->hnid & 0x1f) != 0 && r->cached != block + 1) {
		p = check_data_block(r->c, &r->d, block, &n);
		if (p == NULL)
			return NULL;
		memcpy(r->block, p, n);
		r->len = n;
		r->cached = block + 1;
	}
	return at + r->t->row_bytes <= r->len ? r->block + at : NULL;
}

static bool
take_index(void *arg, const uint8_t *rec)
{
	struct rows *r = arg;
	uint32_t id = pst_u32(rec);
	uint64_t at =
	    r->c->format == NDB_ANSI ? pst_u16(rec + 4) : pst_u32(rec + 4);
	const uint8_t *row;

	if (at >= r->n || (r->seen[at / 8] >> at % 8 & 1)) {
		check_bad(r->c, TCROWID, AT_NODE, "dwRowIndex",
		    "a row of its own", "%llu of %llu for row id 0x%x",
		    (unsigned long long)at, (unsigned long long)r->n, id);
		return true;
	}
	r->seen[at / 8] |= (uint8_t)(1 << at % 8);
	row = row_at(r, at);
	if (row != NULL && pst_u32(row) != id)
		check_bad(r->c, TCROWID, AT_NODE, "dwRowID of a row",
		    "what the row index says", "0x%x, the index says 0x%x",
		    pst_u32(row), id);
	return true;
}

bool
check_cell(const struct check_table *t, const uint8_t *row, unsigned id,
    uint32_t *v_r)
{
	unsigned i;

	for (i = 0; i < t->ncol; i++) {
		const struct check_column *col = &t->col[i];
		unsigned bit = t->bits_at + col->bit / 8;

		if (col->id != id || col->at + col->width > t->row_bytes ||
		    bit >= t->row_bytes)
			continue;
		if (!(row[bit] & 0x80 >> col->bit % 8))
			return false;
		*v_r = col->width >= 4 ? pst_u32(row + col->at)
		    : col->width == 2  ? pst_u16(row + col->at)
				       : row[col->at];
		return true;
	}
	return false;
}

/* The cells of a row that are there. */
static void
check_row(struct check *c, const struct check_table *t, const uint8_t *row)
{
	unsigned i;
	uint32_t v;

	if ((row[t->bits_at] & 0xc0) != 0xc0)
		check_bad(c, "2.3.4.4.1", AT_NODE, "rgbCEB of a row",
		    "to have PidTagLtpRowId and PidTagLtpRowVer", "0x%02x",
		    row[t->bits_at]);
	for (i = 0; i < t->ncol; i++) {
		const struct check_column *col = &t->col[i];

		if (col->width == 4 && !check_in_hnid(col->type) &&
		    check_cell(t, row, col->id, &v) && v != 0)
			check_value(t->heap, col->id, col->type, v);
	}
}

bool
check_table(struct check *c, uint64_t data, uint64_t sub, struct check_table *t,
    void (*each)(void *arg, const struct check_table *t, const uint8_t *row),
    void *arg)
{
	struct rows *r = mem_alloc(1, sizeof(*r));
	const uint8_t *row;
	uint8_t *copy = NULL;
	uint64_t i, indexed = 0;
	uint32_t index;
	bool ok = false;

	memset(t, 0, sizeof(*t));
	t->heap = check_heap_open(c, data, sub, HEAP_TC);
	if (t->heap == NULL || !take_info(c, t, &index, &r->hnid))
		goto out;
	r->c = c;
	r->t = t;
	if (!open_rows(c, t, r))
		goto out;
	t->rows = r->n;
	r->seen = mem_alloc((size_t)(r->n / 8 + 1), 1);
	if (!check_bth(t->heap, index, 4, c->format == NDB_ANSI ? 2 : 4,
		TCROWID, take_index, r))
		goto out;
	copy = mem_alloc(t->row_bytes, 1);
	for (i = 0; i < r->n && !c->stop; i++) {
		indexed += r->seen[i / 8] >> i % 8 & 1;
		row = row_at(r, i);
		if (row == NULL)
			continue;
		memcpy(copy, row, t->row_bytes);
		check_row(c, t, copy);
		if (each != NULL)
			each(arg, t, copy);
		if (i % 1024 == 1023)
			check_at(c, c->phase, c->node);
	}
	check_same(c, TCROWID, AT_NODE, "the rows in the row index", indexed,
	    r->n);
	ok = true;
out:
	free(copy);
	free(r->seen);
	free(r);
	check_heap_free(&t->heap);
	return ok;
}

/* The cell's bytes, whatever its width; false: it is empty. */
static bool
cell_bytes(const struct check_table *t, const uint8_t *row,
    const struct check_column *col, struct buf *out)
{
	uint32_t hnid;

	buf_clear(out);
	if (!check_cell(t, row, col->id, &hnid))
		return false;
	if (col->width == 4 && !check_in_hnid(col->type))
		return check_take_bytes(t->heap, hnid, 4096, out) >= 0;
	buf_put(out, row + col->at, col->width);
	return true;
}

static bool
prop_bytes(struct check_props *p, const struct check_prop *v, struct buf *out)
{
	uint8_t number[4];

	buf_clear(out);
	if (!check_in_hnid(v->type))
		return check_take_bytes(p->heap, v->value, 4096, out) >= 0;
	pst_put32(number, v->value);
	buf_put(out, number, (size_t)check_fixed_size(v->type));
	return true;
}

void
check_row_agrees(struct check *c, const struct check_table *t,
    const uint8_t *row, struct check_props *p, const char *rule)
{
	struct buf a = { 0 }, b = { 0 };
	const struct check_prop *v;
	char what[48];
	unsigned i;

	for (i = 0; i < t->ncol; i++) {
		const struct check_column *col = &t->col[i];

		/* sizes are counted when a row is written, and 4k files
		 * have 8-bit text in rows only */
		v = check_prop(p, col->id);
		if (v == NULL || v->type != col->type || col->id == 0x0e08 ||
		    (c->format == NDB_4K && col->type == PtypString) ||
		    !cell_bytes(t, row, col, &a) || !prop_bytes(p, v, &b))
			continue;
		/* long values are cut in tables */
		if (a.n >= 255 && b.n > a.n)
			b.n = a.n;
		if (a.n == b.n && memcmp(buf_str(&a), buf_str(&b), a.n) == 0)
			continue;
		snprintf(what, sizeof(what), "column 0x%04x of row 0x%x",
		    col->id, pst_u32(row));
		check_bad(c, rule, AT_NODE, what, "the value its node has",
		    "%s",
		    a.n <= 8 && b.n <= 8 ? "another number" : "other bytes");
	}
	buf_free(&a);
	buf_free(&b);
}

void
check_columns(struct check *c, const struct check_table *t, const char *rule,
    const uint32_t *tags, size_t n)
{
	unsigned id;
	char what[48];
	size_t i;
	unsigned k;

	for (i = 0; i < n; i++) {
		for (k = 0; k < t->ncol; k++)
			if (t->col[k].id == tags[i] >> 16)
				break;
		if (k < t->ncol)
			continue;
		id = tags[i] >> 16;
		snprintf(what, sizeof(what), "column 0x%04x", id);
		/* those of replication came with Outlook 2007 */
		if (c->ost || (id >= 0x0e30 && id <= 0x0e3d) || id == 0x3008)
			check_remark(c, rule, AT_NODE, what, "to be there",
			    "none");
		else
			check_bad(c, rule, AT_NODE, what, "to be there",
			    "none");
	}
}
