/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What no tree has any more; see carve.h. */
#include "formats/pst/carve_impl.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "formats/pst/prop.h"
#include "formats/pst/scan.h"

#define IDS_MAX	     8000000
#define NODES_MAX    300000
#define CHAINS_MAX   200000
#define PRINTS_MAX   4000000
#define CLASS_MAX    64
#define FLAG_IS_FAI  0x40 /* PidTagMessageFlags: mfFAI */
#define SUBNODES     0x02
#define BLOCK_LIST   0x01
#define LIST_HEAD    8
#define VERSIONS_MAX 4 /* of a node */

struct old_node {
	uint32_t nid, parent;
	uint64_t data, sub;
	uint64_t page; /* number of the page it stood in */
};

/* An XBLOCK and the first of its blocks. */
struct chain {
	uint64_t first, list;
};

struct carve {
	struct ndb *n;
	struct carve_ids heaps; /* blocks that may be a message's properties */
	struct carve_ids subs;	/* lists of subnodes */
	struct carve_ids used;	/* blocks that something refers to */
	struct chain *chains;
	size_t n_chains, cap_chains;
	struct old_node *nodes;
	size_t n_nodes, cap_nodes;
	uint64_t *prints; /* of messages: a set */
	size_t n_prints, cap_prints;
	struct carve_find *found;
	size_t n_found, cap_found;
	size_t with_node;   /* those come first, by id */
	size_t known, gone; /* older versions; nothing left but a number */
	int beside;	    /* carve_beside() */
	void (*tick)(void *arg);
	void *tick_arg;
	unsigned steps;
	bool full;
};

#define STEPS_A_TICK 512

static void
step_on(struct carve *c)
{
	if (++c->steps % STEPS_A_TICK == 0)
		c->tick(c->tick_arg);
}

/* -------------------------------------------------------------- block ids */

static int
by_id(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

void
carve_ids_put(struct carve_ids *s, uint64_t bid)
{
	if (s->n == IDS_MAX || bid >> 33 != 0 || bid < 2)
		return;
	if (s->n == s->cap) {
		s->cap += s->cap / 4 + 1024;
		s->v = mem_grow(s->v, s->cap, sizeof(*s->v));
	}
	s->v[s->n++] = (uint32_t)(bid >> 1);
}

void
carve_ids_sort(struct carve_ids *s)
{
	size_t i, n;

	scan_sort(s->v, s->n, sizeof(*s->v), by_id);
	for (i = n = 0; i < s->n; i++)
		if (n == 0 || s->v[i] != s->v[n - 1])
			s->v[n++] = s->v[i];
	s->n = n;
}

size_t
carve_ids_at(const struct carve_ids *s, uint64_t bid)
{
	size_t low = 0, high = s->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (carve_id(s, mid) < bid)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool
carve_ids_have(const struct carve_ids *s, uint64_t bid)
{
	size_t at = carve_ids_at(s, bid & ~(uint64_t)1);

	return at < s->n && carve_id(s, at) == (bid & ~(uint64_t)1);
}

/* ---------------------------------------------------- what the scan tells */

static int
by_nid(const void *a, const void *b)
{
	const struct old_node *x = a, *y = b;

	if (x->nid != y->nid)
		return x->nid < y->nid ? -1 : 1;
	return (x->page < y->page) - (x->page > y->page);
}

static bool
same_node(const struct old_node *x, const struct old_node *y)
{
	return x->nid == y->nid && x->data == y->data && x->sub == y->sub;
}

/* The newest few of each, the newest first. */
static void
sort_nodes(struct carve *c)
{
	size_t i, n, run = 0;

	scan_sort(c->nodes, c->n_nodes, sizeof(*c->nodes), by_nid);
	for (i = n = 0; i < c->n_nodes; i++) {
		if (n > 0 && same_node(&c->nodes[i], &c->nodes[n - 1]))
			continue;
		run = n > 0 && c->nodes[i].nid == c->nodes[n - 1].nid ? run + 1
								      : 0;
		if (run < VERSIONS_MAX)
			c->nodes[n++] = c->nodes[i];
	}
	c->n_nodes = n;
}

static void
put_node(struct carve *c, const struct ndb_node *node, uint64_t page)
{
	struct old_node *o;

	if (c->n_nodes == NODES_MAX)
		sort_nodes(c);
	if (c->n_nodes > NODES_MAX / 4 * 3) {
		c->full = true;
		return;
	}
	if (c->n_nodes == c->cap_nodes) {
		c->cap_nodes += c->cap_nodes / 4 + 256;
		c->nodes = mem_grow(c->nodes, c->cap_nodes, sizeof(*c->nodes));
	}
	o = &c->nodes[c->n_nodes++];
	o->nid = node->nid;
	o->parent = node->parent;
	o->data = node->data;
	o->sub = node->sub;
	o->page = page;
}

static void
on_page(void *arg, const struct scan_page *p)
{
	struct carve *c = arg;
	struct ndb_node node, have;
	struct err err = { 0 };
	unsigned i;

	if (!p->sound || p->type != NDB_PAGE_NODES || p->level != 0)
		return;
	for (i = 0; i < p->n; i++) {
		ndb_read_node(c->n, p->bytes + i * p->entry, &node);
		if (ndb_type(node.nid) == NID_TYPE_MESSAGE &&
		    ndb_find(c->n, node.nid, &have, &err) == 0)
			put_node(c, &node, p->bid);
	}
}

/* A list of blocks or subnodes: what it refers to. */
static void
on_list(struct carve *c, const struct scan_block *b)
{
	unsigned id = c->n->shape.id, head, width, i, entries, level;
	const uint8_t *p = b->bytes, *e;

	if (b->stored < LIST_HEAD)
		return;
	level = p[1];
	entries = pst_u16(p + 2);
	if (p[0] == BLOCK_LIST && level == 1 && entries > 0 &&
	    c->n_chains < CHAINS_MAX && b->stored >= LIST_HEAD + id) {
		if (c->n_chains == c->cap_chains) {
			c->cap_chains += c->cap_chains / 4 + 256;
			c->chains = mem_grow(c->chains, c->cap_chains,
			    sizeof(*c->chains));
		}
		c->chains[c->n_chains++] =
		    (struct chain){ ndb_id(c->n, p + LIST_HEAD) & ~(uint64_t)1,
			    b->bid };
		return;
	}
	if (p[0] != SUBNODES || level > 1)
		return;
	head = id == 8 ? 8 : 4;
	width = (level == 0 ? 3 : 2) * id;
	if (entries > (b->stored - head) / width)
		return;
	carve_ids_put(&c->subs, b->bid);
	for (i = 0; i < entries; i++) {
		e = p + head + i * width;
		carve_ids_put(&c->used, ndb_id(c->n, e + id));
		if (level == 0)
			carve_ids_put(&c->used, ndb_id(c->n, e + 2 * id));
	}
}

/* Does a decoded block begin with the head of a heap of properties? */
static bool
is_props(struct carve *c, const struct scan_block *b)
{
	uint8_t p[4];

	return scan_head(b, c->n->info.crypt, p) && p[2] == 0xec &&
	    p[3] == LTP_PROPS;
}

static void
on_block(void *arg, const struct scan_block *b)
{
	struct carve *c = arg;

	if (ndb_is_internal(b->bid))
		on_list(c, b);
	else if (is_props(c, b))
		carve_ids_put(&c->heaps, b->bid);
}

static bool
on_chunk(void *arg)
{
	step_on(arg);
	return true;
}

/* ---------------------------------------------------------- what is known */

static int
by_chain(const void *a, const void *b)
{
	const struct chain *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

/* The whole that begins with block 'bid'. */
static uint64_t
whole_of(const struct carve *c, uint64_t bid)
{
	struct chain key = { .first = bid }, *found;

	found = c->n_chains == 0
	    ? NULL
	    : bsearch(&key, c->chains, c->n_chains, sizeof(key), by_chain);
	return found == NULL ? bid : found->list;
}

/* A set with open addresses; half of it stays empty. */
static bool
is_known(const struct carve *c, uint64_t print)
{
	size_t at;

	if (print == 0 || c->cap_prints == 0)
		return false;
	for (at = print & (c->cap_prints - 1); c->prints[at] != 0;
	     at = (at + 1) & (c->cap_prints - 1))
		if (c->prints[at] == print)
			return true;
	return false;
}

static void
place_print(struct carve *c, uint64_t print)
{
	size_t at = print & (c->cap_prints - 1);

	while (c->prints[at] != 0)
		at = (at + 1) & (c->cap_prints - 1);
	c->prints[at] = print;
}

static void
put_print(struct carve *c, uint64_t print)
{
	uint64_t *old = c->prints;
	size_t i, n = c->cap_prints;

	if (print == 0 || c->n_prints == PRINTS_MAX || is_known(c, print))
		return;
	if (2 * c->n_prints >= c->cap_prints) {
		c->cap_prints = n == 0 ? 1024 : 2 * n;
		c->prints = mem_alloc(c->cap_prints, sizeof(*c->prints));
		for (i = 0; i < n; i++)
			if (old[i] != 0)
				place_print(c, old[i]);
		free(old);
	}
	c->n_prints++;
	place_print(c, print);
}

static void
mark_used(struct carve *c)
{
	struct ndb_walk w = { 0 };
	struct ndb_node node;

	while (ndb_walk(c->n, &w, &node) > 0) {
		carve_ids_put(&c->used, node.data);
		carve_ids_put(&c->used, node.sub);
	}
}

/* Who is still there, so that no older version of it comes, too. */
static void
print_all(struct carve *c)
{
	struct ndb_walk w = { 0 };
	struct ndb_node node;
	struct arena a = { 0 };
	struct err err = { 0 };
	struct ltp_props p;

	while (ndb_walk(c->n, &w, &node) > 0) {
		if (ndb_type(node.nid) != NID_TYPE_MESSAGE)
			continue;
		step_on(c);
		ndb_at(c->n, node.nid);
		if (ltp_props_open(&p, c->n, &node, &a, &err) == 0)
			put_print(c, carve_print(&p));
		arena_reset(&a);
	}
	ndb_at(c->n, 0);
	arena_free(&a);
}

/* ------------------------------------------------------------- candidates */

/* Its class, in lower case; false if it has none of an item. */
static bool
is_item(struct ltp_props *p, bool guessed)
{
	static const char *const known[] = { "ipm.note", "ipm.post",
		"ipm.schedule", "report.", "ipm.contact", "ipm.appointment",
		"ipm.task", "ipm.activity", "ipm.stickynote", "ipm.distlist",
		"ipm.document" };
	const struct ltp_value *v = ltp_prop(p, PidTagMessageClass);
	struct buf b = { 0 };
	struct err err = { 0 };
	char class[CLASS_MAX] = "";
	size_t i, n, step;
	bool ok = false;

	if (v == NULL || (v->type != PtypString && v->type != PtypString8) ||
	    ltp_bytes(&p->heap, v, 2 * CLASS_MAX, &b, &err) < 0) {
		buf_free(&b);
		return false;
	}
	step = v->type == PtypString ? 2 : 1;
	for (i = n = 0; i < b.n && n < CLASS_MAX - 1; i += step)
		class[n++] = (char)(b.p[i] | 0x20);
	buf_free(&b);
	if (!guessed)
		return n > 0;
	for (i = 0; i < sizeof(known) / sizeof(known[0]) && !ok; i++)
		ok = strncmp(class, known[i], strlen(known[i])) == 0;
	v = ltp_prop(p, PidTagMessageFlags);
	return ok &&
	    (v == NULL || (ltp_number(&p->heap, v, 0) & FLAG_IS_FAI) == 0);
}

static void
put_found(struct carve *c, const struct carve_find *f)
{
	if (c->n_found == c->cap_found) {
		c->cap_found += c->cap_found / 4 + 64;
		c->found = mem_grow(c->found, c->cap_found, sizeof(*c->found));
	}
	c->found[c->n_found++] = *f;
}

/* Is the node what it was?  1: taken, 0: no more is left of it, -1: the
 * message is known. */
static int
try_node(struct carve *c, const struct ndb_node *node)
{
	struct carve_find f = { .id = node->nid, .node = *node };
	struct arena a = { 0 };
	struct err err = { 0 };
	struct ltp_props p;
	uint64_t print;
	int rc = 0;

	step_on(c);
	if (ltp_props_open(&p, c->n, node, &a, &err) == 0 &&
	    is_item(&p, false)) {
		print = carve_print(&p);
		rc = is_known(c, print) ? -1 : 1;
		if (rc > 0) {
			put_print(c, print);
			put_found(c, &f);
		}
	}
	arena_free(&a);
	return rc;
}

static void
try_nodes(struct carve *c)
{
	struct ndb_node node;
	const struct old_node *o;
	size_t i, end;
	int rc;

	for (i = 0; i < c->n_nodes; i = end) {
		rc = 0;
		for (end = i;
		     end < c->n_nodes && c->nodes[end].nid == c->nodes[i].nid;
		     end++) {
			o = &c->nodes[end];
			node = (struct ndb_node){ o->nid, o->parent, o->data,
				o->sub };
			/* all that its versions stood in is its own */
			carve_ids_put(&c->used, o->data);
			carve_ids_put(&c->used, o->sub);
			if (rc == 0)
				rc = try_node(c, &node);
		}
		c->known += rc < 0;
		c->gone += rc == 0;
	}
}

static void
try_block(struct carve *c, uint64_t bid)
{
	struct carve_find f = { .id = CARVE_BLOCK | bid };
	struct arena a = { 0 };
	struct err err = { 0 };
	struct ltp_props p;
	uint64_t print;

	step_on(c);
	f.node.data = whole_of(c, bid);
	if (carve_ids_have(&c->used, f.node.data))
		return;
	if (ltp_props_open(&p, c->n, &f.node, &a, &err) == 0 &&
	    is_item(&p, true)) {
		print = carve_print(&p);
		if (is_known(c, print)) {
			c->known++;
		} else {
			put_print(c, print);
			f.node.sub =
			    carve_find_subs(c->n, &p, bid, &c->subs, c->beside);
			f.no_subs = f.node.sub == 0 && carve_wants_subs(&p);
			put_found(c, &f);
		}
	}
	arena_free(&a);
}

/* Lists that nothing refers to: they may be a lost message's. */
static void
keep_loose_subs(struct carve *c)
{
	size_t i, n;

	for (i = n = 0; i < c->subs.n; i++)
		if (!carve_ids_have(&c->used, carve_id(&c->subs, i)))
			c->subs.v[n++] = c->subs.v[i];
	c->subs.n = n;
}

/* Two messages cannot have the same list: then it is neither's for sure. */
static void
drop_shared_subs(struct carve *c, size_t first)
{
	struct carve_ids all = { 0 };
	struct carve_find *f;
	size_t i, at;

	for (i = first; i < c->n_found; i++)
		if (c->found[i].node.sub != 0)
			carve_ids_put(&all, c->found[i].node.sub);
	scan_sort(all.v, all.n, sizeof(*all.v), by_id);
	for (i = first; i < c->n_found; i++) {
		f = &c->found[i];
		at = carve_ids_at(&all, f->node.sub & ~(uint64_t)1);
		if (f->node.sub != 0 && at + 1 < all.n &&
		    all.v[at] == all.v[at + 1]) {
			f->node.sub = 0;
			f->no_subs = true;
		}
	}
	free(all.v);
}

/* Heaps that nothing refers to. */
static size_t
keep_loose_heaps(struct carve *c)
{
	size_t i, n;

	for (i = n = 0; i < c->heaps.n; i++)
		if (!carve_ids_have(&c->used,
			whole_of(c, carve_id(&c->heaps, i))))
			c->heaps.v[n++] = c->heaps.v[i];
	c->heaps.n = n;
	return n;
}

/* ---------------------------------------------------------------- public */

static void
sort_all(struct carve *c)
{
	carve_ids_sort(&c->heaps);
	carve_ids_sort(&c->subs);
	carve_ids_sort(&c->used);
	scan_sort(c->chains, c->n_chains, sizeof(*c->chains), by_chain);
	sort_nodes(c);
}

/* What served the search only. */
static void
free_scratch(struct carve *c)
{
	free(c->heaps.v);
	free(c->subs.v);
	free(c->used.v);
	free(c->chains);
	free(c->nodes);
	free(c->prints);
	memset(&c->heaps, 0, sizeof(c->heaps));
	memset(&c->subs, 0, sizeof(c->subs));
	memset(&c->used, 0, sizeof(c->used));
	c->chains = NULL;
	c->nodes = NULL;
	c->prints = NULL;
}

static void
tell(struct carve *c)
{
	if (c->full)
		ndb_note(c->n, true, 6,
		    "more old nodes are in the file than are kept apart: "
		    "some may be missing");
	if (c->known > 0)
		ndb_note(c->n, false, 7,
		    "%zu %s of messages that come out %s left where %s",
		    c->known,
		    c->known == 1 ? "copy or older version"
				  : "copies or older versions",
		    c->known == 1 ? "was" : "were",
		    c->known == 1 ? "it is" : "they are");
	if (c->gone > 0)
		ndb_note(c->n, false, 8,
		    "of %zu deleted message%s nothing is left but %s", c->gone,
		    c->gone == 1 ? "" : "s",
		    c->gone == 1 ? "its number" : "their numbers");
}

void
carve_open(struct carve **c_r, struct ndb *n, void (*tick)(void *arg),
    void *arg)
{
	struct carve *c = mem_alloc(1, sizeof(*c));
	struct ndb_scan s = { .page = on_page,
		.block = on_block,
		.go_on = on_chunk,
		.arg = c };
	size_t first, i;

	*c_r = c;
	c->n = n;
	c->tick = tick;
	c->tick_arg = arg;
	ndb_rescue_all(n, &s);
	mark_used(c);
	sort_all(c);
	if (c->n_nodes == 0 && keep_loose_heaps(c) == 0) {
		free_scratch(c);
		return;
	}
	print_all(c);
	try_nodes(c);
	carve_ids_sort(&c->used);
	keep_loose_heaps(c);
	keep_loose_subs(c);
	c->beside = carve_beside(&c->heaps, &c->subs);
	first = c->with_node = c->n_found;
	/* the newest version of a message has the highest number */
	for (i = c->heaps.n; i-- > 0;)
		try_block(c, carve_id(&c->heaps, i));
	drop_shared_subs(c, first);
	tell(c);
	free_scratch(c);
}

size_t
carve_count(const struct carve *c)
{
	return c->n_found;
}

bool
carve_get(const struct carve *c, size_t i, struct carve_find *f_r)
{
	if (i >= c->n_found)
		return false;
	*f_r = c->found[i];
	return true;
}

static struct carve_find *
find_node(const struct carve *c, uint32_t nid)
{
	size_t low = 0, high = c->with_node, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (c->found[mid].id == nid)
			return &c->found[mid];
		if (c->found[mid].id < nid)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

bool
carve_find(const struct carve *c, uint32_t nid, struct carve_find *f_r)
{
	const struct carve_find *f = find_node(c, nid);

	if (f != NULL)
		*f_r = *f;
	return f != NULL;
}

void
carve_take(struct carve *c, uint32_t nid)
{
	struct carve_find *f = find_node(c, nid);

	if (f != NULL)
		f->taken = true;
}

void
carve_close(struct carve **c)
{
	if (*c == NULL)
		return;
	free_scratch(*c);
	free((*c)->found);
	free(*c);
	*c = NULL;
}
