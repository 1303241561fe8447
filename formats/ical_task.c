/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tasks as VTODO and journal entries as VJOURNAL, [MS-OXOTASK] and
 * [MS-OXOJRNL]: no specification says how, so what iCalendar has no words
 * for is kept in properties of our own. */
#include "formats/ical_impl.h"

/* ------------------------------------------------------------------ tasks */

static void
put_status(icalcomponent *c, const struct task *t)
{
	static const char *const names[] = { "NOT-STARTED", "IN-PROGRESS",
		"COMPLETE", "WAITING", "DEFERRED" };
	bool done = t->complete || t->status == TASK_COMPLETE;

	put_prop(c,
	    icalproperty_new_status(done ? ICAL_STATUS_COMPLETED
		    : t->status == TASK_IN_PROGRESS || t->percent > 0
		    ? ICAL_STATUS_INPROCESS
		    : ICAL_STATUS_NEEDSACTION));
	if ((unsigned)t->status <= TASK_DEFERRED)
		put_x(c, X_TASK_STATUS, slice_str(names[t->status]));
	put_prop(c, icalproperty_new_percentcomplete(done ? 100 : t->percent));
	if (done)
		put_utc(c, ICAL_COMPLETED_PROPERTY, t->completed);
	if (t->about.importance != 1)
		put_prop(c,
		    icalproperty_new_priority(t->about.importance > 1 ? 1 : 9));
}

/* The task is one instance of its series, and the next is made when it is
 * done: what is left of the rule is counted from here. */
static void
put_rule(struct ical_build *b, icalcomponent *c, const struct task *t,
    int64_t start)
{
	struct event_recur r = *t->recur;
	struct icalrecurrencetype rule;
	char *text;

	if (r.rule.end == EVENT_AFTER && !event_rule_is_foreign(&r.rule)) {
		r.rule.end = EVENT_BY;
		r.rule.until = event_recur_last_day(t->recur);
		if (r.rule.until < start)
			r.rule.until = start;
	}
	if (!ical_rule(&rule, &r, NULL, true)) {
		ical_problem(b->opts, "its rule has no place in iCalendar");
		return;
	}
	if (!r.rule.regenerates && !event_rule_is_foreign(&r.rule)) {
		put_prop(c, icalproperty_new_rrule(rule));
		put_x_time(c, X_TASK_FIRST, r.first_day);
		return;
	}
	ical_problem(b->opts,
	    r.rule.regenerates
		? "it comes again some time after it was done: no rule of "
		  "iCalendar says that"
		: "its rule counts another calendar's months: other programs "
		  "see one time only");
	text = icalrecurrencetype_as_string_r(&rule);
	put_x(c, r.rule.regenerates ? X_TASK_REGENERATE : X_RRULE,
	    slice_str(text));
	icalmemory_free_buffer(text);
	put_x_time(c, X_TASK_FIRST, r.first_day);
	if (event_rule_is_foreign(&r.rule) &&
	    ical_calendar_name(r.rule.calendar) != NULL) {
		put_x(c, X_CALSCALE,
		    slice_str(ical_calendar_name(r.rule.calendar)));
		put_x_number(c, X_ANCHOR, r.rule.anchor);
	}
}

static void
put_dates(struct ical_build *b, icalcomponent *c, const struct task *t)
{
	int64_t start = t->start;

	/* a rule needs a start to count from */
	if (start == DATE_UNKNOWN && t->recur != NULL) {
		start = t->due != DATE_UNKNOWN ? t->due : t->recur->first_day;
		put_x(c, X_TASK_DUE, slice_str("TRUE"));
	}
	put_date(c, ICAL_DTSTART_PROPERTY, start);
	if (t->due != DATE_UNKNOWN &&
	    (start == DATE_UNKNOWN || t->due >= start))
		put_date(c, ICAL_DUE_PROPERTY, t->due);
	else if (t->due != DATE_UNKNOWN)
		ical_problem(b->opts, "it is due before it begins");
	if (t->recur != NULL)
		put_rule(b, c, t, start);
}

static void
put_people(icalcomponent *c, const struct task *t)
{
	size_t i;

	put_x(c, X_TASK_OWNER, t->owner);
	put_x(c, X_TASK_DELEGATOR, t->delegator);
	put_x(c, X_TASK_ASSIGNER, t->assigner);
	if (t->ownership != TASK_OWN)
		put_x_number(c, X_TASK_OWNERSHIP, t->ownership);
	for (i = 0; i < t->n_assigned; i++)
		put_person(c, ICAL_ATTENDEE_PROPERTY, &t->assigned[i].who,
		    &t->assigned[i], false);
}

static void
put_reminder(icalcomponent *c, const struct task *t)
{
	icalcomponent *alarm;
	struct icaltriggertype when = { .duration =
					    icaldurationtype_null_duration() };
	icalproperty *p;

	if (!t->reminder || t->remind_at == DATE_UNKNOWN)
		return;
	alarm = icalcomponent_new(ICAL_VALARM_COMPONENT);
	put_prop(alarm, icalproperty_new_action(ICAL_ACTION_DISPLAY));
	put_prop(alarm, icalproperty_new_description("Reminder"));
	when.time = ical_time(t->remind_at, false, true);
	p = icalproperty_new_trigger(when);
	icalproperty_set_parameter(p,
	    icalparameter_new_value(ICAL_VALUE_DATETIME));
	put_prop(alarm, p);
	icalcomponent_add_component(c, alarm);
}

void
put_task(struct ical_build *b, const struct task *t)
{
	icalcomponent *c = icalcomponent_new(ICAL_VTODO_COMPONENT);

	put_about(b, c, &t->about, true);
	put_dates(b, c, t);
	put_status(c, t);
	put_people(c, t);
	if (t->team)
		put_x(c, X_TASK_TEAM, slice_str("TRUE"));
	if (t->ordinal != 0)
		put_x_number(c, X_TASK_ORDINAL, t->ordinal);
	if (t->actual_min > 0)
		put_x_number(c, X_TASK_ACTUAL, t->actual_min);
	if (t->estimated_min > 0)
		put_x_number(c, X_TASK_ESTIMATED, t->estimated_min);
	put_reminder(c, t);
	icalcomponent_add_component(b->cal, c);
}

/* ---------------------------------------------------------------- journal */

void
put_journal(struct ical_build *b, const struct journal *j)
{
	icalcomponent *c = icalcomponent_new(ICAL_VJOURNAL_COMPONENT);

	put_about(b, c, &j->about, true);
	put_utc(c, ICAL_DTSTART_PROPERTY, j->start);
	put_x(c, X_JOURNAL_TYPE, j->type);
	/* RFC 5545 3.6.3: an entry has no end and no duration */
	put_x_time(c, X_JOURNAL_END, j->end);
	if (j->minutes >= 0)
		put_x_number(c, X_JOURNAL_MINUTES, j->minutes);
	if (j->about.importance != 1)
		put_x(c, X_IMPORTANCE,
		    slice_str(j->about.importance > 1 ? "2" : "0"));
	icalcomponent_add_component(b->cal, c);
}
