/* SPDX-License-Identifier: GPL-3.0-or-later */
/* transform/rules: which folder, which new name; formats/roles; names. */
#include "transform/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "formats/roles.h"
#include "transform/rules_file.h"

static void
count_doubt(void *arg, const struct err *err)
{
	assert_string_not_equal(err->text, "");
	++*(int *)arg;
}

/* What the rules say of the spool path 'path': "-" left out, or the path it
 * becomes. */
static char *
say(struct rules *rs, const char *path, const char *role, int *doubts)
{
	struct rules_doubt d = { .fn = count_doubt, .arg = doubts };
	struct rule_plan plan = { .stop = RULES_NONE };
	struct buf name = { 0 }, out = { 0 };

	names_open(&name, slice_str(path));
	rules_of_folder(rs, buf_slice(&name), role, &plan, &d);
	if (plan.stop != RULES_NONE)
		buf_puts(&out, "-");
	else
		names_close(&out, buf_slice(&plan.name), slice_str(path));
	rule_plan_free(&plan);
	buf_free(&name);
	return out.p;
}

static void
expect(struct rules *rs, const char *path, const char *role, const char *want)
{
	int doubts = 0;
	char *got = say(rs, path, role, &doubts);

	if (strcmp(got, want) != 0)
		fail_msg("'%s' became '%s', not '%s'", path, got, want);
	assert_int_equal(doubts, 0);
	free(got);
}

static struct rules *
parse(const char *text)
{
	struct rules *rs = rules_new();
	struct rules_settings s;
	struct err err = { 0 };

	if (rules_file_parse(rs, &s, "r", slice_str(text), &err) < 0)
		fail_msg("%s", err.text);
	rules_settings_free(&s);
	return rs;
}

/* By role: what the source told, else what the name suggests. */
static void
test_req_051_roles(void **state)
{
	static const struct {
		const char *path, *role, *want;
	} row[] = {
		{ "Junk", NULL, "-" },
		{ "Spam", NULL, "-" },
		{ "INBOX/Spam", NULL, "-" },
		{ "[Gmail]/Spam", NULL, "-" },
		{ "Anything", "\\Junk", "-" },
		{ "Anything", "\\junk", "-" },
		{ "Junk", "\\Archive", "Junk" },
		{ "Work/Junk", NULL, "Work/Junk" },
		{ "Junk/Old", NULL, "Junk/Old" },
		{ "Junkyard", NULL, "Junkyard" },
		{ "INBOX", NULL, "INBOX" },
	};
	struct rules *rs = parse("rules: [ { exclude: { role: \\Junk } } ]");
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		expect(rs, row[i].path, row[i].role, row[i].want);
	rules_free(&rs);
}

static void
test_req_110_localized(void **state)
{
	static const struct {
		const char *name, *role;
	} row[] = {
		{ "Sent Items", "\\Sent" },
		{ "Gesendete Elemente", "\\Sent" },
		{ "\xc3\x89l\xc3\xa9ments envoy\xc3\xa9s", "\\Sent" },
		{ "\xe9\x80\x81\xe4\xbf\xa1\xe6\xb8\x88\xe3\x81\xbf\xe3\x82\xa2"
		  "\xe3\x82\xa4\xe3\x83\x86\xe3\x83\xa0",
		    "\\Sent" },
		{ "Drafts", "\\Drafts" },
		{ "Entw\xc3\xbcrfe", "\\Drafts" },
		{ "Brouillons", "\\Drafts" },
		{ "\xe4\xb8\x8b\xe6\x9b\xb8\xe3\x81\x8d", "\\Drafts" },
		{ "Deleted Items", "\\Trash" },
		{ "Gel\xc3\xb6schte Elemente", "\\Trash" },
		{ "\xc3\x89l\xc3\xa9ments supprim\xc3\xa9s", "\\Trash" },
		{ "\xe5\x89\x8a\xe9\x99\xa4\xe6\xb8\x88\xe3\x81\xbf\xe3\x82\xa2"
		  "\xe3\x82\xa4\xe3\x83\x86\xe3\x83\xa0",
		    "\\Trash" },
		{ "Junk E-mail", "\\Junk" },
		{ "Junk-E-Mail", "\\Junk" },
		{ "Courrier ind\xc3\xa9sirable", "\\Junk" },
		{ "\xe8\xbf\xb7\xe6\x83\x91\xe3\x83\xa1\xe3\x83\xbc\xe3\x83"
		  "\xab",
		    "\\Junk" },
		/* another case, without accents, and decomposed */
		{ "GESENDETE ELEMENTE", "\\Sent" },
		{ "Elements envoyes", "\\Sent" },
		{ "Entwu\xcc\x88rfe", "\\Drafts" },
		{ "\xe3\x82\xb3\xe3\x82\x99\xe3\x83\x9f\xe7\xae\xb1",
		    "\\Trash" },
		{ "\u041e\u0442\u043f\u0440\u0430\u0432\u043b\u0435"
		  "\u043d\u043d\u044b\u0435",
		    "\\Sent" },
		{ "Corbeille", "\\Trash" },
		{ "Papierkorb", "\\Trash" },
		{ "Prullenbak", "\\Trash" },
		{ "Elementy wys\u0142ane", "\\Sent" },
		{ "Lixo eletr\u00f4nico", "\\Junk" },
		{ "\u5df2\u53d1\u9001\u90ae\u4ef6", "\\Sent" },
		{ "\u5bc4\u4ef6\u5099\u4efd", "\\Sent" },
		{ "\ubcf4\ub0b8 \ud3b8\uc9c0\ud568", "\\Sent" },
		{ "Skr\u00e4ppost", "\\Junk" },
		{ "Luonnokset", "\\Drafts" },
		{ "Nevy\u017e\u00e1dan\u00e1 po\u0161ta", "\\Junk" },
		{ "G\u00f6nderilmi\u015f \u00d6\u011feler", "\\Sent" },
		{ "\u0391\u03c0\u03b5\u03c3\u03c4\u03b1\u03bb\u03bc"
		  "\u03ad\u03bd\u03b1",
		    "\\Sent" },
		{ "Elemente \u0219terse", "\\Trash" },
		{ "INBOX/Trash", "\\Trash" },
		{ "[Gmail]/Gesendet", "\\Sent" },
		{ "[Gmail]/Wichtig", "\\Important" },
		{ "[Gmail]/All Mail", "\\All" },
		{ "All Mail", NULL },
		{ "Posteingang", NULL },
		{ "Sentx", NULL },
		{ "Sen", NULL },
		{ "INBOX/a/Sent", NULL },
		{ "Important", NULL },
		{ "Work/Sent", NULL },
		{ "", NULL },
	};
	const char *got;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		got = roles_guess(slice_str(row[i].name));
		if (got != row[i].role &&
		    (got == NULL || row[i].role == NULL ||
			strcmp(got, row[i].role) != 0))
			fail_msg("'%s': %s", row[i].name,
			    got == NULL ? "none" : got);
	}
	assert_string_equal(roles_find(slice_str("junk")), "\\Junk");
	assert_string_equal(roles_find(slice_str("\\JUNK")), "\\Junk");
	assert_null(roles_find(slice_str("\\Jun")));
	assert_string_equal(roles_of_name(slice_str("Posteingang"), true),
	    "\\Inbox");
	assert_null(roles_of_name(slice_str("Trash"), true));
	assert_string_equal(roles_of_name(slice_str("Trash"), false),
	    "\\Trash");
}

static void
test_renames(void **state)
{
	static const struct {
		const char *rule, *path, *want;
	} row[] = {
		{ "folder: A, to: B", "A", "B" },
		{ "folder: A, to: B", "A/x/y", "B/x/y" },
		{ "folder: A, to: B", "AA", "AA" },
		{ "folder: A, to: B", "x/A", "x/A" },
		{ "folder: inbox, to: Old", "INBOX/x", "Old/x" },
		{ "folder: 'A/*', to: 'B/*'", "A/x/y", "B/x/y" },
		{ "folder: 'A/*', to: 'B/*'", "A", "A" },
		{ "folder: 'A/**', to: '**'", "A/x/y", "x/y" },
		{ "folder: '*-*', to: '$2/$1'", "a-b-c", "b-c/a" },
		{ "folder: '20?\?', to: 'Y?\?'", "2019", "Y19" },
		{ "folder: '[ab]*', to: '*$1'", "axy", "xya" },
		{ "folder: A, to: 'x\\*$$'", "A", "x*$" },
		{ "folder: A, to: '//B//C/'", "A", "B/C" },
		{ "folder: A, to: '/'", "A", "A" },
		{ "folder: A, to: '../../etc'", "A", "%2E./%2E./etc" },
		{ "folder: A, to: cur", "A", "%63ur" },
		{ "folder: 'In/Out', to: X", "In%2FOut", "X" },
		{ "folder: 'a*', to: 'b*'", "aIn%2FOut", "bIn%2FOut" },
		{ "folder: 'a*', to: 'b*'", "a%FFx", "b%FFx" },
		{ "folder-regex: '^(\\w+)/(\\d+)$', to: '$2-$1'", "Q/19",
		    "19-Q" },
		{ "folder-regex: 'l', to: 'r'", "all", "arl" },
		{ "folder-regex: '(.*)', to: 'x/$1'", "all", "x/all" },
		{ "folder-regex: 'n/(O)', to: '$1'", "In%2FOut", "IOut" },
		{ "folder-regex: 't$', to: 's'", "In%2FOut", "In%2FOus" },
		{ "role: \\Sent, to: Sent", "Gesendete Elemente", "Sent" },
	};
	struct rules *rs;
	char text[300];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		snprintf(text, sizeof(text), "rules: [ { rename: { %s } } ]",
		    row[i].rule);
		rs = parse(text);
		expect(rs, row[i].path, NULL, row[i].want);
		rules_free(&rs);
	}
}

/* Order: a rename is seen by what follows, an exclusion ends. */
static void
test_order(void **state)
{
	struct rules *rs =
	    parse("rules:\n"
		  "  - rename: { folder: A, to: B }\n"
		  "  - exclude: A\n"
		  "  - exclude: C\n"
		  "  - rename: { folder: B, to: C }\n"
		  "  - rename: { folder: D, to: E, as: \\Sent }\n"
		  "  - exclude: { role: \\Sent }\n");

	(void)state;
	expect(rs, "A", NULL, "C");
	expect(rs, "B", NULL, "C");
	expect(rs, "C", NULL, "-");
	expect(rs, "D", NULL, "-");
	expect(rs, "D/below", NULL, "E/below");
	rules_free(&rs);
}

/* A regex that gives up does not apply, and is not tried for ever. */
static void
test_doubt(void **state)
{
	struct rules *rs =
	    parse("rules: [ { exclude: { folder-regex: '^(a+)+$' } } ]");
	char name[201];
	int doubts = 0, i;
	char *got;

	(void)state;
	memset(name, 'a', 200);
	name[199] = '!';
	name[200] = '\0';
	for (i = 0; i < 150; i++) {
		got = say(rs, name, NULL, &doubts);
		assert_string_equal(got, name);
		free(got);
	}
	assert_int_equal(doubts, 101);
	rules_free(&rs);
}

static void
test_req_053_fix(void **state)
{
	static const struct {
		const char *dest, *wide, *in, *want;
	} row[] = {
		{ NULL, NULL,
		    "A\xe3\x80\x80"
		    "B",
		    "A B" },
		{ NULL, "",
		    "A\xe3\x80\x80"
		    "B",
		    "AB" },
		{ NULL, "-", "\xe3\x80\x80", "-" },
		{ NULL, NULL, "\xe3\x80\x80", "_" },
		{ NULL, NULL, "\xe2\x80\x8b", "_" },
		{ NULL, NULL, " . ", "_" },
		{ NULL, NULL, "a\tb\nc\x01", "a b c" },
		{ NULL, NULL,
		    "a\xc2\xad"
		    "b",
		    "ab" },
		{ NULL, NULL, ".a", ".a" },
		{ "dovecot", NULL, ".a.b", "_a_b" },
		{ "dovecot", ".",
		    "A\xe3\x80\x80"
		    "B",
		    "A_B" },
		{ "microsoft", NULL, "files", "files_" },
		{ "google", NULL, "a \xe3\x80\x80 b^", "a b_" },
		{ "courier", NULL, "\xf0\x9f\x93\x81", "_" },
		{ "generic", NULL, "\"%*./\\^", "_______" },
	};
	struct names_fix fix;
	struct buf out = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		fix = (struct names_fix){ .wide_space = row[i].wide };
		if (row[i].dest != NULL)
			fix.dest = names_dest_find(row[i].dest);
		buf_clear(&out);
		names_fix(&out, slice_str(row[i].in), &fix, true);
		if (strcmp(buf_str(&out), row[i].want) != 0)
			fail_msg("row %zu: '%s', not '%s'", i, buf_str(&out),
			    row[i].want);
	}
	buf_free(&out);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_req_051_roles),
		cmocka_unit_test(test_req_110_localized),
		cmocka_unit_test(test_renames),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_doubt),
		cmocka_unit_test(test_req_053_fix),
	};

	return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
