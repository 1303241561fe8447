/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What lies at the destination, in temporary tables beside the ledger's, so
 * that folders of a million messages cost no memory:
 *
 *	there	a message at the destination: folder and uid, what FETCH told
 *	want	a message of the spool that is looked for
 *	pair	which is which: each want and each uid at most once
 *
 * load/match.c pairs them.  'folder' is a number of the caller's choosing.
 * FETCH is RFC 3501, 6.4.5; bytes are asked for with BODY.PEEK[].
 */
#ifndef LOAD_THERE_H
#define LOAD_THERE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "load/dest.h"
#include "load/likeness.h"

/* Make the tables, or empty them. */
int there_begin(struct ledger *l, struct err *err);

enum {
	THERE_MESSAGE_ID = 1, /* Message-ID too: reads every header */
	THERE_FLAGS = 2
};

/*
 * Fetch the messages of the selected folder with UIDs from 'lo' on into
 * temp.there: size, INTERNALDATE (-1 where it was not told), and 'what'.
 * Waits for the whole answer.  -1 as imap_uid_fetch().
 */
int there_fetch(struct dest *d, int64_t folder, uint32_t lo, unsigned what,
    struct err *err);

/* What FETCH told of flags, as the spool keeps them; its keywords into
 * 'keywords', which is emptied before. */
uint32_t there_flags(struct slice flags, struct buf *keywords);

/* The next bytes of a header that is being fetched for its Message-ID, into
 * 'head'; what is far longer than any Message-ID is left out. */
void there_keep_head(struct buf *head, const struct imap_body *b, const void *p,
    size_t n);

/*
 * Fetch the bytes of those rows of 'folder' whose there.fetch is 1, and hand
 * over a likeness of each; NULL for one that the server did not give.
 * 'each' must not use the session.  there.fetch is 2 afterward.
 */
int there_bytes(struct dest *d, int64_t folder,
    int (*each)(void *arg, uint32_t uid, const struct likeness *l,
	struct err *err),
    void *arg, struct err *err);

#endif
