/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Growing bytes and the few slice functions that are not inline. */
#include "core/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/mem.h"

struct slice
slice_trim(struct slice a)
{
	while (a.n > 0 && strchr(" \t\r\n", a.p[0]) != NULL && a.p[0] != 0) {
		a.p++;
		a.n--;
	}
	while (a.n > 0 && strchr(" \t\r\n", a.p[a.n - 1]) != NULL &&
	    a.p[a.n - 1] != 0)
		a.n--;
	return a;
}

bool
slice_next_line(struct slice *rest, struct slice *line_r)
{
	const char *nl;

	if (rest->n == 0)
		return false;
	nl = memchr(rest->p, '\n', rest->n);
	*line_r = slice_of(rest->p,
	    nl == NULL ? rest->n : (size_t)(nl - rest->p) + 1);
	*rest = slice_from(*rest, line_r->n);
	return true;
}

char *
buf_room(struct buf *b, size_t len)
{
	size_t need = b->n + len + 1;
	size_t cap = b->cap == 0 ? 64 : b->cap;

	if (need < len)
		mem_exhausted();
	while (cap < need)
		cap = cap > need / 2 ? need + cap / 2 : cap * 2;
	if (cap != b->cap) {
		b->p = mem_grow(b->p, cap, 1);
		b->cap = cap;
	}
	return b->p + b->n;
}

void
buf_put(struct buf *b, const void *data, size_t len)
{
	char *to = buf_room(b, len);

	if (len > 0)
		memcpy(to, data, len);
	b->n += len;
	b->p[b->n] = '\0';
}

void
buf_puts(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

void
buf_putc(struct buf *b, char c)
{
	buf_put(b, &c, 1);
}

void
buf_putf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n > 0) {
		vsnprintf(buf_room(b, (size_t)n), (size_t)n + 1, fmt, again);
		b->n += (size_t)n;
	} else {
		buf_put(b, "", 0);
	}
	va_end(again);
}

void
buf_eat(struct buf *b, size_t len)
{
	if (len >= b->n) {
		buf_clear(b);
		return;
	}
	memmove(b->p, b->p + len, b->n - len + 1);
	b->n -= len;
}

void
buf_clear(struct buf *b)
{
	b->n = 0;
	if (b->p != NULL)
		b->p[0] = '\0';
}

void
buf_free(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ 0 };
}

const char *
buf_str(const struct buf *b)
{
	return b->p == NULL ? "" : b->p;
}
