#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calendars of a PST as ical_tool writes them, against its oracle and against
what pffexport says of the same items.

usage: calendar_corpus.py DIR ORACLE.json [PFF_EXPORT_DIR]
"""
import collections
import datetime as dt
import glob
import json
import os
import re
import sys

import icalendar

KINDS = {'VEVENT': 'IPM.Appointment', 'VTODO': 'IPM.Task',
         'VJOURNAL': 'IPM.Activity'}


def utc(t):
    if not isinstance(t, dt.datetime):
        return dt.datetime(t.year, t.month, t.day)
    return t if t.tzinfo is None else \
        t.astimezone(dt.timezone.utc).replace(tzinfo=None)


def read(path):
    """(class, subject), (subject, location, start, end) and the parts."""
    with open(path, 'rb') as f:
        data = f.read()
    assert all(len(s) <= 75 for s in data.split(b'\r\n')), 'a long line'
    cal = icalendar.Calendar.from_ical(data.decode('utf-8'))
    parts = [p for p in cal.walk() if p.name in KINDS]
    master = [p for p in parts if 'RECURRENCE-ID' not in p]
    assert len(master) == 1, 'masters: %d' % len(master)
    for p in parts:
        assert p['UID'] == master[0]['UID'] and p['DTSTAMP'], 'an id'
        assert 'DTSTART' in p or p.name != 'VEVENT', 'no start'
    return master[0], parts


def pff_items(folder):
    """(subject, start, end, location) of each Appointment.txt."""
    out = []
    for path in glob.glob(glob.escape(folder) + '/**/Appointment.txt',
                          recursive=True):
        fields = {}
        with open(path, encoding='utf-8', errors='replace') as f:
            for line in f:
                m = re.match(r'([A-Z][^:\t]*):\t+(.*)', line)
                if m:
                    fields.setdefault(m.group(1), m.group(2).strip())
        if 'Start time' not in fields:
            continue
        times = [dt.datetime.strptime(re.sub(r'\.\d+ UTC$', '', fields[k]),
                                      '%b %d, %Y %H:%M:%S')
                 for k in ('Start time', 'End time')]
        out.append((fields.get('Subject', ''), times[0], times[1],
                    fields.get('Location', '')))
    return out


class Times:
    def __init__(self, p):
        self.subject = str(p.get('SUMMARY', ''))
        self.place = str(p.get('LOCATION', ''))
        self.start = utc(p['DTSTART'].dt)
        self.end = utc(p['DTEND'].dt) if 'DTEND' in p else self.start
        # a day is a midnight somewhere
        self.near = dt.timedelta(hours=0 if isinstance(
            p['DTSTART'].dt, dt.datetime) else 12)

    def is_that(self, subject, start, end, place):
        # a changed instance of a series has no subject for pffexport
        return (not subject or (self.subject, self.place) ==
                (subject, place)) and \
            abs(self.start - start) <= self.near and \
            abs(self.end - end) <= self.near


def nth(month, weekday, n, more=0):
    """The day of a year that is the nth weekday (0 Monday) of a month."""
    def day(year):
        d = dt.date(year, month, 1)
        d += dt.timedelta((weekday - d.weekday()) % 7 + 7 * (n - 1) + more)
        return d
    return day


HOLIDAYS = {'Thanksgiving Day': nth(11, 3, 4), 'Labor Day': nth(9, 0, 1),
            'Day After Thanksgiving Day': nth(11, 3, 4, 1),
            'Columbus Day': nth(10, 0, 2), "Presidents' Day": nth(2, 0, 3),
            "Mother's Day": nth(5, 6, 2), "Father's Day": nth(6, 6, 3),
            'Martin Luther King Day': nth(1, 0, 3),
            'Election Day': nth(11, 0, 1, 1)}


def not_on_its_day(item):
    subject = str(item.get('SUMMARY', ''))
    if subject not in HOLIDAYS:
        return False
    day = item['DTSTART'].dt
    if day == HOLIDAYS[subject](day.year):
        return False
    print('%s is not on %s' % (subject, day))
    return True


def main():
    with open(sys.argv[2], encoding='utf-8') as f:
        oracle = json.load(f)
    want = collections.Counter(
        (m['class'], m['subject'] or '') for m in oracle['messages']
        if m['class'] in KINDS.values())
    got, times, bad = collections.Counter(), [], 0
    for path in sorted(glob.glob(sys.argv[1] + '/*.ics')):
        try:
            item, parts = read(path)
        except (AssertionError, ValueError) as e:
            print('%s: %s' % (os.path.basename(path), e))
            bad += 1
            continue
        got[KINDS[item.name], str(item.get('SUMMARY', ''))] += 1
        for p in parts:
            if p.name == 'VEVENT':
                times.append(Times(p))
        bad += not_on_its_day(item)
    for what, n in (want - got).items():
        print('lost: %d %s' % (n, what))
        bad += 1
    for what, n in (got - want).items():
        print('not in the oracle: %d %s' % (n, what))
        bad += 1
    others = 0
    if len(sys.argv) > 3:
        rest = list(times)
        for item in pff_items(sys.argv[3]):
            others += 1
            found = [t for t in rest if t.is_that(*item)]
            if found:
                rest.remove(found[0])
            else:
                print('pffexport has %s' % (item,))
                bad += 1
    print('%d items, %d compared with pffexport' % (sum(got.values()), others))
    sys.exit(bad > 0 or sum(got.values()) == 0)


main()
