/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writing a PST, the upper layer ([MS-PST] 2.4, 2.7): the message store, its
 * folders and messages, from neutral items (formats/pst/item.h).
 *
 *	pst_store_open -> { pst_store_folder -> pst_store_message* }*
 *	  -> pst_store_close
 *
 * The messages of a folder follow its pst_store_folder(); a folder comes
 * before those in it.  The same calls always make the same bytes, but for
 * what 'salt' changes.  Memory: one small record a folder.
 */
#ifndef FORMATS_PST_STORE_H
#define FORMATS_PST_STORE_H

#include "formats/pst/item.h"
#include "formats/pst/out.h"

struct pst_store_out;

struct pst_store_options {
	struct slice name; /* what the store calls itself */
	bool plain;	   /* no encoding at all (bCryptMethod 0) */
	bool high;	   /* high encryption (2), not compressible */
	uint8_t key[16];   /* the store's record key */
};

/* 'fd' is empty, writable and stays the caller's.  0 or -1, SCOPE_RUN. */
int pst_store_open(struct pst_store_out **s_r, int fd,
    const struct pst_store_options *o, struct err *err);

/* The folder everybody sees at the top. */
#define PST_STORE_TOP ((uint32_t)0x8022)
/* A standard one that is always there. */
#define PST_STORE_TRASH ((uint32_t)0x8062)

/*
 * A new folder under 'parent' (or, with the name of Deleted Items' node,
 * that one).  'class' is its container class, "IPF.Note" if NULL.  Its node
 * id, or 0 with err.
 */
uint32_t pst_store_folder(struct pst_store_out *s, uint32_t parent,
    struct slice name, const char *class, struct err *err);
/* What a folder is for, besides Deleted Items; the last call of a role
 * counts.  Outlook finds these by entry ids, whatever they are called. */
enum pst_store_role {
	PST_STORE_INBOX,
	PST_STORE_SENT,
	PST_STORE_DRAFTS,
	PST_STORE_JUNK,
	PST_STORE_ROLES
};
void pst_store_role(struct pst_store_out *s, enum pst_store_role role,
    uint32_t folder);
/* Deleted Items is called something else, or lies elsewhere. */
int pst_store_trash(struct pst_store_out *s, uint32_t parent, struct slice name,
    struct err *err);
/* Bytes of the file so far, and what closing it will add, roughly. */
uint64_t pst_store_size(const struct pst_store_out *s);
/* Go on with an existing folder that has no messages yet. */
int pst_store_enter(struct pst_store_out *s, uint32_t folder, struct err *err);

/*
 * A message into the folder begun last.  Attachment streams are copied
 * through; embedded items are written at any depth.  0 and its node id, or
 * -1: SCOPE_MSG when the item cannot be in a PST (nothing was added).
 */
int pst_store_message(struct pst_store_out *s, struct item *item,
    uint32_t *nid_r, struct err *err);

/* Write what is left.  *s becomes NULL in any case. */
int pst_store_close(struct pst_store_out **s, struct err *err);
void pst_store_abandon(struct pst_store_out **s);

#endif
