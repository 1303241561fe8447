/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Maildirs and message files through the source interface, on scratch trees:
 * what happens between listing and reading, and huge directories.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"
#include "core/mem.h"
#include "extract/listing.h"
#include "extract/source.h"

#define MAIL "From: a@example.org\nSubject: x\n\ntext\n"

struct box {
	char dir[64];
	struct source_spec spec;
	struct source *src;
	struct source_item item;
	struct err err;
};

static int
setup(void **state)
{
	struct box *b = mem_alloc(1, sizeof(*b));

	snprintf(b->dir, sizeof(b->dir), "/tmp/postroad-unit.XXXXXX");
	if (mkdtemp(b->dir) == NULL)
		return -1;
	log_set_level(LOG_ERROR - 1);
	b->spec.report = report_new(STAGE_EXTRACT);
	*state = b;
	return 0;
}

static int
remove_one(const char *path, const struct stat *st, int what, struct FTW *f)
{
	(void)st;
	(void)what;
	(void)f;
	return remove(path);
}

static int
teardown(void **state)
{
	struct box *b = *state;

	source_close(&b->src);
	report_free(&b->spec.report);
	nftw(b->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(b);
	return 0;
}

/* Write 'text' to a file below the scratch directory; makes one level. */
static void
put(struct box *b, const char *name, const char *text)
{
	char *path = mem_fmt("%s/%s", b->dir, name);
	char *slash = strrchr(path, '/');
	int fd;

	*slash = '\0';
	mkdir(path, 0700);
	*slash = '/';
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	free(path);
}

static void
move(struct box *b, const char *from, const char *to)
{
	char *a = mem_fmt("%s/%s", b->dir, from);
	char *c = mem_fmt("%s/%s", b->dir, to);

	assert_int_equal(rename(a, c), 0);
	free(a);
	free(c);
}

static void
open_box(struct box *b, const char *kind)
{
	b->spec.path = b->dir;
	b->spec.kind = kind;
	if (source_open(&b->src, &b->spec, &b->err) < 0)
		fail_msg("%s", b->err.text);
}

/* The next message, folders stepped over: as source_next(). */
static int
next_msg(struct box *b)
{
	int rc;

	do
		rc = source_next(b->src, &b->item, &b->err);
	while (rc == 1 && b->item.what == SOURCE_FOLDER);
	return rc;
}

static ssize_t
read_all(struct box *b)
{
	char block[100];
	ssize_t n, sum = 0;

	while ((n = source_read(b->src, block, sizeof(block), &b->err)) > 0)
		sum += n;
	return n < 0 ? -1 : sum;
}

static void
test_message(void **state)
{
	struct box *b = *state;

	put(b, "cur/1.h:2,RS", MAIL);
	open_box(b, NULL);
	assert_string_equal(source_kind(b->src), "maildir");
	assert_string_equal(source_identity(b->src), b->dir);
	assert_int_equal(source_next(b->src, &b->item, &b->err), 1);
	assert_int_equal(b->item.what, SOURCE_FOLDER);
	assert_string_equal(b->item.folder, "INBOX");
	assert_int_equal(b->item.subscribed, -1);
	assert_int_equal(next_msg(b), 1);
	assert_true(b->item.local_lines);
	assert_int_equal(b->item.msg.flags, MSG_ANSWERED | MSG_SEEN);
	assert_string_equal(b->item.msg.folder, "INBOX");
	/* printf '\0001.h' | sha256sum */
	assert_string_equal(b->item.msg.key,
	    "d414cbd5fb0461794e3c0eacda3747c70");
	assert_int_equal(read_all(b), (ssize_t)strlen(MAIL));
	assert_int_equal(next_msg(b), 0);
}

static void
test_vanished(void **state)
{
	struct box *b = *state;
	char *path = mem_fmt("%s/cur/1.h:2,", b->dir);

	put(b, "cur/1.h:2,", MAIL);
	put(b, "cur/2.h:2,", MAIL);
	open_box(b, NULL);
	assert_int_equal(next_msg(b), 1);
	unlink(path);
	free(path);
	assert_int_equal(read_all(b), -1);
	assert_int_equal(b->err.scope, SCOPE_MSG);
	assert_int_equal(b->err.status, EX_NOINPUT);
	assert_int_equal(next_msg(b), 1);
	assert_int_equal(read_all(b), (ssize_t)strlen(MAIL));
}

/* A mail program at work: flags change, new becomes cur. */
static void
test_renamed(void **state)
{
	struct box *b = *state;

	put(b, "cur/1.h:2,", MAIL);
	put(b, "new/2.h", MAIL);
	put(b, "new/3.h", MAIL);
	open_box(b, NULL);
	assert_int_equal(next_msg(b), 1);
	move(b, "cur/1.h:2,", "cur/1.h:2,S"); /* before it is opened */
	move(b, "new/2.h", "cur/2.h:2,F");    /* before it is looked at */
	assert_int_equal(read_all(b), (ssize_t)strlen(MAIL));
	assert_int_equal(next_msg(b), 1);
	assert_int_equal(b->item.msg.flags, MSG_FLAGGED);
	assert_int_equal(read_all(b), (ssize_t)strlen(MAIL));
	assert_int_equal(next_msg(b), 1);
	assert_int_equal(next_msg(b), 0);
}

/* It is in both: moved to cur after new was listed, before cur was. */
static void
test_moved(void **state)
{
	struct box *b = *state;
	char *path = mem_fmt("%s/new/1.h", b->dir);

	put(b, "new/1.h", MAIL);
	put(b, "cur/1.h:2,S", MAIL);
	put(b, "cur/2.h:2,S", MAIL);
	open_box(b, NULL);
	assert_int_equal(next_msg(b), 1);
	assert_int_equal(read_all(b), (ssize_t)strlen(MAIL));
	unlink(path);
	free(path);
	assert_int_equal(next_msg(b), 1);
	assert_non_null(strstr(b->item.msg.source, "2.h"));
	assert_int_equal(next_msg(b), 0);
}

/* Changed while it is read: what was read before is worthless. */
static void
changes_while_read(struct box *b, const char *kind, const char *name,
    off_t size)
{
	char *path = mem_fmt("%s/%s", b->dir, name);
	char block[8];

	put(b, name, MAIL);
	open_box(b, kind);
	assert_int_equal(next_msg(b), 1);
	assert_int_equal(source_read(b->src, block, 8, &b->err), 8);
	assert_int_equal(truncate(path, size), 0);
	assert_int_equal(read_all(b), -1);
	assert_int_equal(b->err.scope, SCOPE_MSG);
	assert_int_not_equal(b->err.status, EX_NOINPUT);
	assert_int_equal(next_msg(b), 0);
	source_close(&b->src);
	unlink(path);
	free(path);
}

static void
test_grows(void **state)
{
	changes_while_read(*state, "maildir", "cur/1.h:2,", 5000);
	changes_while_read(*state, "eml", "1.eml", 5000);
}

static void
test_shrinks(void **state)
{
	changes_while_read(*state, "maildir", "cur/1.h:2,", 10);
	changes_while_read(*state, "eml", "1.eml", 10);
}

static void
test_emlx(void **state)
{
	static const char emlx[] = "37\n" MAIL "<?xml?><plist><key>flags</key>"
				   "<integer>1</integer></plist>\n";
	struct box *b = *state;

	put(b, "x/1.emlx", emlx);
	open_box(b, NULL);
	assert_string_equal(source_kind(b->src), "eml");
	assert_int_equal(strlen(MAIL), 37);
	assert_int_equal(next_msg(b), 1);
	assert_string_equal(b->item.msg.folder, "x");
	assert_int_equal(b->item.msg.flags, MSG_SEEN);
	assert_int_equal(b->item.msg.size, 37);
	/* printf x/1.emlx | sha256sum */
	assert_string_equal(b->item.msg.key,
	    "e1154bfb1ca1c7229638cbdec41619c14");
	assert_int_equal(read_all(b), 37);
	assert_int_equal(next_msg(b), 0);
}

/* More names than a window holds: each once, in order. */
static void
test_listing(void **state)
{
	enum { COUNT = 40000 };
	struct box *b = *state;
	int dirs[LISTING_DIRS] = { -1, -1, -1 };
	struct listing *l;
	struct name n;
	char name[256], last[256] = "";
	int i, at, rc, seen = 0;

	at = open(b->dir, O_RDONLY | O_DIRECTORY);
	for (i = 0; i < COUNT; i++) {
		/* 250 bytes each, not made in order: 10 MB in all */
		snprintf(name, sizeof(name), "%05d%0245d",
		    (int)((int64_t)i * 7919 % COUNT), i);
		rc = openat(at, name, O_CREAT | O_WRONLY, 0600);
		assert_true(rc >= 0);
		close(rc);
	}
	dirs[1] = at;
	l = listing_new(dirs, NULL);
	while ((rc = listing_next(l, &n, &b->err)) == 1) {
		assert_true(strcmp(last, n.s) < 0);
		assert_int_equal(n.where, 1);
		snprintf(last, sizeof(last), "%s", n.s);
		seen++;
	}
	assert_int_equal(rc, 0);
	assert_int_equal(seen, COUNT);
	assert_int_equal(listing_next(l, &n, &b->err), 0);
	listing_free(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_message, setup, teardown),
		cmocka_unit_test_setup_teardown(test_vanished, setup, teardown),
		cmocka_unit_test_setup_teardown(test_renamed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_moved, setup, teardown),
		cmocka_unit_test_setup_teardown(test_grows, setup, teardown),
		cmocka_unit_test_setup_teardown(test_shrinks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_emlx, setup, teardown),
		cmocka_unit_test_setup_teardown(test_listing, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
