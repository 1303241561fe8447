/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Store, names of properties, search objects, folders and their tables:
 * [MS-PST] 2.4.1 to 2.4.4, 2.4.7, 2.4.8, 2.7; see check_impl.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "formats/pst/check_impl.h"

#define STORE	  "2.4.3.1"
#define ENTRY_ID  "2.4.3.2"
#define NAMES	  "2.4.7"
#define FOLDER	  "2.4.4.1"
#define HIERARCHY "2.4.4.4"
#define CONTENTS  "2.4.4.5"
#define FAI	  "2.4.4.6"
#define MINIMUM	  "2.7.1"

enum { TYPE_SUQ = 0x06, TYPE_CRITERIA = 0x07, TYPE_SEARCH_TABLE = 0x10 };

#define I4(id)			PST_CHECK_TAG(id, PtypInteger32)
#define STR(id)			PST_CHECK_TAG(id, PtypString)
#define PST_CHECK_TAG(id, type) ((uint32_t)(id) << 16 | (uint32_t)(type))

static const uint32_t hierarchy_columns[] = { STR(0x3001), I4(0x3602),
	I4(0x3603), PST_CHECK_TAG(0x360a, PtypBoolean) };
static const uint32_t hierarchy_template[] = { I4(0x0e30), I4(0x0e33),
	I4(0x0e34), I4(0x0e38), STR(0x3001), I4(0x3602), I4(0x3603),
	PST_CHECK_TAG(0x360a, PtypBoolean), STR(0x3613), I4(0x6635),
	I4(0x6636) };
static const uint32_t contents_template[] = { I4(0x0017), STR(0x001a),
	I4(0x0036), STR(0x0037), I4(0x0039), STR(0x0042), I4(0x0057),
	I4(0x0058), STR(0x0070), I4(0x0071), STR(0x0e03), STR(0x0e04),
	I4(0x0e06), I4(0x0e07), I4(0x0e08), I4(0x0e17), I4(0x0e30), I4(0x0e33),
	I4(0x0e34), I4(0x0e38), I4(0x0e3c), I4(0x0e3d), I4(0x1097), I4(0x3008),
	I4(0x65c6) };
static const uint32_t fai_template[] = { STR(0x001a), I4(0x0e07), I4(0x0e17),
	STR(0x3001), STR(0x6800), I4(0x6803), I4(0x7003), I4(0x7004),
	I4(0x7005), STR(0x7006), I4(0x7007) };
static const uint32_t search_template[] = { I4(0x0017), STR(0x001a), I4(0x0036),
	STR(0x0037), STR(0x0042), I4(0x0057), I4(0x0058), STR(0x0e03),
	STR(0x0e04), STR(0x0e05), I4(0x0e06), I4(0x0e07), I4(0x0e08),
	I4(0x0e17), I4(0x0e2a), I4(0x3008), I4(0x67f1) };
static const uint32_t recipient_template[] = { I4(0x0c15), I4(0x0e0f),
	I4(0x0ff9), I4(0x0ffe), I4(0x0fff), STR(0x3001), STR(0x3002),
	STR(0x3003), I4(0x300b), I4(0x3900), STR(0x39ff), I4(0x3a40) };
static const uint32_t attachment_template[] = { I4(0x0e20), STR(0x3704),
	I4(0x3705), I4(0x370b) };

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* ----------------------------------------------------------------- store */

static void
check_entry_id(struct check *c, struct check_props *p, const char *name,
    unsigned id, unsigned type)
{
	struct buf b = { 0 };
	uint32_t nid;

	if (!check_prop_must(c, p, STORE, name, id, PtypBinary) ||
	    !check_prop_bytes(p, id, &b))
		return;
	if (b.n != 24) {
		check_bad(c, ENTRY_ID, AT_NODE, name, "24 bytes", "%zu bytes",
		    b.n);
		buf_free(&b);
		return;
	}
	nid = pst_u32(b.p + 20);
	if (pst_u32(b.p) != 0)
		check_bad(c, ENTRY_ID, AT_NODE, name, "rgbFlags of zeros",
		    "0x%x", pst_u32(b.p));
	if (c->has_key && memcmp(b.p + 4, c->store_key, 16) != 0)
		check_bad(c, ENTRY_ID, AT_NODE, name,
		    "the store's PidTagRecordKey as its uid", "another");
	if (check_find_node(c, nid) == NULL || (nid & 0x1f) != type)
		check_bad(c, ENTRY_ID, AT_NODE, name, "a folder's node", "0x%x",
		    nid);
	buf_free(&b);
}

static void
check_store_object(struct check *c)
{
	struct check_node *n = check_find_node(c, NID_STORE);
	struct check_props p;
	struct buf key = { 0 };

	c->node = NID_STORE;
	if (n == NULL) /* told with the other nodes that must be there */
		return;
	if (!check_props_open(c, n->data, n->sub, &p))
		return;
	if (check_prop_must(c, &p, STORE, "PidTagRecordKey", PidTagRecordKey,
		PtypBinary) &&
	    check_prop_bytes(&p, PidTagRecordKey, &key)) {
		c->has_key = key.n == 16;
		if (c->has_key)
			memcpy(c->store_key, key.p, 16);
		else
			check_bad(c, STORE, AT_NODE, "PidTagRecordKey",
			    "16 bytes", "%zu bytes", key.n);
	}
	buf_free(&key);
	check_prop_must(c, &p, STORE, "PidTagDisplayName", PidTagDisplayName,
	    PtypString);
	/* an OST's entry ids are the server's */
	if (!c->ost) {
		check_entry_id(c, &p, "PidTagIpmSubTreeEntryId",
		    PidTagIpmSubtreeEntryId, NID_TYPE_FOLDER);
		check_entry_id(c, &p, "PidTagIpmWastebasketEntryId",
		    PidTagIpmWastebasketEntryId, NID_TYPE_FOLDER);
		check_entry_id(c, &p, "PidTagFinderEntryId", 0x35e7,
		    NID_TYPE_FOLDER);
	}
	check_props_free(&p);
}

/* ------------------------------------------------ nodes that must be there */

static const struct must {
	uint32_t nid;
	const char *name, *rule;
	const uint32_t *columns;
	size_t n;
} musts[] = {
	{ 0x21, "the message store", "2.4.3", NULL, 0 },
	{ 0x61, "the name-to-id map", NAMES, NULL, 0 },
	{ 0x122, "the root folder", "2.7.3.4.1", NULL, 0 },
	{ 0x1e1, "the search management queue", "2.4.8.4.1", NULL, 0 },
	{ 0x60d, "the template of hierarchy tables", "2.4.4.4.1",
	    hierarchy_template, N(hierarchy_template) },
	{ 0x60e, "the template of contents tables", "2.4.4.5.1",
	    contents_template, N(contents_template) },
	{ 0x60f, "the template of associated contents tables", "2.4.4.6.1",
	    fai_template, N(fai_template) },
	{ 0x610, "the template of search contents tables", "2.4.8.6.2.1",
	    search_template, N(search_template) },
	{ 0x671, "the template of attachment tables", "2.4.6.1.1",
	    attachment_template, N(attachment_template) },
	{ 0x692, "the template of recipient tables", "2.4.5.3.1",
	    recipient_template, N(recipient_template) },
};

static void
check_musts(struct check *c)
{
	struct check_table *t = mem_alloc(1, sizeof(*t));
	const struct check_node *n;
	size_t i;

	for (i = 0; i < N(musts) && !c->stop; i++) {
		c->node = musts[i].nid;
		n = check_find_node(c, musts[i].nid);
		if (n == NULL) {
			check_bad(c,
			    musts[i].columns == NULL ? MINIMUM : musts[i].rule,
			    AT_NODE, musts[i].name, "to be there", "no node");
			continue;
		}
		if (musts[i].columns == NULL)
			continue;
		if (!check_table(c, n->data, n->sub, t, NULL, NULL))
			continue;
		check_columns(c, t, musts[i].rule, musts[i].columns,
		    musts[i].n);
		if (t->rows != 0)
			check_bad(c, musts[i].rule, AT_NODE, musts[i].name,
			    "no rows", "%llu", (unsigned long long)t->rows);
	}
	free(t);
}

/* The folders with active searches, 2.4.8.4.2: numbers of nodes. */
static void
check_activity(struct check *c)
{
	const struct check_node *n = check_find_node(c, 0x201);
	struct check_data d;
	const uint8_t *p;
	size_t i, k, len = 0;

	c->node = 0x201;
	if (n == NULL) {
		check_bad(c, MINIMUM, AT_NODE, "the search activity list",
		    "to be there", "no node");
		return;
	}
	if (!check_data_open(c, n->data, &d))
		return;
	for (k = 0; k < d.nblocks && !c->stop; k++) {
		p = check_data_block(c, &d, k, &len);
		if (p != NULL && len % 4 != 0)
			check_bad(c, "2.4.8.4.2", AT_NODE,
			    "the search activity list", "whole node ids",
			    "%zu bytes", len);
		for (i = 0; p != NULL && i + 4 <= len; i += 4)
			if ((pst_u32(p + i) & 0x1f) != NID_TYPE_SEARCH)
				check_bad(c, "2.4.8.4.2", AT_NODE,
				    "the search activity list",
				    "search folders", "0x%x", pst_u32(p + i));
	}
}

void
check_store(struct check *c)
{
	check_at(c, PST_CHECK_STORE, NID_STORE);
	check_musts(c);
	check_store_object(c);
	check_activity(c);
}

/* --------------------------------------------------------------- folders */

static uint32_t
related(uint32_t nid, unsigned type)
{
	return (nid & ~(uint32_t)0x1f) | type;
}

struct folder {
	struct check *c;
	uint32_t nid;
	const char *rule;
	unsigned type, type2; /* of what its table may name */
	uint64_t rows, unread;
	bool no_flags;
};

/* A row names a node that is there, and that is this folder's. */
static void
on_row(void *arg, const struct check_table *t, const uint8_t *row)
{
	struct folder *f = arg;
	struct check *c = f->c;
	uint32_t nid = pst_u32(row), flags;
	struct check_node *n = check_find_node(c, nid);
	struct check_props p;
	bool found;

	f->rows++;
	if (check_cell(t, row, PidTagMessageFlags, &flags))
		f->unread += (flags & 1) == 0;
	else
		f->no_flags = true;
	if (n == NULL) {
		check_bad(c, f->rule, AT_NODE, "a row of the table",
		    "a node of the file", "0x%x, which is none", nid);
		return;
	}
	if ((nid & 0x1f) != f->type && (nid & 0x1f) != f->type2)
		check_bad(c, f->rule, AT_NODE, "a row of the table",
		    "a node of its kind", "0x%x", nid);
	if (n->parent != f->nid)
		check_bad(c, f->rule, AT_NODE, "a row of the table",
		    "a node whose nidParent is this folder",
		    "0x%x, a child of 0x%x", nid, n->parent);
	n->listed = true;
	c->quiet++;
	found = check_props_open(c, n->data, n->sub, &p);
	c->quiet--;
	if (!found)
		return;
	check_row_agrees(c, t, row, &p, f->rule);
	check_props_free(&p);
}

/* Read one of the folder's tables; false: told. */
static bool
folder_table(struct folder *f, unsigned type, const char *rule, unsigned of,
    unsigned of2, const uint32_t *columns, size_t ncolumns)
{
	struct check *c = f->c;
	struct check_table *t;
	uint32_t nid = related(f->nid, type);
	const struct check_node *n = check_find_node(c, nid);
	bool ok;

	f->rule = rule;
	f->type = of;
	f->type2 = of2;
	f->rows = f->unread = 0;
	f->no_flags = false;
	c->node = nid;
	if (n == NULL) {
		c->node = f->nid;
		check_bad(c, rule, AT_NODE,
		    type == NID_TYPE_HIERARCHY ? "its hierarchy table"
			: type == NID_TYPE_FAI ? "its FAI contents table"
			: type == NID_TYPE_CONTENTS
			? "its contents table"
			: "its search contents table",
		    "to be there", "no node 0x%x", nid);
		return false;
	}
	t = mem_alloc(1, sizeof(*t));
	ok = check_table(c, n->data, n->sub, t, on_row, f);
	if (ok)
		check_columns(c, t, rule, columns, ncolumns);
	free(t);
	c->node = f->nid;
	return ok;
}

static void
check_number(struct check *c, const struct check_props *p, const char *name,
    unsigned id, uint64_t want)
{
	const struct check_prop *v = check_prop(p, id);

	if (v != NULL)
		check_same(c, FOLDER, AT_NODE, name, v->value, want);
}

/* From every folder the way leads up to the root. */
static bool
reaches_root(struct check *c, const struct check_node *n)
{
	unsigned steps = 0;

	while (n != NULL && n->nid != NID_ROOT_FOLDER && steps++ < 1000)
		n = check_find_node(c, n->parent);
	return n != NULL && n->nid == NID_ROOT_FOLDER;
}

static void
check_folder(struct check *c, const struct check_node *n)
{
	struct folder f = { .c = c, .nid = n->nid };
	struct check_node *up = check_find_node(c, n->parent);
	struct check_props p;

	c->node = n->nid;
	c->r.folders++;
	if (!check_at(c, PST_CHECK_STORE, n->nid))
		return;
	if (n->nid == NID_ROOT_FOLDER)
		check_same(c, "2.7.3.4.1", AT_NODE, "nidParent of the root",
		    n->parent, n->nid);
	else if (up == NULL || (n->parent & 0x1f) != NID_TYPE_FOLDER)
		check_bad(c, FOLDER, AT_NODE, "nidParent of a folder",
		    "a folder", "0x%x", n->parent);
	else if (!reaches_root(c, n))
		check_bad(c, FOLDER, AT_NODE, "the folders above a folder",
		    "to end with the root", "a circle");
	if (!check_props_open(c, n->data, n->sub, &p))
		return;
	check_prop_must(c, &p, FOLDER, "PidTagDisplayName", PidTagDisplayName,
	    PtypString);
	check_prop_must(c, &p, FOLDER, "PidTagContentCount", PidTagContentCount,
	    PtypInteger32);
	check_prop_must(c, &p, FOLDER, "PidTagContentUnreadCount", 0x3603,
	    PtypInteger32);
	check_prop_must(c, &p, FOLDER, "PidTagSubfolders", 0x360a, PtypBoolean);
	if (folder_table(&f, NID_TYPE_HIERARCHY, HIERARCHY, NID_TYPE_FOLDER,
		NID_TYPE_SEARCH, hierarchy_columns, N(hierarchy_columns)))
		check_number(c, &p, "PidTagSubfolders", 0x360a, f.rows > 0);
	/* an OST's folders may hold less than they count on the server */
	if (folder_table(&f, NID_TYPE_CONTENTS, CONTENTS, NID_TYPE_MESSAGE,
		NID_TYPE_MESSAGE, contents_template, 4) &&
	    !c->ost) {
		check_number(c, &p, "PidTagContentCount", PidTagContentCount,
		    f.rows);
		if (!f.no_flags)
			check_number(c, &p, "PidTagContentUnreadCount", 0x3603,
			    f.unread);
	}
	folder_table(&f, NID_TYPE_FAI, FAI, NID_TYPE_ASSOCIATED,
	    NID_TYPE_ASSOCIATED, fai_template, 3);
	check_props_free(&p);
}

static void
check_search(struct check *c, const struct check_node *n)
{
	static const struct {
		unsigned type;
		const char *name;
	} parts[] = { { TYPE_SUQ, "its search update queue" },
		{ TYPE_CRITERIA, "its search criteria" },
		{ TYPE_SEARCH_TABLE, "its search contents table" } };
	struct check_props p;
	size_t i;

	c->node = n->nid;
	c->r.folders++;
	if (!check_at(c, PST_CHECK_STORE, n->nid))
		return;
	if (check_props_open(c, n->data, n->sub, &p)) {
		check_prop_must(c, &p, "2.4.8.6.1", "PidTagDisplayName",
		    PidTagDisplayName, PtypString);
		check_props_free(&p);
	}
	for (i = 0; i < N(parts); i++)
		if (check_find_node(c, related(n->nid, parts[i].type)) == NULL)
			check_remark(c, "2.4.8.6", AT_NODE, parts[i].name,
			    "to be there", "no node 0x%x",
			    related(n->nid, parts[i].type));
}

/* Nodes that no table names are lost to who looks for them there. */
static void
check_listed(struct check *c, const struct check_node *n)
{
	unsigned type = n->nid & 0x1f;

	c->node = n->nid;
	if (n->listed || n->nid == NID_ROOT_FOLDER)
		return;
	if (type == NID_TYPE_FOLDER)
		check_bad(c, HIERARCHY, AT_NODE, "a folder",
		    "a row of its parent's hierarchy table",
		    "none in folder 0x%x", n->parent);
	else if (type == NID_TYPE_MESSAGE)
		check_bad(c, CONTENTS, AT_NODE, "a message",
		    "a row of its folder's contents table",
		    "none in folder 0x%x", n->parent);
	else if (type == NID_TYPE_ASSOCIATED)
		check_bad(c, FAI, AT_NODE, "an associated message",
		    "a row of its folder's FAI contents table",
		    "none in folder 0x%x", n->parent);
}

void
check_folders(struct check *c)
{
	struct check_table *t = mem_alloc(1, sizeof(*t));
	struct check_heap *h;
	struct check_node *n;
	int32_t flags;
	size_t i;

	for (i = 0; i < c->nnodes && !c->stop; i++) {
		n = &c->nodes[i];
		c->node = n->nid;
		switch (n->nid & 0x1f) {
		case NID_TYPE_FOLDER:
			check_folder(c, n);
			break;
		case NID_TYPE_SEARCH:
			check_search(c, n);
			break;
		case TYPE_SEARCH_TABLE:
			/* Outlook keeps some in a heap of its own kind */
			h = n->nid == 0x610
			    ? NULL
			    : check_heap_open(c, n->data, n->sub, 0);
			if (h != NULL && h->client == 0x7c)
				check_table(c, n->data, n->sub, t, NULL, NULL);
			check_heap_free(&h);
			break;
		case NID_TYPE_MESSAGE:
		case NID_TYPE_ASSOCIATED:
			c->r.messages += (n->nid & 0x1f) == NID_TYPE_MESSAGE;
			if (check_at(c, PST_CHECK_STORE, n->nid))
				check_message(c, n->data, n->sub, 0, &flags);
			break;
		}
	}
	for (i = 0; i < c->nnodes && !c->stop; i++)
		check_listed(c, &c->nodes[i]);
	c->node = 0;
	free(t);
}
