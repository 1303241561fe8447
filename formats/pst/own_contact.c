/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contacts as neutral structures: [MS-OXOCNTC] 2.2.1. */
#include "formats/contact.h"
#include "formats/pst/contact_places.h"
#include "formats/pst/own_impl.h"
#include "formats/pst/smtp.h"

#define CHILDREN_MAX	 1000
#define CERTIFICATES_MAX 20
#define EXTRA_MAX	 500
#define EXTRA_BYTES	 16384
#define ALL_BYTES	 (2u << 20) /* of one contact's texts */

#define TIME_EPOCH     11644473600  /* seconds from 1601 to 1970 */
#define TIME_LAST      253402300800 /* of the year 10000 */
#define NO_YEAR	       1604	    /* what Outlook writes for "no year" */
#define SECONDS_OF_DAY 86400

static unsigned
id_of(struct own_item *oi, const struct pst_place *at)
{
	return at->set == PST_SET_NONE ? at->id
				       : own_lid(oi->r, at->set, at->id);
}

/* One contact may not fill memory, whatever its texts are. */
static struct slice
text(struct own_item *oi, unsigned id)
{
	struct slice s = slice_of("", 0), *many;

	if (id == 0 || oi->names > ALL_BYTES)
		return s;
	s = own_prop(&oi->a, &oi->props, id, oi->codepage);
	/* Outlook keeps second telephone numbers as lists of one */
	if (s.n == 0 && own_many(oi, id, 16, &many) > 0)
		s = many[0];
	oi->names += s.n;
	return s;
}

/* ------------------------------------------------------------------ dates */

/* Year, month and day of days since 1970 (any date; Gregorian). */
static void
civil(int64_t days, struct contact_day *d)
{
	int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	d->day = (unsigned)(doy - (153 * mp + 2) / 5 + 1);
	d->month = (unsigned)(mp < 10 ? mp + 3 : mp - 9);
	d->year = (int)(yoe + era * 400 + (d->month <= 2));
}

/*
 * A day is stored as a time: its midnight, where 'local', else midnight by a
 * clock that nobody wrote down, or 11:59 UTC (2.2.1.5.1): the nearest
 * midnight it is, for all zones from UTC-12 to UTC+12.
 */
static bool
day_at(struct own_item *oi, unsigned id, struct contact_day *d)
{
	const struct ltp_value *v = id == 0 ? NULL : ltp_prop(&oi->props, id);
	int64_t ticks, t;

	if (v == NULL || v->type != PtypTime)
		return false;
	ticks = ltp_number(&oi->props.heap, v, 0);
	t = ticks / 10000000;
	if (t <= 0 || t - TIME_EPOCH >= TIME_LAST)
		return false;
	civil((t + SECONDS_OF_DAY / 2) / SECONDS_OF_DAY -
		TIME_EPOCH / SECONDS_OF_DAY,
	    d);
	/* the end of time stands for "none" */
	if (d->year >= 4500) {
		*d = (struct contact_day){ 0 };
		return false;
	}
	if (d->year == NO_YEAR)
		d->year = 0;
	return true;
}

static void
fill_days(struct own_item *oi, struct contact *c)
{
	unsigned local = own_lid(oi->r, PST_SET_ADDRESS, PidLidBirthdayLocal);

	if (!day_at(oi, local, &c->birthday))
		day_at(oi, PidTagBirthday, &c->birthday);
	local = own_lid(oi->r, PST_SET_ADDRESS, PidLidWeddingAnniversaryLocal);
	if (!day_at(oi, local, &c->anniversary))
		day_at(oi, PidTagWeddingAnniversary, &c->anniversary);
}

/* ------------------------------------------------------------- addresses */

static void
fill_addresses(struct own_item *oi, struct contact *c)
{
	const struct pst_place *at;
	struct slice *to[PST_CONTACT_ADDRESS];
	int64_t mailing;
	size_t i, k;

	for (i = 0; i < CONTACT_WHERES; i++) {
		struct contact_address *a = &c->address[i];

		at = pst_contact_addresses[i];
		to[0] = &a->street;
		to[1] = &a->city;
		to[2] = &a->region;
		to[3] = &a->code;
		to[4] = &a->country;
		to[5] = &a->box;
		to[6] = &a->label;
		for (k = 0; k < PST_CONTACT_ADDRESS; k++)
			*to[k] = text(oi, id_of(oi, &at[k]));
	}
	mailing =
	    own_named_number(oi, PST_SET_ADDRESS, PidLidPostalAddressId, 0);
	c->mailing =
	    mailing >= 1 && mailing <= CONTACT_WHERES ? (int)mailing - 1 : -1;
	/* stores that other programs wrote have it as it was before it had
	 * properties of its own: the postal address, [MS-OXOABK] 2.2.4 */
	if (c->mailing < 0 && c->address[WHERE_WORK].street.n == 0)
		c->address[WHERE_WORK].street = text(oi, PidTagStreetAddress);
}

/* "Jane Doe (jane@example.org)" -> jane@example.org */
static struct slice
in_brackets(struct slice s)
{
	size_t i, end = s.n;

	while (end > 0 && s.p[end - 1] != ')' && s.p[end - 1] != '>')
		end--;
	if (end == 0)
		return slice_of("", 0);
	for (i = end - 1; i > 0; i--)
		if (s.p[i - 1] == '(' || s.p[i - 1] == '<')
			break;
	s = slice_of(s.p + i, end - 1 - i);
	return pst_smtp(s);
}

/* Where an address is not SMTP, what is shown may have one. */
static void
resolve(struct contact_email *e, struct slice original)
{
	struct slice tries[] = { e->address, original, e->display };
	size_t i;

	for (i = 0; e->smtp.n == 0 && i < 3; i++) {
		if (i == 0 && slice_is_nocase(e->type, "EX"))
			continue;
		if (own_is_smtp(tries[i]))
			e->smtp = pst_smtp(tries[i]);
		else
			e->smtp = in_brackets(tries[i]);
	}
}

static void
fill_emails(struct own_item *oi, struct contact *c)
{
	unsigned i, lid;

	for (i = 0; i < CONTACT_EMAILS; i++) {
		struct contact_email *e = &c->email[i];
		struct slice original;

		lid = PidLidEmail1DisplayName + 0x10 * i;
		e->display = text(oi, own_lid(oi->r, PST_SET_ADDRESS, lid));
		e->type = text(oi, own_lid(oi->r, PST_SET_ADDRESS, lid + 2));
		e->address = text(oi, own_lid(oi->r, PST_SET_ADDRESS, lid + 3));
		original = text(oi, own_lid(oi->r, PST_SET_ADDRESS, lid + 4));
		if (e->address.n > 0 || original.n > 0)
			resolve(e, original);
	}
	/* an address book's entry has them elsewhere */
	if (c->email[0].address.n == 0 && c->email[0].smtp.n == 0) {
		struct slice s = text(oi, PidTagSmtpAddress);

		if (!own_is_smtp(s))
			s = text(oi, PidTagEmailAddress);
		if (own_is_smtp(s)) {
			c->email[0].smtp = c->email[0].address = s;
			c->email[0].type = slice_str("SMTP");
		}
	}
}

/* -------------------------------------------------------------- the rest */

/* What users and other programs have added: named by a string. */
static void
fill_extra(struct own_item *oi, struct contact *c)
{
	const struct pst_names *names = own_names(oi->r);
	const struct ltp_value *v;
	struct pst_name name;
	struct buf found = { 0 };
	struct contact_extra e;
	size_t i;

	for (i = 0; names != NULL && i < oi->props.n; i++) {
		v = &oi->props.v[i];
		if (v->id < 0x8000 || v->id == oi->r->categories ||
		    (v->type != PtypString && v->type != PtypString8) ||
		    !pst_names_of(names, v->id, &name) || !name.is_string ||
		    c->n_extra == EXTRA_MAX || oi->names > ALL_BYTES)
			continue;
		e.name = own_decode(&oi->a, name.string, true, 0, NULL);
		e.value = own_text(&oi->a, &oi->props.heap, v, oi->codepage,
		    EXTRA_BYTES, NULL);
		if (e.name.n == 0 || e.value.n == 0)
			continue;
		oi->names += e.name.n + e.value.n;
		buf_put(&found, &e, sizeof(e));
		c->n_extra++;
	}
	c->extra = arena_alloc(&oi->a, found.n + 1);
	if (found.n > 0)
		memcpy(c->extra, found.p, found.n);
	buf_free(&found);
}

void
own_fill_contact(struct own_item *oi)
{
	struct contact *c = arena_alloc(&oi->a, sizeof(*c));
	size_t i;

	oi->names = 0;
	for (i = 0; i < CONTACT_TEXTS; i++)
		c->text[i] = text(oi, id_of(oi, &pst_contact_texts[i]));
	for (i = 0; i < CONTACT_PHONES; i++)
		c->phone[i] = text(oi, id_of(oi, &pst_contact_phones[i]));
	c->n_children =
	    own_many(oi, PidTagChildrensNames, CHILDREN_MAX, &c->children);
	c->n_certificates = own_many(oi, PidTagUserX509Certificate,
	    CERTIFICATES_MAX, &c->certificates);
	c->gender = (int)own_number(&oi->props, PidTagGender, 0);
	if (c->gender != 1 && c->gender != 2)
		c->gender = 0;
	fill_addresses(oi, c);
	fill_emails(oi, c);
	fill_days(oi, c);
	fill_extra(oi, c);
	oi->names = 0;
	oi->pub.contact = c;
}
