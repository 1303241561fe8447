/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fields lie in the header, in order, and the walk ends. */
#include "formats/head.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice head = slice_of(data, size), rest = head, name, value;
	const char *at = head.p;
	struct buf b = { 0 };
	int64_t when;

	FUZZ_HOLDS(head_length(head) <= size);
	while (head_next(&rest, &name, &value)) {
		FUZZ_HOLDS(name.n > 0 && name.p >= at);
		FUZZ_HOLDS(value.p > name.p);
		at = value.p + value.n;
		FUZZ_HOLDS(at <= rest.p && rest.p + rest.n == head.p + size);
		buf_clear(&b);
		head_unfold(&b, value);
	}
	head_message_id(head);
	head_date(head, &when);
	buf_clear(&b);
	head_subject(&b, head);
	buf_free(&b);
	return 0;
}
