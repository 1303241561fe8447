/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is gone from a source that does not tell by itself (files): it gives
 * all it has every time, so what the spool had from it and was not met is
 * gone.  A bit a message is kept.
 *
 *	unmet_begin -> { unmet_met }* -> unmet_end -> unmet_free
 *
 * Nothing is concluded from a run that was asked for something else than the
 * one before, or that met nothing at all.
 */
#ifndef EXTRACT_UNMET_H
#define EXTRACT_UNMET_H

#include "extract/refresh.h"

struct unmet {
	struct spool *sp;
	uint8_t *met; /* a bit for each row up to 'top' */
	int64_t top;
};

/* Before the first message.  0 or -1 with SCOPE_RUN. */
int unmet_begin(struct unmet *u, struct spool *sp, struct err *err);
/* The message of this row is at the source. */
void unmet_met(struct unmet *u, int64_t row);
/* The source came to its end without any trouble: mark what is gone.
 * 'again': it is where it was.  1, 0: nothing could be concluded, -1 with
 * SCOPE_RUN. */
int unmet_end(struct unmet *u, const struct source_spec *spec, bool again,
    struct refresh *f, struct err *err);
void unmet_free(struct unmet *u);

#endif
