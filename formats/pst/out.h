/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writing a PST, the lowest layer: a Unicode file ([MS-PST] 2.2, version 23)
 * of numbered blocks and the two B-trees that find them.
 *
 *	pst_out_open -> { pst_out_block | pst_out_data_* | pst_out_subs_*
 *	  | pst_out_node }* -> pst_out_close
 *
 * The file is written from front to back; allocation maps are filled in as
 * their sections end, the trees, the density list and the header at close.
 * Nothing of a file is valid before pst_out_close() returned 0.  Memory is
 * flat: what describes blocks and messages waits in temporary files.
 *
 * Functions return 0, or -1 with SCOPE_RUN: disk full, I/O error, a file
 * larger than LIMIT (EX_DATAERR).
 */
#ifndef FORMATS_PST_OUT_H
#define FORMATS_PST_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "formats/pst/crypt.h"

#define PST_BLOCK_MAX 8176 /* data bytes in one block */

struct pst_out;

/* 'fd' is empty, writable and stays the caller's.  PST_CRYPT_PERMUTE is
 * Outlook's own default. */
int pst_out_open(struct pst_out **o_r, int fd, enum pst_crypt crypt,
    struct err *err);
/* Write the trees and the header.  *o becomes NULL in any case. */
int pst_out_close(struct pst_out **o, struct err *err);
void pst_out_abandon(struct pst_out **o);

/* One block of 1..PST_BLOCK_MAX bytes; its id. */
int pst_out_block(struct pst_out *o, const void *data, size_t len,
    bool internal, uint64_t *bid_r, struct err *err);

/* Blocks written since a mark belong to nobody after all, for what they were
 * to be part of failed: they stay, to be freed (cRef 1). */
uint64_t pst_out_mark(const struct pst_out *o);
int pst_out_disown(struct pst_out *o, uint64_t mark, struct err *err);

/* Data of any size up to 4 GiB, as a tree of blocks (2.2.2.8.3.2).  Zero it
 * first; put() fills blocks, block() makes a block of its own. */
struct pst_out_data {
	uint8_t block[PST_BLOCK_MAX];
	size_t n;
	uint64_t size;
	uint64_t *bids;
	uint16_t *sizes; /* of each block */
	size_t nbids;
};
int pst_out_data_put(struct pst_out *o, struct pst_out_data *d,
    const void *data, size_t len, struct err *err);
int pst_out_data_block(struct pst_out *o, struct pst_out_data *d,
    const void *data, size_t len, struct err *err);
/* The id of the whole (0: empty), and its memory given back. */
int pst_out_data_end(struct pst_out *o, struct pst_out_data *d, uint64_t *bid_r,
    struct err *err);
void pst_out_data_drop(struct pst_out_data *d);

/* The subnodes of one node (2.2.2.8.3.3), in any order.  Zero it first. */
struct pst_out_sub {
	uint32_t nid;
	uint64_t data, sub;
};
struct pst_out_subs {
	struct pst_out_sub *v;
	size_t n;
	uint32_t next_ltp; /* numbers for values too large for a heap */
};
void pst_out_subs_add(struct pst_out_subs *s, uint32_t nid, uint64_t data,
    uint64_t sub);
/* A number for the next such value. */
uint32_t pst_out_subs_nid(struct pst_out_subs *s);
int pst_out_subs_end(struct pst_out *o, struct pst_out_subs *s, uint64_t *bid_r,
    struct err *err);
void pst_out_subs_drop(struct pst_out_subs *s);

/* A node.  Numbers from PST_NID_STREAM on must come in rising order; lower
 * ones (folders and the like) in any, and cost memory. */
#define PST_NID_STREAM ((uint32_t)0x200000)
int pst_out_node(struct pst_out *o, uint32_t nid, uint64_t data, uint64_t sub,
    uint32_t parent, struct err *err);

/* Bytes of the file so far. */
uint64_t pst_out_size(const struct pst_out *o);

#endif
