#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the mail of two spools, message by message, as Python's email
package reads it: subject, dates, flags, people, text, HTML and the bytes of
attachments, in messages within messages, too.

	roundtrip_facts.py [-v] BEFORE AFTER

BEFORE and AFTER are what 'ls --messages --json' printed of two spools, named
by their directories: the lists are read from DIR.jsonl.  Messages come in the
same order in each folder.  Prints "HELD TRIED"; with -v, each fact that does
not hold is named on stderr.

What a PST cannot hold (docs/pst-limits.md) is taken as equal here: line ends
of text, blanks at its end, how a name was quoted, nameless attachments'
names.
"""
import email
import email.policy
import email.utils
import hashlib
import json
import re
import sys
import unicodedata

VERBOSE = '-v' in sys.argv
ARGS = [a for a in sys.argv[1:] if a != '-v']
held = tried = 0
kinds = {}


def fact(ok, kind, what):
    global held, tried
    tried += 1
    held += bool(ok)
    if not ok:
        kinds[kind] = kinds.get(kind, 0) + 1
        if VERBOSE:
            print('%s: %s' % (kind, what), file=sys.stderr)


def header(msg, name):
    try:
        v = msg.get(name)
        return None if v is None else str(v)
    except Exception:  # Python's own parser fails on some
        return next((str(v) for n, v in msg.raw_items()
                     if n.lower() == name.lower()), None)


def plain_words(s):
    """Without blanks, and with bytes that are no text all alike."""
    s = ''.join(c if c.isprintable() and ord(c) < 0xfff0 and
                not 0xdc00 <= ord(c) < 0xe000 else '\ufffd'
                for c in ''.join((s or '').split()))
    return re.sub('\ufffd+', '\ufffd', s)


def undecodable(s):
    return any(c == '\ufffd' or 0xd800 <= ord(c) < 0xe000 for c in s or '')


def same_words(a, b):
    if plain_words(a) == plain_words(b):
        return True
    # raw 8-bit bytes of no charset: letters may be guessed, ASCII may not
    if undecodable(a):
        return re.sub('[^!-~]', '', a) == re.sub('[^!-~]', '', b or '')
    return False


def lines(data):
    """Text without its last line ends, lines ended by LF."""
    return data.replace(b'\r\n', b'\n').replace(b'\r', b'\n').rstrip(b'\n')


def decoded(part):
    data = part.get_payload(decode=True) or b''
    charset = part.get_content_charset() or 'ascii'
    try:
        return data.decode(charset)
    except (UnicodeError, LookupError):
        try:
            return data.decode('utf-8')
        except UnicodeError:
            try:
                return data.decode(charset, 'replace')
            except LookupError:
                return data.decode('latin-1')


def same_text(a, b):
    ta, tb = decoded(a), decoded(b)
    def norm(t):
        t = t.replace('\r\n', '\n').replace('\r', '\n').rstrip()
        return t.replace('\0', '').replace('\ufeff', '')
    if norm(ta) == norm(tb):
        return True
    odd = undecodable(ta) or re.search('[\x80-\x9f]', ta) or \
        (a.get_content_charset() or 'ascii') in ('ascii', 'us-ascii') or \
        any(c == '\ufffd' for c in tb)
    if odd:
        def ascii_only(t):
            return re.sub('[^!-~]', '', t)
        return ascii_only(ta) == ascii_only(tb)
    return False


def walk(msg, nested=()):
    """(kind, part) of each leaf; 'message' for a message in it."""
    t = msg.get_content_type()
    if t in ('message/rfc822', 'message/global', 'message/news') and \
            isinstance(msg.get_payload(), list):
        yield 'message', msg
    elif msg.get_content_maintype() == 'multipart' and \
            isinstance(msg.get_payload(), list):
        for p in msg.get_payload():
            yield from walk(p)
    else:
        yield 'leaf', msg


def payload(part):
    if isinstance(part.get_payload(), list):
        return b'\r\n'.join(p.as_bytes() for p in part.get_payload())
    return part.get_payload(decode=True) or b''


def is_text(part, kind):
    return part.get_content_type() == kind and \
        part.get_content_disposition() != 'attachment'


def name_of(part):
    try:
        return part.get_filename()
    except Exception:
        return None


def sane(name):
    return plain_words(re.sub('[/\\\\:]', '_', name or ''))[:60]


BROKEN = ('NoBoundaryInMultipartDefect', 'StartBoundaryNotFoundDefect',
          'MisplacedEnvelopeHeaderDefect', 'MissingHeaderBodySeparatorDefect',
          'MultipartInvariantViolationDefect', 'InvalidBase64LengthDefect',
          'FirstHeaderLineIsContinuationDefect')


def is_broken(msg):
    """Python itself says that the structure is not what MIME has."""
    for p in msg.walk():
        payload(p)
        if any(type(d).__name__ in BROKEN for d in p.defects):
            return True
        if p.get_content_type() == 'message/rfc822' and \
                not isinstance(p.get_payload(), list):
            return True
    return False


def everything(msg):
    return b'\n'.join(lines(payload(p)) for k, p in walk(msg)
                      if k == 'leaf') + b'\n' + \
        b'\n'.join(everything(p.get_payload()[0]) for k, p in walk(msg)
                   if k == 'message')


def compare_broken(a, b, where):
    """No agreement on what the parts are: every line is there."""
    have = set(re.findall(b'[!-~]{4,}', everything(b)))
    for kind, p in walk(a):
        if kind != 'leaf' or p.get_content_maintype() == 'message':
            continue
        want = set(re.findall(b'[!-~]{4,}', payload(p)))
        lost = [w for w in want - have if not w.startswith(b'--')]
        fact(len(lost) * 20 <= len(want), 'broken', '%s: %r' %
             (where, lost[:5]))


def compare_leaves(a, b, where):
    if is_broken(a):
        compare_broken(a, b, where)
        return
    la = [p for p in walk(a)]
    lb = [p for p in walk(b)]
    # an empty text that stands for none
    def hollow(k, p):
        return k == 'leaf' and (p.get_content_type() in
            ('text/plain', 'text/html') and not name_of(p) or
            p.get_content_maintype() == 'multipart') and \
            not (payload(p) or b'').strip()
    la = [(k, p) for k, p in la if not hollow(k, p)]
    lb = [(k, p) for k, p in lb if not hollow(k, p)]
    fact(len(la) == len(lb), 'parts', '%s: %d parts, not %d: %r / %r' %
         (where, len(lb), len(la), [p.get_content_type() for _, p in lb],
          [p.get_content_type() for _, p in la]))
    left = list(lb)
    for i, (k, p) in enumerate(la):
        best = None
        for cand in left:
            if cand[0] == k and match(p, cand[1], k):
                best = cand
                break
        at = '%s part %d (%s)' % (where, i, p.get_content_type())
        if best is None:
            if k == 'leaf' and p.get_content_type() == 'text/plain':
                fact(False, 'text', '%s %r' % (at, payload(p)[:60]))
            else:
                fact(False, 'html' if p.get_content_type() == 'text/html'
                     else 'bytes', at + ' is not there: %r %r' %
                     (name_of(p), payload(p)[:60]))
            continue
        fact(True, 'bytes', at)
        left.remove(best)
        q = best[1]
        n = name_of(p)
        if n and k == 'leaf' and not p.get_content_type().startswith('text/'):
            fact(sane(n) == sane(name_of(q)), 'name', '%s: %r, not %r' %
                 (at, name_of(q), n))
        if k == 'leaf' and p.get_content_maintype() != 'multipart' and \
                p.get_content_type() != q.get_content_type():
            fact(False, 'type', '%s is %s' % (at, q.get_content_type()))
        if p.get('Content-ID') and k == 'leaf' and \
                p.get_content_maintype() != 'text':
            fact((header(p, 'Content-ID') or '').strip(' <>') ==
                 (header(q, 'Content-ID') or '').strip(' <>'), 'cid', at)
        if k == 'message':
            compare(p.get_payload()[0], q.get_payload()[0], at)


def match(p, q, k):
    if k == 'message':
        return same_words(header(p.get_payload()[0], 'Subject'),
                          header(q.get_payload()[0], 'Subject'))
    if payload(p) == payload(q):
        return True
    # a multipart whose boundary never comes is text
    if p.get_content_maintype() == 'multipart':
        return same_text(p, q)
    if p.get_content_maintype() == 'text' and \
            q.get_content_maintype() == 'text':
        return lines(payload(p)) == lines(payload(q)) or same_text(p, q)
    if p.get_content_maintype() == 'message':
        return lines(payload(p)) == lines(payload(q))
    return False


def addresses(msg, name):
    try:
        values = [str(v) for n, v in msg.raw_items()
                  if n.lower() == name.lower()]
        values = [re.sub(r'\r?\n', '', str(v)) for v in values]
        return [a for _, a in email.utils.getaddresses(values) if a]
    except Exception:
        return None


def same_date(a, b):
    try:
        a = re.sub('[(].*', '', a)
        return email.utils.parsedate_to_datetime(a) == \
            email.utils.parsedate_to_datetime(b)
    except (TypeError, ValueError):
        return False


def compare(a, b, where):
    fact(same_words(header(a, 'Subject'), header(b, 'Subject')), 'subject',
         '%s: %r, not %r' % (where, header(b, 'Subject'),
                             header(a, 'Subject')))
    if a.get('Date') is not None:
        fact(same_words(raw(a, 'Date'), raw(b, 'Date')) or
             same_date(raw(a, 'Date'), raw(b, 'Date')), 'date',
             '%s: %r, not %r' % (where, raw(b, 'Date'), raw(a, 'Date')))
    for name in ('Message-ID', 'In-Reply-To', 'References'):
        if raw(a, name):
            fact(same_words(raw(a, name), raw(b, name)), name,
                 '%s: %r, not %r' % (where, raw(b, name), raw(a, name)))
    for name in ('From', 'Sender', 'Reply-To', 'To', 'Cc', 'Bcc'):
        if raw(a, name) is not None:
            ok = same_words(raw(a, name), raw(b, name)) or \
                addresses(a, name) == addresses(b, name)
            fact(ok, 'people', '%s: %s %r, not %r' %
                 (where, name, raw(b, name), raw(a, name)))
    compare_leaves(a, b, where)


def raw(msg, name):
    return next((str(v) for n, v in msg.raw_items()
                 if n.lower() == name.lower()), None)


def load(path):
    by_folder = {}
    for line in open(path + '.jsonl'):
        m = json.loads(line)
        by_folder.setdefault(m['folder'], []).append(m)
    return by_folder


def main():
    before, after = load(ARGS[0]), load(ARGS[1])
    fact(set(before) == set(after), 'folders',
         '%r %r' % (set(before) - set(after), set(after) - set(before)))
    for folder, old in before.items():
        new = after.get(folder, [])
        fact(len(old) == len(new), 'messages', '%s: %d, not %d' %
             (folder, len(new), len(old)))
        for a, b in zip(old, new):
            where = a['file'].split('/')[-1][:40]
            flags = [f for f in a['flags'] if f != 'deleted']
            fact(flags == b['flags'], 'flags', '%s: %r, not %r' %
                 (where, b['flags'], flags))
            fact([k.lower() for k in a['keywords']] ==
                 [k.lower() for k in b['keywords']], 'keywords',
                 '%s: %r, not %r' % (where, b['keywords'], a['keywords']))
            if a['received'] and not a['received'].startswith('1970'):
                fact(a['received'] == b['received'], 'received',
                     '%s: %s, not %s' % (where, b['received'],
                                         a['received']))
            with open(ARGS[0] + '/' + a['file'], 'rb') as f:
                one = f.read()
            with open(ARGS[1] + '/' + b['file'], 'rb') as f:
                two = f.read()
            compare(email.message_from_bytes(one, policy=POLICY),
                    email.message_from_bytes(two, policy=POLICY), where)
    print(held, tried)
    for k, n in sorted(kinds.items()):
        print('%s: %d' % (k, n), file=sys.stderr)


POLICY = email.policy.default
main()
