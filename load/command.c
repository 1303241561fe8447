/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Queues of commands; see command.h. */
#include "load/command.h"

#include <stdlib.h>

#include "core/mem.h"

void
queue_init(struct queue *q)
{
	q->head = NULL;
	q->tail = &q->head;
}

void
queue_put(struct queue *q, struct command *c)
{
	c->next = NULL;
	*q->tail = c;
	q->tail = &c->next;
}

void
queue_put_first(struct queue *q, struct command *c)
{
	c->next = q->head;
	if (q->head == NULL)
		q->tail = &c->next;
	q->head = c;
}

struct command *
queue_take(struct queue *q)
{
	struct command *c = q->head;

	if (c == NULL)
		return NULL;
	q->head = c->next;
	if (q->head == NULL)
		q->tail = &q->head;
	c->next = NULL;
	return c;
}

struct command *
command_new(struct batch *b, size_t lo, size_t n)
{
	struct command *c = mem_alloc(1, sizeof(*c));
	size_t i;

	c->batch = b;
	b->refs++;
	c->lo = lo;
	c->n = n;
	for (i = 0; i < n; i++)
		c->bytes += b->items[lo + i].size;
	return c;
}

void
command_free(struct command *c)
{
	if (c == NULL)
		return;
	batch_unref(&c->batch);
	free(c->uids);
	free(c);
}

void
queue_free(struct queue *q)
{
	struct command *c;

	while ((c = queue_take(q)) != NULL)
		command_free(c);
}

/* Those in 'from' go before those in 'q'. */
void
queue_put_before(struct queue *q, struct queue *from)
{
	if (from->head == NULL)
		return;
	*from->tail = q->head;
	if (q->head == NULL)
		q->tail = from->tail;
	q->head = from->head;
	queue_init(from);
}
