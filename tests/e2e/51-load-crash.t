#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# J1, J3: exactly once: a load killed at every durable step, and cut off in the
# middle of every command, then run again, leaves each message there once, as
# imaplib counts them, and verify has nothing to say.
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
export POSTROAD PW_FILE ONCE_JOBS=6
once() { python3 "$ROOT/tests/e2e/once.py" "$@"; }

rc=0
once steps "$IMAP_PORT" orig.spool "$STEPS" >out 2>err || rc=$?
is "$rc $(cat out)" "0 " "J1: killed at each of $(tail -1 err): each once"

places=12
[ "${LONG:-}" ] && places=150
rc=0
once proxies "$IMAP_PORT" orig.spool "$CUT" $places >out 2>err || rc=$?
is "$rc $(cat out)" "0 " "J3: cut at $places places each way, $(tail -1 err): each once"
done_testing
