/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes make a path; a component that is not too long decodes to what it
 * was; what is said to be a path is what encoding its name gives.
 */
#include "core/limits.h"
#include "formats/folder.h"
#include "tests/fuzz/fuzz.h"

static void
check_component(struct slice in)
{
	struct buf enc = { 0 }, dec = { 0 };

	folder_encode(&enc, in);
	FUZZ_HOLDS(enc.n > 0 && enc.n <= LIMIT_COMPONENT_BYTES);
	FUZZ_HOLDS(memchr(enc.p, '/', enc.n) == NULL);
	folder_decode(&dec, buf_slice(&enc));
	if (enc.n < 200)
		FUZZ_HOLDS(slice_eq(buf_slice(&dec), in));
	buf_clear(&enc);
	folder_join(&enc, in);
	FUZZ_HOLDS(folder_is_path(buf_slice(&enc)));
	buf_free(&enc);
	buf_free(&dec);
}

static void
check_path(struct slice in)
{
	struct buf again = { 0 }, name = { 0 };
	struct slice rest = in, c;

	folder_decode(&name, in);
	if (folder_is_path(in) && in.n < 200) {
		while (folder_next(&rest, &c)) {
			buf_clear(&name);
			folder_decode(&name, c);
			folder_join(&again, buf_slice(&name));
		}
		FUZZ_HOLDS(slice_eq(buf_slice(&again), in));
	}
	buf_clear(&again);
	folder_path_of(&again, in, '.');
	buf_free(&again);
	buf_free(&name);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_component(slice_of(data, size));
	check_path(slice_of(data, size));
	return 0;
}
