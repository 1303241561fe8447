/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages, their recipients and attachments: [MS-PST] 2.4.5 and 2.4.6; see
 * check_impl.h. */
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "formats/pst/check_impl.h"

#define MESSAGE	    "2.4.5.1.1"
#define RECIPIENTS  "2.4.5.3"
#define ATTACHMENTS "2.4.6.1"
#define ATTACHMENT  "2.4.6.2"
#define HAS_ATTACH  0x10
#define BY_VALUE    1
#define EMBEDDED    5

static const uint32_t recipient_columns[] = { 0x0c150003, 0x3001001f };
static const uint32_t attachment_columns[] = { 0x0e200003, 0x37050003,
	0x370b0003 };

struct parts {
	struct check *c;
	uint64_t sub;
	int depth;
	struct buf rows; /* numbers of the attachments the table names */
	uint64_t attachments;
};

static void
on_attachment_row(void *arg, const struct check_table *t, const uint8_t *row)
{
	struct parts *p = arg;

	(void)t;
	buf_put(&p->rows, row, 4);
}

static void
check_embedded(struct parts *p, struct check_props *props, uint64_t sub)
{
	struct check *c = p->c;
	struct buf b = { 0 };
	struct ndb_node inner;
	uint32_t was = c->sub;
	int32_t flags;

	if (!check_prop_bytes(props, PidTagAttachDataBinary, &b) || b.n != 8) {
		check_bad(c, ATTACHMENT, AT_NODE, "PidTagAttachDataObject",
		    "the number of a subnode and a size", "%zu bytes", b.n);
	} else if (check_sub_find(c, sub, pst_u32(b.p), &inner)) {
		c->sub = inner.nid;
		check_message(c, inner.data, inner.sub, p->depth + 1, &flags);
		c->sub = was;
	}
	buf_free(&b);
}

static void
check_attachment(struct parts *p, const struct ndb_node *n)
{
	struct check *c = p->c;
	const struct check_prop *v;
	struct check_props props;
	uint32_t was = c->sub;
	size_t i;

	c->sub = n->nid;
	for (i = 0; i + 4 <= p->rows.n; i += 4)
		if (pst_u32(p->rows.p + i) == n->nid)
			break;
	if (i + 4 > p->rows.n)
		check_bad(c, ATTACHMENTS, AT_NODE, "an attachment",
		    "a row of the attachment table", "none");
	if (check_props_open(c, n->data, n->sub, &props)) {
		v = check_prop(&props, PidTagAttachMethod);
		check_prop_must(c, &props, ATTACHMENT, "PidTagAttachMethod",
		    PidTagAttachMethod, PtypInteger32);
		check_prop_must(c, &props, ATTACHMENT, "PidTagAttachSize",
		    0x0e20, PtypInteger32);
		check_prop_must(c, &props, ATTACHMENT,
		    "PidTagRenderingPosition", PidTagRenderingPosition,
		    PtypInteger32);
		if (v != NULL && v->value == BY_VALUE &&
		    check_prop(&props, PidTagAttachDataBinary) == NULL)
			check_remark(c, ATTACHMENT, AT_NODE,
			    "PidTagAttachDataBinary", "to be there", "none");
		if (v != NULL && v->value == EMBEDDED)
			check_embedded(p, &props, n->sub);
		check_props_free(&props);
	}
	c->sub = was;
}

static void
on_part(void *arg, const struct ndb_node *n)
{
	struct parts *p = arg;

	if ((n->nid & 0x1f) != NID_TYPE_ATTACHMENT)
		return;
	p->attachments++;
	check_attachment(p, n);
}

/* The table at a subnode with a fixed number.  False: there is none. */
static bool
part_table(struct parts *p, uint32_t nid, const char *rule,
    const uint32_t *columns, size_t ncolumns,
    void (*each)(void *arg, const struct check_table *t, const uint8_t *row))
{
	struct check *c = p->c;
	struct ndb_node n;
	struct check_table *t;
	uint32_t was = c->sub;

	if (!check_sub_find(c, p->sub, nid, &n))
		return false;
	c->sub = nid;
	t = mem_alloc(1, sizeof(*t));
	if (check_table(c, n.data, n.sub, t, each, p))
		check_columns(c, t, rule, columns, ncolumns);
	free(t);
	c->sub = was;
	return true;
}

static void
check_message_props(struct check *c, struct check_props *p, int32_t *flags_r)
{
	/* Outlook's have them; other writers leave them out */
	static const struct {
		unsigned id;
		const char *name;
	} should[] = { { PidTagCreationTime, "PidTagCreationTime" },
		{ PidTagLastModificationTime, "PidTagLastModificationTime" },
		{ PidTagSearchKey, "PidTagSearchKey" } };
	const struct check_prop *v;
	size_t i;

	check_prop_must(c, p, MESSAGE, "PidTagMessageClass", PidTagMessageClass,
	    PtypString);
	check_prop_must(c, p, MESSAGE, "PidTagMessageFlags", PidTagMessageFlags,
	    PtypInteger32);
	check_prop_must(c, p, MESSAGE, "PidTagMessageSize", 0x0e08,
	    PtypInteger32);
	for (i = 0; i < sizeof(should) / sizeof(should[0]); i++)
		if (check_prop(p, should[i].id) == NULL)
			check_remark(c, MESSAGE, AT_NODE, should[i].name,
			    "to be there", "none");
	v = check_prop(p, PidTagMessageFlags);
	*flags_r = v == NULL ? -1 : (int32_t)v->value;
	for (i = 0; i < p->n; i++)
		if (p->v[i].id >= 0x8000 && p->v[i].id - 0x8000u >= c->names)
			check_bad(c, "2.4.7", AT_NODE, "a named property",
			    "in the name-to-id map", "0x%04x of %zu names",
			    p->v[i].id, c->names);
}

void
check_message(struct check *c, uint64_t data, uint64_t sub, int depth,
    int32_t *flags_r)
{
	struct parts parts = { .c = c, .sub = sub, .depth = depth };
	struct check_props p;
	bool table;

	*flags_r = -1;
	if (depth > CHECK_DEPTH * CHECK_DEPTH ||
	    !check_props_open(c, data, sub, &p))
		return;
	check_message_props(c, &p, flags_r);
	check_props_free(&p);
	if (!part_table(&parts, NID_RECIPIENT_TABLE, RECIPIENTS,
		recipient_columns, 2, NULL))
		check_remark(c, RECIPIENTS, AT_NODE, "its recipient table",
		    "to be there", "none");
	table = part_table(&parts, NID_ATTACHMENT_TABLE, ATTACHMENTS,
	    attachment_columns, 3, on_attachment_row);
	check_sub_each(c, sub, on_part, &parts);
	if (parts.rows.n / 4 > parts.attachments)
		check_bad(c, ATTACHMENTS, AT_NODE, "the attachment table",
		    "rows of attachments that are there",
		    "%zu rows, %llu attachments", parts.rows.n / 4,
		    (unsigned long long)parts.attachments);
	if (parts.attachments > 0 && *flags_r >= 0 &&
	    (*flags_r & HAS_ATTACH) == 0)
		check_bad(c, MESSAGE, AT_NODE, "PidTagMessageFlags",
		    "mfHasAttach, for it has attachments", "0x%x",
		    (unsigned)*flags_r);
	if (!table && *flags_r >= 0 && (*flags_r & HAS_ATTACH) != 0)
		check_bad(c, ATTACHMENTS, AT_NODE, "its attachment table",
		    "to be there, for its flags tell of attachments", "none");
	buf_free(&parts.rows);
}
