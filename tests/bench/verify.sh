#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# verify --deep of mail that was loaded into a Dovecot on loopback (Maildir,
# plain TCP), and through a line of 50 ms: against mbsync's pull, and a bare
# client that throws away what it fetches (barefetch.c).  All in one run,
# taking turns; what counts is the ratio.
#
#	BUILD=build REPEAT=3 DELAY=50 sh tests/bench/verify.sh [5000 20000]
#
# 5000: 5,000 messages of 179 MB in 23 folders; 20000: 20,000 small ones in
# one; 100000 likewise.  Needs dovecot, isync and python3.

set -eu
export LC_ALL=C TZ=UTC
here=$(cd "$(dirname "$0")" && pwd)
. "$here/near_far.sh"

# one round of all tools: USER PORT PREFIX SPOOL
round() {
	run=$((run + 1))
	url=imap://$1@127.0.0.1:$2/
	timed "$3bare" "$B/barefetch" "$2" "$1"
	timed "$3deep" "$POSTROAD" verify -q --deep --tls none \
	    --password-file "$PW_FILE" "$W/$4.spool" "$url"
	mbsync_config "$1" "$2" "$W/m$run" >"$W/mbsyncrc"
	timed "$3mbsync" mbsync -q -c "$W/mbsyncrc" bench
	rm -rf "$W/m$run"
	timed "$3verify" "$POSTROAD" verify -q --tls none \
	    --password-file "$PW_FILE" "$W/$4.spool" "$url"
}

median() {
	awk '{ print $1 }' "$1" | sort -n |
	    awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

show() { # PREFIX COUNT
	bare=$(median "$W/$1bare") mb=$(median "$W/$1mbsync")
	for tool in bare deep mbsync verify; do
		tail -1 "$W/$1$tool" | awk -v n="$2" -v t="$1$tool" \
		    -v s="$(median "$W/$1$tool")" -v b="$bare" -v m="$mb" '
		    { printf "%-22s %8.2f %8.2f %9.0f %7.1f %8.2f %10.2f\n",
			t, s, $2, n / s, $NF / 1024, b / s, m / s }'
	done
}

servers_start
run=0
echo "proof of a loaded mailbox; medians of $REPEAT"
printf '%-22s %8s %8s %9s %7s %8s %10s\n' what seconds CPU-s msg/s MiB \
    of-bare of-mbsync
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
	i=0
	while [ $i -lt "$REPEAT" ]; do
		round "v$n" "$IMAP_PORT" "$n-near-" "$n"
		i=$((i + 1))
	done
	show "$n-near-" "$n"
	[ "$DELAY" = 0 ] || { round "v$n" "$FAR_PORT" "$n-${DELAY}ms-" "$n" &&
	    show "$n-${DELAY}ms-" "$n"; }
done
