/* SPDX-License-Identifier: GPL-3.0-or-later */
/* postroad extract SOURCE SPOOL */
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/stages.h"
#include "extract/compare.h"
#include "extract/patience.h"

#define MOST_CONNECTIONS 32

const struct opt stage_extract_options[] = {
	{ "exclude", 0, OPT_LIST, "GLOB",
	    "leave these folders out (repeatable)",
	    OPT_AT(struct stage_extract, exclude) },
	{ "ignore-case", 0, OPT_FLAG, NULL, "globs match in any case",
	    OPT_AT(struct stage_extract, ignore_case) },
	{ "mbox-dialect", 0, OPT_STR, "NAME",
	    "mboxo, mboxrd, mboxcl or mboxcl2; by evidence if not said",
	    OPT_AT(struct stage_extract, dialect) },
	{ "labels", 0, OPT_STR, "HOW",
	    "Gmail labels as 'keywords' (default) or 'folders'",
	    OPT_AT(struct stage_extract, labels) },
	{ "codepage", 0, OPT_STR, "NAME",
	    "of an ANSI PST that declares none, like CP932",
	    OPT_AT(struct stage_extract, codepage) },
	{ "pst-reader", 0, OPT_STR, "NAME",
	    "which reader: own (default) or libpst",
	    OPT_AT(struct stage_extract, reader) },
	{ "keep-rtf", 0, OPT_FLAG, NULL,
	    "RTF bodies of a PST also as an attachment, body.rtf",
	    OPT_AT(struct stage_extract, keep_rtf) },
	{ "carve", 0, OPT_FLAG, NULL,
	    "search all of the PST for deleted and lost messages, too",
	    OPT_AT(struct stage_extract, carve) },
	{ "cross-check", 0, OPT_FLAG, NULL,
	    "read the PST with both readers and name where they differ",
	    OPT_AT(struct stage_extract, cross_check) },
	{ "jobs", 'j', OPT_NUM, "N",
	    "so many processes read a PST (1; at most 16)",
	    OPT_AT(struct stage_extract, jobs) },
	{ "item-timeout", 0, OPT_NUM, "SECONDS",
	    "give up a PST item that takes longer (30)",
	    OPT_AT(struct stage_extract, item_timeout) },
	{ "only", 0, OPT_STR, "WHAT",
	    "mail, contacts, calendar, tasks, journal, notes, other, with "
	    "commas",
	    OPT_AT(struct stage_extract, only) },
	{ "no-items", 0, OPT_FLAG, NULL,
	    "mail only: no contacts, calendars and the like",
	    OPT_AT(struct stage_extract, no_items) },
	{ "vcard", 0, OPT_NUM, "VERSION",
	    "contacts of a PST as vCards of version 4 (default) or 3",
	    OPT_AT(struct stage_extract, vcard) },
	{ "connections", 0, OPT_NUM, "N",
	    "to an account, at most (4); fewer where the server says so",
	    OPT_AT(struct stage_extract, connections) },
	{ "include-shared", 0, OPT_FLAG, NULL,
	    "also other users', shared and public folders of an account",
	    OPT_AT(struct stage_extract, shared) },
	{ "include-virtual", 0, OPT_FLAG, NULL,
	    "also folders that show the mail of others, like All Mail",
	    OPT_AT(struct stage_extract, virtual) },
	{ "quick", 0, OPT_FLAG, NULL,
	    "no look for changed flags on servers where it takes long",
	    OPT_AT(struct stage_extract, quick) },
	{ "mirror", 0, OPT_FLAG, NULL,
	    "take out of the spool what is gone from the account",
	    OPT_AT(struct stage_extract, mirror) },
	{ "max-wait", 0, OPT_NUM, "SECONDS",
	    "patience with a busy server, in all (600)",
	    OPT_AT(struct stage_extract, max_wait) },
	{ "rebind", 0, OPT_FLAG, NULL,
	    "the spool's source has moved to another place",
	    OPT_AT(struct stage_extract, rebind) },
	{ "force", 0, OPT_FLAG, NULL,
	    "write the spool on a network file system all the same",
	    OPT_AT(struct stage_extract, force) },
	{ 0 },
};

static int
check_words(const struct stage_extract *o, struct err *err)
{
	static const char *const dialects[] = { "mboxo", "mboxrd", "mboxcl",
		"mboxcl2", NULL };
	static const char *const labels[] = { "keywords", "folders", NULL };
	static const char *const readers[] = { "own", "libpst", NULL };
	int reader = options_word("pst-reader", o->reader, readers, err);

	if (reader < 0 ||
	    options_word("mbox-dialect", o->dialect, dialects, err) < 0 ||
	    options_word("labels", o->labels, labels, err) < 0)
		return -1;
	if (o->carve && reader == 1)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "--carve: the libpst reader cannot; leave out "
		    "--pst-reader");
	if (o->vcard != 0 && o->vcard != 3 && o->vcard != 4)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "--vcard: there is version 3 and version 4");
	if (o->item_timeout > 86400)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "--item-timeout: at most 86400 seconds");
	if (o->jobs > EXTRACT_JOBS_MAX)
		return err_set(err, SCOPE_RUN, EX_USAGE, "--jobs: at most %d",
		    EXTRACT_JOBS_MAX);
	if (o->connections > MOST_CONNECTIONS)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "--connections: at most %d", MOST_CONNECTIONS);
	if (o->max_wait > 30 * 86400)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "--max-wait: at most 30 days");
	return 0;
}

/* --only and --no-items as the places that are not wanted. */
static int
check_only(const struct stage_extract *o, unsigned *leave_r, struct err *err)
{
	struct slice rest = slice_str(o->only), word;
	unsigned want = 0;
	enum item_place place;
	size_t n;

	if (o->only != NULL && o->no_items)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "--only and --no-items: give one of them");
	if (o->no_items)
		want = 1u << PLACE_MAIL;
	while (o->only != NULL && rest.n > 0) {
		for (n = 0; n < rest.n && rest.p[n] != ','; n++)
			;
		word = slice_trim(slice_of(rest.p, n));
		rest = slice_from(rest, n + 1);
		place = item_place_named(word);
		if (place == ITEM_PLACES) {
			err_set(err, SCOPE_RUN, EX_USAGE,
			    "--only: '%.*s' is nothing that can be had",
			    (int)word.n, word.p);
			return err_hint(err,
			    "mail, contacts, calendar, tasks, journal, notes, "
			    "other; several with commas between");
		}
		want |= 1u << place;
	}
	if (o->only != NULL && want == 0)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "--only: say what: mail, contacts, calendar, ...");
	*leave_r = want == 0 ? 0 : ~want;
	return 0;
}

static int
check_source(const struct stage_extract *o, const struct source_spec *spec,
    struct err *err)
{
	if (o->mirror && !source_spec_is_account(spec))
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "--mirror: only an account tells what is gone");
	if ((!o->cross_check && !o->carve) || spec->kind == NULL ||
	    strcmp(spec->kind, "pst") == 0)
		return 0;
	return err_set(err, SCOPE_RUN, EX_USAGE,
	    o->carve ? "--carve: only PSTs can be searched for lost messages"
		     : "--cross-check: only PSTs have two readers");
}

int
stage_extract_check(struct stage_extract *s, struct account *a,
    const char *source, const char *spool, struct err *err)
{
	struct source_spec *spec = &s->spec;

	if (check_words(s, err) < 0 || check_only(s, &s->eo.leave, err) < 0 ||
	    connect_source(a, spec, source, err) < 0 ||
	    check_source(s, spec, err) < 0)
		return -1;
	if ((s->cross_check || s->carve) && spec->kind == NULL)
		spec->kind = "pst";
	spec->mbox_dialect = s->dialect;
	spec->labels_as_folders =
	    s->labels != NULL && strcmp(s->labels, "folders") == 0;
	spec->codepage = s->codepage;
	spec->pst_reader = s->reader;
	spec->carve = s->carve;
	spec->keep_rtf = s->keep_rtf;
	spec->vcard = (unsigned)s->vcard;
	spec->item_timeout_s = (unsigned)s->item_timeout;
	spec->jobs = (unsigned)s->jobs;
	spec->include_shared = s->shared;
	spec->include_virtual = s->virtual;
	spec->quick = s->quick;
	spec->connections = (unsigned)s->connections;
	spec->max_wait_s = s->max_wait;
	s->eo.spool = spool;
	s->eo.exclude = s->exclude.v;
	s->eo.nexclude = s->exclude.n;
	s->eo.ignore_case = s->ignore_case;
	snprintf(s->only_words, sizeof(s->only_words), "--only %.200s",
	    s->only != NULL ? s->only : "mail");
	s->eo.only = s->only_words;
	s->eo.force = s->force;
	s->eo.rebind = s->rebind;
	s->eo.mirror = s->mirror;
	return 0;
}

int
stage_extract_run(struct stage_extract *s, struct report *r, struct err *err)
{
	s->spec.report = r;
	if (extract_run(&s->spec, &s->eo, r, err) < 0)
		return -1;
	return s->cross_check
	    ? compare_readers(&s->spec, NULL, "cross_checked", r, err)
	    : 0;
}

static int
run(const struct cmd *cmd, int argc, char **argv)
{
	struct stage_extract s = { .max_wait = PATIENCE_MAX_WAIT_S };
	struct common co = { 0 };
	struct account account = { 0 };
	void *into[OPT_TABLES] = { &s, &account, &co };
	struct err err = { 0 };
	struct report *r;
	int at, rc;

	at = options_parse(cmd, into, argc, argv, 2, 2, &err);
	if (at < 0 || common_begin(&co, &err) < 0 ||
	    stage_extract_check(&s, &account, argv[at], argv[at + 1], &err) <
		0) {
		account_close(&account);
		options_free(cmd, into);
		return cmd_fail(&co, &err);
	}
	r = report_new(STAGE_EXTRACT);
	progress_begin(&co, r, "extracting");
	rc = stage_extract_run(&s, r, &err);
	connect_end(&account, r);
	options_free(cmd, into);
	return cmd_finish(&co, &r, rc < 0 ? &err : NULL);
}

const struct cmd cmd_extract = {
	.name = "extract",
	.operands = "SOURCE SPOOL",
	.summary = "Fill a spool from a source, or bring it up to date",
	.text = "SOURCE is an account: imaps://USER@HOST/ (TLS), "
		"imap://USER@HOST/ (STARTTLS),\nor the Inbox of "
		"pop3s://USER@HOST/; or it is a PST or OST file, an mbox,\na "
		"Maildir or Maildir++, an .eml file or a folder of them: what "
		"a file is is found\nfrom its bytes, or said: mbox:PATH, "
		"maildir:PATH, eml:PATH, pst:PATH.  The\nsource is only read.  "
		"Run again, it takes what is new.",
	.tables = { stage_extract_options, connect_options, common_options },
	.run = run,
};
