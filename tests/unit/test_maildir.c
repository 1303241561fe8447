/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names in a Maildir, folder names of a Maildir tree, .emlx. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "extract/eml_dirs.h"
#include "extract/eml_file.h"
#include "extract/maildir_boxes.h"
#include "formats/emlx.h"
#include "formats/maildir.h"

static const struct {
	const char *name;
	size_t base;
	const char *letters;
	int64_t size; /* -1: does not say */
} names[] = {
	{ "1.M2P3.host:2,FS", 11, "FS", -1 },
	{ "1.host", 6, "", -1 },
	{ "1.host:2,", 6, "", -1 },
	{ "1.host,S=42,W=45:2,Sab", 16, "Sab", 42 },
	{ "1.host,W=45,S=42:2,", 16, "", 42 },
	{ "1.host,U=7,FMD5=x:2,RS", 17, "RS", -1 },
	{ "1.host:2,S,U=7", 6, "S", -1 },
	{ "1.host;2,Sb", 6, "Sb", -1 },
	{ "1.host!2,R", 6, "R", -1 },
	{ "1.host:1,experimental", 6, "", -1 },
	{ "1.host:odd:2,S", 10, "S", -1 },
	{ ":2,S", 0, "S", -1 },
	{ "", 0, "", -1 },
	{ "1.host,S=", 9, "", -1 },
	{ "1.host,S=x:2,", 10, "", -1 },
	{ "1.host:2,,S=5", 6, "", -1 },
	{ "1.host,S=99999999999999999999999:2,", 32, "", -1 },
};

static void
test_names(void **state)
{
	struct slice letters;
	uint64_t size;
	bool told;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		letters = maildir_letters(names[i].name);
		told = maildir_size(names[i].name, &size);
		if (maildir_base_length(names[i].name) != names[i].base ||
		    !slice_is(letters, names[i].letters) ||
		    told != (names[i].size >= 0) ||
		    (told && size != (uint64_t)names[i].size))
			fail_msg("row %zu: '%s'", i, names[i].name);
	}
}

static void
test_stems(void **state)
{
	(void)state;
	assert_int_equal(maildir_stem_length("1.host,U=7:2,S"), 6);
	assert_int_equal(maildir_stem_length("1.host,U=7,FMD5=x:2,"), 6);
	assert_int_equal(maildir_stem_length("1.host,S=5:2,S"), 10);
	assert_int_equal(maildir_stem_length("1.host:2,S,U=7"), 6);
	assert_int_equal(maildir_stem_length("1.host"), 6);
}

static void
test_keywords(void **state)
{
	static const char text[] = "0 $Forwarded\n1 todo\r\n26 none\nx y\n"
				   "3\n4 \n25 last\n1 again";
	struct maildir_keywords k = { 0 };

	(void)state;
	maildir_keywords_parse(&k, slice_str(text));
	assert_string_equal(buf_str(&k.name[0]), "$Forwarded");
	assert_string_equal(buf_str(&k.name[1]), "again");
	assert_int_equal(k.name[3].n + k.name[4].n, 0);
	assert_string_equal(buf_str(&k.name[25]), "last");
	maildir_keywords_free(&k);
	assert_int_equal(k.name[0].n, 0);
}

/* What a directory of the tree is called (Dovecot's Maildir++ and LAYOUT=fs,
 * RFC 3501 5.1.3). */
static const struct {
	const char *dir, *path;
} boxes[] = {
	{ "", "INBOX" }, { ".Sent", "Sent" }, { ".A.B", "A/B" },
	{ ".A..B.", "A/B" }, { "A/B", "A/B" }, { "A/.B.C", "A/B/C" },
	{ ".Entw&APw-rfe", "Entw\xc3\xbcrfe" }, { ".&MAA-", "\xe3\x80\x80" },
	{ ".R&-D", "R&D" }, { ".R&D", "R&D" },
	{ ".Entw\xc3\xbcrfe", "Entw\xc3\xbcrfe" }, { ".caf\xe9", "caf%E9" },
	{ ".INBOX", "INBOX" }, { ".inbox.x", "INBOX/x" }, { "..x", "x" },
	{ "...", "%2E.." }, { "100%", "100%25" },
	{ ".&AC8-", "&AC8-" }, /* '/' needs no shift: not modified UTF-7 */
};

static void
test_box_paths(void **state)
{
	struct buf b = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(boxes) / sizeof(boxes[0]); i++) {
		buf_clear(&b);
		maildir_box_path(&b, boxes[i].dir);
		if (strcmp(buf_str(&b), boxes[i].path) != 0)
			fail_msg("row %zu: '%s'", i, buf_str(&b));
	}
	buf_free(&b);
}

#define UUID "0F8E1E14-9F2E-4A47-8D2E-0123456789AB"

static const struct {
	const char *dir, *path, *name;
} dirs[] = {
	{ "", "INBOX", "INBOX" },
	{ "A/B", "A/B", "A/B" },
	{ "inbox", "INBOX", "inbox" },
	{ "100%", "100%25", "100%" },
	{ "X.sbd/Y", "X/Y", "X/Y" },
	{ "X.sbd/Y.sbd", "X/Y", "X/Y" },
	{ ".sbd", "%2Esbd", ".sbd" },
	{ "W.mbox/" UUID "/Data/Messages", "W", "W" },
	{ "W.mbox/" UUID "/Data/1/2/Messages", "W", "W" },
	{ "W.mbox/Old.mbox/" UUID "/Data/Messages", "W/Old", "W/Old" },
	{ "Data/Messages/1", "Data/Messages/1", "Data/Messages/1" },
	{ UUID, UUID, UUID },
};

static void
test_dir_paths(void **state)
{
	struct buf path = { 0 }, name = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		buf_clear(&path);
		buf_clear(&name);
		eml_dir_path(&path, &name, dirs[i].dir);
		if (strcmp(buf_str(&path), dirs[i].path) != 0 ||
		    strcmp(buf_str(&name), dirs[i].name) != 0)
			fail_msg("row %zu: '%s' '%s'", i, buf_str(&path),
			    buf_str(&name));
	}
	buf_free(&path);
	buf_free(&name);
}

static const struct {
	const char *head;
	uint64_t at, size; /* at 0: is none */
} begins[] = {
	{ "12\nFrom: a\n", 3, 12 },
	{ "2945      \nReturn-Path: <>\n", 11, 2945 },
	{ "12\r\nx", 4, 12 },
	{ "0\n", 2, 0 },
	{ "12", 0, 0 },
	{ "\n12\n", 0, 0 },
	{ "12x\n", 0, 0 },
	{ "-1\n", 0, 0 },
	{ "99999999999999999999999999\n", 0, 0 },
	{ "this is an invalid .emlx\n", 0, 0 },
	{ "", 0, 0 },
};

static void
test_emlx_begin(void **state)
{
	uint64_t at, size;
	bool is;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
		is = emlx_begin(slice_str(begins[i].head), &at, &size);
		if (is != (begins[i].at > 0) ||
		    (is && (at != begins[i].at || size != begins[i].size)))
			fail_msg("row %zu", i);
	}
}

#define FLAGS(x) "<?xml?><plist><key>flags</key>\n\t<integer>" x "</integer>"

static const struct {
	const char *list;
	bool told;
	uint32_t flags;
	const char *keywords;
} lists[] = {
	{ FLAGS("0"), true, 0, "" },
	{ FLAGS("1"), true, MSG_SEEN, "" },
	{ FLAGS("2"), true, MSG_DELETED, "" },
	{ FLAGS("4"), true, MSG_ANSWERED, "" },
	{ FLAGS("8"), true, 0, "" }, /* encrypted */
	{ FLAGS("16"), true, MSG_FLAGGED, "" },
	{ FLAGS("32"), true, 0, "" }, /* recent */
	{ FLAGS("64"), true, MSG_DRAFT, "" },
	{ FLAGS("256"), true, MSG_FORWARDED, "" },
	{ FLAGS("8623750272"), true, 0, "$NotJunk" },
	{ FLAGS("16777217"), true, MSG_SEEN, "$Junk" },
	{ FLAGS("-1"), false, 0, "" },
	{ FLAGS("99999999999999999999"), false, 0, "" },
	{ FLAGS("x"), false, 0, "" },
	{ "<key>flags</key><string>1</string>", false, 0, "" },
	{ "<key>flags</key><integer>1", false, 0, "" },
	{ "<key>flags</key>", false, 0, "" },
	{ "", false, 0, "" },
};

static void
test_emlx_flags(void **state)
{
	struct buf keywords = { 0 };
	uint32_t flags;
	bool told;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		flags = 0;
		buf_clear(&keywords);
		told = emlx_flags(slice_str(lists[i].list), &flags, &keywords);
		if (told != lists[i].told || flags != lists[i].flags ||
		    strcmp(buf_str(&keywords), lists[i].keywords) != 0)
			fail_msg("row %zu", i);
	}
	buf_free(&keywords);
	assert_int_equal(emlx_list(slice_str("text\n<?xml?>\n<plist>")), 5);
	assert_int_equal(emlx_list(slice_str("text\n<plist>")), 5);
	assert_int_equal(emlx_list(slice_str("<?xml?> text")), 12);
}

#define MAIL "From: a@example.org\nSubject: x\n\ntext\n"
#define MBOX "From a@example.org Fri Mar  1 08:00:00 2019\n" MAIL

static const struct {
	const char *name, *head;
	enum eml_kind kind;
} kinds[] = {
	{ "a.eml", MAIL, EML_MESSAGE },
	{ "a.EML", MAIL, EML_MESSAGE },
	{ "a", MAIL, EML_MESSAGE },
	{ "17", "Subject: only\n\n", EML_MESSAGE },
	{ "list", "Subject: only\n\n", EML_OTHER },
	{ "a.eml", "no header\n", EML_MESSAGE },
	{ "a", "no header\n", EML_OTHER },
	{ "a.eml", "PK\003\004", EML_BAD },
	{ "a.zip", "PK\003\004", EML_OTHER },
	{ "page.mht", MAIL, EML_OTHER },
	{ "a.emlx", "38\n" MAIL, EML_APPLE },
	{ "a", "38\n" MAIL, EML_APPLE },
	{ "a", "38\nnumbers\n", EML_OTHER },
	{ "a.emlx", MAIL, EML_BAD },
	{ "Sent", MBOX, EML_MBOX },
	{ "a.mbox", MBOX, EML_MBOX },
	{ "a.eml", MBOX, EML_MBOX_ONE },
	{ "17", MBOX, EML_MBOX_ONE },
};

static void
test_kinds(void **state)
{
	const char *what;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (eml_file_kind(kinds[i].name, slice_str(kinds[i].head),
			&what) != kinds[i].kind)
			fail_msg("row %zu: '%s'", i, kinds[i].name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_stems),
		cmocka_unit_test(test_keywords),
		cmocka_unit_test(test_box_paths),
		cmocka_unit_test(test_dir_paths),
		cmocka_unit_test(test_emlx_begin),
		cmocka_unit_test(test_emlx_flags),
		cmocka_unit_test(test_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
