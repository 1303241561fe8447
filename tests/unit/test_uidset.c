/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets of UIDs: against a plain array of marks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "extract/uidset.h"

#define TOP 400

static void
fill(struct uidset *s, unsigned char marks[TOP], unsigned n)
{
	unsigned i;
	uint32_t uid;

	memset(marks, 0, TOP);
	uidset_clear(s);
	for (i = 0; i < n; i++) {
		uid = 1 + (uint32_t)rand() % (TOP - 1);
		marks[uid] = 1;
		uidset_add(s, uid);
	}
	uidset_settle(s);
}

static void
check(const struct uidset *s, const unsigned char marks[TOP])
{
	uint64_t n = 0;
	uint32_t uid, last = 0;

	for (uid = 1; uid < TOP; uid++) {
		assert_int_equal(uidset_has(s, uid), marks[uid] != 0);
		n += marks[uid];
		last = marks[uid] ? uid : last;
	}
	assert_int_equal(uidset_count(s), n);
	assert_int_equal(uidset_last(s), last);
}

static void
test_random(void **state)
{
	struct uidset a = { 0 }, b = { 0 }, d = { 0 };
	unsigned char ma[TOP], mb[TOP];
	uint64_t both;
	uint32_t uid;
	int round;

	(void)state;
	srand(7);
	for (round = 0; round < 500; round++) {
		fill(&a, ma, (unsigned)round);
		fill(&b, mb, (unsigned)(500 - round) / 2);
		check(&a, ma);
		check(&b, mb);
		both = 0;
		for (uid = 1; uid < TOP; uid++) {
			both += ma[uid] && mb[uid];
			ma[uid] = ma[uid] && !mb[uid];
		}
		assert_int_equal(uidset_minus(&a, &b, &d), both);
		check(&d, ma);
		for (uid = 1; uid < TOP; uid++)
			if (ma[uid])
				assert_int_equal(uidset_take(&d), uid);
		assert_int_equal(uidset_take(&d), 0);
	}
	uidset_free(&a);
	uidset_free(&b);
	uidset_free(&d);
}

static void
test_edges(void **state)
{
	struct uidset s = { 0 }, none = { 0 }, d = { 0 };

	(void)state;
	assert_int_equal(uidset_take(&s), 0);
	uidset_add(&s, UINT32_MAX);
	uidset_add(&s, UINT32_MAX);
	uidset_add(&s, UINT32_MAX - 1);
	uidset_add(&s, 1);
	uidset_settle(&s);
	assert_int_equal(uidset_count(&s), 3);
	assert_true(uidset_has(&s, UINT32_MAX));
	assert_int_equal(uidset_minus(&s, &none, &d), 0);
	assert_int_equal(uidset_count(&d), 3);
	assert_int_equal(uidset_minus(&s, &s, &d), 3);
	assert_int_equal(uidset_count(&d), 0);
	assert_int_equal(uidset_take(&s), 1);
	assert_int_equal(uidset_take(&s), UINT32_MAX - 1);
	assert_int_equal(uidset_take(&s), UINT32_MAX);
	assert_int_equal(uidset_take(&s), 0);
	uidset_free(&s);
	uidset_free(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_edges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
