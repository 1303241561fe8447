/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Property contexts and table contexts: [MS-PST] 2.3.3 and 2.3.4; see
 * pst_check_impl.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "formats/pst_check_impl.h"

#define PC	  "2.3.3.3"
#define VALUES	  "2.3.3.4"
#define TCINFO	  "2.3.4.1"
#define TCOLDESC  "2.3.4.2"
#define TCROWID	  "2.3.4.3.1"
#define MATRIX	  "2.3.4.4"
#define VALUE_MAX (16u << 20)
#define ROW_ID	  0x67f2
#define ROW_VER	  0x67f3

enum { HEAP_PC = 0xbc, HEAP_TC = 0x7c };

/* Bytes of a value of a fixed size; 0: any, -1: no type that there is. */
static int
fixed_size(unsigned type)
{
	switch (type) {
	case PtypInteger16:
		return 2;
	case PtypInteger32:
	case PtypFloating32:
	case PtypErrorCode:
		return 4;
	case PtypBoolean:
		return 1;
	case PtypFloating64:
	case PtypInteger64:
	case PtypTime:
	case 0x0006: /* PtypCurrency */
	case 0x0007: /* PtypFloatingTime */
		return 8;
	case PtypGuid:
		return 16;
	case PtypObject:
	case PtypString8:
	case PtypString:
	case PtypBinary:
	case 0x00fb: /* PtypServerId */
	case 0x00fd: /* PtypRestriction */
	case 0x00fe: /* PtypRuleAction */
		return 0;
	default:
		if ((type & 0x1000) != 0 && (type & 0xfff) != PtypObject &&
		    fixed_size(type & 0xfff) >= 0)
			return 0;
		return -1;
	}
}

static bool
in_hnid(unsigned type)
{
	int n = fixed_size(type);

	return n > 0 && n <= 4;
}

/* Tags whose type is known, and that a reader takes for it. */
static unsigned
known_type(unsigned id)
{
	static const struct {
		uint16_t id, type;
	} known[] = { { 0x0017, PtypInteger32 }, { 0x001a, PtypString },
		{ 0x0026, PtypInteger32 }, { 0x0036, PtypInteger32 },
		{ 0x0037, PtypString }, { 0x0039, PtypTime },
		{ 0x003b, PtypBinary }, { 0x0042, PtypString },
		{ 0x0064, PtypString }, { 0x0065, PtypString },
		{ 0x0070, PtypString }, { 0x0071, PtypBinary },
		{ 0x007d, PtypString }, { 0x0c15, PtypInteger32 },
		{ 0x0c1a, PtypString }, { 0x0c1d, PtypBinary },
		{ 0x0c1e, PtypString }, { 0x0c1f, PtypString },
		{ 0x0e02, PtypString }, { 0x0e03, PtypString },
		{ 0x0e04, PtypString }, { 0x0e06, PtypTime },
		{ 0x0e07, PtypInteger32 }, { 0x0e08, PtypInteger32 },
		{ 0x0e17, PtypInteger32 }, { 0x0e1b, PtypBoolean },
		{ 0x0e1f, PtypBoolean }, { 0x0e20, PtypInteger32 },
		{ 0x0ff9, PtypBinary }, { 0x0fff, PtypBinary },
		{ 0x1000, PtypString }, { 0x1009, PtypBinary },
		{ 0x1035, PtypString }, { 0x1080, PtypInteger32 },
		{ 0x1081, PtypInteger32 }, { 0x1090, PtypInteger32 },
		{ 0x3001, PtypString }, { 0x3002, PtypString },
		{ 0x3003, PtypString }, { 0x3007, PtypTime },
		{ 0x3008, PtypTime }, { 0x300b, PtypBinary },
		{ 0x35df, PtypInteger32 }, { 0x35e0, PtypBinary },
		{ 0x35e3, PtypBinary }, { 0x35e7, PtypBinary },
		{ 0x3602, PtypInteger32 }, { 0x3603, PtypInteger32 },
		{ 0x360a, PtypBoolean }, { 0x3613, PtypString },
		{ 0x3704, PtypString }, { 0x3705, PtypInteger32 },
		{ 0x3707, PtypString }, { 0x370b, PtypInteger32 },
		{ 0x370e, PtypString }, { 0x39fe, PtypString },
		{ 0x67f2, PtypInteger32 }, { 0x67f3, PtypInteger32 },
		{ 0x67ff, PtypInteger32 } };
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].id == id)
			return known[i].type;
	return 0;
}

static void
check_tag(struct check *c, const char *rule, unsigned id, unsigned type)
{
	unsigned known = known_type(id);
	char what[48], want[16];

	if (fixed_size(type) < 0) {
		snprintf(what, sizeof(what), "the type of property 0x%04x", id);
		check_bad(c, rule, AT_NODE, what, "one that there is", "0x%04x",
		    type);
		return;
	}
	/* text may be 8-bit in ANSI files, and what comes from them; a value
	 * may be an error in its place */
	if (known == 0 || known == type || type == PtypErrorCode ||
	    (known == PtypString && type == PtypString8))
		return;
	snprintf(what, sizeof(what), "the type of property 0x%04x", id);
	snprintf(want, sizeof(want), "0x%04x", known);
	if (c->ost) /* what a server put there */
		check_remark(c, rule, AT_NODE, what, want, "0x%04x", type);
	else
		check_bad(c, rule, AT_NODE, what, want, "0x%04x", type);
}

/* ---------------------------------------------------------------- values */

/* The bytes at a HNID: at most 'max' into 'out'; their full size.  -1: there
 * are none. */
static int64_t
take_bytes(struct check_heap *h, uint32_t hnid, size_t max, struct buf *out)
{
	struct check *c = h->c;
	struct check_data d;
	struct ndb_node node;
	const uint8_t *p;
	struct slice s;
	size_t i, n;

	if (hnid == 0)
		return 0;
	if ((hnid & 0x1f) == 0) {
		if (!check_heap_get(h, hnid, &s))
			return -1;
		buf_put(out, s.p, s.n < max ? s.n : max);
		return (int64_t)s.n;
	}
	if (!check_sub_find(c, h->sub, hnid, &node) ||
	    !check_data_open(c, node.data, &d))
		return -1;
	for (i = 0; i < d.nblocks && out->n < max; i++) {
		p = check_data_block(c, &d, i, &n);
		if (p == NULL)
			return -1;
		buf_put(out, p, n < max - out->n ? n : max - out->n);
	}
	return (int64_t)d.size;
}

static void
bad_value(struct check *c, unsigned id, unsigned type, const char *want,
    const char *found)
{
	char what[48];

	snprintf(what, sizeof(what), "property 0x%04x of type 0x%04x", id,
	    type);
	check_bad(c, VALUES, AT_NODE, what, want, "%s", found);
}

/* PtypMultiple of strings and the like: count, offsets, values. */
static bool
offsets_good(const struct buf *b)
{
	uint32_t n, i, at, last;

	if (b->n == 0)
		return true;
	if (b->n < 4)
		return false;
	n = pst_u32(b->p);
	if (n > (b->n - 4) / 4)
		return false;
	last = 4 + 4 * n;
	for (i = 0; i < n; i++) {
		at = pst_u32(b->p + 4 + 4 * i);
		if (at < last || at > b->n || (i == 0 && at != 4 + 4 * n))
			return false;
		last = at;
	}
	return true;
}

static void
check_value(struct check_heap *h, unsigned id, unsigned type, uint32_t value)
{
	struct check *c = h->c;
	struct buf b = { 0 };
	struct ndb_node node;
	int64_t n;
	int fixed = fixed_size(type & 0xfff);
	bool many = (type & 0x1000) != 0;
	char text[40];

	if (fixed < 0 || (in_hnid(type) && !many))
		return;
	n = take_bytes(h, value, many ? VALUE_MAX : 64, &b);
	snprintf(text, sizeof(text), "%lld bytes", (long long)n);
	if (n < 0) {
		snprintf(text, sizeof(text), "HNID 0x%x", value);
		bad_value(c, id, type, "an item of the heap or a subnode",
		    text);
	} else if (!many && type == PtypObject) {
		if (n != 8)
			bad_value(c, id, type, "8 bytes", text);
		else if (!check_sub_find(c, h->sub, pst_u32(b.p), &node))
			bad_value(c, id, type, "the number of a subnode",
			    "none");
	} else if (!many && fixed > 0) {
		if (n != fixed)
			bad_value(c, id, type, "the bytes of its type", text);
	} else if (!many && type == PtypString) {
		/* files of 4096-byte pages have 8-bit ones, too */
		if (n % 2 != 0 && c->format != NDB_4K)
			bad_value(c, id, type, "whole UTF-16 units", text);
	} else if (many && fixed > 0) {
		if (n % fixed != 0)
			bad_value(c, id, type, "whole values", text);
	} else if (many && n <= VALUE_MAX) {
		if (!offsets_good(&b))
			bad_value(c, id, type,
			    "a count, rising offsets and values", "none");
	}
	buf_free(&b);
}

/* ----------------------------------------------------- property contexts */

static bool
take_prop(void *arg, const uint8_t *rec)
{
	struct check_props *p = arg;

	if ((p->n & 31) == 0)
		p->v = mem_grow(p->v, p->n + 32, sizeof(*p->v));
	p->v[p->n++] = (struct check_prop){ .id = pst_u16(rec),
		.type = pst_u16(rec + 2),
		.value = pst_u32(rec + 4) };
	return p->n < 65536;
}

bool
check_props_open(struct check *c, uint64_t data, uint64_t sub,
    struct check_props *p_r)
{
	size_t i;

	*p_r = (struct check_props){ 0 };
	p_r->heap = check_heap_open(c, data, sub, HEAP_PC);
	if (p_r->heap == NULL)
		return false;
	if (!check_bth(p_r->heap, p_r->heap->root, 2, 6, PC, take_prop, p_r)) {
		check_props_free(p_r);
		return false;
	}
	for (i = 0; i < p_r->n && !c->stop; i++) {
		const struct check_prop *v = &p_r->v[i];

		/* the name-to-id map has tags of its own */
		if (c->node != NID_NAMES)
			check_tag(c, PC, v->id, v->type);
		check_value(p_r->heap, v->id, v->type, v->value);
		if (v->type == PtypBoolean && v->value > 1)
			check_remark(c, PC, AT_NODE, "a boolean", "0 or 1",
			    "0x%x in property 0x%04x", v->value, v->id);
	}
	return true;
}

void
check_props_free(struct check_props *p)
{
	check_heap_free(&p->heap);
	free(p->v);
	p->v = NULL;
	p->n = 0;
}

const struct check_prop *
check_prop(const struct check_props *p, unsigned id)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->v[i].id == id)
			return &p->v[i];
	return NULL;
}

bool
check_prop_bytes(struct check_props *p, unsigned id, struct buf *out)
{
	const struct check_prop *v = check_prop(p, id);

	buf_clear(out);
	return v != NULL && !in_hnid(v->type) &&
	    take_bytes(p->heap, v->value, VALUE_MAX, out) >= 0;
}

bool
check_prop_must(struct check *c, struct check_props *p, const char *rule,
    const char *name, unsigned id, unsigned type)
{
	const struct check_prop *v = check_prop(p, id);

	if (v == NULL) {
		check_bad(c, rule, AT_NODE, name, "to be there", "none");
		return false;
	}
	return v->type == type ||
	    (type == PtypString && v->type == PtypString8);
}

/* -------------------------------------------------------- table contexts */

static unsigned
column_width(unsigned type)
{
	int n = fixed_size(type);

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

		if (col->width == 4 && !in_hnid(col->type) &&
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
	if (col->width == 4 && !in_hnid(col->type))
		return take_bytes(t->heap, hnid, 4096, out) >= 0;
	buf_put(out, row + col->at, col->width);
	return true;
}

static bool
prop_bytes(struct check_props *p, const struct check_prop *v, struct buf *out)
{
	uint8_t number[4];

	buf_clear(out);
	if (!in_hnid(v->type))
		return take_bytes(p->heap, v->value, 4096, out) >= 0;
	pst_put32(number, v->value);
	buf_put(out, number, (size_t)fixed_size(v->type));
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
