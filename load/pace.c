/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How much is sent in one run (--limit-messages), and in one day: Gmail takes
 * 500 MB, and locks an account that sends more.  Days are UTC's.  The bytes
 * of the day are a value in the ledger, written with the deliveries, so that
 * a budget survives restarts.
 */
#include <stdio.h>
#include <time.h>

#include "core/mem.h"
#include "core/num.h"
#include "load/load_impl.h"

#define DAY_S 86400

static uint64_t
today(void)
{
	return (uint64_t)time(NULL) / DAY_S;
}

/* "17000 123456": the day, and its bytes. */
static void
read_budget(struct load *l, struct slice text)
{
	uint64_t day, bytes;

	if (num_take_u64(&text, UINT32_MAX, &day) && text.n > 1 &&
	    num_u64(slice_from(text, 1), UINT64_MAX, &bytes) && day == l->day)
		l->day_bytes = bytes;
}

int
pace_begin(struct load *l, struct err *err)
{
	struct ledger_rows *q;
	char name[40];
	int rc;

	l->day_limit = l->o->daily_budget;
	if (l->day_limit == 0 && l->rules.limits != NULL)
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

size_t
pace_room(struct load *l, size_t want)
{
	uint64_t limit = l->o->limit_messages;

	if (l->day_limit != 0 && today() == l->day &&
	    l->day_bytes >= l->day_limit)
		l->spent = true;
	if (limit != 0 && l->taken >= limit)
		l->spent = true;
	if (l->spent)
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
	if (today() != l->day) {
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
	char sent[32], limit[32];

	if (l->o->limit_messages != 0 && l->taken >= l->o->limit_messages) {
		err_set(err, SCOPE_RUN, EX_TEMPFAIL,
		    "--limit-messages: %llu messages were enough for this run",
		    (unsigned long long)l->o->limit_messages);
		return err_hint(err, "run the same command for the next ones");
	}
	err_set(err, SCOPE_RUN, EX_TEMPFAIL,
	    "%s were sent today, and the day's budget is %s",
	    text_size(sent, l->day_bytes), text_size(limit, l->day_limit));
	return err_hint(err,
	    "run the same command tomorrow (days are UTC's); --daily-budget "
	    "sets another");
}
