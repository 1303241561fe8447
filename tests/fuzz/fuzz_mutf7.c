/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whatever decodes encodes to the same bytes, and the other way round. */
#include "tests/fuzz/fuzz.h"
#include "wire/mutf7.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	struct buf there = { 0 }, back = { 0 };

	if (mutf7_decode(&there, in)) {
		FUZZ_HOLDS(mutf7_encode(&back, buf_slice(&there)));
		FUZZ_HOLDS(slice_eq(buf_slice(&back), in));
	}
	buf_clear(&there);
	buf_clear(&back);
	if (mutf7_encode(&there, in)) {
		FUZZ_HOLDS(mutf7_decode(&back, buf_slice(&there)));
		FUZZ_HOLDS(slice_eq(buf_slice(&back), in));
	}
	buf_free(&there);
	buf_free(&back);
	return 0;
}
