/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bodies, attachments, structure of messages made of items. */
#include "formats/contact.h"
#include "formats/event.h"
#include "tests/unit/mime_help.h"

/* ----------------------------------------------------------------- bodies */

static void
test_alternative(void **state)
{
	static const char html[] = "<p>\xe4\xf6\xfc</p>";
	struct text tp, th;
	struct buf b = { 0 }, got = { 0 };
	GMimeMessage *m;
	GMimeObject *o;
	struct item it;

	(void)state;
	new_item(&it);
	it.plain.stream = stream(&tp, "one\ntwo\r\nthree\rfour", 19);
	it.plain.codepage = CODEPAGE_UTF8;
	it.html.stream = stream(&th, html, sizeof(html) - 1);
	it.html.codepage = 1252;
	build(&b, &it);
	m = parse(&b);
	o = g_mime_message_get_mime_part(m);
	assert_type(o, "multipart/alternative");
	assert_type(child(o, 0), "text/plain");
	part_bytes(child(o, 0), &got);
	assert_string_equal(buf_str(&got), "one\r\ntwo\r\nthree\r\nfour");
	assert_type(child(o, 1), "text/html");
	assert_string_equal(
	    g_mime_object_get_content_type_parameter(child(o, 1), "charset"),
	    "windows-1252");
	part_bytes(child(o, 1), &got);
	assert_string_equal(buf_str(&got), html);
	g_object_unref(m);
	buf_free(&b);
	buf_free(&got);
}

/* Bytes that need an encoding come back as they were, line ends aside. */
static void
test_encodings(void **state)
{
	static const struct {
		const char *p;
		size_t n;
		const char *want;
	} rows[] = {
		{ "", 0, "7bit" },
		{ "plain\r\n", 7, "7bit" },
		{ "--=_0123 a boundary\r\n", 21, "quoted-printable" },
		{ "a\0b", 3, "quoted-printable" },
		{ "blank \r\ntab\t\r\n", 14, "7bit" },
		{ "\x1b$BF|K\x1b(B", 9, "7bit" },
		{ "mostly ascii but one \xc3\xa4 here\r\n", 31,
		    "quoted-printable" },
		{ "\xe6\x97\xa5\xe6\x9c\xac", 6, "base64" },
	};
	struct buf b = { 0 }, got = { 0 }, lines = { 0 };
	struct text t;
	GMimeMessage *m;
	GMimeObject *o;
	struct item it;
	size_t i;

	(void)state;
	for (i = 0; i < 3000; i++)
		buf_putc(&lines, i % 100 == 99 ? ' ' : 'x');
	for (i = 0; i <= sizeof(rows) / sizeof(rows[0]); i++) {
		bool more = i < sizeof(rows) / sizeof(rows[0]);
		struct slice in =
		    more ? slice_of(rows[i].p, rows[i].n) : buf_slice(&lines);

		new_item(&it);
		it.plain.codepage = CODEPAGE_UTF8;
		it.plain.stream = stream(&t, in.p, in.n);
		build(&b, &it);
		m = parse(&b);
		o = g_mime_message_get_mime_part(m);
		assert_string_equal(
		    g_mime_object_get_header(o, "Content-Transfer-Encoding"),
		    more ? rows[i].want : "quoted-printable");
		part_bytes(o, &got);
		assert_true(got.n >= in.n);
		assert_memory_equal(got.p, in.p, in.n);
		g_object_unref(m);
	}
	buf_free(&b);
	buf_free(&got);
	buf_free(&lines);
}

static void
test_rtf_only(void **state)
{
	static const char rtf[] = "{\\rtf1\\ansi\\ansicpg1252{\\fonttbl{\\f0 "
				  "Arial;}}Gr\\'fc\\'dfe \\u8364?\\par x}";
	struct text t;
	struct buf b = { 0 }, got = { 0 };
	GMimeMessage *m;
	GMimeObject *o;
	struct item it;

	(void)state;
	new_item(&it);
	it.rtf = stream(&t, rtf, sizeof(rtf) - 1);
	build(&b, &it);
	m = parse(&b);
	o = g_mime_message_get_mime_part(m);
	assert_type(o, "multipart/mixed");
	part_bytes(child(o, 0), &got);
	assert_string_equal(buf_str(&got), "Grüße €\r\nx");
	assert_type(child(o, 1), "application/rtf");
	part_bytes(child(o, 1), &got);
	assert_string_equal(buf_str(&got), rtf);
	g_object_unref(m);
	buf_free(&b);
	buf_free(&got);
}

/* ------------------------------------------------------------ attachments */

static void
test_related(void **state)
{
	static const char html[] = "<img src='cid:One%40x'><img src=CID:two>";
	struct item_attach at[3] = { 0 };
	struct text th, t[3];
	struct buf b = { 0 };
	GMimeMessage *m;
	GMimeObject *o, *related;
	struct item it;
	int i;

	(void)state;
	new_item(&it);
	it.html.stream = stream(&th, html, sizeof(html) - 1);
	it.html.codepage = CODEPAGE_UTF8;
	for (i = 0; i < 3; i++) {
		at[i].method = ITEM_ATTACH_DATA;
		at[i].data = stream(&t[i], "data", 4);
		at[i].mime = str("image/png");
	}
	at[0].cid = str("<one@x>");
	at[1].cid = str("three");
	at[2].cid = str("two");
	it.attachments = at;
	it.n_attachments = 3;
	build(&b, &it);
	m = parse(&b);
	o = g_mime_message_get_mime_part(m);
	assert_type(o, "multipart/mixed");
	related = child(o, 0);
	assert_type(related, "multipart/related");
	assert_type(child(related, 0), "text/html");
	assert_int_equal(g_mime_multipart_get_count(GMIME_MULTIPART(related)),
	    3);
	assert_string_equal(g_mime_object_get_content_id(child(related, 1)),
	    "one@x");
	assert_string_equal(g_mime_object_get_content_id(child(related, 2)),
	    "two");
	assert_string_equal(g_mime_object_get_content_id(child(o, 1)), "three");
	g_object_unref(m);
	buf_free(&b);
}

static void
test_names(void **state)
{
	static const struct {
		const char *name, *want;
	} rows[] = {
		{ "plain.txt", "plain.txt" },
		{ "../../etc/passwd", "___.._etc_passwd" },
		{ "C:\\dir\\file.doc", "C__dir_file.doc" },
		{ "Rechnung M\xc3\xa4rz 2014.pdf",
		    "Rechnung M\xc3\xa4rz 2014.pdf" },
		{ "a\"b;c=d'%.txt", "a\"b;c=d'%.txt" },
		{ "new\r\nline.txt", "newline.txt" },
		{ "...", "___" },
		{ "", "attachment-1" },
		{ "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5\xe6\x9c"
		  "\xac\xe8\xaa\x9e\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e.txt",
		    "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5\xe6\x9c"
		    "\xac\xe8\xaa\x9e\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"
		    ".txt" },
	};
	struct item_attach at = { .method = ITEM_ATTACH_DATA };
	char endless[2000];
	struct text t;
	struct buf b = { 0 };
	GMimeMessage *m;
	GMimeObject *o;
	struct item it;
	const char *got;
	size_t i;

	(void)state;
	memset(endless, 'x', sizeof(endless));
	memcpy(endless + sizeof(endless) - 5, ".docx", 5);
	for (i = 0; i <= sizeof(rows) / sizeof(rows[0]); i++) {
		bool more = i < sizeof(rows) / sizeof(rows[0]);

		new_item(&it);
		at.name = more ? str(rows[i].name)
			       : slice_of(endless, sizeof(endless));
		at.data = stream(&t, "x", 1);
		it.attachments = &at;
		it.n_attachments = 1;
		build(&b, &it);
		m = parse(&b);
		o = child(g_mime_message_get_mime_part(m), 1);
		got = g_mime_part_get_filename(GMIME_PART(o));
		assert_non_null(got);
		if (more) {
			assert_string_equal(got, rows[i].want);
		} else {
			assert_int_equal(strlen(got), 200);
			assert_string_equal(got + 195, ".docx");
		}
		/* for programs that read only this one */
		got = g_mime_object_get_content_type_parameter(o, "name");
		if (more)
			assert_string_equal(got, rows[i].want);
		g_object_unref(m);
	}
	buf_free(&b);
}

static void
test_attachment_bytes(void **state)
{
	struct item_attach at = { .method = ITEM_ATTACH_DATA };
	char *data = malloc(200000);
	struct buf b = { 0 }, got = { 0 };
	struct text t;
	GMimeMessage *m;
	struct item it;
	size_t i, n;

	(void)state;
	for (i = 0; i < 200000; i++)
		data[i] = (char)(i * 7 ^ i >> 8);
	for (n = 0; n < 200000; n = n < 120 ? n + 1 : n * 3) {
		new_item(&it);
		at.data = stream(&t, data, n);
		it.attachments = &at;
		it.n_attachments = 1;
		build(&b, &it);
		m = parse(&b);
		part_bytes(child(g_mime_message_get_mime_part(m), 1), &got);
		assert_int_equal(got.n, n);
		if (n > 0)
			assert_memory_equal(got.p, data, n);
		g_object_unref(m);
	}
	free(data);
	buf_free(&b);
	buf_free(&got);
}

/* A part of type message or multipart may not be encoded. */
static void
test_message_types(void **state)
{
	static const struct {
		const char *mime, *data, *want;
	} rows[] = {
		{ "message/rfc822", "Subject: x\r\n\r\ny\r\n",
		    "message/rfc822" },
		{ "message/rfc822", "Subject: \xe4\r\n\r\n",
		    "application/octet-stream" },
		{ "multipart/mixed", "--x\r\n", "application/octet-stream" },
		{ "bad type", "x", "application/octet-stream" },
		{ "Text/CSV; charset=x", "x", "text/csv" },
	};
	struct item_attach at = { .method = ITEM_ATTACH_DATA };
	struct buf b = { 0 };
	struct text t;
	GMimeMessage *m;
	struct item it;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		new_item(&it);
		at.mime = str(rows[i].mime);
		at.data = stream(&t, rows[i].data, strlen(rows[i].data));
		it.attachments = &at;
		it.n_attachments = 1;
		build(&b, &it);
		m = parse(&b);
		assert_type(child(g_mime_message_get_mime_part(m), 1),
		    rows[i].want);
		g_object_unref(m);
	}
	buf_free(&b);
}

struct nest {
	struct item it;
	struct item_attach at;
	int depth, limit;
};

static void
close_nest(struct item *it)
{
	free(it);
}

static int
open_nest(void *arg, struct item **item_r, struct err *err)
{
	struct nest *up = arg, *n;

	if (up->depth == up->limit)
		return err_set(err, SCOPE_MSG, EX_DATAERR, "no more");
	n = calloc(1, sizeof(*n));
	new_item(&n->it);
	n->it.close = close_nest;
	n->it.subject = str("nested");
	n->depth = up->depth + 1;
	n->limit = up->limit;
	n->at.method = ITEM_ATTACH_ITEM;
	n->at.name = str("more");
	n->at.open = open_nest;
	n->at.arg = n;
	n->it.attachments = &n->at;
	n->it.n_attachments = 1;
	*item_r = &n->it;
	return 0;
}

static int
depth_of(GMimeObject *o)
{
	if (GMIME_IS_MESSAGE_PART(o))
		return 1 +
		    depth_of(g_mime_message_get_mime_part(
			g_mime_message_part_get_message(
			    GMIME_MESSAGE_PART(o))));
	if (GMIME_IS_MULTIPART(o))
		return depth_of(child(o, 1));
	return 0;
}

static void
test_nested(void **state)
{
	static const struct {
		int limit, want;
		const char *problem;
	} rows[] = {
		{ 10, 10, "the message 'more.eml' in it cannot be read\n" },
		{ 1000, 50, "the message 'more.eml' in it lies too deep\n" },
	};
	struct buf b = { 0 };
	GMimeMessage *m;
	struct nest n;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&n, 0, sizeof(n));
		new_item(&n.it);
		n.limit = rows[i].limit;
		n.at.method = ITEM_ATTACH_ITEM;
		n.at.name = str("more");
		n.at.open = open_nest;
		n.at.arg = &n;
		n.it.attachments = &n.at;
		n.it.n_attachments = 1;
		build(&b, &n.it);
		assert_string_equal(problems, rows[i].problem);
		m = parse(&b);
		assert_int_equal(depth_of(g_mime_message_get_mime_part(m)),
		    rows[i].want);
		g_object_unref(m);
	}
	buf_free(&b);
}

static struct contact jane;

static int
open_contact(void *arg, struct item **item_r, struct err *err)
{
	struct item *it = calloc(1, sizeof(*it));

	(void)err;
	new_item(it);
	it->close = close_nest;
	it->class = str(arg);
	it->subject = str("Jane");
	it->contact = &jane;
	*item_r = it;
	return 0;
}

/* A contact that was attached is a vCard; what nobody knows is a message. */
static void
test_contact_inside(void **state)
{
	char contact[] = "IPM.Contact", odd[] = "IPM.Odd";
	struct item_attach at[2] = { { .method = ITEM_ATTACH_ITEM },
		{ .method = ITEM_ATTACH_ITEM } };
	struct buf b = { 0 };
	GMimeMessage *m;
	GMimeObject *o;
	GMimeStream *s;
	GByteArray *bytes;
	struct item it;

	(void)state;
	jane.mailing = -1;
	jane.text[CONTACT_DISPLAY] = str("Jane D\xc3\xb6");
	new_item(&it);
	at[0].name = str("Jane");
	at[0].open = open_contact;
	at[0].arg = contact;
	at[1].name = str("Odd");
	at[1].open = open_contact;
	at[1].arg = odd;
	it.attachments = at;
	it.n_attachments = 2;
	build(&b, &it);
	assert_string_equal(problems, "");
	m = parse(&b);
	o = child(g_mime_message_get_mime_part(m), 1);
	assert_true(g_mime_content_type_is_type(
	    g_mime_object_get_content_type(o), "text", "vcard"));
	assert_string_equal(g_mime_part_get_filename(GMIME_PART(o)),
	    "Jane.vcf");
	s = g_mime_stream_mem_new();
	g_mime_data_wrapper_write_to_stream(
	    g_mime_part_get_content(GMIME_PART(o)), s);
	bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(s));
	assert_non_null(
	    memmem(bytes->data, bytes->len, "\r\nFN:Jane D\xc3\xb6\r\n", 15));
	g_object_unref(s);
	assert_true(
	    GMIME_IS_MESSAGE_PART(child(g_mime_message_get_mime_part(m), 2)));
	g_object_unref(m);
	buf_free(&b);
}

/* What is missing is said, and the rest is there. */
static void
test_lost(void **state)
{
	struct item_attach at[3] = { { .method = ITEM_ATTACH_DATA },
		{ .method = ITEM_ATTACH_LINK },
		{ .method = ITEM_ATTACH_DATA } };
	struct buf b = { 0 };
	struct text t;
	GMimeMessage *m;
	struct item it;

	(void)state;
	new_item(&it);
	at[0].name = str("gone");
	at[1].name = str("link");
	at[2].name = str("short");
	at[2].data = stream(&t, "half", 4);
	t.rc = 0;
	it.attachments = at;
	it.n_attachments = 3;
	build(&b, &it);
	assert_string_equal(problems,
	    "attachment 'gone' cannot be read\n"
	    "attachment 'link' is a link to a file, and the store does not say "
	    "where it is\n"
	    "attachment 'short' ends early\n");
	m = parse(&b);
	assert_int_equal(g_mime_multipart_get_count(
			     GMIME_MULTIPART(g_mime_message_get_mime_part(m))),
	    4);
	g_object_unref(m);
	buf_free(&b);
}

/* ------------------------------------------------------- S/MIME, reports */

static void
test_smime(void **state)
{
	static const char entity[] =
	    "Content-Type: multipart/signed; protocol=\"x/y\";\r\n"
	    "\tboundary=b\r\nX-Not: kept\r\n\r\n"
	    "--b\r\nContent-Type: text/plain\r\n\r\nblank \r\n"
	    "\xe4 8-bit\r\n--b\r\nContent-Type: application/pkcs7-signature"
	    "\r\n\r\nsig\r\n--b--\r\n";
	const char *body = strstr(entity, "--b\r\n");
	struct item_attach at = { .method = ITEM_ATTACH_DATA };
	struct buf b = { 0 };
	struct text t;
	struct slice v;
	GMimeMessage *m;
	struct item it;

	(void)state;
	new_item(&it);
	it.class = str("IPM.Note.SMIME.MultipartSigned");
	it.attachments = &at;
	it.n_attachments = 1;
	at.data = stream(&t, entity, sizeof(entity) - 1);
	build(&b, &it);
	/* what was signed is there to the byte */
	assert_non_null(memmem(b.p, b.n, body, strlen(body)));
	assert_false(head_find(buf_slice(&b), "X-Not", &v));
	m = parse(&b);
	assert_type(g_mime_message_get_mime_part(m), "multipart/signed");
	g_object_unref(m);

	it.class = str("IPM.Note.SMIME");
	at.data = stream(&t,
	    "\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01"
	    "\x07\x02\xa0",
	    14);
	build(&b, &it);
	m = parse(&b);
	assert_type(g_mime_message_get_mime_part(m), "application/pkcs7-mime");
	assert_string_equal(g_mime_object_get_content_type_parameter(
				g_mime_message_get_mime_part(m), "smime-type"),
	    "signed-data");
	g_object_unref(m);
	buf_free(&b);
}

static void
test_report(void **state)
{
	static const char status[] =
	    "Reporting-MTA: dns; mx.example.org\r\n\r\n"
	    "Final-Recipient: rfc822; x@example.com\r\nAction: failed\r\n"
	    "Status: 5.1.1\r\n";
	struct item_recipient to = { .type = ITEM_TO };
	struct item_attach at = { .method = ITEM_ATTACH_DATA };
	struct buf b = { 0 };
	struct text t;
	GMimeMessage *m;
	GMimeObject *o;
	struct item it;
	int round;

	(void)state;
	for (round = 0; round < 2; round++) {
		new_item(&it);
		it.class = str("REPORT.IPM.Note.NDR");
		it.report.text = str("It failed.");
		to.who.smtp = str("x@example.com");
		it.recipients = &to;
		it.n_recipients = 1;
		if (round == 1) { /* the store has the part itself */
			at.mime = str("message/delivery-status");
			at.data = stream(&t, status, sizeof(status) - 1);
			it.attachments = &at;
			it.n_attachments = 1;
		}
		build(&b, &it);
		m = parse(&b);
		o = g_mime_message_get_mime_part(m);
		assert_type(o, "multipart/report");
		assert_string_equal(
		    g_mime_object_get_content_type_parameter(o, "report-type"),
		    "delivery-status");
		assert_type(child(o, 0), "text/plain");
		assert_type(child(o, 1), "message/delivery-status");
		assert_int_equal(g_mime_multipart_get_count(GMIME_MULTIPART(o)),
		    2);
		assert_non_null(memmem(b.p, b.n,
		    "Final-Recipient: rfc822; x@example.com\r\n", 40));
		g_object_unref(m);
	}
	buf_free(&b);
}

/* ---------------------------------------------------------------- failure */

static int
put_fails(void *arg, const void *data, size_t len, struct err *err)
{
	(void)arg;
	(void)data;
	(void)len;
	return err_set(err, SCOPE_RUN, EX_IOERR, "disk full");
}

static void
test_failures(void **state)
{
	struct item_sink sink = { .put = put_fails };
	struct err err = { 0 };
	struct buf b = { 0 };
	struct text t;
	struct item it;

	(void)state;
	new_item(&it);
	assert_int_equal(mime_build(&it, NULL, &sink, &err), -1);
	assert_int_equal(err.scope, SCOPE_RUN);
	/* a body that breaks costs the message */
	it.plain.codepage = CODEPAGE_UTF8;
	it.plain.stream = stream(&t, "x", 1);
	t.rc = -1;
	sink.put = collect;
	sink.arg = &b;
	assert_int_equal(mime_build(&it, NULL, &sink, &err), -1);
	assert_string_equal(err.text, "broken");
	buf_free(&b);
}

/* The text/calendar part of 'it', or nothing. */
static bool
calendar_of(const struct item *it, struct buf *got)
{
	struct buf b = { 0 };
	GMimeMessage *m;
	GMimeObject *o;
	bool there;

	build(&b, it);
	m = parse(&b);
	o = g_mime_message_get_mime_part(m);
	there = GMIME_IS_MULTIPART(o);
	if (there) {
		assert_type(o, "multipart/alternative");
		assert_type(child(o, 0), "text/plain");
		assert_type(child(o, 1), "text/calendar");
		part_bytes(child(o, 1), got);
	}
	g_object_unref(m);
	buf_free(&b);
	return there;
}

/* What strangers wrote must not add a line of its own, and what is not known
 * is not there. */
static void
test_calendar(void **state)
{
	struct event_attendee who = { .role = EVENT_REQUIRED };
	struct event e;
	struct buf got = { 0 };
	struct item it;

	(void)state;
	new_item(&it);
	it.class = str("IPM.Schedule.Meeting.Request");
	assert_false(calendar_of(&it, &got)); /* no time */
	event_init(&e);
	e.start = e.end = 1400000000; /* not later: not there */
	e.about.uid = str("73686F7274");
	e.about.subject = str("x\r\nATTENDEE:mailto:a\xff\x80\x01");
	e.location = str("here\nEND:VEVENT");
	e.organizer.name = str("Jane Doe");
	e.organizer.smtp = str("jane@example.org");
	who.who.name = str("a\":mailto:b\r\nUID:1");
	who.who.smtp = str("no address\r\nUID:2");
	e.attendees = &who;
	e.n_attendees = 1;
	it.event = &e;
	assert_true(calendar_of(&it, &got));
	assert_string_equal(buf_str(&got),
	    "BEGIN:VCALENDAR\r\nPRODID:-//postroad//postroad//EN\r\n"
	    "VERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n"
	    "UID:73686F7274\r\nDTSTAMP:20140513T165320Z\r\n"
	    "SUMMARY:x\\nATTENDEE:mailto:a\ufffd\ufffd\r\n"
	    "SEQUENCE:0\r\nDTSTART:20140513T165320Z\r\n"
	    "LOCATION:here\\nEND:VEVENT\r\n"
	    "ORGANIZER;CN=Jane Doe:mailto:jane@example.org\r\n"
	    "ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;"
	    "CN=\"a':\r\n mailto:b UID:1\":invalid:nomail\r\n"
	    "TRANSP:OPAQUE\r\nX-MICROSOFT-CDO-BUSYSTATUS:BUSY\r\n"
	    "X-MICROSOFT-DISALLOW-COUNTER:TRUE\r\n"
	    "END:VEVENT\r\nEND:VCALENDAR\r\n");
	it.class = str("IPM.Schedule.Meeting.Requested");
	assert_false(calendar_of(&it, &got));
	buf_free(&got);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alternative),
		cmocka_unit_test(test_encodings),
		cmocka_unit_test(test_rtf_only),
		cmocka_unit_test(test_related),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_attachment_bytes),
		cmocka_unit_test(test_message_types),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_smime),
		cmocka_unit_test(test_contact_inside),
		cmocka_unit_test(test_report),
		cmocka_unit_test(test_calendar),
		cmocka_unit_test(test_failures),
	};

	mime_init();
	return cmocka_run_group_tests_name("mime_build", tests, NULL, NULL);
}
