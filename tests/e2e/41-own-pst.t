#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Our own reader of PST files against what independent readers agreed on, and
# against damage (LONG=1: 10,000 variants).
. "${0%/*}/lib.sh"

BUILD=${BUILD:-$ROOT/build}
CORPUS=${CORPUS:-$ROOT/../shared/corpus/pst}
tools=$BUILD/tests/tools
[ -x "$tools/pstdump" ] || skip_all "no pstdump in $BUILD"

# what the project's own tool made, byte by byte from the specification
"$tools/pstbox" 1 >box.pst
"$tools/pstdump" box.pst >box.json
is "$(jq -c 'select(.type == "message") | [.nid, .subject, .err != null]' \
    box.json)" '[2097188,"Re: Hé",false]
[2097252,null,true]
[2097220,"8 bit",false]' "a constructed mailbox: what is there, what is lost"
is "$(jq -r 'select(.nid == 2097188) | .attachments[1].message.subject' \
    box.json)" in "an embedded message"
status 0 "it survives damage" "$tools/pstdamage" -n 200 box.pst

# trees of several levels, tables over many blocks, a value of 30 MB
python3 "$ROOT/tests/tools/mkpst.py" 3000 2 30000000 big.pst
measure=$BUILD/tests/bench/measure
if [ -x "$measure" ] && [ -z "${SAN:-}" ]; then
	"$measure" m "$tools/pstdump" big.pst >big.json 2>log
	peak=$(cut -d' ' -f3 m)
	ok "flat memory: $peak KiB" [ "$peak" -lt 16384 ]
else
	"$tools/pstdump" big.pst >big.json
	skip "flat memory" "nothing to measure with"
fi
is "$(jq -r 'select(.type == "message") | .attachments[] |
    "\(.name) \(.size) \(.short)"' big.json)" \
    'big.bin 30000000 null' "a big attachment, whole"
is "$(jq -r 'select(.type == "message") | .subject' big.json |
    sort -u | wc -l)" 3000 "3,000 messages"
is "$(jq -r 'select(.type == "folder") | .count' big.json | sort -n |
    tail -n 1)" 1500 "and the folders count them"
is "$(jq -c 'select(.type == "note")' big.json)" "" "nothing is wrong with it"

# the first page of each tree zeroed: all is found again
python3 "$ROOT/tests/tools/pst-wipe.py" big.pst wiped.pst
"$tools/pstdump" wiped.pst >wiped.json
# (the names of damage aside)
is "$(jq -Sc 'select(.type != "note")' wiped.json | sort | sha256sum)" \
    "$(jq -Sc 'select(.type != "note")' big.json | sort | sha256sum)" \
    "without the roots of its trees all is found again"
is "$(jq -c 'select(.type == "note" and .bad) | .bad' wiped.json |
    sort -u)" true "and it is said"

if ! [ -d "$CORPUS" ]; then
	skip "facts of real files" "no corpus"
	skip "damage to real files" "no corpus"
	done_testing
	exit
fi

# damaged_unopenable has lost the list of its blocks: only its nodes are left
set --
for f in "$CORPUS"/*.?st; do
	case $f in *unopenable*) ;; *) set -- "$@" "$f" ;; esac
done
python3 "$ROOT/tests/tools/pst-facts.py" -v "$tools/pstdump" "$@" >facts
result $? "$(tail -n 1 facts)"
grep -v ' held of ' facts | head -n 20 | sed 's/^/# /' >&2
grep ' held of ' facts | sed 's/^/# /'
mkdir wiped
for f in "$@"; do
	case ${f##*/} in damaged* | derived_[btz]*) continue ;; esac
	python3 "$ROOT/tests/tools/pst-wipe.py" "$f" "wiped/${f##*/}"
	cp "$f.oracle.json" wiped
done
python3 "$ROOT/tests/tools/pst-facts.py" -v "$tools/pstdump" wiped/*.?st >facts
result $? "without the roots of the trees: $(tail -n 1 facts)"
grep -v ' held of ' facts | head -n 20 | sed 's/^/# /' >&2
n=6
[ -z "${LONG:-}" ] || n=358 # of 28 files: 10,024
ok "damage to real files: no crash, no hang" \
    "$tools/pstdamage" -n "$n" "$@"
tail -n 1 ok.log | sed 's/^/# /'
done_testing
