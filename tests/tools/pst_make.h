/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A PST of a few blocks and nodes, byte by byte from [MS-PST], so that tests
 * can say what is in it and break it.  One page for each of the two trees: at
 * most 15 nodes and 20 blocks.
 */
#ifndef TESTS_TOOLS_PST_MAKE_H
#define TESTS_TOOLS_PST_MAKE_H

#include <string.h>

#include "core/buf.h"
#include "formats/pst/crypt.h"

#define MAKE_MAX	20
#define MAKE_NODES_AT	0x400
#define MAKE_BLOCKS_AT	0x600
#define MAKE_FIRST_DATA 0x800

struct make {
	bool ansi;
	enum pst_crypt crypt;
	struct buf file; /* from byte 0 on */
	struct {
		uint64_t bid, ib;
		unsigned n;
	} blocks[MAKE_MAX];
	unsigned n_blocks;
	struct {
		uint32_t nid, parent;
		uint64_t data, sub;
	} nodes[MAKE_MAX];
	unsigned n_nodes;
};

static void
make_put(struct buf *b, uint64_t v, unsigned width)
{
	while (width-- > 0) {
		buf_putc(b, (char)(v & 0xff));
		v >>= 8;
	}
}

static void
make_fill(struct buf *b, size_t to)
{
	while (b->n < to)
		buf_putc(b, '\0');
}

static unsigned
make_id(const struct make *m)
{
	return m->ansi ? 4 : 8;
}

static unsigned
make_sig(uint64_t ib, uint64_t bid)
{
	uint32_t x = (uint32_t)(ib ^ bid);

	return (x >> 16 ^ x) & 0xffff;
}

static void
make_begin(struct make *m, bool ansi, enum pst_crypt crypt)
{
	memset(m, 0, sizeof(*m));
	m->ansi = ansi;
	m->crypt = crypt;
	make_fill(&m->file, MAKE_FIRST_DATA);
}

/* [MS-PST] 2.2.2.8 */
static void
make_block(struct make *m, uint64_t bid, struct slice data)
{
	struct buf *f = &m->file, bytes = { 0 };
	unsigned trailer = m->ansi ? 12 : 16;
	uint64_t ib = f->n;
	size_t whole = (data.n + trailer + 63) / 64 * 64;
	uint32_t crc;

	buf_put(&bytes, data.p, data.n);
	if (m->crypt == PST_CRYPT_PERMUTE && !(bid & 2))
		pst_permute_encode((uint8_t *)bytes.p, bytes.n);
	if (m->crypt == PST_CRYPT_CYCLIC && !(bid & 2))
		pst_cyclic((uint8_t *)bytes.p, bytes.n, (uint32_t)bid);
	crc = pst_crc(0, bytes.p, bytes.n);
	buf_put(f, bytes.p, bytes.n);
	buf_free(&bytes);
	make_fill(f, ib + whole - trailer);
	make_put(f, data.n, 2);
	make_put(f, make_sig(ib, bid), 2);
	if (m->ansi)
		make_put(f, bid, 4);
	make_put(f, crc, 4);
	if (!m->ansi)
		make_put(f, bid, 8);
	m->blocks[m->n_blocks].bid = bid;
	m->blocks[m->n_blocks].ib = ib;
	m->blocks[m->n_blocks++].n = (unsigned)data.n;
}

static void
make_node(struct make *m, uint32_t nid, uint64_t data, uint64_t sub,
    uint32_t parent)
{
	m->nodes[m->n_nodes].nid = nid;
	m->nodes[m->n_nodes].data = data;
	m->nodes[m->n_nodes].sub = sub;
	m->nodes[m->n_nodes++].parent = parent;
}

/* [MS-PST] 2.2.2.7.1: the trailer, and into the file with it. */
static void
make_page_at(struct make *m, struct buf *page, unsigned type, uint64_t ib,
    uint64_t bid)
{
	uint32_t crc = pst_crc(0, page->p, page->n);

	make_put(page, type | type << 8, 2);
	make_put(page, make_sig(ib, bid), 2);
	if (m->ansi)
		make_put(page, bid, 4);
	make_put(page, crc, 4);
	if (!m->ansi)
		make_put(page, bid, 8);
	memcpy(m->file.p + ib, page->p, 512);
	buf_free(page);
}

/* [MS-PST] 2.2.2.7.7.1: the entries are in 'page'. */
static void
make_page(struct make *m, struct buf *page, unsigned n, unsigned width,
    unsigned type, uint64_t ib, uint64_t bid)
{
	unsigned data = m->ansi ? 496 : 488;

	make_fill(page, data);
	make_put(page, n, 1);
	make_put(page, data / width, 1);
	make_put(page, width, 1);
	make_put(page, 0, m->ansi ? 1 : 5);
	make_page_at(m, page, type, ib, bid);
}

/* [MS-PST] 2.2.2.6 */
static void
make_header(struct make *m)
{
	unsigned id = make_id(m);
	struct buf h = { 0 };
	uint32_t crc;

	buf_puts(&h, "!BDN");
	make_put(&h, 0, 4);
	buf_puts(&h, "SM");
	make_put(&h, m->ansi ? 15 : 23, 2);
	make_put(&h, 19, 2);
	make_put(&h, 0x0101, 2);
	make_fill(&h, m->ansi ? 168 : 184);
	make_put(&h, m->file.n, id);
	make_fill(&h, h.n + 3 * id);
	make_put(&h, 0x10, id); /* the root of the nodes */
	make_put(&h, MAKE_NODES_AT, id);
	make_put(&h, 0x11, id);
	make_put(&h, MAKE_BLOCKS_AT, id);
	make_put(&h, 2, 1); /* it was closed */
	make_fill(&h, m->ansi ? 460 : 512);
	make_put(&h, 0x80, 1);
	make_put(&h, m->crypt, 1);
	if (!m->ansi) { /* dwCRCFull, over what comes before it */
		make_fill(&h, 524);
		make_put(&h, pst_crc(0, h.p + 8, 516), 4);
	}
	make_fill(&h, 564);
	crc = pst_crc(0, h.p + 8, 471);
	memcpy(m->file.p, h.p, h.n);
	h.n = 0;
	make_put(&h, crc, 4);
	memcpy(m->file.p + 4, h.p, 4);
	buf_free(&h);
}

static void
make_end(struct make *m)
{
	unsigned id = make_id(m), i;
	struct buf page = { 0 };

	for (i = 0; i < m->n_nodes; i++) {
		make_put(&page, m->nodes[i].nid, id);
		make_put(&page, m->nodes[i].data, id);
		make_put(&page, m->nodes[i].sub, id);
		make_put(&page, m->nodes[i].parent, id);
	}
	make_page(m, &page, m->n_nodes, 4 * id, 0x81, MAKE_NODES_AT, 0x10);
	for (i = 0; i < m->n_blocks; i++) {
		make_put(&page, m->blocks[i].bid, id);
		make_put(&page, m->blocks[i].ib, id);
		make_put(&page, m->blocks[i].n, 2);
		make_put(&page, 2, 2);
		make_put(&page, 0, m->ansi ? 0 : 4);
	}
	make_page(m, &page, m->n_blocks, m->ansi ? 12 : 24, 0x80,
	    MAKE_BLOCKS_AT, 0x11);
	make_header(m);
}

/* ---- a heap, [MS-PST] 2.3.1: allocations are numbered from 1 on */
struct make_heap {
	struct buf b;
	unsigned at[64], n;
};

static void
make_heap_begin(struct make_heap *h, unsigned kind)
{
	memset(h, 0, sizeof(*h));
	make_put(&h->b, 0, 2);
	make_put(&h->b, 0xec, 1);
	make_put(&h->b, kind, 1);
	make_put(&h->b, 0x20, 4); /* the root is the first allocation */
	make_put(&h->b, 0, 4);
}

/* Returns its HID. */
static uint32_t
make_heap_add(struct make_heap *h, struct slice s)
{
	h->at[h->n++] = (unsigned)h->b.n;
	buf_put(&h->b, s.p, s.n);
	return h->n << 5;
}

static void
make_heap_end(struct make_heap *h)
{
	unsigned map = (unsigned)h->b.n, i;

	h->b.p[0] = (char)(map & 0xff);
	h->b.p[1] = (char)(map >> 8);
	make_put(&h->b, h->n, 2);
	make_put(&h->b, 0, 2);
	for (i = 0; i < h->n; i++)
		make_put(&h->b, h->at[i], 2);
	make_put(&h->b, map, 2);
}

/* ---- properties, [MS-PST] 2.3.3, in rising order of ids */
struct make_prop {
	unsigned id, type;
	uint32_t number; /* or an HNID, when there is no 'bytes' */
	const char *bytes;
	size_t n;
};

static void
make_props(struct buf *out, const struct make_prop *p, unsigned n)
{
	struct buf head = { 0 }, records = { 0 };
	struct make_heap h;
	unsigned i, hid = 0x60; /* behind the head and the records */

	make_heap_begin(&h, 0xbc);
	make_put(&head, 0xb5, 1);
	make_put(&head, 2, 1);
	make_put(&head, 6, 1);
	make_put(&head, 0, 1);
	make_put(&head, 0x40, 4);
	for (i = 0; i < n; i++) {
		make_put(&records, p[i].id, 2);
		make_put(&records, p[i].type, 2);
		make_put(&records, p[i].bytes == NULL ? p[i].number : hid, 4);
		hid += p[i].bytes == NULL ? 0 : 0x20;
	}
	make_heap_add(&h, buf_slice(&head));
	make_heap_add(&h, buf_slice(&records));
	for (i = 0; i < n; i++)
		if (p[i].bytes != NULL)
			make_heap_add(&h, slice_of(p[i].bytes, p[i].n));
	make_heap_end(&h);
	buf_put(out, h.b.p, h.b.n);
	buf_free(&h.b);
	buf_free(&head);
	buf_free(&records);
}

#endif
