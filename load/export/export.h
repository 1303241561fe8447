/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Write a spool in another format (load/export/sink.h).  The spool is only
 * read.  Every message ends with one fate: exported, refused (which error),
 * lost (its file is gone), or pending when the run ended before; a run that
 * did not finish has exported nothing.
 */
#ifndef LOAD_EXPORT_EXPORT_H
#define LOAD_EXPORT_EXPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/report.h"

struct export_options {
	const char *spool, *format, *out;
	uint64_t split; /* bytes; 0: as the format has it */
	bool force;
	unsigned spool_flags; /* SPOOL_FORCE */
};

/* Counts into 'r' (STAGE_EXPORT).  0, or -1 with SCOPE_RUN. */
int export_run(const struct export_options *o, struct report *r,
    struct err *err);

#endif
