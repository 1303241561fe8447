/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A spool against its own ledger: every message that the rows tell of is
 * there, with its size, its SHA-256 and its received date; so are the items
 * that are no mail, but for their dates; what lies there without a row is
 * counted.  Reads every byte, changes nothing.
 */
#ifndef FORMATS_SPOOL_CHECK_H
#define FORMATS_SPOOL_CHECK_H

#include "formats/spool.h"

/*
 * Differences are named as problems of 'r'; its counters get "messages",
 * "items_checked", "missing", "altered", "date_changed", "not_in_ledger".
 * Returns 0 (also with differences), or -1 with SCOPE_RUN: damaged ledger,
 * I/O, interrupted.
 */
int spool_check(struct spool *sp, struct report *r, struct err *err);

#endif
