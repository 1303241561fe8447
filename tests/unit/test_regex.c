/* SPDX-License-Identifier: GPL-3.0-or-later */
/* core/regex: groups, bad patterns, and patterns that would never end. */
#include "core/regex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static void
test_groups(void **state)
{
	struct slice g[REGEX_GROUPS];
	struct regex *r;
	struct err err;

	(void)state;
	assert_int_equal(
	    regex_new(&r, slice_str("^(\\d+)-(x)?(\\w*)$"), 0, &err), 0);
	assert_int_equal(regex_groups(r), 3);
	assert_int_equal(regex_match(r, slice_str("2019-\xc3\xa4"), g, &err),
	    1); /* a letter is a letter in any script */
	assert_int_equal(regex_match(r, slice_str("2019-ab"), g, &err), 1);
	assert_true(slice_is(g[0], "2019-ab"));
	assert_true(slice_is(g[1], "2019"));
	assert_null(g[2].p);
	assert_true(slice_is(g[3], "ab"));
	assert_null(g[4].p);
	assert_int_equal(regex_match(r, slice_str("x"), NULL, &err), 0);
	regex_free(&r);
	assert_int_equal(
	    regex_new(&r, slice_str("\xc3\x84"), REGEX_ICASE, &err), 0);
	assert_int_equal(regex_match(r, slice_str("\xc3\xa4"), g, &err), 1);
	assert_int_equal(regex_match(r, slice_str("\xff\xc3\xa4\xe3"), g, &err),
	    1);
	assert_int_equal(regex_match(r, slice_of(NULL, 0), g, &err), 0);
	regex_free(&r);
	regex_free(&r);
}

static void
test_refused(void **state)
{
	static const char *const bad[] = { "(", "[a", "*", "\\C", "\xff",
		"(?<n>a)(?<n>b)", "(?P=x)",
		"(((a{1,1000}){1,1000}){1,1000}){1,1000}" };
	char *longer = malloc(REGEX_PATTERN_MAX + 1);
	struct regex *r;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (regex_new(&r, slice_str(bad[i]), 0, &err) != -1)
			fail_msg("'%s' was taken", bad[i]);
		assert_int_equal(err.status, EX_CONFIG);
		assert_null(r);
	}
	memset(longer, 'a', REGEX_PATTERN_MAX + 1);
	assert_int_equal(
	    regex_new(&r, slice_of(longer, REGEX_PATTERN_MAX + 1), 0, &err),
	    -1);
	memset(longer, '(', REGEX_PATTERN_MAX);
	assert_int_equal(
	    regex_new(&r, slice_of(longer, REGEX_PATTERN_MAX), 0, &err), -1);
	free(longer);
}

/* C14: patterns that backtrack for ever, or want the whole memory. */
static void
test_limits(void **state)
{
	static const char *const evil[] = { "^(a+)+$", "^(a|aa)+$",
		"(x+x+)+y|^(a|a)*$", "^(.*a){20}b", "^((a?){25})+b",
		"(?=(a+)+$)b|^(a*)*c", "^(?:a(?1)?)*(a(?1)?a)$|(a(?2)*)*!" };
	char *text = malloc(REGEX_TEXT_MAX + 1);
	clock_t start = clock();
	struct regex *r;
	struct err err;
	size_t i, gave_up = 0;
	int rc;

	(void)state;
	memset(text, 'a', REGEX_TEXT_MAX + 1);
	text[REGEX_TEXT_MAX - 1] = '!';
	for (i = 0; i < sizeof(evil) / sizeof(evil[0]); i++) {
		if (regex_new(&r, slice_str(evil[i]), 0, &err) != 0)
			fail_msg("'%s': %s", evil[i], err.text);
		rc = regex_match(r, slice_of(text, REGEX_TEXT_MAX), NULL, &err);
		if (rc < 0) {
			gave_up++;
			assert_int_equal(err.scope, SCOPE_MSG);
			assert_string_not_equal(err.hint, "");
		}
		regex_free(&r);
	}
	assert_true(gave_up >= 5);
	assert_int_equal(regex_new(&r, slice_str("a"), 0, &err), 0);
	assert_int_equal(
	    regex_match(r, slice_of(text, REGEX_TEXT_MAX + 1), NULL, &err), -1);
	regex_free(&r);
	free(text);
	assert_true((clock() - start) / CLOCKS_PER_SEC < 20);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests_name("regex", tests, NULL, NULL);
}
