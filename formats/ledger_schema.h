/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tables of spool.db, format version 2.  docs/spool.md says what the
 * columns mean.  For formats/ledger.c only.
 */
#ifndef FORMATS_LEDGER_SCHEMA_H
#define FORMATS_LEDGER_SCHEMA_H

#define LEDGER_VERSION 2

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
    " runs INTEGER NOT NULL DEFAULT 0"
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
    " PRIMARY KEY(destination, key)"
    ") WITHOUT ROWID;"
    "CREATE UNIQUE INDEX delivery_by_uid ON delivery(folder, uid);"
    "CREATE TABLE event("
    " id INTEGER PRIMARY KEY,"
    " started INTEGER NOT NULL, ended INTEGER,"
    " what TEXT NOT NULL, version TEXT NOT NULL, detail TEXT NOT NULL,"
    " status INTEGER, summary TEXT"
    ");" LEDGER_ITEM "PRAGMA application_id=1886352244;"
    "PRAGMA user_version=2;"
    "COMMIT;";

/* What version 1 did not have; its readers see an empty one. */
static const char ledger_from_1[] =
    "BEGIN IMMEDIATE;" LEDGER_ITEM "PRAGMA user_version=2; COMMIT;";
static const char ledger_as_if_2[] = "CREATE TEMP TABLE item" LEDGER_ITEM_IS;

#endif
