#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# postroad survey --check: nothing is wrong with what the writer writes nor
# with the sound files of the corpus; each planted fault is found, by the rule
# that it breaks.
. "${0%/*}/lib.sh"

BUILD=${BUILD:-$ROOT/build}
CORPUS=${CORPUS:-$ROOT/../shared/corpus/pst}
mkpst=$BUILD/tests/tools/mkpst
[ -x "$mkpst" ] || skip_all "no mkpst in $BUILD"
faults() { python3 "$ROOT/tests/tools/pst_faults.py" "$@"; }

# ---------------------------------------------------- what we write ourselves
written() {
	kind=$1; shift
	"$mkpst" "$kind" "$kind.pst" "$@"
	status 0 "mkpst $kind: nothing is found" \
	    postroad survey --check --json "$kind.pst"
	is "$(jq -c '[.findings, .remarks, .totals.findings, .totals.remarks,
	    .status]' out)" '[[],[],0,0,0]' "mkpst $kind: nor remarked"
}
written odd
written deep
written crowd
written many 2000 7 5000 1
is "$(jq .totals.messages out)" 2000 "all messages are looked at"
written large 60000000 # beyond what the first FMap is for
ENCODE=0 "$mkpst" odd plain.pst
status 0 "without encoding" postroad survey --check plain.pst
like "$(cat out)" '^No rule is broken\.$' "said to people"
for sample in "$ROOT"/samples/*.pst; do
	[ -e "$sample" ] || continue
	status 0 "${sample##*/}" postroad survey --check "$sample"
done

# -------------------------------------------------------------- the corpus
for f in "$CORPUS"/*.?st; do
	[ -e "$f" ] || { skip "the corpus" "not here"; break; }
	want=0
	case $f in
	*/damaged_*|*bitflips*|*truncated*|*zeroed*) want=1 ;;
	esac
	status $want "${f##*/}" postroad survey --check --json "$f"
done

# ----------------------------------------------------------- planted faults
ENCODE=0 "$mkpst" many many.pst 250 3 20000 1
mv plain.pst odd.pst
mkdir parts
for part in figures.csv notes.txt logo.png photo.png; do
	echo "$part" >"parts/$part"
done
ENCODE=0 "$BUILD/tests/tools/mkpst_samples" organizer names.pst parts
faults list >list
while read -r name base rule; do
	faults "$name" "$base.pst" fault.pst
	postroad survey --check --json fault.pst >out 2>err
	is "$? $(jq -r --arg rule "$rule" \
	    'any(.findings[]; .rule == $rule)' out)" "1 true" \
	    "planted: $name ($rule)"
done <list
ok "thirty and more" test "$(wc -l <list)" -ge 30

# a finding says where, what is there and what should be
faults store-entry-id odd.pst fault.pst
status 1 "for people" postroad survey --check fault.pst
like "$(cat out)" '\[MS-PST\] 2\.4\.3\.2, node 0x21: PidTagIpmW.*should be' \
    "for people: section, node, what"
like "$(cat out)" '^1 findings\.$' "for people: how many"
faults header-crc odd.pst fault.pst
postroad survey --check --json fault.pst >out
is "$(jq -c '.findings[0] | [.rule, .offset, .node, .what]' out)" \
    '["2.2.2.6",4,null,"dwCRCPartial"]' "JSON: section, offset, what"

# ------------------------------------------------------------- no PST at all
status 66 "no such file" postroad survey --check nothere.pst
status 64 "an mbox" postroad survey --check "$ROOT/samples/office.mbox"
head -c 300 odd.pst >cut.pst
status 65 "a header cut off" postroad survey --check --json cut.pst
ok "a header cut off: JSON" jq -e '.error.status == 65' out
head -c 100000 odd.pst >cut.pst
status 1 "cut off further behind" postroad survey --check cut.pst
done_testing
