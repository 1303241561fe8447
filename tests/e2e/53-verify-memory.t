#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# verify --deep does not need more memory for more mail: a message of 500 MB,
# and 10,000 messages (LONG=1: 200,000) that the ledger knows nothing of.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/fake.sh"

B=${BUILD:-$ROOT/build}/tests
[ -x "$B/tools/big_imap" ] || skip_all 'the test tools are not built'
[ -x "$B/bench/measure" ] || skip_all 'measure is not built'
[ -z "${SAN:-}" ] || skip_all 'sanitizers change it'
MOST=32768 # KiB

# proven COUNT SIZE: extracted from there, and compared with it
proven() {
	mkfifo stop
	"$B/tools/big_imap" "$1" "$2" sparse <stop >port &
	big=$!
	exec 8>stop
	until [ -s port ]; do sleep 0.05; done
	url=imap://mary@127.0.0.1:$(cat port)/
	postroad extract -q --tls none --password-file pw --connections 1 \
	    "$url" a.spool >/dev/null 2>err || diag "$(cat err)"
	timeout 300 "$B/bench/measure" m "$POSTROAD" verify --deep --json \
	    --connections 1 --tls none --password-file pw a.spool "$url" \
	    >out 2>err
	is $? 0 "$1 messages of $2 bytes are proven"
	is "$(jq -c '[.messages,.missing,.altered,.extra]' out)" \
	    "[$1,0,0,0]" 'all of them'
	kib=$(awk '{ print $3 }' m)
	[ "$kib" -gt 0 ] && [ "$kib" -lt $MOST ]
	result $? "in $kib KiB" || diag "not below $MOST"
	exec 8>&-
	wait "$big"
	rm -rf stop port a.spool
}
proven 1 500000000
many=10000
[ -z "${LONG:-}" ] || many=200000
proven $many 150
done_testing
