/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names at the destination: what a folder would be called, who has a name
 * already, and what becomes of two folders that want the same one, or two
 * that differ only in case where the destination ignores it: kept apart by a
 * number, or merged (--same-names).  Said in either case.
 */
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "core/fold.h"
#include "core/mem.h"
#include "formats/folder.h"
#include "load/plan_impl.h"
#include "wire/mutf7.h"

#define APART_MAX 100000

struct plan_entry {
	const char *key;
	void *value;
};

static int
by_key(const void *a, const void *b)
{
	const struct plan_entry *x = a, *y = b;

	return strcmp(x->key, y->key);
}

static void *
find(void *const *root, const char *key)
{
	struct plan_entry probe = { .key = key }, **found;

	found = tfind(&probe, root, by_key);
	return found == NULL ? NULL : (*found)->value;
}

/* The first one stays. */
static void
put(struct plan *p, void **root, const char *key, void *value)
{
	struct plan_entry *e;

	if (find(root, key) != NULL)
		return;
	e = arena_alloc(&p->arena, sizeof(*e));
	e->key = arena_str(&p->arena, key);
	e->value = value;
	if (tsearch(e, root, by_key) == NULL)
		mem_exhausted();
}

/* tdestroy wants to free what the arena owns. */
static void
keep(void *value)
{
	(void)value;
}

void
plan_names_free(struct plan *p)
{
	tdestroy(p->targets, keep);
	tdestroy(p->claims, keep);
	tdestroy(p->listed, keep);
	p->targets = p->claims = p->listed = NULL;
}

/* ------------------------------------------------------------ for people */

const char *
plan_show_path(struct load *l, const char *path)
{
	struct buf text = { 0 };
	const char *shown;

	folder_decode(&text, slice_str(path));
	shown = arena_str(&l->plan->arena, buf_str(&text));
	buf_free(&text);
	return shown;
}

const char *
plan_show_name(struct load *l, const char *name)
{
	struct buf text = { 0 };
	const char *shown = name;

	if (mutf7_decode(&text, slice_str(name)))
		shown = arena_str(&l->plan->arena, buf_str(&text));
	buf_free(&text);
	return shown;
}

/* ------------------------------------------------------------------ case */

/* What tells names apart there, into 'key'. */
static void
put_key(const struct load *l, struct slice name, struct buf *key)
{
	struct buf utf8 = { 0 };

	if (slice_is_nocase(name, "INBOX"))
		name = slice_str("INBOX");
	if (!l->folds_case) {
		buf_put(key, name.p, name.n);
		return;
	}
	if (mutf7_decode(&utf8, name))
		fold_put(key, buf_slice(&utf8));
	else
		fold_put(key, name);
	buf_free(&utf8);
}

/* Where case is ignored: the name as the destination lists it, or NULL. */
static const char *
as_listed(struct load *l, const char *name)
{
	struct plan *p = l->plan;
	struct buf key = { 0 };
	const char *found;
	size_t i;

	if (!l->folds_case)
		return NULL;
	for (i = 0; !p->has_listed && i < l->d.tree.n; i++) {
		buf_clear(&key);
		put_key(l, slice_str(l->d.tree.v[i].name), &key);
		put(p, &p->listed, buf_str(&key),
		    arena_str(&p->arena, l->d.tree.v[i].name));
	}
	p->has_listed = true;
	buf_clear(&key);
	put_key(l, slice_str(name), &key);
	found = find(&p->listed, buf_str(&key));
	buf_free(&key);
	return found;
}

struct load_folder *
plan_owner(struct load *l, const char *name)
{
	struct buf key = { 0 };
	struct load_folder *f;

	put_key(l, slice_str(name), &key);
	f = find(&l->plan->claims, buf_str(&key));
	buf_free(&key);
	return f;
}

static void
claim(struct load *l, struct load_folder *f)
{
	struct buf key = { 0 };

	put_key(l, slice_str(f->name), &key);
	put(l->plan, &l->plan->claims, buf_str(&key), f);
	buf_free(&key);
}

void
plan_settle(struct load *l, struct load_folder *f, const char *name)
{
	struct tree_folder *t = tree_find(&l->d.tree, slice_str(name));
	char *copy = mem_str(name);

	free(f->name);
	f->name = copy;
	if (t != NULL)
		t->taken = true;
	claim(l, f);
}

void
plan_index(struct load *l)
{
	size_t i;

	tdestroy(l->plan->targets, keep);
	l->plan->targets = NULL;
	for (i = 0; i < l->nfolders; i++)
		put(l->plan, &l->plan->targets, l->folders[i].target,
		    &l->folders[i]);
	plan_fold(l, l->folds_case);
}

void
plan_fold(struct load *l, bool folds)
{
	size_t i;

	l->folds_case = folds;
	tdestroy(l->plan->claims, keep);
	tdestroy(l->plan->listed, keep);
	l->plan->claims = l->plan->listed = NULL;
	l->plan->has_listed = false;
	for (i = 0; i < l->nfolders; i++)
		if (l->folders[i].name != NULL)
			claim(l, &l->folders[i]);
}

/* ----------------------------------------------------------------- names */

void
plan_base(struct load *l)
{
	struct buf path = { 0 }, name = { 0 }, parent = { 0 };
	struct slice rest, c;

	if (l->o->into != NULL)
		folder_path_of(&path, slice_str(l->o->into), '/');
	rest = buf_slice(&path);
	while (folder_next(&rest, &c)) {
		buf_clear(&parent);
		buf_put(&parent, name.p, name.n);
		buf_clear(&name);
		names_child(&name, buf_slice(&parent), c, &l->d.names);
	}
	l->base = mem_str(buf_str(&name));
	buf_free(&path);
	buf_free(&name);
	buf_free(&parent);
}

static bool name_of(struct load *l, struct slice target, bool itself,
    struct buf *out);

/* May there be a folder under this name? */
static bool
may_have_child(const struct load *l, const char *name)
{
	struct err ignored = { 0 };
	struct buf plain = { 0 };
	bool may;

	plan_plain(l, slice_str(name), &plain);
	buf_puts(&plain, "/x");
	may = load_rules_folder(&l->rules, buf_slice(&plain), false,
		  &ignored) == 0;
	buf_free(&plain);
	err_clear(&ignored);
	return may;
}

/* Does the folder go where nothing may be under it, like [Gmail]/Trash,
 * while its own name would allow it?  Then that is what is above those
 * below. */
static bool
is_closed(struct load *l, const struct load_folder *f)
{
	struct buf own = { 0 };
	bool is = false;

	if (l->rules.limits == NULL || l->rules.limits->folder_names == NULL ||
	    may_have_child(l, f->name))
		return false;
	name_of(l, slice_str(f->target), true, &own);
	is = may_have_child(l, buf_str(&own));
	buf_free(&own);
	return is;
}

/* From the name of the nearest folder above that has one. */
static bool
name_of(struct load *l, struct slice target, bool itself, struct buf *out)
{
	const char *slash = memrchr(target.p, '/', target.n);
	const struct load_folder *f = NULL;
	struct buf parent = { 0 };
	bool replaced = false, again;

	if (!itself) {
		buf_put(&parent, target.p, target.n);
		f = find(&l->plan->targets, buf_str(&parent));
		buf_clear(&parent);
	}
	if (f != NULL && f->name != NULL && !is_closed(l, f)) {
		buf_puts(out, f->name);
		buf_free(&parent);
		return false;
	}
	if (slash == NULL) {
		buf_puts(&parent, l->base);
	} else {
		replaced =
		    name_of(l, slice_of(target.p, (size_t)(slash - target.p)),
			false, &parent);
		target = slice_from(target, (size_t)(slash - target.p) + 1);
	}
	again = names_child(out, buf_slice(&parent), target, &l->d.names);
	buf_free(&parent);
	return replaced || again;
}

bool
plan_natural(struct load *l, struct slice target, struct buf *out)
{
	return name_of(l, target, true, out);
}

/* ------------------------------------------------------- two of one name */

/* Do both go into one folder there? */
static bool
are_merged(const struct load *l, const struct load_folder *f,
    const struct load_folder *owner)
{
	return l->o->merge_same || f->mapped || owner->mapped;
}

static void
say_merged(struct load *l, const struct load_folder *f,
    const struct load_folder *owner)
{
	report_note(l->report, "folders '%s' and '%s' both go to '%s'",
	    plan_show_path(l, owner->path), plan_show_path(l, f->path),
	    plan_show_name(l, f->name));
}

static void
say_apart(struct load *l, const struct load_folder *f,
    const struct load_folder *owner)
{
	report_note(l->report,
	    "folder '%s' goes to '%s', to be kept apart from '%s', which "
	    "%s there (--same-names merge makes them one)",
	    plan_show_path(l, f->path), plan_show_name(l, f->name),
	    plan_show_path(l, owner->path),
	    l->folds_case ? "would be the same folder"
			  : "would have the same name");
}

/* Is it below one that nothing may be under?  Then say where it goes. */
static void
say_beside(struct load *l, const struct load_folder *f)
{
	struct slice target = slice_str(f->target);
	const struct load_folder *up;
	struct buf path = { 0 };
	const char *slash;

	while ((slash = memrchr(target.p, '/', target.n)) != NULL) {
		target.n = (size_t)(slash - target.p);
		buf_clear(&path);
		buf_put(&path, target.p, target.n);
		up = find(&l->plan->targets, buf_str(&path));
		if (up == NULL || up->name == NULL)
			continue;
		if (is_closed(l, up))
			report_note(l->report,
			    "folder '%s' goes to '%s': %s has no folders under "
			    "'%s', where '%s' goes",
			    plan_show_path(l, f->path),
			    plan_show_name(l, f->name), l->rules.name,
			    plan_show_name(l, up->name),
			    plan_show_path(l, up->path));
		break;
	}
	buf_free(&path);
}

/* Behind 'name' the next number that nobody has. */
static void
number_apart(struct load *l, struct load_folder *owner, struct buf *name)
{
	size_t plain = name->n;
	unsigned n = owner->next_apart < 2 ? 2 : owner->next_apart;

	do {
		name->n = plain;
		names_apart(name, n++);
	} while (plan_owner(l, buf_str(name)) != NULL && n < APART_MAX);
	owner->next_apart = n;
}

void
plan_take_name(struct load *l, struct load_folder *f)
{
	struct buf name = { 0 };
	struct load_folder *owner;
	const char *listed;

	f->replaced = plan_natural(l, slice_str(f->target), &name);
	owner = plan_owner(l, buf_str(&name));
	listed = as_listed(l, buf_str(&name));
	if (owner != NULL && are_merged(l, f, owner)) {
		plan_settle(l, f, owner->name);
		say_merged(l, f, owner);
	} else if (owner != NULL) {
		number_apart(l, owner, &name);
		plan_settle(l, f, buf_str(&name));
		say_apart(l, f, owner);
	} else if (listed != NULL && strcmp(listed, buf_str(&name)) != 0) {
		plan_settle(l, f, listed);
		report_note(l->report,
		    "folder '%s' goes to '%s', which is there: the "
		    "destination ignores case",
		    plan_show_path(l, f->path), plan_show_name(l, f->name));
	} else {
		plan_settle(l, f, buf_str(&name));
		say_beside(l, f);
		if (f->replaced)
			report_note(l->report,
			    "folder '%s' goes to '%s': the server could not "
			    "take the name as it is",
			    plan_show_path(l, f->path),
			    plan_show_name(l, f->name));
	}
	buf_free(&name);
}

/* -------------------------------------------------- learned by trying */

/* Another one than 'f' that goes to that very folder; NULL. */
static struct load_folder *
other_at(struct load *l, const struct load_folder *f, const char *name)
{
	size_t i;

	for (i = 0; i < l->nfolders; i++)
		if (&l->folders[i] != f && l->folders[i].name != NULL &&
		    strcmp(l->folders[i].name, name) == 0)
			return &l->folders[i];
	return NULL;
}

int
plan_exists(struct load *l, struct load_folder *f, struct err *err)
{
	struct load_folder *owner;
	const char *listed;
	struct buf name = { 0 };

	if (tree_read(&l->d.tree, l->d.im, err) < 0)
		return -1;
	if (tree_find(&l->d.tree, slice_str(f->name)) != NULL)
		return 0;   /* somebody made it meanwhile */
	plan_fold(l, true); /* as it seems, and with the new list */
	owner = plan_owner(l, f->name);
	listed = as_listed(l, f->name);
	if (owner == f && listed != NULL) /* by its role, perhaps */
		owner = other_at(l, f, listed);
	buf_puts(&name, f->name);
	if (owner != NULL && owner != f && listed != NULL &&
	    are_merged(l, f, owner)) {
		plan_settle(l, f, listed);
		say_merged(l, f, owner);
	} else if (owner != NULL && owner != f && listed != NULL) {
		number_apart(l, owner, &name);
		plan_settle(l, f, buf_str(&name));
		say_apart(l, f, owner);
	} else if (listed != NULL) {
		report_note(l->report,
		    "folder '%s' goes to '%s', which is there: the "
		    "destination ignores case",
		    plan_show_path(l, f->path), plan_show_name(l, listed));
		plan_settle(l, f, listed);
	} else {
		number_apart(l, f, &name);
		report_note(l->report,
		    "folder '%s' goes to '%s': to the server '%s' is another "
		    "folder that is there",
		    plan_show_path(l, f->path),
		    plan_show_name(l, buf_str(&name)),
		    plan_show_name(l, f->name));
		plan_settle(l, f, buf_str(&name));
	}
	buf_free(&name);
	return 0;
}
