/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The merge: several spools into one, OUT, by hard link.  A user's PST and
 * the Inbox that POP3 shows, two accounts of one person.
 *
 * A message that an earlier spool has already (by its bytes, else by
 * Message-ID and Date) is a duplicate: counted, named in OUT's ledger with
 * the one that stays.  Copies within one spool are not looked at: whoever
 * filed a message twice keeps it twice.  Spools count in the order given, but
 * POP3's come last: what they have was given no folder and no flags.  What
 * OUT has already stays the first copy, whichever spool comes first: it may
 * have been loaded.
 *
 * A message's key in OUT is its own and a mark of its source, so that no two
 * sources' keys can be the same; its source field says which spool it came
 * from.  OUT is bound to the set of sources: with another set it is another
 * spool.  Spools of the same source (copies of a PST that went ways of their
 * own) are told apart by where they lie: they must stay there.  Items
 * (contacts ...) come along, those with the same bytes once.
 *
 * Run again, only the difference is done; killed at any instant and run
 * again, the end is the same.  A message that is gone from its spool stays
 * in OUT.
 */
#ifndef TRANSFORM_MERGE_H
#define TRANSFORM_MERGE_H

#include "core/report.h"

enum merge_rule {
	MERGE_MESSAGE_ID, /* by bytes, else Message-ID and Date */
	MERGE_BYTES,	  /* by bytes */
	MERGE_NONE	  /* no duplicates: everything is kept */
};

struct merge_options {
	const char *const *in; /* two or more */
	size_t nin;
	const char *out;
	enum merge_rule rule;
	bool dry_run;	/* write nothing; OUT need not exist */
	unsigned flags; /* SPOOL_FORCE */
};

/*
 * Run it, counting in 'r' (STAGE_MERGE; folders are OUT's), with what
 * each spool gave in spools[].  -1 with
 * SCOPE_RUN: EX_USAGE (a spool twice, one inside the other, another set of
 * sources), EX_NOINPUT, EX_TEMPFAIL, and what spools can fail with.
 */
int merge_run(const struct merge_options *o, struct report *r, struct err *err);

#endif
