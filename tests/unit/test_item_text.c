/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text of an item as UTF-8: any code page, any pieces, HTML where there is
 * no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/buf.h"
#include "core/text.h"
#include "formats/item_text.h"

struct source {
	struct slice s;
	size_t step;
};

static int
copy_source(void *arg, const struct item_sink *to, struct err *err)
{
	const struct source *s = arg;
	size_t at, n;

	for (at = 0; at < s->s.n; at += n) {
		n = s->s.n - at < s->step ? s->s.n - at : s->step;
		if (to->put(to->arg, s->s.p + at, n, err) != 0)
			return -1;
	}
	return 1;
}

/* Pieces must end between characters. */
static int
to_buf(void *arg, const void *data, size_t len, struct err *err)
{
	(void)err;
	assert_true(text_is_utf8(slice_of(data, len)));
	buf_put(arg, data, len);
	return 0;
}

static void
check(bool html, unsigned codepage, struct slice in, const char *want)
{
	static const size_t steps[] = { 1, 2, 3, 7, 100, 100000 };
	struct buf out = { 0 };
	struct item_sink to = { to_buf, &out };
	struct source src = { .s = in };
	struct item_body *b;
	struct item it;
	struct err err = { 0 };
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		item_init(&it);
		src.step = steps[i];
		b = html ? &it.html : &it.plain;
		b->codepage = codepage;
		b->stream.copy = copy_source;
		b->stream.arg = &src;
		buf_clear(&out);
		assert_int_equal(item_text(&it, &to, &err), 1);
		assert_string_equal(buf_str(&out), want);
	}
	buf_free(&out);
}

static void
test_plain(void **state)
{
	(void)state;
	check(false, 65001,
	    slice_str("\xef\xbb\xbf"
		      "a\xe6\x97\xa5\xf0\x9f\x98\x80"),
	    "a\xe6\x97\xa5\xf0\x9f\x98\x80");
	check(false, 65001, slice_of("a\0b", 3), "ab");
	check(false, 65001, slice_str("a\xff\xe6\x97"),
	    "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	check(false, 932, slice_str("\x93\xfa\x96\x7b\r\n\x8c\xea"),
	    "\xe6\x97\xa5\xe6\x9c\xac\r\n\xe8\xaa\x9e");
	check(false, 1252, slice_str("\x80 \xfc"), "\xe2\x82\xac \xc3\xbc");
	check(false, 0, slice_str("\xfc"), "\xc3\xbc");
}

static void
test_html(void **state)
{
	(void)state;
	check(true, 65001,
	    slice_str(
		"<html><head><title>no</title><style>p {}</style></head>"
		"<body>\n<p>one  <b>two</b>\nthree</p><p>a&amp;b &lt;c&gt; "
		"&#233;&#x65e5;&nbsp;&foo; & x<br>next<!-- <p>no -->"
		"<script>no</script></p></body></html>"),
	    "one two three\r\na&b <c> \xc3\xa9\xe6\x97\xa5\xc2\xa0&foo; & "
	    "x\r\nnext\r\n");
	check(true, 1252, slice_str("<div>\xfc</div><div>b</div>"),
	    "\xc3\xbc\r\n\x62\r\n");
	check(true, 65001, slice_str("<"), "");
	check(true, 65001, slice_str("<p"), "");
}

/* A line that never ends is cut, not kept. */
static void
test_long_line(void **state)
{
	struct buf in = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < 3 << 20; i++)
		buf_putc(&in, 'x');
	check(false, 1252, buf_slice(&in), buf_str(&in));
	buf_free(&in);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_html),
		cmocka_unit_test(test_long_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
