/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bodies of a message being taken apart; see mime_take.h. */
#include <errno.h>
#include <gmime/gmime.h>
#include <iconv.h>
#include <string.h>

#include "core/buf.h"
#include "core/text.h"
#include "formats/mime_take_impl.h"
#include "formats/pst/codepage.h"

#define PEEK_BYTES 262144
#define PART_MAX   16 /* bytes of a letter that is not complete */

/* ------------------------------------------------------------- is it UTF-8? */

struct check {
	bool high, bad; /* bytes beyond ASCII; not UTF-8 */
	char part[4];
	size_t n;
};

static int
check_put(void *arg, const void *data, size_t len, struct err *err)
{
	struct check *c = arg;
	const char *p = data;
	size_t i, used;
	uint32_t cp;

	(void)err;
	for (i = 0; i < len && !c->bad; i++) {
		if (c->n == 0 && (unsigned char)p[i] < 0x80)
			continue;
		c->high = true;
		c->part[c->n++] = p[i];
		used = text_utf8(c->part, c->n, &cp);
		if (used == c->n)
			c->n = 0;
		else if (c->n == 4 || used > 0 ||
		    ((unsigned char)c->part[0] & 0xc0) != 0xc0 ||
		    (c->n > 1 && ((unsigned char)p[i] & 0xc0) != 0x80))
			c->bad = true;
	}
	return 0;
}

static int
check_utf8(struct take *t, const struct span *s, struct check *c,
    struct err *err)
{
	struct item_sink sink = { check_put, c };

	memset(c, 0, sizeof(*c));
	if (span_copy(t->fd, s, &sink, err) < 0)
		return -1;
	c->bad = c->bad || c->n > 0;
	return 0;
}

/* --------------------------------------------------------------- recoding */

struct recode {
	struct take *t;
	iconv_t cd;
	char part[PART_MAX];
	size_t n;
};

/* Convert what is there; what is left over is the beginning of a letter. */
static int
recode_some(struct recode *r, struct slice *s, struct err *err)
{
	static const char lost[] = "\xef\xbf\xbd";
	char out[16384], *in, *to;
	size_t left, room, rc;

	while (s->n > 0) {
		in = (char *)(uintptr_t)s->p;
		left = s->n;
		to = out;
		room = sizeof(out);
		rc = iconv(r->cd, &in, &left, &to, &room);
		*s = slice_of(in, left);
		if (take_blob(r->t, out, (size_t)(to - out), err) < 0)
			return -1;
		if (rc == (size_t)-1 && errno == EINVAL && left < PART_MAX)
			return 0;
		if (rc == (size_t)-1 && errno != E2BIG) {
			if (take_blob(r->t, lost, 3, err) < 0)
				return -1;
			*s = slice_from(*s, 1);
		}
	}
	return 0;
}

static int
recode_put(void *arg, const void *data, size_t len, struct err *err)
{
	struct recode *r = arg;
	struct slice s = slice_of(data, len);
	struct buf joined = { 0 };
	int rc;

	if (r->n > 0) {
		buf_put(&joined, r->part, r->n);
		buf_put(&joined, data, len);
		s = buf_slice(&joined);
		r->n = 0;
	}
	rc = recode_some(r, &s, err);
	if (rc == 0 && s.n > 0) {
		memcpy(r->part, s.p, s.n);
		r->n = s.n;
	}
	buf_free(&joined);
	return rc;
}

static int
pass_put(void *arg, const void *data, size_t len, struct err *err)
{
	struct recode *r = arg;

	return take_blob(r->t, data, len, err);
}

static int
recode_end(struct recode *r, struct err *err)
{
	char out[64], *to = out;
	size_t room = sizeof(out);

	if (r->n > 0 && take_blob(r->t, "\xef\xbf\xbd", 3, err) < 0)
		return -1;
	iconv(r->cd, NULL, NULL, &to, &room);
	return take_blob(r->t, out, (size_t)(to - out), err);
}

static bool
is_ascii_name(const char *charset)
{
	return *charset == '\0' || strcasecmp(charset, "us-ascii") == 0 ||
	    strcasecmp(charset, "ascii") == 0;
}

/* Larger sets that programs send under the names of smaller ones. */
static const char *
superset(const char *charset)
{
	static const char *const sets[][2] = { { "gb2312", "GB18030" },
		{ "gbk", "GB18030" }, { "ks_c_5601-1987", "CP949" },
		{ "euc-kr", "CP949" }, { "shift_jis", "CP932" },
		{ "big5", "BIG5-HKSCS" }, { "tis-620", "CP874" } };
	size_t i;

	for (i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		if (strcasecmp(charset, sets[i][0]) == 0)
			return sets[i][1];
	return charset;
}

static iconv_t
open_charset(const char *charset)
{
	const char *name;
	iconv_t cd = iconv_open("UTF-8", superset(charset));

	if (cd != (iconv_t)-1)
		return cd;
	name = g_mime_charset_iconv_name(charset);
	return name == NULL ? (iconv_t)-1 : iconv_open("UTF-8", name);
}

/* How the text is read; (iconv_t)-1: it is UTF-8. */
static int
choose(struct take *t, const struct span *s, const char *charset, iconv_t *cd_r,
    struct err *err)
{
	struct check c;

	*cd_r = (iconv_t)-1;
	if (strcasecmp(charset, "utf-8") == 0 ||
	    strcasecmp(charset, "utf8") == 0)
		return 0;
	if (!is_ascii_name(charset)) {
		*cd_r = open_charset(charset);
		if (*cd_r != (iconv_t)-1)
			return 0;
	}
	if (check_utf8(t, s, &c, err) < 0)
		return -1;
	if (c.bad)
		*cd_r = iconv_open("UTF-8", "WINDOWS-1252");
	return 0;
}

/* Text of any charset into the blob. */
static int
put_text(struct take *t, const struct entity *e, struct taken_bytes *b,
    struct err *err)
{
	struct span s = { e->how, e->body, e->end - e->body };
	struct recode r = { .t = t };
	struct item_sink pass = { pass_put, &r }, recode = { recode_put, &r };
	int rc;

	if (choose(t, &s, e->charset, &r.cd, err) < 0)
		return -1;
	b->blob.from = t->blob_at;
	if (r.cd == (iconv_t)-1) {
		rc = span_copy(t->fd, &s, &pass, err);
	} else {
		rc = span_copy(t->fd, &s, &recode, err);
		if (rc >= 0)
			rc = recode_end(&r, err);
		iconv_close(r.cd);
	}
	b->blob.n = t->blob_at - b->blob.from;
	return rc < 0 ? -1 : 0;
}

int
take_plain(struct take *t, const struct entity *e, struct taken *to,
    struct err *err)
{
	to->pub.plain.codepage = CODEPAGE_UTF8;
	to->pub.internet_codepage = codepage_of(slice_str(e->charset));
	return put_text(t, e, &to->plain, err);
}

/* ------------------------------------------------------------------- HTML */

struct peek {
	struct buf b;
};

static int
peek_put(void *arg, const void *data, size_t len, struct err *err)
{
	struct peek *p = arg;

	(void)err;
	if (p->b.n < PEEK_BYTES)
		buf_put(&p->b, data, len);
	return 0;
}

/* A code page that a store can name and mail can declare. */
static unsigned
usable(const char *charset)
{
	unsigned cp = codepage_of(slice_str(charset));

	return cp == CODEPAGE_UTF16 || cp == 1201 || cp == 65000 ||
		codepage_mime(cp) == NULL
	    ? 0
	    : cp;
}

int
take_html(struct take *t, const struct entity *e, struct taken *to,
    struct err *err)
{
	struct span s = { e->how, e->body, e->end - e->body };
	struct peek p = { { 0 } };
	struct item_sink sink = { peek_put, &p };
	unsigned cp = 0;

	if (!is_ascii_name(e->charset)) {
		cp = usable(e->charset);
	} else {
		if (span_copy(t->fd, &s, &sink, err) < 0) {
			buf_free(&p.b);
			return -1;
		}
		cp = codepage_of_html(buf_slice(&p.b), 0, 0);
		buf_free(&p.b);
		if (cp == CODEPAGE_UTF16)
			cp = 0;
	}
	if (cp != 0) {
		to->pub.html.codepage = cp;
		to->html.message = s;
		return 0;
	}
	to->pub.html.codepage = CODEPAGE_UTF8;
	return put_text(t, e, &to->html, err);
}
