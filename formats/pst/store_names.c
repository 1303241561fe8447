/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The name-to-id map of a store being written, [MS-PST] 2.4.7. */
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "formats/pst/bytes.h"
#include "formats/pst/crypt.h"
#include "formats/pst/store_impl.h"

#define FIRST_ID  0x8000
#define NAMES_MAX 0x7ff
#define BUCKETS	  251
#define BUCKET_0  0x1000
/* 1 is PS_MAPI, 2 PS_PUBLIC_STRINGS, then what the stream has */
#define SET_STRINGS 2
#define SET_FIRST   3

struct store_named {
	enum pst_set set;
	uint32_t number;
	char *text; /* or NULL */
};

static unsigned
find(struct pst_store_out *s, enum pst_set set, uint32_t number,
    const char *text)
{
	size_t i;

	for (i = 0; i < s->n_names; i++) {
		const struct store_named *n = &s->names[i];

		if (n->set == set && n->number == number &&
		    (n->text == NULL) == (text == NULL) &&
		    (text == NULL || strcmp(n->text, text) == 0))
			return FIRST_ID + (unsigned)i;
	}
	if (s->n_names == NAMES_MAX)
		return 0;
	if ((s->n_names & 15) == 0)
		s->names =
		    mem_grow(s->names, s->n_names + 16, sizeof(*s->names));
	s->names[s->n_names++] = (struct store_named){ set, number,
		text == NULL ? NULL : mem_str(text) };
	return FIRST_ID + (unsigned)i;
}

unsigned
store_name(struct pst_store_out *s, enum pst_set set, uint32_t number)
{
	return find(s, set, number, NULL);
}

unsigned
store_name_text(struct pst_store_out *s, const char *name)
{
	return find(s, PST_SET_STRINGS, 0, name);
}

unsigned
store_name_slice(struct pst_store_out *s, struct slice name)
{
	char *text = mem_strn(name.p, name.n);
	unsigned id = find(s, PST_SET_STRINGS, 0, text);

	free(text);
	return id;
}

void
store_names_free(struct pst_store_out *s)
{
	while (s->n_names > 0)
		free(s->names[--s->n_names].text);
	free(s->names);
	s->names = NULL;
}

/* What the streams are made of. */
struct map {
	struct buf guids, entries, names;
	struct buf bucket[BUCKETS];
	unsigned index[PST_SETS]; /* of each set; 0: not there yet */
	unsigned sets;
};

static unsigned
set_index(struct map *m, enum pst_set set)
{
	if (set == PST_SET_STRINGS)
		return SET_STRINGS;
	if (m->index[set] == 0) {
		m->index[set] = SET_FIRST + m->sets++;
		buf_put(&m->guids, pst_set_guid(set), PST_GUID);
	}
	return m->index[set];
}

/* A name: its NAMEID (2.4.7.1), and in its bucket one with the name's CRC
 * in the place of where it is. */
static void
add_name(struct map *m, const struct store_named *n, unsigned i)
{
	uint8_t e[8], length[4];
	unsigned kind = set_index(m, n->set) << 1 | (n->text != NULL);
	uint32_t number = n->number;
	struct buf text = { 0 };

	pst_put32(e, n->text == NULL ? n->number : (uint32_t)m->names.n);
	pst_put16(e + 4, (uint16_t)kind);
	pst_put16(e + 6, (uint16_t)i);
	buf_put(&m->entries, e, sizeof(e));
	if (n->text != NULL) {
		pst_out_utf16(&text, slice_str(n->text), 0);
		pst_put32(length, (uint32_t)text.n);
		number = pst_crc(0, text.p, text.n);
		buf_put(&m->names, length, 4);
		buf_put(&m->names, text.p, text.n);
		while (m->names.n % 4 != 0)
			buf_put(&m->names, "", 1);
		buf_free(&text);
	}
	pst_put32(e, number);
	buf_put(&m->bucket[(number ^ kind) % BUCKETS], e, sizeof(e));
}

int
store_put_names(struct pst_store_out *s, struct err *err)
{
	struct map *m = mem_alloc(1, sizeof(*m));
	struct pst_props p = { 0 };
	unsigned i;
	int rc;

	/* readers expect streams that are not empty */
	set_index(m, PST_SET_COMMON);
	store_name_text(s, "Keywords");
	for (i = 0; i < s->n_names; i++)
		add_name(m, &s->names[i], i);
	props_int(&p, 0x0001, BUCKETS); /* PidTagNameidBucketCount */
	props_binary(&p, PidTagNameidStreamGuid, buf_slice(&m->guids));
	props_binary(&p, PidTagNameidStreamEntry, buf_slice(&m->entries));
	props_binary(&p, PidTagNameidStreamString, buf_slice(&m->names));
	for (i = 0; i < BUCKETS; i++) {
		if (m->bucket[i].n > 0)
			props_binary(&p, BUCKET_0 + i,
			    buf_slice(&m->bucket[i]));
		buf_free(&m->bucket[i]);
	}
	rc = store_put_pc(s, NID_NAMES, 0, &p, err);
	props_free(&p);
	buf_free(&m->guids);
	buf_free(&m->entries);
	buf_free(&m->names);
	free(m);
	return rc;
}
