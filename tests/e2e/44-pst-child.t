#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A PST child that crashes, hangs or eats memory costs the item it was at; a
# damaged file never ends in anything but 0, 1 or 65; memory stays flat.
. "${0%/*}/lib.sh"
export PYTHONDONTWRITEBYTECODE=1

STEPS=${POSTROAD_STEPS:-$ROOT/build/postroad-steps}
measure=${BUILD:-$ROOT/build}/tests/bench/measure
make_pst() { python3 "$ROOT/tests/tools/pst_cases.py" "$@"; }

make_pst sample x.pst || bail "pst_cases.py"
postroad extract --json x.pst whole.spool >whole 2>/dev/null
nids=$(postroad ls --messages --json whole.spool |
	jq -r '.source.nid' | sort -n)
all=$(postroad ls --messages --json whole.spool | jq -r .key | sort)

if [ -x "$STEPS" ]; then
	nid=$(echo "$nids" | sed -n 4p)
	hex=$(printf %x "$nid")
	hows='crash hang eat'
	# a sanitizer's build has no limit of memory
	[ -z "${SAN:-}" ] || hows='crash hang'
	for how in $hows; do
		rm -rf a.spool
		export PST_CHILD_HOOK="$how:$hex"
		status 1 "$how: the run goes on and says it" "$STEPS" extract \
		    --json --item-timeout 2 x.pst a.spool
		unset PST_CHILD_HOOK
		is "$(jq -c '[.announced, .stored, .refused]' out)" '[8,7,1]' \
		    "$how: one item is refused, the others are there"
		is "$(jq -r '.problems[0].source.nid' out)" "$nid" \
		    "$how: it is named"
		is "$(postroad ls --messages --json a.spool | jq -r .key |
			sort)" "$(echo "$all" | grep -vx "p$hex")" \
		    "$how: each of the others"
		status 0 "$how: the next run brings it" \
		    postroad extract --json x.pst a.spool
		is "$(jq -c '[.unchanged, .stored]' out)" '[7,1]' \
		    "$how: and only it"
		ok "$how: nothing else differs" \
		    diff -r a.spool/mail whole.spool/mail
	done
	# a folder's name is lost, not its mail: the writer's first is Inbox
	for at in 122 8022 20022; do
		rm -rf a.spool
		export PST_CHILD_HOOK="crash:$at"
		status '0|1' "a folder that kills the child: $at" "$STEPS" \
		    extract --json x.pst a.spool
		unset PST_CHILD_HOOK
		is "$(jq -c '[.announced, .stored]' out)" '[8,8]' \
		    "all the mail is there"
	done
	# the list of its items: they are found without it, and it is blamed
	for at in 802e 2002e; do
		rm -rf a.spool
		export PST_CHILD_HOOK="crash:$at"
		status 1 "a list of items that kills the child: $at" "$STEPS" \
		    extract --json x.pst a.spool
		unset PST_CHILD_HOOK
		is "$(jq -c '[.announced, .stored]' out)" '[8,8]' \
		    "all the mail is there"
		is "$(jq -c '.problems[] | select(.error |
		    test("list of its items")) | .source.nid' out)" \
		    "$((0x$at & ~0x1f | 2))" 'its folder is named'
	done
else
	skip 'a child that dies' "no $STEPS"
fi

# damage, the same on every machine
cat >flip.py <<'END'
import random, sys
r = random.Random(int(sys.argv[1]))
d = bytearray(open('x.pst', 'rb').read())
for _ in range(r.choice((1, 3, 20))):
    d[r.randrange(0x4600, len(d))] ^= 1 << r.randrange(8)
if r.random() < .2:
    del d[r.randrange(len(d)):]
if r.random() < .2:
    at = r.randrange(len(d))
    d[at:at + 600] = bytes(min(600, len(d) - at))
open('y.pst', 'wb').write(d)
END
odd=0 lost=0 n=0
while [ $n -lt "${FLIPS:-30}" ]; do
	n=$((n + 1))
	python3 flip.py $n
	for reader in own libpst; do
		rm -rf a.spool
		timeout 120 "$POSTROAD" extract --pst-reader $reader \
		    --item-timeout 5 y.pst a.spool >out 2>err
		case $? in
		0 | 1) postroad verify a.spool >out 2>&1 || lost=$((lost + 1)) ;;
		65) ;;
		*) odd=$((odd + 1)); diag "$reader, seed $n: $(cat err)" ;;
		esac
	done
done
is $odd 0 "$n damaged files, two readers: 0, 1 or 65"
is $lost 0 "and what they gave is what the ledger says"

if [ -x "$measure" ] && [ -z "${SAN:-}" ]; then
	make_pst many many.pst 3000
	make_pst big big.pst 200
	for pst in many big; do
		"$measure" m "$POSTROAD" extract -q $pst.pst $pst.spool \
		    >/dev/null
		peak=$(cut -d' ' -f3 m)
		ok "$pst: parent and child in $peak KiB" \
		    [ "$peak" -lt 49152 ]
	done
else
	skip 'memory' 'nothing to measure with'
fi

# what the child may have of its parent
if [ -x "$(command -v strace)" ] && [ -z "${SAN:-}" ]; then
	POSTROAD_SECRET=hunter2 strace -f -v -e trace=execve -o trace \
	    "$POSTROAD" extract -q x.pst t.spool >/dev/null 2>&1
	line=$(grep -- --pst-child trace | head -n 1)
	like "$line" 'pst-child' 'the child is run'
	unlike "$line" 'hunter2' 'without the environment'
else
	skip 'the environment of the child' 'no strace'
fi
done_testing
