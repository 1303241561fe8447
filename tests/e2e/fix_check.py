#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What transform's fixes did, judged by Python's email package.

fix_check.py make SPOOL          messages for a spool, one a case
fix_check.py check IN OUT LINE [newlines]
                                 each of IN with its changed form in OUT
"""
import email
import email.policy
import hashlib
import os
import re
import sys

CRLF = b"\r\n"


def lines(*parts):
    return b"".join(p if isinstance(p, bytes) else p.encode() for p in parts)


def head(extra="", n=[0]):
    n[0] += 1
    return lines("Message-ID: <f%d@example.org>\r\n" % n[0],
                 "Date: Mon, 7 Jan 2019 10:00:00 +0000\r\n",
                 "From: a@example.org\r\nSubject: case\r\n", extra)


def multi(kind, *parts, extra="", preamble=b"", epilogue=b""):
    b = b"=_b%d" % len(parts)
    out = head("MIME-Version: 1.0\r\nContent-Type: multipart/%s;\r\n "
               "boundary=\"%s\"\r\n%s\r\n" % (kind, b.decode(), extra))
    out += preamble
    for p in parts:
        out += b"--" + b + CRLF + p + CRLF
    return out + b"--" + b + b"--" + CRLF + epilogue


def part(ctype, body, cte=None, extra=""):
    h = "Content-Type: %s\r\n" % ctype
    if cte:
        h += "Content-Transfer-Encoding: %s\r\n" % cte
    return lines(h, extra, "\r\n", body)


LONG = b"word " * 400 + b"end"
SOLID = b"x" * 12000
WIDE = "ü".encode() * 9000
B64 = __import__("base64").b64encode(bytes(range(256)) * 60)
QP = b"=C3=BC and more" * 500
PLAIN = part("text/plain; charset=utf-8", "untouched =20 text\r\n", "8bit")


def cases():
    yield "plain", head("\r\n") + b"nothing to mend\r\n"
    yield "longtext", head("\r\n") + SOLID + b"\r\ntail\r\n"
    yield "longend", head("\r\n") + LONG + b"  \r\n--looks like\r\n" + SOLID
    yield "wide", head("Content-Type: text/plain; charset=utf-8\r\n"
                       "Content-Transfer-Encoding: 8bit\r\n\r\n") + WIDE
    yield "longpart", multi("mixed", PLAIN, part("text/html", SOLID + CRLF),
                            part("application/x-any", SOLID, "7bit"),
                            part("application/x-b", B64, "base64"),
                            part("text/plain", QP, "quoted-printable"),
                            preamble=b"pre\r\n", epilogue=b"epi\r\n")
    yield "nested", multi("mixed", PLAIN, part(
        "message/rfc822", multi("alternative", PLAIN, part(
            "text/html; charset=us-ascii", SOLID, "7bit"))))
    yield "digest", multi("digest", b"\r\n" + head("\r\n") + SOLID)
    yield "signed", multi("signed", part("text/plain", SOLID), part(
        "application/pkcs7-signature", B64, "base64"))
    yield "deepsigned", multi("mixed", PLAIN, multi("signed", multi(
        "mixed", PLAIN, part("text/plain", b"bare\nline")),
        part("application/pgp-signature", "x")).split(CRLF, 4)[4])
    yield "longhead", head("X-Long: " + "word " * 3000 + "\r\n\r\n") + b"b\r\n"
    yield "longname", multi("mixed", PLAIN, part(
        "text/plain", "a", None, "Content-Disposition: attachment; "
        "filename=\"" + "a  name " * 250 + "\"\r\n"))
    yield "twonames", multi("mixed", PLAIN, part(
        "text/plain; x=\"" + "q \\\" b " * 80 + "\"; name=\"" +
        "a  name " * 100 + "\"", "a"))
    yield "solidhead", head("X-Long: " + "w" * 12000 + "\r\n\r\n") + b"b\r\n"
    yield "folded", head("Content-Transfer-Encoding:\r\n  8bit\r\n"
                         "\r\n") + SOLID
    yield "nohead", b"\r\n" + SOLID + b"\n"
    yield "headonly", head("X: y")
    yield "barelf", head("\r\n") + b"one\ntwo\r\nthree\n"
    yield "barecr", head("\r\n") + b"one\rtwo\r\nthree\r"
    yield "alllf", multi("mixed", PLAIN, part(
        "application/x-sh", "#!/bin/sh\r\nexit\r\n", "7bit"),
        part("text/plain", "a=20\r\nb=\r\nc\r\n", "quoted-printable"),
        part("application/x-q", "a=20\r\nb=\r\nc\r\n", "quoted-printable"),
        part("application/x-b", B64[:700] + CRLF + B64[700:800], "base64")
    ).replace(CRLF, b"\n")
    yield "nul", head("\r\n") + b"one\0two\r\n"
    yield "nulpart", multi("mixed", part("image/x", b"\0\1\n\r\r\n\2",
                                         "binary"), PLAIN)
    yield "headcr", head("X-A: b\rX-B: c\r\r\n\r\n") + b"text\r\n"
    yield "crbound", multi("mixed", part("text/plain", b"a\r--=_b2--\r\nb"),
                           PLAIN)
    yield "utf16", head("Content-Type: text/plain; charset=utf-16\r\n"
                        "Content-Transfer-Encoding: binary\r\n\r\n") + \
        "zwei\nZeilen".encode("utf-16")
    yield "dsn", multi("report", PLAIN, part(
        "message/delivery-status", "Reporting-MTA: dns; a\n\nAction: failed"))
    yield "oddcte", head("Content-Transfer-Encoding: x-unknown\r\n"
                         "\r\n") + SOLID + b"\n"
    yield "unclosed", multi("mixed", PLAIN, part("text/plain", SOLID))[:-12]
    yield "nobound", head("Content-Type: multipart/mixed; boundary=q\r\n"
                          "\r\n") + SOLID
    yield "receipt", head("Disposition-Notification-To:\r\n a@example.org\r\n"
                          "return-receipt-to : b@example.org\r\n"
                          "X-Confirm-Reading-To: c@example.org\r\n\r\n") + \
        b"Return-Receipt-To: in the text\r\n"
    yield "b64lf", head("Content-Type: image/x\r\nContent-Transfer-Encoding: "
                        "base64\r\n\r\n") + B64[:76] + b"\n" + B64[76:152]
    yield "qptext", head("Content-Transfer-Encoding: quoted-printable\r\n"
                         "\r\n") + b"a=\nb\nc=3D" + b"=41" * 5000 + b"\0z"
    yield "empty", b""
    yield "twocte", head("Content-Transfer-Encoding: 7bit\r\nContent-Transfer-"
                         "Encoding: 8bit\r\n\r\n") + SOLID


def make(spool):
    cur = os.path.join(spool, "mail/INBOX/cur")
    for sub in "cur", "new", "tmp":
        os.makedirs(os.path.join(spool, "mail/INBOX", sub), exist_ok=True)
    for i, (name, data) in enumerate(cases()):
        path = "%s/%d.%s.postroad,S=%d:2,S" % (cur, 1546848000 + i, name,
                                               len(data))
        with open(path, "wb") as f:
            f.write(data)
        os.utime(path, (1546848000 + i,) * 2)


# ------------------------------------------------------------------ judging

def read(spool):
    found = {}
    for top, _, names in os.walk(os.path.join(spool, "mail")):
        for n in names:
            m = re.match(r"\d+\.(.*)\.postroad,S=(\d+)", n)
            if m:
                data = open(os.path.join(top, n), "rb").read()
                assert len(data) == int(m.group(2)), n
                found[m.group(1)] = data
    return found


def ends(data):
    return re.sub(rb"\r\n|\r|\n", b"\n", data)


def leaves(data):
    """(type, bytes) of every leaf, in order."""
    out = []
    for p in email.message_from_bytes(data).walk():
        if p.is_multipart():
            continue
        body = p.get_payload(decode=True)
        if body is None:
            body = str(p.get_payload()).encode("ascii", "surrogateescape")
        out.append((p.get_content_type(), body))
    return out


def names(data):
    return [p.get_filename() for p in email.message_from_bytes(data).walk()]


def troubles(data, line, newlines):
    found = []
    if line and any(len(x.rstrip(b"\r")) + 2 > line for x in data.split(b"\n")):
        found.append("long line")
    if newlines and re.search(rb"(?<!\r)\n", data):
        found.append("bare LF")
    if newlines and re.search(rb"\r(?!\n)", data):
        found.append("bare CR")
    if newlines and b"\0" in data:
        found.append("NUL")
    return found


def heads(data):
    """All headers of all parts, unfolded, but for what a fix may change."""
    out = []
    for p in email.message_from_bytes(ends(data)).walk():
        for k, v in p.items():
            if k.lower() not in ("content-transfer-encoding", "mime-version"):
                out.append((k, re.sub(r"\s+", " ", str(v)).strip()))
    return out


def judge(key, old, new, line, newlines):
    bad = []
    if not troubles(old, line, newlines):
        return [] if old == new else ["changed for nothing"]
    bad += troubles(new, line, newlines)
    a, b = leaves(old), leaves(new)
    if [t for t, _ in a] != [t for t, _ in b]:
        return bad + ["parts %s became %s" % ([t for t, _ in a],
                                              [t for t, _ in b])]
    for (kind, x), (_, y) in zip(a, b):
        text = kind.startswith(("text/", "message/"))
        if newlines and text:
            x, y = ends(x), ends(y)
        if x != y and x.rstrip(b"\n") != y.rstrip(b"\n"):
            bad.append("%s: %s became %s" % (
                kind, hashlib.sha256(x).hexdigest()[:8],
                hashlib.sha256(y).hexdigest()[:8]))
    if names(old) != names(new):
        bad.append("names %s became %s" % (names(old), names(new)))
    if heads(old) != heads(new):
        bad.append("headers %s became %s" % (heads(old)[-3:],
                                             heads(new)[-3:]))
    # what had nothing to mend is there byte for byte
    for stretch in re.split(rb"--=_b\d+(?:--)?\r\n", old):
        if not troubles(stretch, line, newlines) and stretch not in new and \
                not newlines:
            bad.append("lost: %r" % stretch[:60])
    return bad


def check(inn, out, line, newlines):
    old, new, rc = read(inn), read(out), 0
    for key in sorted(old):
        bad = judge(key, old[key], new.get(key, b""), line, newlines)
        if key not in new:
            bad = ["is missing"]
        for b in bad:
            print("%s: %s" % (key, b))
            rc = 1
    return rc


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2])
    else:
        sys.exit(check(sys.argv[2], sys.argv[3], int(sys.argv[4]),
                       "newlines" in sys.argv[5:]))
