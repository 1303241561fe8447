#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The Inbox of a POP3 account: a real server, and dialogues that a real one
# would not hold (P1 to P10).
DOVECOT_PROTOCOLS='imap pop3'
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/fake.sh"
trap 'fake_stop; dovecot_stop; at_exit' EXIT

[ -x "$FAKE" ] || skip_all 'the test tools are not built'

# talk: read a script from stdin, play it
talk() { cat >a.talk; fake_start --talk a.talk || bail 'no fake server'; }
pop() {
	postroad extract --tls none --password-file pw --timeout 3 \
	    "pop3://mary@127.0.0.1:$FAKE_PORT/" "$@"
}
# the messages' bytes, one hash a line
hashes() { find "$1/mail" -path '*/cur/*' -exec sha256sum {} + |
    sed 's/ .*//' | sort; }

login='S: +OK ready
C: CAPA
S: +OK
S: UIDL
S: USER
S: .
C: USER mary
S: +OK
C: PASS secret
S: +OK'

# --- P1: byte-stuffing, exactly
talk <<END
$login
C: STAT
S: +OK 2 100
C: LIST
S: +OK
S: 1 50
S: 2 50
S: .
C: UIDL
S: +OK
S: 1 a/../b
S: 2 .
S: .
C: RETR 1
!split 1
S: +OK
S: Subject: dots
S:
S: ..one
S: a.b
S: ...
!send bare\nlf\r\n
!send ..\r\n.\r\n
!split 1000
C: RETR 2
S: +OK
S: Subject: two
S: .
C: QUIT
S: +OK
END
status 0 'P1: a mailbox of two' pop a.spool
ok 'the server heard what it expected: no DELE (P10)' fake_wait
printf 'Subject: dots\r\n\r\n.one\r\na.b\r\n..\r\nbare\nlf\r\n.\r\n' >1.want
printf 'Subject: two\r\n' >2.want
sha256sum 1.want 2.want | sed 's/ .*//' | sort >want
hashes a.spool >got
same got want 'P1: every byte, with dots and bare LF'
like "$(cat out)" 'POP3 shows the Inbox only' 'it says what POP3 is'
ok 'P9: names that are paths stay names' test ! -e a.spool/mail/b
postroad ls --messages --json a.spool >ls.json
is "$(jq -r '.source|"\(.kind) \(.uidl)"' ls.json | sort | tr '\n' ',')" \
    'pop3 .,pop3 a/../b,' 'ls tells the UIDL'

# --- rerun: nothing is asked for
talk <<END
$login
C: STAT
S: +OK 2 100
C: LIST
S: +OK
S: 1 50
S: 2 50
S: .
C: UIDL
S: +OK
S: 1 a/../b
S: 2 .
S: .
C: QUIT
S: +OK
END
status 0 'run again' pop --json a.spool
fake_wait
is "$(jq -c '[.announced,.stored,.unchanged]' out)" '[2,0,2]' \
    'finds all there and reads none'

# --- the line breaks in a message: gone on with where it was, by its UIDL
half="$login
C: STAT
S: +OK 1 9
C: LIST
S: +OK
S: 1 9
S: .
C: UIDL
S: +OK
S: 1 u1
S: .
C: RETR 1
S: +OK
S: Subject: half
!send Text with"
second="!connection
$login
C: STAT
S: +OK 2 9
C: LIST
S: +OK
S: 1 9
S: 2 9
S: .
C: UIDL
S: +OK
S: 1 u0
S: 2 u1
S: .
C: RETR 2
S: +OK"
end='S: .
C: RETR 1
S: +OK
S: Subject: other
S: .
C: QUIT
S: +OK'
printf 'Subject: half\r\nText without end\r\n' >1.want
printf 'Subject: other\r\n' >2.want
sha256sum 1.want 2.want | sed 's/ .*//' | sort >want
for how in '!close' '!drop' '!reset' '!stall 4000
!drop'; do
	talk <<-END
	$half
	$how
	$second
	S: Subject: half
	S: Text without end
	$end
	END
	rm -rf b.spool
	status 0 "P8: ${how%%
*} in the middle of a message" pop --json b.spool
	is "$(jq -c '[.announced,.stored,.reconnects]' out)" '[2,2,1]' \
	    'is taken up again'
	hashes b.spool >got
	same got want 'and each message is there once, whole'
	fake_wait || diag "$(cat fake.err)"
done
talk <<END
$half
!close
$second
S: Subject: HALF
S: Text without end
$end
END
rm -rf b.spool
status 1 'other bytes under the same UIDL' pop --json b.spool
like "$(cat err)" 'other bytes for the same UIDL' 'are refused'
is "$(jq -c '[.announced,.stored,.refused]' out)" '[2,1,1]' 'and counted'
fake_stop

# --- P8: cut off at every byte of the answer to RETR
{
	printf '+OK 59 octets\r\nSubject: x\r\n\r\n..dot\r\nno.dot\r\n'
	printf '..\r\n.....\r\nl\303\251st\r\n.\r\n'
} >answer
printf 'Subject: x\r\n\r\n.dot\r\nno.dot\r\n.\r\n....\r\nl\303\251st\r\n' \
    >1.want
want=$(sha256sum <1.want | cut -c1-64)
size=$(wc -c <answer)
list="S: +OK 1 9
C: LIST
S: +OK
S: 1 9
S: .
C: UIDL
S: +OK
S: 1 u1
S: ."
# hex FROM COUNT: these bytes of the answer
hex() { tail -c +$(($1 + 1)) answer | head -c "$2" | od -An -v -tx1 |
    tr -d '\n' | sed 's/ /\\x/g'; }
bad=
at=0
while [ $at -lt "$size" ]; do
	{
		printf '%s\nC: STAT\n%s\nC: RETR 1\n' "$login" "$list"
		[ $at = 0 ] || printf '!send %s\n' "$(hex 0 $at)"
		printf '!close\n!connection\n%s\nC: STAT\n%s\n' "$login" "$list"
		printf 'C: RETR 1\n!send %s\nC: QUIT\nS: +OK\n' \
		    "$(hex 0 "$size")"
	} >every.talk
	fake_start --talk every.talk
	rm -rf every.spool
	pop --json every.spool >out 2>err ||
	    bad="$bad $at(exit)"
	fake_wait || bad="$bad $at(dialogue)"
	[ "$(hashes every.spool)" = "$want" ] || bad="$bad $at(bytes)"
	[ "$(jq -c '[.stored,.reconnects]' out)" = '[1,1]' ] ||
	    bad="$bad $at(count)"
	at=$((at + 1))
done
is "$bad" '' "P8: cut off at each of $size bytes, one message comes, whole"

# --- a server that says PIPELINING and throws away what comes early
five="S: +OK ready
C: CAPA
S: +OK
S: UIDL
S: PIPELINING
S: .
C: USER mary
S: +OK
C: PASS secret
S: +OK
C: STAT
S: +OK 5 5
C: LIST
S: +OK
$(seq -f 'S: %g 1' 5)
S: .
C: UIDL
S: +OK
$(seq 5 | sed 's/.*/S: & u&/')
S: ."
one() { printf '%s\n' "C: RETR $1" 'S: +OK' "S: Subject: $1" 'S: .'; }
{
	echo "$five"
	one 1
	printf '%s\n' '!stall 1500' '!drop' '!connection' "$five"
	one 2
	one 3
	printf '%s\n' '!stall 1500' '!drop' '!connection' "$five"
	one 4
	one 5
	printf '%s\n' 'C: QUIT' 'S: +OK'
} >lie.talk
talk <lie.talk
rm -rf b.spool trace
status 0 'a server that lies about PIPELINING' pop --json --timeout 1 \
    --trace-wire trace b.spool
fake_wait || diag "$(cat fake.err)"
is "$(jq -c '[.stored,.reconnects]' out)" '[5,2]' 'all comes'
is "$(grep -E 'RETR|bytes\]' trace | tail -n 4 | sed 's/.* C[0-9]* //' |
    tr '\n' ,)" '> RETR 4,< [12 bytes],> RETR 5,< [12 bytes],' \
    'and is asked for one by one in the end'

# --- P1: what is no POP3
for bad in 'Subject: no status' '* OK imap' '+NO' ''; do
	talk <<-END
	$login
	C: STAT
	S: $bad
	!eat
	END
	status 76 "P1: '$bad' in place of +OK" pop c.spool
	fake_stop
done
talk <<END
$login
C: STAT
!repeat 9000 x
!eat
END
status 76 'a line without an end' pop c.spool
fake_stop

# --- P2, P3, P4: lists that contradict each other, sizes, UIDLs
{
	printf 'x%.0s' $(seq 1 300) >long
	cat <<-END
	$login
	C: STAT
	S: +OK 7 100
	C: LIST
	S: +OK
	S: 1 99999999999999999999999
	S: 2 -5
	S: 3
	S: 4 12 octets
	S: five
	S: 6 1
	S: .
	C: UIDL
	S: +OK
	S: 1 same
	S: 2 same
	S: 3 $(cat long)
	S: 4 \xc3\xa9\xff
	S: 6
	S: 77 stray
	S: .
	END
	for n in 1 2 3 4; do
		printf '%s\n' "C: RETR $n" 'S: +OK' "S: Subject: $n" 'S: .'
	done
	cat <<-END
	C: RETR 6
	S: +OK
	S: Subject: 6
	S: .
	C: QUIT
	S: +OK
	END
} >d.talk
talk <d.talk
rm -rf d.spool
status 1 'P2, P3, P4: lists that contradict each other' pop --json d.spool
fake_wait || diag "$(cat fake.err)"
is "$(jq -c '[.announced,.stored]' out)" '[5,5]' 'all that is there comes'
like "$(cat err)" 'contradict each other: 7 messages by STAT, 5 by LIST' \
    'and the contradiction is said'
postroad ls --messages --json d.spool >ls.json
is "$(jq -r '.source.uidl // "-"' ls.json | sort -u | wc -l)" 4 \
    'UIDLs of any kind are kept'

# --- P5: gone between LIST and RETR; refused by the server
talk <<END
$login
C: STAT
S: +OK 2 100
C: LIST
S: +OK
S: 1 1
S: 2 2
S: .
C: UIDL
S: +OK
S: 1 u1
S: 2 u2
S: .
C: RETR 1
S: -ERR no such message
C: RETR 2
S: -ERR [SYS/PERM] disk of doom
C: QUIT
S: +OK
END
status 1 'P5: two that cannot be had' pop --json e.spool
is "$(jq -c '[.announced,.vanished,.refused]' out)" '[2,1,1]' \
    'one is gone, one refused'
like "$(jq -r '.problems[].error' out)" 'disk of doom' "in the server's words"
fake_wait || diag "$(cat fake.err)"

# --- P6
talk <<'END'
S: +OK ready
C: CAPA
S: -ERR
C: USER mary
S: +OK
C: PASS secret
S: -ERR [IN-USE] Do you have another POP session running?
END
status 75 'P6: [IN-USE] means later' pop f.spool
fake_stop
talk <<'END'
S: +OK ready
C: CAPA
S: -ERR
C: USER mary
S: +OK
C: PASS secret
S: -ERR wrong password
END
status 77 'a wrong password' pop f.spool
like "$(cat err)" 'what to do' 'with what to do'
fake_stop

# --- no UIDL, no CAPA: by the bytes
nouidl='S: +OK ready
C: CAPA
S: -ERR what
C: USER mary
S: +OK
C: PASS secret
S: +OK
C: STAT
S: +OK 3 100
C: LIST
S: +OK
S: 1 10
S: 2 10
S: 3 10
S: .
C: UIDL
S: -ERR what
C: RETR 1
S: +OK
S: Subject: a
S: .
C: RETR 2
S: +OK
S: Subject: b
S: .
C: RETR 3
S: +OK
S: Subject: a
S: .
C: QUIT
S: +OK'
echo "$nouidl" >g.talk
talk <g.talk
rm -rf g.spool
status 0 'P7: a server with neither CAPA nor UIDL' pop --json g.spool
is "$(jq -c '[.announced,.stored]' out)" '[3,3]' 'three, two of them equal'
fake_wait || diag "$(cat fake.err)"
echo "$nouidl" >g.talk
talk <g.talk
status 0 'run again' pop --json g.spool
is "$(jq -c '[.announced,.stored,.unchanged]' out)" '[3,0,3]' \
    'finds them by their bytes'
fake_wait || diag "$(cat fake.err)"

# --- EXPIRE 0: not a QUIT, or it would delete
talk <<'END'
S: +OK ready
C: CAPA
S: +OK
S: EXPIRE 0
S: PIPELINING
S: .
C: USER mary
S: +OK
C: PASS secret
S: +OK
C: STAT
S: +OK 1 1
C: LIST
S: +OK
S: 1 1
S: .
C: UIDL
S: +OK
S: 1 u
S: .
C: RETR 1
S: +OK
S: Subject: x
S: .
END
status 0 'EXPIRE 0: the session is broken off' pop h.spool
ok 'without QUIT' fake_wait
like "$(cat out)" 'EXPIRE 0' 'and it is said'

# --- IMAP on the same host (on its own port, which only root can have)
fake_certificates || bail 'no certificates'
{
	echo "$login"
	printf '%s\n' 'C: STAT' 'S: +OK 0 0' 'C: LIST' 'S: +OK' 'S: .' \
	    'C: UIDL' 'S: +OK' 'S: .' 'C: QUIT' 'S: +OK'
} >empty.talk
fake_start --talk empty.talk --tls --cert cert.pem --key key.pem
if "$FAKE" --store imap --port 993 --tls --cert cert.pem --key key.pem \
    --connections 9 >imap.port 2>imap.err & imap_pid=$!; sleep 0.5
    [ -s imap.port ]; then
	status 0 'IMAP answers, too' postroad extract \
	    --ca-file ca.pem --password-file pw \
	    "pop3s://mary@127.0.0.1:$FAKE_PORT/" k.spool
	like "$(cat out)" 'IMAP answers on the same host: imaps://mary@127' \
	    'and is said'
else
	skip 'IMAP answers, too' 'port 993 cannot be had'
fi
kill "$imap_pid" 2>/dev/null
wait "$imap_pid" 2>/dev/null
fake_stop

# --- TLS: STLS or nothing (T27)
stls() {
	postroad extract --ca-file ca.pem --password-file pw --timeout 3 \
	    "pop3://mary@localhost:$FAKE_PORT/" "$@"
}
play_tls() { cat >a.talk; fake_start --talk a.talk --cert cert.pem \
    --key key.pem || bail 'no fake server'; }
play_tls <<'END'
S: +OK ready
C: CAPA
S: +OK
S: UIDL
S: .
END
status 77 'T27: STLS is not offered' stls i.spool
ok 'and no credential leaves' fake_wait
play_tls <<'END'
S: +OK ready
C: CAPA
S: +OK
S: STLS
S: .
C: STLS
S: -ERR not today
END
status 77 'T27: STLS is refused' stls i.spool
ok 'and no credential leaves' fake_wait
play_tls <<'END'
S: +OK ready
C: CAPA
S: +OK
S: STLS
S: .
C: STLS
!send +OK go\r\n+OK injected\r\n
!eat
END
status 77 'T27: bytes before the handshake' stls i.spool
ok 'and no credential leaves' fake_wait
stamp='<1896.697170952@dbc.mtview.ca.us>'
in_tls() { cat >a.talk; fake_start --talk a.talk --tls --cert cert.pem \
    --key key.pem || bail 'no fake server'; }
pops() {
	postroad extract --ca-file ca.pem --password-file pw --timeout 3 \
	    "pop3s://mary@localhost:$FAKE_PORT/" "$@"
}
in_tls <<END
S: +OK POP3 ready $stamp
C: CAPA
S: +OK
S: UIDL
S: .
C: APOP mary $(printf '%ssecret' "$stamp" | md5sum | cut -d' ' -f1)
S: -ERR
END
status 77 'APOP in TLS' pops i.spool
ok 'with the digest of RFC 1939' fake_wait
for banner in 'no stamp' '<>' '<a b@c>' '<a@b\xff>' '<a@b@c>'; do
	printf '%s\n' "S: +OK $banner" 'C: CAPA' 'S: -ERR' 'C: USER mary' \
	    'S: -ERR' >b.talk
	in_tls <b.talk
	status 77 "T26: no APOP for the greeting $banner" pops i.spool
	ok 'but USER' fake_wait
done
play_tls <<END
S: +OK POP3 ready $stamp
C: CAPA
S: -ERR
C: STLS
S: +OK
!starttls
C: CAPA
S: -ERR
C: USER mary
S: -ERR
END
status 77 'T26: none for a stamp that was said before TLS' stls i.spool
ok 'but USER' fake_wait
talk <<'END'
S: +OK POP3 ready <1896.697170952@dbc.mtview.ca.us>
C: CAPA
S: -ERR
C: USER mary
S: -ERR
END
status 77 'T26: and none in plaintext' pop i.spool
ok 'but USER' fake_wait

# --- K10: nothing of it in the trace
talk <<END
$login, secret!
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
status 0 'an empty mailbox' pop --trace-wire trace --json j.spool
unlike "$(cat trace out err)" 'secret' 'the password is in no trace'
fake_stop

# --- the real thing
[ -x /usr/lib/dovecot/pop3 ] || { skip 'Dovecot' 'has no POP3 here'
    done_testing; exit; }
[ "$DOVECOT_BIN" ] || { skip 'Dovecot' 'is not installed'; done_testing; exit; }
dovecot_start 'mail_save_crlf = yes' || bail 'Dovecot does not start'
mkdir eml
for n in $(seq 1 300); do
	printf 'Subject: m%s\r\nDate: Thu, 1 Jan 2015 00:00:%02d +0000\r\n\r\n.%s\r\n..\r\n.\r\n' \
	    "$n" $((n % 60)) "$n" >eml/"$n".eml
done
head -c 3000000 /dev/urandom | base64 -w 76 | sed 's/$/\r/' >body
{ printf 'Subject: big\r\n\r\n'; cat body; } >eml/big.eml
ok 'a spool' postroad extract eml/ in.spool
ok 'a mailbox on Dovecot' postroad load --ca-file "$CA_FILE" \
    --password-file "$PW_FILE" in.spool "$(dest mary)"
sha256sum eml/*.eml | sed 's/ .*//' | sort >want
for scheme in pop3s pop3; do
	status 0 "$scheme" postroad extract --json --ca-file "$CA_FILE" \
	    --password-file "$PW_FILE" "$(dest mary $scheme)" "$scheme.spool"
	is "$(jq -c '[.announced,.stored]' out)" '[301,301]' 'brings all'
	hashes "$scheme.spool" >got
	same got want 'byte for byte'
done
ok 'both ways give the same files' diff -r pop3s.spool/mail pop3.spool/mail
status 0 'again' postroad extract --json --ca-file "$CA_FILE" \
    --password-file "$PW_FILE" "$(dest mary pop3s)" pop3s.spool
is "$(jq -c '[.announced,.stored,.unchanged]' out)" '[301,0,301]' \
    'brings nothing'
is "$(dovecot_do search -u mary mailbox INBOX | wc -l)" 301 \
    'and nothing was deleted there'
status 77 'a wrong password' sh -c "echo wrong >wrong; chmod 600 wrong
    '$POSTROAD' extract --ca-file '$CA_FILE' --password-file wrong \
    '$(dest mary pop3s)' z.spool"
status 77 'a certificate that nobody vouches for' postroad extract \
    --password-file "$PW_FILE" "$(dest mary pop3s)" z.spool
dovecot_stop
dovecot_start 'auth_mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256
auth_ssl_username_from_cert = no' || bail 'Dovecot does not start again'
for way in SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 PLAIN; do
	: >trace
	status 0 "--auth $way" postroad extract --trace-wire trace --auth "$way" \
	    --ca-file "$CA_FILE" --password-file "$PW_FILE" \
	    "$(dest mary pop3s)" pop3s.spool
	like "$(cat trace)" "AUTH $way" 'is what is said'
done
: >trace
status 0 'without --auth' postroad extract --trace-wire trace \
    --ca-file "$CA_FILE" --password-file "$PW_FILE" \
    "$(dest mary pop3s)" pop3s.spool
like "$(cat trace)" 'AUTH SCRAM-SHA-256' 'the best is taken'
dovecot_stop
done_testing
