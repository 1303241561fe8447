#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every PST of the corpus through the whole of extract, with both readers,
# against what independent readers found in it; and whether mail programs can
# read what came out.
#
# What does not hold: seven recipients of the Enron file whose "addresses" no
# header can carry ("TK Lohman/ET&S/Enron@ENRON"), and one HTML body with both
# kinds of line ends, which have become one.  libpst misses an item of the
# file with flipped bits, and reads another's body changed.
. "${0%/*}/lib.sh"

CORPUS=${CORPUS:-$ROOT/../shared/corpus/pst}
[ -d "$CORPUS" ] || skip_all "no corpus in $CORPUS"
facts=$ROOT/tests/tools/spool_facts.py

# facts READER MISSES: at most so many facts do not hold
facts() {
	held=0 tried=0
	for pst in "$CORPUS"/*.?st; do
		name=${pst##*/}
		case $name in *unopenable*) continue ;; esac
		rm -rf a.spool
		postroad extract --json --pst-reader "$1" --codepage 932 \
		    "$pst" a.spool >sum 2>err
		rc=$?
		case $name in
		derived_bitflips* | derived_trunc* | derived_zeroed*) want=1 ;;
		*) want=0 ;;
		esac
		[ $rc = $want ] || diag "$1 $name: status $rc, not $want"
		[ $rc = $want ] || bad=$((bad + 1))
		postroad ls --json a.spool >folders
		postroad ls --messages --json a.spool >messages
		python3 "$facts" -v "$pst.oracle.json" sum folders messages \
		    a.spool >got 2>missed
		sed "s/^/# $1 $name: /" missed | cut -c1-150 >&2
		read -r h t <got
		held=$((held + h)) tried=$((tried + t))
	done
	echo "# $1: $held facts held of $tried tried"
	[ "$tried" -gt 4000 ] && [ $((tried - held)) -le "$2" ]
	result $? "$1: $held facts held of $tried tried"
}

bad=0
facts own 10
facts libpst 14
is "$bad" 0 "each file ends with the status that its state asks for"

status 65 "libpst: a file whose blocks are lost" postroad extract \
    --pst-reader libpst "$CORPUS/damaged_unopenable.pst" gone.spool
like "$(cat err)" 'nothing can be read' "and it says so"
status 65 "own: a file of which nothing is left" postroad extract --json \
    "$CORPUS/damaged_unopenable.pst" none.spool
is "$(jq -c '[.announced,.status]' out)" '[0,65]' "... and nothing is counted"
like "$(cat err)" 'nothing in it can be read' "... and it says so"

for reader in own libpst; do
	pst=$CORPUS/unicode_enron-lokay_71msg.pst
	postroad extract --pst-reader $reader "$pst" $reader.1 >out 2>&1
	postroad extract --pst-reader $reader "$pst" $reader.2 >out 2>&1
	ok "$reader: twice the same bytes" diff -r $reader.1/mail $reader.2/mail
	postroad extract --json --pst-reader $reader "$pst" $reader.1 \
	    >out 2>/dev/null
	is "$(jq -c '[.announced, .unchanged, .stored]' out)" '[71,71,0]' \
	    "$reader: a second run writes nothing"
done

folder=own.1/mail/lokay-m
if command -v mshow >/dev/null; then
	n=0
	find "$folder" -type f -path '*/cur/*' | head -n 20 >some
	while read -r file; do
		mshow "$file" 2>/dev/null | grep -q '^From: ' && n=$((n + 1))
	done <some
	is $n 20 "mblaze shows 20 of them"
	file=$(find own.1 -name '*,S=3[0-9]*' -path '*/cur/*' | head -n 1)
	like "$(mshow -t "$file" 2>&1)" 'text/' "and their parts"
else
	skip "mblaze shows 20 of them" "no mshow"
	skip "and their parts" "no mshow"
fi
done_testing
