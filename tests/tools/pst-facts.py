#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What pstdump says about a PST, against what several independent readers
agreed on (FILE.oracle.json): N facts held of M tried, by category.

    pst-facts.py [-v] [-r own|libpst] PSTDUMP FILE...

Prints one line a category over all files, with -v each fact that does not
hold; exits 1 if any does not.  A damaged file's oracle is what is still
readable, not the truth."""

import collections
import hashlib
import json
import os
import subprocess
import sys

KINDS = ('folders', 'counts', 'items', 'classes', 'subjects', 'times',
         'flags', 'message-id', 'recipients', 'bodies', 'attachments',
         'embedded')


class Facts:
    def __init__(self, verbose):
        self.held = collections.Counter()
        self.tried = collections.Counter()
        self.verbose = verbose

    def check(self, kind, where, got, want):
        self.tried[kind] += 1
        if got == want:
            self.held[kind] += 1
        elif self.verbose:
            print(f'{where}: {kind}: got {got!r}, not {want!r}'[:400])


def dump(tool, reader, codepage, path):
    # a store that declares no code page: the user says it (--codepage)
    out = subprocess.run([tool, '-t', '-r', reader, '-c', codepage, path],
                         stdout=subprocess.PIPE, timeout=120).stdout
    folders, messages = {}, {}
    for line in out.decode('utf-8', 'replace').splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue  # a reader that died in the middle of a line
        if row['type'] == 'folder':
            folders[row['nid']] = row
        elif row['type'] == 'message':
            messages[row['nid']] = row
    return folders, messages


def folder_path(folders, nid):
    names, seen = [], set()
    while nid in folders and nid not in seen and folders[nid]['parent']:
        seen.add(nid)
        names.append(folders[nid].get('name') or '')
        nid = folders[nid]['parent']
    return ''.join('/' + n for n in reversed(names))


def plain(text):
    # trailing blanks are not worth a quarrel
    return (text or '').rstrip('\0 \r\n')


def address(text):
    """The oracle has the column as it is; what is neither SMTP nor X.500 (a
    name once more, mostly) is no address."""
    text = text or ''
    if text.startswith('/') or ('@' in text and ' ' not in text):
        return text
    return ''


def body_hashes(body):
    """The oracle hashed the bytes of the property: UTF-16LE, mostly."""
    text = body.get('text', '').encode('utf-16-le', 'surrogatepass')
    return (body.get('sha256'), hashlib.sha256(text).hexdigest())


def check_attachments(facts, where, got, want):
    facts.check('attachments', where, len(got), len(want))
    key = lambda a: (a.get('sha256') or '', a.get('name') or '')
    have = collections.Counter(key(a) for a in got if 'message' not in a)
    for a in want:
        if 'sha256' not in a:
            continue
        facts.check('attachments', where + ' ' + str(a['name']),
                    (a['sha256'], a['name'] or '') if have[key(a)] > 0
                    else None, (a['sha256'], a['name'] or ''))
        have[key(a)] -= 1
    inner = [a['message'] for a in got if 'message' in a]
    wanted = [a['message'] for a in want if a.get('message')]
    facts.check('embedded', where, len(inner), len(wanted))
    for g, w in zip(inner, wanted):
        check_message(facts, where + ' embedded', g, w, 'embedded')


def bare(a):
    """The oracle has the property as it is in the store; what stands around
    an address ('...', <...>) is no part of it."""
    return address(a).strip("'\"<>")


def check_recipients(check, got, want):
    """Where the oracle found no address, only one that the name itself is
    may be told: any other one would be invented."""
    want = sorted([t, n or '', bare(a)] for t, n, a in want)
    unknown = {(t, n) for t, n, a in want if not a}
    got = sorted([t, n, '' if (t, n) in unknown and bare(a) == bare(n)
                  else bare(a)] for t, n, a in got)
    check('recipients', [str(r) for r in got], [str(r) for r in want])


def check_message(facts, where, got, want, only=None):
    def check(kind, g, w):
        facts.check(only or kind, where, g, w)
    check('classes', got.get('class'), want['class'])
    check('subjects', plain(got.get('subject')), plain(want['subject']))
    for key in ('delivery', 'submit', 'created'):
        check('times', got.get(key), want[key])
    for key in ('read', 'unsent', 'answered', 'forwarded', 'flagged'):
        if key in want:
            check('flags', got.get(key), want[key])
    if want.get('importance') is not None:
        check('flags', got.get('importance'), want['importance'])
    for key in ('message_id', 'in_reply_to', 'references'):
        check('message-id', plain(got.get(key)), plain(want[key]))
    check_recipients(check, got.get('recipients', []), want['recipients'])
    bodies = got.get('bodies', {})
    for key, body in want['bodies'].items():
        if key != 'rtf':
            check('bodies', body['sha256'] in
                  body_hashes(bodies.get(key, {})), True)
    check_attachments(facts, where, got.get('attachments', []),
                      want['attachments'])


def check_file(facts, tool, reader, path):
    with open(path + '.oracle.json') as f:
        want = json.load(f)
    name = os.path.basename(path)
    codepage = want.get('store_codepage') or 'cp1252'
    folders, messages = dump(
        tool, reader, '0' if codepage == 'cp1252' else codepage[2:], path)
    found = sorted(folder_path(folders, n) for n in folders)
    wanted = [f for f in want['folders'] if not f['search']]
    for f in wanted:
        facts.check('folders', f'{name} {f["path"]}', f['path'] in found,
                    True)
        held = sum(m['parent'] == f['nid'] for m in messages.values())
        facts.check('counts', f'{name} {f["path"]}', held, f['items'])
    for m in want['messages']:
        where = f'{name} {m["nid"]:#x}'
        got = messages.get(m['nid'])
        facts.check('items', where,
                    got is not None and 'err' not in got, True)
        if got is not None and 'err' not in got:
            check_message(facts, where, got, m)
        else:
            check_message(facts, where, {}, m)


def main():
    args = sys.argv[1:]
    verbose, reader = False, 'own'
    while args and args[0].startswith('-'):
        if args[0] == '-v':
            verbose = True
        else:
            reader = args.pop(1)
        args.pop(0)
    facts = Facts(verbose)
    for path in args[1:]:
        check_file(facts, args[0], reader, path)
    for kind in KINDS:
        print(f'{kind}: {facts.held[kind]} facts held of '
              f'{facts.tried[kind]} tried')
    held, tried = sum(facts.held.values()), sum(facts.tried.values())
    print(f'all: {held} facts held of {tried} tried')
    return held != tried


sys.exit(main())
