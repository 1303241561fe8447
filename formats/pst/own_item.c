/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A message object ([MS-PST] 2.4.5) as a neutral item. */
#include "formats/item_kind.h"
#include "formats/pst/own_impl.h"

#include <stdlib.h>

#include "core/mem.h"

#define HEADERS_MAX  (5u << 20) /* as UTF-16 */
#define SUBJECT_MAX  65536
#define BINARY_MAX   4096
#define CATEGORY_MAX 1000

/* PidTagMessageFlags, [MS-OXCMSG] 2.2.1.6 */
enum { FLAG_READ = 0x1, FLAG_UNSENT = 0x8, FLAG_FROM_ME = 0x20 };

/* PidTagLastVerbExecuted, [MS-OXOMSG] 2.2.1.22 */
enum { VERB_REPLY = 102, VERB_REPLY_ALL = 103, VERB_FORWARD = 104 };

/* PidTagIconIndex, [MS-OXOMSG] 2.2.1.10 */
enum { ICON_REPLIED = 0x105, ICON_FORWARDED = 0x106 };

/* PidLidNoteColor, [MS-OXONOTE] 2.2.1.1 */
enum { YELLOW = 3 };

static struct slice
text(struct own_item *oi, unsigned id)
{
	return own_prop(&oi->a, &oi->props, id, oi->codepage);
}

static int32_t
number(struct own_item *oi, unsigned id, int32_t none)
{
	return (int32_t)own_number(&oi->props, id, none);
}

/* -------------------------------------------------------------- the head */

static void
fill_flags(struct own_item *oi)
{
	int32_t flags = number(oi, PidTagMessageFlags, 0);
	int32_t verb = number(oi, PidTagLastVerbExecuted, 0);
	int32_t icon = number(oi, PidTagIconIndex, -1);
	struct item *it = &oi->pub;

	if (flags & FLAG_READ)
		it->flags |= ITEM_READ;
	if (flags & FLAG_UNSENT)
		it->flags |= ITEM_UNSENT;
	if (flags & FLAG_FROM_ME)
		it->flags |= ITEM_FROM_ME;
	if (verb == VERB_REPLY || verb == VERB_REPLY_ALL ||
	    icon == ICON_REPLIED)
		it->flags |= ITEM_ANSWERED;
	if (verb == VERB_FORWARD || icon == ICON_FORWARDED)
		it->flags |= ITEM_FORWARDED;
	if (number(oi, PidTagFlagStatus, 0) == 2)
		it->flags |= ITEM_FLAGGED;
	if (number(oi, PidTagReadReceiptRequested, 0))
		it->flags |= ITEM_ASK_READ;
	if (number(oi, PidTagOriginatorDeliveryReportRequested, 0))
		it->flags |= ITEM_ASK_DELIVERED;
}

/* Its first two characters may say how long its "Re: " is, [MS-PST]
 * 2.5.3.1.1.1. */
static void
fill_subject(struct own_item *oi)
{
	struct slice s = own_text(&oi->a, &oi->props.heap,
	    ltp_prop(&oi->props, PidTagSubject), oi->codepage, SUBJECT_MAX,
	    &oi->pub.subject_exact);

	oi->pub.subject = own_subject(s);
}

static void
fill_report(struct own_item *oi)
{
	struct item_report *r = &oi->pub.report;

	r->text = text(oi, PidTagReportText);
	r->time = own_time(&oi->props, PidTagReportTime);
	r->reason = number(oi, PidTagNonDeliveryReportReasonCode, -1);
	r->diag = number(oi, PidTagNonDeliveryReportDiagCode, -1);
	r->status = number(oi, PidTagNonDeliveryReportStatusCode, 0);
	r->supplement = text(oi, PidTagSupplementaryInfo);
	r->original = text(oi, PidTagOriginalMessageId);
	if (r->original.n == 0)
		r->original = text(oi, PidTagInReplyToId);
}

static void
fill_head(struct own_item *oi)
{
	struct item *it = &oi->pub;

	it->class = text(oi, PidTagMessageClass);
	it->headers = own_text(&oi->a, &oi->props.heap,
	    ltp_prop(&oi->props, PidTagTransportMessageHeaders), oi->codepage,
	    HEADERS_MAX, NULL);
	fill_subject(oi);
	it->message_id = text(oi, PidTagInternetMessageId);
	it->in_reply_to = text(oi, PidTagInReplyToId);
	it->references = text(oi, PidTagInternetReferences);
	it->topic = text(oi, PidTagConversationTopic);
	it->thread_index = own_bytes(oi, PidTagConversationIndex, BINARY_MAX);
	it->submitted = own_time(&oi->props, PidTagClientSubmitTime);
	it->delivered = own_time(&oi->props, PidTagMessageDeliveryTime);
	it->created = own_time(&oi->props, PidTagCreationTime);
	it->modified = own_time(&oi->props, PidTagLastModificationTime);
	it->importance = number(oi, PidTagImportance, 1);
	it->priority = number(oi, PidTagPriority, 0);
	it->sensitivity = number(oi, PidTagSensitivity, 0);
	fill_flags(oi);
	fill_report(oi);
}

/* ------------------------------------------------------------ categories */

static void
fill_categories(struct own_item *oi)
{
	oi->pub.n_categories =
	    own_many(oi, oi->r->categories, CATEGORY_MAX, &oi->pub.categories);
}

/* ----------------------------------------------------------------- whole */

static void
close_item(struct item *it)
{
	struct own_item *oi = (struct own_item *)it;

	arena_free(&oi->a);
	free(oi);
}

/* Which code page are its 8-bit strings in?  Its own number counts, then
 * what the user says. */
static void
fill_codepages(struct own_item *oi)
{
	int32_t own = number(oi, PidTagMessageCodepage, 0);
	int32_t internet = number(oi, PidTagInternetCodepage, 0);

	oi->pub.internet_codepage = internet > 0 ? (unsigned)internet : 0;
	if (own > 0)
		oi->codepage = (unsigned)own;
	else if (oi->r->in.codepage != 0)
		oi->codepage = oi->r->in.codepage;
	else
		oi->codepage = oi->pub.internet_codepage;
	oi->pub.message_codepage = oi->codepage;
}

static void
fill_by_kind(struct own_item *oi)
{
	enum item_kind kind = item_kind_of(oi->pub.class);

	/* Outlook's check box, which old versions kept alone */
	if (oi->pub.sensitivity == 0 && kind != KIND_MAIL &&
	    own_named_number(oi, PST_SET_COMMON, PidLidPrivate, 0) != 0)
		oi->pub.sensitivity = 2;
	switch (kind) {
	case KIND_CONTACT:
		own_fill_contact(oi);
		break;
	case KIND_LIST:
		own_fill_list(oi);
		break;
	case KIND_NOTE:
		oi->pub.note_color = (int32_t)own_named_number(oi, PST_SET_NOTE,
		    PidLidNoteColor, YELLOW);
		break;
	case KIND_TASK:
		own_fill_task(oi);
		break;
	case KIND_JOURNAL:
		own_fill_journal(oi);
		break;
	default:
		own_fill_event(oi);
		break;
	}
}

int
own_item_open(struct pst_reader *r, const struct ndb_node *node, unsigned depth,
    struct item **item_r, struct err *err)
{
	struct own_item *oi = mem_alloc(1, sizeof(*oi));

	item_init(&oi->pub);
	oi->pub.close = close_item;
	oi->pub.nid = node->nid;
	oi->r = r;
	oi->depth = depth;
	if (ltp_props_open(&oi->props, r->n, node, &oi->a, err) != 0) {
		close_item(&oi->pub);
		return -1;
	}
	fill_codepages(oi);
	fill_head(oi);
	own_fill_people(oi);
	fill_categories(oi);
	own_fill_recipients(oi);
	own_fill_bodies(oi);
	own_fill_attachments(oi);
	own_fill_props(oi);
	fill_by_kind(oi);
	*item_r = &oi->pub;
	return 0;
}
