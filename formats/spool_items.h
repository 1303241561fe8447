/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Items of a spool that are no mail (docs/spool.md): a file each below
 * items/, a row each in spool.db.  They are written as messages are
 * (spool_begin, spool_write) and become visible and durable in the same batch
 * (formats/spool.h); a crash leaves an item's file without its row at most,
 * which spool_open() adopts.
 */
#ifndef FORMATS_SPOOL_ITEMS_H
#define FORMATS_SPOOL_ITEMS_H

#include "formats/item_kind.h"
#include "formats/spool.h"

struct spool_item {
	int64_t id;	     /* row number > 0; ignored when given */
	enum item_kind kind; /* never KIND_MAIL */
	const char *key;     /* as of messages: [A-Za-z0-9_.-] */
	const char *file;    /* "items/contacts/Jane Doe.p200024.vcf" */
	const char *folder;  /* where it was: spool path, formats/folder.h */
	const char *source;  /* {"kind":"pst","nid":...} */
	const char *class;   /* "IPM.Contact", or "" */
	const char *title;   /* for people: a name, a subject; UTF-8 */
	int64_t modified;    /* the file's mtime; DATE_UNKNOWN: 0 */
	uint64_t size;
	uint8_t sha256[DIGEST_BYTES];
	bool lost; /* there is a row, but no file */
};

enum spool_item_fate {
	SPOOL_ITEM_STORED,
	SPOOL_ITEM_REPLACED, /* it was there with other bytes */
	SPOOL_ITEM_UNCHANGED
};

/*
 * End a draft (formats/spool.h) as an item: 'item' tells kind, key, folder,
 * source, class, title and modified.  Bytes that are there already are left
 * alone.  An item keeps the file name that it got at first.  0 or -1,
 * SCOPE_RUN; *d is NULL in both cases.
 */
int spool_item_commit(struct spool_draft **d, const struct spool_item *item,
    enum spool_item_fate *fate_r, struct err *err);

/* Bring an item of another spool, by hard link (or copy). */
int spool_item_link(struct spool *sp, struct spool *from,
    const struct spool_item *item, enum spool_item_fate *fate_r,
    struct err *err);

/* Take it out: row and file.  0 (also when there is none) or -1. */
int spool_item_remove(struct spool *sp, const char *key, struct err *err);

/* By key: 1, 0, -1.  Strings until the next call of spool_item_*. */
int spool_item_find(struct spool *sp, const char *key,
    struct spool_item *item_r, struct err *err);

/* Walk them in the order they were stored; start with *after = 0.  Strings
 * until the next call of spool_item_*.  1, 0, -1. */
int spool_item_next(struct spool *sp, int64_t *after, struct spool_item *item_r,
    struct err *err);

/* How many items a spool has in each place, and their bytes. */
struct spool_item_counts {
	uint64_t n[ITEM_PLACES], bytes[ITEM_PLACES];
};
int spool_item_count(struct spool *sp, struct spool_item_counts *c_r,
    struct err *err);

/* Open its file at byte 0, read-only; never through a symbolic link.  A
 * descriptor for the caller to close(2), or -1 with SCOPE_MSG. */
int spool_item_open(struct spool *sp, const struct spool_item *item,
    struct err *err);

#endif
