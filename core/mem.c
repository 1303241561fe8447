/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Never-failing allocation; see mem.h. */
#include "core/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

void
mem_exhausted(void)
{
	static const char text[] = "postroad: out of memory\n";
	ssize_t n = write(STDERR_FILENO, text, sizeof(text) - 1);

	(void)n;
	_exit(EX_SOFTWARE);
}

void *
mem_alloc(size_t n, size_t size)
{
	void *p = calloc(n == 0 ? 1 : n, size == 0 ? 1 : size);

	if (p == NULL)
		mem_exhausted();
	return p;
}

void *
mem_grow(void *p, size_t n, size_t size)
{
	void *q;

	if (size != 0 && n > SIZE_MAX / size)
		mem_exhausted();
	q = realloc(p, n * size == 0 ? 1 : n * size);
	if (q == NULL)
		mem_exhausted();
	return q;
}

char *
mem_strn(const void *p, size_t n)
{
	char *s = mem_alloc(n + 1, 1);

	if (n > 0)
		memcpy(s, p, n);
	return s;
}

char *
mem_str(const char *s)
{
	return s == NULL ? NULL : mem_strn(s, strlen(s));
}

char *
mem_fmt(const char *fmt, ...)
{
	char *s = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (n < 0)
		mem_exhausted();
	return s;
}
