# SPDX-License-Identifier: GPL-3.0-or-later
"""What other programs make of a spool's items.

items_check.py parse SPOOL            every file, by vobject, icalendar, json
items_check.py oracle SPOOL ORACLE    counts by folder and kind
items_check.py pff SPOOL EXPORT       contacts against pffexport's texts
items_check.py field SPOOL KIND NAME  values of a property, one a line

Prints differences as "# ..." lines and the number of facts last.
"""
import base64
import collections
import glob
import json
import os
import re
import sys
import urllib.parse

FACTS = 0
FAILED = 0


def fact(good, text):
    global FACTS, FAILED
    FACTS += 1
    if not good:
        FAILED += 1
        print('# ' + text)


def items(spool):
    with os.popen("'%s' ls --items --json '%s'" %
                  (os.environ['POSTROAD'], spool)) as f:
        return [json.loads(line) for line in f]


def text_of(spool, item):
    with open(os.path.join(spool, item['file']), newline='') as f:
        return f.read()


def card(text):
    import vobject
    return vobject.readOne(text)


def check_lines(name, text):
    for line in text.split('\r\n')[:-1]:
        fact('\n' not in line and len(line.encode()) <= 75,
             '%s: line of %d octets: %.40s' % (name, len(line.encode()), line))
    fact(text.endswith('\r\n'), name + ': no end of line')


def parse(spool):
    import icalendar
    for it in items(spool):
        text, name = text_of(spool, it), it['file']
        fact(os.path.getsize(os.path.join(spool, name)) == it['size'],
             name + ': size')
        if it['kind'] in ('contact', 'list'):
            check_lines(name, text)
            c = card(text)
            fact(c.name == 'VCARD' and c.version.value in ('3.0', '4.0'),
                 name + ': no vCard')
            fact(len(c.contents['fn']) == 1, name + ': FN')
            if c.version.value == '3.0':
                fact('n' in c.contents, name + ': N')
            fact(text.count('BEGIN:VCARD') == 1, name + ': one card')
            if it['kind'] == 'list':
                kind = c.contents.get('kind') or \
                    c.contents.get('x-addressbookserver-kind')
                fact(kind[0].value == 'group', name + ': no group')
            for p in c.contents.get('member', []):
                fact(re.match('mailto:|urn:uuid:', p.value),
                     name + ': MEMBER is no URI')
            for p in c.contents.get('photo', []):
                # version 4's URIs end at a comma for a reader of version 3
                fact(isinstance(p.value, bytes) or
                     p.value.startswith('data:image/'), name + ': PHOTO')
        elif it['kind'] in ('event', 'task', 'journal'):
            check_lines(name, text)
            cal = icalendar.Calendar.from_ical(text)
            want = {'event': 'VEVENT', 'task': 'VTODO',
                    'journal': 'VJOURNAL'}[it['kind']]
            have = [s for s in cal.subcomponents if s.name == want]
            fact(have, '%s: no %s' % (name, want))
            for s in have:
                fact('UID' in s and 'DTSTAMP' in s, name + ': UID, DTSTAMP')
                if want == 'VEVENT':
                    fact('DTSTART' in s, name + ': DTSTART')
        elif it['kind'] == 'other':
            o = json.loads(text)
            fact(o['properties'] and o['class'] == it['class'],
                 name + ': properties')
            for p in o['properties']:
                if 'base64' in p and isinstance(p['base64'], str):
                    base64.b64decode(p['base64'], validate=True)
        else:
            fact('\n\n' in text or text.startswith('\n'), name + ': no head')


KINDS = (('IPM.Contact', 'contact'), ('IPM.DistList', 'list'),
         ('IPM.Appointment', 'event'), ('IPM.Task', 'task'),
         ('IPM.Activity', 'journal'), ('IPM.StickyNote', 'note'))
MAIL = ('IPM.Note', 'IPM.Post', 'IPM.Schedule.Meeting', 'REPORT',
        'IPM.Outlook.Recall', 'IPM.Recall.Report', 'IPM.Sharing')


def below(c, start):
    return c == start or c.startswith(start + '.')


def oracle(spool, path):
    want = collections.Counter()
    for f in json.load(open(path))['folders']:
        for c, n in f['classes'].items() if not f['search'] else ():
            if not c or any(below(c, m) for m in MAIL):
                continue
            kind = next((k for s, k in KINDS if below(c, s)), 'other')
            want[f['path'].split('/')[-1], kind] += n
    have = collections.Counter()
    for it in items(spool):
        name = urllib.parse.unquote(it['folder'].split('/')[-1])
        have[name, it['kind']] += 1
        fact(os.path.exists(os.path.join(spool, it['file'])),
             it['file'] + ' is missing')
    for key in set(want) | set(have):
        # an Inbox is called INBOX here
        other = next((h for h in have if h[1] == key[1] and
                      h[0].lower() == key[0].lower()), key)
        fact(want[key] == have[other] or key not in want,
             '%s: %d, not %d' % (key, have[other], want[key]))
    fact(sum(want.values()) == sum(have.values()), '%d items, not %d' %
         (sum(have.values()), sum(want.values())))


def first(c, name, *types):
    for p in c.contents.get(name, []):
        have = {t.lower() for t in p.params.get('TYPE', [])}
        if have - {'pref', 'internet'} == set(types):
            return p.value
    return ''


def pff(spool, export):
    names = ('Given name', 'Surname', 'Generational abbreviation', 'Title',
             'Company name', 'Job title', 'Department name',
             'Home phone number', 'Mobile phone number',
             'Business phone number 1', 'Business fax number',
             'Email address 1', 'File under')
    want = collections.Counter()
    for f in glob.glob(export + '/**/Contact.txt', recursive=True):
        got = dict.fromkeys(names, '')
        for line in open(f).read().split('\nContact:\n')[1].splitlines():
            k, sep, v = line.partition(':\t')
            if sep and k in got:
                got[k] = v.strip('\t')
        want[tuple(got[n].strip() for n in names)] += 1
    have = collections.Counter()
    for it in items(spool):
        if it['kind'] != 'contact':
            continue
        c = card(text_of(spool, it))
        n = c.n.value if 'n' in c.contents else None
        org = list(c.org.value) if 'org' in c.contents else []
        org += [''] * (2 - len(org))
        email = c.email.value if 'email' in c.contents else ''

        def one(name):
            return c.contents[name][0].value if name in c.contents else ''
        have[tuple(s.strip() for s in (
            n.given if n else '', n.family if n else '',
            n.suffix if n else '', n.prefix if n else '', org[0],
            one('title'), org[1], first(c, 'tel', 'home', 'voice'),
            first(c, 'tel', 'cell'), first(c, 'tel', 'work', 'voice'),
            first(c, 'tel', 'work', 'fax'), email,
            re.sub(r'\\(.)', r'\1', one('x-postroad-file-as'))))] += 1
    for key in want:
        fact(have[key] == want[key], 'contact %s: %d, not %d' %
             (key, have[key], want[key]))
    fact(sum(have.values()) == sum(want.values()), '%d contacts, not %d' %
         (sum(have.values()), sum(want.values())))


def field(spool, kind, name):
    for it in items(spool):
        if it['kind'] == kind:
            for p in card(text_of(spool, it)).contents.get(name.lower(), []):
                print(p.value)
    sys.exit(0)


def main():
    {'parse': parse, 'oracle': oracle, 'pff': pff,
     'field': field}[sys.argv[1]](*sys.argv[2:])
    print('%d of %d' % (FACTS - FAILED, FACTS))
    sys.exit(FAILED > 0)


main()
