#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# transform --strip-attachments: attachments become files, whole, and a text
# stands in their place; what is signed, encrypted or broken stays.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/transform.sh"

mkdir -p $IN/mail/INBOX/cur $IN/mail/INBOX/new $IN/mail/INBOX/tmp
cat >make.py <<'E'
import os, sys
from email.message import EmailMessage
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email import policy
n = 0
def put(key, data):
    global n
    n += 1
    if not isinstance(data, bytes):
        data = data.as_bytes(policy=policy.SMTP)
    p = "in.spool/mail/INBOX/cur/%d.%s.postroad,S=%d:2,S" % (
        1546848000 + n, key, len(data))
    open(p, "wb").write(data)
    os.utime(p, (1546848000 + n,) * 2)
def mail(key, *atts, text="the text\n"):
    m = EmailMessage()
    m["Subject"] = key
    m["From"] = "a@example.org"
    m["Message-ID"] = "<%s@example.org>" % key
    m.set_content(text)
    for name, data in atts:
        m.add_attachment(data, maintype="application", subtype="x-any",
                         filename=name)
    return m
big, small = bytes(range(256)) * 40, b"small" * 10
put("one", mail("one", ("report.pdf", big), ("small.bin", small)))
put("two", mail("two", ("report.pdf", big)))
put("hostile", mail("hostile", ("../../../etc/passwd", big + b"1"),
    ("a\u202egpj.exe", big + b"2"), ("x" * 900, big + b"3"),
    ("..", big + b"4"), ("con: *?.txt. ", big + b"5"), ("", big + b"6")))
put("bodyonly", b"Subject: b\r\nMIME-Version: 1.0\r\nContent-Type: "
    b"application/pdf\r\nContent-Disposition: attachment; filename=b.pdf\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\n" +
    __import__("base64").encodebytes(big).replace(b"\n", b"\r\n"))
put("text", mail("text", text="long text\n" * 2000))
put("raw", b"Subject: raw\r\nMIME-Version: 1.0\r\nContent-Type: "
    b"multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/csv\r\n"
    b"Content-Disposition: attachment; filename=\"t.csv\"\r\n\r\n" +
    b"a,b,c\r\n" * 2000 + b"--b--\r\n")
put("broken", b"Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n"
    b"\r\n--b\r\nContent-Type: application/zip; name=z.zip\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\n" +
    __import__("base64").b64encode(big) + b"\r\nfooter of a list\r\n--b--\r\n")
s = MIMEMultipart("signed", protocol="application/pkcs7-signature")
i = MIMEMultipart("mixed")
i.attach(MIMEText("t"))
a = MIMEApplication(big)
a.add_header("Content-Disposition", "attachment", filename="s.bin")
i.attach(a)
s.attach(i)
s.attach(MIMEApplication(b"sig", "pkcs7-signature"))
put("signed", s)
e = MIMEMultipart("encrypted", protocol="application/pgp-encrypted")
e.attach(MIMEApplication(b"Version: 1", "pgp-encrypted"))
e.attach(MIMEApplication(big, "octet-stream"))
put("encrypted", e)
f = mail("outer")
f.add_attachment(mail("inner", ("in.bin", big)))
put("forwarded", f)
E
python3 make.py || bail "no messages"

t 1 "attachments over 5 kB go" --strip-attachments 5k --attachments-dir att
is "$(jq -c '[.stored,.fixed,.fixed_attachments,.not_fixed]' out)" \
	'[10,6,6,3]' "... counted"
is "$(jq -r '.problems[].error' out | sort)" "$(sort <<'E'
not fixed: part 1: a large attachment whose encoding is broken
not fixed: part 1: signed, with a large attachment
not fixed: part 2: a large part of what is encrypted
E
)" "... and what stays is named"
cat >check.py <<'E'
import email, glob, hashlib, json, os, re, sys
from email import policy
bad, seen = [], set()
def parts(path):
    m = email.message_from_bytes(open(path, "rb").read(),
                                 policy=policy.default)
    if m.defects and "broken" not in path:
        bad.append("%s: %s" % (path, m.defects))
    return [p for p in m.walk() if not p.is_multipart()]
files = {f: open("att/" + f, "rb").read() for f in os.listdir("att")}
for old in glob.glob("in.spool/mail/INBOX/cur/*"):
    key = old.split(".")[2]
    new, = glob.glob("out.spool/mail/INBOX/cur/*.%s.postroad*" % key)
    a, b = parts(old), parts(new)
    if len(a) != len(b):
        bad.append("%s: %d parts became %d" % (key, len(a), len(b)))
    for x, y in zip(a, b):
        x, y = x.get_payload(decode=True), y.get_payload(decode=True)
        if x == y:
            continue
        t = y.decode()
        f = re.search(r"File:    att/(.*)\r\n", t).group(1)
        seen.add(f)
        h = re.search(r"SHA-256: (\w+)\r\n", t).group(1)
        n = int(re.search(r"Size:    (\d+) bytes\r\n", t).group(1))
        if files.get(f) != x or n != len(x) or \
                hashlib.sha256(x).hexdigest() != h:
            bad.append("%s: %s is not what was taken out" % (key, f))
if seen != set(files):
    bad.append("files of nobody: %s" % (set(files) - seen))
for f in files:
    if os.stat("att/" + f).st_mode & 0o777 != 0o600:
        bad.append(f + ": mode")
    if not re.fullmatch(r"[0-9a-f]{32}-[\w. %()-]+", f) or len(f) > 255 or \
            f[-1] in " .":
        bad.append(f + ": name")
print("\n".join(bad) or "%d files" % len(files))
E
is "$(python3 check.py)" "10 files" \
	"Python finds each where the text says, and all else as it was"
is "$(stat -c %a att)" 700 "the directory is the user's own"
ls -i att >before
find out.spool/mail -type f -printf '%i %f\n' | sort >before2
t 1 "the same again" --strip-attachments 5k --attachments-dir att
is "$(jq -c '[.stored,.unchanged,.fixed,.not_fixed]' out)" \
	'[0,10,null,3]' "... nothing to do"
ls -i att >after
find out.spool/mail -type f -printf '%i %f\n' | sort >after2
same after before "... no file is written again"
same after2 before2 "... and no message"
like "$(postroad why out.spool '<one@example.org>')" \
	'taken out .*report.pdf' "why tells what was taken out"
is "$(postroad why --json out.spool one | jq -r \
	'.messages[0].fix.attachments[0].file')" \
	"$(cd att && ls *-report.pdf)" "... in JSON"

# somebody's file is in the way
f=$(cd att && ls ./*-report.pdf)
mkdir other; echo precious >"other/$f"
rm -rf out.spool
t 1 "a file is in the way" --strip-attachments 5k --attachments-dir other
is "$(cat "other/$f")" precious "... it stays"
is "$(jq -c '[.stored,.fixed,.not_fixed]' out)" '[10,4,5]' \
	"... and the messages whose place it has"
like "$(jq -r '.problems[].error' out)" 'is there and is something else' \
	"... which is said"
rm -rf out.spool dry
t 1 "a dry run" -n --strip-attachments 5k --attachments-dir dry
is "$(jq -c '[.stored,.fixed,.not_fixed]' out)" '[10,6,3]' "... counts"
nok "... and writes no file" test -e dry
t 0 "none" --strip-attachments 5M --attachments-dir dry
is "$(jq -c '[.stored,.fixed,.not_fixed]' out)" '[10,null,null]' \
	"nothing is that large"
t 73 "no directory" --strip-attachments 5k --attachments-dir "$IN/spool.db"

# what is signed, by force
t 1 "signed, by force" --strip-attachments 5k --attachments-dir att \
	--fix-signed
is "$(jq -c '[.fixed,.not_fixed]' out)" '[7,2]' "... goes, too"
done_testing
