/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages taken apart: encodings undone, parts found, what is a body. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/io.h"
#include "formats/mime_build.h"
#include "formats/mime_scan.h"
#include "formats/mime_take.h"

static int
file_of(const void *data, size_t n)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(io_write_all(fd, data, n), 0);
	return fd;
}

static int
gather(void *arg, const void *data, size_t len, struct err *err)
{
	(void)err;
	buf_put(arg, data, len);
	return 0;
}

/* ------------------------------------------------------ transfer encodings */

/* Expected: RFC 2045 6.7 and 6.8 read by hand, for what is broken as mail
 * programs do. */
static const struct {
	const char *name;
	enum span_how how;
	const char *in, *out;
} encodings[] = {
	{ "base64", SPAN_BASE64, "QUJDREVG\r\nR0g=\r\n", "ABCDEFGH" },
	{ "base64: two digits", SPAN_BASE64, "QQ==", "A" },
	{ "base64: no padding", SPAN_BASE64, "QUI", "AB" },
	{ "base64: one digit is none", SPAN_BASE64, "QUJDR", "ABC" },
	{ "base64: foreign bytes", SPAN_BASE64, "QU !?JD\tRA==", "ABCD" },
	{ "base64: text behind it", SPAN_BASE64, "QUI=\r\n\r\nnot this", "AB" },
	{ "base64: early padding", SPAN_BASE64, "=QUJD", "ABC" },
	{ "base64: nothing", SPAN_BASE64, "", "" },
	{ "qp", SPAN_QP, "a=3Db=\r\nc =E4\r\n", "a=bc \xe4\r\n" },
	{ "qp: lower case", SPAN_QP, "=e4=3d", "\xe4=" },
	{ "qp: blanks behind a soft break", SPAN_QP, "a= \t\r\nb", "ab" },
	{ "qp: LF", SPAN_QP, "a=\nb\n", "ab\n" },
	{ "qp: no code", SPAN_QP, "a=xy=4", "a=xy=4" },
	{ "qp: = at the end", SPAN_QP, "a=", "a=" },
	{ "qp: two of them", SPAN_QP, "==41", "=A" },
	{ "uu", SPAN_UU, "begin 644 a\r\n#0V%T\r\n`\r\nend\r\n", "Cat" },
	{ "uu: blanks gone", SPAN_UU, "begin 644 a\n#0V$\n`\nend\n", "Ca\0" },
	{ "raw", SPAN_RAW, "=41\r\n", "=41\r\n" },
};

static void
test_encodings(void **state)
{
	struct err err = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++) {
		struct buf got = { 0 };
		struct item_sink to = { gather, &got };
		size_t n = strlen(encodings[i].in);
		int fd = file_of(encodings[i].in, n);
		struct span s = { encodings[i].how, 0, n };
		size_t want = strlen(encodings[i].out);

		if (strcmp(encodings[i].name, "uu: blanks gone") == 0)
			want = 3;
		assert_int_equal(span_copy(fd, &s, &to, &err), 1);
		if (got.n != want ||
		    memcmp(buf_str(&got), encodings[i].out, want) != 0)
			fail_msg("%s: '%s'", encodings[i].name, buf_str(&got));
		assert_true(span_size(&s) >= got.n);
		buf_free(&got);
		close(fd);
	}
}

/* Cut anywhere by blocks: the same. */
static void
test_long_base64(void **state)
{
	struct buf in = { 0 }, got = { 0 };
	struct item_sink to = { gather, &got };
	struct err err = { 0 };
	struct span s = { .how = SPAN_BASE64 };
	size_t i;
	int fd;

	(void)state;
	for (i = 0; i < 10000; i++)
		buf_puts(&in, i % 7 == 0 ? "QUJDREVGR0hJ\r\n" : "QUJDREVGR0hJ");
	fd = file_of(in.p, in.n);
	s.n = in.n;
	assert_int_equal(span_copy(fd, &s, &to, &err), 1);
	assert_int_equal(got.n, 90000);
	for (i = 0; i < got.n; i++)
		assert_int_equal(got.p[i], 'A' + (int)(i % 9));
	close(fd);
	buf_free(&in);
	buf_free(&got);
}

/* ------------------------------------------------------------------- parts */

struct taking {
	struct arena a;
	struct buf blob;
	struct taken_files files;
	struct taken *t;
};

static int
take(struct taking *k, const char *text, struct err *err)
{
	struct item_sink sink = { gather, &k->blob };
	size_t n = strlen(text);
	int rc;

	memset(k, 0, sizeof(*k));
	k->files.message = file_of(text, n);
	k->files.message_size = n;
	rc = mime_take(k->files.message, &sink, &k->a, &k->t, err);
	k->files.blob_bytes = buf_str(&k->blob);
	k->files.blob_size = k->blob.n;
	if (rc == 0)
		taken_wire(k->t, &k->files);
	return rc;
}

static void
done(struct taking *k)
{
	close(k->files.message);
	arena_free(&k->a);
	buf_free(&k->blob);
}

static void
assert_slice(struct slice s, const char *want)
{
	if (!slice_is(s, want))
		fail_msg("'%.*s', not '%s'", (int)s.n, s.p, want);
}

static void
assert_stream(const struct item_stream *s, const char *want)
{
	struct buf got = { 0 };
	struct item_sink to = { gather, &got };
	struct err err = { 0 };

	if (want == NULL) {
		assert_null(s->copy);
		return;
	}
	assert_non_null(s->copy);
	assert_int_equal(s->copy(s->arg, &to, &err), 1);
	assert_string_equal(buf_str(&got), want);
	buf_free(&got);
}

/* What each message has for bodies, and its attachments' types. */
static const struct {
	const char *name, *in, *plain, *html, *types;
} messages[] = {
	{ "no header at all", "just text, no colon\r\n",
	    "just text, no colon\r\n", NULL, "" },
	{ "only a header", "Subject: x\r\n", "", NULL, "" },
	{ "empty", "", "", NULL, "" },
	{ "Latin-1", "Content-Type: text/plain; charset=iso-8859-1\r\n\r\n\xe4",
	    "\xc3\xa4", NULL, "" },
	{ "8 bit without a charset, UTF-8", "A: b\r\n\r\n\xc3\xa4", "\xc3\xa4",
	    NULL, "" },
	{ "8 bit without a charset, not UTF-8", "A: b\r\n\r\n\x93",
	    "\xe2\x80\x9c", NULL, "" },
	{ "a charset that nobody knows",
	    "Content-Type: text/plain; charset=x-none\r\n\r\n\xc3\xa4",
	    "\xc3\xa4", NULL, "" },
	{ "HTML alone", "Content-Type: text/html\r\n\r\n<p>", NULL, "<p>", "" },
	{ "a type that is none", "Content-Type: text\r\n\r\nx", "x", NULL, "" },
	{ "an image alone", "Content-Type: image/png\r\n\r\nx", NULL, NULL,
	    "image/png" },
	{ "alternatives",
	    "Content-Type: multipart/alternative; boundary=b\r\n\r\n"
	    "--b\r\n\r\nplain\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>"
	    "\r\n--b\r\nContent-Type: text/calendar\r\n\r\nBEGIN\r\n--b--\r\n",
	    "plain", "<p>", "text/calendar" },
	{ "a footer is no alternative",
	    "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
	    "--b\r\nContent-Type: text/html\r\n\r\n<p>\r\n"
	    "--b\r\n\r\nfooter\r\n--b--\r\n",
	    NULL, "<p>", "text/plain" },
	{ "related, by its start",
	    "Content-Type: multipart/related; boundary=b; start=\"<r>\"\r\n"
	    "\r\n--b\r\nContent-Type: image/png\r\n\r\nx\r\n--b\r\n"
	    "Content-Type: text/html\r\nContent-ID: <r>\r\n\r\n<p>\r\n"
	    "--b--\r\n",
	    NULL, "<p>", "image/png" },
	{ "an attached text is no body",
	    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
	    "Content-Disposition: attachment; filename=a.txt\r\n\r\na\r\n"
	    "--b\r\n\r\nbody\r\n--b--\r\n",
	    "body", NULL, "text/plain" },
	{ "never closed",
	    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none",
	    "one", NULL, "" },
	{ "an inner one ended by the outer's boundary",
	    "Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n"
	    "Content-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\nin"
	    "\r\n--o\r\nContent-Type: image/png\r\n\r\nx\r\n--o--\r\n",
	    "in", NULL, "image/png" },
	{ "a boundary that never comes",
	    "Content-Type: multipart/mixed; boundary=b\r\n\r\nall text\r\n",
	    "all text\r\n", NULL, "" },
	{ "a longer line is no boundary",
	    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n"
	    "a\r\n--bb\r\n--b--\r\n",
	    "a\r\n--bb", NULL, "" },
	{ "a header line that is none",
	    "Content-Type: text/plain\r\nno field\r\n\r\nx",
	    "no field\r\n\r\nx", NULL, "" },
	{ "LF",
	    "Content-Type: multipart/mixed; boundary=b\n\n--b\n\na\n--b--\n",
	    "a", NULL, "" },
	{ "signed",
	    "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\na\r\n"
	    "--b\r\nContent-Type: application/pkcs7-signature\r\n\r\nx\r\n"
	    "--b--\r\n",
	    "a", NULL, "multipart/signed" },
	{ "encrypted", "Content-Type: application/pkcs7-mime\r\n\r\nx", NULL,
	    NULL, "application/pkcs7-mime" },
	{ "a message that is encoded",
	    "Content-Type: message/rfc822\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\nQUJD",
	    NULL, NULL, "message/rfc822" },
};

static void
test_messages(void **state)
{
	struct err err = { 0 };
	struct buf types = { 0 };
	struct taking k;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		print_message("%s\n", messages[i].name);
		assert_int_equal(take(&k, messages[i].in, &err), 0);
		assert_stream(&k.t->pub.plain.stream, messages[i].plain);
		assert_stream(&k.t->pub.html.stream, messages[i].html);
		buf_clear(&types);
		for (n = 0; n < k.t->pub.n_attachments; n++) {
			struct slice s = k.t->pub.attachments[n].mime;

			buf_put(&types, s.p, s.n);
		}
		assert_string_equal(buf_str(&types), messages[i].types);
		done(&k);
	}
	buf_free(&types);
}

static void
test_head(void **state)
{
	struct err err = { 0 };
	struct taking k;
	struct item *it;

	(void)state;
	assert_int_equal(
	    take(&k,
		"From: =?utf-8?Q?J=C3=A4ne?= <jane@example.org>\r\n"
		"Sender: desk@example.org\r\n"
		"To: Team: a@example.org, \"B, C\" <b@example.org>;\r\n"
		"Cc: c@example.org\r\nBcc: d@example.org\r\n"
		"Subject: Re: =?utf-8?B?w6Q=?=\r\n =?utf-8?B?w6Q=?=\r\n"
		"Date: Tue, 7 Jan 2003 12:09:16 +0100\r\n"
		"Message-ID: <1@example.org>\r\nReply-To: r@example.org\r\n"
		"In-Reply-To: <0@example.org>\r\nX-Priority: 1 (Highest)\r\n"
		"Sensitivity: Company-Confidential\r\n"
		"Disposition-Notification-To: jane@example.org\r\n\r\nx",
		&err),
	    0);
	it = &k.t->pub;
	assert_slice(it->class, "IPM.Note");
	assert_slice(it->from.name, "J\xc3\xa4ne");
	assert_slice(it->from.smtp, "jane@example.org");
	assert_slice(it->sender.smtp, "desk@example.org");
	assert_int_equal(it->n_recipients, 4);
	assert_slice(it->recipients[1].who.name, "B, C");
	assert_int_equal(it->recipients[2].type, ITEM_CC);
	assert_slice(it->recipients[3].who.smtp, "d@example.org");
	assert_slice(it->subject, "Re: \xc3\xa4\xc3\xa4");
	assert_slice(it->topic, "\xc3\xa4\xc3\xa4");
	assert_int_equal(it->submitted, 1041937756);
	assert_slice(it->message_id, "<1@example.org>");
	assert_slice(it->in_reply_to, "<0@example.org>");
	assert_slice(it->reply_to, "r@example.org");
	assert_int_equal(it->importance, 2);
	assert_int_equal(it->sensitivity, 3);
	assert_int_equal(it->flags, ITEM_ASK_READ);
	done(&k);
}

static void
test_nested(void **state)
{
	struct err err = { 0 };
	struct item *inner;
	struct taking k;

	(void)state;
	assert_int_equal(
	    take(&k,
		"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
		"Content-Type: message/rfc822\r\n\r\nSubject: in\r\n"
		"Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\n"
		"text\r\n--c\r\nContent-Type: image/png; "
		"name*0*=utf-8''%C3%A4; name*1=.png\r\n\r\nx\r\n--c--\r\n"
		"\r\n--b--\r\n",
		&err),
	    0);
	assert_int_equal(k.t->pub.n_attachments, 1);
	assert_int_equal(k.t->pub.attachments[0].method, ITEM_ATTACH_ITEM);
	assert_slice(k.t->pub.attachments[0].name, "ATT00001.eml");
	assert_slice(k.t->pub.attachments[0].title, "in");
	assert_int_equal(k.t->pub.attachments[0].open(
			     k.t->pub.attachments[0].arg, &inner, &err),
	    0);
	assert_slice(inner->subject, "in");
	assert_stream(&inner->plain.stream, "text");
	assert_slice(inner->attachments[0].name, "\xc3\xa4.png");
	assert_stream(&inner->attachments[0].data, "x");
	done(&k);
}

static void
test_limits(void **state)
{
	struct err err = { 0 };
	struct buf b = { 0 };
	struct taking k;
	int i;

	(void)state;
	buf_puts(&b, "Content-Type: multipart/mixed; boundary=b\r\n\r\n");
	for (i = 0; i <= MIME_PARTS_MAX; i++)
		buf_puts(&b, "--b\r\n\r\nx\r\n");
	assert_int_equal(take(&k, buf_str(&b), &err), -1);
	assert_int_equal(err.scope, SCOPE_MSG);
	done(&k);
	buf_clear(&b);
	for (i = 0; i < 60; i++)
		buf_puts(&b, "Content-Type: message/rfc822\r\n\r\n");
	buf_puts(&b, "Subject: last\r\n\r\nx");
	assert_int_equal(take(&k, buf_str(&b), &err), 0);
	done(&k);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encodings),
		cmocka_unit_test(test_long_base64),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_limits),
	};

	mime_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
