/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long a busy or broken server is borne: growing pauses between attempts
 * that come to nothing, and a limit to all waiting of a run (--max-wait).
 */
#ifndef EXTRACT_PATIENCE_H
#define EXTRACT_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/report.h"

#define PATIENCE_MAX_WAIT_S 600

struct patience {
	struct report *report;
	uint64_t max_wait_ms, waited_ms;
	unsigned failures; /* in a row, without progress */
};

/* Wait, and say why in the progress line.  -1 with SCOPE_RUN, EX_TEMPFAIL
 * when the limit is reached, or a stop was asked for. */
int patience_wait(struct patience *p, uint64_t ms, const char *why,
    struct err *err);
/* Is this an end of a session that a new one may mend? */
bool patience_is_mendable(const struct err *err);
/*
 * A session ended so ('*err').  Waits its pause and returns 0: try again; or
 * -1 with what to end the run with.
 */
int patience_again(struct patience *p, struct err *err);
/* Something was achieved: the next failure counts as the first. */
void patience_progress(struct patience *p);

#endif
