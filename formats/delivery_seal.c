/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums that need not be counted again; see delivery_seal.h. */
#include "formats/delivery_seal.h"

#include "formats/ledger.h"

/* Not in ledger_schema.h: it can be taken away and is made again. */
static const char *const schema[] = {
	"CREATE TABLE IF NOT EXISTS delivery_seal("
	"destination INTEGER NOT NULL, spool_folder INTEGER NOT NULL,"
	"folder INTEGER NOT NULL, last INTEGER NOT NULL,"
	"messages INTEGER NOT NULL, bytes INTEGER NOT NULL,"
	"elsewhere INTEGER NOT NULL,"
	"PRIMARY KEY(destination, spool_folder)) WITHOUT ROWID",
	"CREATE TRIGGER IF NOT EXISTS delivery_seal_message AFTER UPDATE OF "
	"id, folder, key, size, flags, keywords ON message "
	"BEGIN DELETE FROM delivery_seal WHERE "
	"spool_folder IN (OLD.folder, NEW.folder) AND last>=OLD.id; END",
	"CREATE TRIGGER IF NOT EXISTS delivery_seal_removed AFTER DELETE ON "
	"message BEGIN DELETE FROM delivery_seal WHERE "
	"spool_folder=OLD.folder AND last>=OLD.id; END",
	"CREATE TRIGGER IF NOT EXISTS delivery_seal_undone AFTER UPDATE ON "
	"delivery WHEN OLD.state IN (2, 5) AND (NEW.state<>OLD.state OR "
	"NEW.folder<>OLD.folder OR NEW.key<>OLD.key OR "
	"NEW.destination<>OLD.destination OR NEW.flags IS NOT OLD.flags OR "
	"NEW.keywords IS NOT OLD.keywords) "
	"BEGIN DELETE FROM delivery_seal WHERE "
	"destination=OLD.destination; END",
	"CREATE TRIGGER IF NOT EXISTS delivery_seal_forgotten AFTER DELETE ON "
	"delivery WHEN OLD.state IN (2, 5) BEGIN DELETE FROM delivery_seal "
	"WHERE destination=OLD.destination; END",
};

/* Is there the table?  Asked each time: another process may make it. */
static int
has_table(struct ledger *l, struct err *err)
{
	int64_t n;

	if (ledger_number(l, &n, err,
		"SELECT count(*) FROM sqlite_schema WHERE type='table' AND "
		"name='delivery_seal'",
		"") < 0)
		return -1;
	return n > 0;
}

int
delivery_seal_get(struct ledger *l, int64_t dest, int64_t spool_folder,
    int64_t folder, struct delivery_sums *s, struct err *err)
{
	struct ledger_rows *q;
	int rc = has_table(l, err);

	*s = (struct delivery_sums){ 0 };
	if (rc <= 0)
		return rc;
	if (ledger_query(l, &q, err,
		"SELECT last, messages, bytes, elsewhere FROM delivery_seal "
		"WHERE destination=? AND spool_folder=? AND folder=?",
		"iii", dest, spool_folder, folder) < 0)
		return -1;
	rc = ledger_step(q, err);
	if (rc == 1) {
		s->sealed = ledger_int(q, 0);
		s->messages = s->done = (uint64_t)ledger_int(q, 1);
		s->bytes = (uint64_t)ledger_int(q, 2);
		s->elsewhere = (uint64_t)ledger_int(q, 3);
	}
	ledger_end(&q);
	return rc < 0 ? -1 : 0;
}

static int
make_table(struct ledger *l, struct err *err)
{
	size_t i;

	for (i = 0; i < sizeof(schema) / sizeof(schema[0]); i++)
		if (ledger_do(l, err, schema[i], "") < 0)
			return -1;
	return 0;
}

int
delivery_seal_put(struct ledger *l, int64_t dest, int64_t spool_folder,
    int64_t folder, struct err *err)
{
	struct delivery_sums s;
	int64_t last;
	int rc = has_table(l, err);

	if (rc < 0 || (rc == 0 && make_table(l, err) < 0) ||
	    delivery_sums(l, dest, spool_folder, folder, &s, err) < 0 ||
	    ledger_number(l, &last, err,
		"SELECT max(id) FROM message WHERE folder=?", "i",
		spool_folder) < 0)
		return -1;
	if (s.done < s.messages || s.reflagged > 0 || s.counted == 0)
		return 0;
	return ledger_do(l, err,
		   "INSERT OR REPLACE INTO delivery_seal(destination,"
		   " spool_folder, folder, last, messages, bytes, elsewhere)"
		   " VALUES(?, ?, ?, ?, ?, ?, ?)",
		   "iiiiiii", dest, spool_folder, folder, last,
		   (int64_t)s.messages, (int64_t)s.bytes,
		   (int64_t)s.elsewhere) < 0
	    ? -1
	    : 0;
}
