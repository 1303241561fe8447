#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recurrences against what other programs make of them.

Rules are made up (--seed), written as [MS-OXOCAL] 2.2.1.44 says by this
program's own writer, and their instances are found by trying every day.
ical_tool makes iCalendar of the blobs; python3-icalendar parses it,
python3-dateutil expands its rules, and the time zones that stand in it are
compared with the tz database.  Then ical_tool's way back must give the same
bytes.

usage: calendar_check.py [--seed N] [--count N] ICAL_TOOL
"""
import datetime as dt
import random
import struct
import subprocess
import sys
from zoneinfo import ZoneInfo

import dateutil.rrule
import icalendar

EPOCH = dt.datetime(1601, 1, 1)
DAY = dt.timedelta(days=1)
LAST = dt.date(4500, 8, 31)
NO_END = 0x5AE980DF


def minutes(t):
    return int((t - EPOCH).total_seconds()) // 60


def midnight(d):
    return dt.datetime(d.year, d.month, d.day)


# ------------------------------------------------------------------- zones
class Zone:
    """A TZDEFINITION and the zone of the tz database that it describes in
    some years."""

    def __init__(self, name, tz, years, rules):
        self.name, self.tz = name, ZoneInfo(tz)
        self.years = {y for a, b in years for y in range(a, b + 1)}
        self.rules = rules

    def blob(self):
        name = self.name.encode('utf-16-le')
        out = struct.pack('<BBHHH', 2, 1, 6 + len(name), 2, len(name) // 2)
        out += name + struct.pack('<H', len(self.rules))
        for i, (year, bias, std, dst) in enumerate(self.rules):
            flags = 2 if i == len(self.rules) - 1 else 0
            out += struct.pack('<BBHHH14xlll', 2, 1, 62, flags, year, bias, 0,
                               -60)
            for m, wd, n, h in (std, dst):
                out += struct.pack('<8H', 0, m, wd, n, h, 0, 0, 0)
        return out


NEVER = (0, 0, 0, 0)
ZONES = [
    None,
    Zone('Pacific Standard Time', 'America/Los_Angeles', [(1990, 2036)],
         [(2006, 480, (10, 0, 5, 2), (4, 0, 1, 2)),
          (2007, 480, (11, 0, 1, 2), (3, 0, 2, 2))]),
    Zone('W. Europe Standard Time', 'Europe/Berlin', [(1997, 2036)],
         [(1601, -60, (10, 0, 5, 3), (3, 0, 5, 2))]),
    Zone('AUS Eastern Standard Time', 'Australia/Sydney', [(2009, 2036)],
         [(2008, -600, (4, 0, 1, 3), (10, 0, 1, 2))]),
    Zone('Tokyo Standard Time', 'Asia/Tokyo', [(1970, 2036)],
         [(1601, -540, NEVER, NEVER)]),
    # summer time until 2010, then "summer" for ever, then winter for ever;
    # the years when the rules changed in between are left out
    Zone('Russian Standard Time', 'Europe/Moscow', [(2012, 2013), (2015, 2036)],
         [(1601, -180, (10, 0, 5, 3), (3, 0, 5, 2)),
          (2012, -240, NEVER, NEVER),
          (2015, -180, NEVER, NEVER)]),
    Zone('India, with; odd "name"', 'Asia/Kolkata', [(1970, 2036)],
         [(1601, -330, NEVER, NEVER)]),
]


# ------------------------------------------------------------------- rules
class Rule:
    def __init__(self, rnd):
        self.kind = rnd.choice(['day', 'week', 'month', 'nth', 'end'])
        self.yearly = self.kind in ('month', 'nth') and rnd.random() < .4
        self.every = rnd.choice([1, 1, 1, 2, 3, 5, 13])
        if self.yearly:
            self.every = rnd.choice([12, 12, 24])
        self.first_dow = rnd.randrange(7)
        self.mask = rnd.randrange(1, 128)
        self.day = rnd.choice([1, 5, 15, 28, 29, 30, 31])
        self.n = rnd.choice([1, 2, 3, 4, 5])
        if self.kind == 'nth' and rnd.random() < .5:
            self.mask = rnd.choice([1 << rnd.randrange(7), 0x3e, 0x41, 0x7f])
        if self.kind == 'end':
            self.day = 31
        self.ends = rnd.choice(['never', 'after', 'by'])
        self.count = rnd.randrange(1, 40)
        start = dt.date(rnd.randrange(1950, 2030), 1, 1) + \
            dt.timedelta(days=rnd.randrange(365))
        self.start = self.pick(start)
        self.until = self.start + dt.timedelta(days=rnd.randrange(0, 2500))

    def fits(self, d):
        """By the pattern alone, without its period."""
        bit = 1 << (d.isoweekday() % 7)
        if self.kind == 'day':
            return True
        if self.kind == 'week':
            return bool(self.mask & bit)
        last = (d.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - DAY
        if self.kind in ('month', 'end'):
            return d.day == min(self.day, last.day)
        days = [x for x in range(1, last.day + 1)
                if self.mask & 1 << (d.replace(day=x).isoweekday() % 7)]
        return d.day == days[-1 if self.n == 5 else self.n - 1]

    def pick(self, d):
        while not self.fits(d):
            d += DAY
        return d

    def week(self, d):
        return d - dt.timedelta(days=(d.isoweekday() - self.first_dow) % 7)

    def in_period(self, d):
        if self.kind == 'day':
            return (d - self.start).days % self.every == 0
        if self.kind == 'week':
            weeks = (self.week(d) - self.week(self.start)).days // 7
            return weeks % self.every == 0
        months = (d.year - self.start.year) * 12 + d.month - self.start.month
        return months % self.every == 0

    def instances(self, most):
        out, d = [], self.start
        while len(out) < most and d.year < 2120:
            if self.ends == 'by' and d > self.until:
                break
            if self.ends == 'after' and len(out) == self.count:
                break
            if self.fits(d) and self.in_period(d):
                out.append(d)
            d += DAY
        return out

    def all_instances(self):
        return self.instances(1 << 30)


# ------------------------------------------------------------------ series
class Series:
    def __init__(self, rnd, i):
        self.name = 's%d' % i
        self.rule = r = Rule(rnd)
        self.task = rnd.random() < .15
        self.all_day = self.task or rnd.random() < .25
        self.zone = None if self.all_day else rnd.choice(ZONES)
        self.at = 0 if self.all_day else rnd.randrange(0, 1440, 15)
        self.long = 1440 * rnd.choice([1, 1, 2]) if self.all_day \
            else rnd.choice([0, 15, 30, 90, 600])
        if self.task:
            self.at = self.long = 0
        dates = r.instances(40)
        touched = [] if self.task else rnd.sample(dates,
                                                  min(len(dates), rnd.randrange(6)))
        self.deleted = sorted(touched[:len(touched) // 2])
        self.changed = sorted((d, rnd.choice([-1, 0, 1]),
                               rnd.randrange(0, 4))
                              for d in touched[len(touched) // 2:])

    def begin(self, d):
        return midnight(d) + dt.timedelta(minutes=self.at)

    def moved(self, c):
        d, days, hours = c
        t = self.begin(d) + dt.timedelta(days=days)
        return t if self.all_day else t + dt.timedelta(hours=hours)

    def instances(self, most):
        changed = {c[0]: self.moved(c) for c in self.changed}
        return sorted(changed.get(d, self.begin(d))
                      for d in self.rule.instances(most)
                      if d not in self.deleted)

    def blob(self):
        r = self.rule
        types = {'day': 0, 'week': 1, 'month': 2, 'nth': 3, 'end': 2}
        frequency = 0x200d if r.yearly else \
            {'day': 0x200a, 'week': 0x200b}.get(r.kind, 0x200c)
        start = minutes(midnight(r.start))
        if r.kind == 'day':
            first, period = start % (1440 * r.every), 1440 * r.every
        elif r.kind == 'week':
            week = minutes(midnight(r.week(r.start)))
            first, period = week % (10080 * r.every), r.every
        else:
            m = (r.start.year - 1601) * 12 + r.start.month - 1
            m %= r.every
            first = minutes(dt.datetime(1601 + m // 12, m % 12 + 1, 1))
            period = r.every
        out = struct.pack('<5HLLL', 0x3004, 0x3004, frequency, types[r.kind],
                          0, first, period, 0)
        if r.kind in ('week', 'nth'):
            out += struct.pack('<L', r.mask)
        elif r.kind in ('month', 'end'):
            out += struct.pack('<L', r.day)
        if r.kind == 'nth':
            out += struct.pack('<L', r.n)
        if r.ends == 'never':
            end, count, last = 0x2023, 10, NO_END
        else:
            every = r.all_instances()
            last = minutes(midnight(r.until if r.ends == 'by'
                                    else every[-1]))
            end = 0x2021 if r.ends == 'by' else 0x2022
            count = len(every)
        out += struct.pack('<LLL', end, count, r.first_dow)
        for dates in (self.deleted + [c[0] for c in self.changed],
                      [self.moved(c).date() for c in self.changed]):
            out += struct.pack('<L', len(dates))
            for d in sorted(dates):
                out += struct.pack('<L', minutes(midnight(d)))
        out += struct.pack('<LL', start, last)
        return out if self.task else out + self.rest()

    def rest(self):
        out = struct.pack('<LLLLH', 0x3006, 0x3009, self.at,
                          self.at + self.long, len(self.changed))
        times = []
        for c in self.changed:
            new = minutes(self.moved(c))
            times.append(struct.pack('<LLL', new, new + self.long,
                                     minutes(self.begin(c[0]))))
            text = 'ch\u00e4nged \u65e5' + str(c[2])
            # what 8 bits can hold of it, and all of it further down
            narrow = 'ch?nged ?%d' % c[2]
            out += times[-1] + struct.pack('<HHH', 1, len(narrow) + 1,
                                           len(narrow)) + narrow.encode()
        out += struct.pack('<L', 0)
        for c, t in zip(self.changed, times):
            text = ('ch\u00e4nged \u65e5' + str(c[2])).encode('utf-16-le')
            out += struct.pack('<LLL', 4, 0, 0) + t
            out += struct.pack('<H', len(text) // 2) + text
            out += struct.pack('<L', 0)
        return out + struct.pack('<L', 0)

    def line(self):
        return '%s %s %s %d %d %s\n' % (
            self.name, self.blob().hex(),
            self.zone.blob().hex() if self.zone else '-', 0, 0,
            ','.join(f for f in ('allday' if self.all_day else '',
                                 'task' if self.task else '') if f) or '-')


# ---------------------------------------------------------------- checking
def naive(t):
    if isinstance(t, dt.datetime):
        return t.replace(tzinfo=None)
    return midnight(t)


def expand(cal, series, most, faults):
    """All instances as wall times, by somebody else's code."""
    parts = cal.walk('VTODO' if series.task else 'VEVENT')
    master = [p for p in parts if 'RECURRENCE-ID' not in p]
    if len(master) != 1:
        faults.append('%d masters' % len(master))
        return []
    master = master[0]
    start = naive(master['DTSTART'].dt)
    rule = master['RRULE']
    if 'UNTIL' in rule:
        until = rule['UNTIL'][0]
        if isinstance(until, dt.datetime) and until.tzinfo is not None:
            # by the zone that is in the file, not one of the same name
            zones = cal.walk('VTIMEZONE')
            if zones:
                until = until.astimezone(zones[0].to_tz())
        rule['UNTIL'] = [naive(until)]
    text = rule.to_ical().decode()
    found = dateutil.rrule.rrulestr(text, dtstart=start)
    out = []
    for t in found:
        if len(out) == most or t.year >= 2120:
            break
        out.append(t)
    ex = master.get('EXDATE', [])
    gone = {naive(d.dt) for e in (ex if isinstance(ex, list) else [ex])
            for d in e.dts}
    for d in gone:
        if d not in out:
            faults.append('EXDATE %s is no instance' % d)
    out = [t for t in out if t not in gone]
    for p in parts:
        if p is master:
            continue
        original = naive(p['RECURRENCE-ID'].dt)
        if original not in out:
            faults.append('RECURRENCE-ID %s is no instance' % original)
            continue
        out.remove(original)
        out.append(naive(p['DTSTART'].dt))
        if p['SUMMARY'][:9] != 'ch\u00e4nged \u65e5':
            faults.append('SUMMARY is %r' % p['SUMMARY'])
        span = naive(p.get('DTEND', p['DTSTART']).dt) - naive(p['DTSTART'].dt)
        if span != dt.timedelta(minutes=series.long):
            faults.append('a changed one takes %s' % span)
    return sorted(out)


def check_zone(cal, series, walls, faults):
    """UTC by the VTIMEZONE that came along, and by the tz database."""
    zones = cal.walk('VTIMEZONE')
    if len(zones) != (1 if series.zone else 0):
        faults.append('%d time zones' % len(zones))
        return 0
    if not zones:
        return 0
    mine = zones[0].to_tz()
    n = 0
    for w in walls:
        if w.year not in series.zone.years:
            continue
        true = w.replace(tzinfo=series.zone.tz)
        if true.utcoffset() != (true + dt.timedelta(hours=2)).utcoffset() or \
           true.utcoffset() != (true - dt.timedelta(hours=2)).utcoffset():
            continue  # near a change the two differ in what they mean
        if mine.localize(w).utcoffset() != true.utcoffset():
            faults.append('%s is %s, not %s' %
                          (w, mine.localize(w).utcoffset(), true.utcoffset()))
        n += 1
    return n


def main():
    args = sys.argv[1:]
    seed, count = 1, 300
    while args and args[0].startswith('--'):
        if args[0] == '--seed':
            seed = int(args[1])
        elif args[0] == '--count':
            count = int(args[1])
        args = args[2:]
    rnd = random.Random(seed)
    all_series = [Series(rnd, i) for i in range(count)]
    run = subprocess.run([args[0], 'blobs'], text=True, encoding='utf-8',
                         input=''.join(s.line() for s in all_series),
                         stdout=subprocess.PIPE, check=False)
    if run.returncode:
        print('ical_tool ends with %d' % run.returncode)
    blocks = run.stdout.split('BACK ')
    texts = [blocks[0]] + [b.split('\n', 1)[1] for b in blocks[1:]]
    back = dict(b.split('\n', 1)[0].split(' ', 1) for b in blocks[1:])
    total = zoned = bad = 0
    for s, text in zip(all_series, texts):
        faults = []
        cal = icalendar.Calendar.from_ical(text)
        most = 60
        got = expand(cal, s, most, faults)
        want = s.instances(most)
        if got != want:
            faults.append('instances: %d, not %d; first wrong: %s' % (
                len(got), len(want),
                [p for p in zip(got, want) if p[0] != p[1]][:1]))
        total += len(want)
        if not s.task:
            zoned += check_zone(cal, s, want, faults)
        blob = s.blob()
        if s.task and s.rule.ends == 'after':
            blob = b''  # what is left of it is written with its last day
        feb = s.rule.yearly and s.rule.kind == 'month' and \
            s.rule.start.month == 2 and s.rule.day > 28
        if blob and not feb and back.get(s.name) != blob.hex():
            faults.append('the way back:\n#   %s\n#   %s' %
                          (blob.hex(), back.get(s.name)))
        for f in faults:
            print('# %s (%s, every %d, %s): %s' % (
                s.name, s.rule.kind, s.rule.every, s.rule.ends, f))
        bad += bool(faults)
    print('# %d series, %d instances, %d of them in time zones; %d wrong' %
          (len(texts), total, zoned, bad))
    return 1 if bad or run.returncode or len(texts) != count + 1 else 0


if __name__ == '__main__':
    sys.exit(main())
