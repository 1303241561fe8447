/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Special-use roles (RFC 6154: \Sent, \Drafts, ...), and what folders of
 * that role are usually called where nothing tells it: by Outlook, Exchange,
 * Thunderbird, Apple Mail, Gmail and Dovecot in several languages.
 */
#ifndef FORMATS_ROLES_H
#define FORMATS_ROLES_H

#include "core/slice.h"

/* The role as RFC 6154 spells it ("\\Junk"), for "\junk", "Junk" or so; NULL
 * if there is no such role. */
const char *roles_find(struct slice word);

/*
 * The role that a decoded, '/'-joined folder name suggests, or NULL.  Only
 * names at the top, below INBOX or below [Gmail] suggest one.
 */
const char *roles_guess(struct slice name);

#endif
