/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a folder's contents table says of each item, [MS-PST] 2.4.4.5, so
 * that a mailbox can be surveyed without reading its messages.
 */
#include "formats/pst/own_impl.h"

#include <stdlib.h>

#include "core/mem.h"

#define CLASS_MAX   256
#define SUBJECT_MAX 2048

/* One folder's items being told. */
struct rows {
	struct pst_reader *r;
	struct pst_rows *to;
	struct arena text; /* of one row */
	size_t first, n;   /* its messages in the index */
	bool *told;	   /* which of them were */
	size_t listed_at;  /* as far as r->listed was told */
};

/* A row, or a message's own properties: where the values come from. */
struct origin {
	struct ltp_heap *heap;
	const struct ltp_table *table;
	const struct ltp_props *props;
};

static bool
get(const struct origin *o, unsigned id, struct ltp_value *v_r)
{
	const struct ltp_value *v;

	if (o->table != NULL)
		return ltp_cell(o->table, id, v_r);
	v = ltp_prop(o->props, id);
	if (v != NULL)
		*v_r = *v;
	return v != NULL;
}

static struct slice
get_text(struct rows *w, const struct origin *o, unsigned id, size_t max)
{
	struct ltp_value v;

	if (!get(o, id, &v))
		return slice_of("", 0);
	return own_text(&w->text, o->heap, &v, w->r->in.codepage, max, NULL);
}

static int64_t
get_time(const struct origin *o, unsigned id)
{
	struct ltp_value v;

	return get(o, id, &v) ? own_time_value(o->heap, &v) : DATE_UNKNOWN;
}

static void
tell(struct rows *w, const struct origin *o, uint32_t nid)
{
	struct pst_row row = { .nid = nid, .size = -1 };
	struct ltp_value v;

	row.class = get_text(w, o, PidTagMessageClass, CLASS_MAX);
	if (get(o, PidTagMessageSize, &v))
		row.size = ltp_number(o->heap, &v, -1);
	row.date = get_time(o, PidTagMessageDeliveryTime);
	if (row.date == DATE_UNKNOWN)
		row.date = get_time(o, PidTagClientSubmitTime);
	if (row.size >= w->to->big)
		row.subject =
		    own_subject(get_text(w, o, PidTagSubject, SUBJECT_MAX));
	w->to->each(w->to->arg, &row);
	arena_reset(&w->text);
}

/* One that the table does not describe: its own properties do. */
static void
tell_node(struct rows *w, uint32_t nid)
{
	struct pst_row row = { .nid = nid,
		.size = -1,
		.date = DATE_UNKNOWN,
		.lost = true };
	struct arena a = { 0 };
	struct err err = { 0 };
	struct ltp_props p;
	struct ndb_node node;
	struct origin o = { .heap = &p.heap, .props = &p };

	if (ndb_find(w->r->n, nid, &node, &err) > 0 &&
	    ltp_props_open(&p, w->r->n, &node, &a, &err) == 0)
		tell(w, &o, nid);
	else
		w->to->each(w->to->arg, &row);
	arena_free(&a);
}

/* Is the row one of the folder's: kept in it, or in no other? */
static bool
is_ours(struct rows *w, uint32_t nid)
{
	const struct msg_place *m = w->r->index.messages + w->first;
	size_t low = 0, high = w->n, mid;
	uint32_t listed;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (msg_nid(&m[mid]) < nid)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < w->n && msg_nid(&m[low]) == nid) {
		if (w->told[low])
			return false;
		w->told[low] = true;
		return true;
	}
	/* in the order of the rows, by msg_only_listed() */
	if (w->listed_at + sizeof(listed) > w->r->listed.n)
		return false;
	memcpy(&listed, w->r->listed.p + w->listed_at, sizeof(listed));
	if (listed != nid)
		return false;
	w->listed_at += sizeof(listed);
	return true;
}

static void
tell_table(struct rows *w)
{
	uint32_t nid = (w->r->in_folder & ~0x1fu) | NID_TYPE_CONTENTS;
	struct arena a = { 0 };
	struct err err = { 0 };
	struct ltp_table t;
	struct ndb_node node;
	struct origin o = { .heap = &t.heap, .table = &t };
	int rc;

	/* what is wrong with it was told when the folder was entered */
	if (ndb_find(w->r->n, nid, &node, &err) > 0 &&
	    ltp_table_open(&t, w->r->n, &node, &a, &err) == 0)
		while ((rc = ltp_table_next(&t, &err)) != 0) {
			if (rc < 0 && t.no_index)
				break;
			if (ndb_type(t.row_id) != NID_TYPE_MESSAGE ||
			    !is_ours(w, t.row_id))
				continue;
			if (rc > 0)
				tell(w, &o, t.row_id);
			else
				tell_node(w, t.row_id);
		}
	arena_free(&a);
}

void
own_rows(struct pst_reader *r, struct pst_rows *to)
{
	struct rows w = { .r = r, .to = to };
	uint32_t nid;
	size_t i;

	own_list_folder(r);
	w.first = msg_below(&r->index, r->in_folder, &w.n);
	w.told = mem_alloc(w.n + 1, sizeof(*w.told));
	if (r->in_folder != 0)
		tell_table(&w);
	for (i = 0; i < w.n; i++) {
		nid = msg_nid(&r->index.messages[w.first + i]);
		if (!w.told[i] &&
		    !(r->in_folder == 0 && own_is_adopted(r, nid)))
			tell_node(&w, nid);
	}
	free(w.told);
	arena_free(&w.text);
}
