/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names and their cleaning; see names.h. */
#include "transform/names.h"

#include <assert.h>
#include <string.h>

#include "core/glob.h"
#include "core/text.h"
#include "formats/folder.h"
#include "wire/mutf7.h"

/* Private code points that stand for single bytes. */
#define BYTE_BASE ((uint32_t)0x10fe00)
static_assert(GLOB_INNER_SLASH == BYTE_BASE + '/', "one scheme for both");

/* ------------------------------------------------------ opening, closing */

static bool
stands_for_byte(uint32_t cp)
{
	return cp == GLOB_INNER_SLASH ||
	    (cp >= BYTE_BASE + 0x80 && cp <= BYTE_BASE + 0xff);
}

/* A real code point from that range is taken apart into its bytes, so that
 * the way back is the same for all. */
static void
open_component(struct buf *name, struct slice path)
{
	struct buf raw = { 0 };
	uint32_t cp;
	size_t i, len;

	folder_decode(&raw, path);
	for (i = 0; i < raw.n; i += len) {
		len = text_utf8(raw.p + i, raw.n - i, &cp);
		if (len == 0 || stands_for_byte(cp)) {
			len = 1;
			cp = BYTE_BASE + (unsigned char)raw.p[i];
		} else if (cp == '/') {
			cp = GLOB_INNER_SLASH;
		}
		text_put_utf8(name, cp);
	}
	buf_free(&raw);
}

void
names_open(struct buf *name, struct slice path)
{
	struct slice c;
	bool first = true;

	buf_put(name, "", 0);
	while (folder_next(&path, &c)) {
		if (!first)
			buf_putc(name, '/');
		first = false;
		open_component(name, c);
	}
}

void
names_raw(struct buf *raw, struct slice c)
{
	uint32_t cp;
	size_t i, len;

	buf_put(raw, "", 0);
	for (i = 0; i < c.n; i += len) {
		len = text_utf8(c.p + i, c.n - i, &cp);
		if (len > 0 && stands_for_byte(cp)) {
			buf_putc(raw, (char)(cp - BYTE_BASE));
		} else {
			len = len == 0 ? 1 : len;
			buf_put(raw, c.p + i, len);
		}
	}
}

/* The component of path 'was' that opens to 'c', or an empty slice. */
static struct slice
find_component(struct slice was, struct slice c)
{
	struct buf name = { 0 };
	struct slice one;
	bool same = false;

	while (!same && folder_next(&was, &one)) {
		buf_clear(&name);
		open_component(&name, one);
		same = slice_eq(buf_slice(&name), c);
	}
	buf_free(&name);
	return same ? one : slice_of(c.p, 0);
}

void
names_close(struct buf *path, struct slice name, struct slice was)
{
	struct buf raw = { 0 };
	struct slice c, known;

	buf_put(path, "", 0);
	while (names_next(&name, &c)) {
		known = find_component(was, c);
		if (known.n > 0 && !slice_is_nocase(known, "INBOX")) {
			if (path->n > 0)
				buf_putc(path, '/');
			buf_put(path, known.p, known.n);
			continue;
		}
		buf_clear(&raw);
		names_raw(&raw, c);
		folder_join(path, buf_slice(&raw));
	}
	buf_free(&raw);
}

void
names_plain(struct buf *out, struct slice name)
{
	uint32_t cp;
	size_t i, len;

	buf_put(out, "", 0);
	for (i = 0; i < name.n; i += len) {
		len = text_utf8(name.p + i, name.n - i, &cp);
		if (len == 0) {
			len = 1;
			cp = 0xfffd;
		} else if (cp == GLOB_INNER_SLASH) {
			cp = '/';
		} else if (stands_for_byte(cp)) {
			cp = 0xfffd;
		}
		text_put_utf8(out, cp);
	}
}

bool
names_next(struct slice *name, struct slice *component_r)
{
	do {
		if (!folder_next(name, component_r))
			return false;
	} while (component_r->n == 0);
	return true;
}

/* ----------------------------------------------------------- destinations */

/*
 * Tried on Dovecot with Maildir++, Cyrus and Courier; what the two big
 * services refuse is from their users' reports.  A '/' inside a name is
 * refused by all of them or hides the folder from clients.
 */
static const struct names_dest dests[] = {
	{ .name = "dovecot",
	    .refused = "./",
	    .leading = "~",
	    .reserved_all = "cur\nnew\ntmp",
	    .max_wire = 247,
	    .about = "Dovecot with Maildirs: no '.', no '/', no '~' in "
		     "front, none called cur, new or tmp" },
	{ .name = "cyrus",
	    .refused = "!\"%/;<>\\^`{|}",
	    .about = "Cyrus: none of ! \" % / ; < > \\ ^ ` { | }" },
	{ .name = "courier",
	    .refused = "./",
	    .bmp_only = true,
	    .max_wire = 246,
	    .about = "Courier: no '.', no '/', nothing beyond U+FFFF" },
	{ .name = "microsoft",
	    .refused = "/",
	    .reserved = "Files",
	    .folds_case = true,
	    .max_chars = 255,
	    .about = "Exchange Online: no '/', no folder 'Files', case is "
		     "ignored" },
	{ .name = "google",
	    .refused = "^/",
	    .reserved = "[Gmail]\n[Google Mail]",
	    .folds_case = true,
	    .one_space = true,
	    .max_chars = 225,
	    .about = "Gmail: no '^' or '/', single spaces, case is ignored" },
	{ .name = "generic",
	    .refused = "\"%*./\\^",
	    .leading = "~#&",
	    .reserved = "Files\n[Gmail]\n[Google Mail]",
	    .reserved_all = "cur\nnew\ntmp",
	    .bmp_only = true,
	    .folds_case = true,
	    .one_space = true,
	    .max_chars = 200,
	    .max_wire = 246,
	    .about = "what all of these take" },
	{ .name = NULL },
};

const struct names_dest *
names_dests(void)
{
	return dests;
}

const struct names_dest *
names_dest_find(const char *name)
{
	const struct names_dest *d;

	for (d = dests; d->name != NULL; d++)
		if (strcasecmp(d->name, name) == 0)
			return d;
	return NULL;
}

/* --------------------------------------------------------------- cleaning */

enum char_class {
	CHAR_PLAIN,
	CHAR_SPACE,  /* shows as a space: becomes U+0020 */
	CHAR_WIDE,   /* U+3000 */
	CHAR_JOINER, /* ZWNJ, ZWJ: matter between letters, else nothing */
	CHAR_NOTHING /* no width, or a control: dropped */
};

static enum char_class
classify(uint32_t cp)
{
	if (cp == 0x3000)
		return CHAR_WIDE;
	if (cp == '\t' || cp == '\n' || cp == '\r' || cp == 0x85 || cp == ' ' ||
	    cp == 0xa0 || cp == 0x1680 || (cp >= 0x2000 && cp <= 0x200a) ||
	    cp == 0x2028 || cp == 0x2029 || cp == 0x202f || cp == 0x205f ||
	    cp == 0x2800 || cp == 0x3164 || cp == 0xffa0)
		return CHAR_SPACE;
	if (cp == 0x200c || cp == 0x200d)
		return CHAR_JOINER;
	if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0xad ||
	    cp == 0x34f || cp == 0x61c || cp == 0x115f || cp == 0x1160 ||
	    cp == 0x180e || cp == 0x200b || cp == 0x200e || cp == 0x200f ||
	    (cp >= 0x202a && cp <= 0x202e) || (cp >= 0x2060 && cp <= 0x206f) ||
	    cp == 0xfeff || (cp >= 0xfff9 && cp <= 0xfffb) || cp == 0xe0001)
		return CHAR_NOTHING;
	return CHAR_PLAIN;
}

static bool
is_in(uint32_t cp, const char *set)
{
	return set != NULL && cp > 0 && cp < 0x80 &&
	    strchr(set, (int)cp) != NULL;
}

static bool
is_refused(uint32_t cp, const struct names_dest *d)
{
	if (d == NULL)
		return false;
	if (cp == GLOB_INNER_SLASH)
		cp = '/';
	else if (stands_for_byte(cp))
		return true;
	return is_in(cp, d->refused) || (d->bmp_only && cp > 0xffff);
}

/* A letter or sign of a script that joins, or an emoji: not ASCII, no
 * space, and there to stay. */
static bool
can_join(struct slice s, const struct names_dest *d)
{
	uint32_t cp;

	return s.n > 0 && text_utf8(s.p, s.n, &cp) > 0 && cp >= 0x80 &&
	    classify(cp) == CHAR_PLAIN && !is_refused(cp, d);
}

/* The last whole character of what was put since 'from'. */
static struct slice
last_char(const struct buf *b, size_t from)
{
	size_t at = b->n;

	while (at > from && ((unsigned char)b->p[at - 1] & 0xc0) == 0x80)
		at--;
	if (at > from)
		at--;
	return slice_of(b->p + at, b->n - at);
}

/* What stands for U+3000. */
static void
put_wide(struct buf *out, const struct names_fix *fix)
{
	struct slice w = slice_str(fix->wide_space);
	uint32_t cp;
	size_t i;

	if (fix->wide_space == NULL)
		buf_putc(out, ' ');
	for (i = 0; i < w.n; i += text_utf8(w.p + i, w.n - i, &cp)) {
		text_utf8(w.p + i, w.n - i, &cp);
		text_put_utf8(out, is_refused(cp, fix->dest) ? '_' : cp);
	}
}

/* Characters made plain, dropped or replaced; ends not looked at. */
static void
clean_chars(struct buf *out, struct slice c, const struct names_fix *fix)
{
	size_t from = out->n, i, len;
	uint32_t cp;

	for (i = 0; i < c.n; i += len) {
		len = text_utf8(c.p + i, c.n - i, &cp);
		if (len == 0) {
			len = 1;
			buf_putc(out, '_');
			continue;
		}
		switch (classify(cp)) {
		case CHAR_WIDE:
			put_wide(out, fix);
			break;
		case CHAR_SPACE:
			buf_putc(out, ' ');
			break;
		case CHAR_JOINER:
			if (can_join(last_char(out, from), fix->dest) &&
			    can_join(slice_from(c, i + len), fix->dest))
				text_put_utf8(out, cp);
			break;
		case CHAR_PLAIN:
			text_put_utf8(out,
			    is_refused(cp, fix->dest) ? '_' : cp);
			break;
		case CHAR_NOTHING:
			break;
		}
	}
}

/* Without outer spaces and trailing dots. */
static struct slice
trim(struct slice s)
{
	while (s.n > 0 && s.p[0] == ' ')
		s = slice_from(s, 1);
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '.'))
		s.n--;
	return s;
}

/* At most 'max' characters. */
static struct slice
cut(struct slice s, size_t max)
{
	uint32_t cp;
	size_t i = 0;

	while (i < s.n && max-- > 0)
		i += text_utf8(s.p + i, s.n - i, &cp);
	s.n = i;
	return s;
}

/* So much of it that modified UTF-7 has at most 'max' bytes for it. */
static struct slice
cut_wire(struct slice s, size_t max)
{
	struct buf wire = { 0 };
	bool fits = !mutf7_encode(&wire, s) || wire.n <= max;

	while (!fits && s.n > 0) {
		do
			s.n--;
		while (s.n > 0 && ((unsigned char)s.p[s.n] & 0xc0) == 0x80);
		buf_clear(&wire);
		fits = mutf7_encode(&wire, s) && wire.n <= max;
	}
	buf_free(&wire);
	return s;
}

static bool
is_reserved(struct slice s, const char *list, bool any_case)
{
	struct slice rest = slice_str(list), line;

	while (slice_next_line(&rest, &line)) {
		line = slice_trim(line);
		if (line.n == s.n &&
		    (any_case ? strncasecmp(line.p, s.p, s.n)
			      : memcmp(line.p, s.p, s.n)) == 0)
			return true;
	}
	return false;
}

void
names_fix(struct buf *out, struct slice component, const struct names_fix *fix,
    bool top)
{
	const struct names_dest *d = fix->dest;
	struct buf chars = { 0 };
	struct slice s;
	size_t i, from = out->n;

	clean_chars(&chars, component, fix);
	s = trim(buf_slice(&chars));
	if (d != NULL && d->max_chars > 0)
		s = trim(cut(s, d->max_chars));
	if (d != NULL && d->max_wire > 0)
		s = trim(cut_wire(s, d->max_wire));
	buf_put(out, "", 0);
	for (i = 0; i < s.n; i++) {
		if (d != NULL && i == 0 &&
		    is_in((unsigned char)s.p[0], d->leading))
			buf_putc(out, '_');
		else if (d == NULL || !d->one_space || s.p[i] != ' ' ||
		    s.p[i - 1] != ' ')
			buf_putc(out, s.p[i]);
	}
	if (out->n == from)
		buf_putc(out, '_');
	s = slice_of(out->p + from, out->n - from);
	if (d != NULL &&
	    ((top && d->reserved != NULL &&
		 is_reserved(s, d->reserved, true)) ||
		(d->reserved_all != NULL &&
		    is_reserved(s, d->reserved_all, false))))
		buf_putc(out, '_');
	buf_free(&chars);
}

int
names_check_wide(const char *text, struct err *err)
{
	struct slice s = slice_str(text);
	uint32_t cp;
	size_t i, len;

	for (i = 0; i < s.n; i += len) {
		len = text_utf8(s.p + i, s.n - i, &cp);
		if (len == 0 || cp < 0x20 || cp == 0x7f || cp == '/' ||
		    s.n > 32)
			return err_set(err, SCOPE_RUN, EX_USAGE,
			    "'%s' cannot stand for a double-byte space: at "
			    "most 32 bytes of UTF-8 without '/' and controls",
			    text);
	}
	return 0;
}
