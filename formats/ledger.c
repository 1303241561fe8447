/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one doorway to SQLite; see ledger.h.  Tables: docs/spool.md. */
#include "formats/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/mem.h"
#include "formats/ledger_schema.h"

#define CACHED	       96
#define BUSY_MS	       10000
#define APPLICATION_ID 0x706f7374 /* "post" */

struct ledger {
	sqlite3 *db;
	char *path;
	bool in_transaction, reading;
	/* while another process writes */
	void (*waiting)(void *arg, bool on);
	void *waiting_arg;
	unsigned patience_ms, waited_ms;
	struct {
		const char *sql;
		sqlite3_stmt *stmt;
		bool busy;
	} cache[CACHED];
	size_t ncached;
};

struct ledger_rows {
	struct ledger *l;
	sqlite3_stmt *stmt;
	int slot; /* in the cache, or -1: our own */
};

/*
 * No connection is used by two threads, and nobody asks how much memory
 * SQLite has: without the locks for that a statement costs a tenth less.
 */
static void
configure(void)
{
	static bool done;

	if (!done) {
		sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
		sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	}
	done = true;
}

/* SQLite's words for what failed, as an err of ours. */
static int
fail(struct ledger *l, struct err *err, const char *doing)
{
	int code = sqlite3_errcode(l->db) & 0xff;
	const char *text = sqlite3_errmsg(l->db);

	errno = sqlite3_system_errno(l->db);
	switch (code) {
	case SQLITE_FULL:
		errno = ENOSPC;
		return err_sys(err, SCOPE_RUN, EX_IOERR, "%s: %s", l->path,
		    doing);
	case SQLITE_IOERR:
		if (errno == ENOSPC || errno == EDQUOT)
			return err_sys(err, SCOPE_RUN, EX_IOERR, "%s: %s",
			    l->path, doing);
		return err_set(err, SCOPE_RUN, EX_IOERR, "%s: %s: %s", l->path,
		    doing, text);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		err_set(err, SCOPE_RUN, EX_TEMPFAIL, "%s: %s: %s", l->path,
		    doing, text);
		return err_hint(err,
		    "another program holds the ledger; wait "
		    "until it has finished, then run again");
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		err_set(err, SCOPE_RUN, EX_DATAERR, "%s: %s: %s", l->path,
		    doing, text);
		return err_hint(err,
		    "the ledger is damaged; the messages in "
		    "mail/ are not: move spool.db away and "
		    "run again, they will be adopted");
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
		return err_set(err, SCOPE_RUN, EX_CANTCREAT, "%s: %s: %s",
		    l->path, doing, text);
	default:
		return err_set(err, SCOPE_RUN, EX_SOFTWARE, "%s: %s: %s",
		    l->path, doing, text);
	}
}

static int
run_script(struct ledger *l, const char *sql, const char *doing,
    struct err *err)
{
	if (sqlite3_exec(l->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return fail(l, err, doing);
	return 0;
}

/* Make the tables, or bring an older version up to date. */
static int
prepare_schema(struct ledger *l, enum ledger_mode mode, struct err *err)
{
	int64_t version, id;

	if (ledger_number(l, &version, err, "PRAGMA user_version", "") < 0 ||
	    ledger_number(l, &id, err, "PRAGMA application_id", "") < 0)
		return -1;
	if (version == 0 && id == 0 && mode == LEDGER_CREATE) {
		if (run_script(l, ledger_schema, "creating tables", err) < 0)
			return -1;
		version = LEDGER_VERSION;
		id = APPLICATION_ID;
	}
	if (id != APPLICATION_ID) {
		err_set(err, SCOPE_RUN, EX_DATAERR,
		    "%s: this is a database, but not a spool's ledger",
		    l->path);
		return err_hint(err,
		    "name the spool's directory, or move "
		    "this file away");
	}
	if (version == 1 &&
	    run_script(l, mode == LEDGER_READ ? ledger_as_if_2 : ledger_from_1,
		"bringing an older spool up to date", err) < 0)
		return -1;
	if ((version == 1 || version == 2) &&
	    run_script(l, mode == LEDGER_READ ? ledger_as_if_3 : ledger_from_2,
		"bringing an older spool up to date", err) < 0)
		return -1;
	if (version > LEDGER_VERSION) {
		err_set(err, SCOPE_RUN, EX_DATAERR,
		    "%s: written by a newer postroad (format %lld, this "
		    "program knows %d)",
		    l->path, (long long)version, LEDGER_VERSION);
		return err_hint(err, "use that newer version");
	}
	return 0;
}

/* A reader may write temporary tables, and nothing else. */
static int
authorize_reader(void *arg, int action, const char *a, const char *b,
    const char *db, const char *trigger)
{
	bool temporary = db != NULL && strcmp(db, "temp") == 0;

	(void)arg, (void)a, (void)b, (void)trigger;
	switch (action) {
	case SQLITE_INSERT:
	case SQLITE_UPDATE:
	case SQLITE_DELETE:
	case SQLITE_CREATE_TABLE:
	case SQLITE_CREATE_INDEX:
	case SQLITE_DROP_TABLE:
	case SQLITE_DROP_INDEX:
	case SQLITE_ALTER_TABLE:
	case SQLITE_REINDEX:
	case SQLITE_ATTACH:
		return temporary ? SQLITE_OK : SQLITE_DENY;
	default:
		return SQLITE_OK;
	}
}

/* SQLite's question: shall I try once more? */
static int
on_busy(void *arg, int times)
{
	struct ledger *l = arg;
	unsigned ms = times < 100 ? 1 : 10;
	struct timespec ts = { .tv_nsec = (long)ms * 1000000 };

	if (times == 0) {
		l->waited_ms = 0;
		if (l->waiting != NULL)
			l->waiting(l->waiting_arg, true);
	}
	if (l->waited_ms >= l->patience_ms)
		return 0;
	nanosleep(&ts, NULL);
	l->waited_ms += ms;
	return 1;
}

void
ledger_set_waiting(struct ledger *l, void (*waiting)(void *arg, bool on),
    void *arg, unsigned ms)
{
	l->waiting = waiting;
	l->waiting_arg = arg;
	l->patience_ms = ms;
}

static int
set_pragmas(struct ledger *l, enum ledger_mode mode, struct err *err)
{
	l->patience_ms = BUSY_MS;
	sqlite3_busy_handler(l->db, on_busy, l);
	if (mode == LEDGER_READ) {
		sqlite3_set_authorizer(l->db, authorize_reader, NULL);
		return run_script(l,
		    "PRAGMA temp_store=FILE; PRAGMA cache_size=-4000",
		    "opening", err);
	}
	if (mode == LEDGER_SCRATCH)
		return run_script(l,
		    "PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF;"
		    "PRAGMA temp_store=FILE; PRAGMA cache_size=-4000",
		    "opening", err);
	return run_script(l,
	    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
	    "PRAGMA temp_store=FILE; PRAGMA cache_size=-4000;"
	    "PRAGMA wal_autocheckpoint=2000;"
	    "PRAGMA journal_size_limit=16777216",
	    "opening", err);
}

/* Where nothing can be written SQLite must be told that nothing changes. */
static int
open_immutable(struct ledger *l, struct err *err)
{
	struct buf uri = { 0 };
	char *wal = mem_fmt("%s-wal", l->path);
	const char *p;
	int rc;

	if (access(wal, F_OK) == 0) {
		free(wal);
		err_set(err, SCOPE_RUN, EX_DATAERR,
		    "%s: the last run was interrupted, and what it left can "
		    "only be read where something can be written",
		    l->path);
		return err_hint(err, "copy the spool to a writable disk");
	}
	free(wal);
	buf_puts(&uri, "file:");
	for (p = l->path; *p != '\0'; p++) {
		if (strchr("%?#", *p) != NULL)
			buf_putf(&uri, "%%%02X", (unsigned char)*p);
		else
			buf_putc(&uri, *p);
	}
	buf_puts(&uri, "?immutable=1");
	rc = sqlite3_open_v2(buf_str(&uri), &l->db,
	    SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
	buf_free(&uri);
	return rc == SQLITE_OK ? 0 : fail(l, err, "opening");
}

static bool
is_writable(const char *path)
{
	char *dir = mem_str(path), *slash = strrchr(dir, '/');
	bool yes;

	if (slash != NULL)
		*slash = '\0';
	yes = access(path, W_OK) == 0 &&
	    access(slash == NULL ? "." : dir, W_OK) == 0;
	free(dir);
	return yes;
}

/* What a spool was delivered is nothing to a copy; nor what it was told. */
static int
forget_deliveries(struct ledger *l, struct err *err)
{
	struct buf sql = { 0 };
	struct ledger_rows *q;
	int rc;

	if (ledger_query(l, &q, err,
		"SELECT name FROM sqlite_master WHERE type='table' AND "
		"(name LIKE 'delivery%' OR name LIKE 'destination%' OR "
		"name='event')",
		"") < 0)
		return -1;
	while ((rc = ledger_step(q, err)) == 1)
		buf_putf(&sql, "DELETE FROM \"%s\";", ledger_text(q, 0));
	ledger_end(&q);
	buf_puts(&sql, "DELETE FROM meta WHERE name LIKE 'budget:%'");
	if (rc == 0)
		rc = run_script(l, buf_str(&sql), "making a copy", err);
	buf_free(&sql);
	return rc;
}

/* Go over to a copy in a file that SQLite makes without a name. */
static int
take_copy(struct ledger *l, struct err *err)
{
	sqlite3 *copy = NULL, *was = l->db;
	sqlite3_backup *b = NULL;
	int rc;

	if (sqlite3_open("", &copy) == SQLITE_OK &&
	    sqlite3_exec(copy, "PRAGMA temp_store=FILE;PRAGMA cache_size=-4000",
		NULL, NULL, NULL) == SQLITE_OK)
		b = sqlite3_backup_init(copy, "main", was, "main");
	l->db = copy;
	if (b == NULL) {
		rc = fail(l, err, "making a copy");
	} else {
		rc = sqlite3_backup_step(b, -1) == SQLITE_DONE ? 0 : -1;
		sqlite3_backup_finish(b);
		if (rc < 0)
			fail(l, err, "making a copy");
	}
	sqlite3_close_v2(was);
	return rc;
}

static int
open_file(struct ledger *l, enum ledger_mode mode, struct err *err)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW;

	if (mode != LEDGER_CREATE && access(l->path, F_OK) != 0)
		return err_sys(err, SCOPE_RUN, EX_NOINPUT, "%s", l->path);
	if (mode == LEDGER_READ && !is_writable(l->path))
		return open_immutable(l, err);
	if (mode == LEDGER_CREATE)
		flags |= SQLITE_OPEN_CREATE;
	if (sqlite3_open_v2(l->path, &l->db, flags, NULL) != SQLITE_OK)
		return fail(l, err, "opening");
	return 0;
}

/*
 * A copy of a ledger that nobody has open can be made without the files that
 * SQLite puts beside it, so that the spool's directory is not touched.  1, 0
 * it cannot, or somebody came in between.
 */
static int
copy_at_rest(struct ledger *l)
{
	struct err ignored = { 0 };
	struct stat before, after;
	char *wal = mem_fmt("%s-wal", l->path);
	int rc = 0;

	if (access(wal, F_OK) != 0 && stat(l->path, &before) == 0 &&
	    open_immutable(l, &ignored) == 0)
		rc = take_copy(l, &ignored) == 0 && access(wal, F_OK) != 0 &&
		    stat(l->path, &after) == 0 &&
		    before.st_size == after.st_size &&
		    before.st_ino == after.st_ino &&
		    before.st_mtim.tv_sec == after.st_mtim.tv_sec &&
		    before.st_mtim.tv_nsec == after.st_mtim.tv_nsec;
	if (rc == 0) {
		sqlite3_close_v2(l->db);
		l->db = NULL;
	}
	free(wal);
	return rc;
}

static int
open_copy(struct ledger *l, struct err *err)
{
	if (access(l->path, F_OK) != 0)
		return err_sys(err, SCOPE_RUN, EX_NOINPUT, "%s", l->path);
	if (copy_at_rest(l) == 1)
		return 0;
	return open_file(l, LEDGER_READ, err) < 0 ? -1 : take_copy(l, err);
}

int
ledger_open(struct ledger **l_r, const char *path, enum ledger_mode mode,
    struct err *err)
{
	struct ledger *l = mem_alloc(1, sizeof(*l));

	configure();
	/* NOFOLLOW looks at every component, so resolve the directory */
	l->path = mem_str(path);
	if ((mode == LEDGER_SCRATCH ? open_copy(l, err)
				    : open_file(l, mode, err)) < 0 ||
	    set_pragmas(l, mode, err) < 0 || prepare_schema(l, mode, err) < 0 ||
	    (mode == LEDGER_SCRATCH && forget_deliveries(l, err) < 0)) {
		ledger_close(&l);
		return -1;
	}
	*l_r = l;
	return 0;
}

void
ledger_close(struct ledger **lp)
{
	struct ledger *l = *lp;
	size_t i;

	if (l == NULL)
		return;
	if (l->in_transaction)
		ledger_rollback(l);
	for (i = 0; i < l->ncached; i++)
		sqlite3_finalize(l->cache[i].stmt);
	sqlite3_close_v2(l->db);
	free(l->path);
	free(l);
	*lp = NULL;
}

/* A statement for 'sql', from the cache where possible. */
static int
get_stmt(struct ledger *l, const char *sql, struct ledger_rows *q,
    struct err *err)
{
	size_t i;

	q->l = l;
	q->slot = -1;
	for (i = 0; i < l->ncached; i++) {
		if (l->cache[i].sql == sql && !l->cache[i].busy) {
			q->slot = (int)i;
			q->stmt = l->cache[i].stmt;
			l->cache[i].busy = true;
			return 0;
		}
	}
	if (sqlite3_prepare_v3(l->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
		&q->stmt, NULL) != SQLITE_OK)
		return fail(l, err, sql);
	if (l->ncached < CACHED) {
		q->slot = (int)l->ncached;
		l->cache[l->ncached].sql = sql;
		l->cache[l->ncached].stmt = q->stmt;
		l->cache[l->ncached].busy = true;
		l->ncached++;
	}
	return 0;
}

static void
put_stmt(struct ledger_rows *q)
{
	if (q->slot < 0) {
		sqlite3_finalize(q->stmt);
		return;
	}
	sqlite3_reset(q->stmt);
	sqlite3_clear_bindings(q->stmt);
	q->l->cache[q->slot].busy = false;
}

/* 'lives': what the values point to does, until the statement is put back. */
static void
bind(sqlite3_stmt *stmt, bool lives, const char *types, va_list ap)
{
	void (*keep)(void *) = lives ? SQLITE_STATIC : SQLITE_TRANSIENT;
	struct slice s;
	const char *t;
	int i;

	for (i = 1; *types != '\0'; types++, i++) {
		switch (*types) {
		case 'i':
			sqlite3_bind_int64(stmt, i, va_arg(ap, int64_t));
			break;
		case 't':
			t = va_arg(ap, const char *);
			sqlite3_bind_text(stmt, i, t, -1, keep);
			break;
		case 's':
			s = va_arg(ap, struct slice);
			sqlite3_bind_text64(stmt, i, s.p == NULL ? "" : s.p,
			    s.n, keep, SQLITE_UTF8);
			break;
		default: /* 'b' */
			s = va_arg(ap, struct slice);
			if (s.p == NULL)
				sqlite3_bind_null(stmt, i);
			else
				sqlite3_bind_blob64(stmt, i, s.p, s.n, keep);
			break;
		}
	}
}

int
ledger_do(struct ledger *l, struct err *err, const char *sql, const char *types,
    ...)
{
	struct ledger_rows q;
	va_list ap;
	int rc;

	if (get_stmt(l, sql, &q, err) < 0)
		return -1;
	va_start(ap, types);
	bind(q.stmt, true, types, ap);
	va_end(ap);
	do
		rc = sqlite3_step(q.stmt);
	while (rc == SQLITE_ROW);
	if (rc != SQLITE_DONE)
		fail(l, err, "writing");
	put_stmt(&q);
	return rc == SQLITE_DONE ? sqlite3_changes(l->db) : -1;
}

int64_t
ledger_last_id(struct ledger *l)
{
	return sqlite3_last_insert_rowid(l->db);
}

int
ledger_query(struct ledger *l, struct ledger_rows **q_r, struct err *err,
    const char *sql, const char *types, ...)
{
	struct ledger_rows *q = mem_alloc(1, sizeof(*q));
	va_list ap;

	if (get_stmt(l, sql, q, err) < 0) {
		free(q);
		return -1;
	}
	va_start(ap, types);
	bind(q->stmt, false, types, ap);
	va_end(ap);
	*q_r = q;
	return 0;
}

int
ledger_step(struct ledger_rows *q, struct err *err)
{
	switch (sqlite3_step(q->stmt)) {
	case SQLITE_ROW:
		return 1;
	case SQLITE_DONE:
		return 0;
	default:
		return fail(q->l, err, "reading");
	}
}

void
ledger_end(struct ledger_rows **q)
{
	if (*q == NULL)
		return;
	put_stmt(*q);
	free(*q);
	*q = NULL;
}

int64_t
ledger_int(struct ledger_rows *q, int col)
{
	return sqlite3_column_int64(q->stmt, col);
}

bool
ledger_is_null(struct ledger_rows *q, int col)
{
	return sqlite3_column_type(q->stmt, col) == SQLITE_NULL;
}

const char *
ledger_text(struct ledger_rows *q, int col)
{
	return (const char *)sqlite3_column_text(q->stmt, col);
}

struct slice
ledger_blob(struct ledger_rows *q, int col)
{
	const void *p = sqlite3_column_blob(q->stmt, col);

	return slice_of(p, (size_t)sqlite3_column_bytes(q->stmt, col));
}

int
ledger_number(struct ledger *l, int64_t *out, struct err *err, const char *sql,
    const char *types, ...)
{
	struct ledger_rows q;
	va_list ap;
	int rc;

	if (get_stmt(l, sql, &q, err) < 0)
		return -1;
	va_start(ap, types);
	bind(q.stmt, true, types, ap);
	va_end(ap);
	rc = ledger_step(&q, err);
	*out = rc == 1 ? ledger_int(&q, 0) : 0;
	put_stmt(&q);
	return rc < 0 ? -1 : 0;
}

void
ledger_read_begin(struct ledger *l)
{
	if (!l->in_transaction && !l->reading)
		l->reading =
		    sqlite3_exec(l->db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK;
}

void
ledger_read_end(struct ledger *l)
{
	if (l->reading)
		sqlite3_exec(l->db, "COMMIT", NULL, NULL, NULL);
	l->reading = false;
}

int
ledger_begin(struct ledger *l, struct err *err)
{
	int rc;

	if (l->in_transaction)
		return 0;
	ledger_read_end(l);
	rc = run_script(l, "BEGIN IMMEDIATE", "beginning", err);
	if (l->waiting != NULL)
		l->waiting(l->waiting_arg, false);
	l->in_transaction = rc == 0;
	return rc;
}

int
ledger_commit(struct ledger *l, struct err *err)
{
	ledger_read_end(l);
	if (!l->in_transaction)
		return 0;
	if (run_script(l, "COMMIT", "committing", err) < 0) {
		ledger_rollback(l);
		return -1;
	}
	l->in_transaction = false;
	return 0;
}

void
ledger_rollback(struct ledger *l)
{
	ledger_read_end(l);
	if (l->in_transaction)
		sqlite3_exec(l->db, "ROLLBACK", NULL, NULL, NULL);
	l->in_transaction = false;
}

bool
ledger_in_transaction(const struct ledger *l)
{
	return l->in_transaction;
}

void
ledger_rest(struct ledger *l)
{
	sqlite3_db_release_memory(l->db);
}

void
ledger_forget_statements(struct ledger *l)
{
	size_t i, n = 0;

	for (i = 0; i < l->ncached; i++)
		if (!l->cache[i].busy)
			sqlite3_finalize(l->cache[i].stmt);
	/* one that is running keeps its place, and what it was made for */
	for (i = 0; i < l->ncached; i++)
		if (l->cache[i].busy)
			n = i + 1;
		else
			l->cache[i].sql = NULL, l->cache[i].stmt = NULL;
	l->ncached = n;
}

int
ledger_check(struct ledger *l, struct err *err)
{
	struct ledger_rows *q;
	const char *text;
	int rc;

	if (ledger_query(l, &q, err, "PRAGMA quick_check(1)", "") < 0)
		return -1;
	rc = ledger_step(q, err);
	if (rc == 1) {
		text = ledger_text(q, 0);
		if (text == NULL || strcmp(text, "ok") != 0) {
			err_set(err, SCOPE_RUN, EX_DATAERR, "%s: damaged: %s",
			    l->path, text == NULL ? "?" : text);
			rc = -1;
		}
	}
	ledger_end(&q);
	return rc < 0 ? -1 : 0;
}
