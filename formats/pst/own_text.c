/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Properties as text, numbers and times. */
#include "formats/pst/codepage.h"
#include "formats/pst/own_impl.h"
#include "formats/pst/utf16.h"

#define TEXT_MAX   65536
#define TIME_EPOCH 11644473600 /* seconds from 1601 to 1970 */
#define TIME_NEVER 79870665600 /* 2501; what lies behind it is no date */

static bool
is_ascii(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

struct slice
own_decode(struct arena *a, struct slice raw, bool wide, unsigned cp,
    bool *exact_r)
{
	struct buf out = { 0 };
	struct utf16 u = { 0 };
	struct slice s = slice_of("", 0);
	bool exact = true;

	if (wide) {
		utf16_put(&u, &out, raw);
		utf16_end(&u, &out);
	} else if (raw.n > 0) {
		exact = codepage_to_utf8(&out, raw,
		    cp != 0 ? cp : CODEPAGE_WESTERN);
		exact = exact && (cp != 0 || is_ascii(raw));
	}
	while (out.n > 0 && out.p[out.n - 1] == '\0')
		out.n--;
	if (out.n > 0)
		s = slice_of(arena_slice(a, buf_slice(&out)), out.n);
	buf_free(&out);
	if (exact_r != NULL)
		*exact_r = exact;
	return s;
}

struct slice
own_text(struct arena *a, struct ltp_heap *h, const struct ltp_value *v,
    unsigned cp, size_t max, bool *exact_r)
{
	struct buf raw = { 0 };
	struct err err = { 0 };
	struct slice s;

	if (v != NULL && (v->type == PtypString || v->type == PtypString8) &&
	    ltp_bytes(h, v, max, &raw, &err) < 0)
		ndb_note(h->n, true, (uint64_t)h->node.nid << 24 | v->id,
		    "property 0x%04x is damaged: %s", v->id, err.text);
	s = own_decode(a, buf_slice(&raw), v != NULL && v->type == PtypString,
	    cp, exact_r);
	buf_free(&raw);
	return s;
}

struct slice
own_prop(struct arena *a, struct ltp_props *p, unsigned id, unsigned cp)
{
	return own_text(a, &p->heap, ltp_prop(p, id), cp, TEXT_MAX, NULL);
}

int64_t
own_number(struct ltp_props *p, unsigned id, int64_t none)
{
	return ltp_number(&p->heap, ltp_prop(p, id), none);
}

int64_t
own_time_value(struct ltp_heap *h, const struct ltp_value *v)
{
	int64_t t;

	if (v == NULL || v->type != PtypTime)
		return DATE_UNKNOWN;
	t = ltp_number(h, v, 0) / 10000000 - TIME_EPOCH;
	return t > 0 && t < TIME_NEVER ? t : DATE_UNKNOWN;
}

int64_t
own_time(struct ltp_props *p, unsigned id)
{
	return own_time_value(&p->heap, ltp_prop(p, id));
}

struct slice
own_subject(struct slice s)
{
	if (s.n < 2 || s.p[0] != '\x01')
		return s;
	return slice_from(s,
	    (unsigned char)s.p[1] < 0x80       ? 2
		: (unsigned char)s.p[1] < 0xe0 ? 3
					       : 4);
}
