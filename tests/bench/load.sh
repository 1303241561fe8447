#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A spool into servers on loopback, and through a line of 50 ms: load against
# a bare client that does its utmost on one connection, mbsync's push, and
# one message at a time as imapsync does it.  In one run, taking turns, each
# into an account of its own; what arrived is counted each time, and what did
# not arrive is no result.  What counts is the ratio.
#
#	make bench-load			two minutes
#	LONG=1 make bench-load		more messages, medians of three
#	SERVERS_WANTED='maildir mdbox' DELAYS=50 KINDS=small REPEAT=1 \
#	    make bench-load
#
# maildir and mdbox are Dovecot's (needs dovecot); Cyrus and Courier need root
# and scripts/servers.sh.  isync is wanted, python3 needed to count.  Plain
# TCP, no TLS; no server syncs its files but Cyrus, which cannot do without.

set -eu
export LC_ALL=C TZ=UTC
here=$(cd "$(dirname "$0")" && pwd)
ROOT=$(cd "$here/../.." && pwd)
BUILD=${BUILD:-$ROOT/build}
B=$BUILD/tests/bench
POSTROAD=${POSTROAD:-$ROOT/postroad}
LONG=${LONG:-}
REPEAT=${REPEAT:-${LONG:+3}}
REPEAT=${REPEAT:-1}
DELAYS=${DELAYS:-0 50}
KINDS=${KINDS:-small mixed}
SERVERS_WANTED=${SERVERS_WANTED:-maildir mdbox cyrus courier}
# on the disk that the build is on, not in a /tmp in memory
T=$(mktemp -d "${WHERE:-$BUILD}/load.XXXXXX")
W=$T
chmod 711 "$T"
. "$ROOT/tests/e2e/dovecot.sh"
at_exit() {
	exec 3>&- 4>&- || :
	dovecot_stop
	rm -rf "$T"
}
trap 'exit 130' INT TERM HUP
. "$ROOT/tests/e2e/servers.sh" # sets the EXIT trap: it wants at_exit
export HOME="$T"
PW_FILE=$SERVER_PW
echo secret >"$T/pw" && chmod 600 "$T/pw"

# how_many SERVER DELAY KIND: messages
how_many() {
	if [ "$LONG" ]; then
		case $1,$2,$3 in
		courier,0,small) echo 5000 ;;
		courier,0,mixed) echo 1500 ;;
		courier,*,small) echo 600 ;;
		courier,*,mixed) echo 300 ;;
		cyrus,*,small) echo 10000 ;;
		*,*,small) echo 20000 ;;
		*,*,mixed) echo 3000 ;;
		esac
	else
		case $1,$2,$3 in
		courier,0,small) echo 600 ;;
		courier,0,mixed) echo 250 ;;
		courier,*) echo 100 ;;
		cyrus,0,small) echo 1500 ;;
		*,0,small) echo 4000 ;;
		*,*,small) echo 4000 ;;
		*,*,mixed) echo 750 ;;
		esac
	fi
}

# share TOOL DELAY KIND: at most so many.  One at a time takes ten seconds a
# hundred messages over a long line, and mbsync is slow there, too: a part is
# enough to see the rate.
share() {
	case $1,$2,$3,$LONG in
	one,0,*) echo 1000000 ;;
	one,*,) echo 40 ;;
	one,*) echo 200 ;;
	mbsync,0,*) echo 1000000 ;;
	mbsync,*,small,) echo 1500 ;;
	mbsync,*,mixed,) echo 500 ;;
	mbsync,*,small,*) echo 5000 ;;
	mbsync,*,mixed,*) echo 1500 ;;
	*) echo 1000000 ;;
	esac
}
FOLDERS=5

# make_mail KIND N: $W/KIND-N.spool, .list (folder TAB file), .mb
make_mail() {
	[ ! -e "$W/$1-$2.list" ] || return 0
	mkdir "$W/$1-$2"
	if [ "$1" = small ]; then
		"$B/mkmbox" "$2" 3 "$W/sizes" small >"$W/$1-$2/bench.mbox"
	else
		i=0
		: >"$W/all"
		while [ $i -lt $FOLDERS ]; do
			i=$((i + 1))
			"$B/mkmbox" $(($2 / FOLDERS)) $i "$W/sizes" large \
			    >"$W/$1-$2/Folder$i.mbox"
			cat "$W/sizes" >>"$W/all"
		done
		mv "$W/all" "$W/sizes"
	fi
	awk '{ s += $1 } END { print s / 1e6 }' "$W/sizes" >"$W/$1-$2.mb"
	"$POSTROAD" extract -q "$W/$1-$2" "$W/$1-$2.spool" >"$W/log" 2>&1 ||
	    { cat "$W/log" >&2; exit 1; }
	rm -rf "$W/${1:?}-$2"
	cp "$W/$1-$2.spool/spool.db" "$W/$1-$2.db"
	(cd "$W/$1-$2.spool/mail" && find . -path '*/cur/*' -type f) | sort |
	    sed "s|^\./\(.*\)/cur/\(.*\)|\1	$W/$1-$2.spool/mail/\1/cur/\2|" \
		>"$W/$1-$2.list"
}

# arrived PORT USER: how many messages the account has
arrived() {
	python3 - "$1" "$2" <<-'END'
	import imaplib, re, sys
	m = imaplib.IMAP4("127.0.0.1", int(sys.argv[1]))
	m.login(sys.argv[2], "secret")
	total = 0
	for line in m.list()[1]:
	    flags, name = re.match(rb'\((.*?)\) (?:"."|NIL) (.*)', line).groups()
	    if b"noselect" in flags.lower() or b"nonexist" in flags.lower():
	        continue
	    status = m.status(name.decode(), "(MESSAGES)")[1][0]
	    total += int(re.search(rb"MESSAGES (\d+)", status).group(1))
	print(total)
	END
}

mbsync_config() { # PORT USER MAILDIR
	cat <<-END
	IMAPStore there
	Host 127.0.0.1
	Port $1
	User $2
	Pass secret
	SSLType None
	AuthMechs LOGIN

	MaildirStore here
	Path $3/
	Inbox $3.inbox
	SubFolders Verbatim

	Channel bench
	Far :there:
	Near :here:
	Patterns * !INBOX
	Create Far
	Sync Push
	SyncState *
	END
}

# link_maildir LIST DIR INBOX: the files of the list, one more name each
link_maildir() {
	for box in $(cut -f1 "$1" | sort -u) ../"${3##*/}"; do
		mkdir -p "$2/$box/cur" "$2/$box/new" "$2/$box/tmp"
	done
	for box in $(cut -f1 "$1" | sort -u); do
		grep "^$box	" "$1" | cut -f2 | tr '\n' '\0' |
		    xargs -0 ln -t "$2/$box/cur"
	done
}

# timed FILE COMMAND...: seconds, CPU seconds and KiB into FILE
timed() {
	m=$1; shift
	sync
	"$B/measure" "$m" "$@" >"$W/log" 2>&1 || {
		sed "s/^/    /" "$W/log" | head -5 >&2
		return 1
	}
}

# one_run TOOL PORT PREFIX USER SET RESULT: the time it took
one_run() {
	rm -f "$6"
	case $1 in
	bare | one)
		timed "$6" sh -c "exec \"$B/bareappend\" \"\$@\" <\"$5.$1.list\"" \
		    sh "$2" "$4" "$3" "$1" ;;
	postroad*)
		cp "$5.db" "$5.spool/spool.db"
		rm -f "$5.spool/spool.db-wal" "$5.spool/spool.db-shm"
		# shellcheck disable=SC2086 # options are words
		timed "$6" "$POSTROAD" load -q --tls none --password-file \
		    "$W/pw" ${LOAD_OPTIONS:-} "$5.spool" \
		    "imap://$4@127.0.0.1:$2/" ;;
	mbsync)
		rm -rf "$5.maildir" "$5.maildir.inbox"
		link_maildir "$5.mbsync.list" "$5.maildir" "$5.maildir.inbox"
		mbsync_config "$2" "$4" "$5.maildir" >"$W/mbsyncrc"
		timed "$6" mbsync -q -c "$W/mbsyncrc" bench ;;
	esac
}

median() {
	sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# aim TOOL DELAY KIND: what postroad's rate is to be, in that of the tool
aim() {
	case $1,$2,$3 in
	bare,*) echo 0.9 ;;
	mbsync,*,small) echo 5 ;;
	mbsync,*,mixed) echo 3 ;;
	one,0,*) echo - ;;
	one,*) echo 20 ;;
	*) echo - ;;
	esac
}

# row SERVER DELAY KIND TOOL N MB FILE RATE-OF-POSTROAD
row() {
	echo "$4 $5 $6 $(awk '{ print $1 }' "$7" | median)" \
	    "$(awk '{ print $3 }' "$7" | sort -n | tail -1) $8" \
	    "$(aim "$4" "$2" "$3")" |
	    awk -v at="$1, $2 ms, $3" -v missed="$W/missed" '{
		rate = $2 / $4
		ratio = $1 == "postroad" ? "" : sprintf("%.2f", $6 / rate)
		word = $7 == "-" || $1 == "postroad" ? "" : \
		    ratio + 0 >= $7 ? "met" : "MISSED"
		printf "  %-9s %7d %7.1f %8.2f %8.0f %7.1f %6.1f %9s %5s %s\n",
		    $1, $2, $3, $4, rate, $3 / $4, $5 / 1024, ratio,
		    $1 == "postroad" ? "" : $7, word
		if (word == "MISSED")
			print at ": " ratio " of " $1 ", not " $7 >>missed
	    }'
}

# bout SERVER PORT PREFIX DELAY KIND
bout() {
	n=$(how_many "$1" "$4" "$5")
	make_mail "$5" "$n"
	set_=$W/$5-$n
	mb=$(cat "$set_.mb")
	tools='bare mbsync one postroad'
	command -v mbsync >/dev/null || tools='bare one postroad'
	for tool in $tools; do
		most=$(share "$tool" "$4" "$5")
		awk -v k=$(((n + most - 1) / most)) 'NR % k == 0' \
		    "$set_.list" >"$set_.$tool.list"
	done
	printf '%s, %s ms, %s: %d messages, %.1f MB, load average %s\n' \
	    "$1" "$4" "$5" "$n" "$mb" "$(cut -d' ' -f1 /proc/loadavg)"
	rm -f "$W/r."*
	rep=0
	while [ $rep -lt "$REPEAT" ]; do
		rep=$((rep + 1))
		for tool in $tools; do
			user=$tool$4$5$rep
			one_run "$tool" "$2" "$3" "$user" "$set_" "$W/m" || {
				echo "  $tool FAILED"
				continue
			}
			want=$(wc -l <"$set_.$tool.list")
			got=$(arrived "$2" "$user")
			if [ "$got" = "$want" ]; then
				cat "$W/m" >>"$W/r.$tool"
			else
				echo "  $tool FAILED: $got of $want arrived"
			fi
		done
	done
	[ -s "$W/r.postroad" ] || return 0
	ours=$(awk '{ print $1 }' "$W/r.postroad" | median |
	    awk -v n="$n" '{ print n / $1 }')
	for tool in $tools; do
		[ -s "$W/r.$tool" ] || continue
		cut -f2 "$set_.$tool.list" | tr '\n' '\0' |
		    xargs -0 stat -c %s |
		    awk '{ s += $1 } END { print NR, s / 1e6 }' >"$W/few"
		row "$1" "$4" "$5" "$tool" "$(cut -d' ' -f1 "$W/few")" \
		    "$(cut -d' ' -f2 "$W/few")" "$W/r.$tool" "$ours"
	done
}

# far PORT DELAY: the port of a line that long
far() {
	[ "$2" != 0 ] || { FAR_PORT=$1; return 0; }
	rm -f "$W/fifo" "$W/proxy.port"
	mkfifo "$W/fifo"
	"$BUILD/tests/tools/delay_proxy" "$1" "$2" <"$W/fifo" \
	    >"$W/proxy.port" 3>&- &
	exec 3>"$W/fifo"
	while ! [ -s "$W/proxy.port" ]; do sleep 0.05; done
	FAR_PORT=$(cat "$W/proxy.port")
}

# bouts SERVER PORT PREFIX
bouts() {
	for delay in $DELAYS; do
		far "$2" "$delay"
		for kind in $KINDS; do
			bout "$1" "$FAR_PORT" "$3" "$delay" "$kind"
		done
		exec 3>&-
	done
}

courier_names() {
	for delay in $DELAYS; do for kind in $KINDS; do
	for tool in bare mbsync one postroad; do
		rep=0
		while [ $rep -lt "$REPEAT" ]; do
			rep=$((rep + 1))
			echo "$tool$delay$kind$rep"
		done
	done; done; done
}

: >"$W/missed"
printf '  %-9s %7s %7s %8s %8s %7s %6s %9s %5s\n' tool number MB seconds \
    msg/s MB/s MiB 'load: of' aim
for server in $SERVERS_WANTED; do
	case $server in
	maildir | mdbox)
		rm -rf "$T/dovecot"
		settings='mail_max_userip_connections = 100'
		[ $server = maildir ] || settings="$settings
			mail_location = mdbox:~/mdbox"
		dovecot_start "$settings" ||
		    { echo "$server: skipped, no Dovecot"; continue; }
		bouts "$server" "$IMAP_PORT" ''
		dovecot_stop ;;
	cyrus)
		servers_have cyrus ||
		    { echo "cyrus: skipped, $SERVERS_WHY"; continue; }
		cyrus_start
		bouts cyrus "$CYRUS_PORT" INBOX/
		servers_stop ;;
	courier)
		servers_have courier ||
		    { echo "courier: skipped, $SERVERS_WHY"; continue; }
		# shellcheck disable=SC2046 # words
		courier_start $(courier_names)
		bouts courier "$COURIER_PORT" INBOX.
		servers_stop ;;
	esac
done
echo
if [ -s "$W/missed" ]; then
	echo 'Aims missed:'
	sed 's/^/  /' "$W/missed"
else
	echo 'All aims met.'
fi
