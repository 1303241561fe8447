/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See names.h. */
#include "formats/pst/names.h"

#include <string.h>

#include "formats/pst/bytes.h"
#include "formats/pst/lid.h"
#include "formats/pst/ltp.h"
#include "formats/pst/prop.h"

#define STREAM_MAX (2u << 20)
#define ENTRY	   8 /* NAMEID */
#define FIRST_ID   0x8000

static void
load_stream(struct ltp_props *p, unsigned id, struct buf *out)
{
	const struct ltp_value *v = ltp_prop(p, id);
	struct err err = { 0 };

	if (v != NULL && ltp_bytes(&p->heap, v, STREAM_MAX, out, &err) <= 0)
		ndb_note(p->heap.n, true, (uint64_t)NID_NAMES << 8 | id,
		    "not all names of properties can be read: %s", err.text);
}

void
pst_names_load(struct pst_names *m_r, struct ndb *n)
{
	struct ndb_node node;
	struct ltp_props p;
	struct arena a = { 0 };
	struct err err = { 0 };
	int rc = ndb_find(n, NID_NAMES, &node, &err);

	memset(m_r, 0, sizeof(*m_r));
	if (rc > 0 && ltp_props_open(&p, n, &node, &a, &err) == 0) {
		load_stream(&p, PidTagNameidStreamEntry, &m_r->entries);
		load_stream(&p, PidTagNameidStreamGuid, &m_r->guids);
		load_stream(&p, PidTagNameidStreamString, &m_r->strings);
	} else {
		ndb_note(n, true, (uint64_t)NID_NAMES << 8,
		    "the names of properties cannot be read%s%s",
		    err.text[0] == '\0' ? "" : ": ", err.text);
	}
	arena_free(&a);
}

void
pst_names_free(struct pst_names *m)
{
	buf_free(&m->entries);
	buf_free(&m->guids);
	buf_free(&m->strings);
}

/* Is the UTF-16 string at 'at' this ASCII name? */
static bool
is_name(const struct pst_names *m, uint32_t at, const char *name)
{
	size_t i, len = strlen(name);
	const char *p = m->strings.p;
	unsigned c, want;

	if (m->strings.n < 4 || at > m->strings.n - 4 ||
	    pst_u32(p + at) != 2 * len || m->strings.n - at - 4 < 2 * len)
		return false;
	for (i = 0; i < len; i++) {
		c = pst_u16(p + at + 4 + 2 * i);
		want = (unsigned char)name[i];
		if (c >= 'A' && c <= 'Z')
			c += 'a' - 'A';
		if (want >= 'A' && want <= 'Z')
			want += 'a' - 'A';
		if (c != want)
			return false;
	}
	return true;
}

/* 1 is PS_MAPI, 2 PS_PUBLIC_STRINGS; sets of the stream follow. */
static bool
in_set(const struct pst_names *m, unsigned set, const uint8_t *guid)
{
	size_t at = (size_t)(set - 3) * PST_GUID;

	return set >= 3 && at + PST_GUID <= m->guids.n &&
	    memcmp(m->guids.p + at, guid, PST_GUID) == 0;
}

unsigned
pst_names_string(const struct pst_names *m, const char *name)
{
	unsigned set;
	size_t i;

	for (i = 0; i + ENTRY <= m->entries.n; i += ENTRY) {
		const char *e = m->entries.p + i;

		/* lowest bit: its name is a string */
		set = pst_u16(e + 4) >> 1;
		if ((pst_u16(e + 4) & 1) &&
		    (set == 2 ||
			in_set(m, set, pst_set_guid(PST_SET_STRINGS))) &&
		    is_name(m, pst_u32(e), name))
			return (FIRST_ID + pst_u16(e + 6)) & 0xffff;
	}
	return 0;
}

/* Entries lie in the order of their ids, unless somebody wrote them so. */
static const char *
entry_of(const struct pst_names *m, unsigned id)
{
	size_t i, at = (size_t)(id - FIRST_ID) * ENTRY;

	if (at + ENTRY <= m->entries.n &&
	    pst_u16(m->entries.p + at + 6) == id - FIRST_ID)
		return m->entries.p + at;
	for (i = 0; i + ENTRY <= m->entries.n; i += ENTRY)
		if (pst_u16(m->entries.p + i + 6) == id - FIRST_ID)
			return m->entries.p + i;
	return NULL;
}

bool
pst_names_of(const struct pst_names *m, unsigned id, struct pst_name *name_r)
{
	const char *e;
	unsigned set;
	size_t at;
	uint32_t n;

	memset(name_r, 0, sizeof(*name_r));
	if (id < FIRST_ID || id > 0xffff || (e = entry_of(m, id)) == NULL)
		return false;
	set = pst_u16(e + 4) >> 1;
	at = (size_t)(set - 3) * PST_GUID;
	if (set == 2)
		memcpy(name_r->guid, pst_set_guid(PST_SET_STRINGS), PST_GUID);
	else if (set >= 3 && at + PST_GUID <= m->guids.n)
		memcpy(name_r->guid, m->guids.p + at, PST_GUID);
	name_r->is_string = (pst_u16(e + 4) & 1) != 0;
	name_r->number = pst_u32(e);
	if (!name_r->is_string)
		return true;
	at = name_r->number;
	if (m->strings.n < 4 || at > m->strings.n - 4)
		return false;
	n = pst_u32(m->strings.p + at);
	if (n > m->strings.n - 4 - at)
		return false;
	name_r->string = slice_of(m->strings.p + at + 4, n);
	return true;
}

unsigned
pst_names_number(const struct pst_names *m, const uint8_t *guid,
    uint32_t number)
{
	size_t i;

	for (i = 0; i + ENTRY <= m->entries.n; i += ENTRY) {
		const char *e = m->entries.p + i;

		if (!(pst_u16(e + 4) & 1) && pst_u32(e) == number &&
		    in_set(m, pst_u16(e + 4) >> 1, guid))
			return (FIRST_ID + pst_u16(e + 6)) & 0xffff;
	}
	return 0;
}
