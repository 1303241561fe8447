/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The values of properties and cells, [MS-PST] 2.3.3.2; see ltp.h. */
#include <string.h>

#include "core/limits.h"
#include "formats/pst/bytes.h"
#include "formats/pst/ltp.h"
#include "formats/pst/prop.h"

static bool
in_heap(const struct ltp_value *v)
{
	return ndb_type(v->hnid) == NID_TYPE_HID;
}

/* The subnode that holds a value too big for the heap. */
static int
value_node(struct ltp_heap *h, uint32_t nid, struct ndb_node *node_r,
    struct err *err)
{
	int rc = ndb_sub_find(h->n, h->node.sub, nid, node_r, err);

	if (rc == 0)
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "node 0x%x: subnode 0x%x is missing", h->node.nid, nid);
	if (rc < 0)
		return err_within(err, "node 0x%x", h->node.nid);
	return 0;
}

int
ltp_object(struct ltp_heap *h, const struct ltp_value *v,
    struct ndb_node *node_r, struct err *err)
{
	struct slice s;

	if (v->direct || !in_heap(v) ||
	    ltp_heap_get(h, v->hnid, &s, err) != 0 || s.n < 4)
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "node 0x%x: it does not say where its object is",
		    h->node.nid);
	return value_node(h, pst_u32(s.p), node_r, err) == 0 ? 1 : -1;
}

/* Which block tree a value is; 0 bid: it is in the heap. */
static int
value_tree(struct ltp_heap *h, const struct ltp_value *v, uint64_t *bid_r,
    struct err *err)
{
	struct ndb_node node;

	*bid_r = 0;
	if (v->type == PtypObject) {
		if (ltp_object(h, v, &node, err) < 0)
			return -1;
	} else if (v->hnid == 0 || in_heap(v)) {
		return 0;
	} else if (value_node(h, v->hnid, &node, err) != 0) {
		return -1;
	}
	*bid_r = node.data;
	if (node.data == 0)
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "node 0x%x: subnode 0x%x has no data", h->node.nid,
		    node.nid);
	return 0;
}

int64_t
ltp_number(struct ltp_heap *h, const struct ltp_value *v, int64_t none)
{
	struct err err = { 0 };
	struct slice s;

	if (v == NULL)
		return none;
	switch (v->type) {
	case PtypInteger16:
		return (int16_t)v->number;
	case PtypInteger32:
	case PtypErrorCode:
		return (int32_t)v->number;
	case PtypBoolean:
		return (v->number & 0xff) != 0;
	case PtypInteger64:
	case PtypTime:
		break;
	default:
		return none;
	}
	if (v->direct)
		return (int64_t)v->number;
	if (!in_heap(v) || ltp_heap_get(h, v->hnid, &s, &err) != 0 || s.n < 8)
		return none;
	return (int64_t)pst_u64(s.p);
}

uint64_t
ltp_size(struct ltp_heap *h, const struct ltp_value *v)
{
	struct err err = { 0 };
	struct ndb_data d;
	struct slice s;
	uint64_t bid;

	if (v == NULL || v->direct || value_tree(h, v, &bid, &err) != 0)
		return 0;
	if (bid == 0)
		return ltp_heap_get(h, v->hnid, &s, &err) == 0 ? s.n : 0;
	return ndb_data_open(h->n, bid, &d, &err) == 0 ? d.size : 0;
}

struct gather {
	struct buf *out;
	size_t left;
	bool full;
};

static int
gather_put(void *arg, const void *data, size_t len, struct err *err)
{
	struct gather *g = arg;
	size_t n = len < g->left ? len : g->left;

	buf_put(g->out, data, n);
	g->left -= n;
	if (n == len)
		return 0;
	g->full = true;
	return err_set(err, SCOPE_MSG, EX_DATAERR, "a value is too long");
}

/* What is lost of a value costs no more than that: 0, and it is told. */
static int
lost_rest(struct ndb *n, uint64_t key, const struct err *err)
{
	ndb_note(n, true, key << 8 | 5, "%s", err->text);
	return 0;
}

int
ltp_copy_data(struct ndb *n, uint64_t bid, const struct item_sink *to,
    struct err *err)
{
	const struct ndb_info *info = ndb_info(n);
	/* compressed blocks aside, all of it must be in the file */
	uint64_t sum = 0,
		 most = info->format == NDB_4K ? LIMIT_MSG_BYTES : info->size;
	struct ndb_data d;
	struct slice s;
	uint32_t i;
	int rc;

	if (ndb_data_open(n, bid, &d, err) != 0)
		return lost_rest(n, bid, err);
	for (i = 0; (rc = ndb_data_block(n, &d, i, &s, err)) > 0; i++) {
		sum += s.n;
		if (sum > most) {
			err_set(err, SCOPE_MSG, EX_DATAERR,
			    "a value claims more than the whole file holds");
			return lost_rest(n, bid, err);
		}
		if (s.n > 0 && to->put(to->arg, s.p, s.n, err) != 0)
			return -1;
	}
	if (rc < 0)
		return lost_rest(n, bid, err);
	return sum >= d.size;
}

/* As ltp_copy(), but -1 and *lost_r where nothing of it can be had. */
static int
copy_value(struct ltp_heap *h, const struct ltp_value *v,
    const struct item_sink *to, bool *lost_r, struct err *err)
{
	struct slice s;
	uint64_t bid;

	if (v->direct)
		return 1;
	*lost_r = true;
	if (value_tree(h, v, &bid, err) != 0)
		return -1;
	if (bid == 0 && ltp_heap_get(h, v->hnid, &s, err) != 0)
		return -1;
	*lost_r = false;
	if (bid != 0)
		return ltp_copy_data(h->n, bid, to, err);
	if (s.n > 0 && to->put(to->arg, s.p, s.n, err) != 0)
		return -1;
	return 1;
}

int
ltp_bytes(struct ltp_heap *h, const struct ltp_value *v, size_t max,
    struct buf *out, struct err *err)
{
	struct gather g = { .out = out, .left = max };
	struct item_sink to = { gather_put, &g };
	bool lost = false;
	int rc = copy_value(h, v, &to, &lost, err);

	if (rc >= 0)
		return 1;
	if (!g.full)
		return -1;
	err_clear(err);
	return 0;
}

int
ltp_copy(struct ltp_heap *h, const struct ltp_value *v,
    const struct item_sink *to, struct err *err)
{
	bool lost = false;
	int rc = copy_value(h, v, to, &lost, err);

	return lost ? lost_rest(h->n, v->hnid, err) : rc;
}
