/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory that is there or the process ends (exit 70, one line on stderr).
 * Check sizes that come from outside against core/limits.h first.
 */
#ifndef CORE_MEM_H
#define CORE_MEM_H

#include <stddef.h>

/* n * size zeroed bytes; the caller frees. */
void *mem_alloc(size_t n, size_t size);
/* realloc(p, n * size), not zeroed. */
void *mem_grow(void *p, size_t n, size_t size);
char *mem_str(const char *s);		 /* NULL gives NULL */
char *mem_strn(const void *p, size_t n); /* NUL-terminated copy */
char *mem_fmt(const char *fmt, ...)	 /* asprintf */
    __attribute__((format(printf, 1, 2)));
void mem_exhausted(void) __attribute__((noreturn, cold));

#endif
