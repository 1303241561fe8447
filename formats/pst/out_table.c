/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Table contexts, [MS-PST] 2.3.4; see out_ltp.h. */
#include <stdlib.h>
#include <string.h>

#include "core/date.h"
#include "core/mem.h"
#include "formats/pst/bytes.h"
#include "formats/pst/out_heap.h"
#include "formats/pst/out_ltp.h"
#include "formats/pst/prop.h"

#define TC_CLIENT 0x7c
#define ROW_ID	  0x67f2
#define ROW_VER	  0x67f3
#define TEXT_MAX  255 /* UTF-16 units in a cell */

struct column {
	uint32_t tag;
	uint16_t at; /* in a row */
	uint8_t size, bit;
};

/* Bytes that wait: in memory, from SPILL_AT on in a temporary file. */
#define SPILL_AT ((size_t)256 << 10)
struct spill {
	struct buf b;
	FILE *f;
	size_t at; /* of the next to be read from 'b' */
};

struct pst_table {
	struct column col[TABLE_COLUMNS_MAX];
	size_t ncol;
	uint16_t ends[4]; /* TCI_4b, TCI_2b, TCI_1b, TCI_bm */
	struct heap_out heap;
	uint8_t *row;
	struct spill rows;
	struct spill index; /* row ids, four bytes each */
	uint64_t nrows;
	uint32_t row_id;
};

static int
spill_failed(struct err *err)
{
	return err_sys(err, SCOPE_RUN, EX_IOERR, "a temporary file");
}

static int
spill_put(struct spill *s, const void *data, size_t len, struct err *err)
{
	buf_put(&s->b, data, len);
	if (s->b.n < SPILL_AT)
		return 0;
	if (s->f == NULL)
		s->f = tmpfile();
	if (s->f == NULL || fwrite(s->b.p, s->b.n, 1, s->f) != 1)
		return spill_failed(err);
	buf_clear(&s->b);
	return 0;
}

/* From now on it is read, from the front. */
static void
spill_rewind(struct spill *s)
{
	if (s->f != NULL)
		rewind(s->f);
}

static int
spill_get(struct spill *s, void *out, size_t len, struct err *err)
{
	size_t got = 0;

	if (s->f != NULL)
		got = fread(out, 1, len, s->f);
	if (len - got > s->b.n - s->at)
		return spill_failed(err);
	if (len > got)
		memcpy((char *)out + got, s->b.p + s->at, len - got);
	s->at += len - got;
	return 0;
}

static void
spill_free(struct spill *s)
{
	if (s->f != NULL)
		fclose(s->f);
	buf_free(&s->b);
}

static uint8_t
cell_size(unsigned type)
{
	switch (type) {
	case PtypBoolean:
		return 1;
	case PtypInteger16:
		return 2;
	case PtypInteger64:
	case PtypTime:
	case PtypFloating64:
		return 8;
	default: /* a number, or a HNID */
		return 4;
	}
}

/* 2.3.4.4.1: cells of 8 and 4 bytes, then of 2, then of 1, then the bits;
 * each group as the columns are given, bits as well. */
static void
lay_out(struct pst_table *t)
{
	static const uint8_t groups[3][2] = { { 8, 4 }, { 2, 2 }, { 1, 1 } };
	uint16_t at = 0;
	size_t g, i;

	for (g = 0; g < 3; g++) {
		for (i = 0; i < t->ncol; i++) {
			struct column *c = &t->col[i];

			if (c->size != groups[g][0] && c->size != groups[g][1])
				continue;
			c->at = at;
			c->bit = (uint8_t)i;
			at = (uint16_t)(at + c->size);
		}
		t->ends[g] = at;
	}
	t->ends[3] = (uint16_t)(at + (t->ncol + 7) / 8);
}

static int
by_tag(const void *a, const void *b)
{
	const struct column *x = a, *y = b;

	return x->tag < y->tag ? -1 : x->tag > y->tag;
}

int
table_open(struct pst_table **t_r, const uint32_t *columns, size_t n,
    struct err *err)
{
	struct pst_table *t;
	size_t i;

	if (n > TABLE_COLUMNS_MAX)
		return err_set(err, SCOPE_RUN, EX_SOFTWARE,
		    "a table of %zu columns", n);
	t = mem_alloc(1, sizeof(*t));
	t->ncol = n;
	for (i = 0; i < n; i++) {
		t->col[i].tag = columns[i];
		t->col[i].size = cell_size(columns[i] & 0xffff);
	}
	lay_out(t);
	/* the descriptions are sorted, 2.3.4.1 */
	qsort(t->col, n, sizeof(t->col[0]), by_tag);
	heap_begin(&t->heap);
	t->row = mem_alloc(1, t->ends[3]);
	*t_r = t;
	return 0;
}

void
table_free(struct pst_table **tp)
{
	struct pst_table *t = *tp;

	if (t == NULL)
		return;
	heap_drop(&t->heap);
	spill_free(&t->rows);
	spill_free(&t->index);
	free(t->row);
	free(t);
	*tp = NULL;
}

/* The place of a cell in the row, its bit set; NULL: no such column. */
static uint8_t *
cell(struct pst_table *t, unsigned id)
{
	size_t i;

	for (i = 0; i < t->ncol; i++) {
		const struct column *c = &t->col[i];

		if (c->tag >> 16 == id) {
			t->row[t->ends[2] + c->bit / 8] |=
			    (uint8_t)(0x80 >> c->bit % 8);
			return t->row + c->at;
		}
	}
	return NULL;
}

void
table_row(struct pst_table *t, uint32_t row_id)
{
	memset(t->row, 0, t->ends[3]);
	t->row_id = row_id;
	pst_put32(cell(t, ROW_ID), row_id);
	pst_put32(cell(t, ROW_VER), (uint32_t)t->nrows + 1);
}

void
table_int(struct pst_table *t, unsigned id, int32_t v)
{
	uint8_t *at = cell(t, id);

	if (at != NULL)
		pst_put32(at, (uint32_t)v);
}

void
table_bool(struct pst_table *t, unsigned id, bool v)
{
	uint8_t *at = cell(t, id);

	if (at != NULL)
		*at = v;
}

void
table_int64(struct pst_table *t, unsigned id, int64_t v)
{
	uint8_t *at = cell(t, id);

	if (at != NULL)
		pst_put64(at, (uint64_t)v);
}

void
table_time(struct pst_table *t, unsigned id, int64_t unix_s)
{
	if (unix_s != DATE_UNKNOWN)
		table_int64(t, id, (int64_t)pst_filetime(unix_s));
}

int
table_binary(struct pst_table *t, unsigned id, struct slice bytes,
    struct err *err)
{
	uint8_t *at = cell(t, id);
	uint32_t hid;

	if (at == NULL)
		return 0;
	if (heap_put(&t->heap, bytes.p, bytes.n, &hid, err) < 0)
		return -1;
	pst_put32(at, hid);
	return 0;
}

int
table_text(struct pst_table *t, unsigned id, struct slice utf8, struct err *err)
{
	struct buf b = { 0 };
	int rc;

	pst_out_utf16(&b, utf8, TEXT_MAX);
	rc = table_binary(t, id, buf_slice(&b), err);
	buf_free(&b);
	return rc;
}

int
table_row_end(struct pst_table *t, struct err *err)
{
	uint8_t id[4];

	pst_put32(id, t->row_id);
	if (spill_put(&t->rows, t->row, t->ends[3], err) < 0 ||
	    spill_put(&t->index, id, 4, err) < 0)
		return -1;
	t->nrows++;
	return 0;
}

uint64_t
table_rows(const struct pst_table *t)
{
	return t->nrows;
}

/* The row matrix: in the heap while it fits, else a subnode whose blocks
 * hold whole rows and are filled up (2.3.4.4). */
static int
put_rows(struct pst_out *o, struct pst_table *t, struct pst_out_subs *subs,
    uint32_t *hnid_r, struct err *err)
{
	size_t size = t->ends[3], most = PST_BLOCK_MAX / size, n;
	uint64_t left = t->nrows, bid;
	uint8_t *block = mem_alloc(1, PST_BLOCK_MAX);
	struct pst_out_data *d;
	int rc = 0;

	*hnid_r = 0;
	spill_rewind(&t->rows);
	if (t->nrows * size <= HEAP_ITEM_MAX) {
		n = (size_t)t->nrows * size;
		rc = spill_get(&t->rows, block, n, err);
		if (rc == 0)
			rc = heap_put(&t->heap, block, n, hnid_r, err);
		free(block);
		return rc;
	}
	d = mem_alloc(1, sizeof(*d));
	while (rc == 0 && left > 0) {
		n = left < most ? (size_t)left : most;
		memset(block, 0, PST_BLOCK_MAX);
		rc = spill_get(&t->rows, block, n * size, err);
		left -= n;
		if (rc == 0)
			rc = pst_out_data_block(o, d, block,
			    left > 0 ? PST_BLOCK_MAX : n * size, err);
	}
	if (rc == 0)
		rc = pst_out_data_end(o, d, &bid, err);
	pst_out_data_drop(d);
	free(d);
	free(block);
	if (rc == 0) {
		*hnid_r = pst_out_subs_nid(subs);
		pst_out_subs_add(subs, *hnid_r, bid, 0);
	}
	return rc;
}

/* Row ids to row numbers, 2.3.4.3. */
static int
put_index(struct pst_table *t, uint32_t *hid_r, struct err *err)
{
	uint8_t *records = mem_alloc((size_t)t->nrows, 8);
	uint64_t i;
	int rc = 0;

	spill_rewind(&t->index);
	for (i = 0; rc == 0 && i < t->nrows; i++) {
		rc = spill_get(&t->index, records + 8 * i, 4, err);
		pst_put32(records + 8 * i + 4, (uint32_t)i);
	}
	if (rc == 0)
		rc = heap_put_bth(&t->heap, records, (size_t)t->nrows, 4, 4,
		    hid_r, err);
	free(records);
	return rc;
}

/* TCINFO, 2.3.4.1. */
static int
put_info(struct pst_table *t, uint32_t index, uint32_t rows, uint32_t *hid_r,
    struct err *err)
{
	uint8_t info[22 + 8 * TABLE_COLUMNS_MAX] = { TC_CLIENT };
	size_t i;

	info[1] = (uint8_t)t->ncol;
	for (i = 0; i < 4; i++)
		pst_put16(info + 2 + 2 * i, t->ends[i]);
	pst_put32(info + 10, index);
	pst_put32(info + 14, rows);
	for (i = 0; i < t->ncol; i++) {
		uint8_t *c = info + 22 + 8 * i;

		pst_put32(c, t->col[i].tag);
		pst_put16(c + 4, t->col[i].at);
		c[6] = t->col[i].size;
		c[7] = t->col[i].bit;
	}
	return heap_put(&t->heap, info, 22 + 8 * t->ncol, hid_r, err);
}

int
table_write(struct pst_out *o, struct pst_table **tp, struct pst_out_subs *subs,
    uint64_t *bid_r, struct err *err)
{
	struct pst_table *t = *tp;
	uint32_t rows, index, info;
	int rc = -1;

	if (put_rows(o, t, subs, &rows, err) == 0 &&
	    put_index(t, &index, err) == 0 &&
	    put_info(t, index, rows, &info, err) == 0)
		rc = heap_end(o, &t->heap, TC_CLIENT, info, bid_r, err);
	table_free(tp);
	return rc;
}
