/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The load stage: what a spool holds goes into an IMAP account, each message
 * exactly once, also when runs are killed and connections cut.  The intent
 * is in the ledger before a byte leaves, the UID after the tagged OK
 * (formats/delivery.h); an intent without a result is looked for there before
 * anything is sent again (load/match.h).
 *
 * APPEND (RFC 3501, 6.3.11) with what the server offers of MULTIAPPEND (RFC
 * 3502), LITERAL+ and LITERAL- (RFC 7888) and UIDPLUS (RFC 4315).
 *
 * Over several connections, each with a folder of its own: in path order,
 * INBOX first, and the largest first on those beside the first connection.
 * In each folder in the order the spool has, but for one thing: of a
 * MULTIAPPEND that is refused, what is left of it comes behind those (at most
 * 15) that were on their way behind it by then; and what a server
 * that throttles turns down, behind what it took all the same.
 *
 * Dates: INTERNALDATE is the spool's received date; a message of which
 * nothing is known arrives as 01-Jan-1970, never with the time of the load.
 * Flags and keywords: those that PERMANENTFLAGS allows; a keyword that is
 * not allowed is dropped, recorded and counted ("keywords_dropped").
 */
#ifndef LOAD_LOAD_H
#define LOAD_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/report.h"
#include "wire/account.h"

#define LOAD_MAX_WAIT_S	  600
#define LOAD_MIRROR_LIMIT 50 /* percent */

struct load_options {
	const char *spool;	 /* the directory */
	struct account *account; /* account_check() was called */
	const char *into;	 /* --into: a folder, '/'-joined; or NULL */
	const char *const *folder_map; /* --folder-map, each use; or NULL */
	size_t n_folder_map;
	bool merge_same;      /* --same-names merge: folders that would have the
			  * same name there are made one */
	bool ignore_existing; /* --existing ignore: do not look first at
				  * what a new folder holds */
	bool dry_run;	      /* say what would be done, change nothing:
				  * "loaded" then means "would be" */
	uint64_t max_wait_s;  /* for a busy server, in all */
	const char *dest_profile; /* --dest-profile; NULL: found out */
	uint64_t limit_messages;  /* send so many in this run; 0: all */
	const char *window;	  /* --window 22:00-06:00, local time; NULL */
	uint64_t daily_budget;	  /* bytes a day (UTC), over all runs; 0: the
				  * profile's, if it has one */
	bool unpaced;		  /* a rehearsal: neither hours, nor rates or
				   * budgets of the profile hold it up */
	unsigned connections;	  /* at most; 0: as many as are of use */
	bool sync_flags;	  /* changes of flags since the delivery, too */
	bool mirror;		  /* remove what is gone at the source */
	unsigned mirror_limit;	  /* percent of what was delivered, at most */
	unsigned spool_flags;	  /* SPOOL_FORCE */
	/*
	 * Somebody still fills the spool: asked when all that it had was
	 * done.  1: look at it again, 0: that was all, -1 with SCOPE_RUN: end.
	 * NULL: nobody does.
	 */
	int (*more)(void *arg, struct err *err);
	/* The run has failed.  Called before what is left is counted, so that
	 * what others bring meanwhile can be waited for; NULL: nobody does. */
	void (*failed)(void *more_arg, const struct err *why);
	void *more_arg;
};

/* --window: seconds of the day.  0, or -1 with EX_USAGE. */
int load_window_parse(const char *text, unsigned *opens_r, unsigned *closes_r,
    struct err *err);

/*
 * Run the stage.  Everything is counted in 'r' (STAGE_LOAD), whatever
 * happens.  Returns 0 when every folder had its turn, or -1 with SCOPE_RUN
 * when the run ended before: the rest is FATE_PENDING, and err->status says
 * why (EX_TEMPFAIL: run it again; EX_NOPERM login or certificate; ...).
 *
 * Counters in the report: folders_created, maybe_twice, keywords_dropped,
 * matched (found there by content), elsewhere (delivered, and now in another
 * folder of the spool: not sent again).
 */
int load_run(const struct load_options *o, struct report *r, struct err *err);

#endif
