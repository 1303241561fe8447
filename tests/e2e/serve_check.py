# SPDX-License-Identifier: GPL-3.0-or-later
# serve_check.py PROVIDER PORT: the throw-away server, as Python's imaplib
# understands it.  Prints what is not as RFC 3501 has it.
import imaplib
import re
import sys

PROVIDER, PORT = sys.argv[1], int(sys.argv[2])
PREFIX = {'cyrus': 'INBOX/', 'courier': 'INBOX.'}.get(PROVIDER, '')
BODY = (b'From: mary@example.org\r\nSubject: =?utf-8?q?caf=C3=A9?=\r\n'
        b'Message-ID: <%d@example.org>\r\n\tX: folded\r\n\r\nbody %d\r\n')
bad = []


def check(what, got, want):
    if got != want:
        print('%s: got %r, want %r' % (what, got, want))
        bad.append(what)


def numbers(answer):
    return [int(n) for n in b' '.join(x for x in answer[1] if x).split()]


m = imaplib.IMAP4('127.0.0.1', PORT)
try:
    m.login('mary', 'wrong')
    check('a wrong password', 'let in', 'refused')
except imaplib.IMAP4.error as e:
    check('a wrong password', 'AUTHENTICATIONFAILED' in str(e), True)
m.authenticate('PLAIN', lambda _: b'\0mary\0secret')
caps = m.capability()[1][0].split()
check('MULTIAPPEND', b'MULTIAPPEND' in caps, PROVIDER in ('dovecot', 'cyrus'))
check('CONDSTORE', b'CONDSTORE' in caps, False)
check('LITERAL+', b'LITERAL+' in caps, PROVIDER not in ('courier', 'google'))
check('NAMESPACE', m.namespace()[1][0].startswith(b'(("%s"' % PREFIX.encode()),
      True)

box, sub = PREFIX + 'Work', PREFIX + 'Work' + ('.' if PROVIDER == 'courier'
                                               else '/') + 'Sub folder'
check('CREATE', m.create(box)[0], 'OK')
check('CREATE below', m.create('"%s"' % sub)[0], 'OK')
check('CREATE again', m.create(box)[0], 'NO')
check('another case', m.create(PREFIX + 'WORK')[0],
      'NO' if PROVIDER in ('microsoft', 'google') else 'OK')
check('Files', m.create(PREFIX + 'Files')[0],
      'NO' if PROVIDER == 'microsoft' else 'OK')
check('SUBSCRIBE', m.subscribe(box)[0], 'OK')
lsub = m.lsub()[1]
check('LSUB', [x.split(b'"')[-2] for x in lsub], [box.encode()])
names = [x.decode() for x in m.list()[1]]
check('LIST', any(n.endswith('"%s"' % sub) for n in names), True)
check('LIST %', any(n.endswith('"%s"' % sub)
                    for n in map(bytes.decode, m.list('""', '%')[1])), False)
check('Sent', any('\\Sent' in n for n in names), PROVIDER == 'google')

for i in range(1, 11):
    typ, data = m.append(box, '(\\Seen)' if i % 2 else None,
                         imaplib.Time2Internaldate(1000000000 + i),
                         BODY % (i, i))
    check('APPEND', (typ, bool(re.match(rb'\[APPENDUID \d+ %d\]' % i,
                                        data[0]))), ('OK', True))
check('APPEND elsewhere', [m.append(PREFIX + 'Nope', None, None, BODY % (1, 1))
                           [1][0].startswith(b'[TRYCREATE]')], [True])
try:
    check('a keyword', m.append(PREFIX + 'Work', '($Label1)', None,
                                BODY % (11, 11))[0], 'OK')
    check('a keyword', PROVIDER == 'microsoft', False)
except imaplib.IMAP4.error as e:
    check('a keyword', (PROVIDER, 'Command Argument Error. 11' in str(e)),
          ('microsoft', True))
    m.append(PREFIX + 'Work', None, None, BODY % (11, 11))

status = m.status(box, '(MESSAGES UIDNEXT UNSEEN)')[1][0]
check('STATUS', re.search(rb'\(.*\)', status).group(),
      b'(MESSAGES 11 UIDNEXT 12 UNSEEN 6)')
check('SELECT', m.select(box)[1], [b'11'])
check('PERMANENTFLAGS', b'\\*' in m.response('PERMANENTFLAGS')[1][0],
      PROVIDER != 'microsoft')
check('SEARCH', numbers(m.search(None, 'UNSEEN')), [2, 4, 6, 8, 10, 11])
check('SEARCH a header', numbers(m.search(
    None, 'HEADER', 'Message-ID', '<3@example.org>')), [3])
data = m.fetch('3', '(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])')[1]
check('FETCH', data[0][1], BODY % (3, 3))
check('FETCH items', all(x in data[0][0] for x in (
    b'UID 3', b'FLAGS (\\Seen)', b'RFC822.SIZE %d' % len(BODY % (3, 3)),
    b'" 9-Sep-2001 01:46:43 +0000"')) or data[0][0], True)
data = m.uid('fetch', '2:4', '(BODY.PEEK[HEADER.FIELDS (subject x)])')[1]
check('HEADER.FIELDS', data[0][1], b'Subject: =?utf-8?q?caf=C3=A9?=\r\n\r\n')
check('TEXT', m.fetch('1', '(BODY.PEEK[TEXT])')[1][0][1], b'body 1\r\n')
check('<>', m.fetch('1', '(BODY.PEEK[]<6.4>)')[1][0][1], b'mary')
check('a set', [x for x in m.fetch('11:9,2', '(UID)')[1]],
      [b'%d (UID %d)' % (n, n) for n in (2, 9, 10, 11)])
check('\\Seen by FETCH', (m.fetch('2', '(RFC822)')[0], numbers(
    m.search(None, 'UNSEEN'))), ('OK', [4, 6, 8, 10, 11]))

n = imaplib.IMAP4('127.0.0.1', PORT)
n.login('mary', 'secret')
n.select(box)
m.store('1,3', '+FLAGS', '(\\Deleted)')
m.uid('store', '5', 'FLAGS.SILENT', '(\\Flagged)')
check('COPY', m.copy('5', 'INBOX')[0], 'OK')
check('EXPUNGE', m.expunge()[1], [b'1', b'2'])
check('numbers after it', m.fetch('1:2', '(UID)')[1], [b'1 (UID 2)',
                                                       b'2 (UID 4)'])
# the other one learns of it when it may
check('a number that is still the old one', n.fetch('5', '(UID FLAGS)')[1][0]
      .startswith(b'5 (UID 5 FLAGS (\\Flagged'), True)
n.noop()
check('EXPUNGE elsewhere', n.response('EXPUNGE')[1], [b'1', b'2'])
check('numbers elsewhere', n.fetch('1', '(UID)')[1], [b'1 (UID 2)'])
m.append(box, None, None, BODY % (12, 12))
n.noop()
check('EXISTS elsewhere', n.response('EXISTS')[1][-1], b'10')
check('MOVE', n.uid('MOVE', '12', 'INBOX')[0] if b'MOVE' in caps else 'OK',
      'OK')
n.logout()
check('INBOX', m.select('INBOX')[1][0] in (b'1', b'2'), True)
check('EXAMINE', m.select('INBOX', readonly=True)[0], 'OK')
check('RENAME', m.rename(box, PREFIX + 'Play')[0], 'OK')
check('below it, too', any('Play' in x.decode() and 'Sub' in x.decode()
                           for x in m.list()[1]), True)
check('DELETE', m.delete(PREFIX + 'Play')[0], 'OK')
check('LOGOUT', m.logout()[0], 'BYE')
sys.exit(1 if bad else 0)
