/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The layers in order, and how they say what they find; see check.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/io.h"
#include "core/mem.h"
#include "formats/pst/check_impl.h"

/* Sound files take some twenty times their size, small ones more. */
#define WORK_MIN   ((uint64_t)256 << 20)
#define WORK_TIMES 400

static void
say(struct check *c, bool remark, const char *rule, uint64_t at,
    const char *what, const char *expected, const char *found)
{
	struct pst_finding f = { .remark = remark,
		.rule = rule,
		.at = at,
		.node = c->node,
		.sub = c->sub,
		.what = what,
		.found = found,
		.expected = expected };

	if (c->quiet > 0)
		return;
	if (remark)
		c->r.remarks++;
	else
		c->r.findings++;
	if (!c->stop && !c->in.found(c->in.arg, &f))
		c->stop = true;
}

void
check_bad(struct check *c, const char *rule, uint64_t at, const char *what,
    const char *expected, const char *found, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, found);
	vsnprintf(text, sizeof(text), found, ap);
	va_end(ap);
	say(c, false, rule, at, what, expected, text);
}

void
check_remark(struct check *c, const char *rule, uint64_t at, const char *what,
    const char *expected, const char *found, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, found);
	vsnprintf(text, sizeof(text), found, ap);
	va_end(ap);
	say(c, true, rule, at, what, expected, text);
}

bool
check_same(struct check *c, const char *rule, uint64_t at, const char *what,
    uint64_t found, uint64_t expected)
{
	char text[32];

	if (found == expected)
		return true;
	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)expected);
	check_bad(c, rule, at, what, text, "0x%llx", (unsigned long long)found);
	return false;
}

bool
check_at(struct check *c, enum pst_check_phase phase, uint64_t nid)
{
	c->phase = phase;
	if (!c->stop && !c->in.at(c->in.arg, phase, nid))
		c->stop = true;
	return !c->stop;
}

bool
check_budget(struct check *c, size_t n)
{
	c->work += n;
	if (c->stop || c->work <= WORK_MIN + WORK_TIMES * c->size)
		return !c->stop;
	c->quiet = 0;
	check_bad(c, "2.6", PST_NOWHERE, "what nodes and tables refer to",
	    "the file once, more or less",
	    "the same blocks again and again: no more is looked at");
	c->stop = true;
	return false;
}

static void
swap(char *a, char *b, size_t size)
{
	char c;

	while (size-- > 0) {
		c = *a;
		*a++ = *b;
		*b++ = c;
	}
}

static void
sift(char *v, size_t i, size_t n, size_t size,
    int (*compare)(const void *a, const void *b))
{
	size_t k;

	for (; (k = 2 * i + 1) < n; i = k) {
		if (k + 1 < n && compare(v + k * size, v + (k + 1) * size) < 0)
			k++;
		if (compare(v + i * size, v + k * size) >= 0)
			return;
		swap(v + i * size, v + k * size, size);
	}
}

void
check_sort(void *p, size_t n, size_t size,
    int (*compare)(const void *a, const void *b))
{
	char *v = p;
	size_t i;

	for (i = 1; i < n; i++)
		if (compare(v + (i - 1) * size, v + i * size) > 0)
			break;
	if (i >= n)
		return;
	for (i = n / 2; i-- > 0;)
		sift(v, i, n, size, compare);
	for (i = n - 1; i > 0; i--) {
		swap(v, v + i * size, size);
		sift(v, 0, i, size, compare);
	}
}

bool
check_read(struct check *c, const char *rule, uint64_t at, void *out,
    size_t len)
{
	if (at <= c->size && c->size - at >= len &&
	    io_pread_full(c->in.fd, out, len, at) == (ssize_t)len)
		return true;
	check_bad(c, rule, at, "bytes of the file", "to be there",
	    "the file has %llu bytes", (unsigned long long)c->size);
	return false;
}

uint64_t
check_id(const struct check *c, const void *p)
{
	return c->id == 8 ? pst_u64(p) : pst_u32(p);
}

uint16_t
check_signature(uint64_t at, uint64_t bid)
{
	uint32_t x = (uint32_t)at ^ (uint32_t)bid;

	return (uint16_t)(x >> 16 ^ x);
}

int
pst_check(const struct pst_check_in *in, struct pst_checked *r_r,
    struct err *err)
{
	static const char *const formats[] = { [NDB_ANSI] = "ansi",
		[NDB_UNICODE] = "unicode",
		[NDB_4K] = "4k" };
	struct check *c = mem_alloc(1, sizeof(*c));
	struct stat st;
	int rc = -1;

	*r_r = (struct pst_checked){ .format = "" };
	c->in = *in;
	if (fstat(in->fd, &st) != 0) {
		err_sys(err, SCOPE_STORE, EX_IOERR, "cannot read");
		goto out;
	}
	c->size = (uint64_t)st.st_size;
	if (check_header(c, err) != 0)
		goto out;
	c->r.format = formats[c->format];
	check_trees(c);
	check_blocks(c);
	check_references(c);
	c->r.blocks = c->nblocks;
	check_names(c);
	check_store(c);
	check_folders(c);
	check_maps(c);
	c->r.nodes = c->nnodes;
	c->r.pages = c->npages;
	*r_r = c->r;
	rc = 0;
out:
	free(c->blocks);
	free(c->nodes);
	free(c->pages);
	free(c);
	return rc;
}
