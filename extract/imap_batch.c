/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Asking for messages in batches, what to do with those that do not come, and
 * with sessions that end; see imap_pull.h.
 */
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "extract/imap_pull_impl.h"

#define ITEMS "(UID FLAGS INTERNALDATE BODY.PEEK[])"
#define GMAIL_ITEMS                                                            \
	"(UID FLAGS INTERNALDATE X-GM-MSGID X-GM-LABELS BODY.PEEK[])"
#define DEATHS_MAX   3	   /* sessions that one message may cost */
#define THROTTLED_MS 10000 /* where the server does not say how long */

struct pull_batch *
pull_batch_of(struct pull *p, uint32_t uid, unsigned *at_r)
{
	struct pull_batch *b;
	unsigned i, k;

	for (i = 0; i < p->n; i++) {
		b = &p->batch[(p->first + i) % PULL_BATCHES];
		if (b->probe)
			continue;
		for (k = 0; k < b->n; k++) {
			if (b->uid[k] == uid) {
				*at_r = k;
				return b;
			}
		}
	}
	return NULL;
}

static int
send_batch(struct pull *p, struct pull_batch *b, struct err *err)
{
	struct imap_fetch_sink sink = pull_sink(p);
	struct imap_set set = { 0 };
	unsigned i;
	int rc;

	for (i = 0; i < b->n; i++)
		imap_set_add(&set, b->uid[i]);
	b->left = b->n;
	rc = imap_uid_fetch_send(p->im, imap_set_text(&set),
	    p->gmail ? GMAIL_ITEMS : ITEMS, &sink, &b->tag, err);
	imap_set_free(&set);
	if (rc == 0)
		p->n++;
	return rc;
}

static int
send_probe(struct pull *p, struct pull_batch *b, struct err *err)
{
	struct buf text = { 0 };
	int rc;

	p->probing = true;
	p->probe_found = false;
	b->left = b->n;
	buf_putf(&text, "UID %u", (unsigned)b->uid[0]);
	rc = imap_uid_search_send(p->im, buf_str(&text), pull_take_uid, p,
	    &b->tag, err);
	buf_free(&text);
	if (rc == 0)
		p->n++;
	return rc;
}

/* The next command to send, in the free place of the ring; false: none. */
static bool
next_batch(struct pull *p, struct pull_batch *b)
{
	bool careful = p->deaths > 0;
	uint32_t uid;

	*b = (struct pull_batch){ 0 };
	if (p->c.told && !p->c.whole && p->c.how == CATCH_NONE) {
		/* cut off in the middle: first of all the rest of it */
		if (p->n > 0)
			return false;
		b->alone = true;
		b->uid[b->n++] = p->c.uid;
		return true;
	}
	if (careful && p->n > 0)
		return false;
	if (!careful && p->n_retry > 0) {
		b->alone = true;
		b->uid[b->n++] = p->retry[--p->n_retry];
		return true;
	}
	while (b->n < (careful ? 1 : PULL_BATCH) &&
	    (uid = uidset_take(&p->todo)) != 0)
		b->uid[b->n++] = uid;
	b->alone = careful;
	if (b->n == 0 && p->n_retry > 0) {
		b->alone = true;
		b->uid[b->n++] = p->retry[--p->n_retry];
	}
	return b->n > 0;
}

int
pull_top_up(struct pull *p, struct err *err)
{
	bool sent = false;

	while (p->n < PULL_BATCHES && p->throttled_ms == 0) {
		struct pull_batch *b =
		    &p->batch[(p->first + p->n) % PULL_BATCHES];

		if (!next_batch(p, b))
			break;
		if (send_batch(p, b, err) < 0)
			return -1;
		sent = true;
	}
	if (sent)
		imap_push(p->im);
	return 0;
}

static void
judge(struct pull *p, uint32_t uid, const struct err *why)
{
	p->verdict =
	    mem_grow(p->verdict, p->n_verdict + 1, sizeof(*p->verdict));
	p->verdict[p->n_verdict++] =
	    (struct pull_verdict){ .uid = uid, .why = *why };
	p->deaths = 0;
}

static void
ask_again(struct pull *p, uint32_t uid)
{
	if ((p->n_retry & 63) == 0)
		p->retry =
		    mem_grow(p->retry, p->n_retry + 64, sizeof(*p->retry));
	p->retry[p->n_retry++] = uid;
}

static void
put_back(struct pull *p, const struct pull_batch *b)
{
	unsigned i;

	for (i = 0; i < b->n && !b->probe; i++)
		if (b->uid[i] != 0)
			uidset_add(&p->todo, b->uid[i]);
}

/* A message that was asked for alone did not come. */
static int
not_delivered(struct pull *p, struct pull_batch *b,
    const struct imap_result *res)
{
	struct err why = { 0 };
	uint32_t uid = b->uid[0];

	if (b->probe) {
		p->probing = false;
		if (p->probe_found || res->status != IMAP_OK)
			err_set(&why, SCOPE_MSG, EX_UNAVAILABLE,
			    "the server lists this message, but does not "
			    "deliver it");
		else
			err_set(&why, SCOPE_MSG, EX_NOINPUT,
			    "gone at the source before it could be fetched");
		judge(p, uid, &why);
		return 0;
	}
	if (res->status != IMAP_OK) {
		imap_result_err(res, SCOPE_MSG, "FETCH", &why);
		why.scope = SCOPE_MSG;
		if (why.status == EX_NOINPUT)
			why.status = EX_UNAVAILABLE;
		judge(p, uid, &why);
		return 0;
	}
	*b = (struct pull_batch){ .probe = true, .alone = true, .n = 1 };
	b->uid[0] = uid;
	return 1;
}

/* The oldest command is answered: what of it did not come? */
int
pull_end_batch(struct pull *p, struct err *err)
{
	struct pull_batch b = p->batch[p->first];
	struct imap_result res;
	unsigned i;
	int rc;

	if (imap_wait(p->im, b.tag, &res, err) < 0)
		return -1;
	p->first = (p->first + 1) % PULL_BATCHES;
	p->n--;
	if (res.status != IMAP_OK && res.trouble == IMAP_THROTTLED) {
		p->throttled_ms =
		    res.backoff_ms > 0 ? res.backoff_ms : THROTTLED_MS;
		put_back(p, &b);
		uidset_settle(&p->todo);
		return 0;
	}
	if (b.alone && b.left > 0) {
		rc = not_delivered(p, &b, &res);
		if (rc == 1) {
			struct pull_batch *to =
			    &p->batch[(p->first + p->n) % PULL_BATCHES];

			*to = b;
			rc = send_probe(p, to, err);
			imap_push(p->im);
		}
		return rc;
	}
	for (i = 0; i < b.n; i++)
		if (b.uid[i] != 0)
			ask_again(p, b.uid[i]);
	return 0;
}

/* ------------------------------------------------------ losing, resuming */

/* Which message was the server at when the session died? */
static uint32_t
was_at(const struct pull *p)
{
	const struct pull_batch *b = &p->batch[p->first];
	unsigned i;

	if ((p->c.how != CATCH_NONE || p->c.told) && !p->c.whole)
		return p->c.uid;
	for (i = 0; p->n > 0 && !b->probe && i < b->n; i++)
		if (b->uid[i] != 0)
			return b->uid[i];
	return 0;
}

static void
forget_requests(struct pull *p)
{
	size_t i;

	for (; p->n > 0; p->n--) {
		if (p->batch[p->first].probe)
			ask_again(p, p->batch[p->first].uid[0]);
		put_back(p, &p->batch[p->first]);
		p->first = (p->first + 1) % PULL_BATCHES;
	}
	for (i = 0; i < p->n_retry; i++)
		uidset_add(&p->todo, p->retry[i]);
	p->n_retry = 0;
	p->probing = false;
	if (!p->c.told && p->c.how != CATCH_NONE && p->c.uid != 0)
		uidset_add(&p->todo, p->c.uid);
	uidset_settle(&p->todo);
}

void
pull_lost(struct pull *p, const struct err *why)
{
	uint32_t uid = p->at == PULL_FETCH ? was_at(p) : 0;
	struct err refused = *why;
	struct uidset all = { 0 };
	uint32_t u;

	imap_abort(&p->im);
	if (p->at == PULL_IDLE)
		return;
	forget_requests(p);
	pull_catch_cut(p);
	if (uid != 0) {
		p->deaths = uid == p->suspect ? p->deaths + 1 : 1;
		p->suspect = uid;
	}
	if (p->deaths < DEATHS_MAX || p->c.told)
		return;
	/* not this one, then */
	while ((u = uidset_take(&p->todo)) != 0)
		if (u != uid)
			uidset_add(&all, u);
	uidset_free(&p->todo);
	p->todo = all;
	refused.scope = SCOPE_MSG;
	refused.status = EX_UNAVAILABLE;
	refused.retry = false;
	err_within(&refused,
	    "the connection is lost whenever this message is asked for");
	judge(p, uid, &refused);
	p->suspect = 0;
	p->deaths = 0;
}

int
pull_resume(struct pull *p, struct err *err)
{
	if (p->at == PULL_IDLE)
		return 0;
	if (p->at == PULL_END || p->at == PULL_NOTED)
		return 0; /* nothing is wanted of the server any more */
	if (p->at != PULL_FETCH && p->at != PULL_AGAIN)
		return pull_send_opening(p, err);
	p->at = PULL_AGAIN;
	if (pull_examine(p, err) < 0)
		return -1;
	imap_push(p->im);
	return 0;
}
