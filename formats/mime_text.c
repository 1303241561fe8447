/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Header fields: folding, encoded words (RFC 2047), parameters (RFC 2231).
 * GMime has all of this, but its encoded words can be longer than the 75
 * characters that are allowed, it cuts characters in two at the end of a
 * parameter's section, and takes "=?" in a text for an encoded word.
 */
#include "formats/mime_impl.h"

#include "core/text.h"

#define FOLD_AT	    76
#define WORD_MAX    75
#define WORD_FRAME  12	/* "=?utf-8?Q?" and "?=" */
#define HARD_MAX    900 /* an unbroken run longer than this is encoded */
#define PARAM_PART  50
#define ADDRESS_MAX 320 /* RFC 3696 3 */

bool
mime_is_ascii(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 ||
		    (unsigned char)s.p[i] > 0x7e)
			return false;
	return true;
}

static bool
is_atext(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') ||
	    (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

bool
mime_is_address(struct slice s)
{
	const char *at = s.n == 0 ? NULL : memchr(s.p, '@', s.n);
	size_t i;

	if (at == NULL || at == s.p || at == s.p + s.n - 1 || s.n > ADDRESS_MAX)
		return false;
	if (memchr(at + 1, '@', s.n - (size_t)(at + 1 - s.p)) != NULL)
		return false;
	for (i = 0; i < s.n; i++)
		if (s.p[i] != '@' && s.p[i] != '.' && !is_atext(s.p[i]))
			return false;
	return true;
}

/* All of it letters, digits and the like, of any script. */
static bool
is_text_of(struct slice s, const char *also)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x80 && !is_atext(s.p[i]) &&
		    (s.p[i] == '\0' || strchr(also, s.p[i]) == NULL))
			return false;
	return s.n > 0;
}

static bool
is_quoted(struct slice s)
{
	size_t i;

	if (s.n < 3 || s.p[0] != '"' || s.p[s.n - 1] != '"')
		return false;
	for (i = 1; i + 1 < s.n; i++)
		if (s.p[i] == '"' || (s.p[i] == '\\' && ++i + 1 == s.n))
			return false;
	return true;
}

static void put_quoted(struct buf *b, struct slice s);

bool
mime_put_address(struct buf *out, struct slice s)
{
	const char *at = s.n == 0 ? NULL : memrchr(s.p, '@', s.n);
	struct slice local, domain;
	size_t i;

	if (at == NULL || s.n > ADDRESS_MAX || !text_is_utf8(s))
		return false;
	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	local = slice_of(s.p, (size_t)(at - s.p));
	domain = slice_from(s, local.n + 1);
	if (local.n == 0 ||
	    !is_text_of(domain,
		domain.n > 0 && domain.p[0] == '[' ? ".[]:" : "."))
		return false;
	if (is_text_of(local, ".") || is_quoted(local))
		buf_put(out, local.p, local.n);
	else
		put_quoted(out, local);
	buf_putc(out, '@');
	buf_put(out, domain.p, domain.n);
	return true;
}

/* Blanks and controls to single spaces, none at the ends, cut to a size. */
static void
tidy(struct buf *out, struct slice s)
{
	uint32_t cp;
	size_t len;
	bool gap = false;

	while (s.n > 0 && out->n < MIME_VALUE_MAX) {
		len = text_utf8(s.p, s.n, &cp);
		if (len == 0) {
			text_put_utf8(out, 0xfffd);
			len = 1;
		} else if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0)) {
			gap = true;
		} else {
			if (gap && out->n > 0 && out->p[out->n - 1] != ' ' &&
			    cp != ' ')
				buf_putc(out, ' ');
			gap = false;
			buf_put(out, s.p, len);
		}
		s = slice_from(s, len);
	}
	while (out->n > 0 && out->p[out->n - 1] == ' ')
		out->n--;
	buf_put(out, "", 0);
}

static struct slice
without_leading(struct slice s)
{
	while (s.n > 0 && s.p[0] == ' ')
		s = slice_from(s, 1);
	return s;
}

/* --------------------------------------------------------------- folding */

static void
fold(struct mime_field *f)
{
	buf_puts(&f->text, "\r\n ");
	f->column = 1;
}

static void
put(struct mime_field *f, const char *p, size_t n)
{
	buf_put(&f->text, p, n);
	f->column += n;
}

void
field_begin(struct mime_field *f, const char *name)
{
	*f = (struct mime_field){ 0 };
	put(f, name, strlen(name));
	put(f, ":", 1);
}

void
field_word(struct mime_field *f, struct slice word)
{
	if (word.n == 0)
		return;
	if (f->column > 1 && f->column + 1 + word.n > FOLD_AT)
		fold(f);
	else if (f->column > 1)
		put(f, " ", 1);
	put(f, word.p, word.n);
}

void
field_end(struct mime_field *f, struct mime_out *o)
{
	buf_puts(&f->text, "\r\n");
	out_put(o, f->text.p, f->text.n);
	buf_free(&f->text);
}

/* --------------------------------------------------------- encoded words */

static bool
q_literal(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '!' || c == '*' ||
	    c == '+' || c == '/';
}

static size_t
q_size(const char *p, size_t n)
{
	size_t i, size = 0;

	for (i = 0; i < n; i++)
		size += q_literal((unsigned char)p[i]) || p[i] == ' ' ? 1 : 3;
	return size;
}

static void
q_put(struct buf *b, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] == ' ')
			buf_putc(b, '_');
		else if (q_literal((unsigned char)p[i]))
			buf_putc(b, p[i]);
		else
			buf_putf(b, "=%02X", (unsigned char)p[i]);
}

static void
b_put(struct buf *b, const char *p, size_t n)
{
	static const char abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *u = (const unsigned char *)p;
	uint32_t v;
	size_t i;

	for (i = 0; i < n; i += 3) {
		v = (uint32_t)u[i] << 16;
		v |= i + 1 < n ? (uint32_t)u[i + 1] << 8 : 0;
		v |= i + 2 < n ? (uint32_t)u[i + 2] : 0;
		buf_putc(b, abc[v >> 18]);
		buf_putc(b, abc[v >> 12 & 63]);
		buf_putc(b, i + 1 < n ? abc[v >> 6 & 63] : '=');
		buf_putc(b, i + 2 < n ? abc[v & 63] : '=');
	}
}

/* How many bytes of 's', in whole characters, fit into one encoded word. */
static size_t
word_fill(struct slice s, bool q)
{
	const size_t room = WORD_MAX - WORD_FRAME;
	size_t n = 0, len, size = 0;
	uint32_t cp;

	while (n < s.n) {
		len = text_utf8(s.p + n, s.n - n, &cp);
		if (len == 0)
			len = 1;
		size = q ? size + q_size(s.p + n, len) : (n + len + 2) / 3 * 4;
		if (size > room)
			break;
		n += len;
	}
	return n;
}

/* The separator before the first word is written by field_word(); between
 * encoded words any fold or space is dropped by whoever decodes them. */
static void
put_encoded(struct mime_field *f, struct slice s)
{
	struct buf word = { 0 };
	bool q = q_size(s.p, s.n) <= (s.n + 2) / 3 * 4;
	size_t n;

	while (s.n > 0) {
		n = word_fill(s, q);
		buf_clear(&word);
		buf_puts(&word, q ? "=?utf-8?Q?" : "=?utf-8?B?");
		if (q)
			q_put(&word, s.p, n);
		else
			b_put(&word, s.p, n);
		buf_puts(&word, "?=");
		field_word(f, buf_slice(&word));
		s = slice_from(s, n);
	}
	buf_free(&word);
}

static bool
has_long_run(struct slice s)
{
	size_t i, run = 0;

	for (i = 0; i < s.n; i++) {
		run = s.p[i] == ' ' ? 0 : run + 1;
		if (run > HARD_MAX)
			return true;
	}
	return false;
}

static bool
needs_words(struct slice s)
{
	return !mime_is_ascii(s) || has_long_run(s) ||
	    memmem(s.p, s.n, "=?", 2) != NULL;
}

/* Break before a space where the next word would run over; the space itself
 * then begins the line, so that unfolding gives the text back. */
static void
put_folded(struct mime_field *f, struct slice s)
{
	size_t n;

	if (s.n > 0 && f->column > 1)
		put(f, " ", 1);
	while (s.n > 0) {
		n = 1;
		while (n < s.n && s.p[n] != ' ')
			n++;
		if (s.p[0] == ' ' && n > 1 && f->column + n > FOLD_AT) {
			buf_puts(&f->text, "\r\n");
			f->column = 0;
		}
		put(f, s.p, n);
		s = slice_from(s, n);
	}
}

void
field_text(struct mime_field *f, struct slice utf8)
{
	struct buf b = { 0 };
	struct slice s;

	tidy(&b, utf8);
	s = without_leading(buf_slice(&b));
	if (s.n > 0 && needs_words(s))
		put_encoded(f, s);
	else
		put_folded(f, s);
	buf_free(&b);
}

void
mime_put_field(struct mime_out *o, const char *name, struct slice utf8)
{
	struct mime_field f;

	field_begin(&f, name);
	field_text(&f, utf8);
	field_end(&f, o);
}

/* --------------------------------------------------------------- phrases */

static bool
is_atoms(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!is_atext(s.p[i]) &&
		    !(s.p[i] == ' ' && i > 0 && s.p[i - 1] != ' '))
			return false;
	return true;
}

static void
put_quoted(struct buf *b, struct slice s)
{
	size_t i;

	buf_putc(b, '"');
	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_putc(b, '\\');
		buf_putc(b, s.p[i]);
	}
	buf_putc(b, '"');
}

void
field_phrase(struct mime_field *f, struct slice utf8)
{
	struct buf b = { 0 }, quoted = { 0 };
	struct slice s;

	tidy(&b, utf8);
	s = without_leading(buf_slice(&b));
	if (s.n > 0 && (needs_words(s) || s.n > HARD_MAX / 2)) {
		put_encoded(f, s);
	} else if (s.n > 0 && is_atoms(s)) {
		put_folded(f, s);
	} else if (s.n > 0) {
		put_quoted(&quoted, s);
		field_word(f, buf_slice(&quoted));
	}
	buf_free(&b);
	buf_free(&quoted);
}

void
field_mailbox(struct mime_field *f, struct slice name, struct slice address,
    bool comma)
{
	struct buf b = { 0 };

	if (slice_eq(name, address))
		name.n = 0;
	if (f->column > FOLD_AT / 2)
		fold(f);
	field_phrase(f, name);
	if (name.n > 0)
		buf_putc(&b, '<');
	buf_put(&b, address.p, address.n);
	if (name.n > 0)
		buf_putc(&b, '>');
	if (comma)
		buf_putc(&b, ',');
	field_word(f, buf_slice(&b));
	buf_free(&b);
}

/* ------------------------------------------------------------ parameters */

static void
put_piece(struct mime_field *f, struct buf *piece)
{
	buf_puts(&f->text, ";");
	f->column++;
	field_word(f, buf_slice(piece));
	buf_clear(piece);
}

static size_t
percent_put(struct buf *b, struct slice s)
{
	uint32_t cp;
	size_t len = text_utf8(s.p, s.n, &cp), i;

	if (len == 0)
		len = 1;
	for (i = 0; i < len; i++) {
		char c = s.p[i];

		/* attribute-char: no tspecials, '*', '\'' or '%', RFC 2231 7 */
		if (c == '.' || (is_atext(c) && strchr("*'%/?=", c) == NULL))
			buf_putc(b, c);
		else
			buf_putf(b, "%%%02X", (unsigned char)c);
	}
	return len;
}

static void
put_2231(struct mime_field *f, const char *name, struct slice s)
{
	struct buf piece = { 0 };
	bool one = s.n <= PARAM_PART / 3;
	size_t start, i;

	for (i = 0; s.n > 0; i++) {
		if (one)
			buf_putf(&piece, "%s*=", name);
		else
			buf_putf(&piece, "%s*%zu*=", name, i);
		if (i == 0)
			buf_puts(&piece, "utf-8''");
		start = piece.n;
		while (s.n > 0 && piece.n - start < PARAM_PART)
			s = slice_from(s, percent_put(&piece, s));
		put_piece(f, &piece);
	}
	buf_free(&piece);
}

void
field_param(struct mime_field *f, const char *name, struct slice utf8)
{
	struct buf piece = { 0 };

	if (utf8.n == 0)
		return;
	if (!mime_is_ascii(utf8) || utf8.n > PARAM_PART) {
		put_2231(f, name, utf8);
		return;
	}
	buf_putf(&piece, "%s=", name);
	put_quoted(&piece, utf8);
	put_piece(f, &piece);
	buf_free(&piece);
}

void
field_param_old(struct mime_field *f, const char *name, struct slice utf8)
{
	struct mime_field words = { 0 };
	struct slice s;

	if (utf8.n == 0)
		return;
	if (mime_is_ascii(utf8) && utf8.n <= PARAM_PART) {
		field_param(f, name, utf8);
		return;
	}
	put_encoded(&words, utf8);
	s = buf_slice(&words.text);
	buf_puts(&f->text, ";\r\n ");
	buf_putf(&f->text, "%s=\"", name);
	buf_put(&f->text, s.p, s.n);
	buf_puts(&f->text, "\"");
	f->column = WORD_MAX;
	buf_free(&words.text);
}
