/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an incremental source (an IMAP or POP3 account) finds again in its
 * spool: which messages it had, by their keys; messages that the source has
 * numbered anew since; those that are gone there.  docs/spool.md.
 *
 * A "prefix" is how the keys of one folder begin.  All errors are SCOPE_RUN.
 */
#ifndef FORMATS_SPOOL_SOURCE_H
#define FORMATS_SPOOL_SOURCE_H

#include "core/buf.h"
#include "formats/spool.h"

/* Once, before the others; the spool is open for writing. */
int spool_source_begin(struct spool *sp, struct err *err);

/*
 * Call 'each' for every key with this prefix under which the spool holds a
 * message that it has from its source (not lost, not merely adopted, not gone
 * there); also for the keys that a message was given later.  'copy': it has
 * its own key from another folder, and is still there.
 */
int spool_source_keys(struct spool *sp, const char *prefix,
    void (*each)(void *arg, const char *key, bool copy), void *arg,
    struct err *err);
/* Is there one with this prefix that is lost, or merely adopted?  1, 0, -1. */
int spool_source_odd(struct spool *sp, const char *prefix, struct err *err);
/* Is there any with 'prefix', but not with 'but'?  1, 0, -1. */
int spool_source_older(struct spool *sp, const char *prefix, const char *but,
    struct err *err);

/* The key under which the message lies that the source calls 'key': itself,
 * or the one it had before.  Valid until the next call. */
const char *spool_source_key(struct spool *sp, const char *key,
    struct err *err);

/*
 * Is the draft a message with 'prefix' that the spool has already, which the
 * source calls otherwise now ('msg': key and source)?  Compared by its bytes.
 * Then it is known by both keys from now on (part of the batch), and the
 * draft should be discarded.  1, 0, -1.
 */
int spool_source_rename(struct spool *sp, struct spool_draft *d,
    const char *prefix, const struct msg *msg, struct err *err);

/* It is gone at the source: marked so, or with 'remove' taken out of the
 * spool.  1, 0 it was marked already, -1. */
int spool_source_gone(struct spool *sp, const char *key, bool remove,
    struct err *err);
/* The message under 'message' is what the source calls 'key', too. */
int spool_source_bind(struct spool *sp, const char *key, const char *message,
    struct err *err);
/* It is called 'key' no more: 1 nothing else is left but that; 0 it has other
 * keys, and if it lay in 'folder', it is in a folder of one of those now. */
int spool_source_unbind(struct spool *sp, const char *key, const char *folder,
    struct err *err);
/* It is there, after all. */
int spool_source_back(struct spool *sp, const char *key, const char *source,
    struct err *err);
/*
 * Walk the keys with 'prefix' whose messages are not gone yet, but whose
 * source is not one that begins with 'now' (NULL: all of them).  Start with
 * an empty 'key'; the rows may change meanwhile.  1, 0, -1.
 */
int spool_source_next_old(struct spool *sp, const char *prefix, const char *now,
    struct buf *key, struct err *err);

/* Walk those that are marked gone, likewise. */
int spool_source_next_gone(struct spool *sp, struct buf *key, struct err *err);

/* Walk meta by a prefix of its names; start with an empty 'name'. */
int spool_meta_next(struct spool *sp, const char *prefix, struct buf *name,
    struct buf *value, struct err *err);
int spool_meta_remove(struct spool *sp, const char *name, struct err *err);

#endif
