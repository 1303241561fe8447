#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# COMPRESS=DEFLATE (RFC 4978): both ways, with a real server; what is no
# compressed stream; a server that refuses.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/fake.sh"
trap 'fake_stop; dovecot_stop; at_exit' EXIT

[ -x "$FAKE" ] || skip_all 'the test tools are not built'
[ "$DOVECOT_BIN" ] || skip_all 'Dovecot is not installed'
dovecot_start 'mail_save_crlf = yes
mail_plugins = zlib
protocol imap {
  mail_plugins = zlib imap_zlib
}' || bail 'Dovecot does not start'
mkdir eml
for n in $(seq 1 200); do
	{ printf 'Subject: m%s\r\n\r\n' "$n"
	    yes 'text that can be made smaller' | head -n $((n * 3)); } >eml/$n.eml
done
head -c 3000000 /dev/urandom >eml/random
{ printf 'Subject: big\r\n\r\n'; base64 eml/random; } >eml/big.eml
rm eml/random
ok 'a spool' postroad extract eml/ a.spool
status 0 'load, compressed' postroad load --json --compress always \
    --trace-wire trace.load --ca-file "$CA_FILE" --password-file "$PW_FILE" \
    a.spool "$(dest mary)"
is "$(jq .loaded out)" 201 'all of it'
like "$(cat trace.load)" 'COMPRESS DEFLATE' 'it was asked for'
status 0 'verify --deep, compressed' postroad verify --json --deep \
    --compress always --ca-file "$CA_FILE" --password-file "$PW_FILE" \
    a.spool "$(dest mary)"
for how in always never auto; do
	status 0 "extract --compress $how" postroad extract --json \
	    --compress $how --trace-wire trace.$how --ca-file "$CA_FILE" \
	    --password-file "$PW_FILE" "$(dest mary)" $how.spool
	is "$(jq .stored out)" 201 'all of it'
done
ok 'the same files' diff -r always.spool/mail never.spool/mail
like "$(cat trace.always)" 'COMPRESS DEFLATE' 'always asks'
unlike "$(cat trace.never trace.auto)" 'COMPRESS DEFLATE' \
    'never and, next door, auto do not'
dovecot_stop
status 64 'no such word' postroad extract --compress maybe imap://mary@127.0.0.1/ x.spool

hello='S: * OK [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] hi
C: TAG LOGIN *
S: TAG OK [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] in
C: TAG COMPRESS DEFLATE'
talk() { cat >a.talk; fake_start --talk a.talk; }
get() {
	postroad extract --compress always --tls none --password-file pw \
	    --max-wait 0 --timeout 3 "$FAKE_URL" x.spool
}
talk <<END
$hello
S: TAG OK now
!send this is no deflate stream at all\r\n
!eat
END
status 76 'a server that does not compress after all' get
like "$(cat err)" 'is not compressed' 'is told'
fake_stop
talk <<END
$hello
S: TAG NO not today
C: TAG LIST "" ""
S: * LIST (\\\\Noselect) "/" ""
S: TAG OK
C: TAG LIST "" "\*"
S: TAG OK
!eat
END
get >out 2>err
fake_wait
result $? 'a server that refuses is read uncompressed' || diag "$(cat fake.err err)"
done_testing
