/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Items of a spool: stored once, replaced when their bytes change, found
 * again when the ledger forgot them, missed when their file is gone; a spool
 * of version 1 gains them.
 */
#include "tests/unit/spool_help.h"

#include "formats/ledger.h"
#include "formats/spool_items.h"

static enum spool_item_fate
put(struct spool *sp, const char *key, enum item_kind kind, const char *title,
    const char *text)
{
	struct spool_item item = { .kind = kind,
		.key = key,
		.folder = "Contacts",
		.source = "{\"kind\":\"pst\",\"nid\":1}",
		.class = "IPM.Contact",
		.title = title,
		.modified = 1000000000 };
	enum spool_item_fate fate = SPOOL_ITEM_UNCHANGED;
	struct spool_draft *d;
	struct err err = { 0 };

	assert_int_equal(spool_begin(sp, &d, &err), 0);
	assert_int_equal(spool_write(d, text, strlen(text), &err), 0);
	if (spool_item_commit(&d, &item, &fate, &err) < 0)
		fail_msg("%s", err.text);
	assert_null(d);
	return fate;
}

static void
check(struct spool *sp, const char *key, const char *file, const char *text)
{
	struct spool_item item;
	struct err err = { 0 };
	char got[100];
	ssize_t n;
	int fd;

	assert_int_equal(spool_item_find(sp, key, &item, &err), 1);
	assert_string_equal(item.file, file);
	assert_false(item.lost);
	fd = spool_item_open(sp, &item, &err);
	assert_true(fd >= 0);
	n = read(fd, got, sizeof(got));
	close(fd);
	assert_int_equal(n, (ssize_t)strlen(text));
	assert_memory_equal(got, text, strlen(text));
	assert_int_equal(item.size, strlen(text));
}

static void
flush(struct spool *sp)
{
	struct err err = { 0 };

	if (spool_flush(sp, &err) < 0)
		fail_msg("%s", err.text);
}

static void
test_stored(void **state)
{
	struct spool *sp = open_spool("a", SPOOL_WRITE);
	struct spool_item_counts c;
	struct spool_item item;
	struct stat st;
	struct err err = { 0 };
	int64_t after = 0;
	char *path;

	(void)state;
	assert_int_equal(put(sp, "p1", KIND_CONTACT, "Jane Doe", "one"),
	    SPOOL_ITEM_STORED);
	assert_int_equal(put(sp, "p2", KIND_NOTE, "a/b\n..", "two"),
	    SPOOL_ITEM_STORED);
	assert_int_equal(put(sp, "p3", KIND_LIST, "", "three"),
	    SPOOL_ITEM_STORED);
	/* still in the batch: it is there all the same */
	assert_int_equal(spool_item_find(sp, "p1", &item, &err), 1);
	assert_false(item.lost);
	flush(sp);
	check(sp, "p1", "items/contacts/Jane Doe.p1.vcf", "one");
	check(sp, "p2", "items/notes/a%2Fb%0A...p2.txt", "two");
	check(sp, "p3", "items/contacts/p3.vcf", "three");
	path = at("a/items/contacts/Jane Doe.p1.vcf");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mtim.tv_sec, 1000000000);
	assert_int_equal(st.st_mode & 0777, 0600);
	free(path);
	assert_int_equal(spool_item_count(sp, &c, &err), 0);
	assert_int_equal(c.n[PLACE_CONTACTS], 2);
	assert_int_equal(c.n[PLACE_NOTES], 1);
	assert_int_equal(c.bytes[PLACE_CONTACTS], 8);
	assert_int_equal(spool_item_next(sp, &after, &item, &err), 1);
	assert_string_equal(item.key, "p1");
	assert_string_equal(item.folder, "Contacts");
	assert_int_equal(spool_item_next(sp, &after, &item, &err), 1);
	assert_int_equal(item.kind, KIND_NOTE);
	assert_int_equal(spool_item_next(sp, &after, &item, &err), 1);
	assert_int_equal(spool_item_next(sp, &after, &item, &err), 0);
	assert_int_equal(spool_item_find(sp, "p9", &item, &err), 0);
	spool_close(&sp);
}

static void
test_again(void **state)
{
	struct spool *sp = open_spool("b", SPOOL_WRITE);
	struct spool_item item;
	struct err err = { 0 };
	int64_t changes;

	(void)state;
	put(sp, "p1", KIND_CONTACT, "Jane", "one");
	flush(sp);
	assert_int_equal(put(sp, "p1", KIND_CONTACT, "Jane", "one"),
	    SPOOL_ITEM_UNCHANGED);
	assert_false(ledger_in_transaction(spool_ledger(sp)));
	/* its name may change, its file's does not */
	assert_int_equal(put(sp, "p1", KIND_CONTACT, "Joan", "four"),
	    SPOOL_ITEM_REPLACED);
	flush(sp);
	check(sp, "p1", "items/contacts/Jane.p1.vcf", "four");
	assert_int_equal(spool_item_find(sp, "p1", &item, &err), 1);
	assert_string_equal(item.title, "Joan");
	/* another kind, another place */
	assert_int_equal(put(sp, "p1", KIND_TASK, "Joan", "five"),
	    SPOOL_ITEM_REPLACED);
	flush(sp);
	check(sp, "p1", "items/tasks/Joan.p1.ics", "five");
	assert_int_equal(ledger_number(spool_ledger(sp), &changes, &err,
			     "SELECT count(*) FROM item", ""),
	    0);
	assert_int_equal(changes, 1);
	assert_int_equal(spool_item_remove(sp, "p1", &err), 0);
	assert_int_equal(spool_item_remove(sp, "p1", &err), 0);
	flush(sp);
	assert_int_equal(spool_item_find(sp, "p1", &item, &err), 0);
	spool_close(&sp);
	sp = open_spool("b", SPOOL_WRITE);
	/* nothing was left lying there to be adopted */
	assert_int_equal(ledger_number(spool_ledger(sp), &changes, &err,
			     "SELECT count(*) FROM item", ""),
	    0);
	assert_int_equal(changes, 0);
	spool_close(&sp);
}

static void
test_agreement(void **state)
{
	struct spool *sp = open_spool("c", SPOOL_WRITE);
	struct spool_item item;
	struct err err = { 0 };
	char *from, *to;
	int64_t n;

	(void)state;
	put(sp, "p1", KIND_CONTACT, "Jane", "one");
	put(sp, "p2", KIND_CONTACT, "John", "two");
	flush(sp);
	/* as after a crash: files without rows */
	ledger_do(spool_ledger(sp), &err, "DELETE FROM item", "");
	spool_close(&sp);
	sp = open_spool("c", SPOOL_WRITE);
	check(sp, "p1", "items/contacts/Jane.p1.vcf", "one");
	assert_int_equal(put(sp, "p1", KIND_CONTACT, "Jane", "one"),
	    SPOOL_ITEM_UNCHANGED);
	flush(sp);
	assert_int_equal(spool_item_find(sp, "p1", &item, &err), 1);
	assert_string_equal(item.folder, "Contacts");
	spool_close(&sp);
	/* somebody renames one, takes the other away, and leaves a third */
	from = at("c/items/contacts/Jane.p1.vcf");
	to = at("c/items/contacts/My wife.p1.vcf");
	assert_int_equal(rename(from, to), 0);
	free(from);
	free(to);
	from = at("c/items/contacts/John.p2.vcf");
	to = at("c/items/contacts/from elsewhere.vcf");
	assert_int_equal(rename(from, to), 0);
	free(from);
	free(to);
	/* the first look finds rows without files */
	sp = open_spool("c", SPOOL_WRITE);
	assert_int_equal(ledger_number(spool_ledger(sp), &n, &err,
			     "SELECT count(*) FROM item WHERE lost=0", ""),
	    0);
	assert_int_equal(n, 2);
	check(sp, "p1", "items/contacts/My wife.p1.vcf", "one");
	assert_int_equal(spool_item_find(sp, "p2", &item, &err), 1);
	assert_true(item.lost);
	/* what the source still has comes back */
	assert_int_equal(put(sp, "p2", KIND_CONTACT, "John", "two"),
	    SPOOL_ITEM_STORED);
	flush(sp);
	check(sp, "p2", "items/contacts/John.p2.vcf", "two");
	spool_close(&sp);
}

static void
test_links(void **state)
{
	struct spool *a = open_spool("d", SPOOL_WRITE);
	struct spool *b = open_spool("e", SPOOL_WRITE);
	enum spool_item_fate fate;
	struct spool_item item;
	struct err err = { 0 };
	struct stat sa, sb;
	char *p;

	(void)state;
	put(a, "p1", KIND_EVENT, "Lunch", "one");
	flush(a);
	assert_int_equal(spool_item_find(a, "p1", &item, &err), 1);
	assert_int_equal(spool_item_link(b, a, &item, &fate, &err), 0);
	assert_int_equal(fate, SPOOL_ITEM_STORED);
	flush(b);
	check(b, "p1", "items/calendar/Lunch.p1.ics", "one");
	p = at("d/items/calendar/Lunch.p1.ics");
	assert_int_equal(stat(p, &sa), 0);
	free(p);
	p = at("e/items/calendar/Lunch.p1.ics");
	assert_int_equal(stat(p, &sb), 0);
	free(p);
	assert_int_equal(sa.st_ino, sb.st_ino);
	assert_int_equal(spool_item_link(b, a, &item, &fate, &err), 0);
	assert_int_equal(fate, SPOOL_ITEM_UNCHANGED);
	/* replaced in one, the other keeps what it has */
	put(a, "p1", KIND_EVENT, "Lunch", "two");
	flush(a);
	check(b, "p1", "items/calendar/Lunch.p1.ics", "one");
	assert_int_equal(spool_item_find(a, "p1", &item, &err), 1);
	assert_int_equal(spool_item_link(b, a, &item, &fate, &err), 0);
	assert_int_equal(fate, SPOOL_ITEM_REPLACED);
	flush(b);
	check(b, "p1", "items/calendar/Lunch.p1.ics", "two");
	spool_close(&a);
	spool_close(&b);
}

static void
test_older(void **state)
{
	struct spool *sp = open_spool("f", SPOOL_WRITE);
	struct spool_item_counts c;
	struct spool_item item;
	struct err err = { 0 };
	int64_t after = 0;

	/* what versions 2 and 3 brought, back to front */
	static const char *const undo[] = { "DROP TABLE renamed",
		"DROP TABLE delivery_stale", "DROP INDEX message_gone",
		"DROP INDEX delivery_by_state", "DROP INDEX delivery_owed",
		"DROP INDEX delivery_moving",
		"ALTER TABLE destination DROP COLUMN renames",
		"ALTER TABLE delivery DROP COLUMN flags",
		"ALTER TABLE delivery DROP COLUMN keywords",
		"ALTER TABLE delivery DROP COLUMN owed",
		"ALTER TABLE delivery DROP COLUMN moving", "DROP TABLE item" };
	int64_t n;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(undo) / sizeof(undo[0]); i++)
		assert_true(
		    ledger_do(spool_ledger(sp), &err, undo[i], "") >= 0);
	assert_true(ledger_do(spool_ledger(sp), &err, "PRAGMA user_version=1",
			"") >= 0);
	spool_close(&sp);
	sp = open_spool("f", SPOOL_READ);
	assert_int_equal(spool_item_count(sp, &c, &err), 0);
	assert_int_equal(spool_item_next(sp, &after, &item, &err), 0);
	assert_int_equal(
	    ledger_number(spool_ledger(sp), &n, &err,
		"SELECT (SELECT count(*) FROM delivery WHERE flags<>0 OR "
		"owed<>0 OR moving<>0)+(SELECT count(*) FROM renamed)+"
		"(SELECT count(*) FROM destination WHERE renames<>0)+"
		"(SELECT count(*) FROM delivery_stale)",
		""),
	    0);
	spool_close(&sp);
	sp = open_spool("f", SPOOL_WRITE);
	put(sp, "p1", KIND_OTHER, "x", "{}");
	flush(sp);
	check(sp, "p1", "items/other/x.p1.json", "{}");
	spool_close(&sp);
	sp = open_spool("f", SPOOL_READ);
	check(sp, "p1", "items/other/x.p1.json", "{}");
	spool_close(&sp);
}

static void
test_no_way_out(void **state)
{
	struct spool *sp = open_spool("g", SPOOL_WRITE);
	struct spool_item item = { .kind = KIND_NOTE,
		.key = "p1",
		.title = "x" };
	enum spool_item_fate fate;
	struct spool_draft *d;
	struct err err = { 0 };
	char *p;

	(void)state;
	p = at("g/items");
	assert_int_equal(symlink("/tmp", p), 0);
	free(p);
	assert_int_equal(spool_begin(sp, &d, &err), 0);
	assert_int_equal(spool_item_commit(&d, &item, &fate, &err), -1);
	assert_int_equal(err.status, EX_CANTCREAT);
	spool_close(&sp);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stored),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_agreement),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_older),
		cmocka_unit_test(test_no_way_out),
	};

	return cmocka_run_group_tests(tests, spool_setup, spool_teardown);
}
