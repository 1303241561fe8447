#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fill a mailbox on a real server, with Python's own client, so that nothing
of postroad's is in the way:

    imap_fill.py fill HOST PORT USER [PREFIX [DELIMITER]]
    imap_fill.py facts HOST PORT USER

fill makes folders with nested, non-ASCII and hostile names and puts 28 kinds
of odd messages into them, with flags, keywords and dates over 15 years; what
the server will not have is told on stderr and left out.  facts prints a JSON
line a message as the server gives it: mailbox (wire form), uid, size, sha256,
flags, internaldate (seconds), sorted; and one a mailbox.

The password is "secret", the connection is not encrypted: loopback only.
"""
import base64
import hashlib
import imaplib
import json
import re
import sys
import time

imaplib._MAXLINE = 1 << 24


def mutf7(name):
    out, run = [], []

    def flush():
        if run:
            b = base64.b64encode(''.join(run).encode('utf-16-be'))
            out.append('&' + b.decode().rstrip('=').replace('/', ',') + '-')
            run.clear()
    for c in name:
        if ' ' <= c <= '~':
            flush()
            out.append('&-' if c == '&' else c)
        else:
            run.append(c)
    flush()
    return ''.join(out)


def quoted(name):
    return '"' + name.replace('\\', '\\\\').replace('"', '\\"') + '"'


FOLDERS = [
    ['Projects'], ['Projects', '2019'], ['Projects', '2019', 'Q1'],
    ['Empty'], ['Entwürfe'], ['送信済みアイテム'], ['会議\u3000室'],
    ['\u3000outer\u3000'], ['Ελλάδα', 'Αθήνα'], ['עברית'], ['emoji \U0001f4ec'],
    ['a & b'], ['quote " inside'], ['back\\slash'], ['per%25cent'],
    [' leading'], ['trailing '], ['two  spaces'], ["it's"], ['(paren)'],
    ['-dash'], ['~tilde'], ['#hash'], ['cur'], ['new'], ['a=b,c;d'],
    ['x' * 120], ['NUL-less \u0085 control'], ['$HOME `id`'],
    ['..'], ['dot.dot'], ['INBOX2'], ['sent'], ['Sent'],
]


def kinds():
    h = b'From: a@example.org\r\nTo: b@example.org\r\n'
    yield h + b'Subject: plain\r\n\r\ntext\r\n'
    yield h + b'Subject: no end of line at the end\r\n\r\ntext'
    yield h + b'Subject: only a header\r\n\r\n'
    yield h + b'Subject: header without end\r\n'
    yield b'\r\nno header at all\r\n'
    yield b'text that is no header\r\nsecond line\r\n'
    yield b'x'
    yield h + b'Subject: bare LF\r\n\r\none\ntwo\nthree\r\n'
    yield h + b'Subject: bare CR\r\n\r\none\rtwo\r\n'
    yield (h + b'Subject: all LF\r\n\r\n').replace(b'\r\n', b'\n') + b'a\nb\n'
    yield h + b'Subject: NUL\r\n\r\nbefore\0after\r\n'
    yield h + b'Subject: 8-bit \xe4\xf6\xfc latin\r\n\r\n\xe4\xf6\xfc\r\n'
    yield h + 'Subject: UTF-8 Grüße 日本\r\n\r\nGrüße\r\n'.encode()
    yield h + b'Subject: all bytes\r\n\r\n' + bytes(
        b for b in range(1, 256) if b not in (10, 13)) + b'\r\n'
    yield h + b'Subject: long line\r\n\r\n' + b'y' * 100000 + b'\r\n'
    yield h + b'Subject: long header ' + b'z' * 50000 + b'\r\n\r\nx\r\n'
    yield h + b'Subject: folded\r\n\tand\r\n more\r\n\r\nx\r\n'
    yield h + b'Subject: dots\r\n\r\n.\r\n..\r\n.x\r\n'
    yield h + b'Subject: from\r\n\r\nFrom here on\r\n>From there\r\n'
    yield h + b'Subject: literal {5}\r\n\r\n{5}\r\n* BYE\r\na OK\r\n'
    yield h + b'Subject: parens ) FETCH (\r\n\r\n)\r\n'
    yield h + b'Subject: MIME\r\nMIME-Version: 1.0\r\nContent-Type: ' \
        b'multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n'
    yield h + b'Subject: broken MIME\r\nContent-Type: multipart/mixed; ' \
        b'boundary="\r\n\r\n--\r\n'
    yield h + b'Subject: twin\r\nMessage-ID: <t@example.org>\r\n\r\nt\r\n'
    yield h + b'Subject: twin\r\nMessage-ID: <t@example.org>\r\n\r\nt\r\n'
    yield h + b'Subject: same ID\r\nMessage-ID: <t@example.org>\r\n\r\nu\r\n'
    yield h + b'Subject: big\r\n\r\n' + (b'0123456789abcdef' * 4 + b'\r\n') \
        * 32768
    yield h + b'Subject: empty lines\r\n\r\n' + b'\r\n' * 5000


FLAGS = ['', r'\Seen', r'\Seen \Answered', r'\Flagged', r'\Draft',
         r'\Seen \Deleted', r'\Seen $Forwarded', r'\Seen $Label1 Work',
         r'\Answered \Flagged \Seen']


def connect(host, port, user):
    m = imaplib.IMAP4(host, int(port))
    m.login(user, 'secret')
    return m


def append(m, box, flags, date, msg):
    """imaplib's own append turns line ends; this one sends what it is given"""
    m.literal = msg
    return m._simple_command('APPEND', quoted(box), '(%s)' % flags, date)


def fill(m, prefix='', delimiter='/'):
    made = ['INBOX']
    for parts in FOLDERS:
        if any(delimiter in p for p in parts):
            continue
        name = prefix + delimiter.join(mutf7(p) for p in parts)
        try:
            typ, _ = m.create(quoted(name))
        except (imaplib.IMAP4.error, UnicodeError) as e:
            typ = str(e)
        if typ == 'OK':
            made.append(name)
        else:
            print('not made: %r' % (parts,), file=sys.stderr)
    n = 0
    for i, msg in enumerate(kinds()):
        for box in (made[0], made[1 + i % (len(made) - 1)]):
            when = 1100000000 + 17000000 * i
            date = imaplib.Time2Internaldate(time.gmtime(when))
            typ, what = append(m, box, FLAGS[n % len(FLAGS)], date, msg)
            if typ != 'OK':
                print('not kept: kind %d in %s: %s' % (i, box, what),
                      file=sys.stderr)
            n += 1
    m.subscribe(quoted(made[1]))


LIST = re.compile(rb'\(([^)]*)\) ("(?:[^"\\]|\\.)*"|NIL) (.*)', re.S)


def boxes(m):
    typ, rows = m.list()
    for row in rows:
        if row is None:
            continue
        if isinstance(row, tuple):
            head, name = row[0], row[1]
            attrs = LIST.match(head).group(1)
        else:
            if row == b'':
                continue
            attrs, _, name = LIST.match(row).groups()
            if name.startswith(b'"'):
                name = re.sub(rb'\\(.)', rb'\1', name[1:-1])
        if b'\\noselect' not in attrs.lower() and \
                b'\\nonexistent' not in attrs.lower():
            yield name.decode('latin-1')


def facts(m):
    out = []
    for box in boxes(m):
        typ, _ = m.select(quoted(box), readonly=True)
        if typ != 'OK':
            continue
        out.append({'mailbox': box})
        typ, rows = m.uid('fetch', '1:*',
                          '(UID FLAGS INTERNALDATE BODY.PEEK[])')
        rows = [r for r in rows if r is not None]
        for i, row in enumerate(rows):
            if not isinstance(row, tuple):
                continue
            head, body = row
            tail = rows[i + 1] if i + 1 < len(rows) and not isinstance(
                rows[i + 1], tuple) else b''
            all_of = head + b' ' + tail
            uid = int(re.search(rb'UID (\d+)', all_of).group(1))
            flags = re.search(rb'FLAGS \(([^)]*)\)', all_of).group(1)
            date = re.search(rb'INTERNALDATE "([^"]+)"', all_of).group(0)
            when = imaplib.Internaldate2tuple(date)
            flags = sorted(f for f in flags.decode().lower().split()
                           if f != '\\recent')
            out.append({'mailbox': box, 'uid': uid, 'size': len(body),
                        'sha256': hashlib.sha256(body).hexdigest(),
                        'flags': flags, 'date': int(time.mktime(when))})
    for o in sorted(out, key=lambda o: (o['mailbox'], o.get('uid', 0))):
        print(json.dumps(o, sort_keys=True))


def main():
    what, host, port, user = sys.argv[1:5]
    m = connect(host, port, user)
    if what == 'fill':
        fill(m, *sys.argv[5:])
    else:
        facts(m)
    m.logout()


if __name__ == "__main__":
    main()
