#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A second run on a finished mailbox: no more round trips than folders, no
# work in the ledger that grows with the messages, and still nothing that is
# new is overlooked.  100,000 messages; LONG=1: a million.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/load.sh"

dovecot_start || skip_all "no Dovecot"
use_tls
FOLDERS=12

i=0
while [ $i -lt $FOLDERS ]; do
	mkdir -p "box/.Folder $i/cur" "box/.Folder $i/new" "box/.Folder $i/tmp"
	for n in 1 2 3 4 5; do
		message $((i * 10 + n)) >"box/.Folder $i/cur/1355519430.M$n.h:2,S"
	done
	i=$((i + 1))
done
mkdir -p box/cur box/new box/tmp
postroad extract -q box a.spool || bail "extract"
status 0 "a first run" load a.spool mary
is "$(jq -c '[.loaded,.unchanged]' out)" "[60,0]" "everything is loaded"

# flights TRACE: how often the client had to wait before it sent something,
# the greeting and the end of TLS' handshake not counted
flights() {
	awk '$3 == ">" && last != ">" { n++ } { last = $3 } END { print n }' "$1"
}
status 0 "a second run" load a.spool mary --trace-wire trace
is "$(jq -c '[.loaded,.unchanged]' out)" "[0,60]" "has nothing to do"
diag "$(flights trace) round trips"
ok "one round trip a folder at most" test "$(flights trace)" -le $FOLDERS
is "$(grep -c ' > [a-z0-9]* STATUS "*Folder' trace)" $FOLDERS \
	"each folder is asked after, once"
is "$(grep -cE ' > [a-z0-9]* (UID|FETCH|APPEND|SELECT|EXAMINE)' trace)" 0 \
	"and not looked into"

# ---- as if it had many more
many=100000
[ -z "${LONG:-}" ] || many=1000000
python3 "$ROOT/tests/tools/multiply.py" a.spool "$many" >n ||
    bail "multiply.py"
rows=$(cat n)
status 0 "$rows messages: a run that counts them" load a.spool mary
is "$(jq -c '[.loaded,.unchanged]' out)" "[0,$rows]" "counts them all"
cp a.spool/spool.db counted.db
MEASURE=${BUILD:-$ROOT/build}/tests/bench/measure
[ -x "$MEASURE" ] || bail "no $MEASURE (make check-build)"
# shellcheck disable=SC2086
status 0 "the next" "$MEASURE" took "$POSTROAD" load --json $ACCESS \
    --trace-wire trace a.spool "$(dest mary)"
is "$(jq -c '[.loaded,.unchanged]' out)" "[0,$rows]" "knows how many there are"
# of the CPU: a busy machine has no more of that to do
ms=$(awk '{ printf "%d", $2 * 1000 }' took)
diag "$ms ms, of $(cut -d' ' -f1 took) s"
ok "in less than two seconds" test "$ms" -lt 2000
ok "one round trip a folder at most" test "$(flights trace)" -le $FOLDERS
ok "and writes nothing" cmp a.spool/spool.db counted.db

# what it reads does not grow with the messages: the bytes that it asks the
# kernel for, not how fast they come
if [ -r /proc/self/io ]; then
	reads() { # bytes, of the whole run
		# shellcheck disable=SC2016 # for that shell
		sh -c '"$@" >/dev/null 2>&1; sed -n "s/^rchar: //p" /proc/$$/io' \
		    sh "$POSTROAD" load -q $ACCESS a.spool "$(dest mary)"
	}
	got=$(reads)
	diag "$got bytes read"
	ok "what it reads is a small part of the ledger" test "$got" -lt \
	    $(($(wc -c <counted.db) / 10))
else
	skip "what it reads" "no /proc/self/io"
fi

# ---- what is new is seen
message 1000 >'box/.Folder 7/cur/1355519430.M1000.h:2,S'
status 0 "a message more at the source" postroad extract -q box a.spool
status 0 "is loaded" load a.spool mary
is "$(jq -c '[.loaded,.unchanged]' out)" "[1,$rows]" "it alone"
status 0 "once" load a.spool mary
is "$(jq -c '[.loaded,.unchanged]' out)" "[0,$((rows + 1))]" "and then is there"
done_testing
