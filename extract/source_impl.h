/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For extract/source*.c only.  A kind of source is one const struct
 * source_ops and one row in source.c's table.  Contracts are those of
 * source.h; source.c enforces call order, so implementations need not.
 */
#ifndef EXTRACT_SOURCE_IMPL_H
#define EXTRACT_SOURCE_IMPL_H

#include "extract/source.h"

struct source_ops {
	const char *name; /* "mbox"; also the prefix that forces it */

	/*
	 * How sure is it that 'path' is ours?  0 (not) .. 100 (certain).
	 * 'fd' is open on it, O_RDONLY, or O_DIRECTORY if 'is_dir'; 'head'
	 * has a file's first 'len' bytes (at most 64 KiB).  NULL: not a path
	 * but an account, spec->account.
	 */
	int (*probe)(const char *path, int fd, bool is_dir, const void *head,
	    size_t len);

	int (*open)(struct source **src_r, const struct source_spec *spec,
	    struct err *err);
	int (*next)(struct source *src, struct source_item *item_r,
	    struct err *err);
	ssize_t (
	    *read)(struct source *src, void *buf, size_t cap, struct err *err);
	/* NULL: bytes read are the source's own */
	bool (*raw_sha256)(struct source *src, uint8_t out[DIGEST_BYTES]);
	/* NULL: nothing to ask, and never the same */
	int (*resume)(struct source *src, struct spool *sp, struct err *err);
	int (*recognizes)(struct source *src, struct spool *sp,
	    const char *identity, struct err *err);
	void (*close)(struct source *src); /* frees src itself */
};

/* First member of every implementation's own struct; zeroed by its open. */
struct source {
	const struct source_ops *ops;
	unsigned state; /* source.c's, hands off */
	char *identity; /* set by open, freed by source.c */
	uint64_t total; /* set by open */
	uint64_t done;	/* kept by next and read */
	bool torn;	/* a folder is out of reach, and next does not say so */
	/* what of the message at hand could not be had though the rest was;
	 * kept by next and read; NULL: nothing */
	const char *incomplete;
	/* source_set_wanted(), or NULL; ask through source_wanted() */
	bool (*wanted)(void *arg, const char *folder, const char *key);
	void *wanted_arg;
};

/* Will its bytes be read?  True where nobody told. */
bool source_wanted(const struct source *src, const char *folder,
    const char *key);

extern const struct source_ops source_mbox_ops;
extern const struct source_ops source_maildir_ops;
extern const struct source_ops source_eml_ops;
extern const struct source_ops source_pst_ops;
extern const struct source_ops source_pop3_ops;
extern const struct source_ops source_imap_ops;

#endif
