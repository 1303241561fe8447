/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders of the spool that go to the same one there: no two connections may
 * be at them at the same time. */
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "load/load_impl.h"

void
lanes_mark_shared(struct load *l, struct load_folder *f)
{
	size_t i;

	for (i = 0; i < l->nfolders; i++) {
		struct load_folder *g = &l->folders[i];

		if (g != f && g->name != NULL && strcmp(g->name, f->name) == 0)
			g->shared = f->shared = true;
	}
}

static int
by_name(const void *a, const void *b)
{
	const struct load_folder *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

void
lanes_mark_all_shared(struct load *l)
{
	struct load_folder **v = mem_alloc(l->nfolders + 1, sizeof(*v));
	size_t i, n = 0;

	for (i = 0; i < l->nfolders; i++)
		if (l->folders[i].name != NULL)
			v[n++] = &l->folders[i];
	if (n > 1)
		qsort(v, n, sizeof(*v), by_name);
	for (i = 1; i < n; i++)
		if (strcmp(v[i - 1]->name, v[i]->name) == 0)
			v[i - 1]->shared = v[i]->shared = true;
	free(v);
}
