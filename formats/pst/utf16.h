/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UTF-16LE, as a PST has its text, to UTF-8, in pieces of any size.  Halves
 * of surrogate pairs that stand alone become U+FFFD. */
#ifndef FORMATS_PST_UTF16_H
#define FORMATS_PST_UTF16_H

#include "core/buf.h"

/* Where a piece ended; zeroed at first. */
struct utf16 {
	unsigned high; /* first half of a pair, or 0 */
	unsigned odd;  /* 0x100 | first byte of a unit, or 0 */
};

void utf16_put(struct utf16 *u, struct buf *out, struct slice in);
/* What is left over at the end. */
void utf16_end(struct utf16 *u, struct buf *out);

#endif
