#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every way to log in, to a real Dovecot: its log says which one was used.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/fake.sh"

[ "$DOVECOT_BIN" ] || skip_all 'dovecot is not installed'
[ -x "$IMAP_TOOL" ] || skip_all 'the test tools are not built'

# start MECHANISMS [SETTINGS]
start() {
	dovecot_start "auth_mechanisms = $1
	auth_verbose = yes
	auth_debug = no
	auth_master_user_separator = *
	login_log_format_elements = user=<%u> method=%m %c
	passdb {
	  driver = passwd-file
	  master = yes
	  args = $T/dovecot/masters
	}
	${2:-}" || bail 'no dovecot'
}

# log_in STATUS DESCRIPTION [OPTIONS]: the user is mary
log_in() {
	want=$1 desc=$2; shift 2
	: >"$T/dovecot/log"
	got=0
	"$IMAP_TOOL" --ca-file "$CA_FILE" --timeout 10 --trace trace "$@" \
	    "${URL:-$(dest mary)}" list >out 2>err || got=$?
	[ "$got" = "$want" ] && { result 0 "$desc"; return; }
	result 1 "$desc"
	diag "status $got, not $want"; diag "$(cat out err)"
	diag "$(tail -n 5 "$T/dovecot/log")"
}
used() { # MECHANISM [USER]; the log may come a little later
	n=0
	until grep -q 'Login: user=' "$T/dovecot/log" ||
	    [ $((n += 1)) -gt 300 ]; do sleep 0.1; done
	like "$(cat "$T/dovecot/log")" \
	    "Login: user=<${2:-mary}>, method=$1, TLS" "  by $1"
}
failed() { # how many tries; likewise
	n=0
	until grep -q 'auth failed' "$T/dovecot/log" ||
	    [ $((n += 1)) -gt 300 ]; do sleep 0.1; done
	grep -o 'auth failed, [0-9]* attempts' "$T/dovecot/log"
}

start plain
printf 'root:{PLAIN}rootpw\nodd%%admin:{PLAIN}rootpw\n' >"$T/dovecot/masters"
chmod 644 "$T/dovecot/masters"
dovecot_stop
echo rootpw >rootpw && echo wrong >wrong && chmod 600 rootpw wrong

for mech in PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256; do
	start "$mech"
	log_in 0 "$mech, the only one" --password-file pw
	used "$mech"
	log_in 77 "$mech, a wrong password" --password-file wrong
	like "$(cat out)" 'hint: check the user name' '  with a hint'
	URL=$(dest mary imap) log_in 0 "$mech after STARTTLS" \
	    --password-file pw
	dovecot_stop
done

start 'plain login cram-md5 scram-sha-1 scram-sha-256'
log_in 0 'all are offered: the best is taken' --password-file pw
used SCRAM-SHA-256
log_in 77 'it is refused' --password-file wrong
is "$(failed)" "auth failed, 1 attempts" \
    '  and no weaker one is tried'
like "$(cat out)" 'hint: .*--auth plain' '  but named'
for mech in plain login cram-md5 scram-sha-1; do
	log_in 0 "--auth $mech" --password-file pw --auth $mech
	used "$(echo $mech | tr a-z A-Z)"
done
log_in 0 '--auth with a list takes the best of them' --password-file pw \
    --auth plain,cram-md5
used CRAM-MD5
log_in 77 '--auth xoauth2, which is not offered' --auth xoauth2 \
    --oauth-token-command 'echo token'
like "$(cat out)" 'server offers SCRAM-SHA-256, .*PLAIN' '  says what is'
log_in 64 '--auth of nothing that is known' --password-file pw --auth md5
log_in 0 'an administrator: dovecot' --admin dovecot --admin-user root \
    --password-file rootpw
used SCRAM-SHA-256
log_in 0 'an administrator by PLAIN' --admin dovecot --admin-user root \
    --password-file rootpw --auth plain
used PLAIN
log_in 0 'an administrator: authzid' --admin authzid --admin-user root \
    --password-file rootpw --auth plain
used PLAIN
log_in 0 'an administrator: authzid, by SCRAM' --admin cyrus \
    --admin-user root --password-file rootpw
used SCRAM-SHA-256
log_in 0 'an administrator: a template' --admin '%u*%a' --admin-user root \
    --password-file rootpw
log_in 77 'no administrator' --admin dovecot --admin-user nobody \
    --password-file rootpw
unlike "$(cat trace out err)" 'secret|rootpw|c2VjcmV0|cm9vdHB3' \
    'K10: no password in any trace'
dovecot_stop

# POP3, with the same choice
if [ -e /usr/lib/dovecot/pop3-login ]; then
	POP_PORT=$((32000 - $$ % 5000 * 2))
	start 'plain login cram-md5 scram-sha-1 scram-sha-256' \
	    "protocols = imap pop3
	service pop3-login {
	  inet_listener pop3 {
	    port = $POP_PORT
	  }
	  inet_listener pop3s {
	    port = $((POP_PORT + 1))
	    ssl = yes
	  }
	}"
	pop() { # STATUS DESCRIPTION MECHANISM OPTIONS
		want=$1 desc=$2 mech=$3; shift 3
		: >"$T/dovecot/log"
		rm -rf p.spool
		status "$want" "$desc" postroad extract -q --ca-file "$CA_FILE" \
		    --trace-wire trace "$@" \
		    "${SCHEME:-pop3s}://mary@$IMAP_HOST:$((POP_PORT + PLUS))/" \
		    p.spool
		[ "$want" != 0 ] || used "$mech"
	}
	PLUS=1
	pop 0 'POP3: the best is taken' SCRAM-SHA-256 --password-file pw
	PLUS=0 SCHEME=pop3
	pop 0 'POP3 after STLS' SCRAM-SHA-256 --password-file pw
	PLUS=1 SCHEME=pop3s
	pop 77 'POP3: a wrong password' none --password-file wrong
	is "$(failed)" "auth failed, 1 attempts" \
	    '  and no weaker one is tried'
	for mech in plain login cram-md5 scram-sha-1; do
		pop 0 "POP3: --auth $mech" "$(echo $mech | tr a-z A-Z)" \
		    --auth $mech --password-file pw
	done
	pop 0 'POP3: USER and PASS' PLAIN --auth command --password-file pw
	pop 0 'POP3: an administrator' PLAIN --auth plain --admin cyrus \
	    --admin-user root --password-file rootpw
	pop 64 'POP3 has no PROXYAUTH' none --admin proxyauth \
	    --admin-user root --password-file rootpw
	pop 64 'POP3 has no folders' none --admin courier --admin-user root \
	    --user-root x --password-file rootpw
	unlike "$(cat trace out err)" 'secret|rootpw|c2VjcmV0|cm9vdHB3' \
	    'K10: no password in any trace'
	dovecot_stop
else
	skip 'POP3' 'dovecot-pop3d is not installed'
fi

# odd passwords, the same in all mechanisms
printf 'p"\\\303\244 \343\200\200w' >odd && chmod 600 odd
start 'plain login cram-md5 scram-sha-1 scram-sha-256' \
    "passdb {
	driver = passwd-file
	args = scheme=PLAIN $T/dovecot/odd
}"
printf 'mary:{PLAIN}p"\\\303\244 \343\200\200w\n' >"$T/dovecot/odd"
chmod 644 "$T/dovecot/odd"
for mech in plain login; do
	log_in 0 "a password with quotes, 8 bits and U+3000, $mech" \
	    --password-file odd --auth $mech
done
log_in 77 'CRAM-MD5 cannot carry it for certain' --password-file odd \
    --auth cram-md5
dovecot_stop
start 'plain cram-md5' "passdb {
	driver = passwd-file
	args = scheme=PLAIN $T/dovecot/odd
}"
log_in 0 'so the next best is taken' --password-file odd
used PLAIN
dovecot_stop

# a certificate
CERTS=$T/dovecot
(
	cd "$CERTS" || exit 1
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout client.key -out client.csr -subj /CN=mary &&
	openssl x509 -req -in client.csr -CA ca.pem -CAkey ca.key -days 30 \
	    -set_serial 7 -out client.pem &&
	openssl pkey -in client.key -aes128 -passout pass:x -out locked.key &&
	cat client.pem client.key >both.pem && cp client.key open.key &&
	chmod 600 client.key both.pem locked.key && chmod 644 open.key
) >openssl.log 2>&1 || bail 'openssl failed'
start 'plain external' "ssl_ca = <$T/dovecot/ca.pem
	ssl_verify_client_cert = yes
	ssl_require_crl = no
	auth_ssl_username_from_cert = yes
	passdb {
	  driver = static
	  mechanisms = external
	  args = nopassword
	}"
log_in 0 'EXTERNAL: a certificate, and no password' \
    --client-cert "$CERTS/client.pem" --client-key "$CERTS/client.key"
used EXTERNAL
log_in 0 'the key in the same file' --client-cert "$CERTS/both.pem" \
    --auth external
used EXTERNAL
log_in 0 'a password besides: the certificate is better' \
    --client-cert "$CERTS/both.pem" --password-file pw
used EXTERNAL
log_in 0 'or not' --client-cert "$CERTS/both.pem" --password-file pw \
    --auth plain
used PLAIN
log_in 77 'a certificate is not asked for a password' --auth external \
    --client-cert "$CERTS/cert.pem" --client-key "$CERTS/key.pem"
log_in 78 'K2: the key is open to others' \
    --client-cert "$CERTS/client.pem" --client-key "$CERTS/open.key"
like "$(cat out)" 'hint: chmod 600' '  and the hint says so'
log_in 78 'the key is encrypted' \
    --client-cert "$CERTS/client.pem" --client-key "$CERTS/locked.key"
log_in 78 'the key is of another certificate' \
    --client-cert "$CERTS/client.pem" --client-key "$CERTS/ca.key"
log_in 78 'there is no such certificate' --client-cert missing \
    --client-key "$CERTS/client.key"
log_in 64 'a key without a certificate' --client-key "$CERTS/client.key"
log_in 64 '--auth external without one' --auth external
dovecot_stop
done_testing
