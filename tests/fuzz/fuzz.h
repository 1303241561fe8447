/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every fuzz target has.  With clang: -fsanitize=fuzzer; with any other
 * compiler the target is linked with replay.c.  A property that does not
 * hold ends the process.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_HOLDS(x)                                                          \
	do {                                                                   \
		if (!(x)) {                                                    \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__,     \
			    #x);                                               \
			abort();                                               \
		}                                                              \
	} while (0)

#endif
