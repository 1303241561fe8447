/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One folder over one connection; see imap_pull.h.  What a response brings:
 * imap_catch.c.
 */
#include "extract/imap_pull.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/num.h"
#include "extract/imap_pull_impl.h"
#include "formats/spool_source.h"

/* ---------------------------------------------------------- beginning */

int
pull_take_uid(void *arg, uint32_t uid, struct err *err)
{
	struct pull *p = arg;

	(void)err;
	if (p->probing)
		p->probe_found = true;
	else
		uidset_add(&p->there, uid);
	return 0;
}

int
pull_examine(struct pull *p, struct err *err)
{
	return imap_examine_send(p->im, slice_str(p->box->name),
	    imap_has(p->im, IMAP_CAP_CONDSTORE), &p->examine_tag, err);
}

int
pull_send_opening(struct pull *p, struct err *err)
{
	uidset_clear(&p->there);
	p->probing = false;
	p->at = PULL_EXAMINE;
	if (pull_examine(p, err) < 0 ||
	    imap_uid_search_send(p->im, "ALL", pull_take_uid, p, &p->search_tag,
		err) < 0)
		return -1;
	imap_push(p->im);
	return 0;
}

int
pull_begin(struct pull *p, struct imap_box *box, struct err *err)
{
	p->box = box;
	p->gmail = imap_has(p->im, IMAP_CAP_GMAIL);
	p->gm_came = false;
	p->said_same = box->again;
	p->refused = false;
	p->suspect = 0;
	p->deaths = 0;
	p->n_retry = p->n_verdict = 0;
	p->c.how = CATCH_NONE;
	p->c.told = false;
	uidset_clear(&p->todo);
	return pull_send_opening(p, err);
}

static void
know_key(void *arg, const char *key, bool copy)
{
	struct pull *p = arg;
	size_t n = strlen(key);
	char *end;
	unsigned long uid;

	if (n < 8)
		return;
	uid = strtoul(key + n - 8, &end, 16);
	if (*end == '\0' && uid > 0 && uid <= UINT32_MAX)
		uidset_add(&p->known, (uint32_t)uid);
	if (copy && p->gmail)
		uidset_add(&p->copies, (uint32_t)uid);
}

/* What the spool has of this folder, what is to be fetched, what is gone.  In
 * the largest folders it counts that no set lives longer than it must. */
static int
compare(struct pull *p, struct err *err)
{
	char all[IMAP_KEY_BYTES], these[IMAP_KEY_BYTES];
	int rc;

	imap_box_prefix(p->box, all);
	imap_box_numbering(p->box, p->uidvalidity, these);
	uidset_clear(&p->known);
	uidset_clear(&p->copies);
	if (spool_source_keys(p->sp, these, know_key, p, err) < 0)
		return -1;
	uidset_settle(&p->known);
	uidset_settle(&p->there);
	uidset_minus(&p->known, &p->there, &p->gone);
	p->now.messages = uidset_count(&p->there);
	uidset_settle(&p->copies);
	p->n_copies = uidset_minus(&p->copies, &p->there, &p->todo);
	uidset_free(&p->copies);
	if (uidset_last(&p->known) == 0) {
		uidset_free(&p->todo);
		p->todo = p->there;
		p->there = (struct uidset){ 0 };
		p->same = 0;
	} else {
		p->same = uidset_minus(&p->there, &p->known, &p->todo);
		uidset_free(&p->there);
	}
	rc = spool_source_older(p->sp, all, these, err);
	if (rc < 0)
		return -1;
	p->renumbered = rc > 0;
	return 0;
}

/* Collect an answer that has come. */
static int
collect(struct pull *p, uint32_t tag, const char *what, struct err *err)
{
	struct imap_result res;

	if (imap_wait(p->im, tag, &res, err) < 0)
		return -1;
	return imap_result_err(&res, SCOPE_FOLDER, what, err);
}

static void
note_box(struct pull *p)
{
	const struct imap_mailbox *m = imap_selected(p->im);

	p->uidvalidity = m->uidvalidity;
	p->now = (struct imap_memory){ .uidvalidity = m->uidvalidity,
		.uidnext = m->uidnext,
		.modseq = m->highestmodseq };
	if (p->now.uidnext == 0 && p->box->told)
		p->now.uidnext = p->box->uidnext;
	if (p->now.uidvalidity == 0 && p->box->told)
		p->uidvalidity = p->now.uidvalidity = p->box->uidvalidity;
}

static int
opened(struct pull *p, struct err *err)
{
	struct err search = { 0 };
	int rc = collect(p, p->examine_tag, "EXAMINE", err);

	if (rc == 0)
		note_box(p);
	if (!imap_alive(p->im))
		return -1;
	if (collect(p, p->search_tag, "UID SEARCH", &search) < 0 && rc == 0) {
		*err = search;
		rc = -1;
	}
	if (rc == 0)
		rc = compare(p, err);
	if (rc < 0) {
		p->at = PULL_IDLE;
		return -1;
	}
	p->at = PULL_SAME;
	return 0;
}

/* What may have changed on messages that we have. */
static int
ask_flags(struct pull *p, struct err *err)
{
	struct imap_fetch_sink sink = pull_sink(p);
	const struct imap_memory *was = &p->box->was;
	struct buf items = { 0 }, set = { 0 };
	bool since = p->box->known && was->modseq > 0 && p->now.modseq > 0 &&
	    was->uidvalidity == p->uidvalidity;
	int rc = 0;

	p->at = PULL_FETCH;
	if (p->same == 0 || (p->spec->quick && !since) ||
	    (since && was->modseq == p->now.modseq))
		return 0;
	buf_putf(&set, "1:%u", (unsigned)uidset_last(&p->known));
	buf_puts(&items, p->gmail ? "(UID FLAGS X-GM-LABELS)" : "(UID FLAGS)");
	if (since)
		buf_putf(&items, " (CHANGEDSINCE %llu)",
		    (unsigned long long)was->modseq);
	rc = imap_uid_fetch_send(p->im, buf_slice(&set), buf_str(&items), &sink,
	    &p->flags_tag, err);
	if (rc == 0)
		p->at = PULL_FLAGS;
	buf_free(&set);
	buf_free(&items);
	return rc;
}

/* Gmail: which messages are those that are to be fetched? */
static int
ask_copies(struct pull *p, struct err *err)
{
	struct imap_fetch_sink sink = pull_sink(p);
	struct buf set = { 0 };
	int rc;

	if (!p->gmail || uidset_last(&p->todo) == 0 ||
	    (p->spec->labels_as_folders && !imap_box_is_all(p->box)))
		return 0;
	buf_putf(&set, "%u:%u", (unsigned)p->todo.v[p->todo.at].lo,
	    (unsigned)uidset_last(&p->todo));
	rc = imap_uid_fetch_send(p->im, buf_slice(&set), "(UID X-GM-MSGID)",
	    &sink, &p->flags_tag, err);
	buf_free(&set);
	if (rc == 0)
		p->at = PULL_COPIES;
	return rc;
}

static void
leave_copies(struct pull *p)
{
	struct uidset rest = { 0 };

	uidset_settle(&p->copies);
	uidset_minus(&p->todo, &p->copies, &rest);
	uidset_free(&p->todo);
	uidset_free(&p->copies);
	p->todo = rest;
}

/* One state on, if what is here allows it. */
static int
step_on(struct pull *p, struct err *err)
{
	switch (p->at) {
	case PULL_EXAMINE:
		if (imap_has_answered(p->im, p->examine_tag) &&
		    imap_has_answered(p->im, p->search_tag))
			return opened(p, err);
		return 0;
	case PULL_AGAIN:
		if (!imap_has_answered(p->im, p->examine_tag))
			return 0;
		if (collect(p, p->examine_tag, "EXAMINE", err) < 0) {
			p->at = PULL_IDLE;
			return -1;
		}
		if (imap_selected(p->im)->uidvalidity != p->uidvalidity) {
			p->at = PULL_IDLE;
			return err_set(err, SCOPE_FOLDER, EX_TEMPFAIL,
			    "the server has numbered its messages anew "
			    "(UIDVALIDITY) while they were fetched");
		}
		p->at = PULL_FETCH;
		return pull_top_up(p, err);
	case PULL_FLAGS:
		if (!imap_has_answered(p->im, p->flags_tag))
			return 0;
		p->at = PULL_FETCH;
		/* no flags are no reason to have no mail */
		if (collect(p, p->flags_tag, "UID FETCH", err) < 0 &&
		    !imap_alive(p->im))
			return -1;
		err_clear(err);
		if (ask_copies(p, err) < 0)
			return -1;
		imap_push(p->im);
		return p->at == PULL_COPIES ? 0 : pull_top_up(p, err);
	case PULL_COPIES:
		if (!imap_has_answered(p->im, p->flags_tag))
			return 0;
		p->at = PULL_FETCH;
		if (collect(p, p->flags_tag, "UID FETCH", err) < 0 &&
		    !imap_alive(p->im))
			return -1;
		err_clear(err);
		leave_copies(p);
		return pull_top_up(p, err);
	case PULL_FETCH:
		while (p->n > 0 && p->c.how == CATCH_NONE &&
		    imap_has_answered(p->im, p->batch[p->first].tag))
			if (pull_end_batch(p, err) < 0)
				return -1;
		if (pull_top_up(p, err) < 0)
			return -1;
		if (p->n == 0 && p->n_verdict == 0 && p->throttled_ms == 0 &&
		    p->c.how == CATCH_NONE && !p->c.told)
			p->at = PULL_END;
		return 0;
	default:
		return 0;
	}
}

/* Go as far as it goes with what is here. */
static int
advance(struct pull *p, struct err *err)
{
	enum pull_at before;

	do {
		before = p->at;
		if (step_on(p, err) < 0)
			return -1;
	} while (p->at != before);
	return 0;
}

/* ------------------------------------------------------------- items */

static void
name_folder(struct pull *p, struct source_item *item)
{
	item->folder = p->box->path;
	item->msg.folder = p->box->path;
}

static void
name_message(struct pull *p, struct source_item *item, uint32_t uid)
{
	name_folder(p, item);
	item->what = SOURCE_MSG;
	item->msg.key = imap_box_key(p->box, p->uidvalidity, uid, p->key);
	buf_clear(&p->source);
	buf_putf(&p->source, "%s\"uid\":%u}", pull_numbered(p), (unsigned)uid);
	item->msg.source = buf_str(&p->source);
}

static const char *
gmail_key(struct pull *p, uint64_t msgid)
{
	snprintf(p->also, sizeof(p->also), "g%016llx",
	    (unsigned long long)msgid);
	return p->also;
}

static void
tell_message(struct pull *p, struct source_item *item)
{
	name_message(p, item, p->c.uid);
	item->msg.flags = p->c.flags;
	item->msg.keywords = buf_str(&p->c.keywords);
	item->msg.received = p->c.received;
	item->msg.received_how =
	    p->c.received == DATE_UNKNOWN ? RECEIVED_UNKNOWN : RECEIVED_SOURCE;
	item->msg.size = p->c.size;
	if (p->renumbered)
		item->renumbered = imap_box_prefix(p->box, p->prefix);
	if (p->c.gm_msgid != 0)
		item->also = gmail_key(p, p->c.gm_msgid);
	p->c.told = true;
}

/* What is there of before. */
static int
tell_same(struct pull *p, struct source_item *item, struct err *err)
{
	uint32_t uid;

	name_folder(p, item);
	if (!p->said_same) {
		p->said_same = true;
		p->box->again = true; /* a second look does not count */
		item->what = SOURCE_SAME;
		item->count = p->same - p->n_copies;
		if (item->count > 0)
			return 1;
	}
	uid = uidset_take(&p->gone);
	if (uid != 0) {
		name_message(p, item, uid);
		item->what = SOURCE_GONE;
		item->bound = p->gmail;
		return 1;
	}
	if (ask_flags(p, err) < 0 ||
	    (p->at == PULL_FETCH && ask_copies(p, err) < 0) ||
	    (p->at == PULL_FETCH && pull_top_up(p, err) < 0))
		return -1;
	imap_push(p->im);
	return 0;
}

/*
 * Gmail shows a message in each of its labels' folders: one that the spool has
 * from another folder is not fetched again.  False: it is to be fetched.
 */
static bool
tell_copy(struct pull *p, struct source_item *item, int *rc_r, struct err *err)
{
	const char *key;

	p->gm_came = false;
	if (!uidset_has(&p->todo, p->gm_uid))
		return false;
	key = spool_source_key(p->sp, gmail_key(p, p->gm_msgid), err);
	if (key == NULL) {
		*rc_r = -1;
		return true;
	}
	if (key[0] != 'i')
		return false;
	uidset_add(&p->copies, p->gm_uid);
	p->n_copies++;
	buf_clear(&p->name);
	buf_puts(&p->name, key);
	name_message(p, item, p->gm_uid);
	item->what = SOURCE_BOUND;
	item->name = buf_str(&p->name);
	*rc_r = 1;
	return true;
}

static int
tell_end(struct pull *p, struct source_item *item)
{
	struct imap_memory m = p->now;

	name_folder(p, item);
	if (p->at == PULL_END && p->renumbered && !p->refused) {
		p->at = PULL_NOTED;
		item->what = SOURCE_GONE;
		item->prefix = imap_box_prefix(p->box, p->prefix);
		item->now = pull_numbered(p);
		return 1;
	}
	m.counted = m.messages > p->n_copies ? m.messages - p->n_copies : 0;
	if (p->refused)
		m.uidnext = 0; /* not whole: to be looked at again */
	item->what = SOURCE_NOTED;
	imap_box_memory(p->box, &m, &p->name, &p->value);
	item->name = buf_str(&p->name);
	item->value = buf_str(&p->value);
	p->at = PULL_IDLE;
	p->box = NULL;
	return 1;
}

int
pull_next(struct pull *p, struct source_item *item, struct err *err)
{
	struct pull_verdict v;
	int rc;

	if (p->at == PULL_IDLE)
		return 0;
	if (advance(p, err) < 0) {
		name_folder(p, item);
		return -1;
	}
	if (p->flags_came) {
		p->flags_came = false;
		name_message(p, item, p->flags_uid);
		item->what = SOURCE_FLAGS;
		item->msg.flags = p->c.flags;
		item->msg.keywords = buf_str(&p->c.keywords);
		return 1;
	}
	if (p->gm_came && tell_copy(p, item, &rc, err))
		return rc;
	if (p->at == PULL_SAME) {
		rc = tell_same(p, item, err);
		/* what comes next may be nothing, which is an end, too */
		return rc != 0 ? rc : pull_next(p, item, err);
	}
	if (pull_caught(p)) {
		tell_message(p, item);
		return 1;
	}
	if (p->n_verdict > 0) {
		v = p->verdict[--p->n_verdict];
		name_message(p, item, v.uid);
		p->refused = true;
		*err = v.why;
		return -1;
	}
	if (p->at == PULL_END || p->at == PULL_NOTED)
		return tell_end(p, item);
	return 0;
}

int
pull_step(struct pull *p, struct err *err)
{
	return imap_step(p->im, err);
}

ssize_t
pull_read(struct pull *p, void *buf, size_t cap, struct err *err)
{
	ssize_t n = pull_catch_read(p, buf, cap, err);

	if (n == 0) {
		pull_catch_end(p);
		p->suspect = 0;
		p->deaths = 0;
	}
	if (n == -2 && advance(p, err) < 0)
		return -1;
	return n;
}

void
pull_free(struct pull *p)
{
	imap_close(&p->im);
	uidset_free(&p->there);
	uidset_free(&p->known);
	uidset_free(&p->todo);
	uidset_free(&p->gone);
	uidset_free(&p->copies);
	marks_free(&p->marks);
	pull_catch_end(p);
	buf_free(&p->c.keywords);
	buf_free(&p->c.data);
	buf_free(&p->source);
	buf_free(&p->name);
	buf_free(&p->value);
	free(p->retry);
	free(p->verdict);
}
