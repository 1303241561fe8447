/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The binary forms that a PST has for recurrences, time zones and meeting
 * ids, to the structs of formats/event.h and back.
 *
 * Decoders take any bytes: they bound every count by what is there, and what
 * is behind a damage is left out.  Encoders make what Outlook makes of the
 * same, so that decoding it gives the same struct.  All that is decoded
 * lives in 'a', a copy.
 */
#ifndef FORMATS_PST_RECUR_H
#define FORMATS_PST_RECUR_H

#include "core/arena.h"
#include "core/buf.h"
#include "formats/event.h"

/* ------------------------------------------------------------ recurrences */

/* Which of the two structures it is. */
enum pst_recur_kind {
	PST_RECUR_EVENT, /* AppointmentRecurrencePattern, PidLidAppointmentRecur
			  * ([MS-OXOCAL] 2.2.1.44.5) */
	PST_RECUR_TASK	 /* RecurrencePattern alone, PidLidTaskRecurrence
			  * (2.2.1.44.1) */
};

/*
 * Decode 'blob'; 8-bit text in it is in code page 'cp' (0: unknown; what is
 * in the extended exceptions as Unicode counts).  Returns 1; 0: the rule is
 * good, but not all exceptions could be read; or -1 with SCOPE_MSG: there is
 * no rule to be had.  err->text says what is wrong also for 0.
 */
int pst_recur_decode(struct slice blob, enum pst_recur_kind kind, unsigned cp,
    struct arena *a, struct event_recur *r_r, struct err *err);

/* Append the blob.  A rule of another calendar without its anchor cannot be
 * written: -1 with SCOPE_MSG, nothing appended.  PidLidClipEnd is
 * event_recur_last_day(). */
int pst_recur_encode(struct buf *out, const struct event_recur *r,
    enum pst_recur_kind kind, struct err *err);

/* ------------------------------------------------------------- time zones */

/* PidLidTimeZoneStruct, [MS-OXOCAL] 2.2.1.39: one rule, no name.  0, or -1
 * with SCOPE_MSG. */
int pst_zone_struct_decode(struct slice blob, struct arena *a,
    struct event_zone *z_r, struct err *err);
/* Of the rule that holds in 'year'. */
void pst_zone_struct_encode(struct buf *out, const struct event_zone *z,
    int year);

/* PidLidAppointmentTimeZoneDefinitionStartDisplay, EndDisplay, Recur,
 * 2.2.1.41 to 43. */
int pst_zone_def_decode(struct slice blob, struct arena *a,
    struct event_zone *z_r, struct err *err);
/* 'recur': for a series (the rule in effect is marked). */
void pst_zone_def_encode(struct buf *out, const struct event_zone *z,
    bool recur);

/* ------------------------------------------------------------ meeting ids */

/*
 * The UID of a PidLidGlobalObjectId or PidLidCleanGlobalObjectId, [MS-OXCICAL]
 * 2.1.3.1.1.20.26: in hexadecimal without the instance's date, or what came
 * by mail.  Empty: the blob is none.  *instance_r (may be NULL): the day the
 * id has of one instance, wall, or DATE_UNKNOWN.
 */
struct slice pst_goid_uid(struct slice blob, struct arena *a,
    int64_t *instance_r);
/* The id of a UID, of one instance or (DATE_UNKNOWN) of all. */
void pst_goid_encode(struct buf *out, struct slice uid, int64_t instance);

#endif
