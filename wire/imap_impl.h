/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For wire/imap*.c only: the session and what its parts share.
 *
 *	imap_session.c	life, waiting, capabilities, STARTTLS
 *	imap_reply.c	what each response does to the session
 *	imap_trouble.c	what the server's words mean
 *	imap_cmd.c	building and sending commands
 *	imap_about.c	ID, quota
 *	imap_login.c  imap_folder.c  imap_message.c  imap_append.c
 */
#ifndef WIRE_IMAP_IMPL_H
#define WIRE_IMAP_IMPL_H

#include "wire/imap.h"
#include "wire/imap_cmd.h"

enum imap_state {
	IMAP_DEAD,	    /* no connection any more */
	IMAP_CONNECTED,	    /* greeted; perhaps not in TLS yet */
	IMAP_AUTHENTICATED, /* logged in */
	IMAP_SELECTED,
	IMAP_ENDING /* LOGOUT sent */
};

enum imap_want {
	IMAP_WANT_NOTHING,
	IMAP_WANT_APPEND,
	IMAP_WANT_STATUS,
	IMAP_WANT_SELECT
};

/* A command that was sent and not collected yet. */
struct imap_pending {
	uint32_t tag;
	bool done;
	bool forget; /* nobody will collect it */
	enum imap_want want;
	struct imap_result res;
	/* APPEND */
	bool whole; /* the last byte is on its way: an OK can be true */
	size_t n_msgs, n_uids;
	uint32_t uidvalidity;
	uint32_t *uids;
	bool falling;
	/* SELECT */
	bool begun; /* it is its turn: untagged data speak of its folder */
	struct imap_mailbox box; /* what it told, once done */
	char *flags;		 /* PERMANENTFLAGS, or NULL */
	/* STATUS, SELECT */
	char *name;
	struct imap_mailbox_status status;
};

#define IMAP_NAMESPACES 16

struct imap {
	struct conn *conn;
	struct imap_parser *parser;
	enum imap_state state;
	bool plaintext_ok; /* the user said --tls none */
	bool greeted;
	struct err why; /* what ended the session */
	bool bye;
	struct imap_result bye_res;
	struct buf greeting;

	bool caps[IMAP_CAP_COUNT];
	bool caps_known; /* since the last forgetting */
	struct buf cap_text;
	uint64_t append_limit;

	char tag_prefix[8];
	uint32_t next_tag;
	struct imap_pending *pending; /* oldest first */
	size_t n_pending, max_pending;
	bool plus;	      /* '+' came since it was last set to false */
	struct buf plus_text; /* and what stood behind it */

	/* where untagged data goes while a command wants it */
	int (*on_folder)(void *arg, const struct imap_folder *f,
	    struct err *err);
	void *folder_arg;
	bool folder_lsub, folder_extended;
	int (*on_uid)(void *arg, uint32_t uid, struct err *err);
	void *uid_arg;
	struct imap_fetch_sink fetch_sink;

	bool selected;
	struct imap_mailbox box;
	struct buf box_name, permanentflags;

	/* asked ahead, and not collected yet; 0: not asked */
	uint32_t ns_tag, list_tag, quota_tag;
	bool ns_known;
	struct imap_ns ns[IMAP_NAMESPACES];
	size_t n_ns;
	struct buf ns_text;

	struct imap_copied copied; /* imap_move.c's */
	struct buf copied_from, copied_to;

	struct buf software;
	struct imap_quota quota;
	struct imap_result last;
	struct slice hide[2]; /* must not appear in any text */
	struct buf scratch, utf8;
	bool appending; /* an APPEND is being sent: nothing else may be */
	char *block;	/* LIMIT_BLOCK bytes for APPEND, or NULL */
};

/* ---- imap_session.c */

/* The one function that changes im->state. */
void imap_set_state(struct imap *im, enum imap_state state);
/* The session is over: remember why.  Returns -1. */
int imap_die(struct imap *im, const struct err *err);
/* -1 with the reason if it is over. */
int imap_check_alive(const struct imap *im, struct err *err);
/* Wait for one of 'want' (conn.h) and take in what came.  -1: it is over. */
int imap_pump(struct imap *im, unsigned want, struct err *err);
/* Queue bytes, taking replies in while there is no room. */
int imap_put(struct imap *im, const void *p, size_t n, struct err *err);
/* Take in what is here already, without waiting. */
void imap_poll(struct imap *im);
/* Wait until nothing is in flight. */
int imap_drain(struct imap *im, struct err *err);
/* A new command; its tag text ("kxqa17 ") is put into 'out'. */
struct imap_pending *imap_begin(struct imap *im, enum imap_want want,
    struct buf *out);
struct imap_pending *imap_find(struct imap *im, uint32_t tag);
void imap_forget(struct imap *im, uint32_t tag);
int imap_ask_capability(struct imap *im, struct err *err);
void imap_forget_capabilities(struct imap *im);
/* A line that was sent, for the trace. */
void imap_trace(struct imap *im, char dir, struct slice line);

/* ---- imap_reply.c */
int imap_on_response(void *arg, const struct imap_resp *r, struct err *err);
int imap_on_fetch(void *arg, const struct imap_fetch *f, struct err *err);
int imap_on_body(void *arg, const struct imap_body *b, const void *p, size_t n,
    struct err *err);
/* Is something in 's' that must not be shown? */
bool imap_is_hidden(const struct imap *im, struct slice s);
/* '*' and the words of a capability list. */
/* If the next answer is a SELECT's, what comes speaks of its folder. */
void imap_turn(struct imap *im);
void imap_read_capabilities(struct imap *im, struct slice words);

/* ---- imap_about.c: ID and QUOTA, what the server tells of itself */
void imap_on_id(struct imap *im, struct slice args);
void imap_on_quota(struct imap *im, struct slice args);
/* ---- imap_move.c: COPYUID */
void imap_on_copyuid(struct imap *im, struct slice args);
/* ---- imap_trouble.c */
void imap_result_read(struct imap_result *res, const struct imap_resp *r);

/* ---- imap_cmd.c */
bool imap_is_answered(struct imap *im, uint32_t tag);
/* Need a literal of this size not wait for the server? */
bool imap_literal_plus(const struct imap *im, uint64_t size);
/* As imap_cmd_send(), for a command that wants data of its own ('name' for
 * STATUS), and without the final CRLF: 1, 0 (refused already), or -1. */
int imap_cmd_send_open(struct imap *im, const struct imap_cmd *c,
    enum imap_want want, struct slice name, uint32_t *tag_r, struct err *err);
/*
 * Send a literal's head ("{5+}CRLF") and, if it needs one, wait for the
 * continuation.  1: now the bytes; 0: the command was refused; -1.
 */
int imap_literal_begin(struct imap *im, uint32_t tag, uint64_t size,
    struct err *err);

#endif
