/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of the verification share; for them only.
 *
 *	verify.c	the run, folder by folder
 *	straight.c	a folder that is as it should be, in one pass
 *	look.c		what a folder there has, and which is which
 *	read.c		the bytes that are wanted, over several sessions
 *	ask.c		one of them: commands, and what they bring
 *	pairs.c		a message here and the one there, compared
 *	left.c		what is left over on either side
 *	found.c		whether it is in another folder
 *	name.c		naming a difference
 *	history.c	results, written down and read again
 *
 * A folder is asked for first, through lost sessions, until everything is
 * known; only then it is judged.  So that nothing is called missing because a
 * connection was, and nothing is named twice.
 *
 * temp.there.fetch: 0 not wanted, 1 to be read, 2 read (sha256 is set).
 * temp.want.run: the spool folder's place in l.folders, from 1.
 */
#ifndef LOAD_VERIFY_IMPL_H
#define LOAD_VERIFY_IMPL_H

#include "load/likeness.h"
#include "load/load_impl.h"
#include "load/verify/verify.h"

enum difference {
	DIFF_MISSING,
	DIFF_ALTERED,
	DIFF_UNREADABLE,
	DIFF_DUPLICATED,
	DIFF_WRONG_FOLDER,
	DIFF_FLAGS_LOST,
	DIFF_KEYWORDS_LOST,
	DIFF_WRONG_DATE,
	DIFF_EXTRA, /* from here on: information */
	DIFF_MOVED,
	DIFF_NEWLY_FLAGGED,
	DIFF_KEYWORDS_REFUSED,
	DIFF_REWRITTEN,
	DIFF_COUNT
};

struct verify_reader;

struct verify {
	const struct verify_options *o;
	struct load_options lo;
	struct load l; /* for the plan, the session, the ledger */
	struct likeness ours, theirs;
	struct verify_reader *reader;
	uint64_t missing;
	int64_t unadopted; /* ids of messages without a row, downward */
	bool writes;	   /* the spool's ledger can be written */
	bool renumbered;   /* UIDVALIDITY changed while we looked */
	bool blind;	   /* a folder could not be looked at */
	bool troubled;	   /* step by step from now on, not in one pass */
	bool *absent;	   /* folders that the destination has not */
	char **others;	   /* folders there that are not the spool's */
	size_t n_others;
	struct js *rewrites, *added; /* how often in which way */
	unsigned n_added;
};

/* A folder of the destination that is looked at. */
struct verify_place {
	const char *name; /* wire form */
	int64_t tag;	  /* temp.there.folder */
	uint32_t uidvalidity;
	bool elsewhere; /* not where its messages belong */
	/* after a pass that proved nothing: UIDs up to it were asked for, and
	 * how many had other bytes */
	uint32_t known_to;
	uint64_t disappointed;
};

/* The spool folder of a row in temp.want. */
struct load_folder *verify_folder_of(struct verify *v, int64_t want);

/* ---- straight.c */
/*
 * Fetch facts and bytes of a folder in one pass, if the ledger knows where its
 * messages are.  1 each is as it should be, and counted, and there are no
 * others; 0 no; -1: SCOPE_STORE the session is over, SCOPE_RUN.
 */
int verify_straight(struct verify *v, struct load_folder *f,
    struct verify_place *p, struct err *err);
/* After a pass that ended with 0 or -1: what was seen, into temp.there; those
 * of temp.want with the bytes they should have. */
int verify_straight_keep(struct verify *v, const struct load_folder *f,
    const struct verify_place *p, struct err *err);

/* ---- look.c */
/*
 * What the folder has, into temp.there, and temp.pair for those in temp.want;
 * marks what is to be read.  p->uidvalidity is set.  -1: SCOPE_FOLDER it
 * cannot be opened; SCOPE_STORE the session; may be called again then.
 */
int verify_look(struct verify *v, const struct load_folder *f,
    struct verify_place *p, struct err *err);
/* All messages of a folder that the spool does not know. */
int verify_look_only(struct verify *v, struct verify_place *p, struct err *err);

/* ---- read.c */
/*
 * Read the messages of the place that are marked (fetch=1): sha256 is set
 * then, and likeness where it is not what temp.want has.  Those that the
 * server does not give are in temp.ungiven; those that were expunged meanwhile
 * are taken out of temp.there.  The folder is selected in the session.  -1:
 * as verify_look(); what was read is not read again.
 */
int verify_read(struct verify *v, const struct verify_place *p,
    struct err *err);
void verify_read_end(struct verify *v);

/* ---- pairs.c */
/* Judge the pairs of the place; no server needed. */
int verify_pairs(struct verify *v, const struct verify_place *p,
    struct err *err);
/* The likeness of a pair's bytes: LIKE_OTHER also where a rewrite is not one
 * that servers are known for.  1 with *is_r, 0 it cannot be told, -1. */
int verify_likeness(struct verify *v, int64_t want, struct slice packed,
    enum like *is_r, unsigned *how_r, struct buf *added, struct err *err);

/* ---- left.c */
int verify_left_begin(struct verify *v, struct err *err);
/* What is left on both sides of a folder is laid away. */
int verify_lay_away(struct verify *v, const struct verify_place *p,
    struct err *err);
/* All folders were looked at: what about the rest? */
int verify_left(struct verify *v, struct err *err);

/* ---- found.c */
/* Those that nobody claims, but that are one more of a message in temp.want:
 * named, and taken out of temp.there. */
int verify_twins(struct verify *v, const struct verify_place *p,
    struct err *err);
/* Look for what is gone in other folders, and judge it there. */
int verify_found(struct verify *v, struct err *err);
/* Name what is one more of a message in another folder. */
int verify_copies(struct verify *v, struct err *err);

/* ---- verify.c */
/*
 * Do 'ask' until it succeeds, through lost sessions, throttling, and changes
 * of UIDVALIDITY (v->renumbered is set then).  0; 1 this folder cannot be
 * looked at, *err says why; -1 the run is over.
 */
int verify_through(struct verify *v,
    int (*ask)(struct verify *v, void *arg, struct err *err), void *arg,
    struct err *err);

/* ---- name.c */
/* All counters, also those that stay 0. */
void verify_name_all(struct report *r);
/* Count and name one difference of the message 'want' (its row in temp.want;
 * 0: it is not the spool's), seen at 'uid' (0: nowhere) of that place (NULL:
 * nowhere). */
void verify_name(struct verify *v, const struct load_folder *f,
    const struct verify_place *p, enum difference d, int64_t want, uint32_t uid,
    const char *fmt, ...) __attribute__((format(printf, 7, 8)));
/* A folder's name for people. */
void verify_put_name(struct buf *out, const char *wire);

/* ---- history.c */
void verify_history_begin(struct verify *v);
/* The result stays in the ledger, with the time. */
void verify_history_end(struct verify *v, int rc, const struct err *why);

#endif
