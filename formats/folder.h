/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Folder names as they lie on disk (docs/spool.md): UTF-8, component by
 * component.  What a file system or a Maildir reader could misunderstand is
 * percent-encoded, reversibly: '%' itself, '/' in a name, NUL and controls,
 * a leading '.' or '~', bytes that are not UTF-8, the names cur, new, tmp
 * and readers' own files (dovecot-uidlist, ...), and what is too long (cut,
 * with "%~" and a hash: the one form that cannot be decoded; the full name
 * is in spool.db).  "INBOX" in any case at the top is "INBOX".
 *
 * "path": encoded components joined by '/'.  "name": decoded, for people.
 */
#ifndef FORMATS_FOLDER_H
#define FORMATS_FOLDER_H

#include <stdbool.h>

#include "core/buf.h"

/* Append the encoded form of one component; "" becomes "%". */
void folder_encode(struct buf *out, struct slice component);

/* Append 'component' to the path in 'path', with a '/' if needed; INBOX in
 * any case as the first one becomes INBOX.  Limits are not enforced here:
 * ask folder_is_path(). */
void folder_join(struct buf *path, struct slice component);

/* Split 'name' at 'delimiter' (0: one component) and encode each; empty
 * components are dropped.  Appends to 'path'. */
void folder_path_of(struct buf *path, struct slice name, char delimiter);

/* Append the decoded name of a path, components joined by '/'. */
void folder_decode(struct buf *out, struct slice path);

/* Cut the next component off *path; false at the end. */
bool folder_next(struct slice *path, struct slice *component_r);

/* Is this a path that folder_join() can have made: no empty, "." or ".."
 * component, nothing unencoded that should be, within the limits? */
bool folder_is_path(struct slice path);

#endif
