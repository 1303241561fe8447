/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A POP3 session (RFC 1939, 2449 CAPA, 2595 STLS, 5034 AUTH), as a client that
 * only looks: there is no DELE here.
 *
 *	pop3_open -> pop3_login -> pop3_list, pop3_uidl
 *	  -> { pop3_retr_ask* -> pop3_retr_begin -> pop3_retr_read* }* -> close
 *
 * Errors: SCOPE_STORE means the session is over, SCOPE_MSG leaves it usable.
 * EX_TEMPFAIL and err->retry: connect again.  Not one byte of a credential
 * leaves before TLS is verified, unless the account says otherwise.  Not
 * thread-safe.
 */
#ifndef WIRE_POP3_H
#define WIRE_POP3_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/err.h"
#include "wire/conn.h"
#include "wire/login.h"

struct pop3;

enum pop3_cap {
	POP3_CAP_STLS,
	POP3_CAP_USER,
	POP3_CAP_UIDL,
	POP3_CAP_TOP,
	POP3_CAP_PIPELINING,
	POP3_CAP_RESP_CODES,
	POP3_CAP_EXPIRE_0, /* it may delete what was retrieved */
	POP3_CAP_COUNT
};

#define POP3_LINE_MAX  4096	/* a reply's line; RFC 2449 says 512 */
#define POP3_LIST_MAX  10000000 /* messages in a mailbox */
#define POP3_ASKED_MAX 64	/* RETR in flight */

/*
 * Connect, read the greeting, CAPA, STLS unless spec->tls_at_once or
 * TLS_NONE (no fallback), CAPA again.  -1 as conn_open(), and EX_NOPERM: STLS
 * refused or injected into; EX_PROTOCOL: no POP3; EX_TEMPFAIL: [IN-USE],
 * [SYS/TEMP] and the like; EX_UNAVAILABLE any other -ERR.
 */
int pop3_open(struct pop3 **p_r, const struct conn_spec *spec, struct err *err);
/* QUIT if the session is alive and nothing is in flight, unless the server
 * says that it deletes then what was read (EXPIRE 0): then it is cut off,
 * which RFC 1939 6 makes delete nothing.  *p may be NULL; is set to NULL. */
void pop3_close(struct pop3 **p);

/*
 * AUTH with any mechanism of wire/sasl.h (RFC 5034), APOP, or USER and PASS,
 * as wire/login.h chooses.  -1: SCOPE_STORE, EX_NOPERM refused, with the
 * server's words; EX_TEMPFAIL not now ([IN-USE], [LOGIN-DELAY]).
 */
int pop3_login(struct pop3 *p, const struct login *l, struct err *err);

bool pop3_alive(const struct pop3 *p);
bool pop3_has(const struct pop3 *p, enum pop3_cap cap);
/* All capability lines, '\n' between them; "" where CAPA is not known. */
const char *pop3_capabilities(const struct pop3 *p);
const char *pop3_greeting(const struct pop3 *p); /* escaped */
const char *pop3_security(const struct pop3 *p);
/* The server's certificate; false: there is no TLS. */
bool pop3_cert(const struct pop3 *p, struct tls_cert *out);
/* LOGIN_BIT()s of the ways that it offers. */
unsigned pop3_login_ways(const struct pop3 *p);
uint64_t pop3_bytes_received(const struct pop3 *p);

/* STAT.  0 or -1. */
int pop3_stat(struct pop3 *p, uint64_t *messages_r, uint64_t *bytes_r,
    struct err *err);

/*
 * LIST and UIDL: 'each' sees number and value ("1234", "QhdPYR:00WBw1Ph7x7")
 * in the server's order; lines that are none are left out and counted in
 * *odd_r.  1, 0 the server does not know the command, or -1; -1 of 'each'
 * ends the session.
 */
typedef int pop3_each(void *arg, uint32_t number, struct slice value,
    struct err *err);
int pop3_list(struct pop3 *p, pop3_each *each, void *arg, uint64_t *odd_r,
    struct err *err);
int pop3_uidl(struct pop3 *p, pop3_each *each, void *arg, uint64_t *odd_r,
    struct err *err);

/*
 * Ask for a message ahead of reading it: with PIPELINING up to
 * POP3_ASKED_MAX may be asked for, else one.  Returns 1 asked, 0 not now, -1.
 */
int pop3_retr_ask(struct pop3 *p, uint32_t number, struct err *err);
/* Begin with the answer to the oldest RETR.  0, or -1: SCOPE_MSG with the
 * server's words: EX_NOINPUT it is not there any more, EX_UNAVAILABLE. */
int pop3_retr_begin(struct pop3 *p, struct err *err);
/* Up to 'cap' bytes of it, byte-stuffing undone (RFC 1939 3), else as they
 * came.  0 at its end, -1 with SCOPE_STORE. */
ssize_t pop3_retr_read(struct pop3 *p, void *buf, size_t cap, struct err *err);

#endif
