/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory for what describes one message: taken piece by piece, given back
 * all at once.  A zeroed struct arena is empty and ready.
 */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include <stddef.h>

#include "core/slice.h"

struct arena_block;

struct arena {
	struct arena_block *blocks;
};

/* Zeroed, aligned for anything; lives until arena_reset(). */
void *arena_alloc(struct arena *a, size_t len);
char *arena_str(struct arena *a, const char *s);    /* NULL gives NULL */
char *arena_slice(struct arena *a, struct slice s); /* NUL-terminated */
char *arena_fmt(struct arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Everything taken is gone; one block is kept for reuse. */
void arena_reset(struct arena *a);
/* The same, keeping nothing. */
void arena_free(struct arena *a);

#endif
