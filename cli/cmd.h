/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What all commands share: the common options, how a run begins and how it
 * ends.  A command is one file with one const struct cmd and a row in
 * main.c's table:
 *
 *	struct common co = { 0 };
 *	struct x_options o = { 0 };
 *	void *into[OPT_TABLES] = { &o, &co };
 *	struct err err = { 0 };
 *	int at = options_parse(cmd, into, argc, argv, 2, 2, &err);
 *
 *	if (at < 0 || common_begin(&co, &err) < 0)
 *		return cmd_fail(&co, &err);
 *	r = report_new(STAGE_X);
 *	progress_begin(&co, r, "loading");
 *	rc = x_run(..., r, &err);
 *	return cmd_finish(&co, &r, rc < 0 ? &err : NULL);
 */
#ifndef CLI_CMD_H
#define CLI_CMD_H

#include "cli/options.h"
#include "core/buf.h"
#include "core/report.h"

struct common {
	bool json;
	const char *log;      /* --log FILE */
	int verbose, quiet;   /* -v, -q */
	const char *progress; /* auto, always, never; NULL: auto */
};

extern const struct opt common_options[]; /* into struct common */

/* Apply the common options.  0 or -1. */
int common_begin(const struct common *co, struct err *err);

/* Draw progress for this report; verb like "extracting". */
void progress_begin(const struct common *co, struct report *r,
    const char *verb);
/* What goes on beside the stage: its words stand at the end of the line. */
void progress_beside(void (*put)(struct buf *line));
/* In a child process: draw nothing; what is logged clears the parent's. */
void progress_detach(void);
/* Clear the line. */
void progress_end(void);

/* Name the error on stderr (with --json as an object on stdout as well) and
 * return its exit status. */
int cmd_fail(const struct common *co, const struct err *err);

/*
 * End a stage: print the summary on stdout (JSON or for people), name the
 * error that ended the run ('run', NULL if none), free the report, return
 * the exit status: run's, or the report's.  An unwritable stdout is 74.
 */
int cmd_finish(const struct common *co, struct report **r,
    const struct err *run);

/* The exit status of a stage: of the error that ended it, else the
 * report's; 70 when the sums do not balance, which is logged. */
int cmd_status(const struct report *r, const struct err *run);

/* Flush stdout: 'status', or 74 when it cannot be written. */
int cmd_flush(int status);

#endif
