/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Crash points of the test build; see step.h. */
#include "core/step.h"

#ifdef POSTROAD_STEPS
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/num.h"

void
step(const char *name)
{
	static uint64_t passed;
	const char *at = getenv("STEP_AT"), *log = getenv("STEP_LOG");
	uint64_t want;
	int fd;

	passed++;
	if (log != NULL) {
		fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		if (fd >= 0) {
			dprintf(fd, "%s\n", name);
			close(fd);
		}
	}
	if (at != NULL && num_u64(slice_str(at), UINT64_MAX, &want) &&
	    passed == want)
		_exit(100);
}

bool
step_is_eager(void)
{
	return getenv("STEP_LANES") != NULL;
}
#else
/* ISO C wants something in every file. */
extern int step_is_nothing_here;
#endif
