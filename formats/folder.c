/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Folder names on disk; see folder.h.  Everything is decided by the decoded
 * component alone, so the same name gives the same directory everywhere.
 */
#include "formats/folder.h"

#include <string.h>

#include "core/digest.h"
#include "core/limits.h"
#include "core/text.h"

/* What stands behind "%~" in a name that was too long: 128 bits in hex. */
#define CUT_HEX	 32
#define CUT_TAIL (2 + CUT_HEX)
/* one encoded character takes at most this (four broken bytes: one each) */
#define CUT_STEP 6

/* Directories of a Maildir, and files that its readers keep beside it. */
static bool
is_reserved(struct slice c)
{
	static const char *const whole[] = { "cur", "new", "tmp",
		"maildirfolder", "maildirsize", "maildirfilter",
		"subscriptions" };
	size_t i;

	for (i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		if (slice_is(c, whole[i]))
			return true;
	return slice_starts(c, "dovecot") || slice_starts(c, "courierimap");
}

static void
put_escaped(struct buf *out, struct slice bytes)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t i;

	for (i = 0; i < bytes.n; i++) {
		buf_putc(out, '%');
		buf_putc(out, hex[(unsigned char)bytes.p[i] >> 4]);
		buf_putc(out, hex[bytes.p[i] & 15]);
	}
}

/* Append one character of a component; returns the bytes it took. */
static size_t
put_char(struct buf *out, struct slice c, bool first)
{
	uint32_t cp;
	size_t len = text_utf8(c.p, c.n, &cp);

	if (len == 0) {
		put_escaped(out, slice_of(c.p, 1));
		return 1;
	}
	if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == '%' || cp == '/' ||
	    (first && (cp == '.' || cp == '~')))
		put_escaped(out, slice_of(c.p, len));
	else
		buf_put(out, c.p, len);
	return len;
}

/* Append a component's encoded form, cutting nothing. */
static void
put_component(struct buf *out, struct slice c)
{
	size_t i = 0;

	if (c.n == 0)
		buf_putc(out, '%');
	if (is_reserved(c)) {
		put_escaped(out, slice_of(c.p, 1));
		i = 1;
	}
	while (i < c.n)
		i += put_char(out, slice_from(c, i), i == 0);
}

/* How much of an encoded component fits into 'max' bytes, in whole
 * characters. */
static size_t
whole_chars(struct slice enc, size_t max)
{
	uint32_t cp;
	size_t i = 0, len;

	while (i < enc.n) {
		if (enc.p[i] != '%')
			len = text_utf8(enc.p + i, enc.n - i, &cp);
		else if (slice_starts(slice_from(enc, i), "%C2%8") ||
		    slice_starts(slice_from(enc, i), "%C2%9"))
			len = 6; /* a C1 control */
		else
			len = 3;
		if (len == 0 || i + len > max)
			break;
		i += len;
	}
	return i;
}

void
folder_encode(struct buf *out, struct slice component)
{
	uint8_t hash[DIGEST_BYTES];
	char hex[DIGEST_HEX];
	size_t from = out->n;

	put_component(out, component);
	if (out->n - from <= LIMIT_COMPONENT_BYTES)
		return;
	out->n = from +
	    whole_chars(slice_of(out->p + from, out->n - from),
		LIMIT_COMPONENT_BYTES - CUT_TAIL);
	digest_of(component.p, component.n, hash);
	digest_hex(hex, hash, CUT_HEX / 2);
	buf_puts(out, "%~");
	buf_put(out, hex, CUT_HEX);
}

void
folder_join(struct buf *path, struct slice component)
{
	if (path->n > 0)
		buf_putc(path, '/');
	else if (slice_is_nocase(component, "INBOX"))
		component = slice_str("INBOX");
	folder_encode(path, component);
}

void
folder_path_of(struct buf *path, struct slice name, char delimiter)
{
	const char *at;
	struct slice c;

	buf_put(path, "", 0);
	while (name.n > 0) {
		at = delimiter == 0 ? NULL : memchr(name.p, delimiter, name.n);
		c = slice_of(name.p,
		    at == NULL ? name.n : (size_t)(at - name.p));
		if (c.n > 0)
			folder_join(path, c);
		name = slice_from(name, at == NULL ? name.n : c.n + 1);
	}
}

/* "%" alone is a name without a byte. */
static void
decode_component(struct buf *out, struct slice c)
{
	if (!slice_is(c, "%"))
		text_put_percent(out, c);
}

bool
folder_next(struct slice *path, struct slice *component_r)
{
	const char *at;

	if (path->n == 0)
		return false;
	at = memchr(path->p, '/', path->n);
	*component_r =
	    slice_of(path->p, at == NULL ? path->n : (size_t)(at - path->p));
	*path = slice_from(*path, component_r->n + (at != NULL));
	return true;
}

void
folder_decode(struct buf *out, struct slice path)
{
	struct slice c;
	bool first = true;

	buf_put(out, "", 0);
	while (folder_next(&path, &c)) {
		if (!first)
			buf_putc(out, '/');
		first = false;
		decode_component(out, c);
	}
}

/* Is it the cut form: a full-length name with its hash behind? */
static bool
is_cut(struct slice c)
{
	struct slice tail;
	size_t i;

	if (c.n > LIMIT_COMPONENT_BYTES ||
	    c.n <= LIMIT_COMPONENT_BYTES - CUT_STEP)
		return false;
	tail = slice_from(c, c.n - CUT_TAIL);
	if (!slice_starts(tail, "%~"))
		return false;
	for (i = 2; i < tail.n; i++)
		if (!((tail.p[i] >= '0' && tail.p[i] <= '9') ||
			(tail.p[i] >= 'a' && tail.p[i] <= 'f')))
			return false;
	return true;
}

/* Would encoding what 'c' decodes to give 'c' again? */
static bool
is_component(struct slice c)
{
	struct buf name = { 0 }, again = { 0 };
	bool same;

	if (is_cut(c))
		c.n -= CUT_TAIL;
	else if (c.n > LIMIT_COMPONENT_BYTES)
		return false;
	decode_component(&name, c);
	put_component(&again, buf_slice(&name));
	same = slice_eq(buf_slice(&again), c);
	buf_free(&name);
	buf_free(&again);
	return same;
}

bool
folder_is_path(struct slice path)
{
	struct slice c;
	size_t depth = 0;

	if (path.n == 0 || path.n > LIMIT_PATH_BYTES ||
	    path.p[path.n - 1] == '/')
		return false;
	while (folder_next(&path, &c)) {
		if (c.n == 0 || ++depth > LIMIT_FOLDER_DEPTH ||
		    !is_component(c))
			return false;
		if (depth == 1 && slice_is_nocase(c, "INBOX") &&
		    !slice_is(c, "INBOX"))
			return false;
	}
	return true;
}
