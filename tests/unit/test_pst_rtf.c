/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compressed RTF and what is wrapped into it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core/buf.h"
#include "formats/pst/lzfu.h"
#include "formats/pst/rtfex.h"
#include "formats/pst/utf16.h"

static int
put_buf(void *arg, const void *data, size_t len, struct err *err)
{
	(void)err;
	buf_put(arg, data, len);
	return 0;
}

/* The examples of [MS-OXRTFCP] 4.1.1 and 4.1.2, and the first one stored. */
static const struct {
	const char *packed;
	size_t n;
	const char *want;
} packed[] = {
	{ "\x2d\x00\x00\x00\x2b\x00\x00\x00\x4c\x5a\x46\x75\xf1\xc5\xc7\xa7"
	  "\x03\x00\x0a\x00\x72\x63\x70\x67\x31\x32\x35\x42\x32\x0a\xf3\x20"
	  "\x68\x65\x6c\x09\x00\x20\x62\x77\x05\xb0\x6c\x64\x7d\x0a\x80\x0f"
	  "\xa0",
	    49, "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n" },
	{ "\x1a\x00\x00\x00\x1c\x00\x00\x00\x4c\x5a\x46\x75\xe2\xd4\x4b\x51"
	  "\x41\x00\x04\x20\x57\x58\x59\x5a\x0d\x6e\x7d\x01\x0e\xb0",
	    30, "{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}" },
	{ "\x13\x00\x00\x00\x07\x00\x00\x00\x4d\x45\x4c\x41\x00\x00\x00\x00"
	  "{\\rtf1}",
	    23, "{\\rtf1}" },
};

static enum lzfu_end
unpack(const char *p, size_t n, size_t piece, struct buf *out)
{
	struct item_sink to = { put_buf, out };
	struct lzfu *l = malloc(sizeof(*l));
	enum lzfu_end how;
	struct err err = { 0 };
	size_t i, len;

	buf_clear(out);
	lzfu_init(l, &to);
	for (i = 0; i < n; i += len) {
		len = n - i < piece ? n - i : piece;
		assert_int_equal(lzfu_put(l, p + i, len, &err), 0);
	}
	assert_int_equal(lzfu_end(l, &how, &err), 0);
	free(l);
	return how;
}

static void
test_lzfu(void **state)
{
	struct buf out = { 0 };
	size_t i, piece;

	(void)state;
	for (i = 0; i < sizeof(packed) / sizeof(packed[0]); i++)
		for (piece = 1; piece <= packed[i].n; piece += 7) {
			assert_int_equal(
			    unpack(packed[i].packed, packed[i].n, piece, &out),
			    LZFU_WHOLE);
			assert_string_equal(buf_str(&out), packed[i].want);
		}
	buf_free(&out);
}

static void
test_lzfu_bad(void **state)
{
	struct buf out = { 0 }, b = { 0 };
	size_t n;

	(void)state;
	for (n = 0; n < packed[0].n; n++)
		assert_int_equal(unpack(packed[0].packed, n, 100, &out),
		    n < 16 ? LZFU_FOREIGN : LZFU_SHORT);
	buf_put(&b, packed[0].packed, packed[0].n);
	/* stored: RAWSIZE says 12 more, as COMPSIZE does */
	for (n = 0; n <= 5; n++)
		assert_int_equal(
		    unpack("\x11\0\0\0\x11\0\0\0MELA\0\0\0\0{\\rtf", 16 + n,
			100, &out),
		    n < 5 ? LZFU_SHORT : LZFU_WHOLE);
	assert_string_equal(buf_str(&out), "{\\rtf");
	b.p[21] ^= 1; /* 'p' becomes 'b' */
	assert_int_equal(unpack(b.p, b.n, 100, &out), LZFU_BAD_CRC);
	b.p[8] = 'X';
	assert_int_equal(unpack(b.p, b.n, 100, &out), LZFU_FOREIGN);
	assert_int_equal(out.n, 0);
	buf_free(&b);
	buf_free(&out);
}

/* ------------------------------------------------------------------ RTF */

static void
take_out(bool html, const char *rtf, size_t n, size_t piece, struct buf *out)
{
	struct item_sink to = { put_buf, out };
	struct rtfex *x = rtfex_new(html, &to);
	struct err err = { 0 };
	size_t i, len;

	buf_clear(out);
	for (i = 0; i < n; i += len) {
		len = n - i < piece ? n - i : piece;
		assert_int_equal(rtfex_put(x, rtf + i, len, &err), 0);
	}
	assert_int_equal(rtfex_end(x, &err), 0);
	rtfex_free(&x);
	assert_null(x);
}

#define HEAD                                                                   \
	"{\\rtf1\\ansi\\ansicpg1251\\fromhtml1 \\deff0{\\fonttbl"              \
	"{\\f0\\fswiss\\fcharset0 Arial;}{\\f1\\fmodern\\fcharset128 MS;}}"

static const struct {
	bool html;
	const char *rtf, *want;
} rows[] = {
	/* after the example in [MS-OXRTFEX] 4.1 */
	{ true,
	    HEAD "{\\*\\htmltag19 <html>}{\\*\\htmltag34 <head>}"
		 "{\\*\\htmltag41 </head>}{\\*\\htmltag50 <body>}"
		 "{\\*\\htmltag64}\\htmlrtf {\\htmlrtf0{\\*\\htmltag148 <b>}"
		 "\\htmlrtf {\\b\\htmlrtf0 Hi\\par"
		 "{\\*\\htmltag156 </b>}\\htmlrtf }\\htmlrtf0"
		 "\\htmlrtf\\par}\\htmlrtf0{\\*\\htmltag58 </body>}}",
	    "<html><head></head><body><b>Hi\r\n</b></body>" },
	{ true,
	    HEAD "{\\*\\mhtmltag84 <a>}{\\*\\htmltag84 &lt;}\\htmlrtf <"
		 "\\htmlrtf0 x\\~y\\tab\\'41\\u8364?\\lquote z}",
	    "&lt;x&nbsp;y\tA\u20ac&lsquo;z" },
	/* code pages: of the document in a tag, of the font outside */
	{ true, HEAD "{\\*\\htmltag84 \\'cf}\\f0 \\'e9\\f1 \\'83\\'65}",
	    "\u041f\u00e9\u30c6" },
	{ false,
	    "{\\rtf1\\ansi\\fromtext\\deff0{\\fonttbl{\\f0\\fcharset134 S"
	    ";}}\\f0 one\\par\r\n\\'d6\\'d0\\line two\\{\\}\\\\}",
	    "one\r\n\u4e2d\r\ntwo{}\\" },
	{ false,
	    "{\\rtf1{\\info{\\title no}}{\\*\\generator no;}yes"
	    "{\\pict 0a0b}{\\v hidden}{\\object{\\*\\objdata 01}}"
	    "{\\field{\\*\\fldinst HYPERLINK \"x\"}{\\fldrslt link}}}",
	    "yeslink" },
	{ false,
	    "{\\rtf1 \\u55357?\\u56832? \\uc2\\u8364\\'80\\'80x\\uc0"
	    "\\u8364y}",
	    "\U0001f600 \u20acx\u20acy" },
	{ false, "{\\rtf1 a\\bin5 {}{{{c\\bin2{{d}", "acd" },
	{ false, "{\\rtf1 open", "open" },
	{ false, "no RTF", "" },
	{ false, "{\\rtf1 a}b{c}", "a" },
};

static void
test_rtf(void **state)
{
	struct buf out = { 0 };
	size_t i, piece;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (piece = 1; piece < 400; piece += 57) {
			take_out(rows[i].html, rows[i].rtf, strlen(rows[i].rtf),
			    piece, &out);
			if (strcmp(buf_str(&out), rows[i].want) != 0)
				fail_msg("%zu: %s: %s", i, rows[i].rtf,
				    buf_str(&out));
		}
	buf_free(&out);
}

/* True RTF as HTML; "|" stands for what is around every document. */
static const struct {
	const char *rtf, *want;
} rich_rows[] = {
	{ "{\\rtf1}", "" },
	{ "{\\rtf1 one\\par two\\line three\\par\\par}",
	    "<div>one</div>\r\n<div>two<br>\r\nthree</div>\r\n"
	    "<div><br></div>\r\n" },
	{ "{\\rtf1 a{\\b b\\i c}d\\ul e\\ulnone\\strike f\\strike0 g"
	  "\\super 2\\nosupersub\\sub 3\\plain h}",
	    "<div>a<b>b</b><b><i>c</i></b>d<u>e</u><s>f</s>g<sup>2</sup>"
	    "<sub>3</sub>h</div>\r\n" },
	/* everything escaped, blanks kept */
	{ "{\\rtf1 <script>&\"x\"  y\\tab z\\'3cb>}",
	    "<div>&lt;script&gt;&amp;&quot;x&quot; &nbsp;y&nbsp;&nbsp;&nbsp; "
	    "z&lt;b&gt;</div>\r\n" },
	{ "{\\rtf1\\ansi\\ansicpg1252 \\'e9\\u8364?\\u55357?\\u56832?}",
	    "<div>\u00e9\u20ac\U0001f600</div>\r\n" },
	/* lists as the text for readers without lists */
	{ "{\\rtf1{\\*\\pn\\pnlvlbody}{\\pntext 1.\\tab}one\\par"
	  "{\\listtext\\bullet\\tab}two}",
	    "<div>1.&nbsp;&nbsp;&nbsp; one</div>\r\n"
	    "<div>\u2022&nbsp;&nbsp;&nbsp; two</div>\r\n" },
	{ "{\\rtf1{\\colortbl;\\red255\\green0\\blue16;\\red0\\green0"
	  "\\blue0;}\\cf1 a\\cf2 b\\cf0 c\\cf99 d}",
	    "<div><span style=\"color:#ff0010\">a</span>bcd</div>\r\n" },
	{ "{\\rtf1 x{\\field{\\*\\fldinst{ HYPERLINK "
	  "\"http://example.org/?a&b\" }}{\\fldrslt{\\ul here\\b s}}}y}",
	    "<div>x<a href=\"http://example.org/?a&amp;b\"><u>here</u>"
	    "<b><u>s</u></b></a>y</div>\r\n" },
	{ "{\\rtf1{\\field{\\*\\fldinst HYPERLINK \\\\o \"tip\" "
	  "mailto:jane@example.org}{\\fldrslt a}}}",
	    "<div><a href=\"mailto:jane@example.org\">a</a></div>\r\n" },
	/* nowhere else, and no other fields */
	{ "{\\rtf1{\\field{\\*\\fldinst HYPERLINK \"javascript:x\"}"
	  "{\\fldrslt a}}{\\field{\\*\\fldinst PAGE}{\\fldrslt 1}}"
	  "{\\field{\\*\\fldinst HYPERLINK \"http://a b\"}{\\fldrslt c}}}",
	    "<div>a1c</div>\r\n" },
	{ "{\\rtf1{\\field{\\*\\fldinst HYPERLINK http://x/'><b>}"
	  "{\\fldrslt a}}}",
	    "<div><a href=\"http://x/'&gt;&lt;b&gt;\">a</a></div>\r\n" },
	{ "{\\rtf1{\\info{\\title no}}{\\*\\generator no;}{\\pict 0a}"
	  "{\\v hidden}yes}",
	    "<div>yes</div>\r\n" },
	{ "{\\rtf1 open {\\b end", "<div>open <b>end</b></div>\r\n" },
};

static void
take_rich(const char *rtf, size_t n, size_t piece, struct buf *out)
{
	struct item_sink to = { put_buf, out };
	struct rtfex *x = rtfex_new_rich(&to);
	struct err err = { 0 };
	size_t i;

	buf_clear(out);
	for (i = 0; i < n; i += piece)
		assert_int_equal(
		    rtfex_put(x, rtf + i, n - i < piece ? n - i : piece, &err),
		    0);
	assert_int_equal(rtfex_end(x, &err), 0);
	rtfex_free(&x);
}

static void
test_rich(void **state)
{
	static const char head[] =
	    "<html><head><meta http-equiv=\"Content-Type\" "
	    "content=\"text/html; charset=utf-8\"></head><body>\r\n";
	struct buf out = { 0 }, want = { 0 };
	size_t i, piece;

	(void)state;
	for (i = 0; i < sizeof(rich_rows) / sizeof(rich_rows[0]); i++)
		for (piece = 1; piece < 400; piece += 57) {
			take_rich(rich_rows[i].rtf, strlen(rich_rows[i].rtf),
			    piece, &out);
			buf_clear(&want);
			buf_puts(&want, head);
			buf_puts(&want, rich_rows[i].want);
			buf_puts(&want, "</body></html>\r\n");
			if (!slice_eq(buf_slice(&out), buf_slice(&want)))
				fail_msg("%zu: %s: %s", i, rich_rows[i].rtf,
				    buf_str(&out));
		}
	buf_free(&out);
	buf_free(&want);
}

/* A long address is not repeated without end. */
static void
test_rich_bounded(void **state)
{
	struct buf in = { 0 }, out = { 0 };
	int i;

	(void)state;
	buf_puts(&in, "{\\rtf1{\\field{\\*\\fldinst HYPERLINK http:");
	for (i = 0; i < 2000; i++)
		buf_putc(&in, '&');
	buf_puts(&in, "}{\\fldrslt ");
	for (i = 0; i < 100000; i++)
		buf_puts(&in, "x\\par ");
	buf_puts(&in, "}}}");
	take_rich(in.p, in.n, 4096, &out);
	assert_in_range(out.n, 100000, 8 * in.n);
	buf_free(&in);
	buf_free(&out);
}

static void
test_kind(void **state)
{
	(void)state;
	assert_int_equal(rtfex_kind(slice_str(HEAD)), RTF_FROM_HTML);
	assert_int_equal(rtfex_kind(slice_str("{\\rtf1\\ansi\\fromtext{")),
	    RTF_FROM_TEXT);
	assert_int_equal(
	    rtfex_kind(slice_str("{\\rtf1\\ansi{\\fonttbl}\\fromtext")),
	    RTF_TRUE);
	assert_int_equal(rtfex_kind(slice_str("{\\rtf1")), RTF_TRUE);
	assert_int_equal(rtfex_kind(slice_str("text")), RTF_NOT);
	assert_int_equal(rtfex_kind(slice_str("")), RTF_NOT);
}

static void
test_deep(void **state)
{
	struct buf in = { 0 }, out = { 0 };
	int i;

	(void)state;
	buf_puts(&in, "{\\rtf1 ");
	for (i = 0; i < 100000; i++)
		buf_putc(&in, '{');
	buf_putc(&in, 'x');
	for (i = 0; i < 100000; i++)
		buf_putc(&in, '}');
	buf_puts(&in, "y}z");
	take_out(false, in.p, in.n, 4096, &out);
	assert_string_equal(buf_str(&out), "xy");
	buf_free(&in);
	buf_free(&out);
}

static void
test_utf16(void **state)
{
	static const char text[] = "a\0\xe9\0\x3d\xd8\x00\xde\xac\x20";
	struct buf out = { 0 };
	struct utf16 u = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < 10; i++)
		utf16_put(&u, &out, slice_of(text + i, 1));
	utf16_end(&u, &out);
	assert_string_equal(buf_str(&out), "a\u00e9\U0001f600\u20ac");
	buf_clear(&out);
	/* halves alone, and half a unit */
	utf16_put(&u, &out, slice_of("\x3d\xd8z\0\x00\xde\x3d\xd8q", 9));
	utf16_end(&u, &out);
	assert_string_equal(buf_str(&out), "\ufffdz\ufffd\ufffd");
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lzfu),
		cmocka_unit_test(test_lzfu_bad),
		cmocka_unit_test(test_rtf),
		cmocka_unit_test(test_rich),
		cmocka_unit_test(test_rich_bounded),
		cmocka_unit_test(test_kind),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_utf16),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
