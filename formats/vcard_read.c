/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading vCards; see vcard.h. */
#include "formats/vcard.h"

#include <stdlib.h>

#include "core/mem.h"
#include "core/num.h"
#include "formats/pst/codepage.h"
#include "formats/vcard_impl.h"

#define MANY_MAX 20000 /* members, attachments, ... of one card */

/* Things that come one by one. */
struct many {
	struct buf b;
	size_t n;
};

struct card {
	struct item pub;
	struct arena a;
	int fd;
	bool group, ours;
	struct contact c;
	struct contact_list l;
	struct many categories, children, extra, members, attachments, keys;
};

static void
add(struct many *m, const void *one, size_t size)
{
	if (m->n == MANY_MAX)
		return;
	buf_put(&m->b, one, size);
	m->n++;
}

static void *
keep(struct card *k, struct many *m)
{
	void *all = arena_alloc(&k->a, m->b.n + 1);

	if (m->b.n > 0)
		memcpy(all, m->b.p, m->b.n);
	buf_free(&m->b);
	return all;
}

static struct slice
text(struct card *k, const struct vcard_line *line)
{
	return vcard_untext(&k->a, line->value);
}

static bool
is(const struct vcard_line *line, const char *name)
{
	return slice_is(line->name, name);
}

/* Parts of a structured value; what is missing is empty. */
static void
parts(struct card *k, const struct vcard_line *line, struct slice *out,
    size_t n)
{
	struct slice rest = line->value, one;
	size_t i;

	for (i = 0; i < n; i++) {
		out[i] = slice_of("", 0);
		if (vcard_part(&rest, ';', &one))
			out[i] = vcard_untext(&k->a, one);
	}
}

/* ------------------------------------------------------------------ dates */

static unsigned
digits(struct slice *s, size_t n)
{
	uint64_t v = 0;

	if (s->n < n || !num_u64(slice_of(s->p, n), 9999, &v))
		return 0;
	*s = slice_from(*s, n);
	return (unsigned)v;
}

/* 19700131, 1970-01-31, --0131, --01-31; a time behind it does not count. */
static void
take_day(struct contact_day *d, struct slice s)
{
	struct contact_day got = { 0 };

	s = slice_trim(s);
	if (slice_starts(s, "--"))
		s = slice_from(s, 2);
	else
		got.year = (int)digits(&s, 4);
	if (slice_starts(s, "-"))
		s = slice_from(s, 1);
	got.month = digits(&s, 2);
	if (slice_starts(s, "-"))
		s = slice_from(s, 1);
	got.day = digits(&s, 2);
	if (got.month >= 1 && got.month <= 12 && got.day >= 1 && got.day <= 31)
		*d = got;
}

/* 20121214T211030Z or 2012-12-14T21:10:30Z */
static void
take_time(int64_t *t, struct slice s)
{
	char iso[32];
	size_t i, n = 0;

	for (i = 0; i < s.n && n < 15; i++)
		if (s.p[i] != '-' && s.p[i] != ':')
			iso[n++] = s.p[i];
	if (n == 15) {
		struct buf b = { 0 };

		buf_putf(&b, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", iso, iso + 4,
		    iso + 6, iso + 9, iso + 11, iso + 13);
		date_parse_iso(buf_slice(&b), t);
		buf_free(&b);
	}
}

/* ----------------------------------------------------------------- people */

static int
pref_of(const struct vcard_line *line)
{
	uint64_t n;

	if (num_u64(vcard_param(line, "PREF"), 100, &n))
		return (int)n;
	return vcard_has_type(line, "pref") ? 1 : 0;
}

/* Does the line have these types and, but for some that say little, no
 * others? */
static bool
has_types(const struct vcard_line *line, const char *types)
{
	static const char *const say_little[] = { "voice", "pref", "msg",
		"internet" };
	struct slice rest, one, want = slice_str(types);
	char name[32];
	size_t i, k, have = 0, wanted = 0;

	rest = want;
	while (vcard_part(&rest, ',', &one)) {
		memcpy(name, one.p, one.n);
		name[one.n] = '\0';
		if (strcmp(name, "voice") == 0)
			continue;
		if (!vcard_has_type(line, name))
			return false;
		wanted++;
	}
	for (i = 0; i < line->n_params; i++) {
		if (!slice_is_nocase(line->param[i].name, "TYPE"))
			continue;
		rest = line->param[i].value;
		while (vcard_part(&rest, ',', &one)) {
			for (k = 0; k < 4; k++)
				if (slice_is_nocase(one, say_little[k]))
					break;
			have += k == 4;
		}
	}
	return have == wanted;
}

static void
take_phone(struct card *k, const struct vcard_line *line)
{
	struct slice *to = k->c.phone, number = text(k, line);
	const struct vcard_phone *t;
	size_t i;

	if (slice_starts(number, "tel:"))
		number = slice_from(number, 4);
	for (i = 0; i < CONTACT_PHONES; i++) {
		t = &vcard_phones[i];
		if (to[i].n > 0 || (i == PHONE_PRIMARY && pref_of(line) != 1))
			continue;
		if (has_types(line, t->types) ||
		    (t->old_types != NULL && has_types(line, t->old_types)))
			break;
	}
	if (i == CONTACT_PHONES && vcard_has_type(line, "cell"))
		i = PHONE_MOBILE;
	else if (i == CONTACT_PHONES)
		i = vcard_has_type(line, "home")   ? PHONE_HOME2
		    : vcard_has_type(line, "work") ? PHONE_WORK2
						   : PHONE_OTHER;
	if (to[i].n == 0)
		to[i] = number;
	else if (to[PHONE_OTHER].n == 0)
		to[PHONE_OTHER] = number;
	else
		add(&k->extra, &(struct contact_extra){ line->name, number },
		    sizeof(struct contact_extra));
}

/* The slot that PREF names, or the next free one. */
static struct contact_email *
email_slot(struct card *k, const struct vcard_line *line, bool raw)
{
	int i, n = pref_of(line);

	if (n >= 1 && n <= CONTACT_EMAILS &&
	    (raw || k->c.email[n - 1].smtp.n == 0))
		return &k->c.email[n - 1];
	for (i = 0; i < CONTACT_EMAILS; i++)
		if (k->c.email[i].smtp.n == 0 && k->c.email[i].address.n == 0)
			return &k->c.email[i];
	return NULL;
}

static void
take_email(struct card *k, const struct vcard_line *line)
{
	struct contact_email *e = email_slot(k, line, false);
	struct slice display = vcard_param(line, "X-DISPLAY-NAME");

	if (e == NULL) {
		add(&k->extra,
		    &(struct contact_extra){ line->name, text(k, line) },
		    sizeof(struct contact_extra));
		return;
	}
	e->smtp = slice_trim(text(k, line));
	if (e->address.n == 0) {
		e->address = e->smtp;
		e->type = slice_str("SMTP");
	}
	if (display.n > 0 || e->display.n == 0)
		e->display = display;
}

static void
take_raw_email(struct card *k, const struct vcard_line *line)
{
	struct contact_email *e = email_slot(k, line, true);

	if (e == NULL)
		return;
	e->address = text(k, line);
	e->type = vcard_param(line, "X-TYPE");
	if (e->display.n == 0)
		e->display = vcard_param(line, "X-DISPLAY-NAME");
}

static size_t
where_of(const struct vcard_line *line)
{
	return vcard_has_type(line, "home") ? WHERE_HOME
	    : vcard_has_type(line, "work")  ? WHERE_WORK
					    : WHERE_OTHER;
}

static void
take_address(struct card *k, const struct vcard_line *line)
{
	size_t at = where_of(line);
	struct contact_address *to = &k->c.address[at];
	struct slice p[7], label = vcard_param(line, "LABEL");

	parts(k, line, p, 7);
	to->box = p[0];
	to->street = p[2];
	if (p[1].n > 0) { /* an extended address has no place of its own */
		struct buf b = { 0 };

		buf_put(&b, p[2].p, p[2].n);
		buf_puts(&b, p[2].n > 0 ? "\n" : "");
		buf_put(&b, p[1].p, p[1].n);
		to->street = slice_of(arena_slice(&k->a, buf_slice(&b)), b.n);
		buf_free(&b);
	}
	to->city = p[3];
	to->region = p[4];
	to->code = p[5];
	to->country = p[6];
	if (label.n > 0)
		to->label = label;
	if (pref_of(line) == 1)
		k->c.mailing = (int)at;
}

static void
take_member(struct card *k, const struct vcard_line *line)
{
	struct contact_member m = { .name = vcard_param(line, "X-NAME"),
		.type = vcard_param(line, "X-TYPE"),
		.address = vcard_param(line, "X-ADDRESS"),
		.uid = vcard_param(line, "X-UID") };
	struct slice v = text(k, line);

	if (slice_starts(v, "mailto:"))
		m.smtp = slice_from(v, 7);
	else if (slice_starts(v, "urn:uuid:"))
		m.uid = v;
	else if (m.address.n == 0)
		m.address = v;
	if (m.address.n == 0)
		m.address = m.smtp;
	if (m.type.n == 0 && m.smtp.n > 0)
		m.type = slice_str("SMTP");
	add(&k->members, &m, sizeof(m));
}

/* ------------------------------------------------------------------ bytes */

static void
take_bytes(struct card *k, const struct vcard_line *line, bool photo)
{
	struct item_attach at = { .method = ITEM_ATTACH_DATA,
		.name = vcard_param(line, "X-FILENAME"),
		.mime = vcard_param(line, "X-FMTTYPE"),
		.photo = photo,
		.position = -1 };
	struct slice enc = vcard_param(line, "ENCODING"), v = line->value;
	const char *comma;
	size_t skip = 0;

	if (at.name.n == 0)
		at.name = vcard_param(line, "FILENAME");

	if (slice_starts(v, "data:")) {
		comma = memchr(v.p, ',', v.n);
		skip = comma == NULL ? v.n : (size_t)(comma - v.p) + 1;
		for (v = slice_from(v, 5); v.n > 0 && at.mime.n < v.n;
		     at.mime.n++)
			if (v.p[at.mime.n] == ';' || v.p[at.mime.n] == ',')
				break;
		at.mime.p = v.p;
	} else if (!slice_is_nocase(enc, "b") &&
	    !slice_is_nocase(enc, "BASE64")) {
		at.method = ITEM_ATTACH_LINK;
		at.path = text(k, line);
		add(&k->attachments, &at, sizeof(at));
		return;
	} else if (photo) {
		at.mime = vcard_has_type(line, "png") ? slice_str("image/png")
		    : vcard_has_type(line, "gif")     ? slice_str("image/gif")
						      : slice_str("image/jpeg");
	}
	if (photo)
		at.name = slice_str("ContactPicture.jpg");
	at.data = vcard_value_bytes(&k->a, k->fd, line, skip);
	add(&k->attachments, &at, sizeof(at));
}

/* ------------------------------------------------------------- one property */

/* "X-POSTROAD-URL": what should be a URI, and is none. */
static bool
is_text_of(const struct vcard_line *line, const char *name)
{
	return slice_starts(line->name, "X-POSTROAD-") &&
	    slice_is(slice_from(line->name, 11), name);
}

static bool
take_text(struct card *k, const struct vcard_line *line)
{
	const struct vcard_text *t;
	size_t i;

	for (i = 0; i < vcard_n_texts; i++) {
		t = &vcard_texts[i];
		if (t->old_name != NULL && is(line, t->old_name))
			break;
		if (t->uri && is_text_of(line, t->name) &&
		    (t->type == NULL || vcard_has_type(line, t->type)))
			break;
		if (is(line, t->name) &&
		    (t->type == NULL || vcard_has_type(line, t->type)))
			break;
	}
	if (i == vcard_n_texts || k->c.text[vcard_texts[i].what].n > 0)
		return i < vcard_n_texts;
	k->c.text[vcard_texts[i].what] =
	    vcard_texts[i].uri && is(line, vcard_texts[i].name) ? line->value
								: text(k, line);
	return true;
}

static bool
take_name(struct card *k, const struct vcard_line *line)
{
	struct slice p[5];

	if (is(line, "FN")) {
		k->c.text[CONTACT_DISPLAY] = k->l.name = text(k, line);
	} else if (is(line, "N")) {
		parts(k, line, p, 5);
		k->c.text[CONTACT_FAMILY] = p[0];
		k->c.text[CONTACT_GIVEN] = p[1];
		k->c.text[CONTACT_MIDDLE] = p[2];
		k->c.text[CONTACT_PREFIX] = p[3];
		k->c.text[CONTACT_SUFFIX] = p[4];
	} else if (is(line, "ORG")) {
		parts(k, line, p, 2);
		k->c.text[CONTACT_COMPANY] = p[0];
		k->c.text[CONTACT_DEPARTMENT] = p[1];
	} else if (is(line, "RELATED") && vcard_has_type(line, "child")) {
		p[0] = text(k, line);
		add(&k->children, &p[0], sizeof(p[0]));
	} else if (is(line, "X-MS-CHILD")) {
		p[0] = text(k, line);
		add(&k->children, &p[0], sizeof(p[0]));
	} else if (is(line, "IMPP") || is(line, "X-MS-IMADDRESS")) {
		if (k->c.text[CONTACT_IM].n == 0)
			k->c.text[CONTACT_IM] = text(k, line);
	} else if (is(line, "GENDER") || is(line, "X-GENDER")) {
		k->c.gender = slice_starts(line->value, "F") ? 1
		    : slice_starts(line->value, "M")	     ? 2
							     : 0;
	} else {
		return false;
	}
	return true;
}

static bool
take_contact(struct card *k, const struct vcard_line *line)
{
	if (is(line, "TEL"))
		take_phone(k, line);
	else if (is(line, "EMAIL"))
		take_email(k, line);
	else if (is(line, "X-POSTROAD-EMAIL"))
		take_raw_email(k, line);
	else if (is(line, "ADR"))
		take_address(k, line);
	else if (is(line, "LABEL"))
		k->c.address[where_of(line)].label = text(k, line);
	else if (is(line, "BDAY"))
		take_day(&k->c.birthday, line->value);
	else if (is(line, "ANNIVERSARY") || is(line, "X-MS-ANNIVERSARY") ||
	    is(line, "X-ANNIVERSARY"))
		take_day(&k->c.anniversary, line->value);
	else if (is(line, "MEMBER") || is(line, "X-POSTROAD-MEMBER") ||
	    is(line, "X-ADDRESSBOOKSERVER-MEMBER"))
		take_member(k, line);
	else if (is(line, "KIND") || is(line, "X-ADDRESSBOOKSERVER-KIND"))
		k->group = slice_is_nocase(slice_trim(line->value), "group");
	else
		return false;
	return true;
}

static void
take_categories(struct card *k, struct slice v)
{
	struct slice one;

	while (vcard_part(&v, ',', &one)) {
		one = vcard_untext(&k->a, one);
		if (one.n > 0)
			add(&k->categories, &one, sizeof(one));
	}
}

static void
take_key(struct card *k, struct slice v)
{
	struct base64 b = { 0 };
	struct buf raw = { 0 };
	struct slice one;

	if (base64_take(&b, &raw, v.p, v.n) && base64_done(&b, &raw) &&
	    raw.n > 0) {
		one = slice_of(arena_slice(&k->a, buf_slice(&raw)), raw.n);
		add(&k->keys, &one, sizeof(one));
	}
	buf_free(&raw);
}

static bool
take_item(struct card *k, const struct vcard_line *line)
{
	struct item *it = &k->pub;
	struct slice v = slice_trim(line->value);

	if (is(line, "NOTE")) {
		it->plain.stream = vcard_value_text(&k->a, k->fd, line);
		it->plain.codepage = CODEPAGE_UTF8;
	} else if (is(line, "CATEGORIES")) {
		take_categories(k, line->value);
	} else if (is(line, "CLASS") || is(line, "X-POSTROAD-CLASS")) {
		it->sensitivity = slice_is_nocase(v, "PRIVATE") ? 2
		    : slice_is_nocase(v, "CONFIDENTIAL")	? 3
		    : slice_is_nocase(v, "X-PERSONAL")		? 1
								: 0;
	} else if (is(line, "X-POSTROAD-IMPORTANCE")) {
		it->importance = slice_is(v, "low") ? 0 : 2;
	} else if (is(line, "X-POSTROAD-ITEM-CLASS")) {
		it->class = text(k, line);
	} else if (is(line, "REV")) {
		take_time(&it->modified, v);
	} else if (is(line, "UID")) {
		it->uid = text(k, line);
	} else if (is(line, "PHOTO") || is(line, "X-ATTACH")) {
		take_bytes(k, line, is(line, "PHOTO"));
	} else if (is(line, "X-POSTROAD-CERTIFICATE")) {
		take_key(k, line->value);
	} else {
		k->ours = k->ours ||
		    (is(line, "PRODID") && slice_is(v, VCARD_PRODID));
		return is(line, "PRODID") || is(line, "VERSION");
	}
	return true;
}

static void
take_line(struct card *k, const struct vcard_line *line)
{
	struct contact_extra e = { line->name, { "", 0 } };

	if (take_name(k, line) || take_contact(k, line) || take_item(k, line) ||
	    take_text(k, line))
		return;
	/* ours is in X-POSTROAD-CERTIFICATE, too */
	if (is(line, "KEY") && k->ours)
		return;
	if (is(line, "X-POSTROAD-FIELD"))
		e.name = vcard_param(line, "X-NAME");
	e.value = text(k, line);
	if (e.name.n > 0 && e.value.n > 0)
		add(&k->extra, &e, sizeof(e));
}

/* ------------------------------------------------------------------ a card */

static void
close_card(struct item *it)
{
	struct card *k = (struct card *)it;

	buf_free(&k->categories.b);
	buf_free(&k->children.b);
	buf_free(&k->extra.b);
	buf_free(&k->members.b);
	buf_free(&k->attachments.b);
	buf_free(&k->keys.b);
	arena_free(&k->a);
	free(k);
}

static void
finish(struct card *k)
{
	struct item *it = &k->pub;

	it->n_categories = k->categories.n;
	it->categories = keep(k, &k->categories);
	it->n_attachments = k->attachments.n;
	it->attachments = keep(k, &k->attachments);
	k->c.n_children = k->children.n;
	k->c.children = keep(k, &k->children);
	k->c.n_extra = k->extra.n;
	k->c.extra = keep(k, &k->extra);
	k->c.n_certificates = k->keys.n;
	k->c.certificates = keep(k, &k->keys);
	k->l.n_members = k->members.n;
	k->l.members = keep(k, &k->members);
	if (it->class.n == 0)
		it->class =
		    slice_str(k->group ? "IPM.DistList" : "IPM.Contact");
	it->subject = k->c.text[CONTACT_FILE_AS].n > 0
	    ? k->c.text[CONTACT_FILE_AS]
	    : k->c.text[CONTACT_DISPLAY];
	if (k->group)
		it->list = &k->l;
	else
		it->contact = &k->c;
}

static bool
is_mark(const struct vcard_line *line, const char *name)
{
	return is(line, name) &&
	    slice_is_nocase(slice_trim(line->value), "VCARD");
}

int
vcard_read(int fd, struct item **item_r, struct err *err)
{
	struct card *k = mem_alloc(1, sizeof(*k));
	struct vcard_lines *lines = vcard_lines_new(fd, VCARD_KEEP);
	struct vcard_line line;
	bool begun = false;
	int rc;

	item_init(&k->pub);
	k->pub.close = close_card;
	k->fd = fd;
	k->c.mailing = -1;
	while ((rc = vcard_lines_next(lines, &k->a, &line, err)) == 1) {
		if (!begun && !is_mark(&line, "BEGIN")) {
			rc = 0;
			break;
		}
		if (is_mark(&line, "END"))
			break;
		if (begun)
			take_line(k, &line);
		begun = true;
	}
	vcard_lines_free(&lines);
	if (rc >= 0 && begun) {
		finish(k);
		*item_r = &k->pub;
		return 0;
	}
	if (rc >= 0)
		err_set(err, SCOPE_MSG, EX_DATAERR, "this is no vCard");
	close_card(&k->pub);
	return -1;
}
