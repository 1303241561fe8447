/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The file that an export writes, or several: OUT.pst, OUT-2.pst, ...  Each
 * is written under a hidden name beside OUT and gets its own name only when
 * all are complete and on disk; OUT itself comes last.  A run that was killed
 * leaves hidden files at most, which the next run takes away.
 *
 *	outfile_open -> { write to outfile_fd() -> outfile_end, outfile_next }*
 *	  -> outfile_end -> outfile_commit
 *	  -> outfile_close
 *
 * Errors are SCOPE_RUN: EX_CANTCREAT, EX_IOERR, EX_TEMPFAIL when another
 * export writes to the same place.
 */
#ifndef LOAD_EXPORT_OUT_FILES_H
#define LOAD_EXPORT_OUT_FILES_H

#include <stdbool.h>

#include "core/err.h"

struct out_files;

/* Begin the first file.  What is there already is refused, unless 'force';
 * 'many': so are OUT-2 and the like. */
int outfile_open(struct out_files **o_r, const char *out, bool force, bool many,
    struct err *err);
/* The current file, open to read and write; not the caller's to close. */
int outfile_fd(const struct out_files *o);
/* Its number, from 1. */
unsigned outfile_number(const struct out_files *o);
/* The current one is complete: bring it to disk. */
int outfile_end(struct out_files *o, struct err *err);
/* Begin another. */
int outfile_next(struct out_files *o, struct err *err);
/* Give all of them their names. */
int outfile_commit(struct out_files *o, struct err *err);
/* What was not committed is taken away.  *o becomes NULL. */
void outfile_close(struct out_files **o);

/* "OUT-2.pst"; the caller frees. */
char *outfile_name(const char *out, unsigned number);

#endif
