/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an IMAP server says (RFC 3501, 9051, 2177, 3502, 4315, 4466, 4731,
 * 5161, 5258, 6154, 6855, 7888, 9208), understood byte by byte as it comes.
 * Knows no socket.  Message bodies are handed on in pieces as they arrive,
 * everything else is one bounded line: memory does not depend on what the
 * server sends, time is linear in it.
 *
 * Tolerant of what servers are known to do (docs/VIOLATIONS.md), strict
 * about structure: NUL, a bare CR or LF in a line, a literal size that is no
 * number or larger than its place allows end the session (EX_PROTOCOL).
 */
#ifndef WIRE_IMAP_PARSE_H
#define WIRE_IMAP_PARSE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/buf.h"
#include "core/err.h"

/* Strings that are no body: a name, a header field's value. */
#define LIMIT_LITERAL_INLINE (1 << 19)

enum imap_kind {
	IMAP_TAGGED,   /* status, code, text */
	IMAP_CONTINUE, /* '+': text */
	IMAP_STATE,    /* untagged OK NO BAD BYE PREAUTH: status, code, text */
	IMAP_CAPABILITY,
	IMAP_LIST,
	IMAP_LSUB,
	IMAP_STATUS,
	IMAP_SEARCH, /* may come in several pieces, all but the last 'more' */
	IMAP_ESEARCH,
	IMAP_FLAGS,
	IMAP_EXISTS,
	IMAP_RECENT,
	IMAP_EXPUNGE,
	IMAP_NAMESPACE,
	IMAP_ENABLED,
	IMAP_QUOTA,
	IMAP_QUOTAROOT,
	IMAP_VANISHED,
	IMAP_OTHER /* ID, ACL, ...; 'name' says */
};

enum imap_status {
	IMAP_NOTHING,
	IMAP_OK,
	IMAP_NO,
	IMAP_BAD,
	IMAP_BYE,
	IMAP_PREAUTH
};

enum imap_code {
	IMAP_CODE_NONE,
	IMAP_CODE_OTHER, /* 'code_name' says */
	IMAP_CODE_ALERT,
	IMAP_CODE_ALREADYEXISTS,
	IMAP_CODE_APPENDUID,
	IMAP_CODE_AUTHENTICATIONFAILED,
	IMAP_CODE_AUTHORIZATIONFAILED,
	IMAP_CODE_CANNOT,
	IMAP_CODE_CAPABILITY,
	IMAP_CODE_CLOSED,
	IMAP_CODE_CONTACTADMIN,
	IMAP_CODE_COPYUID,
	IMAP_CODE_EXPIRED,
	IMAP_CODE_HIGHESTMODSEQ,
	IMAP_CODE_INUSE,
	IMAP_CODE_LIMIT,
	IMAP_CODE_NONEXISTENT,
	IMAP_CODE_NOPERM,
	IMAP_CODE_OVERQUOTA,
	IMAP_CODE_PERMANENTFLAGS,
	IMAP_CODE_PRIVACYREQUIRED,
	IMAP_CODE_READ_ONLY,
	IMAP_CODE_READ_WRITE,
	IMAP_CODE_REFERRAL,
	IMAP_CODE_SERVERBUG,
	IMAP_CODE_THROTTLED,
	IMAP_CODE_TOOBIG,
	IMAP_CODE_TRYCREATE,
	IMAP_CODE_UIDNEXT,
	IMAP_CODE_UIDNOTSTICKY,
	IMAP_CODE_UIDVALIDITY,
	IMAP_CODE_UNAVAILABLE
};

/* One response.  Slices live during the call it is handed over in. */
struct imap_resp {
	enum imap_kind kind;
	enum imap_status status;
	enum imap_code code;
	uint64_t number;	/* EXISTS, RECENT, EXPUNGE */
	struct slice tag;	/* IMAP_TAGGED */
	struct slice name;	/* the response's word, as sent */
	struct slice code_name; /* "APPENDUID", without what follows */
	struct slice code_args; /* "38505 3955" */
	struct slice text;	/* the server's words; may hold anything */
	struct slice args;	/* what follows the word; imap_token reads it */
	bool more;		/* SEARCH: another piece of this line follows */
};

/* A FETCH item list but for the bodies, which went to imap_body. */
struct imap_fetch {
	uint32_t seq; /* may be 0 (Courier) or wrong: go by the UID */
	uint32_t uid; /* 0: not told */
	bool has_flags, has_size, has_date;
	bool has_body;	    /* a body item was handed on, also an empty one */
	bool body_is_nil;   /* a body item was NIL */
	struct slice flags; /* what stood in the parentheses; imap_flag_next */
	uint64_t size;	    /* RFC822.SIZE */
	int64_t internaldate; /* DATE_UNKNOWN if it was no date */
	uint64_t modseq;
	uint64_t gm_msgid;
	struct slice gm_labels; /* as flags */
};

/* Part of a body.  An empty body is one call with n = 0. */
struct imap_body {
	uint32_t seq;
	uint32_t uid;	      /* 0: not told yet (it may follow the body) */
	struct slice section; /* "" for BODY[] and RFC822; "HEADER", ... */
	bool has_origin;      /* BODY[]<origin> */
	uint64_t origin;
	uint64_t size; /* of the whole */
	uint64_t at;   /* where this piece begins; last: at + n == size */
	/* what the response told of the message before its body */
	const struct imap_fetch *item;
};

/* Where it all goes.  A callback that returns -1 (with *err) ends the
 * parsing for good; NULL callbacks drop what is for them. */
struct imap_sink {
	int (*response)(void *arg, const struct imap_resp *r, struct err *err);
	int (*fetch)(void *arg, const struct imap_fetch *f, struct err *err);
	int (*body)(void *arg, const struct imap_body *b, const void *p,
	    size_t n, struct err *err);
	/* for --trace-wire: a line, or the size of a body; may be NULL */
	void (*trace)(void *arg, struct slice line, uint64_t body_bytes);
	void *arg;
};

struct imap_parser;

struct imap_parser *imap_parser_new(const struct imap_sink *sink);
void imap_parser_free(struct imap_parser **p);

/*
 * Understand data[0..n): all of it is taken, unless 'one' is set: then it
 * stops behind the first whole response (before STARTTLS: what follows must
 * not be believed).  Returns the number of bytes taken, or -1: SCOPE_STORE,
 * EX_PROTOCOL, or what a callback said.
 */
ssize_t imap_parser_feed(struct imap_parser *p, const void *data, size_t n,
    bool one, struct err *err);
/* In the middle of a response: an end of the stream here is a truncation. */
bool imap_parser_is_inside(const struct imap_parser *p);

/* ------------------------------------------- reading response arguments */

enum imap_token_kind {
	IMAP_TOKEN_END,
	IMAP_TOKEN_ATOM, /* also numbers and flags */
	IMAP_TOKEN_STRING,
	IMAP_TOKEN_NIL,
	IMAP_TOKEN_OPEN, /* ( */
	IMAP_TOKEN_CLOSE,
	IMAP_TOKEN_BAD
};

struct imap_token {
	enum imap_token_kind kind;
	struct slice s; /* contents; of a quoted string before unescaping */
	bool escaped;	/* a quoted string with backslashes in it */
};

/* Cut the next token off *args. */
struct imap_token imap_token(struct slice *args);
/* Append a token's text, unescaped. */
void imap_token_text(const struct imap_token *t, struct buf *out);
/* Skip one value: a token, or a parenthesized list with all in it.  False:
 * there is none, or it does not end. */
bool imap_token_skip(struct slice *args);

/* Cut the next flag off a flag list; false at the end.  Quotes (Domino) are
 * taken off; ']' may stand in it (Gmail). */
bool imap_flag_next(struct slice *flags, struct slice *flag_r);
/* Cut the next number off IMAP_SEARCH's args; false at the end. */
bool imap_number_next(struct slice *args, uint32_t *n_r);

/* LIST and LSUB. */
struct imap_list {
	struct slice attrs; /* imap_flag_next: "\HasChildren", "\Sent" ... */
	char delimiter;	    /* 0: NIL, flat */
	struct slice name;  /* as it must be sent back: in 'scratch' */
	bool subscribed;    /* \Subscribed, or LSUB */
	bool noselect;	    /* \Noselect or \NonExistent */
};
/* false: it makes no sense. */
bool imap_list_read(const struct imap_resp *r, struct buf *scratch,
    struct imap_list *l_r);
/* The first RFC 6154 special use among the attributes, "" if none. */
struct slice imap_special_use(struct slice attrs);

/* STATUS; what was not told is 0. */
struct imap_mailbox_status {
	struct slice name; /* in 'scratch' */
	bool has_messages;
	uint64_t messages, unseen, size, highestmodseq, appendlimit;
	uint32_t uidnext, uidvalidity;
};
bool imap_status_read(const struct imap_resp *r, struct buf *scratch,
    struct imap_mailbox_status *s_r);

/*
 * A UID set, one range at a time ("3955:3957,3960"): *lo_r <= *hi_r, both
 * > 0; '*' and 0 are refused.  1, 0 at the end, -1 it makes no sense.
 */
int imap_uidset_next(struct slice *set, uint32_t *lo_r, uint32_t *hi_r);

#endif
