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
	rm -rf "$T"
	[ $rc = 0 ] || echo "demo: failed (exit status $rc)" >&2
	exit $rc
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

title() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
[ -t 1 ] || title() { printf '\n== %s\n' "$*"; }
# run COMMAND...: shown first, so that it can be typed again
run() { printf '$ %s\n' "$*"; "$@"; }
postroad() { "${POSTROAD:-$ROOT/postroad}" "$@"; }

# A clone has no file times; a mail program's files carry the message's date.
cp -R "$ROOT/samples" "$T/samples"
cd "$T"
find samples/maildir samples/eml -type f -size +0 | while read -r file; do
	date=$(sed -n '/^\r*$/q; s/^Date: //p' "$file" | tr -d '\r')
	[ -z "$date" ] || touch -d "$date" "$file"
done

title 'Extract: two mboxes, a Maildir++ and a folder of .eml, each to a spool'
for source in office.mbox takeout.mbox maildir eml; do
	run postroad extract "samples/$source" "$source.spool"
done
run postroad ls maildir.spool

title 'Transform: leave Trash out, rename a folder, fix double-byte spaces'
run postroad transform --exclude 'Trash' \
    --rename 'Projects/2019=Archive/Projects 2019' --fix-names \
    maildir.spool maildir.ready
for source in office.mbox takeout.mbox eml; do
	run postroad transform --fix-names "$source.spool" "$source.ready"
done
run postroad ls maildir.ready

title "Load: into one mailbox on a Dovecot on loopback (TLS, its own CA)"
dovecot_start
ACCOUNT=$(dest desk)
for source in office.mbox takeout.mbox maildir eml; do
	run postroad load --ca-file "$CA_FILE" --password-file "$PW_FILE" \
	    "$source.ready" "$ACCOUNT"
done

title 'Verify: every message there, byte for byte'
for source in office.mbox takeout.mbox maildir eml; do
	run postroad verify --deep --ca-file "$CA_FILE" \
	    --password-file "$PW_FILE" "$source.ready" "$ACCOUNT"
done

title 'What Dovecot has now'
dovecot_do -f table mailbox status -u desk 'messages unseen vsize' '*'

title 'Done'
total=$(dovecot_do -f flow mailbox status -u desk messages '*' |
    awk -F= '{ n += $NF } END { print n " messages in " NR " folders" }')
echo "$total, each with its bytes, flags and dates; nothing is left behind."
