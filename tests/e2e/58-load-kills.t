#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# J2: a load into a real server, killed at random times and run again, killed
# again, until a run comes through: each message is there once, and the
# ledger balances; with one connection and with four.  50 kills; LONG=1 (make check-load-kills): 1,000.  The
# times follow from SEED, as far as the machine repeats itself.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/load.sh"

kills=17
[ "${LONG:-}" ] && kills=334
seed=${SEED:-1}
export POSTROAD PW_FILE
mkdir -p box/cur box/new box/tmp
for d in .Sub .Sub.A .Sub.B .Work; do
	mkdir -p box/$d/cur box/$d/new box/$d/tmp
done
i=0
while [ $i -lt 240 ]; do
	i=$((i + 1))
	case $((i % 8)) in 0) d=/.Sub ;; 1) d=/.Sub.A ;; 2) d=/.Sub.B ;;
	3 | 4) d=/.Work ;; *) d= ;; esac
	d=box$d
	f=$d/cur/$((1355519430 + i)).M$i.host:2,S
	message $i >"$f"
	[ $((i % 40)) != 7 ] || head -c 150000 /dev/zero | tr '\0' x |
		fold -w 70 >>"$f"
	touch -d "@$((1355519430 + i))" "$f"
done
# twins, and no Message-ID
for i in 1 2 3; do
	printf 'Subject: twin\n\ntwin\n' >box/cur/1355519400.T$i.host:2,
	touch -d @1355519400 box/cur/1355519400.T$i.host:2,
done
postroad extract -q box a.spool || bail "extract"

# try DESCRIPTION SEED 'DOVECOT SETTINGS' [OPTIONS]
try() {
	what=$1 s=$2 settings=$3; shift 3
	dovecot_start "$settings" || skip_all "no Dovecot"
	export PW_FILE
	rc=0
	python3 "$ROOT/tests/e2e/once.py" kills "$IMAP_PORT" a.spool $kills "$s" \
	    "$@" >out 2>err || rc=$?
	is "$rc $(cat out)" "0 " "J2: $what, $(tail -1 err): each message once"
	dovecot_stop
}
caps='IMAP4rev1 LITERAL+ UIDPLUS NAMESPACE UNSELECT SPECIAL-USE'
# the test build opens them at once
plain=$POSTROAD
[ -x "$STEPS" ] && POSTROAD=$STEPS && export STEP_LANES=1
try MULTIAPPEND "$seed" '' --connections 4
try "synchronizing literals, no UIDPLUS" "$seed.2" \
    "imap_capability = IMAP4rev1 NAMESPACE" --connections 4
POSTROAD=$plain
unset STEP_LANES
try "one by one, one connection" "$seed.1" "imap_capability = $caps" \
    --connections 1
done_testing
