/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A single mbox file as a source: one folder of its name, or Gmail's labels. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/mem.h"
#include "extract/mbox_walk.h"
#include "extract/source_impl.h"
#include "formats/folder.h"
#include "formats/mbox.h"

struct source_mbox {
	struct source src;
	int fd;
	struct mbox_walk *walk;
	struct equals equals;
	struct buf folder, folder_name;
	/* the first item is fetched by open, to see that there is one */
	struct source_item first;
	int first_is;
	struct err first_err;
	bool has_first;
};

static int
mbox_source_probe(const char *path, int fd, bool is_dir, const void *head,
    size_t len)
{
	(void)path;
	(void)fd;
	return is_dir ? 0 : mbox_probe(slice_of(head, len));
}

static void
mbox_source_close(struct source *src)
{
	struct source_mbox *s = (struct source_mbox *)src;

	mbox_walk_close(&s->walk);
	equals_free(&s->equals);
	buf_free(&s->folder);
	buf_free(&s->folder_name);
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}

static int
open_file(struct source_mbox *s, const char *path, struct err *err)
{
	s->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOATIME);
	if (s->fd < 0)
		s->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (s->fd < 0)
		return err_sys(err, SCOPE_STORE, EX_NOINPUT, "'%s'", path);
	s->src.identity = realpath(path, NULL);
	if (s->src.identity == NULL)
		return err_sys(err, SCOPE_STORE, EX_NOINPUT, "'%s'", path);
	mbox_folder_name(&s->folder_name, s->src.identity);
	folder_join(&s->folder, buf_slice(&s->folder_name));
	posix_fadvise(s->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return 0;
}

static int
mbox_source_open(struct source **src_r, const struct source_spec *spec,
    struct err *err)
{
	struct source_mbox *s = mem_alloc(1, sizeof(*s));
	struct mbox_walk_file file = { .path = spec->path, .spec = spec };

	if (open_file(s, spec->path, err) < 0)
		goto fail;
	file.fd = s->fd;
	file.folder = buf_str(&s->folder);
	file.folder_name = buf_str(&s->folder_name);
	file.equals = &s->equals;
	if (mbox_walk_open(&s->walk, &file, err) < 0)
		goto fail;
	s->first = (struct source_item){ .subscribed = -1,
		.msg = { .received = DATE_UNKNOWN, .keywords = "" } };
	s->first_is = mbox_walk_next(s->walk, &s->first, &s->first_err);
	s->has_first = true;
	if (s->first_is < 0 && mbox_walk_has_none(s->walk)) {
		err_set(err, SCOPE_STORE, EX_DATAERR,
		    "'%s' is no mbox: not one line in it begins a message",
		    spec->path);
		err_hint(err,
		    "an mbox has a line \"From sender date\" "
		    "before each message; a single message is "
		    "given as eml:PATH");
		goto fail;
	}
	s->src.total = (uint64_t)lseek(s->fd, 0, SEEK_END);
	*src_r = &s->src;
	return 0;
fail:
	free(s->src.identity);
	mbox_source_close(&s->src);
	return -1;
}

static int
mbox_source_next(struct source *src, struct source_item *item_r,
    struct err *err)
{
	struct source_mbox *s = (struct source_mbox *)src;
	int n;

	if (s->has_first) {
		s->has_first = false;
		*item_r = s->first;
		*err = s->first_err;
		n = s->first_is;
	} else {
		n = mbox_walk_next(s->walk, item_r, err);
	}
	src->done = mbox_walk_done(s->walk);
	return n;
}

static ssize_t
mbox_source_read(struct source *src, void *buf, size_t cap, struct err *err)
{
	return mbox_walk_read(((struct source_mbox *)src)->walk, buf, cap, err);
}

static bool
mbox_source_raw(struct source *src, uint8_t out[DIGEST_BYTES])
{
	return mbox_walk_raw_sha256(((struct source_mbox *)src)->walk, out);
}

const struct source_ops source_mbox_ops = {
	.name = "mbox",
	.probe = mbox_source_probe,
	.open = mbox_source_open,
	.next = mbox_source_next,
	.read = mbox_source_read,
	.raw_sha256 = mbox_source_raw,
	.close = mbox_source_close,
};
