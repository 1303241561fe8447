/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A message taken apart: an item (formats/pst/item.h) whose big things are
 * stretches of two files, the message's own and a blob that was made while
 * it was taken apart (texts as UTF-8, and what had to be rewritten).
 *
 * A sandboxed child takes messages apart (formats/mime_take.h) and packs what
 * it found; its parent unpacks it and believes nothing: every count and
 * stretch is checked.
 */
#ifndef FORMATS_TAKEN_H
#define FORMATS_TAKEN_H

#include "core/arena.h"
#include "core/buf.h"
#include "formats/mime_span.h"
#include "formats/pst/item.h"

#define TAKEN_DEPTH_MAX	 40
#define TAKEN_PARTS_MAX	 20000
#define TAKEN_PEOPLE_MAX 20000
#define TAKEN_PACKED_MAX ((size_t)24 << 20)

/* The files behind the stretches. */
struct taken_files {
	int message, blob;
	uint64_t message_size, blob_size;
	const char *blob_bytes; /* all of it, instead of 'blob'; or NULL */
};

/* Bytes of the blob, then bytes of the message; either may be empty. */
struct taken_bytes {
	struct span blob, message; /* blob.how is SPAN_RAW */
	const struct taken_files *files;
};

struct taken;

struct taken_attach {
	struct taken_bytes data;
	struct taken *inner; /* ITEM_ATTACH_ITEM */
};

/* 'pub' first.  All memory is an arena's. */
struct taken {
	struct item pub;
	struct taken_bytes plain, html;
	struct taken_attach *attach; /* as many as pub.n_attachments */
};

/* Append 't', with all that is in it, to 'out'. */
void taken_pack(struct buf *out, const struct taken *t);

/*
 * Rebuild it from what was packed, in 'a'; strings point into 'packed'.  Its
 * streams work on 'files', which must outlive it.  NULL when the bytes are
 * not what taken_pack() makes, or lie about the files.
 */
struct taken *taken_unpack(struct slice packed, const struct taken_files *files,
    struct arena *a);

/* Let the streams of a fresh one work: also done by taken_unpack(). */
void taken_wire(struct taken *t, const struct taken_files *files);

#endif
