#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# STARTTLS and TLS against a server that lies: nothing that was said before
# TLS counts, no credential leaves before the server is verified, nothing
# falls back.  Certificates by name and date: tests/unit/test_tls.c.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/fake.sh"

[ -x "$IMAP_TOOL" ] || skip_all 'the test tools are not built'
fake_certificates || bail 'openssl failed'
fake_cert other /CN=other.example.org DNS:other.example.org 30

TLS='--cert cert.pem --key key.pem'
HELLO='* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN SASL-IR X-EVIL] hi'

# talk STATUS DESCRIPTION [TOOL ARGUMENTS]: the script is on stdin; the
# client ends with STATUS, the script to its end.
talk() {
	want=$1 desc=$2; shift 2
	cat >a.talk
	# shellcheck disable=SC2086
	fake_start --talk a.talk $TLS $FAKE_MORE || bail 'no fake server'
	got=0
	timeout 30 "$IMAP_TOOL" --password-file pw --ca-file ca.pem \
	    --timeout 2 --trace trace "$@" "${URL:-$FAKE_URL}" $DO \
	    >out 2>err || got=$?
	kept=0
	fake_wait || kept=$?
	if [ "$got" = "$want" ] && [ $kept = 0 ]; then
		result 0 "$desc"
	else
		result 1 "$desc"
		diag "status $got, not $want; script: $kept"
		diag "$(cat out err fake.err)"
	fi
}
FAKE_MORE='' DO='' URL=''

talk 77 'T1: STARTTLS is not offered in the greeting' <<END
S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi
END
like "$(cat out)" 'hint: .*imaps://' 'and the hint says what to do'
talk 77 'T1: nor when asked' <<END
S: * OK hi
C: TAG CAPABILITY
S: * CAPABILITY IMAP4rev1 AUTH=PLAIN
S: TAG OK done
END
talk 77 'T2: PREAUTH without TLS' <<END
S: * PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] welcome
END
talk 77 'T3: STARTTLS is answered with NO' <<END
S: $HELLO
C: TAG STARTTLS
S: TAG NO not today
END
talk 77 'T3: with BAD' <<END
S: $HELLO
C: TAG STARTTLS
S: TAG BAD what?
END
talk 77 'T3: with BYE' <<END
S: $HELLO
C: TAG STARTTLS
S: * BYE no
!close
END
talk 77 'T3: with another tag' <<END
S: $HELLO
C: TAG STARTTLS
S: xTAG OK begin
END
talk 75 'T3: not at all' <<END
S: $HELLO
C: TAG STARTTLS
!stall 2500
END
talk 75 'T3: with half a line' <<END
S: $HELLO
C: TAG STARTTLS
!send TAG OK beg
!drop
END
talk 77 'T4: bytes behind the OK in the same packet' <<END
S: $HELLO
C: TAG STARTTLS
!send TAG OK begin\r\n* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] injected\r\n
END
like "$(cat out)" 'before TLS began' 'are named'
talk 77 'T5: bytes in the next packet' <<END
S: $HELLO
C: TAG STARTTLS
S: TAG OK begin
!stall 100
S: * OK injected
!eat
END
talk 77 'T6: a whole session before the handshake' <<END
S: $HELLO
C: TAG STARTTLS
!send TAG OK begin\r\nx1 OK in\r\n* LIST () "/" x\r\nx2 OK LIST\r\n* 1 FETCH (BODY[] {2}\r\nhi)\r\nx3 OK\r\n
END
DO=caps
talk 0 'T7: what was said before TLS is forgotten and asked again' <<END
S: $HELLO
C: TAG STARTTLS
!send * CAPABILITY IMAP4rev1 X-EVIL LITERAL+\r\n* LIST () "/" evil\r\nTAG OK begin\r\n
!starttls
C: TAG CAPABILITY
S: * CAPABILITY IMAP4rev1 AUTH=PLAIN
S: TAG OK done
C: TAG AUTHENTICATE PLAIN
S: +
C: AG1hcnkAc2VjcmV0
S: TAG OK [CAPABILITY IMAP4rev1] in
!bye
END
unlike "$(cat out)" 'EVIL|LITERAL' 'so that no capability is left of it'
like "$(cat out)" 'security TLSv1\.[23].*, verified' 'and TLS is verified'
DO=
talk 77 'T8: an OK that was there before the command' <<END
S: $HELLO
!send a1 OK begin TLS\r\nA001 OK begin TLS\r\n
!eat
END
for greeting in 'hello' '* BAD no' '220 smtp.example.org ESMTP' '* 5 EXISTS' \
    'x OK hi' '+ go'; do
	talk 77 "T9: greeted with '$greeting'" <<END
S: $greeting
END
done

# certificates
talk 77 'T10, T14: STARTTLS, an authority that is not ours' --ca-file \
    other.pem <<END
S: $HELLO
C: TAG STARTTLS
S: TAG OK begin
!starttls-fails
END
like "$(cat out)" 'not trusted: .*issued by CN = Fake test CA' \
    'the issuer is named'
TLS='--cert other.pem --key other.key' FAKE_MORE=--tls
fake_tls() { # STATUS DESCRIPTION TOOL ARGUMENTS: against a store with TLS
	want=$1 desc=$2; shift 2
	# shellcheck disable=SC2086
	fake_start --store st $TLS --tls --log log
	: >log
	got=0
	"$IMAP_TOOL" --password-file pw --timeout 5 "$@" \
	    "${TLS_URL:-$FAKE_TLS_URL}" caps >out 2>err || got=$?
	fake_stop
	[ $got = "$want" ] && { result 0 "$desc"; return; }
	result 1 "$desc"
	diag "status $got, not $want"; diag "$(cat out err fake.err)"
}
fake_tls 77 'T12: the certificate is for another host' --ca-file ca.pem
like "$(cat out)" 'not for 127.0.0.1; it is for other.example.org' \
    'which is named'
is "$(cat log)" '' 'T14: and nothing was said to it'
TLS='--cert cert.pem --key key.pem'
fake_tls 0 'an authority that is trusted' --ca-file ca.pem
fake_tls 77 'T10: without it' --timeout 5
fake_tls 0 'T18: --tls insecure takes any' --tls insecure
like "$(cat err)" 'warning: --tls insecure: .* NOT verified' 'and is loud'
like "$(cat out)" 'security .*NOT verified' 'and says so of the session'
: >empty
fake_tls 77 'T16: an empty file of authorities' --ca-file empty
fake_tls 77 'T16: a missing one' --ca-file missing
is "$(cat log)" '' 'and nothing was said'
pin=$(openssl x509 -in cert.pem -pubkey -noout |
    openssl pkey -pubin -outform DER | openssl dgst -sha256 -r | cut -c1-64)
pin64=$(openssl x509 -in cert.pem -pubkey -noout | openssl pkey -pubin \
    -outform DER | openssl dgst -sha256 -binary | openssl base64)
wrong=$(echo "$pin" | tr 0-9a-f 1-9a-f0)
fake_tls 0 'T17: the pinned key' --ca-file ca.pem --tls-pin "sha256:$pin"
fake_tls 0 'T17: in base64' --ca-file ca.pem --tls-pin "sha256//$pin64"
fake_tls 0 'T17: one of several' --ca-file ca.pem \
    --tls-pin "sha256:$wrong;sha256:$pin"
fake_tls 0 'T17: pinned instead of verified' --tls insecure \
    --tls-pin "sha256:$pin"
unlike "$(cat err)" 'NOT verified' 'without a warning'
fake_tls 77 'T17: another key' --ca-file ca.pem --tls-pin "sha256:$wrong"
unlike "$(cat log)" 'LOGIN|AUTH|CAP' 'and nothing was said'
fake_tls 77 'T17: another key, --tls insecure' --tls insecure \
    --tls-pin "sha256:$wrong"
fake_tls 77 'T17: the right key, an authority that is not trusted' \
    --tls-pin "sha256:$pin"
fake_tls 64 'T17: no pin at all' --tls-pin sha256:12
TLS='--cert cert.pem --key key.pem --old-tls'
fake_tls 77 'T13: TLS 1.1' --ca-file ca.pem
fake_tls 77 'T13: TLS 1.1, --tls insecure' --tls insecure

TLS='--cert cert.pem --key key.pem --tls12'
fake_tls 0 'T13: TLS 1.2 will do' --ca-file ca.pem
cat >a.talk <<END
S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hi
C: TAG AUTHENTICATE PLAIN AG1hcnkAc2VjcmV0
!renegotiation-fails
!drop
END
# shellcheck disable=SC2086
fake_start --talk a.talk $TLS --tls
status '7[0-9]' 'T13: renegotiation' "$IMAP_TOOL" --password-file pw \
    --ca-file ca.pem --timeout 2 "$FAKE_TLS_URL"
fake_wait || { diag "$(cat fake.err)"; result 1 '  does not take place'; }
openssl x509 -req -in cert.csr -CA ca.pem -CAkey ca.key -set_serial 99 \
    -days -1 -extfile cert.ext -out late.pem >>openssl.log 2>&1
if openssl x509 -in late.pem -noout -checkend 0 >/dev/null 2>&1; then
	skip 'T11: an expired certificate' 'openssl cannot make one'
else
	TLS='--cert late.pem --key key.pem'
	fake_tls 77 'T11: an expired certificate' --ca-file ca.pem
	like "$(cat out)" 'expired on 20' 'and when'
	is "$(cat log)" '' 'and nothing was said'
fi
fake_cert cn /CN=127.0.0.1 '' 30
TLS='--cert cn.pem --key cn.key'
fake_tls 77 'T12: the name only in CN' --ca-file ca.pem
for san in 'DNS:*' 'DNS:*.1' 'DNS:*.0.0.1' 'DNS:127.0.0.1' 'IP:127.0.0.2'; do
	fake_cert bad /CN=x "$san" 30
	TLS='--cert bad.pem --key bad.key'
	fake_tls 77 "T12: the address 127.0.0.1, a certificate for $san" \
	    --ca-file ca.pem
	is "$(cat log)" '' 'and nothing was said'
done
TLS='--cert cert.pem --key key.pem'

# plaintext at a TLS port, TLS at a plaintext port
TLS=
printf '%s\n' 'S: * OK hi' '!eat' >a.talk
fake_start --talk a.talk
TLS_URL=$FAKE_TLS_URL
status 77 'no TLS at this port' "$IMAP_TOOL" --password-file pw \
    --ca-file ca.pem --timeout 5 "$FAKE_TLS_URL"
fake_stop
like "$(cat out)" 'hint: .*STARTTLS' 'the hint says what it is'
status 64 '--tls none and imaps://' "$IMAP_TOOL" --password-file pw \
    --tls none "$FAKE_TLS_URL"
TLS_URL=

# the end of the stream
TLS='--cert cert.pem --key key.pem' FAKE_MORE=--tls
URL=
in_session() { # SCRIPT
	cat <<END
S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hi
C: TAG AUTHENTICATE PLAIN AG1hcnkAc2VjcmV0
S: TAG OK [CAPABILITY IMAP4rev1] in
END
	cat
}
tls_talk() {
	want=$1 desc=$2; shift 2
	in_session >a.talk
	fake_start --talk a.talk $TLS --tls
	status "$want" "$desc" "$IMAP_TOOL" --password-file pw --ca-file \
	    ca.pem --timeout 2 "$FAKE_TLS_URL" "$@"
	fake_wait || { diag "$(cat fake.err)"; result 1 'the script'; }
}
tls_talk 75 'T15: cut off in a literal without close_notify' fetch INBOX <<END
C: TAG EXAMINE INBOX
S: * 1 EXISTS
S: TAG OK
C: TAG UID FETCH *
!send * 1 FETCH (UID 1 BODY[] {1000}\r\nabc
!drop
END
like "$(cat out)" '^error 75 .*cut off' 'is an error'
unlike "$(cat out)" '^message' 'and no message'
tls_talk 75 'T15: with close_notify, but in a literal' fetch INBOX <<END
C: TAG EXAMINE INBOX
S: * 1 EXISTS
S: TAG OK
C: TAG UID FETCH *
!send * 1 FETCH (UID 1 BODY[] {1000}\r\nabc
!close
END
like "$(cat out)" 'in the middle of a response' 'is an error, too'

# logging in
after_tls() {
	cat >a.talk
	fake_start --talk a.talk $TLS --tls
	want=$1 desc=$2; shift 2
	status "$want" "$desc" "$IMAP_TOOL" --password-file "${PW:-pw}" \
	    --ca-file ca.pem --timeout 2 --trace trace "$FAKE_TLS_URL" "$@"
	fake_wait || { diag "$(cat fake.err)"; result 1 "$desc: the script"; }
}
after_tls 77 'T19: LOGINDISABLED, and no mechanism' <<END
S: * OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hi
!bye
END
like "$(cat out)" 'LOGINDISABLED' 'is named'
after_tls 77 'T21: a referral is not followed' <<END
S: * OK [CAPABILITY IMAP4rev1] hi
C: TAG LOGIN "mary" "secret"
S: TAG NO [REFERRAL imap://mary@evil.example.org/] go there
!bye
END
after_tls 0 'T22: a challenge that PLAIN does not have is not looked at' <<END
S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi
C: TAG AUTHENTICATE PLAIN
S: + !!! not base64 !!!
C: AG1hcnkAc2VjcmV0
S: TAG OK [CAPABILITY IMAP4rev1] in
!bye
END
after_tls 76 'T22: a challenge without end' <<END
S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi
C: TAG AUTHENTICATE PLAIN
!send +\x20
!repeat 1200000 x
!eat
END
after_tls 76 'T22: one challenge after another' <<END
S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN LOGINDISABLED] hi
C: TAG AUTHENTICATE PLAIN
S: +
C: AG1hcnkAc2VjcmV0
S: + more
C: \\*
END
after_tls 77 'T23: with an initial response' <<END
S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hi
C: TAG AUTHENTICATE PLAIN AG1hcnkAc2VjcmV0
S: TAG NO [AUTHENTICATIONFAILED] no
!bye
END
like "$(cat out)" 'hint: check the user name' 'the hint says what to do'
after_tls 75 'a login that is not possible now' <<END
S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hi
C: TAG AUTHENTICATE PLAIN AG1hcnkAc2VjcmV0
S: TAG NO [UNAVAILABLE] Temporary authentication failure.
!bye
END
after_tls 77 'a login without a mailbox behind it' noop <<END
S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hi
C: TAG AUTHENTICATE PLAIN AG1hcnkAc2VjcmV0
S: TAG OK [CAPABILITY IMAP4rev1] in
C: TAG NOOP
S: TAG BAD User is authenticated but not connected.
!bye
END
like "$(cat out)" 'hint: .*licen[cs]e' 'is told apart'

# I31, K10: odd passwords, and none of them in the trace
: >trace
printf 'pw"\\\303\244\343\200\200canary' >odd && chmod 600 odd
PW=odd after_tls 0 'a password that must be a literal' <<END
S: * OK [CAPABILITY IMAP4rev1 LITERAL+] hi
C: TAG LOGIN "mary" {15+}
!bytes pw"\\\\\\xc3\\xa4\\xe3\\x80\\x80canary\\r\\n
S: TAG OK [CAPABILITY IMAP4rev1] hello, your password pw"\\\\\\xc3\\xa4\\xe3\\x80\\x80canary is fine
!bye
END
PW=odd after_tls 0 'a synchronizing one' <<END
S: * OK [CAPABILITY IMAP4rev1] hi
C: TAG LOGIN "mary" {15}
S: + go
!bytes pw"\\\\\\xc3\\xa4\\xe3\\x80\\x80canary\\r\\n
S: TAG OK [CAPABILITY IMAP4rev1] in
!bye
END
PW=odd after_tls 77 'that the server does not want' <<END
S: * OK [CAPABILITY IMAP4rev1] hi
C: TAG LOGIN "mary" {15}
S: TAG NO [AUTHENTICATIONFAILED] no such thing
!bye
END
printf 'a"b\\canary' >odd
PW=odd after_tls 77 'quotes and backslashes are quoted' <<END
S: * OK [CAPABILITY IMAP4rev1] hi
C: TAG LOGIN "mary" "a\\\\"b\\\\\\\\canary"
S: TAG NO I do not like a"b\\\\canary
!bye
END
unlike "$(cat trace out err)" 'canary|Y2FuYXJ5' \
    'K10: no password in the trace or in a message'
like "$(cat trace)" 'LOGIN \[credentials\]' 'but that there was one'
is "$(stat -c %a trace)" 600 'a trace is for its owner only'
done_testing
