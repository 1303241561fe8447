/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What read.c (sessions, the loop) and ask.c (commands and what they bring)
 * share; for them only.
 */
#ifndef LOAD_VERIFY_READ_IMPL_H
#define LOAD_VERIFY_READ_IMPL_H

#include "load/verify/impl.h"

#define READ_BATCH    100 /* messages a command */
#define READ_BATCHES  10  /* commands in flight, a session */
#define READ_SESSIONS 4

struct wanted {
	uint32_t uid;
	uint8_t tries;
	bool like, alone, has_sha256;
	uint8_t sha256[DIGEST_BYTES];
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
	uint64_t size;
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
	uint64_t disappointed, left_msgs, left_bytes;
	uint32_t suspect; /* sessions die of it */
	unsigned deaths;
	struct buf packed;
};

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
