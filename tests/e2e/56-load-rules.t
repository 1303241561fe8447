#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What a destination is known to refuse is refused before a byte of it is
# sent, and named in advance; so much in one run, so much in one day.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/fake.sh"

STEPS=${POSTROAD_STEPS:-$ROOT/build/postroad-steps}
[ -x "$FAKE" ] || skip_all 'the test tools are not built'
# msg FOLDER NAME BYTES-OF-ONE-LINE [FLAGS]
msg() {
	mkdir -p "in/$1/cur" "in/$1/new" "in/$1/tmp"
	{ printf 'Subject: %s\n\n' "$2"; head -c "$3" /dev/zero | tr '\0' x
	    echo; } >"in/$1/cur/1420070400.$2.host:2,${4:-}"
}
msg INBOX plain 10 S
msg INBOX longline 11000
msg INBOX edge 10237
msg Files inside 10
msg filesystem beside 10
msg Work words 10 a
printf '0 $Label1\n' >in/Work/dovecot-keywords
ok 'a spool' postroad extract maildir:in a.spool
cat >small.yaml <<'END'
providers:
  tiny:
    title: Tiny
    limits:
      message_bytes: 5000
END
load() { postroad load --json --tls none --password-file pw "$@" "$FAKE_URL"; }
kept() { find "$1" -name '[0-9]*' ! -name '*.info' ! -name state | wc -l; }

fake_start --store st
status 1 'Microsoft, dry run' load --dry-run --dest-profile microsoft a.spool
is "$(jq -c '[.announced,.loaded,.refused]' out)" '[6,4,2]' 'two will be refused'
cp out dry
is "$(jq -r '.problems[].error' out | sort | tr '\n' '|' | tr -s ' ')" \
    "it has a line of 11002 bytes, and microsoft takes 10239 at most|microsoft keeps the name 'Files' for itself|" \
    'each with its reason'
is "$(jq .keywords_dropped out)" 1 'and a keyword that is left out, counted'
is "$(jq '[.notes[]|select(contains("does not keep"))]|length' out)" 1 'named'
is "$(kept st)" 0 'and nothing is sent'
status 1 'Microsoft' load --dest-profile microsoft a.spool
is "$(jq -c '[.loaded,.refused]' out)" '[4,2]' 'the same is refused'
is "$(jq -c '[.problems[]|[.folder,.error]]|sort' out)" \
    "$(jq -c '[.problems[]|[.folder,.error]]|sort' dry)" 'in the same words'
is "$(jq .keywords_dropped out)" 1 'a keyword is left out, and counted'
is "$(kept st)" 4 'the rest is there'
status 0 'generic' load --dest-profile generic a.spool
is "$(jq -c '[.unchanged,.loaded]' out)" '[4,2]' 'takes what was refused'
fake_stop

fake_start --store st2 --greeting '* OK The Microsoft Exchange IMAP4 service is ready. %s'
rm -rf b.spool && cp -r a.spool b.spool
postroad extract maildir:in c.spool >/dev/null 2>&1
status 1 'the greeting tells the profile' load c.spool
like "$(jq -r '.notes[]' out)" 'limits are those of microsoft' 'which is said'
fake_stop
fake_start --store st3
postroad extract maildir:in d.spool >/dev/null 2>&1
status 1 "a user's own profile" load --providers small.yaml \
    --dest-profile tiny d.spool
is "$(jq -c '[.loaded,.refused]' out)" '[4,2]' 'is obeyed'
like "$(jq -r '.problems[0].error' out)" 'and tiny takes 5.0 kB' 'and named'
status 64 'a profile that nobody knows' load --dest-profile nope d.spool
fake_stop

# --- so much in one run
rm -rf in
for n in 1 2 3 4 5 6 7; do msg INBOX m$n 1000; done
postroad extract maildir:in e.spool >/dev/null 2>&1
fake_start --store st4 --connections 9
for want in 3 3 1; do
	rc=0
	load --limit-messages 3 e.spool >out 2>err || rc=$?
	is "$rc $(jq .loaded out)" "$([ $want = 1 ] && echo 0 || echo 75) $want" \
	    "--limit-messages 3: $want"
done
is "$(kept st4)" 7 'all have arrived'
fake_stop

# --- so much in one day, over all runs
postroad extract maildir:in f.spool >/dev/null 2>&1
fake_start --store st5 --connections 9
status 75 '--daily-budget' load --daily-budget 2000 --limit-messages 2 f.spool
is "$(jq -c '[.loaded,.pending]' out)" '[1,6]' 'what fits into the day'
status 75 'the same day again' load --daily-budget 2000 f.spool
is "$(jq -c '[.loaded,.pending]' out)" '[0,6]' 'nothing more'
like "$(cat err)" "were sent today, and the day's budget is 2.0 kB" 'is said'
like "$(jq -r '.notes[]' out)" 'are to be sent, at 2.0 kB a day' 'how long it takes'
sqlite3 f.spool/spool.db "UPDATE meta SET value='1 999999' WHERE name LIKE 'budget:%'"
status 0 'another day, another budget' load --daily-budget 200000 f.spool
is "$(jq .loaded out)" 6 'goes on'
is "$(kept st5)" 7 'all have arrived'
fake_stop

# --- at these hours only
postroad extract maildir:in h.spool >/dev/null 2>&1
fake_start --store st6 --connections 9
if [ -x "$STEPS" ]; then # by a clock of its own (core/clock.h)
	noon=$(date -d 2026-03-02T12:00:00Z +%s)
	echo "$noon" >clock
	TEST_CLOCK=$T/clock status 0 '--window that opens in 3 seconds' \
	    "$STEPS" load --json --tls none --password-file pw \
	    --window 12:00:03-12:16:40 h.spool "$FAKE_URL"
	passed=$(($(cat clock) - noon))
	[ $passed -ge 3 ] && [ $passed -le 60 ]
	result $? "is waited for ($passed s)"
	is "$(jq .loaded out)" 7 'then all is sent'
else
	skip '--window' "no $STEPS"
fi
fake_stop
rm -rf h.spool && postroad extract maildir:in h.spool >/dev/null 2>&1
fake_start --store st7 --connections 9
at() { date -d "@$(($(date +%s) + $1))" +%H:%M; }
"$POSTROAD" load --json --tls none --password-file pw --window \
    "$(at 3600)-$(at 7200)" h.spool "$FAKE_URL" >out 2>waits &
pid=$!
until grep -qs "for the window" waits || ! kill -0 $pid; do sleep 0.05; done
kill -TERM $pid
rc=0
wait $pid || rc=$?
is "$rc $(kept st7)" '75 0' 'outside the window it waits, until it is stopped'
fake_stop
for bad in 22 22:00 22:00- 25:00-06:00 6:00-6:00 a-b 22:00-06:00x; do
	status 64 "--window $bad" load --window "$bad" h.spool
done

# --- the quota, before the first byte
postroad extract maildir:in g.spool >/dev/null 2>&1
if [ "$DOVECOT_BIN" ]; then
	dovecot_start 'mail_plugins = quota
	protocol imap {
	  mail_plugins = quota imap_quota
	}
	plugin {
	  quota = maildir:User quota
	  quota_rule = *:storage=4K
	}' || bail 'Dovecot does not start'
	to() {
		postroad load --json --ca-file "$CA_FILE" \
		    --password-file "$PW_FILE" "$@" "$(dest mary)"
	}
	size=$(find g.spool/mail -path '*/cur/*' -printf '%s\n' | sort -u)
	fit=$((4096 / size))
	status 1 'a quota of 4 KiB, dry run' to --dry-run g.spool
	is "$(jq -c '[.loaded,.refused]' out)" "[$fit,$((7 - fit))]" 'what fits is told'
	like "$(jq -r '.problems[0].error' out)" 'would be left of the quota' \
	    'and what does not'
	status 1 'for real' to g.spool
	is "$(jq -c '[.loaded,.refused]' out)" "[$fit,$((7 - fit))]" 'it is so'
	dovecot_stop
else
	skip 'quota' 'Dovecot is not installed'
fi
done_testing
