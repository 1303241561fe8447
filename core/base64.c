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
	char *to;
	uint32_t v;

	while (len > 0 && (b->n > 0 || len < 3)) {
		b->rest[b->n++] = *p++;
		len--;
		if (b->n == 3) {
			put_group(out, b->rest, 3);
			b->n = 0;
		} else if (len == 0) {
			return;
		}
	}
	to = buf_room(out, len / 3 * 4 + 1);
	out->n += len / 3 * 4;
	for (; len >= 3; len -= 3, p += 3) {
		v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
		*to++ = digits[v >> 18];
		*to++ = digits[v >> 12 & 63];
		*to++ = digits[v >> 6 & 63];
		*to++ = digits[v & 63];
	}
	out->p[out->n] = '\0';
	while (len-- > 0)
		b->rest[b->n++] = *p++;
}

void
base64_end(struct base64 *b, struct buf *out)
{
	if (b->n > 0)
		put_group(out, b->rest, b->n);
	b->n = 0;
}

/* 1 more than the value of each letter, also of RFC 4648 5; 0: none. */
#define UP(c)	 [c] = (c) - 'A' + 1
#define LOW(c)	 [c] = (c) - 'a' + 27
#define DIGIT(c) [c] = (c) - '0' + 53
static const unsigned char values[256] = { UP('A'), UP('B'), UP('C'), UP('D'),
	UP('E'), UP('F'), UP('G'), UP('H'), UP('I'), UP('J'), UP('K'), UP('L'),
	UP('M'), UP('N'), UP('O'), UP('P'), UP('Q'), UP('R'), UP('S'), UP('T'),
	UP('U'), UP('V'), UP('W'), UP('X'), UP('Y'), UP('Z'), LOW('a'),
	LOW('b'), LOW('c'), LOW('d'), LOW('e'), LOW('f'), LOW('g'), LOW('h'),
	LOW('i'), LOW('j'), LOW('k'), LOW('l'), LOW('m'), LOW('n'), LOW('o'),
	LOW('p'), LOW('q'), LOW('r'), LOW('s'), LOW('t'), LOW('u'), LOW('v'),
	LOW('w'), LOW('x'), LOW('y'), LOW('z'), DIGIT('0'), DIGIT('1'),
	DIGIT('2'), DIGIT('3'), DIGIT('4'), DIGIT('5'), DIGIT('6'), DIGIT('7'),
	DIGIT('8'),
	DIGIT('9'), ['+'] = 63, ['-'] = 63, ['/'] = 64, ['_'] = 64 };

static bool
is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool
base64_take(struct base64 *b, struct buf *out, const void *data, size_t len)
{
	const unsigned char *p = data;
	char *bytes = buf_room(out, len);
	size_t n = 0;

	for (; len > 0; len--, p++) {
		if (values[*p] == 0 || b->over) {
			if (is_blank(*p))
				continue;
			if (*p != '=')
				break;
			b->over = true;
			continue;
		}
		b->rest[b->n++] = (uint8_t)(values[*p] - 1);
		if (b->n < 4)
			continue;
		bytes[n++] = (char)(b->rest[0] << 2 | b->rest[1] >> 4);
		bytes[n++] = (char)(b->rest[1] << 4 | b->rest[2] >> 2);
		bytes[n++] = (char)(b->rest[2] << 6 | b->rest[3]);
		b->n = 0;
	}
	out->n += n;
	out->p[out->n] = '\0';
	return len == 0;
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
