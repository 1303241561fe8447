#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare what `postroad ls --messages --json` lists with a Maildir or a tree
of message files, looked at here without any of postroad's code.

    boxes_check.py maildir|eml SOURCE <listing

Prints what does not hold, and at last "N M": facts held, facts tried.
"""
import base64
import hashlib
import json
import os
import re
import sys
import time

FLAGS = {'D': 'draft', 'F': 'flagged', 'P': 'forwarded', 'R': 'answered',
         'S': 'seen', 'T': 'deleted'}
MAIL = {b'received', b'return-path', b'message-id', b'from', b'to', b'cc',
        b'subject', b'date', b'mime-version', b'delivered-to'}
held = tried = 0


def fact(what, got, want):
    global held, tried
    tried += 1
    if got == want:
        held += 1
    else:
        print(f'{what}: got {got!r}, want {want!r}')


def crlf(data):
    return re.sub(rb'(?<!\r)\n', b'\r\n', data)


def sha(data):
    return hashlib.sha256(data).hexdigest()


def is_mail(data):
    """True, False, or None where people may differ."""
    if data.startswith(b'\xef\xbb\xbf'):
        data = data[3:]
    fields = part = other = 0
    for line in data[:65536].split(b'\n'):
        line = line.rstrip(b'\r')
        if not line:
            break
        if line[:1] in b' \t':
            continue
        m = re.match(rb'([!-9;-~]+)[ \t]*:', line)
        if m and m.group(1).lower() in MAIL:
            fields += 1
        elif m and m.group(1).lower().startswith((b'content-', b'x-')):
            part += 1
        elif not m:
            other += 1
    if fields >= 2 and other == 0:
        return True
    return False if fields + part == 0 else None


def mutf7(name):
    def run(m):
        if not m.group(1):
            return '&'
        b = m.group(1).replace(',', '/')
        raw = base64.b64decode(b + '=' * (-len(b) % 4))
        return raw.decode('utf-16-be')
    try:
        if not name.isascii():
            return name
        out = re.sub(r'&([A-Za-z0-9+,]*)-', run, name)
        return name if '&' in re.sub(r'&[A-Za-z0-9+,]*-', '', name) else out
    except (ValueError, UnicodeError):
        return name


def iso(path):
    return time.strftime('%Y-%m-%dT%H:%M:%SZ',
                         time.gmtime(int(os.stat(path).st_mtime)))


def files(top):
    for where, dirs, names in os.walk(top):
        dirs.sort()
        for name in sorted(names):
            path = os.path.join(where, name)
            yield os.path.relpath(path, top), path


def check_common(rel, path, entry, data):
    fact(f'{rel}: sha256', entry['sha256'], sha(crlf(data)))
    fact(f'{rel}: size', entry['size'], len(crlf(data)))
    fact(f'{rel}: received', entry['received'], iso(path))


def maildir_folder(rel):
    parts = os.path.dirname(rel).split(os.sep)
    if parts and parts[-1] in ('cur', 'new'):
        parts = parts[:-1]
    out = []
    for p in parts:
        if p.startswith('.'):
            out += [mutf7(c) for c in p[1:].split('.') if c]
        elif p:
            out.append(mutf7(p))
    return '/'.join(out) or 'INBOX'


def maildir_keywords(path):
    box = os.path.dirname(path)
    if os.path.basename(box) in ('cur', 'new'):
        box = os.path.dirname(box)
    try:
        with open(os.path.join(box, 'dovecot-keywords')) as f:
            lines = dict(line.rstrip('\n').split(' ', 1) for line in f)
        return {chr(97 + int(n)): word for n, word in lines.items()}
    except FileNotFoundError:
        return {}


def check_maildir(top, entries):
    undecided = 0
    for rel, path in files(top):
        kind = os.path.basename(os.path.dirname(path))
        name = os.path.basename(path)
        data = open(path, 'rb').read()
        if kind == 'tmp':
            fact(f'{rel}: unfinished', rel in entries, False)
            continue
        if kind not in ('cur', 'new'):
            server = re.match(r'dovecot|maildir|subscriptions|courier', name)
            mail = False if server else is_mail(data)
            if mail is None:
                undecided += 1
                entries.pop(rel, None)
                continue
            fact(f'{rel}: is mail', rel in entries, mail)
            if not mail:
                continue
        entry = entries.pop(rel, None)
        fact(f'{rel}: is listed', entry is not None, True)
        if entry is None:
            continue
        check_common(rel, path, entry, data)
        fact(f'{rel}: folder', entry.get('name', entry['folder']),
             maildir_folder(rel))
        m = re.search(r'[:;]2,([A-Za-z]*)', name)
        letters = m.group(1) if m else ''
        words = maildir_keywords(path)
        flags = {FLAGS[c] for c in letters if c in FLAGS}
        keys = {words[c] for c in letters if c in words}
        if '$Forwarded' in keys:
            keys.remove('$Forwarded')
            flags.add('forwarded')
        fact(f'{rel}: flags', entry['flags'], sorted(flags))
        fact(f'{rel}: keywords', entry['keywords'], sorted(keys))
    return undecided


def emlx(data):
    first, rest = data.split(b'\n', 1)
    size = int(first)
    end = rest.rfind(b'<?xml')
    return rest[:size] if end < 0 or size <= end else rest[:end]


def check_eml(top, entries):
    undecided = 0
    for rel, path in files(top):
        data = open(path, 'rb').read()
        name = os.path.basename(path).lower()
        folder = os.path.dirname(rel) or 'INBOX'
        if data.startswith(b'From '):
            # an mbox: its reader has a check of its own
            mboxes = [k for k, e in entries.items()
                      if e['source']['kind'] == 'mbox' and
                      e['source']['path'] == rel]
            fact(f'{rel}: messages of an mbox', bool(mboxes), True)
            for k in mboxes:
                entries.pop(k)
            continue
        if name.endswith('.emlx'):
            try:
                data, mail = emlx(data), True
            except ValueError:
                mail = False
        else:
            mail = is_mail(data)
            if name.endswith('.eml'):
                mail = bool(data)
        if mail is None:
            undecided += 1
            entries.pop(rel, None)
            continue
        entry = entries.pop(rel, None)
        fact(f'{rel}: is mail', entry is not None, mail)
        if entry is None:
            continue
        check_common(rel, path, entry, data)
        fact(f'{rel}: folder', entry.get('name', entry['folder']), folder)
    return undecided


def main():
    kind, top = sys.argv[1:]
    entries = {}
    for line in sys.stdin:
        e = json.loads(line)
        src = e['source']
        key = src['path']
        if src['kind'] == 'mbox':
            key += f'@{src["offset"]}'
        entries[key] = e
    check = check_maildir if kind == 'maildir' else check_eml
    undecided = check(top, entries)
    fact('messages that no file explains', sorted(entries), [])
    if undecided:
        print(f'({undecided} files that one may call mail or not)')
    print(held, tried)


main()
