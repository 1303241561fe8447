/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages of a spool taken apart by a sandboxed child, as an export asks
 * for them.  Several may be asked for ahead of their turn, so that both
 * processes have work.
 *
 *	taker_open -> { taker_ask* taker_answer* }* -> taker_close
 *
 * A child that crashes, hangs or takes too much memory costs the message it
 * was at: its answer is that it could not be taken apart, and a new child
 * goes on behind it.
 */
#ifndef LOAD_EXPORT_TAKER_H
#define LOAD_EXPORT_TAKER_H

#include "core/report.h"
#include "formats/item_kind.h"
#include "formats/taken.h"

/* Questions that may wait for their answers. */
#define TAKER_AHEAD 16

struct taker;

/* 'spool' is a descriptor of the spool's directory and stays the caller's.
 * What the sandbox lacks is noted in 'r'.  0 or -1, SCOPE_RUN. */
int taker_open(struct taker **t_r, int spool, struct report *r,
    struct err *err);

/* Ask for the message at 'path' beneath the spool. */
void taker_ask(struct taker *t, const char *path);

/*
 * The answer to the oldest question: 1 and *t_r, whose streams read from 'fd'
 * (the same message, of 'size' bytes), valid until the next answer; 0 when
 * it could not be taken apart, *err says why; -1 with SCOPE_RUN.
 */
int taker_answer(struct taker *t, int fd, uint64_t size, struct taken **t_r,
    struct err *err);

/*
 * Can the item at 'path' be read?  The child tries first: what breaks it does
 * not break its parent.  1, 0 (*err says why not), -1 with SCOPE_RUN.  Not
 * while questions wait.
 */
int taker_probe(struct taker *t, enum item_kind kind, const char *path,
    struct err *err);

void taker_close(struct taker **t);

#endif
