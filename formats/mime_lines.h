/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What servers look at in the bytes of a message: how long its lines are, and
 * which line ends it has.  Nothing is parsed; bytes come in pieces of any size.
 */
#ifndef FORMATS_MIME_LINES_H
#define FORMATS_MIME_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

/* Zeroed, it is ready.  Read it after lines_end(). */
struct lines {
	uint64_t bytes;
	uint64_t longest;    /* line, with the two bytes of a CRLF */
	uint64_t longest_cr; /* the same where a CR alone ends a line, too */
	uint64_t lf, cr;     /* without the other one */
	uint64_t cr_mid;     /* of those: runs of them without a LF behind */
	uint64_t nul;
	/* CRs alone that would make a boundary, if they were a line end: "--"
	 * behind them, or such a line before them */
	uint64_t cr_dash;
	uint64_t nul_dash; /* NULs that would, if they were dropped */
	uint64_t odd;	   /* bytes that quoted-printable escapes */
	/* between two pieces */
	uint64_t line, line_cr;
	bool held;     /* the last byte was a CR */
	unsigned dash; /* so many to come at the begin of a line */
	bool after_cr; /* which is behind a CR alone */
	bool dashes;   /* the line, as its LF ends it, begins so */
};

void lines_put(struct lines *l, const void *data, size_t len);
void lines_end(struct lines *l);

/* All of [from, from + n) of a file.  0, or -1 with SCOPE_MSG. */
int lines_of(int fd, uint64_t from, uint64_t n, struct lines *l_r,
    struct err *err);

#endif
