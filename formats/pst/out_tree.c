/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The B-trees, the density list and the header of a new PST; see out.h. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"
#include "formats/pst/bytes.h"
#include "formats/pst/crypt.h"
#include "formats/pst/out_impl.h"

/* The entries of one level, in order. */
struct level {
	FILE *file;   /* of leaves; or */
	uint8_t *mem; /* of upper levels */
	uint64_t n, at;
	size_t size; /* bytes an entry */
	/* leaves before those in the file, already packed */
	const uint8_t *before;
	uint64_t nbefore;
};

static int
next_entry(struct level *l, uint8_t *out, struct err *err)
{
	uint64_t i = l->at++;

	if (l->mem != NULL)
		memcpy(out, l->mem + i * l->size, l->size);
	else if (i < l->nbefore)
		memcpy(out, l->before + i * l->size, l->size);
	else if (fread(out, l->size, 1, l->file) != 1)
		return out_write_failed(err);
	return 0;
}

/* One page of a tree; its key and where it went are appended to 'up'. */
static int
put_bt_page(struct pst_out *o, unsigned type, unsigned height, struct level *l,
    struct buf *up, uint64_t *bid_r, uint64_t *at_r, struct err *err)
{
	uint8_t page[PAGE] = { 0 }, entry[24];
	size_t most = BT_DATA / l->size, n;

	for (n = 0; n < most && l->at < l->n; n++)
		if (next_entry(l, page + n * l->size, err) < 0)
			return -1;
	page[BT_DATA] = (uint8_t)n;
	page[BT_DATA + 1] = (uint8_t)most;
	page[BT_DATA + 2] = (uint8_t)l->size;
	page[BT_DATA + 3] = (uint8_t)height;
	if (out_allocate(o, PAGE, PAGE, at_r, err) < 0)
		return -1;
	*bid_r = o->next_page++;
	out_seal_page(page, type, *at_r, *bid_r);
	memcpy(entry, page, 8); /* the key: its first entry's */
	pst_put64(entry + 8, *bid_r);
	pst_put64(entry + 16, *at_r);
	buf_put(up, entry, sizeof(entry));
	return out_append(o, *at_r, page, PAGE, err);
}

/* Write a tree from its leaves up; where its root is. */
static int
put_tree_pages(struct pst_out *o, unsigned type, struct level leaves,
    uint64_t *bid_r, uint64_t *at_r, struct err *err)
{
	struct buf up = { 0 }, below = { 0 };
	struct level l = leaves;
	unsigned height = 0;
	int rc = 0;

	for (;;) {
		do
			rc = put_bt_page(o, type, height, &l, &up, bid_r, at_r,
			    err);
		while (rc == 0 && l.at < l.n);
		if (rc < 0 || up.n == 24)
			break;
		buf_free(&below);
		below = up;
		up = (struct buf){ 0 };
		l = (struct level){ .mem = (uint8_t *)below.p,
			.n = below.n / 24,
			.size = 24 };
		height++;
	}
	buf_free(&up);
	buf_free(&below);
	return rc;
}

static int
by_node(const void *a, const void *b)
{
	const struct nbt_entry *x = a, *y = b;

	return x->nid < y->nid ? -1 : x->nid > y->nid;
}

struct root {
	uint64_t nbt_bid, nbt_at, bbt_bid, bbt_at;
};

static int
put_trees(struct pst_out *o, struct root *r, struct err *err)
{
	uint8_t *low = mem_alloc(o->nlow, 32);
	size_t i;
	int rc;

	qsort(o->low, o->nlow, sizeof(*o->low), by_node);
	for (i = 0; i < o->nlow; i++)
		out_pack_node(low + 32 * i, &o->low[i]);
	rewind(o->messages);
	rewind(o->blocks);
	rc = put_tree_pages(o, PAGE_NBT,
	    (struct level){ .file = o->messages,
		.size = 32,
		.n = o->nmessages + o->nlow,
		.before = low,
		.nbefore = o->nlow },
	    &r->nbt_bid, &r->nbt_at, err);
	if (rc == 0)
		rc = put_tree_pages(o, PAGE_BBT,
		    (struct level){ .file = o->blocks,
			.size = 24,
			.n = o->nblocks },
		    &r->bbt_bid, &r->bbt_at, err);
	free(low);
	return rc;
}

/* 2.2.2.7.4.2: where there is room, most first. */
static int
put_density_list(struct pst_out *o, struct err *err)
{
	uint8_t page[PAGE] = { 0 };
	unsigned i;

	page[1] = (uint8_t)o->ndensity;
	for (i = 0; i < o->ndensity; i++)
		pst_put32(page + 8 + 4 * i, o->density[i]);
	out_seal_page(page, PAGE_DLIST, DENSITY_AT, o->next_page++);
	return out_write_at(o, DENSITY_AT, page, PAGE, err);
}

/* What a new store begins with, or what is in use. */
static uint32_t
last_index(const struct pst_out *o, int type)
{
	uint32_t first = type == 3 ? 0x4000  /* search folders */
	    : type == 4		   ? 0x10000 /* messages */
	    : type == 8		   ? 0x8000  /* associated messages */
				   : 0x400;

	return o->top_index[type] > first ? o->top_index[type] : first;
}

/* HEADER, 2.2.2.6. */
static int
put_header(struct pst_out *o, const struct root *r, struct err *err)
{
	uint8_t h[HEADER_BYTES] = { 0 };
	int i;

	memcpy(h, "!BDN", 4);
	memcpy(h + 8, "SM", 2);
	pst_put16(h + 0x0a, 23);
	pst_put16(h + 0x0c, 19);
	h[0x0e] = h[0x0f] = 1;
	pst_put64(h + 0x20, o->next_page);
	pst_put32(h + 0x28, 1);
	for (i = 0; i < 32; i++) /* the last index of each NID type */
		pst_put32(h + 0x2c + 4 * i, last_index(o, i));
	pst_put64(h + 0xb8, o->section + SECTION);
	pst_put64(h + 0xc0, o->last_amap);
	pst_put64(h + 0xc8, o->free_bytes);
	pst_put64(h + 0xd8, r->nbt_bid);
	pst_put64(h + 0xe0, r->nbt_at);
	pst_put64(h + 0xe8, r->bbt_bid);
	pst_put64(h + 0xf0, r->bbt_at);
	h[0xf8] = 2; /* VALID_AMAP2 */
	memset(h + 0x100, 0xff, 256);
	h[0x200] = 0x80;
	h[0x201] = (uint8_t)o->crypt;
	pst_put64(h + 0x204, o->next_bid);
	pst_put32(h + 4, pst_crc(0, h + 8, 471));
	pst_put32(h + 0x20c, pst_crc(0, h + 8, 516));
	return out_write_at(o, 0, h, sizeof(h), err);
}

int
pst_out_close(struct pst_out **op, struct err *err)
{
	struct pst_out *o = *op;
	struct root r;
	int rc = -1;

	if (put_trees(o, &r, err) == 0 && out_end_section(o, err) == 0 &&
	    put_density_list(o, err) == 0) {
		if (ftruncate(o->fd, (off_t)(o->section + SECTION)) < 0)
			out_write_failed(err);
		else
			rc = put_header(o, &r, err);
	}
	pst_out_abandon(op);
	return rc;
}
