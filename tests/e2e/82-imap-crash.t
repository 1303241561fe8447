#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# An extraction from an account that is killed at every durable act, or whose
# line is cut after so many bytes, and is run again, ends in the same spool as
# one that was left alone: no message lost, none twice.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/load.sh"

CUT=${BUILD:-$ROOT/build}/tests/tools/cut_proxy
[ "$DOVECOT_BIN" ] || skip_all 'dovecot is not installed'
[ -x "$STEPS" ] || skip_all "no $STEPS (make check-build)"
[ -x "$CUT" ] || skip_all 'the test tools are not built'
dovecot_start 'mail_max_userip_connections = 50' || bail 'no dovecot'

mbox 1 12 >INBOX.mbox
mbox 20 26 >Work.mbox
{ mbox 30 31; printf 'From a Fri Dec 14 21:10:00 2012\nSubject: big\n\n'
	head -c 300000 /dev/zero | tr '\0' x | fold -w 70; } >Big.mbox
for f in INBOX Work Big; do
	postroad extract -q $f.mbox in.spool >/dev/null 2>&1
	postroad load -q --tls none --password-file "$PW_FILE" in.spool \
	    "$(dest mary imap)" || bail 'no mail on the server'
	rm -rf in.spool
done

# take SPOOL [PROGRAM]: from $URL
URL=$(dest mary imap)
take() {
	"${2:-$POSTROAD}" extract --json --tls none --password-file "$PW_FILE" \
	    --connections "${N:-2}" --max-wait "${WAIT:-60}" "$URL" "$1"
}
state() {
	(cd "$1" && find mail tmp -printf '%p %y %s ' \
		\( -type f -printf '%Ts\n' -o -printf '\n' \) |
		grep -v ' d ' | sort)
	postroad ls --json "$1" | sort
	postroad ls --messages --json "$1" | jq -c 'del(.id)' | sort
	postroad verify -q "$1" >verify.out 2>&1 || cat verify.out
}
take ref.spool >out 2>err || bail 'no reference'
is "$(jq .stored out)" 22 'what there is'
state "$PWD/ref.spool" >want

# killed at each step of the first run, and of one that finds changes
kill_all() {
	n=0 rc=100 bad=
	while [ "$rc" = 100 ] && [ "$n" -lt 500 ]; do
		n=$((n + 1))
		rm -rf a.spool
		[ "$1" = none ] || cp -a "$1" a.spool
		rc=0
		export STEP_AT=$n
		take a.spool "$STEPS" >/dev/null 2>&1 || rc=$?
		unset STEP_AT
		take a.spool >again.out 2>&1 || bad="$bad $n(exit)"
		state "$PWD/a.spool" | sed 's/a\.spool/ref.spool/g' >got
		cmp -s got want || { bad="$bad $n"; diff want got | head -5; }
	done
	[ "$n" -gt 3 ] && [ "$rc" = 0 ]
	result $? "$2: $((n - 1)) steps, the last run lives"
	is "$bad" '' "$2: dying at any of them changes nothing in the end"
}
kill_all none 'a first run'

# the line is cut after so many bytes from the server, on the first connection
cuts() {
	bad=
	for at in $2; do
		mkfifo stop
		"$CUT" "$IMAP_PORT" down "$at" <stop >proxy.out &
		proxy=$!
		exec 8>stop
		while ! [ -s proxy.out ]; do sleep 0.01; done
		URL=imap://mary@$IMAP_HOST:$(head -1 proxy.out)/
		rm -rf a.spool
		rc=0
		take a.spool >out 2>err || rc=$?
		case $1 in
		yes) [ "$rc" = 0 ] || bad="$bad $at(exit $rc)" ;;
		no)
			[ "$rc" = 75 ] || bad="$bad $at(exit $rc)"
			URL=$(dest mary imap)
			take a.spool >out 2>err || bad="$bad $at(again)"
			;;
		esac
		exec 8>&-
		kill "$proxy" 2>/dev/null
		wait "$proxy" 2>/dev/null
		rm -f stop proxy.out
		state "$PWD/a.spool" | sed 's/a\.spool/ref.spool/g' >got
		cmp -s got want || { bad="$bad $at"; diff want got | head -5; }
	done
	URL=$(dest mary imap)
}
places='2500 3000 3500 4000 4700 5500 6500 8000 20000 70000 140000 200000
    300000'
N=1
cuts yes "$places"
is "$bad" '' 'cut off anywhere, it connects again and goes on'
N=1 WAIT=0
cuts no "$places"
is "$bad" '' 'cut off and not allowed to wait: the next run goes on'

# what changed since, and killed again
dovecot_do flags add -u mary '\Flagged' mailbox Work uid 2
dovecot_do expunge -u mary mailbox Work uid 5
dovecot_do mailbox rename -u mary Big Bigger
dovecot_do mailbox update -u mary --uid-validity 99 INBOX 2>/dev/null ||
    dovecot_do mailbox update -u mary --uid-validity 99 Work
N=2 WAIT=60
cp -a ref.spool base.spool
cp -a ref.spool new.spool
take new.spool >out 2>err || bail 'no second reference'
state "$PWD/new.spool" | sed 's/new\.spool/ref.spool/g' >want
kill_all base.spool 'a rerun'
done_testing
