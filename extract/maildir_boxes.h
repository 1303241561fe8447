/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The folders of a Maildir tree: which directories are folders, what their
 * names are, which of them are subscribed.  For source_maildir.c.
 *
 * A directory is a folder when it has cur, new or tmp (tmp alone only beside
 * other signs), or files that only a Maildir server writes; so an empty
 * folder survives a copy that drops empty directories.  Any other directory
 * is one if files in it turn out to be mail.
 */
#ifndef EXTRACT_MAILDIR_BOXES_H
#define EXTRACT_MAILDIR_BOXES_H

#include <stdbool.h>

#include "extract/tree.h"

struct maildir_box {
	char *dir;	/* in the tree; "" is its root */
	char *path;	/* spool path */
	char *name;	/* as the tree spells it: "A.B", "A/B" */
	char delimiter; /* of 'name' */
	bool is_box;	/* surely a folder, also when it is empty */
	int subscribed; /* 1, 0, -1: nothing tells */
	bool strange;	/* has a leading dot, but nothing else of a folder */
	bool merged;	/* the box before it has the same path */
};

struct maildir_boxes {
	struct maildir_box *box; /* INBOX first, then by path */
	size_t n, cap;
	uint64_t bytes; /* of the messages, for progress */
};

/* Find them.  0, or -1 with SCOPE_RUN (a stop). */
int maildir_boxes_find(struct maildir_boxes *b, struct tree *t,
    struct err *err);

void maildir_boxes_free(struct maildir_boxes *b);

/* Append the spool path of a directory of the tree: "" is INBOX, ".A.B" is
 * A/B, "A/B" is too; each component in modified UTF-7, or as it is. */
void maildir_box_path(struct buf *path, const char *dir);

/* Does it look like a Maildir tree: 0 (not) .. 100?  'fd' is its root. */
int maildir_boxes_probe(int fd);

#endif
