/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Escaping and UTF-8; see text.h. */
#include "core/text.h"

#include <stdio.h>
#include <string.h>

size_t
text_utf8(const char *p, size_t n, uint32_t *cp_r)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char c;
	uint32_t cp;
	size_t len, i;

	if (n == 0)
		return 0;
	c = (unsigned char)p[0];
	if (c < 0x80) {
		*cp_r = c;
		return 1;
	}
	if (c >= 0xc2 && c <= 0xdf) {
		len = 2;
		cp = c & 0x1f;
	} else if ((c & 0xf0) == 0xe0) {
		len = 3;
		cp = c & 0x0f;
	} else if (c >= 0xf0 && c <= 0xf4) {
		len = 4;
		cp = c & 0x07;
	} else {
		return 0;
	}
	if (len > n)
		return 0;
	for (i = 1; i < len; i++) {
		c = (unsigned char)p[i];
		if ((c & 0xc0) != 0x80)
			return 0;
		cp = cp << 6 | (c & 0x3f);
	}
	if (cp < least[len] || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return 0;
	*cp_r = cp;
	return len;
}

void
text_put_utf8(struct buf *b, uint32_t cp)
{
	if (cp < 0x80) {
		buf_putc(b, (char)cp);
	} else if (cp < 0x800) {
		buf_putc(b, (char)(0xc0 | cp >> 6));
		buf_putc(b, (char)(0x80 | (cp & 0x3f)));
	} else if (cp < 0x10000) {
		buf_putc(b, (char)(0xe0 | cp >> 12));
		buf_putc(b, (char)(0x80 | (cp >> 6 & 0x3f)));
		buf_putc(b, (char)(0x80 | (cp & 0x3f)));
	} else {
		buf_putc(b, (char)(0xf0 | cp >> 18));
		buf_putc(b, (char)(0x80 | (cp >> 12 & 0x3f)));
		buf_putc(b, (char)(0x80 | (cp >> 6 & 0x3f)));
		buf_putc(b, (char)(0x80 | (cp & 0x3f)));
	}
}

bool
text_is_utf8(struct slice s)
{
	uint32_t cp;
	size_t i = 0, len;

	while (i < s.n) {
		len = text_utf8(s.p + i, s.n - i, &cp);
		if (len == 0)
			return false;
		i += len;
	}
	return true;
}

/* Would this code point move the cursor, hide text or turn its order? */
static bool
is_unsafe(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) ||
	    (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) ||
	    (cp >= 0x2060 && cp <= 0x206f) || cp == 0xfeff ||
	    (cp >= 0xe0000 && cp <= 0xe0fff);
}

/* The escaped form of the next character; returns the bytes it took. */
static size_t
escape_one(const char *p, size_t n, char out[16])
{
	uint32_t cp;
	size_t len = text_utf8(p, n, &cp);

	if (len == 0) {
		snprintf(out, 16, "\\x%02x", (unsigned char)p[0]);
		return 1;
	}
	if (is_unsafe(cp)) {
		snprintf(out, 16, cp < 0x80 ? "\\x%02x" : "\\u{%x}",
		    (unsigned)cp);
		return len;
	}
	memcpy(out, p, len);
	out[len] = '\0';
	return len;
}

void
text_escape(struct buf *b, struct slice s)
{
	char one[16];
	size_t i = 0;

	buf_put(b, "", 0);
	while (i < s.n) {
		i += escape_one(s.p + i, s.n - i, one);
		buf_puts(b, one);
	}
}

void
text_escape_into(char *out, size_t cap, const char *p, size_t n)
{
	char one[16];
	size_t i = 0, at = 0, len;

	if (cap == 0)
		return;
	while (i < n) {
		i += escape_one(p + i, n - i, one);
		len = strlen(one);
		if (at + len + 1 > cap)
			break;
		memcpy(out + at, one, len);
		at += len;
	}
	out[at] = '\0';
}

void
text_repair(struct buf *b, struct slice s)
{
	uint32_t cp;
	size_t i = 0, len;

	buf_put(b, "", 0);
	while (i < s.n) {
		len = text_utf8(s.p + i, s.n - i, &cp);
		if (len == 0) {
			text_put_utf8(b, 0xfffd);
			len = 1;
		} else {
			buf_put(b, s.p + i, len);
		}
		i += len;
	}
}

char *
text_size(char out[32], uint64_t bytes)
{
	static const char *const unit[] = { "B", "kB", "MB", "GB", "TB" };
	double v = (double)bytes;
	size_t u = 0;

	while (v >= 999.5 && u + 1 < sizeof(unit) / sizeof(unit[0])) {
		v /= 1000;
		u++;
	}
	snprintf(out, 32, u == 0 || v >= 99.5 ? "%.0f %s" : "%.1f %s", v,
	    unit[u]);
	return out;
}

char *
text_count(char out[32], uint64_t n)
{
	char raw[32];
	size_t len, i, at = 0;

	snprintf(raw, sizeof(raw), "%llu", (unsigned long long)n);
	len = strlen(raw);
	for (i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			out[at++] = ',';
		out[at++] = raw[i];
	}
	out[at] = '\0';
	return out;
}

char *
text_number(char out[80], uint64_t n, const char *one, const char *many)
{
	char count[32];

	snprintf(out, 80, "%s %s", text_count(count, n), n == 1 ? one : many);
	return out;
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void
text_put_percent(struct buf *b, struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '%' && s.n - i >= 3 &&
		    hex_value(s.p[i + 1]) >= 0 && hex_value(s.p[i + 2]) >= 0) {
			buf_putc(b,
			    (char)(hex_value(s.p[i + 1]) << 4 |
				hex_value(s.p[i + 2])));
			i += 2;
		} else {
			buf_putc(b, s.p[i]);
		}
	}
}
