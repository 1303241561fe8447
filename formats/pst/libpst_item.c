/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An item of libpst's as a neutral one (formats/pst/item.h). */
#include "formats/pst/libpst_impl.h"
#include "formats/pst/smtp.h"

#include <libpst/lzfu.h>

#include "core/limits.h"
#include "core/mem.h"
#include "formats/pst/codepage.h"
#include "formats/pst/person.h"

/* 4501-01-01, MAPI's "never", and what lies behind it, is no date. */
#define TIME_NEVER 79870665600

/* LZFu can promise anything; nobody writes a text this long. */
#define RTF_MAX (64u << 20)

static int64_t
time_of(const FILETIME *ft)
{
	uint64_t ticks;
	int64_t t;

	if (ft == NULL)
		return DATE_UNKNOWN;
	ticks = (uint64_t)ft->dwHighDateTime << 32 | ft->dwLowDateTime;
	t = (int64_t)(ticks / 10000000) - 11644473600;
	return t > 0 && t < TIME_NEVER ? t : DATE_UNKNOWN;
}

/* A search key is "TYPE:ADDRESS" in upper case. */
static void
put_search_key(struct lib_item *li, struct item_person *who,
    const pst_string *key)
{
	struct slice s = libpst_item_text(li, key);
	const char *colon = s.n == 0 ? NULL : memchr(s.p, ':', s.n);
	size_t i, n;
	char *low;

	if (colon == NULL || who->smtp.n > 0 ||
	    !slice_is_nocase(slice_of(s.p, (size_t)(colon - s.p)), "SMTP"))
		return;
	s = pst_smtp(slice_from(s, (size_t)(colon - s.p) + 1));
	if (s.n == 0)
		return;
	low = arena_slice(&li->a, s);
	n = strlen(low);
	for (i = 0; i < n; i++)
		if (low[i] >= 'A' && low[i] <= 'Z')
			low[i] = (char)(low[i] - 'A' + 'a');
	who->smtp = slice_of(low, n);
}

/* Bytes of a store's text, wide or not, as UTF-8. */
static struct slice
text_of(struct lib_item *li, struct slice bytes, bool wide)
{
	struct buf b = { 0 };
	struct slice out;

	codepage_to_utf8(&b, bytes, wide ? CODEPAGE_UTF16 : li->codepage);
	out = slice_of(arena_slice(&li->a, buf_slice(&b)), b.n);
	buf_free(&b);
	return out;
}

/* Reply-To: addresses out of entry ids; where there are none, the names. */
static void
fill_reply_to(struct lib_item *li, const pst_item_email *e)
{
	struct slice list = slice_of(e->encrypted_body.data,
	    e->encrypted_body.data == NULL ? 0 : e->encrypted_body.size);
	struct slice id, type, addr, one;
	struct buf b = { 0 };
	bool wide;

	list = slice_from(list, 8); /* two counts */
	while (libpst_flat_next(&list, &id)) {
		if (!libpst_one_off(id, &type, &addr, &wide))
			continue;
		one = pst_smtp(text_of(li, addr, wide));
		if (b.n > 0 && one.n > 0)
			buf_putc(&b, ';');
		buf_put(&b, one.p, one.n);
	}
	if (b.n > 0)
		li->pub.reply_to =
		    slice_of(arena_slice(&li->a, buf_slice(&b)), b.n);
	else
		li->pub.reply_to = libpst_item_text(li, &e->reply_to);
	buf_free(&b);
}

static void
put_smtp(struct lib_item *li, struct item_person *who, const pst_string *s)
{
	struct slice addr = pst_smtp(libpst_item_text(li, s));

	if (addr.n > 0)
		who->smtp = addr;
}

/* Fields that libpst_map.c fills with other properties have a comment
 * that says which. */
static void
fill_people(struct lib_item *li, const pst_item_email *e)
{
	struct item *it = &li->pub;

	it->from.name = libpst_item_text(li, &e->outlook_sender_name);
	pst_put_address(&it->from, libpst_item_text(li, &e->sender_access),
	    libpst_item_text(li, &e->sender_address));
	put_search_key(li, &it->from, &e->outlook_sender);
	put_smtp(li, &it->from, &e->recip2_access); /* 0x5D02 */
	it->sender.name = libpst_item_text(li, &e->outlook_sender_name2);
	pst_put_address(&it->sender, libpst_item_text(li, &e->sender2_access),
	    libpst_item_text(li, &e->sender2_address));
	put_search_key(li, &it->sender, &e->outlook_sender2);
	put_smtp(li, &it->sender, &e->recip2_address); /* 0x5D01 */
	fill_reply_to(li, e);
}

static void
fill_recipient(struct lib_item *li, struct item_recipient *to,
    const pst_item_attach *a)
{
	to->type = (enum item_recipient_type)(a->position & 15);
	to->who.name = libpst_item_text(li, &a->filename1); /* 0x3001 */
	pst_put_address(&to->who,
	    libpst_item_text(li, &a->mimetype),	  /* 0x3002 */
	    libpst_item_text(li, &a->filename2)); /* 0x3003 */
	put_smtp(li, &to->who, &a->content_id);	  /* 0x39FE */
}

/* The table says who; a store that lacks it still has the names. */
static void
fill_recipients(struct lib_item *li, const pst_item_email *e)
{
	struct slice to = libpst_item_text(li, &e->sentto_address);
	struct slice cc = libpst_item_text(li, &e->cc_address);
	struct slice bcc = libpst_item_text(li, &e->bcc_address);
	struct item *it = &li->pub;
	const pst_item_attach *a;
	size_t n = 0;

	for (a = li->raw->attach; a != NULL; a = a->next)
		n += libpst_is_recipient(a);
	if (n == 0) {
		pst_named_recipients(it, &li->a, to, cc, bcc);
		return;
	}
	it->n_recipients = n;
	it->recipients = arena_alloc(&li->a, n * sizeof(*it->recipients));
	for (a = li->raw->attach; a != NULL && n > 0; a = a->next)
		if (libpst_is_recipient(a))
			fill_recipient(li, &it->recipients[--n], a);
}

#define CATEGORIES_MAX 100

/* Categories, a named property "Keywords": a list of strings. */
static void
fill_categories(struct lib_item *li)
{
	struct slice values[CATEGORIES_MAX], one;
	size_t i,
	    n = libpst_strings(&li->raw->predecessor_change, values,
		CATEGORIES_MAX);
	struct item *it = &li->pub;

	it->categories = arena_alloc(&li->a, n * sizeof(*it->categories));
	for (i = 0; i < n; i++) {
		one = text_of(li, values[i], li->r->pf.do_read64 != 0);
		if (one.n > 0)
			it->categories[it->n_categories++] = one;
	}
}

/* [MS-OXOFLAG] 2.2.1.1: 2 is flagged, 1 done.  [MS-OXOMSG] 2.2.1.5, 2.2.2.1:
 * replied (to all), forwarded, by the verb or by the icon. */
static void
fill_flags(struct lib_item *li, const pst_item_email *e)
{
	int32_t verb = e->rtf_body_char_count; /* 0x1081 */
	int32_t icon = e->rtf_ws_prefix_count; /* 0x1080 */

	if (e->rtf_body_crc == 2) /* 0x1090 */
		li->pub.flags |= ITEM_FLAGGED;
	if (verb == 102 || verb == 103 || (verb == 0 && icon == 261))
		li->pub.flags |= ITEM_ANSWERED;
	if (verb == 104 || (verb == 0 && icon == 262))
		li->pub.flags |= ITEM_FORWARDED;
}

static int
copy_bytes(void *arg, const struct item_sink *to, struct err *err)
{
	const struct lib_bytes *b = arg;

	return b->n > 0 && to->put(to->arg, b->p, b->n, err) != 0 ? -1 : 1;
}

static struct item_stream
stream_of(struct lib_bytes *b, const char *p, size_t n)
{
	b->p = p;
	b->n = n;
	return (struct item_stream){ .copy = copy_bytes, .arg = b, .size = n };
}

static void
fill_rtf(struct lib_item *li, const pst_binary *packed)
{
	uint32_t head[4];
	size_t n = 0;

	if (packed->size <= sizeof(head))
		return;
	memcpy(head, packed->data, sizeof(head));
	if (head[2] == 0x414c454d) { /* "MELA": stored as it is */
		li->pub.rtf = stream_of(&li->rtf, packed->data + sizeof(head),
		    packed->size - sizeof(head));
		return;
	}
	if (head[1] == 0 || head[1] > RTF_MAX || packed->size > RTF_MAX)
		return;
	li->unpacked =
	    pst_lzfu_decompress(packed->data, (uint32_t)packed->size, &n);
	if (li->unpacked != NULL && n > 0)
		li->pub.rtf = stream_of(&li->rtf, li->unpacked, n);
}

static void
fill_bodies(struct lib_item *li)
{
	const pst_item_email *e = li->raw->email;
	const pst_string *s = &li->raw->body;
	struct item *it = &li->pub;
	struct slice html;

	it->plain.codepage = CODEPAGE_UTF8;
	if (libpst_has(s) && s->is_utf8) {
		it->plain.stream =
		    stream_of(&li->plain, s->str, strlen(s->str));
	} else if (libpst_has(s)) {
		codepage_to_utf8(&li->text, slice_str(s->str), li->codepage);
		it->plain.stream =
		    stream_of(&li->plain, li->text.p, li->text.n);
	}
	if (e == NULL)
		return;
	if (libpst_has(&e->htmlbody)) {
		html = slice_str(e->htmlbody.str);
		it->html.stream = stream_of(&li->html, html.p, html.n);
		it->html.codepage = e->htmlbody.is_utf8
		    ? CODEPAGE_UTF8
		    : codepage_of_html(html, it->internet_codepage,
			  li->codepage);
	}
	if (it->plain.stream.copy == NULL || it->html.stream.copy == NULL)
		fill_rtf(li, &e->rtf_compressed);
}

static void
fill_email(struct lib_item *li, const pst_item_email *e)
{
	struct item *it = &li->pub;

	it->headers = libpst_item_text(li, &e->header);
	it->message_id = libpst_item_text(li, &e->messageid);
	it->in_reply_to = libpst_item_text(li, &e->in_reply_to);
	it->references = libpst_item_text(li, &e->recip_access); /* 0x1039 */
	it->topic = libpst_item_text(li, &e->processed_subject);
	it->thread_index = slice_of(e->conversation_index.data,
	    e->conversation_index.data == NULL ? 0
					       : e->conversation_index.size);
	it->submitted = time_of(e->sent_date);
	it->delivered = time_of(e->arrival_date);
	it->priority = e->priority;
	/* 0 is both "low" and "not there"; a low one is non-urgent, too */
	if (e->importance != 0 || e->priority < 0)
		it->importance = e->importance;
	it->sensitivity = e->sensitivity;
	if (e->read_receipt)
		it->flags |= ITEM_ASK_READ;
	if (e->delivery_report)
		it->flags |= ITEM_ASK_DELIVERED;
	it->report.text = libpst_item_text(li, &e->report_text);
	it->report.supplement = libpst_item_text(li, &e->supplementary_info);
	it->report.time = time_of(e->report_time);
	it->report.reason = e->ndr_reason_code;
	it->report.diag = e->ndr_diag_code;
	it->report.status = e->ndr_status_code;
	fill_flags(li, e);
	fill_people(li, e);
	fill_recipients(li, e);
}

/* ---------------------------------------------------------------- whole */

static void
close_item(struct item *it)
{
	struct lib_item *li = (struct lib_item *)it;

	pst_freeItem(li->raw);
	buf_free(&li->text);
	free(li->unpacked);
	arena_free(&li->a);
	free(li);
}

/* Which code page are an item's 8-bit strings in?  Its own number counts,
 * then what the user says. */
static unsigned
codepage_of_item(const struct pst_reader *r, const pst_item *raw)
{
	if (raw->message_codepage > 0)
		return (unsigned)raw->message_codepage;
	if (r->in.codepage != 0)
		return r->in.codepage;
	return raw->internet_cpid > 0 ? (unsigned)raw->internet_cpid : 0;
}

static void
fill(struct lib_item *li)
{
	pst_item *raw = li->raw;
	struct item *it = &li->pub;

	li->codepage = codepage_of_item(li->r, raw);
	it->internet_codepage =
	    raw->internet_cpid > 0 ? (unsigned)raw->internet_cpid : 0;
	it->message_codepage = li->codepage;
	it->class = slice_str(raw->ascii_type);
	it->subject_exact = true;
	if (raw->subject.str != NULL)
		it->subject = libpst_text(&li->a, &raw->subject, li->codepage,
		    &it->subject_exact);
	it->created = time_of(raw->create_date);
	if (raw->flags & PST_FLAG_READ)
		it->flags |= ITEM_READ;
	if (raw->flags & PST_FLAG_UNSENT)
		it->flags |= ITEM_UNSENT;
	if (raw->flags & PST_FLAG_FROM_ME)
		it->flags |= ITEM_FROM_ME;
	if (raw->email != NULL)
		fill_email(li, raw->email);
	fill_categories(li);
	fill_bodies(li);
	libpst_fill_attachments(li);
}

int
libpst_item_at(struct pst_reader *r, pst_desc_tree *d, pst_id2_tree *subnodes,
    struct item **item_r, struct err *err)
{
	struct lib_item *li;
	pst_item *raw;

	if (d->desc == NULL)
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "its data block is missing");
	raw = libpst_parse_mapped(r, d, subnodes);
	if (raw == NULL)
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "libpst cannot read its properties");
	li = mem_alloc(1, sizeof(*li));
	item_init(&li->pub);
	li->pub.close = close_item;
	li->pub.nid = d->d_id;
	li->r = r;
	li->raw = raw;
	fill(li);
	*item_r = &li->pub;
	return 0;
}

int
libpst_item(struct pst_reader *r, pst_desc_tree *d, struct item **item_r,
    struct err *err)
{
	struct lib_item *li;

	if (libpst_item_at(r, d, NULL, item_r, err) != 0)
		return -1;
	li = (struct lib_item *)*item_r;
	li->pub.uid = slice_str(arena_fmt(&li->a, "%llx.%s",
	    (unsigned long long)d->d_id, r->store_id));
	return 0;
}
