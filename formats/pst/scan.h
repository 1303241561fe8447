/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A PST's file looked through from end to end, past its trees: which pages
 * and blocks stand in it, by what their own trailers say ([MS-PST]
 * 2.2.2.7.1, 2.2.2.8.1).  Only what has both its signature, which knows its
 * place in the file, and its checksum is told (pages also
 * without, so marked): older generations of the
 * trees' pages and blocks that were given up, too.
 *
 * Reads the file once, each block twice; memory is one block.
 */
#ifndef FORMATS_PST_SCAN_H
#define FORMATS_PST_SCAN_H

#include "formats/pst/ndb_impl.h"

/* A page of one of the trees; 'bytes' until the callback returns. */
struct scan_page {
	uint64_t bid, ib;
	unsigned type, level, n, entry;
	bool sound; /* its checksum is right, not its signature alone */
	const uint8_t *bytes;
};

struct scan_block {
	uint64_t bid, ib;
	uint16_t stored, inflated;
	uint8_t *bytes; /* as stored; may be decoded in place */
};

/* The first four bytes of what is in a block, were it encoded like that;
 * false if it has no so many.  In block.c. */
bool scan_head(const struct scan_block *b, enum pst_crypt crypt, uint8_t p[4]);

/* Each may be NULL: not looked for. */
struct ndb_scan {
	void (*page)(void *arg, const struct scan_page *p);
	void (*block)(void *arg, const struct scan_block *b);
	/* Called now and then; false stops the search. */
	bool (*go_on)(void *arg);
	void *arg;
};

void ndb_scan(struct ndb *n, const struct ndb_scan *s);

/* In rescue.c: look through the file, and keep where each block is that
 * the tree does not have (ndb_place() finds them from then on).  's' has both
 * callbacks; in block() nothing may be read from 'n'. */
void ndb_rescue_all(struct ndb *n, const struct ndb_scan *s);

/* In ndb_lost.c: the header says nothing that can be believed; find out
 * from the blocks.  0, or -1: there is nothing like a PST in it. */
int ndb_guess_header(struct ndb *n, struct err *err);

/* Sort 'n' things of 'size' (at most 64) bytes in place: no memory, and no
 * order that is bad. */
void scan_sort(void *base, size_t n, size_t size,
    int (*cmp)(const void *a, const void *b));

#endif
