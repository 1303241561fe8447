/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contacts and distribution lists as properties, [MS-OXOCNTC] 2.2.1, 2.2.2;
 * see store_items.h. */
#include <stdlib.h>

#include "core/mem.h"
#include "formats/contact.h"
#include "formats/pst/bytes.h"
#include "formats/pst/contact_places.h"
#include "formats/pst/crypt.h"
#include "formats/pst/store_impl.h"

#define NO_YEAR	     1604 /* what Outlook writes where none is known */
#define DAY_SECONDS  86400
#define UNTIL_NOON   43140 /* 11:59 UTC, 2.2.1.5.1 */
#define ICON_CONTACT 512
#define ICON_LIST    514

/* The mailing address once more, [MS-OXOABK] 2.2.4.3 and following. */
static const uint16_t mailing[] = { PidTagStreetAddress, PidTagLocality,
	PidTagStateOrProvince, PidTagPostalCode, PidTagCountry,
	PidTagPostOfficeBox };
#define MAILING (sizeof(mailing) / sizeof(mailing[0]))

static void
put_tag(struct pst_props *p, unsigned tag, struct slice text)
{
	if (text.n > 0 && tag != 0)
		props_text(p, tag, text);
}

/* By its number among the properties of contacts. */
static void
put_text(struct pst_store_out *s, struct pst_props *p, uint32_t lid,
    struct slice text)
{
	if (text.n > 0)
		put_tag(p, store_name(s, PST_SET_ADDRESS, lid), text);
}

static void
put_place(struct pst_store_out *s, struct pst_props *p,
    const struct pst_place *at, struct slice text)
{
	if (at->set == PST_SET_NONE)
		put_tag(p, at->id, text);
	else if (text.n > 0)
		put_tag(p, store_name(s, at->set, at->id), text);
}

static void
put_addresses(struct pst_store_out *s, struct pst_props *p,
    const struct contact *c)
{
	size_t i, k;

	for (i = 0; i < CONTACT_WHERES; i++) {
		const struct contact_address *a = &c->address[i];
		const struct slice v[PST_CONTACT_ADDRESS] = { a->street,
			a->city, a->region, a->code, a->country, a->box,
			a->label };

		for (k = 0; k < PST_CONTACT_ADDRESS; k++) {
			put_place(s, p, &pst_contact_addresses[i][k], v[k]);
			if (c->mailing == (int)i && k < MAILING)
				put_tag(p, mailing[k], v[k]);
		}
	}
	if (c->mailing >= 0)
		props_int(p,
		    store_name(s, PST_SET_ADDRESS, PidLidPostalAddressId),
		    c->mailing + 1);
}

void
store_one_off(struct buf *out, struct slice name, struct slice type,
    struct slice address)
{
	static const uint8_t head[24] = { 0, 0, 0, 0, 0x81, 0x2b, 0x1f, 0xa4,
		0xbe, 0xa3, 0x10, 0x19, 0x9d, 0x6e, 0x00, 0xdd, 0x01, 0x0f,
		0x54, 0x02, 0, 0, 0x01, 0x90 };

	buf_put(out, head, sizeof(head));
	pst_out_utf16(out, name, 0);
	buf_put(out, "\0", 2);
	pst_out_utf16(out, type, 0);
	buf_put(out, "\0", 2);
	pst_out_utf16(out, address, 0);
	buf_put(out, "\0", 2);
}

/* 2.2.1.2: up to three, and which of them there are. */
static void
put_emails(struct pst_store_out *s, struct pst_props *p,
    const struct contact *c)
{
	struct buf entry = { 0 };
	uint8_t list[4 * CONTACT_EMAILS];
	unsigned i, n = 0, bits = 0, lid;

	for (i = 0; i < CONTACT_EMAILS; i++) {
		const struct contact_email *e = &c->email[i];
		struct slice address = e->address.n > 0 ? e->address : e->smtp;
		struct slice type = e->type.n > 0 ? e->type : slice_str("SMTP");
		struct slice shown = e->display.n > 0 ? e->display : address;

		if (address.n == 0)
			continue;
		lid = PidLidEmail1DisplayName + 0x10 * i;
		put_text(s, p, lid, shown);
		put_text(s, p, lid + 2, type);
		put_text(s, p, lid + 3, address);
		put_text(s, p, lid + 4, e->smtp.n > 0 ? e->smtp : address);
		buf_clear(&entry);
		store_one_off(&entry, shown, type, address);
		props_binary(p, store_name(s, PST_SET_ADDRESS, lid + 5),
		    buf_slice(&entry));
		bits |= 1u << i;
		pst_put32(list + 4 * n++, i);
	}
	buf_free(&entry);
	if (n == 0)
		return;
	props_raw(p,
	    store_name(s, PST_SET_ADDRESS, PidLidAddressBookProviderEmailList),
	    PtypMultipleInteger32, slice_of(list, 4 * n));
	props_int(p,
	    store_name(s, PST_SET_ADDRESS, PidLidAddressBookProviderArrayType),
	    (int32_t)bits);
}

/* Days since 1970, Gregorian. */
static int64_t
days_of(const struct contact_day *d)
{
	int64_t y = d->year == 0 ? NO_YEAR : d->year;
	int64_t m = d->month, era, yoe, doy;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = y - era * 400;
	doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d->day - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void
put_day(struct pst_store_out *s, struct pst_props *p,
    const struct contact_day *d, unsigned tag, unsigned local)
{
	int64_t t;

	if (d->day == 0 || d->day > 31 || d->month == 0 || d->month > 12 ||
	    (d->year != 0 && d->year < 1601) || d->year > 4500)
		return;
	t = days_of(d) * DAY_SECONDS;
	props_time(p, tag, t + UNTIL_NOON);
	props_time(p, store_name(s, PST_SET_ADDRESS, local), t);
}

/* Named by users and other programs. */
static void
put_extra(struct pst_store_out *s, struct pst_props *p, const struct contact *c)
{
	unsigned id;
	size_t i;

	for (i = 0; i < c->n_extra; i++) {
		id = c->extra[i].name.n == 0
		    ? 0
		    : store_name_slice(s, c->extra[i].name);
		if (id != 0)
			props_text(p, id, c->extra[i].value);
	}
}

void
store_put_contact(struct pst_store_out *s, struct pst_props *p,
    const struct item *item)
{
	const struct contact *c = item->contact;
	uint8_t gender[2];
	size_t i;

	props_int(p, PidTagIconIndex, ICON_CONTACT);
	for (i = 0; i < CONTACT_TEXTS; i++)
		put_place(s, p, &pst_contact_texts[i], c->text[i]);
	if (c->text[CONTACT_FILE_AS].n == 0)
		put_text(s, p, PidLidFileUnder, c->text[CONTACT_DISPLAY]);
	for (i = 0; i < CONTACT_PHONES; i++)
		put_place(s, p, &pst_contact_phones[i], c->phone[i]);
	put_addresses(s, p, c);
	put_emails(s, p, c);
	put_day(s, p, &c->birthday, PidTagBirthday, PidLidBirthdayLocal);
	put_day(s, p, &c->anniversary, PidTagWeddingAnniversary,
	    PidLidWeddingAnniversaryLocal);
	if (c->n_children > 0)
		props_texts(p, PidTagChildrensNames, c->children,
		    c->n_children);
	if (c->gender != 0) {
		pst_put16(gender, (uint16_t)c->gender);
		props_raw(p, PidTagGender, PtypInteger16,
		    slice_of(gender, sizeof(gender)));
	}
	for (i = 0; i < item->n_attachments; i++)
		if (item->attachments[i].photo)
			props_bool(p,
			    store_name(s, PST_SET_ADDRESS, PidLidHasPicture),
			    true);
	put_extra(s, p, c);
}

/* 2.2.2.2: members as entry ids, and once more as one-off ones; and the sum
 * by which Outlook sees that both belong together. */
void
store_put_list(struct pst_store_out *s, struct pst_props *p,
    const struct item *item)
{
	const struct contact_list *l = item->list;
	struct slice *v = mem_alloc(l->n_members + 1, sizeof(*v));
	struct buf *entries = mem_alloc(l->n_members + 1, sizeof(*entries));
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i < l->n_members; i++) {
		const struct contact_member *m = &l->members[i];
		struct slice address = m->address.n > 0 ? m->address : m->smtp;

		store_one_off(&entries[i], m->name.n > 0 ? m->name : address,
		    m->type.n > 0 ? m->type : slice_str("SMTP"), address);
		v[i] = buf_slice(&entries[i]);
		sum = pst_crc(sum, v[i].p, v[i].n);
	}
	props_int(p, PidTagIconIndex, ICON_LIST);
	put_text(s, p, PidLidDistributionListName, l->name);
	put_tag(p, PidTagDisplayName, l->name);
	put_text(s, p, PidLidFileUnder, l->name);
	if (l->n_members > 0) {
		props_binaries(p,
		    store_name(s, PST_SET_ADDRESS,
			PidLidDistributionListOneOffMembers),
		    v, l->n_members);
		props_binaries(p,
		    store_name(s, PST_SET_ADDRESS,
			PidLidDistributionListMembers),
		    v, l->n_members);
		props_int(p,
		    store_name(s, PST_SET_ADDRESS,
			PidLidDistributionListChecksum),
		    (int32_t)sum);
	}
	for (i = 0; i < l->n_members; i++)
		buf_free(&entries[i]);
	free(entries);
	free(v);
}
