/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * APPEND (RFC 3501 6.3.11, 3502, 4315, 7888): a message goes as it is and
 * whole, or the connection is cut so that the server cannot keep a part.
 */
#include <stdlib.h>
#include <string.h>

#include "core/limits.h"
#include "core/mem.h"
#include "wire/imap_impl.h"

#define CUT_WAIT_S 10 /* for earlier replies, before a cut */

/* One APPEND under way. */
struct sending {
	struct imap *im;
	uint32_t tag;
	bool begun;  /* bytes of the command have left */
	size_t have; /* bytes of the current message in im->block */
};

/* Flags and date; checked for all messages before anything is sent. */
static int
put_options(struct buf *out, const struct imap_append_msg *m, struct err *err)
{
	struct imap_cmd c = { 0 };
	int rc = 0;

	if (m->flags.n > 0)
		rc = imap_cmd_flags(&c, m->flags, err);
	if (rc == 0 && m->internaldate != DATE_UNKNOWN)
		rc = imap_cmd_date(&c, m->internaldate, err);
	if (rc == 0 && c.text.n > 0) {
		buf_put(out, c.text.p, c.text.n);
		buf_putc(out, ' ');
	}
	imap_cmd_free(&c);
	return rc;
}

/* Read until 'n' bytes are in the block or the message ends. */
static int
fill(struct sending *s, const struct imap_append_msg *m, size_t n,
    struct err *err)
{
	ssize_t got;

	while (s->have < n) {
		got = m->read(m->arg, s->im->block + s->have, n - s->have, err);
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		s->have += (size_t)got;
	}
	return 0;
}

static int
wrong_size(const struct imap_append_msg *m, bool more, struct err *err)
{
	err_set(err, SCOPE_MSG, EX_DATAERR,
	    "the message has %s than the %llu bytes it had before",
	    more ? "more" : "fewer", (unsigned long long)m->size);
	return err_hint(err,
	    "something changes the spool: let it rest while "
	    "mail is loaded from it");
}

/* The first block, and for a message that fits in it, the end. */
static int
read_ahead(struct sending *s, const struct imap_append_msg *m, struct err *err)
{
	size_t want = m->size < LIMIT_BLOCK ? (size_t)m->size : LIMIT_BLOCK;

	s->have = 0;
	if (m->size > LIMIT_MSG_BYTES)
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "the message is too large for any server");
	/* one byte more than announced shows one that has grown */
	if (fill(s, m, want < m->size ? want : want + 1, err) < 0)
		return -1;
	if (s->have < want)
		return wrong_size(m, false, err);
	if (s->have > m->size)
		return wrong_size(m, true, err);
	return 0;
}

/* The bytes of the message behind its literal's head. */
static int
send_body(struct sending *s, const struct imap_append_msg *m, struct err *err)
{
	uint64_t left = m->size;
	size_t want;

	for (;;) {
		if (imap_put(s->im, s->im->block, s->have, err) < 0)
			return -1;
		left -= s->have;
		if (m->size <= LIMIT_BLOCK)
			return 0; /* read_ahead saw its end */
		want = left < LIMIT_BLOCK ? (size_t)left : LIMIT_BLOCK;
		s->have = 0;
		if (fill(s, m, want > 0 ? want : 1, err) < 0)
			return -1;
		if (s->have < want)
			return wrong_size(m, false, err);
		if (want == 0)
			return s->have > 0 ? wrong_size(m, true, err) : 0;
	}
}

/*
 * The server must not get the rest of this command.  Replies to commands
 * before it are worth waiting for: what they confirm need not be asked again.
 */
static void
cut(struct sending *s, const struct err *why)
{
	struct imap *im = s->im;
	struct err ignored = { 0 };
	size_t i = 0;

	if (!imap_alive(im))
		return;
	conn_set_timeout(im->conn, CUT_WAIT_S);
	while (i < im->n_pending && im->pending[i].tag != s->tag) {
		if (im->pending[i].done)
			i++;
		else if (imap_pump(im, CONN_INPUT, &ignored) < 0)
			return;
		else
			i = 0;
	}
	(void)imap_die(im, why);
}

/* The command up to the first message's options. */
static int
begin(struct sending *s, struct slice name, size_t n, struct err *err)
{
	struct imap_cmd c = { 0 };
	struct imap_pending *p;
	int rc;

	imap_cmd_word(&c, "APPEND");
	rc = imap_cmd_astring(&c, name, err);
	if (rc < 0) {
		err->scope = SCOPE_FOLDER;
	} else {
		s->begun = true;
		rc = imap_cmd_send_open(s->im, &c, IMAP_WANT_APPEND,
		    slice_of("", 0), &s->tag, err);
	}
	p = imap_find(s->im, s->tag);
	if (p != NULL)
		p->n_msgs = n;
	imap_cmd_free(&c);
	return rc;
}

/* 1: sent; 0: refused in the middle; -1. */
static int
send_one(struct sending *s, const struct imap_append_msg *m, struct err *err)
{
	struct buf head = { 0 };
	int rc;

	buf_putc(&head, ' ');
	rc = put_options(&head, m, err);
	if (rc == 0) {
		imap_trace(s->im, '>', buf_slice(&head));
		rc = imap_put(s->im, head.p, head.n, err);
	}
	buf_free(&head);
	if (rc == 0)
		rc = imap_literal_begin(s->im, s->tag, m->size, err);
	if (rc <= 0)
		return rc;
	return send_body(s, m, err) < 0 ? -1 : 1;
}

static int
send_all(struct sending *s, struct slice name, const struct imap_append_msg *m,
    size_t n, size_t *bad, struct err *err)
{
	int rc = 1;
	size_t i;

	for (i = 0; i < n && rc > 0; i++) {
		*bad = i;
		if (read_ahead(s, &m[i], err) < 0)
			return -1;
		if (i == 0)
			rc = begin(s, name, n, err);
		else if (imap_is_answered(s->im, s->tag))
			break; /* refused: only the line wants its end */
		if (rc > 0)
			rc = send_one(s, &m[i], err);
	}
	if (rc > 0) {
		if (!imap_is_answered(s->im, s->tag))
			imap_find(s->im, s->tag)->whole = true;
		rc = imap_put(s->im, "\r\n", 2, err);
	}
	return rc < 0 ? -1 : 0;
}

static int
check_all(const struct imap_append_msg *m, size_t n, size_t *bad,
    struct err *err)
{
	struct buf trial = { 0 };
	int rc = 0;

	for (*bad = 0; *bad < n && rc == 0; ++*bad)
		rc = put_options(&trial, &m[*bad], err);
	if (rc < 0)
		--*bad;
	buf_free(&trial);
	return rc;
}

int
imap_append_send(struct imap *im, struct slice name,
    const struct imap_append_msg *m, size_t n, uint32_t *tag_r, size_t *bad_r,
    struct err *err)
{
	struct sending s = { .im = im };
	size_t bad = 0;
	int rc;

	*tag_r = 0;
	if (n == 0 || n > IMAP_APPEND_MAX ||
	    (n > 1 && !imap_has(im, IMAP_CAP_MULTIAPPEND)))
		return err_set(err, SCOPE_RUN, EX_SOFTWARE,
		    "APPEND of %zu messages", n);
	if (imap_check_alive(im, err) < 0)
		return -1;
	if (im->block == NULL)
		im->block = mem_alloc(LIMIT_BLOCK + 1, 1);
	rc = check_all(m, n, &bad, err);
	if (rc == 0)
		rc = send_all(&s, name, m, n, &bad, err);
	if (bad_r != NULL)
		*bad_r = bad;
	if (rc < 0 && s.begun)
		cut(&s, err);
	/* what the server said last counts, also when it then hung up */
	if (rc == 0 ||
	    (s.tag != 0 && imap_find(im, s.tag) != NULL &&
		imap_find(im, s.tag)->done)) {
		*tag_r = s.tag;
		imap_poll(im);
		return 0;
	}
	imap_forget(im, s.tag);
	return -1;
}

int
imap_append_wait(struct imap *im, uint32_t tag, struct imap_appended *a_r,
    struct err *err)
{
	struct imap_pending *p;
	int rc = 0;

	memset(a_r, 0, offsetof(struct imap_appended, uids));
	while (rc == 0 && (p = imap_find(im, tag)) != NULL && !p->done)
		rc = imap_pump(im, CONN_INPUT, err);
	p = imap_find(im, tag);
	if (p != NULL && p->done && p->n_uids > 0) {
		a_r->uidvalidity = p->uidvalidity;
		a_r->n_uids = p->n_uids;
		a_r->falling = p->falling;
		memcpy(a_r->uids, p->uids, p->n_uids * sizeof(*p->uids));
	}
	return imap_wait(im, tag, &a_r->res, err);
}
