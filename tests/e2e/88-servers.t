#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Dovecot, Cyrus and Courier as sources: a mailbox with hostile names and odd
# messages, as Python's own IMAP client sees it, is what the spool has.
export DOVECOT_PROTOCOLS='imap pop3' TZ=UTC
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/servers.sh"
trap 'dovecot_stop; servers_stop; at_exit' EXIT
FILL=$ROOT/tests/tools/imap_fill.py

# source NAME PORT USER [PREFIX DELIMITER]
source_of() {
	name=$1 port=$2 user=$3
	shift 3
	ok "$name: a mailbox is filled" python3 "$FILL" fill 127.0.0.1 "$port" \
	    "$user" "$@"
	sed 's/^/# /' ok.log
	python3 "$FILL" facts 127.0.0.1 "$port" "$user" >"$name.facts"
	url=imap://$user@127.0.0.1:$port/
	status 0 "$name: extract" postroad extract --json --tls none \
	    --password-file "$SERVER_PW" "$url" "$name.spool"
	is "$(jq .stored out)" "$(grep -c uid "$name.facts")" \
	    "$name: every message"
	is "$(jq '.folders|length' out)" "$(grep -vc uid "$name.facts")" \
	    "$name: every folder"
	jq -r 'select(.uid)|"\(.uid) \(.sha256) \(.date) \(.flags|join(","))"' \
	    "$name.facts" | sort >want
	postroad ls --messages --json "$name.spool" | jq -r '. as $m |
	    ([.flags[] | if . == "forwarded" then "$forwarded" else "\\" + .
	      end] + [.keywords[]|ascii_downcase] | sort | join(",")) as $f |
	    "\(.source.uid) \(.sha256) \(.received|fromdate) \($f)"' |
	    sort >got
	same got want "$name: bytes, dates, flags and keywords are the server's"
	status 0 "$name: again" postroad extract --json --tls none \
	    --password-file "$SERVER_PW" "$url" "$name.spool"
	is "$(jq -c '[.stored,.flags_changed]' out)" '[0,null]' \
	    "$name: nothing new"
	status 0 "$name: the spool is sound" postroad verify "$name.spool"
	python3 "$FILL" facts 127.0.0.1 "$port" "$user" >"$name.after"
	same "$name.after" "$name.facts" "$name: and nothing changed there"
}

# pop NAME PORT USER
pop_of() {
	status 0 "$1: POP3" postroad extract --json --tls none \
	    --password-file "$SERVER_PW" "pop3://$3@127.0.0.1:$2/" "$1.pop"
	is "$(jq .stored out)" "$(grep uid "$1.facts" |
	    grep -c '"mailbox": "INBOX"')" "$1: the whole Inbox"
}

# names_of NAME PORT: hostile names are mended for it, so that it takes all
names_of() {
	[ -d dovecot.spool ] || return 0
	ok "$1: names are mended" postroad transform --fix-names --for "$1" \
	    dovecot.spool "for-$1.spool"
	status '0|1' "$1: load" postroad load --json --tls none \
	    --password-file "$SERVER_PW" "for-$1.spool" \
	    "imap://john@127.0.0.1:$2/"
	is "$(jq -c '[.problems[]|select(.error|test("CREATE"))|.folder]' \
	    out)" '[]' "$1: every folder is taken"
	is "$(jq '.announced == .loaded + (.refused // 0)' out)" true \
	    "$1: every message is there, or refused in its words"
}

if [ "$DOVECOT_BIN" ]; then
	dovecot_start 'ssl = yes
	disable_plaintext_auth = no
	mail_save_crlf = yes' || bail 'Dovecot does not start'
	source_of dovecot "$IMAP_PORT" mary '' /
	[ -x /usr/lib/dovecot/pop3 ] && pop_of dovecot "$POP3_PORT" mary
	dovecot_stop
else
	skip 'Dovecot as a source' 'Dovecot is not installed'
fi
# their trees have folders called ld.so.conf.d
[ ! -d "$ROOT/build/servers" ] ||
    ok 'make goes on with them in its folder' make -C "$ROOT" -n all
if servers_have cyrus; then
	cyrus_start || bail "Cyrus does not start: $(cat cyrus.log)"
	source_of cyrus "$CYRUS_PORT" mary INBOX/ /
	pop_of cyrus "$CYRUS_POP3" mary
	names_of cyrus "$CYRUS_PORT"
	servers_stop
else
	skip 'Cyrus as a source' "$SERVERS_WHY"
fi
if servers_have courier; then
	courier_start mary john || bail "Courier does not start: $(cat courier.log)"
	source_of courier "$COURIER_PORT" mary INBOX. .
	pop_of courier "$COURIER_POP3" mary
	names_of courier "$COURIER_PORT"
	servers_stop
else
	skip 'Courier as a source' "$SERVERS_WHY"
fi
done_testing
