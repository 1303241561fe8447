/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recurrences, time zones, meeting ids and iCalendar from strangers.  The
 * first byte says which.  What was decoded is encoded, what was encoded says
 * the same again, and an event with it is written and read.
 */
#include <string.h>

#include "core/arena.h"
#include "formats/ical.h"
#include "formats/pst/recur.h"
#include "tests/fuzz/fuzz.h"

static struct arena arena;

static void
on_problem(void *arg, const char *text)
{
	(void)arg;
	FUZZ_HOLDS(text[0] != '\0');
}

static const struct ical_opts opts = { .stamp = 0, .problem = on_problem };

static void
there_and_back(const struct event *e, const struct task *t)
{
	struct ical_file f, again;
	struct buf b = { 0 }, c = { 0 };
	struct err err = { 0 };

	if (e != NULL)
		FUZZ_HOLDS(ical_put_event(&b, e, &opts, &err) == 0);
	else
		FUZZ_HOLDS(ical_put_task(&b, t, &opts, &err) == 0);
	FUZZ_HOLDS(ical_parse(buf_slice(&b), &arena, &opts, &f, &err) == 0);
	if (e != NULL) {
		FUZZ_HOLDS(f.things->event != NULL);
		FUZZ_HOLDS(
		    ical_put_event(&c, f.things->event, &opts, &err) == 0);
	} else {
		FUZZ_HOLDS(f.things->task != NULL);
		FUZZ_HOLDS(ical_put_task(&c, f.things->task, &opts, &err) == 0);
	}
	FUZZ_HOLDS(ical_parse(buf_slice(&c), &arena, &opts, &again, &err) == 0);
	buf_free(&b);
	buf_free(&c);
}

static void
try_recur(struct slice blob, enum pst_recur_kind kind)
{
	struct event_recur r, again;
	struct event e;
	struct task t;
	struct buf b = { 0 }, c = { 0 };
	struct err err = { 0 };

	if (pst_recur_decode(blob, kind, 1252, &arena, &r, &err) < 0)
		return;
	if (pst_recur_encode(&b, &r, kind, &err) == 0) {
		FUZZ_HOLDS(pst_recur_decode(buf_slice(&b), kind, 1252, &arena,
			       &again, &err) >= 0);
		FUZZ_HOLDS(again.rule.pattern == r.rule.pattern);
		FUZZ_HOLDS(again.rule.every == r.rule.every);
		FUZZ_HOLDS(again.first_day == r.first_day);
		FUZZ_HOLDS(again.n_changes == r.n_changes);
		FUZZ_HOLDS(pst_recur_encode(&c, &again, kind, &err) == 0);
	}
	event_init(&e);
	task_init(&t);
	e.about.uid = t.about.uid = slice_str("u");
	e.recur = t.recur = &r;
	e.start = r.first_day;
	there_and_back(kind == PST_RECUR_EVENT ? &e : NULL, &t);
	buf_free(&b);
	buf_free(&c);
}

static void
try_zone(struct slice blob, bool one)
{
	static const int64_t moments[] = { 0, 1173607200, 1194166800,
		-11644473599, 79870665599 };
	struct event_zone z, again;
	struct event e;
	struct buf b = { 0 };
	struct err err = { 0 };
	size_t i;

	if ((one ? pst_zone_struct_decode(blob, &arena, &z, &err)
		 : pst_zone_def_decode(blob, &arena, &z, &err)) != 0)
		return;
	FUZZ_HOLDS(z.n_rules > 0);
	for (i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		int64_t wall = event_to_wall(&z, moments[i]);
		int64_t utc = event_to_utc(&z, wall);

		FUZZ_HOLDS(utc - moments[i] < 5 * 86400 &&
		    moments[i] - utc < 5 * 86400);
	}
	pst_zone_def_encode(&b, &z, true);
	FUZZ_HOLDS(
	    pst_zone_def_decode(buf_slice(&b), &arena, &again, &err) == 0);
	FUZZ_HOLDS(event_zone_same(&z, &again));
	event_init(&e);
	e.about.uid = slice_str("u");
	e.zone = &z;
	e.start = 1173607200;
	e.end = 1173610800;
	there_and_back(&e, NULL);
	buf_free(&b);
}

static void
try_goid(struct slice blob)
{
	int64_t day;
	struct slice uid = pst_goid_uid(blob, &arena, &day), same;
	struct buf b = { 0 };

	if (uid.n == 0 || uid.n > 2000)
		return;
	pst_goid_encode(&b, uid, day);
	same = pst_goid_uid(buf_slice(&b), &arena, NULL);
	FUZZ_HOLDS(slice_eq(uid, same));
	buf_free(&b);
}

static void
try_ical(struct slice text)
{
	struct ical_file f;
	struct ical_thing *t;
	struct err err = { 0 };

	if (ical_parse(text, &arena, &opts, &f, &err) != 0)
		return;
	for (t = f.things; t != NULL; t = t->next)
		if (t->event != NULL || t->task != NULL)
			there_and_back(t->event, t->task);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice s = slice_of(data, size);

	if (size == 0)
		return 0;
	s = slice_from(s, 1);
	switch (data[0] % 6) {
	case 0:
		try_recur(s, PST_RECUR_EVENT);
		break;
	case 1:
		try_recur(s, PST_RECUR_TASK);
		break;
	case 2:
		try_zone(s, false);
		break;
	case 3:
		try_zone(s, true);
		break;
	case 4:
		try_goid(s);
		break;
	default:
		try_ical(s);
	}
	arena_reset(&arena);
	return 0;
}
