#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A PST read by several processes gives what one gives: the same names, bytes,
# order, rows, problems.  One that dies costs an item, whoever it was.
. "${0%/*}/lib.sh"
export PYTHONDONTWRITEBYTECODE=1

B=${BUILD:-$ROOT/build}
STEPS=${POSTROAD_STEPS:-$B/postroad-steps}
mkpst=$B/tests/tools/mkpst
[ -x "$mkpst" ] || skip_all 'mkpst is not built'

# said OUT: the summary without what the clock says
said() {
	jq -S 'del(.seconds, .source, .spool)' "$1"
}
# rows SPOOL: what the ledger says of each message, in the order of storing
rows() {
	sqlite3 "$1/spool.db" 'SELECT m.id, f.path, m.ident, m.info, m.source,
	    m.size, hex(m.sha256), m.received, m.flags, m.keywords,
	    m.message_id FROM message m JOIN folder f ON f.id = m.folder
	    ORDER BY m.id;
	    SELECT path, name, special_use FROM folder ORDER BY id;
	    SELECT key, folder, fate, why FROM fate ORDER BY key'
}
# alike PST JOBS DESCRIPTION [PROGRAM]
alike() {
	rm -rf one.spool more.spool
	"${4:-$POSTROAD}" extract --json -j 1 --item-timeout 5 "$1" \
	    one.spool >a.json 2>a.err
	a=$?
	"${4:-$POSTROAD}" extract --json -j "$2" --item-timeout 5 "$1" \
	    more.spool >b.json 2>b.err
	is "$?" "$a" "$3, $2 processes: exit status"
	said a.json >one.said
	said b.json >more.said
	ok "$3, $2 processes: the same is said" diff one.said more.said
	[ -d one.spool ] || return 0
	mkdir -p one.spool/items more.spool/items
	ok "$3, $2 processes: the same files" diff -r -x 'spool.*' one.spool \
	    more.spool
	rows one.spool >one.rows
	rows more.spool >more.rows
	ok "$3, $2 processes: the same rows, in the same order" \
	    cmp one.rows more.rows
}

for kind in odd deep crowd; do
	"$mkpst" $kind $kind.pst || bail "mkpst $kind"
	alike $kind.pst 3 "$kind"
done
"$mkpst" many many.pst 1003 7 3000 5 || bail 'mkpst many'
for n in 2 3 16; do
	alike many.pst $n many
done
is "$(jq -c '[.announced, .stored]' b.json)" '[1003,1003]' 'and all is there'
status 0 'run again' postroad extract --json -j 3 many.pst more.spool
is "$(jq -c '[.stored, .unchanged]' out)" '[0,1003]' 'nothing is new'
status 64 'too many' postroad extract -j 17 many.pst x.spool
like "$(cat err)" 'at most 16' 'and it says so'

# damage, anywhere: each process meets it, it is told once
cat >flip.py <<'END'
import random, sys
r = random.Random(int(sys.argv[1]))
d = bytearray(open('many.pst', 'rb').read())
for _ in range(r.choice((3, 20, 60))):
    d[r.randrange(0x4600, len(d))] ^= 1 << r.randrange(8)
if r.random() < .3:
    at = r.randrange(len(d))
    d[at:at + 60000] = bytes(min(60000, len(d) - at))
open('y.pst', 'wb').write(d)
END
n=0
while [ $n -lt "${FLIPS:-3}" ]; do
	n=$((n + 1))
	python3 flip.py $n
	alike y.pst 3 "damaged, seed $n"
done

# a child that dies: in an item, at a folder that all of them read
if [ -x "$STEPS" ]; then
	nid=$(postroad ls --messages --json one.spool |
	    jq -r .source.nid | sed -n 90p)
	hows='crash hang eat'
	[ -z "${SAN:-}" ] || hows='crash hang'
	for how in $hows; do
		PST_CHILD_HOOK=$how:$(printf %x "$nid")
		export PST_CHILD_HOOK
		alike many.pst 3 "$how in an item" "$STEPS"
		is "$(jq -c '[.announced, .refused]' b.json)" '[1003,1]' \
		    "$how: one item is refused"
	done
	for at in 122 8022 80a2; do
		export PST_CHILD_HOOK="crash:$at"
		alike many.pst 3 "crash at folder $at" "$STEPS"
	done
	unset PST_CHILD_HOOK
else
	skip 'a child that dies' "no $STEPS"
fi

if p=$(corpus pst); then
	for pst in $(find "$p" -name '*.[op]st' -size -6M | sort); do
		alike "$pst" 3 "${pst##*/}"
	done
else
	skip 'the corpus' 'no ../shared/corpus'
fi

# stopped and killed: nobody stays behind, and the next run does the rest
"$mkpst" many long.pst 6000 3 60000 9 || bail 'mkpst many'
for sig in TERM KILL; do
	rm -rf cut.spool
	"$POSTROAD" extract -q -j 3 long.pst cut.spool >out 2>err &
	pid=$!
	while [ "$(pgrep -P $pid | wc -l)" -lt 3 ] && kill -0 $pid; do
		sleep .05
	done
	children=$(pgrep -P $pid)
	sleep .3
	kill -$sig $pid
	wait $pid
	got=$?
	case $sig in
	KILL) is $got 137 'killed' ;;
	TERM) is $got 75 'terminated' ;;
	esac
	for child in $children; do
		# where nobody takes its status, a Z stays of it
		n=0
		while grep -q '^State:.*[RSDTt] (' "/proc/$child/status" \
		    2>/dev/null; do
			[ $((n += 1)) -le 200 ] || { echo "$child"; break; }
			sleep .05
		done
	done >left
	is "$(cat left)" '' "$sig: no child stays"
	status 0 "$sig: the next run" postroad extract --json -j 3 long.pst \
	    cut.spool
	is "$(jq '.stored + .unchanged' out)" 6000 "$sig: everything is there"
	status 0 "$sig: as the ledger has it" postroad verify cut.spool
done

measure=$B/tests/bench/measure
if [ -x "$measure" ] && [ -z "${SAN:-}" ]; then
	"$measure" m "$POSTROAD" extract -q long.pst m.spool >/dev/null
	peak=$(cut -d' ' -f3 m)
	diag "$peak KiB"
	ok 'by default: under 48 MiB' [ "$peak" -lt 49152 ]
else
	skip 'memory' 'nothing to measure with'
fi
done_testing
