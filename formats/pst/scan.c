/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pages and blocks by their trailers; see scan.h. */
#include "formats/pst/scan.h"

#include <stdlib.h>
#include <string.h>

#include "core/io.h"
#include "core/limits.h"
#include "core/mem.h"

#define SORT_MAX 64

/* Are the bytes at 'p', place 'ib' of the file, a page of a tree? */
static void
try_page(struct ndb *n, const struct ndb_scan *s, const uint8_t *p, uint64_t ib)
{
	unsigned end = n->shape.page - n->shape.trailer;
	const uint8_t *t = p + end, *m = p + n->shape.page_data;
	bool wide = n->shape.id == 8, big = n->info.format == NDB_4K;
	struct scan_page pg = { .ib = ib, .type = t[0], .bytes = p };
	unsigned least;

	if ((t[0] != NDB_PAGE_NODES && t[0] != NDB_PAGE_BLOCKS) || t[1] != t[0])
		return;
	pg.bid = ndb_id(n, t + (wide ? 8 : 4));
	if (pst_u16(t + 2) != ndb_signature(ib, pg.bid))
		return;
	pg.sound = pst_u32(t + (wide ? 4 : 8)) == pst_crc(0, p, end);
	pg.n = big ? pst_u16(m) : m[0];
	pg.entry = big ? m[4] : m[2];
	pg.level = big ? m[5] : m[3];
	least = pg.level > 0	     ? 3 * n->shape.id
	    : t[0] == NDB_PAGE_NODES ? (wide ? 28u : 16u)
				     : (wide ? 20u : 12u);
	if (pg.level < NDB_DEPTH && pg.entry >= least &&
	    pg.n * pg.entry <= n->shape.page_data)
		s->page(s->arg, &pg);
}

/*
 * Does a block end at 'end', behind the trailer 't'?  Blocks do not overlap:
 * none begins before 'from'.  False: no.
 */
static bool
try_block(struct ndb *n, const struct ndb_scan *s, const uint8_t *t,
    uint64_t from, uint64_t end, uint64_t *effort)
{
	bool wide = n->shape.id == 8;
	unsigned align = n->shape.block_align, stored = pst_u16(t);
	struct scan_block b = { .bid = ndb_id(n, t + (wide ? 8 : 4)),
		.stored = (uint16_t)stored,
		.inflated = (uint16_t)stored };
	uint64_t whole =
	    (stored + n->shape.trailer + align - 1) / align * align;

	if (b.bid == 0 || (b.bid & 1) || stored == 0 ||
	    stored > n->shape.block_max || whole > end - from ||
	    pst_u16(t + 2) != ndb_signature(end - whole, b.bid) ||
	    *effort < stored)
		return false;
	*effort -= stored;
	b.ib = end - whole;
	b.bytes = n->raw;
	if (io_pread_full(n->fd, n->raw, stored, b.ib) != (ssize_t)stored ||
	    pst_crc(0, n->raw, stored) != pst_u32(t + (wide ? 4 : 8)))
		return false;
	if (n->info.format == NDB_4K)
		b.inflated = pst_u16(t + 18);
	s->block(s->arg, &b);
	return true;
}

void
ndb_scan(struct ndb *n, const struct ndb_scan *s)
{
	uint8_t *b = mem_alloc(1, LIMIT_BLOCK);
	unsigned page = n->shape.page, align = n->shape.block_align;
	/* bytes that may be checked in vain */
	uint64_t at, from = 0, effort = 4 * n->info.size;
	size_t i, got;
	ssize_t rc;

	for (at = 0; at < n->info.size; at += got) {
		if (s->go_on != NULL && !s->go_on(s->arg))
			break;
		rc = io_pread_full(n->fd, b, LIMIT_BLOCK, at);
		if (rc <= 0)
			break;
		got = (size_t)rc;
		for (i = 0; s->page != NULL && i + page <= got; i += page)
			try_page(n, s, b + i, at + i);
		for (i = align; s->block != NULL && i <= got; i += align)
			if (try_block(n, s, b + i - n->shape.trailer, from,
				at + i, &effort))
				from = at + i;
	}
	free(b);
}

/* ---------------------------------------------------------------- sorting */

static void
sift(char *p, size_t at, size_t n, size_t size,
    int (*cmp)(const void *a, const void *b))
{
	char room[SORT_MAX];
	size_t child;

	for (; (child = 2 * at + 1) < n; at = child) {
		if (child + 1 < n &&
		    cmp(p + child * size, p + (child + 1) * size) < 0)
			child++;
		if (cmp(p + at * size, p + child * size) >= 0)
			return;
		memcpy(room, p + at * size, size);
		memcpy(p + at * size, p + child * size, size);
		memcpy(p + child * size, room, size);
	}
}

void
scan_sort(void *base, size_t n, size_t size,
    int (*cmp)(const void *a, const void *b))
{
	char room[SORT_MAX], *p = base;
	size_t i;

	if (size > SORT_MAX)
		return;
	for (i = n / 2; i-- > 0;)
		sift(p, i, n, size, cmp);
	for (i = n; i-- > 1;) {
		memcpy(room, p, size);
		memcpy(p, p + i * size, size);
		memcpy(p + i * size, room, size);
		sift(p, 0, i, size, cmp);
	}
}
