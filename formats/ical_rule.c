/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rules as RRULE, by the templates of [MS-OXCICAL] 2.1.3.2.2. */
#include "formats/ical_impl.h"

#define INTERVAL_MAX 32767 /* libical's */

static const char *const days[] = { "SU", "MO", "TU", "WE", "TH", "FR", "SA" };

/* ---------------------------------------------------------------- writing */

static void
put_days(struct buf *b, unsigned weekdays)
{
	const char *before = ";BYDAY=";
	unsigned i;

	for (i = 0; i < 7; i++)
		if (weekdays & 1u << i) {
			buf_puts(b, before);
			buf_puts(b, days[i]);
			before = ",";
		}
}

/*
 * RFC 5545 leaves months out that are too short, Outlook takes their last
 * day: of 28 to 30, whichever is the last that there is.
 */
static void
put_month_day(struct buf *b, unsigned day, unsigned shortest)
{
	unsigned i;

	if (day <= shortest)
		buf_putf(b, ";BYMONTHDAY=%u", day);
	else if (day >= 31)
		buf_puts(b, ";BYMONTHDAY=-1");
	else {
		buf_puts(b, ";BYMONTHDAY=28");
		for (i = 29; i <= day; i++)
			buf_putf(b, ",%u", i);
		buf_puts(b, ";BYSETPOS=-1");
	}
}

static void
put_months(struct buf *b, const struct event_recur *r)
{
	const struct event_rule *rule = &r->rule;
	bool yearly = rule->yearly && rule->every % 12 == 0;
	struct event_civil c;

	event_civil(r->first_day, &c);
	buf_putf(b, "FREQ=%s", yearly ? "YEARLY" : "MONTHLY");
	if (rule->every != (yearly ? 12 : 1))
		buf_putf(b, ";INTERVAL=%u",
		    yearly ? rule->every / 12 : rule->every);
	if (rule->pattern == EVENT_MONTHLY) {
		/* of a February that may be longer, 29 is the last */
		put_month_day(b,
		    yearly && c.month == 2 && rule->day > 28 ? 31 : rule->day,
		    yearly ? event_month_days(2001, c.month) : 28);
	} else {
		put_days(b, rule->weekdays);
		buf_putf(b, ";BYSETPOS=%d", rule->nth);
	}
	if (yearly)
		buf_putf(b, ";BYMONTH=%u", c.month);
}

static void
put_days_or_weeks(struct buf *b, const struct event_rule *rule)
{
	bool weekly = rule->pattern == EVENT_WEEKLY;

	buf_putf(b, "FREQ=%s", weekly ? "WEEKLY" : "DAILY");
	if (rule->every != 1)
		buf_putf(b, ";INTERVAL=%u", rule->every);
	if (weekly)
		put_days(b, rule->weekdays);
}

bool
ical_rule(struct icalrecurrencetype *to, const struct event_recur *r,
    const struct event_zone *z, bool all_day)
{
	const struct event_rule *rule = &r->rule;
	struct buf b = { 0 };
	int64_t last;

	if (rule->every == 0 || rule->every > INTERVAL_MAX)
		return false;
	if (rule->pattern == EVENT_DAILY || rule->pattern == EVENT_WEEKLY)
		put_days_or_weeks(&b, rule);
	else
		put_months(&b, r);
	if (rule->end == EVENT_AFTER && rule->count > 0 &&
	    rule->count <= INT32_MAX)
		buf_putf(&b, ";COUNT=%u", rule->count);
	/* counts in weeks only, but is kept of all */
	buf_putf(&b, ";WKST=%s", days[rule->week_start % 7]);
	*to = icalrecurrencetype_from_string(b.p);
	buf_free(&b);
	if (rule->end == EVENT_BY) {
		last = rule->until + (int64_t)r->start_min * 60;
		to->until = all_day
		    ? ical_time(rule->until, true, false)
		    : ical_time(event_to_utc(z, last), false, true);
	}
	return to->freq != ICAL_NO_RECURRENCE;
}

/* ---------------------------------------------------------------- reading */

static size_t
count_of(const short *list, size_t max)
{
	size_t n;

	for (n = 0; n < max && list[n] != ICAL_RECURRENCE_ARRAY_MAX; n++)
		;
	return n;
}

/* Its weekdays, and which of them in the month: 0, all. */
static bool
read_days(const struct icalrecurrencetype *from, unsigned *days_r, int *nth_r)
{
	size_t n = count_of(from->by_day, ICAL_BY_DAY_SIZE), i;
	int day;

	*days_r = 0;
	*nth_r = 0;
	for (i = 0; i < n; i++) {
		day = (int)icalrecurrencetype_day_day_of_week(from->by_day[i]) -
		    ICAL_SUNDAY_WEEKDAY;
		if (day < 0 || day > 6)
			return false;
		*days_r |= 1u << day;
		*nth_r = icalrecurrencetype_day_position(from->by_day[i]);
	}
	return *nth_r == 0 || n == 1;
}

/* One day, the last, or 28 to that one and the last of them. */
static bool
read_month_day(const struct icalrecurrencetype *from, unsigned *day_r)
{
	size_t n = count_of(from->by_month_day, ICAL_BY_MONTHDAY_SIZE), i;
	bool last = count_of(from->by_set_pos, ICAL_BY_SETPOS_SIZE) == 1 &&
	    from->by_set_pos[0] == -1;

	if (n == 1 && from->by_month_day[0] == -1) {
		*day_r = 31;
		return true;
	}
	for (i = 0; i < n; i++)
		if (from->by_month_day[i] < 1 || from->by_month_day[i] > 31 ||
		    from->by_month_day[i] != from->by_month_day[0] + (short)i)
			return false;
	if (n > 1 && (!last || from->by_month_day[0] != 28))
		return false;
	if (n > 0)
		*day_r = (unsigned)from->by_month_day[n - 1];
	return true;
}

static bool
read_months(const struct icalrecurrencetype *from, int64_t first,
    struct event_rule *to)
{
	size_t n_month = count_of(from->by_month, ICAL_BY_MONTH_SIZE),
	       n_pos = count_of(from->by_set_pos, ICAL_BY_SETPOS_SIZE);
	struct event_civil c;
	int nth;

	event_civil(first, &c);
	to->yearly = from->freq == ICAL_YEARLY_RECURRENCE;
	if (to->yearly)
		to->every *= 12;
	if (n_month > 1 || (n_month == 1 && !to->yearly) ||
	    (n_month == 1 &&
		icalrecurrencetype_month_month(from->by_month[0]) !=
		    (int)c.month))
		return false;
	if (!read_days(from, &to->weekdays, &nth))
		return false;
	if (to->weekdays == 0) {
		to->pattern = EVENT_MONTHLY;
		to->day = c.day;
		return read_month_day(from, &to->day);
	}
	to->pattern = EVENT_MONTHLY_NTH;
	if (nth == 0 && n_pos == 1)
		nth = from->by_set_pos[0];
	else if (n_pos > 0)
		return false;
	if (to->yearly && n_month == 0)
		return false; /* the nth of the year */
	to->nth = nth;
	return count_of(from->by_month_day, ICAL_BY_MONTHDAY_SIZE) == 0 &&
	    (nth == -1 || (nth >= 1 && nth <= 4));
}

static bool
read_weeks(const struct icalrecurrencetype *from, int64_t first,
    struct event_rule *to)
{
	struct event_civil c;
	int nth;

	if (count_of(from->by_set_pos, ICAL_BY_SETPOS_SIZE) > 0 ||
	    count_of(from->by_month, ICAL_BY_MONTH_SIZE) > 0 ||
	    count_of(from->by_month_day, ICAL_BY_MONTHDAY_SIZE) > 0 ||
	    !read_days(from, &to->weekdays, &nth) || nth != 0)
		return false;
	if (from->freq == ICAL_DAILY_RECURRENCE && to->weekdays == 0) {
		to->pattern = EVENT_DAILY;
		return true;
	}
	/* every day that is a workday is every week, on workdays */
	if (from->freq == ICAL_DAILY_RECURRENCE && from->interval != 1)
		return false;
	to->pattern = EVENT_WEEKLY;
	event_civil(first, &c);
	if (to->weekdays == 0)
		to->weekdays = 1u << c.weekday;
	return true;
}

bool
ical_rule_read(const struct icalrecurrencetype *from, int64_t first,
    const struct event_zone *z, struct event_rule *to)
{
	bool fits;

	memset(to, 0, sizeof(*to));
	if (from->interval < 1 ||
	    count_of(from->by_year_day, ICAL_BY_YEARDAY_SIZE) > 0 ||
	    count_of(from->by_week_no, ICAL_BY_WEEKNO_SIZE) > 0 ||
	    from->rscale != NULL)
		return false;
	to->every = (uint32_t)from->interval;
	to->week_start = from->week_start == ICAL_NO_WEEKDAY
	    ? 1
	    : (unsigned)(from->week_start - ICAL_SUNDAY_WEEKDAY);
	fits = from->freq == ICAL_MONTHLY_RECURRENCE ||
		from->freq == ICAL_YEARLY_RECURRENCE
	    ? read_months(from, first, to)
	    : (from->freq == ICAL_DAILY_RECURRENCE ||
		  from->freq == ICAL_WEEKLY_RECURRENCE) &&
		read_weeks(from, first, to);
	if (from->count > 0) {
		to->end = EVENT_AFTER;
		to->count = (uint32_t)from->count;
	} else if (!icaltime_is_null_time(from->until)) {
		to->end = EVENT_BY;
		to->until = ical_wall(from->until);
		if (!from->until.is_date) {
			/* that day's is behind it already? */
			to->until = event_to_wall(z, to->until) -
			    (first - event_day(first));
		}
		to->until = event_day(to->until);
	}
	return fits;
}

/* ---------------------------------------------------------- other calendars */

/* [MS-OXCICAL] 2.1.3.1.1.8 */
static const char *const calendars[] = { [1] = "Gregorian",
	[2] = "Gregorian_us",
	[3] = "Japan",
	[4] = "Taiwan",
	[5] = "Korea",
	[6] = "Hijri",
	[7] = "Thai",
	[8] = "Hebrew",
	[9] = "GregorianMeFrench",
	[10] = "GregorianArabic",
	[11] = "GregorianXlitEnglish",
	[12] = "GregorianXlitFrench",
	[14] = "JapanLunar",
	[15] = "ChineseLunar",
	[16] = "Saka",
	[17] = "LunarEtoChn",
	[18] = "LunarEtoKor",
	[19] = "LunarRokuyou",
	[20] = "KoreaLunar",
	[23] = "Umalqura" };

#define N_CALENDARS (sizeof(calendars) / sizeof(calendars[0]))

const char *
ical_calendar_name(unsigned calendar)
{
	return calendar < N_CALENDARS ? calendars[calendar] : NULL;
}

bool
ical_calendar_number(const char *name, unsigned *calendar_r)
{
	unsigned i;

	for (i = 0; i < N_CALENDARS; i++)
		if (calendars[i] != NULL &&
		    strcasecmp(name, calendars[i]) == 0) {
			*calendar_r = i;
			return true;
		}
	return false;
}
