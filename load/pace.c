/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How much is sent in one run (--limit-messages), and in one day: Gmail takes
 * 500 MB, and locks an account that sends more.  Days are UTC's.  The bytes
 * of the day are a value in the ledger, written with the deliveries, so that
 * a budget survives restarts.  And at which hours (--window): outside of
 * them it waits, between two batches.
 */
#include <stdio.h>
#include <time.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/num.h"
#include "core/text.h"
#include "load/load_impl.h"

#define DAY_S	  86400
#define BACK_DAYS 2 /* so much may a clock be put back */

static uint64_t
today(void)
{
	return (uint64_t)clock_wall() / DAY_S;
}

/* "17000 123456": the day, and its bytes. */
static void
read_budget(struct load *l, struct slice text)
{
	uint64_t day, bytes;

	if (!num_take_u64(&text, UINT32_MAX, &day) || text.n <= 1 ||
	    !num_u64(slice_from(text, 1), UINT64_MAX, &bytes))
		return;
	/* a clock that was put back gives no new budget; one that was wrong
	 * by more than that does not take it away for years */
	if (day == l->day || (day > l->day && day - l->day <= BACK_DAYS)) {
		l->day = day;
		l->day_bytes = bytes;
	}
}

/* A new day has begun since 'l' looked. */
static bool
is_new_day(const struct load *l)
{
	uint64_t day = today();

	return day > l->day || l->day - day > BACK_DAYS;
}

/* ---------------------------------------------------------- --window */

/* "22:00", "06:30:15": seconds of the day. */
static bool
read_time(struct slice *s, unsigned *t_r)
{
	uint64_t part;
	unsigned i, total = 0;

	for (i = 0; i < 3; i++) {
		if (i > 0 && (s->n == 0 || s->p[0] != ':')) {
			if (i == 1)
				return false;
			total *= 60;
			continue;
		}
		if (i > 0)
			*s = slice_from(*s, 1);
		if (!num_take_u64(s, i == 0 ? 24 : 59, &part))
			return false;
		total = total * 60 + (unsigned)part;
	}
	*t_r = total;
	return total <= DAY_S;
}

int
load_window_parse(const char *text, unsigned *opens_r, unsigned *closes_r,
    struct err *err)
{
	struct slice s = slice_str(text);

	if (read_time(&s, opens_r) && s.n > 1 && s.p[0] == '-') {
		s = slice_from(s, 1);
		if (read_time(&s, closes_r) && s.n == 0 &&
		    *opens_r % DAY_S != *closes_r % DAY_S)
			return 0;
	}
	err_set(err, SCOPE_RUN, EX_USAGE, "'%s' is no span of time", text);
	return err_hint(err, "write it like 22:00-06:00, local time");
}

/* Seconds until it opens, 0: it is open. */
static unsigned
until_open(const struct load *l)
{
	time_t t = (time_t)clock_wall();
	struct tm tm;
	unsigned now;

	if (l->o->unpaced || l->window == NULL || localtime_r(&t, &tm) == NULL)
		return 0;
	now = (unsigned)(tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec);
	if (l->opens < l->closes ? now >= l->opens && now < l->closes
				 : now >= l->opens || now < l->closes)
		return 0;
	return (l->opens + DAY_S - now) % DAY_S;
}

int
pace_wait(struct load *l, struct err *err)
{
	char text[80];
	unsigned s;
	bool said = false;

	while ((s = until_open(l)) > 0) {
		snprintf(text, sizeof(text),
		    "waiting %u:%02u:%02u for the "
		    "window %.20s",
		    s / 3600, s / 60 % 60, s % 60, l->window);
		if (!said)
			log_info("%s", text);
		said = true;
		report_doing(l->report, text);
		if (conn_sleep_ms(s < 10 ? 200 : 1000, err) < 0)
			return -1;
	}
	report_doing(l->report, NULL);
	l->closed = false;
	return 0;
}

/* ------------------------------------------------------------ budgets */

/* What the profile says, where the options do not. */
static int
take_profile(struct load *l, struct err *err)
{
	const struct provider_limits *limits = l->rules.limits;
	struct account *a = l->o->account;

	if (limits == NULL || l->o->unpaced)
		return 0;
	if (limits->upload_bytes_per_second != 0 && a->limit_rate == 0) {
		a->limit_rate = limits->upload_bytes_per_second;
		imap_limit_rate(l->d.im, a->limit_rate);
	}
	if (l->window != NULL || limits->hours == NULL)
		return 0;
	if (load_window_parse(limits->hours, &l->opens, &l->closes, err) < 0) {
		err->status = EX_CONFIG;
		return err_within(err, "hours of %s", l->rules.name);
	}
	l->window = limits->hours;
	if (l->o->dry_run || until_open(l) == 0)
		return 0;
	imap_close(&l->d.im); /* no server waits that long */
	return pace_wait(l, err) < 0 ? -1 : dest_connect(&l->d, err);
}

int
pace_begin(struct load *l, struct err *err)
{
	struct ledger_rows *q;
	char name[40];
	int rc;

	if (take_profile(l, err) < 0)
		return -1;
	l->day_limit = l->o->daily_budget;
	if (l->day_limit == 0 && l->rules.limits != NULL && !l->o->unpaced)
		l->day_limit = l->rules.limits->upload_bytes_per_day;
	l->day = today();
	snprintf(name, sizeof(name), "budget:%lld", (long long)l->d.id);
	if (ledger_query(l->ledger, &q, err,
		"SELECT value FROM meta WHERE name=?", "t", name) < 0)
		return -1;
	rc = ledger_step(q, err);
	if (rc == 1 && ledger_text(q, 0) != NULL)
		read_budget(l, slice_str(ledger_text(q, 0)));
	ledger_end(&q);
	return rc < 0 ? -1 : 0;
}

/* Bytes of today that are sent, or on their way. */
static uint64_t
used(const struct load *l)
{
	return (is_new_day(l) ? 0 : l->day_bytes) + l->flying;
}

bool
pace_fits(struct load *l, uint64_t before, uint64_t bytes)
{
	uint64_t now = used(l) + before;

	/* what is larger than a day's budget has a day of its own */
	if (l->day_limit == 0 || (now == 0 && bytes > l->day_limit) ||
	    (now <= l->day_limit && bytes <= l->day_limit - now))
		return true;
	l->spent = true;
	return false;
}

size_t
pace_room(struct load *l, size_t want)
{
	uint64_t limit = l->o->limit_messages;

	if (l->day_limit != 0 && used(l) >= l->day_limit)
		l->spent = true;
	if (limit != 0 && l->taken >= limit)
		l->spent = true;
	l->closed = until_open(l) > 0;
	if (l->spent || l->closed)
		return 0;
	return limit != 0 && limit - l->taken < want
	    ? (size_t)(limit - l->taken)
	    : want;
}

int
pace_sent(struct load *l, uint64_t bytes, struct err *err)
{
	char name[40], value[64];

	if (l->day_limit == 0)
		return 0;
	if (is_new_day(l)) {
		l->day = today();
		l->day_bytes = 0;
	}
	l->day_bytes += bytes;
	snprintf(name, sizeof(name), "budget:%lld", (long long)l->d.id);
	snprintf(value, sizeof(value), "%llu %llu", (unsigned long long)l->day,
	    (unsigned long long)l->day_bytes);
	return ledger_do(l->ledger, err,
		   "INSERT INTO meta(name,value) VALUES(?,?) ON CONFLICT(name) "
		   "DO UPDATE SET value=excluded.value",
		   "tt", name, value) < 0
	    ? -1
	    : 0;
}

int
pace_end(const struct load *l, struct err *err)
{
	char sent[32], limit[32], many[80];

	if (l->o->limit_messages != 0 && l->taken >= l->o->limit_messages) {
		err_set(err, SCOPE_RUN, EX_TEMPFAIL,
		    "--limit-messages: %s enough for this run",
		    text_number(many, l->o->limit_messages, "message was",
			"messages were"));
		return err_hint(err, "run the same command for the next ones");
	}
	err_set(err, SCOPE_RUN, EX_TEMPFAIL,
	    "%s were sent today, and the day's budget is %s",
	    text_size(sent, l->day_bytes), text_size(limit, l->day_limit));
	return err_hint(err,
	    "run the same command tomorrow (days are UTC's); --daily-budget "
	    "sets another");
}
