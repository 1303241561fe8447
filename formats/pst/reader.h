/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A way to read PST files; a reader is one const struct pst_reader_ops.
 *
 *	open -> store -> { next -> folder | item }* -> close
 *
 * next() only names nodes; what a stranger wrote into them is parsed by
 * folder() and item(), so that a caller can say what it is about to read
 * before a hostile byte of it is touched.  The PST is never written to.
 * Readers may use global state: one open store a process.
 */
#ifndef FORMATS_PST_READER_H
#define FORMATS_PST_READER_H

#include "formats/pst/crypt.h"
#include "formats/pst/item.h"

struct pst_reader; /* an open store */

/* What a reader is at, told before it begins: each may be the last words. */
enum pst_phase {
	PST_PHASE_OPEN,	 /* the file's header */
	PST_PHASE_INDEX, /* the B-trees */
	PST_PHASE_NAMES, /* the table of named properties */
	PST_PHASE_STORE, /* the message store object */
	PST_PHASE_CARVE, /* the file, for what no tree has any more */
	PST_PHASE_WALK,	 /* nodes */
	PST_PHASES
};

struct pst_open {
	int fd;		   /* the PST, O_RDONLY; stays the caller's */
	unsigned codepage; /* of 8-bit text where the store is silent; or 0 */
	bool no_names;	   /* leave out PST_PHASE_NAMES */
	bool no_store;	   /* leave out PST_PHASE_STORE */
	/* Look for what no tree has any more, too, also where the header is
	 * lost; those items come last. */
	bool carve;
	void (*phase)(void *arg, enum pst_phase phase);
	/* Something worth telling about the store; 'bad': mail may be
	 * missing. */
	void (*note)(void *arg, bool bad, const char *text);
	/* Leave out what folder 'nid' says of its items; NULL: read all. */
	bool (*skip)(void *arg, uint64_t nid);
	void *arg;
};

enum pst_format { PST_ANSI, PST_UNICODE, PST_4K };

struct pst_store {
	enum pst_format format;
	bool ost;
	bool password;
	enum pst_crypt crypt;
	uint64_t promised; /* the file's size as its header has it, or 0 */
	struct slice record_key; /* bytes; empty if unknown */
	uint64_t messages;	 /* nodes that hold a message, and */
	uint64_t recovered;	 /* those no tree has any more */
	/* node ids, 0 if unknown */
	uint64_t root, ipm, inbox, sent, trash, outbox, drafts, junk;
};

enum pst_node_what { PST_NODE_FOLDER, PST_NODE_MESSAGE };

struct pst_node {
	enum pst_node_what what;
	uint64_t nid;
	uint64_t parent; /* a folder's nid, 0: nothing is above it */
	/* No tree has it any more; after all others.  Its nid may be the
	 * number of a block: PST_NID_BLOCK is set. */
	bool recovered;
};

#define PST_NID_BLOCK ((uint64_t)1 << 62)

struct pst_folder {
	struct slice name; /* UTF-8, maybe empty */
	bool guessed;	   /* 8-bit name in a code page nobody declared */
	int64_t messages;  /* as the folder itself counts; -1 unknown */
};

/* What a folder's contents table says of an item. */
struct pst_row {
	uint64_t nid;
	struct slice class;
	struct slice subject;
	int64_t size; /* -1 unknown */
	int64_t date; /* delivered, else submitted; or DATE_UNKNOWN */
	bool lost;    /* no more than its number is left */
};

struct pst_rows {
	void (*each)(void *arg, const struct pst_row *row);
	void *arg;
	int64_t big; /* no subjects of what is smaller; each() may change it */
};

struct pst_reader_ops {
	const char *name;

	/*
	 * Open the PST at in->fd.  0 and a reader, or -1 with SCOPE_STORE:
	 * EX_DATAERR (the text says what is wrong).
	 */
	int (*open)(struct pst_reader **r_r, const struct pst_open *in,
	    struct err *err);
	/* Lives as long as the reader. */
	const struct pst_store *(*store)(struct pst_reader *r);
	/* Where else to look for folders: the folders right below 'nid', in
	 * order.  1, or 0 when there is no i-th. */
	int (*child)(struct pst_reader *r, uint64_t nid, size_t i,
	    uint64_t *child_r);
	/*
	 * The next node: a folder, then its messages, then its folders; at
	 * last messages whose folder is gone (parent 0).  Always in the same
	 * order.  1, or 0 at the end.
	 */
	int (*next)(struct pst_reader *r, struct pst_node *n_r);
	/* Read a folder's properties, valid until the next call of folder().
	 * 0, or -1 with SCOPE_FOLDER: its name is lost, not its messages. */
	int (*folder)(struct pst_reader *r, uint64_t nid,
	    struct pst_folder *f_r, struct err *err);
	/* Read the message next() named last.  0, or -1 with SCOPE_MSG. */
	int (*item)(struct pst_reader *r, uint64_t nid, struct item **item_r,
	    struct err *err);
	/* The items of the folder that next() named last; of no folder, after
	 * it named a message with parent 0.  NULL: cannot. */
	void (*rows)(struct pst_reader *r, struct pst_rows *to);
	/* What this reader cannot give of any item, for people; or NULL. */
	const char *lacks;
	void (*close)(struct pst_reader **r);
};

extern const struct pst_reader_ops pst_libpst_ops;
extern const struct pst_reader_ops pst_own_ops;

#endif
