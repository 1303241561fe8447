/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sandboxed planner of fixes; see fix_child.h. */
#include "transform/fix_child.h"

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
#include "formats/mime_build.h"
#include "formats/mime_fix.h"

struct child {
	struct frames in;
	struct arena a;
	struct buf out; /* a payload */
	bool gone;	/* the parent is: end quietly */
};

static int
tell(struct child *c, unsigned type, const char *p, size_t n, struct err *err)
{
	if (!c->gone)
		c->gone = frame_send(PROC_OUT, type, p, n) != 0;
	return c->gone ? err_set(err, SCOPE_RUN, EX_OK, "nobody listens") : 0;
}

static int
tell_text(struct child *c, struct slice text, struct err *err)
{
	size_t some;

	for (; text.n > 0; text = slice_from(text, some)) {
		some = text.n < LIMIT_BLOCK ? text.n : LIMIT_BLOCK;
		if (tell(c, FIX_TEXT, text.p, some, err) < 0)
			return -1;
	}
	return 0;
}

static int
on_piece(void *arg, const struct fix_piece *p, struct err *err)
{
	struct child *c = arg;

	if (p->what == FIX_REPLACE && tell_text(c, p->text, err) < 0)
		return -1;
	buf_clear(&c->out);
	frame_put_u32(&c->out, p->what);
	frame_put_u64(&c->out, p->from);
	frame_put_u64(&c->out, p->n);
	frame_put_u32(&c->out, p->how);
	frame_put_u32(&c->out, p->flags);
	frame_put_u32(&c->out, p->coding);
	frame_put_str(&c->out, p->name, FIX_NAME_MAX);
	frame_put_str(&c->out, p->type, FIX_NAME_MAX);
	return tell(c, FIX_PIECE, c->out.p, c->out.n, err);
}

static void
on_left(void *arg, const char *text)
{
	struct child *c = arg;
	struct err err = { 0 };

	buf_clear(&c->out);
	frame_put_str(&c->out, slice_str(text), FIX_WHY_MAX);
	tell(c, FIX_LEFT, c->out.p, c->out.n, &err);
}

/* In the test build, PST_CHILD_HOOK="fix-crash:KEY" shows what dying at a
 * message costs. */
#ifdef POSTROAD_STEPS
static void
hook(const char *path)
{
	const char *what = getenv("PST_CHILD_HOOK");
	const char *key = what == NULL ? NULL : strchr(what, ':');

	if (key != NULL && strncmp(what, "fix-crash", 9) == 0 &&
	    strstr(path, key + 1) != NULL)
		raise(SIGSEGV);
}
#else
#define hook(path) ((void)0)
#endif

static int
plan(struct child *c, const char *path, const struct fix_want *want,
    unsigned *done_r, struct err *err)
{
	struct fix_sink sink = { on_piece, on_left, c };
	int fd = openat(PROC_GIVEN, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return err_sys(err, SCOPE_MSG, EX_NOINPUT, "its file");
	hook(path);
	rc = mime_fix(fd, want, &sink, &c->a, done_r, err);
	close(fd);
	return rc;
}

static void
do_one(struct child *c, struct slice payload)
{
	struct fix_want want = { 0 };
	struct err err = { 0 };
	bool bad = false;
	unsigned done = 0;
	struct slice s;
	uint32_t bits;
	char *path;
	int rc;

	want.line = frame_u64(&payload, &bad);
	want.strip = frame_u64(&payload, &bad);
	bits = frame_u32(&payload, &bad);
	want.newlines = (bits & FIX_ONE_NEWLINES) != 0;
	want.receipts = (bits & FIX_ONE_RECEIPTS) != 0;
	want.break_signed = (bits & FIX_ONE_SIGNED) != 0;
	s = frame_str(&payload, LIMIT_BLOCK, &bad);
	path = mem_strn(s.p, s.n);
	rc = plan(c, path, &want, &done, &err);
	free(path);
	buf_clear(&c->out);
	frame_put_u32(&c->out, rc == 0);
	frame_put_u32(&c->out, done);
	frame_put_str(&c->out, slice_str(err.text), FIX_WHY_MAX);
	tell(c, FIX_END, c->out.p, c->out.n, &err);
	arena_reset(&c->a);
}

/* The next frame from the parent; false when it is gone. */
static bool
receive(struct child *c, struct frame *f)
{
	return !c->gone && frames_receive(&c->in, PROC_IN, f) == 1;
}

int
fix_child_main(void)
{
	struct child *c = mem_alloc(1, sizeof(*c));
	struct err err = { 0 };
	struct frame f;
	bool bad = false;
	uint64_t memory;

	if (!receive(c, &f) || f.type != FIX_START)
		return EX_PROTOCOL;
	memory = frame_u64(&f.payload, &bad);
	mime_init();
	frame_put_u32(&c->out, FIX_PROTOCOL);
	frame_put_u32(&c->out, sandbox_enter_parser(PROC_GIVEN, memory));
	tell(c, FIX_HELLO, c->out.p, c->out.n, &err);
	while (receive(c, &f))
		if (f.type == FIX_ONE)
			do_one(c, f.payload);
	arena_free(&c->a);
	buf_free(&c->out);
	free(c);
	return 0;
}
