/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How many connections: one to begin with.  While there are folders that have
 * none, another one is tried, and stays if more gets done with it than
 * without; else it goes again, and the next trial is put off for longer each
 * time.  A server that turns one away, or asks us to wait, has the last word.
 */
#include "core/log.h"
#include "core/step.h"
#include "load/load_impl.h"

#define MOST_QUICK  4  /* where the server takes many messages in a row */
#define MOST_SLOW   10 /* where each waits for the one before */
#define MOST	    32
#define INTERVAL_MS 300
#define GAIN	    1.07 /* that makes one more worth having */
#define HOLD_MS	    3000 /* after a trial in vain */
#define HOLD_MAX_MS 120000

static bool
is_quick(const struct imap *im)
{
	return imap_has(im, IMAP_CAP_LITERALPLUS) ||
	    imap_has(im, IMAP_CAP_LITERALMINUS) ||
	    imap_has(im, IMAP_CAP_MULTIAPPEND);
}

void
tempo_begin(struct tempo *t, const struct load *l, int64_t opened_ms)
{
	const struct provider_limits *limits = l->rules.limits;

	*t = (struct tempo){ .began_ms = conn_now_ms(),
		.opened_ms = opened_ms,
		.units = l->units };
	t->max = l->o->connections;
	if (t->max == 0) {
		t->max = is_quick(l->d.im) ? MOST_QUICK : MOST_SLOW;
		if (limits != NULL && limits->connections != 0 &&
		    (!is_quick(l->d.im) || limits->connections < t->max))
			t->max = (unsigned)limits->connections;
	}
	if (t->max > MOST)
		t->max = MOST;
}

static void
hold(struct tempo *t, int64_t now)
{
	int64_t ms = HOLD_MS << (t->vain < 6 ? t->vain : 6);

	t->hold_ms = now + (ms < HOLD_MAX_MS ? ms : HOLD_MAX_MS);
	t->vain++;
}

void
tempo_refused(struct tempo *t, unsigned n, bool for_good)
{
	t->trial = false;
	if (for_good && n > 0)
		t->max = n;
	hold(t, conn_now_ms());
}

/* Is what is left enough for another connection to be worth its opening? */
static bool
is_worth(const struct tempo *t, const struct load *l, double rate)
{
	double left =
	    (double)(l->units_total > l->units ? l->units_total - l->units : 0);

	return rate > 0 && left / rate * 1000 > 4 * (double)t->opened_ms + 500;
}

enum tempo_move
tempo_look(struct tempo *t, const struct load *l, unsigned n, size_t waiting,
    uint64_t rtt_us)
{
	int64_t now = conn_now_ms(), passed = now - t->began_ms, span;
	enum tempo_move move = TEMPO_STAY;
	double rate;

	if (step_is_eager() && n < t->max && waiting > 0)
		return TEMPO_MORE;
	span = INTERVAL_MS;
	if (span < (int64_t)(rtt_us / 1000) * 6)
		span = (int64_t)(rtt_us / 1000) * 6;
	if (passed < span || l->units == t->units)
		return TEMPO_STAY;
	rate = (double)(l->units - t->units) * 1000 / (double)passed;
	if (t->trial && n > 1 && rate < t->rate * GAIN) {
		log_debug("load: %u connections are no faster than %u", n,
		    n - 1);
		hold(t, now);
		move = TEMPO_FEWER;
	} else if (t->trial) {
		t->vain = 0;
	}
	t->trial = false;
	if (move == TEMPO_STAY && n < t->max && waiting > 0 &&
	    now >= t->hold_ms && is_worth(t, l, rate)) {
		t->trial = true;
		move = TEMPO_MORE;
	}
	t->rate = rate;
	t->began_ms = now;
	t->units = l->units;
	return move;
}
