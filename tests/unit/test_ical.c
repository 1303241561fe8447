/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * iCalendar written and read: what goes in comes out again, libical's own
 * check of RFC 5545 and 5546 has nothing to say, and text from strangers adds
 * no line of its own.  What other programs make of it: tests/e2e/47.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libical/ical.h>

#include "core/text.h"
#include "formats/ical.h"

static struct arena arena;
static struct buf problems;

static struct slice
str(const char *s)
{
	return slice_str(s);
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
on_problem(void *arg, const char *text)
{
	(void)arg;
	buf_puts(&problems, text);
	buf_putc(&problems, '\n');
}

static struct ical_opts
options(enum ical_method method)
{
	buf_clear(&problems);
	return (struct ical_opts){ .method = method,
		.stamp = 1300000000,
		.problem = on_problem };
}

/* libical's view: no component that breaks a restriction. */
static void
assert_legal(const struct buf *text)
{
	icalcomponent *cal = icalparser_parse_string(buf_str(text));
	char *checked;

	assert_non_null(cal);
	assert_int_equal(icalcomponent_isa(cal), ICAL_VCALENDAR_COMPONENT);
	icalrestriction_check(cal);
	checked = icalcomponent_as_ical_string_r(cal);
	if (strstr(checked, "X-LIC-ERROR") != NULL)
		fail_msg("not legal:\n%s", checked);
	free(checked);
	icalcomponent_free(cal);
}

static void
unfold(struct buf *b)
{
	struct buf out = { 0 };
	size_t i;

	for (i = 0; i < b->n; i++) {
		if (b->n - i > 2 && memcmp(b->p + i, "\r\n ", 3) == 0)
			i += 2;
		else
			buf_putc(&out, b->p[i]);
	}
	buf_free(b);
	*b = out;
}

static void
assert_line(const struct buf *b, const char *line)
{
	struct buf want = { 0 };

	buf_putf(&want, "\r\n%s\r\n", line);
	if (strstr(buf_str(b), buf_str(&want)) == NULL)
		fail_msg("no line %s in\n%s", line, buf_str(b));
	buf_free(&want);
}

static void
assert_text(struct slice got, const char *want)
{
	if (!slice_is(got, want))
		fail_msg("'%.*s' is not '%s'", (int)got.n, got.p, want);
}

/* ----------------------------------------------------------- there and back */

static const struct event_zone_rule berlin_rule = { .year = 1601,
	.bias = -60,
	.dst_bias = -60,
	.std = { .month = 10, .day = 5, .hour = 3 },
	.dst = { .month = 3, .day = 5, .hour = 2 } };

static void
make_about(struct event_about *a)
{
	static struct slice categories[2], companies[1], contacts[1];
	static struct event_attach files[2];

	categories[0] = str("one, two; three\\");
	categories[1] = str("\xe8\xb5\xa4");
	companies[0] = str("Acme, Inc.");
	contacts[0] = str("Roe; Jane");
	files[0] = (struct event_attach){ .name = str("a \"b\".txt"),
		.mime = str("text/plain"),
		.data = str("hello\n\xff") };
	files[1] = (struct event_attach){ .name = str("c.pdf"),
		.uri = str("x.files/c.pdf") };
	a->uid = str("040000008200E00074C5B7101A82E008");
	a->subject = str("Sub, ject; \\n \xe6\x9d\xb1\xe4\xba\xac");
	a->plain = str("First\nSecond, line; \\x\n\nFourth \xf0\x9f\x98\x80");
	a->html = str("<p style=\"a;b\">x, y</p>\n<p>z</p>");
	a->categories = categories;
	a->n_categories = 2;
	a->attachments = files;
	a->n_attachments = 2;
	a->importance = 2;
	a->sensitivity = 1;
	a->created = at("2011-01-01T01:02:03Z");
	a->modified = at("2012-01-01T01:02:03Z");
	a->companies = companies;
	a->n_companies = 1;
	a->contacts = contacts;
	a->n_contacts = 1;
	a->billing = str("Bill 7");
	a->mileage = str("12 km");
}

static void
assert_about(const struct event_about *g, const struct event_about *w)
{
	assert_true(slice_eq(g->uid, w->uid));
	assert_true(slice_eq(g->subject, w->subject));
	assert_true(slice_eq(g->plain, w->plain));
	assert_true(slice_eq(g->html, w->html));
	assert_int_equal(g->n_categories, 2);
	assert_true(slice_eq(g->categories[0], w->categories[0]));
	assert_true(slice_eq(g->categories[1], w->categories[1]));
	assert_int_equal(g->n_attachments, 2);
	assert_text(g->attachments[0].name, "a 'b'.txt");
	assert_true(slice_eq(g->attachments[0].data, w->attachments[0].data));
	assert_true(slice_eq(g->attachments[0].mime, w->attachments[0].mime));
	assert_true(slice_eq(g->attachments[1].uri, w->attachments[1].uri));
	assert_int_equal(g->importance, w->importance);
	assert_int_equal(g->sensitivity, w->sensitivity);
	assert_true(g->created == w->created && g->modified == w->modified);
	assert_int_equal(g->n_companies, 1);
	assert_true(slice_eq(g->companies[0], w->companies[0]));
	assert_int_equal(g->n_contacts, 1);
	assert_true(slice_eq(g->contacts[0], w->contacts[0]));
	assert_true(slice_eq(g->billing, w->billing));
	assert_true(slice_eq(g->mileage, w->mileage));
}

static void
test_event(void **state)
{
	static const int64_t deleted[] = { 1330938000 }; /* 2012-03-05T09:00 */
	struct event_zone z = { .name = str("W. Europe Standard Time"),
		.shown = str("(UTC+01:00) Amsterdam, Berlin"),
		.rules = &berlin_rule,
		.n_rules = 1 };
	struct event_attendee who[] = {
		{ .who = { .name = str("Doe, Jane"),
		      .smtp = str("jane@example.org") },
		    .answer = EVENT_ACCEPTED,
		    .answered = at("2012-02-02T00:00:00Z") },
		{ .who = { .name = str("John"), .x500 = str("/O=X/CN=JOHN") },
		    .role = EVENT_OPTIONAL,
		    .answer = EVENT_DECLINED },
		{ .who = { .smtp = str("r\xc3\xb6om@example.org") },
		    .role = EVENT_RESOURCE,
		    .answer = EVENT_TENTATIVE },
	};
	struct event_change changes[] = {
		{ .original = at("2012-04-02T09:00:00Z"),
		    .start = at("2012-04-03T10:00:00Z"),
		    .end = at("2012-04-03T11:00:00Z"),
		    .differs = EVENT_SUBJECT | EVENT_BUSY | EVENT_REMINDER_MIN,
		    .subject = str("Moved"),
		    .busy = EVENT_AWAY,
		    .reminder_min = 60 },
		{ .original = at("2012-04-09T09:00:00Z"),
		    .start = at("2012-04-09T00:00:00Z"),
		    .end = at("2012-04-10T00:00:00Z"),
		    .differs = EVENT_ALL_DAY,
		    .all_day = true },
	};
	struct event_recur r = { .rule = { .pattern = EVENT_WEEKLY,
				     .every = 1,
				     .weekdays = 2,
				     .week_start = 1,
				     .end = EVENT_BY,
				     .until = at("2012-05-28") },
		.first_day = at("2012-02-27"),
		.start_min = 540,
		.end_min = 585,
		.deleted = deleted,
		.n_deleted = 1,
		.changes = changes,
		.n_changes = 2 };
	struct ical_opts o = options(ICAL_STORED);
	struct ical_file f;
	const struct event *g;
	struct event e;
	struct buf b = { 0 }, again = { 0 };
	struct err err = { 0 };
	size_t i;

	(void)state;
	event_init(&e);
	make_about(&e.about);
	e.zone = &z;
	e.recur = &r;
	e.location = str("Room; 5, left");
	e.busy = EVENT_BUSY_TENTATIVE;
	e.intended_busy = EVENT_IS_BUSY;
	e.state = EVENT_STATE_MEETING;
	e.sequence = 3;
	e.answer = EVENT_ORGANIZED;
	e.organizer = (struct item_person){ .name = str("Boss"),
		.smtp = str("boss@example.com") };
	e.attendees = who;
	e.n_attendees = 3;
	e.counter_allowed = true;
	e.reminder = true;
	e.reminder_min = 15;
	e.owner_id = 77;
	e.color = 4;
	assert_int_equal(ical_put_event(&b, &e, &o, &err), 0);
	assert_string_equal(buf_str(&problems), "");
	assert_legal(&b);
	assert_int_equal(ical_parse(buf_slice(&b), &arena, &o, &f, &err), 0);
	assert_null(f.things->next); /* the changed ones are the series' */
	g = f.things->event;
	assert_non_null(g);
	assert_about(&g->about, &e.about);
	assert_true(g->start == at("2012-02-27T08:00:00Z"));
	assert_true(g->end == at("2012-02-27T08:45:00Z"));
	assert_non_null(g->zone);
	assert_text(g->zone->name, "W. Europe Standard Time");
	assert_text(g->zone->shown, "(UTC+01:00) Amsterdam, Berlin");
	assert_int_equal(g->zone->n_rules, 1);
	assert_true(event_zone_rule_same(&g->zone->rules[0], &berlin_rule));
	assert_text(g->location, "Room; 5, left");
	assert_int_equal(g->busy, e.busy);
	assert_int_equal(g->intended_busy, e.intended_busy);
	assert_int_equal(g->sequence, 3);
	assert_int_equal(g->answer, EVENT_ORGANIZED);
	assert_text(g->organizer.smtp, "boss@example.com");
	assert_int_equal(g->n_attendees, 3);
	for (i = 0; i < 3; i++) {
		assert_true(
		    slice_eq(g->attendees[i].who.smtp, who[i].who.smtp));
		assert_true(
		    slice_eq(g->attendees[i].who.name, who[i].who.name));
		assert_int_equal(g->attendees[i].role, who[i].role);
		assert_int_equal(g->attendees[i].answer, who[i].answer);
	}
	assert_text(g->attendees[1].who.x500, "/O=X/CN=JOHN");
	assert_true(g->attendees[0].answered == who[0].answered);
	assert_true(g->reminder && g->reminder_min == 15);
	assert_int_equal(g->owner_id, 77);
	assert_int_equal(g->color, 4);
	assert_true(g->counter_allowed);
	/* the series */
	assert_non_null(g->recur);
	assert_int_equal(g->recur->rule.weekdays, 2);
	assert_int_equal(g->recur->rule.week_start, 1);
	assert_int_equal(g->recur->rule.end, EVENT_BY);
	assert_true(g->recur->rule.until == r.rule.until);
	assert_true(g->recur->first_day == r.first_day);
	assert_int_equal(g->recur->start_min, 540);
	assert_int_equal(g->recur->end_min, 585);
	assert_int_equal(g->recur->n_deleted, 1);
	assert_true(g->recur->deleted[0] == deleted[0]);
	assert_int_equal(g->recur->n_changes, 2);
	for (i = 0; i < 2; i++) {
		assert_true(
		    g->recur->changes[i].original == changes[i].original);
		assert_true(g->recur->changes[i].start == changes[i].start);
		assert_true(g->recur->changes[i].end == changes[i].end);
		assert_int_equal(g->recur->changes[i].differs,
		    changes[i].differs);
	}
	assert_text(g->recur->changes[0].subject, "Moved");
	assert_int_equal(g->recur->changes[0].busy, EVENT_AWAY);
	/* and written again it is the same */
	assert_int_equal(ical_put_event(&again, g, &o, &err), 0);
	assert_string_equal(buf_str(&again), buf_str(&b));
	buf_free(&b);
	buf_free(&again);
	arena_reset(&arena);
}

static void
test_task(void **state)
{
	struct event_recur r = { .rule = { .pattern = EVENT_MONTHLY,
				     .every = 1,
				     .day = 31,
				     .end = EVENT_AFTER,
				     .count = 4 },
		.first_day = at("2012-01-31") };
	struct ical_opts o = options(ICAL_STORED);
	struct ical_file f;
	const struct task *g;
	struct task t;
	struct buf b = { 0 };
	struct err err = { 0 };

	(void)state;
	task_init(&t);
	make_about(&t.about);
	t.start = at("2012-02-28");
	t.due = at("2012-02-29");
	t.status = TASK_WAITING;
	t.percent = 40;
	t.owner = str("Jane");
	t.assigner = str("John");
	t.ownership = TASK_ACCEPTED;
	t.actual_min = 90;
	t.estimated_min = 480;
	t.team = true;
	t.ordinal = -1000;
	t.reminder = true;
	t.remind_at = at("2012-02-28T07:00:00Z");
	t.recur = &r;
	assert_int_equal(ical_put_task(&b, &t, &o, &err), 0);
	assert_legal(&b);
	assert_line(&b, "DUE;VALUE=DATE:20120229");
	assert_line(&b, "STATUS:IN-PROCESS");
	assert_int_equal(ical_parse(buf_slice(&b), &arena, &o, &f, &err), 0);
	g = f.things->task;
	assert_non_null(g);
	assert_about(&g->about, &t.about);
	assert_true(g->start == t.start && g->due == t.due);
	assert_int_equal(g->status, TASK_WAITING);
	assert_int_equal(g->percent, 40);
	assert_false(g->complete);
	assert_text(g->owner, "Jane");
	assert_text(g->assigner, "John");
	assert_int_equal(g->ownership, TASK_ACCEPTED);
	assert_int_equal(g->actual_min, 90);
	assert_int_equal(g->estimated_min, 480);
	assert_true(g->team);
	assert_int_equal(g->ordinal, -1000);
	assert_true(g->reminder && g->remind_at == t.remind_at);
	assert_non_null(g->recur);
	assert_true(g->recur->first_day == r.first_day);
	assert_int_equal(g->recur->rule.day, 31);
	/* four of them end at the end of April */
	assert_true(event_recur_last_day(g->recur) == at("2012-04-30"));

	/* done, and one that comes again some days after */
	t.complete = true;
	t.completed = at("2012-02-20");
	t.status = TASK_COMPLETE;
	t.percent = 100;
	t.start = DATE_UNKNOWN;
	t.due = DATE_UNKNOWN;
	r.rule = (struct event_rule){ .pattern = EVENT_DAILY,
		.every = 3,
		.regenerates = true };
	buf_clear(&b);
	assert_int_equal(ical_put_task(&b, &t, &o, &err), 0);
	assert_legal(&b);
	assert_line(&b, "COMPLETED:20120220T000000Z");
	assert_null(strstr(b.p, "\nRRULE"));
	assert_non_null(strstr(buf_str(&problems), "some time after"));
	assert_int_equal(ical_parse(buf_slice(&b), &arena, &o, &f, &err), 0);
	g = f.things->task;
	assert_true(g->complete && g->completed == t.completed);
	assert_true(g->start == DATE_UNKNOWN && g->due == DATE_UNKNOWN);
	assert_true(g->recur->rule.regenerates);
	assert_int_equal(g->recur->rule.every, 3);
	buf_free(&b);
	arena_reset(&arena);
}

static void
test_journal(void **state)
{
	struct ical_opts o = options(ICAL_STORED);
	struct ical_file f;
	const struct journal *g;
	struct journal j;
	struct buf b = { 0 };
	struct err err = { 0 };

	(void)state;
	journal_init(&j);
	make_about(&j.about);
	j.start = at("2012-02-28T07:00:00Z");
	j.end = at("2012-02-28T07:12:00Z");
	j.minutes = 12;
	j.type = str("Phone call");
	assert_int_equal(ical_put_journal(&b, &j, &o, &err), 0);
	assert_legal(&b);
	assert_int_equal(ical_parse(buf_slice(&b), &arena, &o, &f, &err), 0);
	g = f.things->journal;
	assert_non_null(g);
	assert_about(&g->about, &j.about);
	assert_true(g->start == j.start && g->end == j.end);
	assert_int_equal(g->minutes, 12);
	assert_text(g->type, "Phone call");
	buf_free(&b);
	arena_reset(&arena);
}

/* ---------------------------------------------------------------- methods */

static void
test_methods(void **state)
{
	static const enum ical_method methods[] = { ICAL_REQUEST, ICAL_REPLY,
		ICAL_CANCEL, ICAL_COUNTER };
	struct event_attendee who = { .who = { .name = str("Jane"),
					  .smtp = str("jane@example.org") },
		.answer = EVENT_DECLINED };
	struct event e;
	struct ical_opts o;
	struct ical_file f;
	struct buf b = { 0 }, line = { 0 };
	struct err err = { 0 };
	size_t i;

	(void)state;
	event_init(&e);
	e.about.uid = str("u1");
	e.about.subject = str("S");
	e.start = at("2012-02-28T07:00:00Z");
	e.end = at("2012-02-28T08:00:00Z");
	e.organizer.smtp = str("boss@example.org");
	e.attendees = &who;
	e.n_attendees = 1;
	for (i = 0; i < 4; i++) {
		o = options(methods[i]);
		buf_clear(&b);
		assert_int_equal(ical_put_event(&b, &e, &o, &err), 0);
		assert_legal(&b);
		buf_clear(&line);
		buf_putf(&line, "METHOD:%s", ical_method_name(methods[i]));
		assert_line(&b, line.p);
		assert_int_equal(
		    ical_parse(buf_slice(&b), &arena, &o, &f, &err), 0);
		assert_int_equal(f.method, methods[i]);
		unfold(&b);
		assert_non_null(strstr(b.p, "PARTSTAT=DECLINED"));
		assert_true((strstr(b.p, "RSVP=TRUE") != NULL) ==
		    (methods[i] == ICAL_REQUEST));
		assert_true((strstr(b.p, "STATUS:CANCELLED") != NULL) ==
		    (methods[i] == ICAL_CANCEL));
	}
	buf_free(&b);
	buf_free(&line);
	arena_reset(&arena);
}

/* ---------------------------------------------------------------- strangers */

static void
test_hostile(void **state)
{
	static const char evil[] =
	    "x\r\nEND:VEVENT\nBEGIN:VEVENT\rUID:2\n;CN=\"\x01\xff\x7f"
	    "\xef\xb7\x90,\xef\xb7\x91;\\,\\n\xe2\x80\xa8";
	struct event_zone z = { .name = slice_of(evil, sizeof(evil)),
		.shown = slice_of(evil, sizeof(evil)),
		.rules = &berlin_rule,
		.n_rules = 1 };
	struct slice categories[] = { slice_of(evil, sizeof(evil)) };
	struct event_attach file = { .name = slice_of(evil, sizeof(evil)),
		.mime = slice_of(evil, sizeof(evil)),
		.uri = slice_of(evil, sizeof(evil)) };
	struct event_attendee who = {
		.who = { .name = slice_of(evil, sizeof(evil)),
		    .smtp = str("a@b\r\nUID:3"),
		    .x500 = slice_of(evil, sizeof(evil)) }
	};
	struct event e;
	struct ical_opts o = options(ICAL_STORED);
	struct ical_file f;
	struct buf b = { 0 };
	struct err err = { 0 };
	const char *p;
	size_t n = 0;

	(void)state;
	event_init(&e);
	e.about.uid = e.about.subject = e.about.plain = e.about.html =
	    slice_of(evil, sizeof(evil));
	e.about.categories = categories;
	e.about.n_categories = 1;
	e.about.attachments = &file;
	e.about.n_attachments = 1;
	e.location = e.conference = e.about.billing =
	    slice_of(evil, sizeof(evil));
	e.organizer = who.who;
	e.attendees = &who;
	e.n_attendees = 1;
	e.zone = &z;
	e.start = at("2012-02-28T07:00:00Z");
	e.end = at("2012-02-28T08:00:00Z");
	assert_int_equal(ical_put_event(&b, &e, &o, &err), 0);
	assert_true(text_is_utf8(buf_slice(&b)));
	for (p = b.p; (p = strstr(p, "\nBEGIN:VEVENT")) != NULL; p++)
		n++;
	assert_int_equal(n, 1);
	n = 0;
	for (p = b.p; (p = strstr(p, "\nUID:")) != NULL; p++)
		n++;
	assert_int_equal(n, 1);
	assert_null(strchr(b.p, 0x01));
	assert_int_equal(ical_parse(buf_slice(&b), &arena, &o, &f, &err), 0);
	assert_text(f.things->event->about.subject,
	    "x\nEND:VEVENT\nBEGIN:VEVENT\nUID:2\n;CN=\"\xef\xbf\xbd,;\\,\\n"
	    "\xe2\x80\xa8");
	assert_non_null(f.things->event->zone);
	buf_free(&b);
	arena_reset(&arena);
}

/* A description of 3 MiB is cut and that is said; an attachment that is too
 * big is said, too. */
static void
test_big(void **state)
{
	size_t n = 3u << 20;
	char *big = malloc(n);
	struct event_attach file = { .name = str("big"),
		.data = slice_of(big, n) };
	struct event e;
	struct ical_opts o = options(ICAL_STORED);
	struct buf b = { 0 };
	struct err err = { 0 };

	(void)state;
	memset(big, 'x', n);
	event_init(&e);
	e.about.uid = str("u");
	e.start = 0;
	e.about.plain = slice_of(big, n);
	e.about.attachments = &file;
	e.about.n_attachments = 1;
	assert_int_equal(ical_put_event(&b, &e, &o, &err), 0);
	assert_true(b.n > 1u << 20 && b.n < 2u << 20);
	assert_non_null(strstr(buf_str(&problems), "cut at 1 MiB"));
	assert_non_null(strstr(buf_str(&problems), "too big to be inside"));
	free(big);
	buf_free(&b);
}

/* A series that is changed every day, with a long text: what is written is
 * bounded, and it is said. */
static void
test_many_changes(void **state)
{
	size_t n = 5000, i;
	char *text = malloc(100000);
	struct event_change *changes = calloc(n, sizeof(*changes));
	int64_t *deleted = calloc(20000, sizeof(*deleted));
	struct event_recur r = { .rule = { .pattern = EVENT_DAILY, .every = 1 },
		.first_day = at("2000-01-01"),
		.start_min = 600,
		.end_min = 630,
		.deleted = deleted,
		.n_deleted = 20000,
		.changes = changes,
		.n_changes = n };
	struct ical_opts o = options(ICAL_STORED);
	struct ical_file f;
	struct event e;
	struct buf b = { 0 };
	struct err err = { 0 };

	(void)state;
	memset(text, 'x', 100000);
	for (i = 0; i < n; i++) {
		changes[i].original = r.first_day + (int64_t)i * 86400 + 36000;
		changes[i].start = changes[i].original + 3600;
		changes[i].end = changes[i].start + 1800;
	}
	for (i = 0; i < 20000; i++)
		deleted[i] = r.first_day + (int64_t)(n + i) * 86400 + 36000;
	event_init(&e);
	e.about.uid = str("u");
	e.about.plain = slice_of(text, 100000);
	e.recur = &r;
	assert_int_equal(ical_put_event(&b, &e, &o, &err), 0);
	assert_true(b.n < 5u << 20);
	assert_non_null(strstr(buf_str(&problems), "2000 of its 5000"));
	assert_non_null(strstr(buf_str(&problems), "10000 of its 20000"));
	assert_non_null(strstr(buf_str(&problems), "without their texts"));
	assert_int_equal(ical_parse(buf_slice(&b), &arena, &o, &f, &err), 0);
	assert_int_equal(f.things->event->recur->n_changes, 2000);
	free(text);
	free(changes);
	free(deleted);
	buf_free(&b);
	arena_reset(&arena);
}

/* -------------------------------------------------------- others' calendars */

/* RFC 5545 3.6.5 and 4, and what programs write of New York. */
static const char new_york[] =
    "BEGIN:VCALENDAR\r\nPRODID:-//RDU Software//NONSGML HandCal//EN\r\n"
    "VERSION:2.0\r\nBEGIN:VTIMEZONE\r\nTZID:America/New_York\r\n"
    "BEGIN:DAYLIGHT\r\nDTSTART:19670430T020000\r\n"
    "RRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=-1SU;UNTIL=19730429T070000Z\r\n"
    "TZOFFSETFROM:-0500\r\nTZOFFSETTO:-0400\r\nTZNAME:EDT\r\n"
    "END:DAYLIGHT\r\nBEGIN:STANDARD\r\nDTSTART:19671029T020000\r\n"
    "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU;UNTIL=20061029T060000Z\r\n"
    "TZOFFSETFROM:-0400\r\nTZOFFSETTO:-0500\r\nTZNAME:EST\r\n"
    "END:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:19740106T020000\r\n"
    "RDATE:19750223T020000\r\nTZOFFSETFROM:-0500\r\nTZOFFSETTO:-0400\r\n"
    "TZNAME:EDT\r\nEND:DAYLIGHT\r\nBEGIN:DAYLIGHT\r\n"
    "DTSTART:19760425T020000\r\n"
    "RRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=-1SU;UNTIL=19860427T070000Z\r\n"
    "TZOFFSETFROM:-0500\r\nTZOFFSETTO:-0400\r\nTZNAME:EDT\r\n"
    "END:DAYLIGHT\r\nBEGIN:DAYLIGHT\r\nDTSTART:19870405T020000\r\n"
    "RRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=1SU;UNTIL=20060402T070000Z\r\n"
    "TZOFFSETFROM:-0500\r\nTZOFFSETTO:-0400\r\nTZNAME:EDT\r\n"
    "END:DAYLIGHT\r\nBEGIN:DAYLIGHT\r\nDTSTART:20070311T020000\r\n"
    "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU\r\nTZOFFSETFROM:-0500\r\n"
    "TZOFFSETTO:-0400\r\nTZNAME:EDT\r\nEND:DAYLIGHT\r\nBEGIN:STANDARD\r\n"
    "DTSTART:20071104T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU\r\n"
    "TZOFFSETFROM:-0400\r\nTZOFFSETTO:-0500\r\nTZNAME:EST\r\n"
    "END:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\n"
    "DTSTAMP:19980309T231000Z\r\nUID:guid-1.example.com\r\n"
    "ORGANIZER:mailto:mrbig@example.com\r\n"
    "ATTENDEE;RSVP=TRUE;ROLE=REQ-PARTICIPANT;CUTYPE=GROUP:\r\n"
    " mailto:employee-A@example.com\r\n"
    "DESCRIPTION:Project XYZ Review Meeting\r\nCATEGORIES:MEETING,WORK\r\n"
    "CLASS:PUBLIC\r\nCREATED:19980309T130000Z\r\n"
    "SUMMARY:XYZ Project Review\r\n"
    "DTSTART;TZID=America/New_York:19980312T083000\r\n"
    "DTEND;TZID=America/New_York:19980312T093000\r\n"
    "LOCATION:1CP Conference Room 4350\r\n%sEND:VEVENT\r\n"
    "END:VCALENDAR\r\n";

static const struct event *
parse_with(const char *more)
{
	struct ical_opts o = options(ICAL_STORED);
	struct ical_file f;
	struct err err = { 0 };
	struct buf b = { 0 };
	const char *gap = strstr(new_york, "%s");

	buf_put(&b, new_york, (size_t)(gap - new_york));
	buf_puts(&b, more);
	buf_puts(&b, gap + 2);
	assert_int_equal(ical_parse(buf_slice(&b), &arena, &o, &f, &err), 0);
	assert_non_null(f.things->event);
	buf_free(&b);
	return f.things->event;
}

static void
test_new_york(void **state)
{
	/* UTC and the offset of America/New_York there in the tz database */
	static const struct {
		const char *utc;
		int32_t offset;
	} moments[] = { { "1970-07-01T00:00:00Z", -14400 },
		{ "1974-01-06T06:59:59Z", -18000 },
		{ "1974-01-06T07:00:00Z", -14400 },
		{ "1975-02-23T07:00:00Z", -14400 },
		{ "1980-04-27T06:59:59Z", -18000 },
		{ "1980-04-27T07:00:00Z", -14400 },
		{ "1990-04-01T07:00:00Z", -14400 },
		{ "2006-10-29T05:59:59Z", -14400 },
		{ "2006-10-29T06:00:00Z", -18000 },
		{ "2007-03-11T07:00:00Z", -14400 },
		{ "2020-11-01T06:00:00Z", -18000 } };
	const struct event *e = parse_with("");
	size_t i;

	(void)state;
	assert_true(e->start == at("1998-03-12T13:30:00Z"));
	assert_int_equal(e->n_attendees, 1);
	assert_int_equal(e->about.n_categories, 2);
	assert_text(e->about.categories[1], "WORK");
	assert_non_null(e->zone);
	for (i = 0; i < sizeof(moments) / sizeof(moments[0]); i++)
		if (event_zone_offset(e->zone, at(moments[i].utc)) !=
		    moments[i].offset)
			fail_msg("%s: %d", moments[i].utc,
			    (int)event_zone_offset(e->zone,
				at(moments[i].utc)));
	arena_reset(&arena);
}

/* Rules as [MS-OXCICAL] 2.1.3.2.2 has them, and others; of an event that
 * begins on Thursday 1998-03-12. */
static const struct {
	const char *text;
	struct event_rule want; /* every 0: none that Outlook has */
} rules[] = {
	{ "FREQ=DAILY;INTERVAL=3", { .every = 3 } },
	{ "FREQ=WEEKLY;BYDAY=MO,TU;INTERVAL=2;COUNT=7",
	    { .pattern = EVENT_WEEKLY,
		.every = 2,
		.weekdays = 6,
		.week_start = 1,
		.end = EVENT_AFTER,
		.count = 7 } },
	{ "FREQ=WEEKLY",
	    { .pattern = EVENT_WEEKLY, .every = 1, .weekdays = 1 << 4 } },
	{ "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR",
	    { .pattern = EVENT_WEEKLY, .every = 1, .weekdays = 0x3e } },
	{ "FREQ=MONTHLY;BYMONTHDAY=-1",
	    { .pattern = EVENT_MONTHLY, .every = 1, .day = 31 } },
	{ "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1",
	    { .pattern = EVENT_MONTHLY, .every = 1, .day = 30 } },
	{ "FREQ=MONTHLY", { .pattern = EVENT_MONTHLY, .every = 1, .day = 12 } },
	{ "FREQ=MONTHLY;BYDAY=2TH",
	    { .pattern = EVENT_MONTHLY_NTH,
		.every = 1,
		.weekdays = 1 << 4,
		.nth = 2 } },
	{ "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
	    { .pattern = EVENT_MONTHLY_NTH,
		.every = 1,
		.weekdays = 0x3e,
		.nth = -1 } },
	{ "FREQ=YEARLY;BYMONTHDAY=12;BYMONTH=3;INTERVAL=3",
	    { .pattern = EVENT_MONTHLY,
		.yearly = true,
		.every = 36,
		.day = 12 } },
	{ "FREQ=YEARLY",
	    { .pattern = EVENT_MONTHLY,
		.yearly = true,
		.every = 12,
		.day = 12 } },
	{ "FREQ=YEARLY;BYDAY=TH;BYSETPOS=2;BYMONTH=3",
	    { .pattern = EVENT_MONTHLY_NTH,
		.yearly = true,
		.every = 12,
		.weekdays = 1 << 4,
		.nth = 2 } },
	{ "FREQ=DAILY;UNTIL=19980401T133000Z",
	    { .every = 1, .end = EVENT_BY, .until = 891388800 } },
	{ "FREQ=DAILY;UNTIL=19980401T132959Z",
	    { .every = 1, .end = EVENT_BY, .until = 891302400 } },
	{ "FREQ=HOURLY", { .every = 0 } },
	{ "FREQ=MONTHLY;BYDAY=5TH", { .every = 0 } },
	{ "FREQ=MONTHLY;BYMONTHDAY=1,15", { .every = 0 } },
	{ "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", { .every = 0 } },
	{ "FREQ=YEARLY;BYMONTH=3,6", { .every = 0 } },
	{ "FREQ=YEARLY;BYDAY=20TH", { .every = 0 } },
	{ "FREQ=YEARLY;BYWEEKNO=11", { .every = 0 } },
};

/* What Outlook does not do as RFC 5545 says is said. */
static void
test_rules_that_differ(void **state)
{
	static const struct {
		const char *lines, *said; /* NULL: nothing */
	} cases[] = {
		{ "RDATE:19980320T133000Z\r\n", "dates besides" },
		{ "RRULE:FREQ=DAILY\r\nRDATE:19980320T133000Z\r\n",
		    "dates besides" },
		{ "RRULE:FREQ=MONTHLY;BYMONTHDAY=31\r\n", "no day 31" },
		{ "RRULE:FREQ=MONTHLY;BYMONTHDAY=29\r\n", "no day 29" },
		{ "RRULE:FREQ=MONTHLY;BYMONTHDAY=28\r\n", NULL },
		{ "RRULE:FREQ=MONTHLY;BYMONTHDAY=-1\r\n", NULL },
		{ "RRULE:FREQ=MONTHLY;BYMONTHDAY=28,29;BYSETPOS=-1\r\n", NULL },
		{ "RRULE:FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=31\r\n", NULL },
	};
	const struct event *e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		e = parse_with(cases[i].lines);
		assert_non_null(e);
		if (cases[i].said == NULL
			? problems.n > 0
			: strstr(buf_str(&problems), cases[i].said) == NULL)
			fail_msg("%s: '%s'", cases[i].lines,
			    buf_str(&problems));
	}
	arena_reset(&arena);
}

static void
test_rules(void **state)
{
	const struct event_rule *w, *g;
	const struct event *e;
	char line[200];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		snprintf(line, sizeof(line), "RRULE:%s\r\n", rules[i].text);
		e = parse_with(line);
		w = &rules[i].want;
		if ((e->recur == NULL) != (w->every == 0))
			fail_msg("%s: %s", rules[i].text,
			    e->recur == NULL ? "no rule" : "a rule");
		assert_true((problems.n > 0) == (w->every == 0));
		if (e->recur == NULL)
			continue;
		g = &e->recur->rule;
		if (g->pattern != w->pattern || g->every != w->every ||
		    g->yearly != w->yearly || g->weekdays != w->weekdays ||
		    g->nth != w->nth || g->day != w->day || g->end != w->end ||
		    g->count != w->count ||
		    (w->end == EVENT_BY && g->until != w->until))
			fail_msg("%s: pattern %d every %u days %x nth %d day "
				 "%u end %d until %lld",
			    rules[i].text, g->pattern, g->every, g->weekdays,
			    g->nth, g->day, g->end, (long long)g->until);
	}
	arena_reset(&arena);
}

/* Hebrew months: as Outlook exports them, and nothing is invented. */
static void
test_foreign(void **state)
{
	struct event_recur r = { .rule = { .pattern = EVENT_MONTHLY,
				     .yearly = true,
				     .every = 12,
				     .day = 3,
				     .calendar = 8,
				     .anchor = 685440 },
		.first_day = at("2008-04-08"),
		.start_min = 480,
		.end_min = 510 };
	struct ical_opts o = options(ICAL_STORED);
	struct ical_file f;
	struct event e;
	struct buf b = { 0 };
	struct err err = { 0 };

	(void)state;
	event_init(&e);
	e.about.uid = str("u");
	e.start = at("2008-04-08T08:00:00Z");
	e.end = at("2008-04-08T08:30:00Z");
	e.recur = &r;
	assert_int_equal(ical_put_event(&b, &e, &o, &err), 0);
	assert_non_null(strstr(buf_str(&problems), "Hebrew"));
	assert_null(strstr(b.p, "\nRRULE"));
	assert_line(&b, "X-MICROSOFT-CALSCALE:Hebrew");
	assert_legal(&b);
	assert_int_equal(ical_parse(buf_slice(&b), &arena, &o, &f, &err), 0);
	assert_non_null(f.things->event->recur);
	assert_int_equal(f.things->event->recur->rule.calendar, 8);
	assert_int_equal(f.things->event->recur->rule.anchor, 685440);
	assert_int_equal(f.things->event->recur->rule.day, 3);
	buf_free(&b);
	arena_reset(&arena);
}

static void
test_garbage(void **state)
{
	static const char *const texts[] = { "", "hello", "BEGIN:VCALENDAR\r\n",
		"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
		"BEGIN:VEVENT\r\nEND:VEVENT\r\n", "END:VCALENDAR\r\n",
		"BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nEND:VTIMEZONE\r\n"
		"END:VCALENDAR\r\n" };
	struct ical_opts o = options(ICAL_STORED);
	struct ical_file f;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		err_clear(&err);
		assert_int_equal(
		    ical_parse(slice_str(texts[i]), &arena, &o, &f, &err), -1);
		assert_true(err.text[0] != '\0');
	}
	arena_reset(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_event),
		cmocka_unit_test(test_task),
		cmocka_unit_test(test_journal),
		cmocka_unit_test(test_methods),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_big),
		cmocka_unit_test(test_many_changes),
		cmocka_unit_test(test_new_york),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_rules_that_differ),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_garbage),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	arena_free(&arena);
	buf_free(&problems);
	return rc;
}
