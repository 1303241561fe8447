/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An extraction that was killed, or is at work beside us, may have brought a
 * message in its new place, and not told yet that it was moved.  What has the
 * bytes of another message, that was in the spool before, waits until it is
 * known which it is: else it would be in both places there meanwhile.  What
 * comes later than this look waits for the next one.
 */
#include "formats/spool_moves.h"
#include "core/text.h"
#include "load/delta.h"

/* Undelivered, behind row ?2, with the bytes of one before it; or a file whose
 * row the extraction did not come to write, with its keywords.  Messages
 * without a Message-ID are found by a list of those alone. */
#define HELD                                                                   \
	"INSERT OR IGNORE INTO temp.held SELECT b.key FROM message b LEFT "    \
	"JOIN delivery d ON d.destination=?1 AND d.key=b.key WHERE b.id>?2 "   \
	"AND b.lost=0 AND coalesce(d.state, 0) NOT IN (2, 5) AND "             \
	"substr(b.source,-12)<>'\"gone\":true}' AND CASE WHEN "                \
	"b.source='{\"kind\":\"adopted\"}' THEN 1 WHEN "                       \
	"b.message_id='' THEN b.sha256 IN (SELECT sha256 FROM message WHERE "  \
	"message_id='' AND id<=?2) ELSE EXISTS(SELECT 1 FROM message a WHERE " \
	"a.message_id=b.message_id AND a.sha256=b.sha256 AND a.id<=?2) END"

int
delta_hold(struct load *l, struct err *err)
{
	int64_t row;
	int n;

	/* in this order: who fills the spool says so before the first row */
	if (ledger_number(l->ledger, &l->top, err,
		"SELECT max(id) FROM message", "") < 0)
		return -1;
	row = spool_filling(l->spool);
	if (row == 0 && !l->holds)
		return 0;
	l->holds = false;
	if (ledger_do(l->ledger, err,
		"CREATE TEMP TABLE IF NOT EXISTS held(key TEXT PRIMARY KEY) "
		"WITHOUT ROWID",
		"") < 0 ||
	    ledger_do(l->ledger, err, "DELETE FROM temp.held", "") < 0)
		return -1;
	n = row == 0 ? 0 : ledger_do(l->ledger, err, HELD, "ii", l->d.id, row);
	l->holds = n > 0;
	return n < 0 ? -1 : 0;
}

int
delta_is_held(struct load *l, const char *key, struct err *err)
{
	int64_t n;

	if (!l->holds)
		return 0;
	if (ledger_number(l->ledger, &n, err,
		"SELECT EXISTS(SELECT 1 FROM temp.held WHERE key=?)", "t",
		key) < 0)
		return -1;
	return n > 0;
}

void
delta_tell_held(struct load *l)
{
	struct err why = { 0 }, ignored = { 0 };
	char many[80];
	int64_t n;

	/* those that were found there need not be sent */
	if (!l->holds ||
	    ledger_number(l->ledger, &n, &ignored,
		"SELECT count(*) FROM temp.held h WHERE NOT EXISTS(SELECT 1 "
		"FROM delivery d WHERE d.destination=? AND d.key=h.key AND "
		"d.state=2)",
		"i", l->d.id) < 0 ||
	    n == 0)
		return;
	err_set(&why, SCOPE_MSG, EX_TEMPFAIL,
	    "%s: the last extraction was cut off, and did not come to tell "
	    "what was only moved",
	    text_number(many, (uint64_t)n, "message waits", "messages wait"));
	err_hint(&why,
	    "run extract (and transform) again until it ends, then load");
	report_problem(l->report,
	    &(struct problem){ .err = &why, .warning = true });
}
