#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Exactly once: a load killed at every durable step, and cut off in the middle
# of every command, then run again, leaves each message there once.
# LONG=1: some 150 places each way, else 12.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/load.sh"

CUT=${BUILD:-$ROOT/build}/tests/tools/cut_proxy
[ -x "$STEPS" ] || skip_all "no $STEPS (make check-build)"
dovecot_start || skip_all "no Dovecot"
use_tls

mkdir -p box/cur box/new box/tmp box/.Sub/cur box/.Sub/new box/.Sub/tmp
for i in 1 2 3 4 5; do
	message $i >"box/cur/135551943$i.M$i.host:2,S"
done
message 6 >box/.Sub/cur/1355519436.M6.host:2,
# twins: the same bytes twice, and no Message-ID
printf 'Subject: twin\n\ntwin\n' >box/.Sub/cur/1355519437.M7.host:2,
cp box/.Sub/cur/1355519437.M7.host:2, box/.Sub/cur/1355519438.M8.host:2,
touch -d @1355519437 box/cur/* box/.Sub/cur/*
postroad extract -q box orig.spool || bail "extract"
here orig.spool >want

# ---- killed at every step
n=0 rc=100 bad=
while [ "$rc" = 100 ] && [ "$n" -lt 500 ]; do
	n=$((n + 1))
	rm -rf a.spool && cp -r orig.spool a.spool
	rc=0
	# shellcheck disable=SC2086
	STEP_AT=$n "$STEPS" load -q $ACCESS a.spool "$(dest "u$n")" \
	    >/dev/null 2>&1 || rc=$?
	load a.spool "u$n" >out 2>err || bad="$bad $n(exit $?)"
	there "u$n" >got
	cmp -s got want || { bad="$bad $n"; diag "$(diff want got)"; }
	[ "$(jq '.maybe_twice // 0' out)" = 0 ] || bad="$bad $n(twice)"
	[ "$(jq '.announced == .loaded + .unchanged' out)" = true ] ||
		bad="$bad $n(sum)"
done
[ "$n" -gt 12 ] && [ "$rc" = 0 ]
result $? "killed at each of $((n - 1)) steps; the last run lives"
is "$bad" "" "and run again: each message once"

# ---- cut off, and going on by itself in the same run
# cut MODE BYTE USER
cut_run() {
	rm -rf a.spool proxy.out && cp -r orig.spool a.spool
	mkfifo stop
	"$CUT" "$IMAP_PORT" "$1" "$2" <stop >proxy.out & proxy=$!
	exec 8>stop
	until [ -s proxy.out ]; do sleep 0.02; done
	rc=0
	postroad load --json --tls none --password-file "$PW_FILE" a.spool \
	    "imap://$3@127.0.0.1:$(head -1 proxy.out)/" >out 2>err || rc=$?
	exec 8>&-
	wait "$proxy"
	rm -f stop
}

cut_run pass 0 whole
is "$rc" 0 "through the proxy"
there whole >got
same got want "everything is there"
up=$(sed -n 's/^passed \([0-9]*\) .*/\1/p' proxy.out)
down=$(sed -n 's/^passed [0-9]* //p' proxy.out)

# logging in takes these many bytes; what is cut there is refused, not lost
places=12
[ "${LONG:-}" ] && places=150
for mode in up down lose; do
	last=$up
	[ $mode = up ] || last=$down
	every=$((last / places + 1))
	at=$((every / 2 + 1)) bad='' runs=0
	while [ "$at" -lt "$last" ]; do
		cut_run $mode $at "$mode$at"
		runs=$((runs + 1))
		[ "$rc" = 0 ] || load a.spool "$mode$at" >out 2>err ||
			{ bad="$bad $at(exit $?)"; diag "$(cat err)"; }
		there "$mode$at" >got
		cmp -s got want ||
			{ bad="$bad $at"; diag "$(diff want got)"; }
		[ "$(jq '.maybe_twice // 0' out)" = 0 ] ||
			bad="$bad $at(twice)"
		at=$((at + every))
	done
	is "$bad" "" "cut $mode at $runs places: each message once"
done
done_testing
