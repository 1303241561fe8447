/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The extract stage; see extract.h. */
#include "extract/extract.h"

#include <stdlib.h>
#include <string.h>

#include "core/glob.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/stop.h"
#include "extract/refresh.h"
#include "extract/unmet.h"
#include "formats/folder.h"
#include "formats/head.h"
#include "formats/spool.h"
#include "formats/spool_moves.h"
#include "formats/spool_items.h"
#include "formats/spool_source.h"
#include "formats/words.h"

struct run {
	const struct extract_options *o;
	struct report *r;
	struct source *src;
	struct spool *sp;
	struct refresh refresh;
	struct glob **exclude; /* o->nexclude of them */
	struct digest *raw;    /* of the source's bytes */
	char *in;	       /* LIMIT_BLOCK bytes */
	struct buf out;	       /* the same with CRLF */
	uint64_t moved;
	bool incomplete; /* some of the spool's messages are */
	bool torn;	 /* some of the source could not be had */
	uint64_t named;	 /* problems with messages that are there */
	bool whole_each; /* it does not tell what is gone */
	bool filling;	 /* it was said that messages come */
	bool met;	 /* a message or an item was */
	struct unmet unmet;
};

/* Which --exclude keeps this folder out, or NULL. */
static const char *
excluded_by(const struct run *run, const char *folder)
{
	struct buf name = { 0 };
	const char *by = NULL;
	size_t i;

	if (run->o->nexclude == 0)
		return NULL;
	folder_decode(&name, slice_str(folder));
	for (i = 0; by == NULL && i < run->o->nexclude; i++)
		if (glob_test(run->exclude[i], buf_slice(&name)))
			by = run->o->exclude[i];
	buf_free(&name);
	return by;
}

static int
compile_excludes(struct run *run, struct err *err)
{
	unsigned flags = run->o->ignore_case ? GLOB_ICASE : 0;
	size_t i;

	run->exclude = mem_alloc(run->o->nexclude, sizeof(*run->exclude));
	for (i = 0; i < run->o->nexclude; i++) {
		if (glob_new(&run->exclude[i], slice_str(run->o->exclude[i]),
			flags, err) < 0) {
			err->status = EX_USAGE;
			return err_within(err, "--exclude");
		}
	}
	return 0;
}

static void
free_excludes(struct run *run)
{
	size_t i;

	for (i = 0; run->exclude != NULL && i < run->o->nexclude; i++)
		glob_free(&run->exclude[i]);
	free(run->exclude);
}

static bool
is_left_out(const struct run *run, enum item_place place)
{
	return (run->o->leave & 1u << place) != 0;
}

static int
take_folder(struct run *run, const struct source_item *item, struct err *err)
{
	struct spool_folder f = { .path = item->folder,
		.name = item->folder_name,
		.delimiter = item->delimiter,
		.special_use = item->special_use,
		.subscribed = item->subscribed };

	if (excluded_by(run, item->folder) != NULL ||
	    is_left_out(run, PLACE_MAIL))
		return 0;
	report_folder(run->r, item->folder);
	return spool_folder_add(run->sp, &f, err) < 0 ? -1 : 0;
}

/* Append 'in' to run->out, a CR before each LF that has none. */
static void
put_crlf(struct run *run, const char *p, size_t n, char *last)
{
	const char *nl, *end = p + n;

	while (p < end) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL) {
			buf_put(&run->out, p, (size_t)(end - p));
			break;
		}
		buf_put(&run->out, p, (size_t)(nl - p));
		if ((nl > p ? nl[-1] : *last) != '\r')
			buf_putc(&run->out, '\r');
		buf_putc(&run->out, '\n');
		p = nl + 1;
		*last = '\n';
	}
	*last = n == 0 ? *last : end[-1];
}

/* The message's bytes into the draft; run->raw hashes what was read, where
 * the source does not know the hash already. */
static int
copy_bytes(struct run *run, struct spool_draft *d,
    const struct source_item *item, bool *differs_r, struct err *err)
{
	char last = '\0';
	ssize_t n;
	int rc;

	*differs_r = false;
	digest_reset(run->raw);
	while ((n = source_read(run->src, run->in, LIMIT_BLOCK, err)) > 0) {
		if (!item->local_lines) {
			if (spool_write(d, run->in, (size_t)n, err) < 0)
				return -1;
			continue;
		}
		if (item->raw_sha256 == NULL)
			digest_add(run->raw, run->in, (size_t)n);
		buf_clear(&run->out);
		put_crlf(run, run->in, (size_t)n, &last);
		*differs_r = *differs_r || run->out.n != (size_t)n;
		rc = spool_write(d, run->out.p, run->out.n, err);
		if (rc < 0)
			return -1;
	}
	return n < 0 ? -1 : 0;
}

static void
name_problem(struct run *run, const struct source_item *item,
    const struct err *err)
{
	struct buf subject = { 0 };
	struct problem p = { .folder = item->msg.folder,
		.source = item->msg.source,
		.size = item->msg.size,
		.err = err };

	if (item->subject != NULL) {
		words_decode(&subject, slice_str(item->subject));
		p.subject = buf_str(&subject);
	}
	report_problem(run->r, &p);
	run->named++;
	buf_free(&subject);
}

/* It is at the source, whatever becomes of it. */
static void
meet_row(struct run *run, const char *key)
{
	struct spool_entry have;
	struct err ignored = { 0 };

	if (run->whole_each && key != NULL &&
	    spool_find(run->sp, key, &have, &ignored) == 1)
		unmet_met(&run->unmet, have.id);
}

/* The message could not be had: refused, or gone since it was announced. */
static int
refuse(struct run *run, const struct source_item *item, const struct err *why,
    struct err *err)
{
	enum fate fate =
	    why->status == EX_NOINPUT ? FATE_VANISHED : FATE_REFUSED;

	meet_row(run, item->msg.key);
	name_problem(run, item, why);
	report_fate(run->r, item->msg.folder, fate, 0);
	return spool_fate_set(run->sp, item->msg.key, item->msg.folder,
	    item->msg.source, fate, why->text, item->msg.size, NULL, err);
}

#define INCOMPLETE "incomplete" /* in meta: there are such; and with a key */

/* A message is stored, but not all of it could be had: that is said again
 * whenever it is met, so it is noted. */
static int
note_incomplete(struct run *run, const char *key, struct err *err)
{
	const char *lost = source_incomplete(run->src);
	char *name;
	int rc = 0;

	if (lost == NULL && !run->incomplete)
		return 0;
	name = mem_fmt(INCOMPLETE ":%s", key);
	if (lost != NULL) {
		run->incomplete = true;
		rc = spool_meta_set(run->sp, INCOMPLETE, "1", err);
	}
	if (rc >= 0 && (lost != NULL || spool_meta(run->sp, name) != NULL))
		rc = spool_meta_set(run->sp, name, lost == NULL ? "" : lost,
		    err);
	free(name);
	return rc;
}

static void
tell_incomplete(struct run *run, const struct source_item *item)
{
	struct err why = { 0 };
	const char *lost;
	char *name;

	if (!run->incomplete)
		return;
	name = mem_fmt(INCOMPLETE ":%s", item->msg.key);
	lost = spool_meta(run->sp, name);
	free(name);
	if (lost == NULL || *lost == '\0')
		return;
	err_set(&why, SCOPE_MSG, EX_DATAERR,
	    "it is in the spool, but not all of it: %s", lost);
	name_problem(run, item, &why);
}

/* 'adopted': its file is there, from a run that died before its rows. */
static int
store(struct run *run, const struct source_item *item, bool adopted,
    struct err *err)
{
	struct msg msg = item->msg;
	uint8_t raw[DIGEST_BYTES];
	struct spool_draft *d;
	struct err why = { 0 };
	uint64_t size;
	bool differs;
	int rc;

	if (!run->filling && spool_fill_begin(run->sp, err) < 0)
		return -1;
	run->filling = true;
	if (spool_begin(run->sp, &d, err) < 0)
		return -1;
	if (copy_bytes(run, d, item, &differs, &why) < 0) {
		spool_discard(&d);
		if (why.scope != SCOPE_MSG) {
			/* it was announced, and this is its fate */
			report_fate(run->r, msg.folder, FATE_REFUSED, 0);
			*err = why;
			return -1;
		}
		return refuse(run, item, &why, err);
	}
	if (source_raw_sha256(run->src, raw))
		differs = true;
	else if (item->raw_sha256 != NULL)
		memcpy(raw, item->raw_sha256, sizeof(raw));
	else
		digest_end(run->raw, raw);
	if (msg.received == DATE_UNKNOWN &&
	    head_date(spool_draft_head(d), &msg.received))
		msg.received_how = RECEIVED_HEADER;
	else if (msg.received == DATE_UNKNOWN)
		msg.received_how = RECEIVED_UNKNOWN;
	size = spool_draft_size(d);
	if (item->renumbered != NULL && !adopted) {
		rc = spool_source_rename(run->sp, d, item->renumbered, &msg,
		    err);
		if (rc != 0) {
			spool_discard(&d);
			report_fate(run->r, msg.folder,
			    rc < 0 ? FATE_REFUSED : FATE_UNCHANGED, 0);
			return rc < 0 ? -1 : 0;
		}
	}
	rc = (adopted ? spool_confirm : spool_commit)(&d, &msg,
	    differs ? raw : NULL, err);
	report_fate(run->r, msg.folder,
	    rc < 0	  ? FATE_REFUSED
		: rc == 1 ? FATE_UNCHANGED
			  : FATE_STORED,
	    size);
	if (rc >= 0 && item->also != NULL &&
	    spool_source_bind(run->sp, item->also, msg.key, err) < 0)
		return -1;
	return rc < 0 || note_incomplete(run, msg.key, err) < 0 ? -1 : rc;
}

/* The spool has a message of this key. */
static int
meet(struct run *run, const struct source_item *item, struct spool_entry *have,
    struct err *err)
{
	int rc;

	if (!spool_is_adopted(have)) {
		report_fate(run->r, item->msg.folder, FATE_UNCHANGED, 0);
		tell_incomplete(run, item);
		return refresh_known(&run->refresh, &item->msg, have,
		    run->whole_each, err);
	}
	rc = store(run, item, true, err);
	if (rc != 1)
		return rc;
	rc = spool_find(run->sp, item->msg.key, have, err);
	return rc == 1
	    ? refresh_known(&run->refresh, &item->msg, have, false, err)
	    : rc;
}

static int
take_message(struct run *run, const struct source_item *item, struct err *err)
{
	const char *by = excluded_by(run, item->msg.folder);
	struct spool_entry have;
	char *why;
	int rc;

	report_announce(run->r, item->msg.folder);
	meet_row(run, item->msg.key);
	if (by != NULL || is_left_out(run, PLACE_MAIL)) {
		run->refresh.left_out = true;
		report_fate(run->r, item->msg.folder, FATE_EXCLUDED, 0);
		why = by != NULL ? mem_fmt("--exclude %s", by)
				 : mem_str(run->o->only);
		rc = spool_fate_set(run->sp, item->msg.key, item->msg.folder,
		    item->msg.source, FATE_EXCLUDED, why, item->msg.size, NULL,
		    err);
		free(why);
		return rc;
	}
	rc = spool_find(run->sp, item->msg.key, &have, err);
	if (rc == 1 && !have.lost)
		return meet(run, item, &have, err);
	if (rc < 0) {
		report_fate(run->r, item->msg.folder, FATE_REFUSED, 0);
		return -1;
	}
	return store(run, item, false, err);
}

/* ----------------------------------------------- items that are no mail */

static void
count_item(struct run *run, const struct source_item *item, enum item_fate fate,
    uint64_t bytes)
{
	const struct item_sort sort = { item_kind_name(item->kind),
		item_kind_people(item->kind, 1),
		item_kind_people(item->kind, 2),
		item_place_path(item_kind_place(item->kind)) };

	report_item(run->r, &sort, fate, 1, bytes);
}

/* Its bytes into the draft, as they come. */
static int
copy_item(struct run *run, struct spool_draft *d, struct err *err)
{
	ssize_t n;

	while ((n = source_read(run->src, run->in, LIMIT_BLOCK, err)) > 0)
		if (spool_write(d, run->in, (size_t)n, err) < 0)
			return -1;
	return n < 0 ? -1 : 0;
}

static int
store_item(struct run *run, const struct source_item *item, struct err *err)
{
	static const enum item_fate fates[] = { [SPOOL_ITEM_STORED] =
						    ITEM_STORED,
		[SPOOL_ITEM_REPLACED] = ITEM_REPLACED,
		[SPOOL_ITEM_UNCHANGED] = ITEM_UNCHANGED };
	struct spool_item it = { .kind = item->kind,
		.key = item->msg.key,
		.folder = item->msg.folder,
		.source = item->msg.source,
		.class = item->class,
		.title = item->subject,
		.modified = item->msg.received };
	enum spool_item_fate fate;
	struct spool_draft *d;
	uint64_t size;

	if (spool_begin(run->sp, &d, err) < 0)
		return -1;
	if (copy_item(run, d, err) < 0) {
		spool_discard(&d);
		count_item(run, item, ITEM_REFUSED, 0);
		if (err->scope != SCOPE_MSG)
			return -1;
		name_problem(run, item, err);
		return 0;
	}
	size = spool_draft_size(d);
	if (spool_item_commit(&d, &it, &fate, err) < 0)
		return -1;
	count_item(run, item, fates[fate], size);
	return 0;
}

static int
take_item(struct run *run, const struct source_item *item, struct err *err)
{
	if (!is_left_out(run, item_kind_place(item->kind)) &&
	    excluded_by(run, item->msg.folder) == NULL)
		return store_item(run, item, err);
	count_item(run, item, ITEM_EXCLUDED, 0);
	return 0;
}

/* One error of source_next(), by how far it reaches.  0: go on. */
static int
bear(struct run *run, const struct source_item *item, struct err *err)
{
	struct err why = *err;

	switch (why.scope) {
	case SCOPE_MSG:
		report_announce(run->r, item->msg.folder);
		return refuse(run, item, &why, err);
	case SCOPE_FOLDER:
		run->torn = true;
		report_problem(run->r,
		    &(struct problem){ .folder = item->folder, .err = &why });
		return 0;
	default:
		return -1;
	}
}

static int
take_all(struct run *run, struct err *err)
{
	struct source_item item;
	int rc;

	for (;;) {
		if (stop_check(err) < 0)
			return -1;
		memset(&item, 0, sizeof(item));
		item.subscribed = -1;
		rc = source_next(run->src, &item, err);
		if (rc == 0)
			return 0;
		run->met |= rc > 0 &&
		    (item.what == SOURCE_MSG || item.what == SOURCE_ITEM);
		if (rc < 0)
			rc = bear(run, &item, err);
		else if (item.what == SOURCE_FOLDER)
			rc = take_folder(run, &item, err);
		else if (item.what == SOURCE_ITEM)
			rc = take_item(run, &item, err);
		else if (item.what == SOURCE_MSG)
			rc = take_message(run, &item, err);
		else
			rc = refresh_take(&run->refresh, &item, err);
		if (rc < 0 && err->scope == SCOPE_FOLDER)
			rc = bear(run, &item, err);
		if (rc < 0)
			return -1;
		report_moved(run->r, source_done(run->src) - run->moved);
		run->moved = source_done(run->src);
	}
}

static int
end_event(struct run *run, const struct err *ended, struct err *err)
{
	struct js *summary = report_json(run->r, ended);
	struct buf text = { 0 };
	int rc;

	js_set(summary, "problems", js_int((int64_t)report_problems(run->r)));
	js_put(&text, summary);
	rc = spool_event_end(run->sp,
	    ended == NULL ? report_status(run->r) : ended->status,
	    buf_str(&text), err);
	js_free(&summary);
	buf_free(&text);
	return rc;
}

/* A damaged PST of which no message and no item is left to be seen. */
static int
tell_nothing(const struct run *run, const struct source_spec *spec,
    struct err *err)
{
	if (run->met || strcmp(source_kind(run->src), "pst") != 0 ||
	    report_status(run->r) != 1)
		return 0;
	err_set(err, SCOPE_STORE, EX_DATAERR, "'%s': nothing in it can be read",
	    spec->path);
	if (!spec->carve)
		err_hint(err,
		    "--carve searches the whole file for what is left of its "
		    "messages");
	return -1;
}

/* Keep what there is, whatever ended the run; the first error counts. */
static int
finish(struct run *run, int rc, struct err *err)
{
	struct err late = { 0 };

	if ((rc == 0 ? spool_finish(run->sp, &late)
		     : spool_flush(run->sp, &late)) < 0 &&
	    rc == 0) {
		*err = late;
		rc = -1;
	}
	if (end_event(run, rc < 0 ? err : NULL, &late) < 0 && rc == 0) {
		*err = late;
		rc = -1;
	}
	return rc;
}

/* Will take_message() ask for its bytes? */
static bool
is_wanted(void *arg, const char *folder, const char *key)
{
	struct run *run = arg;
	struct spool_entry have;
	struct err err = { 0 };

	if (excluded_by(run, folder) != NULL)
		return false;
	return spool_find(run->sp, key, &have, &err) != 1 || have.lost ||
	    spool_is_adopted(&have);
}

static const char *
is_excluded(void *arg, const char *folder)
{
	return excluded_by(arg, folder);
}

/* The spool is this source's: bound by it, or now. */
static int
bind(struct run *run, struct err *err)
{
	const char *kind = source_kind(run->src);
	const char *identity = source_identity(run->src);
	const char *have = spool_meta(run->sp, "source_kind");
	char *was;
	int rc = 0;

	if (run->o->rebind)
		return spool_rebind(run->sp, kind, identity, err);
	if (have != NULL && strcmp(have, kind) == 0) {
		was = mem_str(spool_meta(run->sp, "source_identity"));
		if (was != NULL && strcmp(was, identity) != 0)
			rc = source_recognizes(run->src, run->sp, was, err);
		if (rc > 0)
			report_note(run->r,
			    "this is the account that the spool knows as %s",
			    was);
		free(was);
	}
	return rc != 0 ? (rc < 0 ? -1 : 0)
		       : spool_bind(run->sp, kind, identity, err);
}

/* Was all of the source seen?  A message that is refused was; a source that
 * has no more to say about its trouble than a problem was not. */
static bool
is_whole(const struct run *run)
{
	return !run->torn && source_is_whole(run->src) &&
	    (!run->whole_each || report_status(run->r) == 0 ||
		report_problems(run->r) == run->named);
}

/* What is gone, and what was moved. */
static int
end_source(struct run *run, const struct source_spec *spec, struct err *err)
{
	int rc = is_whole(run);

	if (rc == 1 && run->whole_each)
		rc = unmet_end(&run->unmet, spec, !run->o->rebind,
		    &run->refresh, err);
	return rc < 0 ? -1 : refresh_end(&run->refresh, rc == 1, err);
}

/* Would the next run come further?  Where it would not, nothing is to wait for
 * it. */
static bool
is_final(int rc, const struct err *err)
{
	return rc == 0 || err->status == EX_DATAERR ||
	    err->status == EX_PROTOCOL;
}

int
extract_run(const struct source_spec *given, const struct extract_options *o,
    struct report *r, struct err *err)
{
	struct run run = { .o = o, .r = r };
	struct source_spec spec = *given;
	struct err ignored = { 0 };
	int rc = -1;

	spec.excluded = is_excluded;
	spec.excluded_arg = &run;
	if (compile_excludes(&run, err) < 0 ||
	    source_open(&run.src, &spec, err) < 0)
		goto out;
	if (spool_open(&run.sp, o->spool, SPOOL_WRITE,
		o->force ? SPOOL_FORCE : 0, err) < 0)
		goto out;
	spool_event_begin(run.sp, "extract", source_identity(run.src));
	run.refresh = (struct refresh){ .sp = run.sp,
		.r = r,
		.mirror = o->mirror,
		.unsettled = spool_is_unsettled(run.sp) };
	if (bind(&run, err) < 0 || source_resume(run.src, run.sp, err) < 0)
		goto out;
	source_set_wanted(run.src, is_wanted, &run);
	run.incomplete = spool_meta(run.sp, INCOMPLETE) != NULL;
	if (source_total(run.src) > 0)
		report_expect(r, 0, source_total(run.src));
	run.raw = digest_new();
	run.in = mem_alloc(1, LIMIT_BLOCK);
	run.whole_each = !source_tells_gone(run.src);
	rc = run.whole_each ? unmet_begin(&run.unmet, run.sp, err) : 0;
	if (rc == 0)
		rc = take_all(&run, err);
	if (rc == 0)
		rc = end_source(&run, &spec, err);
	else
		refresh_end(&run.refresh, false, &ignored);
	if (rc == 0)
		rc = tell_nothing(&run, &spec, err);
	if (is_final(rc, err))
		spool_fill_end(run.sp, &ignored);
	rc = finish(&run, rc, err);
out:
	free_excludes(&run);
	unmet_free(&run.unmet);
	digest_free(&run.raw);
	free(run.in);
	buf_free(&run.out);
	source_close(&run.src);
	spool_close(&run.sp);
	return rc;
}
