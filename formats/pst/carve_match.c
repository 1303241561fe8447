/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which messages are one, and which list of subnodes belongs to a message
 * whose node is gone; see carve.h. */
#include <string.h>

#include "core/digest.h"
#include "formats/pst/bytes.h"
#include "formats/pst/carve_impl.h"
#include "formats/pst/prop.h"

#define WINDOW		256   /* lists around the message's own place */
#define NAMES_MAX	32768 /* bytes of a message's names of people */
#define FLAG_HAS_ATTACH 0x10
#define ROWS_MAX	20000

/* ------------------------------------------------------------- one or two */

static bool
add_value(struct digest *d, struct ltp_props *p, unsigned id)
{
	const struct ltp_value *v = ltp_prop(p, id);
	struct buf b = { 0 };
	struct err err = { 0 };
	bool there =
	    v != NULL && ltp_bytes(&p->heap, v, 1024, &b, &err) >= 0 && b.n > 0;

	if (there)
		digest_add(d, b.p, b.n);
	digest_add(d, &id, sizeof(id));
	buf_free(&b);
	return there;
}

static void
add_number(struct digest *d, struct ltp_props *p, unsigned id)
{
	const struct ltp_value *v = ltp_prop(p, id);
	int64_t x = v == NULL ? -1 : ltp_number(&p->heap, v, -1);

	digest_add(d, &x, sizeof(x));
}

/* The search key is a message's for life, but copies keep it, and some
 * programs give one to many. */
uint64_t
carve_print(struct ltp_props *p)
{
	uint8_t hash[DIGEST_BYTES];
	struct digest *d = digest_new();
	bool named = add_value(d, p, PidTagSearchKey);

	named |= add_value(d, p, PidTagInternetMessageId);
	add_value(d, p, PidTagSubject);
	add_number(d, p, PidTagClientSubmitTime);
	add_number(d, p, PidTagMessageDeliveryTime);
	add_number(d, p, PidTagCreationTime);
	digest_end(d, hash);
	digest_free(&d);
	return named ? pst_u64(hash) | 1 : 0;
}

/* ---------------------------------------------------------- what it needs */

/* A value that lies in a subnode. */
static bool
is_outside(const struct ltp_value *v)
{
	return !v->direct && v->hnid != 0 && ndb_type(v->hnid) != NID_TYPE_HID;
}

static bool
has_attachments(const struct ltp_props *p)
{
	const struct ltp_value *v = ltp_prop(p, PidTagMessageFlags);

	return v != NULL && (v->number & FLAG_HAS_ATTACH) != 0;
}

bool
carve_wants_subs(const struct ltp_props *p)
{
	static const unsigned names[] = { PidTagDisplayTo, PidTagDisplayCc,
		PidTagDisplayBcc };
	const struct ltp_value *v;
	size_t i;

	for (i = 0; i < p->n; i++)
		if (is_outside(&p->v[i]))
			return true;
	for (i = 0; i < 3; i++) {
		v = ltp_prop(p, names[i]);
		if (v != NULL && !v->direct && v->hnid != 0)
			return true;
	}
	return has_attachments(p);
}

/* -------------------------------------------------------------- a match? */

struct match {
	struct ndb *n;
	struct ltp_props *p;
	uint64_t sub;
	unsigned evidence; /* things that agree */
	bool near;	   /* the neighbor of the message */
	bool attached;
	bool differs;
};

/* A subnode that is a value has to be one of the message's; an attachment
 * needs no more than to be expected. */
static bool
check_sub(void *arg, const struct ndb_node *node)
{
	struct match *m = arg;
	size_t i;

	m->attached |= ndb_type(node->nid) == NID_TYPE_ATTACHMENT;
	if (ndb_type(node->nid) != 0x1f)
		return true;
	for (i = 0; i < m->p->n; i++)
		if (is_outside(&m->p->v[i]) && m->p->v[i].hnid == node->nid)
			return true;
	/* the rows of a big table of recipients look alike, but lie below the
	 * table's own subnodes */
	m->differs = true;
	return false;
}

static struct slice
name_of(struct buf *b, struct ltp_heap *h, const struct ltp_value *v)
{
	struct err err = { 0 };

	buf_clear(b);
	if (v == NULL || (v->type != PtypString && v->type != PtypString8) ||
	    ltp_bytes(h, v, NAMES_MAX, b, &err) < 0)
		buf_clear(b);
	/* some programs store the NUL, too */
	while (b->n > 0 && b->p[b->n - 1] == '\0' &&
	    (v->type != PtypString || (b->n > 1 && b->p[b->n - 2] == '\0')))
		b->n -= v->type == PtypString ? 2 : 1;
	return buf_slice(b);
}

static size_t
count_names(struct slice list, bool wide)
{
	size_t i, n = list.n > 0, step = wide ? 2 : 1;

	for (i = 0; i + step <= list.n; i += step)
		n += list.p[i] == ';' && (!wide || list.p[i + 1] == '\0');
	return n;
}

static unsigned
list_of(int64_t type)
{
	return (type & 0xf) == 2 ? PidTagDisplayCc
	    : (type & 0xf) == 3	 ? PidTagDisplayBcc
				 : PidTagDisplayTo;
}

/* Each row's name stands in the message's own list of names, and there are
 * as many. */
static void
check_people(struct match *m)
{
	static const unsigned ids[] = { PidTagDisplayTo, PidTagDisplayCc,
		PidTagDisplayBcc };
	struct buf name = { 0 }, list = { 0 };
	struct arena a = { 0 };
	struct err err = { 0 };
	struct ndb_node sub;
	struct ltp_table t;
	struct ltp_value v;
	struct slice one, all;
	size_t rows = 0, named = 0, i;
	int64_t type;

	for (i = 0; i < 3; i++) {
		const struct ltp_value *l = ltp_prop(m->p, ids[i]);

		all = name_of(&list, &m->p->heap, l);
		named += count_names(all, l != NULL && l->type == PtypString);
	}
	if (ndb_sub_find(m->n, m->sub, NID_RECIPIENT_TABLE, &sub, &err) > 0 &&
	    ltp_table_open(&t, m->n, &sub, &a, &err) == 0)
		while (!m->differs && rows < ROWS_MAX &&
		    ltp_table_next(&t, &err) > 0) {
			rows++;
			type = ltp_cell(&t, PidTagRecipientType, &v)
			    ? ltp_number(&t.heap, &v, 1)
			    : 1;
			if (!ltp_cell(&t, PidTagDisplayName, &v))
				continue;
			one = name_of(&name, &t.heap, &v);
			all = name_of(&list, &m->p->heap,
			    ltp_prop(m->p, list_of(type)));
			m->differs = one.n > 0 &&
			    (all.n == 0 ||
				memmem(all.p, all.n, one.p, one.n) == NULL);
		}
	m->differs |= rows != named;
	m->evidence += rows > 0 && !m->differs;
	arena_free(&a);
	buf_free(&name);
	buf_free(&list);
}

static bool
matches(struct match *m)
{
	struct ndb_node sub;
	struct err err = { 0 };
	size_t i;

	m->evidence = 0;
	m->attached = m->differs = false;
	for (i = 0; i < m->p->n; i++) {
		if (!is_outside(&m->p->v[i]))
			continue;
		if (ndb_sub_find(m->n, m->sub, m->p->v[i].hnid, &sub, &err) <=
		    0)
			return false;
		m->evidence++;
	}
	if (ndb_sub_each(m->n, m->sub, check_sub, m, &err) != 0 || m->differs)
		return false;
	/* some programs do not count attachments that the text shows */
	if (m->attached != has_attachments(m->p) && !(m->near && m->attached))
		return false;
	check_people(m);
	return !m->differs && m->evidence > 0;
}

int
carve_beside(const struct carve_ids *heaps, const struct carve_ids *subs)
{
	size_t i, before = 0, behind = 0;
	uint64_t bid;

	for (i = 0; i < heaps->n; i++) {
		bid = carve_id(heaps, i) | 2;
		before += carve_ids_have(subs, bid - 4);
		behind += carve_ids_have(subs, bid + 4);
	}
	return before >= behind ? -1 : 1;
}

uint64_t
carve_find_subs(struct ndb *n, struct ltp_props *p, uint64_t bid,
    const struct carve_ids *subs, int beside)
{
	struct match m = { .n = n, .p = p };
	size_t at = carve_ids_at(subs, bid), i, end;
	uint64_t found = 0;
	bool several = false;

	/* numbers are given in order: neighbors were written as one */
	m.sub = ((bid | 3) ^ 1) + (uint64_t)((int64_t)beside * 4);
	m.near = true;
	if (carve_ids_have(subs, m.sub) && matches(&m))
		return m.sub;
	m.near = false;
	i = at > WINDOW ? at - WINDOW : 0;
	end = subs->n - at > WINDOW ? at + WINDOW : subs->n;
	for (; i < end; i++) {
		m.sub = carve_id(subs, i) | 2;
		if (!matches(&m))
			continue;
		several = found != 0;
		found = m.sub;
	}
	return several ? 0 : found;
}
