/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What imap_pull.c, imap_batch.c and imap_catch.c share; for them only. */
#ifndef EXTRACT_IMAP_PULL_IMPL_H
#define EXTRACT_IMAP_PULL_IMPL_H

#include "extract/imap_pull.h"

/* ---- imap_pull.c */
/* Open the folder, and ask for its UIDs; or open it only. */
int pull_send_opening(struct pull *p, struct err *err);
int pull_examine(struct pull *p, struct err *err);
/* What a SEARCH finds. */
int pull_take_uid(void *arg, uint32_t uid, struct err *err);

/* ---- imap_batch.c */
/* Ask for as much as may be in flight. */
int pull_top_up(struct pull *p, struct err *err);
/* The oldest command is answered. */
int pull_end_batch(struct pull *p, struct err *err);
/* The batch in flight that asks for 'uid', and where in it; NULL: none. */
struct pull_batch *pull_batch_of(struct pull *p, uint32_t uid, unsigned *at_r);

/* ---- imap_catch.c */
struct imap_fetch_sink pull_sink(struct pull *p);
/* Is there a message to tell of? */
bool pull_caught(const struct pull *p);
ssize_t pull_catch_read(struct pull *p, void *buf, size_t cap, struct err *err);
/* Done with the message. */
void pull_catch_end(struct pull *p);
/* The session is over: what was not told of is forgotten, the rest of what
 * was is waited for. */
void pull_catch_cut(struct pull *p);
/* How the source text of messages of this numbering begins. */
const char *pull_numbered(struct pull *p);

#endif
