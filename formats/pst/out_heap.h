/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A heap-on-node being written ([MS-PST] 2.3.1), for formats/pst/out_*.c
 * only.  Blocks that are full wait in a temporary file until it is known
 * what their headers must say.
 */
#ifndef FORMATS_PST_OUT_HEAP_H
#define FORMATS_PST_OUT_HEAP_H

#include <stdio.h>

#include "formats/pst/out.h"

#define HEAP_ITEM_MAX 3580

struct heap_out {
	uint8_t block[PST_BLOCK_MAX];
	size_t used;
	uint16_t ends[2048]; /* end of each item of this block */
	size_t items;
	FILE *full;	 /* earlier blocks; NULL: there are none */
	uint16_t *sizes; /* of each of them */
	uint8_t *levels; /* their fill levels */
	size_t nfull;
};

void heap_begin(struct heap_out *h);
/* Put 'len' <= HEAP_ITEM_MAX bytes; its HID (0 for nothing). */
int heap_put(struct heap_out *h, const void *data, size_t len, uint32_t *hid_r,
    struct err *err);
/* A BTH over 'n' sorted records of 'key' + 'value' bytes, in one piece. */
int heap_put_bth(struct heap_out *h, const uint8_t *records, size_t n,
    unsigned key, unsigned value, uint32_t *hid_r, struct err *err);
/* Write all blocks; 'client' is bClientSig, 'root' hidUserRoot. */
int heap_end(struct pst_out *o, struct heap_out *h, unsigned client,
    uint32_t root, uint64_t *bid_r, struct err *err);
void heap_drop(struct heap_out *h);

#endif
