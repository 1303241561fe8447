/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The binary forms of recurrences, time zones and meeting ids, with the
 * examples of [MS-OXOCAL] 4.1 and [MS-ASEMAIL] 4.3 as they are printed there;
 * zones against the tz database.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "formats/pst/recur.h"

/* [MS-OXOCAL] 4.1.1.1: from 2007-03-26, Mondays, Thursdays and Fridays,
 * 10:00 to 10:30, 12 times */
#define WEEKLY                                                                 \
	"043004300B2001000000C0210000010000000000000032000000222000000C000000" \
	"0000000000000000000000008020BC0C20ADBC0C0630000009300000580200007602" \
	"000000000000000000000000"
/* 4.1.1.2: the same, 2007-04-16 an hour later with another name and place */
#define WEEKLY_CHANGED                                                         \
	"043004300B2001000000C0210000010000000000000032000000222000000C000000" \
	"0000000001000000A096BC0C01000000A096BC0C8020BC0C20ADBC0C063000000930" \
	"0000580200007602000001003499BC0C5299BC0CF898BC0C11002200210053696D70" \
	"6C6520526563757272656E6365207769746820657863657074696F6E730800070033" \
	"342F34313431000000000400000000000000000000003499BC0C5299BC0CF898BC0C" \
	"2100530069006D0070006C006500200052006500630075007200720065006E006300" \
	"65002000770069007400680020006500780063006500700074006900 "            \
	"6F006E007300"                                                         \
	"0700330034002F0034003100340031000000000000000000"
/* 4.1.1.3: every three days from 2011-04-07 to 2011-05-04, 8:00 to 8:30;
 * 2011-04-19 and 2011-04-22 are deleted */
#define DAILY                                                                  \
	"043004300A2000000000A0050000E010000000000000212000000A00000000000000" \
	"02000000A0C1DC0C80D2DC0C00000000207EDC0C0016DD0C0630000009300000E001" \
	"0000FE01000000000000000000000000"
/* 4.1.1.6: every year on a day of the Hebrew calendar; one changed */
#define HEBREW                                                                 \
	"043004300D200200080080750A000C0000000000000003000000232000000A000000" \
	"0000000001000000207EDC0C01000000207EDC0C6074C40CDF80E95A063000000930" \
	"0000E0010000FE01000001000080DC0C1E80DC0C0080DC0C24023C00000001000000" \
	"0000000004000000000000000000000000000000"
/* 4.1.4 */
#define ZONE                                                                   \
	"0201300002001500500061006300690066006900630020005300740061006E006400" \
	"61007200 6400200054006900 6D006500020002013E000000D60700000000000000" \
	"00000000000000E001000000000000C4FFFFFF00000A000000050002000000000000" \
	"000000040000000100020000000000000002013E000200D707000000000000000000" \
	"0000000000E001000000000000C4FFFFFF00000B0000000100020000000000000000" \
	"000300000002000200000000000000"
/* 4.1.2 */
#define GOID                                                                   \
	"040000008200E00074C5B7101A82E00807D803195025D461E473C801000000000000" \
	"0000100000002A5844B3A444F74A9C246C60886F116B"
/* [MS-ASEMAIL] 4.3, example 2 */
#define GOID_MAILED                                                            \
	"040000008200E00074C5B7101A82E008000000000000000000000000000000000000" \
	"0000330000007643616C2D556964010000007B38313431324433432D324132342D34" \
	"4539442D423230452D3131463742424539323739397D00"

static struct arena arena;

static unsigned
digit(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'A' + 10);
}

/* In an exact heap block. */
static struct slice
bytes(const char *hex)
{
	size_t n = 0, i;
	char *p = malloc(strlen(hex) / 2 + 1), *exact;

	for (i = 0; hex[i] != '\0'; i += 2) {
		while (hex[i] == ' ')
			i++;
		p[n++] = (char)(digit(hex[i]) << 4 | digit(hex[i + 1]));
	}
	exact = malloc(n == 0 ? 1 : n);
	memcpy(exact, p, n);
	free(p);
	return slice_of(exact, n);
}

static void
drop(struct slice s)
{
	char *p;

	memcpy(&p, &s.p, sizeof(p));
	free(p);
}

static int64_t
at(const char *iso)
{
	int64_t t;

	if (!date_parse_iso(slice_str(iso), &t))
		fail_msg("no date: %s", iso);
	return t;
}

static void
assert_same(struct slice got, struct slice want)
{
	size_t i;

	for (i = 0; i < got.n && i < want.n; i++)
		if (got.p[i] != want.p[i])
			fail_msg("byte %zu is %02x, not %02x", i,
			    (unsigned char)got.p[i], (unsigned char)want.p[i]);
	assert_int_equal(got.n, want.n);
}

/* Decode, write again, compare. */
static struct event_recur
decode(const char *hex, int want)
{
	struct slice blob = bytes(hex);
	struct event_recur r;
	struct buf again = { 0 };
	struct err err = { 0 };

	assert_int_equal(
	    pst_recur_decode(blob, PST_RECUR_EVENT, 1252, &arena, &r, &err),
	    want);
	assert_int_equal(pst_recur_encode(&again, &r, PST_RECUR_EVENT, &err),
	    0);
	assert_same(buf_slice(&again), blob);
	buf_free(&again);
	drop(blob);
	return r;
}

static void
assert_days(const struct event_recur *r, const char *const *days)
{
	struct event_walk w = { 0 };
	int64_t wall;

	for (; *days != NULL; days++) {
		assert_int_equal(event_walk_next(&w, r, &wall), 1);
		if (event_day(wall) != at(*days))
			fail_msg("instance %u is not on %s but at %lld",
			    (unsigned)w.given, *days, (long long)wall);
	}
}

static void
test_weekly(void **state)
{
	static const char *const days[] = { "2007-03-26", "2007-03-29",
		"2007-03-30", "2007-04-02", "2007-04-05", "2007-04-06",
		"2007-04-09", "2007-04-12", "2007-04-13", "2007-04-16",
		"2007-04-19", "2007-04-20", NULL };
	struct event_recur r = decode(WEEKLY, 1);
	struct event_walk w = { 0 };
	int64_t wall;

	(void)state;
	assert_int_equal(r.rule.pattern, EVENT_WEEKLY);
	assert_int_equal(r.rule.weekdays, 1 << 1 | 1 << 4 | 1 << 5);
	assert_int_equal(r.rule.end, EVENT_AFTER);
	assert_int_equal(r.rule.count, 12);
	assert_int_equal(r.start_min, 600);
	assert_int_equal(r.end_min, 630);
	assert_days(&r, days);
	assert_true(event_recur_last_day(&r) == at("2007-04-20"));
	assert_int_equal(event_walk_next(&w, &r, &wall), 1);
	assert_true(wall == at("2007-03-26T10:00:00Z"));
	arena_reset(&arena);
}

static void
test_changed(void **state)
{
	struct event_recur r = decode(WEEKLY_CHANGED, 1);
	const struct event_change *c = r.changes;

	(void)state;
	assert_int_equal(r.n_deleted, 0); /* the changed one is not */
	assert_int_equal(r.n_changes, 1);
	assert_true(c->original == at("2007-04-16T10:00:00Z"));
	assert_true(c->start == at("2007-04-16T11:00:00Z"));
	assert_true(c->end == at("2007-04-16T11:30:00Z"));
	assert_int_equal(c->differs, EVENT_SUBJECT | EVENT_LOCATION);
	assert_true(slice_is(c->subject, "Simple Recurrence with exceptions"));
	assert_true(slice_is(c->location, "34/4141"));
	arena_reset(&arena);
}

static void
test_daily(void **state)
{
	static const char *const days[] = { "2011-04-07", "2011-04-10",
		"2011-04-13", "2011-04-16", NULL };
	struct event_recur r = decode(DAILY, 1);

	(void)state;
	assert_int_equal(r.rule.pattern, EVENT_DAILY);
	assert_int_equal(r.rule.every, 3);
	assert_int_equal(r.rule.end, EVENT_BY);
	assert_true(r.rule.until == at("2011-05-04"));
	assert_int_equal(r.n_deleted, 2);
	assert_true(r.deleted[0] == at("2011-04-19T08:00:00Z"));
	assert_true(r.deleted[1] == at("2011-04-22T08:00:00Z"));
	assert_days(&r, days);
	arena_reset(&arena);
}

/* Writers before Outlook 2007 have no highlights, those before 2003 no Unicode;
 * a reserved block in between is stepped over. */
static void
test_early(void **state)
{
	struct slice blob = bytes(WEEKLY_CHANGED);
	struct event_recur r;
	struct buf b = { 0 };
	struct err err = { 0 };
	size_t infos = 62, /* where ReaderVersion2 is */
	    ee;		   /* and what follows the ExceptionInfo */

	(void)state;
	ee = infos + 18 + 14 + 4 + 33 + 4 + 7;
	/* 0x3008: without ChangeHighlight */
	buf_put(&b, blob.p, ee + 4);
	b.p[infos + 4] = 0x08;
	buf_put(&b, blob.p + ee + 12, blob.n - ee - 12);
	assert_int_equal(pst_recur_decode(buf_slice(&b), PST_RECUR_EVENT, 0,
			     &arena, &r, &err),
	    1);
	assert_int_equal(r.n_changes, 1);
	assert_true(slice_is(r.changes->location, "34/4141"));
	/* a reserved block of five bytes */
	buf_clear(&b);
	buf_put(&b, blob.p, ee);
	buf_put(&b, "\5\0\0\0vwxyz", 9);
	buf_put(&b, blob.p + ee + 4, blob.n - ee - 4);
	assert_int_equal(pst_recur_decode(buf_slice(&b), PST_RECUR_EVENT, 0,
			     &arena, &r, &err),
	    1);
	assert_true(slice_is(r.changes->location, "34/4141"));
	/* "after 0 times": by its last day, never for ever */
	buf_clear(&b);
	buf_put(&b, blob.p, blob.n);
	b.p[30] = 0;
	assert_int_equal(pst_recur_decode(buf_slice(&b), PST_RECUR_EVENT, 0,
			     &arena, &r, &err),
	    1);
	assert_int_equal(r.rule.end, EVENT_BY);
	assert_true(r.rule.until == at("2007-04-20"));
	/* 8-bit text only, in a code page */
	buf_clear(&b);
	buf_put(&b, blob.p, ee);
	memcpy(b.p + ee - 7, "\x93\x8c\x8b\x9e\x31\x32\x33", 7);
	assert_int_equal(pst_recur_decode(buf_slice(&b), PST_RECUR_EVENT, 932,
			     &arena, &r, &err),
	    1);
	assert_true(slice_is(r.changes->location,
	    "\xe6\x9d\xb1\xe4\xba\xac\x31\x32\x33"));
	assert_true(
	    slice_is(r.changes->subject, "Simple Recurrence with exceptions"));
	buf_free(&b);
	drop(blob);
	arena_reset(&arena);
}

static void
test_hebrew(void **state)
{
	struct event_recur r = decode(HEBREW, 1);
	struct event_walk w = { 0 };
	int64_t wall;

	(void)state;
	assert_true(event_rule_is_foreign(&r.rule));
	assert_int_equal(r.rule.calendar, 8);
	assert_int_equal(r.rule.end, EVENT_NEVER);
	assert_int_equal(event_walk_next(&w, &r, &wall), 0);
	assert_int_equal(r.n_changes, 1);
	assert_int_equal(r.changes->differs,
	    EVENT_BODY | EVENT_BUSY | EVENT_REMINDER_MIN);
	assert_int_equal(r.changes->reminder_min, 60);
	assert_int_equal(r.changes->busy, EVENT_BUSY_TENTATIVE);
	arena_reset(&arena);
}

/* ------------------------------------------------------ rules of all kinds */

static const struct {
	struct event_rule rule;
	const char *from;
	const char *days[8];
} rules[] = {
	/* every other week, the week beginning on Sunday or on Monday:
	 * [MS-OXCICAL] 2.1.3.2.2.2's "seven-day gap" */
	{ { .pattern = EVENT_WEEKLY, .every = 2, .weekdays = 3 }, "2007-01-07",
	    { "2007-01-07", "2007-01-08", "2007-01-21", "2007-01-22" } },
	{ { .pattern = EVENT_WEEKLY,
	      .every = 2,
	      .weekdays = 3,
	      .week_start = 1 },
	    "2007-01-07",
	    { "2007-01-07", "2007-01-15", "2007-01-21", "2007-01-29" } },
	/* begins on a day that it does not fit */
	{ { .pattern = EVENT_WEEKLY, .every = 1, .weekdays = 1 << 2 },
	    "2024-02-26", { "2024-02-27", "2024-03-05" } },
	/* RFC 5545 would leave out February, Outlook takes its last day */
	{ { .pattern = EVENT_MONTHLY, .every = 1, .day = 30 }, "2023-12-30",
	    { "2023-12-30", "2024-01-30", "2024-02-29", "2024-03-30" } },
	{ { .pattern = EVENT_MONTHLY, .every = 1, .day = 31 }, "2023-01-31",
	    { "2023-01-31", "2023-02-28", "2023-03-31", "2023-04-30" } },
	{ { .pattern = EVENT_MONTHLY, .every = 3, .day = 15 }, "2023-11-15",
	    { "2023-11-15", "2024-02-15", "2024-05-15" } },
	{ { .pattern = EVENT_MONTHLY, .every = 12, .day = 29, .yearly = true },
	    "2020-02-29",
	    { "2020-02-29", "2021-02-28", "2022-02-28", "2023-02-28",
		"2024-02-29" } },
	/* the third Sunday; the last workday; the last Friday of May */
	{ { .pattern = EVENT_MONTHLY_NTH, .every = 1, .weekdays = 1, .nth = 3 },
	    "2024-01-21", { "2024-01-21", "2024-02-18", "2024-03-17" } },
	{ { .pattern = EVENT_MONTHLY_NTH,
	      .every = 1,
	      .weekdays = 0x3e,
	      .nth = -1 },
	    "2024-02-29",
	    { "2024-02-29", "2024-03-29", "2024-04-30", "2024-05-31",
		"2024-06-28" } },
	{ { .pattern = EVENT_MONTHLY_NTH,
	      .every = 12,
	      .weekdays = 1 << 5,
	      .nth = -1,
	      .yearly = true },
	    "2022-05-27", { "2022-05-27", "2023-05-26", "2024-05-31" } },
	/* a birthday before 1970 */
	{ { .pattern = EVENT_MONTHLY, .every = 12, .day = 5, .yearly = true },
	    NULL, { NULL } },
};

static void
test_rules(void **state)
{
	struct event_recur r, again;
	struct buf blob = { 0 };
	struct err err = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		memset(&r, 0, sizeof(r));
		r.rule = rules[i].rule;
		r.first_day = rules[i].from == NULL ? -10 * 365 * 86400
						    : at(rules[i].from);
		r.end_min = 60;
		assert_days(&r, rules[i].days);
		buf_clear(&blob);
		assert_int_equal(
		    pst_recur_encode(&blob, &r, PST_RECUR_EVENT, &err), 0);
		assert_int_equal(pst_recur_decode(buf_slice(&blob),
				     PST_RECUR_EVENT, 0, &arena, &again, &err),
		    1);
		if (rules[i].from == NULL)
			assert_true(
			    event_recur_last_day(&again) == EVENT_LAST_DAY);
		else
			assert_true(again.first_day == at(rules[i].days[0]));
		assert_days(&again, rules[i].days);
		assert_int_equal(again.rule.yearly, r.rule.yearly);
		/* a task has the first of it only */
		blob.n = 0;
		assert_int_equal(
		    pst_recur_encode(&blob, &r, PST_RECUR_TASK, &err), 0);
		assert_int_equal(pst_recur_decode(buf_slice(&blob),
				     PST_RECUR_TASK, 0, &arena, &again, &err),
		    1);
		assert_days(&again, rules[i].days);
	}
	buf_free(&blob);
	arena_reset(&arena);
}

/* How many and the last are the same as when each is counted. */
static void
test_counts(void **state)
{
	static const enum event_end ends[] = { EVENT_AFTER, EVENT_BY };
	struct event_recur r;
	struct event_walk w;
	int64_t wall, last;
	size_t i, k;
	uint32_t n;

	(void)state;
	for (i = 0; i + 1 < sizeof(rules) / sizeof(rules[0]); i++)
		for (k = 0; k < 2; k++)
			for (n = 1; n < 60; n += 1 + n / 9) {
				memset(&r, 0, sizeof(r));
				memset(&w, 0, sizeof(w));
				r.rule = rules[i].rule;
				r.first_day = at(rules[i].days[0]);
				r.rule.end = ends[k];
				r.rule.count = n;
				r.rule.until = r.first_day + n * 86400 * 5;
				last = DATE_UNKNOWN;
				while (event_walk_next(&w, &r, &wall))
					last = wall;
				assert_true(event_recur_last_day(&r) == last);
				assert_int_equal(event_recur_count(&r),
				    w.given);
			}
	/* and a billion takes no time */
	r.rule = (struct event_rule){ .pattern = EVENT_WEEKLY,
		.every = 1,
		.weekdays = 0x7f,
		.end = EVENT_AFTER,
		.count = 4000000000u };
	assert_true(event_recur_last_day(&r) == EVENT_LAST_DAY);
}

/* Cut anywhere, each byte wrong: a rule or none, never more than there is. */
static void
test_damage(void **state)
{
	static const char *const blobs[] = { WEEKLY_CHANGED, DAILY, HEBREW };
	struct slice whole, cut;
	struct event_recur r;
	struct err err;
	struct buf b = { 0 };
	size_t i, n, k;
	int rc;

	(void)state;
	for (k = 0; k < 3; k++) {
		whole = bytes(blobs[k]);
		for (n = 0; n < whole.n; n++) {
			char *exact = malloc(n + 1);

			memcpy(exact, whole.p, n);
			err_clear(&err);
			rc = pst_recur_decode(slice_of(exact, n),
			    PST_RECUR_EVENT, 0, &arena, &r, &err);
			if (rc == 1)
				assert_true(n + 130 > whole.n);
			else
				assert_true(err.text[0] != '\0');
			/* the rule is whole: it is there */
			if (n > 80)
				assert_true(rc >= 0);
			free(exact);
		}
		for (i = 0; i < whole.n; i++)
			for (n = 0; n < 256; n += 51) {
				buf_clear(&b);
				buf_put(&b, whole.p, whole.n);
				b.p[i] = (char)n;
				cut = buf_slice(&b);
				if (pst_recur_decode(cut, PST_RECUR_EVENT, 932,
					&arena, &r, &err) >= 0)
					event_recur_last_day(&r);
				arena_reset(&arena);
			}
		drop(whole);
	}
	buf_free(&b);
}

/* ------------------------------------------------------------- time zones */

/* UTC and what America/Los_Angeles adds to it in the tz database */
static const struct {
	int64_t utc;
	int32_t offset;
} moments[] = {
	{ 1142157600, -28800 }, /* 2006-03-12T10:00 */
	{ 1143971940, -28800 }, /* 2006-04-02T09:59 */
	{ 1143972000, -25200 }, /* 2006-04-02T10:00 */
	{ 1162112340, -25200 }, /* 2006-10-29T08:59 */
	{ 1162112400, -28800 }, /* 2006-10-29T09:00 */
	{ 1173607140, -28800 }, /* 2007-03-11T09:59 */
	{ 1173607200, -25200 }, /* 2007-03-11T10:00 */
	{ 1194166740, -25200 }, /* 2007-11-04T08:59 */
	{ 1194166800, -28800 }, /* 2007-11-04T09:00 */
	{ 1593561600, -25200 }, /* 2020-07-01T00:00 */
	{ 1167607800, -28800 }, /* 2006-12-31T23:30 */
	{ 1167638340, -28800 }, /* 2007-01-01T07:59 */
};

static void
test_zone(void **state)
{
	struct slice blob = bytes(ZONE);
	struct event_zone z, one;
	struct buf again = { 0 };
	struct err err = { 0 };
	size_t i;

	(void)state;
	assert_int_equal(pst_zone_def_decode(blob, &arena, &z, &err), 0);
	assert_true(slice_is(z.name, "Pacific Standard Time"));
	assert_int_equal(z.n_rules, 2);
	assert_int_equal(z.rules[0].year, 2006);
	assert_false(z.rules[0].effective);
	assert_true(z.rules[1].effective);
	for (i = 0; i < sizeof(moments) / sizeof(moments[0]); i++)
		if (event_zone_offset(&z, moments[i].utc) != moments[i].offset)
			fail_msg("moment %zu: %d", i,
			    (int)event_zone_offset(&z, moments[i].utc));
	/* skipped, twice, plain */
	assert_true(event_to_utc(&z, 1173580200) == 1173609000 - 3600 + 3600);
	assert_true(event_to_utc(&z, 1194139800) == 1194165000);
	assert_true(event_to_utc(&z, 1183291200) == 1183316400);
	assert_true(event_to_utc(&z, 1142841600) == 1142870400);
	pst_zone_def_encode(&again, &z, false);
	assert_same(buf_slice(&again), blob);

	/* with a GUID before its name, and bytes that nobody knows yet */
	buf_clear(&again);
	buf_put(&again, blob.p, 6);
	again.p[2] = (char)(blob.p[2] + 16 + 2);
	again.p[4] = 3;
	buf_put(&again, "0123456789abcdef", 16);
	buf_put(&again, blob.p + 6, 2 + 42 + 2);
	buf_put(&again, "??", 2);
	buf_put(&again, blob.p + 52, blob.n - 52);
	assert_int_equal(
	    pst_zone_def_decode(buf_slice(&again), &arena, &one, &err), 0);
	assert_true(slice_is(one.name, "Pacific Standard Time"));
	assert_true(event_zone_same(&one, &z));

	/* PidLidTimeZoneStruct of 2007 */
	buf_clear(&again);
	pst_zone_struct_encode(&again, &z, 2007);
	drop(blob);
	blob = bytes("E001000000000000C4FFFFFF"
		     "0000"
		     "00000B00000001000200000000000000"
		     "0000"
		     "00000300000002000200000000000000");
	assert_int_equal(again.n, 48);
	assert_same(buf_slice(&again), blob);
	assert_int_equal(
	    pst_zone_struct_decode(buf_slice(&again), &arena, &one, &err), 0);
	assert_true(event_zone_rule_same(&one.rules[0], &z.rules[1]));
	assert_false(event_zone_rule_same(&one.rules[0], &z.rules[0]));
	drop(blob);
	buf_free(&again);
	arena_reset(&arena);
}

static void
test_zone_damage(void **state)
{
	struct slice whole = bytes(ZONE);
	struct event_zone z;
	struct err err;
	struct buf b = { 0 };
	size_t i, n;

	(void)state;
	for (n = 0; n < whole.n; n++) {
		char *exact = malloc(n + 1);

		memcpy(exact, whole.p, n);
		assert_int_equal(
		    pst_zone_def_decode(slice_of(exact, n), &arena, &z, &err),
		    -1);
		assert_int_equal(pst_zone_struct_decode(slice_of(exact, n),
				     &arena, &z, &err) == 0 &&
			n < 48,
		    0);
		free(exact);
	}
	for (i = 0; i < whole.n; i++)
		for (n = 0; n < 256; n += 17) {
			buf_clear(&b);
			buf_put(&b, whole.p, whole.n);
			b.p[i] = (char)n;
			if (pst_zone_def_decode(buf_slice(&b), &arena, &z,
				&err) == 0)
				event_to_utc(&z, event_to_wall(&z, 1173607200));
			arena_reset(&arena);
		}
	drop(whole);
	buf_free(&b);
}

/* The other half of the world: summer at New Year. */
static void
test_zone_south(void **state)
{
	/* E. Australia: UTC+10, from the first Sunday of October at 2:00 to
	 * the first Sunday of April at 3:00; moments of Australia/Sydney */
	static const struct event_zone_rule rule = { .bias = -600,
		.dst_bias = -60,
		.std = { .month = 4, .day = 1, .hour = 3 },
		.dst = { .month = 10, .day = 1, .hour = 2 } };
	static const struct event_zone z = { .rules = &rule, .n_rules = 1 };

	(void)state;
	assert_int_equal(event_zone_offset(&z, at("2020-01-01T00:00:00Z")),
	    39600);
	assert_int_equal(event_zone_offset(&z, at("2020-04-04T15:59:59Z")),
	    39600);
	assert_int_equal(event_zone_offset(&z, at("2020-04-04T16:00:00Z")),
	    36000);
	assert_int_equal(event_zone_offset(&z, at("2020-10-03T15:59:59Z")),
	    36000);
	assert_int_equal(event_zone_offset(&z, at("2020-10-03T16:00:00Z")),
	    39600);
	/* New Year there is in the old year here */
	assert_int_equal(event_zone_offset(&z, at("2019-12-31T14:00:00Z")),
	    39600);
}

/* --------------------------------------------------------------- meetings */

static void
test_goid(void **state)
{
	struct slice blob = bytes(GOID), uid;
	struct buf again = { 0 };
	int64_t instance;

	(void)state;
	uid = pst_goid_uid(blob, &arena, &instance);
	assert_true(instance == at("2008-03-25"));
	assert_true(slice_is(uid,
	    "040000008200E00074C5B7101A82E008000000005025D461E473C801"
	    "0000000000000000100000002A5844B3A444F74A9C246C60886F116B"));
	pst_goid_encode(&again, uid, instance);
	assert_same(buf_slice(&again), blob);
	drop(blob);

	blob = bytes(GOID_MAILED);
	uid = pst_goid_uid(blob, &arena, &instance);
	assert_true(instance == DATE_UNKNOWN);
	assert_true(slice_is(uid, "{81412D3C-2A24-4E9D-B20E-11F7BBE92799}"));
	buf_clear(&again);
	pst_goid_encode(&again, uid, DATE_UNKNOWN);
	assert_same(buf_slice(&again), blob);
	drop(blob);
	buf_free(&again);
	arena_reset(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_weekly),
		cmocka_unit_test(test_changed),
		cmocka_unit_test(test_daily),
		cmocka_unit_test(test_early),
		cmocka_unit_test(test_hebrew),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_zone),
		cmocka_unit_test(test_zone_damage),
		cmocka_unit_test(test_zone_south),
		cmocka_unit_test(test_goid),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	arena_free(&arena);
	return rc;
}
