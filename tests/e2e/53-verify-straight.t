#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# verify --deep where the ledger knows the UIDs: facts and bytes come in one
# pass, a sound folder takes no other, and what one pass proved is not read
# again when something else is wrong.  What is found is the same as without the
# ledger's UIDs.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/load.sh"

dovecot_start || skip_all "no Dovecot"
use_tls

mkdir -p keys/cur keys/new keys/tmp
for i in 1 2 3 4 5 6 7 8 9; do
	message $i >"keys/cur/135551943$i.M$i.host:2,Sa"
done
printf '0 Important\n' >keys/dovecot-keywords
touch -d @1355519437 keys/cur/*
postroad extract -q keys orig.spool >/dev/null 2>&1 || bail "extract"

fresh() { # USER: nine messages, loaded
	rm -rf a.spool && cp -a orig.spool a.spool
	load a.spool "$1" >load.out 2>load.err || bail "load: $(cat load.err)"
}
kinds() {
	jq -r '[.problems[] | .kind] | group_by(.) |
	    map("\(.[0])=\(length)") | join(" ")' "$1"
}
# asked WORDS: UIDs that were asked for with these
asked() {
	sed -n "s/.* > [a-z0-9]* UID FETCH \\([0-9:,*]*\\) ($1).*/\\1/p" trace |
	    tr '\n' ' '
}
BOTH='UID RFC822.SIZE INTERNALDATE FLAGS BODY.PEEK\[\]'
FACTS='UID RFC822.SIZE INTERNALDATE FLAGS'
BYTES='UID BODY.PEEK\[\]'

# differs STATUS KINDS DESCRIPTION USER: with the UIDs, and without them
differs() {
	want_rc=$1 want_kinds=$2 what=$3 user=$4
	rm -f trace
	status "$want_rc" "$what: status $want_rc" \
	    verify a.spool "$user" --deep --trace-wire trace
	is "$(kinds out)" "$want_kinds" "$what: ${want_kinds:-no difference}"
	cp out first.out
	rm -f a.spool/spool.db*
	postroad extract -q keys a.spool >/dev/null 2>&1 || bail "extract"
	status "$want_rc" "the same without the ledger" \
	    verify a.spool "$user" --deep
	is "$(kinds out)" "$want_kinds" "with the same findings"
}
file() { # USER N: where that message lies
	grep -l "number $2" "$T/dovecot/home/$1/Maildir/INBOX/cur/"*
}
alter() { # USER N: a byte of it
	f=$(file "$1" "$2") && sed -i 's/body of/BODY of/' "$f" &&
	    touch -d @1355519437 "$f"
}

fresh s1
differs 0 "" "as loaded" s1
sizes=$(postroad ls --messages --json a.spool | jq -s '[.[].size] | add')
is "$(jq -c '[.messages, .bytes, .folders[0].bytes]' first.out)" \
    "[9,$sizes,$sizes]" "all of them, and all their bytes"

fresh s1b
rm -f trace
verify a.spool s1b --deep --trace-wire trace >/dev/null 2>&1
is "$(asked "$BOTH")" "1:9 " "a sound folder is read in one pass"
is "$(asked "$FACTS")$(asked "$BYTES")" "" "and in no other"

fresh s2
alter s2 4
differs 1 "altered=1" "one byte changed" s2
fresh s2b
alter s2b 4
rm -f trace
verify a.spool s2b --deep --trace-wire trace >out 2>/dev/null
is "$(asked "$BYTES")" "4 " "only the one that is in doubt is read again"
is "$(jq .bytes out)" "$sizes" "and no byte counts twice"

fresh s3
dovecot_do flags remove -u s3 '\Seen' mailbox INBOX uid 2
differs 1 "flags_lost=1" "a flag is gone" s3
fresh s4
dovecot_do flags remove -u s4 Important mailbox INBOX uid 9
differs 1 "keywords_lost=1" "a keyword is gone" s4
fresh s5
dovecot_do flags add -u s5 'Urgent' mailbox INBOX uid 1
differs 0 "newly_flagged=1" "a keyword more" s5
is "$(asked "$BYTES")" "" "its bytes are not read again"
fresh s6
f=$(file s6 6) && touch -d @1355551837 "$f"
rm -f "${f%/cur/*}"/dovecot.index*
differs 1 "wrong_date=1" "another date" s6
fresh s7
dovecot_do expunge -u s7 mailbox INBOX uid 5
differs 1 "missing=1" "one is missing" s7
is "$(asked "$BYTES")" "" "the others are not read again"
fresh s8
message 99 | sed 's/$/\r/' >other.eml
"$IMAP_TOOL" $ACCESS "$(dest s8)" append INBOX other.eml . >/dev/null
differs 0 "extra=1" "one more" s8
fresh s9
dovecot_do expunge -u s9 mailbox INBOX uid 1
dovecot_do copy -u s9 INBOX mailbox INBOX uid 2
differs 1 "duplicated=1 missing=1" "V11: two opposite errors" s9
fresh s10
dovecot_do expunge -u s10 mailbox INBOX uid 1
"$IMAP_TOOL" $ACCESS "$(dest s10)" append INBOX other.eml . >/dev/null
alter s10 3
dovecot_do flags remove -u s10 '\Seen' mailbox INBOX uid 7:8
differs 1 "altered=1 extra=1 flags_lost=2 missing=1" "all at once" s10
fresh s11
dovecot_do mailbox update --uid-validity 12346 -u s11 INBOX
differs 0 "" "other UIDVALIDITY" s11

# the user's mail came first, and between
rm -rf a.spool && cp -a orig.spool a.spool
"$IMAP_TOOL" $ACCESS "$(dest s12)" append INBOX other.eml . >/dev/null
load a.spool s12 --existing ignore >load.out 2>load.err ||
    bail "load: $(cat load.err)"
differs 0 "extra=1" "other mail came before" s12

# never loaded
rm -rf a.spool && cp -a orig.spool a.spool
differs 1 "missing=9" "nothing was loaded" s13

# two folders in one there
mkdir -p keys/.Sub/cur keys/.Sub/new keys/.Sub/tmp
message 10 >keys/.Sub/cur/1355519440.M10.host:2,S
touch -d @1355519437 keys/.Sub/cur/*
rm -rf a.spool
postroad extract -q keys a.spool >/dev/null 2>&1 || bail "extract"
load a.spool s14 --folder-map Sub=INBOX >load.out 2>load.err ||
    bail "load: $(cat load.err)"
rm -f trace
status 0 "two folders in one" verify a.spool s14 --deep --trace-wire trace
sizes=$(postroad ls --messages --json a.spool | jq -s '[.[].size] | add')
is "$(kinds out)$(jq -c '[.messages, .bytes]' out)" "[10,$sizes]" \
    "and no difference"
alter s14 10
status 1 "one of them is altered" verify a.spool s14 --deep
is "$(kinds out)" "altered=1" "and named"
done_testing
