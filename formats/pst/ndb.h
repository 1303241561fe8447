/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The lowest layer of a PST, [MS-PST] 2.2: a file of numbered blocks, and a
 * B-tree of nodes that are made of them.  ANSI, Unicode, and the 4096-byte
 * pages with compressed blocks that OSTs have since Outlook 2013.
 *
 *	ndb_open -> { ndb_find | ndb_walk | ndb_data_* | ndb_sub_* }* -> close
 *
 * Nothing here is believed.  A page or block whose checksum, signature or
 * back pointer is wrong is told (struct ndb_watch) and used as far as it
 * makes sense; one that makes none costs what hangs from it.  B-trees are
 * walked on disk with pread(2); memory is two small caches (below 2 MiB),
 * whatever the file holds.  Every walk is bounded by the size of the file.
 * When pages of the trees are gone, what they said is searched in the file.
 */
#ifndef FORMATS_PST_NDB_H
#define FORMATS_PST_NDB_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/slice.h"
#include "formats/pst/crypt.h"

enum ndb_format { NDB_ANSI, NDB_UNICODE, NDB_4K };

struct ndb;

/* Who wants to know what is wrong; 'bad': something may be missing. */
struct ndb_watch {
	void (*note)(void *arg, bool bad, const char *text);
	void *arg;
};

struct ndb_info {
	enum ndb_format format;
	unsigned version; /* wVer */
	bool ost;	  /* wMagicClient is SO */
	enum pst_crypt crypt;
	uint64_t size;	   /* of the file */
	uint64_t promised; /* its size as the header has it */
	uint64_t damaged;  /* pages and blocks that were not what they say */
};

/* A node, or a subnode: what its number stands for ([MS-PST] 2.2.2.7.7.4). */
struct ndb_node {
	uint32_t nid;
	uint32_t parent; /* 0 for a subnode */
	uint64_t data;	 /* block id, 0: none */
	uint64_t sub;	 /* block id of its subnodes, 0: none */
};

/* NID types, [MS-PST] 2.2.2.1 */
enum {
	NID_TYPE_HID = 0x00,
	NID_TYPE_INTERNAL = 0x01,
	NID_TYPE_FOLDER = 0x02,
	NID_TYPE_SEARCH = 0x03,
	NID_TYPE_MESSAGE = 0x04,
	NID_TYPE_ATTACHMENT = 0x05,
	NID_TYPE_ASSOCIATED = 0x08,
	NID_TYPE_HIERARCHY = 0x0d,
	NID_TYPE_CONTENTS = 0x0e,
	NID_TYPE_FAI = 0x0f
};

static inline unsigned
ndb_type(uint32_t nid)
{
	return nid & 0x1f;
}

/* Open the PST at 'fd', which stays the caller's.  0, or -1 with SCOPE_STORE:
 * EX_DATAERR with what is wrong.  'watch' may be NULL and is copied.
 * 'carve': where the header is lost, find out what it said from the blocks;
 * fails only if there are none. */
int ndb_open(struct ndb **n_r, int fd, const struct ndb_watch *watch,
    bool carve, struct err *err);
void ndb_close(struct ndb **n);
const struct ndb_info *ndb_info(const struct ndb *n);

/* Tell the watch; each 'key' (a page's place, a block's id, ...) once. */
void ndb_note(struct ndb *n, bool bad, uint64_t key, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Which node is being read: notes name it.  0: none. */
void ndb_at(struct ndb *n, uint32_t nid);

/* Look a node up.  1, 0 if there is none, or -1 with SCOPE_MSG when a page on
 * the way is damaged. */
int ndb_find(struct ndb *n, uint32_t nid, struct ndb_node *node_r,
    struct err *err);

/*
 * All nodes, in the order of their numbers where the tree is sound; damaged
 * pages are told and stepped over, and a crossed tree may name one twice.
 * Start with a zeroed walk.  1, or 0 at the end.
 */
#define NDB_DEPTH 8
struct ndb_walk {
	unsigned depth;
	bool started;
	uint64_t pages;
	size_t rescued; /* behind the tree: nodes of pages that are gone */
	struct {
		uint64_t bid, ib;
		unsigned at, level;
	} path[NDB_DEPTH + 1];
};
int ndb_walk(struct ndb *n, struct ndb_walk *w, struct ndb_node *node_r);

/* A subnode by its number, in the tree at block 'sub'.  1, 0, or -1. */
int ndb_sub_find(struct ndb *n, uint64_t sub, uint32_t nid,
    struct ndb_node *node_r, struct err *err);
/* All subnodes.  'each' returns false to stop.  0, or -1 with SCOPE_MSG after
 * all that could be read: some are lost. */
int ndb_sub_each(struct ndb *n, uint64_t sub,
    bool (*each)(void *arg, const struct ndb_node *node), void *arg,
    struct err *err);

/*
 * The data of a node: a list of blocks ([MS-PST] 2.2.2.8.3.2).  A zeroed
 * struct is empty; needs no freeing.
 */
struct ndb_data {
	uint64_t bid;
	unsigned level;	  /* 0: one block, 1: XBLOCK, 2: XXBLOCK */
	uint64_t size;	  /* in bytes, as announced */
	uint32_t x_at;	  /* of level 2: the XBLOCK looked at last, */
	uint32_t x_first; /* the number of its first block, */
	uint64_t x_bid;	  /* and its id */
};
int ndb_data_open(struct ndb *n, uint64_t bid, struct ndb_data *d_r,
    struct err *err);
/* Block number 'i', decoded; valid until the next call with 'n'.  1, 0 behind
 * the last, or -1 with SCOPE_MSG (the next one may be fine). */
int ndb_data_block(struct ndb *n, struct ndb_data *d, uint32_t i,
    struct slice *s_r, struct err *err);

#endif
