#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Dying at every durable act of an extraction and running it again ends in the
# same spool as never dying: no message lost, none twice, nothing left behind.
. "${0%/*}/lib.sh"

STEPS=${POSTROAD_STEPS:-$ROOT/build/postroad-steps}
[ -x "$STEPS" ] || skip_all "no $STEPS (make check-build)"

# state SPOOL: all that a user can see of it, mtimes too
state() {
	(cd "$1" && find mail tmp -printf '%p %y %s ' \
		\( -type f -printf '%Ts\n' -o -printf '\n' \) |
		grep -v ' d ' | sort
	find "$1" -name '*-wal' -o -name '*-shm')
	postroad ls --json "$1"
	postroad ls --messages --json "$1"
	postroad verify -q "$1" >verify.out 2>&1 || cat verify.out
}

# crash SOURCE: every step of its extraction
crash() {
	name=${1##*/}
	rm -rf ref.spool
	postroad extract -q "$1" ref.spool >/dev/null 2>&1
	state "$PWD/ref.spool" >want
	n=0 rc=100 bad=
	while [ "$rc" = 100 ] && [ "$n" -lt 2000 ]; do
		n=$((n + 1))
		rm -rf a.spool
		rc=0
		STEP_AT=$n "$STEPS" extract -q "$1" a.spool >/dev/null 2>&1 ||
			rc=$?
		postroad extract -q "$1" a.spool >again.out 2>&1 ||
			bad="$bad $n(exit)"
		state "$PWD/a.spool" | sed 's/a\.spool/ref.spool/g' >got
		cmp -s got want || { bad="$bad $n"; diff want got | head -5; }
	done
	[ "$n" -gt 5 ] && [ "$rc" = 0 ]
	result $? "$name: $((n - 1)) steps, the last run lives"
	is "$bad" "" "$name: dying at any of them changes nothing in the end"
}

crash "$ROOT/samples/office.mbox"
crash "$ROOT/samples/maildir"

# once more with the ledger gone as well
postroad extract -q "$ROOT/samples/maildir" lost.spool >/dev/null 2>&1
(cd lost.spool && find mail -type f -printf '%p %i\n' | sort) >before
rm -f lost.spool/spool.db
status 0 "a lost ledger is made anew" \
	postroad extract --json "$ROOT/samples/maildir" lost.spool
is "$(jq .stored out)" 0 "nothing is stored twice"
(cd lost.spool && find mail -type f -printf '%p %i\n' | sort) >after
same after before "the files are the same files"
postroad ls --messages --json lost.spool | jq -c '[.key,.flags,.keywords,.source]' | sort >got
rm -rf new.spool
postroad extract -q "$ROOT/samples/maildir" new.spool >/dev/null 2>&1
postroad ls --messages --json new.spool | jq -c '[.key,.flags,.keywords,.source]' | sort >want
same got want "and the new ledger says what the old one said"
done_testing
