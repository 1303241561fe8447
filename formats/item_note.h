/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sticky notes ([MS-OXONOTE]) as text files: a head of "Name: value" lines
 * (Subject, where it is not the text's first line; Categories; Color;
 * Created; Modified), an empty line, the text.  UTF-8, LF.
 */
#ifndef FORMATS_ITEM_NOTE_H
#define FORMATS_ITEM_NOTE_H

#include "formats/pst/item.h"

/* 0, or -1 with the sink's error, or SCOPE_MSG. */
int note_write(const struct item *it,
    void (*problem)(void *arg, const char *text), void *arg,
    const struct item_sink *to, struct err *err);

/* The other way; 'fd' must stay open until the item is closed.  0, or -1 with
 * SCOPE_MSG. */
int note_read(int fd, struct item **item_r, struct err *err);

#endif
