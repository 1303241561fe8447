/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One item of a PST as its reader understood it: properties with their names
 * in words, text in UTF-8, times in seconds, and big things as streams.  A
 * reader (formats/pst/reader.h) fills it in, the builder (formats/
 * mime_build.h) makes a message of it; neither knows the other.
 *
 * Everything belongs to the reader and lives until the item is closed.  What
 * a reader does not know stays as item_init() left it: empty, unknown.
 * Text is UTF-8 with broken bytes replaced, but may hold line ends and NULs.
 */
#ifndef FORMATS_PST_ITEM_H
#define FORMATS_PST_ITEM_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/date.h"
#include "core/err.h"
#include "core/slice.h"

/* Where bytes go; put() returns 0, or -1 with *err filled in. */
struct item_sink {
	int (*put)(void *arg, const void *data, size_t len, struct err *err);
	void *arg;
};

/*
 * Bytes that are there on demand, as often as wanted, the same every time.
 * They are pushed in pieces of any size, so that no more than a piece is ever
 * in memory.  copy() returns 1 when all came, 0 when the store ended before
 * the size it promised (what came is good), or -1 with the sink's error or
 * SCOPE_MSG.
 */
struct item_stream {
	int (*copy)(void *arg, const struct item_sink *to, struct err *err);
	void *arg;     /* NULL copy: there is no stream */
	uint64_t size; /* in bytes as announced: may lie, 0 if unknown */
};

/* Somebody.  Any of it may be empty. */
struct item_person {
	struct slice name; /* for people: "Jane Doe" */
	struct slice smtp; /* jane@example.org */
	struct slice x500; /* "/O=EXAMPLE/OU=.../CN=JDOE" */
};

enum item_recipient_type { ITEM_TO = 1, ITEM_CC = 2, ITEM_BCC = 3 };

struct item_recipient {
	enum item_recipient_type type;
	struct item_person who;
	/* of a meeting: */
	bool organizer;	  /* it is the one who called it */
	int32_t answer;	  /* PidTagRecipientTrackStatus, 0 unknown */
	int64_t answered; /* UTC; 0 unknown */
};

/* A body text; 'codepage' says what its bytes are (65001: UTF-8; 0: the store
 * does not say). */
struct item_body {
	struct item_stream stream;
	unsigned codepage;
};

enum item_attach_method {
	ITEM_ATTACH_NOTHING = 0,
	ITEM_ATTACH_DATA = 1, /* bytes in the store */
	ITEM_ATTACH_LINK = 2, /* a path elsewhere; no bytes */
	ITEM_ATTACH_ITEM = 5, /* another item */
	ITEM_ATTACH_OLE = 6   /* an OLE object's storage */
};

struct item;
struct event; /* these three: formats/event.h */
struct task;
struct journal;

struct item_attach {
	enum item_attach_method method;
	struct slice name;     /* long file name, else 8.3, else display name */
	struct slice mime;     /* "image/png", as the store has it */
	struct slice cid;      /* Content-ID, without angle brackets */
	struct slice location; /* Content-Location */
	struct slice path;     /* of an ITEM_ATTACH_LINK: a file's, or a URL */
	struct slice charset;  /* of text, as MIME names it */
	struct slice title;    /* for people, where it is not the name */
	/* "inline", "attachment": what a message said that was taken apart;
	 * its name is then made up if it is ATT and its number */
	struct slice disposition;
	bool related;	  /* belongs to the HTML body */
	bool hidden;	  /* shown by the body only */
	bool photo;	  /* of a contact */
	bool exception;	  /* a changed instance of a series: it is among the
			   * event's changes */
	int32_t position; /* of its icon in the text; -1: none */
	struct item_stream data;
	/*
	 * ITEM_ATTACH_ITEM: read it.  Returns 0 and an item to be closed with
	 * its own close(), or -1 with SCOPE_MSG.
	 */
	int (*open)(void *arg, struct item **item_r, struct err *err);
	void *arg;
};

/* Message flags of [MS-OXCMSG] 2.2.1.6 and what Outlook keeps beside them. */
enum {
	ITEM_READ = 1 << 0,
	ITEM_UNSENT = 1 << 1,
	ITEM_FROM_ME = 1 << 2,
	ITEM_ANSWERED = 1 << 3,
	ITEM_FORWARDED = 1 << 4,
	ITEM_FLAGGED = 1 << 5,
	ITEM_ASK_READ = 1 << 6,	    /* wants to know that it was read */
	ITEM_ASK_DELIVERED = 1 << 7 /* wants to know that it arrived */
};

/* What a delivery or read report says (REPORT.*), besides its text. */
struct item_report {
	struct slice text;
	int64_t time;
	int32_t reason; /* 0x0C04, -1 if unknown */
	int32_t diag;	/* 0x0C05, -1 if unknown */
	int32_t status; /* 0x0C20, an SMTP code in digits: 550 */
	struct slice supplement;
	struct slice original; /* Message-ID of what it is about */
};

struct contact;
struct contact_list;
struct item_props;

struct item {
	uint64_t nid;	    /* node id; an embedded item has its parent's */
	struct slice uid;   /* names this item in its store and everywhere:
			   * ASCII letters, digits, '.', and always the same */
	bool recovered;	    /* no tree of the store has it any more */
	bool listed;	    /* its folder's contents table names it, too */
	struct slice class; /* "IPM.Note" */

	struct slice headers; /* transport headers, LF or CRLF */
	struct slice subject;
	bool subject_exact;	 /* was Unicode in the store, or ASCII */
	struct slice message_id; /* as stored, with or without brackets */
	struct slice in_reply_to;
	struct slice references;
	struct slice topic;	   /* conversation topic */
	struct slice thread_index; /* conversation index, bytes */

	struct item_person from;   /* whom it is sent for */
	struct item_person sender; /* who sent it */
	struct item_recipient *recipients;
	size_t n_recipients;
	struct slice reply_to; /* names or addresses, ';' between them */
	struct item_person *reply_people; /* the same, if the store has more */
	size_t n_reply_people;

	int64_t submitted, delivered, created, modified; /* DATE_UNKNOWN */
	unsigned flags;					 /* ITEM_READ, ... */
	int32_t importance;  /* 0 low, 1 normal, 2 high */
	int32_t priority;    /* -1 non-urgent, 0 normal, 1 urgent */
	int32_t sensitivity; /* 0 none, 1 personal, 2 private, 3 confidential */
	struct slice *categories;
	size_t n_categories;

	unsigned internet_codepage; /* 0x3FDE, 0: unknown */
	unsigned message_codepage;  /* 0x3FFD, 0: unknown */
	struct item_body plain, html;
	struct item_stream rtf; /* decompressed */
	bool rtf_shown;		/* 'html' is made of it: it is the body */

	struct item_attach *attachments;
	size_t n_attachments;
	struct item_report report;
	/* What it is besides, if it is: an appointment or a meeting request, a
	 * task, a journal entry.  The rest is filled in as always. */
	struct event *event;
	struct task *task;
	struct journal *journal;
	struct contact *contact;   /* formats/contact.h */
	struct contact_list *list; /* the same */
	int32_t note_color;	   /* PidLidNoteColor; -1: it is no note */
	/* all it has, as stored: formats/item_props.h; or NULL */
	const struct item_props *props;

	void (*close)(struct item *item); /* the reader's; never NULL */
};

static inline void
item_init(struct item *item)
{
	memset(item, 0, sizeof(*item));
	item->submitted = item->delivered = item->created = DATE_UNKNOWN;
	item->modified = DATE_UNKNOWN;
	item->importance = 1;
	item->note_color = -1;
	item->report.time = DATE_UNKNOWN;
	item->report.reason = item->report.diag = -1;
}

static inline void
item_close(struct item **item)
{
	if (*item != NULL)
		(*item)->close(*item);
	*item = NULL;
}

#endif
