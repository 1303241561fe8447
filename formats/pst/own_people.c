/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who is meant: addresses as programs stored them over the years, and the
 * places of a message where an SMTP address may be, best first.
 */
#include "formats/pst/bytes.h"
#include "formats/pst/own_impl.h"
#include "formats/pst/person.h"
#include "formats/pst/smtp.h"

#include <string.h>

#define KEY_MAX	    4096
#define REPLY_MAX   (1u << 16) /* bytes of a list of entry ids */
#define PEOPLE_MAX  500	       /* to whom one may reply */
#define LIST_HEAD   8
#define ENTRY_ALIGN 4

bool
own_is_smtp(struct slice s)
{
	return pst_smtp(s).n > 0;
}

void
own_put_search_key(struct own_item *oi, struct item_person *who,
    struct ltp_heap *h, const struct ltp_value *v)
{
	struct buf b = { 0 };
	struct err err = { 0 };
	struct slice s;
	size_t i;

	if (who->smtp.n > 0 || v == NULL || v->type != PtypBinary ||
	    ltp_bytes(h, v, KEY_MAX, &b, &err) <= 0) {
		buf_free(&b);
		return;
	}
	while (b.n > 0 && b.p[b.n - 1] == '\0')
		b.n--;
	for (i = 0; i < b.n; i++)
		if (b.p[i] >= 'A' && b.p[i] <= 'Z')
			b.p[i] = (char)(b.p[i] - 'A' + 'a');
	s = buf_slice(&b);
	if (slice_starts(s, "smtp:") && memchr(s.p, '\0', s.n) == NULL) {
		s = own_decode(&oi->a, pst_smtp(s), false, oi->codepage, NULL);
		who->smtp = s;
	}
	buf_free(&b);
}

void
own_put_entry_id(struct own_item *oi, struct item_person *who, struct slice id)
{
	struct item_person found = { 0 };

	own_entry_person(oi, id, &found);
	if (who->name.n == 0)
		who->name = found.name;
	if (who->smtp.n == 0)
		who->smtp = found.smtp;
	if (who->x500.n == 0)
		who->x500 = found.x500;
}

/* --------------------------------------------------- whose message it is */

static struct slice
text(struct own_item *oi, unsigned id)
{
	return own_prop(&oi->a, &oi->props, id, oi->codepage);
}

struct person_ids {
	unsigned name, type, addr, smtp, key, entry;
};

static void
fill_person(struct own_item *oi, struct item_person *who,
    const struct person_ids *ids)
{
	struct slice s = pst_smtp(text(oi, ids->smtp));

	who->name = text(oi, ids->name);
	pst_put_address(who, text(oi, ids->type), text(oi, ids->addr));
	if (s.n > 0)
		who->smtp = s;
	own_put_search_key(oi, who, &oi->props.heap,
	    ltp_prop(&oi->props, ids->key));
	if (who->smtp.n == 0)
		own_put_entry_id(oi, who, own_bytes(oi, ids->entry, KEY_MAX));
}

/* The store may know the address of an X.500 name from somebody else. */
static void
resolve(struct item_person *who, const struct item_person *known)
{
	if (who->smtp.n == 0 && who->x500.n > 0 && known->smtp.n > 0 &&
	    who->x500.n == known->x500.n &&
	    strncasecmp(who->x500.p, known->x500.p, known->x500.n) == 0)
		who->smtp = known->smtp;
}

/*
 * To whom to reply: a FlatEntryList, [MS-OXCDATA] 2.3.3.  The names beside it
 * (PidTagReplyRecipientNames) are for people only.
 */
static void
fill_reply_to(struct own_item *oi)
{
	struct item *it = &oi->pub;
	struct slice s = own_bytes(oi, PidTagReplyRecipientEntries, REPLY_MAX);
	struct item_person *who;
	uint32_t n, i, size;

	it->reply_to = text(oi, PidTagReplyRecipientNames);
	if (s.n < LIST_HEAD)
		return;
	n = pst_u32(s.p);
	if (n > PEOPLE_MAX)
		n = PEOPLE_MAX;
	s = slice_from(s, LIST_HEAD);
	it->reply_people =
	    arena_alloc(&oi->a, n * sizeof(*it->reply_people) + 1);
	for (i = 0; i < n && s.n > 4; i++) {
		size = pst_u32(s.p);
		s = slice_from(s, 4);
		if (size > s.n)
			size = (uint32_t)s.n;
		who = &it->reply_people[it->n_reply_people];
		own_put_entry_id(oi, who, slice_of(s.p, size));
		resolve(who, &it->from);
		resolve(who, &it->sender);
		it->n_reply_people += who->smtp.n > 0;
		if (who->smtp.n == 0)
			*who = (struct item_person){ 0 };
		size += -size % ENTRY_ALIGN;
		s = slice_from(s, size < s.n ? size : s.n);
	}
}

void
own_fill_people(struct own_item *oi)
{
	static const struct person_ids from = { PidTagSentRepresentingName,
		PidTagSentRepresentingAddressType,
		PidTagSentRepresentingEmailAddress,
		PidTagSentRepresentingSmtpAddress,
		PidTagSentRepresentingSearchKey,
		PidTagSentRepresentingEntryId };
	static const struct person_ids sender = { PidTagSenderName,
		PidTagSenderAddressType, PidTagSenderEmailAddress,
		PidTagSenderSmtpAddress, PidTagSenderSearchKey,
		PidTagSenderEntryId };

	fill_person(oi, &oi->pub.from, &from);
	fill_person(oi, &oi->pub.sender, &sender);
	resolve(&oi->pub.from, &oi->pub.sender);
	resolve(&oi->pub.sender, &oi->pub.from);
	fill_reply_to(oi);
}
