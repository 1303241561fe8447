#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What is said at the login, to the byte, and servers that lie in it.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/fake.sh"

[ -x "$IMAP_TOOL" ] || skip_all 'the test tools are not built'

# talk STATUS DESCRIPTION OPTIONS...: the script is on stdin, without its
# greeting when CAPS says what that offers; user 'jo', password 'pw'
printf 'pw\n' >jopw && chmod 600 jopw
talk() {
	want=$1 desc=$2; shift 2
	echo "S: * OK [CAPABILITY IMAP4rev1 $CAPS] hi" >a.talk
	cat >>a.talk
	fake_start --talk a.talk || bail 'no fake server'
	got=0
	timeout 30 "$IMAP_TOOL" --tls none --timeout 3 --trace trace "$@" \
	    "imap://${WHO:-jo}@127.0.0.1:$FAKE_PORT/" $DO >out 2>err || got=$?
	kept=0
	fake_wait || kept=$?
	[ "$got" = "$want" ] && [ $kept = 0 ] && { result 0 "$desc"; return; }
	result 1 "$desc"
	diag "status $got, not $want; script: $kept"
	diag "$(cat out err fake.err)"
}
DO=
b64() { printf "$1" | base64 -w0; }
# fnmatch would take these for its own: * ? [ \
glob() { printf '%s' "$1" | sed 's/[*?[\\]/\\&/g'; }

# administrators: the bytes of the LOGIN command and of PLAIN
# name|--admin|--admin-user|user in the URL|LOGIN's argument|decoded PLAIN
while IFS='|' read -r name form admin user quoted plain; do
	CAPS=
	WHO=$user talk 0 "admin $name: LOGIN" --password-file jopw \
	    --admin "$form" --admin-user "$admin" <<END
C: TAG LOGIN $(glob "\"$quoted\"") "pw"
S: TAG OK [CAPABILITY IMAP4rev1] in
!bye
END
	CAPS='AUTH=PLAIN SASL-IR LOGINDISABLED'
	WHO=$user talk 0 "admin $name: PLAIN" --password-file jopw \
	    --admin "$form" --admin-user "$admin" <<END
C: TAG AUTHENTICATE PLAIN $(b64 "$plain")
S: TAG OK [CAPABILITY IMAP4rev1] in
!bye
END
done <<'END'
exchange|exchange|contoso-students.edu/mailadmin|terry.adams|contoso-students.edu/mailadmin/terry.adams|\0contoso-students.edu/mailadmin/terry.adams\0pw
exchange, the domain in an address|exchange|admin@example.org|jo|example.org/admin/jo|\0example.org/admin/jo\0pw
exchange, the user's domain|exchange|admin|jo%40example.com|example.com/admin/jo@example.com|\0example.com/admin/jo@example.com\0pw
exchange-backslash|exchange-backslash|domain\admin|user1|domain\\admin\\user1|\0domain\\admin\\user1\0pw
exchange-backslash, addresses|exchange-backslash|domain\admin@example.com|user@example.com|domain\\admin@example.com\\user@example.com|\0domain\\admin@example.com\\user@example.com\0pw
dovecot|dovecot|root|jo%40example.org|jo@example.org*root|\0jo@example.org*root\0pw
mirapoint|mirapoint|admin|jo%40example.org|#jo@example.org#admin#|\0#jo@example.org#admin#\0pw
a template|%n+%a%%%d|root|jo%40example.org|jo+root%example.org|\0jo+root%%example.org\0pw
END
CAPS='AUTH=PLAIN SASL-IR'
talk 0 'admin cyrus: PLAIN, acting for the user' --password-file jopw \
    --admin cyrus --admin-user root <<END
C: TAG AUTHENTICATE PLAIN $(b64 'jo\0root\0pw')
S: TAG OK [CAPABILITY IMAP4rev1] in
!bye
END
CAPS=
talk 77 'admin cyrus: LOGIN cannot say that' --password-file jopw \
    --admin cyrus --admin-user root <<END
!bye
END
like "$(cat out)" 'hint: acting for another user needs PLAIN' '  and says so'
talk 0 'admin proxyauth: as himself, then PROXYAUTH' --password-file jopw \
    --admin proxyauth --admin-user root <<END
C: TAG LOGIN "root" "pw"
S: TAG OK in
C: TAG PROXYAUTH jo
S: TAG OK now you are jo
C: TAG CAPABILITY
S: * CAPABILITY IMAP4rev1
S: TAG OK
!bye
END
WHO='jo%20%22x%22' talk 77 'admin proxyauth: refused' --password-file jopw \
    --admin proxyauth --admin-user root <<END
C: TAG LOGIN "root" "pw"
S: TAG OK in
C: TAG PROXYAUTH "jo \\\\"x\\\\""
S: TAG NO permission denied
!bye
END
like "$(cat out)" 'PROXYAUTH: the server says NO: permission denied' \
    '  in the server'"'"'s words'
talk 0 'admin courier: as himself; folders are below a root' \
    --password-file jopw --admin courier --admin-user root \
    --user-root '#shared/%u' <<END
C: TAG LOGIN "root" "pw"
S: TAG OK [CAPABILITY IMAP4rev1] in
!bye
END
for bad in '--admin courier --admin-user root' '--admin exchange' \
    '--admin nonsense --admin-user x' '--admin-user x' '--admin %a' \
    '--admin %u%x --admin-user x' '--admin dovecot --admin-user a*b' \
    '--admin dovecot --admin-user x --user-root /'; do
	# shellcheck disable=SC2086
	status 64 "usage: $bad" "$IMAP_TOOL" --password-file jopw $bad \
	    imaps://jo@127.0.0.1:1/
	like "$(cat out)" '--(admin|user-root)' '  named'
done

# OAuth: RFC 7628 and Google's XOAUTH2; the tokens come from a command
tok() { # STATUS DESCRIPTION TOKEN SCRIPT: with the token command
	want=$1 desc=$2 token=$3
	talk "$want" "$desc" --oauth-token-command "echo $token"
}
CAPS='AUTH=XOAUTH2 AUTH=PLAIN SASL-IR'
WHO='jo%40example.org' tok 0 'XOAUTH2' tok-1 <<END
C: TAG AUTHENTICATE XOAUTH2 $(b64 'user=jo@example.org\001auth=Bearer tok-1\001\001')
S: TAG OK [CAPABILITY IMAP4rev1] in
!bye
END
CAPS='AUTH=XOAUTH2 AUTH=OAUTHBEARER AUTH=PLAIN'
WHO='j%2co%3d' tok 0 'OAUTHBEARER, without SASL-IR; , and = in a name' tok-2 <<END
C: TAG AUTHENTICATE OAUTHBEARER
S: +
C: bixhPWo9MkNvPTNELAFob3N0PTEyNy4wLjAuMQFwb3J0PT*
S: TAG OK [CAPABILITY IMAP4rev1] in
!bye
END
CAPS='AUTH=XOAUTH2 SASL-IR'
json='{"status":"400","schemes":"Bearer","scope":"https://mail.example/\033[31m"}'
tok 77 'XOAUTH2: why it is refused' tok-1 <<END
C: TAG AUTHENTICATE XOAUTH2 *
S: + $(b64 "$json")
C:
S: TAG NO SASL authentication failed
!bye
END
like "$(cat out)" 'failed; of the token it says \{"status":"400",.*\\x1b\[31m"\}' \
    '  is decoded, and escaped'
like "$(cat out)" 'hint: the token is refused: .*scope' '  with a hint'
CAPS='AUTH=OAUTHBEARER SASL-IR'
tok 77 'OAUTHBEARER: why it is refused' tok-1 <<END
C: TAG AUTHENTICATE OAUTHBEARER *
S: + $(b64 '{"status":"invalid_token"}')
C: AQ==
S: TAG NO [AUTHENTICATIONFAILED] no
!bye
END
like "$(cat out)" 'it says \{"status":"invalid_token"\}' '  is decoded'
tok 77 'OAUTHBEARER: the reason repeats the token' tok-canary-1 <<END
C: TAG AUTHENTICATE OAUTHBEARER *
S: + $(b64 '{"status":"tok-canary-1"}')
C: AQ==
S: TAG NO [AUTHENTICATIONFAILED] tok-canary-1 is bad
!bye
END
unlike "$(cat out err trace)" 'canary|Y2FuYXJ5|tok-1|dG9rLTEB' \
    'K10: no token in a trace or a message'
tok 76 'OAUTHBEARER: asked for ever' tok-1 <<END
C: TAG AUTHENTICATE OAUTHBEARER *
S: + $(b64 '{"status":"invalid_token"}')
C: AQ==
S: + $(b64 '{"status":"invalid_token"}')
C: \\*
END
CAPS='AUTH=PLAIN AUTH=CRAM-MD5'
tok 77 'a token, where only passwords are taken' tok-1 <<END
!bye
END
like "$(cat out)" 'hint: this server takes no OAuth tokens' '  with a hint'
CAPS='AUTH=XOAUTH2 LOGINDISABLED'
talk 77 'a password, where only tokens are taken' --password-file jopw <<END
!bye
END
like "$(cat out)" 'hint: .*OAuth tokens, no passwords: use --oauth' \
    '  with a hint'

# T25: what is no token never goes to a server
CAPS='AUTH=XOAUTH2 SASL-IR'
for bad in "printf 'to\\nken'" "printf 'to\\rken'" "printf 'to ken'" \
    "printf 'to\\001ken'" 'true' 'false' "printf 'to\\303\\244ken'"; do
	status 78 "T25: a token from: $bad" "$IMAP_TOOL" --tls none \
	    --oauth-token-command "$bad" --timeout 3 imap://jo@127.0.0.1:1/
done

# SCRAM: nothing but the proof will do
scram() { # STATUS MODE DESCRIPTION LAST-WORDS [HASH]
	: >fake.port
	python3 "$ROOT/tests/fake/scram_server.py" "$2" "${5:-sha256}" \
	    >fake.port 2>fake.err &
	fake_pid=$!
	while ! [ -s fake.port ]; do sleep 0.02; done
	got=0
	timeout 20 "$IMAP_TOOL" --tls none --password-file "${PW:-pw}" \
	    --timeout 5 --trace trace ${ADMIN:-} \
	    "imap://jo@127.0.0.1:$(cat fake.port)/" >out 2>err || got=$?
	fake_wait
	is "$got $(cat fake.err)" "$1 said: $4" "$3" || diag "$(cat out)"
}
if command -v python3 >/dev/null; then
	for hash in sha1 sha256; do
		scram 0 good "SCRAM, $hash" ' LOGOUT' $hash
	done
	ADMIN='--admin cyrus --admin-user root' \
	    scram 0 good 'SCRAM for another user' 'a=jo LOGOUT'
	scram 77 signature 'SCRAM: a wrong signature' '*'
	like "$(cat out)" 'cannot prove that it knows the password' \
	    '  is what is said'
	scram 77 skip 'SCRAM: an OK without the proof' ''
	like "$(cat out)" 'OK without the proof' '  is what is said'
	scram 77 silent 'SCRAM: an OK before anything' ''
	scram 76 nonce "SCRAM: a nonce that is not built on ours" '*'
	scram 76 rounds 'SCRAM: 4294967295 rounds of hashing' '*'
	scram 76 norounds 'SCRAM: no round' '*'
	scram 76 again 'SCRAM: a challenge behind the proof' '*'
	scram 77 refuse 'SCRAM: refused in its own words' '*'
	like "$(cat out)" 'invalid-proof' '  which are told'
	echo other >otherpw && chmod 600 otherpw
	PW=otherpw scram 77 good 'SCRAM: a wrong password' '*'
	unlike "$(cat trace out err)" 'secret|other' '  none in the trace'
else
	skip 'SCRAM' 'no python3'
fi

# T22: challenges that are none
CAPS='AUTH=CRAM-MD5 LOGINDISABLED'
talk 76 'T22: CRAM-MD5, not base64' --password-file jopw <<END
C: TAG AUTHENTICATE CRAM-MD5
S: + !!! not base64
C: \\*
END
talk 76 'T22: CRAM-MD5, a huge challenge' --password-file jopw <<END
C: TAG AUTHENTICATE CRAM-MD5
!send +\\x20
!repeat 20000 QUFB
!send \\r\\n
C: \\*
END
talk 77 'T22: CRAM-MD5, an OK without a challenge' --password-file jopw <<END
C: TAG AUTHENTICATE CRAM-MD5
S: TAG OK in
END
WHO=tim talk 0 'CRAM-MD5: the example of RFC 2195' --password-command \
    'echo tanstaaftanstaaf' <<END
C: TAG AUTHENTICATE CRAM-MD5
S: + PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+
C: dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw
S: TAG OK [CAPABILITY IMAP4rev1] in
!bye
END
CAPS='AUTH=LOGIN LOGINDISABLED SASL-IR'
talk 0 'SASL LOGIN: two questions' --password-file jopw <<END
C: TAG AUTHENTICATE LOGIN
S: + VXNlcm5hbWU6
C: am8=
S: + UGFzc3dvcmQ6
C: cHc=
S: TAG OK [CAPABILITY IMAP4rev1] in
!bye
END
talk 76 'SASL LOGIN: three of them' --password-file jopw <<END
C: TAG AUTHENTICATE LOGIN
S: + VXNlcm5hbWU6
C: am8=
S: + UGFzc3dvcmQ6
C: cHc=
S: + UGFzc3dvcmQ6
C: \\*
END
talk 77 'SASL LOGIN: an OK in place of the second' --password-file jopw <<END
C: TAG AUTHENTICATE LOGIN
S: + VXNlcm5hbWU6
C: am8=
S: TAG OK in
END

# a mechanism that is not understood is replaced by none that is weaker
CAPS='AUTH=PLAIN AUTH=SCRAM-SHA-256'
talk 77 'SCRAM is answered with BAD: PLAIN is weaker' --password-file jopw <<END
C: TAG AUTHENTICATE SCRAM-SHA-256
S: TAG BAD what?
!bye
END
CAPS='AUTH=PLAIN SASL-IR'
talk 0 'PLAIN is answered with BAD: LOGIN is as good' --password-file jopw <<END
C: TAG AUTHENTICATE PLAIN AGpvAHB3
S: TAG BAD what?
C: TAG LOGIN "jo" "pw"
S: TAG OK [CAPABILITY IMAP4rev1] in
!bye
END
talk 77 'PLAIN is refused: LOGIN would be, too' --password-file jopw <<END
C: TAG AUTHENTICATE PLAIN AGpvAHB3
S: TAG NO [AUTHENTICATIONFAILED] no
!bye
END
CAPS='AUTH=PLAIN LOGINDISABLED'
talk 77 'T19: --auth login, which is disabled' --password-file jopw \
    --auth login <<END
!bye
END

# the login is right, but nothing can be done with it
CAPS='AUTH=PLAIN SASL-IR'
DO=list
talk 77 'authenticated but not connected' --password-file jopw <<END
C: TAG AUTHENTICATE PLAIN AGpvAHB3
S: TAG OK [CAPABILITY IMAP4rev1] AUTHENTICATE completed.
C: TAG LIST "" "\\*"
S: TAG BAD User is authenticated but not connected.
!bye
END
like "$(cat out)" 'hint: the login is right, .*license.*Set-CASMailbox.*Add-MailboxPerm' \
    'says what an administrator has to do'
DO=
talk 77 'the same in place of the login' --password-file jopw <<END
C: TAG AUTHENTICATE PLAIN AGpvAHB3
S: TAG NO User is authenticated but not connected.
!bye
END
like "$(cat out)" 'hint: the login is right' 'is told apart from a wrong one'

# what kind of no it is
while IFS='|' read -r code hint; do
	talk 77 "a refusal: $code" --password-file jopw <<END
C: TAG AUTHENTICATE PLAIN AGpvAHB3
S: TAG NO [$code] no
!bye
END
	like "$(cat out)" "hint: $hint" '  says what to do'
done <<'END'
EXPIRED|the password has expired
CONTACTADMIN|the account is blocked.*administrator
AUTHORIZATIONFAILED|the login is right, but
AUTHENTICATIONFAILED|check the user name and the password
END

# POP3, the same tokens
cat >a.talk <<END
S: +OK hi
C: CAPA
S: +OK
S: SASL XOAUTH2 PLAIN
S: .
C: AUTH XOAUTH2
S: +
C: $(b64 'user=jo\001auth=Bearer tok-canary-1\001\001')
S: + $(b64 '{"status":"tok-canary-1"}')
C:
S: -ERR no
END
fake_start --talk a.talk
status 77 'POP3: XOAUTH2, and why it is refused' "$POSTROAD" extract --tls none \
    --oauth-token-command 'echo tok-canary-1' --trace-wire trace \
    "pop3://jo@127.0.0.1:$FAKE_PORT/" p.spool
fake_wait || { result 1 '  the script'; diag "$(cat fake.err)"; }
like "$(cat err)" 'of the token it says' '  is told'
like "$(cat err)" 'what to do: the token is refused' '  with a hint'
unlike "$(cat out err trace)" 'canary|Y2FuYXJ5' \
    'K10: no token in a trace or a message'

# T20: what an attacker offers without TLS
printf '%s\n' 'S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2] hi' \
    >a.talk
for how in '--password-file jopw' '--password-file jopw --auth plain' \
    '--oauth-token-command pwd'; do
	fake_start --talk a.talk
	# shellcheck disable=SC2086
	status 77 "T20: no TLS, no credential: $how" "$IMAP_TOOL" $how \
	    --timeout 3 "imap://jo@127.0.0.1:$FAKE_PORT/"
	fake_wait || { result 1 '  the script'; diag "$(cat fake.err)"; }
done
done_testing
