#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does another program read a PST that was made of a spool, whole?

	pst_others.py readpst|pffexport SPOOL PST

Counts folders and messages, and looks for each attachment's bytes (SHA-256),
among what the program wrote; of messages within messages, too, but not with
readpst, which writes those in a way that no parser reads.  Prints
what is missing; the exit status is 0 when nothing is.
"""
import email
import email.policy
import glob
import hashlib
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter

TEXT = ('text/plain', 'text/html')


def sha(data):
    return hashlib.sha256(data).hexdigest()


def leaves(msg, nested):
    t = msg.get_content_type()
    sub = msg.get_payload()
    if t == 'message/external-body':
        return
    if t.startswith('message/') and isinstance(sub, list):
        for p in sub if nested else []:
            yield from leaves(p, nested)
    elif isinstance(sub, list):
        for p in sub:
            yield from leaves(p, nested)
    elif t not in TEXT or msg.get_content_disposition() == 'attachment':
        yield msg


def whole(path):
    with open(path, 'rb') as f:
        return email.message_from_bytes(f.read(),
                                        policy=email.policy.compat32)


def spool_facts(spool, nested):
    """Folders, messages, attachments of a spool."""
    folders, count, found = set(), 0, Counter()
    for d, _, files in os.walk(spool + '/mail'):
        if os.path.basename(d) != 'cur':
            continue
        if files or nested:
            folders.add(os.path.relpath(os.path.dirname(d),
                                        spool + '/mail'))
        for f in files:
            msg = whole(d + '/' + f)
            count += 1
            # kept whole, to be verified
            if msg.get_content_type() == 'multipart/signed':
                continue
            for p in leaves(msg, nested):
                data = p.get_payload(decode=True)
                if data and p.get_content_maintype() != 'multipart' and \
                        not p.defects:
                    found[sha(data)] += 1
    return folders, count, found


def by_readpst(pst, out):
    subprocess.run(['readpst', '-j', '0', '-e', '-D', '-q', '-o', out, pst],
                   check=True, stdout=subprocess.DEVNULL)
    found, count, folders = Counter(), 0, set()
    for path in glob.glob(out + '/**/*.eml', recursive=True):
        count += 1
        for p in leaves(whole(path), True):
            data = p.get_payload(decode=True)
            if data:
                found[sha(data)] += 1
                found[sha(data.replace(b'\r\n', b'\n'))] += 1
    for d, sub, _ in os.walk(out):
        folders.update(sub)
    return folders, count, found


def by_pffexport(pst, out):
    subprocess.run(['pffexport', '-q', '-f', 'all', '-m', 'all', '-t',
                    out + '/x', pst], check=True, stdout=subprocess.DEVNULL)
    found, count, folders = Counter(), 0, set()
    for d, sub, files in os.walk(out + '/x.export'):
        name = os.path.basename(d)
        if name.startswith('Message0') and '/Attachments' not in d:
            count += 1
        folders.update(sub)
        if os.path.basename(os.path.dirname(d)) == 'Attachments' or \
                name == 'Attachments' or '/Attachments/' in d:
            for f in files:
                with open(d + '/' + f, 'rb') as h:
                    found[sha(h.read())] += 1
    return folders, count, found


def main():
    tool, spool, pst = sys.argv[1:]
    want_folders, want_count, want = \
        spool_facts(spool, tool != 'readpst')
    with tempfile.TemporaryDirectory() as out:
        folders, count, found = {'readpst': by_readpst,
                                 'pffexport': by_pffexport}[tool](pst, out)
    bad = 0
    if count != want_count:
        print('%s: %d messages, not %d' % (tool, count, want_count))
        bad += 1
    missing = [h for h in want if found[h] < 1]
    if missing:
        print('%s: %d of %d attachments are not there' %
              (tool, len(missing), len(want)))
        bad += 1
    for f in want_folders:
        name = f.split('/')[-1]
        if name == 'INBOX':
            name = 'Inbox'
        if re.fullmatch('[A-Za-z0-9 ._-]+', name) and name not in folders:
            print('%s: folder %s is not there' % (tool, f))
            bad += 1
    print('%s: %d messages, %d attachments, %d folders' %
          (tool, count, len(want), len(want_folders)))
    sys.exit(bad > 0)


main()
