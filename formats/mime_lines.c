/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines and their ends; see mime_lines.h. */
#include "formats/mime_lines.h"

#include <stdlib.h>
#include <string.h>

#include "core/io.h"
#include "core/limits.h"
#include "core/mem.h"

static uint64_t
larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* A CR alone was passed. */
static void
end_cr(struct lines *l)
{
	l->cr++;
	l->longest_cr = larger(l->longest_cr, l->line_cr + 2);
	l->line_cr = 0;
	l->line++;
	l->dash = 2;
	l->after_cr = true;
}

static void
end_line(struct lines *l)
{
	if (!l->held)
		l->lf++;
	l->held = false;
	l->longest = larger(l->longest, l->line + 2);
	l->longest_cr = larger(l->longest_cr, l->line_cr + 2);
	l->line = l->line_cr = 0;
	l->dash = 2;
	l->after_cr = l->dashes = false;
}

/* Bytes without CR, LF and NUL in them. */
static void
plain(struct lines *l, const unsigned char *p, size_t n)
{
	size_t i;

	l->line += n;
	l->line_cr += n;
	for (i = 0; i < n && l->dash > 0; i++)
		if (p[i] != '-')
			l->dash = 0;
		else if (--l->dash == 0 && l->after_cr)
			l->cr_dash++;
		else if (l->dash == 0)
			l->dashes = true;
	for (i = 0; i < n; i++)
		l->odd +=
		    p[i] == '=' || p[i] > '~' || (p[i] < ' ' && p[i] != '\t');
}

void
lines_put(struct lines *l, const void *data, size_t len)
{
	const unsigned char *p = data, *end, *from = p;

	if (len == 0)
		return;
	end = p + len;
	if (l->bytes == 0)
		l->dash = 2;
	l->bytes += len;
	for (; p < end; p++) {
		if (l->held && *p != '\n') {
			if (*p != '\r') {
				l->cr_mid++;
				l->cr_dash += l->dashes;
			}
			end_cr(l);
			l->held = false;
		}
		if (*p != '\r' && *p != '\n' && *p != '\0')
			continue;
		plain(l, from, (size_t)(p - from));
		from = p + 1;
		if (*p == '\n') {
			end_line(l);
		} else if (*p == '\r') {
			l->held = true;
		} else {
			l->nul++;
			l->nul_dash += l->dashes || l->dash > 0;
			l->odd++;
			l->line++;
			l->line_cr++;
			l->dash = 0;
		}
	}
	plain(l, from, (size_t)(p - from));
}

void
lines_end(struct lines *l)
{
	if (l->held)
		end_cr(l);
	l->held = false;
	l->longest = larger(l->longest, l->line > 0 ? l->line + 2 : 0);
	l->longest_cr =
	    larger(l->longest_cr, l->line_cr > 0 ? l->line_cr + 2 : 0);
}

int
lines_of(int fd, uint64_t from, uint64_t n, struct lines *l_r, struct err *err)
{
	char *block = mem_alloc(1, LIMIT_BLOCK);
	ssize_t got = 1;
	size_t want;

	*l_r = (struct lines){ 0 };
	while (n > 0 && got > 0) {
		want = n < LIMIT_BLOCK ? (size_t)n : LIMIT_BLOCK;
		got = io_pread_full(fd, block, want, from);
		if (got <= 0)
			break;
		lines_put(l_r, block, (size_t)got);
		from += (uint64_t)got;
		n -= (uint64_t)got;
	}
	lines_end(l_r);
	free(block);
	if (got < 0)
		return err_sys(err, SCOPE_MSG, EX_IOERR, "reading a message");
	return 0;
}
