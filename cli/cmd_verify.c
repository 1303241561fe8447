/* SPDX-License-Identifier: GPL-3.0-or-later */
/* postroad verify SPOOL [DEST] */
#include "cli/cmd.h"
#include "cli/commands.h"
#include "formats/spool_check.h"

struct options {
	bool strict;
};

static const struct opt options[] = {
	{ "strict", 0, OPT_FLAG, NULL,
	    "exit 1 for differences that do no harm, too",
	    OPT_AT(struct options, strict) },
	{ 0 }
};

static int
verify_spool(const char *dir, const struct options *o, struct report *r,
    struct err *err)
{
	struct spool *sp;
	int rc;

	if (spool_open(&sp, dir, SPOOL_READ, 0, err) < 0)
		return -1;
	rc = spool_check(sp, r, err);
	spool_close(&sp);
	(void)o;
	return rc;
}

static int
run(const struct cmd *cmd, int argc, char **argv)
{
	struct options o = { 0 };
	struct common co = { 0 };
	void *into[OPT_TABLES] = { &o, &co };
	struct err err = { 0 };
	struct report *r;
	int at, rc;

	at = options_parse(cmd, into, argc, argv, 1, 1, &err);
	if (at < 0 || common_begin(&co, &err) < 0)
		return cmd_fail(&co, &err);
	r = report_new(STAGE_VERIFY);
	progress_begin(&co, r, "verifying");
	rc = verify_spool(argv[at], &o, r, &err);
	return cmd_finish(&co, &r, rc < 0 ? &err : NULL);
}

const struct cmd cmd_verify = {
	.name = "verify",
	.operands = "SPOOL",
	.summary = "Prove that a spool is what its ledger says",
	.tables = { options, common_options },
	.run = run,
};
