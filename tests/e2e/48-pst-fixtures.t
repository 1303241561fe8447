#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What no PST of the corpus has, from the project's writer, and read by readpst
# and pffexport before our reader is asked: reader and writer must not agree on
# the same mistake.  LONG=1: a folder of 100,000, an attachment of 500 MB.
. "${0%/*}/lib.sh"
export PYTHONDONTWRITEBYTECODE=1

B=${BUILD:-$ROOT/build}
mkpst=$B/tests/tools/mkpst
[ -x "$mkpst" ] || skip_all 'mkpst is not built'
command -v readpst >/dev/null || skip_all 'no readpst'
command -v pffexport >/dev/null || skip_all 'no pffexport'
crowd=3000 large=20000000
[ -z "${LONG:-}" ] || crowd=100000 large=500000000

# both FILE: r/ is what readpst has of it, p.export/ what pffexport has
both() {
	rm -rf r p.export
	mkdir r
	readpst -q -e -8 -o r "$1" >log 2>&1 || diag "readpst: $(cat log)"
	pffexport -q -t p "$1" >log 2>&1 || diag "pffexport: $(cat log)"
}
sum() { sha256sum | cut -d' ' -f1; }

# high encryption, by a program
for kind in odd deep crowd; do
	"$mkpst" $kind $kind.pst || bail "mkpst $kind"
	ENCODE=2 "$mkpst" $kind high.pst || bail "mkpst $kind"
	is "$(od -An -tu1 -j513 -N1 high.pst | tr -d ' ')" 2 \
	    "$kind, high encryption: the header says so"
	both $kind.pst
	mv r r1; mv p.export p1.export
	both high.pst
	# readpst makes boundaries of its own
	ok "$kind, high encryption: readpst reads the same" test \
	    "$(find r1 -type f -exec cat {} + | grep -v -e '--boundary\|--alt' | sort | sum)" = \
	    "$(find r -type f -exec cat {} + | grep -v -e '--boundary\|--alt' | sort | sum)"
	ok "$kind, high encryption: pffexport reads the same" \
	    diff -r p1.export p.export
	rm -rf r1 p1.export
	postroad extract -q $kind.pst $kind.spool >/dev/null
	status 0 "$kind, high encryption: we read it" \
	    postroad extract high.pst $kind.high
	ok "$kind, high encryption: the same" \
	    diff -r $kind.spool/mail $kind.high/mail
	status 0 "$kind, high encryption: survey" \
	    postroad survey --json high.pst
	is "$(jq -r .encryption out)" high 'it is called that'
done

# names of folders
both odd.pst
wide=$(printf 'A\343\200\200B')
ok 'U+3000: readpst' test -d "r/Made by mkpst/$wide" -o -d "r/$wide"
like "$(find p.export -type d)" "$wide" 'U+3000: pffexport'
is "$(postroad ls --json odd.spool | jq -r .path | grep -Fx "$wide")" \
    "$wide" 'U+3000: we'

# ten deep
both deep.pst
like "$(find p.export -type d | awk -F/Attachments/ '{ print NF - 1 }' |
    sort -n | tail -n 1)" '^10$|^1[0-9]$' 'ten deep: pffexport'
python3 - deep.spool >out 2>&1 <<'END'
import email, email.policy, glob, sys
path, = glob.glob(sys.argv[1] + '/mail/*/cur/*')
m = email.message_from_binary_file(open(path, 'rb'),
                                   policy=email.policy.default)
for depth in range(10, -1, -1):
    assert m['Subject'] == 'Level %d' % depth, m['Subject']
    texts = [p for p in m.walk() if p.get_content_type() == 'text/plain']
    assert texts[0].get_content().strip() == 'This is level %d.' % depth
    inner = [p for p in m.walk() if p.get_content_type() == 'message/rfc822']
    assert len(inner) == depth, len(inner)
    m = inner[0].get_payload(0) if inner else None
END
result $? "ten deep: Python parses what we make, $(cat out)"

# 300 recipients
both crowd.pst
is "$(find p.export -name Recipients.txt -exec cat {} + |
    grep -c 'Email address.*member')" 300 '300 recipients: pffexport'
ok '300 recipients: readpst' test "$(find r -name '*.eml' -exec cat {} + |
    grep -o 'Member [0-9]*' | sort -u | wc -l)" -ge 200
python3 - crowd.spool >out 2>&1 <<'END'
import email, email.policy, glob, sys
path, = glob.glob(sys.argv[1] + '/mail/*/cur/*')
m = email.message_from_binary_file(open(path, 'rb'),
                                   policy=email.policy.default)
got = {h: [a.addr_spec for a in m[h].addresses] for h in ('To', 'Cc', 'Bcc')}
for i, h in enumerate(('To', 'Cc', 'Bcc')):
    assert got[h] == ['member%d@example.org' % n for n in range(i, 300, 3)], h
END
result $? "300 recipients: To, Cc and Bcc, as we have them, $(cat out)"

# S/MIME that OpenSSL made, and that it can check and open again
if command -v openssl >/dev/null; then
	openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem \
	    -subj /CN=sales@example.org -days 30 >log 2>&1 || bail 'openssl req'
	printf 'Content-Type: text/plain\r\n\r\nThis is signed.\r\n' >text
	openssl smime -sign -in text -signer cert.pem -inkey key.pem \
	    -out signed 2>log || bail "openssl smime -sign"
	openssl smime -encrypt -in text -outform DER -aes256 \
	    -out enveloped cert.pem 2>log || bail 'openssl smime -encrypt'
	"$mkpst" smime smime.pst signed enveloped || bail 'mkpst smime'
	both smime.pst
	is "$(find p.export -name '*smime.p7m' -exec sha256sum {} + |
	    cut -d' ' -f1 | sort)" \
	    "$(sha256sum signed enveloped | cut -d' ' -f1 | sort)" \
	    'S/MIME: pffexport has both, byte for byte'
	status 0 'S/MIME: we read it' postroad extract smime.pst smime.spool
	one=$(grep -l '^Subject: signed' smime.spool/mail/*/cur/*)
	two=$(grep -l '^Subject: enveloped' smime.spool/mail/*/cur/*)
	ok 'S/MIME: openssl verifies the signed one' openssl smime -verify \
	    -in "$one" -CAfile cert.pem -out verified
	like "$(cat verified 2>&1)" 'This is signed' 'and it says what it said'
	ok 'S/MIME: openssl opens the other one' openssl smime -decrypt \
	    -in "$two" -recip cert.pem -inkey key.pem -out opened
	ok 'and it is what was put in' diff -a --strip-trailing-cr text opened
else
	skip 'S/MIME' 'no openssl'
fi

# a folder of many
"$mkpst" many many.pst $crowd 1 0 3 || bail 'mkpst many'
rm -rf r; mkdir r
readpst -q -o r many.pst >log 2>&1
is "$(cat r/* | grep -c '^From ')" $crowd "a folder of $crowd: readpst"
status 0 "a folder of $crowd" postroad extract --json many.pst many.spool
is "$(jq .stored out)" $crowd 'as many are there'
readpst_ids=$(cat r/* | grep -i '^message-id:' | tr -d '\r' |
    sed 's/^[^<]*//' | sort | sum)
is "$(postroad ls --messages --json many.spool | jq -r .message_id |
    sort | sum)" "$readpst_ids" 'the same ones that readpst has'
rm -rf r many.spool many.pst

# a large attachment
"$mkpst" large large.pst $large || bail 'mkpst large'
rm -rf p.export
pffexport -q -t p large.pst >log 2>&1
file=$(find p.export -name '*large.bin')
is "$(stat -c %s "$file" 2>&1)" $large "an attachment of $large: pffexport"
want=$(sum <"$file")
rm -rf p.export
measure=$B/tests/bench/measure
if [ -x "$measure" ] && [ -z "${SAN:-}" ]; then
	"$measure" m "$POSTROAD" extract -q large.pst large.spool >/dev/null
	peak=$(cut -d' ' -f3 m)
	ok "we read it in $peak KiB: under 48 MiB" test "$peak" -lt 49152
else
	postroad extract -q large.pst large.spool >/dev/null
fi
# the base64 between the part's head and the boundary behind it
is "$(awk '/^Content-Type: application\/octet-stream/ { at = 1 }
    at == 2 && /^--/ { exit }
    at == 2 { print }
    at == 1 && /^\r?$/ { at = 2 }' large.spool/mail/*/cur/* |
    tr -d '\r' | base64 -d | sum)" "$want" 'the same bytes that pffexport has'
rm -rf large.spool large.pst

# each code page, from a writer that shares nothing with the project's
python3 "$ROOT/tests/tools/pst_cases.py" codepages cp.pst || bail 'pst_cases.py'
pffexport -q -f text -t p cp.pst >log 2>&1
is "$(python3 "$ROOT/tests/e2e/pst_codepages.py" pffexport p.export)" '' \
    'code pages: pffexport reads each'
rm -rf r; mkdir r
readpst -q -e -o r cp.pst >log 2>&1
is "$(python3 "$ROOT/tests/e2e/pst_codepages.py" readpst r)" \
    'ansi:874 ansi:932 ansi:949' 'code pages: readpst reads all but three'
status 0 'code pages: we read it' postroad extract cp.pst cp.spool
ok 'code pages: each, in bodies, subjects and senders' \
    python3 "$ROOT/tests/e2e/pst_check.py" codepages cp.spool
done_testing
