/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A long line: forwards loopback connections to a server, every byte half of
 * so many milliseconds later than it came, in each direction, so that MS is
 * the round trip; as much as the window holds is under way at a time.
 *
 *	delay_proxy PORT MS [WINDOW-BYTES]
 *
 * Prints the port it listens on.  Ends when stdin does.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LINES_MAX 64
#define PIECE	  65536

struct piece {
	struct piece *next;
	int64_t due_us;
	size_t n, at;
	char data[PIECE];
};

struct way {
	int from, to;
	bool eof, shut;
	size_t bytes;
	struct piece *first, **last;
};

static struct way ways[2 * LINES_MAX];
static int n_ways;
static int64_t delay_us;
static size_t window = 16u << 20;
static struct piece *spare;

static int64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static int
listen_on(uint16_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    listen(fd, 16) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) < 0) {
		perror("listen");
		exit(1);
	}
	*port = ntohs(a.sin_port);
	return fd;
}

static void
add_line(int client, uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	int server = socket(AF_INET, SOCK_STREAM, 0), on = 1, i;

	if (n_ways + 2 > 2 * LINES_MAX || server < 0 ||
	    connect(server, (struct sockaddr *)&a, sizeof(a)) < 0) {
		close(client);
		close(server);
		return;
	}
	setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	fcntl(server, F_SETFL, O_NONBLOCK);
	fcntl(client, F_SETFL, O_NONBLOCK);
	for (i = 0; i < 2; i++) {
		struct way *w = &ways[n_ways++];

		*w = (struct way){ .from = i == 0 ? client : server,
			.to = i == 0 ? server : client };
		w->last = &w->first;
	}
}

/* Take in what came. */
static void
take(struct way *w)
{
	struct piece *p;
	ssize_t n;

	while (!w->eof && w->bytes < window) {
		p = spare != NULL ? spare : malloc(sizeof(*p));
		if (p == NULL)
			exit(1);
		spare = p == spare ? p->next : spare;
		n = read(w->from, p->data, PIECE);
		if (n <= 0) {
			w->eof = n == 0 || (errno != EAGAIN && errno != EINTR);
			p->next = spare;
			spare = p;
			return;
		}
		p->next = NULL;
		p->n = (size_t)n;
		p->at = 0;
		p->due_us = now_us() + delay_us;
		*w->last = p;
		w->last = &p->next;
		w->bytes += p->n;
	}
}

/* Give out what is due.  False: it is stuck, or nothing is. */
static void
give(struct way *w)
{
	struct piece *p;
	ssize_t n;

	while ((p = w->first) != NULL && p->due_us <= now_us()) {
		n = send(w->to, p->data + p->at, p->n - p->at, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			w->eof = true;
			n = (ssize_t)(p->n - p->at);
		}
		if (n < 0)
			return;
		p->at += (size_t)n;
		w->bytes -= (size_t)n;
		if (p->at < p->n)
			continue;
		w->first = p->next;
		if (w->first == NULL)
			w->last = &w->first;
		p->next = spare;
		spare = p;
	}
	if (w->eof && w->first == NULL && !w->shut) {
		shutdown(w->to, SHUT_WR);
		w->shut = true;
	}
}

/* Both directions are done: the place is free. */
static void
drop_lines(void)
{
	int i;

	for (i = 0; i + 1 < n_ways; i += 2) {
		if (!ways[i].shut || !ways[i + 1].shut)
			continue;
		close(ways[i].from);
		close(ways[i].to);
		n_ways -= 2;
		ways[i] = ways[n_ways];
		ways[i + 1] = ways[n_ways + 1];
		if (ways[i].first == NULL)
			ways[i].last = &ways[i].first;
		if (ways[i + 1].first == NULL)
			ways[i + 1].last = &ways[i + 1].first;
		i -= 2;
	}
}

static int
next_ms(void)
{
	int64_t now = now_us(), due, least = 1000000;
	int i;

	for (i = 0; i < n_ways; i++) {
		if (ways[i].first == NULL)
			continue;
		due = ways[i].first->due_us - now;
		if (due < least)
			least = due;
	}
	return least <= 0 ? 0 : (int)((least + 999) / 1000);
}

int
main(int argc, char **argv)
{
	struct pollfd pfd[2 * LINES_MAX + 2];
	uint16_t to, port;
	int listener, i, fd;
	char c;

	if (argc < 3)
		return 64;
	to = (uint16_t)strtoul(argv[1], NULL, 10);
	delay_us = (int64_t)strtoul(argv[2], NULL, 10) * 500;
	if (argc > 3)
		window = strtoul(argv[3], NULL, 10);
	listener = listen_on(&port);
	printf("%u\n", (unsigned)port);
	fflush(stdout);
	for (;;) {
		pfd[0] = (struct pollfd){ .fd = 0, .events = POLLIN };
		pfd[1] = (struct pollfd){ .fd = listener, .events = POLLIN };
		for (i = 0; i < n_ways; i++) {
			struct way *w = &ways[i];
			bool full = w->bytes >= window;

			pfd[i + 2] = (struct pollfd){ .fd = w->from };
			if (!w->eof && !full)
				pfd[i + 2].events |= POLLIN;
			else
				pfd[i + 2].fd = -1;
		}
		for (i = 0; i < n_ways; i++)
			if (ways[i].first != NULL &&
			    ways[i].first->due_us <= now_us() &&
			    ways[i].first->at > 0) {
				/* stuck: the other end of this line */
				pfd[(i ^ 1) + 2].fd = ways[i].to;
				pfd[(i ^ 1) + 2].events |= POLLOUT;
			}
		if (poll(pfd, (nfds_t)n_ways + 2, next_ms()) < 0 &&
		    errno != EINTR)
			return 1;
		if (pfd[0].revents != 0 && read(0, &c, 1) <= 0)
			return 0;
		while ((fd = accept(listener, NULL, NULL)) >= 0)
			add_line(fd, to);
		for (i = 0; i < n_ways; i++) {
			take(&ways[i]);
			give(&ways[i]);
		}
		drop_lines();
	}
}
