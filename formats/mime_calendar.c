/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Meeting requests, cancellations and answers as text/calendar: RFC 5546, as
 * formats/ical.h writes it.
 */
#include "formats/mime_impl.h"

#include "formats/event.h"
#include "formats/ical.h"

static const struct {
	const char *class;
	enum ical_method method;
	enum event_answer answer;
} kinds[] = {
	{ "IPM.Schedule.Meeting.Request", ICAL_REQUEST, EVENT_NO_ANSWER },
	{ "IPM.Schedule.Meeting.Canceled", ICAL_CANCEL, EVENT_NO_ANSWER },
	{ "IPM.Schedule.Meeting.Resp.Pos", ICAL_REPLY, EVENT_ACCEPTED },
	{ "IPM.Schedule.Meeting.Resp.Neg", ICAL_REPLY, EVENT_DECLINED },
	{ "IPM.Schedule.Meeting.Resp.Tent", ICAL_REPLY, EVENT_TENTATIVE },
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

/* Of a reader that knows nothing of meetings: who answers what. */
static void
make_event(struct mime_plan *p, struct event *e, int kind)
{
	struct event_attendee *one = arena_alloc(p->a, sizeof(*one));

	event_init(e);
	event_take_item(&e->about, p->it, p->a);
	if (kinds[kind].method != ICAL_REPLY) {
		e->organizer = p->it->from;
		return;
	}
	if (p->it->n_recipients > 0)
		e->organizer = p->it->recipients[0].who;
	one->who = p->it->from;
	one->answer = kinds[kind].answer;
	e->attendees = one;
	e->n_attendees = 1;
}

static void
on_problem(void *arg, const char *text)
{
	out_problem(arg, "text/calendar: %s", text);
}

struct part *
mime_plan_calendar(struct mime_plan *p)
{
	const struct item *it = p->it;
	int kind = kind_of(it->class);
	struct ical_opts opts = { .problem = on_problem, .arg = p->o };
	struct event e;
	struct err err = { 0 };
	struct part *part;

	/* a request without a time asks for nothing (RFC 5546 3.2.2) */
	if (kind < 0 || has_calendar(it) ||
	    (kinds[kind].method == ICAL_REQUEST &&
		(it->event == NULL || it->event->start == DATE_UNKNOWN)))
		return NULL;
	if (it->event != NULL)
		e = *it->event;
	else
		make_event(p, &e, kind);
	opts.method = e.counter && kinds[kind].method == ICAL_REPLY
	    ? ICAL_COUNTER
	    : kinds[kind].method;
	opts.stamp = it->submitted != DATE_UNKNOWN ? it->submitted
	    : it->delivered != DATE_UNKNOWN	   ? it->delivered
						   : DATE_UNKNOWN;
	if (ical_put_event(&p->calendar, &e, &opts, &err) != 0) {
		out_problem(p->o, "text/calendar: %s", err.text);
		return NULL;
	}
	part = plan_part(p, PART_TEXT, "text/calendar");
	part->params = arena_fmt(p->a, "; charset=utf-8; method=%s",
	    ical_method_name(opts.method));
	part->bytes = plan_bytes(p, buf_slice(&p->calendar));
	return part;
}
