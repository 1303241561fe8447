/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One lane and its folder: which one it takes, how it enters, sends and leaves
 * it, what becomes of it where that fails.
 */
#include <string.h>

#include "load/lanes_impl.h"

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

size_t
lanes_count_waiting(const struct load *l)
{
	size_t i, n = 0;

	for (i = 0; i < l->nfolders; i++)
		if (is_waiting(&l->folders[i]) && l->folders[i].sums.todo > 0)
			n++;
	return n;
}

struct load_folder *
lanes_next_folder(const struct lanes *ls, bool first)
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

	if (lanes_borrow(ls, lane, err) < 0)
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

	if (lanes_borrow(ls, lane, err) < 0)
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

	if ((!is_ready(f) || f->sums.done > 0) &&
	    lanes_borrow(ls, lane, err) < 0)
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
	if (lanes_commit_news(ls, &second) < 0) {
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
	lane->f = lanes_next_folder(ls, lane == ls->v);
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
	    lanes_count_tails(ls, lane->im) >= TAILS_MAX)
		return false;
	next = lanes_next_folder(ls, lane == ls->v);
	if (next == NULL || !is_ready(next))
		return false;
	tail = lanes_add(ls, lane->im, true);
	tail->f = lane->f;
	tail->s = lane->s;
	lane->f = NULL;
	lane->s = NULL;
	return true;
}

int
lane_step(struct lanes *ls, struct lane *lane, struct err *err)
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

int
lane_failed(struct lanes *ls, struct lane *lane, struct err *err)
{
	if (err->scope == SCOPE_RUN)
		return -1;
	if (err->scope == SCOPE_FOLDER && imap_alive(lane->im) &&
	    lane->f != NULL)
		return folder_failed(ls, lane, err);
	return lanes_lose(ls, lane, err);
}
