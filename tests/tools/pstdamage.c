/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Damage PSTs at random and read what is left, again and again.
 *
 *	pstdamage [-n VARIANTS] [-s SEED] FILE...
 *
 * Each variant of a file has 1 to 64 bits flipped, or a stretch zeroed or
 * overwritten with another part of the file, or its end cut off; the reader
 * gets it in a process of its own with 30 s and, without ASan, 256 MiB.  One
 * in three is carved, half of those with the header gone, too.
 * Prints what happened; exits 1 if one crashed, hung or grew.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/io.h"
#include "tests/tools/pst_feast.h"

#define FILE_MAX     (64u << 20)
#define SECONDS	     30
#define MEMORY_MAX_K (256 * 1024)
#define CHANGES_MAX  64

static uint64_t state;

/* xorshift64*: the same seed, the same damage */
static uint64_t
chance(uint64_t below)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return below == 0 ? 0 : state * 0x2545f4914f6cdd1d % below;
}

static void
flip_bits(int fd, const struct buf *whole, unsigned n)
{
	size_t at;
	char c;

	while (n-- > 0) {
		at = chance(whole->n);
		c = (char)(whole->p[at] ^ 1 << chance(8));
		if (pwrite(fd, &c, 1, (off_t)at) != 1)
			perror("pwrite");
	}
}

static void
overwrite(int fd, const struct buf *whole, bool zero)
{
	static const char zeros[65536];
	size_t n = 1 + chance(sizeof(zeros)), at, from;

	if (n > whole->n)
		n = whole->n;
	at = chance(whole->n - n + 1);
	from = chance(whole->n - n + 1);
	if (pwrite(fd, zero ? zeros : whole->p + from, n, (off_t)at) < 0)
		perror("pwrite");
}

/* Set words in the header or at random places to numbers that hurt. */
static void
set_words(int fd, const struct buf *whole, unsigned n)
{
	static const uint32_t words[] = { 0, 1, 0xffffffff, 0x7fffffff,
		0x80000000, 0x200, 0x4400, 0xffff };
	size_t at;

	while (n-- > 0 && whole->n > 600) {
		at = chance(4) == 0 ? chance(560) : chance(whole->n - 4);
		if (pwrite(fd, &words[chance(8)], 4, (off_t)at) != 4)
			perror("pwrite");
	}
}

static void
damage(int fd, const struct buf *whole)
{
	switch (chance(8)) {
	case 0:
		if (ftruncate(fd, (off_t)chance(whole->n)) != 0)
			perror("ftruncate");
		break;
	case 1:
		overwrite(fd, whole, true);
		break;
	case 2:
		overwrite(fd, whole, false);
		break;
	case 3:
		set_words(fd, whole, 1 + (unsigned)chance(16));
		break;
	default:
		flip_bits(fd, whole, 1 + (unsigned)chance(CHANGES_MAX));
		break;
	}
}

struct outcome {
	unsigned long opened, refused, crashed, hung, grown;
	long most_k;
};

static void
try_one(const struct buf *whole, const char *path, unsigned variant,
    struct outcome *o)
{
	uint64_t seed = state;
	static const char nothing[564]; /* in the header's place */
	struct feast f = { 0 };
	struct rusage used;
	int fd = memfd_create("pst", 0), status;
	pid_t pid;

	if (fd < 0 || io_write_all(fd, whole->p, whole->n) != 0) {
		perror("memfd");
		exit(74);
	}
	damage(fd, whole);
	f.carve = variant % 3 == 2;
	if (variant % 6 == 5 && pwrite(fd, nothing, sizeof(nothing), 0) < 0)
		perror("pwrite");
	pid = fork();
	if (pid == 0) {
		alarm(SECONDS);
		feast_check(fd);
		_exit(feast_on(fd, &f) == 0 ? 0 : 65);
	}
	if (pid < 0 || wait4(pid, &status, 0, &used) != pid)
		exit(70);
	close(fd);
	if (used.ru_maxrss > o->most_k)
		o->most_k = used.ru_maxrss;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		o->opened++;
	else if (WIFEXITED(status) && WEXITSTATUS(status) == 65)
		o->refused++;
	else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		o->hung++;
	else
		o->crashed++;
	if (o->hung + o->crashed > 0 &&
	    (!WIFEXITED(status) ||
		(WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 65)))
		printf("%s: variant %u, state %llu: status %#x\n", path,
		    variant, (unsigned long long)seed, (unsigned)status);
#ifndef __SANITIZE_ADDRESS__
	if (used.ru_maxrss > MEMORY_MAX_K) {
		o->grown++;
		printf("%s: variant %u, state %llu: %ld KiB\n", path, variant,
		    (unsigned long long)seed, used.ru_maxrss);
	}
#endif
}

int
main(int argc, char **argv)
{
	struct outcome o = { 0 };
	struct buf whole = { 0 };
	struct err err = { 0 };
	unsigned long variants = 20, i;
	int c;

	state = 20;
	while ((c = getopt(argc, argv, "n:s:")) != -1) {
		if (c == 'n')
			variants = strtoul(optarg, NULL, 10);
		else if (c == 's')
			state = strtoull(optarg, NULL, 10) | 1;
	}
	for (; optind < argc; optind++) {
		buf_clear(&whole);
		if (io_read_file(argv[optind], FILE_MAX, &whole, &err) != 0) {
			fprintf(stderr, "%s\n", err.text);
			return 66;
		}
		for (i = 0; i < variants; i++)
			try_one(&whole, argv[optind], (unsigned)i, &o);
	}
	printf("%lu variants: %lu read, %lu refused, %lu crashed, %lu hung, "
	       "%lu grown; at most %ld KiB\n",
	    o.opened + o.refused + o.crashed + o.hung, o.opened, o.refused,
	    o.crashed, o.hung, o.grown, o.most_k);
	buf_free(&whole);
	return o.crashed + o.hung + o.grown > 0;
}
