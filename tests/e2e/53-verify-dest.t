#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The proof of a mailbox: every kind of difference is planted and named.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/load.sh"

dovecot_start || skip_all "no Dovecot"
use_tls

mbox 1 6 >six.mbox
postroad extract -q six.mbox six.spool || bail "extract"
mkdir -p keys/cur keys/new keys/tmp
message 7 >keys/cur/1355519437.M7.host:2,Sa
printf '0 Important\n' >keys/dovecot-keywords
postroad extract -q keys keys.spool || bail "extract"

# counters FILE: the classes that are not 0
counters() {
	jq -r 'to_entries[] | select(.key | test("^(missing|altered|duplicated|wrong_folder|flags_lost|keywords_lost|wrong_date|extra|moved|newly_flagged|keywords_refused|rewritten)$")) |
		select(.value > 0) | "\(.key)=\(.value)"' "$1" | tr '\n' ' '
}
maildir() { echo "$T/dovecot/home/$1/Maildir/$2"; }

# fresh USER: six messages, loaded
fresh() {
	rm -rf a.spool && cp -r six.spool a.spool
	load a.spool "$1" >load.out 2>load.err || bail "load"
}

# differs STATUS CLASSES DESCRIPTION USER [OPTIONS]
differs() {
	want_rc=$1 want_classes=$2 what=$3 user=$4; shift 4
	status "$want_rc" "$what: status $want_rc" verify a.spool "$user" "$@"
	is "$(counters out)" "$want_classes" "$what: is named so"
}

fresh ok
differs 0 "" "as loaded" ok
differs 0 "" "as loaded, deep" ok --deep
is "$(jq .messages out)" 6 "six were looked for"

fresh v1
dovecot_do expunge -u v1 mailbox six uid 3
differs 1 "missing=1 " "V1: one missing" v1
like "$(cat err)" "number 3.*missing" "it is named by its subject"
like "$(jq -c '.problems[0]' out)" '"folder":"six"' "and its folder"

fresh v2
f=$(ls "$(maildir v2 six)"/*/*,W=* | head -2 | tail -1)
cp -p "$f" saved && sed -i 's/body of number/bodY of number/' "$f" &&
	touch -r saved "$f"
differs 1 "altered=1 " "V2: one byte changed" v2 --deep

fresh v3
dovecot_do copy -u v3 six mailbox six uid 2
differs 1 "duplicated=1 " "V3: there twice" v3

rm -rf a.spool && cp -r keys.spool a.spool
load a.spool v4k >load.out 2>load.err
dovecot_do flags remove -u v4k '\Seen' mailbox INBOX all
differs 1 "flags_lost=1 " "V4: a flag lost" v4k
dovecot_do flags add -u v4k '\Seen' mailbox INBOX all
dovecot_do flags remove -u v4k Important mailbox INBOX all
differs 1 "keywords_lost=1 " "V4: a keyword lost" v4k
dovecot_do flags add -u v4k 'Important \Flagged Later' mailbox INBOX all
differs 0 "newly_flagged=1 " "flagged by the user" v4k
differs 1 "newly_flagged=1 " "the same, strictly" v4k --strict

fresh v5
"$IMAP_TOOL" $ACCESS --date 1355551801 --flags "" "$(dest v5)" append six \
    "$(ls a.spool/mail/six/cur/* | head -1)" . >/dev/null
dovecot_do expunge -u v5 mailbox six uid 1
rm a.spool/spool.db # or the ledger says which UID it was
postroad extract -q six.mbox a.spool
differs 1 "wrong_date=1 " "V5: another date" v5 --deep
like "$(cat err)" "9 h later, as if of another time zone" \
    "V5: it is told how far, and why perhaps"

fresh v6
dovecot_do mailbox create -u v6 Other
dovecot_do move -u v6 Other mailbox six uid 4
differs 0 "moved=1 " "moved by the user" v6
rm a.spool/spool.db
postroad extract -q six.mbox a.spool
differs 1 "wrong_folder=1 " "V6: in another folder, and nobody knows why" v6

fresh v7
message 99 >extra.eml
"$IMAP_TOOL" $ACCESS "$(dest v7)" append six extra.eml . >/dev/null
differs 0 "extra=1 " "one more" v7
like "$(cat err)" "extra .*n99@example.org" "it is named by its Message-ID"
differs 1 "extra=1 " "the same, strictly" v7 --strict

# a server that adds a field, changes line ends
sed 's/$/\r/' extra.eml >whole.eml
mkdir -p one/cur one/new one/tmp
cp whole.eml one/cur/1355519499.M99.host:2,
postroad extract -q one eml.spool
{ printf 'X-Added: here\r\n'; cat whole.eml; } >added.eml
rm -rf a.spool && cp -r eml.spool a.spool
d=$(postroad ls --messages --json a.spool | jq -r '.received | fromdate')
"$IMAP_TOOL" $ACCESS --date "$d" "$(dest v8)" append INBOX added.eml . >/dev/null
differs 0 "rewritten=1 " "V7: a field added" v8
like "$(cat err)" "rewritten.*X-Added" "the field is named"
differs 1 "rewritten=1 " "V7: the same, strictly" v8 --strict
status 0 "it is not sent again either" load a.spool v8
is "$(jq -c '[.loaded,.unchanged]' out)" "[0,1]" "since it is there"

# same Message-ID, other body
fresh v9
message 5 | sed 's/body of/mind of/;s/$/\r/' >other.eml
"$IMAP_TOOL" $ACCESS --date 1355519405 "$(dest v9)" append six other.eml . >/dev/null
dovecot_do expunge -u v9 mailbox six uid 5
rm a.spool/spool.db
postroad extract -q six.mbox a.spool
differs 1 "altered=1 " "V9: same Message-ID, other body" v9 --deep

# two opposite errors
fresh v11
dovecot_do expunge -u v11 mailbox six uid 1
dovecot_do copy -u v11 six mailbox six uid 2
differs 1 "missing=1 duplicated=1 " "V11: the count is right, the mail is not" v11

# never loaded
rm -rf a.spool && cp -r six.spool a.spool
differs 1 "missing=6 " "nothing was loaded" nobody

# verification changes nothing
fresh v12
before=$(there v12; dovecot_do -f tab fetch -u v12 'uid flags' mailbox six)
verify a.spool v12 --deep --trace-wire trace >/dev/null 2>&1
after=$(there v12; dovecot_do -f tab fetch -u v12 'uid flags' mailbox six)
is "$after" "$before" "nothing was changed by verifying"
is "$(grep -E ' > [a-z0-9]+ (SELECT|STORE|UID STORE|APPEND|CREATE)' trace)" "" \
	"EXAMINE is all it uses"
done_testing
