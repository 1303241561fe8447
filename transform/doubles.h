/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which message came first, of all those with the same bytes or the same
 * Message-ID and date.  The table is SQLite's temporary one: on disk, so
 * that a million messages cost no memory, and gone with the run.
 */
#ifndef TRANSFORM_DOUBLES_H
#define TRANSFORM_DOUBLES_H

#include "core/buf.h"
#include "formats/ledger.h"

struct doubles;

/* 'l' is borrowed until doubles_free(); it may be open for reading only. */
int doubles_new(struct doubles **t_r, struct ledger *l, struct err *err);
void doubles_free(struct doubles **t);

/* "<id> date", the mark of a message that has both: by its header; false if
 * it has not. */
bool doubles_mark(struct buf *mark, const char *message_id, struct slice head);

/*
 * Is 'key' the first message that rule 'rule' sees with this 'mark' in this
 * 'folder' (0: anywhere)?  Returns 1 if so; 0 with the first one's key in
 * *first_r, valid until the next call; or -1 with SCOPE_RUN.
 */
int doubles_first(struct doubles *t, size_t rule, int64_t folder,
    struct slice mark, const char *key, const char **first_r, struct err *err);

#endif
