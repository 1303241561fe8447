#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What damage costs is named with its message, on every run, and the rest of
# the message is kept.
. "${0%/*}/lib.sh"
export PYTHONDONTWRITEBYTECODE=1
BUILD=${BUILD:-$ROOT/build}
MKPST=$BUILD/tests/tools/mkpst
[ -x "$MKPST" ] || skip_all "no mkpst in $BUILD"

ENCODE=0 "$MKPST" many m.pst 6 1 3000 1 || bail mkpst
ENCODE=0 "$MKPST" many big.pst 6 1 50000 1 || bail mkpst

# try_loss FILE NID WHAT: lose that of the attachment
try_loss() {
	python3 "$ROOT/tests/tools/pst-lose.py" attachment "$1" x.pst "$2" \
	    "$3" || bail pst-lose.py
	rm -rf x.spool
	status 1 "$3: extract says it" postroad extract --json x.pst x.spool
	is "$(jq -c '[.announced, .stored]' out)" '[6,6]' \
	    "$3: the message is there"
	is "$(jq -c '.problems | map(.source.nid) | unique' out)" \
	    "[$(($2))]" "$3: the message is named, by its node"
	is "$(jq -r '.problems | map(.folder) | unique[]' out)" 'Folder 1' \
	    "$3: and its folder"
	key=p${2#0x}
	file=$(postroad ls --messages --json x.spool |
	    jq -r "select(.key == \"$key\") | .file")
	like "$(cat "x.spool/$file")" 'filename="?data.bin' \
	    "$3: the attachment keeps its name"
	status 1 "$3: and says it again" postroad extract --json x.pst x.spool
	is "$(jq -c '[.unchanged, .stored]' out)" '[6,0]' \
	    "$3: nothing was to do"
	is "$(jq -c '.problems | map(.source.nid) | unique' out)" \
	    "[$(($2))]" "$3: the same message is named"
	like "$(postroad why x.spool "$key")" 'incomplete +' \
	    "$3: why knows it"
}
try_loss m.pst 0x200044 props
try_loss big.pst 0x200064 data
done_testing
