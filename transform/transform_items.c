/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Items that are no mail: they come along by hard link, with their folders.
 * Where a rule excludes a whole folder its items stay behind, too; rules that
 * look at messages say nothing about them.
 */
#include "core/stop.h"
#include "formats/spool_items.h"
#include "transform/transform_impl.h"

static void
count(struct run *run, const struct spool_item *it, enum item_fate fate)
{
	const struct item_sort sort = { item_kind_name(it->kind),
		item_kind_people(it->kind, 1), item_kind_people(it->kind, 2),
		item_place_path(item_kind_place(it->kind)) };

	report_item(run->r, &sort, fate, 1,
	    fate == ITEM_EXCLUDED || fate == ITEM_REFUSED ? 0 : it->size);
}

static int
leave_out(struct run *run, const struct spool_item *it, struct err *err)
{
	count(run, it, ITEM_EXCLUDED);
	return run->o->dry_run ? 0 : spool_item_remove(run->out, it->key, err);
}

/* What would become of it: OUT is only looked at, or not there. */
static int
pretend(struct run *run, const struct spool_item *it, struct err *err)
{
	struct spool_item have;
	int rc = run->out == NULL
	    ? 0
	    : spool_item_find(run->out, it->key, &have, err);

	if (rc < 0)
		return -1;
	count(run, it,
	    rc == 0 || have.lost ? ITEM_STORED
		: have.size == it->size &&
		    memcmp(have.sha256, it->sha256, DIGEST_BYTES) == 0
		? ITEM_UNCHANGED
		: ITEM_REPLACED);
	return 0;
}

static int
refuse(struct run *run, const struct spool_item *it, const struct err *why)
{
	struct problem p = { .folder = it->folder,
		.source = it->source,
		.subject = it->title,
		.size = it->size,
		.err = why };

	report_problem(run->r, &p);
	count(run, it, ITEM_REFUSED);
	return 0;
}

static int
take(struct run *run, const struct spool_item *it, struct err *err)
{
	static const enum item_fate fates[] = { [SPOOL_ITEM_STORED] =
						    ITEM_STORED,
		[SPOOL_ITEM_REPLACED] = ITEM_REPLACED,
		[SPOOL_ITEM_UNCHANGED] = ITEM_UNCHANGED };
	const struct place *p = places_find(run, it->folder);
	struct spool_item to = *it, have;
	enum spool_item_fate fate;
	struct err why = { 0 };
	int rc;

	if (p != NULL && p->rules.stop != RULES_NONE)
		return leave_out(run, it, err);
	if (run->o->dry_run)
		return pretend(run, it, err);
	if (it->lost) {
		rc = spool_item_find(run->out, it->key, &have, err);
		if (rc == 1 && !have.lost) {
			count(run, it, ITEM_UNCHANGED);
			return 0;
		}
		err_set(&why, SCOPE_MSG, EX_NOINPUT,
		    "%s: the file is gone from '%s'", it->file, run->o->in);
		err_hint(&why,
		    "extract again: that brings back what the source has");
		return rc < 0 ? -1 : refuse(run, it, &why);
	}
	if (p != NULL && p->to != NULL)
		to.folder = p->to;
	rc = spool_item_link(run->out, run->in, &to, &fate, &why);
	if (rc < 0 && why.scope == SCOPE_MSG)
		return refuse(run, it, &why);
	if (rc < 0) {
		*err = why;
		return -1;
	}
	count(run, it, fates[fate]);
	return 0;
}

int
items_all(struct run *run, struct err *err)
{
	struct spool_item it;
	int64_t after = 0;
	int rc;

	while ((rc = spool_item_next(run->in, &after, &it, err)) == 1)
		if (stop_check(err) < 0 || take(run, &it, err) < 0)
			return -1;
	return rc;
}
