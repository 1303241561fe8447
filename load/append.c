/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sending.  A batch's intents are committed (with the results that have
 * come in by then, so one transaction a batch), then its bytes leave: as one
 * MULTIAPPEND where the server has it, else as so many APPENDs in a row.
 * Commands are in flight up to a window of bytes and of commands; replies
 * are taken in order.
 *
 * A refused MULTIAPPEND has kept nothing: it is cut in two and sent again,
 * until the message that is not wanted is alone.  What a throttling server
 * turns down is sent again after the wait it asks for.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/io.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/step.h"
#include "load/load_impl.h"

#define WINDOW_BYTES	((uint64_t)8 << 20)
#define WINDOW_MULTI	3   /* MULTIAPPEND commands in flight */
#define WINDOW_SINGLE	200 /* APPEND commands in flight */
#define FIRST_BACKOFF_S 2
#define LAST_BACKOFF_S	300

/* One APPEND command, on its way or answered. */
struct command {
	struct command *next;
	struct batch *batch;
	size_t lo, n; /* its part of the batch */
	uint64_t bytes;
	uint32_t tag;
	/* once answered */
	bool refused;	/* else it is there */
	uint32_t *uids; /* n of them, or NULL: not told */
	char error[240];
};

struct queue {
	struct command *head, **tail;
};

struct sender {
	struct load *l;
	struct load_folder *f;
	struct queue flying;  /* sent, not answered */
	struct queue again;   /* to be sent (again) */
	struct queue settled; /* answered, not in the ledger yet */
	uint64_t bytes;	      /* in flight */
	size_t commands;      /* in flight */
	int64_t cursor;
	bool multi, at_end;
	unsigned backoff_s;
};

/* ---------------------------------------------------------------- queues */

static void
queue_init(struct queue *q)
{
	q->head = NULL;
	q->tail = &q->head;
}

static void
queue_put(struct queue *q, struct command *c)
{
	c->next = NULL;
	*q->tail = c;
	q->tail = &c->next;
}

static void
queue_put_first(struct queue *q, struct command *c)
{
	c->next = q->head;
	if (q->head == NULL)
		q->tail = &c->next;
	q->head = c;
}

static struct command *
queue_take(struct queue *q)
{
	struct command *c = q->head;

	if (c == NULL)
		return NULL;
	q->head = c->next;
	if (q->head == NULL)
		q->tail = &q->head;
	c->next = NULL;
	return c;
}

static struct command *
command_new(struct batch *b, size_t lo, size_t n)
{
	struct command *c = mem_alloc(1, sizeof(*c));
	size_t i;

	c->batch = b;
	b->refs++;
	c->lo = lo;
	c->n = n;
	for (i = 0; i < n; i++)
		c->bytes += b->items[lo + i].size;
	return c;
}

static void
command_free(struct command *c)
{
	if (c == NULL)
		return;
	batch_unref(&c->batch);
	free(c->uids);
	free(c);
}

static void
queue_free(struct queue *q)
{
	struct command *c;

	while ((c = queue_take(q)) != NULL)
		command_free(c);
}

/* ---------------------------------------------------------------- ledger */

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

/* Results into the ledger, with the intents of 'b' (or NULL), durably. */
static int
commit(struct sender *s, const struct batch *b, struct err *err)
{
	struct load *l = s->l;
	struct command *c;
	size_t i;

	if (s->settled.head == NULL && b == NULL &&
	    !ledger_in_transaction(l->ledger))
		return 0;
	if (load_begin(l, err) < 0)
		return -1;
	for (c = s->settled.head; c != NULL; c = c->next)
		if (record(s, c, err) < 0 ||
		    pace_sent(l, c->refused ? 0 : c->bytes, err) < 0)
			return -1;
	for (i = 0; b != NULL && i < b->n; i++)
		if (delivery_intend(l->ledger, l->d.id, b->items[i].key,
			s->f->there, s->f->uidnext, l->run, err) < 0)
			return -1;
	step(b != NULL ? "load.intend" : "load.result");
	if (ledger_commit(l->ledger, err) < 0)
		return -1;
	queue_free(&s->settled);
	return 0;
}

/* --------------------------------------------------------------- sending */

static ssize_t
read_item(void *arg, void *p, size_t n, struct err *err)
{
	struct item *it = arg;
	ssize_t got = io_read_full(it->fd, p, n);

	if (got < 0)
		return err_sys(err, SCOPE_MSG, EX_IOERR, "%s", it->file);
	return got;
}

/* The command's files are wanted open; *bad_r says which is not there. */
static int
open_files(struct sender *s, struct command *c, size_t *bad_r, struct err *err)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		if (batch_open(s->l, &c->batch->items[c->lo + i], err) < 0) {
			*bad_r = i;
			return -1;
		}
	}
	return 0;
}

static void
close_files(struct command *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		batch_close(&c->batch->items[c->lo + i]);
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
	queue_put(&s->settled, c);
}

/* Send again what is left of 'c' without its item 'bad', which is refused. */
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

static int
send_command(struct sender *s, struct command *c, struct err *err)
{
	struct imap_append_msg *m = mem_alloc(c->n, sizeof(*m));
	struct item *it;
	size_t i, bad = 0;
	int rc = open_files(s, c, &bad, err);

	for (i = 0; rc == 0 && i < c->n; i++) {
		it = &c->batch->items[c->lo + i];
		m[i] = (struct imap_append_msg){ .size = it->size,
			.flags = slice_str(it->flags),
			.internaldate = it->received,
			.read = read_item,
			.arg = it };
	}
	if (rc == 0) {
		step("load.append");
		rc = imap_append_send(s->l->d.im, slice_str(s->f->name), m,
		    c->n, &c->tag, &bad, err);
	}
	free(m);
	close_files(c);
	if (rc == 0) {
		step("load.sent");
		queue_put(&s->flying, c);
		s->bytes += c->bytes;
		s->commands++;
		return 0;
	}
	if (err->scope != SCOPE_MSG || bad >= c->n) {
		queue_put_first(&s->again, c);
		return -1;
	}
	cut_out(s, c, bad, err);
	if (imap_alive(s->l->d.im))
		return 0;
	err->scope = SCOPE_STORE;
	err->status = EX_TEMPFAIL;
	err->retry = true;
	return -1;
}

static bool
has_room(const struct sender *s)
{
	if (s->l->careful > 0)
		return s->commands == 0;
	return s->commands < (s->multi ? WINDOW_MULTI : WINDOW_SINGLE) &&
	    s->bytes < WINDOW_BYTES;
}

/* The next batch on its way.  1, 0: there is none, -1. */
static int
send_batch(struct sender *s, struct err *err)
{
	struct batch *b;
	size_t i, n;
	int rc;

	rc = batch_next(s->l, s->f, &s->cursor,
	    s->l->careful > 0 ? 1 : LOAD_BATCH_MSGS, &b, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return commit(s, NULL, err); /* those set aside */
	rc = commit(s, b, err);
	n = s->multi ? b->n : 1;
	for (i = 0; rc == 0 && i < b->n; i += n)
		queue_put(&s->again, command_new(b, i, n));
	batch_unref(&b);
	return rc < 0 ? -1 : 1;
}

/* --------------------------------------------------------------- replies */

static void
settle_loaded(struct sender *s, struct command *c,
    const struct imap_appended *a)
{
	struct load *l = s->l;
	const struct item *it;
	size_t i;

	if (a->n_uids == c->n && !a->falling &&
	    a->uidvalidity == s->f->uidvalidity) {
		c->uids = mem_alloc(c->n, sizeof(*c->uids));
		for (i = 0; i < c->n; i++)
			c->uids[i] =
			    a->uids[i] >= s->f->uidnext || s->f->uidnext == 0
			    ? a->uids[i]
			    : 0; /* it cannot be that one */
		/* what is sent from now on comes behind */
		if (a->uids[c->n - 1] >= s->f->uidnext &&
		    a->uids[c->n - 1] < UINT32_MAX)
			s->f->uidnext = a->uids[c->n - 1] + 1;
	}
	for (i = 0; i < c->n; i++) {
		it = &c->batch->items[c->lo + i];
		keywords_learn(l, it);
		report_fate(l->report, s->f->path, FATE_LOADED, it->size);
		s->f->loaded++;
		if (it->dropped != NULL) {
			report_add(l->report, "keywords_dropped", 1);
			report_note(l->report,
			    "folder '%s': the server does not keep: %s",
			    s->f->path, it->dropped);
		}
	}
	if (l->careful > 0)
		l->careful--;
	l->quota_hits = 0;
	s->backoff_s = 0;
	dest_progress(&l->d);
	queue_put(&s->settled, c);
}

/* Both halves once more. */
static void
bisect(struct sender *s, struct command *c)
{
	size_t half = c->n / 2;

	queue_put_first(&s->again,
	    command_new(c->batch, c->lo + half, c->n - half));
	queue_put_first(&s->again, command_new(c->batch, c->lo, half));
	command_free(c);
}

static int
wait_as_told(struct sender *s, const struct imap_result *res, struct err *err)
{
	uint64_t ms = res->backoff_ms;

	if (ms == 0) {
		s->backoff_s =
		    s->backoff_s == 0 ? FIRST_BACKOFF_S : s->backoff_s * 2;
		if (s->backoff_s > LAST_BACKOFF_S)
			s->backoff_s = LAST_BACKOFF_S;
		ms = (uint64_t)s->backoff_s * 1000;
	}
	return dest_wait(&s->l->d, ms, "the server asks to wait", err);
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
		    "raise the limit at the server, or deliver it "
		    "by other means");
	} else if (res->trouble == IMAP_OVERQUOTA) {
		s->l->quota_hits++;
		if (s->l->quota_floor == 0 || c->bytes < s->l->quota_floor)
			s->l->quota_floor = c->bytes;
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

	switch (res->trouble) {
	case IMAP_THROTTLED:
	case IMAP_UNAVAILABLE:
		queue_put_first(&s->again, c);
		return wait_as_told(s, res, err);
	case IMAP_TRYCREATE:
	case IMAP_NOT_CONNECTED:
	case IMAP_AUTH_FAILED:
		queue_put_first(&s->again, c);
		return imap_result_err(res,
		    res->trouble == IMAP_TRYCREATE ? SCOPE_FOLDER : SCOPE_STORE,
		    "APPEND", err);
	default:
		break;
	}
	if (c->n > 1) {
		bisect(s, c);
		return 0;
	}
	if (keywords_leave_out(c->batch, &c->batch->items[c->lo], res)) {
		queue_put_first(&s->again, c);
		return 0;
	}
	explain(s, c, res, &why);
	settle_refused(s, c, &why);
	return 0;
}

/* The reply to the oldest command. */
static int
collect(struct sender *s, struct err *err)
{
	struct command *c = s->flying.head;
	struct imap_appended *a = mem_alloc(1, sizeof(*a));
	int rc = imap_append_wait(s->l->d.im, c->tag, a, err);

	if (rc == 0) {
		queue_take(&s->flying);
		s->bytes -= c->bytes;
		s->commands--;
		step("load.answer");
		if (a->res.status == IMAP_OK)
			settle_loaded(s, c, a);
		else
			rc = handle_refusal(s, c, &a->res, err);
	}
	free(a);
	return rc;
}

/* ------------------------------------------------------------ the folder */

static int
send_all(struct sender *s, struct err *err)
{
	struct command *c;
	int rc;

	for (;;) {
		while (s->flying.head != NULL &&
		    imap_is_done(s->l->d.im, s->flying.head->tag))
			if (collect(s, err) < 0)
				return -1;
		if (stop_check(err) < 0)
			return -1;
		if (has_room(s) && s->again.head != NULL) {
			c = drop_over_quota(s, queue_take(&s->again));
			if (c != NULL && send_command(s, c, err) < 0)
				return -1;
		} else if (has_room(s) && !s->at_end) {
			rc = send_batch(s, err);
			if (rc < 0)
				return -1;
			s->at_end = rc == 0;
		} else if (s->flying.head != NULL) {
			if (collect(s, err) < 0)
				return -1;
		} else if (s->again.head == NULL && s->at_end) {
			return 0;
		}
	}
}

/* The session is gone: was it one message alone that ended it? */
static void
note_death(struct sender *s)
{
	struct load *l = s->l;
	const struct command *c =
	    s->flying.head != NULL ? s->flying.head : s->again.head;

	/* the second in a row that came to nothing: one by one from now on */
	if (l->d.failures > 0)
		l->careful = LOAD_BATCH_MSGS;
	if (c == NULL || c->n != 1 || s->commands > 1)
		return;
	if (strcmp(l->suspect, c->batch->items[c->lo].key) != 0) {
		l->suspect_deaths = 0;
		snprintf(l->suspect, sizeof(l->suspect), "%s",
		    c->batch->items[c->lo].key);
	}
	l->suspect_deaths++;
}

int
append_folder(struct load *l, struct load_folder *f, struct err *err)
{
	struct sender s = { .l = l, .f = f };
	struct err second = { 0 };
	int rc;

	queue_init(&s.flying);
	queue_init(&s.again);
	queue_init(&s.settled);
	s.multi = imap_has(l->d.im, IMAP_CAP_MULTIAPPEND);
	rc = send_all(&s, err);
	/* what was answered before the session ended counts */
	while (rc < 0 && !imap_alive(l->d.im) && s.flying.head != NULL &&
	    imap_is_done(l->d.im, s.flying.head->tag))
		if (collect(&s, &second) < 0)
			break;
	if (rc < 0 && err->scope == SCOPE_STORE && !imap_alive(l->d.im))
		note_death(&s);
	if (err->scope != SCOPE_RUN || err->status == EX_TEMPFAIL || rc == 0) {
		if (commit(&s, NULL, &second) < 0) {
			*err = second;
			rc = -1;
		}
	}
	queue_free(&s.flying);
	queue_free(&s.again);
	queue_free(&s.settled);
	return rc;
}
