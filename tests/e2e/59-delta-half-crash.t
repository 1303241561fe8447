#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# extract, or transform, dies after it stored a moved message in its new place,
# and load runs before it is run again: nothing is there twice meanwhile, and
# what waits is said and sent when it is known.  LONG=1: killed at every step.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/load.sh"

command -v python3 >/dev/null || skip_all "no python3"
[ -x "$STEPS" ] || skip_all "no $STEPS (make check-build)"
dovecot_start || skip_all "no Dovecot"
use_tls
imap() { python3 "$ROOT/tests/e2e/delta_imap.py" "$IMAP_HOST" "$IMAP_PORT" "$@"; }
take() { # SPOOL, by PROGRAM
	# shellcheck disable=SC2086
	"${2:-$POSTROAD}" extract -q $ACCESS "$(dest src)" "$1" >take.out 2>&1
}

# moved to a folder that is read before the old one, and after it; a copy of
# one that stays; one that is new
imap src create A B C
for i in 1 2 3 4; do imap src append A $i; done
imap src append B 5; imap src append C 6
take a.spool || bail "extract"
postroad transform -q a.spool t.spool >/dev/null || bail "transform"
imap src move B 5 A; imap src move A 1 B; imap src move A 2 C
imap src append B 3; imap src append A 9 work
imap src move C 6 A
OLD='A:1 A:2 A:3 A:4 B:5 C:6'
NEW='A:3 A:4 A:5 A:6 A:9 B:1 B:3 C:2'

twice() { imap "$1" list | tr ' ' '\n' | sed 's/.*://' | sort | uniq -d; }
# look AT SPOOL USER: load what is there now
look() {
	rc=0
	load "$2" "$3" >out 2>err || rc=$?
	case $rc:$(jq .pending out) in
	0:0) ;;
	75:*) grep -q 'extraction was cut off' err ||
		echo "$1: not said why: $(cat err)" >>wrong
		waited=$((waited + 1)) ;;
	*) echo "$1: status $rc, $(jq -c . out)" >>wrong ;;
	esac
	[ "$(jq '.announced == .loaded + .unchanged + .pending' out)" = true ] ||
		echo "$1: $(jq -c . out)" >>wrong
	d=$(twice "$3")
	[ -z "$d" ] || [ "$(imap "$3" list)" = "$NEW" ] ||
		echo "$1: twice: $d" >>wrong
}
end() { # AT SPOOL USER: what must come of it
	load "$2" "$3" >out 2>err || echo "$1: load: $(cat err)" >>wrong
	[ "$(imap "$3" list)" = "$NEW" ] ||
		echo "$1: $(imap "$3" list)" >>wrong
	[ "$(imap "$3" flags A 9)" = work ] || echo "$1: flags" >>wrong
}

every=6
[ -z "${LONG:-}" ] || every=1
: >wrong
tried=0 waited=0 n=3
while [ $n -lt 200 ]; do
	cp -r a.spool h.spool
	load h.spool "h$n" >out 2>err || bail "first load"
	[ "$(imap "h$n" list)" = "$OLD" ] || bail "first load"
	rc=0
	STEP_AT=$n; export STEP_AT
	take h.spool "$STEPS" || rc=$?
	unset STEP_AT
	died=$rc
	look "$n" h.spool "h$n"
	take h.spool || echo "$n: extract" >>wrong
	end "$n" h.spool "h$n"
	rm -rf h.spool
	[ "$died" = 100 ] || break
	tried=$((tried + 1)) n=$((n + every))
done
is "$(cat wrong)" "" "extract killed at $tried steps"
[ $waited -gt 0 ]
result $? "some had to wait ($waited times)"

# transform, likewise
: >wrong
take a.spool || bail "extract"
tried=0 n=2
while [ $n -lt 200 ]; do
	cp -r t.spool h.spool
	load h.spool "t$n" >out 2>err || bail "first load"
	rc=0
	STEP_AT=$n "$STEPS" transform -q a.spool h.spool >/dev/null 2>&1 || rc=$?
	died=$rc
	look "$n" h.spool "t$n"
	postroad transform -q a.spool h.spool >/dev/null ||
		echo "$n: transform" >>wrong
	end "$n" h.spool "t$n"
	rm -rf h.spool
	[ "$died" = 100 ] || break
	tried=$((tried + 1)) n=$((n + every))
done
is "$(cat wrong)" "" "transform killed at $tried steps"

# an extraction beside a load that has looked already: a message is moved into
# a folder whose turn is still to come
dovecot_do mailbox create -u side A M Z
imap side append A 1; imap side append Z 5
take_side() {
	# shellcheck disable=SC2086
	"$POSTROAD" extract -q $ACCESS "$(dest side)" s.spool >take.out 2>&1
}
take_side || bail "extract"
load s.spool beside >out 2>err || bail "first load"
python3 -c 'print("Message-ID: <n7@x>\n\n" + ("x" * 75 + "\n") * 8000)' |
    dovecot_do save -u side -m M
imap side append Z 6
take_side || bail "extract"
load s.spool beside --connections 1 --limit-rate 150000 >out 2>err &
loader=$!
sleep 1
imap side move A 1 Z
take_side || bail "extract"
[ -d "/proc/$loader" ] || echo "# the load had ended before"
wait "$loader"
is "$(imap beside list | tr ' ' '\n' | grep -c ':1$')" 1 \
    "what was moved meanwhile is there once"
load s.spool beside >out 2>err
is "$?" 0 "the next load"
is "$(imap beside list | tr ' ' '\n' | grep ':[156]$' | tr '\n' ' ')" \
    'Z:1 Z:5 Z:6 ' "moves it"
done_testing
