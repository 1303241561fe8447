/* SPDX-License-Identifier: GPL-3.0-or-later */
/* postroad export --format FORMAT SPOOL OUT */
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/commands.h"
#include "formats/spool.h"
#include "load/export/export.h"
#include "load/export/sink.h"

#define SPLIT_MIN ((uint64_t)10 * 1000 * 1000)

struct options {
	const char *format;
	uint64_t split;
	bool force;
};

static const struct opt options[] = {
	{ "format", 'f', OPT_STR, "FORMAT", "what to write: pst",
	    OPT_AT(struct options, format) },
	{ "split", 0, OPT_SIZE, "SIZE",
	    "go on in OUT-2.pst, OUT-3.pst, ... at this size (50G)",
	    OPT_AT(struct options, split) },
	{ "force", 0, OPT_FLAG, NULL,
	    "replace OUT; use a spool on a network file system",
	    OPT_AT(struct options, force) },
	{ 0 },
};

static int
check_options(const struct options *o, struct err *err)
{
	if (o->format == NULL) {
		err_set(err, SCOPE_RUN, EX_USAGE,
		    "export wants to know the format");
		return err_hint(err, "add --format %s", sink_names());
	}
	if (sink_find(o->format) == NULL)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "--format: '%s' is not a format that postroad writes: %s",
		    o->format, sink_names());
	if (o->split > 0 && o->split < SPLIT_MIN)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "--split: at least 10M");
	return 0;
}

/* Is OUT in the spool, which export must not change? */
static int
check_out(const char *spool, const char *out, struct err *err)
{
	char *dir = strdup(out), *slash, *a, *b = realpath(spool, NULL);
	bool inside = false;
	size_t n;

	if (*out == '\0' || out[strlen(out) - 1] == '/') {
		free(dir);
		free(b);
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "OUT: '%s' is not the name of a file", out);
	}
	slash = dir == NULL ? NULL : strrchr(dir, '/');
	if (slash != NULL)
		*(slash == dir ? slash + 1 : slash) = '\0';
	a = realpath(slash == NULL ? "." : dir, NULL);
	n = b == NULL ? 0 : strlen(b);
	if (a != NULL && b != NULL)
		inside = strncmp(a, b, n) == 0 && (a[n] == '\0' || a[n] == '/');
	free(a);
	free(b);
	free(dir);
	if (inside)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "OUT would lie in the spool, which export only reads");
	return 0;
}

static int
run(const struct cmd *cmd, int argc, char **argv)
{
	struct options o = { 0 };
	struct common co = { 0 };
	void *into[OPT_TABLES] = { &o, &co };
	struct err err = { 0 };
	struct export_options eo;
	struct report *r;
	int at, rc;

	at = options_parse(cmd, into, argc, argv, 2, 2, &err);
	if (at < 0 || common_begin(&co, &err) < 0 ||
	    check_options(&o, &err) < 0 ||
	    check_out(argv[at], argv[at + 1], &err) < 0)
		return cmd_fail(&co, &err);
	eo = (struct export_options){ .spool = argv[at],
		.format = o.format,
		.out = argv[at + 1],
		.split = o.split,
		.force = o.force,
		.spool_flags = o.force ? SPOOL_FORCE : 0 };
	r = report_new(STAGE_EXPORT);
	progress_begin(&co, r, "exporting");
	rc = export_run(&eo, r, &err);
	return cmd_finish(&co, &r, rc < 0 ? &err : NULL);
}

const struct cmd cmd_export = {
	.name = "export",
	.operands = "SPOOL OUT",
	.summary = "Write a spool in another format",
	.text = "--format pst writes a PST that Outlook opens: OUT, and "
		"OUT-2.pst and so on when\nit grows too large.  The spool is "
		"only read; OUT appears when it is complete.",
	.tables = { options, common_options },
	.run = run,
};
