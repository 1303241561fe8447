/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Knowing a message again that a server has rewritten, and no other. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include <stdio.h>
#include <stdlib.h>

#include "load/likeness.h"

/* In chunks of 'step', each in a heap block of its own size. */
static void
like_of(struct likeness *l, const char *p, size_t n, size_t step)
{
	size_t i, len;
	char *block;

	like_begin(l);
	for (i = 0; i < n; i += len) {
		len = n - i < step ? n - i : step;
		block = malloc(len);
		memcpy(block, p + i, len);
		like_add(l, block, len);
		free(block);
	}
	like_end(l);
}

#define S(s) s, sizeof(s) - 1

static void
test_compare(void **state)
{
	static const struct {
		const char *ours;
		size_t ours_n;
		const char *there;
		size_t there_n;
		enum like want;
		unsigned how;
		const char *added;
	} rows[] = {
		{ S("A: b\r\n\r\nx\r\n"), S("A: b\r\n\r\nx\r\n"), LIKE_SAME, 0,
		    "" },
		{ S(""), S(""), LIKE_SAME, 0, "" },
		/* bare LF to CRLF, a bare CR dropped */
		{ S("A: b\n\nx\ny\n"), S("A: b\r\n\r\nx\r\ny\r\n"),
		    LIKE_REWRITTEN, LIKE_CRLF, "" },
		{ S("A: b\r\n\r\nx\ry\r\n"), S("A: b\r\n\r\nxy\r\n"),
		    LIKE_REWRITTEN, LIKE_CR, "" },
		/* NUL to 0x80, and not back */
		{ S("A: b\r\n\r\nx\0y\r\n"), S("A: b\r\n\r\nx\x80y\r\n"),
		    LIKE_REWRITTEN, LIKE_NUL, "" },
		{ S("A: b\r\n\r\nx\x80y\r\n"), S("A: b\r\n\r\nx\0y\r\n"),
		    LIKE_OTHER, 0, "" },
		/* fields added: before, between, behind, folded */
		{ S("A: b\r\nC: d\r\n\r\nx\r\n"),
		    S("X: 1\r\nA: b\r\nY: 2\r\n 3\r\nC: d\r\nZ: 4\r\n\r\n"
		      "x\r\n"),
		    LIKE_REWRITTEN, LIKE_ADDED, "X, Y, Z" },
		/* a field lost, changed, moved */
		{ S("A: b\r\nC: d\r\n\r\nx\r\n"), S("A: b\r\n\r\nx\r\n"),
		    LIKE_OTHER, 0, "" },
		{ S("A: b\r\n\r\nx\r\n"), S("A: c\r\n\r\nx\r\n"), LIKE_OTHER,
		    LIKE_ADDED, "" },
		{ S("A: b\r\nC: d\r\n\r\nx\r\n"),
		    S("C: d\r\nA: b\r\n\r\nx\r\n"), LIKE_OTHER, LIKE_ADDED,
		    "" },
		/* the body: one byte, more, less */
		{ S("A: b\r\n\r\nx\r\n"), S("A: b\r\n\r\ny\r\n"), LIKE_OTHER, 0,
		    "" },
		{ S("A: b\r\n\r\nx\r\n"), S("A: b\r\n\r\nx\r\nz\r\n"),
		    LIKE_OTHER, 0, "" },
		{ S("A: b\r\n\r\nx\r\n"), S("A: b\r\n\r\n"), LIKE_OTHER, 0,
		    "" },
		/* all at once */
		{ S("A: b\n\nx\0\n"), S("X: 1\r\nA: b\r\n\r\nx\x80\r\n"),
		    LIKE_REWRITTEN, LIKE_ADDED | LIKE_CRLF | LIKE_NUL, "X" },
		/* no header, no body, no end of line */
		{ S("\r\nx"), S("X: 1\r\n\r\nx"), LIKE_REWRITTEN, LIKE_ADDED,
		    "X" },
		/* a last line end added: to a field, the header, the body */
		{ S("A: b"), S("A: b\r\n"), LIKE_REWRITTEN, LIKE_LAST, "" },
		{ S("A: b"), S("A: b\r\n\r\n"), LIKE_REWRITTEN, LIKE_LAST, "" },
		{ S("A: b\r\n"), S("A: b\r\n\r\n"), LIKE_REWRITTEN, LIKE_LAST,
		    "" },
		{ S("A: b\r\n\r\nx"), S("A: b\r\n\r\nx\r\n"), LIKE_REWRITTEN,
		    LIKE_LAST, "" },
		{ S("A: b\n\nx\ry"), S("X: 1\r\nA: b\r\n\r\nxy\r\n"),
		    LIKE_REWRITTEN,
		    LIKE_ADDED | LIKE_CRLF | LIKE_CR | LIKE_LAST, "X" },
		{ S("A: b\r\n\r\nx\r"), S("A: b\r\n\r\nx\r\n"), LIKE_REWRITTEN,
		    LIKE_CR | LIKE_LAST, "" },
		/* but not two, and none in the middle */
		{ S("A: b\r\n\r\nx"), S("A: b\r\n\r\nx\r\n\r\n"), LIKE_OTHER, 0,
		    "" },
		{ S("A: b\r\n\r\nxy"), S("A: b\r\n\r\nx\r\ny\r\n"), LIKE_OTHER,
		    0, "" },
		{ S("A: b\r\nC: d"), S("A: b\r\n\r\nC: d"), LIKE_OTHER, 0, "" },
		/* the last one lost, CRLF to LF, CRs added, half of them */
		{ S("A: b\r\n\r\nx\r\n"), S("A: b\r\n\r\nx"), LIKE_REWRITTEN,
		    LIKE_ODD, "" },
		{ S("A: b\r\n\r\nx\r\n"), S("A: b\n\nx\n"), LIKE_REWRITTEN,
		    LIKE_ODD, "" },
		{ S("A: b\r\n\r\nxy\r\n"), S("A: b\r\n\r\nx\ry\r\n"),
		    LIKE_REWRITTEN, LIKE_ODD, "" },
		{ S("A: b\n\nx\ny\n"), S("A: b\r\n\r\nx\ny\r\n"),
		    LIKE_REWRITTEN, LIKE_ODD, "" },
	};
	static const size_t steps[] = { 1, 2, 3, 7, 10000 };
	struct likeness a = { 0 }, b = { 0 }, c = { 0 };
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (k = 0; k < sizeof(steps) / sizeof(steps[0]); k++) {
			struct buf added = { 0 }, packed = { 0 };
			unsigned how;
			enum like got;

			like_of(&a, rows[i].ours, rows[i].ours_n, steps[k]);
			like_of(&b, rows[i].there, rows[i].there_n,
			    steps[4 - k]);
			like_pack(&packed, &b);
			assert_true(like_unpack(&c, buf_slice(&packed)));
			got = like_compare(&a, &c, &how, &added);
			if (got != rows[i].want ||
			    (got != LIKE_OTHER && how != rows[i].how) ||
			    strcmp(buf_str(&added), rows[i].added) != 0)
				fail_msg("row %zu, step %zu: %d %u '%s'", i,
				    steps[k], (int)got, how, buf_str(&added));
			buf_free(&added);
			buf_free(&packed);
		}
	}
	like_free(&a);
	like_free(&b);
	like_free(&c);
}

/* More fields than are told apart: flat memory, and still no confusion. */
static void
test_many_fields(void **state)
{
	struct likeness a = { 0 }, b = { 0 };
	struct buf m = { 0 };
	unsigned how;
	int i;

	(void)state;
	for (i = 0; i < 3 * LIKE_FIELDS; i++)
		buf_putf(&m, "X-%d: y\r\n", i);
	buf_puts(&m, "\r\nbody\r\n");
	like_of(&a, m.p, m.n, 1000);
	assert_true(a.n_fields <= LIKE_FIELDS);
	like_of(&b, m.p, m.n, 777);
	assert_int_equal(like_compare(&a, &b, &how, NULL), LIKE_SAME);
	m.p[m.n - 20] ^= 1;
	like_of(&b, m.p, m.n, 777);
	assert_int_equal(like_compare(&a, &b, &how, NULL), LIKE_OTHER);
	buf_free(&m);
	like_free(&a);
	like_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_many_fields),
	};

	return cmocka_run_group_tests_name("likeness", tests, NULL, NULL);
}
