#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Exactly once on Cyrus and Courier: a lost ledger on both, runs killed at
# random times on Courier, and what imaplib counts there.  (Not on Cyrus: 3.6
# gives mailboxes that several users make at a time the same MAILBOXID now and
# then, and mixes up what is in them.)
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/load.sh"
. "$ROOT/tests/e2e/servers.sh"

kills=8
[ "${LONG:-}" ] && kills=200
export POSTROAD PW_FILE="$SERVER_PW" ONCE_JOBS=2
once() { python3 "$ROOT/tests/e2e/once.py" "$@"; }
trap 'servers_stop; at_exit' EXIT

mkdir -p box/cur box/new box/tmp
for d in .Sub .Work; do mkdir -p box/$d/cur box/$d/new box/$d/tmp; done
i=0
while [ $i -lt 90 ]; do
	i=$((i + 1))
	case $((i % 4)) in 0) d=/.Sub ;; 1) d=/.Work ;; *) d= ;; esac
	f=box$d/cur/$((1355519400 + i)).M$i.host:2,S
	message $i >"$f"
	[ $((i % 30)) != 7 ] || yes 'a line of some length' |
		head -n 4000 >>"$f"
	touch -d "@$((1355519400 + i))" "$f"
done
for i in 1 2; do # twins without a Message-ID
	printf 'From: a@example.org\nDate: Sat, 15 Dec 2012 06:10:00 +0900\n%s\n' \
	    "Subject: twin

twin" >box/cur/1355519400.T$i.host:2,
	touch -d @1355519400 box/cur/1355519400.T$i.host:2,
done
postroad extract -q box a.spool || bail "extract"
all=$(once spool a.spool | wc -l)

# proofs SERVER PORT SEED KILLS
proofs() {
	what=$1 port=$2
	rc=0
	once kills "$port" a.spool "$4" "$3" >out 2>err || rc=$?
	is "$rc $(cat out)" "0 " "J2: $what, $(tail -1 err): each message once"
	rm -rf b.spool && postroad extract -q box b.spool
	status 0 "$what: without the ledger" postroad load --json --tls none \
	    --password-file "$SERVER_PW" b.spool \
	    "imap://usual$3@127.0.0.1:$port/"
	is "$(jq -c '[.loaded,.unchanged,.maybe_twice]' out)" "[0,$all,0]" \
	    "$what: all is found again"
}
if servers_have cyrus && cyrus_start; then
	proofs Cyrus "$CYRUS_PORT" c 0
	servers_stop
else
	skip "Cyrus" "${SERVERS_WHY:-it does not start}"
fi
users=usualo
i=0
while [ $i -lt 60 ]; do users="$users ko-$i"; i=$((i + 1)); done
# shellcheck disable=SC2086 # names
if servers_have courier && courier_start $users; then
	proofs Courier "$COURIER_PORT" o $kills
	servers_stop
else
	skip "Courier" "${SERVERS_WHY:-it does not start}"
fi
done_testing
