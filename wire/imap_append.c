/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * APPEND (RFC 3501 6.3.11, 3502, 4315, 7888): a message goes as it is and
 * whole, or the connection is cut so that the server cannot keep a part.
 *
 * A machine that goes as far as it can without waiting; imap_append_send()
 * waits for it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/limits.h"
#include "core/mem.h"
#include "wire/imap_impl.h"

#define CUT_WAIT_S 10 /* for earlier replies, before a cut */

enum append_at {
	APPEND_MESSAGE, /* the next message's first bytes are to be read */
	APPEND_HEAD,	/* its options and its literal's head */
	APPEND_PLUS,	/* the server's go-ahead is waited for */
	APPEND_BODY,
	APPEND_DONE
};

/* One APPEND under way; im->block holds bytes of the current message. */
struct imap_append {
	struct imap *im;
	struct buf name;
	const struct imap_append_msg *m;
	size_t n, at; /* messages; the current one */
	uint32_t tag;
	bool begun; /* bytes of the command have left */
	bool room;  /* waits for room to send, not for an answer */
	enum append_at step;
	size_t have, put; /* bytes in the block, and queued of these */
	uint64_t left;	  /* of the message, behind the block */
	struct buf line;  /* protocol text that is to be queued */
	size_t line_put;
};

/* Flags and date; checked for all messages before anything is sent. */
static int
options(struct imap_cmd *c, const struct imap_append_msg *m, struct err *err)
{
	if (m->flags.n > 0 && imap_cmd_flags(c, m->flags, err) < 0)
		return -1;
	return m->internaldate == DATE_UNKNOWN
	    ? 0
	    : imap_cmd_date(c, m->internaldate, err);
}

static int
put_options(struct buf *out, const struct imap_append_msg *m, struct err *err)
{
	struct imap_cmd c = { 0 };
	int rc = options(&c, m, err);

	if (rc == 0 && c.text.n > 0) {
		buf_put(out, c.text.p, c.text.n);
		buf_putc(out, ' ');
	}
	imap_cmd_free(&c);
	return rc;
}

/* Read until 'n' bytes are in the block or the message ends. */
static int
fill(struct imap_append *a, size_t n, struct err *err)
{
	const struct imap_append_msg *m = &a->m[a->at];
	ssize_t got;

	while (a->have < n) {
		got = m->read(m->arg, a->im->block + a->have, n - a->have, err);
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		a->have += (size_t)got;
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
read_ahead(struct imap_append *a, struct err *err)
{
	const struct imap_append_msg *m = &a->m[a->at];
	size_t want = m->size < LIMIT_BLOCK ? (size_t)m->size : LIMIT_BLOCK;

	a->have = a->put = 0;
	if (m->size > LIMIT_MSG_BYTES)
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "the message is too large for any server");
	/* one byte more than announced shows one that has grown */
	if (fill(a, want < m->size ? want : want + 1, err) < 0)
		return -1;
	if (a->have < want)
		return wrong_size(m, false, err);
	if (a->have > m->size)
		return wrong_size(m, true, err);
	a->left = m->size - a->have;
	return 0;
}

/* The block has been queued: the next one.  1 there is one, 0 the message is
 * whole, -1. */
static int
next_block(struct imap_append *a, struct err *err)
{
	const struct imap_append_msg *m = &a->m[a->at];
	size_t want;

	if (m->size <= LIMIT_BLOCK)
		return 0; /* read_ahead saw its end */
	want = a->left < LIMIT_BLOCK ? (size_t)a->left : LIMIT_BLOCK;
	a->have = a->put = 0;
	if (fill(a, want > 0 ? want : 1, err) < 0)
		return -1;
	if (a->have < want)
		return wrong_size(m, false, err);
	if (want == 0)
		return a->have > 0 ? wrong_size(m, true, err) : 0;
	a->left -= a->have;
	return 1;
}

/*
 * The server must not get the rest of this command.  Replies to commands
 * before it are worth waiting for: what they confirm need not be asked again.
 */
static void
cut(struct imap_append *a, const struct err *why)
{
	struct imap *im = a->im;
	struct err ignored = { 0 };
	size_t i = 0;

	if (!imap_alive(im))
		return;
	conn_set_timeout(im->conn, CUT_WAIT_S);
	while (i < im->n_pending && im->pending[i].tag != a->tag) {
		if (im->pending[i].done)
			i++;
		else if (imap_pump(im, CONN_INPUT, &ignored) < 0)
			return;
		else
			i = 0;
	}
	(void)imap_die(im, why);
}

/* The command's name and the mailbox.  1; 0: refused already; -1. */
static int
begin_command(struct imap_append *a, struct err *err)
{
	struct imap_cmd c = { 0 };
	struct imap_pending *p;
	int rc;

	imap_cmd_word(&c, "APPEND");
	rc = imap_cmd_astring(&c, buf_slice(&a->name), err);
	if (rc < 0) {
		err->scope = SCOPE_FOLDER;
	} else if (c.n_literals > 0) {
		/* a name that no quotes can hold, which is rare: waits */
		a->begun = true;
		rc = imap_cmd_send_open(a->im, &c, IMAP_WANT_APPEND,
		    slice_of("", 0), &a->tag, err);
	} else {
		a->begun = true;
		p = imap_begin(a->im, IMAP_WANT_APPEND, &a->line);
		a->tag = p->tag;
		buf_put(&a->line, c.text.p, c.text.n);
		rc = 1;
	}
	p = imap_find(a->im, a->tag);
	if (p != NULL)
		p->n_msgs = a->n;
	imap_cmd_free(&c);
	return rc;
}

/* Options and literal's head into the line.  1; 0: refused already; -1. */
static int
put_head(struct imap_append *a, struct err *err)
{
	struct imap *im = a->im;
	uint64_t size = a->m[a->at].size;
	bool plus = imap_literal_plus(im, size);
	int rc = 1;

	if (a->at == 0)
		rc = begin_command(a, err);
	if (rc <= 0)
		return rc;
	buf_putc(&a->line, ' ');
	if (put_options(&a->line, &a->m[a->at], err) < 0)
		return -1;
	buf_putf(&a->line, "{%llu%s}", (unsigned long long)size,
	    plus ? "+" : "");
	imap_trace(im, '>', buf_slice(&a->line));
	buf_puts(&a->line, "\r\n");
	a->step = plus ? APPEND_BODY : APPEND_PLUS;
	if (plus)
		return 1;
	/* a '+' from before (Exchange sends some) is not the answer */
	imap_poll(im);
	im->plus = false;
	if (imap_check_alive(im, err) < 0)
		return -1;
	return !imap_is_answered(im, a->tag);
}

/* All of the line into the queue?  1, or 0: there is no room. */
static bool
put_line(struct imap_append *a)
{
	a->line_put += conn_queue(a->im->conn, a->line.p + a->line_put,
	    a->line.n - a->line_put);
	if (a->line_put < a->line.n) {
		a->room = true;
		return false;
	}
	buf_clear(&a->line);
	a->line_put = 0;
	return true;
}

/* Behind the last message, or a refusal: the command's end. */
static void
end_command(struct imap_append *a)
{
	if (!imap_is_answered(a->im, a->tag))
		imap_find(a->im, a->tag)->whole = true;
	buf_puts(&a->line, "\r\n");
	a->step = APPEND_DONE;
}

static int
put_body(struct imap_append *a, struct err *err)
{
	int rc;

	do {
		a->put += conn_queue(a->im->conn, a->im->block + a->put,
		    a->have - a->put);
		if (a->put < a->have) {
			a->room = true;
			return 0;
		}
		rc = next_block(a, err);
	} while (rc > 0);
	if (rc < 0)
		return -1;
	a->at++;
	a->step = APPEND_MESSAGE;
	/* refused in the middle: only the line wants its end */
	if (a->at == a->n || imap_is_answered(a->im, a->tag))
		end_command(a);
	return 1;
}

/* One move.  1 it did something, 0 it has to wait, -1. */
static int
move(struct imap_append *a, struct err *err)
{
	int rc;

	if (imap_check_alive(a->im, err) < 0)
		return -1;
	a->room = false;
	if (a->line.n > 0 && !put_line(a))
		return 0;
	switch (a->step) {
	case APPEND_MESSAGE:
		a->step = APPEND_HEAD;
		return read_ahead(a, err) < 0 ? -1 : 1;
	case APPEND_HEAD:
		rc = put_head(a, err);
		if (rc == 0) { /* refused: nothing more of it */
			buf_clear(&a->line);
			a->step = APPEND_DONE;
		}
		return rc < 0 ? -1 : 1;
	case APPEND_PLUS:
		if (imap_is_answered(a->im, a->tag))
			a->step = APPEND_DONE; /* NO in place of '+' */
		else if (a->im->plus)
			a->step = APPEND_BODY;
		else
			return 0;
		return 1;
	case APPEND_BODY:
		return put_body(a, err);
	default:
		return 0;
	}
}

static int
check_all(const struct imap_append_msg *m, size_t n, size_t *bad,
    struct err *err)
{
	struct imap_cmd c = { 0 };
	int rc = 0;

	for (*bad = 0; *bad < n && rc == 0; ++*bad) {
		buf_clear(&c.text);
		rc = options(&c, &m[*bad], err);
	}
	if (rc < 0)
		--*bad;
	imap_cmd_free(&c);
	return rc;
}

int
imap_append_begin(struct imap_append **a_r, struct imap *im, struct slice name,
    const struct imap_append_msg *m, size_t n, size_t *bad_r, struct err *err)
{
	struct imap_append *a;

	*a_r = NULL;
	*bad_r = 0;
	if (n == 0 || n > IMAP_APPEND_MAX ||
	    (n > 1 && !imap_has(im, IMAP_CAP_MULTIAPPEND)))
		return err_set(err, SCOPE_RUN, EX_SOFTWARE,
		    "APPEND of %zu messages", n);
	if (imap_check_alive(im, err) < 0 || check_all(m, n, bad_r, err) < 0)
		return -1;
	if (im->block == NULL)
		im->block = mem_alloc(LIMIT_BLOCK + 1, 1);
	if (im->appending)
		return err_set(err, SCOPE_RUN, EX_SOFTWARE,
		    "APPEND in the middle of another one");
	im->appending = true;
	a = mem_alloc(1, sizeof(*a));
	a->im = im;
	a->m = m;
	a->n = n;
	buf_put(&a->name, name.p, name.n);
	*a_r = a;
	return 0;
}

static void
free_append(struct imap_append **ap)
{
	struct imap_append *a = *ap;

	*ap = NULL;
	a->im->appending = false;
	buf_free(&a->name);
	buf_free(&a->line);
	free(a);
}

int
imap_append_step(struct imap_append **ap, uint32_t *tag_r, size_t *bad_r,
    struct err *err)
{
	struct imap_append *a = *ap;
	struct imap *im = a->im;
	struct imap_pending *p;
	int rc;

	*tag_r = 0;
	while ((rc = move(a, err)) > 0)
		;
	if (rc == 0 && (a->step != APPEND_DONE || a->line.n > 0))
		return 0;
	*bad_r = a->at;
	if (rc < 0 && a->begun)
		cut(a, err);
	p = a->tag == 0 ? NULL : imap_find(im, a->tag);
	/* what the server said last counts, also when it then hung up */
	if (rc == 0 || (p != NULL && p->done)) {
		*tag_r = a->tag;
		imap_poll(im);
		rc = 1;
	} else if (p != NULL) {
		imap_forget(im, a->tag);
	}
	free_append(ap);
	return rc;
}

bool
imap_is_appending(const struct imap *im)
{
	return im->appending;
}

bool
imap_append_wants_room(const struct imap_append *a)
{
	return a->room;
}

void
imap_append_drop(struct imap_append **ap)
{
	struct err why = { 0 };

	if (*ap == NULL)
		return;
	err_set(&why, SCOPE_STORE, EX_TEMPFAIL, "given up in the middle");
	if ((*ap)->begun)
		(void)imap_die((*ap)->im, &why);
	free_append(ap);
}

int
imap_append_send(struct imap *im, struct slice name,
    const struct imap_append_msg *m, size_t n, uint32_t *tag_r, size_t *bad_r,
    struct err *err)
{
	struct imap_append *a;
	struct err lost;
	size_t bad = 0;
	int rc;

	*tag_r = 0;
	rc = imap_append_begin(&a, im, name, m, n, &bad, err);
	while (rc == 0) {
		rc = imap_append_step(&a, tag_r, &bad, err);
		/* the next step tells of a session that is over */
		if (rc == 0)
			(void)imap_pump(im,
			    CONN_INPUT | (a->room ? CONN_ROOM : 0), &lost);
	}
	if (bad_r != NULL)
		*bad_r = bad;
	return rc < 0 ? -1 : 0;
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
