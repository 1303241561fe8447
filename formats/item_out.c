/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Items as files; see item_out.h. */
#include "formats/item_out.h"

#include "formats/event.h"
#include "formats/item_ical.h"
#include "formats/item_json.h"
#include "formats/item_note.h"
#include "formats/vcard.h"

/* A VEVENT must have one (RFC 5545 3.6.1). */
static bool
has_start(const struct event *e)
{
	return e != NULL && e->start != DATE_UNKNOWN;
}

enum item_kind
item_out_kind(const struct item *it)
{
	enum item_kind kind = item_kind_of(it->class);
	bool whole = kind == KIND_CONTACT ? it->contact != NULL
	    : kind == KIND_LIST		  ? it->list != NULL
	    : kind == KIND_EVENT	  ? has_start(it->event)
	    : kind == KIND_TASK		  ? it->task != NULL
	    : kind == KIND_JOURNAL	  ? it->journal != NULL
	    : kind == KIND_NOTE ? it->note_color >= 0 && it->n_attachments == 0
				: false;

	if (whole)
		return kind;
	return it->props != NULL ? KIND_OTHER : KIND_MAIL;
}

struct slice
item_out_title(const struct item *it)
{
	struct slice tries[6] = { it->subject };
	size_t i, n = 1;

	if (it->contact != NULL) {
		n = 0;
		tries[n++] = it->contact->text[CONTACT_DISPLAY];
		tries[n++] = it->contact->text[CONTACT_FILE_AS];
		tries[n++] = it->subject;
		tries[n++] = it->contact->text[CONTACT_COMPANY];
		tries[n++] = it->contact->email[0].smtp;
	} else if (it->list != NULL) {
		tries[0] = it->list->name;
	}
	for (i = 0; i < n; i++)
		if (slice_trim(tries[i]).n > 0)
			return slice_trim(tries[i]);
	return slice_of("", 0);
}

int
item_out(const struct item *it, enum item_kind kind,
    const struct item_out_opts *opts, const struct item_sink *to,
    struct err *err)
{
	struct vcard_opts card = { .version = opts->vcard,
		.problem = opts->problem,
		.arg = opts->arg };
	struct item_json_opts json = { .problem = opts->problem,
		.arg = opts->arg };

	switch (kind) {
	case KIND_CONTACT:
	case KIND_LIST:
		return vcard_write(it, &card, to, err);
	case KIND_EVENT:
	case KIND_TASK:
	case KIND_JOURNAL:
		return item_ical_write(it, opts->problem, opts->arg, to, err);
	case KIND_NOTE:
		return note_write(it, opts->problem, opts->arg, to, err);
	default:
		return item_json(it, &json, to, err);
	}
}

int
item_in(int fd, enum item_kind kind, const struct item_out_opts *opts,
    struct item **item_r, struct err *err)
{
	static const struct item_out_opts none;

	if (opts == NULL)
		opts = &none;
	switch (kind) {
	case KIND_CONTACT:
	case KIND_LIST:
		return vcard_read(fd, item_r, err);
	case KIND_EVENT:
	case KIND_TASK:
	case KIND_JOURNAL:
		return item_ical_read(fd, opts->problem, opts->arg, item_r,
		    err);
	case KIND_NOTE:
		return note_read(fd, item_r, err);
	default:
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "nobody knows what this item is");
	}
}
