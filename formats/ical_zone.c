/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Time zones as VTIMEZONE, RFC 5545 3.6.5, made of their own rules. */
#include <stdlib.h>

#include "formats/ical_impl.h"

#define RDATES_MAX 200	/* of a rule that has an end */
#define LAST_YEAR  2200 /* rules from later years are no rules */

/* ---------------------------------------------------------------- writing */

/*
 * The last rule has an RRULE without an end, those before are lists of dates:
 * an RRULE with an UNTIL would be right, too, but not all programs can read
 * it.
 */
struct onset {
	bool daylight;
	int32_t from, to;
	const struct event_switch *when; /* NULL: New Year */
	int64_t first, last;		 /* years; a last of 0: for ever */
};

static void
put_rule(icalcomponent *c, const struct event_switch *s)
{
	static const char *const days[] = { "SU", "MO", "TU", "WE", "TH", "FR",
		"SA" };
	char text[60];

	if (s->year != 0)
		snprintf(text, sizeof(text),
		    "FREQ=YEARLY;BYMONTHDAY=%u;BYMONTH=%u", s->day, s->month);
	else
		snprintf(text, sizeof(text),
		    "FREQ=YEARLY;BYDAY=%d%s;BYMONTH=%u",
		    s->day >= 5 ? -1 : (int)s->day, days[s->weekday], s->month);
	put_prop(c,
	    icalproperty_new_rrule(icalrecurrencetype_from_string(text)));
}

static int64_t
onset_at(const struct onset *o, int64_t year)
{
	struct event_civil c = { .year = year, .month = 1, .day = 1 };

	return o->when == NULL ? event_wall(&c)
			       : event_switch_at(o->when, year);
}

static void
put_onset(icalcomponent *zone, const struct onset *o)
{
	icalcomponent *c = icalcomponent_new(
	    o->daylight ? ICAL_XDAYLIGHT_COMPONENT : ICAL_XSTANDARD_COMPONENT);
	struct icaldatetimeperiodtype t = { .period =
						icalperiodtype_null_period() };
	int64_t year, first = o->first;

	if (o->last != 0 && o->last - first > RDATES_MAX)
		first = o->last - RDATES_MAX;
	put_prop(c,
	    icalproperty_new_dtstart(
		ical_time(onset_at(o, first), false, false)));
	put_prop(c, icalproperty_new_tzoffsetfrom(o->from));
	put_prop(c, icalproperty_new_tzoffsetto(o->to));
	if (o->when != NULL && o->last == 0)
		put_rule(c, o->when);
	for (year = first + 1; year <= o->last; year++) {
		t.time = ical_time(onset_at(o, year), false, false);
		put_prop(c, icalproperty_new_rdate(t));
	}
	icalcomponent_add_component(zone, c);
}

static int32_t
offset_of(const struct event_zone_rule *r, bool daylight)
{
	return -(r->bias + (daylight ? r->dst_bias : r->std_bias)) * 60;
}

/* The two changes of a rule in these years. */
static void
put_changes(icalcomponent *zone, const struct event_zone_rule *r, int64_t first,
    int64_t last)
{
	struct onset o = { .first = first, .last = last };
	int daylight;

	for (daylight = 0; daylight <= 1; daylight++) {
		o.daylight = daylight;
		o.from = offset_of(r, !daylight);
		o.to = offset_of(r, daylight);
		o.when = daylight ? &r->dst : &r->std;
		put_onset(zone, &o);
	}
}

/* At New Year, from one rule to the next; 'before' is NULL for the first. */
static void
put_new_year(icalcomponent *zone, const struct event_zone_rule *before,
    const struct event_zone_rule *r, int64_t year)
{
	struct event_civil c = { .year = year, .month = 1, .day = 1 };
	int64_t wall = event_wall(&c);
	struct event_zone one = { .rules = r, .n_rules = 1 };
	struct onset o = { .first = year, .last = year };

	o.to = event_zone_offset(&one, wall - offset_of(r, false));
	o.from = o.to;
	if (before != NULL) {
		one.rules = before;
		o.from = event_zone_offset(&one,
		    wall - offset_of(before, false) - 1);
	}
	o.daylight = event_zone_changes(r) && o.to == offset_of(r, true);
	/* where nothing changes nothing need be said; at the beginning the
	 * changes of the first year do, a year before it matters */
	if (before == NULL ? !event_zone_changes(r) : o.from != o.to)
		put_onset(zone, &o);
}

static void
put_zone(struct ical_build *b, const struct event_zone *z, const char *id)
{
	icalcomponent *zone = icalcomponent_new(ICAL_VTIMEZONE_COMPONENT);
	const struct event_zone_rule *end = z->rules + z->n_rules,
				     *before = NULL, *r, *next;
	int64_t first = b->first_year, last;

	put_prop(zone, icalproperty_new_tzid(id));
	put_x(zone, X_ZONE_SHOWN, z->shown);
	for (r = event_zone_rule_in(z, first); r < end; r = next) {
		/* one that says the same is no other rule */
		for (next = r + 1;
		     next < end && event_zone_rule_same(r, next) &&
		     r->std.year == 0 && r->dst.year == 0;
		     next++)
			;
		last =
		    next < end && next->year <= LAST_YEAR ? next->year - 1 : 0;
		put_new_year(zone, before, r, first);
		if (event_zone_changes(r))
			put_changes(zone, r, first, last);
		before = r;
		if (last == 0)
			break;
		first = last + 1;
	}
	icalcomponent_add_component(b->cal, zone);
}

/* A name, and not another zone's. */
static void
make_id(struct ical_build *b, const struct event_zone *z, char *id, size_t cap)
{
	struct slice name = z->name.n > 0 ? z->name : z->shown;
	struct buf text = { 0 };
	unsigned n = 1;
	size_t i, len;

	ical_clean(&text, name, cap - 10);
	/* what had to be quoted or escaped does not survive everywhere */
	for (i = 0; i < text.n; i++)
		if (strchr("\"\n\t,;:\\", text.p[i]) != NULL)
			text.p[i] = text.p[i] == ':' ? '.' : '-';
	if (text.n == 0)
		buf_putf(&text, "UTC%+03d%02d",
		    offset_of(z->rules, false) / 3600,
		    abs(offset_of(z->rules, false)) / 60 % 60);
	snprintf(id, cap, "%s", text.p);
	len = strlen(id);
	for (i = 0; i < b->n_zones; i++)
		if (strcmp(b->zones[i].id, id) == 0) {
			snprintf(id + len, cap - len, " (%u)", ++n);
			i = (size_t)-1;
		}
	buf_free(&text);
}

const char *
ical_zone_id(struct ical_build *b, const struct event_zone *z)
{
	size_t i;

	for (i = 0; i < b->n_zones; i++)
		if (b->zones[i].zone == z ||
		    (event_zone_same(b->zones[i].zone, z) &&
			slice_eq(b->zones[i].zone->name, z->name)))
			return b->zones[i].id;
	if (b->n_zones == ICAL_ZONES_MAX)
		return NULL;
	make_id(b, z, b->zones[i].id, sizeof(b->zones[i].id));
	b->zones[i].zone = z;
	b->n_zones++;
	put_zone(b, z, b->zones[i].id);
	return b->zones[i].id;
}

/* ---------------------------------------------------------------- reading */

/* One STANDARD or DAYLIGHT, as far as a PST has words for it. */
struct observance {
	bool daylight, yearly;
	int64_t from_year, last_year; /* of its changes */
	int64_t at;		      /* wall */
	int32_t from, to;
	struct event_switch when;
};

#define OBSERVANCES_MAX 200

/* "2SU", or "8 to 14, Sunday"; else its date. */
static void
set_switch(struct observance *o, const struct icalrecurrencetype *r)
{
	struct event_civil c;
	int position = 0;

	event_civil(o->at, &c);
	o->when = (struct event_switch){ .month = (uint8_t)c.month,
		.day = (uint8_t)c.day,
		.hour = (uint8_t)c.hour,
		.minute = (uint8_t)c.minute,
		.second = (uint8_t)c.second,
		.year = (uint16_t)c.year };
	if (r->by_day[0] == ICAL_RECURRENCE_ARRAY_MAX)
		return;
	o->when.year = 0;
	position = icalrecurrencetype_day_position(r->by_day[0]);
	o->when.weekday =
	    (uint8_t)(icalrecurrencetype_day_day_of_week(r->by_day[0]) -
		ICAL_SUNDAY_WEEKDAY);
	if (position == 0 && r->by_month_day[0] != ICAL_RECURRENCE_ARRAY_MAX)
		position = r->by_month_day[0] < 0 || r->by_month_day[0] > 24
		    ? -1
		    : (r->by_month_day[0] - 1) / 7 + 1;
	o->when.day = position < 0 || position > 4 ? 5
	    : position == 0			   ? 1
						   : (uint8_t)position;
	if (r->by_month[0] != ICAL_RECURRENCE_ARRAY_MAX)
		o->when.month =
		    (uint8_t)icalrecurrencetype_month_month(r->by_month[0]);
	if (o->when.month < 1 || o->when.month > 12 || o->when.weekday > 6)
		o->when.month = (uint8_t)c.month;
}

/* From a list of dates: which weekday of the month they have in common. */
static void
set_listed(struct observance *o, icalcomponent *c)
{
	bool same = true, last = true;
	struct icaldatetimeperiodtype t;
	struct event_civil first, d;
	icalproperty *p =
	    icalcomponent_get_first_property(c, ICAL_RDATE_PROPERTY);
	int64_t wall = o->at;

	event_civil(o->at, &first);
	for (;;) {
		event_civil(wall, &d);
		if (d.year > o->last_year)
			o->last_year = d.year;
		same &= (d.day - 1) / 7 == (first.day - 1) / 7;
		last &= d.day + 7 > event_month_days(d.year, d.month);
		if (d.month != first.month || d.weekday != first.weekday)
			return; /* by the dates, then */
		do {
			if (p == NULL)
				goto whole;
			t = icalproperty_get_rdate(p);
			wall = ical_wall(t.time);
			p = icalcomponent_get_next_property(c,
			    ICAL_RDATE_PROPERTY);
		} while (wall == DATE_UNKNOWN);
	}
whole:
	if (!same && !last)
		return;
	o->yearly = true;
	o->when = (struct event_switch){ .month = (uint8_t)first.month,
		.weekday = (uint8_t)first.weekday,
		.day = (uint8_t)(last ? 5 : (first.day - 1) / 7 + 1),
		.hour = (uint8_t)first.hour,
		.minute = (uint8_t)first.minute,
		.second = (uint8_t)first.second };
}

static bool
read_observance(icalcomponent *c, struct observance *o)
{
	icalproperty *start, *from, *to, *rule;
	struct icalrecurrencetype r;
	struct event_civil civil;

	start = icalcomponent_get_first_property(c, ICAL_DTSTART_PROPERTY);
	from = icalcomponent_get_first_property(c, ICAL_TZOFFSETFROM_PROPERTY);
	to = icalcomponent_get_first_property(c, ICAL_TZOFFSETTO_PROPERTY);
	rule = icalcomponent_get_first_property(c, ICAL_RRULE_PROPERTY);
	if (start == NULL || from == NULL || to == NULL)
		return false;
	memset(o, 0, sizeof(*o));
	o->daylight = icalcomponent_isa(c) == ICAL_XDAYLIGHT_COMPONENT;
	o->at = ical_wall(icalproperty_get_dtstart(start));
	o->from = icalproperty_get_tzoffsetfrom(from);
	o->to = icalproperty_get_tzoffsetto(to);
	if (o->at == DATE_UNKNOWN)
		return false;
	event_civil(o->at, &civil);
	o->from_year = o->last_year = civil.year;
	if (icalcomponent_count_properties(c, ICAL_RDATE_PROPERTY) > 0)
		set_listed(o, c);
	if (rule == NULL)
		return true;
	r = icalproperty_get_rrule(rule);
	if (r.freq != ICAL_YEARLY_RECURRENCE)
		return true;
	o->yearly = true;
	o->last_year = INT32_MAX;
	set_switch(o, &r);
	if (!icaltime_is_null_time(r.until)) {
		event_civil(ical_wall(r.until) + o->from, &civil);
		o->last_year = civil.year;
	}
	return true;
}

/* The one that is in force in a year, or begins in it. */
static const struct observance *
in_year(const struct observance *o, size_t n, int64_t year, bool daylight)
{
	const struct observance *found = NULL;
	size_t i;

	for (i = 0; i < n; i++)
		if (o[i].daylight == daylight && o[i].from_year <= year &&
		    o[i].last_year >= year &&
		    (found == NULL || o[i].from_year > found->from_year ||
			(o[i].yearly && !found->yearly)))
			found = &o[i];
	return found;
}

static void
set_once(struct event_switch *s, const struct observance *o)
{
	struct event_civil c;

	*s = o->when;
	if (o->yearly)
		return;
	event_civil(o->at, &c);
	*s = (struct event_switch){ .year = (uint16_t)c.year,
		.month = (uint8_t)c.month,
		.day = (uint8_t)c.day,
		.hour = (uint8_t)c.hour,
		.minute = (uint8_t)c.minute,
		.second = (uint8_t)c.second };
}

/* What is added to UTC when the year begins. */
static int32_t
offset_before(const struct observance *o, size_t n, int64_t year)
{
	struct event_civil c = { .year = year, .month = 1, .day = 1 };
	int64_t wall = event_wall(&c), best = INT64_MIN, at;
	int32_t offset = n > 0 ? o[0].to : 0;
	size_t i;

	for (i = 0; i < n; i++) {
		if (o[i].at > wall)
			continue;
		at = o[i].at;
		if (o[i].yearly)
			at = event_switch_at(&o[i].when,
			    o[i].last_year < year ? o[i].last_year : year - 1);
		if (at >= best) {
			best = at;
			offset = o[i].to;
		}
	}
	return offset;
}

static struct event_zone_rule
rule_of(const struct observance *o, size_t n, int64_t year)
{
	const struct observance *std = in_year(o, n, year, false),
				*dst = in_year(o, n, year, true);
	struct event_zone_rule r = { .year = (int32_t)year };

	if (std == NULL || dst == NULL) {
		r.bias =
		    -(std != NULL && !std->yearly ? std->to
						  : offset_before(o, n, year)) /
		    60;
		return r;
	}
	r.bias = -std->to / 60;
	r.dst_bias = -dst->to / 60 - r.bias;
	set_once(&r.std, std);
	set_once(&r.dst, dst);
	return r;
}

static int
by_year(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void
read_rules(icalcomponent *zone, struct event_zone *z, struct arena *a)
{
	struct observance *o = arena_alloc(a, OBSERVANCES_MAX * sizeof(*o));
	struct event_zone_rule *rules, r;
	int64_t years[2 * OBSERVANCES_MAX] = { 0 };
	size_t n = 0, n_years = 0, i;
	icalcomponent *c;

	for (c = icalcomponent_get_first_component(zone, ICAL_ANY_COMPONENT);
	     c != NULL && n < OBSERVANCES_MAX;
	     c = icalcomponent_get_next_component(zone, ICAL_ANY_COMPONENT))
		if ((icalcomponent_isa(c) == ICAL_XSTANDARD_COMPONENT ||
			icalcomponent_isa(c) == ICAL_XDAYLIGHT_COMPONENT) &&
		    read_observance(c, &o[n])) {
			years[n_years++] = o[n].from_year;
			if (o[n].last_year < 9999)
				years[n_years++] = o[n].last_year + 1;
			n++;
		}
	qsort(years, n_years, sizeof(years[0]), by_year);
	rules = arena_alloc(a, (n_years + 1) * sizeof(*rules));
	for (i = 0; i < n_years; i++) {
		r = rule_of(o, n, years[i]);
		if (z->n_rules == 0 ||
		    (rules[z->n_rules - 1].year < r.year &&
			!event_zone_rule_same(&rules[z->n_rules - 1], &r)))
			rules[z->n_rules++] = r;
	}
	z->rules = rules;
}

struct ical_zone *
ical_zones(icalcomponent *cal, struct arena *a)
{
	struct ical_zone *all = NULL, *one;
	icalcomponent *c;
	icalproperty *p;

	for (c = icalcomponent_get_first_component(cal,
		 ICAL_VTIMEZONE_COMPONENT);
	     c != NULL; c = icalcomponent_get_next_component(cal,
			    ICAL_VTIMEZONE_COMPONENT)) {
		p = icalcomponent_get_first_property(c, ICAL_TZID_PROPERTY);
		if (p == NULL || icalproperty_get_tzid(p) == NULL)
			continue;
		one = arena_alloc(a, sizeof(*one));
		one->id = arena_str(a, icalproperty_get_tzid(p));
		one->zone.name = slice_str(one->id);
		one->zone.shown = get_x(c, X_ZONE_SHOWN, a);
		read_rules(c, &one->zone, a);
		if (one->zone.n_rules == 0)
			continue;
		one->next = all;
		all = one;
	}
	return all;
}

const struct event_zone *
ical_zone_find(const struct ical_zone *all, const char *id)
{
	for (; id != NULL && all != NULL; all = all->next)
		if (strcmp(all->id, id) == 0)
			return &all->zone;
	return NULL;
}
