/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A throw-away IMAP server on loopback (RFC 3501, 2342, 2971, 3502, 3691,
 * 4315, 5258, 6154, 6851, 7888, 9208): it speaks as a known provider does,
 * offers what that one offers and refuses what that one refuses, in its
 * words.  'postroad rehearse' loads into it, and so do the tests.
 *
 * One user, one process, any number of connections up to the provider's
 * limit.  It keeps a record of 40 bytes for each message; what it keeps of
 * the mail lies in a file without a name: Message-ID alone, or all of it.
 * What BODY[] has is NIL where the mail was not kept.
 *
 *	serve_listen -> serve_run, in a process of its own
 *
 * Not for real mail: no TLS, nothing is durable, one password for all.
 */
#ifndef WIRE_SERVE_SERVE_H
#define WIRE_SERVE_SERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "wire/provider.h"

struct serve_spec {
	const char *as; /* the provider's name; one without words of its own
			 * speaks plainly */
	const struct provider_limits *limits; /* NULL: none */
	const char *password;		      /* any user with it is let in */
	uint64_t quota;			      /* bytes; 0: no end */
	uint64_t daily_budget;	 /* bytes of a day by its clock; 0: no end */
	uint64_t speed_up;	 /* its clock is so many times faster; 0: 1 */
	uint64_t throttle_at;	 /* the n-th message is turned down once ... */
	uint64_t throttle_every; /* ... and each so many-th; 0: none */
	uint64_t throttle_ms;	 /* for so long, by its clock */
	bool keep;		 /* all of the mail */
};

/* What happened; lies in memory that both processes see. */
struct serve_stats {
	uint64_t connections, appended, appended_bytes, refused, throttled,
	    dropped; /* sessions it ended by itself */
};

/* Does it know this provider's ways (else it speaks plainly)? */
bool serve_knows(const char *name);
/* Does it turn down clients that are too fast, and say for how long? */
bool serve_throttles(const char *name);

/* Listen on a port of 127.0.0.1 ('port' 0: any that is free).  Returns the
 * descriptor, or -1 with SCOPE_RUN, EX_UNAVAILABLE. */
int serve_listen(uint16_t port, uint16_t *port_r, struct err *err);
/* The nameless file that serve_run() keeps mail in, in TMPDIR.  -1 with
 * SCOPE_RUN, EX_CANTCREAT. */
int serve_scratch(struct err *err);
/*
 * Serve until 'control' (a pipe or socket) is at its end, or for ever (-1).
 * Opens nothing any more, so that it can run in a sandbox.
 */
void serve_run(const struct serve_spec *spec, int listener, int scratch,
    int control, struct serve_stats *stats);

/* What it is made of, for tests: one turn of the loop (false: it is over, or
 * without a listener nobody is connected), a connection that is there (not
 * blocking; closed with it). */
struct serve;
struct serve *serve_new(const struct serve_spec *spec, int listener,
    int scratch, int control, struct serve_stats *stats);
bool serve_add(struct serve *s, int fd);
bool serve_step(struct serve *s);
void serve_free(struct serve **s);

#endif
