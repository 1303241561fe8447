/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The messages of one mbox as source items: what source_mbox.c does for a
 * file of its own, and source_eml.c for each mbox in a tree.
 *
 *	mbox_walk_open -> { mbox_walk_next -> mbox_walk_read* }*
 *	  -> mbox_walk_close
 *
 * Contracts are those of extract/source.h.
 */
#ifndef EXTRACT_MBOX_WALK_H
#define EXTRACT_MBOX_WALK_H

#include "extract/source.h"
#include "extract/equals.h"

struct mbox_walk;

struct mbox_walk_file {
	int fd;			 /* stays the caller's */
	const char *path;	 /* for people */
	const char *member;	 /* its path within the source, or NULL: it
				  * is the source */
	const char *folder;	 /* spool path */
	const char *folder_name; /* as it is spelled there, or NULL */
	const struct source_spec *spec;
	struct equals *equals; /* of the whole source */
};

/* 'file' is copied, the rest must outlive the walk. */
int mbox_walk_open(struct mbox_walk **w_r, const struct mbox_walk_file *file,
    struct err *err);

int mbox_walk_next(struct mbox_walk *w, struct source_item *item_r,
    struct err *err);
ssize_t mbox_walk_read(struct mbox_walk *w, void *buf, size_t cap,
    struct err *err);
bool mbox_walk_raw_sha256(struct mbox_walk *w, uint8_t out[DIGEST_BYTES]);

/* Bytes of the file dealt with. */
uint64_t mbox_walk_done(const struct mbox_walk *w);

/* Is it all text without one postmark? */
bool mbox_walk_has_none(const struct mbox_walk *w);

void mbox_walk_close(struct mbox_walk **w);

/* Append the folder name that a file 'path' stands for: its last component
 * without .mbox, .mbx or .txt ("X.mbox/mbox" is X). */
void mbox_folder_name(struct buf *out, const char *path);

#endif
