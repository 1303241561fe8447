#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""pst_codepages.py pffexport|readpst DIR: which code pages of pst_cases.py's
case "codepages" that program reads, too; prints those that it does not."""
import email
import email.policy
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + '/../tools')
from pst_cases import ANSI_CODEPAGES, CODEPAGES, in_codepage  # noqa: E402

found = {'ansi': set(), 'html': set()}
for path, dirs, files in os.walk(sys.argv[2]):
    for name in files:
        kind = 'ansi' if '/ansi' in path else 'html'
        with open(os.path.join(path, name), 'rb') as f:
            data = f.read()
        if sys.argv[1] == 'pffexport':
            if name == 'Message.txt':
                found[kind].add(data.decode('utf-8', 'replace').split(' body')[0])
            elif name == 'Message.html':
                found[kind].add(data)
            continue
        m = email.message_from_bytes(data, policy=email.policy.default)
        for part in m.walk():
            if part.get_content_type() == 'text/plain':
                raw = part.get_payload(decode=True)
                # readpst's names of some are nobody's
                charset = {'gb2313': 'gbk', 'windows-932': 'cp932'}.get(
                    part.get_content_charset(), part.get_content_charset())
                try:
                    text = raw.decode(charset or 'utf-8', 'replace')
                except LookupError:
                    continue
                found[kind].add(text.split(' body')[0].strip())
            elif part.get_content_type() == 'text/html':
                found[kind].add(part.get_payload(decode=True).strip())
lacks = []
for cp in ANSI_CODEPAGES:
    if in_codepage(cp)[0] not in found['ansi']:
        lacks.append('ansi:%d' % cp)
for cp in CODEPAGES:
    raw = in_codepage(cp)[1]
    if not any(isinstance(s, bytes) and raw in s for s in found['html']):
        lacks.append('html:%d' % cp)
print(' '.join(lacks))
