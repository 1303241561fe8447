/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the messages of an mbox begin and end; see mbox.h.
 *
 * The search is for "From " with memmem(3), so the cost of a byte of mail is
 * a fraction of a nanosecond; only what is found is looked at closely.
 */
#include "formats/mbox.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/io.h"
#include "core/mem.h"
#include "core/num.h"
#include "formats/head.h"
#include "formats/mbox_impl.h"

static const char *const dialect_names[] = { "", "mboxo", "mboxrd", "mboxcl",
	"mboxcl2" };

const char *
mbox_dialect_name(enum mbox_dialect d)
{
	return dialect_names[d];
}

int
mbox_dialect_parse(const char *name, enum mbox_dialect *out)
{
	enum mbox_dialect d;

	for (d = MBOX_O; d <= MBOX_CL2; d++) {
		if (strcmp(name, dialect_names[d]) == 0) {
			*out = d;
			return 0;
		}
	}
	return -1;
}

/* The line at the front of 'text' without its end; *next_r what follows.
 * False if it is longer than a postmark may be. */
static bool
short_line(struct slice text, char eol, struct slice *line_r,
    struct slice *next_r)
{
	size_t max = text.n > POSTMARK_MAX ? POSTMARK_MAX + 1 : text.n;
	const char *end = max == 0 ? NULL : memchr(text.p, eol, max);

	if (end == NULL && text.n > POSTMARK_MAX)
		return false;
	*line_r =
	    slice_of(text.p, end == NULL ? text.n : (size_t)(end - text.p));
	*next_r = slice_from(text, line_r->n + (end != NULL));
	if (eol == '\n' && line_r->n > 0 && line_r->p[line_r->n - 1] == '\r')
		line_r->n--;
	return true;
}

/* Does the line before 'at' have nothing in it?  'at' is a line's start. */
static bool
blank_before(const struct mbox *m, uint64_t at)
{
	size_t have = at - m->base > 3 ? 3 : (size_t)(at - m->base);
	const char *p = mbox_at(m, at) - have;

	if (have < 2)
		return true; /* the file's first line */
	if (p[have - 2] == m->eol)
		return true;
	return m->eol == '\n' && p[have - 2] == '\r' &&
	    (have < 3 || p[have - 3] == '\n');
}

/* "From " stands at 'at', the start of a line, with MBOX_AHEAD behind it. */
static bool
is_boundary(const struct mbox *m, uint64_t at)
{
	struct slice line, next;
	struct postmark mark;

	if (!short_line(mbox_rest(m, at), m->eol, &line, &next) ||
	    !postmark_parse(line, &mark))
		return false;
	return blank_before(m, at) || postmark_header_follows(next);
}

/* "From " stands at 'at' behind a '>': is that quoting? */
static void
note_quoting(struct mbox *m, uint64_t at)
{
	const char *p = mbox_at(m, at), *from = p;

	while (from > m->window && from[-1] == '>')
		from--;
	/* the start of the run may have left the window: then say yes */
	if (from > m->window && from[-1] != m->eol)
		return;
	m->seen_quoted = m->seen_in_item = true;
	if (p - from > 1)
		m->seen_quoted_twice = true;
}

/*
 * Find the first postmark at or behind 'from', the start of a line; the
 * file's size if there is none.
 */
static int
find_boundary(struct mbox *m, uint64_t from, uint64_t *at_r, struct err *err)
{
	uint64_t pos = from, behind, at;
	const char *hit;
	struct slice rest;

	for (;;) {
		behind = pos > MBOX_BEHIND ? pos - MBOX_BEHIND : 0;
		if (mbox_need(m, behind, pos + MBOX_AHEAD, err) < 0)
			return -1;
		rest = mbox_rest(m, pos);
		hit = memmem(rest.p, rest.n, "From ", 5);
		if (hit == NULL && m->base + m->n == m->size) {
			*at_r = m->size;
			return 0;
		}
		if (hit == NULL) {
			pos += rest.n - 4; /* "From" may stand at the end */
			continue;
		}
		at = pos + (uint64_t)(hit - rest.p);
		if (at == from || hit[-1] == m->eol) {
			if (m->base + m->n < m->size &&
			    m->base + m->n < at + MBOX_AHEAD) {
				pos = at; /* see more of it first */
				continue;
			}
			if (is_boundary(m, at)) {
				*at_r = at;
				return 0;
			}
			m->seen_bare = true;
		} else if (hit[-1] == '>') {
			note_quoting(m, at);
		}
		pos = at + 5;
	}
}

/* Is the header before the blank line before 'at' one of a message/rfc822
 * part?  Then the postmark may be the attached message's. */
static bool
is_embedded(const struct mbox *m, uint64_t at)
{
	uint64_t from = at - m->base > MBOX_BEHIND ? at - MBOX_BEHIND : m->base;
	struct slice rest = slice_of(mbox_at(m, from), (size_t)(at - from));
	struct slice line, part, value;

	if (!blank_before(m, at))
		return false;
	part = rest;
	while (slice_next_line(&rest, &line)) {
		if (line.n > 2)
			continue;
		if (rest.n > 0 &&
		    (slice_is(line, "\n") || slice_is(line, "\r\n")))
			part = rest;
	}
	if (!slice_starts(part, "--") || !slice_next_line(&part, &line) ||
	    !head_find(part, "Content-Type", &value))
		return false;
	value = slice_trim(value);
	return value.n >= 14 && strncasecmp(value.p, "message/rfc822", 14) == 0;
}

int
mbox_length_lands(struct mbox *m, uint64_t body, uint64_t length,
    uint64_t *end_r)
{
	char tail[2 * MBOX_AHEAD];
	struct slice rest, line, next;
	struct postmark pm;
	ssize_t n;
	int blanks = 0;
	uint64_t at = body + length;

	if (length > m->full || at > m->full || at < body)
		return 0;
	n = io_pread_full(m->fd, tail, sizeof(tail), at);
	if (n < 0)
		return 0;
	rest = slice_of(tail, (size_t)n);
	while (blanks < 2 && rest.n > 0 &&
	    (rest.p[0] == '\n' || slice_starts(rest, "\r\n"))) {
		rest = slice_from(rest, rest.p[0] == '\n' ? 1 : 2);
		blanks++;
	}
	at += (uint64_t)(rest.p - tail);
	if (at < m->full &&
	    (!short_line(rest, '\n', &line, &next) ||
		!postmark_parse(line, &pm) ||
		(blanks == 0 && !postmark_header_follows(next))))
		return 0;
	*end_r = at;
	return 1;
}

/* The end of the current message by its Content-Length, if that is true. */
static int
end_by_length(struct mbox *m, uint64_t *end_r, struct err *err)
{
	struct slice head, name, value;
	uint64_t length, body;

	if (mbox_need(m, m->start, m->start + LIMIT_HEAD_BYTES, err) < 0)
		return -1;
	head = mbox_rest(m, m->start);
	if (head.n > LIMIT_HEAD_BYTES)
		head.n = LIMIT_HEAD_BYTES;
	body = m->start + head_length(head);
	while (head_next(&head, &name, &value)) {
		if (!slice_is_nocase(name, "Content-Length") ||
		    !num_u64(slice_trim(value), UINT64_MAX, &length))
			continue;
		if (mbox_length_lands(m, body, length, end_r))
			return 1;
		if (length > m->full - body)
			m->overrun = true;
	}
	return 0;
}

/* How many bytes before 'end' are the blank line that the mbox put there? */
static unsigned
separator_before(const struct mbox *m, uint64_t end)
{
	const char *p = mbox_at(m, end);
	uint64_t n = end - m->start;

	if (!m->separated || n == 0 || p[-1] != m->eol)
		return 0;
	if (n == 1 || p[-2] == m->eol)
		return 1;
	if (m->eol != '\n' || p[-2] != '\r')
		return 0;
	return n == 2 || p[-3] == '\n' ? 2 : 0;
}

/* Over the postmark, to the message's first byte. */
static int
take_postmark(struct mbox *m, struct err *err)
{
	struct slice line, next;

	if (mbox_need(m, m->next, m->next + MBOX_AHEAD, err) < 0)
		return -1;
	if (!short_line(mbox_rest(m, m->next), m->eol, &line, &next))
		return err_set(err, SCOPE_STORE, EX_SOFTWARE,
		    "bug: a postmark without an end");
	postmark_parse(line, &m->mark);
	m->it.date = m->mark.date;
	m->start = m->next + (uint64_t)(next.p - line.p);
	return 0;
}

int
mbox_next(struct mbox *m, struct mbox_item *it_r, struct err *err)
{
	uint64_t end = 0;
	int by_length = 0;

	if (m->next >= m->size)
		return 0;
	m->it = (struct mbox_item){ .offset = m->next,
		.date = DATE_UNKNOWN,
		.stray = m->next_stray,
		.embedded = m->next_embedded };
	m->keep = m->start = m->next;
	m->seen_in_item = m->overrun = false;
	if (!m->next_stray && take_postmark(m, err) < 0)
		return -1;
	if (m->trust_lengths && !m->it.stray) {
		by_length = end_by_length(m, &end, err);
		if (by_length < 0)
			return -1;
	}
	if (!by_length && find_boundary(m, m->start, &end, err) < 0)
		return -1;
	if (mbox_need(m, end > MBOX_BEHIND ? end - MBOX_BEHIND : 0, end, err) <
	    0)
		return -1;
	m->it.cut = end == m->size && end > m->start &&
	    (m->overrun || mbox_at(m, end)[-1] != m->eol);
	m->it.size = end - m->start;
	if (!m->it.stray)
		m->it.size -= separator_before(m, end);
	m->it.quoted = m->eol == '\r' ||
	    (m->seen_in_item && m->dialect != MBOX_CL &&
		m->dialect != MBOX_CL2);
	m->next = end;
	m->next_stray = false;
	m->next_embedded = end < m->size && is_embedded(m, end);
	mbox_rewind(m);
	*it_r = m->it;
	return 1;
}

/* Over a byte order mark and blank lines. */
static struct slice
first_line(struct slice head)
{
	if (slice_starts(head, "\xef\xbb\xbf"))
		head = slice_from(head, 3);
	while (head.n > 0 && (head.p[0] == '\n' || head.p[0] == '\r'))
		head = slice_from(head, 1);
	return head;
}

static char
line_end_of(struct slice head)
{
	if (head.n == 0 || memchr(head.p, '\n', head.n) != NULL ||
	    memchr(head.p, '\r', head.n) == NULL)
		return '\n';
	return '\r';
}

/* Is the first line of 'head' a postmark?  Here alone any "From " line will
 * do, if a header follows: what else should it be? */
static bool
opens_mbox(struct slice head, char eol, bool *header_r)
{
	struct slice line, next;
	struct postmark pm;

	if (!slice_starts(head, "From ") ||
	    !short_line(head, eol, &line, &next))
		return false;
	*header_r =
	    postmark_header_follows(next) || slice_starts(next, ">From ");
	return postmark_parse(line, &pm) || *header_r;
}

int
mbox_probe(struct slice head)
{
	bool header;

	if (!opens_mbox(first_line(head), line_end_of(head), &header))
		return 0;
	return header ? 95 : 60;
}

int
mbox_restart(struct mbox *m, struct err *err)
{
	struct slice head, first;
	bool header;

	m->keep = m->next = 0;
	m->next_embedded = false;
	do {
		m->keep = m->next;
		if (mbox_need(m, m->next, m->next + LIMIT_BLOCK, err) < 0)
			return -1;
		head = mbox_rest(m, m->next);
		first = first_line(head);
		m->next += (uint64_t)(first.p - head.p);
	} while (first.n == 0 && m->next < m->size);
	if (first.n < MBOX_AHEAD) {
		if (mbox_need(m, m->next, m->next + MBOX_AHEAD, err) < 0)
			return -1;
		first = mbox_rest(m, m->next);
	}
	m->next_stray =
	    m->next < m->size && !opens_mbox(first, m->eol, &header);
	return 0;
}

int
mbox_open(struct mbox **m_r, int fd, enum mbox_dialect want, struct err *err)
{
	struct stat st;
	struct mbox *m;

	*m_r = NULL;
	if (fstat(fd, &st) < 0)
		return err_sys(err, SCOPE_STORE, EX_NOINPUT, "fstat");
	m = mem_alloc(1, sizeof(*m));
	m->fd = fd;
	m->size = m->full = st.st_size < 0 ? 0 : (uint64_t)st.st_size;
	m->window = mem_alloc(1, MBOX_WINDOW);
	m->eol = '\n';
	if (mbox_need(m, 0, LIMIT_BLOCK, err) < 0)
		goto fail;
	m->eol = line_end_of(mbox_rest(m, 0));
	if (mbox_guess(m, want, err) < 0 || mbox_restart(m, err) < 0)
		goto fail;
	*m_r = m;
	return 0;
fail:
	mbox_close(&m);
	return -1;
}

enum mbox_dialect
mbox_dialect(const struct mbox *m)
{
	return m->dialect;
}

bool
mbox_has_evidence(const struct mbox *m)
{
	return m->evidence;
}

bool
mbox_has_cr_lines(const struct mbox *m)
{
	return m->eol == '\r';
}

uint64_t
mbox_done(const struct mbox *m)
{
	return m->next;
}

uint64_t
mbox_size(const struct mbox *m)
{
	return m->size;
}

void
mbox_close(struct mbox **m)
{
	if (*m == NULL)
		return;
	free((*m)->window);
	free((*m)->block);
	free(*m);
	*m = NULL;
}
