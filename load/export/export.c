/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A walk over a spool into a sink; see export.h. */
#include "load/export/export.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/mem.h"
#include "core/stop.h"
#include "load/export/items.h"
#include "load/export/sink.h"

/* What is counted of a folder until the run is done. */
struct tally {
	char *path;
	uint64_t exported, bytes;
};

struct walk {
	const struct export_options *o;
	struct report *r;
	struct spool *sp;
	struct spool_iter *it;
	struct sink *sink;
	struct export_items *items;
	/* folders to come */
	int64_t folder_row;
	struct spool_folder folder;
	struct arena folder_text;
	bool folder_there;
	struct tally *tallies;
	size_t n_tallies;
	/* messages that the sink expects, the oldest at 'first' */
	struct spool_entry ahead[SINK_AHEAD];
	struct arena text[SINK_AHEAD];
	size_t first, n;
	bool at_end;
};

/* --------------------------------------------------------------- folders */

static int
step_folder(struct walk *w, struct err *err)
{
	struct spool_folder f;
	int rc = spool_folder_next(w->sp, &w->folder_row, &f, err);

	w->folder_there = rc > 0;
	if (rc <= 0)
		return rc;
	arena_reset(&w->folder_text);
	w->folder = f;
	w->folder.path = arena_str(&w->folder_text, f.path);
	w->folder.name = arena_str(&w->folder_text, f.name);
	w->folder.special_use = arena_str(&w->folder_text, f.special_use);
	return 0;
}

/* Of the folder that takes messages now. */
static int
give_items(struct walk *w, struct err *err)
{
	if (w->n_tallies == 0)
		return 0;
	return export_items_give(w->items, w->sink,
	    w->tallies[w->n_tallies - 1].path, err);
}

static int
give_folder(struct walk *w, struct err *err)
{
	enum item_kind kind = KIND_MAIL;

	if (give_items(w, err) < 0)
		return -1;
	if (w->folder.messages == 0)
		kind = export_items_kind(w->items, w->folder.path);
	report_folder(w->r, w->folder.path);
	if ((w->n_tallies & 63) == 0)
		w->tallies = mem_grow(w->tallies, w->n_tallies + 64,
		    sizeof(*w->tallies));
	w->tallies[w->n_tallies++] =
	    (struct tally){ .path = mem_str(w->folder.path) };
	if (w->sink->ops->folder(w->sink, &w->folder, kind, err) < 0)
		return -1;
	return step_folder(w, err);
}

/* Folders up to this one; NULL: all. */
static int
give_folders(struct walk *w, const char *upto, struct err *err)
{
	while (w->folder_there &&
	    (upto == NULL || w->n_tallies == 0 ||
		strcmp(w->tallies[w->n_tallies - 1].path, upto) != 0))
		if (give_folder(w, err) < 0)
			return -1;
	if (upto != NULL &&
	    (w->n_tallies == 0 ||
		strcmp(w->tallies[w->n_tallies - 1].path, upto) != 0))
		return err_set(err, SCOPE_RUN, EX_SOFTWARE,
		    "folder '%s' is not where it should be", upto);
	return 0;
}

/* -------------------------------------------------------------- messages */

static void
copy_entry(struct spool_entry *to, struct arena *a,
    const struct spool_entry *from)
{
	arena_reset(a);
	*to = *from;
	to->msg.key = arena_str(a, from->msg.key);
	to->msg.folder = arena_str(a, from->msg.folder);
	to->msg.source = arena_str(a, from->msg.source);
	to->msg.keywords = arena_str(a, from->msg.keywords);
	to->file = arena_str(a, from->file);
	to->message_id = arena_str(a, from->message_id);
	to->source_keywords = NULL;
}

static void
problem(struct walk *w, const struct spool_entry *e, const struct err *err)
{
	struct problem p = { .folder = e->msg.folder,
		.source = e->msg.source,
		.size = e->msg.size,
		.err = err };

	report_problem(w->r, &p);
}

/* A row whose file is gone: said, and not given to the sink. */
static void
count_lost(struct walk *w, const struct spool_entry *e)
{
	struct err err = { 0 };

	err_set(&err, SCOPE_MSG, EX_NOINPUT, "its file is gone from the spool");
	problem(w, e, &err);
	report_fate(w->r, e->msg.folder, FATE_LOST, 0);
}

/* Let the sink expect as many as it may. */
static int
look_ahead(struct walk *w, struct err *err)
{
	struct spool_entry e;
	size_t i;
	int rc = 0;

	while (!w->at_end && w->n < SINK_AHEAD) {
		rc = spool_iter_next(w->it, &e, err);
		if (rc <= 0) {
			w->at_end = rc == 0;
			break;
		}
		report_announce(w->r, e.msg.folder);
		if (e.lost) {
			count_lost(w, &e);
			continue;
		}
		i = (w->first + w->n++) % SINK_AHEAD;
		copy_entry(&w->ahead[i], &w->text[i], &e);
		if (w->sink->ops->expect != NULL)
			w->sink->ops->expect(w->sink, &w->ahead[i]);
	}
	return rc < 0 ? -1 : 0;
}

static int
give_message(struct walk *w, const struct spool_entry *e, struct err *err)
{
	struct tally *t;
	int fd, rc;

	if (give_folders(w, e->msg.folder, err) < 0)
		return -1;
	fd = spool_body(w->sp, e, err);
	if (fd < 0 && err->scope != SCOPE_MSG)
		return -1;
	rc = w->sink->ops->message(w->sink, e, fd, err);
	if (fd >= 0)
		close(fd);
	if (rc < 0 && err->scope != SCOPE_MSG)
		return -1;
	t = &w->tallies[w->n_tallies - 1];
	if (rc < 0) {
		problem(w, e, err);
		report_fate(w->r, e->msg.folder, FATE_REFUSED, 0);
	} else {
		t->exported++;
		t->bytes += e->msg.size;
	}
	report_moved(w->r, e->msg.size);
	return 0;
}

static int
walk(struct walk *w, struct err *err)
{
	while (look_ahead(w, err) == 0) {
		if (w->n == 0) {
			if (give_folders(w, NULL, err) < 0 ||
			    give_items(w, err) < 0 ||
			    export_items_give_rest(w->items, w->sink, err) < 0)
				return -1;
			return w->sink->ops->finish(w->sink, err);
		}
		if (stop_check(err) < 0 ||
		    give_message(w, &w->ahead[w->first], err) < 0)
			return -1;
		w->first = (w->first + 1) % SINK_AHEAD;
		w->n--;
	}
	return -1;
}

/* -------------------------------------------------------------- the sums */

/* The fates of what the sink took: exported now, or not at all. */
static void
count_taken(struct walk *w, bool done)
{
	enum fate fate = done ? FATE_EXPORTED : FATE_PENDING;
	struct tally *t;
	size_t i;

	for (i = 0; i < w->n_tallies; i++) {
		t = &w->tallies[i];
		for (; t->exported > 0; t->exported--) {
			report_fate(w->r, t->path, fate, t->bytes);
			t->bytes = 0;
		}
		free(t->path);
	}
	free(w->tallies);
}

/* A run that ended early: all that was not given has a fate, too. */
static void
count_rest(struct walk *w)
{
	struct err ignored = { 0 };
	struct spool_entry e;

	for (; w->n > 0; w->n--) {
		report_fate(w->r, w->ahead[w->first].msg.folder, FATE_PENDING,
		    0);
		w->first = (w->first + 1) % SINK_AHEAD;
	}
	while (w->it != NULL && !w->at_end &&
	    spool_iter_next(w->it, &e, &ignored) > 0) {
		report_announce(w->r, e.msg.folder);
		report_fate(w->r, e.msg.folder,
		    e.lost ? FATE_LOST : FATE_PENDING, 0);
	}
}

static int
expect_work(struct walk *w, struct err *err)
{
	struct spool_folder f;
	uint64_t messages = 0, bytes = 0;
	int64_t row = 0;
	int rc;

	while ((rc = spool_folder_next(w->sp, &row, &f, err)) > 0) {
		messages += f.messages;
		bytes += f.bytes;
	}
	report_expect(w->r, messages, bytes);
	return rc;
}

static int
begin(struct walk *w, const struct sink_ops *ops, struct err *err)
{
	struct sink_spec spec = { .out = w->o->out,
		.split = w->o->split,
		.force = w->o->force,
		.report = w->r };

	if (spool_open(&w->sp, w->o->spool, SPOOL_READ, w->o->spool_flags,
		err) < 0)
		return -1;
	spec.spool = w->sp;
	if (expect_work(w, err) < 0 ||
	    export_items_open(&w->items, w->sp, w->r, err) < 0 ||
	    step_folder(w, err) < 0 || ops->open(&w->sink, &spec, err) < 0)
		return -1;
	w->sink->ops = ops;
	return spool_iter_open(w->sp, NULL, &w->it, err);
}

/* An export has no middle to go on from. */
static void
mend_hint(struct err *err)
{
	if (strstr(err->hint, "where it stopped") == NULL)
		return;
	if (err->status == EX_IOERR)
		err_hint(err,
		    "make room on that disk and run the same command again");
	else
		err_hint(err, "run the same command again: it begins anew");
}

int
export_run(const struct export_options *o, struct report *r, struct err *err)
{
	const struct sink_ops *ops = sink_find(o->format);
	struct walk w = { .o = o, .r = r };
	size_t i;
	int rc;

	if (ops == NULL)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "--format: '%s' is not a format that postroad writes: %s",
		    o->format, sink_names());
	rc = begin(&w, ops, err);
	if (rc == 0)
		rc = walk(&w, err);
	if (rc < 0) {
		mend_hint(err);
		count_rest(&w);
	}
	count_taken(&w, rc == 0);
	if (w.items != NULL)
		export_items_count(w.items, o->out, rc == 0);
	export_items_close(&w.items);
	if (w.sink != NULL)
		w.sink->ops->close(w.sink);
	spool_iter_close(&w.it);
	spool_close(&w.sp);
	for (i = 0; i < SINK_AHEAD; i++)
		arena_free(&w.text[i]);
	arena_free(&w.folder_text);
	return rc;
}
