/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading an mbox: mboxo, mboxrd, mboxcl and mboxcl2 (qmail's mbox(5) names
 * them), with LF, CRLF or lone CR line ends, with or without a byte order
 * mark.
 *
 *	mbox_open -> { mbox_next -> mbox_raw* | mbox_read* }* -> mbox_close
 *
 * Where a message begins: a postmark (formats/postmark.h) that is the first
 * line with something in it, or follows a blank line, or is followed by a
 * header field.  Content-Length counts only in files where it nearly always
 * ends at such a place, and then only where it does.  One blank line before
 * the next postmark belongs to the mbox, unless this mbox has none in most
 * places.
 *
 * Which dialect it is comes from the first 4 MiB: who wrote it, whether
 * Content-Length is true, whether there is ">>From ".
 *
 * Memory: 1 MiB and a bit, whatever the sizes; a message that fits is read
 * from the file once, a bigger one once more for each walk over it.  The
 * file is read with pread and never written.  Not thread-safe.
 */
#ifndef FORMATS_MBOX_H
#define FORMATS_MBOX_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/err.h"
#include "core/slice.h"

struct mbox;

enum mbox_dialect {
	MBOX_BY_EVIDENCE = 0, /* for mbox_open() only */
	MBOX_O,		      /* a line "From " in a body is written ">From " */
	MBOX_RD,	      /* so is each ">From ", ">>From ", ... */
	MBOX_CL,	      /* Content-Length, and ">From ": read as stored */
	MBOX_CL2	      /* Content-Length, nothing quoted */
};

/* "mboxrd", ...; and back: 0 or -1. */
const char *mbox_dialect_name(enum mbox_dialect d);
int mbox_dialect_parse(const char *name, enum mbox_dialect *out);

struct mbox_item {
	uint64_t offset; /* of the postmark, or of text without one */
	uint64_t size;	 /* bytes as stored, without postmark and separator */
	int64_t date;	 /* of the postmark, or DATE_UNKNOWN */
	bool stray;	 /* text before the first postmark: no message */
	bool quoted;	 /* mbox_read() may give other bytes than mbox_raw() */
	bool embedded;	 /* the postmark is the first line of an attached
			  * message: it may belong to the one before */
	bool cut;	 /* the file ends in the middle of it */
};

/*
 * How sure is it that a file is an mbox, from its beginning: 0 (not) .. 100?
 */
int mbox_probe(struct slice head);

/*
 * Read from 'fd', which stays the caller's and open.  Returns 0, or -1 with
 * SCOPE_STORE.
 */
int mbox_open(struct mbox **m_r, int fd, enum mbox_dialect want,
    struct err *err);

/* What it is read as, and whether anything in it told so. */
enum mbox_dialect mbox_dialect(const struct mbox *m);
bool mbox_has_evidence(const struct mbox *m);
/* Are its line ends lone CRs?  Then mbox_read() gives LFs. */
bool mbox_has_cr_lines(const struct mbox *m);

/* Step to the next message.  1, 0 at the end, or -1 with SCOPE_STORE. */
int mbox_next(struct mbox *m, struct mbox_item *it_r, struct err *err);

/*
 * Look at the current message's bytes as stored, from 'at' on: *p_r and the
 * count, at least 1 unless at the end (0), or -1 with SCOPE_MSG.  Borrowed
 * until the next call with this mbox.
 */
ssize_t mbox_raw(struct mbox *m, uint64_t at, const char **p_r,
    struct err *err);

/*
 * Read the current message as it was before it was put into the mbox, up to
 * 'cap' bytes, from the start on.  Returns the count, 0 at its end, or -1
 * with SCOPE_MSG.
 */
ssize_t mbox_read(struct mbox *m, char *buf, size_t cap, struct err *err);

/* Back to the message's first byte. */
void mbox_rewind(struct mbox *m);
/* Were the bytes that mbox_read() gave others than the stored ones? */
bool mbox_changed(const struct mbox *m);

/* Bytes of the file that are behind us, and its size. */
uint64_t mbox_done(const struct mbox *m);
uint64_t mbox_size(const struct mbox *m);

void mbox_close(struct mbox **m);

#endif
