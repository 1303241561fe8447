/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A disk that fails and a clock that jumps, for tests: a library to be
 * preloaded (LD_PRELOAD), which the test compiles.
 *
 *	FAULT=write:7:28	the 7th write to a file fails with errno 28;
 *	FAULT=write:7:short	it takes half of the bytes;
 *	FAULT=sync:2:5		the 2nd fsync, fdatasync; read, open, truncate
 *				likewise
 *	FAULT=write:7:28:all	and all that follow
 *	FAULT_COUNT=FILE	at the end: how many there were of each
 *	FAULT_CLOCK=SECONDS	added to the time of day
 *	FAULT_CLOCK=back	each look at it shows an hour less
 *
 * Regular files only: what the tests break elsewhere are the lines.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum kind { WRITE, SYNC, READ, OPEN, TRUNCATE, KINDS };

static const char *const names[KINDS] = { "write", "sync", "read", "open",
	"truncate" };
static unsigned long counts[KINDS];

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* 0, or errno of this one; -1: half of it. */
static int
fault(enum kind k)
{
	const char *at = getenv("FAULT"), *p;
	unsigned long n = ++counts[k], want;
	size_t len = strlen(names[k]);
	char *end;

	if (at == NULL || strncmp(at, names[k], len) != 0 || at[len] != ':')
		return 0;
	want = strtoul(at + len + 1, &end, 10);
	if (n != want && !(n > want && strstr(end, ":all") != NULL))
		return 0;
	p = *end == ':' ? end + 1 : "5";
	return strncmp(p, "short", 5) == 0 ? -1 : atoi(p);
}

static int
is_file(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

#define BEFORE(kind, fd)                                                       \
	int e = is_file(fd) ? fault(kind) : 0;                                 \
	if (e > 0) {                                                           \
		errno = e;                                                     \
		return -1;                                                     \
	}

ssize_t
write(int fd, const void *p, size_t n)
{
	BEFORE(WRITE, fd)
	return REAL(write)(fd, p, e < 0 ? (n + 1) / 2 : n);
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	BEFORE(WRITE, fd)
	return REAL(pwrite)(fd, p, e < 0 ? (n + 1) / 2 : n, at);
}

ssize_t
pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	BEFORE(WRITE, fd)
	return REAL(pwrite64)(fd, p, e < 0 ? (n + 1) / 2 : n, at);
}

ssize_t
read(int fd, void *p, size_t n)
{
	BEFORE(READ, fd)
	return REAL(read)(fd, p, e < 0 ? (n + 1) / 2 : n);
}

ssize_t
pread(int fd, void *p, size_t n, off_t at)
{
	BEFORE(READ, fd)
	return REAL(pread)(fd, p, e < 0 ? (n + 1) / 2 : n, at);
}

ssize_t
pread64(int fd, void *p, size_t n, off64_t at)
{
	BEFORE(READ, fd)
	return REAL(pread64)(fd, p, e < 0 ? (n + 1) / 2 : n, at);
}

int
fsync(int fd)
{
	BEFORE(SYNC, fd)
	return REAL(fsync)(fd);
}

int
fdatasync(int fd)
{
	BEFORE(SYNC, fd)
	return REAL(fdatasync)(fd);
}

int
ftruncate(int fd, off_t n)
{
	BEFORE(TRUNCATE, fd)
	return REAL(ftruncate)(fd, n);
}

int
ftruncate64(int fd, off64_t n)
{
	BEFORE(TRUNCATE, fd)
	return REAL(ftruncate64)(fd, n);
}

#define OPEN_WITH(name)                                                        \
	int name(const char *path, int flags, ...)                             \
	{                                                                      \
		int e = strncmp(path, "/proc", 5) == 0 ? 0 : fault(OPEN);      \
		mode_t mode;                                                   \
		va_list ap;                                                    \
                                                                               \
		va_start(ap, flags);                                           \
		mode = (flags & (O_CREAT | O_TMPFILE)) != 0                    \
		    ? va_arg(ap, mode_t)                                       \
		    : 0;                                                       \
		va_end(ap);                                                    \
		if (e > 0) {                                                   \
			errno = e;                                             \
			return -1;                                             \
		}                                                              \
		return REAL(name)(path, flags, mode);                          \
	}
OPEN_WITH(open)
OPEN_WITH(open64)

#define OPENAT_WITH(name)                                                      \
	int name(int dir, const char *path, int flags, ...)                    \
	{                                                                      \
		int e = fault(OPEN);                                           \
		mode_t mode;                                                   \
		va_list ap;                                                    \
                                                                               \
		va_start(ap, flags);                                           \
		mode = (flags & (O_CREAT | O_TMPFILE)) != 0                    \
		    ? va_arg(ap, mode_t)                                       \
		    : 0;                                                       \
		va_end(ap);                                                    \
		if (e > 0) {                                                   \
			errno = e;                                             \
			return -1;                                             \
		}                                                              \
		return REAL(name)(dir, path, flags, mode);                     \
	}
OPENAT_WITH(openat)
OPENAT_WITH(openat64)

/* ----------------------------------------------------------------- clock */

static long
shift(void)
{
	static long back;
	const char *by = getenv("FAULT_CLOCK");

	if (by == NULL)
		return 0;
	if (strcmp(by, "back") == 0)
		return back -= 3600;
	return atol(by);
}

int
clock_gettime(clockid_t which, struct timespec *ts)
{
	int rc = REAL(clock_gettime)(which, ts);

	if (rc == 0 &&
	    (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE))
		ts->tv_sec += shift();
	return rc;
}

time_t
time(time_t *t)
{
	time_t now = REAL(time)(NULL) + shift();

	if (t != NULL)
		*t = now;
	return now;
}

int
gettimeofday(struct timeval *tv, void *zone)
{
	int rc = REAL(gettimeofday)(tv, zone);

	if (rc == 0)
		tv->tv_sec += shift();
	return rc;
}

static void __attribute__((destructor)) tell(void)
{
	const char *path = getenv("FAULT_COUNT");
	FILE *f = path == NULL ? NULL : fopen(path, "w");
	int k;

	for (k = 0; f != NULL && k < KINDS; k++)
		fprintf(f, "%s %lu\n", names[k], counts[k]);
	if (f != NULL)
		fclose(f);
}
