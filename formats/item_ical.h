/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Appointments, tasks and journal entries as iCalendar files, with their
 * attachments inside at any size: formats/ical.h makes the text with a mark
 * for each, the bytes are streamed to its place.  The other way as well.
 */
#ifndef FORMATS_ITEM_ICAL_H
#define FORMATS_ITEM_ICAL_H

#include "formats/pst/item.h"

/* Write it->event, it->task or it->journal.  'problem' as in mime_opts, may
 * be NULL.  0, or -1 with the sink's error, or with SCOPE_MSG: then the bytes
 * are worthless. */
int item_ical_write(const struct item *it,
    void (*problem)(void *arg, const char *text), void *arg,
    const struct item_sink *to, struct err *err);

/*
 * Read the first thing of an iCalendar file; 'fd' must stay open until the
 * item is closed.  it->event, task or journal is filled in with the class
 * that it has in a PST, it->attachments with what was inside, as streams.  0,
 * or -1 with SCOPE_MSG, EX_DATAERR.
 */
int item_ical_read(int fd, void (*problem)(void *arg, const char *text),
    void *arg, struct item **item_r, struct err *err);

#endif
