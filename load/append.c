/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sending of one folder over one session, without ever waiting.  A
 * batch's intents are committed, together with what other senders have to
 * write, then its bytes leave: as one MULTIAPPEND where the server has it,
 * else as so many APPENDs in a row.  Commands are in flight up to a window of
 * commands and bytes that grows with every answer and is halved when the
 * server throttles; replies are taken in order.
 *
 * A refused MULTIAPPEND has kept nothing, which UIDNEXT proves once; else what
 * it kept is looked for, as after a lost connection.  Nothing more is sent
 * until what was on its way behind it is answered; then its halves are, one
 * after the other, until the message that is not wanted is alone; then the
 * rest.  What a throttling server turns down is sent again in the same way
 * (append_reply.c).
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/io.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/step.h"
#include "load/append_impl.h"

/* in flight, to begin with: bytes; MULTIAPPENDs, else APPENDs */
#define WINDOW_FIRST  ((uint64_t)4 << 20)
#define FIRST_MULTI   16
#define FIRST_SINGLE  16
#define COMMAND_MSGS  100 /* in one MULTIAPPEND */
#define COMMAND_BYTES ((uint64_t)4 << 20)

/* A message's file as APPEND reads it. */
struct reading {
	struct load *l;
	struct item *it;
	uint64_t left; /* bytes; 0: it has ended */
};

/* ---------------------------------------------------------------- ledger */

bool
sender_has_news(const struct sender *s, bool *urgent_r)
{
	if (s->made != NULL && s->ready.head == NULL && s->out == NULL)
		*urgent_r = true;
	return s->made != NULL || s->settled.head != NULL;
}

static int
record(struct sender *s, const struct command *c, struct err *err)
{
	struct load *l = s->l;
	const struct item *it;
	size_t i;

	for (i = 0; i < c->n; i++) {
		it = &c->batch->items[c->lo + i];
		if (c->refused
			? delivery_refuse(l->ledger, l->d.id, it->key,
			      s->f->there, l->run, c->error, err) < 0
			: delivery_done(l->ledger, l->d.id, it->key,
			      s->f->there, c->uids == NULL ? 0 : c->uids[i],
			      it->dropped, err) < 0)
			return -1;
	}
	return 0;
}

int
sender_record(struct sender *s, bool *intents_r, struct err *err)
{
	struct load *l = s->l;
	const struct batch *b = s->made;
	struct command *c;
	size_t i;

	for (c = s->settled.head; c != NULL; c = c->next)
		if (record(s, c, err) < 0 ||
		    pace_sent(l, c->refused ? 0 : c->bytes, err) < 0)
			return -1;
	for (i = 0; b != NULL && i < b->n; i++)
		if (delivery_intend(l->ledger, l->d.id, b->items[i].row,
			b->items[i].key, s->f->there, s->f->uidnext, l->run,
			err) < 0 ||
		    (b->items[i].owed != 0 &&
			delivery_owe(l->ledger, l->d.id, b->items[i].key,
			    b->items[i].owed, err) < 0))
			return -1;
	*intents_r = *intents_r || b != NULL;
	return 0;
}

/* How many messages from 'lo' on make a command. */
static size_t
command_part(const struct sender *s, const struct batch *b, size_t lo)
{
	size_t n = 1, most = s->multi ? COMMAND_MSGS : 1;
	uint64_t bytes = b->items[lo].size;

	while (n < most && lo + n < b->n &&
	    bytes + b->items[lo + n].size <= COMMAND_BYTES)
		bytes += b->items[lo + n++].size;
	return n;
}

void
sender_recorded(struct sender *s)
{
	size_t i, n;

	queue_free(&s->settled);
	if (s->made == NULL)
		return;
	for (i = 0; i < s->made->n; i += n) {
		n = command_part(s, s->made, i);
		queue_put(&s->ready, command_new(s->made, i, n));
	}
	batch_unref(&s->made);
}

/* --------------------------------------------------------------- sending */

static ssize_t
read_item(void *arg, void *p, size_t n, struct err *err)
{
	struct reading *r = arg;
	ssize_t got;

	if (n > r->left)
		n = (size_t)r->left;
	if (n == 0)
		return 0;
	/* opened when its turn comes: few files are open at any time */
	if (r->it->fd < 0 && batch_open(r->l, r->it, err) < 0)
		return -1;
	got = io_read_full(r->it->fd, p, n);
	if (got < 0)
		return err_sys(err, SCOPE_MSG, EX_IOERR, "%s", r->it->file);
	r->left = (size_t)got < n ? 0 : r->left - (uint64_t)got;
	if (r->left == 0)
		batch_close(r->it);
	return got;
}

static void
close_files(struct command *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		batch_close(&c->batch->items[c->lo + i]);
}

/* Send what is left of 'c' without its item 'bad', which is refused. */
static void
cut_out(struct sender *s, struct command *c, size_t bad, const struct err *why)
{
	struct batch *b = c->batch;

	if (bad + 1 < c->n)
		queue_put_first(&s->again,
		    command_new(b, c->lo + bad + 1, c->n - bad - 1));
	if (bad > 0)
		queue_put_first(&s->again, command_new(b, c->lo, bad));
	sender_settle_refused(s, command_new(b, c->lo + bad, 1), why);
	command_free(c);
}

/* Take out of 'c' what is known not to fit.  NULL: nothing is left of it. */
static struct command *
drop_over_quota(struct sender *s, struct command *c)
{
	struct err why = { 0 };
	size_t i;

	for (i = 0; i < c->n; i++)
		if (batch_over_quota(s->l, c->batch->items[c->lo + i].size,
			&why) < 0) {
			cut_out(s, c, i, &why);
			return NULL; /* the rest is in the queue */
		}
	return c;
}

/* May one more leave now?  Where something is sent again, what it is made of
 * goes one after the other; single ones keep their order by themselves. */
static bool
has_room(const struct sender *s)
{
	const struct command *c;

	if (s->redo.head != NULL || dest_paused(&s->l->d) > 0 ||
	    imap_is_appending(s->im))
		return false;
	if (s->f->careful > 0 || s->commands == 0)
		return s->commands == 0;
	if (s->again.head != NULL) {
		if (s->again.head->n > 1)
			return false;
		for (c = s->flying.head; c != NULL; c = c->next)
			if (c->n > 1)
				return false;
	}
	return s->commands < s->most && s->bytes < s->window;
}

/* The next command to leave; NULL: none, now. */
static struct command *
next_command(struct sender *s)
{
	struct command *c;

	while (
	    (s->again.head != NULL || s->ready.head != NULL) && has_room(s)) {
		c = queue_take(s->again.head != NULL ? &s->again : &s->ready);
		c = drop_over_quota(s, c);
		if (c != NULL)
			return c;
	}
	return NULL;
}

/* 'c' did not leave whole: its message 'bad' cannot be sent, or the session
 * is over. */
static int
failed(struct sender *s, struct command *c, size_t bad, struct err *err)
{
	close_files(c);
	if (err->scope != SCOPE_MSG || bad >= c->n) {
		queue_put_first(&s->again, c);
		return -1;
	}
	cut_out(s, c, bad, err);
	if (imap_alive(s->im))
		return 0;
	err->scope = SCOPE_STORE;
	err->status = EX_TEMPFAIL;
	err->retry = true;
	return -1;
}

/* Begin to send 'c'. */
static int
begin(struct sender *s, struct command *c, struct err *err)
{
	struct item *it;
	size_t i, bad = 0;

	s->msgs = mem_alloc(c->n, sizeof(*s->msgs));
	s->readings = mem_alloc(c->n, sizeof(*s->readings));
	for (i = 0; i < c->n; i++) {
		it = &c->batch->items[c->lo + i];
		s->readings[i] = (struct reading){ s->l, it, it->size };
		s->msgs[i] = (struct imap_append_msg){ .size = it->size,
			.flags = slice_str(it->flags),
			.internaldate = it->received,
			.read = read_item,
			.arg = &s->readings[i] };
	}
	step("load.append");
	if (imap_append_begin(&s->append, s->im, slice_str(s->f->name), s->msgs,
		c->n, &bad, err) < 0) {
		free(s->msgs);
		free(s->readings);
		s->msgs = NULL;
		s->readings = NULL;
		return failed(s, c, bad, err);
	}
	s->out = c;
	s->bytes += c->bytes;
	s->commands++;
	return 0;
}

/* On with the command that is being sent.  1 it is, 0 it has to wait, -1. */
static int
push(struct sender *s, struct err *err)
{
	struct command *c = s->out;
	size_t bad = 0;
	int rc = imap_append_step(&s->append, &c->tag, &bad, err);

	if (rc == 0)
		return 0;
	s->out = NULL;
	free(s->msgs);
	free(s->readings);
	s->msgs = NULL;
	s->readings = NULL;
	if (rc < 0) {
		sender_landed(s, c);
		return failed(s, c, bad, err) < 0 ? -1 : 1;
	}
	step("load.sent");
	close_files(c);
	queue_put(&s->flying, c);
	return 1;
}

/* How many messages the next batch may have: few at the start of the run, so
 * that the server has something to do while the next ones are made ready. */
static size_t
batch_most(const struct sender *s)
{
	if (s->f->careful > 0)
		return 1;
	if (s->l->taken == 0)
		return COMMAND_MSGS;
	/* those of all connections are one transaction, and lie in memory */
	return s->l->lanes <= 1 ? LOAD_BATCH_MSGS
				: LOAD_BATCH_SHARED / s->l->lanes + 100;
}

/* Make the next batch, if it is time. */
static int
make_batch(struct sender *s, struct err *err)
{
	int rc;

	if (s->at_end || s->stopped || s->made != NULL ||
	    s->ready.head != NULL || s->again.head != NULL ||
	    s->redo.head != NULL || dest_paused(&s->l->d) > 0)
		return 0;
	rc = batch_next(s->l, s->f, &s->cursor, batch_most(s), &s->made, err);
	if (rc == 0)
		s->at_end = true;
	if (rc > 0) {
		s->l->flying += s->made->bytes;
		s->at_end = s->made->last;
	}
	return rc < 0 ? -1 : 0;
}

/* ------------------------------------------------------------ the folder */

struct sender *
sender_new(struct load *l, struct load_folder *f, struct imap *im)
{
	struct sender *s = mem_alloc(1, sizeof(*s));

	s->l = l;
	s->f = f;
	s->im = im;
	queue_init(&s->ready);
	queue_init(&s->again);
	queue_init(&s->redo);
	queue_init(&s->flying);
	queue_init(&s->settled);
	s->multi = imap_has(im, IMAP_CAP_MULTIAPPEND);
	s->window = WINDOW_FIRST;
	s->most = s->multi ? FIRST_MULTI : FIRST_SINGLE;
	return s;
}

int
sender_step(struct sender *s, struct err *err)
{
	struct command *c;
	int rc;

	if (imap_take_in(s->im, err) < 0 || sender_collect(s, err) < 0)
		return -1;
	for (;;) {
		if (s->out != NULL) {
			rc = push(s, err);
			if (rc < 0)
				return -1;
			if (rc == 0)
				break;
			if (sender_collect(s, err) < 0)
				return -1;
		}
		c = next_command(s);
		if (c == NULL)
			break;
		if (begin(s, c, err) < 0)
			return -1;
	}
	if (make_batch(s, err) < 0)
		return -1;
	return s->commands == 0 && (s->at_end || s->stopped) &&
	    s->made == NULL && s->ready.head == NULL && s->again.head == NULL &&
	    s->redo.head == NULL;
}

bool
sender_is_made(const struct sender *s)
{
	return s->at_end && s->made == NULL && s->out == NULL &&
	    s->ready.head == NULL && s->again.head == NULL &&
	    s->redo.head == NULL;
}

void
sender_stop(struct sender *s)
{
	s->stopped = true;
}

bool
sender_waits(const struct sender *s, bool *room_r)
{
	*room_r = s->out != NULL && imap_append_wants_room(s->append);
	return s->commands > 0;
}

void
sender_last_words(struct sender *s)
{
	struct err ignored = { 0 };

	/* its intents are not noted, and need not be */
	if (s->made != NULL)
		s->l->flying -= s->made->bytes;
	batch_unref(&s->made);
	while (s->flying.head != NULL &&
	    imap_has_answered(s->im, s->flying.head->tag))
		if (sender_collect(s, &ignored) < 0)
			break;
}

void
sender_note_death(struct sender *s, bool alone)
{
	struct load_folder *f = s->f;
	const struct command *c = s->flying.head != NULL ? s->flying.head
	    : s->out != NULL				 ? s->out
							 : s->again.head;
	const char *key;

	/* the second in a row that came to nothing: one by one from now on */
	if (f->deaths++ > 0)
		f->careful = CAREFUL_MSGS;
	if (!alone || c == NULL || c->n != 1 || s->commands > 1)
		return;
	key = c->batch->items[c->lo].key;
	if (f->suspect == NULL || strcmp(f->suspect, key) != 0) {
		f->suspect_deaths = 0;
		free(f->suspect);
		f->suspect = mem_str(key);
	}
	f->suspect_deaths++;
}

static void
forget(struct sender *s, struct queue *q)
{
	const struct command *c;

	for (c = q->head; c != NULL; c = c->next)
		s->l->flying -= c->bytes;
	queue_free(q);
}

void
sender_free(struct sender **sp)
{
	struct sender *s = *sp;

	*sp = NULL;
	if (s == NULL)
		return;
	imap_append_drop(&s->append);
	if (s->out != NULL) {
		close_files(s->out);
		queue_put(&s->ready, s->out);
	}
	if (s->made != NULL)
		s->l->flying -= s->made->bytes;
	batch_unref(&s->made);
	forget(s, &s->ready);
	forget(s, &s->again);
	forget(s, &s->redo);
	forget(s, &s->flying);
	queue_free(&s->settled);
	free(s->msgs);
	free(s->readings);
	free(s);
}
