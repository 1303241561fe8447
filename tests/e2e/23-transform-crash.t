#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A transformation killed at every durable act and run again ends as one that
# was never killed.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/transform.sh"

STEPS=${POSTROAD_STEPS:-$ROOT/build/postroad-steps}
[ -x "$STEPS" ] || skip_all "no $STEPS (make check-build)"
W=$(printf '\343\200\200')

# state SPOOL: what a user can see of it, inodes too: links stay links
state() {
	(cd "$1" && find mail tmp -printf '%p %y ' \
		\( -path '*/cur/*' -printf '%i %s %Ts\n' -o -printf '\n' \) |
		sort
	find . -name '*-wal' -o -name '*-shm')
	postroad ls --messages --json "$1" | sort
	fates "$1"
	sqlite3 "$1/spool.db" 'SELECT * FROM name_map ORDER BY 1;
		SELECT path FROM folder ORDER BY 1'
	postroad verify -q "$1" >verify.out 2>&1 || cat verify.out
}

# crash NAME PREPARED ARGUMENTS...: from a copy of PREPARED ("": nothing)
crash() {
	name=$1 from=$2; shift 2
	rm -rf ref
	[ "$from" ] && cp -al "$from" ref && cp --remove-destination \
		"$from/spool.db" ref/spool.db
	postroad transform -q "$@" $IN ref >/dev/null 2>&1
	state ref >want
	n=0 rc=100 bad=
	while [ "$rc" = 100 ] && [ "$n" -lt 500 ]; do
		n=$((n + 1)) rc=0
		rm -rf a
		[ "$from" ] && cp -al "$from" a && cp --remove-destination \
			"$from/spool.db" a/spool.db
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

msg INBOX a S; msg INBOX b; msg Trash c; msg "A${W}B" d F; msg 'A B' e
msg Work/2019 f; msg Work g; folder Empty
postroad transform -q $IN adopted >/dev/null 2>&1 # IN's ledger is made
crash "the first run" "" --exclude Trash --fix-names --rename 'Work=Job'

# more mail, a changed flag, other rules: link, move, remove, prune, flags
postroad transform -q --exclude Trash --fix-names --rename 'Work=Job' \
	$IN base >/dev/null 2>&1
msg INBOX late; msg New h
f=$(find $IN/mail/INBOX -name '*.k1.*')
mv "$f" "${f}T"
postroad transform -q $IN adopted >/dev/null 2>&1
crash "more mail and other rules" base --exclude INBOX/none --exclude 'A B' \
	--fix-names --rename 'Work=Office' --exclude-flag flagged

# keywords, source hashes and all that an extraction tells
IN=desk.spool
postroad extract -q "$ROOT/samples/maildir" $IN >/dev/null 2>&1
crash "an extracted spool" "" --exclude '**/Trash' --fix-names
done_testing
