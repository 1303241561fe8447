/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TLS over a connected, non-blocking socket: with core/digest.c the one
 * doorway to OpenSSL.  TLS 1.2 or newer.  The chain and the host name are
 * verified: DNS and IP subject alternative names only (RFC 6125, RFC 9525: no
 * common name, a wildcard only as the whole left-most label and with two
 * labels behind it).  Used by wire/conn.c and nothing else.
 */
#ifndef WIRE_TLS_H
#define WIRE_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/err.h"

enum tls_mode {
	TLS_VERIFY,   /* the only default */
	TLS_NONE,     /* plaintext, said so by the user */
	TLS_INSECURE, /* encrypted to whoever answers; loud */
	TLS_LOOK      /* a probe: verified, and the outcome told, never refused;
		  * nothing secret may be said over it */
};

/* A peer's certificate, in words; not escaped. */
struct tls_cert {
	char subject[200], issuer[200];
	char names[1000];      /* alternative names, ", " between them */
	char from[32], to[32]; /* "2026-11-21" */
	char pin[80];	       /* "sha256:..." of its key, as --tls-pin */
	struct err problem;    /* why it is not trusted; SCOPE_NONE: it is */
};

struct tls_spec {
	enum tls_mode mode;	 /* VERIFY or INSECURE */
	const char *host;	 /* name or address literal to verify */
	const char *ca_file;	 /* PEM; NULL: the system's */
	const char *pin;	 /* "sha256//BASE64" or "sha256:HEX" of the
			      * SubjectPublicKeyInfo, several separated by
			      * ';'; NULL: none.  Checked besides the chain
			      * (in INSECURE mode instead of it). */
	const char *client_cert; /* PEM, with its chain; NULL: none */
	const char *client_key;	 /* PEM, not encrypted; NULL: in client_cert */
};

struct tls;

enum tls_want { TLS_WANT_READ = 1, TLS_WANT_WRITE = 2 };

/* "verify", "none", "insecure"; -1 with EX_USAGE. */
int tls_mode_parse(const char *s, enum tls_mode *mode_r, struct err *err);
/* Is 'pin' well-formed?  0, or -1 with EX_USAGE. */
int tls_pin_check(const char *pin, struct err *err);

/*
 * A client session on 'fd' (still the caller's to close, after tls_free).
 * -1 with SCOPE_RUN: EX_NOPERM a CA file that cannot be used, EX_CONFIG a
 * client certificate or key that cannot, or a key that others can read.
 */
int tls_new(struct tls **t_r, int fd, const struct tls_spec *spec,
    struct err *err);
/*
 * Go on with the handshake.  1: done and verified; 0: *want_r says what to
 * wait for; -1 with SCOPE_STORE: EX_NOPERM and a hint (certificate: which
 * name, issuer, expiry; pin; protocol version), EX_TEMPFAIL (cut off).
 */
int tls_handshake(struct tls *t, enum tls_want *want_r, struct err *err);
/* As read(2) and write(2): > 0; 0 the peer said close_notify (read only);
 * -2: *want_r says what to wait for; -1 with SCOPE_STORE: EX_TEMPFAIL, also
 * for an end without close_notify (truncated). */
ssize_t tls_read(struct tls *t, void *p, size_t n, enum tls_want *want_r,
    struct err *err);
ssize_t tls_write(struct tls *t, const void *p, size_t n, enum tls_want *want_r,
    struct err *err);
/* "TLSv1.3 TLS_AES_256_GCM_SHA384"; lives as long as 't'. */
const char *tls_version(const struct tls *t);
/* "sha256:..." of the peer's key, for messages. */
const char *tls_peer_pin(const struct tls *t);
/* What the peer showed; after the handshake. */
void tls_peer_cert(const struct tls *t, struct tls_cert *out);
/* Send close_notify once, wait for nothing; *t to NULL. */
void tls_free(struct tls **t);

#endif
