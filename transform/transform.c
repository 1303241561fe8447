/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The transform stage; see transform.h. */
#include "transform/transform.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#include "core/mem.h"
#include "core/text.h"
#include "transform/apart.h"
#include "transform/transform_impl.h"

/* ---------------------------------------------------------- the two spools */

/*
 * Let IN adopt what other programs put there, where it can be written and
 * nobody else is at it; then only read.
 */
static int
open_in(struct run *run, struct err *err)
{
	struct err ignored = { 0 };

	if (!run->o->dry_run &&
	    spool_open(&run->in, run->o->in, SPOOL_DELIVER, run->o->flags,
		&ignored) == 0)
		return 0;
	return spool_open(&run->in, run->o->in, SPOOL_READ, run->o->flags, err);
}

/* Nothing there, or an empty directory. */
static bool
is_free(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	size_t n = 0;

	if (d == NULL)
		return errno == ENOENT;
	while (n <= 2 && (e = readdir(d)) != NULL)
		n++;
	closedir(d);
	return n <= 2;
}

/* For a dry run there need be no OUT yet. */
static int
open_out(struct run *run, struct err *err)
{
	if (!run->o->dry_run)
		return spool_open(&run->out, run->o->out, SPOOL_WRITE,
		    run->o->flags, err);
	return is_free(run->o->out) ? 0
				    : spool_open(&run->out, run->o->out,
					  SPOOL_READ, run->o->flags, err);
}

/* Was OUT made of IN when that had no source yet (an extraction had just
 * begun)?  Now it has. */
static bool
was_nameless(struct run *run)
{
	const char *have = spool_meta(run->out, "source_identity");
	char *name;
	bool same;

	if (have == NULL)
		return false;
	name = mem_fmt("spool:%s", spool_dir(run->in));
	same = strcmp(spool_meta(run->out, "source_identity"), name) == 0;
	free(name);
	return same;
}

/* OUT's source is what IN's is: a transformation of a transformation still
 * holds that mail. */
static int
bind_out(struct run *run, struct err *err)
{
	const char *text = spool_meta(run->in, "source_kind");
	char *kind = mem_str(text == NULL ? "spool" : text), *identity;
	int rc = 0;

	if (text != NULL)
		text = spool_meta(run->in, "source_identity");
	if (text == NULL) /* made of what lay there, by no extraction */
		text = spool_dir(run->in);
	identity = strcmp(kind, "transform") == 0
	    ? mem_str(text)
	    : mem_fmt("%s:%s", kind, text);
	if (!run->o->dry_run || spool_meta(run->out, "source_kind") != NULL)
		rc = (!run->o->dry_run && was_nameless(run)
			? spool_rebind
			: spool_bind)(run->out, "transform", identity, err);
	if (rc < 0)
		err_hint(err,
		    "each spool that is transformed needs an "
		    "output spool of its own");
	free(kind);
	free(identity);
	return rc;
}

/* ---------------------------------------------------------------- the run */

static void
tell_doubt(void *arg, const struct err *err)
{
	struct run *run = arg;
	struct problem p = { .err = err };

	if (run->now != NULL)
		p.folder = run->now->path;
	if (run->entry != NULL) {
		p.source = run->entry->msg.source;
		p.size = run->entry->msg.size;
	}
	report_problem(run->r, &p);
}

static void
prepare_plan(struct run *run)
{
	struct transform_plan *plan = run->plan;
	size_t i;

	*plan = (struct transform_plan){ 0 };
	plan->strings = mem_alloc(1, sizeof(*plan->strings));
	plan->nrule = rules_count(run->o->rules);
	plan->rule = mem_alloc(plan->nrule + 1, sizeof(*plan->rule));
	for (i = 0; i < plan->nrule; i++)
		plan->rule[i] =
		    (struct transform_rule){ .label = arena_str(plan->strings,
						 rules_label(run->o->rules, i)),
			    .renames = rules_renames(run->o->rules, i) };
}

void
transform_plan_free(struct transform_plan *p)
{
	free(p->folder);
	free(p->rule);
	if (p->strings != NULL)
		arena_free(p->strings);
	free(p->strings);
	*p = (struct transform_plan){ 0 };
}

/* Say what OUT holds besides. */
static int
note_extra(struct run *run, struct err *err)
{
	struct spool_folder f;
	uint64_t all = 0;
	char more[80];
	int64_t id = 0;
	int rc;

	while ((rc = spool_folder_next(run->out, &id, &f, err)) == 1)
		all += f.messages;
	if (rc == 0 && all > run->matched)
		report_note(run->r, "left alone: %s in '%s' and not in '%s'",
		    text_number(more, all - run->matched, "message is",
			"messages are"),
		    run->o->out, run->o->in);
	return rc;
}

static int
do_all(struct run *run, struct err *err)
{
	struct ledger *l;

	if (places_read(run, err) < 0)
		return -1;
	places_tell(run);
	if (rules_want_twins(run->o->rules)) {
		l = spool_ledger(run->o->dry_run ? run->in : run->out);
		if (doubles_new(&run->twins, l, err) < 0)
			return -1;
	}
	if (fixing_begin(run, err) < 0)
		return -1;
	if (!run->o->dry_run &&
	    (places_make(run, err) < 0 || gone_begin(run, err) < 0))
		return -1;
	if (walk_all(run, err) < 0 || items_all(run, err) < 0 ||
	    fixing_end(run, err) < 0)
		return -1;
	if (run->o->dry_run)
		return 0;
	if (spool_flush(run->out, err) < 0 || gone_follow(run, err) < 0 ||
	    spool_flush(run->out, err) < 0 || places_prune(run, err) < 0 ||
	    spool_finish(run->out, err) < 0)
		return -1;
	return note_extra(run, err);
}

/* Keep what there is, whatever ended the run, and write down how it went. */
static int
finish(struct run *run, int rc, struct err *err)
{
	struct js *summary;
	struct buf text = { 0 };
	struct err late = { 0 };

	if (rc < 0)
		spool_flush(run->out, &late);
	summary = report_json(run->r, rc < 0 ? err : NULL);
	js_set_int(summary, "problems", (int64_t)report_problems(run->r));
	js_put(&text, summary);
	if (spool_event_end(run->out,
		rc < 0 ? err->status : report_status(run->r), buf_str(&text),
		&late) < 0 &&
	    rc == 0) {
		*err = late;
		rc = -1;
	}
	js_free(&summary);
	buf_free(&text);
	return rc;
}

int
transform_run(const struct transform_options *o, struct report *r,
    struct transform_plan *plan_r, struct err *err)
{
	struct run run = { .o = o,
		.r = r,
		.plan = plan_r,
		.doubt = { .fn = tell_doubt } };
	int rc = -1;

	run.doubt.arg = &run;
	prepare_plan(&run);
	if (spools_apart(o->in, o->out, "transform", err) < 0 ||
	    open_in(&run, err) < 0 || open_out(&run, err) < 0)
		goto out;
	if (!o->dry_run)
		spool_event_begin(run.out, "transform", o->detail);
	if (run.out != NULL && bind_out(&run, err) < 0)
		goto out;
	rc = do_all(&run, err);
	if (!o->dry_run)
		rc = finish(&run, rc, err);
out:
	doubles_free(&run.twins);
	fixing_free(&run);
	places_free(&run);
	spool_close(&run.out);
	spool_close(&run.in);
	return rc;
}
