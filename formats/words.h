/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Header text for people: RFC 2047 encoded words (and RFC 2231 language
 * tags in them) decoded to UTF-8 with iconv(3).  Never fails: what cannot be
 * decoded stays as it is, raw 8-bit text that is not UTF-8 is read as
 * Windows-1252.  The result is valid UTF-8 and may hold controls.
 */
#ifndef FORMATS_WORDS_H
#define FORMATS_WORDS_H

#include "core/buf.h"

/* Append a header field's value, unfolded, trimmed and decoded. */
void words_decode(struct buf *out, struct slice value);

/* Append text of 'charset' as UTF-8; false (and nothing) when iconv does not
 * know it or the text is not of it. */
bool words_to_utf8(struct buf *out, const char *charset, struct slice text);

#endif
