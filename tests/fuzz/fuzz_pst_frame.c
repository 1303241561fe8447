/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames of a PST child that lies: the same ones come out however the bytes
 * are cut, and no field reaches out of its payload. */
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "extract/pst_frame.h"
#include "tests/fuzz/fuzz.h"

/* Take fields the way a parent might, choosing by what it read. */
static void
take_fields(struct slice p)
{
	const char *end = p.p + p.n;
	bool bad = false;
	struct slice s;

	while (p.n > 0 && !bad) {
		switch (frame_u32(&p, &bad) & 3) {
		case 0:
			frame_u64(&p, &bad);
			break;
		case 1:
			frame_u32(&p, &bad);
			break;
		default:
			s = frame_str(&p, 1000, &bad);
			FUZZ_HOLDS(s.n <= 1000);
			FUZZ_HOLDS(s.n == 0 || s.p + s.n <= end);
		}
		FUZZ_HOLDS(p.n == 0 || p.p + p.n == end);
	}
}

/* Feed all of it in pieces of 'step'; a hash of what came out. */
static uint64_t
feed(const uint8_t *data, size_t size, size_t step)
{
	struct frames *in = mem_alloc(1, sizeof(*in));
	struct frame f;
	uint64_t h = 1;
	size_t cap, n, at = 0, i;
	char *room;
	int rc;

	for (;;) {
		while ((rc = frames_next(in, &f)) == 1) {
			FUZZ_HOLDS(f.payload.n <= LIMIT_BLOCK);
			h = h * 31 + (uint64_t)f.type;
			for (i = 0; i < f.payload.n; i++)
				h = h * 31 + (unsigned char)f.payload.p[i];
			take_fields(f.payload);
		}
		if (rc < 0 || at == size)
			break;
		room = frames_room(in, &cap);
		FUZZ_HOLDS(cap > 0);
		n = size - at < step ? size - at : step;
		n = n < cap ? n : cap;
		memcpy(room, data + at, n);
		frames_came(in, n);
		at += n;
	}
	free(in);
	return h * 3 + (uint64_t)(rc < 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t whole = feed(data, size, SIZE_MAX);

	FUZZ_HOLDS(feed(data, size, 1) == whole);
	FUZZ_HOLDS(feed(data, size, 13) == whole);
	return 0;
}
