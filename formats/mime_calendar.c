/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Meeting requests, cancellations and answers as text/calendar: RFC 5545,
 * RFC 5546, and from which properties, [MS-OXCICAL] 2.1.3.1.1.20.
 *
 * Times are in UTC as the store has them; a meeting for whole days says so
 * beside them (X-MICROSOFT-CDO-ALLDAYEVENT), for its days are those of a
 * place that is not read.  Recurrences are not read: no rule is written.
 */
#include "formats/mime_impl.h"

#include <stdio.h>

#include "core/text.h"

#define LINE_MAX 75 /* octets, without the line end */

static const struct {
	const char *class;
	const char *method;
	const char *partstat; /* of an answer */
} kinds[] = {
	{ "IPM.Schedule.Meeting.Request", "REQUEST", NULL },
	{ "IPM.Schedule.Meeting.Canceled", "CANCEL", NULL },
	{ "IPM.Schedule.Meeting.Resp.Pos", "REPLY", "ACCEPTED" },
	{ "IPM.Schedule.Meeting.Resp.Neg", "REPLY", "DECLINED" },
	{ "IPM.Schedule.Meeting.Resp.Tent", "REPLY", "TENTATIVE" },
};

static int kind_of(struct slice class)
{
	size_t i, n;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		n = strlen(kinds[i].class);
		if (class.n >= n && (class.n == n || class.p[n] == '.') &&
		    slice_is_nocase(slice_of(class.p, n), kinds[i].class))
			return (int)i;
	}
	return -1;
}

/* ----------------------------------------------------------------- lines */

/* A content line, folded where no character is cut. */
static void
put_line(struct buf *out, struct buf *line)
{
	size_t at = 0, n, room = LINE_MAX;

	while (line->n - at > room) {
		n = room;
		while (n > 1 && ((unsigned char)line->p[at + n] & 0xc0) == 0x80)
			n--;
		buf_put(out, line->p + at, n);
		buf_puts(out, "\r\n ");
		at += n;
		room = LINE_MAX - 1;
	}
	buf_put(out, line->p + at, line->n - at);
	buf_puts(out, "\r\n");
	buf_clear(line);
}

/* TEXT, RFC 5545 3.3.11; 'quoted': a parameter's value, 3.2. */
static void
put_text(struct buf *b, struct slice s, bool quoted)
{
	uint32_t cp;
	size_t len;

	for (; s.n > 0; s = slice_from(s, len)) {
		len = text_utf8(s.p, s.n, &cp);
		if (len == 0) {
			text_put_utf8(b, 0xfffd);
			len = 1;
		} else if (cp == '\n' && !quoted) {
			buf_puts(b, "\\n");
		} else if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0)) {
			continue;
		} else if (cp == '"' && quoted) {
			buf_putc(b, '\'');
		} else {
			if (!quoted && (cp == '\\' || cp == ';' || cp == ','))
				buf_putc(b, '\\');
			buf_put(b, s.p, len);
		}
	}
}

static void
put_string(struct buf *out, const char *name, struct slice value)
{
	struct buf line = { 0 };

	if (value.n > MIME_VALUE_MAX)
		value.n = MIME_VALUE_MAX;
	buf_puts(&line, name);
	put_text(&line, value, false);
	put_line(out, &line);
	buf_free(&line);
}

/* 20121214T211030Z, or nothing. */
static void
put_time(struct buf *out, const char *name, int64_t t)
{
	char iso[32];
	size_t i;

	if (t == DATE_UNKNOWN)
		return;
	date_format_iso(iso, t);
	buf_puts(out, name);
	for (i = 0; iso[i] != '\0'; i++)
		if (iso[i] != '-' && iso[i] != ':')
			buf_putc(out, iso[i]);
	buf_puts(out, "\r\n");
}

/* Whoever has no address is named all the same. */
static void
put_person(struct buf *out, const char *what, const struct item_person *who)
{
	struct buf line = { 0 };
	struct slice name = who->name;

	if (name.n > MIME_VALUE_MAX)
		name.n = MIME_VALUE_MAX;
	buf_puts(&line, what);
	if (name.n > 0) {
		buf_puts(&line, ";CN=\"");
		put_text(&line, name, true);
		buf_puts(&line, "\"");
	}
	if (mime_is_address(who->smtp))
		buf_putf(&line, ":mailto:%.*s", (int)who->smtp.n, who->smtp.p);
	else
		buf_puts(&line, ":invalid:nomail");
	put_line(out, &line);
	buf_free(&line);
}

/* ---------------------------------------------------------------- people */

static bool
is_somebody(const struct item_person *who)
{
	return who->name.n > 0 || mime_is_address(who->smtp);
}

static bool
is_same(const struct item_person *a, const struct item_person *b)
{
	return a->smtp.n > 0 && a->smtp.n == b->smtp.n &&
	    strncasecmp(a->smtp.p, b->smtp.p, a->smtp.n) == 0;
}

static void
put_invited(struct buf *out, const struct item *it, bool canceled)
{
	static const char *const roles[] = { "REQ-PARTICIPANT",
		"OPT-PARTICIPANT", "NON-PARTICIPANT;CUTYPE=RESOURCE" };
	const struct item_recipient *to;
	char what[100];
	size_t i;

	for (i = 0; i < it->n_recipients; i++) {
		to = &it->recipients[i];
		if (!is_somebody(&to->who) || is_same(&to->who, &it->from))
			continue;
		snprintf(what, sizeof(what), "ATTENDEE;ROLE=%s%s",
		    roles[to->type == ITEM_CC	   ? 1
			    : to->type == ITEM_BCC ? 2
						   : 0],
		    canceled ? "" : ";PARTSTAT=NEEDS-ACTION;RSVP=TRUE");
		put_person(out, what, &to->who);
	}
}

/* An answer goes to the organizer, from one of those invited. */
static void
put_answer(struct buf *out, const struct item *it, const char *partstat)
{
	static const struct item_person nobody;
	char what[60];

	put_person(out, "ORGANIZER",
	    it->n_recipients > 0 ? &it->recipients[0].who : &nobody);
	snprintf(what, sizeof(what), "ATTENDEE;PARTSTAT=%s", partstat);
	put_person(out, what, &it->from);
}

/* ------------------------------------------------------------------- uid */

#define ID_DATE 16 /* of one instance of a series: 4 bytes */
#define ID_DATA 40

/* An id that came by mail lies in the other one's, with a NUL behind it. */
static struct slice
mailed_uid(struct slice id)
{
	static const char mark[] = "vCal-Uid";
	struct slice s = slice_from(id, ID_DATA < id.n ? ID_DATA : id.n);
	size_t n = sizeof(mark) - 1;

	if (s.n <= n + 4 || memcmp(s.p, mark, n) != 0)
		return slice_of("", 0);
	s = slice_from(s, n + 4);
	for (n = 0; n < s.n && s.p[n] != '\0'; n++)
		;
	s.n = n;
	return mime_is_ascii(s) ? s : slice_of("", 0);
}

static void
put_uid(struct buf *out, const struct item *it)
{
	struct slice id = it->meeting.global_id, uid = mailed_uid(id);
	struct buf hex = { 0 };
	unsigned c;
	size_t i;

	for (i = 0; uid.n == 0 && i < id.n; i++) {
		c = (unsigned char)id.p[i];
		if (i >= ID_DATE && i < ID_DATE + 4)
			c = 0;
		buf_putf(&hex, "%02X", c);
	}
	if (hex.n > 0)
		uid = buf_slice(&hex);
	put_string(out, "UID:", uid.n > 0 ? uid : it->uid);
	buf_free(&hex);
}

/* ----------------------------------------------------------------- event */

static void
put_event(struct buf *out, const struct item *it, int kind)
{
	const struct item_meeting *m = &it->meeting;
	int64_t stamp = it->submitted != DATE_UNKNOWN ? it->submitted
	    : it->delivered != DATE_UNKNOWN	      ? it->delivered
	    : it->created != DATE_UNKNOWN	      ? it->created
						      : 0;

	buf_puts(out, "BEGIN:VEVENT\r\n");
	put_uid(out, it);
	put_time(out, "RECURRENCE-ID:", m->replaces);
	put_time(out, "DTSTAMP:", stamp);
	put_time(out, "DTSTART:", m->start);
	/* RFC 5545 3.8.2.2: later than the start, or not there */
	if (m->start == DATE_UNKNOWN || m->end > m->start)
		put_time(out, "DTEND:", m->end);
	buf_putf(out, "SEQUENCE:%d\r\n", m->sequence > 0 ? m->sequence : 0);
	put_string(out, "SUMMARY:", it->subject);
	if (m->location.n > 0)
		put_string(out, "LOCATION:", m->location);
	if (kinds[kind].partstat != NULL) {
		put_answer(out, it, kinds[kind].partstat);
	} else {
		put_person(out, "ORGANIZER", &it->from);
		put_invited(out, it, kind == 1);
	}
	if (kind == 1)
		buf_puts(out, "STATUS:CANCELLED\r\n");
	if (it->sensitivity == 2 || it->sensitivity == 3)
		buf_putf(out, "CLASS:%s\r\n",
		    it->sensitivity == 2 ? "PRIVATE" : "CONFIDENTIAL");
	if (m->all_day)
		buf_puts(out, "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE\r\n");
	buf_puts(out, "END:VEVENT\r\n");
}

static bool
has_calendar(const struct item *it)
{
	const struct item_attach *at;
	size_t i;

	for (i = 0; i < it->n_attachments; i++) {
		at = &it->attachments[i];
		if (at->mime.n >= 13 &&
		    slice_is_nocase(slice_of(at->mime.p, 13), "text/calendar"))
			return true;
		if (at->name.n > 4 &&
		    slice_is_nocase(slice_from(at->name, at->name.n - 4),
			".ics"))
			return true;
	}
	return false;
}

struct part *
mime_plan_calendar(struct mime_plan *p)
{
	int kind = kind_of(p->it->class);
	struct part *part;

	/* a request without a time asks for nothing (RFC 5546 3.2.2) */
	if (kind < 0 || has_calendar(p->it) ||
	    (kind == 0 && p->it->meeting.start == DATE_UNKNOWN))
		return NULL;
	buf_puts(&p->calendar,
	    "BEGIN:VCALENDAR\r\nPRODID:-//postroad//postroad//EN\r\n"
	    "VERSION:2.0\r\n");
	buf_putf(&p->calendar, "METHOD:%s\r\n", kinds[kind].method);
	put_event(&p->calendar, p->it, kind);
	buf_puts(&p->calendar, "END:VCALENDAR\r\n");
	part = plan_part(p, PART_TEXT, "text/calendar");
	part->params =
	    arena_fmt(p->a, "; charset=utf-8; method=%s", kinds[kind].method);
	part->bytes = plan_bytes(p, buf_slice(&p->calendar));
	return part;
}
