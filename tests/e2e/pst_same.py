# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing is invented: pst_same.py WHOLE.spool SPOOL [least]

Every message of SPOOL is one of WHOLE's, none is there twice; with 'least',
nearly: what it has (subject, people, bodies, attachments) is the other's, but
some of it may be missing.  Prints how many are the same and how many less."""

import email
import email.policy
import os
import sys


def load(spool):
    for path, _, names in os.walk(os.path.join(spool, 'mail')):
        for name in names:
            if '.postroad,S=' in name:
                with open(os.path.join(path, name), 'rb') as f:
                    yield email.message_from_binary_file(
                        f, policy=email.policy.compat32)


def parts(m):
    for part in m.walk():
        if not part.is_multipart():
            body = part.get_payload(decode=True) or b''
            yield part.get_content_type(), part.get_filename(), body


def is_rest(part, whole):
    """Is it the whole with a hole, maybe filled with zeros?"""
    part = part.replace(b'\0', b'').strip()
    whole = whole.replace(b'\0', b'').strip()
    head = len(os.path.commonprefix([part, whole]))
    tail = len(os.path.commonprefix([part[::-1], whole[::-1]]))
    return head + tail >= len(part)


def heads(m):
    return [(k.lower(), v) for k, v in m.items()
            if k.lower() not in ('content-type', 'mime-version',
                                 'content-transfer-encoding')]


def main():
    least = 'least' in sys.argv[3:]
    whole = {m['Message-ID']: m for m in load(sys.argv[1])}
    seen = set()
    same = less = 0
    for m in load(sys.argv[2]):
        key = m['Message-ID']
        if key not in whole:
            sys.exit(f'{key} is invented')
        if key in seen:
            sys.exit(f'{key} is there twice')
        seen.add(key)
        o = whole[key]
        if heads(m) == heads(o) and list(parts(m)) == list(parts(o)):
            same += 1
            continue
        less += 1
        if not least:
            sys.exit(f'{key} differs')
        known = [p[2] for p in parts(o)]
        for p in parts(m):
            if not any(is_rest(p[2], k) for k in known):
                sys.exit(f'{key}: {p[:2]} is invented')
        for k, v in heads(m):
            if v not in (h[1] for h in heads(o) if h[0] == k) and \
                    k in ('subject', 'from', 'cc', 'bcc', 'date'):
                sys.exit(f'{key}: {k}: {v} is invented')
    print(same, less)


main()
