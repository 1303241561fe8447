/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The fake server's end of a connection: plain or TLS, blocking, with faults
 * that strike at a byte.  A header with the code in it, since each test
 * program is one file.
 */
#ifndef TESTS_FAKE_FAKE_NET_H
#define TESTS_FAKE_FAKE_NET_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/buf.h"

struct net {
	int fd;
	SSL *ssl;
	SSL_CTX *ctx;		 /* or NULL: no TLS */
	int64_t cut_out, cut_in; /* bytes until the cut; < 0: none */
	size_t split;		 /* bytes of one write; 0: all */
	bool eof;
	void (*on_drop)(void); /* before the line breaks; or NULL */
	int tee_in, tee_out;   /* copies of what passes; 0: none */
	char in[65536];
	size_t at, n;
};

static inline void
net_sleep_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&ts, &ts) < 0 && errno == EINTR)
		;
}

/* End without a word: no close_notify, and a reset where 'reset'. */
static inline void
net_drop(struct net *c, bool reset)
{
	struct linger now = { 1, 0 };

	if (c->on_drop != NULL)
		c->on_drop();
	if (reset)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(c->fd);
	_exit(0);
}

static inline void
net_close(struct net *c)
{
	if (c->ssl != NULL)
		SSL_shutdown(c->ssl);
	shutdown(c->fd, SHUT_WR);
	close(c->fd);
	c->fd = -1;
}

static inline void
net_put_raw(struct net *c, const char *p, size_t n)
{
	ssize_t k;

	if (c->tee_out > 0 && write(c->tee_out, p, n) != (ssize_t)n)
		exit(2);
	while (n > 0) {
		k = c->ssl != NULL ? SSL_write(c->ssl, p, (int)n)
				   : send(c->fd, p, n, MSG_NOSIGNAL);
		if (k <= 0)
			net_drop(c, false);
		p += k;
		n -= (size_t)k;
	}
}

/* Would sending n bytes now run into the cut? */
static inline bool
net_will_cut(const struct net *c, size_t n)
{
	return c->cut_out >= 0 && (int64_t)n > c->cut_out;
}

static inline void
net_put(struct net *c, const char *p, size_t n)
{
	size_t k, part;

	for (k = 0; k < n; k += part) {
		part = c->split > 0 && c->split < n - k ? c->split : n - k;
		if (net_will_cut(c, part)) {
			net_put_raw(c, p + k, (size_t)c->cut_out);
			net_drop(c, false);
		}
		net_put_raw(c, p + k, part);
		if (c->cut_out >= 0)
			c->cut_out -= (int64_t)part;
		if (c->split > 0)
			net_sleep_ms(1);
	}
}

static inline bool
net_fill(struct net *c)
{
	ssize_t k;
	size_t want = sizeof(c->in);

	if (c->eof)
		return false;
	if (c->cut_in == 0)
		net_drop(c, true);
	if (c->cut_in > 0 && (int64_t)want > c->cut_in)
		want = (size_t)c->cut_in;
	do
		k = c->ssl != NULL ? SSL_read(c->ssl, c->in, (int)want)
				   : recv(c->fd, c->in, want, 0);
	while (k < 0 && errno == EINTR);
	if (k <= 0) {
		c->eof = true;
		return false;
	}
	if (c->cut_in > 0)
		c->cut_in -= k;
	if (c->tee_in > 0 && write(c->tee_in, c->in, (size_t)k) != k)
		exit(2);
	c->at = 0;
	c->n = (size_t)k;
	return true;
}

/* The next byte, or -1 at the end. */
static inline int
net_get(struct net *c)
{
	if (c->at == c->n && !net_fill(c))
		return -1;
	return (unsigned char)c->in[c->at++];
}

static inline int
net_peek(struct net *c)
{
	if (c->at == c->n && !net_fill(c))
		return -1;
	return (unsigned char)c->in[c->at];
}

static inline bool
net_accept_tls(struct net *c)
{
	c->ssl = SSL_new(c->ctx);
	SSL_set_fd(c->ssl, c->fd);
	if (SSL_accept(c->ssl) == 1)
		return true;
	fprintf(stderr, "fake: TLS: %s\n",
	    ERR_reason_error_string(ERR_peek_last_error()));
	return false;
}

/* Ask for a second handshake (TLS 1.2): true if the client took part. */
static inline bool
net_renegotiate(struct net *c)
{
	unsigned char before[64], after[64];
	size_t n = SSL_get_peer_finished(c->ssl, before, sizeof(before)), m;
	char byte;

	if (SSL_renegotiate(c->ssl) == 1 && SSL_do_handshake(c->ssl) == 1)
		(void)SSL_peek(c->ssl, &byte, 1);
	m = SSL_get_peer_finished(c->ssl, after, sizeof(after));
	return n != m || memcmp(before, after, n) != 0;
}

/* 'old': nothing newer than TLS 1.1; 'two': than TLS 1.2 */
static inline SSL_CTX *
net_tls(const char *cert, const char *key, bool old, bool two)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	SSL_CTX_set_security_level(ctx, 0);
	if (old) {
		SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
		SSL_CTX_set_max_proto_version(ctx, TLS1_1_VERSION);
	}
	if (two)
		SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	if (SSL_CTX_use_certificate_chain_file(ctx, cert) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1) {
		fprintf(stderr, "fake: cannot use %s, %s\n", cert, key);
		exit(2);
	}
	return ctx;
}

/* Listen on loopback; the port (any free one if 0) goes to stdout. */
static inline int
net_listen(unsigned port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    listen(fd, 16) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) < 0) {
		perror("fake: listen");
		exit(2);
	}
	printf("%u\n", (unsigned)ntohs(a.sin_port));
	fflush(stdout);
	return fd;
}

static inline void
net_accept(struct net *c, int listener)
{
	int one = 1;

	do
		c->fd = accept(listener, NULL, NULL);
	while (c->fd < 0 && errno == EINTR);
	if (c->fd < 0) {
		perror("fake: accept");
		exit(2);
	}
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

#endif
