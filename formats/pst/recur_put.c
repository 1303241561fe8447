/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recurrences written, as Outlook writes them: [MS-OXOCAL] 2.2.1.44. */
#include <stdlib.h>

#include "core/mem.h"
#include "core/text.h"
#include "formats/pst/bytes.h"
#include "formats/pst/out_ltp.h"
#include "formats/pst/recur.h"
#include "formats/pst/recur_impl.h"

#define TEXT_MAX 255 /* of a changed subject or place, in characters */

static void
put16(struct buf *b, unsigned v)
{
	pst_put16(buf_room(b, 2), (uint16_t)v);
	b->n += 2;
}

static void
put32(struct buf *b, uint32_t v)
{
	pst_put32(buf_room(b, 4), v);
	b->n += 4;
}

static void
put_time(struct buf *b, int64_t wall)
{
	put32(b, recur_minutes(wall));
}

/* ---------------------------------------------------------------- pattern */

/* FirstDateTime, 2.2.1.44.1.1 */
static uint32_t
first_date_time(const struct event_recur *r)
{
	const struct event_rule *rule = &r->rule;
	uint32_t start = recur_minutes(r->first_day);
	struct event_civil c;
	int64_t months;

	event_civil(r->first_day, &c);
	switch (rule->pattern) {
	case EVENT_DAILY:
		return start % (rule->every * 24 * 60);
	case EVENT_WEEKLY:
		start -= (c.weekday + 7 - rule->week_start) % 7 * 24 * 60;
		return start % (rule->every * 7 * 24 * 60);
	default:
		months = (c.year - 1601) * 12 + c.month - 1;
		months = months < 0 ? 0 : months % rule->every;
		c = (struct event_civil){ .year = 1601 + months / 12,
			.month = (unsigned)(months % 12) + 1,
			.day = 1 };
		return recur_minutes(event_wall(&c));
	}
}

static unsigned
pattern_type(const struct event_rule *rule)
{
	switch (rule->pattern) {
	case EVENT_DAILY:
		return RECUR_DAY;
	case EVENT_WEEKLY:
		return RECUR_WEEK;
	case EVENT_MONTHLY:
		return rule->hijri ? RECUR_HJ_MONTH : RECUR_MONTH;
	default:
		return rule->hijri ? RECUR_HJ_MONTH_NTH : RECUR_MONTH_NTH;
	}
}

static unsigned
frequency(const struct event_rule *rule)
{
	if (rule->yearly)
		return RECUR_YEARLY;
	return rule->pattern == EVENT_DAILY ? RECUR_DAILY
	    : rule->pattern == EVENT_WEEKLY ? RECUR_WEEKLY
					    : RECUR_MONTHLY;
}

static void
put_specific(struct buf *b, const struct event_rule *rule)
{
	if (rule->pattern == EVENT_MONTHLY)
		put32(b, rule->day);
	else if (rule->pattern != EVENT_DAILY)
		put32(b, rule->weekdays);
	if (rule->pattern == EVENT_MONTHLY_NTH)
		put32(b, rule->nth < 0 ? 5 : (uint32_t)rule->nth);
}

static uint32_t
count_of(const struct event_recur *r)
{
	if (r->rule.end == EVENT_AFTER)
		return r->rule.count;
	if (r->rule.end == EVENT_NEVER || event_rule_is_foreign(&r->rule))
		return RECUR_NO_COUNT;
	return event_recur_count(r);
}

static int
by_date(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void
put_dates(struct buf *b, uint32_t *dates, size_t n)
{
	size_t i;

	qsort(dates, n, sizeof(*dates), by_date);
	put32(b, (uint32_t)n);
	for (i = 0; i < n; i++)
		put32(b, dates[i]);
}

/* Deleted ones and changed ones, then where the changed ones are now. */
static void
put_all_dates(struct buf *b, const struct event_recur *r, size_t n_changes)
{
	size_t i, n = 0;
	uint32_t *dates =
	    mem_alloc(r->n_deleted + n_changes + 1, sizeof(*dates));

	for (i = 0; i < r->n_deleted; i++)
		dates[n++] = recur_minutes(event_day(r->deleted[i]));
	for (i = 0; i < n_changes; i++)
		dates[n++] = recur_minutes(event_day(r->changes[i].original));
	put_dates(b, dates, n);
	for (i = 0; i < n_changes; i++)
		dates[i] = recur_minutes(event_day(r->changes[i].start));
	put_dates(b, dates, n_changes);
	free(dates);
}

static void
put_pattern(struct buf *b, const struct event_recur *r, size_t n_changes)
{
	static const uint32_t ends[] = { [EVENT_NEVER] = RECUR_END_NEVER,
		[EVENT_AFTER] = RECUR_END_AFTER,
		[EVENT_BY] = RECUR_END_BY };
	const struct event_rule *rule = &r->rule;

	put16(b, RECUR_VERSION);
	put16(b, RECUR_VERSION);
	put16(b, frequency(rule));
	put16(b, pattern_type(rule));
	put16(b, rule->calendar);
	put32(b,
	    event_rule_is_foreign(rule) ? rule->anchor : first_date_time(r));
	put32(b,
	    rule->pattern == EVENT_DAILY ? rule->every * 24 * 60 : rule->every);
	put32(b, rule->regenerates);
	put_specific(b, rule);
	put32(b, ends[rule->end]);
	put32(b, count_of(r));
	put32(b, rule->week_start);
	put_all_dates(b, r, n_changes);
	put_time(b, r->first_day);
	if (rule->end == EVENT_NEVER)
		put32(b, RECUR_NO_END);
	else if (rule->end == EVENT_BY)
		put_time(b, rule->until);
	else
		put_time(b, event_recur_last_day(r));
}

/* ------------------------------------------------------------- exceptions */

/* At most TEXT_MAX characters of it, in 8 bits. */
static void
put_narrow(struct buf *b, struct slice s)
{
	struct buf text = { 0 };
	uint32_t cp;
	size_t len;

	for (; s.n > 0 && text.n < TEXT_MAX; s = slice_from(s, len)) {
		len = text_utf8(s.p, s.n, &cp);
		buf_putc(&text, len == 1 ? s.p[0] : '?');
		len += len == 0;
	}
	put16(b, (unsigned)text.n + 1);
	put16(b, (unsigned)text.n);
	buf_put(b, text.p, text.n);
	buf_free(&text);
}

static void
put_wide(struct buf *b, struct slice s)
{
	struct buf text = { 0 };

	pst_out_utf16(&text, s, TEXT_MAX);
	put16(b, (unsigned)text.n / 2);
	buf_put(b, text.p, text.n);
	buf_free(&text);
}

static void
put_change(struct buf *b, const struct event_change *c)
{
	put_time(b, c->start);
	put_time(b, c->end);
	put_time(b, c->original);
	put16(b, c->differs & 0x3ff);
	if (c->differs & EVENT_SUBJECT)
		put_narrow(b, c->subject);
	if (c->differs & EVENT_MEETING)
		put32(b, (uint32_t)c->state);
	if (c->differs & EVENT_REMINDER_MIN)
		put32(b, (uint32_t)c->reminder_min);
	if (c->differs & EVENT_REMINDER)
		put32(b, c->reminder);
	if (c->differs & EVENT_LOCATION)
		put_narrow(b, c->location);
	if (c->differs & EVENT_BUSY)
		put32(b, (uint32_t)c->busy);
	if (c->differs & EVENT_ATTACHMENT)
		put32(b, (uint32_t)c->attachment);
	if (c->differs & EVENT_ALL_DAY)
		put32(b, c->all_day);
	if (c->differs & EVENT_COLOR)
		put32(b, c->color);
}

static void
put_more(struct buf *b, const struct event_change *c)
{
	put32(b, 4); /* ChangeHighlightSize */
	put32(b, c->highlight);
	put32(b, 0);
	if (!(c->differs & (EVENT_SUBJECT | EVENT_LOCATION)))
		return;
	put_time(b, c->start);
	put_time(b, c->end);
	put_time(b, c->original);
	if (c->differs & EVENT_SUBJECT)
		put_wide(b, c->subject);
	if (c->differs & EVENT_LOCATION)
		put_wide(b, c->location);
	put32(b, 0);
}

int
pst_recur_encode(struct buf *out, const struct event_recur *r,
    enum pst_recur_kind kind, struct err *err)
{
	const struct event_rule *rule = &r->rule;
	bool event = kind == PST_RECUR_EVENT;
	size_t i, n = event ? r->n_changes : 0;

	if (event_rule_is_foreign(rule) && rule->anchor == 0)
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "its rule counts the months of calendar %u",
		    rule->calendar);
	if (rule->every == 0 || rule->every > RECUR_EVERY_MAX || n > 0xffff)
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "its rule is too big for a PST");
	put_pattern(out, r, n);
	if (!event)
		return 0;
	put32(out, RECUR_READER2);
	put32(out, RECUR_WRITER2);
	put32(out, r->start_min);
	put32(out, r->end_min);
	put16(out, (unsigned)n);
	for (i = 0; i < n; i++)
		put_change(out, &r->changes[i]);
	put32(out, 0);
	for (i = 0; i < n; i++)
		put_more(out, &r->changes[i]);
	put32(out, 0);
	return 0;
}
