/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Modified UTF-7 (RFC 3501 5.1.3): how IMAP and Maildir++ spell mailbox
 * names.  Strict both ways, so that decoding and encoding again always gives
 * the same bytes: a name that a server or a file system has under another
 * spelling is a name of its own, and callers take it as it is.
 *
 * Pure functions; memory in proportion to the input.
 */
#ifndef WIRE_MUTF7_H
#define WIRE_MUTF7_H

#include <stdbool.h>

#include "core/buf.h"

/*
 * Append the UTF-8 form of 'name'.  Returns false, with 'out' as it was, if
 * the name is not modified UTF-7: bytes beyond printable ASCII, an open or
 * superfluous shift, printable ASCII within one, bits left over, a lone
 * surrogate, NUL.
 */
bool mutf7_decode(struct buf *out, struct slice name);

/* Append the modified UTF-7 form of 'name'.  Returns false, with 'out' as it
 * was, if the name is not UTF-8 or holds NUL. */
bool mutf7_encode(struct buf *out, struct slice name);

#endif
