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
	bool mirror; /* what is gone at the source goes here, too */
};

/* Any item but SOURCE_FOLDER and SOURCE_MSG.  0, or -1 with SCOPE_RUN. */
int refresh_take(struct refresh *f, const struct source_item *item,
    struct err *err);
/* With 'mirror': what earlier runs marked as gone goes.  0 or -1. */
int refresh_sweep(struct refresh *f, struct err *err);
/* The message 'm' is there already: flags that changed at the source since
 * follow.  'have' is from spool_find(). */
int refresh_flags(struct refresh *f, const struct msg *m,
    const struct spool_entry *have, struct err *err);

#endif
