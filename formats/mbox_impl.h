/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the mbox*.c files share; for them only.
 *
 *	mbox.c		open, next, close: where messages begin and end
 *	mbox_guess.c	the dialect, from the beginning of the file
 *	mbox_read.c	the window on the file; reading what was found
 */
#ifndef FORMATS_MBOX_IMPL_H
#define FORMATS_MBOX_IMPL_H

#include "core/limits.h"
#include "formats/mbox.h"
#include "formats/postmark.h"

#define MBOX_WINDOW ((size_t)1 << 20)
#define MBOX_STEP   ((size_t)256 << 10) /* bytes a read, at least */
#define MBOX_SAMPLE ((uint64_t)4 << 20) /* looked at for the dialect */
/* What a look around a "From " needs: behind it two lines; before it the
 * header of a MIME part. */
#define MBOX_AHEAD  (2 * POSTMARK_MAX + 8)
#define MBOX_BEHIND ((uint64_t)1024)

/* Undoing the quoting of one message; see mbox_read.c. */
struct unquote {
	uint64_t at; /* of the stored bytes, taken so far */
	bool in_head, in_line, line_empty;
	unsigned run;	/* '>' at the start of this line; one held back */
	unsigned match; /* bytes of "From " behind them, held back */
	bool changed;
	char spare[64]; /* for callers that ask for a few bytes only */
	size_t spare_at, spare_n;
};

struct mbox {
	int fd;
	uint64_t size; /* of the file, or of the sample while guessing */
	uint64_t full; /* of the file */
	char eol;

	char *window; /* holds [base, base + n) of the file */
	uint64_t base;
	size_t n;
	uint64_t keep; /* nothing before is needed again */

	enum mbox_dialect dialect;
	bool evidence;
	bool separated;	    /* a blank line before postmarks is not mail */
	bool trust_lengths; /* Content-Length may tell where the end is */

	uint64_t next; /* where the next item begins */
	bool next_embedded;
	bool next_stray;
	bool overrun;	/* a Content-Length beyond the end of the file */
	uint64_t start; /* of the current item's bytes */
	struct mbox_item it;
	struct unquote unquote;
	char *block; /* for messages that left the window */

	/* met since they were last cleared */
	bool seen_quoted;	/* ">From " */
	bool seen_quoted_twice; /* ">>From " */
	bool seen_bare;		/* "From " in a body */
	bool seen_in_item;	/* quoted, in the current item */
	struct postmark mark;	/* the current item's */
};

/* Have [from, upto) of the file in the window, less what is behind its end;
 * upto - from must not exceed MBOX_WINDOW.  0 or -1 with SCOPE_STORE. */
int mbox_need(struct mbox *m, uint64_t from, uint64_t upto, struct err *err);

static inline const char *
mbox_at(const struct mbox *m, uint64_t offset)
{
	return m->window + (offset - m->base);
}

/* The file's bytes from 'offset' to the window's end. */
static inline struct slice
mbox_rest(const struct mbox *m, uint64_t offset)
{
	uint64_t end = m->base + m->n;

	return offset >= end
	    ? slice_of(m->window, 0)
	    : slice_of(mbox_at(m, offset), (size_t)(end - offset));
}

/* If a Content-Length of 'length' behind the header's end 'body' ends where
 * a message may end, put the next postmark's offset and return 1; else 0. */
int mbox_length_lands(struct mbox *m, uint64_t body, uint64_t length,
    uint64_t *end_r);

/* Find out dialect, separated and trust_lengths. */
int mbox_guess(struct mbox *m, enum mbox_dialect want, struct err *err);
/* Back to the file's first message. */
int mbox_restart(struct mbox *m, struct err *err);

#endif
