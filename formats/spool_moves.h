/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Moved at the source: a message is gone there, and a new one with the same
 * bytes is in another place.  Most sources call it by another key then.  So
 * that stages behind know it for the same message, the old key and the new
 * one are written down (table 'renamed', docs/spool.md), and the old copy
 * leaves the spool.
 *
 * While an extraction is under way nobody can tell what is gone from what was
 * moved: between the first mark and the end of a run that saw the whole
 * source, the spool is "unsettled" (in meta).  All errors are SCOPE_RUN.
 */
#ifndef FORMATS_SPOOL_MOVES_H
#define FORMATS_SPOOL_MOVES_H

#include "formats/spool.h"

/* The fate "vanished" of one that was taken out of the spool for it. */
#define SPOOL_GONE_WHY "gone at the source"

/* Is it marked as gone at its source? */
bool spool_is_gone(const struct spool_entry *e);

/* Have messages been marked as gone, and no run has come to its end since? */
bool spool_is_unsettled(struct spool *sp);
/* So it is, or is no more; part of the batch. */
int spool_set_unsettled(struct spool *sp, bool yes, struct err *err);

/*
 * A stage that was killed may have stored a message in its new place, and not
 * said yet that it is the one from the old place.  So a stage that brings
 * messages says so before the first one, on disk when spool_fill_begin()
 * returns, and takes it back when it has come to its end (part of the batch).
 * spool_filling(): rows of 'message' behind this one came since; 0: none is
 * at work, or was killed.
 */
int64_t spool_filling(struct spool *sp);
int spool_fill_begin(struct spool *sp, struct err *err);
int spool_fill_end(struct spool *sp, struct err *err);

/*
 * Pair what is gone with what is new since the last time: same bytes, one to
 * one, in the order they were stored.  Flushes.  'whole': the source was seen
 * as a whole, so what is gone is gone, and what comes later is new.
 * *moved_r: how many pairs.
 */
int spool_moves_settle(struct spool *sp, bool whole, uint64_t *moved_r,
    struct err *err);

/* The message that was called 'old' is 'key' now.  Only noted. */
int spool_note_renamed(struct spool *sp, const char *old, const char *key,
    const char *folder, int64_t when, struct err *err);

/* Walk what was noted, oldest first: start with *row = 0.  Strings live until
 * the next call.  1, 0, -1. */
struct spool_renamed {
	const char *old, *key, *folder;
	int64_t when;
};
int spool_renamed_next(struct spool *sp, int64_t *row,
    struct spool_renamed *r_r, struct err *err);
/* The last name before 'key': 1, 0 it had none, -1. */
int spool_renamed_from(struct spool *sp, const char *key,
    struct spool_renamed *r_r, struct err *err);

#endif
