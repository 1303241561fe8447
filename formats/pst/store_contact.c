/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contacts and distribution lists as properties, [MS-OXOCNTC] 2.2.1, 2.2.2;
 * see store_items.h. */
#include <stdlib.h>

#include "core/mem.h"
#include "formats/contact.h"
#include "formats/pst/bytes.h"
#include "formats/pst/crypt.h"
#include "formats/pst/store_impl.h"

#define NO_YEAR	     1604 /* what Outlook writes where none is known */
#define DAY_SECONDS  86400
#define UNTIL_NOON   43140 /* 11:59 UTC, 2.2.1.5.1 */
#define ICON_CONTACT 512
#define ICON_LIST    514
#define FILE_UNDER   0x8005
#define HAS_PICTURE  0x8015
#define POSTAL_ID    0x8022
#define BOOK_EMAILS  0x8028
#define BOOK_BITS    0x8029
#define EMAIL_1	     0x8080
#define LIST_NAME    0x8053
#define LIST_SINGLES 0x8054
#define LIST_MEMBERS 0x8055
#define LIST_SUM     0x804c

/* A text's place: a tag, or (with the set) a number. */
struct place {
	uint16_t id;
	uint8_t set; /* 0: a tag; else 1 + enum store_set */
};
#define TAG(t)                                                                 \
	{                                                                      \
		(t), 0                                                         \
	}
#define ADDR(l)                                                                \
	{                                                                      \
		(l), 1 + STORE_SET_ADDRESS                                     \
	}
#define COMM(l)                                                                \
	{                                                                      \
		(l), 1 + STORE_SET_COMMON                                      \
	}

static const struct place texts[CONTACT_TEXTS] = {
	[CONTACT_DISPLAY] = TAG(0x3001),
	[CONTACT_PREFIX] = TAG(0x3a45),
	[CONTACT_GIVEN] = TAG(0x3a06),
	[CONTACT_MIDDLE] = TAG(0x3a44),
	[CONTACT_FAMILY] = TAG(0x3a11),
	[CONTACT_SUFFIX] = TAG(0x3a05),
	[CONTACT_NICKNAME] = TAG(0x3a4f),
	[CONTACT_INITIALS] = TAG(0x3a0a),
	[CONTACT_FILE_AS] = ADDR(FILE_UNDER),
	[CONTACT_YOMI_GIVEN] = ADDR(0x802c),
	[CONTACT_YOMI_FAMILY] = ADDR(0x802d),
	[CONTACT_YOMI_COMPANY] = ADDR(0x802e),
	[CONTACT_COMPANY] = TAG(0x3a16),
	[CONTACT_DEPARTMENT] = TAG(0x3a18),
	[CONTACT_TITLE] = TAG(0x3a17),
	[CONTACT_PROFESSION] = TAG(0x3a46),
	[CONTACT_OFFICE] = TAG(0x3a19),
	[CONTACT_MANAGER] = TAG(0x3a4e),
	[CONTACT_ASSISTANT] = TAG(0x3a30),
	[CONTACT_SPOUSE] = TAG(0x3a48),
	[CONTACT_REFERRED_BY] = TAG(0x3a47),
	[CONTACT_IM] = ADDR(0x8062),
	[CONTACT_WEB_WORK] = TAG(0x3a51),
	[CONTACT_WEB_HOME] = TAG(0x3a50),
	[CONTACT_WEB] = ADDR(0x802b),
	[CONTACT_FREEBUSY] = ADDR(0x80d8),
	[CONTACT_FTP] = TAG(0x3a4c),
	[CONTACT_HOBBIES] = TAG(0x3a43),
	[CONTACT_LANGUAGE] = TAG(0x3a0c),
	[CONTACT_LOCATION] = TAG(0x3a0d),
	[CONTACT_BILLING] = COMM(0x8535),
	[CONTACT_MILEAGE] = COMM(0x8534),
	[CONTACT_ACCOUNT] = TAG(0x3a00),
	[CONTACT_CUSTOMER_ID] = TAG(0x3a4a),
	[CONTACT_GOVERNMENT_ID] = TAG(0x3a07),
	[CONTACT_EMPLOYEE_ID] = TAG(0x3a10),
	[CONTACT_COMPUTER] = TAG(0x3a49),
	[CONTACT_USER1] = ADDR(0x804f),
	[CONTACT_USER2] = ADDR(0x8050),
	[CONTACT_USER3] = ADDR(0x8051),
	[CONTACT_USER4] = ADDR(0x8052),
};

static const uint16_t phones[CONTACT_PHONES] = {
	[PHONE_PRIMARY] = 0x3a1a,
	[PHONE_WORK] = 0x3a08,
	[PHONE_WORK2] = 0x3a1b,
	[PHONE_HOME] = 0x3a09,
	[PHONE_HOME2] = 0x3a2f,
	[PHONE_MOBILE] = 0x3a1c,
	[PHONE_OTHER] = 0x3a1f,
	[PHONE_CAR] = 0x3a1e,
	[PHONE_RADIO] = 0x3a1d,
	[PHONE_PAGER] = 0x3a21,
	[PHONE_WORK_FAX] = 0x3a24,
	[PHONE_HOME_FAX] = 0x3a25,
	[PHONE_OTHER_FAX] = 0x3a23,
	[PHONE_ASSISTANT] = 0x3a2e,
	[PHONE_COMPANY] = 0x3a57,
	[PHONE_CALLBACK] = 0x3a02,
	[PHONE_ISDN] = 0x3a2d,
	[PHONE_TELEX] = 0x3a2c,
	[PHONE_TTY] = 0x3a4b,
};

/* street, city, region, code, country, box, label */
static const struct place addresses[CONTACT_WHERES][7] = {
	[WHERE_HOME] = { TAG(0x3a5d), TAG(0x3a59), TAG(0x3a5c), TAG(0x3a5b),
	    TAG(0x3a5a), TAG(0x3a5e), ADDR(0x801a) },
	[WHERE_WORK] = { ADDR(0x8045), ADDR(0x8046), ADDR(0x8047), ADDR(0x8048),
	    ADDR(0x8049), ADDR(0x804a), ADDR(0x801b) },
	[WHERE_OTHER] = { TAG(0x3a63), TAG(0x3a5f), TAG(0x3a62), TAG(0x3a61),
	    TAG(0x3a60), TAG(0x3a64), ADDR(0x801c) },
};

/* The mailing address once more, [MS-OXOABK] 2.2.4.3 and following. */
static const uint16_t mailing[6] = { 0x3a29, 0x3a27, 0x3a28, 0x3a2a, 0x3a26,
	0x3a2b };

static void
put_text(struct pst_store_out *s, struct pst_props *p, struct place at,
    struct slice text)
{
	unsigned id = at.id;

	if (text.n == 0)
		return;
	if (at.set != 0)
		id = store_name(s, (enum store_set)(at.set - 1), at.id);
	if (id != 0)
		props_text(p, id, text);
}

static void
put_addresses(struct pst_store_out *s, struct pst_props *p,
    const struct contact *c)
{
	size_t i, k;

	for (i = 0; i < CONTACT_WHERES; i++) {
		const struct contact_address *a = &c->address[i];
		const struct slice v[7] = { a->street, a->city, a->region,
			a->code, a->country, a->box, a->label };

		for (k = 0; k < 7; k++) {
			put_text(s, p, addresses[i][k], v[k]);
			if (c->mailing == (int)i && k < 6)
				put_text(s, p, (struct place)TAG(mailing[k]),
				    v[k]);
		}
	}
	if (c->mailing >= 0)
		props_int(p, store_name(s, STORE_SET_ADDRESS, POSTAL_ID),
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
		lid = EMAIL_1 + 0x10 * i;
		put_text(s, p, (struct place)ADDR((uint16_t)lid), shown);
		put_text(s, p, (struct place)ADDR((uint16_t)(lid + 2)), type);
		put_text(s, p, (struct place)ADDR((uint16_t)(lid + 3)),
		    address);
		put_text(s, p, (struct place)ADDR((uint16_t)(lid + 4)),
		    e->smtp.n > 0 ? e->smtp : address);
		buf_clear(&entry);
		store_one_off(&entry, shown, type, address);
		props_binary(p, store_name(s, STORE_SET_ADDRESS, lid + 5),
		    buf_slice(&entry));
		bits |= 1u << i;
		pst_put32(list + 4 * n++, i);
	}
	buf_free(&entry);
	if (n == 0)
		return;
	props_raw(p, store_name(s, STORE_SET_ADDRESS, BOOK_EMAILS),
	    PtypMultipleInteger32, slice_of(list, 4 * n));
	props_int(p, store_name(s, STORE_SET_ADDRESS, BOOK_BITS),
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
	props_time(p, store_name(s, STORE_SET_ADDRESS, local), t);
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
		put_text(s, p, texts[i], c->text[i]);
	if (c->text[CONTACT_FILE_AS].n == 0)
		put_text(s, p, texts[CONTACT_FILE_AS],
		    c->text[CONTACT_DISPLAY]);
	for (i = 0; i < CONTACT_PHONES; i++)
		put_text(s, p, (struct place)TAG(phones[i]), c->phone[i]);
	put_addresses(s, p, c);
	put_emails(s, p, c);
	put_day(s, p, &c->birthday, 0x3a42, 0x80de);
	put_day(s, p, &c->anniversary, 0x3a41, 0x80df);
	if (c->n_children > 0)
		props_texts(p, 0x3a58, c->children, c->n_children);
	if (c->gender != 0) {
		pst_put16(gender, (uint16_t)c->gender);
		props_raw(p, 0x3a4d, PtypInteger16,
		    slice_of(gender, sizeof(gender)));
	}
	for (i = 0; i < item->n_attachments; i++)
		if (item->attachments[i].photo)
			props_bool(p,
			    store_name(s, STORE_SET_ADDRESS, HAS_PICTURE),
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
	put_text(s, p, (struct place)ADDR(LIST_NAME), l->name);
	put_text(s, p, (struct place)TAG(0x3001), l->name);
	put_text(s, p, (struct place)ADDR(FILE_UNDER), l->name);
	if (l->n_members > 0) {
		props_binaries(p,
		    store_name(s, STORE_SET_ADDRESS, LIST_SINGLES), v,
		    l->n_members);
		props_binaries(p,
		    store_name(s, STORE_SET_ADDRESS, LIST_MEMBERS), v,
		    l->n_members);
		props_int(p, store_name(s, STORE_SET_ADDRESS, LIST_SUM),
		    (int32_t)sum);
	}
	for (i = 0; i < l->n_members; i++)
		buf_free(&entries[i]);
	free(entries);
	free(v);
}
