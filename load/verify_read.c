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

#include "core/log.h"
#include "core/mem.h"
#include "load/verify_impl.h"

#define BATCH		  100 /* messages a command */
#define BATCHES		  10  /* commands in flight, a session */
#define SESSIONS	  4
#define WORTH_MSGS	  1000 /* left to read, for one more session */
#define WORTH_BYTES	  ((uint64_t)32 << 20)
#define DEATHS_MAX	  3   /* sessions that one message may cost */
#define TRIES_MAX	  4   /* NOs to a message that promise a change */
#define DISAPPOINTED_MAX  200 /* from then on, likenesses at once */
#define ANOTHER_TIMEOUT_S 10
#define THROTTLED_MS	  5000

struct wanted {
	uint32_t uid;
	uint8_t tries;
	bool like, alone, has_sha256;
	uint8_t sha256[DIGEST_BYTES];
};

/* One command in flight. */
struct flight {
	uint32_t tag;
	unsigned n;
	bool alone, probe; /* probe: UID SEARCH, is it there at all? */
	bool probe_found;
	struct wanted w[BATCH]; /* uid 0: it came */
};

struct session {
	struct verify_reader *r;
	struct imap *im;
	bool open; /* the folder is selected */
	struct flight ring[BATCHES];
	unsigned first, n;
	/* the message that is coming in */
	bool coming, liking;
	struct digest *raw;
	uint64_t size;
	struct likeness like;
};

struct verify_reader {
	struct verify *v;
	struct session *s[SESSIONS];
	unsigned n, max;
	/* of this folder */
	const struct verify_place *p;
	uint32_t last; /* UID that was asked for last */
	bool at_end;
	struct wanted *again;
	size_t n_again, cap_again;
	uint64_t disappointed, left_msgs, left_bytes;
	uint32_t suspect; /* sessions die of it */
	unsigned deaths;
	struct buf packed;
};

/* ------------------------------------------------------------- results */

/* It came to something. */
static void
progress(struct verify_reader *r, uint32_t uid)
{
	if (uid == r->suspect)
		progress(r, uid);
}

static int
keep(struct verify_reader *r, uint32_t uid, const uint8_t *sha256,
    struct slice likeness, struct err *err)
{
	progress(r, uid);
	return ledger_do(r->v->l.ledger, err,
		   "UPDATE temp.there SET fetch=2, sha256=?, likeness=? WHERE "
		   "folder=? AND uid=?",
		   "bbii", slice_of(sha256, DIGEST_BYTES), likeness, r->p->tag,
		   (int64_t)uid) < 0
	    ? -1
	    : 0;
}

/* The server does not give it. */
static int
give_up(struct verify_reader *r, uint32_t uid, const char *why, struct err *err)
{
	progress(r, uid);
	if (ledger_do(r->v->l.ledger, err,
		"INSERT OR REPLACE INTO temp.ungiven VALUES(?, ?, ?)", "iit",
		r->p->tag, (int64_t)uid, why) < 0)
		return -1;
	return ledger_do(r->v->l.ledger, err,
		   "UPDATE temp.there SET fetch=0 WHERE folder=? AND uid=?",
		   "ii", r->p->tag, (int64_t)uid) < 0
	    ? -1
	    : 0;
}

/* It was expunged while we looked: then it is not there. */
static int
forget(struct verify_reader *r, uint32_t uid, struct err *err)
{
	if (ledger_do(r->v->l.ledger, err,
		"DELETE FROM temp.pair WHERE folder=? AND uid=?", "ii",
		r->p->tag, (int64_t)uid) < 0)
		return -1;
	return ledger_do(r->v->l.ledger, err,
		   "DELETE FROM temp.there WHERE folder=? AND uid=?", "ii",
		   r->p->tag, (int64_t)uid) < 0
	    ? -1
	    : 0;
}

static void
ask_again(struct verify_reader *r, struct wanted w)
{
	if (r->n_again == r->cap_again) {
		r->cap_again = r->cap_again == 0 ? 64 : 2 * r->cap_again;
		r->again = mem_grow(r->again, r->cap_again, sizeof(*r->again));
	}
	r->again[r->n_again++] = w;
}

/* ------------------------------------------------------ what is coming in */

static struct wanted *
wanted_of(struct session *s, uint32_t uid)
{
	struct flight *f;
	unsigned i, k;

	for (i = 0; i < s->n && uid != 0; i++) {
		f = &s->ring[(s->first + i) % BATCHES];
		if (f->probe)
			continue;
		for (k = 0; k < f->n; k++)
			if (f->w[k].uid == uid)
				return &f->w[k];
	}
	return NULL;
}

static int
take_body(void *arg, const struct imap_body *b, const void *p, size_t n,
    struct err *err)
{
	struct session *s = arg;
	const struct wanted *w;

	(void)err;
	if (b->section.n > 0)
		return 0;
	if (b->at == 0) {
		w = wanted_of(s, b->uid);
		s->coming = true;
		s->liking = w == NULL || w->like;
		s->size = 0;
		if (s->liking)
			like_begin(&s->like);
		else
			digest_reset(s->raw);
	}
	if (s->liking)
		like_add(&s->like, p, n);
	else
		digest_add(s->raw, p, n);
	s->size += n;
	report_moved(s->r->v->l.report, n);
	return 0;
}

static int
take_fetch(void *arg, const struct imap_fetch *f, struct err *err)
{
	struct session *s = arg;
	struct verify_reader *r = s->r;
	struct wanted *w = wanted_of(s, f->uid), is;
	uint8_t sha256[DIGEST_BYTES];
	bool coming = s->coming;

	s->coming = false;
	if (!f->has_body || f->body_is_nil || !coming || w == NULL)
		return 0;
	is = *w;
	w->uid = 0;
	if (s->liking) {
		like_end(&s->like);
		buf_clear(&r->packed);
		like_pack(&r->packed, &s->like);
		return keep(r, is.uid, s->like.sha256, buf_slice(&r->packed),
		    err);
	}
	digest_end(s->raw, sha256);
	if (!is.has_sha256 || memcmp(sha256, is.sha256, sizeof(sha256)) == 0)
		return keep(r, is.uid, sha256, slice_of(NULL, 0), err);
	/* other bytes than expected: in which way? */
	r->disappointed++;
	is.like = true;
	ask_again(r, is);
	return 0;
}

/* ------------------------------------------------------------- requests */

/* The next rows that are marked. */
static int
next_rows(struct verify_reader *r, struct flight *f, unsigned max,
    struct err *err)
{
	struct ledger_rows *q;
	struct wanted *w;
	struct slice sha;
	int rc = 0;

	if (r->at_end)
		return 0;
	if (ledger_query(r->v->l.ledger, &q, err,
		"SELECT t.uid, t.size, w.size, w.sha256, p.how FROM temp.there "
		"t LEFT JOIN temp.pair p ON p.folder=t.folder AND p.uid=t.uid "
		"LEFT JOIN temp.want w ON w.id=p.id WHERE t.folder=? AND "
		"t.fetch=1 AND t.uid>? ORDER BY t.uid",
		"ii", r->p->tag, (int64_t)r->last) < 0)
		return -1;
	while (f->n < max && (rc = ledger_step(q, err)) == 1) {
		w = &f->w[f->n++];
		*w = (struct wanted){ .uid = (uint32_t)ledger_int(q, 0) };
		sha = ledger_blob(q, 3);
		w->has_sha256 = sha.n == DIGEST_BYTES;
		if (w->has_sha256)
			memcpy(w->sha256, sha.p, DIGEST_BYTES);
		w->like = !w->has_sha256 ||
		    ledger_int(q, 1) != ledger_int(q, 2) ||
		    r->disappointed > DISAPPOINTED_MAX;
		r->last = w->uid;
		r->left_msgs -= r->left_msgs > 0;
		r->left_bytes -= r->left_bytes < (uint64_t)ledger_int(q, 1)
		    ? r->left_bytes
		    : (uint64_t)ledger_int(q, 1);
	}
	ledger_end(&q);
	if (rc == 0 && f->n < max)
		r->at_end = true;
	return rc < 0 ? -1 : 0;
}

static int
compare_wanted(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;

	return (x->uid > y->uid) - (x->uid < y->uid);
}

static void
suspect_first(struct verify_reader *r)
{
	size_t i;

	for (i = 0; i + 1 < r->n_again; i++) {
		struct wanted w = r->again[i];

		if (w.uid != r->suspect)
			continue;
		r->again[i] = r->again[r->n_again - 1];
		r->again[r->n_again - 1] = w;
	}
}

/* The next command; f->n 0: nothing is to be asked for. */
static int
next_flight(struct session *s, struct flight *f, struct err *err)
{
	struct verify_reader *r = s->r;
	bool careful = r->deaths > 0;
	unsigned max = careful ? 1 : BATCH;

	f->n = 0;
	f->alone = careful;
	f->probe = f->probe_found = false;
	if (careful && s->n > 0)
		return 0;
	if (careful)
		suspect_first(r);
	while (r->n_again > 0 && f->n < max) {
		struct wanted w = r->again[r->n_again - 1];

		if (w.alone && f->n > 0)
			break;
		f->w[f->n++] = w;
		r->n_again--;
		if (w.alone) {
			f->alone = true;
			break;
		}
	}
	if (f->n > 0) {
		qsort(f->w, f->n, sizeof(f->w[0]), compare_wanted);
		return 0;
	}
	return next_rows(r, f, max, err);
}

static int
send_flight(struct session *s, struct flight *f, struct err *err)
{
	struct imap_fetch_sink sink = { take_fetch, take_body, s };
	struct imap_set set = { 0 };
	unsigned i;
	int rc;

	for (i = 0; i < f->n; i++)
		imap_set_add(&set, f->w[i].uid);
	s->n++; /* also if it fails: it is asked for again then */
	rc = imap_uid_fetch_send(s->im, imap_set_text(&set),
	    "(UID BODY.PEEK[])", &sink, &f->tag, err);
	imap_set_free(&set);
	return rc;
}

static int
top_up(struct session *s, struct err *err)
{
	bool sent = false;

	while (s->n < BATCHES) {
		struct flight *f = &s->ring[(s->first + s->n) % BATCHES];

		if (next_flight(s, f, err) < 0)
			return -1;
		if (f->n == 0)
			break;
		if (send_flight(s, f, err) < 0)
			return -1;
		sent = true;
	}
	if (sent)
		imap_push(s->im);
	return 0;
}

/* -------------------------------------------------------------- answers */

static int
probe_uid(void *arg, uint32_t uid, struct err *err)
{
	struct session *s = arg;
	unsigned i;

	(void)err;
	for (i = 0; i < s->n; i++) {
		struct flight *f = &s->ring[(s->first + i) % BATCHES];

		if (f->probe && f->w[0].uid == uid)
			f->probe_found = true;
	}
	return 0;
}

/* It was asked for alone, and did not come: is it there at all? */
static int
send_probe(struct session *s, struct wanted w, struct err *err)
{
	struct flight *f = &s->ring[(s->first + s->n) % BATCHES];
	struct buf text = { 0 };
	int rc;

	f->n = 1;
	f->w[0] = w;
	f->alone = f->probe = true;
	f->probe_found = false;
	s->n++;
	buf_putf(&text, "UID %u", (unsigned)w.uid);
	rc = imap_uid_search_send(s->im, buf_str(&text), probe_uid, s, &f->tag,
	    err);
	buf_free(&text);
	imap_push(s->im);
	return rc;
}

static void
put_back(struct verify_reader *r, const struct flight *f)
{
	unsigned i;

	for (i = 0; i < f->n; i++)
		if (f->w[i].uid != 0)
			ask_again(r, f->w[i]);
}

static int
wait_for(struct verify_reader *r, const struct imap_result *res, uint64_t ms,
    struct err *err)
{
	return dest_wait(&r->v->l.d, res->backoff_ms > 0 ? res->backoff_ms : ms,
	    "the server asks for patience", err);
}

/* One that was asked for alone did not come. */
static int
not_given(struct session *s, struct flight *f, const struct imap_result *res,
    struct err *err)
{
	struct verify_reader *r = s->r;
	struct wanted w = f->w[0];
	struct err why = { 0 };

	if (f->probe && res->status == IMAP_OK && !f->probe_found)
		return forget(r, w.uid, err);
	if (f->probe)
		return give_up(r, w.uid,
		    "the server lists it, but does not give its bytes", err);
	if (res->status == IMAP_OK)
		return send_probe(s, w, err);
	imap_result_err(res, SCOPE_MSG, "FETCH", &why);
	if (why.retry && w.tries < TRIES_MAX) {
		if (wait_for(r, res, (uint64_t)1000 << w.tries, err) < 0)
			return -1;
		w.tries++;
		ask_again(r, w);
		return 0;
	}
	return give_up(r, w.uid, why.text, err);
}

/* The oldest command is answered. */
static int
collect(struct session *s, struct err *err)
{
	struct verify_reader *r = s->r;
	struct flight *f = &s->ring[s->first];
	struct imap_result res;
	unsigned i;

	if (imap_wait(s->im, f->tag, &res, err) < 0)
		return -1;
	s->first = (s->first + 1) % BATCHES;
	s->n--;
	if (res.status != IMAP_OK && res.trouble == IMAP_THROTTLED) {
		put_back(r, f);
		return wait_for(r, &res, THROTTLED_MS, err);
	}
	if (f->alone && f->n == 1)
		return f->w[0].uid == 0 ? 0 : not_given(s, f, &res, err);
	for (i = 0; i < f->n; i++) {
		f->w[i].alone = true;
		if (f->w[i].uid != 0)
			ask_again(r, f->w[i]);
	}
	return 0;
}

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

/* One more, if there is work for it and the server lets us. */
static void
open_another(struct verify_reader *r)
{
	struct account *a = r->v->o->account;
	uint64_t timeout_s = a->timeout_s;
	struct err err = { 0 };
	struct session *s;
	int rc;

	if (r->n >= r->max || r->deaths > 0 ||
	    (r->left_msgs < WORTH_MSGS * r->n &&
		r->left_bytes < WORTH_BYTES * r->n))
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
		return give_up(r, r->suspect,
		    "the connection is lost whenever it is asked for", err);
	}
	return 0;
}

/* A session is over, '*err' says how.  0 the work goes on; -1. */
static int
lost(struct verify_reader *r, unsigned at, struct err *err)
{
	struct session *s = r->s[at];
	uint32_t uid = was_at(s);

	for (; s->n > 0; s->n--) {
		put_back(r, &s->ring[s->first]);
		s->first = (s->first + 1) % BATCHES;
	}
	s->open = s->coming = false;
	if (err->scope > SCOPE_STORE)
		return -1;
	if (uid != 0) {
		r->deaths = uid == r->suspect ? r->deaths + 1 : 1;
		r->suspect = uid;
	}
	if (at > 0) {
		log_info("%s; going on with fewer connections", err->text);
		imap_abort(&s->im);
		free_session(s, false);
		r->s[at] = r->s[--r->n];
		r->max = r->n;
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
	int i, rc = 0, did = 0;

	if (open_folder(s, err) < 0 || top_up(s, err) < 0)
		return -1;
	for (i = 0; i < TURN && s->n > 0; i++) {
		rc = imap_step(s->im, err);
		if (rc < 0)
			return -1;
		while (s->n > 0 &&
		    imap_has_answered(s->im, s->ring[s->first].tag)) {
			did = 1;
			if (collect(s, err) < 0)
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
	struct imap *im[SESSIONS];
	unsigned of[SESSIONS], i;
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

static int
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
		r->max = v->o->connections == 0 ? SESSIONS : v->o->connections;
		if (r->max > SESSIONS)
			r->max = SESSIONS;
		add_session(r);
	}
	return r;
}

int
verify_read(struct verify *v, const struct verify_place *p, struct err *err)
{
	struct verify_reader *r = reader_of(v);
	struct err ignored = { 0 };
	unsigned i;
	int rc;

	r->p = p;
	r->last = 0;
	r->at_end = false;
	r->n_again = 0;
	r->disappointed = 0;
	r->suspect = 0;
	r->deaths = 0;
	if (count_left(r, err) < 0)
		return -1;
	if (r->left_msgs == 0)
		return 0;
	r->s[0]->im = v->l.d.im;
	for (i = 0; i < r->n; i++)
		r->s[i]->open = i == 0;
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
	free(r);
	v->reader = NULL;
}
