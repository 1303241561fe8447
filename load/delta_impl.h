/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of the delta share; for them only.
 *
 *	delta.c		the order of things; keys that are others now
 *	delta_hold.c	what may be one that was moved waits
 *	delta_look.c	is it as we left it?
 *	delta_move.c	from folder to folder
 *	delta_mirror.c	what is gone at the source; copies too many
 *	delta_flags.c	flags and keywords
 *
 * They work on a temporary table beside the ledger's, delta: messages there,
 * by folder (of destination_folder) and UID, with what they were told, and a
 * verdict once they have been looked at.
 */
#ifndef LOAD_DELTA_IMPL_H
#define LOAD_DELTA_IMPL_H

#include "load/delta.h"

enum delta_verdict { /* in temp.delta */
	DELTA_NOT_SEEN = 0,
	DELTA_AS_LEFT = 1,
	DELTA_TOUCHED = 2
};

/* ---- delta.c */
/* Before rows of 'delivery' are changed: load_begin(), but in a dry run a copy
 * of them hides the ledger's, so that it counts as the run would. */
int delta_begin_change(struct load *l, struct err *err);

/* ---- delta_look.c */
/* Make the table, or empty it. */
int delta_begin(struct load *l, struct err *err);
/*
 * Select the folder (EXAMINE in a dry run) and judge its rows of temp.delta.
 * *df_r: the folder; strings in 'a'.  1; 0: it cannot be used (said), -1.
 */
int delta_look(struct load *l, int64_t folder, struct delivery_folder *df_r,
    struct arena *a, struct err *err);
/* The next UIDs of the folder with this verdict behind *last.  How many, 0 at
 * the end, -1. */
int delta_next_set(struct load *l, int64_t folder, enum delta_verdict v,
    uint32_t *last, struct imap_set *set, struct err *err);
/* The folders in the table, likewise: 1, 0, -1. */
int delta_next_folder(struct load *l, int64_t *folder, struct err *err);
/* Name every row of the folder with this verdict: a warning with 'fmt', which
 * has two %s: the folder's name there, its UID. */
int delta_tell(struct load *l, const struct delivery_folder *df,
    enum delta_verdict v, const char *before, const char *behind,
    struct err *err);
/* In a dry run: what would be done with the rows that are as we left them,
 * *n_r of them, which the report counts.  Many are not all named. */
int delta_tell_dry(struct load *l, const struct delivery_folder *df,
    const char *what, const char *counter, uint64_t *n_r, struct err *err);
/* A wire name for people. */
const char *delta_show(struct arena *a, const char *name);

/* ---- delta_move.c */
/* Moves of runs that died: done or not? */
int delta_move_resolve(struct load *l, struct err *err);
int delta_move_all(struct load *l, bool *changed, struct err *err);

/* ---- delta_mirror.c */
/* Removals of runs that died: done or not? */
int delta_mirror_resolve(struct load *l, bool *changed, struct err *err);
int delta_mirror_all(struct load *l, bool *changed, struct err *err);
int delta_stale_all(struct load *l, struct err *err);

/* ---- delta_flags.c */
int delta_flags_all(struct load *l, bool sync, struct err *err);
/* Only what is owed. */
int delta_flags_owed(struct load *l, struct err *err);

#endif
