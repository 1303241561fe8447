/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A rehearsal: the spool is loaded, by the load stage as it is, into a
 * throw-away server on loopback (wire/serve/serve.h) that refuses what a
 * provider refuses; then it is reckoned how long the real thing would take.
 *
 * Nothing remains: the server is a process of its own in a sandbox, which
 * ends with ours; what it keeps of the mail, and what the load writes into
 * its ledger, lie in files without names (SPOOL_REHEARSE).  The spool may be
 * on read-only media, and in use by others.
 */
#ifndef LOAD_REHEARSE_H
#define LOAD_REHEARSE_H

#include "core/err.h"
#include "core/report.h"
#include "load/load.h"

struct rehearse_options {
	struct load_options load; /* account, daily_budget, spool_flags: ours */
	const char *as;		  /* the provider */
	const char *providers;	  /* --providers FILE, or NULL */
	uint64_t quota;		  /* bytes that the mailbox has room for; 0 */
	uint64_t daily_budget;	  /* bytes; 0: the provider's */
	uint64_t rate;		  /* --rate, messages a second; 0 */
	uint64_t bandwidth;	  /* --bandwidth, bytes a second; 0 */
};

/* What bounds the time of sending. */
enum rehearse_bound {
	REHEARSE_UNKNOWN,   /* nothing that is known */
	REHEARSE_RATE,	    /* --rate */
	REHEARSE_BANDWIDTH, /* --bandwidth */
	REHEARSE_MESSAGES,  /* the provider's messages an hour */
	REHEARSE_BYTES	    /* the provider's bytes a second */
};

struct rehearse_result {
	char provider[64], title[120];
	uint64_t messages, bytes;  /* that would arrive */
	bool known;		   /* 'seconds' is */
	uint64_t seconds;	   /* of sending alone */
	enum rehearse_bound bound; /* of 'seconds' */
	bool by_budget;		   /* 'total_s' is more, for the days */
	uint64_t budget, days;	   /* 0: there is no daily budget */
	uint64_t total_s;	   /* from the first byte to the last; where
				* neither is known 0 */
	uint64_t connections;	   /* at most; 0: not known */
	uint64_t throttled;	   /* times the server said wait */
	uint64_t kept;		   /* messages that the server says it has */
	unsigned missing;	   /* SANDBOX_NO_..., of the server */
};

/*
 * How long so many messages and bytes take, from 'o' and 'l' (NULL: nothing
 * is known of the provider); fills in all but provider, title, throttled.
 * Pure arithmetic.
 */
void rehearse_reckon(const struct rehearse_options *o,
    const struct provider_limits *l, uint64_t messages, uint64_t bytes,
    struct rehearse_result *res);

/*
 * Rehearse.  'r' is as load_run() leaves it: "loaded" would arrive.  -1 with
 * SCOPE_RUN: EX_USAGE no such provider, EX_CONFIG its file, EX_UNAVAILABLE
 * no process; and as load_run().
 */
int rehearse_run(const struct rehearse_options *o, struct report *r,
    struct rehearse_result *res, struct err *err);

#endif
