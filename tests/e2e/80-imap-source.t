#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# An IMAP account as a source (Dovecot): everything it has, byte for byte;
# a rerun takes what is new, follows flags, and notes what is gone.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/load.sh"

[ "$DOVECOT_BIN" ] || skip_all 'dovecot is not installed'
command -v jq >/dev/null || skip_all 'jq is not installed'
dovecot_start 'mail_max_userip_connections = 50' || bail 'no dovecot'
use_tls
box() { dovecot_do "$@"; }

# take USER SPOOL [OPTIONS]
take() {
	user=$1 spool=$2; shift 2
	# shellcheck disable=SC2086 # options are words
	postroad extract --json $ACCESS "$@" "$(dest "$user")" "$spool"
}
# save USER FOLDER DATE FLAGS <message
save() {
	"$IMAP_TOOL" --ca-file "$CA_FILE" --password-file "$PW_FILE" \
	    --date "$3" --flags "$4" "$(dest "$1")" append "$2" /dev/stdin . \
	    >/dev/null
}

# what there is: nested, non-ASCII, U+3000, hostile names; odd messages
mbox 1 250 >many.mbox
postroad extract -q many.mbox many.spool >/dev/null
load many.spool mary >/dev/null || bail 'no mail on the server'
for name in Projects Projects/2019 Projects/2019/deep 'Entwürfe' \
    "$(printf 'Two\343\200\200words')" 'a "b" c' 'per%cent' 'dovecot x' Empty; do
	box mailbox create -u mary "$name" || bail "no folder $name"
done
box mailbox subscribe -u mary Projects/2019 INBOX
printf 'Subject: bare\nLF only\n\nx\ny\n' >bare.eml
printf 'Subject: nul\r\n\r\na\0b\r\n' >nul.eml
printf 'Subject: \344\366\374 8-bit\r\n\r\n\377\376\r\n' >8bit.eml
printf '\r\nno header at all\r\n' >nohead.eml
: >empty.eml
{ printf 'Subject: long\r\n\r\n'; head -c 200000 /dev/zero | tr '\0' x
	printf '\r\n.\r\n..\r\n{5}\r\n)\r\n'; } >long.eml
n=0
for f in bare nul 8bit nohead long; do
	n=$((n + 1))
	save mary Projects/2019 $((1000000000 + n * 40000000)) '\Seen' <$f.eml
	save mary 'a "b" c' $((1000000000 + n * 40000000)) \
	    '\Flagged \Answered $Forwarded $Label1' <$f.eml
	save mary Projects/2019/deep 946684800 '\Draft \Deleted' <$f.eml
done
save mary Projects/2019 1300000000 '' <nul.eml # twins
there mary >before

status 0 'everything is taken' take mary a.spool
is "$(jq -c '[.announced,.stored,.refused]' out)" '[266,266,0]' 'and counted'
here a.spool >got
there mary >want
same got want 'folders, sizes, hashes and dates are those of the server'
same want before 'which is as it was before'
is "$(postroad ls --json a.spool | jq -r 'select(.folder? // .path == "Empty") |
    .messages')" 0 'an empty folder is kept'
# flags and keywords as Dovecot tells them itself
box fetch -u mary 'flags' mailbox 'a "b" c' | sed -n 's/^flags: //p' |
    tr ' ' '\n' | grep -v Recent | sort | uniq -c | awk '{ print $1 $2 }' |
    tr '\n' ' ' >flags.want
postroad ls --messages --json a.spool | jq -r 'select(.name // .folder ==
    "a \"b\" c") | (.flags[], .keywords[])' | sort | uniq -c |
    awk '{ print $1 $2 }' | tr '\n' ' ' >flags.got
is "$(cat flags.got)" '5$Label1 5answered 5flagged 5forwarded ' 'flags, keywords'
is "$(cat flags.want)" '5$Forwarded 5$Label1 5\Answered 5\Flagged ' \
    'as the server has them'
# special use and subscription
is "$(sqlite3 a.spool/spool.db "SELECT path FROM folder WHERE subscribed=1
    ORDER BY path" 2>/dev/null | tr '\n' ' ')" 'INBOX Projects/2019 many ' \
    'subscriptions' || :

status 0 'again' take mary a.spool --trace-wire tr
is "$(jq -c '[.announced,.unchanged,.stored]' out)" '[266,266,0]' \
    'nothing is fetched'
nok 'not even a folder is opened' grep -Eq ' > .*(EXAMINE|FETCH|SELECT)' tr
nok 'nothing there is changed' \
    grep -Eq ' > .*( SELECT|STORE|EXPUNGE|CLOSE|DELETE| BODY\[)' tr

# what changes meanwhile
mbox 300 309 >more.mbox
postroad extract -q more.mbox more.spool >/dev/null
mv more.spool many2.spool
load many2.spool mary --into Projects >/dev/null || :
box flags add -u mary '\Flagged' mailbox many uid 7
box flags remove -u mary '\Seen' mailbox Projects/2019 uid 1
box expunge -u mary mailbox many uid 3:5
status 0 'what is new' take mary a.spool --trace-wire tr2
is "$(jq -c '[.announced,.unchanged,.stored,.flags_changed,.gone_at_source]' \
    out)" '[273,263,10,2,3]' 'is taken, flags follow, what is gone is noted'
like "$(grep ' > ' tr2)" 'CHANGEDSINCE' 'by CONDSTORE'
unlike "$(grep ' > ' tr2)" 'EXAMINE INBOX' 'other folders are left alone'
is "$(postroad ls --messages --json a.spool |
    jq -c 'select(.source.gone == true) | .source.uid' | sort | tr '\n' ' ')" \
    '3 4 5 ' 'what is gone is kept, and marked'
status 0 'and again' take mary a.spool
is "$(jq -c '[.announced,.unchanged,.gone_at_source]' out)" '[273,273,null]' \
    'it is told once'
status 0 'mirrored' take mary a.spool --mirror
here a.spool >got
there mary >want
same got want 'the spool has what the server has'

# a second extraction gives the same files
status 0 'afresh' take mary b.spool
ok 'the same names, the same files' diff -r a.spool/mail b.spool/mail

# another UIDVALIDITY: the same messages
box mailbox update -u mary --uid-validity 77 many ||
    box mailbox update -u mary --min-next-uid 1000 many
status 0 'numbered anew' take mary a.spool
is "$(jq -c '[.announced,.stored,.unchanged]' out)" '[273,0,273]' \
    'nothing is stored twice'
here a.spool >got
there mary >want
same got want 'and the spool is as the server is'
status 0 'and then' take mary a.spool --trace-wire tr3
is "$(jq -c '[.announced,.stored,.unchanged]' out)" '[273,0,273]' \
    'it is known again'
nok 'without a fetch' grep -q ' > .*FETCH' tr3
box flags add -u mary '\Flagged' mailbox many uid 9
status 0 'a flag of one' take mary a.spool
is "$(jq -c '[.unchanged,.flags_changed]' out)" '[273,1]' 'follows'

# a folder renamed
box mailbox rename -u mary Projects/2019/deep 'Projects/old'
status 0 'renamed' take mary a.spool --trace-wire tr4
is "$(jq -c '[.announced,.stored,.moved]' out)" '[273,0,5]' \
    'its mail is where it is now'
nok 'without a fetch' grep -q ' > .*FETCH' tr4
here a.spool >got
there mary >want
same got want 'and nowhere else'

# fewer connections than we like
dovecot_stop
dovecot_start 'mail_max_userip_connections = 1' || bail 'no dovecot'
status 0 'a server that takes one connection only' take mary e.spool -v
is "$(jq -c '[.announced,.stored]' out)" '[273,273]' 'gives all'
like "$(cat err)" 'going on with 1 connection' 'over that one'
dovecot_stop
dovecot_start || bail 'no dovecot'

# exclusion, and no such user
status 0 'a folder left out' take mary c.spool --exclude 'Projects/**' \
    --exclude many
is "$(jq -c '[.announced,.excluded,.stored]' out)" '[273,268,5]' 'is counted'
echo wrong >wrong && chmod 600 wrong
status 77 'a wrong password' postroad extract --ca-file "$CA_FILE" \
    --password-file wrong "$(dest mary)" d.spool
nok 'makes no spool' test -e d.spool
status 64 'another account into the same spool' take john a.spool
like "$(cat err)" 'holds another source' 'is refused'
done_testing
