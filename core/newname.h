/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A new name made of an old one ("Old" "/" "*" = "Archive" "/" "*"): a row of
 * pieces, text and what the old name's wildcards or groups stood for.
 *
 *	*, **	what the next '*' or '**' of the old name stood for
 *	?	what its next '?' stood for, if it has one
 *	$n ${n}	its wildcard or group number n; $0 is all of it
 *	$$ \x	'$', and the character x itself
 */
#ifndef CORE_NEWNAME_H
#define CORE_NEWNAME_H

#include "core/buf.h"
#include "core/err.h"
#include "core/glob.h"

struct newname;

/*
 * Take 'to' apart.  'kinds': of the old name's wildcards (glob_wildcards()),
 * or NULL where it is a regex, in which '*' and '?' mean nothing here;
 * 'captures': how many there are.  -1 with SCOPE_RUN, EX_CONFIG.
 */
int newname_new(struct newname **n_r, const char *to, const char *kinds,
    size_t captures, struct err *err);
void newname_free(struct newname **n); /* *n may be NULL */

/* Append it; capture[0] is all that matched, capture[1..] the rest. */
void newname_put(const struct newname *n, const struct slice *capture,
    struct buf *out);

/*
 * Append the new name of 'name', if it, or else the lowest folder above it,
 * matches 'g'; what is below keeps its place under the new name.  False: no
 * match, and 'out' is as it was.
 */
bool newname_apply(const struct newname *n, const struct glob *g,
    struct slice name, struct buf *out);

#endif
