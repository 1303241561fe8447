/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of the verification share; for them only.
 *
 *	verify.c	the run, folder by folder, and what is left over
 *	verify_pairs.c	a message here and the one there, compared
 *	verify_name.c	naming a difference
 */
#ifndef LOAD_VERIFY_IMPL_H
#define LOAD_VERIFY_IMPL_H

#include "load/likeness.h"
#include "load/load_impl.h"
#include "load/verify.h"

enum difference {
	DIFF_MISSING,
	DIFF_ALTERED,
	DIFF_DUPLICATED,
	DIFF_WRONG_FOLDER,
	DIFF_FLAGS_LOST,
	DIFF_KEYWORDS_LOST,
	DIFF_WRONG_DATE,
	DIFF_EXTRA, /* from here on: information */
	DIFF_MOVED,
	DIFF_NEWLY_FLAGGED,
	DIFF_KEYWORDS_REFUSED,
	DIFF_REWRITTEN,
	DIFF_COUNT
};

struct verify {
	const struct verify_options *o;
	struct load_options lo;
	struct load l; /* for the plan, the session, the ledger */
	struct likeness ours;
	uint64_t missing;
	bool writes; /* the spool's ledger can be written */
};

/* All counters, also those that stay 0. */
void verify_name_all(struct report *r);
/* Count and name one difference of the message 'want' (its row in
 * temp.want), seen at 'uid' (0: nowhere) of this folder. */
void verify_name(struct verify *v, const struct load_folder *f,
    enum difference d, int64_t want, uint32_t uid, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));

/* Compare the pairs of the selected folder: facts, then bytes where they are
 * wanted.  0 or -1. */
int verify_pairs(struct verify *v, const struct load_folder *f, int64_t tag,
    struct err *err);
/* The likeness of the file of a row in temp.want: 1, 0 unreadable, -1. */
int verify_like_file(struct verify *v, int64_t want, struct err *err);

#endif
