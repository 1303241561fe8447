#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Fetching from servers that are odd, broken or hostile: scripted dialogues
# (docs/VIOLATIONS.md).  Each ends with the right mail in the spool, or with
# the message or folder named that could not be had.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/fake.sh"
[ -x "$FAKE" ] || skip_all 'the fake server is not built'
command -v jq >/dev/null || skip_all 'jq is not installed'

# login CAPABILITIES: the beginning of each script
login() {
	cat <<END
S: * OK [CAPABILITY IMAP4rev1] hi
C: TAG LOGIN "mary" "secret"
S: TAG OK [CAPABILITY IMAP4rev1 $1] in
END
}
# folders LINE...: LIST and LSUB, each LINE a folder as LIST has it
folders() {
	echo 'C: TAG LIST "" ""'
	echo 'S: * LIST () "/" ""'
	echo 'S: TAG OK'
	printf '%s\n' 'C: TAG LIST "" "\*"'
	for f; do printf 'S: * LIST %s\n' "$f"; done
	echo 'S: TAG OK'
	printf '%s\n' 'C: TAG LSUB "" "\*"'
	echo 'S: TAG OK'
}
# status NAME ITEMS
status_of() {
	echo "C: TAG STATUS $1 (MESSAGES UIDNEXT UIDVALIDITY)"
	echo "S: * STATUS $1 ($2)"
	echo 'S: TAG OK'
}
# inbox N UIDNEXT UIDS: one folder, opened
inbox() {
	folders '() "/" INBOX'
	status_of INBOX "MESSAGES $1 UIDNEXT $2 UIDVALIDITY 7"
	opened "$1" "$2" "$3"
}
opened() {
	echo 'C: TAG EXAMINE INBOX'
	echo "S: * $1 EXISTS"
	echo 'S: * OK [UIDVALIDITY 7] x'
	echo "S: * OK [UIDNEXT $2] x"
	echo 'S: TAG OK [READ-ONLY] opened'
	echo 'C: TAG UID SEARCH ALL'
	echo "S: * SEARCH $3"
	echo 'S: TAG OK'
}
# mail SEQ UID: a FETCH response of 12 bytes
mail() {
	printf '!send * %s FETCH (UID %s FLAGS (\\\\Seen) INTERNALDATE ' "$1" "$2"
	printf '"01-Jan-2001 00:00:00 +0000" BODY[] {12}\\r\\n'
	printf 'S: %s\\r\\n\\r\\nab\\r\\n)\\r\\n\n' "$2"
}
D='INTERNALDATE "01-Jan-2001 00:00:00 +0000"'

# talk STATUS DESCRIPTION CAPABILITIES [OPTIONS]: script on stdin; the summary
# is in 'out', the spool in a.spool
talk() {
	want=$1 desc=$2 caps=$3; shift 3
	{ login "$caps"; cat; } >a.talk
	rm -rf ${KEEP:-a.spool}
	fake_start --talk a.talk || bail 'no fake server'
	got=0
	timeout 60 "$POSTROAD" extract --json --tls none --password-file pw \
	    --timeout 2 --max-wait "${WAIT:-0}" "$@" "$FAKE_URL" a.spool \
	    >out 2>err || got=$?
	kept=0
	if [ -n "${ANY:-}" ]; then fake_stop; else fake_wait || kept=$?; fi
	echo "$got" | grep -Eqx "$want" && [ $kept = 0 ] && { result 0 "$desc"; return; }
	result 1 "$desc"
	diag "status $got, not $want; script: $kept"
	diag "$(jq -c '[.announced,.stored,.problems]' out; cat err fake.err)"
}
sums() { jq -c '[.announced,.stored,.refused,.vanished]' out; }
bodies() { postroad ls --messages --json a.spool | jq -r '.size' | tr '\n' ' '; }
show() { find a.spool/mail -path '*/cur/*' | sort | xargs cat; }

talk 0 'a plain server' '' <<END
$(inbox 2 3 '1 2')
C: TAG UID FETCH 1:2 (UID FLAGS INTERNALDATE BODY.PEEK\[\])
$(mail 1 1)
$(mail 2 2)
S: TAG OK
!bye
END
is "$(sums)" '[2,2,0,0]' 'both messages are stored'
is "$(postroad ls --messages --json a.spool | jq -c '[.flags,.received]' | uniq)" \
    '[["seen"],"2001-01-01T00:00:00Z"]' 'with flags and dates'

# order and shape of what FETCH answers
talk 0 'UID behind the body, flags in a response of their own' '' <<END
$(inbox 2 3 '1 2')
C: TAG UID FETCH 1:2 *
!send * 1 FETCH (BODY[] {3}\\r\\na\\r\\n UID 1 FLAGS (\\\\Flagged) $D)\\r\\n
!send * 2 FETCH (BODY[] {4}\\r\\nbb\\r\\n $D UID 2)\\r\\n
S: * 2 FETCH (UID 2 FLAGS (\\\\Answered))
S: TAG OK
!bye
END
is "$(postroad ls --messages --json a.spool | jq -c '[.size,.flags]' | tr '\n' ' ')" \
    '[3,["flagged"]] [4,["answered"]] ' 'what belongs together is put together'
talk 0 'answers out of order, * 0 FETCH, extra parentheses, a quoted body' '' <<END
$(inbox 3 4 '1 2 3')
C: TAG UID FETCH 1:3 *
$(mail 0 3)
!send * 1 FETCH ((UID 1 FLAGS ("\\\\Seen") $D BODY[] "q"))\\r\\n
!send * 2 FETCH (UID 2 FLAGS NIL INTERNALDATE NIL BODY[] {0}\\r\\n)\\r\\n
S: TAG OK
!bye
END
is "$(sums) $(bodies)" '[3,3,0,0] 12 1 0 ' 'are understood (I5)'
talk 0 'bytes: NUL, bare LF and CR, 8-bit, what looks like protocol' '' <<END
$(inbox 1 2 1)
C: TAG UID FETCH 1 *
!send * 1 FETCH (UID 1 FLAGS () $D BODY[] {22}\\r\\na\\x00b\\nc\\rd\\xff)\\r\\n* BYE {5}\\r\\n)\\r\\n
S: TAG OK
!bye
END
show >got; printf 'a\0b\nc\rd\377)\r\n* BYE {5}\r\n' >want
same got want 'arrive as they are'
talk 0 'one byte at a time' '' <<END
!split 1
$(inbox 1 2 1)
C: TAG UID FETCH 1 *
$(mail 1 1)
S: TAG OK
!bye
END
is "$(sums)" '[1,1,0,0]' 'is no matter'

# what cannot be had (I34)
talk 1 'NO to a batch: asked for one by one, the server is quoted' '' <<END
$(inbox 3 4 '1 2 3')
C: TAG UID FETCH 1:3 *
$(mail 1 1)
S: TAG NO [SERVERBUG] some messages cannot be read
C: TAG UID FETCH * *
!send * 3 FETCH (UID 3 FLAGS () $D BODY[] {1}\\r\\nx)\\r\\n
S: TAG OK
C: TAG UID FETCH 2 *
S: TAG NO [SERVERBUG] UID 2 has a broken index
!bye
END
is "$(sums)" '[3,2,1,0]' 'the others are stored'
like "$(jq -r '.problems[0] | "\(.source.uid) \(.error)"' out)" \
    '^2 .*broken index' 'and the one named, with its words'
talk 1 'body NIL, and a body of another message' '' <<END
$(inbox 1 2 5)
C: TAG UID FETCH 5 *
!send * 1 FETCH (UID 5 FLAGS () $D BODY[] NIL)\\r\\n
!send * 9 FETCH (UID 9 FLAGS () $D BODY[] {4}\\r\\nevil)\\r\\n
S: TAG OK
C: TAG UID FETCH 5 *
S: TAG OK
C: TAG UID SEARCH UID 5
S: * SEARCH 5
S: TAG OK
!bye
END
is "$(sums)" '[1,0,1,0]' 'is refused, and what nobody asked for is not kept'
like "$(jq -r '.problems[0].error' out)" 'does not deliver' 'as such'
talk 1 'gone between SEARCH and FETCH (I19)' '' <<END
$(inbox 2 3 '1 2')
C: TAG UID FETCH 1:2 *
$(mail 2 2)
S: * 1 EXPUNGE
S: TAG OK
C: TAG UID FETCH 1 *
S: TAG OK
C: TAG UID SEARCH UID 1
S: * SEARCH
S: TAG OK
!bye
END
is "$(sums)" '[2,1,0,1]' 'vanished'
talk 0 'the same UID twice with other bytes, a wrong RFC822.SIZE' '' <<END
$(inbox 1 2 1)
C: TAG UID FETCH 1 *
!send * 1 FETCH (RFC822.SIZE 999 UID 1 FLAGS () $D BODY[] {2}\\r\\nok)\\r\\n
!send * 1 FETCH (UID 1 FLAGS () $D BODY[] {4}\\r\\nevil)\\r\\n
S: TAG OK
!bye
END
is "$(sums) $(show)" '[1,1,0,0] ok' 'the first counts'
talk 0 'flags: unknown ones, \Recent, ] and ), 1000 of them (I32, I35)' '' <<END
$(inbox 1 2 1)
C: TAG UID FETCH 1 *
!send * 1 FETCH (UID 1 FLAGS (\\\\Recent \\\\NotJunk a]b \$Forwarded
!repeat 1000 \x20k
!send ) $D BODY[] {2}\\r\\nok)\\r\\n
S: TAG OK
!bye
END
is "$(postroad ls --messages --json a.spool | jq -c '[.flags,.keywords]')" \
    '[["forwarded"],["a_b","k","NotJunk"]]' 'become what a mailbox can have'
for date in '"00-Jan-0000 00:00:00 +0000"' '"31-Feb-2001 99:99:99 +1460"' \
    '"junk"' '"01-Jan-9999 00:00:00 +0000"' NIL; do
	talk 0 "INTERNALDATE $date (I33, I36)" '' <<END
$(inbox 1 2 1)
C: TAG UID FETCH 1 *
!send * 1 FETCH (UID 1 FLAGS () INTERNALDATE $date BODY[] {43}\\r\\nDate: Sat, 15 Dec 2012 06:10:00 +0900\\r\\n\\r\\nx\\r)\\r\\n
S: TAG OK
!bye
END
done
is "$(postroad ls --messages --json a.spool | jq -r .received)" \
    2012-12-14T21:10:00Z 'without one the header tells it'
talk 0 'a storm of untagged lines, and EXISTS that jumps (I12, I18, I39)' '' <<END
$(inbox 1 2 1)
C: TAG UID FETCH 1 *
!repeat 20000 * 3 EXISTS\\r\\n* VANISHED 1:4294967295\\r\\n* ESEARCH (TAG "x") UID ALL 1:4294967295\\r\\n
$(mail 1 1)
S: TAG OK
!bye
END
is "$(sums)" '[1,1,0,0]' 'changes nothing (I15)'
talk 0 'UIDs that fall, 0, twice (I16)' '' <<END
$(inbox 3 10 '9 0 5 5 2')
C: TAG UID FETCH 2,5,9 *
$(mail 1 9)
$(mail 2 2)
$(mail 3 5)
S: TAG OK
!bye
END
is "$(sums)" '[3,3,0,0]' 'are asked for in order'

# folders
talk 0 'STATUS without items (163.com), no UIDVALIDITY, UIDNEXT 0 (I20)' '' <<END
$(folders '() "/" INBOX')
$(status_of INBOX '')
C: TAG EXAMINE INBOX
S: * 1 EXISTS
S: * OK [UIDNEXT 0] x
S: TAG OK
C: TAG UID SEARCH ALL
S: * SEARCH 1
S: TAG OK
C: TAG UID FETCH 1 *
$(mail 1 1)
S: TAG OK
!bye
END
is "$(sums)" '[1,1,0,0]' 'the mail is taken all the same'
talk 1 'a folder that is listed and cannot be opened' '' <<END
$(folders '() "/" INBOX' '() "/" bad' '(\\NonExistent) "/" none' '() "/" INBOX' '() "/" inbox')
$(status_of INBOX 'MESSAGES 1 UIDNEXT 2 UIDVALIDITY 7')
C: TAG STATUS bad *
S: TAG NO Mailbox does not exist
$(opened 1 2 1)
C: TAG UID FETCH 1 *
$(mail 1 1)
S: TAG OK
C: TAG EXAMINE bad
S: TAG NO [NOPERM] not for you
C: TAG UID SEARCH ALL
S: TAG BAD no mailbox selected
!bye
END
is "$(sums)" '[1,1,0,0]' 'the others are taken, doubles once (I37)'
like "$(jq -r '.problems[0] | "\(.folder): \(.error)"' out)" \
    '^bad: .*not for you' 'it is named'
talk 0 "namespaces: prefix INBOX., others', shared, public (req-052, req-055)" \
    'NAMESPACE' <<END
C: TAG NAMESPACE
S: * NAMESPACE (("INBOX." ".")) (("user." ".")) (("shared." "."))
S: TAG OK
C: TAG LIST "" "\*"
S: * LIST () "." INBOX
S: * LIST () "." INBOX.Sent
S: * LIST () "." "INBOX.a/b.c&MAA-d"
S: * LIST () "." user.john
S: * LIST () "." shared.all
S: TAG OK
C: TAG LSUB "" "\*"
S: TAG OK
$(for f in INBOX INBOX.Sent 'INBOX.a/b.c&MAA-d'; do
    status_of "$f" 'MESSAGES 0 UIDNEXT 1 UIDVALIDITY 7'; done)
$(status_of shared.all 'MESSAGES 5 UIDNEXT 9 UIDVALIDITY 7')
$(status_of user.john 'MESSAGES 3 UIDNEXT 9 UIDVALIDITY 7')
!bye
END
is "$(postroad ls --json a.spool | jq -r .path | tr '\n' ' ')" \
    "$(printf 'INBOX Sent a%%2Fb/c\343\200\200d ')" 'are as a user expects'
is "$(jq -c '[.left_out[] | [.folder,.why,.messages]]' out)" \
    '[["shared/all","shared",5],["user/john","shared",3]]' 'counted and named'
ANY=1
for what in '{4294967295}' '{99999999999999999999}' '{-1}' '{01}' '{}'; do
	talk '75|76' "I1, I2: a body of $what" '' <<END
$(inbox 1 2 1)
C: TAG UID FETCH 1 *
!send * 1 FETCH (UID 1 FLAGS () $D BODY[] $what\\r\\nx
!stall 100
END
	true
done
for what in '{5} {5}' '(' '"' '~{2}' '{3}\r\nab'; do
	talk '7[56]' "I4, I6, I7: a body of $what" '' <<END
$(inbox 1 2 1)
C: TAG UID FETCH 1 *
!send * 1 FETCH (UID 1 FLAGS () $D BODY[] $what\\r\\n
S: TAG OK
!stall 100
END
done
talk '7[56]' 'I10: a line without end' '' <<END
$(inbox 1 2 1)
C: TAG UID FETCH 1 *
!send * 1 FETCH (UID 1 X
!repeat 300000 0123456789abcdef
!stall 100
END
like "$(cat err)" 'a line without end' 'is cut short'
ANY=

# sessions that end: taken up again where they were
export WAIT=60
again() { echo '!connection'; login ''; }
reopened() {
	cat <<'END'
C: TAG EXAMINE INBOX
S: * OK [UIDVALIDITY 7] x
S: TAG OK
END
}
talk 0 'I26: BYE in the middle' '' <<END
$(inbox 3 4 '1 2 3')
C: TAG UID FETCH 1:3 *
$(mail 1 1)
S: * BYE Session expired
!close
$(again)
$(reopened)
C: TAG UID FETCH 2 *
$(mail 2 2)
S: TAG OK
C: TAG UID FETCH 3 *
$(mail 3 3)
S: TAG OK
!bye
END
is "$(sums)" '[3,3,0,0]' 'goes on with what is missing'
talk 0 'cut off in the middle of a body' '' <<END
$(inbox 2 3 '1 2')
C: TAG UID FETCH 1:2 *
!send * 1 FETCH (UID 1 FLAGS (\\\\Seen) $D BODY[] {12}\\r\\nS: 1
!drop
$(again)
$(reopened)
C: TAG UID FETCH 1 *
$(mail 1 1)
S: TAG OK
C: TAG UID FETCH 2 *
$(mail 2 2)
S: TAG OK
!bye
END
is "$(sums)" '[2,2,0,0]' 'the rest of it comes'
show >got; printf 'S: 1\r\n\r\nab\r\nS: 2\r\n\r\nab\r\n' >want
same got want 'and nothing twice'
talk 1 'a message that sessions die of' '' <<END
$(inbox 3 4 '1 2 3')
C: TAG UID FETCH 1:3 *
$(mail 1 1)
!drop
$(again)
$(reopened)
C: TAG UID FETCH 2 *
!drop
$(again)
$(reopened)
C: TAG UID FETCH 2 *
!drop
$(again)
$(reopened)
C: TAG UID FETCH 3 *
$(mail 3 3)
S: TAG OK
!bye
END
is "$(sums)" '[3,2,1,0]' 'is refused, the others come'
like "$(jq -r '.problems[0].error' out)" 'connection is lost whenever' 'it is told'
talk 0 'I27: throttled' '' <<END
$(inbox 1 2 1)
C: TAG UID FETCH 1 *
S: TAG NO Request is throttled. Suggested Backoff Time: 300 milliseconds
C: TAG UID FETCH 1 *
$(mail 1 1)
S: TAG OK
!bye
END
is "$(sums)" '[1,1,0,0]' 'waits, then asks again'
WAIT=1
ANY=1
talk 75 'I27: throttled for longer than we may wait' '' <<END
$(inbox 1 2 1)
C: TAG UID FETCH 1 *
S: TAG NO Request is throttled. Suggested Backoff Time: 299609 milliseconds
!eat
END
ANY=
like "$(cat err)" 'max-wait' 'says what to do'
WAIT=60
talk 1 'I20: another UIDVALIDITY when the session is taken up again' '' <<END
$(inbox 2 3 '1 2')
C: TAG UID FETCH 1:2 *
$(mail 1 1)
!drop
$(again)
C: TAG EXAMINE INBOX
S: * OK [UIDVALIDITY 8] x
S: TAG OK
!bye
END
like "$(jq -r '.problems[0].error' out)" 'numbered its messages anew' 'is told'
KEEP=none
talk 0 'and the next run' '' <<END
$(folders '() "/" INBOX')
$(status_of INBOX 'MESSAGES 2 UIDNEXT 12 UIDVALIDITY 8')
C: TAG EXAMINE INBOX
S: * OK [UIDVALIDITY 8] x
S: * OK [UIDNEXT 12] x
S: TAG OK
C: TAG UID SEARCH ALL
S: * SEARCH 10 11
S: TAG OK
C: TAG UID FETCH 10:11 *
!send * 1 FETCH (UID 10 FLAGS (\\\\Seen) $D BODY[] {12}\\r\\nS: 1\\r\\n\\r\\nab\\r\\n)\\r\\n
!send * 2 FETCH (UID 11 FLAGS (\\\\Seen) $D BODY[] {12}\\r\\nS: 2\\r\\n\\r\\nab\\r\\n)\\r\\n
S: TAG OK
!bye
END
is "$(jq -c '[.announced,.stored,.unchanged]' out)" '[2,1,1]' \
    'knows what it has by its bytes'

# without CONDSTORE: the flags are fetched, unless --quick
talk 0 'a rerun without CONDSTORE' '' <<END
$(folders '() "/" INBOX')
$(status_of INBOX 'MESSAGES 2 UIDNEXT 12 UIDVALIDITY 8')
C: TAG EXAMINE INBOX
S: * OK [UIDVALIDITY 8] x
S: * OK [UIDNEXT 12] x
S: TAG OK
C: TAG UID SEARCH ALL
S: * SEARCH 10 11
S: TAG OK
C: TAG UID FETCH 1:11 (UID FLAGS)
S: * 1 FETCH (UID 10 FLAGS (\\\\Seen))
S: * 2 FETCH (UID 11 FLAGS (\\\\Seen \\\\Flagged))
S: TAG OK
!bye
END
is "$(jq -c '[.announced,.unchanged,.flags_changed]' out)" '[2,2,1]' \
    'sees a flag that changed'
talk 0 'with --quick' '' --quick <<END
$(folders '() "/" INBOX')
$(status_of INBOX 'MESSAGES 2 UIDNEXT 12 UIDVALIDITY 8')
!bye
END
is "$(jq -c '[.announced,.unchanged]' out)" '[2,2]' 'asks for nothing more'
KEEP=

# --- the cases of a hostile server that have no test elsewhere, by id
ANY=1
WAIT=0 # it does not come again
talk '1|7[56]' 'I3: a literal of 2 GB announced, that never comes' '' <<END
$(inbox 1 2 1)
C: TAG UID FETCH 1 *
!send * 1 FETCH (UID 1 FLAGS () $D BODY[] {2147483648}\\r\\n
!send drip
!stall 300
!send drop
!stall 4000
END
is "$(find a.spool -size +1M | wc -l)" 0 'I3: takes no room before it comes'
talk '1|7[56]' 'I3: a literal larger than anything' '' <<END
$(inbox 1 2 1)
C: TAG UID FETCH 1 *
!send * 1 FETCH (UID 1 FLAGS () $D BODY[] {99999999999999999999}\\r\\n
!eat
END
talk '0|1|76' 'I8: literals inside BODYSTRUCTURE that nobody asked for' '' <<END
$(inbox 1 2 1)
C: TAG UID FETCH 1 *
!send * 1 FETCH (UID 1 BODYSTRUCTURE ("TEXT" {5}\\r\\nPLAIN ("X" {1}\\r\\ny)) FLAGS () $D BODY[] {3}\\r\\nab\\n)\\r\\n
S: TAG OK
!eat
END
for bad in 'a bare\\nLF' 'a bare\\rCR' 'a NUL\\x00'; do
	talk '7[56]' "I11: $bad in a line" '' <<-END
	$(inbox 1 2 1)
	C: TAG UID FETCH 1 *
	!send * 1 FETCH (UID 1 FLAGS ($bad))\\r\\n
	!stall 300
	END
done
talk '0|1|76' 'I17: message numbers 0 and beyond EXISTS' '' <<END
$(inbox 1 2 1)
C: TAG UID FETCH 1 *
S: * 0 EXPUNGE
S: * 99 EXPUNGE
S: * 4294967295 FETCH (FLAGS (\\\\Seen))
$(mail 1 1)
S: TAG OK
!eat
END
is "$(jq '[.announced,.stored+.refused+.vanished]|.[0]==.[1]' out)" true \
    'I17: and the sums balance'
for garbage in '(((' 'NIL' '(("" "/"' '"x" "y" "z"' '((NIL NIL)) NIL NIL' \
    '(("INBOX." "..")) NIL NIL'; do
	talk '0|1|7[56]' "I38: NAMESPACE $garbage" NAMESPACE <<-END
	C: TAG NAMESPACE
	S: * NAMESPACE $garbage
	S: TAG OK
	!eat
	END
done
talk '0|1|7[56]' 'I40: UTF8=ACCEPT that nobody enabled' 'ENABLE UTF8=ACCEPT' <<END
S: * ENABLED UTF8=ACCEPT QRESYNC
C: TAG LIST "" ""
S: * LIST () "/" ""
S: TAG OK
C: TAG LIST "" "\*"
S: * LIST () "/" "\xc3\xa4\xff"
S: TAG OK
!eat
END
talk 0 'I41: COMPRESS is not asked for next door' 'COMPRESS=DEFLATE' <<END
$(folders '() "/" INBOX')
$(status_of INBOX 'MESSAGES 0 UIDNEXT 1 UIDVALIDITY 7')
!bye
END
talk '0|1|7[56]' 'I42: control characters in ID' ID <<END
C: TAG ID *
S: * ID ("name" "\x1b]0;owned\x07" "version" "\x01")
S: TAG OK
$(folders '() "/" INBOX')
!eat
END
unlike "$(cat out err)" "$(printf '\033')" 'I42: reach no terminal'
ANY=
done_testing
