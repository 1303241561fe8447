/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Gmail's labels as IMAP has it: flags, keywords and folders.  A message
 * with several labels lies in the folder of the first one that means a
 * folder; the others become keywords.
 */
#ifndef EXTRACT_LABELS_H
#define EXTRACT_LABELS_H

#include "extract/marks.h"

/*
 * Turn m->labels into m->flags and m->keywords, and append to 'folders' the
 * spool paths of the folders that the message belongs into, one a line; none
 * if no label says one, at most one unless 'as_folders'.
 */
void labels_apply(struct marks *m, bool as_folders, struct buf *folders);

/* The special use ("\\Sent") of a folder that labels_apply() named, or NULL. */
const char *labels_special_use(struct slice folder);

#endif
