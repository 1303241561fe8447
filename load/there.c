/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What lies at the destination; see there.h. */
#include "load/there.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/mem.h"
#include "formats/head.h"
#include "formats/msg.h"

#define CHUNK	  400	/* bodies asked for with one command */
#define HEAD_KEEP 16384 /* of a Message-ID field; longer ones are no ids */

int
there_begin(struct ledger *l, struct err *err)
{
	static const char *const make[] = {
		"CREATE TEMP TABLE IF NOT EXISTS there(folder INTEGER, "
		"uid INTEGER, size INTEGER, received INTEGER, flags INTEGER, "
		"keywords TEXT, message_id TEXT, fetch INTEGER DEFAULT 0, "
		"sha256 BLOB, body BLOB, likeness BLOB, PRIMARY KEY(folder, "
		"uid)) WITHOUT ROWID",
		"CREATE TEMP TABLE IF NOT EXISTS want(id INTEGER PRIMARY KEY, "
		"key TEXT, size INTEGER, received INTEGER, message_id TEXT, "
		"sha256 BLOB, flags INTEGER, keywords TEXT, uidnext INTEGER, "
		"run INTEGER, file TEXT, source TEXT)",
		"CREATE TEMP TABLE IF NOT EXISTS pair(id INTEGER PRIMARY KEY, "
		"folder INTEGER, uid INTEGER, how INTEGER, "
		"UNIQUE(folder, uid))",
		"CREATE INDEX IF NOT EXISTS temp.want_by_id ON "
		"want(message_id)",
		"CREATE INDEX IF NOT EXISTS temp.want_by_size ON want(size)",
		"CREATE INDEX IF NOT EXISTS temp.want_by_date ON "
		"want(received)",
		"CREATE INDEX IF NOT EXISTS temp.there_by_body ON "
		"there(body) WHERE body IS NOT NULL",
		"DELETE FROM temp.there", "DELETE FROM temp.want",
		"DELETE FROM temp.pair"
	};
	size_t i;

	for (i = 0; i < sizeof(make) / sizeof(make[0]); i++)
		if (ledger_do(l, err, make[i], "") < 0)
			return -1;
	return 0;
}

/* ---------------------------------------------------- what FETCH tells */

struct taker {
	struct ledger *ledger;
	struct report *report;
	int64_t folder;
	uint32_t lo;
	unsigned what;
	struct buf head; /* of the message being received */
	struct buf keywords;
};

void
there_keep_head(struct buf *head, const struct imap_body *b, const void *p,
    size_t n)
{
	if (b->at == 0)
		buf_clear(head);
	if (head->n + n <= HEAD_KEEP)
		buf_put(head, p, n);
}

static int
take_head(void *arg, const struct imap_body *b, const void *p, size_t n,
    struct err *err)
{
	struct taker *t = arg;

	(void)err;
	there_keep_head(&t->head, b, p, n);
	return 0;
}

uint32_t
there_flags(struct slice flags, struct buf *keywords)
{
	struct slice word;
	uint32_t bits = 0;

	buf_clear(keywords);
	while (imap_flag_next(&flags, &word))
		msg_keyword_add(keywords, &bits, word);
	return bits;
}

static int
take_fetch(void *arg, const struct imap_fetch *f, struct err *err)
{
	struct taker *t = arg;
	uint32_t flags;
	int rc;

	if (f->uid < t->lo || f->uid == 0 || !f->has_size) {
		buf_clear(&t->head);
		return 0; /* "9:*" gives the last one always; or unasked */
	}
	flags =
	    there_flags(f->has_flags ? f->flags : slice_str(""), &t->keywords);
	/* bytes that were read already stay known */
	rc = ledger_do(t->ledger, err,
	    "INSERT INTO temp.there(folder, uid, size, received, flags, "
	    "keywords, message_id) VALUES(?, ?, ?, ?, ?, ?, ?) ON "
	    "CONFLICT(folder, uid) DO UPDATE SET size=excluded.size, "
	    "received=excluded.received, flags=excluded.flags, "
	    "keywords=excluded.keywords, message_id=excluded.message_id",
	    "iiiiits", t->folder, (int64_t)f->uid, (int64_t)f->size,
	    f->has_date ? f->internaldate : DATE_UNKNOWN, (int64_t)flags,
	    buf_str(&t->keywords), head_message_id(buf_slice(&t->head)));
	buf_clear(&t->head);
	report_moved(t->report, 0); /* a sign of life */
	return rc < 0 ? -1 : 0;
}

int
there_fetch(struct dest *d, int64_t folder, uint32_t lo, unsigned what,
    struct err *err)
{
	struct taker t = { .ledger = d->ledger,
		.report = d->report,
		.folder = folder,
		.lo = lo > 0 ? lo : 1,
		.what = what };
	struct imap_fetch_sink sink = { take_fetch, take_head, &t };
	struct err ignored = { 0 };
	char set[32], items[160];
	int rc;

	snprintf(set, sizeof(set), "%u:*", t.lo);
	snprintf(items, sizeof(items), "(UID RFC822.SIZE INTERNALDATE%s%s)",
	    (what & THERE_FLAGS) != 0 ? " FLAGS" : "",
	    (what & THERE_MESSAGE_ID) != 0
		? " BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"
		: "");
	/* one transaction for the rows; it locks nothing but our own table */
	if (ledger_do(d->ledger, err, "SAVEPOINT there", "") < 0)
		return -1;
	rc = imap_uid_fetch(d->im, slice_str(set), items, &sink, err);
	if (ledger_do(d->ledger, rc < 0 ? &ignored : err, "RELEASE there", "") <
	    0)
		rc = -1;
	buf_free(&t.head);
	buf_free(&t.keywords);
	return rc;
}

/* ---------------------------------------------------------------- bytes */

struct reader {
	struct likeness like;
	uint32_t uids[CHUNK]; /* ascending */
	bool given[CHUNK];
	size_t n;
	uint32_t last; /* of the chunk before */
	int (*each)(void *arg, uint32_t uid, const struct likeness *l,
	    struct err *err);
	void *arg;
};

static int
read_body(void *arg, const struct imap_body *b, const void *p, size_t n,
    struct err *err)
{
	struct reader *r = arg;

	(void)err;
	if (b->section.n > 0)
		return 0;
	if (b->at == 0)
		like_begin(&r->like);
	like_add(&r->like, p, n);
	return 0;
}

static int
compare_uids(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int
read_fetch(void *arg, const struct imap_fetch *f, struct err *err)
{
	struct reader *r = arg;
	uint32_t *at;

	if (!f->has_body || f->body_is_nil)
		return 0;
	at = bsearch(&f->uid, r->uids, r->n, sizeof(*r->uids), compare_uids);
	if (at == NULL || r->given[at - r->uids])
		return 0;
	r->given[at - r->uids] = true;
	like_end(&r->like);
	return r->each(r->arg, f->uid, &r->like, err);
}

/* The next rows to fetch; marks them as done. */
static int
next_chunk(struct reader *r, struct ledger *l, int64_t folder,
    struct imap_set *set, struct err *err)
{
	struct ledger_rows *q;
	int rc;

	r->n = 0;
	imap_set_clear(set);
	if (ledger_query(l, &q, err,
		"SELECT uid FROM temp.there WHERE folder=? AND uid>? AND "
		"fetch=1 ORDER BY uid",
		"ii", folder, (int64_t)r->last) < 0)
		return -1;
	while (r->n < CHUNK && set->text.n < IMAP_SET_BYTES - 32 &&
	    (rc = ledger_step(q, err)) == 1) {
		r->uids[r->n] = (uint32_t)ledger_int(q, 0);
		r->given[r->n] = false;
		imap_set_add(set, r->uids[r->n++]);
	}
	ledger_end(&q);
	if (r->n == 0)
		return rc;
	r->last = r->uids[r->n - 1];
	return ledger_do(l, err,
		   "UPDATE temp.there SET fetch=2 WHERE folder=? AND fetch=1 "
		   "AND uid<=?",
		   "ii", folder, (int64_t)r->uids[r->n - 1]) < 0
	    ? -1
	    : 1;
}

static int
read_chunk(struct dest *d, struct reader *r, struct imap_set *set,
    struct err *err)
{
	struct imap_fetch_sink sink = { read_fetch, read_body, r };
	size_t i;

	if (imap_uid_fetch(d->im, imap_set_text(set), "(UID BODY.PEEK[])",
		&sink, err) < 0)
		return -1;
	for (i = 0; i < r->n; i++)
		if (!r->given[i] && r->each(r->arg, r->uids[i], NULL, err) < 0)
			return -1;
	return 0;
}

int
there_bytes(struct dest *d, int64_t folder,
    int (*each)(void *arg, uint32_t uid, const struct likeness *l,
	struct err *err),
    void *arg, struct err *err)
{
	struct reader *r = mem_alloc(1, sizeof(*r));
	struct imap_set set = { 0 };
	int rc;

	r->each = each;
	r->arg = arg;
	while ((rc = next_chunk(r, d->ledger, folder, &set, err)) == 1) {
		rc = read_chunk(d, r, &set, err);
		if (rc < 0)
			break;
	}
	imap_set_free(&set);
	like_free(&r->like);
	free(r);
	return rc;
}
