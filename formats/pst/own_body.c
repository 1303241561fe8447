/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bodies of a message as streams. */
#include "formats/pst/codepage.h"
#include "formats/pst/lzfu.h"
#include "formats/pst/own_impl.h"
#include "formats/pst/rtfex.h"
#include "formats/pst/utf16.h"

#include <stdlib.h>

#include "core/mem.h"

#define PEEK_BYTES     262144
#define PEEK_RTF_BYTES 1024
#define NATIVE_RTF     2 /* PidTagNativeBody */

/* --------------------------------------------------------- UTF-16 bodies */

struct wide {
	struct utf16 u;
	struct buf out;
	const struct item_sink *to;
};

static int
put_wide(void *arg, const void *data, size_t len, struct err *err)
{
	struct wide *w = arg;

	buf_clear(&w->out);
	utf16_put(&w->u, &w->out, slice_of(data, len));
	return w->out.n == 0 ? 0
			     : w->to->put(w->to->arg, w->out.p, w->out.n, err);
}

static int
copy_wide(const struct own_body *b, const struct item_sink *to, struct err *err)
{
	struct wide w = { .to = to };
	struct item_sink mine = { put_wide, &w };
	int rc = ltp_copy(&b->of->props.heap, b->v, &mine, err);

	if (rc >= 0) {
		buf_clear(&w.out);
		utf16_end(&w.u, &w.out);
		if (w.out.n > 0 && to->put(to->arg, w.out.p, w.out.n, err) != 0)
			rc = -1;
	}
	buf_free(&w.out);
	return rc;
}

/* ------------------------------------------------------------ RTF bodies */

static int
put_packed(void *arg, const void *data, size_t len, struct err *err)
{
	return lzfu_put(arg, data, len, err);
}

static int
copy_rtf(const struct own_body *b, const struct item_sink *to, struct err *err)
{
	struct lzfu *l = mem_alloc(1, sizeof(*l));
	struct item_sink mine = { put_packed, l };
	enum lzfu_end how = LZFU_FOREIGN;
	int rc;

	lzfu_init(l, to);
	rc = ltp_copy(&b->of->props.heap, b->v, &mine, err);
	if (rc >= 0 && lzfu_end(l, &how, err) != 0)
		rc = -1;
	if (rc >= 0 && how == LZFU_BAD_CRC)
		ndb_note(b->of->r->n, true, b->of->pub.nid << 24 | 0xff0002,
		    "the checksum of its RTF does not match");
	if (rc > 0 && (how == LZFU_SHORT || how == LZFU_FOREIGN))
		rc = 0;
	free(l);
	return rc;
}

static int
put_rtf(void *arg, const void *data, size_t len, struct err *err)
{
	return rtfex_put(arg, data, len, err);
}

/* What is wrapped into the RTF, or its text. */
static int
copy_rtfex(const struct own_body *b, const struct item_sink *to,
    struct err *err)
{
	struct rtfex *x = b->form == OWN_RTF_RICH
	    ? rtfex_new_rich(to)
	    : rtfex_new(b->form == OWN_RTF_HTML, to);
	struct item_sink mine = { put_rtf, x };
	int rc = copy_rtf(b, &mine, err);

	if (rc >= 0 && rtfex_end(x, err) != 0)
		rc = -1;
	rtfex_free(&x);
	return rc;
}

static int
copy_body(void *arg, const struct item_sink *to, struct err *err)
{
	const struct own_body *b = arg;

	switch (b->form) {
	case OWN_UTF16:
		return copy_wide(b, to, err);
	case OWN_RTF:
		return copy_rtf(b, to, err);
	case OWN_RTF_HTML:
	case OWN_RTF_RICH:
	case OWN_RTF_TEXT:
		return copy_rtfex(b, to, err);
	default:
		return ltp_copy(&b->of->props.heap, b->v, to, err);
	}
}

/* ------------------------------------------------------------------ which */

struct item_stream
own_stream(struct own_item *oi, struct own_body *b, const struct ltp_value *v,
    enum own_form form)
{
	*b = (struct own_body){ .of = oi, .v = v, .form = form };
	return (struct item_stream){ .copy = copy_body,
		.arg = b,
		.size = form == OWN_BYTES ? ltp_size(&oi->props.heap, v) : 0 };
}

/* What are the bytes of an HTML body?  Its beginning says it. */
static unsigned
html_codepage(struct own_item *oi, const struct ltp_value *v)
{
	struct buf b = { 0 };
	struct err err = { 0 };
	unsigned cp;

	/* a letter cut in two would not decode */
	if (ltp_bytes(&oi->props.heap, v, PEEK_BYTES, &b, &err) == 0)
		while (b.n > 1 && b.p[b.n - 1] != '>')
			b.n--;
	cp = codepage_of_html(buf_slice(&b), oi->pub.internet_codepage,
	    oi->codepage);
	buf_free(&b);
	return cp;
}

static bool
is_there(struct own_item *oi, const struct ltp_value *v)
{
	return v != NULL && !v->direct && ltp_size(&oi->props.heap, v) > 0;
}

struct peek {
	struct buf b;
};

static int
put_peek(void *arg, const void *data, size_t len, struct err *err)
{
	struct peek *pk = arg;

	buf_put(&pk->b, data, len);
	if (pk->b.n < PEEK_RTF_BYTES)
		return 0;
	return err_set(err, SCOPE_MSG, EX_DATAERR, "enough");
}

/*
 * Is the RTF beside a plain text what Outlook shows?  The store may name the
 * body it had first, or say that the RTF is older, [MS-OXBBODY] 2.1.3.1; if
 * it says nothing, Outlook wrote both.
 */
static bool
is_rtf_native(struct own_item *oi)
{
	int64_t native = own_number(&oi->props, PidTagNativeBody, 0);

	if (native != 0)
		return native == NATIVE_RTF;
	return own_number(&oi->props, PidTagRtfInSync, 1) != 0;
}

static int
find_text(void *arg, const void *data, size_t len, struct err *err)
{
	const unsigned char *p = data;
	bool *found = arg;
	size_t i;

	for (i = 0; i < len && !*found; i++)
		*found = p[i] > ' ' && p[i] != 0x7f;
	return *found ? err_set(err, SCOPE_MSG, EX_OK, "enough") : 0;
}

/* Is anything written in it?  Some programs leave an empty one. */
static bool
has_words(struct own_item *oi, const struct ltp_value *v)
{
	bool found = false;
	struct item_sink to = { find_text, &found };
	struct own_body b;
	struct item_stream s = own_stream(oi, &b, v, OWN_RTF_TEXT);
	struct err err = { 0 };

	s.copy(s.arg, &to, &err);
	return found;
}

/* True RTF as HTML, and as text where there is none.  An empty one says
 * nothing that the text does not. */
static void
fill_from_true_rtf(struct own_item *oi, const struct ltp_value *v)
{
	struct item *it = &oi->pub;

	if (it->html.stream.copy != NULL ||
	    (it->plain.stream.copy != NULL && !is_rtf_native(oi)))
		return;
	if (!has_words(oi, v)) {
		if (it->plain.stream.copy != NULL)
			return;
		it->plain.stream = own_stream(oi, &oi->plain, v, OWN_RTF_TEXT);
		it->plain.codepage = CODEPAGE_UTF8;
		return;
	}
	it->rtf_shown = true;
	it->html.stream = own_stream(oi, &oi->html, v, OWN_RTF_RICH);
	it->html.codepage = CODEPAGE_UTF8;
	if (it->plain.stream.copy == NULL) {
		it->plain.stream = own_stream(oi, &oi->plain, v, OWN_RTF_TEXT);
		it->plain.codepage = CODEPAGE_UTF8;
	}
}

/* RTF instead of the body that is not there: Outlook would show it. */
static void
fill_from_rtf(struct own_item *oi, const struct ltp_value *v)
{
	struct item *it = &oi->pub;
	struct peek pk = { 0 };
	struct item_sink to = { put_peek, &pk };
	struct err err = { 0 };
	enum rtf_kind kind;

	it->rtf = own_stream(oi, &oi->rtf, v, OWN_RTF);
	it->rtf.copy(it->rtf.arg, &to, &err);
	kind = rtfex_kind(buf_slice(&pk.b));
	buf_free(&pk.b);
	if (kind == RTF_FROM_HTML && it->html.stream.copy == NULL) {
		it->html.stream = own_stream(oi, &oi->html, v, OWN_RTF_HTML);
		it->html.codepage = CODEPAGE_UTF8;
	} else if (kind == RTF_TRUE) {
		fill_from_true_rtf(oi, v);
	} else if (kind == RTF_FROM_TEXT && it->plain.stream.copy == NULL &&
	    it->html.stream.copy == NULL) {
		it->plain.stream = own_stream(oi, &oi->plain, v, OWN_RTF_TEXT);
		it->plain.codepage = CODEPAGE_UTF8;
	}
}

void
own_fill_bodies(struct own_item *oi)
{
	const struct ltp_value *plain = ltp_prop(&oi->props, PidTagBody);
	const struct ltp_value *html = ltp_prop(&oi->props, PidTagBodyHtml);
	const struct ltp_value *rtf = ltp_prop(&oi->props, PidTagRtfCompressed);
	struct item *it = &oi->pub;

	if (is_there(oi, plain) && plain->type == PtypString) {
		it->plain.stream = own_stream(oi, &oi->plain, plain, OWN_UTF16);
		it->plain.codepage = CODEPAGE_UTF8;
	} else if (is_there(oi, plain) && plain->type == PtypString8) {
		it->plain.stream = own_stream(oi, &oi->plain, plain, OWN_BYTES);
		it->plain.codepage = oi->codepage;
	}
	if (is_there(oi, html) && html->type == PtypString) {
		it->html.stream = own_stream(oi, &oi->html, html, OWN_UTF16);
		it->html.codepage = CODEPAGE_UTF8;
	} else if (is_there(oi, html) &&
	    (html->type == PtypBinary || html->type == PtypString8)) {
		it->html.stream = own_stream(oi, &oi->html, html, OWN_BYTES);
		it->html.codepage = html_codepage(oi, html);
	}
	if (is_there(oi, rtf) && rtf->type == PtypBinary)
		fill_from_rtf(oi, rtf);
}
