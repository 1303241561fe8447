#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# make demo: the whole road once, on this machine only.  The samples go into
# spools, through rules, and up to a Dovecot started for the occasion on
# loopback; verify proves it, the tree is shown, and all of it is removed.

set -eu
ROOT=$(cd "$(dirname "$0")/.." && pwd)
T=$(mktemp -d "${TMPDIR:-/tmp}/postroad-demo.XXXXXX")
chmod 711 "$T" # Dovecot's mail user passes through
export TZ=UTC
. "$ROOT/tests/e2e/dovecot.sh"

clean_up() {
	rc=$?
	trap - EXIT INT TERM HUP
	dovecot_stop
	cd /
	rm -rf "$T"
	[ $rc = 0 ] || echo "demo: failed (exit status $rc)" >&2
	exit $rc
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

title() { printf '\n== %s\n' "$*"; }
[ ! -t 1 ] || title() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
# run COMMAND...: shown first, so that it can be typed again
run() {
	printf '$'
	for word in "$@"; do
		case $word in
		*[!A-Za-z0-9_./:@=-]*) printf " '%s'" "$word" ;;
		*) printf ' %s' "$word" ;;
		esac
	done
	printf '\n'
	"$@"
}
postroad() { "${POSTROAD:-$ROOT/postroad}" "$@"; }

# A clone has no file times; a mail program's files carry the message's date.
cp -R "$ROOT/samples" "$T/samples"
cd "$T"
find samples/maildir samples/eml -type f -size +0 | while read -r file; do
	date=$(sed -n '/^\r*$/q; s/^Date: //p' "$file" | tr -d '\r')
	[ -z "$date" ] || touch -d "$date" "$file"
done
samples='office.mbox takeout.mbox maildir eml'

title 'Extract: two mboxes, a Maildir++ and a folder of .eml, each to a spool'
for sample in $samples; do
	run postroad extract "samples/$sample" "${sample%.mbox}.spool"
done
run postroad ls maildir.spool

title 'Transform: leave Trash out, rename a folder, fix double-byte spaces'
run postroad transform --exclude Trash \
    --rename 'Projects/2019=Archive/Projects 2019' --fix-names \
    maildir.spool maildir.ready
for sample in office takeout eml; do
	run postroad transform --fix-names $sample.spool $sample.ready
done
run postroad ls maildir.ready

title 'Load: each into its mailbox on a Dovecot on loopback, by TLS'
dovecot_start
install -m 600 "$PW_FILE" pw
cp "$CA_FILE" ca.pem
for sample in $samples; do
	sample=${sample%.mbox}
	run postroad load --ca-file ca.pem --password-file pw \
	    $sample.ready "$(dest $sample)"
done
echo 'Again: nothing is sent twice.'
run postroad load --ca-file ca.pem --password-file pw \
    maildir.ready "$(dest maildir)"

title 'Verify: every message there, byte for byte'
for sample in $samples; do
	sample=${sample%.mbox}
	run postroad verify --deep --ca-file ca.pem --password-file pw \
	    $sample.ready "$(dest $sample)"
done

title 'What Dovecot has now'
for sample in $samples; do
	dovecot_do -f tab mailbox status -u "${sample%.mbox}" \
	    'messages unseen vsize' '*' | sed 1d | sort |
	    awk -F'\t' -v user="${sample%.mbox}" '{
		printf "%-8s %3d messages, %2d unseen, %5d bytes  %s\n",
		    user, $2, $3, $4, $1 }'
done | tee tree

title 'Done'
awk '{ n += $2 } END { print n " messages in " NR " folders of 4 mailboxes," \
    " each with its bytes, flags and dates." }' tree
[ "$(awk '{ n += $2 } END { print n }' tree)" = "$(jq -s \
    'map(.announced) | add - 1' samples/*.EXPECT.json)" ] # one is in Trash
