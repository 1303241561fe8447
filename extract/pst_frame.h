/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the sandboxed PST child and its parent say to one another, in frames
 * (core/frame.h).
 *
 *	parent: START             { WANT | SKIP }*
 *	child:  HELLO PHASE* STORE { AT (FOLDER | (ITEM | THING) DATA* END |
 *	        REFUSED | OTHER)? | PROBLEM | NOTE }* BYE        or  FAIL
 *
 * AT comes before a stranger's byte of that node is parsed: if the child dies
 * then, that is what it died of.
 *
 * Several children may share the work.  Each walks the whole store in the same
 * order, and counts messages: the first PST_SHARE_MSGS are the first child's,
 * the next as many the second's, and so on round.  A child speaks only of its
 * own shares, and of folders that are met during them; behind each it says
 * TURN.  So the frames of all of them, each heard until its TURN, are those
 * that one child alone would send.  Only AT is said by all of every folder.
 */
#ifndef EXTRACT_PST_FRAME_H
#define EXTRACT_PST_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "core/frame.h"

#define PST_PROTOCOL 3

enum pst_frame_type {
	/* child to parent */
	PST_HELLO = 1, /* u32 protocol, u32 SANDBOX_NO_ bits */
	PST_PHASE,     /* u32 enum pst_phase */
	PST_FAIL,      /* str why: nothing can be read */
	PST_STORE,     /* str record key, u64 messages, u32 password, u64
			  * recovered */
	PST_AT,	       /* u64 nid, u32 enum pst_at, str folder path */
	PST_FOLDER,    /* u64 nid, str path, str full name, str role */
	PST_ITEM,      /* u64 nid, str path, u32 MSG_ flags, i64 received,
			  * str keywords, str subject */
	PST_THING,     /* u64 nid, str path, u32 enum item_kind, i64 modified,
			  * str class, str title: no mail */
	PST_DATA,      /* bytes */
	PST_END,       /* u64 bytes, u32 whole */
	PST_REFUSED,   /* u64 nid, str path, str subject, str why */
	PST_PROBLEM,   /* the same; nid 0: the store */
	PST_OTHER,     /* str class: this reader cannot carry it */
	PST_NOTE,      /* str text */
	/* of a survey (PST_SURVEY), instead of items */
	PST_FACTS,  /* u32 format, u32 encryption, u32 OST, u32 password,
			  * u64 promised size */
	PST_COUNTS, /* u64 nid, str path or "", str name, str role, u64
			  * items, u64 of them mail, u64 bytes, u64 lost, i64
			  * oldest, i64 newest, i64 items as it says itself,
			  * u64 of the mail over 'too_big' */
	PST_CLASS,  /* str class, u64 count, u32 mail */
	PST_BIG,    /* u64 nid, str path, str subject, u64 bytes */
	/* of a check (PST_CHECK), instead of all of that */
	PST_FINDING, /* u32 remark, str rule, u64 offset, u32 node, u32
			  * subnode, str what, str found, str expected */
	PST_CHECKED, /* str format, u64 findings, u64 remarks, u64 pages,
			  * u64 blocks, u64 nodes, u64 folders, u64
			  * messages */
	PST_TURN,    /* u64 number of the share that ends here */
	PST_BYE,
	/* parent to child */
	PST_START, /* u32 PST_LEAVE_ bits, u32 code page, u32 keep the RTF
			  * (0, 1), u32 version of vCards, u64 memory,
			  * u32 enum pst_at and u64 nid to go on at, u32
			  * which of u32 children it is, u64 too big, u32
			  * count and as many u64: folders not to read */
	PST_WANT,  /* u64 nid */
	PST_SKIP,  /* u64 nid */
	PST_FRAME_TYPES
};

enum pst_at {
	PST_AT_NOTHING,
	PST_AT_MESSAGE,
	PST_AT_FOLDER,
	PST_AT_PEEK /* a folder's name, before its turn */
};

/* Phases to leave out, because the child died in them. */
enum { PST_LEAVE_NAMES = 1, PST_LEAVE_STORE = 2 };
/* Among those bits: who reads, when it is not our own reader. */
enum { PST_USE_LIBPST = 0x100 };
/* And: tell what is there, as extract/pst_survey.h has it. */
enum { PST_SURVEY = 0x200 };
/* And: facts to compare (extract/pst_facts.h) of every item, no messages. */
enum { PST_SEND_FACTS = 0x400 };
/* And: what no tree has any more, too. */
enum { PST_CARVE = 0x1000 };

/* The keyword of a message that no tree had. */
#define PST_RECOVERED "$Recovered"

/* And: hold it to its specification (formats/pst/check.h), no more. */
enum { PST_CHECK = 0x800 };

#define PST_SHARE_MSGS 4

/* The payload of PST_START. */
struct pst_start {
	uint32_t leave; /* PST_LEAVE_, PST_USE_, PST_SURVEY */
	uint32_t codepage;
	bool keep_rtf;
	uint32_t vcard;
	uint64_t memory;
	enum pst_at at;
	uint64_t at_nid;
	uint32_t child,
	    children;	  /* the child-th of them, from 0 on; none: one */
	uint64_t too_big; /* a survey counts messages over this; 0: none */
	const uint64_t *poison;
	size_t n_poison;
};
void frame_put_start(struct buf *b, const struct pst_start *s);

/* Longest strings that the parent takes. */
#define FRAME_KEY_MAX	   64
#define FRAME_TEXT_MAX	   1000
#define FRAME_KEYWORDS_MAX 32768
#define FRAME_CLASS_MAX	   200
#define FRAME_FOLDERS_MAX  4000

#endif
