#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# OAuth 2: tokens from a server on loopback, shown to a real Dovecot that asks
# that server about them.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/fake.sh"

[ "$DOVECOT_BIN" ] || skip_all 'dovecot is not installed'
command -v python3 >/dev/null || skip_all 'no python3'
fake_certificates || bail 'openssl failed'

token_pids=
token_server() { # LOG [CERT KEY]: sets TOKEN_PORT
	: >port
	: >"$1"
	python3 "$ROOT/tests/fake/token_server.py" "$@" >port 2>token.err &
	token_pids="$token_pids $!"
	try=0
	while ! [ -s port ] && [ $((try += 1)) -lt 200 ]; do sleep 0.05; done
	TOKEN_PORT=$(cat port)
	[ "$TOKEN_PORT" ] || { cat token.err >&2; bail 'no token server'; }
}
# shellcheck disable=SC2086
trap 'kill $token_pids 2>/dev/null; fake_stop; at_exit' EXIT

token_server tokens cert.pem key.pem
HTTPS=https://localhost:$TOKEN_PORT
token_server plain
HTTP=http://127.0.0.1:$TOKEN_PORT

umask 077
echo app-secret-canary >secret
echo ref-canary-1 >refresh
client() { # FILE LINES...
	f=$1; shift
	printf '%s\n' "token_endpoint: $HTTPS/token" \
	    "device_endpoint: $HTTPS/device" 'client_id: app' \
	    "ca_file: $T/ca.pem" 'scope: mail offline' \
	    'app_scope: https://mail.example/.default' "$@" >"$f"
}
client refresh.yaml 'flow: refresh' "refresh_token_file: $T/refresh"
client app.yaml 'flow: client' "client_secret_file: $T/secret"
client device.yaml 'flow: device' "refresh_token_file: $T/device-refresh"

cat >oauth2.conf.ext <<END
introspection_mode = post
introspection_url = $HTTP/introspect
username_attribute = username
active_attribute = active
active_value = true
END
chmod 644 oauth2.conf.ext
umask 022
start() {
	dovecot_start "auth_mechanisms = xoauth2 oauthbearer plain
	auth_cache_size = 0
	passdb {
	  driver = oauth2
	  mechanisms = xoauth2 oauthbearer
	  args = $T/oauth2.conf.ext
	}" || bail 'no dovecot'
}
start
# log_in STATUS DESCRIPTION OPTIONS
log_in() {
	want=$1 desc=$2; shift 2
	: >"$T/dovecot/log"; : >trace
	got=0
	timeout 60 "$IMAP_TOOL" --ca-file "$CA_FILE" --timeout 10 \
	    --trace trace "$@" "${URL:-$(dest mary)}" list >out 2>err || got=$?
	cat trace out err >>seen
	[ "$got" = "$want" ] && { result 0 "$desc"; return; }
	result 1 "$desc"
	diag "status $got, not $want"; diag "$(cat out err)"
	diag "$(tail -n 5 "$T/dovecot/log") $(tail -n 3 tokens plain)"
}

used() { # MECHANISM DESCRIPTION; the log may come a little later
	n=0
	until grep -q 'Login: user=' "$T/dovecot/log" ||
	    [ $((n += 1)) -gt 300 ]; do sleep 0.1; done
	like "$(cat out err "$T/dovecot/log")" "method=$1" "$2"
}

# Dovecot asks the server without TLS about tokens: who is to get in has to get
# them there.
plain() { sed "s,$HTTPS,$HTTP," "$1.yaml" >"$1-http.yaml"
	echo 'http_on_loopback: yes' >>"$1-http.yaml"; }
plain refresh; plain app; plain device

log_in 0 'refresh token' --oauth refresh-http.yaml
used OAUTHBEARER 'OAUTHBEARER is taken'
is "$(cat refresh)" ref-canary-2 'the new refresh token is kept'
is "$(stat -c %a refresh)" 600 'with mode 0600'
log_in 0 'and is good for the next run' --oauth refresh-http.yaml \
    --auth xoauth2
used XOAUTH2 'by XOAUTH2'
log_in 0 'client credentials' --oauth app-http.yaml
like "$(tail -n 2 plain)" 'client_credentials https://mail.example/.default' \
    'with the scope of an application'
log_in 0 'device code' --oauth device-http.yaml
like "$(cat err)" 'open https://example.org/device and enter the code WDJB' \
    'says where to go'
like "$(cat err)" '\\x1b\[1mMJHT' 'escaped'
is "$(cat device-refresh)" ref-canary-4 'keeps the refresh token'
log_in 0 'and asks nobody the next time' --oauth device-http.yaml
unlike "$(cat err)" 'enter the code' 'indeed'
rm -f device-refresh; : >plain.denied
log_in 77 'device code, and the user says no' --oauth device-http.yaml
like "$(cat out)" 'access_denied: the user said no' 'is told'
rm -f plain.denied
log_in 0 'a command' --oauth-token-command \
    'sh -c "echo tok-canary-5"'
log_in 77 'a token that is refused' --oauth-token-command 'echo nonsense'

# one token for many connections; a new one when it is old, or refused
several() { # STATUS DESCRIPTION LIFE COMMANDS...
	want=$1 desc=$2; shift 2
	echo "$1" >plain.life; shift
	: >plain
	status "$want" "$desc" timeout 60 "$IMAP_TOOL" --ca-file "$CA_FILE" \
	    --timeout 10 --oauth app-http.yaml "$(dest mary)" "$@"
}
asked() { is "$(grep -c '^/token' plain)" "$1" "  is asked for $1 times"; }
several 0 'a token is used again' 3600 again again
asked 1
several 0 'renewed before it expires' 2 again pause pause again
asked 2
several 0 'one without an end is not renewed' null again pause again
asked 1
rm plain.life
in_turn() { # STATUS DESCRIPTION: T24, the script on stdin
	cat >a.talk
	: >plain
	fake_start --talk a.talk
	status "$1" "$2" "$IMAP_TOOL" --tls none --timeout 5 --oauth \
	    app-http.yaml "$FAKE_URL" again
	cat out err >>seen
	fake_wait || { result 1 '  the script'; diag "$(cat fake.err)"; }
}
hello='* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR] hi'
in_turn 0 'T24: the server no longer takes a token: it is renewed' <<END
S: $hello
C: TAG AUTHENTICATE XOAUTH2 *
S: TAG OK [CAPABILITY IMAP4rev1] in
S: * BYE Session invalidated - AccessTokenExpired
!close
!connection
S: $hello
C: TAG AUTHENTICATE XOAUTH2 *
S: + eyJzdGF0dXMiOiI0MDEifQ==
C:
S: TAG NO [AUTHENTICATIONFAILED] expired
!bye
!connection
S: $hello
C: TAG AUTHENTICATE XOAUTH2 *
S: TAG OK [CAPABILITY IMAP4rev1] in
!bye
END
asked 2
in_turn 77 'T24: nor the new one: that is the end' <<END
S: $hello
C: TAG AUTHENTICATE XOAUTH2 *
S: TAG OK [CAPABILITY IMAP4rev1] in
!bye
!connection
S: $hello
C: TAG AUTHENTICATE XOAUTH2 *
S: TAG NO [AUTHENTICATIONFAILED] expired
!bye
!connection
S: $hello
C: TAG AUTHENTICATE XOAUTH2 *
S: TAG NO [AUTHENTICATIONFAILED] expired
!bye
END
asked 2

# in the middle of a run: the token is taken back, the connection cut
mkdir -p box/cur box/new box/tmp
for i in 1 2 3 4 5 6 7 8; do
	{
		printf 'Subject: %s\n\n' $i
		head -c 40000 /dev/zero | tr '\0' x | fold -w 70
	} >box/cur/$i:2,S
done
postroad extract -q box run.spool >/dev/null || bail 'no spool'
: >plain; : >"$T/dovecot/log"
"$POSTROAD" load --json --limit-rate 60k --ca-file "$CA_FILE" --oauth \
    app-http.yaml run.spool "$(dest mary)" >run.out 2>run.err &
pid=$!
try=0
while ! grep -q 'Login: user=<mary>' "$T/dovecot/log" &&
    [ $((try += 1)) -lt 100 ]; do sleep 0.1; done
sleep 2
: >"plain.revoked-$(sed -n 's/^introspect \(tok[^ ]*\) True/\1/p' plain |
    tail -n 1)"
dovecot_do kick mary >/dev/null 2>&1
wait $pid
is "$?" 0 'T24: a token that is taken back in the middle of a run'
is "$(jq -c '[.announced, .loaded]' run.out)" '[8,8]' '  everything arrives'
is "$(grep -c '^/token' plain)" 2 '  with one more token'
cat run.out run.err >>seen

# over HTTPS
echo ref-canary-1 >refresh
log_in 77 'HTTPS: a token of another server' --oauth refresh.yaml
like "$(cat tokens)" '^/token refresh_token mail offline$' 'was got'
echo ref-canary-2 >refresh
sed '/ca_file/d' refresh.yaml >noca.yaml
log_in 77 'HTTPS: an authority that is not trusted' --oauth noca.yaml
like "$(cat out)" 'token server localhost:[0-9]*: .*certificate' 'is named'
is "$(wc -l <tokens)" 1 'and nothing was asked of it'
for path in later:75 html:76 huge:76 redirect:76 mac:76 nothing:76 break:78; do
	sed "s,/token\$,/${path%:*}," refresh.yaml >bad.yaml
	log_in "${path#*:}" "HTTPS: an answer that is none: ${path%:*}" \
	    --oauth bad.yaml
done
is "$(grep -c '^/token' tokens)" 1 'no redirect is followed'
sed 's,localhost:[0-9]*,localhost:1,' refresh.yaml >bad.yaml
log_in 69 'HTTPS: nobody there' --oauth bad.yaml
sed 's,https://localhost:[0-9]*,https://nowhere.invalid,' refresh.yaml >bad.yaml
log_in 68 'HTTPS: no such host' --oauth bad.yaml

# the token server refuses
echo ref-canary-0 >refresh
log_in 77 'a refresh token that is no longer good' --oauth refresh-http.yaml
like "$(cat out)" 'says 400 invalid_grant: \(its words repeat a secret\)' \
    'what repeats it is not told'
like "$(cat out)" 'hint: the refresh token is no longer good: sign in anew' \
    'the hint says what to do'
echo wrong-secret-canary >secret
log_in 77 'a wrong client secret' --oauth app-http.yaml
like "$(cat out)" 'invalid_client: wrong secret' 'in its words'
echo app-secret-canary >secret
sed 's,^app_scope.*,app_scope: x,' app-http.yaml >bad.yaml
log_in 77 'a scope that it does not have' --oauth bad.yaml
like "$(cat out)" 'hint: .*scope' 'with a hint'

# descriptions that are none, before anything is sent
chk() { log_in "$@"; }
sed "s,$HTTPS,$HTTP," refresh.yaml >bad.yaml
chk 78 'http:// without the key that allows it' --oauth bad.yaml
sed 's,^token_endpoint.*,token_endpoint: http://127.0.0.1:80@example.org/,' \
    refresh-http.yaml >bad.yaml
chk 78 'http:// to another host that looks like this one' --oauth bad.yaml
sed 's,^token_endpoint.*,token_endpoint: http://127.0.0.1.example.org/,' \
    refresh-http.yaml >bad.yaml
chk 78 'and another' --oauth bad.yaml
client bad.yaml 'client_secret: app-secret-canary'
chk 78 'K1: a secret in the file' --oauth bad.yaml
client bad.yaml 'color: blue'
chk 78 'a key that is none' --oauth bad.yaml
client bad.yaml 'flow: magic'
chk 78 'a flow that is none' --oauth bad.yaml
chk 66 'a file that is not there' --oauth nosuch.yaml
chk 64 'microsoft, without a client id' --oauth microsoft
chk 64 'microsoft by secret, without a tenant' --oauth microsoft \
    --oauth-client-id app --oauth-secret-file secret
like "$(cat out)" 'hint: --oauth-tenant' 'says what is missing'
chk 64 'a client id without --oauth' --oauth-client-id app \
    --password-file pw
chmod 644 refresh
chk 78 'K2: the refresh token is open to others' --oauth refresh-http.yaml
chmod 600 refresh; mv refresh real; ln -s real refresh
chk 78 'K2: or a link' --oauth refresh-http.yaml
rm refresh; mv real refresh
chk 64 'a password and a token' --oauth refresh-http.yaml --password-file pw

unlike "$(cat seen)" 'canary|c2VjcmV0' 'K10: no secret is told anywhere'
done_testing
