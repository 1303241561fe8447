/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * COMPRESS=DEFLATE (RFC 4978): both directions of a connection as raw deflate
 * streams, between wire/conn.c and the socket or TLS.  Memory: some 320 KiB a
 * connection.  Used by wire/conn.c and nothing else.
 */
#ifndef WIRE_DEFLATE_H
#define WIRE_DEFLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

#define DEFLATE_BLOCK 16384 /* bytes from the net at a time */

struct deflate;

struct deflate *deflate_new(void);
void deflate_free(struct deflate **d);

/* Where bytes from the net go: room for *n_r of them, 0: take some out
 * first; then deflate_came(). */
char *deflate_room(struct deflate *d, size_t *n_r);
void deflate_came(struct deflate *d, size_t n);
/* Up to 'cap' bytes of what they said; 0: more must come.  -1 with
 * SCOPE_STORE, EX_PROTOCOL: this is no deflate stream. */
int deflate_read(struct deflate *d, char *p, size_t cap, size_t *n_r,
    struct err *err);

/* Take up to 'n' bytes that are to be said, flushed; returns how many: 0 while
 * deflate_pending() bytes have not left. */
size_t deflate_write(struct deflate *d, const char *p, size_t n);
/* What is to leave for the net, and that some of it has. */
const char *deflate_pending(const struct deflate *d, size_t *n_r);
void deflate_left(struct deflate *d, size_t n);

#endif
