/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A folder before its first byte: it is made where it is missing; where the
 * ledger has not seen it, or its UIDVALIDITY has changed, what lies there is
 * looked through, so that nothing is sent that is there already.
 */
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/step.h"
#include "load/load_impl.h"
#include "load/match.h"
#include "load/there.h"

/* 1: the server says that it is there already. */
static int
create_one(struct load *l, const char *name, const char *role, struct err *err)
{
	step("load.create");
	if (imap_create(l->d.im, slice_str(name), role, err) < 0)
		return -1;
	if (imap_last(l->d.im)->trouble == IMAP_ALREADY_EXISTS)
		return 1;
	tree_add(&l->d.tree, slice_str(name));
	report_add(l->report, "folders_created", 1);
	return 0;
}

/* Servers make the folders above by themselves, most of them. */
static int
create_parents(struct load *l, const char *name, struct err *err)
{
	char *part = mem_str(name), *p = part;
	char delimiter = l->d.names.delimiter;
	int made = 0;

	while (delimiter != 0 && (p = strchr(p, delimiter)) != NULL) {
		*p = '\0';
		if (p != part &&
		    tree_find(&l->d.tree, slice_str(part)) == NULL &&
		    create_one(l, part, NULL, err) >= 0)
			made++;
		*p++ = delimiter;
		if (!imap_alive(l->d.im))
			break;
	}
	free(part);
	return made;
}

static void
subscribe(struct load *l, const struct load_folder *f)
{
	struct err err = { 0 };

	if (f->subscribed == 0)
		return;
	step("load.subscribe");
	if (imap_subscribe(l->d.im, slice_str(f->name), &err) < 0)
		log_warn("folder '%s': %s", f->path, err.text);
}

static int
create(struct load *l, struct load_folder *f, struct err *err)
{
	const char *role = l->o->into == NULL &&
		names_is_role(slice_str(f->role)) &&
		tree_by_role(&l->d.tree, f->role, &l->d.names) == NULL
	    ? f->role
	    : NULL;
	struct err first;
	int rc = create_one(l, f->name, role, err);

	if (rc < 0) {
		if (err->scope != SCOPE_FOLDER)
			return -1;
		first = *err;
		if (create_parents(l, f->name, err) == 0 ||
		    !imap_alive(l->d.im)) {
			*err = first;
			return load_rules_hint_name(&l->rules, err);
		}
		rc = create_one(l, f->name, role, err);
	}
	if (rc == 1 && !f->known) {
		rc = plan_exists(l, f, err);
		if (rc == 0 &&
		    tree_find(&l->d.tree, slice_str(f->name)) == NULL)
			rc = create_one(l, f->name, role, err);
	}
	if (rc < 0)
		return load_rules_hint_name(&l->rules, err);
	subscribe(l, f);
	return 0;
}

/* Make it, or subscribe to it the first time.  1: it can be selected; 0: it
 * is not there, and need not be. */
static int
ensure(struct load *l, struct load_folder *f, struct err *err)
{
	const struct tree_folder *t = tree_find(&l->d.tree, slice_str(f->name));

	if (t != NULL && !t->noselect) {
		if (!f->known && !l->o->dry_run && t->subscribed != 1)
			subscribe(l, f);
		return 1;
	}
	if (f->known && f->sums.todo == 0)
		return 0; /* the user took it away; nothing is to be sent */
	if (l->o->dry_run) {
		report_add(l->report, "folders_created", 1);
		return 0;
	}
	return create(l, f, err) < 0 ? -1 : 1;
}

/* What the selected folder tells. */
static void
learn(struct load *l, struct load_folder *f, const struct imap_mailbox *mb)
{
	f->uidvalidity = mb->uidvalidity;
	f->uidnext = mb->uidnext;
	f->limit = imap_append_limit(l->d.im);
	free(f->flags);
	f->flags = mem_strn(mb->permanentflags.p, mb->permanentflags.n);
	f->any_flag = !mb->has_permanentflags;
	f->any_keyword = mb->any_keyword;
}

/* --existing ignore: has nothing been delivered there by this spool? */
static int
is_ignored(struct load *l, int64_t folder, struct err *err)
{
	int64_t n;

	if (!l->o->ignore_existing)
		return 0;
	if (ledger_number(l->ledger, &n, err,
		"SELECT EXISTS(SELECT 1 FROM delivery WHERE folder=?)", "i",
		folder) < 0)
		return -1;
	return n == 0;
}

/* Was it looked through for another folder of the spool that goes there, and
 * has more than what we brought? */
static int
is_shared(struct load *l, const struct load_folder *f, int64_t folder,
    uint64_t exists, struct err *err)
{
	int64_t n;

	if (f->known || l->o->ignore_existing)
		return 0;
	if (ledger_number(l->ledger, &n, err,
		"SELECT count(*) FROM delivery WHERE folder=? AND state=2", "i",
		folder) < 0)
		return -1;
	return n < (int64_t)exists;
}

/* The folder's row, and that this spool folder goes there.  *matched_r: what
 * is there was looked through before. */
static int
note_row(struct load *l, struct load_folder *f, uint64_t exists,
    bool *matched_r, struct err *err)
{
	struct delivery_folder row = { .name = f->name,
		.uidvalidity = f->uidvalidity,
		.permanentflags = f->any_flag ? "\\*" : f->flags };
	struct delivery_folder have;
	struct arena a = { 0 };
	int rc =
	    delivery_folder_find(l->ledger, l->d.id, f->name, &have, &a, err);
	/* UIDs that were told and cannot be count as another numbering */
	bool renumbered = rc == 1 &&
	    (have.uidvalidity != f->uidvalidity ||
		(f->uidnext != 0 && have.top >= f->uidnext));
	int ignored = 0, shared = 0;

	if (rc == 1)
		ignored = is_ignored(l, have.id, err);
	if (rc == 1 && have.matched)
		shared = is_shared(l, f, have.id, exists, err);
	if (rc < 0 || ignored < 0 || shared < 0) {
		rc = -1;
		goto out;
	}
	row.matched = rc == 1 && have.matched && !renumbered && !shared;
	*matched_r = row.matched;
	if (l->o->dry_run) {
		f->there = rc == 1 ? have.id : 0;
		goto out;
	}
	if (!row.matched &&
	    (exists == 0 || ignored || (l->o->ignore_existing && rc == 0)))
		row.matched = *matched_r = true;
	if (rc == 1 && f->there == have.id && row.matched == have.matched &&
	    !renumbered)
		goto out; /* nothing new */
	step("load.folder");
	rc = load_begin(l, err);
	if (rc == 0 && renumbered) {
		if (have.uidvalidity != 0)
			log_warn("folder '%s': its UIDVALIDITY was %u and is "
				 "%u now: looking for everything again",
			    f->name, have.uidvalidity, f->uidvalidity);
		rc = delivery_folder_renumbered(l->ledger, have.id,
		    f->uidvalidity, err);
	}
	if (rc == 0) {
		f->there = delivery_folder_put(l->ledger, l->d.id, &row, err);
		rc = f->there < 0 ? -1 : 0;
	}
	if (rc == 0 && row.matched)
		rc = anew_settle(l, f, err);
	if (rc == 0)
		rc = delivery_map_put(l->ledger, l->d.id, f->path, f->there,
		    err);
	if (rc == 0)
		rc = plan_note_map(l, f, err);
	if (rc == 0)
		rc = ledger_commit(l->ledger, err);
out:
	arena_free(&a);
	return rc < 0 ? -1 : 0;
}

/* Look through what is there. */
static int
match_existing(struct load *l, struct load_folder *f, struct err *err)
{
	struct delivery_folder row = { .name = f->name,
		.uidvalidity = f->uidvalidity,
		.matched = true };
	int64_t pairs;

	report_doing(l->report, "looking at what is there");
	if (there_begin(l->ledger, err) < 0 ||
	    match_want_folder(&l->d, f->id, err) < 0 ||
	    match_want_mapped(&l->d, f->there, err) < 0 ||
	    match_want_unknown(&l->d, f->there, err) < 0 ||
	    there_fetch(&l->d, f->there, 1, THERE_MESSAGE_ID, err) < 0 ||
	    match_drop_bound(&l->d, f->there, err) < 0 ||
	    match_run(&l->d, f->there, l->d.rewrites ? MATCH_WEAK : 0, err) <
		0 ||
	    ledger_number(l->ledger, &pairs, err,
		"SELECT count(*) FROM temp.pair", "") < 0)
		return -1;
	report_doing(l->report, NULL);
	if (pairs > 0)
		report_add(l->report, "matched", (uint64_t)pairs);
	if (l->o->dry_run) {
		f->sums.done += (uint64_t)pairs;
		f->sums.todo -= (uint64_t)pairs < f->sums.todo ? (uint64_t)pairs
							       : f->sums.todo;
		f->dry_matched = true;
		return 0;
	}
	step("load.matched");
	if (load_begin(l, err) < 0 || resolve_apply(l, f->there, err) < 0 ||
	    anew_settle(l, f, err) < 0 ||
	    delivery_folder_put(l->ledger, l->d.id, &row, err) < 0)
		return -1;
	return ledger_commit(l->ledger, err);
}

int
prepare_folder(struct load *l, struct load_folder *f, struct err *err)
{
	const struct imap_mailbox *mb;
	uint64_t exists;
	bool matched;
	int rc = ensure(l, f, err);

	if (rc <= 0)
		return rc;
	if (imap_select(l->d.im, slice_str(f->name), l->o->dry_run, err) < 0)
		return -1;
	mb = imap_selected(l->d.im);
	exists = mb->exists;
	learn(l, f, mb);
	if (note_row(l, f, exists, &matched, err) < 0)
		return -1;
	if (!matched && exists > 0 &&
	    !(l->o->dry_run && l->o->ignore_existing && f->there == 0) &&
	    match_existing(l, f, err) < 0)
		return -1;
	if (!l->o->dry_run &&
	    delivery_sums(l->ledger, l->d.id, f->id, f->there, &f->sums, err) <
		0)
		return -1;
	/* new arrivals need not be told to us while we append */
	if (imap_has(l->d.im, IMAP_CAP_UNSELECT))
		return imap_unselect(l->d.im, err);
	return 0;
}
