/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Dying on purpose.  step("load.append") stands before each durable act.  In
 * the test build (POSTROAD_STEPS) the environment's STEP_AT=n ends the
 * process with _exit(100) at the n-th step passed, and STEP_LOG=FILE appends
 * the names passed.  With STEP_LANES what grows with success grows at once, so
 * that short runs show it, too.  Elsewhere it is nothing at all.
 */
#ifndef CORE_STEP_H
#define CORE_STEP_H

#ifdef POSTROAD_STEPS
#include <stdbool.h>

void step(const char *name);
bool step_is_eager(void);
#else
#define step(name)	((void)0)
#define step_is_eager() false
#endif

#endif
