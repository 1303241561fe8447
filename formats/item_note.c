/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notes as text; see item_note.h. */
#include "formats/item_note.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/io.h"
#include "core/limits.h"
#include "core/mem.h"
#include "formats/item_text.h"
#include "formats/pst/codepage.h"

#define HEAD_MAX       65536
#define CATEGORIES_MAX 1000

/* PidLidNoteColor, [MS-OXONOTE] 2.2.1.1 */
static const char *const colors[] = { "blue", "green", "pink", "yellow",
	"white" };
#define COLORS (sizeof(colors) / sizeof(colors[0]))

struct lines {
	const struct item_sink *to;
	struct buf out;
	bool was_cr, only_first;
	bool first_over;
};

/* CRLF and lone CR to LF. */
static int
on_text(void *arg, const void *data, size_t len, struct err *err)
{
	struct lines *l = arg;
	const char *p = data;
	int rc = 0;

	for (; len > 0; len--, p++) {
		if (*p == '\n' && l->was_cr) {
			l->was_cr = false;
			continue;
		}
		l->was_cr = *p == '\r';
		if (l->only_first && (*p == '\r' || *p == '\n'))
			l->first_over = l->first_over || l->out.n > 0;
		else if (!l->first_over || !l->only_first)
			buf_putc(&l->out, *p == '\r' ? '\n' : *p);
		if (l->only_first && (l->first_over || l->out.n > HEAD_MAX))
			return err_set(err, SCOPE_MSG, EX_OK, "enough");
	}
	if (!l->only_first) {
		if (l->out.n > 0)
			rc = l->to->put(l->to->arg, l->out.p, l->out.n, err);
		buf_clear(&l->out);
	}
	return rc;
}

/* Outlook calls a note what its first line is, or the beginning of that. */
static bool
is_first_line(const struct item *it)
{
	struct lines l = { .only_first = true };
	struct item_sink to = { on_text, &l };
	struct slice line, s = slice_trim(it->subject);
	struct err err = { 0 };
	bool yes;

	item_text(it, &to, &err);
	line = slice_trim(buf_slice(&l.out));
	yes = s.n <= line.n && (s.n == 0 || memcmp(s.p, line.p, s.n) == 0);
	buf_free(&l.out);
	return yes;
}

static void
put_head(struct buf *b, const char *name, struct slice value)
{
	size_t i;

	value = slice_trim(value);
	if (value.n == 0)
		return;
	buf_puts(b, name);
	for (i = 0; i < value.n; i++)
		buf_putc(b,
		    (unsigned char)value.p[i] < 0x20 ? ' ' : value.p[i]);
	buf_putc(b, '\n');
}

static void
put_time(struct buf *b, const char *name, int64_t t)
{
	char iso[32];

	if (t != DATE_UNKNOWN)
		put_head(b, name, slice_str(date_format_iso(iso, t)));
}

static void
put_all_heads(struct buf *b, const struct item *it)
{
	struct buf list = { 0 };
	size_t i;

	if (!is_first_line(it))
		put_head(b, "Subject: ", it->subject);
	for (i = 0; i < it->n_categories; i++) {
		buf_puts(&list, i > 0 ? "; " : "");
		buf_put(&list, it->categories[i].p, it->categories[i].n);
	}
	put_head(b, "Categories: ", buf_slice(&list));
	buf_free(&list);
	if (it->note_color >= 0 && it->note_color < (int32_t)COLORS)
		put_head(b, "Color: ", slice_str(colors[it->note_color]));
	put_time(b, "Created: ", it->created);
	put_time(b, "Modified: ", it->modified);
	buf_putc(b, '\n');
}

int
note_write(const struct item *it, void (*problem)(void *arg, const char *text),
    void *arg, const struct item_sink *to, struct err *err)
{
	struct lines l = { .to = to };
	struct item_sink mine = { on_text, &l };
	int rc;

	put_all_heads(&l.out, it);
	rc = to->put(to->arg, l.out.p, l.out.n, err);
	buf_clear(&l.out);
	if (rc == 0)
		rc = item_text(it, &mine, err);
	if (rc == 0 && problem != NULL)
		problem(arg, "its text ends early");
	buf_free(&l.out);
	return rc < 0 ? -1 : 0;
}

/* ---------------------------------------------------------------- reading */

struct note {
	struct item pub;
	struct arena a;
	int fd;
	uint64_t from, size;
};

static int
copy_text(void *arg, const struct item_sink *to, struct err *err)
{
	struct note *n = arg;
	char *block = mem_alloc(1, LIMIT_BLOCK);
	uint64_t at = n->from;
	ssize_t got;
	int rc = 1;

	while (rc == 1 &&
	    (got = io_pread_full(n->fd, block, LIMIT_BLOCK, at)) != 0) {
		if (got < 0)
			rc = err_sys(err, SCOPE_MSG, EX_IOERR, "reading");
		else if (to->put(to->arg, block, (size_t)got, err) != 0)
			rc = -1;
		at += got > 0 ? (uint64_t)got : 0;
	}
	free(block);
	return rc;
}

static void
close_note(struct item *it)
{
	struct note *n = (struct note *)it;

	arena_free(&n->a);
	free(n);
}

static void
take_categories(struct note *n, struct slice s)
{
	struct slice one;
	const char *sep;
	size_t k;

	n->pub.categories =
	    arena_alloc(&n->a, CATEGORIES_MAX * sizeof(*n->pub.categories));
	while (s.n > 0 && n->pub.n_categories < CATEGORIES_MAX) {
		sep = memchr(s.p, ';', s.n);
		k = sep == NULL ? s.n : (size_t)(sep - s.p);
		one = slice_trim(slice_of(s.p, k));
		if (one.n > 0)
			n->pub.categories[n->pub.n_categories++] = one;
		s = slice_from(s, k + 1);
	}
}

static void
take_head(struct note *n, struct slice line)
{
	static const char *const names[] = { "Subject: ", "Categories: ",
		"Color: ", "Created: ", "Modified: " };
	struct slice v = slice_of("", 0);
	size_t i, k;

	for (i = 0; i < 5; i++)
		if (slice_starts(line, names[i]))
			break;
	if (i == 5)
		return;
	v = slice_trim(slice_from(line, strlen(names[i])));
	if (i == 0)
		n->pub.subject = v;
	else if (i == 1)
		take_categories(n, v);
	else if (i == 3)
		date_parse_iso(v, &n->pub.created);
	else if (i == 4)
		date_parse_iso(v, &n->pub.modified);
	for (k = 0; i == 2 && k < COLORS; k++)
		if (slice_is(v, colors[k]))
			n->pub.note_color = (int32_t)k;
}

int
note_read(int fd, struct item **item_r, struct err *err)
{
	struct note *n = mem_alloc(1, sizeof(*n));
	struct slice rest, line;
	struct stat st;
	ssize_t got;
	char *head;

	item_init(&n->pub);
	n->pub.close = close_note;
	n->pub.class = slice_str("IPM.StickyNote");
	n->fd = fd;
	head = arena_alloc(&n->a, HEAD_MAX);
	got = io_pread_full(fd, head, HEAD_MAX, 0);
	if (got < 0 || fstat(fd, &st) < 0) {
		err_sys(err, SCOPE_MSG, EX_IOERR, "reading a note");
		close_note(&n->pub);
		return -1;
	}
	rest = slice_of(head, (size_t)got);
	while (slice_next_line(&rest, &line) && slice_trim(line).n > 0)
		take_head(n, line);
	n->from = (uint64_t)(rest.p - head);
	n->size = (uint64_t)st.st_size;
	n->pub.plain.codepage = CODEPAGE_UTF8;
	n->pub.plain.stream = (struct item_stream){ .copy = copy_text,
		.arg = n,
		.size = n->size > n->from ? n->size - n->from : 0 };
	*item_r = &n->pub;
	return 0;
}
