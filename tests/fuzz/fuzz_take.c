/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as a message taken apart: it comes, or a limit is named; what is
 * packed comes out the same; no stretch reaches out of its file; and the same
 * bytes as something packed are refused or are something packed.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/io.h"
#include "formats/mime_build.h"
#include "formats/mime_take.h"
#include "tests/fuzz/fuzz.h"

struct count {
	uint64_t n;
};

static int
count_put(void *arg, const void *data, size_t len, struct err *err)
{
	struct count *c = arg;
	volatile const char *p = data;

	(void)err;
	FUZZ_HOLDS(len == 0 || (p[0] == p[0] && p[len - 1] == p[len - 1]));
	c->n += len;
	return 0;
}

static int
blob_put(void *arg, const void *data, size_t len, struct err *err)
{
	(void)err;
	buf_put(arg, data, len);
	return 0;
}

static void
read_stream(const struct item_stream *s)
{
	struct count c = { 0 };
	struct item_sink sink = { count_put, &c };
	struct err err = { 0 };

	if (s->copy == NULL)
		return;
	FUZZ_HOLDS(s->copy(s->arg, &sink, &err) == 1);
	FUZZ_HOLDS(c.n <= s->size + 3);
}

static void
read_all(const struct item *it)
{
	struct err err = { 0 };
	struct item *inner;
	size_t i;

	read_stream(&it->plain.stream);
	read_stream(&it->html.stream);
	for (i = 0; i < it->n_attachments; i++) {
		const struct item_attach *at = &it->attachments[i];

		if (at->method == ITEM_ATTACH_ITEM) {
			FUZZ_HOLDS(at->open(at->arg, &inner, &err) == 0);
			read_all(inner);
			item_close(&inner);
		} else {
			read_stream(&at->data);
		}
	}
}

static int
memory_file(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	FUZZ_HOLDS(fd >= 0 && io_write_all(fd, data, size) == 0);
	return fd;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	struct arena a = { 0 }, b = { 0 };
	struct buf blob = { 0 }, packed = { 0 }, again = { 0 };
	struct item_sink sink = { blob_put, &blob };
	struct taken_files files = { .message_size = size, .blob = -1 };
	struct taken *t, *u;
	struct err err = { 0 };
	int fd = memory_file(data, size);

	if (!ready)
		mime_init();
	ready = true;
	files.message = fd;
	if (mime_take(fd, &sink, &a, &t, &err) == 0) {
		taken_pack(&packed, t);
		files.blob_bytes = buf_str(&blob);
		files.blob_size = blob.n;
		u = taken_unpack(buf_slice(&packed), &files, &b);
		FUZZ_HOLDS(u != NULL);
		taken_pack(&again, u);
		FUZZ_HOLDS(slice_eq(buf_slice(&packed), buf_slice(&again)));
		read_all(&u->pub);
	} else {
		FUZZ_HOLDS(err.scope == SCOPE_MSG);
	}
	arena_reset(&b);
	files.blob_bytes = (const char *)data;
	files.blob_size = size;
	u = taken_unpack(slice_of(data, size), &files, &b);
	if (u != NULL)
		read_all(&u->pub);
	close(fd);
	arena_free(&a);
	arena_free(&b);
	buf_free(&blob);
	buf_free(&packed);
	buf_free(&again);
	return 0;
}
