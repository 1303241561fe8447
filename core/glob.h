/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Globs over folder names (decoded, '/'-joined) and header values.
 *
 *	*      any run of characters without '/'
 *	**     any run of characters
 *	?      one character, not '/'
 *	[a-z]  one of these, not '/'; [!a-z] or [^a-z] one of all others
 *	\x     the character x itself
 *
 * The whole name must match.  As a whole component in front of others "**"
 * also stands for no component at all: "**" "/Junk" finds "Junk" too; but
 * "Junk/" "**" means what is under Junk, not Junk itself.  "[Gmail]" and
 * "[Google Mail]", where they make a whole component, mean themselves:
 * everybody writes them so, and as sets they would never be wanted.
 *
 * Case matters, except in the name INBOX at the top (RFC 3501, 5.1).
 * Characters are Unicode's; a byte that is no UTF-8 counts as one character.
 * Time is at most (characters) x (pattern length): there is no backtracking.
 */
#ifndef CORE_GLOB_H
#define CORE_GLOB_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/slice.h"

enum {
	GLOB_ICASE = 1, /* case never matters */
	GLOB_PLAIN = 2	/* no folder name: '/' and INBOX are nothing special */
};

#define GLOB_PATTERN_MAX 1024  /* bytes */
#define GLOB_CAPTURES	 64    /* wildcards that can be captured */
#define GLOB_NAME_MAX	 16384 /* bytes of a name to capture from */

/*
 * A '/' that is part of a component, not between two (a PST folder may be
 * called "In/Out").  Who must tell the two apart puts this private code
 * point into the name: a '/' in the pattern matches it, and so do wildcards.
 */
#define GLOB_INNER_SLASH ((uint32_t)0x10fe2f)

struct glob; /* a compiled pattern */

/* Compile.  -1 with SCOPE_RUN, EX_CONFIG: not UTF-8, too long, a '[' without
 * ']', a '\' at the end. */
int glob_new(struct glob **g_r, struct slice pattern, unsigned flags,
    struct err *err);
void glob_free(struct glob **g); /* *g may be NULL */

bool glob_test(const struct glob *g, struct slice name);

/* What one wildcard stood for. */
struct glob_capture {
	char kind;	   /* '*' for * and **, '?', '[' */
	struct slice text; /* borrowed from the name */
};

/* How many wildcards the pattern has, and of which kind. */
size_t glob_wildcards(const struct glob *g, char kinds[GLOB_CAPTURES]);

/*
 * Match and say what each wildcard stood for, from left to right, each as
 * short as the rest allows.  'cap' has room for GLOB_CAPTURES.  A name
 * longer than GLOB_NAME_MAX never matches.
 */
bool glob_capture(const struct glob *g, struct slice name,
    struct glob_capture *cap);

/* All in one; a pattern that glob_new() refuses matches nothing. */
bool glob_match(struct slice pattern, struct slice name, unsigned flags);

#endif
