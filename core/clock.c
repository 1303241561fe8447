/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The time; see clock.h. */
#include "core/clock.h"

#include <time.h>

static int64_t
real_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
real_poll(struct pollfd *v, nfds_t n, int64_t ms, int slice)
{
	(void)poll(v, n, ms < 0 ? 0 : ms < slice ? (int)ms : slice);
}

#ifdef POSTROAD_STEPS
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/num.h"

/* A server of a test that says nothing for so many looks of LOOK_MS at it has
 * nothing to say.  They take longer where the machine is busy, as it does.
 * Then time flies, a step for each look, to the end of the wait. */
#define QUIET	250
#define LOOK_MS 2
#define STEP_MS 1000
#define TICK_MS 20 /* of a rate: no end of a wait */

static int64_t skipped_ms, began_s;
static int quiet; /* looks */
static int file = -1;

static bool
is_made_up(void)
{
	static bool looked;
	const char *name = getenv("TEST_CLOCK");
	char text[24];
	uint64_t s = 0;
	ssize_t n;

	if (looked || name == NULL)
		return file >= 0;
	looked = true;
	file = open(name, O_RDWR | O_CLOEXEC);
	n = file < 0 ? -1 : pread(file, text, sizeof(text), 0);
	while (n > 0 && text[n - 1] == '\n')
		n--;
	if (n > 0 && num_u64(slice_of(text, (size_t)n), INT64_MAX, &s))
		began_s = (int64_t)s;
	return file >= 0;
}

static void
skip(int64_t ms)
{
	skipped_ms += ms;
	if (ftruncate(file, 0) == 0 && lseek(file, 0, SEEK_SET) == 0)
		dprintf(file, "%lld\n", (long long)clock_wall());
}

int64_t
clock_ms(void)
{
	return real_ms() + (is_made_up() ? skipped_ms : 0);
}

int64_t
clock_wall(void)
{
	return is_made_up() ? began_s + skipped_ms / 1000 : time(NULL);
}

/* Is there anybody to listen to? */
static bool
has_fds(const struct pollfd *v, nfds_t n)
{
	nfds_t i;

	for (i = 0; i < n; i++)
		if (v[i].fd >= 0)
			return true;
	return false;
}

void
clock_poll(struct pollfd *v, nfds_t n, int64_t ms, int slice)
{
	if (!is_made_up() || ms < 0) {
		real_poll(v, n, ms, slice);
		return;
	}
	if (!has_fds(v, n)) {
		skip(ms);
		return;
	}
	if (poll(v, n, ms < LOOK_MS ? (int)ms : LOOK_MS) != 0) {
		quiet = 0;
	} else if (++quiet > QUIET) {
		skip(ms < STEP_MS ? ms : STEP_MS);
		if (ms > TICK_MS && ms <= STEP_MS)
			quiet = 0;
	}
}
#else
int64_t
clock_ms(void)
{
	return real_ms();
}

int64_t
clock_wall(void)
{
	return time(NULL);
}

void
clock_poll(struct pollfd *v, nfds_t n, int64_t ms, int slice)
{
	real_poll(v, n, ms, slice);
}
#endif
