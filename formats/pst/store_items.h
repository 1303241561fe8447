/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writing items other than mail into a PST: contacts and distribution lists
 * ([MS-OXOCNTC]), appointments ([MS-OXOCAL]), tasks ([MS-OXOTASK]), journal
 * entries ([MS-OXOJRNL]) and sticky notes ([MS-OXONOTE]).
 *
 * pst_store_message() writes them as it writes mail: subject, text,
 * categories, attachments, dates are those of the struct item; what hangs
 * from it (item->contact, list, event, task, journal; at most one of them)
 * becomes the properties of its class.  The class is item->class, or, where
 * that is empty, what pst_item_class() says.
 *
 * - contact: a photo is the attachment whose 'photo' is set.
 * - list: members are one-off entries with name and address; none is a
 *   reference into this or another store.
 * - event: 'about' is not looked at but for uid, companies, contacts, billing
 *   and mileage.  A changed instance is in the series' rule and, when 'whole'
 *   is known, an embedded item besides ([MS-OXOCAL] 2.2.10.1).  A rule that
 *   cannot be written is SCOPE_MSG.
 * - a sticky note is an item of class IPM.StickyNote.
 *
 * The folder's class should be that of its items: PST_CLASS_...
 */
#ifndef FORMATS_PST_STORE_ITEMS_H
#define FORMATS_PST_STORE_ITEMS_H

#include "formats/pst/store.h"

/* Container classes of folders, [MS-OXOSFLD] 2.2.7. */
#define PST_CLASS_MAIL	   "IPF.Note"
#define PST_CLASS_CONTACTS "IPF.Contact"
#define PST_CLASS_CALENDAR "IPF.Appointment"
#define PST_CLASS_TASKS	   "IPF.Task"
#define PST_CLASS_JOURNAL  "IPF.Journal"
#define PST_CLASS_NOTES	   "IPF.StickyNote"

/* "IPM.Contact" and so on, by what hangs from it; "IPM.Note". */
const char *pst_item_class(const struct item *item);

#endif
