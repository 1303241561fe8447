/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the spool_*.c files share; for them only.
 *
 *	spool.c		open, close, locks, meta, events
 *	spool_batch.c	the batch: what is pending, and making it durable
 *	spool_draft.c	messages being written, linked, moved, re-flagged
 *	spool_swap.c	other bytes for a message that is there
 *	spool_tree.c	directories: folders on disk, opened without symlinks
 *	spool_scan.c	rows and files brought into agreement
 *	spool_list.c	walks and look-ups
 *	spool_items.c	what is no mail: files below items/
 *	spool_letters.c	dovecot-keywords
 *	spool_prune.c	folders taken away
 */
#ifndef FORMATS_SPOOL_IMPL_H
#define FORMATS_SPOOL_IMPL_H

#include "core/arena.h"
#include "formats/item_kind.h"
#include "formats/ledger.h"
#include "formats/spool.h"

/* message.source of a file whose source has not told of it */
#define SPOOL_ADOPTED "{\"kind\":\"adopted\"}"

#define BATCH_MSGS  2000
#define BATCH_BYTES ((uint64_t)64 << 20)
#define BATCH_S	    5
#define LOOK_MS	    100 /* between two looks at who waits for the ledger */
#define WAY_MS	    500 /* for them to take it */
#define WAY_SHARE   8	/* of the time, one part may go into making way */

/* A file in tmp/ that the flush renames into its folder. */
struct pending {
	const char *tmp;   /* its name in tmp/; in the batch's arena */
	const char *final; /* its name in cur/ */
	int64_t folder;
};

/* A file that goes once the rows are committed. */
struct doomed {
	const char *name;
	int64_t folder;
};

struct touched {
	int64_t folder;
	bool trusted; /* cur/ was as the rows tell when we first touched it */
	bool dooms;   /* files in it go once the rows are committed */
};

struct batch {
	struct pending *pending;
	size_t npending, pending_cap;
	struct doomed *doomed;
	size_t ndoomed;
	struct touched *touched; /* folders whose cur/ changes */
	size_t ntouched;
	uint64_t bytes;
	int64_t begun; /* monotonic seconds of the first thing in it */
	struct arena arena;
	int64_t looked_ms; /* when it was last asked who waits */
	int64_t way_ms;	   /* how long it took then to end the batch */
};

struct spool {
	char *dir;
	enum spool_mode mode;
	unsigned flags;
	int dirfd, mailfd, tmpfd, lockfd;
	bool wants; /* the ledger, and has said so */
	struct ledger *ledger;
	struct batch batch;
	uint64_t drafts;	  /* made so far, for names in tmp/ */
	struct spool_draft *idle; /* drafts for reuse */
	/* the folder used last */
	int64_t cur_folder;
	int cur_fd;
	struct buf cur_path;
	/* the event of this run */
	char *event_what, *event_detail;
	int64_t event_started, event_id;
	/* text of the last row handed out */
	struct buf meta, file;
	struct arena found, folder_row, item_row;
	bool has_seen;	     /* temp.seen exists */
	int64_t *folder_ids; /* in path order, of the walk under way */
	size_t nfolder_ids, folder_pos;
};

/* ---- spool_batch.c */
/* Begin writing: transaction, event row. */
int spool_change(struct spool *sp, struct err *err);
/* Note that cur/ of this folder is about to change. */
int spool_touch(struct spool *sp, int64_t folder, struct err *err);
int spool_pend(struct spool *sp, int64_t folder, const char *tmp,
    const char *final, uint64_t bytes, struct err *err);
void spool_doom(struct spool *sp, int64_t folder, const char *name);
/* Flush if the batch is full or old. */
int spool_flush_if_due(struct spool *sp, struct err *err);
/* Somebody waits for the ledger that we have: flush, and let them. */
int spool_make_way(struct spool *sp, struct err *err);
/* spool.c: does another process wait for it? */
bool spool_is_wanted(const struct spool *sp);
void spool_batch_free(struct spool *sp);

/* Is it still in tmp/, with this name to come? */
bool spool_is_pending(const struct spool *sp, int64_t folder,
    const char *final);

/* ---- spool_draft.c */
#define SPOOL_TMP_NAME 40

void spool_drafts_free(struct spool *sp);
/* A draft's file, whole: what became of it. */
struct spool_made {
	char tmp[SPOOL_TMP_NAME]; /* its name in tmp/ */
	uint64_t size;
	uint8_t sha256[DIGEST_BYTES];
};
/* End a draft whose file somebody else enters.  Its spool, or NULL with err;
 * *d is NULL then, too. */
struct spool *spool_draft_end(struct spool_draft **d, int64_t mtime,
    struct spool_made *m_r, struct err *err);
/* A file of another spool in our tmp/: 1 linked; 0 it cannot be, copy it as
 * 'tmp'; -1. */
int spool_link_tmp(struct spool *sp, struct spool *from, const char *file,
    char tmp[SPOOL_TMP_NAME], struct err *err);
/* Closes 'in'; of -1 nothing but -1 comes. */
int spool_copy_tmp(struct spool *sp, int in, int64_t mtime, const char *tmp,
    struct err *err);

/* ---- spool_items.c: a place's directory is folder -place of the batch */
int spool_items_dir(struct spool *sp, enum item_place place, bool make,
    struct err *err);
/* Adopt, mark lost. */
int spool_items_settle(struct spool *sp, uint64_t *adopted, struct err *err);
/* How many files in items/ have no row. */
int spool_items_unknown(struct spool *sp, uint64_t *n_r, struct err *err);

/* ---- spool_tree.c */
bool spool_dir_is_empty(int fd);
/* Call 'fn' for every regular file in it whose name has no leading dot. */
int spool_dir_each(int fd,
    int (*fn)(void *arg, int fd, const char *name, struct err *err), void *arg,
    struct err *err);
/* The id of a folder's row, 0 if there is none, -1. */
int64_t spool_folder_id(struct spool *sp, const char *path, struct err *err);
/* Its path, valid until the next call; NULL with err. */
const char *spool_folder_path(struct spool *sp, int64_t id, struct err *err);
/* Make mail/PATH/{cur,new,tmp}. */
int spool_tree_make(struct spool *sp, const char *path, struct err *err);
/* Open mail/PATH/SUB ("cur", "new" or "" for itself); never through a
 * symbolic link.  A descriptor for the caller, or -1. */
int spool_tree_open(struct spool *sp, const char *path, const char *sub,
    struct err *err);
/* cur/ of a folder, or (below 0) a place's directory in items/, made if it is
 * not there; borrowed until the next call. */
int spool_cur(struct spool *sp, int64_t folder, struct err *err);
/* mtime of cur/ in ns, and whether new/ holds anything. */
int spool_tree_state(struct spool *sp, const char *path, int64_t *mtime_ns_r,
    bool *new_r, struct err *err);
/* Call 'fn' for every Maildir below mail/, in no order. */
int spool_tree_walk(struct spool *sp,
    int (*fn)(void *arg, const char *path, struct err *err), void *arg,
    struct err *err);

/* Is its cur/ there and empty? */
bool spool_folder_is_new(struct spool *sp, const char *path);

/* ---- spool_scan.c */
/* Put the files of a folder into temp.seen(folder, ident, info, fresh). */
int spool_scan_folder(struct spool *sp, int64_t folder, const char *path,
    struct err *err);
/* Append the key that a file without a row will have when it is adopted. */
int spool_key_of(struct spool *sp, const char *path, const char *ident,
    struct buf *key, struct err *err);
/* Adopt, mark lost, note flags, for all folders that changed. */
int spool_reconcile(struct spool *sp, struct err *err);
/* SHA-256, size, mtime and head of an open file. */
int spool_hash_fd(int fd, uint8_t sha256[DIGEST_BYTES], uint64_t *size_r,
    struct buf *head, struct err *err);
/* Split "NAME:2,FS" into identity and the rest. */
struct slice spool_ident_of(const char *name, const char **info_r);
/* The flags that an info (":2,FSab") tells. */
uint32_t spool_info_flags(const char *info);

/* ---- spool_letters.c */
/* The 26 names of a folder's dovecot-keywords; free with letters_free. */
struct letters {
	char *name[26];
};
int letters_read(struct spool *sp, const char *path, struct letters *l,
    struct err *err);
void letters_free(struct letters *l);
/* 0..25, or -1 when the word has no letter. */
int letters_find(const struct letters *l, struct slice word);
/* Keywords and flags that an info tells, given those it had: words without a
 * letter stay. */
uint32_t letters_read_info(const struct letters *l, const char *info,
    const char *had, struct buf *keywords);
/* ":2," + flags + keyword letters where all have one. */
void letters_info(const struct letters *l, uint32_t flags, const char *keywords,
    struct buf *info);

#endif
