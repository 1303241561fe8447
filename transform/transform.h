/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The transform stage: what spool IN holds, through rules, into spool OUT.
 *
 * OUT follows IN and the rules.  A message that stays is a hard link to the
 * same file, under the same name; nothing parses or rewrites it, but where
 * fixes are wanted (transform/fixer.h): what needs one is a file of its own,
 * with both hashes.  Run again,
 * only the difference is done: new messages are linked; messages that rules
 * now exclude are removed, renamed folders' messages moved, flags that
 * changed in IN carried over (flags changed in OUT alone stay).  Folders
 * that an earlier run made and that now have no place are removed once they
 * are empty.  A message that is gone from IN stays in OUT: an extraction may
 * bring it back, and nobody asked for it to be deleted.
 *
 * Items that are no mail come along, by hard link, too; those of a folder that
 * a rule excludes as a whole stay behind.
 *
 * Interrupted or killed at any instant and run again, the end is the same.
 * Memory: one small record a folder.
 */
#ifndef TRANSFORM_TRANSFORM_H
#define TRANSFORM_TRANSFORM_H

#include "core/report.h"
#include "transform/fixer.h"
#include "transform/rules.h"

struct transform_options {
	const char *in, *out;
	struct rules *rules;
	const struct names_fix *fix; /* NULL: names stay as the rules have
				      * them */
	bool merge;	    /* cleaned names that become equal: one folder */
	bool dry_run;	    /* write nothing; OUT need not exist */
	unsigned flags;	    /* SPOOL_FORCE */
	struct fixes fixes; /* of messages; zeroed: none */
	const char *detail; /* what runs, without secrets, for the ledger */
};

/* What became of one folder of IN. */
struct transform_folder {
	const char *from; /* spool path in IN */
	const char *to;	  /* in OUT; NULL: it has no place there */
	const char *rule; /* what excludes it all, or renamed it last; NULL */
	bool suffixed;	  /* its cleaned name was taken: " (2)" */
	uint64_t messages, kept;
};

struct transform_rule {
	const char *label;
	bool renames;
	uint64_t hits; /* folders renamed, or messages left out */
};

/* The plan, filled in by a real run too; strings live until it is freed. */
struct transform_plan {
	struct transform_folder *folder;
	size_t nfolder;
	struct transform_rule *rule;
	size_t nrule;
	struct arena *strings;
};
void transform_plan_free(struct transform_plan *p);

/*
 * Run the stage, counting in 'r' (STAGE_TRANSFORM; its folders are IN's) and
 * telling in *plan_r what went where, both also when it fails.  Counters:
 * moved, removed, flags_changed, lost_in_source, folders_removed,
 * fixed, fixed_KIND, not_fixed, restored.  -1 with
 * SCOPE_RUN: EX_USAGE (one directory for both, another source), EX_NOINPUT,
 * EX_TEMPFAIL (OUT in use, interrupted), and what spools can fail with.
 */
int transform_run(const struct transform_options *o, struct report *r,
    struct transform_plan *plan_r, struct err *err);

#endif
