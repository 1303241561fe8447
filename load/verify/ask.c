/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asking for the bytes of messages, and taking them; see read.c. */
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "load/verify/read_impl.h"

#define TRIES_MAX    4 /* NOs to a message that promise a change */
#define THROTTLED_MS 5000

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
int
ask_give_up(struct verify_reader *r, uint32_t uid, const char *why,
    struct err *err)
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
		f = &s->ring[(s->first + i) % READ_BATCHES];
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
		if (s->liking)
			like_begin(&s->like);
		else
			digest_reset(s->raw);
	}
	if (s->liking)
		like_add(&s->like, p, n);
	else
		digest_add(s->raw, p, n);
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
	if (r->straight != NULL) {
		if (s->liking)
			like_end(&s->like);
		else
			digest_end(s->raw, sha256);
		return straight_take(r, &is, f,
		    s->liking ? s->like.sha256 : sha256, err);
	}
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
	if (r->straight != NULL)
		return straight_next(r, f, max, err);
	if (ledger_query(r->v->l.ledger, &q, err,
		"SELECT t.uid, t.size, w.size, w.sha256, EXISTS(SELECT 1 FROM "
		"temp.unsound x WHERE x.uid=t.uid AND x.bytes=1) FROM "
		"temp.there "
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
		    ledger_int(q, 4) != 0 || r->disappointed > DISAPPOINTED_MAX;
		r->last = w->uid;
		read_took(r, (uint64_t)ledger_int(q, 1));
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
	unsigned max = careful ? 1 : READ_BATCH;

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
	    s->r->straight != NULL
		? "(UID RFC822.SIZE INTERNALDATE FLAGS BODY.PEEK[])"
		: "(UID BODY.PEEK[])",
	    &sink, &f->tag, err);
	imap_set_free(&set);
	return rc;
}

int
ask_top_up(struct session *s, struct err *err)
{
	bool sent = false;

	while (s->n < s->r->window) {
		struct flight *f = &s->ring[(s->first + s->n) % READ_BATCHES];

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
		struct flight *f = &s->ring[(s->first + i) % READ_BATCHES];

		if (f->probe && f->w[0].uid == uid)
			f->probe_found = true;
	}
	return 0;
}

/* It was asked for alone, and did not come: is it there at all? */
static int
send_probe(struct session *s, struct wanted w, struct err *err)
{
	struct flight *f = &s->ring[(s->first + s->n) % READ_BATCHES];
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
		return ask_give_up(r, w.uid,
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
	return ask_give_up(r, w.uid, why.text, err);
}

/* The oldest command is answered. */
int
ask_collect(struct session *s, struct err *err)
{
	struct verify_reader *r = s->r;
	struct flight *f = &s->ring[s->first];
	struct imap_result res;
	unsigned i;

	if (imap_wait(s->im, f->tag, &res, err) < 0)
		return -1;
	s->first = (s->first + 1) % READ_BATCHES;
	s->n--;
	if (r->straight != NULL) {
		r->at_end = r->at_end || res.status != IMAP_OK;
		return straight_leave(r, f, err);
	}
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

void
ask_forget(struct session *s)
{
	for (; s->n > 0; s->n--) {
		put_back(s->r, &s->ring[s->first]);
		s->first = (s->first + 1) % READ_BATCHES;
	}
	s->coming = false;
}
