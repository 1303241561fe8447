#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Odd messages (bare LF and CR, NUL, no last line end, 8-bit headers, ...)
# loaded into Dovecot, Cyrus and Courier: verify --deep knows what each is
# known to rewrite, and misses exactly what was refused.
export TZ=UTC
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/fake.sh"
. "$ROOT/tests/e2e/servers.sh"
trap 'fake_stop; dovecot_stop; servers_stop; at_exit' EXIT
[ -x "$FAKE" ] || skip_all "no $FAKE (make check-build)"

# a source that gives its bytes as they are: the fake server's store
mkdir -p st/INBOX
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$ROOT/tests/tools python3 - st/INBOX <<'END'
import imap_fill, os, sys
n = 0
for n, msg in enumerate(imap_fill.kinds(), 1):
    name = os.path.join(sys.argv[1], "%010d" % n)
    open(name, "wb").write(msg)
    open(name + ".info", "w").write(
        "14-Dec-2012 21:10:%02d +0000\t\\Seen" % (n % 60))
open(os.path.join(sys.argv[1], "state"), "w").write(
    "1700000000 %d 1 -" % (n + 1))
END
fake_start --store st || bail 'no fake'
postroad extract -q --tls none --password-file pw "$FAKE_URL" odd.spool \
    >extract.log 2>&1 || bail "$(cat extract.log)"
fake_stop
is "$(postroad ls --messages --json odd.spool | wc -l)" 28 '28 odd messages'

# proven NAME PORT REWRITES STATUS-IF-STRICT
proven() {
	url=imap://john@127.0.0.1:$2/
	status '0|1' "$1: load" postroad load --json --tls none \
	    --password-file "$SERVER_PW" odd.spool "$url"
	refused=$(jq .refused out)
	status "$([ "$refused" = 0 ] && echo 0 || echo 1)" "$1: verify --deep" \
	    postroad verify --deep --json --tls none \
	    --password-file "$SERVER_PW" odd.spool "$url"
	is "$(jq .missing out)" "$refused" "$1: what was refused is missing"
	is "$(jq '[.altered,.unreadable,.duplicated,.wrong_folder,.flags_lost,
	    .wrong_date,.extra,.unchecked]|add' out)" 0 \
	    "$1: and nothing else is wrong"
	is "$(jq .rewritten out)" \
	    "$(jq '[.problems[]|select(.kind=="rewritten")]|length' out)" \
	    "$1: each rewritten one is named"
	is "$(jq -cS '.rewrites|del(.added_fields)' out)" "$3" \
	    "$1: V8: the rewrites are counted by their kind"
	status "$4" "$1: strictly" \
	    postroad verify --deep --json --strict --tls none \
	    --password-file "$SERVER_PW" odd.spool "$url"
}
if [ "$DOVECOT_BIN" ]; then
	dovecot_start 'ssl = yes
	disable_plaintext_auth = no' || bail 'Dovecot does not start'
	proven dovecot "$IMAP_PORT" \
	    '{"bare_lf_to_crlf":2,"nul_to_0x80":1}' 1
	dovecot_stop
else
	skip 'Dovecot' 'Dovecot is not installed'
fi
if servers_have cyrus; then
	cyrus_start 'munge8bit: no' || bail "Cyrus does not start: $(cat cyrus.log)"
	proven cyrus "$CYRUS_PORT" '{}' 1
	servers_stop
else
	skip 'Cyrus' "$SERVERS_WHY"
fi
if servers_have courier; then
	courier_start mary john || bail "Courier does not start: $(cat courier.log)"
	proven courier "$COURIER_PORT" \
	    '{"bare_cr_removed":1,"bare_lf_to_crlf":2,"last_line_end_added":2}' 1
	servers_stop
else
	skip 'Courier' "$SERVERS_WHY"
fi
done_testing
