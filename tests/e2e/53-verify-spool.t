#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# J12: a spool that was edited by hand.  verify names each; extract and load
# make it whole again.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/load.sh"

mbox 1 6 >six.mbox
postroad extract -q six.mbox orig.spool >/dev/null 2>&1 || bail extract
file() { grep -l "^Subject: number $1" a.spool/mail/six/cur/*; }
fresh() { rm -rf a.spool && cp -a orig.spool a.spool; }
kinds() {
	jq -r '[.problems[] | .kind] | group_by(.) |
	    map("\(.[0])=\(length)") | join(" ")' out
}
# edited STATUS KINDS DESCRIPTION PATTERN
edited() {
	for deep in '' --deep; do
		status "$1" "J12: $3 $deep" postroad verify --json $deep a.spool
		is "$(kinds)" "$2" "J12: $3: $2"
		like "$(cat err)" "$4" "J12: $3: named"
	done
}
fresh
status 0 'as extracted' postroad verify --json a.spool
rm "$(file 2)"
edited 1 'missing=1' 'a message removed' 'mail/six/cur/.*missing'
fresh
f=$(file 3)
head -c 60 "$f" >cut.eml && touch -r "$f" cut.eml && cp -p cut.eml "$f"
edited 1 'altered=1' 'a message truncated' 'altered: 60 bytes, the ledger has'
fresh
f=$(file 4)
touch -r "$f" when
printf X | dd of="$f" bs=1 seek=100 conv=notrunc 2>/dev/null
touch -r when "$f"
edited 1 'altered=1' 'a byte changed' 'altered: its SHA-256'
fresh
message 7 >a.spool/mail/six/cur/1355519437.M7.host:2,S
edited 0 'not_in_ledger=1' 'a file added' '1355519437.M7.*not in the ledger'
fresh
touch -d @1 "$(file 5)"
edited 1 'date_changed=1' 'a date changed' 'its date is 1970'
fresh
mv a.spool/mail/six a.spool/mail/seven
status 1 'J12: a folder renamed' postroad verify --json a.spool
like "$(kinds)" 'missing=6' 'J12: a folder renamed: all are named'

# all of it at once, and whole again
fresh
rm "$(file 1)" "$(file 2)"
f=$(file 3); head -c 60 "$f" >cut.eml && cat cut.eml >"$f" && touch -d @1 "$f"
message 7 >a.spool/mail/six/cur/1355519437.M7.host:2,S
edited 1 'altered=1 date_changed=1 missing=2 not_in_ledger=1' 'all at once' \
    'missing'
rm "$f"
status 0 'J12: extract again' postroad extract --json six.mbox a.spool
status 0 'J12: the spool is whole' postroad verify --json a.spool
is "$(find a.spool/mail/six/cur -type f | wc -l)" 7 \
    'J12: nothing lost, nothing twice, and what was added is kept'
done_testing
