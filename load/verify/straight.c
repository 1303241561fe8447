/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A folder in one pass, as fast as it can be fetched: where the ledger knows
 * the UIDs, EXAMINE, and behind it at once what FETCH tells together with the
 * bytes.  Each message is compared as it comes, and one that is as it should
 * be leaves no row anywhere.  Where that is all of them and there are no
 * others, the folder is proven.
 *
 * Else verify_look() and what follows it judge the folder; what was seen is
 * theirs, so that no bytes are read again that were right.  Nothing is done
 * about trouble here: whatever happens, the pass ends, and they go on.
 *
 *	temp.unsound	UIDs that did not come as expected, or not at all
 *	temp.told	what FETCH told of those, if it did
 */
#include "load/delta.h"

#include <string.h>

#include "load/there.h"
#include "load/verify/read_impl.h"

/* ------------------------------------------------------------- messages */

static int
note_unsound(struct verify_reader *r, uint32_t uid, bool bytes, struct err *err)
{
	return ledger_do(r->v->l.ledger, err,
		   "INSERT OR REPLACE INTO temp.unsound VALUES(?, ?)", "ii",
		   (int64_t)uid, (int64_t)bytes) < 0
	    ? -1
	    : 0;
}

/* 1, 0, -1. */
static int
same_keywords(struct verify_reader *r, const struct wanted *w, struct err *err)
{
	int64_t same;

	if (!w->keywords && r->words.n == 0)
		return 1;
	if (ledger_number(r->v->l.ledger, &same, err,
		"SELECT EXISTS(SELECT 1 FROM delivery d CROSS JOIN message m "
		"ON m.key=d.key WHERE d.folder=? AND d.uid=? AND "
		"m.keywords=?)",
		"iis", r->straight->there, (int64_t)w->uid,
		buf_slice(&r->words)) < 0)
		return -1;
	return same != 0;
}

int
straight_take(struct verify_reader *r, const struct wanted *w,
    const struct imap_fetch *f, const uint8_t *sha256, struct err *err)
{
	int64_t received = f->has_date ? f->internaldate : DATE_UNKNOWN;
	bool told = f->has_size && f->has_flags;
	bool bytes =
	    w->has_sha256 && memcmp(sha256, w->sha256, DIGEST_BYTES) == 0;
	uint32_t flags =
	    there_flags(told ? f->flags : slice_str(""), &r->words);
	int rc = 0;

	if (bytes && told && f->size == w->size && received == w->received &&
	    flags == w->flags)
		rc = same_keywords(r, w, err);
	if (rc < 0)
		return -1;
	if (rc == 1) {
		r->sound++;
		return 0;
	}
	if (!bytes && ++r->disappointed > DISAPPOINTED_MAX)
		r->at_end = true;
	if (note_unsound(r, w->uid, !bytes, err) < 0)
		return -1;
	return told &&
		ledger_do(r->v->l.ledger, err,
		    "INSERT OR REPLACE INTO temp.told VALUES(?, ?, ?, "
		    "?, ?, ?)",
		    "iiiisb", (int64_t)w->uid, (int64_t)f->size, received,
		    (int64_t)flags, buf_slice(&r->words),
		    slice_of(bytes ? sha256 : NULL, bytes ? DIGEST_BYTES : 0)) <
		    0
	    ? -1
	    : 0;
}

int
straight_next(struct verify_reader *r, struct flight *f, unsigned max,
    struct err *err)
{
	const struct load_folder *to = r->straight;
	struct ledger_rows *q;
	struct slice sha;
	int rc = 0;

	if (ledger_query(r->v->l.ledger, &q, err,
		"SELECT d.uid, m.size, CASE WHEN m.received_how=?1 OR "
		"m.received<0 THEN 0 ELSE m.received END, m.flags, "
		"m.keywords<>'', m.sha256 FROM delivery d CROSS JOIN message m "
		"ON m.key=d.key WHERE d.folder=?2 AND d.uid>?3 AND "
		"d.destination=?4 AND d.state=2 AND m.folder=?5 ORDER BY "
		"d.uid",
		"iiiii", (int64_t)RECEIVED_UNKNOWN, to->there, (int64_t)r->last,
		r->v->l.d.id, to->id) < 0)
		return -1;
	while (f->n < max && (rc = ledger_step(q, err)) == 1) {
		struct wanted *w = &f->w[f->n++];

		*w = (struct wanted){ .uid = (uint32_t)ledger_int(q, 0),
			.size = (uint64_t)ledger_int(q, 1),
			.received = ledger_int(q, 2),
			.flags = (uint32_t)ledger_int(q, 3),
			.keywords = ledger_int(q, 4) != 0 };
		sha = ledger_blob(q, 5);
		w->has_sha256 = sha.n == DIGEST_BYTES;
		if (w->has_sha256)
			memcpy(w->sha256, sha.p, DIGEST_BYTES);
		r->last = w->uid;
		read_took(r, w->size);
	}
	ledger_end(&q);
	if (rc == 0 && f->n < max)
		r->at_end = true;
	return rc < 0 ? -1 : 0;
}

int
straight_leave(struct verify_reader *r, const struct flight *f, struct err *err)
{
	unsigned i;

	for (i = 0; i < f->n; i++)
		if (f->w[i].uid != 0 &&
		    note_unsound(r, f->w[i].uid, false, err) < 0)
			return -1;
	return 0;
}

/* --------------------------------------------------------------- folder */

/* Does the ledger tell where its messages are?  1, 0, -1. */
static int
is_known(struct verify *v, const struct load_folder *f, struct err *err)
{
	int64_t some;
	int rc;

	if (!v->o->deep || !v->writes || v->troubled || f->there == 0 ||
	    f->known_uidvalidity == 0)
		return 0;
	rc = delta_withdrawn(&v->l, NULL, err);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (ledger_number(v->l.ledger, &some, err,
		"SELECT EXISTS(SELECT 1 FROM delivery d CROSS JOIN message m "
		"ON m.key=d.key WHERE d.folder=? AND d.destination=? AND "
		"d.state=2 AND m.folder=?)",
		"iii", f->there, v->l.d.id, f->id) < 0)
		return -1;
	return some != 0;
}

/* EXAMINE and the questions behind it. */
static int
ask(struct verify_reader *r, const struct load_folder *f,
    struct verify_place *p, uint64_t *exists_r, struct err *err)
{
	struct session *s = r->s[0];
	struct imap_result res;
	uint32_t tag;

	if (imap_examine_send(s->im, slice_str(p->name), false, &tag, err) < 0)
		return -1;
	r->window = 1; /* in vain, if the folder is another one now */
	if (ask_top_up(s, err) < 0 || imap_wait(s->im, tag, &res, err) < 0)
		return -1;
	r->window = READ_BATCHES;
	if (res.status == IMAP_OK &&
	    imap_selected(s->im)->uidvalidity == f->known_uidvalidity) {
		p->uidvalidity = f->known_uidvalidity;
		*exists_r = imap_selected(s->im)->exists;
	} else {
		r->at_end = true;
	}
	return read_all(r, err);
}

static int
prove(struct verify *v, struct load_folder *f, uint64_t exists, struct err *err)
{
	int64_t n, bytes;

	if (ledger_number(v->l.ledger, &n, err,
		"SELECT count(*) FROM message WHERE folder=?", "i",
		f->id) < 0 ||
	    ledger_number(v->l.ledger, &bytes, err,
		"SELECT sum(size) FROM message WHERE folder=?", "i", f->id) < 0)
		return -1;
	if ((uint64_t)n != v->reader->sound || (uint64_t)n != exists)
		return 0;
	f->announced = f->unchanged = (uint64_t)n;
	report_add(v->l.report, "messages", f->announced);
	report_bulk(v->l.report, f->path, FATE_UNCHANGED, f->announced);
	report_compared(v->l.report, f->path, (uint64_t)bytes);
	return 1;
}

int
verify_straight(struct verify *v, struct load_folder *f, struct verify_place *p,
    struct err *err)
{
	struct err ignored = { 0 };
	struct verify_reader *r;
	uint64_t exists = 0;
	int rc;

	rc = is_known(v, f, err);
	if (rc <= 0)
		return rc;
	if (ledger_do(v->l.ledger, err, "DELETE FROM temp.unsound", "") < 0 ||
	    ledger_do(v->l.ledger, err, "DELETE FROM temp.told", "") < 0)
		return -1;
	r = read_begin(v, p);
	r->straight = f;
	r->left_msgs = f->sums.messages;
	r->left_bytes = f->sums.bytes;
	if (ledger_do(v->l.ledger, err, "SAVEPOINT straight", "") < 0)
		return -1;
	report_doing(v->l.report, "reading messages");
	rc = ask(r, f, p, &exists, err);
	report_doing(v->l.report, NULL);
	if (rc < 0 && read_leave(r, &ignored) < 0)
		*err = ignored;
	if (ledger_do(v->l.ledger, rc < 0 ? &ignored : err, "RELEASE straight",
		"") < 0)
		rc = -1;
	r->straight = NULL;
	v->troubled = rc < 0;
	p->known_to = p->uidvalidity == 0 ? 0 : r->last;
	p->disappointed = r->disappointed;
	if (rc == 0 && p->uidvalidity != 0)
		return prove(v, f, exists, err);
	return rc;
}

int
verify_straight_keep(struct verify *v, const struct load_folder *f,
    const struct verify_place *p, struct err *err)
{
	if (p->known_to == 0)
		return 0;
	if (ledger_do(v->l.ledger, err,
		"INSERT OR IGNORE INTO temp.there(folder, uid, size, received, "
		"flags, keywords, message_id, sha256, fetch) SELECT ?1, d.uid, "
		"w.size, w.received, w.flags, w.keywords, w.message_id, "
		"w.sha256, 2 FROM temp.want w CROSS JOIN delivery d ON "
		"d.destination=?2 AND d.key=w.key AND d.state=2 AND "
		"d.folder=?3 AND d.uid<=?4 WHERE d.uid NOT IN (SELECT uid FROM "
		"temp.unsound)",
		"iiii", p->tag, v->l.d.id, f->there, (int64_t)p->known_to) < 0)
		return -1;
	return ledger_do(v->l.ledger, err,
		   "INSERT OR IGNORE INTO temp.there(folder, uid, size, "
		   "received, flags, keywords, message_id, sha256, fetch) "
		   "SELECT ?, uid, size, received, flags, keywords, '', "
		   "sha256, CASE WHEN sha256 IS NULL THEN 0 ELSE 2 END FROM "
		   "temp.told",
		   "i", p->tag) < 0
	    ? -1
	    : 0;
}
