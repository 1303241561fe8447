/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pairing what is there with what is wanted; see match.h. */
#include "load/match.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/io.h"
#include "core/limits.h"
#include "core/mem.h"
#include "load/there.h"

/* Comparisons of one want in round 3: enough for honest twins, a bound for
 * a folder where everything has the same Message-ID. */
#define TRIES 32

#define FACTS "size||' '||received||' '||message_id"
#define BYTES "hex(sha256)"

/* What is not paired yet, under 'key', sorted by it. */
#define WANTS(key, where)                                                      \
	"SELECT CAST(" key " AS BLOB) AS k, id FROM temp.want WHERE id NOT "   \
	"IN (SELECT id FROM temp.pair) AND " where " ORDER BY k, id"
#define THERES(key, where)                                                     \
	"SELECT CAST(" key " AS BLOB) AS k, uid FROM temp.there WHERE "        \
	"folder=?1 AND uid NOT IN (SELECT uid FROM temp.pair WHERE "           \
	"folder=?1) AND " where " ORDER BY k, uid"

static int
compare_keys(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n == 0 ? 0 : memcmp(a.p, b.p, n);

	return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

/* Both walks side by side: equal keys are paired one to one, in order. */
static int
merge(struct dest *d, int64_t folder, enum match_how how, struct ledger_rows *w,
    struct ledger_rows *t, struct err *err)
{
	int a = ledger_step(w, err), b = ledger_step(t, err), c;

	while (a == 1 && b == 1) {
		c = compare_keys(ledger_blob(w, 0), ledger_blob(t, 0));
		if (c == 0 &&
		    ledger_do(d->ledger, err,
			"INSERT OR IGNORE INTO temp.pair VALUES(?, ?, ?, ?)",
			"iiii", ledger_int(w, 1), folder, ledger_int(t, 1),
			(int64_t)how) < 0)
			return -1;
		if (c <= 0)
			a = ledger_step(w, err);
		if (c >= 0)
			b = ledger_step(t, err);
	}
	return a < 0 || b < 0 ? -1 : 0;
}

/* Pair what 'wants' and 'theres' (WANTS, THERES) give. */
static int
pair_by(struct dest *d, int64_t folder, enum match_how how, const char *wants,
    const char *theres, struct err *err)
{
	struct ledger_rows *w = NULL, *t = NULL;
	int rc = -1;

	if (ledger_do(d->ledger, err, "SAVEPOINT pairing", "") < 0)
		return -1;
	if (ledger_query(d->ledger, &w, err, wants, "") == 0 &&
	    ledger_query(d->ledger, &t, err, theres, "i", folder) == 0)
		rc = merge(d, folder, how, w, t, err);
	ledger_end(&w);
	ledger_end(&t);
	if (ledger_do(d->ledger, err, "RELEASE pairing", "") < 0)
		return -1;
	return rc;
}

/* "FROM ... WHERE ..." of message m and its delivery d is wanted; it takes the
 * destination and 'id'. */
#define WANT(from)                                                             \
	"INSERT OR IGNORE INTO temp.want(id, key, size, received, "            \
	"message_id, sha256, uidnext, run) SELECT m.id, m.key, m.size, "       \
	"m.received, m.message_id, m.sha256, d.uidnext, d.run " from
#define DELIVERED_TO                                                           \
	"FROM delivery d CROSS JOIN message m ON m.key=d.key WHERE "           \
	"d.destination=? AND d.folder=? AND "

static int64_t
want(struct dest *d, const char *sql, int64_t id, struct err *err)
{
	int64_t n;

	if (ledger_do(d->ledger, err, sql, "ii", d->id, id) < 0 ||
	    ledger_number(d->ledger, &n, err, "SELECT count(*) FROM temp.want",
		"") < 0)
		return -1;
	return n;
}

int64_t
match_want_folder(struct dest *d, int64_t spool_folder, struct err *err)
{
	return want(d,
	    WANT("FROM message m LEFT JOIN delivery d ON d.destination=? AND "
		 "d.key=m.key WHERE m.folder=? AND coalesce(d.state, 0) NOT "
		 "IN (2, 5)"),
	    spool_folder, err);
}

int64_t
match_want_mapped(struct dest *d, int64_t folder, struct err *err)
{
	return want(d,
	    WANT("FROM destination_map x CROSS JOIN folder s ON s.path=x.path "
		 "CROSS JOIN message m ON m.folder=s.id LEFT JOIN delivery d "
		 "ON d.destination=x.destination AND d.key=m.key WHERE "
		 "x.destination=? AND x.folder=? AND d.state IS NOT 2 AND "
		 "d.state IS NOT 5"),
	    folder, err);
}

int64_t
match_want_intents(struct dest *d, int64_t folder, struct err *err)
{
	return want(d,
	    WANT(DELIVERED_TO "(d.state=1 OR (d.state=2 AND d.uid IS NULL))"),
	    folder, err);
}

int64_t
match_want_unknown(struct dest *d, int64_t folder, struct err *err)
{
	return want(d, WANT(DELIVERED_TO "d.state=4"), folder, err);
}

int64_t
match_want_delivered(struct dest *d, int64_t folder, struct err *err)
{
	return want(d, WANT(DELIVERED_TO "d.state=2 AND d.uid IS NOT NULL"),
	    folder, err);
}

int
match_drop_bound(struct dest *d, int64_t folder, struct err *err)
{
	return ledger_do(d->ledger, err,
		   "DELETE FROM temp.there WHERE folder=?1 AND uid IN "
		   "(SELECT uid FROM delivery WHERE folder=?1 AND uid IS NOT "
		   "NULL)",
		   "i", folder) < 0
	    ? -1
	    : 0;
}

/* -------------------------------------------------------------- round 1 */

static int
pair_by_facts(struct dest *d, int64_t folder, struct err *err)
{
	/* twins in all but bytes are left to the bytes */
	if (ledger_do(d->ledger, err,
		"CREATE TEMP TABLE IF NOT EXISTS twin(message_id TEXT, "
		"size INTEGER, received INTEGER, "
		"PRIMARY KEY(message_id, size, received)) WITHOUT ROWID",
		"") < 0 ||
	    ledger_do(d->ledger, err, "DELETE FROM temp.twin", "") < 0 ||
	    ledger_do(d->ledger, err,
		"INSERT INTO temp.twin SELECT message_id, size, received "
		"FROM temp.want WHERE message_id<>'' GROUP BY 1, 2, 3 HAVING "
		"count(DISTINCT sha256)>1",
		"") < 0)
		return -1;
	return pair_by(d, folder, MATCH_FACTS,
	    WANTS(FACTS,
		"message_id<>'' AND NOT EXISTS (SELECT 1 FROM temp.twin x "
		"WHERE x.message_id=want.message_id AND x.size=want.size AND "
		"x.received=want.received)"),
	    THERES(FACTS, "message_id<>''"), err);
}

/* -------------------------------------------------------------- round 2 */

/* Mark what shares enough with a want that the bytes are worth a look. */
static int
mark_candidates(struct dest *d, int64_t folder, struct err *err)
{
	return ledger_do(d->ledger, err,
		   "UPDATE temp.there SET fetch=1 WHERE folder=?1 AND fetch=0 "
		   "AND uid NOT IN (SELECT uid FROM temp.pair WHERE "
		   "folder=?1) AND (EXISTS (SELECT 1 FROM temp.want w WHERE "
		   "there.message_id<>'' AND w.message_id=there.message_id "
		   "AND w.id NOT IN (SELECT id FROM temp.pair)) "
		   "OR EXISTS (SELECT 1 FROM temp.want w WHERE "
		   "w.size=there.size AND (w.received=there.received OR "
		   "(w.message_id='' AND there.message_id='')) "
		   "AND w.id NOT IN (SELECT id FROM temp.pair)) "
		   "OR EXISTS (SELECT 1 FROM temp.want w WHERE "
		   "there.message_id='' AND w.message_id='' AND "
		   "(w.received=there.received OR w.size BETWEEN "
		   "there.size-there.size/16-2048 AND "
		   "there.size+there.size/16+16) "
		   "AND w.id NOT IN (SELECT id FROM temp.pair)))",
		   "i", folder) < 0
	    ? -1
	    : 0;
}

struct keeper {
	struct ledger *ledger;
	int64_t folder;
	struct buf packed;
};

static int
keep_likeness(void *arg, uint32_t uid, const struct likeness *l,
    struct err *err)
{
	struct keeper *k = arg;

	if (l == NULL)
		return 0; /* expunged meanwhile */
	buf_clear(&k->packed);
	like_pack(&k->packed, l);
	return ledger_do(k->ledger, err,
		   "UPDATE temp.there SET sha256=?, body=?, likeness=? WHERE "
		   "folder=? AND uid=?",
		   "bbbii", slice_of(l->sha256, DIGEST_BYTES),
		   slice_of(l->body, DIGEST_BYTES), buf_slice(&k->packed),
		   k->folder, (int64_t)uid) < 0
	    ? -1
	    : 0;
}

static int
pair_by_bytes(struct dest *d, int64_t folder, struct err *err)
{
	struct keeper k = { .ledger = d->ledger, .folder = folder };
	int rc;

	if (mark_candidates(d, folder, err) < 0)
		return -1;
	rc = there_bytes(d, folder, keep_likeness, &k, err);
	buf_free(&k.packed);
	if (rc < 0)
		return -1;
	if (pair_by(d, folder, MATCH_BYTES,
		WANTS(BYTES "||' '||received", "sha256 IS NOT NULL"),
		THERES(BYTES "||' '||received", "sha256 IS NOT NULL"), err) < 0)
		return -1;
	return pair_by(d, folder, MATCH_BYTES,
	    WANTS(BYTES, "sha256 IS NOT NULL"),
	    THERES(BYTES, "sha256 IS NOT NULL"), err);
}

/* -------------------------------------------------------------- round 3 */

int
match_likeness_of(struct spool *sp, const char *key, struct likeness *l,
    struct err *err)
{
	struct spool_entry e;
	char *block;
	ssize_t n;
	int fd, rc = spool_find(sp, key, &e, err);

	if (rc <= 0)
		return rc;
	fd = spool_body(sp, &e, err);
	if (fd < 0)
		return err->scope == SCOPE_MSG ? 0 : -1;
	block = mem_alloc(1, LIMIT_BLOCK);
	like_begin(l);
	while ((n = io_read_full(fd, block, LIMIT_BLOCK)) > 0)
		like_add(l, block, (size_t)n);
	like_end(l);
	free(block);
	close(fd);
	return n == 0;
}

/* Look among the unpaired with this Message-ID for a rewritten one. */
static int
pair_rewritten_one(struct dest *d, int64_t folder, int64_t id,
    const struct likeness *ours, struct likeness *theirs, struct err *err)
{
	struct ledger_rows *q;
	uint32_t found = 0;
	unsigned how;
	int rc;

	if (ledger_query(d->ledger, &q, err,
		"SELECT t.uid, t.likeness FROM temp.want w CROSS JOIN "
		"temp.there t ON t.folder=?1 AND t.body=?4 AND "
		"t.message_id=w.message_id WHERE w.id=?2 AND t.uid NOT IN "
		"(SELECT uid FROM temp.pair WHERE folder=?1) ORDER BY "
		"t.received<>w.received, abs(t.size-w.size), t.uid LIMIT ?3",
		"iiib", folder, id, (int64_t)TRIES,
		slice_of(ours->body, DIGEST_BYTES)) < 0)
		return -1;
	while ((rc = ledger_step(q, err)) == 1) {
		if (!like_unpack(theirs, ledger_blob(q, 1)) ||
		    like_compare(ours, theirs, &how, NULL) == LIKE_OTHER)
			continue;
		found = (uint32_t)ledger_int(q, 0);
		break;
	}
	ledger_end(&q);
	if (rc < 0 || found == 0)
		return rc < 0 ? -1 : 0;
	return ledger_do(d->ledger, err,
		   "INSERT OR IGNORE INTO temp.pair VALUES(?, ?, ?, 3)", "iii",
		   id, folder, (int64_t)found) < 0
	    ? -1
	    : 0;
}

static int
pair_rewritten(struct dest *d, int64_t folder, struct err *err)
{
	struct likeness ours = { 0 }, theirs = { 0 };
	struct ledger_rows *q;
	int rc, have;

	if (ledger_query(d->ledger, &q, err,
		"SELECT w.id, w.key FROM temp.want w WHERE w.id NOT IN "
		"(SELECT id FROM temp.pair) AND w.message_id IN (SELECT "
		"message_id FROM temp.there WHERE folder=?1 AND likeness IS "
		"NOT NULL AND uid NOT IN (SELECT uid FROM temp.pair WHERE "
		"folder=?1)) ORDER BY w.id",
		"i", folder) < 0)
		return -1;
	while ((rc = ledger_step(q, err)) == 1) {
		have =
		    match_likeness_of(d->spool, ledger_text(q, 1), &ours, err);
		if (have < 0 ||
		    (have == 1 &&
			pair_rewritten_one(d, folder, ledger_int(q, 0), &ours,
			    &theirs, err) < 0)) {
			rc = -1;
			break;
		}
	}
	ledger_end(&q);
	like_free(&ours);
	like_free(&theirs);
	return rc;
}

/* ------------------------------------------------------------- all of it */

int
match_run(struct dest *d, int64_t folder, unsigned flags, struct err *err)
{
	int64_t n;

	if (ledger_number(d->ledger, &n, err,
		"SELECT EXISTS(SELECT 1 FROM temp.want) AND EXISTS(SELECT 1 "
		"FROM temp.there WHERE folder=?)",
		"i", folder) < 0)
		return -1;
	if (n == 0)
		return 0;
	if (pair_by_facts(d, folder, err) < 0 ||
	    pair_by_bytes(d, folder, err) < 0 ||
	    pair_rewritten(d, folder, err) < 0)
		return -1;
	if (flags != 0 &&
	    pair_by(d, folder, MATCH_ID_DATE,
		WANTS("received||' '||message_id", "message_id<>''"),
		THERES("received||' '||message_id", "message_id<>''"), err) < 0)
		return -1;
	if (flags == (MATCH_WEAK | MATCH_OURS) &&
	    pair_by(d, folder, MATCH_ID, WANTS("message_id", "message_id<>''"),
		THERES("message_id", "message_id<>''"), err) < 0)
		return -1;
	return 0;
}
