/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An attachment of an item as bytes with a type, whatever it is: an item in
 * an item is built as a message (formats/mime_build.h).
 */
#ifndef FORMATS_ITEM_ATTACH_H
#define FORMATS_ITEM_ATTACH_H

#include "formats/pst/item.h"

/* "image/png": as the store has it, else by the name; never empty.  Lives as
 * long as the item. */
struct slice item_attach_type(const struct item_attach *at);

/* Its bytes; as long as 'as' and the item live.  No copy(): it has none (a
 * link). */
struct item_attach_stream {
	struct item_stream stream;
	const struct item_attach *at;
};
void item_attach_stream(struct item_attach_stream *as_r,
    const struct item_attach *at);

#endif
