#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# make bench: PST to spool, against readpst in the modes that it has, and this
# disk's limit (tmprename.c); the tools take turns in one run, at 0.1x, 1x and
# 2x of 70,000 messages in a folder, and at 90,000 in five.  Mail is durable when
# postroad ends; readpst does not sync, so a sync stands behind it.  -e and -S
# write a file a message, as a spool is, with a process a folder; readpst-1 is
# -e with one process; readpst alone is one mbox a folder.  Memory is the peak of
# parent and children together.  Then how fast PSTs are made, and surveyed.
#
#	PST_SIZES='7000:1 70000:1' REPEAT=1 sh tests/bench/pst.sh
#	PST_GB=10 sh tests/bench/pst.sh		a big one, too

set -eu
export LC_ALL=C TZ=UTC
B=$BUILD/tests/bench
MKPST=$BUILD/tests/tools/mkpst
SIZES=${PST_SIZES:-7000:1 70000:1 140000:1 90000:5}
REPEAT=${REPEAT:-3}

W=$(mktemp -d "$BUILD/bench-pst.XXXXXX")
trap 'rm -rf "$W"' EXIT
trap 'exit 130' INT TERM HUP
export W PST OUT POSTROAD B

command_of() {
	case $1 in
	limit) echo 'exec "$B/tmprename" "$OUT" <"$PST.sizes"' ;;
	postroad) echo 'exec "$POSTROAD" extract -q "$PST" "$OUT"' ;;
	postroad-j2) echo 'exec "$POSTROAD" extract -q -j 2 "$PST" "$OUT"' ;;
	readpst-1) echo 'mkdir "$OUT" && readpst -q -e -j 0 -o "$OUT" "$PST" &&
		exec sync -f "$OUT"' ;;
	readpst-*) echo 'mkdir "$OUT" && readpst -q'" -${1#*-}"' -o "$OUT" \
		"$PST" && exec sync -f "$OUT"' ;;
	readpst) echo 'mkdir "$OUT" && readpst -q -o "$OUT" "$PST" &&
		exec sync -f "$OUT"' ;;
	esac
}

# measured TOOL: appends to $PST.TOOL.  Nothing is deleted before the end:
# ext4 looks for free inodes longer after a deletion.
measured() {
	run=$((run + 1))
	OUT=$W/out-$run
	sync
	"$B/measure" "$W/m" sh -c "$(command_of "$1")" >"$W/log" 2>&1 ||
	    { cat "$W/log" >&2; return 1; }
	cat "$W/m" >>"$PST.$1"
	case $1 in
	readpst) found=$(cat "$OUT"/* | grep -c '^From ') ;;
	*) found=$(find "$OUT" -type f ! -path '*/spool.*' | wc -l) ;;
	esac
	[ "$found" = "$n" ] || echo "$1: $found of $n messages" >>"$W/notes"
}

# column FILE N: its median
column() {
	awk -v c="$2" '{ print $c }' "$1" | sort -n |
	    awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# ratio TOOL: how many times its messages/s postroad has
ratio() {
	[ -e "$PST.$1" ] || { echo -; return; }
	echo "$(column "$PST.$1" 1) $(column "$PST.postroad" 1)" |
	    awk '{ printf "%.1f", $1 / $2 }'
}

run=0
: >"$W/notes"
tools='limit postroad postroad-j2'
if command -v readpst >/dev/null; then
	peers='readpst readpst-S readpst-e readpst-1'
else
	peers=
	echo 'no readpst (pst-utils): nobody to compare with'
fi
echo "PST to spool; medians of $REPEAT"
printf '%9s %7s %8s %-11s %8s %8s %8s %7s\n' messages folders MB tool \
    seconds msgs/s CPU-s MiB
for size in $SIZES; do
	n=${size%:*} folders=${size#*:}
	PST=$W/$n-$folders.pst
	"$B/measure" "$W/m" "$MKPST" many "$PST" "$n" "$folders" 0 7
	bytes=$(stat -c %s "$PST")
	echo "$n $folders $bytes $(cat "$W/m")" >>"$W/made"
	"$POSTROAD" extract -q "$PST" "$W/first-$n-$folders" >/dev/null
	find "$W/first-$n-$folders/mail" -path '*/cur/*' -printf '%s\n' \
	    >"$PST.sizes"
	repeat=0
	while [ $repeat -lt "$REPEAT" ]; do
		repeat=$((repeat + 1))
		for tool in $tools $peers; do
			measured "$tool"
		done
	done
	for tool in $tools $peers; do
		echo "$n $folders $bytes $tool $(column "$PST.$tool" 1)" \
		    "$(column "$PST.$tool" 2) $(column "$PST.$tool" 3)" |
		    awk '{ printf "%9d %7d %8.1f %-11s %8.2f %8.0f %8.2f %7.1f\n",
			$1, $2, $3 / 1e6, $4, $5, $1 / $5, $6, $7 / 1024 }'
	done
	echo "$n in $folders: one postroad has $(ratio readpst-1) times the" \
	    "messages/s of one readpst -e, $(ratio readpst-e) of one with a" \
	    "process a folder, $(ratio readpst-S) of -S; $(ratio readpst) of" \
	    "an mbox a folder, $(ratio limit) of the disk's limit"
done
sed 's/^/note: /' "$W/notes" | sort | uniq -c

# made LABEL MESSAGES FOLDERS ATTACHMENT-BYTES
made() {
	PST=$W/made-$1.pst
	"$B/measure" "$W/m" "$MKPST" many "$PST" "$2" "$3" "$4" 7
	"$B/measure" "$W/s" "$POSTROAD" survey "$PST" >/dev/null
	echo "$1 $(stat -c %s "$PST") $(cat "$W/m" "$W/s" | tr '\n' ' ')" |
	    awk '{ printf "%-22s %8.1f %8.2f %8.1f %7.1f %9.2f\n",
		$1, $2 / 1e6, $3, $2 / 1e6 / $3, $5 / 1024, $6 }'
}
echo
echo 'PSTs made by mkpst, and surveyed (warm)'
printf '%-22s %8s %8s %8s %7s %9s\n' what MB seconds MB/s MiB survey-s
made small-messages 200000 5 0
made 50-kB-attachments 20000 5 50000
made 10-MB-attachments 100 5 10000000
[ -z "${PST_GB:-}" ] || made "$PST_GB-GB" $((PST_GB * 2000)) 20 500000
