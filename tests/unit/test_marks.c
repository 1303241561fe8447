/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What mail programs leave in headers: flags, keywords, labels, and which of
 * it does not make another message of a message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "extract/equals.h"
#include "extract/labels.h"
#include "extract/mbox_walk.h"

static const struct {
	const char *head, *flags, *keywords;
} rows[] = {
	{ "Subject: x\n\n", "", "" },
	{ "Status: RO\n\n", "S", "" },
	{ "Status: O\n\n", "", "" },
	{ "Status: RO\r\nX-Status: AF\r\n\r\n", "FRS", "" },
	{ "status: R\nX-Status: DT\n\n", "DST", "" },
	{ "X-Mozilla-Status: 0001\n\n", "S", "" },
	{ "X-Mozilla-Status: 0003\n\n", "RS", "" },
	{ "X-Mozilla-Status: 0009\n\n", "ST", "" },
	{ "X-Mozilla-Status: 1005\n\n", "FPS", "" },
	{ "X-Mozilla-Status: 0000\nX-Mozilla-Status2: 02000000\n\n", "",
	    "$label1" },
	{ "X-Mozilla-Status: 8001\nX-Mozilla-Status2: 0a000000\n"
	  "X-Mozilla-Keys: $label1 work                 \n\n",
	    "S", "$label1 $label5 work" },
	{ "X-Keywords: Later $Forwarded\n\tNonJunk\n\n", "P", "Later NonJunk" },
	{ "X-Status: F\n\nStatus: R\n", "F", "" },
	{ "X-Gmail-Labels: Inbox,Opened,Important\n\n", "S", "$Important" },
	{ "X-Gmail-Labels: Inbox,Unread,Starred\n\n", "F", "" },
	{ "X-Gmail-Labels: Drafts\n\n", "DS", "" },
	{ "X-Gmail-Labels: Sent,Inbox,Category Updates\n\n", "S",
	    "Category_Updates Inbox" },
	{ "X-Gmail-Labels: Inbox,=?UTF-8?Q?F=C3=B6o?=,a b\n\n", "S",
	    "a_b F&APY-o" },
};

static void
test_rows(void **state)
{
	struct marks m = { 0 };
	struct buf folders = { 0 };
	char letters[8];
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		marks_read(&m, slice_str(rows[i].head), NULL, &n);
		if (m.has_labels)
			labels_apply(&m, false, &folders);
		if (strcmp(msg_flag_letters(letters, m.flags), rows[i].flags) !=
		    0)
			fail_msg("row %zu: %s", i, letters);
		if (strcmp(buf_str(&m.keywords), rows[i].keywords) != 0)
			fail_msg("row %zu: %s", i, buf_str(&m.keywords));
	}
	buf_free(&folders);
	marks_free(&m);
}

static const struct {
	const char *labels;
	const char *first, *all; /* folders, one a line */
} places[] = {
	{ "Inbox", "INBOX\n", "INBOX\n" },
	{ "Unread,Inbox,Work", "INBOX\n", "INBOX\nWork\n" },
	{ "Work/2019,Inbox", "Work/2019\n", "Work/2019\nINBOX\n" },
	{ "Archived,Opened", "Archive\n", "Archive\n" },
	{ "Archived,Work", "Work\n", "Work\n" },
	{ "Opened,Important,Category Social", "", "" },
	{ "\"a, b\",c", "a, b\n", "a, b\nc\n" },
	{ "=?UTF-8?Q?1.Organiza=C4=8Dn=C3=AD,\"3._Culture,_Hle?=\n"
	  " =?UTF-8?Q?d\"?=",
	    "1.Organiza\xc4\x8dn\xc3\xad\n",
	    "1.Organiza\xc4\x8dn\xc3\xad\n3. Culture, Hled\n" },
	{ "\\'quoted,x", "'quoted\n", "'quoted\nx\n" },
	{ "../../etc,x", "%2E./%2E./etc\n", "%2E./%2E./etc\nx\n" },
	{ "Spam", "Spam\n", "Spam\n" },
	{ "Trash,Starred", "Trash\n", "Trash\n" },
	{ ",,", "", "" },
};

static void
test_places(void **state)
{
	struct marks m = { 0 };
	struct buf head = { 0 }, folders = { 0 };
	size_t i, n;
	int all;

	(void)state;
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		buf_clear(&head);
		buf_putf(&head, "X-Gmail-Labels: %s\n\n", places[i].labels);
		for (all = 0; all < 2; all++) {
			buf_clear(&folders);
			marks_read(&m, buf_slice(&head), NULL, &n);
			labels_apply(&m, all, &folders);
			if (strcmp(buf_str(&folders),
				all ? places[i].all : places[i].first) != 0)
				fail_msg("row %zu, %d: %s", i, all,
				    buf_str(&folders));
		}
	}
	assert_string_equal(labels_special_use(slice_str("Sent")), "\\Sent");
	assert_string_equal(labels_special_use(slice_str("Spam")), "\\Junk");
	assert_null(labels_special_use(slice_str("INBOX")));
	buf_free(&head);
	buf_free(&folders);
	marks_free(&m);
}

static void
hash_head(struct marks *m, const char *head, uint8_t out[DIGEST_BYTES])
{
	struct digest *d = digest_new();
	size_t n, len = strlen(head);

	marks_read(m, slice_of(head, len), d, &n);
	digest_add(d, head + n, len - n);
	digest_end(d, out);
	digest_free(&d);
}

/* The same message before and after it was read, answered, tagged. */
static void
test_hash(void **state)
{
	static const char *const same[] = {
		"A: b\nC: d\n\nStatus: R\n",
		"Status: RO\nA: b\nC: d\n\nStatus: R\n",
		"A: b\nX-Status: A\nC: d\nX-UID: 7\n\nStatus: R\n",
		"X-Mozilla-Status: 0001\nX-Mozilla-Status2: 00000000\n"
		"X-Mozilla-Keys: a\n b\nA: b\nC: d\n\nStatus: R\n",
		"A: b\nC: d\nContent-Length: 10\nLines: 1\n\nStatus: R\n",
	};
	static const char *const other[] = {
		"A: b\nC: d\n\nStatus: O\n",
		"A: b\nC: e\n\nStatus: R\n",
		"A: b\nC: d\nXStatus: R\n\nStatus: R\n",
	};
	struct marks m = { 0 };
	uint8_t want[DIGEST_BYTES], got[DIGEST_BYTES];
	size_t i;

	(void)state;
	digest_of(same[0], strlen(same[0]), want);
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		hash_head(&m, same[i], got);
		if (memcmp(got, want, sizeof(got)) != 0)
			fail_msg("row %zu differs", i);
		assert_int_equal(m.mutable, i > 0);
	}
	for (i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		hash_head(&m, other[i], got);
		if (memcmp(got, want, sizeof(got)) == 0)
			fail_msg("other %zu is the same", i);
	}
	marks_free(&m);
}

static void
test_oddities(void **state)
{
	struct marks m = { 0 };
	size_t n;

	(void)state;
	marks_read(&m, slice_str("X-Mozilla-Status: 0401\n\n"), NULL, &n);
	assert_true(m.partial);
	marks_read(&m,
	    slice_str("Subject: DON'T DELETE THIS MESSAGE -- FOLDER "
		      "INTERNAL DATA\nX-IMAP: 1 2\n\n"),
	    NULL, &n);
	assert_true(m.internal && !m.partial);
	marks_read(&m, slice_str("Subject: DON'T DELETE THIS MESSAGE\n\n"),
	    NULL, &n);
	assert_false(m.internal);
	marks_free(&m);
}

static void
test_equals(void **state)
{
	struct equals t = { 0 };
	uint64_t i;

	(void)state;
	for (i = 0; i < 50000; i++)
		assert_int_equal(equals_number(&t, i * 0x9e3779b97f4a7c15u), 1);
	for (i = 1; i < 3000; i++)
		assert_int_equal(equals_number(&t, i * 0x9e3779b97f4a7c15u), 2);
	for (i = 3; i < 1000; i++)
		assert_int_equal(equals_number(&t, 7 * 0x9e3779b97f4a7c15u), i);
	equals_free(&t);
}

static void
test_folder_name(void **state)
{
	static const char *const names[][2] = {
		{ "/x/Sent.mbox", "Sent" },
		{ "Sent.MBOX", "Sent" },
		{ "a.mbx", "a" },
		{ "2004-January.txt", "2004-January" },
		{ "Inbox", "Inbox" },
		{ "/x/Work.mbox/mbox", "Work" },
		{ "/x/mbox", "mbox" },
		{ ".mbox", ".mbox" },
		{ "a.b.mbox", "a.b" },
	};
	struct buf b = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		buf_clear(&b);
		mbox_folder_name(&b, names[i][0]);
		assert_string_equal(buf_str(&b), names[i][1]);
	}
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_oddities),
		cmocka_unit_test(test_equals),
		cmocka_unit_test(test_folder_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
