#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Connections that are cut, servers that throttle, lie or do not give a
# message: what was not looked at is never called missing.
#
#	LONG=1: a cut behind every 40th byte that the server sends
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/load.sh"
. "$ROOT/tests/e2e/fake.sh"

[ -x "$FAKE" ] || skip_all "no $FAKE (make check-build)"

mkdir -p box/cur box/new box/tmp box/.Sub/cur box/.Sub/new box/.Sub/tmp
for i in 1 2 3 4 5; do
	message $i >"box/cur/135551943$i.M$i.host:2,S"
done
{ message 6; head -c 30000 /dev/zero | tr '\0' x | fold -w 70; } \
    >box/.Sub/cur/1355519436.M6.host:2,
printf 'Subject: twin\n\ntwin\n' >box/.Sub/cur/1355519437.M7.host:2,
cp box/.Sub/cur/1355519437.M7.host:2, box/.Sub/cur/1355519438.M8.host:2,
touch -d @1355519437 box/cur/* box/.Sub/cur/*
postroad extract -q box a.spool >/dev/null 2>&1 || bail "extract"
fake_start --store st || bail "no fake"
postroad load -q --tls none --password-file pw a.spool "$FAKE_URL" || bail load
fake_stop

# check SPOOL [OPTIONS]: verify --deep
check() {
	spool=$1; shift
	postroad verify --deep --json --tls none --password-file pw "$@" \
	    "$spool" "$FAKE_URL" >out 2>err
}
none='[.missing,.altered,.unreadable,.duplicated,.extra,.moved,.unchecked]|add'

# cuts DESCRIPTION SPOOL ON MOST: sound, or not finished: nothing else
cuts() {
	bad=0 sound=0 unfinished=0
	at=200
	while [ $at -lt "$4" ]; do
		fake_start --store st --cut-out $at --cut-on "$3" || bail "no fake"
		check "$2"
		rc=$?
		fake_stop
		case $rc in
		0) sound=$((sound + 1)) ;;
		69|7[56]) unfinished=$((unfinished + 1)) ;;
		*) bad=$((bad + 1)); diag "cut at $at: status $rc"
		    diag "$(cat err)" ;;
		esac
		[ "$(jq "$none" out)" = 0 ] || {
			bad=$((bad + 1)); diag "cut at $at: $(cat err)"; }
		at=$((at + step))
	done
	is "$bad" 0 "$1: no wrong verdict ($sound sound, $unfinished not done)"
}
step=3100
[ -z "${LONG:-}" ] || step=40
cuts 'the first connection is cut' a.spool 1 38000
[ "$sound" -ge 8 ]
result $? 'nearly all of them go on where they were'

# the ledger does not know what is there: by content, through cuts
rm -rf b.spool && postroad extract -q box b.spool >/dev/null 2>&1
step=$((step * 2))
cuts 'by content alone' b.spool 1 42000

# cut again and again, but something comes through each time
fake_start --store st --cut-out 36000 --cut-on 0
check a.spool
is $? 0 'every connection is cut after 36 kB: it comes to its end'
is "$(jq "$none" out)" 0 'and nothing was wrong'
fake_stop
# a message that no connection survives
fake_start --store st --cut-out 20000 --cut-on 0
check a.spool
is $? 1 'a message that the connection always dies of'
is "$(jq -c '[.unreadable,.missing,.altered]' out)" '[1,0,0]' \
    'is unreadable, not missing'
like "$(cat err)" 'number 6.*unreadable' 'and named'
fake_stop
# never up again
fake_start --store st --cut-out 1500 --cut-on 0
check a.spool --max-wait 1
is $? 75 'a server that stays away: try later'
is "$(jq "$none" out)" 0 'and nothing is said of any message'
fake_stop
fake_start --store st --bye 9
check a.spool
is $? 0 'BYE in the middle'
fake_stop

# ---- a server that lies: the sizes are right, the bytes wrong
f=$(grep -l 'number 3' st/INBOX/* | head -1)
cp "$f" kept && sed -i 's/body of number/BODY of number/' "$f"
fake_start --store st
check a.spool
is $? 1 'V10: a lying server, deep'
is "$(jq -c '[.altered,.missing]' out)" '[1,0]' 'V10: altered'
like "$(cat err)" 'number 3.*altered.*differ' 'V10: named'
is "$(jq -r '.problems[0]|"\(.kind) \(.uid)"' out)" 'altered 3' \
    'V10: for programs, too'
status 0 'V10: not deep' postroad verify --json --tls none \
    --password-file pw a.spool "$FAKE_URL"
like "$(jq -r '.notes[]' out)" 'sizes.*--deep' \
    'V10: says what it did not look at'
fake_stop
cp kept "$f"

# ---- scripts: two messages, and a server with a mind of its own
mkdir -p two/cur two/new two/tmp
for i in 1 2; do
	printf 'Message-ID: <n%s@example.org>\nSubject: number %s\n\nx\n' $i $i \
	    >two/cur/135551943$i.M$i.host:2,
done
touch -d @1355519437 two/cur/*
postroad extract -q two two.spool >/dev/null 2>&1 || bail extract

logged_in() {
	printf '%s\n' 'S: * OK [CAPABILITY IMAP4rev1] hello' \
	    'C: TAG LOGIN *' 'S: TAG OK [CAPABILITY IMAP4rev1] in'
}
listed() {
	printf '%s\n' 'C: TAG LIST "" "\*"' 'S: * LIST () "/" INBOX' 'S: TAG OK'
}
opening() {
	logged_in
	printf '%s\n' 'C: TAG LIST "" ""' 'S: * LIST (\\Noselect) "/" ""' \
	    'S: TAG OK'
	listed
}
examined() {
	cat <<END
C: TAG EXAMINE INBOX
S: * 2 EXISTS
S: * OK [UIDVALIDITY 7] x
S: * OK [UIDNEXT 3] x
S: TAG OK [READ-ONLY] x
END
}
unselected() { asked '1:\* (UID RFC822*'; echo 'S: TAG BAD no mailbox'; }
fact() { echo "S: * $1 FETCH (UID $1 RFC822.SIZE 54 INTERNALDATE" \
    '"14-Dec-2012 21:10:37 +0000" FLAGS ())'; }
head_of() {
	printf '%s\n' "S: * $1 FETCH (UID $1 BODY[HEADER.FIELDS (MESSAGE-ID)] {32}" \
	    "S: Message-ID: <n$1@example.org>" 'S: ' 'S: )'
}
body_of() {
	printf '%s\n' "S: * $1 FETCH (UID $1 BODY[] {54}" \
	    "S: Message-ID: <n$1@example.org>" "S: Subject: number $1" \
	    'S: ' 'S: x' 'S: )'
}
asked() { printf '%s\n' "C: TAG UID FETCH $1"; }
ok_() { echo 'S: TAG OK'; }
heads() { asked '1:2 (UID BODY.PEEK*HEADER*'; head_of 1; head_of 2; ok_; }

# scripted STATUS COUNTS DESCRIPTION: with the file 'rest'
scripted() {
	{ opening; cat rest; echo '!bye'; } >script.talk
	fake_start --talk script.talk || bail "no fake"
	check two.spool --timeout 5 --max-wait 5
	rc=$?
	[ $rc -le 1 ] || { sed "s|^|# |" fake.err; fake_stop; }
	[ -z "$fake_pid" ] || fake_wait || { cat fake.err; cat script.talk; } | sed 's/^/# /'
	is "$rc $(jq -c '[.missing,.unreadable,.unchecked,.extra]' out)" \
	    "$1 $2" "$3"
}

{
	examined
	asked '1:\* (UID RFC822*'; fact 2; ok_
	asked '3:\* (UID RFC822*'; fact 2; ok_
	asked '1:\* (UID RFC822*'; fact 1; fact 2; ok_
	heads
	asked '1:2 (UID BODY.PEEK\[\])'; body_of 1; body_of 2; ok_
} >rest
scripted 0 '[0,0,0,0]' 'a FETCH that forgot one: asked once more'
{
	examined
	asked '1:\* (UID RFC822*'; fact 2; ok_
	asked '3:\* (UID RFC822*'; fact 2; ok_
	asked '1:\* (UID RFC822*'; fact 2; ok_
	listed
} >rest
scripted 1 '[0,0,2,0]' 'that never tells of it: unchecked, not missing'
like "$(cat err)" 'there are 2 messages, and tells of 1' 'and said'
{
	examined
	asked '1:\* (UID RFC822*'; fact 1; fact 2; ok_
	heads
	asked '1:2 (UID BODY.PEEK\[\])'; body_of 1; ok_
	asked '2 (UID BODY.PEEK\[\])'; ok_
	printf '%s\n' 'C: TAG UID SEARCH UID 2' 'S: * SEARCH 2'; ok_
} >rest
scripted 1 '[0,1,0,0]' 'a message that is listed, but not given'
{
	examined
	asked '1:\* (UID RFC822*'; fact 1; fact 2; ok_
	heads
	asked '1:2 (UID BODY.PEEK\[\])'; body_of 1; ok_
	asked '2 (UID BODY.PEEK\[\])'; ok_
	printf '%s\n' 'C: TAG UID SEARCH UID 2' 'S: * SEARCH'; ok_
} >rest
scripted 1 '[1,0,0,0]' 'one that was expunged while we looked is missing'
{
	printf '%s\n' 'C: TAG EXAMINE INBOX' \
	    'S: TAG NO Request is throttled. Suggested Backoff Time: 50 milliseconds'
	unselected
	examined
	asked '1:\* (UID RFC822*'; fact 1; fact 2; ok_
	heads
	asked '1:2 (UID BODY.PEEK\[\])'
	echo 'S: TAG NO Request is throttled. Suggested Backoff Time: 50 milliseconds'
	asked '1:2 (UID BODY.PEEK\[\])'; body_of 1
	echo 'S: TAG NO Request is throttled. Suggested Backoff Time: 50 milliseconds'
	asked '2 (UID BODY.PEEK\[\])'; body_of 2; ok_
} >rest
scripted 0 '[0,0,0,0]' 'throttled at every step: waited, and finished'
{
	printf '%s\n' 'C: TAG EXAMINE INBOX' 'S: TAG NO [NOPERM] not yours'
	unselected
	listed
} >rest
scripted 1 '[0,0,2,0]' 'a folder that cannot be opened: unchecked'
like "$(cat err)" 'not yours' 'in the words of the server'
{
	examined
	asked '1:\* (UID RFC822*'; fact 1; fact 2; ok_
	heads
	asked '1:2 (UID BODY.PEEK\[\])'; body_of 1
	echo '!drop'
	echo '!connection'
	logged_in
	listed
	examined | sed 's/UIDVALIDITY 7/UIDVALIDITY 8/'
	examined | sed 's/UIDVALIDITY 7/UIDVALIDITY 8/'
	asked '1:\* (UID RFC822*'; fact 1; fact 2; ok_
	heads
	asked '1:2 (UID BODY.PEEK\[\])'; body_of 1; body_of 2; ok_
} >rest
scripted 0 '[0,0,0,0]' 'numbered anew in the middle: from the start'
done_testing
