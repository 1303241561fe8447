#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# verify --deep of mail that was loaded into a Dovecot on loopback (Maildir,
# plain TCP), near and through lines of some milliseconds: against a bare
# client that throws away what it fetches (barefetch.c).  All in one run,
# taking turns; what counts is the ratio, the median of that of each turn.
#
#	BUILD=build REPEAT=5 DELAYS='20 50' sh tests/bench/verify.sh [5000]
#
# 5000: 5,000 messages of 179 MB in 23 folders; 20000: 20,000 small ones in
# one; 100000 likewise.  MBSYNC=1: mbsync's pull, too (a minute each).  Needs
# dovecot and python3, and isync for that.

set -eu
export LC_ALL=C TZ=UTC
here=$(cd "$(dirname "$0")" && pwd)
. "$here/near_far.sh"

# one round of all tools: USER PORT PREFIX SPOOL
round() {
	url=imap://$1@127.0.0.1:$2/
	timed "$3bare" "$B/barefetch" "$2" "$1"
	timed "$3deep" "$POSTROAD" verify -q --deep --tls none \
	    --password-file "$PW_FILE" "$W/$4.spool" "$url"
	timed "$3verify" "$POSTROAD" verify -q --tls none \
	    --password-file "$PW_FILE" "$W/$4.spool" "$url"
	[ "${MBSYNC:-}" ] || return 0
	mbsync_config "$1" "$2" "$W/mail" >"$W/mbsyncrc"
	timed "$3mbsync" mbsync -q -c "$W/mbsyncrc" bench
	rm -rf "$W/mail"
}

median() {
	sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

show() { # PREFIX COUNT
	for tool in bare deep verify ${MBSYNC:+mbsync}; do
		ratio=$(paste "$W/$1bare" "$W/$1$tool" |
		    awk '{ print $1 / $4 }' | median)
		awk '{ print $1 }' "$W/$1$tool" | median >"$W/median"
		tail -1 "$W/$1$tool" | awk -v n="$2" -v t="$1$tool" \
		    -v s="$(cat "$W/median")" -v r="$ratio" '
		    { printf "%-22s %8.2f %8.2f %9.0f %7.1f %8.2f\n",
			t, s, $2, n / s, $NF / 1024, r }'
	done
}

rounds() { # PREFIX PORT COUNT
	i=0
	while [ $i -lt "$REPEAT" ]; do
		round "v$3" "$2" "$1" "$3"
		i=$((i + 1))
	done
	show "$1" "$3"
}

# a line of so many milliseconds: FAR_PORT; the one before is gone
far() {
	exec 3>&-
	rm -f "$W/fifo" "$W/proxy.port"
	mkfifo "$W/fifo"
	"$BUILD/tests/tools/delay_proxy" "$IMAP_PORT" "$1" <"$W/fifo" \
	    >"$W/proxy.port" &
	exec 3>"$W/fifo"
	while ! [ -s "$W/proxy.port" ]; do sleep 0.05; done
	FAR_PORT=$(cat "$W/proxy.port")
}

servers_start
echo "proof of a loaded mailbox; medians of $REPEAT"
printf '%-22s %8s %8s %9s %7s %8s\n' what seconds CPU-s msg/s MiB of-bare
[ $# -gt 0 ] || set -- 5000 20000
for n; do
	case $n in
	5000) make_mail "u$n" "$n" 23 28000 ;;
	*) make_mail "u$n" "$n" 1 3200 ;;
	esac
	"$POSTROAD" extract -q "$T/dovecot/home/u$n/Maildir" "$W/$n.spool" \
	    >"$W/log" 2>&1
	"$POSTROAD" load -q --tls none --password-file "$PW_FILE" \
	    "$W/$n.spool" "imap://v$n@127.0.0.1:$IMAP_PORT/" >"$W/log" 2>&1
	"$B/barefetch" "$IMAP_PORT" "v$n" >/dev/null # indexes and page cache
	rounds "$n-near-" "$IMAP_PORT" "$n"
	for d in ${DELAYS:-20 50}; do
		far "$d"
		rounds "$n-${d}ms-" "$FAR_PORT" "$n"
	done
done
