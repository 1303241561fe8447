/* SPDX-License-Identifier: GPL-3.0-or-later */
/* postroad merge SPOOL... OUT */
#include "cli/cmd.h"
#include "cli/commands.h"
#include "formats/spool.h"
#include "transform/merge.h"

#define SPOOLS_MAX 1000

struct options {
	const char *duplicates;
	bool dry_run, force;
};

static const struct opt options[] = {
	{ "duplicates", 0, OPT_STR, "RULE",
	    "'message-id' (default: the same bytes, else Message-ID and "
	    "date), 'bytes', or 'keep'",
	    OPT_AT(struct options, duplicates) },
	{ "dry-run", 0, OPT_FLAG, NULL, "say what would be done, write nothing",
	    OPT_AT(struct options, dry_run) },
	{ "force", 0, OPT_FLAG, NULL,
	    "write the spool on a network file system all the same",
	    OPT_AT(struct options, force) },
	{ 0 },
};

/* in the order of enum merge_rule */
static const char *const rules[] = { "message-id", "bytes", "keep", NULL };

static int
run(const struct cmd *cmd, int argc, char **argv)
{
	struct options o = { 0 };
	struct common co = { 0 };
	void *into[OPT_TABLES] = { &o, &co };
	struct merge_options mo = { 0 };
	struct err err = { 0 };
	struct report *r;
	int at, rule, rc;

	at = options_parse(cmd, into, argc, argv, 3, SPOOLS_MAX, &err);
	if (at < 0 || common_begin(&co, &err) < 0 ||
	    (rule = options_word("duplicates", o.duplicates, rules, &err)) <
		0) {
		options_free(cmd, into);
		return cmd_fail(&co, &err);
	}
	mo.rule = (enum merge_rule)rule;
	mo.in = (const char *const *)(argv + at);
	mo.nin = (size_t)(argc - at) - 1;
	mo.out = argv[argc - 1];
	mo.dry_run = o.dry_run;
	mo.flags = o.force ? SPOOL_FORCE : 0;
	r = report_new(STAGE_MERGE);
	report_set(r, "dry_run", js_bool(o.dry_run));
	progress_begin(&co, r, "merging");
	rc = merge_run(&mo, r, &err);
	options_free(cmd, into);
	return cmd_finish(&co, &r, rc < 0 ? &err : NULL);
}

const struct cmd cmd_merge = {
	.name = "merge",
	.operands = "SPOOL... OUT",
	.summary = "Make one spool out of several, each message once",
	.text = "For what one user has in two places: a PST and the Inbox "
		"that POP3 shows.  The\nfirst spool that has a message gives "
		"it (POP3's come last, whatever the order);\nfurther copies "
		"are duplicates, each named in OUT's ledger ('postroad "
		"why').\nFiles are hard links.  Run again, only the "
		"difference is done.",
	.tables = { options, common_options },
	.run = run,
};
