/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For formats/pst/libpst*.c only: the reader over libpst. */
#ifndef FORMATS_PST_LIBPST_IMPL_H
#define FORMATS_PST_LIBPST_IMPL_H

#include <libpst/libpst.h>

#include "core/arena.h"
#include "core/digest.h"
#include "formats/pst/reader.h"

/* Where the walk stands: in which folder, at which of its children. */
enum walk_stage {
	WALK_ROOT,    /* the root folder and all below it */
	WALK_OTHERS,  /* folders that hang from nothing */
	WALK_ORPHANS, /* messages whose folder is gone */
	WALK_END
};

struct pst_reader {
	pst_file pf;
	bool opened;
	struct pst_open in;
	struct pst_store store;
	char store_id[17]; /* of the record key, for uids */
	struct arena keep; /* lives as long as the reader */
	struct arena folder;
	pst_x_attrib_ll *mapped; /* property ids for items; plain otherwise */

	enum walk_stage stage;
	pst_desc_tree *top; /* the folder the current subtree began with */
	pst_desc_tree *folder_at;
	pst_desc_tree *message_at; /* next child to look at, or NULL */
	pst_desc_tree *other_at;   /* where WALK_OTHERS, WALK_ORPHANS are */
	pst_desc_tree *last;	   /* the message next() named last */
	bool started;
};

/* NID types, [MS-PST] 2.2.2.1. */
static inline unsigned
nid_type(uint64_t nid)
{
	return (unsigned)(nid & 0x1f);
}

#define NID_FOLDER  0x02
#define NID_SEARCH  0x03
#define NID_MESSAGE 0x04
#define NID_STORE   0x21
#define NID_ROOT    0x122

/* In libpst_item.c: read the item of node 'd', or one that lies in
 * another item with 'subnodes'. */
int libpst_item(struct pst_reader *r, pst_desc_tree *d, struct item **item_r,
    struct err *err);
int libpst_item_at(struct pst_reader *r, pst_desc_tree *d,
    pst_id2_tree *subnodes, struct item **item_r, struct err *err);

/* The text of a libpst string as UTF-8 in 'a'; 'cp' is what its bytes are
 * if it was not Unicode.  *exact_r (may be NULL): nothing was guessed. */
struct slice libpst_text(struct arena *a, const pst_string *s, unsigned cp,
    bool *exact_r);

/* In libpst_map.c: more properties than libpst has fields for. */
void libpst_map_init(struct pst_reader *r);
pst_item *libpst_parse_mapped(struct pst_reader *r, pst_desc_tree *d,
    pst_id2_tree *subnodes);
/* A multi-valued string's values as bytes; returns how many. */
size_t libpst_strings(const pst_binary *b, struct slice *out, size_t max);
bool libpst_flat_next(struct slice *list, struct slice *id_r);
bool libpst_one_off(struct slice id, struct slice *type_r, struct slice *addr_r,
    bool *wide_r);

#endif
