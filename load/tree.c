/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The destination's folders; see tree.h. */
#include "load/tree.h"

#include <stdlib.h>

#include "core/mem.h"

#define TREE_MAX 1000000 /* folders; a server that lists more is not sane */

static int
compare_slices(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n == 0 ? 0 : memcmp(a.p, b.p, n);

	return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

static int
compare(const void *a, const void *b)
{
	const struct tree_folder *x = a, *y = b;

	return compare_slices(slice_str(x->name), slice_str(y->name));
}

static struct slice
canonical(struct slice name)
{
	return slice_is_nocase(name, "INBOX") ? slice_str("INBOX") : name;
}

static struct tree_folder *
append(struct tree *tree, struct slice name)
{
	struct tree_folder *f;

	if (tree->n == tree->cap) {
		tree->cap = tree->cap == 0 ? 64 : 2 * tree->cap;
		tree->v = mem_grow(tree->v, tree->cap, sizeof(*tree->v));
	}
	f = &tree->v[tree->n++];
	name = canonical(name);
	*f = (struct tree_folder){ .name = mem_strn(name.p, name.n),
		.subscribed = -1 };
	return f;
}

static int
take(void *arg, const struct imap_folder *f, struct err *err)
{
	struct tree *tree = arg;
	struct tree_folder *t;

	if (tree->n >= TREE_MAX)
		return err_set(err, SCOPE_STORE, EX_PROTOCOL,
		    "the server lists more than %d folders", TREE_MAX);
	if (memchr(f->name.p, '\0', f->name.n) != NULL)
		return 0;
	t = append(tree, f->name);
	t->role = mem_strn(f->special_use.p, f->special_use.n);
	t->noselect = f->noselect;
	t->subscribed = f->subscribed;
	return 0;
}

/* One record where a server lists a name twice. */
static void
drop_doubles(struct tree *tree)
{
	size_t i, k = 0;

	for (i = 0; i < tree->n; i++) {
		if (k > 0 && compare(&tree->v[k - 1], &tree->v[i]) == 0) {
			free(tree->v[i].name);
			free(tree->v[i].role);
			continue;
		}
		tree->v[k++] = tree->v[i];
	}
	tree->n = k;
}

int
tree_read_send(struct tree *tree, struct imap *im, struct err *err)
{
	tree_free(tree);
	return imap_list_send(im, slice_str("*"), take, tree, err);
}

int
tree_read(struct tree *tree, struct imap *im, struct err *err)
{
	return tree_read_send(tree, im, err) < 0
	    ? -1
	    : tree_read_wait(tree, im, err);
}

int
tree_read_wait(struct tree *tree, struct imap *im, struct err *err)
{
	if (imap_list_wait(im, err) < 0)
		return -1;
	if (tree->n > 0)
		qsort(tree->v, tree->n, sizeof(*tree->v), compare);
	drop_doubles(tree);
	return 0;
}

void
tree_free(struct tree *tree)
{
	size_t i;

	for (i = 0; i < tree->n; i++) {
		free(tree->v[i].name);
		free(tree->v[i].role);
	}
	free(tree->v);
	*tree = (struct tree){ 0 };
}

/* Where 'name' is, or would be. */
static size_t
position(const struct tree *tree, struct slice name)
{
	size_t lo = 0, hi = tree->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (compare_slices(slice_str(tree->v[mid].name), name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct tree_folder *
tree_find(struct tree *tree, struct slice name)
{
	size_t at;

	name = canonical(name);
	at = position(tree, name);
	if (at < tree->n && slice_is(name, tree->v[at].name))
		return &tree->v[at];
	return NULL;
}

struct tree_folder *
tree_by_role(struct tree *tree, const char *role, const struct names *n)
{
	struct tree_folder *t;
	size_t i;

	for (i = 0; i < tree->n; i++) {
		t = &tree->v[i];
		if (!t->noselect && !t->taken && *t->role != '\0' &&
		    slice_is_nocase(slice_str(t->role), role) &&
		    names_is_personal(slice_str(t->name), n))
			return t;
	}
	return NULL;
}

void
tree_add(struct tree *tree, struct slice name)
{
	struct tree_folder *f = tree_find(tree, name);
	struct tree_folder one;
	size_t at;

	if (f != NULL) {
		f->noselect = false;
		return;
	}
	at = position(tree, canonical(name));
	f = append(tree, name);
	f->role = mem_str("");
	one = *f;
	memmove(tree->v + at + 1, tree->v + at,
	    (tree->n - 1 - at) * sizeof(*tree->v));
	tree->v[at] = one;
}
