/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which folder becomes which; see transform_impl.h. */
#include <stdlib.h>

#include "core/limits.h"
#include "core/mem.h"
#include "formats/folder.h"
#include "transform/transform_impl.h"

static struct place *
add_place(struct run *run, const struct spool_folder *f)
{
	struct place *p;

	if (run->n % 64 == 0)
		run->place =
		    mem_grow(run->place, run->n + 64, sizeof(*run->place));
	p = &run->place[run->n++];
	*p = (struct place){ .id = f->id,
		.subscribed = f->subscribed,
		.messages = f->messages,
		.bytes = f->bytes };
	p->path = arena_str(run->plan->strings, f->path);
	p->special_use = arena_str(run->plan->strings, f->special_use);
	return p;
}

/* Names that a rule made too long or too deep: the folder is refused. */
static void
check_path(struct place *p, struct slice path)
{
	if (folder_is_path(path))
		return;
	p->refused = true;
	err_set(&p->why, SCOPE_FOLDER, EX_CANTCREAT,
	    "folder '%s': its new name '%.*s' cannot be (at most %d bytes "
	    "and %d levels)",
	    p->path, (int)(path.n < 100 ? path.n : 100), path.p,
	    LIMIT_PATH_BYTES, LIMIT_FOLDER_DEPTH);
}

static void
ask_rules(struct run *run, struct place *p)
{
	struct buf name = { 0 }, path = { 0 };
	size_t i;

	run->now = p;
	names_open(&name, slice_str(p->path));
	rules_of_folder(run->o->rules, buf_slice(&name), p->special_use,
	    &p->rules, &run->doubt);
	run->now = NULL;
	for (i = 0; i < p->rules.nrenamed; i++)
		run->plan->rule[p->rules.renamed[i]].hits++;
	names_close(&path, buf_slice(&p->rules.name), slice_str(p->path));
	if (slice_eq(buf_slice(&p->rules.name), buf_slice(&name)))
		p->to = p->path;
	else
		p->to = arena_slice(run->plan->strings, buf_slice(&path));
	check_path(p, slice_str(p->to));
	buf_free(&name);
	buf_free(&path);
}

/* It goes into OUT if anything of it can. */
static bool
has_place(const struct place *p)
{
	return p->rules.stop == RULES_NONE && !p->refused;
}

static int
clean_names(struct run *run, struct err *err)
{
	struct place *p;

	run->names = namemap_new(run->o->fix, run->o->merge);
	if (run->out != NULL &&
	    namemap_load(run->names, spool_ledger(run->out), err) < 0)
		return -1;
	for (p = run->place; p < run->place + run->n; p++)
		if (has_place(p))
			p->node = namemap_want(run->names,
			    buf_slice(&p->rules.name), slice_str(p->path));
	namemap_assign(run->names);
	for (p = run->place; p < run->place + run->n; p++)
		if (p->node != NULL) {
			p->to = arena_str(run->plan->strings,
			    namemap_dest(p->node));
			check_path(p, slice_str(p->to));
		}
	return 0;
}

int
places_read(struct run *run, struct err *err)
{
	struct spool_folder f;
	uint64_t msgs = 0, bytes = 0;
	struct place *p;
	int64_t id = 0;
	int rc;

	while ((rc = spool_folder_next(run->in, &id, &f, err)) == 1) {
		ask_rules(run, add_place(run, &f));
		report_folder(run->r, f.path);
		msgs += f.messages;
		bytes += f.bytes;
	}
	if (rc < 0)
		return -1;
	report_expect(run->r, msgs, bytes);
	if (run->o->fix != NULL && clean_names(run, err) < 0)
		return -1;
	for (p = run->place; p < run->place + run->n; p++) {
		if (p->refused)
			report_problem(run->r,
			    &(struct problem){ .folder = p->path,
				.err = &p->why });
		if (!has_place(p))
			p->to = NULL;
	}
	return 0;
}

/* The names of folders that transformations made, so that a later one may
 * take them away. */
static int
note_made(struct run *run, const char *path, struct err *err)
{
	struct ledger *l = spool_ledger(run->out);
	int64_t there;

	if (ledger_number(l, &there, err,
		"SELECT count(*) FROM transform_folder WHERE path=?", "t",
		path) < 0)
		return -1;
	if (there != 0)
		return 0;
	if (ledger_begin(l, err) < 0)
		return -1;
	return ledger_do(l, err, "INSERT INTO transform_folder VALUES(?)", "t",
		   path) < 0
	    ? -1
	    : 0;
}

static int
make_place(struct run *run, struct place *p, struct err *err)
{
	const char *role = p->rules.role != NULL || p->rules.no_role
	    ? p->rules.role
	    : p->special_use;
	struct spool_folder f = { .path = p->to,
		.special_use = role,
		.subscribed = p->subscribed };

	if (spool_folder_add(run->out, &f, err) < 0) {
		if (err->scope != SCOPE_FOLDER)
			return -1;
		p->refused = true;
		p->why = *err;
		p->to = NULL;
		report_problem(run->r,
		    &(struct problem){ .folder = p->path, .err = &p->why });
		return 0;
	}
	return note_made(run, p->to, err);
}

int
places_make(struct run *run, struct err *err)
{
	struct ledger *l = spool_ledger(run->out);
	struct place *p;
	int64_t there;

	if (ledger_number(l, &there, err,
		"SELECT count(*) FROM sqlite_master WHERE "
		"type='table' AND name='transform_folder'",
		"") < 0)
		return -1;
	if (there == 0 &&
	    ledger_do(l, err,
		"CREATE TABLE IF NOT EXISTS transform_folder("
		"path TEXT PRIMARY KEY NOT NULL) WITHOUT ROWID",
		"") < 0)
		return -1;
	if (run->names != NULL && namemap_save(run->names, l, err) < 0)
		return -1;
	for (p = run->place; p < run->place + run->n; p++)
		if (p->to != NULL && make_place(run, p, err) < 0)
			return -1;
	return spool_flush(run->out, err);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The paths of transform_folder that no place has now, lowest first. */
static int
list_stale(struct run *run, struct arena *a, const char ***list_r, size_t *n_r,
    struct err *err)
{
	const char **now = mem_alloc(run->n + 1, sizeof(*now)), *path;
	struct ledger_rows *q = NULL;
	size_t i, nnow = 0;
	int rc;

	for (i = 0; i < run->n; i++)
		if (run->place[i].to != NULL)
			now[nnow++] = run->place[i].to;
	qsort(now, nnow, sizeof(*now), by_text);
	rc = ledger_query(spool_ledger(run->out), &q, err,
	    "SELECT path FROM transform_folder ORDER BY path DESC", "");
	while (rc == 0 && (rc = ledger_step(q, err)) == 1) {
		rc = 0;
		path = ledger_text(q, 0);
		if (bsearch(&path, now, nnow, sizeof(*now), by_text) != NULL)
			continue;
		*list_r = mem_grow(*list_r, *n_r + 1, sizeof(**list_r));
		(*list_r)[(*n_r)++] = arena_str(a, path);
	}
	ledger_end(&q);
	free(now);
	return rc < 0 ? -1 : 0;
}

int
places_prune(struct run *run, struct err *err)
{
	struct ledger *l = spool_ledger(run->out);
	struct arena a = { 0 };
	const char **list = NULL;
	size_t n = 0, i;
	int rc;

	rc = list_stale(run, &a, &list, &n, err);
	for (i = 0; i < n && rc >= 0; i++) {
		rc = spool_folder_remove(run->out, list[i], err);
		if (rc != 1)
			continue;
		report_add(run->r, "folders_removed", 1);
		rc = ledger_begin(l, err) < 0 ||
			ledger_do(l, err,
			    "DELETE FROM transform_folder WHERE path=?", "t",
			    list[i]) < 0
		    ? -1
		    : 0;
	}
	free(list);
	arena_free(&a);
	return rc < 0 ? -1 : 0;
}

void
places_free(struct run *run)
{
	size_t i;

	for (i = 0; i < run->n; i++)
		rule_plan_free(&run->place[i].rules);
	free(run->place);
	namemap_free(&run->names);
}

struct place *
places_find(struct run *run, const char *path)
{
	size_t lo = 0, hi = run->n, mid;
	int cmp;

	/* path order: INBOX first, then by bytes */
	if (hi > 0 && strcmp(run->place[0].path, "INBOX") == 0) {
		if (strcmp(path, "INBOX") == 0)
			return &run->place[0];
		lo = 1;
	}
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		cmp = strcmp(path, run->place[mid].path);
		if (cmp == 0)
			return &run->place[mid];
		if (cmp < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

void
places_tell(struct run *run)
{
	struct transform_plan *plan = run->plan;
	struct transform_folder *f;
	const struct place *p;
	size_t i;

	plan->folder = mem_alloc(run->n + 1, sizeof(*plan->folder));
	plan->nfolder = run->n;
	for (i = 0; i < run->n; i++) {
		p = &run->place[i];
		f = &plan->folder[i];
		*f = (struct transform_folder){ .from = p->path, .to = p->to };
		if (p->rules.stop != RULES_NONE)
			f->rule = plan->rule[p->rules.stop].label;
		else if (p->rules.nrenamed > 0)
			f->rule =
			    plan->rule[p->rules.renamed[p->rules.nrenamed - 1]]
				.label;
		f->suffixed = p->node != NULL && namemap_is_suffixed(p->node);
	}
}
