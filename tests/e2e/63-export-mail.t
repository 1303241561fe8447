#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What a message keeps on its way through a PST: signatures, messages within
# messages, names of folders and files, roles, flags, invitations.
. "${0%/*}/lib.sh"
export PYTHONDONTWRITEBYTECODE=1

# there_and_back: a.spool to b.spool
there_and_back() {
	rm -rf a.pst b.spool
	status 0 "$1: exported" postroad export -q -f pst a.spool a.pst
	ok "$1: no rule is broken" "$POSTROAD" survey --check a.pst
	status 0 "$1: and extracted" postroad extract -q a.pst b.spool
}

# ------------------------------------------------------------- signatures
mkdir in
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem \
    -days 30 -subj '/CN=jane/emailAddress=jane@example.org' \
    -addext extendedKeyUsage=emailProtection >/dev/null 2>&1 ||
    bail 'openssl req'
{
	printf 'Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n'
	printf 'Content-Type: text/plain; charset=utf-8\r\n'
	printf 'Content-Transfer-Encoding: 8bit\r\n\r\n'
	printf 'Gr\303\274\303\237e,  trailing blanks  \r\n\r\n--m\r\n'
	printf 'Content-Type: image/png; name=a.png\r\n'
	printf 'Content-Transfer-Encoding: base64\r\n\r\niVBORw0K\r\n--m--\r\n'
} >body.txt
openssl smime -sign -in body.txt -signer cert.pem -inkey key.pem -binary \
    -crlfeol -subject 'signed' -from jane@example.org -to john@example.org \
    >in/signed.eml 2>/dev/null || bail 'openssl smime'
openssl smime -sign -nodetach -in body.txt -signer cert.pem -inkey key.pem \
    -binary -subject 'opaque' -from jane@example.org >opaque 2>/dev/null
sed 's/\r$//; s/$/\r/' opaque >in/opaque.eml
openssl smime -encrypt -aes128 -in body.txt -binary -subject 'secret' \
    cert.pem 2>/dev/null | sed 's/\r$//; s/$/\r/' >in/secret.eml
sed 's/\r$//; s/$/\r/' in/signed.eml >signed.crlf
{
	printf 'Subject: forwarded\r\nContent-Type: multipart/mixed; boundary=f'
	printf '\r\n\r\n--f\r\n\r\nlook\r\n--f\r\n'
	printf 'Content-Type: message/rfc822\r\n\r\n'
	cat signed.crlf
	printf '\r\n--f--\r\n'
} >in/forwarded.eml
postroad extract -q in a.spool >/dev/null 2>&1
there_and_back signatures

# found SUBJECT SPOOL: the file
found() {
	postroad ls --messages --json "$2" |
	    jq -r --arg s "$1" --arg d "$2" \
	    'select(.subject == $s) | $d + "/" + .file'
}

ok 'before: openssl verifies' openssl smime -verify -in \
    "$(found signed a.spool)" -CAfile cert.pem -out /dev/null
ok 'a signed message still verifies' openssl smime -verify -in \
    "$(found signed b.spool)" -CAfile cert.pem -out /dev/null
ok 'an opaque one, too' openssl smime -verify -in \
    "$(found opaque b.spool)" -CAfile cert.pem -out /dev/null
ok 'an encrypted one is decrypted' openssl smime -decrypt -in \
    "$(found secret b.spool)" -recip cert.pem -inkey key.pem -out plain.txt
same plain.txt body.txt 'to the same bytes'
python3 - "$(found forwarded b.spool)" >inner.eml <<'END'
import sys
data = open(sys.argv[1], 'rb').read()
at = data.index(b'Content-Type: message/rfc822')
inner = data[data.index(b'\r\n\r\n', at) + 4:]
end = inner.rindex(b'\r\n--=_')
sys.stdout.buffer.write(inner[:end])
END
ok 'one that was forwarded, too' openssl smime -verify -in inner.eml \
    -CAfile cert.pem -out /dev/null

# ------------------------------------------- depth, names, roles, and flags
rm -rf in a.spool
python3 - <<'END'
import os
from email.message import EmailMessage
from email.policy import SMTP


def put(box, name, msg, flags=''):
    d = 'box/' + box + '/cur'
    for s in ('cur', 'new', 'tmp'):
        os.makedirs('box/' + box + '/' + s, exist_ok=True)
    with open(d + '/' + name + ':2,' + flags, 'wb') as f:
        f.write(msg.as_bytes(policy=SMTP))


def new(subject):
    m = EmailMessage()
    m['From'] = 'Jane Döe <jane@example.org>'
    m['To'] = 'Jöhn "J" Röe <john@example.org>, sales@example.org'
    m['Cc'] = 'Büro: desk@example.org, "Doe, Jane" <jane@example.com>;'
    m['Bcc'] = 'hidden@example.org'
    m['Subject'] = subject
    m['Date'] = 'Tue, 7 Jan 2003 12:09:16 +0130'
    m['Message-ID'] = '<%d@example.org>' % abs(hash(subject))
    m['In-Reply-To'] = '<a@example.org>'
    m['References'] = '<a@example.org> <b@example.org>'
    return m


deep = new('level 0')
deep.set_content('innermost\n')
for level in range(1, 24):
    m = new('level %d' % level)
    m.set_content('text %d\n' % level)
    m.add_attachment(deep)
    deep = m
put('.', '1', deep, 'S')

m = new('AW: Grüße — 日本語 🎉 ' + 'lang ' * 60)
m['Importance'] = 'high'
m['Sensitivity'] = 'Private'
m['Disposition-Notification-To'] = 'jane@example.org'
m.set_content('plain – Ω\n')
m.add_alternative('<p>HTML – Ω <img src="cid:i@x"> </p>\n', subtype='html')
m.get_payload()[1].add_related(b'\x89PNG\0\1', 'image', 'png', cid='<i@x>')
for name in ('日本語 ' + 'x' * 150 + '.bin', 'a;b"c\\d.txt', 'שלום.doc',
             '😀.pdf', 'CON', 'über.tar.gz'):
    m.add_attachment(os.urandom(99), 'application', 'octet-stream',
                     filename=name)
m.add_attachment('BEGIN:VCALENDAR\nMETHOD:REQUEST\nEND:VCALENDAR\n',
                 subtype='calendar')
put('.', '2', m, 'FRS')
for i, (box, flags) in enumerate((
        ('.Sent', 'S'), ('.Drafts', 'D'), ('.Trash', ''), ('.Junk', 'P'),
        ('.Projects', ''), ('.Projects.2019', 'PRS'))):
    m = new('in ' + box)
    m.set_content('x\n')
    put(box, str(10 + i), m, flags)
for box in ('.Leer', '.&MAA-&ZeVnLIqe-', '.Projects.&2D3eAA-', '.a&AC8-b'):
    for s in ('cur', 'new', 'tmp'):
        os.makedirs('box/' + box + '/' + s, exist_ok=True)
END
postroad extract -q box a.spool >x.log 2>&1 || bail "extract: $(cat x.log)"
there_and_back everything
for s in a b; do
	postroad ls --messages --json $s.spool >$s.spool.jsonl
	postroad ls --json $s.spool |
	    jq -r '[.path, .messages, .special_use] | @tsv' | sort >$s.list
done
is "$(python3 "$ROOT/tests/tools/roundtrip_facts.py" -v a.spool b.spool 2>&1 |
    tail -5)" "$(python3 "$ROOT/tests/tools/roundtrip_facts.py" a.spool \
    a.spool)" 'every fact holds'
cut -f 1,2 a.list | sort >a.names
cut -f 1,2 b.list | sort >b.names
same b.names a.names 'the same folders, of the same names'
is "$(postroad ls --json b.spool | jq -r 'select(.special_use != null) |
    .path + .special_use' | sort | tr '\n' ' ')" \
    'Drafts\Drafts Junk\Junk Sent\Sent Trash\Trash ' 'and roles'
is "$(jq -c 'select(.subject | startswith("in .Projects.2019")) | .flags' \
    b.spool.jsonl)" '["answered","forwarded","seen"]' 'flags are kept'
ok 'an invitation is one' grep -rq 'text/calendar.*method=REQUEST' b.spool/mail
for tool in readpst pffexport; do
	command -v $tool >/dev/null || { skip "$tool" "no $tool"; continue; }
	ok "$tool reads all of it" python3 "$ROOT/tests/tools/pst_others.py" \
	    $tool a.spool a.pst
done
done_testing
