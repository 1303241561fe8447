/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * "Please stop": set by SIGINT and SIGTERM, looked at between messages and
 * in every wait.  A second signal ends the process at once.
 */
#ifndef CORE_STOP_H
#define CORE_STOP_H

#include <stdbool.h>

#include "core/err.h"

void stop_install(void);
/* In a child that dies with its parent: a second signal does nothing, for one
 * may come from whoever stops the parent, and one from the parent. */
void stop_set_patient(void);
bool stop_requested(void);
/* -1 with SCOPE_RUN, EX_TEMPFAIL "interrupted" if a stop is wanted, else 0. */
int stop_check(struct err *err);

#endif
