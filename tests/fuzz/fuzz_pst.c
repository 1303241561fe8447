/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A PST is whatever it is: our reader reads all of it, or says why not. */
#include <sys/mman.h>
#include <unistd.h>

#include "core/io.h"
#include "tests/fuzz/fuzz.h"
#include "tests/tools/pst_feast.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feast f = { 0 };
	int fd = memfd_create("pst", MFD_CLOEXEC);

	FUZZ_HOLDS(fd >= 0);
	FUZZ_HOLDS(io_write_all(fd, data, size) == 0);
	feast_on(fd, &f);
	f.carve = true;
	feast_on(fd, &f);
	feast_check(fd);
	close(fd);
	return 0;
}
