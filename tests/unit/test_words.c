/* SPDX-License-Identifier: GPL-3.0-or-later */
/* RFC 2047 decoding, with the examples of its section 8 among the rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "formats/words.h"

static const struct {
	const char *in, *out;
} table[] = {
	{ "plain", "plain" },
	{ "", "" },
	{ " folded\r\n text ", "folded text" },
	{ "=?ISO-8859-1?Q?a?=", "a" },
	{ "=?ISO-8859-1?Q?a?= b", "a b" },
	{ "=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab" },
	{ "=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=", "ab" },
	{ "=?ISO-8859-1?Q?a_b?=", "a b" },
	{ "=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b" },
	{ "=?ISO-8859-1?Q?Andr=E9?= Pirard", "Andr\xc3\xa9 Pirard" },
	{ "=?US-ASCII*EN?Q?Keith_Moore?=", "Keith Moore" },
	{ "=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=",
	    "If you can read this yo" },
	{ "=?utf-8?B?44OG?= =?utf-8?B?44K544OI?=",
	    "\xe3\x83\x86\xe3\x82\xb9\xe3\x83\x88" },
	/* a character cut in two between words */
	{ "=?utf-8?B?44M=?= =?utf-8?B?hg==?=", "\xe3\x83\x86" },
	{ "=?iso-2022-jp?B?GyRCJUYlOSVIGyhC?=",
	    "\xe3\x83\x86\xe3\x82\xb9\xe3\x83\x88" },
	{ "=?no-such-charset?Q?abc?=", "abc" },
	{ "=?broken", "=?broken" },
	{ "a=b=?c", "a=b=?c" },
	{ "raw \xe9", "raw \xc3\xa9" },
	{ "raw \xc3\xa9", "raw \xc3\xa9" },
	{ "=?UTF-8?Q?a=?=", "a=" },
};

static void
test_table(void **state)
{
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct buf out = { 0 };
		char *exact;

		n = strlen(table[i].in);
		exact = malloc(n == 0 ? 1 : n);
		memcpy(exact, table[i].in, n);
		words_decode(&out, slice_of(exact, n));
		if (strcmp(buf_str(&out), table[i].out) != 0)
			fail_msg("row %zu: '%s' gave '%s'", i, table[i].in,
			    buf_str(&out));
		buf_free(&out);
		free(exact);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_table) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
