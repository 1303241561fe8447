/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Special-use roles (RFC 6154: \Sent, \Drafts, ...), and what folders of
 * that role are usually called where nothing tells it: by Outlook, Exchange,
 * Thunderbird, Apple Mail, Gmail and Dovecot, in the languages they speak.
 * The names are in roles_names.c; all stages use this one table.
 *
 * Names are compared without case and without accents, composed or not:
 * Entwürfe, ENTWÜRFE and "Entwurfe" are one.
 */
#ifndef FORMATS_ROLES_H
#define FORMATS_ROLES_H

#include <stdbool.h>

#include "core/slice.h"

/* The role as RFC 6154 spells it ("\\Junk"), for "\junk", "Junk" or so; NULL
 * if there is no such role. */
const char *roles_find(struct slice word);

/*
 * The role that a decoded, '/'-joined folder name suggests, or NULL.  Only
 * names at the top, below INBOX or below [Gmail] suggest one.
 */
const char *roles_guess(struct slice name);

/*
 * What one name at the top suggests: as roles_guess(), and "\\Inbox", which
 * is no role of RFC 6154.  'outlook': only the names that Outlook and
 * Exchange give their own folders.
 */
const char *roles_of_name(struct slice name, bool outlook);

/* For roles.c: the table, ended by a NULL role. */
struct roles_names {
	const char *role;
	enum { ROLES_OUTLOOK, ROLES_OTHER, ROLES_GMAIL } whose;
	const char *const *names; /* ended by NULL */
};
extern const struct roles_names roles_names[];

#endif
