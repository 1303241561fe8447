/* SPDX-License-Identifier: GPL-3.0-or-later */
/* postroad load SPOOL DEST */
#include <stdio.h>

#include "cli/cmd.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/stages.h"
#include "formats/spool.h"
#include "load/foldermap.h"
#include "load/verify/verify.h"
#include "wire/secret.h"

#define MOST_CONNECTIONS 32

const struct opt stage_load_options[] = {
	{ "existing", 0, OPT_STR, "HOW",
	    "match (default): look first at what a new folder holds, or "
	    "ignore",
	    OPT_AT(struct stage_load, existing) },
	{ "into", 0, OPT_STR, "FOLDER", "put everything below this folder",
	    OPT_AT(struct stage_load, into) },
	{ "folder-map", 0, OPT_LIST, "FROM=TO",
	    "folders that go elsewhere; or a FILE of such lines",
	    OPT_AT(struct stage_load, folder_map) },
	{ "same-names", 0, OPT_STR, "HOW",
	    "names that are one there: apart (default, by a number) or merge",
	    OPT_AT(struct stage_load, same_names) },
	{ "dry-run", 'n', OPT_FLAG, NULL,
	    "say what would be done, change nothing",
	    OPT_AT(struct stage_load, dry_run) },
	{ "max-wait", 0, OPT_NUM, "SECONDS",
	    "patience with a busy server, in all (600)",
	    OPT_AT(struct stage_load, max_wait_s) },
	{ "dest-profile", 0, OPT_STR, "NAME",
	    "its limits are those of NAME: microsoft, google, ... generic",
	    OPT_AT(struct stage_load, dest_profile) },
	{ "connections", 0, OPT_NUM, "N",
	    "so many connections at most, each with a folder of its own",
	    OPT_AT(struct stage_load, connections) },
	{ "limit-messages", 0, OPT_NUM, "N",
	    "send so many messages in this run at most",
	    OPT_AT(struct stage_load, limit_messages) },
	{ "daily-budget", 0, OPT_SIZE, "BYTES",
	    "send so many bytes a day at most, over all runs",
	    OPT_AT(struct stage_load, daily_budget) },
	{ "restore-deleted", 0, OPT_FLAG, NULL,
	    "send again what was deleted at the destination since",
	    OPT_AT(struct stage_load, restore) },
	{ "sync-flags", 0, OPT_FLAG, NULL,
	    "flags that changed at the source since go there, too",
	    OPT_AT(struct stage_load, sync_flags) },
	{ "mirror", 0, OPT_FLAG, NULL,
	    "remove there what is gone at the source and was left untouched",
	    OPT_AT(struct stage_load, mirror) },
	{ "mirror-limit", 0, OPT_NUM, "PERCENT",
	    "remove so much of what was delivered at most (50)",
	    OPT_AT(struct stage_load, mirror_limit) },
	{ "window", 0, OPT_STR, "FROM-TO",
	    "send at these hours only, like 22:00-06:00",
	    OPT_AT(struct stage_load, window) },
	{ "force", 0, OPT_FLAG, NULL,
	    "use a spool on a network file system all the same",
	    OPT_AT(struct stage_load, force) },
	{ 0 },
};

static int
check_options(const struct stage_load *o, struct err *err)
{
	struct foldermap *map;
	unsigned opens, closes;

	if (o->into != NULL && *o->into == '\0')
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "--into wants the name of a folder");
	if (foldermap_new(&map, o->folder_map.v, o->folder_map.n, err) < 0)
		return -1;
	foldermap_free(&map);
	if (o->window != NULL &&
	    load_window_parse(o->window, &opens, &closes, err) < 0)
		return err_within(err, "--window");
	if (o->connections > MOST_CONNECTIONS)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "--connections: at most %d", MOST_CONNECTIONS);
	if (o->mirror_limit > 100)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "--mirror-limit: a percentage, 1 to 100");
	if (o->max_wait_s > 30 * 86400)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "--max-wait: at most 30 days");
	return 0;
}

/* What was delivered and is not there any more counts as not delivered. */
static int
take_back(const struct load_options *lo, struct err *err)
{
	struct verify_options vo = { .spool = lo->spool,
		.account = lo->account,
		.into = lo->into,
		.repair = true,
		.max_wait_s = lo->max_wait_s,
		.spool_flags = lo->spool_flags };
	struct report *r = report_new(STAGE_VERIFY);
	int rc = verify_dest_run(&vo, r, err);

	report_free(&r);
	return rc;
}

int
stage_load_settle(struct stage_load *s, const char *spool, struct err *err)
{
	static const char *const existing[] = { "match", "ignore", NULL };
	static const char *const same[] = { "apart", "merge", NULL };
	int ignore = options_word("existing", s->existing, existing, err);
	int merge;

	if (ignore < 0 ||
	    (merge = options_word("same-names", s->same_names, same, err)) <
		0 ||
	    check_options(s, err) < 0)
		return -1;
	s->lo = (struct load_options){ .spool = spool,
		.into = s->into,
		.folder_map = s->folder_map.v,
		.n_folder_map = s->folder_map.n,
		.merge_same = merge == 1,
		.ignore_existing = ignore == 1,
		.dry_run = s->dry_run,
		.max_wait_s = s->max_wait_s,
		.dest_profile = s->dest_profile,
		.connections = (unsigned)s->connections,
		.limit_messages = s->limit_messages,
		.daily_budget = s->daily_budget,
		.window = s->window,
		.sync_flags = s->sync_flags,
		.mirror = s->mirror,
		.mirror_limit = s->mirror_limit == 0
		    ? LOAD_MIRROR_LIMIT
		    : (unsigned)s->mirror_limit,
		.spool_flags = s->force ? SPOOL_FORCE : 0 };
	return 0;
}

int
stage_load_check(struct stage_load *s, struct account *a, const char *spool,
    const char *dest, struct err *err)
{
	if (stage_load_settle(s, spool, err) < 0 ||
	    connect_check_dest(a, dest, err) < 0)
		return -1;
	secret_harden_process();
	s->lo.account = a;
	return 0;
}

int
stage_load_run(struct stage_load *s, struct report *r, struct err *err)
{
	if (s->restore && !s->dry_run && take_back(&s->lo, err) < 0)
		return -1;
	return load_run(&s->lo, r, err);
}

static int
run(const struct cmd *cmd, int argc, char **argv)
{
	struct stage_load s = { .max_wait_s = LOAD_MAX_WAIT_S };
	struct common co = { 0 };
	struct account account = { 0 };
	void *into[OPT_TABLES] = { &s, &account, &co };
	struct err err = { 0 };
	struct report *r;
	int at, rc;

	at = options_parse(cmd, into, argc, argv, 2, 2, &err);
	if (at < 0 || common_begin(&co, &err) < 0 ||
	    stage_load_check(&s, &account, argv[at], argv[at + 1], &err) < 0)
		return cmd_fail(&co, &err);
	r = report_new(STAGE_LOAD);
	progress_begin(&co, r, s.dry_run ? "planning" : "loading");
	rc = stage_load_run(&s, r, &err);
	connect_end(&account, r);
	if (s.dry_run) {
		report_set(r, "dry_run", js_bool(true));
		if (!co.json && rc == 0) {
			progress_end();
			printf("Nothing was sent.  This run would do:\n");
		}
	}
	return cmd_finish(&co, &r, rc < 0 ? &err : NULL);
}

const struct cmd cmd_load = {
	.name = "load",
	.operands = "SPOOL DEST",
	.summary = "Append what a mailbox does not have yet",
	.text = "DEST is imaps://USER@HOST/ (TLS) or imap://USER@HOST/ "
		"(STARTTLS).  Every message\narrives once, also when runs "
		"are killed or cut off; a second run sends nothing.",
	.tables = { stage_load_options, connect_options, common_options },
	.run = run,
};
