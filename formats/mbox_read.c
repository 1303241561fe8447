/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The window on an mbox, and reading a message: as stored, or with the
 * quoting undone.
 *
 * Undoing needs no memory: of the '>' at the start of a line all but one are
 * handed on at once, that one only when what follows them is not "From ".
 */
#include <errno.h>
#include <string.h>

#include "core/io.h"
#include "core/mem.h"
#include "formats/mbox_impl.h"

static int
read_failed(enum scope scope, uint64_t at, struct err *err)
{
	return err_set(err, scope, EX_IOERR, "reading at byte %llu: %s",
	    (unsigned long long)at, strerror(errno));
}

int
mbox_need(struct mbox *m, uint64_t from, uint64_t upto, struct err *err)
{
	uint64_t low = m->keep < from ? m->keep : from;
	uint64_t spare = low < MBOX_BEHIND ? low : MBOX_BEHIND;
	size_t drop, len;
	ssize_t n;

	if (upto > m->size)
		upto = m->size;
	if (from >= m->base && upto <= m->base + m->n)
		return 0;
	if (low < m->base || upto - low > MBOX_WINDOW)
		low = from; /* the message does not fit: let its start go */
	else if (low - spare >= m->base && upto - low + spare <= MBOX_WINDOW)
		low -= spare; /* the next look behind will want it */
	if (low < m->base || low > m->base + m->n) {
		m->base = low;
		m->n = 0;
	} else if (upto - m->base > MBOX_WINDOW) {
		drop = (size_t)(low - m->base);
		memmove(m->window, m->window + drop, m->n - drop);
		m->base = low;
		m->n -= drop;
	}
	while (m->base + m->n < upto) {
		len = MBOX_WINDOW - m->n;
		if (len > MBOX_STEP && upto - (m->base + m->n) <= MBOX_STEP)
			len = MBOX_STEP;
		if (len > m->size - (m->base + m->n))
			len = (size_t)(m->size - (m->base + m->n));
		n = io_pread_full(m->fd, m->window + m->n, len, m->base + m->n);
		if (n < 0)
			return read_failed(SCOPE_STORE, m->base + m->n, err);
		if ((size_t)n < len) {
			err_set(err, SCOPE_STORE, EX_TEMPFAIL,
			    "it became shorter while it was read");
			return err_hint(err,
			    "let no program write to it, "
			    "and run the command again");
		}
		m->n += (size_t)n;
	}
	return 0;
}

ssize_t
mbox_raw(struct mbox *m, uint64_t at, const char **p_r, struct err *err)
{
	uint64_t from = m->start + at, left = m->it.size - at;
	struct slice have;
	ssize_t n;

	if (at >= m->it.size)
		return 0;
	if (from >= m->base && from < m->base + m->n) {
		have = mbox_rest(m, from);
		*p_r = have.p;
		return (ssize_t)(have.n < left ? have.n : left);
	}
	if (m->block == NULL)
		m->block = mem_alloc(1, LIMIT_BLOCK);
	n = io_pread_full(m->fd, m->block,
	    left < LIMIT_BLOCK ? (size_t)left : LIMIT_BLOCK, from);
	if (n < 0)
		return read_failed(SCOPE_MSG, from, err);
	if (n == 0)
		return err_set(err, SCOPE_MSG, EX_NOINPUT,
		    "the file became shorter while it was read");
	*p_r = m->block;
	return n;
}

void
mbox_rewind(struct mbox *m)
{
	m->unquote = (struct unquote){ .in_head = true, .line_empty = true };
}

bool
mbox_changed(const struct mbox *m)
{
	return m->unquote.changed;
}

static const char from_[] = "From ";

/* Hand out what was held back at the start of a line; 'quote' with the '>'
 * among it.  Returns where to go on writing. */
static char *
give_held(struct unquote *u, char *out, bool quote)
{
	if (u->run > 0 && quote)
		*out++ = '>';
	memcpy(out, from_, u->match);
	out += u->match;
	u->run = u->match = 0;
	u->in_line = true;
	return out;
}

/* One byte more; writes 0 to 7 bytes. */
static char *
put_byte(struct mbox *m, char *out, char c)
{
	struct unquote *u = &m->unquote;

	if (!u->in_line && !u->in_head) {
		if (u->match == 0 && c == '>') {
			if (u->run++ > 0)
				*out++ = '>';
			return out;
		}
		if (u->run > 0 && c == from_[u->match]) {
			if (++u->match < 5)
				return out;
			if (m->dialect == MBOX_RD || u->run == 1) {
				u->changed = true;
				return give_held(u, out, false);
			}
			return give_held(u, out, true);
		}
		out = give_held(u, out, true);
	}
	if (c != m->eol) {
		u->in_line = true;
		u->line_empty = u->line_empty && c == '\r';
		*out++ = c;
		return out;
	}
	if (u->line_empty)
		u->in_head = false;
	u->in_line = false;
	u->line_empty = true;
	if (c == '\r') {
		u->changed = true;
		c = '\n';
	}
	*out++ = c;
	return out;
}

/* The middle of a line, in one go: returns the bytes it took. */
static size_t
put_run(struct mbox *m, char *out, const char *p, size_t n)
{
	const char *end = memchr(p, m->eol, n);
	size_t len = end == NULL ? n : (size_t)(end - p);

	memcpy(out, p, len);
	if (len > 0)
		m->unquote.line_empty = false;
	return len;
}

/* Fill 'buf', which has room for at least 8 bytes. */
static ssize_t
unquoted(struct mbox *m, char *buf, size_t cap, struct err *err)
{
	struct unquote *u = &m->unquote;
	char *out = buf;
	const char *p;
	size_t i, room, len;
	ssize_t n;

	while ((room = cap - (size_t)(out - buf)) >= 8) {
		n = mbox_raw(m, u->at, &p, err);
		if (n < 0)
			return -1;
		if (n == 0) { /* what the last line began with */
			out = give_held(u, out, true);
			break;
		}
		for (i = 0; i < (size_t)n && room >= 8;
		     room = cap - (size_t)(out - buf)) {
			if (u->in_line && !u->line_empty) {
				len =
				    (size_t)n - i < room ? (size_t)n - i : room;
				len = put_run(m, out, p + i, len);
				out += len;
				i += len;
				if (len > 0)
					continue;
			}
			out = put_byte(m, out, p[i++]);
		}
		u->at += i;
	}
	return out - buf;
}

static ssize_t
as_stored(struct mbox *m, char *buf, size_t cap, struct err *err)
{
	const char *p;
	ssize_t n = mbox_raw(m, m->unquote.at, &p, err);

	if (n <= 0)
		return n;
	if ((size_t)n > cap)
		n = (ssize_t)cap;
	memcpy(buf, p, (size_t)n);
	m->unquote.at += (uint64_t)n;
	return n;
}

ssize_t
mbox_read(struct mbox *m, char *buf, size_t cap, struct err *err)
{
	struct unquote *u = &m->unquote;
	ssize_t n;

	if (!m->it.quoted)
		return as_stored(m, buf, cap, err);
	if (cap >= sizeof(u->spare) && u->spare_at == u->spare_n)
		return unquoted(m, buf, cap, err);
	if (u->spare_at == u->spare_n) {
		n = unquoted(m, u->spare, sizeof(u->spare), err);
		if (n <= 0)
			return n;
		u->spare_at = 0;
		u->spare_n = (size_t)n;
	}
	if (cap > u->spare_n - u->spare_at)
		cap = u->spare_n - u->spare_at;
	memcpy(buf, u->spare + u->spare_at, cap);
	u->spare_at += cap;
	return (ssize_t)cap;
}
