#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Servers as they come (tests/fake): with fewer extensions, with odd answers,
# that throttle, refuse, rewrite or hang up.  In the end each message is there
# once, and the ledger balances.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/fake_load.sh"

# kind DESCRIPTION FAKE-OPTIONS: load, load again, verify
kind() {
	what=$1; shift
	begin
	fake_start --store st --log log "$@" || bail "no fake"
	status 0 "$what" fload
	is "$(jq -c '[.loaded,.refused]' out)" "[6,0]" "$what: all is loaded"
	check "$what"
	: >log
	status 0 "$what: again" fload
	is "$(grep -cE 'APPEND|CREATE' log)" 0 "$what: nothing is sent again"
	status 0 "$what: it verifies" postroad verify --deep --tls none \
		--password-file pw a.spool "$FAKE_URL"
	rm a.spool/spool.db
	postroad extract -q box a.spool >/dev/null 2>&1
	status 0 "$what: without the ledger" fload
	is "$(jq -c '[.loaded,.unchanged]' out)" "[0,6]" \
		"$what: nothing is sent again either"
	fake_stop
}

kind "all extensions"
kind "no MULTIAPPEND" --caps '-MULTIAPPEND'
kind "LITERAL-" --caps '-LITERAL+ +LITERAL-'
kind "synchronizing literals" --caps '-LITERAL+ -MULTIAPPEND'
kind "synchronizing MULTIAPPEND" --caps '-LITERAL+'
kind "IMAP4rev1 alone" --caps 'IMAP4rev1'
kind "no UIDPLUS" --caps '-UIDPLUS'
kind "delimiter '.', prefix INBOX." --delimiter . --prefix INBOX.
kind "in small pieces" --split 7
for how in none wrong reversed short star validity; do
	kind "APPENDUID $how" --appenduid $how
done

# ---- flags that the server does not keep
begin
fake_start --store st --permanentflags '\Seen \Answered \Flagged'
status 0 "no keywords there" fload
is "$(jq -c '[.loaded,.keywords_dropped]' out)" "[6,1]" \
	"are dropped, counted"
like "$(jq -r '.notes[]' out)" "Important" "and named"
status 0 "and known to verify" postroad verify --json --tls none \
	--password-file pw a.spool "$FAKE_URL"
is "$(jq -c '[.keywords_refused,.keywords_lost]' out)" "[1,0]" "as refused"
fake_stop

# ---- refused
begin
fake_start --store st --reject 'number 2' --log log
status 1 "one message is refused" fload
is "$(jq -c '[.loaded,.refused]' out)" "[5,1]" "the others are loaded"
like "$(cat err)" "number 2" "it is named"
is "$(hashes st '[0-9]*' | comm -3 - want | wc -l)" 1 "all others are there"
status 1 "and again" fload
is "$(jq -c '[.unchanged,.refused]' out)" "[5,1]" "it is counted again"
fake_stop
fake_start --store st
status 0 "until it is resolved" fload
check "resolved"
fake_stop

begin
mkdir -p fat/cur fat/new fat/tmp
{ message 1; head -c 5000 /dev/zero | tr '\0' x | fold -w 70; } \
	>fat/cur/1355519431.M1.host:2,
message 2 >fat/cur/1355519432.M2.host:2,
rm -rf a.spool && postroad extract -q fat a.spool >/dev/null 2>&1
fake_start --store st --toobig 4000
status 1 "a message too big" fload
is "$(jq -c '[.loaded,.refused]' out)" "[1,1]" "is refused, the other loaded"
like "$(cat err)" "5.3 kB" "named with its size"
fake_stop
rm -rf st && mkdir st && rm -rf a.spool && postroad extract -q fat a.spool >/dev/null 2>&1
fake_start --store st --caps '+APPENDLIMIT=4000' --log log
status 1 "a limit that was announced" fload
is "$(grep -c 'APPEND .* 5' log)" 0 "is not even tried"
like "$(cat err)" "4.0 kB" "named with the limit"
status 1 "a dry run says so, too" fload --dry-run
fake_stop

# ---- throttled
begin
fake_start --store st --throttle 1:1500 --caps '-MULTIAPPEND'
start=$(date +%s%N)
status 0 "throttled" fload
[ $(($(date +%s%N) - start)) -ge 1500000000 ]
result $? "the wait is waited"
check "throttled"
fake_stop
begin
fake_start --store st --throttle 1:900000
status 75 "longer than --max-wait" fload --max-wait 2
is "$(jq -c '[.loaded + .pending,.pending >= 3]' out)" "[6,true]" \
	"is left for later"
fake_stop

# ---- hanging up
begin
fake_start --store st --bye 8
# shellcheck disable=SC2119
fload >out 2>err || fload >out 2>err
is "$?" 0 "BYE in the middle"
check "BYE"
fake_stop

# ---- rewriting
for how in header nul crlf; do
	begin
	rm -rf a.spool; mkdir -p odd/cur odd/new odd/tmp
	printf 'Subject: odd %s\nMessage-ID: <odd@x>\n\nbo\0dy\n' "$how" \
		>odd/cur/1355519431.M1.host:2,
	postroad extract -q odd a.spool >/dev/null 2>&1
	fake_start --store st --rewrite $how
	status 0 "a server that rewrites: $how" fload
	rm -f a.spool/spool.db
	postroad extract -q odd a.spool >/dev/null 2>&1
	status 0 "$how: without the ledger" fload
	is "$(jq -c '[.loaded,.unchanged]' out)" "[0,1]" "$how: known again"
	fake_stop
done

# ---- the UIDVALIDITY of everything changes
begin
fake_start --store st
fload >out 2>err
fake_stop
fake_start --store st --bump --log log
status 0 "another UIDVALIDITY everywhere" fload
is "$(jq -c '[.loaded,.unchanged]' out)" "[0,6]" "is matched again"
check "bumped"
fake_stop

done_testing
