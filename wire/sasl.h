/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The client's side of one SASL dialogue (RFC 4422), for any protocol that
 * carries it in base64: IMAP, POP3.  CRAM-MD5 and SCRAM come from libgsasl,
 * whose one doorway this is; the others are put together here, in memory of
 * struct secret.
 *
 *	sasl_new -> { sasl_step }* -> sasl_end -> sasl_free
 *
 * The server's proof (SCRAM) is checked in sasl_end(): an OK that comes
 * before it is worth nothing.
 */
#ifndef WIRE_SASL_H
#define WIRE_SASL_H

#include "wire/login.h"

/* bytes of one message of ours, in base64; room for a long token */
#define SASL_MESSAGE_MAX (SECRET_TOKEN_MAX * 2 + 4096)
/* of one challenge, in base64; longer ones are refused */
#define SASL_CHALLENGE_MAX 16384

struct sasl;

/* Can that way carry this password?  Not CRAM-MD5 and SCRAM each one with
 * characters that RFC 4013 changes or forbids. */
bool sasl_can_carry(enum login_way way, struct slice password);

/* 'way' is a SASL mechanism (not APOP, not COMMAND).  'l' is borrowed until
 * sasl_free().  -1 with SCOPE_STORE: the password cannot be prepared for it. */
int sasl_new(struct sasl **s_r, enum login_way way, const struct login *l,
    struct err *err);

/* May the first message go with the command (SASL-IR)? */
bool sasl_speaks_first(const struct sasl *s);

/*
 * Answer 'challenge' (base64; empty for the first message of one that speaks
 * first): the answer, in base64, replaces what is in 'out'; it may be empty.
 * -1 with SCOPE_STORE: EX_PROTOCOL what the server says is no such challenge;
 * EX_NOPERM its proof is wrong.  Then cancel with "*".
 */
int sasl_step(struct sasl *s, struct slice challenge, struct secret *out,
    struct err *err);

/* The server says OK.  -1 with SCOPE_STORE, EX_NOPERM: it did so without the
 * proof that it has to give, or without having asked. */
int sasl_end(const struct sasl *s, struct err *err);

/* What a server said of a token that it refuses (the JSON of RFC 7628, 3.2.2
 * and of XOAUTH2), escaped; "" if it said nothing. */
const char *sasl_refusal(const struct sasl *s);

void sasl_free(struct sasl **s);

#endif
