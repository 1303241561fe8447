#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A wire trace can be replayed (req-118): what Dovecot said, said again by the
# fake server, gives the same extraction.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/fake.sh"
. "$ROOT/tests/e2e/load.sh"
[ "$DOVECOT_BIN" ] || skip_all 'dovecot is not installed'
[ -x "$FAKE" ] || skip_all 'the fake server is not built'
dovecot_start || bail 'no dovecot'

mbox 1 5 >Work.mbox
postroad extract -q Work.mbox in.spool >/dev/null 2>&1
postroad load -q --tls none --password-file "$PW_FILE" in.spool \
    "$(dest mary imap)" 2>/dev/null || bail 'no mail on the server'
dovecot_do mailbox create -u mary 'a "b" \c' "$(printf 'Entw\303\274rfe')"
status 0 'recorded' postroad extract --json --tls none --connections 1 \
    --password-file "$PW_FILE" --trace-wire tr "$(dest mary imap)" a.spool
unlike "$(cat tr)" 'secret|body of number' 'without password or mail'
sh "$ROOT/tests/tools/trace2talk.sh" tr >a.talk
fake_start --talk a.talk || bail 'no fake server'
status 0 'replayed' timeout 30 "$POSTROAD" extract --json --tls none \
    --connections 1 --password-file pw "$FAKE_URL" b.spool || diag "$(cat fake.err)"
ok "the client says the same" fake_wait || diag "$(cat fake.err)"
for s in a b; do
	postroad ls --messages --json $s.spool |
		jq -c '[.folder,.key,.size,.flags,.received]' >$s.ls
done
same b.ls a.ls 'and takes the same'
done_testing
