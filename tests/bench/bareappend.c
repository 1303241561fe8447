/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The least that a client can do: bareappend PORT USER FOLDER <list
 * appends the files named on stdin, 100 with each MULTIAPPEND (LITERAL+),
 * waits for each OK, and remembers nothing.  What load is measured against.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/io.h"

#define BATCH 100

static int sock;

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static void
send_all(const void *p, size_t n)
{
	if (io_write_all(sock, p, n) < 0)
		die("write");
}

/* Read until a line that begins with "t ". */
static void
wait_ok(void)
{
	static struct buf in;
	const char *at;
	ssize_t n;

	for (;;) {
		at = in.n >= 2 && memcmp(in.p, "t ", 2) == 0 ? in.p
		    : in.n == 0				     ? NULL
				: strstr(in.p, "\nt ");
		if (at != NULL && strchr(at + 1, '\n') != NULL) {
			if (strstr(at, "t OK") == NULL) {
				fprintf(stderr, "%s\n", at);
				exit(1);
			}
			buf_clear(&in);
			return;
		}
		n = read(sock, buf_room(&in, 4096), 4096);
		if (n <= 0)
			die("read");
		in.n += (size_t)n;
		in.p[in.n] = '\0';
	}
}

static void
put_file(const char *path)
{
	struct stat st;
	char *p;
	int fd = open(path, O_RDONLY), n;
	char head[64];

	if (fd < 0 || fstat(fd, &st) < 0)
		die(path);
	p = malloc((size_t)st.st_size + 1);
	if (p == NULL || io_read_full(fd, p, (size_t)st.st_size) < 0)
		die(path);
	close(fd);
	n = snprintf(head, sizeof(head), " {%lld+}\r\n", (long long)st.st_size);
	send_all(head, (size_t)n);
	send_all(p, (size_t)st.st_size);
	free(p);
}

int
main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	char line[4096], cmd[256];
	size_t n = 0;
	int len;

	if (argc != 4)
		return 64;
	a.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
	sock = socket(AF_INET, SOCK_STREAM, 0);
	if (sock < 0 || connect(sock, (struct sockaddr *)&a, sizeof(a)) < 0)
		die("connect");
	len = snprintf(cmd, sizeof(cmd), "t LOGIN %s secret\r\n", argv[2]);
	send_all(cmd, (size_t)len);
	wait_ok();
	len = snprintf(cmd, sizeof(cmd), "t CREATE %s\r\n", argv[3]);
	send_all(cmd, (size_t)len);
	wait_ok();
	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (n++ % BATCH == 0) {
			if (n > 1) {
				send_all("\r\n", 2);
				wait_ok();
			}
			len =
			    snprintf(cmd, sizeof(cmd), "t APPEND %s", argv[3]);
			send_all(cmd, (size_t)len);
		}
		put_file(line);
	}
	if (n > 0) {
		send_all("\r\n", 2);
		wait_ok();
	}
	return 0;
}
