/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers from outside: decimal digits only, no sign, no blanks, bounded. */
#ifndef CORE_NUM_H
#define CORE_NUM_H

#include <stdbool.h>
#include <stdint.h>

#include "core/slice.h"

/* The whole slice must be one number in 0..max. */
bool num_u64(struct slice s, uint64_t max, uint64_t *out);

/* The number at the front of *s, which moves behind it. */
bool num_take_u64(struct slice *s, uint64_t max, uint64_t *out);

/* "10M", "1.5G", "200k", "17": bytes, k M G T are powers of 1000, Ki Mi Gi
 * Ti of 1024.  For option values. */
bool num_size(struct slice s, uint64_t *out);

#endif
