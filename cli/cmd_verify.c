/* SPDX-License-Identifier: GPL-3.0-or-later */
/* postroad verify SPOOL [DEST], verify --against READER FILE SPOOL */
#include <string.h>

#include "cli/cmd.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "extract/compare.h"
#include "formats/spool_check.h"
#include "load/load.h"
#include "load/verify.h"
#include "wire/secret.h"

struct options {
	bool strict, deep;
	const char *into, *against, *codepage;
	uint64_t max_wait_s;
};

static const struct opt options[] = {
	{ "strict", 0, OPT_FLAG, NULL,
	    "exit 1 for differences that do no harm, too",
	    OPT_AT(struct options, strict) },
	{ "deep", 0, OPT_FLAG, NULL,
	    "fetch every message and compare its bytes",
	    OPT_AT(struct options, deep) },
	{ "against", 0, OPT_STR, "READER",
	    "read FILE with libpst, too: FILE SPOOL are the operands",
	    OPT_AT(struct options, against) },
	{ "codepage", 0, OPT_STR, "NAME", "as it was given to extract",
	    OPT_AT(struct options, codepage) },
	{ "into", 0, OPT_STR, "FOLDER", "as it was given to load",
	    OPT_AT(struct options, into) },
	{ "max-wait", 0, OPT_NUM, "SECONDS",
	    "patience with a busy server, in all (600)",
	    OPT_AT(struct options, max_wait_s) },
	{ 0 },
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
verify_dest(const char *dir, const char *url, struct account *a,
    const struct options *o, struct report *r, struct err *err)
{
	struct verify_options vo = { .spool = dir,
		.account = a,
		.into = o->into,
		.deep = o->deep,
		.strict = o->strict,
		.max_wait_s = o->max_wait_s };
	int rc;

	if (connect_check_dest(a, url, err) < 0)
		return -1;
	secret_harden_process();
	rc = verify_dest_run(&vo, r, err);
	connect_end(a, r);
	return rc;
}

static int
verify_readers(char **args, const struct options *o, int n, struct report *r,
    struct err *err)
{
	struct source_spec spec = { .report = r, .codepage = o->codepage };

	if (strcmp(o->against, "libpst") != 0)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "--against: '%s' is not 'libpst'", o->against);
	if (n != 2)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "--against: wants FILE.pst and SPOOL");
	if (source_spec_parse(&spec, args[0], err) < 0)
		return -1;
	if (spec.kind != NULL && strcmp(spec.kind, "pst") != 0)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "--against: '%s' is no PST", args[0]);
	return compare_readers(&spec, args[1], "messages", r, err);
}

static int
run(const struct cmd *cmd, int argc, char **argv)
{
	struct options o = { .max_wait_s = LOAD_MAX_WAIT_S };
	struct common co = { 0 };
	struct account account = { 0 };
	void *into[OPT_TABLES] = { &o, &account, &co };
	struct err err = { 0 };
	struct report *r;
	int at, rc;

	at = options_parse(cmd, into, argc, argv, 1, 2, &err);
	if (at < 0 || common_begin(&co, &err) < 0)
		return cmd_fail(&co, &err);
	r = report_new(STAGE_VERIFY);
	progress_begin(&co, r, "verifying");
	if (o.against != NULL)
		rc = verify_readers(argv + at, &o, argc - at, r, &err);
	else if (argc - at == 2)
		rc = verify_dest(argv[at], argv[at + 1], &account, &o, r, &err);
	else
		rc = verify_spool(argv[at], &o, r, &err);
	return cmd_finish(&co, &r, rc < 0 ? &err : NULL);
}

const struct cmd cmd_verify = {
	.name = "verify",
	.operands = "SPOOL [DEST] | --against libpst FILE.pst SPOOL",
	.summary = "Prove that a spool is sound, or that a mailbox has it all",
	.tables = { options, connect_options, common_options },
	.run = run,
};
