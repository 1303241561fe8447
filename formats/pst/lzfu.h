/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Compressed RTF (PidTagRtfCompressed), [MS-OXRTFCP], as a filter: bytes in,
 * in pieces of any size, RTF out.  Flat memory; n bytes in give at most 8.5 n
 * bytes out.
 *
 *	lzfu_init -> lzfu_put* -> lzfu_end
 */
#ifndef FORMATS_PST_LZFU_H
#define FORMATS_PST_LZFU_H

#include <stdbool.h>
#include <stdint.h>

#include "formats/pst/item.h"

#define LZFU_WINDOW 4096
#define LZFU_HEAD   16

struct lzfu {
	struct item_sink to;
	uint8_t head[LZFU_HEAD];
	unsigned head_n;
	uint64_t left;	   /* bytes of the stream that are still to come */
	uint32_t raw_size; /* as the head has it */
	uint32_t crc, crc_is;
	uint64_t out;
	bool stored, ended, foreign;
	unsigned flags, n_flags;
	int half; /* first byte of a reference, or -1 */
	unsigned at;
	uint8_t window[LZFU_WINDOW];
	unsigned n_ready;
	uint8_t ready[LZFU_WINDOW];
};

enum lzfu_end {
	LZFU_WHOLE,
	LZFU_BAD_CRC, /* all there, but something in it was changed */
	LZFU_SHORT,   /* ends too early */
	LZFU_FOREIGN  /* not compressed RTF */
};

void lzfu_init(struct lzfu *l, const struct item_sink *to);
/* 0, or -1 with the sink's error. */
int lzfu_put(struct lzfu *l, const void *data, size_t len, struct err *err);
/* Hand out what is left, and say how it went.  0, or -1 as above. */
int lzfu_end(struct lzfu *l, enum lzfu_end *how_r, struct err *err);

#endif
