/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Code pages; see codepage.h. */
#include "formats/pst/codepage.h"

#include <errno.h>
#include <iconv.h>
#include <stdio.h>

#include "core/num.h"
#include "core/text.h"

/* The first row of a number is the one to declare; others are read, too. */
static const struct {
	unsigned cp;
	const char *mime;
	const char *iconv; /* NULL: the same */
} pages[] = {
	{ 65001, "utf-8", NULL },
	{ 65001, "utf8", "UTF-8" },
	{ 1252, "windows-1252", "CP1252" },
	{ 1250, "windows-1250", "CP1250" },
	{ 1251, "windows-1251", "CP1251" },
	{ 1253, "windows-1253", "CP1253" },
	{ 1254, "windows-1254", "CP1254" },
	{ 1255, "windows-1255", "CP1255" },
	{ 1256, "windows-1256", "CP1256" },
	{ 1257, "windows-1257", "CP1257" },
	{ 1258, "windows-1258", "CP1258" },
	{ 20127, "us-ascii", NULL },
	{ 28591, "iso-8859-1", NULL },
	{ 28592, "iso-8859-2", NULL },
	{ 28593, "iso-8859-3", NULL },
	{ 28594, "iso-8859-4", NULL },
	{ 28595, "iso-8859-5", NULL },
	{ 28596, "iso-8859-6", NULL },
	{ 28597, "iso-8859-7", NULL },
	{ 28598, "iso-8859-8", NULL },
	{ 38598, "iso-8859-8-i", "ISO-8859-8" },
	{ 28599, "iso-8859-9", NULL },
	{ 28603, "iso-8859-13", NULL },
	{ 28605, "iso-8859-15", NULL },
	{ 932, "shift_jis", "CP932" },
	{ 932, "sjis", "CP932" },
	{ 932, "x-sjis", "CP932" },
	{ 932, "windows-31j", "CP932" },
	{ 936, "gb2312", "GBK" },
	{ 936, "gbk", "GBK" },
	{ 936, "x-gbk", "GBK" },
	{ 949, "euc-kr", "CP949" },
	{ 949, "ks_c_5601-1987", "CP949" },
	{ 950, "big5", "BIG5-HKSCS" },
	{ 50220, "iso-2022-jp", "ISO-2022-JP-3" },
	{ 50221, "iso-2022-jp", "ISO-2022-JP-3" },
	{ 50222, "iso-2022-jp", "ISO-2022-JP-3" },
	{ 50225, "iso-2022-kr", NULL },
	{ 51932, "euc-jp", "EUC-JP-MS" },
	{ 51936, "gb2312", "GBK" },
	{ 51949, "euc-kr", "CP949" },
	{ 52936, "hz-gb-2312", NULL },
	{ 54936, "gb18030", NULL },
	/* the subset's name, for it is the one that programs know */
	{ 874, "tis-620", "CP874" },
	{ 874, "windows-874", "CP874" },
	{ 20866, "koi8-r", NULL },
	{ 21866, "koi8-u", NULL },
	{ 437, "ibm437", "IBM437" },
	{ 737, "cp737", "CP737" },
	{ 775, "cp775", "CP775" },
	{ 850, "ibm850", "IBM850" },
	{ 852, "ibm852", "IBM852" },
	{ 855, "ibm855", "IBM855" },
	{ 857, "ibm857", "IBM857" },
	{ 858, "ibm00858", "CP858" },
	{ 860, "ibm860", "IBM860" },
	{ 861, "ibm861", "IBM861" },
	{ 862, "ibm862", "IBM862" },
	{ 863, "ibm863", "IBM863" },
	{ 865, "ibm865", "IBM865" },
	{ 866, "ibm866", "IBM866" },
	{ 869, "ibm869", "IBM869" },
	{ 10000, "macintosh", "MACINTOSH" },
	/* not for text parts of mail: read only */
	{ 65000, NULL, "UTF-7" },
	{ 1200, NULL, "UTF-16LE" },
	{ 1201, NULL, "UTF-16BE" },
};

#define PAGES (sizeof(pages) / sizeof(pages[0]))

const char *
codepage_mime(unsigned cp)
{
	size_t i;

	for (i = 0; i < PAGES; i++)
		if (pages[i].cp == cp)
			return pages[i].mime;
	return NULL;
}

/* The name for iconv; "CPn" may be known there where it is not here. */
static const char *
iconv_name(unsigned cp, char room[16])
{
	size_t i;

	for (i = 0; i < PAGES; i++)
		if (pages[i].cp == cp)
			return pages[i].iconv != NULL ? pages[i].iconv
						      : pages[i].mime;
	snprintf(room, 16, "CP%u", cp);
	return room;
}

unsigned
codepage_of(struct slice name)
{
	uint64_t n;
	size_t i;

	name = slice_trim(name);
	for (i = 0; i < PAGES; i++) {
		if (pages[i].mime != NULL &&
		    slice_is_nocase(name, pages[i].mime))
			return pages[i].cp;
		if (pages[i].iconv != NULL &&
		    slice_is_nocase(name, pages[i].iconv))
			return pages[i].cp;
	}
	if (name.n > 2 && slice_is_nocase(slice_of(name.p, 2), "cp"))
		name = slice_from(name, 2);
	else if (name.n > 8 && slice_is_nocase(slice_of(name.p, 8), "windows-"))
		name = slice_from(name, 8);
	return num_u64(name, 65535, &n) ? (unsigned)n : 0;
}

static iconv_t
open_page(unsigned cp)
{
	char room[16];
	iconv_t cd = iconv_open("UTF-8", iconv_name(cp, room));

	if (cd == (iconv_t)-1)
		cd = iconv_open("UTF-8", "CP1252");
	return cd;
}

/* Feed all of 'text' through 'cd'.  'out' may be NULL.  Counts what did not
 * decode; with 'strict' the first ends it. */
static size_t
convert(iconv_t cd, struct slice text, struct buf *out, bool strict)
{
	char room[4096], *in = (char *)(uintptr_t)text.p, *to;
	size_t left = text.n, space, bad = 0, rc;

	while (left > 0) {
		to = room;
		space = sizeof(room);
		rc = iconv(cd, &in, &left, &to, &space);
		if (out != NULL)
			buf_put(out, room, sizeof(room) - space);
		if (rc != (size_t)-1 || errno == E2BIG)
			continue;
		bad++;
		if (strict)
			return bad;
		if (out != NULL)
			text_put_utf8(out, 0xfffd);
		in++;
		left--;
		iconv(cd, NULL, NULL, NULL, NULL);
	}
	/* some keep the last letter back, for an accent may follow (1255) */
	to = room;
	space = sizeof(room);
	iconv(cd, NULL, NULL, &to, &space);
	if (out != NULL)
		buf_put(out, room, sizeof(room) - space);
	return bad;
}

bool
codepage_to_utf8(struct buf *out, struct slice text, unsigned cp)
{
	iconv_t cd;
	size_t bad;

	buf_put(out, "", 0);
	if (cp == CODEPAGE_UTF8) {
		text_repair(out, text);
		return text_is_utf8(text);
	}
	cd = open_page(cp);
	if (cd == (iconv_t)-1) {
		text_repair(out, text);
		return false;
	}
	bad = convert(cd, text, out, false);
	iconv_close(cd);
	return bad == 0;
}

bool
codepage_fits(struct slice text, unsigned cp)
{
	char room[16];
	iconv_t cd;
	size_t bad;

	if (cp == CODEPAGE_UTF8)
		return text_is_utf8(text);
	cd = iconv_open("UTF-8", iconv_name(cp, room));
	if (cd == (iconv_t)-1)
		return false;
	bad = convert(cd, text, NULL, true);
	iconv_close(cd);
	return bad == 0;
}

/* The charset in <meta charset="..."> or in its content="...; charset=...",
 * looked for where browsers look: in the first kilobytes. */
static unsigned
declared_in(struct slice html)
{
	static const char word[] = "charset=";
	size_t i, n;

	if (html.n > 4096)
		html.n = 4096;
	for (i = 0; i + sizeof(word) - 1 < html.n; i++) {
		if (strncasecmp(html.p + i, word, sizeof(word) - 1) != 0)
			continue;
		html = slice_from(html, i + sizeof(word) - 1);
		while (html.n > 0 && strchr("\"' ", html.p[0]) != NULL)
			html = slice_from(html, 1);
		for (n = 0; n < html.n; n++)
			if (memchr("\"' />;\t\r\n", html.p[n], 9) != NULL)
				break;
		return codepage_of(slice_of(html.p, n));
	}
	return 0;
}

unsigned
codepage_of_html(struct slice html, unsigned internet, unsigned message)
{
	unsigned declared = declared_in(html), tries[5];
	size_t i, n = 0;

	if (declared == CODEPAGE_UTF8 && text_is_utf8(html))
		return declared;
	tries[n++] = internet;
	tries[n++] = declared;
	tries[n++] = message;
	tries[n++] = CODEPAGE_UTF8;
	for (i = 0; i < n; i++)
		if (tries[i] != 0 && codepage_mime(tries[i]) != NULL &&
		    codepage_fits(html, tries[i]))
			return tries[i];
	/* nothing fits whole: what was declared loses the least */
	for (i = 0; i < n - 1; i++)
		if (tries[i] != 0 && codepage_mime(tries[i]) != NULL)
			return tries[i];
	return CODEPAGE_WESTERN;
}
