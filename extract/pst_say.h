/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An item as the PST child announces it: payloads of extract/pst_frame.h. */
#ifndef EXTRACT_PST_SAY_H
#define EXTRACT_PST_SAY_H

#include "core/buf.h"
#include "formats/item_kind.h"
#include "formats/pst/item.h"

/* PST_ITEM: a message in the folder 'path'. */
void say_item(struct buf *out, const struct item *it, uint64_t nid,
    const char *path);
/* PST_THING: what is no mail. */
void say_thing(struct buf *out, const struct item *it, enum item_kind kind,
    uint64_t nid, const char *path);

#endif
