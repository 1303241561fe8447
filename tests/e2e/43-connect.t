#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Hosts and ports that are not there, do not answer or answer late; passwords
# from every place; Ctrl-C while the server keeps us waiting.
. "${0%/*}/lib.sh"
. "$ROOT/tests/e2e/fake.sh"

[ -x "$IMAP_TOOL" ] || skip_all 'the test tools are not built'
tool() { "$IMAP_TOOL" --tls none --password-file pw --timeout 2 "$@"; }

status 68 'T28: a host that does not exist' tool imap://mary@no.such.invalid/
like "$(cat out)" "there is no host 'no.such.invalid'" 'is named'
fake_start --store st || bail 'no fake server'
fake_stop
status 69 'nobody listens' tool "$FAKE_URL"
like "$(cat out)" '127.0.0.1 port [0-9]*: Connection refused' 'at which port'
like "$(cat out)" 'hint: nothing listens' 'and what to do'

# localhost may be ::1 first; the fake server has IPv4 only (T28)
fake_start --store st || bail 'no fake server'
status 0 'T28: the next address is tried' tool \
    "imap://mary@localhost:$FAKE_PORT/" noop
fake_stop

# T28: a port whose queue is full takes no one: connecting hangs
if command -v python3 >/dev/null; then
	full() { # ADDRESS PORT FAMILY: holds it for as long as we run
		: >held
		python3 - "$@" >held 2>&1 <<-'END' &
		import socket, sys, time
		a, port, family = sys.argv[1], int(sys.argv[2]), sys.argv[3]
		f = getattr(socket, family)
		s = socket.socket(f)
		s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		s.bind((a, port))
		s.listen(0)
		held = []
		for i in range(4):
		    c = socket.socket(f)
		    c.setblocking(False)
		    c.connect_ex((a, s.getsockname()[1]))
		    held.append(c)
		print(s.getsockname()[1], flush=True)
		time.sleep(60)
		END
		holder=$!
		while ! [ -s held ]; do sleep 0.02; done
	}
	full 127.0.0.1 0 AF_INET
	start=$(date +%s)
	status 75 'T28: connecting hangs' tool \
	    "imap://mary@127.0.0.1:$(cat held)/"
	like "$(cat out)" 'no answer in 2 s' 'is given up in time'
	[ $(($(date +%s) - start)) -le 60 ]
	result $? 'indeed'
	kill $holder
	fake_start --store st
	if getent ahosts localhost | grep -q '^::1'; then
		full ::1 "$FAKE_PORT" AF_INET6
		status 0 'T28: IPv6 is dead, IPv4 answers' tool \
		    "imap://mary@localhost:$FAKE_PORT/" noop
		kill $holder
	else
		skip 'T28: IPv6 is dead, IPv4 answers' 'localhost has no ::1'
	fi
	fake_stop
else
	skip 'T28: connecting hangs' 'no python3'
fi

echo '!stall 4000' >a.talk
fake_start --talk a.talk
status 75 'a server that does not greet' tool "$FAKE_URL"
like "$(cat out)" 'does not answer: nothing moved for 2 s' 'is given up'
fake_stop
echo '!drop' >a.talk
fake_start --talk a.talk
status 75 'a server that hangs up at once' tool "$FAKE_URL"
fake_stop
echo 'S: * BYE Too many connections from your IP' >a.talk
fake_start --talk a.talk
status 75 'a server that greets with BYE' tool "$FAKE_URL"
like "$(cat out)" 'BYE: Too many connections' 'in its own words'
fake_stop
cat >a.talk <<'END'
S: * OK [CAPABILITY POP3] hi
END
fake_start --talk a.talk
status 76 'a server that is none' tool "$FAKE_URL"
fake_stop

# passwords
fake_start --store st
chmod 644 pw
status 78 'a password file that others can read' tool "$FAKE_URL"
like "$(cat out)" 'hint: chmod 600' 'and what to do'
chmod 600 pw
status 78 'a password file that is not there' "$IMAP_TOOL" --tls none \
    --password-file none "$FAKE_URL"
PRPW=secret; export PRPW
status 0 'from the environment' "$IMAP_TOOL" --tls none --password-env PRPW \
    "$FAKE_URL"
unset PRPW
status 78 'which does not have it' "$IMAP_TOOL" --tls none \
    --password-env PRPW "$FAKE_URL"
status 77 'no password and no terminal' setsid "$IMAP_TOOL" --tls none \
    "$FAKE_URL"
like "$(cat out)" 'hint: use --password-file' 'and what to do'
status 64 'a password in the URL' "$IMAP_TOOL" --tls none \
    "imap://mary:canary@127.0.0.1:$FAKE_PORT/"
unlike "$(cat out err)" canary 'which is not repeated'
fake_stop

# interrupted: ends at once, and cleanly
printf '%s\n' 'S: * OK [CAPABILITY IMAP4rev1] hi' 'C: TAG LOGIN *' \
    '!stall 60000' >a.talk
fake_start --talk a.talk
"$IMAP_TOOL" --tls none --password-file pw --timeout 60 --trace trace \
    "$FAKE_URL" >out 2>err &
pid=$!
until grep -qs ' LOGIN' trace || ! kill -0 $pid; do sleep 0.02; done
start=$(date +%s)
kill -TERM $pid
got=0
wait $pid || got=$?
is "$got" 75 'SIGTERM while waiting'
[ $(($(date +%s) - start)) -le 20 ]
result $? 'is heard at once'
fake_stop
done_testing
