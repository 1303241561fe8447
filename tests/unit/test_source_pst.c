/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the parent of a PST child makes of what it hears.  The child is this
 * program run again, as the real one is; it plays what the "PST" says: bytes
 * to send, then how to end.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/io.h"
#include "core/report.h"
#include "core/stop.h"
#include "extract/pst_child.h"
#include "extract/pst_frame.h"
#include "extract/source.h"
#include "formats/pst/reader.h"

enum ending { END_QUIETLY, END_HANGING, END_CRASHING, END_BY_WORDS };

/* ------------------------------------------------------- the false child */

static void
say(enum pst_frame_type type, const struct buf *b)
{
	if (frame_send(PST_CHILD_OUT, type, b->p, b->n) != 0)
		_exit(1);
}

static void
say_open(void)
{
	struct buf b = { 0 };

	frame_put_u32(&b, PST_PROTOCOL);
	frame_put_u32(&b, 0);
	say(PST_HELLO, &b);
	buf_clear(&b);
	frame_put_u32(&b, PST_PHASE_WALK);
	say(PST_PHASE, &b);
	buf_clear(&b);
	frame_put_str(&b, slice_str("key"), 3);
	frame_put_u64(&b, 10);
	frame_put_u32(&b, 0);
	frame_put_u64(&b, 0);
	say(PST_STORE, &b);
	buf_free(&b);
}

/* The one that is started behind a failure says good-bye at once. */
static bool
is_second(void)
{
	struct frames in = { 0 };
	struct frame f;
	bool bad = false;
	size_t cap;
	ssize_t n;

	while (frames_next(&in, &f) == 0) {
		n = read(PST_CHILD_IN, frames_room(&in, &cap), 1000);
		if (n <= 0)
			_exit(1);
		frames_came(&in, (size_t)n);
	}
	frame_u32(&f.payload, &bad);
	frame_u32(&f.payload, &bad);
	frame_u32(&f.payload, &bad);
	frame_u32(&f.payload, &bad);
	frame_u64(&f.payload, &bad);
	return f.type == PST_START &&
	    frame_u32(&f.payload, &bad) != PST_AT_NOTHING;
}

static int
play(void)
{
	static char script[300000];
	ssize_t n = io_pread_full(PST_CHILD_PST, script, sizeof(script), 4);
	struct buf none = { 0 };

	if (is_second()) {
		say_open();
		say(PST_BYE, &none);
		return 0;
	}
	if (n < 2)
		return 1;
	if (script[0] == 'o')
		say_open();
	if (io_write_all(PST_CHILD_OUT, script + 2, (size_t)n - 2) != 0)
		return 1;
	if (script[1] == END_HANGING)
		pause();
	if (script[1] == END_CRASHING)
		raise(SIGSEGV);
	if (script[1] == END_BY_WORDS)
		say(PST_BYE, &none);
	return 0;
}

/* --------------------------------------------------------------- scripts */

static char path[] = "/tmp/postroad-pst-XXXXXX";
static struct report *report;

/* Append a frame to a script. */
static void
put_frame(struct buf *s, enum pst_frame_type type, struct buf *payload)
{
	frame_put_u32(s, (uint32_t)payload->n);
	buf_putc(s, (char)type);
	buf_putc(s, 0);
	buf_puts(s, "PR");
	buf_put(s, payload->p, payload->n);
	buf_clear(payload);
}

static void
put_at(struct buf *s, uint64_t nid, enum pst_at what)
{
	struct buf b = { 0 };

	frame_put_u64(&b, nid);
	frame_put_u32(&b, what);
	frame_put_str(&b, slice_str("INBOX"), 100);
	put_frame(s, PST_AT, &b);
	buf_free(&b);
}

static void
put_item(struct buf *s, uint64_t nid, const char *folder, uint32_t flags,
    const char *keywords)
{
	struct buf b = { 0 };

	frame_put_u64(&b, nid);
	frame_put_str(&b, slice_str(folder), 10000);
	frame_put_u32(&b, flags);
	frame_put_u64(&b, 1400000000);
	frame_put_str(&b, slice_str(keywords), 1000);
	frame_put_str(&b, slice_str("a subject"), 100);
	put_frame(s, PST_ITEM, &b);
	buf_free(&b);
}

/* An item that is no mail. */
static void
put_thing(struct buf *s, uint64_t nid, const char *folder, uint32_t kind)
{
	struct buf b = { 0 };

	frame_put_u64(&b, nid);
	frame_put_str(&b, slice_str(folder), 10000);
	frame_put_u32(&b, kind);
	frame_put_u64(&b, 1400000000);
	frame_put_str(&b, slice_str("IPM.Contact"), 100);
	frame_put_str(&b, slice_str("Jane Doe"), 100);
	put_frame(s, PST_THING, &b);
	buf_free(&b);
}

static void
put_data(struct buf *s, const char *text, uint32_t whole)
{
	struct buf b = { 0 };

	buf_puts(&b, text);
	put_frame(s, PST_DATA, &b);
	frame_put_u64(&b, strlen(text));
	frame_put_u32(&b, whole);
	put_frame(s, PST_END, &b);
	buf_free(&b);
}

/* Open the source over a script; -1 with *err. */
static int
open_script(struct source **src, struct source_spec *spec, bool opened,
    const struct buf *script, enum ending ending, struct err *err)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fprintf(f, "!BDN%c%c", opened ? 'o' : '-', (char)ending);
	if (script->n > 0)
		fwrite(script->p, 1, script->n, f);
	fclose(f);
	report_free(&report);
	report = report_new(STAGE_EXTRACT);
	*spec = (struct source_spec){ .kind = "pst",
		.path = path,
		.item_timeout_s = 1,
		.report = report };
	return source_open(src, spec, err);
}

/* Take everything out of it; what it was in words: "F" a folder, "M" a
 * message read, "T" an item that is no mail, "m" one refused at next, "r" one
 * that broke while read, "." the end, "!" broken for good. */
static const char *
drain(struct source *src, bool want, struct buf *bytes)
{
	static char words[1000];
	struct source_item item;
	struct err err = { 0 };
	char block[1000];
	size_t n = 0;
	ssize_t got;
	int rc;

	while (n < sizeof(words) - 2) {
		rc = source_next(src, &item, &err);
		if (rc == 0) {
			words[n++] = '.';
			break;
		}
		if (rc < 0 && err.scope >= SCOPE_STORE) {
			words[n++] = '!';
			break;
		}
		if (rc < 0) {
			words[n++] = 'm';
			assert_non_null(item.msg.key);
			continue;
		}
		words[n++] = item.what == SOURCE_FOLDER ? 'F'
		    : item.what == SOURCE_ITEM		? 'T'
							: 'M';
		if (item.what == SOURCE_ITEM) {
			assert_int_equal(item.kind, KIND_CONTACT);
			assert_string_equal(item.class, "IPM.Contact");
			assert_string_equal(item.subject, "Jane Doe");
			assert_string_equal(item.msg.folder, "Contacts");
			assert_int_equal(item.msg.received, 1400000000);
		}
		if (item.what == SOURCE_FOLDER || !want)
			continue;
		while ((got = source_read(src, block, sizeof(block), &err)) > 0)
			buf_put(bytes, block, (size_t)got);
		if (got < 0)
			words[n - 1] = 'r';
	}
	words[n] = '\0';
	return words;
}

static void
check(const struct buf *script, enum ending ending, const char *want,
    const char *want_skipping)
{
	struct source_spec spec;
	struct source *src;
	struct err err = { 0 };
	struct buf bytes = { 0 };

	assert_int_equal(open_script(&src, &spec, true, script, ending, &err),
	    0);
	assert_string_equal(source_identity(src), "6b6579");
	assert_string_equal(drain(src, true, &bytes), want);
	source_close(&src);
	assert_int_equal(open_script(&src, &spec, true, script, ending, &err),
	    0);
	assert_string_equal(drain(src, false, &bytes), want_skipping);
	source_close(&src);
	buf_free(&bytes);
}

/* ----------------------------------------------------------------- tests */

static void
test_good(void **state)
{
	struct source_spec spec;
	struct source *src;
	struct err err = { 0 };
	struct buf s = { 0 }, b = { 0 }, bytes = { 0 };

	(void)state;
	put_at(&s, 0x8022, PST_AT_FOLDER);
	frame_put_u64(&b, 0x8022);
	frame_put_str(&b, slice_str("INBOX"), 10);
	frame_put_str(&b, slice_str(""), 10);
	frame_put_str(&b, slice_str("\\Sent"), 10);
	put_frame(&s, PST_FOLDER, &b);
	put_at(&s, 0x200024, PST_AT_MESSAGE);
	put_item(&s, 0x200024, "INBOX", 32, "one two");
	put_data(&s, "bytes", 1);
	put_at(&s, 0x200044, PST_AT_MESSAGE);
	frame_put_str(&b, slice_str("IPM.Contact"), 100);
	put_frame(&s, PST_OTHER, &b);
	put_at(&s, 0x200064, PST_AT_MESSAGE);
	put_thing(&s, 0x200064, "Contacts", KIND_CONTACT);
	put_data(&s, "", 1);
	check(&s, END_BY_WORDS, "FMT.", "FMT.");

	assert_int_equal(open_script(&src, &spec, true, &s, END_BY_WORDS, &err),
	    0);
	drain(src, true, &bytes);
	assert_true(slice_is(buf_slice(&bytes), "bytes"));
	source_close(&src);
	buf_free(&s);
	buf_free(&b);
	buf_free(&bytes);
}

/* A child that dies costs what it was at, and nothing else. */
static void
test_deaths(void **state)
{
	struct buf s = { 0 };
	enum ending e;

	(void)state;
	put_at(&s, 0x200024, PST_AT_MESSAGE);
	check(&s, END_HANGING, "m.", "m.");
	for (e = END_QUIETLY; e <= END_CRASHING; e += 2) {
		buf_clear(&s);
		check(&s, e, ".", "."); /* between items */
		put_at(&s, 0x200024, PST_AT_MESSAGE);
		check(&s, e, "m.", "m.");
		put_item(&s, 0x200024, "INBOX", 0, "");
		check(&s, e, "r.", "M.");
		put_data(&s, "x", 1);
		check(&s, e, "M.", "M."); /* behind an item */
		put_at(&s, 0x8022, PST_AT_FOLDER);
		check(&s, e, "M.", "M.");
	}
	buf_free(&s);
}

/* Words in the wrong place or with wrong contents are a dead child's. */
static void
test_nonsense(void **state)
{
	static const struct {
		const char *folder, *keywords;
		uint32_t flags;
	} rows[] = {
		{ "../x", "", 0 },
		{ "", "", 0 },
		{ "/x", "", 0 },
		{ "a//b", "", 0 },
		{ "cur", "", 0 },
		{ "a/./b", "", 0 },
		{ "INBOX", "b a", 0 },
		{ "INBOX", "a  b", 0 },
		{ "INBOX", "bad(word", 0 },
		{ "INBOX", "$Forwarded", 0 },
		{ "INBOX", "", 1u << 31 },
		{ "INBOX", "", 2 },
	};
	struct buf s = { 0 }, b = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_clear(&s);
		put_at(&s, 0x200024, PST_AT_MESSAGE);
		put_item(&s, 0x200024, rows[i].folder, rows[i].flags,
		    rows[i].keywords);
		put_data(&s, "x", 1);
		check(&s, END_BY_WORDS, "m.", "m.");
	}
	buf_clear(&s);
	put_item(&s, 0x200024, "INBOX", 0, ""); /* never announced */
	check(&s, END_BY_WORDS, ".", ".");
	buf_clear(&s);
	put_at(&s, 0x200024, PST_AT_MESSAGE);
	put_item(&s, 0x200044, "INBOX", 0, ""); /* another was */
	check(&s, END_BY_WORDS, "m.", "m.");
	buf_clear(&s);
	put_thing(&s, 0x200024, "Contacts", KIND_CONTACT); /* likewise */
	check(&s, END_BY_WORDS, ".", ".");
	for (i = 0; i < 3; i++) {
		buf_clear(&s);
		put_at(&s, 0x200024, PST_AT_MESSAGE);
		put_thing(&s, 0x200024, i == 0 ? "../x" : "Contacts",
		    i == 0	 ? KIND_CONTACT
			: i == 1 ? KIND_MAIL
				 : ITEM_KINDS);
		put_data(&s, "x", 1);
		check(&s, END_BY_WORDS, "m.", "m.");
	}
	buf_clear(&s);
	put_data(&s, "x", 1); /* of no item */
	check(&s, END_BY_WORDS, ".", ".");
	buf_clear(&s);
	put_at(&s, 0x200024, PST_AT_MESSAGE);
	put_item(&s, 0x200024, "INBOX", 0, "");
	put_data(&s, "x", 0); /* not whole */
	check(&s, END_BY_WORDS, "r.", "M.");
	buf_clear(&s);
	frame_put_u64(&b, 1);
	put_frame(&s, PST_FOLDER, &b); /* cut short */
	check(&s, END_BY_WORDS, ".", ".");
	buf_clear(&s);
	put_frame(&s, PST_START, &b); /* not its word */
	check(&s, END_BY_WORDS, ".", ".");
	buf_free(&s);
	buf_free(&b);
}

/* What is no frame at all, before and after the store was opened. */
static void
test_garbage(void **state)
{
	struct source_spec spec;
	struct source *src;
	struct err err = { 0 };
	struct buf s = { 0 };
	uint32_t seed = 1;
	int round, i;

	(void)state;
	for (round = 0; round < 20; round++) {
		buf_clear(&s);
		for (i = 0; i < 200; i++) {
			seed = seed * 1103515245 + 12345;
			buf_putc(&s, (char)(seed >> 16));
		}
		if (round % 2 == 0) /* a good header, a length that lies */
			memcpy(s.p, "\xff\x00\x00\x00\x05\x00PR", 8);
		err_clear(&err);
		assert_int_equal(
		    open_script(&src, &spec, false, &s, END_QUIETLY, &err), -1);
		assert_int_equal(err.status, EX_DATAERR);
		check(&s, END_QUIETLY, ".", ".");
	}
	buf_free(&s);
}

/* A script that is right but for a few bytes: never a crash, never a hang,
 * and it ends. */
static void
test_mutations(void **state)
{
	struct source_spec spec;
	struct source *src;
	struct err err = { 0 };
	struct buf good = { 0 }, s = { 0 }, bytes = { 0 };
	const char *words;
	uint32_t seed = 7;
	int round, i;

	(void)state;
	for (i = 0; i < 5; i++) {
		put_at(&good, 0x200024 + 32 * (uint64_t)i, PST_AT_MESSAGE);
		put_item(&good, 0x200024 + 32 * (uint64_t)i, "INBOX/x", 32,
		    "a b");
		put_data(&good, "some bytes", 1);
	}
	for (round = 0; round < 100; round++) {
		buf_clear(&s);
		buf_put(&s, good.p, good.n);
		for (i = 0; i <= round % 3; i++) {
			seed = seed * 1103515245 + 12345;
			s.p[(seed >> 8) % s.n] ^= (char)(1 << (seed >> 4) % 8);
		}
		err_clear(&err);
		assert_int_equal(
		    open_script(&src, &spec, true, &s, END_BY_WORDS, &err), 0);
		words = drain(src, round % 2, &bytes);
		assert_int_equal(words[strlen(words) - 1], '.');
		source_close(&src);
	}
	buf_free(&good);
	buf_free(&s);
	buf_free(&bytes);
}

static void
test_early(void **state)
{
	struct source_spec spec;
	struct source *src;
	struct err err = { 0 };
	struct buf s = { 0 }, b = { 0 };
	enum ending e;

	(void)state;
	for (e = END_QUIETLY; e <= END_CRASHING; e += 2) {
		assert_int_equal(open_script(&src, &spec, false, &s, e, &err),
		    -1);
		assert_int_equal(err.status, EX_DATAERR);
		assert_non_null(strstr(err.text, "nothing can be read"));
	}
	frame_put_str(&b, slice_str("it is \x1b[2Jbroken"), 100);
	put_frame(&s, PST_FAIL, &b);
	assert_int_equal(open_script(&src, &spec, false, &s, END_QUIETLY, &err),
	    -1);
	assert_int_equal(err.status, EX_DATAERR);
	assert_non_null(strstr(err.text, "it is \\x1b[2Jbroken"));
	buf_free(&s);
	buf_free(&b);
}

static int
set_up(void **state)
{
	(void)state;
	return mkstemp(path) < 0;
}

static int
tear_down(void **state)
{
	(void)state;
	report_free(&report);
	return unlink(path);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_deaths),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_mutations),
		cmocka_unit_test(test_early),
	};

	if (argc == 2 && strcmp(argv[1], PST_CHILD_ARG) == 0)
		return play();
	stop_install(); /* a broken pipe is an error, not the end */
	return cmocka_run_group_tests_name("source_pst", tests, set_up,
	    tear_down);
}
