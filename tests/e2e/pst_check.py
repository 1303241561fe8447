#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must have come of tests/tools/pst_cases.py's CASE: pst_check.py CASE
SPOOL.  Says what is wrong, and exits 1.  Messages are parsed by Python's
email package, which had no part in making them."""
import email
import email.policy
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + '/../tools')
from pst_cases import (ANSI_CODEPAGES, CODEPAGES, ENVELOPED, OPAQUE,  # noqa: E402
                       PNG, SIGNED, in_codepage)

bad = 0


def check(ok, *what):
    global bad
    if not ok:
        bad += 1
        print(*what)


def load(spool):
    """{folder: [(file name, bytes, message)]}, in order of arrival"""
    out = {}
    top = spool + '/mail/'
    for path, dirs, files in os.walk(top):
        if os.path.basename(path) != 'cur':
            continue
        folder = os.path.dirname(path)[len(top):]
        out[folder] = []
        for f in sorted(files):
            if f.startswith('.') or 'postroad' not in f:
                continue
            with open(path + '/' + f, 'rb') as fh:
                data = fh.read()
            head = data.split(b'\r\n\r\n', 1)[0]
            check(all(c < 128 for c in head), f, '8-bit header')
            check(data.count(b'\n') == data.count(b'\r\n'), f, 'line ends')
            check(max(map(len, data.split(b'\r\n'))) <= 998, f, 'long line')
            m = email.message_from_bytes(data, policy=email.policy.default)
            check(not [d for p in m.walk() for d in p.defects], f,
                  [d for p in m.walk() for d in p.defects])
            out[folder].append((f, data, m))
    return out


def text(m, kind='plain'):
    part = m.get_body((kind,))
    return None if part is None else part.get_content()


def one(box, folder):
    check(len(box.get(folder, [])) == 1, folder, 'has', box.get(folder))
    return box[folder][0][2]


def files(m):
    return [(p.get_filename(), p.get_payload(decode=True))
            for p in m.walk() if p.get_filename() and
            p.get_content_maintype() != 'message']


def check_sample(box):
    check(sorted(box) == ['Deleted Items', 'Empty', 'INBOX', 'INBOX/Deep',
                          'Reports\u30002014%2FQ1', 'Sent Items'],
          sorted(box))
    m = box['INBOX'][0][2]
    check(m['X-Unknown'] == 'kept' and m['Message-ID'] ==
          '<with-headers@example.org>', m.items())
    check(box['INBOX'][1][0].endswith(':2,'), 'unread')
    m = box['INBOX'][2][2]
    check(m['Subject'] == 'Grüße aus 東京 😀', m['Subject'])
    check(text(m) == 'äöü €\r\n', text(m))
    m = box['INBOX'][3][2]
    related = [p for p in m.walk()
               if p.get_content_type() == 'multipart/related']
    check(len(related) == 1, 'related')
    parts = related[0].get_payload()
    check(parts[1]['Content-ID'] == '<one@here>', parts[1].items())
    check(parts[1].get_payload(decode=True) == PNG, 'the picture')
    check(files(m)[1] == ('Rechnung März.pdf', b'%PDF-1.4 ' +
                          bytes(range(256)) * 40), 'the PDF')
    m = one(box, 'INBOX/Deep')
    names = [p['Subject'] for p in m.walk() if p['Subject']]
    check(names == ['Outer', 'Inner', 'Innermost'], names)
    m = one(box, 'Sent Items')
    check(str(m['To']) == 'John Doe <john@example.com>', m['To'])
    check(str(m['Bcc']) == 'Secret <secret@example.com>', m['Bcc'])
    m = one(box, 'Reports\u30002014%2FQ1')
    check(m['From'].addresses[0].addr_spec == 'rroe@x500.invalid', m['From'])
    check(m['X-Postroad-X500-From'].startswith('/O=EXAMPLE'), 'X.500')
    check(box['Deleted Items'][0][0].endswith(':2,D'), 'draft')


def check_nested(box):
    m = box['INBOX'][0][2]
    names = [p['Subject'] for p in m.walk() if p['Subject']]
    check(names == ['Level %d' % i for i in range(11)], names)


def check_recipients(box):
    m = one(box, 'INBOX')
    for field, odd in (('To', 1), ('Cc', 0)):
        have = [(a.display_name, a.addr_spec) for a in m[field].addresses]
        check(have == [('Person %d' % i, 'person%d@example.com' % i)
                       for i in range(odd, 300, 2)], field, have[:5])


def check_ansi(box):
    names = [f for f in box if box[f]]
    check(len(names) == 1, names)
    word, m = names[0], one(box, names[0])
    check(not word.isascii() and '\ufffd' not in word, word)
    check(m['Subject'] == word, m['Subject'])
    check(text(m) == word + '\r\n', text(m))
    check(files(m) == [(word + '.txt', b'x' * 5000)], files(m))


def check_html(box):
    words = {'932': '日本語', '1251': 'Проверка', '1255': 'בדיקה',
             '1252': 'Prüfung', '65001': 'Ελληνικά', '50220': '日本語',
             '28605': 'Prix: 5 €'}
    for folder, word in words.items():
        m = one(box, folder)
        check(text(m, 'html') == '<html><body>%s</body></html>' % word,
              folder, text(m, 'html'))
    for _, _, m in box['lying']:
        check('Größe' in text(m, 'html'), text(m, 'html'))


def check_codepages(box):
    for folder, pages, kind in (('ansi', ANSI_CODEPAGES, 'plain'),
                                ('html', CODEPAGES, 'html')):
        check(len(box[folder]) == len(pages), folder, len(box[folder]))
        by = {m['Message-ID']: m for _, _, m in box[folder]}
        for cp in pages:
            m = by['<%s.%d@example.org>' % (folder, cp)]
            word = in_codepage(cp)[0]
            part = m.get_body((kind,))
            charset = part.get_content_charset()
            # what browsers and mail programs take it for
            charset = {'shift_jis': 'cp932', 'gb2312': 'gbk',
                       'euc-kr': 'cp949', 'big5': 'cp950'}.get(
                           charset, charset)
            body = part.get_payload(decode=True).decode(charset).rstrip()
            check(m['Subject'] == word, cp, 'subject', m['Subject'])
            check(body == (word + ' body' if kind == 'plain' else
                           '<html><body>%s</body></html>' % word), cp, body)
            if kind == 'plain':
                check(m['From'].addresses[0].display_name == word, cp,
                      'sender', m['From'])


def check_smime(box):
    mails = {m['Subject']: (d, m) for _, d, m in box['INBOX']}
    data, m = mails['signed']
    body = SIGNED.split(b'\r\n\r\n', 1)[1]
    check(m.get_content_type() == 'multipart/signed', m.get_content_type())
    check(data.endswith(body), 'the signed bytes')
    for name, kind, der in (('encrypted', 'enveloped-data', ENVELOPED),
                            ('opaque', 'signed-data', OPAQUE)):
        m = mails[name][1]
        check(m.get_content_type() == 'application/pkcs7-mime', name)
        check(m.get_param('smime-type') == kind, m['Content-Type'])
        check(m.get_payload(decode=True) == der, name, 'bytes')


def check_hostile(box):
    check(len(box['%2E.%2F..%2Fetc']) >= 10, sorted(box))
    for folder in box:
        check('..' not in folder.split('/'), folder)
        for name, _, m in box[folder]:
            for field in ('Bcc', 'X-Evil'):
                check(m[field] is None, name, field)
            for f, _ in files(m):
                check('/' not in f and f not in ('', '.', '..') and
                      len(f) < 256 and f.isprintable() or '\u202e' in f,
                      'file name', repr(f))
    mails = box['%2E.%2F..%2Fetc']
    by = {str(m['Subject']): m for _, _, m in mails}
    check(len(files(by['Message 0'])) == 11, 'eleven attachments')
    data = [d for _, d in files(by['Message 0'])]
    check(sorted(data) == sorted(b'data %d' % i for i in range(11)), data)
    check('This is body text' not in str(by['Message 2'].items()), 'headers')
    check(by['Message 2']['X-Long'].replace(' ', '') == 'y' * 5000, 'X-Long')
    check(by['Message 2']['From'].addresses[0].display_name == 'Jörg',
          by['Message 2']['From'])
    check(sum(len(box[f]) for f in box if f.startswith('Twin')) == 3, 'twins')
    check('Grüße' in (text(by['Message 8']) or '') +
          (text(by['Message 8'], 'html') or ''), 'RTF')
    check(len(files(by['Message 9'])) == 2, 'lost attachments have places')


def check_roles(box):
    check(sorted(f for f in box if box[f]) ==
          ['INBOX', 'Lost Items', 'Outside', 'Top of Outlook data file'],
          sorted(f for f in box if box[f]))
    check('INBOX/%63ur' in box and 'Outside and empty' not in box,
          sorted(box))


def check_deep(box):
    full = [f for f in box if box[f]]
    check(len(full) == 1 and full[0].startswith('d0/d1/'), full)


def check_categories(box):
    check(str(one(box, 'INBOX')['Keywords']) == 'Red, Two words',
          one(box, 'INBOX')['Keywords'])


def check_report(box):
    """Read receipts are RFC 8098's, all others RFC 3464's."""
    n = 0
    for _, _, m in box['INBOX']:
        kind = m['Subject']
        want = ('disposition-notification'
                if kind in ('IPNRN', 'IPNNRN') else 'delivery-status')
        check(m.get_content_type() == 'multipart/report', kind)
        check(m.get_param('report-type') == want, kind)
        check(m.get_payload()[1].get_content_type() == 'message/' + want, kind)
        check(text(m) == 'Report text\r\n', text(m))
        n += 1
    check(n == 14, n)


globals()['check_' + sys.argv[1]](load(sys.argv[2]))
sys.exit(bad > 0)
