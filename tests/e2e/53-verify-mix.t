#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Differences that come together, and what a user does between two looks:
# each is named for what it is, and --repair sends what is missing, no more.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/load.sh"

dovecot_start || skip_all "no Dovecot"
use_tls

mkdir -p box/cur box/new box/tmp box/.Sub/cur box/.Sub/new box/.Sub/tmp
for i in 1 2 3 4; do
	message $i >"box/cur/135551943$i.M$i.host:2,S"
done
message 5 >box/.Sub/cur/1355519435.M5.host:2,
# twins: the same Message-ID, other bodies; and without any
message 6 >box/.Sub/cur/1355519436.M6.host:2,
message 6 | sed 's/body of/mind of/' >box/.Sub/cur/1355519437.M7.host:2,
printf 'Subject: nameless\n\ntext\n' >box/.Sub/cur/1355519438.M8.host:2,
touch -d @1355519437 box/cur/* box/.Sub/cur/*
postroad extract -q box orig.spool >/dev/null 2>&1 || bail "extract"

fresh() { # USER: loaded
	rm -rf a.spool && cp -a orig.spool a.spool
	load a.spool "$1" >load.out 2>load.err || bail "load: $(cat load.err)"
}
forget() { # the ledger
	rm -f a.spool/spool.db*
	postroad extract -q box a.spool >/dev/null 2>&1 || bail "extract"
}
kinds() {
	jq -r '[.problems[] | .kind // "folder"] | group_by(.) |
	    map("\(.[0])=\(length)") | join(" ")' "$1"
}
differs() { # STATUS KINDS DESCRIPTION USER [OPTIONS]
	want_rc=$1 want_kinds=$2 what=$3 user=$4; shift 4
	status "$want_rc" "$what: status $want_rc" verify a.spool "$user" "$@"
	is "$(kinds out)" "$want_kinds" "$what: $want_kinds"
}
imap_put() { # USER BOX DATE FILE
	"$IMAP_TOOL" $ACCESS --date "$3" --flags '\Seen' "$(dest "$1")" \
	    append "$2" "$4" . >/dev/null || bail append
}
f4=$(grep -l 'number 4' orig.spool/mail/INBOX/cur/*)
d4=$(stat -c %Y "$f4")

fresh c1
sed 's/body of/BODY of/' "$f4" >altered.eml
dovecot_do mailbox create -u c1 Kept
imap_put c1 Kept "$d4" altered.eml
dovecot_do expunge -u c1 mailbox INBOX subject 'number 4'
differs 1 "altered=1 moved=1" "moved, and altered" c1 --deep
like "$(cat err)" "number 4.*altered .in the folder 'Kept'" "it says where"

fresh c2
dovecot_do expunge -u c2 mailbox Sub body 'mind of number 6'
differs 1 "missing=1" "one of two twins is missing" c2
forget
differs 1 "missing=1" "the same without the ledger" c2 --deep

fresh c3
dovecot_do copy -u c3 Sub mailbox INBOX subject 'number 2'
differs 1 "duplicated=1" "a duplicate in another folder" c3
like "$(cat err)" "number 2.*once more, in the folder 'Sub'" "it says where"

fresh c4
dovecot_do mailbox delete -u c4 Sub
differs 1 "folder_missing=1 missing=4" "a folder is missing" c4
like "$(cat err)" "no folder 'Sub'" "it is named"
fresh c5
dovecot_do mailbox rename -u c5 Sub Renamed
differs 0 "folder_missing=1 moved=4" "a folder was renamed" c5 --deep
differs 1 "folder_missing=1 moved=4" "the same, strictly" c5 --strict
fresh c6
dovecot_do mailbox update --uid-validity 12345 -u c6 Sub
dovecot_do mailbox update --uid-validity 12346 -u c6 INBOX
differs 0 "" "other UIDVALIDITY" c6 --deep
forget
differs 0 "" "and a lost ledger" c6

# another tool brought it, and left its mark in each
rm -rf a.spool && cp -a orig.spool a.spool
for f in a.spool/mail/INBOX/cur/*; do
	{ printf 'X-TUID: abcdefghijkl\r\n'; cat "$f"; } >tuid.eml
	imap_put c7 INBOX "$(stat -c %Y "$f")" tuid.eml
done
dovecot_do mailbox create -u c7 Sub
differs 1 "missing=4 rewritten=4" "another tool's header line" c7 --deep
is "$(jq -c '.rewrites' out)" \
    '{"fields_added":4,"added_fields":{"X-TUID":4}}' "is counted by its name"
dovecot_do copy -u c7 INBOX mailbox INBOX subject 'number 1'
differs 1 "duplicated=1 missing=4 rewritten=4" "and a duplicate of that" c7

fresh c8
dovecot_do mailbox create -u c8 Kept
dovecot_do move -u c8 Kept mailbox Sub subject nameless
differs 0 "moved=1" "one without a Message-ID was moved" c8
dovecot_do flags remove -u c8 '\Seen' mailbox INBOX subject 'number 1'
dovecot_do move -u c8 Kept mailbox INBOX subject 'number 1'
differs 1 "flags_lost=1 moved=2" "moved, and its flag lost" c8

# two results stay: before the cutover, and after it
rm -f a.spool/spool.db*; fresh c9
verify a.spool c9 --deep >/dev/null 2>&1
dovecot_do expunge -u c9 mailbox INBOX subject 'number 3'
dovecot_do mailbox create -u c9 Kept
dovecot_do move -u c9 Kept mailbox INBOX subject 'number 2'
differs 1 "missing=1 moved=1" "after the cutover" c9
status 0 "verify --history" postroad verify --history a.spool
is "$(grep -c . out)" 2 "two results"
like "$(head -1 out)" "with --deep.*sound: 8 messages" "before: sound"
like "$(tail -1 out)" "differences: 8 messages, 1 missing, 1 moved" "after: not"
postroad verify --history --json a.spool >out
is "$(jq -c '[.verifications[]|[.deep,.status,.summary.missing]]' out)" \
    '[[true,0,0],[false,1,1]]' "for programs"
status 0 "verify SPOOL" postroad verify --json a.spool
is "$(jq -c '[.verified[]|.status]' out)" '[1]' "shows the last one"
like "$(postroad why a.spool n3@example.org)" "verified .*missing" \
    "why knows what became of it"
like "$(postroad why a.spool n1@example.org)" "verified .*no difference" \
    "and of the others"

# --repair: what is missing, nothing else
status 0 "verify --repair" verify a.spool c9 --repair --trace-wire trace
is "$(jq -c '[.repaired.missing,.repaired.loaded,.missing,.moved]' out)" \
    '[1,1,0,1]' "one was missing, the moved one stays where it is"
is "$(grep -cE ' > [a-z0-9]+ APPEND' trace)" 1 "one message is sent"
is "$(grep -E ' > [a-z0-9]+ (STORE|UID STORE|CREATE|UID MOVE|EXPUNGE)' trace)" \
    "" "and nothing else is done"
is "$(dovecot_do search -u c9 subject number | wc -l)" 7 "each is there once"
differs 0 "moved=1" "and all is proven" c9 --deep
done_testing
