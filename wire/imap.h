/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An IMAP session (RFC 3501 and 9051), as a client.
 *
 *	imap_open -> imap_login -> { imap_select | imap_append_send | ... }*
 *	  -> imap_close		(wire/account.h does the first two in one)
 *
 * Commands are queued and matched to replies by tag: imap_append_send() and
 * the other _send functions return while replies are still on their way,
 * imap_wait() collects.  The functions without _send wait themselves.
 * Responses may be handled inside any call that sends or waits; callbacks
 * must not call back into the session.
 *
 * Mailbox names are in the wire form everywhere ("name"): as LIST gave them
 * in struct imap_folder, or made by imap_name() from UTF-8.
 *
 * Errors: SCOPE_STORE means the session is over (imap_alive() is false), the
 * narrower ones leave it usable.  EX_TEMPFAIL and err->retry: connect again.
 * Results of commands that were answered before the session ended can still
 * be collected with imap_wait(): what the server confirmed counts.
 * Not thread-safe.  Not one byte of a credential leaves before TLS is
 * verified, unless the account says otherwise (TLS_NONE, TLS_INSECURE).
 */
#ifndef WIRE_IMAP_H
#define WIRE_IMAP_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/date.h"
#include "core/err.h"
#include "wire/conn.h"
#include "wire/imap_parse.h"
#include "wire/login.h"

struct imap;

enum imap_cap {
	IMAP_CAP_IMAP4REV1,
	IMAP_CAP_IMAP4REV2,
	IMAP_CAP_STARTTLS,
	IMAP_CAP_LOGINDISABLED,
	IMAP_CAP_SASL_IR,
	IMAP_CAP_AUTH_PLAIN,
	IMAP_CAP_LITERALPLUS,  /* RFC 7888 */
	IMAP_CAP_LITERALMINUS, /* not set where LITERAL+ is */
	IMAP_CAP_MULTIAPPEND,  /* RFC 3502 */
	IMAP_CAP_UIDPLUS,
	IMAP_CAP_APPENDLIMIT, /* RFC 7889 */
	IMAP_CAP_NAMESPACE,
	IMAP_CAP_SPECIAL_USE,
	IMAP_CAP_CREATE_SPECIAL_USE,
	IMAP_CAP_LIST_EXTENDED,
	IMAP_CAP_LIST_STATUS,
	IMAP_CAP_STATUS_SIZE,
	IMAP_CAP_ESEARCH,
	IMAP_CAP_UNSELECT,
	IMAP_CAP_MOVE,
	IMAP_CAP_ID,
	IMAP_CAP_ENABLE,
	IMAP_CAP_UTF8_ACCEPT,
	IMAP_CAP_CONDSTORE,
	IMAP_CAP_QRESYNC,
	IMAP_CAP_COMPRESS_DEFLATE,
	IMAP_CAP_QUOTA,
	IMAP_CAP_BINARY,
	IMAP_CAP_GMAIL, /* X-GM-EXT-1 */
	IMAP_CAP_COUNT
};

/* What a NO, BAD or BYE means for us, from its code and its words. */
enum imap_trouble {
	IMAP_FINE,
	IMAP_TROUBLE,	     /* refused, no more is known */
	IMAP_AUTH_FAILED,    /* wrong name or password, or not allowed */
	IMAP_NOT_CONNECTED,  /* logged in, but there is no mailbox to use */
	IMAP_UNAVAILABLE,    /* try later */
	IMAP_THROTTLED,	     /* wait backoff_ms, then the same again */
	IMAP_OVERQUOTA,	     /* the mailbox is full */
	IMAP_TOO_BIG,	     /* this message is */
	IMAP_TRYCREATE,	     /* the mailbox is not there */
	IMAP_ALREADY_EXISTS, /* the mailbox is there */
	IMAP_LIMIT_REACHED,  /* some other limit of the server */
	IMAP_FORBIDDEN,	     /* NOPERM, CANNOT, READ-ONLY */
	IMAP_BAD_MESSAGE,    /* it does not like the content of this one */
	IMAP_BAD_COMMAND     /* BAD: it did not understand us */
};

struct imap_result {
	enum imap_status status; /* OK, NO, BAD; NOTHING: no answer came */
	enum imap_code code;
	enum imap_trouble trouble;
	uint64_t backoff_ms; /* "Suggested Backoff Time"; 0: not told */
	char text[240];	     /* the server's words, escaped */
};

/* ------------------------------------------------------------- session */

/*
 * Connect, read the greeting, negotiate STARTTLS unless spec->tls_at_once or
 * TLS_NONE (no fallback), learn the capabilities.  -1 as conn_open(), and
 * EX_NOPERM: STARTTLS not offered, refused, or injected into; PREAUTH;
 * EX_UNAVAILABLE / EX_TEMPFAIL: greeted with BYE; EX_PROTOCOL: no IMAP.
 */
int imap_open(struct imap **im_r, const struct conn_spec *spec,
    struct err *err);

/*
 * Log in the best way that both sides have (wire/login.h): AUTHENTICATE, with
 * an initial response where SASL-IR is offered, or LOGIN, unless
 * LOGINDISABLED; then PROXYAUTH, if wanted.  -1: SCOPE_STORE, EX_NOPERM
 * refused, with the server's words, or a server that fails to prove itself;
 * EX_TEMPFAIL not now.
 */
int imap_login(struct imap *im, const struct login *l, struct err *err);
/* LOGIN_BIT()s of the ways that the capabilities offer. */
unsigned imap_login_ways(const struct imap *im);

/* COMPRESS=DEFLATE (RFC 4978), once logged in.  1 compressed from now on, 0 the
 * server does not, -1: SCOPE_STORE. */
int imap_compress(struct imap *im, struct err *err);
/* How far the server is, in microseconds there and back; 0: not known. */
uint64_t imap_rtt_us(const struct imap *im);

/* LOGOUT if the session is alive (waits at most 5 s), close, free; *im to
 * NULL.  *im may be NULL. */
void imap_close(struct imap **im);
/* The same at once and without a word: what is in flight is cut off. */
void imap_abort(struct imap **im);

bool imap_alive(const struct imap *im);
bool imap_has(const struct imap *im, enum imap_cap cap);
/* Any capability by its word ("X-FOO"), ASCII case-insensitive. */
bool imap_has_word(const struct imap *im, const char *word);
/* All of them, as the server sent them, for messages and profiles. */
const char *imap_capabilities(const struct imap *im);
const char *imap_greeting(const struct imap *im); /* escaped */
/* RFC 7889: the largest message it takes, 0: not told. */
uint64_t imap_append_limit(const struct imap *im);
/* The server's certificate; false: there is no TLS. */
bool imap_cert(const struct imap *im, struct tls_cert *out);
/* "TLSv1.3 ..., verified" / "plaintext", for reports. */
const char *imap_security(const struct imap *im);
/* From now on at most so many bytes a second, each way. */
void imap_limit_rate(struct imap *im, uint64_t bytes);
uint64_t imap_bytes_sent(const struct imap *im);
uint64_t imap_bytes_received(const struct imap *im);

/* Append the wire form of a UTF-8 name: modified UTF-7, INBOX in capitals.
 * -1: SCOPE_FOLDER, not UTF-8, or CR, LF or NUL in it. */
int imap_name(const struct imap *im, struct buf *out, struct slice utf8,
    struct err *err);

/* --------------------------------------------------- replies, in general */

/* Has the reply to 'tag' come, as far as we know without waiting? */
bool imap_is_done(struct imap *im, uint32_t tag);
/*
 * Wait for the reply to 'tag', which is then forgotten.  0 with *res_r (its
 * status may be NO or BAD), or -1: the session ended before it came.
 */
int imap_wait(struct imap *im, uint32_t tag, struct imap_result *res_r,
    struct err *err);
/*
 * A reply that is not OK as an error of the given scope, widened where the
 * words ask for it (login, quota: SCOPE_STORE; unavailable, throttled: retry).
 * 'what' says what was tried ("APPEND").  Returns -1, or 0 if it is OK.
 */
int imap_result_err(const struct imap_result *res, enum scope scope,
    const char *what, struct err *err);
/* The reply to the last command that a function without _send gave. */
const struct imap_result *imap_last(const struct imap *im);

/* ------------------------------------------------- several sessions at once */

/*
 * Understand what is here already, at most one response, and of a body in it
 * what has come: 1 something was, 0 nothing is here, -1 the session is over.
 */
int imap_step(struct imap *im, struct err *err);
/*
 * Wait until imap_step() has something to do in one of v[0..n) (at most
 * CONN_ANY_MAX).  0, or -1: the session v[*which_r] is over, or SCOPE_RUN.
 */
int imap_wait_any(struct imap *const *v, size_t n, size_t *which_r,
    struct err *err);
/*
 * The same for any that 'room' (or NULL) marks when there is room for more
 * to be sent, and for 'ms' at most (-1: no limit).  1; 0: the time has passed,
 * or there was nothing to wait for; -1.
 */
int imap_wait_some(struct imap *const *v, const bool *room, size_t n,
    int64_t ms, size_t *which_r, struct err *err);
/* Send and understand what goes without waiting.  0, or -1: it is over. */
int imap_take_in(struct imap *im, struct err *err);
/* --limit-rate of the two is one limit from now on. */
void imap_share_rate(struct imap *im, const struct imap *of);
/* Send what is queued, as far as it goes without waiting. */
void imap_push(struct imap *im);
/* Is 'tag' answered, as far as was understood?  Moves nothing. */
bool imap_has_answered(struct imap *im, uint32_t tag);
/* Nobody will wait for this answer.  0: there is none. */
void imap_ignore(struct imap *im, uint32_t tag);

/* NOOP: keeps the session alive, brings in what is new. */
int imap_noop(struct imap *im, struct err *err);
/* ID (RFC 2971) with name and version; no-op where not offered. */
int imap_id(struct imap *im, struct err *err);

/* "Dovecot 2.3" by what it answered to ID so far; "" if it did not. */
const char *imap_software(const struct imap *im);

struct imap_quota {
	bool told;	      /* there is a quota, and a limit */
	uint64_t used, limit; /* bytes */
};
/* GETQUOTAROOT (RFC 9208) of INBOX: the fullest of its quotas.  0 (also where
 * the server has no quota, q_r->told false), or -1: SCOPE_STORE.  _send() asks
 * ahead. */
int imap_quota_send(struct imap *im, struct err *err);
int imap_quota(struct imap *im, struct imap_quota *q_r, struct err *err);

/* ------------------------------------------------------------- folders */

struct imap_folder {
	struct slice name; /* wire form; give it back as it is */
	struct slice utf8; /* decoded; the wire form where that fails */
	bool decodes;
	char delimiter; /* 0: flat */
	struct slice attrs;
	struct slice special_use; /* "\Sent" or "" */
	bool noselect;
	int subscribed; /* 1, 0, or -1: not told (use imap_lsub) */
};

/*
 * LIST "" 'pattern' ("*"; wire form), with RETURN (SUBSCRIBED SPECIAL-USE)
 * where LIST-EXTENDED is offered; 'each' sees them in the server's order,
 * doubles included.  What 'each' returns -1 for ends the session.
 */
int imap_list(struct imap *im, struct slice pattern,
    int (*each)(void *arg, const struct imap_folder *f, struct err *err),
    void *arg, struct err *err);
/* The same, asked ahead: of such there is one at a time, and 'each' may be
 * called until it was waited for. */
int imap_list_send(struct imap *im, struct slice pattern,
    int (*each)(void *arg, const struct imap_folder *f, struct err *err),
    void *arg, struct err *err);
int imap_list_wait(struct imap *im, struct err *err);
int imap_lsub(struct imap *im, struct slice pattern,
    int (*each)(void *arg, const struct imap_folder *f, struct err *err),
    void *arg, struct err *err);

enum imap_ns_kind { IMAP_NS_PERSONAL, IMAP_NS_OTHERS, IMAP_NS_SHARED };

struct imap_ns {
	enum imap_ns_kind kind;
	struct slice prefix; /* wire form, with the delimiter: "INBOX." */
	char delimiter;	     /* 0: flat */
};

/* NAMESPACE, asked once; without it "" and the delimiter of LIST "" "".
 * _send() asks ahead where the server has NAMESPACE, else does nothing. */
int imap_namespaces_send(struct imap *im, struct err *err);
int imap_namespaces(struct imap *im, const struct imap_ns **ns_r, size_t *n_r,
    struct err *err);

/* CREATE, with USE where 'special_use' is not NULL and the server can.  A
 * folder that exists already is no error.  -1: SCOPE_FOLDER. */
int imap_create(struct imap *im, struct slice name, const char *special_use,
    struct err *err);
int imap_subscribe(struct imap *im, struct slice name, struct err *err);
/* The same, pipelined: imap_wait() has the result as it is (a folder that
 * exists is a NO, a special use that is refused, too). */
int imap_create_send(struct imap *im, struct slice name,
    const char *special_use, uint32_t *tag_r, struct err *err);
int imap_subscribe_send(struct imap *im, struct slice name, uint32_t *tag_r,
    struct err *err);

struct imap_mailbox {
	uint32_t uidvalidity; /* 0: not told */
	uint32_t uidnext;     /* 0: not told */
	uint64_t exists;
	uint64_t highestmodseq;
	uint64_t expunged; /* EXPUNGE and VANISHED seen since SELECT */
	bool read_only;
	bool has_permanentflags;
	struct slice permanentflags; /* imap_flag_next */
	bool any_keyword;	     /* \* among them, or none told */
};

/* SELECT, or EXAMINE.  -1: SCOPE_FOLDER.  No folder is selected then. */
int imap_select(struct imap *im, struct slice name, bool examine,
    struct err *err);
/*
 * EXAMINE, pipelined: imap_wait() has its result.  Commands that are sent
 * behind it speak of that folder, and fail where it could not be selected.
 */
int imap_examine_send(struct imap *im, struct slice name, bool condstore,
    uint32_t *tag_r, struct err *err);
/* SELECT or EXAMINE one folder after the other, pipelined; what each told is
 * kept until _wait, which says it (its PERMANENTFLAGS are in 'flags'). */
int imap_select_send(struct imap *im, struct slice name, bool examine,
    uint32_t *tag_r, struct err *err);
int imap_select_wait(struct imap *im, uint32_t tag, struct imap_mailbox *mb_r,
    struct buf *flags, struct err *err);
/* The selected folder as it is now, or NULL; valid until the next call. */
const struct imap_mailbox *imap_selected(const struct imap *im);
/* Can this be sent as a flag at all: an atom, perhaps behind a '\\'? */
bool imap_flag_is_word(struct slice flag);
/* May this flag be set for good?  Says PERMANENTFLAGS. */
bool imap_flag_allowed(const struct imap *im, struct slice flag);
/* UNSELECT; where not offered, EXAMINE and CLOSE, which expunges nothing. */
int imap_unselect(struct imap *im, struct err *err);
/* UNSUBSCRIBE and UNSELECT whose answers nobody waits for; UNSELECT no-op where
 * not offered. */
int imap_unsubscribe_send(struct imap *im, struct slice name, struct err *err);
int imap_unselect_send(struct imap *im, struct err *err);
/* STATUS (MESSAGES UIDNEXT UIDVALIDITY).  -1: SCOPE_FOLDER.  Pipelined: any
 * number of _send, then _wait in the same order. */
int imap_status(struct imap *im, struct slice name,
    struct imap_mailbox_status *s_r, struct err *err);
int imap_status_send(struct imap *im, struct slice name, uint32_t *tag_r,
    struct err *err);
/* The same with HIGHESTMODSEQ where the server knows CONDSTORE. */
int imap_status_modseq_send(struct imap *im, struct slice name, uint32_t *tag_r,
    struct err *err);
int imap_status_wait(struct imap *im, uint32_t tag,
    struct imap_mailbox_status *s_r, struct err *err);

/* ------------------------------------------------------------ messages */

/* Append "lo:hi" (or "lo") to a UID set, joined to the range before it.
 * Keep a set under IMAP_SET_BYTES: servers refuse long lines. */
#define IMAP_SET_BYTES 7000
struct imap_set {
	struct buf text;
	uint32_t lo, hi; /* the range not yet in 'text'; 0: none */
};
void imap_set_add(struct imap_set *s, uint32_t uid); /* ascending */
struct slice imap_set_text(struct imap_set *s);	     /* ends the last range */
void imap_set_clear(struct imap_set *s);
void imap_set_free(struct imap_set *s);

struct imap_fetch_sink {
	int (*fetch)(void *arg, const struct imap_fetch *f, struct err *err);
	int (*body)(void *arg, const struct imap_body *b, const void *p,
	    size_t n, struct err *err);
	void *arg;
};

/*
 * UID FETCH set items ("(UID FLAGS RFC822.SIZE INTERNALDATE
 * BODY.PEEK[])").  For each message: body() in pieces as they arrive, then
 * fetch(); in no certain order, perhaps for messages nobody asked for
 * (unsolicited flags), perhaps without all that was asked.  With _send, the
 * sink must outlive the reply; fetches in flight share one sink, the last.
 */
int imap_uid_fetch(struct imap *im, struct slice set, const char *items,
    const struct imap_fetch_sink *sink, struct err *err);
int imap_uid_fetch_send(struct imap *im, struct slice set, const char *items,
    const struct imap_fetch_sink *sink, uint32_t *tag_r, struct err *err);

/* UID SEARCH; 'criteria' is protocol text ("UID 5:*").  'each' gets every
 * UID in the server's order. */
int imap_uid_search(struct imap *im, const char *criteria,
    int (*each)(void *arg, uint32_t uid, struct err *err), void *arg,
    struct err *err);
/* The same, pipelined; 'arg' must outlive the reply.  One at a time. */
int imap_uid_search_send(struct imap *im, const char *criteria,
    int (*each)(void *arg, uint32_t uid, struct err *err), void *arg,
    uint32_t *tag_r, struct err *err);
/* UID SEARCH HEADER field value. */
int imap_uid_search_header(struct imap *im, const char *field,
    struct slice value, int (*each)(void *arg, uint32_t uid, struct err *err),
    void *arg, struct err *err);

/* UID STORE set op (flags); op is "FLAGS.SILENT", "+FLAGS.SILENT" or
 * "-FLAGS.SILENT"; flags are words with spaces between. */
int imap_uid_store(struct imap *im, struct slice set, const char *op,
    struct slice flags, struct err *err);
/* The same, pipelined. */
int imap_uid_store_send(struct imap *im, struct slice set, const char *op,
    struct slice flags, uint32_t *tag_r, struct err *err);

/* What COPYUID told: which UIDs are which now. */
struct imap_copied {
	uint32_t uidvalidity; /* of the folder they went to; 0: not told */
	struct slice from, to;
	uint32_t from_lo, from_hi, to_lo, to_hi; /* imap_copied_next()'s */
};
/*
 * UID COPY, or UID MOVE where the server has it (IMAP_CAP_MOVE), of the
 * selected folder's messages to another folder.  UIDs that are not there are
 * no error.  *c_r lives until the next call.  -1: SCOPE_FOLDER; what was told
 * before the error counts.
 */
int imap_uid_copy(struct imap *im, struct slice set, struct slice name,
    bool move, struct imap_copied *c_r, struct err *err);
/* The pairs, one by one. */
bool imap_copied_next(struct imap_copied *c, uint32_t *from_r, uint32_t *to_r);
/* UID EXPUNGE (IMAP_CAP_UIDPLUS): of these, those that are marked \Deleted.
 * There is no plain EXPUNGE here: it would take what others marked. */
int imap_uid_expunge(struct imap *im, struct slice set, struct err *err);

/* -------------------------------------------------------------- APPEND */

#define IMAP_APPEND_MAX 256 /* messages in one MULTIAPPEND */

struct imap_append_msg {
	uint64_t size;	      /* bytes, exact */
	struct slice flags;   /* "\Seen $Forwarded": words, spaces between */
	int64_t internaldate; /* DATE_UNKNOWN: the server's clock decides */
	/*
	 * Where the bytes come from, in order, 'n' at a time at most: returns
	 * how many, 0 at the end, -1 with *err.  Called for up to 64 KiB
	 * before anything of the message is sent, then as it leaves.
	 */
	ssize_t (*read)(void *arg, void *p, size_t n, struct err *err);
	void *arg;
};

/*
 * Send one APPEND with m[0..n) to the mailbox: n > 1 needs
 * IMAP_CAP_MULTIAPPEND (all or none is kept) and n <= IMAP_APPEND_MAX.
 * Returns when the last byte is in the send queue, or the server has refused
 * the command meanwhile (a literal without '+'): imap_append_wait() says.
 * Replies to earlier commands are taken in while sending, so that any number
 * may be in flight; the caller bounds commands and bytes, by waiting for the
 * oldest.  Uses LITERAL+, LITERAL- or synchronizing literals, whatever is
 * offered.
 *
 * -1: SCOPE_MSG: a flag that cannot be sent, or read() failed, or gave more
 * or fewer bytes than announced.  If bytes of that message had left by then,
 * the connection was cut off so that the server cannot keep it
 * (imap_alive() is false).  *bad_r, if not NULL, says which m[] it was.
 * SCOPE_STORE: the connection is gone.  What became of the
 * command is unknown after any -1 that leaves the session dead.
 */
int imap_append_send(struct imap *im, struct slice name,
    const struct imap_append_msg *m, size_t n, uint32_t *tag_r, size_t *bad_r,
    struct err *err);

/*
 * The same without waiting, for several sessions at once:
 *
 *	imap_append_begin -> { imap_append_step | imap_wait_some }*
 *	  -> imap_append_wait()
 *
 * One at a time in a session; 'm' has to live until it is sent.  A step goes
 * as far as there is room in the queue and until the server has to be heard
 * (imap_wait_some(), with 'room' where imap_append_wants_room()): 1 it is sent
 * and *a is NULL, 0 not yet, -1 as above, *a is NULL.
 * imap_append_drop() gives up, and with it, once begun, the session.
 */
struct imap_append;
int imap_append_begin(struct imap_append **a_r, struct imap *im,
    struct slice name, const struct imap_append_msg *m, size_t n, size_t *bad_r,
    struct err *err);
int imap_append_step(struct imap_append **a, uint32_t *tag_r, size_t *bad_r,
    struct err *err);
/* Is one being sent?  Then no other command may be. */
bool imap_is_appending(const struct imap *im);
bool imap_append_wants_room(const struct imap_append *a);
void imap_append_drop(struct imap_append **a);

struct imap_appended {
	struct imap_result res;
	uint32_t uidvalidity; /* 0: no usable APPENDUID */
	size_t n_uids;	      /* 0, or as many as were sent */
	bool falling; /* not ascending: some servers mix them up, check */
	uint32_t uids[IMAP_APPEND_MAX]; /* of m[0..n), in order */
};

/* As imap_wait(), with the UIDs. */
int imap_append_wait(struct imap *im, uint32_t tag, struct imap_appended *a_r,
    struct err *err);

#endif
