#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The same source always gives the same names: two spools are equal under
# diff -r, times too; and extracting again into the same spool writes nothing.
. "${0%/*}/lib.sh"

sh "$ROOT/tests/tools/mksamples.sh" s
# what a file is: type, inode, size, times of data and of the inode, name
listing() { (cd "$1" && find . -printf '%y %i %s %T@ %C@ %p\n' | sort -k 6); }
names() { (cd "$1/mail" && find . -printf '%y %m %s %T@ %p\n' -type f |
	sed 's/^d \([0-7]* \)[0-9]* [0-9.]* /d \1/' | sort -k 5); }

for source in office.mbox takeout.mbox maildir eml; do
	postroad extract "s/$source" "$source.1" >/dev/null
	sleep 1.1 # nothing may come from the clock
	postroad extract "s/$source" "$source.2" >/dev/null
	ok "$source: the same bytes under the same names" \
	    diff -r "$source.1/mail" "$source.2/mail"
	names "$source.1" >one
	names "$source.2" >two
	same two one "$source: the same modes, sizes and times"
	nok "$source: and there is something to compare" test \
	    "$(find "$source.1/mail" -type f -path '*/cur/*' | wc -l)" -lt 4

	listing "$source.1/mail" >before
	find s -printf '%y %s %T@ %C@ %p\n' | sort >source-before
	status 0 "$source: extracted again" \
	    postroad extract --json "s/$source" "$source.1"
	is "$(jq -c '[.stored, .unchanged == .announced]' out)" '[0,true]' \
	    "$source: all of it unchanged"
	listing "$source.1/mail" >after
	same after before "$source: nothing was written below mail/"
	find s -printf '%y %s %T@ %C@ %p\n' | sort >source-after
	same source-after source-before "$source: the source was not changed"
	nok "$source: no -wal is left behind" test -e "$source.1/spool.db-wal"
done
done_testing
