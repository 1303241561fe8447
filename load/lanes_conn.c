/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The connections of the lanes: opened, closed, lost; and the transaction into
 * which goes whatever their senders have to write.
 */
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/step.h"
#include "load/lanes_impl.h"

#define ANOTHER_TIMEOUT_S 10 /* for connections beside the first */
#define DEATHS_MAX	  7  /* sessions in a row that a folder may cost */

/* ---------------------------------------------------------------- ledger */

int
lanes_commit(struct lanes *ls, struct err *err)
{
	struct load *l = ls->l;
	bool intents = false;
	unsigned i;

	if (load_begin(l, err) < 0)
		return -1;
	for (i = 0; i < ls->n; i++)
		if (ls->v[i].s != NULL &&
		    sender_record(ls->v[i].s, &intents, err) < 0)
			return -1;
	step(intents ? "load.intend" : "load.result");
	if (ledger_commit(l->ledger, err) < 0)
		return -1;
	for (i = 0; i < ls->n; i++)
		if (ls->v[i].s != NULL)
			sender_recorded(ls->v[i].s);
	ls->written_ms = conn_now_ms();
	return 0;
}

bool
lanes_has_news(const struct lanes *ls, bool *urgent_r)
{
	bool any = ledger_in_transaction(ls->l->ledger);
	unsigned i;

	*urgent_r = false;
	for (i = 0; i < ls->n; i++)
		if (ls->v[i].s != NULL && sender_has_news(ls->v[i].s, urgent_r))
			any = true;
	return any;
}

int
lanes_commit_news(struct lanes *ls, struct err *err)
{
	bool urgent;

	return lanes_has_news(ls, &urgent) ? lanes_commit(ls, err) : 0;
}

int
lanes_borrow(struct lanes *ls, struct lane *lane, struct err *err)
{
	ls->l->d.im = lane->im;
	return lanes_commit_news(ls, err);
}

/* ----------------------------------------------------------- connections */

struct lane *
lanes_add(struct lanes *ls, struct imap *im, bool tail)
{
	struct lane *lane = &ls->v[ls->n++];

	*lane = (struct lane){ .im = im, .tail = tail };
	if (!tail && ls->open++ > 0)
		imap_share_rate(im, ls->v[0].im);
	ls->l->lanes = ls->open;
	return lane;
}

void
lanes_remove(struct lanes *ls, struct lane *lane)
{
	size_t at = (size_t)(lane - ls->v);

	if (lane->f != NULL)
		lane->f->taken = false;
	sender_free(&lane->s);
	resolve_end(&lane->doubt);
	if (!lane->tail) {
		imap_abort(&lane->im);
		ls->l->lanes = --ls->open;
	}
	ls->n--;
	for (; at < ls->n; at++)
		ls->v[at] = ls->v[at + 1];
	ls->l->d.im = ls->n > 0 ? ls->v[0].im : NULL;
}

struct lane *
lanes_last_of_several(struct lanes *ls)
{
	unsigned i = ls->n;

	if (ls->open < 2)
		return NULL;
	while (ls->v[i - 1].tail)
		i--;
	return &ls->v[i - 1];
}

unsigned
lanes_count_tails(const struct lanes *ls, const struct imap *im)
{
	unsigned i, n = 0;

	for (i = 0; i < ls->n; i++)
		n += ls->v[i].tail && ls->v[i].im == im;
	return n;
}

void
lanes_open_another(struct lanes *ls)
{
	struct account *a = ls->l->d.account;
	uint64_t timeout_s = a->timeout_s;
	struct err err = { 0 };
	struct imap *im;
	int64_t before = conn_now_ms();
	int rc;

	/* the others wait for this one, which is a mere help */
	if (timeout_s == 0 || timeout_s > ANOTHER_TIMEOUT_S)
		a->timeout_s = ANOTHER_TIMEOUT_S;
	rc = account_open(&im, a, &err);
	a->timeout_s = timeout_s;
	if (rc == 0) {
		lanes_add(ls, im, false);
		ls->tempo.opened_ms = conn_now_ms() - before;
		log_debug("load: %u connections", ls->open);
		return;
	}
	imap_abort(&im);
	tempo_refused(&ls->tempo, ls->open, true);
	log_info("going on with %u connection%s: %s", ls->open,
	    ls->open == 1 ? "" : "s", err.text);
}

/* The folder has cost too many sessions: it is left for another run. */
static void
give_up(struct lanes *ls, struct load_folder *f, struct err *err)
{
	err_within(err, "given up after %u attempts", f->deaths);
	report_problem(ls->l->report,
	    &(struct problem){ .folder = f->path, .err = err });
	f->finished = true;
	ls->given_up++;
}

/* What was answered counts; who had something in flight? */
static int
hear_last_words(struct lanes *ls, const struct imap *im, struct err *err)
{
	unsigned i, flying = 0;
	bool room;

	for (i = 0; i < ls->n; i++) {
		if (ls->v[i].im != im || ls->v[i].s == NULL)
			continue;
		sender_last_words(ls->v[i].s);
		flying += sender_waits(ls->v[i].s, &room);
	}
	for (i = 0; i < ls->n && !imap_alive(im); i++)
		if (ls->v[i].im == im && ls->v[i].s != NULL &&
		    (flying == 0 || sender_waits(ls->v[i].s, &room)))
			sender_note_death(ls->v[i].s, flying < 2);
	return lanes_commit_news(ls, err);
}

int
lanes_lose(struct lanes *ls, struct lane *lane, struct err *err)
{
	struct load *l = ls->l;
	const struct imap *im = lane->im;
	struct err second = { 0 };
	struct load_folder *f;
	unsigned i;

	if (hear_last_words(ls, im, &second) < 0) {
		*err = second;
		return -1;
	}
	l->tree_old = true;
	for (i = ls->n; i-- > 0;) {
		if (ls->v[i].im != im)
			continue;
		f = ls->v[i].f;
		if (f != NULL)
			f->doubt = true;
		lanes_remove(ls, &ls->v[i]);
		if (f != NULL && f->deaths > DEATHS_MAX && ls->open > 0)
			give_up(ls, f, err);
	}
	if (ls->open > 0) {
		log_info("going on with %u connection%s: %s", ls->open,
		    ls->open == 1 ? "" : "s", err->text);
		tempo_refused(&ls->tempo, ls->open, false);
		return 0;
	}
	if (dest_reconnect(&l->d, err) < 0)
		return -1;
	l->tree_old = false;
	lanes_add(ls, l->d.im, false);
	return 0;
}
