/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Property contexts, [MS-PST] 2.3.3; see out_ltp.h. */
#include <stdlib.h>
#include <string.h>

#include "core/date.h"
#include "core/mem.h"
#include "core/text.h"
#include "formats/pst/bytes.h"
#include "formats/pst/out_heap.h"
#include "formats/pst/out_ltp.h"
#include "formats/pst/prop.h"

#define PC_CLIENT 0xbc

uint64_t
pst_filetime(int64_t unix_s)
{
	return (uint64_t)(unix_s + 11644473600) * 10000000;
}

void
pst_out_utf16(struct buf *out, struct slice utf8, size_t max)
{
	size_t i = 0, len, units = 0, need;
	uint8_t pair[4];
	uint32_t cp;

	buf_put(out, "", 0);
	while (i < utf8.n) {
		len = text_utf8(utf8.p + i, utf8.n - i, &cp);
		if (len == 0) {
			cp = 0xfffd;
			len = 1;
		}
		need = cp > 0xffff ? 2 : 1;
		if (max > 0 && units + need > max)
			break;
		if (need == 2) {
			pst_put16(pair, (uint16_t)(0xd7c0 + (cp >> 10)));
			pst_put16(pair + 2, (uint16_t)(0xdc00 | (cp & 0x3ff)));
		} else {
			pst_put16(pair, (uint16_t)cp);
		}
		buf_put(out, pair, 2 * need);
		units += need;
		i += len;
	}
}

static struct pst_prop_out *
prop(struct pst_props *p, unsigned id, unsigned type)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->v[i].tag >> 16 == id)
			break;
	if (i == p->n) {
		if ((p->n & 31) == 0)
			p->v = mem_grow(p->v, p->n + 32, sizeof(*p->v));
		p->n++;
	}
	p->v[i] = (struct pst_prop_out){ .tag = PST_TAG(id, type) };
	return &p->v[i];
}

static void
set_bytes(struct pst_props *p, unsigned id, unsigned type, const void *data,
    size_t n)
{
	struct pst_prop_out *v = prop(p, id, type);

	v->value = slice_of(arena_slice(&p->arena, slice_of(data, n)), n);
}

void
props_int(struct pst_props *p, unsigned id, int32_t v)
{
	prop(p, id, PtypInteger32)->fixed = (uint32_t)v;
}

void
props_bool(struct pst_props *p, unsigned id, bool v)
{
	prop(p, id, PtypBoolean)->fixed = v;
}

void
props_int64(struct pst_props *p, unsigned id, int64_t v)
{
	uint8_t b[8];

	pst_put64(b, (uint64_t)v);
	set_bytes(p, id, PtypInteger64, b, sizeof(b));
}

void
props_time(struct pst_props *p, unsigned id, int64_t t)
{
	uint8_t b[8];

	if (t == DATE_UNKNOWN)
		return;
	pst_put64(b, pst_filetime(t));
	set_bytes(p, id, PtypTime, b, sizeof(b));
}

void
props_text(struct pst_props *p, unsigned id, struct slice utf8)
{
	struct buf b = { 0 };

	pst_out_utf16(&b, utf8, 0);
	set_bytes(p, id, PtypString, b.p, b.n);
	buf_free(&b);
}

void
props_binary(struct pst_props *p, unsigned id, struct slice bytes)
{
	set_bytes(p, id, PtypBinary, bytes.p, bytes.n);
}

void
props_raw(struct pst_props *p, unsigned id, unsigned type, struct slice bytes)
{
	set_bytes(p, id, type, bytes.p, bytes.n);
}

/* PtypMultipleString, 2.3.3.4.2: count, offsets, then the strings. */
void
props_texts(struct pst_props *p, unsigned id, const struct slice *v, size_t n)
{
	struct buf b = { 0 }, text = { 0 };
	uint8_t num[4];
	size_t i;

	pst_put32(num, (uint32_t)n);
	buf_put(&b, num, 4);
	for (i = 0; i < n; i++) {
		pst_put32(num, (uint32_t)(4 + 4 * n + text.n));
		buf_put(&b, num, 4);
		pst_out_utf16(&text, v[i], 0);
	}
	buf_put(&b, text.p, text.n);
	set_bytes(p, id, PtypMultipleString, b.p, b.n);
	buf_free(&b);
	buf_free(&text);
}

/* PtypMultipleBinary: the same. */
void
props_binaries(struct pst_props *p, unsigned id, const struct slice *v,
    size_t n)
{
	struct buf b = { 0 };
	uint8_t num[4];
	size_t i, at = 4 + 4 * n;

	pst_put32(num, (uint32_t)n);
	buf_put(&b, num, 4);
	for (i = 0; i < n; i++) {
		pst_put32(num, (uint32_t)at);
		buf_put(&b, num, 4);
		at += v[i].n;
	}
	for (i = 0; i < n; i++)
		buf_put(&b, v[i].p, v[i].n);
	set_bytes(p, id, PtypMultipleBinary, b.p, b.n);
	buf_free(&b);
}

void
props_node(struct pst_props *p, unsigned id, unsigned type, uint32_t nid,
    uint32_t size)
{
	uint8_t b[8];

	if (type == PtypObject) { /* 2.3.3.5: a reference and a size */
		pst_put32(b, nid);
		pst_put32(b + 4, size);
		set_bytes(p, id, type, b, sizeof(b));
		return;
	}
	prop(p, id, type)->nid = nid;
}

void
props_reset(struct pst_props *p)
{
	p->n = 0;
	arena_reset(&p->arena);
}

void
props_free(struct pst_props *p)
{
	free(p->v);
	p->v = NULL;
	p->n = 0;
	arena_free(&p->arena);
}

static int
by_tag(const void *a, const void *b)
{
	const struct pst_prop_out *x = a, *y = b;

	return x->tag < y->tag ? -1 : x->tag > y->tag;
}

/* Where the value goes: into the record, the heap, or a subnode. */
static int
place(struct pst_out *o, struct heap_out *h, struct pst_prop_out *v,
    struct pst_out_subs *subs, uint32_t *hnid_r, struct err *err)
{
	unsigned type = v->tag & 0xffff;
	struct pst_out_data *d;
	uint64_t bid;
	int rc;

	*hnid_r = v->fixed;
	if (type == PtypInteger32 || type == PtypBoolean)
		return 0;
	if (type == PtypInteger16) {
		*hnid_r = pst_u16(v->value.p);
		return 0;
	}
	*hnid_r = v->nid;
	if (v->nid != 0)
		return 0;
	if (v->value.n <= HEAP_ITEM_MAX)
		return heap_put(h, v->value.p, v->value.n, hnid_r, err);
	d = mem_alloc(1, sizeof(*d));
	rc = pst_out_data_put(o, d, v->value.p, v->value.n, err);
	if (rc == 0)
		rc = pst_out_data_end(o, d, &bid, err);
	pst_out_data_drop(d);
	free(d);
	if (rc < 0)
		return -1;
	*hnid_r = pst_out_subs_nid(subs);
	pst_out_subs_add(subs, *hnid_r, bid, 0);
	return 0;
}

int
props_write(struct pst_out *o, struct pst_props *p, struct pst_out_subs *subs,
    uint64_t *bid_r, struct err *err)
{
	struct heap_out *h = mem_alloc(1, sizeof(*h));
	uint8_t *records = mem_alloc(p->n, 8);
	uint32_t hnid, root;
	size_t i;
	int rc = 0;

	heap_begin(h);
	qsort(p->v, p->n, sizeof(*p->v), by_tag);
	for (i = 0; rc == 0 && i < p->n; i++) {
		rc = place(o, h, &p->v[i], subs, &hnid, err);
		pst_put16(records + 8 * i, (uint16_t)(p->v[i].tag >> 16));
		pst_put16(records + 8 * i + 2, (uint16_t)p->v[i].tag);
		pst_put32(records + 8 * i + 4, hnid);
	}
	if (rc == 0)
		rc = heap_put_bth(h, records, p->n, 2, 6, &root, err);
	if (rc == 0)
		rc = heap_end(o, h, PC_CLIENT, root, bid_r, err);
	else
		heap_drop(h);
	free(records);
	free(h);
	return rc;
}
