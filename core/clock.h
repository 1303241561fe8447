/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The time, for what waits.  In the test build (POSTROAD_STEPS) the
 * environment's TEST_CLOCK=FILE makes it another one: FILE holds the seconds
 * since 1970 that it shows; waiting for nothing else costs no time but moves
 * it on, and FILE with it, so that the next run goes on from there.  Elsewhere
 * it is the system's.
 */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include <poll.h>
#include <stdint.h>

/* Milliseconds that only go forward. */
int64_t clock_ms(void);
/* Seconds since 1970 UTC; they may go back. */
int64_t clock_wall(void);
/* poll(2) until something is ready, or for 'ms' at most, but never longer
 * than 'slice' (a wish to stop is to be seen). */
void clock_poll(struct pollfd *v, nfds_t n, int64_t ms, int slice);

#endif
