/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a folder is for, told by its name: the names that Outlook gives the
 * folders of a new mailbox, in the languages it mostly speaks.  Used only
 * where the store itself does not say.
 */
#ifndef EXTRACT_PST_ROLES_H
#define EXTRACT_PST_ROLES_H

#include "core/slice.h"

enum pst_role {
	PST_ROLE_NONE,
	PST_ROLE_INBOX,
	PST_ROLE_SENT,
	PST_ROLE_TRASH,
	PST_ROLE_DRAFTS,
	PST_ROLE_JUNK,
	PST_ROLES
};

enum pst_role pst_role_of(struct slice name);

/* "\\Sent" (RFC 6154), or NULL: the inbox and no role have none. */
const char *pst_role_special_use(enum pst_role role);

#endif
