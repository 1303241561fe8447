/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A message that was delivered, and lies in another folder of the spool now,
 * is moved there.  See delta_impl.h.
 *
 * Before a set is moved, its rows say so (moving, uidnext: committed); what
 * COPYUID tells is committed behind it.  Where that did not come to pass, the
 * messages are looked for in the folder they were to go to, from that UIDNEXT
 * on: those that are there have arrived, and a copy that is left where they
 * came from is stale; of the others nothing has happened.
 */
#include <stdlib.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/step.h"
#include "load/delta_impl.h"
#include "load/match.h"
#include "load/there.h"

/* ------------------------------------------------- what died on the way */

/* The rows on their way to 'to' that were found there have arrived. */
static int
arrive(struct load *l, int64_t to, struct err *err)
{
	/* what is left where they were is looked at by delta_stale_all() */
	if (ledger_do(l->ledger, err,
		"INSERT OR IGNORE INTO delivery_stale(folder, uid, "
		"destination, key, flags, keywords) SELECT d.folder, d.uid, "
		"d.destination, d.key, d.flags, d.keywords FROM temp.pair p "
		"CROSS JOIN temp.want w ON w.id=p.id CROSS JOIN delivery d ON "
		"d.destination=?1 AND d.key=w.key WHERE p.folder=?2",
		"ii", l->d.id, to) < 0)
		return -1;
	return ledger_do(l->ledger, err,
	    "UPDATE delivery SET folder=?2, uid=(SELECT p.uid FROM "
	    "temp.pair p CROSS JOIN temp.want w ON w.id=p.id WHERE "
	    "w.key=delivery.key) WHERE destination=?1 AND moving=?2 "
	    "AND key IN (SELECT w.key FROM temp.pair p CROSS JOIN "
	    "temp.want w ON w.id=p.id)",
	    "ii", l->d.id, to);
}

static int
look_for(struct load *l, const struct delivery_folder *to, int *n_r,
    struct err *err)
{
	int64_t lo;

	*n_r = 0;
	if (imap_select(l->d.im, slice_str(to->name), true, err) < 0)
		return err->scope == SCOPE_FOLDER ? 0 : -1;
	if (imap_selected(l->d.im)->uidvalidity != to->uidvalidity)
		return 0;
	if (ledger_number(l->ledger, &lo, err,
		"SELECT min(uidnext) FROM delivery WHERE destination=? AND "
		"moving=? AND moving IS NOT NULL",
		"ii", l->d.id, to->id) < 0 ||
	    there_begin(l->ledger, err) < 0 ||
	    ledger_do(l->ledger, err,
		"INSERT OR IGNORE INTO temp.want(id, key, size, received, "
		"message_id, sha256, uidnext, run) SELECT m.id, m.key, "
		"m.size, m.received, m.message_id, m.sha256, d.uidnext, d.run "
		"FROM delivery d CROSS JOIN message m ON m.key=d.key WHERE "
		"d.destination=? AND d.moving=? AND d.moving IS NOT NULL",
		"ii", l->d.id, to->id) < 0 ||
	    there_fetch(&l->d, to->id, (uint32_t)lo, THERE_MESSAGE_ID, err) <
		0 ||
	    match_drop_bound(&l->d, to->id, err) < 0 ||
	    match_run(&l->d, to->id,
		MATCH_OURS | (l->d.rewrites ? MATCH_WEAK : 0), err) < 0)
		return -1;
	if (load_begin(l, err) < 0)
		return -1;
	*n_r = arrive(l, to->id, err);
	return *n_r < 0 ? -1 : 0;
}

int
delta_move_resolve(struct load *l, struct err *err)
{
	struct delivery_folder df;
	struct arena a = { 0 };
	int64_t to = 0, row;
	int n = 0, rc = 0;

	while (rc == 0) {
		if (ledger_number(l->ledger, &to, err,
			"SELECT min(moving) FROM delivery WHERE destination=? "
			"AND moving>0 AND moving IS NOT NULL",
			"i", l->d.id) < 0)
			return -1;
		if (to == 0)
			break;
		row = to - 1;
		rc = delivery_folder_next(l->ledger, l->d.id, &row, &df, &a,
		    err);
		if (rc == 1 && df.id == to)
			rc = look_for(l, &df, &n, err);
		if (rc < 0)
			break;
		step("load.moves_resolved");
		rc = load_begin(l, err) < 0 ||
			ledger_do(l->ledger, err,
			    "UPDATE delivery SET moving=NULL WHERE "
			    "destination=? AND moving=? AND moving IS NOT "
			    "NULL",
			    "ii", l->d.id, to) < 0 ||
			ledger_commit(l->ledger, err) < 0
		    ? -1
		    : 0;
		report_add(l->report, "moved", (uint64_t)n);
	}
	arena_free(&a);
	return rc;
}

/* ------------------------------------------------------------ the moving */

struct mover {
	struct load *l;
	struct load_folder *f; /* where to */
	struct delivery_folder from;
	bool move; /* UID MOVE, else COPY and UID EXPUNGE */
};

/* The rows of a set, uids lo to hi with this verdict: on their way. */
static int
note_moving(struct mover *m, uint32_t lo, uint32_t hi, struct err *err)
{
	struct load *l = m->l;

	if (load_begin(l, err) < 0 ||
	    ledger_do(l->ledger, err,
		"UPDATE delivery SET moving=?1, uidnext=?2 WHERE folder=?3 "
		"AND uid IN (SELECT uid FROM temp.delta WHERE folder=?3 AND "
		"verdict=1 AND uid BETWEEN ?4 AND ?5)",
		"iiiii", m->f->there, (int64_t)m->f->uidnext, m->from.id,
		(int64_t)lo, (int64_t)hi) < 0)
		return -1;
	step("load.moving");
	return ledger_commit(l->ledger, err);
}

/* One has arrived, says COPYUID. */
static int
note_moved(struct mover *m, uint32_t from, uint32_t to, struct err *err)
{
	struct load *l = m->l;
	int n;

	if (!m->move &&
	    ledger_do(l->ledger, err,
		"INSERT OR IGNORE INTO delivery_stale(folder, uid, "
		"destination, key, flags, keywords) SELECT folder, uid, "
		"destination, key, flags, keywords FROM delivery WHERE "
		"folder=? AND uid=? AND moving IS NOT NULL",
		"ii", m->from.id, (int64_t)from) < 0)
		return -1;
	n = ledger_do(l->ledger, err,
	    "UPDATE OR IGNORE delivery SET folder=?, uid=?, moving=NULL WHERE "
	    "folder=? AND uid=? AND moving IS NOT NULL",
	    "iiii", m->f->there, (int64_t)to, m->from.id, (int64_t)from);
	if (n > 0)
		report_add(l->report, "moved", (uint64_t)n);
	return n < 0 ? -1 : 0;
}

static int
move_set(struct mover *m, struct imap_set *set, struct err *err)
{
	struct load *l = m->l;
	struct imap_copied c;
	uint32_t from, to;
	struct err why = { 0 };
	int rc;

	rc = imap_uid_copy(l->d.im, imap_set_text(set), slice_str(m->f->name),
	    m->move, &c, &why);
	if (rc < 0 && why.scope != SCOPE_FOLDER) {
		*err = why;
		return -1;
	}
	step("load.moved");
	if (load_begin(l, err) < 0)
		return -1;
	while (c.uidvalidity == m->f->uidvalidity &&
	    imap_copied_next(&c, &from, &to))
		if (note_moved(m, from, to, err) < 0)
			return -1;
	if (ledger_commit(l->ledger, err) < 0)
		return -1;
	if (rc < 0)
		report_problem(l->report,
		    &(struct problem){ .folder = m->f->path, .err = &why });
	dest_progress(&l->d);
	return rc < 0 ? 0 : 1;
}

static int
move_as_left(struct mover *m, struct err *err)
{
	struct imap_set set = { 0 };
	uint32_t last = 0, lo;
	int rc;

	for (;;) {
		lo = last + 1;
		rc = delta_next_set(m->l, m->from.id, DELTA_AS_LEFT, &last,
		    &set, err);
		if (rc <= 0)
			break;
		if (note_moving(m, lo, last, err) < 0) {
			rc = -1;
			break;
		}
		rc = move_set(m, &set, err);
		if (rc <= 0)
			break;
	}
	imap_set_free(&set);
	return rc;
}

/* What the folder 'from' there has and 'f' should have. */
static int
move_from(struct mover *m, int64_t from, struct err *err)
{
	struct load *l = m->l;
	struct arena a = { 0 };
	uint64_t n = 0;
	char *text;
	int rc = delta_look(l, from, &m->from, &a, err);

	if (rc <= 0) {
		arena_free(&a);
		return rc;
	}
	text = mem_fmt("would be moved to '%s'", delta_show(&a, m->f->name));
	if (delta_tell(l, &m->from, DELTA_TOUCHED,
		"it is in another place now, and stays in the",
		": its flags were changed there", err) < 0 ||
	    delta_tell(l, &m->from, DELTA_NOT_SEEN,
		"it is in another place now; there it was moved or deleted, "
		"and is no longer in the",
		"", err) < 0)
		rc = -1;
	else if (l->o->dry_run)
		rc = delta_tell_dry(l, &m->from, text, "would_move", &n, err);
	else if (!imap_has(l->d.im, IMAP_CAP_MOVE) &&
	    !imap_has(l->d.im, IMAP_CAP_UIDPLUS))
		rc = delta_tell(l, &m->from, DELTA_AS_LEFT,
		    "it is in another place now, and stays in the",
		    ": the server cannot move single messages", err);
	else
		rc = move_as_left(m, err);
	free(text);
	arena_free(&a);
	return rc < 0 ? -1 : 0;
}

/* Deliveries of this folder's messages that are in other folders there. */
static int
list_elsewhere(struct load *l, const struct load_folder *f, struct err *err)
{
	if (delta_begin(l, err) < 0)
		return -1;
	return ledger_do(l->ledger, err,
	    "INSERT OR IGNORE INTO temp.delta(folder, uid, key, flags, "
	    "keywords, owed, dropped) SELECT d.folder, d.uid, d.key, "
	    "coalesce(d.flags, m.flags), coalesce(d.keywords, "
	    "m.keywords), d.owed, d.dropped FROM message m CROSS JOIN "
	    "delivery d ON d.destination=? AND d.key=m.key WHERE "
	    "m.folder=? AND d.state=2 AND d.folder<>? AND d.uid>0",
	    "iii", l->d.id, f->id, f->there);
}

int
delta_untold(struct load *l, const struct load_folder *f, uint64_t *n_r,
    struct err *err)
{
	int64_t n;

	if (ledger_number(l->ledger, &n, err,
		"SELECT count(*) FROM message m CROSS JOIN delivery d ON "
		"d.destination=? AND d.key=m.key WHERE m.folder=? AND "
		"d.state=2 AND d.folder<>? AND coalesce(d.uid, 0)=0",
		"iii", l->d.id, f->id, f->there) < 0)
		return -1;
	*n_r = (uint64_t)n;
	return 0;
}

/* It is there, with its row.  1, 0: it cannot be (said), -1. */
static int
have_target(struct load *l, struct load_folder *f, struct err *err)
{
	while (!l->o->dry_run && !f->prepared && !f->finished)
		if (prepare_folders(l, f, err) < 0)
			return -1;
	return l->o->dry_run || (f->prepared && !f->finished && f->there != 0);
}

static int
move_into(struct load *l, struct load_folder *f, struct err *err)
{
	struct mover m = { .l = l, .f = f };
	int64_t from = 0;
	int rc = have_target(l, f, err);

	if (rc <= 0)
		return rc;
	m.move = imap_has(l->d.im, IMAP_CAP_MOVE);
	if (list_elsewhere(l, f, err) < 0)
		return -1;
	while ((rc = delta_next_folder(l, &from, err)) == 1)
		if (move_from(&m, from, err) < 0)
			return -1;
	return rc;
}

static bool
is_target(const struct load_folder *f)
{
	return f->sums.elsewhere > 0 || (f->there == 0 && f->sums.done > 0);
}

int
delta_move_all(struct load *l, bool *changed, struct err *err)
{
	bool *target = mem_alloc(l->nfolders + 1, sizeof(*target));
	size_t i;
	int rc = 0;

	/* they are to be made where they are missing; all are prepared at
	 * once, so that 'there' tells nothing any more then */
	for (i = 0; i < l->nfolders; i++) {
		target[i] = is_target(&l->folders[i]);
		if (target[i] && l->folders[i].sums.todo == 0)
			l->folders[i].sums.todo = 1;
	}
	for (i = 0; rc == 0 && i < l->nfolders; i++) {
		if (!target[i])
			continue;
		*changed = true;
		rc = stop_check(err) < 0 ? -1
					 : move_into(l, &l->folders[i], err);
	}
	free(target);
	/* where COPYUID did not tell, or only in part */
	return rc < 0 || l->o->dry_run ? rc : delta_move_resolve(l, err);
}
