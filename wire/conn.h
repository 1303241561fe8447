/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One connection: TCP, then TLS at once or later (STARTTLS).  It blocks, with
 * a deadline for every wait, and looks at core/stop.h in each.  What is sent
 * goes through a bounded queue, what is received through a bounded buffer;
 * while one waits the other moves, so that pipelining cannot deadlock:
 *
 *	conn_queue() as much as fits; conn_wait() until something moved;
 *	look at conn_input(), conn_consume() what was understood; again.
 *
 * Knows no protocol: IMAP, POP3 (and HTTP) stand on it.  Every failure is
 * SCOPE_STORE and final: then only conn_close().  Not thread-safe.
 */
#ifndef WIRE_CONN_H
#define WIRE_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/slice.h"
#include "wire/tls.h"
#include "wire/trace.h"

struct conn;

struct conn_spec {
	const char *host;
	uint16_t port;
	bool tls_at_once;    /* imaps, pop3s */
	struct tls_spec tls; /* tls.host NULL: host */
	unsigned timeout_s;  /* of one wait; 0: 120 */
	uint64_t limit_rate; /* bytes/s sent, and received; 0: none */
	struct trace *trace; /* or NULL */
};

/*
 * Connect, and with tls_at_once shake hands.  Addresses are tried in the
 * resolver's order, the next one after 250 ms, the first that answers is
 * taken.  -1 with SCOPE_STORE: EX_NOHOST no such host, EX_UNAVAILABLE
 * refused or unreachable, EX_TEMPFAIL timed out, EX_NOPERM TLS (see tls.h),
 * EX_USAGE; strings in 'spec' are borrowed until conn_close().
 */
int conn_open(struct conn **c_r, const struct conn_spec *spec, struct err *err);
/* Ends TLS properly if it can at once; *c to NULL.  *c may be NULL. */
void conn_close(struct conn **c);

/*
 * Go over to TLS now.  The queue must be empty and nothing may be buffered:
 * bytes that came early, before or with the handshake, are an injection and
 * end it (EX_NOPERM).
 */
int conn_starttls(struct conn *c, struct err *err);
/*
 * Both directions are compressed from now on (RFC 4978): the queue is empty,
 * the server has said OK, and what else is buffered is compressed.  -1: a bug.
 */
int conn_compress(struct conn *c, struct err *err);
/* How far the peer is, in microseconds there and back; 0: not known. */
uint64_t conn_rtt_us(const struct conn *c);
bool conn_is_tls(const struct conn *c);
/* May a password be said over it?  Not without TLS, not in a probe. */
bool conn_is_private(const struct conn *c);
/* The peer's certificate; false: there is no TLS. */
bool conn_cert(const struct conn *c, struct tls_cert *out);
/* "TLSv1.3 ..., verified", "..., NOT verified", "plaintext". */
const char *conn_security(const struct conn *c);

/* Take up to 'n' bytes into the queue; returns how many fitted. */
size_t conn_queue(struct conn *c, const void *p, size_t n);
size_t conn_queued(const struct conn *c);
size_t conn_room(const struct conn *c); /* free bytes in the queue */

/* What was received and not consumed yet; valid until the next conn_wait. */
struct slice conn_input(const struct conn *c);
void conn_consume(struct conn *c, size_t n);

enum conn_want {
	CONN_INPUT = 1, /* more input than there was */
	CONN_ROOM = 2,	/* some of the queue has left */
	CONN_SENT = 4	/* the queue is empty */
};

/*
 * Move bytes both ways until one of the things in 'want' is so.  Reading
 * stops when the buffer is full (conn_input_full): then the caller has to
 * consume.  Returns what is so (> 0), or -1 with SCOPE_STORE: EX_TEMPFAIL
 * timed out, cut off, truncated; SCOPE_RUN when a stop was asked for.
 * At the peer's proper end of the stream it returns 0.  After -1 and 0 there
 * may still be input: the server's last words.
 */
int conn_wait(struct conn *c, unsigned want, struct err *err);
/*
 * Move bytes on all of v[0..n) until one has input that was not consumed, or
 * has ended, or, where 'room' (or NULL) says so, half of its queue has left;
 * or 'ms' have passed (-1: no limit).  1, *which_r says which; 0: the time
 * has passed; -1 as conn_wait(), *which_r being the one that failed
 * (SCOPE_RUN: a stop).  Each has a deadline of its own, also over several
 * calls that follow one another.
 */
#define CONN_ANY_MAX 64
int conn_wait_any(struct conn *const *v, const bool *room, size_t n, int64_t ms,
    size_t *which_r, struct err *err);
/* Another limit_rate from now on. */
void conn_limit_rate(struct conn *c, uint64_t rate);
/* The limit_rate of both is one limit from now on, the one 'of' had. */
void conn_share_rate(struct conn *c, const struct conn *of);
/* Send what can be sent without waiting; the next wait tells of failures. */
void conn_push(struct conn *c);
/* Move what can be moved without waiting.  0 or -1. */
int conn_poll(struct conn *c, struct err *err);
bool conn_input_full(const struct conn *c);
bool conn_at_eof(const struct conn *c);

/* How long a wait may take from now on. */
void conn_set_timeout(struct conn *c, unsigned seconds);
/* Wipe what has gone through the queue: after credentials were sent. */
void conn_wipe(struct conn *c);

/* Milliseconds of a clock that only goes forward. */
int64_t conn_now_ms(void);
/* Wait 'ms' milliseconds, in which a stop can be asked for. */
int conn_sleep_ms(uint64_t ms, struct err *err);

uint64_t conn_bytes_sent(const struct conn *c); /* without TLS's own */
uint64_t conn_bytes_received(const struct conn *c);
struct trace *conn_trace(const struct conn *c, int *connection_r);

#endif
