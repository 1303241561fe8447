/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which lines open a message, and when they say it came. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "formats/postmark.h"

#define NONE DATE_UNKNOWN

/* Dates were computed with date -u -d. */
static const struct {
	const char *line;
	bool is;
	int64_t date;
} rows[] = {
	{ "From a@example.org Tue Jan  7 12:09:16 2003", true, 1041941356 },
	{ "From a@example.org  Tue Jan  7 12:09:16 2003", true, 1041941356 },
	{ "From a@example.org Tue Jan  7 12:09:16 2003 +0100", true,
	    1041937756 },
	{ "From 162@xxx Tue Mar 19 09:13:51 +0000 2019", true, 1552986831 },
	{ "From a@example.org Sat Sep  9 12:09 EDT 1995", true, 810662940 },
	{ "From MAILER-DAEMON Tue Jan  7 12:09:16 2003", true, 1041941356 },
	{ "From ROOT Tue Jan  7 12:09:16 2003", true, 1041941356 },
	{ "From 12 Tue Jan  7 12:09:16 2003", true, 1041941356 },
	{ "From a at example.org  Tue Jan  7 12:09:16 2003", true, 1041941356 },
	{ "From  Tue Jan  7 12:09:16 2003", true, 1041941356 },
	{ "From \"J. Doe\"@example.org Tue Jan  7 12:09:16 2003", true,
	    1041941356 },
	{ "From a Tue Jan  7 12:09:16 2003 remote from b", true, 1041941356 },
	{ "From Tue Jan  7 12:09:16 2003 a@example.org", true, 1041941356 },
	{ "From a Tue, 7 Jan 2003 12:09:16 +0000", true, 1041941356 },
	{ "From a@example.org Jan 7 2003", true, 1041897600 },
	{ "From - Tue Jan  7 12:09:16 2003", true, 1041941356 },
	{ "From -", true, NONE },
	{ "From - ", true, NONE },
	{ "From a@example.org", true, NONE },
	{ "From a@example.org ", true, NONE },
	{ "From nobody", false, NONE },
	{ "From", false, NONE },
	{ "From ", false, NONE },
	{ "from a@example.org", false, NONE },
	{ ">From a@example.org", false, NONE },
	{ "From: a@example.org", false, NONE },
	{ "From one solid piece of aluminum comes a", false, NONE },
	{ "From May 5 to 10:30 we are closed", false, NONE },
	{ "From what I recall it was 5 May 2004", false, NONE },
	{ "From - to", false, NONE },
	{ "From 1 to 10", false, NONE },
	{ "From a@example.org and b@example.org", false, NONE },
	{ "From here 12:30 2004", false, NONE },
};

static void
test_rows(void **state)
{
	struct postmark pm;
	size_t i, n;
	char *p;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		n = strlen(rows[i].line);
		p = malloc(n);
		assert_non_null(p);
		memcpy(p, rows[i].line, n);
		if (postmark_parse(slice_of(p, n), &pm) != rows[i].is)
			fail_msg("row %zu: %s", i, rows[i].line);
		if (pm.date != rows[i].date)
			fail_msg("row %zu: %lld", i, (long long)pm.date);
		free(p);
	}
}

static void
test_kinds(void **state)
{
	struct postmark pm;

	(void)state;
	postmark_parse(slice_str("From - Tue Jan  7 12:09:16 2003"), &pm);
	assert_true(pm.dash && !pm.at && !pm.xxx);
	postmark_parse(slice_str("From a at b  Tue Jan  7 12:09:16 2003"), &pm);
	assert_true(!pm.dash && pm.at && !pm.xxx);
	postmark_parse(slice_str("From 1@xxx Tue Jan  7 12:09:16 2003"), &pm);
	assert_true(!pm.dash && !pm.at && pm.xxx);
}

static void
test_header_follows(void **state)
{
	(void)state;
	assert_true(postmark_header_follows(slice_str("Received: x")));
	assert_true(postmark_header_follows(slice_str("a:")));
	assert_false(postmark_header_follows(slice_str("a")));
	assert_false(postmark_header_follows(slice_str(":")));
	assert_false(postmark_header_follows(slice_str("a b:")));
	assert_false(postmark_header_follows(slice_str("")));
	assert_false(postmark_header_follows(slice_str("\na:")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_header_follows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
