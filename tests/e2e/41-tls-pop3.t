#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# T27: what 40-tls.t does to IMAP, done to POP3: STLS against a server that
# lies.  Nothing that was said before TLS counts, no credential leaves before
# the server is verified, nothing falls back.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/fake.sh"

[ -x "$FAKE" ] || skip_all 'the test tools are not built'
fake_certificates || bail 'openssl failed'
fake_cert other /CN=other.example.org DNS:other.example.org 30
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -keyout x.key -out x.pem -days 3 -subj '/CN=Another CA' >/dev/null 2>&1

TLS='--cert cert.pem --key key.pem'
talk() { # STATUS DESCRIPTION [OPTIONS]: the script is on stdin
	want=$1 desc=$2; shift 2
	cat >a.talk
	# shellcheck disable=SC2086
	fake_start --talk a.talk $TLS ${MORE:-} || bail 'no fake server'
	rm -rf a.spool
	got=0
	timeout 60 "$POSTROAD" extract --password-file pw --ca-file ca.pem \
	    --timeout 2 --max-wait 0 --trace-wire trace "$@" \
	    "${SCHEME:-pop3}://mary@127.0.0.1:$FAKE_PORT/" a.spool \
	    >out 2>err || got=$?
	kept=0
	fake_wait || kept=$?
	[ "$got" = "$want" ] && [ $kept = 0 ] && { result 0 "$desc"; return; }
	result 1 "$desc"
	diag "status $got, not $want; script: $kept"
	diag "$(cat err fake.err)"
}

talk 77 'T27 (T1): STLS is not offered' <<'END'
S: +OK hi
C: CAPA
S: +OK
S: USER
S: .
END
talk 77 'T27 (T1): CAPA is not known, nor is STLS' <<'END'
S: +OK hi
C: CAPA
S: -ERR what?
C: STLS
S: -ERR what?
END
for answer in '-ERR no' 'STLS' '* OK' '+ OK'; do
	talk 77 "T27 (T3): STLS is answered with '$answer'" <<END
S: +OK hi
C: CAPA
S: +OK
S: STLS
S: .
C: STLS
S: $answer
END
done
talk 75 'T27 (T3): not at all' <<'END'
S: +OK hi
C: CAPA
S: +OK
S: STLS
S: .
C: STLS
!stall 2500
END
talk 75 'T27 (T3): with half a line' <<'END'
S: +OK hi
C: CAPA
S: +OK
S: STLS
S: .
C: STLS
!send +OK beg
!drop
END
talk 77 'T27 (T4): bytes behind the +OK in the same packet' <<'END'
S: +OK hi
C: CAPA
S: +OK
S: STLS
S: .
C: STLS
!send +OK begin\r\n+OK injected\r\n
END
talk 77 'T27 (T5): in the next packet' <<'END'
S: +OK hi
C: CAPA
S: +OK
S: STLS
S: .
C: STLS
S: +OK begin
!stall 100
S: +OK injected
!eat
END
talk 77 'T27 (T6): a whole session before the handshake' <<'END'
S: +OK hi
C: CAPA
S: +OK
S: STLS
S: .
C: STLS
!send +OK begin\r\n+OK\r\nSASL PLAIN\r\n.\r\n+OK in\r\n+OK 1 5\r\n+OK\r\n1 5\r\n.\r\n
END
talk 0 'T27 (T7): what was said before TLS is forgotten and asked again' <<'END'
S: +OK hi
C: CAPA
S: +OK
S: STLS
S: SASL PLAIN
S: USER
S: X-EVIL
S: .
C: STLS
S: +OK
!starttls
C: CAPA
S: +OK
S: SASL LOGIN
S: UIDL
S: .
C: AUTH LOGIN
S: + VXNlcm5hbWU6
C: bWFyeQ==
S: + UGFzc3dvcmQ6
C: c2VjcmV0
S: +OK
C: STAT
S: +OK 0 0
C: LIST
S: +OK
S: .
C: UIDL
S: +OK
S: .
C: QUIT
S: +OK
END
talk 77 'T27 (T8): a +OK that was there before the command' <<'END'
S: +OK hi
C: CAPA
!send +OK\r\nSTLS\r\n.\r\n+OK begin TLS\r\n
!eat
END
for greeting in 'hello' '* OK IMAP' '220 smtp.example.org ESMTP' '+ go'; do
	talk 77 "T27 (T9): greeted with '$greeting'" <<END
S: $greeting
END
done
talk 77 'T27 (T10, T14): an authority that is not ours' --ca-file x.pem <<'END'
S: +OK hi
C: CAPA
S: +OK
S: STLS
S: .
C: STLS
S: +OK
!starttls-fails
END
fake_start --store st --cert other.pem --key other.key --tls --log log
: >log
status 77 'T27 (T12): a certificate for another host' postroad extract \
    --password-file pw --ca-file ca.pem --timeout 2 --trace-wire trace \
    "pop3s://mary@127.0.0.1:$FAKE_PORT/" a.spool
is "$(cat log)" '' 'and nothing was said'
fake_stop
unlike "$(cat out err trace)" 'secret|c2VjcmV0' 'no password anywhere'

# every T case has a test that says so
for i in $(seq 28); do
	ok "T$i is tested" grep -qE "T${i}[^0-9]" "$ROOT"/tests/e2e/[0-9]*.t
done
done_testing
