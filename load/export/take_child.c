/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sandboxed reader of MIME; see take_child.h. */
#include "load/export/take_child.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/frame.h"
#include "core/mem.h"
#include "core/proc.h"
#include "core/sandbox.h"
#include "formats/item_out.h"
#include "formats/mime_build.h"
#include "formats/mime_take.h"

struct child {
	struct frames in;
	struct arena a;
	struct buf out;	 /* a payload */
	struct buf blob; /* not sent yet */
	bool gone;	 /* the parent is: end quietly */
};

static int
send_bytes(struct child *c, unsigned type, const char *p, size_t n)
{
	size_t some;

	for (; n > 0 && !c->gone; p += some, n -= some) {
		some = n < LIMIT_BLOCK ? n : LIMIT_BLOCK;
		c->gone = frame_send(PROC_OUT, type, p, some) != 0;
	}
	return c->gone ? -1 : 0;
}

static int
on_blob(void *arg, const void *data, size_t len, struct err *err)
{
	struct child *c = arg;

	buf_put(&c->blob, data, len);
	if (c->blob.n < LIMIT_BLOCK)
		return 0;
	if (send_bytes(c, TAKE_BLOB, c->blob.p, c->blob.n) != 0)
		return err_set(err, SCOPE_RUN, EX_OK, "nobody listens");
	buf_clear(&c->blob);
	return 0;
}

/* In the test build, PST_CHILD_HOOK="mime-crash:KEY" shows what dying at a
 * message costs. */
#ifdef POSTROAD_STEPS
static void
hook(const char *path)
{
	const char *what = getenv("PST_CHILD_HOOK");
	const char *key = what == NULL ? NULL : strchr(what, ':');

	if (key == NULL || strncmp(what, "mime-", 5) != 0 ||
	    strstr(path, key + 1) == NULL)
		return;
	if (strncmp(what, "mime-crash", 10) == 0)
		raise(SIGSEGV);
	while (strncmp(what, "mime-hang", 9) == 0)
		pause();
	while (strncmp(what, "mime-eat", 8) == 0)
		memset(mem_alloc(1, 1 << 20), 1, 1 << 20);
}
#else
#define hook(path) ((void)0)
#endif

static int
take(struct child *c, const char *path, struct err *err)
{
	struct item_sink sink = { on_blob, c };
	struct taken *t;
	int fd = openat(PROC_GIVEN, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return err_sys(err, SCOPE_MSG, EX_NOINPUT, "its file");
	hook(path);
	rc = mime_take(fd, &sink, &c->a, &t, err);
	close(fd);
	if (rc < 0)
		return -1;
	buf_clear(&c->out);
	taken_pack(&c->out, t);
	if (c->out.n > TAKEN_PACKED_MAX)
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "what its headers say takes %zu bytes", c->out.n);
	if (send_bytes(c, TAKE_BLOB, c->blob.p, c->blob.n) != 0 ||
	    send_bytes(c, TAKE_PLAN, c->out.p, c->out.n) != 0)
		return err_set(err, SCOPE_RUN, EX_OK, "nobody listens");
	return 0;
}

static int
put_nowhere(void *arg, const void *data, size_t len, struct err *err)
{
	(void)arg;
	(void)data;
	(void)len;
	(void)err;
	return 0;
}

static int
read_through(const struct item_stream *s, struct err *err)
{
	struct item_sink nowhere = { put_nowhere, NULL };

	return s->copy == NULL || s->copy(s->arg, &nowhere, err) >= 0 ? 0 : -1;
}

/* Read an item that is no mail, and all that is in it. */
static int
probe(const char *path, enum item_kind kind, struct err *err)
{
	struct item *it = NULL;
	int fd = openat(PROC_GIVEN, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	size_t i;
	int rc;

	if (fd < 0)
		return err_sys(err, SCOPE_MSG, EX_NOINPUT, "its file");
	hook(path);
	rc = item_in(fd, kind, NULL, &it, err);
	if (rc == 0)
		rc = read_through(&it->plain.stream, err);
	if (rc == 0)
		rc = read_through(&it->html.stream, err);
	for (i = 0; rc == 0 && i < it->n_attachments; i++)
		rc = read_through(&it->attachments[i].data, err);
	item_close(&it);
	close(fd);
	return rc;
}

/* Memory that one large message took is not kept for small ones. */
static void
forget(struct buf *b)
{
	if (b->cap > ((size_t)1 << 20))
		buf_free(b);
	else
		buf_clear(b);
}

static void
do_one(struct child *c, unsigned type, struct slice payload)
{
	struct err err = { 0 };
	bool bad = false;
	struct slice s = frame_str(&payload, LIMIT_BLOCK, &bad);
	char *path = mem_strn(s.p, s.n);
	int rc = type == TAKE_ONE
	    ? take(c, path, &err)
	    : probe(path, (enum item_kind)frame_u32(&payload, &bad), &err);

	free(path);
	buf_clear(&c->out);
	frame_put_u32(&c->out, rc == 0);
	frame_put_str(&c->out, slice_str(err.text), TAKE_WHY_MAX);
	send_bytes(c, TAKE_END, c->out.p, c->out.n);
	forget(&c->blob);
	forget(&c->out);
	arena_reset(&c->a);
}

/* The next frame from the parent; false when it is gone. */
static bool
receive(struct child *c, struct frame *f)
{
	return !c->gone && frames_receive(&c->in, PROC_IN, f) == 1;
}

int
take_child_main(void)
{
	struct child *c = mem_alloc(1, sizeof(*c));
	struct frame f;
	bool bad = false;
	uint64_t memory;

	if (!receive(c, &f) || f.type != TAKE_START)
		return EX_PROTOCOL;
	memory = frame_u64(&f.payload, &bad);
	mime_init();
	frame_put_u32(&c->out, TAKE_PROTOCOL);
	frame_put_u32(&c->out, sandbox_enter_parser(PROC_GIVEN, memory));
	send_bytes(c, TAKE_HELLO, c->out.p, c->out.n);
	while (receive(c, &f))
		if (f.type == TAKE_ONE || f.type == TAKE_PROBE)
			do_one(c, f.type, f.payload);
	arena_free(&c->a);
	buf_free(&c->blob);
	buf_free(&c->out);
	free(c);
	return 0;
}
