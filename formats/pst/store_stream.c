/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Streams as values of properties, text as UTF-16; see store_impl.h. */
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "formats/pst/store_impl.h"

struct copy {
	struct pst_out *o;
	struct pst_out_data *d;
};

static int
copy_put(void *arg, const void *data, size_t len, struct err *err)
{
	struct copy *c = arg;

	return pst_out_data_put(c->o, c->d, data, len, err);
}

/* UTF-8 in pieces that may end inside a letter, on its way to UTF-16. */
struct wide {
	struct item_sink to;
	struct buf out;
	char part[4]; /* of a letter, its beginning */
	size_t n;
};

/* How long is the letter that begins with this byte? */
size_t
store_letter_size(char c)
{
	unsigned char b = (unsigned char)c;

	return b < 0xc0 ? 1 : b < 0xe0 ? 2 : b < 0xf0 ? 3 : 4;
}

/* Bytes at the end of 's' that are the beginning of a letter. */
static size_t
unfinished(struct slice s)
{
	size_t n;

	for (n = 1; n <= 3 && n <= s.n; n++) {
		unsigned char c = (unsigned char)s.p[s.n - n];

		if (c < 0x80 || c >= 0xc0)
			return store_letter_size((char)c) > n ? n : 0;
	}
	return 0;
}

static int
wide_flush(struct wide *w, struct slice s, struct err *err)
{
	buf_clear(&w->out);
	pst_out_utf16(&w->out, s, 0);
	return w->out.n == 0 ? 0
			     : w->to.put(w->to.arg, w->out.p, w->out.n, err);
}

static int
wide_end(struct wide *w, struct err *err)
{
	size_t n = w->n;

	w->n = 0;
	return wide_flush(w, slice_of(w->part, n), err);
}

static int
wide_put(void *arg, const void *data, size_t len, struct err *err)
{
	struct wide *w = arg;
	struct slice s = slice_of(data, len);
	size_t left;

	while (w->n > 0 && s.n > 0 && w->n < store_letter_size(w->part[0]) &&
	    ((unsigned char)s.p[0] & 0xc0) == 0x80) {
		w->part[w->n++] = s.p[0];
		s = slice_from(s, 1);
	}
	if (w->n > 0 && (s.n > 0 || w->n == store_letter_size(w->part[0])) &&
	    wide_end(w, err) < 0)
		return -1;
	left = unfinished(s);
	if (s.n > left && wide_flush(w, slice_of(s.p, s.n - left), err) < 0)
		return -1;
	if (left > 0) {
		memcpy(w->part, s.p + s.n - left, left);
		w->n = left;
	}
	return 0;
}

int
store_put_stream(struct pst_out *o, struct pst_props *p, unsigned id,
    unsigned type, const struct item_stream *st, struct pst_out_subs *subs,
    uint64_t *size_r, struct err *err)
{
	struct pst_out_data *d = mem_alloc(1, sizeof(*d));
	struct copy c = { o, d };
	struct wide w = { .to = { copy_put, &c } };
	struct item_sink plain = { copy_put, &c }, wide = { wide_put, &w };
	uint64_t bid = 0;
	uint32_t nid;
	int rc = st->copy(st->arg, type == PtypString ? &wide : &plain, err);

	if (rc >= 0 && w.n > 0)
		rc = wide_end(&w, err);
	*size_r = d->size + d->n;
	if (rc >= 0 && *size_r <= PST_VALUE_MAX) {
		props_raw(p, id, type, slice_of(d->block, d->n));
	} else if (rc >= 0) {
		rc = pst_out_data_end(o, d, &bid, err);
		nid = pst_out_subs_nid(subs);
		pst_out_subs_add(subs, nid, bid, 0);
		props_node(p, id, type, nid, 0);
	}
	pst_out_data_drop(d);
	free(d);
	buf_free(&w.out);
	return rc < 0 ? -1 : 0;
}
