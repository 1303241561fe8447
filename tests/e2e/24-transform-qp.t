#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Quoted-printable that breaks its own rules (RFC 2045 6.7) is no longer
# understood by all in the same way: its long lines stay, and are named.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/transform.sh"

long=$(printf '%03000d' 0)
# qp BODY: a message with that body
qp() {
	made=$((made + 1)) key=k$made
	mkdir -p $IN/mail/INBOX/cur $IN/mail/INBOX/new $IN/mail/INBOX/tmp
	{
		printf 'Message-ID: <m%s@example.org>\r\n' "$made"
		printf 'Subject: %s\r\nMIME-Version: 1.0\r\n' "$made"
		printf 'Content-Type: text/plain\r\n'
		printf 'Content-Transfer-Encoding: quoted-printable\r\n\r\n'
		printf "$1"
	} >one
	put INBOX "$key" "$((1546848000 + made))" S
}
body() { # SPOOL KEY: decoded by Python
	python3 - "$1"/mail/INBOX/cur/*."$2".* <<-'END'
	import sys, email, email.policy
	m = email.message_from_bytes(open(sys.argv[1], 'rb').read())
	d = m.get_payload(decode=True)
	sys.stdout.buffer.write(d.replace(b'\r\n', b'\n'))
	END
}

qp "sound =3D = \r\n$long\r\n"
qp "on =4 Jan 2019 =XY$long\r\n"	# a digit, and no other
qp "=\rthe line$long\n"			# a CR alone behind it
qp "=4 Jan\nshort\n"			# only its line ends are wrong
qp "$long=4"				# cut off
t 1 "broken quoted-printable" --fix-lines=1000 --fix-newlines
is "$(jq -c '[.stored,.fixed,.fixed_lines,.fixed_newlines,.not_fixed]' out)" \
	'[5,2,1,1,3]' "... stays where lines are too long"
is "$(jq -r '.problems[].error' out | sort -u)" \
	"not fixed: quoted-printable that is broken" "... and is named"
for k in k2 k3 k5; do
	ok "$k is what it was" cmp $IN/mail/INBOX/cur/*.$k.* \
		out.spool/mail/INBOX/cur/*.$k.*
done
for k in k1 k4; do
	body $IN $k >want
	body out.spool $k >got
	same got want "$k means what it meant"
done
ok "k4: true line ends" test "$(grep -c 'Jan.$' \
	out.spool/mail/INBOX/cur/*.k4.*)" = 1
balanced
done_testing
