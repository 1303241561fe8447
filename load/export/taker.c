/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The child that takes messages apart, from its parent's side; see taker.h. */
#include "load/export/taker.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/frame.h"
#include "core/io.h"
#include "core/mem.h"
#include "core/proc.h"
#include "core/sandbox.h"
#include "load/export/take_child.h"

#define CHILD_MEMORY ((uint64_t)24 << 20)
#define BLOB_IN_MEM  ((size_t)256 << 10)
#define PATIENCE_MS  60000
#define STARTS_MAX   3 /* children in a row that never said hello */

struct taker {
	struct proc proc;
	int spool;
	struct report *r;
	bool hello;
	unsigned failed_starts;
	char *asked[TAKER_AHEAD]; /* paths, oldest at 'first' */
	size_t first, n;
	size_t told; /* of them, those this child knows of */
	struct buf out;
	/* the answer that comes */
	struct buf plan, blob;
	FILE *spill; /* a blob too large for memory */
	uint64_t blob_size;
	struct taken_files files;
	struct arena a;
};

int
taker_open(struct taker **t_r, int spool, struct report *r, struct err *err)
{
	struct taker *t = mem_alloc(1, sizeof(*t));

	t->proc.to = t->proc.from = -1;
	t->spool = spool;
	t->r = r;
	*t_r = t;
	t->spill = tmpfile();
	if (t->spill == NULL) {
		err_sys(err, SCOPE_RUN, EX_CANTCREAT, "a temporary file");
		taker_close(t_r);
		return -1;
	}
	return 0;
}

void
taker_close(struct taker **tp)
{
	struct taker *t = *tp;
	size_t i;

	if (t == NULL)
		return;
	proc_end(&t->proc, NULL, 0);
	for (i = 0; i < t->n; i++)
		free(t->asked[(t->first + i) % TAKER_AHEAD]);
	buf_free(&t->out);
	buf_free(&t->plan);
	buf_free(&t->blob);
	arena_free(&t->a);
	if (t->spill != NULL)
		fclose(t->spill);
	free(t);
	*tp = NULL;
}

/* ------------------------------------------------------------------ asking */

/* Tell the child of questions it has not heard yet. */
static void
tell(struct taker *t)
{
	for (; t->told < t->n; t->told++) {
		buf_clear(&t->out);
		frame_put_str(&t->out,
		    slice_str(t->asked[(t->first + t->told) % TAKER_AHEAD]),
		    LIMIT_BLOCK - 8);
		proc_tell(&t->proc, TAKE_ONE, &t->out);
	}
}

static int
start(struct taker *t, struct err *err)
{
	if (t->proc.pid != 0)
		return 0;
	if (t->failed_starts == STARTS_MAX)
		return err_set(err, SCOPE_RUN, EX_OSERR,
		    "the sandboxed child that takes messages apart cannot be "
		    "run");
	if (proc_start(&t->proc, TAKE_CHILD_ARG, t->spool, err) != 0) {
		err->scope = SCOPE_RUN;
		return -1;
	}
	t->failed_starts++;
	t->hello = false;
	t->told = 0;
	buf_clear(&t->out);
	frame_put_u64(&t->out, CHILD_MEMORY);
	proc_tell(&t->proc, TAKE_START, &t->out);
	return 0;
}

void
taker_ask(struct taker *t, const char *path)
{
	t->asked[(t->first + t->n++) % TAKER_AHEAD] = mem_str(path);
	if (t->proc.pid != 0)
		tell(t);
}

/* ---------------------------------------------------------------- hearing */

static void
on_hello(struct taker *t, struct slice payload)
{
	bool bad = false;
	uint32_t missing;
	char names[64];

	frame_u32(&payload, &bad);
	missing = frame_u32(&payload, &bad);
	t->hello = true;
	t->failed_starts = 0;
	if (missing != 0)
		report_note(t->r,
		    "this kernel lacks %s: the child that takes messages "
		    "apart is held by the rest only",
		    sandbox_names(names, missing & SANDBOX_ALL));
}

static int
on_blob(struct taker *t, struct slice bytes, struct err *err)
{
	t->blob_size += bytes.n;
	if (t->blob_size <= BLOB_IN_MEM) {
		buf_put(&t->blob, bytes.p, bytes.n);
		return 0;
	}
	if ((t->blob.n > 0 &&
		io_write_all(fileno(t->spill), t->blob.p, t->blob.n) != 0) ||
	    io_write_all(fileno(t->spill), bytes.p, bytes.n) != 0)
		return err_sys(err, SCOPE_RUN, EX_IOERR, "a temporary file");
	buf_clear(&t->blob);
	return 0;
}

static int
begin_answer(struct taker *t, struct err *err)
{
	if (t->blob_size > BLOB_IN_MEM &&
	    (ftruncate(fileno(t->spill), 0) != 0 ||
		lseek(fileno(t->spill), 0, SEEK_SET) != 0))
		return err_sys(err, SCOPE_RUN, EX_IOERR, "a temporary file");
	t->blob_size = 0;
	buf_clear(&t->blob);
	if (t->plan.cap > LIMIT_BLOCK * 4)
		buf_free(&t->plan);
	buf_clear(&t->plan);
	arena_reset(&t->a);
	return 0;
}

/* END: is what came before it what it should be? */
static int
on_end(struct taker *t, struct slice payload, int fd, uint64_t size,
    struct taken **t_r, struct err *err)
{
	bool bad = false;
	uint32_t whole = frame_u32(&payload, &bad);
	struct slice why = frame_str(&payload, TAKE_WHY_MAX, &bad);

	if (whole == 0) {
		err_set(err, SCOPE_MSG, EX_DATAERR, "%.*s", (int)why.n, why.p);
		return 0;
	}
	t->files = (struct taken_files){ .message = fd,
		.message_size = size,
		.blob = fileno(t->spill),
		.blob_size = t->blob_size,
		.blob_bytes =
		    t->blob_size <= BLOB_IN_MEM ? buf_str(&t->blob) : NULL };
	*t_r = taken_unpack(buf_slice(&t->plan), &t->files, &t->a);
	if (*t_r != NULL)
		return 1;
	err_set(err, SCOPE_MSG, EX_DATAERR,
	    "what the sandboxed child made of it contradicts itself");
	return 0;
}

/* One frame of an answer: 1 it is complete, 0 more will come, -1 the child
 * talks nonsense, -2 this run must end. */
static int
on_frame(struct taker *t, const struct frame *f, struct err *err)
{
	if (f->type == TAKE_HELLO && !t->hello) {
		on_hello(t, f->payload);
		return 0;
	}
	if (f->type == TAKE_BLOB && t->hello)
		return on_blob(t, f->payload, err) < 0 ? -2 : 0;
	if (f->type == TAKE_PLAN && t->hello &&
	    t->plan.n + f->payload.n <= TAKEN_PACKED_MAX) {
		buf_put(&t->plan, f->payload.p, f->payload.n);
		return 0;
	}
	return f->type == TAKE_END && t->hello ? 1 : -1;
}

static void
forget_oldest(struct taker *t)
{
	free(t->asked[t->first]);
	t->first = (t->first + 1) % TAKER_AHEAD;
	t->n--;
	t->told -= t->told > 0;
}

static int
bury(struct taker *t, enum proc_heard heard, struct err *err)
{
	char how[80];

	proc_end(&t->proc, how, sizeof(how));
	if (heard == PROC_HEARD_NOTHING)
		snprintf(how, sizeof(how), "took more than %d s",
		    PATIENCE_MS / 1000);
	else if (heard != PROC_HEARD_END)
		snprintf(how, sizeof(how), "talked nonsense");
	t->told = 0;
	err_set(err, SCOPE_MSG, EX_DATAERR,
	    "the sandboxed child that took it apart %s", how);
	return 0;
}

/* Until END, which is in *f_r: 1; 0: the child is no more; -1. */
static int
hear(struct taker *t, struct frame *f_r, struct err *err)
{
	enum proc_heard heard;
	int rc;

	for (;;) {
		heard = proc_hear(&t->proc, PATIENCE_MS, f_r, err);
		if (heard == PROC_HEARD_STOP)
			return -1;
		if (heard != PROC_HEARD_FRAME)
			break;
		rc = on_frame(t, f_r, err);
		if (rc == 1)
			return 1;
		if (rc == -2)
			return -1;
		if (rc < 0) {
			heard = PROC_HEARD_GARBAGE;
			break;
		}
	}
	return bury(t, heard, err);
}

int
taker_answer(struct taker *t, int fd, uint64_t size, struct taken **t_r,
    struct err *err)
{
	struct frame f;
	int rc;

	for (;;) {
		if (begin_answer(t, err) < 0 || start(t, err) < 0)
			return -1;
		tell(t);
		rc = hear(t, &f, err);
		if (rc == 1)
			rc = on_end(t, f.payload, fd, size, t_r, err);
		/* one that died before it began died of something else */
		if (rc != 0 || t->proc.pid != 0 || t->hello)
			break;
	}
	forget_oldest(t);
	return rc;
}

int
taker_probe(struct taker *t, enum item_kind kind, const char *path,
    struct err *err)
{
	struct frame f;
	struct slice why;
	bool bad = false;
	int rc;

	do {
		if (begin_answer(t, err) < 0 || start(t, err) < 0)
			return -1;
		buf_clear(&t->out);
		frame_put_str(&t->out, slice_str(path), LIMIT_BLOCK - 16);
		frame_put_u32(&t->out, (uint32_t)kind);
		proc_tell(&t->proc, TAKE_PROBE, &t->out);
		rc = hear(t, &f, err);
	} while (rc == 0 && t->proc.pid == 0 && !t->hello);
	if (rc <= 0 || frame_u32(&f.payload, &bad) != 0)
		return rc;
	why = frame_str(&f.payload, TAKE_WHY_MAX, &bad);
	err_set(err, SCOPE_MSG, EX_DATAERR, "%.*s", (int)why.n, why.p);
	return 0;
}
