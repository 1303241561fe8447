/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of the load stage share; for them only.
 *
 *	load.c		the run: open, plan, folder after folder, the rest
 *	plan*.c		which folder goes where
 *	prepare.c	a folder before the first byte: made, looked through
 *	anew.c		folders and accounts that were made anew
 *	resolve.c	intents of runs that died, UIDs that were not told
 *	batch.c		messages made ready to be sent
 *	lanes*.c	several connections, each with a folder of its own
 *	tempo.c		how many of them
 *	append.c	the sending of one folder over one of them
 *	append_reply.c	what the server says to it
 *	keywords.c	those that the server turns out not to take
 *	pace.c		how much in one run, in one day
 *	delta*.c	what changed since it was delivered: delta_impl.h
 *	command.c dest.c foldermap.c likeness.c match.c names.c rehearse.c
 *	rules.c there.c tree.c: their headers
 */
#ifndef LOAD_LOAD_IMPL_H
#define LOAD_LOAD_IMPL_H

#include "core/arena.h"
#include "core/stop.h"
#include "core/text.h"
#include "formats/delivery.h"
#include "load/dest.h"
#include "load/load.h"
#include "load/rules.h"

/* A folder of the spool and where it goes. */
struct load_folder {
	int64_t id; /* the spool's */
	char *path;
	char *name;   /* wire form, there */
	char *role;   /* special use: as the source told, or by its name; "" */
	char *target; /* spool path that it goes by: --folder-map's */
	bool mapped;  /* --folder-map has a rule for it */
	const char *to_role; /* ... which names a role there; or NULL */
	char *impossible;    /* --dry-run: the server's words of its name */
	char *was;	     /* the ledger's name, where the map has changed */
	bool guessed;	     /* the role, by its name */
	unsigned next_apart;
	int subscribed;
	bool replaced; /* part of the name had to be replaced */
	bool known;    /* the ledger has decided the name before */
	bool finished; /* nothing is left to do */
	bool counted;  /* what was there before was reported */
	uint32_t known_uidvalidity;
	uint32_t known_top; /* highest UID that was delivered there */
	int64_t there;	    /* row of destination_folder; 0: none yet */
	struct delivery_sums sums;
	bool dry_matched; /* --dry-run: temp.pair says what is there */
	bool prepared;	  /* it is there, and what it told is below */
	bool look;	  /* what it holds has to be looked through */
	bool taken;	  /* a connection is at it */
	bool shared;	  /* others of the spool go to the same folder there */
	bool doubt;	  /* a session was lost: intents have no result */
	bool gone;	  /* it was taken away under our hands, once */
	unsigned busy;	  /* so often it could not be opened just then */
	/* what was reported */
	char *told; /* why nothing more goes into it; or NULL */
	uint64_t announced, unchanged, loaded, refused, lost;

	/* once prepared */
	uint32_t uidvalidity, uidnext;
	uint64_t limit;	  /* APPENDLIMIT; 0: none told */
	char *flags;	  /* PERMANENTFLAGS */
	bool any_flag;	  /* they were not told */
	bool any_keyword; /* \* */

	/* sessions that end */
	unsigned deaths;  /* in a row, without progress */
	unsigned careful; /* send one by one for so many messages */
	char *suspect;	  /* the key that was alone on its way */
	unsigned suspect_deaths;
};

struct load {
	const struct load_options *o;
	struct report *report;
	struct spool *spool;
	struct ledger *ledger;
	struct dest d;
	int64_t run;	 /* 0: nothing was written yet */
	bool delta_done; /* delta.c: what changed was dealt with */
	bool holds;	 /* delta_hold.c: temp.held has rows */
	int64_t top;	 /* ... the last row of 'message' that it looked at */
	bool renumbered; /* prepare.c: a folder there has another UIDVALIDITY */
	struct load_folder *folders;
	size_t nfolders;
	char *base; /* --into, wire form; "" */
	struct plan *plan;
	bool folds_case;    /* the destination ignores case in names */
	bool case_is_known; /* its profile says whether it does */
	bool resent;	    /* temp.resent has rows */
	bool all_or_none;   /* append.c: a refused MULTIAPPEND keeps nothing */
	bool doubts;	    /* there were intents without a result */
	bool proven;	    /* it is the account that the ledger knows */

	struct load_rules rules;
	/* pace.c's */
	uint64_t taken;		 /* messages made ready to be sent */
	uint64_t day, day_bytes; /* sent on that day, over all runs */
	uint64_t day_limit;	 /* 0: none */
	bool spent;		 /* no more in this run */
	const char *window;	 /* --window, or the profile's; NULL */
	unsigned opens, closes;	 /* --window: seconds of the day; equal: none */
	bool closed;		 /* it closed while we were at it */
	bool throttled;		 /* the server has asked to wait */
	uint64_t flying;	 /* bytes made ready, and not answered yet */
	unsigned lanes;		 /* connections open */
	unsigned backoff_s;	 /* the last pause, where none was told */

	uint64_t units, units_total; /* work done, and in all; load_units() */
	bool tree_old;		     /* folders may have been made since */

	struct buf refused_words; /* keywords.c's */
	struct buf dropped_words; /* likewise */

	/* quota, for the whole run */
	uint64_t quota_floor; /* a message of this size did not fit */
	unsigned quota_hits;  /* refusals in a row */
};

/* Is what was delivered last beyond what the folder has come to?  Then its
 * numbering is another one, whatever UIDVALIDITY says: it was made anew, or
 * put back from a backup, or UIDs were told wrong. */
static inline bool
load_went_back(uint32_t uidnext, uint32_t top)
{
	return uidnext != 0 && top >= uidnext;
}

/* Begin a transaction; the first one notes the run. */
int load_begin(struct load *l, struct err *err);

/* What a message costs, for comparisons: bytes, and a sum for itself. */
static inline uint64_t
load_units(uint64_t messages, uint64_t bytes)
{
	return bytes + messages * 16384;
}

/* What is there already is counted, once. */
void load_count_settled(struct load *l, struct load_folder *f);
/* The folder cannot be used: its messages are refused in the server's
 * words. */
void load_refuse_folder(struct load *l, struct load_folder *f,
    const struct err *why);

/* Count and name a message that was refused. */
void load_report_refused(struct load *l, struct load_folder *f, const char *key,
    const struct err *why);

/* ---- pace.c: --limit-messages, --daily-budget, --window */
/* How much of the budget is used already. */
int pace_begin(struct load *l, struct err *err);
/* How many messages may follow, 0: none in this run. */
size_t pace_room(struct load *l, size_t want);
/* May a message be sent today, too, behind 'before' bytes that are not on
 * their way yet?  If not, l->spent. */
bool pace_fits(struct load *l, uint64_t before, uint64_t bytes);
/* So many bytes more were kept there; part of the transaction. */
int pace_sent(struct load *l, uint64_t bytes, struct err *err);
/* Wait until the window is open.  -1: a stop was asked for. */
int pace_wait(struct load *l, struct err *err);
/* What ends the run when there was no room.  Returns -1. */
int pace_end(const struct load *l, struct err *err);

/* ---- plan.c */
/* Read the spool's folders, decide on their names.  Once more: those that
 * came since are added behind, and all sums are new.  0 or -1. */
int plan_make(struct load *l, struct err *err);
/* The account is a new one: decide on all names once more.  0 or -1. */
int plan_anew(struct load *l, struct err *err);
/* Only the folders and their sums, without a destination. */
int plan_read(struct load *l, struct err *err);
/*
 * The server says that the folder is there, and did not list it: another
 * spelling of the name, since it ignores case, or one hidden from us.  Looks
 * again and gives the folder another name, or the one that is there.  -1 as
 * tree_read().
 */
int plan_exists(struct load *l, struct load_folder *f, struct err *err);
/* Is its name one that the destination is known to refuse?  -1 as
 * load_rules_folder(). */
int plan_check_name(struct load *l, const struct load_folder *f,
    struct err *err);
/* --dry-run: ask of names that are not there whether they can be.  0 or -1. */
int plan_try_names(struct load *l, struct err *err);
/* How many messages may come, where the profile has a limit.  0 or -1. */
int plan_count_there(struct load *l, struct err *err);
/* What the map said of this folder is acted upon; in the transaction. */
int plan_note_map(struct load *l, const struct load_folder *f, struct err *err);
/* --dry-run: what would be sent of this folder, and what not. */
int plan_dry(struct load *l, struct load_folder *f, struct err *err);
void plan_free(struct load *l);

/* ---- prepare.c */
/*
 * Make 'f' and the next folders that are not prepared, all of them at once:
 * make those that are missing, learn their flags and limits, note them.
 * Those that cannot be used are refused and finished.  -1: SCOPE_STORE the
 * session, SCOPE_RUN.
 */
int prepare_folders(struct load *l, struct load_folder *f, struct err *err);
/* Look through what is there, where that is wanted, and sum up what is left
 * to do.  -1: SCOPE_FOLDER, SCOPE_STORE, SCOPE_RUN. */
int prepare_look(struct load *l, struct load_folder *f, struct err *err);

/* ---- anew.c */
/* Is it the account that it was?  Else all deliveries are forgotten, and
 * every folder has its turn.  Behind the look at folders without work. */
int anew_check(struct load *l, struct err *err);
/* The folder was renumbered and looked through: what is to be looked for
 * still is there no more, and counts as delivered.  In a transaction. */
int anew_settle(struct load *l, const struct load_folder *f, struct err *err);

/* ---- resolve.c */
/* Look for the outcome of every intent that has none, and wait for it. */
int resolve_intents(struct load *l, struct err *err);
/*
 * The same for one folder there (its row; 0: all), without waiting: rounds
 * with RESOLVE_STILL_MS between, until it is known.  1, 0: another round, -1.
 */
#define RESOLVE_STILL_MS 1000
struct resolving;
int resolve_begin(struct load *l, int64_t folder, struct resolving **r_r,
    struct err *err);
int resolve_round(struct load *l, struct resolving *r, struct err *err);
void resolve_end(struct resolving **r);
/* The UIDs of messages that were loaded into this folder without our being
 * told them. */
int resolve_uids(struct load *l, struct load_folder *f, struct err *err);
/* At the end: did one that was sent again turn up twice? */
int resolve_twice(struct load *l, struct err *err);
/* Mark what match_run() paired as delivered, in the open transaction; what
 * was sent in this run counts as loaded. */
int resolve_apply(struct load *l, int64_t folder, struct err *err);

/* ---- batch.c */
struct item {
	const char *key, *file;
	int64_t row;	   /* of the spool's message */
	int64_t folder_id; /* of the spool, to open the file */
	uint64_t size;
	int64_t received;
	const char *flags;	/* for the wire */
	const char *dropped;	/* keywords that are not allowed; or NULL */
	unsigned refused_words; /* keywords.c's: left out since it was */
	const char *refused_word;
	uint32_t owed; /* flags that go behind it: MSG_FLAGGED */
	int fd;	       /* open while it is being sent; else -1 */
};

/* Messages whose intents are one transaction.  Shared by the commands that
 * carry parts of it. */
struct batch {
	struct arena arena;
	struct item *items;
	size_t n;
	uint64_t bytes;
	bool last; /* the folder has no more */
	unsigned refs;
};

#define LOAD_BATCH_MSGS	  1000
#define LOAD_BATCH_SHARED 1200 /* by several connections */
#define LOAD_BATCH_BYTES  ((uint64_t)16 << 20)

/*
 * The next messages of the folder behind *cursor, ready to be sent, at most
 * 'max'; what cannot be sent is reported and recorded on the way.  1 with
 * *b_r, 0 when there are no more, -1.
 */
int batch_next(struct load *l, struct load_folder *f, int64_t *cursor,
    size_t max, struct batch **b_r, struct err *err);
void batch_unref(struct batch **b);
/* Open the item's file if it is not.  0, or -1 with SCOPE_MSG. */
int batch_open(struct load *l, struct item *it, struct err *err);
void batch_close(struct item *it);
/* Is it known that so many bytes do not fit?  Then -1 with SCOPE_MSG. */
int batch_over_quota(struct load *l, uint64_t size, struct err *err);

/* ---- keywords.c */
/* The server refused the message with these words: may its keywords be what
 * it dislikes?  Then they are left out, to be sent again. */
bool keywords_leave_out(struct batch *b, struct item *it,
    const struct imap_result *res);
/* It was taken now. */
void keywords_learn(struct load *l, const struct item *it);
bool keywords_is_refused(const struct load *l, const char *word);
/* It is there, without what had to be left out; at the end, name all that. */
void keywords_count_dropped(struct load *l, const struct item *it);
void keywords_tell_dropped(struct load *l);

/* ---- append.c */
struct sender;

/* Send the folder over this session.  One sender a folder. */
struct sender *sender_new(struct load *l, struct load_folder *f,
    struct imap *im);
/*
 * As far as it goes without waiting.  1: all of it is sent and answered; 0;
 * -1: SCOPE_FOLDER, SCOPE_STORE the session, SCOPE_RUN.
 */
int sender_step(struct sender *s, struct err *err);
/* Take no more than is ready: the session is wanted no longer. */
void sender_stop(struct sender *s);
/* Is there something to wait for at the session, and with room to send? */
bool sender_waits(const struct sender *s, bool *room_r);
/* Has it something to write into the ledger?  *urgent_r: it cannot go on
 * before. */
bool sender_has_news(const struct sender *s, bool *urgent_r);
/* Write it, as part of the open transaction; then, once that is durable,
 * take note.  *intents_r: intents are among it. */
int sender_record(struct sender *s, bool *intents_r, struct err *err);
void sender_recorded(struct sender *s);
/* The session is over or will be: what was answered counts. */
void sender_last_words(struct sender *s);
/* It ended of itself: was it one message alone that ended it?  'alone': no
 * other folder had something in flight. */
void sender_note_death(struct sender *s, bool alone);
/* Is nothing left that is not sent, or ready to be sent? */
bool sender_is_made(const struct sender *s);
void sender_free(struct sender **s);

/* ---- lanes.c */
/* The folder has got another name: does it go where others go? */
void lanes_mark_shared(struct load *l, struct load_folder *f);
void lanes_mark_all_shared(struct load *l);
/* Load all folders that are not finished.  -1 with SCOPE_RUN. */
int lanes_run(struct load *l, struct err *err);

/* ---- tempo.c: the number of connections */
struct tempo {
	unsigned max;	   /* as the user, the server and the profile have it */
	int64_t began_ms;  /* of the interval */
	uint64_t units;	   /* done by then */
	double rate;	   /* of the interval before, units/s */
	bool trial;	   /* the last connection is on trial */
	int64_t hold_ms;   /* no other one before */
	unsigned vain;	   /* trials that came to nothing */
	int64_t opened_ms; /* how long opening one took */
};

enum tempo_move { TEMPO_STAY, TEMPO_MORE, TEMPO_FEWER };

void tempo_begin(struct tempo *t, const struct load *l, int64_t opened_ms);
/* 'n' connections are at work, and 'waiting' folders have none. */
enum tempo_move tempo_look(struct tempo *t, const struct load *l, unsigned n,
    size_t waiting, uint64_t rtt_us);
/* The server takes no more than 'n'; for how long? */
void tempo_refused(struct tempo *t, unsigned n, bool for_good);

#endif
