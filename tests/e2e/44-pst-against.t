#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Two opinions on a PST: what our own reader and libpst both understand is no
# difference, what only one has is named, and so is what the spool lacks.
. "${0%/*}/lib.sh"
export PYTHONDONTWRITEBYTECODE=1

BUILD=${BUILD:-$ROOT/build}
CORPUS=${CORPUS:-$ROOT/../shared/corpus/pst}
mkpst=$BUILD/tests/tools/mkpst
[ -x "$mkpst" ] || skip_all "no mkpst in $BUILD"

counts='[.messages // .cross_checked, .only_in_own, .only_in_libpst,
    .read_differently, .not_in_spool]'
against() { postroad verify --json --against libpst "$@"; }

# what the project's own writer makes, and what is written by hand
for kind in odd deep crowd; do
	"$mkpst" $kind $kind.pst || bail "mkpst $kind"
	status 0 "$kind: extracted with a cross-check" postroad extract \
	    --cross-check --json $kind.pst $kind.spool
	is "$(jq -c "$counts | .[1:]" out)" '[0,0,0,0]' "$kind: both agree"
done
for kind in sample "nested 10" "recipients 300" html smime categories report; do
	# shellcheck disable=SC2086 # a case and its number
	set -- $kind
	python3 "$ROOT/tests/tools/pst_cases.py" "$1" x.pst ${2:+"$2"} ||
		bail "pst_cases.py $kind"
	rm -rf x.spool
	postroad extract -q x.pst x.spool >out 2>&1
	status 0 "$kind: both agree" against x.pst x.spool
	is "$(postroad ls --messages --json x.spool | jq -s 'length > 0')" true \
	    "$kind: there is something to agree on"
done

# names that hold a NUL, or are longer than libpst takes
python3 "$ROOT/tests/tools/pst_cases.py" hostile hostile.pst ||
	bail "pst_cases.py hostile"
postroad extract -q hostile.pst hostile.spool >out 2>&1
status 1 "what they read differently ends with 1" \
    against hostile.pst hostile.spool
ok "and is counted" jq -e '.read_differently > 0 and .only_in_own == 0' out
like "$(jq -r '.problems[].error' out)" \
    "read differently: attach[0-9]+.name: own '.*', libpst '" \
    "and the field is named with both values"
like "$(jq -r '.problems[].error' out)" \
    "\(in its folder's list, checksums hold\): read" \
    "and what the file says of it"

# the spool lacks one
postroad extract -q odd.pst gone.spool >out 2>&1
n=$(postroad ls --messages --json gone.spool | wc -l)
file=$(find gone.spool/mail -path '*/cur/*' -type f | sort | head -n 1)
rm "$file"
status 1 "a message that the spool has lost" against odd.pst gone.spool
is "$(jq -c "$counts | .[1:]" out)" '[0,0,0,1]' "is one difference"
like "$(jq -r '.problems[].error' out)" 'the PST has it, the spool has not' \
    "and is named"
[ "$n" -gt 1 ]
result $? "of several"

# but not what it was told to leave out
postroad extract -q --exclude '*' odd.pst none.spool >out 2>&1
status 0 "excluded folders are no difference" \
    against odd.pst none.spool

# the roots of the trees are gone: we search, libpst is lost
python3 "$ROOT/tests/tools/pst-wipe.py" odd.pst wiped.pst
status 1 "a planted loss" against wiped.pst odd.spool
ok "only our own reader has what is behind it" jq -e \
    '.only_in_own == .messages and .messages > 1 and .not_in_spool == 0' out

# wrong uses
status 64 "an unknown reader" postroad verify --against readpst odd.pst \
    odd.spool
status 64 "no PST named" postroad verify --against libpst odd.spool
status 64 "only PSTs have two readers" postroad extract --cross-check \
    mbox:x x.spool
status 65 "no PST at all" postroad verify --against libpst \
    "$ROOT/Makefile" odd.spool
status 66 "no spool" postroad verify --against libpst odd.pst nothing.spool

if ! [ -d "$CORPUS" ]; then
	skip "files of the corpus" "no corpus"
	done_testing
	exit
fi
bad=0 files=0 items=0
for pst in "$CORPUS"/*.?st; do
	name=${pst##*/}
	case $name in
	derived_cyclic* | derived_nocrypt*) want=0 ;;
	derived_* | *unopenable*) continue ;;
	*) want=0 ;;
	esac
	rm -rf a.spool
	postroad extract -qq --codepage 932 "$pst" a.spool >/dev/null 2>&1
	rc=0
	against --codepage 932 "$pst" a.spool >out 2>err || rc=$?
	files=$((files + 1)) items=$((items + $(jq .messages out)))
	[ $rc = $want ] && continue
	bad=$((bad + 1))
	diag "$name: status $rc: $(head -c 1000 err)"
done
is "$bad" 0 "$items items of $files sound files: no difference"

pst=$CORPUS/derived_bitflips-400_tika-testPST.pst
rm -rf a.spool
postroad extract -qq "$pst" a.spool >/dev/null 2>&1
status 1 "flipped bits: the readers differ" against "$pst" a.spool
like "$(jq -r '.problems[].error' out)" 'blocks of it are damaged' \
    "and it is said that the file is damaged there"
done_testing
