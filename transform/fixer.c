/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages changed by plan; see fixer.h. */
#include "transform/fixer.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/frame.h"
#include "core/io.h"
#include "core/mem.h"
#include "core/proc.h"
#include "core/sandbox.h"
#include "core/text.h"
#include "formats/mime_lines.h"
#include "transform/attach.h"
#include "transform/fix_child.h"

#define CHILD_MEMORY ((uint64_t)24 << 20)
#define PATIENCE_MS  60000
#define STARTS_MAX   3	  /* children in a row that never said hello */
#define LEFT_BYTES   2000 /* of what stays */

struct fixer {
	const struct fixes *fixes;
	struct proc proc;
	int spool;
	struct report *r;
	struct attach *attach;
	bool hello;
	unsigned failed_starts;
	struct buf out;
	struct arena a;
	/* the message */
	int fd;
	uint64_t size, pos;
	struct buf text; /* for the piece that comes */
	const struct item_sink *to;
	struct lines lines; /* of what was written */
	struct fixed *fixed;
};

int
fixer_open(struct fixer **f_r, const struct fixes *fixes, int spool, bool dry,
    struct report *r, struct err *err)
{
	struct fixer *f = mem_alloc(1, sizeof(*f));

	f->fixes = fixes;
	f->proc.to = f->proc.from = -1;
	f->spool = spool;
	f->r = r;
	*f_r = f;
	if (fixes->want.strip > 0 &&
	    attach_open(&f->attach, fixes->dir, dry, err) < 0) {
		fixer_close(f_r);
		return -1;
	}
	return 0;
}

void
fixer_close(struct fixer **fp)
{
	struct fixer *f = *fp;

	if (f == NULL)
		return;
	proc_end(&f->proc, NULL, 0);
	attach_close(&f->attach);
	buf_free(&f->out);
	buf_free(&f->text);
	arena_free(&f->a);
	free(f);
	*fp = NULL;
}

void
fixed_free(struct fixed *fixed)
{
	buf_free(&fixed->left);
	js_free(&fixed->attachments);
	*fixed = (struct fixed){ 0 };
}

/* --------------------------------------------------------------- the look */

static bool
is_refused(const struct fix_want *want, const struct lines *l)
{
	return (want->line > 0 && l->longest > want->line) ||
	    (want->newlines && (l->lf > 0 || l->cr > 0 || l->nul > 0));
}

static int
asks_receipt(int fd, struct err *err)
{
	char *head = mem_alloc(1, LIMIT_HEAD_BYTES);
	ssize_t n = io_pread_full(fd, head, LIMIT_HEAD_BYTES, 0);
	int rc;

	if (n < 0)
		rc = err_sys(err, SCOPE_MSG, EX_IOERR, "reading a message");
	else /* the rest of a header that long is the child's to read */
		rc = mime_fix_asks_receipt(slice_of(head, (size_t)n)) ||
		    n == LIMIT_HEAD_BYTES;
	free(head);
	return rc;
}

int
fixer_look(struct fixer *f, int fd, struct err *err)
{
	const struct fix_want *want = &f->fixes->want;
	struct stat st;
	struct lines l;
	int rc = 0;

	if (fstat(fd, &st) < 0)
		return err_sys(err, SCOPE_MSG, EX_IOERR, "reading a message");
	if (want->strip > 0 && (uint64_t)st.st_size > want->strip)
		return 1;
	if (want->receipts)
		rc = asks_receipt(fd, err);
	if (rc != 0 || (want->line == 0 && !want->newlines))
		return rc;
	if (lines_of(fd, 0, (uint64_t)st.st_size, &l, err) < 0)
		return -1;
	return is_refused(want, &l);
}

/* ------------------------------------------------------- what is written */

static int
write_out(void *arg, const void *data, size_t len, struct err *err)
{
	struct fixer *f = arg;

	lines_put(&f->lines, data, len);
	return f->to->put(f->to->arg, data, len, err);
}

static int
recode(struct fixer *f, enum recode_how how, unsigned flags, uint64_t n,
    struct err *err)
{
	struct item_sink to = { write_out, f };
	struct recode *r = recode_begin(how, flags, &to);
	char *block = mem_alloc(1, LIMIT_BLOCK);
	uint64_t at = f->pos;
	size_t want;
	ssize_t got;
	int rc = 0;

	while (n > 0 && rc == 0) {
		want = n < LIMIT_BLOCK ? (size_t)n : LIMIT_BLOCK;
		got = io_pread_full(f->fd, block, want, at);
		if (got <= 0) {
			rc = err_set(err, SCOPE_MSG, EX_IOERR,
			    "it cannot be read, or became shorter");
			break;
		}
		rc = recode_put(r, block, (size_t)got, err);
		at += (uint64_t)got;
		n -= (uint64_t)got;
	}
	free(block);
	if (rc == 0)
		return recode_end(&r, err);
	recode_free(&r);
	return -1;
}

static void
put_line(struct buf *b, const char *label, struct slice text)
{
	buf_puts(b, label);
	text_escape(b, text);
	buf_puts(b, "\r\n");
}

/* What stands in a message instead of its attachment. */
static int
write_stub(struct fixer *f, const struct attached *m, struct slice name,
    struct slice type, struct err *err)
{
	struct buf text = { 0 }, coded = { 0 };
	char hex[DIGEST_HEX];
	int rc;

	buf_puts(&text,
	    "This attachment was taken out of the message.\r\n"
	    "\r\n");
	put_line(&text, "Name:    ", name);
	put_line(&text, "Type:    ", type);
	buf_putf(&text, "Size:    %llu bytes\r\n", (unsigned long long)m->size);
	buf_putf(&text, "SHA-256: %s\r\n",
	    digest_hex(hex, m->sha256, DIGEST_BYTES));
	buf_puts(&text, "File:    ");
	text_escape(&text, slice_str(f->fixes->dir));
	put_line(&text, "/", slice_str(m->file));
	recode_text(RECODE_QP, RECODE_AS_TEXT, buf_slice(&text), &coded);
	rc = write_out(f, coded.p, coded.n, err);
	buf_free(&text);
	buf_free(&coded);
	return rc;
}

static struct js *
attached_json(const struct attached *m, struct slice name)
{
	struct js *o = js_obj();
	char hex[DIGEST_HEX];

	js_set_slice(o, "name", name);
	js_set_int(o, "size", (int64_t)m->size);
	js_set_str(o, "sha256", digest_hex(hex, m->sha256, DIGEST_BYTES));
	js_set_str(o, "file", m->file);
	return o;
}

static int
take_out(struct fixer *f, const struct span *span, struct slice name,
    struct slice type, struct err *err)
{
	struct attached m;

	if (f->attach == NULL)
		return err_set(err, SCOPE_MSG, EX_SOFTWARE,
		    "its plan takes out what nobody wanted out");
	if (attach_store(f->attach, f->fd, span, name, &f->a, &m, err) < 0)
		return -1;
	if (f->fixed->attachments == NULL)
		f->fixed->attachments = js_arr();
	js_push(f->fixed->attachments, attached_json(&m, name));
	return write_stub(f, &m, name, type, err);
}

/* ------------------------------------------------------------- the child */

static int
start(struct fixer *f, struct err *err)
{
	if (f->proc.pid != 0)
		return 0;
	if (f->failed_starts == STARTS_MAX)
		return err_set(err, SCOPE_RUN, EX_OSERR,
		    "the sandboxed child that plans fixes cannot be run");
	if (proc_start(&f->proc, FIX_CHILD_ARG, f->spool, err) != 0) {
		err->scope = SCOPE_RUN;
		return -1;
	}
	f->failed_starts++;
	f->hello = false;
	buf_clear(&f->out);
	frame_put_u64(&f->out, CHILD_MEMORY);
	proc_tell(&f->proc, FIX_START, &f->out);
	return 0;
}

static void
ask(struct fixer *f, const char *path)
{
	const struct fix_want *want = &f->fixes->want;

	buf_clear(&f->out);
	frame_put_u64(&f->out, want->line);
	frame_put_u64(&f->out, want->strip);
	frame_put_u32(&f->out,
	    (want->newlines ? FIX_ONE_NEWLINES : 0u) |
		(want->receipts ? FIX_ONE_RECEIPTS : 0u) |
		(want->break_signed ? FIX_ONE_SIGNED : 0u));
	frame_put_str(&f->out, slice_str(path), LIMIT_BLOCK - 64);
	proc_tell(&f->proc, FIX_ONE, &f->out);
}

static void
on_hello(struct fixer *f, struct slice payload)
{
	bool bad = false;
	uint32_t missing;
	char names[64];

	frame_u32(&payload, &bad);
	missing = frame_u32(&payload, &bad);
	f->hello = true;
	f->failed_starts = 0;
	if (missing != 0)
		report_note(f->r,
		    "this kernel lacks %s: the child that plans fixes is held "
		    "by the rest only",
		    sandbox_names(names, missing & SANDBOX_ALL));
}

static void
note_left(struct fixer *f, struct slice text)
{
	struct buf *left = &f->fixed->left;

	if (left->n > LEFT_BYTES)
		return;
	if (left->n > 0)
		buf_puts(left, "; ");
	text_escape(left, text);
}

/* A plan may say anything: each piece begins where the last one ended. */
static int
on_piece(struct fixer *f, struct slice payload, struct err *err)
{
	bool bad = false;
	uint32_t what = frame_u32(&payload, &bad);
	uint64_t from = frame_u64(&payload, &bad);
	uint64_t n = frame_u64(&payload, &bad);
	uint32_t how = frame_u32(&payload, &bad);
	uint32_t flags = frame_u32(&payload, &bad);
	uint32_t coding = frame_u32(&payload, &bad);
	struct slice name = frame_str(&payload, FIX_NAME_MAX, &bad);
	struct slice type = frame_str(&payload, FIX_NAME_MAX, &bad);
	struct span span;
	int rc;

	if (bad || from != f->pos || n > f->size - f->pos ||
	    how >= RECODE_HOWS || coding >= SPAN_HOW_COUNT)
		return err_set(err, SCOPE_MSG, EX_SOFTWARE,
		    "its plan contradicts itself");
	if (what == FIX_RECODE) {
		rc = recode(f, (enum recode_how)how, flags, n, err);
	} else if (what == FIX_REPLACE) {
		rc = write_out(f, f->text.p, f->text.n, err);
		buf_clear(&f->text);
	} else {
		span = (struct span){ (enum span_how)coding, from, n };
		rc = take_out(f, &span, name, type, err);
	}
	f->pos += n;
	return rc;
}

static int
on_end(struct fixer *f, struct slice payload, struct err *err)
{
	bool bad = false;
	uint32_t whole = frame_u32(&payload, &bad);
	uint32_t done = frame_u32(&payload, &bad);
	struct slice why = frame_str(&payload, FIX_WHY_MAX, &bad);

	if (whole == 0)
		return err_set(err, SCOPE_MSG, EX_DATAERR, "%.*s", (int)why.n,
		    why.p);
	if (bad || f->pos != f->size)
		return err_set(err, SCOPE_MSG, EX_SOFTWARE,
		    "its plan leaves a part of it out");
	f->fixed->done = done;
	lines_end(&f->lines);
	if (f->fixed->left.n == 0 && is_refused(&f->fixes->want, &f->lines))
		note_left(f,
		    slice_str("a line, line end or NUL in a place "
			      "that cannot be changed"));
	return 0;
}

/* One frame: 1 it was the last, 0 more will come, -1 err, -2 nonsense. */
static int
on_frame(struct fixer *f, const struct frame *frame, struct err *err)
{
	if (frame->type == FIX_HELLO && !f->hello) {
		on_hello(f, frame->payload);
		return 0;
	}
	if (!f->hello)
		return -2;
	switch (frame->type) {
	case FIX_TEXT:
		if (f->text.n + frame->payload.n > FIX_TEXT_MAX)
			return -2;
		buf_put(&f->text, frame->payload.p, frame->payload.n);
		return 0;
	case FIX_PIECE:
		return on_piece(f, frame->payload, err);
	case FIX_LEFT: {
		struct slice s = frame->payload;
		bool bad = false;

		note_left(f, frame_str(&s, FIX_WHY_MAX, &bad));
		return 0;
	}
	case FIX_END:
		return on_end(f, frame->payload, err) < 0 ? -1 : 1;
	default:
		return -2;
	}
}

static int
bury(struct fixer *f, enum proc_heard heard, unsigned patience, struct err *err)
{
	char how[80];

	proc_end(&f->proc, how, sizeof(how));
	if (heard == PROC_HEARD_NOTHING)
		snprintf(how, sizeof(how), "took more than %u s",
		    patience / 1000);
	else if (heard != PROC_HEARD_END)
		snprintf(how, sizeof(how), "talked nonsense");
	return err_set(err, SCOPE_MSG, EX_DATAERR,
	    "the sandboxed child that read it %s", how);
}

/* Until the plan's end: 0; -1; 1: the child died before it began. */
static int
hear(struct fixer *f, struct err *err)
{
	/* it reads all of a message before its first word */
	uint64_t wait = PATIENCE_MS + (f->size >> 20) * 100;
	unsigned patience = wait > INT32_MAX ? INT32_MAX : (unsigned)wait;
	enum proc_heard heard;
	struct frame frame;
	int rc;

	for (;;) {
		heard = proc_hear(&f->proc, patience, &frame, err);
		if (heard == PROC_HEARD_STOP)
			return -1;
		if (heard == PROC_HEARD_FRAME) {
			rc = on_frame(f, &frame, err);
			if (rc == 0)
				continue;
			if (rc == 1)
				return 0;
			if (rc == -1) {
				/* the rest of its plan is not wanted */
				if (frame.type != FIX_END)
					proc_end(&f->proc, NULL, 0);
				return -1;
			}
			heard = PROC_HEARD_GARBAGE;
		}
		bury(f, heard, patience, err);
		return f->hello ? -1 : 1;
	}
}

int
fixer_run(struct fixer *f, const char *path, int fd, const struct item_sink *to,
    struct fixed *fixed_r, struct err *err)
{
	struct stat st;
	int rc;

	*fixed_r = (struct fixed){ 0 };
	if (fstat(fd, &st) < 0)
		return err_sys(err, SCOPE_MSG, EX_IOERR, "reading a message");
	f->fd = fd;
	f->size = (uint64_t)st.st_size;
	f->to = to;
	f->fixed = fixed_r;
	do {
		f->pos = 0;
		f->lines = (struct lines){ 0 };
		if (start(f, err) < 0)
			return -1;
		ask(f, path);
		rc = hear(f, err);
	} while (rc == 1);
	if (f->text.cap > LIMIT_BLOCK * 4)
		buf_free(&f->text);
	buf_clear(&f->text);
	arena_reset(&f->a);
	return rc;
}
