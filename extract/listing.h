/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The names in one or more directories, sorted, in little memory: a window
 * of them at a time, and the directory read again for the next one.  A
 * folder of a hundred thousand messages takes two or three passes, and
 * never more than 12 MiB.
 *
 * Names that appear or go while this runs are seen or not; none that stays
 * is missed or seen twice.
 */
#ifndef EXTRACT_LISTING_H
#define EXTRACT_LISTING_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

#define LISTING_DIRS 3

struct listing;

struct name {
	const char *s; /* borrowed until the next call */
	size_t stem;   /* how much of it is the stem */
	size_t where;  /* which of the directories */
};

/*
 * List 'dirs', open descriptors (or -1: none) that now belong to the list.
 * The order is by stem, then by directory, then by the rest of the name;
 * 'stem' tells the length of a name's stem, NULL: all of it.
 */
struct listing *listing_new(const int dirs[LISTING_DIRS],
    size_t (*stem)(const char *name));

/* The next name.  1, 0 at the end, or -1 with SCOPE_FOLDER. */
int listing_next(struct listing *l, struct name *out, struct err *err);

/* The descriptor of a directory of the list, for openat(2); or -1. */
int listing_dir(const struct listing *l, size_t where);

void listing_free(struct listing **l);

#endif
