#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Loading into a real server: everything arrives as it is, once, and a second
# run, another host name, a lost ledger or another tool's work change nothing.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/load.sh"

dovecot_start || skip_all "no Dovecot"
use_tls

# a Maildir++ with folders, flags, keywords and hard names
put() { # DIR FLAGS N
	mkdir -p "$1/cur" "$1/new" "$1/tmp"
	message "$3" >"$1/cur/135551943$3.M$3.host:2,$2"
	touch -d "@$((1355519430 + $3))" "$1/cur/135551943$3.M$3.host:2,$2"
}
put box "" 1
put box S 2
put box/.Projects.2019 FRS 3
put "box/.A&MAA-B" D 4
put 'box/.q"uo&-te' S 5
mkdir -p box/.Empty/cur box/.Empty/new box/.Empty/tmp
put box/.Keys Sab 6
printf '0 Important\n1 $Forwarded\n' >box/.Keys/dovecot-keywords
postroad extract -q box a.spool || bail "extract"

status 0 "a first run" load a.spool mary --trace-wire trace1
is "$(jq -c '[.announced,.loaded,.unchanged,.refused]' out)" "[6,6,0,0]" \
	"everything is loaded"
here a.spool >want
there mary >got
same got want "byte for byte, with dates"
is "$(dovecot_do mailbox list -u mary Empty)" Empty "an empty folder too"
is "$(dovecot_do mailbox list -u mary -s | sort)" \
	"$(dovecot_do mailbox list -u mary | grep -vx Projects | sort)" \
	"all are subscribed"
flags=$(dovecot_do -f tab fetch -u mary flags mailbox 'Keys' | tail -1)
is "$(echo "$flags" | tr ' ' '\n' | grep -v Recent | sort | tr '\n' ' ')" \
	'$Forwarded Important \Seen ' "flags and keywords"
is "$(dovecot_do -f tab fetch -u mary flags mailbox Projects/2019 | tail -1 |
	tr ' ' '\n' | grep -v Recent | sort | tr '\n' ' ')" \
	'\Answered \Flagged \Seen ' "system flags"
like "$(grep -c ' > .* APPEND' trace1)" '^[1-9]' "there were APPENDs"

status 0 "a second run" load a.spool mary --trace-wire trace2
is "$(jq -c '[.loaded,.unchanged]' out)" "[0,6]" "loads nothing"
is "$(sent trace2)" "" "and sends nothing"
is "$(grep -cE ' > .* (STATUS|SELECT|EXAMINE) ' trace2)" \
	"$(postroad ls --json a.spool | wc -l)" "one round trip a folder"

# more mail: only the difference
put box "" 7
postroad extract -q box a.spool
status 0 "more mail came" load a.spool mary
is "$(jq -c '[.loaded,.unchanged]' out)" "[1,6]" "only that is sent"
here a.spool >want; there mary >got
same got want "all is there once"

# the same account by another name, and nothing but the ledger to tell
host=$IMAP_HOST
[ "$host" = 127.0.0.1 ] || IMAP_HOST=127.0.0.1
status 0 "another spelling of the host" load a.spool mary --existing ignore
is "$(jq -c '[.loaded,.unchanged]' out)" "[0,7]" "is the same destination"
IMAP_HOST=$host

# a lost ledger
cp -r a.spool b.spool && rm b.spool/spool.db
status 0 "a lost ledger" load b.spool mary --trace-wire trace3
is "$(jq -c '[.loaded,.unchanged,.matched]' out)" "[0,7,7]" \
	"what is there is matched"
is "$(sent trace3)" "" "and nothing sent"
status 0 "it verifies" verify b.spool mary --deep

# UIDVALIDITY changes
dovecot_do mailbox update -u mary --uid-validity 12345 Projects/2019
status 0 "another UIDVALIDITY" load a.spool mary --trace-wire trace4
is "$(jq -c '[.loaded,.unchanged]' out)" "[0,7]" "is matched again"
is "$(sent trace4)" "" "and nothing sent"

# what another tool has put there, dates lost
postroad extract -q box c.spool
"$IMAP_TOOL" $ACCESS "$(dest john)" create Projects/2019 >/dev/null
f=$(echo c.spool/mail/Projects/2019/cur/*)
"$IMAP_TOOL" $ACCESS "$(dest john)" append Projects/2019 "$f" . >/dev/null
status 0 "another tool was here" load c.spool john
is "$(jq -c '[.loaded,.unchanged,.matched]' out)" "[6,1,1]" \
	"what it put there is not doubled"
status 0 "but when told to ignore what is there" \
	load a.spool pete --existing ignore
is "$(jq -c '[.loaded,.unchanged]' out)" "[7,0]" "all is sent"

# a dry run
status 0 "a dry run" load a.spool anna --dry-run --trace-wire trace5
is "$(jq -c '[.announced,.loaded,.folders_created]' out)" "[7,7,5]" \
	"says what would be done"
is "$(sent trace5)" "" "and sends nothing"
is "$(dovecot_do mailbox list -u anna)" "INBOX" "nothing is there"
status 0 "after it" load a.spool anna
is "$(jq -c '[.loaded,.unchanged]' out)" "[7,0]" "all is loaded"

# a message that moved in the spool is not sent again
mkdir -p 'box/.Moved/cur' box/.Moved/new box/.Moved/tmp
cp -r a.spool d.spool
mv d.spool/mail/Keys/cur/* d.spool/mail/Empty/cur/
status 0 "moved in the spool" load d.spool anna --trace-wire trace6
is "$(jq -c "[.loaded,.unchanged,.moved,.elsewhere]" out)" "[0,7,1,0]" \
	"is moved there"
is "$(sent trace6)" "" "and not sent again"

# below a folder
status 0 "--into" load a.spool into --into Old/Mail
is "$(dovecot_do mailbox list -u into 'Old/Mail/*' | sort | tr '\n' ',')" \
	"$(printf '%s\n' INBOX Projects Projects/2019 'A　B' 'q"uo&te' Empty Keys |
	sed 's,^,Old/Mail/,' | sort | tr '\n' ',')" "puts all of it there"

done_testing
