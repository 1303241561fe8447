/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Modified UTF-7: the examples of RFC 3501 5.1.3 and what must fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core/mem.h"
#include "core/text.h"
#include "wire/mutf7.h"

struct row {
	const char *utf8, *mutf7;
};

static const struct row good[] = {
	{ "", "" },
	{ "INBOX", "INBOX" },
	{ "Tom & Jerry", "Tom &- Jerry" },
	{ "&", "&-" },
	{ "&&", "&-&-" },
	{ "\xc3\x84&", "&AMQ-&-" },
	{ "~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/"
	  "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
	    "~peter/mail/&U,BTFw-/&ZeVnLIqe-" },
	{ "Entw\xc3\xbcrfe", "Entw&APw-rfe" },
	{ "A\xe3\x80\x80"
	  "B",
	    "A&MAA-B" },
	{ "\xf0\x9f\x93\xa7", "&2D3c5w-" },
	{ "\t\x7f", "&AAkAfw-" },
	{ "\xe2\x98\xba!", "&Jjo-!" },
};

static const char *const bad[] = {
	"&",
	"&A",
	"&AMQ",
	"&AMQ=-",
	"&AMR-",
	"&AMQA-",
	"a\xc3\x84",
	"\t",
	"&U,BTFw-&ZeVnLIqe-", /* one shift would have done */
	"&AGE-",	      /* 'a' needs none */
	"&AAA-",	      /* NUL */
	"&2D0-",
	"&3Oc-",
	"&2D3YPQ-",
	"&3Oc2D0-", /* half surrogates */
	"&AMQ\n-",
	"&/BT-",
};

/* In a block of its own, so that ASan sees one byte too far. */
static struct slice
exact(const char *s)
{
	size_t n = strlen(s);
	char *p = malloc(n == 0 ? 1 : n);

	assert_non_null(p);
	if (n > 0)
		memcpy(p, s, n);
	return slice_of(p, n);
}

static void
drop(struct slice s)
{
	union {
		const char *c;
		char *p;
	} u = { .c = s.p };

	free(u.p);
}

static void
test_good(void **state)
{
	struct buf out = { 0 };
	struct slice in;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		in = exact(good[i].utf8);
		buf_clear(&out);
		if (!mutf7_encode(&out, in) ||
		    strcmp(buf_str(&out), good[i].mutf7) != 0)
			fail_msg("row %zu: '%s'", i, buf_str(&out));
		drop(in);
		in = exact(good[i].mutf7);
		buf_clear(&out);
		if (!mutf7_decode(&out, in) ||
		    strcmp(buf_str(&out), good[i].utf8) != 0)
			fail_msg("row %zu back: '%s'", i, buf_str(&out));
		drop(in);
	}
	buf_free(&out);
}

static void
test_bad(void **state)
{
	struct buf out = { 0 };
	struct slice in;
	size_t i;

	(void)state;
	buf_puts(&out, "kept");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		in = exact(bad[i]);
		if (mutf7_decode(&out, in))
			fail_msg("row %zu: '%s'", i, bad[i]);
		assert_string_equal(buf_str(&out), "kept");
		drop(in);
	}
	assert_false(mutf7_encode(&out, slice_of("a\0b", 3)));
	assert_false(mutf7_encode(&out, slice_str("\xff")));
	assert_false(mutf7_encode(&out, slice_str("\xed\xa0\x80")));
	assert_string_equal(buf_str(&out), "kept");
	buf_free(&out);
}

/* Every code point there and back. */
static void
test_all_characters(void **state)
{
	struct buf in = { 0 }, enc = { 0 }, dec = { 0 };
	uint32_t cp;

	(void)state;
	for (cp = 1; cp <= 0x10ffff; cp++) {
		if (cp >= 0xd800 && cp <= 0xdfff)
			continue;
		buf_clear(&in);
		buf_clear(&enc);
		buf_clear(&dec);
		buf_putc(&in, 'x');
		text_put_utf8(&in, cp);
		text_put_utf8(&in, 0x3000);
		if (!mutf7_encode(&enc, buf_slice(&in)) ||
		    !mutf7_decode(&dec, buf_slice(&enc)) ||
		    !slice_eq(buf_slice(&in), buf_slice(&dec)))
			fail_msg("U+%04X", (unsigned)cp);
	}
	buf_free(&in);
	buf_free(&enc);
	buf_free(&dec);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_all_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
