# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# What the benches of fetching share: a Dovecot on loopback with mail in it,
# near ($IMAP_PORT) and through a line of $DELAY ms ($FAR_PORT), and tools that
# are timed.  Sourced with $here set; everything lies in $W, and goes at the
# end.

ROOT=$(cd "$here/../.." && pwd)
BUILD=${BUILD:-$ROOT/build}
B=$BUILD/tests/bench
POSTROAD=${POSTROAD:-$ROOT/postroad}
REPEAT=${REPEAT:-3}
DELAY=${DELAY:-50}
T=$(mktemp -d "${WHERE:-$BUILD}/bench.XXXXXX")
W=$T
chmod 711 "$T"
. "$ROOT/tests/e2e/dovecot.sh"
clean() {
	dovecot_stop
	exec 3>&- || :
	rm -rf "$T"
}
trap clean EXIT
trap 'exit 130' INT TERM HUP

make_mail() { # USER COUNT FOLDERS MEAN
	python3 - "$T/dovecot/home/$1/Maildir" "$2" "$3" "$4" <<-'END'
	import os, random, sys
	root, n, folders, mean = sys.argv[1], *map(int, sys.argv[2:])
	rnd = random.Random(n)
	names = ["INBOX"] + ["Folder %d" % i for i in range(1, folders)]
	for name in names:
	    for sub in ("cur", "new", "tmp"):
	        os.makedirs(os.path.join(root, name, sub))
	line = "0123456789abcdefghijklmnopqrstuvwxyz" * 2 + "\r\n"
	for i in range(n):
	    size = int(rnd.expovariate(1 / mean)) + 200
	    if mean > 10000 and i % 1000 == 500:
	        size = 8000000
	    head = ("From: mary@example.org\r\nTo: desk@example.com\r\n"
	            "Subject: number %d\r\nMessage-ID: <n%d@example.org>\r\n"
	            "Date: Sat, 15 Dec 2012 06:10:00 +0900\r\n\r\n" % (i, i))
	    body = head + line * (max(size - len(head), 0) // len(line) + 1)
	    path = os.path.join(root, names[i * folders // n], "cur",
	        "%d.%d.bench,S=%d,W=%d:2,S" % (1300000000 + i, i, len(body),
	            len(body)))
	    with open(path, "w", newline="") as f:
	        f.write(body)
	    os.utime(path, (1300000000 + i, 1300000000 + i))
	END
	[ "$(id -u)" != 0 ] || chown -R mail:mail "$T/dovecot/home/$1"
}

mbsync_config() { # USER PORT DIRECTORY
	mkdir -p "$3"
	cat <<-END
	IMAPStore there
	Host 127.0.0.1
	Port $2
	User $1
	Pass secret
	SSLType None
	AuthMechs LOGIN
	PipelineDepth 50

	MaildirStore here
	Path $3/
	Inbox $3/INBOX
	SubFolders Verbatim

	Channel bench
	Far :there:
	Near :here:
	Patterns *
	Create Near
	Sync Pull
	SyncState *
	END
}

# timed NAME COMMAND...: seconds, CPU seconds and KiB into $W/NAME
timed() {
	name=$1; shift
	sync
	"$B/measure" "$W/m" "$@" >"$W/log" 2>&1 ||
	    { cat "$W/log" >&2; echo "note: $name: status $?"; }
	cat "$W/m" >>"$W/$name"
}

# near and far
servers_start() {
	dovecot_start 'mail_max_userip_connections = 100'
	mkfifo "$W/fifo"
	"$BUILD/tests/tools/delay_proxy" "$IMAP_PORT" "$DELAY" <"$W/fifo" \
	    >"$W/proxy.port" &
	exec 3>"$W/fifo"
	while ! [ -s "$W/proxy.port" ]; do sleep 0.05; done
	FAR_PORT=$(cat "$W/proxy.port")
}
