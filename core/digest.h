/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256 (FIPS 180-4), the hash that postroad proves things with; and MD5
 * (RFC 1321), for a protocol that wants it. */
#ifndef CORE_DIGEST_H
#define CORE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

#define DIGEST_BYTES 32
#define DIGEST_HEX   (2 * DIGEST_BYTES + 1)

struct digest;

/* A running hash, ready for bytes; the caller frees it.  Reusable: reset. */
struct digest *digest_new(void);
void digest_reset(struct digest *d);
void digest_add(struct digest *d, const void *data, size_t len);
/* The hash of what was added; then reset before adding again. */
void digest_end(struct digest *d, uint8_t out[DIGEST_BYTES]);
/* The hash of what was added so far; more may be added. */
void digest_now(const struct digest *d, uint8_t out[DIGEST_BYTES]);
void digest_free(struct digest **d);

/* MD5 of the parts, one behind the other. */
#define DIGEST_MD5_BYTES 16
void digest_md5(const struct slice *parts, size_t n,
    uint8_t out[DIGEST_MD5_BYTES]);

void digest_of(const void *data, size_t len, uint8_t out[DIGEST_BYTES]);

/* Lower-case hex of the first 'len' bytes; 'out' holds 2 * len + 1. */
char *digest_hex(char *out, const uint8_t *bin, size_t len);

#endif
