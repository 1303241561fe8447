/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was counted once and cannot have changed since: a folder of the spool
 * whose messages up to some row are all delivered is sealed at that row, with
 * its sums, so that a run on a finished mailbox counts only what came behind.
 *
 * A seal cannot be wrong: triggers in spool.db break it when a message below
 * it is moved, removed or numbered anew, and all of a destination's when one
 * of its deliveries is no longer what it was, whoever does that.  Without
 * the table (an older spool that is only read) nothing is sealed.
 *
 * For formats/delivery.c and the load stage.  0 or -1 with SCOPE_RUN.
 */
#ifndef FORMATS_DELIVERY_SEAL_H
#define FORMATS_DELIVERY_SEAL_H

#include <stdint.h>

#include "core/err.h"
#include "formats/delivery.h"

/* What the seal of this folder says, if it has one: s_r->sealed is the last
 * row that it covers, else all is 0. */
int delivery_seal_get(struct ledger *l, int64_t dest, int64_t spool_folder,
    int64_t folder, struct delivery_sums *s_r, struct err *err);

/* Seal the folder if nothing is left to do in it.  Part of the open
 * transaction. */
int delivery_seal_put(struct ledger *l, int64_t dest, int64_t spool_folder,
    int64_t folder, struct err *err);

#endif
