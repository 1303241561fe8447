#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC1091,SC2086
# migrate: the stages overlap; killed at any time it goes on where it was.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/load.sh"
dovecot_start || { skip_all "no Dovecot here"; exit; }
use_tls
cd "$T" || exit 1

# bodies N BYTES: an mbox of N messages of that size
bodies() {
	python3 - "$1" "$2" <<-'END'
	import sys
	for i in range(int(sys.argv[1])):
	    print("From mary@example.org Fri Dec 14 21:10:%02d 2012\n"
	          "From: mary@example.org\nMessage-ID: <b%d@example.org>\n"
	          "Subject: number %d\n" % (i % 60, i, i))
	    for _ in range(int(sys.argv[2]) // 64):
	        print("x" * 63)
	    print()
	END
}

# ------------------------------------------------- loaded while extracted
bodies 250 2048 >src.mbox
postroad extract -q mbox:src.mbox fill.spool 2>/dev/null
postroad load -q $ACCESS --into . fill.spool "$(dest src)" >/dev/null 2>&1 ||
    postroad load -q $ACCESS fill.spool "$(dest src)" >/dev/null 2>&1
"$POSTROAD" migrate --json --ca-file "$CA_FILE" --password-file "$PW_FILE" \
    --source-limit-rate 45k --spool slow.spool --exclude Nothing \
    "$(dest src)" "$(dest dst)" >sum.json 2>log.txt &
pid=$!
seen=0
while kill -0 "$pid" 2>/dev/null; do
	n=$(dovecot_do mailbox status -t -u dst messages '*' 2>/dev/null |
	    sed 's/.*=//')
	[ "${n:-0}" -gt 0 ] && [ "${n:-0}" -lt 250 ] && seen=1
	sleep 0.3
done
wait "$pid"
is "$? $(jq -r '"\(.extract.stored) \(.load.loaded)"' sum.json)" '0 250 250' \
    'a slow source comes through'
is "$seen" 1 'some were there while others were still on their way'
is "$(there dst)" "$(here slow.spool)" 'each once'

# what waits is all that was extracted, though the load had given up by then
postroad migrate --json --ca-file "$CA_FILE" --password-file "$PW_FILE" \
    --max-wait 1 --spool away.spool \
    src.mbox "imaps://mary@$IMAP_HOST:1/" >sum.json 2>log.txt
is "$? $(jq -c '[.extract.stored, .load.announced, .load.pending]' sum.json)" \
    '69 [250,250,250]' 'a destination that is away: all is pending'
"$POSTROAD" migrate --json --ca-file "$CA_FILE" --password-file "$PW_FILE" \
    --source-limit-rate 80k --spool part.spool --limit-messages 20 \
    "$(dest src)" "$(dest part)" >sum.json 2>log.txt
is "$? $(jq -c '[.extract.stored, .load.announced, .load.loaded,
    .load.pending]' sum.json)" '75 [250,250,20,230]' \
    'one that takes no more today: the rest is pending'

postroad load --json $ACCESS part.spool "$(dest part)" >sum.json 2>/dev/null
dovecot_stop
postroad load --json $ACCESS part.spool "$(dest part)" >sum.json 2>/dev/null
is "$? $(jq -c '[.announced, .unchanged, .pending]' sum.json)" \
    '69 [250,250,0]' 'what was delivered waits for nothing, away or not'
dovecot_start

# ------------------------------------------------------------------ killed
bodies 3000 900 >kill.mbox
runs=${KILLS:-8}
i=0 stopped=0
while [ "$i" -lt "$runs" ]; do
	i=$((i + 1))
	"$POSTROAD" migrate -q $ACCESS --fix-names kill.mbox "$(dest kim)" \
	    >/dev/null 2>kill.txt &
	pid=$!
	sleep "0.$(((i + 1) * 137 % 90 + 10))" # the first is a short one
	if kill -9 "$pid" 2>/dev/null; then stopped=$((stopped + 1)); fi
	wait "$pid" 2>/dev/null
done
ok "kills hit: $stopped" test "$stopped" -ge 1
"$POSTROAD" migrate --json $ACCESS --fix-names kill.mbox "$(dest kim)" >sum.json \
    2>log.txt
is "$?" 0 "after $stopped kills it comes to its end"
is "$(jq .load.announced sum.json)" 3000 'with all messages'
there kim >there.txt
here kill.transformed.spool >here.txt
same here.txt there.txt 'each of them once'
is "$(wc -l <there.txt)" 3000 'none is missing'

# ------------------------------------------------- interrupted, then stages
bodies 3000 900 >stop.mbox
"$POSTROAD" migrate --json $ACCESS stop.mbox "$(dest lea)" >sum.json 2>log.txt &
pid=$!
until [ -e stop.spool/spool.db ] || ! kill -0 "$pid"; do sleep 0.02; done
sleep 0.5
kill -TERM "$pid"
wait "$pid"
status=$?
ok "TERM ends it with 75, or it had ended" test "$status" = 75 -o "$status" = 0
ok "it says how far it was" jq -e .load sum.json
postroad extract -q stop.mbox stop.spool 2>/dev/null &&
    postroad load -q $ACCESS stop.spool "$(dest lea)" >/dev/null 2>&1
is "$?" 0 'the single stages go on with it'
there lea >there.txt
here stop.spool >here.txt
same here.txt there.txt 'and end where it would have'

# everybody at once, as systemd and kill(1) of a group do
setsid "$POSTROAD" migrate $ACCESS --fix-names --spool all.spool stop.mbox \
    "$(dest max)" >sum.txt 2>log.txt &
pid=$!
while [ ! -e all.spool/spool.db ] && kill -0 "$pid"; do sleep 0.02; done
python3 -c 'import os, sys; os.killpg(int(sys.argv[1]), 15)' "$pid"
wait "$pid"
status=$?
ok "TERM for all of them ends it with 75, or it had ended" \
    test "$status" = 75 -o "$status" = 0
unlike "$(cat log.txt)" 'crashed|killed' 'and is no fault of a stage'

# ---------------------------------- stopped by the load: it says how it ends
printf 'wrong\n' >wrong; chmod 600 wrong
postroad migrate --ca-file "$CA_FILE" --password-file wrong \
    --spool wrong.spool stop.mbox "$(dest nora)" >sum.txt 2>log.txt
is "$?" 77 'a wrong password, and no "run it again"'
unlike "$(cat log.txt)" 'interrupted' 'nor that it was interrupted'
dovecot_stop
done_testing
