/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Base64 (RFC 4648 4) in pieces, without line ends. */
#ifndef CORE_BASE64_H
#define CORE_BASE64_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"

/* Zeroed, it is ready; for one direction at a time. */
struct base64 {
	uint8_t rest[4];
	size_t n;
	bool over; /* decoding: padding came */
};

/* Encode: append to 'out'; base64_end() appends what is left. */
void base64_put(struct base64 *b, struct buf *out, const void *data,
    size_t len);
void base64_end(struct base64 *b, struct buf *out);

/* Decode: append to 'out'.  Blanks and line ends are passed over; false for
 * anything else that is not base64. */
bool base64_take(struct base64 *b, struct buf *out, const void *data,
    size_t len);
/* What is left; false if the end is missing. */
bool base64_done(struct base64 *b, struct buf *out);

#endif
