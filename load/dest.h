/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The destination as a stage sees it: the session with its reconnects, the
 * namespace (RFC 2342), the folders listed there, which destination of the
 * ledger it is, and the patience we have with it.
 *
 *	dest_init -> dest_connect -> dest_identify
 *	  -> { work; on a lost session dest_reconnect }* -> dest_free
 */
#ifndef LOAD_DEST_H
#define LOAD_DEST_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/report.h"
#include "formats/ledger.h"
#include "formats/spool.h"
#include "load/names.h"
#include "load/tree.h"
#include "wire/account.h"

struct dest {
	struct account *account;
	struct spool *spool;
	struct ledger *ledger;
	struct report *report;
	struct imap *im; /* NULL: not connected */
	int64_t id;	 /* the ledger's; 0: it has none, and we may not add */
	bool rewrites;	 /* known to change messages beyond recognition */
	struct names names;
	struct tree tree;

	bool asks_ahead; /* quota, and what a new destination is told by */

	/* dest.c's own */
	uint32_t inbox_tag; /* the STATUS of INBOX, asked ahead; 0: not */
	char *prefix;
	uint64_t max_wait_ms, waited_ms;
	int64_t opened_ms;    /* how long connecting took */
	int64_t pause_end_ms; /* of conn_now_ms(): nothing new till then */
	unsigned failures;    /* sessions lost in a row without progress */
};

/* 'max_wait_s': for the whole run. */
void dest_init(struct dest *d, struct account *account, struct spool *sp,
    struct report *r, uint64_t max_wait_s);
void dest_free(struct dest *d);

/*
 * Connect, log in; NAMESPACE, LIST and what is to be asked ahead are one
 * round trip.  What the server says will pass (BYE,
 * [UNAVAILABLE], [LIMIT], throttled ...) is waited for, and so is a connection
 * that is lost or refused once it has greeted us.  -1 with SCOPE_RUN: a
 * password, a certificate, a host or a port that is wrong, at once; max_wait
 * is used up.
 */
int dest_connect(struct dest *d, struct err *err);

/*
 * The session was lost ('*err' says how).  Try again, with growing pauses,
 * a bounded number of times without dest_progress() between.  0, or -1 with
 * SCOPE_RUN, EX_TEMPFAIL: given up.  An error that no waiting will mend
 * (err->retry is not set and the session lives) is handed back at once.
 */
int dest_reconnect(struct dest *d, struct err *err);
/* Something was achieved: the next loss counts as the first. */
void dest_progress(struct dest *d);

/* Wait, and say why in the progress line.  -1 with SCOPE_RUN, EX_TEMPFAIL
 * when the run has waited max_wait in all, or a stop was asked for. */
int dest_wait(struct dest *d, uint64_t ms, const char *why, struct err *err);

/*
 * The same without waiting: whoever sends looks at dest_paused() before.  The
 * pauses that several connections are asked for at the same time are one.
 */
int dest_pause(struct dest *d, uint64_t ms, const char *why, struct err *err);
/* How long it goes on, in milliseconds; 0: there is none. */
uint64_t dest_paused(const struct dest *d);
/* Is there patience for 'ms' more?  Counts them as waited, or -1. */
int dest_charge(struct dest *d, uint64_t ms, const char *why, struct err *err);
/* Is this an end of the session that a new session may mend? */
bool dest_is_mendable(const struct err *err);

/*
 * Find out which destination of the ledger this is: by the account's label,
 * else by the UIDVALIDITY of the folders that a destination of the same user
 * is known to have.  With 'lock' a new one is added where there is none, and
 * it is ours until the spool is closed (EX_TEMPFAIL: another load has it).
 */
int dest_identify(struct dest *d, bool lock, struct err *err);

#endif
