/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of the lanes share; for them only.
 *
 *	lanes.c		all of them together: turns, waiting, how many
 *	lanes_conn.c	their connections, and what is written of their news
 *	lanes_folder.c	one of them and the folder that it is at
 */
#ifndef LOAD_LANES_IMPL_H
#define LOAD_LANES_IMPL_H

#include "load/load_impl.h"

#define LANES_MAX 32 /* connections */
#define TAILS_MAX 32 /* folders that one is still at */

/*
 * A connection and the folder it is at.  What is left when the last of it is
 * made ready - to be sent, and the answers - is left to a tail, a lane of its
 * own over the same connection, which goes on with the next folder.  Many
 * small folders would take a round trip and a commit each otherwise.
 */
struct lane {
	struct imap *im;
	bool tail;
	struct load_folder *f; /* NULL: idle */
	struct sender *s;
	struct resolving *doubt; /* of f; looked at again at ... */
	int64_t wake_ms;
	bool leaving; /* to be closed as soon as nothing is in flight */
};

struct lanes {
	struct load *l;
	struct lane v[LANES_MAX * (TAILS_MAX + 1)];
	unsigned n;
	unsigned open; /* connections: lanes that are no tails */
	struct tempo tempo;
	int64_t written_ms;
	bool said_pause;
	unsigned given_up; /* folders that cost too many sessions */
};

/* ---- lanes_conn.c */
/* All that there is to write, in one transaction; then it is durable. */
int lanes_commit(struct lanes *ls, struct err *err);
/* Is there any?  *urgent_r: a sender cannot go on before it is written. */
bool lanes_has_news(const struct lanes *ls, bool *urgent_r);
/* ... if there is any.  Both: 0, or -1 with SCOPE_RUN. */
int lanes_commit_news(struct lanes *ls, struct err *err);
/* Before the ledger and the session are used for something else, which may
 * come to nothing: what is settled is written. */
int lanes_borrow(struct lanes *ls, struct lane *lane, struct err *err);
/* A lane more, over a connection of its own or, a tail, one that is there;
 * there has to be room. */
struct lane *lanes_add(struct lanes *ls, struct imap *im, bool tail);
/* The lane is gone; its folder, if any, waits in line again. */
void lanes_remove(struct lanes *ls, struct lane *lane);
/* The connection opened last, of several; NULL. */
struct lane *lanes_last_of_several(struct lanes *ls);
/* Those over this connection. */
unsigned lanes_count_tails(const struct lanes *ls, const struct imap *im);
/* One connection more, if the server lets us. */
void lanes_open_another(struct lanes *ls);
/*
 * The session of 'lane' is over, '*err' says how.  Another one takes its
 * place only where no other is left.  0, or -1 with SCOPE_RUN.
 */
int lanes_lose(struct lanes *ls, struct lane *lane, struct err *err);

/* ---- lanes_folder.c */
/* Folders with something to do, and without a lane. */
size_t lanes_count_waiting(const struct load *l);
/* The next folder: in the spool's order for the first connection, the largest
 * one for those beside it, so that all end at about the same time. */
struct load_folder *lanes_next_folder(const struct lanes *ls, bool first);
/* As far as it goes without waiting.  1 it did something, 0 not, -1. */
int lane_step(struct lanes *ls, struct lane *lane, struct err *err);
/* The error of a lane: the folder's, the session's, or the run's. */
int lane_failed(struct lanes *ls, struct lane *lane, struct err *err);

#endif
