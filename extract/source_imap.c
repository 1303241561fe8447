/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An IMAP account: its folders first, then those in which something changed,
 * several at a time, each over a connection of its own (imap_pull.h).  While
 * one message is written to disk, the answers on the other connections gather
 * in the kernel.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/js.h"
#include "core/log.h"
#include "core/mem.h"
#include "extract/imap_pull.h"
#include "extract/patience.h"
#include "extract/source_impl.h"
#include "formats/folder.h"
#include "formats/spool_source.h"

#define CONNECTIONS	  4 /* chosen where the user says nothing */
#define CONNECTIONS_MAX	  32
#define ANOTHER_TIMEOUT_S 10 /* for connections beside the first */
#define BOX_DEATHS_MAX	  3  /* sessions that opening a folder may cost */

enum phase { AT_FOLDERS, AT_LOST, AT_MESSAGES };

struct imap_source {
	struct source base;
	const struct source_spec *spec;
	struct spool *sp;
	struct imap_boxes boxes;
	bool recalled;
	struct patience patience;
	enum phase phase;
	size_t at; /* in boxes or lost ones */
	int part;  /* of what there is to tell of that one */
	bool *todo;
	size_t n_todo;
	struct pull pulls[CONNECTIONS_MAX];
	unsigned n_pulls, max_pulls, turn;
	struct pull *reading;
	unsigned box_deaths;
	struct js *left_out;
	struct buf name, value;
	char prefix[IMAP_KEY_BYTES];
};

/* ------------------------------------------------------------ sessions */

static struct pull *
add_pull(struct imap_source *s)
{
	struct pull *p = &s->pulls[s->n_pulls++];

	*p = (struct pull){ .sp = s->sp, .spec = s->spec };
	return p;
}

/* A new session for 'p', with growing pauses; '*err' is why it has none. */
static int
reconnect(struct imap_source *s, struct pull *p, struct err *err)
{
	for (;;) {
		if (patience_again(&s->patience, err) < 0)
			return -1;
		if (account_open(&p->im, s->spec->account, err) == 0 &&
		    pull_resume(p, err) == 0)
			return 0;
		imap_abort(&p->im);
	}
}

/* The session of 'p' is over.  0 it goes on; -1. */
static int
lost(struct imap_source *s, struct pull *p, struct err *err)
{
	bool opening = p->at != PULL_FETCH && p->at != PULL_AGAIN;

	if (err->scope > SCOPE_STORE)
		return -1;
	pull_lost(p, err);
	if (opening && p->box != NULL && ++s->box_deaths >= BOX_DEATHS_MAX) {
		/* not this folder, then */
		s->box_deaths = 0;
		s->base.torn = true;
		report_problem(s->spec->report,
		    &(struct problem){ .folder = p->box->path, .err = err });
		p->at = PULL_IDLE;
	}
	return reconnect(s, p, err);
}

/* One connection more, if there is work for it and the server lets us. */
static void
open_another(struct imap_source *s)
{
	struct account *a = s->spec->account;
	uint64_t timeout_s = a->timeout_s;
	struct err err = { 0 };
	struct pull *p;
	int rc;

	if (s->n_pulls >= s->max_pulls)
		return;
	p = add_pull(s);
	/* the others wait for this one, which is a mere help */
	if (timeout_s == 0 || timeout_s > ANOTHER_TIMEOUT_S)
		a->timeout_s = ANOTHER_TIMEOUT_S;
	rc = account_open(&p->im, a, &err);
	a->timeout_s = timeout_s;
	if (rc == 0)
		return;
	imap_abort(&p->im);
	s->n_pulls--;
	s->max_pulls = s->n_pulls;
	log_info("going on with %u connection%s: %s", s->n_pulls,
	    s->n_pulls == 1 ? "" : "s", err.text);
}

static int
open_source(struct source **src_r, const struct source_spec *spec,
    struct err *err)
{
	struct imap_source *s = mem_alloc(1, sizeof(*s));
	struct buf label = { 0 };
	struct pull *p;

	s->spec = spec;
	s->max_pulls = spec->connections == 0 ? CONNECTIONS : spec->connections;
	if (s->max_pulls > CONNECTIONS_MAX)
		s->max_pulls = CONNECTIONS_MAX;
	s->patience = (struct patience){ .report = spec->report,
		.max_wait_ms = spec->max_wait_s * 1000 };
	p = add_pull(s);
	report_doing(spec->report, "connecting");
	if (account_open(&p->im, spec->account, err) < 0 ||
	    imap_boxes_list(&s->boxes, p->im, spec, err) < 0 ||
	    imap_boxes_status(&s->boxes, p->im, err) < 0) {
		imap_abort(&p->im);
		imap_boxes_free(&s->boxes);
		free(s);
		err->scope = SCOPE_RUN;
		return -1;
	}
	report_doing(spec->report, NULL);
	url_label(&label, &spec->account->url);
	s->base.identity = mem_str(buf_str(&label));
	buf_free(&label);
	*src_r = &s->base;
	return 0;
}

/* ------------------------------------------------------------ the spool */

static int
recall(struct imap_source *s, struct spool *sp, struct err *err)
{
	if (s->recalled)
		return 0;
	s->recalled = true;
	return imap_boxes_recall(&s->boxes, sp, err);
}

/* The same user, and folders that the spool knows by their UIDVALIDITY. */
static int
recognizes(struct source *src, struct spool *sp, const char *identity,
    struct err *err)
{
	struct imap_source *s = (struct imap_source *)src;
	const char *ours = src->identity;
	const char *at = strrchr(identity, '@'), *our_at = strrchr(ours, '@');
	size_t i, same = 0;

	if (at == NULL || our_at == NULL ||
	    !slice_eq(slice_of(identity, (size_t)(at - identity)),
		slice_of(ours, (size_t)(our_at - ours))))
		return 0;
	if (recall(s, sp, err) < 0)
		return -1;
	for (i = 0; i < s->boxes.n; i++) {
		struct imap_box *b = &s->boxes.v[i];

		if (!b->known || !b->told)
			continue;
		if (b->uidvalidity != b->was.uidvalidity ||
		    (b->uidnext != 0 && b->uidnext < b->was.uidnext))
			return 0;
		same++;
	}
	return same > 0;
}

static void
expect(struct imap_source *s)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < s->boxes.n; i++)
		if (s->boxes.v[i].left == BOX_TAKEN && s->boxes.v[i].told)
			n += s->boxes.v[i].messages;
	report_expect(s->spec->report, n, 0);
}

static int
resume(struct source *src, struct spool *sp, struct err *err)
{
	struct imap_source *s = (struct imap_source *)src;
	unsigned i;

	s->sp = sp;
	for (i = 0; i < s->n_pulls; i++)
		s->pulls[i].sp = sp;
	if (spool_source_begin(sp, err) < 0 || recall(s, sp, err) < 0)
		return -1;
	if (s->boxes.gmail)
		s->max_pulls = 1; /* one folder must know what the last had */
	s->todo = mem_alloc(s->boxes.n + 1, sizeof(*s->todo));
	expect(s);
	return 0;
}

/* ------------------------------------------------------------- folders */

/* A folder that is left out by default: counted and named. */
static void
leave_out(struct imap_source *s, const struct imap_box *box)
{
	bool shared = box->left == BOX_SHARED;
	struct buf name = { 0 };
	struct js *o;

	if (s->left_out == NULL)
		s->left_out = js_arr();
	o = js_obj();
	js_set_str(o, "folder", box->path);
	js_set_str(o, "why", shared ? "shared" : "virtual");
	if (box->told)
		js_set_int(o, "messages", (int64_t)box->messages);
	js_push(s->left_out, o);
	folder_decode(&name, slice_str(box->path));
	report_note(s->spec->report,
	    "left out: folder '%s', %llu message%s, %s", buf_str(&name),
	    (unsigned long long)box->messages, box->messages == 1 ? "" : "s",
	    shared ? "is not the user's own; --include-shared takes it"
		   : "shows mail of other folders; --include-virtual takes it");
	report_add(s->spec->report, "folders_left_out", 1);
	report_not_carried(s->spec->report,
	    shared ? "mail in shared folders" : "mail in virtual folders",
	    box->messages);
	buf_free(&name);
}

static void
tell_folder(const struct imap_box *box, struct source_item *item)
{
	item->what = SOURCE_FOLDER;
	item->folder = box->path;
	item->delimiter = box->delimiter;
	item->folder_name = box->name;
	item->special_use = box->special_use;
	item->subscribed = box->subscribed;
}

static const struct imap_lost *
renamed_from(const struct imap_source *s, const struct imap_box *box)
{
	size_t i;

	for (i = 0; i < s->boxes.n_lost; i++)
		if (s->boxes.lost[i].renamed &&
		    strcmp(s->boxes.lost[i].id, box->id) == 0)
			return &s->boxes.lost[i];
	return NULL;
}

static void
forget_box(struct imap_source *s, const char *name, struct source_item *item)
{
	buf_clear(&s->name);
	buf_putf(&s->name, "imap:%s", name);
	item->what = SOURCE_NOTED;
	item->name = buf_str(&s->name);
	item->value = NULL;
}

/* What STATUS says about a folder's messages is enough: 1 told, 0 it is to be
 * opened, -1. */
static int
tell_by_status(struct imap_source *s, struct imap_box *box,
    struct source_item *item, struct err *err)
{
	struct imap_memory now = { box->uidvalidity, box->uidnext, box->modseq,
		0, 0 };
	int odd;

	item->folder = box->path;
	if (box->told && box->messages == 0 && !box->known) {
		imap_box_memory(box, &now, &s->name, &s->value);
		item->what = SOURCE_NOTED;
		item->name = buf_str(&s->name);
		item->value = buf_str(&s->value);
		return 1;
	}
	if (!imap_box_is_same(box, s->spec->quick))
		return 0;
	odd = spool_source_odd(s->sp, imap_box_prefix(box, s->prefix), err);
	if (odd != 0)
		return odd < 0 ? -1 : 0;
	item->what = SOURCE_SAME;
	item->count = box->was.counted;
	return 1;
}

enum {
	PART_FOLDER,
	PART_RENAMED,
	PART_MOVED,
	PART_FORGET,
	PART_STATUS,
	PART_DONE
};

/* The folder itself, or why it is not taken: then nothing else of it is. */
static int
tell_first(struct imap_source *s, struct imap_box *box,
    struct source_item *item)
{
	s->part = PART_DONE;
	if (box->left != BOX_TAKEN)
		leave_out(s, box);
	if (box->left != BOX_TAKEN)
		return 0;
	if (s->spec->excluded != NULL)
		item->why = s->spec->excluded(s->spec->excluded_arg, box->path);
	if (item->why != NULL) {
		item->what = SOURCE_LEFT_OUT;
		item->folder = box->path;
		item->count = box->messages;
		return 1;
	}
	s->part = PART_RENAMED;
	tell_folder(box, item);
	return 1;
}

/* One folder in up to four items.  1 one of them, 0 no more, -1. */
static int
tell_box(struct imap_source *s, struct imap_box *box, struct source_item *item,
    struct err *err)
{
	const struct imap_lost *from = NULL;
	int rc;

	if (s->part == PART_FOLDER)
		return tell_first(s, box, item);
	if (s->part < PART_STATUS)
		from = renamed_from(s, box);
	/* each of these may be done twice, so a crash between them is none */
	if (s->part == PART_RENAMED && from != NULL) {
		s->part = PART_MOVED;
		imap_box_memory(box, &box->was, &s->name, &s->value);
		item->what = SOURCE_NOTED;
		item->name = buf_str(&s->name);
		item->value = buf_str(&s->value);
		return 1;
	}
	if (s->part == PART_MOVED && from != NULL) {
		s->part = PART_FORGET;
		item->what = SOURCE_MOVED;
		item->folder = box->path;
		item->folder_name = from->path;
		item->prefix = imap_box_prefix(box, s->prefix);
		return 1;
	}
	if (s->part == PART_FORGET && from != NULL) {
		s->part = PART_STATUS;
		forget_box(s, from->name, item);
		return 1;
	}
	if (s->part == PART_DONE)
		return 0;
	s->part = PART_DONE;
	rc = tell_by_status(s, box, item, err);
	if (rc == 0) {
		s->todo[s->at] = true;
		s->n_todo++;
	}
	return rc;
}

static int
next_folder(struct imap_source *s, struct source_item *item, struct err *err)
{
	int rc;

	while (s->at < s->boxes.n) {
		rc = tell_box(s, &s->boxes.v[s->at], item, err);
		if (rc != 0)
			return rc;
		s->at++;
		s->part = PART_FOLDER;
	}
	s->at = 0;
	s->phase = AT_LOST;
	return 0;
}

/* Folders that the server has no more. */
static int
next_lost(struct imap_source *s, struct source_item *item)
{
	const struct imap_lost *l;

	for (; s->at < s->boxes.n_lost; s->at++, s->part = 0) {
		l = &s->boxes.lost[s->at];
		if (l->renamed)
			continue;
		if (s->part++ == 0) {
			snprintf(s->prefix, sizeof(s->prefix), "i%s.", l->id);
			item->what = SOURCE_GONE;
			item->folder = l->path;
			item->prefix = s->prefix;
			report_note(s->spec->report,
			    "the folder '%s' is gone at the source", l->path);
			return 1;
		}
		if (s->part == 2) {
			forget_box(s, l->name, item);
			return 1;
		}
	}
	s->at = 0;
	s->part = 0;
	s->phase = AT_MESSAGES;
	return 0;
}

/* ------------------------------------------------------------ messages */

/* The next folder to open; Gmail's All Mail is the last one. */
static struct imap_box *
next_box(struct imap_source *s)
{
	size_t i;

	for (i = 0; i < s->boxes.n; i++)
		if (s->todo[i] &&
		    !(s->boxes.gmail && s->n_todo > 1 &&
			imap_box_is_all(&s->boxes.v[i])))
			break;
	s->todo[i] = false;
	s->n_todo--;
	return &s->boxes.v[i];
}

/* Give every idle connection a folder.  -1: a session is over (and told). */
static int
assign(struct imap_source *s, struct err *err)
{
	struct pull *p;
	unsigned i;

	for (i = 0; i < s->n_pulls && s->n_todo > 0; i++) {
		p = &s->pulls[i];
		if (p->at == PULL_IDLE) {
			if (pull_begin(p, next_box(s), err) < 0 &&
			    lost(s, p, err) < 0)
				return -1;
		}
		if (i + 1 == s->n_pulls && s->n_todo > 0)
			open_another(s);
	}
	return 0;
}

static int
wait_throttled(struct imap_source *s, struct pull *p, struct err *err)
{
	uint64_t ms = p->throttled_ms;

	p->throttled_ms = 0;
	return patience_wait(&s->patience, ms, "the server asks for patience",
	    err);
}

/* The next thing that a connection has to tell.  1, 0 none has, -1. */
static int
ask_all(struct imap_source *s, struct source_item *item, struct err *err)
{
	struct pull *p;
	unsigned i;
	int rc;

	for (i = 0; i < s->n_pulls; i++) {
		p = &s->pulls[(s->turn + i) % s->n_pulls];
		for (;;) {
			rc = pull_next(p, item, err);
			if (rc < 0 && err->scope >= SCOPE_STORE) {
				if (lost(s, p, err) < 0)
					return -1;
				*item = (struct source_item){ 0 };
				continue;
			}
			if (rc != 0)
				break;
			if (p->throttled_ms > 0) {
				if (wait_throttled(s, p, err) < 0)
					return -1;
				continue;
			}
			if (p->at == PULL_IDLE)
				break;
			rc = pull_step(p, err);
			if (rc < 0) {
				if (lost(s, p, err) < 0)
					return -1;
				continue;
			}
			if (rc == 0)
				break;
		}
		if (rc != 0) {
			/* the others gather meanwhile */
			s->turn = (s->turn + i) % s->n_pulls;
			if (rc > 0 && item->what == SOURCE_MSG)
				s->reading = p;
			return rc;
		}
	}
	return 0;
}

/* Sleep until one of them has something.  1; 0: nothing is under way. */
static int
wait_for_any(struct imap_source *s, struct err *err)
{
	struct imap *v[CONNECTIONS_MAX];
	unsigned of[CONNECTIONS_MAX];
	size_t n = 0, which = 0;
	unsigned i;

	for (i = 0; i < s->n_pulls; i++) {
		if (s->pulls[i].at == PULL_IDLE)
			continue;
		of[n] = i;
		v[n++] = s->pulls[i].im;
	}
	if (n == 0)
		return 0;
	if (imap_wait_any(v, n, &which, err) < 0 &&
	    lost(s, &s->pulls[of[which]], err) < 0)
		return -1;
	return 1;
}

static int
next_message(struct imap_source *s, struct source_item *item, struct err *err)
{
	int rc;

	for (;;) {
		if (assign(s, err) < 0)
			return -1;
		rc = ask_all(s, item, err);
		if (rc != 0)
			return rc;
		if (s->n_todo > 0 && s->n_pulls > 0) {
			unsigned i;

			for (i = 0; i < s->n_pulls; i++)
				if (s->pulls[i].at == PULL_IDLE)
					break;
			if (i < s->n_pulls)
				continue;
		}
		rc = wait_for_any(s, err);
		if (rc <= 0)
			return rc;
	}
}

static ssize_t
read_source(struct source *src, void *buf, size_t cap, struct err *err)
{
	struct imap_source *s = (struct imap_source *)src;
	struct pull *p = s->reading;
	size_t which;
	ssize_t n;
	int rc;

	for (;;) {
		n = pull_read(p, buf, cap, err);
		if (n >= 0) {
			src->done += (uint64_t)n;
			if (n == 0) {
				s->reading = NULL;
				s->box_deaths = 0;
				patience_progress(&s->patience);
			}
			return n;
		}
		rc = -1;
		if (n == -2) {
			rc = pull_step(p, err);
			if (rc == 0)
				rc = imap_wait_any(&p->im, 1, &which, err);
		} else if (err->scope < SCOPE_STORE) {
			s->reading = NULL;
			err->scope = SCOPE_MSG;
			return -1;
		}
		if (rc < 0 && lost(s, p, err) < 0)
			return -1;
	}
}

/* What of the last message was not read is not wanted. */
static int
skip_rest(struct imap_source *s, struct err *err)
{
	char block[8192];
	ssize_t n = 0;

	while (s->reading != NULL &&
	    (n = read_source(&s->base, block, sizeof(block), err)) > 0)
		;
	return n < 0 && err->scope >= SCOPE_STORE ? -1 : 0;
}

static int
next(struct source *src, struct source_item *item, struct err *err)
{
	struct imap_source *s = (struct imap_source *)src;
	int rc;

	if (skip_rest(s, err) < 0)
		return -1;
	if (s->phase == AT_FOLDERS) {
		rc = next_folder(s, item, err);
		if (rc != 0)
			return rc;
	}
	if (s->phase == AT_LOST) {
		rc = next_lost(s, item);
		if (rc != 0)
			return rc;
	}
	return next_message(s, item, err);
}

static void
close_source(struct source *src)
{
	struct imap_source *s = (struct imap_source *)src;
	unsigned i;

	if (s->left_out != NULL)
		report_set(s->spec->report, "left_out", s->left_out);
	for (i = 0; i < s->n_pulls; i++)
		pull_free(&s->pulls[i]);
	imap_boxes_free(&s->boxes);
	buf_free(&s->name);
	buf_free(&s->value);
	free(s->todo);
	free(s);
}

const struct source_ops source_imap_ops = {
	.name = "imap",
	.open = open_source,
	.resume = resume,
	.recognizes = recognizes,
	.next = next,
	.read = read_source,
	.close = close_source,
};
