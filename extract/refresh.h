/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an incremental source tells beside messages, done to the spool: what
 * is known, what changed, moved or is gone.  For extract.c.
 */
#ifndef EXTRACT_REFRESH_H
#define EXTRACT_REFRESH_H

#include "extract/source.h"
#include "formats/spool.h"

struct refresh {
	struct spool *sp;
	struct report *r;
	bool mirror;	/* what is gone at the source goes here, too */
	bool unsettled; /* the run before could not tell what is gone */
	bool left_out;	/* messages were, by --exclude */
	/* refresh.c's own */
	uint64_t gone;
};

/* Any item but SOURCE_FOLDER and SOURCE_MSG.  0, or -1 with SCOPE_RUN. */
int refresh_take(struct refresh *f, const struct source_item *item,
    struct err *err);
/*
 * The source came to its end.  'whole': nothing of it was out of reach.  What
 * is gone is paired with what is new (formats/spool_moves.h); what is left
 * over is gone, and with 'mirror' goes here, too.  While messages are left out
 * by --exclude it may have been moved to them: that stays unsettled.  0 or -1.
 */
int refresh_end(struct refresh *f, bool whole, struct err *err);
/* The message 'm' is there already, and at its source: it is back, if it was
 * thought gone; it goes where it lies there ('follow'); flags that changed at
 * the source since follow.  'have' is from spool_find(). */
int refresh_known(struct refresh *f, const struct msg *m,
    const struct spool_entry *have, bool follow, struct err *err);
/* It was not met, though everything was. */
int refresh_unmet(struct refresh *f, const char *key, struct err *err);

#endif
