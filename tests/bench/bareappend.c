/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What load is measured against: a client that only sends, and remembers
 * nothing.
 *
 *	bareappend PORT USER PREFIX bare|one <list
 *
 * The list has a line "folder TAB file" a message; the folders are created
 * below PREFIX.  As many messages arrive as were named, or it fails.
 *
 * bare: the most that one connection bears.  MULTIAPPEND, up to 100 messages
 * or 4 MB with each, else one APPEND a message; LITERAL+, and then nothing is
 * waited for; without it each literal waits for its "+".
 * one: as imapsync does it.  APPEND with flags and date, wait for "+", send
 * the message, wait for OK; then the next.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"

#define BATCH_MSGS  100
#define BATCH_BYTES (4 << 20)
#define OUT_BYTES   (256 << 10)
#define FLIGHT	    1000 /* commands without an answer, at most */

static int sock;
static struct buf in, out;
static unsigned asked, answered, pluses;
static bool multi, plus;

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static void
take_line(const char *line)
{
	if (*line == '+') {
		pluses++;
	} else if (strncmp(line, "t OK", 4) == 0) {
		answered++;
	} else if (strncmp(line, "t ", 2) == 0 ||
	    strncmp(line, "* BYE", 5) == 0) {
		fprintf(stderr, "%s\n", line);
		exit(1);
	} else if (strncmp(line, "* CAPABILITY", 12) == 0) {
		multi = strstr(line, "MULTIAPPEND") != NULL;
		plus = strstr(line, "LITERAL+") != NULL;
	}
}

static void
take_lines(void)
{
	size_t at = 0;
	char *end;

	while (
	    at < in.n && (end = memchr(in.p + at, '\n', in.n - at)) != NULL) {
		*end = '\0';
		take_line(in.p + at);
		at = (size_t)(end + 1 - in.p);
	}
	memmove(in.p, in.p + at, in.n - at);
	in.n -= at;
}

/* Wait until something can be read, or written if 'writing'. */
static void
turn(bool writing, const char **p, size_t *n)
{
	struct pollfd pfd = { .fd = sock,
		.events = (short)(POLLIN | (writing ? POLLOUT : 0)) };
	ssize_t got;

	if (poll(&pfd, 1, -1) < 0)
		die("poll");
	if ((pfd.revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
		got = read(sock, buf_room(&in, 65536), 65536);
		if (got <= 0)
			die("the server has gone");
		in.n += (size_t)got;
		take_lines();
	}
	if (writing && (pfd.revents & POLLOUT) != 0) {
		got = send(sock, *p, *n, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (got < 0 && errno != EAGAIN)
			die("write");
		if (got > 0) {
			*p += got;
			*n -= (size_t)got;
		}
	}
}

static void
flush(void)
{
	const char *p = out.p;
	size_t n = out.n;

	while (n > 0)
		turn(true, &p, &n);
	buf_clear(&out);
}

static void
put(const void *p, size_t n)
{
	buf_put(&out, p, n);
	if (out.n >= OUT_BYTES)
		flush();
}

/* Until no more than so many commands have no answer. */
static void
wait_for(unsigned left)
{
	flush();
	while (asked - answered > left)
		turn(false, NULL, NULL);
}

static void
put_file(const char *path, bool wait)
{
	struct stat st;
	unsigned before = pluses;
	char *p;
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		die(path);
	p = malloc((size_t)st.st_size + 1);
	n = p == NULL ? -1 : read(fd, p, (size_t)st.st_size);
	if (n != st.st_size)
		die(path);
	close(fd);
	buf_putf(&out, " {%lld%s}\r\n", (long long)n, wait ? "" : "+");
	if (wait) {
		flush();
		while (pluses == before)
			turn(false, NULL, NULL);
	}
	put(p, (size_t)n);
	free(p);
}

static void
end_command(unsigned left)
{
	buf_puts(&out, "\r\n");
	asked++;
	wait_for(left);
}

static off_t
size_of(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		die(path);
	return st.st_size;
}

static void
begin(const char *user, const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	int on = 1;

	sock = socket(AF_INET, SOCK_STREAM, 0);
	if (sock < 0 || connect(sock, (struct sockaddr *)&a, sizeof(a)) < 0)
		die("connect");
	setsockopt(sock, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	/* one after the other: at Courier they are two programs */
	buf_putf(&out, "t LOGIN %s secret\r\n", user);
	asked++;
	wait_for(0);
	buf_puts(&out, "t CAPABILITY\r\n");
	asked++;
	wait_for(0);
}

int
main(int argc, char **argv)
{
	char line[4096], folder[4096] = "", *tab;
	size_t n = 0;
	off_t bytes = 0, size;
	bool one;

	if (argc != 5)
		return 64;
	one = strcmp(argv[4], "one") == 0;
	begin(argv[2], argv[1]);
	if (one)
		multi = plus = false;
	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		tab = strchr(line, '\t');
		if (tab == NULL)
			return 65;
		*tab++ = '\0';
		size = size_of(tab);
		if (n > 0 &&
		    (!multi || n == BATCH_MSGS || bytes + size > BATCH_BYTES ||
			strcmp(folder, line) != 0)) {
			end_command(plus ? FLIGHT : 0);
			n = 0;
			bytes = 0;
		}
		if (strcmp(folder, line) != 0) {
			wait_for(0);
			snprintf(folder, sizeof(folder), "%s", line);
			buf_putf(&out, "t CREATE %s%s\r\n", argv[3], folder);
			asked++;
			wait_for(0);
		}
		if (n++ == 0)
			buf_putf(&out, "t APPEND %s%s%s", argv[3], folder,
			    one ? " (\\Seen) \"14-Dec-2012 21:10:30 +0000\""
				: "");
		put_file(tab, !plus);
		bytes += size;
	}
	if (n > 0)
		end_command(0);
	wait_for(0);
	return 0;
}
