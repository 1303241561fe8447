#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Several connections: each folder in its order, each message once, whatever
# becomes of one of them.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/load.sh"
. "$ROOT/tests/e2e/fake.sh"
trap 'exec 7>&-; fake_stop; dovecot_stop; at_exit' EXIT

LINE=${BUILD:-$ROOT/build}/tests/tools/delay_proxy
[ -x "$FAKE" ] && [ -x "$LINE" ] || skip_all "no $FAKE (make check-build)"

# a server that is far, and takes one message a round trip: a connection more
# is always worth it
far() {
	dovecot_start "mail_max_userip_connections = $1
imap_capability = IMAP4rev1 UIDPLUS UNSELECT NAMESPACE" || return 1
	line 20 "$IMAP_PORT"
}
line() {
	rm -f stop line.out && mkfifo stop
	"$LINE" "$2" "$1" <stop >line.out &
	exec 7>stop
	until [ -s line.out ]; do sleep 0.02; done
	PORT=$(head -1 line.out)
}
far 2 || skip_all "no Dovecot"

# four folders, sixty messages each, with names that say which came first
i=0
for box in One Two Three Four; do
	mkdir -p "box/.$box/cur" "box/.$box/new" "box/.$box/tmp"
	last=$((i + 60))
	while [ $i -lt $last ]; do
		i=$((i + 1))
		message "$i" >"box/.$box/cur/$((1355519430 + i)).M$i.host:2,S"
	done
done
mkdir -p box/cur box/new box/tmp
postroad extract -q box orig.spool || bail "extract"
postroad ls --messages --json orig.spool |
	jq -r '"\(.folder) \(.sha256)"' >want

# in_order PORT USER: "folder sha256" of each message by imaplib, in the
# order of the UIDs
in_order() {
	python3 - "$1" "$2" <<-'END'
	import hashlib, imaplib, sys
	m = imaplib.IMAP4("127.0.0.1", int(sys.argv[1]))
	m.login(sys.argv[2], "secret")
	for box in "INBOX", "Four", "One", "Three", "Two":
	    typ, n = m.select(box, readonly=True)
	    if typ != "OK" or n == [b"0"]:
	        continue
	    for p in m.fetch("1:*", "(UID BODY.PEEK[])")[1]:
	        if isinstance(p, tuple):
	            print(box, hashlib.sha256(p[1]).hexdigest())
	END
}
# arrived DESCRIPTION PORT USER
arrived() {
	in_order "$2" "$3" >got
	sort got >got.sorted; sort want >want.sorted
	same got.sorted want.sorted "$1: each message once"
	for box in One Two Three Four; do
		grep "^$box " want >want.box; grep "^$box " got >got.box
		cmp -s want.box got.box || diag "$box is in another order"
	done
	cmp -s want got
	result $? "$1: in order"
}
# kept DESCRIPTION: the same of what the fake server has
kept() {
	for box in Four One Three Two; do
		for f in st/$box/[0-9]*; do
			case $f in *.info) continue ;; esac
			echo "$box $(sha256sum <"$f" | cut -c1-64)"
		done
	done >got
	same got want "$1: each message once, in order"
}
begin() { rm -rf a.spool; cp -r orig.spool a.spool; }

# ---- a server that takes two, and is asked for more
begin
status 0 "a server that takes two connections" postroad load --json -v \
    --tls none --password-file "$PW_FILE" --connections 6 \
    --trace-wire trace a.spool "imap://mary@127.0.0.1:$PORT/"
is "$(jq -c '[.loaded,.problems]' out)" '[240,[]]' "all is loaded"
is "$(grep -l APPEND trace >/dev/null && grep ' > .* APPEND' trace |
	awk '{ print $2 }' | sort -u | wc -l | tr -d ' ')" 2 "over both"
like "$(cat err)" 'going on with 2 connections' "and says so"
arrived "two connections" "$IMAP_PORT" mary

# ---- killed, with several at work
dovecot_stop
far 20 || bail "Dovecot"
kills() {
	begin
	"$POSTROAD" load --json --tls none --password-file "$PW_FILE" \
	    --connections 4 --trace-wire trace a.spool \
	    "imap://$1@127.0.0.1:$PORT/" >out 2>err & pid=$!
	t=0
	while [ $t -lt 400 ] && [ "$(grep -s ' > .* APPEND' trace |
	    awk '{ print $2 }' | sort -u | wc -l)" -lt "$2" ]; do
		sleep 0.01; t=$((t + 1))
	done
	kill -9 $pid
	wait $pid 2>/dev/null
}
for k in 1 2 3; do
	kills "kill$k" $k
	status 0 "killed with $k connections at work, and run again" \
	    postroad load --json --tls none --password-file "$PW_FILE" \
	    a.spool "imap://kill$k@127.0.0.1:$IMAP_PORT/"
	is "$(jq .maybe_twice out)" 0 "nothing is in doubt"
	arrived "killed" "$IMAP_PORT" "kill$k"
done

# ---- one is cut off while the others go on
begin
mkdir st
fake_start --store st --caps '-MULTIAPPEND -LITERAL+' --cut-in 3000 --cut-on 2
line 20 "$FAKE_PORT"
status 0 "one of several is cut off" postroad load --json -v --tls none \
    --password-file pw --connections 4 \
    a.spool "imap://mary@127.0.0.1:$PORT/"
is "$(jq -c '[.loaded,.maybe_twice]' out)" '[240,0]' "all is loaded"
like "$(cat err)" 'going on with . connection' "the others went on"
kept "cut off"
fake_stop

# ---- the server asks to wait: all of them do
begin
rm -rf st; mkdir st
fake_start --store st --throttle 9:1500 --caps '-MULTIAPPEND -LITERAL+'
line 20 "$FAKE_PORT"
status 0 "throttled" postroad load --json -v --tls none --password-file pw \
    --connections 4 a.spool "imap://mary@127.0.0.1:$PORT/"
is "$(jq -c '[.loaded,.refused]' out)" '[240,0]' "all is loaded"
[ "$(jq '.seconds * 10 | floor' out)" -ge 15 ]
result $? "it has waited as told"
kept "throttled"
fake_stop

begin
rm -rf st; mkdir st
fake_start --store st --throttle 3:90000
status 75 "patience is bounded" postroad load --json --tls none \
    --password-file pw --max-wait 5 --connections 4 a.spool "$FAKE_URL"
is "$(jq '.announced == .loaded + .pending' out)" true "the sum balances"
fake_stop
status 64 "too many" postroad load --connections 99 --password-file pw \
    a.spool imap://mary@127.0.0.1/
done_testing
