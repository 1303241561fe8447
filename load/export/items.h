/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Items of a spool that are no mail, for an export: which folder each
 * belongs to, so that they go along with it.  Memory: 16 bytes an item, and
 * the names of their folders.
 */
#ifndef LOAD_EXPORT_ITEMS_H
#define LOAD_EXPORT_ITEMS_H

#include "formats/item_kind.h"
#include "load/export/sink.h"

struct export_items;

/* Look them up.  0 or -1, SCOPE_RUN. */
int export_items_open(struct export_items **x_r, struct spool *sp,
    struct report *r, struct err *err);
/* What a folder without mail is for: the kind of its first item, or
 * KIND_MAIL. */
enum item_kind export_items_kind(const struct export_items *x,
    const char *folder);
/* Give the sink those of 'folder', which takes messages now. */
int export_items_give(struct export_items *x, struct sink *s,
    const char *folder, struct err *err);
/* Give it all that are left, in folders of their own. */
int export_items_give_rest(struct export_items *x, struct sink *s,
    struct err *err);
/* Count them into the report: they are in 'place' now, or ('done' false)
 * still in the spool only. */
void export_items_count(struct export_items *x, const char *place, bool done);
void export_items_close(struct export_items **x);

#endif
