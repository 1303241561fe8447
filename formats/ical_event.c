/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Appointments and meetings as VEVENT, by [MS-OXCICAL] 2.1.3.1.1.20. */
#include "formats/ical_impl.h"

#define REMINDER_MAX (20 * 366 * 24 * 60) /* minutes */
#define ZONES_FROM   1970 /* the year that time zones are told from */

static const char *const busy_names[] = { "FREE", "TENTATIVE", "BUSY", "OOF",
	"WORKINGELSEWHERE" };

static const char *
busy_name(int32_t busy)
{
	return busy >= EVENT_FREE && busy <= EVENT_ELSEWHERE ? busy_names[busy]
							     : "BUSY";
}

/* ----------------------------------------------------------------- times */

/* Start and end as they are in wall time, for an instance that begins at
 * 'start'; days for whole ones. */
static void
put_span(struct ical_build *b, icalcomponent *c, const struct event *e)
{
	const struct event_zone *end =
	    e->end_zone != NULL ? e->end_zone : e->zone;

	if (e->start == DATE_UNKNOWN) {
		if (b->opts->method == ICAL_STORED)
			ical_problem(b->opts, "it has no start");
		return;
	}
	if (e->all_day) {
		put_date(c, ICAL_DTSTART_PROPERTY, event_day(e->start));
		/* RFC 5545 3.8.2.2: later than the start, or not there */
		if (e->end > event_day(e->start) + 86399)
			put_date(c, ICAL_DTEND_PROPERTY, event_day(e->end));
		return;
	}
	put_zoned(b, c, ICAL_DTSTART_PROPERTY, e->zone, e->start);
	if (e->end > e->start)
		put_zoned(b, c, ICAL_DTEND_PROPERTY, end, e->end);
}

/* An instance of the series by when it would have begun. */
static void
put_original(struct ical_build *b, icalcomponent *c, icalproperty_kind kind,
    const struct event *e, int64_t wall)
{
	if (e->all_day)
		put_date(c, kind, event_day(wall));
	else
		put_wall(b, c, kind, e->zone, wall);
}

/* ---------------------------------------------------------------- people */

static bool
is_somebody(const struct item_person *who)
{
	return who->name.n > 0 || who->smtp.n > 0;
}

static void
put_people(struct ical_build *b, icalcomponent *c, const struct event *e)
{
	enum ical_method m = b->opts->method;
	const struct event_attendee *as;
	size_t i;

	if (!is_somebody(&e->organizer) && e->n_attendees == 0)
		return;
	put_person(c, ICAL_ORGANIZER_PROPERTY, &e->organizer, NULL, false);
	for (i = 0; i < e->n_attendees; i++) {
		as = &e->attendees[i];
		if (is_somebody(&as->who) && !as->organizer)
			put_person(c, ICAL_ATTENDEE_PROPERTY, &as->who, as,
			    m == ICAL_REQUEST ||
				(m == ICAL_STORED && e->wants_answer));
	}
}

/* ----------------------------------------------------------------- status */

static void
put_status(struct ical_build *b, icalcomponent *c, const struct event *e)
{
	bool canceled =
	    b->opts->method == ICAL_CANCEL || (e->state & EVENT_STATE_CANCELED);

	if (canceled)
		put_prop(c, icalproperty_new_status(ICAL_STATUS_CANCELLED));
	else if (b->opts->method == ICAL_STORED)
		put_prop(c,
		    icalproperty_new_status(e->busy == EVENT_BUSY_TENTATIVE
			    ? ICAL_STATUS_TENTATIVE
			    : ICAL_STATUS_CONFIRMED));
	if (e->about.importance != 1)
		put_prop(c,
		    icalproperty_new_priority(e->about.importance > 1 ? 1 : 9));
	if (b->opts->method == ICAL_REPLY)
		return;
	put_prop(c,
	    icalproperty_new_transp(e->busy == EVENT_FREE
		    ? ICAL_TRANSP_TRANSPARENT
		    : ICAL_TRANSP_OPAQUE));
	put_x(c, X_BUSY, slice_str(busy_name(e->busy)));
	if (e->intended_busy >= 0)
		put_x(c, X_INTENDED_BUSY,
		    slice_str(busy_name(e->intended_busy)));
	if (e->all_day)
		put_x(c, X_ALL_DAY, slice_str("TRUE"));
	if (e->owner_id >= 0)
		put_x_number(c, X_OWNER_ID, e->owner_id);
	put_x_time(c, X_CRITICAL, e->owner_critical);
	if (e->organizer.smtp.n + e->organizer.name.n > 0 &&
	    !e->counter_allowed)
		put_x(c, X_NO_COUNTER, slice_str("TRUE"));
	if (e->color != 0)
		put_x_number(c, X_COLOR, e->color);
	if (e->answer != EVENT_NO_ANSWER)
		put_x_number(c, X_ANSWER, e->answer);
	put_x_time(c, X_ANSWERED, e->answered);
	put_x(c, X_CONFERENCE, e->conference);
}

static void
put_reminder(icalcomponent *c, const struct event *e)
{
	icalcomponent *alarm;
	struct icaltriggertype t = { .time = icaltime_null_time() };

	if (!e->reminder)
		return;
	alarm = icalcomponent_new(ICAL_VALARM_COMPONENT);
	put_prop(alarm, icalproperty_new_action(ICAL_ACTION_DISPLAY));
	put_prop(alarm, icalproperty_new_description("Reminder"));
	t.duration = icaldurationtype_from_int(
	    -(e->reminder_min > REMINDER_MAX	      ? REMINDER_MAX
		    : e->reminder_min < -REMINDER_MAX ? -REMINDER_MAX
						      : e->reminder_min) *
	    60);
	put_prop(alarm, icalproperty_new_trigger(t));
	icalcomponent_add_component(c, alarm);
}

/* ------------------------------------------------------------------ rule */

static void
put_foreign(struct ical_build *b, icalcomponent *c, const struct event *e,
    struct icalrecurrencetype *rule)
{
	const struct event_rule *r = &e->recur->rule;
	const char *name =
	    r->hijri ? ical_calendar_name(6) : ical_calendar_name(r->calendar);
	char *text;

	ical_problem(b->opts,
	    "its rule counts %s months: other programs see the first time "
	    "only",
	    name == NULL ? "another calendar's" : name);
	if (name == NULL)
		return;
	text = icalrecurrencetype_as_string_r(rule);
	put_x(c, X_RRULE, slice_str(text));
	icalmemory_free_buffer(text);
	put_x(c, X_CALSCALE, slice_str(name));
	put_x_number(c, X_ANCHOR, r->anchor);
}

static void
put_rule(struct ical_build *b, icalcomponent *c, const struct event *e)
{
	struct icalrecurrencetype rule;
	size_t i, n = e->recur->n_deleted;

	if (!ical_rule(&rule, e->recur, e->zone, e->all_day)) {
		ical_problem(b->opts, "its rule has no place in iCalendar");
		return;
	}
	if (event_rule_is_foreign(&e->recur->rule)) {
		put_foreign(b, c, e, &rule);
		return;
	}
	put_prop(c, icalproperty_new_rrule(rule));
	if (n > ICAL_DELETED_MAX) {
		ical_problem(b->opts,
		    "only %d of its %zu deleted instances are written",
		    ICAL_DELETED_MAX, n);
		n = ICAL_DELETED_MAX;
	}
	for (i = 0; i < n; i++)
		put_original(b, c, ICAL_EXDATE_PROPERTY, e,
		    e->recur->deleted[i]);
}

/* ----------------------------------------------------------------- event */

static icalcomponent *
new_event(struct ical_build *b, const struct event *e)
{
	icalcomponent *c = icalcomponent_new(ICAL_VEVENT_COMPONENT);

	put_about(b, c, &e->about, true);
	put_prop(c,
	    icalproperty_new_sequence(e->sequence > 0 ? e->sequence : 0));
	return c;
}

static void
put_rest(struct ical_build *b, icalcomponent *c, const struct event *e)
{
	put_span(b, c, e);
	put_text(c, ICAL_LOCATION_PROPERTY, e->location);
	put_people(b, c, e);
	put_status(b, c, e);
	if (b->opts->method == ICAL_STORED || b->opts->method == ICAL_REQUEST)
		put_reminder(c, e);
}

/* The instance as an event of its own. */
static void
make_instance(struct event *to, const struct event *of,
    const struct event_change *ch)
{
	*to = ch->whole != NULL ? *ch->whole : *of;
	event_apply_change(to, of, ch);
	to->about.uid = of->about.uid;
	if (to->zone == NULL)
		to->zone = of->zone;
	/* files are the series', once */
	if (ch->whole == NULL)
		to->about.n_attachments = 0;
}

/* What its texts and people take, about. */
static size_t
weight(const struct event *e)
{
	return e->about.plain.n + e->about.html.n + 200 * e->n_attendees;
}

/* Each changed instance is an event of its own, with all that its series has;
 * of many with long texts that would be too much. */
static void
put_changes(struct ical_build *b, const struct event *e)
{
	const struct event_change *ch;
	struct event one;
	icalcomponent *c;
	size_t i, n = e->recur->n_changes, left = ICAL_CHANGES_BYTES;

	if (n > ICAL_CHANGES_MAX) {
		ical_problem(b->opts,
		    "only %d of its %zu changed instances are written",
		    ICAL_CHANGES_MAX, n);
		n = ICAL_CHANGES_MAX;
	}
	for (i = 0; i < n; i++) {
		ch = &e->recur->changes[i];
		make_instance(&one, e, ch);
		if (weight(&one) > left) {
			if (left > 0)
				ical_problem(b->opts,
				    "some of its changed instances are "
				    "written without their texts");
			left = 0;
			one.about.plain = one.about.html = slice_of("", 0);
			one.n_attendees = 0;
		}
		left -= weight(&one);
		c = new_event(b, &one);
		put_original(b, c, ICAL_RECURRENCEID_PROPERTY, e, ch->original);
		put_rest(b, c, &one);
		icalcomponent_add_component(b->cal, c);
	}
}

/* A series begins with its first instance, whatever was said beside. */
static void
set_first(struct event *e)
{
	const struct event_recur *r = e->recur;
	int64_t start = r->first_day + (int64_t)r->start_min * 60;
	int64_t end = r->first_day + (int64_t)r->end_min * 60;

	if (event_rule_is_foreign(&r->rule) && e->start != DATE_UNKNOWN)
		return;
	e->start = e->all_day ? start : event_to_utc(e->zone, start);
	e->end = e->all_day ? end : event_to_utc(e->zone, end);
}

static int64_t
year_of(int64_t t)
{
	struct event_civil c;

	event_civil(t, &c);
	return c.year;
}

/*
 * From a year before the first of them.  But for very early ones it is always
 * the same, for some programs remember a zone by its name when they read the
 * next event.
 */
static int64_t
first_year(const struct event *e)
{
	int64_t first = e->start == DATE_UNKNOWN ? 0 : e->start;
	size_t i;

	for (i = 0; e->recur != NULL && i < e->recur->n_changes; i++)
		if (e->recur->changes[i].start < first)
			first = e->recur->changes[i].start;
	if (e->replaces != DATE_UNKNOWN && e->replaces < first)
		first = e->replaces;
	return year_of(first) - 1 < ZONES_FROM ? year_of(first) - 1
					       : ZONES_FROM;
}

void
put_event(struct ical_build *b, const struct event *given)
{
	struct event e = *given;
	icalcomponent *c;

	if (e.recur != NULL)
		set_first(&e);
	b->first_year = first_year(&e);
	c = new_event(b, &e);
	if (e.replaces != DATE_UNKNOWN)
		put_original(b, c, ICAL_RECURRENCEID_PROPERTY, &e, e.replaces);
	put_rest(b, c, &e);
	if (e.recur != NULL)
		put_rule(b, c, &e);
	icalcomponent_add_component(b->cal, c);
	if (e.recur != NULL && b->opts->method != ICAL_REPLY)
		put_changes(b, &e);
}
