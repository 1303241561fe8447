/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bytes of messages, as fast as they come: batches in flight over several
 * sessions, so that the answers wait in the kernel while one is hashed.
 *
 * Where size and hash are expected to be the spool's, only that hash is made.
 * Else, and for a message that disappoints, a likeness is (load/likeness.h).
 */
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "load/verify/read_impl.h"

#define WORTH_MSGS	  1000 /* left to read, for one more session */
#define WORTH_BYTES	  ((uint64_t)32 << 20)
#define DEATHS_MAX	  3    /* sessions that one message may cost */
#define WORTH_MS	  5000 /* left to wait, likewise */
#define NEAR_US		  2000
#define ANOTHER_TIMEOUT_S 10

/* ------------------------------------------------------------- sessions */

static struct session *
add_session(struct verify_reader *r)
{
	struct session *s = mem_alloc(1, sizeof(*s));

	s->r = r;
	s->raw = digest_new();
	r->s[r->n++] = s;
	return s;
}

static void
free_session(struct session *s, bool close)
{
	if (close)
		imap_close(&s->im);
	digest_free(&s->raw);
	like_free(&s->like);
	free(s);
}

static int
open_folder(struct session *s, struct err *err)
{
	const struct verify_place *p = s->r->p;

	if (s->open)
		return 0;
	if (imap_select(s->im, slice_str(p->name), true, err) < 0)
		return -1;
	if (imap_selected(s->im)->uidvalidity != p->uidvalidity) {
		s->r->v->renumbered = true;
		return err_set(err, SCOPE_FOLDER, EX_TEMPFAIL,
		    "the server has numbered its messages anew (UIDVALIDITY) "
		    "while they were verified");
	}
	s->open = true;
	return 0;
}

/* A server that is near has its answers ready before they are wanted: there,
 * many sessions only take the processor from one another. */
static unsigned
most(const struct verify_reader *r)
{
	bool near = imap_rtt_us(r->s[0]->im) < NEAR_US;

	return near && r->v->o->connections == 0 && r->max > 2 ? 2 : r->max;
}

/* A session costs a login, and often the server a look at all of the folder:
 * is there more to wait for, as fast as it goes?  Who named a number wants
 * it. */
static bool
is_slow(const struct verify_reader *r)
{
	uint64_t ms = (uint64_t)(clock_ms() - r->began_ms);

	return r->v->o->connections > 0 ||
	    (r->taken > 0 && ms * r->left_msgs / r->taken > WORTH_MS);
}

/* One more, if there is work for it and the server lets us. */
static void
open_another(struct verify_reader *r)
{
	struct account *a = r->v->o->account;
	uint64_t timeout_s = a->timeout_s;
	struct err err = { 0 };
	struct session *s;
	int rc;

	if (r->n >= most(r) || r->deaths > 0 ||
	    (r->left_msgs < WORTH_MSGS * r->n &&
		r->left_bytes < WORTH_BYTES * r->n) ||
	    !is_slow(r))
		return;
	s = add_session(r);
	if (timeout_s == 0 || timeout_s > ANOTHER_TIMEOUT_S)
		a->timeout_s = ANOTHER_TIMEOUT_S;
	rc = account_open(&s->im, a, &err);
	a->timeout_s = timeout_s;
	if (rc == 0 && open_folder(s, &err) == 0)
		return;
	imap_abort(&s->im);
	free_session(s, false);
	r->max = --r->n;
	log_info("going on with %u connection%s: %s", r->n,
	    r->n == 1 ? "" : "s", err.text);
}

/* Which message was the server at? */
static uint32_t
was_at(const struct session *s)
{
	const struct flight *f = &s->ring[s->first];
	unsigned i;

	for (i = 0; s->n > 0 && !f->probe && i < f->n; i++)
		if (f->w[i].uid != 0)
			return f->w[i].uid;
	return 0;
}

static int
leave_suspect(struct verify_reader *r, struct err *err)
{
	size_t i;

	for (i = 0; i < r->n_again; i++) {
		if (r->again[i].uid != r->suspect)
			continue;
		r->again[i] = r->again[--r->n_again];
		return ask_give_up(r, r->suspect,
		    "the connection is lost whenever it is asked for", err);
	}
	return 0;
}

static void
drop_session(struct verify_reader *r, struct session *s)
{
	unsigned i, kept = 0;

	for (i = 0; i < r->n; i++)
		if (r->s[i] != s)
			r->s[kept++] = r->s[i];
	r->max = r->n = kept;
	free_session(s, false);
}

/* A session is over, '*err' says how.  0 the work goes on; -1. */
static int
lost(struct verify_reader *r, unsigned at, struct err *err)
{
	struct session *s = r->s[at];
	uint32_t uid = was_at(s);

	if (r->straight != NULL)
		return -1;
	ask_forget(s);
	s->open = false;
	if (err->scope > SCOPE_STORE)
		return -1;
	if (uid != 0) {
		r->deaths = uid == r->suspect ? r->deaths + 1 : 1;
		r->suspect = uid;
	}
	if (s != r->s[0]) {
		log_info("%s; going on with fewer connections", err->text);
		imap_abort(&s->im);
		drop_session(r, s);
	} else if (dest_reconnect(&r->v->l.d, err) < 0) {
		return -1;
	} else {
		s->im = r->v->l.d.im;
	}
	return r->deaths >= DEATHS_MAX ? leave_suspect(r, err) : 0;
}

/* ----------------------------------------------------------------- loop */

/* Go as far as it goes with what is here.  1 something was, 0, -1. */
static int
run_session(struct session *s, struct err *err)
{
	enum { TURN = 64 };
	const struct verify_reader *r = s->r;
	int i, rc = 0, did = 0;

	if (!s->open && r->at_end && r->n_again == 0)
		return 0;
	if (open_folder(s, err) < 0 || ask_top_up(s, err) < 0)
		return -1;
	for (i = 0; i < TURN && s->n > 0; i++) {
		rc = imap_step(s->im, err);
		if (rc < 0)
			return -1;
		while (s->n > 0 &&
		    imap_has_answered(s->im, s->ring[s->first].tag)) {
			did = 1;
			if (ask_collect(s, err) < 0)
				return -1;
		}
		if (rc == 0)
			break;
		did = 1;
	}
	return did;
}

/* What ends the reading of this folder, and what only a session? */
static int
failed(struct verify_reader *r, unsigned at, struct err *err)
{
	if (err->scope == SCOPE_FOLDER && at == 0 && imap_alive(r->s[0]->im))
		return -1;
	if (err->scope < SCOPE_STORE)
		err->scope = SCOPE_STORE;
	return lost(r, at, err);
}

static int
wait_any(struct verify_reader *r, struct err *err)
{
	struct imap *im[READ_SESSIONS];
	unsigned of[READ_SESSIONS], i;
	size_t n = 0, which = 0;

	for (i = 0; i < r->n; i++) {
		if (r->s[i]->n == 0)
			continue;
		of[n] = i;
		im[n++] = r->s[i]->im;
	}
	if (n == 0)
		return 0;
	if (imap_wait_any(im, n, &which, err) < 0)
		return lost(r, of[which], err) < 0 ? -1 : 1;
	return 1;
}

int
read_all(struct verify_reader *r, struct err *err)
{
	unsigned i;
	int rc, did;

	for (;;) {
		did = 0;
		for (i = 0; i < r->n; i++) {
			rc = run_session(r->s[i], err);
			if (rc < 0 && failed(r, i, err) < 0)
				return -1;
			did |= rc != 0;
		}
		if (did) {
			open_another(r);
			continue;
		}
		rc = wait_any(r, err);
		if (rc < 0)
			return -1;
		if (rc == 0 && r->n_again == 0 && r->at_end)
			return 0;
	}
}

static int
count_left(struct verify_reader *r, struct err *err)
{
	int64_t msgs, bytes;

	if (ledger_number(r->v->l.ledger, &msgs, err,
		"SELECT count(*) FROM temp.there WHERE folder=? AND fetch=1",
		"i", r->p->tag) < 0 ||
	    ledger_number(r->v->l.ledger, &bytes, err,
		"SELECT sum(size) FROM temp.there WHERE folder=? AND fetch=1",
		"i", r->p->tag) < 0)
		return -1;
	r->left_msgs = (uint64_t)msgs;
	r->left_bytes = (uint64_t)bytes;
	return 0;
}

/* What is still in flight must not be taken for the next folder's. */
static void
drop_all(struct verify_reader *r)
{
	if (r->s[0]->n > 0)
		imap_abort(&r->v->l.d.im);
	r->s[0]->n = 0;
	while (r->n > 1) {
		imap_abort(&r->s[--r->n]->im);
		free_session(r->s[r->n], false);
	}
}

static struct verify_reader *
reader_of(struct verify *v)
{
	struct verify_reader *r = v->reader;

	if (r == NULL) {
		r = v->reader = mem_alloc(1, sizeof(*r));
		r->v = v;
		r->max =
		    v->o->connections == 0 ? READ_SESSIONS : v->o->connections;
		if (r->max > READ_SESSIONS)
			r->max = READ_SESSIONS;
		add_session(r);
	}
	return r;
}

struct verify_reader *
read_begin(struct verify *v, const struct verify_place *p)
{
	struct verify_reader *r = reader_of(v);
	unsigned i;

	r->p = p;
	r->last = 0;
	r->at_end = false;
	r->n_again = 0;
	r->disappointed = p->disappointed;
	r->suspect = 0;
	r->deaths = 0;
	r->window = READ_BATCHES;
	r->straight = NULL;
	r->sound = 0;
	r->taken = 0;
	r->began_ms = clock_ms();
	r->s[0]->im = v->l.d.im;
	for (i = 0; i < r->n; i++)
		r->s[i]->open = i == 0;
	return r;
}

void
read_took(struct verify_reader *r, uint64_t bytes)
{
	r->taken++;
	r->left_msgs -= r->left_msgs > 0;
	r->left_bytes -= r->left_bytes < bytes ? r->left_bytes : bytes;
}

int
read_leave(struct verify_reader *r, struct err *err)
{
	struct session *s;
	unsigned i, k;
	int rc = 0;

	for (i = 0; i < r->n; i++) {
		s = r->s[i];
		for (k = 0; k < s->n && rc == 0; k++)
			rc = straight_leave(r,
			    &s->ring[(s->first + k) % READ_BATCHES], err);
	}
	drop_all(r);
	return rc;
}

int
verify_read(struct verify *v, const struct verify_place *p, struct err *err)
{
	struct verify_reader *r = read_begin(v, p);
	struct err ignored = { 0 };
	int rc;

	if (count_left(r, err) < 0)
		return -1;
	if (r->left_msgs == 0)
		return 0;
	report_doing(v->l.report, v->o->deep ? "reading messages" : NULL);
	/* one transaction; it locks nothing but our own tables */
	if (ledger_do(v->l.ledger, err, "SAVEPOINT reading", "") < 0)
		return -1;
	rc = read_all(r, err);
	if (ledger_do(v->l.ledger, rc < 0 ? &ignored : err, "RELEASE reading",
		"") < 0)
		rc = -1;
	if (rc < 0)
		drop_all(r);
	report_doing(v->l.report, NULL);
	return rc;
}

void
verify_read_end(struct verify *v)
{
	struct verify_reader *r = v->reader;
	unsigned i;

	if (r == NULL)
		return;
	for (i = 0; i < r->n; i++)
		free_session(r->s[i], i > 0);
	free(r->again);
	buf_free(&r->packed);
	buf_free(&r->words);
	free(r);
	v->reader = NULL;
}
