#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A week between the first load and the final pass, played at both ends.

	delta_week.py HOST PORT SEED SRC DST

At the source mail comes, is moved, flagged and deleted, and a folder is
renamed; in transform a rule changes; at the destination the user reads, flags,
moves and deletes.  Each day extract, transform and load run; on one of them
each is killed in the middle ($STEPS: the build with crash points) before it
runs to its end; on others extract dies, and what it left goes on to the
destination first: then nothing may be there more often than it came.  What the
destination must hold then is worked out here, from
what was done alone, by the rules of postroad-load(1), and compared with what
imaplib finds there, every day, flags included.

Prints what is wrong; nothing when all is well.  $POSTROAD $CA_FILE $PW_FILE.
"""
import json
import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from delta_imap import Account  # noqa: E402

HOST, PORT, SEED, SRC, DST = sys.argv[1:6]
IMAPS = int(PORT) + 1
ACCESS = ['--ca-file', os.environ['CA_FILE'],
          '--password-file', os.environ['PW_FILE']]
STEPS = os.environ.get('STEPS', '')
LETTERS = ['\\Seen', '\\Flagged', '\\Answered', 'work', 'later']
SOURCE = ['Alpha', 'Beta', 'Gamma', 'Junky']
rng = random.Random(int(SEED))
wrong = []


class Copy:
    """One message, from its arrival at the source on."""

    def __init__(self, n, folder, uid, flags):
        self.n, self.sf, self.suid, self.sflags = n, folder, uid, flags
        self.told = None        # flags, as the destination was last told
        self.bound = None       # the folder there that it was delivered to
        self.at = None          # where it is there; None: nowhere
        self.ours = False       # still there under the number we know
        self.dflags = set()
        self.withdrawn = ''     # 'removed', or 'not there'
        self.last = None        # the source folder that extract last saw
        self.gone = False       # and that it is in none any more
        self.out = None         # the folder in the spool that is loaded
        self.spooled = set()    # the flags, likewise
        self.twin = False

    def as_left(self):
        return self.ours and self.dflags == self.told


class Week:
    def __init__(self):
        self.src, self.dst = Account(HOST, PORT, SRC), Account(HOST, PORT, DST)
        self.copies, self.next = [], 1
        self.names = {f: f for f in SOURCE}     # source folder: by transform
        self.src.create(*SOURCE)
        self.dst.create('Mine')

    # ---- the source
    def arrive(self, folder, flags, n=None):
        twin = n is not None
        if n is None:
            n, self.next = self.next, self.next + 1
        self.src.append(folder, n, *flags)
        uid = self.last_uid(self.src, folder)
        c = Copy(n, folder, uid, set(flags))
        c.twin = twin
        self.copies.append(c)

    @staticmethod
    def last_uid(account, folder):
        account.ok(account.im.select(account.q(folder), True))
        return int(account.ok(account.im.uid('SEARCH', 'ALL'))[0].split()[-1])

    def there(self):
        return [c for c in self.copies if c.sf is not None]

    def move(self, c, to):
        im = self.src
        im.ok(im.im.select(im.q(c.sf)))
        im.ok(im.im.uid('MOVE', str(c.suid), im.q(to)))
        c.sf, c.suid = to, self.last_uid(im, to)

    def source_day(self, day):
        folders = list(self.names)
        for _ in range(5):
            self.arrive(rng.choice(folders),
                        rng.sample(LETTERS, rng.randrange(3)))
        if day == 1:
            for _ in range(16):
                self.arrive(rng.choice(folders),
                            rng.sample(LETTERS, rng.randrange(3)))
            for c in [c for c in self.copies if c.sf == 'Alpha'][:2]:
                c.twin = True
                self.arrive('Alpha', [], c.n)
            return
        moved = set()
        for c in rng.sample(self.there(), 6):
            # which of two that are the same was moved is the sources's own
            # secret: one of them a day
            if c.n in moved:
                continue
            moved.add(c.n)
            self.move(c, rng.choice([f for f in folders if f != c.sf]))
        for c in rng.sample(self.there(), 6):
            word = rng.choice(LETTERS)
            self.src.ok(self.src.im.select(self.src.q(c.sf)))
            op = '-FLAGS' if word in c.sflags else '+FLAGS'
            self.src.ok(self.src.im.uid('STORE', str(c.suid), op,
                                        f'({word})'))
            c.sflags ^= {word}
        for c in rng.sample([c for c in self.there() if not c.twin], 2):
            self.src.ok(self.src.im.select(self.src.q(c.sf)))
            self.src.ok(self.src.im.uid('STORE', str(c.suid), '+FLAGS',
                                        '(\\Deleted)'))
            self.src.ok(self.src.im.uid('EXPUNGE', str(c.suid)))
            c.sf = None
        if day == 3:
            self.src.rename('Gamma', 'Golf')
            self.names['Golf'] = self.names.pop('Gamma')
            self.names['Golf'] = 'Golf'
            for c in self.copies:
                if c.sf == 'Gamma':
                    c.sf = 'Golf'
                # what was gone before stays behind
                if c.last == 'Gamma' and not c.gone:
                    c.last = 'Golf'
        if day == 5:
            self.names['Beta'] = 'Bravo'

    # ---- the destination's user
    def user_day(self):
        mine = [c for c in self.copies if c.at is not None and not c.twin]
        for c in rng.sample(mine, min(4, len(mine))):
            word = rng.choice(LETTERS)
            if word in c.dflags:
                self.dst.unflag(c.at, c.n, word)
            else:
                self.dst.flag(c.at, c.n, word)
            c.dflags ^= {word}
        for c in rng.sample(mine, min(2, len(mine))):
            to = rng.choice(['Mine', 'Alpha'])
            if to == c.at:
                continue
            self.dst.move(c.at, c.n, to)
            c.at, c.ours = to, False
        for c in rng.sample(mine, 1):
            self.dst.delete(c.at, c.n)
            c.at, c.ours = None, False

    # ---- what must come of it
    def expect(self, sync, mirror):
        for c in self.copies:
            to = None if c.sf is None else self.names[c.sf]
            if to == 'Junky':
                to = None       # a rule leaves it out
            c.last, c.gone = c.sf or c.last, c.sf is None
            # what is gone stays in the spool, in its folder or where that
            # goes now; what is left out now stays where it was
            if to is not None:
                c.out = to
            elif c.gone and c.last not in (None, 'Junky'):
                c.out = self.names.get(c.last, c.last)
            if c.bound is None:
                if to is None:
                    continue
                c.bound = c.at = to
                c.ours, c.told, c.dflags = True, set(c.sflags), set(c.sflags)
                c.spooled = set(c.sflags)
                continue
            if to is not None:
                c.spooled = set(c.sflags)   # else as it last was
            if to is not None and c.withdrawn:
                removed, c.withdrawn = c.withdrawn == 'removed', ''
                if removed:
                    c.bound = c.at = to
                    c.ours = True
                    c.told, c.dflags = set(c.sflags), set(c.sflags)
                    continue
                c.bound = '?'   # the user took it: not sent again
            if c.withdrawn:
                continue
            if sync and c.bound != '?':
                if c.ours:
                    c.dflags |= c.spooled - c.told
                    c.dflags -= c.told - c.spooled
                c.told = set(c.spooled)
            if c.bound != c.out and c.as_left():
                c.bound = c.at = c.out
            if mirror and to is None:
                if c.as_left():
                    c.at, c.ours, c.withdrawn = None, False, 'removed'
                elif not c.ours:
                    c.withdrawn = 'not there'

    def compare(self, day):
        want = {}
        for c in self.copies:
            if c.at is not None:
                want.setdefault((c.at, str(c.n)), []).append(sorted(c.dflags))
        got = self.dst.contents()
        for key in sorted(set(want) | set(got)):
            a, b = sorted(got.get(key, [])), sorted(want.get(key, []))
            if a != b:
                wrong.append(f'day {day}: {key}: there {a}, expected {b}')
                for c in self.copies:
                    if str(c.n) == key[1]:
                        wrong.append(f'  {vars(c)}')
        if wrong:
            wrong.append(self.said)

    # ---- the stages
    def run(self, args, kill):
        for n in kill:
            env = dict(os.environ, STEP_AT=str(n))
            subprocess.run([STEPS] + args, env=env, capture_output=True)
        r = subprocess.run([os.environ['POSTROAD']] + args,
                           capture_output=True, text=True)
        try:
            return r.returncode, json.loads(r.stdout), r.stderr
        except ValueError:
            wrong.append(f'{args[0]}: status {r.returncode}: {r.stderr}')
            return r.returncode, {}, r.stderr

    def half_a_day(self, day):
        """No message is there more often than it came."""
        came = {}
        for c in self.copies:
            came[str(c.n)] = came.get(str(c.n), 0) + 1
        there = {}
        for (folder, n), copies in self.dst.contents().items():
            there.setdefault(n, []).extend([folder] * len(copies))
        for n, folders in there.items():
            if len(folders) > came[n]:
                wrong.append(f'day {day}, extract killed: {n} is in {folders}')

    def stages(self, day, sync, mirror, half=0):
        kill = []
        if day == 4 and STEPS:
            kill = sorted(rng.sample(range(1, 40), 5))
        src = f'imaps://{SRC}@{HOST}:{IMAPS}/'
        dst = f'imaps://{DST}@{HOST}:{IMAPS}/'
        extract = ['extract', '--json', *ACCESS, src, 'a.spool']
        if half:
            subprocess.run([STEPS] + extract, capture_output=True,
                           env=dict(os.environ, STEP_AT=str(half)))
            rc = 0
        else:
            rc, out, said = self.run(extract, kill)
        if rc != 0:
            wrong.append(f'day {day}: extract: {rc}: {said}')
        rules = ['--exclude', 'Junky']
        for name, as_ in self.names.items():
            if name != as_:
                rules += ['--rename', f'{name}={as_}']
        rc, out, said = self.run(['transform', '--json', *rules, 'a.spool',
                                  'b.spool'], kill)
        if rc != 0:
            wrong.append(f'day {day}: transform: {rc}: {said}')
        args = ['load', '--json', *ACCESS, 'b.spool', dst]
        args += ['--sync-flags'] if sync else []
        args += ['--mirror', '--mirror-limit', '100'] if mirror else []
        rc, out, said = self.run(args, kill)
        self.said = said
        if half:
            # some may have to wait, and --mirror
            if rc not in (0, 1, 75):
                wrong.append(f'day {day}, extract killed: {rc}: {said}')
            self.half_a_day(day)
            return
        fates = ('loaded', 'unchanged', 'refused', 'pending', 'lost')
        if rc != 0 or out['announced'] != sum(out[f] for f in fates):
            wrong.append(f'day {day}: load: {rc}: {said}')

    def verify(self):
        dst = f'imaps://{DST}@{HOST}:{IMAPS}/'
        rc, out, said = self.run(['verify', '--json', *ACCESS, 'b.spool',
                                  dst], [])
        # what the user deleted, and that the spool still has
        missing = sum(1 for c in self.copies
                      if c.bound and c.at is None and not c.withdrawn)
        got = [out[k] for k in ('missing', 'altered', 'duplicated',
                                'wrong_folder', 'wrong_date')]
        if got != [missing, 0, 0, 0, 0]:
            wrong.append(f'verify: {got}, expected {missing} missing: {said}')


HALF = {day: rng.randrange(2, 60) for day in (2, 6, 7)}
week = Week()
for day in range(1, 8):
    week.source_day(day)
    if day > 1:
        week.user_day()
    sync, mirror = day != 2, day in (4, 7)
    if day in HALF and STEPS:
        # without flags: a file may have its new ones, and its row not
        week.stages(day, False, mirror, HALF[day])
    week.expect(sync, mirror)
    week.stages(day, sync, mirror)
    week.compare(day)
    if wrong:
        break
if not wrong:
    week.verify()
print('\n'.join(wrong), end='\n' if wrong else '')
sys.exit(1 if wrong else 0)
