/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Folders of the same role find each other, whatever they are called: the
 * source's \Sent goes to the destination's.  Roles are what servers and PSTs
 * tell; where none is told for a role, the usual names suggest it
 * (formats/roles.h), on either side.  Where that leaves a choice, it is said.
 */
#include <stdlib.h>
#include <string.h>

#include "core/glob.h"
#include "core/mem.h"
#include "core/text.h"
#include "formats/folder.h"
#include "formats/roles.h"
#include "load/plan_impl.h"
#include "wire/mutf7.h"

static const char *const roles[] = { "\\Sent", "\\Drafts", "\\Trash", "\\Junk",
	"\\Archive" };
#define N_ROLES (sizeof(roles) / sizeof(roles[0]))

static bool
has_role(const char *have, const char *role)
{
	return slice_is_nocase(slice_str(have), role);
}

/* ------------------------------------------------------------ the source */

static bool
suggests(const char *path, const char *role)
{
	struct buf name = { 0 };
	const char *guess;

	folder_decode(&name, slice_str(path));
	guess = roles_guess(buf_slice(&name));
	buf_free(&name);
	return guess != NULL && strcmp(guess, role) == 0;
}

/* Is it called as a folder there is? */
static bool
is_there(struct load *l, const struct load_folder *f)
{
	struct buf name = { 0 };
	bool is;

	names_child(&name, slice_str(""), slice_str(f->path), &l->d.names);
	is = strchr(f->path, '/') == NULL &&
	    tree_find(&l->d.tree, buf_slice(&name)) != NULL;
	buf_free(&name);
	return is;
}

/* Of several: the one that went there before, else the one that is called as
 * a folder there, else the fullest, else the first.  -1. */
static int
is_better(struct load *l, struct load_folder *f, struct load_folder *best,
    int64_t *known_r, struct err *err)
{
	struct delivery_sums x, y;
	int64_t known;

	known = l->d.id <= 0 || best == NULL
	    ? 0
	    : delivery_map_get(l->ledger, l->d.id, best->path, err);
	*known_r = known;
	if (known != 0)
		return known < 0 ? -1 : 0;
	if (best == NULL || is_there(l, f) != is_there(l, best))
		return best == NULL || is_there(l, f);
	if (delivery_sums(l->ledger, l->d.id, f->id, 0, &x, err) < 0 ||
	    delivery_sums(l->ledger, l->d.id, best->id, 0, &y, err) < 0)
		return -1;
	return x.messages > y.messages;
}

/* Who has the role, of those that were told to, else of those whose names
 * suggest it; the others have none. */
static int
choose(struct load *l, const char *role, struct err *err)
{
	struct load_folder *best = NULL, *other = NULL, *f;
	bool told = false;
	int64_t known;
	size_t i;
	int rc;

	for (i = 0; i < l->nfolders; i++)
		told = told || has_role(l->folders[i].role, role);
	for (i = 0; i < l->nfolders; i++) {
		f = &l->folders[i];
		if (told ? !has_role(f->role, role)
			 : *f->role != '\0' || !suggests(f->path, role))
			continue;
		rc = is_better(l, f, best, &known, err);
		if (rc < 0)
			return -1;
		other = rc > 0 ? best : f;
		best = rc > 0 ? f : best;
		if (other != NULL && *other->role != '\0')
			*other->role = '\0';
		if (other != NULL && known == 0)
			report_note(l->report,
			    "folders '%s' and '%s' look both like the one for "
			    "%s; '%s' is taken for it",
			    plan_show_path(l, best->path),
			    plan_show_path(l, other->path), role + 1,
			    plan_show_path(l, best->path));
	}
	if (best != NULL && !told) {
		free(best->role);
		best->role = mem_str(role);
		best->guessed = true;
	}
	return 0;
}

int
plan_roles(struct load *l, struct err *err)
{
	size_t i;

	for (i = 0; i < N_ROLES && l->o->into == NULL; i++)
		if (choose(l, roles[i], err) < 0)
			return -1;
	return 0;
}

/* ------------------------------------------------------- the destination */

void
plan_plain(const struct load *l, struct slice name, struct buf *out)
{
	const struct names *n = &l->d.names;
	struct buf one = { 0 };
	struct slice c;
	const char *at;
	size_t i;

	if (slice_starts(name, n->prefix))
		name = slice_from(name, strlen(n->prefix));
	while (name.n > 0) {
		at = n->delimiter == '\0'
		    ? NULL
		    : memchr(name.p, n->delimiter, name.n);
		c = slice_of(name.p,
		    at == NULL ? name.n : (size_t)(at - name.p));
		name = slice_from(name, c.n + (at != NULL));
		if (out->n > 0)
			buf_putc(out, '/');
		buf_clear(&one);
		if (!mutf7_decode(&one, c))
			buf_put(&one, c.p, c.n);
		for (i = 0; i < one.n; i++)
			if (one.p[i] == '/')
				text_put_utf8(out, GLOB_INNER_SLASH);
			else
				buf_putc(out, one.p[i]);
	}
	buf_free(&one);
}

static bool
suggests_there(struct load *l, const struct tree_folder *t, const char *role)
{
	struct buf name = { 0 };
	const char *guess = NULL;

	if (!t->noselect && *t->role == '\0' &&
	    names_is_personal(slice_str(t->name), &l->d.names)) {
		plan_plain(l, slice_str(t->name), &name);
		guess = roles_guess(buf_slice(&name));
	}
	buf_free(&name);
	return guess != NULL && strcmp(guess, role) == 0;
}

/* Does another folder of the spool go there by its own name? */
static bool
is_wanted(struct load *l, const struct tree_folder *t, const char *natural)
{
	struct buf name = { 0 };
	bool is = false;
	size_t i;

	if (natural != NULL && strcmp(t->name, natural) == 0)
		return false;
	for (i = 0; i < l->nfolders && !is; i++) {
		if (l->folders[i].name != NULL || l->folders[i].to_role != NULL)
			continue;
		buf_clear(&name);
		plan_natural(l, slice_str(l->folders[i].target), &name);
		is = strcmp(t->name, buf_str(&name)) == 0;
	}
	buf_free(&name);
	return is;
}

struct tree_folder *
plan_role_there(struct load *l, const char *role, const char *natural)
{
	struct tree_folder *t = NULL, *one;
	bool told = false;
	size_t i;

	for (i = 0; i < l->d.tree.n; i++) {
		one = &l->d.tree.v[i];
		told = told ||
		    (!one->noselect && has_role(one->role, role) &&
			names_is_personal(slice_str(one->name), &l->d.names));
	}
	for (i = 0; i < l->d.tree.n; i++) {
		one = &l->d.tree.v[i];
		if (told ? one->noselect || !has_role(one->role, role) ||
			    !names_is_personal(slice_str(one->name),
				&l->d.names)
			 : !suggests_there(l, one, role) ||
			    is_wanted(l, one, natural))
			continue;
		if (t != NULL)
			report_note(l->report,
			    "at the destination '%s' and '%s' look both like "
			    "the folder for %s",
			    plan_show_name(l, t->name),
			    plan_show_name(l, one->name), role + 1);
		if (t == NULL ||
		    (natural != NULL && strcmp(one->name, natural) == 0))
			t = one;
	}
	return t;
}

static void
take_role(struct load *l, struct load_folder *f)
{
	struct buf natural = { 0 };
	struct tree_folder *t;

	plan_natural(l, slice_str(f->target), &natural);
	t = plan_role_there(l, f->role, buf_str(&natural));
	if (t != NULL && plan_owner(l, t->name) == NULL) {
		if (strcmp(t->name, buf_str(&natural)) != 0 &&
		    (f->guessed || *t->role == '\0'))
			report_note(l->report,
			    "folder '%s' goes to '%s': by their names, both "
			    "are for %s",
			    plan_show_path(l, f->path),
			    plan_show_name(l, t->name), f->role + 1);
		plan_settle(l, f, t->name);
	}
	buf_free(&natural);
}

void
plan_take_roles(struct load *l)
{
	size_t i;

	for (i = 0; i < l->nfolders && l->o->into == NULL; i++) {
		struct load_folder *f = &l->folders[i];

		if (f->mapped && f->to_role == NULL)
			*f->role = '\0'; /* the map's word */
		else if (f->name == NULL && f->to_role == NULL &&
		    names_is_role(slice_str(f->role)))
			take_role(l, f);
	}
}
