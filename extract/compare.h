/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two opinions on a PST: it is read by our own reader and by libpst, each in
 * its own sandboxed child, and what they understood of each item is compared
 * fact by fact (extract/pst_facts.h).  Nothing is written.
 */
#ifndef EXTRACT_COMPARE_H
#define EXTRACT_COMPARE_H

#include "extract/source.h"

/*
 * Compare.  'spec' names the PST (its reader does not matter); with 'spool',
 * also whether that holds each message that our own reader finds.
 * Differences are problems in 'r' and counted there: only_in_own,
 * only_in_libpst, read_differently, not_in_spool; each compared item in
 * 'counter'.  What libpst is known not to give is no difference, but counted
 * in "known_limits".  0, or -1 with what ended the run: the PST cannot be read
 * by ourselves, no such spool, the user's wish.  Memory: 32 bytes an item.
 */
int compare_readers(const struct source_spec *spec, const char *spool,
    const char *counter, struct report *r, struct err *err);

#endif
