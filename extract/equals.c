/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbering equal messages; see equals.h. */
#include "extract/equals.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

struct twin {
	uint64_t hash; /* 0: free */
	uint64_t count;
};

/* The place of 'hash', or the free one where it belongs. */
static uint64_t *
place_seen(uint64_t *table, size_t cap, uint64_t hash)
{
	size_t i = (size_t)hash & (cap - 1);

	while (table[i] != 0 && table[i] != hash)
		i = (i + 1) & (cap - 1);
	return &table[i];
}

static struct twin *
place_twin(struct twin *table, size_t cap, uint64_t hash)
{
	size_t i = (size_t)hash & (cap - 1);

	while (table[i].hash != 0 && table[i].hash != hash)
		i = (i + 1) & (cap - 1);
	return &table[i];
}

static void
grow_seen(struct equals *t)
{
	size_t cap = t->seen_cap == 0 ? 1024 : t->seen_cap * 2, i;
	uint64_t *bigger = mem_alloc(cap, sizeof(*bigger));

	for (i = 0; i < t->seen_cap; i++)
		if (t->seen[i] != 0)
			*place_seen(bigger, cap, t->seen[i]) = t->seen[i];
	free(t->seen);
	t->seen = bigger;
	t->seen_cap = cap;
}

static void
grow_twin(struct equals *t)
{
	size_t cap = t->twin_cap == 0 ? 64 : t->twin_cap * 2, i;
	struct twin *bigger = mem_alloc(cap, sizeof(*bigger));

	for (i = 0; i < t->twin_cap; i++)
		if (t->twin[i].hash != 0)
			*place_twin(bigger, cap, t->twin[i].hash) = t->twin[i];
	free(t->twin);
	t->twin = bigger;
	t->twin_cap = cap;
}

uint64_t
equals_number(struct equals *t, uint64_t hash)
{
	struct twin *twin;
	uint64_t *seen;

	if (hash == 0)
		hash = 1;
	if (t->nseen >= t->seen_cap / 4 * 3)
		grow_seen(t);
	seen = place_seen(t->seen, t->seen_cap, hash);
	if (*seen == 0) {
		*seen = hash;
		t->nseen++;
		return 1;
	}
	if (t->ntwin >= t->twin_cap / 4 * 3)
		grow_twin(t);
	twin = place_twin(t->twin, t->twin_cap, hash);
	if (twin->hash == 0) {
		twin->hash = hash;
		twin->count = 1;
		t->ntwin++;
	}
	return ++twin->count;
}

void
equals_free(struct equals *t)
{
	free(t->seen);
	free(t->twin);
	memset(t, 0, sizeof(*t));
}
