#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# PST files of many kinds, written for the test from the specification, with
# both readers: code pages, S/MIME, nesting, reports, hostile contents.
. "${0%/*}/lib.sh"
export PYTHONDONTWRITEBYTECODE=1

# make CASE [NUMBER]: x.pst
make_pst() {
	python3 "$ROOT/tests/tools/pst_cases.py" "$1" x.pst ${2:+"$2"} ||
		bail "pst_cases.py $1"
}

# try_case STATUS CASE [NUMBER]: extract with both readers, then look
try_case() {
	make_pst "$2" "${3:-10}"
	for reader in own libpst; do
		rm -rf a.spool
		status "$1" "$2 ${3:-}: $reader reads it" postroad extract \
		    --pst-reader $reader --codepage "${4:-1252}" x.pst a.spool
		ok "$2 ${3:-}: what came is right" \
		    python3 "$ROOT/tests/e2e/pst_check.py" "$2" a.spool
	done
}

try_case 0 sample
try_case 0 nested 10
try_case 0 recipients 300
for codepage in 932 1251 1252 1255 936 949 874; do
	try_case 0 ansi $codepage $codepage
done
try_case 0 html
make_pst codepages
status 0 'codepages: it is read' postroad extract x.pst cp.spool
ok 'codepages: each, in bodies, subjects and senders' \
    python3 "$ROOT/tests/e2e/pst_check.py" codepages cp.spool
try_case 0 smime
try_case 1 hostile
try_case 0 roles
try_case 0 deep 150
try_case 0 categories
try_case 0 report

# roles as others see them
make_pst roles
postroad extract -q x.pst roles.spool >/dev/null 2>&1
is "$(postroad ls --json roles.spool |
    jq -rc 'select(.special_use != null) | [.path, .special_use]' | sort)" \
    '["Entwürfe","\\Drafts"]
["Gelöschte Elemente","\\Trash"]
["Gesendete Elemente","\\Sent"]
["Junk-E-Mail","\\Junk"]' 'localized names have their roles'

make_pst categories
postroad extract -q x.pst cat.spool >/dev/null 2>&1
is "$(postroad ls --messages --json cat.spool | jq -c .keywords)" \
    '["Red","Two_words"]' 'categories are keywords'

make_pst sample
status 0 'the same source into the same spool' \
    postroad extract --json x.pst s.spool
is "$(jq -c '[.announced, .stored, ([.items[].stored] | add), .not_carried]' \
    out)" '[8,8,2,[]]' 'what is no mail is counted, and has a place'
find s.spool/mail -type f -printf '%p %T@ %i\n' | sort >before
status 0 'again' postroad extract --json x.pst s.spool
find s.spool/mail -type f -printf '%p %T@ %i\n' | sort >after
same after before 'nothing was written'
is "$(jq -c '[.announced, .unchanged]' out)" '[8,8]' 'all were there'

# the end of a file that is not all there
head -c 20000 x.pst >cut.pst
for reader in own libpst; do
	status '1|65' "$reader: a file cut short" \
	    postroad extract --pst-reader $reader cut.pst "cut.$reader"
	like "$(cat out err)" 'cut off|read|damaged' "$reader: says so"
done
for n in 0 3 100 600; do
	head -c $n x.pst >stub.pst
	status 65 "$n bytes are no PST" postroad extract pst:stub.pst stub.spool
done
printf '!BDN' | cat - /dev/zero | head -c 5000 >zero.pst
status 65 'a PST of zeros' postroad extract zero.pst zero.spool
done_testing
