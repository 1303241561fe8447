/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Heaps on nodes and the B-trees in them, [MS-PST] 2.3.1 and 2.3.2. */
#include "formats/pst/out_heap.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "formats/pst/bytes.h"

#define HN_HEADER     12
#define HN_PAGE	      2
#define HN_BITMAP     66
#define FIRST_BITMAP  8	  /* the first block with an HNBITMAPHDR */
#define BITMAP_BLOCKS 128 /* what one tells of */

static bool
has_bitmap(size_t block)
{
	return block >= FIRST_BITMAP &&
	    (block - FIRST_BITMAP) % BITMAP_BLOCKS == 0;
}

static size_t
header_size(size_t block)
{
	return block == 0 ? HN_HEADER : has_bitmap(block) ? HN_BITMAP : HN_PAGE;
}

static void
begin_block(struct heap_out *h)
{
	memset(h->block, 0, sizeof(h->block));
	h->used = header_size(h->nfull);
	h->items = 0;
}

void
heap_begin(struct heap_out *h)
{
	memset(h, 0, sizeof(*h));
	begin_block(h);
}

/* 2.3.1.2: how much room a block has left, in sixteen steps. */
static uint8_t
fill_level(size_t room)
{
	static const uint16_t least[] = { 3584, 2560, 2048, 1792, 1536, 1280,
		1024, 768, 512, 256, 128, 64, 32, 16, 8 };
	uint8_t i;

	for (i = 0; i < 15; i++)
		if (room >= least[i])
			return i;
	return 15;
}

static size_t
map_size(size_t items)
{
	return 4 + 2 * (items + 1);
}

/* HNPAGEMAP behind the items; returns the block's size. */
static size_t
close_block(struct heap_out *h)
{
	size_t map = (h->used + 1) & ~(size_t)1, i;
	size_t first = header_size(h->nfull);

	pst_put16(h->block, (uint16_t)map);
	pst_put16(h->block + map, (uint16_t)h->items);
	pst_put16(h->block + map + 2, 0);
	pst_put16(h->block + map + 4, (uint16_t)first);
	for (i = 0; i < h->items; i++)
		pst_put16(h->block + map + 6 + 2 * i, h->ends[i]);
	return map + map_size(h->items);
}

static int
keep_block(struct heap_out *h, struct err *err)
{
	size_t size = close_block(h);

	if (h->full == NULL)
		h->full = tmpfile();
	if (h->full == NULL ||
	    fwrite(h->block, sizeof(h->block), 1, h->full) != 1)
		return err_sys(err, SCOPE_RUN, EX_IOERR, "a temporary file");
	if ((h->nfull & 255) == 0) {
		h->sizes =
		    mem_grow(h->sizes, h->nfull + 256, sizeof(*h->sizes));
		h->levels = mem_grow(h->levels, h->nfull + 257, 1);
	}
	h->sizes[h->nfull] = (uint16_t)size;
	h->levels[h->nfull] = fill_level(PST_BLOCK_MAX - size);
	h->nfull++;
	if (h->nfull > UINT16_MAX)
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "too much text for one table of a PST");
	begin_block(h);
	return 0;
}

int
heap_put(struct heap_out *h, const void *data, size_t len, uint32_t *hid_r,
    struct err *err)
{
	*hid_r = 0;
	if (len == 0)
		return 0;
	if (len > HEAP_ITEM_MAX)
		return err_set(err, SCOPE_RUN, EX_SOFTWARE,
		    "%zu bytes do not fit into a PST heap", len);
	if ((h->items == 2047 ||
		h->used + len + 1 + map_size(h->items + 1) > PST_BLOCK_MAX) &&
	    keep_block(h, err) < 0)
		return -1;
	memcpy(h->block + h->used, data, len);
	h->used += len;
	h->ends[h->items++] = (uint16_t)h->used;
	*hid_r = (uint32_t)h->nfull << 16 | (uint32_t)h->items << 5;
	return 0;
}

int
heap_put_bth(struct heap_out *h, const uint8_t *records, size_t n, unsigned key,
    unsigned value, uint32_t *hid_r, struct err *err)
{
	size_t size = key + value, most = HEAP_ITEM_MAX / size, at, some;
	uint8_t header[8] = { 0xb5, (uint8_t)key, (uint8_t)value, 0 };
	const uint8_t *level = records;
	uint8_t *up = NULL, *mine = NULL;
	uint32_t hid = 0;
	size_t nup;
	int rc = 0;

	for (;;) {
		nup = 0;
		up = mem_alloc(n / most + 1, key + 4);
		for (at = 0; rc == 0 && at < n; at += some) {
			some = n - at < most ? n - at : most;
			rc = heap_put(h, level + at * size, some * size, &hid,
			    err);
			memcpy(up + nup * (key + 4), level + at * size, key);
			pst_put32(up + nup * (key + 4) + key, hid);
			nup++;
		}
		free(mine);
		mine = up;
		if (rc < 0 || nup <= 1)
			break;
		header[3]++;
		level = up;
		n = nup;
		size = key + 4;
		most = HEAP_ITEM_MAX / size;
	}
	free(mine);
	pst_put32(header + 4, hid);
	return rc < 0 ? -1 : heap_put(h, header, sizeof(header), hid_r, err);
}

/* The fill levels of 'n' blocks from 'first' on, four bits each. */
static void
put_levels(const struct heap_out *h, uint8_t *at, size_t first, size_t n)
{
	size_t i;

	memset(at, 0, n / 2);
	for (i = 0; i < n && first + i < h->nfull; i++)
		at[i / 2] |=
		    (uint8_t)(h->levels[first + i] << (i % 2 == 0 ? 0 : 4));
}

/* What the header of block 'i' says; the rest is in place. */
static void
put_header(const struct heap_out *h, uint8_t *block, size_t i, unsigned client,
    uint32_t root)
{
	if (i == 0) {
		block[2] = 0xec;
		block[3] = (uint8_t)client;
		pst_put32(block + 4, root);
		put_levels(h, block + 8, 0, 8);
	} else if (has_bitmap(i)) {
		put_levels(h, block + 2, i, BITMAP_BLOCKS);
	}
}

int
heap_end(struct pst_out *o, struct heap_out *h, unsigned client, uint32_t root,
    uint64_t *bid_r, struct err *err)
{
	struct pst_out_data *d;
	size_t i, n;
	int rc = 0;

	if (h->nfull == 0) {
		n = close_block(h);
		put_header(h, h->block, 0, client, root);
		/* one block: its own fill level stands first */
		h->block[8] = fill_level(PST_BLOCK_MAX - n);
		rc = pst_out_block(o, h->block, n, false, bid_r, err);
		heap_drop(h);
		return rc;
	}
	d = mem_alloc(1, sizeof(*d));
	rc = keep_block(h, err);
	if (rc == 0)
		rewind(h->full);
	for (i = 0, n = h->nfull; rc == 0 && i < n; i++) {
		if (fread(h->block, sizeof(h->block), 1, h->full) != 1)
			rc = err_sys(err, SCOPE_RUN, EX_IOERR,
			    "a temporary file");
		put_header(h, h->block, i, client, root);
		/* all blocks but the last are full, 2.2.2.8.3.2 */
		if (rc == 0)
			rc = pst_out_data_block(o, d, h->block,
			    i + 1 < n ? PST_BLOCK_MAX : h->sizes[i], err);
	}
	if (rc == 0)
		rc = pst_out_data_end(o, d, bid_r, err);
	else
		pst_out_data_drop(d);
	free(d);
	heap_drop(h);
	return rc;
}

void
heap_drop(struct heap_out *h)
{
	if (h->full != NULL)
		fclose(h->full);
	free(h->sizes);
	free(h->levels);
	h->full = NULL;
	h->sizes = NULL;
	h->levels = NULL;
	h->nfull = 0;
}
