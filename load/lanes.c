/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Several connections, each with a folder of its own, so that the order in a
 * folder is kept; in one thread.  Each goes as far as it can, what they have
 * to write goes into the ledger in one transaction, then all are waited for.
 *
 * A connection that ends concerns its folder alone: the folder goes back in
 * line, and whoever takes it up looks first for what was on its way.  One
 * that is refused is no error while another is there.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/mem.h"
#include "load/lanes_impl.h"

#define RESULT_MS 250 /* results may wait so long to be written */

/* Tails that came to their end, and connections that were to go and have
 * nothing in flight any more. */
static void
remove_idle(struct lanes *ls)
{
	unsigned i;

	for (i = ls->n; i-- > 1;)
		if (ls->v[i].f == NULL &&
		    (ls->v[i].tail ||
			(ls->v[i].leaving &&
			    lanes_count_tails(ls, ls->v[i].im) == 0)))
			lanes_remove(ls, &ls->v[i]);
}

/* More, or fewer? */
static void
adapt(struct lanes *ls)
{
	struct load *l = ls->l;
	struct lane *last;
	enum tempo_move move;

	remove_idle(ls);
	last = lanes_last_of_several(ls);
	if (l->throttled) {
		l->throttled = false;
		if (last != NULL)
			last->leaving = true;
		tempo_refused(&ls->tempo, ls->open > 1 ? ls->open - 1 : 1,
		    false);
		return;
	}
	if (l->spent || l->closed || dest_paused(&l->d) > 0)
		return;
	move = tempo_look(&ls->tempo, l, ls->open, lanes_count_waiting(l),
	    imap_rtt_us(ls->v[0].im));
	if (move == TEMPO_MORE && ls->open < LANES_MAX)
		lanes_open_another(ls);
	else if (move == TEMPO_FEWER && last != NULL)
		last->leaving = true;
}

/* How long the wait for the next event may be. */
static int64_t
wait_ms(struct lanes *ls)
{
	uint64_t paused = dest_paused(&ls->l->d);
	int64_t ms = 1000, now = conn_now_ms();
	unsigned i;
	bool urgent;

	if (paused > 0 && (int64_t)paused < ms)
		ms = (int64_t)paused;
	if (lanes_has_news(ls, &urgent) && RESULT_MS < ms)
		ms = RESULT_MS;
	for (i = 0; i < ls->n; i++)
		if (ls->v[i].doubt != NULL && ls->v[i].wake_ms - now < ms)
			ms = ls->v[i].wake_ms - now;
	return ms > 0 ? ms : 1;
}

static void
say_pause(struct lanes *ls)
{
	uint64_t ms = dest_paused(&ls->l->d);
	char text[80];

	if (ms == 0 && ls->said_pause)
		report_doing(ls->l->report, NULL);
	ls->said_pause = ms > 0;
	if (ms == 0)
		return;
	snprintf(text, sizeof(text), "waiting %llu s (the server asks to wait)",
	    (unsigned long long)((ms + 999) / 1000));
	report_doing(ls->l->report, text);
}

/* Until something moves.  -1: SCOPE_RUN. */
static int
wait_all(struct lanes *ls, struct err *err)
{
	struct imap *v[LANES_MAX];
	unsigned of[LANES_MAX], i;
	bool room[LANES_MAX], more;
	size_t n = 0, k, which = 0;

	say_pause(ls);
	for (i = 0; i < ls->n; i++) {
		if (ls->v[i].s == NULL || !sender_waits(ls->v[i].s, &more))
			continue;
		for (k = 0; k < n && v[k] != ls->v[i].im; k++)
			;
		if (k < n) {
			room[k] = room[k] || more;
			continue;
		}
		of[n] = i;
		room[n] = more;
		v[n++] = ls->v[i].im;
	}
	if (imap_wait_some(v, room, n, wait_ms(ls), &which, err) >= 0)
		return 0;
	return n == 0 ? -1 : lane_failed(ls, &ls->v[of[which]], err);
}

/* Is any of them at something, or could be? */
static bool
is_busy(const struct lanes *ls)
{
	unsigned i;

	for (i = 0; i < ls->n; i++)
		if (ls->v[i].f != NULL)
			return true;
	return dest_paused(&ls->l->d) > 0 &&
	    lanes_next_folder(ls, true) != NULL;
}

/* Is an answer to come? */
static bool
is_flying(const struct lanes *ls)
{
	unsigned i;
	bool room;

	for (i = 0; i < ls->n; i++)
		if (ls->v[i].s != NULL && sender_waits(ls->v[i].s, &room))
			return true;
	return false;
}

static int
run(struct lanes *ls, struct err *err)
{
	struct load *l = ls->l;
	bool moved, urgent;
	unsigned i;
	int rc;

	for (;;) {
		if (stop_check(err) < 0)
			return -1;
		moved = false;
		for (i = 0; i < ls->n; i++) {
			/* so many small folders go with one commit */
			do
				rc = lane_step(ls, &ls->v[i], err);
			while (rc == 1 && !ls->v[i].tail);
			if (rc < 0 && lane_failed(ls, &ls->v[i], err) < 0)
				return -1;
			if (rc < 0)
				i = ls->n; /* they have moved up */
			moved = moved || rc != 0;
		}
		if (lanes_has_news(ls, &urgent) &&
		    (urgent || !is_flying(ls) ||
			conn_now_ms() - ls->written_ms >= RESULT_MS)) {
			if (lanes_commit(ls, err) < 0)
				return -1;
			moved = true;
		}
		adapt(ls);
		if (moved)
			continue;
		if (is_busy(ls)) {
			if (wait_all(ls, err) < 0)
				return -1;
		} else if (l->spent) {
			return pace_end(l, err);
		} else if (l->closed) {
			if (lanes_commit_news(ls, err) < 0 ||
			    pace_wait(l, err) < 0)
				return -1;
		} else {
			return 0;
		}
	}
}

int
lanes_run(struct load *l, struct err *err)
{
	struct lanes *ls = mem_alloc(1, sizeof(*ls));
	struct err second = { 0 };
	char many[80];
	unsigned i;
	size_t k;
	int rc;

	ls->l = l;
	lanes_mark_all_shared(l);
	for (k = 0; k < l->nfolders; k++)
		if (!l->folders[k].finished)
			l->units_total += load_units(l->folders[k].sums.todo,
			    l->folders[k].sums.todo_bytes);
	tempo_begin(&ls->tempo, l, l->d.opened_ms);
	lanes_add(ls, l->d.im, false);
	rc = run(ls, err);
	/* what was answered before the end counts */
	if (rc == 0 || err->status == EX_TEMPFAIL) {
		for (i = 0; i < ls->n; i++)
			if (ls->v[i].s != NULL)
				sender_last_words(ls->v[i].s);
		if (lanes_commit_news(ls, &second) < 0) {
			*err = second;
			rc = -1;
		}
	}
	while (ls->n > 1)
		lanes_remove(ls, &ls->v[ls->n - 1]);
	if (ls->n == 1) {
		sender_free(&ls->v[0].s);
		resolve_end(&ls->v[0].doubt);
		l->d.im = ls->v[0].im;
	}
	if (rc == 0 && ls->given_up > 0) {
		err_set(err, SCOPE_RUN, EX_TEMPFAIL, "%s too many connections",
		    text_number(many, ls->given_up, "folder costs",
			"folders cost"));
		err_hint(err, "run the same command again later");
		rc = -1;
	}
	free(ls);
	return rc;
}
