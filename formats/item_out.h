/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An item that is no mail, as the file that a spool keeps of it
 * (docs/spool.md): vCard, iCalendar, text, or JSON.
 */
#ifndef FORMATS_ITEM_OUT_H
#define FORMATS_ITEM_OUT_H

#include "formats/item_kind.h"
#include "formats/pst/item.h"

struct item_out_opts {
	unsigned vcard; /* version: 4 (or 0), 3 */
	/* as mime_opts.problem; may be NULL */
	void (*problem)(void *arg, const char *text);
	void *arg;
};

/* What it can be written as: by its class, but KIND_OTHER where the reader
 * gave no more than its properties, an appointment has no
 * time, a note has files; KIND_MAIL: as nothing of all this. */
enum item_kind item_out_kind(const struct item *it);

/* What people call it: a name, a subject; maybe empty. */
struct slice item_out_title(const struct item *it);

/* 0, or -1 with the sink's error, or with SCOPE_MSG: then the bytes are
 * worthless. */
int item_out(const struct item *it, enum item_kind kind,
    const struct item_out_opts *opts, const struct item_sink *to,
    struct err *err);

/*
 * The other way: read a file of this kind, into a neutral item of the class
 * that it has in a PST.  'fd' must stay open until the item is closed.  What
 * of it has no place there goes to opts->problem; opts may be NULL.  0, or
 * -1 with SCOPE_MSG, EX_DATAERR: it is no such file (KIND_OTHER never is).
 */
int item_in(int fd, enum item_kind kind, const struct item_out_opts *opts,
    struct item **item_r, struct err *err);

#endif
