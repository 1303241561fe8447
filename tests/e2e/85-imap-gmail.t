#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Gmail (X-GM-EXT-1), scripted: each message once, in the folder of its first
# label, the others kept as keywords; All Mail last, for what has no label.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/fake.sh"
[ -x "$FAKE" ] || skip_all 'the fake server is not built'
command -v jq >/dev/null || skip_all 'jq is not installed'

D='INTERNALDATE "01-Jan-2001 00:00:00 +0000"'
begin() {
	cat <<'END'
S: * OK [CAPABILITY IMAP4rev1] hi
C: TAG LOGIN "mary" "secret"
S: TAG OK [CAPABILITY IMAP4rev1 X-GM-EXT-1 NAMESPACE SPECIAL-USE LIST-EXTENDED] in
C: TAG NAMESPACE
S: * NAMESPACE (("" "/")) NIL NIL
S: TAG OK
C: TAG LIST "" *
S: * LIST (\\HasNoChildren) "/" "INBOX"
S: * LIST (\\HasNoChildren) "/" "Work"
S: * LIST (\\HasChildren \\Noselect) "/" "[Gmail]"
S: * LIST (\\All \\HasNoChildren) "/" "[Gmail]/All Mail"
S: * LIST (\\Flagged \\HasNoChildren) "/" "[Gmail]/Starred"
S: TAG OK
END
}
# state NAME MESSAGES UIDNEXT
state() {
	echo "C: TAG STATUS *"
	echo "S: * STATUS \"$1\" (MESSAGES $2 UIDNEXT $3 UIDVALIDITY 7)"
	echo "S: TAG OK"
}
states() { state INBOX "$1" 3; state Work 2 3
	state '[Gmail]/All Mail' 4 5; state '[Gmail]/Starred' 1 2; }
opened() {
	cat <<END
C: TAG EXAMINE $1
S: * $2 EXISTS
S: * OK [UIDVALIDITY 7] x
S: * OK [UIDNEXT $3] x
S: TAG OK
C: TAG UID SEARCH ALL
S: * SEARCH $4
S: TAG OK
END
}
# mail UID MSGID LABELS
mail() {
	printf '!send * %s FETCH (X-GM-MSGID %s X-GM-LABELS (%s) UID %s ' \
	    "$1" "$2" "$3" "$1"
	printf '%s FLAGS (\\\\Seen) BODY[] {8}\\r\\nS: %s\\r\\n)\\r\\n\n' "$D" "$2"
}
take() {
	want=$1 desc=$2; shift 2
	cat >a.talk
	fake_start --talk a.talk || bail 'no fake server'
	got=0
	timeout 60 "$POSTROAD" extract --json --tls none --password-file pw \
	    --timeout 3 --max-wait 0 "$@" "$FAKE_URL" a.spool >out 2>err ||
	    got=$?
	kept=0
	fake_wait || kept=$?
	[ "$got$kept" = "${want}0" ]
	result $? "$desc" || diag "status $got, script $kept: $(cat err fake.err)"
}
show() {
	postroad ls --messages --json a.spool |
		jq -c '[.folder,.size,.keywords,.source.gone]' | sort
}

take 0 'an account of four messages and six labels' <<END
$(begin; states 2)
$(opened INBOX 2 3 '1 2')
C: TAG UID FETCH 1:2 (UID X-GM-MSGID)
S: * 1 FETCH (X-GM-MSGID 101 UID 1)
S: * 2 FETCH (X-GM-MSGID 102 UID 2)
S: TAG OK
C: TAG UID FETCH 1:2 (UID FLAGS INTERNALDATE X-GM-MSGID X-GM-LABELS BODY.PEEK\[\])
$(mail 1 101 '"\\\\Important" Work "two words"')
$(mail 2 102 '"\\\\Sent" "&AMQ-"')
S: TAG OK
$(opened Work 2 3 '1 2')
C: TAG UID FETCH 1:2 (UID X-GM-MSGID)
S: * 1 FETCH (X-GM-MSGID 101 UID 1)
S: * 2 FETCH (X-GM-MSGID 103 UID 2)
S: TAG OK
C: TAG UID FETCH 2 *
$(mail 2 103 '')
S: TAG OK
$(opened '"\[Gmail\]/All Mail"' 4 5 '1 2 3 4')
C: TAG UID FETCH 1:4 (UID X-GM-MSGID)
S: * 1 FETCH (X-GM-MSGID 101 UID 1)
S: * 2 FETCH (X-GM-MSGID 102 UID 2)
S: * 3 FETCH (X-GM-MSGID 103 UID 3)
S: * 4 FETCH (X-GM-MSGID 104 UID 4)
S: TAG OK
C: TAG UID FETCH 4 *
$(mail 4 104 '')
S: TAG OK
!bye
END
is "$(jq -c '[.announced,.stored]' out)" '[4,4]' 'each is taken once'
show >got
cat >want <<'END'
["INBOX",8,["$Important","two_words","Work"],null]
["INBOX",8,["&AMQ-","Sent"],null]
["Work",8,[],null]
["[Gmail]/All Mail",8,[],null]
END
sort want -o want
same got want 'in the folder of its first label, the others are keywords'
is "$(jq -c '[.left_out[].folder]' out)" '["[Gmail]/Starred"]' \
    'what only shows others is left out'
take 0 'again' --quick <<END
$(begin; states 2)
!bye
END
is "$(jq -c '[.announced,.unchanged]' out)" '[4,4]' 'nothing is asked for'

take 0 'one is archived, and has no label now' --quick <<END
$(begin; states 1)
$(opened INBOX 1 3 '1')
!bye
END
is "$(jq -c '[.announced,.unchanged,.gone_at_source]' out)" '[3,3,null]' \
    'it is not gone'
is "$(show | grep AMQ)" '["[Gmail]/All Mail",8,["&AMQ-","Sent"],null]' \
    'but in All Mail now'
done_testing
