/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A POP3 mailbox that survives its connections: the listing with each
 * message's UIDL, and messages read to their end although the line breaks in
 * between (RFC 1939 has no partial fetch: the message is asked for again, and
 * what was handed out already is compared and stepped over).
 *
 * Connections are taken up again, as extract/patience.h has it.  24 bytes and
 * the UIDL are kept for each message.
 */
#ifndef EXTRACT_POP3_BOX_H
#define EXTRACT_POP3_BOX_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/digest.h"
#include "extract/patience.h"
#include "extract/source.h"
#include "wire/account.h"
#include "wire/pop3.h"

struct pop3_entry {
	uint64_t size;	   /* as LIST has it; 0: not told */
	uint32_t number;   /* in this connection */
	uint32_t uidl_len; /* 0: it has none */
	size_t uidl;	   /* where it begins in 'uidls' */
};

struct pop3_box {
	struct account *account;
	struct report *report;
	struct pop3 *pop3;
	struct pop3_entry *entry; /* ascending numbers */
	size_t n, cap;
	struct buf uidls;
	uint64_t bytes, odd; /* by STAT; lines that were none */
	bool has_list, has_uidl, unsorted;
	unsigned listings; /* so far: after each, entries are others */
	struct patience patience;
	uint32_t asked[POP3_ASKED_MAX]; /* numbers, oldest first */
	size_t n_asked;
	/* Servers that say PIPELINING and throw away what comes early. */
	uint64_t begun;	   /* messages, in this connection */
	unsigned betrayed; /* connections in a row that ended so */
	bool one_by_one;   /* ask for no message ahead any more */
	/* the message being read */
	bool reading;
	uint32_t number;
	struct buf uidl;
	uint64_t given;	     /* bytes handed out */
	struct digest *hash; /* of these */
};

/*
 * Connect, log in, list.  'b' is zeroed.  Whatever it returns, close it.
 * -1: as account_open_pop3().
 */
int pop3_box_open(struct pop3_box *b, const struct source_spec *spec,
    struct err *err);
void pop3_box_close(struct pop3_box *b);

/*
 * Does IMAP answer on this account's host?  Its URL in 'url' then; else it
 * stays empty.  0, or -1: a stop was asked for.
 */
int pop3_box_imap(const struct account *a, struct buf *url, struct err *err);

/* Empty where it has none. */
struct slice pop3_box_uidl(const struct pop3_box *b, size_t i);

/* Ask for entry 'i' ahead of reading it.  1 asked, 0 not now, or not at all
 * where two connections in a row ended with more asked for than was ever
 * answered: go on without. */
int pop3_box_ask(struct pop3_box *b, size_t i);

/*
 * Read entry 'i': begin, then read until 0.  When the line breaks, the
 * message is looked for by its UIDL in the next connection and gone on with;
 * one without UIDL is not: begin then returns 0, read -1 with SCOPE_STORE.
 * When b->listings has changed afterward, the entries are others.
 *
 * begin: 1 begun, 0 see above, -1.  Errors: SCOPE_MSG (EX_NOINPUT: gone since
 * it was listed), SCOPE_STORE, SCOPE_RUN.
 */
int pop3_box_begin(struct pop3_box *b, size_t i, struct err *err);
ssize_t pop3_box_read(struct pop3_box *b, void *buf, size_t cap,
    struct err *err);

#endif
