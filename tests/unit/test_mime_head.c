/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Headers of messages made of items. */
#include "tests/unit/mime_help.h"

/* ---------------------------------------------------------------- headers */

static void
test_subjects(void **state)
{
	static const char *const subjects[] = { "Plain", "Grüße aus 東京 😀",
		"=?utf-8?q?no_word?= in it", "a  b   c",
		"very long ascii words that go on and on and on until they "
		"must be folded somewhere, and then again, and once more, "
		"until the line is long enough for everybody to see",
		"日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語"
		"日本語日本語日本語日本語日本語日本語日本語日本語日本語",
		"trailing \\", "\"quoted\"", "x\xcc\x81" };
	struct buf b = { 0 };
	GMimeMessage *m;
	struct item it;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++) {
		new_item(&it);
		it.subject = str(subjects[i]);
		build(&b, &it);
		m = parse(&b);
		assert_string_equal(g_mime_message_get_subject(m), subjects[i]);
		g_object_unref(m);
	}
	buf_free(&b);
}

/* No text of an item can begin a field of its own, or the body. */
static void
test_injection(void **state)
{
	static const char evil[] = "a\r\nBcc: victim@example.com\r\n\r\nbody";
	struct item_recipient to = { .type = ITEM_TO };
	struct slice category = str(evil), v;
	struct buf b = { 0 };
	struct item it;

	(void)state;
	new_item(&it);
	it.subject = it.topic = it.message_id = it.in_reply_to = str(evil);
	it.references = it.reply_to = str(evil);
	it.from.name = it.from.smtp = it.from.x500 = str(evil);
	to.who = it.from;
	it.recipients = &to;
	it.n_recipients = 1;
	it.categories = &category;
	it.n_categories = 1;
	build(&b, &it);
	assert_false(head_find(buf_slice(&b), "Bcc", &v));
	buf_free(&b);
}

static void
test_people(void **state)
{
	struct item_recipient to[] = {
		{ .type = ITEM_TO,
		    .who = { str("Müller, Jörg"), str("jm@example.com"),
			{ 0 } } },
		{ .type = ITEM_TO,
		    .who = { str("a \"b\" (c)"), str("x@example.com"),
			{ 0 } } },
		{ .type = ITEM_CC,
		    .who = { str("Roe"), { 0 },
			str("/O=X/OU=Y/CN=RECIPIENTS/CN=RROE") } },
		{ .type = ITEM_BCC, .who = { str("Only Name"), { 0 }, { 0 } } },
	};
	InternetAddressList *l;
	InternetAddress *a;
	struct buf b = { 0 };
	struct slice v;
	GMimeMessage *m;
	struct item it;

	(void)state;
	new_item(&it);
	it.recipients = to;
	it.n_recipients = 4;
	build(&b, &it);
	m = parse(&b);
	l = g_mime_message_get_to(m);
	assert_int_equal(internet_address_list_length(l), 2);
	a = internet_address_list_get_address(l, 0);
	assert_string_equal(internet_address_get_name(a), "Müller, Jörg");
	assert_string_equal(INTERNET_ADDRESS_MAILBOX(a)->addr,
	    "jm@example.com");
	a = internet_address_list_get_address(l, 1);
	assert_string_equal(internet_address_get_name(a), "a \"b\" (c)");
	a = internet_address_list_get_address(g_mime_message_get_cc(m), 0);
	assert_string_equal(INTERNET_ADDRESS_MAILBOX(a)->addr,
	    "rroe@x500.invalid");
	assert_true(head_find(buf_slice(&b), "X-Postroad-X500-Cc", &v));
	assert_true(slice_is(slice_trim(v), "/O=X/OU=Y/CN=RECIPIENTS/CN=RROE"));
	a = internet_address_list_get_address(g_mime_message_get_bcc(m), 0);
	assert_string_equal(internet_address_get_name(a), "Only Name");
	g_object_unref(m);
	buf_free(&b);
}

/* RFC 5322 3.4.1; what is no address gets one that nobody has,
 * and people with different X.500 names different ones. */
static void
test_addresses(void **state)
{
	static const struct {
		const char *smtp, *x500, *want;
	} tries[] = {
		{ "a.b+c@example.org", "", " J <a.b+c@example.org>" },
		{ "j d@example.org", "", " J <\"j d\"@example.org>" },
		{ "\"j d\"@example.org", "", " J <\"j d\"@example.org>" },
		{ "j\"d@example.org", "", " J <\"j\\\"d\"@example.org>" },
		{ "a@b@example.org", "", " J <\"a@b\"@example.org>" },
		{ "a@[192.0.2.1]", "", " J <a@[192.0.2.1]>" },
		{ "a@b>, c", "", " J <undisclosed@postroad.invalid>" },
		{ "a\nb@example.org", "", " J <undisclosed@postroad.invalid>" },
		{ "@", "", " J <undisclosed@postroad.invalid>" },
		{ "", "/O=X/CN=A1-JANE OF \xc3\x9c",
		    " J <a1-jane-of---@x500.invalid>" },
	};
	struct buf b = { 0 };
	struct slice v;
	struct item it;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		new_item(&it);
		it.from.name = str("J");
		it.from.smtp = str(tries[i].smtp);
		it.from.x500 = str(tries[i].x500);
		build(&b, &it);
		assert_true(head_find(buf_slice(&b), "From", &v));
		assert_true(slice_is(slice_of(v.p, strlen(tries[i].want)),
		    tries[i].want));
	}
	buf_free(&b);
}

static void
test_300_recipients(void **state)
{
	struct item_recipient *to = calloc(300, sizeof(*to));
	char(*names)[40] = calloc(300, sizeof(*names));
	char(*addrs)[40] = calloc(300, sizeof(*addrs));
	struct buf b = { 0 };
	GMimeMessage *m;
	struct item it;
	int i;

	(void)state;
	new_item(&it);
	for (i = 0; i < 300; i++) {
		snprintf(names[i], sizeof(names[i]), "Person, Nr. %d ü", i);
		snprintf(addrs[i], sizeof(addrs[i]), "p%d@example.com", i);
		to[i].type = ITEM_TO;
		to[i].who.name = str(names[i]);
		to[i].who.smtp = str(addrs[i]);
	}
	it.recipients = to;
	it.n_recipients = 300;
	build(&b, &it);
	m = parse(&b);
	for (i = 0; i < 300; i++) {
		InternetAddress *a = internet_address_list_get_address(
		    g_mime_message_get_to(m), i);

		assert_string_equal(internet_address_get_name(a), names[i]);
		assert_string_equal(INTERNET_ADDRESS_MAILBOX(a)->addr,
		    addrs[i]);
	}
	g_object_unref(m);
	buf_free(&b);
	free(to);
	free(names);
	free(addrs);
}

static void
test_transport_headers(void **state)
{
	static const char in[] =
	    "Microsoft Mail Internet Headers Version 2.0\r\n"
	    "Received: from a by b;\n\tTue, 13 May 2014 16:53:20 +0000\n"
	    "X-Empty:\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/mixed;\r\n\tboundary=\"old\"\r\n"
	    "Content-Language: en\r\n"
	    "From: J\xc3\xb6rg <joerg@example.com>\r\n"
	    "Subject: =?iso-8859-1?q?Gr=FC=DFe?=\r\n"
	    "Message-Id: <kept@example.com>\r\n"
	    "X-Fold: a\r\n \r\n b\r\n"
	    "X-8bit: \xc3\xa4\r\n"
	    "Date: Tue, 13 May 2014 16:53:20 +0000\r\n\r\n"
	    "To: not-a-header@example.com\r\n";
	static const char *const gone[] = { "To", "Microsoft" };
	struct buf b = { 0 };
	struct slice v, head;
	GMimeMessage *m;
	struct item it;
	size_t i;

	(void)state;
	new_item(&it);
	it.headers = str(in);
	it.subject = str("Grüße");
	build(&b, &it);
	head = slice_of(b.p, head_length(buf_slice(&b)));
	/* order and form of what is kept */
	assert_true(slice_starts(head,
	    "Received: from a by b;\r\n\tTue, 13 "
	    "May 2014 16:53:20 +0000\r\n"
	    "X-Empty:\r\nContent-Language: en"));
	for (i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		assert_false(head_find(head, gone[i], &v));
	assert_true(head_find(head, "Message-Id", &v));
	assert_true(slice_is(v, " <kept@example.com>"));
	assert_true(head_find(head, "Subject", &v));
	assert_true(slice_is(v, " =?iso-8859-1?q?Gr=FC=DFe?="));
	assert_null(memmem(b.p, b.n, "\"old\"", 5));
	m = parse(&b);
	assert_string_equal(
	    internet_address_get_name(internet_address_list_get_address(
		g_mime_message_get_from(m), 0)),
	    "Jörg");
	assert_string_equal(g_mime_object_get_header(GMIME_OBJECT(m), "X-8bit"),
	    "ä");
	g_object_unref(m);
	buf_free(&b);
}

/* What the owner sees is the property; the other is kept beside it. */
static void
test_edited_subject(void **state)
{
	struct buf b = { 0 };
	struct slice v;
	struct item it;

	(void)state;
	new_item(&it);
	it.headers = str("Subject: Old\r\n");
	it.subject = str("New");
	build(&b, &it);
	assert_true(head_find(buf_slice(&b), "Subject", &v));
	assert_true(slice_is(v, " New"));
	assert_true(
	    head_find(buf_slice(&b), "X-Postroad-Received-Subject", &v));
	assert_true(slice_is(v, " Old"));
	/* but not an 8-bit property that may have lost letters */
	it.subject_exact = false;
	build(&b, &it);
	assert_true(head_find(buf_slice(&b), "Subject", &v));
	assert_true(slice_is(v, " Old"));
	buf_free(&b);
}

static void
test_made_headers(void **state)
{
	struct slice v, cats[] = { str("Red"), str("Zwölf, drei") };
	struct buf b = { 0 };
	GMimeMessage *m;
	struct item it;

	(void)state;
	new_item(&it);
	it.importance = 2;
	it.sensitivity = 3;
	it.flags = ITEM_ASK_READ;
	it.in_reply_to = str("bare@example.com");
	it.references = str("<a@b> nonsense <c@d>");
	it.reply_to = str("Not An Address;reply@example.com");
	it.sender.name = str("Secretary");
	it.sender.smtp = str("secretary@example.org");
	it.categories = cats;
	it.n_categories = 2;
	build(&b, &it);
	assert_true(head_find(buf_slice(&b), "Importance", &v));
	assert_true(slice_is(v, " high"));
	assert_true(head_find(buf_slice(&b), "Sensitivity", &v));
	assert_true(slice_is(v, " Company-Confidential"));
	assert_true(head_find(buf_slice(&b), "Date", &v));
	assert_true(slice_is(v, " Tue, 13 May 2014 16:53:20 +0000"));
	assert_true(head_find(buf_slice(&b), "In-Reply-To", &v));
	assert_true(slice_is(v, " <bare@example.com>"));
	assert_true(head_find(buf_slice(&b), "References", &v));
	assert_true(slice_is(v, " <a@b> nonsense <c@d>"));
	assert_true(head_find(buf_slice(&b), "Reply-To", &v));
	assert_true(slice_is(v, " reply@example.com"));
	assert_true(head_find(buf_slice(&b), "Sender", &v));
	assert_true(slice_is(v, " Secretary <secretary@example.org>"));
	assert_true(
	    head_find(buf_slice(&b), "Disposition-Notification-To", &v));
	m = parse(&b);
	assert_non_null(g_mime_message_get_message_id(m));
	assert_string_equal(
	    g_mime_object_get_header(GMIME_OBJECT(m), "Keywords"),
	    "Red, Zwölf, drei");
	g_object_unref(m);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_subjects),
		cmocka_unit_test(test_injection),
		cmocka_unit_test(test_people),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_300_recipients),
		cmocka_unit_test(test_transport_headers),
		cmocka_unit_test(test_edited_subject),
		cmocka_unit_test(test_made_headers),
	};

	mime_init();
	return cmocka_run_group_tests_name("mime_head", tests, NULL, NULL);
}
