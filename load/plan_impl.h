/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the plan's files share; for them only.
 *
 *	plan.c		what the ledger has decided, the rest, sums
 *	plan_roles.c	folders of the same role find each other
 *	plan_names.c	names: who has one, how to keep two apart
 */
#ifndef LOAD_PLAN_IMPL_H
#define LOAD_PLAN_IMPL_H

#include "load/foldermap.h"
#include "load/load_impl.h"

/* Keys are looked up in balanced trees: names are somebody else's. */
struct plan {
	struct arena arena;
	void *targets;	 /* load_folder.target -> the first such folder */
	void *claims;	 /* name there -> the folder that has it */
	void *listed;	 /* where case is ignored: folded -> as listed */
	bool has_listed; /* it was made */
	struct foldermap *map;
};

/* ---- plan_names.c */
void plan_names_free(struct plan *p);
/* A path of the spool, and a name there, as people read them: decoded.  Good
 * until plan_free(). */
const char *plan_show_path(struct load *l, const char *path);
const char *plan_show_name(struct load *l, const char *name);
/* All folders have their target now, and some their names: make the trees,
 * anew where folders were added. */
void plan_index(struct load *l);
/* The folder that goes to this name (wire form); NULL. */
struct load_folder *plan_owner(struct load *l, const char *name);
/* The folder's name there is settled. */
void plan_settle(struct load *l, struct load_folder *f, const char *name);
/* From now on names that differ in case are the same, or are not; what is
 * settled stays so. */
void plan_fold(struct load *l, bool folds);
/* --into: its wire form into l->base. */
void plan_base(struct load *l);
/* The name that the folder would have by its own, into 'out'.  True if
 * something had to be replaced. */
bool plan_natural(struct load *l, struct slice target, struct buf *out);
/* Give it that name, or one apart from those that others have. */
void plan_take_name(struct load *l, struct load_folder *f);

/* ---- plan_roles.c */
/* Append a name there as people see it: without the prefix, joined by '/'; a
 * '/' inside a component is GLOB_INNER_SLASH. */
void plan_plain(const struct load *l, struct slice name, struct buf *out);
/* Decide which folder of the spool has which role, by what the source told,
 * else by the usual names. */
int plan_roles(struct load *l, struct err *err);
/* Those that have a role go where the destination has it. */
void plan_take_roles(struct load *l);
/* The folder there with this role; NULL.  'natural': a name that is taken
 * rather than another; or NULL. */
struct tree_folder *plan_role_there(struct load *l, const char *role,
    const char *natural);

#endif
