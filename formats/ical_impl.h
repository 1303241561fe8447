/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For formats/ical*.c only: what the writers of iCalendar share. */
#ifndef FORMATS_ICAL_IMPL_H
#define FORMATS_ICAL_IMPL_H

#include <libical/ical.h>

#include "formats/ical.h"

#define ICAL_ZONES_MAX 16 /* of one event */

/* Names of our own for what iCalendar has none for. */
#define X_TASK_STATUS	  "X-POSTROAD-TASK-STATUS"
#define X_TASK_OWNER	  "X-POSTROAD-TASK-OWNER"
#define X_TASK_DELEGATOR  "X-POSTROAD-TASK-DELEGATOR"
#define X_TASK_ASSIGNER	  "X-POSTROAD-TASK-ASSIGNER"
#define X_TASK_OWNERSHIP  "X-POSTROAD-TASK-OWNERSHIP"
#define X_TASK_TEAM	  "X-POSTROAD-TASK-TEAM"
#define X_TASK_ORDINAL	  "X-POSTROAD-TASK-ORDINAL"
#define X_TASK_ACTUAL	  "X-POSTROAD-TASK-ACTUAL-MINUTES"
#define X_TASK_ESTIMATED  "X-POSTROAD-TASK-ESTIMATED-MINUTES"
#define X_TASK_REGENERATE "X-POSTROAD-TASK-REGENERATE"
#define X_TASK_FIRST	  "X-POSTROAD-TASK-FIRST"
#define X_TASK_DUE	  "X-POSTROAD-TASK-DUE-ONLY"
#define X_JOURNAL_TYPE	  "X-POSTROAD-JOURNAL-TYPE"
#define X_JOURNAL_END	  "X-POSTROAD-JOURNAL-END"
#define X_JOURNAL_MINUTES "X-POSTROAD-JOURNAL-MINUTES"
#define X_COMPANY	  "X-POSTROAD-COMPANY"
#define X_BILLING	  "X-POSTROAD-BILLING"
#define X_MILEAGE	  "X-POSTROAD-MILEAGE"
#define X_SENSITIVITY	  "X-POSTROAD-SENSITIVITY"
#define X_ZONE_SHOWN	  "X-POSTROAD-TZ-SHOWN"
#define X_COLOR		  "X-POSTROAD-COLOR"
#define X_ANSWER	  "X-POSTROAD-RESPONSE"
#define X_ANSWERED	  "X-POSTROAD-REPLYTIME"
#define X_X500		  "X-POSTROAD-X500"
#define X_ANCHOR	  "X-POSTROAD-FIRSTDATETIME"
/* [MS-OXCICAL] 2.1.3.1.1.20 */
#define X_ALT_DESC	"X-ALT-DESC"
#define X_BUSY		"X-MICROSOFT-CDO-BUSYSTATUS"
#define X_INTENDED_BUSY "X-MICROSOFT-CDO-INTENDEDSTATUS"
#define X_ALL_DAY	"X-MICROSOFT-CDO-ALLDAYEVENT"
#define X_IMPORTANCE	"X-MICROSOFT-CDO-IMPORTANCE"
#define X_OWNER_ID	"X-MICROSOFT-CDO-OWNERAPPTID"
#define X_CRITICAL	"X-MICROSOFT-CDO-OWNER-CRITICAL-CHANGE"
#define X_NO_COUNTER	"X-MICROSOFT-DISALLOW-COUNTER"
#define X_CONFERENCE	"X-MICROSOFT-ONLINEMEETINGCONFLINK"
#define X_RRULE		"X-MICROSOFT-RRULE"
#define X_CALSCALE	"X-MICROSOFT-CALSCALE"
#define X_FILENAME	"X-FILENAME"

/* A calendar being made. */
struct ical_build {
	icalcomponent *cal;
	const struct ical_opts *opts;
	int64_t first_year; /* from here on zones must be right */
	struct {
		const struct event_zone *zone;
		char id[80];
	} zones[ICAL_ZONES_MAX];
	size_t n_zones;
};

/* ---- ical.c */
void ical_problem(const struct ical_opts *opts, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Once before libical is used: it shall read no file of the system's. */
void ical_init(void);

/* ---- ical_event.c, ical_task.c: one of them, into b->cal */
void put_event(struct ical_build *b, const struct event *e);
void put_task(struct ical_build *b, const struct task *t);
void put_journal(struct ical_build *b, const struct journal *j);

/* ---- ical_put.c: properties; what is empty or unknown is not put */
void put_prop(icalcomponent *c, icalproperty *p);
/* Valid UTF-8 without controls but LF; at most 'max' bytes.  True: cut. */
bool ical_clean(struct buf *out, struct slice s, size_t max);
/* The whole text as libical made it, with its commas put right. */
void ical_unmark(struct buf *out, const char *text);
void put_text(icalcomponent *c, icalproperty_kind kind, struct slice s);
void put_x(icalcomponent *c, const char *name, struct slice s);
void put_x_number(icalcomponent *c, const char *name, int64_t n);
void put_x_time(icalcomponent *c, const char *name, int64_t utc);
struct icaltimetype ical_time(int64_t wall, bool is_date, bool utc);
/* And back, whatever its zone; or DATE_UNKNOWN. */
int64_t ical_wall(struct icaltimetype t);
void put_utc(icalcomponent *c, icalproperty_kind kind, int64_t utc);
void put_date(icalcomponent *c, icalproperty_kind kind, int64_t day);
/* By the zone's clock where that is exact, else in UTC. */
void put_zoned(struct ical_build *b, icalcomponent *c, icalproperty_kind kind,
    const struct event_zone *z, int64_t utc);
void put_wall(struct ical_build *b, icalcomponent *c, icalproperty_kind kind,
    const struct event_zone *z, int64_t wall);
void put_person(icalcomponent *c, icalproperty_kind kind,
    const struct item_person *who, const struct event_attendee *as,
    bool wants_answer);
/* Subject, text, categories, ... */
void put_about(struct ical_build *b, icalcomponent *c,
    const struct event_about *about, bool with_uid);

/* ---- ical_get.c: and read; texts in 'a', empty where there is none */
struct slice get_text(icalcomponent *c, icalproperty_kind kind,
    struct arena *a);
struct slice get_x(icalcomponent *c, const char *name, struct arena *a);
bool get_x_number(icalcomponent *c, const char *name, int64_t *n_r);
int64_t get_x_time(icalcomponent *c, const char *name);
/* The first or next with that name. */
icalproperty *next_x(icalcomponent *c, const char *name, bool first);
struct slice value_text(icalproperty *p, struct arena *a);
struct icaltimetype time_value(icalproperty *p);
int64_t get_utc(icalcomponent *c, icalproperty_kind kind);
int64_t get_day(icalcomponent *c, icalproperty_kind kind);
/* As it stands there, and by whose clock; NULL: UTC, or nobody knows. */
struct ical_zone;
int64_t get_wall(icalproperty *p, const struct ical_zone *zones,
    const struct event_zone **z_r, bool *is_date_r);
void get_person(icalproperty *p, struct arena *a, struct item_person *who);
/* '*rsvp_r' (may be NULL): set where one shall answer. */
struct event_attendee *get_attendees(icalcomponent *c, struct arena *a,
    size_t *n_r, bool *rsvp_r);
void get_about(icalcomponent *c, struct event_about *about, struct arena *a);

/* ---- ical_zone.c */
/* Its TZID; the VTIMEZONE is in the calendar from now on.  NULL: there are too
 * many. */
const char *ical_zone_id(struct ical_build *b, const struct event_zone *z);
/* All of a calendar's zones, as they are read back. */
struct ical_zone {
	const char *id;
	struct event_zone zone;
	struct ical_zone *next;
};
struct ical_zone *ical_zones(icalcomponent *cal, struct arena *a);
const struct event_zone *ical_zone_find(const struct ical_zone *all,
    const char *id);

/* ---- ical_rule.c */
/* The rule as an RRULE; 'until' as UTC if 'zone' or 'utc', else a day.  False:
 * it has none. */
bool ical_rule(struct icalrecurrencetype *to, const struct event_recur *r,
    const struct event_zone *z, bool all_day);
/* And back.  'first': wall, the DTSTART.  False: Outlook has no such
 * pattern. */
bool ical_rule_read(const struct icalrecurrencetype *from, int64_t first,
    const struct event_zone *z, struct event_rule *to);
const char *ical_calendar_name(unsigned calendar);
bool ical_calendar_number(const char *name, unsigned *calendar_r);

#endif
