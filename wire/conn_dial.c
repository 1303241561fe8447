/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From a host name to a connected socket: every address gets its turn, the
 * next one a little after the one before, and the first to answer wins (RFC
 * 8305, simplified).
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/stop.h"
#include "wire/conn.h"
#include "wire/conn_impl.h"

#define DIAL_MAX     16	 /* addresses tried */
#define DIAL_NEXT_MS 250 /* pause before the next one (RFC 8305, 8) */
#define SLICE_MS     200 /* how long a stop may go unnoticed */

struct dial {
	struct pollfd pfd[DIAL_MAX];
	const struct addrinfo *addr[DIAL_MAX];
	size_t n;	  /* tried so far */
	size_t waiting;	  /* of them, without an answer yet */
	struct err first; /* what the first one died of */
	int fd;
};

int64_t
conn_now_ms(void)
{
	return clock_ms();
}

/* RFC 6761 lets us know without asking that these do not exist. */
static bool
is_invalid_name(const char *host)
{
	size_t n = strlen(host);

	return n >= 7 && strcasecmp(host + n - 7, "invalid") == 0 &&
	    (n == 7 || host[n - 8] == '.');
}

static int
resolve(const char *host, uint16_t port, struct addrinfo **list_r,
    struct err *err)
{
	struct addrinfo hints = { 0 };
	char service[8];
	int rc;

	snprintf(service, sizeof(service), "%u", (unsigned)port);
	hints.ai_family = AF_UNSPEC;
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = AI_NUMERICSERV;
	rc = is_invalid_name(host) ? EAI_NONAME
				   : getaddrinfo(host, service, &hints, list_r);
	if (rc == 0)
		return 0;
	if (rc == EAI_SYSTEM)
		return err_sys(err, SCOPE_STORE, EX_OSERR, "host '%s'", host);
	if (rc == EAI_AGAIN)
		return err_set(err, SCOPE_STORE, EX_TEMPFAIL, "host '%s': %s",
		    host, gai_strerror(rc));
	err_set(err, SCOPE_STORE, EX_NOHOST, "there is no host '%s' (%s)", host,
	    gai_strerror(rc));
	return err_hint(err,
	    "look at the spelling of the host name; 'postroad probe DOMAIN' "
	    "asks the DNS for its mail servers");
}

static void
addr_text(const struct addrinfo *ai, char *out, size_t cap)
{
	char host[80], port[8]; /* numeric, with a zone */

	if (getnameinfo(ai->ai_addr, ai->ai_addrlen, host, sizeof(host), port,
		sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		snprintf(out, cap, "an address");
	else
		snprintf(out, cap, "%s port %s", host, port);
}

static void
note_failure(struct dial *d, const struct addrinfo *ai, int sys)
{
	char text[100];

	if (d->first.scope != SCOPE_NONE)
		return;
	addr_text(ai, text, sizeof(text));
	errno = sys;
	err_sys(&d->first, SCOPE_STORE,
	    sys == ETIMEDOUT ? EX_TEMPFAIL : EX_UNAVAILABLE, "connecting to %s",
	    text);
	d->first.retry = true;
	if (sys == ECONNREFUSED)
		err_hint(&d->first,
		    "nothing listens there: look at the port, "
		    "and whether the server is up");
}

static void
start_one(struct dial *d, const struct addrinfo *ai)
{
	int fd = socket(ai->ai_family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, ai->ai_protocol);
	size_t i = d->n++;

	d->addr[i] = ai;
	d->pfd[i].fd = -1;
	if (fd < 0) {
		note_failure(d, ai, errno);
	} else if (connect(fd, ai->ai_addr, ai->ai_addrlen) == 0) {
		d->fd = fd;
	} else if (errno != EINPROGRESS) {
		note_failure(d, ai, errno);
		close(fd);
	} else {
		d->pfd[i].fd = fd;
		d->pfd[i].events = POLLOUT;
		d->waiting++;
	}
}

static void
look_at(struct dial *d, size_t i)
{
	socklen_t len = sizeof(int);
	int sys = 0;

	if (d->pfd[i].fd < 0 || d->pfd[i].revents == 0 || d->fd >= 0)
		return;
	if (getsockopt(d->pfd[i].fd, SOL_SOCKET, SO_ERROR, &sys, &len) < 0)
		sys = errno;
	if (sys == 0) {
		d->fd = d->pfd[i].fd;
	} else {
		note_failure(d, d->addr[i], sys);
		close(d->pfd[i].fd);
	}
	d->pfd[i].fd = -1;
	d->waiting--;
}

static int
race(struct dial *d, const struct addrinfo *next, int64_t timeout_ms,
    struct err *err)
{
	int64_t end = conn_now_ms() + timeout_ms, turn = 0, now;
	size_t i;

	while (d->fd < 0) {
		if (stop_check(err) < 0)
			return -1;
		now = conn_now_ms();
		if (now >= end)
			break;
		if (next != NULL && d->n < DIAL_MAX &&
		    (d->waiting == 0 || now >= turn)) {
			start_one(d, next);
			next = next->ai_next;
			turn = now + DIAL_NEXT_MS;
			continue;
		}
		if (d->waiting == 0)
			break;
		if (poll(d->pfd, d->n, next != NULL ? 20 : SLICE_MS) > 0)
			for (i = 0; i < d->n; i++)
				look_at(d, i);
	}
	if (d->fd >= 0)
		return 0;
	if (d->waiting == 0 && d->first.scope != SCOPE_NONE) {
		*err = d->first;
		return -1;
	}
	return err_set(err, SCOPE_STORE, EX_TEMPFAIL,
	    "connecting: no answer in %lld s", (long long)timeout_ms / 1000);
}

int
conn_dial(const char *host, uint16_t port, int64_t timeout_ms, struct err *err)
{
	struct addrinfo *list;
	struct dial d = { .fd = -1 };
	int one = 1;
	size_t i;

	if (resolve(host, port, &list, err) < 0)
		return -1;
	race(&d, list, timeout_ms, err);
	for (i = 0; i < d.n; i++)
		if (d.pfd[i].fd >= 0)
			close(d.pfd[i].fd);
	freeaddrinfo(list);
	if (d.fd >= 0) {
		setsockopt(d.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		setsockopt(d.fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	}
	return d.fd;
}
