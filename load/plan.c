/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which folder of the spool goes where.  Once decided it stays so: the
 * ledger's word first, unless --folder-map says otherwise than it did; then
 * the map; then the folder there that has the same role; then the name, made
 * fit for the server.  What goes under a folder follows it to its new name.
 */
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/mem.h"
#include "formats/folder.h"
#include "load/plan_impl.h"

static struct load_folder *
add_folder(struct load *l, const struct spool_folder *f)
{
	struct load_folder *p;

	if ((l->nfolders & (l->nfolders - 1)) == 0)
		l->folders =
		    mem_grow(l->folders, l->nfolders == 0 ? 1 : 2 * l->nfolders,
			sizeof(*l->folders));
	p = &l->folders[l->nfolders++];
	*p = (struct load_folder){ .id = f->id,
		.path = mem_str(f->path),
		.role = mem_str(f->special_use == NULL ? "" : f->special_use),
		.subscribed = f->subscribed };
	return p;
}

static bool
has_folder(const struct load *l, int64_t id)
{
	size_t i;

	for (i = 0; i < l->nfolders; i++)
		if (l->folders[i].id == id)
			return true;
	return false;
}

/* Those that are not known yet. */
static int
read_folders(struct load *l, struct err *err)
{
	bool first = l->nfolders == 0;
	struct spool_folder f;
	int64_t id = 0;
	int rc;

	while ((rc = spool_folder_next_uncounted(l->spool, &id, &f, err)) == 1)
		if (first || !has_folder(l, f.id))
			add_folder(l, &f);
	return rc;
}

void
plan_free(struct load *l)
{
	size_t i;

	if (l->plan != NULL) {
		plan_names_free(l->plan);
		foldermap_free(&l->plan->map);
		arena_free(&l->plan->arena);
		free(l->plan);
		l->plan = NULL;
	}
	for (i = 0; i < l->nfolders; i++) {
		free(l->folders[i].path);
		free(l->folders[i].target);
		free(l->folders[i].was);
		free(l->folders[i].impossible);
		free(l->folders[i].told);
		free(l->folders[i].name);
		free(l->folders[i].role);
		free(l->folders[i].flags);
		free(l->folders[i].suspect);
	}
	free(l->folders);
	free(l->base);
	l->base = NULL;
	l->folders = NULL;
	l->nfolders = 0;
}

/* --------------------------------------------------------- --folder-map */

/* Where the map said the folder goes, when that was last acted upon. */
static void
put_map_name(struct buf *name, const struct load *l,
    const struct load_folder *f)
{
	buf_putf(name, "foldermap:%lld:%s", (long long)l->d.id, f->path);
}

/* What the map says now, as one text: a path, or a role. */
static const char *
map_word(const struct load_folder *f)
{
	return f->to_role != NULL ? f->to_role : f->target;
}

/* Does it say otherwise than it did?  1, 0, -1. */
static int
map_changed(struct load *l, const struct load_folder *f, const char *now,
    struct err *err)
{
	struct ledger_rows *q;
	struct buf name = { 0 }, natural = { 0 };
	int rc;

	put_map_name(&name, l, f);
	rc = ledger_query(l->ledger, &q, err,
	    "SELECT value FROM meta WHERE name=?", "t", buf_str(&name));
	buf_free(&name);
	if (rc < 0)
		return -1;
	rc = ledger_step(q, err);
	if (rc == 1 && ledger_text(q, 0) != NULL)
		rc = strcmp(ledger_text(q, 0), map_word(f)) != 0;
	else if (rc == 0 && f->to_role == NULL) { /* without a map so far */
		plan_natural(l, slice_str(f->target), &natural);
		rc = strcmp(buf_str(&natural), now) != 0;
		buf_free(&natural);
	} else if (rc == 0) {
		rc = 1;
	}
	ledger_end(&q);
	return rc;
}

int
plan_note_map(struct load *l, const struct load_folder *f, struct err *err)
{
	struct buf name = { 0 };
	int rc;

	if (!f->mapped)
		return 0;
	put_map_name(&name, l, f);
	rc = ledger_do(l->ledger, err,
	    "INSERT INTO meta(name,value) VALUES(?,?) ON CONFLICT(name) "
	    "DO UPDATE SET value=excluded.value",
	    "tt", buf_str(&name), map_word(f));
	buf_free(&name);
	return rc < 0 ? -1 : 0;
}

static void
say_idle_rules(struct load *l)
{
	const char *text;
	size_t i;
	bool used;

	for (i = 0; (text = foldermap_rule(l->plan->map, i, &used)) != NULL;
	     i++)
		if (!used)
			report_note(l->report,
			    "--folder-map '%s' is about no folder of the spool",
			    text);
}

/* Every folder gets its target. */
static int
read_map(struct load *l, struct err *err)
{
	struct buf to = { 0 };
	size_t i;

	if (l->plan->map == NULL && l->o->n_folder_map > 0 &&
	    foldermap_new(&l->plan->map, l->o->folder_map, l->o->n_folder_map,
		err) < 0)
		return -1;
	for (i = 0; i < l->nfolders; i++) {
		struct load_folder *f = &l->folders[i];

		if (f->target != NULL)
			continue; /* from an earlier look */
		buf_clear(&to);
		f->mapped = l->plan->map != NULL &&
		    foldermap_find(l->plan->map, slice_str(f->path), f->role,
			&to, &f->to_role);
		f->target = mem_str(
		    f->mapped && f->to_role == NULL ? buf_str(&to) : f->path);
	}
	buf_free(&to);
	if (l->plan->map != NULL && l->o->more == NULL)
		say_idle_rules(l);
	plan_index(l);
	return 0;
}

/* ------------------------------------------------------------ decisions */

/* The STATUS of up to 'max' folders from *i on, pipelined. */
static int
count_some(struct load *l, size_t *i, uint64_t *n, struct err *err)
{
	enum { AT_ONCE = 100 };
	struct imap_mailbox_status st;
	uint32_t tags[AT_ONCE];
	size_t k, sent = 0;

	for (; *i < l->d.tree.n && sent < AT_ONCE; ++*i) {
		const struct tree_folder *t = &l->d.tree.v[*i];

		if (t->noselect ||
		    !names_is_personal(slice_str(t->name), &l->d.names))
			continue;
		if (imap_status_send(l->d.im, slice_str(t->name), &tags[sent],
			err) < 0)
			return -1;
		sent++;
	}
	for (k = 0; k < sent; k++) {
		if (imap_status_wait(l->d.im, tags[k], &st, err) == 0)
			*n += st.messages;
		else if (err->scope != SCOPE_FOLDER)
			return -1;
	}
	return 0;
}

int
plan_count_there(struct load *l, struct err *err)
{
	uint64_t n = 0, most;
	size_t i = 0;

	if (l->rules.limits == NULL || l->rules.limits->items == 0)
		return 0;
	most = l->rules.limits->items;
	while (i < l->d.tree.n)
		if (count_some(l, &i, &n, err) < 0)
			return -1;
	l->rules.room = n < most ? most - n : 0;
	return 0;
}

/* Does a refused STATUS say that there cannot be such a folder? */
static bool
is_impossible(const struct imap_result *res)
{
	return res->trouble == IMAP_FORBIDDEN ||
	    strcasestr(res->text, "invalid mailbox name") != NULL ||
	    strcasestr(res->text, "not valid mUTF-7") != NULL;
}

static int
try_some(struct load *l, size_t *i, struct err *err)
{
	enum { AT_ONCE = 100 };
	struct imap_mailbox_status st;
	struct load_folder *v[AT_ONCE];
	uint32_t tags[AT_ONCE];
	size_t k, sent = 0;

	for (; *i < l->nfolders && sent < AT_ONCE; ++*i) {
		struct load_folder *f = &l->folders[*i];

		if (f->known ||
		    tree_find(&l->d.tree, slice_str(f->name)) != NULL)
			continue;
		v[sent] = f;
		if (imap_status_send(l->d.im, slice_str(f->name), &tags[sent],
			err) == 0)
			sent++;
		else if (err->scope != SCOPE_FOLDER)
			return -1;
	}
	for (k = 0; k < sent; k++) {
		if (imap_status_wait(l->d.im, tags[k], &st, err) == 0)
			continue;
		if (err->scope != SCOPE_FOLDER)
			return -1;
		if (v[k]->impossible == NULL &&
		    is_impossible(imap_last(l->d.im)))
			v[k]->impossible = mem_str(imap_last(l->d.im)->text);
	}
	return 0;
}

int
plan_try_names(struct load *l, struct err *err)
{
	size_t i = 0;

	/* who counts errors is not asked for what is not there */
	if (!l->o->dry_run ||
	    (l->rules.limits != NULL &&
		l->rules.limits->errors_per_session != 0))
		return 0;
	while (i < l->nfolders)
		if (try_some(l, &i, err) < 0)
			return -1;
	return 0;
}

int
plan_check_name(struct load *l, const struct load_folder *f, struct err *err)
{
	const struct tree_folder *t = tree_find(&l->d.tree, slice_str(f->name));
	struct buf name = { 0 };
	int rc;

	if (f->known)
		return 0;
	if (f->impossible != NULL) {
		err_set(err, SCOPE_FOLDER, EX_CANTCREAT,
		    "the server says of '%s': %s", f->name, f->impossible);
		return load_rules_hint_name(&l->rules, err);
	}
	plan_plain(l, slice_str(f->name), &name);
	rc = load_rules_folder(&l->rules, buf_slice(&name),
	    t != NULL && !t->noselect, err);
	if (rc == 0 && t == NULL)
		rc = load_rules_wire(&l->rules, slice_str(f->name),
		    l->d.names.delimiter, err);
	buf_free(&name);
	return rc;
}

/* What the ledger has decided for this folder. */
static int
take_known(struct load *l, struct load_folder *f, struct err *err)
{
	struct delivery_folder df;
	struct arena a = { 0 };
	int64_t there, row;
	int rc;

	there = delivery_map_get(l->ledger, l->d.id, f->path, err);
	if (there <= 0)
		return there < 0 ? -1 : 0;
	row = there - 1;
	rc = delivery_folder_next(l->ledger, l->d.id, &row, &df, &a, err);
	if (rc == 1 && df.id == there) {
		rc = f->mapped ? map_changed(l, f, df.name, err) : 0;
		if (rc == 0) {
			plan_settle(l, f, df.name);
			f->there = there;
			f->known = true;
			f->known_uidvalidity = df.uidvalidity;
			f->known_top = df.top;
		} else if (rc > 0) {
			f->was = mem_str(df.name);
		}
	}
	arena_free(&a);
	return rc < 0 ? -1 : 0;
}

/* --folder-map to a role. */
static void
take_to_role(struct load *l, struct load_folder *f)
{
	struct tree_folder *t = plan_role_there(l, f->to_role, NULL);
	struct load_folder *owner;
	struct buf name = { 0 };

	if (t != NULL)
		buf_puts(&name, t->name);
	else /* it will be made, under the role's own name */
		plan_natural(l, slice_str(f->to_role + 1), &name);
	owner = plan_owner(l, buf_str(&name));
	if (owner != NULL)
		report_note(l->report, "folders '%s' and '%s' both go to '%s'",
		    plan_show_path(l, owner->path), plan_show_path(l, f->path),
		    plan_show_name(l, buf_str(&name)));
	free(f->role);
	f->role = mem_str(f->to_role);
	plan_settle(l, f, buf_str(&name));
	buf_free(&name);
}

static int
by_depth(const void *a, const void *b)
{
	const struct load_folder *const *x = a, *const *y = b;
	const char *p;
	size_t m = 0, n = 0;

	for (p = (*x)->target; *p != '\0'; p++)
		m += *p == '/';
	for (p = (*y)->target; *p != '\0'; p++)
		n += *p == '/';
	if (m != n)
		return m < n ? -1 : 1;
	return *x < *y ? -1 : *x > *y;
}

/* Those without a name yet; the ones above first. */
static void
take_names(struct load *l)
{
	struct load_folder **order = mem_alloc(l->nfolders + 1, sizeof(*order));
	size_t i;

	for (i = 0; i < l->nfolders; i++)
		order[i] = &l->folders[i];
	if (l->nfolders > 1)
		qsort(order, l->nfolders, sizeof(*order), by_depth);
	for (i = 0; i < l->nfolders; i++)
		if (order[i]->name == NULL && order[i]->to_role == NULL)
			plan_take_name(l, order[i]);
	for (i = 0; i < l->nfolders; i++)
		if (order[i]->name == NULL)
			take_to_role(l, order[i]);
	free(order);
}

static void
say_changed(struct load *l)
{
	size_t i;

	for (i = 0; i < l->nfolders; i++) {
		struct load_folder *f = &l->folders[i];

		if (f->was != NULL && strcmp(f->was, f->name) != 0)
			report_note(l->report,
			    "folder '%s' went to '%s' and goes to '%s' from "
			    "now on: --folder-map was changed",
			    plan_show_path(l, f->path),
			    plan_show_name(l, f->was),
			    plan_show_name(l, f->name));
	}
}

/* --dry-run cannot try whether the destination ignores case. */
static void
say_like_names(struct load *l)
{
	struct load_folder *f, *owner;
	size_t i;

	if (!l->o->dry_run || l->folds_case || l->case_is_known)
		return;
	plan_fold(l, true);
	for (i = 0; i < l->nfolders; i++) {
		f = &l->folders[i];
		owner = plan_owner(l, f->name);
		if (owner != f && strcmp(owner->name, f->name) != 0)
			report_note(l->report,
			    "folders '%s' and '%s' go to names that differ "
			    "only in case: if the destination ignores it, "
			    "they are %s",
			    plan_show_path(l, owner->path),
			    plan_show_path(l, f->path),
			    l->o->merge_same ? "made one"
					     : "kept apart by a number");
	}
	plan_fold(l, false);
}

static int
sum_up(struct load *l, struct err *err)
{
	size_t i;

	for (i = 0; i < l->nfolders; i++)
		if (delivery_sums(l->ledger, l->d.id, l->folders[i].id,
			l->folders[i].there, &l->folders[i].sums, err) < 0)
			return -1;
	return 0;
}

int
plan_read(struct load *l, struct err *err)
{
	struct buf label = { 0 };
	size_t i;

	if (l->d.id <= 0) { /* never reached: the account by its name */
		url_label(&label, &l->o->account->url);
		l->d.id = delivery_find(l->ledger, buf_str(&label), err);
		buf_free(&label);
	}
	if (l->d.id < 0 || read_folders(l, err) < 0)
		return -1;
	for (i = 0; i < l->nfolders && l->d.id > 0; i++) {
		struct load_folder *f = &l->folders[i];

		if (f->there == 0)
			f->there =
			    delivery_map_get(l->ledger, l->d.id, f->path, err);
		if (f->there < 0)
			return -1;
	}
	return sum_up(l, err);
}

int
plan_anew(struct load *l, struct err *err)
{
	size_t i;

	for (i = 0; i < l->nfolders; i++) {
		struct load_folder *f = &l->folders[i];

		free(f->name);
		f->name = NULL;
		free(f->was);
		f->was = NULL;
		f->there = 0;
		f->known = f->finished = false;
	}
	for (i = 0; i < l->d.tree.n; i++)
		l->d.tree.v[i].taken = false;
	plan_index(l);
	plan_take_roles(l);
	take_names(l);
	say_like_names(l);
	return sum_up(l, err);
}

int
plan_make(struct load *l, struct err *err)
{
	size_t i;

	if (l->plan == NULL) {
		l->plan = mem_alloc(1, sizeof(*l->plan));
		l->folds_case =
		    l->rules.limits != NULL && l->rules.limits->ignores_case;
		l->case_is_known =
		    l->rules.limits != NULL && l->rules.limits->case_is_known;
	}
	if (read_folders(l, err) < 0 || plan_roles(l, err) < 0 ||
	    read_map(l, err) < 0)
		return -1;
	if (l->base == NULL)
		plan_base(l);
	for (i = 0; i < l->nfolders && l->d.id > 0; i++)
		if (l->folders[i].name == NULL &&
		    take_known(l, &l->folders[i], err) < 0)
			return -1;
	plan_take_roles(l);
	take_names(l);
	say_changed(l);
	say_like_names(l);
	return sum_up(l, err);
}

int
plan_dry(struct load *l, struct load_folder *f, struct err *err)
{
	int64_t cursor = 0;
	struct batch *b;
	size_t i;
	int rc;

	/* a folder that was opened to be read tells no flags */
	f->any_flag = true;
	if (f->flags == NULL) /* it does not exist yet */
		f->limit = imap_append_limit(l->d.im);
	while (
	    (rc = batch_next(l, f, &cursor, LOAD_BATCH_MSGS, &b, err)) == 1) {
		for (i = 0; i < b->n; i++) {
			report_fate(l->report, f->path, FATE_LOADED,
			    b->items[i].size);
			keywords_count_dropped(l, &b->items[i]);
			f->loaded++;
		}
		batch_unref(&b);
	}
	return rc;
}
