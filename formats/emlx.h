/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Apple Mail's .emlx: a line with the message's size in bytes, the message,
 * an XML property list about its state.  Pure functions over its first and
 * its last bytes; the list is searched, not parsed.
 */
#ifndef FORMATS_EMLX_H
#define FORMATS_EMLX_H

#include <stdbool.h>
#include <stdint.h>

#include "formats/msg.h"

/*
 * Is 'head', the file's beginning, that of an .emlx?  Where the message
 * begins, and how long it is said to be.
 */
bool emlx_begin(struct slice head, uint64_t *at_r, uint64_t *size_r);

/*
 * Where the property list begins in 'tail', the file's end: tail.n if there
 * is none.
 */
size_t emlx_list(struct slice tail);

/* Flags and keywords ($Junk, $NotJunk) from the list; false if it does not
 * tell. */
bool emlx_flags(struct slice list, uint32_t *flags, struct buf *keywords);

#endif
