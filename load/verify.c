/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The verification of a destination, folder by folder.  In each, messages are
 * paired by the UIDs of the ledger first, the rest by content.  What is left
 * over on either side is laid away, and looked for in other folders at the
 * end: moved by the user, in the wrong folder, or missing.
 */
#include "load/verify.h"

#include <stdlib.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/step.h"
#include "core/stop.h"
#include "load/match.h"
#include "load/there.h"
#include "load/verify_impl.h"

static int
make_tables(struct verify *v, struct err *err)
{
	static const char *const make[] = {
		/* wants that their folder does not have */
		"CREATE TEMP TABLE gone(at INTEGER, id INTEGER, key TEXT, "
		"size INTEGER, received INTEGER, message_id TEXT, "
		"file TEXT, source TEXT, PRIMARY KEY(at, id)) WITHOUT ROWID",
		/* what folders have beyond the spool */
		"CREATE TEMP TABLE spare(at INTEGER, uid INTEGER, size "
		"INTEGER, received INTEGER, message_id TEXT, taken INTEGER "
		"DEFAULT 0, name TEXT, PRIMARY KEY(at, uid)) WITHOUT ROWID",
		"CREATE INDEX temp.spare_by_id ON spare(message_id, size)"
	};
	size_t i;

	for (i = 0; i < sizeof(make) / sizeof(make[0]); i++)
		if (ledger_do(v->l.ledger, err, make[i], "") < 0)
			return -1;
	return 0;
}

/* ------------------------------------------------- what is looked for */

static int
put_want(struct verify *v, const struct spool_entry *e, int64_t id,
    struct err *err)
{
	int64_t received =
	    e->msg.received_how == RECEIVED_UNKNOWN || e->msg.received < 0
	    ? 0
	    : e->msg.received;

	return ledger_do(v->l.ledger, err,
		   "INSERT INTO temp.want(id, key, size, received, "
		   "message_id, sha256, flags, keywords, file, source) "
		   "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		   "itiitbittt", id, e->msg.key, (int64_t)e->msg.size, received,
		   e->message_id,
		   e->has_sha256 ? slice_of(e->sha256, DIGEST_BYTES)
				 : slice_of(NULL, 0),
		   (int64_t)e->msg.flags, e->msg.keywords, e->file,
		   e->msg.source) < 0
	    ? -1
	    : 0;
}

/* The folder's messages into temp.want.  Lost files count where they were
 * delivered: then the destination has the only copy. */
static int
fill_want(struct verify *v, struct load_folder *f, struct err *err)
{
	struct spool_iter *it;
	struct spool_entry e;
	int64_t unadopted = 0;
	int rc;

	if (there_begin(v->l.ledger, err) < 0 ||
	    ledger_do(v->l.ledger, err, "SAVEPOINT fill", "") < 0)
		return -1;
	if (spool_iter_open(v->l.spool, f->path, &it, err) < 0)
		return -1;
	while ((rc = spool_iter_next(it, &e, err)) == 1) {
		report_announce(v->l.report, f->path);
		report_add(v->l.report, "messages", 1);
		if (put_want(v, &e, e.id != 0 ? e.id : --unadopted, err) < 0) {
			rc = -1;
			break;
		}
	}
	spool_iter_close(&it);
	if (ledger_do(v->l.ledger, err, "RELEASE fill", "") < 0)
		return -1;
	return rc;
}

/* ------------------------------------------------------------ one folder */

/* By the ledger's word. */
static int
pair_by_uid(struct verify *v, const struct load_folder *f, int64_t tag,
    struct err *err)
{
	if (f->there == 0 || f->known_uidvalidity != f->uidvalidity)
		return 0;
	return ledger_do(v->l.ledger, err,
		   "INSERT OR IGNORE INTO temp.pair SELECT w.id, t.folder, "
		   "t.uid, 0 FROM temp.want w CROSS JOIN delivery d ON "
		   "d.destination=?1 AND d.key=w.key AND d.state=2 AND "
		   "d.folder=?2 CROSS JOIN temp.there t ON t.folder=?3 AND "
		   "t.uid=d.uid",
		   "iii", v->l.d.id, f->there, tag) < 0
	    ? -1
	    : 0;
}

static int
count_unpaired(struct verify *v, int64_t tag, int64_t *wants, int64_t *theres,
    struct err *err)
{
	if (ledger_number(v->l.ledger, wants, err,
		"SELECT count(*) FROM temp.want WHERE id NOT IN (SELECT id "
		"FROM temp.pair)",
		"") < 0)
		return -1;
	return ledger_number(v->l.ledger, theres, err,
	    "SELECT count(*) FROM temp.there WHERE folder=?1 AND uid NOT IN "
	    "(SELECT uid FROM temp.pair WHERE folder=?1)",
	    "i", tag);
}

struct twin_check {
	struct verify *v;
	const struct load_folder *f;
};

/* One that nobody claims: has it the bytes of one that is there already? */
static int
check_twin(void *arg, uint32_t uid, const struct likeness *l, struct err *err)
{
	struct twin_check *c = arg;
	int64_t want;

	if (l == NULL)
		return 0;
	if (ledger_number(c->v->l.ledger, &want, err,
		"SELECT w.id FROM temp.want w CROSS JOIN temp.pair p ON "
		"p.id=w.id "
		"WHERE w.size=? AND w.sha256=? LIMIT 1",
		"ib", (int64_t)l->size, slice_of(l->sha256, DIGEST_BYTES)) < 0)
		return -1;
	if (want == 0)
		return 0;
	verify_name(c->v, c->f, DIFF_DUPLICATED, want, uid,
	    "there once more in this folder");
	return ledger_do(c->v->l.ledger, err,
		   "DELETE FROM temp.there WHERE uid=?", "i", (int64_t)uid) < 0
	    ? -1
	    : 0;
}

static int
find_twins(struct verify *v, const struct load_folder *f, int64_t tag,
    struct err *err)
{
	struct twin_check c = { v, f };

	if (ledger_do(v->l.ledger, err,
		"UPDATE temp.there SET fetch=1 WHERE folder=?1 AND uid NOT IN "
		"(SELECT uid FROM temp.pair WHERE folder=?1) AND EXISTS "
		"(SELECT 1 FROM temp.want w WHERE w.size=there.size AND "
		"w.message_id=there.message_id)",
		"i", tag) < 0)
		return -1;
	return there_bytes(&v->l.d, tag, check_twin, &c, err);
}

/* What is left on both sides is laid away. */
static int
lay_away(struct verify *v, const struct load_folder *f, int64_t tag,
    struct err *err)
{
	if (ledger_do(v->l.ledger, err,
		"INSERT INTO temp.gone SELECT ?, id, key, size, received, "
		"message_id, file, source FROM temp.want WHERE id NOT IN "
		"(SELECT id FROM temp.pair)",
		"i", tag) < 0)
		return -1;
	return ledger_do(v->l.ledger, err,
		   "INSERT INTO temp.spare(at, uid, size, received, "
		   "message_id, name) SELECT folder, uid, size, received, "
		   "message_id, ?2 FROM temp.there WHERE folder=?1 AND uid "
		   "NOT IN (SELECT uid FROM temp.pair WHERE folder=?1)",
		   "it", tag, f->name) < 0
	    ? -1
	    : 0;
}

static int
compare_folder(struct verify *v, struct load_folder *f, int64_t tag,
    struct err *err)
{
	int64_t wants, theres;

	if (there_fetch(&v->l.d, tag, 1, THERE_FLAGS, err) < 0 ||
	    pair_by_uid(v, f, tag, err) < 0 ||
	    count_unpaired(v, tag, &wants, &theres, err) < 0)
		return -1;
	if (theres > 0) { /* who are they? */
		if (there_fetch(&v->l.d, tag, 1, THERE_FLAGS | THERE_MESSAGE_ID,
			err) < 0 ||
		    match_run(&v->l.d, tag, v->l.d.rewrites ? MATCH_WEAK : 0,
			err) < 0 ||
		    find_twins(v, f, tag, err) < 0)
			return -1;
	}
	if (verify_pairs(v, f, tag, err) < 0 ||
	    count_unpaired(v, tag, &wants, &theres, err) < 0)
		return -1;
	return 0;
}

static void
count_found(struct verify *v, struct load_folder *f)
{
	struct err ignored = { 0 };
	int64_t pairs = 0;

	if (ledger_number(v->l.ledger, &pairs, &ignored,
		"SELECT count(*) FROM temp.pair", "") < 0)
		return;
	f->unchanged = (uint64_t)pairs;
	for (; pairs > 0; pairs--)
		report_fate(v->l.report, f->path, FATE_UNCHANGED, 0);
}

static int
run_folder(struct verify *v, struct load_folder *f, int64_t tag,
    struct err *err)
{
	const struct tree_folder *t =
	    tree_find(&v->l.d.tree, slice_str(f->name));
	int rc;

	if (t != NULL && !t->noselect) {
		rc = imap_select(v->l.d.im, slice_str(f->name), true, err);
		if (rc < 0 && err->scope != SCOPE_FOLDER)
			return -1;
		if (rc == 0) {
			f->uidvalidity = imap_selected(v->l.d.im)->uidvalidity;
			if (compare_folder(v, f, tag, err) < 0)
				return -1;
		} else {
			report_problem(v->l.report,
			    &(struct problem){ .folder = f->path, .err = err });
		}
	} else {
		struct err what = { 0 };

		err_set(&what, SCOPE_FOLDER, EX_DATAERR,
		    "missing: the destination has no folder '%s'", f->name);
		report_problem(v->l.report,
		    &(struct problem){ .folder = f->path, .err = &what });
	}
	if (lay_away(v, f, tag, err) < 0)
		return -1;
	count_found(v, f);
	return 0;
}

/* ------------------------------------------------------ what is left over */

/* Folders that the spool does not know: a user may have moved mail there. */
static int
read_others(struct verify *v, struct err *err)
{
	struct tree *tree = &v->l.d.tree;
	int64_t n, tag;
	size_t i;

	if (ledger_number(v->l.ledger, &n, err,
		"SELECT count(*) FROM temp.gone", "") < 0)
		return -1;
	for (i = 0; n > 0 && i < tree->n; i++) {
		struct tree_folder *t = &tree->v[i];
		struct load_folder f = { .name = t->name };

		if (t->taken || t->noselect ||
		    !names_is_personal(slice_str(t->name), &v->l.d.names))
			continue;
		tag = -(int64_t)i - 1;
		if (imap_select(v->l.d.im, slice_str(t->name), true, err) < 0) {
			if (err->scope == SCOPE_FOLDER)
				continue;
			return -1;
		}
		if (there_begin(v->l.ledger, err) < 0 ||
		    there_fetch(&v->l.d, tag, 1, THERE_MESSAGE_ID, err) < 0 ||
		    lay_away(v, &f, tag, err) < 0)
			return -1;
	}
	return 0;
}

/* The want's row, for verify_name(). */
static int
recall(struct verify *v, int64_t at, int64_t id, struct err *err)
{
	return ledger_do(v->l.ledger, err,
		   "INSERT OR REPLACE INTO temp.want(id, key, size, received, "
		   "message_id, file, source) SELECT id, key, size, received, "
		   "message_id, file, source FROM temp.gone WHERE at=? AND "
		   "id=?",
		   "ii", at, id) < 0
	    ? -1
	    : 0;
}

static void
tell_missing(struct verify *v, struct load_folder *f, int64_t id, int state,
    const char *error)
{
	const char *why = "it is not there any more";

	if (state < 0 || state == DELIVERY_UNSENT)
		why = "it was never loaded";
	else if (state == DELIVERY_INTENDED)
		why = "its loading was cut off; run load again";
	else if (state == DELIVERY_REFUSED)
		why = error != NULL ? error : "it was refused";
	verify_name(v, f, DIFF_MISSING, id, 0, "%s", why);
	report_fate(v->l.report, f->path, FATE_LOST, 0);
	v->missing++;
}

/* With --repair: what is missing counts as not delivered from now on. */
static int
take_back(struct verify *v, struct err *err)
{
	struct ledger *ledger = v->l.ledger;

	if (ledger_begin(ledger, err) < 0 ||
	    ledger_do(ledger, err,
		"UPDATE delivery SET state=0, uid=NULL WHERE destination=? "
		"AND key IN (SELECT key FROM temp.unsend)",
		"i", v->l.d.id) < 0)
		return -1;
	step("verify.repair");
	return ledger_commit(ledger, err);
}

static int
note_unsent(struct verify *v, int64_t at, int64_t id, struct err *err)
{
	return ledger_do(v->l.ledger, err,
		   "INSERT INTO temp.unsend SELECT key FROM temp.gone WHERE "
		   "at=? AND id=?",
		   "ii", at, id) < 0
	    ? -1
	    : 0;
}

/* Look for one in other folders. */
static int
find_elsewhere(struct verify *v, int64_t at, int64_t id, int state,
    const char *error, struct err *err)
{
	struct load_folder *f = &v->l.folders[at - 1];
	struct ledger_rows *q;
	char *name = NULL;
	int64_t in = 0;
	uint32_t uid = 0;
	int rc;

	if (ledger_query(v->l.ledger, &q, err,
		"SELECT s.at, s.uid, s.name FROM temp.gone g CROSS JOIN "
		"temp.spare "
		"s ON s.message_id=g.message_id AND s.size=g.size AND "
		"s.received=g.received AND s.taken=0 AND s.at<>g.at WHERE "
		"g.at=? AND g.id=? LIMIT 1",
		"ii", at, id) < 0)
		return -1;
	rc = ledger_step(q, err);
	if (rc == 1) {
		in = ledger_int(q, 0);
		uid = (uint32_t)ledger_int(q, 1);
		name = mem_str(ledger_text(q, 2));
	}
	ledger_end(&q);
	if (rc < 0 || recall(v, at, id, err) < 0) {
		free(name);
		return -1;
	}
	if (rc == 0) {
		tell_missing(v, f, id, state, error);
		return v->o->repair ? note_unsent(v, at, id, err) : 0;
	}
	verify_name(v, f,
	    state == DELIVERY_DELIVERED ? DIFF_MOVED : DIFF_WRONG_FOLDER, id,
	    uid, "it is in the folder '%s'", name);
	report_fate(v->l.report, f->path, FATE_UNCHANGED, 0);
	free(name);
	return ledger_do(v->l.ledger, err,
		   "UPDATE temp.spare SET taken=1 WHERE at=? AND uid=?", "ii",
		   in, (int64_t)uid) < 0
	    ? -1
	    : 0;
}

static int
tell_gone(struct verify *v, struct err *err)
{
	struct ledger_rows *q;
	int rc;

	if (there_begin(v->l.ledger, err) < 0 ||
	    ledger_query(v->l.ledger, &q, err,
		"SELECT g.at, g.id, d.state, d.error FROM temp.gone g LEFT "
		"JOIN delivery d ON d.destination=? AND d.key=g.key ORDER BY "
		"g.at, g.id",
		"i", v->l.d.id) < 0)
		return -1;
	while ((rc = ledger_step(q, err)) == 1) {
		if (find_elsewhere(v, ledger_int(q, 0), ledger_int(q, 1),
			ledger_is_null(q, 2) ? -1 : (int)ledger_int(q, 2),
			ledger_text(q, 3), err) < 0) {
			rc = -1;
			break;
		}
	}
	ledger_end(&q);
	return rc;
}

static int
tell_spare(struct verify *v, struct err *err)
{
	struct ledger_rows *q;
	const char *id;
	int rc;

	if (ledger_query(v->l.ledger, &q, err,
		"SELECT at, uid, size, message_id FROM temp.spare WHERE at>0 "
		"AND taken=0 ORDER BY at, uid",
		"") < 0)
		return -1;
	while ((rc = ledger_step(q, err)) == 1) {
		id = ledger_text(q, 3);
		verify_name(v, &v->l.folders[ledger_int(q, 0) - 1], DIFF_EXTRA,
		    0, (uint32_t)ledger_int(q, 1), "%lld bytes, %s",
		    (long long)ledger_int(q, 2),
		    *id != '\0' ? id : "no Message-ID");
	}
	ledger_end(&q);
	return rc;
}

/* ------------------------------------------------------------------- run */

static int
run_folders(struct verify *v, struct err *err)
{
	size_t i;

	for (i = 0; i < v->l.nfolders; i++) {
		struct load_folder *f = &v->l.folders[i];

		if (stop_check(err) < 0)
			return -1;
		report_folder(v->l.report, f->path);
		if (fill_want(v, f, err) < 0 ||
		    run_folder(v, f, (int64_t)i + 1, err) < 0)
			return err_within(err, "folder '%s'", f->path);
	}
	if (ledger_do(v->l.ledger, err, "DROP TABLE IF EXISTS temp.unsend",
		"") < 0 ||
	    ledger_do(v->l.ledger, err, "CREATE TEMP TABLE unsend(key TEXT)",
		"") < 0 ||
	    read_others(v, err) < 0 || tell_gone(v, err) < 0 ||
	    tell_spare(v, err) < 0)
		return -1;
	return v->o->repair && v->missing > 0 ? take_back(v, err) : 0;
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
verify_all(struct verify *v, struct err *err)
{
	if (dest_connect(&v->l.d, err) < 0 ||
	    dest_identify(&v->l.d, v->o->repair, err) < 0 ||
	    plan_make(&v->l, err) < 0)
		return -1;
	expect(v);
	if (make_tables(v, err) < 0)
		return -1;
	return run_folders(v, err);
}

/* The result stays in the ledger, with the time. */
static void
write_down(struct verify *v, int rc, const struct err *why)
{
	struct js *summary = report_json(v->l.report, rc < 0 ? why : NULL);
	struct err ignored = { 0 };
	struct buf text = { 0 }, label = { 0 };

	js_set_int(summary, "problems", (int64_t)report_problems(v->l.report));
	js_put(&text, summary);
	url_label(&label, &v->o->account->url);
	spool_event_begin(v->l.spool, v->o->deep ? "verify --deep" : "verify",
	    buf_str(&label));
	if (spool_event_now(v->l.spool, &ignored) < 0 ||
	    spool_event_end(v->l.spool,
		rc < 0 ? why->status : report_status(v->l.report),
		buf_str(&text), &ignored) < 0)
		log_info("the result is not written down: %s", ignored.text);
	js_free(&summary);
	buf_free(&text);
	buf_free(&label);
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
	dest_init(&v.l.d, o->account, v.l.spool, r, o->max_wait_s);
	verify_name_all(r);
	rc = verify_all(&v, err);
	ledger_rollback(v.l.ledger);
	if (v.writes)
		write_down(&v, rc, err);
	like_free(&v.ours);
	dest_free(&v.l.d);
	plan_free(&v.l);
	spool_close(&v.l.spool);
	if (rc < 0)
		err->scope = SCOPE_RUN;
	return rc;
}
