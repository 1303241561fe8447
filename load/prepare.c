/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A folder before its first byte: it is made where it is missing; where the
 * ledger has not seen it, or its UIDVALIDITY has changed, what lies there is
 * looked through, so that nothing is sent that is there already.
 *
 * A server far away would take seconds for a hundred folders, asked for one
 * after the other.  So folders are prepared some time before their turn, a
 * hundred at once: all CREATEs are sent, and behind them all SUBSCRIBEs and
 * SELECTs.  Only what was refused is looked at one by one.
 */
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/step.h"
#include "load/load_impl.h"
#include "load/match.h"
#include "load/plan_impl.h"
#include "load/there.h"

#define BUSY_TRIES 5 /* 1, 2, ... 16 s between them */

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

/* The special use that it is to have there; NULL: none. */
static const char *
role_of(struct load *l, const struct load_folder *f)
{
	return l->o->into == NULL && names_is_role(slice_str(f->role)) &&
		tree_by_role(&l->d.tree, f->role, &l->d.names) == NULL
	    ? f->role
	    : NULL;
}

static int
create(struct load *l, struct load_folder *f, struct err *err)
{
	const char *role = role_of(l, f);
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
		lanes_mark_shared(l, f);
	}
	if (rc < 0)
		return load_rules_hint_name(&l->rules, err);
	return 0;
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

/* The folder's row, and that this spool folder goes there, into the open
 * transaction.  f->look: it has messages that were not looked through. */
static int
note_row(struct load *l, struct load_folder *f, uint64_t exists,
    struct err *err)
{
	struct delivery_folder row = { .name = f->name,
		.uidvalidity = f->uidvalidity,
		.permanentflags = f->any_flag ? "\\*" : f->flags };
	struct delivery_folder have;
	struct arena a = { 0 };
	int rc =
	    delivery_folder_find(l->ledger, l->d.id, f->name, &have, &a, err);
	bool renumbered = rc == 1 &&
	    (have.uidvalidity != f->uidvalidity ||
		load_went_back(f->uidnext, have.top));
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
	f->look = !row.matched && exists > 0;
	if (l->o->dry_run) {
		f->there = rc == 1 ? have.id : 0;
		if (l->o->ignore_existing && f->there == 0)
			f->look = false;
		goto out;
	}
	if (!row.matched &&
	    (exists == 0 || ignored || (l->o->ignore_existing && rc == 0)))
		row.matched = true;
	f->look = !row.matched;
	if (rc == 1 && f->there == have.id && row.matched == have.matched &&
	    !renumbered)
		goto out; /* nothing new */
	step("load.folder");
	rc = load_begin(l, err);
	if (rc == 0 && renumbered) {
		l->renumbered = true;
		if (have.uidvalidity == f->uidvalidity)
			log_warn("folder '%s': UIDs up to %u were given out, "
				 "and the next one is %u now: looking for "
				 "everything again",
			    f->name, have.top, f->uidnext);
		else if (have.uidvalidity != 0)
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

/* ------------------------------------------------------- many at a time */

/* A folder that is being prepared. */
struct prepared {
	struct load_folder *f;
	uint32_t create, subscribe, select; /* tags; 0: not sent */
	bool absent; /* it is not there, and need not be */
	bool again;  /* what was sent behind CREATE spoke of no folder */
	struct imap_result put_off; /* of SUBSCRIBE, where waiting helps */
};

/* What keeps it from being used is told; the others go on. */
static int
refuse(struct load *l, struct prepared *p, struct err *err)
{
	if (err->scope > SCOPE_FOLDER || !imap_alive(l->d.im))
		return -1;
	load_refuse_folder(l, p->f, err);
	return 0;
}

/* Is it there?  Else what is missing is sent for. */
static int
send_create(struct load *l, struct prepared *p, struct err *err)
{
	struct load_folder *f = p->f;
	const struct tree_folder *t;

	if (plan_check_name(l, f, err) < 0)
		return refuse(l, p, err);
	t = tree_find(&l->d.tree, slice_str(f->name));
	if (t != NULL && !t->noselect)
		return 0;
	/* the user took it away, and nothing is to be sent? */
	p->absent = l->o->dry_run || (f->known && f->sums.todo == 0);
	if (p->absent && (!f->known || f->sums.todo > 0))
		report_add(l->report, "folders_created", 1);
	if (p->absent)
		return 0;
	step("load.create");
	if (imap_create_send(l->d.im, slice_str(f->name), role_of(l, f),
		&p->create, err) >= 0)
		return 0;
	return refuse(l, p, err);
}

static int
await_create(struct load *l, struct prepared *p, struct err *err)
{
	struct imap_result res;
	struct err why = { 0 };
	bool subscribed;

	if (p->create == 0)
		return 0;
	if (imap_wait(l->d.im, p->create, &res, err) < 0)
		return -1;
	if (res.status == IMAP_OK) {
		tree_add(&l->d.tree, slice_str(p->f->name));
		report_add(l->report, "folders_created", 1);
		return 0;
	}
	/* what was sent behind it means nothing */
	subscribed = p->subscribe != 0;
	p->again = p->select != 0;
	imap_ignore(l->d.im, p->subscribe);
	imap_ignore(l->d.im, p->select);
	p->subscribe = p->select = 0;
	/* one by one: without the special use, those above first, ... */
	if (create(l, p->f, err) >= 0)
		return 0;
	/* some let us subscribe to what is not there */
	if (subscribed && imap_alive(l->d.im) &&
	    imap_unsubscribe_send(l->d.im, slice_str(p->f->name), &why) < 0 &&
	    why.scope > SCOPE_FOLDER) {
		*err = why;
		return -1;
	}
	return refuse(l, p, err);
}

static int
send_select(struct load *l, struct prepared *p, struct err *err)
{
	struct load_folder *f = p->f;
	const struct tree_folder *t = tree_find(&l->d.tree, slice_str(f->name));
	bool made = p->create != 0;

	if (!l->o->dry_run && f->subscribed != 0 &&
	    (made || (!f->known && t != NULL && t->subscribed != 1))) {
		step("load.subscribe");
		if (imap_subscribe_send(l->d.im, slice_str(f->name),
			&p->subscribe, err) < 0)
			return refuse(l, p, err);
	}
	if (imap_select_send(l->d.im, slice_str(f->name), l->o->dry_run,
		&p->select, err) < 0)
		return refuse(l, p, err);
	return 0;
}

/* The server has the folder open elsewhere, or no time: later, so often. */
static int
wait_for_folder(struct load *l, struct load_folder *f, struct err *err)
{
	uint64_t ms = imap_last(l->d.im)->backoff_ms;

	if (ms == 0)
		ms = (uint64_t)1000 << f->busy;
	f->busy++;
	return dest_wait(&l->d, ms, "the server asks to wait", err);
}

static bool
will_pass(const struct imap_result *res)
{
	return res->status != IMAP_OK &&
	    (res->trouble == IMAP_UNAVAILABLE ||
		res->trouble == IMAP_THROTTLED);
}

static bool
is_busy(const struct load *l, const struct load_folder *f)
{
	return imap_alive(l->d.im) && f->busy < BUSY_TRIES &&
	    will_pass(imap_last(l->d.im));
}

/* The server had no time to subscribe. */
static int
subscribe_later(struct load *l, struct prepared *p, struct err *err)
{
	struct imap_result *res = &p->put_off;
	struct err why = { 0 };
	uint64_t ms;
	uint32_t tag;
	unsigned n;

	for (n = 0; n < BUSY_TRIES && will_pass(res); n++) {
		ms = res->backoff_ms == 0 ? (uint64_t)1000 << n
					  : res->backoff_ms;
		if (dest_wait(&l->d, ms, "the server asks to wait", err) < 0 ||
		    imap_subscribe_send(l->d.im, slice_str(p->f->name), &tag,
			err) < 0 ||
		    imap_wait(l->d.im, tag, res, err) < 0)
			return -1;
	}
	if (n > 0 && imap_result_err(res, SCOPE_FOLDER, "SUBSCRIBE", &why) < 0)
		log_warn("folder '%s': %s", p->f->path, why.text);
	return 0;
}

static int
await_select(struct load *l, struct prepared *p, struct err *err)
{
	struct imap_mailbox mb;
	struct imap_result res;
	struct err why = { 0 };
	struct buf flags = { 0 };
	int rc = 0;

	if (p->again && send_select(l, p, err) < 0)
		return -1;
	if (p->subscribe != 0) {
		if (imap_wait(l->d.im, p->subscribe, &res, err) < 0)
			return -1;
		if (will_pass(&res))
			p->put_off = res;
		else if (imap_result_err(&res, SCOPE_FOLDER, "SUBSCRIBE",
			     &why) < 0)
			log_warn("folder '%s': %s",
			    plan_show_path(l, p->f->path), why.text);
	}
	if (p->select == 0)
		return 0;
	if (imap_select_wait(l->d.im, p->select, &mb, &flags, err) < 0) {
		if (imap_alive(l->d.im) && !p->f->gone &&
		    imap_last(l->d.im)->trouble == IMAP_TRYCREATE)
			p->f->gone = l->tree_old = true; /* once more */
		else if (is_busy(l, p->f))
			rc = wait_for_folder(l, p->f, err);
		else
			rc = refuse(l, p, err);
	} else {
		learn(l, p->f, &mb);
		rc = note_row(l, p->f, mb.exists, err);
		p->f->prepared = true;
	}
	buf_free(&flags);
	return rc;
}

/* Those to be prepared now: 'f', and the next ones in line. */
static size_t
choose(struct load *l, struct load_folder *f, struct prepared *v, size_t max)
{
	size_t i, n = 0;

	v[n++] = (struct prepared){ .f = f };
	for (i = 0; i < l->nfolders && n < max; i++) {
		struct load_folder *g = &l->folders[i];

		if (g != f && !g->finished && !g->taken && !g->shared &&
		    !g->prepared)
			v[n++] = (struct prepared){ .f = g };
	}
	return n;
}

static int
each(struct load *l, struct prepared *v, size_t n,
    int (*act)(struct load *l, struct prepared *p, struct err *err),
    struct err *err)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!v[i].f->finished && !v[i].absent && act(l, &v[i], err) < 0)
			return err_within(err, "folder '%s'", v[i].f->path);
	return 0;
}

/* Who counts errors is not asked for a folder that may not be made. */
static bool
may_hurry(const struct load *l)
{
	return l->rules.limits == NULL ||
	    l->rules.limits->errors_per_session == 0;
}

/* SELECT behind CREATE, without waiting for it: one round trip for all. */
static int
make_and_select(struct load *l, struct prepared *v, size_t n, struct err *err)
{
	if (each(l, v, n, send_create, err) < 0)
		return -1;
	if (may_hurry(l) && each(l, v, n, send_select, err) < 0)
		return -1;
	if (each(l, v, n, await_create, err) < 0 ||
	    (!may_hurry(l) && each(l, v, n, send_select, err) < 0))
		return -1;
	return each(l, v, n, await_select, err) < 0
	    ? -1
	    : each(l, v, n, subscribe_later, err);
}

int
prepare_folders(struct load *l, struct load_folder *f, struct err *err)
{
	enum { AT_ONCE = 100 };
	struct prepared v[AT_ONCE];
	size_t n = choose(l, f, v, AT_ONCE), i;

	if (l->tree_old && tree_read(&l->d.tree, l->d.im, err) < 0)
		return -1;
	l->tree_old = false;
	if (make_and_select(l, v, n, err) < 0) {
		l->tree_old = true;
		/* their rows are not durable */
		for (i = 0; i < n; i++)
			v[i].f->prepared = false;
		return -1;
	}
	if (ledger_commit(l->ledger, err) < 0)
		return -1;
	for (i = 0; i < n; i++) {
		if (!v[i].absent || v[i].f->finished)
			continue;
		v[i].f->prepared = true;
		if (!l->o->dry_run) {
			load_count_settled(l, v[i].f);
			v[i].f->finished = true;
		}
	}
	/* new arrivals need not be told to us while we append */
	return imap_unselect_send(l->d.im, err);
}

int
prepare_look(struct load *l, struct load_folder *f, struct err *err)
{
	const struct imap_mailbox *mb;
	bool looked = f->look;

	if (f->look) {
		if (imap_select(l->d.im, slice_str(f->name), true, err) < 0)
			return -1;
		mb = imap_selected(l->d.im);
		if (mb->uidvalidity != f->uidvalidity) {
			err_set(err, SCOPE_STORE, EX_TEMPFAIL,
			    "its UIDVALIDITY changes while we look at it");
			err->retry = true;
			return -1;
		}
		if (match_existing(l, f, err) < 0)
			return -1;
		f->look = false;
		if (imap_unselect_send(l->d.im, err) < 0)
			return -1;
	}
	if (l->o->dry_run || (!looked && f->sums.done == 0))
		return 0;
	return delivery_sums(l->ledger, l->d.id, f->id, f->there, &f->sums,
	    err);
}
