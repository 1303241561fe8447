/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Borrowed bytes: a pointer and a length, owner elsewhere.  Message data is
 * never treated as NUL-terminated.
 */
#ifndef CORE_SLICE_H
#define CORE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

struct slice {
	const char *p;
	size_t n;
};

static inline struct slice
slice_of(const void *p, size_t n)
{
	return (struct slice){ .p = p, .n = n };
}

static inline struct slice
slice_str(const char *s)
{
	return slice_of(s, s == NULL ? 0 : strlen(s));
}

static inline bool
slice_eq(struct slice a, struct slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool
slice_is(struct slice a, const char *s)
{
	return slice_eq(a, slice_str(s));
}

/* ASCII case-insensitive. */
static inline bool
slice_is_nocase(struct slice a, const char *s)
{
	return strlen(s) == a.n && (a.n == 0 || strncasecmp(a.p, s, a.n) == 0);
}

static inline bool
slice_starts(struct slice a, const char *s)
{
	size_t n = strlen(s);

	return a.n >= n && memcmp(a.p, s, n) == 0;
}

static inline struct slice
slice_from(struct slice a, size_t at)
{
	return at >= a.n ? slice_of(a.p + a.n, 0)
			 : slice_of(a.p + at, a.n - at);
}

/* Without leading and trailing spaces, tabs, CR and LF. */
struct slice slice_trim(struct slice a);

/*
 * Cut the next line, with its end, off the front of *rest.  Returns false
 * when nothing is left.
 */
bool slice_next_line(struct slice *rest, struct slice *line_r);

#endif
