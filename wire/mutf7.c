/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Modified UTF-7; see mutf7.h. */
#include "wire/mutf7.h"

#include <stdint.h>
#include <string.h>

#include "core/text.h"

static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

static bool
is_direct(uint32_t cp)
{
	return cp >= 0x20 && cp <= 0x7e;
}

static int
digit_value(char c)
{
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	return at == NULL ? -1 : (int)(at - digits);
}

/* UTF-16 units on their way to UTF-8. */
struct units {
	uint32_t high; /* a high surrogate waiting for its low one, or 0 */
	bool any;
};

/* One more unit; false if it may not stand there. */
static bool
put_unit(struct buf *out, struct units *u, uint32_t unit)
{
	u->any = true;
	if (unit >= 0xdc00 && unit <= 0xdfff) {
		if (u->high == 0)
			return false;
		text_put_utf8(out,
		    0x10000 + ((u->high - 0xd800) << 10) + (unit - 0xdc00));
		u->high = 0;
		return true;
	}
	if (u->high != 0)
		return false;
	if (unit >= 0xd800 && unit <= 0xdbff) {
		u->high = unit;
		return true;
	}
	if (unit == 0 || is_direct(unit))
		return false;
	text_put_utf8(out, unit);
	return true;
}

/* What stands between '&' and '-'; *s moves behind the '-'. */
static bool
decode_shift(struct buf *out, struct slice *s)
{
	struct units u = { 0 };
	uint32_t bits = 0;
	unsigned have = 0;
	size_t i;
	int v;

	for (i = 0; i < s->n && s->p[i] != '-'; i++) {
		v = digit_value(s->p[i]);
		if (v < 0)
			return false;
		bits = bits << 6 | (uint32_t)v;
		have += 6;
		if (have >= 16) {
			have -= 16;
			if (!put_unit(out, &u, bits >> have & 0xffff))
				return false;
			bits &= (1U << have) - 1;
		}
	}
	if (i == s->n || u.high != 0 || !u.any || have >= 6 || bits != 0)
		return false;
	*s = slice_from(*s, i + 1);
	return true;
}

bool
mutf7_decode(struct buf *out, struct slice name)
{
	size_t before = out->n;
	bool after_shift = false;
	struct slice s = name;
	char c;

	buf_put(out, "", 0);
	while (s.n > 0) {
		c = s.p[0];
		s = slice_from(s, 1);
		if (!is_direct((unsigned char)c))
			goto broken;
		if (c != '&') {
			buf_putc(out, c);
			after_shift = false;
		} else if (s.n > 0 && s.p[0] == '-') {
			buf_putc(out, '&');
			s = slice_from(s, 1);
			after_shift = false;
		} else {
			/* "&..-&..-" could have been one shift */
			if (after_shift || !decode_shift(out, &s))
				goto broken;
			after_shift = true;
		}
	}
	return true;
broken:
	out->n = before;
	out->p[before] = '\0';
	return false;
}

/* An open shift: bits that make no whole digit yet. */
struct shift {
	bool open;
	uint32_t bits;
	unsigned have;
};

static void
shift_put(struct buf *out, struct shift *sh, uint32_t unit)
{
	if (!sh->open) {
		buf_putc(out, '&');
		sh->open = true;
	}
	sh->bits = sh->bits << 16 | unit;
	sh->have += 16;
	while (sh->have >= 6) {
		sh->have -= 6;
		buf_putc(out, digits[sh->bits >> sh->have & 63]);
	}
	sh->bits &= (1U << sh->have) - 1;
}

static void
shift_close(struct buf *out, struct shift *sh)
{
	if (!sh->open)
		return;
	if (sh->have > 0)
		buf_putc(out, digits[sh->bits << (6 - sh->have) & 63]);
	buf_putc(out, '-');
	*sh = (struct shift){ 0 };
}

bool
mutf7_encode(struct buf *out, struct slice name)
{
	struct shift sh = { 0 };
	uint32_t cp;
	size_t i, len;

	if (!text_is_utf8(name) ||
	    (name.n > 0 && memchr(name.p, '\0', name.n) != NULL))
		return false;
	buf_put(out, "", 0);
	for (i = 0; i < name.n; i += len) {
		len = text_utf8(name.p + i, name.n - i, &cp);
		if (is_direct(cp)) {
			shift_close(out, &sh);
			buf_putc(out, (char)cp);
			if (cp == '&')
				buf_putc(out, '-');
		} else if (cp >= 0x10000) {
			cp -= 0x10000;
			shift_put(out, &sh, 0xd800 + (cp >> 10));
			shift_put(out, &sh, 0xdc00 + (cp & 0x3ff));
		} else {
			shift_put(out, &sh, cp);
		}
	}
	shift_close(out, &sh);
	return true;
}
