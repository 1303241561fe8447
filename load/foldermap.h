/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --folder-map: which folders of a spool go elsewhere than their names say.
 * Rules are FROM=TO, in the form of transform --rename: FROM is a glob, what
 * is under a matching folder follows it, TO may use what the wildcards stood
 * for (core/newname.h).  FROM and TO may also be roles ("\Sent").  The first
 * rule that matches a folder decides.
 */
#ifndef LOAD_FOLDERMAP_H
#define LOAD_FOLDERMAP_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"
#include "core/err.h"

struct foldermap;

/*
 * 'uses': what --folder-map was given, in order: a rule where there is a '='
 * in it, else the name of a file with a rule a line ('#' begins a remark).
 * -1 with SCOPE_RUN: EX_CONFIG, EX_NOINPUT, EX_IOERR.
 */
int foldermap_new(struct foldermap **m_r, const char *const *uses, size_t n,
    struct err *err);
void foldermap_free(struct foldermap **m); /* *m may be NULL */

/*
 * Where the folder with this spool path goes: true with another spool path
 * appended to 'to', or with *role_r, the role of the folder there.  'role':
 * its own, or "".
 */
bool foldermap_find(struct foldermap *m, struct slice path, const char *role,
    struct buf *to, const char **role_r);

/* Rule number i, from 0, as it was written; NULL behind the last.  *used_r:
 * did it decide for any folder? */
const char *foldermap_rule(const struct foldermap *m, size_t i, bool *used_r);

#endif
