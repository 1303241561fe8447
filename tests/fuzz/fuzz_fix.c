/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as a message to be fixed.  The first byte says what is wanted, the
 * rest is the message.  The plan accounts for every byte; what it makes has
 * the same parts, each of which means what it meant; and where nothing was
 * left, no line is too long and no line end or NUL stands alone.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/io.h"
#include "formats/mime_build.h"
#include "formats/mime_fix.h"
#include "formats/mime_lines.h"
#include "formats/mime_scan.h"
#include "tests/fuzz/fuzz.h"

#define LINE 120

struct made {
	int fd;
	uint64_t pos;
	struct buf out;
	bool left, taken;
};

static int
put(void *arg, const void *data, size_t len, struct err *err)
{
	(void)err;
	buf_put(arg, data, len);
	return 0;
}

static int
on_piece(void *arg, const struct fix_piece *p, struct err *err)
{
	struct made *m = arg;
	struct span raw = { SPAN_RAW, p->from, p->n };
	struct buf in = { 0 };
	struct item_sink from = { put, &in };

	FUZZ_HOLDS(p->from == m->pos && p->how < RECODE_HOWS);
	m->pos += p->n;
	if (p->what == FIX_REPLACE) {
		put(&m->out, p->text.p, p->text.n, err);
		return 0;
	}
	FUZZ_HOLDS(p->n == 0 || span_copy(m->fd, &raw, &from, err) == 1);
	if (p->what == FIX_RECODE)
		recode_text(p->how, p->flags, buf_slice(&in), &m->out);
	else
		buf_puts(&m->out, "taken out\r\n");
	m->taken |= p->what == FIX_TAKE_OUT;
	buf_free(&in);
	return 0;
}

static void
on_left(void *arg, const char *text)
{
	struct made *m = arg;

	FUZZ_HOLDS(*text != '\0');
	m->left = true;
}

static int
memory_file(const void *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	FUZZ_HOLDS(fd >= 0 && io_write_all(fd, data, size) == 0);
	return fd;
}

/* ------------------------------------------------------------- the meaning */

static void
means(int fd, const struct entity *e, struct buf *out)
{
	struct span s = { e->how, e->body, e->end - e->body };
	struct item_sink sink = { put, out };
	struct err err = { 0 };

	FUZZ_HOLDS(span_copy(fd, &s, &sink, &err) >= 0);
}

/* Text, whatever its line ends: a LF with the CRs before it is one. */
static void
even(struct buf *b)
{
	struct buf out = { 0 };
	size_t i, crs = 0;

	for (i = 0; i < b->n; i++) {
		if (b->p[i] == '\r') {
			crs++;
			continue;
		}
		for (; b->p[i] != '\n' && crs > 0; crs--)
			buf_putc(&out, '\n');
		crs = 0;
		buf_putc(&out, b->p[i]);
	}
	/* those at its end are of the line end behind it */
	while (out.n > 0 && out.p[out.n - 1] == '\n')
		out.n--;
	buf_free(b);
	*b = out;
}

/* The same where a CR may have become a blank. */
static void
without_blanks(struct buf *b)
{
	size_t i, n = 0;

	for (i = 0; i < b->n; i++)
		if (b->p[i] != '\r' && b->p[i] != '\n' && b->p[i] != ' ')
			b->p[n++] = b->p[i];
	b->n = n;
}

static void
same(int fd, const struct entity *a, int gd, const struct entity *b, bool ends)
{
	struct buf x = { 0 }, y = { 0 };
	const struct entity *c, *d;

	FUZZ_HOLDS(a->kind == b->kind && strcmp(a->type, b->type) == 0);
	if (a->kind == ENTITY_LEAF) {
		means(fd, a, &x);
		means(gd, b, &y);
		if (ends &&
		    (strncmp(a->type, "text/", 5) == 0 || a->composite ||
			a->unknown_how)) {
			even(&x);
			even(&y);
			if (a->composite ||
			    strcmp(a->type, "text/rfc822-headers") == 0) {
				without_blanks(&x);
				without_blanks(&y);
			}
		}
		/* uuencoded lines end with their LF */
		if (a->how != SPAN_UU)
			FUZZ_HOLDS(slice_eq(buf_slice(&x), buf_slice(&y)));
		buf_free(&x);
		buf_free(&y);
	}
	for (c = a->first, d = b->first; c != NULL && d != NULL;
	     c = c->next, d = d->next)
		same(fd, c, gd, d, ends);
	FUZZ_HOLDS(c == NULL && d == NULL);
}

static void
compare(const struct made *m, const struct fix_want *want)
{
	struct arena a = { 0 };
	struct err err = { 0 };
	struct entity *was, *is;
	struct lines l = { 0 };
	int fd = memory_file(m->out.p, m->out.n);

	lines_put(&l, m->out.p, m->out.n);
	lines_end(&l);
	/* base64 is not broken amid what might be a boundary then */
	if (!m->left && want->line > 0 &&
	    memmem(buf_str(&m->out), m->out.n,
		"--------------------------------", 32) == NULL)
		FUZZ_HOLDS(l.longest <= want->line);
	if (!m->left && want->newlines)
		FUZZ_HOLDS(l.lf == 0 && l.cr == 0 && l.nul == 0);
	if (!m->taken && mime_scan(m->fd, &a, &was, &err) == 0 &&
	    mime_scan(fd, &a, &is, &err) == 0)
		same(m->fd, was, fd, is, want->newlines);
	arena_free(&a);
	close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	struct fix_want want = { 0 };
	struct made m = { 0 };
	struct fix_sink sink = { on_piece, on_left, &m };
	struct arena a = { 0 };
	struct err err = { 0 };
	unsigned done = 0;

	if (!ready)
		mime_init();
	ready = true;
	if (size == 0)
		return 0;
	want.line = (data[0] & 1) != 0 ? LINE : 0;
	want.newlines = (data[0] & 2) != 0;
	want.receipts = (data[0] & 4) != 0;
	want.strip = (data[0] & 8) != 0 ? 100 : 0;
	want.break_signed = (data[0] & 16) != 0;
	m.fd = memory_file(data + 1, size - 1);
	if (mime_fix(m.fd, &want, &sink, &a, &done, &err) == 0) {
		FUZZ_HOLDS(m.pos == size - 1);
		if (done == 0)
			FUZZ_HOLDS(slice_eq(buf_slice(&m.out),
			    slice_of(data + 1, size - 1)));
		compare(&m, &want);
	} else {
		FUZZ_HOLDS(err.scope == SCOPE_MSG && err.status != EX_SOFTWARE);
	}
	close(m.fd);
	arena_free(&a);
	buf_free(&m.out);
	return 0;
}
