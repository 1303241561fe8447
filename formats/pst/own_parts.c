/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recipients and attachments of a message, [MS-PST] 2.4.5.3, 2.4.6. */
#include "formats/pst/own_impl.h"
#include "formats/pst/person.h"
#include "formats/pst/smtp.h"

#include <string.h>

#define RECIPIENTS_MAX	20000
#define ATTACHMENTS_MAX 20000
#define ROWS_MAX	1000 /* of the list of attachments */
#define NAME_MAX_BYTES	4096
#define NAMES_MAX	(3u << 20) /* of one message, all together */

/* PidTagAttachMethod, [MS-OXCMSG] 2.2.2.9: its path is a URL */
#define WEB_REFERENCE 7

/* PidTagRecipientFlags, [MS-OXOCAL] 2.2.3.1 */
#define RECIPIENT_ORGANIZER 2

static struct slice
counted(struct own_item *oi, struct slice s)
{
	oi->names += s.n;
	return s;
}

static void
note(struct own_item *oi, unsigned what, const char *text,
    const struct err *err)
{
	ndb_note(oi->r->n, true, (uint64_t)oi->pub.nid << 24 | 0xff0000 | what,
	    "%s%s%s%s", oi->depth > 0 ? "embedded: " : "", text,
	    err->text[0] == '\0' ? "" : ": ", err->text);
}

/* A table among the message's subnodes.  False: there is none. */
static bool
open_table(struct own_item *oi, uint32_t nid, struct ltp_table *t_r,
    struct arena *a, const char *what)
{
	struct ndb_node sub;
	struct err err = { 0 };
	int rc =
	    ndb_sub_find(oi->r->n, oi->props.heap.node.sub, nid, &sub, &err);

	if (rc > 0 && ltp_table_open(t_r, oi->r->n, &sub, a, &err) == 0)
		return true;
	if (rc != 0)
		note(oi, nid, what, &err);
	return false;
}

/* ------------------------------------------------------------ recipients */

static struct slice
cell_text(struct own_item *oi, struct ltp_table *t, unsigned id)
{
	struct ltp_value v;

	if (!ltp_cell(t, id, &v))
		return slice_of("", 0);
	return counted(oi,
	    own_text(&oi->a, &t->heap, &v, oi->codepage, NAME_MAX_BYTES, NULL));
}

static struct slice
cell_bytes(struct own_item *oi, struct ltp_table *t, unsigned id)
{
	struct ltp_value v;
	struct buf b = { 0 };
	struct err err = { 0 };
	struct slice s = slice_of("", 0);

	if (ltp_cell(t, id, &v) && v.type == PtypBinary &&
	    ltp_bytes(&t->heap, &v, NAME_MAX_BYTES, &b, &err) > 0 && b.n > 0)
		s = slice_of(arena_slice(&oi->a, buf_slice(&b)), b.n);
	buf_free(&b);
	return counted(oi, s);
}

/* Where else a row may have an address: its key, its entry ids, and the name
 * it is shown by. */
static void
find_address(struct own_item *oi, struct ltp_table *t, struct item_person *who)
{
	struct ltp_value v;

	if (who->smtp.n == 0 && ltp_cell(t, PidTagSearchKey, &v))
		own_put_search_key(oi, who, &t->heap, &v);
	if (who->smtp.n == 0)
		own_put_entry_id(oi, who, cell_bytes(oi, t, PidTagEntryId));
	if (who->smtp.n == 0)
		own_put_entry_id(oi, who,
		    cell_bytes(oi, t, PidTagRecipientEntryId));
	if (who->smtp.n == 0)
		who->smtp =
		    pst_name_smtp(cell_text(oi, t, PidTagRecipientDisplayName));
	if (who->smtp.n == 0)
		who->smtp = pst_name_smtp(who->name);
}

static void
read_recipient(struct own_item *oi, struct ltp_table *t,
    struct item_recipient *to)
{
	struct ltp_value v;
	int64_t type = ITEM_TO;
	struct slice s;

	if (ltp_cell(t, PidTagRecipientType, &v))
		type = ltp_number(&t->heap, &v, ITEM_TO) & 0xf;
	to->type = type == ITEM_CC ? ITEM_CC
	    : type == ITEM_BCC	   ? ITEM_BCC
				   : ITEM_TO;
	to->who.name = cell_text(oi, t, PidTagDisplayName);
	if (to->who.name.n == 0)
		to->who.name = cell_text(oi, t, PidTagRecipientDisplayName);
	pst_put_address(&to->who, cell_text(oi, t, PidTagAddressType),
	    cell_text(oi, t, PidTagEmailAddress));
	if (ltp_cell(t, PidTagRecipientFlags, &v))
		to->organizer =
		    (ltp_number(&t->heap, &v, 0) & RECIPIENT_ORGANIZER) != 0;
	if (ltp_cell(t, PidTagRecipientTrackStatus, &v))
		to->answer = (int32_t)ltp_number(&t->heap, &v, 0);
	if (ltp_cell(t, PidTagRecipientTrackStatusTime, &v))
		to->answered = own_time_value(&t->heap, &v);
	s = pst_smtp(cell_text(oi, t, PidTagSmtpAddress));
	if (s.n > 0)
		to->who.smtp = s;
	find_address(oi, t, &to->who);
}

/* Old stores, and damaged ones, have no table: names must do. */
static void
from_display(struct own_item *oi)
{
	struct slice to =
	    own_prop(&oi->a, &oi->props, PidTagDisplayTo, oi->codepage);
	struct slice cc =
	    own_prop(&oi->a, &oi->props, PidTagDisplayCc, oi->codepage);
	struct slice bcc =
	    own_prop(&oi->a, &oi->props, PidTagDisplayBcc, oi->codepage);

	pst_named_recipients(&oi->pub, &oi->a, to, cc, bcc);
}

void
own_fill_recipients(struct own_item *oi)
{
	struct buf found = { 0 };
	struct arena a = { 0 };
	struct err err = { 0 };
	struct item_recipient one;
	struct ltp_table t;
	size_t n = 0;
	int rc;

	if (open_table(oi, NID_RECIPIENT_TABLE, &t, &a,
		"its recipients cannot be read")) {
		while ((rc = ltp_table_next(&t, &err)) != 0) {
			bool enough =
			    n == RECIPIENTS_MAX || oi->names > NAMES_MAX;

			if (rc < 0 || enough) {
				note(oi, NID_RECIPIENT_TABLE,
				    "a recipient is lost", &err);
				if (enough || t.no_index)
					break;
				continue;
			}
			memset(&one, 0, sizeof(one));
			read_recipient(oi, &t, &one);
			buf_put(&found, &one, sizeof(one));
			n++;
		}
	}
	arena_free(&a);
	if (n == 0) {
		from_display(oi);
	} else {
		oi->pub.recipients = arena_alloc(&oi->a, found.n);
		memcpy(oi->pub.recipients, found.p, found.n);
		oi->pub.n_recipients = n;
	}
	buf_free(&found);
}

/* ----------------------------------------------------------- attachments */

static int
copy_attach(void *arg, const struct item_sink *to, struct err *err)
{
	struct own_attach *oa = arg;

	return ltp_copy(&oa->heap, &oa->data, to, err);
}

static int
open_attach(void *arg, struct item **item_r, struct err *err)
{
	struct own_attach *oa = arg;
	struct own_item *up = oa->of, *oi;
	struct ndb_node node;

	if (up->depth >= OWN_DEPTH)
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "messages lie in messages %d deep", OWN_DEPTH);
	if (ltp_object(&oa->heap, &oa->data, &node, err) < 0 ||
	    own_item_open(up->r, &node, up->depth + 1, item_r, err) != 0)
		return -1;
	oi = (struct own_item *)*item_r;
	own_set_uid(oi,
	    arena_fmt(&oi->a, "%.*s.%zu", (int)up->pub.uid.n, up->pub.uid.p,
		oa->at + 1));
	return 0;
}

static struct slice
first_text(struct own_item *oi, struct ltp_props *p, unsigned a, unsigned b,
    unsigned c)
{
	struct slice s = own_prop(&oi->a, p, a, oi->codepage);

	if (s.n == 0 && b != 0)
		s = own_prop(&oi->a, p, b, oi->codepage);
	if (s.n == 0 && c != 0)
		s = own_prop(&oi->a, p, c, oi->codepage);
	return counted(oi, s);
}

static void
fill_data(struct own_attach *oa, struct item_attach *to, struct ltp_props *p)
{
	const struct ltp_value *v = ltp_prop(p, PidTagAttachDataBinary);
	int64_t method = own_number(p, PidTagAttachMethod, ITEM_ATTACH_DATA);

	to->method = (method >= 2 && method <= 4) || method == WEB_REFERENCE
	    ? ITEM_ATTACH_LINK
	    : method == ITEM_ATTACH_ITEM ? ITEM_ATTACH_ITEM
	    : method == ITEM_ATTACH_OLE	 ? ITEM_ATTACH_OLE
	    : method == 0		 ? ITEM_ATTACH_NOTHING
					 : ITEM_ATTACH_DATA;
	if (v == NULL || v->direct)
		return;
	oa->data = *v;
	if (to->method == ITEM_ATTACH_ITEM && v->type == PtypObject) {
		to->open = open_attach;
		to->arg = oa;
		return;
	}
	if (to->method == ITEM_ATTACH_NOTHING)
		to->method = ITEM_ATTACH_DATA;
	to->data.copy = copy_attach;
	to->data.arg = oa;
	to->data.size = ltp_size(&p->heap, v);
}

/* Its own properties are lost: what the list of attachments says of it. */
static void
from_attach_table(struct own_item *oi, struct item_attach *to, uint32_t nid)
{
	struct arena a = { 0 };
	struct err err = { 0 };
	struct ltp_table t;
	struct ltp_value v;
	int rc, i = 0;

	to->method = ITEM_ATTACH_DATA;
	if (!open_table(oi, NID_ATTACHMENT_TABLE, &t, &a,
		"the list of its attachments cannot be read"))
		return;
	while ((rc = ltp_table_next(&t, &err)) != 0 && i++ < ROWS_MAX) {
		if (rc < 0 && t.no_index)
			break;
		if (rc < 0 || t.row_id != nid)
			continue;
		to->name = cell_text(oi, &t, PidTagAttachLongFilename);
		if (to->name.n == 0)
			to->name = cell_text(oi, &t, PidTagAttachFilename);
		if (to->name.n == 0)
			to->name = cell_text(oi, &t, PidTagDisplayName);
		to->mime = cell_text(oi, &t, PidTagAttachMimeTag);
		to->cid = cell_text(oi, &t, PidTagAttachContentId);
		to->location = cell_text(oi, &t, PidTagAttachContentLocation);
		to->path = cell_text(oi, &t, PidTagAttachLongPathname);
		if (ltp_cell(&t, PidTagRenderingPosition, &v))
			to->position = (int32_t)ltp_number(&t.heap, &v, -1);
		if (ltp_cell(&t, PidTagAttachMethod, &v) &&
		    ltp_number(&t.heap, &v, 1) == ITEM_ATTACH_ITEM)
			to->method = ITEM_ATTACH_ITEM;
		break;
	}
	arena_free(&a);
}

static void
read_attach(struct own_item *oi, struct own_attach *oa, struct item_attach *to,
    const struct ndb_node *node)
{
	struct arena a = { 0 };
	struct err err = { 0 };
	struct ltp_props p;

	to->position = -1;
	if (ltp_props_open(&p, oi->r->n, node, &a, &err) != 0) {
		note(oi, node->nid & 0xffff, "an attachment is lost", &err);
		arena_free(&a);
		from_attach_table(oi, to, node->nid);
		return;
	}
	oa->heap = p.heap;
	to->name = first_text(oi, &p, PidTagAttachLongFilename,
	    PidTagAttachFilename, PidTagDisplayName);
	to->mime = own_prop(&oi->a, &p, PidTagAttachMimeTag, oi->codepage);
	to->cid = own_prop(&oi->a, &p, PidTagAttachContentId, oi->codepage);
	to->location =
	    own_prop(&oi->a, &p, PidTagAttachContentLocation, oi->codepage);
	to->path = first_text(oi, &p, PidTagAttachLongPathname,
	    PidTagAttachPathname, 0);
	to->charset =
	    own_prop(&oi->a, &p, PidTagTextAttachmentCharset, oi->codepage);
	to->disposition =
	    own_prop(&oi->a, &p, PidTagAttachDisposition, oi->codepage);
	to->related = (own_number(&p, PidTagAttachFlags, 0) & 4) != 0;
	to->hidden = own_number(&p, PidTagAttachmentHidden, 0) != 0;
	to->photo = own_number(&p, PidTagAttachmentContactPhoto, 0) != 0;
	to->position = (int32_t)own_number(&p, PidTagRenderingPosition, -1);
	fill_data(oa, to, &p);
	oa->replaces = own_time(&p, PidTagExceptionReplaceTime);
	oa->start = own_time(&p, PidTagExceptionStartTime);
	to->exception = to->method == ITEM_ATTACH_ITEM &&
	    ((own_number(&p, PidTagAttachmentFlags, 0) & 2) ||
		oa->replaces != DATE_UNKNOWN);
	arena_free(&a);
}

struct found {
	struct buf nodes; /* struct ndb_node */
	size_t n;
};

static bool
is_found(const struct found *f, uint32_t nid)
{
	struct ndb_node node;
	size_t i;

	for (i = 0; i < f->n; i++) {
		memcpy(&node, f->nodes.p + i * sizeof(node), sizeof(node));
		if (node.nid == nid)
			return true;
	}
	return false;
}

static bool
gather_attach(void *arg, const struct ndb_node *node)
{
	struct found *f = arg;

	if (ndb_type(node->nid) != NID_TYPE_ATTACHMENT)
		return true;
	buf_put(&f->nodes, node, sizeof(*node));
	return ++f->n < ATTACHMENTS_MAX;
}

/* The subnodes are what there is; the table may only know of more, which are
 * lost but for what it says of them. */
static void
check_attach_table(struct own_item *oi, struct found *f)
{
	struct ndb_node lost = { 0 };
	struct arena a = { 0 };
	struct err err = { 0 };
	struct ltp_table t;
	int rc, i = 0;

	if (open_table(oi, NID_ATTACHMENT_TABLE, &t, &a,
		"the list of its attachments cannot be read"))
		while ((rc = ltp_table_next(&t, &err)) != 0 && i++ < ROWS_MAX) {
			if (rc < 0 && t.no_index)
				break;
			if (t.row_id == 0 || is_found(f, t.row_id) ||
			    ndb_type(t.row_id) != NID_TYPE_ATTACHMENT)
				continue;
			lost.nid = t.row_id;
			gather_attach(f, &lost);
		}
	arena_free(&a);
}

void
own_fill_attachments(struct own_item *oi)
{
	struct found f = { 0 };
	struct ndb_node node;
	struct err err = { 0 };
	struct item *it = &oi->pub;
	struct item_attach *to;
	size_t i;

	if (ndb_sub_each(oi->r->n, oi->props.heap.node.sub, gather_attach, &f,
		&err) != 0)
		note(oi, 1, "subnodes are lost", &err);
	check_attach_table(oi, &f);
	it->n_attachments = f.n;
	it->attachments =
	    arena_alloc(&oi->a, f.n * sizeof(*it->attachments) + 1);
	oi->attach = arena_alloc(&oi->a, f.n * sizeof(*oi->attach) + 1);
	for (i = 0; i < f.n; i++) {
		memcpy(&node, f.nodes.p + i * sizeof(node), sizeof(node));
		oi->attach[i].of = oi;
		oi->attach[i].at = i;
		to = &it->attachments[i];
		if (oi->names < 2 * NAMES_MAX)
			read_attach(oi, &oi->attach[i], to, &node);
		else
			note(oi, node.nid & 0xffff,
			    "an attachment is lost: "
			    "the names of those before fill memory",
			    &err);
	}
	buf_free(&f.nodes);
}
