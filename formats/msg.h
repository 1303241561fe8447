/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What we know about a message besides its bytes.  All pointers are
 * borrowed; whoever fills in a struct msg says until when.
 */
#ifndef FORMATS_MSG_H
#define FORMATS_MSG_H

#include <stdint.h>

#include "core/buf.h"
#include "core/date.h"

/* Flags: Maildir's letters and IMAP's system flags. */
enum {
	MSG_ANSWERED = 1 << 0,	/* R  \Answered */
	MSG_DELETED = 1 << 1,	/* T  \Deleted */
	MSG_DRAFT = 1 << 2,	/* D  \Draft */
	MSG_FLAGGED = 1 << 3,	/* F  \Flagged */
	MSG_FORWARDED = 1 << 4, /* P  $Forwarded (a keyword on the wire) */
	MSG_SEEN = 1 << 5	/* S  \Seen */
};

/* Where 'received' comes from. */
enum received_how {
	RECEIVED_UNKNOWN, /* nothing told: the spool says 0 */
	RECEIVED_SOURCE,  /* INTERNALDATE, postmark, mtime, delivery time */
	RECEIVED_HEADER	  /* newest Received, else Date */
};

struct msg {
	const char *key;      /* [A-Za-z0-9_.-]{1,120}, unique in its store */
	const char *folder;   /* spool path: encoded components, '/'-joined */
	const char *source;   /* where it was, compact JSON text */
	uint32_t flags;	      /* MSG_SEEN, ... */
	const char *keywords; /* sorted, single spaces, no flags; "" if none;
			       * never $Forwarded: that is MSG_FORWARDED */
	int64_t received;     /* seconds since 1970 UTC; DATE_UNKNOWN */
	enum received_how received_how;
	uint64_t size; /* bytes; 0 until known */
};

/* "FRS": Maildir letters in ASCII order; 'out' holds 8 bytes. */
char *msg_flag_letters(char out[8], uint32_t flags);
/* The flags among the letters of a Maildir info; other letters ignored. */
uint32_t msg_flags_of_letters(struct slice letters);

/* "answered", ...: name of one flag bit as ls --json prints it. */
const char *msg_flag_name(uint32_t one_flag);

/*
 * Append 'word' to a sorted, space-separated keyword list, unless it is
 * there (ASCII case-insensitive, as RFC 3501 flags are).  Characters that no
 * IMAP keyword may have (blanks, controls, ( ) { % * " \ ] and non-ASCII)
 * become '_'.  A system flag's or $Forwarded's spelling sets the bit in
 * *flags instead.
 */
void msg_keyword_add(struct buf *list, uint32_t *flags, struct slice word);

/* The same for a word that is to stay a keyword, whatever it is. */
void msg_keyword_put(struct buf *list, struct slice word);

/* Cut the next keyword off *rest; false at the end. */
int msg_keyword_next(struct slice *rest, struct slice *word_r);

#endif
