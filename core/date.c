/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mail's date forms; see date.h.  One tokenizer, three orders of fields. */
#include "core/date.h"

#include <stdio.h>
#include <time.h>

#include "core/num.h"

static const char month_names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
static const char day_names[] = "sunmontuewedthufrisat";

int64_t
date_days(int64_t year, unsigned month, unsigned day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400;
	int64_t mp = ((int64_t)month + 9) % 12;
	int64_t doy = (153 * mp + 2) / 5 + (int64_t)day - 1;
	int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

	return era * 146097 + doe - 719468;
}

struct parts {
	int64_t year;
	unsigned month, day, hour, min, sec;
	int zone; /* minutes east */
	bool has_time, has_zone;
};

static bool
assemble(const struct parts *d, int64_t *out)
{
	static const unsigned char len[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30,
		31, 30, 31 };
	int64_t t;

	if (d->year < 1900 || d->year > 9999 || d->month < 1 || d->month > 12 ||
	    d->day < 1 || d->day > len[d->month - 1] || d->hour > 23 ||
	    d->min > 59 || d->sec > 60)
		return false;
	t = date_days(d->year, d->month, d->day) * 86400 + d->hour * 3600 +
	    d->min * 60 + d->sec - d->zone * 60;
	if (t < 0)
		return false;
	*out = t;
	return true;
}

/* Blanks and RFC 5322 comments. */
static void
skip_cfws(struct slice *s)
{
	int depth = 0;

	while (s->n > 0) {
		char c = s->p[0];

		if (c == '(')
			depth++;
		else if (c == ')' && depth > 0)
			depth--;
		else if (c == '\\' && depth > 0 && s->n > 1)
			*s = slice_from(*s, 1);
		else if (depth == 0 && c != ' ' && c != '\t' && c != '\r' &&
		    c != '\n' && c != ',')
			return;
		*s = slice_from(*s, 1);
	}
}

/* The index of the three letters at the front in 'names', or -1. */
static int
take_name(struct slice *s, const char *names)
{
	size_t i, n = 0;

	while (n < s->n && ((s->p[n] | 32) >= 'a' && (s->p[n] | 32) <= 'z'))
		n++;
	if (n < 3)
		return -1;
	for (i = 0; names[3 * i] != '\0'; i++) {
		if (strncasecmp(s->p, names + 3 * i, 3) == 0) {
			*s = slice_from(*s, n);
			if (s->n > 0 && s->p[0] == '.')
				*s = slice_from(*s, 1);
			return (int)i;
		}
	}
	return -1;
}

static bool
take_month(struct slice *s, unsigned *month)
{
	int m = take_name(s, month_names);

	*month = (unsigned)(m + 1);
	return m >= 0;
}

static bool
take_unsigned(struct slice *s, unsigned max, unsigned *out)
{
	uint64_t v;

	if (!num_take_u64(s, max, &v))
		return false;
	*out = (unsigned)v;
	return true;
}

static bool
take_year(struct slice *s, int64_t *year)
{
	const char *from = s->p;
	uint64_t v;

	if (!num_take_u64(s, 9999, &v))
		return false;
	if (s->p - from <= 2)
		v += v < 50 ? 2000 : 1900; /* RFC 5322 4.3 */
	else if (s->p - from == 3)
		v += 1900;
	*year = (int64_t)v;
	return true;
}

static bool
take_time(struct slice *s, struct parts *d)
{
	char sep;

	if (!take_unsigned(s, 99, &d->hour) || s->n < 3)
		return false;
	sep = s->p[0];
	if (sep != ':' && sep != '.')
		return false;
	*s = slice_from(*s, 1);
	if (!take_unsigned(s, 99, &d->min))
		return false;
	d->sec = 0;
	if (s->n > 1 && s->p[0] == sep && s->p[1] >= '0' && s->p[1] <= '9') {
		*s = slice_from(*s, 1);
		if (!take_unsigned(s, 99, &d->sec))
			return false;
	}
	d->has_time = true;
	return true;
}

static bool
take_zone(struct slice *s, struct parts *d)
{
	static const struct {
		const char *name;
		int min;
	} zones[] = { { "EST", -300 }, { "EDT", -240 }, { "CST", -360 },
		{ "CDT", -300 }, { "MST", -420 }, { "MDT", -360 },
		{ "PST", -480 }, { "PDT", -420 }, { "GMT", 0 }, { "UTC", 0 },
		{ "UT", 0 }, { "Z", 0 } };
	size_t i, n;
	uint64_t v;
	int sign;

	if (s->n >= 5 && (s->p[0] == '+' || s->p[0] == '-')) {
		sign = s->p[0] == '-' ? -1 : 1;
		if (num_u64(slice_of(s->p + 1, 4), 9999, &v) && v % 100 < 60) {
			d->zone = sign * (int)(v / 100 * 60 + v % 100);
			d->has_zone = true;
			*s = slice_from(*s, 5);
			return true;
		}
		return false;
	}
	for (n = 0;
	     n < s->n && ((s->p[n] | 32) >= 'a' && (s->p[n] | 32) <= 'z'); n++)
		;
	for (i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		if (slice_is_nocase(slice_of(s->p, n), zones[i].name)) {
			d->zone = zones[i].min;
			d->has_zone = true;
			*s = slice_from(*s, n);
			return true;
		}
	}
	return false;
}

/* The day is known; what is left says the time, and perhaps the zone. */
static bool
clock_and_zone(struct slice s, struct parts *d, int64_t *out)
{
	skip_cfws(&s);
	if (!take_time(&s, d))
		return false;
	skip_cfws(&s);
	take_zone(&s, d);
	return assemble(d, out);
}

bool
date_parse_rfc5322(struct slice s, int64_t *out)
{
	struct parts d = { 0 };

	skip_cfws(&s);
	take_name(&s, day_names);
	skip_cfws(&s);
	if (!take_unsigned(&s, 99, &d.day))
		return false;
	while (s.n > 0 && s.p[0] == '-')
		s = slice_from(s, 1);
	skip_cfws(&s);
	if (!take_month(&s, &d.month))
		return false;
	while (s.n > 0 && s.p[0] == '-')
		s = slice_from(s, 1);
	skip_cfws(&s);
	if (!take_year(&s, &d.year))
		return false;
	return clock_and_zone(s, &d, out);
}

bool
date_parse_postmark(struct slice s, int64_t *out)
{
	struct parts d = { 0 };
	bool have_year = false;
	struct slice at;

	skip_cfws(&s);
	take_name(&s, day_names);
	skip_cfws(&s);
	if (!take_month(&s, &d.month)) {
		/* "17 Jan 2003 12:09:16": the RFC 5322 order */
		return date_parse_rfc5322(s, out);
	}
	skip_cfws(&s);
	if (!take_unsigned(&s, 31, &d.day))
		return false;
	skip_cfws(&s);
	while (s.n > 0 && !(d.has_time && have_year && d.has_zone)) {
		at = s;
		if (!d.has_time && take_time(&at, &d)) {
			s = at;
		} else if (!have_year && take_year(&s, &d.year)) {
			have_year = true;
		} else if (d.has_zone || !take_zone(&s, &d)) {
			/* a zone name nobody lists: over it */
			size_t n = 0;

			while (n < s.n && s.p[n] != ' ' && s.p[n] != '\t')
				n++;
			s = slice_from(s, n);
		}
		skip_cfws(&s);
	}
	return have_year && assemble(&d, out);
}

bool
date_parse_imap(struct slice s, int64_t *out)
{
	struct parts d = { 0 };

	s = slice_trim(s);
	if (!take_unsigned(&s, 31, &d.day) || s.n < 2 || s.p[0] != '-')
		return false;
	s = slice_from(s, 1);
	if (!take_month(&s, &d.month) || s.n < 2 || s.p[0] != '-')
		return false;
	s = slice_from(s, 1);
	if (!take_year(&s, &d.year))
		return false;
	return clock_and_zone(s, &d, out);
}

bool
date_parse_iso(struct slice s, int64_t *out)
{
	struct parts d = { 0 };

	if (!take_year(&s, &d.year) || s.n < 1 || s.p[0] != '-')
		return false;
	s = slice_from(s, 1);
	if (!take_unsigned(&s, 12, &d.month) || s.n < 1 || s.p[0] != '-')
		return false;
	s = slice_from(s, 1);
	if (!take_unsigned(&s, 31, &d.day))
		return false;
	if (s.n > 0) {
		if (s.p[0] != 'T' && s.p[0] != ' ')
			return false;
		s = slice_from(s, 1);
		if (!take_time(&s, &d))
			return false;
		if (s.n > 0 && !take_zone(&s, &d))
			return false;
		if (s.n > 0)
			return false;
	}
	return assemble(&d, out);
}

static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
	"Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri",
	"Sat" };

static struct tm
broken_down(int64_t t)
{
	struct tm tm = { 0 };
	time_t when = (time_t)(t < 0 ? 0 : t);

	gmtime_r(&when, &tm);
	return tm;
}

static char *
put_two(char *p, int n)
{
	*p++ = (char)('0' + n / 10 % 10);
	*p++ = (char)('0' + n % 10);
	return p;
}

/* By hand: a load asks for one a message, and snprintf is slow. */
char *
date_format_imap(char out[32], int64_t t)
{
	struct tm tm = broken_down(t);
	int year = tm.tm_year + 1900;
	char *p = put_two(out, tm.tm_mday);

	if (out[0] == '0')
		out[0] = ' ';
	*p++ = '-';
	memcpy(p, months[tm.tm_mon], 3);
	p[3] = '-';
	p = put_two(put_two(p + 4, year / 100), year);
	*p++ = ' ';
	p = put_two(p, tm.tm_hour);
	*p++ = ':';
	p = put_two(p, tm.tm_min);
	*p++ = ':';
	p = put_two(p, tm.tm_sec);
	memcpy(p, " +0000", 7);
	return out;
}

char *
date_format_iso(char out[32], int64_t t)
{
	struct tm tm = broken_down(t);

	strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return out;
}

char *
date_format_rfc5322(char out[40], int64_t t)
{
	struct tm tm = broken_down(t);

	snprintf(out, 40, "%s, %d %s %04d %02d:%02d:%02d +0000",
	    days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
	    (tm.tm_year + 1900) % 10000, tm.tm_hour, tm.tm_min, tm.tm_sec);
	return out;
}
