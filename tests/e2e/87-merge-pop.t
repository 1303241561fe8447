#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# One user's PST and the Inbox that POP3 shows: extracted, merged, loaded;
# every message is in the new mailbox once.
export DOVECOT_PROTOCOLS='imap pop3'
. "${0%/*}/lib.sh"
mkpst=${BUILD:-$ROOT/build}/tests/tools/mkpst
[ -x "$mkpst" ] || skip_all 'no mkpst'
[ "$DOVECOT_BIN" ] && [ -x /usr/lib/dovecot/pop3 ] ||
    skip_all 'Dovecot with POP3 is not installed'
dovecot_start 'mail_save_crlf = yes' || bail 'Dovecot does not start'

# the PST has 30 messages in three folders; the server has seven of them as
# they came, with the headers of their way, and two that the PST has not
"$mkpst" many mary.pst 30 3 0 1
ok 'the PST' postroad extract mary.pst pst.spool
mkdir -p eml/INBOX
n=0
find pst.spool/mail -path '*/cur/*' | sort | head -n 7 | while read -r f; do
	n=$((n + 1))
	{ printf 'Received: from mx.example.org by pop.example.org; Thu, 8 Mar 2012 10:00:00 +0000\r\n'
	    cat "$f"; } >eml/INBOX/$n.eml
done
for id in new-1 new-2; do
	printf 'Message-ID: <%s@example.org>\r\nSubject: %s\r\nDate: Fri, 2 Jan 2015 10:00:00 +0000\r\n\r\nx\r\n' \
	    $id $id >eml/INBOX/$id.eml
done
ok 'what the server has' postroad extract eml:eml eml.spool
ok 'is there' postroad load --ca-file "$CA_FILE" --password-file "$PW_FILE" \
    eml.spool "$(dest mary)"
status 0 'POP3' postroad extract --json --ca-file "$CA_FILE" \
    --password-file "$PW_FILE" "$(dest mary pop3s)" pop.spool
is "$(jq .stored out)" 9 'nine messages'

status 0 'merge, POP3 first' postroad merge --json pop.spool pst.spool o.spool
is "$(jq -c '[.announced,.stored,.duplicate]' out)" '[39,32,7]' \
    'seven of them are duplicates'
is "$(jq -r '.spools[]|"\(.path) \(.stored) \(.duplicate)"' out |
    tr '\n' ,)" 'pst.spool 30 0,pop.spool 2 7,' \
    "the PST's copies stay, in their folders"
is "$(postroad ls --left-out --json o.spool | jq -r '.source |
    "\(.kind) \(.uidl != null) \(.of|split(":")[0])"' | sort | uniq -c |
    tr -s ' \n' ' ')" ' 7 pop3 true pop3 ' 'each is named, with its UIDL'
like "$(postroad why o.spool '<new-1@example.org>')" 'pop3 .* of pop3:' \
    'and the two that POP3 alone has, too'
status 0 'load' postroad load --json --ca-file "$CA_FILE" \
    --password-file "$PW_FILE" o.spool "$(dest john)"
is "$(jq .loaded out)" 32 '32 messages'
dovecot_do fetch -u john hdr.message-id ALL |
    sed -n 's/.*\(<.*>\).*/\1/p' | sort >got
uniq <got >want
same got want 'each of them once'
is "$(wc -l <got)" 32 'and all'
ok 'POP3 again' postroad extract --ca-file "$CA_FILE" \
    --password-file "$PW_FILE" "$(dest mary pop3s)" pop.spool
ok 'merge again' postroad merge pst.spool pop.spool o.spool
status 0 'load again' postroad load --json --ca-file "$CA_FILE" \
    --password-file "$PW_FILE" o.spool "$(dest john)"
is "$(jq -r '.loaded // 0' out)" 0 'nothing new'
status 0 'it has all' postroad verify --ca-file "$CA_FILE" \
    --password-file "$PW_FILE" o.spool "$(dest john)"

# too late: what POP3 gave was loaded from its own spool

ok "the Inbox by itself" postroad load --ca-file "$CA_FILE" \
    --password-file "$PW_FILE" pop.spool "$(dest jane)"
status 0 'merged again' postroad merge pst.spool pop.spool o.spool
like "$(cat out)" 'pop.spool was loaded by itself already' 'it is said'
dovecot_stop

# many spools at once: memory is that of two
measure=${BUILD:-$ROOT/build}/tests/bench/measure
if [ -x "$measure" ] && [ -z "${SAN:-}" ]; then
	"$mkpst" many many.pst 3000 3 0 1
	ok '3,000 messages' postroad extract many.pst c0
	for n in 1 2 3 4 5 6 7 8 9 10 11; do
		cp -r c0 c$n
	done
	ok 'merge two' "$measure" m2 "$POSTROAD" merge c0 c1 two.spool
	ok 'merge twelve' "$measure" m12 "$POSTROAD" merge c? c1? all.spool
	two=$(cut -d' ' -f3 m2) twelve=$(cut -d' ' -f3 m12)
	ok "two take $two KiB, twelve $twelve" [ "$twelve" -lt $((two + 9000)) ]
else
	skip 'many spools: memory' 'no measure, or an instrumented build'
fi
done_testing
