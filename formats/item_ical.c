/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calendars with their attachments; see item_ical.h. */
#include "formats/item_ical.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/mem.h"
#include "core/num.h"
#include "core/text.h"
#include "formats/event.h"
#include "formats/ical.h"
#include "formats/item_attach.h"
#include "formats/pst/codepage.h"
#include "formats/vcard_impl.h"

#define LINE_KEEP	(4u << 20) /* a text of ICAL_TEXT_MAX, escaped */
#define ATTACHMENTS_MAX 1000

/* Stands in the text for the n-th attachment: nobody else's URI. */
#define MARK "x-postroad-attachment:"

struct writer {
	struct vcard_out o;
	const struct item *it;
	void (*problem)(void *arg, const char *text);
	void *arg;
};

/* "C:\Docs\a b.doc" as a URI, RFC 8089. */
static struct slice
file_uri(struct arena *a, struct slice path)
{
	struct buf b = { 0 };
	struct slice out;
	size_t i;

	buf_puts(&b,
	    path.n > 1 && path.p[0] == '\\' && path.p[1] == '\\' ? "file:"
								 : "file:///");
	for (i = 0; i < path.n; i++) {
		unsigned char c = (unsigned char)path.p[i];

		if (c == '\\')
			buf_putc(&b, '/');
		else if (c <= ' ' || c >= 0x7f || strchr("%\"<>?#", c) != NULL)
			buf_putf(&b, "%%%02X", c);
		else
			buf_putc(&b, (char)c);
	}
	out = slice_of(arena_slice(a, buf_slice(&b)), b.n);
	buf_free(&b);
	return out;
}

static bool
is_carried(const struct item_attach *at)
{
	/* an exception is in the rule's changes already */
	return !at->exception &&
	    (at->method != ITEM_ATTACH_NOTHING || at->data.copy != NULL);
}

/* Marks for all attachments. */
static void
mark_all(const struct item *it, struct event_about *about, struct arena *a)
{
	const struct item_attach *at;
	struct event_attach *v =
	    arena_alloc(a, it->n_attachments * sizeof(*v) + 1);
	size_t i, n = 0;

	for (i = 0; i < it->n_attachments; i++) {
		at = &it->attachments[i];
		if (!is_carried(at))
			continue;
		v[n].name = at->name;
		v[n].mime = item_attach_type(at);
		v[n].uri = at->method == ITEM_ATTACH_LINK
		    ? file_uri(a, at->path)
		    : slice_str(arena_fmt(a, MARK "%zu", i));
		n++;
	}
	about->attachments = v;
	about->n_attachments = n;
}

static int
make_text(struct writer *w, struct buf *text, struct arena *a, struct err *err)
{
	struct ical_opts opts = { .method = ICAL_STORED,
		.stamp = DATE_UNKNOWN,
		.problem = w->problem,
		.arg = w->arg };
	const struct item *it = w->it;

	if (it->event != NULL) {
		struct event e = *it->event;

		mark_all(it, &e.about, a);
		return ical_put_event(text, &e, &opts, err);
	}
	if (it->task != NULL) {
		struct task t = *it->task;

		mark_all(it, &t.about, a);
		return ical_put_task(text, &t, &opts, err);
	}
	if (it->journal != NULL) {
		struct journal j = *it->journal;

		mark_all(it, &j.about, a);
		return ical_put_journal(text, &j, &opts, err);
	}
	return err_set(err, SCOPE_MSG, EX_SOFTWARE, "nothing of a calendar");
}

static void
tell(struct writer *w, const struct item_attach *at, const char *what,
    const struct err *why)
{
	struct buf b = { 0 };

	if (w->problem == NULL || w->o.failed)
		return;
	buf_puts(&b, "attachment '");
	text_escape(&b, at->name);
	buf_putf(&b, "' %s%s%s", what, why->text[0] != '\0' ? ": " : "",
	    why->text);
	w->problem(w->arg, buf_str(&b));
	buf_free(&b);
}

/* The line of a mark, unfolded: its parameters stay, the bytes come. */
static bool
put_marked(struct writer *w, struct slice line)
{
	const char *mark =
	    memmem(line.p, line.n, ":" MARK, 1 + sizeof(MARK) - 1);
	struct item_attach_stream as;
	struct err why = { 0 };
	uint64_t n;
	int rc;

	if (mark == NULL ||
	    !num_u64(slice_from(line, (size_t)(mark - line.p) + sizeof(MARK)),
		w->it->n_attachments, &n) ||
	    n >= w->it->n_attachments)
		return false;
	vcard_put(&w->o, line.p, (size_t)(mark - line.p));
	vcard_puts(&w->o, ";ENCODING=BASE64;VALUE=BINARY:");
	item_attach_stream(&as, &w->it->attachments[n]);
	rc = vcard_put_base64(&w->o, &as.stream, &why);
	vcard_end_line(&w->o);
	if (rc < 0)
		tell(w, as.at, "cannot be read", &why);
	else if (rc == 1)
		tell(w, as.at, "ends early", &why);
	return true;
}

static void
put_text(struct writer *w, struct slice text)
{
	struct slice line, rest;
	struct buf whole = { 0 };

	while (slice_next_line(&text, &line)) {
		if (!slice_starts(line, "ATTACH")) {
			buf_put(&w->o.block, line.p, line.n);
			if (w->o.block.n > 16384)
				vcard_flush(&w->o);
			continue;
		}
		buf_clear(&whole);
		rest = text;
		buf_put(&whole, line.p, slice_trim(line).n);
		while (slice_next_line(&rest, &line) && line.n > 0 &&
		    line.p[0] == ' ') {
			line = slice_from(line, 1);
			while (line.n > 0 &&
			    (line.p[line.n - 1] == '\n' ||
				line.p[line.n - 1] == '\r'))
				line.n--;
			buf_put(&whole, line.p, line.n);
			text = rest;
		}
		if (!put_marked(w, buf_slice(&whole))) {
			vcard_put(&w->o, whole.p, whole.n);
			vcard_end_line(&w->o);
		}
	}
	buf_free(&whole);
}

int
item_ical_write(const struct item *it,
    void (*problem)(void *arg, const char *text), void *arg,
    const struct item_sink *to, struct err *err)
{
	struct writer w = { .o = { .to = to, .err = err },
		.it = it,
		.problem = problem,
		.arg = arg };
	struct arena a = { 0 };
	struct buf text = { 0 };
	int rc = make_text(&w, &text, &a, err);

	if (rc == 0) {
		put_text(&w, buf_slice(&text));
		rc = vcard_flush(&w.o);
	}
	buf_free(&w.o.block);
	buf_free(&text);
	arena_free(&a);
	return rc;
}

/* ---------------------------------------------------------------- reading */

struct calendar {
	struct item pub;
	struct arena a;
	struct slice plain;
};

static void
close_calendar(struct item *it)
{
	struct calendar *c = (struct calendar *)it;

	arena_free(&c->a);
	free(c);
}

static int
copy_plain(void *arg, const struct item_sink *to, struct err *err)
{
	const struct slice *s = arg;

	return to->put(to->arg, s->p, s->n, err) != 0 ? -1 : 1;
}

static struct slice
keep(struct calendar *c, struct slice s)
{
	return slice_of(arena_slice(&c->a, s), s.n);
}

static void
take_attach(struct calendar *c, int fd, const struct vcard_line *line)
{
	struct item_attach *at = &c->pub.attachments[c->pub.n_attachments++];

	at->method = ITEM_ATTACH_DATA;
	at->position = -1;
	at->name = keep(c, vcard_param(line, "X-FILENAME"));
	at->mime = keep(c, vcard_param(line, "FMTTYPE"));
	at->data = vcard_value_bytes(&c->a, fd, line, 0);
}

/* The text without what is attached in it, which stays in the file. */
static int
split(struct calendar *c, int fd, struct buf *text, struct err *err)
{
	struct vcard_lines *lines = vcard_lines_new(fd, LINE_KEEP);
	struct vcard_line line;
	struct arena a = { 0 };
	int rc;

	c->pub.attachments =
	    arena_alloc(&c->a, ATTACHMENTS_MAX * sizeof(*c->pub.attachments));
	while ((rc = vcard_lines_next(lines, &a, &line, err)) == 1) {
		if (slice_is(line.name, "ATTACH") &&
		    slice_is_nocase(vcard_param(&line, "ENCODING"), "BASE64") &&
		    c->pub.n_attachments < ATTACHMENTS_MAX) {
			take_attach(c, fd, &line);
		} else {
			buf_put(text, line.raw.p, line.raw.n);
			buf_puts(text, "\r\n");
		}
		arena_reset(&a);
		if (text->n > ICAL_PARSE_MAX) {
			rc = err_set(err, SCOPE_MSG, EX_DATAERR,
			    "its text is larger than %u bytes", ICAL_PARSE_MAX);
			break;
		}
	}
	arena_free(&a);
	vcard_lines_free(&lines);
	return rc;
}

/* What a file refers to elsewhere is an attachment, too. */
static void
take_links(struct calendar *c, const struct event_about *about)
{
	struct item_attach *at;
	size_t i;

	for (i = 0;
	     i < about->n_attachments && c->pub.n_attachments < ATTACHMENTS_MAX;
	     i++) {
		if (about->attachments[i].uri.n == 0)
			continue;
		at = &c->pub.attachments[c->pub.n_attachments++];
		at->method = ITEM_ATTACH_LINK;
		at->position = -1;
		at->name = about->attachments[i].name;
		at->path = about->attachments[i].uri;
	}
}

static void
take_about(struct calendar *c, const struct event_about *about)
{
	struct item *it = &c->pub;
	size_t i;

	it->subject = about->subject;
	it->uid = about->uid;
	it->importance = about->importance;
	it->sensitivity = about->sensitivity;
	it->created = about->created;
	it->modified = about->modified;
	it->n_categories = about->n_categories;
	it->categories = arena_alloc(&c->a,
	    about->n_categories * sizeof(*it->categories) + 1);
	for (i = 0; i < about->n_categories; i++)
		it->categories[i] = about->categories[i];
	c->plain = about->plain;
	if (c->plain.n > 0) {
		it->plain.codepage = CODEPAGE_UTF8;
		it->plain.stream = (struct item_stream){ .copy = copy_plain,
			.arg = &c->plain,
			.size = c->plain.n };
	}
	take_links(c, about);
}

/* The things are the reader's own, in its arena; the item may change them. */
static int
take_thing(struct calendar *c, const struct ical_thing *t, struct err *err)
{
	struct item *it = &c->pub;

	if (t != NULL && t->event != NULL) {
		it->event = arena_alloc(&c->a, sizeof(*it->event));
		*it->event = *t->event;
		it->class = slice_str("IPM.Appointment");
		take_about(c, &t->event->about);
	} else if (t != NULL && t->task != NULL) {
		it->task = arena_alloc(&c->a, sizeof(*it->task));
		*it->task = *t->task;
		it->class = slice_str("IPM.Task");
		take_about(c, &t->task->about);
	} else if (t != NULL && t->journal != NULL) {
		it->journal = arena_alloc(&c->a, sizeof(*it->journal));
		*it->journal = *t->journal;
		it->class = slice_str("IPM.Activity");
		take_about(c, &t->journal->about);
	} else {
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "there is no event, task or journal entry in it");
	}
	return 0;
}

int
item_ical_read(int fd, void (*problem)(void *arg, const char *text), void *arg,
    struct item **item_r, struct err *err)
{
	struct calendar *c = mem_alloc(1, sizeof(*c));
	struct ical_opts opts = { .stamp = DATE_UNKNOWN,
		.problem = problem,
		.arg = arg };
	struct ical_file f = { 0 };
	struct buf text = { 0 };
	int rc;

	item_init(&c->pub);
	c->pub.close = close_calendar;
	rc = split(c, fd, &text, err);
	if (rc == 0)
		rc = ical_parse(buf_slice(&text), &c->a, &opts, &f, err);
	if (rc == 0)
		rc = take_thing(c, f.things, err);
	buf_free(&text);
	if (rc != 0) {
		close_calendar(&c->pub);
		return -1;
	}
	*item_r = &c->pub;
	return 0;
}
