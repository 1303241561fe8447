#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# pst_people.py people|report|links|choice SPOOL: what pst_cases.py of that name says,
# as Python's email package reads it.
import email
import email.header
import email.policy
import email.utils
import glob
import os
import re
import sys


def messages(spool, box):
    for path in sorted(glob.glob('%s/mail/%scur/*' % (spool, box))):
        with open(path, 'rb') as f:
            raw = f.read()
        # RFC 6532: letters in an address are UTF-8
        yield email.message_from_bytes(raw, policy=email.policy.strict), \
            email.message_from_string(raw.decode())


def pairs(old, field):
    text = old.get(field)
    if text is None:
        return None
    return [tuple(str(email.header.make_header(email.header.decode_header(x)))
                  for x in pair)
            for pair in email.utils.getaddresses([str(text)])]


ROE = ('Roe, Richard', 'rroe@x500.invalid')
REPLY = {
    'entries': [('Support; all', 'support@example.org'),
                ('Ötker, Jö', 'other@example.org')],
    'names': [('', 'a@example.org')],
    'own': [('Roe, Richard', 'roe@example.org')],
    'cut': None,
    'lie': None,
}
PEOPLE = {
    '0': ("'jane@example.org'", 'jane@example.org'),
    '1': ('Jane', 'jane@example.org'),
    '2': ('Jane', 'jane@example.org'),
    '3': ('Jane', '"jane doe"@example.org'),
    '4': ('Jane', 'undisclosed@postroad.invalid'),
    '5': ('Jürgen', 'jürgen@exämple.org'),
    '6': ('Fax', 'undisclosed@postroad.invalid'),
    'entry': ('Roe, Richard', 'roe@example.org'),
    'x500': ROE,
}


def people(spool):
    n = 0
    for m, old in messages(spool, 'reply/'):
        got, want = pairs(old, 'Reply-To'), REPLY[m['Subject']]
        if want is not None and m['Subject'] == 'own':
            got, want = [a for _, a in got], [a for _, a in want]
        assert got == want, (m['Subject'], got)
        n += 1
    for m, old in messages(spool, 'people/'):
        if m['Subject'] == 'name':
            assert pairs(old, 'To')[0][1] == 'roe@example.org'
            assert pairs(old, 'Cc')[0][1] == 'rroe@x500.invalid'
            n += 1
            continue
        want = PEOPLE[m['Subject']]
        for field in ('From', 'To') if len(m['Subject']) == 1 else ('From',):
            assert pairs(old, field) == [want], (m['Subject'], field,
                                                 pairs(old, field))
        receipt = pairs(old, 'Disposition-Notification-To')
        assert receipt == ([want] if len(m['Subject']) > 1 else None), receipt
        n += 1
    return n, len(REPLY) + len(PEOPLE) + 1


# [MS-OXCMAIL] 2.2.3.7; RFC 3464 2.3.3, RFC 8098 3.2.6.2
ACTIONS = {'NDR': 'failed', 'DR': 'delivered', 'Delayed.DR': 'delayed',
           'Expanded.DR': 'expanded', 'Relayed.DR': 'relayed'}
READ = {'IPNRN': 'displayed', 'IPNNRN': 'deleted'}


def report(spool):
    n = 0
    for m, _ in messages(spool, 'INBOX/'):
        kind, who = m['Subject'], m['From'].addresses[0]
        final = 'rfc822; jane@example.org'
        if who.display_name != 'Jane Doe':
            final = 'x-unknown; J\\x{FC}rgen \\x{D6}tker'
        assert m.get_content_type() == 'multipart/report'
        text, machine = m.iter_parts()
        assert text.get_content() == 'Report text\r\n' or \
            text.get_content() == 'Report text\n'
        groups = machine.get_payload()
        if kind in READ:
            assert m['Content-Type'].params['report-type'] == \
                'disposition-notification'
            assert groups[0]['Disposition'].endswith('; ' + READ[kind])
            assert groups[0]['Original-Message-ID'] == '<original@example.org>'
            assert groups[0]['Final-Recipient'] == final
        else:
            assert m['Content-Type'].params['report-type'] == 'delivery-status'
            assert groups[0]['Reporting-MTA']
            assert groups[1]['Action'] == ACTIONS[kind], groups[1]['Action']
            assert groups[1]['Final-Recipient'] == final
            assert groups[1]['Status'][1:] == '.0.0'
        n += 1
    return n, 2 * (len(ACTIONS) + len(READ))


def links(spool):
    (m, _), (lost, _) = messages(spool, 'INBOX/')
    _, share, cloud, odd, ole = m.iter_parts()
    assert odd.get_filename() == 'a=b? [1] (ü).txt', odd.get_filename()
    for part, name, how, field, path in (
            (share, 'share.doc', 'local-file', 'name',
             '\\\\server\\share\\Übersicht.doc'),
            (cloud, 'cloud.docx', 'URL', 'url',
             'https://example.org/documents/a long name that is there.docx'
             '?a=1')):
        assert part.get_content_type() == 'message/external-body'
        assert part.get_filename() == name, part.get_filename()
        params = {k.lower(): v for k, v in part['Content-Type'].params.items()}
        assert params['access-type'] == how
        assert params[field] == path, params
        inner = part.get_payload()[0]
        assert inner['Content-ID'] and not inner.get_payload()
    assert ole.get_filename() == 'Picture'
    assert ole.get_content() == bytes.fromhex('d0cf11e0a1b11ae1') + bytes(4096)
    assert list(lost.iter_parts())[1].get_filename() == 'lost.doc'
    return 4, 4


def choice(spool):
    n = 0
    for m, _ in messages(spool, 'INBOX/'):
        want, _, words = m['Subject'].partition(' ')
        types = [p.get_content_type() for p in m.walk()
                 if not p.is_multipart()]
        assert types == {'plain': ['text/plain'], 'html': ['text/html'],
                         'both': ['text/plain', 'text/html']}[want], types
        shown = list(m.walk())[-1].get_content()
        text = re.sub('<[^>]*>', '', shown).strip()
        assert text == words, (m['Subject'], text)
        n += 1
    return n, 11


assert os.path.isdir(sys.argv[2])
found, wanted = {'people': people, 'report': report, 'choice': choice,
                 'links': links}[sys.argv[1]](sys.argv[2])
print('%d of %d' % (found, wanted))
sys.exit(found != wanted)
