/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tables of spool.db, format version 1.  docs/spool.md says what the
 * columns mean.  For formats/ledger.c only.
 */
#ifndef FORMATS_LEDGER_SCHEMA_H
#define FORMATS_LEDGER_SCHEMA_H

#define LEDGER_VERSION 1

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
    "CREATE INDEX message_by_message_id ON message(message_id);"
    "CREATE TABLE fate("
    " key TEXT NOT NULL UNIQUE,"
    " folder TEXT NOT NULL, source TEXT NOT NULL,"
    " fate TEXT NOT NULL, why TEXT NOT NULL,"
    " size INTEGER NOT NULL, message_id TEXT NOT NULL"
    ");"
    "CREATE INDEX fate_by_message_id ON fate(message_id);"
    "CREATE TABLE destination("
    " id INTEGER PRIMARY KEY,"
    " account TEXT NOT NULL UNIQUE"
    ");"
    "CREATE TABLE destination_folder("
    " destination INTEGER NOT NULL REFERENCES destination(id),"
    " name TEXT NOT NULL, uidvalidity INTEGER NOT NULL,"
    " PRIMARY KEY(destination, name)"
    ") WITHOUT ROWID;"
    "CREATE TABLE delivery("
    " destination INTEGER NOT NULL REFERENCES destination(id),"
    " key TEXT NOT NULL,"
    " state TEXT NOT NULL," /* intended, delivered, refused */
    " folder TEXT NOT NULL," /* its name at the destination */
    " uidvalidity INTEGER NOT NULL, uid INTEGER," /* once delivered */
    " uidnext INTEGER," /* noted with the intent */
    " attempts INTEGER NOT NULL DEFAULT 0,"
    " error TEXT,"
    " PRIMARY KEY(destination, key)"
    ") WITHOUT ROWID;"
    "CREATE TABLE event("
    " id INTEGER PRIMARY KEY,"
    " started INTEGER NOT NULL, ended INTEGER,"
    " what TEXT NOT NULL, version TEXT NOT NULL, detail TEXT NOT NULL,"
    " status INTEGER, summary TEXT"
    ");"
    "PRAGMA application_id=1886352244;"
    "PRAGMA user_version=1;"
    "COMMIT;";

#endif
