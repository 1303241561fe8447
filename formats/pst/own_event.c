/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Appointments and meeting requests as events, [MS-OXOCAL] 2.2.  What cannot
 * be read of a rule or a time zone is told; the event is there without it.
 */
#include "formats/event.h"
#include "formats/pst/own_impl.h"
#include "formats/pst/recur.h"

#define BLOB_MAX	(1u << 20)
#define ZONE_MAX	65536
#define ID_MAX		4096
#define EXCEPTIONS_MAX	1000
#define EXCEPTION_BYTES (4u << 20) /* of texts in all of one series */
#define DAY		86400

static int64_t
number(struct own_item *oi, uint32_t lid, int64_t none)
{
	return own_named_number(oi, PST_SET_APPOINTMENT, lid, none);
}

static struct slice
blob(struct own_item *oi, enum pst_set set, uint32_t lid, size_t max)
{
	return own_bytes(oi, own_lid(oi->r, set, lid), max);
}

static void
note(struct own_item *oi, unsigned what, const char *text)
{
	ndb_note(oi->r->n, true, (uint64_t)oi->pub.nid << 24 | 0xfe0000 | what,
	    "%s%s", oi->depth > 0 ? "embedded: " : "", text);
}

/* ------------------------------------------------------------- time zones */

/* A zone of a property; NULL: there is none, or nothing to be read. */
static struct event_zone *
zone_def(struct own_item *oi, uint32_t lid)
{
	struct slice s = blob(oi, PST_SET_APPOINTMENT, lid, ZONE_MAX);
	struct event_zone *z;
	struct err err = { 0 };

	if (s.n == 0)
		return NULL;
	z = arena_alloc(&oi->a, sizeof(*z));
	if (pst_zone_def_decode(s, &oi->a, z, &err) == 0)
		return z;
	note(oi, lid & 0xffff, err.text);
	return NULL;
}

static struct event_zone *
zone_struct(struct own_item *oi)
{
	struct slice s =
	    blob(oi, PST_SET_APPOINTMENT, PidLidTimeZoneStruct, ZONE_MAX);
	struct event_zone *z;
	struct err err = { 0 };

	if (s.n == 0)
		return NULL;
	z = arena_alloc(&oi->a, sizeof(*z));
	if (pst_zone_struct_decode(s, &oi->a, z, &err) == 0)
		return z;
	note(oi, PidLidTimeZoneStruct, err.text);
	return NULL;
}

static bool
has_rule(const struct event_zone *z, const struct event_zone_rule *rule)
{
	size_t i;

	for (i = 0; i < z->n_rules; i++)
		if (event_zone_rule_same(&z->rules[i], rule))
			return true;
	return false;
}

/* [MS-OXOCAL] 2.2.1.41: where the two do not agree, the older one counts. */
static struct event_zone *
series_zone(struct own_item *oi)
{
	struct event_zone *z =
	    zone_def(oi, PidLidAppointmentTimeZoneDefinitionRecur);
	struct event_zone *one = zone_struct(oi);

	if (z == NULL || (one != NULL && !has_rule(z, &one->rules[0])))
		return one;
	return z;
}

static void
fill_zones(struct own_item *oi, struct event *e, bool series)
{
	struct event_zone *start =
	    zone_def(oi, PidLidAppointmentTimeZoneDefinitionStartDisplay);
	struct event_zone *end =
	    zone_def(oi, PidLidAppointmentTimeZoneDefinitionEndDisplay);
	struct event_zone *z = series ? series_zone(oi) : start;

	if (z == NULL)
		z = series ? start : series_zone(oi);
	e->zone = z;
	if (z == NULL)
		return;
	z->shown =
	    own_named_text(oi, PST_SET_APPOINTMENT, PidLidTimeZoneDescription);
	if (!series && end != NULL && !event_zone_same(end, z))
		e->end_zone = end;
}

/* ------------------------------------------------------------------ times */

/*
 * Whole days are kept as the UTC of a midnight somewhere.  If nobody knows
 * where, the nearest midnight is it: right from UTC-11 to UTC+12.
 */
static int64_t
day_of(const struct event *e, int64_t utc)
{
	int64_t wall;

	if (utc == DATE_UNKNOWN)
		return utc;
	wall = event_to_wall(e->zone, utc);
	if (wall == event_day(wall))
		return wall;
	return event_day(utc + DAY / 2);
}

static void
fill_times(struct own_item *oi, struct event *e)
{
	int64_t minutes = number(oi, PidLidAppointmentDuration, -1);

	e->all_day = number(oi, PidLidAppointmentSubType, 0) != 0;
	e->start =
	    own_moment(oi, PST_SET_APPOINTMENT, PidLidAppointmentStartWhole);
	e->end = own_moment(oi, PST_SET_APPOINTMENT, PidLidAppointmentEndWhole);
	/* old programs have them where all items have theirs */
	if (e->start == DATE_UNKNOWN)
		e->start = own_moment(oi, PST_SET_COMMON, PidLidCommonStart);
	if (e->end == DATE_UNKNOWN)
		e->end = own_moment(oi, PST_SET_COMMON, PidLidCommonEnd);
	if (e->start == DATE_UNKNOWN)
		e->start = own_time(&oi->props, PidTagStartDate);
	if (e->end == DATE_UNKNOWN)
		e->end = own_time(&oi->props, PidTagEndDate);
	if (e->end == DATE_UNKNOWN && e->start != DATE_UNKNOWN &&
	    minutes >= 0 && minutes < 100 * 366 * 24 * 60)
		e->end = e->start + minutes * 60;
}

/* ------------------------------------------------------------- recurrence */

static struct event_recur *
read_recur(struct own_item *oi, struct event *e)
{
	struct slice s =
	    blob(oi, PST_SET_APPOINTMENT, PidLidAppointmentRecur, BLOB_MAX);
	struct event_recur *r;
	struct err err = { 0 };
	int rc;

	if (s.n == 0) {
		if (number(oi, PidLidRecurring, 0) != 0 &&
		    !own_is_class(oi, "IPM.Schedule.Meeting") &&
		    e->replaces == DATE_UNKNOWN)
			note(oi, PidLidAppointmentRecur,
			    "it recurs, but has no rule");
		return NULL;
	}
	r = arena_alloc(&oi->a, sizeof(*r));
	rc =
	    pst_recur_decode(s, PST_RECUR_EVENT, oi->codepage, &oi->a, r, &err);
	if (rc <= 0)
		note(oi, PidLidAppointmentRecur, err.text);
	if (rc < 0)
		return NULL;
	/* its times were behind what is damaged */
	if (r->end_min == 0 && e->start != DATE_UNKNOWN && !e->all_day) {
		int64_t wall = event_to_wall(e->zone, e->start);

		r->start_min = (uint32_t)((wall - event_day(wall)) / 60);
		r->end_min = r->start_min;
		if (e->end > e->start)
			r->end_min += (uint32_t)((e->end - e->start) / 60);
	}
	return r;
}

/* A series without a zone: how its own clock and UTC differ on its first day
 * must do.  When that clock is changed nobody knows. */
static void
guess_zone(struct own_item *oi, struct event *e, const struct event_recur *r)
{
	struct event_zone_rule *rule;
	struct event_zone *z;
	int64_t ahead;

	if (e->zone != NULL || e->all_day || e->start == DATE_UNKNOWN)
		return;
	ahead = (int64_t)r->start_min * 60 - (e->start - event_day(e->start));
	if (ahead > DAY / 2)
		ahead -= DAY;
	if (ahead <= -DAY / 2)
		ahead += DAY;
	if (ahead == 0 || ahead % 900 != 0)
		return;
	rule = arena_alloc(&oi->a, sizeof(*rule));
	z = arena_alloc(&oi->a, sizeof(*z));
	rule->bias = (int32_t)(-ahead / 60);
	z->rules = rule;
	z->n_rules = 1;
	e->zone = z;
	ndb_note(oi->r->n, false, (uint64_t)oi->pub.nid << 24 | 0xfe0014,
	    "a series does not say its time zone: of its summer time nothing "
	    "is known");
}

/* ----------------------------------------------------- changed instances */

static struct event_change *
change_of(struct event_recur *r, const struct event *e,
    const struct own_attach *oa, const struct event *one)
{
	int64_t original = one->replaces;
	size_t i;

	if (original == DATE_UNKNOWN && oa->replaces != DATE_UNKNOWN)
		original = e->all_day ? day_of(e, oa->replaces)
				      : event_to_wall(e->zone, oa->replaces);
	for (i = 0; i < r->n_changes; i++)
		if (r->changes[i].original == original)
			return &r->changes[i];
	/* programs differ in whose clock that time is of: the day must do */
	for (i = 0; i < r->n_changes; i++)
		if (original != DATE_UNKNOWN &&
		    event_day(r->changes[i].original) == event_day(original))
			return &r->changes[i];
	for (i = 0; i < r->n_changes; i++)
		if (oa->start != DATE_UNKNOWN &&
		    r->changes[i].start == oa->start)
			return &r->changes[i];
	return NULL;
}

/* The series, what the rule says of this instance, and what the item in the
 * attachment has besides. */
static struct event *
merge(struct own_item *oi, const struct event *series,
    const struct event_change *c, const struct event *one)
{
	struct event *e = arena_alloc(&oi->a, sizeof(*e));

	*e = *series;
	event_apply_change(e, series, c);
	e->answer = one->answer;
	if (one->sequence > e->sequence)
		e->sequence = one->sequence;
	if (c->differs & EVENT_BODY) {
		e->about.plain = one->about.plain;
		e->about.html = one->about.html;
	}
	if (one->about.n_categories > 0) {
		e->about.categories = one->about.categories;
		e->about.n_categories = one->about.n_categories;
	}
	if (one->n_attendees > 0) {
		e->attendees = one->attendees;
		e->n_attendees = one->n_attendees;
	}
	if (one->about.modified != DATE_UNKNOWN)
		e->about.modified = one->about.modified;
	event_copy_texts(e, &oi->a);
	return e;
}

static size_t
text_bytes(const struct event *e)
{
	return e->about.plain.n + e->about.html.n + 1000 +
	    e->n_attendees * sizeof(*e->attendees);
}

static void
read_exceptions(struct own_item *oi, struct event *e, struct event_recur *r)
{
	const struct item_attach *at;
	struct event_change *c;
	struct item *it;
	struct err err = { 0 };
	size_t i, n = 0, bytes = 0;
	int rc;

	if (oi->r->in_exception)
		return; /* they have none of their own */
	for (i = 0; i < oi->pub.n_attachments; i++) {
		at = &oi->pub.attachments[i];
		if (!at->exception || at->open == NULL)
			continue;
		if (++n > EXCEPTIONS_MAX || bytes > EXCEPTION_BYTES) {
			note(oi, 0x10,
			    "not all texts of its changed instances are read");
			return;
		}
		oi->r->in_exception = true;
		rc = at->open(at->arg, &it, &err);
		oi->r->in_exception = false;
		if (rc != 0) {
			note(oi, 0x11, "a changed instance cannot be read");
			continue;
		}
		c = it->event == NULL
		    ? NULL
		    : change_of(r, e, &oi->attach[i], it->event);
		if (c == NULL) {
			note(oi, 0x12,
			    "a changed instance is not one of its rule's");
		} else {
			c->whole = merge(oi, e, c, it->event);
			bytes += text_bytes(c->whole);
			if (it->n_attachments > 0)
				note(oi, 0x13,
				    "a changed instance has attachments of "
				    "its own: they are left out");
		}
		item_close(&it);
	}
}

/* ---------------------------------------------------------------- people */

static bool
is_same(const struct item_person *a, const struct item_person *b)
{
	return a->smtp.n > 0 && a->smtp.n == b->smtp.n &&
	    strncasecmp(a->smtp.p, b->smtp.p, a->smtp.n) == 0;
}

static void
fill_people(struct own_item *oi, struct event *e)
{
	const struct item *it = &oi->pub;
	struct event_attendee *all =
	    arena_alloc(&oi->a, it->n_recipients * sizeof(*all) + 1);
	const struct item_recipient *to;
	size_t i;

	for (i = 0; i < it->n_recipients; i++) {
		to = &it->recipients[i];
		all[i].who = to->who;
		all[i].role = to->type == ITEM_BCC ? EVENT_RESOURCE
		    : to->type == ITEM_CC	   ? EVENT_OPTIONAL
						   : EVENT_REQUIRED;
		if (to->answer > 0 && to->answer <= EVENT_NOT_ANSWERED)
			all[i].answer = (enum event_answer)to->answer;
		all[i].answered = to->answered;
		all[i].organizer = to->organizer;
		if (to->organizer && e->organizer.smtp.n == 0)
			e->organizer.smtp = to->who.smtp;
	}
	e->attendees = all;
	e->n_attendees = it->n_recipients;
	if (it->n_recipients > 0 || (e->state & EVENT_STATE_MEETING)) {
		e->organizer.name = it->from.name;
		e->organizer.x500 = it->from.x500;
		if (it->from.smtp.n > 0)
			e->organizer.smtp = it->from.smtp;
	}
	/* old programs list the organizer among those invited, unmarked */
	for (i = 0; i < e->n_attendees; i++)
		if (is_same(&all[i].who, &e->organizer))
			all[i].organizer = true;
}

/* An answer goes to the organizer, from one of those invited. */
static void
turn_answer(struct own_item *oi, struct event *e)
{
	static const struct {
		const char *class;
		enum event_answer answer;
	} kinds[] = {
		{ "IPM.Schedule.Meeting.Resp.Pos", EVENT_ACCEPTED },
		{ "IPM.Schedule.Meeting.Resp.Neg", EVENT_DECLINED },
		{ "IPM.Schedule.Meeting.Resp.Tent", EVENT_TENTATIVE },
	};
	static const struct item_person nobody;
	struct event_attendee *one = arena_alloc(&oi->a, sizeof(*one));
	size_t i;

	one->who = oi->pub.from;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (own_is_class(oi, kinds[i].class))
			one->answer = kinds[i].answer;
	e->organizer =
	    oi->pub.n_recipients > 0 ? oi->pub.recipients[0].who : nobody;
	e->attendees = one;
	e->n_attendees = 1;
	if (number(oi, PidLidAppointmentCounterProposal, 0) == 0)
		return;
	e->counter = true;
	e->start = own_moment(oi, PST_SET_APPOINTMENT,
	    PidLidAppointmentProposedStartWhole);
	e->end = own_moment(oi, PST_SET_APPOINTMENT,
	    PidLidAppointmentProposedEndWhole);
}

/* ------------------------------------------------------------------ whole */

/* When in the day the series begins, in seconds; if that is not said, this
 * instance's own time must do. */
static int64_t
series_time(struct own_item *oi, const struct event *e)
{
	int64_t t = own_named_number(oi, PST_SET_MEETING,
	    PidLidStartRecurrenceTime, -1);
	int64_t wall = event_to_wall(e->zone, e->start);

	if (t >= 0 && t >> 12 < 24)
		return (t >> 12) * 3600 + (t >> 6 & 63) * 60 + (t & 63);
	return wall == DATE_UNKNOWN ? 0 : wall - event_day(wall);
}

static void
fill_uid(struct own_item *oi, struct event *e)
{
	struct slice clean =
	    blob(oi, PST_SET_MEETING, PidLidCleanGlobalObjectId, ID_MAX);
	struct slice whole =
	    blob(oi, PST_SET_MEETING, PidLidGlobalObjectId, ID_MAX);
	int64_t replaces =
	    own_moment(oi, PST_SET_APPOINTMENT, PidLidExceptionReplaceTime);
	int64_t day = DATE_UNKNOWN;

	e->about.uid = pst_goid_uid(whole, &oi->a, &day);
	if (clean.n > 0)
		e->about.uid = pst_goid_uid(clean, &oi->a, NULL);
	if (replaces != DATE_UNKNOWN)
		e->replaces = e->all_day ? day_of(e, replaces)
					 : event_to_wall(e->zone, replaces);
	else if (day != DATE_UNKNOWN)
		e->replaces = day + (e->all_day ? 0 : series_time(oi, e));
}

static void
fill_details(struct own_item *oi, struct event *e)
{
	int64_t busy = number(oi, PidLidBusyStatus, EVENT_IS_BUSY);
	int64_t answer = number(oi, PidLidResponseStatus, 0);

	e->busy = busy >= EVENT_FREE && busy <= EVENT_ELSEWHERE
	    ? (enum event_busy)busy
	    : EVENT_IS_BUSY;
	e->intended_busy = (int32_t)number(oi, PidLidIntendedBusyStatus, -1);
	e->state = (int32_t)number(oi, PidLidAppointmentStateFlags, 0);
	e->sequence = (int32_t)number(oi, PidLidAppointmentSequence, 0);
	if (answer >= 0 && answer <= EVENT_NOT_ANSWERED)
		e->answer = (enum event_answer)answer;
	e->answered =
	    own_moment(oi, PST_SET_APPOINTMENT, PidLidAppointmentReplyTime);
	e->owner_critical =
	    own_moment(oi, PST_SET_MEETING, PidLidOwnerCriticalChange);
	e->owner_id =
	    (int32_t)own_number(&oi->props, PidTagOwnerAppointmentId, -1);
	e->wants_answer =
	    own_number(&oi->props, PidTagResponseRequested, 0) != 0;
	e->counter_allowed =
	    number(oi, PidLidAppointmentNotAllowPropose, 0) == 0;
	e->color = (uint32_t)number(oi, PidLidAppointmentColor, 0);
	e->location = own_named_text(oi, PST_SET_APPOINTMENT, PidLidLocation);
	e->conference =
	    own_named_text(oi, PST_SET_APPOINTMENT, PidLidNetShowUrl);
	e->reminder =
	    own_named_number(oi, PST_SET_COMMON, PidLidReminderSet, 0) != 0;
	e->reminder_min = (int32_t)own_named_number(oi, PST_SET_COMMON,
	    PidLidReminderDelta, 15);
	/* 0x5AE980E1: the user's own default, [MS-OXORMDR] 2.2.1.3 */
	if (e->reminder_min < 0 || e->reminder_min > 10 * 366 * 24 * 60)
		e->reminder_min = 15;
}

static bool
is_event(const struct own_item *oi)
{
	return own_is_class(oi, "IPM.Appointment") ||
	    own_is_class(oi, "IPM.Schedule.Meeting") ||
	    own_is_class(oi,
		"IPM.OLE.CLASS.{00061055-0000-0000-C000-000000000046}");
}

void
own_fill_event(struct own_item *oi)
{
	struct event_recur *r;
	struct event *e;
	bool series;

	if (!is_event(oi))
		return;
	e = arena_alloc(&oi->a, sizeof(*e));
	event_init(e);
	series =
	    own_lid(oi->r, PST_SET_APPOINTMENT, PidLidAppointmentRecur) != 0 &&
	    ltp_prop(&oi->props,
		own_lid(oi->r, PST_SET_APPOINTMENT, PidLidAppointmentRecur)) !=
		NULL;
	fill_details(oi, e);
	fill_zones(oi, e, series);
	fill_times(oi, e);
	fill_uid(oi, e);
	r = read_recur(oi, e);
	if (e->all_day) {
		e->start = day_of(e, e->start);
		e->end = day_of(e, e->end);
	}
	own_fill_about(oi, &e->about);
	fill_people(oi, e);
	if (own_is_class(oi, "IPM.Schedule.Meeting.Resp"))
		turn_answer(oi, e);
	if (r != NULL) {
		guess_zone(oi, e, r);
		e->recur = r;
		read_exceptions(oi, e, r);
	}
	oi->pub.event = e;
}
