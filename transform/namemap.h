/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which cleaned name each folder gets, for good.  Two folders whose names
 * become equal ("A" U+3000 "B" beside "A B") are kept apart: one of them is
 * "A B", the other "A B (2)", and both keep what they got on every later
 * run, in whatever order their mail arrives, because it is written down in
 * the spool (table name_map, docs/spool.md).  Or they are merged.
 *
 *	namemap_new -> namemap_load -> namemap_want* -> namemap_assign
 *	  -> namemap_dest* -> namemap_save -> namemap_free
 *
 * Components are mapped one by one from the top, so folders under one parent
 * stay under one parent.  INBOX is always INBOX.  Memory: one small record a
 * folder.
 */
#ifndef TRANSFORM_NAMEMAP_H
#define TRANSFORM_NAMEMAP_H

#include "formats/ledger.h"
#include "transform/names.h"

struct namemap;
struct namemap_node; /* a folder in the map */

/* 'fix' and 'merge' (equal names become one folder) hold for its life; what
 * 'fix' points to is borrowed. */
struct namemap *namemap_new(const struct names_fix *fix, bool merge);
void namemap_free(struct namemap **m);

/* Take over what earlier runs wrote down.  0 or -1 with SCOPE_RUN. */
int namemap_load(struct namemap *m, struct ledger *l, struct err *err);

/* A folder called 'name' is there (transform/names.h); it came from the
 * spool path 'was'.  The node belongs to the map. */
struct namemap_node *namemap_want(struct namemap *m, struct slice name,
    struct slice was);

/*
 * Give every wanted name its place: what was written down first, then names
 * that need no cleaning, then the others in byte order.
 */
void namemap_assign(struct namemap *m);

/* The spool path it got; borrowed from the map. */
const char *namemap_dest(const struct namemap_node *node);
/* True if it could not get its own cleaned name, since another has it. */
bool namemap_is_suffixed(const struct namemap_node *node);

/* Write down what is new, in the ledger's open transaction or a new one
 * (the caller commits).  Returns how many rows, or -1 with SCOPE_RUN. */
int namemap_save(struct namemap *m, struct ledger *l, struct err *err);

#endif
