/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a folder is for, told by its name (formats/roles.h).  Used only where
 * the store itself does not say.
 */
#ifndef EXTRACT_PST_ROLES_H
#define EXTRACT_PST_ROLES_H

#include <stdbool.h>

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

/* 'outlook': only by the names that Outlook gives its own folders. */
enum pst_role pst_role_of(struct slice name, bool outlook);

/* "\\Sent" (RFC 6154), or NULL: the inbox and no role have none. */
const char *pst_role_special_use(enum pst_role role);

#endif
