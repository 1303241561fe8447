/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The load stage, from the first folder to the last; see load.h. */
#include "load/load.h"

#include <stdlib.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/step.h"
#include "core/stop.h"
#include "core/text.h"
#include "formats/delivery_seal.h"
#include "formats/spool_items.h"
#include "load/delta.h"
#include "load/load_impl.h"

int
load_begin(struct load *l, struct err *err)
{
	if (ledger_in_transaction(l->ledger))
		return 0;
	if (spool_event_now(l->spool, err) < 0)
		return -1;
	if (l->run == 0) {
		l->run = delivery_begin_run(l->ledger, l->d.id, err);
		if (l->run < 0)
			return -1;
	}
	return 0;
}

/* ------------------------------------------------------------- counting */

/* An extraction beside us has found out that some were moved: they are
 * announced in another folder now. */
static void
withdraw(struct load *l, struct load_folder *f)
{
	uint64_t have = f->unchanged + f->loaded + f->refused + f->lost;
	uint64_t left = f->sums.messages > have ? f->sums.messages : have;

	if (f->announced <= left)
		return;
	report_withdraw(l->report, f->path, f->announced - left);
	f->announced = left;
}

/* All that the spool has is announced, whatever comes; once more, what came
 * since. */
static void
announce(struct load *l)
{
	uint64_t msgs = 0, bytes = report_bytes(l->report);
	size_t i;

	for (i = 0; i < l->nfolders; i++) {
		struct load_folder *f = &l->folders[i];

		report_folder(l->report, f->path);
		withdraw(l, f);
		if (f->announced < f->sums.messages) {
			report_announce_many(l->report, f->path,
			    f->sums.messages - f->announced);
			f->announced = f->sums.messages;
		}
		msgs += f->sums.messages;
		bytes += f->sums.todo_bytes;
	}
	report_expect(l->report, msgs, bytes);
}

void
load_count_settled(struct load *l, struct load_folder *f)
{
	uint64_t elsewhere = 0;
	struct err why = { 0 };
	char many[80];

	if (f->counted)
		return;
	f->counted = true;
	f->unchanged = f->sums.done;
	report_fate_many(l->report, f->path, FATE_UNCHANGED, f->unchanged);
	f->lost += f->sums.lost;
	report_fate_many(l->report, f->path, FATE_LOST, f->sums.lost);
	if (f->sums.lost > 0) {
		err_set(&why, SCOPE_MSG, EX_NOINPUT,
		    "%s never delivered and gone from the spool",
		    text_number(many, f->sums.lost, "message was",
			"messages were"));
		err_hint(&why,
		    "'postroad verify %s' names them; extract "
		    "again to bring them back",
		    spool_dir(l->spool));
		report_problem(l->report,
		    &(struct problem){ .folder = f->path, .err = &why });
	}
	if (f->sums.elsewhere > 0 &&
	    delta_untold(l, f, &elsewhere, &why) == 0 && elsewhere > 0) {
		report_add(l->report, "elsewhere", elsewhere);
		err_set(&why, SCOPE_MSG, EX_TEMPFAIL,
		    "%s delivered to another folder before coming to this one "
		    "in the spool, and left there, since the server did not "
		    "tell UIDs",
		    text_number(many, elsewhere, "message was",
			"messages were"));
		why.hint[0] = '\0';
		report_problem(l->report,
		    &(struct problem){ .folder = f->path,
			.err = &why,
			.warning = true });
	}
}

/* How many have no fate yet.  An extraction that runs beside us may have
 * added some since they were announced. */
static uint64_t
left_over(struct load *l, struct load_folder *f)
{
	uint64_t have = f->unchanged + f->loaded + f->refused + f->lost;

	if (f->announced < have) {
		report_announce_many(l->report, f->path, have - f->announced);
		f->announced = have;
	}
	return f->announced - have;
}

void
load_refuse_folder(struct load *l, struct load_folder *f, const struct err *why)
{
	uint64_t rest;

	load_count_settled(l, f);
	rest = left_over(l, f);
	f->finished = true;
	/* once, however often the spool is gone through */
	if (f->told == NULL || strcmp(f->told, why->text) != 0)
		report_problem(l->report,
		    &(struct problem){ .folder = f->path, .err = why });
	free(f->told);
	f->told = mem_str(why->text);
	f->refused += rest;
	report_fate_many(l->report, f->path, FATE_REFUSED, rest);
}

/* What had no turn. */
static void
count_pending(struct load *l)
{
	size_t i;

	for (i = 0; i < l->nfolders; i++) {
		struct load_folder *f = &l->folders[i];

		load_count_settled(l, f);
		report_fate_many(l->report, f->path, FATE_PENDING,
		    left_over(l, f));
	}
}

/* --------------------------------------------------------------- folders */

/* Is there nothing to do, but to see that UIDVALIDITY is what it was? */
static bool
is_quiet(const struct load_folder *f)
{
	return f->known && f->sums.todo == 0;
}

/* --dry-run: what would be sent. */
static int
try_folder(struct load *l, struct load_folder *f, struct err *err)
{
	if (!f->prepared && prepare_folders(l, f, err) < 0)
		return -1;
	if (f->finished)
		return 0;
	if (f->look && prepare_look(l, f, err) < 0) {
		if (err->scope != SCOPE_FOLDER || !imap_alive(l->d.im))
			return -1;
		load_refuse_folder(l, f, err);
		return 0;
	}
	load_count_settled(l, f);
	return f->sums.todo == 0 ? 0 : plan_dry(l, f, err);
}

/* Folders without work: one STATUS each, all on their way at once. */
static int
check_quiet(struct load *l, struct err *err)
{
	enum { AT_ONCE = 100 };
	struct imap_mailbox_status st;
	struct load_folder *flying[AT_ONCE];
	uint32_t tags[AT_ONCE];
	size_t i = 0, n, k;
	int rc = 0;

	while (rc == 0 && i < l->nfolders) {
		for (n = 0; rc == 0 && i < l->nfolders && n < AT_ONCE; i++) {
			struct load_folder *f = &l->folders[i];
			struct tree_folder *t = f->name == NULL
			    ? NULL
			    : tree_find(&l->d.tree, slice_str(f->name));

			if (!is_quiet(f))
				continue;
			f->finished = true;
			if (t == NULL || t->noselect)
				continue; /* the user took it away */
			rc = imap_status_send(l->d.im, slice_str(f->name),
			    &tags[n], err);
			if (rc == 0)
				flying[n++] = f;
		}
		for (k = 0; rc == 0 && k < n; k++) {
			rc = imap_status_wait(l->d.im, tags[k], &st, err);
			if (rc < 0 && err->scope == SCOPE_FOLDER) {
				rc = 0;
				continue;
			}
			/* looked through again when its turn comes */
			if (rc == 0 &&
			    (st.uidvalidity != flying[k]->known_uidvalidity ||
				load_went_back(st.uidnext,
				    flying[k]->known_top)))
				flying[k]->finished = false;
		}
	}
	for (i = 0; rc < 0 && i < l->nfolders; i++)
		if (is_quiet(&l->folders[i]))
			l->folders[i].finished = false;
	return rc;
}

/* What is finished need not be counted again. */
static int
seal(struct load *l, struct err *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < l->nfolders; i++) {
		struct load_folder *f = &l->folders[i];

		if (f->there == 0 || f->sums.counted == 0 || f->refused > 0 ||
		    f->lost > 0)
			continue;
		rc = ledger_begin(l->ledger, err) < 0
		    ? -1
		    : delivery_seal_put(l->ledger, l->d.id, f->id, f->there,
			  err);
	}
	if (rc == 0 && ledger_in_transaction(l->ledger))
		step("load.seal");
	return rc < 0 ? -1 : ledger_commit(l->ledger, err);
}

static int
run_folders(struct load *l, struct err *err)
{
	size_t i;

	if (!l->o->dry_run && resolve_intents(l, err) < 0)
		return -1;
	if (delta_run(l, err) < 0)
		return -1;
	for (i = 0; l->doubts && i < l->nfolders; i++)
		if (delivery_sums(l->ledger, l->d.id, l->folders[i].id,
			l->folders[i].there, &l->folders[i].sums, err) < 0)
			return -1;
	if (check_quiet(l, err) < 0 || anew_check(l, err) < 0)
		return -1;
	if (!l->o->dry_run)
		return lanes_run(l, err) < 0 || resolve_twice(l, err) < 0 ||
			delta_owed(l, err) < 0
		    ? -1
		    : seal(l, err);
	for (i = 0; i < l->nfolders; i++) {
		struct load_folder *f = &l->folders[i];

		if (f->finished)
			continue;
		if (try_folder(l, f, err) < 0)
			return err_within(err, "folder '%s'", f->path);
		f->finished = true;
	}
	return 0;
}

/* Once more from the start while the session alone is what failed. */
static int
run_through(struct load *l, struct err *err)
{
	while (run_folders(l, err) < 0) {
		ledger_rollback(l->ledger);
		if (err->scope == SCOPE_RUN)
			return -1;
		if (dest_reconnect(&l->d, err) < 0)
			return -1;
	}
	return 0;
}

/* ------------------------------------------------------------------ run */

static int
plan_and_announce(struct load *l, struct err *err)
{
	int rc = plan_make(l, err);

	announce(l);
	return rc;
}

/* What is known before the first byte. */
static void
tell_ahead(struct load *l)
{
	char todo[32], left[32];
	uint64_t bytes = 0;
	size_t i;

	for (i = 0; i < l->nfolders; i++)
		bytes += l->folders[i].sums.todo_bytes;
	if (load_rules_refuse(&l->rules))
		report_note(l->report,
		    "the destination's limits are those of %s "
		    "(--dest-profile)",
		    l->rules.name);
	if (l->rules.quota.told && bytes > l->rules.left)
		report_note(l->report,
		    "%s are to be sent, and the quota has room for %s: what "
		    "does not fit will be refused",
		    text_size(todo, bytes), text_size(left, l->rules.left));
	if (l->day_limit != 0 && bytes + l->day_bytes > l->day_limit)
		report_note(l->report,
		    "%s are to be sent, at %s a day: %llu days",
		    text_size(todo, bytes), text_size(left, l->day_limit),
		    (unsigned long long)((bytes + l->day_bytes + l->day_limit -
					     1) /
			l->day_limit));
}

/* What a look through another folder found after this one was counted. */
static void
count_found(struct load *l, struct load_folder *f)
{
	uint64_t have = f->unchanged + f->loaded;

	if (!f->counted || f->sums.done <= have)
		return;
	f->unchanged += f->sums.done - have;
	report_fate_many(l->report, f->path, FATE_UNCHANGED,
	    f->sums.done - have);
}

/* Others have filled the spool meanwhile: what they brought is to be done. */
static int
look_again(struct load *l, struct err *err)
{
	size_t i;

	l->delta_done = false;
	if (plan_and_announce(l, err) < 0)
		return -1;
	for (i = 0; i < l->nfolders; i++)
		if (l->folders[i].sums.todo > 0 || l->folders[i].there == 0 ||
		    l->folders[i].sums.elsewhere > 0)
			l->folders[i].finished = false;
	if (run_through(l, err) < 0)
		return -1;
	for (i = 0; i < l->nfolders; i++)
		count_found(l, &l->folders[i]);
	return 0;
}

/* Until those who fill the spool have ended. */
static int
run_with_others(struct load *l, struct err *err)
{
	int rc = run_through(l, err);

	/* a folder there was looked through: now its messages can be moved,
	 * or are known to be missing in a folder that was done with */
	if (rc == 0 && l->renumbered && !l->o->dry_run)
		rc = look_again(l, err);
	while (rc == 0 && l->o->more != NULL) {
		rc = l->o->more(l->o->more_arg, err);
		if (rc <= 0)
			break;
		rc = look_again(l, err);
	}
	return rc;
}

static int
find_rules(struct load *l, struct err *err)
{
	return load_rules_find(&l->rules, l->o->dest_profile, l->o->account,
	    l->d.im, err);
}

static int
identify(struct load *l, struct err *err)
{
	return dest_identify(&l->d, !l->o->dry_run, err);
}

/* What is asked before the work begins; again where the session is lost. */
static int
prepare(struct load *l, struct err *err)
{
	static int (*const steps[])(struct load *, struct err *) = { find_rules,
		identify, pace_begin, plan_and_announce, plan_count_there,
		plan_try_names };
	size_t i = 0;

	while (i < sizeof(steps) / sizeof(steps[0])) {
		if (steps[i](l, err) == 0)
			i++;
		else if (err->scope == SCOPE_RUN ||
		    dest_reconnect(&l->d, err) < 0)
			return -1;
	}
	return 0;
}

static int
run(struct load *l, struct err *err)
{
	const struct load_options *o = l->o;
	struct buf label = { 0 };

	l->window = o->window;
	if (o->window != NULL &&
	    load_window_parse(o->window, &l->opens, &l->closes, err) < 0)
		return err_within(err, "--window");
	if (!o->dry_run && pace_wait(l, err) < 0)
		return -1;
	url_label(&label, &o->account->url);
	spool_event_begin(l->spool, "load", buf_str(&label));
	buf_free(&label);
	l->d.asks_ahead = !o->dry_run;
	if (dest_connect(&l->d, err) < 0 || prepare(l, err) < 0)
		return -1;
	l->d.asks_ahead = false;
	tell_ahead(l);
	return run_with_others(l, err);
}

/* It has failed, perhaps before there was a plan, or while others went on to
 * fill the spool: all the same, say what is waiting. */
static void
announce_left(struct load *l, const struct err *why)
{
	struct err ignored = { 0 };

	if (l->o->failed != NULL)
		l->o->failed(l->o->more_arg, why);
	if ((l->nfolders == 0 || l->o->failed != NULL) &&
	    plan_read(l, &ignored) == 0)
		announce(l);
}

/* Counters that are always there, also when they stay 0. */
static void
name_counters(struct report *r)
{
	static const char *const names[] = { "folders_created", "matched",
		"keywords_dropped", "elsewhere", "maybe_twice" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		report_add(r, names[i], 0);
	delta_name_counters(r);
}

/* What is no mail stays: a word where it is. */
static int
count_items(struct load *l, struct err *err)
{
	struct spool_item it;
	int64_t after = 0;
	int rc;

	while ((rc = spool_item_next(l->spool, &after, &it, err)) == 1) {
		const struct item_sort sort = { item_kind_name(it.kind),
			item_kind_people(it.kind, 1),
			item_kind_people(it.kind, 2),
			item_place_path(item_kind_place(it.kind)) };

		report_item(l->report, &sort, ITEM_LEFT, 1, it.size);
	}
	if (after > 0)
		report_note(l->report,
		    "IMAP carries mail only: contacts, calendars and the "
		    "like are files in %s/items, to be imported from there",
		    spool_dir(l->spool));
	return rc;
}

int
load_run(const struct load_options *o, struct report *r, struct err *err)
{
	struct load l = { .o = o, .report = r };
	struct err second = { 0 };
	int rc;

	name_counters(r);
	if (spool_open(&l.spool, o->spool,
		o->dry_run ? SPOOL_READ : SPOOL_DELIVER, o->spool_flags,
		err) < 0) {
		err->scope = SCOPE_RUN;
		return -1;
	}
	l.ledger = spool_ledger(l.spool);
	dest_init(&l.d, o->account, l.spool, r, o->max_wait_s);
	rc = run(&l, err);
	ledger_rollback(l.ledger);
	if (count_items(&l, &second) < 0)
		err_clear(&second);
	if (rc < 0)
		announce_left(&l, err);
	delta_tell_held(&l);
	count_pending(&l);
	keywords_tell_dropped(&l);
	if (l.run > 0)
		spool_event_end(l.spool,
		    rc < 0 ? err->status : report_status(r), NULL, &second);
	load_rules_free(&l.rules);
	buf_free(&l.refused_words);
	buf_free(&l.dropped_words);
	dest_free(&l.d);
	plan_free(&l);
	spool_close(&l.spool);
	if (rc < 0)
		err->scope = SCOPE_RUN;
	return rc;
}
