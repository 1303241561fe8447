/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as a vCard, a calendar file with attachments, and a note: what is
 * read can be written, and what was written is read to the same again.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/io.h"
#include "formats/item_out.h"

static int
to_buf(void *arg, const void *data, size_t len, struct err *err)
{
	(void)err;
	buf_put(arg, data, len);
	return 0;
}

static int
file_of(const void *data, size_t n)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || io_write_all(fd, data, n) < 0)
		abort();
	return fd;
}

/* Read, written again into 'out'; false: it was no such file. */
static bool
again(const void *data, size_t n, enum item_kind kind, struct buf *out)
{
	struct item_sink to = { to_buf, out };
	struct item_out_opts opts = { .vcard = 4 };
	struct err err = { 0 };
	struct item *it;
	int fd = file_of(data, n);
	bool good = item_in(fd, kind, NULL, &it, &err) == 0;

	if (good) {
		/* what it is when it is written must not depend on more */
		it->uid = slice_of("", 0);
		kind = item_out_kind(it);
		if (kind == KIND_MAIL || kind == KIND_OTHER ||
		    item_out(it, kind, &opts, &to, &err) != 0)
			good = false;
		item_close(&it);
	}
	close(fd);
	return good;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum item_kind kinds[] = { KIND_CONTACT, KIND_EVENT,
		KIND_NOTE };
	struct buf once = { 0 }, twice = { 0 };
	size_t i;

	if (size == 0 || size > 1 << 20)
		return 0;
	i = data[0] % 3;
	if (again(data + 1, size - 1, kinds[i], &once) && i == 0 &&
	    (!again(once.p, once.n, kinds[i], &twice) || once.n == 0))
		abort();
	buf_free(&once);
	buf_free(&twice);
	return 0;
}
