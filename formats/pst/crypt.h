/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How a PST hides and checks its blocks: [MS-PST] 5.1 (compressible, called
 * permute), 5.2 (high, called cyclic) and 5.3 (CRC).  None of it is secret:
 * the tables are in the specification, the key is the block's number.
 */
#ifndef FORMATS_PST_CRYPT_H
#define FORMATS_PST_CRYPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pst_crypt { PST_CRYPT_NONE, PST_CRYPT_PERMUTE, PST_CRYPT_CYCLIC };

/* Decode in place. */
void pst_permute_decode(uint8_t *p, size_t n);
void pst_permute_encode(uint8_t *p, size_t n);
/* Its own inverse; 'key' is the low half of the block id. */
void pst_cyclic(uint8_t *p, size_t n, uint32_t key);

/* The CRC of 'n' bytes more, 0 at first: CRC-32's polynomial, neither
 * inverted before nor after.  Also that of [MS-OXRTFCP]. */
uint32_t pst_crc(uint32_t crc, const void *p, size_t n);

/* Inflate a whole block of 4k files; *n: room in 'out', then bytes in it. */
bool pst_inflate(void *out, size_t *n, const void *in, size_t n_in);

#endif
