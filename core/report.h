/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a stage did: every message it was given ends with exactly one fate,
 * and 'announced' is the sum of the fates (docs/ARCHITECTURE.md).
 * A stage counts; cli/ prints, as text or JSON.  Memory: one small record a
 * folder; problems go to an unlinked temporary file, so a million of them
 * cost no memory.
 */
#ifndef CORE_REPORT_H
#define CORE_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/js.h"
#include "core/slice.h"

enum fate {
	FATE_STORED,	/* extract, transform */
	FATE_UNCHANGED, /* had it already / there already */
	FATE_EXCLUDED,	/* by an option or a rule */
	FATE_DUPLICATE, /* transform, merge */
	FATE_REFUSED,	/* an error; counted again on every run */
	FATE_VANISHED,	/* extract: announced, then gone at the source */
	FATE_LOADED,	/* load */
	FATE_PENDING,	/* load, export: stopped before its turn */
	FATE_LOST,	/* load, export: its file is gone from the spool */
	FATE_EXPORTED,	/* export */
	FATE_COUNT
};

enum stage {
	STAGE_EXTRACT,
	STAGE_TRANSFORM,
	STAGE_LOAD,
	STAGE_VERIFY,
	STAGE_EXPORT,
	STAGE_MERGE
};

struct report;

/* A problem with one message or folder; strings are borrowed, may be NULL. */
struct problem {
	const char *folder; /* as it lies on disk (encoded) */
	const char *source; /* the source id, JSON text */
	const char *subject;
	uint64_t size;
	const char *kind; /* one word, for programs: "missing" */
	uint32_t uid;	  /* there; 0: none */
	const struct err *err;
	bool warning; /* named, but no reason for exit status 1 */
};

struct report *report_new(enum stage stage);
/* For another pass over the same messages: its clock began when the first's
 * did, and it has the same tick. */
struct report *report_next(const struct report *earlier);
void report_free(struct report **r);

/* Call now and then with what is going on: cli/ draws progress from it. */
void report_set_tick(struct report *r,
    void (*tick)(const struct report *r, void *arg), void *arg);
/* How much work there is, when known (0: unknown).  Messages and bytes. */
void report_expect(struct report *r, uint64_t msgs, uint64_t bytes);
/* "waiting 30 s for the server", shown in the progress line; NULL: none. */
void report_doing(struct report *r, const char *what);
/* bytes that moved toward the expected bytes: drives the progress line. */
void report_moved(struct report *r, uint64_t bytes);

/* A folder exists (also an empty one).  Idempotent. */
void report_folder(struct report *r, const char *folder);
/* One more message was announced in 'folder'. */
void report_announce(struct report *r, const char *folder);
/* Its one fate.  'bytes' is its size, counted for STORED, LOADED and
 * EXPORTED. */
void report_fate(struct report *r, const char *folder, enum fate fate,
    uint64_t bytes);
/* The same for 'n' messages at once. */
void report_announce_many(struct report *r, const char *folder, uint64_t n);
/* 'n' of those that were announced, and have no fate, are not there now. */
void report_withdraw(struct report *r, const char *folder, uint64_t n);
void report_fate_many(struct report *r, const char *folder, enum fate fate,
    uint64_t n);
/* Bytes of messages there that were compared, where no fate counts any. */
void report_compared(struct report *r, const char *folder, uint64_t bytes);
/* Both for 'n' messages: announced, and their fate. */
void report_bulk(struct report *r, const char *folder, enum fate fate,
    uint64_t n);
/*
 * An earlier pass over the same messages, of the same run: what it stored is
 * in 'r' as unchanged, and counts as stored; its counters are added.
 */
void report_absorb(struct report *r, const struct report *earlier);
/* Name a problem: logged at once, kept for problems[]. */
void report_problem(struct report *r, const struct problem *p);
/*
 * What became of an item that is no mail: counted in items{}, by kind and
 * with the place it has, outside announced.
 */
enum item_fate {
	ITEM_STORED,
	ITEM_REPLACED, /* it was there with other bytes */
	ITEM_UNCHANGED,
	ITEM_EXCLUDED,
	ITEM_REFUSED,
	ITEM_LEFT, /* it stays where it is: the destination takes mail only */
	ITEM_FATES
};
struct item_sort {
	const char *kind;   /* "contact"; a literal */
	const char *one;    /* "distribution list"; a literal */
	const char *people; /* "distribution lists"; a literal */
	const char *place;  /* "items/contacts" */
};
void report_item(struct report *r, const struct item_sort *sort,
    enum item_fate fate, uint64_t count, uint64_t bytes);
/* Items that went nowhere: {"class":…,"count":…} in not_carried[]. */
void report_not_carried(struct report *r, const char *class, uint64_t count);
/* One more line for people, also in notes[].  Said once per text. */
void report_note(struct report *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* A further key of the summary object; takes over 'value'. */
void report_set(struct report *r, const char *key, struct js *value);
/* A counter beside the fates ("maybe_twice", "flags_changed"), in JSON. */
void report_add(struct report *r, const char *key, uint64_t n);

uint64_t report_announced(const struct report *r);
uint64_t report_fates(const struct report *r, enum fate fate);
uint64_t report_bytes(const struct report *r);
uint64_t report_problems(const struct report *r);
/* Moved so far / expected, for progress. */
void report_progress(const struct report *r, uint64_t *msgs_done,
    uint64_t *msgs_total, uint64_t *bytes_done, uint64_t *bytes_total,
    const char **doing);

/* Does announced equal the sum of the fates, in total and per folder? */
bool report_balances(const struct report *r);

/*
 * The exit status: 70 if the sums do not balance, else 75 if only PENDING
 * is left, else 1 if anything is refused, vanished, lost or pending or a
 * problem is no mere warning, else 0.
 */
int report_status(const struct report *r);

/* The summary object of --json; the caller frees it.  'run' is the error
 * that ended the run, or NULL. */
struct js *report_json(struct report *r, const struct err *run);
/* The same with the first 'most' problems only; "problems_left_out" says how
 * many more there were. */
struct js *report_json_brief(struct report *r, const struct err *run,
    uint64_t most);
/* The same for people on 'f'. */
void report_print(struct report *r, FILE *f);

#endif
