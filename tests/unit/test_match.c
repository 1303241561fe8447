/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which message there is which of ours: the rounds, one to one, in order. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "load/match.h"
#include "load/there.h"

static char dir[] = "/tmp/postroad-match.XXXXXX";
static struct dest d;

static int
setup(void **state)
{
	struct err err = { 0 };
	char *path;

	(void)state;
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	assert_non_null(mkdtemp(dir));
	path = mem_fmt("%s/spool", dir);
	assert_int_equal(spool_open(&d.spool, path, SPOOL_WRITE, 0, &err), 0);
	free(path);
	d.ledger = spool_ledger(d.spool);
	assert_int_equal(there_begin(d.ledger, &err), 0);
	return 0;
}

static int
teardown(void **state)
{
	char *cmd = mem_fmt("rm -rf '%s'", dir);
	int rc;

	(void)state;
	spool_close(&d.spool);
	rc = system(cmd);
	free(cmd);
	return rc;
}

/* One of ours: bytes are told by one letter. */
static void
want(int64_t id, int64_t size, int64_t received, const char *message_id,
    const char *bytes)
{
	struct err err = { 0 };

	assert_int_equal(
	    ledger_do(d.ledger, &err,
		"INSERT INTO temp.want(id, key, size, received, "
		"message_id, sha256) VALUES(?, 'k'||?1, ?, ?, ?, ?)",
		"iiitb", id, size, received, message_id, slice_str(bytes)),
	    1);
}

/* One there; its bytes were fetched already (so no server is asked). */
static void
there(int64_t uid, int64_t size, int64_t received, const char *message_id,
    const char *bytes)
{
	struct err err = { 0 };

	assert_int_equal(
	    ledger_do(d.ledger, &err,
		"INSERT INTO temp.there(folder, uid, size, received, "
		"message_id, fetch, sha256) VALUES(1, ?, ?, ?, ?, 2, ?)",
		"iiitb", uid, size, received, message_id,
		bytes == NULL ? slice_of(NULL, 0) : slice_str(bytes)),
	    1);
}

/* "id=uid/how ..." */
static void
expect(unsigned flags, const char *pairs)
{
	struct err err = { 0 };
	struct ledger_rows *q;
	char got[200] = "", one[40];

	assert_int_equal(match_run(&d, 1, flags, &err), 0);
	assert_int_equal(ledger_query(d.ledger, &q, &err,
			     "SELECT id, uid, how FROM temp.pair "
			     "ORDER BY id",
			     ""),
	    0);
	while (ledger_step(q, &err) == 1) {
		snprintf(one, sizeof(one), "%d=%d/%d ", (int)ledger_int(q, 0),
		    (int)ledger_int(q, 1), (int)ledger_int(q, 2));
		strcat(got, one);
	}
	ledger_end(&q);
	assert_string_equal(got, pairs);
}

static void
test_facts(void **state)
{
	(void)state;
	want(1, 100, 1000, "<a>", "A");
	want(2, 200, 1000, "<b>", "B");
	want(3, 300, 1000, "<c>", "C");
	there(7, 200, 1000, "<b>", NULL);
	there(8, 100, 1000, "<a>", NULL);
	there(9, 300, 1001, "<c>", NULL); /* another date, bytes unknown */
	expect(0, "1=8/1 2=7/1 ");
}

/* Identical twins one to one in their order; one of three is not there. */
static void
test_twins(void **state)
{
	(void)state;
	want(1, 100, 1000, "<a>", "A");
	want(2, 100, 1000, "<a>", "A");
	want(3, 100, 1000, "<a>", "A");
	there(5, 100, 1000, "<a>", NULL);
	there(6, 100, 1000, "<a>", NULL);
	expect(0, "1=5/1 2=6/1 ");
}

/* Twins in all but bytes: the bytes decide. */
static void
test_false_twins(void **state)
{
	(void)state;
	want(1, 100, 1000, "<a>", "A");
	want(2, 100, 1000, "<a>", "B");
	there(5, 100, 1000, "<a>", "B");
	expect(0, "2=5/2 ");
}

/* Without a Message-ID only bytes count; with other dates, too, and the
 * right date is taken first. */
static void
test_bytes(void **state)
{
	(void)state;
	want(1, 100, 1000, "", "A");
	want(2, 100, 2000, "", "A");
	want(3, 100, 1000, "", "B");
	want(4, 100, 1000, "", "C");
	there(5, 100, 2000, "", "A");
	there(6, 100, 3000, "", "A");
	there(7, 100, 9999, "", "B");
	there(8, 100, 1000, "", "X");
	expect(0, "1=6/2 2=5/2 3=7/2 ");
}

/* Message-ID and date alone: only where that was asked for. */
static void
test_weak(void **state)
{
	(void)state;
	want(1, 100, 1000, "<a>", "A");
	want(2, 100, 1000, "<b>", "B");
	there(5, 111, 1000, "<a>", "X");
	there(6, 111, 2000, "<b>", "Y");
	expect(0, "");
	expect(MATCH_WEAK, "1=5/4 ");
	expect(MATCH_OURS, "1=5/4 ");
	expect(MATCH_WEAK | MATCH_OURS, "1=5/4 2=6/5 ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_facts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_twins, setup, teardown),
		cmocka_unit_test_setup_teardown(test_false_twins, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_weak, setup, teardown),
	};

	return cmocka_run_group_tests_name("match", tests, NULL, NULL);
}
