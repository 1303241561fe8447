/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a reader understood of an item, in lines to compare: "field TAB value
 * LF", a field once, always in the same order.  Text is escaped, long text is
 * its size and hash, a body or an attachment always.  "attach2.size" is of
 * the second attachment, "attach2/subject" of the item that it holds.
 *
 * The child makes it (extract/pst_child.c) in place of a message, from one
 * reader and from the other; extract/compare.c sees where they differ.
 */
#ifndef EXTRACT_PST_FACTS_H
#define EXTRACT_PST_FACTS_H

#include "formats/pst/item.h"

/* No item has more to say; what would be behind it is one hash, "rest". */
#define FACTS_MAX (256u << 10)

struct facts_in {
	bool mail; /* of a class that becomes a message */
	/* how much damage was met in the store until now; NULL: it is not
	 * looked for.  The first is from before the item was opened. */
	uint64_t damage;
	const uint64_t *damage_now;
};

/* Tell 'to' the facts of 'it'.  0, or -1 with the sink's error. */
int pst_facts(const struct item *it, const struct facts_in *in,
    const struct item_sink *to, struct err *err);

#endif
