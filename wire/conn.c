/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes both ways, with a deadline; see conn.h. */
#include "wire/conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/mem.h"
#include "core/stop.h"
#include "wire/conn_impl.h"
#include "wire/deflate.h"

#define QUEUE_BYTES   (128 * 1024)
#define INPUT_BYTES   (128 * 1024)
#define SLICE_MS      200 /* how long a stop may go unnoticed */
#define TIMEOUT_S     120
#define ASKED_MS      1000 /* a wait that was left for longer begins anew */
#define HANDSHAKE_MAX 60   /* seconds, if the timeout is longer */

/* Bytes that may still move in one direction, filled up as time goes by. */
struct bucket {
	uint64_t rate; /* bytes/s; 0: no limit */
	uint64_t left;
	int64_t last_ms;
};

/* Of one connection, or of several that share a limit. */
struct rate {
	struct bucket down, up;
	unsigned refs;
};

struct conn {
	int fd;
	struct tls *tls;
	struct deflate *deflate; /* NULL: not compressed */
	struct tls_spec tls_spec;
	int64_t timeout_ms;
	/* conn_wait_any(): when it was last asked, when something last moved */
	int64_t asked_ms, moved_ms;
	bool eof, dead;
	enum tls_want read_wants, write_wants; /* what poll has to watch */
	struct rate *rate;
	uint64_t sent, received;
	struct trace *trace;
	int number;
	char security[128];
	size_t out_at, out_n; /* a ring */
	size_t in_at, in_n;
	char out[QUEUE_BYTES];
	char in[INPUT_BYTES];
};

/* ------------------------------------------------------------ rate limit */

static size_t
bucket_allows(struct bucket *b, size_t want)
{
	int64_t now;
	uint64_t more, burst;

	if (b->rate == 0)
		return want;
	now = conn_now_ms();
	burst = b->rate / 4 > 4096 ? b->rate / 4 : 4096;
	more = (uint64_t)(now - b->last_ms) * b->rate / 1000;
	if (more > 0) {
		b->left = b->left + more > burst ? burst : b->left + more;
		b->last_ms = now;
	}
	return want < b->left ? want : (size_t)b->left;
}

static void
rate_unref(struct rate *r)
{
	if (--r->refs == 0)
		free(r);
}

static void
bucket_take(struct bucket *b, size_t n)
{
	if (b->rate != 0)
		b->left -= n < b->left ? n : b->left;
}

/* ---------------------------------------------------------- moving bytes */

static int
broken(struct conn *c)
{
	c->dead = true;
	return -1;
}

static int
cut_off(struct conn *c, const char *doing, struct err *err)
{
	err_sys(err, SCOPE_STORE, EX_TEMPFAIL, "%s", doing);
	err->retry = true;
	return broken(c);
}

static ssize_t
raw_read(struct conn *c, void *p, size_t n, struct err *err)
{
	ssize_t got;

	c->read_wants = TLS_WANT_READ;
	if (c->tls != NULL)
		return tls_read(c->tls, p, n, &c->read_wants, err);
	do
		got = recv(c->fd, p, n, 0);
	while (got < 0 && errno == EINTR);
	if (got >= 0)
		return got;
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return -2;
	return cut_off(c, "the connection was cut off", err);
}

static ssize_t
raw_write(struct conn *c, const void *p, size_t n, struct err *err)
{
	ssize_t put;

	c->write_wants = TLS_WANT_WRITE;
	if (c->tls != NULL)
		return tls_write(c->tls, p, n, &c->write_wants, err);
	do
		put = send(c->fd, p, n, MSG_NOSIGNAL);
	while (put < 0 && errno == EINTR);
	if (put >= 0)
		return put;
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return -2;
	return cut_off(c, "the connection was cut off", err);
}

/* ----------------------------------------------------------- compression */

/* raw_read() through the inflater. */
static ssize_t
net_read(struct conn *c, char *p, size_t n, struct err *err)
{
	ssize_t got;
	size_t room, k;
	char *at;

	if (c->deflate == NULL)
		return raw_read(c, p, n, err);
	for (;;) {
		if (deflate_read(c->deflate, p, n, &k, err) < 0)
			return -1;
		if (k > 0)
			return (ssize_t)k;
		at = deflate_room(c->deflate, &room);
		if (room == 0)
			return err_set(err, SCOPE_STORE, EX_PROTOCOL,
			    "the server's compressed stream stands still");
		got = raw_read(c, at, room, err);
		if (got <= 0)
			return got;
		deflate_came(c->deflate, (size_t)got);
	}
}

/* What the deflater has ready leaves.  0 all of it, -2 not yet, -1. */
static int
flush_out(struct conn *c, struct err *err)
{
	const char *at;
	ssize_t put;
	size_t n;

	if (c->deflate == NULL)
		return 0;
	for (at = deflate_pending(c->deflate, &n); n > 0;
	     at = deflate_pending(c->deflate, &n)) {
		put = raw_write(c, at, n, err);
		if (put < 0)
			return (int)put;
		deflate_left(c->deflate, (size_t)put);
	}
	return 0;
}

/* raw_write() through the deflater; what it took counts as written. */
static ssize_t
net_write(struct conn *c, const char *p, size_t n, struct err *err)
{
	size_t taken;
	int rc;

	if (c->deflate == NULL)
		return raw_write(c, p, n, err);
	rc = flush_out(c, err);
	if (rc < 0)
		return rc;
	taken = deflate_write(c->deflate, p, n);
	return flush_out(c, err) == -1 ? -1 : (ssize_t)taken;
}

/* Is there something that has not left? */
static bool
has_out(const struct conn *c)
{
	size_t n = 0;

	if (c->deflate != NULL)
		deflate_pending(c->deflate, &n);
	return c->out_n > 0 || n > 0;
}

/* Send until the socket is full or the queue empty.  Bytes, or -1. */
static ssize_t
push(struct conn *c, struct err *err)
{
	ssize_t total = 0, put;
	size_t n;

	while (c->out_n > 0) {
		n = QUEUE_BYTES - c->out_at;
		n = bucket_allows(&c->rate->up, n < c->out_n ? n : c->out_n);
		if (n == 0)
			break;
		put = net_write(c, c->out + c->out_at, n, err);
		if (put == -2)
			break;
		if (put < 0)
			return broken(c);
		bucket_take(&c->rate->up, (size_t)put);
		c->out_at = (c->out_at + (size_t)put) % QUEUE_BYTES;
		c->out_n -= (size_t)put;
		c->sent += (uint64_t)put;
		total += put;
	}
	if (total > 0)
		c->moved_ms = conn_now_ms();
	if (c->out_n == 0 && flush_out(c, err) == -1)
		return broken(c);
	return total;
}

/* Receive until the socket is empty or the buffer full.  Bytes, or -1. */
static ssize_t
pull(struct conn *c, struct err *err)
{
	ssize_t total = 0, got;
	size_t n;

	if (c->in_at > 0) {
		memmove(c->in, c->in + c->in_at, c->in_n);
		c->in_at = 0;
	}
	while (!c->eof && c->in_n < INPUT_BYTES) {
		n = bucket_allows(&c->rate->down, INPUT_BYTES - c->in_n);
		if (n == 0)
			break;
		got = net_read(c, c->in + c->in_n, n, err);
		if (got == -2)
			break;
		if (got < 0)
			return broken(c);
		if (got == 0)
			c->eof = true;
		bucket_take(&c->rate->down, (size_t)got);
		c->in_n += (size_t)got;
		c->received += (uint64_t)got;
		total += got;
	}
	if (total > 0)
		c->moved_ms = conn_now_ms();
	return total;
}

/*
 * Tell the peer now that we have what it sent.  It may hold back a few bytes
 * (the "+" that we wait for) until it hears that the last few have come, and
 * the kernel would let it wait 40 ms for that.
 */
static void
acknowledge(const struct conn *c)
{
	const int one = 1;

	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof(one));
}

/* Sleep until the socket is ready for one of these, at most a slice. */
static void
wait_socket(struct conn *c, bool to_read, bool to_write, int64_t ms)
{
	struct pollfd pfd = { .fd = c->fd };
	int wants = 0;

	if (to_read && bucket_allows(&c->rate->down, 1) > 0)
		wants |= (int)c->read_wants;
	else if (to_read)
		ms = 20;
	if (to_write && bucket_allows(&c->rate->up, 1) > 0)
		wants |= (int)c->write_wants;
	else if (to_write)
		ms = 20;
	if ((wants & (int)TLS_WANT_READ) != 0)
		pfd.events |= POLLIN;
	if ((wants & (int)TLS_WANT_WRITE) != 0)
		pfd.events |= POLLOUT;
	if (pfd.events == 0)
		pfd.fd = -1;
	acknowledge(c);
	clock_poll(&pfd, 1, ms, SLICE_MS);
}

static int
timed_out(struct conn *c, const char *doing, int64_t ms, struct err *err)
{
	err_set(err, SCOPE_STORE, EX_TEMPFAIL, "%s: nothing moved for %lld s",
	    doing, (long long)ms / 1000);
	return broken(c);
}

static int
what_is_so(const struct conn *c, unsigned want, bool moved_in)
{
	unsigned so = 0;

	if (moved_in || (conn_input_full(c) && (want & CONN_INPUT) != 0))
		so |= CONN_INPUT;
	if (c->out_n < QUEUE_BYTES)
		so |= CONN_ROOM;
	if (!has_out(c))
		so |= CONN_SENT;
	return (int)(so & want);
}

/* The peer takes no more.  Its last words may be here already. */
static int
hear_out(struct conn *c)
{
	struct err ignored = { 0 };

	(void)pull(c, &ignored);
	return broken(c);
}

int
conn_wait(struct conn *c, unsigned want, struct err *err)
{
	int64_t end = conn_now_ms() + c->timeout_ms;
	ssize_t in, out;
	int so;

	for (;;) {
		if (c->dead)
			return err_set(err, SCOPE_STORE, EX_TEMPFAIL,
			    "the connection is gone");
		if (stop_check(err) < 0)
			return broken(c);
		out = push(c, err);
		if (out < 0)
			return hear_out(c);
		in = pull(c, err);
		if (in < 0)
			return -1;
		so = what_is_so(c, want, in > 0);
		if (so != 0)
			return so;
		if (c->eof)
			return 0;
		if (in > 0 || out > 0)
			end = conn_now_ms() + c->timeout_ms;
		else if (conn_now_ms() >= end)
			return timed_out(c, "the server does not answer",
			    c->timeout_ms, err);
		wait_socket(c, c->in_n < INPUT_BYTES, has_out(c),
		    end - conn_now_ms());
	}
}

/* One round of conn_wait_any() over one of them: 1 it has something, 0, -1. */
static int
move(struct conn *c, bool room, int64_t now, struct err *err)
{
	ssize_t in, out;

	if (c->in_n > 0 || c->eof)
		return 1;
	if (c->dead)
		return err_set(err, SCOPE_STORE, EX_TEMPFAIL,
		    "the connection is gone");
	out = push(c, err);
	if (out < 0)
		return hear_out(c);
	in = pull(c, err);
	if (in < 0)
		return -1;
	if (in > 0 || c->eof || (room && c->out_n <= QUEUE_BYTES / 2))
		return 1;
	if (now - c->moved_ms >= c->timeout_ms)
		return timed_out(c, "the server does not answer", c->timeout_ms,
		    err);
	return 0;
}

static void
wait_sockets(struct conn *const *v, size_t n, int64_t ms)
{
	struct pollfd pfd[CONN_ANY_MAX];
	size_t i;

	for (i = 0; i < n; i++) {
		pfd[i] = (struct pollfd){ .fd = v[i]->fd };
		if (bucket_allows(&v[i]->rate->down, 1) == 0 ||
		    (has_out(v[i]) && bucket_allows(&v[i]->rate->up, 1) == 0))
			ms = ms < 20 ? ms : 20;
		if (bucket_allows(&v[i]->rate->down, 1) > 0)
			pfd[i].events |=
			    (short)((v[i]->read_wants & TLS_WANT_READ) != 0
				    ? POLLIN
				    : POLLOUT);
		if (has_out(v[i]) && bucket_allows(&v[i]->rate->up, 1) > 0)
			pfd[i].events |=
			    (short)((v[i]->write_wants & TLS_WANT_READ) != 0
				    ? POLLIN
				    : POLLOUT);
		if (pfd[i].events == 0)
			pfd[i].fd = -1;
		acknowledge(v[i]);
	}
	clock_poll(pfd, (nfds_t)n, ms, SLICE_MS);
}

int
conn_wait_any(struct conn *const *v, const bool *room, size_t n, int64_t ms,
    size_t *which_r, struct err *err)
{
	int64_t now = conn_now_ms(), end = ms < 0 ? INT64_MAX : now + ms;
	size_t i;
	int rc;

	if (n > CONN_ANY_MAX)
		n = CONN_ANY_MAX;
	for (i = 0; i < n; i++) {
		/* unless this goes on with the wait before */
		if (now - v[i]->asked_ms > ASKED_MS)
			v[i]->moved_ms = now;
		v[i]->asked_ms = now;
		conn_push(v[i]);
	}
	for (;; now = conn_now_ms()) {
		*which_r = 0;
		if (stop_check(err) < 0)
			return -1;
		for (i = 0; i < n; i++) {
			*which_r = i;
			v[i]->asked_ms = now;
			rc = move(v[i], room != NULL && room[i], now, err);
			if (rc != 0)
				return rc;
		}
		if (now >= end)
			return 0;
		wait_sockets(v, n, end - now);
	}
}

void
conn_limit_rate(struct conn *c, uint64_t rate)
{
	c->rate->down.rate = c->rate->up.rate = rate;
	c->rate->down.last_ms = c->rate->up.last_ms = conn_now_ms();
}

void
conn_share_rate(struct conn *c, const struct conn *of)
{
	if (c == of)
		return;
	rate_unref(c->rate);
	c->rate = of->rate;
	c->rate->refs++;
}

void
conn_push(struct conn *c)
{
	struct err later = { 0 };

	if (!c->dead)
		(void)push(c, &later);
}

int
conn_poll(struct conn *c, struct err *err)
{
	if (c->dead)
		return 0;
	return push(c, err) < 0 || pull(c, err) < 0 ? -1 : 0;
}

size_t
conn_queue(struct conn *c, const void *p, size_t n)
{
	const char *from = p;
	size_t room = conn_room(c), done = 0, at, part;

	if (n > room)
		n = room;
	while (done < n) {
		at = (c->out_at + c->out_n) % QUEUE_BYTES;
		part = QUEUE_BYTES - at;
		if (part > n - done)
			part = n - done;
		memcpy(c->out + at, from + done, part);
		c->out_n += part;
		done += part;
	}
	return n;
}

size_t
conn_queued(const struct conn *c)
{
	return c->out_n;
}

size_t
conn_room(const struct conn *c)
{
	return QUEUE_BYTES - c->out_n;
}

struct slice
conn_input(const struct conn *c)
{
	return slice_of(c->in + c->in_at, c->in_n);
}

void
conn_consume(struct conn *c, size_t n)
{
	c->in_at += n;
	c->in_n -= n;
	if (c->in_n == 0)
		c->in_at = 0;
}

bool
conn_input_full(const struct conn *c)
{
	return c->in_n == INPUT_BYTES;
}

bool
conn_at_eof(const struct conn *c)
{
	return c->eof && c->in_n == 0;
}

void
conn_set_timeout(struct conn *c, unsigned seconds)
{
	c->timeout_ms = 1000 * (int64_t)seconds;
}

void
conn_wipe(struct conn *c)
{
	if (c->out_n == 0)
		explicit_bzero(c->out, QUEUE_BYTES);
}

/* ------------------------------------------------------------------- TLS */

static const char *
how_trusted(const struct conn *c)
{
	struct tls_cert cert;

	if (c->tls_spec.mode == TLS_INSECURE && c->tls_spec.pin != NULL)
		return "pinned";
	if (c->tls_spec.mode != TLS_LOOK)
		return c->tls_spec.mode == TLS_VERIFY ? "verified"
						      : "NOT verified";
	tls_peer_cert(c->tls, &cert);
	return cert.problem.scope == SCOPE_NONE ? "verified" : "NOT verified";
}

static int
shake_hands(struct conn *c, struct err *err)
{
	int64_t ms = c->timeout_ms < HANDSHAKE_MAX * 1000
	    ? c->timeout_ms
	    : HANDSHAKE_MAX * 1000;
	int64_t end = conn_now_ms() + ms;
	enum tls_want want = TLS_WANT_READ;
	int rc;

	if (tls_new(&c->tls, c->fd, &c->tls_spec, err) < 0)
		return broken(c);
	while ((rc = tls_handshake(c->tls, &want, err)) == 0) {
		if (stop_check(err) < 0)
			return broken(c);
		if (conn_now_ms() >= end)
			return timed_out(c, "TLS handshake", ms, err);
		c->read_wants = c->write_wants = want;
		wait_socket(c, want == TLS_WANT_READ, want == TLS_WANT_WRITE,
		    end - conn_now_ms());
	}
	if (rc < 0)
		return broken(c);
	snprintf(c->security, sizeof(c->security), "%s, %s",
	    tls_version(c->tls), how_trusted(c));
	trace_fmt(c->trace, c->number, '*', "%s, %s", c->security,
	    tls_peer_pin(c->tls));
	return 0;
}

int
conn_starttls(struct conn *c, struct err *err)
{
	char byte;

	if (c->tls != NULL || c->out_n > 0)
		return err_set(err, SCOPE_RUN, EX_SOFTWARE,
		    "STARTTLS at the wrong time");
	/* in TLS the client speaks first: whatever is here came too early */
	if (c->in_n > 0 || recv(c->fd, &byte, 1, MSG_PEEK) > 0) {
		err_set(err, SCOPE_STORE, EX_NOPERM,
		    "STARTTLS: bytes came before TLS began");
		err_hint(err,
		    "somebody between here and the server may be "
		    "speaking for it; try imaps://");
		return broken(c);
	}
	return shake_hands(c, err);
}

int
conn_compress(struct conn *c, struct err *err)
{
	size_t room;
	char *at;

	if (c->deflate != NULL || c->out_n > 0 || c->in_n > DEFLATE_BLOCK)
		return err_set(err, SCOPE_RUN, EX_SOFTWARE,
		    "COMPRESS at the wrong time");
	c->deflate = deflate_new();
	/* what came behind the OK is compressed already */
	at = deflate_room(c->deflate, &room);
	memcpy(at, c->in + c->in_at, c->in_n);
	deflate_came(c->deflate, c->in_n);
	c->in_at = c->in_n = 0;
	return 0;
}

uint64_t
conn_rtt_us(const struct conn *c)
{
	struct tcp_info info = { 0 };
	socklen_t n = sizeof(info);

	return getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &n) == 0
	    ? info.tcpi_rtt
	    : 0;
}

bool
conn_is_tls(const struct conn *c)
{
	return c->tls != NULL;
}

bool
conn_is_private(const struct conn *c)
{
	return c->tls != NULL && c->tls_spec.mode != TLS_LOOK;
}

bool
conn_cert(const struct conn *c, struct tls_cert *out)
{
	if (c->tls == NULL)
		return false;
	tls_peer_cert(c->tls, out);
	return true;
}

const char *
conn_security(const struct conn *c)
{
	return c->security;
}

/* ---------------------------------------------------------------- life */

int
conn_open(struct conn **c_r, const struct conn_spec *spec, struct err *err)
{
	struct conn *c = mem_alloc(1, sizeof(*c));

	*c_r = NULL;
	c->tls_spec = spec->tls;
	if (c->tls_spec.host == NULL)
		c->tls_spec.host = spec->host;
	c->timeout_ms =
	    1000 * (int64_t)(spec->timeout_s > 0 ? spec->timeout_s : TIMEOUT_S);
	c->rate = mem_alloc(1, sizeof(*c->rate));
	c->rate->refs = 1;
	c->rate->down.rate = c->rate->up.rate = spec->limit_rate;
	c->rate->down.last_ms = c->rate->up.last_ms = conn_now_ms();
	c->trace = spec->trace;
	c->number = trace_connection(c->trace);
	c->read_wants = TLS_WANT_READ;
	c->write_wants = TLS_WANT_WRITE;
	snprintf(c->security, sizeof(c->security), "plaintext");
	trace_fmt(c->trace, c->number, '*', "connect %s port %u", spec->host,
	    (unsigned)spec->port);
	c->fd = conn_dial(spec->host, spec->port, c->timeout_ms, err);
	if (c->fd < 0 || (spec->tls_at_once && shake_hands(c, err) < 0)) {
		trace_fmt(c->trace, c->number, '*', "failed: %s", err->text);
		conn_close(&c);
		return -1;
	}
	*c_r = c;
	return 0;
}

void
conn_close(struct conn **c)
{
	if (*c == NULL)
		return;
	tls_free(&(*c)->tls);
	deflate_free(&(*c)->deflate);
	if ((*c)->fd >= 0)
		close((*c)->fd);
	trace_fmt((*c)->trace, (*c)->number, '*',
	    "closed, %llu sent, %llu "
	    "received",
	    (unsigned long long)(*c)->sent, (unsigned long long)(*c)->received);
	explicit_bzero((*c)->out, QUEUE_BYTES); /* a login may be in it */
	rate_unref((*c)->rate);
	free(*c);
	*c = NULL;
}

int
conn_sleep_ms(uint64_t ms, struct err *err)
{
	int64_t now = conn_now_ms();
	int64_t end = ms > INT64_MAX / 2 ? INT64_MAX : now + (int64_t)ms;

	while (stop_check(err) == 0) {
		if (now >= end)
			return 0;
		clock_poll(NULL, 0, end - now, SLICE_MS);
		now = conn_now_ms();
	}
	return -1;
}

uint64_t
conn_bytes_sent(const struct conn *c)
{
	return c->sent;
}

uint64_t
conn_bytes_received(const struct conn *c)
{
	return c->received;
}

struct trace *
conn_trace(const struct conn *c, int *connection_r)
{
	*connection_r = c->number;
	return c->trace;
}
