/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Destinations and deliveries in spool.db; see delivery.h. */
#include "formats/delivery.h"

#include <stdio.h>

#include "formats/delivery_seal.h"
#include "formats/ledger.h"

/* -------------------------------------------------------- destinations */

int64_t
delivery_find(struct ledger *l, const char *label, struct err *err)
{
	int64_t id;

	if (ledger_number(l, &id, err,
		"SELECT destination FROM destination_label WHERE label=?", "t",
		label) < 0)
		return -1;
	return id;
}

int64_t
delivery_add(struct ledger *l, const char *label, const char *user,
    struct err *err)
{
	int64_t id;

	if (ledger_do(l, err, "INSERT INTO destination(user) VALUES(?)", "t",
		user) < 0)
		return -1;
	id = ledger_last_id(l);
	return delivery_add_label(l, id, label, err) < 0 ? -1 : id;
}

int
delivery_add_label(struct ledger *l, int64_t dest, const char *label,
    struct err *err)
{
	return ledger_do(l, err,
		   "INSERT INTO destination_label(label, destination) "
		   "VALUES(?, ?)",
		   "ti", label, dest) < 0
	    ? -1
	    : 0;
}

int
delivery_next_of_user(struct ledger *l, const char *user, int64_t *dest,
    struct err *err)
{
	int64_t id;

	if (ledger_number(l, &id, err,
		"SELECT min(id) FROM destination WHERE user=? COLLATE NOCASE "
		"AND id>?",
		"ti", user, *dest) < 0)
		return -1;
	*dest = id;
	return id > 0;
}

int64_t
delivery_begin_run(struct ledger *l, int64_t dest, struct err *err)
{
	int64_t run;

	if (ledger_do(l, err, "UPDATE destination SET runs=runs+1 WHERE id=?",
		"i", dest) < 0 ||
	    ledger_number(l, &run, err,
		"SELECT runs FROM destination WHERE id=?", "i", dest) < 0)
		return -1;
	return run;
}

/* ------------------------------------------------- folders over there */

#define FOLDER_COLUMNS                                                         \
	"f.id, f.name, f.uidvalidity, f.matched, f.permanentflags, "           \
	"(SELECT max(uid) FROM delivery WHERE folder=f.id)"

/* One row, or none, of FOLDER_COLUMNS; ends the query. */
static int
take_folder(struct ledger_rows **q, struct delivery_folder *f, struct arena *a,
    struct err *err)
{
	int rc = ledger_step(*q, err);

	if (rc == 1) {
		f->id = ledger_int(*q, 0);
		f->name = arena_str(a, ledger_text(*q, 1));
		f->uidvalidity = (uint32_t)ledger_int(*q, 2);
		f->matched = ledger_int(*q, 3) != 0;
		f->permanentflags = arena_str(a, ledger_text(*q, 4));
		f->top = (uint32_t)ledger_int(*q, 5);
	}
	ledger_end(q);
	return rc;
}

int
delivery_folder_find(struct ledger *l, int64_t dest, const char *name,
    struct delivery_folder *f_r, struct arena *a, struct err *err)
{
	struct ledger_rows *q;

	if (ledger_query(l, &q, err,
		"SELECT " FOLDER_COLUMNS " FROM destination_folder f "
		"WHERE f.destination=? AND f.name=?",
		"it", dest, name) < 0)
		return -1;
	return take_folder(&q, f_r, a, err);
}

int64_t
delivery_folder_put(struct ledger *l, int64_t dest,
    const struct delivery_folder *f, struct err *err)
{
	int64_t id;

	if (ledger_do(l, err,
		"INSERT INTO destination_folder(destination, name,"
		" uidvalidity, matched, permanentflags) VALUES(?, ?, ?, ?, ?)"
		" ON CONFLICT(destination, name) DO UPDATE SET"
		" uidvalidity=excluded.uidvalidity,"
		" matched=excluded.matched, permanentflags="
		"coalesce(excluded.permanentflags, permanentflags)",
		"itiit", dest, f->name, (int64_t)f->uidvalidity,
		(int64_t)f->matched, f->permanentflags) < 0)
		return -1;
	if (ledger_number(l, &id, err,
		"SELECT id FROM destination_folder WHERE destination=? AND "
		"name=?",
		"it", dest, f->name) < 0)
		return -1;
	return id;
}

int
delivery_folder_next(struct ledger *l, int64_t dest, int64_t *id,
    struct delivery_folder *f_r, struct arena *a, struct err *err)
{
	struct ledger_rows *q;
	int rc;

	if (ledger_query(l, &q, err,
		"SELECT " FOLDER_COLUMNS " FROM destination_folder f "
		"WHERE f.destination=? AND f.id>? ORDER BY f.id LIMIT 1",
		"ii", dest, *id) < 0)
		return -1;
	rc = take_folder(&q, f_r, a, err);
	if (rc == 1)
		*id = f_r->id;
	return rc;
}

int
delivery_folder_renumbered(struct ledger *l, int64_t folder,
    uint32_t uidvalidity, struct err *err)
{
	if (ledger_do(l, err,
		"UPDATE destination_folder SET uidvalidity=?, matched=0 "
		"WHERE id=?",
		"ii", (int64_t)uidvalidity, folder) < 0)
		return -1;
	if (ledger_do(l, err,
		"UPDATE delivery SET uid=NULL, uidnext=0, state=CASE state "
		"WHEN 2 THEN 4 ELSE state END WHERE folder=?",
		"i", folder) < 0)
		return -1;
	return 0;
}

int64_t
delivery_settle(struct ledger *l, int64_t dest, int64_t folder,
    uint32_t uidnext, struct err *err)
{
	return ledger_do(l, err,
	    "UPDATE delivery SET state=2, uidnext=? WHERE destination=? AND "
	    "folder=? AND state=4",
	    "iii", (int64_t)uidnext, dest, folder);
}

int
delivery_forget(struct ledger *l, int64_t dest, struct err *err)
{
	if (ledger_do(l, err,
		"UPDATE delivery SET state=0, uid=NULL, uidnext=0 WHERE "
		"destination=? AND state IN (2, 4)",
		"i", dest) < 0 ||
	    ledger_do(l, err, "DELETE FROM destination_map WHERE destination=?",
		"i", dest) < 0)
		return -1;
	return ledger_do(l, err,
		   "UPDATE destination_folder SET uidvalidity=0, matched=0 "
		   "WHERE destination=?",
		   "i", dest) < 0
	    ? -1
	    : 0;
}

int64_t
delivery_map_get(struct ledger *l, int64_t dest, const char *path,
    struct err *err)
{
	int64_t id;

	if (ledger_number(l, &id, err,
		"SELECT folder FROM destination_map WHERE destination=? AND "
		"path=?",
		"it", dest, path) < 0)
		return -1;
	return id;
}

int
delivery_map_put(struct ledger *l, int64_t dest, const char *path,
    int64_t folder, struct err *err)
{
	return ledger_do(l, err,
		   "INSERT OR REPLACE INTO destination_map(destination, path,"
		   " folder) VALUES(?, ?, ?)",
		   "iti", dest, path, folder) < 0
	    ? -1
	    : 0;
}

/* ---------------------------------------------------------- deliveries */

int
delivery_sums(struct ledger *l, int64_t dest, int64_t spool_folder,
    int64_t folder, struct delivery_sums *s, struct err *err)
{
	struct ledger_rows *q;
	int rc;

	if (delivery_seal_get(l, dest, spool_folder, folder, s, err) < 0 ||
	    ledger_query(l, &q, err,
		"SELECT count(*), total(m.size),"
		" count(*) FILTER (WHERE d.state IN (2, 5)),"
		" count(*) FILTER (WHERE d.state=2 AND d.folder<>?),"
		" count(*) FILTER (WHERE coalesce(d.state, 0) NOT IN (2, 5)"
		" AND m.lost=0),"
		" total(m.size) FILTER (WHERE coalesce(d.state, 0) NOT IN"
		" (2, 5) AND m.lost=0),"
		" count(*) FILTER (WHERE coalesce(d.state, 0) NOT IN (2, 5)"
		" AND m.lost<>0),"
		" count(*) FILTER (WHERE d.state=1 AND m.lost=0),"
		" count(*) FILTER (WHERE d.state=2 AND (d.flags<>m.flags OR"
		" d.keywords<>m.keywords))"
		" FROM message m LEFT JOIN delivery d"
		" ON d.destination=? AND d.key=m.key WHERE m.folder=? AND"
		" m.id>?",
		"iiii", folder, dest, spool_folder, s->sealed) < 0)
		return -1;
	rc = ledger_step(q, err);
	if (rc == 1) {
		s->counted = (uint64_t)ledger_int(q, 0);
		s->messages += s->counted;
		s->bytes += (uint64_t)ledger_int(q, 1);
		s->done += (uint64_t)ledger_int(q, 2);
		s->elsewhere += folder == 0 ? 0 : (uint64_t)ledger_int(q, 3);
		s->todo = (uint64_t)ledger_int(q, 4);
		s->todo_bytes = (uint64_t)ledger_int(q, 5);
		s->lost = (uint64_t)ledger_int(q, 6);
		s->intended = (uint64_t)ledger_int(q, 7);
		s->reflagged = (uint64_t)ledger_int(q, 8);
	}
	ledger_end(&q);
	return rc < 0 ? -1 : 0;
}

int
delivery_next(struct ledger *l, int64_t dest, int64_t spool_folder, int64_t run,
    int64_t after, struct delivery_work *v, size_t max, struct err *err)
{
	struct ledger_rows *q;
	size_t n = 0;
	int rc = 0;

	if (ledger_query(l, &q, err,
		"SELECT m.id, m.key, m.size FROM message m"
		" LEFT JOIN delivery d ON d.destination=? AND d.key=m.key"
		" WHERE m.folder=? AND m.id>? AND m.lost=0"
		" AND (d.state IS NULL OR d.state IN (0, 4)"
		" OR (d.state=3 AND d.run IS NOT ?))"
		" ORDER BY m.id LIMIT ?",
		"iiiii", dest, spool_folder, after, run, (int64_t)max) < 0)
		return -1;
	while (n < max && (rc = ledger_step(q, err)) == 1) {
		v[n].id = ledger_int(q, 0);
		snprintf(v[n].key, sizeof(v[n].key), "%s", ledger_text(q, 1));
		v[n++].size = (uint64_t)ledger_int(q, 2);
	}
	ledger_end(&q);
	return rc < 0 ? -1 : (int)n;
}

#define INTEND                                                                 \
	"INTO delivery(destination, key, state, folder, uidnext, run,"         \
	" attempts, flags, keywords) SELECT ?1, ?2, 1, ?3, ?4, ?5, 1, "        \
	"m.flags,"                                                             \
	" m.keywords FROM message m WHERE m.id=?6 AND m.key=?2"

int
delivery_intend(struct ledger *l, int64_t dest, int64_t row, const char *key,
    int64_t folder, uint32_t uidnext, int64_t run, struct err *err)
{
	/* for the first time: the usual case */
	int n = ledger_do(l, err, "INSERT OR IGNORE " INTEND, "itiiii", dest,
	    key, folder, (int64_t)uidnext, run, row);

	if (n != 0)
		return n < 0 ? -1 : 0;
	return ledger_do(l, err,
		   "INSERT " INTEND
		   " ON CONFLICT(destination, key) DO UPDATE SET state=1,"
		   " folder=excluded.folder, uid=NULL,"
		   " uidnext=excluded.uidnext, run=excluded.run,"
		   " attempts=attempts+1, error=NULL, owed=0, moving=NULL,"
		   " flags=excluded.flags, keywords=excluded.keywords",
		   "itiiii", dest, key, folder, (int64_t)uidnext, run, row) < 0
	    ? -1
	    : 0;
}

int
delivery_done(struct ledger *l, int64_t dest, const char *key, int64_t folder,
    uint32_t uid, const char *dropped, struct err *err)
{
	int n = 0;

	/* what was intended, and has a UID of its own: the usual case */
	if (uid != 0)
		n = ledger_do(l, err,
		    "UPDATE OR IGNORE delivery SET state=2, folder=?, uid=?,"
		    " error=NULL, moving=NULL, dropped=? WHERE destination=?"
		    " AND key=? AND flags IS NOT NULL AND keywords IS NOT NULL",
		    "iitit", folder, (int64_t)uid, dropped, dest, key);
	if (n != 0)
		return n < 0 ? -1 : 0;
	if (ledger_do(l, err,
		"INSERT INTO delivery(destination, key, state, folder,"
		" dropped, flags, keywords) VALUES(?1, ?2, 2, ?3, ?4,"
		" (SELECT flags FROM message WHERE key=?2),"
		" (SELECT keywords FROM message WHERE key=?2))"
		" ON CONFLICT(destination, key) DO UPDATE SET state=2,"
		" folder=excluded.folder, uid=NULL, error=NULL, moving=NULL,"
		" dropped=excluded.dropped,"
		" flags=coalesce(flags, excluded.flags),"
		" keywords=coalesce(keywords, excluded.keywords)",
		"itit", dest, key, folder, dropped) < 0)
		return -1;
	if (uid == 0)
		return 0;
	/* the index on (folder, uid) is unique: a UID serves once */
	return ledger_do(l, err,
		   "UPDATE OR IGNORE delivery SET uid=? WHERE destination=? "
		   "AND key=?",
		   "iit", (int64_t)uid, dest, key) < 0
	    ? -1
	    : 0;
}

int
delivery_refuse(struct ledger *l, int64_t dest, const char *key, int64_t folder,
    int64_t run, const char *why, struct err *err)
{
	return ledger_do(l, err,
		   "INSERT INTO delivery(destination, key, state, folder,"
		   " run, error) VALUES(?, ?, 3, ?, ?, ?)"
		   " ON CONFLICT(destination, key) DO UPDATE SET state=3,"
		   " folder=excluded.folder, uid=NULL, run=excluded.run,"
		   " error=excluded.error",
		   "itiit", dest, key, folder, run, why) < 0
	    ? -1
	    : 0;
}

int
delivery_owe(struct ledger *l, int64_t dest, const char *key, uint32_t flags,
    struct err *err)
{
	return ledger_do(l, err,
		   "UPDATE delivery SET owed=? WHERE destination=? AND key=?",
		   "iit", (int64_t)flags, dest, key) < 0
	    ? -1
	    : 0;
}

int
delivery_unsend(struct ledger *l, int64_t dest, const char *key,
    struct err *err)
{
	return ledger_do(l, err,
		   "UPDATE delivery SET state=0, uid=NULL WHERE "
		   "destination=? AND key=?",
		   "it", dest, key) < 0
	    ? -1
	    : 0;
}

int
delivery_maybe_twice(struct ledger *l, int64_t dest, const char *key,
    struct err *err)
{
	return ledger_do(l, err,
		   "UPDATE delivery SET maybe_twice=1 WHERE destination=? "
		   "AND key=?",
		   "it", dest, key) < 0
	    ? -1
	    : 0;
}

int64_t
delivery_count(struct ledger *l, struct err *err)
{
	int64_t n = 0;

	return ledger_number(l, &n, err,
		   "SELECT count(DISTINCT key) FROM delivery WHERE state=?",
		   "i", (int64_t)DELIVERY_DELIVERED) < 0
	    ? -1
	    : n;
}

int
delivery_fact_next(struct ledger *l, const char *key, int64_t *dest,
    struct delivery_fact *f, struct arena *a, struct err *err)
{
	struct ledger_rows *q;
	int rc;

	if (ledger_query(l, &q, err,
		"SELECT x.id, (SELECT min(label) FROM"
		" destination_label WHERE destination=x.id),"
		" f.name, d.state, f.uidvalidity, d.uid, d.attempts,"
		" d.maybe_twice, d.error, d.dropped FROM destination x"
		" CROSS JOIN delivery d ON d.destination=x.id AND d.key=?"
		" JOIN destination_folder f ON f.id=d.folder"
		" WHERE x.id>? ORDER BY x.id LIMIT 1",
		"ti", key, *dest) < 0)
		return -1;
	rc = ledger_step(q, err);
	if (rc == 1) {
		*dest = ledger_int(q, 0);
		f->label = arena_str(a, ledger_text(q, 1));
		f->folder = arena_str(a, ledger_text(q, 2));
		f->state = (enum delivery_state)ledger_int(q, 3);
		f->uidvalidity = (uint32_t)ledger_int(q, 4);
		f->uid = (uint32_t)ledger_int(q, 5);
		f->attempts = (uint64_t)ledger_int(q, 6);
		f->maybe_twice = ledger_int(q, 7) != 0;
		f->error = arena_str(a, ledger_text(q, 8));
		f->dropped = arena_str(a, ledger_text(q, 9));
	}
	ledger_end(&q);
	return rc;
}

const char *
delivery_state_name(enum delivery_state s)
{
	switch (s) {
	case DELIVERY_UNSENT:
		return "not sent";
	case DELIVERY_INTENDED:
		return "intended";
	case DELIVERY_DELIVERED:
		return "delivered";
	case DELIVERY_REFUSED:
		return "refused";
	case DELIVERY_UNKNOWN:
		return "to be looked for";
	case DELIVERY_WITHDRAWN:
		return "removed there, since it is gone at the source";
	}
	return "?";
}
