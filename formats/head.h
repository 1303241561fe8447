/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A look at a message's header (RFC 5322), without changing a byte: field by
 * field, unfolding only what is asked for.  Accepts LF and CRLF, also with
 * more CRs, as programs leave them that made CRLF of CRLF twice, and any
 * bytes; never fails, finds less.  Not a MIME parser (formats/mime*.c is).
 */
#ifndef FORMATS_HEAD_H
#define FORMATS_HEAD_H

#include <stdbool.h>

#include "core/buf.h"
#include "core/date.h"

/*
 * Step to the next header field: *name_r is what stands before the ':',
 * *value_r all behind it up to the end of the last folded line, without that
 * line's end, both borrowed from the input.  Lines that are no fields are
 * stepped over.  Returns false at the empty line, where *rest then is, or
 * the end.
 */
bool head_next(struct slice *rest, struct slice *name_r, struct slice *value_r);

/* Does 'text' begin with an empty line, which ends a header? */
bool head_is_empty_line(struct slice text);

/* The first field called 'name' (any case); false if there is none. */
bool head_find(struct slice head, const char *name, struct slice *value_r);

/* Append 'value' unfolded (line ends dropped), trimmed. */
void head_unfold(struct buf *out, struct slice value);

/* Offset behind the empty line that ends the header; head.n if none. */
size_t head_length(struct slice head);

/* The first Message-ID with its angle brackets (or the one word there is, if
 * they are missing), as it is spelled, or empty. */
struct slice head_message_id(struct slice head);

/* The newest (topmost) Received field's date, else Date. */
bool head_date(struct slice head, int64_t *out);

/* Append the Subject, RFC 2047 words left as they are, unfolded. */
void head_subject(struct buf *out, struct slice head);

#endif
