/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The folders of an IMAP account as a source of mail: which there are, what
 * they are called in the spool, which are left out, what the server tells of
 * them (STATUS) and what the spool remembers of them.
 *
 * What is remembered is a value in the spool's meta table for each folder,
 * "imap:" and its name on the wire: JSON with the id (how its keys begin),
 * the path in the spool, UIDVALIDITY, and, once all of it was taken, UIDNEXT,
 * HIGHESTMODSEQ and the number of messages at that time.
 *
 * Memory: a record of some 100 bytes and the names a folder.
 */
#ifndef EXTRACT_IMAP_BOXES_H
#define EXTRACT_IMAP_BOXES_H

#include "core/arena.h"
#include "extract/source.h"
#include "formats/spool.h"
#include "wire/account.h"

#define IMAP_KEY_BYTES 40

enum imap_left { BOX_TAKEN, BOX_SHARED, BOX_VIRTUAL };

/* What the spool remembers; uidnext 0: it was not taken whole. */
struct imap_memory {
	uint32_t uidvalidity, uidnext;
	uint64_t modseq, messages;
	uint64_t counted; /* of them; the others lie in other folders (Gmail) */
};

struct imap_box {
	const char *name;	 /* wire form */
	const char *path;	 /* in the spool */
	const char *special_use; /* or NULL */
	char id[13];
	char delimiter;
	signed char subscribed;
	enum imap_left left;
	bool told;  /* STATUS was answered */
	bool again; /* was begun in this run, and the session lost */
	uint32_t uidvalidity, uidnext;
	uint64_t messages, modseq;
	bool known; /* the spool remembers it: */
	struct imap_memory was;
};

/* One that the spool remembers and the server has no more. */
struct imap_lost {
	const char *name, *path;
	char id[13];
	struct imap_memory was;
	bool renamed;
};

struct imap_boxes {
	struct imap_box *v;
	size_t n, cap;
	struct imap_lost *lost;
	size_t n_lost;
	char (*foreign)[13]; /* ids that are not what their name gives */
	size_t n_foreign;
	struct arena names;
	bool gmail; /* X-GM-EXT-1 */
};

/* LIST, LSUB where needed, NAMESPACE: sorted by name, INBOX first, no name
 * twice; which are left out.  -1 as imap_list(). */
int imap_boxes_list(struct imap_boxes *b, struct imap *im,
    const struct source_spec *spec, struct err *err);
/* STATUS of all that can be selected, pipelined.  -1: the session is over. */
int imap_boxes_status(struct imap_boxes *b, struct imap *im, struct err *err);
/* What the spool remembers; ids and paths of all; what was renamed. */
int imap_boxes_recall(struct imap_boxes *b, struct spool *sp, struct err *err);
void imap_boxes_free(struct imap_boxes *b);

/* How all keys of a folder begin, and those of one numbering of it. */
const char *imap_box_prefix(const struct imap_box *box,
    char out[IMAP_KEY_BYTES]);
const char *imap_box_numbering(const struct imap_box *box, uint32_t uidvalidity,
    char out[IMAP_KEY_BYTES]);
const char *imap_box_key(const struct imap_box *box, uint32_t uidvalidity,
    uint32_t uid, char out[IMAP_KEY_BYTES]);
/* The name and the value to remember a folder by. */
void imap_box_memory(const struct imap_box *box, const struct imap_memory *m,
    struct buf *name, struct buf *value);
/* Gmail's All Mail, and its like. */
bool imap_box_is_all(const struct imap_box *box);
/* Nothing has changed since it was taken whole, as far as STATUS tells. */
bool imap_box_is_same(const struct imap_box *box, bool quick);

#endif
