/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A source is anything messages can be taken out of: an mbox, a Maildir, a
 * folder of .eml, a PST, an IMAP or POP3 account.  It is a
 * pull iterator and strictly read-only: nothing here changes the store
 * behind it (O_RDONLY, no access times where the system lets us).
 *
 *	source_open -> { source_next -> source_read* }* -> source_close
 */
#ifndef EXTRACT_SOURCE_H
#define EXTRACT_SOURCE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/digest.h"
#include "core/err.h"
#include "core/report.h"
#include "formats/item_kind.h"
#include "formats/msg.h"

#define EXTRACT_JOBS_MAX 16

struct account; /* wire/account.h */
struct source;

/* A parsed SOURCE argument and the options that concern sources. */
struct source_spec {
	const char *kind; /* "mbox", "maildir", "eml", "pst", "imap",
			   * "pop3", or NULL: look */
	const char *path; /* or the URL */
	/* Of a URL: how to reach it, account_check()ed by the caller; NULL for
	 * files. */
	struct account *account;
	const char *mbox_dialect; /* NULL: by evidence; mboxo mboxrd mboxcl
				   * mboxcl2 */
	bool labels_as_folders;	  /* --labels folders (X-Gmail-Labels) */
	const char *codepage;	  /* --codepage, for ANSI PSTs; or NULL */
	const char *pst_reader;	  /* --pst-reader: own (NULL), libpst */
	bool carve;		  /* --carve: what a PST's trees lost, too */
	bool keep_rtf;		  /* --keep-rtf: RTF bodies as files, too */
	unsigned vcard;		  /* --vcard: version 4 (0) or 3 */
	/* A PST: read facts to compare (extract/pst_facts.h) of all items, no
	 * messages; what the reader says besides is not reported. */
	bool facts;
	unsigned jobs;		 /* children that read a PST, at most
			* EXTRACT_JOBS_MAX; 0: as many as help */
	unsigned item_timeout_s; /* a parser child may hang this long; 0: 30 */
	struct report *report;	 /* notes, not_carried; never NULL */

	/* of an account */
	bool include_shared;  /* other users' and shared folders, too */
	bool include_virtual; /* folders that show mail of others, too */
	bool quick;	      /* no look for changed flags that costs */
	unsigned connections; /* at most so many; 0: chosen */
	uint64_t max_wait_s;  /* patience with a busy server, in all */
	/* which option leaves this folder (spool path) out, or NULL; set by
	 * extract_run() for sources that need not look into it then */
	const char *(*excluded)(void *arg, const char *folder);
	void *excluded_arg;
};

enum source_what {
	SOURCE_FOLDER, /* a folder exists, maybe empty; item.folder* */
	SOURCE_MSG,    /* a message; item.msg; then source_read() its bytes */
	SOURCE_ITEM,   /* a contact, an appointment ...: no mail; likewise */
	/* of incremental sources (source_resume): */
	SOURCE_SAME,	 /* 'count' messages of item.folder: known and there */
	SOURCE_LEFT_OUT, /* 'count' are there, but 'why' (an option) says no */
	SOURCE_FLAGS,	 /* of a known message: msg.key, flags, keywords */
	SOURCE_GONE,	 /* gone there: msg.key, or all of 'prefix' but those
			  * whose source begins with 'now' (NULL: all) */
	SOURCE_MOVED,	 /* messages of 'prefix' are in item.folder now, and
			  * no longer in item.folder_name (a spool path) */
	SOURCE_BOUND,	 /* msg.key is the message that lies under 'name' */
	SOURCE_NOTED	 /* 'name' and 'value' to remember (spool_meta) */
};

struct source_item {
	enum source_what what;
	/* of a folder (all borrowed until the next source_next) */
	const char *folder;	 /* spool path, formats/folder.h */
	const char *folder_name; /* as the source spelled it, or NULL */
	char delimiter;		 /* of folder_name, or 0 */
	const char *special_use; /* "\\Sent" or NULL */
	int subscribed;		 /* 1, 0, -1 unknown */
	/* of a message; msg.folder names its folder, announced or not */
	struct msg msg;
	const char *subject; /* for problem reports, RFC 2047 words as they
			      * are; or NULL */
	bool local_lines;    /* each LF without a CR must gain one */
	/* of a SOURCE_ITEM, beside subject (its title) and msg.key, .folder,
	 * .source, .received (when it was last modified) */
	enum item_kind kind;
	const char *class; /* "IPM.Contact" */
	/* hash of the source's own bytes, where it is known already, so that
	 * nobody need hash them again; or NULL */
	const uint8_t *raw_sha256;
	/* the spool may have it under another key with this prefix: compare
	 * its bytes before it is stored; or NULL */
	const char *renumbered;
	const char *also; /* another key that it is known by (SOURCE_BOUND) */
	bool bound; /* SOURCE_GONE: from this folder, maybe not from all */
	uint64_t count;
	const char *why, *prefix, *now;
	const char *name, *value; /* value NULL: to forget */
};

/*
 * Take a SOURCE argument apart: "KIND:PATH" sets kind and path, a URL its
 * scheme's kind, anything else is a path.  spec->path points into 'arg'.  0,
 * or -1 with EX_USAGE.
 */
int source_spec_parse(struct source_spec *spec, const char *arg,
    struct err *err);
/* Is it a URL?  Then spec->account must be set before source_open(). */
bool source_spec_is_account(const struct source_spec *spec);

/*
 * Open the store 'spec' names; 'spec' must outlive the source.  Returns 0
 * and in *src_r a source for the caller to source_close(), or -1 with
 * SCOPE_STORE or SCOPE_RUN: EX_NOINPUT nothing there, EX_NOPERM, EX_DATAERR
 * not a kind of mail we know (the text says what it looks like) or damaged
 * beyond use.
 */
int source_open(struct source **src_r, const struct source_spec *spec,
    struct err *err);

/*
 * For sources that ask what the spool has, so as not to fetch it again:
 * called once, when the spool is open and bound, before the first
 * source_next().  The source only reads 'sp', which must outlive it.
 */
struct spool;
int source_resume(struct source *src, struct spool *sp, struct err *err);
/* Does it tell by itself what is gone?  Else it gives everything it has, every
 * time, under keys that are the same as long as a message stays. */
bool source_tells_gone(const struct source *src);
/*
 * The spool is bound to 'identity', which is not ours: is it the same source
 * under another name all the same?  (An account that moved to another host.)
 * 1, 0, or -1.
 */
int source_recognizes(struct source *src, struct spool *sp,
    const char *identity, struct err *err);

/* "mbox", ..., and what makes it this source and no other, for
 * spool_bind(); both live as long as the source. */
const char *source_kind(const struct source *src);
const char *source_identity(const struct source *src);

/*
 * Tell the source, before its first item, how to find out whether a message
 * is wanted: what the spool has is not, and a server need not be asked for
 * its bytes ahead of source_read().  A mere saving: whoever calls
 * source_read() gets them all the same.
 */
void source_set_wanted(struct source *src,
    bool (*wanted)(void *arg, const char *folder, const char *key), void *arg);

/*
 * Step to the next item.  A folder's own SOURCE_FOLDER comes before its
 * messages.  msg.key is known here, so stepping over an already extracted
 * message is cheap.  msg.received may be DATE_UNKNOWN (the caller looks into
 * the header).
 *
 * Returns 1, 0 at the end, or -1.  After SCOPE_MSG *item_r names the message
 * that is refused (what SOURCE_MSG; msg.key, .source and .folder filled in);
 * after SCOPE_FOLDER the folder; call again to go on behind the damage.
 * After SCOPE_STORE or SCOPE_RUN only close.
 */
int source_next(struct source *src, struct source_item *item_r,
    struct err *err);

/*
 * Read up to 'cap' bytes of the current message: as the source holds them,
 * but mbox quoting undone.  Returns the count, 0 at its end, or -1 with
 * SCOPE_MSG or SCOPE_STORE; the bytes handed out before are then worthless.
 */
ssize_t source_read(struct source *src, void *buf, size_t cap, struct err *err);

/* After source_read() returned 0: if the bytes handed out are not the
 * source's own (unquoted), put the hash of the source's own and return
 * true. */
bool source_raw_sha256(struct source *src, uint8_t out[DIGEST_BYTES]);

/* After source_read() returned 0: what of the message is lost though the rest
 * came, as it was told to the report ("attachment 'x' cannot be read"); NULL:
 * nothing.  Until the next source_next(). */
const char *source_incomplete(const struct source *src);

/* At the end: was all of it seen?  False where a folder could not be read. */
bool source_is_whole(const struct source *src);

/* Size of the whole store in bytes, 0 if unknown, for progress; and how far
 * the source is in it. */
uint64_t source_total(const struct source *src);
uint64_t source_done(const struct source *src);

/* Release everything and set *src to NULL.  *src may be NULL. */
void source_close(struct source **src);

#endif
