/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several spools into one; see merge.h. */
#include "transform/merge.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/io.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/stop.h"
#include "core/text.h"
#include "formats/delivery.h"
#include "formats/head.h"
#include "formats/spool.h"
#include "formats/spool_items.h"
#include "transform/apart.h"
#include "transform/doubles.h"

#define MARK_BYTES 4   /* of the source's hash, behind each key */
#define KEY_MAX	   120 /* formats/msg.h */

enum { BY_BYTES, BY_MESSAGE_ID, BY_ITEM }; /* rules of struct doubles */

/* A spool that is read. */
struct part {
	const char *dir;
	struct spool *sp;
	char *identity;		       /* "pst:/home/mary/mail.pst" */
	char mark[2 * MARK_BYTES + 2]; /* ".1a2b3c4d" */
	bool last;		       /* POP3: it knows least */
	uint64_t n[FATE_COUNT], announced;
	int64_t loaded; /* of its messages, from itself already */
};

struct run {
	const struct merge_options *o;
	struct report *r;
	struct part *part; /* in the order they count */
	struct spool *out; /* NULL: a dry run without OUT */
	struct doubles *doubles;
	uint64_t msgs, bytes; /* expected */
	struct buf key, source, mark, head;
};

/* ---------------------------------------------------------- the spools */

static int
open_part(struct run *run, struct part *p, struct err *err)
{
	struct err ignored = { 0 };
	const char *text;
	char *kind;

	if ((run->o->dry_run ||
		spool_open(&p->sp, p->dir, SPOOL_DELIVER, run->o->flags,
		    &ignored) < 0) &&
	    spool_open(&p->sp, p->dir, SPOOL_READ, run->o->flags, err) < 0)
		return -1;
	p->loaded = delivery_count(spool_ledger(p->sp), err);
	if (p->loaded < 0)
		return -1;
	text = spool_meta(p->sp, "source_kind");
	kind = mem_str(text == NULL ? "spool" : text);
	if (text != NULL)
		text = spool_meta(p->sp, "source_identity");
	p->identity =
	    mem_fmt("%s:%s", kind, text == NULL ? spool_dir(p->sp) : text);
	p->last = strcmp(kind, "pop3") == 0 ||
	    strncmp(p->identity, "transform:pop3:", 15) == 0;
	free(kind);
	return 0;
}

static void
set_mark(struct part *p)
{
	uint8_t hash[DIGEST_BYTES];

	digest_of(p->identity, strlen(p->identity), hash);
	p->mark[0] = '.';
	digest_hex(p->mark + 1, hash, MARK_BYTES);
}

/*
 * Two spools of one source are no mistake: copies of a PST that went ways of
 * their own (each says that it is the same store), or an account as it was a
 * year ago.  Their places tell them apart.
 */
static void
tell_namesakes_apart(struct run *run)
{
	size_t i, j, n = run->o->nin;
	bool *same = mem_alloc(n, sizeof(*same));
	char *path, *full;

	for (i = 0; i < n; i++)
		for (j = 0; j < i; j++)
			if (strcmp(run->part[i].identity,
				run->part[j].identity) == 0)
				same[i] = same[j] = true;
	for (i = 0; i < n; i++) {
		if (!same[i])
			continue;
		path = realpath(run->part[i].dir, NULL);
		full = mem_fmt("%s in %s", run->part[i].identity,
		    path == NULL ? run->part[i].dir : path);
		free(run->part[i].identity);
		run->part[i].identity = full;
		free(path);
	}
	free(same);
}

/* Those of POP3 behind the others, else as given. */
static void
put_in_order(struct run *run)
{
	struct part *sorted = mem_alloc(run->o->nin, sizeof(*sorted));
	size_t i, n = 0;

	for (i = 0; i < run->o->nin; i++)
		if (!run->part[i].last)
			sorted[n++] = run->part[i];
	for (i = 0; i < run->o->nin; i++)
		if (run->part[i].last)
			sorted[n++] = run->part[i];
	free(run->part);
	run->part = sorted;
}

static int
open_parts(struct run *run, struct err *err)
{
	const struct merge_options *o = run->o;
	size_t i, j;

	run->part = mem_alloc(o->nin, sizeof(*run->part));
	for (i = 0; i < o->nin; i++) {
		run->part[i].dir = o->in[i];
		if (spools_apart(o->in[i], o->out, "merge", err) < 0)
			return -1;
		for (j = 0; j < i; j++)
			if (spools_apart(o->in[j], o->in[i], "merge", err) < 0)
				return -1;
	}
	for (i = 0; i < o->nin; i++)
		if (open_part(run, &run->part[i], err) < 0)
			return -1;
	tell_namesakes_apart(run);
	for (i = 0; i < o->nin; i++) {
		set_mark(&run->part[i]);
		for (j = 0; j < i; j++)
			if (strcmp(run->part[j].mark, run->part[i].mark) == 0)
				return err_set(err, SCOPE_RUN, EX_SOFTWARE,
				    "the marks of '%s' and '%s' are the same",
				    o->in[j], o->in[i]);
	}
	put_in_order(run);
	return 0;
}

static int
by_identity(const void *va, const void *vb)
{
	const struct part *const *a = va, *const *b = vb;

	return strcmp((*a)->identity, (*b)->identity);
}

/* OUT is these sources and no others, in whichever order they are given. */
static int
bind_out(struct run *run, struct err *err)
{
	const struct part **p = mem_alloc(run->o->nin, sizeof(*p));
	struct buf all = { 0 };
	size_t i;
	int rc = 0;

	for (i = 0; i < run->o->nin; i++)
		p[i] = &run->part[i];
	qsort(p, run->o->nin, sizeof(*p), by_identity);
	for (i = 0; i < run->o->nin; i++)
		buf_putf(&all, "%s%s", i == 0 ? "" : " + ", p[i]->identity);
	if (!run->o->dry_run || spool_meta(run->out, "source_kind") != NULL)
		rc = spool_bind(run->out, "merge", buf_str(&all), err);
	if (rc < 0)
		err_hint(err,
		    "another set of spools needs an output spool of its own; "
		    "hard links cost no space");
	free(p);
	buf_free(&all);
	return rc;
}

static int
open_out(struct run *run, struct err *err)
{
	const struct merge_options *o = run->o;

	if (!o->dry_run) {
		if (spool_open(&run->out, o->out, SPOOL_WRITE, o->flags, err) <
		    0)
			return -1;
		spool_event_begin(run->out, "merge", o->out);
	} else if (access(o->out, F_OK) == 0 &&
	    spool_open(&run->out, o->out, SPOOL_READ, o->flags, err) < 0) {
		return -1;
	}
	return run->out == NULL ? 0 : bind_out(run, err);
}

/* ------------------------------------------------------------- messages */

static void
count(struct run *run, struct part *p, const struct spool_entry *e,
    enum fate fate)
{
	p->n[fate]++;
	report_fate(run->r, e->msg.folder, fate,
	    fate == FATE_STORED ? e->msg.size : 0);
	report_moved(run->r, e->msg.size);
}

/* The key in OUT: a long one gives way to its hash. */
static void
set_key(struct run *run, const struct part *p, const char *key)
{
	uint8_t hash[DIGEST_BYTES];
	char hex[DIGEST_HEX];

	buf_clear(&run->key);
	buf_puts(&run->key, key);
	if (run->key.n + strlen(p->mark) > KEY_MAX) {
		digest_of(key, strlen(key), hash);
		buf_clear(&run->key);
		buf_puts(&run->key, digest_hex(hex, hash, DIGEST_BYTES));
	}
	buf_puts(&run->key, p->mark);
}

static void
set_source(struct run *run, const struct part *p, const char *source)
{
	struct js *o = js_parse(slice_str(source));

	if (o == NULL)
		o = js_obj();
	/* a merged spool's messages know already where they are from */
	js_set_str(o, js_get(o, "of") == NULL ? "of" : "via", p->identity);
	buf_clear(&run->source);
	js_put(&run->source, o);
	js_free(&o);
}

static int
set_fate(struct run *run, const struct spool_entry *e, enum fate fate,
    const char *why, struct err *err)
{
	if (run->o->dry_run)
		return 0;
	return spool_fate_set(run->out, buf_str(&run->key), e->msg.folder,
	    buf_str(&run->source), fate, why, e->msg.size, e->message_id, err);
}

static int
refuse(struct run *run, struct part *p, const struct spool_entry *e,
    const struct err *why, struct err *err)
{
	report_problem(run->r,
	    &(struct problem){ .folder = e->msg.folder,
		.source = buf_str(&run->source),
		.size = e->msg.size,
		.err = why });
	count(run, p, e, FATE_REFUSED);
	return set_fate(run, e, FATE_REFUSED, why->text, err);
}

static int
read_head(struct run *run, struct spool *sp, const struct spool_entry *e,
    struct err *err)
{
	int fd = spool_body(sp, e, err);
	ssize_t n;

	if (fd < 0)
		return -1;
	buf_clear(&run->head);
	n = io_pread_full(fd, buf_room(&run->head, LIMIT_HEAD_BYTES),
	    LIMIT_HEAD_BYTES, 0);
	if (n < 0)
		err_sys(err, SCOPE_MSG, EX_IOERR, "%s", e->file);
	close(fd);
	if (n < 0)
		return -1;
	run->head.n = (size_t)n;
	run->head.n = head_length(buf_slice(&run->head));
	return 0;
}

static bool
is_of(const char *key, const struct part *p)
{
	size_t n = strlen(key), m = strlen(p->mark);

	return n > m && strcmp(key + n - m, p->mark) == 0;
}

/* 1 and another spool's key in *first_r, 0, -1. */
static int
ask(struct run *run, const struct part *p, size_t rule, struct slice mark,
    const char **first_r, struct err *err)
{
	int rc = doubles_first(run->doubles, rule, 0, mark, buf_str(&run->key),
	    first_r, err);

	return rc < 0 ? -1 : rc == 0 && !is_of(*first_r, p);
}

/* Is it there from another spool?  Fills in both tables on the way. */
static int
is_duplicate(struct run *run, const struct part *p, const struct spool_entry *e,
    const char **first_r, const char **how_r, struct err *err)
{
	int rc = 0;

	if (run->o->rule == MERGE_NONE || e->lost)
		return 0;
	*how_r = "the same bytes";
	if (e->has_sha256)
		rc = ask(run, p, BY_BYTES, slice_of(e->sha256, DIGEST_BYTES),
		    first_r, err);
	if (rc != 0 || run->o->rule == MERGE_BYTES || e->message_id[0] == '\0')
		return rc;
	if (read_head(run, p->sp, e, err) < 0)
		return -1;
	*how_r = "the same Message-ID and date";
	return doubles_mark(&run->mark, e->message_id, buf_slice(&run->head))
	    ? ask(run, p, BY_MESSAGE_ID, buf_slice(&run->mark), first_r, err)
	    : 0;
}

static int
leave_out(struct run *run, struct part *p, const struct spool_entry *e,
    bool there, const char *first, const char *how, struct err *err)
{
	char *why = mem_fmt("%s (%s)", first, how);
	int rc = 0;

	log_debug("duplicate in '%s': %s %s is %s", e->msg.folder,
	    buf_str(&run->source), e->message_id, why);
	count(run, p, e, FATE_DUPLICATE);
	if (there && !run->o->dry_run)
		rc = spool_remove(run->out, buf_str(&run->key), err);
	if (rc == 0)
		rc = set_fate(run, e, FATE_DUPLICATE, why, err);
	free(why);
	return rc;
}

static struct msg
msg_of(const struct run *run, const struct spool_entry *e)
{
	struct msg m = e->msg;

	m.key = buf_str(&run->key);
	m.source = buf_str(&run->source);
	return m;
}

static int
link_new(struct run *run, struct part *p, const struct spool_entry *e,
    struct err *err)
{
	struct msg m = msg_of(run, e);
	struct err why = { 0 };

	if (e->lost) {
		err_set(&why, SCOPE_MSG, EX_NOINPUT,
		    "%s: the file is gone from '%s'", e->file, p->dir);
		return refuse(run, p, e, &why, err);
	}
	if (!run->o->dry_run && spool_link(run->out, p->sp, e, &m, &why) < 0) {
		if (why.scope == SCOPE_MSG)
			return refuse(run, p, e, &why, err);
		count(run, p, e, FATE_REFUSED);
		*err = why;
		return -1;
	}
	count(run, p, e, FATE_STORED);
	return 0;
}

/* It is there; what changed in its spool since follows. */
static int
refresh(struct run *run, struct part *p, const struct spool_entry *e,
    const struct spool_entry *have, struct err *err)
{
	bool moved = strcmp(have->msg.folder, e->msg.folder) != 0;
	bool flagged = e->msg.flags != have->source_flags ||
	    strcmp(e->msg.keywords, have->source_keywords) != 0;
	struct msg m = msg_of(run, e);
	int rc = 1;

	count(run, p, e, FATE_UNCHANGED);
	if (moved)
		report_add(run->r, "moved", 1);
	if (flagged)
		report_add(run->r, "flags_changed", 1);
	if (run->o->dry_run)
		return 0;
	if (spool_is_adopted(have) && !spool_is_adopted(e) && !e->lost)
		rc = spool_confirm_link(run->out, p->sp, e, &m, err);
	if (rc > 0 && moved)
		rc = spool_move(run->out, m.key, m.folder, err) < 0 ? -1 : 1;
	if (rc > 0 && flagged)
		rc = spool_set_flags(run->out, m.key, m.flags, m.keywords, err);
	return rc < 0 ? -1 : 0;
}

enum pass { PASS_KNOWN, PASS_NEW };

/* Of copies the one that OUT has already stays, whichever spool comes first:
 * it may have been loaded since. */
static int
take(struct run *run, struct part *p, const struct spool_entry *e,
    enum pass pass, struct err *err)
{
	const char *first, *how;
	struct spool_entry have;
	struct err why = { 0 };
	bool there;
	int rc = 0;

	set_key(run, p, e->msg.key);
	if (run->out != NULL)
		rc = spool_find(run->out, buf_str(&run->key), &have, err);
	if (rc < 0)
		return -1;
	there = rc == 1 && !have.lost;
	if (there != (pass == PASS_KNOWN))
		return 0;
	set_source(run, p, e->msg.source);
	report_announce(run->r, e->msg.folder);
	p->announced++;
	rc = is_duplicate(run, p, e, &first, &how, &why);
	if (rc < 0 && why.scope == SCOPE_MSG)
		return refuse(run, p, e, &why, err);
	if (rc < 0) {
		count(run, p, e, FATE_REFUSED);
		*err = why;
		return -1;
	}
	if (rc > 0)
		return leave_out(run, p, e, there, first, how, err);
	return there ? refresh(run, p, e, &have, err)
		     : link_new(run, p, e, err);
}

static int
walk(struct run *run, struct part *p, enum pass pass, struct err *err)
{
	struct spool_iter *it;
	struct spool_entry e;
	int rc;

	if (spool_iter_open(p->sp, NULL, &it, err) < 0)
		return -1;
	while ((rc = stop_check(err)) == 0 &&
	    (rc = spool_iter_next(it, &e, err)) == 1)
		if ((rc = take(run, p, &e, pass, err)) < 0)
			break;
	spool_iter_close(&it);
	ledger_rest(spool_ledger(p->sp)); /* there may be a thousand */
	return rc;
}

/* -------------------------------------------------- folders and items */

/* A folder that two spools have is one, with the role that the first gave
 * it. */
static int
make_folders(struct run *run, struct part *p, struct err *err)
{
	struct spool_folder f;
	int64_t id = 0;
	int rc;

	while ((rc = spool_folder_next(p->sp, &id, &f, err)) == 1) {
		report_folder(run->r, f.path);
		run->msgs += f.messages;
		run->bytes += f.bytes;
		f.uidvalidity = 0;
		if (run->out != NULL && !run->o->dry_run &&
		    spool_folder_add(run->out, &f, err) < 0)
			return -1;
	}
	ledger_rest(spool_ledger(p->sp));
	return rc;
}

static int
take_items(struct run *run, struct part *p, struct err *err)
{
	struct spool_item item, mine;
	enum spool_item_fate fate;
	const char *first;
	int64_t after = 0;
	int rc;

	while ((rc = spool_item_next(p->sp, &after, &item, err)) == 1) {
		if (item.lost)
			continue;
		set_key(run, p, item.key);
		set_source(run, p, item.source);
		rc = run->o->rule == MERGE_NONE
		    ? 0
		    : ask(run, p, BY_ITEM, slice_of(item.sha256, DIGEST_BYTES),
			  &first, err);
		if (rc < 0)
			return -1;
		if (rc > 0) {
			report_add(run->r, "items_duplicate", 1);
			continue;
		}
		mine = item;
		mine.key = buf_str(&run->key);
		mine.source = buf_str(&run->source);
		if (!run->o->dry_run &&
		    spool_item_link(run->out, p->sp, &mine, &fate, err) < 0)
			return -1;
		report_add(run->r, "items_merged", 1);
	}
	return rc;
}

/* ------------------------------------------------------------------ run */

/* What was loaded before the merge, the merge cannot take back. */
static void
tell_loaded(struct run *run)
{
	const struct part *p;

	for (p = run->part; p < run->part + run->o->nin; p++)
		if (p->loaded > 0 && p->n[FATE_DUPLICATE] > 0)
			report_note(run->r,
			    "%s was loaded by itself already: in that mailbox "
			    "are copies of messages that OUT has from another "
			    "spool. Load OUT into an empty one, or these will "
			    "be there twice.",
			    p->dir);
}

static void
tell_parts(struct run *run)
{
	struct js *list = js_arr(), *o;
	const struct part *p;
	char all[80], copies[80];

	for (p = run->part; p < run->part + run->o->nin; p++) {
		o = js_obj();
		js_set_str(o, "path", p->dir);
		js_set_str(o, "source", p->identity);
		js_set_int(o, "announced", (int64_t)p->announced);
		js_set_int(o, "stored", (int64_t)p->n[FATE_STORED]);
		js_set_int(o, "unchanged", (int64_t)p->n[FATE_UNCHANGED]);
		js_set_int(o, "duplicate", (int64_t)p->n[FATE_DUPLICATE]);
		js_set_int(o, "refused", (int64_t)p->n[FATE_REFUSED]);
		js_set_int(o, "loaded", p->loaded);
		js_push(list, o);
		report_note(run->r, "%s: %s, %llu kept, %s", p->dir,
		    text_number(all, p->announced, "message", "messages"),
		    (unsigned long long)(p->n[FATE_STORED] +
			p->n[FATE_UNCHANGED]),
		    text_number(copies, p->n[FATE_DUPLICATE], "duplicate",
			"duplicates"));
	}
	report_set(run->r, "spools", list);
	tell_loaded(run);
	if (report_fates(run->r, FATE_DUPLICATE) > 0 && !run->o->dry_run)
		report_note(run->r,
		    "'postroad ls --left-out %s' names each duplicate, and "
		    "which message it is a copy of.",
		    run->o->out);
}

static int
do_all(struct run *run, struct err *err)
{
	struct part *p, *end = run->part + run->o->nin;
	struct spool *sp = run->out == NULL ? run->part[0].sp : run->out;

	if (doubles_new(&run->doubles, spool_ledger(sp), err) < 0)
		return -1;
	for (p = run->part; p < end; p++)
		if (make_folders(run, p, err) < 0)
			return -1;
	report_expect(run->r, run->msgs, run->bytes);
	for (p = run->part; p < end; p++)
		if (walk(run, p, PASS_KNOWN, err) < 0)
			return -1;
	for (p = run->part; p < end; p++)
		if (walk(run, p, PASS_NEW, err) < 0)
			return -1;
	for (p = run->part; p < end; p++)
		if (take_items(run, p, err) < 0)
			return -1;
	return run->o->dry_run ? 0 : spool_finish(run->out, err);
}

/* Keep what there is, whatever ended the run, and write down how it went. */
static int
finish(struct run *run, int rc, struct err *err)
{
	struct err late = { 0 };
	struct buf text = { 0 };
	struct js *summary;

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

static void
clean_up(struct run *run)
{
	size_t i;

	doubles_free(&run->doubles);
	spool_close(&run->out);
	for (i = 0; run->part != NULL && i < run->o->nin; i++) {
		spool_close(&run->part[i].sp);
		free(run->part[i].identity);
	}
	free(run->part);
	buf_free(&run->key);
	buf_free(&run->source);
	buf_free(&run->mark);
	buf_free(&run->head);
}

int
merge_run(const struct merge_options *o, struct report *r, struct err *err)
{
	struct run run = { .o = o, .r = r };
	int rc = -1;

	if (open_parts(&run, err) < 0 || open_out(&run, err) < 0)
		goto out;
	rc = do_all(&run, err);
	tell_parts(&run);
	if (!o->dry_run)
		rc = finish(&run, rc, err);
out:
	clean_up(&run);
	return rc;
}
