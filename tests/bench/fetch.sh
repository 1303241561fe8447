#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Mail out of a Dovecot on loopback (Maildir, plain TCP), and through a line
# of 50 ms: extract, with durable files, against mbsync's pull (which syncs
# its files, too) and a bare client that throws away what it fetches
# (barefetch.c).  All in one run, taking turns; what counts is the ratio.
#
#	BUILD=build REPEAT=3 DELAY=50 sh tests/bench/fetch.sh [5000 20000]
#
# 5000: 5,000 messages of 179 MB in 23 folders; 20000: 20,000 small ones in
# one.  Needs dovecot, isync and python3.

set -eu
export LC_ALL=C TZ=UTC
here=$(cd "$(dirname "$0")" && pwd)
. "$here/near_far.sh"

# one round of all tools: USER PORT PREFIX
round() {
	run=$((run + 1))
	url=imap://$1@127.0.0.1:$2/
	timed "$3bare" "$B/barefetch" "$2" "$1"
	timed "$3postroad" "$POSTROAD" extract -q --tls none \
	    --password-file "$PW_FILE" "$url" "$W/p$run.spool"
	mbsync_config "$1" "$2" "$W/m$run" >"$W/mbsyncrc"
	timed "$3mbsync" mbsync -q -c "$W/mbsyncrc" bench
	timed "$3postroad-again" "$POSTROAD" extract -q --tls none \
	    --password-file "$PW_FILE" "$url" "$W/p$run.spool"
	timed "$3mbsync-again" mbsync -q -c "$W/mbsyncrc" bench
}

median() {
	awk '{ print $1 }' "$1" | sort -n |
	    awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

show() { # PREFIX COUNT
	bare=$(median "$W/$1bare") mb=$(median "$W/$1mbsync")
	again=$(median "$W/$1mbsync-again")
	for tool in bare postroad mbsync postroad-again mbsync-again; do
		case $tool in *again) ref=$again ;; *) ref=$mb ;; esac
		tail -1 "$W/$1$tool" | awk -v n="$2" -v t="$1$tool" \
		    -v s="$(median "$W/$1$tool")" -v b="$bare" -v m="$ref" '
		    { printf "%-22s %8.2f %8.2f %9.0f %7.1f %8.2f %10.2f\n",
			t, s, $2, n / s, $NF / 1024, b / s, m / s }'
	done
}

servers_start
run=0
echo "Dovecot to spool; medians of $REPEAT"
printf '%-22s %8s %8s %9s %7s %8s %10s\n' what seconds CPU-s msg/s MiB \
    of-bare of-mbsync
[ $# -gt 0 ] || set -- 5000 20000
for n; do
	case $n in
	20000) make_mail "u$n" "$n" 1 3200 ;;
	*) make_mail "u$n" "$n" 23 28000 ;;
	esac
	"$B/barefetch" "$IMAP_PORT" "u$n" >/dev/null # indexes and page cache
	i=0
	while [ $i -lt "$REPEAT" ]; do
		round "u$n" "$IMAP_PORT" "$n-near-"
		i=$((i + 1))
	done
	show "$n-near-" "$n"
	[ "$DELAY" = 0 ] || { round "u$n" "$FAR_PORT" "$n-${DELAY}ms-" &&
	    show "$n-${DELAY}ms-" "$n"; }
done
