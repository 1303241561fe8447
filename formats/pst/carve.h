/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages that no tree of a PST has any more: deleted ones, and all of them
 * when the trees are gone.  Two traces are followed.
 *
 *  - Leaves of older generations of the tree of nodes still name nodes that
 *    the present one does not; the newest that names a node counts.
 *  - Blocks that begin with a message's properties and that nothing refers
 *    to any more, neither a node nor another block.  Which block lists their
 *    subnodes is told by nothing but what is in it: it has to hold all that
 *    the properties refer to and the people they name, and no two may do.
 *
 * What the trees have, in whatever version, is not brought out again, and
 * of several versions of a message only the newest is.  Nothing is put
 * together that the file does not say belongs together.
 *
 *	carve_open -> carve_next* -> carve_close
 *
 * Time: the file is read once, each message's properties once more.  Memory:
 * 16 bytes a block, 4 a reference and 8 a message, all bounded.
 */
#ifndef FORMATS_PST_CARVE_H
#define FORMATS_PST_CARVE_H

#include "formats/pst/ndb.h"

struct carve;

struct carve_find {
	/* Its node id; or, where only its block is left, CARVE_BLOCK and the
	 * block's. */
	uint64_t id;
	struct ndb_node node; /* nid 0: only its block is left */
	bool no_subs;	      /* those that it refers to were not found */
	bool taken;	      /* by carve_take() */
};

#define CARVE_BLOCK ((uint64_t)1 << 62) /* as PST_NID_BLOCK */

/* Search the file; 'tick' says now and then that it goes on. */
void carve_open(struct carve **c_r, struct ndb *n, void (*tick)(void *arg),
    void *arg);
size_t carve_count(const struct carve *c);
/* The i-th; false: there are no more. */
bool carve_get(const struct carve *c, size_t i, struct carve_find *f_r);
/* Is there one with this node id?  A folder's list names it still. */
bool carve_find(const struct carve *c, uint32_t nid, struct carve_find *f_r);
/* It came out there. */
void carve_take(struct carve *c, uint32_t nid);
void carve_close(struct carve **c);

#endif
