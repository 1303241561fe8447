/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Write an mbox of N messages on stdout, and each message's size (with
 * CRLF) to a file: mkmbox N SEED SIZES [small|large].  The same arguments
 * give the same bytes.  Sizes follow real mailboxes: most messages are a few
 * KB, a few carry an attachment; the mean is about 15 KB.  small: 2 KB each,
 * nothing attached; large: one in 250 has 1 to 8 MB, the mean is 33 KB.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/num.h"

static uint64_t seed;
static bool small, large;

/* xorshift64*: not for secrets, the same on every machine */
static uint32_t
draw(uint32_t below)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (uint32_t)((seed * UINT64_C(2685821657736338717)) >> 32) % below;
}

static uint32_t
body_size(void)
{
	uint32_t kind = draw(100);

	if (large && draw(250) == 0)
		return 1000000 + draw(7000000);
	if (kind < 60 || small)
		return 400 + draw(3000);
	if (kind < 90)
		return 3000 + draw(12000);
	if (kind < 99)
		return 15000 + draw(120000);
	return 150000 + draw(600000);
}

/* One body line of 'n' base64-looking characters; never "From ". */
static void
put_line(uint32_t n)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqr"
				  "stuvwxyz0123456789+/";

	while (n-- > 0)
		putchar(set[draw(64)]);
	putchar('\n');
}

static uint64_t
put_message(uint64_t number)
{
	time_t when = (time_t)(1262304000 + number * 977);
	uint32_t body = body_size(), left = body, lines = 0;
	char postmark[64], date[64], id[64];
	struct tm tm;
	int head;

	gmtime_r(&when, &tm);
	strftime(postmark, sizeof(postmark), "%a %b %e %H:%M:%S %Y", &tm);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S +0000", &tm);
	snprintf(id, sizeof(id), "<%" PRIu64 ".%08x@example.org>", number,
	    draw(UINT32_MAX));
	printf("From sales@example.org %s\n", postmark);
	head = printf("Return-Path: <sales@example.org>\n"
		      "Date: %s\nFrom: Sales <sales@example.org>\n"
		      "To: Accounts <accounts@example.org>\n"
		      "Message-ID: %s\nSubject: Number %" PRIu64 "\n"
		      "MIME-Version: 1.0\nContent-Type: text/plain\n"
		      "Status: RO\n\n",
	    date, id, number);
	while (left > 0) {
		uint32_t n = left < 77 ? left : 77;

		put_line(n - 1);
		left -= n;
		lines++;
	}
	putchar('\n');
	/* each LF gains a CR in the spool: 10 header lines and the body's */
	return (uint64_t)head + 10 + body + lines;
}

int
main(int argc, char **argv)
{
	uint64_t count, i;
	FILE *sizes;

	if (argc < 4 || argc > 5 ||
	    !num_u64(slice_str(argv[1]), UINT64_MAX, &count) ||
	    !num_u64(slice_str(argv[2]), UINT64_MAX, &seed)) {
		fputs(
		    "usage: mkmbox COUNT SEED SIZES-FILE [small|large] >mbox\n",
		    stderr);
		return 64;
	}
	seed = seed * 2 + 1;
	small = argc == 5 && strcmp(argv[4], "small") == 0;
	large = argc == 5 && strcmp(argv[4], "large") == 0;
	sizes = fopen(argv[3], "w");
	if (sizes == NULL)
		return 73;
	for (i = 1; i <= count; i++)
		fprintf(sizes, "%" PRIu64 "\n", put_message(i));
	return fclose(sizes) != 0 || fflush(stdout) != 0 ? 74 : 0;
}
