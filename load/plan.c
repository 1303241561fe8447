/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which folder of the spool goes where.  Once decided it stays so: the
 * ledger's word first; then the folder there that has the same role; then
 * the name, made fit for the server, kept apart from others by a number.
 * What goes under a folder follows it to its new name.
 */
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/mem.h"
#include "formats/folder.h"
#include "load/load_impl.h"

#define APART_MAX 1000

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

	for (i = 0; i < l->nfolders; i++) {
		free(l->folders[i].path);
		free(l->folders[i].name);
		free(l->folders[i].role);
		free(l->folders[i].flags);
	}
	free(l->folders);
	free(l->base);
	l->base = NULL;
	l->folders = NULL;
	l->nfolders = 0;
}

static struct load_folder *
find_path(struct load *l, struct slice path)
{
	size_t i;

	for (i = 0; i < l->nfolders; i++)
		if (slice_is(path, l->folders[i].path))
			return &l->folders[i];
	return NULL;
}

/* The folder's name is settled: nobody else goes there. */
static void
settle(struct load *l, struct load_folder *f, const char *name)
{
	struct tree_folder *t = tree_find(&l->d.tree, slice_str(name));

	f->name = mem_str(name);
	if (t != NULL)
		t->taken = true;
}

/* What the ledger has decided. */
static int
take_known(struct load *l, struct err *err)
{
	struct delivery_folder df;
	struct arena a = { 0 };
	struct load_folder *f;
	size_t i;
	int64_t there, row;
	int rc;

	for (i = 0; i < l->nfolders && l->d.id > 0; i++) {
		f = &l->folders[i];
		if (f->name != NULL)
			continue; /* settled in an earlier look */
		there = delivery_map_get(l->ledger, l->d.id, f->path, err);
		if (there < 0)
			return -1;
		if (there == 0)
			continue;
		row = there - 1;
		rc = delivery_folder_next(l->ledger, l->d.id, &row, &df, &a,
		    err);
		if (rc < 0)
			return -1;
		if (rc == 1 && df.id == there) {
			settle(l, f, df.name);
			f->there = there;
			f->known = true;
			f->known_uidvalidity = df.uidvalidity;
		}
		arena_reset(&a);
	}
	arena_free(&a);
	return 0;
}

static void
take_roles(struct load *l)
{
	struct load_folder *f;
	struct tree_folder *t;
	size_t i;

	for (i = 0; i < l->nfolders && l->o->into == NULL; i++) {
		f = &l->folders[i];
		if (f->name != NULL || !names_is_role(slice_str(f->role)))
			continue;
		t = tree_by_role(&l->d.tree, f->role, &l->d.names);
		if (t != NULL)
			settle(l, f, t->name);
	}
}

static bool
is_taken(struct load *l, const char *name)
{
	size_t i;

	for (i = 0; i < l->nfolders; i++)
		if (l->folders[i].name != NULL &&
		    strcmp(l->folders[i].name, name) == 0)
			return true;
	return false;
}

/* --into: its wire form. */
static void
name_base(struct load *l)
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

/* The wire name of 'path', from that of the nearest folder above that has
 * one.  True if something was replaced. */
static bool
name_of_path(struct load *l, struct slice path, struct buf *out)
{
	const struct load_folder *f = find_path(l, path);
	const char *slash = memrchr(path.p, '/', path.n);
	struct buf parent = { 0 };
	bool replaced = false, again;

	if (f != NULL && f->name != NULL) {
		buf_puts(out, f->name);
		return false;
	}
	if (slash == NULL) {
		buf_puts(&parent, l->base);
	} else {
		replaced = name_of_path(l,
		    slice_of(path.p, (size_t)(slash - path.p)), &parent);
		path = slice_from(path, (size_t)(slash - path.p) + 1);
	}
	again = names_child(out, buf_slice(&parent), path, &l->d.names);
	buf_free(&parent);
	return replaced || again;
}

static void
take_name(struct load *l, struct load_folder *f)
{
	struct buf name = { 0 }, apart = { 0 };
	unsigned n;

	f->replaced = name_of_path(l, slice_str(f->path), &name);
	buf_put(&apart, name.p, name.n);
	for (n = 2; is_taken(l, buf_str(&apart)) && n < APART_MAX; n++) {
		buf_clear(&apart);
		buf_put(&apart, name.p, name.n);
		names_apart(&apart, n);
	}
	if (n > 2)
		report_note(l->report,
		    "folder '%s' goes to '%s', to be kept apart from "
		    "another folder of that name",
		    f->path, buf_str(&apart));
	else if (f->replaced)
		report_note(l->report,
		    "folder '%s' goes to '%s': the server could not take "
		    "the name as it is",
		    f->path, buf_str(&apart));
	settle(l, f, buf_str(&apart));
	buf_free(&name);
	buf_free(&apart);
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
	return read_folders(l, err) < 0 ? -1 : sum_up(l, err);
}

int
plan_make(struct load *l, struct err *err)
{
	size_t i;

	if (read_folders(l, err) < 0 || take_known(l, err) < 0)
		return -1;
	if (l->base == NULL)
		name_base(l);
	take_roles(l);
	for (i = 0; i < l->nfolders; i++)
		if (l->folders[i].name == NULL)
			take_name(l, &l->folders[i]);
	return sum_up(l, err);
}

int
plan_dry(struct load *l, struct load_folder *f, struct err *err)
{
	int64_t cursor = 0;
	struct batch *b;
	size_t i;
	int rc;

	if (f->flags == NULL) { /* it does not exist yet */
		f->any_flag = true;
		f->limit = imap_append_limit(l->d.im);
	}
	while (
	    (rc = batch_next(l, f, &cursor, LOAD_BATCH_MSGS, &b, err)) == 1) {
		for (i = 0; i < b->n; i++) {
			report_fate(l->report, f->path, FATE_LOADED,
			    b->items[i].size);
			f->loaded++;
		}
		batch_unref(&b);
	}
	return rc;
}
