/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of the throw-away server share; for them only.
 *
 *	serve.c		connections
 *	input.c		bytes to commands
 *	args.c		their arguments
 *	words.c		how the providers speak
 *	box.c		folders and messages
 *	cmd.c		commands, all but those of the files below
 *	folder.c		STATUS, CREATE, DELETE, RENAME, SUBSCRIBE, quota
 *	list.c		LIST, LSUB, NAMESPACE
 *	append.c		APPEND, its limits
 *	fetch.c		FETCH, in portions
 *	mail.c		STORE, SEARCH, COPY, MOVE, EXPUNGE
 */
#ifndef WIRE_SERVE_IMPL_H
#define WIRE_SERVE_IMPL_H

#include "core/buf.h"
#include "wire/serve/serve.h"

#define SERVE_CONNECTIONS 24
#define SERVE_LINE	  65536	 /* of a command, without literals */
#define SERVE_COMMAND	  262144 /* with them, but for mail */
#define SERVE_LITERAL	  65536	 /* of a name or password */
#define SERVE_HEAD	  65536	 /* of a header that is looked into */
#define SERVE_OUT	  262144 /* more than that waits */
#define SERVE_KEYWORDS	  59	 /* of a folder */
#define SERVE_BOXES	  100000
#define SERVE_MULTI	  1000 /* messages of a MULTIAPPEND */

/* ------------------------------------------------------------ the mail */

/* Flags: five of the system's, then the folder's keywords. */
enum {
	SERVE_SEEN = 1,
	SERVE_ANSWERED = 2,
	SERVE_FLAGGED = 4,
	SERVE_DELETED = 8,
	SERVE_DRAFT = 16
};
#define SERVE_SYSTEM 5

struct serve_msg {
	uint32_t uid;
	uint32_t gone; /* the folder's epoch when it was expunged; 0: there */
	uint64_t flags;
	int64_t date;
	uint64_t size;
	uint64_t at;   /* in the scratch file */
	uint32_t kept; /* bytes there, where not all is; UINT32_MAX: all */
};

struct serve_box {
	char *name;   /* wire form */
	char *folded; /* what makes it the same as another */
	const char *use;
	bool noselect, subscribed;
	uint32_t uidvalidity, uidnext;
	struct serve_msg *v;
	size_t n, cap, n_gone;
	uint32_t epoch; /* of the last expunge */
	char *keywords[SERVE_KEYWORDS];
	size_t n_keywords;
};

/* -------------------------------------------------------- how they speak */

struct serve_folder {
	const char *name, *use; /* use NULL: none */
	bool noselect;
};

struct serve_words {
	const char *name;
	const char *greeting; /* behind "* OK ", %s: the capabilities */
	const char *caps;
	const char *id;	    /* of ID: the name in it */
	const char *flags;  /* PERMANENTFLAGS; with "\*" any keyword */
	const char *prefix; /* of the personal namespace */
	char delimiter;
	bool fold;	  /* names: Sent is SENT */
	bool use_in_list; /* special uses in every LIST */
	bool nul_to_80;
	bool throttles;
	bool hides_limit; /* no APPENDLIMIT */
	const char *too_big, *keyword, *long_line, *quota, *name_refused,
	    *exists, *missing; /* whole responses behind the tag */
	const char *throttled; /* "N milliseconds" follows */
	const char *bye_errors, *bye_connections, *bye_budget;
	const struct serve_folder *folders;
	/* Why a folder cannot have this name, UTF-8; NULL: it can. */
	const char *(*refuses)(struct slice name);
};

const struct serve_words *serve_words_of(const char *name);

/* ------------------------------------------------------------ connections */

struct serve_append {
	bool active;
	struct serve_box *box;
	struct serve_msg *v; /* of the command so far */
	size_t n;
	uint64_t bytes;
	/* the message that comes in */
	struct buf head;
	bool in_head;
	uint64_t line; /* bytes of the current one */
	uint64_t longest;
	bool nul, bare_lf, bare_cr, ends_in_cr;
	char last;
	const char *refusal; /* for the whole command; NULL: none yet */
	char words[200];     /* where it has to be made */
	bool throttled;
};

struct serve_range {
	uint32_t lo, hi;
};

struct serve_set {
	struct serve_range *v;
	size_t n;
};

/* A FETCH that is not at its end. */
struct serve_fetch {
	bool active, uid;
	struct serve_set set;
	struct buf items;	    /* upper case where it matters */
	size_t next;		    /* index of the next message */
	uint32_t seq;		    /* of that message */
	uint64_t body_at, body_end; /* a body that is being sent */
	bool in_body;
	struct buf tail; /* behind it */
};

struct serve;

struct serve_conn {
	struct serve *s;
	int fd;
	unsigned number;
	struct buf in, out;
	size_t out_at;
	bool authenticated, closing, idle;
	unsigned errors;
	/* the command that comes in */
	struct buf cmd;
	uint64_t literal; /* bytes that are still to come */
	bool in_literal, for_mail, skip;
	char tag[40];
	bool wants_plain; /* AUTHENTICATE PLAIN without its answer */
	struct serve_append a;
	struct serve_fetch f;
	/* selected */
	struct serve_box *box;
	bool read_only;
	uint32_t epoch; /* expunges it knows */
	size_t seen;	/* entries of box->v it knows */
};

struct serve {
	const struct serve_spec *spec;
	const struct serve_words *w;
	struct serve_stats *stats;
	struct provider_limits limits;
	char caps[1024];
	int listener, scratch, control;
	uint64_t scratch_at;
	struct serve_conn *conn[SERVE_CONNECTIONS];
	struct serve_box **boxes;
	size_t n_boxes;
	uint64_t bytes, appends;
	uint64_t day, day_bytes;
	uint32_t next_validity;
	unsigned next_number;
	uint64_t start_ms;
};

/* ---- serve.c */
uint64_t serve_clock_ms(const struct serve *s); /* its own clock */
bool serve_has(const struct serve *s, const char *cap);
void serve_putf(struct serve_conn *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* "TAG text", and an error is counted where it is one. */
void serve_answer(struct serve_conn *c, const char *text);
void serve_bye(struct serve_conn *c, const char *text);

/* ---- input.c */
/* So much waits to be sent that nothing more is taken in. */
bool serve_is_full(const struct serve_conn *c);
/* Do what c->in asks for, as far as it is there. */
void serve_feed(struct serve_conn *c);

/* ---- args.c: arguments of a command; they move *s */
bool serve_space(struct slice *s);
/* An atom, a quoted string or a literal. */
bool serve_astring(struct slice *s, struct buf *out);
bool serve_atom(struct slice *s, struct slice *atom_r);
bool serve_word(struct slice *s, const char *word); /* that word is next */
/* "(...)", without the parentheses, nested ones in it. */
bool serve_list(struct slice *s, struct slice *inner_r);
void serve_put_string(struct buf *b, struct slice s);

/* ---- box.c */
void serve_boxes_init(struct serve *s);
void serve_boxes_free(struct serve *s);
struct serve_box *serve_box_find(struct serve *s, struct slice name);
/* Why not, as the whole response behind the tag; NULL: it is made. */
const char *serve_box_create(struct serve *s, struct slice name,
    const char *use);
void serve_box_rename(struct serve *s, struct serve_box *b, struct slice name);
void serve_box_delete(struct serve *s, struct serve_box *b);
struct serve_msg *serve_box_add(struct serve_box *b, const struct serve_msg *m);
/* Drop entries that nobody sees any more. */
void serve_box_tidy(struct serve *s, struct serve_box *b);
bool serve_visible(const struct serve_conn *c, size_t i);
/* The bit of a flag word, made where it is new; 0: it cannot be. */
uint64_t serve_flag_bit(struct serve *s, struct serve_box *b, struct slice word,
    bool make);
void serve_put_flags(struct buf *b, const struct serve_box *box,
    uint64_t flags);
/* "(\Seen $Foo)" to bits.  NULL, or the response that refuses it. */
const char *serve_flags_read(struct serve *s, struct serve_box *b,
    struct slice list, uint64_t *flags_r);
/* Does it take every keyword? */
bool serve_takes_any(const struct serve *s);

/* ---- cmd.c */
/* The command in c->cmd is complete. */
void serve_command(struct serve_conn *c, struct slice cmd);
/* Tell what has changed in the selected folder. */
void serve_tell(struct serve_conn *c, bool expunges);
void serve_select(struct serve_conn *c, struct slice args, bool read_only);
void serve_unselect(struct serve_conn *c);

/* The command makes no sense. */
void serve_syntax(struct serve_conn *c);

/* ---- folder.c */
void serve_cmd_status(struct serve_conn *c, struct slice args);
void serve_cmd_create(struct serve_conn *c, struct slice args);
void serve_cmd_delete(struct serve_conn *c, struct slice args);
void serve_cmd_rename(struct serve_conn *c, struct slice args);
void serve_cmd_subscribe(struct serve_conn *c, struct slice args, bool on);
void serve_cmd_quota(struct serve_conn *c, bool root);

/* ---- list.c */
void serve_cmd_list(struct serve_conn *c, struct slice args, bool lsub);

/* ---- append.c */
/* 'line' ends with a literal of 'n' bytes: is it mail?  Then true, and it is
 * begun (c->skip: to be thrown away; c->literal). */
bool serve_append_literal(struct serve_conn *c, struct slice line, bool sync);
void serve_append_bytes(struct serve_conn *c, const char *p, size_t n);
/* All bytes of the message are there. */
void serve_append_message(struct serve_conn *c);
void serve_append_finish(struct serve_conn *c);
void serve_append_reset(struct serve_conn *c);

/* ---- fetch.c */
void serve_cmd_fetch(struct serve_conn *c, struct slice args, bool uid);
/* Go on with c->f; it ends itself. */
void serve_fetch_more(struct serve_conn *c);
void serve_fetch_reset(struct serve_conn *c);
/* Header field 'name' of a message's kept head; false: none. */
bool serve_field(struct serve *s, const struct serve_msg *m, const char *name,
    struct buf *out);

/* ---- mail.c */
bool serve_set_read(struct serve_conn *c, struct slice text, bool uid,
    struct serve_set *set_r);
bool serve_set_has(const struct serve_set *set, uint32_t n);
void serve_set_free(struct serve_set *set);
void serve_cmd_store(struct serve_conn *c, struct slice args, bool uid);
void serve_cmd_copy(struct serve_conn *c, struct slice args, bool uid,
    bool move);
void serve_cmd_search(struct serve_conn *c, struct slice args, bool uid);
/* 'set' NULL: all that are marked. */
void serve_expunge(struct serve_conn *c, const struct serve_set *uids);

#endif
