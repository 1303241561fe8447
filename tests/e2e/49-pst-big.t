#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A big PST takes no more memory than a small one: parent and child together
# stay under 48 MiB, whatever the file's size; of messages, 8 bytes each are
# kept.  LONG=1 (make check-pst-big): 10 GB, and a million messages; 25 GB of
# disk.
. "${0%/*}/lib.sh"

B=${BUILD:-$ROOT/build}
mkpst=$B/tests/tools/mkpst
measure=$B/tests/bench/measure
[ -x "$mkpst" ] || skip_all 'mkpst is not built'
[ -x "$measure" ] || skip_all 'measure is not built'
[ -z "${SAN:-}" ] || skip_all 'sanitizers take memory of their own'
bytes=300000000 messages=20000
if [ -n "${LONG:-}" ]; then
	bytes=10000000000 messages=1000000
	free=$(df -Pk . | awk 'NR == 2 { print int($4 / 1e6) }')
	[ "$free" -ge 26 ] || skip_all "$free GB are free here: 26 are needed"
fi

# big DESCRIPTION MESSAGES FOLDERS ATTACHMENT MORE-THAN-KIB: make, survey and
# extract; $kib is what it took
big() {
	"$measure" m "$mkpst" many big.pst "$2" "$3" "$4" 7 || bail 'mkpst'
	size=$(stat -c %s big.pst)
	diag "$1: $size bytes made in $(cat m) (s, CPU s, KiB)"
	ok "$1: made in under 32 MiB" test "$(cut -d' ' -f3 m)" -lt 32768
	"$measure" m "$POSTROAD" survey --json big.pst >out 2>err
	is "$(jq .totals.items out)" "$2" "$1: survey counts them"
	diag "$1: surveyed in $(cat m)"
	ok "$1: surveyed in under 48 MiB" test "$(cut -d' ' -f3 m)" -lt 49152
	"$measure" m "$POSTROAD" extract --json big.pst big.spool >out 2>err
	kib=$(cut -d' ' -f3 m)
	diag "$1: extracted in $(cat m)"
	is "$(jq -c '[.announced, .stored]' out)" "[$2,$2]" "$1: all is there"
	ok "$1: under 48 MiB" test "$kib" -lt 49152
	rm -rf big.pst big.spool
}

big 'a small one' 3000 5 3000
small=$kib
big "$bytes bytes" $((bytes / 500000)) 20 500000
ok 'of that size: flat' test "$kib" -lt $((small + 8192))
big "$messages messages" $messages 5 0
ok 'of so many: flat but for 8 bytes each' \
    test "$kib" -lt $((small + 8192 + messages * 8 / 1024))
done_testing
