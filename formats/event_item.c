/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an item says of the event, task or entry that it is; see event.h. */
#include "core/text.h"
#include "formats/event.h"
#include "formats/html_text.h"
#include "formats/pst/codepage.h"

#define BODY_MAX (1u << 20) /* bytes of UTF-8 */

struct gather {
	struct buf b;
	bool full;
};

static int
put_gather(void *arg, const void *data, size_t len, struct err *err)
{
	struct gather *g = arg;
	size_t room = BODY_MAX - g->b.n;

	buf_put(&g->b, data, len < room ? len : room);
	if (len <= room)
		return 0;
	g->full = true;
	return err_set(err, SCOPE_MSG, EX_DATAERR, "enough");
}

static bool
take_body(struct slice *to, const struct item_body *body, struct arena *a)
{
	struct gather g = { 0 };
	struct item_sink sink = { put_gather, &g };
	struct buf utf8 = { 0 };
	struct err err = { 0 };

	if (body->stream.copy == NULL)
		return true;
	body->stream.copy(body->stream.arg, &sink, &err);
	codepage_to_utf8(&utf8, buf_slice(&g.b),
	    body->codepage == 0 && text_is_utf8(buf_slice(&g.b))
		? CODEPAGE_UTF8
		: body->codepage);
	if (utf8.n > BODY_MAX) {
		utf8.n = BODY_MAX;
		g.full = true;
	}
	*to = slice_of(arena_slice(a, buf_slice(&utf8)), utf8.n);
	buf_free(&g.b);
	buf_free(&utf8);
	return !g.full;
}

bool
event_take_item(struct event_about *about, const struct item *it,
    struct arena *a)
{
	bool whole = take_body(&about->plain, &it->plain, a);
	struct buf text = { 0 };

	whole &= take_body(&about->html, &it->html, a);
	if (about->plain.n == 0 && about->html.n > 0) {
		html_to_text(&text, about->html);
		about->plain =
		    slice_of(arena_slice(a, buf_slice(&text)), text.n);
		buf_free(&text);
	}
	if (about->uid.n == 0)
		about->uid = it->uid;
	about->subject = it->subject;
	about->categories = it->categories;
	about->n_categories = it->n_categories;
	about->importance = it->importance;
	about->sensitivity = it->sensitivity;
	about->created = it->created;
	about->modified = it->modified;
	return whole;
}

/* ------------------------------------------------------------------ copies */

static struct slice
copy(struct slice s, struct arena *a)
{
	return s.n == 0 ? slice_of("", 0) : slice_of(arena_slice(a, s), s.n);
}

static void
copy_person(struct item_person *p, struct arena *a)
{
	p->name = copy(p->name, a);
	p->smtp = copy(p->smtp, a);
	p->x500 = copy(p->x500, a);
}

static const struct slice *
copy_list(const struct slice *v, size_t n, struct arena *a)
{
	struct slice *to = arena_alloc(a, n * sizeof(*to) + 1);
	size_t i;

	for (i = 0; i < n; i++)
		to[i] = copy(v[i], a);
	return to;
}

void
event_copy_texts(struct event *e, struct arena *a)
{
	struct event_about *about = &e->about;
	struct event_attendee *to;
	size_t i;

	about->uid = copy(about->uid, a);
	about->subject = copy(about->subject, a);
	about->plain = copy(about->plain, a);
	about->html = copy(about->html, a);
	about->billing = copy(about->billing, a);
	about->mileage = copy(about->mileage, a);
	about->categories =
	    copy_list(about->categories, about->n_categories, a);
	about->companies = copy_list(about->companies, about->n_companies, a);
	about->contacts = copy_list(about->contacts, about->n_contacts, a);
	e->location = copy(e->location, a);
	e->conference = copy(e->conference, a);
	copy_person(&e->organizer, a);
	to = arena_alloc(a, e->n_attendees * sizeof(*to) + 1);
	for (i = 0; i < e->n_attendees; i++) {
		to[i] = e->attendees[i];
		copy_person(&to[i].who, a);
	}
	e->attendees = to;
}
