/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When UIDVALIDITY changes.  One folder that has another one was renumbered,
 * or the user took it away and made it anew: the account is the same, what
 * was delivered and is not there was moved or deleted, and is not sent again.
 *
 * When no folder has the UIDVALIDITY it had, the server has renumbered
 * everything, or the account is a new one behind the old name.  The mail
 * tells: in the folder that most was delivered to, most is there, or is not.
 * Into a new account everything is to be sent.
 */
#include <stdlib.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/step.h"
#include "core/text.h"
#include "load/load_impl.h"
#include "load/match.h"
#include "load/plan_impl.h"
#include "load/there.h"

/* Has load.c just seen that a folder is what it was? */
static bool
is_seen(struct load *l)
{
	size_t i;

	for (i = 0; i < l->nfolders; i++) {
		const struct load_folder *f = &l->folders[i];
		const struct tree_folder *t = f->name == NULL
		    ? NULL
		    : tree_find(&l->d.tree, slice_str(f->name));

		if (f->finished && f->known && f->known_uidvalidity != 0 &&
		    t != NULL && !t->noselect)
			return true;
	}
	return false;
}

/* Has any folder the UIDVALIDITY that the ledger knows?  1; 0; -1. */
static int
has_known_folder(struct load *l, struct err *err)
{
	struct imap_mailbox_status st;
	struct delivery_folder df;
	struct arena a = { 0 };
	int64_t row = 0;
	bool told = false;
	int rc;

	while ((rc = delivery_folder_next(l->ledger, l->d.id, &row, &df, &a,
		    err)) == 1) {
		const struct tree_folder *t =
		    tree_find(&l->d.tree, slice_str(df.name));

		told = told || df.uidvalidity != 0;
		if (t == NULL || t->noselect || df.uidvalidity == 0)
			continue;
		rc = imap_status(l->d.im, slice_str(df.name), &st, err);
		if (rc < 0 && err->scope != SCOPE_FOLDER)
			break;
		/* one that cannot be asked proves nothing against it */
		if (rc < 0 || st.uidvalidity == 0 ||
		    (st.uidvalidity == df.uidvalidity &&
			!load_went_back(st.uidnext, df.top))) {
			err_clear(err);
			rc = 1;
			break;
		}
		arena_reset(&a);
	}
	arena_free(&a);
	return rc == 0 && !told ? 1 : rc;
}

/* The folder of the ledger that most was delivered to and that is there;
 * 0: none is. */
static int64_t
biggest_folder(struct load *l, char **name_r, struct err *err)
{
	struct ledger_rows *q;
	int64_t id = 0;
	int rc;

	*name_r = NULL;
	if (ledger_query(l->ledger, &q, err,
		"SELECT f.id, f.name FROM destination_folder f JOIN delivery d "
		"ON d.destination=f.destination AND d.folder=f.id WHERE "
		"f.destination=? AND d.state=2 AND d.uid IS NOT NULL GROUP BY "
		"f.id ORDER BY count(*) DESC",
		"i", l->d.id) < 0)
		return -1;
	while (id == 0 && (rc = ledger_step(q, err)) == 1) {
		const struct tree_folder *t =
		    tree_find(&l->d.tree, slice_str(ledger_text(q, 1)));

		if (t == NULL || t->noselect)
			continue;
		id = ledger_int(q, 0);
		*name_r = mem_str(ledger_text(q, 1));
	}
	ledger_end(&q);
	return id != 0 ? id : rc;
}

/* Is most of what was delivered there, whatever its numbers?  1; 0; -1. */
static int
has_our_mail(struct load *l, struct err *err)
{
	char *name;
	int64_t id = biggest_folder(l, &name, err), wants, pairs;
	int rc = -1;

	if (id <= 0)
		return (int)id;
	report_doing(l->report, "looking at what is there");
	if (imap_select(l->d.im, slice_str(name), true, err) == 0 &&
	    there_begin(l->ledger, err) == 0 &&
	    (wants = match_want_delivered(&l->d, id, err)) >= 0 &&
	    there_fetch(&l->d, id, 1, THERE_MESSAGE_ID, err) == 0 &&
	    match_run(&l->d, id, l->d.rewrites ? MATCH_WEAK : 0, err) == 0 &&
	    ledger_number(l->ledger, &pairs, err,
		"SELECT count(*) FROM temp.pair", "") == 0)
		rc = 2 * pairs >= wants;
	report_doing(l->report, NULL);
	free(name);
	if (rc < 0 && err->scope == SCOPE_FOLDER)
		return 0;
	return rc;
}

static int
begin_anew(struct load *l, struct err *err)
{
	report_note(l->report,
	    "the account is a new one: no folder has the UIDVALIDITY it had, "
	    "and the mail that was delivered is not there; all is to be sent");
	if (l->o->dry_run) {
		l->d.id = 0; /* as one that was never seen */
		return plan_anew(l, err) < 0 ? -1 : plan_try_names(l, err);
	}
	step("load.anew");
	if (load_begin(l, err) < 0 ||
	    delivery_forget(l->ledger, l->d.id, err) < 0 ||
	    ledger_commit(l->ledger, err) < 0)
		return -1;
	return plan_anew(l, err);
}

int
anew_check(struct load *l, struct err *err)
{
	int64_t done;
	int rc;

	if (l->proven)
		return 0;
	if (ledger_number(l->ledger, &done, err,
		"SELECT EXISTS(SELECT 1 FROM delivery WHERE destination=? AND "
		"state=2)",
		"i", l->d.id) < 0)
		return -1;
	rc = done == 0 || is_seen(l) ? 1 : has_known_folder(l, err);
	if (rc == 0)
		rc = has_our_mail(l, err);
	if (rc < 0)
		return -1;
	l->proven = true;
	return rc == 0 ? begin_anew(l, err) : 0;
}

int
anew_settle(struct load *l, const struct load_folder *f, struct err *err)
{
	int64_t n =
	    delivery_settle(l->ledger, l->d.id, f->there, f->uidnext, err);
	char many[80];

	if (n > 0)
		report_note(l->report,
		    "folder '%s': %s not in it any more: moved or deleted "
		    "there, and not sent again (--restore-deleted sends the "
		    "deleted ones)",
		    plan_show_path(l, f->path),
		    text_number(many, (uint64_t)n,
			"message that was delivered is",
			"messages that were delivered are"));
	return n < 0 ? -1 : 0;
}
