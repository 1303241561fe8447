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
#include <string.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/step.h"
#include "core/text.h"
#include "load/load_impl.h"

#define LANES_MAX	  32  /* connections */
#define TAILS_MAX	  32  /* folders that one is still at */
#define ANOTHER_TIMEOUT_S 10  /* for connections beside the first */
#define RESULT_MS	  250 /* results may wait so long to be written */
#define DEATHS_MAX	  7   /* sessions in a row that a folder may cost */

/*
 * A connection and the folder it is at.  What is left when the last of it is
 * made ready - to be sent, and the answers - is left to a tail, a lane of its
 * own over the same connection, which goes on with the next folder.  Many
 * small folders would take a round trip and a commit each otherwise.
 */
struct lane {
	struct imap *im;
	bool tail;
	struct load_folder *f; /* NULL: idle */
	struct sender *s;
	struct resolving *doubt; /* of f; looked at again at ... */
	int64_t wake_ms;
	bool leaving; /* to be closed as soon as nothing is in flight */
};

struct lanes {
	struct load *l;
	struct lane v[LANES_MAX * (TAILS_MAX + 1)];
	unsigned n;
	unsigned open; /* connections: lanes that are no tails */
	struct tempo tempo;
	int64_t written_ms;
	bool said_pause;
	unsigned given_up; /* folders that cost too many sessions */
};

/* ---------------------------------------------------------------- ledger */

/* All that there is to write, in one transaction; then it is durable. */
static int
commit_all(struct lanes *ls, struct err *err)
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

static bool
has_news(const struct lanes *ls, bool *urgent_r)
{
	bool any = ledger_in_transaction(ls->l->ledger);
	unsigned i;

	*urgent_r = false;
	for (i = 0; i < ls->n; i++)
		if (ls->v[i].s != NULL && sender_has_news(ls->v[i].s, urgent_r))
			any = true;
	return any;
}

static int
commit_news(struct lanes *ls, struct err *err)
{
	bool urgent;

	return has_news(ls, &urgent) ? commit_all(ls, err) : 0;
}

/* Before the ledger and the session are used for something else, which may
 * come to nothing: what is settled is written. */
static int
borrow(struct lanes *ls, struct lane *lane, struct err *err)
{
	ls->l->d.im = lane->im;
	return commit_news(ls, err);
}

/* ----------------------------------------------------------- connections */

static struct lane *
add_lane(struct lanes *ls, struct imap *im, bool tail)
{
	struct lane *lane = &ls->v[ls->n++];

	*lane = (struct lane){ .im = im, .tail = tail };
	if (!tail && ls->open++ > 0)
		imap_share_rate(im, ls->v[0].im);
	ls->l->lanes = ls->open;
	return lane;
}

/* The lane is gone; its folder, if any, waits in line again. */
static void
remove_lane(struct lanes *ls, struct lane *lane)
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

/* The connection opened last, of several; NULL. */
static struct lane *
last_of_several(struct lanes *ls)
{
	unsigned i = ls->n;

	if (ls->open < 2)
		return NULL;
	while (ls->v[i - 1].tail)
		i--;
	return &ls->v[i - 1];
}

static unsigned
count_tails(const struct lanes *ls, const struct imap *im)
{
	unsigned i, n = 0;

	for (i = 0; i < ls->n; i++)
		n += ls->v[i].tail && ls->v[i].im == im;
	return n;
}

/* One connection more, if the server lets us. */
static void
open_another(struct lanes *ls)
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
		add_lane(ls, im, false);
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
	return commit_news(ls, err);
}

/*
 * The session of 'lane' is over, '*err' says how.  Another one takes its
 * place only where no other is left.  0, or -1 with SCOPE_RUN.
 */
static int
lose(struct lanes *ls, struct lane *lane, struct err *err)
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
		remove_lane(ls, &ls->v[i]);
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
	add_lane(ls, l->d.im, false);
	return 0;
}

/* --------------------------------------------------------------- folders */

static bool
is_waiting(const struct load_folder *f)
{
	return !f->finished && !f->taken;
}

/* Is a lane at a folder that goes to the same one there?  Their intents could
 * not be told apart. */
static bool
is_held(const struct lanes *ls, const struct load_folder *f)
{
	unsigned i;

	for (i = 0; f->shared && i < ls->n; i++)
		if (ls->v[i].f != NULL && ls->v[i].f != f &&
		    strcmp(ls->v[i].f->name, f->name) == 0)
			return true;
	return false;
}

static size_t
count_waiting(const struct load *l)
{
	size_t i, n = 0;

	for (i = 0; i < l->nfolders; i++)
		if (is_waiting(&l->folders[i]) && l->folders[i].sums.todo > 0)
			n++;
	return n;
}

/* The next folder: in the spool's order for the first connection, the largest
 * one for those beside it, so that all end at about the same time. */
static struct load_folder *
next_folder(const struct lanes *ls, bool first)
{
	struct load *l = ls->l;
	struct load_folder *best = NULL;
	uint64_t most = 0, size;
	size_t i;

	for (i = 0; i < l->nfolders; i++) {
		struct load_folder *f = &l->folders[i];

		if (!is_waiting(f) || is_held(ls, f))
			continue;
		if (first)
			return f;
		size = load_units(f->sums.todo, f->sums.todo_bytes);
		if (best == NULL || size > most) {
			best = f;
			most = size;
		}
	}
	return best;
}

/* The lane has nothing to do with its folder any more. */
static void
leave_folder(struct lane *lane)
{
	sender_free(&lane->s);
	lane->f->taken = false;
	lane->f = NULL;
}

/* All that the folder had is sent: what is left to be done there. */
static int
end_folder(struct lanes *ls, struct lane *lane, struct err *err)
{
	struct load *l = ls->l;

	if (borrow(ls, lane, err) < 0)
		return -1;
	if (lane->leaving || l->closed) {
		leave_folder(lane); /* somebody goes on with it later */
		return 0;
	}
	if (resolve_uids(l, lane->f, err) < 0)
		return -1;
	lane->f->finished = !l->spent;
	leave_folder(lane);
	return 0;
}

/* What was on its way when a session ended: nothing is sent before that is
 * known.  1 it is, 0 not yet, -1. */
static int
look_for_lost(struct lanes *ls, struct lane *lane, struct err *err)
{
	struct load *l = ls->l;
	int rc;

	if (borrow(ls, lane, err) < 0)
		return -1;
	if (lane->doubt == NULL &&
	    resolve_begin(l, lane->f->there, &lane->doubt, err) < 0)
		return -1;
	rc = resolve_round(l, lane->doubt, err);
	if (rc < 0)
		return -1;
	if (rc == 0) {
		lane->wake_ms = conn_now_ms() + RESOLVE_STILL_MS;
		return dest_charge(&l->d, RESOLVE_STILL_MS,
		    "the server may still be busy", err);
	}
	resolve_end(&lane->doubt);
	lane->f->doubt = false;
	return 1;
}

/* Can it be sent to at once? */
static bool
is_ready(const struct load_folder *f)
{
	return f->prepared && !f->look && !f->doubt && f->careful == 0;
}

/* Get the folder ready, and begin to send.  0, or -1. */
static int
enter_folder(struct lanes *ls, struct lane *lane, struct err *err)
{
	struct load *l = ls->l;
	struct load_folder *f = lane->f;

	if ((!is_ready(f) || f->sums.done > 0) && borrow(ls, lane, err) < 0)
		return -1;
	while (!f->prepared && !f->finished)
		if (prepare_folders(l, f, err) < 0)
			return -1;
	if (f->finished || is_held(ls, f)) {
		leave_folder(lane);
		return 0;
	}
	if (f->doubt) {
		int rc = look_for_lost(ls, lane, err);

		if (rc <= 0)
			return rc;
	}
	if (prepare_look(l, f, err) < 0)
		return -1;
	load_count_settled(l, f);
	if (f->sums.todo == 0) {
		f->finished = true;
		leave_folder(lane);
		return 0;
	}
	lane->s = sender_new(l, f, lane->im);
	return 0;
}

/* ------------------------------------------------------------- one lane */

/* The folder is refused; or once more from its start, where it was taken away
 * under our hands. */
static int
folder_failed(struct lanes *ls, struct lane *lane, struct err *err)
{
	struct load *l = ls->l;
	struct load_folder *f = lane->f;
	bool gone =
	    imap_last(lane->im)->trouble == IMAP_TRYCREATE || lane->s != NULL;
	struct err second = { 0 };

	if (lane->s != NULL)
		sender_last_words(lane->s);
	if (commit_news(ls, &second) < 0) {
		*err = second;
		return -1;
	}
	resolve_end(&lane->doubt);
	f->doubt = f->doubt || lane->s != NULL;
	leave_folder(lane);
	if (gone && !f->gone) {
		f->gone = l->tree_old = true;
		f->prepared = false;
		return 0;
	}
	load_refuse_folder(l, f, err);
	return 0;
}

/* The next folder for a lane that has none. */
static bool
take_folder(struct lanes *ls, struct lane *lane)
{
	struct load *l = ls->l;

	if (lane->tail || lane->leaving || l->spent || l->closed ||
	    dest_paused(&l->d) > 0)
		return false;
	lane->f = next_folder(ls, lane == ls->v);
	if (lane->f == NULL)
		return false;
	lane->f->taken = true;
	lane->wake_ms = 0;
	return true;
}

/* All is sent or will be, and the next folder only waits for it: somebody
 * else sees to the rest.  Did it leave one? */
static bool
leave_tail(struct lanes *ls, struct lane *lane)
{
	struct load *l = ls->l;
	struct load_folder *next;
	struct lane *tail;

	if (lane->tail || lane->leaving || l->spent || l->closed ||
	    dest_paused(&l->d) > 0 || lane->f->careful > 0 ||
	    !sender_is_made(lane->s) || !imap_has(lane->im, IMAP_CAP_UIDPLUS) ||
	    count_tails(ls, lane->im) >= TAILS_MAX)
		return false;
	next = next_folder(ls, lane == ls->v);
	if (next == NULL || !is_ready(next))
		return false;
	tail = add_lane(ls, lane->im, true);
	tail->f = lane->f;
	tail->s = lane->s;
	lane->f = NULL;
	lane->s = NULL;
	return true;
}

/* As far as it goes without waiting.  1 it did something, 0 not, -1. */
static int
step_lane(struct lanes *ls, struct lane *lane, struct err *err)
{
	struct load *l = ls->l;
	bool urgent;
	int rc;

	if (lane->f == NULL && !take_folder(ls, lane))
		return 0;
	if (lane->s == NULL) {
		if (conn_now_ms() < lane->wake_ms ||
		    imap_is_appending(lane->im))
			return 0;
		rc = enter_folder(ls, lane, err);
		if (rc < 0)
			ledger_rollback(l->ledger);
		return rc < 0 ? -1 : lane->s != NULL || lane->f == NULL;
	}
	if (lane->leaving)
		sender_stop(lane->s);
	rc = sender_step(lane->s, err);
	if (rc == 0)
		return leave_tail(ls, lane);
	/* a tail has time: what it has is written with what others have */
	if (rc == 1 &&
	    (imap_is_appending(lane->im) ||
		(lane->tail && sender_has_news(lane->s, &urgent))))
		return 0;
	if (rc == 1 && end_folder(ls, lane, err) < 0) {
		ledger_rollback(l->ledger);
		return -1;
	}
	return rc;
}

/* The error of a lane: the folder's, the session's, or the run's. */
static int
lane_failed(struct lanes *ls, struct lane *lane, struct err *err)
{
	if (err->scope == SCOPE_RUN)
		return -1;
	if (err->scope == SCOPE_FOLDER && imap_alive(lane->im) &&
	    lane->f != NULL)
		return folder_failed(ls, lane, err);
	return lose(ls, lane, err);
}

/* ---------------------------------------------------------- all of them */

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
			    count_tails(ls, ls->v[i].im) == 0)))
			remove_lane(ls, &ls->v[i]);
}

/* More, or fewer? */
static void
adapt(struct lanes *ls)
{
	struct load *l = ls->l;
	struct lane *last;
	enum tempo_move move;

	remove_idle(ls);
	last = last_of_several(ls);
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
	move = tempo_look(&ls->tempo, l, ls->open, count_waiting(l),
	    imap_rtt_us(ls->v[0].im));
	if (move == TEMPO_MORE && ls->open < LANES_MAX)
		open_another(ls);
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
	if (has_news(ls, &urgent) && RESULT_MS < ms)
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
	return dest_paused(&ls->l->d) > 0 && next_folder(ls, true) != NULL;
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
				rc = step_lane(ls, &ls->v[i], err);
			while (rc == 1 && !ls->v[i].tail);
			if (rc < 0 && lane_failed(ls, &ls->v[i], err) < 0)
				return -1;
			if (rc < 0)
				i = ls->n; /* they have moved up */
			moved = moved || rc != 0;
		}
		if (has_news(ls, &urgent) &&
		    (urgent || !is_flying(ls) ||
			conn_now_ms() - ls->written_ms >= RESULT_MS)) {
			if (commit_all(ls, err) < 0)
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
			if (commit_news(ls, err) < 0 || pace_wait(l, err) < 0)
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
	add_lane(ls, l->d.im, false);
	rc = run(ls, err);
	/* what was answered before the end counts */
	if (rc == 0 || err->status == EX_TEMPFAIL) {
		for (i = 0; i < ls->n; i++)
			if (ls->v[i].s != NULL)
				sender_last_words(ls->v[i].s);
		if (commit_news(ls, &second) < 0) {
			*err = second;
			rc = -1;
		}
	}
	while (ls->n > 1)
		remove_lane(ls, &ls->v[ls->n - 1]);
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
