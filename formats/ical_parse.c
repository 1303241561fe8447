/* SPDX-License-Identifier: GPL-3.0-or-later */
/* iCalendar read back into the structs; see ical.h. */
#include <stdlib.h>

#include "formats/ical_impl.h"

#define DELETED_MAX 20000
#define DAY_S	    86400

struct reading {
	struct arena *a;
	const struct ical_opts *opts;
	const struct ical_zone *zones;
};

/* ------------------------------------------------------------------ times */

/* UTC, or the day; and whose clock it was. */
static int64_t
get_moment(struct reading *rd, icalcomponent *c, icalproperty_kind kind,
    const struct event_zone **z_r, bool *is_date_r)
{
	icalproperty *p = icalcomponent_get_first_property(c, kind);
	int64_t wall;

	*z_r = NULL;
	*is_date_r = false;
	if (p == NULL)
		return DATE_UNKNOWN;
	wall = get_wall(p, rd->zones, z_r, is_date_r);
	if (*z_r == NULL &&
	    icalproperty_get_first_parameter(p, ICAL_TZID_PARAMETER) != NULL)
		ical_problem(rd->opts,
		    "its time zone is not described: taken as UTC");
	return event_to_utc(*z_r, wall);
}

static int32_t
seconds_of(icalcomponent *c)
{
	icalproperty *p =
	    icalcomponent_get_first_property(c, ICAL_DURATION_PROPERTY);

	return p == NULL
	    ? -1
	    : icaldurationtype_as_int(icalproperty_get_duration(p));
}

static void
get_span(struct reading *rd, icalcomponent *c, struct event *e)
{
	const struct event_zone *end;
	bool is_date;

	e->start =
	    get_moment(rd, c, ICAL_DTSTART_PROPERTY, &e->zone, &e->all_day);
	e->end = get_moment(rd, c, ICAL_DTEND_PROPERTY, &end, &is_date);
	if (end != e->zone)
		e->end_zone = end;
	if (e->end == DATE_UNKNOWN && e->start != DATE_UNKNOWN)
		e->end = seconds_of(c) >= 0 ? e->start + seconds_of(c)
		    : e->all_day	    ? e->start + DAY_S
					    : e->start;
}

/* ---------------------------------------------------------------- details */

static int32_t
busy_of(struct slice s, int32_t none)
{
	static const char *const names[] = { "FREE", "TENTATIVE", "BUSY", "OOF",
		"WORKINGELSEWHERE" };
	int32_t i;

	for (i = 0; i < 5; i++)
		if (slice_is_nocase(s, names[i]))
			return i;
	return none;
}

static void
get_status(struct reading *rd, icalcomponent *c, struct event *e)
{
	icalproperty *p =
	    icalcomponent_get_first_property(c, ICAL_TRANSP_PROPERTY);
	int64_t n;

	e->busy =
	    p != NULL && icalproperty_get_transp(p) == ICAL_TRANSP_TRANSPARENT
	    ? EVENT_FREE
	    : EVENT_IS_BUSY;
	e->busy = (enum event_busy)busy_of(get_x(c, X_BUSY, rd->a), e->busy);
	e->intended_busy = busy_of(get_x(c, X_INTENDED_BUSY, rd->a), -1);
	p = icalcomponent_get_first_property(c, ICAL_STATUS_PROPERTY);
	if (p != NULL && icalproperty_get_status(p) == ICAL_STATUS_CANCELLED)
		e->state |= EVENT_STATE_CANCELED | EVENT_STATE_MEETING;
	p = icalcomponent_get_first_property(c, ICAL_SEQUENCE_PROPERTY);
	if (p != NULL)
		e->sequence = icalproperty_get_sequence(p);
	if (get_x_number(c, X_OWNER_ID, &n))
		e->owner_id = (int32_t)n;
	if (get_x_number(c, X_COLOR, &n))
		e->color = (uint32_t)n;
	if (get_x_number(c, X_ANSWER, &n) && n >= 0 && n <= EVENT_NOT_ANSWERED)
		e->answer = (enum event_answer)n;
	e->answered = get_x_time(c, X_ANSWERED);
	e->owner_critical = get_x_time(c, X_CRITICAL);
	e->conference = get_x(c, X_CONFERENCE, rd->a);
}

static void
get_people(struct reading *rd, icalcomponent *c, struct event *e)
{
	icalproperty *p =
	    icalcomponent_get_first_property(c, ICAL_ORGANIZER_PROPERTY);

	if (p != NULL) {
		get_person(p, rd->a, &e->organizer);
		e->state |= EVENT_STATE_MEETING;
		e->counter_allowed =
		    !slice_is(get_x(c, X_NO_COUNTER, rd->a), "TRUE");
	}
	e->attendees =
	    get_attendees(c, rd->a, &e->n_attendees, &e->wants_answer);
}

static icalproperty *
trigger_of(icalcomponent *c)
{
	icalcomponent *alarm =
	    icalcomponent_get_first_component(c, ICAL_VALARM_COMPONENT);

	return alarm == NULL
	    ? NULL
	    : icalcomponent_get_first_property(alarm, ICAL_TRIGGER_PROPERTY);
}

static void
get_reminder(icalcomponent *c, struct event *e)
{
	icalproperty *p = trigger_of(c);
	struct icaltriggertype t;

	if (p == NULL)
		return;
	t = icalproperty_get_trigger(p);
	e->reminder = true;
	if (!icaltime_is_null_time(t.time))
		e->reminder_min =
		    (int32_t)((e->start - ical_wall(t.time)) / 60);
	else
		e->reminder_min = -(icaldurationtype_as_int(t.duration) / 60);
}

static void
get_event(struct reading *rd, icalcomponent *c, struct event *e)
{
	event_init(e);
	get_about(c, &e->about, rd->a);
	get_span(rd, c, e);
	e->location = get_text(c, ICAL_LOCATION_PROPERTY, rd->a);
	get_people(rd, c, e);
	get_status(rd, c, e);
	get_reminder(c, e);
}

/* ------------------------------------------------------------------ rules */

/* As the wall of the series has it. */
static int64_t
series_wall(struct reading *rd, icalproperty *p, const struct event *e)
{
	const struct event_zone *z;
	bool is_date;
	int64_t wall = get_wall(p, rd->zones, &z, &is_date);

	if (wall == DATE_UNKNOWN || e->all_day)
		return wall == DATE_UNKNOWN ? wall : event_day(wall);
	if (is_date) /* a day of the series: when it begins then */
		return wall + event_to_wall(e->zone, e->start) -
		    event_day(event_to_wall(e->zone, e->start));
	return z == e->zone ? wall
			    : event_to_wall(e->zone, event_to_utc(z, wall));
}

static int
by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void
get_deleted(struct reading *rd, icalcomponent *c, const struct event *e,
    struct event_recur *r)
{
	size_t n =
	    (size_t)icalcomponent_count_properties(c, ICAL_EXDATE_PROPERTY);
	int64_t *out, wall;
	icalproperty *p;

	if (n > DELETED_MAX)
		n = DELETED_MAX;
	out = arena_alloc(rd->a, n * sizeof(*out) + 1);
	for (p = icalcomponent_get_first_property(c, ICAL_EXDATE_PROPERTY);
	     p != NULL && r->n_deleted < n;
	     p = icalcomponent_get_next_property(c, ICAL_EXDATE_PROPERTY)) {
		wall = series_wall(rd, p, e);
		if (wall != DATE_UNKNOWN)
			out[r->n_deleted++] = wall;
	}
	qsort(out, r->n_deleted, sizeof(*out), by_time);
	r->deleted = out;
}

/* The rule of a calendar that is not Gregorian, as Outlook exports it. */
static bool
get_foreign(icalcomponent *c, const char *name, struct arena *a,
    struct icalrecurrencetype *from, struct event_rule *rule)
{
	struct slice text = get_x(c, name, a),
		     calendar = get_x(c, X_CALSCALE, a);
	int64_t anchor;

	if (text.n == 0)
		return false;
	*from = icalrecurrencetype_from_string(text.p);
	memset(rule, 0, sizeof(*rule));
	if (calendar.n > 0)
		ical_calendar_number(calendar.p, &rule->calendar);
	if (get_x_number(c, X_ANCHOR, &anchor))
		rule->anchor = (uint32_t)anchor;
	return from->freq != ICAL_NO_RECURRENCE;
}

static bool
get_rule(icalcomponent *c, const char *x_name, int64_t first,
    const struct event_zone *z, struct arena *a, struct event_rule *rule)
{
	icalproperty *p =
	    icalcomponent_get_first_property(c, ICAL_RRULE_PROPERTY);
	struct icalrecurrencetype from;
	struct event_rule foreign = { 0 };
	bool ok;

	if (p != NULL)
		from = icalproperty_get_rrule(p);
	else if (!get_foreign(c, x_name, a, &from, &foreign))
		return false;
	ok = ical_rule_read(&from, first, z, rule);
	free(from.rscale);
	rule->calendar = foreign.calendar;
	rule->anchor = foreign.anchor;
	/* [MS-OXCICAL] 2.1.3.1.1.8: months of "Hijri" are the Hj patterns */
	if (foreign.calendar == 6 &&
	    (rule->pattern == EVENT_MONTHLY ||
		rule->pattern == EVENT_MONTHLY_NTH)) {
		rule->calendar = 0;
		rule->hijri = true;
	}
	return ok;
}

/* RFC 5545 leaves out a month that has no such day, Outlook takes its last. */
static bool
leaves_out_months(icalcomponent *c, const struct event_rule *rule)
{
	icalproperty *p =
	    icalcomponent_get_first_property(c, ICAL_RRULE_PROPERTY);
	struct icalrecurrencetype from;

	if (p == NULL || rule->pattern != EVENT_MONTHLY || rule->day < 29)
		return false;
	from = icalproperty_get_rrule(p);
	/* -1 is the last day, several days are the last of them that is */
	return from.by_month_day[0] != -1 &&
	    (from.by_month_day[0] == ICAL_RECURRENCE_ARRAY_MAX ||
		from.by_month_day[1] == ICAL_RECURRENCE_ARRAY_MAX);
}

static void
get_recur(struct reading *rd, icalcomponent *c, struct event *e)
{
	struct event_recur *r = arena_alloc(rd->a, sizeof(*r));
	int64_t wall = e->all_day ? e->start : event_to_wall(e->zone, e->start);
	struct event_civil day;
	int64_t end;

	if (e->start == DATE_UNKNOWN)
		return;
	if (icalcomponent_count_properties(c, ICAL_RDATE_PROPERTY) > 0)
		ical_problem(rd->opts,
		    "it has dates besides its rule, Outlook has none");
	if (icalcomponent_count_properties(c, ICAL_RRULE_PROPERTY) == 0 &&
	    next_x(c, X_RRULE, true) == NULL)
		return;
	if (!get_rule(c, X_RRULE, wall, e->zone, rd->a, &r->rule) ||
	    icalcomponent_count_properties(c, ICAL_RRULE_PROPERTY) > 1) {
		ical_problem(rd->opts,
		    "Outlook has no pattern for its rule: only its first time "
		    "is kept");
		return;
	}
	r->first_day = event_day(wall);
	event_civil(r->first_day, &day);
	/* of the months of a year, February alone may be too short or not */
	if (leaves_out_months(c, &r->rule) &&
	    (!r->rule.yearly || day.month == 2))
		ical_problem(rd->opts,
		    "its rule leaves out months that have no day %u, Outlook "
		    "takes their last day",
		    r->rule.day);
	r->start_min = (uint32_t)((wall - r->first_day) / 60);
	/* by the clock on the wall, which may be changed in between */
	end = e->all_day ? e->end : event_to_wall(e->zone, e->end);
	r->end_min =
	    r->start_min + (end > wall ? (uint32_t)((end - wall) / 60) : 0);
	get_deleted(rd, c, e, r);
	e->recur = r;
}

/* ----------------------------------------------------- changed instances */

static bool
same_text(struct slice a, struct slice b)
{
	return slice_eq(slice_trim(a), slice_trim(b));
}

/* An instance against its series: what differs, and its values. */
static void
set_change(struct event_change *ch, const struct event *of,
    const struct event *e)
{
	ch->whole = e;
	ch->start = e->all_day ? e->start : event_to_wall(of->zone, e->start);
	ch->end = e->all_day ? e->end : event_to_wall(of->zone, e->end);
	ch->subject = e->about.subject;
	ch->location = e->location;
	ch->state = e->state;
	ch->busy = e->busy;
	ch->reminder = e->reminder;
	ch->reminder_min = e->reminder_min;
	ch->all_day = e->all_day;
	ch->color = e->color;
	ch->attachment = e->about.n_attachments > 0;
	ch->differs =
	    (same_text(of->about.subject, e->about.subject) ? 0
							    : EVENT_SUBJECT) |
	    (of->state == e->state ? 0 : EVENT_MEETING) |
	    (of->reminder_min == e->reminder_min ? 0 : EVENT_REMINDER_MIN) |
	    (of->reminder == e->reminder ? 0 : EVENT_REMINDER) |
	    (same_text(of->location, e->location) ? 0 : EVENT_LOCATION) |
	    (of->busy == e->busy ? 0 : EVENT_BUSY) |
	    (e->about.n_attachments > 0 ? EVENT_ATTACHMENT : 0) |
	    (of->all_day == e->all_day ? 0 : EVENT_ALL_DAY) |
	    (of->color == e->color ? 0 : EVENT_COLOR) |
	    (same_text(of->about.plain, e->about.plain) &&
			same_text(of->about.html, e->about.html)
		    ? 0
		    : EVENT_BODY);
}

static int
by_original(const void *a, const void *b)
{
	const struct event_change *x = a, *y = b;

	return (x->original > y->original) - (x->original < y->original);
}

/* All components of the series that say which instance they are. */
static void
get_changes(struct reading *rd, icalcomponent *cal, struct event *of,
    struct event_recur *r)
{
	size_t n =
	    (size_t)icalcomponent_count_components(cal, ICAL_VEVENT_COMPONENT);
	icalcomponent *c;
	icalproperty *id;
	struct event *e;

	r->changes = arena_alloc(rd->a, n * sizeof(*r->changes));
	for (c = icalcomponent_get_first_component(cal, ICAL_VEVENT_COMPONENT);
	     c != NULL && r->n_changes < n;
	     c = icalcomponent_get_next_component(cal, ICAL_VEVENT_COMPONENT)) {
		id = icalcomponent_get_first_property(c,
		    ICAL_RECURRENCEID_PROPERTY);
		if (id == NULL ||
		    !slice_eq(get_text(c, ICAL_UID_PROPERTY, rd->a),
			of->about.uid))
			continue;
		e = arena_alloc(rd->a, sizeof(*e));
		get_event(rd, c, e);
		e->replaces = series_wall(rd, id, of);
		if (e->replaces == DATE_UNKNOWN || e->start == DATE_UNKNOWN)
			continue;
		r->changes[r->n_changes].original = e->replaces;
		set_change(&r->changes[r->n_changes++], of, e);
	}
	qsort(r->changes, r->n_changes, sizeof(*r->changes), by_original);
}

/* ------------------------------------------------------------------ tasks */

static enum task_status
task_status_of(struct reading *rd, icalcomponent *c)
{
	static const char *const names[] = { "NOT-STARTED", "IN-PROGRESS",
		"COMPLETE", "WAITING", "DEFERRED" };
	icalproperty *p =
	    icalcomponent_get_first_property(c, ICAL_STATUS_PROPERTY);
	icalproperty_status s =
	    p == NULL ? ICAL_STATUS_NONE : icalproperty_get_status(p);
	struct slice own = get_x(c, X_TASK_STATUS, rd->a);
	int i;

	if (s == ICAL_STATUS_COMPLETED)
		return TASK_COMPLETE;
	for (i = 0; i < 5; i++)
		if (i != TASK_COMPLETE && slice_is(own, names[i]))
			return (enum task_status)i;
	return s == ICAL_STATUS_INPROCESS ? TASK_IN_PROGRESS : TASK_NOT_STARTED;
}

static void
get_task_recur(struct reading *rd, icalcomponent *c, struct task *t)
{
	struct event_recur *r = arena_alloc(rd->a, sizeof(*r));
	int64_t start = get_day(c, ICAL_DTSTART_PROPERTY);
	int64_t first = get_x_time(c, X_TASK_FIRST);
	bool regenerates = next_x(c, X_TASK_REGENERATE, true) != NULL;

	if (icalcomponent_count_properties(c, ICAL_RRULE_PROPERTY) == 0 &&
	    !regenerates && next_x(c, X_RRULE, true) == NULL)
		return;
	if (!get_rule(c, regenerates ? X_TASK_REGENERATE : X_RRULE,
		first != DATE_UNKNOWN ? first : start, NULL, rd->a, &r->rule)) {
		ical_problem(rd->opts,
		    "Outlook has no pattern for its rule: only its first time "
		    "is kept");
		return;
	}
	r->rule.regenerates = regenerates;
	r->first_day = first != DATE_UNKNOWN ? first : start;
	if (r->first_day != DATE_UNKNOWN)
		t->recur = r;
}

static void
get_task_numbers(struct reading *rd, icalcomponent *c, struct task *t)
{
	int64_t n;

	if (get_x_number(c, X_TASK_ACTUAL, &n))
		t->actual_min = (int32_t)n;
	if (get_x_number(c, X_TASK_ESTIMATED, &n))
		t->estimated_min = (int32_t)n;
	if (get_x_number(c, X_TASK_ORDINAL, &n))
		t->ordinal = (int32_t)n;
	if (get_x_number(c, X_TASK_OWNERSHIP, &n) && n >= 0 && n <= 2)
		t->ownership = (enum task_ownership)n;
	t->team = slice_is(get_x(c, X_TASK_TEAM, rd->a), "TRUE");
}

static const struct task *
get_task(struct reading *rd, icalcomponent *c)
{
	struct task *t = arena_alloc(rd->a, sizeof(*t));
	icalproperty *p;
	struct icaltriggertype when;

	task_init(t);
	get_about(c, &t->about, rd->a);
	if (next_x(c, X_TASK_DUE, true) == NULL)
		t->start = get_day(c, ICAL_DTSTART_PROPERTY);
	t->due = get_day(c, ICAL_DUE_PROPERTY);
	t->status = task_status_of(rd, c);
	t->complete = t->status == TASK_COMPLETE;
	if (t->complete)
		t->completed = get_utc(c, ICAL_COMPLETED_PROPERTY);
	p = icalcomponent_get_first_property(c, ICAL_PERCENTCOMPLETE_PROPERTY);
	if (p != NULL)
		t->percent = icalproperty_get_percentcomplete(p);
	t->owner = get_x(c, X_TASK_OWNER, rd->a);
	t->delegator = get_x(c, X_TASK_DELEGATOR, rd->a);
	t->assigner = get_x(c, X_TASK_ASSIGNER, rd->a);
	t->assigned = get_attendees(c, rd->a, &t->n_assigned, NULL);
	get_task_numbers(rd, c, t);
	get_task_recur(rd, c, t);
	p = trigger_of(c);
	if (p != NULL) {
		when = icalproperty_get_trigger(p);
		t->reminder = true;
		if (!icaltime_is_null_time(when.time))
			t->remind_at = ical_wall(when.time);
	}
	return t;
}

static const struct journal *
get_journal(struct reading *rd, icalcomponent *c)
{
	struct journal *j = arena_alloc(rd->a, sizeof(*j));
	const struct event_zone *z;
	bool is_date;
	int64_t n;

	journal_init(j);
	get_about(c, &j->about, rd->a);
	j->start = get_moment(rd, c, ICAL_DTSTART_PROPERTY, &z, &is_date);
	j->end = get_x_time(c, X_JOURNAL_END);
	j->type = get_x(c, X_JOURNAL_TYPE, rd->a);
	if (get_x_number(c, X_JOURNAL_MINUTES, &n))
		j->minutes = (int32_t)n;
	return j;
}

/* ------------------------------------------------------------------ whole */

/* Is its series in the text, too?  Then it comes with it. */
static bool
has_master(icalcomponent *cal, struct slice uid, struct arena *a)
{
	icalcompiter i =
	    icalcomponent_begin_component(cal, ICAL_VEVENT_COMPONENT);
	icalcomponent *c;

	for (; (c = icalcompiter_deref(&i)) != NULL; icalcompiter_next(&i))
		if (icalcomponent_get_first_property(c,
			ICAL_RECURRENCEID_PROPERTY) == NULL &&
		    slice_eq(get_text(c, ICAL_UID_PROPERTY, a), uid))
			return true;
	return false;
}

static const struct event *
get_whole_event(struct reading *rd, icalcomponent *cal, icalcomponent *c)
{
	struct event *e = arena_alloc(rd->a, sizeof(*e));
	struct slice uid = get_text(c, ICAL_UID_PROPERTY, rd->a);
	icalproperty *id =
	    icalcomponent_get_first_property(c, ICAL_RECURRENCEID_PROPERTY);
	struct event_recur *r;

	if (id != NULL && has_master(cal, uid, rd->a))
		return NULL;
	get_event(rd, c, e);
	if (id != NULL) {
		e->replaces = series_wall(rd, id, e);
		return e;
	}
	get_recur(rd, c, e);
	if (e->recur != NULL) {
		r = arena_alloc(rd->a, sizeof(*r));
		*r = *e->recur;
		get_changes(rd, cal, e, r);
		e->recur = r;
	}
	return e;
}

static void
read_calendar(struct reading *rd, icalcomponent *cal, struct ical_file *f)
{
	icalcompiter i = icalcomponent_begin_component(cal, ICAL_ANY_COMPONENT);
	struct ical_thing **end = &f->things, one, *t;
	icalcomponent *c;

	while (*end != NULL)
		end = &(*end)->next;
	rd->zones = ical_zones(cal, rd->a);
	for (; (c = icalcompiter_deref(&i)) != NULL; icalcompiter_next(&i)) {
		memset(&one, 0, sizeof(one));
		if (icalcomponent_isa(c) == ICAL_VEVENT_COMPONENT)
			one.event = get_whole_event(rd, cal, c);
		else if (icalcomponent_isa(c) == ICAL_VTODO_COMPONENT)
			one.task = get_task(rd, c);
		else if (icalcomponent_isa(c) == ICAL_VJOURNAL_COMPONENT)
			one.journal = get_journal(rd, c);
		if (one.event == NULL && one.task == NULL &&
		    one.journal == NULL)
			continue;
		t = arena_alloc(rd->a, sizeof(*t));
		*t = one;
		*end = t;
		end = &t->next;
	}
}

static enum ical_method
method_of(icalcomponent *cal)
{
	icalproperty *p =
	    icalcomponent_get_first_property(cal, ICAL_METHOD_PROPERTY);

	switch (p == NULL ? ICAL_METHOD_NONE : icalproperty_get_method(p)) {
	case ICAL_METHOD_REQUEST:
		return ICAL_REQUEST;
	case ICAL_METHOD_REPLY:
		return ICAL_REPLY;
	case ICAL_METHOD_CANCEL:
		return ICAL_CANCEL;
	case ICAL_METHOD_COUNTER:
		return ICAL_COUNTER;
	default:
		return ICAL_STORED;
	}
}

/* Does each END have its BEGIN?  libical would print what it thinks. */
static bool
is_nested(struct slice text)
{
	struct slice line;
	size_t depth = 0;

	while (slice_next_line(&text, &line)) {
		line = slice_trim(line);
		if (line.n >= 6 && strncasecmp(line.p, "BEGIN:", 6) == 0)
			depth++;
		else if (line.n >= 4 && strncasecmp(line.p, "END:", 4) == 0 &&
		    depth-- == 0)
			return false;
	}
	return true;
}

int
ical_parse(struct slice text, struct arena *a, const struct ical_opts *opts,
    struct ical_file *f_r, struct err *err)
{
	struct reading rd = { .a = a, .opts = opts };
	icalcomponent *root, *cal;
	struct buf copy = { 0 };

	memset(f_r, 0, sizeof(*f_r));
	ical_init();
	if (text.n > ICAL_PARSE_MAX)
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "a calendar of %zu bytes is too big", text.n);
	if (!is_nested(text))
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "its BEGIN and END lines do not match");
	buf_put(&copy, text.p, text.n);
	root = icalparser_parse_string(buf_str(&copy));
	buf_free(&copy);
	icalerror_clear_errno();
	if (root == NULL)
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "this is no iCalendar");
	cal = icalcomponent_isa(root) == ICAL_VCALENDAR_COMPONENT
	    ? root
	    : icalcomponent_get_first_component(root, ICAL_VCALENDAR_COMPONENT);
	if (cal != NULL)
		f_r->method = method_of(cal);
	for (; cal != NULL; cal = cal == root
		 ? NULL
		 : icalcomponent_get_next_component(root,
		       ICAL_VCALENDAR_COMPONENT))
		read_calendar(&rd, cal, f_r);
	icalcomponent_free(root);
	icalmemory_free_ring();
	if (f_r->things == NULL)
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "there is no event, task or journal entry in it");
	return 0;
}
