#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The process that parses a PST is in the sandbox whose walls test_sandbox
# tries: while it reads, the kernel says so, for both readers.
. "${0%/*}/lib.sh"

MKPST=${BUILD:-$ROOT/build}/tests/tools/mkpst
[ -x "$MKPST" ] || skip_all "no mkpst"
[ -r /proc/self/status ] || skip_all 'no /proc'
ENCODE=0 "$MKPST" many m.pst 20000 3 100 1 || bail mkpst

# of PID: FIELD of its status
field() {
	sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status" 2>/dev/null
}

# children of PID that are not in a sandbox yet count as none
watch() {
	seen=
	while kill -0 "$1" 2>/dev/null; do
		for child in $(cat "/proc/$1/task/$1/children" 2>/dev/null); do
			[ "$(field "$child" Seccomp)" = 2 ] || continue
			seen="seccomp, $(field "$child" NoNewPrivs)"
			seen="$seen, $(sed -n \
			    's/^Max file size *\([0-9a-z]*\) .*/\1/p;
			    s/^Max processes *\([0-9a-z]*\) .*/\1/p' \
			    "/proc/$child/limits" 2>/dev/null | tr '\n' ' ')"
			# what it has open: nothing to be written but pipes
			for fd in "/proc/$child/fd/"*; do
				to=$(readlink "$fd") || continue
				flags=$(sed -n 's/^flags:.*\(.\)$/\1/p' \
				    "/proc/$child/fdinfo/${fd##*/}" 2>/dev/null)
				case $to in
				pipe:* | socket:* | /dev/null) ;;
				*) [ "$flags" = 0 ] || seen="$seen, $to" ;;
				esac
			done
			return 0
		done
	done
}

for reader in own libpst; do
	rm -rf m.spool
	"$POSTROAD" extract -q --pst-reader $reader m.pst m.spool \
	    >/dev/null 2>&1 &
	pid=$!
	watch $pid
	kill -TERM $pid 2>/dev/null
	wait $pid
	like "$seen" '^seccomp, 1, 0 ' "$reader: its child is locked in"
	unlike "$seen" "$PWD" "$reader: and has no file of ours to write"
	diag "$seen"
done
done_testing
