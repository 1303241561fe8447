/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Appointments ([MS-OXOCAL]), tasks ([MS-OXOTASK]), journal entries
 * ([MS-OXOJRNL]) and notes ([MS-OXONOTE]) as properties; see
 * store_items.h. */
#include <string.h>

#include "formats/event.h"
#include "formats/pst/bytes.h"
#include "formats/pst/recur.h"
#include "formats/pst/store_impl.h"

#define WALK_MAX     20000	 /* instances that are looked at */
#define NO_END	     79871529540 /* 4500-08-31 23:59: PidLidClipEnd */
#define DAY_SECONDS  86400
#define ICON_EVENT   1024
#define ICON_SERIES  1025
#define ICON_MEETING 1026
#define ICON_JOURNAL 1537
#define ICON_NOTE    768
#define ICON_TASK    1280
#define NOTE_YELLOW  3

/* Where values go: by number in a set. */
struct put {
	struct pst_store_out *s;
	struct pst_props *p;
};

#define APPT PST_SET_APPOINTMENT
#define COMM PST_SET_COMMON
#define TASK PST_SET_TASK
#define LOG  PST_SET_LOG
#define MEET PST_SET_MEETING

static void
put_int(struct put *w, enum pst_set set, uint32_t lid, int32_t v)
{
	props_int(w->p, store_name(w->s, set, lid), v);
}

static void
put_bool(struct put *w, enum pst_set set, uint32_t lid, bool v)
{
	props_bool(w->p, store_name(w->s, set, lid), v);
}

static void
put_time(struct put *w, enum pst_set set, uint32_t lid, int64_t t)
{
	if (t != DATE_UNKNOWN)
		props_time(w->p, store_name(w->s, set, lid), t);
}

static void
put_text(struct put *w, enum pst_set set, uint32_t lid, struct slice v)
{
	if (v.n > 0)
		props_text(w->p, store_name(w->s, set, lid), v);
}

static void
put_binary(struct put *w, enum pst_set set, uint32_t lid, const struct buf *b)
{
	if (b->n > 0)
		props_binary(w->p, store_name(w->s, set, lid), buf_slice(b));
}

/* What all of them have, [MS-OXCMSG] 2.2.1 and [MS-OXPROPS] PSETID_Common. */
static void
put_about(struct put *w, const struct event_about *a)
{
	put_bool(w, COMM, PidLidPrivate, a->sensitivity >= 2);
	if (a->n_companies > 0)
		props_texts(w->p, store_name(w->s, COMM, PidLidCompanies),
		    a->companies, a->n_companies);
	if (a->n_contacts > 0)
		props_texts(w->p, store_name(w->s, COMM, PidLidContacts),
		    a->contacts, a->n_contacts);
	put_text(w, COMM, PidLidBilling, a->billing);
	put_text(w, COMM, PidLidMileage, a->mileage);
}

static void
put_reminder(struct put *w, bool set, int64_t at, int32_t minutes)
{
	put_bool(w, COMM, PidLidReminderSet, set);
	if (!set || at == DATE_UNKNOWN)
		return;
	put_int(w, COMM, PidLidReminderDelta, minutes);
	put_time(w, COMM, PidLidReminderTime, at);
	put_time(w, COMM, PidLidReminderSignalTime, at - 60 * (int64_t)minutes);
}

/* ---------------------------------------------------------- appointments */

/* When the last instance begins, wall; no end: as Outlook has it. */
static int64_t
last_day(const struct event_recur *r)
{
	struct event_walk w = { 0 };
	int64_t at, last = r->first_day;
	unsigned n = 0;

	if (r->rule.end == EVENT_NEVER)
		return NO_END;
	if (r->rule.end == EVENT_BY && r->rule.until != DATE_UNKNOWN)
		return r->rule.until;
	while (n++ < WALK_MAX && event_walk_next(&w, r, &at) > 0)
		last = at;
	return last - (last % DAY_SECONDS + DAY_SECONDS) % DAY_SECONDS;
}

static void
put_zone(struct put *w, const struct event *e)
{
	struct buf b = { 0 };

	if (e->zone == NULL || e->zone->n_rules == 0)
		return;
	if (e->recur != NULL) {
		pst_zone_struct_encode(&b, e->zone,
		    e->zone->rules[e->zone->n_rules - 1].year);
		put_binary(w, APPT, PidLidTimeZoneStruct, &b);
		put_text(w, APPT, PidLidTimeZoneDescription,
		    e->zone->shown.n > 0 ? e->zone->shown : e->zone->name);
		buf_clear(&b);
		pst_zone_def_encode(&b, e->zone, true);
		put_binary(w, APPT, PidLidAppointmentTimeZoneDefinitionRecur,
		    &b);
	}
	buf_clear(&b);
	pst_zone_def_encode(&b, e->zone, false);
	put_binary(w, APPT, PidLidAppointmentTimeZoneDefinitionStartDisplay,
	    &b);
	if (e->end_zone != NULL && e->end_zone->n_rules > 0) {
		buf_clear(&b);
		pst_zone_def_encode(&b, e->end_zone, false);
	}
	put_binary(w, APPT, PidLidAppointmentTimeZoneDefinitionEndDisplay, &b);
	buf_free(&b);
}

static int
put_series(struct put *w, const struct event *e, struct err *err)
{
	static const int32_t kinds[] = { [EVENT_DAILY] = 1,
		[EVENT_WEEKLY] = 2,
		[EVENT_MONTHLY] = 3,
		[EVENT_MONTHLY_NTH] = 3 };
	const struct event_recur *r = e->recur;
	struct buf b = { 0 };
	int rc;

	put_bool(w, APPT, PidLidRecurring, r != NULL);
	put_bool(w, MEET, PidLidIsRecurring, r != NULL);
	if (r == NULL) {
		put_int(w, APPT, PidLidRecurrenceType, 0);
		return 0;
	}
	put_int(w, APPT, PidLidRecurrenceType,
	    r->rule.yearly ? 4 : kinds[r->rule.pattern]);
	put_time(w, APPT, PidLidClipStart, event_to_utc(e->zone, r->first_day));
	put_time(w, APPT, PidLidClipEnd,
	    r->rule.end == EVENT_NEVER ? NO_END
				       : event_to_utc(e->zone, last_day(r)));
	rc = pst_recur_encode(&b, r, PST_RECUR_EVENT, err);
	if (rc == 0)
		put_binary(w, APPT, PidLidAppointmentRecur, &b);
	buf_free(&b);
	return rc;
}

static void
put_meeting(struct put *w, const struct event *e)
{
	bool meeting =
	    e->n_attendees > 0 || e->organizer.name.n + e->organizer.smtp.n > 0;
	struct buf id = { 0 };
	int64_t instance = e->replaces;

	put_int(w, APPT, PidLidAppointmentStateFlags, e->state);
	put_int(w, APPT, PidLidResponseStatus, (int32_t)e->answer);
	put_int(w, APPT, PidLidAppointmentSequence, e->sequence);
	put_bool(w, APPT, PidLidFInvited,
	    (e->state & EVENT_STATE_MEETING) != 0);
	put_bool(w, APPT, PidLidAppointmentNotAllowPropose,
	    meeting && !e->counter_allowed);
	put_time(w, APPT, PidLidAppointmentReplyTime, e->answered);
	put_time(w, MEET, PidLidOwnerCriticalChange, e->owner_critical);
	put_bool(w, MEET, PidLidIsException, instance != DATE_UNKNOWN);
	if (e->intended_busy >= 0)
		put_int(w, APPT, PidLidIntendedBusyStatus, e->intended_busy);
	if (e->owner_id != -1)
		props_int(w->p, PidTagOwnerAppointmentId, e->owner_id);
	props_bool(w->p, PidTagResponseRequested, e->wants_answer);
	if (e->about.uid.n == 0)
		return;
	pst_goid_encode(&id, e->about.uid, instance);
	put_binary(w, MEET, PidLidGlobalObjectId, &id);
	buf_clear(&id);
	pst_goid_encode(&id, e->about.uid, DATE_UNKNOWN);
	put_binary(w, MEET, PidLidCleanGlobalObjectId, &id);
	buf_free(&id);
}

int
store_put_event(struct pst_store_out *s, struct pst_props *p,
    const struct event *e, struct err *err)
{
	struct put w = { s, p };
	int64_t start = e->start, end = e->end;

	/* whole days begin at midnight where the clock is */
	if (e->all_day && start != DATE_UNKNOWN)
		start = event_to_utc(e->zone, start);
	if (e->all_day && end != DATE_UNKNOWN)
		end = event_to_utc(e->zone, end);
	if (end == DATE_UNKNOWN)
		end = start;
	put_about(&w, &e->about);
	put_time(&w, APPT, PidLidAppointmentStartWhole, start);
	put_time(&w, APPT, PidLidAppointmentEndWhole, end);
	put_time(&w, COMM, PidLidCommonStart, start);
	put_time(&w, COMM, PidLidCommonEnd, end);
	if (start != DATE_UNKNOWN) {
		props_time(p, PidTagStartDate, start);
		props_time(p, PidTagEndDate, end);
		put_int(&w, APPT, PidLidAppointmentDuration,
		    (int32_t)((end - start) / 60));
	}
	put_bool(&w, APPT, PidLidAppointmentSubType, e->all_day);
	put_int(&w, APPT, PidLidBusyStatus, (int32_t)e->busy);
	put_int(&w, APPT, PidLidAppointmentColor, (int32_t)e->color);
	put_text(&w, APPT, PidLidLocation, e->location);
	put_text(&w, APPT, PidLidNetShowUrl, e->conference);
	if (e->replaces != DATE_UNKNOWN)
		put_time(&w, APPT, PidLidExceptionReplaceTime,
		    event_to_utc(e->zone, e->replaces));
	put_reminder(&w, e->reminder, start, e->reminder_min);
	put_meeting(&w, e);
	put_zone(&w, e);
	props_int(p, PidTagIconIndex,
	    e->recur != NULL	     ? ICON_SERIES
		: e->n_attendees > 0 ? ICON_MEETING
				     : ICON_EVENT);
	return put_series(&w, e, err);
}

/* ----------------------------------------------------------------- tasks */

int
store_put_task(struct pst_store_out *s, struct pst_props *p,
    const struct task *t, struct err *err)
{
	struct put w = { s, p };
	struct buf b = { 0 };
	double part = t->percent / 100.0;
	uint64_t bits;
	uint8_t raw[8];
	int rc = 0;

	memcpy(&bits, &part, sizeof(bits));
	pst_put64(raw, bits);
	put_about(&w, &t->about);
	put_int(&w, TASK, PidLidTaskStatus, (int32_t)t->status);
	props_raw(p, store_name(s, TASK, PidLidPercentComplete), PtypFloating64,
	    slice_of(raw, sizeof(raw)));
	put_bool(&w, TASK, PidLidTeamTask, t->team);
	put_time(&w, TASK, PidLidTaskStartDate, t->start);
	put_time(&w, TASK, PidLidTaskDueDate, t->due);
	put_time(&w, COMM, PidLidCommonStart, t->start);
	put_time(&w, COMM, PidLidCommonEnd, t->due);
	put_time(&w, TASK, PidLidTaskDateCompleted, t->completed);
	put_int(&w, TASK, PidLidTaskActualEffort, t->actual_min);
	put_int(&w, TASK, PidLidTaskEstimatedEffort, t->estimated_min);
	put_int(&w, TASK, PidLidTaskVersion, 1);
	put_int(&w, TASK, PidLidTaskState, t->ownership == TASK_OWN ? 1 : 2);
	put_bool(&w, TASK, PidLidTaskComplete, t->complete);
	put_text(&w, TASK, PidLidTaskOwner, t->owner);
	put_text(&w, TASK, PidLidTaskAssigner, t->assigner);
	put_text(&w, TASK, PidLidTaskLastDelegate, t->delegator);
	put_int(&w, TASK, PidLidTaskOrdinal, t->ordinal);
	put_bool(&w, TASK, PidLidTaskFRecurring, t->recur != NULL);
	put_int(&w, TASK, PidLidTaskOwnership, (int32_t)t->ownership);
	put_reminder(&w, t->reminder, t->remind_at, 0);
	props_int(p, PidTagIconIndex, ICON_TASK + (t->recur != NULL));
	if (t->recur != NULL) {
		rc = pst_recur_encode(&b, t->recur, PST_RECUR_TASK, err);
		if (rc == 0)
			put_binary(&w, TASK, PidLidTaskRecurrence, &b);
	}
	if (rc == 0 && t->about.uid.n > 0) {
		buf_clear(&b);
		pst_goid_encode(&b, t->about.uid, DATE_UNKNOWN);
		put_binary(&w, MEET, PidLidGlobalObjectId, &b);
	}
	buf_free(&b);
	return rc;
}

/* --------------------------------------------------- journal and notes */

void
store_put_journal(struct pst_store_out *s, struct pst_props *p,
    const struct journal *j)
{
	struct put w = { s, p };
	int32_t minutes = j->minutes;

	if (minutes < 0 && j->start != DATE_UNKNOWN && j->end != DATE_UNKNOWN)
		minutes = (int32_t)((j->end - j->start) / 60);
	put_about(&w, &j->about);
	put_text(&w, LOG, PidLidLogType, j->type);
	put_text(&w, LOG, PidLidLogTypeDesc, j->type);
	put_time(&w, LOG, PidLidLogStart, j->start);
	put_time(&w, LOG, PidLidLogEnd, j->end);
	put_time(&w, COMM, PidLidCommonStart, j->start);
	put_time(&w, COMM, PidLidCommonEnd, j->end);
	put_int(&w, LOG, PidLidLogFlags, 0);
	if (minutes >= 0)
		put_int(&w, LOG, PidLidLogDuration, minutes);
	props_int(p, PidTagIconIndex, ICON_JOURNAL);
}

void
store_put_note(struct pst_store_out *s, const struct item *it,
    struct pst_props *p)
{
	struct put w = { s, p };
	int32_t color = it->note_color >= 0 ? it->note_color : NOTE_YELLOW;

	put_int(&w, PST_SET_NOTE, PidLidNoteColor, color);
	put_int(&w, PST_SET_NOTE, PidLidNoteWidth, 200);
	put_int(&w, PST_SET_NOTE, PidLidNoteHeight, 166);
	props_int(p, PidTagIconIndex, ICON_NOTE + color);
}
