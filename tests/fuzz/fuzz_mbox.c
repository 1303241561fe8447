/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every byte of an mbox belongs to a message, to its postmark, to the blank
 * line behind it, or to what stands before the first one; and reading in
 * small pieces gives the same as reading in big ones.  The first byte
 * chooses the dialect.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/io.h"
#include "formats/mbox.h"
#include "tests/fuzz/fuzz.h"

static void
read_all(struct mbox *m, size_t step, struct buf *out)
{
	struct err err = { 0 };
	ssize_t n;

	buf_clear(out);
	buf_put(out, "", 0);
	mbox_rewind(m);
	while ((n = mbox_read(m, buf_room(out, step), step, &err)) > 0)
		out->n += (size_t)n;
	FUZZ_HOLDS(n == 0);
}

static void
check_item(struct mbox *m, const struct mbox_item *it, struct slice file)
{
	struct buf big = { 0 }, small = { 0 };
	struct err err = { 0 };
	const char *p;
	ssize_t n;
	uint64_t at = 0;

	read_all(m, 4096, &big);
	read_all(m, 1, &small);
	FUZZ_HOLDS(slice_eq(buf_slice(&big), buf_slice(&small)));
	read_all(m, 70, &small);
	FUZZ_HOLDS(slice_eq(buf_slice(&big), buf_slice(&small)));
	FUZZ_HOLDS(big.n <= it->size);
	if (!it->quoted)
		FUZZ_HOLDS(big.n == it->size && !mbox_changed(m));
	buf_clear(&small);
	while ((n = mbox_raw(m, at, &p, &err)) > 0) {
		buf_put(&small, p, (size_t)n);
		at += (uint64_t)n;
	}
	FUZZ_HOLDS(n == 0 && at == it->size);
	FUZZ_HOLDS(it->offset + it->size <= file.n);
	if (!mbox_changed(m))
		FUZZ_HOLDS(slice_eq(buf_slice(&big), buf_slice(&small)));
	buf_free(&big);
	buf_free(&small);
}

static void
check_file(struct slice file, enum mbox_dialect want)
{
	struct mbox *m = NULL;
	struct mbox_item it = { 0 };
	struct err err = { 0 };
	uint64_t end = 0, gap;
	int fd = memfd_create("fuzz", MFD_CLOEXEC), n;

	FUZZ_HOLDS(fd >= 0 && io_write_all(fd, file.p, file.n) == 0);
	FUZZ_HOLDS(mbox_open(&m, fd, want, &err) == 0);
	while ((n = mbox_next(m, &it, &err)) > 0) {
		FUZZ_HOLDS(it.offset >= end);
		for (gap = end; end == 0 && gap < it.offset; gap++)
			FUZZ_HOLDS(
			    strchr("\r\n\xef\xbb\xbf", file.p[gap]) != NULL);
		if (end > 0)
			FUZZ_HOLDS(it.offset == end);
		check_item(m, &it, file);
		end = mbox_done(m);
		FUZZ_HOLDS(end > it.offset);
		gap = end - it.offset - it.size; /* postmark, separator */
		FUZZ_HOLDS(gap <= 1003);
	}
	FUZZ_HOLDS(n == 0);
	if (end > 0)
		FUZZ_HOLDS(end == file.n);
	mbox_close(&m);
	close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice file = slice_of(data, size);

	mbox_probe(file);
	if (size > 0)
		check_file(slice_from(file, 1), data[0] % 5);
	return 0;
}
