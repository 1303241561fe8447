/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "extract/compare_facts.h"

/* Compare, and check how many fields differ, how many by a known limit. */
static void
check(const char *own, const char *libpst, unsigned fields, unsigned known,
    const char *text)
{
	struct facts_diff d = { 0 };

	facts_compare(&d, slice_str(own), slice_str(libpst));
	assert_int_equal(d.fields, fields);
	assert_int_equal(d.known, known);
	assert_string_equal(buf_str(&d.text), text);
	buf_free(&d.text);
}

static void
test_get(void **state)
{
	(void)state;
	assert_true(
	    slice_is(facts_get(slice_str("a\t1\nbc\t2\tx\n"), "bc"), "2\tx"));
	assert_int_equal(facts_get(slice_str("a\t1\n"), "b").n, 0);
	assert_int_equal(facts_get(slice_of("", 0), "b").n, 0);
}

static void
test_alike(void **state)
{
	(void)state;
	check("", "", 0, 0, "");
	check("a\t1\nb\t2\n", "a\t1\nb\t2\n", 0, 0, "");
	/* what stands behind it is no fact of it */
	check("a\t1\nbacking\tx\n", "a\t1\n", 0, 0, "");
	/* repeated fields, in order */
	check("c\tx\nc\ty\n", "c\tx\nc\ty\n", 0, 0, "");
}

static void
test_differ(void **state)
{
	(void)state;
	check("a\t1\n", "a\t2\n", 1, 0, "a: own '1', libpst '2'");
	check("a\t1\nb\t2\n", "b\t2\n", 1, 0, "a: own '1', libpst nothing");
	check("b\t2\n", "a\t1\nb\t2\n", 1, 0, "a: own nothing, libpst '1'");
	check("c\tx\nc\ty\n", "c\tx\nc\tz\n", 1, 0, "c: own 'y', libpst 'z'");
	check("a\t1\nb\t1\nc\t1\nd\t1\ne\t1\nf\t1\n", "", 6, 0,
	    "a: own '1', libpst nothing; b: own '1', libpst nothing; "
	    "c: own '1', libpst nothing; d: own '1', libpst nothing; "
	    "and more");
	/* lines that are none */
	check("nonsense\na\t1\n", "a\t1\nnonsense", 0, 0, "");
}

static void
test_known(void **state)
{
	(void)state;
	check("attach2.location\tx\n", "", 0, 1, "");
	check("attach2/to12.x500\tx\n", "", 0, 1, "");
	check("to1.smtp\tx\n", "", 0, 1, "");
	check("to1.smtpx\tx\n", "", 1, 0, "to1.smtpx: own 'x', libpst nothing");
	check("attach2/attach10.path\tx\n", "", 0, 1, "");
	check("attach2/rtf\tx\n", "", 0, 1, "");
	/* no limit where libpst has something, or only libpst */
	check("attach2.location\tx\n", "attach2.location\ty\n", 1, 0,
	    "attach2.location: own 'x', libpst 'y'");
	check("importance\t0\n", "importance\t1\n", 0, 1, "");
	check("importance\t2\n", "importance\t1\n", 1, 0,
	    "importance: own '2', libpst '1'");
	/* HTML out of an RTF that both have, in the same item */
	check("html\tx\nrtf\ty\n", "rtf\ty\n", 0, 1, "");
	check("html\tx\nattach1/rtf\ty\n", "attach1/rtf\ty\n", 1, 0,
	    "html: own 'x', libpst nothing");
	check("attach1/html\tx\nattach1/rtf\ty\n", "attach1/rtf\ty\n", 0, 1,
	    "");
	check("html\tx\n", "", 1, 0, "html: own 'x', libpst nothing");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_alike),
		cmocka_unit_test(test_differ),
		cmocka_unit_test(test_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
