#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# An IMAP server with one message in INBOX that answers every FETCH with the
# same text: liar.py ANSWER LOG.  Prints its port; LOG gets a line for each
# command, its verb; literals (LITERAL+) are read.
import re
import socket
import sys

answer = sys.argv[1].encode().replace(b"\\r\\n", b"\r\n") \
    .replace(b"\\\\", b"\\")
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen(5)
print(s.getsockname()[1], flush=True)


def serve(f, log):
    def put(b):
        f.write(b + b"\r\n")
        f.flush()

    put(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR LITERAL+ UIDPLUS] hi")
    while True:
        line = f.readline()
        if not line:
            return
        while True:
            m = re.search(rb"\{(\d+)\+?\}\r\n$", line)
            if m is None:
                break
            f.read(int(m.group(1)))
            line = line[:m.start()] + b"LITERAL" + f.readline()
        tag, _, rest = line.rstrip(b"\r\n").partition(b" ")
        verb = rest.split(b" ")[0].upper()
        log.write(verb.decode("latin-1") + "\n")
        log.flush()
        if verb == b"LIST":
            put(b'* LIST () "/" INBOX')
        elif verb == b"STATUS":
            put(b"* STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 9)")
        elif verb in (b"SELECT", b"EXAMINE"):
            put(b"* 1 EXISTS")
            put(b"* OK [UIDVALIDITY 9] x")
            put(b"* OK [UIDNEXT 2] x")
            put(b"* OK [PERMANENTFLAGS (\\Seen \\*)] x")
        elif verb == b"UID" and b"FETCH" in rest.upper():
            put(answer)
        elif verb == b"UID":
            put(b"* SEARCH 1")
        elif verb == b"LOGOUT":
            put(b"* BYE")
        put(tag + b" OK done")


while True:
    c, _ = s.accept()
    with open(sys.argv[2], "a") as log:
        try:
            serve(c.makefile("rwb"), log)
        except OSError:
            pass
    c.close()
