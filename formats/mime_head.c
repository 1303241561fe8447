/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A message's header out of what an item has: the transport headers as they
 * came, where there are any, and properties for what they lack.
 */
#include "formats/mime_impl.h"

#include <ctype.h>
#include <gmime/gmime.h>

#include "core/digest.h"
#include "core/text.h"
#include "formats/head.h"
#include "formats/words.h"

#define LINE_LIMIT 998
/* A line of transport headers as long as this is no header any more. */
#define FIELD_MAX      ((size_t)1 << 20)
#define NAME_MAX_BYTES 200

/* Fields that properties can make, one bit each. */
enum {
	HAS_FROM = 1 << 0,
	HAS_SENDER = 1 << 1,
	HAS_TO = 1 << 2,
	HAS_CC = 1 << 3,
	HAS_BCC = 1 << 4,
	HAS_SUBJECT = 1 << 5,
	HAS_DATE = 1 << 6,
	HAS_MESSAGE_ID = 1 << 7,
	HAS_IN_REPLY_TO = 1 << 8,
	HAS_REFERENCES = 1 << 9,
	HAS_REPLY_TO = 1 << 10,
	HAS_IMPORTANCE = 1 << 11,
	HAS_SENSITIVITY = 1 << 12,
	HAS_RECEIPT = 1 << 13,
	HAS_KEYWORDS = 1 << 14,
	HAS_TOPIC = 1 << 15,
	HAS_INDEX = 1 << 16
};

static const struct {
	const char *name;
	unsigned bit;
	bool addresses;
} known[] = {
	{ "From", HAS_FROM, true },
	{ "Sender", HAS_SENDER, true },
	{ "To", HAS_TO, true },
	{ "Cc", HAS_CC, true },
	{ "Bcc", HAS_BCC, true },
	{ "Subject", HAS_SUBJECT, false },
	{ "Date", HAS_DATE, false },
	{ "Message-ID", HAS_MESSAGE_ID, false },
	{ "In-Reply-To", HAS_IN_REPLY_TO, false },
	{ "References", HAS_REFERENCES, false },
	{ "Reply-To", HAS_REPLY_TO, true },
	{ "Importance", HAS_IMPORTANCE, false },
	{ "X-Priority", HAS_IMPORTANCE, false },
	{ "Priority", HAS_IMPORTANCE, false },
	{ "X-MSMail-Priority", HAS_IMPORTANCE, false },
	{ "Sensitivity", HAS_SENSITIVITY, false },
	{ "Disposition-Notification-To", HAS_RECEIPT, true },
	{ "Return-Receipt-To", 0, true },
	{ "Keywords", HAS_KEYWORDS, false },
	{ "Thread-Topic", HAS_TOPIC, false },
	{ "Thread-Index", HAS_INDEX, false },
	{ "Resent-From", 0, true },
	{ "Resent-Sender", 0, true },
	{ "Resent-To", 0, true },
	{ "Resent-Cc", 0, true },
};

/* What described the parts of the message as it was sent; the new one has
 * others.  Content-Language and the like say something about it all. */
static bool
is_structure(struct slice name)
{
	static const char *const gone[] = { "MIME-Version", "Content-Type",
		"Content-Transfer-Encoding", "Content-Disposition",
		"Content-ID", "Content-Description", "Content-Location",
		"Content-Base", "Content-MD5", "Content-Length",
		"Content-Duration" };
	size_t i;

	for (i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		if (slice_is_nocase(name, gone[i]))
			return true;
	return false;
}

/* ------------------------------------------- headers as they were received */

/* A value that can stay as it is: ASCII, short lines, none of them blank. */
static bool
is_clean(struct slice value)
{
	struct slice line;
	size_t i;
	bool first = true;

	while (slice_next_line(&value, &line)) {
		if (line.n > LINE_LIMIT - NAME_MAX_BYTES - 3)
			return false;
		for (i = 0; i < line.n; i++) {
			unsigned char c = (unsigned char)line.p[i];

			if (c >= 0x7f ||
			    (c < 0x20 && c != '\t' &&
				!(c == '\n' && i + 1 == line.n) &&
				!(c == '\r' && i + 2 == line.n)))
				return false;
		}
		if (!first && slice_trim(line).n == 0)
			return false;
		first = false;
	}
	return true;
}

static void
put_clean(struct mime_out *o, struct slice name, struct slice value)
{
	out_put(o, name.p, name.n);
	out_str(o, ":");
	mime_put_lines(o, value);
}

/* An address of letters beyond ASCII. */
static bool
is_eai(struct slice addr)
{
	size_t i;

	for (i = 0; i < addr.n; i++)
		if ((unsigned char)addr.p[i] <= ' ' || addr.p[i] == '<' ||
		    addr.p[i] == '>' || addr.p[i] == 0x7f)
			return false;
	return text_is_utf8(addr) && memchr(addr.p, '@', addr.n) != NULL;
}

/* Every mailbox of a list, groups opened up, into a field. */
static void
put_list(struct mime_field *f, InternetAddressList *list, int depth)
{
	int i, n = internet_address_list_length(list);
	InternetAddress *a;
	struct slice name, addr;

	for (i = 0; i < n; i++) {
		a = internet_address_list_get_address(list, i);
		name = slice_str(internet_address_get_name(a));
		if (INTERNET_ADDRESS_IS_GROUP(a)) {
			if (depth < 4)
				put_list(f, INTERNET_ADDRESS_GROUP(a)->members,
				    depth + 1);
			continue;
		}
		addr = slice_str(INTERNET_ADDRESS_MAILBOX(a)->addr);
		/* one of RFC 6532 has no other form than its own */
		if ((mime_is_ascii(addr) || is_eai(addr)) && addr.n > 0 &&
		    addr.n < LINE_LIMIT / 2)
			field_mailbox(f, name, addr, i + 1 < n);
		else
			field_phrase(f, name.n > 0 ? name : addr);
	}
}

static bool
put_addresses(struct mime_out *o, const char *name, const char *value)
{
	InternetAddressList *list = internet_address_list_parse(NULL, value);
	struct mime_field f;

	if (list == NULL)
		return false;
	field_begin(&f, name);
	put_list(&f, list, 0);
	field_end(&f, o);
	g_object_unref(list);
	return true;
}

static void
decode_words(struct buf *b)
{
	struct buf text = { 0 };

	words_decode(&text, buf_slice(b));
	buf_free(b);
	*b = text;
}

/* A value with 8-bit bytes, controls or endless lines: written anew. */
static void
put_unclean(struct mime_out *o, struct slice name, struct slice value,
    bool addresses)
{
	struct buf b = { 0 }, n = { 0 };

	head_unfold(&b, value);
	buf_put(&n, name.p, name.n);
	/* what is encoded already is not encoded once more */
	if (!addresses && memmem(b.p, b.n, "=?", 2) != NULL &&
	    memchr(b.p, '\0', b.n) == NULL)
		decode_words(&b);
	if (!addresses || memchr(b.p, '\0', b.n) != NULL ||
	    !put_addresses(o, buf_str(&n), buf_str(&b)))
		mime_put_field(o, buf_str(&n), buf_slice(&b));
	buf_free(&b);
	buf_free(&n);
}

/* Letters and digits of both, for a comparison that folding, blanks and
 * undecodable bytes do not disturb. */
static bool
same_text(struct slice a, struct slice b)
{
	size_t i = 0, j = 0;

	for (;;) {
		while (i < a.n && (unsigned char)a.p[i] <= ' ')
			i++;
		while (j < b.n && (unsigned char)b.p[j] <= ' ')
			j++;
		if (i == a.n || j == b.n)
			return i == a.n && j == b.n;
		if (a.p[i++] != b.p[j++])
			return false;
	}
}

/*
 * The owner sees the property, which may have been edited, or decoded better
 * than the header would be.  Where they differ it is written, and the
 * received text kept beside it.
 */
static bool
put_subject(struct mime_out *o, const struct item *it, struct slice value)
{
	struct buf b = { 0 };
	bool same;

	if (!it->subject_exact || slice_trim(it->subject).n == 0)
		return false;
	words_decode(&b, value);
	same = same_text(buf_slice(&b), it->subject);
	buf_free(&b);
	if (same)
		return false;
	mime_put_field(o, "Subject", it->subject);
	put_unclean(o, slice_str("X-Postroad-Received-Subject"), value, false);
	return true;
}

static unsigned
known_bit(struct slice name, bool *addresses_r)
{
	size_t i;

	*addresses_r = false;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!slice_is_nocase(name, known[i].name))
			continue;
		*addresses_r = known[i].addresses;
		return known[i].bit;
	}
	return 0;
}

static void
put_received_field(struct mime_out *o, const struct item *it, struct slice name,
    struct slice value, unsigned *seen)
{
	bool addresses;
	unsigned bit = known_bit(name, &addresses);
	char date[40];
	int64_t t;

	if (name.n > NAME_MAX_BYTES || value.n > FIELD_MAX ||
	    is_structure(name))
		return;
	/* an empty one is no reason not to make a full one */
	if (bit != 0 && bit != HAS_SUBJECT && slice_trim(value).n == 0)
		return;
	if (bit == HAS_SUBJECT && !(*seen & bit) && put_subject(o, it, value)) {
		*seen |= bit;
		return;
	}
	*seen |= bit;
	if (is_clean(value))
		put_clean(o, name, value);
	else if (bit == HAS_DATE && date_parse_rfc5322(slice_trim(value), &t))
		out_fmt(o, "Date: %s\r\n", date_format_rfc5322(date, t));
	else
		put_unclean(o, name, value, addresses);
}

/* Returns the HAS_ bits of what was there. */
static unsigned
put_received(struct mime_out *o, const struct item *it)
{
	struct slice rest = it->headers, name, value;
	unsigned seen = 0;

	while (rest.n > 0 && strchr("\r\n", rest.p[0]) != NULL)
		rest = slice_from(rest, 1);
	while (head_next(&rest, &name, &value))
		put_received_field(o, it, name, value, &seen);
	return seen;
}

/* ------------------------------------------------- headers of properties */

static bool
is_nobody(const struct item_person *p)
{
	return p->name.n == 0 && p->smtp.n == 0 && p->x500.n == 0;
}

/* The last CN of "/O=EXAMPLE/OU=.../CN=JDOE", if it can be a local part. */
static struct slice
last_cn(struct slice x500)
{
	size_t i, from = 0;

	for (i = 0; i + 4 <= x500.n; i++)
		if (strncasecmp(x500.p + i, "/cn=", 4) == 0)
			from = i + 4;
	if (from == 0 || x500.n - from > 64)
		return slice_of("", 0);
	return slice_from(x500, from);
}

/*
 * An address for somebody who has none.  It must not look like one that mail
 * could be sent to, so it lies below .invalid (RFC 2606), and people with
 * different X.500 names keep different ones.
 */
static void
stand_in(struct buf *out, const struct item_person *p)
{
	struct slice cn = last_cn(p->x500);
	size_t i;

	buf_clear(out);
	for (i = 0; i < cn.n; i++) {
		char c = cn.p[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		buf_putc(out,
		    isalnum((unsigned char)c) || strchr("-_.", c) != NULL
			? c
			: '-');
	}
	buf_puts(out, "@x500.invalid");
	if (cn.n > 0 && mime_is_address(buf_slice(out)))
		return;
	buf_clear(out);
	buf_puts(out,
	    p->x500.n > 0 ? "undisclosed@x500.invalid"
			  : "undisclosed@postroad.invalid");
}

static void
put_person(struct mime_field *f, const struct item_person *p, bool comma)
{
	struct buf addr = { 0 };
	struct slice name = p->name;

	if (!mime_put_address(&addr, p->smtp)) {
		stand_in(&addr, p);
		if (name.n == 0)
			name = p->smtp.n > 0 ? p->smtp : last_cn(p->x500);
	}
	field_mailbox(f, name, buf_slice(&addr), comma);
	buf_free(&addr);
}

/* Does it have an address that mail can be sent to? */
static bool
is_writable(const struct item_person *p)
{
	struct buf addr = { 0 };
	bool is = mime_put_address(&addr, p->smtp);

	buf_free(&addr);
	return is;
}

static void
put_x500(struct mime_out *o, const char *name, const struct item_person *p)
{
	if (p->x500.n > 0 && !is_writable(p))
		mime_put_field(o, name, p->x500);
}

static bool
same_person(const struct item_person *a, const struct item_person *b)
{
	if (a->smtp.n > 0 && b->smtp.n > 0)
		return a->smtp.n == b->smtp.n &&
		    strncasecmp(a->smtp.p, b->smtp.p, a->smtp.n) == 0;
	if (a->x500.n > 0 && b->x500.n > 0)
		return a->x500.n == b->x500.n &&
		    strncasecmp(a->x500.p, b->x500.p, a->x500.n) == 0;
	return slice_eq(a->name, b->name);
}

static void
put_from(struct mime_out *o, const struct item *it, unsigned seen)
{
	const struct item_person *from = &it->from;
	struct mime_field f;

	if (is_nobody(from))
		from = &it->sender;
	if (!(seen & HAS_FROM)) {
		field_begin(&f, "From");
		if (is_nobody(from))
			field_word(&f, slice_str("undisclosed-sender:;"));
		else
			put_person(&f, from, false);
		field_end(&f, o);
		put_x500(o, "X-Postroad-X500-From", from);
	}
	if ((seen & (HAS_SENDER | HAS_FROM)) || is_nobody(&it->sender) ||
	    same_person(from, &it->sender))
		return;
	field_begin(&f, "Sender");
	put_person(&f, &it->sender, false);
	field_end(&f, o);
	put_x500(o, "X-Postroad-X500-Sender", &it->sender);
}

static void
put_recipients(struct mime_out *o, const struct item *it,
    enum item_recipient_type type, const char *name, const char *x500_name)
{
	struct mime_field f;
	size_t i, left = 0;

	for (i = 0; i < it->n_recipients; i++)
		left += it->recipients[i].type == type;
	if (left == 0)
		return;
	field_begin(&f, name);
	for (i = 0; i < it->n_recipients; i++)
		if (it->recipients[i].type == type)
			put_person(&f, &it->recipients[i].who, --left > 0);
	field_end(&f, o);
	for (i = 0; i < it->n_recipients; i++)
		if (it->recipients[i].type == type)
			put_x500(o, x500_name, &it->recipients[i].who);
}

/* A name for people, or an address of somebody; false if it is none. */
static bool
put_reply_one(struct mime_field *f, const struct item_person *who, bool any)
{
	if (!is_writable(who))
		return false;
	if (any)
		buf_putc(&f->text, ',');
	else
		field_begin(f, "Reply-To");
	put_person(f, who, false);
	return true;
}

/* Only addresses that can be written to: a reply to a stand-in is lost. */
static void
put_reply_to(struct mime_out *o, const struct item *it)
{
	struct slice list = it->reply_to;
	struct item_person one = { 0 };
	struct mime_field f;
	bool any = false;
	size_t n, i;

	for (i = 0; i < it->n_reply_people; i++)
		any |= put_reply_one(&f, &it->reply_people[i], any);
	while (list.n > 0 && it->n_reply_people == 0) {
		for (n = 0; n < list.n && list.p[n] != ';'; n++)
			;
		one.smtp = slice_trim(slice_of(list.p, n));
		list = slice_from(list, n + 1);
		any |= put_reply_one(&f, &one, any);
	}
	if (any)
		field_end(&f, o);
}

static void
put_date(struct mime_out *o, const struct item *it)
{
	char text[40];
	int64_t t = it->submitted;

	if (t == DATE_UNKNOWN)
		t = it->delivered;
	/* no Date among the fields it came with: it had none */
	if (t == DATE_UNKNOWN && it->headers.n == 0)
		t = it->created;
	if (t != DATE_UNKNOWN)
		out_fmt(o, "Date: %s\r\n", date_format_rfc5322(text, t));
}

/* An id of an item may lack its brackets, or be no id at all. */
static bool
is_id(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' ||
		    (unsigned char)s.p[i] >= 0x7f || s.p[i] == '<' ||
		    s.p[i] == '>')
			return false;
	return s.n > 0 && s.n < 900;
}

static struct slice
bare_id(struct slice s)
{
	s = slice_trim(s);
	if (s.n >= 2 && s.p[0] == '<' && s.p[s.n - 1] == '>')
		s = slice_of(s.p + 1, s.n - 2);
	return s;
}

static void
put_id(struct mime_out *o, const char *name, struct slice id)
{
	id = bare_id(id);
	out_fmt(o, "%s: <", name);
	out_put(o, id.p, id.n);
	out_str(o, ">\r\n");
}

static void
put_message_id(struct mime_out *o, const struct item *it)
{
	uint8_t hash[DIGEST_BYTES];
	char hex[25];

	if (is_id(bare_id(it->message_id))) {
		put_id(o, "Message-ID", it->message_id);
		return;
	}
	digest_of(it->uid.p, it->uid.n, hash);
	digest_hex(hex, hash, 12);
	out_fmt(o, "Message-ID: <%s@postroad.invalid>\r\n", hex);
}

static void
put_references(struct mime_out *o, const struct item *it)
{
	struct slice rest = it->references, id;
	struct mime_field f = { 0 };
	size_t n;

	while ((rest = slice_trim(rest)).n > 0) {
		for (n = 0; n < rest.n && (unsigned char)rest.p[n] > ' '; n++)
			;
		id = slice_of(rest.p, n);
		rest = slice_from(rest, n);
		if (!is_id(bare_id(id)))
			continue;
		if (f.text.n == 0)
			field_begin(&f, "References");
		field_word(&f, id);
	}
	if (f.text.n > 0)
		field_end(&f, o);
}

static void
put_levels(struct mime_out *o, const struct item *it, unsigned seen)
{
	static const char *const secret[] = { NULL, "Personal", "Private",
		"Company-Confidential" };

	if (!(seen & HAS_IMPORTANCE) && it->importance == 2)
		out_str(o, "Importance: high\r\nX-Priority: 1\r\n");
	if (!(seen & HAS_IMPORTANCE) && it->importance == 0)
		out_str(o, "Importance: low\r\nX-Priority: 5\r\n");
	if (!(seen & HAS_SENSITIVITY) && it->sensitivity >= 1 &&
	    it->sensitivity <= 3)
		out_fmt(o, "Sensitivity: %s\r\n", secret[it->sensitivity]);
}

/* To whom the receipt goes is who wrote it, with the address that is in From:
 * the wish is kept where nothing better is known. */
static void
put_receipt(struct mime_out *o, const struct item *it)
{
	const struct item_person *p =
	    is_nobody(&it->from) ? &it->sender : &it->from;
	struct mime_field f;

	if (!(it->flags & ITEM_ASK_READ) || is_nobody(p))
		return;
	field_begin(&f, "Disposition-Notification-To");
	put_person(&f, p, false);
	field_end(&f, o);
}

static void
put_categories(struct mime_out *o, const struct item *it)
{
	struct mime_field f;
	size_t i;

	if (it->n_categories == 0)
		return;
	field_begin(&f, "Keywords");
	for (i = 0; i < it->n_categories; i++) {
		if (i > 0)
			buf_putc(&f.text, ',');
		field_phrase(&f, it->categories[i]);
	}
	field_end(&f, o);
}

/* Outlook's own threading, [MS-OXOMSG] 2.2.1.2 and 2.2.1.3. */
static void
put_thread(struct mime_out *o, const struct item *it, unsigned seen)
{
	char *index;

	/* a message that came without one has it from its subject */
	if (!(seen & HAS_TOPIC) && it->topic.n > 0 && it->headers.n == 0)
		mime_put_field(o, "Thread-Topic", it->topic);
	if ((seen & HAS_INDEX) || it->thread_index.n < 22 ||
	    it->thread_index.n > 600)
		return;
	index = g_base64_encode((const guchar *)it->thread_index.p,
	    it->thread_index.n);
	mime_put_field(o, "Thread-Index", slice_str(index));
	g_free(index);
}

void
mime_put_head(struct mime_out *o, const struct item *it)
{
	unsigned seen = put_received(o, it);

	put_from(o, it, seen);
	if (!(seen & HAS_REPLY_TO))
		put_reply_to(o, it);
	if (!(seen & HAS_TO))
		put_recipients(o, it, ITEM_TO, "To", "X-Postroad-X500-To");
	if (!(seen & HAS_CC))
		put_recipients(o, it, ITEM_CC, "Cc", "X-Postroad-X500-Cc");
	if (!(seen & HAS_BCC))
		put_recipients(o, it, ITEM_BCC, "Bcc", "X-Postroad-X500-Bcc");
	if (!(seen & HAS_SUBJECT) && it->subject.n > 0)
		mime_put_field(o, "Subject", it->subject);
	if (!(seen & HAS_DATE))
		put_date(o, it);
	if (!(seen & HAS_MESSAGE_ID))
		put_message_id(o, it);
	if (!(seen & HAS_IN_REPLY_TO) && is_id(bare_id(it->in_reply_to)))
		put_id(o, "In-Reply-To", it->in_reply_to);
	if (!(seen & HAS_REFERENCES) && slice_trim(it->references).n > 0)
		put_references(o, it);
	put_levels(o, it, seen);
	if (!(seen & HAS_RECEIPT))
		put_receipt(o, it);
	if (!(seen & HAS_KEYWORDS))
		put_categories(o, it);
	put_thread(o, it, seen);
}
