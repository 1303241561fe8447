/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a folder of the destination has, and which message is which: by the
 * UIDs of the ledger first, the rest by content (load/match.h).  May be cut
 * off anywhere: the next call goes on with what is known already.
 */
#include "formats/head.h"
#include "load/match.h"
#include "load/there.h"
#include "load/verify/impl.h"

/* --------------------------------------------------------------- facts */

static int
count_there(struct verify *v, const struct verify_place *p, int64_t *n_r,
    int64_t *top_r, struct err *err)
{
	if (ledger_number(v->l.ledger, n_r, err,
		"SELECT count(*) FROM temp.there WHERE folder=?", "i",
		p->tag) < 0)
		return -1;
	return ledger_number(v->l.ledger, top_r, err,
	    "SELECT max(uid) FROM temp.there WHERE folder=?", "i", p->tag);
}

/* Numbered anew: what was learned is worth nothing. */
static int
forget_place(struct verify *v, const struct verify_place *p, struct err *err)
{
	if (ledger_do(v->l.ledger, err, "DELETE FROM temp.pair", "") < 0)
		return -1;
	return ledger_do(v->l.ledger, err,
		   "DELETE FROM temp.there WHERE folder=?", "i", p->tag) < 0
	    ? -1
	    : 0;
}

static int
open_place(struct verify *v, struct verify_place *p, struct err *err)
{
	uint32_t now;

	if (imap_select(v->l.d.im, slice_str(p->name), true, err) < 0)
		return -1;
	now = imap_selected(v->l.d.im)->uidvalidity;
	if (v->renumbered || now != p->uidvalidity) {
		v->renumbered = false;
		p->uidvalidity = now;
		return forget_place(v, p, err);
	}
	return 0;
}

/*
 * Everything that FETCH tells.  A session that dies in the middle leaves the
 * lower UIDs, nearly always; then only the rest is asked for.  If that does
 * not add up, all of it once more.
 */
static int
fetch_facts(struct verify *v, const struct verify_place *p, unsigned what,
    struct err *err)
{
	const struct imap_mailbox *m = imap_selected(v->l.d.im);
	uint64_t exists = m->exists;
	int64_t n, top;

	if (count_there(v, p, &n, &top, err) < 0)
		return -1;
	if ((uint64_t)n < exists) {
		if (there_fetch(&v->l.d, p->tag, (uint32_t)top + 1, what, err) <
			0 ||
		    count_there(v, p, &n, &top, err) < 0)
			return -1;
	}
	m = imap_selected(v->l.d.im);
	if ((uint64_t)n >= (exists < m->exists ? exists : m->exists))
		return 0;
	if (there_fetch(&v->l.d, p->tag, 1, what, err) < 0 ||
	    count_there(v, p, &n, &top, err) < 0)
		return -1;
	m = imap_selected(v->l.d.im);
	if ((uint64_t)n < m->exists && (uint64_t)n < exists)
		return err_set(err, SCOPE_FOLDER, EX_UNAVAILABLE,
		    "the server says that there are %llu messages, and tells "
		    "of %lld",
		    (unsigned long long)m->exists, (long long)n);
	return 0;
}

/*
 * The first visit: EXAMINE, and the question behind it at once, which saves a
 * round trip a folder.
 */
static int
fetch_at_once(struct verify *v, struct verify_place *p, unsigned what,
    struct err *err)
{
	struct err fetch = { 0 };
	struct imap_result res;
	uint32_t tag;
	int rc;

	if (imap_examine_send(v->l.d.im, slice_str(p->name), false, &tag, err) <
	    0)
		return -1;
	rc = there_fetch(&v->l.d, p->tag, 1, what, &fetch);
	if (rc < 0 && (fetch.scope >= SCOPE_STORE || !imap_alive(v->l.d.im))) {
		*err = fetch;
		return -1;
	}
	if (imap_wait(v->l.d.im, tag, &res, err) < 0 ||
	    imap_result_err(&res, SCOPE_FOLDER, "EXAMINE", err) < 0)
		return -1;
	p->uidvalidity = imap_selected(v->l.d.im)->uidvalidity;
	/* an empty folder need not answer for its messages */
	if (rc < 0 && imap_selected(v->l.d.im)->exists > 0) {
		*err = fetch;
		return -1;
	}
	return 0;
}

static int
look_at(struct verify *v, struct verify_place *p, unsigned what,
    struct err *err)
{
	int rc = p->uidvalidity == 0 && !v->renumbered
	    ? fetch_at_once(v, p, what, err)
	    : open_place(v, p, err);

	return rc < 0 ? -1 : fetch_facts(v, p, what, err);
}

/* ---------------------------------------------------------- Message-IDs */

struct id_taker {
	struct verify *v;
	const struct verify_place *p;
	struct buf head;
};

static int
take_head(void *arg, const struct imap_body *b, const void *p, size_t n,
    struct err *err)
{
	struct id_taker *t = arg;

	(void)err;
	there_keep_head(&t->head, b, p, n);
	return 0;
}

static int
take_id(void *arg, const struct imap_fetch *f, struct err *err)
{
	struct id_taker *t = arg;
	int rc = 0;

	if (f->has_body && f->uid != 0)
		rc = ledger_do(t->v->l.ledger, err,
		    "UPDATE temp.there SET message_id=? WHERE folder=? AND "
		    "uid=?",
		    "sii", head_message_id(buf_slice(&t->head)), t->p->tag,
		    (int64_t)f->uid);
	buf_clear(&t->head);
	return rc < 0 ? -1 : 0;
}

/* The next UIDs without a pair into 'set'.  1, 0 none, -1. */
static int
next_unpaired(struct verify *v, const struct verify_place *p,
    struct imap_set *set, uint32_t *last, struct err *err)
{
	struct ledger_rows *q;
	int rc, n = 0;

	imap_set_clear(set);
	if (ledger_query(v->l.ledger, &q, err,
		"SELECT uid FROM temp.there t WHERE folder=? AND uid>? AND "
		"NOT EXISTS (SELECT 1 FROM temp.pair p WHERE "
		"p.folder=t.folder AND p.uid=t.uid) ORDER BY uid",
		"ii", p->tag, (int64_t)*last) < 0)
		return -1;
	while (set->text.n < IMAP_SET_BYTES - 32 &&
	    (rc = ledger_step(q, err)) == 1) {
		*last = (uint32_t)ledger_int(q, 0);
		imap_set_add(set, *last);
		n++;
	}
	ledger_end(&q);
	return rc < 0 ? -1 : n > 0;
}

static int
fetch_ids(struct verify *v, const struct verify_place *p, struct err *err)
{
	struct id_taker t = { .v = v, .p = p };
	struct imap_fetch_sink sink = { take_id, take_head, &t };
	struct err ignored = { 0 };
	struct imap_set set = { 0 };
	uint32_t last = 0;
	int rc;

	if (ledger_do(v->l.ledger, err, "SAVEPOINT ids", "") < 0)
		return -1;
	while ((rc = next_unpaired(v, p, &set, &last, err)) == 1) {
		rc = imap_uid_fetch(v->l.d.im, imap_set_text(&set),
		    "(UID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])", &sink, err);
		if (rc < 0)
			break;
	}
	if (ledger_do(v->l.ledger, rc < 0 ? &ignored : err, "RELEASE ids", "") <
	    0)
		rc = -1;
	imap_set_free(&set);
	buf_free(&t.head);
	return rc;
}

/* -------------------------------------------------------------- pairing */

/* By the ledger's word. */
static int
pair_by_uid(struct verify *v, const struct load_folder *f,
    const struct verify_place *p, struct err *err)
{
	if (f->there == 0 || f->known_uidvalidity != p->uidvalidity)
		return 0;
	return ledger_do(v->l.ledger, err,
		   "INSERT OR IGNORE INTO temp.pair SELECT w.id, t.folder, "
		   "t.uid, 0 FROM temp.want w CROSS JOIN delivery d ON "
		   "d.destination=?1 AND d.key=w.key AND d.state=2 AND "
		   "d.folder=?2 CROSS JOIN temp.there t ON t.folder=?3 AND "
		   "t.uid=d.uid",
		   "iii", v->l.d.id, f->there, p->tag) < 0
	    ? -1
	    : 0;
}

static int
pair_by_content(struct verify *v, const struct verify_place *p, struct err *err)
{
	/* asked for by a session that died: once more */
	if (ledger_do(v->l.ledger, err,
		"UPDATE temp.there SET fetch=0 WHERE folder=? AND fetch>0 AND "
		"sha256 IS NULL",
		"i", p->tag) < 0 ||
	    match_run(&v->l.d, p->tag, MATCH_WEAK | MATCH_OURS, err) < 0)
		return -1;
	return ledger_do(v->l.ledger, err,
		   "UPDATE temp.there SET fetch=0 WHERE folder=? AND fetch>0 "
		   "AND sha256 IS NULL",
		   "i", p->tag) < 0
	    ? -1
	    : 0;
}

/* Which bytes are wanted: of all pairs, or where the facts leave doubts; and
 * of those that may be one more of a message that is there. */
static int
mark(struct verify *v, const struct verify_place *p, struct err *err)
{
	if (ledger_do(v->l.ledger, err,
		"UPDATE temp.there SET fetch=1 WHERE folder=?1 AND sha256 IS "
		"NULL AND uid NOT IN (SELECT uid FROM temp.ungiven WHERE "
		"folder=?1) AND uid IN (SELECT p.uid FROM temp.pair p CROSS "
		"JOIN "
		"temp.want w ON w.id=p.id CROSS JOIN temp.there t ON "
		"t.folder=p.folder AND t.uid=p.uid WHERE p.folder=?1 AND "
		"(?2 OR t.size<>w.size OR p.how>3))",
		"ii", p->tag, (int64_t)v->o->deep) < 0)
		return -1;
	return ledger_do(v->l.ledger, err,
		   "UPDATE temp.there SET fetch=1 WHERE folder=?1 AND sha256 "
		   "IS NULL AND uid NOT IN (SELECT uid FROM temp.pair WHERE "
		   "folder=?1) AND uid NOT IN (SELECT uid FROM temp.ungiven "
		   "WHERE folder=?1) AND EXISTS (SELECT 1 FROM temp.want w "
		   "WHERE "
		   "w.message_id=there.message_id AND (w.message_id<>'' OR "
		   "w.size=there.size))",
		   "i", p->tag) < 0
	    ? -1
	    : 0;
}

static int
count_unpaired(struct verify *v, const struct verify_place *p, int64_t *n_r,
    struct err *err)
{
	return ledger_number(v->l.ledger, n_r, err,
	    "SELECT count(*) FROM temp.there WHERE folder=?1 AND uid NOT IN "
	    "(SELECT uid FROM temp.pair WHERE folder=?1)",
	    "i", p->tag);
}

int
verify_look(struct verify *v, const struct load_folder *f,
    struct verify_place *p, struct err *err)
{
	int64_t unpaired;

	if (look_at(v, p, THERE_FLAGS, err) < 0 ||
	    pair_by_uid(v, f, p, err) < 0 ||
	    count_unpaired(v, p, &unpaired, err) < 0)
		return -1;
	if (unpaired > 0 &&
	    (fetch_ids(v, p, err) < 0 || pair_by_content(v, p, err) < 0))
		return -1;
	return mark(v, p, err);
}

int
verify_look_only(struct verify *v, struct verify_place *p, struct err *err)
{
	return look_at(v, p, THERE_FLAGS | THERE_MESSAGE_ID, err);
}
