/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PST files, read by ourselves from [MS-PST]: opening and walking; see
 * reader.h.
 */
#include "formats/pst/own_impl.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

static void
own_note(void *arg, bool bad, const char *text)
{
	struct pst_reader *r = arg;

	if (r->in.note != NULL)
		r->in.note(r->in.arg, bad, text);
}

static void
enter(struct pst_reader *r, enum pst_phase phase)
{
	if (r->in.phase != NULL)
		r->in.phase(r->in.arg, phase);
}

static void
carve_goes_on(void *arg)
{
	enter(arg, PST_PHASE_CARVE);
}

static void
read_names(struct pst_reader *r)
{
	r->lids = own_lids_new(r->n);
	r->categories = pst_names_string(own_names(r), "Keywords");
}

static void
own_close(struct pst_reader **r)
{
	if (*r == NULL)
		return;
	msg_index_free(&(*r)->index);
	own_lids_free(&(*r)->lids);
	carve_close(&(*r)->carve);
	ndb_close(&(*r)->n);
	arena_free(&(*r)->keep);
	arena_free(&(*r)->folder);
	buf_free(&(*r)->listed);
	buf_free(&(*r)->adopted);
	free(*r);
	*r = NULL;
}

static int
own_open(struct pst_reader **r_r, const struct pst_open *in, struct err *err)
{
	struct pst_reader *r = mem_alloc(1, sizeof(*r));
	struct ndb_watch watch = { own_note, r };
	const struct ndb_info *info;

	r->in = *in;
	*r_r = r;
	enter(r, PST_PHASE_OPEN);
	if (ndb_open(&r->n, in->fd, &watch, in->carve, err) != 0) {
		own_close(r_r);
		return -1;
	}
	info = ndb_info(r->n);
	r->store.format = info->format == NDB_ANSI ? PST_ANSI
	    : info->format == NDB_4K		   ? PST_4K
						   : PST_UNICODE;
	r->store.ost = info->ost;
	r->store.crypt = info->crypt;
	r->store.promised = info->promised;
	enter(r, PST_PHASE_INDEX);
	msg_index_build(&r->index, r->n);
	r->store.messages = r->index.n_messages;
	if (msg_folder(&r->index, NID_ROOT_FOLDER) != NULL)
		r->store.root = NID_ROOT_FOLDER;
	if (!in->no_names) {
		enter(r, PST_PHASE_NAMES);
		read_names(r);
	}
	enter(r, PST_PHASE_STORE);
	own_read_store(r);
	if (in->carve) {
		enter(r, PST_PHASE_CARVE);
		carve_open(&r->carve, r->n, carve_goes_on, r);
		r->index.carve = r->carve;
		r->store.recovered = carve_count(r->carve);
	}
	enter(r, PST_PHASE_WALK);
	return 0;
}

static const struct pst_store *
own_store(struct pst_reader *r)
{
	return &r->store;
}

static int
own_child(struct pst_reader *r, uint64_t nid, size_t i, uint64_t *child_r)
{
	*child_r = msg_child(&r->index, (uint32_t)nid, i);
	return *child_r != 0;
}

/* -------------------------------------------------------------- the walk */

static int
by_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Did a folder's table bring it already?  Sorted by then. */
bool
own_is_adopted(const struct pst_reader *r, uint32_t nid)
{
	return r->adopted.n > 0 &&
	    bsearch(&nid, r->adopted.p, r->adopted.n / sizeof(nid), sizeof(nid),
		by_number) != NULL;
}

/* The next message of the current folder. */
static bool
next_message(struct pst_reader *r, struct pst_node *n_r)
{
	uint32_t nid = 0;

	while (nid == 0 && r->message < r->message_end) {
		nid = msg_nid(&r->index.messages[r->message++]);
		if (r->orphans && own_is_adopted(r, nid))
			nid = 0;
	}
	if (nid == 0 && r->listed_at + sizeof(nid) <= r->listed.n) {
		memcpy(&nid, r->listed.p + r->listed_at, sizeof(nid));
		r->listed_at += sizeof(nid);
		buf_put(&r->adopted, &nid, sizeof(nid));
		if (r->carve != NULL)
			carve_take(r->carve, nid);
	}
	n_r->what = PST_NODE_MESSAGE;
	n_r->nid = nid;
	n_r->parent = r->in_folder;
	return nid != 0;
}

static void
enter_folder(struct pst_reader *r, uint32_t nid)
{
	size_t n;

	r->in_folder = nid;
	r->message = msg_below(&r->index, nid, &n);
	r->message_end = r->message + n;
	r->listed_at = 0;
	buf_clear(&r->listed);
	r->unlisted = nid != 0;
}

void
own_list_folder(struct pst_reader *r)
{
	if (r->unlisted &&
	    !(r->in.skip != NULL && r->in.skip(r->in.arg, r->in_folder)))
		msg_only_listed(&r->index, r->in_folder, &r->listed);
	r->unlisted = false;
}

static bool
next_recovered(struct pst_reader *r, struct pst_node *n_r)
{
	struct carve_find f;

	do {
		if (r->carve == NULL || !carve_get(r->carve, r->carve_at, &f))
			return false;
		r->carve_at++;
	} while (f.taken);
	*n_r = (struct pst_node){ .what = PST_NODE_MESSAGE,
		.nid = f.id,
		.recovered = true };
	return true;
}

static int
own_next(struct pst_reader *r, struct pst_node *n_r)
{
	const struct msg_folder *f;

	ndb_at(r->n, 0);
	n_r->recovered = false;
	own_list_folder(r);
	if (next_message(r, n_r))
		return 1;
	if (r->orphans)
		return next_recovered(r, n_r);
	if (r->at == r->index.n_order) {
		r->orphans = true;
		if (r->adopted.n > 0)
			qsort(r->adopted.p, r->adopted.n / sizeof(uint32_t),
			    sizeof(uint32_t), by_number);
		enter_folder(r, 0);
		return next_message(r, n_r) || next_recovered(r, n_r);
	}
	f = &r->index.folders[r->index.order[r->at++]];
	enter_folder(r, f->nid);
	n_r->what = PST_NODE_FOLDER;
	n_r->nid = f->nid;
	n_r->parent = f->parent;
	return 1;
}

static int
own_folder(struct pst_reader *r, uint64_t nid, struct pst_folder *f_r,
    struct err *err)
{
	struct ndb_node node;
	struct ltp_props p;
	struct arena a = { 0 };
	unsigned cp = r->in.codepage;
	bool exact;
	int rc;

	*f_r = (struct pst_folder){ .messages = -1 };
	ndb_at(r->n, (uint32_t)nid);
	arena_reset(&r->folder);
	rc = ndb_find(r->n, (uint32_t)nid, &node, err);
	if (rc == 0)
		err_set(err, SCOPE_FOLDER, EX_DATAERR,
		    "folder 0x%llx is missing", (unsigned long long)nid);
	if (rc <= 0 || ltp_props_open(&p, r->n, &node, &a, err) != 0) {
		arena_free(&a);
		err->scope = SCOPE_FOLDER;
		return -1;
	}
	if (own_number(&p, PidTagMessageCodepage, 0) > 0 && cp == 0)
		cp = (unsigned)own_number(&p, PidTagMessageCodepage, 0);
	f_r->name = own_text(&r->folder, &p.heap,
	    ltp_prop(&p, PidTagDisplayName), cp, 4096, &exact);
	f_r->guessed = !exact;
	f_r->messages = own_number(&p, PidTagContentCount, -1);
	arena_free(&a);
	return 0;
}

/* The message that next_recovered() named, or that a folder's list does and
 * the tree of nodes does not. */
static int
recovered_item(struct pst_reader *r, uint64_t nid, struct item **item_r,
    struct err *err)
{
	struct carve_find f;
	struct own_item *oi;
	bool there = r->carve_at > 0
	    ? carve_get(r->carve, r->carve_at - 1, &f) && f.id == nid
	    : r->carve != NULL && carve_find(r->carve, (uint32_t)nid, &f);

	if (!there)
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "a folder names node 0x%llx, but there is none",
		    (unsigned long long)nid);
	if (own_item_open(r, &f.node, 0, item_r, err) != 0)
		return -1;
	if (f.no_subs)
		ndb_note(r->n, true, nid << 8 | 0xa,
		    "block 0x%llx: a recovered message: which recipients, "
		    "attachments and long texts are its own is not known any "
		    "more",
		    (unsigned long long)f.node.data);
	oi = (struct own_item *)*item_r;
	oi->pub.recovered = true;
	own_set_uid(oi,
	    arena_fmt(&oi->a, "%s%llx.%s", (nid & CARVE_BLOCK) != 0 ? "b" : "",
		(unsigned long long)(nid & ~CARVE_BLOCK), r->store_id));
	return 0;
}

static int
own_item(struct pst_reader *r, uint64_t nid, struct item **item_r,
    struct err *err)
{
	struct ndb_node node;
	struct own_item *oi;
	int rc;

	ndb_at(r->n, (nid & CARVE_BLOCK) != 0 ? 0 : (uint32_t)nid);
	if (r->carve_at > 0)
		return recovered_item(r, nid, item_r, err);
	rc = ndb_find(r->n, (uint32_t)nid, &node, err);
	if (rc == 0)
		return recovered_item(r, nid, item_r, err);
	if (rc < 0 || own_item_open(r, &node, 0, item_r, err) != 0)
		return -1;
	oi = (struct own_item *)*item_r;
	/* one that next() did not find below its folder is there because the
	 * list names it */
	oi->pub.listed = r->listed_at > 0 || r->message == 0 ||
	    msg_nid(&r->index.messages[r->message - 1]) != nid ||
	    (r->index.messages[r->message - 1].nid & MSG_LISTED) != 0;
	own_set_uid(oi,
	    arena_fmt(&oi->a, "%llx.%s", (unsigned long long)nid, r->store_id));
	return 0;
}

const struct pst_reader_ops pst_own_ops = {
	.name = "own",
	.open = own_open,
	.store = own_store,
	.child = own_child,
	.next = own_next,
	.folder = own_folder,
	.item = own_item,
	.rows = own_rows,
	.lacks = NULL,
	.close = own_close,
};
