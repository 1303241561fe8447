/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A VCALENDAR around one thing; see ical.h. */
#include "formats/ical_impl.h"

#include <stdarg.h>
#include <stdlib.h>

#define PRODUCT "-//postroad//postroad//EN"

static const struct {
	const char *name;
	icalproperty_method method;
} methods[] = {
	[ICAL_STORED] = { NULL, ICAL_METHOD_NONE },
	[ICAL_REQUEST] = { "REQUEST", ICAL_METHOD_REQUEST },
	[ICAL_REPLY] = { "REPLY", ICAL_METHOD_REPLY },
	[ICAL_CANCEL] = { "CANCEL", ICAL_METHOD_CANCEL },
	[ICAL_COUNTER] = { "COUNTER", ICAL_METHOD_COUNTER },
};

const char *
ical_method_name(enum ical_method m)
{
	return methods[m].name;
}

void
ical_problem(const struct ical_opts *opts, const char *fmt, ...)
{
	char text[200];
	va_list ap;

	if (opts->problem == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	opts->problem(opts->arg, text);
}

/*
 * libical asks for its time zones when it is to write a Z.  It is given a
 * place where there are none: what this program writes must not depend on
 * the machine, and where it runs nothing may be opened.
 */
void
ical_init(void)
{
	static bool done;

	if (done)
		return;
	done = true;
	icalerror_set_errors_are_fatal(0);
	icaltimezone_set_builtin_tzdata(1);
	set_zone_directory("/dev/null");
	icaltimezone_get_utc_timezone();
	icalerror_clear_errno();
}

static void
begin(struct ical_build *b, const struct ical_opts *opts)
{
	ical_init();
	memset(b, 0, sizeof(*b));
	b->opts = opts;
	b->cal = icalcomponent_new(ICAL_VCALENDAR_COMPONENT);
	put_prop(b->cal, icalproperty_new_prodid(PRODUCT));
	put_prop(b->cal, icalproperty_new_version("2.0"));
	if (opts->method != ICAL_STORED)
		put_prop(b->cal,
		    icalproperty_new_method(methods[opts->method].method));
}

static int
end(struct ical_build *b, struct buf *out, struct err *err)
{
	char *text = icalcomponent_as_ical_string_r(b->cal);

	icalcomponent_free(b->cal);
	icalmemory_free_ring();
	if (text == NULL)
		return err_set(err, SCOPE_MSG, EX_SOFTWARE,
		    "libical cannot write it: %s", icalerror_perror());
	ical_unmark(out, text);
	icalmemory_free_buffer(text);
	return 0;
}

int
ical_put_event(struct buf *out, const struct event *e,
    const struct ical_opts *opts, struct err *err)
{
	struct ical_build b;

	begin(&b, opts);
	put_event(&b, e);
	return end(&b, out, err);
}

int
ical_put_task(struct buf *out, const struct task *t,
    const struct ical_opts *opts, struct err *err)
{
	struct ical_build b;

	begin(&b, opts);
	put_task(&b, t);
	return end(&b, out, err);
}

int
ical_put_journal(struct buf *out, const struct journal *j,
    const struct ical_opts *opts, struct err *err)
{
	struct ical_build b;

	begin(&b, opts);
	put_journal(&b, j);
	return end(&b, out, err);
}
