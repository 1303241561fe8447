/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the sandboxed PST child and its parent say to one another, in frames:
 * an 8-byte header (u32 payload length, u16 type, u16 mark; little-endian)
 * and at most LIMIT_BLOCK bytes.  The child has read a stranger's file: the
 * parent believes nothing, and every length is checked before it is used.
 *
 *	parent: START             { WANT | SKIP }*
 *	child:  HELLO PHASE* STORE { AT (FOLDER | ITEM DATA* END | REFUSED |
 *	        OTHER)? | PROBLEM | NOTE }* BYE        or  FAIL
 *
 * AT comes before a stranger's byte of that node is parsed: if the child dies
 * then, that is what it died of.
 */
#ifndef EXTRACT_PST_FRAME_H
#define EXTRACT_PST_FRAME_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/buf.h"
#include "core/limits.h"

#define PST_PROTOCOL   1
#define PST_FRAME_HEAD 8

enum pst_frame_type {
	/* child to parent */
	PST_HELLO = 1, /* u32 protocol, u32 SANDBOX_NO_ bits */
	PST_PHASE,     /* u32 enum pst_phase */
	PST_FAIL,      /* str why: nothing can be read */
	PST_STORE,     /* str record key, u64 messages, u32 password */
	PST_AT,	       /* u64 nid, u32 enum pst_at, str folder path */
	PST_FOLDER,    /* u64 nid, str path, str full name, str role */
	PST_ITEM,      /* u64 nid, str path, u32 MSG_ flags, i64 received,
			  * str keywords, str subject */
	PST_DATA,      /* bytes */
	PST_END,       /* u64 bytes, u32 whole */
	PST_REFUSED,   /* u64 nid, str path, str subject, str why */
	PST_PROBLEM,   /* the same; nid 0: the store */
	PST_OTHER,     /* str class: no mail, not carried */
	PST_NOTE,      /* str text */
	/* of a survey (PST_SURVEY), instead of items */
	PST_FACTS,  /* u32 format, u32 encryption, u32 OST, u32 password,
			  * u64 promised size */
	PST_COUNTS, /* u64 nid, str path or "", str name, str role, u64
			  * items, u64 of them mail, u64 bytes, u64 lost, i64
			  * oldest, i64 newest, i64 items as it says itself */
	PST_CLASS,  /* str class, u64 count, u32 mail */
	PST_BIG,    /* u64 nid, str path, str subject, u64 bytes */
	PST_BYE,
	/* parent to child */
	PST_START, /* u32 PST_LEAVE_ bits, u32 code page, u32 keep the RTF
			  * (0, 1), u64 memory,
			  * u32 enum pst_at and u64 nid to go on at, u32
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

struct pst_frame {
	enum pst_frame_type type;
	struct slice payload; /* valid until the next frame is taken */
};

/* Bytes as they come, cut into frames.  Zeroed, it is ready. */
struct pst_frames {
	size_t n, used;
	char room[PST_FRAME_HEAD + LIMIT_BLOCK];
};

/* Where the next bytes go, and how many may; then say how many came. */
char *frames_room(struct pst_frames *in, size_t *cap_r);
void frames_came(struct pst_frames *in, size_t n);
/* 1 a frame, 0 more bytes are needed, -1 these are no frames. */
int frames_next(struct pst_frames *in, struct pst_frame *f_r);

/* Take fields off the front of a payload.  What is not there is 0 or empty,
 * and *bad is set. */
uint32_t frame_u32(struct slice *p, bool *bad);
uint64_t frame_u64(struct slice *p, bool *bad);
struct slice frame_str(struct slice *p, size_t max, bool *bad);

/* Build a payload. */
void frame_put_u32(struct buf *b, uint32_t v);
void frame_put_u64(struct buf *b, uint64_t v);
/* At most 'max' bytes of it. */
void frame_put_str(struct buf *b, struct slice s, size_t max);

/* The payload of PST_START. */
struct pst_start {
	uint32_t leave; /* PST_LEAVE_, PST_USE_, PST_SURVEY */
	uint32_t codepage;
	bool keep_rtf;
	uint64_t memory;
	enum pst_at at;
	uint64_t at_nid;
	const uint64_t *poison;
	size_t n_poison;
};
void frame_put_start(struct buf *b, const struct pst_start *s);

/* Write a frame to a pipe.  0 or -1 with errno. */
int frame_send(int fd, enum pst_frame_type type, const void *payload, size_t n);

/* Longest strings that the parent takes. */
#define FRAME_KEY_MAX	   64
#define FRAME_TEXT_MAX	   1000
#define FRAME_KEYWORDS_MAX 32768
#define FRAME_CLASS_MAX	   200
#define FRAME_FOLDERS_MAX  4000

#endif
