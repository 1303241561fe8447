#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's hand at an IMAP account, and what lies there, by imaplib.

	delta_imap.py HOST PORT USER COMMAND ARGUMENTS

Messages are known by the number N of their Message-ID <nN@example.org>.

	create FOLDER...	append FOLDER N [FLAG...]
	move FOLDER N TO	delete FOLDER N
	flag FOLDER N FLAG...	unflag FOLDER N FLAG...
	rename FROM TO		remove FOLDER
	list			"FOLDER:N ..." of all folders, sorted
	flags FOLDER N		its flags, sorted, without \\Recent
"""
import imaplib
import re
import ssl
import sys


def message(n):
    return (f'From: mary@example.org\r\nTo: desk@example.com\r\n'
            f'Subject: number {n}\r\nMessage-ID: <n{n}@example.org>\r\n'
            f'\r\nbody of number {n}\r\n').encode()


class Account:
    def __init__(self, host, port, user):
        self.im = imaplib.IMAP4(host, int(port))
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.im.starttls(context)
        self.im.login(user, 'secret')

    def ok(self, answer):
        if answer[0] != 'OK':
            sys.exit(f'delta_imap: {answer}')
        return answer[1]

    def q(self, folder):
        return '"%s"' % folder

    def uid(self, folder, n, readonly=False):
        self.ok(self.im.select(self.q(folder), readonly))
        found = self.ok(self.im.uid('SEARCH', 'HEADER', 'Message-ID',
                                    f'<n{n}@example.org>'))[0].split()
        if not found:
            sys.exit(f'delta_imap: no {n} in {folder}')
        return found[0].decode()

    def create(self, *folders):
        for f in folders:
            self.ok(self.im.create(self.q(f)))

    def append(self, folder, n, *flags):
        self.ok(self.im.append(self.q(folder), '(%s)' % ' '.join(flags),
                               '"15-Dec-2012 06:10:%02d +0000"'
                               % (int(n) % 60), message(n)))

    def move(self, folder, n, to):
        uid = self.uid(folder, n)
        self.ok(self.im.uid('MOVE', uid, self.q(to)))

    def delete(self, folder, n):
        uid = self.uid(folder, n)
        self.ok(self.im.uid('STORE', uid, '+FLAGS', r'(\Deleted)'))
        self.ok(self.im.uid('EXPUNGE', uid))

    def flag(self, folder, n, *flags):
        uid = self.uid(folder, n)
        self.ok(self.im.uid('STORE', uid, '+FLAGS', '(%s)' % ' '.join(flags)))

    def unflag(self, folder, n, *flags):
        uid = self.uid(folder, n)
        self.ok(self.im.uid('STORE', uid, '-FLAGS', '(%s)' % ' '.join(flags)))

    def rename(self, old, new):
        self.ok(self.im.select('INBOX'))  # Dovecot minds an open folder
        self.ok(self.im.rename(self.q(old), self.q(new)))

    def remove(self, folder):
        self.ok(self.im.delete(self.q(folder)))

    def folders(self):
        out = []
        for line in self.ok(self.im.list()):
            m = re.match(rb'\(([^)]*)\) "?(?:[^" ]*)"? (.*)$', line)
            if b'\\Noselect' in m.group(1):
                continue
            out.append(m.group(2).decode().strip('"'))
        return sorted(out)

    def contents(self):
        """{(folder, n): [sorted flags of each copy]}"""
        out = {}
        for folder in self.folders():
            self.ok(self.im.select(self.q(folder), True))
            got = self.ok(self.im.uid(
                'FETCH', '1:*',
                '(FLAGS BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])'))
            for part in got:
                if not isinstance(part, tuple):
                    continue
                n = re.search(rb'<n([^@]*)@', part[1]).group(1).decode()
                flags = [f.decode() for f in imaplib.ParseFlags(part[0])]
                out.setdefault((folder, n), []).append(
                    sorted(f for f in flags if f != '\\Recent'))
        return out

    def list(self):
        names = []
        for (folder, n), copies in self.contents().items():
            names += [f'{folder}:{n}'] * len(copies)
        print(' '.join(sorted(names)))

    def flags(self, folder, n):
        for copy in self.contents().get((folder, n), [['not there']]):
            print(' '.join(copy))


if __name__ == '__main__':
    account = Account(*sys.argv[1:4])
    getattr(account, sys.argv[4])(*sys.argv[5:])
    account.im.logout()
