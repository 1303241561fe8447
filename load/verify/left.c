/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is left over on either side: messages that their folder does not have,
 * and messages that no folder of the spool claims.  The first are looked for
 * in other folders (moved by the user, or put there wrongly), the second among
 * the messages that are there (duplicates); what remains is missing, or extra.
 *
 *	temp.gone	wants that their folder does not have
 *	temp.spare	what folders have beyond the spool
 *	temp.found	which spare a gone one may be
 */
#include "core/step.h"
#include "load/there.h"
#include "load/verify/impl.h"

int
verify_left_begin(struct verify *v, struct err *err)
{
	static const char *const make[] = {
		"CREATE TEMP TABLE gone(at INTEGER, id INTEGER, key TEXT, "
		"size INTEGER, received INTEGER, message_id TEXT, sha256 BLOB, "
		"flags INTEGER, keywords TEXT, file TEXT, source TEXT, "
		"PRIMARY KEY(at, id)) WITHOUT ROWID",
		"CREATE INDEX temp.gone_by_id ON gone(id)",
		"CREATE TEMP TABLE spare(at INTEGER, uid INTEGER, size "
		"INTEGER, received INTEGER, flags INTEGER, keywords TEXT, "
		"message_id TEXT, sha256 BLOB, likeness BLOB, taken INTEGER "
		"DEFAULT 0, name TEXT, uidvalidity INTEGER, "
		"PRIMARY KEY(at, uid)) WITHOUT ROWID",
		"CREATE INDEX temp.spare_by_id ON spare(message_id, size)",
		"CREATE TEMP TABLE found(sat INTEGER, uid INTEGER, at INTEGER, "
		"id INTEGER, how INTEGER, PRIMARY KEY(sat, uid)) "
		"WITHOUT ROWID",
		"CREATE TEMP TABLE unsend(key TEXT)",
		"CREATE TEMP TABLE unsound(uid INTEGER PRIMARY KEY, bytes "
		"INTEGER)",
		"CREATE TEMP TABLE told(uid INTEGER PRIMARY KEY, size INTEGER, "
		"received INTEGER, flags INTEGER, keywords TEXT, sha256 BLOB)"
	};
	size_t i;

	for (i = 0; i < sizeof(make) / sizeof(make[0]); i++)
		if (ledger_do(v->l.ledger, err, make[i], "") < 0)
			return -1;
	return 0;
}

int
verify_lay_away(struct verify *v, const struct verify_place *p, struct err *err)
{
	if (ledger_do(v->l.ledger, err,
		"INSERT INTO temp.gone SELECT run, id, key, size, received, "
		"message_id, sha256, flags, keywords, file, source FROM "
		"temp.want WHERE id NOT IN (SELECT id FROM temp.pair)",
		"") < 0)
		return -1;
	return ledger_do(v->l.ledger, err,
		   "INSERT INTO temp.spare(at, uid, size, received, flags, "
		   "keywords, message_id, sha256, likeness, name, uidvalidity) "
		   "SELECT folder, uid, size, received, flags, keywords, "
		   "message_id, sha256, likeness, ?2, ?3 FROM temp.there WHERE "
		   "folder=?1 AND uid NOT IN (SELECT uid FROM temp.pair WHERE "
		   "folder=?1)",
		   "iti", p->tag, p->name, (int64_t)p->uidvalidity) < 0
	    ? -1
	    : 0;
}

/* Which place in l.folders a folder of the spool has. */
static int
number_folders(struct verify *v, struct err *err)
{
	size_t i;

	if (ledger_do(v->l.ledger, err,
		"CREATE TEMP TABLE folder_at(folder INTEGER PRIMARY KEY, at "
		"INTEGER)",
		"") < 0)
		return -1;
	for (i = 0; i < v->l.nfolders; i++)
		if (ledger_do(v->l.ledger, err,
			"INSERT INTO temp.folder_at VALUES(?, ?)", "ii",
			v->l.folders[i].id, (int64_t)i + 1) < 0)
			return -1;
	return 0;
}

/* ------------------------------------------------------- missing, extra */

static void
tell_missing(struct verify *v, struct load_folder *f, int64_t id, int state,
    const char *error)
{
	const char *why = "it is not there any more";

	if (state < 0 || state == DELIVERY_UNSENT)
		why = "it was never loaded";
	else if (state == DELIVERY_INTENDED)
		why = "its loading was cut off; run load again";
	else if (state == DELIVERY_REFUSED)
		why = error != NULL ? error : "it was refused";
	verify_name(v, f, NULL, DIFF_MISSING, id, 0, "%s%s", why,
	    v->blind ? ", unless it is in a folder that cannot be looked at"
		     : "");
	report_fate(v->l.report, f->path, FATE_LOST, 0);
	f->lost++;
	v->missing++;
}

static int
tell_gone(struct verify *v, struct err *err)
{
	struct ledger_rows *q;
	int rc;

	if (there_begin(v->l.ledger, err) < 0 ||
	    ledger_do(v->l.ledger, err,
		"INSERT INTO temp.want(id, key, size, received, message_id, "
		"file, source, run) SELECT id, key, size, received, "
		"message_id, file, source, at FROM temp.gone",
		"") < 0 ||
	    ledger_do(v->l.ledger, err,
		"INSERT INTO temp.unsend SELECT key FROM temp.gone", "") < 0 ||
	    ledger_query(v->l.ledger, &q, err,
		"SELECT g.at, g.id, d.state, d.error FROM temp.gone g LEFT "
		"JOIN delivery d ON d.destination=? AND d.key=g.key ORDER BY "
		"g.at, g.id",
		"i", v->l.d.id) < 0)
		return -1;
	while ((rc = ledger_step(q, err)) == 1)
		tell_missing(v, &v->l.folders[ledger_int(q, 0) - 1],
		    ledger_int(q, 1),
		    ledger_is_null(q, 2) ? -1 : (int)ledger_int(q, 2),
		    ledger_text(q, 3));
	ledger_end(&q);
	return rc;
}

static int
tell_spare(struct verify *v, struct err *err)
{
	struct ledger_rows *q;
	const char *id;
	int rc;

	if (ledger_query(v->l.ledger, &q, err,
		"SELECT at, uid, size, message_id FROM temp.spare WHERE at>0 "
		"AND taken=0 ORDER BY at, uid",
		"") < 0)
		return -1;
	while ((rc = ledger_step(q, err)) == 1) {
		id = ledger_text(q, 3);
		verify_name(v, &v->l.folders[ledger_int(q, 0) - 1], NULL,
		    DIFF_EXTRA, 0, (uint32_t)ledger_int(q, 1), "%lld bytes, %s",
		    (long long)ledger_int(q, 2),
		    *id != '\0' ? id : "no Message-ID");
	}
	ledger_end(&q);
	return rc;
}

/* Folders that are not there: renamed or emptied by the user, as long as all
 * that was in them is somewhere. */
static void
tell_absent(struct verify *v)
{
	size_t i;

	for (i = 0; i < v->l.nfolders; i++) {
		const struct load_folder *f = &v->l.folders[i];
		bool moved = f->lost == 0 && f->unchanged > 0;
		struct buf name = { 0 };
		struct err what = { 0 };

		if (!v->absent[i])
			continue;
		verify_put_name(&name, f->name);
		err_set(&what, SCOPE_FOLDER, EX_DATAERR,
		    "missing: the destination has no folder '%s'%s",
		    buf_str(&name),
		    moved ? "; all its messages are in other folders" : "");
		report_problem(v->l.report,
		    &(struct problem){ .folder = f->path,
			.kind = "folder_missing",
			.err = &what,
			.warning = moved && !v->o->strict });
		report_add(v->l.report, "folders_missing", 1);
		buf_free(&name);
	}
}

/* With --repair: what is missing counts as not delivered from now on. */
static int
take_back(struct verify *v, struct err *err)
{
	struct ledger *ledger = v->l.ledger;

	if (ledger_begin(ledger, err) < 0 ||
	    ledger_do(ledger, err,
		"UPDATE delivery SET state=0, uid=NULL WHERE destination=? "
		"AND key IN (SELECT key FROM temp.unsend)",
		"i", v->l.d.id) < 0)
		return -1;
	step("verify.repair");
	return ledger_commit(ledger, err);
}

/* What load has removed there, since the source has it no more. */
static int
leave_withdrawn(struct verify *v, struct err *err)
{
	struct ledger_rows *q;
	int rc;

	if (ledger_query(v->l.ledger, &q, err,
		"SELECT g.at FROM temp.gone g CROSS JOIN delivery d ON "
		"d.destination=? AND d.key=g.key AND d.state=5",
		"i", v->l.d.id) < 0)
		return -1;
	while ((rc = ledger_step(q, err)) == 1) {
		struct load_folder *f = &v->l.folders[ledger_int(q, 0) - 1];

		report_fate(v->l.report, f->path, FATE_EXCLUDED, 0);
		report_add(v->l.report, "withdrawn", 1);
		f->refused++;
	}
	ledger_end(&q);
	if (rc < 0)
		return -1;
	return ledger_do(v->l.ledger, err,
		   "DELETE FROM temp.gone WHERE key IN (SELECT key FROM "
		   "delivery WHERE destination=? AND state=5)",
		   "i", v->l.d.id) < 0
	    ? -1
	    : 0;
}

int
verify_left(struct verify *v, struct err *err)
{
	int64_t gone;

	if (number_folders(v, err) < 0 || leave_withdrawn(v, err) < 0 ||
	    ledger_number(v->l.ledger, &gone, err,
		"SELECT count(*) FROM temp.gone", "") < 0)
		return -1;
	if (gone > 0 && verify_found(v, err) < 0)
		return -1;
	if (verify_copies(v, err) < 0 || tell_gone(v, err) < 0 ||
	    tell_spare(v, err) < 0)
		return -1;
	tell_absent(v);
	/* what may be there after all must not be sent again */
	if (v->blind || !v->o->repair || v->missing == 0)
		return 0;
	return take_back(v, err);
}
