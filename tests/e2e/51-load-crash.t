#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# J1, J3: exactly once: a load killed at every durable step, and cut off in the
# middle of every command, then run again, leaves each message there once, as
# imaplib counts them, and verify has nothing to say.
# LONG=1: some 150 places each way, else 8.
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
export POSTROAD PW_FILE ONCE_JOBS=6
once() { python3 "$ROOT/tests/e2e/once.py" "$@"; }

# with STEP_LANES the test build opens all connections at once
POSTROAD=$STEPS
for c in 1 4; do
	[ $c = 1 ] || export STEP_LANES=1
	mkdir jobs$c && cd jobs$c || exit 1
	rc=0
	once steps "$IMAP_PORT" ../orig.spool "$STEPS" $c --connections $c \
	    >out 2>err || rc=$?
	is "$rc $(cat out)" "0 " \
	    "J1: --connections $c, killed at each of $(tail -1 err): each once"
	cd ..
done

unset STEP_LANES
places=8
[ "${LONG:-}" ] && places=150
for c in 1 4; do
	[ $c = 1 ] || export STEP_LANES=1
	rc=0
	once proxies "$IMAP_PORT" orig.spool "$CUT" $places $c \
	    --connections $c >out 2>err || rc=$?
	is "$rc $(cat out)" "0 " \
	    "J3: --connections $c, cut at $places places each way: each once"
	diag "$(tail -1 err)"
done
done_testing
