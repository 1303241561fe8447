/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What one file in a tree of message files is, by its bytes and a little by
 * its name.  For source_eml.c.
 */
#ifndef EXTRACT_EML_FILE_H
#define EXTRACT_EML_FILE_H

#include <stdbool.h>

#include "extract/marks.h"
#include "extract/tree.h"

enum eml_kind {
	EML_MESSAGE,  /* a message, all of it */
	EML_APPLE,    /* an .emlx */
	EML_MBOX,     /* a folder of messages */
	EML_MBOX_ONE, /* the same, but if it holds one message only, that
			 * is a message like its neighbors */
	EML_BAD,      /* called a message, but not one */
	EML_OTHER     /* no mail */
};

/* 'name' is the file's, 'head' its first 64 KiB.  *what_r says in words what
 * it is, for EML_BAD and EML_OTHER. */
enum eml_kind eml_file_kind(const char *name, struct slice head,
    const char **what_r);

/* Is it called a message: .eml, .emlx? */
bool eml_is_named(const char *name);
/* "….partial.emlx": Apple Mail keeps its attachments elsewhere, or has never
 * fetched them. */
bool eml_is_partial(const char *name);

/*
 * The open file 'f' is an EML_APPLE with this head: set f->at and f->end to
 * its message, and the marks to what its list tells, or else its header.
 * Where the size in its first line is wrong (somebody edited the file), the
 * message ends where the list begins, and *cut_r is set.  Returns 1, or -1
 * with SCOPE_MSG.
 */
int eml_read_apple(struct tree_file *f, struct slice head, struct marks *marks,
    bool *cut_r, struct err *err);

#endif
