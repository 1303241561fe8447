/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Between two runs days go by.  What changed at the source since, or in the
 * rules, is done again at the destination, with what is there already:
 *
 *	moved		a message lies in another folder of the spool now, or
 *			was moved at the source (formats/spool_moves.h): it is
 *			moved there, too
 *	flags		--sync-flags: what changed since it was last told
 *	mirrored	--mirror: what is gone at the source is removed
 *
 * Only what we delivered is touched, and only where the user left it as it
 * was: still in the folder and under the UID that we know, with the flags that
 * it was told.  All else is named and stays.  Messages are moved with UID
 * MOVE (RFC 6851), else with COPY and UID EXPUNGE (RFC 4315, 2.1); there is no
 * plain EXPUNGE.
 *
 * Crash: each act is noted before and its result after (columns moving and
 * owed, table delivery_stale); a run that died in between is made good by
 * the next one.
 *
 * Counters: moved, left_in_place (would have been moved, or removed),
 * flags_synced, flags_differ (without --sync-flags), mirrored.
 */
#ifndef LOAD_DELTA_H
#define LOAD_DELTA_H

#include "load/load_impl.h"

/* Before anything is sent; sums are counted again where that is needed.  -1:
 * SCOPE_STORE the session, SCOPE_RUN. */
int delta_run(struct load *l, struct err *err);
/* How many of this folder's messages were delivered to another one, and could
 * not be looked at, since nobody knows their UIDs.  What became of the others,
 * delta_run() has said. */
int delta_untold(struct load *l, const struct load_folder *f, uint64_t *n_r,
    struct err *err);
/* When all is sent: flags that were not to go with the messages. */
int delta_owed(struct load *l, struct err *err);
/* Is this message not to be there, since it is gone at the source?  NULL: are
 * there any such?  1, 0, -1. */
int delta_withdrawn(struct load *l, const char *key, struct err *err);
/* Which messages may be others that were moved, for all that is known yet, and
 * are not to be sent now.  Is this one of them: 1, 0, -1.  Say how many. */
int delta_hold(struct load *l, struct err *err);
int delta_is_held(struct load *l, const char *key, struct err *err);
void delta_tell_held(struct load *l);
/* Name the counters. */
void delta_name_counters(struct report *r);

#endif
