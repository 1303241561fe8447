/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A survey of an IMAP account: folder by folder sizes, dates and flags, with
 * EXAMINE and FETCH of what costs no body; then some messages, for an
 * estimate.  A folder's messages are not kept, only what they add up to.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/mem.h"
#include "extract/imap_boxes.h"
#include "extract/survey_impl.h"
#include "formats/head.h"
#include "formats/words.h"

#define RECENT 200 /* UIDs kept for the sample */
#define GROUP  10  /* messages of it a command */

struct look {
	struct survey *s;
	const struct survey_want *want;
	struct imap *im;
	struct imap_boxes boxes;
	const struct imap_box *box; /* the folder that is being read */
	struct survey_folder *at;
	uint32_t recent[RECENT]; /* its newest UIDs, a ring */
	size_t n_recent;
	/* the largest folder, and its recent ones, ascending */
	const struct imap_box *largest;
	uint64_t largest_bytes;
	uint32_t sample[RECENT];
	size_t n_sample;
	struct buf head; /* of one of the biggest messages */
};

static double
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct slice
wire_name(const struct imap_box *box)
{
	return slice_str(box->name);
}

/* -------------------------------------------------------------- folders */

static void
note_keywords(struct survey *s, struct slice flags)
{
	struct slice flag;

	while (imap_flag_next(&flags, &flag))
		if (flag.n > 0 && flag.p[0] != '\\')
			survey_keyword(s, flag);
}

static int
on_fetch(void *arg, const struct imap_fetch *f, struct err *err)
{
	struct look *l = arg;
	struct survey_big *b;

	(void)err;
	if (f->uid == 0 || !f->has_size)
		return 0;
	survey_count(l->s, l->want, l->at, f->size,
	    f->has_date ? f->internaldate : DATE_UNKNOWN);
	note_keywords(l->s, f->flags);
	l->recent[l->n_recent++ % RECENT] = f->uid;
	if (survey_big(l->s, f->size, &b)) {
		b->folder = mem_str(l->box->path);
		b->subject = mem_str("");
		b->nid = f->uid;
	}
	return 0;
}

static const char *
why_left(const struct imap_box *box)
{
	return box->left == BOX_SHARED ? "shared"
	    : box->left == BOX_VIRTUAL ? "virtual"
				       : NULL;
}

static int
by_uid(const void *va, const void *vb)
{
	const uint32_t *a = va, *b = vb;

	return *a < *b ? -1 : *a > *b;
}

static void
note_largest(struct look *l)
{
	l->largest = l->box;
	l->largest_bytes = l->at->bytes;
	l->n_sample = l->n_recent < RECENT ? l->n_recent : RECENT;
	memcpy(l->sample, l->recent, l->n_sample * sizeof(l->sample[0]));
	qsort(l->sample, l->n_sample, sizeof(l->sample[0]), by_uid);
}

static int
read_folder(struct look *l, const struct imap_box *box, struct err *err)
{
	static const char items[] = "(UID FLAGS RFC822.SIZE INTERNALDATE)";
	struct imap_fetch_sink sink = { .fetch = on_fetch, .arg = l };
	const struct imap_mailbox *m;

	l->box = box;
	l->n_recent = 0;
	if (imap_select(l->im, wire_name(box), true, err) < 0)
		return -1;
	m = imap_selected(l->im);
	if (m == NULL || m->exists == 0)
		return 0;
	if (imap_uid_fetch(l->im, slice_str("1:*"), items, &sink, err) < 0)
		return -1;
	if (l->at->bytes > l->largest_bytes)
		note_largest(l);
	return 0;
}

/* 0 also for a folder that cannot be read, which is damage. */
static int
look_at(struct look *l, const struct imap_box *box, struct err *err)
{
	if (box->path == NULL || box->path[0] == '\0')
		return 0;
	l->at = survey_folder(l->s, box->path);
	if (l->at->special_use == NULL && box->special_use != NULL)
		l->at->special_use = mem_str(box->special_use);
	l->at->left = why_left(box);
	if (l->at->left != NULL) {
		l->at->mail = l->at->items = box->messages;
		return 0;
	}
	if (read_folder(l, box, err) == 0)
		return 0;
	if (!imap_alive(l->im))
		return -1;
	err_within(err, "folder '%s'", box->path);
	survey_text(&l->s->damage, &l->s->n_damage, err->text);
	err_clear(err);
	return 0;
}

/* ------------------------------------------------ the biggest's subjects */

static int
on_head(void *arg, const struct imap_body *b, const void *p, size_t n,
    struct err *err)
{
	struct look *l = arg;

	(void)b;
	(void)err;
	if (l->head.n + n <= LIMIT_LITERAL_INLINE)
		buf_put(&l->head, p, n);
	return 0;
}

static const struct imap_box *
box_of(const struct look *l, const char *path)
{
	size_t i;

	for (i = 0; i < l->boxes.n; i++)
		if (l->boxes.v[i].path != NULL &&
		    strcmp(l->boxes.v[i].path, path) == 0)
			return &l->boxes.v[i];
	return NULL;
}

static int
read_subject(struct look *l, struct survey_big *b, struct err *err)
{
	struct imap_fetch_sink sink = { .body = on_head, .arg = l };
	const struct imap_box *box = box_of(l, b->folder);
	struct buf subject = { 0 };
	struct slice value;
	char uid[16];

	if (box == NULL || imap_select(l->im, wire_name(box), true, err) < 0)
		return 0;
	buf_clear(&l->head);
	snprintf(uid, sizeof(uid), "%u", (unsigned)b->nid);
	if (imap_uid_fetch(l->im, slice_str(uid),
		"(UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])", &sink, err) == 0 &&
	    head_find(buf_slice(&l->head), "Subject", &value)) {
		words_decode(&subject, value);
		free(b->subject);
		b->subject = mem_str(buf_str(&subject));
	}
	buf_free(&subject);
	return imap_alive(l->im) ? 0 : -1;
}

/* --------------------------------------------------------------- sample */

static int
on_sample(void *arg, const struct imap_body *b, const void *p, size_t n,
    struct err *err)
{
	struct look *l = arg;

	(void)p;
	(void)err;
	l->s->sample.bytes += n;
	l->s->sample.messages += b->at + n == b->size;
	return 0;
}

/* The newest of the largest folder, a group a command, for some seconds. */
static int
take_sample(struct look *l, struct err *err)
{
	struct imap_fetch_sink sink = { .body = on_sample, .arg = l };
	struct imap_set set = { 0 };
	double start = now_s(), end = start + l->want->sample_s;
	size_t i = 0, k;
	int rc = imap_select(l->im, wire_name(l->largest), true, err);

	while (rc == 0 && i < l->n_sample && now_s() < end) {
		imap_set_clear(&set);
		for (k = 0; k < GROUP && i < l->n_sample; k++)
			imap_set_add(&set, l->sample[i++]);
		rc = imap_uid_fetch(l->im, imap_set_text(&set),
		    "(UID BODY.PEEK[])", &sink, err);
	}
	l->s->sample.seconds = now_s() - start;
	imap_set_free(&set);
	return rc < 0 && !imap_alive(l->im) ? -1 : 0;
}

/* ------------------------------------------------------------------ all */

static void
tell_server(struct survey *s, const struct imap *im)
{
	const char *software = imap_software(im);

	s->server.software =
	    mem_str(software[0] == '\0' ? imap_greeting(im) : software);
	s->server.capabilities = mem_str(imap_capabilities(im));
	s->server.security = mem_str(imap_security(im));
}

static int
look_at_all(struct look *l, const struct source_spec *spec, struct err *err)
{
	struct imap_quota quota;
	size_t i;

	if (imap_boxes_list(&l->boxes, l->im, spec, err) < 0 ||
	    imap_boxes_status(&l->boxes, l->im, err) < 0 ||
	    imap_quota(l->im, &quota, err) < 0)
		return -1;
	tell_server(l->s, l->im);
	l->s->server.has_quota = quota.told;
	l->s->server.quota_used = quota.used;
	l->s->server.quota_limit = quota.limit;
	for (i = 0; i < l->boxes.n; i++)
		if (look_at(l, &l->boxes.v[i], err) < 0)
			return -1;
	for (i = 0; i < l->s->n_big; i++)
		if (read_subject(l, &l->s->big[i], err) < 0)
			return -1;
	return l->largest == NULL || l->want->sample_s == 0
	    ? 0
	    : take_sample(l, err);
}

int
survey_imap(struct survey *s, const struct source_spec *spec,
    const struct survey_want *want, struct err *err)
{
	struct look *l = mem_alloc(1, sizeof(*l));
	int rc;

	s->kind = "imap";
	l->s = s;
	l->want = want;
	rc = account_open(&l->im, spec->account, err);
	if (rc == 0)
		rc = look_at_all(l, spec, err);
	imap_close(&l->im);
	imap_boxes_free(&l->boxes);
	buf_free(&l->head);
	free(l);
	return rc;
}
