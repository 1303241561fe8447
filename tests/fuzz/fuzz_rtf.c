/* SPDX-License-Identifier: GPL-3.0-or-later */
/* RTF in any pieces gives the same, and HTML of it never a tag of its own. */
#include <strings.h>

#include "core/buf.h"
#include "formats/pst/rtfex.h"
#include "tests/fuzz/fuzz.h"

static int
put_buf(void *arg, const void *data, size_t len, struct err *err)
{
	(void)err;
	buf_put(arg, data, len);
	return 0;
}

static struct rtfex *
begin(int form, const struct item_sink *to)
{
	return form == 2 ? rtfex_new_rich(to) : rtfex_new(form == 1, to);
}

static void
take_out(int form, const uint8_t *data, size_t size, size_t piece,
    struct buf *out)
{
	struct item_sink to = { put_buf, out };
	struct rtfex *x = begin(form, &to);
	struct err err = { 0 };
	size_t i;

	for (i = 0; i < size; i += piece)
		FUZZ_HOLDS(rtfex_put(x, data + i,
			       size - i < piece ? size - i : piece, &err) == 0);
	FUZZ_HOLDS(rtfex_end(x, &err) == 0);
	rtfex_free(&x);
}

static bool
is_ours(struct slice s)
{
	static const char *const tags[] = { "<html>", "<head>", "<meta ",
		"</head>", "<body>", "</body>", "</html>", "<div>", "</div>",
		"<br>", "<b>", "</b>", "<i>", "</i>", "<u>", "</u>", "<s>",
		"</s>", "<sup>", "</sup>", "<sub>", "</sub>",
		"<span style=\"color:#", "</span>",
		"<a href=\"http:", "<a href=\"https:", "<a href=\"ftp:",
		"<a href=\"mailto:", "</a>" };
	size_t i;

	for (i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (s.n >= strlen(tags[i]) &&
		    strncasecmp(s.p, tags[i], strlen(tags[i])) == 0)
			return true;
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = { 0 }, pieces = { 0 };
	struct slice s;
	int form;

	rtfex_kind(slice_of(data, size));
	for (form = 0; form < 3; form++) {
		buf_clear(&whole);
		buf_clear(&pieces);
		take_out(form, data, size, size + 1, &whole);
		take_out(form, data, size, 3, &pieces);
		FUZZ_HOLDS(slice_eq(buf_slice(&whole), buf_slice(&pieces)));
	}
	for (s = buf_slice(&whole); s.n > 0; s = slice_from(s, 1))
		FUZZ_HOLDS(s.p[0] != '<' || is_ours(s));
	buf_free(&whole);
	buf_free(&pieces);
	return 0;
}
