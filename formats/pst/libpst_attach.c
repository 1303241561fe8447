/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The attachments of an item of libpst's. */
#include "formats/pst/libpst_impl.h"

#include <stdio.h>

struct cookie {
	const struct item_sink *to;
	struct err *err;
	uint64_t size;
	bool failed;
};

static ssize_t
cookie_write(void *arg, const char *data, size_t len)
{
	struct cookie *c = arg;

	/* libpst does not look: what comes after a failure is dropped */
	if (!c->failed && len > 0 &&
	    c->to->put(c->to->arg, data, len, c->err) != 0)
		c->failed = true;
	c->size += len;
	return (ssize_t)len;
}

/* How long the data tree at 'i_id' says it is ([MS-PST] 2.2.2.8.3.2); 0:
 * cannot tell. */
static uint64_t
promised(pst_file *pf, uint64_t i_id)
{
	const pst_index_ll *at = pst_getID(pf, i_id);
	char *block = NULL;
	uint32_t total = 0;

	if (at == NULL)
		return 0;
	if (!(at->i_id & 2))
		return pf->do_read64 == 2 ? at->inflated_size : at->size;
	if (pst_ff_getIDblock_dec(pf, at->i_id, &block) >= 8 && block[0] == 1)
		memcpy(&total, block + 4, sizeof(total));
	free(block);
	return total;
}

static int
copy_attach(void *arg, const struct item_sink *to, struct err *err)
{
	struct lib_attach *la = arg;
	cookie_io_functions_t io = { .write = cookie_write };
	struct cookie c = { .to = to, .err = err };
	const struct item_stream *s = &la->of->pub.attachments[la->at].data;
	FILE *f = fopencookie(&c, "w", io);

	if (f == NULL)
		return err_sys(err, SCOPE_MSG, EX_SOFTWARE, "attachment");
	setvbuf(f, NULL, _IONBF, 0);
	pst_attach_to_file(&la->of->r->pf, la->raw, f);
	fclose(f);
	if (c.failed)
		return -1;
	return c.size >= s->size;
}

static int
open_attach(void *arg, struct item **item_r, struct err *err)
{
	struct lib_attach *la = arg;
	pst_desc_tree node = { 0 };
	struct lib_item *li, *up = la->of;
	struct item *it;

	/* as readpst does: a node made up for the block that it lies in */
	node.desc = pst_getID(&up->r->pf, la->raw->i_id);
	node.d_id = up->pub.nid;
	if (node.desc == NULL)
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "its data block is missing");
	if (libpst_item_at(up->r, &node, la->raw->id2_head, &it, err) != 0)
		return -1;
	li = (struct lib_item *)it;
	it->uid = slice_str(arena_fmt(&li->a, "%.*s.%zu", (int)up->pub.uid.n,
	    up->pub.uid.p, la->at + 1));
	*item_r = it;
	return 0;
}

/* The recipient table's rows stand in libpst's list of attachments, too. */
static bool
is_attachment(const pst_item_attach *a)
{
	return !libpst_is_recipient(a) &&
	    (a->method != 0 || a->data.data != NULL || a->i_id != 0 ||
		libpst_has(&a->filename1) || libpst_has(&a->filename2));
}

static void
fill_attach(struct lib_item *li, struct item_attach *to, struct lib_attach *la)
{
	const pst_item_attach *a = la->raw;

	to->method = (enum item_attach_method)a->method;
	to->name = libpst_item_text(li,
	    libpst_has(&a->filename2) ? &a->filename2 : &a->filename1);
	to->mime = libpst_item_text(li, &a->mimetype);
	to->cid = libpst_item_text(li, &a->content_id);
	to->position = a->position;
	to->hidden = a->sequence != 0; /* 0x7FFE */
	if (a->method == PST_ATTACH_EMBEDDED) {
		to->open = open_attach;
		to->arg = la;
		return;
	}
	if (a->method >= PST_ATTACH_BY_REF &&
	    a->method <= PST_ATTACH_BY_REF_ONLY)
		to->method = ITEM_ATTACH_LINK;
	else if (a->method != PST_ATTACH_OLE)
		to->method = ITEM_ATTACH_DATA;
	if (a->data.data == NULL && a->i_id == 0)
		return;
	to->data.copy = copy_attach;
	to->data.arg = la;
	to->data.size =
	    a->data.data != NULL ? a->data.size : promised(&li->r->pf, a->i_id);
}

/* libpst's list runs from the last row of the table to the first. */
void
libpst_fill_attachments(struct lib_item *li)
{
	struct item *it = &li->pub;
	pst_item_attach *a;
	size_t n = 0, at;

	for (a = li->raw->attach; a != NULL; a = a->next)
		n += is_attachment(a);
	it->attachments = arena_alloc(&li->a, n * sizeof(*it->attachments));
	li->attach = arena_alloc(&li->a, n * sizeof(*li->attach));
	it->n_attachments = at = n;
	for (a = li->raw->attach; a != NULL; a = a->next) {
		if (!is_attachment(a))
			continue;
		at--;
		li->attach[at] =
		    (struct lib_attach){ .of = li, .raw = a, .at = at };
		fill_attach(li, &it->attachments[at], &li->attach[at]);
	}
}
