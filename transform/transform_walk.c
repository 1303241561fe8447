/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Message by message; see transform_impl.h. */
#include <stdlib.h>

#include "core/mem.h"
#include "core/stop.h"
#include "formats/head.h"
#include "formats/spool_source.h"
#include "transform/transform_impl.h"

/* What OUT has of a message. */
struct had {
	bool row, file; /* a row; and its file is there */
	bool adopted;	/* a run died before it wrote the row */
	const char *folder;
	uint32_t source_flags;
	const char *source_keywords;
	const char *source;
	uint8_t sha256[DIGEST_BYTES];
	bool has_source_sha256;
	uint8_t source_sha256[DIGEST_BYTES];
};

static int
look_up(struct run *run, const char *key, struct had *had, struct err *err)
{
	struct spool_entry e;
	int rc;

	*had = (struct had){ 0 };
	if (run->out == NULL)
		return 0;
	rc = spool_find(run->out, key, &e, err);
	if (rc != 1)
		return rc;
	had->row = true;
	had->file = !e.lost;
	had->adopted = spool_is_adopted(&e);
	had->folder = e.msg.folder;
	had->source_flags = e.source_flags;
	had->source_keywords = e.source_keywords;
	had->source = e.msg.source;
	memcpy(had->sha256, e.sha256, DIGEST_BYTES);
	had->has_source_sha256 = e.has_source_sha256;
	memcpy(had->source_sha256, e.source_sha256, DIGEST_BYTES);
	return 0;
}

static void
count(struct run *run, const struct place *p, enum fate fate,
    const struct spool_entry *e)
{
	struct transform_folder *f = &run->plan->folder[p - run->place];

	report_fate(run->r, p->path, fate,
	    fate == FATE_STORED ? e->msg.size : 0);
	report_moved(run->r, e->msg.size);
	if (fate == FATE_STORED || fate == FATE_UNCHANGED)
		f->kept++;
}

static int
set_fate(struct run *run, const struct spool_entry *e, enum fate fate,
    const char *why, struct err *err)
{
	if (run->o->dry_run)
		return 0;
	return spool_fate_set(run->out, e->msg.key, e->msg.folder,
	    e->msg.source, fate, why, e->msg.size, e->message_id, err);
}

/* It cannot be had.  One problem for a folder that is refused as a whole was
 * told before. */
static int
refuse(struct run *run, const struct place *p, const struct spool_entry *e,
    const struct err *why, struct err *err)
{
	struct problem pr = { .folder = p->path,
		.source = e->msg.source,
		.size = e->msg.size,
		.err = why };

	if (!p->refused)
		report_problem(run->r, &pr);
	count(run, p, FATE_REFUSED, e);
	return set_fate(run, e, FATE_REFUSED, why->text, err);
}

/* A rule leaves it out; if an earlier run had it, it goes. */
static int
leave_out(struct run *run, const struct place *p, const struct spool_entry *e,
    const struct rule_verdict *v, const struct had *had, struct err *err)
{
	enum fate fate = v->twin != NULL ? FATE_DUPLICATE : FATE_EXCLUDED;
	const char *label = run->plan->rule[v->rule].label;
	char *why;
	int rc;

	run->plan->rule[v->rule].hits++;
	count(run, p, fate, e);
	if (had->row) {
		report_add(run->r, "removed", 1);
		if (!run->o->dry_run &&
		    spool_remove(run->out, e->msg.key, err) < 0)
			return -1;
	}
	if (fixing_drop(run, e->msg.key, err) < 0)
		return -1;
	why = v->twin == NULL ? mem_str(label)
			      : mem_fmt("%s (%s)", v->twin, label);
	rc = set_fate(run, e, fate, why, err);
	free(why);
	return rc;
}

static int
link_new(struct run *run, const struct place *p, const struct spool_entry *e,
    struct err *err)
{
	struct msg msg = e->msg;
	struct err why = { 0 };
	int rc;

	msg.folder = p->to;
	rc = fixing_store(run, p, e, &msg, &why);
	if (rc == 0 && !run->o->dry_run)
		rc = spool_link(run->out, run->in, e, &msg, &why);
	if (rc < 0) {
		if (why.scope == SCOPE_MSG)
			return refuse(run, p, e, &why, err);
		count(run, p, FATE_REFUSED, e);
		*err = why;
		return -1;
	}
	run->matched++;
	count(run, p, FATE_STORED, e);
	return 0;
}

/* What a killed run left is made sure of, and told where it came from: 1, or
 * 0 when its file was replaced and all is well.  'had' is stale then. */
static int
confirm(struct run *run, const struct place *p, const struct spool_entry *e,
    const struct had *had, struct err *err)
{
	struct msg msg = e->msg;

	if (!had->adopted || spool_is_adopted(e))
		return 1;
	msg.folder = p->to;
	return spool_confirm_link(run->out, run->in, e, &msg, err);
}

/* It is there; what changed in IN or in the rules since follows. */
static int
refresh(struct run *run, const struct place *p, const struct spool_entry *e,
    const struct had *had, struct err *err)
{
	bool moved = strcmp(had->folder, p->to) != 0;
	bool flagged = e->msg.flags != had->source_flags ||
	    strcmp(e->msg.keywords, had->source_keywords) != 0;
	/* where it is there, or that it is gone */
	bool placed = strcmp(e->msg.source, had->source) != 0;
	struct msg msg = e->msg;
	struct fix_had fix_had = { .adopted =
				       had->adopted && !spool_is_adopted(e),
		.msg = &msg };
	int rc = 1;

	run->matched++;
	count(run, p, FATE_UNCHANGED, e);
	if (moved)
		report_add(run->r, "moved", 1);
	if (flagged)
		report_add(run->r, "flags_changed", 1);
	msg.folder = p->to;
	memcpy(fix_had.sha256, had->sha256, DIGEST_BYTES);
	fix_had.has_source_sha256 = had->has_source_sha256;
	memcpy(fix_had.source_sha256, had->source_sha256, DIGEST_BYTES);
	if (run->fixing != NULL)
		rc = fixing_refresh(run, p, e, &fix_had, err);
	else if (!run->o->dry_run)
		rc = confirm(run, p, e, had, err);
	if (rc <= 0 || run->o->dry_run)
		return rc < 0 ? -1 : 0;
	if (placed &&
	    spool_source_back(run->out, e->msg.key, e->msg.source, err) < 0)
		return -1;
	if (moved && spool_move(run->out, e->msg.key, p->to, err) < 0)
		return -1;
	if (flagged &&
	    spool_set_flags(run->out, e->msg.key, e->msg.flags, e->msg.keywords,
		err) < 0)
		return -1;
	return 0;
}

/* Its file is gone from IN: what OUT has stays. */
static int
bear_loss(struct run *run, const struct place *p, const struct spool_entry *e,
    const struct had *had, struct err *err)
{
	struct err why = { 0 };

	report_add(run->r, "lost_in_source", 1);
	if (had->file) {
		run->matched++;
		count(run, p, FATE_UNCHANGED, e);
		return 0;
	}
	err_set(&why, SCOPE_MSG, EX_NOINPUT, "%s: the file is gone from '%s'",
	    e->file, run->o->in);
	err_hint(&why, "extract again: that brings back what the source has");
	return refuse(run, p, e, &why, err);
}

static int
take(struct run *run, struct place *p, const struct spool_entry *e,
    const struct had *had, struct err *err)
{
	struct rule_verdict v = { .rule = p->rules.stop };
	struct err why = { 0 };
	int rc = 0;

	report_announce(run->r, p->path);
	run->plan->folder[p - run->place].messages++;
	run->now = p;
	run->entry = e;
	/* a lost message has no header, and is nobody's first copy */
	if (!e->lost && p->rules.nask > 0)
		rc = rules_of_message(run->o->rules, &p->rules, run->in, e,
		    run->twins, &run->doubt, &v, &why);
	run->entry = NULL;
	run->now = NULL;
	if (rc < 0 && why.scope == SCOPE_MSG)
		return refuse(run, p, e, &why, err);
	if (rc < 0) {
		count(run, p, FATE_REFUSED, e);
		*err = why;
		return -1;
	}
	if (v.rule != RULES_NONE)
		return leave_out(run, p, e, &v, had, err);
	if (p->refused)
		return refuse(run, p, e, &p->why, err);
	if (e->lost)
		return bear_loss(run, p, e, had, err);
	return had->file ? refresh(run, p, e, had, err)
			 : link_new(run, p, e, err);
}

enum part { PART_ALL, PART_KNOWN, PART_NEW };

/* Go through IN; of it what OUT has already, what it has not, or all. */
static int
walk(struct run *run, enum part part, struct err *err)
{
	struct spool_iter *it;
	struct spool_entry e;
	struct place *p = NULL;
	struct had had;
	int rc;

	if (spool_iter_open(run->in, NULL, &it, err) < 0)
		return -1;
	for (;;) {
		rc = stop_check(err);
		if (rc == 0)
			rc = spool_iter_next(it, &e, err);
		if (rc <= 0)
			break;
		if (p == NULL || strcmp(p->path, e.msg.folder) != 0)
			p = places_find(run, e.msg.folder);
		if (p == NULL) /* a folder that came while we ran */
			continue;
		rc = look_up(run, e.msg.key, &had, err);
		if (rc == 0 &&
		    (part == PART_ALL || had.file == (part == PART_KNOWN)))
			rc = take(run, p, &e, &had, err);
		if (rc < 0)
			break;
	}
	spool_iter_close(&it);
	return rc;
}

int
walk_all(struct run *run, struct err *err)
{
	/* Of copies the one that OUT has already stays, whichever comes
	 * first in IN: it may have been loaded since. */
	if (run->twins != NULL && run->out != NULL)
		return walk(run, PART_KNOWN, err) < 0 ||
			walk(run, PART_NEW, err) < 0
		    ? -1
		    : 0;
	return walk(run, PART_ALL, err);
}
