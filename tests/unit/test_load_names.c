/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folder names at the destination, by delimiter and prefix. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "formats/folder.h"
#include "load/names.h"

/* The wire form of a whole path, component by component. */
static bool
name_of(struct buf *out, const char *path, const struct names *n)
{
	struct slice rest = slice_str(path), c;
	struct buf parent = { 0 };
	bool replaced = false;

	while (folder_next(&rest, &c)) {
		buf_clear(&parent);
		buf_put(&parent, out->p, out->n);
		buf_clear(out);
		if (names_child(out, buf_slice(&parent), c, n))
			replaced = true;
	}
	buf_free(&parent);
	return replaced;
}

static void
test_names(void **state)
{
	static const struct {
		const char *path, *prefix;
		char delimiter;
		const char *want;
		bool replaced;
	} rows[] = {
		{ "INBOX", "", '/', "INBOX", false },
		{ "INBOX", "INBOX.", '.', "INBOX", false },
		{ "INBOX/Sub", "", '/', "INBOX/Sub", false },
		{ "Projects/2019", "", '/', "Projects/2019", false },
		{ "Projects/2019", "", '.', "Projects.2019", false },
		{ "Projects/2019", "INBOX.", '.', "INBOX.Projects.2019",
		    false },
		/* no doubled prefix */
		{ "INBOX/Sub", "INBOX.", '.', "INBOX.Sub", false },
		{ "INBOX/Sub/More", "INBOX/", '/', "INBOX/Sub/More", false },
		{ "Inbox notes", "INBOX.", '.', "INBOX.Inbox notes", false },
		{ "a/INBOX", "", '/', "a/INBOX", false },
		/* the delimiter inside a component */
		{ "v1.2", "", '.', "v1_2", true },
		{ "v1.2", "", '/', "v1.2", false },
		{ "a%2Fb", "", '/', "a_b", true },
		{ "a%2Fb", "", '.', "a/b", false },
		{ "a_b", "", '_', "a-b", true },
		/* modified UTF-7: RFC 3501 5.1.3, and U+3000 is MAA */
		{ "a&b", "", '/', "a&-b", false },
		{ "A\xe3\x80\x80"
		  "B",
		    "", '/', "A&MAA-B", false },
		{ "\xe5\x8f\xb0\xe5\x8c\x97", "", '/', "&U,BTFw-", false },
		{ "~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97", "", '/',
		    "~peter/mail/&U,BTFw-", false },
		/* what no name may have */
		{ "a%0D%0Ab", "", '/', "a__b", true },
		{ "a%00b", "", '/', "a_b", true },
		{ "%FF", "", '/', "&,,0-", true },
		{ "%", "", '/', "_", true },
		/* no hierarchy at all */
		{ "a/b", "", '\0', "a_b", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct names n = { rows[i].prefix, rows[i].delimiter };
		struct buf out = { 0 };
		bool replaced = name_of(&out, rows[i].path, &n);

		if (strcmp(buf_str(&out), rows[i].want) != 0 ||
		    replaced != rows[i].replaced)
			fail_msg("row %zu: '%s' gave '%s'%s, not '%s'", i,
			    rows[i].path, buf_str(&out),
			    replaced ? " (replaced)" : "", rows[i].want);
		buf_free(&out);
	}
}

static void
test_small(void **state)
{
	struct names n = { "INBOX.", '.' };
	struct buf b = { 0 };

	(void)state;
	assert_true(names_is_personal(slice_str("inbox"), &n));
	assert_true(names_is_personal(slice_str("INBOX.a"), &n));
	assert_false(names_is_personal(slice_str("shared.a"), &n));
	assert_true(names_is_role(slice_str("\\Sent")));
	assert_true(names_is_role(slice_str("\\JUNK")));
	assert_false(names_is_role(slice_str("\\All")));
	assert_false(names_is_role(slice_str("")));
	buf_puts(&b, "Sent");
	names_apart(&b, 2);
	assert_string_equal(buf_str(&b), "Sent (2)");
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_small),
	};

	return cmocka_run_group_tests_name("load names", tests, NULL, NULL);
}
