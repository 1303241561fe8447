#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Memory does not grow with what an account holds: a message of 500 MB, a
# folder of very many messages, a server that lists very many folders.  (With
# BIG=1 the folder has a million.)
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/fake.sh"

B=${BUILD:-$ROOT/build}/tests
[ -x "$B/tools/big_imap" ] || skip_all 'the test tools are not built'
[ -x "$B/bench/measure" ] || skip_all 'measure is not built'
[ -z "${SAN:-}" ] || skip_all 'sanitizers change it'
MOST=32768 # KiB

# peak URL SPOOL: KiB
peak() {
	timeout 300 "$B/bench/measure" m "$POSTROAD" extract --json --tls none \
	    --password-file pw "$1" "$2" >out 2>err || diag "$(tail -3 err)"
	awk '{ print $3 }' m
}
big_start() {
	mkfifo stop
	"$B/tools/big_imap" "$@" <stop >port &
	big=$!
	exec 8>stop
	until [ -s port ]; do sleep 0.05; done
	URL=imap://mary@127.0.0.1:$(cat port)/
}
big_stop() { exec 8>&-; wait "$big"; rm -f stop port; }
below() {
	[ "$1" -gt 0 ] && [ "$1" -lt $MOST ]
	result $? "$2: $1 KiB" || diag "not below $MOST"
}

big_start 2 500000000
below "$(peak "$URL" big.spool)" 'a message of 500 MB'
is "$(jq -c '[.stored,.bytes]' out)" '[2,1000000000]' 'it is there'
rm -rf big.spool
big_stop
many=100000
[ -z "${BIG:-}" ] || many=1000000
big_start $many 150 sparse
below "$(peak "$URL" many.spool)" "a folder of $many messages"
is "$(jq .stored out)" $many 'all are there'
below "$(peak "$URL" many.spool)" 'a rerun, its flags fetched'
is "$(jq .unchanged out)" $many 'all are known'
big_stop

# I37: 100,000 folders
{ cat <<'END'
S: * OK [CAPABILITY IMAP4rev1 LIST-EXTENDED NAMESPACE] hi
C: TAG LOGIN "mary" "secret"
S: TAG OK [CAPABILITY IMAP4rev1 LIST-EXTENDED NAMESPACE] in
C: TAG NAMESPACE
S: * NAMESPACE (("" "/")) NIL NIL
S: TAG OK
C: TAG LIST *
END
seq 100000 | sed 's,.*,S: * LIST (\\\\Noselect) "/" folder/number/&,'
echo 'S: TAG OK'
echo '!bye'
} >many.talk
fake_start --talk many.talk || bail 'no fake server'
below "$(peak "$FAKE_URL" folders.spool)" '100,000 folders (I37)'
fake_stop
done_testing
