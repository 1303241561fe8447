/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The header of a message being taken apart; see mime_take.h. */
#include <gmime/gmime.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/text.h"
#include "formats/head.h"
#include "formats/mime_take_impl.h"
#include "formats/words.h"

#define VALUE_MAX  ((size_t)1 << 20) /* bytes of one field that are read */
#define GROUPS_MAX 4
#define INDEX_MAX  600

/* A field's value unfolded, or NULL. */
static const char *
value_of(struct slice head, const char *name, struct buf *b)
{
	struct slice v;

	buf_clear(b);
	if (!head_find(head, name, &v))
		return NULL;
	if (v.n > VALUE_MAX)
		v.n = VALUE_MAX;
	head_unfold(b, v);
	return buf_str(b);
}

static struct slice
keep(struct take *t, const char *s)
{
	struct slice all = slice_trim(slice_str(s));

	return slice_of(arena_slice(t->a, all), all.n);
}

/* Words as people read them. */
static struct slice
text_of(struct take *t, struct slice head, const char *name)
{
	struct buf b = { 0 };
	struct slice s = slice_of("", 0), v;

	if (head_find(head, name, &v)) {
		if (v.n > VALUE_MAX)
			v.n = VALUE_MAX;
		words_decode(&b, v);
		s = keep(t, buf_str(&b));
	}
	buf_free(&b);
	return s;
}

/* Raw 8-bit bytes inside encoded words are of the word's charset, not of the
 * header's. */
static void
mend_subject(struct take *t, struct item *it, const struct entity *e)
{
	struct buf b = { 0 };
	struct slice v;
	char *text;

	if (e->raw.n == 0 || !head_find(e->raw, "Subject", &v) ||
	    memmem(v.p, v.n, "=?", 2) == NULL)
		return;
	if (v.n > VALUE_MAX)
		v.n = VALUE_MAX;
	head_unfold(&b, v);
	text = g_mime_utils_header_decode_text(NULL, buf_str(&b));
	if (text_is_utf8(slice_str(text)))
		it->subject = keep(t, text);
	g_free(text);
	buf_free(&b);
}

static struct slice
raw_of(struct take *t, struct slice head, const char *name)
{
	struct buf b = { 0 };
	const char *v = value_of(head, name, &b);
	struct slice s = v == NULL ? slice_of("", 0) : keep(t, v);

	buf_free(&b);
	return s;
}

/* ---------------------------------------------------------------- people */

/* The mailboxes of a list, groups opened up. */
static void
each_mailbox(InternetAddressList *list, int depth,
    void (*each)(void *arg, const char *name, const char *addr), void *arg)
{
	int i, n = internet_address_list_length(list);
	InternetAddress *a;

	for (i = 0; i < n; i++) {
		a = internet_address_list_get_address(list, i);
		if (INTERNET_ADDRESS_IS_GROUP(a) && depth < GROUPS_MAX)
			each_mailbox(INTERNET_ADDRESS_GROUP(a)->members,
			    depth + 1, each, arg);
		else if (INTERNET_ADDRESS_IS_MAILBOX(a))
			each(arg, internet_address_get_name(a),
			    INTERNET_ADDRESS_MAILBOX(a)->addr);
	}
}

/* Every field of this name. */
static void
each_person(struct slice head, const char *name,
    void (*each)(void *arg, const char *name, const char *addr), void *arg)
{
	struct slice field, value;
	struct buf b = { 0 };

	while (head_next(&head, &field, &value)) {
		InternetAddressList *list;

		if (!slice_is_nocase(field, name))
			continue;
		if (value.n > VALUE_MAX)
			value.n = VALUE_MAX;
		buf_clear(&b);
		head_unfold(&b, value);
		list = internet_address_list_parse(NULL, buf_str(&b));
		if (list == NULL)
			continue;
		each_mailbox(list, 0, each, arg);
		g_object_unref(list);
	}
	buf_free(&b);
}

struct first {
	struct take *t;
	struct item_person who;
	bool found;
};

static void
on_first(void *arg, const char *name, const char *addr)
{
	struct first *f = arg;

	if (f->found)
		return;
	f->found = true;
	f->who.name = keep(f->t, name);
	f->who.smtp = keep(f->t, addr);
}

static struct item_person
person_of(struct take *t, struct slice head, const char *name)
{
	struct first f = { .t = t };

	each_person(head, name, on_first, &f);
	return f.who;
}

struct people {
	struct take *t;
	struct buf found; /* struct item_recipient */
	size_t n;
	enum item_recipient_type type;
};

static void
on_recipient(void *arg, const char *name, const char *addr)
{
	struct people *p = arg;
	struct item_recipient r = { .type = p->type };

	if (p->n == TAKEN_PEOPLE_MAX)
		return;
	r.who.name = keep(p->t, name);
	r.who.smtp = keep(p->t, addr);
	if (r.who.name.n + r.who.smtp.n == 0)
		return;
	buf_put(&p->found, &r, sizeof(r));
	p->n++;
}

static void
take_recipients(struct take *t, struct item *it)
{
	static const struct {
		const char *name;
		enum item_recipient_type type;
	} fields[] = { { "To", ITEM_TO }, { "Cc", ITEM_CC },
		{ "Bcc", ITEM_BCC } };
	struct people p = { .t = t };
	size_t i;

	for (i = 0; i < 3; i++) {
		p.type = fields[i].type;
		each_person(it->headers, fields[i].name, on_recipient, &p);
	}
	it->n_recipients = p.n;
	it->recipients = arena_alloc(t->a, p.found.n + 1);
	if (p.n > 0)
		memcpy(it->recipients, p.found.p, p.found.n);
	buf_free(&p.found);
}

struct addresses {
	struct buf b;
};

static void
on_address(void *arg, const char *name, const char *addr)
{
	struct addresses *a = arg;

	(void)name;
	if (addr == NULL || *addr == '\0' || strchr(addr, ';') != NULL)
		return;
	if (a->b.n > 0)
		buf_puts(&a->b, "; ");
	buf_puts(&a->b, addr);
}

static void
take_people(struct take *t, struct item *it)
{
	struct addresses reply = { { 0 } };

	it->from = person_of(t, it->headers, "From");
	it->sender = person_of(t, it->headers, "Sender");
	if (it->from.name.n + it->from.smtp.n == 0)
		it->from = it->sender;
	if (it->sender.name.n + it->sender.smtp.n == 0)
		it->sender = it->from;
	take_recipients(t, it);
	each_person(it->headers, "Reply-To", on_address, &reply);
	if (reply.b.n > 0)
		it->reply_to = keep(t, buf_str(&reply.b));
	buf_free(&reply.b);
}

/* ---------------------------------------------------------------- levels */

/* Does the value begin with this word? */
static bool
begins(struct slice s, const char *word)
{
	size_t n = strlen(word);

	return s.n >= n && slice_is_nocase(slice_of(s.p, n), word);
}

static void
take_levels(struct take *t, struct item *it)
{
	struct slice s = raw_of(t, it->headers, "Importance");
	struct slice x = raw_of(t, it->headers, "X-Priority");
	struct slice ms = raw_of(t, it->headers, "X-MSMail-Priority");
	struct slice p = raw_of(t, it->headers, "Priority");

	if (begins(s, "high") || (s.n == 0 && x.n > 0 && x.p[0] < '3') ||
	    (s.n + x.n == 0 && (begins(ms, "high") || begins(p, "urgent"))))
		it->importance = 2;
	else if (begins(s, "low") || (s.n == 0 && x.n > 0 && x.p[0] > '3') ||
	    (s.n + x.n == 0 && (begins(ms, "low") || begins(p, "non-urgent"))))
		it->importance = 0;
	it->priority = begins(p, "urgent") || begins(p, "high") ? 1
	    : begins(p, "non-urgent") || begins(p, "low")	? -1
								: 0;
	s = raw_of(t, it->headers, "Sensitivity");
	it->sensitivity = begins(s, "personal") ? 1
	    : begins(s, "private")		? 2
	    : begins(s, "company")		? 3
						: 0;
	if (raw_of(t, it->headers, "Disposition-Notification-To").n > 0)
		it->flags |= ITEM_ASK_READ;
	if (raw_of(t, it->headers, "Return-Receipt-To").n > 0)
		it->flags |= ITEM_ASK_DELIVERED;
}

/* ---------------------------------------------------------------- threads */

/* "RE: " and its like are no part of what a conversation is about. */
static struct slice
without_prefix(struct slice s)
{
	size_t n;

	for (n = 0; n < s.n && n < 3 && s.p[n] != ':' && s.p[n] > '9'; n++)
		;
	if (n > 0 && n + 1 < s.n && s.p[n] == ':' && s.p[n + 1] == ' ')
		return slice_trim(slice_from(s, n + 2));
	return s;
}

static void
take_thread(struct take *t, struct item *it)
{
	struct slice s = raw_of(t, it->headers, "Thread-Index");
	guchar *bytes;
	gsize n;

	it->topic = text_of(t, it->headers, "Thread-Topic");
	if (it->topic.n == 0)
		it->topic = without_prefix(it->subject);
	if (s.n == 0 || s.n > INDEX_MAX)
		return;
	bytes = g_base64_decode(s.p, &n);
	if (bytes != NULL && n >= 22)
		it->thread_index =
		    slice_of(arena_slice(t->a, slice_of(bytes, n)), n);
	g_free(bytes);
}

void
take_head(struct take *t, struct taken *to, const struct entity *e)
{
	struct item *it = &to->pub;
	struct slice v;

	it->headers = e->head;
	it->subject = text_of(t, e->head, "Subject");
	it->subject_exact = true;
	mend_subject(t, it, e);
	it->message_id = head_message_id(e->head);
	it->in_reply_to = raw_of(t, e->head, "In-Reply-To");
	it->references = raw_of(t, e->head, "References");
	if (head_find(e->head, "Date", &v) &&
	    !date_parse_rfc5322(slice_trim(v), &it->submitted))
		it->submitted = DATE_UNKNOWN;
	take_people(t, it);
	take_levels(t, it);
	take_thread(t, it);
}
