/* SPDX-License-Identifier: GPL-3.0-or-later */
/* postroad survey SOURCE */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/check.h"
#include "cli/cmd.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/survey_show.h"
#include "core/mem.h"
#include "extract/patience.h"
#include "transform/names.h"

#define SAMPLE_S 3

struct options {
	const char *codepage, *local;
	bool check, no_sample;
	uint64_t max_size, large, large_deleted;
};

static const struct opt options[] = {
	{ "check", 0, OPT_FLAG, NULL,
	    "look for broken rules of [MS-PST] instead",
	    OPT_AT(struct options, check) },
	{ "codepage", 0, OPT_STR, "NAME",
	    "of an ANSI PST that declares none, like CP932",
	    OPT_AT(struct options, codepage) },
	{ "local", 0, OPT_STR, "FILE",
	    "what the user's mail program has (a PST, an mbox): does the "
	    "account have as much?",
	    OPT_AT(struct options, local) },
	{ "max-size", 0, OPT_SIZE, "BYTES",
	    "the largest message that the destination takes",
	    OPT_AT(struct options, max_size) },
	{ "large", 0, OPT_SIZE, "BYTES",
	    "a mailbox of this size is a high risk (50G)",
	    OPT_AT(struct options, large) },
	{ "large-deleted", 0, OPT_SIZE, "BYTES",
	    "so much deleted mail is a high risk (30G)",
	    OPT_AT(struct options, large_deleted) },
	{ "no-sample", 0, OPT_FLAG, NULL,
	    "fetch no messages for an estimate of the time",
	    OPT_AT(struct options, no_sample) },
	{ 0 }
};

/* The folders that 'transform --fix-names' would call otherwise. */
static void
look_at_names(struct survey_show *show)
{
	const struct names_fix fix = { 0 };
	const struct survey_folder *f;
	struct buf name = { 0 }, fixed = { 0 };
	struct slice rest, part;
	bool top, bad;
	size_t i;

	for (i = 0; i < show->s->n_folders; i++) {
		f = &show->s->folders[i];
		if (f->path == NULL || f->left != NULL)
			continue;
		buf_clear(&name);
		names_open(&name, slice_str(f->path));
		rest = buf_slice(&name);
		bad = false;
		for (top = true; names_next(&rest, &part); top = false) {
			buf_clear(&fixed);
			names_fix(&fixed, part, &fix, top);
			bad = bad || !slice_eq(buf_slice(&fixed), part);
		}
		if (bad) {
			show->bad_names = mem_grow(show->bad_names,
			    show->n_bad + 1, sizeof(*show->bad_names));
			show->bad_names[show->n_bad++] = mem_str(f->name);
		}
	}
	buf_free(&name);
	buf_free(&fixed);
}

static int
show_all(const struct options *o, const struct common *co,
    const struct source_spec *spec, const struct survey *s,
    const struct survey *local)
{
	struct survey_show show = { .s = s,
		.source = spec->path,
		.is_server = spec->account != NULL,
		.local = local,
		.local_path = o->local,
		.max_size = o->max_size };
	struct survey_limits limits = { .large = o->large,
		.large_deleted = o->large_deleted,
		.local = local,
		.max_size = o->max_size };
	int status =
	    s->n_damage > 0 || (local != NULL && local->n_damage > 0) ? 1 : 0;
	size_t i;

	look_at_names(&show);
	limits.bad_names = show.n_bad;
	survey_risks(s, &limits, time(NULL), &show.risks, &show.n_risks);
	if (co->json)
		survey_show_json(&show, status);
	else
		survey_show_text(&show);
	survey_risks_free(show.risks, show.n_risks);
	for (i = 0; i < show.n_bad; i++)
		free(show.bad_names[i]);
	free(show.bad_names);
	return status;
}

/* What lies beside an account. */
static int
look_beside(const struct options *o, const struct source_spec *spec,
    struct survey *s_r, struct err *err)
{
	const struct survey_want want = { 0 };
	struct source_spec beside = { .codepage = o->codepage,
		.report = spec->report };

	if (spec->account == NULL)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "--local is what to compare an account with, and '%s' is "
		    "none",
		    spec->path);
	if (source_spec_parse(&beside, o->local, err) < 0)
		return -1;
	return survey_read(s_r, &beside, &want, err);
}

static int
run(const struct cmd *cmd, int argc, char **argv)
{
	struct options o = { 0 };
	struct common co = { 0 };
	struct account account = { 0 };
	void *into[OPT_TABLES] = { &o, &account, &co };
	struct source_spec spec = { 0 };
	struct survey_want want = { 0 };
	struct survey s = { 0 }, local = { 0 };
	struct err err = { 0 };
	int at, rc, status = 0;

	at = options_parse(cmd, into, argc, argv, 1, 1, &err);
	if (at < 0 || common_begin(&co, &err) < 0 ||
	    connect_source(&account, &spec, argv[at], &err) < 0) {
		account_close(&account);
		return cmd_fail(&co, &err);
	}
	if (o.check)
		return check_run(&co, &spec);
	want.max_size = o.max_size;
	want.sample_s = o.no_sample ? 0 : SAMPLE_S;
	spec.codepage = o.codepage;
	spec.max_wait_s = PATIENCE_MAX_WAIT_S;
	spec.report = report_new(STAGE_EXTRACT);
	rc = o.local == NULL ? 0 : look_beside(&o, &spec, &local, &err);
	if (rc == 0)
		rc = survey_read(&s, &spec, &want, &err);
	if (rc == 0)
		status = show_all(&o, &co, &spec, &s,
		    o.local == NULL ? NULL : &local);
	survey_free(&s);
	survey_free(&local);
	report_free(&spec.report);
	account_close(&account);
	return rc < 0 ? cmd_fail(&co, &err) : cmd_flush(status);
}

const struct cmd cmd_survey = {
	.name = "survey",
	.operands = "SOURCE",
	.summary = "Tell what is in a source, without extracting it",
	.text = "Folders, counts, bytes, dates, the biggest messages, what is "
		"no mail and becomes\nfiles, what is damaged, and what needs "
		"a decision before the migration.  SOURCE is\nas for extract. "
		" A PST is read from the tables of its folders, a server is "
		"asked\nfor sizes and dates; a few messages are fetched to "
		"estimate the time.",
	.tables = { options, connect_options, common_options },
	.run = run,
};
