/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What read.c (sessions, the loop), ask.c (commands and what they bring) and
 * straight.c (facts and bytes in one pass) share; for them only.
 */
#ifndef LOAD_VERIFY_READ_IMPL_H
#define LOAD_VERIFY_READ_IMPL_H

#include "load/verify/impl.h"

#define READ_BATCH    100 /* messages a command */
#define READ_BATCHES  32  /* commands in flight, a session */
#define READ_SESSIONS 4

#define DISAPPOINTED_MAX 200 /* from then on, likenesses at once */

struct wanted {
	uint32_t uid;
	uint8_t tries;
	bool like, alone, has_sha256;
	uint8_t sha256[DIGEST_BYTES];
	/* in one pass with what FETCH tells: what it should tell */
	bool keywords; /* it has some */
	uint32_t flags;
	int64_t received;
	uint64_t size;
};

/* One command in flight. */
struct flight {
	uint32_t tag;
	unsigned n;
	bool alone, probe; /* probe: UID SEARCH, is it there at all? */
	bool probe_found;
	struct wanted w[READ_BATCH]; /* uid 0: it came */
};

struct session {
	struct verify_reader *r;
	struct imap *im;
	bool open; /* the folder is selected */
	struct flight ring[READ_BATCHES];
	unsigned first, n;
	/* the message that is coming in */
	bool coming, liking;
	struct digest *raw;
	struct likeness like;
};

struct verify_reader {
	struct verify *v;
	struct session *s[READ_SESSIONS];
	unsigned n, max;
	/* of this folder */
	const struct verify_place *p;
	uint32_t last; /* UID that was asked for last */
	bool at_end;
	struct wanted *again;
	size_t n_again, cap_again;
	uint64_t disappointed, left_msgs, left_bytes, taken;
	int64_t began_ms;
	uint32_t suspect; /* sessions die of it */
	unsigned deaths;
	unsigned window; /* commands in flight, a session */
	struct buf packed;
	/* in one pass; NULL: what temp.there marks is read */
	const struct load_folder *straight;
	uint64_t sound;
	struct buf words;
};

/* ---- read.c */
/* For a folder: nothing is asked for yet, only the first session is in it. */
struct verify_reader *read_begin(struct verify *v,
    const struct verify_place *p);
/* One that is asked for is not left to be asked for. */
void read_took(struct verify_reader *r, uint64_t bytes);
/* Until all is read. */
int read_all(struct verify_reader *r, struct err *err);
/* End in the middle: what is in flight was not read. */
int read_leave(struct verify_reader *r, struct err *err);

/* ---- straight.c */
/* The next messages of the ledger. */
int straight_next(struct verify_reader *r, struct flight *f, unsigned max,
    struct err *err);
/* One that came: is it as it should be? */
int straight_take(struct verify_reader *r, const struct wanted *w,
    const struct imap_fetch *f, const uint8_t *sha256, struct err *err);
/* Those that did not come. */
int straight_leave(struct verify_reader *r, const struct flight *f,
    struct err *err);

/* ---- ask.c */
/* Send what is to be asked for, as much as may be in flight. */
int ask_top_up(struct session *s, struct err *err);
/* The oldest command is answered. */
int ask_collect(struct session *s, struct err *err);
/* The session is over: all that is in flight is to be asked for again. */
void ask_forget(struct session *s);
/* The server does not give this message. */
int ask_give_up(struct verify_reader *r, uint32_t uid, const char *why,
    struct err *err);

#endif
