#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Waiting for servers and for hours, by a clock that the test makes up
# (core/clock.h): what takes days takes a second.  I27, I28.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/load.sh"
. "$ROOT/tests/e2e/fake.sh"

STEPS=${POSTROAD_STEPS:-$ROOT/build/postroad-steps}
[ -x "$STEPS" ] || skip_all "no $STEPS (make check-build)"
[ -x "$FAKE" ] || skip_all "no $FAKE (make check-build)"

mkdir -p box/cur box/new box/tmp
for i in 1 2 3 4 5 6; do
	message $i >"box/cur/135551943$i.M$i.host:2,S"
done
touch -d @1355519437 box/cur/*
postroad extract -q box orig.spool >/dev/null 2>&1 || bail "extract"
bytes=$(find orig.spool/mail -type f -name '*postroad*' -exec cat {} + | wc -c)

# at TIME: the clock shows that; now: what it shows
at() { date -d "$1" +%s >clock; began=$(cat clock); }
now() { TZ=${1:-UTC} date -d "@$(cat clock)" +%FT%T; }
passed() { echo $(($(cat clock) - began)); }
begin() { rm -rf st a.spool; mkdir st; cp -r orig.spool a.spool; }
# fload [OPTIONS]: a load by that clock
fload() {
	TEST_CLOCK=$T/clock "$STEPS" load --json --tls none \
	    --password-file pw "$@" a.spool "$FAKE_URL"
}
hashes() { # DIR PATTERN
	find "$1" -type f -name "$2" ! -name '*.info' -exec sha256sum {} + |
		cut -c1-64 | sort
}
hashes orig.spool/mail '*postroad*' >want
check() { hashes st '[0-9]*' >got; same got want "$1: each message once"; }

# waits DESCRIPTION SECONDS FAKE-OPTIONS: loaded, after just so long
waits() {
	what=$1 least=$2; shift 2
	begin
	at 2026-03-02T12:00:00Z
	fake_start --store st --caps '-MULTIAPPEND' "$@" || bail "no fake"
	real=$(date +%s)
	status 0 "$what: loaded" fload
	real=$(($(date +%s) - real))
	check "$what"
	diag "$what: waited $(passed) s in $real s"
	[ "$(passed)" -ge "$least" ] && [ "$(passed)" -lt $((least + 500)) ]
	result $? "$what: waited for"
	fake_stop
}
waits "I27: a backoff of 299,609 ms" 299 --throttle 1:299609
# told at the same time, they are one
waits "I27: two" 299 --throttle 1:299609 --no-append \
    '3:Request is throttled. Suggested Backoff Time: 299609 milliseconds'
waits "BAD, throttled" 59 --no-append \
    '2:BAD Request is throttled. Suggested Backoff Time: 60000 milliseconds'
for code in THROTTLED LIMIT INUSE UNAVAILABLE; do
	waits "[$code]" 1 --no-append "2:[$code] not now"
done
waits "[TRYCREATE]" 0 --no-append '2:[TRYCREATE] it is gone'
waits "silence" 110 --lose-ok 6

# ---- --max-wait bounds all of it
begin
at 2026-03-02T12:00:00Z
fake_start --store st --throttle 1:299609
status 75 "more than --max-wait" fload --max-wait 100
like "$(cat err)" 'max-wait' "... says how to allow it"
is "$(passed)" 0 "... does not wait for nothing"
status 0 "... and goes on when run again" fload
check "... in the end"
fake_stop
for code in THROTTLED UNAVAILABLE INUSE LIMIT; do
	begin
	at 2026-03-02T12:00:00Z
	fake_start --store st --no-append "0:[$code] not now"
	status '1|75' "[$code] for ever" fload --max-wait 600
	[ "$(passed)" -le 600 ]
	result $? "... ends within --max-wait ($(passed) s)"
	is "$(jq -c '[.announced == .loaded + .unchanged + .refused + .pending +
	    .lost, .loaded]' out)" '[true,0]' "... and the sums balance"
	fake_stop
	fake_start --store st
	status 0 "... and goes on when it is over" fload
	check "... in the end"
	fake_stop
done
begin
fake_start --store st --no-append '3:[OVERQUOTA] full'
status 0 "[OVERQUOTA], once" fload
check "... is tried again"
fake_stop

# ---- the very first connection: what the server says will pass
waits "BYE at the greeting" 1 --bye-at-greeting '2:[UNAVAILABLE] restarting'
waits "BYE at the greeting for minutes" 180 \
	--bye-at-greeting '10:shutting down'
waits "BYE, with a time" 299 --bye-at-greeting \
	'1:Request is throttled. Suggested Backoff Time: 299609 milliseconds'
for verb in AUTHENTICATE LOGIN NAMESPACE LIST; do
	caps=-MULTIAPPEND
	[ $verb != LOGIN ] || caps=-AUTH=PLAIN
	for code in UNAVAILABLE INUSE LIMIT THROTTLED; do
		waits "$verb: [$code]" 0 --caps $caps \
			--no-on "$verb:1:NO [$code] not now"
		like "$(cat err)" "connecting again" "... and says so"
	done
	waits "$verb: throttled" 299 --caps $caps --no-on "$verb:1:BAD \
Request is throttled. Suggested Backoff Time: 299609 milliseconds"
done
waits "SUBSCRIBE: throttled" 299 --no-on "SUBSCRIBE:1:BAD \
Request is throttled. Suggested Backoff Time: 299609 milliseconds"
is "$(cut -d' ' -f3 st/INBOX/state)" 1 "... and subscribed then"
verify() {
	TEST_CLOCK=$T/clock "$STEPS" verify --tls none --password-file pw \
	    "$@" a.spool "$FAKE_URL"
}
fake_start --store st --bye-at-greeting '2:[UNAVAILABLE] restarting' \
	--no-on 'LIST:1:NO [LIMIT] not now'
status 0 "verify, too" verify
fake_stop
begin
at 2026-03-02T12:00:00Z
fake_start --store st --bye-at-greeting '99:[UNAVAILABLE] restarting'
status 75 "BYE for ever" fload --max-wait 300
[ "$(passed)" -gt 150 ] && [ "$(passed)" -le 300 ]
result $? "... ends within --max-wait ($(passed) s)"
like "$(cat err)" 'max-wait' "... says how to allow it"
is "$(jq -c '[.announced, .pending]' out)" '[6,6]' "... all are pending"
fake_stop
# refused once it had greeted us: it is started again
begin
fake_start --store st --connections 1 --bye 3
(sleep 0.5; exec "$FAKE" --store st --port "$FAKE_PORT" >/dev/null) &
again=$!
status 0 "gone for a moment" "$STEPS" load -q --tls none --password-file pw \
	a.spool "$FAKE_URL"
kill $again
wait $again 2>/dev/null
check "gone for a moment"
# what may be a mistake in the command is said at once
at_once() { # DESCRIPTION STATUS COMMAND...
	what=$1 rc=$2
	shift 2
	begin
	at 2026-03-02T12:00:00Z
	status "$rc" "$what" "$@"
	is "$(passed)" 0 "... at once"
}
at_once "a port where nothing listens" '69|75' fload
fake_start --store st --password other
at_once "a wrong password" 77 fload
fake_stop
fake_start --store st --caps -AUTH=PLAIN \
	--no-on 'LOGIN:0:NO [AUTHENTICATIONFAILED] Too many'
at_once "[AUTHENTICATIONFAILED]" 77 fload
fake_stop
FAKE_URL=imap://mary@no.such.invalid/
at_once "a host that is not" 68 fload

# ---- BYE in place of the answer to any command
n=0 bad=
while n=$((n + 1)) && [ $n -le 40 ]; do
	begin
	at 2026-03-02T12:00:00Z
	fake_start --store st --bye $n
	fload >out 2>err || bad="$bad $n:$?"
	hashes st '[0-9]*' >got
	cmp -s got want || bad="$bad $n"
	fake_stop
	grep -q BYE err || break # not so many
done
is "$bad" "" "BYE at any of $((n - 1)) commands: each message once"

# ---- ten errors, and it hangs up
begin
at 2026-03-02T12:00:00Z
fake_start --store st --max-errors 3 --reject 'body of'
fload >out 2>err
rc=$?
[ $rc = 1 ] || [ $rc = 75 ]
result $? "errors and a drop: it ends ($rc)"
is "$(jq -c '.announced == .loaded + .refused + .pending' out)" true \
	"... with a fate for each"
fake_stop

# ---- hours
export TZ=Europe/Berlin
window() { # DESCRIPTION START END OPTIONS...
	what=$1 want_end=$3
	begin
	at "$2"
	shift 3
	fake_start --store st
	status 0 "$what" fload "$@"
	check "$what"
	like "$(now Europe/Berlin)" "^$want_end" "$what: when it was to be"
	fake_stop
}
window "a window that is open" 2026-03-02T23:00:00+01:00 2026-03-02T23 \
	--window 22:00-06:00
window "a window that opens in an hour" 2026-03-02T21:00:00+01:00 \
	2026-03-02T22:00 --window 22:00-06:00
window "one that closes meanwhile" 2026-03-03T05:59:59+01:00 \
	2026-03-03T22:00 --window 22:00-06:00 --limit-rate 300
window "the night that has an hour less" 2026-03-29T00:30:00+01:00 \
	2026-03-29T03:0 --window 03:00-04:00
[ $(($(passed) / 600)) = 9 ]
result $? "... half an hour and one were waited"
window "the night that has an hour more" 2026-10-25T00:30:00+02:00 \
	2026-10-25T03:0 --window 03:00-04:00
[ $(($(passed) / 600)) = 21 ]
result $? "... two and a half, and one"
unset TZ; export TZ=UTC

# ---- a day's budget: three days for what is larger than two
per=$((bytes / 3 + 100))
begin
fake_start --store st --caps '-MULTIAPPEND'
day() { # DESCRIPTION TIME STATUS
	at "$2"
	status "$3" "$1" fload --daily-budget $per --connections 1
}
loaded() { find st -type f -name '[0-9]*' ! -name '*.info' | wc -l; }
day "the first day's budget" 2026-03-02T23:00:00Z 75
one=$(loaded)
[ "$one" -gt 0 ] && [ "$one" -lt 6 ]
result $? "... is kept ($one of 6)"
day "later that day" 2026-03-02T23:30:00Z 75
is "$(loaded)" "$one" "... nothing more"
day "a clock that is put back a day" 2026-03-01T23:30:00Z 75
is "$(loaded)" "$one" "... gives no new budget"
day "the next day" 2026-03-03T00:00:01Z 75
two=$(loaded)
[ "$two" -gt "$one" ] && [ "$two" -lt 6 ]
result $? "... does ($two of 6)"
day "back to the day before" 2026-03-02T12:00:00Z 75
is "$(loaded)" "$two" "... gives none"
day "and the third" 2026-03-04T12:00:00Z '0|75'
day "and the fourth" 2026-03-05T12:00:00Z 0
check "four days"
fake_stop
# midnight (UTC) while it runs, slowly
begin
fake_start --store st --caps '-MULTIAPPEND'
half() {
	fload --connections 1 --daily-budget $((bytes / 2)) --limit-rate 100
}
at 2026-03-02T23:59:58Z
status 75 "a budget that lasts over midnight" half
like "$(now)" '^2026-03-03T00:00' "... it is the next day"
# what was answered behind midnight counts for the new day
at 2026-03-04T00:00:01Z
status '0|75' "run again on the next, that has a budget of its own" half
over=$(loaded)
[ "$over" -gt 3 ]
result $? "... ($over of 6)"
fake_stop
done_testing
