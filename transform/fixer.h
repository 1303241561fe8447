/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages changed so that a destination takes them (formats/mime_fix.h).  A
 * sandboxed child reads each and says what has to change; this process checks
 * that the plan accounts for every byte of it, and copies and encodes.
 *
 * A child that crashes, hangs or takes too much memory costs the message it
 * was at, which stays as it is; a new child goes on behind it.
 */
#ifndef TRANSFORM_FIXER_H
#define TRANSFORM_FIXER_H

#include "core/report.h"
#include "formats/mime_fix.h"

/* What is wanted.  All zero: nothing. */
struct fixes {
	struct fix_want want;
	const char *dir; /* for attachments; not NULL where want.strip */
};

struct fixer;

/* 'spool' is a descriptor of the directory that paths are beneath; it stays
 * the caller's.  'dry': no attachment is written.  -1 with SCOPE_RUN. */
int fixer_open(struct fixer **f_r, const struct fixes *fixes, int spool,
    bool dry, struct report *r, struct err *err);
void fixer_close(struct fixer **f);

/* Does this message need a fix, as far as its bytes tell without being
 * parsed?  1, 0, or -1 with SCOPE_MSG. */
int fixer_look(struct fixer *f, int fd, struct err *err);

/* What became of a message. */
struct fixed {
	unsigned done;	 /* FIX_ bits; 0: its bytes are what they were */
	struct buf left; /* what stays as it is, and why; empty: nothing */
	struct js *attachments; /* array of objects; NULL: none */
};
void fixed_free(struct fixed *fixed);

/*
 * Write the message at 'path' beneath the spool, open as 'fd', changed into
 * 'to'.  0; or -1: the sink's error, SCOPE_MSG (it cannot be changed: what
 * was written is worthless), SCOPE_RUN.
 */
int fixer_run(struct fixer *f, const char *path, int fd,
    const struct item_sink *to, struct fixed *fixed_r, struct err *err);

#endif
