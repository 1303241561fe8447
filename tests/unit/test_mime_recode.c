/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stretches written otherwise: RFC 2045 6.7 and 6.8, and line ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "formats/mime_recode.h"

static const struct {
	enum recode_how how;
	unsigned flags;
	const char *in, *want;
} rows[] = {
	{ RECODE_COPY, 0, "a\nb\rc", "a\nb\rc" },
	{ RECODE_TEXT, 0, "a\nb\rc\r\nd", "a\r\nb\r\nc\r\nd" },
	/* CRLF made of CRLF is one line end still */
	{ RECODE_TEXT, 0, "a\r\r\nb\r", "a\r\nb\r\n" },
	/* a CR cannot begin a field, nor end a header */
	{ RECODE_FRAME, 0, "A: b\rC: d\n", "A: b C: d\r\n" },
	{ RECODE_FRAME, 0, "A: b\r\r\nC: d\r\n", "A: b\r\nC: d\r\n" },
	{ RECODE_FRAME, 0, "A: b\r\tc\n", "A: b\tc\r\n" },
	{ RECODE_FRAME, 0, "A: b\r\n\rC: d\n", "A: b\r\n C: d\r\n" },
	{ RECODE_QP, RECODE_AS_TEXT, "a=b\xfc \r\nc\t", "a=3Db=FC=20\r\nc=09" },
	{ RECODE_QP, RECODE_AS_TEXT, "a\nb\rc", "a=0A=\r\nb=0Dc" },
	{ RECODE_QP, RECODE_AS_TEXT | RECODE_ENDS, "a \nb\rc",
	    "a=20\r\nb\r\nc" },
	{ RECODE_QP, RECODE_AS_TEXT | RECODE_ENDS, "a \r\r\nb", "a=20\r\nb" },
	{ RECODE_QP, RECODE_ENDS, "a\r\r\nb", "a=0D\r\nb" },
	{ RECODE_QP, RECODE_ENDS, "a\nb", "a=0A=\r\nb" },
	/* what a boundary might be is none */
	{ RECODE_QP, RECODE_AS_TEXT, "x\r\n--b\r\n", "x\r\n=2D-b\r\n" },
	{ RECODE_BASE64, 0, "\n\r\xff", "Cg3/" },
	{ RECODE_BASE64, RECODE_LAST, "a", "YQ==\r\n" },
	{ RECODE_WRAP_BASE64, RECODE_ENDS, "YQ\n==\r", "YQ\r\n==\r\n" },
	{ RECODE_WRAP_BASE64, RECODE_ENDS, "YQ\r\r\n==\r\rYg",
	    "YQ\r\n==\r\nYg" },
	{ RECODE_WRAP_BASE64, 0, "YQ\n==\r", "YQ\n==\r" },
	{ RECODE_WRAP_QP, RECODE_ENDS | RECODE_AS_TEXT, "a=\nb\nc=3D=20",
	    "a=\r\nb\r\nc=3D=20" },
	{ RECODE_WRAP_QP, RECODE_ENDS | RECODE_AS_TEXT, "a=\r\r\nb\r\r\n",
	    "a=\r\nb\r\n" },
	{ RECODE_WRAP_QP, RECODE_ENDS, "a=\r\r\nb\r\r\n",
	    "a=\r\nb=0D=\r\n\r\n" },
	{ RECODE_WRAP_QP, RECODE_ENDS, "a=\nb\nc", "a=\r\nb=0A=\r\nc" },
	{ RECODE_WRAP_QP, 0, "a=zz=\r\n=4", "a=zz=\r\n=4" },
};

static void
rows_come_out(void **state)
{
	struct buf out = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_clear(&out);
		recode_text(rows[i].how, rows[i].flags, slice_str(rows[i].in),
		    &out);
		if (strcmp(buf_str(&out), rows[i].want) != 0)
			fail_msg("row %zu: '%s'", i, buf_str(&out));
	}
	buf_free(&out);
}

/* No line over 76 bytes, whatever comes; an escape is never cut. */
static void
lines_are_short(void **state)
{
	static const enum recode_how hows[] = { RECODE_QP, RECODE_BASE64,
		RECODE_WRAP_BASE64, RECODE_WRAP_QP };
	struct buf in = { 0 }, out = { 0 };
	struct slice rest, line;
	size_t i;

	(void)state;
	for (i = 0; i < 3000; i++)
		buf_puts(&in, i % 7 == 0 ? "=C3=BC" : "abc");
	for (i = 0; i < 4; i++) {
		buf_clear(&out);
		recode_text(hows[i], RECODE_ENDS, buf_slice(&in), &out);
		rest = buf_slice(&out);
		while (slice_next_line(&rest, &line)) {
			assert_true(line.n <= 78);
			if (hows[i] != RECODE_WRAP_QP || line.n < 5)
				continue;
			assert_true(line.p[line.n - 4] != '=' &&
			    (line.p[line.n - 5] != '=' ||
				line.p[line.n - 3] == '='));
		}
	}
	buf_free(&in);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_come_out),
		cmocka_unit_test(lines_are_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
