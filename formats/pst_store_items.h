/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writing items other than mail into a PST (formats/pst_store.h): contacts
 * and distribution lists ([MS-OXOCNTC]), appointments ([MS-OXOCAL]), tasks
 * ([MS-OXOTASK]), journal entries ([MS-OXOJRNL]) and sticky notes
 * ([MS-OXONOTE]), from the neutral structs of formats/contact.h and
 * formats/event.h.
 *
 * Each goes into the folder begun last, whose class should be that of the
 * item: a pst_store_folder() with PST_CLASS_CONTACTS and so on.  The same
 * struct always makes the same bytes; nothing is kept of it.
 *
 * All return 0 and the new item's node id, or -1: SCOPE_MSG when the item
 * cannot be in a PST (nothing was added), SCOPE_RUN when nothing can.
 */
#ifndef FORMATS_PST_STORE_ITEMS_H
#define FORMATS_PST_STORE_ITEMS_H

#include "formats/pst_store.h"

/* Container classes of folders, [MS-OXOSFLD] 2.2.7. */
#define PST_CLASS_MAIL	   "IPF.Note"
#define PST_CLASS_CONTACTS "IPF.Contact"
#define PST_CLASS_CALENDAR "IPF.Appointment"
#define PST_CLASS_TASKS	   "IPF.Task"
#define PST_CLASS_JOURNAL  "IPF.Journal"
#define PST_CLASS_NOTES	   "IPF.StickyNote"

struct contact;	     /* formats/contact.h */
struct contact_list; /* formats/contact.h: a distribution list */
struct event;	     /* formats/event.h */
struct event_about;
struct task;
struct journal;

/* IPM.Contact; the photo becomes its attachment "ContactPicture.jpg". */
int pst_store_contact(struct pst_store_out *s, const struct contact *c,
    uint32_t *nid_r, struct err *err);
/* IPM.DistList; members are written as one-off entries, with names and
 * addresses, not as references into this or another store. */
int pst_store_list(struct pst_store_out *s, const struct contact_list *l,
    uint32_t *nid_r, struct err *err);
/* IPM.Appointment; a changed instance of a series is in its rule and, when
 * all of it is known, an embedded item besides ([MS-OXOCAL] 2.2.10.1). */
int pst_store_event(struct pst_store_out *s, const struct event *e,
    uint32_t *nid_r, struct err *err);
/* IPM.Task */
int pst_store_task(struct pst_store_out *s, const struct task *t,
    uint32_t *nid_r, struct err *err);
/* IPM.Activity */
int pst_store_journal(struct pst_store_out *s, const struct journal *j,
    uint32_t *nid_r, struct err *err);

/* PidLidNoteColor, [MS-OXONOTE] 2.2.1.1 */
enum pst_note_color {
	PST_NOTE_BLUE,
	PST_NOTE_GREEN,
	PST_NOTE_PINK,
	PST_NOTE_YELLOW,
	PST_NOTE_WHITE
};
/* IPM.StickyNote; its subject is the first line of its text when empty. */
int pst_store_note(struct pst_store_out *s, const struct event_about *note,
    enum pst_note_color color, uint32_t *nid_r, struct err *err);

#endif
