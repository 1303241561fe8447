/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where in the spool the folders of a PST lie: below the
 * IPM subtree, the inbox as INBOX; folders elsewhere only once they hold
 * mail; mail of the top folder itself in a folder of that folder's name.
 *
 *	pst_tree_new -> { pst_tree_enter -> pst_tree_mail* }* -> pst_tree_free
 */
#ifndef EXTRACT_PST_TREE_H
#define EXTRACT_PST_TREE_H

#include "core/buf.h"
#include "formats/pst/reader.h"

struct pst_tree;

/* Appends the folder's name to 'name'; "" if it cannot be had. */
struct pst_tree_in {
	const struct pst_reader_ops *ops;
	struct pst_reader *reader;
	void (*name)(void *arg, uint64_t nid, bool early, struct buf *name);
	void *arg;
};

/* A folder as it goes into the spool. */
struct pst_place {
	const char *path;
	const char *name;	 /* the whole name; NULL: decode the path */
	const char *special_use; /* or NULL */
	bool announce;		 /* it is new: say that it exists */
};

struct pst_tree *pst_tree_new(const struct pst_tree_in *in);
void pst_tree_free(struct pst_tree **t);

/* The walk came to this folder.  Says whether and where it exists; strings
 * live until the walk has left it. */
struct pst_place pst_tree_enter(struct pst_tree *t, const struct pst_node *n);
/* Where the current folder lies, whatever is in it; "Lost Items" if that is
 * unknown. */
const char *pst_tree_path(struct pst_tree *t, const struct pst_node *n);
/* Where a message of the current folder goes. */
struct pst_place pst_tree_mail(struct pst_tree *t, const struct pst_node *n);

#endif
