/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See base64.h. */
#include "core/base64.h"

static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void
put_group(struct buf *out, const uint8_t *in, size_t n)
{
	uint32_t v = (uint32_t)in[0] << 16 |
	    (n > 1 ? (uint32_t)in[1] << 8 : 0) | (n > 2 ? in[2] : 0);
	char text[4] = { digits[v >> 18 & 63], digits[v >> 12 & 63],
		n > 1 ? digits[v >> 6 & 63] : '=',
		n > 2 ? digits[v & 63] : '=' };

	buf_put(out, text, sizeof(text));
}

void
base64_put(struct base64 *b, struct buf *out, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (; len > 0; len--) {
		b->rest[b->n++] = *p++;
		if (b->n == 3) {
			put_group(out, b->rest, 3);
			b->n = 0;
		}
	}
}

void
base64_end(struct base64 *b, struct buf *out)
{
	if (b->n > 0)
		put_group(out, b->rest, b->n);
	b->n = 0;
}

/* Also the two letters of RFC 4648 5. */
static int
value_of(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

bool
base64_take(struct base64 *b, struct buf *out, const void *data, size_t len)
{
	const unsigned char *p = data;
	char bytes[3];
	int v;

	for (; len > 0; len--, p++) {
		if (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')
			continue;
		if (*p == '=') {
			b->over = true;
			continue;
		}
		v = value_of(*p);
		if (v < 0 || b->over)
			return false;
		b->rest[b->n++] = (uint8_t)v;
		if (b->n < 4)
			continue;
		bytes[0] = (char)(b->rest[0] << 2 | b->rest[1] >> 4);
		bytes[1] = (char)(b->rest[1] << 4 | b->rest[2] >> 2);
		bytes[2] = (char)(b->rest[2] << 6 | b->rest[3]);
		buf_put(out, bytes, 3);
		b->n = 0;
	}
	return true;
}

bool
base64_done(struct base64 *b, struct buf *out)
{
	if (b->n >= 2)
		buf_putc(out, (char)(b->rest[0] << 2 | b->rest[1] >> 4));
	if (b->n == 3)
		buf_putc(out, (char)(b->rest[1] << 4 | b->rest[2] >> 2));
	return b->n != 1;
}
