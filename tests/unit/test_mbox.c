/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where messages begin and end, what is unquoted, and that what was written
 * into an mbox comes out of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/buf.h"
#include "core/io.h"
#include "formats/mbox.h"

#define P  "From a@example.org Tue Jan  7 12:09:16 2003\n"
#define PC "From a@example.org Tue Jan  7 12:09:16 2003\r\n"
#define PR "From a@example.org Tue Jan  7 12:09:16 2003\r"
#define G  "From 162@xxx Tue Mar 19 09:13:51 +0000 2019\n"
#define T  "From - Tue Jan  7 12:09:16 2003\n"
#define M  "From a at example.org  Tue Jan  7 12:09:16 2003\n"
#define H  "Subject: x\n"
#define HC "Subject: x\r\n"

/* Messages are given as "<bytes>", stray text as "!bytes!". */
static const struct {
	const char *file;
	enum mbox_dialect want, is;
	const char *out;
} rows[] = {
	{ "", 0, MBOX_RD, "" },
	{ "\n\n\n", 0, MBOX_RD, "" },
	{ P, 0, MBOX_RD, "<>" },
	{ P H "\nb\n", 0, MBOX_RD, "<" H "\nb\n>" },
	{ P H "\nb\n\n", 0, MBOX_RD, "<" H "\nb\n>" },
	{ P H "\nb\n\n\n", 0, MBOX_RD, "<" H "\nb\n\n>" },
	{ "\n\n" P H "\nb\n", 0, MBOX_RD, "<" H "\nb\n>" },
	{ "\xef\xbb\xbf" P H "\nb\n", 0, MBOX_RD, "<" H "\nb\n>" },
	{ P H "\nb\n\n" P H "\nc\n\n", 0, MBOX_RD, "<" H "\nb\n><" H "\nc\n>" },
	{ PC HC "\r\nb\r\n\r\n" PC HC "\r\nc\r\n\r\n", 0, MBOX_RD,
	    "<" HC "\r\nb\r\n><" HC "\r\nc\r\n>" },
	/* a postmark needs a blank line before it or a header behind it */
	{ P H "\nb\n" P "c\n", 0, MBOX_RD, "<" H "\nb\n" P "c\n>" },
	{ P H "\nb\n\n" P "c\n", 0, MBOX_RD, "<" H "\nb\n><c\n>" },
	{ P H "\nb\n\nFrom here on\n" H, 0, MBOX_RD,
	    "<" H "\nb\n\nFrom here on\n" H ">" },
	/* without blank lines between messages, they are the messages' own */
	{ P H "\nb\n" P H "\nc\n\n" P H "\nd\n" P H "\ne\n\n", 0, MBOX_RD,
	    "<" H "\nb\n><" H "\nc\n\n><" H "\nd\n><" H "\ne\n\n>" },
	{ P H "\nb\n\n" P H "\nc\n" P H "\nd\n\n", 0, MBOX_RD,
	    "<" H "\nb\n><" H "\nc\n><" H "\nd\n>" },
	/* a postmark and nothing */
	{ P P H "\nc\n", 0, MBOX_RD, "<><" H "\nc\n>" },
	{ P "\n" P H "\nc\n", 0, MBOX_RD, "<><" H "\nc\n>" },
	/* what stands before the first one is no message */
	{ "stray\n\n" P H "\nb\n", 0, MBOX_RD, "!stray\n\n!<" H "\nb\n>" },
	{ "stray\n", 0, MBOX_RD, "!stray\n!" },
	{ "From nobody\n" H "\nb\n", 0, MBOX_RD, "<" H "\nb\n>" },
	{ "From nobody\nb\n", 0, MBOX_RD, "!From nobody\nb\n!" },
	/* quoting */
	{ P H "\n>From b\n>>From c\n > From d\n> From e\n>>\n>From\n", 0,
	    MBOX_RD,
	    "<" H "\nFrom b\n>From c\n > From d\n> From e\n>>\n>From\n>" },
	{ P H "\n>From b\n>>From c\n", MBOX_O, MBOX_O,
	    "<" H "\nFrom b\n>>From c\n>" },
	{ P H "\n>From b\n>>From c\n", MBOX_CL, MBOX_CL,
	    "<" H "\n>From b\n>>From c\n>" },
	{ P H "\n>From b\n>>From c\n", MBOX_CL2, MBOX_CL2,
	    "<" H "\n>From b\n>>From c\n>" },
	{ P H "\n>From ", 0, MBOX_RD, "<" H "\nFrom >" },
	{ P H "\n>Fro", 0, MBOX_RD, "<" H "\n>Fro>" },
	{ P H "\n>\n>>From b\n>", 0, MBOX_RD, "<" H "\n>\n>From b\n>>" },
	{ P H ">From b\n\n>From c\n", 0, MBOX_RD,
	    "<" H ">From b\n\nFrom c\n>" },
	{ PC HC "\r\n>From b\r\n", 0, MBOX_RD, "<" HC "\r\nFrom b\r\n>" },
	{ P "\n>From b\n", 0, MBOX_RD, "<\nFrom b\n>" },
	/* who wrote it */
	{ T H "\n>From b\n>>From c\n", 0, MBOX_O,
	    "<" H "\nFrom b\n>>From c\n>" },
	{ M H "\n>From b\n>>From c\n", 0, MBOX_O,
	    "<" H "\nFrom b\n>>From c\n>" },
	{ G "X-GM-THRID: 1\n\n>From b\n>>From c\n", 0, MBOX_RD,
	    "<X-GM-THRID: 1\n\nFrom b\n>From c\n>" },
	/* Content-Length that is true, and says what the lines do not */
	{ P "Content-Length: 61\n\nb\n\n" P H "\nc\n\n" P
	    "Content-Length: 2\n\nd\n\n",
	    0, MBOX_CL2,
	    "<Content-Length: 61\n\nb\n\n" P H "\nc\n>"
	    "<Content-Length: 2\n\nd\n>" },
	{ P "Content-Length: 50\n\nb\n\n" P H "\nc\n\n" P
	    "Content-Length: 7\n\nd\n\n",
	    0, MBOX_RD,
	    "<Content-Length: 50\n\nb\n><" H "\nc\n>"
	    "<Content-Length: 7\n\nd\n>" },
	{ P "Content-Length: 61\n\nb\n\n" P H "\nc\n\n" P
	    "Content-Length: 2\n\nd\n\n",
	    MBOX_RD, MBOX_RD,
	    "<Content-Length: 61\n\nb\n><" H "\nc\n>"
	    "<Content-Length: 2\n\nd\n>" },
	{ P "Content-Length: 18446744073709551615\n\nb\n\n" P H "\nc\n", 0,
	    MBOX_RD,
	    "<Content-Length: 18446744073709551615\n\nb\n><" H "\nc\n>" },
	{ P "Content-Length: -1\n\nb\n", 0, MBOX_RD,
	    "<Content-Length: -1\n\nb\n>" },
	/* lone CRs */
	{ PR "Subject: x\r\rb\r\r" PR "Subject: y\r\r>From c\r", 0, MBOX_RD,
	    "<Subject: x\n\nb\n><Subject: y\n\nFrom c\n>" },
};

static int
file_of(struct slice s)
{
	int fd = memfd_create("mbox", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(io_write_all(fd, s.p, s.n), 0);
	return fd;
}

static struct mbox *
open_mbox(int fd, enum mbox_dialect want)
{
	struct err err = { 0 };
	struct mbox *m;

	if (mbox_open(&m, fd, want, &err) < 0)
		fail_msg("%s", err.text);
	return m;
}

static void
put_message(struct mbox *m, const struct mbox_item *it, struct buf *out)
{
	struct err err = { 0 };
	const char *p;
	ssize_t n;

	if (it->stray) {
		n = mbox_raw(m, 0, &p, &err);
		assert_int_equal(n, it->size);
		buf_put(out, p, (size_t)n);
		return;
	}
	while ((n = mbox_read(m, buf_room(out, 100), 100, &err)) > 0)
		out->n += (size_t)n;
	assert_int_equal(n, 0);
}

static void
test_rows(void **state)
{
	struct mbox_item it;
	struct err err = { 0 };
	struct buf out = { 0 };
	struct mbox *m;
	size_t i;
	int fd;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fd = file_of(slice_str(rows[i].file));
		m = open_mbox(fd, rows[i].want);
		buf_clear(&out);
		while (mbox_next(m, &it, &err) > 0) {
			buf_putc(&out, it.stray ? '!' : '<');
			put_message(m, &it, &out);
			buf_putc(&out, it.stray ? '!' : '>');
		}
		if (strcmp(buf_str(&out), rows[i].out) != 0)
			fail_msg("row %zu (%s): %s", i,
			    mbox_dialect_name(mbox_dialect(m)), buf_str(&out));
		if (mbox_dialect(m) != rows[i].is)
			fail_msg("row %zu: %s", i,
			    mbox_dialect_name(mbox_dialect(m)));
		mbox_close(&m);
		close(fd);
	}
	buf_free(&out);
}

static void
test_item(void **state)
{
	static const char file[] =
	    T H "\nb\n\n" P "Content-Type: multipart/mixed; boundary=x\n\n--x\n"
		"Content-Type: message/rfc822\n\n" P H "\nlast";
	struct err err = { 0 };
	struct mbox_item it;
	const char *p;
	struct mbox *m;
	int fd = file_of(slice_str(file));

	(void)state;
	m = open_mbox(fd, MBOX_BY_EVIDENCE);
	assert_int_equal(mbox_next(m, &it, &err), 1);
	assert_int_equal(it.offset, 0);
	assert_int_equal(it.date, 1041941356);
	assert_true(!it.cut && !it.embedded && !it.quoted && !it.stray);
	assert_int_equal(it.size, strlen(H "\nb\n"));
	assert_int_equal(mbox_raw(m, 3, &p, &err), it.size - 3);
	assert_memory_equal(p, H + 3, 5);
	assert_int_equal(mbox_raw(m, it.size, &p, &err), 0);
	assert_int_equal(mbox_next(m, &it, &err), 1);
	assert_int_equal(it.offset, strlen(T H "\nb\n\n"));
	assert_true(!it.cut && !it.embedded);
	assert_int_equal(mbox_next(m, &it, &err), 1);
	assert_true(it.cut && it.embedded);
	assert_int_equal(mbox_next(m, &it, &err), 0);
	assert_int_equal(mbox_done(m), sizeof(file) - 1);
	mbox_close(&m);
	close(fd);
}

/* Blank lines before the first postmark, more than are read at once. */
static void
test_blank_start(void **state)
{
	struct err err = { 0 };
	struct mbox_item it;
	struct buf file = { 0 };
	struct mbox *m;
	size_t blank;
	int fd;

	(void)state;
	for (blank = 262100; blank < 262160; blank++) {
		buf_clear(&file);
		memset(buf_room(&file, blank), '\n', blank);
		file.n = blank;
		buf_puts(&file, P H "\nb\n");
		fd = file_of(buf_slice(&file));
		m = open_mbox(fd, MBOX_BY_EVIDENCE);
		assert_int_equal(mbox_next(m, &it, &err), 1);
		assert_int_equal(it.offset, blank);
		assert_false(it.stray);
		assert_int_equal(it.size, strlen(H "\nb\n"));
		assert_int_equal(mbox_next(m, &it, &err), 0);
		mbox_close(&m);
		close(fd);
	}
	buf_free(&file);
}

static void
test_cut_length(void **state)
{
	static const char file[] =
	    P "Content-Length: 2\n\nb\n\n" P "Content-Length: 2\n\nc\n\n" P
	      "Content-Length: 2\n\nd\n\n" P
	      "Content-Length: 99\n\nmore was to\n";
	struct err err = { 0 };
	struct mbox_item it;
	struct mbox *m;
	int fd = file_of(slice_str(file)), i;

	(void)state;
	m = open_mbox(fd, MBOX_BY_EVIDENCE);
	for (i = 0; i < 4; i++) {
		assert_int_equal(mbox_next(m, &it, &err), 1);
		assert_int_equal(it.cut, i == 3);
	}
	mbox_close(&m);
	close(fd);
}

static void
test_probe(void **state)
{
	(void)state;
	assert_true(mbox_probe(slice_str(P H)) > 80);
	assert_true(mbox_probe(slice_str("\r\n\n" PC HC)) > 80);
	assert_true(mbox_probe(slice_str("\xef\xbb\xbf" P H)) > 80);
	assert_true(mbox_probe(slice_str(PR "Subject: x\r")) > 80);
	assert_true(mbox_probe(slice_str(P)) > 0);
	assert_true(mbox_probe(slice_str("From nobody\n" H)) > 80);
	assert_int_equal(mbox_probe(slice_str("")), 0);
	assert_int_equal(mbox_probe(slice_str("From nobody\nx")), 0);
	assert_int_equal(mbox_probe(slice_str(H P H)), 0);
	assert_int_equal(mbox_probe(slice_str("x\n" P H)), 0);
}

/* ------------------------------------------- written, and read again */

static uint32_t seed = 1;

static uint32_t
chance(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

/* Lines as they trouble readers; the body ends with a line end. */
static void
make_message(struct buf *out, size_t size, const char *eol)
{
	static const char *const lines[] = { "", "From here on", ">From x",
		">>>From ", "From a@example.org Tue Jan  7 12:09:16 2003", ">",
		"Subject: in a body", "a line of text", "From", ">Fromage",
		"--x", "F" };

	buf_putf(out, "Subject: %u%sX-Size: %zu%s%s", chance(1000000), eol,
	    size, eol, eol);
	do {
		buf_putf(out, "%s%s",
		    lines[chance(sizeof(lines) / sizeof(lines[0]))], eol);
		while (chance(4) == 0)
			buf_putf(out, "%060u%s", chance(1000), eol);
	} while (out->n < size);
}

/* As the dialect has it; body lines only. */
static void
write_quoted(struct buf *out, struct slice msg, enum mbox_dialect d)
{
	struct slice line;
	bool body = false;
	size_t q;

	while (slice_next_line(&msg, &line)) {
		for (q = 0; q < line.n && line.p[q] == '>'; q++)
			;
		if (body && slice_starts(slice_from(line, q), "From ") &&
		    (d == MBOX_RD || (d == MBOX_O && q == 0)))
			buf_putc(out, '>');
		buf_put(out, line.p, line.n);
		body = body || slice_trim(line).n == 0;
	}
}

/* A Content-Length for the dialects that have one, behind the subject. */
static void
add_length(struct buf *msg, const char *eol)
{
	struct buf with = { 0 };
	const char *at = strstr(msg->p, "X-Size"),
		   *body = strstr(at, eol) + strlen(eol);

	buf_put(&with, msg->p, (size_t)(at - msg->p));
	buf_putf(&with, "Content-Length: %zu%s",
	    (size_t)(msg->p + msg->n - body) - strlen(eol), eol);
	buf_put(&with, at, (size_t)(msg->p + msg->n - at));
	buf_free(msg);
	*msg = with;
}

static const struct {
	enum mbox_dialect d;
	const char *eol;
	unsigned messages;
	size_t biggest;
} trips[] = {
	{ MBOX_RD, "\n", 300, 3000 },
	{ MBOX_RD, "\r\n", 300, 3000 },
	{ MBOX_CL2, "\n", 300, 3000 },
	{ MBOX_CL2, "\r\n", 300, 3000 },
	{ MBOX_RD, "\n", 40, 400000 },
	{ MBOX_RD, "\n", 7, 5000000 }, /* more than the window holds */
	{ MBOX_CL2, "\n", 7, 5000000 },
};

static void
check_trip(const struct buf *file, const struct buf *msgs, unsigned n,
    enum mbox_dialect is)
{
	struct err err = { 0 };
	struct mbox_item it;
	struct buf got = { 0 };
	int fd = file_of(buf_slice(file));
	struct mbox *m = open_mbox(fd, MBOX_BY_EVIDENCE);
	unsigned i;

	for (i = 0; i < n; i++) {
		assert_int_equal(mbox_next(m, &it, &err), 1);
		buf_clear(&got);
		put_message(m, &it, &got);
		if (!slice_eq(buf_slice(&got), buf_slice(&msgs[i])))
			fail_msg("message %u of %s at %llu: %zu bytes, not "
				 "%zu",
			    i, mbox_dialect_name(mbox_dialect(m)),
			    (unsigned long long)it.offset, got.n, msgs[i].n);
	}
	assert_int_equal(mbox_next(m, &it, &err), 0);
	assert_int_equal(mbox_dialect(m), is);
	mbox_close(&m);
	close(fd);
	buf_free(&got);
}

static void
test_trips(void **state)
{
	struct buf *msgs, file = { 0 };
	unsigned i, k;

	(void)state;
	for (i = 0; i < sizeof(trips) / sizeof(trips[0]); i++) {
		msgs = calloc(trips[i].messages, sizeof(*msgs));
		assert_non_null(msgs);
		buf_clear(&file);
		for (k = 0; k < trips[i].messages; k++) {
			make_message(&msgs[k],
			    chance((uint32_t)trips[i].biggest), trips[i].eol);
			if (trips[i].d == MBOX_CL2)
				add_length(&msgs[k], trips[i].eol);
			buf_putf(&file,
			    "From u%u@example.org Tue Jan  7 12:09:16 "
			    "2003%s",
			    k, trips[i].eol);
			write_quoted(&file, buf_slice(&msgs[k]), trips[i].d);
			buf_puts(&file, trips[i].eol);
		}
		check_trip(&file, msgs, trips[i].messages, trips[i].d);
		for (k = 0; k < trips[i].messages; k++)
			buf_free(&msgs[k]);
		free(msgs);
	}
	buf_free(&file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_item),
		cmocka_unit_test(test_blank_start),
		cmocka_unit_test(test_cut_length),
		cmocka_unit_test(test_probe),
		cmocka_unit_test(test_trips),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
