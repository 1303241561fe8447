/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verifications that a spool remembers (load/verify/history.h), for
 * people and programs. */
#ifndef CLI_VERIFIED_H
#define CLI_VERIFIED_H

#include <stdbool.h>

#include "core/err.h"
#include "core/js.h"
#include "core/report.h"
#include "formats/spool.h"

/* verify --history: all of them, the oldest first.  0 or -1. */
int verified_print(const char *spool, bool json, struct err *err);
/* verify SPOOL: the last one of each destination, as notes and as "verified"
 * of the summary. */
int verified_note(struct spool *sp, struct report *r, struct err *err);
/*
 * why: what the last verification of each destination says of a message:
 * 'tell' gets a line; with 'list' the same as JSON instead.
 */
int verified_message(struct spool *sp, const char *folder, const char *source,
    void (*tell)(const char *label, const char *text), struct js *list,
    struct err *err);

#endif
