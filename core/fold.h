/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Upper and lower case, the same on every machine: the C.UTF-8 locale's
 * simple mappings, whatever locale the user has; ASCII alone where that
 * locale is missing.  Not for passwords or protocol words.
 */
#ifndef CORE_FOLD_H
#define CORE_FOLD_H

#include <stdint.h>

#include "core/buf.h"

/* The lower-case form of one code point, or itself. */
uint32_t fold_cp(uint32_t cp);

/* Append 's' with every code point folded; broken bytes as they are. */
void fold_put(struct buf *out, struct slice s);

#endif
