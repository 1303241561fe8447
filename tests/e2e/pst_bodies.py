#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# pst_bodies.py rtf|no-rtf SPOOL...: a message with a body.rtf also has it as
# HTML and as text, whose words are those of the RTF; or no message has one.
# pst_bodies.py calendar SPOOL: what pst_cases.py meeting says.
import email
import email.policy
import email.utils
import glob
import html.parser
import os
import re
import sys


class Words(html.parser.HTMLParser):
    """The text of HTML; all elements must be closed in order."""
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.text, self.open = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in ('br', 'meta'):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, tag

    def handle_data(self, data):
        self.text.append(data)


def messages(spools):
    for spool in spools:
        for path in sorted(glob.glob(spool + '/mail/**', recursive=True)):
            if os.path.isfile(path) and \
                    os.path.basename(os.path.dirname(path)) in ('cur', 'new'):
                with open(path, 'rb') as f:
                    yield path, email.message_from_binary_file(
                        f, policy=email.policy.default)


def words(text):
    return re.findall(r'\w+', text)


def check_rtf(m):
    rtf = [p.get_content() for p in m.walk() if p.get_filename() == 'body.rtf']
    if not rtf:
        return False
    assert rtf[0].startswith(b'{\\rtf1'), 'no RTF'
    assert m.get_body(('plain',)) and m.get_body(('html',)), 'a body lacks'
    p = Words()
    p.feed(m.get_body(('html',)).get_content())
    p.close()
    assert not p.open, 'open: %s' % p.open
    plain = words(m.get_body(('plain',)).get_content())
    assert words(' '.join(p.text)) and plain, 'nothing to read'
    assert ''.join(words(''.join(p.text))) == ''.join(plain), 'other words'
    return True


OWN = '040000008200E00074C5B7101A82E00800000000' + '00' * 16 + '10000000' + \
    ''.join('%02X' % n for n in range(0xa0, 0xb0))
FAR = r'a\;b@example.org'
# subject: method, UID, lines that must be there, and when it is
TIMES = ['DTSTART:20140513T165320Z', 'DTEND:20140513T175320Z']
JANE = 'CN=Jane Doe:mailto:jane@example.org'
SERIES = ('Series', 'Nowhere')
JOHN = 'CN=John Doe:mailto:john@example.com'
MEETINGS = {
    'Größe; a, b\\c ' + '東京' * 40: ('REQUEST', OWN, [
        'SEQUENCE:7', r'LOCATION:Room\, 1\nfloor',
        r'SUMMARY:Größe\; a\, b\\c ' + '東京' * 40,
        r'DESCRIPTION:Text of message 0\n',
        # the day that is in its id, the time beside it
        'RECURRENCE-ID:20141214T141500Z',
        'ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;' + JOHN,
        'ATTENDEE;ROLE=OPT-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;'
        'CN="Böse; \'Büro\', Raum 東京 ' + 'lang ' * 20 +
        '":mailto:two@example.com',
        'ATTENDEE;CUTYPE=RESOURCE;ROLE=NON-PARTICIPANT;PARTSTAT=NEEDS-ACTION;'
        'RSVP=TRUE;CN=Room:mailto:room@example.com',
        'ORGANIZER;' + JANE] + TIMES),
    'Off': ('CANCEL', FAR, [
        'STATUS:CANCELLED', 'SEQUENCE:0',
        'ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;' + JOHN,
        'ORGANIZER;' + JANE] + TIMES),
    'Series': ('REQUEST', FAR, [
        'TZID:Pacific Standard Time',
        'DTSTART;TZID=Pacific Standard Time:20070326T100000',
        'DTEND;TZID=Pacific Standard Time:20070326T103000',
        'RRULE:FREQ=WEEKLY;COUNT=12;BYDAY=MO,TH,FR;WKST=SU',
        'RECURRENCE-ID;TZID=Pacific Standard Time:20070416T100000',
        'DTSTART;TZID=Pacific Standard Time:20070416T110000',
        'DTEND;TZID=Pacific Standard Time:20070416T113000',
        'SUMMARY:Series', 'SUMMARY:Simple Recurrence with exceptions',
        'LOCATION:34/4141']),
    # the same by a clock that is seven hours behind
    'Nowhere': ('REQUEST', FAR, [
        'TZID:UTC-0700', 'DTSTART;TZID=UTC-0700:20070326T100000',
        'RRULE:FREQ=WEEKLY;COUNT=12;BYDAY=MO,TH,FR;WKST=SU',
        'RECURRENCE-ID;TZID=UTC-0700:20070416T100000',
        'DTSTART;TZID=UTC-0700:20070416T110000', 'TZOFFSETTO:-0700']),
    'Days': ('REQUEST', FAR, [
        'X-MICROSOFT-CDO-ALLDAYEVENT:TRUE', 'DTSTART;VALUE=DATE:20140513',
        'DTEND;VALUE=DATE:20140515']),
    'Later': ('COUNTER', FAR, [
        'ORGANIZER;' + JOHN,
        'ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=TENTATIVE;' + JANE,
        'DTSTART:20140513T185320Z', 'DTEND:20140513T195320Z']),
    'Cut': ('REQUEST', FAR, TIMES)}
for word, partstat in (('Pos', 'ACCEPTED'), ('Neg', 'DECLINED'),
                       ('Tent', 'TENTATIVE')):
    MEETINGS[word] = ('REPLY', OWN, [
        'ORGANIZER;' + JOHN,
        'ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=%s;%s' %
        (partstat, JANE)] + TIMES)


def check_calendar(m):
    parts = [p for p in m.walk() if p.get_content_type() == 'text/calendar']
    if m['Subject'] == 'Has one':
        assert len(parts) == 1 and parts[0].get_filename(), 'a second one'
        return False
    if m['Subject'] == 'No time':
        assert not parts, 'an event without a time'
        return False
    method, uid, lines = MEETINGS.pop(m['Subject'].strip())
    assert len(parts) == 1 and parts[0].get_param('method') == method, method
    assert m.get_content_type() == 'multipart/alternative', 'structure'
    # a spool has local line ends
    data = parts[0].get_payload(decode=True).replace(b'\r\n', b'\n')
    assert data.endswith(b'END:VCALENDAR\n'), 'its end'
    assert all(len(s) <= 75 for s in data.split(b'\n')), 'a long line'
    for line in data.split(b'\n'):
        line.decode('utf-8')  # no letter is cut
    got = data.decode('utf-8').replace('\n ', '').split('\n')
    events = got.count('BEGIN:VEVENT')
    assert events == (2 if m['Subject'] in SERIES else 1), 'events'
    assert got.count('UID:' + uid) == events, 'UID'
    assert m['Subject'] in SERIES or not any(
        line.startswith('RRULE') for line in got), 'a rule'
    lines = lines + ['METHOD:' + method, 'VERSION:2.0']
    if events == 1:
        lines.append('DTSTAMP:' + email.utils.parsedate_to_datetime(
                  m['Date']).strftime('%Y%m%dT%H%M%SZ'))
    for line in lines:
        assert got.count(line) == 1, '%s not in %s' % (line, got)
    return True


def main():
    failed = found = 0
    for path, m in messages(sys.argv[2:]):
        try:
            if sys.argv[1] == 'rtf':
                found += check_rtf(m)
            elif sys.argv[1] == 'calendar':
                found += check_calendar(m)
            else:
                assert all(p.get_filename() != 'body.rtf' for p in m.walk()), \
                    'a body.rtf'
        except AssertionError as e:
            failed += 1
            print('%s: %s' % (os.path.basename(path), e), file=sys.stderr)
    print('%d found' % found)
    lacks = sys.argv[1] == 'rtf' and found == 0 or \
        sys.argv[1] == 'calendar' and len(MEETINGS) > 0
    sys.exit(failed > 0 or lacks)


main()
