#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# When the destination says no: the right status, one clear line, everything
# else carried, and the sums balanced.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/load.sh"

dovecot_start 'mail_plugins = quota
protocol imap {
  mail_plugins = quota imap_quota
}
plugin {
  quota = count:User quota
  quota_vsizes = yes
  quota_rule = *:storage=60K
  quota_grace = 0
}' || skip_all "no Dovecot"
use_tls

sums() { jq '.announced == .loaded + .unchanged + .refused + .pending + .lost' out; }

mbox 1 3 >three.mbox
postroad extract -q three.mbox orig.spool || bail "extract"
cp -r orig.spool a.spool

# ---- not let in
echo wrong >bad && chmod 600 bad
status 77 "a wrong password" postroad load --json --ca-file "$CA_FILE" \
	--password-file bad a.spool "$(dest mary)"
is "$(jq -c '[.announced,.pending]' out)" "[3,3]" "all is waiting"
is "$(sums)" true "the sum balances"
is "$(grep -c '^error' err)" 1 "one line says why"
unlike "$(cat out err)" "wrong" "and does not repeat the password"
status 77 "an untrusted certificate" postroad load --json \
	--password-file "$PW_FILE" a.spool "$(dest mary)"
like "$(cat err)" "certificate" "is named"
status 68 "no such host" postroad load --password-file "$PW_FILE" a.spool \
	imaps://mary@no-such-host.invalid/
status 69 "nobody listens" postroad load --password-file "$PW_FILE" a.spool \
	imaps://mary@127.0.0.1:1/
status 64 "a path is no destination" postroad load a.spool out.mbox
status 64 "a password in the URL" postroad load a.spool \
	imaps://mary:pw@localhost/
status 66 "no spool" load none.spool mary
status 64 "--existing what" load a.spool mary --existing both

# ---- over quota: the small ones go, the big ones are named
mkdir -p big/cur big/new big/tmp
for i in 1 2 3 4 5 6 7 8; do
	{ message $i; head -c 30000 /dev/zero | tr '\0' x | fold -w 70; } \
	    >"big/cur/135551943$i.M$i.host:2,"
done
message 9 >big/cur/1355519439.M9.host:2,
postroad extract -q big big.spool || bail "extract"
status 1 "over quota" load big.spool full --trace-wire trace
is "$(sums)" true "the sum balances"
loaded=$(jq .loaded out)
is "$(jq '[.loaded + .refused, .pending]' -c out)" "[9,0]" \
	"all are loaded or refused"
[ "$loaded" -ge 1 ] && [ "$loaded" -le 3 ]
result $? "what fits is there ($loaded)"
is "$(jq '.problems | length' out)" "$((9 - loaded))" "the others are named"
like "$(cat err)" "uota" "with the server's words"
like "$(cat err)" "what to do" "and what to do"
is "$(dovecot_do search -u full mailbox INBOX header message-id n9@ | wc -l)" \
	1 "the small one behind them fits"
[ "$(grep -c '> [a-z0-9]* APPEND' trace)" -le 12 ]
result $? "without hammering"
status 1 "again" load big.spool full
is "$(jq -c '[.unchanged,.loaded]' out)" "[$loaded,0]" "refused again"

# ---- names
mkdir -p names/cur names/new names/tmp
n=0
for box in '.&AA0ACg-x' '.a&AAk-b' '."q"' '.back\slash' '.{5}' '.(paren' \
    '.st*r' '.p%rcent' '.-rf' '.$(x)' '.CON' '.&AAAAAA-' '.~tilde' \
    '.&AGE-' '.INBOX' '.cur'; do
	n=$((n + 1))
	mkdir -p "names/$box/cur" "names/$box/new" "names/$box/tmp"
	message $n >"names/$box/cur/13555194$n.M$n.host:2,"
done
postroad extract -q names names.spool
got=0
load names.spool names --trace-wire trace >out 2>err || got=$?
[ "$got" = 0 ] || [ "$got" = 1 ]
result $? "hostile names: loaded or refused (status $got)"
is "$(sums)" true "the sum balances"
diag "$(jq -c '[.announced,.loaded,.refused]' out) $(grep -c refused err)"
is "$(grep '>' trace | grep -vcE '> ([a-z]+[0-9]+ (AUTHENTICATE|ID|NAMESPACE|GETQUOTAROOT|LIST|STATUS|CREATE|SUBSCRIBE|UNSUBSCRIBE|SELECT|UNSELECT|APPEND|LOGOUT)|[({"]| )')" \
	0 "no name became a command"
loaded=$(jq .loaded out)
is "$(dovecot_do search -u names all | wc -l)" "$loaded" \
	"what is loaded is there"
load names.spool names --trace-wire trace2 >out 2>err
is "$(sent trace2 | grep -c APPEND)" 0 "and is not sent again"

like "$(jq -r '.problems[] | .folder + ": " + .error' out)" \
	'tilde: .*CREATE' "a folder that is refused is named, with the words"

# ---- one load at a time into one destination, and it can be stopped
mbox 1 40 >forty.mbox
postroad extract -q forty.mbox slow.spool || bail "extract"
# shellcheck disable=SC2086
"$POSTROAD" load --json $ACCESS --limit-rate 300 --trace-wire slow.trace \
    slow.spool "$(dest slow)" >slow.out 2>slow.err &
slow=$!
i=0
until grep -qs '> [a-z0-9]* APPEND' slow.trace || [ $i -gt 1200 ]; do
	sleep 0.05; i=$((i + 1))
done
status 75 "J9: a second load into the same mailbox" load slow.spool slow
like "$(cat err)" "another postroad" "says who is there"
status 0 "into another mailbox it may go" load slow.spool swift
kill -TERM "$slow"
rc=0; wait "$slow" || rc=$?
is "$rc" 75 "stopped by a signal: run it again"
is "$(jq -c '.announced == .loaded + .pending' slow.out)" true \
	"what had no turn is pending"
status 0 "run again" load slow.spool slow
here slow.spool >want; there slow >got
same got want "each message once"
done_testing
