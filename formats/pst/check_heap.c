/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Heaps on nodes and the B-trees in them: [MS-PST] 2.3.1 and 2.3.2; see
 * check_impl.h. */
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "formats/pst/check_impl.h"

#define HNHDR	  "2.3.1.2"
#define HNPAGEHDR "2.3.1.3"
#define HNBITMAP  "2.3.1.4"
#define HNPAGEMAP "2.3.1.5"
#define BTHHEADER "2.3.2.1"
#define BTHRECORD "2.3.2.3"

#define BTH_VISITS 4000000

static bool
load(struct check_heap *h, size_t i)
{
	const uint8_t *p;
	size_t n = 0;

	if (h->cached == i + 1)
		return true;
	h->cached = 0;
	p = check_data_block(h->c, &h->data, i, &n);
	if (p == NULL || n < 4)
		return false;
	memcpy(h->block, p, n);
	h->len = n;
	h->cached = i + 1;
	return true;
}

static bool
has_bitmap(size_t i)
{
	return i >= 8 && (i - 8) % 128 == 0;
}

static size_t
head_of(size_t i)
{
	return i == 0 ? 12 : has_bitmap(i) ? 66 : 2;
}

/* How full a block is, 2.3.1.2; by what its map leaves free. */
static unsigned
fill_level(size_t room)
{
	static const uint16_t least[] = { 3584, 2560, 2048, 1792, 1536, 1280,
		1024, 768, 512, 256, 128, 64, 32, 16, 8 };
	unsigned i;

	for (i = 0; i < 15; i++)
		if (room >= least[i])
			break;
	return i;
}

/* The map of the block that is loaded; where it ends, or 0: told. */
static size_t
check_map(struct check_heap *h, size_t i)
{
	struct check *c = h->c;
	size_t map = pst_u16(h->block), n, k, empty = 0;
	unsigned at, last;

	if (map + 4 > h->len || map < head_of(i)) {
		check_bad(c, i == 0 ? HNHDR : HNPAGEHDR, AT_NODE, "ibHnpm",
		    "within its block", "0x%zx of 0x%zx", map, h->len);
		return 0;
	}
	n = pst_u16(h->block + map);
	if (map + 4 + 2 * (n + 1) > h->len) {
		check_bad(c, HNPAGEMAP, AT_NODE, "cAlloc",
		    "offsets within the block", "%zu", n);
		return 0;
	}
	last = pst_u16(h->block + map + 4);
	if (last != head_of(i))
		check_bad(c, HNPAGEMAP, AT_NODE, "the first of rgibAlloc",
		    "behind the header of the block", "0x%x, not 0x%zx", last,
		    head_of(i));
	for (k = 1; k <= n; k++) {
		at = pst_u16(h->block + map + 4 + 2 * k);
		empty += at == last;
		if (at < last || at > map) {
			check_bad(c, HNPAGEMAP, AT_NODE, "rgibAlloc",
			    "rising, before the map",
			    "0x%x behind 0x%x, the map is at 0x%zx", at, last,
			    map);
			return 0;
		}
		last = at;
	}
	if (map - last > 1)
		check_bad(c, HNPAGEMAP, AT_NODE, "the last of rgibAlloc",
		    "right before the map", "0x%x, the map is at 0x%zx", last,
		    map);
	if (map % 2 != 0)
		check_bad(c, HNHDR, AT_NODE, "ibHnpm", "even", "0x%zx", map);
	if (pst_u16(h->block + map + 2) > empty)
		check_bad(c, HNPAGEMAP, AT_NODE, "cFree",
		    "no more than there are empty items", "%u of %zu",
		    pst_u16(h->block + map + 2), empty);
	return map + 4 + 2 * (n + 1);
}

/* The fill levels are advice for who writes next; a block that says it has
 * more room than it has leads it astray. */
static void
check_level(struct check_heap *h, size_t i, size_t end, unsigned level)
{
	unsigned real = fill_level(h->c->block_max - end);

	const char *rule = i < 8 ? HNHDR : HNBITMAP;

	if (h->c->format == NDB_4K)
		return;
	/* Outlook itself is one step off at times, others are two; who
	 * believes more writes over the end */
	if (level + 4 < real)
		check_bad(h->c, rule, AT_NODE, "the fill level of a block",
		    "no lower than its fill", "%u, not %u", level, real);
	else if (level + 1 < real)
		check_remark(h->c, rule, AT_NODE, "the fill level of a block",
		    "no lower than its fill", "%u, not %u", level, real);
}

static bool
known_client(unsigned v)
{
	static const uint8_t known[] = { 0x6c, 0x7c, 0x8c, 0x9c, 0xa5, 0xac,
		0xb5, 0xbc, 0xcc };

	return memchr(known, (int)v, sizeof(known)) != NULL;
}

struct check_heap *
check_heap_open(struct check *c, uint64_t data, uint64_t sub, unsigned client)
{
	struct check_heap *h = mem_alloc(1, sizeof(*h));
	uint8_t levels[64] = { 0 };
	size_t i, end, base = 0;

	h->c = c;
	h->sub = sub;
	if (data == 0 || !check_data_open(c, data, &h->data) || !load(h, 0) ||
	    h->len < 12 || h->block[2] != 0xec) {
		check_bad(c, HNHDR, AT_NODE, "bSig of a heap", "0xec",
		    data == 0		 ? "no data"
			: h->cached == 0 ? "no block"
					 : "other data");
		goto none;
	}
	h->client = h->block[3];
	h->root = pst_u32(h->block + 4);
	if (!known_client(h->client))
		check_bad(c, HNHDR, AT_NODE, "bClientSig", "one that is known",
		    "0x%x", h->client);
	if (client != 0 &&
	    !check_same(c, HNHDR, AT_NODE, "bClientSig", h->client, client))
		goto none;
	memcpy(levels, h->block + 8, 4);
	for (i = 0; i < h->data.nblocks && !c->stop; i++) {
		if (!load(h, i)) {
			check_bad(c, HNPAGEHDR, AT_NODE, "a block of the heap",
			    "to be there", "block %zu is not", i);
			goto none;
		}
		if (has_bitmap(i)) {
			memcpy(levels, h->block + 2, 64);
			base = i;
		}
		end = check_map(h, i);
		if (end == 0)
			goto none;
		check_level(h, i, end,
		    levels[(i - base) / 2] >> ((i - base) % 2 == 0 ? 0 : 4) &
			0xf);
	}
	return h;
none:
	free(h);
	return NULL;
}

void
check_heap_free(struct check_heap **h)
{
	free(*h);
	*h = NULL;
}

bool
check_heap_get(struct check_heap *h, uint32_t hid, struct slice *s_r)
{
	bool big = h->c->format == NDB_4K;
	unsigned index = hid >> 5 & (big ? 0x3fff : 0x7ff), from, to;
	size_t map;

	*s_r = slice_of("", 0);
	if ((hid & 0x1f) != 0 || index == 0 || !load(h, hid >> (big ? 19 : 16)))
		return false;
	map = pst_u16(h->block);
	if (map + 4 > h->len || index > pst_u16(h->block + map) ||
	    map + 4 + 2 * ((size_t)index + 1) > h->len)
		return false;
	from = pst_u16(h->block + map + 4 + 2 * (index - 1));
	to = pst_u16(h->block + map + 4 + 2 * index);
	if (from > to || to > h->len)
		return false;
	*s_r = slice_of((const char *)h->block + from, to - from);
	return true;
}

/* ------------------------------------------------------------------- BTH */

struct bth {
	struct check_heap *h;
	unsigned key, value;
	const char *rule;
	bool (*each)(void *arg, const uint8_t *record);
	void *arg;
	uint8_t last[16];
	bool any, ok;
	uint64_t visits;
};

/* Keys are numbers, little-endian. */
static int
compare(const uint8_t *a, const uint8_t *b, unsigned n)
{
	while (n-- > 0)
		if (a[n] != b[n])
			return a[n] < b[n] ? -1 : 1;
	return 0;
}

static bool
leaf(struct bth *b, const char *p, size_t n)
{
	struct check *c = b->h->c;
	unsigned width = b->key + b->value;
	uint8_t *copy;
	size_t i;
	bool more = true;

	if (n % width != 0)
		check_bad(c, BTHRECORD, AT_NODE, "the records of a BTH",
		    "whole records", "%zu bytes in records of %u", n, width);
	copy = mem_alloc(n + 1, 1);
	memcpy(copy, p, n);
	for (i = 0; more && i + width <= n; i += width) {
		if (b->any && compare(copy + i, b->last, b->key) <= 0)
			check_bad(c, BTHRECORD, AT_NODE, "a key of a BTH",
			    "above the one before", "0x%x behind 0x%x",
			    b->key >= 4 ? pst_u32(copy + i) : pst_u16(copy + i),
			    b->key >= 4 ? pst_u32(b->last) : pst_u16(b->last));
		memcpy(b->last, copy + i, b->key);
		b->any = true;
		more = b->each(b->arg, copy + i) && !c->stop;
	}
	free(copy);
	return more;
}

static bool
descend(struct bth *b, uint32_t hid, unsigned level)
{
	struct check *c = b->h->c;
	unsigned width = b->key + 4;
	struct slice s;
	uint8_t *copy;
	size_t i;
	bool more = true;

	if (b->visits++ > BTH_VISITS || c->stop)
		return false;
	if (!check_heap_get(b->h, hid, &s)) {
		check_bad(c, "2.3.1.1", AT_NODE, "a HID of a BTH",
		    "an item of the heap", "0x%x", hid);
		b->ok = false;
		return true;
	}
	if (level == 0)
		return leaf(b, s.p, s.n);
	copy = mem_alloc(s.n + 1, 1);
	memcpy(copy, s.p, s.n);
	if (s.n == 0 || s.n % width != 0)
		check_bad(c, "2.3.2.2", AT_NODE, "the index of a BTH",
		    "whole records", "%zu bytes in records of %u", s.n, width);
	for (i = 0; more && i + width <= s.n; i += width) {
		if (i > 0 && compare(copy + i, copy + i - width, b->key) <= 0)
			check_bad(c, "2.3.2.2", AT_NODE,
			    "a key of a BTH's index", "above the one before",
			    "lower");
		if (b->any && compare(copy + i, b->last, b->key) <= 0)
			check_bad(c, "2.3.2.2", AT_NODE,
			    "a key of a BTH's index",
			    "that of the first record below it", "lower");
		more = descend(b, pst_u32(copy + i + b->key), level - 1);
	}
	free(copy);
	return more;
}

bool
check_bth(struct check_heap *h, uint32_t hid, unsigned key, unsigned value,
    const char *rule, bool (*each)(void *arg, const uint8_t *record), void *arg)
{
	struct check *c = h->c;
	struct bth b = { .h = h,
		.rule = rule,
		.each = each,
		.arg = arg,
		.ok = true };
	struct slice s;
	const uint8_t *p;
	unsigned levels;
	uint32_t root;

	if (!check_heap_get(h, hid, &s) || s.n < 8) {
		check_bad(c, BTHHEADER, AT_NODE, "the header of a BTH",
		    "an item of 8 bytes", "HID 0x%x", hid);
		return false;
	}
	p = (const uint8_t *)s.p;
	b.key = p[1];
	b.value = p[2];
	levels = p[3];
	root = pst_u32(p + 4);
	if (!check_same(c, BTHHEADER, AT_NODE, "bType of a BTH", p[0], 0xb5) ||
	    (key != 0 && !check_same(c, rule, AT_NODE, "cbKey", b.key, key)) ||
	    (value != 0 &&
		!check_same(c, rule, AT_NODE, "cbEnt", b.value, value)))
		return false;
	if ((b.key != 2 && b.key != 4 && b.key != 8 && b.key != 16) ||
	    b.value == 0 || b.value > 32 || levels >= CHECK_DEPTH) {
		check_bad(c, BTHHEADER, AT_NODE, "the header of a BTH",
		    "cbKey 2, 4, 8, 16 and cbEnt 1 to 32",
		    "cbKey %u, cbEnt %u, %u levels", b.key, b.value, levels);
		return false;
	}
	if (root != 0)
		descend(&b, root, levels);
	return b.ok;
}
