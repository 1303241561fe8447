/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What formats/mime_fix*.c share; for them only. */
#ifndef FORMATS_MIME_FIX_IMPL_H
#define FORMATS_MIME_FIX_IMPL_H

#include "formats/mime_fix.h"

/* What becomes of one header. */
struct fix_head {
	const struct fix_want *want;
	bool receipts;	    /* it is the message's own */
	bool version;	    /* it is a message's: encodings need MIME-Version */
	const char *encode; /* its new transfer encoding, or NULL */
	bool stub;	    /* what it was a header of is text now */
	bool body;	    /* something follows it */
	bool apart;	    /* ... which may begin like an empty line */
};

/*
 * Append the new header to 'out'.  Returns the FIX_ bits of what changed.
 * *long_r: a line that is too long and cannot be folded, in bytes, else 0.
 */
unsigned fix_head(const struct fix_head *h, struct slice raw, struct buf *out,
    uint64_t *long_r);

#endif
