#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Folders at Dovecot, Cyrus and Courier, as Python's own client sees them:
# roles by name, hostile names (I30), U+3000, --folder-map, two folders into
# one, --into, subscriptions; nothing twice on a second run, all verified.
export TZ=UTC
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/servers.sh"
trap 'dovecot_stop; servers_stop; at_exit' EXIT

cat >see.py <<'END'
import imaplib, ssl, sys
port, ca = int(sys.argv[1]), sys.argv[2]
M = imaplib.IMAP4("127.0.0.1", port)
if "STARTTLS" in M.capabilities:
    c = ssl.create_default_context(cafile=ca)
    c.check_hostname = False
    M.starttls(c)
M.login("mary", "secret")
def names(lines):
    for l in lines:
        if l is None:
            continue
        if isinstance(l, tuple):
            yield l[1].decode("latin-1")
            continue
        n = l.split(b'"', 2)[2].strip()
        if n.startswith(b'"'):
            n = n[1:-1].replace(b'\\"', b'"').replace(b"\\\\", b"\\")
        yield n.decode("latin-1")
q = lambda n: '"' + n.replace("\\", "\\\\").replace('"', '\\"') + '"'
if len(sys.argv) > 3:
    for n in sys.argv[3:]:
        print(M.create(q(n))[0])
else:
    subscribed = set(names(M.lsub()[1]))
    for n in sorted(names(M.list()[1])):
        t, d = M.select(q(n), True)
        if t == "OK" and int(d[0]) > 0:
            s = sorted(l.split(b": ", 1)[1].strip().decode() for x in
                M.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1]
                if isinstance(x, tuple) for l in x[1].splitlines() if l)
            print(n, ",".join(s), "" if n in subscribed or n == "INBOX" else "-")
END
mkdir in
n=0
for name in Gesendet Papierkorb 'Entwürfe' 'A　B' 'A B' 'back\slash' 'star*' \
    'lit{5}' 'par(en' 'Foo' 'foo' 'Old/2018' 'Old/2019/May' 'R&D' 'Work' 'Jobs'; do
	n=$((n + 1))
	mkdir -p "in/$name"
	printf 'Subject: s%s\nMessage-ID: <s%s@x>\n\nx\n' $n $n >"in/$name/$n.eml"
done
printf 'DELETE' >x
mkdir -p "$(printf 'in/cr\r\nx9 DELETE INBOX')"
printf 'Subject: s%s\n\nx\n' 17 >"$(printf 'in/cr\r\nx9 DELETE INBOX/1.eml')"
postroad extract -q eml:in o.spool >extract.log 2>&1 || bail 'extract'
sqlite3 o.spool/spool.db "UPDATE folder SET subscribed=0 WHERE path='Jobs'"

# real NAME: what is there afterward, in 'seen'
real() {
	rm -rf c.spool && cp -r o.spool c.spool
	status "$2" "$1: load" to load --folder-map 'Old/*=Archive/$1' \
	    --folder-map 'Jobs=Work' c.spool
	cp out first
	python3 see.py "$port" "${CA_FILE:-}" | sed 's/ *$//' >seen
	status "$2" "$1: again" to load --folder-map 'Old/*=Archive/$1' \
	    --folder-map 'Jobs=Work' c.spool
	is "$(jq .loaded out)" 0 "$1: nothing is sent again"
	python3 see.py "$port" "${CA_FILE:-}" | sed 's/ *$//' >seen2
	same seen2 seen "$1: and nothing has changed"
	status "$2" "$1: verify --deep" to verify --deep c.spool
	is "$(jq '[.problems[]|select(.error|test("missing: it was never|has no folder|takes no|Invalid|NO") | not)]' out)" \
	    '[]' "$1: all that was loaded is there"
	rm -f c.spool/spool.db
	mv c.spool d.spool
	postroad extract -q eml:in c.spool >/dev/null 2>&1
	status "$2" "$1: without the ledger" to load --folder-map 'Old/*=Archive/$1' \
	    --folder-map 'Jobs=Work' c.spool
	is "$(jq .loaded out)" 0 "$1: nothing is sent again either"
	rm -rf c.spool d.spool
}
to() {
	what=$1
	shift
	postroad "$what" --json --tls none --password-file "$SERVER_PW" "$@" \
	    "imap://mary@127.0.0.1:$port/"
}
has() {
	grep -qxF -e "$1" seen
	result $? "${2:-$1}"
}

if servers_have courier; then
	courier_start mary || bail 'Courier does not start'
	port=$COURIER_PORT
	python3 see.py "$port" '' INBOX.Sent INBOX.Trash 'INBOX.Drafts' >/dev/null
	real Courier 0
	has 'INBOX.Sent s1' 'Courier, without SPECIAL-USE: Gesendet goes to Sent'
	has 'INBOX.Trash s2' 'Papierkorb to Trash'
	has 'INBOX.Drafts s3' 'Entwürfe to Drafts'
	has 'INBOX.A&MAA-B s4'
	has 'INBOX.A B s5'
	has 'INBOX.back\slash s6'
	has 'INBOX.star* s7'
	has 'INBOX.lit{5} s8'
	has 'INBOX.par(en s9'
	has 'INBOX.Foo s10'
	has 'INBOX.foo s11'
	has 'INBOX.Archive.2018 s12'
	has 'INBOX.Archive.2019.May s13'
	has 'INBOX.R&-D s14'
	has 'INBOX.Work s15,s16' 'Jobs is in Work'
	has 'INBOX.cr__x9 DELETE INBOX s17' 'I30: CR and LF make no command'
	is "$(wc -l <seen)" 16 'and nothing else is there'
	servers_stop
else
	skip 'Courier' "$SERVERS_WHY"
fi
if servers_have cyrus; then
	cyrus_start || bail 'Cyrus does not start'
	port=$CYRUS_PORT
	python3 see.py "$port" '' 'INBOX/Sent Items' 'INBOX/Deleted Items' >/dev/null
	real Cyrus 1
	has 'INBOX/Sent Items s1' 'Cyrus: Gesendet goes to Sent Items'
	has 'INBOX/Deleted Items s2' 'Papierkorb to Deleted Items'
	has 'INBOX/A&MAA-B s4'
	has 'INBOX/A B s5'
	has 'INBOX/Archive/2019/May s13'
	has 'INBOX/Work s15,s16' 'Jobs is in Work'
	has 'INBOX/cr__x9 DELETE INBOX s17' 'I30: CR and LF make no command'
	is "$(jq -r '.problems[].folder' first | sort | tr '\n' ' ')" \
	    'back\slash lit{5} ' 'what it takes no name of is refused'
	is "$(wc -l <seen)" 14 'and nothing else is there'
	servers_stop
else
	skip 'Cyrus' "$SERVERS_WHY"
fi
if [ "$DOVECOT_BIN" ]; then
	dovecot_start 'namespace inbox {
	  inbox = yes
	  mailbox "Versandt" {
	    special_use = \Sent
	    auto = create
	  }
	}' || bail 'Dovecot does not start'
	port=$IMAP_PORT
	to() {
		what=$1
		shift
		postroad "$what" --json --ca-file "$CA_FILE" --password-file \
		    "$PW_FILE" "$@" "$(dest mary)"
	}
	real Dovecot 0
	has 'Versandt s1' 'Dovecot: Gesendet goes to its own \Sent'
	has 'Papierkorb s2' 'where it has none, a folder keeps its name'
	has 'A&MAA-B s4'
	has 'back\slash s6'
	has 'Foo s10'
	has 'foo s11'
	has 'Archive/2018 s12'
	has 'Work s15,s16' 'Jobs is in Work'
	has 'cr__x9 DELETE INBOX s17' 'I30: CR and LF make no command'
	is "$(wc -l <seen)" 16 'and nothing else is there'
	status 0 '--into' to load --into 'Old/Desk　1' o.spool
	python3 see.py "$port" "$CA_FILE" | sed 's/ *$//' >seen
	has 'Old/Desk&MAA-1/Gesendet s1' 'everything is below, and nothing by role'
	has 'Old/Desk&MAA-1/Jobs s16 -' 'what was not subscribed to is not'
	dovecot_stop
else
	skip 'Dovecot' 'it is not installed'
fi
done_testing
