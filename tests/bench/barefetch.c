/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The least that a client can do: barefetch PORT USER
 * fetches every message of every folder, 100 with each FETCH, all of a
 * folder's asked for at once, and throws them away.  What extract is measured
 * against.  Prints the bytes that came.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/io.h"

#define BATCH 100
#define TAG   "qzx7w" /* in no message */

static int sock;
static struct buf in;
static unsigned long long total;

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static void
say(const char *line)
{
	if (io_write_all(sock, line, strlen(line)) < 0)
		die("write");
}

/* Read until the line that begins with 'tag'; 'keep' all of it in 'in', else
 * only what the tag may begin in. */
static void
await(const char *tag, int keep)
{
	char want[64];
	size_t n = (size_t)snprintf(want, sizeof(want), "%s OK", tag);
	const char *at;
	ssize_t got;

	for (;;) {
		at = in.n < n ? NULL : memmem(in.p, in.n, want, n);
		if (at != NULL && memchr(at, '\n', in.n - (size_t)(at - in.p)))
			return;
		if (!keep && at == NULL && in.n > n)
			buf_eat(&in, in.n - n);
		got = read(sock, buf_room(&in, 131072), 131072);
		if (got <= 0)
			die("read");
		total += (unsigned long long)got;
		in.n += (size_t)got;
	}
}

/* All of one folder. */
static void
fetch(const char *name, unsigned *number)
{
	char line[1024], tag[32];
	const char *at;
	unsigned long exists, lo;

	buf_clear(&in);
	snprintf(tag, sizeof(tag), TAG "%u", ++*number);
	snprintf(line, sizeof(line), "%s EXAMINE %s\r\n", tag, name);
	say(line);
	await(tag, 1);
	at = memmem(in.p, in.n, " EXISTS", 7);
	if (at == NULL)
		die("EXISTS");
	while (at > in.p && at[-1] != ' ')
		at--;
	exists = strtoul(at, NULL, 10);
	if (exists == 0)
		return;
	buf_clear(&in);
	for (lo = 1; lo <= exists; lo += BATCH) {
		snprintf(tag, sizeof(tag), TAG "%u", ++*number);
		snprintf(line, sizeof(line),
		    "%s FETCH %lu:%lu (UID FLAGS INTERNALDATE BODY.PEEK[])"
		    "\r\n",
		    tag, lo, lo + BATCH - 1 < exists ? lo + BATCH - 1 : exists);
		say(line);
	}
	await(tag, 0);
}

int
main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	char line[1024];
	struct buf list = { 0 };
	unsigned number = 0;
	char *at, *end;

	if (argc != 3)
		return 64;
	a.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
	sock = socket(AF_INET, SOCK_STREAM, 0);
	if (sock < 0 || connect(sock, (struct sockaddr *)&a, sizeof(a)) < 0)
		die("connect");
	snprintf(line, sizeof(line), TAG "l LOGIN %s secret\r\n", argv[2]);
	say(line);
	await(TAG "l", 1);
	buf_clear(&in);
	say(TAG "f LIST \"\" \"*\"\r\n");
	await(TAG "f", 1);
	buf_put(&list, in.p, in.n);
	buf_putc(&list, '\0');
	for (at = list.p; strncmp(at, "* LIST", 6) == 0; at = end + 1) {
		end = strchr(at, '\n');
		if (end == NULL)
			break;
		end[end[-1] == '\r' ? -1 : 0] = '\0';
		if (strstr(at, "\\Noselect") != NULL) {
			if (end[0] != '\n')
				end[0] = '\n';
			continue;
		}
		at = strstr(at, "\"/\" ");
		if (at != NULL)
			fetch(at + 4, &number);
	}
	printf("%llu\n", total);
	return 0;
}
