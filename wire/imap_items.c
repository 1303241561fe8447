/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FETCH: a list of items, among them bodies that must not be held. */
#include <string.h>

#include "core/date.h"
#include "core/num.h"
#include "wire/imap_parse_impl.h"

void
imap_items_begin(struct imap_items *it, uint32_t seq)
{
	it->active = true;
	it->f = (struct imap_fetch){ .seq = seq };
	it->f.internaldate = DATE_UNKNOWN;
	it->body = (struct imap_body){ .seq = seq };
	buf_clear(&it->flags);
	buf_clear(&it->labels);
}

void
imap_items_free(struct imap_items *it)
{
	buf_free(&it->flags);
	buf_free(&it->labels);
	buf_free(&it->section);
	buf_free(&it->text);
}

static bool
is_key_char(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

static bool
is_body_word(struct slice w)
{
	return slice_is_nocase(w, "RFC822") ||
	    slice_is_nocase(w, "RFC822.HEADER") ||
	    slice_is_nocase(w, "RFC822.TEXT");
}

static bool
is_section_word(struct slice w)
{
	return slice_is_nocase(w, "BODY") || slice_is_nocase(w, "BINARY") ||
	    slice_is_nocase(w, "BODY.PEEK") ||
	    slice_is_nocase(w, "BINARY.PEEK");
}

size_t
imap_items_body_key(struct slice text)
{
	size_t end = text.n, at;
	const char *open;
	bool section = false;

	if (end > 0 && text.p[end - 1] == '>') {
		open = memrchr(text.p, '<', end);
		if (open == NULL)
			return 0;
		end = (size_t)(open - text.p);
	}
	if (end > 0 && text.p[end - 1] == ']') {
		open = memrchr(text.p, '[', end);
		if (open == NULL)
			return 0;
		end = (size_t)(open - text.p);
		section = true;
	}
	for (at = end; at > 0 && is_key_char(text.p[at - 1]); at--)
		;
	if (section ? is_section_word(slice_of(text.p + at, end - at))
		    : is_body_word(slice_of(text.p + at, end - at)))
		return text.n - at;
	return 0;
}

/* "[section]<origin>" behind a key; what follows is left in *s. */
static bool
read_section(struct imap_items *it, struct slice *s)
{
	const char *close;
	uint64_t origin;
	size_t i, depth = 0;
	bool quote = false;

	it->body.has_origin = false;
	it->body.origin = 0;
	buf_clear(&it->section);
	if (s->n > 0 && s->p[0] == '[') {
		for (i = 1; i < s->n; i++) {
			if (s->p[i] == '"')
				quote = !quote;
			else if (!quote && s->p[i] == '(')
				depth++;
			else if (!quote && s->p[i] == ')' && depth > 0)
				depth--;
			else if (!quote && s->p[i] == ']' && depth == 0)
				break;
		}
		if (i >= s->n)
			return false;
		buf_put(&it->section, s->p + 1, i - 1);
		*s = slice_from(*s, i + 1);
	}
	if (s->n > 0 && s->p[0] == '<') {
		close = memchr(s->p, '>', s->n);
		if (close == NULL ||
		    !num_u64(slice_of(s->p + 1, (size_t)(close - s->p) - 1),
			UINT64_MAX, &origin))
			return false;
		it->body.has_origin = true;
		it->body.origin = origin;
		*s = slice_from(*s, (size_t)(close - s->p) + 1);
	}
	return true;
}

/* A number; mail.ru writes them with decimals. */
static bool
read_number(struct slice v, uint64_t *out)
{
	if (!num_take_u64(&v, UINT64_MAX, out))
		return false;
	if (v.n > 0 && v.p[0] == '.')
		for (v = slice_from(v, 1);
		     v.n > 0 && v.p[0] >= '0' && v.p[0] <= '9';
		     v = slice_from(v, 1))
			;
	return v.n == 0;
}

/* The inside of a list, or what stands there instead of one. */
static bool
read_words(struct slice *s, struct buf *out)
{
	struct slice at = *s;
	struct imap_token t;

	buf_clear(out);
	while (at.n > 0 && at.p[0] == ' ')
		at = slice_from(at, 1);
	*s = at;
	if (at.n > 0 && at.p[0] == '(') {
		if (!imap_token_skip(s))
			return false;
		buf_put(out, at.p + 1, (size_t)(s->p - at.p) - 2);
		return true;
	}
	t = imap_token(s);
	if (t.kind == IMAP_TOKEN_STRING || t.kind == IMAP_TOKEN_ATOM)
		imap_token_text(&t, out);
	return t.kind == IMAP_TOKEN_STRING || t.kind == IMAP_TOKEN_ATOM ||
	    t.kind == IMAP_TOKEN_NIL;
}

/* A body of 'size' bytes comes; what was told until here stands in it. */
static void
begin_body(struct imap_items *it, uint64_t size)
{
	it->f.has_body = true;
	it->f.flags = buf_slice(&it->flags);
	it->f.gm_labels = buf_slice(&it->labels);
	it->body.section = buf_slice(&it->section);
	it->body.size = size;
	it->body.at = 0;
	it->body.item = &it->f;
}

/* A body that is no literal: quoted, or NIL. */
static int
inline_body(struct imap_items *it, const struct imap_sink *sink,
    struct slice *s, struct err *err)
{
	struct slice at = *s;
	struct imap_token t = imap_token(s);

	if (t.kind == IMAP_TOKEN_NIL) {
		it->f.body_is_nil = true;
		return 0;
	}
	if (t.kind != IMAP_TOKEN_STRING && t.kind != IMAP_TOKEN_ATOM)
		return imap_parse_error(err, "a body without a value", at);
	buf_clear(&it->text);
	imap_token_text(&t, &it->text);
	begin_body(it, it->text.n);
	return sink->body == NULL ? 0
				  : sink->body(sink->arg, &it->body,
					buf_str(&it->text), it->text.n, err);
}

static int
read_uid(struct imap_items *it, struct slice v, struct err *err)
{
	uint64_t n;

	if (!read_number(v, &n) || n > UINT32_MAX)
		return imap_parse_error(err, "not a UID", v);
	it->f.uid = it->body.uid = (uint32_t)n;
	return 0;
}

/* One item that is neither body nor list of words. */
static int
read_value(struct imap_items *it, struct slice key, struct slice *s,
    struct err *err)
{
	struct slice at = *s;
	struct imap_token t = { 0 };
	bool number = slice_is_nocase(key, "RFC822.SIZE");
	uint64_t n;

	if (slice_is_nocase(key, "UID") || number ||
	    slice_is_nocase(key, "INTERNALDATE") ||
	    slice_is_nocase(key, "X-GM-MSGID")) {
		t = imap_token(s);
		if (t.kind != IMAP_TOKEN_ATOM && t.kind != IMAP_TOKEN_STRING &&
		    t.kind != IMAP_TOKEN_NIL)
			return imap_parse_error(err, "an item without a value",
			    at);
	} else if (slice_is_nocase(key, "MODSEQ")) {
		buf_clear(&it->text);
		if (read_words(s, &it->text) &&
		    num_u64(buf_slice(&it->text), UINT64_MAX, &n))
			it->f.modseq = n;
		return 0;
	} else if (!imap_token_skip(s)) {
		return imap_parse_error(err, "an item without a value", at);
	}
	if (slice_is_nocase(key, "UID"))
		return read_uid(it, t.s, err);
	if (number && read_number(t.s, &it->f.size)) {
		it->f.has_size = true;
	} else if (slice_is_nocase(key, "INTERNALDATE")) {
		it->f.has_date = true;
		if (!date_parse_imap(slice_trim(t.s), &it->f.internaldate))
			it->f.internaldate = DATE_UNKNOWN;
	} else if (slice_is_nocase(key, "X-GM-MSGID") &&
	    num_u64(t.s, UINT64_MAX, &n)) {
		it->f.gm_msgid = n;
	}
	return 0;
}

static int
read_item(struct imap_items *it, const struct imap_sink *sink, struct slice *s,
    struct err *err)
{
	struct slice key;
	size_t i = 0;

	while (i < s->n && is_key_char(s->p[i]))
		i++;
	key = slice_of(s->p, i);
	if (i == 0)
		return imap_parse_error(err, "no FETCH item", *s);
	*s = slice_from(*s, i);
	if (is_body_word(key) ||
	    (is_section_word(key) && s->n > 0 && s->p[0] == '[')) {
		if (!read_section(it, s))
			return imap_parse_error(err, "a broken section", *s);
		if (slice_is_nocase(key, "RFC822.HEADER"))
			buf_puts(&it->section, "HEADER");
		else if (slice_is_nocase(key, "RFC822.TEXT"))
			buf_puts(&it->section, "TEXT");
		/* nothing behind it: its literal comes next */
		return slice_trim(*s).n == 0 ? 0
					     : inline_body(it, sink, s, err);
	}
	if (slice_is_nocase(key, "FLAGS")) {
		it->f.has_flags = read_words(s, &it->flags);
		return it->f.has_flags
		    ? 0
		    : imap_parse_error(err, "broken flags", *s);
	}
	if (slice_is_nocase(key, "X-GM-LABELS"))
		return read_words(s, &it->labels)
		    ? 0
		    : imap_parse_error(err, "broken labels", *s);
	return read_value(it, key, s, err);
}

int
imap_items_read(struct imap_items *it, const struct imap_sink *sink,
    struct slice text, bool body_follows, uint64_t body_size, struct err *err)
{
	while (text.n > 0) {
		/* parentheses more than there should be (Domino) do no harm */
		if (strchr(" \t()", text.p[0]) != NULL && text.p[0] != '\0')
			text = slice_from(text, 1);
		else if (read_item(it, sink, &text, err) < 0)
			return -1;
	}
	if (body_follows)
		begin_body(it, body_size);
	return 0;
}

int
imap_items_end(struct imap_items *it, const struct imap_sink *sink,
    struct err *err)
{
	it->active = false;
	it->f.flags = buf_slice(&it->flags);
	it->f.gm_labels = buf_slice(&it->labels);
	return sink->fetch == NULL ? 0 : sink->fetch(sink->arg, &it->f, err);
}
