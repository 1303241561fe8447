#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The throw-away server is as strict as the real one: what a rehearsal says
# of odd headers and folder names is what Cyrus, Courier and Dovecot do.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/load.sh"
. "$ROOT/tests/e2e/servers.sh"

i=0
# put FOLDER TEXT: one message
put() {
	i=$((i + 1))
	mkdir -p "md/$1/cur" "md/$1/new" "md/$1/tmp"
	printf '%b' "$2" >"md/$1/cur/$((1000000000 + i)).x$i.h:2,"
}
put INBOX 'Subject: 1 header and end\r\n'
put INBOX 'Subject: 2 header no end'
put INBOX 'Subject: 3 folded no end\r\n x'
put INBOX 'From x\r\nSubject: 4 postmark\r\n\r\nx\r\n'
put INBOX '>From x\r\nSubject: 5 quoted postmark\r\n\r\nx\r\n'
put INBOX 'Subject: 6 later postmark\r\nFrom x\r\n\r\nx\r\n'
put INBOX 'Subject: 7 colon only\r\n: x\r\n\r\nx\r\n'
put INBOX 'Subject: 8 8bit\r\n\0303\0244: x\r\n\r\nx\r\n'
put INBOX 'Subject: 9 blank before colon\r\nX-A : x\r\n\r\nx\r\n'
put INBOX 'Subject: 10 del\r\nX\0177A: x\r\n\r\nx\r\n'
put INBOX "Subject: 11 long name\r\n$(head -c 300 /dev/zero | tr '\0' a): x\r\n\r\nx\r\n"
put INBOX '\r\nbody only 12\r\n'
put INBOX ' folded first 13\r\nSubject: 13\r\n\r\nx\r\n'
put INBOX 'Subject: 14 body no end\r\n\r\nx'
put INBOX 'Subject: 15\r\n \r\nMore: x\r\n\r\nx'
put INBOX 'Subject: 16 nul\r\n\r\na\0000b\r\n'
for name in 'a"b' 'a\b' 'a%b' 'a*b' 'a^b' "a'b" 'a{b}' 'a;b' 'a<b>' 'a&b' 'a.b' \
    ' front' 'back ' 'two  spaces' '~home' '#x' '!x' 'Ünï' '全角　空白' '😀' 'a	tab'; do
	put "f/$name" "Subject: $name\r\n\r\nx\r\n"
done

# outcome FILE: what did not arrive, and the counts
outcome() {
	jq -c '[.announced,.loaded,.refused]' "$1"
	jq -r '.problems[]|"\(.folder) \(.subject // "")"' "$1" | sort
}
# compare NAME URL [OPTIONS]: rehearsed, and for real
compare() {
	name=$1 url=$2; shift 2
	rm -rf a.spool
	postroad extract -q maildir:md a.spool >/dev/null 2>&1
	for profile in generic "$name"; do
		postroad rehearse -qq --json a.spool --as "$name" \
		    --dest-profile $profile >re.json 2>err
		outcome re.json >re.$profile
	done
	postroad load -qq --json --existing ignore --dest-profile generic \
	    "$@" a.spool "$url" >load.json 2>err
	outcome load.json >real
	same re.generic real "$name: what the rehearsal says is what happens"
	is "$(head -1 re."$name")" "$(head -1 real)" 'and what load knows beforehand'
}

for name in cyrus courier; do
	if ! servers_have $name; then
		skip $name "$SERVERS_WHY"
	elif [ $name = cyrus ]; then
		cyrus_start >/dev/null || bail 'Cyrus does not start'
		compare cyrus "imap://mary@127.0.0.1:$CYRUS_PORT/" --tls none \
		    --password-file "$SERVER_PW"
	else
		courier_start mary >/dev/null || bail 'Courier does not start'
		compare courier "imap://mary@127.0.0.1:$COURIER_PORT/" \
		    --tls none --password-file "$SERVER_PW"
	fi
done
servers_stop
if [ "$DOVECOT_BIN" ]; then
	dovecot_start 'mail_location = maildir:~/Maildir' || bail 'Dovecot does not start'
	compare dovecot "$(dest mary)" --ca-file "$CA_FILE" \
	    --password-file "$PW_FILE"
	dovecot_stop
else
	skip 'dovecot' 'Dovecot is not installed'
fi
done_testing
