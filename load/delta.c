/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What changed since the last run; see delta.h. */
#include "load/delta.h"

#include <stdlib.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/step.h"
#include "formats/spool_moves.h"
#include "load/delta_impl.h"

/* ------------------------------------------------- keys that are others now */

/*
 * Both were delivered, the message by its new key, too (its old place was
 * looked at after a load had been there).  The new one counts, the old one is
 * a copy too many.
 */
static int
drop_old(struct load *l, const char *old, struct err *err)
{
	if (ledger_do(l->ledger, err,
		"INSERT OR IGNORE INTO delivery_stale(folder, uid, "
		"destination, key, flags, keywords) SELECT folder, uid, "
		"destination, key, flags, keywords FROM delivery WHERE "
		"destination=? AND key=? AND uid>0",
		"it", l->d.id, old) < 0)
		return -1;
	return ledger_do(l->ledger, err,
		   "DELETE FROM delivery WHERE destination=? AND key=?", "it",
		   l->d.id, old) < 0
	    ? -1
	    : 0;
}

static int
state_of(struct load *l, const char *key, int64_t *state, struct err *err)
{
	return ledger_number(l->ledger, state, err,
	    "SELECT coalesce((SELECT state FROM delivery WHERE destination=? "
	    "AND key=?), -1)",
	    "it", l->d.id, key);
}

/* 'old' is called 'now': its delivery with it. */
static int
rebind(struct load *l, const char *old, const char *now, struct err *err)
{
	int64_t was, is;

	if (state_of(l, old, &was, err) < 0 || state_of(l, now, &is, err) < 0)
		return -1;
	if (was < 0)
		return 0;
	if (is == DELIVERY_DELIVERED)
		return drop_old(l, old, err);
	if (ledger_do(l->ledger, err,
		"DELETE FROM delivery WHERE destination=? AND key=?", "it",
		l->d.id, now) < 0)
		return -1;
	return ledger_do(l->ledger, err,
		   "UPDATE delivery SET key=? WHERE destination=? AND key=?",
		   "tit", now, l->d.id, old) < 0
	    ? -1
	    : 0;
}

int
delta_begin_change(struct load *l, struct err *err)
{
	if (!l->o->dry_run)
		return load_begin(l, err);
	ledger_forget_statements(l->ledger);
	return ledger_do(l->ledger, err,
		   "CREATE TEMP TABLE IF NOT EXISTS delivery AS SELECT * FROM "
		   "main.delivery WHERE destination=?",
		   "i", l->d.id) < 0 ||
		ledger_do(l->ledger, err,
		    "CREATE UNIQUE INDEX IF NOT EXISTS temp.delivery_key ON "
		    "delivery(destination, key)",
		    "") < 0 ||
		ledger_do(l->ledger, err,
		    "CREATE TEMP TABLE IF NOT EXISTS delivery_stale AS SELECT "
		    "* FROM main.delivery_stale",
		    "") < 0
	    ? -1
	    : 0;
}

static int
end_rebinding(struct load *l, int64_t row, struct err *err)
{
	if (l->o->dry_run)
		return 0;
	step("load.rebound");
	if (ledger_do(l->ledger, err,
		"UPDATE destination SET renames=? WHERE id=?", "ii", row,
		l->d.id) < 0)
		return -1;
	return ledger_commit(l->ledger, err);
}

static int
follow_renamed(struct load *l, bool *changed, struct err *err)
{
	struct spool_renamed r;
	int64_t row, from;
	char *old, *now;
	int rc;

	if (ledger_number(l->ledger, &row, err,
		"SELECT renames FROM destination WHERE id=?", "i", l->d.id) < 0)
		return -1;
	from = row;
	while ((rc = spool_renamed_next(l->spool, &row, &r, err)) == 1) {
		if (!*changed && delta_begin_change(l, err) < 0)
			return -1;
		*changed = true;
		old = mem_str(r.old);
		now = mem_str(r.key);
		rc = rebind(l, old, now, err);
		free(old);
		free(now);
		if (rc < 0)
			return -1;
	}
	if (rc < 0)
		return -1;
	return row == from ? 0 : end_rebinding(l, row, err);
}

/* Withdrawn as gone, and there again: to be sent; but what had been moved or
 * deleted there before counts as delivered, as ever. */
static int
revive(struct load *l, bool *changed, struct err *err)
{
	int64_t n;

	if (ledger_number(l->ledger, &n, err,
		"SELECT EXISTS(SELECT 1 FROM delivery d CROSS JOIN message m "
		"ON m.key=d.key WHERE d.destination=? AND d.state=5 AND "
		"d.state<>2 AND substr(m.source,-12)<>'\"gone\":true}')",
		"i", l->d.id) < 0)
		return -1;
	if (n == 0)
		return 0;
	*changed = true;
	if (delta_begin_change(l, err) < 0 ||
	    ledger_do(l->ledger, err,
		"UPDATE delivery SET state=CASE WHEN error IS NULL THEN 0 "
		"ELSE 2 END WHERE destination=? AND state=5 "
		"AND state<>2 AND key IN (SELECT key FROM message WHERE "
		"substr(source,-12)<>'\"gone\":true}' AND key=delivery.key)",
		"i", l->d.id) < 0)
		return -1;
	return ledger_commit(l->ledger, err);
}

/* ------------------------------------------------------------- the run */

static int
count_again(struct load *l, struct err *err)
{
	size_t i;

	for (i = 0; i < l->nfolders; i++)
		if (delivery_sums(l->ledger, l->d.id, l->folders[i].id,
			l->folders[i].there, &l->folders[i].sums, err) < 0)
			return -1;
	return 0;
}

static bool
has_delivered(const struct load *l)
{
	size_t i;

	for (i = 0; i < l->nfolders; i++)
		if (l->folders[i].sums.done > 0)
			return true;
	return false;
}

int
delta_run(struct load *l, struct err *err)
{
	bool changed = false;

	if (l->delta_done)
		return 0;
	if (delta_hold(l, err) < 0)
		return -1;
	if (l->d.id == 0)
		return 0;
	if (follow_renamed(l, &changed, err) < 0 ||
	    (!l->o->dry_run &&
		(delta_move_resolve(l, err) < 0 ||
		    delta_mirror_resolve(l, &changed, err) < 0)) ||
	    revive(l, &changed, err) < 0)
		return -1;
	if ((changed || l->doubts) && count_again(l, err) < 0)
		return -1;
	/* flags first: where the user made the same change, it is as we left
	 * it, in this run as in one more */
	if (has_delivered(l) &&
	    (delta_flags_all(l, l->o->sync_flags, err) < 0 ||
		delta_move_all(l, &changed, err) < 0 ||
		delta_stale_all(l, err) < 0))
		return -1;
	if (l->o->mirror && delta_mirror_all(l, &changed, err) < 0)
		return -1;
	l->delta_done = true;
	return changed ? count_again(l, err) : 0;
}

int
delta_owed(struct load *l, struct err *err)
{
	int64_t n;

	if (l->o->dry_run ||
	    ledger_number(l->ledger, &n, err,
		"SELECT EXISTS(SELECT 1 FROM delivery WHERE destination=? AND "
		"owed>0 AND owed<>0)",
		"i", l->d.id) < 0)
		return l->o->dry_run ? 0 : -1;
	return n == 0 ? 0 : delta_flags_owed(l, err);
}

int
delta_withdrawn(struct load *l, const char *key, struct err *err)
{
	int64_t n;

	if ((key == NULL ? ledger_number(l->ledger, &n, err,
			       "SELECT EXISTS(SELECT 1 FROM delivery WHERE "
			       "destination=? AND state=5 AND state<>2)",
			       "i", l->d.id)
			 : ledger_number(l->ledger, &n, err,
			       "SELECT EXISTS(SELECT 1 FROM delivery WHERE "
			       "destination=? AND key=? AND state=5)",
			       "it", l->d.id, key)) < 0)
		return -1;
	return n > 0;
}

void
delta_name_counters(struct report *r)
{
	static const char *const names[] = { "moved", "left_in_place",
		"flags_synced", "flags_differ", "flags_stored", "mirrored" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		report_add(r, names[i], 0);
}
