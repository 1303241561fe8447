/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which folders and messages a PST has and where they belong, [MS-PST] 2.4.
 * Two lists say it: every node names its parent, and every folder has tables
 * of what is in it.  The nodes are believed; the tables add what hangs from
 * nothing, and what only they know is told as lost.
 *
 * Memory: 8 bytes a message, 20 a folder.
 */
#ifndef FORMATS_PST_MSG_H
#define FORMATS_PST_MSG_H

#include "formats/pst/carve.h"
#include "formats/pst/ltp.h"

struct msg_folder {
	uint32_t nid;
	uint32_t parent; /* 0: hangs from nothing */
	bool seen;
};

struct msg_place {
	uint32_t parent;
	uint32_t nid; /* and MSG_LISTED, where its type has no bit */
};

/* Known once msg_only_listed() has looked. */
#define MSG_LISTED 1u

static inline uint32_t
msg_nid(const struct msg_place *m)
{
	return m->nid & ~MSG_LISTED;
}

struct msg_index {
	struct ndb *n;
	struct msg_folder *folders; /* by parent, then nid */
	size_t n_folders;
	uint32_t *by_nid; /* places in it, by nid */
	uint32_t *order;  /* as they are walked */
	size_t n_order;
	struct msg_place *messages; /* by parent, then nid */
	size_t n_messages;
	const struct carve *carve; /* who else may have a node; or NULL */
};

void msg_index_build(struct msg_index *x_r, struct ndb *n);
void msg_index_free(struct msg_index *x);
/* NULL if there is none. */
struct msg_folder *msg_folder(const struct msg_index *x, uint32_t nid);
/* The i-th folder right below; 0: there is none. */
uint32_t msg_child(const struct msg_index *x, uint32_t nid, size_t i);
/* The messages below 'parent': the first of them, and how many. */
size_t msg_below(const struct msg_index *x, uint32_t parent, size_t *n_r);

/*
 * What a folder's contents table names and its nodes do not, into 'out' as
 * uint32_t: messages that are lost, or that no other folder has.
 */
void msg_only_listed(const struct msg_index *x, uint32_t folder,
    struct buf *out);

#endif
