/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Roles of a PST's folders; see pst_roles.h. */
#include "extract/pst_roles.h"

#include "formats/roles.h"

static const char *const uses[PST_ROLES] = {
	[PST_ROLE_INBOX] = "\\Inbox",
	[PST_ROLE_SENT] = "\\Sent",
	[PST_ROLE_TRASH] = "\\Trash",
	[PST_ROLE_DRAFTS] = "\\Drafts",
	[PST_ROLE_JUNK] = "\\Junk",
};

enum pst_role
pst_role_of(struct slice name, bool outlook)
{
	const char *role = roles_of_name(name, outlook);
	int i;

	for (i = PST_ROLE_INBOX; role != NULL && i < PST_ROLES; i++)
		if (strcmp(role, uses[i]) == 0)
			return (enum pst_role)i;
	return PST_ROLE_NONE;
}

const char *
pst_role_special_use(enum pst_role role)
{
	return role == PST_ROLE_INBOX ? NULL : uses[role];
}
