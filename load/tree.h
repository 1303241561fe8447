/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The folders that a destination has, as LIST told (RFC 3501, 7.2.2; roles:
 * RFC 6154), sorted by their wire names.  Strings are the tree's.  Memory: one
 * small record a folder.
 */
#ifndef LOAD_TREE_H
#define LOAD_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/slice.h"
#include "load/names.h"
#include "wire/imap.h"

struct tree_folder {
	char *name; /* wire form */
	char *role; /* "\\Sent", ...; "" */
	bool noselect;
	int subscribed; /* 1, 0, -1: not told */
	bool taken;	/* a folder of the spool goes here */
};

struct tree {
	struct tree_folder *v;
	size_t n, cap;
};

/* Ask the server.  'tree' is emptied first.  -1 as imap_list(). */
int tree_read(struct tree *tree, struct imap *im, struct err *err);
/* The same in two steps: other commands may be sent between them. */
int tree_read_send(struct tree *tree, struct imap *im, struct err *err);
int tree_read_wait(struct tree *tree, struct imap *im, struct err *err);
void tree_free(struct tree *tree);

/* NULL: no such folder (INBOX in any case is found). */
struct tree_folder *tree_find(struct tree *tree, struct slice name);
/* The selectable personal folder with this role that is not taken. */
struct tree_folder *tree_by_role(struct tree *tree, const char *role,
    const struct names *n);
/* It was created.  Pointers into the tree are no longer valid. */
void tree_add(struct tree *tree, struct slice name);

#endif
