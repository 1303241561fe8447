/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Owned bytes that grow.  A zeroed struct buf is empty and ready.  'p' is
 * always NUL-terminated behind 'n' once something was put in, so text in a
 * buf can be handed to C; the NUL is not counted.  Running out of memory ends
 * the process, so nothing here fails: check sizes from outside first.
 */
#ifndef CORE_BUF_H
#define CORE_BUF_H

#include <stddef.h>

#include "core/slice.h"

struct buf {
	char *p;
	size_t n;
	size_t cap;
};

void buf_put(struct buf *b, const void *data, size_t len);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_putf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Room for 'len' more bytes; returns where they go.  Then add to b->n. */
char *buf_room(struct buf *b, size_t len);

/* Drop the first 'len' bytes. */
void buf_eat(struct buf *b, size_t len);

/* Empty it, keep the memory. */
void buf_clear(struct buf *b);

/* Give the memory back; the buf is empty and ready again. */
void buf_free(struct buf *b);

/* The text, never NULL. */
const char *buf_str(const struct buf *b);

static inline struct slice
buf_slice(const struct buf *b)
{
	return slice_of(b->p, b->n);
}

#endif
