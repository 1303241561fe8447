/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an item of a mailbox is, mail or not, and where in a spool it goes
 * (docs/spool.md): "items/contacts/NAME.KEY.vcf".
 */
#ifndef FORMATS_ITEM_KIND_H
#define FORMATS_ITEM_KIND_H

#include <stdint.h>

#include "core/slice.h"

enum item_kind {
	KIND_MAIL,
	KIND_CONTACT, /* IPM.Contact: struct contact, vCard */
	KIND_LIST,    /* IPM.DistList: struct contact_list, vCard */
	KIND_EVENT,   /* IPM.Appointment: iCalendar */
	KIND_TASK,    /* IPM.Task: iCalendar */
	KIND_JOURNAL, /* IPM.Activity: iCalendar */
	KIND_NOTE,    /* IPM.StickyNote: text */
	KIND_OTHER,   /* everything else: JSON of all its properties */
	ITEM_KINDS
};

/* Places for items: --only names them; KIND_CONTACT and KIND_LIST share one. */
enum item_place {
	PLACE_MAIL,
	PLACE_CONTACTS,
	PLACE_CALENDAR,
	PLACE_TASKS,
	PLACE_JOURNAL,
	PLACE_NOTES,
	PLACE_OTHER,
	ITEM_PLACES
};

/* By its class ([MS-OXCMSG] 2.2.1.3); no class, or one that says nothing, is
 * mail. */
enum item_kind item_kind_of(struct slice class);
/* "contact", "list", "event", "task", "journal", "note", "other", "mail". */
const char *item_kind_name(enum item_kind kind);
/* So many of them, for people: "contact", "distribution lists", ... */
const char *item_kind_people(enum item_kind kind, uint64_t n);
/* The kind of that name, or ITEM_KINDS. */
enum item_kind item_kind_named(const char *name);
enum item_place item_kind_place(enum item_kind kind);
/* Of the file, without a dot: "vcf", "ics", "txt", "json", "eml". */
const char *item_kind_ending(enum item_kind kind);
/* "contacts": its directory in items/, and what --only calls it. */
const char *item_place_name(enum item_place place);
/* "items/contacts" */
const char *item_place_path(enum item_place place);
/* The place of that name, or ITEM_PLACES. */
enum item_place item_place_named(struct slice name);

#endif
