#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Fixes made, made otherwise, or taken back by a run that is killed at every
# durable act and run again end as with one that was never killed.  LONG=1: more of them.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/transform.sh"

STEPS=${POSTROAD_STEPS:-$ROOT/build/postroad-steps}
[ -x "$STEPS" ] || skip_all "no $STEPS (make check-build)"

# state SPOOL: messages, their bytes, which are links, what is told of them
state() {
	(cd "$1" && find mail tmp -type f -exec sha256sum {} + | sort
	find mail -type f -links 1 -printf 'own %f\n' | sort)
	postroad ls --messages --json "$1"
	sqlite3 "$1/spool.db" "SELECT * FROM meta WHERE name LIKE 'fix%'
		ORDER BY 1; SELECT key, hex(source_sha256), source_flags FROM
		message ORDER BY 1"
	(cd att 2>/dev/null && find . -type f -exec sha256sum {} + | sort)
	postroad verify -q "$1" >verify.out 2>&1 || cat verify.out
}

# copy FROM TO: files by link, the ledger for itself
copy() {
	rm -rf "$2" att
	[ -z "$1" ] || { cp -al "$1" "$2"; rm "$2/spool.db"
		cp "$1/spool.db" "$2/"; }
}

# crash NAME PREPARED ARGUMENTS...
crash() {
	name=$1 from=$2; shift 2
	copy "$from" ref
	postroad transform -q "$@" $IN ref >/dev/null 2>&1
	state ref >want
	n=0 rc=100 bad=
	while [ "$rc" = 100 ] && [ "$n" -lt 300 ]; do
		n=$((n + 1)) rc=0
		copy "$from" a
		STEP_AT=$n "$STEPS" transform -q "$@" $IN a >/dev/null 2>&1 ||
			rc=$?
		postroad transform -q "$@" $IN a >again.out 2>&1 ||
			bad="$bad $n(exit)"
		state a >got
		cmp -s got want || { bad="$bad $n"; diff want got | head -5; }
	done
	[ "$n" -gt 5 ] && [ "$rc" = 0 ]
	result $? "$name: $((n - 1)) steps, the last run lives"
	is "$bad" "" "$name: dying at any of them changes nothing in the end"
}

msg INBOX a S; msg INBOX b; msg Work c F
{ printf 'Subject: long\r\n\r\n'; head -c 3000 /dev/zero | tr '\0' x; } >one
put Work long 1546848100 S
printf 'Subject: lf\r\n\r\none\ntwo\r\n' >one; put INBOX lf 1546848101 ""
{ printf 'Subject: att\r\nMIME-Version: 1.0\r\nContent-Type: image/x\r\n\r\n'
	head -c 6000 /dev/zero | tr '\0' 'y'; } >one
put INBOX att 1546848102 S
postroad transform -qq $IN plain >/dev/null 2>&1
FIX="--fix-lines=1000 --fix-newlines --strip-attachments 5k
	--attachments-dir att"
# shellcheck disable=SC2086
crash "the first run" "" $FIX
# shellcheck disable=SC2086
crash "fixes after none" plain $FIX
rm -rf att
# shellcheck disable=SC2086
postroad transform -qq $FIX $IN fixed >/dev/null 2>&1
[ -z "${LONG:-}" ] || crash "other fixes" fixed --fix-lines=500
crash "none after fixes" fixed
done_testing
