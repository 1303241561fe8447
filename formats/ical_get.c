/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Properties of iCalendar read; see ical_impl.h. */
#include <stdlib.h>

#include "core/num.h"
#include "formats/ical_impl.h"

#define LIST_MAX 1000

static struct slice
text_of(const char *s, struct arena *a)
{
	const char *copy = s == NULL ? NULL : arena_str(a, s);

	return slice_str(copy);
}

struct slice
value_text(icalproperty *p, struct arena *a)
{
	icalvalue *v = icalproperty_get_value(p);
	char *plain;
	struct slice out;

	if (v == NULL)
		return slice_of("", 0);
	switch (icalvalue_isa(v)) {
	case ICAL_TEXT_VALUE:
		return text_of(icalvalue_get_text(v), a);
	case ICAL_X_VALUE:
		return text_of(icalvalue_get_x(v), a);
	default:
		plain = icalvalue_as_ical_string_r(v);
		out = text_of(plain, a);
		icalmemory_free_buffer(plain);
		return out;
	}
}

struct slice
get_text(icalcomponent *c, icalproperty_kind kind, struct arena *a)
{
	icalproperty *p = icalcomponent_get_first_property(c, kind);

	return p == NULL ? slice_of("", 0) : value_text(p, a);
}

icalproperty *
next_x(icalcomponent *c, const char *name, bool first)
{
	icalproperty *p = first
	    ? icalcomponent_get_first_property(c, ICAL_X_PROPERTY)
	    : icalcomponent_get_next_property(c, ICAL_X_PROPERTY);
	const char *is;

	for (; p != NULL;
	     p = icalcomponent_get_next_property(c, ICAL_X_PROPERTY)) {
		is = icalproperty_get_x_name(p);
		if (is != NULL && strcasecmp(is, name) == 0)
			return p;
	}
	return NULL;
}

struct slice
get_x(icalcomponent *c, const char *name, struct arena *a)
{
	icalproperty *p = next_x(c, name, true);

	return p == NULL ? slice_of("", 0) : value_text(p, a);
}

bool
get_x_number(icalcomponent *c, const char *name, int64_t *n_r)
{
	struct arena a = { 0 };
	struct slice s = get_x(c, name, &a);
	bool minus = s.n > 0 && s.p[0] == '-';
	uint64_t n;
	bool ok = num_u64(slice_from(s, minus), INT64_MAX, &n);

	arena_free(&a);
	if (ok)
		*n_r = minus ? -(int64_t)n : (int64_t)n;
	return ok;
}

int64_t
get_x_time(icalcomponent *c, const char *name)
{
	struct arena a = { 0 };
	struct slice s = get_x(c, name, &a);
	int64_t t = DATE_UNKNOWN;

	if (s.n > 0)
		t = ical_wall(icaltime_from_string(s.p));
	arena_free(&a);
	return t;
}

/* ------------------------------------------------------------------ times */

struct icaltimetype
time_value(icalproperty *p)
{
	icalvalue *v = icalproperty_get_value(p);

	switch (v == NULL ? ICAL_NO_VALUE : icalvalue_isa(v)) {
	case ICAL_DATE_VALUE:
		return icalvalue_get_date(v);
	case ICAL_DATETIME_VALUE:
		return icalvalue_get_datetime(v);
	case ICAL_DATETIMEDATE_VALUE:
		return icalvalue_get_datetimedate(v);
	default:
		return icaltime_null_time();
	}
}

/* What stands there, and by whose clock: NULL and '*utc_r', or nobody's. */
int64_t
get_wall(icalproperty *p, const struct ical_zone *zones,
    const struct event_zone **z_r, bool *is_date_r)
{
	struct icaltimetype t = time_value(p);
	icalparameter *id =
	    icalproperty_get_first_parameter(p, ICAL_TZID_PARAMETER);

	*is_date_r = t.is_date;
	*z_r = NULL;
	if (id != NULL && !icaltime_is_utc(t))
		*z_r = ical_zone_find(zones, icalparameter_get_tzid(id));
	return icaltime_is_null_time(t) ? DATE_UNKNOWN : ical_wall(t);
}

int64_t
get_utc(icalcomponent *c, icalproperty_kind kind)
{
	icalproperty *p = icalcomponent_get_first_property(c, kind);

	return p == NULL ? DATE_UNKNOWN : ical_wall(time_value(p));
}

int64_t
get_day(icalcomponent *c, icalproperty_kind kind)
{
	int64_t t = get_utc(c, kind);

	return t == DATE_UNKNOWN ? t : event_day(t);
}

/* ----------------------------------------------------------------- people */

/* "mailto:jane%20doe@example.org" */
static struct slice
address_of(const char *uri, struct arena *a)
{
	struct buf b = { 0 };
	struct slice s;
	unsigned hex;
	size_t i;

	if (uri == NULL || strncasecmp(uri, "mailto:", 7) != 0)
		return slice_of("", 0);
	for (i = 7; uri[i] != '\0'; i++) {
		if (uri[i] == '%' &&
		    strspn(uri + i + 1, "0123456789ABCDEFabcdef") >= 2) {
			char two[3] = { uri[i + 1], uri[i + 2], '\0' };

			hex = (unsigned)strtoul(two, NULL, 16);
			buf_putc(&b, (char)hex);
			i += 2;
		} else {
			buf_putc(&b, uri[i]);
		}
	}
	s = slice_of(arena_slice(a, buf_slice(&b)), b.n);
	buf_free(&b);
	return s;
}

static const char *
x_param(icalproperty *p, const char *name)
{
	icalparameter *x =
	    icalproperty_get_first_parameter(p, ICAL_X_PARAMETER);
	const char *is;

	for (; x != NULL;
	     x = icalproperty_get_next_parameter(p, ICAL_X_PARAMETER)) {
		is = icalparameter_get_xname(x);
		if (is != NULL && strcasecmp(is, name) == 0)
			return icalparameter_get_xvalue(x);
	}
	return NULL;
}

void
get_person(icalproperty *p, struct arena *a, struct item_person *who)
{
	icalparameter *cn =
	    icalproperty_get_first_parameter(p, ICAL_CN_PARAMETER);
	icalvalue *v = icalproperty_get_value(p);

	memset(who, 0, sizeof(*who));
	if (v != NULL)
		who->smtp = address_of(icalvalue_get_caladdress(v), a);
	if (cn != NULL)
		who->name = text_of(icalparameter_get_cn(cn), a);
	who->x500 = text_of(x_param(p, X_X500), a);
}

static enum event_answer
answer_of(icalproperty *p)
{
	icalparameter *stat =
	    icalproperty_get_first_parameter(p, ICAL_PARTSTAT_PARAMETER);

	switch (stat == NULL ? ICAL_PARTSTAT_NONE
			     : icalparameter_get_partstat(stat)) {
	case ICAL_PARTSTAT_ACCEPTED:
		return EVENT_ACCEPTED;
	case ICAL_PARTSTAT_DECLINED:
		return EVENT_DECLINED;
	case ICAL_PARTSTAT_TENTATIVE:
		return EVENT_TENTATIVE;
	default:
		return EVENT_NO_ANSWER;
	}
}

static enum event_role
role_of(icalproperty *p)
{
	icalparameter *role =
	    icalproperty_get_first_parameter(p, ICAL_ROLE_PARAMETER);
	icalparameter *type =
	    icalproperty_get_first_parameter(p, ICAL_CUTYPE_PARAMETER);

	if (type != NULL &&
	    (icalparameter_get_cutype(type) == ICAL_CUTYPE_RESOURCE ||
		icalparameter_get_cutype(type) == ICAL_CUTYPE_ROOM))
		return EVENT_RESOURCE;
	switch (role == NULL ? ICAL_ROLE_NONE : icalparameter_get_role(role)) {
	case ICAL_ROLE_OPTPARTICIPANT:
		return EVENT_OPTIONAL;
	case ICAL_ROLE_NONPARTICIPANT:
		return EVENT_RESOURCE;
	default:
		return EVENT_REQUIRED;
	}
}

struct event_attendee *
get_attendees(icalcomponent *c, struct arena *a, size_t *n_r, bool *rsvp_r)
{
	struct event_attendee *all, *as;
	icalparameter *rsvp;
	icalproperty *p;
	const char *when;
	size_t n =
	    (size_t)icalcomponent_count_properties(c, ICAL_ATTENDEE_PROPERTY);

	all = arena_alloc(a, n * sizeof(*all) + 1);
	*n_r = 0;
	for (p = icalcomponent_get_first_property(c, ICAL_ATTENDEE_PROPERTY);
	     p != NULL && *n_r < n;
	     p = icalcomponent_get_next_property(c, ICAL_ATTENDEE_PROPERTY)) {
		as = &all[(*n_r)++];
		get_person(p, a, &as->who);
		as->answer = answer_of(p);
		as->role = role_of(p);
		as->answered = DATE_UNKNOWN;
		when = x_param(p, X_ANSWERED);
		if (when != NULL)
			as->answered = ical_wall(icaltime_from_string(when));
		rsvp = icalproperty_get_first_parameter(p, ICAL_RSVP_PARAMETER);
		if (rsvp != NULL && rsvp_r != NULL &&
		    icalparameter_get_rsvp(rsvp) == ICAL_RSVP_TRUE)
			*rsvp_r = true;
	}
	return all;
}

/* ----------------------------------------------------- what all have */

/* All values of a property that may be there often. */
static const struct slice *
get_list(icalcomponent *c, icalproperty_kind kind, const char *x_name,
    struct arena *a, size_t *n_r)
{
	struct buf found = { 0 };
	struct slice *all, s;
	icalproperty *p = x_name != NULL
	    ? next_x(c, x_name, true)
	    : icalcomponent_get_first_property(c, kind);
	size_t n = 0;

	while (p != NULL && n < LIST_MAX) {
		s = value_text(p, a);
		buf_put(&found, &s, sizeof(s));
		n++;
		p = x_name != NULL ? next_x(c, x_name, false)
				   : icalcomponent_get_next_property(c, kind);
	}
	*n_r = n;
	all = arena_alloc(a, n * sizeof(*all) + 1);
	if (n > 0)
		memcpy(all, found.p, n * sizeof(*all));
	buf_free(&found);
	return all;
}

static int
sextet(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A'
	    : c >= 'a' && c <= 'z'  ? c - 'a' + 26
	    : c >= '0' && c <= '9'  ? c - '0' + 52
	    : c == '+'		    ? 62
	    : c == '/'		    ? 63
				    : -1;
}

static struct slice
from_base64(const char *s, struct arena *a)
{
	struct buf b = { 0 };
	struct slice out;
	unsigned v = 0, bits = 0;
	int c;

	for (; s != NULL && *s != '\0'; s++) {
		c = sextet(*s);
		if (c < 0)
			continue;
		v = v << 6 | (unsigned)c;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			buf_putc(&b, (char)(v >> bits & 0xff));
		}
	}
	out = slice_of(arena_slice(a, buf_slice(&b)), b.n);
	buf_free(&b);
	return out;
}

static void
get_attach(icalproperty *p, struct arena *a, struct event_attach *to)
{
	icalattach *value = icalproperty_get_attach(p);
	icalparameter *type =
	    icalproperty_get_first_parameter(p, ICAL_FMTTYPE_PARAMETER);

	memset(to, 0, sizeof(*to));
	if (value == NULL)
		return;
	if (icalattach_get_is_url(value))
		to->uri = text_of(icalattach_get_url(value), a);
	else
		to->data =
		    from_base64((const char *)icalattach_get_data(value), a);
	to->name = text_of(x_param(p, X_FILENAME), a);
	if (type != NULL)
		to->mime = text_of(icalparameter_get_fmttype(type), a);
}

static void
get_attachments(icalcomponent *c, struct event_about *about, struct arena *a)
{
	struct event_attach *all;
	icalproperty *p;
	size_t n =
	    (size_t)icalcomponent_count_properties(c, ICAL_ATTACH_PROPERTY);

	all = arena_alloc(a, n * sizeof(*all) + 1);
	for (p = icalcomponent_get_first_property(c, ICAL_ATTACH_PROPERTY);
	     p != NULL && about->n_attachments < n;
	     p = icalcomponent_get_next_property(c, ICAL_ATTACH_PROPERTY))
		get_attach(p, a, &all[about->n_attachments++]);
	about->attachments = all;
}

static int32_t
sensitivity_of(icalcomponent *c, struct arena *a)
{
	icalproperty *p =
	    icalcomponent_get_first_property(c, ICAL_CLASS_PROPERTY);

	if (slice_is(get_x(c, X_SENSITIVITY, a), "PERSONAL"))
		return 1;
	switch (p == NULL ? ICAL_CLASS_PUBLIC : icalproperty_get_class(p)) {
	case ICAL_CLASS_PRIVATE:
		return 2;
	case ICAL_CLASS_CONFIDENTIAL:
		return 3;
	default:
		return 0;
	}
}

void
get_about(icalcomponent *c, struct event_about *about, struct arena *a)
{
	icalproperty *p =
	    icalcomponent_get_first_property(c, ICAL_PRIORITY_PROPERTY);
	int64_t n = 1;

	about->uid = get_text(c, ICAL_UID_PROPERTY, a);
	about->subject = get_text(c, ICAL_SUMMARY_PROPERTY, a);
	about->plain = get_text(c, ICAL_DESCRIPTION_PROPERTY, a);
	about->html = get_x(c, X_ALT_DESC, a);
	about->categories = get_list(c, ICAL_CATEGORIES_PROPERTY, NULL, a,
	    &about->n_categories);
	about->contacts =
	    get_list(c, ICAL_CONTACT_PROPERTY, NULL, a, &about->n_contacts);
	about->companies =
	    get_list(c, ICAL_NO_PROPERTY, X_COMPANY, a, &about->n_companies);
	about->billing = get_x(c, X_BILLING, a);
	about->mileage = get_x(c, X_MILEAGE, a);
	about->created = get_utc(c, ICAL_CREATED_PROPERTY);
	about->modified = get_utc(c, ICAL_LASTMODIFIED_PROPERTY);
	about->sensitivity = sensitivity_of(c, a);
	get_x_number(c, X_IMPORTANCE, &n);
	about->importance = n == 0 || n == 2 ? (int32_t)n : 1;
	if (p != NULL && icalproperty_get_priority(p) > 0)
		about->importance = icalproperty_get_priority(p) < 5 ? 2
		    : icalproperty_get_priority(p) > 5		     ? 0
								     : 1;
	get_attachments(c, about, a);
}
