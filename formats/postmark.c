/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an mbox's "From " lines look like; see postmark.h. */
#include "formats/postmark.h"

#include <stddef.h>

#define MAX_TOKENS 48

enum class {
	NONE = 0,
	WEEKDAY = 1,
	MONTH = 2,
	DAY = 4, /* one or two digits: a day, or a year of old */
	YEAR = 8,
	TIME = 16,
	ZONE = 32
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* Is 't' one of the names, in full or its first three letters? */
static bool
is_name(struct slice t, const char *const *names)
{
	for (; *names != NULL; names++)
		if (slice_is_nocase(t, *names) ||
		    (t.n == 3 && strncasecmp(t.p, *names, 3) == 0))
			return true;
	return false;
}

/* "12:09", "12:09:16", "9.30.00" */
static bool
is_time(struct slice t)
{
	size_t i = 0, fields = 1, digits = 0;
	char sep = 0;

	for (; i < t.n; i++) {
		if (is_digit(t.p[i])) {
			if (++digits > 2)
				return false;
		} else {
			if (digits == 0 || (sep != 0 && t.p[i] != sep) ||
			    (t.p[i] != ':' && t.p[i] != '.'))
				return false;
			sep = t.p[i];
			fields++;
			digits = 0;
		}
	}
	return digits == 2 && (fields == 3 || (fields == 2 && sep == ':'));
}

/* "+0100", "EST", "MET-1MEST", "(CET)" */
static bool
is_zone(struct slice t)
{
	size_t i;

	if (t.n == 5 && (t.p[0] == '+' || t.p[0] == '-')) {
		for (i = 1; i < 5; i++)
			if (!is_digit(t.p[i]))
				return false;
		return true;
	}
	if (t.n > 2 && t.p[0] == '(' && t.p[t.n - 1] == ')')
		t = slice_of(t.p + 1, t.n - 2);
	if (t.n == 0 || t.n > 9 || !is_upper(t.p[0]))
		return false;
	for (i = 0; i < t.n; i++)
		if (!is_upper(t.p[i]) &&
		    (i == 0 ||
			!(is_digit(t.p[i]) || t.p[i] == '+' || t.p[i] == '-' ||
			    t.p[i] == ':')))
			return false;
	return true;
}

/* "2004-01-05", "5-Jan-2004" */
static bool
is_whole_date(struct slice t)
{
	size_t i, dashes = 0, digits = 0;

	for (i = 0; i < t.n && t.p[i] != 'T'; i++) {
		dashes += t.p[i] == '-';
		digits += is_digit(t.p[i]);
	}
	return dashes == 2 && digits >= 5 && i >= 8 && is_digit(t.p[0]);
}

static unsigned
classify(struct slice t)
{
	static const char *const weekdays[] = { "Sunday", "Monday", "Tuesday",
		"Wednesday", "Thursday", "Friday", "Saturday", NULL };
	static const char *const months[] = { "January", "February", "March",
		"April", "May", "June", "July", "August", "September",
		"October", "November", "December", NULL };
	size_t digits = 0;

	while (t.n > 0 && t.p[t.n - 1] == ',')
		t.n--;
	while (digits < t.n && is_digit(t.p[digits]))
		digits++;
	if (t.n > 0 && digits == t.n)
		return t.n <= 2 ? DAY : t.n == 4 ? YEAR : NONE;
	if (is_name(t, weekdays))
		return WEEKDAY;
	if (is_name(t, months))
		return MONTH;
	if (is_time(t))
		return TIME;
	if (is_whole_date(t))
		return MONTH | DAY | YEAR;
	return is_zone(t) ? ZONE : NONE;
}

struct tokens {
	struct slice t[MAX_TOKENS];
	size_t n;
	bool more;
};

static void
split(struct tokens *k, struct slice s)
{
	size_t n;

	k->n = 0;
	k->more = false;
	for (;;) {
		while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
			s = slice_from(s, 1);
		if (s.n == 0)
			return;
		if (k->n == MAX_TOKENS) {
			k->more = true;
			return;
		}
		for (n = 0; n < s.n && s.p[n] != ' ' && s.p[n] != '\t'; n++)
			;
		k->t[k->n++] = slice_of(s.p, n);
		s = slice_from(s, n);
	}
}

/* Tokens that follow one another and are all of a date. */
struct run {
	size_t from, to; /* [from, to) */
	unsigned have;
	unsigned days;
};

static struct run
run_at(const struct tokens *k, size_t from)
{
	struct run r = { .from = from, .to = from };
	unsigned class;

	while (r.to < k->n && (class = classify(k->t[r.to])) != NONE) {
		r.have |= class;
		r.days += (class & DAY) != 0;
		r.to++;
	}
	if (r.days > 1)
		r.have |= YEAR; /* two digits of it */
	return r;
}

static bool
has(const struct run *r, unsigned what)
{
	return (r->have & what) == what;
}

/* "a@b", "a at b", or one word. */
static bool
is_plain_sender(const struct tokens *k, size_t n)
{
	return n <= 1 || (n == 3 && slice_is(k->t[1], "at"));
}

/* Nothing, "remote from host", or the sender, behind the date. */
static bool
is_plain_rest(const struct tokens *k, size_t from)
{
	size_t n = k->n - from;

	if (n == 0)
		return true;
	if (n == 1)
		return memchr(k->t[from].p, '@', k->t[from].n) != NULL;
	return n == 3 && slice_is(k->t[from], "remote") &&
	    slice_is(k->t[from + 1], "from");
}

/* Enough of a date to be no chance: with the time and all, anywhere; a
 * poorer one only where nothing stands there but a sender. */
static bool
is_date_run(const struct tokens *k, const struct run *r)
{
	if (!has(r, MONTH | DAY))
		return false;
	if (has(r, TIME) && (has(r, YEAR) || has(r, WEEKDAY)))
		return true;
	return (has(r, YEAR) || has(r, TIME)) && !k->more &&
	    is_plain_sender(k, r->from) && is_plain_rest(k, r->to);
}

/* A sender in capitals or digits looks like part of a date: step over it. */
static int64_t
date_of(const struct tokens *k, const struct run *r)
{
	const char *end = k->t[r->to - 1].p + k->t[r->to - 1].n;
	int64_t when;
	size_t i;

	for (i = r->from; i < r->to; i++) {
		unsigned class = classify(k->t[i]);

		if (class != ZONE && class != TIME && class != YEAR &&
		    date_parse_postmark(
			slice_of(k->t[i].p, (size_t)(end - k->t[i].p)), &when))
			return when;
	}
	return DATE_UNKNOWN;
}

bool
postmark_parse(struct slice line, struct postmark *pm_r)
{
	struct tokens k;
	struct run r;
	size_t i;

	*pm_r = (struct postmark){ .date = DATE_UNKNOWN };
	if (line.n > POSTMARK_MAX || !slice_starts(line, "From "))
		return false;
	split(&k, slice_from(line, 5));
	pm_r->dash = k.n > 0 && slice_is(k.t[0], "-");
	pm_r->at = k.n > 3 && slice_is(k.t[1], "at");
	pm_r->xxx = k.n > 0 && k.t[0].n > 4 &&
	    memcmp(k.t[0].p + k.t[0].n - 4, "@xxx", 4) == 0;
	for (i = 0; i < k.n; i = r.to + 1) {
		r = run_at(&k, i);
		if (r.to > r.from && is_date_run(&k, &r)) {
			pm_r->date = date_of(&k, &r);
			return true;
		}
	}
	return k.n == 1 &&
	    (pm_r->dash || memchr(k.t[0].p, '@', k.t[0].n) != NULL);
}

bool
postmark_header_follows(struct slice text)
{
	size_t i = 0;

	while (i < text.n && text.p[i] > ' ' && text.p[i] < 0x7f &&
	    text.p[i] != ':')
		i++;
	return i > 0 && i < text.n && text.p[i] == ':';
}
