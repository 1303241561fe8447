/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Moved at the source; see spool_moves.h. */
#include "formats/spool_moves.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/step.h"
#include "formats/spool_impl.h"
#include "formats/spool_source.h"

#define UNSETTLED "unsettled"
#define SETTLED	  "settled" /* up to this row all is known */
#define FILLING	  "filling" /* behind this row it may be something moved */
#define GONE	  "\"gone\":true}"

bool
spool_is_gone(const struct spool_entry *e)
{
	size_t n = strlen(e->msg.source);

	return n >= sizeof(GONE) - 1 &&
	    strcmp(e->msg.source + n - (sizeof(GONE) - 1), GONE) == 0;
}

bool
spool_is_unsettled(struct spool *sp)
{
	return spool_meta(sp, UNSETTLED) != NULL;
}

int
spool_set_unsettled(struct spool *sp, bool yes, struct err *err)
{
	if (spool_is_unsettled(sp) == yes)
		return 0;
	return yes ? spool_meta_set(sp, UNSETTLED, "1", err)
		   : spool_meta_remove(sp, UNSETTLED, err);
}

int64_t
spool_filling(struct spool *sp)
{
	const char *row = spool_meta(sp, FILLING);

	return row == NULL ? 0 : strtoll(row, NULL, 10);
}

int
spool_fill_begin(struct spool *sp, struct err *err)
{
	char row[24];
	int64_t top;

	/* one that was killed counts from where it began */
	if (spool_filling(sp) > 0)
		return 0;
	if (ledger_number(sp->ledger, &top, err, "SELECT max(id) FROM message",
		"") < 0)
		return -1;
	if (top == 0)
		return 0;
	snprintf(row, sizeof(row), "%lld", (long long)top);
	/* before a file is there, which a reader would adopt */
	return spool_meta_set(sp, FILLING, row, err) < 0 ? -1
							 : spool_flush(sp, err);
}

int
spool_fill_end(struct spool *sp, struct err *err)
{
	return spool_filling(sp) > 0 ? spool_meta_remove(sp, FILLING, err) : 0;
}

int
spool_note_renamed(struct spool *sp, const char *old, const char *key,
    const char *folder, int64_t when, struct err *err)
{
	if (spool_change(sp, err) < 0)
		return -1;
	return ledger_do(sp->ledger, err,
		   "INSERT INTO renamed(old, key, folder, moved) "
		   "VALUES(?, ?, ?, ?)",
		   "ttti", old, key, folder, when) < 0
	    ? -1
	    : 0;
}

static int
take_renamed(struct spool *sp, struct ledger_rows **q, int64_t *row,
    struct spool_renamed *r, struct err *err)
{
	struct arena *a = &sp->found;
	int rc = ledger_step(*q, err);

	if (rc == 1) {
		arena_reset(a);
		*row = ledger_int(*q, 0);
		r->old = arena_str(a, ledger_text(*q, 1));
		r->key = arena_str(a, ledger_text(*q, 2));
		r->folder = arena_str(a, ledger_text(*q, 3));
		r->when = ledger_int(*q, 4);
	}
	ledger_end(q);
	return rc;
}

int
spool_renamed_next(struct spool *sp, int64_t *row, struct spool_renamed *r,
    struct err *err)
{
	struct ledger_rows *q;

	if (ledger_query(sp->ledger, &q, err,
		"SELECT id, old, key, folder, moved FROM renamed WHERE id>? "
		"ORDER BY id LIMIT 1",
		"i", *row) < 0)
		return -1;
	return take_renamed(sp, &q, row, r, err);
}

int
spool_renamed_from(struct spool *sp, const char *key, struct spool_renamed *r,
    struct err *err)
{
	struct ledger_rows *q;
	int64_t row;

	if (ledger_query(sp->ledger, &q, err,
		"SELECT id, old, key, folder, moved FROM renamed WHERE key=? "
		"ORDER BY id DESC LIMIT 1",
		"t", key) < 0)
		return -1;
	return take_renamed(sp, &q, &row, r, err);
}

/* --------------------------------------------------------------- pairing */

struct pair {
	int64_t row; /* of the new one */
	struct buf old, now, folder;
};

static int
next_pair(struct spool *sp, struct pair *p, struct err *err)
{
	struct ledger_rows *q;
	int rc;

	if (ledger_query(sp->ledger, &q, err,
		"SELECT b.id, a.key, b.key, (SELECT path FROM folder WHERE "
		"id=a.folder) FROM message b CROSS JOIN message a ON "
		"a.sha256=b.sha256 AND substr(a.source,-12)='" GONE
		"' WHERE b.id>? AND b.lost=0 AND a.lost=0 AND "
		"b.source<>'" SPOOL_ADOPTED "' AND "
		"substr(b.source,-12)<>'" GONE "' ORDER BY b.id, a.id LIMIT 1",
		"i", p->row) < 0)
		return -1;
	rc = ledger_step(q, err);
	if (rc == 1) {
		p->row = ledger_int(q, 0);
		buf_clear(&p->old);
		buf_clear(&p->now);
		buf_clear(&p->folder);
		buf_puts(&p->old, ledger_text(q, 1));
		buf_puts(&p->now, ledger_text(q, 2));
		buf_puts(&p->folder, ledger_text(q, 3));
	}
	ledger_end(&q);
	return rc;
}

static int
pair_all(struct spool *sp, int64_t since, uint64_t *moved_r, struct err *err)
{
	struct pair p = { .row = since };
	int64_t n;
	int rc;

	if (ledger_number(sp->ledger, &n, err,
		"SELECT EXISTS(SELECT 1 FROM message WHERE "
		"substr(source,-12)='" GONE "')",
		"") < 0)
		return -1;
	rc = n == 0 ? 0 : next_pair(sp, &p, err);
	while (rc == 1) {
		step("extract.moved");
		if (spool_note_renamed(sp, buf_str(&p.old), buf_str(&p.now),
			buf_str(&p.folder), (int64_t)time(NULL), err) < 0 ||
		    spool_remove(sp, buf_str(&p.old), err) < 0) {
			rc = -1;
			break;
		}
		++*moved_r;
		rc = next_pair(sp, &p, err);
	}
	buf_free(&p.old);
	buf_free(&p.now);
	buf_free(&p.folder);
	return rc;
}

int
spool_moves_settle(struct spool *sp, bool whole, uint64_t *moved_r,
    struct err *err)
{
	const char *settled;
	char last[24], now[24];
	int64_t top;

	*moved_r = 0;
	if (spool_flush(sp, err) < 0)
		return -1;
	settled = spool_meta(sp, SETTLED);
	snprintf(last, sizeof(last), "%s", settled == NULL ? "0" : settled);
	if (pair_all(sp, strtoll(last, NULL, 10), moved_r, err) < 0)
		return -1;
	if (!whole)
		return 0;
	if (ledger_number(sp->ledger, &top, err, "SELECT max(id) FROM message",
		"") < 0)
		return -1;
	snprintf(now, sizeof(now), "%lld", (long long)top);
	if (strcmp(now, last) != 0 && spool_meta_set(sp, SETTLED, now, err) < 0)
		return -1;
	return spool_set_unsettled(sp, false, err);
}
