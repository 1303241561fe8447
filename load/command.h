/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * APPEND commands of a sender (load/append.c), and queues of them.  A command
 * is in one queue at a time and owned by it; it holds a reference to its
 * batch.  One carries several messages where there is MULTIAPPEND (RFC 3502).
 * Nothing here fails.
 */
#ifndef LOAD_COMMAND_H
#define LOAD_COMMAND_H

#include "load/load_impl.h"

/* One APPEND command, on its way or answered. */
struct command {
	struct command *next;
	struct batch *batch;
	size_t lo, n; /* its part of the batch */
	uint64_t bytes;
	uint32_t tag;
	/* once answered */
	bool refused;	/* else it is there */
	uint32_t *uids; /* n of them, or NULL: not told */
	char error[240];
};

struct queue {
	struct command *head, **tail;
};

void queue_init(struct queue *q);
void queue_put(struct queue *q, struct command *c);
void queue_put_first(struct queue *q, struct command *c);
/* The oldest, or NULL. */
struct command *queue_take(struct queue *q);
/* For items lo..lo+n of the batch, which it shares. */
struct command *command_new(struct batch *b, size_t lo, size_t n);
void command_free(struct command *c);
void queue_free(struct queue *q);
/* Those in 'from' go before those in 'q'. */
void queue_put_before(struct queue *q, struct queue *from);

#endif
