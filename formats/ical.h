/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * iCalendar, RFC 5545 and 5546, of the structs of formats/event.h and back,
 * by the mapping of [MS-OXCICAL].  The one doorway to libical.
 *
 * Nothing is read but what is given: VTIMEZONEs are made of the zone's own
 * rules, never of the system's files.  The same input always gives the same
 * bytes.  What comes out has CRLF line ends, lines folded at 75 octets.
 *
 * Memory: a few times the text; attachments given inline are copied.  So
 * bound what is put in (ICAL_TEXT_MAX), and leave big files beside with a
 * uri.
 */
#ifndef FORMATS_ICAL_H
#define FORMATS_ICAL_H

#include "core/arena.h"
#include "core/buf.h"
#include "formats/event.h"

#define ICAL_TEXT_MAX	   1048576 /* of a description, cut behind it */
#define ICAL_INLINE_MAX	   262144  /* bytes of an attachment inside */
#define ICAL_CHANGES_MAX   2000
#define ICAL_CHANGES_BYTES (2 * ICAL_TEXT_MAX) /* of all their texts */
#define ICAL_DELETED_MAX   10000
#define ICAL_PARSE_MAX	   8388608 /* a text to be parsed */

enum ical_method {
	ICAL_STORED, /* no METHOD: a file */
	ICAL_REQUEST,
	ICAL_REPLY,
	ICAL_CANCEL,
	ICAL_COUNTER
};

struct ical_opts {
	enum ical_method method;
	/* DTSTAMP; DATE_UNKNOWN: modified, else created, else 1970. */
	int64_t stamp;
	/* Something has no place in iCalendar, or was cut: "its rule counts
	 * Hijri months: only the first time is written".  May be NULL. */
	void (*problem)(void *arg, const char *text);
	void *arg;
};

/* "REQUEST"; NULL of ICAL_STORED. */
const char *ical_method_name(enum ical_method m);

/*
 * Append a VCALENDAR with this one: a VEVENT and one for each changed
 * instance, the VTIMEZONEs they need; a VTODO; a VJOURNAL.  A reply is from
 * the event's one attendee.  0, or -1 with SCOPE_MSG: nothing was appended.
 */
int ical_put_event(struct buf *out, const struct event *e,
    const struct ical_opts *opts, struct err *err);
int ical_put_task(struct buf *out, const struct task *t,
    const struct ical_opts *opts, struct err *err);
int ical_put_journal(struct buf *out, const struct journal *j,
    const struct ical_opts *opts, struct err *err);

/* What an iCalendar text holds; any of the three may be NULL. */
struct ical_thing {
	const struct event *event; /* with its changes as ->recur->changes */
	const struct task *task;
	const struct journal *journal;
	struct ical_thing *next;
};

struct ical_file {
	enum ical_method method;
	struct ical_thing *things; /* in the text's order; NULL: none */
};

/*
 * Read it back; all lives in 'a'.  What has no place in the structs is left
 * out and told to opts->problem (an RRULE that Outlook has no pattern for:
 * the event is there without it).  0, or -1 with SCOPE_MSG: no iCalendar.
 */
int ical_parse(struct slice text, struct arena *a, const struct ical_opts *opts,
    struct ical_file *f_r, struct err *err);

#endif
