/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long a load takes: the arithmetic, by hand. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "load/rehearse.h"

static void
test_reckon(void **state)
{
	static const struct {
		uint64_t messages, bytes;
		uint64_t rate, bandwidth, budget;
		uint64_t per_hour, per_second, per_day;
		bool known;
		uint64_t seconds, days, total;
		enum rehearse_bound bound;
		bool by_budget;
	} rows[] = {
		/* nothing is known */
		{ 1000, 1000000, 0, 0, 0, 0, 0, 0, false, 0, 0, 0,
		    REHEARSE_UNKNOWN, false },
		/* 1,000 messages at 3 a second: 333 and a third */
		{ 1000, 1000000, 3, 0, 0, 0, 0, 0, true, 334, 0, 334,
		    REHEARSE_RATE, false },
		/* the slower one counts */
		{ 1000, 1000000, 100, 1000, 0, 0, 0, 0, true, 1000, 0, 1000,
		    REHEARSE_BANDWIDTH, false },
		{ 1000, 1000000, 100, 1000, 0, 1800, 0, 0, true, 2000, 0, 2000,
		    REHEARSE_MESSAGES, false },
		{ 1000, 1000000, 100, 1000, 0, 1800, 100, 0, true, 10000, 0,
		    10000, REHEARSE_BYTES, false },
		/* 2,500 bytes at 1,000 a day: two days, and half of the third
		 * day's sending: 2,500 / 100 = 25 s, a fifth of it */
		{ 5, 2500, 0, 100, 0, 0, 0, 1000, true, 25, 3, 2 * 86400 + 5,
		    REHEARSE_BANDWIDTH, true },
		/* no speed is known: the days are */
		{ 5, 2500, 0, 0, 0, 0, 0, 1000, false, 0, 3, 2 * 86400,
		    REHEARSE_UNKNOWN, true },
		/* just one day's, and one byte more */
		{ 5, 1000, 0, 0, 0, 0, 0, 1000, false, 0, 1, 0,
		    REHEARSE_UNKNOWN, false },
		{ 5, 1001, 0, 0, 0, 0, 0, 1000, false, 0, 2, 86400,
		    REHEARSE_UNKNOWN, true },
		/* the user's budget, not the provider's */
		{ 5, 2500, 0, 0, 500, 0, 0, 1000, false, 0, 5, 4 * 86400,
		    REHEARSE_UNKNOWN, true },
		/* a line so slow that no day's budget is used up */
		{ 5, 2000000, 0, 1, 0, 0, 0, 1000000, true, 2000000, 2, 2000000,
		    REHEARSE_BANDWIDTH, false },
		/* nothing to send */
		{ 0, 0, 5, 5, 0, 5, 5, 5, true, 0, 0, 0, REHEARSE_RATE, false },
		/* 50 TB: no number runs over */
		{ 500000000, 50000000000000, 0, 1000000, 0, 3600000, 0,
		    500000000, true, 50000000, 100000, 99999ull * 86400 + 500,
		    REHEARSE_BANDWIDTH, true },
	};
	struct provider_limits l;
	struct rehearse_options o;
	struct rehearse_result res;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		o = (struct rehearse_options){ .rate = rows[i].rate,
			.bandwidth = rows[i].bandwidth,
			.daily_budget = rows[i].budget };
		l = (struct provider_limits){ .upload_messages_per_hour =
						  rows[i].per_hour,
			.upload_bytes_per_second = rows[i].per_second,
			.upload_bytes_per_day = rows[i].per_day };
		res = (struct rehearse_result){ 0 };
		rehearse_reckon(&o, &l, rows[i].messages, rows[i].bytes, &res);
		if (res.known != rows[i].known ||
		    res.seconds != rows[i].seconds ||
		    res.days != rows[i].days || res.total_s != rows[i].total ||
		    res.bound != rows[i].bound ||
		    res.by_budget != rows[i].by_budget)
			fail_msg("row %zu: %d, %llu s, %llu days, %llu s, "
				 "bound %d %d",
			    i, res.known, (unsigned long long)res.seconds,
			    (unsigned long long)res.days,
			    (unsigned long long)res.total_s, (int)res.bound,
			    res.by_budget);
	}
}

static void
test_no_provider(void **state)
{
	struct rehearse_options o = { .bandwidth = 10 };
	struct rehearse_result res = { 0 };

	(void)state;
	rehearse_reckon(&o, NULL, 1, 95, &res);
	assert_int_equal(res.seconds, 10);
	assert_int_equal(res.days, 0);
	assert_int_equal(res.connections, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reckon),
		cmocka_unit_test(test_no_provider),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
