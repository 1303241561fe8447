/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A stretch of a file as the bytes that were meant: transfer encodings
 * (RFC 2045 6) undone in blocks, whatever the size.  Broken encodings give
 * what can be made of them, as mail programs do: never an error.
 */
#ifndef FORMATS_MIME_SPAN_H
#define FORMATS_MIME_SPAN_H

#include <stdint.h>

#include "core/err.h"
#include "formats/pst/item.h"

enum span_how {
	SPAN_RAW,
	SPAN_BASE64, /* ends at its padding; others' bytes are passed over */
	SPAN_QP,
	SPAN_UU, /* x-uuencode */
	SPAN_HOW_COUNT
};

struct span {
	enum span_how how;
	uint64_t from, n;
};

/*
 * Push what the span means into 'to'.  Returns 1, 0 when the file ends before
 * the span does (what came is good), -1 with the sink's error or, when
 * the file cannot be read, SCOPE_MSG.
 */
int span_copy(int fd, const struct span *s, const struct item_sink *to,
    struct err *err);

/* About how many bytes that will be, never less. */
uint64_t span_size(const struct span *s);

#endif
