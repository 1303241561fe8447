#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# make demo: the whole road once, on this machine only.  The samples, PSTs
# first, go into spools, through rules, and up to a Dovecot started for the
# occasion on loopback; verify proves it, the tree is shown, and all of it is
# removed.  Contacts and the calendar become files.

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
samples='office.pst organizer.pst office.mbox takeout.mbox maildir eml'
# what a sample's spool and mailbox are called
name() {
	case $1 in
	*.pst) echo "outlook-${1%.pst}" ;;
	*) echo "${1%.mbox}" ;;
	esac
}

title 'PSTs: what is in one, and is it what its specification says?'
run postroad survey samples/organizer.pst
run postroad survey --check samples/office.pst

title 'Extract the PSTs: mail into a spool, all else into files beside it'
for sample in office organizer; do
	run postroad extract samples/$sample.pst outlook-$sample.spool
done
run postroad ls outlook-office.spool
run find outlook-organizer.spool/items -type f | sort
for place in contacts calendar; do
	[ -n "$(ls outlook-organizer.spool/items/$place)" ]
done

title 'Extract: two mboxes, a Maildir++ and a folder of .eml, each to a spool'
for sample in $samples; do
	case $sample in *.pst) continue ;; esac
	run postroad extract "samples/$sample" "$(name "$sample").spool"
done
run postroad ls maildir.spool

title 'Transform: leave Trash out, rename a folder, fix double-byte spaces'
run postroad transform --exclude Trash \
    --rename 'Projects/2019=Archive/Projects 2019' --fix-names \
    maildir.spool maildir.ready
for sample in outlook-office outlook-organizer office takeout eml; do
	run postroad transform --fix-names $sample.spool $sample.ready
done
run postroad ls maildir.ready

title 'Load: each into its mailbox on a Dovecot on loopback, by TLS'
dovecot_start
install -m 600 "$PW_FILE" pw
cp "$CA_FILE" ca.pem
for sample in $samples; do
	sample=$(name "$sample")
	run postroad load --ca-file ca.pem --password-file pw \
	    $sample.ready "$(dest $sample)"
done
echo 'Again: nothing is sent twice.'
run postroad load --ca-file ca.pem --password-file pw \
    maildir.ready "$(dest maildir)"

title 'Verify: every message there, byte for byte'
for sample in $samples; do
	sample=$(name "$sample")
	run postroad verify --deep --ca-file ca.pem --password-file pw \
	    $sample.ready "$(dest $sample)"
done

title 'What Dovecot has now'
for sample in $samples; do
	dovecot_do -f tab mailbox status -u "$(name "$sample")" \
	    'messages unseen vsize' '*' | sed 1d | sort |
	    awk -F'\t' -v user="$(name "$sample")" '{
		printf "%-17s %3d messages, %2d unseen, %5d bytes  %s\n",
		    user, $2, $3, $4, $1 }'
done | tee tree

title 'Done'
awk '{ n += $2 } END { print n " messages in " NR " folders of 6 mailboxes," \
    " each with its bytes, flags and dates." }' tree
[ "$(awk '{ n += $2 } END { print n }' tree)" = "$(jq -s \
    'map(.announced) | add - 1' samples/*.EXPECT.json)" ] # one is in Trash
