/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What has to change in a message so that a destination takes it: a plan, made
 * of stretches of the file in their order, each of which is copied, written
 * otherwise (formats/mime_recode.h), replaced, or taken out.  Stretches that
 * need no change are copied byte for byte; no message is parsed and written
 * anew.
 *
 *	- lines: the leaf part that has too long a line is encoded
 *	  (quoted-printable, base64); lines of what is encoded already are
 *	  broken where that means nothing; lines of a header are folded where
 *	  there is a blank.
 *	- newlines: LF, also with CRs before it, becomes CRLF in headers, around
 *	  parts and in text, and so does a CR alone in text; in headers that is
 *	  a blank.  Other parts that have them are encoded in base64.  NULs are
 *	  encoded.
 *	- receipts: the fields of the top header that ask for one are renamed,
 *	  X-Disarmed-...
 *	- attachments larger than a size become a few lines of text.
 *
 * Left alone, and said: what lies inside a signature (unless 'break_signed'),
 * composite types that cannot be encoded (RFC 2045 6.4), encodings that
 * nobody knows, quoted-printable that breaks its own rules (RFC 2045 6.7; true
 * line ends do no harm to it), NULs in headers; what could become a boundary,
 * or a header: what follows one without an empty line between them.
 *
 * Any bytes are a message; hostile ones cost time linear in their size.
 * Meant for a sandboxed child.
 */
#ifndef FORMATS_MIME_FIX_H
#define FORMATS_MIME_FIX_H

#include "core/arena.h"
#include "formats/mime_recode.h"
#include "formats/mime_span.h"

/* Shorter lines than these cannot be asked for: encoded ones have 76 bytes, and
 * header fields of our own need room. */
#define FIX_LINE_MIN 100

/* Kinds of fixes. */
enum { FIX_LINES = 1, FIX_NEWLINES = 2, FIX_RECEIPTS = 4, FIX_ATTACHMENTS = 8 };

struct fix_want {
	uint64_t line;	/* longest line with its CRLF; 0: any */
	uint64_t strip; /* attachments of more bytes go; 0: none */
	bool newlines, receipts;
	bool break_signed; /* also inside signed parts */
};

enum fix_what {
	FIX_RECODE,  /* the stretch, as 'how' and 'flags' say */
	FIX_REPLACE, /* by 'text' */
	FIX_TAKE_OUT /* an attachment: the file is what 'coding' means, and
		      * lines of text come in its place, quoted-printable */
};

struct fix_piece {
	enum fix_what what;
	uint64_t from, n; /* of the file: each begins where the last ended */
	enum recode_how how;
	unsigned flags;
	struct slice text;
	enum span_how coding;
	struct slice name, type; /* of an attachment, UTF-8; may be empty */
};

/* Who gets the plan. */
struct fix_sink {
	int (*piece)(void *arg, const struct fix_piece *p, struct err *err);
	/* Something that a destination may refuse stays: "part 1.2: ..." */
	void (*left)(void *arg, const char *text);
	void *arg;
};

/*
 * Plan for the message in 'fd', in pieces that cover it whole.  0 with the
 * FIX_ bits of what the pieces do in *done_r (0: nothing but copies), or -1:
 * SCOPE_MSG (beyond a limit of mime_scan.h), or the sink's error.
 * mime_init() was called.
 */
int mime_fix(int fd, const struct fix_want *want, const struct fix_sink *to,
    struct arena *a, unsigned *done_r, struct err *err);

/* Does the header ask for a receipt?  'head': its first bytes. */
bool mime_fix_asks_receipt(struct slice head);

#endif
