#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare a spool that was extracted from a PST with what independent readers
found in it (FILE.oracle.json).

	spool_facts.py [-v] ORACLE SUMMARY FOLDERS MESSAGES SPOOL

SUMMARY is what 'extract --json' printed, FOLDERS 'ls --json', MESSAGES 'ls
--messages --json'.  Prints "HELD TRIED"; with -v, each fact that does not
hold is named on stderr.

Messages are parsed by Python's email package, which had no part in making
them.
"""
import email
import email.policy
import email.utils
import hashlib
import json
import sys
from datetime import datetime, timezone

VERBOSE = '-v' in sys.argv
ARGS = [a for a in sys.argv[1:] if a != '-v']
held = tried = 0


def fact(ok, what):
    global held, tried
    tried += 1
    held += bool(ok)
    if not ok and VERBOSE:
        print(what, file=sys.stderr)


def same_text(a, b):
    """Blanks at line folds and at the ends do not count."""
    return ''.join((a or '').split()) == ''.join((b or '').split())


def header(msg, name):
    v = msg.get(name)
    return None if v is None else str(v)


def msg_id(msg, name):
    """As it stands: Python repairs what is not quite an id."""
    for n, v in msg.raw_items():
        if n.lower() == name.lower():
            return str(v)
    return None


def ipm_prefix(oracle):
    for f in oracle['folders']:
        if f['nid'] == 0x8022:
            return f['path']
    for f in oracle['folders']:
        if f['path'].endswith('/IPM_SUBTREE') and 'Mailbox' in f['path']:
            return f['path']
    return None


INBOXES = ('inbox', 'boîte de réception', '受信トレイ', 'posteingang')


def spool_path(path, prefix):
    """The spool's path of a folder, or None for one outside the subtree."""
    if prefix is None or not path.startswith(prefix + '/'):
        return None
    parts = path[len(prefix) + 1:].split('/')
    if parts[0].lower() in INBOXES:
        parts[0] = 'INBOX'
    # names that a Maildir has itself are encoded (docs/spool.md)
    return '/'.join('%%%02X%s' % (ord(p[0]), p[1:])
                    if p in ('cur', 'new', 'tmp') else p for p in parts)


def leaves(msg):
    """Attachments in order: not the bodies."""
    if msg.get_content_type() == 'message/rfc822':
        yield msg
        return
    if msg.is_multipart() and \
            msg.get_content_maintype() == 'multipart':
        for part in msg.get_payload():
            yield from leaves(part)
        return
    if msg.get_filename() and msg.get_filename() != 'body.rtf':
        yield msg


def part_bytes(part):
    if part.get_content_maintype() == 'message':
        return b''.join(p.as_bytes(policy=email.policy.SMTP)
                        for p in part.get_payload())
    return part.get_payload(decode=True) or b''


def bodies(msg, kind):
    for part in msg.walk():
        if part.get_content_type() == kind and not part.get_filename():
            return part.get_payload(decode=True), part.get_content_charset()
    return None, None


def check_body(msg, want, kind, name, where):
    if not want:
        return
    data, charset = bodies(msg, kind)
    if data is None:
        fact(False, '%s: no %s body' % (where, name))
        return
    forms = [data]
    try:
        text = data.decode(charset or 'ascii')
        forms += [text.encode('utf-16-le'), text.encode('utf-8')]
    except (UnicodeError, LookupError):
        pass
    # a store has LF or CRLF, and its last line may lack one
    for end in (b'\r\n', b'\r\0\n\0'):
        forms += [f[:-len(end)] for f in forms if f.endswith(end)]
        forms += [f.replace(end, end[len(end) // 2:]) for f in forms]
    forms += [f + b'\0' for f in forms] + [f + b'\0\0' for f in forms]
    hashes = {hashlib.sha256(f).hexdigest() for f in forms}
    fact(want['sha256'] in hashes, '%s: %s body differs (%s)' %
         (where, name, charset))


def is_called(part, name):
    """By its own name, or as an embedded message's file."""
    have = part.get_filename() or ''
    sane = name.replace('/', '_').replace(':', '_').replace('\\', '_')
    return same_text(have, sane) or same_text(have, sane + '.eml')


def check_attachments(msg, want, where):
    have = list(leaves(msg))
    fact(len(have) == len(want), '%s: %d attachments, not %d' %
         (where, len(have), len(want)))
    # inline ones stand in another order: by name, then as they come
    left = list(have)
    pairs = {}
    for exact in (True, False):
        for i, w in enumerate(want):
            fit = [p for p in left if not exact or
                   is_called(p, w.get('name') or '')]
            if i not in pairs and fit:
                pairs[i] = fit[0]
                left.remove(fit[0])
    for i, w in enumerate(want):
        name = w.get('name') or ''
        part = pairs.get(i)
        at = '%s: attachment %r' % (where, name)
        if part is None:
            fact(False, at + ' is missing')
            continue
        if w.get('type') == 'embedded' and w.get('message'):
            fact(part.get_content_type() == 'message/rfc822',
                 at + ' is ' + part.get_content_type())
            if part.get_content_type() == 'message/rfc822':
                check_message(part.get_payload()[0], w['message'], at, False)
            continue
        if w.get('sha256'):
            data = part_bytes(part)
            ok = hashlib.sha256(data).hexdigest() == w['sha256']
            if part.get_content_maintype() == 'message':
                ok = ok or abs(len(data) - w['size']) < 8
            fact(ok, '%s: %d bytes differ from %s' %
                 (at, len(data), w.get('size')))
        if name:
            fact(is_called(part, name),
                 at + ' is called %r' % part.get_filename())
        if w.get('cid'):
            fact((part.get('Content-ID') or '').strip('<> \r\n') ==
                 w['cid'].strip('<>'), at + ': Content-ID')


def check_people(msg, want, has_headers, where):
    for kind, name in ((1, 'To'), (2, 'Cc'), (3, 'Bcc')):
        people = [r for r in want if r[0] == kind]
        if not people:
            continue
        values = [str(v) for v in msg.get_all(name, [])]
        have = email.utils.getaddresses(values)
        addrs = {a.lower() for _, a in have}
        text = ' '.join(values)
        for _, person, addr in people:
            if addr and '@' in addr and not addr.startswith('/'):
                fact(addr.lower() in addrs, '%s: %s %s <%s> is not in %r' %
                     (where, name, person, addr, text[:100]))
            elif person and not has_headers:
                fact(''.join(person.split()) in ''.join(text.split()),
                     '%s: %s %r is not in %r' %
                     (where, name, person, text[:100]))


def check_message(msg, want, where, top=True):
    fact(same_text(header(msg, 'Subject'), want['subject']),
         '%s: subject %r, not %r' % (where, header(msg, 'Subject'),
                                     want['subject']))
    fact(msg.get_all('From') and len(msg.get_all('From')) == 1,
         '%s: From' % where)
    if want.get('message_id'):
        fact(same_text(msg_id(msg, 'Message-ID'), want['message_id']),
             '%s: Message-ID' % where)
    else:
        fact(msg_id(msg, 'Message-ID'), '%s: no Message-ID' % where)
    for key, name in (('in_reply_to', 'In-Reply-To'),
                      ('references', 'References')):
        if want.get(key):
            fact(same_text(msg_id(msg, name), want[key]) or
                 want[key] in (msg_id(msg, name) or ''),
                 '%s: %s' % (where, name))
    if want.get('submit') and not want.get('has_headers'):
        date = header(msg, 'Date')
        got = email.utils.parsedate_to_datetime(date) if date else None
        fact(got and int(got.timestamp()) == want['submit'],
             '%s: Date %s' % (where, date))
    if want.get('importance') == 2:
        fact('high' in (header(msg, 'Importance') or '').lower() or
             (header(msg, 'X-Priority') or '').strip()[:1] in '12',
             '%s: importance' % where)
    check_people(msg, want.get('recipients') or [], want.get('has_headers'),
                 where)
    b = want.get('bodies') or {}
    check_body(msg, b.get('plain'), 'text/plain', 'plain', where)
    check_body(msg, b.get('html'), 'text/html', 'html', where)
    if b.get('rtf') and not b.get('plain') and not b.get('html'):
        fact(any(p.get_filename() == 'body.rtf' for p in msg.walk()),
             '%s: no body.rtf' % where)
        text, charset = bodies(msg, 'text/plain')
        fact(text and text.decode(charset or 'ascii').strip(),
             '%s: no text from RTF' % where)
    check_attachments(msg, want.get('attachments') or [], where)
    fact(not msg.defects and not any(p.defects for p in msg.walk()),
         '%s: defects %s' % (where, [p.defects for p in msg.walk()]))


def kind(c):
    for start, name in (('IPM.Contact', 'contact'), ('IPM.DistList', 'list'),
                        ('IPM.Appointment', 'event'), ('IPM.Task', 'task'),
                        ('IPM.Activity', 'journal'),
                        ('IPM.StickyNote', 'note')):
        if c == start or c.startswith(start + '.'):
            return name
    return 'other'


def main():
    oracle, summary = json.load(open(ARGS[0])), json.load(open(ARGS[1]))
    folders = {f['path']: f for f in map(json.loads, open(ARGS[2]))}
    messages = {m['source']['nid']: m for m in map(json.loads, open(ARGS[3]))}
    prefix = ipm_prefix(oracle)
    classes = {}
    for f in oracle['folders']:
        if f['search']:
            continue
        path = spool_path(f['path'], prefix)
        mail = f['by_kind'].get('mail', 0)
        for c, n in f['classes'].items():
            if not c.startswith(('IPM.Note', 'REPORT')):
                classes[c] = classes.get(c, 0) + n
        if path is None:
            continue
        have = folders.get(path)
        fact(have, 'folder %s' % path)
        if have:
            fact(have['messages'] == mail, 'folder %s: %d of %d messages' %
                 (path, have['messages'], mail))
    # what is no mail: our own reader gives it a place, libpst only a count
    if summary['not_carried']:
        carried = {n['class']: n['count'] for n in summary['not_carried']}
        want = classes
    else:
        carried = {k: v['count'] for k, v in summary['items'].items()}
        want = {}
        for c, n in classes.items():
            want[kind(c)] = want.get(kind(c), 0) + n
    for c, n in want.items():
        fact(carried.get(c) == n, 'class %s: %s, not %d' %
             (c, carried.get(c), n))
    for want in oracle['messages']:
        if want['kind'] != 'mail':
            continue
        where = 'item %x' % want['nid']
        have = messages.get(want['nid'])
        fact(have, where + ' is missing')
        if not have:
            continue
        path = spool_path(want['folder'], prefix)
        if path is not None:
            fact(have['folder'] == path, where + ': folder')
        when = want['delivery'] or want['submit'] or want['created']
        if when and when > 0:
            fact(iso(have['received']) == when, '%s: received %s, not %d' %
                 (where, have['received'], when))
        fact(('seen' in have['flags']) == bool(want['read']),
             where + ': read')
        fact(('draft' in have['flags']) == bool(want['unsent']),
             where + ': unsent')
        for flag in ('answered', 'forwarded', 'flagged'):
            if want[flag]:
                fact(flag in have['flags'], '%s: %s' % (where, flag))
        with open(ARGS[4] + '/' + have['file'], 'rb') as f:
            data = f.read()
        fact(b'\r\n' in data and data.count(b'\n') == data.count(b'\r\n'),
             where + ': line ends')
        fact(max(map(len, data.split(b'\r\n'))) <= 998, where + ': long line')
        head = data.split(b'\r\n\r\n', 1)[0]
        fact(all(c < 128 for c in head), where + ': 8-bit header')
        check_message(email.message_from_bytes(
            data, policy=email.policy.default), want, where)
    print(held, tried)


def iso(text):
    return int(datetime.strptime(text, '%Y-%m-%dT%H:%M:%SZ').replace(
        tzinfo=timezone.utc).timestamp())


main()
