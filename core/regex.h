/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Regular expressions over text that others wrote: Perl's language, Unicode.
 * The one doorway to pcre2.  A pattern may be as clever as it likes, but a
 * match ends after a bounded amount of work and memory: then it is neither
 * "yes" nor "no" but an error that the caller must report.
 */
#ifndef CORE_REGEX_H
#define CORE_REGEX_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"
#include "core/err.h"

enum { REGEX_ICASE = 1 };

#define REGEX_PATTERN_MAX 4096	/* bytes */
#define REGEX_GROUPS	  32	/* the whole match and groups 1..31 */
#define REGEX_TEXT_MAX	  65536 /* bytes of a text */

struct regex;

/* Compile.  -1 with SCOPE_RUN, EX_CONFIG: what is wrong and where. */
int regex_new(struct regex **r_r, struct slice pattern, unsigned flags,
    struct err *err);
void regex_free(struct regex **r); /* *r may be NULL */

/* How many groups the pattern has, without the whole match. */
size_t regex_groups(const struct regex *r);

/*
 * Look for the pattern anywhere in 'text'; bytes that are no UTF-8 never
 * match.  Returns 1 with group[0..REGEX_GROUPS) filled in, where 'group' is
 * not NULL ({NULL, 0}: not taken part), 0, or -1 with SCOPE_MSG: the limits
 * were reached, or the text is longer than REGEX_TEXT_MAX.
 */
int regex_match(const struct regex *r, struct slice text, struct slice *group,
    struct err *err);

#endif
