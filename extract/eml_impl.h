/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of the source of message files share; for them only.
 *
 *	source_eml.c	the walk: directories, their files, mboxes among them
 *	eml_open.c	is there any mail at all?
 *	eml_dirs.c eml_file.c: their headers
 */
#ifndef EXTRACT_EML_IMPL_H
#define EXTRACT_EML_IMPL_H

#include "extract/eml_dirs.h"
#include "extract/eml_file.h"
#include "extract/marks.h"
#include "extract/mbox_walk.h"
#include "extract/source_impl.h"

struct source_eml {
	struct source src;
	const struct source_spec *spec;
	struct tree tree;
	struct eml_dirs dirs;
	char *single; /* the only file that counts, or NULL */
	size_t at;    /* the directory being read */
	bool begun, announced, has_pending;
	struct listing *names;
	char **mbox; /* of this directory, for when its messages are read */
	size_t nmbox, mbox_cap, mbox_at;
	/* the current message */
	struct tree_file file;
	struct buf path, source, key, dir_name;
	struct marks marks;
	char *head; /* LIMIT_BLOCK bytes */
	/* the mbox being read */
	struct mbox_walk *walk;
	uint64_t walk_done;
	struct equals equals;
	struct buf mbox_path, mbox_folder, mbox_name;
	uint64_t partial, cut, hidden;
};

static inline struct eml_dir *
eml_this_dir(const struct source_eml *s)
{
	return &s->dirs.dir[s->at];
}

/* Begin to list the directory: s->names.  False: it cannot be opened. */
bool eml_list_dir(struct source_eml *s);

/*
 * A tree with mail in it, or one file that is mail; both fill in s->tree,
 * s->dirs and what is to be expected.  0, or -1 with SCOPE_STORE.
 */
int eml_open_tree(struct source_eml *s, struct err *err);
int eml_open_single(struct source_eml *s, const struct stat *st,
    struct err *err);

#endif
