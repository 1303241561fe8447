/* SPDX-License-Identifier: GPL-3.0-or-later */
/* postroad rehearse SPOOL --as PROVIDER */
#include <stdio.h>

#include "cli/cmd.h"
#include "cli/commands.h"
#include "cli/stages.h"
#include "core/sandbox.h"
#include "core/text.h"
#include "load/rehearse.h"
#include "wire/secret.h"

struct options {
	const char *as, *providers;
	uint64_t quota, daily_budget, rate, bandwidth;
	struct stage_load load; /* what load will be asked for */
};

static const struct opt options[] = {
	{ "as", 0, OPT_STR, "PROVIDER",
	    "the provider: microsoft, google, ... dovecot, cyrus, courier",
	    OPT_AT(struct options, as) },
	{ "providers", 0, OPT_STR, "FILE", "know the providers in FILE, too",
	    OPT_AT(struct options, providers) },
	{ "into", 0, OPT_STR, "FOLDER", "as it will be given to load",
	    OPT_AT(struct options, load.into) },
	{ "folder-map", 0, OPT_LIST, "FROM=TO", "as it will be given to load",
	    OPT_AT(struct options, load.folder_map) },
	{ "same-names", 0, OPT_STR, "HOW", "as it will be given to load",
	    OPT_AT(struct options, load.same_names) },
	{ "dest-profile", 0, OPT_STR, "NAME",
	    "as it will be given to load (default: the provider)",
	    OPT_AT(struct options, load.dest_profile) },
	{ "connections", 0, OPT_NUM, "N", "as it will be given to load",
	    OPT_AT(struct options, load.connections) },
	{ "quota", 0, OPT_SIZE, "BYTES", "the mailbox has room for so much",
	    OPT_AT(struct options, quota) },
	{ "rate", 0, OPT_NUM, "N",
	    "for the time: so many messages a second at most",
	    OPT_AT(struct options, rate) },
	{ "bandwidth", 0, OPT_SIZE, "BYTES",
	    "for the time: your line sends so many bytes a second",
	    OPT_AT(struct options, bandwidth) },
	{ "daily-budget", 0, OPT_SIZE, "BYTES",
	    "for the days: so much a day, not what the provider allows",
	    OPT_AT(struct options, daily_budget) },
	{ 0 },
};

/* ------------------------------------------------------------- the result */

static const char *const bounds[] = {
	[REHEARSE_UNKNOWN] = NULL,
	[REHEARSE_RATE] = "rate",
	[REHEARSE_BANDWIDTH] = "bandwidth",
	[REHEARSE_MESSAGES] = "upload_messages_per_hour",
	[REHEARSE_BYTES] = "upload_bytes_per_second",
};

/* In words, for people. */
static const char *const because[] = {
	[REHEARSE_UNKNOWN] = "",
	[REHEARSE_RATE] = "by --rate",
	[REHEARSE_BANDWIDTH] = "by --bandwidth",
	[REHEARSE_MESSAGES] = "by the messages an hour that it takes",
	[REHEARSE_BYTES] = "by the bytes a second that it takes",
};

static void
set_known(struct js *o, const char *key, bool known, uint64_t n)
{
	js_set(o, key, known ? js_int((int64_t)n) : js_null());
}

static void
put_json(struct report *r, const struct rehearse_result *res)
{
	struct js *o = js_obj();

	js_set_str(o, "as", res->provider);
	js_set_int(o, "messages", (int64_t)res->messages);
	js_set_int(o, "bytes", (int64_t)res->bytes);
	set_known(o, "seconds", res->known, res->seconds);
	set_known(o, "total_seconds", res->known || res->days > 1,
	    res->total_s);
	js_set_str(o, "bound_by",
	    res->by_budget ? "daily_budget" : bounds[res->bound]);
	set_known(o, "daily_budget", res->budget != 0, res->budget);
	set_known(o, "days", res->budget != 0, res->days);
	set_known(o, "connections", res->connections != 0, res->connections);
	js_set_int(o, "throttled", (int64_t)res->throttled);
	report_set(r, "rehearsal", o);
}

/* "2 days 3 h", "5 min" */
static char *
text_time(char out[64], uint64_t s)
{
	uint64_t days = s / 86400, hours = s / 3600 % 24, min = s / 60 % 60;

	if (days > 0)
		snprintf(out, 64, "%llu %s %llu h", (unsigned long long)days,
		    days == 1 ? "day" : "days", (unsigned long long)hours);
	else if (hours > 0)
		snprintf(out, 64, "%llu h %llu min", (unsigned long long)hours,
		    (unsigned long long)min);
	else if (min > 0)
		snprintf(out, 64, "%llu min %llu s", (unsigned long long)min,
		    (unsigned long long)(s % 60));
	else
		snprintf(out, 64, "%llu s", (unsigned long long)s);
	return out;
}

static void
print_time(const struct rehearse_result *res)
{
	char t[64], size[32];

	if (res->known)
		printf("Sending takes %s at least, bounded %s.\n",
		    text_time(t, res->seconds), because[res->bound]);
	else
		printf("How fast %s takes mail in is not known: --bandwidth "
		       "or --rate give a time.\n",
		    res->provider);
	if (res->budget == 0)
		return;
	printf("It takes %s a day: %llu %s", text_size(size, res->budget),
	    (unsigned long long)res->days, res->days == 1 ? "day" : "days");
	if (res->days > 1)
		printf(", the last byte %s after the first",
		    text_time(t, res->total_s));
	printf(".\n");
}

static void
print_result(const struct report *r, const struct rehearse_result *res)
{
	uint64_t all = report_announced(r);
	char n[32], size[32], rest[32], bears[80];

	printf("Rehearsed as %s%s%s%s.  Nothing left this machine, and the "
	       "spool is as it was.\n",
	    res->provider, res->title[0] == '\0' ? "" : " (", res->title,
	    res->title[0] == '\0' ? "" : ")");
	printf("%s of %s messages (%s) would arrive",
	    text_count(n, res->messages), text_count(rest, all),
	    text_size(size, res->bytes));
	if (all > res->messages)
		printf("; %s would not, each is named above",
		    text_count(rest, all - res->messages));
	printf(".\n");
	print_time(res);
	if (res->connections != 0)
		printf("It bears %s at a time.\n",
		    text_number(bears, res->connections, "connection",
			"connections"));
	if (res->throttled != 0)
		printf("Its way to make clients wait was met %llu %s, and "
		       "obeyed.\n",
		    (unsigned long long)res->throttled,
		    res->throttled == 1 ? "time" : "times");
	printf("What a load would say:\n");
}

/* ------------------------------------------------------------------- run */

static int
check(struct options *o, const char *spool, struct err *err)
{
	if (o->as == NULL) {
		err_set(err, SCOPE_RUN, EX_USAGE, "--as PROVIDER is missing");
		return err_hint(err,
		    "postroad rehearse SPOOL --as microsoft; "
		    "postroad-providers(5) tells of others");
	}
	return stage_load_settle(&o->load, spool, err);
}

static int
run(const struct cmd *cmd, int argc, char **argv)
{
	struct options o = { .load.max_wait_s = LOAD_MAX_WAIT_S };
	struct common co = { 0 };
	void *into[OPT_TABLES] = { &o, &co };
	struct err err = { 0 };
	struct rehearse_options ro;
	struct rehearse_result res;
	struct report *r;
	char names[64];
	int at, rc;

	at = options_parse(cmd, into, argc, argv, 1, 1, &err);
	if (at < 0 || common_begin(&co, &err) < 0 ||
	    check(&o, argv[at], &err) < 0)
		return cmd_fail(&co, &err);
	secret_harden_process();
	ro = (struct rehearse_options){ .as = o.as,
		.providers = o.providers,
		.quota = o.quota,
		.daily_budget = o.daily_budget,
		.rate = o.rate,
		.bandwidth = o.bandwidth,
		.load = o.load.lo };
	r = report_new(STAGE_LOAD);
	progress_begin(&co, r, "rehearsing");
	rc = rehearse_run(&ro, r, &res, &err);
	progress_end();
	if (res.missing != 0)
		report_note(r, "this kernel has no %s for the server's sandbox",
		    sandbox_names(names, res.missing));
	put_json(r, &res);
	if (!co.json && rc == 0)
		print_result(r, &res);
	options_free(cmd, into);
	return cmd_finish(&co, &r, rc < 0 ? &err : NULL);
}

const struct cmd cmd_rehearse = {
	.name = "rehearse",
	.operands = "SPOOL --as PROVIDER",
	.summary = "What a provider would refuse, and how long it would take",
	.text = "The spool is loaded into a server that postroad starts for "
		"it on this machine,\nwhich refuses what the provider "
		"refuses and throws all mail away.  Nothing is\nsent "
		"anywhere, and nothing is written into the spool.",
	.tables = { options, common_options },
	.run = run,
};
