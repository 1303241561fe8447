/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See utf16.h. */
#include "formats/pst/utf16.h"

#include "core/text.h"

#define REPLACEMENT 0xfffd

static void
put_unit(struct utf16 *u, struct buf *out, unsigned c)
{
	if (u->high != 0 && c >= 0xdc00 && c < 0xe000) {
		text_put_utf8(out,
		    0x10000 + ((u->high - 0xd800) << 10) + (c - 0xdc00));
		u->high = 0;
		return;
	}
	if (u->high != 0)
		text_put_utf8(out, REPLACEMENT);
	u->high = 0;
	if (c >= 0xd800 && c < 0xdc00)
		u->high = c;
	else
		text_put_utf8(out, c >= 0xdc00 && c < 0xe000 ? REPLACEMENT : c);
}

/* Most text is ASCII, or has runs of it: the bytes of one, at 'p'. */
static size_t
put_ascii(struct buf *out, const unsigned char *p, size_t n)
{
	char *to = buf_room(out, n / 2);
	size_t i;

	for (i = 0; i + 1 < n && p[i] < 0x80 && p[i + 1] == 0; i += 2)
		to[i / 2] = (char)p[i];
	out->n += i / 2;
	return i;
}

void
utf16_put(struct utf16 *u, struct buf *out, struct slice in)
{
	const unsigned char *p = (const unsigned char *)in.p;
	size_t i = 0;

	if (u->odd != 0 && in.n > 0) {
		put_unit(u, out, (u->odd & 0xff) | (unsigned)p[0] << 8);
		u->odd = 0;
		i = 1;
	}
	while (i + 1 < in.n) {
		if (u->high == 0 && p[i] < 0x80 && p[i + 1] == 0) {
			i += put_ascii(out, p + i, in.n - i);
			continue;
		}
		put_unit(u, out, p[i] | (unsigned)p[i + 1] << 8);
		i += 2;
	}
	if (i < in.n)
		u->odd = 0x100 | p[i];
}

void
utf16_end(struct utf16 *u, struct buf *out)
{
	if (u->high != 0 || u->odd != 0)
		text_put_utf8(out, REPLACEMENT);
	u->high = u->odd = 0;
}
