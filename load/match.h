/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which message at the destination is which of the spool's?  Works on the
 * tables of load/there.h, in rounds, each pairing one to one what the rounds
 * before left over:
 *
 *  1. same size, INTERNALDATE and Message-ID.  Where several messages of the
 *     spool with different bytes have all three in common, and where there is
 *     no Message-ID, the bytes decide.
 *  2. the same bytes (SHA-256): of those that share the Message-ID, or the
 *     size and the date, or have no Message-ID and about the size, the bytes
 *     are fetched.
 *  3. the same but for what servers are known to rewrite (load/likeness.h).
 *  4. only where asked for (MATCH_WEAK or MATCH_OURS): same Message-ID and
 *     date.
 *  5. only with both: same Message-ID.
 *
 * Identical twins are paired in their order.
 */
#ifndef LOAD_MATCH_H
#define LOAD_MATCH_H

#include <stdint.h>

#include "core/err.h"
#include "load/dest.h"
#include "load/likeness.h"

/* What a pair rests on; in pair.how. */
enum match_how {
	MATCH_UID = 0, /* the ledger's word */
	MATCH_FACTS = 1,
	MATCH_BYTES = 2,
	MATCH_REWRITTEN = 3,
	MATCH_ID_DATE = 4,
	MATCH_ID = 5
};

enum {
	MATCH_WEAK = 1, /* the server rewrites beyond recognition */
	MATCH_OURS = 2	/* all wants are intents of ours, all uids above */
};

/*
 * Put into want: the messages of this spool folder that are not delivered
 * (match_want_folder); the messages with an intent for this folder there, or
 * delivered into it without a UID (match_want_intents).  Both may be called.
 * The number of rows in want, or -1.
 */
int64_t match_want_folder(struct dest *d, int64_t spool_folder,
    struct err *err);
/* Likewise of all folders of the spool that go to this one there. */
int64_t match_want_mapped(struct dest *d, int64_t folder, struct err *err);
int64_t match_want_intents(struct dest *d, int64_t folder, struct err *err);
/* Deliveries into this folder whose UIDVALIDITY has changed meanwhile. */
int64_t match_want_unknown(struct dest *d, int64_t folder, struct err *err);

/* Deliveries into this folder whose UID is known. */
int64_t match_want_delivered(struct dest *d, int64_t folder, struct err *err);

/* Take those out of there that a delivery is bound to already. */
int match_drop_bound(struct dest *d, int64_t folder, struct err *err);

/* Pair want and there (the rows of 'folder', which is selected).  Returns 0,
 * or -1 as imap_uid_fetch(). */
int match_run(struct dest *d, int64_t folder, unsigned flags, struct err *err);

/* The likeness of a message of the spool: 1, 0 it cannot be read, -1. */
int match_likeness_of(struct spool *sp, const char *key, struct likeness *l,
    struct err *err);

#endif
