/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blocks, maps and B-trees of a new PST; see pst_out.h. */
#include "formats/pst_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/mem.h"
#include "formats/pst_bytes.h"
#include "formats/pst_crypt.h"

#define PAGE	       512
#define PAGE_DATA      496
#define UNIT	       64 /* what an allocation map counts */
#define FIRST_AMAP     0x4400
#define SECTION	       ((uint64_t)PAGE_DATA * 8 * UNIT) /* bytes an AMap maps */
#define BLOCK_TRAILER  16
#define XBLOCK_MAX     1021
#define SLBLOCK_MAX    340
#define SIBLOCK_MAX    510
#define BT_DATA	       488
#define HEADER_BYTES   564
#define DENSITY_AT     0x4200
#define DENSITY_MAX    119
#define WRITE_BUFFER   ((size_t)1 << 20)
#define FILE_MAX_BYTES ((uint64_t)1 << 44)

enum {
	PAGE_BBT = 0x80,
	PAGE_NBT,
	PAGE_FMAP,
	PAGE_PMAP,
	PAGE_AMAP,
	PAGE_FPMAP,
	PAGE_DLIST
};

struct nbt_entry {
	uint32_t nid, parent;
	uint64_t data, sub;
};

struct pst_out {
	int fd;
	enum pst_crypt crypt;
	uint64_t pos;	  /* where the next allocation may begin */
	uint64_t section; /* file offset of this section's AMap */
	uint64_t nsection;
	uint8_t map[PAGE_DATA];
	uint64_t free_bytes, last_amap;
	uint32_t density[DENSITY_MAX]; /* entries of the list, in its order */
	unsigned ndensity;
	uint64_t next_bid, next_page;
	struct buf buffer; /* bytes from 'buffer_at' not written yet */
	uint64_t buffer_at;
	FILE *blocks; /* BBT entries, 24 bytes each, rising */
	uint64_t nblocks;
	FILE *messages; /* NBT entries, 32 bytes each, rising */
	uint64_t nmessages;
	uint32_t last_nid;
	uint32_t top_index[32]; /* of each NID type, the highest in use */
	struct nbt_entry *low;	/* the others, sorted at close */
	size_t nlow;
};

static int
write_failed(struct err *err)
{
	return err_sys(err, SCOPE_RUN, EX_IOERR, "writing the PST");
}

static int
write_at(struct pst_out *o, uint64_t at, const void *data, size_t len,
    struct err *err)
{
	const uint8_t *p = data;
	ssize_t n;

	while (len > 0) {
		n = pwrite(o->fd, p, len, (off_t)at);
		if (n <= 0)
			return write_failed(err);
		p += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

static int
flush(struct pst_out *o, struct err *err)
{
	if (write_at(o, o->buffer_at, o->buffer.p, o->buffer.n, err) < 0)
		return -1;
	o->buffer_at += o->buffer.n;
	buf_clear(&o->buffer);
	return 0;
}

/* Append at 'at', which is at or behind the end of the buffer. */
static int
append(struct pst_out *o, uint64_t at, const void *data, size_t len,
    struct err *err)
{
	uint64_t gap = at - (o->buffer_at + o->buffer.n);

	if (gap > PAGE || o->buffer.n + gap + len > WRITE_BUFFER) {
		if (flush(o, err) < 0)
			return -1;
		o->buffer_at = at;
		gap = 0;
	}
	memset(buf_room(&o->buffer, gap), 0, gap);
	o->buffer.n += gap;
	buf_put(&o->buffer, data, len);
	return 0;
}

static uint16_t
signature(uint64_t at, uint64_t bid)
{
	uint32_t v = (uint32_t)at ^ (uint32_t)bid;

	return (uint16_t)(v >> 16 ^ v);
}

/* PAGETRAILER, 2.2.2.7.1.  Maps are their own place: no signature. */
static void
seal_page(uint8_t page[PAGE], unsigned type, uint64_t at, uint64_t bid)
{
	uint8_t *t = page + PAGE_DATA;
	bool is_map = type >= PAGE_FMAP && type <= PAGE_FPMAP;

	t[0] = t[1] = (uint8_t)type;
	pst_put16(t + 2, is_map ? 0 : signature(at, bid));
	pst_put32(t + 4, pst_crc(0, page, PAGE_DATA));
	pst_put64(t + 8, is_map ? at : bid);
}

/* ------------------------------------------------------ the allocation maps */

static void
mark(struct pst_out *o, uint64_t at, size_t len)
{
	size_t i, first = (size_t)((at - o->section) / UNIT);

	for (i = 0; i < (len + UNIT - 1) / UNIT; i++)
		o->map[(first + i) / 8] |= (uint8_t)(0x80 >> ((first + i) % 8));
}

/* A page whose content is all 0xFF: PMap, FMap, FPMap are no longer used. */
static int
put_dead_map(struct pst_out *o, unsigned type, struct err *err)
{
	uint8_t page[PAGE];

	memset(page, 0xff, PAGE_DATA);
	seal_page(page, type, o->pos, 0);
	mark(o, o->pos, PAGE);
	if (append(o, o->pos, page, PAGE, err) < 0)
		return -1;
	o->pos += PAGE;
	return 0;
}

/* A section with 'slots' free: kept where it is among the most. */
static void
note_density(struct pst_out *o, uint32_t slots)
{
	unsigned i = o->ndensity;

	if (slots == 0 ||
	    (i == DENSITY_MAX && o->density[i - 1] >> 20 >= slots))
		return;
	if (i < DENSITY_MAX)
		o->ndensity++;
	else
		i--;
	for (; i > 0 && o->density[i - 1] >> 20 < slots; i--)
		o->density[i] = o->density[i - 1];
	o->density[i] = (uint32_t)((o->nsection - 1) & 0xfffff) | slots << 20;
}

static int
end_section(struct pst_out *o, struct err *err)
{
	uint8_t page[PAGE];
	uint32_t slots = 0;
	size_t i;
	int bit;

	memcpy(page, o->map, PAGE_DATA);
	for (i = 0; i < PAGE_DATA; i++)
		for (bit = 0; bit < 8; bit++)
			slots += (page[i] >> bit & 1) == 0;
	o->free_bytes += (uint64_t)slots * UNIT;
	note_density(o, slots);
	seal_page(page, PAGE_AMAP, o->section, 0);
	o->last_amap = o->section;
	if (flush(o, err) < 0)
		return -1;
	return write_at(o, o->section, page, PAGE, err);
}

/* 2.2.2.7.2 to .6: which maps stand at the front of the n-th section. */
static int
begin_section(struct pst_out *o, struct err *err)
{
	uint64_t n = o->nsection++;
	static const uint8_t zero[PAGE];

	o->section = FIRST_AMAP + n * SECTION;
	o->pos = o->section;
	memset(o->map, 0, sizeof(o->map));
	mark(o, o->pos, PAGE);
	if (append(o, o->pos, zero, PAGE, err) < 0)
		return -1;
	o->pos += PAGE;
	if (n % 8 == 0 && put_dead_map(o, PAGE_PMAP, err) < 0)
		return -1;
	if (n >= 128 && (n - 128) % PAGE_DATA == 0 &&
	    put_dead_map(o, PAGE_FMAP, err) < 0)
		return -1;
	if (n >= 8192 && (n - 8192) % (PAGE_DATA * 64) == 0 &&
	    put_dead_map(o, PAGE_FPMAP, err) < 0)
		return -1;
	return 0;
}

/* Room for 'len' bytes, which lie in one section. */
static int
allocate(struct pst_out *o, size_t len, size_t align, uint64_t *at_r,
    struct err *err)
{
	uint64_t at = (o->pos + align - 1) / align * align;

	if (at + len > o->section + SECTION) {
		if (end_section(o, err) < 0 || begin_section(o, err) < 0)
			return -1;
		at = (o->pos + align - 1) / align * align;
	}
	if (at > FILE_MAX_BYTES)
		return err_set(err, SCOPE_RUN, EX_DATAERR,
		    "the PST grows too large");
	mark(o, at, len);
	o->pos = at + (len + UNIT - 1) / UNIT * UNIT;
	*at_r = at;
	return 0;
}

/* ---------------------------------------------------------------- blocks */

int
pst_out_open(struct pst_out **o_r, int fd, enum pst_crypt crypt,
    struct err *err)
{
	struct pst_out *o = mem_alloc(1, sizeof(*o));

	o->fd = fd;
	o->crypt = crypt;
	o->next_bid = 0x4;
	o->next_page = 0x1;
	o->buffer_at = FIRST_AMAP;
	o->blocks = tmpfile();
	o->messages = tmpfile();
	*o_r = o;
	if (o->blocks == NULL || o->messages == NULL) {
		err_sys(err, SCOPE_RUN, EX_CANTCREAT, "a temporary file");
		pst_out_abandon(o_r);
		return -1;
	}
	if (begin_section(o, err) < 0) {
		pst_out_abandon(o_r);
		return -1;
	}
	return 0;
}

void
pst_out_abandon(struct pst_out **op)
{
	struct pst_out *o = *op;

	if (o == NULL)
		return;
	if (o->blocks != NULL)
		fclose(o->blocks);
	if (o->messages != NULL)
		fclose(o->messages);
	buf_free(&o->buffer);
	free(o->low);
	free(o);
	*op = NULL;
}

static int
note_block(struct pst_out *o, uint64_t bid, uint64_t at, size_t len,
    struct err *err)
{
	uint8_t e[24] = { 0 };

	pst_put64(e, bid);
	pst_put64(e + 8, at);
	pst_put16(e + 16, (uint16_t)len);
	pst_put16(e + 18, 2); /* the tree itself, and who refers to it */
	if (fwrite(e, sizeof(e), 1, o->blocks) != 1)
		return write_failed(err);
	o->nblocks++;
	return 0;
}

int
pst_out_block(struct pst_out *o, const void *data, size_t len, bool internal,
    uint64_t *bid_r, struct err *err)
{
	uint8_t block[PST_BLOCK_MAX + BLOCK_TRAILER], *t;
	size_t whole = (len + BLOCK_TRAILER + UNIT - 1) / UNIT * UNIT;
	uint64_t bid = o->next_bid | (internal ? 2 : 0), at;

	o->next_bid += 4;
	memcpy(block, data, len);
	memset(block + len, 0, whole - len);
	if (o->crypt == PST_CRYPT_PERMUTE && !internal)
		pst_permute_encode(block, len);
	if (o->crypt == PST_CRYPT_CYCLIC && !internal)
		pst_cyclic(block, len, (uint32_t)bid);
	if (allocate(o, whole, UNIT, &at, err) < 0)
		return -1;
	t = block + whole - BLOCK_TRAILER;
	pst_put16(t, (uint16_t)len);
	pst_put16(t + 2, signature(at, bid));
	pst_put32(t + 4, pst_crc(0, block, len));
	pst_put64(t + 8, bid);
	*bid_r = bid;
	if (append(o, at, block, whole, err) < 0)
		return -1;
	return note_block(o, bid, at, len, err);
}

uint64_t
pst_out_mark(const struct pst_out *o)
{
	return o->nblocks;
}

int
pst_out_disown(struct pst_out *o, uint64_t mark, struct err *err)
{
	static const uint8_t one[2] = { 1, 0 };
	uint64_t i;

	for (i = mark; i < o->nblocks; i++)
		if (fseeko(o->blocks, (off_t)(24 * i + 18), SEEK_SET) < 0 ||
		    fwrite(one, sizeof(one), 1, o->blocks) != 1)
			return write_failed(err);
	if (fseeko(o->blocks, 0, SEEK_END) < 0)
		return write_failed(err);
	return 0;
}

int
pst_out_data_block(struct pst_out *o, struct pst_out_data *d, const void *data,
    size_t len, struct err *err)
{
	uint64_t bid;

	if (d->size + len > UINT32_MAX)
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "a value of more than 4 GiB cannot be in a PST");
	if (pst_out_block(o, data, len, false, &bid, err) < 0)
		return -1;
	if ((d->nbids & 63) == 0) {
		d->bids = mem_grow(d->bids, d->nbids + 64, sizeof(*d->bids));
		d->sizes = mem_grow(d->sizes, d->nbids + 64, sizeof(*d->sizes));
	}
	d->sizes[d->nbids] = (uint16_t)len;
	d->bids[d->nbids++] = bid;
	d->size += len;
	return 0;
}

int
pst_out_data_put(struct pst_out *o, struct pst_out_data *d, const void *data,
    size_t len, struct err *err)
{
	const uint8_t *p = data;
	size_t some;

	while (len > 0) {
		some = sizeof(d->block) - d->n;
		if (some > len)
			some = len;
		memcpy(d->block + d->n, p, some);
		d->n += some;
		p += some;
		len -= some;
		if (d->n == sizeof(d->block)) {
			if (pst_out_data_block(o, d, d->block, d->n, err) < 0)
				return -1;
			d->n = 0;
		}
	}
	return 0;
}

/* XBLOCK or XXBLOCK, 2.2.2.8.3.2. */
static int
put_xblock(struct pst_out *o, unsigned level, const uint64_t *bids, size_t n,
    uint64_t size, uint64_t *bid_r, struct err *err)
{
	uint8_t block[8 + XBLOCK_MAX * 8];
	size_t i;

	block[0] = 1;
	block[1] = (uint8_t)level;
	pst_put16(block + 2, (uint16_t)n);
	pst_put32(block + 4, (uint32_t)size);
	for (i = 0; i < n; i++)
		pst_put64(block + 8 + 8 * i, bids[i]);
	return pst_out_block(o, block, 8 + 8 * n, true, bid_r, err);
}

static int
put_tree(struct pst_out *o, struct pst_out_data *d, uint64_t *bid_r,
    struct err *err)
{
	uint64_t tops[XBLOCK_MAX], size;
	size_t at, n, i, ntops = 0;

	if (d->nbids <= XBLOCK_MAX)
		return put_xblock(o, 1, d->bids, d->nbids, d->size, bid_r, err);
	for (at = 0; at < d->nbids; at += n) {
		if (ntops == XBLOCK_MAX)
			return err_set(err, SCOPE_MSG, EX_DATAERR,
			    "a value is too large for a PST");
		n = d->nbids - at < XBLOCK_MAX ? d->nbids - at : XBLOCK_MAX;
		for (size = 0, i = 0; i < n; i++)
			size += d->sizes[at + i];
		if (put_xblock(o, 1, d->bids + at, n, size, &tops[ntops++],
			err) < 0)
			return -1;
	}
	return put_xblock(o, 2, tops, ntops, d->size, bid_r, err);
}

int
pst_out_data_end(struct pst_out *o, struct pst_out_data *d, uint64_t *bid_r,
    struct err *err)
{
	int rc = 0;

	*bid_r = 0;
	if (d->n > 0)
		rc = pst_out_data_block(o, d, d->block, d->n, err);
	if (rc == 0 && d->nbids == 1)
		*bid_r = d->bids[0];
	else if (rc == 0 && d->nbids > 1)
		rc = put_tree(o, d, bid_r, err);
	pst_out_data_drop(d);
	return rc;
}

void
pst_out_data_drop(struct pst_out_data *d)
{
	free(d->bids);
	free(d->sizes);
	d->bids = NULL;
	d->sizes = NULL;
	d->n = d->nbids = 0;
	d->size = 0;
}

/* -------------------------------------------------------------- subnodes */

void
pst_out_subs_add(struct pst_out_subs *s, uint32_t nid, uint64_t data,
    uint64_t sub)
{
	if ((s->n & 15) == 0)
		s->v = mem_grow(s->v, s->n + 16, sizeof(*s->v));
	s->v[s->n++] = (struct pst_out_sub){ nid, data, sub };
}

uint32_t
pst_out_subs_nid(struct pst_out_subs *s)
{
	/* NID_TYPE_LTP; small indexes are left to well-known ones */
	return (0x1000 + s->next_ltp++) << 5 | 0x1f;
}

void
pst_out_subs_drop(struct pst_out_subs *s)
{
	free(s->v);
	s->v = NULL;
	s->n = 0;
	s->next_ltp = 0;
}

static int
by_nid(const void *a, const void *b)
{
	const struct pst_out_sub *x = a, *y = b;

	return x->nid < y->nid ? -1 : x->nid > y->nid;
}

static int
put_slblock(struct pst_out *o, const struct pst_out_sub *v, size_t n,
    uint64_t *bid_r, struct err *err)
{
	uint8_t block[8 + SLBLOCK_MAX * 24] = { 0 };
	size_t i;

	block[0] = 2;
	pst_put16(block + 2, (uint16_t)n);
	for (i = 0; i < n; i++) {
		pst_put64(block + 8 + 24 * i, v[i].nid);
		pst_put64(block + 16 + 24 * i, v[i].data);
		pst_put64(block + 24 + 24 * i, v[i].sub);
	}
	return pst_out_block(o, block, 8 + 24 * n, true, bid_r, err);
}

static int
put_siblock(struct pst_out *o, struct pst_out_subs *s, uint64_t *bid_r,
    struct err *err)
{
	uint8_t block[8 + SIBLOCK_MAX * 16] = { 0 };
	size_t at, n, tops = 0;
	uint64_t bid;

	block[0] = 2;
	block[1] = 1;
	for (at = 0; at < s->n; at += n) {
		if (tops == SIBLOCK_MAX)
			return err_set(err, SCOPE_MSG, EX_DATAERR,
			    "an item has too many parts for a PST");
		n = s->n - at < SLBLOCK_MAX ? s->n - at : SLBLOCK_MAX;
		if (put_slblock(o, s->v + at, n, &bid, err) < 0)
			return -1;
		pst_put64(block + 8 + 16 * tops, s->v[at].nid);
		pst_put64(block + 16 + 16 * tops, bid);
		tops++;
	}
	pst_put16(block + 2, (uint16_t)tops);
	return pst_out_block(o, block, 8 + 16 * tops, true, bid_r, err);
}

static void
note_index(struct pst_out *o, uint32_t nid)
{
	if (o->top_index[nid & 0x1f] < nid >> 5)
		o->top_index[nid & 0x1f] = nid >> 5;
}

int
pst_out_subs_end(struct pst_out *o, struct pst_out_subs *s, uint64_t *bid_r,
    struct err *err)
{
	int rc = 0;
	size_t i;

	*bid_r = 0;
	for (i = 0; i < s->n; i++)
		note_index(o, s->v[i].nid);
	if (s->n > 0) {
		qsort(s->v, s->n, sizeof(*s->v), by_nid);
		rc = s->n <= SLBLOCK_MAX
		    ? put_slblock(o, s->v, s->n, bid_r, err)
		    : put_siblock(o, s, bid_r, err);
	}
	pst_out_subs_drop(s);
	return rc;
}

/* ----------------------------------------------------------------- nodes */

static void
pack_node(uint8_t e[32], const struct nbt_entry *n)
{
	memset(e, 0, 32);
	pst_put64(e, n->nid);
	pst_put64(e + 8, n->data);
	pst_put64(e + 16, n->sub);
	pst_put32(e + 24, n->parent);
}

int
pst_out_node(struct pst_out *o, uint32_t nid, uint64_t data, uint64_t sub,
    uint32_t parent, struct err *err)
{
	struct nbt_entry n = { nid, parent, data, sub };
	uint8_t e[32];

	note_index(o, nid);
	if (nid < PST_NID_STREAM) {
		if ((o->nlow & 63) == 0)
			o->low =
			    mem_grow(o->low, o->nlow + 64, sizeof(*o->low));
		o->low[o->nlow++] = n;
		return 0;
	}
	if (nid <= o->last_nid)
		return err_set(err, SCOPE_RUN, EX_SOFTWARE,
		    "PST node %x comes after %x", nid, o->last_nid);
	o->last_nid = nid;
	pack_node(e, &n);
	if (fwrite(e, sizeof(e), 1, o->messages) != 1)
		return write_failed(err);
	o->nmessages++;
	return 0;
}

uint64_t
pst_out_size(const struct pst_out *o)
{
	return o->pos;
}

/* --------------------------------------------------------------- B-trees */

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
		return write_failed(err);
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
	if (allocate(o, PAGE, PAGE, at_r, err) < 0)
		return -1;
	*bid_r = o->next_page++;
	seal_page(page, type, *at_r, *bid_r);
	memcpy(entry, page, 8); /* the key: its first entry's */
	pst_put64(entry + 8, *bid_r);
	pst_put64(entry + 16, *at_r);
	buf_put(up, entry, sizeof(entry));
	return append(o, *at_r, page, PAGE, err);
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
		pack_node(low + 32 * i, &o->low[i]);
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
	seal_page(page, PAGE_DLIST, DENSITY_AT, o->next_page++);
	return write_at(o, DENSITY_AT, page, PAGE, err);
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
	return write_at(o, 0, h, sizeof(h), err);
}

int
pst_out_close(struct pst_out **op, struct err *err)
{
	struct pst_out *o = *op;
	struct root r;
	int rc = -1;

	if (put_trees(o, &r, err) == 0 && end_section(o, err) == 0 &&
	    put_density_list(o, err) == 0) {
		if (ftruncate(o->fd, (off_t)(o->section + SECTION)) < 0)
			write_failed(err);
		else
			rc = put_header(o, &r, err);
	}
	pst_out_abandon(op);
	return rc;
}
