/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * FETCH at the throw-away server, in portions: what does not fit into the
 * connection's buffer waits until the client has read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/date.h"
#include "core/io.h"
#include "core/mem.h"
#include "core/num.h"
#include "wire/serve/impl.h"

#define BLOCK 65536

void
serve_fetch_reset(struct serve_conn *c)
{
	serve_set_free(&c->f.set);
	buf_free(&c->f.items);
	buf_free(&c->f.tail);
	c->f = (struct serve_fetch){ 0 };
}

/* ------------------------------------------------------------- the header */

static uint64_t
kept_bytes(const struct serve_msg *m)
{
	return m->kept == UINT32_MAX ? m->size : m->kept;
}

/* The header with its empty line, as far as it is kept. */
static void
read_head(struct serve *s, const struct serve_msg *m, struct buf *out)
{
	uint64_t have = kept_bytes(m);
	size_t want = have < SERVE_HEAD ? (size_t)have : SERVE_HEAD;
	ssize_t n;
	const char *end;

	buf_clear(out);
	n = io_pread_full(s->scratch, buf_room(out, want + 1), want, m->at);
	if (n <= 0)
		return;
	out->n = (size_t)n;
	if (out->n >= 2 && memcmp(out->p, "\r\n", 2) == 0)
		end = out->p;
	else if ((end = memmem(out->p, out->n, "\r\n\r\n", 4)) != NULL)
		end += 2;
	else if ((end = memmem(out->p, out->n, "\n\n", 2)) != NULL) {
		out->n = (size_t)(end + 2 - out->p);
		return;
	}
	if (end != NULL)
		out->n = (size_t)(end + 2 - out->p);
}

/* Append the fields whose names are in 'names' (blanks between). */
static void
pick_fields(struct slice head, struct slice names, struct buf *out)
{
	struct slice line, rest, word;
	bool on = false;
	size_t n;

	while (slice_next_line(&head, &line) && slice_trim(line).n > 0) {
		if (line.p[0] != ' ' && line.p[0] != '\t') {
			for (n = 0; n < line.n && line.p[n] != ':'; n++)
				;
			on = false;
			rest = names;
			while (!on && rest.n > 0) {
				struct buf name = { 0 };

				if (!serve_astring(&rest, &name))
					rest.n = 0;
				word = buf_slice(&name);
				on = word.n > 0 && word.n == n &&
				    strncasecmp(word.p, line.p, n) == 0;
				buf_free(&name);
				(void)serve_space(&rest);
			}
		}
		if (on)
			buf_put(out, line.p, line.n);
	}
}

bool
serve_field(struct serve *s, const struct serve_msg *m, const char *name,
    struct buf *out)
{
	struct buf head = { 0 };

	buf_clear(out);
	read_head(s, m, &head);
	pick_fields(buf_slice(&head), slice_str(name), out);
	buf_free(&head);
	if (out->n == 0)
		return false;
	buf_eat(out, strlen(name) + 1);
	return true;
}

/* --------------------------------------------------------------- sections */

struct section {
	struct slice text; /* "HEADER.FIELDS (X)" */
	bool peek, partial, legacy;
	const char *word; /* of the answer, where it is no BODY[] */
	uint64_t from, count;
};

static bool
read_partial(struct slice *s, struct section *x)
{
	if (s->n == 0 || s->p[0] != '<')
		return true;
	*s = slice_from(*s, 1);
	x->partial = true;
	if (!num_take_u64(s, UINT32_MAX, &x->from) || !serve_word(s, ".") ||
	    !num_take_u64(s, UINT32_MAX, &x->count) || !serve_word(s, ">"))
		return false;
	return true;
}

/* BODY[...], BODY.PEEK[...], RFC822, RFC822.HEADER, RFC822.TEXT */
static bool
read_section(struct slice *s, struct section *x)
{
	const char *end;

	*x = (struct section){ 0 };
	if (serve_word(s, "RFC822.HEADER")) {
		x->text = slice_str("HEADER");
		x->word = "RFC822.HEADER";
		x->peek = true;
		return true;
	}
	if (serve_word(s, "RFC822.TEXT")) {
		x->text = slice_str("TEXT");
		x->word = "RFC822.TEXT";
		return true;
	}
	if (serve_word(s, "RFC822")) {
		x->word = "RFC822";
		return true;
	}
	x->peek = serve_word(s, "BODY.PEEK[");
	if (!x->peek && !serve_word(s, "BODY["))
		return false;
	end = memchr(s->p, ']', s->n);
	if (end == NULL)
		return false;
	x->text = slice_of(s->p, (size_t)(end - s->p));
	*s = slice_from(*s, x->text.n + 1);
	return read_partial(s, x);
}

static void
put_label(struct buf *b, const struct section *x)
{
	if (x->word != NULL) {
		buf_puts(b, x->word);
	} else {
		buf_puts(b, "BODY[");
		buf_put(b, x->text.p, x->text.n);
		buf_putc(b, ']');
	}
	if (x->partial)
		buf_putf(b, "<%llu>", (unsigned long long)x->from);
	buf_putc(b, ' ');
}

static void
put_text(struct buf *b, const struct section *x, struct slice text)
{
	if (x->partial) {
		text = slice_from(text, (size_t)x->from);
		if (text.n > x->count)
			text.n = (size_t)x->count;
	}
	buf_putf(b, "{%zu}\r\n", text.n);
	buf_put(b, text.p, text.n);
}

/* The whole, or what follows the header: it is read as it is sent. */
static void
begin_body(struct serve_conn *c, const struct serve_msg *m, bool text,
    const struct section *x)
{
	struct buf head = { 0 };
	uint64_t from = m->at, end = m->at + m->size;

	if (m->kept != UINT32_MAX) {
		buf_puts(&c->out, "NIL");
		return;
	}
	if (text) {
		read_head(c->s, m, &head);
		from += head.n;
		buf_free(&head);
	}
	if (x->partial) {
		from = x->from < end - from ? from + x->from : end;
		if (end - from > x->count)
			end = from + x->count;
	}
	buf_putf(&c->out, "{%llu}\r\n", (unsigned long long)(end - from));
	c->f.in_body = true;
	c->f.body_at = from;
	c->f.body_end = end;
}

/* 1 it is all there, 0 its bytes follow, -1 it makes no sense. */
static int
put_section(struct serve_conn *c, const struct serve_msg *m,
    const struct section *x)
{
	struct buf head = { 0 }, picked = { 0 };
	struct slice text = x->text, names;
	int rc = 1;

	put_label(&c->out, x);
	if (text.n == 0 || slice_is_nocase(text, "TEXT")) {
		begin_body(c, m, text.n > 0, x);
		return c->f.in_body ? 0 : 1;
	}
	read_head(c->s, m, &head);
	if (slice_is_nocase(text, "HEADER")) {
		put_text(&c->out, x, buf_slice(&head));
	} else if (serve_word(&text, "HEADER.FIELDS ") &&
	    serve_list(&text, &names)) {
		pick_fields(buf_slice(&head), names, &picked);
		buf_puts(&picked, "\r\n");
		put_text(&c->out, x, buf_slice(&picked));
	} else {
		buf_puts(&c->out, "NIL");
	}
	buf_free(&head);
	buf_free(&picked);
	return rc;
}

/* ------------------------------------------------------------------ items */

static bool
put_simple(struct serve_conn *c, const struct serve_msg *m, struct slice *s)
{
	char date[32];

	if (serve_word(s, "UID")) {
		serve_putf(c, "UID %u", m->uid);
	} else if (serve_word(s, "FLAGS")) {
		buf_puts(&c->out, "FLAGS ");
		serve_put_flags(&c->out, c->box, m->flags);
	} else if (serve_word(s, "INTERNALDATE")) {
		serve_putf(c, "INTERNALDATE \"%s\"",
		    date_format_imap(date, m->date));
	} else if (serve_word(s, "RFC822.SIZE")) {
		serve_putf(c, "RFC822.SIZE %llu", (unsigned long long)m->size);
	} else if (serve_word(s, "X-GM-MSGID")) {
		serve_putf(c, "X-GM-MSGID %llu",
		    (unsigned long long)c->box->uidvalidity << 32 | m->uid);
	} else if (serve_word(s, "X-GM-LABELS")) {
		buf_puts(&c->out, "X-GM-LABELS ()");
	} else {
		return false;
	}
	return true;
}

/* Go on with a message's items, up to a body or to the end. */
static void
put_items(struct serve_conn *c, struct serve_msg *m, struct slice s, bool first)
{
	struct section x;
	size_t done;

	for (;;) {
		while (serve_space(&s))
			;
		if (s.n == 0)
			break;
		if (!first)
			buf_putc(&c->out, ' ');
		first = false;
		if (put_simple(c, m, &s))
			continue;
		if (!read_section(&s, &x)) {
			s.n = 0; /* it was looked over before */
			break;
		}
		if (!x.peek && !c->read_only)
			m->flags |= SERVE_SEEN;
		if (put_section(c, m, &x) == 0)
			break;
	}
	done = s.n;
	if (c->f.in_body) {
		/* the items that follow it */
		struct buf rest = { 0 };

		buf_put(&rest, s.p, done);
		buf_free(&c->f.tail);
		c->f.tail = rest;
		return;
	}
	buf_puts(&c->out, ")\r\n");
	c->f.next++;
}

static void
send_body(struct serve_conn *c)
{
	struct serve_fetch *f = &c->f;
	uint64_t left = f->body_end - f->body_at;
	size_t want = left < BLOCK ? (size_t)left : BLOCK;
	struct buf tail = f->tail;
	ssize_t n;

	if (want > 0) {
		n = io_pread_full(c->s->scratch, buf_room(&c->out, want), want,
		    f->body_at);
		if (n != (ssize_t)want) {
			c->closing = true;
			f->active = false;
			return;
		}
		c->out.n += want;
		f->body_at += want;
		return;
	}
	f->in_body = false;
	f->tail = (struct buf){ 0 };
	put_items(c, &c->box->v[f->next], buf_slice(&tail), false);
	buf_free(&tail);
}

void
serve_fetch_more(struct serve_conn *c)
{
	struct serve_fetch *f = &c->f;
	struct serve_msg *m;

	if (c->closing || c->box == NULL) {
		serve_fetch_reset(c);
		return;
	}
	if (f->in_body) {
		send_body(c);
		return;
	}
	for (; f->next < c->seen; f->next++) {
		if (!serve_visible(c, f->next))
			continue;
		f->seq++;
		m = &c->box->v[f->next];
		if (!serve_set_has(&f->set, f->uid ? m->uid : f->seq))
			continue;
		if (m->gone != 0)
			continue; /* expunged by another connection */
		serve_putf(c, "* %u FETCH (", f->seq);
		put_items(c, m, buf_slice(&f->items), true);
		return;
	}
	serve_fetch_reset(c);
	serve_tell(c, false);
	serve_answer(c, "OK FETCH completed.");
}

/* Do the items make sense? */
static bool
look_over(struct slice s)
{
	static const char *const simple[] = { "UID", "FLAGS", "INTERNALDATE",
		"RFC822.SIZE", "X-GM-MSGID", "X-GM-LABELS" };
	struct section x;
	size_t i;

	while (s.n > 0) {
		for (i = 0; i < sizeof(simple) / sizeof(simple[0]); i++)
			if (serve_word(&s, simple[i]))
				break;
		if (i == sizeof(simple) / sizeof(simple[0]) &&
		    !read_section(&s, &x))
			return false;
		if (s.n > 0 && !serve_space(&s))
			return false;
	}
	return true;
}

void
serve_cmd_fetch(struct serve_conn *c, struct slice s, bool uid)
{
	struct serve_fetch *f = &c->f;
	struct slice set, items;

	serve_fetch_reset(c);
	if (!serve_atom(&s, &set) || !serve_space(&s) ||
	    !serve_set_read(c, set, uid, &f->set)) {
		serve_answer(c, "BAD Command Argument Error. 12");
		return;
	}
	if (s.n > 0 && s.p[0] == '(') {
		if (!serve_list(&s, &items))
			items.n = 0;
	} else {
		items = s;
	}
	if (slice_is_nocase(items, "FAST"))
		items = slice_str("FLAGS INTERNALDATE RFC822.SIZE");
	if (items.n == 0 || !look_over(items)) {
		serve_fetch_reset(c);
		serve_answer(c, "BAD Command Argument Error. 12");
		return;
	}
	if (uid && memmem(items.p, items.n, "UID", 3) == NULL)
		buf_puts(&f->items, "UID ");
	buf_put(&f->items, items.p, items.n);
	f->uid = uid;
	f->active = true;
}
