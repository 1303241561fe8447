/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The name-to-id map: [MS-PST] 2.4.7; see check_impl.h. */
#include <stdlib.h>

#include "core/mem.h"
#include "formats/pst/check_impl.h"

#define NAMES	"2.4.7"
#define BUCKETS 251

static const struct {
	uint16_t id;
	const char *name;
	unsigned unit;
} streams[] = { { PidTagNameidStreamGuid, "PidTagNameidStreamGuid", 16 },
	{ PidTagNameidStreamEntry, "PidTagNameidStreamEntry", 8 },
	{ PidTagNameidStreamString, "PidTagNameidStreamString", 1 } };

struct name_map {
	struct check *c;
	struct check_props p;
	struct buf stream[3];
	struct buf bucket[BUCKETS];
	size_t right[2]; /* numbers, strings: in their buckets */
};

/* The number by which the name is hashed; false: told that it has none. */
static bool
name_number(struct name_map *m, size_t i, const char *e, uint32_t *number_r)
{
	const struct buf *s = &m->stream[2];
	uint32_t at = pst_u32(e), len;

	*number_r = at;
	if ((pst_u16(e + 4) & 1) == 0)
		return true;
	len = s->n >= 4 && at <= s->n - 4 ? pst_u32(s->p + at) : UINT32_MAX;
	if (len > s->n || at + 4 + (size_t)len > s->n || len % 2 != 0) {
		check_bad(m->c, "2.4.7.4", AT_NODE, "the name of an entry",
		    "in the stream of names", "entry %zu at 0x%x of 0x%zx", i,
		    at, s->n);
		return false;
	}
	if (at % 4 != 0)
		check_bad(m->c, "2.4.7.4", AT_NODE, "the name of an entry",
		    "at a multiple of 4", "0x%x", at);
	*number_r = pst_crc(0, s->p + at + 4, len);
	return true;
}

enum found_in { BUCKET_RIGHT, BUCKET_OTHER_INDEX, BUCKET_MISSING };

/* Is the entry where its hash says, with its own index? */
static enum found_in
look_up(const struct name_map *m, const char *e, uint32_t number)
{
	unsigned kind = pst_u16(e + 4);
	const struct buf *b = &m->bucket[(number ^ kind) % BUCKETS];
	enum found_in found = BUCKET_MISSING;
	size_t k;

	for (k = 0; k + 8 <= b->n; k += 8) {
		if (pst_u32(b->p + k) != number ||
		    pst_u16(b->p + k + 4) != kind)
			continue;
		if (pst_u16(b->p + k + 6) == pst_u16(e + 6))
			return BUCKET_RIGHT;
		found = BUCKET_OTHER_INDEX;
	}
	return found;
}

static void
check_name(struct name_map *m, size_t i, bool tell)
{
	struct check *c = m->c;
	const char *e = m->stream[1].p + 8 * i;
	unsigned kind = pst_u16(e + 4), guid = kind >> 1;
	enum found_in found;
	uint32_t number;

	c->quiet += !tell;
	check_same(c, "2.4.7.1", AT_NODE, "wPropIdx of an entry",
	    pst_u16(e + 6), i);
	if (guid >= 3 && guid - 3u >= m->stream[0].n / 16)
		check_bad(c, "2.4.7.1", AT_NODE, "wGuid of an entry",
		    "one of the stream of GUIDs", "%u of %zu", guid,
		    m->stream[0].n / 16 + 3);
	if (name_number(m, i, e, &number)) {
		found = look_up(m, e, number);
		m->right[kind & 1] += !tell && found == BUCKET_RIGHT;
		/*
		 * Some writers hash strings in a way of their own: where
		 * none is right, that is what it is.
		 */
		if (found == BUCKET_MISSING && m->right[kind & 1] > 0)
			check_bad(c, "2.4.7.5", AT_NODE,
			    "an entry of the name-to-id map",
			    "in its hash bucket", "entry %zu is not in %u", i,
			    (unsigned)((number ^ kind) % BUCKETS));
		else if (found != BUCKET_RIGHT)
			check_remark(c, "2.4.7.5", AT_NODE,
			    "an entry of the name-to-id map",
			    "in its hash bucket, with its index",
			    "entry %zu is not in %u", i,
			    (unsigned)((number ^ kind) % BUCKETS));
	}
	c->quiet -= !tell;
}

static void
check_name_streams(struct name_map *m)
{
	struct check *c = m->c;
	const struct check_prop *v = check_prop(&m->p, 0x0001);
	size_t i, total = 0;

	if (v == NULL || v->type != PtypInteger32 || v->value != BUCKETS)
		check_bad(c, "2.4.7.5", AT_NODE, "PidTagNameidBucketCount",
		    "251", "0x%x", v == NULL ? 0 : v->value);
	for (i = 0; i < 3; i++) {
		if (!check_prop_must(c, &m->p, NAMES, streams[i].name,
			streams[i].id, PtypBinary))
			continue;
		check_prop_bytes(&m->p, streams[i].id, &m->stream[i]);
		if (m->stream[i].n % streams[i].unit != 0)
			check_bad(c, NAMES, AT_NODE, streams[i].name,
			    "whole entries", "%zu bytes", m->stream[i].n);
	}
	for (i = 0; i < BUCKETS; i++) {
		check_prop_bytes(&m->p, 0x1000 + (unsigned)i, &m->bucket[i]);
		total += m->bucket[i].n / 8;
	}
	c->names = m->stream[1].n / 8;
	check_same(c, "2.4.7.5", AT_NODE, "names in the hash buckets", total,
	    c->names);
	for (i = 0; i < c->names; i++)
		check_name(m, i, false); /* count */
	for (i = 0; i < c->names && !c->stop; i++)
		check_name(m, i, true);
}

void
check_names(struct check *c)
{
	struct check_node *n = check_find_node(c, NID_NAMES);
	struct name_map *m;
	size_t i;

	c->names = 0x8000; /* unknown: all may be there */
	c->node = NID_NAMES;
	if (n == NULL || !check_at(c, PST_CHECK_STORE, NID_NAMES))
		return;
	m = mem_alloc(1, sizeof(*m));
	m->c = c;
	if (check_props_open(c, n->data, n->sub, &m->p)) {
		check_name_streams(m);
		check_props_free(&m->p);
	}
	for (i = 0; i < 3; i++)
		buf_free(&m->stream[i]);
	for (i = 0; i < BUCKETS; i++)
		buf_free(&m->bucket[i]);
	free(m);
}
