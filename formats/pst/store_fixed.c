/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every store has besides its folders: the columns of its tables, their
 * templates, search objects; [MS-PST] 2.4.1, 2.4.8, 2.7. */
#include "formats/pst/bytes.h"
#include "formats/pst/ndb.h"
#include "formats/pst/store_impl.h"

#define NID_HIERARCHY_TPL  0x60d
#define NID_CONTENTS_TPL   0x60e
#define NID_ASSOCIATED_TPL 0x60f
#define NID_SEARCH_TPL	   0x610
#define NID_SEARCH_QUEUE   0x1e1
#define NID_SEARCH_LIST	   0x201
#define NID_SEARCH_DOMAIN  0x261
#define NID_OUTGOING	   0x64c

enum { TYPE_SUQ = 0x06, TYPE_CRITERIA = 0x07, TYPE_SEARCH_TABLE = 0x10 };

#define I4(id)	PST_TAG(id, PtypInteger32)
#define I8(id)	PST_TAG(id, PtypInteger64)
#define STR(id) PST_TAG(id, PtypString)
#define BIN(id) PST_TAG(id, PtypBinary)
#define BOO(id) PST_TAG(id, PtypBoolean)
#define TIM(id) PST_TAG(id, PtypTime)

#define ROWS I4(0x67f2), I4(0x67f3) /* PidTagLtpRowId, PidTagLtpRowVer */

/* In the order that Outlook gives their cells. */
const uint32_t hierarchy_columns[] = { ROWS, STR(0x3001), I4(0x3602),
	I4(0x3603), BOO(0x360a), BIN(0x0e30), I8(0x0e33), BIN(0x0e34),
	I4(0x0e38), STR(0x3613), I4(0x6635), I4(0x6636) };
const uint32_t contents_columns[] = { ROWS, I4(0x0e17), STR(0x001a), I4(0x0e07),
	I4(0x0017), STR(0x0042), STR(0x0037), TIM(0x0e06), TIM(0x0039),
	I4(0x0e08), STR(0x0e04), STR(0x0e03), BOO(0x0057), BOO(0x0058),
	I4(0x0036), I4(0x1097), STR(0x0070), BIN(0x0071), BIN(0x3013),
	I4(0x65c6), TIM(0x3008), BIN(0x0e30), I8(0x0e33), BIN(0x0e34),
	BIN(0x0e3d), BIN(0x0e3c), I4(0x0e38) };
const uint32_t associated_columns[] = { ROWS, I4(0x0e17), STR(0x001a),
	I4(0x0e07), STR(0x3001), I4(0x7003), BIN(0x7004), BIN(0x7005),
	STR(0x7006), I4(0x7007), STR(0x6800), BOO(0x6803),
	PST_TAG(0x6805, PtypMultipleInteger32), STR(0x682f) };
const uint32_t search_columns[] = { ROWS, I4(0x67f1), STR(0x0e05), I4(0x0e17),
	STR(0x001a), I4(0x0e07), I4(0x0017), STR(0x0042), STR(0x0037),
	TIM(0x0e06), I4(0x0e08), STR(0x0e04), STR(0x0e03), BOO(0x0057),
	BOO(0x0058), I4(0x0036), BOO(0x0e2a), TIM(0x3008) };
const uint32_t recipient_columns[] = { ROWS, BOO(0x0e0f), STR(0x3002),
	STR(0x3003), BIN(0x0fff), STR(0x3001), I4(0x0c15), BIN(0x300b),
	BIN(0x0ff9), I4(0x0ffe), I4(0x3900), BOO(0x3a40), STR(0x39ff),
	/* beyond the template: messages have them */
	STR(0x39fe), I4(PidTagRecipientFlags), I4(PidTagRecipientTrackStatus),
	TIM(PidTagRecipientTrackStatusTime) };
#define TEMPLATE_RECIPIENT 14
const uint32_t attachment_columns[] = { ROWS, I4(0x370b), I4(0x0e20),
	I4(0x3705), STR(0x3704) };
static const uint32_t receive_columns[] = { ROWS, I4(PidTagReceiveFolder),
	STR(0x001a) };
static const uint32_t outgoing_columns[] = { ROWS, I4(0x0e14), I4(0x0e10),
	TIM(0x0039) };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
const size_t n_hierarchy = COUNT(hierarchy_columns);
const size_t n_contents = COUNT(contents_columns);
const size_t n_associated = COUNT(associated_columns);
const size_t n_search = COUNT(search_columns);
const size_t n_recipient = COUNT(recipient_columns);
const size_t n_attachment = COUNT(attachment_columns);

/* Which folder takes new messages of which class: the Inbox all. */
static int
put_receive_folders(struct pst_store_out *s, struct err *err)
{
	static const char *const classes[] = { "", "IPM", "REPORT.IPM" };
	uint32_t inbox = s->roles[PST_STORE_INBOX];
	uint32_t n = inbox == 0 ? 1 : COUNT(classes);
	struct pst_table *t;
	uint32_t i;

	if (table_open(&t, receive_columns, COUNT(receive_columns), err) < 0)
		return -1;
	for (i = 0; i < n; i++) {
		table_row(t, i + 1);
		table_int(t, PidTagReceiveFolder,
		    (int32_t)(inbox == 0 ? NID_ROOT_FOLDER : inbox));
		if (table_text(t, PidTagMessageClass, slice_str(classes[i]),
			err) < 0 ||
		    table_row_end(t, err) < 0) {
			table_free(&t);
			return -1;
		}
	}
	return store_put_table(s, NID_RECEIVE_FOLDERS, &t, err);
}

/* A search folder's parts besides its properties, 2.4.8.6: nothing waits,
 * nothing is looked for, nothing was found. */
int
store_put_search(struct pst_store_out *s, uint32_t nid, struct err *err)
{
	uint32_t index = nid & ~(uint32_t)0x1f;
	struct pst_props p = { 0 };
	int rc;

	props_int(&p, 0x660b, 0); /* PidTagSearchFolderFlags of the criteria */
	rc = store_put_pc(s, index | TYPE_CRITERIA, 0, &p, err);
	props_free(&p);
	if (rc < 0 || pst_out_node(s->out, index | TYPE_SUQ, 0, 0, 0, err) < 0)
		return -1;
	return store_put_empty_table(s, index | TYPE_SEARCH_TABLE,
	    search_columns, n_search, err);
}

/* Folders with active searches, 2.4.8.4.2. */
static int
put_search_list(struct pst_store_out *s, struct err *err)
{
	uint8_t list[4];
	uint64_t bid;

	pst_put32(list, NID_SPAM_SEARCH);
	if (pst_out_block(s->out, list, sizeof(list), false, &bid, err) < 0)
		return -1;
	return pst_out_node(s->out, NID_SEARCH_LIST, bid, 0, 0, err);
}

int
store_put_fixed(struct pst_store_out *s, struct err *err)
{
	static const struct {
		uint32_t nid;
		const uint32_t *columns;
		const size_t n;
	} empty[] = { { NID_HIERARCHY_TPL, hierarchy_columns,
			  COUNT(hierarchy_columns) },
		{ NID_CONTENTS_TPL, contents_columns, COUNT(contents_columns) },
		{ NID_ASSOCIATED_TPL, associated_columns,
		    COUNT(associated_columns) },
		{ NID_SEARCH_TPL, search_columns, COUNT(search_columns) },
		{ NID_RECIPIENT_TABLE, recipient_columns, TEMPLATE_RECIPIENT },
		{ NID_ATTACHMENT_TABLE, attachment_columns,
		    COUNT(attachment_columns) },
		{ NID_OUTGOING, outgoing_columns, COUNT(outgoing_columns) } };
	size_t i;

	for (i = 0; i < COUNT(empty); i++)
		if (store_put_empty_table(s, empty[i].nid, empty[i].columns,
			empty[i].n, err) < 0)
			return -1;
	if (put_receive_folders(s, err) < 0 || put_search_list(s, err) < 0 ||
	    pst_out_node(s->out, NID_SEARCH_QUEUE, 0, 0, 0, err) < 0)
		return -1;
	return pst_out_node(s->out, NID_SEARCH_DOMAIN, 0, 0, 0, err);
}
