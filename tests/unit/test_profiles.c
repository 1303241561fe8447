/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What load refuses by a profile, transform --fix-names --for mends: two
 * tables that have to agree. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "core/text.h"
#include "load/rules.h"
#include "transform/names.h"
#include "wire/mutf7.h"

static const char *const words[] = { "dovecot", "cyrus", "courier", "microsoft",
	"google" };

static struct load_rules
profile(struct providers *all, const char *word)
{
	struct load_rules r = { .name = word };
	const struct provider *p;
	struct err err = { 0 };

	assert_int_equal(providers_find(all, word, &p, &err), 0);
	r.limits = &p->limits;
	return r;
}

static bool
is_taken(const struct load_rules *r, struct slice name)
{
	struct err err = { 0 };
	struct buf wire = { 0 };
	bool is;

	assert_true(mutf7_encode(&wire, name));
	is = load_rules_folder(r, name, false, &err) == 0 &&
	    load_rules_wire(r, buf_slice(&wire), '\1', &err) == 0;
	if (!is)
		assert_non_null(strstr(err.hint, r->name));
	buf_free(&wire);
	return is;
}

/* A name as it is and mended. */
static void
check(const struct load_rules *r, struct slice name)
{
	struct names_fix fix = { .dest = names_dest_find(r->name) };
	struct buf fixed = { 0 };
	char text[200];

	names_fix(&fixed, name, &fix, true);
	if (!is_taken(r, buf_slice(&fixed))) {
		text_escape_into(text, sizeof(text), fixed.p, fixed.n);
		fail_msg("%s: '%s' is what --fix-names makes of a name, and is "
			 "refused",
		    r->name, text);
	}
	buf_free(&fixed);
}

static void
test_mended(void **state)
{
	static const char *const names[] = { "Files", "files", "[Gmail]",
		"[GOOGLE MAIL]", " lead", "trail ", "a  b", "a   b", "~x", "~",
		"\xf0\x9f\x98\x80", "a/b", ".", "..", " ", "\xe3\x80\x80",
		"a\xe3\x80\x80\xe3\x80\x80z" };
	struct providers *all;
	struct err err = { 0 };
	struct load_rules r;
	struct buf b = { 0 };
	size_t i, k;
	char one[4] = "a?b";

	(void)state;
	assert_int_equal(providers_open(&all, NULL, &err), 0);
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		assert_non_null(names_dest_find(words[i]));
		r = profile(all, words[i]);
		for (k = 0x20; k < 0x7f; k++) {
			one[1] = (char)k;
			if (k != '/')
				check(&r, slice_str(one));
			check(&r, slice_of(one + 1, 2));
		}
		for (k = 0; k < sizeof(names) / sizeof(names[0]); k++)
			if (strchr(names[k], '/') == NULL)
				check(&r, slice_str(names[k]));
		for (k = 0; k < 300; k++) {
			buf_puts(&b, k % 2 == 0 ? "\xd1\x89" : "a");
			check(&r, buf_slice(&b));
		}
		buf_clear(&b);
	}
	buf_free(&b);
	providers_close(&all);
}

static void
test_refused(void **state)
{
	static const struct {
		const char *profile, *name;
		bool is_there, want;
	} rows[] = {
		{ "microsoft", "Files", false, false },
		{ "microsoft", "FILES", true, false },
		{ "microsoft", "Files/2012", false, false },
		{ "microsoft", "My files", false, true },
		{ "microsoft", "a/Files", false, true },
		{ "microsoft", "end ", false, false },
		{ "microsoft", "a/end ", false, false },
		{ "google", "[Gmail]", true, false },
		{ "google", "[Gmail]/Mine", false, false },
		{ "google", "[Gmail]/Sent Mail", true, true },
		{ "google", "a^b", false, false },
		{ "google", "a^b", true, true },
		{ "google", "a  b", false, false },
		{ "cyrus", "a/b", false, true },
		{ "cyrus", "a\"b", false, false },
		{ "cyrus", "a*b", false, true },
		{ "courier", "\xf0\x9f\x98\x80", false, false },
		{ "courier", "\xe3\x80\x80", false, true },
		{ "dovecot", "anything ^\"%", false, true },
	};
	struct providers *all;
	struct err err = { 0 };
	struct load_rules r;
	size_t i;

	(void)state;
	assert_int_equal(providers_open(&all, NULL, &err), 0);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		r = profile(all, rows[i].profile);
		err_clear(&err);
		if ((load_rules_folder(&r, slice_str(rows[i].name),
			 rows[i].is_there, &err) == 0) != rows[i].want)
			fail_msg("row %zu: %s, '%s': %s", i, rows[i].profile,
			    rows[i].name, err.text);
	}
	providers_close(&all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mended),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("profiles", tests, NULL, NULL);
}
