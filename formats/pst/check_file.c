/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The header, and the maps of what is allocated: [MS-PST] 2.2.2.5, 2.2.2.6,
 * 2.2.2.7.2 to .6; see check_impl.h. */
#include <stdlib.h>
#include <string.h>

#include "core/io.h"
#include "core/mem.h"
#include "formats/pst/check_impl.h"

#define HEADER	     "2.2.2.6"
#define ROOT	     "2.2.2.5"
#define HEADER_BYTES 564
#define UNIT	     64
#define MAP_BYTES    496
#define FIRST_AMAP   ((uint64_t)0x4400)
#define SECTION	     ((uint64_t)MAP_BYTES * 8 * UNIT)
#define DENSITY_AT   0x4200
#define DENSITY_MAX  476

enum { PAGE_FMAP = 0x82, PAGE_PMAP, PAGE_AMAP, PAGE_FPMAP, PAGE_DLIST };

static const struct {
	unsigned page, page_data, trailer, id, align, block_max;
} shapes[] = {
	[NDB_ANSI] = { 512, 496, 12, 4, 64, 8180 },
	[NDB_UNICODE] = { 512, 488, 16, 8, 64, 8176 },
	[NDB_4K] = { 4096, 4056, 24, 8, 512, 65512 },
};

static int
take_version(struct check *c, const uint8_t *h, struct err *err)
{
	unsigned v = pst_u16(h + 10);

	if (v == 14 || v == 15)
		c->format = NDB_ANSI;
	else if (v >= 20 && v <= 35)
		c->format = NDB_UNICODE;
	else if (v == 36)
		c->format = NDB_4K;
	else
		return err_set(err, SCOPE_STORE, EX_DATAERR,
		    "a PST file of version %u, which is not known", v);
	c->page = shapes[c->format].page;
	c->page_data = shapes[c->format].page_data;
	c->trailer = shapes[c->format].trailer;
	c->id = shapes[c->format].id;
	c->align = shapes[c->format].align;
	c->block_max = shapes[c->format].block_max;
	if (c->format == NDB_UNICODE)
		check_same(c, HEADER, 10, "wVer", v, 23);
	return 0;
}

static void
take_root(struct check *c, const uint8_t *h)
{
	const uint8_t *r = h + (c->id == 8 ? 180 : 164);

	r += 4;
	c->eof = check_id(c, r);
	c->last_amap = check_id(c, r + c->id);
	c->amap_free = check_id(c, r + 2 * c->id);
	c->pmap_free = check_id(c, r + 3 * c->id);
	r += 4 * c->id;
	c->nbt_bid = check_id(c, r);
	c->nbt_at = check_id(c, r + c->id);
	c->bbt_bid = check_id(c, r + 2 * c->id);
	c->bbt_at = check_id(c, r + 3 * c->id);
	c->amap_valid = r[4 * c->id];
}

static void
check_numbers(struct check *c, const uint8_t *h)
{
	bool wide = c->id == 8;
	const uint8_t *sentinel = h + (wide ? 0x200 : 0x1cc);

	check_same(c, HEADER, 4, "dwCRCPartial", pst_u32(h + 4),
	    pst_crc(0, h + 8, 471));
	if (wide)
		check_same(c, HEADER, 0x20c, "dwCRCFull", pst_u32(h + 0x20c),
		    pst_crc(0, h + 8, 516));
	if (!(h[8] == 'S' && (h[9] == 'M' || h[9] == 'O')))
		check_bad(c, HEADER, 8, "wMagicClient", "SM", "0x%x",
		    pst_u16(h + 8));
	if (c->format != NDB_4K)
		check_same(c, HEADER, 0x0c, "wVerClient", pst_u16(h + 0x0c),
		    19);
	check_same(c, HEADER, 0x0e, "bPlatformCreate", h[0x0e], 1);
	check_same(c, HEADER, 0x0f, "bPlatformAccess", h[0x0f], 1);
	check_same(c, HEADER, (uint64_t)(sentinel - h), "bSentinel", *sentinel,
	    0x80);
	/* what is reserved or unused is anything in Outlook's own files */
}

int
check_header(struct check *c, struct err *err)
{
	uint8_t h[HEADER_BYTES] = { 0 };
	ssize_t got = io_pread_full(c->in.fd, h, sizeof(h), 0);
	size_t i;

	if (got < 0)
		return err_sys(err, SCOPE_STORE, EX_IOERR, "cannot read");
	if (got < (ssize_t)sizeof(h) || memcmp(h, "!BDN", 4) != 0)
		return err_set(err, SCOPE_STORE, EX_DATAERR, "not a PST file");
	check_at(c, PST_CHECK_HEADER, 0);
	if (take_version(c, h, err) != 0)
		return -1;
	c->ost = h[9] == 'O';
	check_numbers(c, h);
	take_root(c, h);
	c->next_page = c->id == 8 ? pst_u64(h + 0x20) : pst_u32(h + 0x1c);
	c->next_bid = c->id == 8 ? pst_u64(h + 0x204) : pst_u32(h + 0x18);
	for (i = 0; i < 32; i++)
		c->rgnid[i] = pst_u32(h + (c->id == 8 ? 0x2c : 0x24) + 4 * i);
	c->crypt = h[c->id == 8 ? 513 : 461];
	if (c->crypt > PST_CRYPT_CYCLIC) {
		check_bad(c, HEADER, c->id == 8 ? 513 : 461, "bCryptMethod",
		    "0, 1 or 2", "%u", c->crypt);
		c->crypt = PST_CRYPT_NONE;
	}
	check_same(c, ROOT, c->id == 8 ? 0xb8 : 0xa8, "ibFileEof", c->eof,
	    c->size);
	return 0;
}

/* ----------------------------------------------------------------- maps */

static int
by_place(const void *a, const void *b)
{
	const struct check_block *x = a, *y = b;

	return x->place < y->place ? -1 : x->place > y->place;
}

/* All that is allocated, blocks and pages, by place. */
static void
gather(struct check *c)
{
	size_t i;

	if (c->npages > 0)
		c->blocks = mem_grow(c->blocks, c->nblocks + c->npages,
		    sizeof(*c->blocks));
	for (i = 0; i < c->npages; i++)
		c->blocks[c->nblocks++] =
		    (struct check_block){ .place = c->pages[i] / UNIT << 16,
			    .flags = CHECK_PAGE };
	check_sort(c->blocks, c->nblocks, sizeof(*c->blocks), by_place);
}

static uint64_t
first_unit(const struct check_block *b)
{
	return b->place >> 16;
}

static uint64_t
count_units(const struct check *c, const struct check_block *b)
{
	uint64_t bytes = b->flags & CHECK_PAGE
	    ? c->page
	    : ((uint64_t)check_cb(b) + c->trailer + c->align - 1) / c->align *
		c->align;

	return (bytes + UNIT - 1) / UNIT;
}

static void
check_overlaps(struct check *c)
{
	uint64_t end = 0, last = 0, at;
	size_t i;

	for (i = 0; i < c->nblocks && !c->stop; i++) {
		at = first_unit(&c->blocks[i]);
		if (i > 0 && at < end)
			check_bad(c, "2.6.1.1", at * UNIT,
			    "what is allocated here", "to be alone",
			    "what begins at 0x%llx reaches in here",
			    (unsigned long long)(last * UNIT));
		if (at + count_units(c, &c->blocks[i]) > end) {
			end = at + count_units(c, &c->blocks[i]);
			last = at;
		}
	}
}

/* A map's page: its trailer, and the bytes of the map.  ANSI pages have four
 * bytes before them.  False: told that it cannot be read. */
static bool
read_map(struct check *c, unsigned type, const char *rule, uint64_t at,
    uint8_t map[MAP_BYTES])
{
	uint8_t page[512];

	if (!check_read(c, rule, at, page, sizeof(page)))
		return false;
	check_page_trailer(c, page, type, at, at);
	memcpy(map, page + (c->id == 8 ? 0 : 4), MAP_BYTES);
	return true;
}

static bool
marked(const uint8_t map[MAP_BYTES], uint64_t unit)
{
	return map[unit / 8] >> (7 - unit % 8) & 1;
}

/* Maps that stand behind the n-th AMap, by their intervals. */
static unsigned
maps_after(uint64_t n, unsigned type[3])
{
	unsigned k = 0;

	if (n % 8 == 0)
		type[k++] = PAGE_PMAP;
	if (n >= 128 && (n - 128) % MAP_BYTES == 0)
		type[k++] = PAGE_FMAP;
	if (n >= 8192 && (n - 8192) % (MAP_BYTES * 64) == 0)
		type[k++] = PAGE_FPMAP;
	return k;
}

struct map_walk {
	size_t i; /* what is allocated, by place */
	uint64_t free, pages_free, used, section, at;
	uint8_t map[MAP_BYTES];
};

/* All that lies in this section must be marked. */
static void
check_marks(struct check *c, struct map_walk *w)
{
	uint64_t first, units, k, end = (w->at + SECTION) / UNIT;

	for (; w->i < c->nblocks && first_unit(&c->blocks[w->i]) < end &&
	     !c->stop;
	     w->i++) {
		first = first_unit(&c->blocks[w->i]);
		units = count_units(c, &c->blocks[w->i]);
		if (first < w->at / UNIT)
			continue;
		w->used += units;
		if (first + units > end) {
			check_bad(c, "2.2.2.7.2", first * UNIT,
			    "what is allocated here",
			    "to lie in one map's section",
			    "it reaches into the next");
			units = end - first;
		}
		for (k = 0; k < units; k++)
			if (!marked(w->map, first + k - w->at / UNIT))
				break;
		if (k < units)
			check_bad(c, "2.2.2.7.2", first * UNIT,
			    "what is allocated here",
			    "to be marked in its AMap", "free at 0x%llx",
			    (unsigned long long)((first + k) * UNIT));
	}
}

static uint64_t
free_slots(const uint8_t map[MAP_BYTES])
{
	uint64_t n = 0;
	size_t i;
	int bit;

	for (i = 0; i < MAP_BYTES; i++)
		for (bit = 0; bit < 8; bit++)
			n += (map[i] >> bit & 1) == 0;
	return n;
}

static void
check_section(struct check *c, struct map_walk *w, uint16_t *slots)
{
	static const char *const rule[] = { [PAGE_FMAP - PAGE_FMAP] =
						"2.2.2.7.5",
		[PAGE_PMAP - PAGE_FMAP] = "2.2.2.7.3",
		[PAGE_FPMAP - PAGE_FMAP] = "2.2.2.7.6" };
	uint8_t other[MAP_BYTES];
	unsigned type[3], k, i, j, nmaps = maps_after(w->section, type);
	uint64_t at = w->at;

	*slots = 0;
	if (!read_map(c, PAGE_AMAP, "2.2.2.7.2", at, w->map)) {
		memset(w->map, 0xff, sizeof(w->map));
		return;
	}
	*slots = (uint16_t)free_slots(w->map);
	w->free += (uint64_t)*slots * UNIT;
	w->used += 8 * (uint64_t)(nmaps + 1);
	for (k = 0; k <= nmaps; k++) {
		for (j = 0, i = 0; i < 8; i++)
			j += marked(w->map, 8 * k + i);
		if (j != 8)
			check_bad(c, "2.2.2.7.2", at + 512 * (uint64_t)k,
			    "the map here", "to be marked in its AMap",
			    "not marked");
	}
	for (k = 0; k < nmaps; k++)
		if (read_map(c, type[k], rule[type[k] - PAGE_FMAP],
			at + 512 * (uint64_t)(k + 1), other) &&
		    type[k] == PAGE_PMAP)
			w->pages_free += 512 * free_slots(other);
	check_marks(c, w);
}

/* DLISTPAGE, 2.2.2.7.4.2.  Filled in or not, it must not lie. */
static void
check_density(struct check *c, const uint16_t *slots, uint64_t nsections)
{
	uint8_t page[512];
	const uint8_t *e, *t;
	unsigned n, i, free_slot, last = 0xfff;
	uint64_t which;

	if (!check_read(c, "2.2.2.7.4.2", DENSITY_AT, page, sizeof(page)))
		return;
	/* Keeping the list is left to the writer (2.6.1); one that was never
	 * sealed is not in use. */
	t = page + c->page - c->trailer;
	if (pst_u16(t + 2) == 0 && pst_u32(t + (c->id == 8 ? 4 : 8)) == 0) {
		check_remark(c, "2.2.2.7.4.2", DENSITY_AT, "the density list",
		    "to be sealed", "no signature, no CRC: not in use");
		return;
	}
	check_page_trailer(c, page, PAGE_DLIST, DENSITY_AT, UINT64_MAX);
	n = page[1];
	if (n > DENSITY_MAX / 4)
		check_bad(c, "2.2.2.7.4.2", DENSITY_AT + 1, "cEntDList",
		    "at most 119", "%u", n);
	for (i = 0; i < n && i < DENSITY_MAX / 4; i++) {
		e = page + 8 + 4 * i;
		which = pst_u32(e) & 0xfffff;
		free_slot = pst_u32(e) >> 20;
		if (which >= nsections)
			check_bad(c, "2.2.2.7.4.2", DENSITY_AT + 8 + 4 * i,
			    "dwPageNum", "the number of an AMap",
			    "%llu of %llu", (unsigned long long)which,
			    (unsigned long long)nsections);
		else
			check_same(c, "2.2.2.7.4.2", DENSITY_AT + 8 + 4 * i,
			    "dwFreeSlots", free_slot, slots[which]);
		if (free_slot > last)
			check_bad(c, "2.2.2.7.4.2", DENSITY_AT + 8 + 4 * i,
			    "the density list", "to be sorted",
			    "%u free behind %u", free_slot, last);
		last = free_slot;
	}
}

void
check_maps(struct check *c)
{
	uint64_t most, nsections, lost;
	uint16_t *slots;
	struct map_walk w = { 0 };

	c->node = c->sub = 0;
	gather(c);
	check_overlaps(c);
	if (c->format == NDB_4K || c->size < FIRST_AMAP)
		return;
	check_same(c, ROOT, c->id == 8 ? 0xf8 : 0xc8, "fAMapValid",
	    c->amap_valid, 2);
	most = c->eof < c->size ? c->eof : c->size;
	if (most < FIRST_AMAP + SECTION || (c->eof - FIRST_AMAP) % SECTION != 0)
		check_bad(c, "2.6.1.1.2", c->id == 8 ? 0xb8 : 0xa8,
		    "the size of the file", "whole sections of 253,952 bytes",
		    "0x%llx", (unsigned long long)c->eof);
	nsections = most < FIRST_AMAP ? 0 : (most - FIRST_AMAP) / SECTION;
	slots = mem_alloc(nsections + 1, sizeof(*slots));
	for (; w.section < nsections && !c->stop; w.section++) {
		w.at = FIRST_AMAP + w.section * SECTION;
		if (w.section % 1024 == 0)
			check_at(c, PST_CHECK_MAPS, 0);
		check_section(c, &w, &slots[w.section]);
	}
	if (nsections > 0)
		check_same(c, ROOT, c->id == 8 ? 0xc0 : 0xac, "ibAMapLast",
		    c->last_amap, FIRST_AMAP + (nsections - 1) * SECTION);
	check_same(c, ROOT, c->id == 8 ? 0xc8 : 0xb0, "cbAMapFree",
	    c->amap_free, w.free);
	check_same(c, ROOT, c->id == 8 ? 0xd0 : 0xb4, "cbPMapFree",
	    c->pmap_free, w.pages_free);
	/* pages in stock are marked, too */
	lost = nsections * SECTION - w.free - w.used * UNIT;
	if (nsections * SECTION >= w.free + w.used * UNIT &&
	    lost > w.pages_free)
		check_remark(c, "2.6.1.1", PST_NOWHERE,
		    "space that is marked as used", "to be used",
		    "%llu bytes of it are lost",
		    (unsigned long long)(lost - w.pages_free));
	check_density(c, slots, nsections);
	free(slots);
}
