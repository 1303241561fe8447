/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Patience with a destination: pauses asked for at the same time are one, as
 * long as the longest, and each second of waiting is counted once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

#include "load/dest.h"

#define SLACK 150 /* ms that a busy machine may take between two lines */

static void
nap(long ms)
{
	nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL);
}

static void
is_about(uint64_t have, uint64_t want)
{
	assert_in_range(have, want, want + SLACK);
}

static void
pauses_at_once_are_one(void **state)
{
	struct dest d = { .max_wait_ms = 10000 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(dest_paused(&d), 0);
	assert_int_equal(dest_pause(&d, 400, "x", &err), 0);
	assert_int_equal(dest_pause(&d, 400, "x", &err), 0);
	is_about(d.waited_ms, 400);
	/* a shorter one is in it, a longer one goes on behind it */
	assert_int_equal(dest_pause(&d, 100, "x", &err), 0);
	is_about(d.waited_ms, 400);
	assert_int_equal(dest_pause(&d, 900, "x", &err), 0);
	is_about(d.waited_ms, 900);
	assert_in_range(dest_paused(&d), 900 - SLACK, 900);
}

static void
pauses_one_by_one_add_up(void **state)
{
	struct dest d = { .max_wait_ms = 10000 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(dest_pause(&d, 200, "x", &err), 0);
	nap(100);
	/* told in the middle of it: 300 ms in all */
	assert_int_equal(dest_pause(&d, 200, "x", &err), 0);
	is_about(d.waited_ms, 300);
	nap(250);
	assert_int_equal(dest_paused(&d), 0);
	assert_int_equal(dest_pause(&d, 200, "x", &err), 0);
	is_about(d.waited_ms, 500);
}

static void
the_budget_ends_them(void **state)
{
	struct dest d = { .max_wait_ms = 1000 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(dest_pause(&d, 600, "x", &err), 0);
	assert_int_equal(dest_pause(&d, 2000, "x", &err), -1);
	assert_int_equal(err.scope, SCOPE_RUN);
	assert_int_equal(err.status, EX_TEMPFAIL);
	is_about(d.waited_ms, 600);
	/* what is on its way already costs nothing */
	assert_int_equal(dest_pause(&d, 300, "x", &err), 0);
	assert_int_equal(dest_charge(&d, 500, "x", &err), -1);
	assert_int_equal(dest_charge(&d, 1000 - d.waited_ms, "x", &err), 0);
	assert_int_equal(dest_charge(&d, 1, "x", &err), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pauses_at_once_are_one),
		cmocka_unit_test(pauses_one_by_one_add_up),
		cmocka_unit_test(the_budget_ends_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
