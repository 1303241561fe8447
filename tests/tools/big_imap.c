/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A mailbox too large to have: an IMAP server on loopback whose INBOX holds
 * COUNT messages of SIZE bytes, made up as they are asked for.
 *
 *	big_imap COUNT SIZE [sparse]
 *
 * sparse: every other UID is missing, so that no two are in one range.  Any
 * login is good.  Prints the port it listens on; one connection at a time;
 * ends when stdin does, looked at between connections.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static uint64_t count, size;
static unsigned step = 1;
static FILE *out;

/* One message: a header with its number, and lines of x. */
static void
put_body(uint64_t uid)
{
	static char block[65536];
	char head[80];
	uint64_t left;
	size_t n, i;

	if (block[0] == '\0')
		for (i = 0; i < sizeof(block); i++)
			block[i] = i % 64 == 62 ? '\r'
			    : i % 64 == 63	? '\n'
						: 'x';
	n = (size_t)snprintf(head, sizeof(head),
	    "Subject: %llu\r\nMessage-ID: <%llu@example.org>\r\n\r\n",
	    (unsigned long long)uid, (unsigned long long)uid);
	if (n > size)
		n = (size_t)size;
	fwrite(head, 1, n, out);
	for (left = size - n; left > 0; left -= n) {
		n = left < sizeof(block) ? (size_t)left : sizeof(block);
		fwrite(block, 1, n, out);
	}
}

enum what { SIZE = 1, ID = 2, BODY = 4 };

static void
put_message(uint64_t uid, unsigned what)
{
	char id[60];

	fprintf(out, "* %llu FETCH (UID %llu FLAGS (\\Seen)",
	    (unsigned long long)(uid / step), (unsigned long long)uid);
	if ((what & (BODY | SIZE)) != 0)
		fputs(" INTERNALDATE \"01-Jan-2001 00:00:00 +0000\"", out);
	if ((what & SIZE) != 0)
		fprintf(out, " RFC822.SIZE %llu", (unsigned long long)size);
	if ((what & ID) != 0) {
		snprintf(id, sizeof(id), "Message-ID: <%llu@example.org>",
		    (unsigned long long)uid);
		fprintf(out,
		    " BODY[HEADER.FIELDS (MESSAGE-ID)] {%zu}\r\n%s\r\n\r\n",
		    strlen(id) + 4, id);
	}
	if ((what & BODY) != 0) {
		fprintf(out, " BODY[] {%llu}\r\n", (unsigned long long)size);
		put_body(uid);
	}
	fputs(")\r\n", out);
}

/* "1:5,9 (...)" */
static void
fetch(char *set)
{
	unsigned what = (strstr(set, "PEEK[]") != NULL ? BODY : 0) |
	    (strstr(set, "RFC822.SIZE") != NULL ? SIZE : 0) |
	    (strstr(set, "HEADER.FIELDS") != NULL ? ID : 0);
	uint64_t lo, hi;

	do {
		lo = strtoull(set, &set, 10);
		hi = lo;
		if (*set == ':' && set[1] == '*') {
			hi = count * step;
			set += 2;
		} else if (*set == ':') {
			hi = strtoull(set + 1, &set, 10);
		}
		for (; lo <= hi && lo <= count * step; lo++)
			if (lo % step == 0 && lo > 0)
				put_message(lo, what);
	} while (*set++ == ',');
}

static void
answer(char *line)
{
	static char none[1];
	char *tag = strsep(&line, " "), *rest = line == NULL ? none : line;
	uint64_t i;

	if (strncmp(rest, "CAPABILITY", 10) == 0) {
		fputs("* CAPABILITY IMAP4rev1\r\n", out);
	} else if (strncmp(rest, "LIST", 4) == 0) {
		fputs("* LIST () \"/\" INBOX\r\n", out);
	} else if (strncmp(rest, "STATUS", 6) == 0) {
		fprintf(out,
		    "* STATUS INBOX (MESSAGES %llu UIDNEXT %llu UIDVALIDITY "
		    "7)\r\n",
		    (unsigned long long)count,
		    (unsigned long long)(count * step + 1));
	} else if (strncmp(rest, "EXAMINE", 7) == 0) {
		fprintf(out,
		    "* %llu EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n"
		    "* OK [UIDNEXT %llu] x\r\n",
		    (unsigned long long)count,
		    (unsigned long long)(count * step + 1));
	} else if (strncmp(rest, "UID SEARCH", 10) == 0) {
		fputs("* SEARCH", out);
		for (i = 1; i <= count; i++)
			fprintf(out, " %llu", (unsigned long long)(i * step));
		fputs("\r\n", out);
	} else if (strncmp(rest, "UID FETCH ", 10) == 0) {
		fetch(rest + 10);
	} else if (strncmp(rest, "LOGOUT", 6) == 0) {
		fputs("* BYE\r\n", out);
	}
	fprintf(out, "%s OK done\r\n", tag);
	fflush(out);
}

static void
serve(int fd)
{
	FILE *in = fdopen(dup(fd), "r");
	char line[16384];

	out = fdopen(fd, "w");
	if (in == NULL || out == NULL)
		exit(1);
	setvbuf(out, NULL, _IOFBF, 65536);
	fputs("* OK [CAPABILITY IMAP4rev1] hi\r\n", out);
	fflush(out);
	while (fgets(line, sizeof(line), in) != NULL && !ferror(out)) {
		line[strcspn(line, "\r\n")] = '\0';
		answer(line);
	}
	fclose(in);
	fclose(out);
}

int
main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char c;

	if (argc < 3)
		return 64;
	count = strtoull(argv[1], NULL, 10);
	size = strtoull(argv[2], NULL, 10);
	step = argc > 3 ? 2 : 1;
	signal(SIGPIPE, SIG_IGN);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    listen(fd, 8) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) < 0)
		return 1;
	printf("%u\n", (unsigned)ntohs(a.sin_port));
	fflush(stdout);
	for (;;) {
		struct pollfd p[2] = { { .fd = 0, .events = POLLIN },
			{ .fd = fd, .events = POLLIN } };

		if (poll(p, 2, -1) < 0)
			return 1;
		if (p[0].revents != 0 && read(0, &c, 1) <= 0)
			return 0;
		if (p[1].revents != 0)
			serve(accept(fd, NULL, NULL));
	}
}
