/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the server says to the APPENDs of a sender, in their order: taken, with
 * its UIDs; refused, and so to be sent in smaller parts, or without what it
 * dislikes, or not at all; or to be sent again later.
 */
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/step.h"
#include "core/text.h"
#include "load/append_impl.h"

#define WINDOW_BYTES	((uint64_t)8 << 20) /* in flight, at most */
#define WINDOW_LEAST	((uint64_t)64 << 10)
#define WINDOW_MULTI	16  /* MULTIAPPEND commands in flight */
#define WINDOW_SINGLE	200 /* APPEND commands in flight */
#define FEW		8   /* messages: from here on each by itself */
#define FIRST_BACKOFF_S 2
#define LAST_BACKOFF_S	300

void
sender_landed(struct sender *s, const struct command *c)
{
	s->bytes -= c->bytes;
	s->commands--;
}

void
sender_settle_refused(struct sender *s, struct command *c,
    const struct err *why)
{
	size_t i;

	c->refused = true;
	memcpy(c->error, why->text, sizeof(c->error) - 1);
	c->error[sizeof(c->error) - 1] = '\0';
	for (i = 0; i < c->n; i++) {
		load_report_refused(s->l, s->f, c->batch->items[c->lo + i].key,
		    why);
		report_fate(s->l->report, s->f->path, FATE_REFUSED, 0);
		s->f->refused++;
	}
	s->l->flying -= c->bytes;
	s->l->units += load_units(c->n, c->bytes);
	queue_put(&s->settled, c);
}

/* The UIDs that the server told, as far as they can be true. */
static void
take_uids(struct sender *s, struct command *c, const struct imap_appended *a)
{
	struct load_folder *f = s->f;
	uint32_t last;
	size_t i;

	s->untold += c->n;
	if (a->n_uids != c->n || a->falling || a->uidvalidity != f->uidvalidity)
		return;
	c->uids = mem_alloc(c->n, sizeof(*c->uids));
	if (a->uids[c->n - 1] - f->uidnext >= s->untold)
		s->gap = true;
	for (i = 0; i < c->n; i++)
		c->uids[i] = a->uids[i] >= f->uidnext || f->uidnext == 0
		    ? a->uids[i]
		    : 0; /* it cannot be that one */
	/* what is sent from now on comes behind */
	last = a->uids[c->n - 1];
	if (last >= f->uidnext && last < UINT32_MAX) {
		f->uidnext = last + 1;
		s->untold = 0;
	}
}

static void
settle_loaded(struct sender *s, struct command *c,
    const struct imap_appended *a)
{
	struct load *l = s->l;
	const struct item *it;
	size_t i;

	take_uids(s, c, a);
	for (i = 0; i < c->n; i++) {
		it = &c->batch->items[c->lo + i];
		keywords_learn(l, it);
		report_fate(l->report, s->f->path, FATE_LOADED, it->size);
		s->f->loaded++;
		keywords_count_dropped(l, it);
	}
	if (s->f->careful > 0)
		s->f->careful--;
	s->f->deaths = 0;
	l->quota_hits = 0;
	l->backoff_s = 0;
	l->flying -= c->bytes;
	l->units += load_units(c->n, c->bytes);
	dest_progress(&l->d);
	if (s->window < WINDOW_BYTES)
		s->window += c->bytes;
	if (s->most < (s->multi ? WINDOW_MULTI : WINDOW_SINGLE))
		s->most++;
	queue_put(&s->settled, c);
}

/* Smaller parts, once more; few ones each by itself. */
static void
take_apart(struct sender *s, struct command *c)
{
	size_t part = c->n > FEW ? (c->n + 1) / 2 : 1, i, n;

	for (i = 0; i < c->n; i += n) {
		n = part < c->n - i ? part : c->n - i;
		queue_put(&s->redo, command_new(c->batch, c->lo + i, n));
	}
	command_free(c);
}

/* Everybody waits, and sends less at a time then. */
static int
wait_as_told(struct sender *s, const struct imap_result *res, struct err *err)
{
	struct load *l = s->l;
	uint64_t ms = res->backoff_ms;

	s->window = s->window / 2 > WINDOW_LEAST ? s->window / 2 : WINDOW_LEAST;
	s->most = s->most > 1 ? s->most / 2 : 1;
	if (ms == 0) {
		/* several are told at the same time: that is one */
		if (dest_paused(&l->d) == 0)
			l->backoff_s = l->backoff_s == 0 ? FIRST_BACKOFF_S
							 : l->backoff_s * 2;
		if (l->backoff_s > LAST_BACKOFF_S)
			l->backoff_s = LAST_BACKOFF_S;
		ms = (uint64_t)l->backoff_s * 1000;
	}
	l->throttled = true;
	return dest_pause(&l->d, ms, "the server asks to wait", err);
}

/* A message that the server does not want, alone: why, for people. */
static void
explain(struct sender *s, const struct command *c,
    const struct imap_result *res, struct err *why)
{
	char size[32];

	imap_result_err(res, SCOPE_MSG, "APPEND", why);
	why->scope = SCOPE_MSG;
	if (res->trouble == IMAP_TOO_BIG) {
		err_within(why, "it has %s", text_size(size, c->bytes));
		err_hint(why,
		    "raise the limit at the server, or make it smaller: "
		    "'postroad transform --strip-attachments'");
	} else if (res->trouble == IMAP_BAD_MESSAGE) {
		err_hint(why,
		    "'postroad transform --fix-newlines' mends line ends and "
		    "NULs");
	} else if (res->trouble == IMAP_OVERQUOTA) {
		/* one that was on its way already tells nothing new */
		if (s->l->quota_floor == 0 || c->bytes < s->l->quota_floor) {
			s->l->quota_hits++;
			s->l->quota_floor = c->bytes;
		}
		err_hint(why,
		    "make room there, or raise the quota, and run "
		    "again");
	}
}

/* NO or BAD. */
static int
handle_refusal(struct sender *s, struct command *c,
    const struct imap_result *res, struct err *err)
{
	struct err why = { 0 };

	if (!s->partly && !s->unsure)
		s->gap = false;
	s->partly = s->partly || c->n > 1;
	switch (res->trouble) {
	case IMAP_THROTTLED:
	case IMAP_UNAVAILABLE:
		s->unsure = true;
		queue_put(&s->redo, c);
		return wait_as_told(s, res, err);
	case IMAP_TRYCREATE:
	case IMAP_NOT_CONNECTED:
	case IMAP_AUTH_FAILED:
		queue_put(&s->redo, c);
		return imap_result_err(res,
		    res->trouble == IMAP_TRYCREATE ? SCOPE_FOLDER : SCOPE_STORE,
		    "APPEND", err);
	default:
		break;
	}
	if (c->n > 1) {
		take_apart(s, c);
		return 0;
	}
	if (keywords_leave_out(c->batch, &c->batch->items[c->lo], res)) {
		queue_put(&s->redo, c);
		return 0;
	}
	if (res->trouble == IMAP_LIMIT_REACHED) {
		s->unsure = true;
		queue_put(&s->redo, c);
		return wait_as_told(s, res, err);
	}
	explain(s, c, res, &why);
	sender_settle_refused(s, c, &why);
	return 0;
}

/* Has a server that refused several messages at once kept some of them, against
 * RFC 3502, or one that it could not take just now, as front ends do that lost
 * patience with what is behind them?  Asked when nothing is in flight, once for
 * the first.  Then what it has is found out in a new session, and the rest is
 * sent one by one. */
static int
check_kept(struct sender *s, struct err *err)
{
	struct load_folder *f = s->f;
	struct imap_mailbox_status st;
	bool partly = s->partly, ask = s->unsure || !s->l->all_or_none;

	s->partly = s->unsure = false;
	if (!ask || f->uidnext == 0)
		return 0;
	if (imap_status(s->im, slice_str(f->name), &st, err) < 0) {
		if (!imap_alive(s->im))
			return -1;
		err_clear(err);
		return 0;
	}
	if (st.uidvalidity != f->uidvalidity)
		return 0;
	if (st.uidnext <= f->uidnext + s->untold && !s->gap) {
		s->l->all_or_none = s->l->all_or_none || partly;
		return 0;
	}
	f->careful = CAREFUL_MSGS;
	err->retry = true;
	return err_set(err, SCOPE_STORE, EX_TEMPFAIL,
	    "messages have come to the folder '%s' there while others were "
	    "refused: looking which",
	    f->path);
}

int
sender_collect(struct sender *s, struct err *err)
{
	struct imap_appended *a = NULL;
	struct command *c;
	int rc = 0;

	while (rc == 0 && (c = s->flying.head) != NULL &&
	    imap_has_answered(s->im, c->tag)) {
		if (a == NULL)
			a = mem_alloc(1, sizeof(*a));
		rc = imap_append_wait(s->im, c->tag, a, err);
		if (rc < 0)
			break;
		queue_take(&s->flying);
		sender_landed(s, c);
		step("load.answer");
		if (a->res.status == IMAP_OK)
			settle_loaded(s, c, a);
		else
			rc = handle_refusal(s, c, &a->res, err);
	}
	free(a);
	/* nothing is in flight behind what was refused: now it may go again */
	if (rc == 0 && s->commands == 0 && (s->partly || s->unsure) &&
	    !imap_is_appending(s->im))
		rc = check_kept(s, err);
	if (s->commands == 0 && !s->partly && !s->unsure)
		queue_put_before(&s->again, &s->redo);
	return rc;
}
