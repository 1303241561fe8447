/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What append.c, which sends a folder's messages, and append_reply.c, which
 * takes what the server answers, have in common; for them only. */
#ifndef LOAD_APPEND_IMPL_H
#define LOAD_APPEND_IMPL_H

#include "load/command.h"

#define CAREFUL_MSGS 100 /* sent one by one after a second death */

struct reading;

struct sender {
	struct load *l;
	struct load_folder *f;
	struct imap *im;
	struct batch *made;   /* its intents are not durable yet */
	struct queue ready;   /* to be sent */
	struct queue again;   /* to be sent again, before those */
	struct queue redo;    /* the same, but something is still in flight */
	struct queue flying;  /* sent, not answered */
	struct queue settled; /* answered, not in the ledger yet */
	struct command *out;  /* being sent */
	struct imap_append *append;
	struct imap_append_msg *msgs;
	struct reading *readings;
	uint64_t bytes;	 /* in flight or being sent */
	size_t commands; /* likewise */
	uint64_t window;
	size_t most; /* commands */
	int64_t cursor;
	bool multi, at_end, stopped;
	bool partly;	 /* several were refused at once */
	bool unsure;	 /* what was not taken just now is to go again */
	bool gap;	 /* since then UIDs were told that do not follow */
	uint64_t untold; /* kept since f->uidnext, without a UID */
};

/* It is neither sent nor on its way any more. */
void sender_landed(struct sender *s, const struct command *c);
/* None of it will be sent in this run: counted, named, to be recorded. */
void sender_settle_refused(struct sender *s, struct command *c,
    const struct err *why);
/* The replies that are here.  -1 as sender_step(). */
int sender_collect(struct sender *s, struct err *err);

#endif
