/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages in folders where they do not belong: those that their own folder
 * does not have (moved by the user, or put there wrongly), and duplicates.
 * Tables as in left.c, and temp.found: which spare a gone one may be.
 */
#include <string.h>

#include "load/there.h"
#include "load/verify/impl.h"

#define TWIN_TRIES 32 /* messages with the Message-ID of one that is left */

/* ------------------------------------------------------------ duplicates */

/* Is the one with these bytes one more of a message in temp.want?  Its id in
 * *want_r, 0: no. */
static int
find_twin(struct verify *v, struct slice message_id, int64_t size,
    struct slice sha256, struct slice likeness, int64_t *want_r,
    struct err *err)
{
	struct ledger_rows *q;
	enum like is;
	unsigned how;
	int rc = 0;

	*want_r = 0;
	if (ledger_query(v->l.ledger, &q, err,
		"SELECT id, sha256 FROM temp.want WHERE message_id=?1 AND "
		"(message_id<>'' OR size=?2) ORDER BY sha256 IS NOT ?3, id "
		"LIMIT ?4",
		"sibi", message_id, size, sha256, (int64_t)TWIN_TRIES) < 0)
		return -1;
	while (*want_r == 0 && (rc = ledger_step(q, err)) == 1) {
		struct slice ours = ledger_blob(q, 1);
		int64_t id = ledger_int(q, 0);

		if (ours.n == sha256.n &&
		    memcmp(ours.p, sha256.p, ours.n) == 0) {
			*want_r = id;
		} else if (likeness.n > 0 && message_id.n > 0) {
			rc = verify_likeness(v, id, likeness, &is, &how, NULL,
			    err);
			if (rc < 0)
				break;
			if (rc == 1 && is != LIKE_OTHER)
				*want_r = id;
		}
	}
	ledger_end(&q);
	return rc < 0 ? -1 : 0;
}

int
verify_twins(struct verify *v, const struct verify_place *p, struct err *err)
{
	const struct load_folder *f = NULL;
	struct buf where = { 0 };
	struct ledger_rows *q;
	int64_t want, uid;
	int rc;

	if (ledger_query(v->l.ledger, &q, err,
		"SELECT uid, message_id, size, sha256, likeness FROM "
		"temp.there WHERE folder=?1 AND sha256 IS NOT NULL AND uid "
		"NOT IN (SELECT uid FROM temp.pair WHERE folder=?1) ORDER BY "
		"uid",
		"i", p->tag) < 0)
		return -1;
	while ((rc = ledger_step(q, err)) == 1) {
		uid = ledger_int(q, 0);
		rc = find_twin(v, ledger_blob(q, 1), ledger_int(q, 2),
		    ledger_blob(q, 3), ledger_blob(q, 4), &want, err);
		if (rc < 0)
			break;
		if (want == 0)
			continue;
		f = verify_folder_of(v, want);
		buf_clear(&where);
		if (p->elsewhere) {
			buf_puts(&where, "there once more, in the folder '");
			verify_put_name(&where, p->name);
			buf_putc(&where, '\'');
		} else {
			buf_puts(&where, "there once more in this folder");
		}
		verify_name(v, f, NULL, DIFF_DUPLICATED, want, (uint32_t)uid,
		    "%s", buf_str(&where));
		if (ledger_do(v->l.ledger, err,
			"UPDATE temp.spare SET taken=1 WHERE at=? AND uid=?",
			"ii", p->tag, uid) < 0 ||
		    ledger_do(v->l.ledger, err,
			"DELETE FROM temp.there WHERE folder=? AND uid=?", "ii",
			p->tag, uid) < 0) {
			rc = -1;
			break;
		}
	}
	ledger_end(&q);
	buf_free(&where);
	return rc;
}

/* --------------------------------------------------- folders beside ours */

static int
look_only(struct verify *v, void *arg, struct err *err)
{
	return verify_look_only(v, arg, err);
}

/* Folders that the spool does not know: a user may have moved mail there. */
static int
read_others(struct verify *v, struct err *err)
{
	struct err why = { 0 };
	size_t i;
	int rc;

	for (i = 0; i < v->n_others; i++) {
		struct verify_place p = { .name = v->others[i],
			.tag = -(int64_t)i - 1 };

		if (stop_check(err) < 0 || there_begin(v->l.ledger, err) < 0)
			return -1;
		rc = verify_through(v, look_only, &p, &why);
		if (rc < 0) {
			*err = why;
			return -1;
		}
		if (rc == 1) { /* then nothing is found there */
			err_within(&why,
			    "what is missing was not looked for in the folder "
			    "'%s'",
			    p.name);
			report_problem(v->l.report,
			    &(struct problem){ .kind = "unchecked",
				.err = &why });
			v->blind = true;
			continue;
		}
		if (verify_lay_away(v, &p, err) < 0)
			return -1;
	}
	return 0;
}

/* --------------------------------------------- those that may be the same */

/* What speaks for it; in temp.found.how. */
enum found { FOUND_FACTS = 1, FOUND_ID = 4, FOUND_SIZE = 5 };

static int
find_one(struct verify *v, enum found how, int64_t at, int64_t id,
    struct err *err)
{
	/* the best of those that are free, as one row */
	static const char *const by[] = {
		[FOUND_FACTS] =
		    "INSERT INTO temp.found SELECT s.at, s.uid, g.at, g.id, 1 "
		    "FROM temp.gone g CROSS JOIN temp.spare s ON "
		    "s.message_id=g.message_id AND s.size=g.size AND "
		    "s.received=g.received AND s.taken=0 AND s.at<>g.at WHERE "
		    "g.at=? AND g.id=? AND g.message_id<>'' LIMIT 1",
		[FOUND_ID] =
		    "INSERT INTO temp.found SELECT s.at, s.uid, g.at, g.id, 4 "
		    "FROM temp.gone g CROSS JOIN temp.spare s ON "
		    "s.message_id=g.message_id AND s.taken=0 AND s.at<>g.at "
		    "WHERE g.at=? AND g.id=? AND g.message_id<>'' ORDER BY "
		    "s.size<>g.size, s.received<>g.received LIMIT 1",
		[FOUND_SIZE] =
		    "INSERT INTO temp.found SELECT s.at, s.uid, g.at, g.id, 5 "
		    "FROM temp.gone g CROSS JOIN temp.spare s ON "
		    "s.message_id=g.message_id AND s.size=g.size AND "
		    "s.taken=0 AND s.at<>g.at WHERE g.at=? AND g.id=? AND "
		    "g.message_id='' ORDER BY s.received<>g.received LIMIT 1"
	};
	int n = ledger_do(v->l.ledger, err, by[how], "ii", at, id);

	if (n <= 0)
		return n;
	return ledger_do(v->l.ledger, err,
		   "UPDATE temp.spare SET taken=1 WHERE (at, uid) IN (SELECT "
		   "sat, uid FROM temp.found WHERE at=? AND id=?)",
		   "ii", at, id) < 0
	    ? -1
	    : 0;
}

static int
find_all(struct verify *v, enum found how, struct err *err)
{
	struct ledger_rows *q;
	int rc;

	if (ledger_query(v->l.ledger, &q, err,
		"SELECT at, id FROM temp.gone g WHERE NOT EXISTS (SELECT 1 "
		"FROM temp.found f WHERE f.at=g.at AND f.id=g.id) ORDER BY at, "
		"id",
		"") < 0)
		return -1;
	while ((rc = ledger_step(q, err)) == 1)
		if (find_one(v, how, ledger_int(q, 0), ledger_int(q, 1), err) <
		    0) {
			rc = -1;
			break;
		}
	ledger_end(&q);
	return rc;
}

/* --------------------------------------------- a folder with found ones */

/* The rows of that folder as if they were at home there. */
static int
bring_back(struct verify *v, const struct verify_place *p, struct err *err)
{
	if (there_begin(v->l.ledger, err) < 0 ||
	    ledger_do(v->l.ledger, err,
		"INSERT INTO temp.want(id, key, size, received, message_id, "
		"sha256, flags, keywords, file, source, run) SELECT g.id, "
		"g.key, g.size, g.received, g.message_id, g.sha256, g.flags, "
		"g.keywords, g.file, g.source, g.at FROM temp.found f CROSS "
		"JOIN temp.gone g ON g.at=f.at AND g.id=f.id WHERE f.sat=?",
		"i", p->tag) < 0 ||
	    ledger_do(v->l.ledger, err,
		"INSERT INTO temp.pair SELECT id, sat, uid, how FROM "
		"temp.found WHERE sat=?",
		"i", p->tag) < 0)
		return -1;
	return ledger_do(v->l.ledger, err,
		   "INSERT INTO temp.there(folder, uid, size, received, flags, "
		   "keywords, message_id, sha256, likeness, fetch) SELECT "
		   "s.at, s.uid, s.size, s.received, s.flags, s.keywords, "
		   "s.message_id, s.sha256, s.likeness, s.sha256 IS NULL AND "
		   "(?2 OR f.how>3 OR s.size<>g.size) FROM temp.found f CROSS "
		   "JOIN temp.spare s ON s.at=f.sat AND s.uid=f.uid CROSS JOIN "
		   "temp.gone g ON g.at=f.at AND g.id=f.id WHERE f.sat=?1",
		   "ii", p->tag, (int64_t)v->o->deep) < 0
	    ? -1
	    : 0;
}

/* Their bytes; UIDs that are not the ones we know are no use. */
static int
read_found(struct verify *v, void *arg, struct err *err)
{
	const struct verify_place *p = arg;

	if (v->renumbered)
		return err_set(err, SCOPE_FOLDER, EX_UNAVAILABLE,
		    "the server has numbered its messages anew (UIDVALIDITY) "
		    "while they were verified");
	if (imap_select(v->l.d.im, slice_str(p->name), true, err) < 0)
		return -1;
	if (imap_selected(v->l.d.im)->uidvalidity != p->uidvalidity) {
		v->renumbered = true;
		return err_set(err, SCOPE_FOLDER, EX_TEMPFAIL, "renumbered");
	}
	return verify_read(v, p, err);
}

/* Without a Message-ID only the bytes can tell: other ones are another. */
static int
drop_unlike(struct verify *v, const struct verify_place *p, struct err *err)
{
	struct ledger_rows *q;
	enum like is;
	unsigned how;
	int rc;

	if (ledger_query(v->l.ledger, &q, err,
		"SELECT p.id, p.uid, t.likeness FROM temp.pair p CROSS JOIN "
		"temp.want w ON w.id=p.id LEFT JOIN temp.there t ON "
		"t.folder=p.folder AND t.uid=p.uid WHERE p.folder=? AND "
		"p.how=5 AND t.sha256 IS NOT w.sha256",
		"i", p->tag) < 0)
		return -1;
	while ((rc = ledger_step(q, err)) == 1) {
		struct slice packed = ledger_blob(q, 2);
		int64_t id = ledger_int(q, 0), uid = ledger_int(q, 1);

		rc = packed.n == 0
		    ? 0
		    : verify_likeness(v, id, packed, &is, &how, NULL, err);
		if (rc < 0)
			break;
		if (rc == 1 && is != LIKE_OTHER)
			continue;
		if (ledger_do(v->l.ledger, err,
			"DELETE FROM temp.pair WHERE id=?", "i", id) < 0 ||
		    ledger_do(v->l.ledger, err,
			"UPDATE temp.spare SET taken=0 WHERE at=? AND uid=?",
			"ii", p->tag, uid) < 0) {
			rc = -1;
			break;
		}
	}
	ledger_end(&q);
	return rc;
}

static int
name_found(struct verify *v, const struct verify_place *p, struct err *err)
{
	struct buf where = { 0 };
	struct ledger_rows *q;
	int rc;

	buf_puts(&where, "it is in the folder '");
	verify_put_name(&where, p->name);
	buf_putc(&where, '\'');
	if (ledger_query(v->l.ledger, &q, err,
		"SELECT p.id, p.uid, w.run, d.state FROM temp.pair p CROSS "
		"JOIN temp.want w ON w.id=p.id LEFT JOIN delivery d ON "
		"d.destination=?2 AND d.key=w.key WHERE p.folder=?1 ORDER BY "
		"p.id",
		"ii", p->tag, v->l.d.id) < 0)
		return -1;
	while ((rc = ledger_step(q, err)) == 1) {
		struct load_folder *f = &v->l.folders[ledger_int(q, 2) - 1];
		bool delivered = !ledger_is_null(q, 3) &&
		    (ledger_int(q, 3) == DELIVERY_DELIVERED ||
			ledger_int(q, 3) == DELIVERY_UNKNOWN);

		verify_name(v, f, NULL,
		    delivered ? DIFF_MOVED : DIFF_WRONG_FOLDER,
		    ledger_int(q, 0), (uint32_t)ledger_int(q, 1), "%s",
		    buf_str(&where));
		report_fate(v->l.report, f->path, FATE_UNCHANGED, 0);
		f->unchanged++;
	}
	ledger_end(&q);
	buf_free(&where);
	if (rc < 0)
		return -1;
	return ledger_do(v->l.ledger, err,
		   "DELETE FROM temp.gone WHERE id IN (SELECT id FROM "
		   "temp.pair)",
		   "") < 0
	    ? -1
	    : 0;
}

/* The next folder with something in 'table' behind *at.  1, 0, -1. */
static int
next_place(struct verify *v, const char *sql, int64_t *at,
    struct verify_place *p, struct buf *name, struct err *err)
{
	struct ledger_rows *q;
	int rc;

	buf_clear(name);
	if (ledger_query(v->l.ledger, &q, err, sql, "i", *at) < 0)
		return -1;
	rc = ledger_step(q, err);
	if (rc == 1) {
		*at = ledger_int(q, 0);
		buf_puts(name, ledger_text(q, 1));
		*p = (struct verify_place){ .name = buf_str(name),
			.tag = *at,
			.uidvalidity = (uint32_t)ledger_int(q, 2),
			.elsewhere = true };
	}
	ledger_end(&q);
	return rc;
}

/* 0, 1 the folder cannot be looked at any more (told), -1. */
static int
read_place(struct verify *v, struct verify_place *p, struct err *err)
{
	struct err why = { 0 };
	int rc = verify_through(v, read_found, p, &why);

	v->renumbered = false;
	if (rc < 0)
		*err = why;
	if (rc != 1)
		return rc;
	err_within(&why, "the folder '%s'", p->name);
	report_problem(v->l.report,
	    &(struct problem){ .kind = "unchecked", .err = &why });
	return 1;
}

/* They are somewhere, and more cannot be told. */
static int
leave_found(struct verify *v, const struct verify_place *p, struct err *err)
{
	struct ledger_rows *q;
	int rc;

	if (ledger_query(v->l.ledger, &q, err,
		"SELECT at FROM temp.found WHERE sat=?", "i", p->tag) < 0)
		return -1;
	while ((rc = ledger_step(q, err)) == 1) {
		struct load_folder *f = &v->l.folders[ledger_int(q, 0) - 1];

		report_fate(v->l.report, f->path, FATE_REFUSED, 0);
		f->refused++;
		report_add(v->l.report, "unchecked", 1);
	}
	ledger_end(&q);
	if (rc < 0)
		return -1;
	return ledger_do(v->l.ledger, err,
		   "DELETE FROM temp.gone WHERE id IN (SELECT id FROM "
		   "temp.found WHERE sat=?)",
		   "i", p->tag) < 0
	    ? -1
	    : 0;
}

static int
judge_place(struct verify *v, struct verify_place *p, struct err *err)
{
	int rc;

	if (stop_check(err) < 0 || bring_back(v, p, err) < 0)
		return -1;
	rc = read_place(v, p, err);
	if (rc != 0)
		return rc < 0 ? -1 : leave_found(v, p, err);
	if (drop_unlike(v, p, err) < 0 || name_found(v, p, err) < 0)
		return -1;
	return verify_pairs(v, p, err);
}

static int
judge_found(struct verify *v, struct err *err)
{
	struct verify_place p;
	struct buf name = { 0 };
	int64_t at = INT64_MIN;
	int rc;

	while ((rc = next_place(v,
		    "SELECT s.at, s.name, s.uidvalidity FROM temp.found f "
		    "CROSS JOIN temp.spare s ON s.at=f.sat AND s.uid=f.uid "
		    "WHERE f.sat>? ORDER BY f.sat LIMIT 1",
		    &at, &p, &name, err)) == 1) {
		if (judge_place(v, &p, err) < 0) {
			rc = -1;
			break;
		}
	}
	buf_free(&name);
	return rc;
}

/* ------------------------------------------- duplicates in other folders */

int
verify_copies(struct verify *v, struct err *err)
{
	struct verify_place p;
	struct buf name = { 0 };
	int64_t at = 0;
	int rc;

	while ((rc = next_place(v,
		    "SELECT s.at, s.name, s.uidvalidity FROM temp.spare s "
		    "WHERE s.at>? AND s.taken=0 AND s.message_id<>'' AND "
		    "EXISTS (SELECT 1 FROM message m WHERE "
		    "m.message_id=s.message_id) ORDER BY s.at LIMIT 1",
		    &at, &p, &name, err)) == 1) {
		if (stop_check(err) < 0 || there_begin(v->l.ledger, err) < 0 ||
		    ledger_do(v->l.ledger, err,
			"INSERT INTO temp.there(folder, uid, size, received, "
			"message_id, sha256, likeness, fetch) SELECT s.at, "
			"s.uid, s.size, s.received, s.message_id, s.sha256, "
			"s.likeness, s.sha256 IS NULL FROM temp.spare s WHERE "
			"s.at=? AND s.taken=0 AND s.message_id<>'' AND EXISTS "
			"(SELECT 1 FROM message m WHERE "
			"m.message_id=s.message_id)",
			"i", at) < 0 ||
		    ledger_do(v->l.ledger, err,
			"INSERT OR IGNORE INTO temp.want(id, key, size, "
			"received, message_id, sha256, source, run) SELECT "
			"m.id, m.key, m.size, m.received, m.message_id, "
			"m.sha256, m.source, a.at FROM temp.there t CROSS JOIN "
			"message m ON m.message_id=t.message_id JOIN "
			"temp.folder_at a ON a.folder=m.folder WHERE NOT "
			"EXISTS (SELECT 1 FROM delivery d WHERE "
			"d.destination=? AND d.key=m.key AND d.state=5)",
			"i", v->l.d.id) < 0 ||
		    read_place(v, &p, err) < 0 ||
		    verify_twins(v, &p, err) < 0) {
			rc = -1;
			break;
		}
	}
	buf_free(&name);
	return rc;
}

int
verify_found(struct verify *v, struct err *err)
{
	if (read_others(v, err) < 0 || find_all(v, FOUND_FACTS, err) < 0 ||
	    find_all(v, FOUND_ID, err) < 0 || find_all(v, FOUND_SIZE, err) < 0)
		return -1;
	return judge_found(v, err);
}
