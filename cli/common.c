/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How every command begins and ends; see cmd.h. */
#include "cli/cmd.h"

#include <stdio.h>

#include "core/js.h"
#include "core/log.h"

const struct opt common_options[] = {
	{ "json", 0, OPT_FLAG, NULL, "print the result as JSON",
	    OPT_AT(struct common, json) },
	{ "log", 0, OPT_STR, "FILE", "append all messages to FILE",
	    OPT_AT(struct common, log) },
	{ "verbose", 'v', OPT_COUNT, NULL, "say more",
	    OPT_AT(struct common, verbose) },
	{ "quiet", 'q', OPT_COUNT, NULL, "say less (twice: nothing but errors)",
	    OPT_AT(struct common, quiet) },
	{ "progress", 0, OPT_STR, "WHEN",
	    "progress line: auto, always or never",
	    OPT_AT(struct common, progress) },
	{ 0 },
};

int
common_begin(const struct common *co, struct err *err)
{
	static const char *const when[] = { "auto", "always", "never", NULL };

	log_set_level(co->quiet > 1 ? LOG_ERROR
		: co->quiet > 0	    ? LOG_WARN
		: co->verbose > 0   ? LOG_DEBUG
				    : LOG_INFO);
	if (options_word("progress", co->progress, when, err) < 0)
		return -1;
	return co->log == NULL ? 0 : log_open_file(co->log, err);
}

int
cmd_flush(int status)
{
	struct err err = { 0 };

	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	err_sys(&err, SCOPE_RUN, EX_IOERR, "standard output");
	log_err(LOG_ERROR, &err);
	return EX_IOERR;
}

int
cmd_fail(const struct common *co, const struct err *err)
{
	struct js *obj, *e;

	log_err(LOG_ERROR, err);
	if (!co->json)
		return cmd_flush(err->status);
	obj = js_obj();
	e = js_obj();
	js_set_str(e, "text", err->text);
	js_set_str(e, "hint", err->hint[0] == '\0' ? NULL : err->hint);
	js_set_int(e, "status", err->status);
	js_set(obj, "error", e);
	js_print(stdout, obj);
	js_free(&obj);
	return cmd_flush(err->status);
}

int
cmd_status(const struct report *r, const struct err *run)
{
	if (!report_balances(r)) {
		log_error("the sums do not balance: this is a bug in postroad, "
			  "please report it with the summary");
		return EX_SOFTWARE;
	}
	return run != NULL ? run->status : report_status(r);
}

int
cmd_finish(const struct common *co, struct report **r, const struct err *run)
{
	struct js *obj;
	int status;

	progress_end();
	status = cmd_status(*r, run);
	if (co->json) {
		obj = report_json(*r, run);
		js_set_int(obj, "status", status);
		js_print(stdout, obj);
		js_free(&obj);
	} else if (run == NULL || report_announced(*r) > 0) {
		report_print(*r, stdout);
	}
	if (run != NULL)
		log_err(LOG_ERROR, run);
	report_free(r);
	return cmd_flush(status);
}
