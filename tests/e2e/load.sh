# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# What the tests of load and verify share; sourced after lib.sh.

IMAP_TOOL=${BUILD:-$ROOT/build}/tests/tools/imap_tool
STEPS=${POSTROAD_STEPS:-$ROOT/build/postroad-steps}

# how we get in
ACCESS=
use_tls() { ACCESS="--ca-file $CA_FILE --password-file $PW_FILE"; }

# load SPOOL USER [OPTIONS]; verify likewise
load() {
	spool=$1 user=$2; shift 2
	# shellcheck disable=SC2086 # options are words
	postroad load --json $ACCESS "$@" "$spool" "$(dest "$user")"
}
verify() {
	spool=$1 user=$2; shift 2
	# shellcheck disable=SC2086
	postroad verify --json $ACCESS "$@" "$spool" "$(dest "$user")"
}

# there USER: what the mailbox holds: folder, size, sha256, date, sorted
there() {
	dovecot_do mailbox list -u "$1" | sort | while read -r box; do
		"$IMAP_TOOL" --ca-file "$CA_FILE" --password-file "$PW_FILE" \
		    "$(dest "$1")" fetch "$box" |
			sed -n 's/^message [0-9]* //p' |
			while read -r size sha rest; do
				rest=${rest##*) }
				echo "$box $size $sha ${rest% *}"
			done
	done | sort
}

# here SPOOL: the same of the spool
here() {
	postroad ls --messages --json "$1" |
		jq -r '"\(.name // .folder) \(.size) \(.sha256) " +
			"\(.received // "1970-01-01T00:00:00Z" | fromdate)"' |
		sort
}

# message N [HEADER...]: an RFC 5322 message, LF, on stdout
message() {
	n=$1; shift
	printf 'From: mary@example.org\nTo: desk@example.com\n'
	printf 'Subject: number %s\nMessage-ID: <n%s@example.org>\n' "$n" "$n"
	printf 'Date: Sat, 15 Dec 2012 06:10:%02d +0900\n' $((n % 60))
	for h; do printf '%s\n' "$h"; done
	printf '\nbody of number %s\n' "$n"
}

# mbox FIRST LAST: an mbox with those messages
mbox() {
	i=$1
	while [ "$i" -le "$2" ]; do
		printf 'From mary@example.org Fri Dec 14 21:10:%02d 2012\n' \
			$((i % 60))
		message "$i"
		echo
		i=$((i + 1))
	done
}

# sent TRACE: the commands that change something there
sent() { grep -E ' > [a-z0-9]+ (APPEND|CREATE|SUBSCRIBE|STORE|UID STORE)' "$1"; }
