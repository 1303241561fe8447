/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A line that breaks: forwards loopback connections to a server, and cuts
 * the first one in the middle.
 *
 *	cut_proxy PORT up N	after N bytes from the client were forwarded
 *	cut_proxy PORT down N	after N bytes from the server were forwarded;
 *				what the client sends still arrives
 *	cut_proxy PORT lose N	likewise, but the client is cut off only when
 *				the server has said all it had to say: it has
 *				kept what it was sent
 *	cut_proxy PORT pass 0	nothing is cut
 *
 * Prints the port it listens on, then a line for each connection: "cut" or
 * "passed", and the bytes forwarded up and down.  Ends when stdin does.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define QUIET_MS 300 /* a server that says nothing so long has said all */

enum mode { PASS, UP, DOWN, LOSE };

static enum mode mode;
static uint64_t cut_at;

static int
dial(uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		perror("connect");
		exit(1);
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

static int
listen_on(uint16_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, len) < 0 ||
	    listen(fd, 8) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) < 0) {
		perror("listen");
		exit(1);
	}
	*port = ntohs(a.sin_port);
	return fd;
}

static bool
put(int fd, const char *p, size_t n)
{
	ssize_t w;

	while (n > 0) {
		w = send(fd, p, n, MSG_NOSIGNAL);
		if (w <= 0)
			return false;
		p += w;
		n -= (size_t)w;
	}
	return true;
}

/* Forward what came; false at the end.  *cut: the line broke here. */
static bool
forward(int from, int to, uint64_t *moved, uint64_t limit, bool *cut)
{
	char buf[4096];
	ssize_t n = recv(from, buf, sizeof(buf), 0);

	if (n <= 0)
		return false;
	if (*moved + (uint64_t)n >= limit) {
		n = (ssize_t)(limit - *moved);
		*cut = true;
	}
	*moved += (uint64_t)n;
	return put(to, buf, (size_t)n) || *cut;
}

/* The server may go on; the client hears no more of it. */
static void
let_server_finish(int client, int server)
{
	struct pollfd p[2] = { { client, POLLIN, 0 }, { server, POLLIN, 0 } };
	char buf[4096];
	ssize_t n;

	while (poll(p, 2, QUIET_MS) > 0) {
		if (p[0].revents != 0) {
			n = recv(client, buf, sizeof(buf), 0);
			if (n <= 0 || !put(server, buf, (size_t)n))
				return;
		}
		if (p[1].revents != 0 && recv(server, buf, sizeof(buf), 0) <= 0)
			return;
	}
}

static void
serve(int client, uint16_t port, bool first)
{
	int server = dial(port), on = 1;
	struct pollfd p[2] = { { client, POLLIN, 0 }, { server, POLLIN, 0 } };
	uint64_t up = 0, down = 0;
	bool cut = false, on_line = true;

	setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	while (on_line && !cut && poll(p, 2, -1) > 0) {
		if (p[0].revents != 0)
			on_line = forward(client, server, &up,
			    first && mode == UP ? cut_at : UINT64_MAX, &cut);
		if (on_line && !cut && p[1].revents != 0)
			on_line = forward(server, client, &down,
			    first && (mode == DOWN || mode == LOSE)
				? cut_at
				: UINT64_MAX,
			    &cut);
	}
	if (cut && mode == LOSE)
		let_server_finish(client, server);
	close(client);
	close(server);
	printf("%s %llu %llu\n", cut ? "cut" : "passed", (unsigned long long)up,
	    (unsigned long long)down);
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	static const char *const modes[] = { "pass", "up", "down", "lose" };
	struct pollfd p[2];
	uint16_t port, to;
	bool first = true;
	char end;
	int m, fd;

	if (argc != 4)
		return 64;
	to = (uint16_t)strtoul(argv[1], NULL, 10);
	for (m = 0; m < 4 && strcmp(argv[2], modes[m]) != 0; m++)
		;
	mode = (enum mode)m;
	cut_at = strtoull(argv[3], NULL, 10);
	p[0] = (struct pollfd){ STDIN_FILENO, POLLIN, 0 };
	p[1] = (struct pollfd){ listen_on(&port), POLLIN, 0 };
	printf("%u\n", port);
	fflush(stdout);
	while (poll(p, 2, -1) > 0) {
		if (p[0].revents != 0 && read(STDIN_FILENO, &end, 1) <= 0)
			break;
		if (p[1].revents != 0) {
			fd = accept(p[1].fd, NULL, NULL);
			if (fd >= 0 && fork() == 0) {
				serve(fd, to, first);
				return 0;
			}
			close(fd);
			first = false;
		}
	}
	while (wait(NULL) > 0)
		;
	return 0;
}
