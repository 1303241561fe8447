/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kinds of items; see item_kind.h. */
#include "formats/item_kind.h"

static const struct {
	const char *name, *one, *people, *ending;
	enum item_place place;
} kinds[ITEM_KINDS] = {
	[KIND_MAIL] = { "mail", "message", "messages", "eml", PLACE_MAIL },
	[KIND_CONTACT] = { "contact", "contact", "contacts", "vcf",
	    PLACE_CONTACTS },
	[KIND_LIST] = { "list", "distribution list", "distribution lists",
	    "vcf", PLACE_CONTACTS },
	[KIND_EVENT] = { "event", "appointment", "appointments", "ics",
	    PLACE_CALENDAR },
	[KIND_TASK] = { "task", "task", "tasks", "ics", PLACE_TASKS },
	[KIND_JOURNAL] = { "journal", "journal entry", "journal entries", "ics",
	    PLACE_JOURNAL },
	[KIND_NOTE] = { "note", "note", "notes", "txt", PLACE_NOTES },
	[KIND_OTHER] = { "other", "other item", "other items", "json",
	    PLACE_OTHER },
};

static const char *const places[ITEM_PLACES] = { "mail", "items/contacts",
	"items/calendar", "items/tasks", "items/journal", "items/notes",
	"items/other" };

static const struct {
	const char *class;
	enum item_kind kind;
} classes[] = {
	{ "IPM.Note", KIND_MAIL },
	{ "IPM.Post", KIND_MAIL },
	{ "IPM.Schedule.Meeting", KIND_MAIL },
	{ "REPORT", KIND_MAIL },
	{ "IPM.Outlook.Recall", KIND_MAIL },
	{ "IPM.Recall.Report", KIND_MAIL },
	{ "IPM.Sharing", KIND_MAIL },
	{ "IPM.Contact", KIND_CONTACT },
	{ "IPM.DistList", KIND_LIST },
	{ "IPM.Appointment", KIND_EVENT },
	{ "IPM.Task", KIND_TASK },
	{ "IPM.Activity", KIND_JOURNAL },
	{ "IPM.StickyNote", KIND_NOTE },
};

enum item_kind item_kind_of(struct slice class)
{
	size_t i, n;

	if (class.n == 0 || slice_is_nocase(class, "IPM"))
		return KIND_MAIL;
	for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		n = strlen(classes[i].class);
		if (class.n >= n &&
		    slice_is_nocase(slice_of(class.p, n), classes[i].class) &&
		    (class.n == n || class.p[n] == '.'))
			return classes[i].kind;
	}
	return KIND_OTHER;
}

const char *
item_kind_name(enum item_kind kind)
{
	return kinds[kind].name;
}

enum item_kind
item_kind_named(const char *name)
{
	size_t i;

	for (i = 0; i < ITEM_KINDS; i++)
		if (strcmp(kinds[i].name, name) == 0)
			break;
	return (enum item_kind)i;
}

enum item_place
item_kind_place(enum item_kind kind)
{
	return kinds[kind].place;
}

const char *
item_kind_ending(enum item_kind kind)
{
	return kinds[kind].ending;
}

const char *
item_place_name(enum item_place place)
{
	return places[place] + (place == PLACE_MAIL ? 0 : 6);
}

const char *
item_place_path(enum item_place place)
{
	return places[place];
}

enum item_place
item_place_named(struct slice name)
{
	size_t i;

	for (i = 0; i < ITEM_PLACES; i++)
		if (slice_is(name, item_place_name((enum item_place)i)))
			break;
	return (enum item_place)i;
}

const char *
item_kind_people(enum item_kind kind, uint64_t n)
{
	return n == 1 ? kinds[kind].one : kinds[kind].people;
}
