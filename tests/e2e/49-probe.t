#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What answers where: probe, and the hint when given details do not work.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/fake.sh"

[ -x "$FAKE" ] || skip_all 'the test tools are not built'
fake_certificates || bail 'openssl failed'
helpers=
# shellcheck disable=SC2086
trap 'kill $helpers 2>/dev/null; fake_stop; at_exit' EXIT

status 64 'a host is wanted' postroad probe
for bad in '' 'a b' '@' 'x/y'; do
	status 64 "no host: '$bad'" postroad probe "$bad"
done
for bad in 0 65536 x imaps: foo:1; do
	status 64 "no port: '$bad'" postroad probe --port "$bad" localhost
done
status 68 'no such host' postroad probe nowhere.invalid
status 69 'nothing listens' postroad probe --port 1 127.0.0.1

# a fake IMAP server that keeps a log of what it is told
store() { fake_start --store st --cert cert.pem --key key.pem --log log \
    "$@" || bail 'no fake server'; : >log; }
probe() { # STATUS DESCRIPTION OPTIONS: --json, with the fake's port
	want=$1 desc=$2; shift 2
	status "$want" "$desc" postroad probe --json "$@"
}
port() { # JQ: of the port that was given
	jq -r ".ports[] | select(.from == \"given\") | $1" out
}
command -v jq >/dev/null || skip_all 'no jq'

store --tls
probe 0 'TLS from the first byte' --ca-file ca.pem --port $FAKE_PORT localhost
is "$(port '.protocol + " " + .tls + " " + (.usable | tostring)')" \
    'imap implicit true' 'is found out'
is "$(jq -r .use out)" "imaps://USER@localhost:$FAKE_PORT/" \
    'and the URL to use'
is "$(port '.certificate.names | join("+")')" 'localhost+127.0.0.1' \
    'names of the certificate'
is "$(port .certificate.verified)" true 'verified'
like "$(port .security)" '^TLSv1.3 .*, verified$' 'by TLS 1.3'
pin=$(openssl x509 -in cert.pem -pubkey -noout |
    openssl pkey -pubin -outform DER | openssl dgst -sha256 -r | cut -c1-64)
is "$(port .certificate.pin)" "sha256:$pin" 'the pin'
is "$(port .certificate.issuer)" 'CN = Fake test CA' 'the issuer'
is "$(port .certificate.not_after)" \
    "$(date -u -d "$(openssl x509 -in cert.pem -noout -enddate |
    cut -d= -f2)" +%F)" 'the date'
like "$(port .capabilities)" 'IMAP4rev1' 'capabilities'
like "$(port '.mechanisms | join(" ")')" 'PLAIN' 'mechanisms'
unlike "$(cat log)" 'LOGIN|AUTHENTICATE' 'nobody logs in'
status 0 'as text' postroad probe --ca-file ca.pem --port $FAKE_PORT localhost
like "$(cat out)" "^Use: imaps://USER@localhost:$FAKE_PORT/" 'says the URL'
like "$(cat out)" 'verified +yes' 'and that it is verified'
probe 77 'an authority that is not trusted' --port imaps:$FAKE_PORT localhost
like "$(port .certificate.problem)" 'not trusted' 'is told why'
is "$(jq .use out)" null 'and not advised'
like "$(port .capabilities)" 'IMAP4rev1' 'but looked at'
status 77 'as text' postroad probe --port imaps:$FAKE_PORT localhost
like "$(cat out)" 'NOT to be trusted' 'loud'
probe 77 'T17: another key than the pinned one' --ca-file ca.pem --tls-pin \
    "sha256:$(echo "$pin" | tr 0-9a-f 1-9a-f0)" --port $FAKE_PORT localhost
like "$(port .certificate.problem)" 'not the pinned one' 'is told'
fake_stop

store
probe 0 'STARTTLS' --ca-file ca.pem --port $FAKE_PORT localhost
is "$(port '.protocol + " " + .tls')" 'imap starttls' 'is found out'
is "$(jq -r .use out)" "imap://USER@localhost:$FAKE_PORT/" 'and the URL'
unlike "$(cat log)" 'LOGIN|AUTHENTICATE' 'nobody logs in'
fake_stop
fake_start --store st --log log
probe '7[67]' 'no TLS at all' --port $FAKE_PORT localhost
is "$(jq .use out)" null 'is not advised'
like "$(port .error)" 'STARTTLS: the server does not offer it' 'and why'
fake_stop

# POP3: scripts
pop() { # STATUS DESCRIPTION TALK-OPTIONS: script on stdin
	want=$1 desc=$2; shift 2
	cat >a.talk
	fake_start --talk a.talk --cert cert.pem --key key.pem "$@"
	probe "$want" "$desc" --timeout 2 --ca-file ca.pem \
	    --port "$POP:$FAKE_PORT" localhost
	fake_wait || { result 1 '  the script'; diag "$(cat fake.err)"; }
}
POP=pop3s pop 0 'POP3, TLS' --tls <<'END'
S: +OK hello <1.2@example.org>
C: CAPA
S: +OK
S: SASL PLAIN CRAM-MD5
S: UIDL
S: USER
S: .
C: QUIT
END
is "$(port '.mechanisms | join(" ")')" 'CRAM-MD5 APOP PLAIN LOGIN command' \
    'mechanisms'
is "$(jq -r .use out)" "pop3s://USER@localhost:$FAKE_PORT/" 'the URL'
POP=pop3 pop 0 'POP3, STLS: what was said before is forgotten' <<'END'
S: +OK hello
C: CAPA
S: +OK
S: STLS
S: SASL EVIL PLAIN
S: .
C: STLS
S: +OK
!starttls
C: CAPA
S: +OK
S: SASL SCRAM-SHA-256
S: .
C: QUIT
END
is "$(port '.mechanisms | join(" ")')" 'SCRAM-SHA-256' 'indeed'
POP=pop3 pop 77 'T27: STLS is not offered' <<'END'
S: +OK hello
C: CAPA
S: +OK
S: USER
S: .
END
POP=pop3 pop 77 'T27: STLS is refused' <<'END'
S: +OK hello
C: CAPA
S: -ERR what?
C: STLS
S: -ERR no
END
POP=pop3 pop 77 'T27: bytes behind the OK' <<'END'
S: +OK hello
C: CAPA
S: +OK
S: STLS
S: .
C: STLS
!send +OK\r\n+OK injected\r\n
END
POP=pop3 pop 77 'CAPA without end' <<'END'
S: +OK hello
C: CAPA
S: +OK
!repeat 1000 X\r\n
!eat
END
POP=pop3 pop 77 'no POP3' <<'END'
S: 220 smtp.example.org ESMTP
END

# a real Dovecot, all four of its doors
if [ "$DOVECOT_BIN" ] && [ -e /usr/lib/dovecot/pop3-login ]; then
	POP_PORT=$((20000 + $$ % 5000 * 2))
	dovecot_start "protocols = imap pop3
	service pop3-login {
	  inet_listener pop3 {
	    port = $POP_PORT
	  }
	  inet_listener pop3s {
	    port = $((POP_PORT + 1))
	    ssl = yes
	  }
	}" || bail 'no dovecot'
	probe 0 'Dovecot' --ca-file "$CA_FILE" --port $POP_PORT \
	    --port $((POP_PORT + 1)) --port $IMAP_PORT --port $IMAPS_PORT \
	    localhost
	is "$(port '.protocol + " " + .tls + " " + (.usable | tostring)' |
	    sort | tr '\n' ';')" "imap implicit true;imap starttls true;$(:
	    )pop3 implicit true;pop3 starttls true;" 'all four ways'
	is "$(jq -r .use out)" "imaps://USER@localhost:$IMAPS_PORT/" \
	    'the best is advised'
	unlike "$(cat "$T/dovecot/log")" 'Login:|auth failed' 'nobody logs in'

	# the same port in another way, where connecting fails
	mkdir -p box/cur box/new box/tmp
	postroad extract box a.spool >/dev/null 2>&1
	status 77 'TLS at a STARTTLS port' postroad load --ca-file "$CA_FILE" \
	    --password-file pw a.spool "imaps://mary@localhost:$IMAP_PORT/"
	like "$(cat err)" "what to do: imap://mary@localhost:$IMAP_PORT/ answers" \
	    'says what works'
	status '7[0-9]' 'STARTTLS at a TLS port' timeout 60 "$POSTROAD" load \
	    --timeout 3 --ca-file "$CA_FILE" --password-file pw a.spool \
	    "imap://mary@localhost:$IMAPS_PORT/"
	like "$(cat err)" "what to do: imaps://mary@localhost:$IMAPS_PORT/ answers" \
	    'says what works'
	status 77 'POP3 at an IMAP port' postroad extract --ca-file "$CA_FILE" \
	    --password-file pw "pop3s://mary@localhost:$IMAP_PORT/" b.spool
	like "$(cat err)" "what to do: imap://mary@localhost:$IMAP_PORT/ ans" \
	    'says what works'
	status '7[0-9]' 'IMAP at a POP3 port' postroad extract --timeout 3 \
	    --ca-file "$CA_FILE" --password-file pw \
	    "imaps://mary@localhost:$((POP_PORT + 1))/" b.spool
	like "$(cat err)" \
	    "what to do: pop3s://mary@localhost:$((POP_PORT + 1))/ answers" \
	    'says what works'
	status 77 'T14: a certificate that is not trusted' postroad load \
	    --password-file pw a.spool "imaps://mary@localhost:$IMAPS_PORT/"
	unlike "$(cat err)" 'answers, with' 'leads to no other port'
	unlike "$(cat "$T/dovecot/log")" 'Login:|auth failed' 'nobody logs in'
	dovecot_stop
else
	skip 'Dovecot' 'dovecot-pop3d is not installed'
fi

# service records
if command -v python3 >/dev/null; then
	dns() {
		: >port
		: >dnslog
		python3 "$ROOT/tests/fake/dns_server.py" dnslog "$@" >port &
		helpers="$helpers $!"
		while ! [ -s port ]; do sleep 0.02; done
		DNS=127.0.0.1:$(cat port)
	}
	store --tls
	dns "_imaps._tcp.example.test=10:0:$FAKE_PORT:localhost" \
	    "_imaps._tcp.example.test=5:1:1:127.0.0.1" \
	    "_pop3s._tcp.example.test=0:0:0:."
	probe 0 'services of a domain' --resolver "$DNS" --ca-file ca.pem \
	    mary@example.test
	is "$(jq -r '.services[] | .service + " " + .host + " " +
	    (.port | tostring)' out | tr '\n' ';')" \
	    "imaps 127.0.0.1 1;imaps localhost $FAKE_PORT;pop3s  0;" \
	    'all of them, by priority'
	is "$(jq -r .use out)" "imaps://USER@localhost:$FAKE_PORT/" \
	    'the one that works is advised'
	same dnslog - 'what was asked' <<-'END'
	_imaps._tcp.example.test
	_imap._tcp.example.test
	_pop3s._tcp.example.test
	_pop3._tcp.example.test
	END
	status 0 'as text' postroad probe --resolver "$DNS" --ca-file ca.pem \
	    example.test
	like "$(cat out)" 'pop3s: expressly not there' 'names what is not there'
	fake_stop
	dns silent
	start=$(date +%s)
	probe '6[89]' 'a name server that is silent' --resolver "$DNS" \
	    --timeout 1 localhost.test
	[ $(($(date +%s) - start)) -lt 60 ]
	result $? 'is not waited for long'
	like "$(jq -r .services_problem out)" 'no name server answers' 'told'
	dns garbage
	probe '6[89]' 'one that answers with noise' --resolver "$DNS" \
	    --timeout 1 localhost.test
	status 64 'no name server' postroad probe --resolver x:y a.test
else
	skip 'services' 'no python3'
fi

# presets
status 64 'a provider that is not known' postroad load --provider nosuch \
    --password-file pw a.spool mary@example.org
like "$(cat err)" 'what to do: there are microsoft, google, godaddy, yahoo' 'names them'
status 64 'microsoft takes no passwords' postroad load --provider microsoft \
    --password-file pw a.spool mary@example.org
like "$(cat err)" 'what to do: .*--oauth microsoft' 'and says what it takes'
status 64 'godaddy wants the whole address' postroad load --provider godaddy \
    --password-file pw a.spool mary
like "$(cat err)" 'whole address' 'and says so'
store --tls
cat >own.yaml <<END
providers:
  ours:
    title: Our own
    imap: localhost:$FAKE_PORT
    auth: plain
    note: ask at the desk
  google:
    imap: localhost:$FAKE_PORT
END
status 0 'one of our own: a user is enough' postroad load --ca-file ca.pem \
    --provider ours --providers own.yaml --password-file pw a.spool jo
mkdir -p .config/postroad && cp own.yaml .config/postroad/providers.yaml
status 0 'from the own configuration' postroad load --ca-file ca.pem \
    --provider OURS --password-file pw a.spool jo
status 0 'a built-in one, changed' postroad load --ca-file ca.pem --provider \
    gmail --password-file pw a.spool jo@example.org
echo nonsense >wrong && chmod 600 wrong
status 77 'a login that fails' postroad load --ca-file ca.pem --provider ours \
    --password-file wrong a.spool jo
like "$(cat err)" 'what to do: Our own: ask at the desk' 'ends with what the provider wants'
status 77 'a login that fails at a host that is known' postroad load \
    --ca-file ca.pem --providers own.yaml --password-file wrong a.spool \
    "imaps://jo@localhost:$FAKE_PORT/"
like "$(cat err)" 'ask at the desk|app password' 'ends so, too'
fake_stop
printf 'providers:\n  x:\n    imap: [1]\n' >bad.yaml
status 78 'a file that is none' postroad load --provider x --providers \
    bad.yaml --password-file pw a.spool jo
like "$(cat err)" 'bad.yaml:3: imap wants' 'says where'
done_testing
