/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing vCards; see vcard.h. */
#include "formats/vcard.h"

#include <stdio.h>

#include "core/digest.h"
#include "core/text.h"
#include "formats/item_attach.h"
#include "formats/item_text.h"
#include "formats/pst/bytes.h"
#include "formats/vcard_impl.h"

#define BLANKS_MAX	65536
#define CERTIFICATE_TAG 3

const struct vcard_text vcard_texts[] = {
	{ CONTACT_NICKNAME, "NICKNAME", NULL, NULL, false },
	{ CONTACT_INITIALS, "X-POSTROAD-INITIALS", NULL, NULL, false },
	{ CONTACT_FILE_AS, "X-POSTROAD-FILE-AS", NULL, NULL, false },
	{ CONTACT_YOMI_GIVEN, "X-PHONETIC-FIRST-NAME", NULL, NULL, false },
	{ CONTACT_YOMI_FAMILY, "X-PHONETIC-LAST-NAME", NULL, NULL, false },
	{ CONTACT_YOMI_COMPANY, "X-PHONETIC-ORG", NULL, NULL, false },
	{ CONTACT_TITLE, "TITLE", NULL, NULL, false },
	{ CONTACT_PROFESSION, "ROLE", NULL, NULL, false },
	{ CONTACT_OFFICE, "X-POSTROAD-OFFICE", NULL, NULL, false },
	{ CONTACT_MANAGER, "X-MS-MANAGER", NULL, NULL, false },
	{ CONTACT_ASSISTANT, "X-MS-ASSISTANT", NULL, NULL, false },
	{ CONTACT_REFERRED_BY, "X-POSTROAD-REFERRED-BY", NULL, NULL, false },
	{ CONTACT_WEB_WORK, "URL", NULL, "work", true },
	{ CONTACT_WEB_HOME, "URL", NULL, "home", true },
	{ CONTACT_WEB, "URL", NULL, NULL, true },
	{ CONTACT_FREEBUSY, "FBURL", NULL, NULL, true },
	{ CONTACT_FTP, "X-POSTROAD-FTP", NULL, NULL, false },
	{ CONTACT_HOBBIES, "HOBBY", "X-MS-INTERESTS", NULL, false },
	{ CONTACT_LANGUAGE, "X-POSTROAD-LANGUAGE", NULL, NULL, false },
	{ CONTACT_LOCATION, "X-POSTROAD-LOCATION", NULL, NULL, false },
	{ CONTACT_BILLING, "X-POSTROAD-BILLING", NULL, NULL, false },
	{ CONTACT_MILEAGE, "X-POSTROAD-MILEAGE", NULL, NULL, false },
	{ CONTACT_ACCOUNT, "X-POSTROAD-ACCOUNT", NULL, NULL, false },
	{ CONTACT_CUSTOMER_ID, "X-POSTROAD-CUSTOMER-ID", NULL, NULL, false },
	{ CONTACT_GOVERNMENT_ID, "X-POSTROAD-GOVERNMENT-ID", NULL, NULL,
	    false },
	{ CONTACT_EMPLOYEE_ID, "X-POSTROAD-EMPLOYEE-ID", NULL, NULL, false },
	{ CONTACT_COMPUTER, "X-POSTROAD-COMPUTER", NULL, NULL, false },
	{ CONTACT_USER1, "X-POSTROAD-USER1", NULL, NULL, false },
	{ CONTACT_USER2, "X-POSTROAD-USER2", NULL, NULL, false },
	{ CONTACT_USER3, "X-POSTROAD-USER3", NULL, NULL, false },
	{ CONTACT_USER4, "X-POSTROAD-USER4", NULL, NULL, false },
	{ CONTACT_SPOUSE, "RELATED", "X-MS-SPOUSE", "spouse", false },
};
const size_t vcard_n_texts = sizeof(vcard_texts) / sizeof(vcard_texts[0]);

/* Registered types where there are any, RFC 6350 6.4.1 and RFC 2426 3.3.1. */
const struct vcard_phone vcard_phones[CONTACT_PHONES] = {
	[PHONE_PRIMARY] = { "voice", "voice", 1 },
	[PHONE_WORK] = { "work,voice", NULL, 0 },
	[PHONE_WORK2] = { "work,voice", NULL, 2 },
	[PHONE_HOME] = { "home,voice", NULL, 0 },
	[PHONE_HOME2] = { "home,voice", NULL, 2 },
	[PHONE_MOBILE] = { "cell", NULL, 0 },
	[PHONE_OTHER] = { "voice", NULL, 0 },
	[PHONE_CAR] = { "x-car", "car", 0 },
	[PHONE_RADIO] = { "x-radio", NULL, 0 },
	[PHONE_PAGER] = { "pager", NULL, 0 },
	[PHONE_WORK_FAX] = { "work,fax", NULL, 0 },
	[PHONE_HOME_FAX] = { "home,fax", NULL, 0 },
	[PHONE_OTHER_FAX] = { "fax", NULL, 0 },
	[PHONE_ASSISTANT] = { "x-assistant", NULL, 0 },
	[PHONE_COMPANY] = { "work,x-company", NULL, 0 },
	[PHONE_CALLBACK] = { "x-callback", NULL, 0 },
	[PHONE_ISDN] = { "x-isdn", "isdn", 0 },
	[PHONE_TELEX] = { "x-telex", NULL, 0 },
	[PHONE_TTY] = { "textphone", "x-tty", 0 },
};

const char *const vcard_wheres[CONTACT_WHERES] = { "home", "work", NULL };

struct card {
	struct vcard_out o;
	const struct item *it;
	const struct vcard_opts *opts;
	struct buf blanks; /* before the note */
};

static void
problem(struct card *k, const char *what, struct slice name,
    const struct err *why)
{
	struct buf b = { 0 };

	if (k->opts->problem == NULL)
		return;
	buf_puts(&b, "attachment '");
	text_escape(&b, name);
	buf_putf(&b, "' %s%s%s", what, why->text[0] != '\0' ? ": " : "",
	    why->text);
	k->opts->problem(k->opts->arg, buf_str(&b));
	buf_free(&b);
}

/* ------------------------------------------------------------------ lines */

static void
put_line(struct card *k, const char *name, struct slice value)
{
	if (value.n == 0)
		return;
	vcard_puts(&k->o, name);
	vcard_put(&k->o, ":", 1);
	vcard_put_text(&k->o, value);
	vcard_end_line(&k->o);
}

static void
put_plain(struct card *k, const char *name, const char *value)
{
	vcard_puts(&k->o, name);
	vcard_put(&k->o, ":", 1);
	vcard_puts(&k->o, value);
	vcard_end_line(&k->o);
}

/* Parts with ';' between, each escaped. */
static void
put_parts(struct card *k, const struct slice *parts, size_t n)
{
	size_t i;

	vcard_put(&k->o, ":", 1);
	for (i = 0; i < n; i++) {
		if (i > 0)
			vcard_put(&k->o, ";", 1);
		k->o.was_cr = false;
		vcard_put_text(&k->o, parts[i]);
	}
	vcard_end_line(&k->o);
}

/* 2012-12-14T21:10:30Z; without the signs in version 4. */
static void
put_time(struct card *k, const char *name, int64_t t)
{
	char iso[32], short_form[32];
	size_t i, n = 0;

	if (t == DATE_UNKNOWN)
		return;
	date_format_iso(iso, t);
	for (i = 0; iso[i] != '\0'; i++)
		if (k->o.old || (iso[i] != '-' && iso[i] != ':'))
			short_form[n++] = iso[i];
	short_form[n] = '\0';
	put_plain(k, name, short_form);
}

static void
put_day(struct card *k, const char *name, const struct contact_day *d)
{
	char text[40];

	if (d->day == 0 || d->month == 0 || d->month > 12 || d->day > 31 ||
	    d->year < 0 || d->year > 9999)
		return;
	if (d->year == 0)
		snprintf(text, sizeof(text),
		    k->o.old ? "--%02u-%02u" : "--%02u%02u", d->month, d->day);
	else
		snprintf(text, sizeof(text),
		    k->o.old ? "%04d-%02u-%02u" : "%04d%02u%02u", d->year,
		    d->month, d->day);
	put_plain(k, name, text);
}

/* ------------------------------------------------------------- one contact */

static struct slice
first_of(const struct slice *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (slice_trim(s[i]).n > 0)
			return s[i];
	return slice_of("", 0);
}

/* FN must be there (RFC 6350 6.2.1): what people would call it. */
static void
put_name(struct card *k)
{
	const struct contact *c = k->it->contact;
	struct slice n[5] = { c->text[CONTACT_FAMILY], c->text[CONTACT_GIVEN],
		c->text[CONTACT_MIDDLE], c->text[CONTACT_PREFIX],
		c->text[CONTACT_SUFFIX] };
	struct buf made = { 0 };
	struct slice s;
	static const int order[] = { 3, 1, 2, 0, 4 };
	size_t i;

	for (i = 0; i < 5; i++) {
		s = slice_trim(n[order[i]]);
		if (s.n > 0 && made.n > 0)
			buf_putc(&made, ' ');
		buf_put(&made, s.p, s.n);
	}
	s = first_of((struct slice[]){ c->text[CONTACT_DISPLAY],
			 buf_slice(&made), c->text[CONTACT_FILE_AS],
			 c->text[CONTACT_COMPANY], k->it->subject,
			 c->email[0].display, c->email[0].smtp,
			 c->text[CONTACT_NICKNAME], c->phone[PHONE_MOBILE] },
	    9);
	vcard_puts(&k->o, "FN:");
	vcard_put_text(&k->o, s);
	vcard_end_line(&k->o);
	if (first_of(n, 5).n > 0 || k->o.old) {
		vcard_puts(&k->o, "N");
		put_parts(k, n, 5);
	}
	buf_free(&made);
}

static void
put_org(struct card *k)
{
	const struct contact *c = k->it->contact;
	struct slice org[2] = { c->text[CONTACT_COMPANY],
		c->text[CONTACT_DEPARTMENT] };

	if (org[0].n + org[1].n == 0)
		return;
	vcard_puts(&k->o, "ORG");
	put_parts(k, org, org[1].n > 0 ? 2 : 1);
}

/* A URI has a scheme (RFC 3986 3); what has none but looks like a host is one
 * of the web, as Outlook takes it. */
enum web { WEB_URI, WEB_HOST, WEB_TEXT };

static enum web
web_of(struct slice s)
{
	size_t i, dots = 0;

	for (i = 0; i < s.n && s.p[i] != ':' && s.p[i] != '/'; i++)
		dots += s.p[i] == '.';
	if (memchr(s.p, ' ', s.n) != NULL || memchr(s.p, '\n', s.n) != NULL)
		return WEB_TEXT;
	if (i > 1 && i < s.n && s.p[i] == ':' &&
	    (dots == 0 || memmem(s.p + i, s.n - i, "://", 3) == s.p + i))
		return WEB_URI;
	return dots > 0 && i > 3 ? WEB_HOST : WEB_TEXT;
}

static void
put_web(struct card *k, const struct vcard_text *t, struct slice s)
{
	enum web web = web_of(s);

	vcard_puts(&k->o, web == WEB_TEXT ? "X-POSTROAD-" : "");
	vcard_puts(&k->o, t->name);
	if (t->type != NULL) {
		vcard_puts(&k->o, ";TYPE=");
		vcard_puts(&k->o, t->type);
	}
	vcard_puts(&k->o, web == WEB_HOST ? ":http://" : ":");
	if (web == WEB_TEXT)
		vcard_put_text(&k->o, s);
	else
		vcard_put_uri(&k->o, s);
	vcard_end_line(&k->o);
}

static void
put_texts(struct card *k)
{
	const struct contact *c = k->it->contact;
	const struct vcard_text *t;
	struct slice s;
	size_t i;

	for (i = 0; i < vcard_n_texts; i++) {
		t = &vcard_texts[i];
		s = c->text[t->what];
		/* Outlook keeps one of the pages twice */
		if (s.n == 0 ||
		    (t->what == CONTACT_WEB &&
			(slice_eq(s, c->text[CONTACT_WEB_WORK]) ||
			    slice_eq(s, c->text[CONTACT_WEB_HOME]))))
			continue;
		if (t->uri) {
			put_web(k, t, s);
			continue;
		}
		vcard_puts(&k->o,
		    k->o.old && t->old_name != NULL ? t->old_name : t->name);
		if (t->type != NULL && !(k->o.old && t->old_name != NULL)) {
			vcard_puts(&k->o, ";TYPE=");
			vcard_puts(&k->o, t->type);
			vcard_puts(&k->o, ";VALUE=text");
		}
		vcard_put(&k->o, ":", 1);
		vcard_put_text(&k->o, s);
		vcard_end_line(&k->o);
	}
	for (i = 0; i < c->n_children; i++)
		put_line(k,
		    k->o.old ? "X-MS-CHILD" : "RELATED;TYPE=child;VALUE=text",
		    c->children[i]);
}

/* IMPP is a URI; what people type is none. */
static void
put_im(struct card *k)
{
	struct slice s = slice_trim(k->it->contact->text[CONTACT_IM]);
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((s.p[i] < 'a' || s.p[i] > 'z') &&
		    (s.p[i] < 'A' || s.p[i] > 'Z'))
			break;
	if (i > 1 && i < s.n && s.p[i] == ':') {
		vcard_puts(&k->o, "IMPP:");
		vcard_put_uri(&k->o, s);
		vcard_end_line(&k->o);
	} else {
		put_line(k, "X-MS-IMADDRESS", s);
	}
}

static void
put_pref(struct card *k, int pref)
{
	char text[16];

	if (pref == 0)
		return;
	snprintf(text, sizeof(text), ";PREF=%d", pref);
	if (!k->o.old)
		vcard_puts(&k->o, text);
	else if (pref == 1)
		vcard_puts(&k->o, ";TYPE=pref");
}

static void
put_phones(struct card *k)
{
	const struct contact *c = k->it->contact;
	const struct vcard_phone *t;
	size_t i;

	for (i = 0; i < CONTACT_PHONES; i++) {
		t = &vcard_phones[i];
		if (c->phone[i].n == 0)
			continue;
		vcard_puts(&k->o, "TEL;TYPE=");
		vcard_puts(&k->o,
		    k->o.old && t->old_types != NULL ? t->old_types : t->types);
		put_pref(k, t->pref);
		vcard_put(&k->o, ":", 1);
		vcard_put_text(&k->o, c->phone[i]);
		vcard_end_line(&k->o);
	}
}

static void
put_address(struct card *k, size_t i)
{
	const struct contact_address *a = &k->it->contact->address[i];
	struct slice parts[7] = { a->box, slice_of("", 0), a->street, a->city,
		a->region, a->code, a->country };

	if (first_of(parts, 7).n == 0 && a->label.n == 0)
		return;
	vcard_puts(&k->o, "ADR");
	if (vcard_wheres[i] != NULL) {
		vcard_puts(&k->o, ";TYPE=");
		vcard_puts(&k->o, vcard_wheres[i]);
	}
	put_pref(k, k->it->contact->mailing == (int)i);
	if (a->label.n > 0 && !k->o.old)
		vcard_put_param(&k->o, "LABEL", a->label);
	put_parts(k, parts, 7);
	if (a->label.n > 0 && k->o.old)
		put_line(k,
		    i == WHERE_HOME	  ? "LABEL;TYPE=home"
			: i == WHERE_WORK ? "LABEL;TYPE=work"
					  : "LABEL",
		    a->label);
}

/* The form it has in the store, where that is no Internet address. */
static void
put_raw_email(struct card *k, const struct contact_email *e, int n)
{
	char name[40];

	if (e->address.n == 0 || slice_eq(e->address, e->smtp))
		return;
	snprintf(name, sizeof(name), "X-POSTROAD-EMAIL;PREF=%d", n);
	vcard_puts(&k->o, name);
	vcard_put_param(&k->o, "X-TYPE", e->type);
	if (e->display.n > 0)
		vcard_put_param(&k->o, "X-DISPLAY-NAME", e->display);
	vcard_put(&k->o, ":", 1);
	vcard_put_text(&k->o, e->address);
	vcard_end_line(&k->o);
}

static void
put_emails(struct card *k)
{
	const struct contact_email *e;
	int i;

	for (i = 0; i < CONTACT_EMAILS; i++) {
		e = &k->it->contact->email[i];
		if (e->smtp.n > 0) {
			vcard_puts(&k->o,
			    k->o.old ? "EMAIL;TYPE=internet" : "EMAIL");
			put_pref(k, i + 1);
			if (e->display.n > 0 && !slice_eq(e->display, e->smtp))
				vcard_put_param(&k->o, "X-DISPLAY-NAME",
				    e->display);
			vcard_put(&k->o, ":", 1);
			vcard_put_text(&k->o, e->smtp);
			vcard_end_line(&k->o);
		}
		put_raw_email(k, e, i + 1);
	}
}

/* The DER certificate in it, [MS-OXOABK] 2.2.3.10: tags and lengths, two bytes
 * each, the length with these four; empty if there is none. */
static struct slice
der_of(struct slice raw)
{
	size_t n;

	for (; raw.n >= 4; raw = slice_from(raw, n)) {
		n = pst_u16(raw.p + 2);
		if (n < 4 || n > raw.n)
			break;
		if (pst_u16(raw.p) == CERTIFICATE_TAG && n > 6 &&
		    (unsigned char)raw.p[4] == 0x30)
			return slice_of(raw.p + 4, n - 4);
	}
	return slice_of("", 0);
}

static int
copy_slice(void *arg, const struct item_sink *to, struct err *err)
{
	const struct slice *s = arg;

	return to->put(to->arg, s->p, s->n, err) != 0 ? -1 : 1;
}

/* KEY for all, and as it was stored for who writes a PST again. */
static void
put_certificate(struct card *k, struct slice raw)
{
	struct slice der = der_of(raw);
	struct item_stream s = { copy_slice, &der, der.n };
	struct err why = { 0 };

	if (der.n > 0) {
		vcard_puts(&k->o,
		    k->o.old ? "KEY;ENCODING=b;TYPE=X509:"
			     : "KEY:data:application/pkix-cert;base64,");
		vcard_put_base64(&k->o, &s, &why);
		vcard_end_line(&k->o);
	}
	if (raw.n > 0) {
		s.arg = &raw;
		s.size = raw.n;
		vcard_puts(&k->o, "X-POSTROAD-CERTIFICATE;ENCODING=b:");
		vcard_put_base64(&k->o, &s, &why);
		vcard_end_line(&k->o);
	}
}

static void
put_contact(struct card *k)
{
	const struct contact *c = k->it->contact;
	size_t i;

	put_name(k);
	put_org(k);
	put_emails(k);
	put_phones(k);
	for (i = 0; i < CONTACT_WHERES; i++)
		put_address(k, i);
	put_im(k);
	put_day(k, "BDAY", &c->birthday);
	put_day(k, k->o.old ? "X-MS-ANNIVERSARY" : "ANNIVERSARY",
	    &c->anniversary);
	if (c->gender != 0)
		put_plain(k, k->o.old ? "X-GENDER" : "GENDER",
		    c->gender == 1 ? "F" : "M");
	put_texts(k);
	for (i = 0; i < c->n_certificates; i++)
		put_certificate(k, c->certificates[i]);
	for (i = 0; i < c->n_extra; i++) {
		vcard_puts(&k->o, "X-POSTROAD-FIELD");
		vcard_put_param(&k->o, "X-NAME", c->extra[i].name);
		vcard_put(&k->o, ":", 1);
		vcard_put_text(&k->o, c->extra[i].value);
		vcard_end_line(&k->o);
	}
}

/* ----------------------------------------------------------------- a list */

static void
put_member(struct card *k, const struct contact_member *m)
{
	const char *name = k->o.old ? "X-ADDRESSBOOKSERVER-MEMBER" : "MEMBER";
	char uid[46];

	/* an address, or a card beside this one: both are URIs */
	if (m->smtp.n == 0 && m->uid.n == 0)
		name = "X-POSTROAD-MEMBER";
	vcard_puts(&k->o, name);
	if (m->name.n > 0)
		vcard_put_param(&k->o, "X-NAME", m->name);
	if (m->smtp.n > 0 && m->uid.n > 0)
		vcard_put_param(&k->o, "X-UID",
		    slice_str(vcard_uid(uid, m->uid)));
	if (m->address.n > 0 && !slice_eq(m->address, m->smtp)) {
		vcard_put_param(&k->o, "X-TYPE", m->type);
		if (m->smtp.n + m->uid.n > 0)
			vcard_put_param(&k->o, "X-ADDRESS", m->address);
	}
	vcard_put(&k->o, ":", 1);
	if (m->smtp.n > 0) {
		vcard_puts(&k->o, "mailto:");
		vcard_put_uri(&k->o, m->smtp);
	} else if (m->uid.n > 0) {
		vcard_puts(&k->o, vcard_uid(uid, m->uid));
	} else {
		vcard_put_text(&k->o, m->address);
	}
	vcard_end_line(&k->o);
}

static void
put_list(struct card *k)
{
	const struct contact_list *l = k->it->list;
	struct slice none[5] = { l->name, { "", 0 }, { "", 0 }, { "", 0 },
		{ "", 0 } };
	size_t i;

	put_plain(k, k->o.old ? "X-ADDRESSBOOKSERVER-KIND" : "KIND", "group");
	vcard_puts(&k->o, "FN:");
	vcard_put_text(&k->o, l->name.n > 0 ? l->name : k->it->subject);
	vcard_end_line(&k->o);
	if (k->o.old) {
		vcard_puts(&k->o, "N");
		put_parts(k, none, 5);
	}
	for (i = 0; i < l->n_members; i++)
		put_member(k, &l->members[i]);
}

/* ----------------------------------------------------- what all items have */

static void
put_categories(struct card *k)
{
	const struct item *it = k->it;
	size_t i;

	for (i = 0; i < it->n_categories; i++) {
		vcard_puts(&k->o, i == 0 ? "CATEGORIES:" : ",");
		vcard_put_text(&k->o, it->categories[i]);
	}
	if (it->n_categories > 0)
		vcard_end_line(&k->o);
}

/* Outlook gives everything an empty text: blanks alone are no note. */
static int
on_note(void *arg, const void *data, size_t len, struct err *err)
{
	struct card *k = arg;

	if (k->o.col == 0) {
		buf_put(&k->blanks, data, len);
		if (slice_trim(buf_slice(&k->blanks)).n == 0 &&
		    k->blanks.n < BLANKS_MAX)
			return 0;
		vcard_puts(&k->o, "NOTE:");
		vcard_put_text(&k->o, buf_slice(&k->blanks));
	} else {
		vcard_put_text(&k->o, slice_of(data, len));
	}
	if (k->o.failed)
		return err_set(err, SCOPE_STORE, EX_OK, "nobody listens");
	return 0;
}

static void
put_note(struct card *k)
{
	struct item_sink to = { on_note, k };
	struct err why = { 0 };

	if (item_text(k->it, &to, &why) != 1 && !k->o.failed &&
	    k->opts->problem != NULL)
		k->opts->problem(k->opts->arg, "its notes end early");
	if (k->o.col > 0)
		vcard_end_line(&k->o);
	buf_free(&k->blanks);
}

static void
put_sensitivity(struct card *k)
{
	static const char *const names[] = { NULL, "X-PERSONAL", "PRIVATE",
		"CONFIDENTIAL" };
	int32_t s = k->it->sensitivity;

	if (s >= 1 && s <= 3)
		put_plain(k, k->o.old ? "CLASS" : "X-POSTROAD-CLASS", names[s]);
	if (k->it->importance == 0 || k->it->importance == 2)
		put_plain(k, "X-POSTROAD-IMPORTANCE",
		    k->it->importance == 0 ? "low" : "high");
}

/* The bytes behind "PHOTO" or "X-ATTACH" and its parameters. */
static void
put_bytes(struct card *k, const struct item_attach *at, struct slice type,
    const struct item_stream *s)
{
	struct err why = { 0 };
	int rc;

	if (k->o.old) {
		vcard_puts(&k->o, ":");
	} else {
		vcard_puts(&k->o, ":data:");
		vcard_put_uri(&k->o, type);
		vcard_puts(&k->o, ";base64,");
	}
	rc = vcard_put_base64(&k->o, s, &why);
	vcard_end_line(&k->o);
	if (rc < 0 && !k->o.failed)
		problem(k, "cannot be read", at->name, &why);
	else if (rc == 1)
		problem(k, "ends early", at->name, &why);
}

static void
put_photo(struct card *k, const struct item_attach *at)
{
	struct slice type = item_attach_type(at), sub;

	if (type.n < 7 || !slice_is_nocase(slice_of(type.p, 6), "image/"))
		type = slice_str("image/jpeg");
	sub = slice_from(type, 6);
	vcard_puts(&k->o, "PHOTO");
	if (k->o.old) {
		vcard_puts(&k->o, ";ENCODING=b");
		vcard_put_param(&k->o, "TYPE", sub);
	}
	put_bytes(k, at, type, &at->data);
}

static void
put_attach(struct card *k, const struct item_attach *at)
{
	struct item_attach_stream as;
	struct slice type = item_attach_type(at);

	vcard_puts(&k->o, "X-ATTACH");
	if (at->name.n > 0)
		vcard_put_param(&k->o, "X-FILENAME", at->name);
	if (at->method == ITEM_ATTACH_LINK) {
		vcard_puts(&k->o, ":");
		vcard_put_text(&k->o, at->path);
		vcard_end_line(&k->o);
		return;
	}
	if (k->o.old) {
		vcard_puts(&k->o, ";ENCODING=b");
		vcard_put_param(&k->o, "X-FMTTYPE", type);
	}
	item_attach_stream(&as, at);
	put_bytes(k, at, type, &as.stream);
}

static void
put_attachments(struct card *k)
{
	const struct item_attach *at = k->it->attachments, *photo = NULL;
	size_t i;

	for (i = 0; k->it->contact != NULL && i < k->it->n_attachments; i++)
		if (photo == NULL && at[i].data.copy != NULL &&
		    (at[i].photo ||
			slice_is_nocase(at[i].name, "ContactPicture.jpg")))
			photo = &at[i];
	if (photo != NULL)
		put_photo(k, photo);
	for (i = 0; i < k->it->n_attachments; i++)
		if (&at[i] != photo)
			put_attach(k, &at[i]);
}

static void
put_class(struct card *k)
{
	const char *plain =
	    k->it->list != NULL ? "IPM.DistList" : "IPM.Contact";

	if (!slice_is_nocase(k->it->class, plain))
		put_line(k, "X-POSTROAD-ITEM-CLASS", k->it->class);
}

char *
vcard_uid(char out[46], struct slice uid)
{
	uint8_t h[DIGEST_BYTES];
	char hex[33];

	digest_of(uid.p, uid.n, h);
	/* of our own making, RFC 9562 5.8 */
	h[6] = (uint8_t)((h[6] & 0x0f) | 0x80);
	h[8] = (uint8_t)((h[8] & 0x3f) | 0x80);
	digest_hex(hex, h, 16);
	snprintf(out, 46, "urn:uuid:%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8,
	    hex + 12, hex + 16, hex + 20);
	return out;
}

int
vcard_write(const struct item *it, const struct vcard_opts *opts,
    const struct item_sink *to, struct err *err)
{
	struct card k = { .it = it,
		.opts = opts,
		.o = { .to = to, .err = err, .old = opts->version == 3 } };
	char uid[46];
	int rc;

	if (it->contact == NULL && it->list == NULL)
		return err_set(err, SCOPE_MSG, EX_SOFTWARE,
		    "neither a contact nor a list");
	put_plain(&k, "BEGIN", "VCARD");
	put_plain(&k, "VERSION", k.o.old ? "3.0" : "4.0");
	put_plain(&k, "PRODID", VCARD_PRODID);
	if (it->uid.n > 0)
		put_plain(&k, "UID", vcard_uid(uid, it->uid));
	if (it->list != NULL)
		put_list(&k);
	else
		put_contact(&k);
	put_categories(&k);
	put_note(&k);
	put_sensitivity(&k);
	put_class(&k);
	put_attachments(&k);
	put_time(&k, "REV",
	    it->modified != DATE_UNKNOWN ? it->modified : it->created);
	put_plain(&k, "END", "VCARD");
	rc = vcard_flush(&k.o);
	buf_free(&k.o.block);
	return rc;
}
