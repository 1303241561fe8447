/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Contacts, appointments and the like that somebody attached to a message:
 * they travel as what other programs take them for, a vCard, a calendar.
 */
#include "formats/item_out.h"
#include "formats/mime_impl.h"

static const char *
type_of(enum item_kind kind)
{
	switch (kind) {
	case KIND_CONTACT:
	case KIND_LIST:
		return "text/vcard";
	case KIND_EVENT:
	case KIND_TASK:
	case KIND_JOURNAL:
		return "text/calendar";
	case KIND_NOTE:
		return "text/plain";
	default:
		return NULL; /* as a message, then: what it says can be read */
	}
}

struct embedded {
	const struct item_attach *at;
	struct mime_out *o;
	enum item_kind kind;
};

static void
on_problem(void *arg, const char *text)
{
	struct embedded *e = arg;

	out_problem(e->o, "%s", text);
}

static int
copy_embedded(void *arg, const struct item_sink *to, struct err *err)
{
	struct embedded *e = arg;
	struct item_out_opts opts = { .problem = on_problem, .arg = e };
	struct item *it = NULL;
	int rc;

	if (e->at->open(e->at->arg, &it, err) != 0)
		return -1;
	rc = item_out(it, e->kind, &opts, to, err);
	item_close(&it);
	return rc < 0 ? -1 : 1;
}

struct part *
mime_plan_embedded(struct mime_plan *p, const struct item_attach *at,
    const char **ending_r)
{
	struct embedded *e;
	struct item *it = NULL;
	struct err err = { 0 };
	struct part *part;
	enum item_kind kind;

	if (at->open == NULL || at->open(at->arg, &it, &err) != 0)
		return NULL;
	kind = item_kind_of(it->class);
	if (kind != KIND_MAIL)
		kind = item_out_kind(it);
	item_close(&it);
	if (type_of(kind) == NULL)
		return NULL;
	e = arena_alloc(p->a, sizeof(*e));
	*e = (struct embedded){ at, p->o, kind };
	part = plan_part(p, PART_DATA, type_of(kind));
	part->params = "; charset=utf-8";
	part->bytes.copy = copy_embedded;
	part->bytes.arg = e;
	*ending_r = kind == KIND_NOTE ? ".txt"
	    : part->type[5] == 'v'    ? ".vcf"
				      : ".ics";
	return part;
}
