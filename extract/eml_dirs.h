/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The directories of a tree of message files, and which folders they stand
 * for.  For source_eml.c.
 *
 * A directory's path is its folder's name, the top one's is INBOX.
 * Thunderbird's "X.sbd" holds the subfolders of X, so it is X; of Apple
 * Mail's "X.mbox/<UUID>/Data/1/Messages" only X counts.
 */
#ifndef EXTRACT_EML_DIRS_H
#define EXTRACT_EML_DIRS_H

#include <stdbool.h>

#include "extract/tree.h"

struct eml_dir {
	char *dir;  /* in the tree; "" is its root */
	char *path; /* spool path */
	bool empty; /* not even a directory is in it */
};

struct eml_dirs {
	struct eml_dir *dir; /* INBOX first, then by path */
	size_t n, cap;
	uint64_t bytes;	      /* of all files, for progress */
	bool is_maildir;      /* the root itself is one */
	uint64_t hidden;      /* directories with a leading dot */
	uint64_t attachments; /* directories of what Apple Mail cut off */
};

/* Find them; a Maildir among them is named as a problem and left out.  0,
 * or -1 with SCOPE_RUN (a stop). */
int eml_dirs_find(struct eml_dirs *d, struct tree *t, struct err *err);

/* Only the top one, for a source that is a single file in it. */
void eml_dirs_single(struct eml_dirs *d);

void eml_dirs_free(struct eml_dirs *d);

/* Append the spool path of a directory, and the name that people know. */
void eml_dir_path(struct buf *path, struct buf *name, const char *dir);

#endif
