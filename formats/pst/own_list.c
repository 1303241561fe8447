/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distribution lists: [MS-OXOCNTC] 2.2.2, entry ids of [MS-OXCDATA] 2.2.5. */
#include "formats/contact.h"
#include "formats/pst/bytes.h"
#include "formats/pst/own_impl.h"
#include "formats/pst/person.h"
#include "formats/pst/smtp.h"

#include <stdio.h>

#define MEMBERS_MAX 20000
#define STREAM_MAX  (4u << 20)
#define ALL_BYTES   (4u << 20) /* of the members' names */

#define UID_AT	    4  /* behind the flags */
#define UID_END	    20 /* 16 bytes: whose entry id it is */
#define STREAM_HEAD 28

static const uint8_t one_off[16] = { 0x81, 0x2b, 0x1f, 0xa4, 0xbe, 0xa3, 0x10,
	0x19, 0x9d, 0x6e, 0x00, 0xdd, 0x01, 0x0f, 0x54, 0x02 };
static const uint8_t wrapped[16] = { 0xc0, 0x91, 0xad, 0xd3, 0x51, 0x9d, 0xcf,
	0x11, 0xa4, 0xa9, 0x00, 0xaa, 0x00, 0x47, 0xfa, 0xa4 };
static const uint8_t address_book[16] = { 0xdc, 0xa7, 0x40, 0xc8, 0xc0, 0x42,
	0x10, 0x1a, 0xb4, 0xb9, 0x08, 0x00, 0x2b, 0x2f, 0xe1, 0x82 };

static bool
is_from(struct slice id, const uint8_t who[16])
{
	return id.n > UID_END && memcmp(id.p + UID_AT, who, 16) == 0;
}

/* The next of three strings, each with its end. */
static struct slice
take_string(struct own_item *oi, struct slice *rest, bool wide)
{
	size_t n, step = wide ? 2 : 1;
	struct slice s;

	for (n = 0; n + step <= rest->n; n += step)
		if (rest->p[n] == '\0' && (!wide || rest->p[n + 1] == '\0'))
			break;
	s = own_decode(&oi->a, slice_of(rest->p, n), wide, oi->codepage, NULL);
	*rest = slice_from(*rest, n + step);
	oi->names += s.n;
	return s;
}

/* One-Off EntryID, 2.2.5.1: flags, who, version, flags, three strings. */
static void
read_one_off(struct own_item *oi, struct slice id, struct contact_member *m)
{
	struct slice rest;
	bool wide;

	if (!is_from(id, one_off) || id.n < UID_END + 4)
		return;
	wide = (pst_u16(id.p + UID_END + 2) & 0x8000) != 0;
	rest = slice_from(id, UID_END + 4);
	m->name = take_string(oi, &rest, wide);
	m->type = take_string(oi, &rest, wide);
	m->address = take_string(oi, &rest, wide);
}

/* Who is meant by an entry id of this store, an address book, or alone. */
static void
read_entry(struct own_item *oi, struct slice id, struct contact_member *m)
{
	struct slice key = oi->r->store.record_key;
	char uid[40];

	if (is_from(id, wrapped))
		id = slice_from(id, UID_END + 1);
	if (is_from(id, one_off)) {
		if (m->name.n == 0 && m->address.n == 0)
			read_one_off(oi, id, m);
	} else if (is_from(id, address_book) && id.n > UID_END + 8) {
		if (m->address.n == 0) {
			struct slice rest = slice_from(id, UID_END + 8);

			m->address = take_string(oi, &rest, false);
			m->type = slice_str("EX");
		}
	} else if (id.n == UID_END + 4 && key.n == 16 &&
	    memcmp(id.p + UID_AT, key.p, 16) == 0) {
		snprintf(uid, sizeof(uid), "%x.%s", pst_u32(id.p + UID_END),
		    oi->r->store_id);
		m->uid = slice_str(arena_str(&oi->a, uid));
	}
}

void
own_entry_person(struct own_item *oi, struct slice id,
    struct item_person *who_r)
{
	struct contact_member m = { 0 };

	*who_r = (struct item_person){ 0 };
	read_entry(oi, id, &m);
	who_r->name = m.name;
	pst_put_address(who_r, m.type, m.address);
}

static void
add(struct own_item *oi, struct contact_list *l, struct slice entry,
    struct slice single)
{
	struct contact_member *m = &l->members[l->n_members];

	if (oi->names > ALL_BYTES)
		return;
	read_one_off(oi, single, m);
	read_entry(oi, entry, m);
	if (own_is_smtp(m->address) && !slice_is_nocase(m->type, "EX"))
		m->smtp = pst_smtp(m->address);
	else
		m->smtp = pst_smtp(m->name);
	l->n_members++;
}

/* A counted piece off the front. */
static struct slice
take_piece(struct slice *rest)
{
	struct slice s = slice_of("", 0);
	uint32_t n;

	if (rest->n < 4) {
		rest->n = 0;
		return s;
	}
	n = pst_u32(rest->p);
	*rest = slice_from(*rest, 4);
	s = slice_of(rest->p, n < rest->n ? n : rest->n);
	*rest = slice_from(*rest, s.n);
	return s;
}

/* The form that large lists have, 2.2.2.2.4. */
static bool
from_stream(struct own_item *oi, struct contact_list *l)
{
	struct slice s = own_bytes(oi,
	    own_lid(oi->r, PST_SET_ADDRESS, PidLidDistributionListStream),
	    STREAM_MAX);
	uint32_t n, i;

	if (s.n < STREAM_HEAD || pst_u16(s.p) != 1)
		return false;
	n = pst_u32(s.p + 12);
	s = slice_from(s, STREAM_HEAD);
	if (n > MEMBERS_MAX || n > s.n / 12)
		n = (uint32_t)(s.n / 12 < MEMBERS_MAX ? s.n / 12 : MEMBERS_MAX);
	l->members = arena_alloc(&oi->a, n * sizeof(*l->members) + 1);
	for (i = 0; i < n && s.n > 0; i++) {
		struct slice entry = take_piece(&s), single = take_piece(&s);

		take_piece(&s);
		if (entry.n + single.n > 0)
			add(oi, l, entry, single);
	}
	return true;
}

static void
from_lists(struct own_item *oi, struct contact_list *l)
{
	struct slice *entries, *singles, none = { "", 0 };
	size_t n = own_many(oi,
	    own_lid(oi->r, PST_SET_ADDRESS, PidLidDistributionListMembers),
	    MEMBERS_MAX, &entries);
	size_t k = own_many(oi,
	    own_lid(oi->r, PST_SET_ADDRESS,
		PidLidDistributionListOneOffMembers),
	    MEMBERS_MAX, &singles);
	size_t i, most = n > k ? n : k;

	l->members = arena_alloc(&oi->a, most * sizeof(*l->members) + 1);
	for (i = 0; i < most; i++)
		add(oi, l, i < n ? entries[i] : none,
		    i < k ? singles[i] : none);
}

void
own_fill_list(struct own_item *oi)
{
	struct contact_list *l = arena_alloc(&oi->a, sizeof(*l));

	oi->names = 0;
	l->name =
	    own_named_text(oi, PST_SET_ADDRESS, PidLidDistributionListName);
	if (l->name.n == 0)
		l->name = own_prop(&oi->a, &oi->props, PidTagDisplayName,
		    oi->codepage);
	if (l->name.n == 0)
		l->name = oi->pub.subject;
	if (!from_stream(oi, l))
		from_lists(oi, l);
	oi->names = 0;
	oi->pub.list = l;
}
