#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is what came out of a PST sample what its EXPECT.json says?

    pst_samples.py mail SPOOL EXPECT    by Python's email package
    pst_samples.py items SPOOL EXPECT PLACE...  by vobject and icalendar

Prints what differs, and exits 1 if anything does.
"""
import base64
import email
import email.policy
import glob
import hashlib
import json
import os
import sys

bad = 0


def same(what, got, want):
    global bad
    if got != want:
        bad += 1
        print('%s: got %r, want %r' % (what, got, want))


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def addresses(msg, header):
    return [a.addr_spec for h in msg.get_all(header, []) for a in h.addresses]


def attachment(part):
    """As the expectation has it."""
    kind = part.get_content_type()
    if kind == 'message/rfc822':
        inner = part.get_payload(0)
        return {'name': None, 'type': kind, 'subject': inner['Subject'],
                'text': text(inner)}
    return {'name': part.get_filename(), 'type': kind,
            'sha256': sha256(part.get_payload(decode=True))}


def text(msg):
    part = msg.get_body(('plain',))
    return None if part is None else part.get_content().strip()


def leaves(msg):
    for part in msg.iter_parts() if msg.is_multipart() else []:
        if part.get_content_type() == 'message/rfc822' or \
                part.get_filename() is not None:
            yield part
        elif part.is_multipart():
            yield from leaves(part)


def mail(spool, expect):
    messages = {}
    for path in glob.glob(glob.escape(spool) + '/mail/**/cur/*',
                          recursive=True):
        with open(path, 'rb') as f:
            m = email.message_from_binary_file(f, policy=email.policy.default)
        messages[m['Message-ID']] = m
    same('messages', len(messages), len(expect['messages']))
    for want in expect['messages']:
        what = want['message_id']
        m = messages.get(what)
        if m is None:
            same(what, 'no message', 'a message')
            continue
        same(what + ' subject', m['Subject'], want['subject'])
        for header in 'from', 'to', 'cc', 'bcc':
            got = addresses(m, header)
            same(what + ' ' + header,
                 got[0] if header == 'from' else got, want[header])
        same(what + ' text', text(m), want['text'])
        same(what + ' attachments', [attachment(p) for p in leaves(m)],
             want['attachments'])


# ------------------------------------------------------------------- items

def photo(data):
    """Of a data: URI; vobject takes its comma for a separator."""
    line = next((x for x in data.replace('\r\n ', '').split('\r\n')
                 if x.startswith('PHOTO')), '')
    return sha256(base64.b64decode(line.split('base64,')[-1]))


def contact(card, want, what, data):
    def values(name):
        return [str(x.value) for x in card.contents.get(name, [])]
    same(what + ' emails', values('email'), want['emails'])
    same(what + ' phones', values('tel'), want['phones'])
    same(what + ' birthday', values('bday'), [want['birthday']])
    if 'city' in want:
        same(what + ' city', card.adr.value.city, want['city'])
    if 'note' in want:
        same(what + ' note', card.note.value.strip(), want['note'])
    if 'photo_sha256' in want:
        same(what + ' photo', photo(data), want['photo_sha256'])


def members(card, want, what, _):
    got = [str(x.value).replace('mailto:', '')
           for x in card.contents.get('member', [])]
    same(what + ' members', got, want['members'])


def when(prop):
    return None if prop is None else prop.dt.isoformat()


def local(prop):
    """A time by the clock where it happens."""
    return None if prop is None else prop.dt.isoformat()[:19]


def event(cal, want, what):
    events = [c for c in cal.walk('VEVENT')]
    main = next(e for e in events if 'RECURRENCE-ID' not in e)
    same(what + ' start', local(main['DTSTART']), want['start'])
    if 'end' in want:
        same(what + ' end', local(main['DTEND']), want['end'])
    if want.get('zone'):
        same(what + ' zone', 'TZID' in main['DTSTART'].params and
             len(cal.walk('VTIMEZONE')) > 0, True)
    if 'location' in want:
        same(what + ' location', str(main['LOCATION']), want['location'])
    if 'rule' in want:
        rule = dict(x.split('=') for x in
                    main['RRULE'].to_ical().decode().split(';'))
        same(what + ' rule', {k: v for k, v in rule.items() if k != 'WKST'},
             dict(x.split('=') for x in want['rule'].split(';')))
        out = main['EXDATE']
        out = out if isinstance(out, list) else [out]
        same(what + ' left out', [local(d) for x in out for d in x.dts],
             want['left_out'])
    if 'alarm' in want:
        trigger = main.walk('VALARM')[0]['TRIGGER'].dt
        same(what + ' alarm', trigger.total_seconds() / 60, want['alarm'])
    if 'changed' in want:
        c = want['changed']
        e = next(e for e in events if 'RECURRENCE-ID' in e)
        same(what + ' changed', [local(e['RECURRENCE-ID']),
             local(e['DTSTART']), str(e['SUMMARY']), str(e['LOCATION'])],
             [c['instance'], c['start'], c['title'], c['location']])
    if 'organizer' in want:
        same(what + ' organizer', str(main['ORGANIZER']).lower(),
             'mailto:' + want['organizer'])
        got = main['ATTENDEE']
        same(what + ' attendees', sorted(str(a).lower() for a in got),
             sorted('mailto:' + a for a in want['attendees']))


def task(cal, want, what):
    t = cal.walk('VTODO')[0]
    if 'due' in want:
        same(what + ' due', when(t.get('DUE')), want['due'])
    if 'status' in want:
        same(what + ' status', str(t.get('STATUS')), want['status'])
    same(what + ' percent', int(t.get('PERCENT-COMPLETE', 0)),
         want['percent'])


def journal(cal, want, what):
    j = cal.walk('VJOURNAL')[0]
    same(what + ' start', j['DTSTART'].dt.isoformat().replace('+00:00', 'Z'),
         want['start'])
    same(what + ' note', want['note'] in str(j['DESCRIPTION']), True)


def items(spool, expect):
    import icalendar
    import vobject
    for want in expect['items']:
        if want['place'] not in sys.argv[4:]:
            continue
        found = []
        what = '%s %r' % (want['kind'], want['title'])
        for path in glob.glob('%s/items/%s/*' % (glob.escape(spool),
                                                 want['place'])):
            if os.path.basename(path).startswith(want['title'] + '.'):
                found.append(path)
        same(what + ' files', len(found), 1)
        if len(found) != 1:
            continue
        with open(found[0], encoding='utf-8', newline='') as f:
            data = f.read()
        if want['kind'] == 'note':
            same(what, want['text'] in data, True)
            continue
        if want['place'] == 'contacts':
            card = vobject.readOne(data)
            same(what + ' name', card.fn.value, want['title'])
            (members if want['kind'] == 'list' else contact)(card, want, what,
                                                          data)
            continue
        cal = icalendar.Calendar.from_ical(data)
        {'event': event, 'task': task, 'journal': journal}[want['kind']](
            cal, want, what)


with open(sys.argv[3], encoding='utf-8') as f:
    {'mail': mail, 'items': items}[sys.argv[1]](sys.argv[2], json.load(f))
sys.exit(bad > 0)
