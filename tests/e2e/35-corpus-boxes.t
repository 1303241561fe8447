#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every Maildir and every tree of message files of the shared corpus, against
# what boxes_check.py finds in it by itself.
. "${0%/*}/lib.sh"

maildirs=$(corpus mail/maildir) || skip_all 'there is no shared corpus'
trees=$(corpus mail/eml) || skip_all 'there is no shared corpus'
command -v python3 >/dev/null || skip_all 'python3 is not here'

held=0 tried=0
# check KIND PATH
check() {
	base=$(basename "$2")
	s=$1-$base.spool
	rm -rf "$s" "$s.2"
	postroad extract --json "$1:$2" "$s" >sum 2>err
	rc=$?
	want=0
	[ "$(jq '[.refused, .vanished] | add' sum)" = 0 ] || want=1
	is "$rc" "$want" "$1 $base: exit status" || diag "$(head -c 2000 err)"
	postroad ls --messages --json "$s" >list
	python3 "$ROOT/tests/e2e/boxes_check.py" "$1" "$2" <list >found
	counts=$(tail -n 1 found)
	held=$((held + ${counts% *})) tried=$((tried + ${counts#* }))
	is "${counts% *}" "${counts#* }" "$1 $base: $counts facts" ||
	    diag "$(head -n 20 found)"
	is "$(postroad extract --json "$1:$2" "$s" 2>err |
	    jq -c '[.stored, .announced == .unchanged + .refused]')" \
	    '[0,true]' "$1 $base: nothing is stored twice"
	postroad extract "$1:$2" "$s.2" >/dev/null 2>&1
	ok "$1 $base: two spools are equal" diff -r "$s/mail" "$s.2/mail"
	ok "$1 $base: the spool is sound" postroad verify "$s"
}

find "$maildirs" "$trees" -printf '%p %s %T@ %C@\n' | sort >before
for dir in "$maildirs"/*; do check maildir "$dir"; done
for dir in "$trees"/*; do
	[ "$(basename "$dir")" = tnef ] || check eml "$dir"
done
check eml "$trees"
find "$maildirs" "$trees" -printf '%p %s %T@ %C@\n' | sort >after
same after before 'the corpus was not changed'
echo "# $held facts held of $tried tried"
done_testing
