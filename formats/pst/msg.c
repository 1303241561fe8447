/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders and messages of a PST; see msg.h. */
#include "formats/pst/msg.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "formats/pst/prop.h"

static int
by_place(const void *a, const void *b)
{
	const struct msg_place *x = a, *y = b;

	if (x->parent != y->parent)
		return x->parent < y->parent ? -1 : 1;
	return (msg_nid(x) > msg_nid(y)) - (msg_nid(x) < msg_nid(y));
}

static void
sift_down(struct msg_place *v, size_t at, size_t n)
{
	struct msg_place m = v[at];
	size_t below;

	while ((below = 2 * at + 1) < n) {
		if (below + 1 < n && by_place(&v[below], &v[below + 1]) < 0)
			below++;
		if (by_place(&m, &v[below]) >= 0)
			break;
		v[at] = v[below];
		at = below;
	}
	v[at] = m;
}

/* In place: qsort() takes as much memory again, and a store can have millions
 * of messages. */
static void
sort_messages(struct msg_place *v, size_t n)
{
	struct msg_place m;
	size_t i;

	for (i = 1; i < n && by_place(&v[i - 1], &v[i]) <= 0;)
		i++;
	if (i >= n)
		return;
	for (i = n / 2; i > 0; i--)
		sift_down(v, i - 1, n);
	for (i = n - 1; i > 0; i--) {
		m = v[0];
		v[0] = v[i];
		v[i] = m;
		sift_down(v, 0, i);
	}
}

static int
folder_by_place(const void *a, const void *b)
{
	const struct msg_folder *x = a, *y = b;

	if (x->parent != y->parent)
		return x->parent < y->parent ? -1 : 1;
	return (x->nid > y->nid) - (x->nid < y->nid);
}

static int
folder_by_nid(const void *a, const void *b)
{
	const struct msg_folder *x = a, *y = b;

	return (x->nid > y->nid) - (x->nid < y->nid);
}

/* ------------------------------------------------------------- gathering */

static void
count_nodes(struct msg_index *x)
{
	struct ndb_walk w = { 0 };
	struct ndb_node node;

	while (ndb_walk(x->n, &w, &node) > 0) {
		x->n_folders += ndb_type(node.nid) == NID_TYPE_FOLDER;
		x->n_messages += ndb_type(node.nid) == NID_TYPE_MESSAGE;
	}
}

static void
gather_nodes(struct msg_index *x)
{
	size_t folders = 0, messages = 0;
	struct ndb_walk w = { 0 };
	struct ndb_node node;

	while (ndb_walk(x->n, &w, &node) > 0) {
		if (ndb_type(node.nid) == NID_TYPE_FOLDER &&
		    folders < x->n_folders) {
			x->folders[folders].nid = node.nid;
			x->folders[folders++].parent = node.parent;
		} else if (ndb_type(node.nid) == NID_TYPE_MESSAGE &&
		    messages < x->n_messages) {
			x->messages[messages++] =
			    (struct msg_place){ .nid = node.nid,
				    .parent = node.parent };
		}
	}
	x->n_folders = folders;
	x->n_messages = messages;
}

/* A crossed tree names a node twice. */
static void
drop_twins(struct msg_index *x)
{
	size_t i, n;

	for (i = n = 0; i < x->n_folders; i++)
		if (i == 0 || x->folders[i].nid != x->folders[n - 1].nid)
			x->folders[n++] = x->folders[i];
	x->n_folders = n;
	for (i = n = 0; i < x->n_messages; i++)
		if (i == 0 || by_place(&x->messages[i], &x->messages[n - 1]))
			x->messages[n++] = x->messages[i];
	x->n_messages = n;
}

/* While the folders are sorted by nid. */
static struct msg_folder *
find_sorted(struct msg_index *x, uint32_t nid)
{
	struct msg_folder key = { .nid = nid };

	return x->n_folders == 0 ? NULL
				 : bsearch(&key, x->folders, x->n_folders,
				       sizeof(key), folder_by_nid);
}

/* What a folder's hierarchy table says about its children. */
static void
read_hierarchy(struct msg_index *x, uint32_t folder)
{
	uint32_t nid = (folder & ~0x1fu) | NID_TYPE_HIERARCHY;
	struct ndb_node node;
	struct arena a = { 0 };
	struct err err = { 0 };
	struct ltp_table t;
	struct msg_folder *f;
	int rc = ndb_find(x->n, nid, &node, &err);

	if (rc > 0 && ltp_table_open(&t, x->n, &node, &a, &err) == 0) {
		while ((rc = ltp_table_next(&t, &err)) != 0) {
			if (rc < 0 && t.no_index)
				break;
			if (ndb_type(t.row_id) != NID_TYPE_FOLDER)
				continue;
			f = find_sorted(x, t.row_id);
			if (f == NULL)
				ndb_note(x->n, true,
				    (uint64_t)t.row_id << 8 | 6,
				    "folder 0x%x is lost: folder 0x%x names "
				    "it, but it has no node",
				    t.row_id, folder);
			else if (f->parent == 0 && f->nid != NID_ROOT_FOLDER &&
			    f->nid != folder)
				f->parent = folder;
		}
	} else if (rc < 0 || (rc > 0 && err.text[0] != '\0')) {
		ndb_note(x->n, true, (uint64_t)nid << 8 | 6,
		    "the list of folder 0x%x's folders: %s", folder, err.text);
	}
	arena_free(&a);
}

/* Parents that are no folders are none. */
static void
set_parents(struct msg_index *x)
{
	struct msg_folder *f;
	size_t i;

	for (i = 0; i < x->n_folders; i++) {
		f = &x->folders[i];
		if (f->parent == f->nid || f->nid == NID_ROOT_FOLDER ||
		    find_sorted(x, f->parent) == NULL)
			f->parent = 0;
	}
	for (i = 0; i < x->n_folders; i++)
		read_hierarchy(x, x->folders[i].nid);
	for (i = 0; i < x->n_messages; i++)
		if (find_sorted(x, x->messages[i].parent) == NULL)
			x->messages[i].parent = 0;
}

/* -------------------------------------------------------------- the walk */

/* The folders below 'parent' are a run of x->folders; its start. */
static size_t
first_child(const struct msg_index *x, uint32_t parent)
{
	size_t low = 0, high = x->n_folders, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (x->folders[mid].parent < parent)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* From 'top' down: a folder, then what is below it, in order of nids. */
static void
walk_from(struct msg_index *x, size_t top, uint32_t *stack)
{
	struct msg_folder *f;
	size_t depth = 0, i, n;

	stack[depth++] = (uint32_t)top;
	while (depth > 0) {
		f = &x->folders[stack[--depth]];
		if (f->seen)
			continue;
		f->seen = true;
		x->order[x->n_order++] = (uint32_t)(f - x->folders);
		i = first_child(x, f->nid);
		for (n = i; n < x->n_folders && x->folders[n].parent == f->nid;)
			n++;
		/* each folder has one parent: pushed once, and one more for
		 * the top of a circle */
		while (n > i)
			if (!x->folders[--n].seen)
				stack[depth++] = (uint32_t)n;
	}
}

static void
put_in_order(struct msg_index *x)
{
	uint32_t *stack = mem_alloc(x->n_folders + 2, sizeof(*stack));
	size_t i;

	x->order = mem_alloc(x->n_folders + 1, sizeof(*x->order));
	for (i = 0; i < x->n_folders; i++)
		if (x->folders[i].nid == NID_ROOT_FOLDER)
			walk_from(x, i, stack);
	for (i = 0; i < x->n_folders && x->folders[i].parent == 0; i++)
		walk_from(x, i, stack);
	/* what is left runs in circles: cut them open */
	for (i = 0; i < x->n_folders; i++)
		if (!x->folders[i].seen) {
			ndb_note(x->n, true,
			    (uint64_t)x->folders[i].nid << 8 | 7,
			    "folder 0x%x is below itself", x->folders[i].nid);
			walk_from(x, i, stack);
		}
	free(stack);
}

static int
index_by_nid(const void *a, const void *b, void *folders)
{
	const struct msg_folder *f = folders;
	uint32_t x = f[*(const uint32_t *)a].nid;
	uint32_t y = f[*(const uint32_t *)b].nid;

	return (x > y) - (x < y);
}

static void
index_folders(struct msg_index *x)
{
	uint32_t i;

	x->by_nid = mem_alloc(x->n_folders + 1, sizeof(*x->by_nid));
	for (i = 0; i < x->n_folders; i++)
		x->by_nid[i] = i;
	qsort_r(x->by_nid, x->n_folders, sizeof(*x->by_nid), index_by_nid,
	    x->folders);
}

void
msg_index_build(struct msg_index *x_r, struct ndb *n)
{
	memset(x_r, 0, sizeof(*x_r));
	x_r->n = n;
	count_nodes(x_r);
	x_r->folders = mem_alloc(x_r->n_folders + 1, sizeof(*x_r->folders));
	x_r->messages = mem_alloc(x_r->n_messages + 1, sizeof(*x_r->messages));
	gather_nodes(x_r);
	qsort(x_r->folders, x_r->n_folders, sizeof(*x_r->folders),
	    folder_by_nid);
	sort_messages(x_r->messages, x_r->n_messages);
	drop_twins(x_r);
	set_parents(x_r);
	qsort(x_r->folders, x_r->n_folders, sizeof(*x_r->folders),
	    folder_by_place);
	sort_messages(x_r->messages, x_r->n_messages);
	index_folders(x_r);
	put_in_order(x_r);
}

void
msg_index_free(struct msg_index *x)
{
	free(x->folders);
	free(x->messages);
	free(x->order);
	free(x->by_nid);
	memset(x, 0, sizeof(*x));
}

struct msg_folder *
msg_folder(const struct msg_index *x, uint32_t nid)
{
	size_t low = 0, high = x->n_folders, mid;
	struct msg_folder *f;

	while (low < high) {
		mid = low + (high - low) / 2;
		f = &x->folders[x->by_nid[mid]];
		if (f->nid == nid)
			return f;
		if (f->nid < nid)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

uint32_t
msg_child(const struct msg_index *x, uint32_t nid, size_t i)
{
	size_t at = first_child(x, nid) + i;

	if (nid == 0 || at < i || at >= x->n_folders ||
	    x->folders[at].parent != nid)
		return 0;
	return x->folders[at].nid;
}

size_t
msg_below(const struct msg_index *x, uint32_t parent, size_t *n_r)
{
	size_t low = 0, high = x->n_messages, mid, end;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (x->messages[mid].parent < parent)
			low = mid + 1;
		else
			high = mid;
	}
	for (end = low;
	     end < x->n_messages && x->messages[end].parent == parent;)
		end++;
	*n_r = end - low;
	return low;
}

/* ------------------------------------------- contents tables and nodes */

/* A row whose message is not below 'folder': what became of it? */
static void
judge_row(const struct msg_index *x, uint32_t folder, uint32_t nid,
    struct buf *out)
{
	struct ndb_node node;
	struct carve_find old;
	struct err err = { 0 };
	int rc = ndb_find(x->n, nid, &node, &err);

	if (rc > 0 && node.parent != folder &&
	    msg_folder(x, node.parent) != NULL) {
		ndb_note(x->n, false, (uint64_t)nid << 8 | 8,
		    "message 0x%x is listed in folder 0x%x and kept in 0x%x",
		    nid, folder, node.parent);
		return;
	}
	if (rc == 0 && x->carve != NULL && carve_find(x->carve, nid, &old))
		ndb_note(x->n, false, (uint64_t)nid << 8 | 8,
		    "message 0x%x, which folder 0x%x names, is in an older "
		    "list of nodes only",
		    nid, folder);
	else if (rc == 0)
		ndb_note(x->n, true, (uint64_t)nid << 8 | 8,
		    "message 0x%x is lost: folder 0x%x names it, but it has "
		    "no node",
		    nid, folder);
	buf_put(out, &nid, sizeof(nid));
}

void
msg_only_listed(const struct msg_index *x, uint32_t folder, struct buf *out)
{
	uint32_t nid = (folder & ~0x1fu) | NID_TYPE_CONTENTS;
	size_t n, listed = 0, at = msg_below(x, folder, &n);
	struct msg_place key = { .parent = folder }, *found;
	struct ndb_node node;
	struct arena a = { 0 };
	struct err err = { 0 };
	struct ltp_table t;
	int rc = ndb_find(x->n, nid, &node, &err);

	if (rc > 0 && ltp_table_open(&t, x->n, &node, &a, &err) == 0) {
		/* a lost row still has its number, as long as there is an
		 * index */
		while ((rc = ltp_table_next(&t, &err)) != 0) {
			if (rc < 0 && t.no_index)
				break;
			if (ndb_type(t.row_id) != NID_TYPE_MESSAGE)
				continue;
			key.nid = t.row_id;
			listed++;
			found = n == 0 ? NULL
				       : bsearch(&key, &x->messages[at], n,
					     sizeof(key), by_place);
			if (found != NULL)
				found->nid |= MSG_LISTED;
			else
				judge_row(x, folder, t.row_id, out);
		}
	} else if (rc < 0 || (rc > 0 && err.text[0] != '\0')) {
		ndb_note(x->n, true, (uint64_t)nid << 8 | 8,
		    "the list of folder 0x%x's messages: %s", folder, err.text);
	}
	if (n > listed)
		ndb_note(x->n, false, (uint64_t)folder << 8 | 9,
		    "folder 0x%x lists %zu of the %zu messages that are kept "
		    "in it; all are read",
		    folder, listed, n);
	arena_free(&a);
}
