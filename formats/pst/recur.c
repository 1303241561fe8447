/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recurrences read: RecurrencePattern and AppointmentRecurrencePattern,
 * [MS-OXOCAL] 2.2.1.44. */
#include "formats/pst/recur.h"

#include <stdlib.h>

#include "formats/pst/bytes.h"
#include "formats/pst/codepage.h"
#include "formats/pst/recur_impl.h"
#include "formats/pst/utf16.h"

/* Bytes being taken off the front; 'bad' once something was not there. */
struct take {
	struct slice s;
	bool bad;
};

static const char *
take(struct take *t, size_t n)
{
	static const char nothing[8];
	const char *p = t->s.p;

	if (t->bad || n > t->s.n) {
		t->bad = true;
		return n <= sizeof(nothing) ? nothing : NULL;
	}
	t->s = slice_from(t->s, n);
	return p;
}

static uint16_t
take16(struct take *t)
{
	return pst_u16(take(t, 2));
}

static uint32_t
take32(struct take *t)
{
	return pst_u32(take(t, 4));
}

static struct slice
take_bytes(struct take *t, size_t n)
{
	const char *p = n > 0 ? take(t, n) : "";

	return t->bad ? slice_of("", 0) : slice_of(p, n);
}

static int64_t
take_time(struct take *t)
{
	return recur_wall(take32(t));
}

/* So many dates; bounded by what is there. */
static const char *
take_dates(struct take *t, uint32_t *n_r)
{
	*n_r = take32(t);
	if (t->bad || *n_r > t->s.n / 4) {
		t->bad = true;
		*n_r = 0;
		return NULL;
	}
	return *n_r == 0 ? NULL : take(t, 4 * (size_t)*n_r);
}

/* ---------------------------------------------------------------- pattern */

/* What the rule is read from, before it is made sense of. */
struct raw {
	unsigned frequency, type, calendar;
	uint32_t anchor, period, sliding, specific, nth, end, count, week_start;
	const char *deleted;
	uint32_t n_deleted, n_modified;
	uint32_t start, until;
};

static int
read_pattern(struct take *t, struct raw *w, struct err *err)
{
	unsigned version = take16(t);

	take16(t);
	w->frequency = take16(t);
	w->type = take16(t);
	w->calendar = take16(t);
	w->anchor = take32(t);
	w->period = take32(t);
	w->sliding = take32(t);
	if (!t->bad && version != RECUR_VERSION)
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "its rule is of an unknown version, 0x%04x", version);
	if (w->type != RECUR_DAY)
		w->specific = take32(t);
	if (w->type == RECUR_MONTH_NTH || w->type == RECUR_HJ_MONTH_NTH)
		w->nth = take32(t);
	w->end = take32(t);
	w->count = take32(t);
	w->week_start = take32(t);
	w->deleted = take_dates(t, &w->n_deleted);
	take_dates(t, &w->n_modified);
	w->start = take32(t);
	w->until = take32(t);
	if (t->bad)
		return err_set(err, SCOPE_MSG, EX_DATAERR, "its rule is cut");
	return 0;
}

static bool
set_pattern(const struct raw *w, struct event_rule *r)
{
	r->every = w->period;
	switch (w->type) {
	case RECUR_DAY:
		r->pattern = EVENT_DAILY;
		r->every = w->period / (24 * 60);
		return true;
	case RECUR_WEEK:
		r->pattern = EVENT_WEEKLY;
		r->weekdays = w->specific & 0x7f;
		return r->weekdays != 0;
	case RECUR_MONTH:
	case RECUR_HJ_MONTH:
		r->pattern = EVENT_MONTHLY;
		r->day = w->specific;
		return r->day >= 1 && r->day <= 31;
	case RECUR_MONTH_END:
	case RECUR_HJ_MONTH_END:
		r->pattern = EVENT_MONTHLY;
		r->day = 31;
		return true;
	case RECUR_MONTH_NTH:
	case RECUR_HJ_MONTH_NTH:
		r->pattern = EVENT_MONTHLY_NTH;
		r->weekdays = w->specific & 0x7f;
		r->nth = w->nth == 5 ? -1 : (int)w->nth;
		return r->weekdays != 0 && w->nth >= 1 && w->nth <= 5;
	default:
		return false;
	}
}

static int
set_rule(const struct raw *w, struct event_recur *r, struct err *err)
{
	struct event_rule *rule = &r->rule;

	if (!set_pattern(w, rule) || rule->every == 0 ||
	    rule->every > RECUR_EVERY_MAX || w->week_start > 6)
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "its rule makes no sense (pattern %u, every %u)", w->type,
		    (unsigned)w->period);
	rule->yearly = w->frequency == RECUR_YEARLY;
	rule->calendar = w->calendar;
	rule->hijri = w->type >= RECUR_HJ_MONTH;
	rule->anchor = w->anchor;
	rule->week_start = w->week_start;
	rule->regenerates = w->sliding != 0;
	r->first_day = event_day(recur_wall(w->start));
	/* after no times at all: then its last day must do */
	if (w->end == RECUR_END_BY ||
	    (w->end == RECUR_END_AFTER && w->count == 0)) {
		rule->end = EVENT_BY;
		rule->until = event_day(recur_wall(w->until));
	} else if (w->end == RECUR_END_AFTER) {
		rule->end = EVENT_AFTER;
		rule->count = w->count;
	} else {
		rule->end = EVENT_NEVER;
	}
	return 0;
}

/* A series may be said to begin on a day that it does not fit; iCalendar
 * would take that day for an instance. */
static void
move_to_first(struct event_recur *r)
{
	struct event_walk walk = { 0 };
	int64_t wall;

	if (event_walk_next(&walk, r, &wall))
		r->first_day = event_day(wall);
}

/* ------------------------------------------------------------- exceptions */

static struct slice
copy_utf8(struct arena *a, struct buf *b)
{
	struct slice s = slice_of(arena_slice(a, buf_slice(b)), b->n);

	buf_free(b);
	return s;
}

/* Twice its length, once with a NUL that is not there. */
static struct slice
take_text(struct take *t, unsigned cp, struct arena *a)
{
	struct buf b = { 0 };
	struct slice s;

	take16(t);
	s = take_bytes(t, take16(t));
	codepage_to_utf8(&b, s, cp);
	return copy_utf8(a, &b);
}

static struct slice
take_wide(struct take *t, struct arena *a)
{
	struct utf16 u = { 0 };
	struct buf b = { 0 };

	utf16_put(&u, &b, take_bytes(t, 2 * (size_t)take16(t)));
	utf16_end(&u, &b);
	return copy_utf8(a, &b);
}

static void
take_change(struct take *t, unsigned cp, struct arena *a,
    struct event_change *c)
{
	c->start = take_time(t);
	c->end = take_time(t);
	c->original = take_time(t);
	c->differs = take16(t);
	if (c->differs & EVENT_SUBJECT)
		c->subject = take_text(t, cp, a);
	if (c->differs & EVENT_MEETING)
		c->state = (int32_t)take32(t);
	if (c->differs & EVENT_REMINDER_MIN)
		c->reminder_min = (int32_t)take32(t);
	if (c->differs & EVENT_REMINDER)
		c->reminder = take32(t) != 0;
	if (c->differs & EVENT_LOCATION)
		c->location = take_text(t, cp, a);
	if (c->differs & EVENT_BUSY)
		c->busy = (int32_t)take32(t);
	if (c->differs & EVENT_ATTACHMENT)
		c->attachment = (int32_t)take32(t);
	if (c->differs & EVENT_ALL_DAY)
		c->all_day = take32(t) != 0;
	if (c->differs & EVENT_COLOR)
		c->color = take32(t);
}

/* ExtendedException: the same texts in Unicode. */
static void
take_more(struct take *t, uint32_t writer, struct arena *a,
    struct event_change *c)
{
	struct take in;
	struct slice subject = c->subject, location = c->location;

	if (writer >= RECUR_HIGHLIGHTS) {
		in.s = take_bytes(t, take32(t));
		in.bad = t->bad;
		if (in.s.n >= 4)
			c->highlight = take32(&in);
	}
	take_bytes(t, take32(t));
	if (c->differs & (EVENT_SUBJECT | EVENT_LOCATION)) {
		take_bytes(t, 12); /* its times once more */
		if (c->differs & EVENT_SUBJECT)
			subject = take_wide(t, a);
		if (c->differs & EVENT_LOCATION)
			location = take_wide(t, a);
		take_bytes(t, take32(t));
	}
	if (t->bad)
		return;
	c->subject = subject;
	c->location = location;
}

#define CHANGE_LEAST 14 /* bytes */

/* 0: not all could be had. */
static int
read_changes(struct take *t, unsigned cp, struct arena *a,
    struct event_recur *r)
{
	uint32_t writer, n, i;
	struct take at;

	take32(t);
	writer = take32(t);
	r->start_min = take32(t);
	r->end_min = take32(t);
	n = take16(t);
	if (t->bad || r->start_min >= 24 * 60 || r->end_min < r->start_min ||
	    r->end_min > RECUR_EVERY_MAX) {
		r->start_min = r->end_min = 0;
		return 0;
	}
	if (n > t->s.n / CHANGE_LEAST)
		n = (uint32_t)(t->s.n / CHANGE_LEAST);
	r->changes = arena_alloc(a, n * sizeof(*r->changes) + 1);
	for (i = 0; i < n; i++) {
		take_change(t, cp, a, &r->changes[i]);
		if (t->bad)
			return 0;
		r->n_changes++;
	}
	/* early writers end here; their texts are 8-bit only */
	if (t->s.n == 0)
		return 1;
	at = *t;
	take_bytes(&at, take32(&at));
	for (i = 0; i < n && at.s.n > 0 && !at.bad; i++)
		take_more(&at, writer, a, &r->changes[i]);
	return !at.bad;
}

/* -------------------------------------------------------------- deletions */

static int
by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static bool
is_changed(const struct event_recur *r, int64_t day)
{
	size_t i;

	for (i = 0; i < r->n_changes; i++)
		if (event_day(r->changes[i].original) == day)
			return true;
	return false;
}

/* The list has the days of the changed ones, too. */
static void
set_deleted(const struct raw *w, struct arena *a, struct event_recur *r)
{
	int64_t *out, day;
	uint32_t i;

	if (w->n_deleted == 0)
		return;
	out = arena_alloc(a, w->n_deleted * sizeof(*out));
	r->deleted = out;
	for (i = 0; i < w->n_deleted; i++) {
		day = event_day(recur_wall(pst_u32(w->deleted + 4 * i)));
		if (!is_changed(r, day))
			out[r->n_deleted++] = day + (int64_t)r->start_min * 60;
	}
	qsort(out, r->n_deleted, sizeof(*out), by_time);
}

int
pst_recur_decode(struct slice blob, enum pst_recur_kind kind, unsigned cp,
    struct arena *a, struct event_recur *r_r, struct err *err)
{
	struct take t = { .s = blob };
	struct raw w = { 0 };
	int all = 1;

	memset(r_r, 0, sizeof(*r_r));
	if (blob.n > RECUR_BLOB_MAX)
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "its rule is too long (%zu bytes)", blob.n);
	if (read_pattern(&t, &w, err) != 0 || set_rule(&w, r_r, err) != 0)
		return -1;
	if (kind == PST_RECUR_EVENT)
		all = read_changes(&t, cp, a, r_r);
	set_deleted(&w, a, r_r);
	move_to_first(r_r);
	if (all && kind == PST_RECUR_EVENT && w.n_modified > r_r->n_changes)
		all = 0;
	if (!all)
		err_set(err, SCOPE_MSG, EX_DATAERR,
		    "not all changes of single instances can be read");
	return all;
}
