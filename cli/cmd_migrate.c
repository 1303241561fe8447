/* SPDX-License-Identifier: GPL-3.0-or-later */
/* postroad migrate SOURCE DEST */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/migrate.h"
#include "core/mem.h"

struct options {
	const char *spool, *verify;
	/* the stages have these; here is what they mean for all of them */
	bool dry_run, mirror, restore;
	uint64_t connections;
};

static const struct opt options[] = {
	{ "spool", 0, OPT_STR, "DIR",
	    "where the mail lies on its way (named after SOURCE)",
	    OPT_AT(struct options, spool) },
	{ "verify", 0, OPT_STR, "HOW",
	    "afterward: quick (default), deep (every byte), none",
	    OPT_AT(struct options, verify) },
	{ "dry-run", 'n', OPT_FLAG, NULL,
	    "extract, say what would be sent, send nothing",
	    OPT_AT(struct options, dry_run) },
	{ "mirror", 0, OPT_FLAG, NULL,
	    "remove what is gone from SOURCE from the spool, and from DEST "
	    "where it was left untouched",
	    OPT_AT(struct options, mirror) },
	{ "connections", 0, OPT_NUM, "N",
	    "so many connections at most, to each account",
	    OPT_AT(struct options, connections) },
	/* refused; see migrate_check() */
	{ "restore-deleted", 0, OPT_FLAG, NULL, NULL,
	    OPT_AT(struct options, restore) },
	{ 0 },
};

/* ----------------------------------------------- two accounts, one table */

#define NAMES_MAX 64

/* The connection options for one of the two accounts alone. */
struct prefixed {
	struct opt v[NAMES_MAX];
	char *names[NAMES_MAX];
};

static void
prefix_options(struct prefixed *p, const char *prefix)
{
	size_t i;

	for (i = 0; connect_options[i].name != NULL && i + 1 < NAMES_MAX; i++) {
		p->v[i] = connect_options[i];
		p->v[i].help = NULL;
		p->names[i] = mem_fmt("%s%s", prefix, connect_options[i].name);
		p->v[i].name = p->names[i];
	}
}

static void
prefix_free(struct prefixed *p)
{
	size_t i;

	for (i = 0; i < NAMES_MAX; i++)
		free(p->names[i]);
}

/* What is said for both accounts, but cannot be the same for both. */
static void
tell_apart(struct migrate *m, const char *source, char **trace)
{
	struct account *a = &m->source, *b = &m->dest;

	if (!url_is_url(source) && a->provider == b->provider)
		a->provider = NULL; /* SOURCE is a file, or says its host */
	if (a->trace_wire != NULL && a->trace_wire == b->trace_wire) {
		*trace = mem_fmt("%s.source", a->trace_wire);
		a->trace_wire = *trace;
	}
}

/* ----------------------------------------------------------------- spools */

/* "alberta.spool" of "/home/alberta.pst", "mary@example.org.spool". */
static char *
name_spool(const struct migrate *m, const char *source)
{
	struct buf label = { 0 };
	const char *base, *dot, *colon;
	char *name;
	size_t n = strlen(source);

	if (m->source.url.host != NULL) {
		buf_putf(&label, "%s@%s", m->source.url.user,
		    m->source.url.host);
		for (n = 0; n < label.n; n++)
			if (label.p[n] == '/')
				label.p[n] = '_';
		name = mem_fmt("%s.spool", buf_str(&label));
		buf_free(&label);
		return name;
	}
	colon = strchr(source, ':');
	if (colon != NULL &&
	    memchr(source, '/', (size_t)(colon - source)) == NULL)
		source = colon + 1; /* "pst:PATH" */
	n = strlen(source);
	while (n > 1 && source[n - 1] == '/')
		n--;
	base = memrchr(source, '/', n);
	base = base == NULL ? source : base + 1;
	n -= (size_t)(base - source);
	dot = memrchr(base, '.', n);
	if (dot != NULL && dot > base)
		n = (size_t)(dot - base);
	return mem_fmt("%.*s.spool", (int)n, base);
}

/* "alberta.transformed.spool" beside "alberta.spool". */
static char *
name_second(const char *spool)
{
	size_t n = strlen(spool);

	while (n > 1 && spool[n - 1] == '/')
		n--;
	if (n > 6 && memcmp(spool + n - 6, ".spool", 6) == 0)
		return mem_fmt("%.*s.transformed.spool", (int)n - 6, spool);
	return mem_fmt("%.*s.transformed", (int)n, spool);
}

/* ------------------------------------------------------------------- run */

static int
check_all(struct migrate *m, const struct options *o, char **args,
    struct err *err)
{
	static const char *const hows[] = { "quick", "deep", "none", NULL };
	int how = options_word("verify", o->verify, hows, err);

	if (how < 0)
		return -1;
	m->deep = how == 1;
	m->no_verify = how == 2;
	if (account_is_meant(&m->source, args[0]) &&
	    account_check(&m->source, args[0], err) < 0)
		return -1;
	m->spool =
	    o->spool != NULL ? mem_str(o->spool) : name_spool(m, args[0]);
	m->second = name_second(m->spool);
	return migrate_check(m, args[0], args[1], err);
}

static int
run(const struct cmd *cmd, int argc, char **argv)
{
	static struct prefixed source, dest;
	struct options o = { 0 };
	struct migrate m = { .extract.max_wait = MIGRATE_MAX_WAIT_S,
		.load.max_wait_s = MIGRATE_MAX_WAIT_S };
	void *into[OPT_TABLES] = { &o, &m.extract, &m.transform, &m.load,
		&m.source, &m.dest, &m.source, &m.dest, &m.co };
	struct cmd all = *cmd;
	struct err err = { 0 };
	char *trace = NULL;
	int at, status;

	prefix_options(&source, "source-");
	prefix_options(&dest, "dest-");
	all.tables[6] = source.v;
	all.tables[7] = dest.v;
	at = options_parse(&all, into, argc, argv, 2, 2, &err);
	if (at >= 0)
		tell_apart(&m, argv[at], &trace);
	if (at < 0 || common_begin(&m.co, &err) < 0 ||
	    check_all(&m, &o, argv + at, &err) < 0)
		status = cmd_fail(&m.co, &err);
	else
		status = migrate_run(&m);
	account_close(&m.source);
	account_close(&m.dest);
	options_free(&all, into);
	stage_transform_free(&m.transform);
	prefix_free(&source);
	prefix_free(&dest);
	free(m.spool);
	free(m.second);
	free(trace);
	return status;
}

const struct cmd cmd_migrate = {
	.name = "migrate",
	.operands = "SOURCE DEST",
	.summary = "Extract, transform, load and verify in one go",
	.text = "SOURCE is what 'extract' takes, DEST what 'load' takes.  The "
		"stages run side by\nside over a spool: messages are loaded "
		"while others are still extracted.  With\nrules "
		"('transform') there is a second spool.  Stopped or killed, "
		"the same\ncommand goes on where it was; so do the single "
		"stages.\n\nOptions of the stages mean what they mean there.  "
		"Connection options are for\nboth accounts; with source- or "
		"dest- before the name they are for one of them:\n"
		"'--source-password-file F', '--dest-tls none'.",
	.tables = { options, stage_extract_options, stage_transform_options,
	    stage_load_options, connect_options, connect_options, NULL, NULL,
	    common_options },
	.run = run,
};
