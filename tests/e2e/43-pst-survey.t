#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# postroad survey: against what independent readers count in the corpus, what
# extract then does, and files that are broken or no PST.
. "${0%/*}/lib.sh"

BUILD=${BUILD:-$ROOT/build}
CORPUS=${CORPUS:-$ROOT/../shared/corpus/pst}
mkpst=$BUILD/tests/tools/mkpst
[ -x "$mkpst" ] || skip_all "no mkpst in $BUILD"

# what survey announces is what extract does
for kind in odd deep crowd; do
	"$mkpst" "$kind" "$kind.pst"
	status 0 "$kind" postroad survey --json "$kind.pst"
	jq -Sc '[.folders[] | [.path, .mail]] | sort' out >survey
	jq -Sc '.not_carried, (.items | map_values(.count))' out >>survey
	postroad extract --json "$kind.pst" "$kind.spool" >x 2>/dev/null
	jq -Sc '[.folders[] | [.path, .announced]] | sort' x >extract
	jq -Sc '.not_carried, (.items | map_values(.count))' x >>extract
	same survey extract "$kind: the folders and counts of extract"
done
status 0 "for people" postroad survey odd.pst
like "$(cat out)" '^odd\.pst: PST, format unicode, encryption compressible' \
    "for people: what it is"
like "$(cat out)" ' 3 .* 2012-03-06  2012-03-06  INBOX$' \
    "for people: a folder"
like "$(cat out)" ' 12 .* in 21 folders' "for people: the total"

# counts, sizes and dates that are known from how it was made: message N of
# 3,000 was sent N minutes after the first and delivered 5 seconds later
"$mkpst" many many.pst 3000 3 0 1
status 0 "3,000 messages" postroad survey --json many.pst
is "$(jq -c '[.folders[] | select(.items > 0) | .items]' out)" \
    '[1000,1000,1000]' "3,000 messages: in three folders"
is "$(jq -c '[.totals.items, .totals.mail, .totals.damage]' out)" \
    '[3000,3000,0]' "3,000 messages: the total"
is "$(jq -c '(.totals.newest | fromdate) - (.totals.oldest | fromdate)' out)" \
    $((2999 * 60)) "3,000 messages: how long a time"
is "$(jq '.biggest | length' out)" 5 "3,000 messages: the biggest five"
is "$(jq '[.biggest[].bytes] == ([.biggest[].bytes] | sort | reverse)' out)" \
    true "3,000 messages: biggest first"
is "$(jq '[.folders[].bytes] | add' out)" "$(jq .totals.bytes out)" \
    "3,000 messages: the sum of the bytes"
status 0 "3,000 messages, a limit" postroad survey --json --max-size 100 many.pst
is "$(jq -c '[.totals.too_big, .risks[0].id]' out)" '[3000,"big-messages"]' \
    "3,000 messages, a limit: each that is over it is counted"
"$mkpst" large large.pst 3000000
for limit in 3M:1 4M:1 5M:0; do
	status 0 "a limit of ${limit%:*}" postroad survey --json \
	    --max-size "${limit%:*}" large.pst
	is "$(jq .totals.too_big out)" "${limit#*:}" \
	    "a limit of ${limit%:*}: as encoded"
done
status 0 "a large message" postroad survey --json large.pst
is "$(jq '.biggest[0].bytes >= 3000000 and .biggest[0].bytes < 3300000' out)" \
    true "a large message: its size"

# broken, and no PST
status 66 "no such file" postroad survey nothere.pst
status 65 "no PST" postroad survey "pst:$ROOT/Makefile"
status 65 "no mail at all" postroad survey "$ROOT/Makefile"
status 64 "no such code page" postroad survey --codepage nope odd.pst
head -c 100 odd.pst >cut.pst
status 65 "a header cut off" postroad survey --json cut.pst
ok "a header cut off: JSON" jq -e '.error.status == 65' out
head -c 3000000 many.pst >cut.pst
status '1|65' "a file cut off" postroad survey --json cut.pst
like "$(cat out)" 'cut off|missing' "a file cut off: it is said"
status 74 "a full stdout" sh -c '"$0" survey odd.pst >/dev/full' "$POSTROAD"

# a child that dies costs the folder it died of
if [ -x "${POSTROAD_STEPS:-}" ]; then
	nid=$(postroad survey --json odd.pst |
	    jq '.folders[] | select(.path == "INBOX") | .nid')
	status 1 "the child dies of INBOX" env \
	    PST_CHILD_HOOK="crash:$(printf %x "$nid")" \
	    "$POSTROAD_STEPS" survey --json odd.pst
	is "$(jq -c '[.totals.items, (.folders | length)]' out)" '[12,21]' \
	    "the child dies of INBOX: its items are there, and all else"
	like "$(jq -r '.damage[]' out)" 'not read: the PST reader died' \
	    "the child dies of INBOX: it is said"
else
	skip "a child that dies" "no program with crash points"
fi

if ! [ -d "$CORPUS" ]; then
	skip "what independent readers count" "no corpus"
	done_testing
	exit
fi
# real files: search folders hold nothing of their own
for f in "$CORPUS"/*.?st; do
	name=${f##*/}
	status '0|1' "$name" postroad survey --json "$f"
	jq -Sc '[([.folders[] | select(.items > 0) |
	    {nid: .nid, items: .items}] | sort_by(.nid)),
	    ([.classes[] | {key: .class, value: .count}] | from_entries),
	    {none: 0, compressible: 1, high: 2}[.encryption],
	    (.format | ascii_downcase), .password]' out >got
	jq -Sc '[([.folders[] | select(.items > 0 and (.search | not)) |
	    {nid: .nid, items: .items}] | sort_by(.nid)),
	    ([.folders[] | select(.search | not) | .classes | to_entries[]] |
	    group_by(.key) |
	    map({key: .[0].key, value: (map(.value) | add)}) | from_entries),
	    .crypt_method,
	    (.format | ascii_downcase | sub(".*-"; "")),
	    (.password_crc != 0 and .client_magic == "SM")]' \
	    "$f.oracle.json" >want || echo failed >want
	case $name in
	damaged_unopenable*) # nobody can read whether it has a password
		sed -i 's/,[a-z]*]$/]/' got want ;;
	esac
	same got want "$name: what independent readers count"
	case $name in
	derived_b* | derived_t* | *unopenable*)
		is "$(jq '.totals.damage > 0 and .status == 1' out)" true \
		    "$name: damage is noted" ;;
	esac
done
done_testing
