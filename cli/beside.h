/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A stage that runs beside this one: in a child process, with a report of its
 * own.  How far it is can be looked up at any time, what it did is told when
 * it has ended.  It ends when this process does, whatever becomes of that.
 *
 *	beside_start -> beside_look* -> beside_end
 *
 * Children started later may look at those started before them.
 */
#ifndef CLI_BESIDE_H
#define CLI_BESIDE_H

#include "cli/cmd.h"
#include "core/js.h"

struct beside;

/* The child's work: counts in *r, which it may replace, and returns 0, or -1
 * with *err. */
typedef int (*beside_work)(void *arg, struct report **r, struct err *err);

struct beside_sight {
	uint64_t done, total, bytes; /* messages so far, of (0: unknown) */
	bool begun;		     /* it announced a message: its spool
				      * is there */
	bool over;		     /* it has ended */
};

/* Start it.  0, or -1 with SCOPE_RUN, EX_OSERR. */
int beside_start(struct beside **b_r, enum stage stage, beside_work work,
    void *arg, struct err *err);
struct beside_sight beside_look(struct beside *b);
/* Ask it to stop, as SIGTERM does, which it then says nothing of.  False if it
 * has ended before. */
bool beside_stop(struct beside *b);

/*
 * Wait for its end.  Its exit status is as cmd_status() says, 75 when it was
 * killed, 70 when it crashed; either is logged.  *sum_r is its summary, NULL
 * if it left none; *text_r the same for people.  Frees it, *b to NULL.
 */
int beside_end(struct beside **b, struct js **sum_r, struct buf *text_r);

#endif
