/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What went where: the destinations of a spool, their folders, and one
 * delivery a message and destination, in spool.db (docs/spool.md).
 *
 * A destination is an account, told by its folders' UIDVALIDITY and not by
 * the spelling of its host: it may have several labels.  A delivery is bound
 * to the message's key, not to its folder in the spool.
 *
 * The life of a delivery, each arrow durable before the next act:
 *
 *	(no row) -> INTENDED -> DELIVERED	bytes may leave after INTENDED
 *	               |   \-> REFUSED		the server's words are kept
 *	               \-----> UNSENT		it has not been kept there
 *	DELIVERED -> UNKNOWN -> DELIVERED	the folder was renumbered: found
 *						there, or moved or deleted
 *	DELIVERED -> UNSENT			the account is another one
 *	anything -> DELIVERED			found there (matched)
 *	DELIVERED -> WITHDRAWN -> UNSENT	removed there, since the source
 *						has it no more; it is back
 *
 * Changes are part of the ledger's open transaction: ledger_begin() first,
 * ledger_commit() makes them durable.  All functions return 0 (or as said)
 * or -1 with SCOPE_RUN, as ledger.h.
 */
#ifndef FORMATS_DELIVERY_H
#define FORMATS_DELIVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"

struct ledger;

enum delivery_state { /* the numbers are in spool.db */
	DELIVERY_UNSENT = 0,
	DELIVERY_INTENDED = 1,
	DELIVERY_DELIVERED = 2,
	DELIVERY_REFUSED = 3,
	DELIVERY_UNKNOWN = 4,
	DELIVERY_WITHDRAWN = 5 /* gone at the source, so not to be there */
};

/* -------------------------------------------------------- destinations */

/* The destination with this label ("mary@imap.example.org"): its id, 0 if
 * there is none, -1. */
int64_t delivery_find(struct ledger *l, const char *label, struct err *err);
/* A new one with its first label; its id or -1. */
int64_t delivery_add(struct ledger *l, const char *label, const char *user,
    struct err *err);
/* One more label for it. */
int delivery_add_label(struct ledger *l, int64_t dest, const char *label,
    struct err *err);
/* The destinations of this user, to compare their folders: start with
 * *dest = 0; 1, 0 at the end, -1. */
int delivery_next_of_user(struct ledger *l, const char *user, int64_t *dest,
    struct err *err);

/* A number for this run, greater than those before; or -1. */
int64_t delivery_begin_run(struct ledger *l, int64_t dest, struct err *err);

/* ------------------------------------------------- folders over there */

struct delivery_folder {
	int64_t id;
	const char *name; /* wire form */
	uint32_t uidvalidity;
	bool matched; /* what lay there before us was looked through */
	uint32_t top; /* highest UID that a delivery is bound to */
	const char *permanentflags; /* as last told; NULL: never */
};

/* By its name there: 1, 0 no such row, -1.  Strings go into 'a'. */
int delivery_folder_find(struct ledger *l, int64_t dest, const char *name,
    struct delivery_folder *f_r, struct arena *a, struct err *err);
/* Note a folder (f->id and f->top are ignored); its id or -1. */
int64_t delivery_folder_put(struct ledger *l, int64_t dest,
    const struct delivery_folder *f, struct err *err);
/* Walk them: start with *id = 0.  1, 0 at the end, -1. */
int delivery_folder_next(struct ledger *l, int64_t dest, int64_t *id,
    struct delivery_folder *f_r, struct arena *a, struct err *err);
/* Its UIDVALIDITY is another one now: every delivery into it is UNKNOWN,
 * and it counts as not matched. */
int delivery_folder_renumbered(struct ledger *l, int64_t folder,
    uint32_t uidvalidity, struct err *err);

/* It was looked through: what is UNKNOWN is there no more, and DELIVERED
 * without a UID.  How many; or -1. */
int64_t delivery_settle(struct ledger *l, int64_t dest, int64_t folder,
    uint32_t uidnext, struct err *err);
/* Another account behind the old name: nothing is delivered there, no folder
 * has been seen, and where folders go is undecided. */
int delivery_forget(struct ledger *l, int64_t dest, struct err *err);

/* Which folder there a spool folder goes to, once decided for good: its id,
 * 0 undecided, -1; and the decision. */
int64_t delivery_map_get(struct ledger *l, int64_t dest, const char *path,
    struct err *err);
int delivery_map_put(struct ledger *l, int64_t dest, const char *path,
    int64_t folder, struct err *err);

/* ---------------------------------------------------------- deliveries */

/* How things stand with a folder of the spool. */
struct delivery_sums {
	uint64_t messages, bytes;  /* all in the folder */
	uint64_t done;		   /* delivered, or withdrawn */
	uint64_t elsewhere;	   /* of these: into another folder
					    * than the one it goes to now */
	uint64_t todo, todo_bytes; /* neither delivered nor lost */
	uint64_t lost;		   /* not delivered, file gone */
	uint64_t intended;	   /* of todo: outcome unknown */
	uint64_t reflagged;	   /* of done: has other flags than were told */
	int64_t sealed;	  /* up to this row all are delivered: nothing is
			   * to be looked for below (delivery_seal.h) */
	uint64_t counted; /* of messages: behind that row */
};
/* 'folder': the one it goes to now, 0: not known. */
int delivery_sums(struct ledger *l, int64_t dest, int64_t spool_folder,
    int64_t folder, struct delivery_sums *s_r, struct err *err);

/* A message that is to be sent. */
struct delivery_work {
	int64_t id; /* of the message's row: the order it is sent in */
	char key[128];
	uint64_t size;
};
/*
 * The next messages of this spool folder behind row 'after' (0 to begin with)
 * that have their file, are not delivered, not intended, and were not refused
 * in this 'run': at most 'max' into v.  How many, 0 at the end, -1.
 */
int delivery_next(struct ledger *l, int64_t dest, int64_t spool_folder,
    int64_t run, int64_t after, struct delivery_work *v, size_t max,
    struct err *err);

/* Bytes of this message, of that row, may leave from now on, with the flags it
 * has.  'uidnext': no UID below it can be the message's. */
int delivery_intend(struct ledger *l, int64_t dest, int64_t row,
    const char *key, int64_t folder, uint32_t uidnext, int64_t run,
    struct err *err);
/*
 * It is there.  'uid' 0: which UID is not known (yet).  A UID that another
 * delivery has is not believed and kept as 0.  'dropped': keywords that the
 * server would not take, or NULL.
 */
int delivery_done(struct ledger *l, int64_t dest, const char *key,
    int64_t folder, uint32_t uid, const char *dropped, struct err *err);
/* The server refused it (or we did, knowing it would). */
int delivery_refuse(struct ledger *l, int64_t dest, const char *key,
    int64_t folder, int64_t run, const char *why, struct err *err);
/* These flags (MSG_...) are not told with it: they are owed to it once it is
 * there (formats/delivery_delta.h). */
int delivery_owe(struct ledger *l, int64_t dest, const char *key,
    uint32_t flags, struct err *err);
/* An intent whose bytes have not been kept, or cannot be found. */
int delivery_unsend(struct ledger *l, int64_t dest, const char *key,
    struct err *err);
/* It was sent again because nobody could tell: it may be there twice. */
int delivery_maybe_twice(struct ledger *l, int64_t dest, const char *key,
    struct err *err);

/* How many messages were delivered, to whichever destination; or -1. */
int64_t delivery_count(struct ledger *l, struct err *err);

/* For 'why': every delivery of a message. */
struct delivery_fact {
	const char *label, *folder; /* wire form of the name */
	enum delivery_state state;
	uint32_t uidvalidity, uid; /* uid 0: not known */
	uint64_t attempts;
	bool maybe_twice;
	const char *error, *dropped; /* or NULL */
};
/* Start with *dest = 0; strings go into 'a'.  1, 0 at the end, -1. */
int delivery_fact_next(struct ledger *l, const char *key, int64_t *dest,
    struct delivery_fact *f_r, struct arena *a, struct err *err);
const char *delivery_state_name(enum delivery_state s);

#endif
