/* SPDX-License-Identifier: GPL-3.0-or-later */
/* core/glob: what matches, what does not, what is captured, how long. */
#include "core/glob.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#define SPACE "\xe3\x80\x80" /* U+3000 */

struct row {
	const char *pattern, *name;
	bool match;
	unsigned flags;
};

/* A name in a block of its exact size, so that ASan sees a byte too far. */
static bool
match(const char *pattern, const char *name, unsigned flags)
{
	size_t pn = strlen(pattern), nn = strlen(name);
	char *p = malloc(pn + !pn), *n = malloc(nn + !nn);
	bool yes;

	memcpy(p, pattern, pn);
	memcpy(n, name, nn);
	yes = glob_match(slice_of(p, pn), slice_of(n, nn), flags);
	free(p);
	free(n);
	return yes;
}

static void
try_rows(const struct row *row, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (match(row[i].pattern, row[i].name, row[i].flags) !=
		    row[i].match)
			fail_msg("row %zu: '%s' against '%s': expected %s", i,
			    row[i].pattern, row[i].name,
			    row[i].match ? "a match" : "none");
}

/* The table of req-051: exact, glob, case and hierarchy (roles: see
 * test_rules.c). */
static void
test_req_051_table(void **state)
{
	static const struct row row[] = {
		{ "Junk", "Junk", true, 0 },
		{ "Junk", "junk", false, 0 },
		{ "Junk", "junk", true, GLOB_ICASE },
		{ "Junk", "Junk/Old", false, 0 },
		{ "Junk", "My/Junk", false, 0 },
		{ "Junk", "Junk Email", false, 0 },
		{ "Junk*", "Junk Email", true, 0 },
		{ "Junk*", "Junk/Old", false, 0 },
		{ "Junk/*", "Junk/Old", true, 0 },
		{ "Junk/*", "Junk/Old/2019", false, 0 },
		{ "Junk/*", "Junk", false, 0 },
		{ "Junk/**", "Junk", false, 0 },
		{ "Junk/**", "Junk/Old/2019", true, 0 },
		{ "Junk/**", "Junk Email/Old", false, 0 },
		{ "Junk/**", "Junkyard", false, 0 },
		{ "**/Junk", "Junk", true, 0 },
		{ "**/Junk", "a/b/Junk", true, 0 },
		{ "**/Junk", "a/NoJunk", false, 0 },
		{ "a/**/z", "a/z", true, 0 },
		{ "a/**/z", "a/b/c/z", true, 0 },
		{ "a/**/z", "az", false, 0 },
		{ "**", "a/b/c", true, 0 },
		{ "*", "a/b", false, 0 },
		{ "INBOX", "INBOX", true, 0 },
		{ "inbox", "INBOX", true, 0 },
		{ "Inbox/Sub", "INBOX/Sub", true, 0 },
		{ "Inbox/Sub", "INBOX/sub", false, 0 },
		{ "x/inbox", "x/INBOX", false, 0 },
		{ "inbo*", "INBOX", true, 0 },
		{ "inbox", "INBOXES", false, 0 },
		{ "20[12][0-9]", "2019", true, 0 },
		{ "20[!12]?", "2019", false, 0 },
	};

	(void)state;
	try_rows(row, sizeof(row) / sizeof(row[0]));
}

static void
test_details(void **state)
{
	static const struct row row[] = {
		{ "", "", true, 0 },
		{ "", "a", false, 0 },
		{ "*", "", true, 0 },
		{ "?", "\xc3\xa9", true, 0 },
		{ "??", "\xc3\xa9", false, 0 },
		{ "?", "/", false, 0 },
		{ "[/]", "/", false, 0 },
		{ "a[^b]c", "a/c", false, 0 },
		{ "A" SPACE "B", "A" SPACE "B", true, 0 },
		{ "A?B", "A" SPACE "B", true, 0 },
		{ "*" SPACE "*", "A" SPACE "B", true, 0 },
		{ "A B", "A" SPACE "B", false, 0 },
		{ "\\*", "*", true, 0 },
		{ "\\*", "x", false, 0 },
		{ "a\\[1]", "a[1]", true, 0 },
		{ "[]x]", "]", true, 0 },
		{ "[!]x]", "y", true, 0 },
		{ "[a-]", "-", true, 0 },
		{ "[\\]]", "]", true, 0 },
		{ "[Gmail]/*", "[Gmail]/Spam", true, 0 },
		{ "[Gmail]/*", "m/Spam", false, 0 },
		{ "[Gmail]", "[Gmail]", true, 0 },
		{ "[Google Mail]/**", "[Google Mail]/A/B", true, 0 },
		{ "x[Gmail]", "xG", true, 0 },
		{ "a**b", "a/x/b", true, 0 },
		{ "**b", "a/xb", true, 0 },
		{ "a/**b", "a/c/xb", true, 0 },
		{ "*a*b", "a/ab", false, 0 },
		{ "**a*b", "a/axb", true, 0 },
		{ "**/x*y/**", "q/xay/z", true, 0 },
		{ "**/x*y/**", "q/xa/y/z", false, 0 },
		{ "\xc3\x84*", "\xc3\xa4rzte", true, GLOB_ICASE },
		{ "\xd0\x9f*", "\xd0\xbf\xd0\xb8", true, GLOB_ICASE },
		{ "[\xc3\x84]", "\xc3\xa4", true, GLOB_ICASE },
		{ "[A-Z]", "q", true, GLOB_ICASE },
		{ "[A-Z]", "q", false, 0 },
		{ "?", "\xff", true, 0 },
		{ "a?b", "a\xe3\x80", false, 0 },
		{ "a??", "a\xe3\x80", true, 0 },
		{ "a/b",
		    "a\xf4\x8f\xb8\xaf"
		    "b",
		    true, 0 }, /* inner slash */
		{ "a*",
		    "a\xf4\x8f\xb8\xaf"
		    "b",
		    true, 0 },
		{ "a/*",
		    "a\xf4\x8f\xb8\xaf"
		    "b",
		    true, 0 },
		{ "a*b", "a/b", true, GLOB_PLAIN },
		{ "inbox", "INBOX", false, GLOB_PLAIN },
		{ "*[URGENT]*", "x U y", true, GLOB_PLAIN },
		{ "[", "[", false, 0 },
		{ "a\\", "a", false, 0 },
	};

	(void)state;
	try_rows(row, sizeof(row) / sizeof(row[0]));
}

static void
test_refused(void **state)
{
	static const char *const bad[] = { "[", "[a", "[]", "[!]", "[a-", "x\\",
		"\xff", "[\\" };
	char longer[GLOB_PATTERN_MAX + 2];
	struct glob *g;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (glob_new(&g, slice_str(bad[i]), 0, &err) != -1)
			fail_msg("'%s' was taken", bad[i]);
		assert_int_equal(err.status, EX_CONFIG);
		assert_null(g);
	}
	memset(longer, 'a', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(glob_new(&g, slice_str(longer), 0, &err), -1);
	longer[sizeof(longer) - 2] = '\0';
	assert_int_equal(glob_new(&g, slice_str(longer), 0, &err), 0);
	glob_free(&g);
	memset(longer, '[', sizeof(longer) - 2);
	assert_int_equal(glob_new(&g, slice_str(longer), 0, &err), -1);
}

static void
test_captures(void **state)
{
	static const struct {
		const char *pattern, *name, *want;
	} row[] = {
		{ "*", "abc", "*abc;" },
		{ "a*c", "abc", "*b;" },
		{ "*-*", "a-b-c", "*a;*b-c;" },
		{ "Old/**", "Old/", "*;" },
		{ "Old/**", "Old/a/b", "*a/b;" },
		{ "**/x", "x", "*;" },
		{ "**/x", "a/b/x", "*a/b;" },
		{ "a/**/*", "a/b/c/d", "*b/c;*d;" },
		{ "20[12]?", "2019", "[1;?9;" },
		{ "**", "a/b", "*a/b;" },
		{ "*" SPACE "?", "A" SPACE SPACE SPACE,
		    "*A" SPACE ";?" SPACE ";" },
	};
	struct glob_capture cap[GLOB_CAPTURES];
	char kinds[GLOB_CAPTURES], got[256];
	struct glob *g;
	struct err err;
	size_t i, j, n;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		assert_int_equal(
		    glob_new(&g, slice_str(row[i].pattern), 0, &err), 0);
		assert_true(glob_capture(g, slice_str(row[i].name), cap));
		n = glob_wildcards(g, kinds);
		got[0] = '\0';
		for (j = 0; j < n; j++) {
			assert_int_equal(kinds[j], cap[j].kind);
			snprintf(got + strlen(got), sizeof(got) - strlen(got),
			    "%c%.*s;", cap[j].kind, (int)cap[j].text.n,
			    cap[j].text.p);
		}
		if (strcmp(got, row[i].want) != 0)
			fail_msg("row %zu: got '%s', want '%s'", i, got,
			    row[i].want);
		assert_false(
		    glob_capture(g, slice_str("no/\n/such/name"), cap) &&
		    row[i].pattern[0] != '*');
		glob_free(&g);
	}
}

/* What takes a backtracking matcher longer than the universe's age. */
static void
test_time(void **state)
{
	char name[GLOB_NAME_MAX], pattern[GLOB_PATTERN_MAX + 1];
	struct glob_capture cap[GLOB_CAPTURES];
	struct glob *g;
	struct err err;
	clock_t start = clock();
	size_t i;

	(void)state;
	memset(name, 'a', sizeof(name));
	for (i = 0; i + 4 <= GLOB_PATTERN_MAX; i += 4)
		memcpy(pattern + i, i % 8 == 0 ? "*a**" : "a*a*", 4);
	pattern[i - 1] = 'b';
	pattern[i] = '\0';
	assert_int_equal(glob_new(&g, slice_str(pattern), 0, &err), 0);
	assert_false(glob_test(g, slice_of(name, sizeof(name))));
	name[sizeof(name) - 1] = 'b';
	assert_true(glob_test(g, slice_of(name, sizeof(name))));
	assert_true(glob_capture(g, slice_of(name, sizeof(name)), cap));
	glob_free(&g);
	assert_true((clock() - start) / CLOCKS_PER_SEC < 20);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_req_051_table),
		cmocka_unit_test(test_details),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_captures),
		cmocka_unit_test(test_time),
	};

	return cmocka_run_group_tests_name("glob", tests, NULL, NULL);
}
