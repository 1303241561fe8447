/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gmail's labels; see labels.h. */
#include "extract/labels.h"

#include "formats/folder.h"
#include "wire/mutf7.h"

/* Google's own labels, in English.  In other languages they are folders and
 * keywords like those that people made. */
static const struct system_label {
	const char *name;
	const char *folder;	 /* NULL: it means none */
	const char *special_use; /* of that folder */
	uint32_t flags;
	const char *keyword; /* where it means no folder; or NULL */
} system_labels[] = {
	{ "Inbox", "INBOX", NULL, 0, NULL },
	{ "Sent", "Sent", "\\Sent", 0, NULL },
	{ "Sent Mail", "Sent", "\\Sent", 0, NULL },
	{ "Draft", "Drafts", "\\Drafts", MSG_DRAFT, NULL },
	{ "Drafts", "Drafts", "\\Drafts", MSG_DRAFT, NULL },
	{ "Spam", "Spam", "\\Junk", 0, NULL },
	{ "Trash", "Trash", "\\Trash", 0, NULL },
	{ "Chat", "Chats", NULL, 0, NULL },
	{ "Chats", "Chats", NULL, 0, NULL },
	{ "Archived", NULL, NULL, 0, NULL },
	{ "Starred", NULL, NULL, MSG_FLAGGED, NULL },
	{ "Unread", NULL, NULL, 0, NULL },
	{ "Opened", NULL, NULL, 0, NULL },
	{ "Important", NULL, NULL, 0, "$Important" },
	{ "Muted", NULL, NULL, 0, "$Muted" },
	{ "Snoozed", NULL, NULL, 0, "Snoozed" },
};

#define ARCHIVE "Archive" /* for what is in no other place */

static const struct system_label *
find_system(struct slice label)
{
	size_t i;

	if (label.n > 1 && label.p[0] == '\\')
		label = slice_from(label, 1); /* as X-GM-LABELS has it */
	for (i = 0; i < sizeof(system_labels) / sizeof(system_labels[0]); i++)
		if (slice_is_nocase(label, system_labels[i].name))
			return &system_labels[i];
	return NULL;
}

const char *
labels_special_use(struct slice folder)
{
	size_t i;

	if (slice_is(folder, ARCHIVE))
		return "\\Archive";
	for (i = 0; i < sizeof(system_labels) / sizeof(system_labels[0]); i++)
		if (system_labels[i].folder != NULL &&
		    slice_is(folder, system_labels[i].folder))
			return system_labels[i].special_use;
	return NULL;
}

/* A label as a keyword: what is not ASCII in modified UTF-7, which keeps two
 * labels apart and is what Thunderbird does with its tags. */
static void
add_keyword(struct marks *m, struct slice label)
{
	struct buf ascii = { 0 };

	if (mutf7_encode(&ascii, label))
		label = buf_slice(&ascii);
	msg_keyword_add(&m->keywords, &m->flags, label);
	buf_free(&ascii);
}

/* Append the folder that 'label' means to 'path'; false if it means none. */
static bool
folder_of(struct buf *path, struct slice label)
{
	const struct system_label *sys = find_system(label);

	if (sys != NULL && sys->folder == NULL)
		return false;
	if (sys != NULL)
		folder_join(path, slice_str(sys->folder));
	else if (label.n > 9 && strncasecmp(label.p, "Category ", 9) == 0)
		return false;
	else
		folder_path_of(path, label, '/');
	return folder_is_path(buf_slice(path));
}

/* What a label says that is no folder. */
static void
apply_one(struct marks *m, struct slice label, bool *unread, bool *archived)
{
	const struct system_label *sys = find_system(label);

	if (sys == NULL)
		return;
	m->flags |= sys->flags;
	*unread = *unread || strcmp(sys->name, "Unread") == 0;
	*archived = *archived || strcmp(sys->name, "Archived") == 0;
}

void
labels_apply(struct marks *m, bool as_folders, struct buf *folders)
{
	struct slice rest = buf_slice(&m->labels), label;
	const struct system_label *sys;
	struct buf path = { 0 };
	bool unread = false, archived = false, placed = false;

	while (marks_next_label(&rest, &label)) {
		apply_one(m, label, &unread, &archived);
		sys = find_system(label);
		buf_clear(&path);
		if (folder_of(&path, label) && (as_folders || !placed)) {
			buf_put(folders, path.p, path.n);
			buf_putc(folders, '\n');
			placed = true;
		} else if (sys == NULL || sys->folder != NULL) {
			add_keyword(m, label);
		} else if (sys->keyword != NULL) {
			add_keyword(m, slice_str(sys->keyword));
		}
	}
	if (!placed && archived)
		buf_puts(folders, ARCHIVE "\n");
	if (!unread)
		m->flags |= MSG_SEEN;
	buf_free(&path);
}
