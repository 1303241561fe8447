/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A directory tree as a source: walked and read without changing anything
 * (O_RDONLY, access times left alone where the system lets us) and without
 * leaving it.  A symbolic link is followed only to a regular file inside the
 * tree; one to a directory never, so there are no loops.  Nothing but
 * regular files is opened: a pipe does not hang us.
 *
 * Paths are relative to the tree's root, as they lie there; "" is the root.
 */
#ifndef EXTRACT_TREE_H
#define EXTRACT_TREE_H

#include <sys/stat.h>
#include <sys/types.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/report.h"
#include "extract/listing.h"

struct tree {
	int root;	       /* descriptor */
	const char *kind;      /* of the source, for problems */
	struct report *report; /* where the walk names problems */
	bool enter_cur;	       /* walk into cur, new and tmp as well */
};

/* 0, or -1 with SCOPE_STORE. */
int tree_open(struct tree *t, const char *path, const char *kind,
    struct report *report, struct err *err);
void tree_close(struct tree *t);

/* Open the directory 'name' in 'at' to read it, its access time left alone:
 * a descriptor for the caller, or -1 with errno. */
int tree_openat(int at, const char *name);

/* Open a directory of the tree, no component of it a link: a descriptor for
 * the caller, or -1 with errno. */
int tree_dir(const struct tree *t, const char *dir);

/* A directory that the walk came to. */
struct tree_dir {
	const char *path;
	int fd;
	bool cur, new, tmp; /* it has directories of these names */
	bool dotted;	    /* it has directories that begin with a dot */
	bool marker;	    /* files that only a Maildir server writes */
	bool empty;	    /* nothing at all is in it */
};

/*
 * Call 'fn' for each directory, parents first: the root, and what is below
 * each one for which it returns true (cur, new and tmp only if asked).  What
 * cannot be read, is too deep, or is a link to a directory is named as a
 * problem, and the walk goes on.  0, or -1 with SCOPE_RUN (a stop).
 */
int tree_walk(struct tree *t, bool (*fn)(void *arg, const struct tree_dir *d),
    void *arg, struct err *err);

enum tree_what {
	TREE_FILE,
	TREE_DIRECTORY, /* or a link to one */
	TREE_SPECIAL	/* a pipe, a socket, a device */
};

/*
 * What 'name' in 'dir' is, a link followed if it may be; 'at' is the
 * directory's descriptor.  Returns an enum tree_what and for TREE_FILE fills
 * in *st, or -1 with SCOPE_MSG: EX_NOINPUT it is gone, EX_DATAERR a link
 * that leads nowhere or out of the tree, EX_NOPERM.
 */
int tree_look(const struct tree *t, const char *dir, int at, const char *name,
    struct stat *st, struct err *err);

/* A file being read; all zero but fd -1 when closed. */
struct tree_file {
	int fd;
	struct stat st; /* when it was opened */
	uint64_t at, end;
};

/* Open it, to read all of it.  0, or -1 as tree_look(). */
int tree_file_open(struct tree_file *f, const struct tree *t, const char *dir,
    int at, const char *name, struct err *err);

/*
 * Read on, at most to f->end (the size when it was opened, unless the caller
 * set another).  Returns the count, 0 at the end, or -1 with SCOPE_MSG: it
 * cannot be read, or was changed while it was read.
 */
ssize_t tree_file_read(struct tree_file *f, void *buf, size_t cap,
    struct err *err);
/* The same bytes wherever reading is: a look. */
ssize_t tree_file_look(const struct tree_file *f, void *buf, size_t cap,
    uint64_t at, struct err *err);

void tree_file_close(struct tree_file *f);

/* Name a problem with a file or directory that is no message's. */
void tree_problem(const struct tree *t, const char *dir, const char *name,
    const struct err *why, bool warning);

/* Append "dir/name", or "name" in the root. */
void tree_join(struct buf *path, const char *dir, const char *name);

/* Append {"kind":...,"path":...} as JSON text. */
void tree_source(struct buf *out, const struct tree *t, const char *path);

/* Append letter 'c', and 32 hex digits of the hash of 'dir', NUL and the
 * first 'len' bytes of 'name' (dir NULL: of those bytes alone). */
void tree_key(struct buf *out, char c, const char *dir, const char *name,
    size_t len);

#endif
