/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a calendar, a task list and a journal hold, as neutral structs: a PST
 * item is read into them (formats/pst/own_event.c) and written from them,
 * formats/ical.h makes iCalendar of them and reads it back, formats/
 * pst/recur.h has the binary forms of rules and time zones.
 *
 * Text is UTF-8; an empty slice is nothing.  Nothing here owns memory: all
 * that is pointed to belongs to whoever filled the struct in (an arena).
 *
 * Times.  "UTC" is seconds since 1970 UTC, before 1970 negative.  "Wall" is
 * what a clock on the wall shows, as if it were UTC: 2012-12-14 09:00 there
 * is the same number as 2012-12-14T09:00:00Z.  A day is the wall time of its
 * midnight.  All may be DATE_UNKNOWN.
 */
#ifndef FORMATS_EVENT_H
#define FORMATS_EVENT_H

#include "core/arena.h"
#include "formats/pst/item.h"

/* ------------------------------------------------------------- time zones */

/* When a clock is changed, as in SYSTEMTIME ([MS-DTYP] 2.3.13). */
struct event_switch {
	uint16_t year;	 /* 0: every year; else in that year only */
	uint8_t month;	 /* 1..12; 0: never */
	uint8_t weekday; /* 0 Sunday .. 6 */
	uint8_t day;	 /* its 1st..4th, 5 last, in the month; with 'year':
			  * the day of the month */
	uint8_t hour, minute, second; /* by the clock before the change */
};

/* What holds from a year on.  UTC = wall + bias; all in minutes. */
struct event_zone_rule {
	int32_t year; /* from its January; the first rule holds before, too */
	int32_t bias; /* 480 for UTC-8 */
	int32_t std_bias, dst_bias; /* added to it; mostly 0 and -60 */
	/* into standard, into daylight time; a month of 0 in either: the
	 * clock is never changed */
	struct event_switch std, dst;
	bool effective; /* TZRULE_FLAG_EFFECTIVE_TZREG: holds for the series */
};

/* A time zone is its rules, by year; at least one. */
struct event_zone {
	struct slice name;  /* its TZID: "Pacific Standard Time"; or empty */
	struct slice shown; /* "(UTC-08:00) Pacific Time (US & Canada)" */
	const struct event_zone_rule *rules;
	size_t n_rules;
};

/* Seconds that are added to UTC to get the wall time at 'utc'.  No zone: 0. */
int32_t event_zone_offset(const struct event_zone *z, int64_t utc);
int64_t event_to_wall(const struct event_zone *z, int64_t utc);
/* A time that comes twice is the first; one that is skipped is taken by the
 * clock before the change (RFC 5545 3.3.5). */
int64_t event_to_utc(const struct event_zone *z, int64_t wall);
/* Do both have the same rules?  Names do not matter. */
bool event_zone_same(const struct event_zone *a, const struct event_zone *b);
bool event_zone_rule_same(const struct event_zone_rule *a,
    const struct event_zone_rule *b);
/* The rule of a year; there is at least one. */
const struct event_zone_rule *event_zone_rule_in(const struct event_zone *z,
    int64_t year);
/* Is the clock changed at all?  When in a year, wall by the clock before. */
bool event_zone_changes(const struct event_zone_rule *r);
int64_t event_switch_at(const struct event_switch *s, int64_t year);

/* ------------------------------------------------------------ recurrences */

enum event_pattern {
	EVENT_DAILY,	   /* every 'every' days */
	EVENT_WEEKLY,	   /* on 'weekdays', every 'every' weeks */
	EVENT_MONTHLY,	   /* on 'day', every 'every' months; in shorter months
			  * on their last day */
	EVENT_MONTHLY_NTH, /* on the nth of 'weekdays' */
	EVENT_PATTERNS
};

enum event_end { EVENT_NEVER, EVENT_AFTER, EVENT_BY };

/*
 * A rule.  Every year is every 12 months ('yearly' says how it was put in).
 * Weekdays are bits, Sunday 1.  Of many weekdays, nth counts all of them
 * together: the last of 0x3e (Monday to Friday) is the last workday.
 */
struct event_rule {
	enum event_pattern pattern;
	bool yearly;
	uint32_t every;	     /* days, weeks or months; > 0 */
	unsigned weekdays;   /* of WEEKLY, MONTHLY_NTH */
	int nth;	     /* of MONTHLY_NTH: 1..4, -1 the last */
	unsigned day;	     /* of MONTHLY: 1..31; 31 is always the last */
	unsigned week_start; /* 0 Sunday .. 6 */
	enum event_end end;
	uint32_t count; /* EVENT_AFTER */
	int64_t until;	/* EVENT_BY: the last day there may be one, wall */
	/*
	 * CalendarType, [MS-OXOCAL] 2.2.1.44.1: 0 the default, 1 Gregorian, 6
	 * Hijri, 8 Hebrew, ...; 'hijri': one of the Hj patterns.  'anchor' is
	 * FirstDateTime as it was stored, for calendars nobody here can count.
	 */
	unsigned calendar;
	uint32_t anchor;
	bool hijri;
	/* Of tasks: the next is due 'every' days after the last was done,
	 * not by a calendar. */
	bool regenerates;
};

/* What of an instance is not as in its series. */
enum {
	EVENT_SUBJECT = 1 << 0,
	EVENT_MEETING = 1 << 1, /* 'state' */
	EVENT_REMINDER_MIN = 1 << 2,
	EVENT_REMINDER = 1 << 3, /* whether there is one */
	EVENT_LOCATION = 1 << 4,
	EVENT_BUSY = 1 << 5,
	EVENT_ATTACHMENT = 1 << 6,
	EVENT_ALL_DAY = 1 << 7,
	EVENT_COLOR = 1 << 8,
	EVENT_BODY = 1 << 9
};

struct event;

/* An instance that was changed: [MS-OXOCAL] 2.2.1.44.2. */
struct event_change {
	int64_t original;   /* wall: when it would have begun */
	int64_t start, end; /* wall, in the zone of the series */
	unsigned differs; /* EVENT_SUBJECT, ...: which of the following hold */
	struct slice subject, location;
	int32_t state, reminder_min, busy, attachment;
	uint32_t color;
	bool reminder, all_day;
	uint32_t highlight; /* ChangeHighlight value, 0 */
	/* All of it, where it is known (an item of its own in the store, a
	 * VEVENT of its own); NULL: as the series, but for the above.  Has
	 * no 'recur'. */
	const struct event *whole;
};

struct event_recur {
	struct event_rule rule;
	/* The first and all others: wall midnight of the day the series
	 * begins, and when in the day each begins and ends, in minutes; the
	 * end may be > 1440. */
	int64_t first_day;
	uint32_t start_min, end_min;
	/* Instances that are no more, the changed ones not among them: wall,
	 * as they would have begun; ascending. */
	const int64_t *deleted;
	size_t n_deleted;
	struct event_change *changes;
	size_t n_changes;
};

/* ----------------------------------------------------------------- people */

enum event_role { EVENT_REQUIRED, EVENT_OPTIONAL, EVENT_RESOURCE };

/* PidLidResponseStatus, [MS-OXOCAL] 2.2.1.11 */
enum event_answer {
	EVENT_NO_ANSWER = 0,
	EVENT_ORGANIZED = 1,
	EVENT_TENTATIVE = 2,
	EVENT_ACCEPTED = 3,
	EVENT_DECLINED = 4,
	EVENT_NOT_ANSWERED = 5
};

struct event_attendee {
	struct item_person who;
	enum event_role role;
	enum event_answer answer;
	int64_t answered; /* UTC; 0, DATE_UNKNOWN: nobody knows */
	bool organizer;	  /* it is the organizer's own row */
};

/* ------------------------------------------------- what all of them have */

/* A file that belongs to it: bytes here, or where they are. */
struct event_attach {
	struct slice name; /* "plan.pdf" */
	struct slice mime;
	struct slice data; /* inline; or */
	struct slice uri;
};

struct event_about {
	struct slice uid; /* iCalendar's UID; never empty when it is written */
	struct slice subject;
	struct slice plain, html; /* the text; either may be missing */
	const struct slice *categories;
	size_t n_categories;
	const struct event_attach *attachments;
	size_t n_attachments;
	int32_t importance;	   /* 0 low, 1 normal, 2 high */
	int32_t sensitivity;	   /* 0 none, 1 personal, 2 private,
				    * 3 confidential */
	int64_t created, modified; /* UTC */
	const struct slice *companies;
	size_t n_companies;
	const struct slice *contacts; /* names of people it is linked to */
	size_t n_contacts;
	struct slice billing, mileage;
};

/* ----------------------------------------------------------- appointments */

/* PidLidBusyStatus, [MS-OXOCAL] 2.2.1.2 */
enum event_busy {
	EVENT_FREE = 0,
	EVENT_BUSY_TENTATIVE = 1,
	EVENT_IS_BUSY = 2,
	EVENT_AWAY = 3,
	EVENT_ELSEWHERE = 4
};

/* PidLidAppointmentStateFlags, [MS-OXOCAL] 2.2.1.10 */
enum {
	EVENT_STATE_MEETING = 1,
	EVENT_STATE_RECEIVED = 2,
	EVENT_STATE_CANCELED = 4
};

struct event {
	struct event_about about;
	/*
	 * UTC; of one for whole days the days, wall, the end exclusive.
	 * Of a series, its first instance.
	 */
	int64_t start, end;
	bool all_day;
	/* Where the clocks are by which it was planned; NULL: nobody knows,
	 * all times are in UTC.  end_zone NULL: the same. */
	const struct event_zone *zone, *end_zone;
	const struct event_recur *recur; /* or NULL */
	/* It is an instance of a series, changed, on its own: wall, when it
	 * would have begun (the day, if the series is for whole days); else
	 * DATE_UNKNOWN. */
	int64_t replaces;
	struct slice location;
	enum event_busy busy;
	/* of a request: what it shall be (PidLidIntendedBusyStatus); -1 */
	int32_t intended_busy;
	int32_t state;		      /* EVENT_STATE_ */
	int32_t sequence;	      /* of the meeting */
	enum event_answer answer;     /* the owner's own */
	struct item_person organizer; /* empty: it is no meeting */
	const struct event_attendee *attendees;
	size_t n_attendees;
	bool wants_answer;    /* RSVP */
	bool counter;	      /* an answer that proposes another time */
	bool counter_allowed; /* new times may be proposed */
	bool reminder;
	int32_t reminder_min;	 /* before the start */
	uint32_t color;		 /* PidLidAppointmentColor, 0 none */
	int64_t answered;	 /* PidLidAppointmentReplyTime, UTC */
	int64_t owner_critical;	 /* PidLidOwnerCriticalChange, UTC: DTSTAMP */
	int32_t owner_id;	 /* PidTagOwnerAppointmentId, -1 */
	struct slice conference; /* URL of an online meeting */
};

/* ------------------------------------------------------------------ tasks */

/* PidLidTaskStatus, [MS-OXOTASK] 2.2.2.2.2 */
enum task_status {
	TASK_NOT_STARTED = 0,
	TASK_IN_PROGRESS = 1,
	TASK_COMPLETE = 2,
	TASK_WAITING = 3,
	TASK_DEFERRED = 4
};

/* PidLidTaskOwnership, [MS-OXOTASK] 2.2.2.2.29 */
enum task_ownership { TASK_OWN = 0, TASK_ASSIGNED_OUT = 1, TASK_ACCEPTED = 2 };

struct task {
	struct event_about about;
	int64_t start, due, completed; /* days, wall */
	enum task_status status;
	int percent; /* 0..100 */
	bool complete;
	int32_t actual_min, estimated_min;	 /* of work; 0 unknown */
	struct slice owner, delegator, assigner; /* names */
	enum task_ownership ownership;
	struct event_attendee *assigned; /* the task request's recipients */
	size_t n_assigned;
	bool team;
	const struct event_recur *recur; /* no changes, minutes are 0 */
	bool reminder;
	int64_t remind_at; /* UTC */
	int32_t ordinal;
};

/* ---------------------------------------------------------------- journal */

struct journal {
	struct event_about about;
	int64_t start, end; /* UTC */
	int32_t minutes;    /* how long it took; -1 unknown */
	struct slice type;  /* "Phone call" */
};

/*
 * Fill in what every item has: subject, text (at most 1 MiB each, as UTF-8;
 * plain text is made of HTML where there is none),
 * categories, importance, sensitivity, created, modified, and the uid where
 * there is none yet.  Attachments are the caller's.  Text lives in 'a', the
 * rest in the item.  False: a text was cut.  Our own reader of PSTs has done
 * it for the items that it gives.
 */
bool event_take_item(struct event_about *about, const struct item *it,
    struct arena *a);
/* Copy all texts and people into 'a', so that what they lie in may go; not
 * zones, recurrences and attachments. */
void event_copy_texts(struct event *e, struct arena *a);

/* As item_init() does: empty, unknown. */
void event_init(struct event *e);
void task_init(struct task *t);
void journal_init(struct journal *j);

/* Make 'e', a copy of the series or an instance of it, what the change says:
 * its times, and all that differs. */
void event_apply_change(struct event *e, const struct event *series,
    const struct event_change *c);

/* ------------------------------------------------------------------ dates */

struct event_civil {
	int64_t year;
	unsigned month, day; /* 1..12, 1..31 */
	unsigned hour, minute, second;
	unsigned weekday; /* 0 Sunday */
};

void event_civil(int64_t wall, struct event_civil *c_r);
int64_t event_wall(const struct event_civil *c); /* weekday is not read */
unsigned event_month_days(int64_t year, unsigned month);
/* Midnight of that wall time. */
int64_t event_day(int64_t wall);

/* -------------------------------------------------------------- instances */

#define EVENT_LAST_DAY INT64_C(79860038400) /* 4500-08-31, Outlook's last */

/* Does it count the months of a calendar that is not Gregorian? */
bool event_rule_is_foreign(const struct event_rule *r);

/*
 * When the rule's instances begin, by the rule alone, wall, in order:
 * deleted and changed ones are among them.  Begin with a zeroed walk.
 * Returns 1, or 0 behind the last (at once where the rule cannot be followed,
 * or nothing ever fits; at the latest after EVENT_LAST_DAY).
 */
struct event_walk {
	bool begun;
	int64_t day; /* the last one given; of months, their number */
	uint32_t given;
};
int event_walk_next(struct event_walk *w, const struct event_recur *r,
    int64_t *wall_r);
/* The day of the last instance; EVENT_LAST_DAY if there is no end or the rule
 * cannot be followed. */
int64_t event_recur_last_day(const struct event_recur *r);
/* How many there are; 0 likewise. */
uint32_t event_recur_count(const struct event_recur *r);

#endif
