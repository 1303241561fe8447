/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folder names on disk: the table of folder.h, and that nothing is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core/limits.h"
#include "formats/folder.h"

static const struct {
	const char *name, *encoded;
} components[] = {
	{ "", "%" },
	{ "Projects", "Projects" },
	{ "Inbox", "Inbox" }, /* a component alone knows no place */
	{ "100%", "100%25" },
	{ "%41", "%2541" },
	{ "a/b", "a%2Fb" },
	{ "a\\b:c", "a\\b:c" },
	{ ".", "%2E" },
	{ "..", "%2E." },
	{ ".hidden.x", "%2Ehidden.x" },
	{ "~root", "%7Eroot" },
	{ "a~.", "a~." },
	{ "a\nb\x7f", "a%0Ab%7F" },
	{ "\xc2\x85", "%C2%85" },
	{ "\xc2\xa0", "\xc2\xa0" },
	{ "Entw\xc3\xbcrfe", "Entw\xc3\xbcrfe" },
	{ "A\xe3\x80\x80"
	  "B",
	    "A\xe3\x80\x80"
	    "B" },
	{ "Entw\xfcrfe", "Entw%FCrfe" },
	{ "\xed\xa0\x80", "%ED%A0%80" },
	{ "cur", "%63ur" },
	{ "new", "%6Eew" },
	{ "tmp", "%74mp" },
	{ "current", "current" },
	{ "Cur", "Cur" },
	{ "dovecot", "%64ovecot" },
	{ "dovecot-uidlist", "%64ovecot-uidlist" },
	{ "maildirfolder", "%6Daildirfolder" },
	{ "subscriptions", "%73ubscriptions" },
	{ " x ", " x " },
};

static void
test_components(void **state)
{
	struct buf b = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(components) / sizeof(components[0]); i++) {
		buf_clear(&b);
		folder_encode(&b, slice_str(components[i].name));
		if (strcmp(buf_str(&b), components[i].encoded) != 0)
			fail_msg("row %zu: '%s'", i, buf_str(&b));
		buf_clear(&b);
		folder_decode(&b, slice_str(components[i].encoded));
		if (strcmp(buf_str(&b), components[i].name) != 0)
			fail_msg("row %zu back: '%s'", i, buf_str(&b));
	}
	buf_clear(&b);
	folder_encode(&b, slice_of("a\0b", 3));
	assert_string_equal(buf_str(&b), "a%00b");
	buf_free(&b);
}

static const struct {
	const char *name;
	char delimiter;
	const char *path;
} paths[] = {
	{ "INBOX", '/', "INBOX" },
	{ "inbox", '.', "INBOX" },
	{ "Inbox/Sub", '/', "INBOX/Sub" },
	{ "Work/inbox", '/', "Work/inbox" },
	{ "a/b", 0, "a%2Fb" },
	{ "a.b/c", '.', "a/b%2Fc" },
	{ "/a//b/", '/', "a/b" },
	{ "", '/', "" },
	{ "A/../B", '/', "A/%2E./B" },
};

static void
test_paths(void **state)
{
	struct buf b = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		buf_clear(&b);
		folder_path_of(&b, slice_str(paths[i].name),
		    paths[i].delimiter);
		if (strcmp(buf_str(&b), paths[i].path) != 0)
			fail_msg("row %zu: '%s'", i, buf_str(&b));
		if (b.n > 0 && !folder_is_path(buf_slice(&b)))
			fail_msg("row %zu is no path", i);
	}
	buf_free(&b);
}

static void
test_is_path(void **state)
{
	static const char *const no[] = { "", "/", "/a", "a/", "a//b", ".",
		"..", "a/..", "a/.x", "~a", "Inbox", "inbox/a", "cur", "a/new",
		"dovecot.index", "a\nb", "100%", "%2", "%2f", "%41", "%zz",
		"\xff", "%C2%A0" };
	static const char *const yes[] = { "%", "INBOX", "a/Inbox", "a b/c.d",
		"%2E", "100%25", "x/%63ur" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (folder_is_path(slice_str(no[i])))
			fail_msg("'%s' is a path", no[i]);
	for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (!folder_is_path(slice_str(yes[i])))
			fail_msg("'%s' is no path", yes[i]);
}

/* Long names are cut at a whole character, and stay different. */
static void
test_long(void **state)
{
	struct buf name = { 0 }, a = { 0 }, b = { 0 };
	size_t fill;

	(void)state;
	for (fill = 0; fill < 12; fill++) {
		buf_clear(&name);
		buf_clear(&a);
		buf_clear(&b);
		while (name.n < 210 + fill)
			buf_putc(&name, 'x');
		while (name.n < 400)
			buf_puts(&name,
			    fill % 2 ? "\xe3\x81\x82" : "\xc2\x85%\xff");
		folder_join(&a, buf_slice(&name));
		assert_true(a.n <= LIMIT_COMPONENT_BYTES);
		if (!folder_is_path(buf_slice(&a)))
			fail_msg("fill %zu: '%s'", fill, buf_str(&a));
		name.p[name.n - 1] ^= 1;
		folder_join(&b, buf_slice(&name));
		assert_false(slice_eq(buf_slice(&a), buf_slice(&b)));
	}
	buf_clear(&name);
	while (name.n < LIMIT_COMPONENT_BYTES)
		buf_putc(&name, 'y');
	buf_clear(&a);
	folder_join(&a, buf_slice(&name));
	assert_true(slice_eq(buf_slice(&a), buf_slice(&name)));
	buf_putc(&name, 'y');
	buf_clear(&a);
	folder_join(&a, buf_slice(&name));
	assert_int_equal(a.n, LIMIT_COMPONENT_BYTES);
	buf_free(&name);
	buf_free(&a);
	buf_free(&b);
}

static void
test_limits(void **state)
{
	struct buf b = { 0 };
	int i;

	(void)state;
	for (i = 0; i < LIMIT_FOLDER_DEPTH; i++)
		folder_join(&b, slice_str("d"));
	assert_true(folder_is_path(buf_slice(&b)));
	folder_join(&b, slice_str("d"));
	assert_false(folder_is_path(buf_slice(&b)));
	buf_free(&b);
}

/* Any bytes, encoded and decoded, are the same bytes. */
static void
test_reversible(void **state)
{
	struct buf enc = { 0 }, dec = { 0 };
	char raw[24];
	uint32_t x = 1;
	size_t n, i;
	int round;

	(void)state;
	for (round = 0; round < 200000; round++) {
		x = x * 1664525 + 1013904223;
		n = 1 + (size_t)(x >> 24) % sizeof(raw);
		for (i = 0; i < n; i++) {
			x = x * 1664525 + 1013904223;
			raw[i] = "%./~\0\n\xc3\x84\xe3\x80\x85"
				 "curnewA"[(x >> 20) % 18];
		}
		buf_clear(&enc);
		buf_clear(&dec);
		folder_encode(&enc, slice_of(raw, n));
		folder_decode(&dec, buf_slice(&enc));
		if (!slice_eq(buf_slice(&dec), slice_of(raw, n)) ||
		    memchr(enc.p, '/', enc.n) != NULL ||
		    !folder_is_path(buf_slice(&enc)))
			fail_msg("round %d: '%s'", round, buf_str(&enc));
	}
	buf_free(&enc);
	buf_free(&dec);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_components),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_is_path),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_reversible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
