/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a reader of PSTs, ours or libpst's, makes of the names and addresses
 * that it found.  Nothing fails here: what says nothing is left empty.
 */
#ifndef FORMATS_PST_PERSON_H
#define FORMATS_PST_PERSON_H

#include "core/arena.h"
#include "formats/pst/item.h"

/* An address and its type ("SMTP", "EX"), put where it belongs.  Borrowed. */
void pst_put_address(struct item_person *who, struct slice type,
    struct slice addr);

/* The address in a name that is one: "x@example.org", but not
 * "Sales@EXAMPLE"; else empty.  A part of 'name'. */
struct slice pst_name_smtp(struct slice name);

/* Recipients where there are no more than names of them: PidTagDisplayTo, Cc
 * and Bcc, each like "Jane; John".  The names stay the caller's, the list is
 * in 'a'. */
void pst_named_recipients(struct item *it, struct arena *a, struct slice to,
    struct slice cc, struct slice bcc);

#endif
