/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of a delivery, and which destination is which. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "formats/delivery.h"
#include "formats/delivery_seal.h"
#include "formats/ledger.h"
#include "formats/spool.h"

static char dir[] = "/tmp/postroad-delivery.XXXXXX";
static struct spool *sp;
static struct ledger *l;
static struct arena arena;
static int64_t dest, folder, spool_folder;

static void
put_message(const char *key)
{
	struct err err = { 0 };
	struct msg m = { .key = key,
		.folder = "INBOX",
		.source = "{}",
		.keywords = "",
		.received = 1000000000,
		.received_how = RECEIVED_SOURCE };
	struct spool_draft *d;

	assert_int_equal(spool_begin(sp, &d, &err), 0);
	assert_int_equal(spool_write(d, "A: b\r\n\r\nx\r\n", 11, &err), 0);
	assert_int_equal(spool_commit(&d, &m, NULL, &err), 0);
}

static int
setup(void **state)
{
	struct spool_folder f = { .path = "INBOX", .subscribed = -1 };
	struct delivery_folder df = { .name = "INBOX",
		.uidvalidity = 7,
		.matched = true };
	struct err err = { 0 };
	char *path;

	(void)state;
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	assert_non_null(mkdtemp(dir));
	path = mem_fmt("%s/spool", dir);
	assert_int_equal(spool_open(&sp, path, SPOOL_WRITE, 0, &err), 0);
	free(path);
	spool_folder = spool_folder_add(sp, &f, &err);
	assert_true(spool_folder > 0);
	put_message("k1");
	put_message("k2");
	put_message("k3");
	assert_int_equal(spool_flush(sp, &err), 0);
	l = spool_ledger(sp);
	assert_int_equal(ledger_begin(l, &err), 0);
	dest = delivery_add(l, "mary@one.example", "mary", &err);
	assert_true(dest > 0);
	folder = delivery_folder_put(l, dest, &df, &err);
	assert_true(folder > 0);
	return 0;
}

static int
teardown(void **state)
{
	struct err err = { 0 };
	char *cmd = mem_fmt("rm -rf '%s'", dir);

	(void)state;
	ledger_commit(l, &err);
	spool_close(&sp);
	arena_free(&arena);
	if (system(cmd) != 0)
		return -1;
	free(cmd);
	return 0;
}

static struct delivery_sums
sums(void)
{
	struct delivery_sums s;
	struct err err = { 0 };

	assert_int_equal(delivery_sums(l, dest, spool_folder, folder, &s, &err),
	    0);
	return s;
}

/* The keys that are to be sent, joined. */
static const char *
work(int64_t run)
{
	static char out[200];
	struct delivery_work w;
	struct err err = { 0 };
	int64_t id = 0;

	out[0] = '\0';
	while (
	    delivery_next(l, dest, spool_folder, run, id, &w, 1, &err) == 1) {
		id = w.id;
		strcat(out, w.key);
		strcat(out, " ");
	}
	return out;
}

static void
test_life(void **state)
{
	struct delivery_folder f;
	struct delivery_sums s;
	struct err err = { 0 };

	(void)state;
	assert_string_equal(work(1), "k1 k2 k3 ");
	delivery_intend(l, dest, 1, "k1", folder, 5, 1, &err);
	assert_string_equal(work(1), "k2 k3 ");
	assert_int_equal(sums().intended, 1);
	delivery_unsend(l, dest, "k1", &err);
	assert_string_equal(work(1), "k1 k2 k3 ");
	delivery_done(l, dest, "k1", folder, 5, NULL, &err);
	/* the same UID again is not believed */
	delivery_done(l, dest, "k2", folder, 5, "kw", &err);
	s = sums();
	assert_int_equal(s.messages, 3);
	assert_int_equal(s.bytes, 33);
	assert_int_equal(s.done, 2);
	assert_int_equal(s.todo, 1);
	assert_int_equal(s.todo_bytes, 11);
	assert_int_equal(
	    delivery_folder_find(l, dest, "INBOX", &f, &arena, &err), 1);
	assert_int_equal(f.top, 5);
	assert_int_equal(f.uidvalidity, 7);
	/* refused: not in this run again, but in the next */
	delivery_refuse(l, dest, "k3", folder, 1, "too fat", &err);
	assert_string_equal(work(1), "");
	assert_string_equal(work(2), "k3 ");
	/* another UIDVALIDITY: nobody knows */
	delivery_folder_renumbered(l, folder, 8, &err);
	assert_string_equal(work(2), "k1 k2 k3 ");
	assert_int_equal(sums().done, 0);
	assert_int_equal(
	    delivery_folder_find(l, dest, "INBOX", &f, &arena, &err), 1);
	assert_int_equal(f.uidvalidity, 8);
	assert_false(f.matched);
	assert_int_equal(f.top, 0);
}

static void
test_elsewhere(void **state)
{
	struct delivery_folder f = { .name = "Other", .uidvalidity = 9 };
	struct err err = { 0 };
	int64_t other;

	(void)state;
	other = delivery_folder_put(l, dest, &f, &err);
	delivery_done(l, dest, "k1", other, 1, NULL, &err);
	assert_int_equal(sums().done, 1);
	assert_int_equal(sums().elsewhere, 1);
	assert_string_equal(work(1), "k2 k3 ");
}

static void
test_labels(void **state)
{
	struct err err = { 0 };
	int64_t id = 0, second;

	(void)state;
	assert_int_equal(delivery_find(l, "mary@one.example", &err), dest);
	assert_int_equal(delivery_find(l, "mary@two.example", &err), 0);
	assert_int_equal(delivery_add_label(l, dest, "mary@two.example", &err),
	    0);
	assert_int_equal(delivery_find(l, "mary@two.example", &err), dest);
	second = delivery_add(l, "mary@three.example", "mary", &err);
	assert_int_equal(delivery_next_of_user(l, "mary", &id, &err), 1);
	assert_int_equal(id, dest);
	assert_int_equal(delivery_next_of_user(l, "mary", &id, &err), 1);
	assert_int_equal(id, second);
	assert_int_equal(delivery_next_of_user(l, "mary", &id, &err), 0);
	id = 0;
	assert_int_equal(delivery_next_of_user(l, "john", &id, &err), 0);
	assert_int_equal(delivery_begin_run(l, dest, &err), 1);
	assert_int_equal(delivery_begin_run(l, dest, &err), 2);
}

static void
test_facts(void **state)
{
	struct delivery_fact f;
	struct err err = { 0 };
	int64_t at = 0;

	(void)state;
	delivery_intend(l, dest, 1, "k1", folder, 5, 1, &err);
	delivery_intend(l, dest, 1, "k1", folder, 5, 2, &err);
	delivery_maybe_twice(l, dest, "k1", &err);
	delivery_done(l, dest, "k1", folder, 6, "$Odd", &err);
	assert_int_equal(delivery_fact_next(l, "k1", &at, &f, &arena, &err), 1);
	assert_string_equal(f.label, "mary@one.example");
	assert_string_equal(f.folder, "INBOX");
	assert_int_equal(f.state, DELIVERY_DELIVERED);
	assert_int_equal(f.uidvalidity, 7);
	assert_int_equal(f.uid, 6);
	assert_int_equal(f.attempts, 2);
	assert_true(f.maybe_twice);
	assert_string_equal(f.dropped, "$Odd");
	assert_null(f.error);
	assert_int_equal(delivery_fact_next(l, "k1", &at, &f, &arena, &err), 0);
	at = 0;
	assert_int_equal(delivery_fact_next(l, "k2", &at, &f, &arena, &err), 0);
}

static void
deliver_all(void)
{
	struct err err = { 0 };

	assert_true(delivery_done(l, dest, "k1", folder, 5, NULL, &err) == 0 &&
	    delivery_done(l, dest, "k2", folder, 6, NULL, &err) == 0 &&
	    delivery_done(l, dest, "k3", folder, 7, NULL, &err) == 0);
}

/* How many were counted beside what a seal says. */
static uint64_t
counted(void)
{
	struct err err = { 0 };

	assert_int_equal(delivery_seal_put(l, dest, spool_folder, folder, &err),
	    0);
	return sums().counted;
}

static void
test_seal(void **state)
{
	struct err err = { 0 };
	struct delivery_sums s;

	(void)state;
	assert_int_equal(counted(), 3); /* nothing was delivered */
	delivery_done(l, dest, "k1", folder, 5, NULL, &err);
	assert_int_equal(counted(), 3); /* not all was */
	deliver_all();
	s = sums();
	assert_int_equal(counted(), 0);
	assert_int_equal(sums().messages, 3);
	assert_int_equal(sums().done, 3);
	assert_int_equal(sums().bytes, s.bytes);
	assert_int_equal(sums().todo + sums().lost + sums().intended, 0);
	/* only what came behind it is counted */
	ledger_commit(l, &err);
	put_message("k4");
	assert_int_equal(spool_flush(sp, &err), 0);
	assert_int_equal(sums().counted, 1);
	assert_int_equal(sums().messages, 4);
	assert_int_equal(sums().todo, 1);
	assert_int_equal(sums().bytes, s.bytes + s.bytes / 3);
	assert_string_equal(work(1), "k4 ");
	assert_int_equal(counted(), 1);
	delivery_done(l, dest, "k4", folder, 8, NULL, &err);
	assert_int_equal(counted(), 0);
	assert_int_equal(sums().done, 4);
	/* another folder there: not what was counted */
	assert_int_equal(
	    delivery_sums(l, dest, spool_folder, folder + 1, &s, &err), 0);
	assert_int_equal(s.elsewhere, 4);
}

/* Whatever takes a counted message away breaks the seal. */
static void
test_seal_breaks(void **state)
{
	static const char *const how[] = {
		"UPDATE delivery SET state=0 WHERE key='k2'",
		"UPDATE delivery SET state=4, uid=NULL",
		"UPDATE delivery SET folder=folder+1 WHERE key='k2'",
		"DELETE FROM delivery WHERE key='k3'",
		"DELETE FROM message WHERE key='k3'",
		"UPDATE message SET folder=folder+1 WHERE key='k1'",
		"UPDATE message SET id=100 WHERE key='k1'",
		"UPDATE message SET size=1000 WHERE key='k1'",
		"UPDATE message SET flags=flags+1 WHERE key='k1'",
		"UPDATE delivery SET flags=77 WHERE key='k1'",
	};
	struct err err = { 0 };
	size_t i;

	(void)state;
	deliver_all();
	for (i = 0; i < sizeof(how) / sizeof(how[0]); i++) {
		assert_int_equal(counted(), 0);
		ledger_do(l, &err, "SAVEPOINT try", "");
		assert_true(ledger_do(l, &err, how[i], "") > 0);
		assert_true(sums().counted >= 2);
		ledger_do(l, &err, "ROLLBACK TO try", "");
	}
	/* what changes nothing of it does not */
	assert_true(ledger_do(l, &err, "UPDATE message SET lost=1, source='{}'",
			"") > 0);
	assert_true(ledger_do(l, &err, "UPDATE delivery SET uid=NULL", "") > 0);
	assert_int_equal(sums().counted, 0);
	assert_int_equal(sums().done, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_life, setup, teardown),
		cmocka_unit_test_setup_teardown(test_elsewhere, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_labels, setup, teardown),
		cmocka_unit_test_setup_teardown(test_facts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_seal, setup, teardown),
		cmocka_unit_test_setup_teardown(test_seal_breaks, setup,
		    teardown),
	};

	return cmocka_run_group_tests_name("delivery", tests, NULL, NULL);
}
