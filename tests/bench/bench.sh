#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# make bench: mbox to spool, against formail, mb2md and this disk's limit
# (tmprename.c); then load.sh, export.sh and pst.sh.  All in one run, the tools
# taking turns, at 1x, 10x and 100x.  Seconds are medians; memory is the peak of
# parent and children together (measure.c).  What counts is the ratio: the same disk
# gives other seconds every day.
#
#	SIZES='600 6000' REPEAT=1 make bench

set -eu
export LC_ALL=C TZ=UTC
here=$(cd "$(dirname "$0")" && pwd)
B=$BUILD/tests/bench
SIZES=${SIZES:-600 6000 60000}
REPEAT=${REPEAT:-3}
sh "$here/../../scripts/deps.sh" bench || echo '(going on without)'

# on the disk that the build is on, not in a /tmp in memory; nothing is
# deleted before the end, since freeing blocks would slow the next one
W=$(mktemp -d "$BUILD/bench.XXXXXX")
trap 'rm -rf "$W"' EXIT
trap 'exit 130' INT TERM HUP
printf 'MAILDIR=%s\nDEFAULT=$OUT/\nLOGFILE=/dev/null\n' "$W" >"$W/procmailrc"
export W MBOX OUT POSTROAD B

command_of() {
	case $1 in
	limit) echo 'exec "$B/tmprename" "$OUT" <"$MBOX.sizes"' ;;
	postroad) echo 'exec "$POSTROAD" extract -q "$MBOX" "$OUT"' ;;
	formail) echo 'mkdir "$OUT" &&
		exec formail -s procmail -m "OUT=$OUT" "$W/procmailrc" <"$MBOX"' ;;
	mb2md) echo 'exec mb2md -s "$MBOX" -d "$OUT"' ;;
	esac
}

# measured TOOL: appends to $MBOX.TOOL; a wrong number of messages is said
measured() {
	run=$((run + 1))
	OUT=$W/out-$run
	sync
	"$B/measure" "$W/m" sh -c "$(command_of "$1")" >"$W/log" 2>&1 ||
	    { cat "$W/log" >&2; return 1; }
	cat "$W/m" >>"$MBOX.$1"
	found=$(find "$OUT" -type f \( -path '*/cur/*' -o -path '*/new/*' \) |
	    wc -l)
	[ "$found" = "$n" ] || echo "$1: $found of $n messages" >>"$W/notes"
}

# column FILE N: its median
column() {
	awk -v c="$2" '{ print $c }' "$1" | sort -n |
	    awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

run=0
: >"$W/notes"
echo "mbox to spool; medians of $REPEAT (formail, mb2md: one run, not synced)"
printf '%9s %9s %-9s %8s %8s %8s %9s %8s\n' messages MB tool seconds MB/s \
    CPU-s MiB of-limit
for n in $SIZES; do
	MBOX=$W/$n.mbox
	"$B/mkmbox" "$n" 7 "$MBOX.sizes" >"$MBOX"
	mb=$(awk '{ s += $1 } END { print s / 1e6 }' "$MBOX.sizes")
	tools='limit postroad'
	repeat=0
	while [ $repeat -lt "$REPEAT" ]; do
		repeat=$((repeat + 1))
		for tool in $tools; do measured "$tool"; done
	done
	for tool in formail mb2md; do
		command -v $tool >/dev/null || continue
		measured $tool
		tools="$tools $tool"
	done
	limit=$(column "$MBOX.limit" 1)
	for tool in $tools; do
		s=$(column "$MBOX.$tool" 1)
		echo "$n $mb $tool $s $(column "$MBOX.$tool" 2)" \
		    "$(column "$MBOX.$tool" 3) $limit" |
		    awk '{ printf "%9d %9.1f %-9s %8.2f %8.1f %8.2f %9.1f %8.2f\n",
			$1, $2, $3, $4, $2 / $4, $5, $6 / 1024, $7 / $4 }'
	done
done
sed 's/^/note: /' "$W/notes"

echo
sh "$here/load.sh"

echo
. "$here/export.sh"

echo
sh "$here/pst.sh"
