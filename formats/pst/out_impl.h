/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What formats/pst/out.c and out_tree.c share; for them only. */
#ifndef FORMATS_PST_OUT_IMPL_H
#define FORMATS_PST_OUT_IMPL_H

#include <stdio.h>

#include "core/buf.h"
#include "formats/pst/out.h"

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

/* ---- out.c */
int out_write_failed(struct err *err);
int out_write_at(struct pst_out *o, uint64_t at, const void *data, size_t len,
    struct err *err);
/* Append at 'at', which is at or behind the end of the buffer. */
int out_append(struct pst_out *o, uint64_t at, const void *data, size_t len,
    struct err *err);
/* PAGETRAILER, 2.2.2.7.1.  Maps are their own place: no signature. */
void out_seal_page(uint8_t page[PAGE], unsigned type, uint64_t at,
    uint64_t bid);
/* Room for 'len' bytes, which lie in one section. */
int out_allocate(struct pst_out *o, size_t len, size_t align, uint64_t *at_r,
    struct err *err);
/* The last section's map is written. */
int out_end_section(struct pst_out *o, struct err *err);
/* An NBT entry. */
void out_pack_node(uint8_t e[32], const struct nbt_entry *n);

#endif
