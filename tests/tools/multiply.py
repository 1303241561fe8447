#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""multiply.py SPOOL N: a loaded spool that looks as if it had N messages.

Rows only: each row of a message and of its delivery is written again, as
long as needed, under other keys, names and UIDs.  The files are not, so this
is for runs that send nothing: they have no reason to look at cur/, whose
mtime stays what the ledger noted.
"""
import sqlite3
import sys

spool, want = sys.argv[1], int(sys.argv[2])
db = sqlite3.connect(spool + "/spool.db")
db.execute("PRAGMA synchronous=OFF")
db.execute("PRAGMA cache_size=-200000")


def columns(table):
    return [row[1] for row in db.execute(f"PRAGMA table_info({table})")]


def copies(table, change, where, n):
    """INSERT each row of 'table' n times, with the columns of 'change'
    (SQL over the old row and i) in place of their own."""
    names = [c for c in columns(table) if c != "id"]
    terms = ", ".join(change.get(c, "t." + c) for c in names)
    db.execute(f"WITH RECURSIVE c(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM c"
               f" WHERE i<{n}) INSERT INTO {table}({', '.join(names)})"
               f" SELECT {terms} FROM (SELECT * FROM {table} WHERE {where}) t"
               f", c")


have = db.execute("SELECT count(*) FROM message").fetchone()[0]
n = want // have - 1
# keys are scattered, as those of a real mailbox are
key = "printf('%08x-%s', (i * 2654435761) & 4294967295, {})"
copies("message", {"key": key.format("t.key"), "ident": key.format("t.ident")},
       "1", n)
copies("delivery", {"key": key.format("t.key"), "uid": "t.uid + i * 1000000"},
       "state=2", n)
db.commit()
print(db.execute("SELECT count(*) FROM message").fetchone()[0])
