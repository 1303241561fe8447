/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Dying on purpose.  step("load.append") stands before each durable act.  In
 * the test build (POSTROAD_STEPS) the environment's STEP_AT=n ends the
 * process with _exit(100) at the n-th step passed, and STEP_LOG=FILE appends
 * the names passed.  Elsewhere it is nothing at all.
 */
#ifndef CORE_STEP_H
#define CORE_STEP_H

#ifdef POSTROAD_STEPS
void step(const char *name);
#else
#define step(name) ((void)0)
#endif

#endif
