/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spool.db: the one doorway to SQLite.  It knows the schema (docs/spool.md)
 * and its versions; the SQL of a table stands with the code that owns it
 * (spool_*.c, delivery.c), through the small typed calls here.
 *
 * WAL, synchronous=FULL: what ledger_commit() returned for is on disk.
 * Statements are prepared once and cached by their text, which must be a
 * string literal.  Not thread-safe.
 */
#ifndef FORMATS_LEDGER_H
#define FORMATS_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/slice.h"

struct ledger;
struct ledger_rows; /* a running query */

enum ledger_mode { LEDGER_READ, LEDGER_WRITE, LEDGER_CREATE, LEDGER_SCRATCH };

/*
 * Open 'path'; CREATE makes it with the current schema if it is not there;
 * WRITE and CREATE migrate an older one.  READ works on read-only media
 * (immutable) and writes nothing but temporary tables.  SCRATCH takes a copy
 * into a file without a name (in TMPDIR), of what the spool holds but of no
 * delivery, and lets go of 'path': what is written ends with it.  -1 with
 * SCOPE_RUN: EX_NOINPUT, EX_DATAERR (not a ledger, damaged, newer version),
 * EX_CANTCREAT.
 */
int ledger_open(struct ledger **l_r, const char *path, enum ledger_mode mode,
    struct err *err);
/* Rolls back an open transaction, checkpoints, leaves no -wal.  *l to NULL. */
void ledger_close(struct ledger **l);

/*
 * What to do while another process writes: ledger_begin() calls waiting(arg,
 * true), waits for at most 'ms', and calls waiting(arg, false).
 */
void ledger_set_waiting(struct ledger *l, void (*waiting)(void *arg, bool on),
    void *arg, unsigned ms);
/* Begin is idempotent: a transaction that is open stays open.  Not while a
 * query runs: where others have written since it began, that fails. */
int ledger_begin(struct ledger *l, struct err *err);
/*
 * Between these two all queries see one state of the ledger, and the file is
 * locked once instead of for each of them.  No lock against writers; an end
 * that comes before the other, or none, is no error: whatever begins, commits
 * or rolls back in between ends it.
 */
void ledger_read_begin(struct ledger *l);
void ledger_read_end(struct ledger *l);

/* Durable when it returns 0.  Without an open transaction: nothing. */
int ledger_commit(struct ledger *l, struct err *err);
void ledger_rollback(struct ledger *l);
bool ledger_in_transaction(const struct ledger *l);

/*
 * Run one statement.  'types' has a letter for each '?' in order: i int64_t,
 * t const char * (NULL: NULL), s struct slice as text, b struct slice as
 * blob ({NULL,0}: NULL).  Returns the number of rows changed, or -1 with
 * SCOPE_RUN (EX_IOERR disk full, EX_DATAERR damaged, EX_TEMPFAIL busy).
 */
int ledger_do(struct ledger *l, struct err *err, const char *sql,
    const char *types, ...);
/* rowid of the last insert. */
int64_t ledger_last_id(struct ledger *l);

/*
 * Start a query; then ledger_step() until it returns 0 or -1, reading
 * columns between.  Always end it.  Queries with the same text may be
 * running at the same time.
 */
int ledger_query(struct ledger *l, struct ledger_rows **q_r, struct err *err,
    const char *sql, const char *types, ...);
int ledger_step(struct ledger_rows *q, struct err *err); /* 1, 0, -1 */
void ledger_end(struct ledger_rows **q);

/* Columns count from 0.  Text and blobs live until the next step. */
int64_t ledger_int(struct ledger_rows *q, int col);
bool ledger_is_null(struct ledger_rows *q, int col);
const char *ledger_text(struct ledger_rows *q, int col); /* NULL for NULL */
struct slice ledger_blob(struct ledger_rows *q, int col);

/* One number (the first column of the first row, 0 when there is none). */
int ledger_number(struct ledger *l, int64_t *out, struct err *err,
    const char *sql, const char *types, ...);

/* A temporary table hides one of ours from now on: statements that were made
 * before are made again. */
void ledger_forget_statements(struct ledger *l);
/* Not needed for a while: give back the memory of its cache. */
void ledger_rest(struct ledger *l);

/* Is the file sound?  (PRAGMA quick_check.)  0, or -1 EX_DATAERR. */
int ledger_check(struct ledger *l, struct err *err);

#endif
