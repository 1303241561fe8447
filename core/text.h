/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text from outside (mail, servers, file names) on its way to people and to
 * JSON.  UTF-8 rules are those of RFC 3629.
 */
#ifndef CORE_TEXT_H
#define CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

/*
 * Decode one code point from p[0..n).  Returns how many bytes it took (1..4),
 * or 0 when the bytes are not valid UTF-8 (then step over one byte).
 */
size_t text_utf8(const char *p, size_t n, uint32_t *cp_r);

/* Append the UTF-8 form of 'cp' to 'b'. */
void text_put_utf8(struct buf *b, uint32_t cp);

/* Is the whole slice valid UTF-8? */
bool text_is_utf8(struct slice s);

/*
 * Append 's' made safe for a terminal, a log or a report: controls, DEL, C1
 * controls, bidirectional overrides and broken UTF-8 come out as \xNN or
 * \u{N}; everything else as it is.
 */
void text_escape(struct buf *b, struct slice s);

/* The same into 'cap' bytes, always NUL-terminated, cut at a whole escape. */
void text_escape_into(char *out, size_t cap, const char *p, size_t n);

/* Append 's' with every broken byte replaced by U+FFFD: valid for JSON. */
void text_repair(struct buf *b, struct slice s);

/*
 * Human size ("1.5 MB", powers of 1000) and count ("12,345") for people.
 * Return 'out', which holds at least 32 bytes.
 */
char *text_size(char out[32], uint64_t bytes);
char *text_count(char out[32], uint64_t n);

/* "1 message was", "12,345 messages were": what is counted, in both numbers.
 * Returns 'out', which holds at least 80 bytes. */
char *text_number(char out[80], uint64_t n, const char *one, const char *many);

/* Append 's' with %XX (capital digits) as the byte that it stands for. */
void text_put_percent(struct buf *b, struct slice s);

#endif
