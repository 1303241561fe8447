/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Properties that libpst has no field for.  It keeps a list of property ids
 * that stand for other ids (pst_file.x_head), meant for named properties but
 * asked for every one.  Here ids that matter to mail are put into it, so that
 * they land in fields which mail does not need; what belongs there is sent to
 * one that libpst passes over.
 *
 * The rows of a recipient table become "attachments" in libpst: with the
 * right ids they are whole recipients.
 */
#include "formats/pst/libpst_impl.h"

#include <stdlib.h>

#include "core/mem.h"

/* PR_SENT_REPRESENTING_ENTRYID: libpst knows it and does nothing. */
#define NOWHERE 0x0041

/* Ascending by 'from', as the list must be. */
static const struct {
	uint32_t from, to;
} wanted[] = {
	{ 0x004f, 0x6f04 }, /* reply recipients: encrypted_body */
	{ 0x0075, NOWHERE }, { 0x0077, NOWHERE }, { 0x0078, NOWHERE },
	{ 0x0c15, 0x370b }, /* recipient type: attach->position */
	{ 0x1006, NOWHERE }, { 0x1007, NOWHERE }, { 0x1010, NOWHERE },
	{ 0x1039, 0x0075 }, /* References: recip_access */
	{ 0x1080, 0x1010 }, /* icon: rtf_ws_prefix_count */
	{ 0x1081, 0x1007 }, /* last verb: rtf_body_char_count */
	{ 0x1090, 0x1006 }, /* flag status: rtf_body_crc */
	{ 0x3001, 0x3704 }, /* display name: attach->filename1 */
	{ 0x3002, 0x370e }, /* address type: attach->mimetype */
	{ 0x3003, 0x3707 }, /* address: attach->filename2 */
	{ 0x3710, NOWHERE },
	{ 0x39fe, 0x3712 }, /* SMTP address: attach->content_id */
	{ 0x5d01, 0x0078 }, /* sender's SMTP address: recip2_address */
	{ 0x5d02, 0x0077 }, /* ... whom it is for: recip2_access */
	{ 0x65e3, NOWHERE }, { 0x6f04, NOWHERE },
	{ 0x7ffe, 0x3710 }, /* hidden: attach->sequence */
};

#define WANTED (sizeof(wanted) / sizeof(wanted[0]))

/* A list entry with room for what its 'data' points to. */
struct entry {
	pst_x_attrib_ll x;
	uint32_t to;
};

static struct entry *
new_entry(struct arena *a, uint32_t from, uint32_t to)
{
	struct entry *e = arena_alloc(a, sizeof(*e));

	e->to = to;
	e->x.mytype = PST_MAP_ATTRIB;
	e->x.map = from;
	e->x.data = &e->to;
	return e;
}

/* The store's own entry; categories, whose values libpst drops as a list of
 * strings, go as bytes into predecessor_change. */
static pst_x_attrib_ll *
copy_entry(struct arena *a, const pst_x_attrib_ll *x)
{
	struct entry *e;

	if (x->mytype == PST_MAP_HEADER && x->data != NULL &&
	    strcasecmp(x->data, "Keywords") == 0)
		return &new_entry(a, x->map, 0x65e3)->x;
	e = arena_alloc(a, sizeof(*e));
	e->x = *x;
	return &e->x;
}

void
libpst_map_init(struct pst_reader *r)
{
	const pst_x_attrib_ll *own = r->pf.x_head;
	pst_x_attrib_ll **tail = &r->mapped;
	size_t i = 0;

	while (i < WANTED || own != NULL) {
		if (own != NULL && (i == WANTED || own->map < wanted[i].from)) {
			*tail = copy_entry(&r->keep, own);
			own = own->next;
		} else {
			*tail =
			    &new_entry(&r->keep, wanted[i].from, wanted[i].to)
				 ->x;
			i++;
		}
		(*tail)->next = NULL;
		tail = &(*tail)->next;
	}
}

pst_item *
libpst_parse_mapped(struct pst_reader *r, pst_desc_tree *d,
    pst_id2_tree *subnodes)
{
	pst_x_attrib_ll *own = r->pf.x_head;
	pst_item *item;

	r->pf.x_head = r->mapped;
	item = pst_parse_item(&r->pf, d, subnodes);
	r->pf.x_head = own;
	return item;
}

/* ------------------------------------------------------ what came of it */

static uint32_t
le32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return u[0] | (uint32_t)u[1] << 8 | (uint32_t)u[2] << 16 |
	    (uint32_t)u[3] << 24;
}

/* A list of strings, [MS-PST] 2.3.3.4.1: count, offsets, values. */
size_t
libpst_strings(const pst_binary *b, struct slice *out, size_t max)
{
	size_t i, n, from, to;

	if (b->data == NULL || b->size < 4)
		return 0;
	n = le32(b->data);
	if (n > max)
		n = max;
	if (n > (b->size - 4) / 4)
		return 0;
	for (i = 0; i < n; i++) {
		from = le32(b->data + 4 + 4 * i);
		to = i + 1 < le32(b->data) && 4 * i + 12 <= b->size
		    ? le32(b->data + 8 + 4 * i)
		    : b->size;
		if (from > to || to > b->size)
			return i;
		out[i] = slice_of(b->data + from, to - from);
	}
	return n;
}

/* The text before a NUL of one or two bytes; *s moves behind it. */
static struct slice
take_text(struct slice *s, bool wide)
{
	size_t n = 0, step = wide ? 2 : 1;
	struct slice text;

	while (n + step <= s->n &&
	    (s->p[n] != '\0' || (wide && s->p[n + 1] != '\0')))
		n += step;
	text = slice_of(s->p, n);
	*s = slice_from(*s, n + step);
	return text;
}

/* A one-off entry id ([MS-OXCDATA] 2.2.5.1): name, type, address. */
bool
libpst_one_off(struct slice id, struct slice *type_r, struct slice *addr_r,
    bool *wide_r)
{
	static const char provider[] = "\x81\x2b\x1f\xa4\xbe\xa3\x10\x19"
				       "\x9d\x6e\x00\xdd\x01\x0f\x54\x02";

	if (id.n < 24 || memcmp(id.p + 4, provider, 16) != 0)
		return false;
	*wide_r = ((unsigned char)id.p[23] & 0x80) != 0;
	id = slice_from(id, 24);
	take_text(&id, *wide_r);
	*type_r = take_text(&id, *wide_r);
	*addr_r = take_text(&id, *wide_r);
	return true;
}

/* The next entry id of a FlatEntryList, [MS-OXCDATA] 2.3.3. */
bool
libpst_flat_next(struct slice *list, struct slice *id_r)
{
	size_t n;

	if (list->n < 4)
		return false;
	n = le32(list->p);
	*list = slice_from(*list, 4);
	if (n > list->n)
		return false;
	*id_r = slice_of(list->p, n);
	*list = slice_from(*list, (n + 3) / 4 * 4);
	return n > 0;
}
