/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The text of an item as plain UTF-8, in pieces that end between characters:
 * its plain body, else what its HTML says without marks.  Line ends are as
 * they come; NULs and a byte order mark are left out.
 */
#ifndef FORMATS_ITEM_TEXT_H
#define FORMATS_ITEM_TEXT_H

#include "formats/pst/item.h"

/* 1 all of it (also when there is none), 0 it ended early, -1 as
 * item_stream.copy(). */
int item_text(const struct item *it, const struct item_sink *to,
    struct err *err);

#endif
