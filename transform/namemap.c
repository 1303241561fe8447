/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The map of cleaned names; see namemap.h.  Nodes are spool paths before
 * cleaning, prefix by prefix; each has the path it becomes.  'owners' says
 * which node has a path already, under its folded spelling where the
 * destination ignores case.  Balanced trees (tsearch), since the names are
 * somebody else's and could be made to collide in a hash table.
 */
#include "transform/namemap.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/arena.h"
#include "core/fold.h"
#include "core/mem.h"
#include "core/text.h"
#include "formats/folder.h"

struct namemap_node {
	const char *source;	     /* spool path before cleaning */
	struct slice component;	     /* its last component, in 'source' */
	struct slice name;	     /* the same as transform/names.h has it */
	struct namemap_node *parent; /* NULL at the top */
	const char *base;	     /* the cleaned component, encoded */
	const char *dest;	     /* spool path; NULL: none yet */
	const char *saved_base, *saved_dest; /* as in the ledger, or NULL */
	size_t depth;
	size_t next_suffix; /* where to go on looking for a free suffix */
	bool wanted, exact, suffixed;
};

struct owner {
	const char *key;
	struct namemap_node *node;
};

struct namemap {
	const struct names_fix *fix;
	bool merge;
	struct arena arena;
	void *nodes;  /* tsearch tree of struct namemap_node */
	void *owners; /* tsearch tree of struct owner */
	struct namemap_node **list;
	size_t n, cap;
};

static int
by_source(const void *a, const void *b)
{
	const struct namemap_node *x = a, *y = b;

	return strcmp(x->source, y->source);
}

static int
by_key(const void *a, const void *b)
{
	const struct owner *x = a, *y = b;

	return strcmp(x->key, y->key);
}

struct namemap *
namemap_new(const struct names_fix *fix, bool merge)
{
	struct namemap *m = mem_alloc(1, sizeof(*m));

	m->fix = fix;
	m->merge = merge;
	return m;
}

/* tdestroy wants to free what the arena owns. */
static void
keep(void *p)
{
	(void)p;
}

void
namemap_free(struct namemap **m)
{
	if (*m == NULL)
		return;
	tdestroy((*m)->nodes, keep);
	tdestroy((*m)->owners, keep);
	free((*m)->list);
	arena_free(&(*m)->arena);
	free(*m);
	*m = NULL;
}

/* The node of a spool path; made, with its parents, if it is not there.
 * Depth is bounded by LIMIT_FOLDER_DEPTH: deeper folders cannot be. */
static struct namemap_node *
node_at(struct namemap *m, struct slice path)
{
	struct namemap_node probe = { 0 }, *node, **found;
	struct slice rest = path, c = path;
	struct buf name = { 0 };

	probe.source = arena_slice(&m->arena, path);
	found = tfind(&probe, &m->nodes, by_source);
	if (found != NULL)
		return *found;
	node = arena_alloc(&m->arena, sizeof(*node));
	node->source = probe.source;
	node->next_suffix = 2;
	while (folder_next(&rest, &c))
		node->depth++;
	if (c.n < path.n)
		node->parent = node_at(m, slice_of(path.p, path.n - c.n - 1));
	node->component = slice_of(node->source + path.n - c.n, c.n);
	names_open(&name, c);
	node->name = slice_of(arena_slice(&m->arena, buf_slice(&name)), name.n);
	buf_free(&name);
	if (tsearch(node, &m->nodes, by_source) == NULL)
		mem_exhausted();
	if (m->n == m->cap) {
		m->cap = m->cap == 0 ? 64 : 2 * m->cap;
		m->list = mem_grow(m->list, m->cap, sizeof(m->list[0]));
	}
	m->list[m->n++] = node;
	return node;
}

/* ------------------------------------------------------------- the ledger */

static int
create_table(struct ledger *l, struct err *err)
{
	return ledger_do(l, err,
	    "CREATE TABLE IF NOT EXISTS name_map ("
	    "source TEXT PRIMARY KEY, base TEXT NOT NULL, "
	    "dest TEXT NOT NULL) WITHOUT ROWID",
	    "");
}

int
namemap_load(struct namemap *m, struct ledger *l, struct err *err)
{
	struct ledger_rows *q = NULL;
	struct namemap_node *node;
	int64_t there;
	int rc;

	if (ledger_number(l, &there, err,
		"SELECT count(*) FROM sqlite_master "
		"WHERE type = 'table' AND name = 'name_map'",
		"") < 0)
		return -1;
	if (there == 0)
		return 0;
	if (ledger_query(l, &q, err,
		"SELECT source, base, dest FROM name_map ORDER BY source",
		"") < 0)
		return -1;
	while ((rc = ledger_step(q, err)) > 0) {
		if (!folder_is_path(slice_str(ledger_text(q, 0))) ||
		    !folder_is_path(slice_str(ledger_text(q, 2))))
			continue;
		node = node_at(m, slice_str(ledger_text(q, 0)));
		node->saved_base = arena_str(&m->arena, ledger_text(q, 1));
		node->saved_dest = arena_str(&m->arena, ledger_text(q, 2));
	}
	ledger_end(&q);
	return rc;
}

int
namemap_save(struct namemap *m, struct ledger *l, struct err *err)
{
	struct namemap_node *node;
	int rows = 0;
	size_t i;

	for (i = 0; i < m->n; i++) {
		node = m->list[i];
		if (!node->wanted ||
		    (node->saved_dest != NULL &&
			strcmp(node->saved_dest, node->dest) == 0 &&
			strcmp(node->saved_base, node->base) == 0))
			continue;
		if (rows++ == 0 &&
		    (ledger_begin(l, err) < 0 || create_table(l, err) < 0))
			return -1;
		if (ledger_do(l, err,
			"INSERT INTO name_map VALUES (?, ?, ?) "
			"ON CONFLICT (source) DO UPDATE SET "
			"base = excluded.base, dest = excluded.dest",
			"ttt", node->source, node->base, node->dest) < 0)
			return -1;
	}
	return rows;
}

/* -------------------------------------------------------------- assigning */

struct namemap_node *
namemap_want(struct namemap *m, struct slice name, struct slice was)
{
	struct namemap_node *node, *up;
	struct buf path = { 0 };

	names_close(&path, name, was);
	node = node_at(m, buf_slice(&path));
	for (up = node; up != NULL; up = up->parent)
		up->wanted = true;
	buf_free(&path);
	return node;
}

/* What names the folder 'path' in 'owners'. */
static const char *
owner_key(struct namemap *m, struct slice path)
{
	struct buf key = { 0 };
	const char *s;

	if (m->fix->dest != NULL && m->fix->dest->folds_case)
		fold_put(&key, path);
	else
		buf_put(&key, path.p, path.n);
	s = arena_slice(&m->arena, buf_slice(&key));
	buf_free(&key);
	return s;
}

static struct namemap_node *
owner_of(struct namemap *m, const char *key)
{
	struct owner probe = { .key = key }, **found;

	found = tfind(&probe, &m->owners, by_key);
	return found == NULL ? NULL : (*found)->node;
}

static void
own(struct namemap *m, struct namemap_node *node, const char *key,
    struct slice path)
{
	struct owner *o = arena_alloc(&m->arena, sizeof(*o));

	o->key = key;
	o->node = node;
	if (tsearch(o, &m->owners, by_key) == NULL)
		mem_exhausted();
	node->dest = arena_slice(&m->arena, path);
}

/* How much of 'text' fits in front of 'suffix' characters more. */
static size_t
room_before(const struct names_dest *d, const struct buf *text, size_t suffix)
{
	uint32_t cp;
	size_t chars = suffix, i = 0;

	if (d == NULL || d->max_chars == 0)
		return text->n;
	while (i < text->n && chars++ < d->max_chars)
		i += text_utf8(text->p + i, text->n - i, &cp);
	return i;
}

/* Append the cleaned component, encoded, with ' (n)' behind it if n > 1.
 * One that needs no cleaning stays as it lies. */
static void
put_candidate(struct namemap *m, const struct namemap_node *node, size_t n,
    struct buf *out)
{
	struct buf text = { 0 }, again = { 0 };
	char suffix[32] = "";

	names_fix(&text, node->name, m->fix, node->depth == 1);
	if (n > 1)
		snprintf(suffix, sizeof(suffix), " (%zu)", n);
	if (n == 1 && slice_eq(buf_slice(&text), node->name)) {
		buf_put(out, node->component.p, node->component.n);
	} else {
		text.n = room_before(m->fix->dest, &text, strlen(suffix));
		buf_puts(&text, suffix);
		names_raw(&again, buf_slice(&text));
		if (node->depth == 1)
			folder_join(out, buf_slice(&again));
		else
			folder_encode(out, buf_slice(&again));
	}
	buf_free(&text);
	buf_free(&again);
}

/* Find a free place under the parent's. */
static void
assign_new(struct namemap *m, struct namemap_node *node)
{
	struct namemap_node *first = NULL, *has;
	struct buf path = { 0 };
	const char *key;
	size_t n = 1;

	for (;;) {
		buf_clear(&path);
		if (node->parent != NULL)
			buf_putf(&path, "%s/", node->parent->dest);
		put_candidate(m, node, n, &path);
		key = owner_key(m, buf_slice(&path));
		has = owner_of(m, key);
		if (has == NULL || m->merge)
			break;
		if (first == NULL)
			first = has;
		n = n == 1 ? first->next_suffix : n + 1;
	}
	if (first != NULL)
		first->next_suffix = n + 1;
	node->suffixed = n > 1;
	own(m, node, key, buf_slice(&path));
	buf_free(&path);
}

/* Is what was written down still what this node would be called? */
static bool
take_saved(struct namemap *m, struct namemap_node *node)
{
	const char *key, *parent;
	size_t n;

	if (node->saved_dest == NULL ||
	    strcmp(node->saved_base, node->base) != 0 ||
	    (node->parent != NULL && node->parent->dest == NULL))
		return false;
	parent = node->parent == NULL ? "" : node->parent->dest;
	n = strlen(parent);
	if (strncmp(node->saved_dest, parent, n) != 0 ||
	    (n > 0 && node->saved_dest[n++] != '/') ||
	    strchr(node->saved_dest + n, '/') != NULL)
		return false;
	node->suffixed = strcmp(node->saved_dest + n, node->base) != 0;
	if (node->suffixed && m->merge)
		return false;
	key = owner_key(m, slice_str(node->saved_dest));
	if (owner_of(m, key) != NULL && !m->merge)
		return false;
	own(m, node, key, slice_str(node->saved_dest));
	return true;
}

static void
find_base(struct namemap *m, struct namemap_node *node)
{
	struct buf base = { 0 };

	put_candidate(m, node, 1, &base);
	node->base = arena_slice(&m->arena, buf_slice(&base));
	node->exact = slice_eq(buf_slice(&base), node->component);
	buf_free(&base);
}

/* Parents first; in one depth those that need no cleaning, then by bytes. */
static int
by_turn(const void *a, const void *b)
{
	const struct namemap_node *const *x = a, *const *y = b;

	if ((*x)->depth != (*y)->depth)
		return (*x)->depth < (*y)->depth ? -1 : 1;
	if ((*x)->exact != (*y)->exact)
		return (*x)->exact ? -1 : 1;
	return strcmp((*x)->source, (*y)->source);
}

void
namemap_assign(struct namemap *m)
{
	struct namemap_node *inbox = node_at(m, slice_str("INBOX"));
	size_t i, end, at;

	for (i = 0; i < m->n; i++)
		find_base(m, m->list[i]);
	inbox->base = inbox->source;
	own(m, inbox, owner_key(m, slice_str("INBOX")), slice_str("INBOX"));
	qsort(m->list, m->n, sizeof(m->list[0]), by_turn);
	for (at = 0; at < m->n; at = end) {
		end = at;
		while (end < m->n && m->list[end]->depth == m->list[at]->depth)
			end++;
		for (i = at; i < end; i++)
			if (m->list[i]->dest == NULL)
				take_saved(m, m->list[i]);
		for (i = at; i < end; i++)
			if (m->list[i]->dest == NULL && m->list[i]->wanted)
				assign_new(m, m->list[i]);
	}
}

const char *
namemap_dest(const struct namemap_node *node)
{
	return node->dest;
}

bool
namemap_is_suffixed(const struct namemap_node *node)
{
	return node->suffixed;
}
