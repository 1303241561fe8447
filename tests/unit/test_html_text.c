/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HTML as text to be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "formats/html_text.h"

static const struct {
	const char *html, *text;
} table[] = {
	{ "", "" },
	{ "plain", "plain" },
	{ "  two \r\n words ", "two words" },
	{ "<p>one</p><p>two</p>", "one\n\ntwo" },
	{ "a<br>b<br/>c<BR />d", "a\nb\nc\nd" },
	{ "a<br><br>b", "a\n\nb" },
	{ "<div>a</div><div>b</div>", "a\nb" },
	{ "<ul><li>a</li><li>b</li></ul>c", "* a\n* b\nc" },
	{ "<table><tr><td>a</td><td>b</td></tr><tr><td>c</table>", "a b\nc" },
	{ "<html><head><title>T</title><style>p{x}</style></head>"
	  "<body>x<script>if (a<b) y</script>z</body>",
	    "xz" },
	{ "a<!-- <p>no</p> -->b", "ab" },
	{ "<a href=\"x>y\">link</a>", "link" },
	{ "&lt;b&gt; &amp;amp; &#65;&#x42;&euro;&nbsp;&uuml;",
	    "<b> &amp; AB\u20ac \u00fc" },
	{ "a & b &unknown; &#0; &#xd800; &#99999999; &",
	    "a & b &unknown; &#0; "
	    "&#xd800; &#99999999; "
	    "&" },
	{ "1 < 2 <3 <", "1 < 2 <3 <" },
	{ "<b", "" },
	{ "<!-- open", "" },
	{ "<style>open", "" },
	{ "\xe6\x9d\xb1<b>\xe4\xba\xac</b>", "\xe6\x9d\xb1\xe4\xba\xac" },
	{ "<pre>x</pre><prex>y</prex>", "x\ny" },
};

static void
test_table(void **state)
{
	struct buf out = { 0 };
	size_t i, n;
	char *exact;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		n = strlen(table[i].html);
		exact = malloc(n == 0 ? 1 : n);
		memcpy(exact, table[i].html, n);
		buf_clear(&out);
		html_to_text(&out, slice_of(exact, n));
		if (strcmp(buf_str(&out), table[i].text) != 0)
			fail_msg("row %zu: '%s' gave '%s'", i, table[i].html,
			    buf_str(&out));
		free(exact);
	}
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_table) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
