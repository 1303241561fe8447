/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The throw-away server: its connections.  One thread, one poll; nothing here
 * waits for one client.
 */
#include "wire/serve/serve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/mem.h"
#include "wire/serve/impl.h"

#define BLOCK 65536

/* ------------------------------------------------------------- opening */

int
serve_listen(uint16_t port, uint16_t *port_r, struct err *err)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sa);
	int fd, one = 1;

	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    listen(fd, 64) < 0 ||
	    getsockname(fd, (struct sockaddr *)&sa, &len) < 0) {
		err_sys(err, SCOPE_RUN, EX_UNAVAILABLE,
		    "listening on 127.0.0.1");
		if (fd >= 0)
			close(fd);
		return -1;
	}
	*port_r = ntohs(sa.sin_port);
	return fd;
}

int
serve_scratch(struct err *err)
{
	const char *dir = getenv("TMPDIR");
	char *path;
	int fd;

	if (dir == NULL || dir[0] != '/')
		dir = "/tmp";
	fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	path = mem_fmt("%s/postroad-serve.XXXXXX", dir);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	else
		err_sys(err, SCOPE_RUN, EX_CANTCREAT, "%s", path);
	free(path);
	return fd;
}

/* --------------------------------------------------------------- talking */

uint64_t
serve_clock_ms(const struct serve *s)
{
	struct timespec ts;
	uint64_t now;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	now = (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
	if (s->start_ms != 0)
		now -= s->start_ms;
	return now * (s->spec->speed_up == 0 ? 1 : s->spec->speed_up);
}

bool
serve_has(const struct serve *s, const char *cap)
{
	const char *at = s->caps;
	size_t n = strlen(cap);

	while ((at = strcasestr(at, cap)) != NULL) {
		if ((at == s->caps || at[-1] == ' ') &&
		    (at[n] == ' ' || at[n] == '\0' || at[n] == '='))
			return true;
		at++;
	}
	return false;
}

void
serve_putf(struct serve_conn *c, const char *fmt, ...)
{
	va_list ap;
	char *text = NULL;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		mem_exhausted();
	va_end(ap);
	buf_puts(&c->out, text);
	free(text);
}

void
serve_bye(struct serve_conn *c, const char *text)
{
	serve_putf(c, "* BYE %s\r\n", text);
	c->closing = true;
}

void
serve_answer(struct serve_conn *c, const char *text)
{
	const struct serve *s = c->s;

	serve_putf(c, "%s %s\r\n", c->tag[0] == '\0' ? "*" : c->tag, text);
	if (strncmp(text, "OK", 2) == 0)
		return;
	s->stats->refused++;
	c->errors++;
	if (s->limits.errors_per_session != 0 && !c->closing &&
	    c->errors > s->limits.errors_per_session) {
		s->stats->dropped++;
		serve_bye(c, s->w->bye_errors);
	}
}

/* ------------------------------------------------------------ connections */

static void
drop(struct serve *s, size_t i)
{
	struct serve_conn *c = s->conn[i];

	serve_unselect(c);
	serve_append_reset(c);
	serve_fetch_reset(c);
	close(c->fd);
	buf_free(&c->in);
	buf_free(&c->out);
	buf_free(&c->cmd);
	free(c);
	s->conn[i] = NULL;
}

static void
greet(struct serve_conn *c, size_t open)
{
	struct serve *s = c->s;

	if ((s->limits.connections != 0 && open >= s->limits.connections) ||
	    open + 1 >= SERVE_CONNECTIONS) {
		s->stats->dropped++;
		serve_bye(c, s->w->bye_connections);
		return;
	}
	buf_puts(&c->out, "* OK ");
	if (strstr(s->w->greeting, "%s") != NULL)
		buf_putf(&c->out, "[CAPABILITY %s] ", s->caps);
	buf_puts(&c->out,
	    s->w->greeting +
		(s->w->greeting[0] == '[' ? strcspn(s->w->greeting, "]") + 2
					  : 0));
	buf_puts(&c->out, "\r\n");
}

bool
serve_add(struct serve *s, int fd)
{
	struct serve_conn *c;
	size_t i, open = 0, at = SERVE_CONNECTIONS;

	for (i = 0; i < SERVE_CONNECTIONS; i++) {
		if (s->conn[i] == NULL)
			at = i;
		else if (!s->conn[i]->closing)
			open++;
	}
	if (at == SERVE_CONNECTIONS) {
		close(fd);
		return false;
	}
	c = mem_alloc(1, sizeof(*c));
	c->s = s;
	c->fd = fd;
	c->number = ++s->next_number;
	s->conn[at] = c;
	s->stats->connections++;
	greet(c, open);
	return true;
}

static void
take_in(struct serve *s)
{
	int fd, one = 1;

	fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	(void)serve_add(s, fd);
}

/* false: it has hung up. */
static bool
read_some(struct serve_conn *c)
{
	ssize_t n = recv(c->fd, buf_room(&c->in, BLOCK), BLOCK, 0);

	if (n > 0)
		c->in.n += (size_t)n;
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static bool
write_some(struct serve_conn *c)
{
	ssize_t n;

	while (c->out_at < c->out.n) {
		n = send(c->fd, c->out.p + c->out_at, c->out.n - c->out_at,
		    MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		c->out_at += (size_t)n;
	}
	buf_clear(&c->out);
	c->out_at = 0;
	return true;
}

/* One connection's turn.  false: it is over. */
static bool
turn(struct serve_conn *c, short got)
{
	bool alive = true;

	if ((got & (POLLIN | POLLHUP | POLLERR)) != 0)
		alive = read_some(c);
	do {
		serve_feed(c);
		while (c->f.active && !serve_is_full(c))
			serve_fetch_more(c);
		if (!write_some(c))
			return false;
		/* room again: the rest of what is there has its turn */
	} while (alive && !c->closing && c->out.n == 0 &&
	    (c->f.active ||
		(c->in.n > 0 &&
		    (c->in_literal ||
			memchr(c->in.p, '\n', c->in.n) != NULL))));
	if (c->closing && c->out.n == 0)
		return false;
	return alive;
}

static size_t
set_polls(struct serve *s, struct pollfd *p, size_t *which)
{
	size_t i, n = 0;

	p[n++] = (struct pollfd){ .fd = s->listener, .events = POLLIN };
	p[n++] = (struct pollfd){ .fd = s->control, .events = POLLIN };
	for (i = 0; i < SERVE_CONNECTIONS; i++) {
		const struct serve_conn *c = s->conn[i];

		if (c == NULL)
			continue;
		p[n] = (struct pollfd){ .fd = c->fd };
		if (c->out.n > 0)
			p[n].events |= POLLOUT;
		if (!c->closing && !c->f.active && !serve_is_full(c))
			p[n].events |= POLLIN;
		which[n++] = i;
	}
	return n;
}

bool
serve_step(struct serve *s)
{
	struct pollfd p[SERVE_CONNECTIONS + 2];
	size_t which[SERVE_CONNECTIONS + 2], n, i;

	n = set_polls(s, p, which);
	if (s->listener < 0 && n == 2)
		return false;
	if (poll(p, (nfds_t)n, -1) < 0)
		return errno == EINTR;
	if (p[1].revents != 0)
		return false;
	for (i = 2; i < n; i++)
		if (p[i].revents != 0 && !turn(s->conn[which[i]], p[i].revents))
			drop(s, which[i]);
	if (p[0].revents != 0)
		take_in(s);
	return true;
}

struct serve *
serve_new(const struct serve_spec *spec, int listener, int scratch, int control,
    struct serve_stats *stats)
{
	struct serve *s = mem_alloc(1, sizeof(*s));
	size_t len;

	s->spec = spec;
	s->w = serve_words_of(spec->as);
	s->stats = stats;
	if (spec->limits != NULL)
		s->limits = *spec->limits;
	s->listener = listener;
	s->scratch = scratch;
	s->control = control;
	s->start_ms =
	    serve_clock_ms(s) / (spec->speed_up == 0 ? 1 : spec->speed_up);
	len = (size_t)snprintf(s->caps, sizeof(s->caps), "%s", s->w->caps);
	if (s->limits.message_bytes != 0 && !s->w->hides_limit)
		snprintf(s->caps + len, sizeof(s->caps) - len,
		    " APPENDLIMIT=%llu",
		    (unsigned long long)s->limits.message_bytes);
	serve_boxes_init(s);
	return s;
}

void
serve_free(struct serve **sp)
{
	struct serve *s = *sp;
	size_t i;

	for (i = 0; i < SERVE_CONNECTIONS; i++)
		if (s->conn[i] != NULL)
			drop(s, i);
	serve_boxes_free(s);
	free(s);
	*sp = NULL;
}

void
serve_run(const struct serve_spec *spec, int listener, int scratch, int control,
    struct serve_stats *stats)
{
	struct serve *s = serve_new(spec, listener, scratch, control, stats);

	while (serve_step(s))
		;
	serve_free(&s);
}
