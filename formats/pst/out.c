/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blocks, maps and nodes of a new PST; see out.h. */
#include "formats/pst/out_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/mem.h"
#include "formats/pst/bytes.h"
#include "formats/pst/crypt.h"

int
out_write_failed(struct err *err)
{
	return err_sys(err, SCOPE_RUN, EX_IOERR, "writing the PST");
}

int
out_write_at(struct pst_out *o, uint64_t at, const void *data, size_t len,
    struct err *err)
{
	const uint8_t *p = data;
	ssize_t n;

	while (len > 0) {
		n = pwrite(o->fd, p, len, (off_t)at);
		if (n <= 0)
			return out_write_failed(err);
		p += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

static int
flush(struct pst_out *o, struct err *err)
{
	if (out_write_at(o, o->buffer_at, o->buffer.p, o->buffer.n, err) < 0)
		return -1;
	o->buffer_at += o->buffer.n;
	buf_clear(&o->buffer);
	return 0;
}

int
out_append(struct pst_out *o, uint64_t at, const void *data, size_t len,
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

void
out_seal_page(uint8_t page[PAGE], unsigned type, uint64_t at, uint64_t bid)
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
	out_seal_page(page, type, o->pos, 0);
	mark(o, o->pos, PAGE);
	if (out_append(o, o->pos, page, PAGE, err) < 0)
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

int
out_end_section(struct pst_out *o, struct err *err)
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
	out_seal_page(page, PAGE_AMAP, o->section, 0);
	o->last_amap = o->section;
	if (flush(o, err) < 0)
		return -1;
	return out_write_at(o, o->section, page, PAGE, err);
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
	if (out_append(o, o->pos, zero, PAGE, err) < 0)
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

int
out_allocate(struct pst_out *o, size_t len, size_t align, uint64_t *at_r,
    struct err *err)
{
	uint64_t at = (o->pos + align - 1) / align * align;

	if (at + len > o->section + SECTION) {
		if (out_end_section(o, err) < 0 || begin_section(o, err) < 0)
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
		return out_write_failed(err);
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
	if (out_allocate(o, whole, UNIT, &at, err) < 0)
		return -1;
	t = block + whole - BLOCK_TRAILER;
	pst_put16(t, (uint16_t)len);
	pst_put16(t + 2, signature(at, bid));
	pst_put32(t + 4, pst_crc(0, block, len));
	pst_put64(t + 8, bid);
	*bid_r = bid;
	if (out_append(o, at, block, whole, err) < 0)
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
			return out_write_failed(err);
	if (fseeko(o->blocks, 0, SEEK_END) < 0)
		return out_write_failed(err);
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

void
out_pack_node(uint8_t e[32], const struct nbt_entry *n)
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
	out_pack_node(e, &n);
	if (fwrite(e, sizeof(e), 1, o->messages) != 1)
		return out_write_failed(err);
	o->nmessages++;
	return 0;
}

uint64_t
pst_out_size(const struct pst_out *o)
{
	return o->pos;
}
