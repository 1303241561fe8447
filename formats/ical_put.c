/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Properties of iCalendar, RFC 5545 3.8, one by one. */
#include <stdlib.h>

#include "core/text.h"
#include "formats/ical_impl.h"

#define VALUE_MAX   32768 /* bytes of a value that is no description */
#define ADDRESS_MAX 320

/*
 * libical writes commas and semicolons of some texts as they are; there they
 * travel as two code points that are never characters, and are put right at
 * the end.
 */
enum { COMMA = 0xfdd0, SEMICOLON = 0xfdd1 };

void
put_prop(icalcomponent *c, icalproperty *p)
{
	if (p != NULL)
		icalcomponent_add_property(c, p);
}

bool
ical_clean(struct buf *out, struct slice s, size_t max)
{
	bool cut = s.n > max;
	uint32_t cp;
	size_t len;

	if (cut)
		s.n = max;
	buf_puts(out, "");
	for (; s.n > 0; s = slice_from(s, len)) {
		len = text_utf8(s.p, s.n, &cp);
		if (len == 0 && cut && s.n < 4)
			break; /* the character that was cut */
		if (len == 0) {
			text_put_utf8(out, 0xfffd);
			len = 1;
		} else if (cp == '\r' && (s.n == 1 || s.p[1] != '\n')) {
			buf_putc(out, '\n');
		} else if (cp >= COMMA && cp <= SEMICOLON) {
			continue; /* no characters, and of use here */
		} else if (cp == '\n' || cp == '\t' ||
		    (cp >= 0x20 && cp != 0x7f && (cp < 0x80 || cp >= 0xa0))) {
			buf_put(out, s.p, len);
		}
	}
	return cut;
}

static void
mark(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++)
		if (*text == ',' || *text == ';')
			text_put_utf8(out, *text == ',' ? COMMA : SEMICOLON);
		else
			buf_putc(out, *text);
}

void
ical_unmark(struct buf *out, const char *text)
{
	const char *next;

	for (; (next = strstr(text, "\xef\xb7")) != NULL; text = next) {
		buf_put(out, text, (size_t)(next - text));
		if (next[2] == '\x90' || next[2] == '\x91') {
			buf_puts(out, next[2] == '\x90' ? "\\," : "\\;");
			next += 3;
		} else {
			buf_put(out, next, 2);
			next += 2;
		}
	}
	buf_puts(out, text);
}

static void
put_value(icalcomponent *c, icalproperty_kind kind, const char *text)
{
	icalproperty *p = icalproperty_new(kind);
	struct buf marked = { 0 };

	if (kind == ICAL_CATEGORIES_PROPERTY) {
		mark(&marked, text);
		text = buf_str(&marked);
	}
	icalproperty_set_value(p, icalvalue_new_text(text));
	buf_free(&marked);
	put_prop(c, p);
}

void
put_text(icalcomponent *c, icalproperty_kind kind, struct slice s)
{
	struct buf text = { 0 };

	if (s.n == 0)
		return;
	ical_clean(&text, s, VALUE_MAX);
	if (text.n > 0)
		put_value(c, kind, text.p);
	buf_free(&text);
}

static icalproperty *
new_x(const char *name, const char *text)
{
	icalproperty *p = icalproperty_new(ICAL_X_PROPERTY);
	struct buf marked = { 0 };

	mark(&marked, text);
	icalproperty_set_x_name(p, name);
	icalproperty_set_value(p, icalvalue_new_x(buf_str(&marked)));
	buf_free(&marked);
	return p;
}

void
put_x(icalcomponent *c, const char *name, struct slice s)
{
	struct buf text = { 0 };

	ical_clean(&text, s, VALUE_MAX);
	if (text.n > 0)
		put_prop(c, new_x(name, text.p));
	buf_free(&text);
}

void
put_x_number(icalcomponent *c, const char *name, int64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)n);
	put_prop(c, new_x(name, text));
}

void
put_x_time(icalcomponent *c, const char *name, int64_t utc)
{
	char *text;

	if (utc == DATE_UNKNOWN)
		return;
	text = icaltime_as_ical_string_r(ical_time(utc, false, true));
	put_prop(c, new_x(name, text));
	icalmemory_free_buffer(text);
}

/* ------------------------------------------------------------------ times */

struct icaltimetype
ical_time(int64_t wall, bool is_date, bool utc)
{
	struct icaltimetype t = icaltime_null_time();
	struct event_civil c;

	event_civil(wall, &c);
	t.year = c.year < 1 ? 1 : c.year > 9999 ? 9999 : (int)c.year;
	t.month = (int)c.month;
	t.day = (int)c.day;
	t.is_date = is_date;
	if (!is_date) {
		t.hour = (int)c.hour;
		t.minute = (int)c.minute;
		t.second = (int)c.second;
	}
	if (utc)
		t.zone = icaltimezone_get_utc_timezone();
	return t;
}

int64_t
ical_wall(struct icaltimetype t)
{
	struct event_civil c = { .year = t.year,
		.month = (unsigned)t.month,
		.day = (unsigned)t.day,
		.hour = t.is_date ? 0 : (unsigned)t.hour,
		.minute = t.is_date ? 0 : (unsigned)t.minute,
		.second = t.is_date ? 0 : (unsigned)t.second };

	if (t.year < 1 || t.month < 1 || t.month > 12 || t.day < 1 ||
	    t.day > 31 || t.hour < 0 || t.hour > 24 || t.minute < 0 ||
	    t.minute > 59 || t.second < 0 || t.second > 60)
		return DATE_UNKNOWN;
	return event_wall(&c);
}

static void
put_time(icalcomponent *c, icalproperty_kind kind, struct icaltimetype t,
    const char *tzid)
{
	icalproperty *p = icalproperty_new(kind);

	if (t.is_date) {
		icalproperty_set_value(p, icalvalue_new_date(t));
		/* the default of some, not of others */
		icalproperty_set_parameter(p,
		    icalparameter_new_value(ICAL_VALUE_DATE));
	} else {
		icalproperty_set_value(p, icalvalue_new_datetime(t));
	}
	if (tzid != NULL)
		icalproperty_add_parameter(p, icalparameter_new_tzid(tzid));
	put_prop(c, p);
}

void
put_utc(icalcomponent *c, icalproperty_kind kind, int64_t utc)
{
	if (utc != DATE_UNKNOWN)
		put_time(c, kind, ical_time(utc, false, true), NULL);
}

void
put_date(icalcomponent *c, icalproperty_kind kind, int64_t day)
{
	if (day != DATE_UNKNOWN)
		put_time(c, kind, ical_time(day, true, false), NULL);
}

void
put_wall(struct ical_build *b, icalcomponent *c, icalproperty_kind kind,
    const struct event_zone *z, int64_t wall)
{
	const char *id =
	    z == NULL || z->n_rules == 0 ? NULL : ical_zone_id(b, z);

	if (wall == DATE_UNKNOWN)
		return;
	if (id == NULL)
		put_utc(c, kind, event_to_utc(z, wall));
	else
		put_time(c, kind, ical_time(wall, false, false), id);
}

void
put_zoned(struct ical_build *b, icalcomponent *c, icalproperty_kind kind,
    const struct event_zone *z, int64_t utc)
{
	int64_t wall = event_to_wall(z, utc);

	/* in the hour that comes twice the wall says the first only */
	if (utc != DATE_UNKNOWN && event_to_utc(z, wall) == utc)
		put_wall(b, c, kind, z, wall);
	else
		put_utc(c, kind, utc);
}

/* ----------------------------------------------------------------- people */

/* Can it stand in a URI?  Letters beyond ASCII are written as %XX. */
static bool
put_address(struct buf *out, struct slice s)
{
	size_t i;

	if (s.n == 0 || s.n > ADDRESS_MAX || memchr(s.p, '@', s.n) == NULL)
		return false;
	buf_puts(out, "mailto:");
	for (i = 0; i < s.n; i++) {
		if (s.p[i] > ' ' && s.p[i] < 0x7f &&
		    strchr("\"<>\\^`{|}%,;:", s.p[i]) == NULL)
			buf_putc(out, s.p[i]);
		else
			buf_putf(out, "%%%02X", (unsigned char)s.p[i]);
	}
	return true;
}

/* A parameter: one line, no quotes. */
static void
put_param_text(struct buf *out, struct slice s)
{
	size_t i;

	ical_clean(out, s, 1000);
	for (i = 0; i < out->n; i++) {
		if (out->p[i] == '"')
			out->p[i] = '\'';
		if (out->p[i] == '\n' || out->p[i] == '\t')
			out->p[i] = ' ';
	}
}

static icalparameter *
new_x_param(const char *name, const char *value)
{
	icalparameter *p = icalparameter_new_x(value);

	icalparameter_set_xname(p, name);
	return p;
}

static void
add_answer(icalproperty *p, const struct event_attendee *as, bool wants)
{
	static const icalparameter_partstat stats[] = {
		[EVENT_NO_ANSWER] = ICAL_PARTSTAT_NEEDSACTION,
		[EVENT_ORGANIZED] = ICAL_PARTSTAT_ACCEPTED,
		[EVENT_TENTATIVE] = ICAL_PARTSTAT_TENTATIVE,
		[EVENT_ACCEPTED] = ICAL_PARTSTAT_ACCEPTED,
		[EVENT_DECLINED] = ICAL_PARTSTAT_DECLINED,
		[EVENT_NOT_ANSWERED] = ICAL_PARTSTAT_NEEDSACTION,
	};
	char *when;

	if (as->role == EVENT_RESOURCE)
		icalproperty_add_parameter(p,
		    icalparameter_new_cutype(ICAL_CUTYPE_RESOURCE));
	icalproperty_add_parameter(p,
	    icalparameter_new_role(as->role == EVENT_REQUIRED
		    ? ICAL_ROLE_REQPARTICIPANT
		    : as->role == EVENT_OPTIONAL ? ICAL_ROLE_OPTPARTICIPANT
						 : ICAL_ROLE_NONPARTICIPANT));
	if ((unsigned)as->answer <= EVENT_NOT_ANSWERED)
		icalproperty_add_parameter(p,
		    icalparameter_new_partstat(stats[as->answer]));
	if (wants)
		icalproperty_add_parameter(p,
		    icalparameter_new_rsvp(ICAL_RSVP_TRUE));
	if (as->answered != DATE_UNKNOWN && as->answered != 0) {
		when = icaltime_as_ical_string_r(
		    ical_time(as->answered, false, true));
		icalproperty_add_parameter(p, new_x_param(X_ANSWERED, when));
		icalmemory_free_buffer(when);
	}
}

void
put_person(icalcomponent *c, icalproperty_kind kind,
    const struct item_person *who, const struct event_attendee *as,
    bool wants_answer)
{
	icalproperty *p = icalproperty_new(kind);
	struct buf uri = { 0 }, name = { 0 };

	/* [MS-OXCICAL] 2.1.3.1.1.20.2: named, though nobody can be reached */
	if (!put_address(&uri, who->smtp))
		buf_puts(&uri, "invalid:nomail");
	icalproperty_set_value(p, icalvalue_new_caladdress(uri.p));
	if (as != NULL)
		add_answer(p, as, wants_answer);
	put_param_text(&name, who->name);
	if (name.n > 0)
		icalproperty_add_parameter(p, icalparameter_new_cn(name.p));
	buf_clear(&name);
	put_param_text(&name, who->x500);
	if (name.n > 0 && who->smtp.n == 0)
		icalproperty_add_parameter(p, new_x_param(X_X500, name.p));
	put_prop(c, p);
	buf_free(&uri);
	buf_free(&name);
}

/* ----------------------------------------------------- what all have */

static void
put_description(struct ical_build *b, icalcomponent *c,
    const struct event_about *about)
{
	struct buf text = { 0 };
	icalproperty *p;

	if (about->plain.n > 0) {
		if (ical_clean(&text, about->plain, ICAL_TEXT_MAX))
			ical_problem(b->opts, "its text is cut at 1 MiB");
		if (text.n > 0)
			put_value(c, ICAL_DESCRIPTION_PROPERTY, text.p);
	}
	buf_clear(&text);
	if (about->html.n > 0) {
		if (ical_clean(&text, about->html, ICAL_TEXT_MAX))
			ical_problem(b->opts, "its HTML is cut at 1 MiB");
		p = new_x(X_ALT_DESC, buf_str(&text));
		icalproperty_add_parameter(p,
		    icalparameter_new_fmttype("text/html"));
		put_prop(c, p);
	}
	buf_free(&text);
}

static char *
base64(struct slice s)
{
	static const char set[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *out = icalmemory_new_buffer((s.n + 2) / 3 * 4 + 1);
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i, n = 0;
	unsigned v;

	for (i = 0; i < s.n; i += 3) {
		v = (unsigned)p[i] << 16 |
		    (i + 1 < s.n ? (unsigned)p[i + 1] << 8 : 0) |
		    (i + 2 < s.n ? p[i + 2] : 0);
		out[n++] = set[v >> 18];
		out[n++] = set[v >> 12 & 63];
		out[n++] = i + 1 < s.n ? set[v >> 6 & 63] : '=';
		out[n++] = i + 2 < s.n ? set[v & 63] : '=';
	}
	out[n] = '\0';
	return out;
}

static void
free_base64(char *data, void *unused)
{
	(void)unused;
	icalmemory_free_buffer(data);
}

static void
put_attach(struct ical_build *b, icalcomponent *c,
    const struct event_attach *at)
{
	struct buf text = { 0 };
	icalattach *value;
	icalproperty *p;

	if (at->uri.n > 0) {
		put_param_text(&text, at->uri);
		value = icalattach_new_from_url(text.p);
	} else if (at->data.n > ICAL_INLINE_MAX) {
		ical_problem(b->opts,
		    "an attachment is too big to be inside (%zu bytes)",
		    at->data.n);
		return;
	} else {
		value = icalattach_new_from_data(base64(at->data), free_base64,
		    NULL);
	}
	p = icalproperty_new_attach(value);
	icalattach_unref(value);
	if (at->uri.n == 0) {
		icalproperty_set_parameter(p,
		    icalparameter_new_encoding(ICAL_ENCODING_BASE64));
		icalproperty_set_parameter(p,
		    icalparameter_new_value(ICAL_VALUE_BINARY));
	}
	buf_clear(&text);
	put_param_text(&text, at->mime);
	if (text.n > 0)
		icalproperty_add_parameter(p,
		    icalparameter_new_fmttype(text.p));
	buf_clear(&text);
	put_param_text(&text, at->name);
	if (text.n > 0)
		icalproperty_add_parameter(p, new_x_param(X_FILENAME, text.p));
	put_prop(c, p);
	buf_free(&text);
}

static void
put_class(icalcomponent *c, int32_t sensitivity)
{
	if (sensitivity == 1) /* nobody but Outlook knows "personal" */
		put_x(c, X_SENSITIVITY, slice_str("PERSONAL"));
	if (sensitivity >= 1 && sensitivity <= 3)
		put_prop(c,
		    icalproperty_new_class(sensitivity == 3
			    ? ICAL_CLASS_CONFIDENTIAL
			    : ICAL_CLASS_PRIVATE));
}

void
put_about(struct ical_build *b, icalcomponent *c,
    const struct event_about *about, bool with_uid)
{
	int64_t stamp = b->opts->stamp != DATE_UNKNOWN ? b->opts->stamp
	    : about->modified != DATE_UNKNOWN	       ? about->modified
	    : about->created != DATE_UNKNOWN	       ? about->created
						       : 0;
	size_t i;

	if (with_uid)
		put_text(c, ICAL_UID_PROPERTY, about->uid);
	put_utc(c, ICAL_DTSTAMP_PROPERTY, stamp);
	put_utc(c, ICAL_CREATED_PROPERTY, about->created);
	put_utc(c, ICAL_LASTMODIFIED_PROPERTY, about->modified);
	put_text(c, ICAL_SUMMARY_PROPERTY, about->subject);
	put_description(b, c, about);
	for (i = 0; i < about->n_categories; i++)
		put_text(c, ICAL_CATEGORIES_PROPERTY, about->categories[i]);
	put_class(c, about->sensitivity);
	for (i = 0; i < about->n_contacts; i++)
		put_text(c, ICAL_CONTACT_PROPERTY, about->contacts[i]);
	for (i = 0; i < about->n_companies; i++)
		put_x(c, X_COMPANY, about->companies[i]);
	put_x(c, X_BILLING, about->billing);
	put_x(c, X_MILEAGE, about->mileage);
	for (i = 0; i < about->n_attachments; i++)
		put_attach(b, c, &about->attachments[i]);
}
