/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What became of messages whose outcome nobody knows: a run was killed or a
 * connection cut between an APPEND and its OK.  They are looked for among
 * the UIDs that cannot be anything else: those from the UIDNEXT on that was
 * noted with the intent, and that no delivery is bound to.
 *
 * A server may still be at work on what it got.  So a message counts as not
 * kept only when UIDNEXT has stood still for a while; and what was sent again
 * is looked for once more at the end of the run.
 *
 * When it is not there, but messages with such UIDs have been there and are
 * gone, nobody can tell: it is sent again, and said to be there maybe twice.
 */
#include <stdlib.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/step.h"
#include "core/text.h"
#include "load/load_impl.h"
#include "load/match.h"
#include "load/there.h"

#define STILL_ROUNDS  30
#define BYTES_A_ROUND ((uint64_t)16 << 20) /* a server files so much a look */

/* A folder with intents. */
struct place {
	int64_t id;
	uint32_t uidnext; /* as we saw it; 0: the folder is gone */
	int64_t left;	  /* intents not found */
	uint64_t bytes;	  /* of them */
	bool gaps;	  /* messages have been there and are gone */
	bool blind;	  /* the server would not let us look */
	bool busy;	  /* ... just then */
};

static struct load_folder *
folder_of(struct load *l, int64_t id)
{
	size_t i;

	for (i = 0; i < l->nfolders; i++)
		if (l->folders[i].id == id)
			return &l->folders[i];
	return NULL;
}

/* It was sent in this run, and has arrived. */
static void
count_loaded(struct load *l, int64_t spool_folder, uint64_t size)
{
	struct load_folder *f = folder_of(l, spool_folder);

	if (f == NULL)
		return;
	f->loaded++;
	report_fate(l->report, f->path, FATE_LOADED, size);
}

int
resolve_apply(struct load *l, int64_t folder, struct err *err)
{
	struct ledger_rows *q;
	int rc;

	if (ledger_query(l->ledger, &q, err,
		"SELECT w.key, p.uid, d.state, d.run, m.folder, m.size FROM "
		"temp.pair p CROSS JOIN temp.want w ON w.id=p.id CROSS JOIN "
		"message m ON "
		"m.id=w.id LEFT JOIN delivery d ON d.destination=? AND "
		"d.key=w.key WHERE p.folder=?",
		"ii", l->d.id, folder) < 0)
		return -1;
	while ((rc = ledger_step(q, err)) == 1) {
		bool ours = l->run != 0 && ledger_int(q, 3) == l->run &&
		    ledger_int(q, 2) == DELIVERY_INTENDED;
		int64_t in = ledger_int(q, 4), size = ledger_int(q, 5);

		if (delivery_done(l->ledger, l->d.id, ledger_text(q, 0), folder,
			(uint32_t)ledger_int(q, 1), NULL, err) < 0) {
			rc = -1;
			break;
		}
		if (ours)
			count_loaded(l, in, (uint64_t)size);
	}
	ledger_end(&q);
	return rc;
}

/* Match what is wanted against the selected folder from 'lo' on. */
static int
look(struct load *l, struct place *p, uint32_t lo, uint32_t uidnext,
    struct err *err)
{
	int64_t there;

	if (there_fetch(&l->d, p->id, lo, THERE_MESSAGE_ID, err) < 0 ||
	    ledger_number(l->ledger, &there, err,
		"SELECT count(*) FROM temp.there", "") < 0 ||
	    match_drop_bound(&l->d, p->id, err) < 0 ||
	    match_run(&l->d, p->id,
		MATCH_OURS | (l->d.rewrites ? MATCH_WEAK : 0), err) < 0)
		return -1;
	p->gaps = uidnext > lo && there < (int64_t)uidnext - (int64_t)lo;
	step("load.resolved");
	if (load_begin(l, err) < 0 || resolve_apply(l, p->id, err) < 0)
		return -1;
	return ledger_commit(l->ledger, err);
}

static int
count_left(struct load *l, struct place *p, struct err *err)
{
	int64_t bytes;

	if (ledger_number(l->ledger, &p->left, err,
		"SELECT count(*) FROM delivery WHERE destination=? AND "
		"folder=? AND state=1",
		"ii", l->d.id, p->id) < 0 ||
	    ledger_number(l->ledger, &bytes, err,
		"SELECT total(m.size) FROM delivery d CROSS JOIN message m ON "
		"m.key=d.key WHERE d.destination=? AND d.folder=? AND "
		"d.state=1",
		"ii", l->d.id, p->id) < 0)
		return -1;
	p->bytes = (uint64_t)bytes;
	return 0;
}

/* The folder cannot be opened.  One that is not there has nothing of ours;
 * of any other nothing is known, so nothing is decided. */
static int
shut_out(struct load *l, struct place *p, struct err *err)
{
	enum imap_trouble why = imap_last(l->d.im)->trouble;

	log_warn("%s", err->text);
	err_clear(err);
	p->gaps = true;
	p->blind = why != IMAP_TRYCREATE;
	p->busy = why == IMAP_UNAVAILABLE || why == IMAP_THROTTLED;
	return count_left(l, p, err);
}

/* UIDs that were told and that the folder has not come to yet: they were told
 * wrong, and what was noted after them, too. */
static int
distrust(struct load *l, const struct place *p, uint32_t uidnext,
    struct err *err)
{
	log_warn("the server has told UIDs that it does not have: looking "
		 "for these messages by what they are");
	step("load.distrust");
	if (load_begin(l, err) < 0 ||
	    ledger_do(l->ledger, err,
		"UPDATE delivery SET uid=NULL WHERE destination=? AND "
		"folder=? AND state=2 AND uid>=?",
		"iii", l->d.id, p->id, (int64_t)uidnext) < 0)
		return -1;
	return ledger_commit(l->ledger, err);
}

static int
look_in(struct load *l, struct place *p, struct err *err)
{
	struct delivery_folder f;
	struct arena a = { 0 };
	int64_t row = p->id - 1, lo;
	uint32_t uidnext;
	bool renumbered, lied;
	int rc;

	p->uidnext = 0;
	p->gaps = p->blind = p->busy = false;
	rc = delivery_folder_next(l->ledger, l->d.id, &row, &f, &a, err);
	if (rc == 1)
		rc = imap_select(l->d.im, slice_str(f.name), true, err);
	if (rc < 0 && err->scope == SCOPE_FOLDER && imap_alive(l->d.im))
		rc = shut_out(l, p, err);
	if (rc < 0 || p->blind || imap_selected(l->d.im) == NULL)
		goto out;
	uidnext = imap_selected(l->d.im)->uidnext;
	renumbered = imap_selected(l->d.im)->uidvalidity != f.uidvalidity;
	lied = !renumbered && uidnext != 0 && f.top >= uidnext;
	rc = lied ? distrust(l, p, uidnext, err) : 0;
	if (rc == 0)
		rc = ledger_number(l->ledger, &lo, err,
		    "SELECT min(uidnext) FROM delivery WHERE destination=? AND "
		    "folder=? AND (state=1 OR (? AND state=2 AND uid IS "
		    "NULL))",
		    "iii", l->d.id, p->id, (int64_t)lied);
	if (renumbered)
		lo = 1; /* the numbers have changed their meaning */
	if (rc == 0 && (uidnext == 0 || lo < (int64_t)uidnext)) {
		rc = there_begin(l->ledger, err);
		if (rc == 0 && match_want_intents(&l->d, p->id, err) < 0)
			rc = -1;
		if (rc == 0)
			rc = look(l, p, (uint32_t)lo, uidnext, err);
		if (renumbered)
			p->gaps = true;
	}
	p->uidnext = uidnext;
	if (rc == 0)
		rc = count_left(l, p, err);
out:
	arena_free(&a);
	return rc;
}

/* 'folder' 0: all of them. */
static int
find_places(struct load *l, int64_t folder, struct place **p_r, size_t *n_r,
    struct err *err)
{
	struct ledger_rows *q;
	struct place *p = NULL;
	size_t n = 0;
	int rc;

	if (ledger_query(l->ledger, &q, err,
		"SELECT DISTINCT folder FROM delivery WHERE destination=?1 AND "
		"state=1 AND state<>2" /* by the index delivery_by_state */
		" AND (?2=0 OR folder=?2)",
		"ii", l->d.id, folder) < 0)
		return -1;
	while ((rc = ledger_step(q, err)) == 1) {
		p = mem_grow(p, n + 1, sizeof(*p));
		p[n++] = (struct place){ .id = ledger_int(q, 0) };
	}
	ledger_end(&q);
	*p_r = p;
	*n_r = n;
	return rc;
}

/* Not there: it goes on its way again. */
static int
give_up(struct load *l, const struct place *p, struct err *err)
{
	char many[80];

	if (p->left == 0 || p->blind)
		return 0; /* what is still in doubt stays so */
	step("load.unsend");
	if (load_begin(l, err) < 0 ||
	    ledger_do(l->ledger, err,
		"CREATE TEMP TABLE IF NOT EXISTS resent(folder INTEGER, "
		"key TEXT, uidnext INTEGER, PRIMARY KEY(folder, key)) "
		"WITHOUT ROWID",
		"") < 0 ||
	    ledger_do(l->ledger, err,
		"INSERT OR IGNORE INTO temp.resent SELECT folder, key, "
		"uidnext FROM delivery WHERE destination=? AND folder=? AND "
		"state=1",
		"ii", l->d.id, p->id) < 0 ||
	    ledger_do(l->ledger, err,
		"UPDATE delivery SET state=0, uid=NULL, "
		"maybe_twice=max(maybe_twice, ?) WHERE destination=? AND "
		"folder=? AND state=1",
		"iii", (int64_t)p->gaps, l->d.id, p->id) < 0)
		return -1;
	l->resent = true;
	if (p->gaps) {
		report_add(l->report, "maybe_twice", (uint64_t)p->left);
		log_warn("%s there twice: it cannot be told what the server "
			 "kept when the connection was lost, since messages "
			 "have been moved or deleted there since",
		    text_number(many, (uint64_t)p->left, "message may be",
			"messages may be"));
	}
	return ledger_commit(l->ledger, err);
}

struct resolving {
	struct place *p;
	size_t n;
	uint64_t bytes; /* of what is in doubt */
	int round, quiet, need;
};

int
resolve_begin(struct load *l, int64_t folder, struct resolving **r_r,
    struct err *err)
{
	struct resolving *r = mem_alloc(1, sizeof(*r));

	r->need = 1;
	*r_r = r;
	if (find_places(l, folder, &r->p, &r->n, err) < 0) {
		resolve_end(r_r);
		return -1;
	}
	l->doubts = l->doubts || r->n > 0;
	return 0;
}

void
resolve_end(struct resolving **r)
{
	if (*r == NULL)
		return;
	free((*r)->p);
	free(*r);
	*r = NULL;
}

int
resolve_round(struct load *l, struct resolving *r, struct err *err)
{
	bool moved = r->round == 0;
	int64_t left = 0;
	size_t i;

	for (i = 0; i < r->n; i++) {
		uint32_t before = r->p[i].uidnext;

		if (r->round > 0 && r->p[i].left == 0)
			continue;
		if (look_in(l, &r->p[i], err) < 0)
			return -1;
		if (r->p[i].uidnext != before || r->p[i].busy)
			moved = true;
		left += r->p[i].left;
		if (r->round == 0)
			r->bytes += r->p[i].bytes;
	}
	if (r->round == 0)
		r->need += (int)(r->bytes / BYTES_A_ROUND);
	r->quiet = moved ? 0 : r->quiet + 1;
	if (left > 0 && r->quiet < r->need && ++r->round < STILL_ROUNDS)
		return 0;
	for (i = 0; i < r->n; i++)
		if (give_up(l, &r->p[i], err) < 0)
			return -1;
	return 1;
}

int
resolve_intents(struct load *l, struct err *err)
{
	struct resolving *r;
	int rc;

	if (resolve_begin(l, 0, &r, err) < 0)
		return -1;
	for (;;) {
		report_doing(l->report, "looking for messages in doubt");
		rc = resolve_round(l, r, err);
		if (rc != 0)
			break;
		rc = dest_wait(&l->d, RESOLVE_STILL_MS,
		    "the server may still be busy", err);
		if (rc < 0)
			break;
	}
	report_doing(l->report, NULL);
	resolve_end(&r);
	return rc < 0 ? -1 : 0;
}

int
resolve_uids(struct load *l, struct load_folder *f, struct err *err)
{
	struct place p = { .id = f->there };
	uint32_t uidnext;
	int64_t n, lo;

	if (ledger_number(l->ledger, &n, err,
		"SELECT count(*) FROM delivery WHERE destination=? AND "
		"folder=? AND state=2 AND uid IS NULL AND run=?",
		"iii", l->d.id, f->there, l->run) < 0)
		return -1;
	if (n == 0)
		return 0;
	if (ledger_number(l->ledger, &lo, err,
		"SELECT min(uidnext) FROM delivery WHERE destination=? AND "
		"folder=? AND state=2 AND uid IS NULL",
		"ii", l->d.id, f->there) < 0 ||
	    imap_select(l->d.im, slice_str(f->name), true, err) < 0)
		return -1;
	uidnext = imap_selected(l->d.im)->uidnext;
	if (imap_selected(l->d.im)->uidvalidity != f->uidvalidity)
		return 0; /* the next run will see to it */
	if (there_begin(l->ledger, err) < 0 ||
	    match_want_intents(&l->d, f->there, err) < 0)
		return -1;
	return look(l, &p, (uint32_t)lo, uidnext, err);
}

/* ---------------------------------------------------- sent again: twice? */

static int
tell_twice(struct load *l, int64_t folder, struct err *err)
{
	struct ledger_rows *q;
	struct spool_entry e;
	struct err what = { 0 };
	int rc, have;

	if (ledger_query(l->ledger, &q, err,
		"SELECT w.key, p.uid FROM temp.pair p CROSS JOIN temp.want w "
		"ON "
		"w.id=p.id WHERE p.folder=?",
		"i", folder) < 0)
		return -1;
	while ((rc = ledger_step(q, err)) == 1) {
		have = spool_find(l->spool, ledger_text(q, 0), &e, err);
		if (have < 0 ||
		    delivery_maybe_twice(l->ledger, l->d.id, ledger_text(q, 0),
			err) < 0) {
			rc = -1;
			break;
		}
		err_set(&what, SCOPE_MSG, EX_TEMPFAIL,
		    "there twice: the server kept it after the connection "
		    "was lost, and it had been sent again by then (the other "
		    "copy is UID %lld)",
		    (long long)ledger_int(q, 1));
		err_hint(&what, "delete one of the two by hand");
		report_add(l->report, "maybe_twice", 1);
		if (have == 1)
			report_problem(l->report,
			    &(struct problem){ .folder = e.msg.folder,
				.source = e.msg.source,
				.size = e.msg.size,
				.err = &what,
				.warning = true });
	}
	ledger_end(&q);
	return rc;
}

static int
look_twice(struct load *l, int64_t folder, int64_t lo, struct err *err)
{
	struct delivery_folder f;
	struct arena a = { 0 };
	int64_t row = folder - 1;
	int rc;

	rc = delivery_folder_next(l->ledger, l->d.id, &row, &f, &a, err);
	if (rc == 1)
		rc = imap_select(l->d.im, slice_str(f.name), true, err);
	arena_free(&a);
	if (rc < 0)
		return err->scope == SCOPE_FOLDER ? 0 : -1;
	if (there_begin(l->ledger, err) < 0 ||
	    there_fetch(&l->d, folder, (uint32_t)lo, THERE_MESSAGE_ID, err) <
		0 ||
	    match_drop_bound(&l->d, folder, err) < 0 ||
	    ledger_do(l->ledger, err,
		"INSERT OR IGNORE INTO temp.want(id, key, size, received, "
		"message_id, sha256) SELECT m.id, m.key, m.size, m.received, "
		"m.message_id, m.sha256 FROM temp.resent r CROSS JOIN message "
		"m ON "
		"m.key=r.key WHERE r.folder=?",
		"i", folder) < 0 ||
	    match_run(&l->d, folder, MATCH_OURS, err) < 0 ||
	    load_begin(l, err) < 0 || tell_twice(l, folder, err) < 0)
		return -1;
	return ledger_commit(l->ledger, err);
}

int
resolve_twice(struct load *l, struct err *err)
{
	struct ledger_rows *q;
	int64_t *v = NULL;
	size_t n = 0, i;
	int rc;

	if (!l->resent)
		return 0;
	if (ledger_query(l->ledger, &q, err,
		"SELECT folder, min(uidnext) FROM temp.resent GROUP BY folder",
		"") < 0)
		return -1;
	while ((rc = ledger_step(q, err)) == 1) {
		v = mem_grow(v, n + 2, sizeof(*v));
		v[n++] = ledger_int(q, 0);
		v[n++] = ledger_int(q, 1);
	}
	ledger_end(&q);
	for (i = 0; rc == 0 && i < n; i += 2)
		rc = look_twice(l, v[i], v[i + 1], err);
	free(v);
	return rc;
}
