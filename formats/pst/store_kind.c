/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What hangs from an item, made part of it, and what class it then has; see
 * store_items.h. */
#include "formats/pst/store_items.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "formats/contact.h"
#include "formats/event.h"
#include "formats/item_kind.h"
#include "formats/pst/store_impl.h"

/* [MS-OXOCAL] 2.2.10.1.1: an exception among the attachments of its series */
#define EXCEPTION_CLASS "IPM.OLE.CLASS.{00061055-0000-0000-C000-000000000046}"

const char *
pst_item_class(const struct item *item)
{
	return item->contact != NULL ? "IPM.Contact"
	    : item->list != NULL     ? "IPM.DistList"
	    : item->event != NULL    ? "IPM.Appointment"
	    : item->task != NULL     ? "IPM.Task"
	    : item->journal != NULL  ? "IPM.Activity"
				     : "IPM.Note";
}

static const struct event_about *
about_of(const struct item *item)
{
	return item->event != NULL  ? &item->event->about
	    : item->task != NULL    ? &item->task->about
	    : item->journal != NULL ? &item->journal->about
				    : NULL;
}

/* ---------------------------------------------------- streams of slices */

static int
copy_slice(void *arg, const struct item_sink *to, struct err *err)
{
	const struct slice *s = arg;

	return to->put(to->arg, s->p, s->n, err) < 0 ? -1 : 1;
}

static struct item_stream
slice_stream(struct slice s, struct arena *a)
{
	struct slice *copy = arena_alloc(a, sizeof(*copy));

	*copy = s;
	return (struct item_stream){ copy_slice, copy, s.n };
}

/* ------------------------------------------------- what 'about' adds */

static void
add_files(struct item *it, const struct event_about *about, struct arena *a)
{
	size_t i, n = about->n_attachments;
	struct item_attach *v;

	if (it->n_attachments > 0 || n == 0)
		return;
	v = arena_alloc(a, n * sizeof(*v));
	for (i = 0; i < n; i++) {
		const struct event_attach *f = &about->attachments[i];

		v[i] = (struct item_attach){ .method = f->data.p != NULL
			    ? ITEM_ATTACH_DATA
			    : ITEM_ATTACH_LINK,
			.name = f->name,
			.mime = f->mime,
			.path = f->uri,
			.position = -1 };
		if (f->data.p != NULL)
			v[i].data = slice_stream(f->data, a);
	}
	it->attachments = v;
	it->n_attachments = n;
}

/* Where the item says nothing itself. */
static void
add_about(struct item *it, const struct event_about *about, struct arena *a)
{
	if (it->subject.n == 0)
		it->subject = about->subject;
	if (it->uid.n == 0)
		it->uid = about->uid;
	if (it->plain.stream.copy == NULL && about->plain.n > 0) {
		it->plain.stream = slice_stream(about->plain, a);
		it->plain.codepage = 65001;
	}
	if (it->html.stream.copy == NULL && about->html.n > 0) {
		it->html.stream = slice_stream(about->html, a);
		it->html.codepage = 65001;
	}
	if (it->n_categories == 0 && about->n_categories > 0) {
		it->categories = arena_alloc(a,
		    about->n_categories * sizeof(*it->categories));
		memcpy(it->categories, about->categories,
		    about->n_categories * sizeof(*it->categories));
		it->n_categories = about->n_categories;
	}
	if (it->importance == 1)
		it->importance = about->importance;
	if (it->sensitivity == 0)
		it->sensitivity = about->sensitivity;
	if (it->created == DATE_UNKNOWN)
		it->created = about->created;
	if (it->modified == DATE_UNKNOWN)
		it->modified = about->modified;
	add_files(it, about, a);
}

/* The people of a meeting are its recipients. */
static void
add_people(struct item *it, const struct event_attendee *v, size_t n,
    struct arena *a)
{
	size_t i;

	if (it->n_recipients > 0 || n == 0)
		return;
	it->recipients = arena_alloc(a, n * sizeof(*it->recipients));
	for (i = 0; i < n; i++)
		it->recipients[i] = (struct item_recipient){
			.type = v[i].role == EVENT_RESOURCE ? ITEM_BCC
			    : v[i].role == EVENT_OPTIONAL   ? ITEM_CC
							    : ITEM_TO,
			.who = v[i].who,
			.organizer = v[i].organizer,
			.answer = (int32_t)v[i].answer,
			.answered =
			    v[i].answered == DATE_UNKNOWN ? 0 : v[i].answered
		};
	it->n_recipients = n;
}

/* ------------------------------------------------------- changed instances */

struct exception {
	struct item item; /* first: close() gets it */
	struct event event;
};

static void
close_exception(struct item *it)
{
	free(it);
}

static int
open_exception(void *arg, struct item **item_r, struct err *err)
{
	const struct event *whole = arg;
	struct exception *x = mem_alloc(1, sizeof(*x));

	(void)err;
	item_init(&x->item);
	x->event = *whole;
	x->item.class = slice_str(EXCEPTION_CLASS);
	x->item.event = &x->event;
	x->item.close = close_exception;
	*item_r = &x->item;
	return 0;
}

static void
add_exceptions(struct item *it, const struct event *e, struct arena *a)
{
	const struct event_recur *r = e->recur;
	struct item_attach *v;
	size_t i, n = 0;

	if (r == NULL || r->n_changes == 0)
		return;
	v = arena_alloc(a, (it->n_attachments + r->n_changes) * sizeof(*v));
	/* those that were read are among the changes */
	for (i = 0; i < it->n_attachments; i++)
		if (!it->attachments[i].exception)
			v[n++] = it->attachments[i];
	for (i = 0; i < r->n_changes; i++) {
		struct event *whole;

		if (r->changes[i].whole == NULL)
			continue;
		whole = arena_alloc(a, sizeof(*whole));
		*whole = *r->changes[i].whole;
		whole->recur = NULL;
		if (whole->about.uid.n == 0)
			whole->about.uid = e->about.uid;
		if (whole->zone == NULL)
			whole->zone = e->zone;
		if (whole->replaces == DATE_UNKNOWN)
			whole->replaces = r->changes[i].original;
		v[n++] = (struct item_attach){ .method = ITEM_ATTACH_ITEM,
			.name = slice_str("Untitled"),
			.hidden = true,
			.exception = true,
			.position = -1,
			.open = open_exception,
			.arg = whole };
	}
	it->attachments = v;
	it->n_attachments = n;
}

/* [MS-OXOCAL] 2.2.10.1: what the attachment says of the instance in it. */
void
store_put_exception(struct pst_props *p, const struct item_attach *at)
{
	const struct event *e = at->arg;

	if (at->open != open_exception)
		return;
	props_int(p, PidTagAttachmentFlags, 2); /* afException */
	props_time(p, PidTagExceptionReplaceTime,
	    event_to_utc(e->zone, e->replaces));
	/* by the clock */
	if (e->start != DATE_UNKNOWN)
		props_time(p, PidTagExceptionStartTime,
		    e->all_day ? e->start : event_to_wall(e->zone, e->start));
	if (e->end != DATE_UNKNOWN)
		props_time(p, PidTagExceptionEndTime,
		    e->all_day ? e->end : event_to_wall(e->zone, e->end));
}

void
store_complete(struct item *it, struct arena *a)
{
	const struct event_about *about = about_of(it);

	if (it->class.n == 0)
		it->class = slice_str(pst_item_class(it));
	if (about != NULL)
		add_about(it, about, a);
	if (it->contact != NULL && it->subject.n == 0)
		it->subject = it->contact->text[CONTACT_DISPLAY];
	if (it->list != NULL && it->subject.n == 0)
		it->subject = it->list->name;
	if (it->event != NULL) {
		add_people(it, it->event->attendees, it->event->n_attendees, a);
		add_exceptions(it, it->event, a);
		if (it->from.name.n + it->from.smtp.n == 0)
			it->from = it->event->organizer;
	}
	if (it->task != NULL)
		add_people(it, it->task->assigned, it->task->n_assigned, a);
}

int
store_put_kind(struct pst_store_out *s, struct pst_props *p,
    const struct item *it, struct err *err)
{
	if (it->contact != NULL)
		store_put_contact(s, p, it);
	if (it->list != NULL)
		store_put_list(s, p, it);
	if (it->journal != NULL)
		store_put_journal(s, p, it->journal);
	if (item_kind_of(it->class) == KIND_NOTE)
		store_put_note(s, it, p);
	if (it->task != NULL && store_put_task(s, p, it->task, err) < 0)
		return -1;
	if (it->event != NULL && store_put_event(s, p, it->event, err) < 0)
		return -1;
	return 0;
}
