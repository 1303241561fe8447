/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The results of verifications, which stay in the ledger: before the cutover
 * and after it, one does not replace the other.  Each is an event with the
 * summary as JSON, in which the first 1,000 differences are named.
 */
#ifndef LOAD_VERIFY_HISTORY_H
#define LOAD_VERIFY_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"

struct ledger;

struct verify_result {
	int64_t id;
	int64_t started, ended; /* seconds UTC; ended 0: it was interrupted */
	bool deep;
	const char *destination; /* "mary@imap.example.org" */
	int status;		 /* 0, 1: differences; else it was cut short */
	const char *summary;	 /* JSON, as verify --json printed it */
};

/* All of them, the oldest first: start with a zeroed *r; strings live until
 * the next call, which needs 'keep' (zeroed at first, freed by the caller).
 * 1, 0 at the end, -1. */
int verify_result_next(struct ledger *l, struct verify_result *r,
    struct buf *keep, struct err *err);
/* "sound: 1,204 messages, 3 rewritten", "2 missing, 1 altered". */
void verify_result_text(struct buf *out, const struct verify_result *r);
/* Is it the last one that came to an end at its destination?  1, 0, -1. */
int verify_result_is_last(struct ledger *l, const struct verify_result *r,
    struct err *err);
/*
 * What this result says of the message with this source (JSON text) in this
 * folder of the spool: the differences into 'out', nothing for none.  false:
 * it does not say (it has more differences than are kept).
 */
bool verify_result_of(const struct verify_result *r, const char *folder,
    const char *source, struct buf *out);

#endif
