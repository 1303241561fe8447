/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The spool: what is stored comes back, what other programs do to the files
 * is noticed, what a crash leaves is taken up, and nothing is written where
 * nothing changed.
 */
#include "tests/unit/spool_help.h"

static void
put(struct spool *sp, const char *key, const char *folder, const char *body,
    uint32_t flags, const char *keywords)
{
	struct msg m = { .key = key,
		.folder = folder,
		.source = "{\"n\":1}",
		.flags = flags,
		.keywords = keywords,
		.received = 1000000000,
		.received_how = RECEIVED_SOURCE };
	struct spool_draft *d;
	struct err err = { 0 };

	if (spool_begin(sp, &d, &err) < 0 ||
	    spool_write(d, body, strlen(body), &err) < 0 ||
	    spool_commit(&d, &m, NULL, &err) < 0)
		fail_msg("put %s: %s", key, err.text);
}

static void
finish(struct spool **sp)
{
	struct err err = { 0 };

	if (spool_finish(*sp, &err) < 0)
		fail_msg("finish: %s", err.text);
	spool_close(sp);
}

/* "key folder flags keywords lost" of every message, a line each. */
static char *
listing(struct spool *sp)
{
	struct spool_entry e;
	struct spool_iter *it;
	struct err err = { 0 };
	struct buf out = { 0 };
	char letters[8];
	int rc;

	buf_puts(&out, "");
	assert_int_equal(spool_iter_open(sp, NULL, &it, &err), 0);
	while ((rc = spool_iter_next(it, &e, &err)) == 1)
		buf_putf(&out, "%s %s %s %s%s\n", e.msg.key, e.msg.folder,
		    msg_flag_letters(letters, e.msg.flags), e.msg.keywords,
		    e.lost ? " lost" : "");
	if (rc < 0)
		fail_msg("iter: %s", err.text);
	spool_iter_close(&it);
	return out.p;
}

static void
expect(const char *name, enum spool_mode mode, const char *want)
{
	struct spool *sp = open_spool(name, mode);
	char *have = listing(sp);

	assert_string_equal(have, want);
	free(have);
	spool_close(&sp);
}

static void
expect_both(const char *name, const char *want)
{
	expect(name, SPOOL_READ, want);
	expect(name, SPOOL_DELIVER, want);
	expect(name, SPOOL_READ, want);
}

static void
test_store_and_list(void **state)
{
	struct spool *sp = open_spool("a", SPOOL_WRITE);
	struct spool_entry e;
	struct err err = { 0 };
	char body[64];
	int fd;

	(void)state;
	put(sp, "k2", "Work", "Message-ID: <x@y>\r\n\r\nhi\r\n", MSG_SEEN, "");
	put(sp, "k1", "INBOX", "a: b\r\n\r\n", 0, "");
	/* pending messages are found */
	assert_int_equal(spool_find(sp, "k2", &e, &err), 1);
	assert_string_equal(e.message_id, "<x@y>");
	assert_int_equal(spool_find(sp, "k3", &e, &err), 0);
	finish(&sp);
	expect_both("a", "k1 INBOX  \nk2 Work S \n");
	sp = open_spool("a", SPOOL_READ);
	assert_int_equal(spool_find(sp, "k2", &e, &err), 1);
	assert_string_equal(e.file,
	    "mail/Work/cur/1000000000.k2.postroad,S=25:2,S");
	fd = spool_body(sp, &e, &err);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, body, sizeof(body)), 25);
	assert_memory_equal(body, "Message-ID: <x@y>\r\n\r\nhi\r\n", 25);
	close(fd);
	spool_close(&sp);
}

static void
move_file(const char *from, const char *to)
{
	char *a = at(from), *b = at(to);

	if (rename(a, b) < 0)
		fail_msg("rename %s", a);
	free(a);
	free(b);
}

static void
write_file(const char *name, const char *text)
{
	char *path = at(name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	free(path);
}

/* What mail programs do to a Maildir while we are away. */
static void
test_foreign_changes(void **state)
{
	struct spool *sp = open_spool("b", SPOOL_WRITE);
	struct err err = { 0 };
	struct spool_entry e;
	char *path;

	(void)state;
	put(sp, "k1", "INBOX", "1\r\n", 0, "");
	put(sp, "k2", "INBOX", "2\r\n", 0, "");
	put(sp, "k3", "INBOX", "3\r\n", MSG_SEEN, "");
	put(sp, "k4", "Other", "4\r\n", MSG_SEEN, "");
	finish(&sp);
	/* read, deleted, moved, delivered */
	move_file("b/mail/INBOX/cur/1000000000.k1.postroad,S=3:2,",
	    "b/mail/INBOX/cur/1000000000.k1.postroad,S=3:2,FS");
	path = at("b/mail/INBOX/cur/1000000000.k2.postroad,S=3:2,");
	assert_int_equal(unlink(path), 0);
	free(path);
	move_file("b/mail/INBOX/cur/1000000000.k3.postroad,S=3:2,S",
	    "b/mail/Other/cur/1000000000.k3.postroad,S=3:2,S");
	write_file("b/mail/INBOX/new/123.foreign", "Message-ID: <f@g>\n\n");
	expect("b", SPOOL_READ,
	    "k1 INBOX FS \nk2 INBOX   lost\nk3 INBOX S  lost\n"
	    "x30b89558237626abc3b595a1a3c04400 INBOX  \n"
	    "k4 Other S \nk3 Other S \n");
	sp = open_spool("b", SPOOL_DELIVER);
	assert_int_equal(spool_find(sp, "k3", &e, &err), 1);
	assert_string_equal(e.msg.folder, "Other");
	assert_false(e.lost);
	assert_int_equal(spool_find(sp, "k2", &e, &err), 1);
	assert_true(e.lost);
	spool_close(&sp);
	path = at("b/mail/INBOX/cur/123.foreign:2,");
	assert_int_equal(access(path, F_OK), 0);
	free(path);
}

/* A lost ledger, a torn run: files without rows are taken up again. */
static void
test_adopt(void **state)
{
	struct spool *sp = open_spool("c", SPOOL_WRITE);
	char *db = at("c/spool.db"), *tmp;
	struct spool_entry e;
	struct err err = { 0 };

	(void)state;
	put(sp, "k1", "A/B", "1\r\n", MSG_FLAGGED, "");
	finish(&sp);
	assert_int_equal(unlink(db), 0);
	free(db);
	write_file("c/tmp/999.1", "half a mess");
	expect("c", SPOOL_DELIVER, "k1 A/B F \n");
	sp = open_spool("c", SPOOL_WRITE);
	assert_int_equal(spool_find(sp, "k1", &e, &err), 1);
	assert_int_equal(e.msg.received, 1000000000);
	spool_close(&sp);
	tmp = at("c/tmp/999.1");
	assert_int_equal(access(tmp, F_OK), -1);
	free(tmp);
}

static void
test_keywords(void **state)
{
	struct spool *sp = open_spool("d", SPOOL_WRITE);
	struct stat st;
	char *path;

	(void)state;
	put(sp, "k1", "INBOX", "1\r\n", MSG_SEEN | MSG_FORWARDED,
	    "$Work urgent");
	put(sp, "k2", "INBOX", "2\r\n", 0, "abc");
	finish(&sp);
	/* $Forwarded $Work abc urgent, in this order */
	path = at("d/mail/INBOX/cur/1000000000.k1.postroad,S=3:2,PSabd");
	assert_int_equal(stat(path, &st), 0);
	free(path);
	path = at("d/mail/INBOX/cur/1000000000.k2.postroad,S=3:2,c");
	assert_int_equal(stat(path, &st), 0);
	free(path);
	expect_both("d", "k1 INBOX PS $Work urgent\nk2 INBOX  abc\n");
	/* another program takes 'urgent' off k1 and gives it to k2 */
	move_file("d/mail/INBOX/cur/1000000000.k1.postroad,S=3:2,PSabd",
	    "d/mail/INBOX/cur/1000000000.k1.postroad,S=3:2,PSab");
	move_file("d/mail/INBOX/cur/1000000000.k2.postroad,S=3:2,c",
	    "d/mail/INBOX/cur/1000000000.k2.postroad,S=3:2,cd");
	expect_both("d", "k1 INBOX PS $Work\nk2 INBOX  abc urgent\n");
}

static void
test_changes(void **state)
{
	struct spool *sp = open_spool("e", SPOOL_WRITE);
	struct err err = { 0 };

	(void)state;
	put(sp, "k1", "INBOX", "1\r\n", 0, "");
	put(sp, "k2", "INBOX", "2\r\n", 0, "");
	put(sp, "k3", "Old", "3\r\n", 0, "");
	assert_int_equal(spool_set_flags(sp, "k1", MSG_SEEN, "kw", &err), 0);
	assert_int_equal(spool_move(sp, "k2", "Old", &err), 0);
	assert_int_equal(spool_remove(sp, "k3", &err), 0);
	finish(&sp);
	expect_both("e", "k1 INBOX S kw\nk2 Old  \n");
}

static void
test_link(void **state)
{
	struct spool *a = open_spool("f", SPOOL_WRITE), *b;
	struct spool_entry e;
	struct err err = { 0 };
	struct stat one, two;
	struct msg m;
	char *path;

	(void)state;
	put(a, "k1", "INBOX", "1\r\n", MSG_SEEN, "kw");
	finish(&a);
	a = open_spool("f", SPOOL_READ);
	b = open_spool("g", SPOOL_WRITE);
	assert_int_equal(spool_find(a, "k1", &e, &err), 1);
	m = e.msg;
	m.folder = "There";
	if (spool_link(b, a, &e, &m, &err) < 0)
		fail_msg("link: %s", err.text);
	finish(&b);
	spool_close(&a);
	path = at("f/mail/INBOX/cur/1000000000.k1.postroad,S=3:2,Sa");
	assert_int_equal(stat(path, &one), 0);
	free(path);
	path = at("g/mail/There/cur/1000000000.k1.postroad,S=3:2,Sa");
	assert_int_equal(stat(path, &two), 0);
	free(path);
	assert_int_equal(one.st_ino, two.st_ino);
	expect_both("g", "k1 There S kw\n");
}

static void
test_locks(void **state)
{
	struct spool *a = open_spool("h", SPOOL_WRITE), *b = NULL;
	struct err err = { 0 };
	char *dir = at("h");

	(void)state;
	assert_int_equal(spool_open(&b, dir, SPOOL_WRITE, 0, &err), -1);
	assert_int_equal(err.status, EX_TEMPFAIL);
	assert_int_equal(spool_open(&b, dir, SPOOL_READ, 0, &err), 0);
	spool_close(&b);
	spool_close(&a);
	assert_int_equal(spool_open(&b, dir, SPOOL_WRITE, 0, &err), 0);
	spool_close(&b);
	free(dir);
}

static void
test_one_source(void **state)
{
	struct spool *sp = open_spool("i", SPOOL_WRITE);
	struct err err = { 0 };

	(void)state;
	assert_int_equal(spool_bind(sp, "mbox", "/x", &err), 0);
	finish(&sp);
	sp = open_spool("i", SPOOL_WRITE);
	assert_int_equal(spool_bind(sp, "mbox", "/x", &err), 0);
	assert_int_equal(spool_bind(sp, "mbox", "/y", &err), -1);
	assert_int_equal(err.status, EX_USAGE);
	assert_non_null(strstr(err.hint, "merge"));
	spool_close(&sp);
}

/* A folder that is a link out of the spool is not followed. */
static void
test_symlink(void **state)
{
	struct spool *sp = open_spool("j", SPOOL_WRITE);
	struct spool_folder f = { .path = "Out/x", .subscribed = -1 };
	struct err err = { 0 };
	char *link = at("j/mail/Out"), *out = at("elsewhere");

	(void)state;
	assert_int_equal(mkdir(out, 0700), 0);
	assert_int_equal(symlink(out, link), 0);
	assert_int_equal(spool_folder_add(sp, &f, &err), -1);
	assert_int_equal(err.status, EX_CANTCREAT);
	spool_close(&sp);
	free(link);
	link = at("elsewhere/x");
	assert_int_equal(access(link, F_OK), -1);
	free(link);
	free(out);
}

static void
test_not_a_spool(void **state)
{
	struct spool *sp;
	struct err err = { 0 };
	char *dir = at("k"), *sub = at("k/precious");

	(void)state;
	assert_int_equal(spool_open(&sp, dir, SPOOL_READ, 0, &err), -1);
	assert_int_equal(err.status, EX_NOINPUT);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(mkdir(sub, 0700), 0);
	assert_int_equal(spool_open(&sp, dir, SPOOL_WRITE, 0, &err), -1);
	assert_int_equal(err.status, EX_CANTCREAT);
	assert_int_equal(spool_open(&sp, dir, SPOOL_READ, 0, &err), -1);
	assert_int_equal(err.status, EX_DATAERR);
	free(dir);
	free(sub);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_store_and_list),
		cmocka_unit_test(test_foreign_changes),
		cmocka_unit_test(test_adopt),
		cmocka_unit_test(test_keywords),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_link),
		cmocka_unit_test(test_locks),
		cmocka_unit_test(test_one_source),
		cmocka_unit_test(test_symlink),
		cmocka_unit_test(test_not_a_spool),
	};

	return cmocka_run_group_tests(tests, spool_setup, spool_teardown);
}
