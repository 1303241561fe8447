/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dates, time zones and the instances of a rule; see event.h. */
#include "formats/event.h"

#define DAY 86400

/* ------------------------------------------------------------------ dates */

int64_t
event_day(int64_t wall)
{
	int64_t rest = wall % DAY;

	return wall - (rest < 0 ? rest + DAY : rest);
}

unsigned
event_month_days(int64_t year, unsigned month)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31,
		30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return (unsigned)days[month - 1] + (month == 2 && leap);
}

void
event_civil(int64_t wall, struct event_civil *c_r)
{
	int64_t midnight = event_day(wall), n = midnight / DAY + 719468;
	int64_t era = (n >= 0 ? n : n - 146096) / 146097;
	unsigned in_era = (unsigned)(n - era * 146097);
	unsigned year =
	    (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	unsigned of_year = in_era - (365 * year + year / 4 - year / 100);
	unsigned m = (5 * of_year + 2) / 153; /* from March on */
	unsigned second = (unsigned)(wall - midnight);

	c_r->day = of_year - (153 * m + 2) / 5 + 1;
	c_r->month = m < 10 ? m + 3 : m - 9;
	c_r->year = (int64_t)year + era * 400 + (c_r->month <= 2);
	c_r->hour = second / 3600;
	c_r->minute = second / 60 % 60;
	c_r->second = second % 60;
	c_r->weekday = (unsigned)(((midnight / DAY + 4) % 7 + 7) % 7);
}

int64_t
event_wall(const struct event_civil *c)
{
	return date_days(c->year, c->month, c->day) * DAY +
	    (int64_t)c->hour * 3600 + (int64_t)c->minute * 60 + c->second;
}

/* ------------------------------------------------------------- time zones */

static int64_t
year_of(int64_t wall)
{
	struct event_civil c;

	event_civil(wall, &c);
	return c.year;
}

const struct event_zone_rule *
event_zone_rule_in(const struct event_zone *z, int64_t year)
{
	const struct event_zone_rule *r = z->rules;
	size_t i;

	for (i = 1; i < z->n_rules && z->rules[i].year <= year; i++)
		r = &z->rules[i];
	return r;
}

int64_t
event_switch_at(const struct event_switch *s, int64_t year)
{
	struct event_civil c = { .year = year,
		.month = s->month,
		.day = 1,
		.hour = s->hour,
		.minute = s->minute,
		.second = s->second };
	struct event_civil first;
	unsigned last = event_month_days(year, s->month);

	if (s->year != 0) {
		c.day = s->day < last ? s->day : last;
		return event_wall(&c);
	}
	event_civil(event_wall(&c), &first);
	c.day = 1 + (s->weekday + 7 - first.weekday) % 7 + 7 * (s->day - 1u);
	while (c.day > last)
		c.day -= 7;
	return event_wall(&c);
}

bool
event_zone_changes(const struct event_zone_rule *r)
{
	return r->std.month != 0 && r->dst.month != 0;
}

static int32_t
standard(const struct event_zone_rule *r)
{
	return -(r->bias + r->std_bias) * 60;
}

static int32_t
daylight(const struct event_zone_rule *r)
{
	return -(r->bias + r->dst_bias) * 60;
}

int32_t
event_zone_offset(const struct event_zone *z, int64_t utc)
{
	const struct event_zone_rule *r;
	int64_t year, std, dst;
	bool summer;

	if (z == NULL || z->n_rules == 0)
		return 0;
	/* the rule of the year at its own clock; near New Year the rule of
	 * the year in UTC says which year it is there */
	r = event_zone_rule_in(z, year_of(utc));
	year = year_of(utc + standard(r));
	r = event_zone_rule_in(z, year);
	if (!event_zone_changes(r))
		return standard(r);
	dst = event_switch_at(&r->dst, year) - standard(r);
	std = event_switch_at(&r->std, year) - daylight(r);
	summer = dst < std ? utc >= dst && utc < std : utc < std || utc >= dst;
	return summer ? daylight(r) : standard(r);
}

int64_t
event_to_wall(const struct event_zone *z, int64_t utc)
{
	return utc == DATE_UNKNOWN ? utc : utc + event_zone_offset(z, utc);
}

int64_t
event_to_utc(const struct event_zone *z, int64_t wall)
{
	const struct event_zone_rule *r;
	int32_t early, late;

	if (wall == DATE_UNKNOWN || z == NULL || z->n_rules == 0)
		return wall;
	r = event_zone_rule_in(z, year_of(wall));
	early = standard(r) > daylight(r) ? standard(r) : daylight(r);
	late = standard(r) > daylight(r) ? daylight(r) : standard(r);
	if (event_zone_changes(r) &&
	    event_zone_offset(z, wall - early) == early)
		return wall - early;
	return wall - (event_zone_changes(r) ? late : standard(r));
}

static bool
same_switch(const struct event_switch *a, const struct event_switch *b)
{
	return a->month == b->month &&
	    (a->month == 0 ||
		(a->year == b->year && a->day == b->day &&
		    (a->year != 0 || a->weekday == b->weekday) &&
		    a->hour == b->hour && a->minute == b->minute &&
		    a->second == b->second));
}

bool
event_zone_rule_same(const struct event_zone_rule *a,
    const struct event_zone_rule *b)
{
	if (standard(a) != standard(b) ||
	    event_zone_changes(a) != event_zone_changes(b))
		return false;
	return !event_zone_changes(a) ||
	    (daylight(a) == daylight(b) && same_switch(&a->std, &b->std) &&
		same_switch(&a->dst, &b->dst));
}

bool
event_zone_same(const struct event_zone *a, const struct event_zone *b)
{
	size_t i;

	if (a == b || a == NULL || b == NULL || a->n_rules != b->n_rules)
		return a == b;
	for (i = 0; i < a->n_rules; i++)
		if ((i > 0 && a->rules[i].year != b->rules[i].year) ||
		    !event_zone_rule_same(&a->rules[i], &b->rules[i]))
			return false;
	return true;
}

/* -------------------------------------------------------------- instances */

bool
event_rule_is_foreign(const struct event_rule *r)
{
	/* days and weeks are the same everywhere; of the calendars with
	 * years of their own some have our months */
	static const bool ours[] = { true, true, true, true, true, true, false,
		true, false, true, true, true, true };

	if (r->pattern == EVENT_DAILY || r->pattern == EVENT_WEEKLY)
		return false;
	return r->hijri || r->calendar >= sizeof(ours) / sizeof(ours[0]) ||
	    !ours[r->calendar];
}

/* The day of the month with that number (from year 0 on) that the rule
 * means. */
static int64_t
day_in_month(const struct event_rule *r, int64_t month)
{
	struct event_civil c = { .year = month / 12,
		.month = (unsigned)(month % 12) + 1,
		.day = 1 };
	unsigned last = event_month_days(c.year, c.month), seen = 0, day;
	struct event_civil first;

	if (r->pattern == EVENT_MONTHLY) {
		c.day = r->day < last ? r->day : last;
		return event_wall(&c);
	}
	event_civil(event_wall(&c), &first);
	for (day = 1; day <= last; day++) {
		if (!(r->weekdays & 1u << (first.weekday + day - 1) % 7))
			continue;
		c.day = day;
		if (++seen == (unsigned)r->nth && r->nth > 0)
			break;
	}
	return event_wall(&c);
}

static int64_t
month_of(int64_t day)
{
	struct event_civil c;

	event_civil(day, &c);
	return c.year * 12 + c.month - 1;
}

static int64_t
week_of(const struct event_rule *r, int64_t day)
{
	struct event_civil c;

	event_civil(day, &c);
	return day - (int64_t)((c.weekday + 7 - r->week_start) % 7) * DAY;
}

/* The first day of the week's pattern at or after 'day'. */
static int64_t
next_of_week(const struct event_recur *r, int64_t day)
{
	int64_t period = (int64_t)r->rule.every * 7 * DAY;
	int64_t first = week_of(&r->rule, r->first_day), late;
	struct event_civil c;

	for (;; day += DAY) {
		late = (week_of(&r->rule, day) - first) % period;
		if (late != 0)
			day = week_of(&r->rule, day) + period - late;
		event_civil(day, &c);
		if (r->rule.weekdays & 1u << c.weekday)
			return day;
	}
}

/* The next day; months are stepped by w->day. */
static int64_t
next_day(struct event_walk *w, const struct event_recur *r)
{
	const struct event_rule *rule = &r->rule;
	int64_t day;

	if (rule->pattern == EVENT_DAILY)
		return w->day = w->begun ? w->day + (int64_t)rule->every * DAY
					 : r->first_day;
	if (rule->pattern == EVENT_WEEKLY)
		return w->day = next_of_week(r,
			   w->begun ? w->day + DAY : r->first_day);
	do {
		w->day =
		    w->begun ? w->day + rule->every : month_of(r->first_day);
		w->begun = true;
		day = day_in_month(rule, w->day);
	} while (day < r->first_day);
	return day;
}

static bool
is_sane(const struct event_recur *r)
{
	const struct event_rule *rule = &r->rule;

	if (rule->every == 0 || rule->every > 1000000 ||
	    r->first_day > EVENT_LAST_DAY || event_rule_is_foreign(rule))
		return false;
	if (rule->pattern == EVENT_MONTHLY)
		return rule->day > 0;
	return rule->pattern == EVENT_DAILY || (rule->weekdays & 0x7f) != 0;
}

int
event_walk_next(struct event_walk *w, const struct event_recur *r,
    int64_t *wall_r)
{
	int64_t day;

	if (!is_sane(r) ||
	    (r->rule.end == EVENT_AFTER && w->given >= r->rule.count))
		return 0;
	day = next_day(w, r);
	w->begun = true;
	if (day > EVENT_LAST_DAY ||
	    (r->rule.end == EVENT_BY && day > r->rule.until))
		return 0;
	w->given++;
	*wall_r = day + (int64_t)r->start_min * 60;
	return 1;
}

/* Days and weeks come in cycles: go on as many of them as there are left, but
 * for the last.  Somebody may want a billion instances. */
static void
jump(struct event_walk *w, const struct event_recur *r)
{
	const struct event_rule *rule = &r->rule;
	int64_t last = EVENT_LAST_DAY, cycle, n, left;
	unsigned per_cycle = 1, i;

	if (rule->pattern != EVENT_DAILY && rule->pattern != EVENT_WEEKLY)
		return;
	cycle = (int64_t)rule->every * DAY;
	if (rule->pattern == EVENT_WEEKLY) {
		cycle *= 7;
		for (per_cycle = i = 0; i < 7; i++)
			per_cycle += rule->weekdays >> i & 1;
	}
	if (rule->end == EVENT_BY && rule->until < last)
		last = rule->until;
	n = (last - w->day) / cycle - 1;
	if (rule->end == EVENT_AFTER) {
		left = (rule->count - w->given) / per_cycle;
		n = left - 1 < n ? left - 1 : n;
	}
	if (n <= 0)
		return;
	w->day += n * cycle;
	w->given += (uint32_t)n * per_cycle;
}

/* All of them: how many, and the last one's day. */
static uint32_t
walk_all(const struct event_recur *r, int64_t *last_r)
{
	struct event_walk w = { 0 };
	int64_t wall;

	*last_r = r->first_day;
	if (!event_walk_next(&w, r, &wall))
		return 0;
	jump(&w, r);
	if (r->rule.pattern == EVENT_DAILY || r->rule.pattern == EVENT_WEEKLY)
		*last_r = w.day;
	while (event_walk_next(&w, r, &wall))
		*last_r = wall - (int64_t)r->start_min * 60;
	return w.given;
}

int64_t
event_recur_last_day(const struct event_recur *r)
{
	int64_t last;

	if (r->rule.end == EVENT_NEVER || !is_sane(r))
		return EVENT_LAST_DAY;
	walk_all(r, &last);
	return last;
}

uint32_t
event_recur_count(const struct event_recur *r)
{
	int64_t last;

	return r->rule.end == EVENT_NEVER || !is_sane(r) ? 0
							 : walk_all(r, &last);
}

/* ------------------------------------------------------------------ empty */

static void
about_init(struct event_about *a)
{
	a->importance = 1;
	a->created = a->modified = DATE_UNKNOWN;
}

void
event_init(struct event *e)
{
	memset(e, 0, sizeof(*e));
	about_init(&e->about);
	e->start = e->end = e->replaces = DATE_UNKNOWN;
	e->busy = EVENT_IS_BUSY;
	e->intended_busy = -1;
	e->answered = e->owner_critical = DATE_UNKNOWN;
	e->owner_id = -1;
}

void
task_init(struct task *t)
{
	memset(t, 0, sizeof(*t));
	about_init(&t->about);
	t->start = t->due = t->completed = t->remind_at = DATE_UNKNOWN;
}

void
journal_init(struct journal *j)
{
	memset(j, 0, sizeof(*j));
	about_init(&j->about);
	j->start = j->end = DATE_UNKNOWN;
	j->minutes = -1;
}

void
event_apply_change(struct event *e, const struct event *series,
    const struct event_change *c)
{
	e->recur = NULL;
	e->replaces = c->original;
	if (c->differs & EVENT_SUBJECT)
		e->about.subject = c->subject;
	if (c->differs & EVENT_LOCATION)
		e->location = c->location;
	if (c->differs & EVENT_REMINDER_MIN)
		e->reminder_min = c->reminder_min;
	if (c->differs & EVENT_REMINDER)
		e->reminder = c->reminder;
	if ((c->differs & EVENT_BUSY) && c->busy >= EVENT_FREE &&
	    c->busy <= EVENT_ELSEWHERE)
		e->busy = (enum event_busy)c->busy;
	if (c->differs & EVENT_COLOR)
		e->color = c->color;
	if (c->differs & EVENT_MEETING)
		e->state = c->state;
	e->all_day = c->differs & EVENT_ALL_DAY ? c->all_day : series->all_day;
	e->start = e->all_day ? c->start : event_to_utc(series->zone, c->start);
	e->end = e->all_day ? c->end : event_to_utc(series->zone, c->end);
}
