#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# pst_bodies.py rtf|no-rtf SPOOL...: a message with a body.rtf also has it as
# HTML and as text, whose words are those of the RTF; or no message has one.
import email
import email.policy
import glob
import html.parser
import os
import re
import sys


class Words(html.parser.HTMLParser):
    """The text of HTML; all elements must be closed in order."""
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.text, self.open = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in ('br', 'meta'):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, tag

    def handle_data(self, data):
        self.text.append(data)


def messages(spools):
    for spool in spools:
        for path in sorted(glob.glob(spool + '/mail/**', recursive=True)):
            if os.path.isfile(path) and \
                    os.path.basename(os.path.dirname(path)) in ('cur', 'new'):
                with open(path, 'rb') as f:
                    yield path, email.message_from_binary_file(
                        f, policy=email.policy.default)


def words(text):
    return re.findall(r'\w+', text)


def check_rtf(m):
    rtf = [p.get_content() for p in m.walk() if p.get_filename() == 'body.rtf']
    if not rtf:
        return False
    assert rtf[0].startswith(b'{\\rtf1'), 'no RTF'
    assert m.get_body(('plain',)) and m.get_body(('html',)), 'a body lacks'
    p = Words()
    p.feed(m.get_body(('html',)).get_content())
    p.close()
    assert not p.open, 'open: %s' % p.open
    plain = words(m.get_body(('plain',)).get_content())
    assert words(' '.join(p.text)) and plain, 'nothing to read'
    assert ''.join(words(''.join(p.text))) == ''.join(plain), 'other words'
    return True


def main():
    failed = found = 0
    for path, m in messages(sys.argv[2:]):
        try:
            if sys.argv[1] == 'rtf':
                found += check_rtf(m)
            else:
                assert all(p.get_filename() != 'body.rtf' for p in m.walk()), \
                    'a body.rtf'
        except AssertionError as e:
            failed += 1
            print('%s: %s' % (os.path.basename(path), e), file=sys.stderr)
    print('%d found' % found)
    sys.exit(failed > 0 or (sys.argv[1] == 'rtf' and found == 0))


main()
