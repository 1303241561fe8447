/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The verification of a destination, folder by folder; see verify.h, and
 * verify_impl.h for who does what.
 */
#include "load/delta.h"
#include "load/verify/verify.h"

#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/mem.h"
#include "load/there.h"
#include "load/verify/impl.h"

#define TRIES_MAX    6 /* NOs to opening a folder that promise a change */
#define THROTTLED_MS 5000

/* ------------------------------------------------- what is looked for */

struct load_folder *
verify_folder_of(struct verify *v, int64_t want)
{
	struct err ignored = { 0 };
	int64_t at = 0;

	if (ledger_number(v->l.ledger, &at, &ignored,
		"SELECT run FROM temp.want WHERE id=?", "i", want) < 0 ||
	    at < 1)
		at = 1;
	return &v->l.folders[at - 1];
}

static int
put_want(struct verify *v, const struct spool_entry *e, int64_t at,
    struct err *err)
{
	int64_t received =
	    e->msg.received_how == RECEIVED_UNKNOWN || e->msg.received < 0
	    ? 0
	    : e->msg.received;

	return ledger_do(v->l.ledger, err,
		   "INSERT INTO temp.want(id, key, size, received, "
		   "message_id, sha256, flags, keywords, file, source, run) "
		   "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		   "itiitbittti", e->id != 0 ? e->id : --v->unadopted,
		   e->msg.key, (int64_t)e->msg.size, received, e->message_id,
		   e->has_sha256 ? slice_of(e->sha256, DIGEST_BYTES)
				 : slice_of(NULL, 0),
		   (int64_t)e->msg.flags, e->msg.keywords, e->file,
		   e->msg.source, at) < 0
	    ? -1
	    : 0;
}

/* The folder's messages into temp.want.  Lost files count where they were
 * delivered: then the destination has the only copy. */
static int
fill_one(struct verify *v, struct load_folder *f, int64_t at, struct err *err)
{
	struct spool_iter *it;
	struct spool_entry e;
	int some, rc;

	report_folder(v->l.report, f->path);
	some = delta_withdrawn(&v->l, NULL, err);
	if (some < 0)
		return -1;
	if (ledger_do(v->l.ledger, err, "SAVEPOINT fill", "") < 0)
		return -1;
	if (spool_iter_open(v->l.spool, f->path, &it, err) < 0)
		return -1;
	while ((rc = spool_iter_next(it, &e, err)) == 1) {
		/* gone at the source, and so not to be there */
		if (some == 1)
			rc = delta_withdrawn(&v->l, e.msg.key, err);
		if (rc < 0)
			break;
		if (some == 1 && rc == 1)
			continue;
		report_announce(v->l.report, f->path);
		report_add(v->l.report, "messages", 1);
		f->announced++;
		if (put_want(v, &e, at, err) < 0) {
			rc = -1;
			break;
		}
	}
	spool_iter_close(&it);
	if (ledger_do(v->l.ledger, err, "RELEASE fill", "") < 0)
		return -1;
	return rc;
}

/* Several folders of the spool may go to one there (--folder-map): they are
 * looked at together.  The next of them behind 'i', itself first. */
static bool
next_alike(const struct verify *v, size_t i, size_t *k)
{
	const char *name = v->l.folders[i].name;

	*k = *k == SIZE_MAX ? i : *k + 1;
	while (*k < v->l.nfolders && strcmp(v->l.folders[*k].name, name) != 0)
		++*k;
	return *k < v->l.nfolders;
}

static int
fill_want(struct verify *v, size_t i, struct err *err)
{
	size_t k = SIZE_MAX;

	if (there_begin(v->l.ledger, err) < 0 ||
	    ledger_do(v->l.ledger, err, "DELETE FROM temp.ungiven", "") < 0)
		return -1;
	while (next_alike(v, i, &k))
		if (fill_one(v, &v->l.folders[k], (int64_t)k + 1, err) < 0)
			return -1;
	return 0;
}

static bool
is_alone(const struct verify *v, size_t i)
{
	size_t k = SIZE_MAX;

	return next_alike(v, i, &k) && !next_alike(v, i, &k);
}

/* ------------------------------------------------------ through trouble */

/* The folder said NO, or was numbered anew: once more?  0 yes, 1 no, -1. */
static int
ask_once_more(struct verify *v, unsigned *tries, struct err *err)
{
	const struct imap_result *last = imap_last(v->l.d.im);
	uint64_t ms = (uint64_t)500 << *tries;

	if (!err->retry || ++*tries > TRIES_MAX)
		return 1;
	if (v->renumbered)
		return 0;
	if (last->trouble == IMAP_THROTTLED)
		ms = THROTTLED_MS;
	if (last->backoff_ms > 0)
		ms = last->backoff_ms;
	return dest_wait(&v->l.d, ms, "the server asks for patience", err);
}

int
verify_through(struct verify *v,
    int (*ask)(struct verify *v, void *arg, struct err *err), void *arg,
    struct err *err)
{
	unsigned tries = 0;
	int rc;

	for (;;) {
		if (stop_check(err) < 0)
			return -1;
		if (ask(v, arg, err) == 0) {
			dest_progress(&v->l.d);
			return 0;
		}
		if (err->scope >= SCOPE_RUN)
			return -1;
		if (err->scope <= SCOPE_FOLDER && v->l.d.im != NULL &&
		    imap_alive(v->l.d.im)) {
			rc = ask_once_more(v, &tries, err);
			if (rc != 0)
				return rc;
			continue;
		}
		if (err->scope < SCOPE_STORE)
			err->scope = SCOPE_STORE;
		if (dest_reconnect(&v->l.d, err) < 0)
			return -1;
	}
}

/* ------------------------------------------------------------ one folder */

struct visit {
	struct load_folder *f;
	struct verify_place p;
	bool tried, proven;
};

/* First all at once; if that does not come off, never again. */
static int
try_straight(struct verify *v, void *arg, struct err *err)
{
	struct visit *to = arg;
	int rc;

	if (to->tried)
		return 0;
	to->tried = true;
	rc = verify_straight(v, to->f, &to->p, err);
	to->proven = rc == 1;
	return rc < 0 &&
		(err->scope == SCOPE_RUN || v->l.d.im == NULL ||
		    !imap_alive(v->l.d.im))
	    ? -1
	    : 0;
}

static int
visit(struct verify *v, void *arg, struct err *err)
{
	struct visit *to = arg;

	return verify_look(v, to->f, &to->p, err) < 0
	    ? -1
	    : verify_read(v, &to->p, err);
}

static void
count_found(struct verify *v, size_t i)
{
	struct load_folder *f = &v->l.folders[i];
	struct err ignored = { 0 };
	int64_t pairs = 0;

	if (ledger_number(v->l.ledger, &pairs, &ignored,
		"SELECT count(*) FROM temp.pair p CROSS JOIN temp.want w ON "
		"w.id=p.id WHERE w.run=?",
		"i", (int64_t)i + 1) < 0)
		return;
	f->unchanged = (uint64_t)pairs;
	for (; pairs > 0; pairs--)
		report_fate(v->l.report, f->path, FATE_UNCHANGED, 0);
}

/* It is there, but cannot be opened: nothing is known of its messages. */
static void
leave_unchecked(struct verify *v, struct load_folder *f, struct err *why)
{
	uint64_t n;

	if (f->announced > 0)
		err_within(why, "cannot be looked at: %llu messages unchecked",
		    (unsigned long long)f->announced);
	report_problem(v->l.report,
	    &(struct problem){ .folder = f->path,
		.kind = "unchecked",
		.err = why });
	report_add(v->l.report, "unchecked", f->announced);
	for (n = f->announced; n > 0; n--)
		report_fate(v->l.report, f->path, FATE_REFUSED, 0);
	f->refused = f->announced;
	v->blind = true;
}

static bool
is_there(struct verify *v, const struct load_folder *f)
{
	const struct tree_folder *t =
	    tree_find(&v->l.d.tree, slice_str(f->name));

	return t != NULL && !t->noselect;
}

/* Removed by somebody since LIST? */
static bool
is_gone_now(struct verify *v, const struct load_folder *f)
{
	struct err ignored = { 0 };

	return imap_alive(v->l.d.im) &&
	    tree_read(&v->l.d.tree, v->l.d.im, &ignored) == 0 &&
	    !is_there(v, f);
}

static int
lay_away_all(struct verify *v, const struct verify_place *p, struct err *err)
{
	if (ledger_do(v->l.ledger, err, "DELETE FROM temp.pair", "") < 0 ||
	    ledger_do(v->l.ledger, err, "DELETE FROM temp.there", "") < 0)
		return -1;
	return verify_lay_away(v, p, err);
}

static void
set_absent(struct verify *v, size_t i, bool absent)
{
	size_t k = SIZE_MAX;

	while (next_alike(v, i, &k))
		v->absent[k] = absent;
}

static int
run_folder(struct verify *v, size_t i, struct err *err)
{
	struct load_folder *f = &v->l.folders[i];
	struct visit to = { .f = f,
		.p = { .name = f->name, .tag = (int64_t)i + 1 } };
	struct err why = { 0 }, copy;
	size_t k = SIZE_MAX;
	int rc;

	set_absent(v, i, !is_there(v, f));
	report_folder(v->l.report, f->path);
	if (!v->absent[i] && is_alone(v, i)) {
		if (verify_through(v, try_straight, &to, err) != 0)
			return -1;
		if (to.proven)
			return 0;
	}
	if (fill_want(v, i, err) < 0)
		return -1;
	if (v->absent[i])
		return verify_lay_away(v, &to.p, err);
	if (verify_straight_keep(v, f, &to.p, err) < 0)
		return -1;
	rc = verify_through(v, visit, &to, &why);
	if (rc < 0) {
		*err = why;
		return -1;
	}
	if (rc == 1) {
		set_absent(v, i, is_gone_now(v, f));
		if (v->absent[i])
			return lay_away_all(v, &to.p, err);
		while (next_alike(v, i, &k)) {
			copy = why;
			leave_unchecked(v, &v->l.folders[k], &copy);
		}
		return 0;
	}
	if (verify_pairs(v, &to.p, err) < 0 ||
	    verify_twins(v, &to.p, err) < 0 ||
	    verify_lay_away(v, &to.p, err) < 0)
		return -1;
	while (next_alike(v, i, &k))
		count_found(v, k);
	return 0;
}

/* ------------------------------------------------------------------- run */

/* Was it looked at with one before it? */
static bool
is_alike_before(const struct verify *v, size_t i)
{
	size_t k;

	for (k = 0; k < i; k++)
		if (strcmp(v->l.folders[k].name, v->l.folders[i].name) == 0)
			return true;
	return false;
}

static int
run_folders(struct verify *v, struct err *err)
{
	size_t i;

	for (i = 0; i < v->l.nfolders; i++) {
		if (is_alike_before(v, i))
			continue;
		if (run_folder(v, i, err) < 0)
			return err_within(err, "folder '%s'",
			    v->l.folders[i].path);
	}
	return verify_left(v, err);
}

static void
expect(struct verify *v)
{
	uint64_t msgs = 0, bytes = 0;
	size_t i;

	for (i = 0; i < v->l.nfolders; i++) {
		msgs += v->l.folders[i].sums.messages;
		bytes += v->l.folders[i].sums.bytes;
	}
	report_expect(v->l.report, msgs, v->o->deep ? bytes : 0);
}

/* Noted now: a new connection lists the folders anew. */
static void
note_others(struct verify *v)
{
	const struct tree *tree = &v->l.d.tree;
	size_t i;

	v->absent = mem_alloc(v->l.nfolders + 1, sizeof(*v->absent));
	v->others = mem_alloc(tree->n + 1, sizeof(*v->others));
	for (i = 0; i < tree->n; i++) {
		const struct tree_folder *t = &tree->v[i];

		if (!t->taken && !t->noselect &&
		    names_is_personal(slice_str(t->name), &v->l.d.names))
			v->others[v->n_others++] = mem_str(t->name);
	}
}

/* To write down how it went; where that cannot be, only to read. */
static int
open_spool(struct verify *v, struct err *err)
{
	const struct verify_options *o = v->o;
	struct err ignored = { 0 };

	v->writes = spool_open(&v->l.spool, o->spool, SPOOL_DELIVER,
			o->spool_flags, o->repair ? err : &ignored) == 0;
	if (v->writes)
		return 0;
	if (o->repair)
		return -1;
	return spool_open(&v->l.spool, o->spool, SPOOL_READ, o->spool_flags,
	    err);
}

static int
identify(struct verify *v, void *arg, struct err *err)
{
	(void)arg;
	return dest_identify(&v->l.d, v->o->repair, err);
}

static int
verify_all(struct verify *v, struct err *err)
{
	int rc;

	if (dest_connect(&v->l.d, err) < 0)
		return -1;
	rc = verify_through(v, identify, NULL, err);
	if (rc != 0 || plan_make(&v->l, err) < 0)
		return -1;
	expect(v);
	note_others(v);
	if (verify_left_begin(v, err) < 0 ||
	    ledger_do(v->l.ledger, err,
		"CREATE TEMP TABLE ungiven(folder INTEGER, uid INTEGER, why "
		"TEXT, PRIMARY KEY(folder, uid)) WITHOUT ROWID",
		"") < 0)
		return -1;
	return run_folders(v, err);
}

static void
tell_rewrites(struct verify *v)
{
	js_set(v->rewrites, "added_fields", v->added);
	report_set(v->l.report, "rewrites", v->rewrites);
	v->rewrites = v->added = NULL;
}

/* The run came to an early end: what had no verdict has none. */
static void
leave_pending(struct verify *v)
{
	size_t i;

	for (i = 0; i < v->l.nfolders; i++) {
		const struct load_folder *f = &v->l.folders[i];
		uint64_t done = f->unchanged + f->lost + f->refused;

		for (; done < f->announced; done++)
			report_fate(v->l.report, f->path, FATE_PENDING, 0);
	}
}

static void
free_verify(struct verify *v)
{
	size_t i;

	verify_read_end(v);
	like_free(&v->ours);
	like_free(&v->theirs);
	for (i = 0; i < v->n_others; i++)
		free(v->others[i]);
	free(v->others);
	free(v->absent);
	dest_free(&v->l.d);
	plan_free(&v->l);
	spool_close(&v->l.spool);
}

int
verify_dest_run(const struct verify_options *o, struct report *r,
    struct err *err)
{
	struct verify v = { .o = o,
		.lo = { .into = o->into, .dry_run = true },
		.l = { .report = r } };
	int rc;

	v.l.o = &v.lo;
	if (open_spool(&v, err) < 0) {
		err->scope = SCOPE_RUN;
		return -1;
	}
	v.l.ledger = spool_ledger(v.l.spool);
	v.rewrites = js_obj();
	v.added = js_obj();
	dest_init(&v.l.d, o->account, v.l.spool, r, o->max_wait_s);
	verify_name_all(r);
	verify_history_begin(&v);
	rc = verify_all(&v, err);
	ledger_rollback(v.l.ledger);
	if (rc < 0)
		leave_pending(&v);
	else if (!o->deep)
		report_note(r,
		    "sizes, dates and flags were compared, and bytes only "
		    "where those left doubts; --deep compares all bytes");
	tell_rewrites(&v);
	verify_history_end(&v, rc, err);
	free_verify(&v);
	if (rc < 0)
		err->scope = SCOPE_RUN;
	return rc;
}
