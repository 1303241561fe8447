/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a folder of the spool is called at the destination: component by
 * component, in the wire form (modified UTF-7: RFC 3501, 5.1.3), below the
 * personal namespace's prefix, with the server's delimiter.  Pure functions.
 *
 * INBOX is INBOX.  What is under INBOX in the spool is under it there; where
 * the prefix itself begins with INBOX ("INBOX." at Courier and Cyrus) the
 * two are one, and no prefix is doubled.
 *
 * What a server would misread is replaced: the delimiter inside a component
 * by '_' ('-' where '_' is the delimiter), controls likewise, bytes that are
 * no UTF-8 by U+FFFD, an empty component by "_".  A flat server (no
 * delimiter) gets components joined by '_'.
 */
#ifndef LOAD_NAMES_H
#define LOAD_NAMES_H

#include <stdbool.h>

#include "core/buf.h"

struct names {
	const char *prefix; /* of the personal namespace, wire form; "" */
	char delimiter;	    /* 0: flat */
};

/*
 * Append the wire form of one component, as it lies on disk (encoded).
 * Returns true if something in it had to be replaced.
 */
bool names_component(struct buf *out, struct slice component,
    const struct names *n);

/*
 * Append the wire form of the folder called 'component' under 'parent' (its
 * wire form; empty: at the top).  Returns true as names_component().
 */
bool names_child(struct buf *out, struct slice parent, struct slice component,
    const struct names *n);

/* Append " (2)", " (3)", ...: kept apart from a folder of the same name. */
void names_apart(struct buf *name, unsigned number);

/* Does a name lie under the prefix, or is it INBOX? */
bool names_is_personal(struct slice name, const struct names *n);

/* The role that matters when folders are matched by it: is 'special_use' one
 * of \Sent \Drafts \Trash \Junk \Archive?  (\All, \Flagged and \Important
 * are views of other folders and matched by nothing but their name.) */
bool names_is_role(struct slice special_use);

#endif
