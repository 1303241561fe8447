/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What names in a Maildir say (cr.yp.to/proto/maildir.html, Dovecot's and
 * Courier's additions).  Pure functions.
 */
#ifndef FORMATS_MAILDIR_H
#define FORMATS_MAILDIR_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"

/*
 * How much of a file name stands before its info (":2,FS"): what stays the
 * same when flags change.  Where ':' cannot be in a name (Windows), programs
 * write ';' or '!' before the "2,".
 */
size_t maildir_base_length(const char *name);

/* The same without ",U=7" and what follows, where mbsync and offlineimap
 * note a UID: they add and change it. */
size_t maildir_stem_length(const char *name);

/* The letters behind the info's "2,"; empty if there are none. */
struct slice maildir_letters(const char *name);

/* The size that ",S=" in a name tells; false if it has none. */
bool maildir_size(const char *name, uint64_t *out);

/* Is it one of the files and directories that a Maildir server keeps for
 * itself: dovecot*, courierimap*, subscriptions, maildirfolder, ...? */
bool maildir_is_own_file(const char *name);

/* Keywords by letter, from Dovecot's dovecot-keywords. */
struct maildir_keywords {
	struct buf name[26]; /* empty: none */
};

void maildir_keywords_parse(struct maildir_keywords *k, struct slice text);
void maildir_keywords_free(struct maildir_keywords *k);

#endif
