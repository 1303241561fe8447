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
	uint64_t nul;
	uint64_t cr_dash; /* a CR alone, and "--" behind it */
	uint64_t odd;	  /* bytes that quoted-printable escapes */
	/* between two pieces */
	uint64_t line, line_cr;
	bool held; /* the last byte was a CR */
	unsigned dash;
};

void lines_put(struct lines *l, const void *data, size_t len);
void lines_end(struct lines *l);

/* All of [from, from + n) of a file.  0, or -1 with SCOPE_MSG. */
int lines_of(int fd, uint64_t from, uint64_t n, struct lines *l_r,
    struct err *err);

#endif
