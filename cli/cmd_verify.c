/* SPDX-License-Identifier: GPL-3.0-or-later */
/* postroad verify SPOOL [DEST], verify --against READER FILE SPOOL */
#include <string.h>

#include "cli/cmd.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/verified.h"
#include "core/text.h"
#include "extract/compare.h"
#include "formats/spool_check.h"
#include "load/load.h"
#include "load/verify/verify.h"
#include "wire/secret.h"

#define MOST_CONNECTIONS 4

struct options {
	bool strict, deep, repair, dry_run, history;
	const char *into, *against, *codepage;
	uint64_t max_wait_s, connections;
};

static const struct opt options[] = {
	{ "strict", 0, OPT_FLAG, NULL,
	    "exit 1 for differences that do no harm, too",
	    OPT_AT(struct options, strict) },
	{ "deep", 0, OPT_FLAG, NULL,
	    "fetch every message and compare its bytes",
	    OPT_AT(struct options, deep) },
	{ "repair", 0, OPT_FLAG, NULL,
	    "load again what is missing, and verify once more",
	    OPT_AT(struct options, repair) },
	{ "dry-run", 'n', OPT_FLAG, NULL,
	    "of a repair: say what would be loaded, change nothing",
	    OPT_AT(struct options, dry_run) },
	{ "against", 0, OPT_STR, "READER",
	    "read FILE with libpst, too: FILE SPOOL are the operands",
	    OPT_AT(struct options, against) },
	{ "codepage", 0, OPT_STR, "NAME", "as it was given to extract",
	    OPT_AT(struct options, codepage) },
	{ "history", 0, OPT_FLAG, NULL,
	    "show what verifications of this spool have found so far",
	    OPT_AT(struct options, history) },
	{ "connections", 0, OPT_NUM, "N",
	    "read messages over so many at once (up to 4)",
	    OPT_AT(struct options, connections) },
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
	if (rc == 0)
		rc = verified_note(sp, r, err);
	spool_close(&sp);
	(void)o;
	return rc;
}

static int
verify_dest(const char *dir, struct account *a, const struct options *o,
    struct report *r, struct err *err)
{
	struct verify_options vo = { .spool = dir,
		.account = a,
		.into = o->into,
		.deep = o->deep,
		.strict = o->strict,
		.repair = o->repair,
		.connections = (unsigned)o->connections,
		.max_wait_s = o->max_wait_s };

	return verify_dest_run(&vo, r, err);
}

/* What was missing is loaded; *missing_r and *loaded_r: how many. */
static int
load_missing(const char *dir, struct account *a, const struct options *o,
    uint64_t *loaded_r, struct err *err)
{
	struct load_options lo = { .spool = dir,
		.account = a,
		.into = o->into,
		.max_wait_s = o->max_wait_s };
	struct report *r = report_new(STAGE_LOAD);
	int rc = load_run(&lo, r, err);

	*loaded_r = report_fates(r, FATE_LOADED);
	report_free(&r);
	return rc;
}

/* Verify, load what is missing, verify once more: '*r' is of the last one. */
static int
repair_dest(const struct common *co, char **args, struct account *a,
    struct options *o, struct report **r, struct err *err)
{
	uint64_t missing, loaded = 0;
	char one[80], two[80];
	struct js *done;

	o->repair = !o->dry_run;
	if (verify_dest(args[0], a, o, *r, err) < 0)
		return -1;
	missing = report_fates(*r, FATE_LOST);
	if (o->dry_run)
		report_note(*r, "--repair would load %llu that are missing",
		    (unsigned long long)missing);
	if (o->dry_run || missing == 0)
		return 0;
	if (load_missing(args[0], a, o, &loaded, err) < 0)
		return -1;
	progress_end();
	report_free(r);
	*r = report_new(STAGE_VERIFY);
	progress_begin(co, *r, "verifying");
	done = js_obj();
	js_set_int(done, "missing", (int64_t)missing);
	js_set_int(done, "loaded", (int64_t)loaded);
	report_set(*r, "repaired", done);
	report_note(*r, "%s missing, %s loaded again",
	    text_number(one, missing, "message was", "messages were"),
	    text_number(two, loaded, "was", "were"));
	o->repair = false;
	return verify_dest(args[0], a, o, *r, err);
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
	if (o.connections > MOST_CONNECTIONS) {
		err_set(&err, SCOPE_RUN, EX_USAGE, "--connections: at most %d",
		    MOST_CONNECTIONS);
		return cmd_fail(&co, &err);
	}
	if (o.history && argc - at != 1) {
		err_set(&err, SCOPE_RUN, EX_USAGE, "--history: wants SPOOL");
		return cmd_fail(&co, &err);
	}
	if (o.history)
		return verified_print(argv[at], co.json, &err) < 0
		    ? cmd_fail(&co, &err)
		    : cmd_flush(0);
	secret_harden_process();
	r = report_new(STAGE_VERIFY);
	progress_begin(&co, r, "verifying");
	if (o.against != NULL)
		rc = verify_readers(argv + at, &o, argc - at, r, &err);
	else if (argc - at == 2 &&
	    connect_check_dest(&account, argv[at + 1], &err) < 0)
		rc = -1;
	else if (argc - at == 2 && o.repair)
		rc = repair_dest(&co, argv + at, &account, &o, &r, &err);
	else if (o.repair || o.dry_run)
		rc = err_set(&err, SCOPE_RUN, EX_USAGE,
		    "--%s: wants SPOOL and DEST%s",
		    o.repair ? "repair" : "dry-run",
		    o.repair ? "" : ", and --repair");
	else if (argc - at == 2)
		rc = verify_dest(argv[at], &account, &o, r, &err);
	else
		rc = verify_spool(argv[at], &o, r, &err);
	connect_end(&account, r);
	return cmd_finish(&co, &r, rc < 0 ? &err : NULL);
}

const struct cmd cmd_verify = {
	.name = "verify",
	.operands = "SPOOL [DEST] | --against libpst FILE.pst SPOOL",
	.summary = "Prove that a spool is sound, or that a mailbox has it all",
	.tables = { options, connect_options, common_options },
	.run = run,
};
