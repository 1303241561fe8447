/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One connection to an IMAP account and the folder that is taken over it:
 * what the folder has is compared with what the spool has, then messages are
 * fetched in batches, several of them in flight, so that the answers are here
 * (in the kernel's buffers) when they are wanted.  A generator: it never
 * waits, but says that it has nothing, yet.
 *
 *	pull_begin -> { pull_next, pull_step | imap_wait_any }* -> idle again
 *
 * Bodies pass through a buffer of one read (128 KiB).  Where a server tells
 * UID, flags or date only behind a body, that waits in an unlinked file.
 */
#ifndef EXTRACT_IMAP_PULL_H
#define EXTRACT_IMAP_PULL_H

#include <stdio.h>

#include "extract/imap_boxes.h"
#include "extract/marks.h"
#include "extract/uidset.h"

#define PULL_BATCH   100 /* messages a command */
#define PULL_BATCHES 10	 /* commands in flight */

enum pull_at {
	PULL_IDLE,
	PULL_EXAMINE, /* EXAMINE and SEARCH are on their way */
	PULL_SAME,    /* to tell what is known and what is gone */
	PULL_FLAGS,   /* flags of known messages are on their way */
	PULL_COPIES,  /* Gmail: which of them the spool has from elsewhere */
	PULL_FETCH,
	PULL_AGAIN, /* after a loss: EXAMINE is on its way, then FETCH */
	PULL_END,
	PULL_NOTED
};

/* One UID FETCH in flight. */
struct pull_batch {
	uint32_t tag;
	unsigned n, left;
	bool alone; /* asked for by itself: what the answer says is its fate */
	bool probe; /* UID SEARCH: is it there at all? */
	uint32_t uid[PULL_BATCH]; /* 0: it came */
};

/* A response that carries a message. */
struct pull_catch {
	enum { CATCH_NONE, CATCH_STREAM, CATCH_SPILL, CATCH_DROP } how;
	bool whole; /* all of it was received */
	bool told;  /* source_next() has announced it */
	uint32_t uid, flags;
	uint64_t size, got, given, skip, gm_msgid;
	int64_t received;
	struct buf keywords, data;
	size_t at; /* in data */
	FILE *spill;
};

/* A message that could not be had. */
struct pull_verdict {
	uint32_t uid;
	struct err why;
};

struct pull {
	/* given */
	struct imap *im; /* NULL: not connected */
	struct spool *sp;
	const struct source_spec *spec;

	struct imap_box *box;
	enum pull_at at;
	uint32_t uidvalidity;
	struct imap_memory now; /* as EXAMINE told it */
	uint32_t examine_tag, search_tag, flags_tag;
	struct uidset there, known, todo, gone;
	bool gmail, gm_came;
	uint32_t gm_uid;
	uint64_t gm_msgid;
	struct uidset copies; /* that lie in another folder of the spool */
	uint64_t n_copies;
	struct marks marks;
	char also[IMAP_KEY_BYTES];
	uint64_t same;
	bool renumbered, refused, said_same;
	struct pull_batch batch[PULL_BATCHES];
	unsigned first, n; /* a ring */
	/* to be asked for again, one by one */
	uint32_t *retry;
	size_t n_retry;
	bool probing, probe_found;
	struct pull_verdict *verdict;
	size_t n_verdict;
	struct pull_catch c;
	/* an untagged FETCH without a body */
	bool flags_came;
	uint32_t flags_uid;
	/* a message that sessions die of */
	uint32_t suspect;
	unsigned deaths;
	uint64_t throttled_ms; /* the server asks for so much patience */

	char key[IMAP_KEY_BYTES], prefix[IMAP_KEY_BYTES];
	char numbered[80];
	struct buf source, name, value;
};

/* Take 'box'; the session is there.  -1: it is over. */
int pull_begin(struct pull *p, struct imap_box *box, struct err *err);
/*
 * The next item: 1, 0 nothing yet (or nothing any more: p->at is PULL_IDLE),
 * -1: SCOPE_MSG, SCOPE_FOLDER as source_next(); wider: the session is over.
 */
int pull_next(struct pull *p, struct source_item *item, struct err *err);
/* Bytes of the message: count, 0 at its end, -1 as source_read(), or -2:
 * nothing yet. */
ssize_t pull_read(struct pull *p, void *buf, size_t cap, struct err *err);
/* Understand what has come, one response at most.  As imap_step(). */
int pull_step(struct pull *p, struct err *err);

/* The session is over, why: what was asked for is to be asked for again. */
void pull_lost(struct pull *p, const struct err *why);
/* There is a new one: go on where it was.  -1: that one is over, too. */
int pull_resume(struct pull *p, struct err *err);

void pull_free(struct pull *p);

#endif
