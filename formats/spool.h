/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The spool is one mailbox in one directory: a tree of Maildirs holding each
 * message byte for byte, and a ledger (spool.db) holding what a file name
 * cannot say.  On-disk format: docs/spool.md.
 *
 * A message is in the spool completely or not at all, also after a crash:
 * messages become visible batch by batch (write into tmp; syncfs; rename into
 * cur; sync the directories; commit the rows).  A crash leaves files without
 * rows, which spool_open() adopts, or leftovers in tmp, which it cleans:
 * never rows without files.
 *
 * One process may write (SPOOL_WRITE), one per destination may deliver
 * (SPOOL_DELIVER), any number may read.  Handles are not thread-safe.
 *
 *	spool_open -> spool_bind -> spool_folder_add
 *	  -> { spool_begin -> spool_write* -> spool_commit|spool_discard }*
 *	  -> spool_flush -> spool_close
 */
#ifndef FORMATS_SPOOL_H
#define FORMATS_SPOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/digest.h"
#include "core/err.h"
#include "core/report.h"
#include "formats/msg.h"

struct spool;	    /* an open spool */
struct spool_draft; /* a message being written, visible to nobody yet */
struct spool_iter;  /* a walk over messages */
struct ledger;	    /* formats/ledger.h */

#define SPOOL_VERSION 3

enum spool_mode {
	SPOOL_READ,    /* changes nothing, not even spool.db */
	SPOOL_DELIVER, /* reads mail, writes deliveries and events */
	SPOOL_WRITE    /* creates what is missing; takes the contents lock */
};

enum {
	SPOOL_FORCE = 1, /* also on a network file system */
	SPOOL_DRY = 2,	 /* reserved for callers: no effect here */
	/*
	 * With SPOOL_DELIVER: a rehearsal.  Nothing in 'dir' is written, made
	 * or locked; what is noted goes into a copy of spool.db that has no
	 * deliveries and ends with the handle.  Files in new/ stay there and
	 * are passed over.
	 */
	SPOOL_REHEARSE = 4
};

/*
 * Open the spool in 'dir'.  SPOOL_WRITE creates it (parent must exist) and
 * takes the contents lock; WRITE and DELIVER first bring spool.db and the
 * Maildirs into agreement (adopt, clean, mark lost, note changed flags).
 * Returns 0 and in *sp_r a spool for the caller to spool_close(), or -1 with
 * SCOPE_RUN: EX_NOINPUT no such spool, EX_TEMPFAIL locked by another process,
 * EX_DATAERR not a spool / damaged / newer version, EX_CANTCREAT.
 */
int spool_open(struct spool **sp_r, const char *dir, enum spool_mode mode,
    unsigned flags, struct err *err);

/* Flush what is pending (errors are lost: flush first), release everything,
 * set *sp to NULL.  *sp may be NULL.  Drafts must be gone. */
void spool_close(struct spool **sp);

const char *spool_dir(const struct spool *sp);
/* The ledger under it, for formats/delivery.c and friends. */
struct ledger *spool_ledger(struct spool *sp);
/* Take the lock for one destination until spool_close(); EX_TEMPFAIL when
 * another process has it. */
int spool_lock_destination(struct spool *sp, int64_t destination,
    struct err *err);
void spool_unlock_destination(struct spool *sp, int64_t destination);

/*
 * A spool has one source.  Bind it: 'kind' ("mbox", "pst", "imap",
 * "transform"...) and 'identity' (what makes it that source: not a path that
 * may move, but e.g. a PST's record key, "user@account", or for files the
 * absolute path).  The first bind decides; later ones must agree, or -1 with
 * SCOPE_RUN, EX_USAGE and a hint to use another spool or 'merge'.
 */
int spool_bind(struct spool *sp, const char *kind, const char *identity,
    struct err *err);
/* It is the same source, found at another place now: bind it anew.  The kind
 * must agree. */
int spool_rebind(struct spool *sp, const char *kind, const char *identity,
    struct err *err);

/* A value in spool.db's meta table; NULL when absent, valid until the next
 * call.  Setting is part of the current batch. */
const char *spool_meta(struct spool *sp, const char *name);
int spool_meta_set(struct spool *sp, const char *name, const char *value,
    struct err *err);

/*
 * An event row: what runs ("extract"), on what, without secrets.  It is
 * written with the first change, so a run that changes nothing writes
 * nothing.  'summary' is JSON text.
 */
void spool_event_begin(struct spool *sp, const char *what, const char *detail);
/* The first change is somebody else's (a delivery): begins the ledger's
 * transaction, with the event in it. */
int spool_event_now(struct spool *sp, struct err *err);
int spool_event_end(struct spool *sp, int status, const char *summary,
    struct err *err);

/* The detail of the last such event: 1, 0 there was none, -1. */
int spool_event_last(struct spool *sp, const char *what, struct buf *detail,
    struct err *err);

/* ------------------------------------------------------------ folders */

struct spool_folder {
	int64_t id;
	const char *path;	  /* spool path (formats/folder.h) */
	const char *name;	  /* as the source spelled it; NULL: decoded */
	char delimiter;		  /* of 'name'; 0 if it has none */
	const char *special_use;  /* "\\Sent", ... or NULL */
	int subscribed;		  /* 1, 0, or -1: the source does not say */
	uint32_t uidvalidity;	  /* 0: has none */
	uint64_t messages, bytes; /* in the spool now (listing only) */
};

/*
 * Make the folder exist, as directories and as a row; a later call updates
 * name, special use and subscription.  'f->id' and counts are ignored.
 * Returns its id > 0, or -1 with SCOPE_FOLDER (a name that cannot be) or
 * SCOPE_RUN.
 */
int64_t spool_folder_add(struct spool *sp, const struct spool_folder *f,
    struct err *err);

/* Take a folder away that holds no message, no lost one either; its directory
 * stays where others put something there.  Flushes first; its row goes with
 * the batch.  1 removed, 0 not empty, -1. */
int spool_folder_remove(struct spool *sp, const char *path, struct err *err);

/* Walk the folders in path order (byte-wise, INBOX first).  Start with
 * *id = 0.  Strings live until the next call.  Returns 1, 0 at the end, -1. */
int spool_folder_next(struct spool *sp, int64_t *id, struct spool_folder *f_r,
    struct err *err);
/* The same where 'messages' and 'bytes' are not wanted, and stay 0. */
int spool_folder_next_uncounted(struct spool *sp, int64_t *id,
    struct spool_folder *f_r, struct err *err);

/* ----------------------------------------------------------- messages */

/* A message as it lies there. */
struct spool_entry {
	int64_t id; /* row number > 0, or 0: not yet adopted */
	int64_t folder_id;
	struct msg msg;		/* folder, key, flags, size ... */
	const char *file;	/* "mail/Projects/2019/cur/1355...:2,FS" */
	const char *message_id; /* with its angle brackets, or "" */
	bool has_sha256;	/* false only while not adopted */
	uint8_t sha256[DIGEST_BYTES]; /* of the file's bytes */
	bool has_source_sha256;	      /* only where the source's bytes differ */
	uint8_t source_sha256[DIGEST_BYTES];
	uint32_t source_flags;	     /* as the source last had them ... */
	const char *source_keywords; /* ... others may have changed it here */
	bool lost;		     /* there is a row, but no file */
};

/*
 * Is there a message with this key?  Returns 1 with *e_r filled in (strings
 * valid until the next spool_find), 0, or -1 with SCOPE_RUN.  Finds what was
 * committed and what is pending in this batch.  'e_r' may be NULL.
 */
int spool_find(struct spool *sp, const char *key, struct spool_entry *e_r,
    struct err *err);
/* The same by its row, e_r->id of before. */
int spool_find_row(struct spool *sp, int64_t id, struct spool_entry *e_r,
    struct err *err);

/*
 * Walk the messages with this Message-ID (with its angle brackets): start
 * with *row = 0.  Strings until the next spool_find or call.  1, 0, -1.
 */
int spool_find_message_id(struct spool *sp, const char *message_id,
    int64_t *row, struct spool_entry *e_r, struct err *err);

/*
 * Add a message: begin, any number of writes, then one commit or discard.
 * Both end the draft's life and set *d to NULL, commit also on failure.
 * Bytes are stored as given (CRLF is the caller's business).
 *
 * spool_draft_head() gives the first bytes written (up to
 * LIMIT_HEAD_BYTES), for a look at the header before committing.
 *
 * spool_commit() puts the message into its batch under the name that msg
 * tells; it copies what it keeps, ignores msg->size, and takes Message-ID
 * from the bytes.  'source_sha256' is the hash of the source's bytes where
 * they differ from the ones written, or NULL.  A message whose key is there
 * already (and not lost) is an error: SCOPE_RUN, EX_SOFTWARE.
 *
 * Return 0, or -1 with SCOPE_RUN (disk full, I/O error); spool_write() also
 * with SCOPE_MSG once the message exceeds LIMIT_MSG_BYTES.
 */
int spool_begin(struct spool *sp, struct spool_draft **d_r, struct err *err);
int spool_write(struct spool_draft *d, const void *data, size_t len,
    struct err *err);
struct slice spool_draft_head(const struct spool_draft *d);
uint64_t spool_draft_size(const struct spool_draft *d);
/* The hash of all bytes written: then nothing more may be. */
const uint8_t *spool_draft_sha256(struct spool_draft *d);
int spool_commit(struct spool_draft **d, const struct msg *msg,
    const uint8_t *source_sha256, struct err *err);
void spool_discard(struct spool_draft **d);
/*
 * Like spool_commit(), for a message that was adopted without its source:
 * when the bytes are those that lie there, the file stays and the row gets
 * what only the source can tell, and its place in the order (returns 1);
 * else the file is replaced (returns 0).
 */
int spool_confirm(struct spool_draft **d, const struct msg *msg,
    const uint8_t *source_sha256, struct err *err);
/* Was this message adopted, and no source has told of it since? */
bool spool_is_adopted(const struct spool_entry *e);

/*
 * Add a message that another spool holds, by hard link (copied where it
 * cannot be linked), into msg->folder with msg's flags and keywords; bytes,
 * hashes, key and received date stay.  Part of the batch, like a commit.
 */
int spool_link(struct spool *sp, struct spool *from,
    const struct spool_entry *e, const struct msg *msg, struct err *err);

/* spool_link() for a message that was adopted; as spool_confirm() is to
 * spool_commit(). */
int spool_confirm_link(struct spool *sp, struct spool *from,
    const struct spool_entry *e, const struct msg *msg, struct err *err);

/*
 * Other bytes for a message that is there: those of a draft, or those that
 * another spool holds under its key.  Its place in the order, flags, keywords,
 * dates and what its source told stay; its folder too, if 'folder' is NULL.
 * Flushes what is pending.  Killed in between, the message is not there until
 * that is done again: then spool_is_swapped() is true for its key, and these
 * two go on with what it had.
 */
int spool_replace(struct spool *sp, struct spool_draft **d, const char *key,
    const char *folder, const uint8_t *source_sha256, struct err *err);
int spool_replace_link(struct spool *sp, struct spool *from,
    const struct spool_entry *e, const char *folder, struct err *err);
int spool_is_swapped(struct spool *sp, const char *key);
/* Killed after that, before its row was written: the file was adopted, and
 * its row gets what it had.  Without a note, nothing. */
int spool_settle_swap(struct spool *sp, const char *key, struct err *err);
int spool_forget_swap(struct spool *sp, const char *key, struct err *err);

/* Change flags and keywords of a message because its source did (a rename;
 * sets source_flags too).  Part of the batch. */
int spool_set_flags(struct spool *sp, const char *key, uint32_t flags,
    const char *keywords, struct err *err);
/* Move a message to another folder of the spool, which must exist. */
int spool_move(struct spool *sp, const char *key, const char *folder,
    struct err *err);
/* Take a message out (transform: a rule changed).  The file is unlinked, the
 * row goes; its fate row must be set by the caller. */
int spool_remove(struct spool *sp, const char *key, struct err *err);

/* Make everything so far visible and able to survive power loss. */
int spool_flush(struct spool *sp, struct err *err);

/* Assign dovecot-keywords letters where 26 suffice; once, at the end of an
 * extraction or transformation.  Flushes. */
int spool_finish(struct spool *sp, struct err *err);

/*
 * Record what became of a source message that is not in the spool:
 * 'fate' is REFUSED, EXCLUDED, VANISHED or DUPLICATE, 'why' the error, the
 * option, the rule, or the key it duplicates.  'key' identifies it; a later
 * fate replaces an earlier one; storing the message removes it.
 */
int spool_fate_set(struct spool *sp, const char *key, const char *folder,
    const char *source, enum fate fate, const char *why, uint64_t size,
    const char *message_id, struct err *err);
struct spool_fate {
	const char *key, *folder, *source, *why, *message_id;
	enum fate fate;
	uint64_t size;
};
/* Walk them: start with *row = 0.  1, 0 at the end, -1. */
int spool_fate_next(struct spool *sp, int64_t *row, struct spool_fate *f_r,
    struct err *err);

/*
 * Walk the messages, folder by folder in path order, in each in the order
 * they were stored; 'folder' NULL: all.  The walk sees the files as they lie
 * there now, also ones not yet adopted (id 0) and rows whose file is gone
 * (lost).
 * Strings live until the next spool_iter_next().  Returns 1, 0, or -1.
 */
int spool_iter_open(struct spool *sp, const char *folder,
    struct spool_iter **it_r, struct err *err);
int spool_iter_next(struct spool_iter *it, struct spool_entry *e_r,
    struct err *err);
void spool_iter_close(struct spool_iter **it);

/* Open a message at byte 0, read-only.  Returns a descriptor for the caller
 * to close(2), or -1 with SCOPE_MSG (gone, no regular file, no permission).
 * Never follows a symbolic link. */
int spool_body(struct spool *sp, const struct spool_entry *e, struct err *err);
/* Does its file look as if it could be opened, and has it so many bytes?  At
 * less cost than to open it.  1, or 0: only spool_body() can tell. */
int spool_body_is(struct spool *sp, const struct spool_entry *e, uint64_t size);

#endif
