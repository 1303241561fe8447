/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Attachments that were taken out of messages, as files of one directory.  A
 * file is named after what is in it and what it was called: the same
 * attachment is one file, however often it came; no file is ever written
 * over.  It is on disk when attach_store() returns.
 */
#ifndef TRANSFORM_ATTACH_H
#define TRANSFORM_ATTACH_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/digest.h"
#include "formats/mime_span.h"

struct attach;

struct attached {
	const char *file; /* its name in the directory */
	uint64_t size;
	uint8_t sha256[DIGEST_BYTES];
};

/* 'dir' is made if it is not there; 'dry': nothing is written.  -1 with
 * SCOPE_RUN, EX_CANTCREAT. */
int attach_open(struct attach **a_r, const char *dir, bool dry,
    struct err *err);
void attach_close(struct attach **a);

/*
 * Keep what the span of 'fd' means as a file; 'name' is what strangers called
 * it.  Strings in 'arena'.  0; or -1: SCOPE_MSG when a file of that name with
 * other bytes is in the way, SCOPE_RUN when it cannot be written.
 */
int attach_store(struct attach *a, int fd, const struct span *span,
    struct slice name, struct arena *arena, struct attached *made_r,
    struct err *err);

/* Append a file name made of any bytes: letters, digits, and of the rest what
 * no system minds; others as %XX. */
void attach_name(struct buf *out, struct slice name);

#endif
