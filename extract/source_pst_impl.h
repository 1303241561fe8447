/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For extract/source_pst*.c only: the parent of a PST child. */
#ifndef EXTRACT_SOURCE_PST_IMPL_H
#define EXTRACT_SOURCE_PST_IMPL_H

#include <sys/stat.h>

#include "core/proc.h"
#include "extract/pst_child.h"
#include "extract/pst_frame.h"
#include "extract/source_impl.h"
#include "formats/pst/reader.h"

#define PST_HEAD 564 /* a PST's header: every transaction changes it */

enum state {
	BEFORE,	   /* the child is opening the store */
	BETWEEN,   /* the next frame may begin a node */
	IN_ITEM,   /* ITEM came; its DATA may follow */
	ITEM_DONE, /* END came, read() has not said so yet */
	OVER
};

/* One child, and where it is. */
struct lane {
	struct proc proc;
	enum state state;
	enum pst_phase phase;
	uint32_t leave;

	/* where the walk is, for the next child */
	enum pst_at at;
	uint64_t at_nid, peek_nid;
	bool at_open; /* the node at hand is not dealt with yet */
	struct buf at_folder;

	/* where the last one died: twice at one place is no progress */
	bool died;
	enum pst_at died_at;
	uint64_t died_nid;
	size_t died_poison;

	/* It asks about each item until it is told that one is wanted; what
	 * follows then is wanted too, as long as nothing else was said. */
	bool eager, doubts;
};

struct source_pst {
	struct source pub;
	const struct source_spec *spec;
	int fd;
	struct stat st;
	char head[PST_HEAD]; /* as it was when it was opened */
	struct lane *lanes;  /* n_lanes of them; heard in turns, */
	struct lane *l;	     /* now this one */
	uint32_t n_lanes;
	uint64_t turn; /* shares heard */
	unsigned restarts, hangs;
	uint32_t leave;

	uint64_t *poison;
	size_t n_poison;

	uint64_t messages, seen;
	uint64_t recovered; /* told so far */
	/* frames it may still send beside those of items: a file of this size
	 * has no more to tell */
	uint64_t patience;
	unsigned notes, classes;
	uint64_t nid; /* of the item */
	bool wanted;
	struct slice data; /* rest of a DATA frame */
	struct buf out, folder, name, role, keywords, subject, source, class;
	struct buf known, said_path, said_subject;
	struct buf noted; /* notes, each said once */
	struct buf lost;  /* of the item, for pub.incomplete */
	char key[24], why[200];
};

/* Name a problem with 'nid' (0: the store) in the report. */
void pst_name_problem(struct source_pst *s, uint64_t nid, const char *folder,
    const char *subject, const char *text);
/* The message 'nid' is refused: put into *item_r, and -1 with SCOPE_MSG. */
int pst_refuse_item(struct source_pst *s, struct source_item *item_r,
    uint64_t nid, const char *why, struct err *err);
/* Replace what 'b' holds by 's', repaired. */
void pst_keep(struct buf *b, struct slice s);

/*
 * What a child says, believed only if it can be true: each returns false for
 * what no honest child sends.
 */
bool pst_on_folder(struct source_pst *s, struct slice p,
    struct source_item *item_r);
bool pst_on_item(struct source_pst *s, struct slice p,
    struct source_item *item_r);
bool pst_on_thing(struct source_pst *s, struct slice p,
    struct source_item *item_r);
/* PST_REFUSED and PST_PROBLEM; the text goes into s->why. */
bool pst_on_trouble(struct source_pst *s, struct slice p, uint64_t *nid_r);
/* Frames that change nothing for the caller of next() and read(). */
bool pst_on_aside(struct source_pst *s, const struct frame *f);

#endif
