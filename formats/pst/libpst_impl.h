/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For formats/pst/libpst*.c only: the reader over libpst. */
#ifndef FORMATS_PST_LIBPST_IMPL_H
#define FORMATS_PST_LIBPST_IMPL_H

#include <libpst/libpst.h>

#include "core/arena.h"
#include "core/buf.h"
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

struct lib_item;

struct lib_attach {
	struct lib_item *of;
	pst_item_attach *raw;
	size_t at;
};

struct lib_bytes {
	const char *p;
	size_t n;
};

/* 'pub' first: what the world sees is the whole. */
struct lib_item {
	struct item pub;
	struct pst_reader *r;
	pst_item *raw;
	struct arena a;
	unsigned codepage; /* of its 8-bit text; 0: nobody knows */
	struct lib_attach *attach;
	struct lib_bytes plain, html, rtf;
	struct buf text; /* the plain text, where it had to be converted */
	char *unpacked;	 /* the RTF */
};

/* The text of a libpst string as UTF-8 in 'a'; 'cp' is what its bytes are
 * if it was not Unicode.  *exact_r (may be NULL): nothing was guessed. */
struct slice libpst_text(struct arena *a, const pst_string *s, unsigned cp,
    bool *exact_r);

static inline struct slice
libpst_item_text(struct lib_item *li, const pst_string *s)
{
	if (s->str == NULL)
		return slice_of("", 0);
	return libpst_text(&li->a, s, li->codepage, NULL);
}

static inline bool
libpst_has(const pst_string *s)
{
	return s->str != NULL && s->str[0] != '\0';
}

/* A row of the recipient table, as an attachment (libpst_map.c). */
static inline bool
libpst_is_recipient(const pst_item_attach *a)
{
	int type = a->position & 15;

	return a->method == 0 && a->data.data == NULL && a->i_id == 0 &&
	    type >= ITEM_TO && type <= ITEM_BCC;
}

/* In libpst_item.c: read the item of node 'd', or one that lies in
 * another item with 'subnodes'. */
int libpst_item(struct pst_reader *r, pst_desc_tree *d, struct item **item_r,
    struct err *err);
int libpst_item_at(struct pst_reader *r, pst_desc_tree *d,
    pst_id2_tree *subnodes, struct item **item_r, struct err *err);

/* In libpst_attach.c; 'li' has its raw item and code page. */
void libpst_fill_attachments(struct lib_item *li);

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
