#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# transform changes what destinations refuse, and only that: Python's email
# package says that every part still means what it meant.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/transform.sh"
. "$ROOT/tests/e2e/servers.sh"
trap 'servers_stop; at_exit' EXIT
CHECK=$ROOT/tests/e2e/fix_check.py

# judge DESCRIPTION OUT ARGUMENTS...: as Python sees it; "left" in full
judge() {
	what=$1 spool=$2; shift 2
	python3 "$CHECK" check $IN "$spool" "$@" >judged
	same judged left "$what: each part is what it was, nothing else changed"
}
# counts: what the last run fixed
counts() {
	jq -c '[.stored,.unchanged,.fixed,.fixed_lines,.fixed_newlines,
		.not_fixed,.restored]' out
}
inodes() { (cd "$1/mail" && find . -type f -printf '%i %f\n' | sort); }

python3 "$CHECK" make $IN || bail "no messages"
status 0 "without a fix" postroad transform --json $IN plain.spool
is "$(inodes plain.spool)" "$(inodes $IN)" "... every file is a link"

# ---- lines.  What stays: signed, nothing to fold at, nobody's encoding
cat >left <<E
nobound: long line
oddcte: long line
signed: long line
solidhead: long line
E
t 1 "long lines" --fix-lines=10239
judge "lines" out.spool 10239
is "$(counts)" '[33,0,13,13,null,4,null]' "... counted"
is "$(jq -r '.problems[].error' out | sort)" "$(sort <<E
not fixed: a kind of part that must not be encoded
not fixed: a long header line without blanks to fold at
not fixed: an unknown transfer encoding
not fixed: part 1: signed, with a line that is too long
E
)" "... and what stays is named"
balanced
cp out first
inodes out.spool >before
t 1 "the same again" --fix-lines=10239
is "$(counts)" '[0,33,null,null,null,4,null]' "... nothing to do"
inodes out.spool >after
same after before "... nothing was written"
t 1 "shorter ones" --fix-lines=1000
# a name of 2,000 bytes has blanks, but is not to be torn apart
echo 'longname: long line' >>left && sort -o left left
judge "shorter" out.spool 1000
rm -rf fresh.spool
postroad transform -q --fix-lines=1000 $IN fresh.spool >/dev/null 2>&1
is "$(inodes out.spool | cut -d' ' -f2 | sort)" "$(inodes fresh.spool |
	cut -d' ' -f2 | sort)" "... as a first run makes them"
hash_of() { cat "$1"/mail/INBOX/cur/*."$2".postroad* | sha256sum | cut -c-64; }
is "$(postroad ls --messages --json out.spool |
	jq -r 'select(.key == "longtext") | .sha256')" \
	"$(hash_of out.spool longtext)" "the hash of the new bytes is kept"
like "$(postroad why out.spool longtext)" \
	"original +$(hash_of $IN longtext)" "and the one of the old"
like "$(postroad why out.spool longtext)" 'changed +.*lines' \
	"and what changed it"
t 0 "and none any more"
is "$(jq .restored out)" 14 "... the originals come back"
is "$(inodes out.spool)" "$(inodes $IN)" "... as links"
is "$(sqlite3 out.spool/spool.db "SELECT count(*) FROM meta WHERE name LIKE
	'fix%'")" 0 "... and nothing is left of it"

# ---- line ends and NULs
cat >left <<E
deepsigned: bare LF
E
# Python takes a CR for a line end in a header and before a boundary
pythons='^(crbound|headcr): (parts|headers|text)'
jt() {
	python3 "$CHECK" check $IN "$@" | grep -Ev "$pythons" >judged
	same judged left "$what: each part is what it was"
}
rm -rf out.spool
what="newlines"
t 1 "LF, CR and NUL" --fix-newlines
jt out.spool 0 newlines
is "$(jq -c '[.fixed_lines,.not_fixed]' out)" '[null,1]' "... only those"
what="all"
cat >left <<E
nobound: long line
oddcte: long line
solidhead: long line
E
t 1 "both, signed or not" --fix-newlines --fix-lines=10239 --fix-signed
jt out.spool 10239 newlines
rm -rf dry.spool
status 1 "a dry run" postroad transform --json -n --fix-newlines \
	--fix-lines=10239 --fix-signed $IN dry.spool
jq -S '{fixed,fixed_lines,fixed_newlines,not_fixed}' out >dry
nok "... writes nothing" test -e dry.spool
postroad transform --json --fix-newlines --fix-lines=10239 --fix-signed \
	$IN dry.spool 2>/dev/null |
	jq -S '{fixed,fixed_lines,fixed_newlines,not_fixed}' >wet
same dry wet "... and tells the same"
head -c 400 out.spool/mail/INBOX/cur/*.headcr.* >first.400
is "$(sed -n 5,7p first.400 | tr -d '\r' | tr '\n' '|')" \
	"X-A: b X-B: c||text|" "a CR cannot make a header field"
postroad verify -q out.spool >/dev/null 2>&1
is "$?" 0 "the spool is sound"

# ---- receipts
rm -rf out.spool
t 0 "receipts" --disarm-receipts
is "$(jq -c '[.fixed,.fixed_receipts]' out)" '[1,1]' "... one asks for some"
diff $IN/mail/INBOX/cur/*.receipt.* out.spool/mail/INBOX/cur/*.receipt.* |
	tr -d '\r' >diff.out
cat >want <<'E'
5c5
< Disposition-Notification-To:
---
> X-Disarmed-Disposition-Notification-To:
7,8c7,8
< return-receipt-to : b@example.org
< X-Confirm-Reading-To: c@example.org
---
> X-Disarmed-return-receipt-to : b@example.org
> X-Disarmed-X-Confirm-Reading-To: c@example.org
E
same diff.out want "... whose fields have other names, and nothing else"

# ---- by destination, and from a rules file
printf 'fix-messages: { lines: true, newlines: true, receipts: true }\n' >r.yaml
rm -rf out.spool
t 1 "--for microsoft" --for microsoft --fix-messages
is "$(jq -c '[.fixed_lines,.fixed_newlines,.fixed_receipts]' out)" \
	'[13,null,1]' "... what that is known to refuse"
for how in "--for microsoft --rules r.yaml" \
    "--for generic --fix-messages --fix-lines=10239" \
    "--fix-lines=10239 --fix-newlines --disarm-receipts"; do
	rm -rf out.spool
	# shellcheck disable=SC2086
	t 1 "$how" $how
	is "$(jq -c '[.fixed,.not_fixed]' out)" '[25,5]' "... $how"
done
for bad in "--fix-messages" "--fix-lines=12" "--fix-lines=x" \
    "--strip-attachments 1k" "--attachments-dir d"; do
	# shellcheck disable=SC2086
	status 64 "wrong: $bad" postroad transform $bad $IN bad.spool
done
printf 'fix-messages: { lines: 12 }\n' >r.yaml
status 78 "wrong in a file" postroad transform --rules r.yaml $IN bad.spool
like "$(cat err)" 'r.yaml:1' "... with its line"

# ---- a child that dies costs the message it was at
STEPS=${POSTROAD_STEPS:-$ROOT/build/postroad-steps}
if [ -x "$STEPS" ]; then
	rm -rf out.spool
	PST_CHILD_HOOK=fix-crash:longpart status 1 "a child that dies" \
		"$STEPS" transform --json --fix-lines=10239 $IN out.spool
	is "$(jq -c '[.stored,.fixed,.not_fixed]' out)" '[33,12,5]' \
		"... costs one message"
	ok "... which stays as it was" cmp $IN/mail/INBOX/cur/*.longpart.* \
		out.spool/mail/INBOX/cur/*.longpart.*
else
	skip "a child that dies" "no $STEPS"
fi

# ---- a server that refuses all that
if servers_have cyrus && cyrus_start; then
	load() {
		status "$1" "$2" postroad load --json --tls none \
		    --password-file "$SERVER_PW" "$3" \
		    "imap://$4@127.0.0.1:$CYRUS_PORT/"
	}
	load 1 "Cyrus refuses some of them" plain.spool mary
	ok "... more than ten" test "$(jq .refused out)" -gt 10
	postroad transform --json --for cyrus --fix-messages --fix-signed \
	    --exclude-smaller 1 --exclude-header 'X: y' \
	    --exclude-header X-Confirm-Reading-To $IN cy.spool >/dev/null 2>&1
	# an empty message, and two headers, are refused for other reasons
	load 0 "Cyrus takes them all" cy.spool john
	n=$(find cy.spool/mail -path '*/cur/*' -type f | wc -l)
	is "$(jq -c '[.loaded,.refused]' out)" "[$n,0]" "... all of them"
	ok "... and these are many" test "$n" -ge 28
	status 0 "... and verifies" postroad verify --deep --tls none \
	    --password-file "$SERVER_PW" cy.spool \
	    "imap://john@127.0.0.1:$CYRUS_PORT/"
	servers_stop
else
	skip "a server that refuses all that" "$SERVERS_WHY"
fi
done_testing
