/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which property ids (0x8000 and above) this store has given to named
 * properties: node 0x61, [MS-PST] 2.4.7.  Only ids for names that somebody
 * asks for are looked up; nothing is kept but two streams of bounded size.
 */
#ifndef FORMATS_PST_NAMES_H
#define FORMATS_PST_NAMES_H

#include "core/buf.h"
#include "formats/pst/ndb.h"

struct pst_names {
	struct buf entries, guids, strings;
};

/* An empty map where there is none; damage is told as a note. */
void pst_names_load(struct pst_names *m_r, struct ndb *n);
void pst_names_free(struct pst_names *m);

/* The id of a property named by a string (case-insensitive ASCII) in
 * PS_PUBLIC_STRINGS; 0 if this store has none. */
unsigned pst_names_string(const struct pst_names *m, const char *name);
/* By its number in a set; 'guid' as of pst_set_guid(). */
unsigned pst_names_number(const struct pst_names *m, const uint8_t *guid,
    uint32_t number);

/* The other way: what a property id stands for.  Borrowed. */
struct pst_name {
	bool is_string;
	uint32_t number;     /* if not */
	struct slice string; /* UTF-16LE */
	uint8_t guid[16];    /* its set, as stored; zeros: PS_MAPI */
};
bool pst_names_of(const struct pst_names *m, unsigned id,
    struct pst_name *name_r);

#endif
