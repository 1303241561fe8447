/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Take a message apart (RFC 5322, RFC 2045-2047, 2231): the inverse of
 * formats/mime_build.h.  What comes out is an item with its bodies,
 * recipients and attachments, messages in it likewise, at every depth down to
 * MIME_NESTED_MAX; deeper ones are attached files.
 *
 * The text of the message is the first text part that is to be shown, or of
 * alternatives the plain and the HTML one; every other part is an attachment.
 * A signed or encrypted message is kept whole ([MS-OXOSMIME] 2.1.3), so that
 * its signature still verifies.
 *
 * Any bytes are a message: this fails only at the limits of mime_scan.h, and
 * where the file cannot be read.  Meant for a sandboxed child.
 */
#ifndef FORMATS_MIME_TAKE_H
#define FORMATS_MIME_TAKE_H

#include "core/arena.h"
#include "formats/taken.h"

/*
 * Take 'fd' apart, in 'a'.  What must be rewritten goes to 'blob'; its
 * stretches in the result count from the first byte written there.
 * mime_init() was called.  0 and *t_r, or -1: SCOPE_MSG (the message is beyond
 * a limit), SCOPE_RUN, or the blob's error.  Streams are not wired
 * (taken_wire()).
 */
int mime_take(int fd, const struct item_sink *blob, struct arena *a,
    struct taken **t_r, struct err *err);

#endif
