/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Encoded words; see words.h. */
#include "formats/words.h"

#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <stdio.h>

#include "core/text.h"
#include "formats/head.h"

#define CHARSET_MAX 64

/* One "=?charset?B|Q?text?=": where its parts are. */
struct word {
	struct slice charset, text;
	char how;   /* 'B' or 'Q' */
	size_t len; /* of the whole */
};

bool
words_to_utf8(struct buf *out, const char *charset, struct slice text)
{
	char *in = (char *)(uintptr_t)text.p, *to;
	size_t left = text.n, room, before = out->n, rc = 0;
	iconv_t cd = iconv_open("UTF-8", charset);

	if (cd == (iconv_t)-1)
		return false;
	do {
		room = left * 2 + 64;
		to = buf_room(out, room);
		rc = left == 0 ? iconv(cd, NULL, NULL, &to, &room)
			       : iconv(cd, &in, &left, &to, &room);
		out->n = (size_t)(to - out->p);
		out->p[out->n] = '\0';
	} while (rc == (size_t)-1 && errno == E2BIG);
	iconv_close(cd);
	if (rc == (size_t)-1 || left > 0 ||
	    !text_is_utf8(slice_of(out->p + before, out->n - before))) {
		out->n = before;
		out->p[before] = '\0';
		return false;
	}
	return true;
}

static bool
find_word(struct slice s, struct word *w)
{
	const char *q1, *q2, *end, *star;
	struct slice rest;

	if (!slice_starts(s, "=?"))
		return false;
	rest = slice_from(s, 2);
	q1 = memchr(rest.p, '?', rest.n);
	if (q1 == NULL || q1 == rest.p || q1 - rest.p >= CHARSET_MAX ||
	    q1 + 2 >= s.p + s.n || q1[2] != '?')
		return false;
	w->charset = slice_of(rest.p, (size_t)(q1 - rest.p));
	star = memchr(w->charset.p, '*', w->charset.n);
	if (star != NULL)
		w->charset.n = (size_t)(star - w->charset.p);
	w->how = (char)(q1[1] & ~0x20);
	if (w->how != 'B' && w->how != 'Q')
		return false;
	q2 = q1 + 3;
	end = memmem(q2, (size_t)(s.p + s.n - q2), "?=", 2);
	if (end == NULL)
		return false;
	w->text = slice_of(q2, (size_t)(end - q2));
	w->len = (size_t)(end + 2 - s.p);
	/* a '?' at the end of Q text: "=?..?Q?what??=" */
	return w->charset.n > 0;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void
decode_q(struct buf *out, struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '_') {
			buf_putc(out, ' ');
		} else if (s.p[i] == '=' && i + 2 < s.n &&
		    hex_digit(s.p[i + 1]) >= 0 && hex_digit(s.p[i + 2]) >= 0) {
			buf_putc(out,
			    (char)(hex_digit(s.p[i + 1]) << 4 |
				hex_digit(s.p[i + 2])));
			i += 2;
		} else {
			buf_putc(out, s.p[i]);
		}
	}
}

static void
decode_b(struct buf *out, struct slice s)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz"
				     "0123456789+/";
	uint32_t v = 0;
	int bits = 0;
	const char *d;
	size_t i;

	for (i = 0; i < s.n; i++) {
		d = s.p[i] == '\0' ? NULL : strchr(digits, s.p[i]);
		if (d == NULL)
			continue;
		v = (v << 6 | (uint32_t)(d - digits)) & 0xffffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			buf_putc(out, (char)(v >> bits & 0xff));
		}
	}
}

/* The bytes of neighbors of one charset are joined before they are
 * converted: many programs cut a character in two. */
static size_t
decode_run(struct buf *out, struct slice s)
{
	struct buf bytes = { 0 };
	struct word w, next;
	char charset[CHARSET_MAX];
	size_t used = 0, gap;

	if (!find_word(s, &w))
		return 0;
	snprintf(charset, sizeof(charset), "%.*s", (int)w.charset.n,
	    w.charset.p);
	for (next = w;;) {
		if (next.how == 'B')
			decode_b(&bytes, next.text);
		else
			decode_q(&bytes, next.text);
		used += next.len;
		for (gap = used;
		     gap < s.n && (s.p[gap] == ' ' || s.p[gap] == '\t'); gap++)
			;
		if (!find_word(slice_from(s, gap), &next))
			break;
		used = gap;
		if (!slice_is_nocase(next.charset, charset))
			break;
	}
	if (!words_to_utf8(out, charset, buf_slice(&bytes))) {
		if (!text_is_utf8(buf_slice(&bytes)) &&
		    words_to_utf8(out, "WINDOWS-1252", buf_slice(&bytes)))
			;
		else
			text_repair(out, buf_slice(&bytes));
	}
	buf_free(&bytes);
	return used;
}

void
words_decode(struct buf *out, struct slice value)
{
	struct buf flat = { 0 }, utf8 = { 0 };
	struct slice s;
	size_t i = 0, n;

	buf_put(out, "", 0);
	head_unfold(&flat, value);
	if (!text_is_utf8(buf_slice(&flat)) &&
	    words_to_utf8(&utf8, "WINDOWS-1252", buf_slice(&flat))) {
		buf_free(&flat);
		flat = utf8;
	}
	s = buf_slice(&flat);
	while (i < s.n) {
		n = s.p[i] == '=' ? decode_run(out, slice_from(s, i)) : 0;
		if (n == 0) {
			const char *eq = memchr(s.p + i + 1, '=', s.n - i - 1);

			n = eq == NULL ? s.n - i : (size_t)(eq - s.p) - i;
			text_repair(out, slice_of(s.p + i, n));
		}
		i += n;
	}
	buf_free(&flat);
}
