#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every form of [MS-PST] - ANSI, Unicode, 4096-byte pages with compressed
# blocks; not encoded, permute, cyclic - holding the same mail: whole, without
# its header, without its trees, and with structures that refer wrongly.
. "${0%/*}/lib.sh"
export PYTHONDONTWRITEBYTECODE=1
BUILD=${BUILD:-$ROOT/build}
MKPST=$BUILD/tests/tools/mkpst
[ -x "$MKPST" ] || skip_all "no mkpst in $BUILD"

tool() {
	name=$1
	shift
	python3 "$ROOT/tests/tools/$name" "$@" || bail "$name $1"
}

# compare WANT SPOOL [least]
compare() {
	got=$(python3 "$ROOT/tests/e2e/pst_same.py" whole.spool "$2" \
	    "${3:-}" 2>&1)
	like "$got" "^$1\$" "$form $crypt: $what: $got same, less"
}

ENCODE=0 "$MKPST" many m.pst 12 3 3000 1 || bail mkpst
postroad extract -q m.pst whole.spool >/dev/null 2>&1

for form in unicode ansi 4k; do
	for crypt in none permute cyclic; do
		tool pst-recast.py $form $crypt m.pst x.pst
		rm -rf x.spool rp carved.spool
		mkdir rp
		readpst -o rp -D x.pst >readpst.out 2>&1
		is "$(sed -n 's/.*"Folder .* \([0-9]*\) items done, 0.*/\1/p' \
		    readpst.out | tr '\n' ' ')" '4 4 4 ' \
		    "$form $crypt: readpst reads it"
		what='whole'
		status 0 "$form $crypt: we do" postroad extract x.pst x.spool
		compare '12 0' x.spool

		tool pst-lose.py header x.pst head.pst
		what='no header'
		status 1 "$form $crypt: $what" postroad extract --carve \
		    head.pst carved.spool
		compare '12 0' carved.spool

		tool pst-lose.py trees x.pst trees.pst
		rm -rf carved.spool
		what='no trees'
		status 1 "$form $crypt: $what" postroad extract --carve \
		    trees.pst carved.spool
		compare '12 0' carved.spool

		tool pst-lose.py header trees.pst blocks.pst
		rm -rf carved.spool
		what='neither'
		status 1 "$form $crypt: $what" postroad extract --carve \
		    blocks.pst carved.spool
		compare '12 0' carved.spool
	done
done

if command -v pffinfo >/dev/null; then
	tool pst-recast.py 4k cyclic m.pst x.pst
	like "$(pffinfo x.pst)" '4k page' 'libpff takes it for one, too'
else
	skip 'libpff' 'no pffinfo'
fi

for form in unicode ansi 4k; do
	crypt=permute
	for what in cycle crossed loop loose; do
		tool pst-recast.py -d $what $form $crypt m.pst x.pst
		rm -rf x.spool
		status '0|1' "$form: $what" timeout 60 "$POSTROAD" extract \
		    --json x.pst x.spool
		n=$(jq .announced out)
		is "$n" 12 "$form: $what: each message has a fate"
		case $what in
		cycle) compare '12 0' x.spool ;;
		crossed) # each has what its own node says, and is told of
			is "$(jq .stored out)" 12 "$form: crossed: all came" ;;
		loop) compare '1[12] [01]' x.spool least ;;
		loose)
			is "$(jq .refused out)" 1 "$form: one is refused"
			compare '11 0' x.spool
			;;
		esac
	done
done
done_testing
