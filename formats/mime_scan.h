/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the parts of a message lie: one walk over its bytes, line by line,
 * after which each part is known by offsets into the file and by what its
 * header says.  Memory: headers, and a record a part; bodies pass by.
 *
 * Broken MIME is read as other programs do: a line that is no header field
 * ends the header, a boundary of an outer multipart ends the inner ones, one
 * that is never closed ends with the file, a multipart without parts is text.
 *
 * Only for formats/mime_take*.c and its tests.
 */
#ifndef FORMATS_MIME_SCAN_H
#define FORMATS_MIME_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/slice.h"
#include "formats/mime_span.h"

#define MIME_PARTS_MAX	10000		  /* of one message */
#define MIME_HEADS_MAX	((size_t)2 << 20) /* bytes of all their headers */
#define MIME_NESTED_MAX 24		  /* messages in messages */

enum entity_kind {
	ENTITY_LEAF,
	ENTITY_MULTI,  /* its parts are its children */
	ENTITY_MESSAGE /* its one child is the message in it */
};

struct entity {
	enum entity_kind kind;
	uint64_t from, body, end; /* header at 'from', content [body, end) */
	struct slice head;	  /* as UTF-8 */
	struct slice raw;	  /* as it is, where that is not UTF-8 */
	unsigned depth;		  /* messages around it */
	bool closed;		  /* an empty line ends its header */
	struct entity *up, *first, *last, *next;

	/* what the header says; never NULL */
	const char *type; /* "text/plain", lower case */
	const char *charset, *boundary, *start, *type_name;
	const char *disposition; /* "attachment", lower case; "" if none */
	const char *filename;	 /* of the disposition */
	enum span_how how;	 /* its transfer encoding */
	bool composite;		 /* it says multipart/ or message/ */
	bool unknown_how;	 /* it says an encoding that we do not know */
	struct slice cid, location;
};

/* Scan the whole of 'fd'.  0 and the message, in 'a'; or -1: SCOPE_MSG when
 * a limit above does not hold, SCOPE_RUN when it cannot be read. */
int mime_scan(int fd, struct arena *a, struct entity **root_r, struct err *err);

/* ---- mime_scan_head.c */
/* Fill in what 'raw', the header's bytes, says.  'digest': it is a part of
 * multipart/digest. */
void mime_scan_head(struct entity *e, struct slice raw, bool digest,
    struct arena *a);

#endif
