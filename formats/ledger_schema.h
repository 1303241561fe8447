/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tables of spool.db, format version 3.  docs/spool.md says what the
 * columns mean.  For formats/ledger.c only.
 */
#ifndef FORMATS_LEDGER_SCHEMA_H
#define FORMATS_LEDGER_SCHEMA_H

#define LEDGER_VERSION 3

/* formats/spool_items.c: what is no mail, a file each below items/ */
#define LEDGER_ITEM_IS                                                         \
	"("                                                                    \
	" id INTEGER PRIMARY KEY,"                                             \
	" kind TEXT NOT NULL,"                                                 \
	" key TEXT NOT NULL UNIQUE,"                                           \
	" file TEXT NOT NULL UNIQUE,"                                          \
	" folder TEXT NOT NULL, source TEXT NOT NULL,"                         \
	" class TEXT NOT NULL, title TEXT NOT NULL,"                           \
	" modified INTEGER NOT NULL,"                                          \
	" size INTEGER NOT NULL, sha256 BLOB NOT NULL,"                        \
	" lost INTEGER NOT NULL DEFAULT 0"                                     \
	");"
#define LEDGER_ITEM "CREATE TABLE IF NOT EXISTS item" LEDGER_ITEM_IS

/* formats/spool_moves.c: keys that are others now, oldest first */
#define LEDGER_RENAMED_IS                                                      \
	"("                                                                    \
	" id INTEGER PRIMARY KEY,"                                             \
	" old TEXT NOT NULL, key TEXT NOT NULL,"                               \
	" folder TEXT NOT NULL," /* where it was, a path */                    \
	" moved INTEGER NOT NULL"                                              \
	");"
/* formats/delivery_delta.c: copies there that are to go */
#define LEDGER_STALE_IS                                                        \
	"("                                                                    \
	" folder INTEGER NOT NULL, uid INTEGER NOT NULL,"                      \
	" destination INTEGER NOT NULL,"                                       \
	" key TEXT NOT NULL, flags INTEGER, keywords TEXT,"                    \
	" PRIMARY KEY(folder, uid)"                                            \
	") WITHOUT ROWID;"
#define LEDGER_GONE_INDEX                                                      \
	"CREATE INDEX message_gone ON message(sha256) WHERE "                  \
	"substr(source,-12)='\"gone\":true}';"
#define LEDGER_DELTA_INDEX                                                     \
	"CREATE INDEX delivery_by_state ON delivery(destination, state, "      \
	"folder) WHERE state<>2;"                                              \
	"CREATE INDEX delivery_owed ON delivery(destination, owed) WHERE "     \
	"owed<>0;"                                                             \
	"CREATE INDEX delivery_moving ON delivery(destination, moving) WHERE " \
	"moving IS NOT NULL;"
#define LEDGER_DELTA                                                           \
	"CREATE TABLE renamed" LEDGER_RENAMED_IS                               \
	"CREATE INDEX renamed_old ON renamed(old);"                            \
	"CREATE INDEX renamed_key ON renamed(key);"                            \
	"CREATE TABLE delivery_stale" LEDGER_STALE_IS LEDGER_GONE_INDEX        \
	    LEDGER_DELTA_INDEX

static const char ledger_schema[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE meta("
    " name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL"
    ") WITHOUT ROWID;"
    "CREATE TABLE folder("
    " id INTEGER PRIMARY KEY,"
    " path TEXT NOT NULL UNIQUE,"
    " name TEXT, delimiter TEXT, special_use TEXT, subscribed INTEGER,"
    " uidvalidity INTEGER, highestmodseq INTEGER,"
    " source_messages INTEGER, source_bytes INTEGER,"
    " seen_ns INTEGER NOT NULL DEFAULT 0" /* cur/'s mtime that the rows tell */
    ");"
    "CREATE TABLE message("
    " id INTEGER PRIMARY KEY,"
    " folder INTEGER NOT NULL REFERENCES folder(id),"
    " ident TEXT NOT NULL," /* the file's name before the ':' */
    " info TEXT NOT NULL,"  /* and from the ':' on, or '' */
    " key TEXT NOT NULL UNIQUE,"
    " source TEXT NOT NULL,"
    " size INTEGER NOT NULL,"
    " sha256 BLOB NOT NULL, source_sha256 BLOB,"
    " received INTEGER NOT NULL, received_how INTEGER NOT NULL,"
    " flags INTEGER NOT NULL, keywords TEXT NOT NULL,"
    " source_flags INTEGER NOT NULL, source_keywords TEXT NOT NULL,"
    " message_id TEXT NOT NULL,"
    " lost INTEGER NOT NULL DEFAULT 0,"
    " UNIQUE(folder, ident)"
    ");"
    "CREATE INDEX message_by_folder ON message(folder);"
    "CREATE INDEX message_by_message_id ON message(message_id);"
    "CREATE TABLE fate("
    " key TEXT NOT NULL UNIQUE,"
    " folder TEXT NOT NULL, source TEXT NOT NULL,"
    " fate TEXT NOT NULL, why TEXT NOT NULL,"
    " size INTEGER NOT NULL, message_id TEXT NOT NULL"
    ");"
    "CREATE INDEX fate_by_message_id ON fate(message_id);"
    /* formats/delivery.c: an account, and every spelling of it */
    "CREATE TABLE destination("
    " id INTEGER PRIMARY KEY,"
    " user TEXT NOT NULL,"
    " runs INTEGER NOT NULL DEFAULT 0,"
    " renames INTEGER NOT NULL DEFAULT 0" /* of 'renamed', followed */
    ");"
    "CREATE TABLE destination_label("
    " label TEXT PRIMARY KEY NOT NULL,"
    " destination INTEGER NOT NULL REFERENCES destination(id)"
    ") WITHOUT ROWID;"
    "CREATE TABLE destination_folder("
    " id INTEGER PRIMARY KEY,"
    " destination INTEGER NOT NULL REFERENCES destination(id),"
    " name TEXT NOT NULL,"
    " uidvalidity INTEGER NOT NULL,"
    " matched INTEGER NOT NULL DEFAULT 0,"
    " permanentflags TEXT,"
    " UNIQUE(destination, name)"
    ");"
    "CREATE TABLE destination_map("
    " destination INTEGER NOT NULL REFERENCES destination(id),"
    " path TEXT NOT NULL," /* of the spool's folder */
    " folder INTEGER NOT NULL REFERENCES destination_folder(id),"
    " PRIMARY KEY(destination, path)"
    ") WITHOUT ROWID;"
    "CREATE TABLE delivery("
    " destination INTEGER NOT NULL REFERENCES destination(id),"
    " key TEXT NOT NULL,"
    " state INTEGER NOT NULL," /* enum delivery_state */
    " folder INTEGER NOT NULL REFERENCES destination_folder(id),"
    " uid INTEGER,"
    " uidnext INTEGER NOT NULL DEFAULT 0," /* noted with the intent */
    " run INTEGER NOT NULL DEFAULT 0,"
    " attempts INTEGER NOT NULL DEFAULT 0,"
    " maybe_twice INTEGER NOT NULL DEFAULT 0,"
    " error TEXT, dropped TEXT,"
    " flags INTEGER, keywords TEXT,"	/* of the message, as last told there */
    " owed INTEGER NOT NULL DEFAULT 0," /* flags of these, not told yet */
    " moving INTEGER," /* on its way to that folder, from UID uidnext on */
    " PRIMARY KEY(destination, key)"
    ") WITHOUT ROWID;"
    "CREATE UNIQUE INDEX delivery_by_uid ON delivery(folder, uid);"
    "CREATE TABLE event("
    " id INTEGER PRIMARY KEY,"
    " started INTEGER NOT NULL, ended INTEGER,"
    " what TEXT NOT NULL, version TEXT NOT NULL, detail TEXT NOT NULL,"
    " status INTEGER, summary TEXT"
    ");" LEDGER_ITEM LEDGER_DELTA "PRAGMA application_id=1886352244;"
    "PRAGMA user_version=3;"
    "COMMIT;";

/* What version 1 did not have; its readers see an empty one. */
static const char ledger_from_1[] =
    "BEGIN IMMEDIATE;" LEDGER_ITEM "PRAGMA user_version=2; COMMIT;";
static const char ledger_as_if_2[] = "CREATE TEMP TABLE item" LEDGER_ITEM_IS;

/* What version 2 did not have.  What was delivered was told the flags that
 * the message has, as far as anyone knows. */
static const char ledger_from_2[] =
    "BEGIN IMMEDIATE;"
    "ALTER TABLE destination ADD COLUMN renames INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE delivery ADD COLUMN flags INTEGER;"
    "ALTER TABLE delivery ADD COLUMN keywords TEXT;"
    "ALTER TABLE delivery ADD COLUMN owed INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE delivery ADD COLUMN moving INTEGER;"
    "UPDATE delivery SET (flags, keywords)=(SELECT m.flags, m.keywords FROM"
    " message m WHERE m.key=delivery.key) WHERE state IN (1, 2);" LEDGER_DELTA
    /* what is there is not new to formats/spool_moves.c */
    "INSERT OR IGNORE INTO meta SELECT 'settled',"
    " coalesce(max(id), 0) FROM message;"
    "PRAGMA user_version=3; COMMIT;";
static const char ledger_as_if_3[] =
    "CREATE TEMP VIEW destination AS SELECT *, 0 AS renames"
    " FROM main.destination;"
    "CREATE TEMP VIEW delivery AS SELECT *, NULL AS flags, NULL AS keywords,"
    " 0 AS owed, NULL AS moving FROM main.delivery;"
    "CREATE TEMP TABLE renamed" LEDGER_RENAMED_IS
    "CREATE TEMP TABLE delivery_stale" LEDGER_STALE_IS;

#endif
