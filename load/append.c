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
 * rest.  What a throttling server turns down is sent again in the same way.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/io.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/step.h"
#include "load/command.h"

#define WINDOW_BYTES	((uint64_t)8 << 20) /* in flight, at most */
#define WINDOW_FIRST	((uint64_t)4 << 20) /* to begin with */
#define WINDOW_LEAST	((uint64_t)64 << 10)
#define WINDOW_MULTI	40  /* MULTIAPPEND commands in flight */
#define FIRST_MULTI	16  /* ... to begin with */
#define WINDOW_SINGLE	200 /* APPEND commands in flight */
#define FIRST_SINGLE	16
#define COMMAND_MSGS	100 /* in one MULTIAPPEND */
#define COMMAND_BYTES	((uint64_t)4 << 20)
#define CAREFUL_MSGS	100 /* sent one by one after a second death */
#define FEW		8   /* messages: from here on each by itself */
#define FIRST_BACKOFF_S 2
#define LAST_BACKOFF_S	300

/* A message's file as APPEND reads it. */
struct reading {
	struct load *l;
	struct item *it;
	uint64_t left; /* bytes; 0: it has ended */
};

struct sender {
	struct load *l;
	struct load_folder *f;
	struct imap *im;
	struct batch *made;   /* its intents are not durable yet */
	struct queue ready;   /* to be sent */
	struct queue again;   /* to be sent again, before those */
	struct queue redo;    /* the same, but something is still in flight */
	struct queue flying;  /* sent, not answered */
	struct queue settled; /* answered, not in the ledger yet */
	struct command *out;  /* being sent */
	struct imap_append *append;
	struct imap_append_msg *msgs;
	struct reading *readings;
	uint64_t bytes;	 /* in flight or being sent */
	size_t commands; /* likewise */
	uint64_t window;
	size_t most; /* commands */
	int64_t cursor;
	bool multi, at_end, stopped;
	bool partly;	 /* several were refused at once */
	uint64_t untold; /* kept since f->uidnext, without a UID */
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

/* It is neither sent nor on its way any more. */
static void
landed(struct sender *s, const struct command *c)
{
	s->bytes -= c->bytes;
	s->commands--;
}

static void
settle_refused(struct sender *s, struct command *c, const struct err *why)
{
	size_t i;

	c->refused = true;
	memcpy(c->error, why->text, sizeof(c->error) - 1);
	c->error[sizeof(c->error) - 1] = '\0';
	for (i = 0; i < c->n; i++) {
		load_report_refused(s->l, s->f, c->batch->items[c->lo + i].key,
		    why);
		report_fate(s->l->report, s->f->path, FATE_REFUSED, 0);
		s->f->refused++;
	}
	s->l->flying -= c->bytes;
	s->l->units += load_units(c->n, c->bytes);
	queue_put(&s->settled, c);
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
	settle_refused(s, command_new(b, c->lo + bad, 1), why);
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
		landed(s, c);
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

/* --------------------------------------------------------------- replies */

/* The UIDs that the server told, as far as they can be true. */
static void
take_uids(struct sender *s, struct command *c, const struct imap_appended *a)
{
	struct load_folder *f = s->f;
	uint32_t last;
	size_t i;

	s->untold += c->n;
	if (a->n_uids != c->n || a->falling || a->uidvalidity != f->uidvalidity)
		return;
	c->uids = mem_alloc(c->n, sizeof(*c->uids));
	for (i = 0; i < c->n; i++)
		c->uids[i] = a->uids[i] >= f->uidnext || f->uidnext == 0
		    ? a->uids[i]
		    : 0; /* it cannot be that one */
	/* what is sent from now on comes behind */
	last = a->uids[c->n - 1];
	if (last >= f->uidnext && last < UINT32_MAX) {
		f->uidnext = last + 1;
		s->untold = 0;
	}
}

static void
settle_loaded(struct sender *s, struct command *c,
    const struct imap_appended *a)
{
	struct load *l = s->l;
	const struct item *it;
	size_t i;

	take_uids(s, c, a);
	for (i = 0; i < c->n; i++) {
		it = &c->batch->items[c->lo + i];
		keywords_learn(l, it);
		report_fate(l->report, s->f->path, FATE_LOADED, it->size);
		s->f->loaded++;
		keywords_count_dropped(l, it);
	}
	if (s->f->careful > 0)
		s->f->careful--;
	s->f->deaths = 0;
	l->quota_hits = 0;
	l->backoff_s = 0;
	l->flying -= c->bytes;
	l->units += load_units(c->n, c->bytes);
	dest_progress(&l->d);
	if (s->window < WINDOW_BYTES)
		s->window += c->bytes;
	if (s->most < (s->multi ? WINDOW_MULTI : WINDOW_SINGLE))
		s->most++;
	queue_put(&s->settled, c);
}

/* Smaller parts, once more; few ones each by itself. */
static void
take_apart(struct sender *s, struct command *c)
{
	size_t part = c->n > FEW ? (c->n + 1) / 2 : 1, i, n;

	for (i = 0; i < c->n; i += n) {
		n = part < c->n - i ? part : c->n - i;
		queue_put(&s->redo, command_new(c->batch, c->lo + i, n));
	}
	command_free(c);
}

/* Everybody waits, and sends less at a time then. */
static int
wait_as_told(struct sender *s, const struct imap_result *res, struct err *err)
{
	struct load *l = s->l;
	uint64_t ms = res->backoff_ms;

	s->window = s->window / 2 > WINDOW_LEAST ? s->window / 2 : WINDOW_LEAST;
	s->most = s->most > 1 ? s->most / 2 : 1;
	if (ms == 0) {
		/* several are told at the same time: that is one */
		if (dest_paused(&l->d) == 0)
			l->backoff_s = l->backoff_s == 0 ? FIRST_BACKOFF_S
							 : l->backoff_s * 2;
		if (l->backoff_s > LAST_BACKOFF_S)
			l->backoff_s = LAST_BACKOFF_S;
		ms = (uint64_t)l->backoff_s * 1000;
	}
	l->throttled = true;
	return dest_pause(&l->d, ms, "the server asks to wait", err);
}

/* A message that the server does not want, alone: why, for people. */
static void
explain(struct sender *s, const struct command *c,
    const struct imap_result *res, struct err *why)
{
	char size[32];

	imap_result_err(res, SCOPE_MSG, "APPEND", why);
	why->scope = SCOPE_MSG;
	if (res->trouble == IMAP_TOO_BIG) {
		err_within(why, "it has %s", text_size(size, c->bytes));
		err_hint(why,
		    "raise the limit at the server, or make it smaller: "
		    "'postroad transform --strip-attachments'");
	} else if (res->trouble == IMAP_BAD_MESSAGE) {
		err_hint(why,
		    "'postroad transform --fix-newlines' mends line ends and "
		    "NULs");
	} else if (res->trouble == IMAP_OVERQUOTA) {
		/* one that was on its way already tells nothing new */
		if (s->l->quota_floor == 0 || c->bytes < s->l->quota_floor) {
			s->l->quota_hits++;
			s->l->quota_floor = c->bytes;
		}
		err_hint(why,
		    "make room there, or raise the quota, and run "
		    "again");
	}
}

/* NO or BAD. */
static int
handle_refusal(struct sender *s, struct command *c,
    const struct imap_result *res, struct err *err)
{
	struct err why = { 0 };

	s->partly = s->partly || c->n > 1;
	switch (res->trouble) {
	case IMAP_THROTTLED:
	case IMAP_UNAVAILABLE:
		queue_put(&s->redo, c);
		return wait_as_told(s, res, err);
	case IMAP_TRYCREATE:
	case IMAP_NOT_CONNECTED:
	case IMAP_AUTH_FAILED:
		queue_put(&s->redo, c);
		return imap_result_err(res,
		    res->trouble == IMAP_TRYCREATE ? SCOPE_FOLDER : SCOPE_STORE,
		    "APPEND", err);
	default:
		break;
	}
	if (c->n > 1) {
		take_apart(s, c);
		return 0;
	}
	if (keywords_leave_out(c->batch, &c->batch->items[c->lo], res)) {
		queue_put(&s->redo, c);
		return 0;
	}
	if (res->trouble == IMAP_LIMIT_REACHED) {
		queue_put(&s->redo, c);
		return wait_as_told(s, res, err);
	}
	explain(s, c, res, &why);
	settle_refused(s, c, &why);
	return 0;
}

/* Has a server that refused several messages at once kept some of them, against
 * RFC 3502?  Asked once, when nothing is in flight.  Then what it has is found
 * out in a new session, and the rest is sent one by one. */
static int
check_kept(struct sender *s, struct err *err)
{
	struct load_folder *f = s->f;
	struct imap_mailbox_status st;

	s->partly = false;
	if (s->l->all_or_none || f->uidnext == 0)
		return 0;
	if (imap_status(s->im, slice_str(f->name), &st, err) < 0) {
		if (err->scope != SCOPE_FOLDER)
			return -1;
		err_clear(err);
		return 0;
	}
	if (st.uidvalidity != f->uidvalidity)
		return 0;
	if (st.uidnext <= f->uidnext + s->untold) {
		s->l->all_or_none = true;
		return 0;
	}
	f->careful = CAREFUL_MSGS;
	err->retry = true;
	return err_set(err, SCOPE_STORE, EX_TEMPFAIL,
	    "messages have come to the folder '%s' there while others were "
	    "refused: looking which",
	    f->path);
}

/* The replies that are here. */
static int
collect(struct sender *s, struct err *err)
{
	struct imap_appended *a = NULL;
	struct command *c;
	int rc = 0;

	while (rc == 0 && (c = s->flying.head) != NULL &&
	    imap_has_answered(s->im, c->tag)) {
		if (a == NULL)
			a = mem_alloc(1, sizeof(*a));
		rc = imap_append_wait(s->im, c->tag, a, err);
		if (rc < 0)
			break;
		queue_take(&s->flying);
		landed(s, c);
		step("load.answer");
		if (a->res.status == IMAP_OK)
			settle_loaded(s, c, a);
		else
			rc = handle_refusal(s, c, &a->res, err);
	}
	free(a);
	/* nothing is in flight behind what was refused: now it may go again */
	if (rc == 0 && s->commands == 0 && s->partly &&
	    !imap_is_appending(s->im))
		rc = check_kept(s, err);
	if (s->commands == 0 && !s->partly)
		queue_put_before(&s->again, &s->redo);
	return rc;
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

	if (imap_take_in(s->im, err) < 0 || collect(s, err) < 0)
		return -1;
	for (;;) {
		if (s->out != NULL) {
			rc = push(s, err);
			if (rc < 0)
				return -1;
			if (rc == 0)
				break;
			if (collect(s, err) < 0)
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
		if (collect(s, &ignored) < 0)
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
