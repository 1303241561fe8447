/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is gone at the source is removed (--mirror), and copies of what is
 * somewhere else by now.  See delta_impl.h.
 *
 * Gone is what an extraction said of a message by name: its folder was read
 * as a whole, and it was not in it; and what it has not found again in another
 * folder by the time it had seen the whole source.  What was not looked at, or
 * left out, is not gone.  And much at once is more likely a mistake.
 */
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/step.h"
#include "formats/spool_moves.h"
#include "load/delta_impl.h"

#define FEW 10 /* so many are never too many */

/* In the column moving: on its way out.  Noted before, so that what a run
 * removed that died then does not count as deleted by the user. */
#define REMOVING "-1"

/* ------------------------------------------------------------- removing */

static const char *
trash_of(struct load *l)
{
	size_t i;

	for (i = 0; i < l->d.tree.n; i++)
		if (strcmp(l->d.tree.v[i].role, "\\Trash") == 0 &&
		    !l->d.tree.v[i].noselect)
			return l->d.tree.v[i].name;
	return NULL;
}

/* One set out of the selected folder, in the best way the server has. */
static int
remove_set(struct load *l, const struct delivery_folder *df,
    struct imap_set *set, struct err *err)
{
	static const char deleted[] = "\\Deleted";
	const char *trash = trash_of(l);
	struct slice uids = imap_set_text(set);
	struct imap_copied ignored;

	step("load.remove");
	if (imap_has(l->d.im, IMAP_CAP_UIDPLUS)) {
		if (imap_uid_store(l->d.im, uids, "+FLAGS.SILENT",
			slice_str(deleted), err) < 0)
			return -1;
		step("load.expunge");
		return imap_uid_expunge(l->d.im, uids, err);
	}
	if (imap_has(l->d.im, IMAP_CAP_MOVE) && trash != NULL &&
	    strcmp(trash, df->name) != 0) {
		report_note(l->report,
		    "the server cannot remove single messages: they are moved "
		    "to the folder '%s'",
		    trash);
		return imap_uid_copy(l->d.im, uids, slice_str(trash), true,
		    &ignored, err);
	}
	report_note(l->report,
	    "the server cannot remove single messages: they are only marked "
	    "as deleted, and go when a mail program expunges the folder");
	return imap_uid_store(l->d.im, uids, "+FLAGS.SILENT",
	    slice_str(deleted), err);
}

/* All of the folder that is as we left it. */
static int
remove_as_left(struct load *l, const struct delivery_folder *df,
    struct err *err)
{
	struct imap_set set = { 0 };
	uint32_t last = 0;
	int rc;

	while ((rc = delta_next_set(l, df->id, DELTA_AS_LEFT, &last, &set,
		    err)) > 0)
		if (remove_set(l, df, &set, err) < 0) {
			rc = -1;
			break;
		}
	imap_set_free(&set);
	return rc;
}

static int
note_removing(struct load *l, int64_t folder, struct err *err)
{
	if (load_begin(l, err) < 0 ||
	    ledger_do(l->ledger, err,
		"UPDATE delivery SET moving=" REMOVING " WHERE destination=? "
		"AND folder=? AND uid IN (SELECT uid FROM temp.delta WHERE "
		"folder=? AND verdict=?)",
		"iiii", l->d.id, folder, folder, (int64_t)DELTA_AS_LEFT) < 0)
		return -1;
	step("load.removing");
	return ledger_commit(l->ledger, err);
}

/* A refusal of the server is said, and no reason to stop. */
static int
bear(struct load *l, const struct delivery_folder *df, struct err *err)
{
	if (err->scope != SCOPE_FOLDER && err->scope != SCOPE_MSG)
		return -1;
	err_within(err, "the folder '%s' there", df->name);
	report_problem(l->report, &(struct problem){ .err = err });
	err_clear(err);
	return 0;
}

/* ------------------------------------------------------- copies too many */

int
delta_stale_all(struct load *l, struct err *err)
{
	struct delivery_folder df;
	struct arena a = { 0 };
	int64_t folder = 0;
	int rc;

	if (delta_begin(l, err) < 0 ||
	    ledger_do(l->ledger, err,
		"INSERT OR IGNORE INTO temp.delta(folder, uid, key, flags, "
		"keywords, owed) SELECT folder, uid, key, flags, keywords, 0 "
		"FROM delivery_stale WHERE destination=?",
		"i", l->d.id) < 0)
		return -1;
	while ((rc = delta_next_folder(l, &folder, err)) == 1) {
		rc = delta_look(l, folder, &df, &a, err);
		if (rc == 1 && l->o->dry_run)
			continue;
		if (rc == 1 &&
		    (delta_tell(l, &df, DELTA_TOUCHED,
			 "it is in its new place, and still in the",
			 ": its flags were changed there", err) < 0 ||
			remove_as_left(l, &df, err) < 0))
			rc = bear(l, &df, err) < 0 ? -1 : 2;
		if (rc == 1 &&
		    (load_begin(l, err) < 0 ||
			ledger_do(l->ledger, err,
			    "DELETE FROM delivery_stale WHERE destination=? "
			    "AND folder=?",
			    "ii", l->d.id, folder) < 0 ||
			ledger_commit(l->ledger, err) < 0))
			rc = -1;
		if (rc < 0)
			break;
	}
	arena_free(&a);
	return rc < 0 ? -1 : 0;
}

/* ----------------------------------------------------------- the mirror */

/* All deliveries whose message is gone at the source. */
static int
list_gone(struct load *l, struct err *err)
{
	if (delta_begin(l, err) < 0 ||
	    ledger_do(l->ledger, err,
		"INSERT OR IGNORE INTO temp.delta(folder, uid, key, flags, "
		"keywords, owed, dropped) SELECT d.folder, d.uid, d.key, "
		"d.flags, d.keywords, d.owed, d.dropped FROM message m CROSS "
		"JOIN delivery d ON d.destination=? AND d.key=m.key WHERE "
		"substr(m.source,-12)='\"gone\":true}' AND d.state=2 AND "
		"d.uid>0",
		"i", l->d.id) < 0)
		return -1;
	/* and those that --mirror took out of the spool */
	return ledger_do(l->ledger, err,
	    "INSERT OR IGNORE INTO temp.delta(folder, uid, key, flags, "
	    "keywords, owed, dropped) SELECT d.folder, d.uid, d.key, "
	    "d.flags, d.keywords, d.owed, d.dropped FROM fate x CROSS "
	    "JOIN delivery d ON d.destination=? AND d.key=x.key WHERE "
	    "x.fate='vanished' AND x.why=? AND d.state=2 AND d.uid>0",
	    "it", l->d.id, SPOOL_GONE_WHY);
}

/* Gone before it was ever sent: it need not be.  And gone once more, after it
 * had come back to the source alone (delta.c, revive). */
static int
withdraw_unsent(struct load *l, bool *changed, struct err *err)
{
	int n;

	if (delta_begin_change(l, err) < 0)
		return -1;
	n = ledger_do(l->ledger, err,
	    "INSERT INTO delivery(destination, key, state, folder) SELECT ?1, "
	    "m.key, 5, (SELECT min(id) FROM destination_folder WHERE "
	    "destination=?1) FROM message m WHERE "
	    "substr(m.source,-12)='\"gone\":true}' AND NOT EXISTS(SELECT 1 "
	    "FROM delivery d WHERE d.destination=?1 AND d.key=m.key AND "
	    "d.state IN (1, 2, 5) AND NOT (d.state=2 AND d.uid IS NULL AND "
	    "d.error IS NOT NULL)) ON CONFLICT(destination, key) DO UPDATE "
	    "SET state=5, uid=NULL",
	    "i", l->d.id);
	*changed = *changed || n > 0;
	return n < 0 ? -1 : ledger_commit(l->ledger, err);
}

static bool
is_too_much(const struct load *l, int64_t gone, int64_t all)
{
	return gone > FEW && gone * 100 > all * (int64_t)l->o->mirror_limit;
}

static int
refuse(struct load *l, const char *what, int64_t gone, int64_t all)
{
	struct err why = { 0 };

	err_set(&why, SCOPE_FOLDER, EX_DATAERR,
	    "--mirror would remove %lld of %lld messages of %s, which is more "
	    "than %u %%: nothing of it was removed",
	    (long long)gone, (long long)all, what, l->o->mirror_limit);
	err_hint(&why,
	    "look at the list with --dry-run; if it is right, allow it with "
	    "--mirror-limit 100");
	report_problem(l->report, &(struct problem){ .err = &why });
	return 0;
}

/* Counts of the folder (0: of all) that would go, and that there are. */
static int
weigh(struct load *l, int64_t folder, int64_t *gone, int64_t *all,
    struct err *err)
{
	if (ledger_number(l->ledger, gone, err,
		"SELECT count(*) FROM temp.delta WHERE ?1 IN (0, folder)", "i",
		folder) < 0)
		return -1;
	return ledger_number(l->ledger, all, err,
	    "SELECT count(*) FROM delivery WHERE destination=?1 AND state=2 "
	    "AND ?2 IN (0, folder)",
	    "ii", l->d.id, folder);
}

/* The rows of the folder that were removed, or are not there any more. */
static int
note_removed(struct load *l, int64_t folder, struct err *err)
{
	int64_t n;

	if (ledger_number(l->ledger, &n, err,
		"SELECT count(*) FROM temp.delta WHERE folder=? AND verdict=?",
		"ii", folder, (int64_t)DELTA_AS_LEFT) < 0 ||
	    load_begin(l, err) < 0 ||
	    ledger_do(l->ledger, err,
		"UPDATE delivery SET state=5, uid=NULL, owed=0, moving=NULL, "
		"error=(SELECT CASE verdict WHEN ?3 THEN NULL ELSE 'it was "
		"not there any more' END FROM temp.delta x WHERE "
		"x.folder=?2 AND x.uid=delivery.uid) WHERE destination=?1 AND "
		"folder=?2 AND uid IN (SELECT uid FROM temp.delta WHERE "
		"folder=?2 AND verdict<>?4)",
		"iiii", l->d.id, folder, (int64_t)DELTA_AS_LEFT,
		(int64_t)DELTA_TOUCHED) < 0)
		return -1;
	step("load.mirrored");
	if (ledger_commit(l->ledger, err) < 0)
		return -1;
	report_add(l->report, "mirrored", (uint64_t)n);
	return 0;
}

static int
mirror_folder(struct load *l, int64_t folder, struct err *err)
{
	struct delivery_folder df;
	struct arena a = { 0 };
	int64_t gone, all;
	uint64_t n;
	char *what;
	int rc = delta_look(l, folder, &df, &a, err);

	if (rc <= 0 || weigh(l, folder, &gone, &all, err) < 0) {
		arena_free(&a);
		return rc < 0 ? -1 : 0;
	}
	what = mem_fmt("the folder '%s' there", delta_show(&a, df.name));
	if (delta_tell(l, &df, DELTA_TOUCHED,
		"it is gone at the source, and stays in the",
		": its flags were changed there", err) < 0)
		rc = -1;
	else if (l->o->dry_run)
		rc = delta_tell_dry(l, &df, "would be removed", "would_remove",
		    &n, err);
	if (rc >= 0 && is_too_much(l, gone, all))
		rc = refuse(l, what, gone, all);
	else if (rc == 1 && !l->o->dry_run) {
		if (note_removing(l, folder, err) < 0)
			rc = -1;
		else if (remove_as_left(l, &df, err) < 0)
			rc = bear(l, &df, err);
		else
			rc = note_removed(l, folder, err);
	}
	free(what);
	arena_free(&a);
	return rc < 0 ? -1 : 0;
}

/* Of a run that died: those that are still there stay, without our mark. */
static int
unmark(struct load *l, int64_t folder, enum delta_verdict v, struct err *err)
{
	struct imap_set set = { 0 };
	uint32_t last = 0;
	int rc;

	if (ledger_do(l->ledger, err,
		"DELETE FROM temp.delta WHERE folder=? AND flags&?", "ii",
		folder, (int64_t)MSG_DELETED) < 0)
		return -1;
	while ((rc = delta_next_set(l, folder, v, &last, &set, err)) > 0)
		if (imap_uid_store(l->d.im, imap_set_text(&set),
			"-FLAGS.SILENT", slice_str("\\Deleted"), err) < 0) {
			rc = -1;
			break;
		}
	imap_set_free(&set);
	return rc;
}

/* ... and those that are not are removed. */
static int
settle_removed(struct load *l, int64_t folder, struct err *err)
{
	struct delivery_folder df;
	struct arena a = { 0 };
	int rc = delta_look(l, folder, &df, &a, err), n = 0;

	if (rc == 1 &&
	    (load_begin(l, err) < 0 ||
		(n = ledger_do(l->ledger, err,
		     "UPDATE delivery SET state=5, uid=NULL, owed=0, "
		     "moving=NULL, error=NULL WHERE destination=? AND folder=? "
		     "AND moving=" REMOVING " AND moving IS NOT NULL AND uid "
		     "IN (SELECT uid FROM temp.delta WHERE folder=? AND "
		     "verdict=?)",
		     "iiii", l->d.id, folder, folder,
		     (int64_t)DELTA_NOT_SEEN)) < 0 ||
		ledger_commit(l->ledger, err) < 0))
		rc = -1;
	report_add(l->report, "mirrored", (uint64_t)(n > 0 ? n : 0));
	if (rc == 1 &&
	    (unmark(l, folder, DELTA_AS_LEFT, err) < 0 ||
		unmark(l, folder, DELTA_TOUCHED, err) < 0))
		rc = bear(l, &df, err);
	if (rc >= 0 &&
	    (load_begin(l, err) < 0 ||
		ledger_do(l->ledger, err,
		    "UPDATE delivery SET moving=NULL WHERE destination=? AND "
		    "folder=? AND moving=" REMOVING " AND moving IS NOT NULL",
		    "ii", l->d.id, folder) < 0 ||
		ledger_commit(l->ledger, err) < 0))
		rc = -1;
	arena_free(&a);
	return rc < 0 ? -1 : 0;
}

int
delta_mirror_resolve(struct load *l, bool *changed, struct err *err)
{
	int64_t n, folder = 0;
	int rc;

	if (ledger_number(l->ledger, &n, err,
		"SELECT EXISTS(SELECT 1 FROM delivery WHERE destination=? AND "
		"moving=" REMOVING " AND moving IS NOT NULL)",
		"i", l->d.id) < 0)
		return -1;
	if (n == 0)
		return 0;
	*changed = true;
	if (delta_begin(l, err) < 0 ||
	    ledger_do(l->ledger, err,
		"INSERT OR IGNORE INTO temp.delta(folder, uid, key, flags, "
		"keywords, owed, dropped) SELECT folder, uid, key, flags, "
		"keywords, owed, dropped FROM delivery WHERE destination=? "
		"AND moving=" REMOVING " AND moving IS NOT NULL AND state=2 "
		"AND uid>0",
		"i", l->d.id) < 0)
		return -1;
	while ((rc = delta_next_folder(l, &folder, err)) == 1)
		if (settle_removed(l, folder, err) < 0)
			return -1;
	return rc;
}

/* An extraction was cut off: what looks gone may have been moved. */
static int
refuse_unsettled(struct load *l)
{
	struct err why = { 0 };

	err_set(&why, SCOPE_FOLDER, EX_TEMPFAIL,
	    "--mirror: nothing was removed, since the last extraction did not "
	    "see the whole source: what looks gone may have been moved");
	err_hint(&why,
	    "run extract again, without --exclude, until it ends without an "
	    "error (and transform, which can leave folders out as well), then "
	    "load");
	report_problem(l->report, &(struct problem){ .err = &why });
	return 0;
}

int
delta_mirror_all(struct load *l, bool *changed, struct err *err)
{
	int64_t folder = 0, gone, all;
	int rc;

	if (spool_is_unsettled(l->spool))
		return refuse_unsettled(l);
	if (list_gone(l, err) < 0 || weigh(l, 0, &gone, &all, err) < 0)
		return -1;
	/* a dry run shows all the same what it is about */
	if (is_too_much(l, gone, all) &&
	    (refuse(l, "the account", gone, all) < 0 || !l->o->dry_run))
		return 0;
	if (withdraw_unsent(l, changed, err) < 0)
		return -1;
	*changed = *changed || gone > 0;
	while ((rc = delta_next_folder(l, &folder, err)) == 1)
		if (stop_check(err) < 0 || mirror_folder(l, folder, err) < 0)
			return -1;
	return rc;
}
