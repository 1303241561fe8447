/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets of UIDs; see uidset.h. */
#include "extract/uidset.h"

#include <stdlib.h>

#include "core/mem.h"

static void
push(struct uidset *s, uint32_t lo, uint32_t hi)
{
	if (s->n == s->cap) {
		/* by an eighth: a million ranges must not cost two million */
		s->cap = s->cap < 64 ? 64 : s->cap + s->cap / 8;
		s->v = mem_grow(s->v, s->cap, sizeof(*s->v));
	}
	s->v[s->n++] = (struct uid_range){ lo, hi };
}

void
uidset_add(struct uidset *s, uint32_t uid)
{
	struct uid_range *last = s->n > s->at ? &s->v[s->n - 1] : NULL;

	if (last != NULL && uid == last->hi + 1 && last->hi != UINT32_MAX) {
		last->hi = uid;
		return;
	}
	if (last != NULL && uid >= last->lo && uid <= last->hi)
		return;
	if (last != NULL && uid < last->lo)
		s->unsorted = true;
	push(s, uid, uid);
}

static int
compare(const void *a, const void *b)
{
	const struct uid_range *x = a, *y = b;

	return (x->lo > y->lo) - (x->lo < y->lo);
}

void
uidset_settle(struct uidset *s)
{
	size_t i, k = s->at;

	if (!s->unsorted)
		return;
	s->unsorted = false;
	qsort(s->v + s->at, s->n - s->at, sizeof(*s->v), compare);
	for (i = s->at + 1; i < s->n; i++) {
		if (s->v[k].hi == UINT32_MAX || s->v[i].lo <= s->v[k].hi + 1) {
			if (s->v[i].hi > s->v[k].hi)
				s->v[k].hi = s->v[i].hi;
		} else {
			s->v[++k] = s->v[i];
		}
	}
	s->n = k + 1;
}

bool
uidset_has(const struct uidset *s, uint32_t uid)
{
	size_t lo = s->at, hi = s->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (uid < s->v[mid].lo)
			hi = mid;
		else if (uid > s->v[mid].hi)
			lo = mid + 1;
		else
			return true;
	}
	return false;
}

uint64_t
uidset_count(const struct uidset *s)
{
	uint64_t n = 0;
	size_t i;

	for (i = s->at; i < s->n; i++)
		n += (uint64_t)s->v[i].hi - s->v[i].lo + 1;
	return n;
}

uint32_t
uidset_last(const struct uidset *s)
{
	return s->n > s->at ? s->v[s->n - 1].hi : 0;
}

uint64_t
uidset_minus(const struct uidset *a, const struct uidset *b, struct uidset *out)
{
	uint64_t both = 0, lo, hi, cut;
	size_t i, j = b->at;

	uidset_clear(out);
	for (i = a->at; i < a->n; i++) {
		lo = a->v[i].lo;
		hi = a->v[i].hi;
		while (lo <= hi) {
			while (j < b->n && b->v[j].hi < lo)
				j++;
			if (j == b->n || b->v[j].lo > hi) {
				push(out, (uint32_t)lo, (uint32_t)hi);
				break;
			}
			if (b->v[j].lo > lo)
				push(out, (uint32_t)lo, b->v[j].lo - 1);
			lo = b->v[j].lo > lo ? b->v[j].lo : lo;
			cut = b->v[j].hi < hi ? b->v[j].hi : hi;
			both += cut - lo + 1;
			lo = cut + 1;
		}
	}
	return both;
}

uint32_t
uidset_take(struct uidset *s)
{
	uint32_t uid;

	if (s->at == s->n)
		return 0;
	uid = s->v[s->at].lo;
	if (uid == s->v[s->at].hi)
		s->at++;
	else
		s->v[s->at].lo++;
	return uid;
}

void
uidset_clear(struct uidset *s)
{
	s->at = s->n = 0;
	s->unsorted = false;
}

void
uidset_free(struct uidset *s)
{
	free(s->v);
	*s = (struct uidset){ 0 };
}
