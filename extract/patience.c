/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Waiting for servers; see patience.h. */
#include "extract/patience.h"

#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "core/stop.h"
#include "wire/conn.h"

#define MAX_FAILURES   7     /* sessions in a row that came to nothing */
#define MAX_BACKOFF_MS 60000 /* between two of them */

int
patience_wait(struct patience *p, uint64_t ms, const char *why, struct err *err)
{
	uint64_t left = ms, part;
	char text[160];
	int rc = 0;

	if (ms > p->max_wait_ms - p->waited_ms) {
		err_set(err, SCOPE_RUN, EX_TEMPFAIL,
		    "%s: it would take another %llu s, and %llu s of waiting "
		    "are used up",
		    why, (unsigned long long)((ms + 999) / 1000),
		    (unsigned long long)(p->waited_ms / 1000));
		return err_hint(err,
		    "run the same command again later: it goes on where it "
		    "was; or allow more with --max-wait");
	}
	if (ms >= 5000)
		log_info("%s: waiting %llu s", why,
		    (unsigned long long)(ms / 1000));
	while (rc == 0 && left > 0) {
		snprintf(text, sizeof(text), "waiting %llu s (%s)",
		    (unsigned long long)((left + 999) / 1000), why);
		report_doing(p->report, text);
		part = left < 1000 ? left : 1000;
		rc = conn_sleep_ms(part, err);
		left -= part;
	}
	p->waited_ms += ms - left;
	report_doing(p->report, NULL);
	return rc;
}

bool
patience_is_mendable(const struct err *err)
{
	return err->scope == SCOPE_STORE &&
	    (err->retry || err->status == EX_TEMPFAIL ||
		err->status == EX_UNAVAILABLE || err->status == EX_PROTOCOL);
}

int
patience_again(struct patience *p, struct err *err)
{
	struct err why = *err;
	uint64_t pause;

	if (!patience_is_mendable(err) || p->failures >= MAX_FAILURES) {
		if (p->failures >= MAX_FAILURES)
			err_within(err, "given up after %d attempts",
			    MAX_FAILURES);
		if (patience_is_mendable(err) && err->status != EX_PROTOCOL)
			err->status = EX_TEMPFAIL;
		err->scope = SCOPE_RUN;
		return -1;
	}
	log_warn("%s; connecting again", err->text);
	p->failures++;
	pause = p->failures == 1 ? 100 : (uint64_t)1000 << (p->failures - 2);
	if (pause > MAX_BACKOFF_MS)
		pause = MAX_BACKOFF_MS;
	if (patience_wait(p, pause, "the connection was lost", err) == 0)
		return 0;
	/* no time left: what happened says more than that */
	if (!stop_requested()) {
		if (why.status != EX_PROTOCOL)
			why.status = EX_TEMPFAIL;
		why.scope = SCOPE_RUN;
		memcpy(why.hint, err->hint, sizeof(why.hint));
		*err = why;
	}
	return -1;
}

void
patience_progress(struct patience *p)
{
	p->failures = 0;
}
