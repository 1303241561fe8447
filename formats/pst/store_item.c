/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages of a PST being written, [MS-PST] 2.4.5, 2.4.6; see store.h. */
#include <stdlib.h>
#include <string.h>

#include "core/digest.h"
#include "core/mem.h"
#include "formats/pst/bytes.h"
#include "formats/pst/ndb.h"
#include "formats/pst/store_impl.h"

#define DEPTH_MAX	50
#define MSGFLAG_READ	1
#define MSGFLAG_UNSENT	8
#define MSGFLAG_ATTACH	0x10
#define MSGFLAG_FROM_ME 0x20

/* Sizes are signed 32-bit numbers; what is larger says the most there is. */
static int32_t
bounded(uint64_t size)
{
	return size > INT32_MAX ? INT32_MAX : (int32_t)size;
}

struct item_out {
	struct pst_store_out *s;
	struct item *item;
	struct pst_props props;
	struct pst_out_subs subs;
	uint64_t size;
	int depth;
};

/* PidTagBody is UTF-16 in the file. */
static int
put_plain(struct item_out *io, struct err *err)
{
	const struct item_stream *st = &io->item->plain.stream;
	uint64_t size;

	if (st->copy == NULL)
		return 0;
	if (store_put_stream(io->s->out, &io->props, PidTagBody, PtypString, st,
		&io->subs, &size, err) < 0)
		return -1;
	io->size += size;
	return 0;
}

static int
put_html(struct item_out *io, struct err *err)
{
	const struct item_stream *st = &io->item->html.stream;
	uint64_t size;

	if (st->copy == NULL || io->item->rtf_shown)
		return 0;
	if (store_put_stream(io->s->out, &io->props, PidTagBodyHtml, PtypBinary,
		st, &io->subs, &size, err) < 0)
		return -1;
	io->size += size;
	return 0;
}

static int
put_rtf(struct item_out *io, struct arena *a, struct err *err)
{
	const struct item_stream *rtf = &io->item->rtf;
	struct item_stream packed;
	uint64_t size;

	if (rtf->copy == NULL)
		return 0;
	if (store_pack_rtf(rtf, &packed, a, err) < 0 ||
	    store_put_stream(io->s->out, &io->props, PidTagRtfCompressed,
		PtypBinary, &packed, &io->subs, &size, err) < 0)
		return -1;
	io->size += size;
	props_bool(&io->props, PidTagRtfInSync, true);
	return 0;
}

/* ---------------------------------------------------------- properties */

static void
text_if(struct pst_props *p, unsigned id, struct slice s)
{
	if (s.n > 0)
		props_text(p, id, s);
}

static int32_t
message_flags(const struct item *item)
{
	return (item->flags & ITEM_READ ? MSGFLAG_READ : 0) |
	    (item->flags & ITEM_UNSENT ? MSGFLAG_UNSENT : 0) |
	    (item->flags & ITEM_FROM_ME ? MSGFLAG_FROM_ME : 0) |
	    (item->n_attachments > 0 ? MSGFLAG_ATTACH : 0);
}

static void
put_flags(struct pst_props *p, const struct item *item)
{
	props_int(p, PidTagMessageFlags, message_flags(item));
	if (item->flags & ITEM_FLAGGED)
		props_int(p, PidTagFlagStatus, 2);
	if (item->flags & (ITEM_ANSWERED | ITEM_FORWARDED)) {
		props_int(p, PidTagLastVerbExecuted,
		    item->flags & ITEM_ANSWERED ? 102 : 104);
		props_int(p, PidTagIconIndex,
		    item->flags & ITEM_FORWARDED ? 262 : 261);
	}
	if (item->flags & ITEM_ASK_READ)
		props_bool(p, PidTagReadReceiptRequested, true);
	if (item->flags & ITEM_ASK_DELIVERED)
		props_bool(p, PidTagOriginatorDeliveryReportRequested, true);
}

/* Names of the recipients of one type, "; " between. */
static struct slice
display(const struct item *item, enum item_recipient_type type, struct arena *a)
{
	struct buf b = { 0 };
	struct slice s;
	size_t i;

	for (i = 0; i < item->n_recipients; i++) {
		if (item->recipients[i].type != type)
			continue;
		if (b.n > 0)
			buf_puts(&b, "; ");
		s = store_name_of(&item->recipients[i].who);
		buf_put(&b, s.p, s.n);
	}
	s = slice_of(arena_slice(a, buf_slice(&b)), b.n);
	buf_free(&b);
	return s;
}

/* "RE: ": up to three characters that are no digits, [MS-OXCMSG] 2.2.1.9. */
static size_t
prefix_size(struct slice subject)
{
	size_t at = 0, letters = 0;

	while (at < subject.n && letters < 4 && subject.p[at] != ':' &&
	    (subject.p[at] < '0' || subject.p[at] > '9') &&
	    subject.p[at] != ' ') {
		at += store_letter_size(subject.p[at]);
		letters++;
	}
	return letters >= 1 && letters <= 3 && at + 1 < subject.n &&
		subject.p[at] == ':' && subject.p[at + 1] == ' '
	    ? letters + 2
	    : 0;
}

/* [MS-PST] 2.5.3.1.1.1: a mark, and one more than the prefix is long. */
void
store_mark_subject(struct buf *out, struct slice subject)
{
	if (subject.n > 0) {
		buf_putc(out, '\x01');
		buf_putc(out, (char)(prefix_size(subject) + 1));
	}
	buf_put(out, subject.p, subject.n);
}

void
store_put_subject(struct pst_props *p, struct slice subject)
{
	struct buf b = { 0 };

	store_mark_subject(&b, subject);
	props_text(p, PidTagSubject, buf_slice(&b));
	buf_free(&b);
}

/* Whom answers go to: Outlook looks at these, a FlatEntryList of one-off
 * entries ([MS-OXOMSG] 2.2.1.43, [MS-OXCDATA] 2.3.3), not at the names. */
static void
put_reply_to(struct pst_props *p, struct slice list)
{
	struct buf all = { 0 }, one = { 0 };
	struct slice who;
	uint8_t n[4];
	uint32_t count = 0;
	size_t len;

	memset(buf_room(&all, 8), 0, 8);
	all.n = 8;
	while (list.n > 0) {
		for (len = 0; len < list.n && list.p[len] != ';'; len++)
			;
		who = slice_trim(slice_of(list.p, len));
		list = slice_from(list, len + 1);
		if (who.n == 0 || memchr(who.p, '@', who.n) == NULL)
			continue;
		buf_clear(&one);
		store_one_off(&one, who, slice_str("SMTP"), who);
		pst_put32(n, (uint32_t)one.n);
		buf_put(&all, n, 4);
		buf_put(&all, one.p, one.n);
		buf_put(&all, "\0\0\0", (4 - one.n % 4) % 4);
		count++;
	}
	pst_put32((uint8_t *)all.p, count);
	pst_put32((uint8_t *)all.p + 4, (uint32_t)(all.n - 8));
	if (count > 0)
		props_binary(p, PidTagReplyRecipientEntries, buf_slice(&all));
	buf_free(&all);
	buf_free(&one);
}

static void
put_headers(struct pst_props *p, const struct item *item)
{
	text_if(p, PidTagTransportMessageHeaders, item->headers);
	text_if(p, PidTagInternetMessageId, item->message_id);
	text_if(p, PidTagInReplyToId, item->in_reply_to);
	text_if(p, PidTagInternetReferences, item->references);
	text_if(p, PidTagReplyRecipientNames, item->reply_to);
	put_reply_to(p, item->reply_to);
	text_if(p, PidTagConversationTopic, item->topic);
	if (item->thread_index.n > 0)
		props_binary(p, PidTagConversationIndex, item->thread_index);
}

int64_t
store_created(const struct item *item)
{
	return item->created != DATE_UNKNOWN  ? item->created
	    : item->modified != DATE_UNKNOWN  ? item->modified
	    : item->delivered != DATE_UNKNOWN ? item->delivered
					      : item->submitted;
}

int64_t
store_modified(const struct item *item)
{
	return item->modified != DATE_UNKNOWN ? item->modified
					      : store_created(item);
}

static void
put_properties(struct item_out *io, const struct item_summary *sum,
    struct arena *a)
{
	struct pst_props *p = &io->props;
	const struct item *item = io->item;
	uint8_t hash[DIGEST_BYTES];

	props_text(p, PidTagMessageClass, item->class);
	store_put_subject(p, item->subject);
	props_int(p, PidTagImportance, item->importance);
	props_int(p, PidTagPriority, item->priority);
	props_int(p, PidTagSensitivity, item->sensitivity);
	props_time(p, PidTagClientSubmitTime, item->submitted);
	props_time(p, PidTagMessageDeliveryTime, item->delivered);
	props_time(p, PidTagCreationTime, store_created(item));
	props_time(p, PidTagLastModificationTime, store_modified(item));
	put_flags(p, item);
	put_headers(p, item);
	store_put_person(p, &item->from, PidTagSentRepresentingName,
	    PidTagSentRepresentingAddressType,
	    PidTagSentRepresentingEmailAddress,
	    PidTagSentRepresentingSmtpAddress, PidTagSentRepresentingSearchKey,
	    PidTagSentRepresentingEntryId);
	store_put_person(p,
	    store_name_of(&item->sender).n + item->sender.x500.n > 0
		? &item->sender
		: &item->from,
	    PidTagSenderName, PidTagSenderAddressType, PidTagSenderEmailAddress,
	    PidTagSenderSmtpAddress, PidTagSenderSearchKey,
	    PidTagSenderEntryId);
	props_text(p, PidTagDisplayTo, sum->to);
	props_text(p, PidTagDisplayCc, sum->cc);
	props_text(p, PidTagDisplayBcc, display(item, ITEM_BCC, a));
	props_bool(p, 0x0e1b, item->n_attachments > 0); /* HasAttachments */
	if (item->html.codepage != 0)
		props_int(p, PidTagInternetCodepage,
		    (int32_t)item->html.codepage);
	else if (item->internet_codepage != 0)
		props_int(p, PidTagInternetCodepage,
		    (int32_t)item->internet_codepage);
	if (item->n_categories > 0)
		props_texts(p, store_name_text(io->s, "Keywords"),
		    item->categories, item->n_categories);
	digest_of(item->uid.p, item->uid.n, hash);
	props_binary(p, PidTagSearchKey, slice_of(hash, 16));
}

/* --------------------------------------------------- attachments, 2.4.6 */

/* The object inside an attachment: another item. */
static int
put_embedded(struct item_out *io, const struct item_attach *a,
    struct pst_props *p, struct pst_out_subs *subs, uint64_t *size_r,
    struct err *err)
{
	struct item_summary sum = { .size = 0 };
	struct arena arena = { 0 };
	struct item *inner = NULL, whole;
	uint64_t data, sub;
	uint32_t nid;
	int rc = a->open(a->arg, &inner, err);

	if (rc == 0) {
		whole = *inner;
		store_complete(&whole, &arena);
		if (store_created(&whole) == DATE_UNKNOWN)
			whole.created = store_created(io->item);
		rc = store_put_item(io->s, &whole, io->depth + 1, &data, &sub,
		    &sum, &arena, err);
	}
	if (rc == 0) {
		nid = store_sub_nid(io->s, NID_TYPE_MESSAGE);
		pst_out_subs_add(subs, nid, data, sub);
		props_node(p, PidTagAttachDataBinary, PtypObject, nid,
		    sum.size);
		*size_r = sum.size;
	}
	item_close(&inner);
	arena_free(&arena);
	return rc;
}

static int
put_data(struct item_out *io, const struct item_attach *a, struct pst_props *p,
    struct pst_out_subs *subs, uint64_t *size_r, struct err *err)
{
	if (a->data.copy != NULL)
		return store_put_stream(io->s->out, p, PidTagAttachDataBinary,
		    PtypBinary, &a->data, subs, size_r, err);
	props_binary(p, PidTagAttachDataBinary, slice_of("", 0));
	return 0;
}

static void
attach_properties(struct pst_props *p, const struct item_attach *a,
    uint64_t size)
{
	props_int(p, PidTagAttachMethod, (int32_t)a->method);
	props_int(p, PidTagRenderingPosition, a->position);
	props_int(p, 0x0e20, bounded(size)); /* AttachSize */
	text_if(p, PidTagAttachLongFilename, a->name);
	text_if(p, PidTagAttachFilename, a->name);
	text_if(p, PidTagDisplayName, a->title.n > 0 ? a->title : a->name);
	text_if(p, PidTagAttachMimeTag, a->mime);
	text_if(p, PidTagAttachContentId, a->cid);
	text_if(p, PidTagAttachContentLocation, a->location);
	text_if(p, PidTagAttachLongPathname, a->path);
	text_if(p, PidTagTextAttachmentCharset, a->charset);
	text_if(p, PidTagAttachDisposition, a->disposition);
	if (a->hidden)
		props_bool(p, PidTagAttachmentHidden, true);
	if (a->photo)
		props_bool(p, PidTagAttachmentContactPhoto, true);
	store_put_exception(p, a);
	props_int(p, PidTagAttachFlags, a->related || a->cid.n > 0 ? 4 : 0);
}

static int
put_attachment(struct item_out *io, const struct item_attach *a,
    struct pst_table *t, struct err *err)
{
	struct pst_props p = { 0 };
	struct pst_out_subs subs = { 0 };
	uint64_t data, sub;
	uint64_t size = 0;
	uint32_t nid;
	int rc;

	rc = a->method == ITEM_ATTACH_ITEM
	    ? put_embedded(io, a, &p, &subs, &size, err)
	    : put_data(io, a, &p, &subs, &size, err);
	if (rc == 0) {
		attach_properties(&p, a, size);
		rc = props_write(io->s->out, &p, &subs, &data, err);
	}
	if (rc == 0)
		rc = pst_out_subs_end(io->s->out, &subs, &sub, err);
	pst_out_subs_drop(&subs);
	props_free(&p);
	if (rc < 0)
		return -1;
	io->size += size;
	nid = store_sub_nid(io->s, NID_TYPE_ATTACHMENT);
	pst_out_subs_add(&io->subs, nid, data, sub);
	table_row(t, nid);
	table_int(t, 0x0e20, bounded(size));
	table_int(t, PidTagAttachMethod, (int32_t)a->method);
	table_int(t, PidTagRenderingPosition, a->position);
	if (table_text(t, PidTagAttachFilename, a->name, err) < 0)
		return -1;
	return table_row_end(t, err);
}

static int
put_attachments(struct item_out *io, struct err *err)
{
	struct pst_table *t;
	size_t i;

	if (io->item->n_attachments == 0)
		return 0;
	if (table_open(&t, attachment_columns, n_attachment, err) < 0)
		return -1;
	for (i = 0; i < io->item->n_attachments; i++) {
		if (put_attachment(io, &io->item->attachments[i], t, err) < 0) {
			table_free(&t);
			return -1;
		}
	}
	return store_put_sub_table(io->s, &t, NID_ATTACHMENT_TABLE, &io->subs,
	    err);
}

int
store_put_item(struct pst_store_out *s, struct item *item, int depth,
    uint64_t *data_r, uint64_t *sub_r, struct item_summary *sum,
    struct arena *a, struct err *err)
{
	struct item_out io = { .s = s, .item = item, .depth = depth };
	int rc = -1;

	if (depth > DEPTH_MAX)
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "messages attached to each other more than %d deep",
		    DEPTH_MAX);
	sum->to = display(item, ITEM_TO, a);
	sum->cc = display(item, ITEM_CC, a);
	sum->flags = message_flags(item);
	if (put_plain(&io, err) == 0 && put_html(&io, err) == 0 &&
	    put_rtf(&io, a, err) == 0 &&
	    store_put_recipients(s, item, &io.subs, err) == 0 &&
	    put_attachments(&io, err) == 0) {
		put_properties(&io, sum, a);
		rc = store_put_kind(s, &io.props, item, err);
	}
	if (rc == 0) {
		/* what is not counted by the byte is about as large as the
		 * header */
		io.size += item->headers.n;
		props_int(&io.props, 0x0e08, bounded(io.size));
		sum->size = (uint32_t)bounded(io.size);
		rc = props_write(s->out, &io.props, &io.subs, data_r, err);
	}
	if (rc == 0)
		rc = pst_out_subs_end(s->out, &io.subs, sub_r, err);
	pst_out_subs_drop(&io.subs);
	props_free(&io.props);
	return rc;
}
