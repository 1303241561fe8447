/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A look at headers: folding, oddities, dates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "formats/head.h"

/* The fields of each head as "name=value|", values unfolded. */
static const struct {
	const char *head, *fields;
} rows[] = {
	{ "", "" },
	{ "\n", "" },
	{ "\r\nA: b\r\n", "" },
	{ "A: b", "A=b|" },
	{ "A: b\nC:d\n\nE: f\n", "A=b|C=d|" },
	{ "A: b\r\nC:d\r\n\r\nE: f\r\n", "A=b|C=d|" },
	{ "A: b\n c\n\td\nE:\n\nx", "A=b c\td|E=|" },
	{ "A:\r\n b\r\n", "A=b|" },
	{ "A : b\nC\t:d\n", "A=b|C=d|" },
	{ "From x Mon Jan  1 10:00:00 2001\nA: b\n\n", "A=b|" },
	{ ">From x:y\nA: b\n\n", "A=b|" },
	{ " folded first\nA: b\n", "A=b|" },
	{ "no field\nA: b\n", "A=b|" },
	{ ": empty\nA: b\n", "A=b|" },
	{ "A: b\n \nC: d\n", "A=b|C=d|" },
	{ "a\xc3\xa4: b\nC: d\n", "C=d|" },
	{ "A: b\r\n\rC: d\n\n", "A=b|" },
};

static void
test_fields(void **state)
{
	struct buf b = { 0 };
	struct slice rest, name, value;
	char *p;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		n = strlen(rows[i].head);
		p = malloc(n == 0 ? 1 : n);
		assert_non_null(p);
		memcpy(p, rows[i].head, n);
		buf_clear(&b);
		rest = slice_of(p, n);
		while (head_next(&rest, &name, &value)) {
			buf_put(&b, name.p, name.n);
			buf_putc(&b, '=');
			head_unfold(&b, value);
			buf_putc(&b, '|');
		}
		if (strcmp(buf_str(&b), rows[i].fields) != 0)
			fail_msg("row %zu: '%s'", i, buf_str(&b));
		if (rest.n > 0 && head_next(&rest, &name, &value))
			fail_msg("row %zu goes on", i);
		free(p);
	}
	buf_free(&b);
}

static void
test_length(void **state)
{
	(void)state;
	assert_int_equal(head_length(slice_str("A: b\n\nbody\n\n")), 6);
	assert_int_equal(head_length(slice_str("A: b\r\n\r\nbody")), 8);
	assert_int_equal(head_length(slice_str("A: b\r\n\nbody")), 7);
	assert_int_equal(head_length(slice_str("A: b\n")), 5);
	assert_int_equal(head_length(slice_str("\nx")), 1);
}

static const struct {
	const char *head, *id;
} ids[] = {
	{ "A: b\nMessage-ID: <x@y>\n", "<x@y>" },
	{ "message-id:\r\n <x@y>\r\n", "<x@y>" },
	{ "Message-Id: (c) <x@y> (d)\nMessage-ID: <z>\n", "<x@y>" },
	{ "Message-ID: x@y\n", "x@y" },
	{ "Message-ID: <x\n y>\n", "" },
	{ "Message-ID: <x@y\n", "<x@y" },
	{ "Message-ID: <x@ y >\n", "<x@ y >" },
	{ "Message-ID: x y\n", "" },
	{ "Message-ID:\n", "" },
	{ "Subject: a\n\nMessage-ID: <x@y>\n", "" },
};

static void
test_message_id(void **state)
{
	struct slice id;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		id = head_message_id(slice_str(ids[i].head));
		if (!slice_is(id, ids[i].id))
			fail_msg("row %zu: '%.*s'", i, (int)id.n, id.p);
	}
}

static const struct {
	const char *head;
	int64_t when; /* -1: none; checked with date -u -d */
} dates[] = {
	{ "Date: Fri, 14 Dec 2012 21:10:30 +0000\n", 1355519430 },
	{ "Received: from a by b; Fri, 14 Dec 2012 21:10:31 +0000\n"
	  "Received: from c by d; Fri, 14 Dec 2012 20:00:00 +0000\n"
	  "Date: Thu, 13 Dec 2012 21:10:30 +0000\n",
	    1355519431 },
	{ "Received: from a (x; y) by b;\r\n"
	  "\tFri, 14 Dec 2012 22:10:31 +0100 (CET; winter)\r\n",
	    1355519431 },
	{ "Received: from a\nReceived: b; nonsense\n"
	  "Date: 14 Dec 2012 21:10:30 GMT\n",
	    1355519430 },
	{ "Subject: none\n\nDate: Fri, 14 Dec 2012 21:10:30 +0000\n", -1 },
};

static void
test_date(void **state)
{
	int64_t when;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		if (!head_date(slice_str(dates[i].head), &when))
			when = -1;
		if (when != dates[i].when)
			fail_msg("row %zu: %lld", i, (long long)when);
	}
}

static void
test_subject(void **state)
{
	struct buf b = { 0 };

	(void)state;
	head_subject(&b,
	    slice_str("subject: =?utf-8?q?a?=\r\n =?utf-8?q?b?="
		      "\r\n\r\n"));
	assert_string_equal(buf_str(&b), "=?utf-8?q?a?= =?utf-8?q?b?=");
	buf_clear(&b);
	head_subject(&b, slice_str("A: b\n\nSubject: no\n"));
	assert_string_equal(buf_str(&b), "");
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_message_id),
		cmocka_unit_test(test_date),
		cmocka_unit_test(test_subject),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
