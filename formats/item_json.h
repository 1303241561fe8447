/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An item of which nobody knows what it is, as JSON: all its properties,
 * recipients, attachments, items in it.  Nothing is left out; bytes are
 * base64.  docs/spool.md describes it.  Memory is flat at any size.
 */
#ifndef FORMATS_ITEM_JSON_H
#define FORMATS_ITEM_JSON_H

#include "formats/pst/item.h"

struct item_json_opts {
	/* as mime_opts.problem; may be NULL */
	void (*problem)(void *arg, const char *text);
	void *arg;
};

/* Needs it->props.  0, or -1 with the sink's error, or with SCOPE_MSG: then
 * the bytes are worthless. */
int item_json(const struct item *it, const struct item_json_opts *opts,
    const struct item_sink *to, struct err *err);

#endif
