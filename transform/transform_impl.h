/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the transform*.c files share; for them only.
 *
 *	transform.c	  the run: opening, order, the end
 *	transform_plan.c  which folder becomes which
 *	transform_walk.c  message by message
 *	transform_items.c contacts, calendars, notes
 *	transform_gone.c  what was moved at the source, or is gone there
 *	transform_fix.c	  messages that are changed on the way
 */
#ifndef TRANSFORM_TRANSFORM_IMPL_H
#define TRANSFORM_TRANSFORM_IMPL_H

#include "core/arena.h"
#include "formats/spool.h"
#include "transform/namemap.h"
#include "transform/transform.h"
#include "transform/doubles.h"

/* A folder of IN. */
struct place {
	int64_t id;
	const char *path;
	const char *special_use;
	int subscribed;
	uint64_t messages, bytes;
	struct rule_plan rules;
	struct namemap_node *node; /* where names are cleaned */
	const char *to;		   /* spool path in OUT, or NULL */
	bool refused;		   /* its new name cannot be */
	struct err why;
};

struct run {
	const struct transform_options *o;
	struct report *r;
	struct transform_plan *plan;
	struct spool *in, *out; /* out: NULL in a dry run without OUT */
	struct place *place;	/* in path order */
	size_t n;
	struct namemap *names;
	struct doubles *twins;
	struct rules_doubt doubt;
	const struct place *now; /* what a doubt is about */
	const struct spool_entry *entry;
	uint64_t matched;      /* messages of OUT that IN has */
	struct fixing *fixing; /* NULL: no byte changes, nor did before */
};

/* ---- transform_plan.c */
/* List IN's folders, ask the rules, clean the names. */
int places_read(struct run *run, struct err *err);
/* Make them in OUT and write the map down; flushes. */
int places_make(struct run *run, struct err *err);
/* Remove what earlier runs made and has no place now, where it is empty. */
int places_prune(struct run *run, struct err *err);
void places_free(struct run *run);
/* The place of one of IN's folders, or NULL. */
struct place *places_find(struct run *run, const char *path);
/* Fill in run->plan's folders. */
void places_tell(struct run *run);

/* ---- transform_walk.c */
int walk_all(struct run *run, struct err *err);

/* ---- transform_fix.c */
int fixing_begin(struct run *run, struct err *err);
/* All went well: OUT is as it was wanted. */
int fixing_end(struct run *run, struct err *err);
void fixing_free(struct run *run);
/* A message that OUT has not: 1 it is stored, changed (or would be, in a dry
 * run); 0 its bytes stay: to be linked; -1. */
int fixing_store(struct run *run, const struct place *p,
    const struct spool_entry *e, const struct msg *msg, struct err *err);
/* One that OUT has, as 'had' says: changed anew where that is due.  1 it lies
 * where it lay; 0 it was stored anew, as had->msg says; -1, SCOPE_RUN. */
struct fix_had {
	uint8_t sha256[DIGEST_BYTES];
	bool has_source_sha256;
	uint8_t source_sha256[DIGEST_BYTES];
	bool adopted;
	const struct msg *msg; /* what it is to be in OUT */
};
int fixing_refresh(struct run *run, const struct place *p,
    const struct spool_entry *e, const struct fix_had *had, struct err *err);
/* It is not in OUT any more. */
int fixing_drop(struct run *run, const char *key, struct err *err);

/* ---- transform_items.c */
int items_all(struct run *run, struct err *err);

/* ---- transform_gone.c */
/* Before the walk: OUT is as unsettled as IN. */
int gone_begin(struct run *run, struct err *err);
/* Behind it: OUT follows what IN knows of keys that are others now, and of
 * messages that are gone. */
int gone_follow(struct run *run, struct err *err);

#endif
