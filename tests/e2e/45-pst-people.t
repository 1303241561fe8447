#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Who a message of a PST is from, to, and to be answered to, wherever the store
# has it; reports as multipart/report; the body that is shown; S/MIME that can be
# verified; attachments that are elsewhere.
. "${0%/*}/lib.sh"

check() {
	python3 "$ROOT/tests/e2e/pst_people.py" "$1" "$1.spool" >found 2>log
	result $? "$1: $(cat found)"
	sed 's/^/# /' log >&2
}

for name in people report links choice; do
	python3 "$ROOT/tests/tools/pst_cases.py" $name $name.pst ||
		bail "pst_cases.py $name"
done
status 0 "people are extracted" postroad extract people.pst people.spool
check people
status 0 "reports are" postroad extract report.pst report.spool
check report
status 1 "links are" postroad extract links.pst links.spool
check links
is "$(grep -c '^error: ' err)" 1 "only what has no path is lost"
like "$(cat err)" "'lost.doc' is a link to a file, and the store does not say" \
    "which is said"

status 0 "bodies are" postroad extract choice.pst choice.spool
check choice

# S/MIME that openssl made can be verified and decrypted by openssl
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem \
    -days 30 -subj '/CN=Jane/emailAddress=jane@example.org' 2>/dev/null ||
	bail 'openssl req'
printf 'Content-Type: text/plain; charset=utf-8\r\n%s\r\n\r\n%s\r\n.\r\n' \
    'Content-Transfer-Encoding: 8bit' 'Grüße  ' >inner
openssl smime -sign -in inner -signer cert.pem -inkey key.pem -out signed.eml
openssl cms -sign -in inner -signer cert.pem -inkey key.pem -outform DER \
    -nodetach -out signed-data.der
openssl cms -encrypt -aes256 -in inner -outform DER \
    -out enveloped-data.der cert.pem
openssl cms -encrypt -aes-128-gcm -in inner -outform DER \
    -out authEnveloped-data.der cert.pem
python3 "$ROOT/tests/tools/pst_cases.py" cms cms.pst || bail 'pst_cases.py cms'
status 0 "S/MIME is" postroad extract cms.pst cms.spool
for f in cms.spool/mail/INBOX/cur/*; do
	kind=$(sed -n 's/^Subject: //p' "$f" | head -n 1 | tr -d '\r')
	case $kind in
	forwarded) # the part, without the line end of the boundary
		python3 -c 'import re, sys
b = sys.stdin.buffer.read()
part = b.split(re.search(rb"boundary=\"(=_[^\"]*)", b)[1])[3]
head, body = re.split(rb"\r?\n\r?\n", part, 1)
sys.stdout.buffer.write(body)' <"$f" >part
		f=part
		set -- -verify -CAfile cert.pem ;;
	signed*) set -- -verify -CAfile cert.pem ;;
	*) set -- -decrypt -inkey key.pem -recip cert.pem ;;
	esac
	rm -f got
	status 0 "$kind: openssl takes it" openssl cms "$@" -in "$f" -out got
	ok "$kind: it is what went in" cmp got inner
	case $kind in
	*-data) like "$(cat "$f")" "smime-type=$kind" "$kind: is said" ;;
	esac
done

if command -v pffexport >/dev/null; then
	pffexport -q -t pff people.pst >/dev/null 2>&1
	is "$(find pff.export -name 'Message.txt' | wc -l)" 15 \
	    "libpff reads the messages, too"
else
	skip 'libpff' 'no pffexport'
fi
done_testing
